//! The one loop: observe, plan, have a person say yes, apply, observe and plan again, until nothing is left.
//!
//! `plan`, `apply`, `check`, the wizard and the rehearsal are this loop with different operators and listeners. The
//! engine says what happens through [`Event`]s and never prints.

use std::time::Duration;

use serde_json::Value;
use steps::error::StepError;
use steps::operator::OperatorError;
use steps::practice::{Change, PersonTask, Practice, PracticeId, Seen, State, StepId, StepPlan};
use steps::session::{Administrator, Session};
use steps::text;
use steps::text::Text;

use crate::answers::Collected;
use crate::error::Failure;
use crate::event::{ChangeReport, Event, FailureReport, Listener, Outcome, PracticeSummary, StepReport};
use crate::interrupt::Interrupt;
use crate::journal::Journal;
use crate::operator::{Asks, Decision, Question};

/// How often the account is looked at while a person does something elsewhere.
const LOOK_AGAIN: Duration = Duration::from_secs(3);
/// What Enter alone answers to a question that may be left open.
const LEFT_OPEN: &str = "-";
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

        let reports = tokio::try_join!(
            self.reports_of::<RootUser>(),
            self.reports_of::<Mfa>(),
            self.reports_of::<Cloudtrail>(),
            self.reports_of::<BillingReport>(),
            self.reports_of::<IamPractices>(),
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
        let practices = PracticeId::ALL.into_iter().filter_map(|id| {
            let steps: Vec<_> = self.reports.iter().filter(|report| report.step.practice() == id).collect();
            let to_do = steps.iter().filter(|report| !report.state.is_settled()).count();
            (!steps.is_empty()).then_some(PracticeSummary { id, steps: steps.len(), to_do })
        });
        let overview = Event::Overview(practices.collect());
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
        let mut looked_again = false;
        loop {
            self.pause_if_asked()?;
            let plan = plan_of::<P>(&facts, self, step);
            let report = report(&plan);
            self.keep(&report);
            let event = if looked_again && plan.state.is_settled() { Event::Verified } else { Event::Step };
            self.listener.hear(&event(report));
            let next = match plan.state {
                State::ToChange => self.decide_and_apply::<P>(plan).await?,
                State::NeedsPerson => self.leave_to_person::<P>(plan).await?,
                State::Waiting => self.wait_for_delivery::<P>(plan).await?,
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

    /// Asks until there is an answer, then makes each change of the plan that was shown.
    async fn decide_and_apply<P: Practice>(
        &mut self,
        plan: StepPlan<P::Change>,
    ) -> Result<Next<P::Facts>, Failure> {
        loop {
            match self.operator.decide(default_decision(&plan)).await? {
                Decision::Yes => break,
                Decision::Explain => self.listener.hear(&Event::Explained(plan.step)),
                Decision::Quit => return Err(OperatorError::Declined.into()),
                Decision::No | Decision::Skip => return Ok(self.left(plan.step)),
            }
        }
        if !self.confirmed(&plan).await? {
            return Ok(self.left(plan.step));
        }
        for change in &plan.changes {
            self.pause_if_asked()?;
            match self.apply::<P>(plan.step, change).await {
                // Skipping in the middle of a change leaves the step, not the run.
                Err(Failure::Step(StepError::Operator(OperatorError::Declined))) => {
                    return Ok(self.left(plan.step));
                }
                result => result?,
            }
        }
        self.wait_until_shown::<P>(&plan).await.map(Next::Seen)
    }

    fn left<F>(&mut self, step: StepId) -> Next<F> {
        self.listener.hear(&Event::StepLeft(step));
        Next::Done
    }

    /// What cannot be undone is confirmed by typing the account number, once for a step.
    async fn confirmed<C: Change>(&mut self, plan: &StepPlan<C>) -> Result<bool, Failure> {
        let Some(change) = plan.changes.iter().find(|change| change.is_irreversible()) else {
            return Ok(true);
        };
        let what = change.summary();
        let (en, ko) = (&what.en, &what.ko);
        let what = text! { en: "This deletes: {en}.", ko: "삭제합니다: {ko}." };
        let account = self.session.account().to_owned();
        Ok(self.operator.confirm_by_typing(&what, &account).await?)
    }

    async fn apply<P: Practice>(&mut self, step: StepId, change: &P::Change) -> Result<(), Failure> {
        if step.practice() != PracticeId::RootUser {
            self.unlock_administrator().await?;
        }
        let told = change_report(step, change);
        let caller = self.session.acting().caller.arn.clone();
        if let Some(journal) = &mut self.journal {
            journal.intent(&told, &caller)?;
        }
        self.listener.hear(&Event::ChangeStarted(told.clone()));
        // On the heap: the futures of the SDK are large, and several levels of them would not fit a thread's stack.
        let applying = P::apply(change, &mut self.session, &self.collected.answers, &mut self.operator);
        let result = Box::pin(applying).await;
        self.note_outcome(told, &result)?;
        result?;
        self.changes_made += 1;
        self.last_applied = Some(step);
        Ok(())
    }

    fn note_outcome(&mut self, told: ChangeReport, result: &Result<(), StepError>) -> Result<(), Failure> {
        let outcome = match result {
            Ok(()) => Outcome::Done,
            Err(error) => Outcome::Failed(FailureReport::from(error)),
        };
        if let Some(journal) = &mut self.journal {
            match &outcome {
                Outcome::Done => journal.done(&told, self.session.connection.last_request_id().as_deref())?,
                Outcome::Failed(failure) => journal.failed(&told, failure)?,
            }
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
            result => Ok(result?),
        }
    }

    /// Looks again until AWS shows none of the changes that were just made, within bounds. What is still there then is
    /// shown as it is, and the next look finds it again.
    async fn wait_until_shown<P: Practice>(
        &mut self,
        made: &StepPlan<P::Change>,
    ) -> Result<P::Facts, Failure> {
        let mut facts = self.observe::<P>().await?;
        for seconds in SHOWN_WITHIN {
            let plan = plan_of::<P>(&facts, self, made.step);
            if !plan.changes.iter().any(|change| made.changes.contains(change)) {
                break;
            }
            self.pause_if_asked()?;
            let what =
                text! { en: "Waiting until AWS shows the change", ko: "AWS에 변경이 반영되기를 기다리는 중" };
            let pause = tokio::time::sleep(Duration::from_secs(seconds));
            self.operator.while_waiting(what, pause).await;
            facts = self.observe::<P>().await?;
        }
        let plan = plan_of::<P>(&facts, self, made.step);
        if plan.changes.iter().any(|change| made.changes.contains(change)) {
            return Err(not_shown(made.step).into());
        }
        Ok(facts)
    }

    async fn leave_to_person<P: Practice>(
        &mut self,
        plan: StepPlan<P::Change>,
    ) -> Result<Next<P::Facts>, Failure> {
        let Some(task) = plan.person else { return Ok(Next::Done) };
        if self.shows_how(&task) {
            self.operator.show_task(&self.in_rehearsal(plan.step, &task));
        }
        match task.seen {
            Seen::InAccount => {
                let what = text! { en: "Watching the account", ko: "계정을 지켜보는 중" };
                self.watch_account::<P>(plan.step, plan.state, &what).await
            }
            Seen::ByWord(key) => self.take_word(plan.step, key).await,
            Seen::ByAnswer(key) => self.take_answer(plan.step, key, &task).await,
            Seen::BySigningIn => self.sign_in(plan.step).await,
            Seen::Elsewhere => Ok(Next::Done),
        }
    }

    /// A question that is asked right away needs no directions to it, and nobody can run `aws login` against the
    /// practice account.
    fn shows_how(&self, task: &PersonTask) -> bool {
        match task.seen {
            Seen::ByAnswer(_) => !self.operator.is_a_person(),
            Seen::BySigningIn => !self.rehearsal,
            Seen::InAccount | Seen::ByWord(_) | Seen::Elsewhere => true,
        }
    }

    /// In the practice account there is no console: a command stands for it.
    fn in_rehearsal(&self, step: StepId, task: &PersonTask) -> PersonTask {
        let mut task = task.clone();
        let action = match step {
            StepId::RootMfa => "root-mfa",
            StepId::BillingAccess => "billing-access",
            _ => return task,
        };
        if self.rehearsal {
            let dayone = invocation();
            task.how.push(text! {
                en: "In this rehearsal, type in another window: {dayone} rehearse console {action}",
                ko: "이 연습에서는 다른 창에서 다음을 입력하세요: {dayone} rehearse console {action}"
            });
        }
        task
    }

    /// A person may wait for what comes soon; in the practice account everything does.
    async fn wait_for_delivery<P: Practice>(
        &mut self,
        plan: StepPlan<P::Change>,
    ) -> Result<Next<P::Facts>, Failure> {
        let here = text! { en: "Waiting for the practice account", ko: "연습용 계정을 기다리는 중" };
        match plan.awaited.or(self.rehearsal.then_some(here)) {
            Some(what) if self.operator.is_a_person() => {
                self.watch_account::<P>(plan.step, plan.state, &what).await
            }
            _ => Ok(Next::Done),
        }
    }

    /// Looks until the step stands otherwise than in this state.
    async fn watch_account<P: Practice>(
        &mut self,
        step: StepId,
        state: State,
        what: &Text,
    ) -> Result<Next<P::Facts>, Failure> {
        let (session, answers) = (&self.session, &self.collected.answers);
        let seen = async {
            loop {
                tokio::time::sleep(LOOK_AGAIN).await;
                let facts = Box::pin(P::observe(session, answers)).await?;
                let plan = P::plan(&facts, answers).into_iter().find(|plan| plan.step == step);
                if plan.is_none_or(|plan| plan.state != state) {
                    return Ok::<_, StepError>(facts);
                }
            }
        };
        match self.operator.watch(what, seen).await? {
            Some(facts) => Ok(Next::Seen(facts?)),
            None => Ok(self.left(step)),
        }
    }

    /// Only the person knows, and says so.
    async fn take_word<F>(&mut self, step: StepId, key: &'static str) -> Result<Next<F>, Failure> {
        let question = text! { en: "Is it done?", ko: "완료하셨나요?" };
        if !self.operator.is_a_person() || !self.operator.yes(&question, false).await? {
            return Ok(self.left(step));
        }
        self.set(key, Value::Bool(true))?.map_err(Failure::Usage)?;
        Ok(Next::LookAgain)
    }

    async fn take_answer<F>(
        &mut self,
        step: StepId,
        key: &'static str,
        task: &PersonTask,
    ) -> Result<Next<F>, Failure> {
        if !self.operator.is_a_person() {
            return Ok(self.left(step));
        }
        // Without a name for the administrator nothing goes on; every other question may be left open.
        let needed = key == "admin.user";
        let default = if needed { self.suggested_admin.clone() } else { Some(LEFT_OPEN.to_owned()) };
        let text = match key {
            "admin.user" => text! { en: "The name of your own IAM user", ko: "본인이 쓸 IAM 사용자 이름" },
            _ => task.what.clone(),
        };
        let question = Question { key, text, default };
        loop {
            let answer = self.operator.answer(&question).await?;
            if !needed && answer.trim() == LEFT_OPEN {
                return Ok(self.left(step));
            }
            match self.set(key, Value::String(answer.trim().to_owned()))? {
                Ok(()) => return Ok(Next::LookAgain),
                Err(expected) => self.listener.hear(&Event::Note(expected)),
            }
        }
    }

    async fn sign_in<F>(&mut self, step: StepId) -> Result<Next<F>, Failure> {
        let Some(user) = self.collected.answers.admin.user.clone() else { return Ok(Next::Done) };
        if !self.operator.is_a_person() {
            return Ok(self.left(step));
        }
        let profile = self.collected.answers.admin.profile().to_owned();
        match self.choose_way_in(&profile).await? {
            WayIn::Login => self.watch_sign_in(step, &user, &profile).await,
            WayIn::AccessKey => self.name_profile(&profile).await,
            WayIn::Later => Ok(self.left(step)),
        }
    }

    async fn choose_way_in(&mut self, profile: &str) -> Result<WayIn, Failure> {
        let key = text! {
            en: "Make an access key now, in the AWS profile {profile} (it stays valid until it is deleted)",
            ko: "지금 액세스 키를 만들어 AWS 프로파일 {profile}에 저장(삭제할 때까지 유효)"
        };
        let login = text! {
            en: "aws login in another window, which leaves no key behind (recommended)",
            ko: "다른 창에서 aws login. 키가 남지 않음(권장)"
        };
        let later = text! { en: "Later", ko: "나중에" };
        let question = text! { en: "How do you sign in?", ko: "어떻게 로그인하시겠어요?" };
        // Nobody can run `aws login` against the practice account.
        let ways = if self.rehearsal {
            vec![(key, WayIn::AccessKey), (later, WayIn::Later)]
        } else {
            vec![(login, WayIn::Login), (key, WayIn::AccessKey), (later, WayIn::Later)]
        };
        let (texts, ways): (Vec<_>, Vec<_>) = ways.into_iter().unzip();
        let chosen = self.operator.choose(&question, &texts, 0).await?;
        Ok(ways.get(chosen).copied().unwrap_or(WayIn::Later))
    }

    async fn watch_sign_in<F>(
        &mut self,
        step: StepId,
        user: &str,
        profile: &str,
    ) -> Result<Next<F>, Failure> {
        let session = &mut self.session;
        let seen = async {
            while !session.find_administrator(user, Some(profile)).await? {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            Ok::<_, StepError>(())
        };
        let what = text! { en: "Watching for the sign-in under the profile {profile}", ko: "프로파일 {profile}의 로그인을 지켜보는 중" };
        match self.operator.watch(&what, seen).await? {
            Some(found) => {
                found?;
                Ok(Next::LookAgain)
            }
            None => Ok(self.left(step)),
        }
    }

    /// The key itself is made after a look at the plan that has it.
    async fn name_profile<F>(&mut self, profile: &str) -> Result<Next<F>, Failure> {
        let mut profile = profile.to_owned();
        while self.session.connection.files().mention(&profile) {
            let taken = steps::text::harmless(&profile);
            let text = text! {
                en: "There is an AWS profile {taken} already. Another name",
                ko: "AWS 프로파일 {taken}이(가) 이미 있습니다. 다른 이름"
            };
            let question = Question { key: "admin.access_key_profile", text, default: None };
            profile = self.operator.answer(&question).await?.trim().to_owned();
        }
        if let Err(expected) = self.set("admin.access_key_profile", Value::String(profile))? {
            self.listener.hear(&Event::Note(expected));
        }
        Ok(Next::LookAgain)
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

    async fn observe<P: Practice>(&self) -> Result<P::Facts, Failure> {
        tokio::select! {
            facts = Box::pin(P::observe(&self.session, &self.collected.answers)) => Ok(facts?),
            () = self.interrupt.wait() => Err(OperatorError::Interrupted.into()),
        }
    }

    async fn reports_of<P: Practice>(&self) -> Result<Vec<StepReport>, Failure> {
        if !P::ID.steps().iter().any(|step| (self.selects)(*step)) {
            return Ok(Vec::new());
        }
        let facts = self.observe::<P>().await?;
        let plans = P::plan(&facts, &self.collected.answers);
        Ok(plans.iter().filter(|plan| (self.selects)(plan.step)).map(report).collect())
    }
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

#[derive(Debug, Clone, Copy)]
enum WayIn {
    Login,
    AccessKey,
    Later,
}

fn plan_of<P: Practice>(
    facts: &P::Facts,
    engine: &Engine<'_, impl Asks>,
    step: StepId,
) -> StepPlan<P::Change> {
    P::plan(facts, &engine.collected.answers)
        .into_iter()
        .find(|plan| plan.step == step)
        .unwrap_or_else(|| StepPlan::not_applicable(step, Text::default()))
}

/// How the person has started the program: from its sources, it is not on the path.
fn invocation() -> &'static str {
    if std::env::var_os("CARGO").is_some() { "cargo run --" } else { "dayone" }
}

/// Enter alone never deletes what cannot be made again.
fn default_decision<C: Change>(plan: &StepPlan<C>) -> Decision {
    if plan.changes.iter().any(Change::is_irreversible) { Decision::Skip } else { Decision::Yes }
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

fn not_shown(step: StepId) -> StepError {
    StepError::InTheWay {
        what: text! {
            en: "AWS accepted the changes of the step {step} but does not show them.",
            ko: "AWS가 {step} 단계의 변경을 받아들였지만 아직 보여 주지 않습니다."
        },
        next: text! {
            en: "Run the same command again in a minute. If it comes back, somebody else may be changing the same thing.",
            ko: "1분 뒤 같은 명령을 다시 실행하세요. 계속되면 다른 사람이 같은 것을 바꾸고 있을 수 있습니다."
        },
    }
}
