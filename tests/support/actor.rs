//! Somebody whose answers a test can say beforehand. Where it says nothing, they are those of a willing person with an
//! authenticator app, or of an answers file that says yes.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use dayone::operator::{Asks, Decision, Question};
use dayone::rehearsal::{Clock, PracticeAccount, SignIn, SignInRefusal, SignedIn};
use secrecy::ExposeSecret;
use steps::answers::LOGIN_PROFILE;
use steps::operator::{CodePurpose, CodeRequest, Enrolment, HandOver, Operator, OperatorError};
use steps::practice::PersonTask;
use steps::text::Text;

use super::stage::Stage;
use super::{code_at, files};

/// Somebody whose answers a test can say beforehand.
pub struct Actor {
    clock: Clock,
    attended: bool,
    /// The seed in the authenticator app.
    pub seed: Option<String>,
    /// What is given for the next codes that are asked for. After that each is a fresh one.
    pub codes: VecDeque<Typed>,
    /// How the codes were asked for.
    pub asked: Vec<CodeRequest>,
    /// How often a device was shown to be enrolled.
    pub enrolments: usize,
    /// The secrets that were handed over.
    pub handed_over: Vec<String>,
    /// Which kind of device is chosen: its place in the list.
    pub device: usize,
    /// Whether a second device is enrolled when that is offered.
    pub takes_backup: bool,
    /// Whether a trail that can deliver nothing is deleted when that is offered.
    pub deletes_trail: bool,
    /// Where the person signs in by the browser, as with `aws login`.
    pub browser: Option<Browser>,
    /// What somebody else does while the first plan is decided about, or the question that is agreed to.
    pub meanwhile: Option<Pin<Box<dyn Future<Output = ()>>>>,
    /// How long that takes to be decided about.
    pub thinks: Duration,
    /// Which question of yes or no is answered by yes: how it begins.
    pub agrees_to: Option<&'static str>,
    /// How often a plan was decided about, or the question that is agreed to.
    pub decided: usize,
}

/// What is typed for a code.
#[derive(Debug, Clone, Copy)]
pub enum Typed {
    /// The code of this moment, as soon as it is one that was not typed before.
    Fresh,
    /// The code that the app shows so many windows of thirty seconds from now.
    Window(i64),
    /// What was typed the last time.
    Again,
    /// Nothing: the person skips.
    Skip,
}

/// The browser in which a person signs in, and the file that the command line then finds the session in.
pub struct Browser {
    account: PracticeAccount,
    credentials: PathBuf,
}

impl Actor {
    /// A person.
    pub fn attended(clock: Clock) -> Self {
        Self {
            clock,
            attended: true,
            seed: None,
            codes: VecDeque::new(),
            asked: Vec::new(),
            enrolments: 0,
            handed_over: Vec::new(),
            device: 0,
            takes_backup: false,
            deletes_trail: false,
            browser: None,
            meanwhile: None,
            thinks: Duration::ZERO,
            agrees_to: None,
            decided: 0,
        }
    }

    /// Nobody: an answers file, and commands that enrol a device and print its codes.
    pub fn unattended(clock: Clock) -> Self {
        Self { attended: false, ..Self::attended(clock) }
    }

    /// The same, with a device that was enrolled before.
    pub fn with_seed(self, seed: Option<String>) -> Self {
        Self { seed, ..self }
    }

    /// The same, who types these for the first codes.
    pub fn typing(self, codes: &[Typed]) -> Self {
        Self { codes: codes.iter().copied().collect(), ..self }
    }

    /// The same, who can sign in by the browser on this machine.
    pub fn in_browser(self, stage: &Stage) -> Self {
        let (account, credentials) = (stage.account.clone(), files(stage.folder()).credentials);
        Self { browser: Some(Browser { account, credentials }), ..self }
    }

    /// Somebody else does something, and time passes.
    async fn think(&mut self) {
        self.decided += 1;
        if let Some(meanwhile) = self.meanwhile.take() {
            meanwhile.await;
            tokio::time::sleep(self.thinks).await;
        }
    }

    /// The code that the app shows so many windows from now.
    fn code(&self, windows: i64) -> Result<String, OperatorError> {
        let seed = self.seed.as_ref().ok_or(OperatorError::Declined)?;
        let (now, shift) = ((self.clock)(), Duration::from_secs(30 * windows.unsigned_abs()));
        Ok(code_at(seed, if windows < 0 { now - shift } else { now + shift }))
    }

