//! What the practice account remembers between calls and between runs.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use winterbaume_core::StatefulService;
use winterbaume_iam::IamStateView;

use super::authorisation::managed_policies;
use super::callers::Caller;
use super::devices::Device;
use super::exports::Export;
use super::passwords::PasswordPolicy;
use super::trails::Trail;
use super::wire::Call;
use super::{ACCOUNT_ID, Clock, ConsoleAction, RehearsalError, Services};

const FILE: &str = "account.json";
const REGION: &str = "us-east-1";

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
    pub trails: BTreeMap<String, Trail>,
    /// When each report was defined, by name.
    pub reports: BTreeMap<String, u64>,
    /// Exports of Data Exports, by ARN.
    #[serde(default)]
    pub exports: BTreeMap<String, Export>,
    /// Buckets whose policy CloudTrail has not seen yet.
    pub unseen_policies: BTreeSet<String>,
    pub credential_report: Option<CredentialReport>,
    pub console: BTreeSet<ConsoleAction>,
    pub events: Vec<Event>,
    /// What services have delivered into buckets.
    pub delivered: BTreeMap<String, BTreeSet<String>>,
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
    pub keys: Vec<Key>,
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

/// An access key of a user.
#[derive(Serialize, Deserialize)]
pub(crate) struct UserKey {
    pub user: String,
    pub key: Key,
    /// How often each service has refused it, because it did not know it yet.
    pub refused: BTreeMap<String, u8>,
    /// When, by which service and where it was last used.
    pub last_use: Option<(u64, String, String)>,
}

/// The key of a session.
#[derive(Serialize, Deserialize)]
pub(crate) struct SessionKey {
    pub user: String,
    pub mfa: bool,
    pub ends: u64,
    pub key: Key,
}

/// The credential report that was made last.
#[derive(Serialize, Deserialize)]
pub(crate) struct CredentialReport {
    pub generated: u64,
    pub text: String,
    pub asked: u32,
}

/// A call that changed something, for Event History.
#[derive(Serialize, Deserialize)]
pub(crate) struct Event {
    pub id: String,
    pub time: u64,
    pub name: String,
    pub source: String,
    pub user: String,
    pub key: String,
    pub region: String,
}

impl Memory {
    fn new(now: u64) -> Self {
        let first_key = Key::long_term(now);
        Self {
            root: Root { login: Key::temporary(now), keys: vec![first_key.clone()], first_key },
            keys: BTreeMap::new(),
            sessions: BTreeMap::new(),
            devices: BTreeMap::new(),
            password_policy: None,
            trails: BTreeMap::new(),
            reports: BTreeMap::new(),
            exports: BTreeMap::new(),
            unseen_policies: BTreeSet::new(),
            credential_report: None,
            console: BTreeSet::new(),
            events: Vec::new(),
            delivered: BTreeMap::new(),
            due_since: None,
            changed: false,
        }
    }

    /// What a person has done in the console since.
    pub fn see_console(&mut self, folder: Option<&Path>) {
        if let Some(folder) = folder {
            let seen = super::console::read(folder);
            self.changed |= !seen.is_subset(&self.console);
            self.console.extend(seen);
        }
    }

    /// Writes a call into Event History.
    pub fn record(&mut self, call: &Call, caller: &Caller, now: u64) {
        self.events.push(Event {
            id: super::tokens::request_id(),
            time: now,
            name: call.operation.clone(),
            source: format!("{}.amazonaws.com", call.service.prefix()),
            user: caller.name().to_owned(),
            key: call.key.clone(),
            region: call.region.clone(),
        });
    }

    /// Whether so many seconds have passed since, or the run in which it began has ended.
    pub fn is_due(&self, since: u64, seconds: u64, now: u64) -> bool {
        now >= since + seconds || self.due_since.is_some_and(|opened| since < opened)
    }
}

/// Makes the folder, and takes away what was kept for a fresh start.
pub(crate) fn prepare(folder: &Path, fresh: bool) -> Result<(), RehearsalError> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| RehearsalError::file(folder, error))?;
    if fresh {
        remove(&folder.join(FILE))?;
        super::console::forget(folder)?;
    }
    Ok(())
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
    // Restoring touches nothing outside memory, so it never waits.
    futures_executor(async {
        services.iam.restore(ACCOUNT_ID, REGION, iam).await.map_err(unreadable)?;
        if let Some((s3, reports)) = rest {
            services.s3.restore(ACCOUNT_ID, REGION, s3).await.map_err(unreadable)?;
            services.reports.restore(ACCOUNT_ID, REGION, reports).await.map_err(unreadable)?;
        }
        Ok(())
    })?;
    Ok((services, memory))
}

/// Runs a future that never waits for anything outside.
fn futures_executor<T>(work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(done) = work.as_mut().poll(&mut context) {
            return done;
        }
        std::thread::yield_now();
    }
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
