//! What lifecycle rules of others take away sooner than is wanted. S3 follows the rule that takes an object first.

use aws_sdk_s3::types::{ExpirationStatus, LifecycleRule};

use crate::text;
use crate::text::{Text, counted, harmless};

use super::lifecycle::{EARLIER_VERSIONS_GO_AFTER, Retention, is_our_rule};

/// A lifecycle rule in force that is not ours, by what it takes away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherRule {
    /// Its id.
    pub id: String,
    /// What the keys begin with that it is about; empty: it is about all.
    pub prefix: String,
    /// When it takes objects; none: never.
    pub objects_go: Option<Goes>,
    /// After how many days it takes earlier versions of them; none: never.
    pub versions_go_after: Option<u32>,
}

/// When a rule takes objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goes {
    /// So many days after they came.
    After(u32),
    /// On a date, and from then on as soon as they come.
    OnDate,
}

/// The rules of others among these that take anything. Those for objects with tags are left out: neither log files nor
/// reports have any.
pub(super) fn rules_of_others(rules: &[LifecycleRule]) -> Vec<OtherRule> {
    let in_force = |rule: &&LifecycleRule| *rule.status() == ExpirationStatus::Enabled;
    let others = rules.iter().filter(|rule| !is_our_rule(rule)).filter(in_force);
    others.filter(|rule| !is_for_tags(rule)).map(other_rule).filter(OtherRule::takes_anything).collect()
}

fn is_for_tags(rule: &LifecycleRule) -> bool {
    rule.filter().is_some_and(|filter| {
        filter.tag().is_some() || filter.and().is_some_and(|all_of| !all_of.tags().is_empty())
    })
}

fn other_rule(rule: &LifecycleRule) -> OtherRule {
    let expiration = rule.expiration();
    let after = expiration.and_then(|expiration| expiration.days()).and_then(|days| u32::try_from(days).ok());
    let on_date = expiration.and_then(|expiration| expiration.date()).map(|_| Goes::OnDate);
    let versions = rule.noncurrent_version_expiration().and_then(|versions| versions.noncurrent_days());
    OtherRule {
        id: rule.id().unwrap_or_default().to_owned(),
        prefix: prefix(rule).to_owned(),
        objects_go: after.map(Goes::After).or(on_date),
        versions_go_after: versions.and_then(|days| u32::try_from(days).ok()),
    }
}

#[expect(deprecated, reason = "what older rules have, which S3 still follows")]
fn prefix(rule: &LifecycleRule) -> &str {
    let filter = rule.filter();
    let of_all = filter.and_then(|filter| filter.and()).and_then(|all_of| all_of.prefix());
    filter.and_then(|filter| filter.prefix()).or(of_all).or(rule.prefix()).unwrap_or_default()
}

impl OtherRule {
    fn takes_anything(&self) -> bool {
        self.objects_go.is_some() || self.versions_go_after.is_some()
    }

    /// The rule with no more than what it takes sooner than is wanted; none: nothing.
    pub(super) fn sooner_than(&self, wanted: &Retention) -> Option<Self> {
        let (theirs, ours) = (self.prefix.as_str(), wanted.prefix.as_str());
        let about_the_same = theirs.starts_with(ours) || ours.starts_with(theirs);
        let sooner = Self {
            objects_go: self.objects_go.filter(|goes| match goes {
                Goes::After(days) => wanted.expire_after_days.is_none_or(|wanted| *days < wanted),
                Goes::OnDate => true,
            }),
            versions_go_after: self
                .versions_go_after
                .filter(|days| *days < EARLIER_VERSIONS_GO_AFTER.unsigned_abs()),
            ..self.clone()
        };
        (about_the_same && sooner.takes_anything()).then_some(sooner)
    }

    fn in_words(&self) -> Text {
        let objects = self.objects_go.map(|goes| match goes {
            Goes::After(days) => text! {
                en: "objects after {days_en}",
                ko: "객체는 {days}일 뒤",
                days_en = counted(days, "day")
            },
            Goes::OnDate => text! { en: "objects from a date on", ko: "객체는 정해진 날짜부터" },
        });
        let versions = self.versions_go_after.map(|days| {
            text! {
                en: "earlier versions after {days_en}",
                ko: "이전 버전은 {days}일 뒤",
                days_en = counted(days, "day")
            }
        });
        let taken = joined(objects.into_iter().chain(versions));
        let (id, prefix, en, ko) = (harmless(&self.id), harmless(&self.prefix), taken.en, taken.ko);
        if prefix.is_empty() {
            return text! { en: "{id} (in the whole bucket: {en})", ko: "{id}(버킷 전체: {ko})" };
        }
        text! { en: "{id} (in {prefix}: {en})", ko: "{id}({prefix}: {ko})" }
    }
}

fn joined(texts: impl Iterator<Item = Text>) -> Text {
    let (en, ko): (Vec<_>, Vec<_>) = texts.map(|text| (text.en, text.ko)).unzip();
    Text { en: en.join(", "), ko: ko.join(", ") }
}

