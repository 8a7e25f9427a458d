//! What the practice account remembers between calls and between runs.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::Duration;

use futures_util::FutureExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use winterbaume_core::StatefulService;
use winterbaume_iam::IamStateView;

use super::analyzers::Analyzer;
use super::authorisation::managed_policies;
use super::budgets::Budget;
use super::devices::Device;
use super::encryption_keys::KeyStore;
use super::events::Event;
use super::exports::Export;
use super::passwords::{Password, PasswordPolicy};
use super::public_access::PublicAccessBlock;
use super::rules::Rule;
use super::topics::Topic;
use super::trails::Trail;
use super::{ACCOUNT_ID, Clock, ConsoleAction, RehearsalError, Services, events};

const FILE: &str = "account.json";
const REGION: &str = "us-east-1";
const DAY: u64 = 86_400;
/// So many days before it is first rehearsed in, the account was opened, and root got its access key.
const OPENED_DAYS_AGO: u64 = 88;
const FIRST_KEY_DAYS_AGO: u64 = 85;

/// The account as it is kept in a file.
#[derive(Serialize, Deserialize)]
pub(crate) struct Kept {
    memory: Memory,
    iam: IamStateView,
    s3: winterbaume_s3::S3StateView,
    reports: winterbaume_costandusagereport::CostAndUsageReportStateView,
}

/// What lies over the services.
#[derive(Serialize, Deserialize)]
pub(crate) struct Memory {
    pub root: Root,
    /// Access keys of users, by id.
    pub keys: BTreeMap<String, UserKey>,
    /// Sessions, by the id of their key.
    pub sessions: BTreeMap<String, SessionKey>,
    /// MFA devices, by serial number.
    pub devices: BTreeMap<String, Device>,
    pub password_policy: Option<PasswordPolicy>,
    /// Console passwords, by user.
    #[serde(default)]
    pub passwords: BTreeMap<String, Password>,
    pub trails: BTreeMap<String, Trail>,
    /// When each report was defined, by name.
    pub reports: BTreeMap<String, u64>,
    /// Exports of Data Exports, by ARN.
    #[serde(default)]
    pub exports: BTreeMap<String, Export>,
    /// Buckets whose policy the services have not seen yet.
    pub unseen_policies: BTreeSet<String>,
    /// Buckets that were deleted, and whose names nobody has asked for since.
    #[serde(default)]
    pub deleted_buckets: BTreeSet<String>,
    pub credential_report: Option<CredentialReport>,
    /// What is switched on in the console.
    pub console: BTreeSet<ConsoleAction>,
    /// How much of what was done in the console this account has taken in.
    #[serde(default)]
    pub console_seen: usize,
    /// Since when root has MFA.
    #[serde(default)]
    pub root_mfa_since: Option<u64>,
    /// When the account was opened.
    #[serde(default)]
    pub opened: Option<u64>,
    /// Event History, the oldest first.
    pub events: VecDeque<Event>,
    /// The contacts beside the account's owner, by type.
    #[serde(default)]
    pub contacts: BTreeMap<String, Value>,
    /// Analyzers, by ARN.
    #[serde(default)]
    pub analyzers: BTreeMap<String, Analyzer>,
    /// What is blocked for all buckets of the account.
    #[serde(default)]
    pub public_access: Option<PublicAccessBlock>,
    /// The keys of KMS.
    #[serde(default)]
    pub encryption_keys: KeyStore,
    /// Topics of SNS, by ARN.
    #[serde(default)]
    pub topics: BTreeMap<String, Topic>,
    /// Rules of EventBridge, by ARN.
    #[serde(default)]
    pub rules: BTreeMap<String, Rule>,
    /// Budgets, by name.
    #[serde(default)]
    pub budgets: BTreeMap<String, Budget>,
    /// What services have delivered into buckets.
    pub delivered: BTreeMap<String, BTreeSet<String>>,
    /// When Event History was last asked, by Region.
    #[serde(skip)]
    pub lookups: BTreeMap<String, VecDeque<Duration>>,
    /// What was due when an earlier run ended is due at once.
    #[serde(skip)]
    pub due_since: Option<u64>,
    /// A read has changed something that is kept.
    #[serde(skip)]
    pub changed: bool,
}

