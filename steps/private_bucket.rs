//! The locked-down bucket that the trail and the report both need.
//!
//! Public access blocked, owned by the account, encrypted, versioned, reachable only over TLS, readable only for those
//! who need it. A bucket that is there already is brought up to this; statements of its policy that are not ours stay.

use std::collections::BTreeSet;

use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketNamespace, BucketVersioningStatus, CreateBucketConfiguration,
    LifecycleRule, LifecycleRuleFilter, ObjectOwnership, OwnershipControls, OwnershipControlsRule,
    PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, VersioningConfiguration,
};
use serde::Serialize;

use crate::aws::{ForCall, Identity, Reading, Unseen, reading, unless};
use crate::error::{AwsError, StepError};
use crate::operator::Operator;
use crate::policy::{Decision, Document, Principal, Request, Statement, Words};
use crate::practice::Verb;
use crate::text;
use crate::text::{Text, harmless};
use crate::{regions, wait};

/// What a bucket should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// Its Region.
    pub region: String,
    /// The account that owns it.
    pub account: String,
    /// The statements that its policy must have.
    pub policy: Document,
    /// After how many days objects go; none: never.
    pub expire_after_days: Option<u32>,
    /// What the whole policy, foreign statements included, must let through.
    pub must_let: Vec<MustLet>,
}

/// A request that a bucket policy must let through: without it the service or the administrators would be locked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MustLet {
    /// A service name, or the ARN of an IAM principal.
    pub who: String,
    /// The action.
    pub action: &'static str,
    /// The resource's ARN.
    pub resource: String,
    /// The condition keys of the request.
    pub context: Vec<(&'static str, String)>,
}

/// How a bucket name stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BucketFacts {
    /// Nobody has it.
    Free,
    /// This account has it.
    Mine(Box<Settings>),
    /// Somebody else has it, or the caller may not look.
    NotMine,
}

/// How a bucket of this account is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Its Region.
    pub region: String,
    /// Whether all four kinds of public access are blocked.
    pub public_access_blocked: Reading<bool>,
    /// Whether the account owns every object, and access control lists are off.
    pub ownership_enforced: Reading<bool>,
    /// Whether objects are encrypted by default.
    pub encrypted: Reading<bool>,
    /// Whether earlier versions of objects are kept.
    pub versioned: Reading<bool>,
    /// The bucket policy.
    pub policy: Reading<Option<String>>,
    /// Whether there are lifecycle rules.
    pub has_lifecycle: Reading<bool>,
}

/// What can be changed about a bucket.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum BucketChange {
    /// Creates it.
    Create {
        /// Its name.
        bucket: String,
        /// Its Region.
        region: String,
    },
    /// Blocks public access.
    BlockPublicAccess {
        /// The bucket.
        bucket: String,
    },
    /// Switches access control lists off.
    EnforceOwnership {
        /// The bucket.
        bucket: String,
    },
    /// Encrypts objects by default.
    Encrypt {
        /// The bucket.
        bucket: String,
    },
    /// Keeps earlier versions of objects.
    EnableVersioning {
        /// The bucket.
        bucket: String,
    },
    /// Sets the policy: ours, and the foreign statements that were there.
    PutPolicy {
        /// The bucket.
        bucket: String,
        /// The whole policy.
        policy: Document,
        /// How many statements of others stay in it.
        foreign_statements: usize,
    },
    /// Sets the lifecycle, where there is none.
    PutLifecycle {
        /// The bucket.
        bucket: String,
        /// After how many days objects go; none: never.
        expire_after_days: Option<u32>,
    },
}

/// Why a bucket cannot be brought up to what is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// Somebody else has the name.
    NotMine,
    /// It is in another Region.
    Elsewhere(String),
    /// A setting could not be read.
    Unseen(Unseen),
    /// Its policy cannot be read as one.
    UnreadablePolicy,
    /// A statement that is not ours would lock out the one named here.
    LockedOut(String),
}

/// Reads how a bucket stands, as the owner that is expected.
pub async fn observe(identity: &Identity, name: &str, region: &str) -> Result<BucketFacts, AwsError> {
    match locate(identity, name, region).await? {
        Location::Free => Ok(BucketFacts::Free),
        Location::NotMine => Ok(BucketFacts::NotMine),
        Location::Mine(region) => Ok(BucketFacts::Mine(Box::new(settings(identity, name, &region).await?))),
    }
}

