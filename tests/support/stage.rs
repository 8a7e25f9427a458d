//! A practice account and a machine to work on it from: what others did there beforehand, runs with whoever a test sends,
//! and looks that change nothing.

use std::path::Path;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_cloudtrail::operation::get_event_selectors::GetEventSelectorsOutput;
use aws_smithy_types::body::SdkBody;
use dayone::answers::Collected;
use dayone::engine::Engine;
use dayone::error::Failure;
use dayone::event::{ChangeReport, Event, Listener, Outcome, StepReport};
use dayone::interrupt::Interrupt;
use dayone::journal::Journal;
use dayone::operator::Asks;
use dayone::rehearsal::{Clock, PracticeAccount};
use serde_json::{Map, Value, json};
use steps::aws::{Access, Connection, Identity};
use steps::billing_report::BillingReport;
use steps::cloudtrail::Cloudtrail;
use steps::error::StepError;
use steps::iam_practices::IamPractices;
use steps::mfa::Mfa;
use steps::practice::{State, StepId};
use steps::root_user::RootUser;
use steps::session::Session;
use tempfile::TempDir;

use super::actor::Actor;
use super::{Deaf, answers, clock, code_at, files};

/// From nothing to a run that goes on under an MFA session.
pub const UNTIL_MFA_IS_REQUIRED: [StepId; 6] = [
    StepId::PasswordPolicy,
    StepId::AdminGroup,
    StepId::AdminUser,
    StepId::AdminSignIn,
    StepId::AdminMfa,
    StepId::RequireMfa,
];

/// Longer than any service takes to know a new key.
const UNTIL_KNOWN: Duration = Duration::from_secs(600);

/// A practice account, and a machine to work on it from.
pub struct Stage {
    pub account: PracticeAccount,
    pub clock: Clock,
    folder: TempDir,
}

/// What a run or a look is sent to do.
#[derive(Clone)]
pub struct Errand {
    /// Who starts it.
    pub login: Credentials,
    /// What it is told beside what every run is told.
    pub answers: Value,
    /// The steps that are asked for; without any, all of them.
    pub steps: Vec<StepId>,
    /// Whether a look is taken for a person who is there. Of a run the operator tells.
    pub attended: bool,
}

/// How a trail is made.
#[derive(Debug, Clone, Copy)]
pub struct Trail {
    pub multi_region: bool,
    pub validated: bool,
    pub logging: bool,
}

/// What came of a run.
pub struct Played<O> {
    pub result: Result<(), Failure>,
    /// How each step stood in the end.
    pub reports: Vec<StepReport>,
    pub changes_made: usize,
    pub told: Told,
    pub operator: O,
}

/// What a run has told.
#[derive(Default)]
pub struct Told {
    /// How steps stood, each time that it was said.
    pub steps: Vec<StepReport>,
    /// The changes that were made.
    pub made: Vec<ChangeReport>,
    /// The remarks that belong to no step.
    pub remarks: Vec<String>,
}

impl Stage {
    /// A new account, under a clock that leaps over every wait.
    pub fn new() -> Self {
        Self::at(clock())
    }

    /// A new account under this clock.
    pub fn at(clock: Clock) -> Self {
        let account = PracticeAccount::in_memory(clock.clone()).unwrap();
        Self { account, clock, folder: tempfile::tempdir().unwrap() }
    }

    /// The same account from another machine, which has no AWS profiles and no journal.
    pub fn elsewhere(&self) -> Self {
        let (account, clock) = (self.account.clone(), self.clock.clone());
        Self { account, clock, folder: tempfile::tempdir().unwrap() }
    }

    /// Where the AWS files and the state of the machine are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Root, signed in by `aws login`, for what others do in the account.
    pub async fn root(&self) -> Identity {
        self.connection(self.account.root_login(), Access::ReadWrite).started_as().await.unwrap()
    }

    /// The account as somebody with these credentials reaches it from this machine.
    pub fn connection(&self, login: Credentials, access: Access) -> Connection {
        Connection::through(self.account.http_client(), login, files(self.folder()), access)
    }

    /// An errand of root, signed in by `aws login`, with nobody there.
    pub fn errand(&self, answers: Value, steps: &[StepId]) -> Errand {
        let login = self.account.root_login();
        Errand { login, answers, steps: steps.to_vec(), attended: false }
    }

