//! What the engine leaves to a person: directions, questions, and watching until it is done.

use std::time::Duration;

use serde_json::Value;
use steps::error::StepError;
use steps::operator::OperatorError;
use steps::practice::{Change, PersonTask, Practice, Seen, State, StepId, StepPlan, Verb};
use steps::readings::Readings;
use steps::text::Text;
use steps::{console, text};

use super::{Engine, Next, Sight};
use crate::environment::invocation;
use crate::error::Failure;
use crate::event::Event;
use crate::operator::{Asks, Decision, Question, word};

/// How often the account is looked at while a person does something elsewhere.
const LOOK_AGAIN: Duration = Duration::from_secs(4);

/// The answer that names the AWS profile for an access key of the administrator.
const PROFILE: &str = "admin.access_key_profile";

impl<O: Asks> Engine<'_, O> {
    pub(super) async fn leave_to_person<P: Practice>(
        &mut self,
        plan: StepPlan<P::Change>,
    ) -> Result<Next<P::Facts>, Failure> {
        let Some(task) = plan.person else { return Ok(Next::Done) };
        let shown = self.in_rehearsal(plan.step, &task);
        if self.shows_how(&task) {
            self.operator.show_task(&shown);
        }
        match task.seen {
            Seen::InAccount => {
                let what = text! { en: "Watching the account", ko: "계정에 반영되기를 기다리는 중" };
                let state = plan.state;
                self.watch_account::<P>(plan.step, &what, |now| now.state != state).await
            }
            Seen::ByWord(key) => self.take_word(plan.step, key, &shown).await,
            Seen::ByAnswer(key) => self.take_answer(plan.step, key, &task).await,
            Seen::ByChoice(key, options) => self.take_choice(plan.step, key, &task.what, &options).await,
            Seen::BySigningIn => self.sign_in::<P>(plan.step).await,
            Seen::BySigningInAgain => self.sign_in_again(plan.step).await,
            Seen::Elsewhere => Ok(self.left(plan.step)),
        }
    }

    /// A question that is asked right away needs no directions to it, and nobody can run `aws login` against the
    /// practice account.
    fn shows_how(&self, task: &PersonTask) -> bool {
        match task.seen {
            Seen::ByAnswer(_) => !self.operator.is_a_person(),
            Seen::BySigningIn => !self.rehearsal,
            Seen::ByChoice(..) => !self.operator.is_a_person(),
            Seen::InAccount | Seen::ByWord(_) | Seen::BySigningInAgain | Seen::Elsewhere => true,
        }
    }

    /// In the practice account there is neither a console nor a mailbox: a command stands for them.
    fn in_rehearsal(&self, step: StepId, task: &PersonTask) -> PersonTask {
        let mut task = task.clone();
        let action = match step {
            StepId::RootMfa => "root-mfa",
            StepId::BillingAccess => "billing-access",
            StepId::RequireMfa => "sign-in --code CODE",
            StepId::ActivityMonitoring if task.seen == Seen::InAccount => "confirm-email",
            _ => return task,
        };
        if self.rehearsal {
            task.how.push(rehearsed(action));
        }
        task
    }

    /// A person may wait for what comes soon; in the practice account everything does.
    pub(super) async fn wait_for_delivery<P: Practice>(
        &mut self,
        plan: StepPlan<P::Change>,
    ) -> Result<Next<P::Facts>, Failure> {
        let here = text! { en: "Waiting for the practice account", ko: "연습용 계정을 기다리는 중" };
        match plan.awaited.or(self.rehearsal.then_some(here)) {
            Some(what) if self.operator.is_a_person() => {
                let state = plan.state;
                self.watch_account::<P>(plan.step, &what, |now| now.state != state).await
            }
            _ => Ok(Next::Done),
        }
    }

    /// Looks until the step stands as awaited, or until the person goes on without it.
    async fn watch_account<P: Practice>(
        &mut self,
        step: StepId,
        what: &Text,
        awaited: impl Fn(&StepPlan<P::Change>) -> bool,
    ) -> Result<Next<P::Facts>, Failure> {
        let (session, answers) = (&self.session, &self.collected.answers);
        let seen = async {
            // The first look is at once: what was left out before because it takes a while is read by it.
            let mut pause = Duration::ZERO;
            loop {
                tokio::time::sleep(pause).await;
                pause = LOOK_AGAIN;
                let readings = Readings::by(session.acting(), &answers.admin.group).waited_for_at(step);
                let facts = match Box::pin(P::observe(session, &readings, answers)).await {
                    Ok(facts) => facts,
                    // While a person is busy elsewhere, one look that fails is made up for by the next.
                    Err(StepError::Aws(error)) if error.is_of_the_moment() => continue,
                    Err(error) => return Err(error),
                };
                let plan = P::plan(&facts, answers).into_iter().find(|plan| plan.step == step);
                if plan.is_none_or(|plan| awaited(&plan)) {
                    return Ok::<_, StepError>(Sight::now(facts));
                }
            }
        };
        Ok(match self.operator.watch(what, seen).await? {
            Some(facts) => Next::Seen(facts?),
            None => self.left(step),
        })
    }

    /// Only the person knows, and says so.
    async fn take_word<F>(
        &mut self,
        step: StepId,
        key: &'static str,
        task: &PersonTask,
    ) -> Result<Next<F>, Failure> {
        let question = text! { en: "Is it done?", ko: "완료하셨나요?" };
        while self.operator.is_a_person() {
            match self.operator.yes_or_explain(&question, false).await? {
                Some(false) => break,
                Some(true) => {
                    self.set(key, Value::Bool(true))?.map_err(Failure::Usage)?;
                    return Ok(Next::LookAgain);
                }
                None => {
                    self.listener.hear(&Event::Explained(step));
                    self.operator.show_task(task);
                }
            }
        }
        Ok(self.left(step))
    }

    /// One of several, explained first where the person asks for that. None when the person skips it.
    async fn chosen(
        &mut self,
        step: StepId,
        question: &Text,
        options: &[Text],
    ) -> Result<Option<usize>, Failure> {
        loop {
            match self.operator.choose_or_explain(question, options, 0).await {
                Ok(None) => self.listener.hear(&Event::Explained(step)),
                Ok(chosen) => return Ok(chosen),
                Err(OperatorError::Declined) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn take_choice<F>(
        &mut self,
        step: StepId,
        key: &'static str,
        question: &Text,
        options: &[(Text, &'static str)],
    ) -> Result<Next<F>, Failure> {
        if !self.operator.is_a_person() {
            return Ok(self.left(step));
        }
        if self.rehearsal && key == "mfa.device" {
            self.listener.hear(&Event::Note(no_hardware()));
        }
        let texts: Vec<_> = options.iter().map(|(text, _)| text.clone()).collect();
        let chosen = self.chosen(step, question, &texts).await?;
        let Some((_, answer)) = chosen.and_then(|at| options.get(at)) else { return Ok(self.left(step)) };
        self.set(key, Value::String((*answer).to_owned()))?.map_err(Failure::Usage)?;
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
        // Without a name for the administrator little goes on, so Enter alone does not leave that open.
        let question = match key {
            "admin.user" => {
                let text = text! {
                    en: "The name of your own IAM user, or explain / skip / quit:",
                    ko: "본인이 쓸 IAM 사용자 이름(또는 설명 / 건너뛰기 / 그만):"
                };
                Question { key, text, default: self.suggested_admin.clone().map(Text::verbatim) }
            }
            _ => Question { key, text: task.what.clone(), default: Some(left_open()) },
        };
        if !self.is_answered(step, &question).await? {
            return Ok(self.left(step));
        }
        self.find_administrator().await?;
        Ok(Next::LookAgain)
    }

    /// Takes the answer that an offer asks for. Enter alone leaves the offer, and the step is not any less in place.
    pub(super) async fn take_offered(
        &mut self,
        step: StepId,
        key: &'static str,
        text: Text,
    ) -> Result<bool, Failure> {
        self.is_answered(step, &Question { key, text, default: Some(left_open()) }).await
    }

    /// Asks until an answer holds up, and keeps it. False: the question is left open.
    async fn is_answered(&mut self, step: StepId, question: &Question) -> Result<bool, Failure> {
        loop {
            let answer = self.operator.answer(question).await?;
            let answer = answer.trim();
            if leaves_open(answer) {
                return Ok(false);
            }
            if word(answer) == Some(Decision::Explain) {
                self.listener.hear(&Event::Explained(step));
                continue;
            }
            match self.set(question.key, Value::String(answer.to_owned()))? {
                Ok(()) => return Ok(true),
                Err(expected) => self.listener.hear(&Event::Note(expected)),
            }
        }
    }

    /// Looks whether whoever is signed in already is the administrator.
    pub(crate) async fn find_administrator(&mut self) -> Result<bool, Failure> {
        let admin = &self.collected.answers.admin;
        let Some(user) = admin.user.clone() else { return Ok(false) };
        let profile = admin.profile().to_owned();
        Ok(self.session.find_administrator(&user, Some(&profile)).await?)
    }

    async fn sign_in<P: Practice>(&mut self, step: StepId) -> Result<Next<P::Facts>, Failure> {
        let Some(user) = self.collected.answers.admin.user.clone() else { return Ok(Next::Done) };
        if self.find_administrator().await? {
            return Ok(Next::LookAgain);
        }
        if !self.operator.is_a_person() {
            return Ok(self.left(step));
        }
        let profile = self.collected.answers.admin.profile().to_owned();
        let way = self.choose_way_in(step, &profile).await?;
        if !matches!(way, WayIn::AccessKey) {
            self.forget_unmade_profile()?;
        }
        let profile = self.collected.answers.admin.profile().to_owned();
        match way {
            WayIn::Login => self.watch_sign_in(step, &user, &profile).await,
            WayIn::AccessKey => self.name_profile(step, profile).await,
            WayIn::Console => self.watch_console::<P>(step).await,
            WayIn::Later => Ok(self.left(step)),
        }
    }

    async fn choose_way_in(&mut self, step: StepId, profile: &str) -> Result<WayIn, Failure> {
        let login = text! {
            en: "aws login in another window, which leaves no key behind (recommended)",
            ko: "다른 창에서 aws login. 키가 남지 않음(권장)"
        };
        let key = text! {
            en: "Make an access key now, in the AWS profile {profile} (it stays valid until it is deleted)",
            ko: "지금 액세스 키를 만들어 AWS 프로파일 {profile}에 저장(삭제할 때까지 유효)"
        };
        let console = text! {
            en: "In the console only; this run goes on as whom it was started with",
            ko: "콘솔에서만 로그인. 이번 실행은 시작할 때의 사용자로 계속합니다"
        };
        let later = text! { en: "Later", ko: "나중에" };
        let question = text! { en: "How do you sign in?", ko: "어떻게 로그인하시겠어요?" };
        let ways = [
            (login, WayIn::Login),
            (key, WayIn::AccessKey),
            (console, WayIn::Console),
            (later, WayIn::Later),
        ];
        let (texts, ways): (Vec<_>, Vec<_>) = ways.into_iter().unzip();
        let chosen = self.chosen(step, &question, &texts).await?;
        Ok(chosen.and_then(|at| ways.get(at).copied()).unwrap_or(WayIn::Later))
    }

    /// The account shows that the console password was used.
    async fn watch_console<P: Practice>(&mut self, step: StepId) -> Result<Next<P::Facts>, Failure> {
        let key = "admin.sign_in";
        self.set(key, Value::String("console".to_owned()))?.map_err(Failure::Usage)?;
        let page = console::sign_in(self.session.account(), self.session.partition());
        let what = text! { en: "Sign in at {page}", ko: "{page}에서 로그인하세요" };
        self.watch_account::<P>(step, &what, |now| now.state != State::NeedsPerson).await
    }

    /// The present sign-in may carry no MFA. The person says when there is a new one: AWS tells nobody.
    async fn sign_in_again<F>(&mut self, step: StepId) -> Result<Next<F>, Failure> {
        let admin = &self.collected.answers.admin;
        let (user, profile) = (admin.user.clone().unwrap_or_default(), admin.profile().to_owned());
        let question =
            text! { en: "Have you signed in again, with the device?", ko: "디바이스로 다시 로그인하셨나요?" };
        while self.operator.is_a_person() && self.operator.yes(&question, false).await? {
            if self.session.renew_sign_in(&user, &profile).await? {
                return Ok(Next::LookAgain);
            }
            self.listener.hear(&Event::Note(text! {
                en: "There is no new sign-in of {user} under the profile {profile} yet.",
                ko: "프로파일 {profile}에 {user} 사용자의 새 로그인이 아직 없습니다."
            }));
        }
        Ok(self.left(step))
    }

    async fn watch_sign_in<F>(
        &mut self,
        step: StepId,
        user: &str,
        profile: &str,
    ) -> Result<Next<F>, Failure> {
        if self.rehearsal {
            let named = if profile == steps::answers::LOGIN_PROFILE {
                String::new()
            } else {
                format!(" --profile {profile}")
            };
            self.listener.hear(&Event::Note(rehearsed(&format!("sign-in{named}"))));
        }
        let session = &mut self.session;
        let seen = async {
            loop {
                match session.find_administrator(user, Some(profile)).await {
                    Ok(true) => return Ok::<_, StepError>(()),
                    Err(StepError::Aws(error)) if !error.is_of_the_moment() => return Err(error.into()),
                    _ => tokio::time::sleep(LOOK_AGAIN).await,
                }
            }
        };
        let what = text! { en: "Watching for the sign-in under the profile {profile}", ko: "프로파일 {profile}(으)로 로그인하기를 기다리는 중" };
        match self.operator.watch(&what, seen).await? {
            Some(found) => {
                found?;
                Ok(Next::LookAgain)
            }
            None => Ok(self.left(step)),
        }
    }

    /// The key itself is made after a look at the plan that has it. Until somebody says yes to that plan, the profile is
    /// an answer of this moment, and is not kept for the next run.
    async fn name_profile<F>(&mut self, step: StepId, suggested: String) -> Result<Next<F>, Failure> {
        let mut profile = suggested;
        loop {
            let taken = self.session.connection.files().mention(&profile);
            let text = if taken { is_taken(&profile) } else { another_name() };
            if !taken {
                match self.collected.set(PROFILE, Value::String(profile)) {
                    Ok(()) => return Ok(Next::LookAgain),
                    Err(expected) => self.listener.hear(&Event::Note(expected)),
                }
            }
            let question = Question { key: PROFILE, text, default: Some(left_open()) };
            let answer = self.operator.answer(&question).await?;
            if leaves_open(answer.trim()) {
                return Ok(self.left(step));
            }
            profile = answer.trim().to_owned();
        }
    }

    /// A yes to the plan of a step. The profile is kept before the key is made: cut short in between, the next run goes on
    /// with it, and a no takes it back all the same.
    pub(super) fn settle(&self, step: StepId) -> Result<(), Failure> {
        if step == StepId::AdminSignIn && self.operator.is_a_person() { self.remember() } else { Ok(()) }
    }

    /// A no to the plan of a step. Who says no to the access key signs in some other way, and is asked again how; and who
    /// sees in the plan that a name was mistyped says no, and is asked for it again.
    pub(super) fn not_now<C: Change, F>(&mut self, step: StepId, changes: &[C]) -> Result<Next<F>, Failure> {
        if step == StepId::AdminSignIn {
            self.forget_unmade_profile()?;
        }
        let given = given_for(step, changes);
        for key in given {
            self.collected.forget(key);
        }
        if !given.is_empty() {
            self.remember()?;
        }
        Ok(self.left(step))
    }

    /// The profile of an access key that was chosen and never made.
    fn forget_unmade_profile(&mut self) -> Result<(), Failure> {
        let files = self.session.connection.files();
        let profile = self.collected.answers.admin.access_key_profile.as_deref();
        if profile.is_none_or(|profile| files.mention(profile)) {
            return Ok(());
        }
        self.collected.forget(PROFILE);
        self.remember()
    }
}

fn is_taken(profile: &str) -> Text {
    let profile = steps::text::harmless(profile);
    text! {
        en: "The AWS profile {profile} is taken. Another name, or skip",
        ko: "{profile} 프로파일이 이미 있습니다. 다른 이름 또는 건너뛰기"
    }
}

fn another_name() -> Text {
    text! {
        en: "Another name for the AWS profile, or skip to leave it",
        ko: "AWS 프로파일의 다른 이름(만들지 않으려면 건너뛰기)"
    }
}

/// The answers that go into what a plan makes anew. Until it is made, nothing else rests on them.
fn given_for(step: StepId, changes: &[impl Change]) -> &'static [&'static str] {
    let makes = |kind: &str| {
        changes.iter().any(|change| {
            matches!(change.verb(), Verb::Create | Verb::Enable) && change.resource().starts_with(kind)
        })
    };
    match step {
        StepId::AdminUser if makes("iam:user/") => &["admin.user"],
        StepId::AdminMfa if makes("iam:mfa/") => &["mfa.device", "mfa.serial"],
        StepId::Report if makes("budgets:budget/") => &["billing.budget_email"],
        StepId::ActivityMonitoring if makes("account:contact/") => {
            &["iam.security_contact_email", "iam.security_contact_phone"]
        }
        StepId::ActivityMonitoring if makes("sns:") => &["trail.root_alarm_email"],
        _ => &[],
    }
}

/// What Enter alone answers to a question that may be left open.
fn left_open() -> Text {
    text! { en: "skip", ko: "건너뛰기" }
}

/// Whether an answer leaves its question open: by a word that leaves a step elsewhere, or by a dash.
fn leaves_open(answer: &str) -> bool {
    answer == "-" || matches!(word(answer), Some(Decision::Skip | Decision::No))
}

/// What stands for the console in a rehearsal.
fn rehearsed(action: &str) -> Text {
    let dayone = invocation();
    text! {
        en: "In this rehearsal, type in another window: {dayone} rehearse console {action}",
        ko: "이 연습에서는 다른 창에서 다음을 입력하세요: {dayone} rehearse console {action}"
    }
}

/// What a person who rehearses does not have at hand.
fn no_hardware() -> Text {
    text! {
        en: "In this rehearsal choose the app: there are no tokens, and no browser for a passkey.",
        ko: "이 연습에서는 인증 앱을 고르세요. 하드웨어 토큰도, 패스키를 등록할 브라우저도 없습니다."
    }
}

#[derive(Debug, Clone, Copy)]
enum WayIn {
    Login,
    AccessKey,
    Console,
    Later,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq, serde::Serialize)]
    struct Planned {
        is_new: bool,
        resource: &'static str,
    }

    impl Change for Planned {
        fn verb(&self) -> Verb {
            if self.is_new { Verb::Create } else { Verb::Attach }
        }

        fn resource(&self) -> String {
            self.resource.to_owned()
        }

        fn summary(&self) -> Text {
            Text::default()
        }
    }

    #[test]
    fn a_no_takes_back_what_was_answered_for_what_is_not_there_yet() {
        let given = |step, is_new, resource| given_for(step, &[Planned { is_new, resource }]);
        assert_eq!(given(StepId::AdminUser, true, "iam:user/alcie"), ["admin.user"]);
        assert_eq!(given(StepId::AdminMfa, true, "iam:mfa/GAHT12345678"), ["mfa.device", "mfa.serial"]);
        let contact = given(StepId::ActivityMonitoring, true, "account:contact/security");
        assert!(contact.contains(&"iam.security_contact_phone"), "{contact:?}");
        for (step, is_new, resource) in [
            (StepId::AdminUser, false, "iam:user/alice"),
            (StepId::AdminUser, true, "iam:login-profile/alice"),
            (StepId::UsersMfa, true, "iam:user/bob"),
            (StepId::ActivityMonitoring, true, "access-analyzer:us-east-1/analyzer/x"),
        ] {
            assert!(given(step, is_new, resource).is_empty(), "{resource}");
        }
    }

    #[test]
    fn a_dash_and_the_words_for_it_leave_a_question_open() {
        for answer in
            ["-", "skip", "건너뛰기", "no", "아니요", left_open().en.as_str(), left_open().ko.as_str()]
        {
            assert!(leaves_open(answer), "{answer}");
        }
        for answer in ["", "s", "n", "--", "dayone-admin", "skipper", "explain"] {
            assert!(!leaves_open(answer), "{answer}");
        }
        let taken = is_taken("work\u{1b}[2J");
        assert!(taken.en.contains("or skip") && !taken.en.contains('\u{1b}'), "{}", taken.en);
        assert!(another_name().ko.contains("만들지 않으려면 건너뛰기"));
    }
}