/// What has to be done. Pure.
pub fn plan(wanted: &Wanted, facts: &BucketFacts) -> Result<Vec<BucketChange>, Obstacle> {
    let bucket = || wanted.name.clone();
    match facts {
        BucketFacts::NotMine => Err(Obstacle::NotMine),
        BucketFacts::Mine(settings) if settings.region != wanted.region => {
            Err(Obstacle::Elsewhere(settings.region.clone()))
        }
        BucketFacts::Mine(settings) => mend(wanted, settings),
        // What is AWS's default today is said all the same: defaults differ between accounts and over the years.
        BucketFacts::Free => Ok(vec![
            BucketChange::Create { bucket: bucket(), region: wanted.region.clone() },
            BucketChange::BlockPublicAccess { bucket: bucket() },
            BucketChange::EnforceOwnership { bucket: bucket() },
            BucketChange::Encrypt { bucket: bucket() },
            BucketChange::EnableVersioning { bucket: bucket() },
            BucketChange::PutLifecycle { bucket: bucket(), expire_after_days: wanted.expire_after_days },
            BucketChange::PutPolicy {
                bucket: bucket(),
                policy: wanted.policy.clone(),
                foreign_statements: 0,
            },
        ]),
    }
}

fn mend(wanted: &Wanted, settings: &Settings) -> Result<Vec<BucketChange>, Obstacle> {
    let bucket = wanted.name.clone();
    let missing = |setting: &Reading<bool>, change: BucketChange| match setting {
        Ok(true) => Ok(None),
        Ok(false) => Ok(Some(change)),
        Err(unseen) => Err(Obstacle::Unseen(unseen.clone())),
    };
    let changes = [
        missing(&settings.public_access_blocked, BucketChange::BlockPublicAccess { bucket: bucket.clone() })?,
        missing(&settings.ownership_enforced, BucketChange::EnforceOwnership { bucket: bucket.clone() })?,
        missing(&settings.encrypted, BucketChange::Encrypt { bucket: bucket.clone() })?,
        missing(&settings.versioned, BucketChange::EnableVersioning { bucket: bucket.clone() })?,
        missing(
            &settings.has_lifecycle,
            BucketChange::PutLifecycle { bucket, expire_after_days: wanted.expire_after_days },
        )?,
        mend_policy(wanted, &settings.policy)?,
    ];
    Ok(changes.into_iter().flatten().collect())
}

fn mend_policy(wanted: &Wanted, found: &Reading<Option<String>>) -> Result<Option<BucketChange>, Obstacle> {
    let found = match found {
        Ok(Some(policy)) => Document::parse(policy).map_err(|_| Obstacle::UnreadablePolicy)?,
        Ok(None) => Document { statement: Vec::new(), ..wanted.policy.clone() },
        Err(unseen) => return Err(Obstacle::Unseen(unseen.clone())),
    };
    if found.includes(&wanted.policy) && superseded(&found, &wanted.policy).is_empty() {
        return Ok(None);
    }
    let ours = |statement: &Statement| {
        let named = |other: &Statement| other.sid.is_some() && other.sid == statement.sid;
        wanted.policy.statement.iter().any(|other| named(other) || other.says_the_same(statement))
    };
    let foreign: Vec<_> = found.statement.iter().filter(|statement| !ours(statement)).cloned().collect();
    let foreign_statements = foreign.len();
    let mut policy = wanted.policy.clone();
    policy.statement.extend(foreign);
    if let Some(locked_out) = wanted.must_let.iter().find(|must| !must.is_let_by(&policy)) {
        return Err(Obstacle::LockedOut(locked_out.who.clone()));
    }
    Ok(Some(BucketChange::PutPolicy { bucket: wanted.name.clone(), policy, foreign_statements }))
}

/// Statements under our names that say something else: an earlier form of ours.
fn superseded<'f>(found: &'f Document, wanted: &Document) -> Vec<&'f Statement> {
    let replaced = |statement: &&Statement| {
        statement.sid.is_some()
            && wanted.statement.iter().any(|ours| ours.sid == statement.sid && !ours.says_the_same(statement))
    };
    found.statement.iter().filter(replaced).collect()
}

