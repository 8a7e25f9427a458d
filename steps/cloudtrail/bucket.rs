//! The bucket of the trail that counts: how it should be, and what has to be done for that. Pure.

use std::collections::BTreeSet;

use crate::answers::Answers;
use crate::closed_bucket::{ClosedBucket, NOBODY_TAMPERS, PlannedBucket, change_as_another};
use crate::policy::{Document, PolicyError, Statement};
use crate::practice::{PersonTask, Seen, StepId, StepPlan, after};
use crate::private_bucket::{
    self, BucketChange, BucketFacts, DefaultKey, MustLet, Obstacle, READERS_READ, Retention, Wanted,
    filled_in, name_principals,
};
use crate::text;
use crate::text::{Text, harmless};

use super::facts::{Facts, TrailFacts, bucket_name};
use super::key;
use super::plan::Change;

/// Who writes the log files.
const CLOUDTRAIL: &str = "cloudtrail.amazonaws.com";
/// The statement of the bucket policy that lets only readers read.
const ONLY_READERS_READ: &str = "DayoneOnlyReadersRead";
/// What its tags say the bucket is for.
const PURPOSE: &str = "cloudtrail-logs";

/// How the bucket stands, and before it the key that it is encrypted with, if there is to be one.
pub fn step(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    key::before(bucket(facts, answers), facts, answers)
}

fn bucket(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::TrailBucket;
    let trail = match facts.trail() {
        Ok(trail) => trail,
        Err(unseen) => return StepPlan::not_assessed(step, unseen),
    };
    if trail.is_some_and(|trail| trail.of_another_account) {
        return StepPlan::not_applicable(step, kept_elsewhere());
    }
    let administrators = match &facts.administrators {
        Ok(administrators) if administrators.is_empty() => {
            return StepPlan::blocked(step, after(StepId::AdminUser));
        }
        Ok(administrators) => administrators,
        Err(unseen) => return StepPlan::not_assessed(step, unseen),
    };
    // What the bucket encrypts with now cannot be compared with a key that was not seen.
    if let (true, Err(unseen)) = (facts.takes_our_key(answers), &facts.key) {
        return StepPlan::not_assessed(step, unseen);
    }
    let bucket = match planned(facts, trail, administrators, answers) {
        Ok(bucket) => bucket,
        Err(error) => return StepPlan::blocked(step, Text::verbatim(error.to_string())),
    };
    let of_organization = trail.is_some_and(|trail| trail.of_organization);
    let is_written_to = trail.is_some_and(|trail| trail.bucket == bucket.wanted.name);
    match &bucket.changes {
        Ok(changes) if of_organization && !changes.is_empty() => {
            StepPlan::needs_person(step, mend_organization_s(&bucket.wanted.name, changes))
        }
        Ok(changes) if !changes.is_empty() && as_closed(facts).refuses_who_acts(&bucket.wanted.name) => {
            StepPlan::needs_person(step, change_as_another(&bucket.wanted.name))
        }
        Ok(changes) => change(&bucket, changes),
        Err(Obstacle::NotMine) if is_written_to => StepPlan::not_applicable(step, kept_elsewhere()),
        Err(Obstacle::Unseen(unseen)) => StepPlan::not_assessed(step, unseen),
        Err(obstacle) => StepPlan::needs_person(step, mend_bucket(&bucket.wanted.name, obstacle)),
    }
}

/// Whether nothing that the plan may change would let CloudTrail write into the bucket: another account has it, or a
/// statement of somebody else's keeps CloudTrail out, or may do so.
pub fn is_closed_to_cloudtrail(facts: &Facts, answers: &Answers) -> bool {
    let (Ok(trail), Ok(administrators)) = (facts.trail(), &facts.administrators) else { return false };
    let Ok(bucket) = planned(facts, trail, administrators, answers) else { return false };
    match bucket.changes {
        Err(Obstacle::LockedOut(who)) => who == CLOUDTRAIL,
        Err(Obstacle::NotMine | Obstacle::UnreadablePolicy) => true,
        Err(
            Obstacle::Elsewhere(_)
            | Obstacle::Expires { .. }
            | Obstacle::Granted(_)
            | Obstacle::Public(_)
            | Obstacle::TooLarge(_)
            | Obstacle::Unseen(_),
        )
        | Ok(_) => false,
    }
}

