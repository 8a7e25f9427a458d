//! The locked-down bucket that the trail and the report both need.
//!
//! Public access blocked, owned by the account, encrypted, versioned, reachable only over TLS, readable only for those
//! who need it; where it is asked for, encrypted with a key of the account's own and locked against deletion. A bucket
//! that is there already is brought up to this; what others have set in its policy and its lifecycle stays. What is ours
//! in them has a name that begins with `Dayone` or `dayone`, and no other is replaced.

use std::collections::BTreeSet;

use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, BucketLocationConstraint, BucketNamespace,
    BucketVersioningStatus, CreateBucketConfiguration, DefaultRetention, ExpirationStatus,
    LifecycleExpiration, LifecycleRule, LifecycleRuleFilter, NoncurrentVersionExpiration,
    ObjectLockConfiguration, ObjectLockEnabled, ObjectLockRetentionMode, ObjectLockRule, ObjectOwnership,
    OwnershipControls, OwnershipControlsRule, PublicAccessBlockConfiguration, ServerSideEncryption,
    ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
    VersioningConfiguration,
};
use serde::Serialize;

use crate::aws::{ForCall, Identity, Reading, Unseen, reading, unless};
use crate::error::{AwsError, StepError};
use crate::operator::Operator;
use crate::policy::{Decision, Document, Effect, Principal, Request, Statement, Words};
use crate::practice::{StepId, Verb};
use crate::text;
use crate::text::{Text, counted, harmless};
use crate::{encryption_key, regions, wait};

/// After how many days earlier versions of objects go.
const EARLIER_VERSIONS_GO_AFTER: i32 = 90;
/// After how many days the parts of an upload go that was never finished.
const UNFINISHED_UPLOADS_GO_AFTER: i32 = 7;

/// What a bucket should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// Its Region.
    pub region: String,
    /// The account that owns it.
    pub account: String,
    /// The statements that its policy must have. Their names begin with `Dayone`, so that what an account's other trails
    /// and reports need, which has AWS's own names, is never taken for ours.
    pub policy: Document,
    /// The key that it encrypts objects with by default; none: any encryption will do.
    pub key: Option<DefaultKey>,
    /// For how many days Object Lock keeps each new object, at the least; 0: its lock is left as it is.
    pub locked_days: u32,
    /// The lifecycle rule that it must have; none: its lifecycle is left as it is.
    pub lifecycle: Option<Retention>,
    /// What the whole policy, foreign statements included, must let through.
    pub must_let: Vec<MustLet>,
}

/// A KMS key that objects are encrypted with by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultKey {
    /// Its alias, such as `alias/dayone-trail`.
    pub alias: String,
    /// Its ARN; none: it is not made yet.
    pub arn: Option<String>,
}

/// What Object Lock does with new objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// Nothing.
    Off,
    /// It keeps each for so many days from everybody who may not get past it.
    Governance(u32),
    /// It keeps each from everybody, root included. That is more than we ask for, so it is left as it is.
    Compliance,
}

/// Our lifecycle rule: how long objects stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Retention {
    /// What the keys of the objects begin with. Others than these never expire by our rule.
    pub prefix: String,
    /// After how many days they go; none: never. Earlier versions of them go in either case.
    pub expire_after_days: Option<u32>,
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
    /// Another account has it.
    NotMine,
    /// The caller may not look.
    Unseen(Unseen),
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
    /// The KMS key that they are encrypted with; none: one of S3's own.
    pub key: Option<String>,
    /// Whether earlier versions of objects are kept.
    pub versioned: Reading<bool>,
    /// What Object Lock does. It is read only for who asks for a lock, by [`observe_lock`].
    pub lock: Reading<Lock>,
    /// The bucket policy.
    pub policy: Reading<Option<String>>,
    /// Our own lifecycle rule, where there is one that is in force.
    pub lifecycle: Reading<Option<Retention>>,
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
    /// Encrypts objects with a KMS key by default.
    EncryptWithKey {
        /// The bucket.
        bucket: String,
        /// The key's alias.
        alias: String,
    },
    /// Keeps earlier versions of objects.
    EnableVersioning {
        /// The bucket.
        bucket: String,
    },
    /// Has Object Lock keep new objects, in governance mode.
    LockObjects {
        /// The bucket.
        bucket: String,
        /// For how many days.
        days: u32,
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
    /// Sets our lifecycle rule. Rules of others stay.
    PutLifecycle {
        /// The bucket.
        bucket: String,
        /// The rule.
        retention: Retention,
    },
}

