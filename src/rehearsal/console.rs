//! What a person does in a browser with the practice account: the things that AWS lets nobody do by API, two in the
//! console and one in a mailbox, and signing in. It is written beside the account, and an account that is open takes it
//! in at its next call.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::callers::Caller;
use super::events::Event;
use super::kept::{Key, Memory, SessionKey};
use super::{RehearsalError, kept, tokens};

const FILE: &str = "console.json";
const BROWSER: &str = "Mozilla/5.0";

/// Something that is done in the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsoleAction {
    /// Root adds an MFA device.
    RootMfa,
    /// Root switches on "IAM user and role access to Billing".
    BillingAccess,
    /// Whoever is to get an e-mail of a topic says yes to it.
    ConfirmEmail,
}

/// One thing that was done, in the order in which it was done.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Done {
    Action { at: u64, action: ConsoleAction },
    SignIn(Box<SignedIn>),
}

/// Somebody has signed in.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SignedIn {
    pub at: u64,
    pub user: String,
    pub arn: String,
    pub id: String,
    pub key: Key,
    /// The device whose code was typed, and the window of that code.
    pub device: Option<(String, u64)>,
}

/// Does it in the account that is kept in a folder. A run that has the account open sees it at its next call.
pub fn console(folder: &Path, action: ConsoleAction) -> Result<(), RehearsalError> {
    let at = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH);
    write(folder, Done::Action { at: at.unwrap_or_default().as_secs(), action })
}

/// Writes down that something was done.
pub(crate) fn write(folder: &Path, done: Done) -> Result<(), RehearsalError> {
    kept::prepare(folder)?;
    let mut all = read(folder);
    all.push(done);
    let words = serde_json::to_vec(&all).unwrap_or_default();
    kept::replace(&folder.join(FILE), &words)
}

/// What was done so far.
pub(crate) fn read(folder: &Path) -> Vec<Done> {
    std::fs::read(folder.join(FILE))
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

/// Starts over.
pub(crate) fn forget(folder: &Path) -> Result<(), RehearsalError> {
    kept::remove(&folder.join(FILE))
}

impl Memory {
    /// Takes in what a person has done since.
    pub fn see_console(&mut self, folder: &Path) {
        let all = read(folder);
        let seen = if self.console_seen <= all.len() { self.console_seen } else { 0 };
        self.changed |= self.console_seen != all.len();
        self.console_seen = all.len();
        for done in all.into_iter().skip(seen) {
            self.take_in(done);
        }
    }

    /// What was done takes effect.
    pub fn take_in(&mut self, done: Done) {
        match done {
            // Further topics can be confirmed later.
            Done::Action { action: ConsoleAction::ConfirmEmail, .. } => self.confirm_emails(),
            Done::Action { at, action } => {
                if self.console.insert(action) && action == ConsoleAction::RootMfa {
                    self.root_mfa_since = Some(at);
                }
            }
            Done::SignIn(signed_in) => self.sign_in(*signed_in),
        }
    }

    fn sign_in(&mut self, signed_in: SignedIn) {
        self.remember(signed_in.event());
        let SignedIn { at, user, key, device, .. } = signed_in;
        let password = self.passwords.entry(user.clone()).or_default();
        password.used = Some(at);
        password.reset = false;
        let mfa = device.is_some();
        if let Some((serial, window)) = device
            && let Some(device) = self.devices.get_mut(&serial)
        {
            device.burnt = device.burnt.max(window);
        }
        let session = SessionKey { user, mfa, ends: at + tokens::SESSION, key: key.clone(), login: true };
        self.sessions.insert(key.id, session);
    }
}

impl SignedIn {
    /// As Event History has it.
    fn event(&self) -> Event {
        let caller = Caller::User {
            name: self.user.clone(),
            arn: self.arn.clone(),
            id: self.id.clone(),
            mfa: Some(self.device.is_some()),
            long_term: false,
        };
        let used = if self.device.is_some() { "Yes" } else { "No" };
        let more = json!({
            "eventType": "AwsConsoleSignIn", "responseElements": {"ConsoleLogin": "Success"},
            "additionalEventData": {"MFAUsed": used, "LoginTo": "https://console.aws.amazon.com/"}
        });
        Event {
            name: "ConsoleLogin".into(),
            source: "signin.amazonaws.com".into(),
            region: "us-east-1".into(),
            agent: BROWSER.into(),
            more: more.as_object().cloned().unwrap_or_default(),
            ..Event::by(&caller, self.at)
        }
    }
}
