//! The practice account: an AWS account inside the program, to rehearse in and to test against.
//!
//! Users, groups, policies, buckets and report definitions are kept by the `winterbaume` crates. Over them lies what
//! they lack and the wizard depends on: a root user, real one-time codes, sessions that carry MFA, new keys that need a
//! moment, policies that are enforced, and services that look at a bucket's policy before they use it. Where it differs
//! from AWS it is the stricter of the two.

mod access_keys;
mod authorisation;
mod callers;
mod console;
mod credential_report;
mod devices;
mod exports;
mod iam;
mod kept;
mod passwords;
mod reports;
mod serve;
mod storage;
mod tokens;
mod totp;
mod trails;
mod verdict;
mod wire;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use bytes::Bytes;
use steps::text;
use steps::text::Text;
use winterbaume_core::{MockRequest, MockResponse};

pub use console::{ConsoleAction, console};
pub use devices::hardware_seed;
pub use serve::serve;
pub use verdict::Finding;

use kept::Memory;
use wire::{Call, Service};

/// The number of the practice account.
pub const ACCOUNT_ID: &str = "111122223333";

/// Tells the time of the practice account.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// An AWS account inside the program. Copies are the same account.
#[derive(Clone)]
pub struct PracticeAccount(Arc<Inner>);

struct Inner {
    folder: Option<PathBuf>,
    clock: Clock,
    services: Services,
    memory: tokio::sync::Mutex<Memory>,
    fault: Mutex<Option<Fault>>,
    calls: Mutex<Vec<String>>,
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

/// A connection that breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// At which call that changes something, counted from 0.
    pub at_mutating_call: usize,
    /// Whether AWS has heard of the call by then.
    pub when: FaultTime,
    /// Whether it stays broken, as after a kill, or one call is hit.
    pub lasting: bool,
}

/// When a connection breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultTime {
    /// Before the call had its effect.
    Before,
    /// After it: only the answer is lost.
    After,
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
}

impl PracticeAccount {
    /// Opens the account that is kept in a folder, or makes a new one there.
    pub fn open(folder: &Path, fresh: bool) -> Result<Self, RehearsalError> {
        kept::prepare(folder, fresh)?;
        let kept = kept::read(folder)?;
        Self::build(Some(folder.to_owned()), Arc::new(SystemTime::now), kept)
    }

    /// A new account that nothing is kept of.
    pub fn in_memory(clock: Clock) -> Result<Self, RehearsalError> {
        Self::build(None, clock, None)
    }

