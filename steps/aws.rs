//! How AWS is reached: one [`Connection`] for the run, one [`Identity`] for each set of credentials.
//!
//! Timeouts are ours, because the SDK has none for a whole operation. A run that only reads has a guard in every
//! client which refuses, before a request exists, each operation that is not on the list of reads.

use std::error::Error;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextRef,
    BeforeTransmitInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::ErrorKind;
use aws_types::request_id::RequestId;

use crate::error::{AwsCause, AwsError};
use crate::text;
use crate::text::Text;

/// How AWS is reached, the same for every identity of a run.
#[derive(Debug, Clone)]
pub struct Connection {
    base: SdkConfig,
    files: AwsFiles,
    watch: Watch,
    path_style: bool,
}

/// Where the AWS profiles are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsFiles {
    /// Usually `~/.aws/credentials`.
    pub credentials: PathBuf,
    /// Usually `~/.aws/config`.
    pub config: PathBuf,
}

/// Whether a run may write to AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Every operation that is not a known read is refused before a request exists.
    ReadOnly,
    /// Changes may be made.
    ReadWrite,
}

/// One set of credentials, and who AWS says they are.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Who AWS says this is.
    pub caller: Caller,
    config: SdkConfig,
    watch: Watch,
    path_style: bool,
    new_key: NewKey,
}

/// Who is signed in, by `GetCallerIdentity`, which needs no permission and cannot be denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The ARN.
    pub arn: String,
    /// The account number.
    pub account: String,
    /// The partition, such as `aws`.
    pub partition: String,
    /// What kind of principal it is.
    pub kind: CallerKind,
    /// The id of the access key that signs.
    pub access_key: String,
    /// Whether the credentials are temporary.
    pub temporary: bool,
    /// Whether the credentials carry MFA; none where AWS does not tell.
    pub mfa: Option<bool>,
}

/// The kinds of principal that need different walks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallerKind {
    /// The root user.
    Root,
    /// An IAM user, by name without path.
    User(String),
    /// An assumed role, by name.
    Role(String),
    /// A federated user.
    Federated,
}

/// A read that was denied. Part of the facts, so that a plan can say so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// The permission that is missing.
    pub operation: &'static str,
    /// AWS's error code.
    pub code: String,
}

/// What a read gave, or why it gave nothing.
pub type Reading<T> = Result<T, Unseen>;

impl Connection {
    /// Reaches AWS the way the AWS CLI would, from the environment and the profile files.
    pub async fn from_environment(profile: Option<&str>, region: Option<&str>, access: Access) -> Self {
        let files = AwsFiles::from_environment();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .retry_config(retries())
            .timeout_config(timeouts())
            .credentials_provider(credentials_chain(profile).await)
            .region(Region::new(find_region(profile, region).await));
        if let Ok(name) = AppName::new("dayone") {
            loader = loader.app_name(name);
        }
        if let Some(profile) = profile {
            loader = loader.profile_name(profile);
        }
        let base = loader.load().await;
        let s3_endpoint = std::env::var_os("AWS_ENDPOINT_URL_S3").is_some();
        let path_style = base.endpoint_url().is_some() || s3_endpoint;
        Self { base, files, watch: Watch::new(access), path_style }
    }

    /// Reaches an account through this HTTP client, with nothing taken from the environment.
    pub fn through(client: SharedHttpClient, login: Credentials, files: AwsFiles, access: Access) -> Self {
        let base = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .retry_config(retries())
            .timeout_config(timeouts())
            .sleep_impl(aws_smithy_async_sleep())
            .http_client(client)
            .credentials_provider(SharedCredentialsProvider::new(login))
            .build();
        Self { base, files, watch: Watch::new(access), path_style: true }
    }

    /// The run's Region.
    pub fn region(&self) -> String {
        self.base.region().map_or_else(|| "us-east-1".to_owned(), ToString::to_string)
    }

    /// The endpoint that replaces AWS's own, if one is set. Without it being shown, a forgotten variable would send
    /// everything to an emulator in silence.
    pub fn endpoint(&self) -> Option<&str> {
        self.base.endpoint_url()
    }