/// The root user.
#[derive(Serialize, Deserialize)]
pub(crate) struct Root {
    pub login: Key,
    /// As it was made, for who signs with it.
    pub first_key: Key,
    pub keys: Vec<RootKey>,
}

/// A key.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Key {
    pub id: String,
    pub secret: String,
    pub token: Option<String>,
    pub active: bool,
    pub made: u64,
}

/// What the services know of an access key.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Known {
    /// How often each service has refused it, because it did not know it yet.
    #[serde(default)]
    pub refused: BTreeMap<String, u8>,
    /// When, by which service and where it was last used.
    #[serde(default)]
    pub last_use: Option<(u64, String, String)>,
}

/// An access key of root.
#[derive(Serialize, Deserialize)]
pub(crate) struct RootKey {
    #[serde(flatten)]
    pub key: Key,
    #[serde(flatten)]
    pub known: Known,
}

/// An access key of a user.
#[derive(Serialize, Deserialize)]
pub(crate) struct UserKey {
    pub user: String,
    pub key: Key,
    #[serde(flatten)]
    pub known: Known,
}

/// The key of a session.
#[derive(Serialize, Deserialize)]
pub(crate) struct SessionKey {
    pub user: String,
    pub mfa: bool,
    pub ends: u64,
    pub key: Key,
    /// Made by signing in in the browser.
    #[serde(default)]
    pub login: bool,
}

/// The credential report that was made last.
#[derive(Serialize, Deserialize)]
pub(crate) struct CredentialReport {
    pub generated: u64,
    pub text: String,
    pub asked: u32,
}

impl Memory {
    /// An account that nothing was done in, but that a script has used one of root's keys.
    fn new(now: u64) -> Self {
        let first_key = Key::long_term(now.saturating_sub(FIRST_KEY_DAYS_AGO * DAY));
        let (history, last_use) = events::history_of_a_script(&first_key.id, now);
        let known = Known { last_use, ..Known::default() };
        Self {
            root: Root {
                login: Key::temporary(now),
                keys: vec![RootKey { key: first_key.clone(), known }],
                first_key,
            },
            keys: BTreeMap::new(),
            sessions: BTreeMap::new(),
            devices: BTreeMap::new(),
            password_policy: None,
            passwords: BTreeMap::new(),
            trails: BTreeMap::new(),
            reports: BTreeMap::new(),
            exports: BTreeMap::new(),
            unseen_policies: BTreeSet::new(),
            deleted_buckets: BTreeSet::new(),
            credential_report: None,
            console: BTreeSet::new(),
            console_seen: 0,
            root_mfa_since: None,
            opened: Some(now.saturating_sub(OPENED_DAYS_AGO * DAY)),
            events: history,
            contacts: BTreeMap::new(),
            analyzers: BTreeMap::new(),
            public_access: None,
            encryption_keys: KeyStore::default(),
            topics: BTreeMap::new(),
            rules: BTreeMap::new(),
            budgets: BTreeMap::new(),
            delivered: BTreeMap::new(),
            lookups: BTreeMap::new(),
            due_since: None,
            changed: false,
        }
    }

    /// An access key, whose owner is a user, or else root.
    pub fn access_key(&mut self, id: &str) -> Option<(Option<String>, &mut Key, &mut Known)> {
        if let Some(found) = self.root.keys.iter_mut().find(|found| found.key.id == id) {
            return Some((None, &mut found.key, &mut found.known));
        }
        let found = self.keys.get_mut(id)?;
        Some((Some(found.user.clone()), &mut found.key, &mut found.known))
    }

    /// The user whose access key this is; none where it is root's, or nobody's.
    pub fn owner_of(&self, id: &str) -> Option<&str> {
        self.keys.get(id).map(|key| key.user.as_str())
    }

    /// When the account was opened.
    pub fn opened(&self) -> u64 {
        self.opened.unwrap_or(self.root.first_key.made)
    }

    /// Gives a user's belongings to the name that the user has from now on.
    pub fn rename_user(&mut self, user: &str, name: &str) {
        for key in self.keys.values_mut().filter(|key| key.user == user) {
            key.user = name.to_owned();
        }
        for session in self.sessions.values_mut().filter(|session| session.user == user) {
            session.user = name.to_owned();
        }
        for (owner, _) in self.devices.values_mut().filter_map(|device| device.owner.as_mut()) {
            if owner.as_str() == user {
                *owner = name.to_owned();
            }
        }
        if let Some(password) = self.passwords.remove(user) {
            self.passwords.insert(name.to_owned(), password);
        }
    }

