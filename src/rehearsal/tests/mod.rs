//! The practice account is as strict as AWS or stricter: asked through the SDK's own clients, under a clock that the
//! tests move.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sdk_iam::types::{ReportStateType, StatusType, SummaryKeyType};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};
use steps::aws::{Access, AwsFiles, Connection, ForCall, Identity};
use steps::error::AwsError;
use steps::mfa::{POLICY_NAME, policy_document};
use steps::private_bucket;
use steps::private_bucket::BucketFacts;
use tempfile::TempDir;
use winterbaume_core::{MockRequest, MockResponse};

use super::wire::{Call, refusal_in};
use super::{
    ACCOUNT_ID, Clock, ConsoleAction, OrganizationTrail, PracticeAccount, RehearsalError, SignIn,
    SignInRefusal, SignedIn, Standing, WayIn, console, forget, hardware_seed, one_time_code, sign_in,
    signature,
};

mod account;
mod buckets;
mod callers;
mod decisions;
mod devices;
mod events;
mod exports;
mod kept;
mod options;
mod reports;
mod sessions;
mod signing_in;
mod standing;
mod traffic;
mod trails;
mod users;
mod verdict;

/// What [`code`] gives for a call that AWS takes.
const OK: &str = "OK";

/// What each service answers to a key that it does not know.
const UNKNOWN_KEY: [(&str, &str); 6] = [
    ("sts", "InvalidClientTokenId"),
    ("iam", "InvalidClientTokenId"),
    ("s3", "InvalidAccessKeyId"),
    ("cloudtrail", "UnrecognizedClientException"),
    ("cur", "UnrecognizedClientException"),
    ("bcm-data-exports", "UnrecognizedClientException"),
];

const ADMINISTRATOR_ACCESS: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const TRAIL: &str = "arn:aws:cloudtrail:us-east-1:111122223333:trail/day-one";
const NO_POLICY_FOR_TRAIL: &str = "InsufficientS3BucketPolicyException";

/// A new account that nothing is kept of, and root signed in to it.
struct Setup {
    account: PracticeAccount,
    clock: Clock,
    connection: Connection,
    root: Identity,
    _folder: TempDir,
}

/// An MFA device, and what a person has of it.
#[derive(Clone)]
struct Device {
    serial: String,
    seed: String,
}

