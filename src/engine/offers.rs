//! What a step does not need and a person may want: asked once, and made after a yes or planned after an answer.

use steps::practice::{Practice, StepPlan};
use tokio::time::Instant;

use super::{Engine, Next};
use crate::error::Failure;
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
        if let Some(key) = offer.key {
            let answered = self.take_offered(key, offer.question).await?;
            return Ok(if answered { Next::LookAgain } else { Next::Done });
        }
        if !self.operator.yes(&offer.question, false).await? || !self.confirmed(&offer.changes).await? {
            return Ok(Next::Done);
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
}