    /// Walks the steps with somebody who answers.
    pub async fn play<O: Asks>(&self, errand: &Errand, operator: O) -> Played<O> {
        let connection = self.connection(errand.login.clone(), Access::ReadWrite);
        Box::pin(through(connection, self.folder(), answers(errand.answers.clone()), &errand.steps, operator))
            .await
    }

    /// The same, after a yes to the whole plan.
    pub async fn play_at_once<O: Asks>(&self, errand: &Errand, operator: O) -> Played<O> {
        let connection = self.connection(errand.login.clone(), Access::ReadWrite);
        let answers = answers(errand.answers.clone());
        let played = asking(Asking::Once, connection, self.folder(), answers, &errand.steps, operator);
        Box::pin(played).await
    }

    /// How the steps stand, with nothing changed.
    pub async fn look(&self, errand: &Errand) -> Result<Vec<StepReport>, Failure> {
        let connection = self.connection(errand.login.clone(), Access::ReadOnly);
        let mut session = Box::pin(Session::open(connection)).await?;
        let mut collected = Collected::from_sources(Map::new(), Map::new(), answers(errand.answers.clone()))?;
        session.group.clone_from(&collected.answers.admin.group);
        collected.answers.attended = errand.attended;
        let mut engine = Engine {
            session,
            collected,
            operator: Actor::unattended(self.clock.clone()),
            listener: &mut Deaf,
            interrupt: Interrupt::never(),
            selects: &|step: StepId| is_asked_for(step, &errand.steps),
            steps_are_named: !errand.steps.is_empty(),
            memory: None,
            journal: None,
            rehearsal: true,
            suggested_admin: None,
            approval: None,
            reports: Vec::new(),
            changes_made: 0,
            last_applied: None,
        };
        find_administrator(&mut engine).await?;
        Box::pin(engine.look()).await?;
        Ok(engine.reports)
    }

    /// What is kept of earlier runs is lost.
    pub fn lose_journal(&self) {
        std::fs::remove_dir_all(self.folder().join("state")).unwrap();
    }

    /// The credentials in the first AWS profile of the machine.
    pub fn profile(&self) -> Credentials {
        let profiles = std::fs::read_to_string(files(self.folder()).credentials).unwrap();
        let value = |key: &str| {
            let line = profiles.lines().find_map(|line| line.strip_prefix(key))?;
            Some(line.trim_start_matches([' ', '=']).to_owned())
        };
        let [id, secret] = ["aws_access_key_id", "aws_secret_access_key"].map(|key| value(key).unwrap());
        Credentials::new(id, secret, value("aws_session_token"), None, "test")
    }

    /// The calls that changed something, or tried to, since there were so many.
    pub fn calls_since(&self, before: usize) -> Vec<String> {
        self.account.mutating_calls().split_off(before)
    }

    /// The serial numbers of the MFA devices, each with its user; none for one that was made and never enabled.
    pub async fn devices(&self) -> Value {
        self.account.snapshot().await["devices"].take()
    }

    /// Whether each access key of a user is active.
    pub async fn keys_of(&self, user: &str) -> Value {
        self.account.snapshot().await["users"][user]["keys"].take()
    }
}

/// What others do in the account beforehand.
impl Stage {
    pub async fn user(&self, name: &str) {
        self.root().await.iam().create_user().user_name(name).send().await.unwrap();
    }

    /// An access key of a user, which every service knows.
    pub async fn key_of(&self, user: &str) -> Credentials {
        let made = self.root().await.iam().create_access_key().user_name(user).send().await.unwrap();
        tokio::time::sleep(UNTIL_KNOWN).await;
        let key = made.access_key().unwrap();
        Credentials::new(key.access_key_id(), key.secret_access_key(), None, None, "test")
    }

    /// A virtual device that was made and never enabled. Gives its serial number and its seed.
    pub async fn leftover(&self, name: &str) -> (String, String) {
        let request = self.root().await.iam().create_virtual_mfa_device().virtual_mfa_device_name(name);
        let made = request.send().await.unwrap();
        let device = made.virtual_mfa_device().unwrap();
        let seed = device.base32_string_seed().unwrap().as_ref().to_vec();
        (device.serial_number().to_owned(), String::from_utf8(seed).unwrap())
    }