    /// How many calls have been sent to AWS, each attempt counted.
    pub fn calls(&self) -> u32 {
        self.watch.calls.load(Ordering::Relaxed)
    }

    /// The request id of AWS's last answer.
    pub fn last_request_id(&self) -> Option<String> {
        self.watch.last_request.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where the AWS profiles are kept.
    pub fn files(&self) -> &AwsFiles {
        &self.files
    }

    /// Who the run was started as.
    pub async fn started_as(&self) -> Result<Identity, AwsError> {
        let Some(provider) = self.base.credentials_provider() else { return Err(not_signed_in()) };
        self.identity(provider, None, NewKey(false)).await
    }

    /// Who these credentials are.
    pub async fn with_credentials(
        &self,
        credentials: Credentials,
        mfa: Option<bool>,
    ) -> Result<Identity, AwsError> {
        self.identity(SharedCredentialsProvider::new(credentials), mfa, NewKey(false)).await
    }

    /// Who the owner of a new access key is. Services learn of a new key one after the other, within seconds, and
    /// refuse it until then: this identity waits and tries again.
    pub async fn with_new_key(&self, credentials: Credentials) -> Result<Identity, AwsError> {
        let mut patient = self.clone();
        let retries = retries().with_max_attempts(NewKey::ATTEMPTS);
        patient.base = self.base.to_builder().retry_config(retries).build();
        patient.identity(SharedCredentialsProvider::new(credentials), None, NewKey(true)).await
    }

    /// Who an AWS profile is. `Ok(None)` when there is no such profile, or nobody is signed in under it.
    pub async fn with_profile(&self, profile: &str) -> Result<Option<Identity>, AwsError> {
        if !self.files.mention(profile) {
            return Ok(None);
        }
        let provider = ProfileFileCredentialsProvider::builder()
            .configure(&self.provider_config())
            .profile_files(self.files.for_sdk())
            .profile_name(profile)
            .build();
        if provider.provide_credentials().await.is_err() {
            return Ok(None);
        }
        let provider = SharedCredentialsProvider::new(provider);
        // The key may have been made a moment ago, by a run that was cut short.
        self.identity(provider, None, NewKey(true)).await.map(Some)
    }

    fn provider_config(&self) -> ProviderConfig {
        let config = ProviderConfig::without_region().with_region(self.base.region().cloned());
        match self.base.http_client() {
            Some(client) => config.with_http_client(client),
            None => config,
        }
    }

    async fn identity(
        &self,
        provider: SharedCredentialsProvider,
        mfa: Option<bool>,
        new_key: NewKey,
    ) -> Result<Identity, AwsError> {
        let config = self.base.to_builder().credentials_provider(provider).build();
        let credentials = credentials_of(&config).await?;
        let unnamed = Identity {
            caller: Caller::unnamed(&credentials),
            config,
            watch: self.watch.clone(),
            path_style: self.path_style,
            new_key,
        };
        unnamed.named(mfa).await
    }
}

impl Identity {
    /// The IAM client.
    pub fn iam(&self) -> aws_sdk_iam::Client {
        let config = aws_sdk_iam::config::Builder::from(&self.config)
            .interceptor(self.watch.clone())
            .retry_classifier(self.new_key);
        aws_sdk_iam::Client::from_conf(config.build())
    }

    /// The IAM client for calls that must not run twice: the SDK would repeat them after a lost answer.
    pub fn iam_once(&self) -> aws_sdk_iam::Client {
        let config = aws_sdk_iam::config::Builder::from(&self.config)
            .interceptor(self.watch.clone())
            .retry_config(RetryConfig::disabled());
        aws_sdk_iam::Client::from_conf(config.build())
    }

    /// The STS client.
    pub fn sts(&self) -> aws_sdk_sts::Client {
        let config = aws_sdk_sts::config::Builder::from(&self.config)
            .interceptor(self.watch.clone())
            .retry_classifier(self.new_key);
        aws_sdk_sts::Client::from_conf(config.build())
    }