/// Why a bucket cannot be brought up to what is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// Another account has the name.
    NotMine,
    /// It is in another Region.
    Elsewhere(String),
    /// It, or a setting of it, could not be read.
    Unseen(Unseen),
    /// Its policy cannot be read as one.
    UnreadablePolicy,
    /// A statement that is not ours would lock out the one named here.
    LockedOut(String),
}

/// Reads how a bucket stands, as the owner that is expected.
pub async fn observe(identity: &Identity, name: &str, region: &str) -> Result<BucketFacts, AwsError> {
    match identity.reading(locate(identity, name, region).await)? {
        Ok(Location::Free) => Ok(BucketFacts::Free),
        Ok(Location::NotMine) => Ok(BucketFacts::NotMine),
        Ok(Location::Unseen(unseen)) | Err(unseen) => Ok(BucketFacts::Unseen(unseen)),
        Ok(Location::Mine(region)) => {
            Ok(BucketFacts::Mine(Box::new(settings(identity, name, &region).await?)))
        }
    }
}

/// Reads what Object Lock does with the new objects of a bucket of this account.
pub async fn observe_lock(identity: &Identity, name: &str, region: &str) -> Result<Reading<Lock>, AwsError> {
    let account = identity.caller.account.as_str();
    let request = identity.s3(region).get_object_lock_configuration().bucket(name);
    let answer = request.expected_bucket_owner(account).send().await;
    let answer = answer.for_call("s3:GetBucketObjectLockConfiguration");
    let answer = identity.reading(unless("ObjectLockConfigurationNotFoundError", answer))?;
    Ok(answer.map(|answer| lock(answer.as_ref().and_then(|answer| answer.object_lock_configuration()))))
}

/// A lock without a default retention locks nothing by itself.
fn lock(configuration: Option<&ObjectLockConfiguration>) -> Lock {
    let rule = configuration.and_then(|configuration| configuration.rule());
    let Some(retention) = rule.and_then(|rule| rule.default_retention()) else { return Lock::Off };
    let (days, years) = (retention.days().unwrap_or_default(), retention.years().unwrap_or_default());
    match retention.mode() {
        Some(ObjectLockRetentionMode::Compliance) => Lock::Compliance,
        Some(_) => Lock::Governance(u32::try_from(days + years * 365).unwrap_or_default()),
        None => Lock::Off,
    }
}

/// What has to be done. Pure.
pub fn plan(wanted: &Wanted, facts: &BucketFacts) -> Result<Vec<BucketChange>, Obstacle> {
    match facts {
        BucketFacts::NotMine => Err(Obstacle::NotMine),
        BucketFacts::Unseen(unseen) => Err(Obstacle::Unseen(unseen.clone())),
        BucketFacts::Mine(settings) if settings.region != wanted.region => {
            Err(Obstacle::Elsewhere(settings.region.clone()))
        }
        BucketFacts::Mine(settings) => mend(wanted, settings),
        BucketFacts::Free => {
            let (bucket, region) = (wanted.name.clone(), wanted.region.clone());
            let mut changes = mend(wanted, &Settings::bare(&region))?;
            changes.insert(0, BucketChange::Create { bucket, region });
            Ok(changes)
        }
    }
}

impl BucketFacts {
    /// Whether others have set the bucket up, so that they may rely on it: it has a policy, and not our lifecycle rule,
    /// which is put before our policy is.
    pub fn is_set_up_by_others(&self) -> bool {
        let Self::Mine(settings) = self else { return false };
        settings.policy != Ok(None) && settings.lifecycle == Ok(None)
    }
}

impl Settings {
    /// A new bucket, as far as can be relied on: AWS's defaults differ between accounts and over the years, so what is
    /// a default today is set all the same.
    fn bare(region: &str) -> Self {
        Self {
            region: region.to_owned(),
            public_access_blocked: Ok(false),
            ownership_enforced: Ok(false),
            encrypted: Ok(false),
            key: None,
            versioned: Ok(false),
            lock: Ok(Lock::Off),
            policy: Ok(None),
            lifecycle: Ok(None),
        }
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
        mend_encryption(wanted, settings)?,
        missing(&settings.versioned, BucketChange::EnableVersioning { bucket })?,
        mend_lock(wanted, &settings.lock)?,
        mend_lifecycle(wanted, &settings.lifecycle)?,
        mend_policy(wanted, &settings.policy)?,
    ];
    Ok(changes.into_iter().flatten().collect())
}

