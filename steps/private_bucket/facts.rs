//! How a bucket stands, read as the owner that is expected.

use aws_sdk_s3::operation::get_bucket_encryption::GetBucketEncryptionOutput;
use aws_sdk_s3::operation::get_bucket_ownership_controls::GetBucketOwnershipControlsOutput;
use aws_sdk_s3::operation::get_public_access_block::GetPublicAccessBlockOutput;
use aws_sdk_s3::types::{
    BucketVersioningStatus, ObjectLockConfiguration, ObjectLockRetentionMode, ObjectOwnership,
    OwnershipControls,
};

use crate::aws::{ForCall, Identity, Reading, Unseen, unless};
use crate::error::AwsError;

use super::lifecycle::{Retention, retention};
use super::locate::{Location, locate};

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
pub(super) fn lock(configuration: Option<&ObjectLockConfiguration>) -> Lock {
    let rule = configuration.and_then(|configuration| configuration.rule());
    let Some(retention) = rule.and_then(|rule| rule.default_retention()) else { return Lock::Off };
    let (days, years) = (retention.days().unwrap_or_default(), retention.years().unwrap_or_default());
    match retention.mode() {
        Some(ObjectLockRetentionMode::Compliance) => Lock::Compliance,
        Some(_) => Lock::Governance(u32::try_from(days + years * 365).unwrap_or_default()),
        None => Lock::Off,
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
    pub(super) fn bare(region: &str) -> Self {
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

fn blocks_all(answer: &GetPublicAccessBlockOutput) -> bool {
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

pub(super) fn default_key(answer: &GetBucketEncryptionOutput) -> Option<String> {
    let rules = answer.server_side_encryption_configuration()?.rules();
    let mut by_default = rules.iter().filter_map(|rule| rule.apply_server_side_encryption_by_default());
    by_default.find_map(|by_default| by_default.kms_master_key_id()).map(ToOwned::to_owned)
}

fn is_enforced(answer: &GetBucketOwnershipControlsOutput) -> bool {
    let rules = answer.ownership_controls().map(OwnershipControls::rules).unwrap_or_default();
    rules.iter().any(|rule| *rule.object_ownership() == ObjectOwnership::BucketOwnerEnforced)
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::builders::PublicAccessBlockConfigurationBuilder;
    use aws_sdk_s3::types::{OwnershipControlsRule, PublicAccessBlockConfiguration};

    use super::*;

    #[test]
    fn public_access_is_blocked_only_by_all_four() {
        let answer = |block: PublicAccessBlockConfigurationBuilder| {
            GetPublicAccessBlockOutput::builder().public_access_block_configuration(block.build()).build()
        };
        let all = PublicAccessBlockConfiguration::builder()
            .block_public_acls(true)
            .ignore_public_acls(true)
            .block_public_policy(true)
            .restrict_public_buckets(true);
        let without: [fn(PublicAccessBlockConfigurationBuilder) -> PublicAccessBlockConfigurationBuilder; 5] = [
            |block| block.block_public_acls(false),
            |block| block.ignore_public_acls(false),
            |block| block.block_public_policy(false),
            |block| block.restrict_public_buckets(false),
            |block| block.set_block_public_policy(None),
        ];
        for without in without {
            assert!(!blocks_all(&answer(without(all.clone()))));
        }
        assert!(blocks_all(&answer(all)));
        assert!(!blocks_all(&GetPublicAccessBlockOutput::builder().build()));
    }

    #[test]
    fn access_control_lists_are_off_only_where_the_owner_is_enforced() {
        let answer = |ownership: ObjectOwnership| {
            let rule = OwnershipControlsRule::builder().object_ownership(ownership).build().unwrap();
            let controls = OwnershipControls::builder().rules(rule).build().unwrap();
            GetBucketOwnershipControlsOutput::builder().ownership_controls(controls).build()
        };
        assert!(is_enforced(&answer(ObjectOwnership::BucketOwnerEnforced)));
        assert!(!is_enforced(&answer(ObjectOwnership::BucketOwnerPreferred)));
        assert!(!is_enforced(&answer(ObjectOwnership::ObjectWriter)));
        assert!(!is_enforced(&GetBucketOwnershipControlsOutput::builder().build()));
    }
}
