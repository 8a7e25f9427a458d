//! Making changes: the journal before and after each, by whom it is made, and waiting until AWS shows it.

use std::pin::Pin;
use std::time::Duration;

use steps::error::StepError;
use steps::operator::OperatorError;
use steps::practice::{Change, Practice, PracticeId, StepId};
use steps::session::Administrator;
use steps::text;

use super::{Engine, Sight, change_report, the_plan_of};
use crate::error::Failure;
use crate::event::{ChangeReport, Event, FailureReport, Listener, Outcome};
use crate::interrupt::Interrupt;
use crate::operator::Asks;

/// How long AWS may take to show what was just changed.
const SHOWN_WITHIN: [u64; 6] = [1, 2, 3, 4, 8, 12];

impl<O: Asks> Engine<'_, O> {
    /// Makes the changes one after the other. False when the operator skipped in the middle of one: that leaves the step,
    /// not the run.
    pub(crate) async fn apply_all<P: Practice>(
        &mut self,
        step: StepId,
        changes: &[P::Change],
    ) -> Result<bool, Failure> {
        for change in changes {
            self.pause_if_asked()?;
            if !is_gone_through(self.apply::<P>(step, change).await)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn apply<P: Practice>(&mut self, step: StepId, change: &P::Change) -> Result<(), Failure> {
        self.unlock_administrator(step).await?;
        self.pause_if_asked()?;
        let told = change_report(step, change);
        let by = self.session.root().filter(|_| change.is_by_root()).unwrap_or(self.session.acting());
        let caller = by.caller.arn.clone();
        if let Some(journal) = &mut self.journal {
            journal.intent(&told, &caller)?;
        }
        self.listener.hear(&Event::ChangeStarted(told.clone()));
        // What was written before belongs to an earlier change.
        let _ = self.session.connection.take_request_ids();
        // On the heap: the futures of the SDK are large, and several levels of them would not fit a thread's stack.
        let applying = P::apply(change, &mut self.session, &self.collected.answers, &mut self.operator);
        let result = to_its_end(Box::pin(applying), &self.interrupt, self.listener).await;
        // AWS has changed, whether or not the journal can say so: a full disk must not make it sound otherwise.
        if result.is_ok() {
            self.note_made(step);
        }
        let midway = result.is_err() && self.session.connection.may_have_written();
        let noted = self.note_outcome(told, &result, midway);
        let result = noted.and_then(|()| result.map_err(Failure::from));
        result.map_err(|failure| if midway { failure.midway() } else { failure })
    }

    fn note_made(&mut self, step: StepId) {
        self.changes_made += 1;
        self.last_applied = Some(step);
        if let Some(approval) = &mut self.approval {
            approval.note_changed(step);
        }
    }

    /// The ids of the writes that a change was made of.
    fn request_ids(&self) -> Option<String> {
        let ids: Vec<_> = self.session.connection.take_request_ids().into_iter().map(|(_, id)| id).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    /// `midway`: it failed, and a call of it has had its effect, or may have.
    fn note_outcome(
        &mut self,
        told: ChangeReport,
        result: &Result<(), StepError>,
        midway: bool,
    ) -> Result<(), Failure> {
        let outcome = match result {
            Ok(()) => Outcome::Done { request_id: self.request_ids() },
            Err(error) => Outcome::Failed(FailureReport::from(error).midway(midway)),
        };
        if let Some(journal) = &mut self.journal {
            match &outcome {
                Outcome::Done { request_id } => journal.done(&told, request_id.as_deref())?,
                Outcome::Failed(failure) => journal.failed(&told, failure)?,
            }
        }
        if let Some(journal) = &self.journal {
            self.collected.answers.switched_off = journal.recalled().switched_off.clone();
        }
        self.listener.hear(&Event::ChangeFinished(told, outcome));
        Ok(())
    }

    /// After practice 1 the run acts as the administrator wherever it can. Where nobody can give a code it goes on as
    /// whom it was started with.
    pub(super) async fn unlock_administrator(&mut self, step: StepId) -> Result<(), Failure> {
        let is_locked = matches!(self.session.administrator, Administrator::Locked(_));
        if !is_locked || step.practice() == PracticeId::RootUser {
            return Ok(());
        }
        match self.session.unlock(&mut self.operator).await {
            Err(StepError::Operator(OperatorError::NobodyToAsk { .. })) => Ok(()),
            Ok(Err(_)) if !self.session.is_started_locked() => Ok(()),
            Ok(Err(reason)) => Err(StepError::from(reason).into()),
            Ok(Ok(())) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Looks again until AWS shows none of the changes that were just made, within bounds. What is still there then is
    /// shown as it is, and the next look finds it again.
    pub(super) async fn wait_until_shown<P: Practice>(
        &mut self,
        step: StepId,
        made: &[P::Change],
    ) -> Result<Sight<P::Facts>, Failure> {
        let mut sight = self.observe::<P>().await?;
        for seconds in SHOWN_WITHIN {
            if !self.is_still_planned::<P>(&sight.facts, step, made) {
                break;
            }
            self.wait_for_aws(Duration::from_secs(seconds)).await?;
            sight = self.observe::<P>().await?;
        }
        if self.is_still_planned::<P>(&sight.facts, step, made) {
            return Err(not_shown(step).into());
        }
        Ok(sight)
    }

    /// Gives AWS a moment to show what was just changed.
    pub(crate) async fn wait_for_aws(&mut self, pause: Duration) -> Result<(), Failure> {
        let what =
            text! { en: "Waiting until AWS shows the change", ko: "AWS에 변경이 반영되기를 기다리는 중" };
        let asked = self.interrupt.pause();
        Ok(self.operator.while_waiting(what, asked.unless_asked(pause)).await?)
    }

    fn is_still_planned<P: Practice>(&self, facts: &P::Facts, step: StepId, made: &[P::Change]) -> bool {
        let plan = the_plan_of(step, P::plan(facts, &self.collected.answers));
        plan.changes.iter().any(|change| made.contains(change))
    }
}

/// False when the operator skipped in the middle of something.
pub(super) fn is_gone_through(result: Result<(), Failure>) -> Result<bool, Failure> {
    match result {
        Err(Failure::Step(StepError::Operator(OperatorError::Declined))) => Ok(false),
        result => result.map(|()| true),
    }
}

/// AWS has taken changes that it does not show.
pub(crate) fn not_shown(step: StepId) -> StepError {
    StepError::InTheWay {
        what: text! {
            en: "AWS accepted the changes of the step {step} but does not show them.",
            ko: "AWS가 {step} 단계의 변경을 받아들였지만 아직 반영되지 않았습니다."
        },
        next: text! {
            en: "Run the same command again in a minute. If it comes back, somebody else may be changing the same thing.",
            ko: "1분 뒤 같은 명령을 다시 실행하세요. 계속되면 다른 사람이 같은 것을 바꾸고 있을 수 있습니다."
        },
    }
}

/// A change that is under way is finished. Who asks for a pause meanwhile is told so.
async fn to_its_end<F: Future>(
    mut change: Pin<Box<F>>,
    interrupt: &Interrupt,
    listener: &mut dyn Listener,
) -> F::Output {
    tokio::select! {
        biased;
        output = &mut change => return output,
        () = interrupt.wait() => listener.hear(&Event::Finishing),
    }
    change.await
}
