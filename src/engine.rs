//! The one loop: observe, plan, have a person say yes, apply, observe and plan again, until nothing is left.
//!
//! `plan`, `apply`, `check`, the wizard and the rehearsal are this loop with different operators and listeners. The
//! engine says what happens through [`Event`]s and never prints.

mod approval;
mod changes;
mod decision;
mod look;
mod offers;
mod person;
mod sign_in;
mod switched_off;

use jiff::Timestamp;
use serde_json::Value;
use steps::operator::OperatorError;
use steps::practice::{Change, Practice, Seen, State, StepId, StepPlan};
use steps::session::Session;
use steps::text::Text;
use tokio::time::Instant;

use crate::answers::Collected;
use crate::error::Failure;
use crate::event::{ChangeReport, Event, Listener, Looked, StepReport};
use crate::interrupt::Interrupt;
use crate::journal::Journal;
use crate::operator::Asks;

use approval::Planned;
use look::{hold_up, telling};

pub use approval::Approval;
pub(crate) use changes::not_shown;

/// Everything a run holds.
pub struct Engine<'e, O> {
    /// The identities, and how AWS is reached.
    pub session: Session,
    /// What the operator wants.
    pub collected: Collected,
    /// Who answers.
    pub operator: O,
    /// Who listens.
    pub listener: &'e mut dyn Listener,
    /// Whether a pause was asked for.
    pub interrupt: Interrupt,
    /// Which steps are asked for.
    pub selects: &'e dyn Fn(StepId) -> bool,
    /// Whether these were named one by one: then what they offer besides is asked of a person even where they were in
    /// place before, which a walk through everything passes over.
    pub steps_are_named: bool,
    /// Where answers are remembered; none in a run that only looks.
    pub memory: Option<std::path::PathBuf>,
    /// The journal; none in a run that only looks.
    pub journal: Option<Journal>,
    /// Whether this is the practice account, where nobody can run `aws login`.
    pub rehearsal: bool,
    /// Who the administrator may be, where nobody has said so.
    pub suggested_admin: Option<String>,
    /// What was said yes to as a whole; none where each step is decided on by itself.
    pub approval: Option<Approval>,
    /// How each step stands that was looked at.
    pub reports: Vec<StepReport>,
    /// How many changes were made.
    pub changes_made: usize,
    /// The step of the last change that was made.
    pub last_applied: Option<StepId>,
}

