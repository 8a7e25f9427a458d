//! Makes one change of a bucket.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketNamespace, BucketVersioningStatus, CreateBucketConfiguration,
    DefaultRetention, ObjectLockConfiguration, ObjectLockEnabled, ObjectLockRetentionMode, ObjectLockRule,
    ObjectOwnership, OwnershipControls, OwnershipControlsRule, PublicAccessBlockConfiguration,
    ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule, VersioningConfiguration,
};

use crate::aws::{ForCall, Identity, unless};
use crate::error::{AwsError, StepError};
use crate::operator::Operator;
use crate::policy::Document;
use crate::text;
use crate::text::harmless;
use crate::{encryption_key, regions, wait};

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
        BucketChange::Create { bucket, region } => create(identity, bucket, region).await,
        BucketChange::BlockPublicAccess { .. } => {
            bucket.patiently(operator, async || bucket.block_public_access().await).await
        }
        BucketChange::EnforceOwnership { .. } => {
            bucket.patiently(operator, async || bucket.enforce_ownership().await).await
        }
        BucketChange::Encrypt { .. } => bucket.patiently(operator, async || bucket.encrypt(None).await).await,
        BucketChange::EncryptWithKey { alias, .. } => {
            let key = encryption_key::arn_of(identity, region, alias, operator).await?;
            bucket.patiently(operator, async || bucket.encrypt(Some(&key)).await).await
        }
        BucketChange::EnableVersioning { .. } => {
            bucket.patiently(operator, async || bucket.enable_versioning().await).await
        }
        BucketChange::LockObjects { days, .. } => {
            bucket.patiently(operator, async || bucket.lock_objects(*days).await).await
        }
        BucketChange::PutPolicy { policy, .. } => {
            bucket.patiently(operator, async || bucket.put_policy(policy).await).await
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

/// A bucket, and the account that has to own it.
struct Bucket<'b> {
    s3: Client,
    name: &'b str,
    account: &'b str,
}

impl Bucket<'_> {
    /// A bucket that was made a moment ago is not known everywhere at once, and one that keeps versions since a moment
    /// ago cannot be locked yet.
    async fn patiently<F>(&self, operator: &mut impl Operator, attempt: F) -> Result<(), StepError>
    where
        F: AsyncFnMut() -> Result<(), AwsError>,
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

    async fn encrypt(&self, key: Option<&str>) -> Result<(), AwsError> {
        let request = self.s3.put_bucket_encryption().bucket(self.name).expected_bucket_owner(self.account);
        let sent = request.server_side_encryption_configuration(encryption(key)?).send().await;
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

    async fn put_policy(&self, policy: &Document) -> Result<(), AwsError> {
        let request = self.s3.put_bucket_policy().bucket(self.name).expected_bucket_owner(self.account);
        let sent = request.policy(policy.to_json()).send().await;
        sent.for_call("s3:PutBucketPolicy").map(drop)
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

/// A part of a request that the SDK has built; it refuses one from which a required field is missing.
pub(super) fn built<T, E: std::fmt::Display>(
    result: Result<T, E>,
    operation: &'static str,
) -> Result<T, AwsError> {
    result.map_err(|error| AwsError::without_answer(operation, &error.to_string()))
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::operation::get_bucket_encryption::GetBucketEncryptionOutput;

    use super::super::facts::{Lock, default_key, lock};
    use super::*;

    const KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/1";

    #[test]
    fn what_is_sent_as_a_lock_is_found_as_one() {
        assert_eq!(lock(Some(&lock_for(30))), Lock::Governance(30));
        assert_eq!(lock(None), Lock::Off);
        let bare = ObjectLockConfiguration::builder().object_lock_enabled(ObjectLockEnabled::Enabled).build();
        assert_eq!(lock(Some(&bare)), Lock::Off);
        let years = |mode| {
            let retention = DefaultRetention::builder().mode(mode).years(1).build();
            let rule = ObjectLockRule::builder().default_retention(retention).build();
            lock(Some(&ObjectLockConfiguration::builder().rule(rule).build()))
        };
        assert_eq!(years(ObjectLockRetentionMode::Governance), Lock::Governance(365));
        assert_eq!(years(ObjectLockRetentionMode::Compliance), Lock::Compliance);
    }

    #[test]
    fn what_is_sent_as_encryption_is_found_as_such() {
        for key in [None, Some(KEY)] {
            let sent = encryption(key).unwrap();
            assert_eq!(sent.rules()[0].bucket_key_enabled(), key.map(|_| true));
            let answer =
                GetBucketEncryptionOutput::builder().server_side_encryption_configuration(sent).build();
            assert_eq!(default_key(&answer).as_deref(), key);
        }
    }
}
