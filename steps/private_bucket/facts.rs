//! How a bucket stands, read as the owner that is expected.

use std::collections::BTreeSet;

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_bucket_acl::GetBucketAclOutput;
use aws_sdk_s3::operation::get_bucket_encryption::GetBucketEncryptionOutput;
use aws_sdk_s3::operation::get_bucket_ownership_controls::GetBucketOwnershipControlsOutput;
use aws_sdk_s3::operation::get_public_access_block::GetPublicAccessBlockOutput;
use aws_sdk_s3::types::{
    BucketVersioningStatus, Grantee, ObjectLockConfiguration, ObjectLockRetentionMode, ObjectOwnership,
    OwnershipControls,
};

use crate::aws::{ForCall, Identity, Reading, Unseen, unless};
use crate::error::AwsError;

use super::expiry::{OtherRule, rules_of_others};
use super::lifecycle::{Retention, retention};
use super::locate::{Location, locate};
use super::tags::{Tags, by_key};

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
    /// To whom the bucket's access control list gives rights beside its owner. It is read only where such lists are on.
    pub granted: Reading<Vec<String>>,
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
    /// The lifecycle rules of others that take objects or their earlier versions. They are read with ours.
    pub other_rules: Vec<OtherRule>,
    /// Its tags, whoever has set them.
    pub tags: Reading<Tags>,
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
            granted: Ok(Vec::new()),
            encrypted: Ok(false),
            key: None,
            versioned: Ok(false),
            lock: Ok(Lock::Off),
            policy: Ok(None),
            lifecycle: Ok(None),
            other_rules: Vec::new(),
            tags: Ok(Tags::new()),
        }
    }
}

async fn settings(identity: &Identity, name: &str, region: &str) -> Result<Settings, AwsError> {
    let account = identity.caller.account.as_str();
    let bucket = Bucket { identity, s3: identity.s3(region), name, account };
    let (block, ownership, encryption, versioning, policy, lifecycle, tags) = tokio::join!(
        bucket.public_access_blocked(),
        bucket.ownership(),
        bucket.encryption(),
        bucket.versioned(),
        bucket.policy(),
        bucket.lifecycle(),
        bucket.tags(),
    );
    let (lifecycle, other_rules) = match lifecycle? {
        Ok((ours, others)) => (Ok(ours), others),
        Err(unseen) => (Err(unseen), Vec::new()),
    };
    let (encryption, (ownership_enforced, granted)) = (encryption?, ownership?);
    Ok(Settings {
        region: region.to_owned(),
        public_access_blocked: block?,
        ownership_enforced,
        granted,
        key: encryption.as_ref().ok().and_then(|encryption| default_key(encryption.as_ref()?)),
        encrypted: encryption.map(|encryption| encryption.is_some()),
        versioned: versioning?,
        lock: Ok(Lock::Off),
        policy: policy?,
        lifecycle,
        other_rules,
        tags: tags?,
    })
}

/// A bucket whose settings are read, one by one. Those that are absent come as errors, each with a code of its own.
struct Bucket<'b> {
    identity: &'b Identity,
    s3: Client,
    name: &'b str,
    account: &'b str,
}