impl<O: Asks> Engine<'_, O> {
    /// Looks at all practices at once, and reports how each step stands.
    pub async fn look(&mut self) -> Result<(), Failure> {
        self.look_at_all().await.map(drop)
    }

    /// The same, and gives what was planned, exactly.
    async fn look_at_all(&mut self) -> Result<Vec<Planned>, Failure> {
        use steps::billing_report::BillingReport;
        use steps::cloudtrail::Cloudtrail;
        use steps::iam_practices::IamPractices;
        use steps::mfa::Mfa;
        use steps::root_user::RootUser;

        let (view, operator) = self.view();
        let readings = view.readings();
        let look = async {
            tokio::try_join!(
                view.plans_of::<RootUser>(&readings),
                view.plans_of::<Mfa>(&readings),
                view.plans_of::<Cloudtrail>(&readings),
                view.plans_of::<BillingReport>(&readings),
                view.plans_of::<IamPractices>(&readings),
            )
        };
        let looks = telling(operator, readings.announced(), look).await?;
        let report_made = readings.report_made().and_then(|made| Timestamp::from_second(made).ok());
        let looks = [looks.0, looks.1, looks.2, looks.3, looks.4];
        let mut looked: Vec<_> = looks.into_iter().flatten().collect();
        if !self.collected.answers.attended {
            hold_up(&mut looked);
        }
        looked.retain(|(report, _)| (self.selects)(report.step));
        let (reports, planned) = looked.into_iter().unzip();
        self.reports = reports;
        self.listener.hear(&Event::Looked(Looked { at: Timestamp::now(), report_made }));
        Ok(planned)
    }

    /// Says how each step stands that [`Engine::look`] saw.
    pub fn tell(&mut self) {
        for report in std::mem::take(&mut self.reports) {
            self.listener.hear(&Event::Step(report.clone()));
            self.reports.push(report);
        }
    }

    /// How many steps of each practice are to be done, of those that [`Engine::look`] saw.
    pub fn overview(&mut self) {
        let overview = Event::Overview(self.reports.clone());
        self.listener.hear(&overview);
    }

    /// Walks one practice, step by step.
    pub async fn walk<P: Practice>(&mut self) -> Result<(), Failure> {
        let selected: Vec<_> = P::ID.steps().iter().copied().filter(|step| (self.selects)(*step)).collect();
        if selected.is_empty() {
            return Ok(());
        }
        self.listener.hear(&Event::PracticeStarted(P::ID));
        let mut sight = self.observe::<P>().await?;
        for step in selected {
            sight = Box::pin(self.walk_step::<P>(step, sight)).await?;
        }
        Ok(())
    }

    async fn walk_step<P: Practice>(
        &mut self,
        step: StepId,
        mut sight: Sight<P::Facts>,
    ) -> Result<Sight<P::Facts>, Failure> {
        let (mut looked_again, mut offered) = (false, None);
        loop {
            self.pause_if_asked()?;
            let plan = self.plan_to_walk::<P>(&sight.facts, step);
            let report = report(&plan);
            self.keep(&report);
            let event = if looked_again && plan.state.is_settled() { Event::Verified } else { Event::Step };
            self.listener.hear(&event(report));
            let next = match plan.state {
                State::ToChange => self.decide_and_apply::<P>(plan, sight.at).await?,
                State::NeedsPerson if plan.offer.is_some() && question(&plan) != offered => {
                    offered = question(&plan);
                    self.offer_or_leave::<P>(plan, sight.at).await?
                }
                State::NeedsPerson => self.leave_to_person::<P>(plan).await?,
                State::Waiting => self.wait_for_delivery::<P>(plan).await?,
                State::InPlace if self.offers(looked_again) && question(&plan) != offered => {
                    offered = question(&plan);
                    self.make_offer::<P>(plan, sight.at).await?
                }
                _ => Next::Done,
            };
            sight = match next {
                Next::Done => return Ok(sight),
                Next::LookAgain => self.observe::<P>().await?,
                Next::Seen(seen) => seen,
                Next::Changed(seen) => {
                    offered = None;
                    self.walk_undone::<P>(step, seen).await?
                }
            };
            looked_again = true;
        }
    }

    /// Walks the steps before this one once more that were in place and are not any more: this one may rest on them.
    async fn walk_undone<P: Practice>(
        &mut self,
        step: StepId,
        mut sight: Sight<P::Facts>,
    ) -> Result<Sight<P::Facts>, Failure> {
        for earlier in P::ID.steps().iter().copied().take_while(|earlier| *earlier != step) {
            let was_settled = self.reports.iter().any(|kept| kept.step == earlier && kept.state.is_settled());
            if was_settled && !self.plan_to_walk::<P>(&sight.facts, earlier).state.is_settled() {
                sight = Box::pin(self.walk_step::<P>(earlier, sight)).await?;
            }
        }
        Ok(sight)
    }

    /// The plan of a step, unless one that it needs was left: then nothing is tried that cannot work.
    fn plan_to_walk<P: Practice>(&self, facts: &P::Facts, step: StepId) -> StepPlan<P::Change> {
        let plans = P::plan(facts, &self.collected.answers);
        let open = |needed: &&StepId| match plans.iter().find(|plan| plan.step == **needed) {
            Some(plan) => stands_open(plan),
            None => self.reports.iter().any(|report| report.step == **needed && lacks_user(report)),
        };
        let needed = step.needs().iter().find(open).copied();
        let plan = the_plan_of(step, plans);
        let rests_on_it = match plan.state {
            State::ToChange => plan.changes.iter().any(|change| !change.stands_alone()),
            // Nobody is asked to choose what cannot be had yet.
            State::NeedsPerson => {
                plan.person.as_ref().is_some_and(|task| matches!(task.seen, Seen::ByChoice(..)))
            }
            _ => false,
        };
        match needed {
            Some(needed) if rests_on_it => plan.held_up_by(needed),
            _ => plan,
        }
    }

    /// Whether a step that is in place is the moment for what it offers besides: once it has been put in place, or where
    /// it was asked for by its name.
    fn offers(&self, looked_again: bool) -> bool {
        looked_again || self.steps_are_named
    }

    fn left<F>(&mut self, step: StepId) -> Next<F> {
        self.listener.hear(&Event::StepLeft(step));
        Next::Done
    }

    /// Takes an answer, and keeps it for the next run.
    fn set(&mut self, key: &str, value: Value) -> Result<Result<(), Text>, Failure> {
        if let Err(expected) = self.collected.set(key, value) {
            return Ok(Err(expected));
        }
        self.remember()?;
        Ok(Ok(()))
    }

    fn remember(&self) -> Result<(), Failure> {
        match &self.memory {
            Some(folder) => Ok(self.collected.remember(folder)?),
            None => Ok(()),
        }
    }

    fn pause_if_asked(&self) -> Result<(), Failure> {
        if self.interrupt.is_set() { Err(OperatorError::Interrupted.into()) } else { Ok(()) }
    }

    fn keep(&mut self, report: &StepReport) {
        match self.reports.iter_mut().find(|kept| kept.step == report.step) {
            Some(kept) => *kept = report.clone(),
            None => self.reports.push(report.clone()),
        }
    }

    /// A look at one practice.
    async fn observe<P: Practice>(&mut self) -> Result<Sight<P::Facts>, Failure> {
        let (view, operator) = self.view();
        let readings = view.readings().telling_makers(operator.is_a_person());
        let look = view.observe::<P>(&readings);
        telling(operator, readings.announced(), look).await.map(Sight::now)
    }
}