impl Setup {
    async fn new() -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
        let account = PracticeAccount::in_memory(clock.clone()).unwrap();
        let connection = connection(&account, folder.path());
        let root = connection.started_as().await.unwrap();
        Self { account, clock, connection, root, _folder: folder }
    }

    async fn user(&self, name: &str) {
        self.root.iam().create_user().user_name(name).send().await.unwrap();
    }

    async fn key_of(&self, user: &str) -> Credentials {
        let made = self.root.iam().create_access_key().user_name(user).send().await.unwrap();
        let key = made.access_key().unwrap();
        Credentials::new(key.access_key_id(), key.secret_access_key(), None, None, "test")
    }

    /// The key of a new user in the group of administrators.
    async fn administrator_key(&self) -> Credentials {
        let iam = self.root.iam();
        self.user("alice").await;
        iam.create_group().group_name("Administrators").send().await.unwrap();
        let attach = iam.attach_group_policy().group_name("Administrators").policy_arn(ADMINISTRATOR_ACCESS);
        attach.send().await.unwrap();
        iam.add_user_to_group().group_name("Administrators").user_name("alice").send().await.unwrap();
        self.key_of("alice").await
    }

    /// An administrator, whose key all services know.
    async fn administrator(&self) -> Identity {
        let key = self.administrator_key().await;
        self.signed_in(key).await
    }

    /// A user in no group, whose key all services know.
    async fn lone_user_with_key(&self) -> Identity {
        self.user("alice").await;
        let key = self.key_of("alice").await;
        self.signed_in(key).await
    }

    /// The owner of a key, once all services know it. From here on a refusal is not waited out.
    async fn signed_in(&self, key: Credentials) -> Identity {
        let patient = self.connection.with_new_key(key.clone()).await.unwrap();
        for (service, unknown) in UNKNOWN_KEY {
            assert_ne!(read(&patient, service).await, unknown, "{service}");
        }
        self.connection.with_credentials(key, None).await.unwrap()
    }

    async fn device(&self, name: &str) -> Device {
        let request = self.root.iam().create_virtual_mfa_device().virtual_mfa_device_name(name);
        let made = request.send().await.unwrap();
        let made = made.virtual_mfa_device().unwrap();
        let seed = made.base32_string_seed().unwrap().as_ref().to_vec();
        Device { serial: made.serial_number().to_owned(), seed: String::from_utf8(seed).unwrap() }
    }

    /// A device of a user, whose code of this moment is used up.
    async fn enabled_device(&self, user: &str) -> Device {
        let device = self.device(user).await;
        assert_eq!(self.enable(user, &device, (-1, 0)).await, OK);
        device
    }

    fn now(&self) -> u64 {
        (self.clock)().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
    }

    /// The code that a device shows so many windows from now.
    fn code_at(&self, device: &Device, windows: i64) -> String {
        one_time_code(&device.seed, self.now().checked_add_signed(windows * 30).unwrap()).unwrap()
    }

    async fn enable(&self, user: &str, device: &Device, (first, second): (i64, i64)) -> String {
        let request = self.root.iam().enable_mfa_device().user_name(user).serial_number(&device.serial);
        let request = request.authentication_code1(self.code_at(device, first));
        code(request.authentication_code2(self.code_at(device, second)).send().await)
    }

    async fn deactivate(&self, user: &str, device: &Device) -> String {
        let request = self.root.iam().deactivate_mfa_device().user_name(user);
        code(request.serial_number(&device.serial).send().await)
    }

    async fn session_without_mfa(&self, user: &Identity) -> Identity {
        let made = user.sts().get_session_token().send().await.unwrap();
        let made = made.credentials().unwrap();
        let session = session(made.access_key_id(), made.secret_access_key(), made.session_token());
        self.connection.with_credentials(session, Some(false)).await.unwrap()
    }

    /// A session of the administrator, with a device that is made for it.
    async fn mfa_session(&self, alice: &Identity) -> Identity {
        let device = self.enabled_device("alice").await;
        windows_pass(1).await;
        let session = with_code(alice, &device.serial, &self.code_at(&device, 0)).await.unwrap();
        self.connection.with_credentials(session, Some(true)).await.unwrap()
    }

    /// Has the group of administrators need MFA.
    async fn require_mfa(&self) {
        let iam = self.root.iam();
        let policy = iam.create_policy().policy_name(POLICY_NAME).policy_document(policy_document("aws"));
        let policy = policy.send().await.unwrap();
        let arn = policy.policy().and_then(|policy| policy.arn()).unwrap();
        let attach = iam.attach_group_policy().group_name("Administrators").policy_arn(arn);
        attach.send().await.unwrap();
    }

    async fn delete_user(&self, user: &str) -> String {
        code(self.root.iam().delete_user().user_name(user).send().await)
    }

    async fn set_password(&self, user: &str, password: &str) -> String {
        code(self.root.iam().create_login_profile().user_name(user).password(password).send().await)
    }

    async fn bucket(&self, name: &str) {
        assert_eq!(create_bucket(&self.root, "us-east-1", name, None).await, OK);
    }

    async fn put_policy(&self, bucket: &str, policy: &Value) -> String {
        let request = self.root.s3("us-east-1").put_bucket_policy().bucket(bucket);
        code(request.policy(policy.to_string()).send().await)
    }

    /// The bucket `logs`, with a policy for any trail that CloudTrail has seen.
    async fn bucket_for_trails(&self) {
        self.bucket("logs").await;
        let any = TRAIL.replace("day-one", "*");
        assert_eq!(self.put_policy("logs", &for_trail("logs", &any)).await, OK);
        assert_eq!(create_trail(&self.root, "too-early").await, NO_POLICY_FOR_TRAIL);
    }

    /// The bucket `bills`, with a policy for reports that their service has seen.
    async fn bucket_for_reports(&self) {
        self.bucket("bills").await;
        assert_eq!(self.put_policy("bills", &for_reports()).await, OK);
        assert!(is_about_the_bucket(&define(&self.root, &report("too-early")).await.unwrap_err()));
    }

    /// What is answered to a request that no client here makes, signed by root.
    async fn ask(&self, service: &str, ask: Ask<'_>) -> MockResponse {
        self.ask_as(&self.account.root_login(), service, ask).await
    }

    async fn ask_as(&self, credentials: &Credentials, service: &str, ask: Ask<'_>) -> MockResponse {
        self.account.answer(signed(credentials, service, ask)).await.unwrap()
    }

    /// The JSON that is answered to root, or the code of the refusal.
    async fn json(&self, service: &str, ask: Ask<'_>) -> Result<Value, String> {
        let answer = self.ask(service, ask).await;
        match refusal_in(&answer) {
            Some((code, _)) => Err(code),
            None => Ok(serde_json::from_slice(&answer.body).unwrap_or_default()),
        }
    }

    async fn objects_in(&self, bucket: &str) -> usize {
        let found = self.root.s3("us-east-1").list_objects_v2().bucket(bucket).send().await.unwrap();
        found.contents().len()
    }

    /// Whether the trail logs, and whether it has delivered.
    async fn logging_and_delivered(&self) -> (bool, bool) {
        let status = self.root.cloudtrail("us-east-1").get_trail_status().name("day-one").send().await;
        let status = status.unwrap();
        (status.is_logging() == Some(true), status.latest_delivery_time().is_some())
    }
}