    /// The S3 client of a Region. S3 does not follow a bucket to its Region by itself.
    pub fn s3(&self, region: &str) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.config)
            .interceptor(self.watch.clone())
            .retry_classifier(self.new_key)
            .region(Region::new(region.to_owned()))
            .force_path_style(self.path_style);
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// The CloudTrail client of a Region. A trail is changed only in its home Region.
    pub fn cloudtrail(&self, region: &str) -> aws_sdk_cloudtrail::Client {
        let config = aws_sdk_cloudtrail::config::Builder::from(&self.config)
            .interceptor(self.watch.clone())
            .retry_classifier(self.new_key)
            .region(Region::new(region.to_owned()));
        aws_sdk_cloudtrail::Client::from_conf(config.build())
    }

    /// The Cost and Usage Report client: always in us-east-1, the only Region that has the service.
    pub fn cost_and_usage_report(&self) -> aws_sdk_costandusagereport::Client {
        let config = aws_sdk_costandusagereport::config::Builder::from(&self.config)
            .interceptor(self.watch.clone())
            .retry_classifier(self.new_key)
            .region(Region::new("us-east-1"));
        aws_sdk_costandusagereport::Client::from_conf(config.build())
    }

    /// The Data Exports client: in us-east-1 as well.
    pub fn data_exports(&self) -> aws_sdk_bcmdataexports::Client {
        aws_sdk_bcmdataexports::Client::from_conf(self.data_exports_config().build())
    }

    /// The Data Exports client for the call that must not run twice: exports may have the same name, so the SDK would
    /// make a twin after a lost answer.
    pub fn data_exports_once(&self) -> aws_sdk_bcmdataexports::Client {
        let config = self.data_exports_config().retry_config(RetryConfig::disabled());
        aws_sdk_bcmdataexports::Client::from_conf(config.build())
    }

    fn data_exports_config(&self) -> aws_sdk_bcmdataexports::config::Builder {
        aws_sdk_bcmdataexports::config::Builder::from(&self.config)
            .interceptor(self.watch.clone())
            .retry_classifier(self.new_key)
            .region(Region::new("us-east-1"))
    }

    async fn named(mut self, mfa: Option<bool>) -> Result<Self, AwsError> {
        let answer = self.sts().get_caller_identity().send().await.for_call("sts:GetCallerIdentity")?;
        let arn = answer.arn().unwrap_or_default().to_owned();
        self.caller.kind = CallerKind::of(&arn);
        self.caller.partition = arn.split(':').nth(1).unwrap_or("aws").to_owned();
        self.caller.account = answer.account().unwrap_or_default().to_owned();
        self.caller.mfa = match (&self.caller.kind, self.caller.temporary) {
            (CallerKind::User(_), false) => Some(false),
            _ => mfa,
        };
        self.caller.arn = arn;
        Ok(self)
    }
}

impl Caller {
    fn unnamed(credentials: &Credentials) -> Self {
        Self {
            arn: String::new(),
            account: String::new(),
            partition: String::new(),
            kind: CallerKind::Federated,
            access_key: credentials.access_key_id().to_owned(),
            temporary: credentials.session_token().is_some(),
            mfa: None,
        }
    }

    /// Whether this is the root user.
    pub fn is_root(&self) -> bool {
        self.kind == CallerKind::Root
    }

    /// The IAM user's name, if it is one. Names are unique without regard to case.
    pub fn is_user(&self, name: &str) -> bool {
        matches!(&self.kind, CallerKind::User(user) if user.eq_ignore_ascii_case(name))
    }
}

impl CallerKind {
    fn of(arn: &str) -> Self {
        let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
        match resource.split_once('/') {
            None if resource == "root" => Self::Root,
            Some(("user", name)) => Self::User(name.rsplit('/').next().unwrap_or(name).to_owned()),
            Some(("assumed-role", rest)) => Self::Role(rest.split('/').next().unwrap_or(rest).to_owned()),
            _ => Self::Federated,
        }
    }

    /// The word in the JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::User(_) => "user",
            Self::Role(_) => "role",
            Self::Federated => "federated",
        }
    }
}