    fn build(
        folder: Option<PathBuf>,
        clock: Clock,
        kept: Option<kept::Kept>,
    ) -> Result<Self, RehearsalError> {
        winterbaume_core::set_default_account_id(ACCOUNT_ID);
        let (services, memory) = kept::restore(kept, &clock)?;
        let login = memory.root.login.credentials();
        let access_key = memory.root.first_key.credentials();
        Ok(Self(Arc::new(Inner {
            folder,
            clock,
            services,
            memory: tokio::sync::Mutex::new(memory),
            fault: Mutex::new(None),
            calls: Mutex::new(Vec::new()),
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
        *lock(&self.0.fault) = fault;
    }

    /// The calls that changed something or tried to, such as `iam:CreateGroup`.
    pub fn mutating_calls(&self) -> Vec<String> {
        lock(&self.0.calls).clone()
    }

    /// What the account holds, without ids, times and secrets: two accounts that were set up the same way are equal.
    pub async fn snapshot(&self) -> serde_json::Value {
        let memory = self.0.memory.lock().await;
        verdict::snapshot(&self.0.services, &memory).await
    }

    /// The account's own judgement of how it stands.
    pub async fn verdict(&self) -> Vec<Finding> {
        let memory = self.0.memory.lock().await;
        verdict::verdict(&self.0.services, &memory).await
    }

    /// Does what a person does in the console.
    pub async fn console(&self, action: ConsoleAction) {
        self.0.memory.lock().await.console.insert(action);
    }

    /// Whether a seed, a secret key or a session token of the account stands in this text.
    pub fn is_secret_in(text: &str) -> bool {
        [tokens::SECRET_MARK, tokens::TOKEN_MARK, tokens::SEED_MARK].iter().any(|mark| text.contains(mark))
    }

    /// Answers one request. `None`: the connection breaks.
    async fn answer(&self, request: MockRequest) -> Option<MockResponse> {
        let call = match Call::read(request) {
            Ok(call) => call,
            Err(refusal) => return Some(self.finished(*refusal)),
        };
        if [Service::Reports, Service::Exports].contains(&call.service) && call.region != "us-east-1" {
            return None;
        }
        let mut memory = self.0.memory.lock().await;
        memory.see_console(self.0.folder.as_deref());
        let fault = self.count(&call);
        if fault == Some(FaultTime::Before) {
            return None;
        }
        let response = self.decide(&call, &mut memory).await;
        if !call.is_read() || memory.changed {
            memory.changed = false;
            if let Err(error) = self.keep(&memory).await {
                return Some(self.finished(call.refuse(500, "InternalError", &error.to_string())));
            }
        }
        if fault == Some(FaultTime::After) { None } else { Some(self.finished(response)) }
    }

    /// Who calls, whether they may, and what comes of it.
    async fn decide(&self, call: &Call, memory: &mut Memory) -> MockResponse {
        let now = self.now();
        let caller = match callers::identify(call, memory, now) {
            Ok(caller) => caller,
            Err(refusal) => return refusal,
        };
        let services = &self.0.services;
        if let Err(refusal) = authorisation::authorise(call, &caller, services, memory).await {
            return refusal;
        }
        memory.deliver(now, services).await;
        let response = match call.service {
            Service::Iam => iam::answer(call, &caller, services, memory, now).await,
            Service::Sts => tokens::answer(call, &caller, memory, now),
            Service::S3 => storage::answer(call, services, memory).await,
            Service::CloudTrail => trails::answer(call, services, memory, now).await,
            Service::Reports => reports::answer(call, services, memory, now).await,
            Service::Exports => exports::answer(call, services, memory, now).await,
        };
        if !call.is_read() && response.status < 300 {
            memory.record(call, &caller, now);
        }
        response
    }

    fn count(&self, call: &Call) -> Option<FaultTime> {
        let mut calls = lock(&self.0.calls);
        let fault = *lock(&self.0.fault);
        let broken = fault.is_some_and(|fault| fault.lasting && calls.len() > fault.at_mutating_call);
        if call.is_read() || broken {
            return broken.then_some(FaultTime::Before);
        }
        calls.push(call.name());
        fault.filter(|fault| fault.at_mutating_call == calls.len() - 1).map(|fault| fault.when)
    }

    async fn keep(&self, memory: &Memory) -> Result<(), RehearsalError> {
        match &self.0.folder {
            Some(folder) => kept::write(folder, &self.0.services, memory).await,
            None => Ok(()),
        }
    }

    /// Every answer has a request id and a date, as AWS's have.
    fn finished(&self, mut response: MockResponse) -> MockResponse {
        let id = tokens::request_id();
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

    fn now(&self) -> u64 {
        (self.0.clock)().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
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
        }
    }
}

impl HttpClient for PracticeAccount {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for PracticeAccount {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let account = self.clone();
        HttpConnectorFuture::new(async move {
            match account.answer(from_sdk(&request)).await {
                Some(response) => to_sdk(response),
                None => Err(ConnectorError::io("the connection broke".into())),
            }
        })
    }
}

fn from_sdk(request: &HttpRequest) -> MockRequest {
    let mut headers = http::HeaderMap::new();
    for (name, value) in request.headers() {
        if let (Ok(name), Ok(value)) =
            (http::HeaderName::from_bytes(name.as_bytes()), http::HeaderValue::from_str(value))
        {
            headers.insert(name, value);
        }
    }
    MockRequest {
        method: request.method().to_owned(),
        uri: request.uri().to_owned(),
        headers,
        body: request.body().bytes().map(Bytes::copy_from_slice).unwrap_or_default(),
    }
}

fn to_sdk(response: MockResponse) -> Result<HttpResponse, ConnectorError> {
    let status = response.status.try_into().map_err(|_| ConnectorError::other("odd status".into(), None))?;
    let mut sdk = HttpResponse::new(status, response.body.into());
    for (name, value) in &response.headers {
        if let Ok(value) = value.to_str() {
            sdk.headers_mut().insert(name.as_str().to_owned(), value.to_owned());
        }
    }
    Ok(sdk)
}

/// A panic in one request must not take the account away from the others.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