/// Which rules take what, and when.
pub(super) fn what(bucket: &str, rules: &[OtherRule]) -> Text {
    let Text { en, ko } = joined(rules.iter().map(OtherRule::in_words));
    text! {
        en: "Lifecycle rules in the bucket {bucket} that are not dayone's delete files sooner than the answers say: {en}.",
        ko: "버킷 {bucket}에 dayone의 것이 아닌 수명 주기 규칙이 있어 응답에 적은 기간보다 먼저 파일을 삭제합니다: {ko}."
    }
}

/// How to be rid of the rules, or to agree with them. `key` is the answer that names the bucket.
pub(super) fn how(bucket: &str, rules: &[OtherRule], key: &str) -> Text {
    let bucket = harmless(bucket);
    let Text { mut en, mut ko } = text! {
        en: "Delete them in the S3 console: bucket {bucket}, Management, Lifecycle rules. Or delete all rules of the bucket (aws s3api delete-bucket-lifecycle --bucket {bucket}); dayone then sets its own again.",
        ko: "S3 콘솔의 버킷 {bucket}, 관리, 수명 주기 규칙에서 삭제하세요. 버킷의 규칙을 모두 삭제해도 됩니다(aws s3api delete-bucket-lifecycle --bucket {bucket}). 그러면 dayone이 자기 규칙을 다시 설정합니다."
    };
    if let (true, Some(days)) = (key == "trail.bucket", days_to_agree_on(rules)) {
        let agree = text! {
            en: " If they are meant, set retention_days = {days} in [trail].",
            ko: " 의도한 규칙이라면 [trail]의 retention_days를 {days}(으)로 적으세요."
        };
        en.push_str(&agree.en);
        ko.push_str(&agree.ko);
    }
    Text { en, ko }
}

/// The retention that would agree with the rules; none where it is not what they differ in.
fn days_to_agree_on(rules: &[OtherRule]) -> Option<u32> {
    let days = rules.iter().map(|rule| match (rule.objects_go, rule.versions_go_after) {
        (Some(Goes::After(days)), None) => Some(days),
        _ => None,
    });
    days.collect::<Option<Vec<_>>>()?.into_iter().min()
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::{
        LifecycleExpiration, LifecycleRuleAndOperator, LifecycleRuleFilter, NoncurrentVersionExpiration, Tag,
    };

    use super::*;

    fn rule(id: &str, prefix: &str) -> LifecycleRule {
        let filter = LifecycleRuleFilter::builder().prefix(prefix).build();
        let rule = LifecycleRule::builder().id(id).status(ExpirationStatus::Enabled).filter(filter);
        rule.expiration(LifecycleExpiration::builder().days(1).build()).build().unwrap()
    }

    fn other(id: &str, prefix: &str, days: u32) -> OtherRule {
        let objects_go = Some(Goes::After(days));
        OtherRule { id: id.into(), prefix: prefix.into(), objects_go, versions_go_after: None }
    }

    #[test]
    fn rules_of_others_that_take_nothing_are_left_out() {
        let mut versions = rule("versions", "");
        versions.expiration = None;
        let earlier = NoncurrentVersionExpiration::builder().noncurrent_days(1).build();
        versions.noncurrent_version_expiration = Some(earlier);
        let mut off = rule("off", "");
        off.status = ExpirationStatus::Disabled;
        let mut archives = rule("archives", "");
        archives.expiration = None;
        let mut tagged = rule("tagged", "");
        let tag = Tag::builder().key("team").value("security").build().unwrap();
        let all_of = LifecycleRuleAndOperator::builder().prefix("AWSLogs/").tags(tag).build();
        tagged.filter = Some(LifecycleRuleFilter::builder().and(all_of).build());
        let rules = [rule("dayone", ""), rule("dayone-2", "AWSLogs/"), off, archives, tagged, versions];
        let versions = OtherRule { objects_go: None, versions_go_after: Some(1), ..other("versions", "", 1) };
        assert_eq!(rules_of_others(&rules), [other("dayone-2", "AWSLogs/", 1), versions]);
    }

    #[test]
    fn only_what_goes_sooner_and_is_about_the_same_objects_counts() {
        let wanted = |days| Retention { prefix: "AWSLogs/1/".into(), expire_after_days: days };
        for (prefix, days, asked, sooner) in [
            ("", 1, Some(365), true),
            ("AWSLogs/", 364, Some(365), true),
            ("AWSLogs/1/CloudTrail/", 1, Some(365), true),
            ("", 365, Some(365), false),
            ("", 3650, None, true),
            ("reports/", 1, None, false),
        ] {
            let rule = other("cleanup", prefix, days);
            assert_eq!(rule.sooner_than(&wanted(asked)), sooner.then(|| rule.clone()), "{rule:?}");
        }
        let versions = |days| OtherRule { versions_go_after: Some(days), ..other("cleanup", "", 365) };
        let sooner = OtherRule { objects_go: None, ..versions(89) };
        assert_eq!(versions(89).sooner_than(&wanted(Some(365))), Some(sooner));
        assert_eq!(versions(90).sooner_than(&wanted(Some(365))), None);
    }
}
