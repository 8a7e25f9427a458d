//! How long objects stay: a lifecycle rule of ours, beside those of others.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, ExpirationStatus, LifecycleExpiration,
    LifecycleRule, LifecycleRuleFilter, NoncurrentVersionExpiration,
};
use serde::Serialize;

use crate::aws::{ForCall, unless};
use crate::error::AwsError;
use crate::text;
use crate::text::{Text, counted, harmless};

use super::apply::built;

/// After how many days earlier versions of objects go.
pub(super) const EARLIER_VERSIONS_GO_AFTER: i32 = 90;
/// The id of our rule.
const OURS: &str = "dayone";
/// After how many days the parts of an upload go that was never finished.
const UNFINISHED_UPLOADS_GO_AFTER: i32 = 7;

/// Our lifecycle rule: how long objects stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Retention {
    /// What the keys of the objects begin with. Others than these never expire by our rule.
    pub prefix: String,
    /// After how many days they go; none: never. Earlier versions of them go in either case.
    pub expire_after_days: Option<u32>,
}

impl Retention {
    pub(super) fn summary(&self) -> Text {
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

/// S3 takes only all rules at once, so those of others are read and put again with ours.
pub(super) async fn put(
    s3: &Client,
    bucket: &str,
    account: &str,
    retention: &Retention,
) -> Result<(), AwsError> {
    let ours = lifecycle_rule(retention)?;
    let found = s3.get_bucket_lifecycle_configuration().bucket(bucket).expected_bucket_owner(account);
    let found = found.send().await.for_call("s3:GetLifecycleConfiguration");
    let found = unless("NoSuchLifecycleConfiguration", found)?;
    let smallest = found.as_ref().and_then(|found| found.transition_default_minimum_object_size().cloned());
    let rules = beside_others(found.as_ref().map(|found| found.rules()).unwrap_or_default(), &ours);
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

pub(super) fn is_our_rule(rule: &LifecycleRule) -> bool {
    rule.id() == Some(OURS)
}

fn lifecycle_rule(retention: &Retention) -> Result<LifecycleRule, AwsError> {
    let earlier_versions = NoncurrentVersionExpiration::builder().noncurrent_days(EARLIER_VERSIONS_GO_AFTER);
    let unfinished =
        AbortIncompleteMultipartUpload::builder().days_after_initiation(UNFINISHED_UPLOADS_GO_AFTER);
    let mut rule = LifecycleRule::builder()
        .id(OURS)
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
pub(super) fn retention(rules: &[LifecycleRule]) -> Option<Retention> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn kept_for(days: u32) -> Retention {
        Retention { prefix: "AWSLogs/".into(), expire_after_days: Some(days) }
    }

    #[test]
    fn the_lifecycle_is_about_the_service_s_own_files_and_ends_earlier_versions() {
        for expire_after_days in [Some(365), Some(1), None] {
            let wanted = Retention { expire_after_days, ..kept_for(365) };
            let rule = lifecycle_rule(&wanted).unwrap();
            assert_eq!(rule.status(), &ExpirationStatus::Enabled);
            assert_eq!(rule.filter().and_then(|filter| filter.prefix()), Some("AWSLogs/"));
            let days = rule.expiration().and_then(|expiration| expiration.days());
            assert_eq!(days.map(i64::from), expire_after_days.map(i64::from));
            let noncurrent = rule.noncurrent_version_expiration();
            assert_eq!(noncurrent.and_then(|expiration| expiration.noncurrent_days()), Some(90));
            let unfinished = rule.abort_incomplete_multipart_upload();
            assert_eq!(unfinished.and_then(|abort| abort.days_after_initiation()), Some(7));
            assert_eq!(retention(&[theirs(), rule]), Some(wanted));
        }
    }

    /// A lifecycle rule of somebody else.
    fn theirs() -> LifecycleRule {
        let rule = LifecycleRule::builder().id("archive").status(ExpirationStatus::Enabled);
        let rule = rule.filter(LifecycleRuleFilter::builder().prefix("reports/").build());
        rule.expiration(LifecycleExpiration::builder().days(3650).build()).build().unwrap()
    }

    #[test]
    fn lifecycle_rules_of_others_stay() {
        let (ours, earlier) =
            (lifecycle_rule(&kept_for(30)).unwrap(), lifecycle_rule(&kept_for(365)).unwrap());
        assert_eq!(beside_others(&[], &ours), std::slice::from_ref(&ours));
        assert_eq!(beside_others(&[earlier, theirs()], &ours), [theirs(), ours.clone()]);
    }

    #[test]
    fn a_lifecycle_rule_of_ours_that_is_not_in_force_counts_as_none() {
        let unlike: [fn(&mut LifecycleRule); 4] = [
            |rule| rule.status = ExpirationStatus::Disabled,
            |rule| rule.noncurrent_version_expiration = None,
            |rule| rule.abort_incomplete_multipart_upload = None,
            |rule| rule.id = Some("dayone-2".into()),
        ];
        for unlike in unlike {
            let mut rule = lifecycle_rule(&kept_for(365)).unwrap();
            unlike(&mut rule);
            assert_eq!(retention(&[rule]), None);
        }
        assert_eq!(retention(&[theirs()]), None);
    }
}