fn mend_encryption(wanted: &Wanted, settings: &Settings) -> Result<Option<BucketChange>, Obstacle> {
    let bucket = wanted.name.clone();
    match (&settings.encrypted, &wanted.key) {
        (Err(unseen), _) => Err(Obstacle::Unseen(unseen.clone())),
        (Ok(encrypted), None) => Ok((!encrypted).then_some(BucketChange::Encrypt { bucket })),
        (Ok(true), Some(key)) if key.arn.is_some() && key.arn == settings.key => Ok(None),
        (Ok(_), Some(key)) => Ok(Some(BucketChange::EncryptWithKey { bucket, alias: key.alias.clone() })),
    }
}

/// A lock that is stricter than asked for stays: it was somebody's choice.
fn mend_lock(wanted: &Wanted, found: &Reading<Lock>) -> Result<Option<BucketChange>, Obstacle> {
    let (bucket, days) = (wanted.name.clone(), wanted.locked_days);
    match found {
        _ if days == 0 => Ok(None),
        Err(unseen) => Err(Obstacle::Unseen(unseen.clone())),
        Ok(Lock::Compliance) => Ok(None),
        Ok(Lock::Governance(found)) if *found >= days => Ok(None),
        Ok(Lock::Governance(_) | Lock::Off) => Ok(Some(BucketChange::LockObjects { bucket, days })),
    }
}

fn mend_lifecycle(
    wanted: &Wanted,
    found: &Reading<Option<Retention>>,
) -> Result<Option<BucketChange>, Obstacle> {
    let Some(retention) = &wanted.lifecycle else { return Ok(None) };
    match found {
        Err(unseen) => Err(Obstacle::Unseen(unseen.clone())),
        Ok(found) if found.as_ref() == Some(retention) => Ok(None),
        Ok(_) => {
            Ok(Some(BucketChange::PutLifecycle { bucket: wanted.name.clone(), retention: retention.clone() }))
        }
    }
}

fn mend_policy(wanted: &Wanted, found: &Reading<Option<String>>) -> Result<Option<BucketChange>, Obstacle> {
    let mended = mended_policy(&wanted.policy, &wanted.must_let, found)?;
    Ok(mended.map(|(policy, foreign_statements)| BucketChange::PutPolicy {
        bucket: wanted.name.clone(),
        policy,
        foreign_statements,
    }))
}

/// The policy that a resource has to get, and how many statements of others stay in it; none where nothing is missing.
/// What holds of a bucket's policy holds of those of keys and topics too.
pub fn mended_policy(
    ours: &Document,
    must_let: &[MustLet],
    found: &Reading<Option<String>>,
) -> Result<Option<(Document, usize)>, Obstacle> {
    let found = match found {
        Ok(Some(policy)) => Document::parse(policy).map_err(|_| Obstacle::UnreadablePolicy)?,
        Ok(None) => with_statements(ours, Vec::new()),
        Err(unseen) => return Err(Obstacle::Unseen(unseen.clone())),
    };
    let foreign = with_statements(ours, foreign_statements(&found, ours));
    let is_said = |ours: &Statement| found.statement.iter().any(|statement| statement.says_the_same(ours));
    let mut statements = ours.statement.clone();
    statements.retain(|statement| is_said(statement) || !is_spare(statement, &foreign, must_let));
    let foreign_statements = foreign.statement.len();
    statements.extend(foreign.statement);
    let policy = with_statements(ours, statements);
    if let Some(locked_out) = must_let.iter().find(|must| !must.is_let_by(&policy)) {
        return Err(Obstacle::LockedOut(locked_out.who.clone()));
    }
    if found.includes(&policy) && policy.includes(&found) {
        return Ok(None);
    }
    Ok(Some((policy, foreign_statements)))
}

fn with_statements(policy: &Document, statement: Vec<Statement>) -> Document {
    Document { version: policy.version.clone(), id: policy.id.clone(), statement }
}