    async fn fresh_code(&self, used: &[String]) -> Result<String, OperatorError> {
        loop {
            let code = self.code(0)?;
            if !used.contains(&code) {
                return Ok(code);
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Signs in by the browser, with a code where there is a device.
    async fn sign_in(&self) {
        let Some(browser) = &self.browser else { return };
        let mut code = None;
        loop {
            let who = SignIn { user: Some("alice".into()), code: code.take() };
            match browser.account.sign_in(&who).await {
                Ok(signed_in) => return browser.keep(&signed_in),
                Err(SignInRefusal::CodeNeeded(_)) => code = Some(self.code(0).unwrap()),
                // A code is taken once: the next one comes soon.
                Err(SignInRefusal::WrongCode(_)) => {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    code = Some(self.code(0).unwrap());
                }
                Err(refusal) => panic!("{refusal}"),
            }
        }
    }
}

impl Browser {
    /// Leaves the session where the command line finds it.
    fn keep(&self, signed_in: &SignedIn) {
        let session = &signed_in.credentials;
        let profile = format!(
            "[{LOGIN_PROFILE}]\naws_access_key_id = {}\naws_secret_access_key = {}\naws_session_token = {}\n",
            session.access_key_id(),
            session.secret_access_key(),
            session.session_token().unwrap_or_default()
        );
        std::fs::create_dir_all(self.credentials.parent().unwrap()).unwrap();
        std::fs::write(&self.credentials, profile).unwrap();
    }
}

impl Operator for Actor {
    async fn hand_over(&mut self, secret: HandOver) -> Result<(), OperatorError> {
        self.handed_over.push(secret.secret.expose_secret().to_owned());
        Ok(())
    }

    async fn enrol(&mut self, enrolment: &Enrolment) -> Result<(), OperatorError> {
        self.enrolments += 1;
        self.seed = Some(enrolment.seed.expose_secret().to_owned());
        Ok(())
    }

    async fn one_time_code(&mut self, request: &CodeRequest) -> Result<String, OperatorError> {
        self.asked.push(request.clone());
        match self.codes.pop_front().unwrap_or(Typed::Fresh) {
            Typed::Fresh => self.fresh_code(&request.used).await,
            Typed::Window(windows) => self.code(windows),
            Typed::Again => request.used.last().cloned().ok_or(OperatorError::Declined),
            Typed::Skip => Err(OperatorError::Declined),
        }
    }

    async fn enrolled(&mut self) {}

    async fn while_waiting<F: Future>(&mut self, _: Text, work: F) -> F::Output {
        work.await
    }
}

impl Asks for Actor {
    async fn start(&mut self) -> Result<bool, OperatorError> {
        Ok(true)
    }

    async fn decide(&mut self, _: Decision, _: &[Decision]) -> Result<Decision, OperatorError> {
        if self.agrees_to.is_none() {
            self.think().await;
        }
        Ok(Decision::Yes)
    }

    async fn confirm_by_typing(&mut self, _: &Text, _: &str) -> Result<bool, OperatorError> {
        Ok(true)
    }

    /// What may be left open is left open.
    async fn answer(&mut self, question: &Question) -> Result<String, OperatorError> {
        let default = question.default.clone().map(|text| text.en);
        default.ok_or_else(|| OperatorError::NobodyToAsk { key: question.key.to_owned() })
    }

    async fn choose(&mut self, text: &Text, _: &[Text], default: usize) -> Result<usize, OperatorError> {
        Ok(if text.en.starts_with("Which device") { self.device } else { default })
    }

    async fn yes(&mut self, text: &Text, default: bool) -> Result<bool, OperatorError> {
        if text.en.starts_with("Have you signed in again") && self.browser.is_some() {
            self.sign_in().await;
            return Ok(true);
        }
        if text.en.starts_with("Enrol a second device") {
            return Ok(self.takes_backup);
        }
        if self.agrees_to.is_some_and(|question| text.en.starts_with(question)) {
            self.think().await;
            return Ok(true);
        }
        if text.en.starts_with("Delete the trail") {
            return Ok(self.deletes_trail);
        }
        Ok(default)
    }

    async fn watch<F: Future>(&mut self, what: &Text, seen: F) -> Result<Option<F::Output>, OperatorError> {
        if what.en.starts_with("Watching for the sign-in") && self.browser.is_some() {
            self.sign_in().await;
            return Ok(Some(seen.await));
        }
        if what.en.starts_with("Reading Event History") {
            return Ok(Some(seen.await));
        }
        Ok(None)
    }

    fn is_a_person(&self) -> bool {
        self.attended
    }

    fn show_task(&mut self, _: &PersonTask) {}
}

/// What the codes were asked for, and whether something had gone wrong before.
pub fn purposes(asked: &[CodeRequest]) -> Vec<(CodePurpose, bool)> {
    asked.iter().map(|request| (request.purpose, request.trouble.is_some())).collect()
}
