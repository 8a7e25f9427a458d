//! Makes one change of a bucket.

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_bucket_encryption::GetBucketEncryptionOutput;
use aws_sdk_s3::types::{
    BlockedEncryptionTypes, BucketLocationConstraint, BucketNamespace, BucketVersioningStatus,
    CreateBucketConfiguration, DefaultRetention, EncryptionType, ObjectLockConfiguration, ObjectLockEnabled,
    ObjectLockRetentionMode, ObjectLockRule, ObjectOwnership, OwnershipControls, OwnershipControlsRule,
    PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, VersioningConfiguration,
};

use crate::aws::{ForCall, Identity, unless};
use crate::error::{AwsError, StepError};
use crate::operator::Operator;
use crate::policy::Document;
use crate::text;
use crate::text::{Text, harmless};
use crate::{encryption_key, meanwhile, regions, wait};

use super::change::BucketChange;
use super::{lifecycle, tags};

/// Makes one change. Each can be made again.
pub async fn apply(
    change: &BucketChange,
    identity: &Identity,
    region: &str,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let account = identity.caller.account.as_str();
    let bucket = Bucket { s3: identity.s3(region), name: change.bucket(), account };
    match change {
        BucketChange::Create { region, .. } => bucket.create(region, operator).await,
        BucketChange::BlockPublicAccess { .. } => {
            bucket.patiently(operator, async || bucket.block_public_access().await).await
        }
        BucketChange::EnforceOwnership { .. } => {
            let enforced = bucket.patiently(operator, async || bucket.enforce_ownership().await).await;
            unless_in_the_way(enforced, "InvalidBucketAclWithObjectOwnership", || {
                granted_meanwhile(bucket.name)
            })
        }
        BucketChange::Encrypt { blocks_customer_keys, .. } => {
            bucket.patiently(operator, async || bucket.encrypt(None, *blocks_customer_keys).await).await
        }
        BucketChange::EncryptWithKey { alias, .. } => {
            let key = encryption_key::arn_of(identity, region, alias, operator).await?;
            bucket.patiently(operator, async || bucket.encrypt(Some(&key), true).await).await
        }
        BucketChange::EnableVersioning { .. } => {
            bucket.patiently(operator, async || bucket.enable_versioning().await).await
        }
        BucketChange::LockObjects { days, .. } => {
            bucket.patiently(operator, async || bucket.lock_objects(*days).await).await
        }
        BucketChange::PutPolicy { policy, replaces, .. } => {
            bucket.patiently(operator, async || bucket.put_policy(policy, replaces.as_ref()).await).await?
        }
        BucketChange::PutLifecycle { retention, .. } => {
            let put = async || lifecycle::put(&bucket.s3, bucket.name, account, retention).await;
            bucket.patiently(operator, put).await
        }
        BucketChange::PutTags { tags: missing, .. } => {
            let put = async || tags::put(&bucket.s3, bucket.name, account, missing).await;
            bucket.patiently(operator, put).await
        }
    }
}

/// A bucket, and the account that has to own it.
struct Bucket<'b> {
    s3: Client,
    name: &'b str,
    account: &'b str,
}

