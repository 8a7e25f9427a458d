//! What a step does not need and a person may want: asked once, and made after a yes or planned after an answer. Whoever
//! says no is asked again in a run that names the step.

use steps::practice::{Change, Offer, Practice, State, StepId, StepPlan};
use steps::text;
use steps::text::Text;
use tokio::time::Instant;

use super::{Engine, Next};
use crate::error::Failure;
use crate::event::Event;
use crate::operator::Asks;

impl<O: Asks> Engine<'_, O> {
    /// What a yes settles comes before what is left to the person.
    pub(super) async fn offer_or_leave<P: Practice>(
        &mut self,
        plan: StepPlan<P::Change>,
        seen: Instant,
    ) -> Result<Next<P::Facts>, Failure> {
        match self.make_offer::<P>(plan.clone(), seen).await? {
            Next::Done => self.leave_to_person::<P>(plan).await,
            next => Ok(next),
        }
    }

    pub(super) async fn make_offer<P: Practice>(
        &mut self,
        plan: StepPlan<P::Change>,
        seen: Instant,
    ) -> Result<Next<P::Facts>, Failure> {
        let Some(offer) = plan.offer.filter(|_| self.operator.is_a_person()) else { return Ok(Next::Done) };
        if !self.is_wanted(plan.step, &offer).await? {
            // A step that is left to a person comes again by itself.
            if plan.state == State::InPlace {
                self.listener.hear(&Event::Note(left_out(plan.step)));
            }
            return Ok(Next::Done);
        }
        if offer.key.is_some() {
            return Ok(Next::LookAgain);
        }
        let stands =
            |now: &StepPlan<P::Change>| now.offer.as_ref().is_some_and(|now| now.changes == offer.changes);
        if let Some(next) = self.before_first_change::<P>(plan.step, seen, stands).await? {
            return Ok(next);
        }
        Ok(match self.apply_all::<P>(plan.step, &offer.changes).await? {
            true => Next::LookAgain,
            false => self.left(plan.step),
        })
    }

    /// Whether a person says yes, or gives the answer that is taken for it.
    async fn is_wanted<C: Change>(&mut self, step: StepId, offer: &Offer<C>) -> Result<bool, Failure> {
        match offer.key {
            Some(key) => self.take_offered(step, key, offer.question.clone()).await,
            None => {
                let says_yes = self.operator.yes(&offer.question, false).await?;
                Ok(says_yes && self.confirmed(&offer.changes).await?)
            }
        }
    }
}

fn left_out(step: StepId) -> Text {
    text! {
        en: "Left out. To be asked again another time, name the step: --only {step}",
        ko: "추가하지 않았습니다. 나중에 다시 물어보게 하려면 단계를 지정하세요: --only {step}"
    }
}