    /// A virtual device that is enabled for a user. Gives its seed.
    pub async fn device(&self, name: &str, user: &str) -> String {
        let (serial, seed) = self.leftover(name).await;
        let now = (self.clock)();
        let request = self.root().await.iam().enable_mfa_device().user_name(user).serial_number(serial);
        let request = request.authentication_code1(code_at(&seed, now - Duration::from_secs(30)));
        request.authentication_code2(code_at(&seed, now)).send().await.unwrap();
        seed
    }

    /// A bucket in a Region, with a policy where there is one.
    pub async fn bucket(&self, name: &str, region: &str, policy: Option<Value>) {
        let s3 = self.root().await.s3(region);
        let request = s3.create_bucket().bucket(name);
        let request =
            if name.ends_with("-an") { request.bucket_namespace("account-regional".into()) } else { request };
        // The type of the body is known to `steps` alone. us-east-1 is the one Region that must not be named.
        let body = if region == "us-east-1" {
            String::new()
        } else {
            format!(
                "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
                 <LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
            )
        };
        let request = request
            .customize()
            .mutate_request(move |request| *request.body_mut() = SdkBody::from(body.as_str()));
        request.send().await.unwrap();
        if let Some(policy) = policy {
            s3.put_bucket_policy().bucket(name).policy(policy.to_string()).send().await.unwrap();
        }
    }

    /// Tags on a bucket of us-east-1, in the place of those that it has. The type of the body is known to `steps` alone.
    pub async fn tags(&self, bucket: &str, tags: &[(&str, &str)]) {
        let tag = |(key, value): &(&str, &str)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
        let tags = tags.iter().map(tag).collect::<String>();
        let body = format!(
            "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet>{tags}</TagSet></Tagging>"
        );
        let request = self.root().await.s3("us-east-1").put_bucket_tagging().bucket(bucket);
        let request = request
            .customize()
            .mutate_request(move |request| *request.body_mut() = SdkBody::from(body.as_str()));
        request.send().await.unwrap();
    }

    /// Lets everybody into a bucket of us-east-1 by its policy, with nothing blocked.
    pub async fn open_to_everybody(&self, bucket: &str, policy: Value) {
        let s3 = self.root().await.s3("us-east-1");
        s3.delete_public_access_block().bucket(bucket).send().await.unwrap();
        s3.put_bucket_policy().bucket(bucket).policy(policy.to_string()).send().await.unwrap();
    }

    /// Lets S3 write its access logs into a bucket of us-east-1 by the access control list. The types of the bodies are
    /// known to `steps` alone.
    pub async fn open_to_log_delivery(&self, bucket: &str) {
        let s3 = self.root().await.s3("us-east-1");
        let lists_on = "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerPreferred</ObjectOwnership></Rule>\
            </OwnershipControls>";
        let request = s3.put_bucket_ownership_controls().bucket(bucket).customize();
        let request = request.mutate_request(move |request| *request.body_mut() = SdkBody::from(lists_on));
        request.send().await.unwrap();
        let list = "<AccessControlPolicy><Owner><ID>111122223333</ID></Owner><AccessControlList><Grant><Grantee \
            xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"Group\">\
            <URI>http://acs.amazonaws.com/groups/s3/LogDelivery</URI></Grantee><Permission>WRITE</Permission>\
            </Grant></AccessControlList></AccessControlPolicy>";
        let request = s3.put_bucket_acl().bucket(bucket).customize();
        let request = request.mutate_request(move |request| *request.body_mut() = SdkBody::from(list));
        request.send().await.unwrap();
    }

    /// The tags of a bucket.
    pub async fn tags_of(&self, bucket: &str) -> Value {
        self.account.snapshot().await["buckets"][bucket]["tags"].take()
    }

    /// A trail, which looks at its bucket's policy before it is made, and does not see that at the first try.
    pub async fn trail(&self, name: &str, region: &str, bucket: &str, is: Trail) {
        let cloudtrail = self.root().await.cloudtrail(region);
        let create = || {
            let request = cloudtrail.create_trail().name(name).s3_bucket_name(bucket);
            request.is_multi_region_trail(is.multi_region).enable_log_file_validation(is.validated).send()
        };
        if create().await.is_err() {
            create().await.unwrap();
        }
        if is.logging {
            cloudtrail.start_logging().name(name).send().await.unwrap();
        }
    }