/// What was seen of a practice, and when.
struct Sight<F> {
    facts: F,
    at: Instant,
}

impl<F> Sight<F> {
    fn now(facts: F) -> Self {
        Self { facts, at: Instant::now() }
    }
}

/// Where a step goes on.
enum Next<F> {
    /// With the next step.
    Done,
    /// With another look at this one.
    LookAgain,
    /// With this one, as it was just seen.
    Seen(Sight<F>),
    /// With this one, as it was just seen, which is not as it was when somebody said yes.
    Changed(Sight<F>),
}

fn the_plan_of<C>(step: StepId, plans: Vec<StepPlan<C>>) -> StepPlan<C> {
    let plan = plans.into_iter().find(|plan| plan.step == step);
    plan.unwrap_or_else(|| StepPlan::not_applicable(step, Text::default()))
}

/// What a plan asks besides.
fn question<C>(plan: &StepPlan<C>) -> Option<Text> {
    plan.offer.as_ref().map(|offer| offer.question.clone())
}

/// Whether something is left of a step that others rest on.
fn stands_open<C: Change>(plan: &StepPlan<C>) -> bool {
    match plan.state {
        State::ToChange => plan.changes.iter().any(|change| !change.is_optional()),
        State::NeedsPerson | State::Blocked | State::NotAssessed => true,
        State::InPlace | State::Waiting | State::NotApplicable | State::Accepted => false,
    }
}

/// Whether the step of another practice was left without the user that this one rests on.
fn lacks_user(report: &StepReport) -> bool {
    match report.state {
        State::ToChange => report.changes.iter().any(|change| change.resource.starts_with("iam:user/")),
        State::NeedsPerson | State::Blocked | State::NotAssessed => true,
        State::InPlace | State::Waiting | State::NotApplicable | State::Accepted => false,
    }
}

/// A plan in words.
pub(crate) fn report<C: Change>(plan: &StepPlan<C>) -> StepReport {
    StepReport {
        step: plan.step,
        state: plan.state,
        changes: plan.changes.iter().map(|change| change_report(plan.step, change)).collect(),
        person: plan.person.clone(),
        reason: plan.reason.clone(),
        found: plan.found.clone(),
        notes: plan.notes.clone(),
        names: plan.names.clone(),
    }
}

fn change_report(step: StepId, change: &impl Change) -> ChangeReport {
    ChangeReport {
        step,
        verb: change.verb(),
        resource: change.resource(),
        summary: change.summary(),
        irreversible: change.is_irreversible(),
    }
}