fn as_closed(facts: &Facts) -> ClosedBucket<'_> {
    ClosedBucket {
        partition: &facts.partition,
        account: &facts.account,
        acting: &facts.acting,
        bucket: &facts.bucket,
    }
}

/// The trail's bucket, as it should be.
fn planned(
    facts: &Facts,
    trail: Option<&TrailFacts>,
    administrators: &BTreeSet<String>,
    answers: &Answers,
) -> Result<PlannedBucket, PolicyError> {
    as_closed(facts).plan(administrators, |trusted| trusting(trusted, facts, trail, answers))
}

fn trusting(
    trusted: BTreeSet<String>,
    facts: &Facts,
    trail: Option<&TrailFacts>,
    answers: &Answers,
) -> Result<PlannedBucket, PolicyError> {
    let ours = |region: &str| bucket_name(&facts.account, region, answers);
    let name = trail.map_or_else(|| ours(&facts.region), |trail| trail.goes_to(answers).to_owned());
    // A trail that was made by a run in another Region has the bucket of that Region.
    let named_by_us =
        name == ours(&facts.region) || trail.is_some_and(|trail| name == ours(&trail.home_region));
    let own = match &facts.bucket {
        BucketFacts::Free => true,
        bucket => named_by_us && !(answers.trail.bucket.is_some() && bucket.is_set_up_by_others()),
    };
    let closed = own || may_be_closed(facts, trail, answers);
    let files = Files::of(facts, trail, &name, answers);
    let readers = answers.trail.readers.as_slice();
    let mut policy = files.policy(facts, &trusted, answers)?;
    policy.statement.retain(|statement| {
        (closed || !closes(statement)) && !(readers.is_empty() && lets_readers_read(statement))
    });
    let holders = if closed { trusted.clone() } else { BTreeSet::new() };
    let wanted = Wanted {
        region: region(facts, trail),
        account: facts.account.clone(),
        policy,
        key: (own && facts.takes_our_key(answers)).then(|| default_key(facts)),
        locked_days: if own { answers.trail.object_lock_days } else { 0 },
        lifecycle: own.then(|| files.retention(answers)),
        purpose: own.then_some(PURPOSE),
        must_let: files.must_let(&holders, readers),
        name,
    };
    let changes = private_bucket::plan(&wanted, &facts.bucket);
    Ok(PlannedBucket { wanted, own, closed, trusted, besides: as_closed(facts).besides(), changes })
}

fn change(bucket: &PlannedBucket, changes: &[BucketChange]) -> StepPlan<Change> {
    let Wanted { name, region, .. } = &bucket.wanted;
    let name = harmless(name);
    let change = |change: &BucketChange| Change::Bucket { region: region.clone(), change: change.clone() };
    let locks = changes.iter().any(|change| matches!(change, BucketChange::LockObjects { .. }));
    let changes = changes.iter().map(change).collect();
    let step = StepPlan::to_change(StepId::TrailBucket, changes, found(bucket, &name));
    let step = if locks { step.with_note(locked(bucket.wanted.locked_days)) } else { step };
    if bucket.shuts_others_out(closes) {
        step.with_warning(others_are_shut_out(&name, &bucket.trusted))
    } else {
        step
    }
}

fn found(bucket: &PlannedBucket, name: &str) -> Text {
    if !bucket.closed {
        return text! {
            en: "bucket {name} (adopted; whoever could read it still can)",
            ko: "버킷 {name}(그대로 사용, 읽을 수 있던 사람은 계속 읽음)"
        };
    }
    if bucket.besides.is_empty() {
        return text! { en: "bucket {name}, locked down", ko: "버킷 {name}, 접근 제한됨" };
    }
    let besides = harmless(&bucket.besides.join(", "));
    text! {
        en: "bucket {name}, locked down; let in besides: {besides}",
        ko: "버킷 {name}, 접근 제한됨. 그 밖에 허용된 역할: {besides}"
    }
}