/// A request that no client here makes.
#[derive(Clone, Copy)]
struct Ask<'a> {
    method: &'a str,
    path: &'a str,
    region: &'a str,
    header: Option<(&'static str, &'a str)>,
    body: &'a str,
}

impl<'a> Ask<'a> {
    fn post(path: &'a str, body: &'a str) -> Self {
        Self { method: "POST", path, region: "us-east-1", header: None, body }
    }

    /// Of a service that reads in a header what it is asked.
    fn target(target: &'a str, body: &'a str) -> Self {
        Self { header: Some(("x-amz-target", target)), ..Self::post("/", body) }
    }
}

/// A request as a client signs it.
fn signed(credentials: &Credentials, service: &str, ask: Ask<'_>) -> MockRequest {
    const TIME: &str = "20261124T060000Z";
    let scope = format!("20261124/{}/{service}/aws4_request", ask.region);
    let named = [("x-amz-date", TIME)].into_iter().chain(ask.header);
    let token = credentials.session_token().map(|token| ("x-amz-security-token", token));
    let mut headers = http::HeaderMap::new();
    for (name, value) in named.chain(token) {
        headers.insert(name, value.parse().unwrap());
    }
    let mut names: Vec<_> = headers.keys().map(|name| name.as_str().to_owned()).collect();
    names.push("host".to_owned());
    names.sort();
    let authorization = |signature: &str| -> http::HeaderValue {
        let (key, names) = (credentials.access_key_id(), names.join(";"));
        let words = format!("Credential={key}/{scope}, SignedHeaders={names}, Signature={signature}");
        format!("AWS4-HMAC-SHA256 {words}").parse().unwrap()
    };
    headers.insert("authorization", authorization("none"));
    let uri = format!("https://{service}.amazonaws.com{}", ask.path);
    let body = bytes::Bytes::copy_from_slice(ask.body.as_bytes());
    let mut request = MockRequest { method: ask.method.into(), uri, headers, body };
    let call = Call::read(request.clone()).unwrap();
    let payload = signature::digest(&call.sent);
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let secret = credentials.secret_access_key();
    let value = signature::value(&call, secret, &scope, &names, TIME, &payload).unwrap();
    request.headers.insert("authorization", authorization(&value));
    request
}

/// A clock that runs with tokio's, which stands still while a test works and leaps over every wait. It begins with a
/// window of one-time codes.
fn clock() -> Clock {
    let begin = tokio::time::Instant::now();
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds - seconds % 30);
    Arc::new(move || start + begin.elapsed())
}

async fn windows_pass(windows: u64) {
    tokio::time::sleep(Duration::from_secs(windows * 30)).await;
}

