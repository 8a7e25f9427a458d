//! The practice account: an AWS account inside the program, to rehearse in and to test against.
//!
//! Users, groups, policies, buckets and report definitions are kept by the `winterbaume` crates. Over them lies what
//! they lack and the wizard depends on: a root user, signatures that are checked, real one-time codes, sessions that
//! carry MFA, new keys that need a moment, policies that are enforced, an Event History of all calls, and services that
//! look at a bucket's policy before they use it. Where it differs from AWS it is the stricter of the two.

mod access_keys;
mod access_lists;
mod account;
mod analyzers;
mod authorisation;
mod authorization_details;
mod budgets;
mod callers;
mod connector;
mod console;
mod credential_report;
mod crowd;
mod devices;
mod encryption_keys;
mod events;
mod exports;
mod iam;
mod kept;
mod names;
mod passwords;
mod public_access;
mod reports;
mod rules;
mod serve;
mod service;
mod sign_in;
mod signature;
mod snapshot;
mod standing;
mod storage;
mod tokens;
mod topics;
mod totp;
mod traffic;
mod trails;
mod users;
mod verdict;
mod wire;
mod xml;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use steps::policy::Document;
use steps::text;
use steps::text::Text;
use winterbaume_core::{MockRequest, MockResponse, StatefulService};
use winterbaume_iam::IamStateView;

pub use console::{ConsoleAction, console};
pub use devices::hardware_seed;
pub use serve::serve;
pub use sign_in::{SignIn, SignInRefusal, SignedIn, sign_in};
pub use standing::{Administrator, Standing, WayIn};
pub use traffic::{Fault, FaultTime, Passed};
pub use trails::OrganizationTrail;
pub use verdict::Finding;

use authorisation::Rules;
use callers::{Caller, Stopped};
use kept::Memory;
use service::Service;
use traffic::Traffic;
use wire::Call;

/// The number of the practice account.
pub const ACCOUNT_ID: &str = "111122223333";

/// Tells the time of the practice account.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// Is told who could get in, after each call that changes something or tries to.
pub type Witness = Arc<dyn Fn(&Standing) + Send + Sync>;

/// An AWS account inside the program. Copies are the same account.
#[derive(Clone)]
pub struct PracticeAccount(Arc<Inner>);

struct Inner {
    folder: Option<PathBuf>,
    /// Whether what is done is kept in the folder.
    keeps: bool,
    clock: Clock,
    services: Services,
    memory: tokio::sync::Mutex<Memory>,
    /// IAM as it was last seen, as long as nothing has changed: with thousands of users, looking takes a while.
    iam_seen: Mutex<Option<Arc<IamStateView>>>,
    traffic: Traffic,
    /// What is denied to everybody.
    denied: Mutex<Option<Document>>,
    witness: Mutex<Option<Witness>>,
    login: Credentials,
    access_key: Credentials,
}

/// What keeps users, buckets and report definitions.
pub(crate) struct Services {
    pub iam: winterbaume_iam::IamService,
    pub s3: winterbaume_s3::S3Service,
    pub reports: winterbaume_costandusagereport::CostAndUsageReportService,
}

/// The one-time code that a device with this seed shows at a time, in seconds since 1970. None for a seed that is not
/// base32.
pub fn one_time_code(seed: &str, seconds: u64) -> Option<String> {
    totp::code(seed, totp::window(seconds))
}

/// Takes away the account that is kept in a folder.
pub fn forget(folder: &Path) -> Result<(), RehearsalError> {
    kept::forget(folder)
}

/// Why the practice account could not be used.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// What was kept cannot be understood.
    #[error("{path} cannot be understood: {why}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        why: String,
    },
    /// The account could not be served.
    #[error("the practice account could not be served: {0}")]
    Serving(std::io::Error),
    /// Somebody could not sign in.
    #[error(transparent)]
    SignIn(#[from] SignInRefusal),
}

impl PracticeAccount {
    /// Opens the account that is kept in a folder, or makes a new one there.
    pub fn open(folder: &Path) -> Result<Self, RehearsalError> {
        kept::prepare(folder)?;
        let kept = kept::read(folder)?;
        Self::build(Some(folder.to_owned()), true, Arc::new(SystemTime::now), kept)
    }