    /// What a trail of us-east-1 records. The type of the body is known to `steps` alone.
    pub async fn selectors(&self, trail: &str, selectors: Value) {
        let body = json!({"TrailName": trail, "EventSelectors": selectors}).to_string();
        let request = self.root().await.cloudtrail("us-east-1").put_event_selectors().trail_name(trail);
        let request = request
            .customize()
            .mutate_request(move |request| *request.body_mut() = SdkBody::from(body.as_str()));
        request.send().await.unwrap();
    }

    /// Puts a policy in the place of the one that a bucket of us-east-1 has.
    pub async fn put_policy(&self, bucket: &str, policy: &Value) {
        let request = self.root().await.s3("us-east-1").put_bucket_policy().bucket(bucket);
        request.policy(policy.to_string()).send().await.unwrap();
    }

    /// A budget of costs, which tells one address at all of it. The type of the body is known to `steps` alone.
    pub async fn budget(&self, name: &str, amount: &str, email: &str, other: Value) {
        let mut budget = json!({
            "BudgetName": name, "BudgetType": "COST", "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": amount, "Unit": "USD"},
            "CostTypes": {"IncludeCredit": false, "IncludeRefund": false}
        });
        super::merge(&mut budget, other);
        let at_all_of_it = json!({"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN",
                                  "Threshold": 100.0, "ThresholdType": "PERCENTAGE"});
        let told = json!([{"SubscriptionType": "EMAIL", "Address": email}]);
        let root = self.root().await;
        let body = json!({
            "AccountId": root.caller.account, "Budget": budget,
            "NotificationsWithSubscribers": [{"Notification": at_all_of_it, "Subscribers": told}]
        })
        .to_string();
        let request = root
            .budgets()
            .create_budget()
            .customize()
            .mutate_request(move |request| *request.body_mut() = SdkBody::from(body.as_str()));
        request.send().await.unwrap();
    }

    /// The policy of a bucket.
    pub async fn policy_of(&self, bucket: &str) -> Value {
        let snapshot = self.account.snapshot().await;
        serde_json::from_str(snapshot["buckets"][bucket]["policy"].as_str().unwrap()).unwrap()
    }

    /// What a trail of us-east-1 records.
    pub async fn recorded_by(&self, trail: &str) -> GetEventSelectorsOutput {
        let cloudtrail = self.root().await.cloudtrail("us-east-1");
        cloudtrail.get_event_selectors().trail_name(trail).send().await.unwrap()
    }

    /// A classic report as this program makes it, but for what is given. A bucket policy is not seen at the first try.
    pub async fn report(&self, name: &str, bucket: &str, other: Value) {
        let mut report = json!({
            "ReportName": name, "TimeUnit": "HOURLY", "Format": "Parquet", "Compression": "Parquet",
            "S3Bucket": bucket, "S3Prefix": "cur", "S3Region": "us-east-1", "RefreshClosedReports": true,
            "AdditionalSchemaElements": ["RESOURCES"], "AdditionalArtifacts": ["ATHENA"],
            "ReportVersioning": "OVERWRITE_REPORT"
        });
        super::merge(&mut report, other);
        let body = json!({"ReportDefinition": report}).to_string();
        let client = self.root().await.cost_and_usage_report();
        for _ in 0..3 {
            let body = body.clone();
            let request = client.put_report_definition().customize();
            let request =
                request.mutate_request(move |request| *request.body_mut() = SdkBody::from(body.as_str()));
            if request.send().await.is_ok() {
                return;
            }
        }
        panic!("the report {name} cannot be defined");
    }
}

/// How often a run asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asking {
    ForEachStep,
    Once,
}

/// Walks the steps with somebody who answers, in an account that is reached so.
pub async fn through<O: Asks>(
    connection: Connection,
    folder: &Path,
    answers: Map<String, Value>,
    steps: &[StepId],
    operator: O,
) -> Played<O> {
    asking(Asking::ForEachStep, connection, folder, answers, steps, operator).await
}