impl AwsFiles {
    /// The files that the AWS CLI would use.
    pub fn from_environment() -> Self {
        let home = std::env::home_dir().unwrap_or_default();
        let file = |variable: &str, name: &str| {
            std::env::var_os(variable).map_or_else(|| home.join(".aws").join(name), PathBuf::from)
        };
        Self {
            credentials: file("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
            config: file("AWS_CONFIG_FILE", "config"),
        }
    }

    /// Whether one of the files has a section for this profile.
    pub fn mention(&self, profile: &str) -> bool {
        let has = |path: &PathBuf, heading: &str| {
            std::fs::read_to_string(path).is_ok_and(|text| {
                text.lines().any(|line| line.trim().replace(' ', "") == heading.replace(' ', ""))
            })
        };
        has(&self.credentials, &format!("[{profile}]"))
            || has(&self.config, &format!("[profile {profile}]"))
            || has(&self.config, &format!("[{profile}]"))
    }

    fn for_sdk(&self) -> EnvConfigFiles {
        let mut files = EnvConfigFiles::builder();
        for (kind, path) in
            [(EnvConfigFileKind::Credentials, &self.credentials), (EnvConfigFileKind::Config, &self.config)]
        {
            if path.exists() {
                files = files.with_file(kind, path);
            }
        }
        files.build()
    }
}

impl Unseen {
    /// What was not seen, and why.
    pub fn text(&self) -> Text {
        let (operation, code) = (self.operation, crate::text::harmless(&self.code));
        text! {
            en: "Not assessed: AWS refused the read {operation} ({code}).",
            ko: "확인하지 못함: AWS가 {operation} 읽기를 거부했습니다({code})."
        }
    }
}

/// Turns the SDK's result into ours.
pub trait ForCall<T> {
    /// Names the operation, as a permission, that the result came from.
    fn for_call(self, operation: &'static str) -> Result<T, AwsError>;
}

impl<T, E> ForCall<T> for Result<T, SdkError<E, HttpResponse>>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    fn for_call(self, operation: &'static str) -> Result<T, AwsError> {
        self.map_err(|error| aws_error(operation, &error))
    }
}

/// A missing permission becomes part of the facts; every other failure stays a failure.
pub fn reading<T>(result: Result<T, AwsError>) -> Result<Reading<T>, AwsError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(error) if error.is_unseen() => {
            let code = error.code.unwrap_or_else(|| "AccessDenied".into());
            Ok(Err(Unseen { operation: error.operation, code }))
        }
        Err(error) => Err(error),
    }
}

/// `None` for one error code that means "there is none", such as `NoSuchEntity`.
pub fn unless<T>(code: &str, result: Result<T, AwsError>) -> Result<Option<T>, AwsError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is(code) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Asks about several things at once, and gives the answers in the order of the questions.
pub async fn at_once<F, T>(questions: impl IntoIterator<Item = F>) -> Result<Vec<T>, AwsError>
where
    F: Future<Output = Result<T, AwsError>> + Send + 'static,
    T: Send + 'static,
{
    let mut asked = tokio::task::JoinSet::new();
    for (place, question) in questions.into_iter().enumerate() {
        asked.spawn(async move { (place, question.await) });
    }
    let mut answers = asked.join_all().await;
    answers.sort_by_key(|(place, _)| *place);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

fn aws_error<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> AwsError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    let code = error.code().map(ToOwned::to_owned);
    AwsError {
        operation,
        cause: cause(error, code.as_deref(), status),
        message: error.message().map_or_else(|| words(error), ToOwned::to_owned),
        request_id: request_id(error),
        clock_skew: error.raw_response().and_then(clock_skew),
        code: code.or_else(|| status.map(|status| format!("HTTP {status}"))),
    }
}

/// S3 and the JSON services give their id in a header that the SDK knows; emulators may give none.
fn request_id<E>(error: &SdkError<E, HttpResponse>) -> Option<String> {
    request_id_of(error.raw_response()?)
}

fn request_id_of(response: &HttpResponse) -> Option<String> {
    let id = response.headers().request_id().or_else(|| response.headers().get("x-amz-request-id"));
    id.map(ToOwned::to_owned)
}

fn clock_skew(response: &HttpResponse) -> Option<i64> {
    use aws_smithy_types::date_time::{DateTime, Format};
    let date = DateTime::from_str(response.headers().get("date")?, Format::HttpDate).ok()?;
    Some(DateTime::from(std::time::SystemTime::now()).secs() - date.secs())
}

