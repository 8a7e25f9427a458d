//! The one loop: observe, plan, have a person say yes, apply, observe and plan again, until nothing is left.
//!
//! `plan`, `apply`, `check`, the wizard and the rehearsal are this loop with different operators and listeners. The
//! engine says what happens through [`Event`]s and never prints.

mod person;

use std::pin::Pin;
use std::time::Duration;

use serde_json::Value;
use steps::error::StepError;
use steps::operator::OperatorError;
use steps::practice::{Change, Practice, PracticeId, State, StepId, StepPlan, Verb};
use steps::readings::Readings;
use steps::session::{Administrator, Session};
use steps::text;
use steps::text::Text;

use crate::answers::Collected;
use crate::error::Failure;
use crate::event::{ChangeReport, Event, FailureReport, Listener, Outcome, StepReport};
use crate::interrupt::Interrupt;
use crate::journal::Journal;
use crate::operator::{Asks, Decision};

/// How long AWS may take to show what was just changed.
const SHOWN_WITHIN: [u64; 6] = [1, 2, 3, 4, 8, 12];

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
    /// Where answers are remembered; none in a run that only looks.
    pub memory: Option<std::path::PathBuf>,
    /// The journal; none in a run that only looks.
    pub journal: Option<Journal>,
    /// Whether this is the practice account, where nobody can run `aws login`.
    pub rehearsal: bool,
    /// Who the administrator may be, where nobody has said so.
    pub suggested_admin: Option<String>,
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
        use steps::billing_report::BillingReport;
        use steps::cloudtrail::Cloudtrail;
        use steps::iam_practices::IamPractices;
        use steps::mfa::Mfa;
        use steps::root_user::RootUser;

        let readings = self.readings();
        let reports = tokio::try_join!(
            self.reports_of::<RootUser>(&readings),
            self.reports_of::<Mfa>(&readings),
            self.reports_of::<Cloudtrail>(&readings),
            self.reports_of::<BillingReport>(&readings),
            self.reports_of::<IamPractices>(&readings),
        )?;
        self.reports = [reports.0, reports.1, reports.2, reports.3, reports.4].concat();
        Ok(())
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
        let mut facts = self.observe::<P>().await?;
        for step in selected {
            facts = Box::pin(self.walk_step::<P>(step, facts)).await?;
        }
        Ok(())
    }

    async fn walk_step<P: Practice>(
        &mut self,
        step: StepId,
        mut facts: P::Facts,
    ) -> Result<P::Facts, Failure> {
        let (mut looked_again, mut offered) = (false, None);
        loop {
            self.pause_if_asked()?;
            let plan = self.plan_to_walk::<P>(&facts, step);
            let report = report(&plan);
            self.keep(&report);
            let event = if looked_again && plan.state.is_settled() { Event::Verified } else { Event::Step };
            self.listener.hear(&event(report));
            let next = match plan.state {
                State::ToChange => self.decide_and_apply::<P>(plan).await?,
                State::NeedsPerson if plan.offer.is_some() && question(&plan) != offered => {
                    offered = question(&plan);
                    self.offer_or_leave::<P>(plan).await?
                }
                State::NeedsPerson => self.leave_to_person::<P>(plan).await?,
                State::Waiting => self.wait_for_delivery::<P>(plan).await?,
                State::InPlace if looked_again && question(&plan) != offered => {
                    offered = question(&plan);
                    self.make_offer::<P>(plan).await?
                }
                _ => Next::Done,
            };
            facts = match next {
                Next::Done => return Ok(facts),
                Next::LookAgain => self.observe::<P>().await?,
                Next::Seen(seen) => seen,
            };
            looked_again = true;
        }
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
        match needed {
            Some(needed) if plan.state == State::ToChange => plan.held_up_by(needed),
            _ => plan,
        }
    }

    /// Asks until there is an answer, then makes each change of the plan that was shown.
    async fn decide_and_apply<P: Practice>(
        &mut self,
        plan: StepPlan<P::Change>,
    ) -> Result<Next<P::Facts>, Failure> {
        let more = further_decisions(&plan);
        loop {
            match self.operator.decide(default_decision(&plan), &more).await? {
                Decision::Yes => break,
                Decision::Explain => self.listener.hear(&Event::Explained(plan.step)),
                Decision::Quit => return Err(OperatorError::Declined.into()),
                Decision::No | Decision::Skip => return Ok(self.left(plan.step)),
                Decision::Watch => return self.watch_before_deciding::<P>(&plan).await,
                Decision::Undo => return self.take_back::<P>(plan).await,
            }
        }
        if !self.confirmed(&plan).await? {
            return Ok(self.left(plan.step));
        }
        match self.apply_all::<P>(plan.step, &plan.changes).await? {
            true => self.wait_until_shown::<P>(plan.step, &plan.changes).await.map(Next::Seen),
            false => Ok(self.left(plan.step)),
        }
    }

    /// Makes the changes one after the other. False when the operator skipped in the middle of one: that leaves the step,
    /// not the run.
    pub(crate) async fn apply_all<P: Practice>(
        &mut self,
        step: StepId,
        changes: &[P::Change],
    ) -> Result<bool, Failure> {
        for change in changes {
            self.pause_if_asked()?;
            match self.apply::<P>(step, change).await {
                Err(Failure::Step(StepError::Operator(OperatorError::Declined))) => return Ok(false),
                result => result?,
            }
        }
        Ok(true)
    }

    /// Something broke: what was done before is taken back, and the step is left.
    async fn take_back<P: Practice>(&mut self, plan: StepPlan<P::Change>) -> Result<Next<P::Facts>, Failure> {
        self.apply_all::<P>(plan.step, &plan.undo).await?;
        let facts = self.wait_until_shown::<P>(plan.step, &plan.undo).await?;
        self.keep(&report(&self.plan_to_walk::<P>(&facts, plan.step)));
        Ok(self.left(plan.step))
    }

    async fn make_offer<P: Practice>(
        &mut self,
        plan: StepPlan<P::Change>,
    ) -> Result<Next<P::Facts>, Failure> {
        let Some(offer) = plan.offer.filter(|_| self.operator.is_a_person()) else { return Ok(Next::Done) };
        if let Some(key) = offer.key {
            let answered = self.take_offered(key, offer.question).await?;
            return Ok(if answered { Next::LookAgain } else { Next::Done });
        }
        if !self.operator.yes(&offer.question, false).await? {
            return Ok(Next::Done);
        }
        Ok(match self.apply_all::<P>(plan.step, &offer.changes).await? {
            true => Next::LookAgain,
            false => self.left(plan.step),
        })
    }

    /// What a yes settles comes before what is left to the person.
    async fn offer_or_leave<P: Practice>(
        &mut self,
        plan: StepPlan<P::Change>,
    ) -> Result<Next<P::Facts>, Failure> {
        match self.make_offer::<P>(plan.clone()).await? {
            Next::Done => self.leave_to_person::<P>(plan).await,
            next => Ok(next),
        }
    }

    fn left<F>(&mut self, step: StepId) -> Next<F> {
        self.listener.hear(&Event::StepLeft(step));
        Next::Done
    }

    /// What cannot be undone is confirmed by typing the account number, once for a step.
    async fn confirmed<C: Change>(&mut self, plan: &StepPlan<C>) -> Result<bool, Failure> {
        let gone = plan.changes.iter().filter(|change| change.is_irreversible()).map(Change::summary);
        let (en, ko): (Vec<_>, Vec<_>) = gone.map(|text| (text.en, text.ko)).unzip();
        if en.is_empty() {
            return Ok(true);
        }
        let (en, ko) = (en.join("; "), ko.join("; "));
        let what = text! { en: "This deletes: {en}.", ko: "삭제합니다: {ko}." };
        let account = self.session.account().to_owned();
        Ok(self.operator.confirm_by_typing(&what, &account).await?)
    }

    async fn apply<P: Practice>(&mut self, step: StepId, change: &P::Change) -> Result<(), Failure> {
        if step.practice() != PracticeId::RootUser {
            self.unlock_administrator().await?;
            self.pause_if_asked()?;
        }
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
            self.changes_made += 1;
            self.last_applied = Some(step);
        }
        let midway = result.is_err() && self.session.connection.may_have_written();
        let noted = self.note_outcome(told, &result, midway);
        let result = noted.and_then(|()| result.map_err(Failure::from));
        result.map_err(|failure| if midway { failure.midway() } else { failure })
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
            self.collected.answers.switched_off = journal.told().switched_off.clone();
        }
        self.listener.hear(&Event::ChangeFinished(told, outcome));
        Ok(())
    }

    /// After practice 1 the run acts as the administrator wherever it can. Where nobody can give a code it goes on as
    /// whom it was started with.
    async fn unlock_administrator(&mut self) -> Result<(), Failure> {
        if !matches!(self.session.administrator, Administrator::Locked(_)) {
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
    async fn wait_until_shown<P: Practice>(
        &mut self,
        step: StepId,
        made: &[P::Change],
    ) -> Result<P::Facts, Failure> {
        let mut facts = self.observe::<P>().await?;
        for seconds in SHOWN_WITHIN {
            if !self.is_still_planned::<P>(&facts, step, made) {
                break;
            }
            self.wait_for_aws(Duration::from_secs(seconds)).await?;
            facts = self.observe::<P>().await?;
        }
        if self.is_still_planned::<P>(&facts, step, made) {
            return Err(not_shown(step).into());
        }
        Ok(facts)
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

    /// Takes an answer, and keeps it for the next run.
    fn set(&mut self, key: &str, value: Value) -> Result<Result<(), Text>, Failure> {
        if let Err(expected) = self.collected.set(key, value) {
            return Ok(Err(expected));
        }
        if let Some(folder) = &self.memory {
            self.collected.remember(folder)?;
        }
        Ok(Ok(()))
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
    async fn observe<P: Practice>(&self) -> Result<P::Facts, Failure> {
        self.observe_with::<P>(&self.readings()).await
    }

    /// A look at one practice of several, which share what they read.
    async fn observe_with<P: Practice>(&self, readings: &Readings<'_>) -> Result<P::Facts, Failure> {
        tokio::select! {
            facts = Box::pin(P::observe(&self.session, readings, &self.collected.answers)) => Ok(facts?),
            () = self.interrupt.wait() => Err(OperatorError::Interrupted.into()),
        }
    }

    /// The readings of a look that begins.
    fn readings(&self) -> Readings<'_> {
        Readings::by(self.session.acting(), &self.collected.answers.admin.group)
    }

    async fn reports_of<P: Practice>(&self, readings: &Readings<'_>) -> Result<Vec<StepReport>, Failure> {
        if !P::ID.steps().iter().any(|step| (self.selects)(*step)) {
            return Ok(Vec::new());
        }
        let facts = self.observe_with::<P>(readings).await?;
        let plans = P::plan(&facts, &self.collected.answers);
        Ok(plans.iter().filter(|plan| (self.selects)(plan.step)).map(report).collect())
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

/// Where a step goes on.
enum Next<F> {
    /// With the next step.
    Done,
    /// With another look at this one.
    LookAgain,
    /// With this one, as it was just seen.
    Seen(F),
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

/// Enter alone never takes anything away, and harms nobody.
fn default_decision<C: Change>(plan: &StepPlan<C>) -> Decision {
    let takes_away = |change: &C| {
        matches!(change.verb(), Verb::Delete | Verb::Detach | Verb::Disable) && !change.is_leftover()
    };
    if plan.careful || plan.changes.iter().any(takes_away) { Decision::Skip } else { Decision::Yes }
}

fn further_decisions<C>(plan: &StepPlan<C>) -> Vec<Decision> {
    let watch = plan.watchable.as_ref().map(|_| Decision::Watch);
    let undo = (!plan.undo.is_empty()).then_some(Decision::Undo);
    watch.into_iter().chain(undo).collect()
}

fn report<C: Change>(plan: &StepPlan<C>) -> StepReport {
    StepReport {
        step: plan.step,
        state: plan.state,
        changes: plan.changes.iter().map(|change| change_report(plan.step, change)).collect(),
        person: plan.person.clone(),
        reason: plan.reason.clone(),
        found: plan.found.clone(),
        notes: plan.notes.clone(),
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
