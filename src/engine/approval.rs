//! One yes for everything: what was said yes to, and which plans it covers while the run goes on.
//!
//! Each practice is looked at anew when its turn comes. A step is made when its plan is the one that was shown then, or
//! follows from what this run itself has changed since. Anything else was changed by somebody else, and is left.

use serde_json::Value;
use steps::operator::OperatorError;
use steps::practice::{Change, State, StepId, StepPlan};
use steps::text;
use steps::text::Text;
use tokio::time::Instant;

use super::Engine;
use super::decision::{FRESH, changed_meanwhile, default_decision};
use crate::error::Failure;
use crate::event::Event;
use crate::operator::{Asks, Decision};

/// What was said yes to at once, before anything was changed.
#[derive(Debug)]
pub struct Approval {
    planned: Vec<Planned>,
    /// The steps that this run has changed since.
    changed: Vec<StepId>,
}

/// What was planned for a step, exactly: a summary does not tell each statement of a policy.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    step: StepId,
    state: State,
    changes: Vec<Value>,
    /// Whether a change has to wait for the steps before.
    rests_on_others: bool,
    /// What was warned of, where somebody may be harmed.
    warned: Vec<Text>,
}

impl<O: Asks> Engine<'_, O> {
    /// Shows the whole plan and asks once. Where that took long and the account has changed meanwhile, the plan is shown
    /// and asked about anew.
    pub async fn approve_all(&mut self) -> Result<(), Failure> {
        let mut planned = self.look_at_all().await?;
        loop {
            let seen = Instant::now();
            self.tell();
            let question = text! { en: "Apply all of this?", ko: "모두 적용할까요?" };
            if !self.operator.yes(&question, false).await? {
                return Err(OperatorError::Declined.into());
            }
            if seen.elapsed() < FRESH {
                break;
            }
            let now = self.look_at_all().await?;
            let stands = now.iter().map(Planned::told).eq(planned.iter().map(Planned::told));
            planned = now;
            if stands {
                break;
            }
            self.listener.hear(&Event::Note(changed_meanwhile()));
        }
        self.approval = Some(Approval { planned, changed: Vec::new() });
        Ok(())
    }

    /// How a plan departs from what was approved as a whole; none when it does not, or when nothing was.
    pub(super) fn departure<C: Change>(&mut self, plan: &StepPlan<C>) -> Option<Text> {
        let approval = self.approval.as_mut()?;
        if approval.covers(plan) {
            return None;
        }
        let new = approval.new_in(plan).map(Change::summary);
        let (en, ko): (Vec<_>, Vec<_>) = new.map(|text| (text.en, text.ko)).unzip();
        Some(departed(plan.step, &en.join("; "), &ko.join("; ")))
    }
}

impl Approval {
    /// A change of a step was made.
    pub(super) fn note_changed(&mut self, step: StepId) {
        if !self.changed.contains(&step) {
            self.changed.push(step);
        }
    }

    /// Whether a plan was approved, or follows from what was. What takes something away or may harm somebody follows
    /// from nothing, unless all that was said of its step was that an earlier one comes first.
    fn covers<C: Change>(&mut self, plan: &StepPlan<C>) -> bool {
        let now = Planned::of(plan);
        let shown = self.shown(plan.step);
        if shown.is_some_and(|shown| shown.told() == now.told()) {
            return true;
        }
        let was_blocked = shown.is_some_and(|shown| shown.state == State::Blocked);
        let may_follow = was_blocked || default_decision(plan) == Decision::Yes;
        let follows = may_follow && self.rests_on_changed(plan.step);
        if follows {
            self.planned.retain(|shown| shown.step != plan.step);
            self.planned.push(now);
        }
        follows
    }

    /// The changes of a plan that were not shown.
    fn new_in<'p, C: Change>(&self, plan: &'p StepPlan<C>) -> impl Iterator<Item = &'p C> {
        let shown = self.shown(plan.step);
        plan.changes.iter().filter(move |change| {
            let was_shown = shown.is_some_and(|shown| shown.changes.contains(&exactly(*change)));
            !was_shown && !change.is_of_this_run()
        })
    }

    fn shown(&self, step: StepId) -> Option<&Planned> {
        self.planned.iter().find(|planned| planned.step == step)
    }

    /// Whether this run has changed what the plan of a step follows from.
    fn rests_on_changed(&self, step: StepId) -> bool {
        self.changed.contains(&step)
            || step.needs().iter().chain(step.follows()).any(|earlier| self.rests_on_changed(*earlier))
    }
}

impl Planned {
    pub(super) fn of<C: Change>(plan: &StepPlan<C>) -> Self {
        let in_account = plan.changes.iter().filter(|change| !change.is_of_this_run());
        Self {
            step: plan.step,
            state: plan.state,
            changes: in_account.map(exactly).collect(),
            rests_on_others: plan.changes.iter().any(|change| !change.stands_alone()),
            warned: if plan.careful { plan.notes.clone() } else { Vec::new() },
        }
    }

    /// Whether something of it cannot be made before the steps that it needs.
    pub(super) fn rests_on_others(&self) -> bool {
        self.rests_on_others
    }

    /// Nothing of it is made, because an earlier step is left.
    pub(super) fn hold_up(&mut self) {
        self.state = State::Blocked;
        self.changes.clear();
        self.warned.clear();
    }

    /// What somebody says yes to. A step may stand otherwise and ask for the same.
    fn told(&self) -> (StepId, &[Value], &[Text]) {
        (self.step, &self.changes, &self.warned)
    }
}

/// A change as the value that it is, which equals another where the changes are equal.
fn exactly<C: Change>(change: &C) -> Value {
    serde_json::to_value(change).unwrap_or_else(|_| Value::String(format!("{change:?}")))
}

fn departed(step: StepId, en: &str, ko: &str) -> Text {
    let (en, ko) = match en {
        "" => (String::new(), String::new()),
        _ => (format!(" (new: {en})"), format!("(새로 생긴 변경: {ko})")),
    };
    text! {
        en: "The account has changed since you approved the plan, and the plan of the step {step} with it{en}. The step is left as it is: run the same command again to see its plan and decide.",
        ko: "승인하신 뒤 계정이 바뀌어 {step} 단계의 계획도 달라졌습니다{ko}. 이 단계는 그대로 두었으니, 같은 명령을 다시 실행해 계획을 보고 결정하세요."
    }
}