/// Makes one change. Each can be made again.
pub async fn apply(
    change: &BucketChange,
    identity: &Identity,
    region: &str,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let account = identity.caller.account.as_str();
    let s3 = identity.s3(region);
    match change {
        BucketChange::Create { bucket, region } => create(identity, bucket, region).await,
        BucketChange::BlockPublicAccess { bucket } => {
            let all = PublicAccessBlockConfiguration::builder()
                .block_public_acls(true)
                .ignore_public_acls(true)
                .block_public_policy(true)
                .restrict_public_buckets(true)
                .build();
            patiently(bucket, operator, async || {
                let request = s3.put_public_access_block().bucket(bucket).expected_bucket_owner(account);
                let sent = request.public_access_block_configuration(all.clone()).send().await;
                sent.for_call("s3:PutBucketPublicAccessBlock").map(drop)
            })
            .await
        }
        BucketChange::EnforceOwnership { bucket } => {
            let rule =
                OwnershipControlsRule::builder().object_ownership(ObjectOwnership::BucketOwnerEnforced);
            let rule = built(rule.build(), "s3:PutBucketOwnershipControls")?;
            let controls = OwnershipControls::builder().rules(rule).build();
            let controls = built(controls, "s3:PutBucketOwnershipControls")?;
            patiently(bucket, operator, async || {
                let request =
                    s3.put_bucket_ownership_controls().bucket(bucket).expected_bucket_owner(account);
                let sent = request.ownership_controls(controls.clone()).send().await;
                sent.for_call("s3:PutBucketOwnershipControls").map(drop)
            })
            .await
        }
        BucketChange::Encrypt { bucket } => {
            let by_default =
                ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::Aes256);
            let by_default = built(by_default.build(), "s3:PutEncryptionConfiguration")?;
            let rule =
                ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(by_default);
            let encryption = ServerSideEncryptionConfiguration::builder().rules(rule.build()).build();
            let encryption = built(encryption, "s3:PutEncryptionConfiguration")?;
            patiently(bucket, operator, async || {
                let request = s3.put_bucket_encryption().bucket(bucket).expected_bucket_owner(account);
                let sent = request.server_side_encryption_configuration(encryption.clone()).send().await;
                sent.for_call("s3:PutEncryptionConfiguration").map(drop)
            })
            .await
        }
        BucketChange::EnableVersioning { bucket } => {
            let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
            patiently(bucket, operator, async || {
                let request = s3.put_bucket_versioning().bucket(bucket).expected_bucket_owner(account);
                let sent = request.versioning_configuration(enabled.clone()).send().await;
                sent.for_call("s3:PutBucketVersioning").map(drop)
            })
            .await
        }
        BucketChange::PutPolicy { bucket, policy, .. } => {
            let policy = policy.to_json();
            patiently(bucket, operator, async || {
                let request = s3.put_bucket_policy().bucket(bucket).expected_bucket_owner(account);
                let sent = request.policy(&policy).send().await;
                sent.for_call("s3:PutBucketPolicy").map(drop)
            })
            .await
        }
        BucketChange::PutLifecycle { bucket, expire_after_days } => {
            let rules = lifecycle(*expire_after_days)?;
            patiently(bucket, operator, async || {
                let request = s3.put_bucket_lifecycle_configuration().bucket(bucket);
                let request = request.expected_bucket_owner(account).lifecycle_configuration(rules.clone());
                request.send().await.for_call("s3:PutLifecycleConfiguration").map(drop)
            })
            .await
        }
    }
}

/// A bucket that was made a moment ago is not known everywhere at once.
async fn patiently<F>(bucket: &str, operator: &mut impl Operator, attempt: F) -> Result<(), StepError>
where
    F: AsyncFnMut() -> Result<(), AwsError>,
{
    let bucket = harmless(bucket);
    let what = text! { en: "Waiting until S3 is ready with bucket {bucket}", ko: "S3에서 버킷 {bucket}이(가) 준비되기를 기다리는 중" };
    let passes = |error: &AwsError| error.is("NoSuchBucket") || error.is("OperationAborted");
    wait::until_seen(operator, what, passes, attempt).await
}

fn built<T, E: std::fmt::Display>(result: Result<T, E>, operation: &'static str) -> Result<T, AwsError> {
    result.map_err(|error| AwsError::without_answer(operation, &error.to_string()))
}