fn default_key(facts: &Facts) -> DefaultKey {
    let key = facts.key.as_ref().ok().and_then(Option::as_ref);
    DefaultKey { alias: key::ALIAS.to_owned(), arn: key.map(|key| key.arn.clone()) }
}

fn locked(days: u32) -> Text {
    text! {
        en: "Object Lock cannot be switched off again, and versioning with it. For {days} days nobody deletes a log file for good, or shortens its lock, but who may do s3:BypassGovernanceRetention, as administrators and root may; until then it is paid for.",
        ko: "객체 잠금(Object Lock)은 다시 끌 수 없고 버전 관리도 끌 수 없게 됩니다. {days}일 동안은 관리자와 루트 사용자처럼 s3:BypassGovernanceRetention 권한이 있어야 로그 파일을 영구 삭제하거나 잠금을 줄일 수 있으며, 그동안 저장 비용이 나옵니다."
    }
}

/// A bucket that was there before has readers and writers that are not known here. It is closed to them only where a
/// person is there to agree, and stays closed after that. The organization's is read by other accounts.
fn may_be_closed(facts: &Facts, trail: Option<&TrailFacts>, answers: &Answers) -> bool {
    !trail.is_some_and(|trail| trail.of_organization) && (answers.attended || as_closed(facts).is_closed())
}

fn lets_readers_read(statement: &Statement) -> bool {
    statement.sid.as_deref() == Some(READERS_READ)
}

fn closes(statement: &Statement) -> bool {
    statement.sid.as_deref().is_some_and(|sid| [ONLY_READERS_READ, NOBODY_TAMPERS].contains(&sid))
}

fn others_are_shut_out(bucket: &str, trusted: &BTreeSet<String>) -> Text {
    let trusted = harmless(&trusted.iter().map(String::as_str).collect::<Vec<_>>().join(", "));
    text! {
        en: "The bucket {bucket} was there before. From then on it refuses everybody but AWS services and {trusted}: reading and listing objects, writing and deleting them, and changing its policy or weakening its settings. Who else reads it has to be named under readers in [trail] first.",
        ko: "버킷 {bucket}은(는) 전부터 있던 것입니다. 적용하면 AWS 서비스와 {trusted} 외에는 객체 읽기, 목록 보기, 쓰기, 삭제와 정책 변경, 설정 약화가 모두 거부됩니다. 그 밖에 읽는 사람이 있으면 먼저 [trail]의 readers에 적으세요."
    }
}

/// A bucket that a trail writes to already may be in any Region. One that was lost is made where the trail is at home.
pub(super) fn region(facts: &Facts, trail: Option<&TrailFacts>) -> String {
    match (&facts.bucket, trail) {
        (BucketFacts::Mine(settings), Some(_)) => settings.region.clone(),
        (_, Some(trail)) => trail.home_region.clone(),
        (_, None) => facts.region.clone(),
    }
}

fn kept_elsewhere() -> Text {
    text! {
        en: "Another account keeps the logs of this one.",
        ko: "이 계정의 로그는 다른 계정이 보관합니다."
    }
}

fn mend_bucket(bucket: &str, obstacle: &Obstacle) -> PersonTask {
    PersonTask { what: obstacle.what(bucket), how: vec![obstacle.how("trail.bucket")], seen: Seen::Elsewhere }
}

fn mend_organization_s(bucket: &str, changes: &[BucketChange]) -> PersonTask {
    let bucket = harmless(bucket);
    PersonTask {
        what: text! {
            en: "The bucket {bucket} of the organization's trail lacks something, and dayone does not change what all accounts rely on.",
            ko: "조직 추적의 버킷 {bucket}에 부족한 점이 있지만 모든 계정이 함께 쓰는 것이라 dayone이 바꾸지 않습니다."
        },
        how: changes.iter().map(BucketChange::summary).collect(),
        seen: Seen::Elsewhere,
    }
}