/// The statements that are not ours: they have none of our names, and say nothing that ours say.
fn foreign_statements(found: &Document, wanted: &Document) -> Vec<Statement> {
    let is_ours = |statement: &Statement| {
        let named = |ours: &Statement| ours.sid.is_some() && ours.sid == statement.sid;
        wanted.statement.iter().any(|ours| named(ours) || ours.says_the_same(statement))
    };
    found.statement.iter().filter(|statement| !is_ours(statement)).cloned().collect()
}

/// Whether a statement of ours that lets services in is not needed: others let them in for all that it is there for.
fn is_spare(ours: &Statement, foreign: &Document, must_let: &[MustLet]) -> bool {
    let alone = with_statements(foreign, vec![ours.clone()]);
    let served: Vec<_> =
        must_let.iter().filter(|must| must.is_of_a_service() && must.is_let_by(&alone)).collect();
    ours.effect == Effect::Allow && !served.is_empty() && served.iter().all(|must| must.is_let_by(foreign))
}

/// Fails at once where there is no such bucket: whatever writes into it would only wait for it in vain.
pub async fn require(
    identity: &Identity,
    name: &str,
    region: &str,
    made_by: StepId,
) -> Result<(), StepError> {
    match locate(identity, name, region).await? {
        Location::Free => Err(missing_bucket(name, made_by)),
        Location::Mine(_) | Location::NotMine | Location::Unseen(_) => Ok(()),
    }
}