async fn create(identity: &Identity, bucket: &str, region: &str) -> Result<(), StepError> {
    let mut request = identity.s3(region).create_bucket().bucket(bucket);
    if bucket.ends_with("-an") && regions::has_account_regional_namespace(region) {
        request = request.bucket_namespace(BucketNamespace::AccountRegional);
    }
    // us-east-1 is the one Region that must not be named.
    if region != "us-east-1" {
        let location = BucketLocationConstraint::from(region);
        let location = CreateBucketConfiguration::builder().location_constraint(location).build();
        request = request.create_bucket_configuration(location);
    }
    unless("BucketAlreadyOwnedByYou", request.send().await.for_call("s3:CreateBucket"))?;
    Ok(())
}

fn lifecycle(
    expire_after_days: Option<u32>,
) -> Result<aws_sdk_s3::types::BucketLifecycleConfiguration, AwsError> {
    use aws_sdk_s3::types::{
        AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, ExpirationStatus, LifecycleExpiration,
        NoncurrentVersionExpiration,
    };
    let mut rule = LifecycleRule::builder()
        .id("dayone")
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix("").build())
        .noncurrent_version_expiration(NoncurrentVersionExpiration::builder().noncurrent_days(90).build())
        .abort_incomplete_multipart_upload(
            AbortIncompleteMultipartUpload::builder().days_after_initiation(7).build(),
        );
    if let Some(days) = expire_after_days.and_then(|days| i32::try_from(days).ok()) {
        rule = rule.expiration(LifecycleExpiration::builder().days(days).build());
    }
    let rule = built(rule.build(), "s3:PutLifecycleConfiguration")?;
    let rules = BucketLifecycleConfiguration::builder().rules(rule).build();
    built(rules, "s3:PutLifecycleConfiguration")
}

enum Location {
    Free,
    Mine(String),
    NotMine,
}

/// `CreateBucket` is no test of existence: in us-east-1 it answers 200 for a bucket that is there, and resets it.
async fn locate(identity: &Identity, name: &str, region: &str) -> Result<Location, AwsError> {
    let account = identity.caller.account.as_str();
    let answer = identity.s3(region).head_bucket().bucket(name).expected_bucket_owner(account).send().await;
    let header = answer
        .as_ref()
        .err()
        .and_then(|error| error.raw_response())
        .and_then(|response| response.headers().get("x-amz-bucket-region").map(ToOwned::to_owned));
    match answer.for_call("s3:ListBucket") {
        Ok(found) => Ok(Location::Mine(found.bucket_region().unwrap_or(region).to_owned())),
        Err(error) if error.is("NotFound") || error.is("HTTP 404") => Ok(Location::Free),
        Err(error) if error.is("HTTP 403") || error.is("AccessDenied") || error.is("Forbidden") => {
            Ok(Location::NotMine)
        }
        Err(error) => match header.filter(|found| found != region) {
            Some(elsewhere) => locate_elsewhere(identity, name, elsewhere).await,
            None => Err(error),
        },
    }
}

async fn locate_elsewhere(identity: &Identity, name: &str, region: String) -> Result<Location, AwsError> {
    let account = identity.caller.account.as_str();
    let answer = identity.s3(&region).head_bucket().bucket(name).expected_bucket_owner(account).send().await;
    match answer.for_call("s3:ListBucket") {
        Ok(_) => Ok(Location::Mine(region)),
        Err(error) if error.is("HTTP 403") => Ok(Location::NotMine),
        Err(error) => Err(error),
    }
}

/// Absent settings come as errors, each with a code of its own.
async fn settings(identity: &Identity, name: &str, region: &str) -> Result<Settings, AwsError> {
    let (s3, account) = (identity.s3(region), identity.caller.account.as_str());
    let (block, ownership, encryption, versioning, policy, lifecycle) = tokio::join!(
        s3.get_public_access_block().bucket(name).expected_bucket_owner(account).send(),
        s3.get_bucket_ownership_controls().bucket(name).expected_bucket_owner(account).send(),
        s3.get_bucket_encryption().bucket(name).expected_bucket_owner(account).send(),
        s3.get_bucket_versioning().bucket(name).expected_bucket_owner(account).send(),
        s3.get_bucket_policy().bucket(name).expected_bucket_owner(account).send(),
        s3.get_bucket_lifecycle_configuration().bucket(name).expected_bucket_owner(account).send(),
    );
    let block =
        unless("NoSuchPublicAccessBlockConfiguration", block.for_call("s3:GetBucketPublicAccessBlock"));
    let ownership =
        unless("OwnershipControlsNotFoundError", ownership.for_call("s3:GetBucketOwnershipControls"));
    let encryption = unless(
        "ServerSideEncryptionConfigurationNotFoundError",
        encryption.for_call("s3:GetEncryptionConfiguration"),
    );
    let policy = unless("NoSuchBucketPolicy", policy.for_call("s3:GetBucketPolicy"));
    let lifecycle =
        unless("NoSuchLifecycleConfiguration", lifecycle.for_call("s3:GetLifecycleConfiguration"));
    Ok(Settings {
        region: region.to_owned(),
        public_access_blocked: reading(block)?.map(|block| block.is_some_and(|block| blocks_all(&block))),
        ownership_enforced: reading(ownership)?.map(|found| found.is_some_and(|found| is_enforced(&found))),
        encrypted: reading(encryption)?.map(|encryption| encryption.is_some()),
        versioned: reading(versioning.for_call("s3:GetBucketVersioning"))?
            .map(|versioning| versioning.status() == Some(&BucketVersioningStatus::Enabled)),
        policy: reading(policy)?.map(|policy| policy.and_then(|policy| policy.policy)),
        has_lifecycle: reading(lifecycle)?.map(|found| found.is_some_and(|found| !found.rules().is_empty())),
    })
}