impl Bucket<'_> {
    async fn public_access_blocked(&self) -> Result<Reading<bool>, AwsError> {
        let request = self.s3.get_public_access_block().bucket(self.name);
        let answer = request.expected_bucket_owner(self.account).send().await;
        let answer = answer.for_call("s3:GetBucketPublicAccessBlock");
        let found = self.identity.reading(unless("NoSuchPublicAccessBlockConfiguration", answer))?;
        Ok(found.map(|found| found.is_some_and(|found| blocks_all(&found))))
    }

    /// Whether access control lists are off, and if they are not, to whom the bucket's gives rights.
    async fn ownership(&self) -> Result<(Reading<bool>, Reading<Vec<String>>), AwsError> {
        let enforced = self.ownership_enforced().await?;
        let granted = if enforced == Ok(false) { self.granted().await? } else { Ok(Vec::new()) };
        Ok((enforced, granted))
    }

    async fn ownership_enforced(&self) -> Result<Reading<bool>, AwsError> {
        let request = self.s3.get_bucket_ownership_controls().bucket(self.name);
        let answer = request.expected_bucket_owner(self.account).send().await;
        let answer = answer.for_call("s3:GetBucketOwnershipControls");
        let found = self.identity.reading(unless("OwnershipControlsNotFoundError", answer))?;
        Ok(found.map(|found| found.is_some_and(|found| is_enforced(&found))))
    }

    async fn granted(&self) -> Result<Reading<Vec<String>>, AwsError> {
        let request = self.s3.get_bucket_acl().bucket(self.name);
        let answer = request.expected_bucket_owner(self.account).send().await;
        let found = self.identity.reading(answer.for_call("s3:GetBucketAcl"))?;
        Ok(found.map(|found| others_in(&found)))
    }

    async fn encryption(&self) -> Result<Reading<Option<GetBucketEncryptionOutput>>, AwsError> {
        let request = self.s3.get_bucket_encryption().bucket(self.name);
        let answer = request.expected_bucket_owner(self.account).send().await;
        let answer = answer.for_call("s3:GetEncryptionConfiguration");
        self.identity.reading(unless("ServerSideEncryptionConfigurationNotFoundError", answer))
    }

    async fn versioned(&self) -> Result<Reading<bool>, AwsError> {
        let request = self.s3.get_bucket_versioning().bucket(self.name);
        let answer = request.expected_bucket_owner(self.account).send().await;
        let found = self.identity.reading(answer.for_call("s3:GetBucketVersioning"))?;
        Ok(found.map(|found| found.status() == Some(&BucketVersioningStatus::Enabled)))
    }

    async fn policy(&self) -> Result<Reading<Option<String>>, AwsError> {
        let request = self.s3.get_bucket_policy().bucket(self.name);
        let answer = request.expected_bucket_owner(self.account).send().await;
        let answer = answer.for_call("s3:GetBucketPolicy");
        let found = self.identity.reading(unless("NoSuchBucketPolicy", answer))?;
        Ok(found.map(|found| found.and_then(|found| found.policy)))
    }

    /// Our own rule, and those of others.
    async fn lifecycle(&self) -> Result<Reading<(Option<Retention>, Vec<OtherRule>)>, AwsError> {
        let request = self.s3.get_bucket_lifecycle_configuration().bucket(self.name);
        let answer = request.expected_bucket_owner(self.account).send().await;
        let answer = answer.for_call("s3:GetLifecycleConfiguration");
        let found = self.identity.reading(unless("NoSuchLifecycleConfiguration", answer))?;
        Ok(found.map(|found| {
            let rules = found.as_ref().map(|found| found.rules()).unwrap_or_default();
            (retention(rules), rules_of_others(rules))
        }))
    }

    async fn tags(&self) -> Result<Reading<Tags>, AwsError> {
        let request = self.s3.get_bucket_tagging().bucket(self.name);
        let answer = request.expected_bucket_owner(self.account).send().await;
        let answer = answer.for_call("s3:GetBucketTagging");
        let found = self.identity.reading(unless("NoSuchTagSet", answer))?;
        Ok(found.map(|found| found.map(|found| by_key(found.tag_set())).unwrap_or_default()))
    }
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

/// Everybody whom an access control list names but the owner: groups by their name, accounts by their canonical id.
fn others_in(list: &GetBucketAclOutput) -> Vec<String> {
    let owner = list.owner().and_then(|owner| owner.id());
    let named = list.grants().iter().filter_map(|grant| grant.grantee());
    let others = named.filter(|grantee| grantee.id().is_none() || grantee.id() != owner);
    let names: BTreeSet<_> = others.map(name_of).collect();
    names.into_iter().collect()
}

fn name_of(grantee: &Grantee) -> String {
    let group = grantee.uri().and_then(|uri| uri.rsplit('/').next());
    group.or(grantee.id()).or(grantee.email_address()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::builders::PublicAccessBlockConfigurationBuilder;
    use aws_sdk_s3::types::{
        Grant, Owner, OwnershipControlsRule, PublicAccessBlockConfiguration, Type as GranteeType,
    };

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

    #[test]
    fn whoever_is_named_beside_the_owner_of_a_bucket_has_rights_there() {
        const LOGS: &str = "http://acs.amazonaws.com/groups/s3/LogDelivery";
        let account = |id: &str| Grantee::builder().r#type(GranteeType::CanonicalUser).id(id);
        let group = || Grantee::builder().r#type(GranteeType::Group).uri(LOGS);
        let list = |grantees: Vec<Grantee>| {
            let grants = grantees.into_iter().map(|grantee| Grant::builder().grantee(grantee).build());
            let owner = Owner::builder().id("owner").build();
            GetBucketAclOutput::builder().owner(owner).set_grants(Some(grants.collect())).build()
        };
        let (owner, partner) = (|| account("owner").build().unwrap(), account("partner").build().unwrap());
        assert!(others_in(&list(vec![owner()])).is_empty());
        assert!(others_in(&list(Vec::new())).is_empty());
        let others = vec![owner(), partner, group().build().unwrap(), group().build().unwrap()];
        assert_eq!(others_in(&list(others)), ["LogDelivery", "partner"]);
    }
}