fn words<E: Error + Send + Sync + 'static>(error: &SdkError<E, HttpResponse>) -> String {
    match credentials_error(error) {
        Some(error) => innermost(error),
        None => DisplayErrorContext(error).to_string().split(" (").next().unwrap_or_default().to_owned(),
    }
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

fn cause<E>(error: &SdkError<E, HttpResponse>, code: Option<&str>, status: Option<u16>) -> AwsCause
where
    E: Error + Send + Sync + 'static,
{
    match code {
        Some("AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "UnauthorizedAccess") => {
            AwsCause::Denied
        }
        Some("ExpiredToken" | "ExpiredTokenException" | "RequestExpired") => AwsCause::SignInExpired,
        Some(
            "InvalidClientTokenId"
            | "UnrecognizedClientException"
            | "InvalidAccessKeyId"
            | "SignatureDoesNotMatch"
            | "InvalidSignatureException"
            | "AuthFailure"
            | "IncompleteSignature",
        ) => AwsCause::CredentialsRefused,
        Some(_) => AwsCause::Refused,
        None if status == Some(403) => AwsCause::Denied,
        None if status.is_some() => AwsCause::Refused,
        None => unsent(error),
    }
}

fn unsent<E: Error + Send + Sync + 'static>(error: &SdkError<E, HttpResponse>) -> AwsCause {
    if chain(error).any(|cause| cause.is::<WouldWrite>()) {
        return AwsCause::WouldWrite;
    }
    match credentials_error(error) {
        Some(CredentialsError::CredentialsNotLoaded(_)) => AwsCause::NotSignedIn,
        Some(_) => AwsCause::SignInExpired,
        None => AwsCause::Unreachable,
    }
}

fn credentials_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e CredentialsError> {
    chain(error).find_map(|cause| cause.downcast_ref())
}

fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'e (dyn Error + 'static)| (*error).source())
}

async fn credentials_of(config: &SdkConfig) -> Result<Credentials, AwsError> {
    let Some(provider) = config.credentials_provider() else { return Err(not_signed_in()) };
    provider.provide_credentials().await.map_err(|error| {
        let missing = matches!(error, CredentialsError::CredentialsNotLoaded(_));
        AwsError {
            cause: if missing { AwsCause::NotSignedIn } else { AwsCause::SignInExpired },
            message: innermost(&error),
            ..not_signed_in()
        }
    })
}

fn not_signed_in() -> AwsError {
    AwsError {
        operation: "sts:GetCallerIdentity",
        cause: AwsCause::NotSignedIn,
        code: None,
        message: "no credentials were found".into(),
        request_id: None,
        clock_skew: None,
    }
}

/// As the AWS CLI, but without the instance metadata service: nobody sets up an account from an EC2 instance in it,
/// and looking for the service on a laptop ends in a long wait and an odd message.
async fn credentials_chain(profile: Option<&str>) -> CredentialsProviderChain {
    let config = ProviderConfig::with_default_region().await;
    let mut profiles = ProfileFileCredentialsProvider::builder().configure(&config);
    if let Some(profile) = profile {
        profiles = profiles.profile_name(profile);
        return CredentialsProviderChain::first_try("Profile", profiles.build());
    }
    let web_identity = aws_config::web_identity_token::WebIdentityTokenCredentialsProvider::builder()
        .configure(&config)
        .build();
    let container = aws_config::ecs::EcsCredentialsProvider::builder().configure(&config).build();
    CredentialsProviderChain::first_try("Environment", EnvironmentVariableCredentialsProvider::new())
        .or_else("Profile", profiles.build())
        .or_else("WebIdentityToken", web_identity)
        .or_else("Container", container)
}

async fn find_region(profile: Option<&str>, region: Option<&str>) -> String {
    use aws_config::environment::region::EnvironmentVariableRegionProvider;
    use aws_config::meta::region::RegionProviderChain;
    use aws_config::profile::ProfileFileRegionProvider;

    if let Some(region) = region {
        return region.to_owned();
    }
    let mut profiles = ProfileFileRegionProvider::builder();
    if let Some(profile) = profile {
        profiles = profiles.profile_name(profile);
    }
    let chain =
        RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new()).or_else(profiles.build());
    chain.region().await.map_or_else(|| "us-east-1".to_owned(), |region| region.to_string())
}

fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(4)
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .operation_attempt_timeout(Duration::from_secs(20))
        .operation_timeout(Duration::from_secs(75))
        .build()
}

fn aws_smithy_async_sleep() -> aws_smithy_async::rt::sleep::SharedAsyncSleep {
    aws_smithy_async::rt::sleep::SharedAsyncSleep::new(aws_smithy_async::rt::sleep::TokioSleep::new())
}

/// Counts what is sent, and holds back what a reading run must not send.
#[derive(Debug, Clone)]
struct Watch {
    access: Access,
    calls: Arc<AtomicU32>,
    last_request: Arc<Mutex<Option<String>>>,
}

impl Watch {
    fn new(access: Access) -> Self {
        Self { access, calls: Arc::default(), last_request: Arc::default() }
    }
}

/// Whether the credentials are an access key that services may not know yet.
#[derive(Debug, Clone, Copy)]
struct NewKey(bool);

impl NewKey {
    /// With the pauses between, about a minute.
    const ATTEMPTS: u32 = 8;
    /// What IAM and STS, the JSON services, and S3 say to a key that they do not know.
    const REFUSALS: [&str; 3] = ["InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"];
}

impl ClassifyRetry for NewKey {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let body = context.response().and_then(|response| response.body().bytes()).unwrap_or_default();
        let words = String::from_utf8_lossy(&body[..body.len().min(4096)]);
        if self.0 && Self::REFUSALS.iter().any(|refusal| words.contains(refusal)) {
            return RetryAction::retryable_error(ErrorKind::TransientError);
        }
        RetryAction::NoActionIndicated
    }

    fn name(&self) -> &'static str {
        "new access key"
    }
}

/// A write was stopped in a run that only reads.
#[derive(Debug, thiserror::Error)]
#[error("{operation} is not on the list of reads")]
struct WouldWrite {
    operation: String,
}

#[dyn_dispatch_hint]
impl Intercept for Watch {
    fn name(&self) -> &'static str {
        "dayone"
    }

    // Earlier hooks do not know the operation's name yet.
    fn read_before_serialization(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = config.load::<Metadata>().map(Metadata::name).unwrap_or_default();
        if self.access == Access::ReadOnly && !is_read(operation) {
            return Err(WouldWrite { operation: operation.to_owned() }.into());
        }
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let id = request_id_of(context.response());
        *self.last_request.lock().unwrap_or_else(PoisonError::into_inner) = id;
        Ok(())
    }
}

/// Asking for a credential report or a session changes nothing in the account, though the names do not say so.
fn is_read(operation: &str) -> bool {
    const READS: [&str; 3] = ["GenerateCredentialReport", "GetSessionToken", "LookupEvents"];
    let begins = |prefix: &str| {
        operation.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
    };
    READS.contains(&operation) || ["Get", "List", "Describe", "Head"].into_iter().any(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reads_pass_a_reading_run() {
        for read in ["GetUser", "ListAccessKeys", "DescribeTrails", "HeadBucket", "GenerateCredentialReport"]
        {
            assert!(is_read(read), "{read}");
        }
        for write in ["CreateUser", "PutBucketPolicy", "Getaway", "StartLogging", "", "EnableMFADevice"] {
            assert!(!is_read(write), "{write}");
        }
    }

    #[test]
    fn the_arn_tells_who_is_here() {
        let cases = [
            ("arn:aws:iam::111122223333:root", CallerKind::Root),
            ("arn:aws:iam::111122223333:user/kim", CallerKind::User("kim".into())),
            ("arn:aws:iam::111122223333:user/team/a/kim", CallerKind::User("kim".into())),
            ("arn:aws-cn:sts::111122223333:assumed-role/Admin/session", CallerKind::Role("Admin".into())),
            ("arn:aws:sts::111122223333:federated-user/kim", CallerKind::Federated),
            ("arn:aws:iam::111122223333:user/root", CallerKind::User("root".into())),
            ("", CallerKind::Federated),
        ];
        for (arn, kind) in cases {
            assert_eq!(CallerKind::of(arn), kind, "{arn}");
        }
    }
}