fn blocks_all(answer: &aws_sdk_s3::operation::get_public_access_block::GetPublicAccessBlockOutput) -> bool {
    answer.public_access_block_configuration().is_some_and(|block| {
        [
            block.block_public_acls(),
            block.ignore_public_acls(),
            block.block_public_policy(),
            block.restrict_public_buckets(),
        ]
        .into_iter()
        .all(|blocked| blocked == Some(true))
    })
}

fn is_enforced(
    answer: &aws_sdk_s3::operation::get_bucket_ownership_controls::GetBucketOwnershipControlsOutput,
) -> bool {
    let rules = answer.ownership_controls().map(OwnershipControls::rules).unwrap_or_default();
    rules.iter().any(|rule| *rule.object_ownership() == ObjectOwnership::BucketOwnerEnforced)
}

/// Puts principals in the place of a word such as `READERS` in the conditions of a policy.
pub fn name_principals(policy: &mut Document, word: &str, principals: &BTreeSet<String>) {
    let conditions = policy.statement.iter_mut().flat_map(|statement| statement.condition.values_mut());
    for words in conditions.filter_map(|keys| keys.get_mut("aws:PrincipalArn")) {
        if words.0.contains(word) {
            *words = principals.iter().collect::<Words>();
        }
    }
}

impl MustLet {
    /// Whether a policy lets it through, as the owner's account decides it: an administrator may do what no statement
    /// denies, a service needs a statement that allows it.
    pub fn is_let_by(&self, policy: &Document) -> bool {
        let service = !self.who.starts_with("arn:");
        let mut context = vec![("aws:SecureTransport", "true")];
        context.push(("aws:PrincipalIsAWSService", if service { "true" } else { "false" }));
        if !service {
            context.push(("aws:PrincipalArn", &self.who));
        }
        context.extend(self.context.iter().map(|(key, value)| (*key, value.as_str())));
        let principal = if service { Principal::Service(&self.who) } else { Principal::Aws(&self.who) };
        let request = Request { principal, action: self.action, resource: &self.resource, context: &context };
        match policy.decide(&request) {
            Decision::Allowed => true,
            Decision::Denied => false,
            Decision::NotMentioned => !service,
        }
    }
}

impl BucketChange {
    /// What is done.
    pub fn verb(&self) -> Verb {
        match self {
            Self::Create { .. } => Verb::Create,
            Self::BlockPublicAccess { .. } | Self::EnableVersioning { .. } => Verb::Enable,
            Self::EnforceOwnership { .. }
            | Self::Encrypt { .. }
            | Self::PutPolicy { .. }
            | Self::PutLifecycle { .. } => Verb::Update,
        }
    }

    /// To what.
    pub fn resource(&self) -> String {
        let (bucket, part) = match self {
            Self::Create { bucket, .. } => (bucket, ""),
            Self::BlockPublicAccess { bucket } => (bucket, "/public-access-block"),
            Self::EnforceOwnership { bucket } => (bucket, "/ownership-controls"),
            Self::Encrypt { bucket } => (bucket, "/encryption"),
            Self::EnableVersioning { bucket } => (bucket, "/versioning"),
            Self::PutPolicy { bucket, .. } => (bucket, "/policy"),
            Self::PutLifecycle { bucket, .. } => (bucket, "/lifecycle"),
        };
        format!("s3:bucket/{bucket}{part}")
    }

