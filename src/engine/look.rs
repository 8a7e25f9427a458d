//! A look at the account, and that whoever waits for one that takes long is told what for.

use std::future::Future;
use std::pin::pin;

use steps::answers::Answers;
use steps::operator::{Operator, OperatorError};
use steps::practice::{Practice, State, StepId, after};
use steps::readings::Readings;
use steps::session::Session;
use steps::text::Text;

use super::approval::Planned;
use super::{Engine, report};
use crate::error::Failure;
use crate::event::StepReport;
use crate::interrupt::Interrupt;

/// What a look takes of the engine: all but who answers, who is told meanwhile.
pub(super) struct View<'v> {
    session: &'v Session,
    answers: &'v Answers,
    interrupt: &'v Interrupt,
    selects: &'v dyn Fn(StepId) -> bool,
    /// Whether the run may change something.
    may_change: bool,
}

impl<O> Engine<'_, O> {
    /// Who looks, and who waits for it.
    pub(super) fn view(&mut self) -> (View<'_>, &mut O) {
        let view = View {
            session: &self.session,
            answers: &self.collected.answers,
            interrupt: &self.interrupt,
            selects: self.selects,
            may_change: self.journal.is_some(),
        };
        (view, &mut self.operator)
    }
}

impl<'v> View<'v> {
    /// The readings of a look that begins. Nothing is switched off without the evidence by whom it was made, also where
    /// the answers have consented beforehand.
    pub(super) fn readings(&self) -> Readings<'v> {
        let group = &self.answers.admin.group;
        let switches_off = self.may_change && self.answers.iam.disable_unused;
        Readings::by(self.session.acting(), group).telling_makers(self.answers.for_a_page || switches_off)
    }

    /// A look at one practice of several, which share what they read.
    pub(super) async fn observe<P: Practice>(&self, readings: &Readings<'_>) -> Result<P::Facts, Failure> {
        tokio::select! {
            facts = Box::pin(P::observe(self.session, readings, self.answers)) => Ok(facts?),
            () = self.interrupt.wait() => Err(OperatorError::Interrupted.into()),
        }
    }

    /// How all steps of a practice stand of which one is asked for: others may rest on one that is not.
    pub(super) async fn plans_of<P: Practice>(
        &self,
        readings: &Readings<'_>,
    ) -> Result<Vec<(StepReport, Planned)>, Failure> {
        if !P::ID.steps().iter().any(|step| (self.selects)(*step)) {
            return Ok(Vec::new());
        }
        let facts = self.observe::<P>(readings).await?;
        let plans = P::plan(&facts, self.answers);
        Ok(plans.iter().map(|plan| (report(plan), Planned::of(plan))).collect())
    }
}

/// With nobody there, the walk leaves what rests on a step that is left to a person, is held up itself or was not seen. A
/// plan says the same, and promises nothing that no run would do.
pub(super) fn hold_up(looked: &mut [(StepReport, Planned)]) {
    for at in 0..looked.len() {
        let (report, planned) = &looked[at];
        if report.state != State::ToChange || !planned.rests_on_others() {
            continue;
        }
        let is_left = |needed: &&StepId| {
            looked.iter().any(|(other, _)| other.step == **needed && is_left_unattended(other.state))
        };
        let Some(needed) = report.step.needs().iter().find(is_left).copied() else { continue };
        let (report, planned) = &mut looked[at];
        (report.state, report.reason) = (State::Blocked, Some(after(needed)));
        report.changes.clear();
        planned.hold_up();
    }
}

fn is_left_unattended(state: State) -> bool {
    matches!(state, State::NeedsPerson | State::Blocked | State::NotAssessed)
}

/// Looks, and says what is waited for as soon as that is `announced`. Most looks end before.
pub(super) async fn telling<F: Future>(
    operator: &mut impl Operator,
    announced: impl Future<Output = Text>,
    look: F,
) -> F::Output {
    let mut look = pin!(look);
    let what = tokio::select! {
        biased;
        seen = &mut look => return seen,
        what = announced => what,
    };
    operator.while_waiting(what, look).await
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use steps::text;
    use steps::text::Language;

    use super::*;
    use crate::operator::Prepared;
    use crate::screen::{Mode, Screen};

    /// What is on the screen after a look of so many seconds, of which two are over when it is announced.
    async fn shown(language: Language, seconds: u64) -> String {
        let screen = Screen::in_memory(language, Mode::Plain);
        let mut operator = Prepared::new(&Answers::default(), screen.clone(), Interrupt::never(), true);
        let announced = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            text! { en: "Asking who made the keys", ko: "누가 키를 만들었는지 확인하는 중" }
        };
        let look = async {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            seconds
        };
        assert_eq!(telling(&mut operator, announced, look).await, seconds);
        screen.kept()
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_long_is_told_for_what_and_who_does_not_is_not() {
        assert_eq!(shown(Language::En, 1).await, "");
        assert_eq!(shown(Language::En, 8).await, "  Asking who made the keys …\n");
        assert_eq!(shown(Language::Ko, 8).await, "  누가 키를 만들었는지 확인하는 중 …\n");
    }
}