    /// Opens the account that is kept in a folder for a look: whatever is done to it is not kept.
    pub fn open_for_a_look(folder: &Path) -> Result<Self, RehearsalError> {
        let kept = kept::read(folder)?;
        Self::build(Some(folder.to_owned()), false, Arc::new(SystemTime::now), kept)
    }

    /// A new account that nothing is kept of.
    pub fn in_memory(clock: Clock) -> Result<Self, RehearsalError> {
        Self::build(None, false, clock, None)
    }

    fn build(
        folder: Option<PathBuf>,
        keeps: bool,
        clock: Clock,
        kept: Option<kept::Kept>,
    ) -> Result<Self, RehearsalError> {
        winterbaume_core::set_default_account_id(ACCOUNT_ID);
        let (services, memory) = kept::restore(kept, &clock)?;
        let login = memory.root.login.credentials();
        let access_key = memory.root.first_key.credentials();
        Ok(Self(Arc::new(Inner {
            folder,
            keeps,
            clock,
            services,
            memory: tokio::sync::Mutex::new(memory),
            iam_seen: Mutex::new(None),
            traffic: Traffic::default(),
            denied: Mutex::new(None),
            witness: Mutex::new(None),
            login,
            access_key,
        })))
    }

    /// The account as the SDK's HTTP client.
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.clone())
    }

    /// Root's temporary credentials, as `aws login` gives them.
    pub fn root_login(&self) -> Credentials {
        self.0.login.clone()
    }

    /// The access key that root has from the beginning, for as long as nobody deletes it.
    pub fn root_access_key(&self) -> Credentials {
        self.0.access_key.clone()
    }

    /// Has a connection break, or none.
    pub fn set_fault(&self, fault: Option<Fault>) {
        self.0.traffic.set_fault(fault);
    }

    /// Has each call take so long.
    pub fn round_trip(&self, time: Duration) {
        self.0.traffic.set_round_trip(time);
    }

    /// What has passed between the clients and the account so far.
    pub fn passed(&self) -> Passed {
        self.0.traffic.passed()
    }

    /// Counts what passes from now on.
    pub fn forget_passed(&self) {
        self.0.traffic.forget_passed();
    }

    /// Denies permissions, such as `iam:CreateUser` or `s3:Get*`, to everybody, root included; none: denies nothing
    /// any more.
    pub fn deny(&self, actions: &[&str]) {
        let statement = serde_json::json!({"Effect": "Deny", "Action": actions, "Resource": "*"});
        let document = serde_json::json!({"Version": "2012-10-17", "Statement": [statement]});
        // Without an action it is no document, and nothing is denied.
        *lock(&self.0.denied) = Document::parse(&document.to_string()).ok();
    }

    /// Has somebody told, after each call that changes something or tries to, who could get in.
    pub fn set_witness(&self, witness: Option<Witness>) {
        *lock(&self.0.witness) = witness;
    }

    /// The calls that changed something or tried to, such as `iam:CreateGroup`.
    pub fn mutating_calls(&self) -> Vec<String> {
        self.0.traffic.mutating_calls()
    }

    /// What the account holds, without ids, times and secrets: two accounts that were set up the same way are equal.
    pub async fn snapshot(&self) -> serde_json::Value {
        let memory = self.0.memory.lock().await;
        snapshot::snapshot(&self.0.services, &memory).await
    }

    /// The account's own judgement of how it stands.
    pub async fn verdict(&self) -> Vec<Finding> {
        let memory = self.0.memory.lock().await;
        verdict::verdict(&self.0.services, &memory, self.now()).await
    }

    /// Who could get in now, by the account's own judgement.
    pub async fn who_can_get_in(&self) -> Standing {
        let memory = self.0.memory.lock().await;
        self.standing(&memory).await
    }

    /// Does what a person does in the console.
    pub async fn console(&self, action: ConsoleAction) {
        let done = console::Done::Action { at: self.now(), action };
        self.0.memory.lock().await.take_in(done);
    }

    /// Signs in in the browser.
    pub async fn sign_in(&self, who: &SignIn) -> Result<SignedIn, SignInRefusal> {
        let mut memory = self.0.memory.lock().await;
        let iam = self.iam().await;
        let (signed_in, done) = sign_in::enter(who, &iam, &mut memory, self.now())?;
        memory.take_in(done);
        Ok(signed_in)
    }

    /// Puts so many made-up calls of three users into the Event History of a Region, evenly over the time that it
    /// reaches back.
    pub async fn seed_events(&self, region: &str, count: usize) {
        let made_up = events::made_up(region, count, self.now());
        self.0.memory.lock().await.remember_earlier(made_up);
    }

    /// Puts so many made-up users into the account; those of an earlier time are among them.
    pub async fn seed_users(&self, count: usize) {
        let mut memory = self.0.memory.lock().await;
        // What is added is like what is there, so it is never refused.
        let _ = self.0.services.iam.merge(ACCOUNT_ID, "us-east-1", crowd::users(count, self.now())).await;
        crowd::equip(&mut memory, count, self.now());
        self.forget_iam();
    }

    /// Puts the account into an organization, as far as a trail of the organization goes.
    pub async fn seed_organization_trail(&self, name: &str, is: OrganizationTrail) {
        let now = self.now();
        self.0.memory.lock().await.seed_organization_trail(name, is, now);
    }

    /// Whether a seed, a secret key or a session token of the account stands in this text.
    pub fn is_secret_in(text: &str) -> bool {
        [tokens::SECRET_MARK, tokens::TOKEN_MARK, tokens::SEED_MARK].iter().any(|mark| text.contains(mark))
    }

    /// Answers a request that comes from outside, and that takes its time. `None`: the connection breaks.
    async fn travel(&self, request: MockRequest) -> Option<MockResponse> {
        let (before, time) = self.0.traffic.depart();
        if !time.is_zero() {
            tokio::time::sleep(time).await;
        }
        let answer = self.answer(request).await;
        self.0.traffic.arrive(before);
        answer
    }

    /// Answers one request. `None`: the connection breaks.
    async fn answer(&self, request: MockRequest) -> Option<MockResponse> {
        let call = match Call::read(request) {
            Ok(call) => call,
            Err(refusal) => return Some(self.finished(*refusal, &tokens::request_id())),
        };
        let of_one_region = [Service::Reports, Service::Exports, Service::Budgets];
        if of_one_region.contains(&call.service) && call.region != "us-east-1" {
            return None;
        }
        let mut memory = self.0.memory.lock().await;
        if let Some(folder) = &self.0.folder {
            memory.see_console(folder);
        }
        let fault = self.0.traffic.count(&call);
        if fault == Some(FaultTime::Before) {
            return None;
        }
        let response = self.decide(&call, &mut memory).await;
        if !call.is_read() {
            self.forget_iam();
        }
        if !call.is_read() || memory.changed {
            memory.changed = false;
            if let Err(error) = self.keep(&memory).await {
                let refusal = call.refuse(500, "InternalError", &error.to_string());
                return Some(self.finished(refusal, &call.id));
            }
        }
        if !call.is_read() {
            self.tell_witness(&memory).await;
        }
        if fault == Some(FaultTime::After) { None } else { Some(self.finished(response, &call.id)) }
    }

    /// Who calls, whether they may, and what comes of it.
    async fn decide(&self, call: &Call, memory: &mut Memory) -> MockResponse {
        let now = self.now();
        let iam = self.iam().await;
        let (answer, caller) = match callers::identify(call, &iam, memory, now) {
            Ok(caller) => (self.serve(call, &caller, &iam, memory).await, Some(caller)),
            Err(stopped) => {
                let Stopped { answer, owner } = *stopped;
                (answer, owner)
            }
        };
        if let Some(caller) = caller {
            memory.record(call, &caller, &answer, now);
        }
        answer
    }

    async fn serve(
        &self,
        call: &Call,
        caller: &Caller,
        iam: &IamStateView,
        memory: &mut Memory,
    ) -> MockResponse {
        let (now, services) = (self.now(), &self.0.services);
        let denied = lock(&self.0.denied).clone();
        let rules = Rules { iam, memory, denied: denied.as_ref() };
        if let Err(refusal) = authorisation::authorise(call, caller, services, rules).await {
            return refusal;
        }
        memory.deliver(now, services).await;
        match call.service {
            Service::Iam => iam::answer(call, caller, iam, services, memory, now).await,
            Service::Sts => tokens::answer(call, caller, memory, now),
            Service::S3 => storage::answer(call, services, memory).await,
            Service::S3Control => public_access::answer(call, memory),
            Service::CloudTrail if call.operation == "LookupEvents" => {
                events::lookup(call, memory, self.time())
            }
            Service::CloudTrail => trails::answer(call, services, memory, now).await,
            Service::Reports => reports::answer(call, services, memory, now).await,
            Service::Exports => exports::answer(call, services, memory, now).await,
            Service::Account | Service::FreeTier | Service::Organizations => account::answer(call, memory),
            Service::AccessAnalyzer => analyzers::answer(call, memory, now),
            Service::Kms => encryption_keys::answer(call, memory, now),
            Service::Sns => topics::answer(call, memory),
            Service::EventBridge => rules::answer(call, memory),
            Service::Budgets => budgets::answer(call, memory),
        }
    }

    /// IAM as it stands. Who asks holds the memory, so that nothing changes meanwhile.
    async fn iam(&self) -> Arc<IamStateView> {
        let seen = lock(&self.0.iam_seen).clone();
        if let Some(seen) = seen {
            return seen;
        }
        let iam = Arc::new(self.0.services.iam.snapshot(ACCOUNT_ID, "us-east-1").await);
        *lock(&self.0.iam_seen) = Some(iam.clone());
        iam
    }

    fn forget_iam(&self) {
        *lock(&self.0.iam_seen) = None;
    }

    async fn standing(&self, memory: &Memory) -> Standing {
        let iam = self.iam().await;
        let denied = lock(&self.0.denied).clone();
        standing::judge(Rules { iam: &iam, memory, denied: denied.as_ref() })
    }

    async fn tell_witness(&self, memory: &Memory) {
        let witness = lock(&self.0.witness).clone();
        if let Some(witness) = witness {
            witness(&self.standing(memory).await);
        }
    }

    async fn keep(&self, memory: &Memory) -> Result<(), RehearsalError> {
        match &self.0.folder {
            Some(folder) if self.0.keeps => kept::write(folder, &self.0.services, memory).await,
            _ => Ok(()),
        }
    }

    /// Every answer has a request id and a date, as AWS's have.
    fn finished(&self, mut response: MockResponse, id: &str) -> MockResponse {
        for name in ["x-amzn-requestid", "x-amz-request-id"] {
            if let Ok(value) = id.parse() {
                response.headers.insert(name, value);
            }
        }
        if let Ok(value) = wire::http_date(self.now()).parse() {
            response.headers.insert("date", value);
        }
        response
    }

    /// The account's clock, from 1970.
    fn time(&self) -> Duration {
        (self.0.clock)().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO)
    }

    fn now(&self) -> u64 {
        self.time().as_secs()
    }
}

impl std::fmt::Debug for PracticeAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PracticeAccount").field("folder", &self.0.folder).finish_non_exhaustive()
    }
}

impl RehearsalError {
    fn file(path: &Path, source: std::io::Error) -> Self {
        Self::File { path: path.display().to_string(), source }
    }

    /// What happened, and what to do.
    pub fn text(&self) -> Text {
        match self {
            Self::File { path, source } => text! {
                en: "The practice account could not be kept: {path}: {source}.",
                ko: "연습용 계정을 보관하지 못했습니다: {path}: {source}."
            },
            Self::Unreadable { path, why } => text! {
                en: "The practice account in {path} cannot be understood ({why}). Start over with: dayone rehearse --fresh",
                ko: "{path}의 연습용 계정을 해석할 수 없습니다({why}). 다음 명령으로 새로 시작하세요: dayone rehearse --fresh"
            },
            Self::Serving(source) => text! {
                en: "The practice account could not be served: {source}.",
                ko: "연습용 계정을 제공하지 못했습니다: {source}."
            },
            Self::SignIn(refusal) => refusal.text(),
        }
    }
}

/// A panic in one request must not take the account away from the others.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