async fn asking<O: Asks>(
    asking: Asking,
    connection: Connection,
    folder: &Path,
    answers: Map<String, Value>,
    steps: &[StepId],
    operator: O,
) -> Played<O> {
    let mut told = Told::default();
    let mut session = match Box::pin(Session::open(connection)).await {
        Ok(session) => session,
        Err(error) => {
            return Played {
                result: Err(error.into()),
                reports: Vec::new(),
                changes_made: 0,
                told,
                operator,
            };
        }
    };
    let journal = Journal::open(&folder.join("state")).unwrap();
    let mut collected = Collected::from_sources(Map::new(), Map::new(), answers).unwrap();
    session.group.clone_from(&collected.answers.admin.group);
    collected.answers.attended = operator.is_a_person();
    let before = journal.recalled().clone();
    (collected.answers.unfinished, collected.answers.switched_off) = (before.unfinished, before.switched_off);
    let (result, reports, changes_made, operator) = {
        let mut engine = Engine {
            session,
            collected,
            operator,
            listener: &mut told,
            interrupt: Interrupt::never(),
            selects: &|step: StepId| is_asked_for(step, steps),
            steps_are_named: !steps.is_empty(),
            memory: None,
            journal: Some(journal),
            rehearsal: true,
            suggested_admin: None,
            approval: None,
            reports: Vec::new(),
            changes_made: 0,
            last_applied: None,
        };
        let result = practices(&mut engine, asking).await;
        (result, engine.reports, engine.changes_made, engine.operator)
    };
    Played { result, reports, changes_made, told, operator }
}

fn is_asked_for(step: StepId, steps: &[StepId]) -> bool {
    steps.is_empty() || steps.contains(&step)
}

async fn practices<O: Asks>(engine: &mut Engine<'_, O>, asking: Asking) -> Result<(), Failure> {
    find_administrator(engine).await?;
    if engine.session.is_started_locked() {
        Box::pin(engine.session.unlock(&mut engine.operator)).await?.map_err(StepError::from)?;
    }
    if asking == Asking::Once {
        Box::pin(engine.approve_all()).await?;
        engine.reports.clear();
    }
    Box::pin(engine.walk::<RootUser>()).await?;
    Box::pin(engine.walk::<Mfa>()).await?;
    Box::pin(engine.walk::<Cloudtrail>()).await?;
    Box::pin(engine.walk::<BillingReport>()).await?;
    Box::pin(engine.walk::<IamPractices>()).await
}

async fn find_administrator<O: Asks>(engine: &mut Engine<'_, O>) -> Result<(), Failure> {
    let admin = engine.collected.answers.admin.clone();
    if let Some(user) = &admin.user {
        Box::pin(engine.session.find_administrator(user, Some(admin.profile()))).await?;
    }
    Ok(())
}

impl<O> Played<O> {
    /// The same of a run that has come to its end.
    pub fn finished(self) -> Self {
        if let Err(failure) = &self.result {
            panic!("{failure}");
        }
        self
    }

    pub fn state(&self, step: StepId) -> State {
        self.reports.iter().find(|report| report.step == step).map(|report| report.state).unwrap()
    }

    /// The steps that are not settled.
    pub fn left(&self) -> Vec<StepId> {
        self.reports.iter().filter(|report| !report.state.is_settled()).map(|report| report.step).collect()
    }

    /// The changes that were made, each as its verb and its resource.
    pub fn made(&self) -> Vec<String> {
        self.told.made.iter().map(change).collect()
    }

    /// The changes of a step each time that they were shown.
    pub fn shown(&self, step: StepId) -> Vec<Vec<String>> {
        let shown = self.told.steps.iter().filter(|report| report.step == step && !report.changes.is_empty());
        shown.map(|report| report.changes.iter().map(change).collect()).collect()
    }
}

impl Told {
    /// Everything that was said of a step before its changes.
    pub fn notes(&self, step: StepId) -> String {
        let said = self.steps.iter().filter(|report| report.step == step);
        said.flat_map(|report| &report.notes).map(|note| note.en.as_str()).collect::<Vec<_>>().join("\n")
    }
}

impl Listener for Told {
    fn hear(&mut self, event: &Event) {
        match event {
            Event::Step(report) | Event::Verified(report) => self.steps.push(report.clone()),
            Event::ChangeFinished(change, Outcome::Done { .. }) => self.made.push(change.clone()),
            Event::Note(remark) => self.remarks.push(remark.en.clone()),
            _ => {}
        }
    }
}

/// A change as its verb and its resource, such as `create iam:group/Administrators`.
pub fn change(change: &ChangeReport) -> String {
    let verb = serde_json::to_value(change.verb).unwrap();
    format!("{} {}", verb.as_str().unwrap(), change.resource)
}

/// The state of a step among reports.
pub fn state_of(reports: &[StepReport], step: StepId) -> State {
    reports.iter().find(|report| report.step == step).map(|report| report.state).unwrap()
}
