//! How the administrator signs in: the ways that a person may choose from, and watching until it is done.

use serde_json::Value;
use steps::error::StepError;
use steps::practice::{Practice, State, StepId};
use steps::text::Text;
use steps::{console, text};

use super::person::{LOOK_AGAIN, leaves_open, left_open, rehearsed};
use super::{Engine, Next};
use crate::error::Failure;
use crate::event::Event;
use crate::operator::{Asks, Question};

/// The answer that names the AWS profile for an access key of the administrator.
const PROFILE: &str = "admin.access_key_profile";

impl<O: Asks> Engine<'_, O> {
    /// Looks whether whoever is signed in already is the administrator.
    pub(crate) async fn find_administrator(&mut self) -> Result<bool, Failure> {
        let admin = &self.collected.answers.admin;
        let Some(user) = admin.user.clone() else { return Ok(false) };
        let profile = admin.profile().to_owned();
        Ok(self.session.find_administrator(&user, Some(&profile)).await?)
    }

    pub(super) async fn sign_in<P: Practice>(&mut self, step: StepId) -> Result<Next<P::Facts>, Failure> {
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
    pub(super) async fn sign_in_again<F>(&mut self, step: StepId) -> Result<Next<F>, Failure> {
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

    /// The profile of an access key that was chosen and never made.
    pub(super) fn forget_unmade_profile(&mut self) -> Result<(), Failure> {
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

    #[test]
    fn another_name_may_be_given_or_none() {
        let taken = is_taken("work\u{1b}[2J");
        assert!(taken.en.contains("or skip") && !taken.en.contains('\u{1b}'), "{}", taken.en);
        assert!(another_name().ko.contains("만들지 않으려면 건너뛰기"));
    }
}