impl Bucket<'_> {
    async fn create(&self, region: &str, operator: &mut impl Operator) -> Result<(), StepError> {
        let made = self.patiently(operator, async || {
            let mut request = self.s3.create_bucket().bucket(self.name);
            if self.name.ends_with("-an") && regions::has_account_regional_namespace(region) {
                request = request.bucket_namespace(BucketNamespace::AccountRegional);
            }
            // us-east-1 is the one Region that must not be named.
            if region != "us-east-1" {
                let location = BucketLocationConstraint::from(region);
                let location = CreateBucketConfiguration::builder().location_constraint(location).build();
                request = request.create_bucket_configuration(location);
            }
            let sent = request.send().await.for_call("s3:CreateBucket");
            unless("BucketAlreadyOwnedByYou", sent).map(drop)
        });
        unless_in_the_way(made.await, "BucketAlreadyExists", || taken_meanwhile(self.name))
    }

    /// A bucket that was made a moment ago is not known everywhere at once, the name of one that was deleted is not free
    /// at once, and one that keeps versions since a moment ago cannot be locked yet.
    async fn patiently<T, F>(&self, operator: &mut impl Operator, attempt: F) -> Result<T, StepError>
    where
        F: AsyncFnMut() -> Result<T, AwsError>,
    {
        let bucket = harmless(self.name);
        let what = text! { en: "Waiting until S3 is ready with bucket {bucket}", ko: "S3에서 버킷 {bucket}이(가) 준비되기를 기다리는 중" };
        let passes = |error: &AwsError| {
            ["NoSuchBucket", "OperationAborted", "InvalidBucketState"].iter().any(|code| error.is(code))
        };
        wait::until_seen(operator, what, passes, attempt).await
    }

    async fn block_public_access(&self) -> Result<(), AwsError> {
        let all = PublicAccessBlockConfiguration::builder()
            .block_public_acls(true)
            .ignore_public_acls(true)
            .block_public_policy(true)
            .restrict_public_buckets(true)
            .build();
        let request = self.s3.put_public_access_block().bucket(self.name).expected_bucket_owner(self.account);
        let sent = request.public_access_block_configuration(all).send().await;
        sent.for_call("s3:PutBucketPublicAccessBlock").map(drop)
    }

    async fn enforce_ownership(&self) -> Result<(), AwsError> {
        let rule = OwnershipControlsRule::builder().object_ownership(ObjectOwnership::BucketOwnerEnforced);
        let rule = built(rule.build(), "s3:PutBucketOwnershipControls")?;
        let controls = OwnershipControls::builder().rules(rule).build();
        let controls = built(controls, "s3:PutBucketOwnershipControls")?;
        let request =
            self.s3.put_bucket_ownership_controls().bucket(self.name).expected_bucket_owner(self.account);
        let sent = request.ownership_controls(controls).send().await;
        sent.for_call("s3:PutBucketOwnershipControls").map(drop)
    }

    /// S3 takes only all of it at once, and what else it refuses is among it, so that is read and put again.
    async fn encrypt(&self, key: Option<&str>, blocks_customer_keys: bool) -> Result<(), AwsError> {
        let found = self.s3.get_bucket_encryption().bucket(self.name).expected_bucket_owner(self.account);
        let found = found.send().await.for_call("s3:GetEncryptionConfiguration");
        let found = unless("ServerSideEncryptionConfigurationNotFoundError", found)?;
        let blocked = blocked_types(found.as_ref(), blocks_customer_keys);
        let request = self.s3.put_bucket_encryption().bucket(self.name).expected_bucket_owner(self.account);
        let sent = request.server_side_encryption_configuration(encryption(key, blocked)?).send().await;
        sent.for_call("s3:PutEncryptionConfiguration").map(drop)
    }

    async fn enable_versioning(&self) -> Result<(), AwsError> {
        let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        let request = self.s3.put_bucket_versioning().bucket(self.name).expected_bucket_owner(self.account);
        let sent = request.versioning_configuration(enabled).send().await;
        sent.for_call("s3:PutBucketVersioning").map(drop)
    }

    async fn lock_objects(&self, days: u32) -> Result<(), AwsError> {
        let request =
            self.s3.put_object_lock_configuration().bucket(self.name).expected_bucket_owner(self.account);
        let sent = request.object_lock_configuration(lock_for(days)).send().await;
        sent.for_call("s3:PutBucketObjectLockConfiguration").map(drop)
    }

    /// The inner error: somebody has changed the policy since it was looked at.
    async fn put_policy(
        &self,
        policy: &Document,
        replaces: Option<&Document>,
    ) -> Result<Result<(), StepError>, AwsError> {
        let now = self.s3.get_bucket_policy().bucket(self.name).expected_bucket_owner(self.account);
        let now = unless("NoSuchBucketPolicy", now.send().await.for_call("s3:GetBucketPolicy"))?;
        let now = now.and_then(|now| now.policy);
        match meanwhile::is_to_be_put(&policy_of(self.name), policy, replaces, now.as_deref()) {
            Ok(true) => {}
            Ok(false) => return Ok(Ok(())),
            Err(changed) => return Ok(Err(changed)),
        }
        let request = self.s3.put_bucket_policy().bucket(self.name).expected_bucket_owner(self.account);
        let sent = request.policy(policy.to_json()).send().await;
        sent.for_call("s3:PutBucketPolicy").map(|_| Ok(()))
    }
}