    /// One line for the plan.
    pub fn summary(&self) -> Text {
        match self {
            Self::Create { bucket, region } => {
                text! { en: "bucket {bucket} in {region}", ko: "{region} 리전에 버킷 {bucket}" }
            }
            Self::BlockPublicAccess { .. } => {
                text! { en: "Block Public Access, all four settings", ko: "퍼블릭 액세스 차단, 네 가지 설정 모두" }
            }
            Self::EnforceOwnership { .. } => {
                text! { en: "ownership: access control lists off", ko: "소유권: 액세스 제어 목록(ACL) 끔" }
            }
            Self::Encrypt { .. } => text! { en: "encryption by default (SSE-S3)", ko: "기본 암호화(SSE-S3)" },
            Self::EnableVersioning { .. } => {
                text! { en: "versioning, so that nothing is overwritten", ko: "버전 관리, 덮어써도 이전 버전 보존" }
            }
            Self::PutPolicy { policy, foreign_statements, .. } => policy_summary(policy, *foreign_statements),
            Self::PutLifecycle { expire_after_days: Some(days), .. } => text! {
                en: "lifecycle: objects go after {days} days, earlier versions 90 days later",
                ko: "수명 주기: 객체는 {days}일 뒤, 이전 버전은 그 90일 뒤 삭제"
            },
            Self::PutLifecycle { expire_after_days: None, .. } => text! {
                en: "lifecycle: objects stay, earlier versions go after 90 days",
                ko: "수명 주기: 객체는 유지, 이전 버전은 90일 뒤 삭제"
            },
        }
    }
}

fn policy_summary(policy: &Document, foreign_statements: usize) -> Text {
    let closed =
        policy.statement.iter().any(|statement| statement.sid.as_deref() == Some("DayoneOnlyReadersRead"));
    let mut summary = if closed {
        text! {
            en: "bucket policy: TLS only, the service writes, only administrators and named readers read",
            ko: "버킷 정책: TLS만 허용, 서비스가 쓰고 관리자와 지정한 사람만 읽음"
        }
    } else {
        text! { en: "bucket policy: TLS only, the service writes", ko: "버킷 정책: TLS만 허용, 서비스가 씀" }
    };
    if foreign_statements > 0 {
        let stay = text! {
            en: "; {foreign_statements} statements that were there stay",
            ko: ". 기존 문 {foreign_statements}개는 유지"
        };
        summary.en.push_str(&stay.en);
        summary.ko.push_str(&stay.ko);
    }
    summary
}

impl Obstacle {
    /// What it is, and what to do about it.
    pub fn text(&self, bucket: &str, key: &str) -> Text {
        let bucket = harmless(bucket);
        match self {
            Self::NotMine => text! {
                en: "The bucket {bucket} belongs to another account, or you may not look at it. Name another one: {key} in the answers file.",
                ko: "버킷 {bucket}은(는) 다른 계정의 것이거나 볼 권한이 없습니다. 응답 파일의 {key}에 다른 이름을 적으세요."
            },
            Self::Elsewhere(region) => {
                let region = harmless(region);
                text! {
                    en: "The bucket {bucket} is in {region}, another Region than asked for. Name another bucket or Region ({key}).",
                    ko: "버킷 {bucket}은(는) 지정한 리전이 아닌 {region}에 있습니다. 다른 버킷이나 리전을 지정하세요({key})."
                }
            }
            Self::Unseen(unseen) => unseen.text(),
            Self::LockedOut(who) => {
                let who = harmless(who);
                text! {
                    en: "A statement in the policy of bucket {bucket} would lock out {who}. Look at the policy, or name another bucket ({key}).",
                    ko: "버킷 {bucket} 정책의 기존 문이 {who}의 접근을 막습니다. 정책을 확인하거나 다른 버킷을 지정하세요({key})."
                }
            }
            Self::UnreadablePolicy => text! {
                en: "The policy of bucket {bucket} cannot be understood, so nothing is added to it. Look at it, or name another bucket ({key}).",
                ko: "버킷 {bucket}의 정책을 해석할 수 없어 아무것도 추가하지 않습니다. 정책을 확인하거나 다른 버킷을 지정하세요({key})."
            },
        }
    }
}

#[cfg(test)]
#[path = "private_bucket_tests.rs"]
mod tests;