    /// Whether so many seconds have passed since, or the run in which it began has ended.
    pub fn is_due(&self, since: u64, seconds: u64, now: u64) -> bool {
        now >= since + seconds || self.due_since.is_some_and(|opened| since < opened)
    }
}

/// When something was delivered last that was delivered first at this time, and comes anew each day.
pub(crate) fn delivered_daily(first: u64, now: u64) -> u64 {
    const DAY: u64 = 86_400;
    first + now.saturating_sub(first) / DAY * DAY
}

/// Makes the folder.
pub(crate) fn prepare(folder: &Path) -> Result<(), RehearsalError> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| RehearsalError::file(folder, error))
}

/// Takes away what was kept.
pub(crate) fn forget(folder: &Path) -> Result<(), RehearsalError> {
    remove(&folder.join(FILE))?;
    super::console::forget(folder)
}

/// Removes a file that may not be there.
pub(crate) fn remove(path: &Path) -> Result<(), RehearsalError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(RehearsalError::file(path, error)),
        _ => Ok(()),
    }
}

/// Reads what was kept; none where nothing was.
pub(crate) fn read(folder: &Path) -> Result<Option<Kept>, RehearsalError> {
    let path = folder.join(FILE);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(RehearsalError::file(&path, error)),
    };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| RehearsalError::Unreadable {
        path: path.display().to_string(),
        why: error.to_string(),
    })
}

impl Kept {
    /// Who is in the account, for who only looks.
    pub fn people(self) -> (IamStateView, Memory) {
        (self.iam, self.memory)
    }
}

/// Builds the account from what was kept, or a new one.
pub(crate) fn restore(kept: Option<Kept>, clock: &Clock) -> Result<(Services, Memory), RehearsalError> {
    let now = clock().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let services = Services {
        iam: winterbaume_iam::IamService::new(),
        s3: winterbaume_s3::S3Service::new(),
        reports: winterbaume_costandusagereport::CostAndUsageReportService::new(),
    };
    let (memory, iam, rest) = match kept {
        None => (Memory::new(now), IamStateView { policies: managed_policies(), ..Default::default() }, None),
        Some(Kept { memory, iam, s3, reports }) => {
            (Memory { due_since: Some(now), ..memory }, iam, Some((s3, reports)))
        }
    };
    // Restoring touches nothing outside memory, so it never waits, once tokio may not say that it is another task's turn.
    let restored = tokio::task::coop::unconstrained(async {
        services.iam.restore(ACCOUNT_ID, REGION, iam).await.map_err(unreadable)?;
        if let Some((s3, reports)) = rest {
            services.s3.restore(ACCOUNT_ID, REGION, s3).await.map_err(unreadable)?;
            services.reports.restore(ACCOUNT_ID, REGION, reports).await.map_err(unreadable)?;
        }
        Ok::<(), RehearsalError>(())
    });
    let waits = || RehearsalError::Unreadable { path: FILE.to_owned(), why: "restoring it waits".to_owned() };
    restored.now_or_never().ok_or_else(waits)??;
    Ok((services, memory))
}

fn unreadable(error: winterbaume_core::StateViewError) -> RehearsalError {
    RehearsalError::Unreadable { path: FILE.to_owned(), why: error.to_string() }
}

/// Keeps the account, in one step.
pub(crate) async fn write(folder: &Path, services: &Services, memory: &Memory) -> Result<(), RehearsalError> {
    let mut s3 = services.s3.snapshot(ACCOUNT_ID, REGION).await;
    for bucket in s3.buckets.values_mut() {
        // Bodies of objects are not kept; what services deliver is delivered again.
        bucket.objects.clear();
        bucket.object_history.clear();
        bucket.delete_markers.clear();
    }
    let iam = services.iam.snapshot(ACCOUNT_ID, REGION).await;
    let reports = services.reports.snapshot(ACCOUNT_ID, REGION).await;
    let views = serde_json::json!({"memory": memory, "iam": iam, "s3": s3, "reports": reports});
    replace(&folder.join(FILE), views.to_string().as_bytes())
}

/// Puts a file in the place of another in one step; only its owner can read it.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<(), RehearsalError> {
    use std::io::Write;
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(content)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| RehearsalError::file(path, error))
}