async fn a_minute_passes() {
    tokio::time::sleep(Duration::from_secs(60)).await;
}

fn connection(account: &PracticeAccount, folder: &Path) -> Connection {
    let files = AwsFiles { credentials: folder.join("credentials"), config: folder.join("config") };
    Connection::through(account.http_client(), account.root_login(), files, Access::ReadWrite)
}

/// Root of the account that is kept below a folder.
async fn open(folder: &Path) -> Identity {
    let account = PracticeAccount::open(&place(folder)).unwrap();
    connection(&account, folder).started_as().await.unwrap()
}

/// Where [`open`] keeps the account. The folder is not there before.
fn place(folder: &Path) -> PathBuf {
    folder.join("account")
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// What AWS answers, in a word: the code of its refusal, or [`OK`].
fn code<T>(answer: impl ForCall<T>) -> String {
    match answer.for_call("practice:Call") {
        Ok(_) => OK.to_owned(),
        Err(error) => error.code.unwrap_or(error.message),
    }
}

/// What a service answers to a read that needs permission, but at STS, which lets everybody ask.
async fn read(identity: &Identity, service: &str) -> String {
    match service {
        "sts" => code(identity.sts().get_caller_identity().send().await),
        "iam" => code(identity.iam().list_users().send().await),
        "s3" => code(identity.s3("us-east-1").list_buckets().send().await),
        "cloudtrail" => code(identity.cloudtrail("us-east-1").describe_trails().send().await),
        "cur" => code(identity.cost_and_usage_report().describe_report_definitions().send().await),
        "bcm-data-exports" => code(identity.data_exports().list_exports().send().await),
        _ => panic!("the practice account has no {service}"),
    }
}

/// What a service answers before it lets the caller through.
async fn refusals(identity: &Identity, service: &str) -> Vec<String> {
    let mut refusals = Vec::new();
    while refusals.len() < 10 {
        match read(identity, service).await {
            answer if answer == OK => return refusals,
            refusal => refusals.push(refusal),
        }
    }
    panic!("{service} never let the key through: {refusals:?}")
}

async fn is_unknown_everywhere(identity: &Identity) {
    for (service, refusal) in UNKNOWN_KEY {
        assert_eq!(read(identity, service).await, refusal, "{service}");
    }
}

/// Deletes the key that Alice signs with.
async fn delete_key(root: &Identity, alice: &Identity) -> String {
    let request = root.iam().delete_access_key().user_name("alice");
    code(request.access_key_id(&alice.caller.access_key).send().await)
}

async fn with_code(user: &Identity, serial: &str, code: &str) -> Result<Credentials, AwsError> {
    let request = user.sts().get_session_token().serial_number(serial).token_code(code);
    let made = request.send().await.for_call("sts:GetSessionToken")?;
    let made = made.credentials().unwrap();
    Ok(session(made.access_key_id(), made.secret_access_key(), made.session_token()))
}

fn session(id: &str, secret: &str, token: &str) -> Credentials {
    Credentials::new(id, secret, Some(token.to_owned()), None, "test")
}

async fn in_summary(identity: &Identity, key: SummaryKeyType) -> Option<i32> {
    let summary = identity.iam().get_account_summary().send().await.unwrap();
    summary.summary_map().and_then(|numbers| numbers.get(&key)).copied()
}

async fn ask_for_report(identity: &Identity) -> ReportStateType {
    let answer = identity.iam().generate_credential_report().send().await.unwrap();
    answer.state().cloned().unwrap()
}

async fn credential_report(identity: &Identity) -> String {
    let answer = identity.iam().get_credential_report().send().await.unwrap();
    String::from_utf8(answer.content().unwrap().as_ref().to_vec()).unwrap()
}

/// The body is written out: its type is known to `steps` alone.
async fn create_bucket(identity: &Identity, endpoint: &str, bucket: &str, location: Option<&str>) -> String {
    let request = identity.s3(endpoint).create_bucket().bucket(bucket);
    let Some(location) = location else { return code(request.send().await) };
    let body = format!(
        "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <LocationConstraint>{location}</LocationConstraint></CreateBucketConfiguration>"
    );
    let request =
        request.customize().mutate_request(move |request| *request.body_mut() = SdkBody::from(body.as_str()));
    code(request.send().await)
}

async fn create_trail(identity: &Identity, name: &str) -> String {
    let request = identity.cloudtrail("us-east-1").create_trail().name(name).s3_bucket_name("logs");
    code(request.is_multi_region_trail(true).send().await)
}

/// The body is written out: its type is known to `steps` alone.
async fn define(identity: &Identity, report: &Value) -> Result<(), AwsError> {
    let body = json!({"ReportDefinition": report}).to_string();
    let request = identity.cost_and_usage_report().put_report_definition().customize();
    let request = request.mutate_request(move |request| *request.body_mut() = SdkBody::from(body.as_str()));
    request.send().await.for_call("cur:PutReportDefinition").map(drop)
}

/// Gives a report another definition.
async fn redefine(identity: &Identity, name: &str, report: &Value) -> Result<(), AwsError> {
    let body = json!({"ReportName": name, "ReportDefinition": report}).to_string();
    let request = identity.cost_and_usage_report().modify_report_definition().customize();
    let request = request.mutate_request(move |request| *request.body_mut() = SdkBody::from(body.as_str()));
    request.send().await.for_call("cur:ModifyReportDefinition").map(drop)
}

/// Whether a report was refused because its service may not use the bucket.
fn is_about_the_bucket(refused: &AwsError) -> bool {
    refused.is("Validation") && refused.message.contains("bucket permission")
}

/// A report that AWS takes.
fn report(name: &str) -> Value {
    json!({
        "ReportName": name, "TimeUnit": "HOURLY", "Format": "Parquet", "Compression": "Parquet",
        "S3Bucket": "bills", "S3Prefix": "cur", "S3Region": "us-east-1", "RefreshClosedReports": true,
        "AdditionalSchemaElements": ["RESOURCES"], "AdditionalArtifacts": ["ATHENA"],
        "ReportVersioning": "OVERWRITE_REPORT"
    })
}

fn with(mut report: Value, field: &str, value: Value) -> Value {
    report[field] = value;
    report
}

/// The policy that CloudTrail needs of a bucket, for a trail or a pattern of trails.
fn for_trail(bucket: &str, trail: &str) -> Value {
    let (arn, service) = (format!("arn:aws:s3:::{bucket}"), json!({"Service": "cloudtrail.amazonaws.com"}));
    let own_acl = json!({"s3:x-amz-acl": "bucket-owner-full-control"});
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": arn,
         "Condition": {"ArnLike": {"aws:SourceArn": trail}}},
        {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject",
         "Resource": format!("{arn}/AWSLogs/{ACCOUNT_ID}/*"),
         "Condition": {"ArnLike": {"aws:SourceArn": trail}, "StringEquals": own_acl}}
    ]})
}

/// The policy that reports need of the bucket `bills`.
fn for_reports() -> Value {
    let service = json!({"Service": "billingreports.amazonaws.com"});
    let source = format!("arn:aws:cur:us-east-1:{ACCOUNT_ID}:definition/*");
    let own = json!({"StringEquals": {"aws:SourceArn": source, "aws:SourceAccount": ACCOUNT_ID}});
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": service, "Action": ["s3:GetBucketAcl", "s3:GetBucketPolicy"],
         "Resource": "arn:aws:s3:::bills", "Condition": own},
        {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject",
         "Resource": "arn:aws:s3:::bills/*", "Condition": own}
    ]})
}

/// A statement that denies everybody something in the bucket `logs`.
fn denial(action: &str) -> Value {
    json!({"Effect": "Deny", "Principal": "*", "Action": action,
           "Resource": ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"]})
}

/// A request as it comes in, with this signature.
fn request(signature: Option<&str>, body: &'static str) -> MockRequest {
    let mut headers = http::HeaderMap::new();
    if let Some(signature) = signature {
        headers.insert("authorization", signature.parse().unwrap());
    }
    let uri = "https://example.amazonaws.com/".into();
    MockRequest { method: "POST".into(), uri, headers, body: body.into() }
}
