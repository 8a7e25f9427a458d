//! What the engine leaves to a person: directions, questions, and watching until it is done.

use std::time::Duration;

use serde_json::Value;
use steps::error::StepError;
use steps::operator::OperatorError;
use steps::practice::{Change, PersonTask, Practice, Seen, StepId, StepPlan, Verb};
use steps::readings::Readings;
use steps::text;
use steps::text::Text;

use super::{Engine, Next, Sight};
use crate::environment::invocation;
use crate::error::Failure;
use crate::event::Event;
use crate::operator::{Asks, Decision, Question, word};

/// How often the account is looked at while a person does something elsewhere.
pub(super) const LOOK_AGAIN: Duration = Duration::from_secs(4);

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
    pub(super) async fn watch_account<P: Practice>(
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
    pub(super) async fn chosen(
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
pub(super) fn left_open() -> Text {
    text! { en: "skip", ko: "건너뛰기" }
}

/// Whether an answer leaves its question open: by a word that leaves a step elsewhere, or by a dash.
pub(super) fn leaves_open(answer: &str) -> bool {
    answer == "-" || matches!(word(answer), Some(Decision::Skip | Decision::No))
}

/// What stands for the console in a rehearsal.
pub(super) fn rehearsed(action: &str) -> Text {
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
    }
}