fn policy_of(bucket: &str) -> Text {
    let bucket = harmless(bucket);
    text! { en: "the policy of bucket {bucket}", ko: "버킷 {bucket}의 정책" }
}

/// A refusal that says what somebody else has done since the look, in our words.
fn unless_in_the_way(
    result: Result<(), StepError>,
    code: &str,
    in_the_way: impl FnOnce() -> StepError,
) -> Result<(), StepError> {
    match result {
        Err(StepError::Aws(error)) if error.is(code) => Err(in_the_way()),
        result => result,
    }
}

/// The name was free at the look.
fn taken_meanwhile(bucket: &str) -> StepError {
    let bucket = harmless(bucket);
    StepError::InTheWay {
        what: text! {
            en: "The bucket {bucket} belongs to another account.",
            ko: "버킷 {bucket}은(는) 다른 계정의 것입니다."
        },
        next: text! {
            en: "Name another one: trail.bucket or billing.bucket in the answers file. Then run the same command again.",
            ko: "응답 파일의 trail.bucket이나 billing.bucket에 다른 이름을 적고 같은 명령을 다시 실행하세요."
        },
    }
}

/// At the look, the access control list gave rights to nobody else.
fn granted_meanwhile(bucket: &str) -> StepError {
    let bucket = harmless(bucket);
    StepError::InTheWay {
        what: text! {
            en: "The access control list of bucket {bucket} gives rights to others now, who would lose them.",
            ko: "버킷 {bucket}의 액세스 제어 목록(ACL)이 이제 다른 대상에 권한을 주고 있어, 끄면 그 권한이 사라집니다."
        },
        next: text! {
            en: "To see to whom, run the same command again.",
            ko: "같은 명령을 다시 실행하면 누구인지 보여 줍니다."
        },
    }
}

/// What objects may not be encrypted with: what was refused so far and, where nobody else relies on the bucket, keys that
/// come with the objects, as in every new bucket since April 2026. Source: S3 user guide, "Blocking or unblocking SSE-C
/// for a general purpose bucket".
fn blocked_types(
    found: Option<&GetBucketEncryptionOutput>,
    blocks_customer_keys: bool,
) -> Option<BlockedEncryptionTypes> {
    let configuration = found.and_then(|found| found.server_side_encryption_configuration());
    let rules = configuration.map(|configuration| configuration.rules()).unwrap_or_default();
    let so_far = rules.iter().find_map(|rule| rule.blocked_encryption_types());
    let mut types = so_far.map(|blocked| blocked.encryption_type().to_vec()).unwrap_or_default();
    if blocks_customer_keys {
        types.retain(|found| ![EncryptionType::None, EncryptionType::SseC].contains(found));
        types.push(EncryptionType::SseC);
    }
    (!types.is_empty()).then(|| BlockedEncryptionTypes::builder().set_encryption_type(Some(types)).build())
}

/// With a KMS key, S3 keeps a key of its own for the bucket, which spares nearly all calls to KMS. CloudTrail writes into
/// such a bucket if the policy of the KMS key lets it decrypt too, which the trail's does. Source: CloudTrail user guide,
/// "Configure AWS KMS key policies for CloudTrail".
fn encryption(
    key: Option<&str>,
    blocked: Option<BlockedEncryptionTypes>,
) -> Result<ServerSideEncryptionConfiguration, AwsError> {
    let algorithm = if key.is_some() { ServerSideEncryption::AwsKms } else { ServerSideEncryption::Aes256 };
    let by_default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(algorithm)
        .set_kms_master_key_id(key.map(ToOwned::to_owned));
    let by_default = built(by_default.build(), "s3:PutEncryptionConfiguration")?;
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(by_default)
        .set_bucket_key_enabled(key.map(|_| true))
        .set_blocked_encryption_types(blocked);
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

/// A part of a request that the SDK has built; it refuses one from which a required field is missing.
pub(super) fn built<T, E: std::fmt::Display>(
    result: Result<T, E>,
    operation: &'static str,
) -> Result<T, AwsError> {
    result.map_err(|error| AwsError::without_answer(operation, &error.to_string()))
}

#[cfg(test)]
#[path = "apply_tests.rs"]
mod tests;