/// The trail's ARN. It follows from the name, so that policies can be in place before the trail is.
pub(super) fn trail_arn(facts: &Facts, trail: Option<&TrailFacts>, answers: &Answers) -> String {
    let Facts { partition, region, account, .. } = facts;
    let planned = || format!("arn:{partition}:cloudtrail:{region}:{account}:trail/{}", answers.trail.name);
    trail.map_or_else(planned, |trail| trail.arn.clone())
}

/// The log files in the bucket, by all that their policy needs to know of them.
struct Files {
    bucket: String,
    bucket_arn: String,
    /// The trail's ARN.
    trail: String,
    /// What their keys begin with, for all accounts.
    prefix: String,
    /// What their keys begin with, for this account.
    of_account: String,
}

impl Files {
    fn of(facts: &Facts, trail: Option<&TrailFacts>, bucket: &str, answers: &Answers) -> Self {
        let Facts { partition, account, .. } = facts;
        let prefix = trail.and_then(|trail| trail.key_prefix.as_deref());
        let prefix = prefix.map_or_else(String::new, |prefix| format!("{prefix}/"));
        Self {
            bucket: bucket.to_owned(),
            bucket_arn: format!("arn:{partition}:s3:::{bucket}"),
            trail: trail_arn(facts, trail, answers),
            of_account: format!("{prefix}AWSLogs/{account}/"),
            prefix,
        }
    }

    fn policy(
        &self,
        facts: &Facts,
        trusted: &BTreeSet<String>,
        answers: &Answers,
    ) -> Result<Document, PolicyError> {
        let words = [
            ("TRAIL_ARN", self.trail.as_str()),
            ("KEY_PREFIX", self.prefix.as_str()),
            ("PARTITION", facts.partition.as_str()),
            ("ACCOUNT", facts.account.as_str()),
            ("BUCKET", self.bucket.as_str()),
        ];
        let mut policy = Document::parse(&filled_in(include_str!("trail-bucket.json"), &words))?;
        name_principals(&mut policy, "ADMINISTRATORS", trusted);
        let named = answers.trail.readers.iter().cloned().collect();
        name_principals(&mut policy, "NAMED_READERS", &named);
        let readers = trusted.union(&named).cloned().collect();
        name_principals(&mut policy, "READERS", &readers);
        Ok(policy)
    }

    fn must_let(&self, trusted: &BTreeSet<String>, readers: &[String]) -> Vec<MustLet> {
        let [file, digest] = ["CloudTrail", "CloudTrail-Digest"]
            .map(|kind| format!("{}/{}{kind}/file.json.gz", self.bucket_arn, self.of_account));
        let service = |action, resource: &str, more: Vec<(&'static str, String)>| MustLet {
            who: CLOUDTRAIL.into(),
            action,
            resource: resource.to_owned(),
            context: std::iter::once(("aws:SourceArn", self.trail.clone())).chain(more).collect(),
        };
        let acl = || vec![("s3:x-amz-acl", "bucket-owner-full-control".to_owned())];
        let mut must = vec![
            service("s3:GetBucketAcl", &self.bucket_arn, vec![]),
            service("s3:PutObject", &file, acl()),
            service("s3:PutObject", &digest, acl()),
        ];
        // Who may not change the policy could never let anybody in again.
        let needs = [("s3:GetObject", &file), ("s3:PutBucketPolicy", &self.bucket_arn)];
        must.extend(trusted.iter().flat_map(|who| {
            needs.map(|(action, resource)| MustLet {
                who: who.clone(),
                action,
                resource: resource.clone(),
                context: Vec::new(),
            })
        }));
        must.extend(readers.iter().map(|who| MustLet {
            who: who.clone(),
            action: "s3:GetObject",
            resource: file.clone(),
            context: Vec::new(),
        }));
        must
    }

    fn retention(&self, answers: &Answers) -> Retention {
        Retention {
            prefix: self.of_account.clone(),
            expire_after_days: Some(answers.trail.retention_days).filter(|days| *days > 0),
        }
    }
}