fn missing_bucket(name: &str, made_by: StepId) -> StepError {
    let name = harmless(name);
    StepError::InTheWay {
        what: text! { en: "There is no bucket {name} to write into.", ko: "파일을 저장할 버킷 {name}이(가) 없습니다." },
        next: text! {
            en: "The step {made_by} makes the bucket. Run the same command again and say yes to that step first.",
            ko: "버킷은 {made_by} 단계에서 만듭니다. 같은 명령을 다시 실행해 그 단계부터 적용하세요."
        },
    }
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
            let encryption = encryption(None)?;
            patiently(bucket, operator, async || {
                let request = s3.put_bucket_encryption().bucket(bucket).expected_bucket_owner(account);
                let sent = request.server_side_encryption_configuration(encryption.clone()).send().await;
                sent.for_call("s3:PutEncryptionConfiguration").map(drop)
            })
            .await
        }
        BucketChange::EncryptWithKey { bucket, alias } => {
            let key = encryption_key::arn_of(identity, region, alias, operator).await?;
            let encryption = encryption(Some(&key))?;
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
        BucketChange::LockObjects { bucket, days } => {
            let lock = lock_for(*days);
            patiently(bucket, operator, async || {
                let request =
                    s3.put_object_lock_configuration().bucket(bucket).expected_bucket_owner(account);
                let sent = request.object_lock_configuration(lock.clone()).send().await;
                sent.for_call("s3:PutBucketObjectLockConfiguration").map(drop)
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
        BucketChange::PutLifecycle { bucket, retention } => {
            let ours = lifecycle_rule(retention)?;
            patiently(bucket, operator, async || put_lifecycle(&s3, bucket, account, &ours).await).await
        }
    }
}

/// With a KMS key, S3 keeps a key of its own for the bucket, which spares nearly all calls to KMS.
fn encryption(key: Option<&str>) -> Result<ServerSideEncryptionConfiguration, AwsError> {
    let algorithm = if key.is_some() { ServerSideEncryption::AwsKms } else { ServerSideEncryption::Aes256 };
    let by_default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(algorithm)
        .set_kms_master_key_id(key.map(ToOwned::to_owned));
    let by_default = built(by_default.build(), "s3:PutEncryptionConfiguration")?;
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(by_default)
        .set_bucket_key_enabled(key.map(|_| true));
    let encryption = ServerSideEncryptionConfiguration::builder().rules(rule.build()).build();
    built(encryption, "s3:PutEncryptionConfiguration")
}

fn lock_for(days: u32) -> ObjectLockConfiguration {
    let retention = DefaultRetention::builder()
        .mode(ObjectLockRetentionMode::Governance)
        .days(i32::try_from(days).unwrap_or(i32::MAX));
    let rule = ObjectLockRule::builder().default_retention(retention.build());
    ObjectLockConfiguration::builder()
        .object_lock_enabled(ObjectLockEnabled::Enabled)
        .rule(rule.build())
        .build()
}

/// A bucket that was made a moment ago is not known everywhere at once, and one that keeps versions since a moment ago
/// cannot be locked yet.
async fn patiently<F>(bucket: &str, operator: &mut impl Operator, attempt: F) -> Result<(), StepError>
where
    F: AsyncFnMut() -> Result<(), AwsError>,
{
    let bucket = harmless(bucket);
    let what = text! { en: "Waiting until S3 is ready with bucket {bucket}", ko: "S3에서 버킷 {bucket}이(가) 준비되기를 기다리는 중" };
    let passes = |error: &AwsError| {
        ["NoSuchBucket", "OperationAborted", "InvalidBucketState"].iter().any(|code| error.is(code))
    };
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

/// S3 takes only all rules at once, so those of others are read and put again with ours.
async fn put_lifecycle(
    s3: &aws_sdk_s3::Client,
    bucket: &str,
    account: &str,
    ours: &LifecycleRule,
) -> Result<(), AwsError> {
    let found = s3.get_bucket_lifecycle_configuration().bucket(bucket).expected_bucket_owner(account);
    let found = found.send().await.for_call("s3:GetLifecycleConfiguration");
    let found = unless("NoSuchLifecycleConfiguration", found)?;
    let smallest = found.as_ref().and_then(|found| found.transition_default_minimum_object_size().cloned());
    let rules = beside_others(found.as_ref().map(|found| found.rules()).unwrap_or_default(), ours);
    let rules = BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build();
    let request = s3
        .put_bucket_lifecycle_configuration()
        .bucket(bucket)
        .expected_bucket_owner(account)
        .set_transition_default_minimum_object_size(smallest)
        .lifecycle_configuration(built(rules, "s3:PutLifecycleConfiguration")?);
    request.send().await.for_call("s3:PutLifecycleConfiguration").map(drop)
}

fn beside_others(found: &[LifecycleRule], ours: &LifecycleRule) -> Vec<LifecycleRule> {
    let others = found.iter().filter(|rule| !is_our_rule(rule)).cloned();
    others.chain(std::iter::once(ours.clone())).collect()
}

fn is_our_rule(rule: &LifecycleRule) -> bool {
    rule.id().is_some_and(|id| id.starts_with("dayone"))
}

fn lifecycle_rule(retention: &Retention) -> Result<LifecycleRule, AwsError> {
    let earlier_versions = NoncurrentVersionExpiration::builder().noncurrent_days(EARLIER_VERSIONS_GO_AFTER);
    let unfinished =
        AbortIncompleteMultipartUpload::builder().days_after_initiation(UNFINISHED_UPLOADS_GO_AFTER);
    let mut rule = LifecycleRule::builder()
        .id("dayone")
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix(&retention.prefix).build())
        .noncurrent_version_expiration(earlier_versions.build())
        .abort_incomplete_multipart_upload(unfinished.build());
    if let Some(days) = retention.expire_after_days.and_then(|days| i32::try_from(days).ok()) {
        rule = rule.expiration(LifecycleExpiration::builder().days(days).build());
    }
    built(rule.build(), "s3:PutLifecycleConfiguration")
}

/// What our rule among these says; none where there is none, or where it is not as we write it.
fn retention(rules: &[LifecycleRule]) -> Option<Retention> {
    let ours = rules.iter().find(|rule| is_our_rule(rule))?;
    let earlier_versions =
        ours.noncurrent_version_expiration().and_then(|versions| versions.noncurrent_days());
    let unfinished =
        ours.abort_incomplete_multipart_upload().and_then(|uploads| uploads.days_after_initiation());
    let as_we_write_it = *ours.status() == ExpirationStatus::Enabled
        && earlier_versions == Some(EARLIER_VERSIONS_GO_AFTER)
        && unfinished == Some(UNFINISHED_UPLOADS_GO_AFTER);
    let days = ours.expiration().and_then(|expiration| expiration.days());
    as_we_write_it.then(|| Retention {
        prefix: ours.filter().and_then(|filter| filter.prefix()).unwrap_or_default().to_owned(),
        expire_after_days: days.and_then(|days| u32::try_from(days).ok()),
    })
}

enum Location {
    Free,
    Mine(String),
    NotMine,
    Unseen(Unseen),
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
        Err(error) => match header.filter(|found| found != region) {
            Some(elsewhere) => locate_elsewhere(identity, name, elsewhere).await,
            None if is_refusal(&error) => locate_by_get(identity, name, region).await,
            None => Err(error),
        },
    }
}

async fn locate_elsewhere(identity: &Identity, name: &str, region: String) -> Result<Location, AwsError> {
    let account = identity.caller.account.as_str();
    let answer = identity.s3(&region).head_bucket().bucket(name).expected_bucket_owner(account).send().await;
    match answer.for_call("s3:ListBucket") {
        Ok(_) => Ok(Location::Mine(region)),
        Err(error) if is_refusal(&error) => locate_by_get(identity, name, &region).await,
        Err(error) => Err(error),
    }
}

fn is_refusal(error: &AwsError) -> bool {
    ["HTTP 403", "AccessDenied", "Forbidden"].iter().any(|code| error.is(code))
}

/// An answer to HEAD has no body, so a refusal does not say why: S3 may not know a new access key yet, the permission
/// may be missing, or the bucket may be another account's. The same question, asked by GET, tells. Who may not list a
/// bucket that lets only its readers do so may still see its settings, and these are answered only as its owner's.
async fn locate_by_get(identity: &Identity, name: &str, region: &str) -> Result<Location, AwsError> {
    let (s3, account) = (identity.s3(region), identity.caller.account.as_str());
    let list = || s3.list_objects_v2().bucket(name).max_keys(0);
    let as_mine = list().expected_bucket_owner(account).send().await.for_call("s3:ListBucket");
    let unseen = match reading(unless("NoSuchBucket", as_mine))? {
        Ok(Some(_)) => return Ok(Location::Mine(region.to_owned())),
        Ok(None) => return Ok(Location::Free),
        Err(unseen) => unseen,
    };
    let policy = s3.get_bucket_policy().bucket(name).expected_bucket_owner(account).send().await;
    let unseen = match unless("NoSuchBucketPolicy", policy.for_call("s3:GetBucketPolicy")) {
        Ok(_) => return Ok(Location::Mine(region.to_owned())),
        // A bucket may list its objects for its readers alone, so it is this permission that is told as missing.
        Err(error) if error.is_unseen() => error.into(),
        Err(_) => unseen,
    };
    if can_be_only_mine(name, account) {
        return Ok(Location::Unseen(unseen));
    }
    if reading(list().send().await.for_call("s3:ListBucket"))?.is_ok() {
        return Ok(Location::NotMine);
    }
    let own = s3.list_buckets().prefix(name).send().await.for_call("s3:ListAllMyBuckets");
    let is_another_s =
        reading(own)?.is_ok_and(|own| !own.buckets().iter().any(|own| own.name() == Some(name)));
    Ok(if is_another_s { Location::NotMine } else { Location::Unseen(unseen) })
}

/// Names in the account-regional namespace end with the account, the Region and `-an`, and no other account gets them.
fn can_be_only_mine(name: &str, account: &str) -> bool {
    name.ends_with("-an") && name.contains(&format!("-{account}-"))
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
    let encryption = identity.reading(encryption)?;
    Ok(Settings {
        region: region.to_owned(),
        public_access_blocked: identity
            .reading(block)?
            .map(|block| block.is_some_and(|block| blocks_all(&block))),
        ownership_enforced: identity
            .reading(ownership)?
            .map(|found| found.is_some_and(|found| is_enforced(&found))),
        key: encryption.as_ref().ok().and_then(|encryption| default_key(encryption.as_ref()?)),
        encrypted: encryption.map(|encryption| encryption.is_some()),
        lock: Ok(Lock::Off),
        versioned: identity
            .reading(versioning.for_call("s3:GetBucketVersioning"))?
            .map(|versioning| versioning.status() == Some(&BucketVersioningStatus::Enabled)),
        policy: identity.reading(policy)?.map(|policy| policy.and_then(|policy| policy.policy)),
        lifecycle: identity.reading(lifecycle)?.map(|found| found.and_then(|found| retention(found.rules()))),
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

fn default_key(
    answer: &aws_sdk_s3::operation::get_bucket_encryption::GetBucketEncryptionOutput,
) -> Option<String> {
    let rules = answer.server_side_encryption_configuration()?.rules();
    let mut by_default = rules.iter().filter_map(|rule| rule.apply_server_side_encryption_by_default());
    by_default.find_map(|by_default| by_default.kms_master_key_id()).map(ToOwned::to_owned)
}

fn is_enforced(
    answer: &aws_sdk_s3::operation::get_bucket_ownership_controls::GetBucketOwnershipControlsOutput,
) -> bool {
    let rules = answer.ownership_controls().map(OwnershipControls::rules).unwrap_or_default();
    rules.iter().any(|rule| *rule.object_ownership() == ObjectOwnership::BucketOwnerEnforced)
}

/// A policy in JSON with its words filled in, all in one pass: a name that is filled in may itself spell one of the
/// words, and whatever it holds, it adds nothing but itself.
pub fn filled_in(template: &str, words: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    loop {
        let places = words.iter().filter_map(|(word, value)| Some((rest.find(word)?, *word, *value)));
        let Some((place, word, value)) = places.min_by_key(|(place, ..)| *place) else { break };
        filled.push_str(&rest[..place]);
        filled.push_str(&in_json(value));
        rest = &rest[place + word.len()..];
    }
    filled.push_str(rest);
    filled
}

/// As a part of a string in JSON.
fn in_json(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
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
        let service = self.is_of_a_service();
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

    fn is_of_a_service(&self) -> bool {
        !self.who.starts_with("arn:")
    }
}

impl BucketChange {
    /// What is done.
    pub fn verb(&self) -> Verb {
        match self {
            Self::Create { .. } => Verb::Create,
            Self::BlockPublicAccess { .. } | Self::EnableVersioning { .. } | Self::LockObjects { .. } => {
                Verb::Enable
            }
            Self::EnforceOwnership { .. }
            | Self::Encrypt { .. }
            | Self::EncryptWithKey { .. }
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
            Self::Encrypt { bucket } | Self::EncryptWithKey { bucket, .. } => (bucket, "/encryption"),
            Self::EnableVersioning { bucket } => (bucket, "/versioning"),
            Self::LockObjects { bucket, .. } => (bucket, "/object-lock"),
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
            Self::EncryptWithKey { alias, .. } => text! {
                en: "encryption by default with the KMS key {alias}",
                ko: "KMS 키 {alias}(으)로 기본 암호화"
            },
            Self::LockObjects { days, .. } => text! {
                en: "Object Lock: each new object is kept for {days_en} (governance mode)",
                ko: "객체 잠금(Object Lock): 새 객체를 {days}일 동안 보존(거버넌스 모드)",
                days_en = counted(days, "day")
            },
            Self::EnableVersioning { .. } => {
                text! { en: "versioning, so that nothing is overwritten", ko: "버전 관리, 덮어써도 이전 버전 보존" }
            }
            Self::PutPolicy { policy, foreign_statements, .. } => policy_summary(policy, *foreign_statements),
            Self::PutLifecycle { retention, .. } => retention.summary(),
        }
    }
}

impl Retention {
    fn summary(&self) -> Text {
        let (objects, versions) = (harmless(&self.prefix), EARLIER_VERSIONS_GO_AFTER);
        match self.expire_after_days {
            Some(days) => text! {
                en: "lifecycle of {objects}: objects go after {days_en}, earlier versions {versions} days later",
                ko: "{objects}의 수명 주기: 객체는 {days}일 뒤, 이전 버전은 그 {versions}일 뒤 삭제",
                days_en = counted(days, "day")
            },
            None => text! {
                en: "lifecycle of {objects}: objects stay, earlier versions go after {versions} days",
                ko: "{objects}의 수명 주기: 객체는 유지, 이전 버전은 {versions}일 뒤 삭제"
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
            ko: ". 기존 정책 명령문 {foreign_statements}개는 유지"
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
                en: "The bucket {bucket} belongs to another account. Name another one: {key} in the answers file.",
                ko: "버킷 {bucket}은(는) 다른 계정의 것입니다. 응답 파일의 {key}에 다른 이름을 적으세요."
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
                    ko: "버킷 {bucket} 정책에 있던 명령문이 {who}의 접근을 막습니다. 정책을 확인하거나 다른 버킷을 지정하세요({key})."
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
