//! The bucket of the report that counts: how it should be, and what has to be done for that. Pure.

use std::collections::BTreeSet;

use aws_sdk_costandusagereport::types::AwsRegion;

use crate::administrators;
use crate::answers::{Answers, ReportKind};
use crate::closed_bucket::{ClosedBucket, NOBODY_TAMPERS, PlannedBucket, change_as_another};
use crate::policy::{Document, PolicyError, Statement};
use crate::practice::{PersonTask, Seen, State, StepId, StepPlan};
use crate::private_bucket::{
    self, BucketChange, BucketFacts, MustLet, Obstacle, Retention, Wanted, filled_in, name_principals,
};
use crate::text;
use crate::text::{Text, harmless};

use super::facts::{Facts, Place, REGION, bucket_name};
use super::plan::Change;

/// What its tags say the bucket is for.
const PURPOSE: &str = "billing-report";

/// `report-bucket`.
pub fn step(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::ReportBucket;
    if let Some(unseen) = facts.unseen() {
        return StepPlan::not_assessed(step, unseen);
    }
    let administrators = match &facts.administrators {
        Ok(administrators) => administrators,
        Err(unseen) => return StepPlan::not_assessed(step, unseen),
    };
    let place = facts.place(answers);
    if !is_sent_to(&place, facts, answers) {
        return StepPlan::needs_person(step, find_another(&place));
    }
    let bucket = match planned(facts, administrators, answers) {
        Ok(bucket) => bucket,
        Err(error) => return StepPlan::blocked(step, Text::verbatim(error.to_string())),
    };
    match &bucket.changes {
        Ok(changes) if !changes.is_empty() && as_closed(facts).refuses_who_acts(&place.bucket) => {
            StepPlan::needs_person(step, change_as_another(&place.bucket))
        }
        Ok(changes) => change(&bucket, changes),
        Err(Obstacle::Unseen(unseen)) => StepPlan::not_assessed(step, unseen),
        Err(obstacle) => StepPlan::needs_person(step, mend(&place.bucket, obstacle)),
    }
}

/// Whether the bucket is ready, or would be made so, or is left as it is by the operator's word.
pub fn is_ready(facts: &Facts, answers: &Answers) -> bool {
    let bucket = step(facts, answers).accept(answers);
    matches!(bucket.state, State::InPlace | State::ToChange | State::Accepted)
}

/// One line for the plan.
pub fn summary(change: &BucketChange) -> Text {
    let mut summary = change.summary();
    if let BucketChange::PutPolicy { policy, .. } = change
        && policy.statement.iter().any(closes)
    {
        summary.en.push_str("; only administrators replace or delete files, or change the bucket");
        summary.ko.push_str(". 파일 교체·삭제와 버킷 변경은 관리자만 가능");
    }
    summary
}

/// The report's bucket, as it should be.
fn planned(
    facts: &Facts,
    administrators: &BTreeSet<String>,
    answers: &Answers,
) -> Result<PlannedBucket, PolicyError> {
    let own = is_own(facts, answers);
    let closed = !administrators.is_empty() && (own || may_be_closed(facts, answers));
    as_closed(facts).plan(administrators, |trusted| trusting(trusted, own, closed, facts, answers))
}

fn trusting(
    trusted: BTreeSet<String>,
    own: bool,
    closed: bool,
    facts: &Facts,
    answers: &Answers,
) -> Result<PlannedBucket, PolicyError> {
    let Place { bucket: name, region } = facts.place(answers);
    let mut policy = policy(facts, &name, &trusted, answers)?;
    if !closed {
        policy.statement.retain(|statement| !closes(statement));
    }
    let holders = if closed { trusted.clone() } else { BTreeSet::new() };
    let wanted = Wanted {
        policy,
        must_let: must_let(facts, &name, &holders, answers),
        key: None,
        locked_days: 0,
        lifecycle: own.then(|| retention(answers)),
        purpose: own.then_some(PURPOSE),
        name,
        region,
        account: facts.account.clone(),
    };
    let changes = private_bucket::plan(&wanted, &facts.bucket);
    let found = as_closed(facts);
    // A statement of ours stays, even where nobody can be named in it anew.
    let closed = closed || found.is_closed();
    Ok(PlannedBucket { wanted, own, closed, trusted, besides: found.besides(), changes })
}

fn change(bucket: &PlannedBucket, changes: &[BucketChange]) -> StepPlan<Change> {
    let Wanted { name, region, .. } = &bucket.wanted;
    let name = harmless(name);
    let change = |change: &BucketChange| Change::Bucket { region: region.clone(), change: change.clone() };
    let changes = changes.iter().map(change).collect();
    let step = StepPlan::to_change(StepId::ReportBucket, changes, found(bucket, &name));
    if bucket.shuts_others_out(closes) {
        step.with_warning(others_are_shut_out(&name, &bucket.trusted))
    } else if bucket.own && !bucket.closed && step.state == State::ToChange {
        step.with_note(open_to_others())
    } else {
        step
    }
}

fn found(bucket: &PlannedBucket, name: &str) -> Text {
    if !bucket.closed {
        return text! {
            en: "bucket {name}, private (whoever has rights on S3 can change it)",
            ko: "버킷 {name}, 비공개(S3 권한이 있으면 누구나 변경 가능)"
        };
    }
    if bucket.besides.is_empty() {
        return text! {
            en: "bucket {name}, private, changed by administrators alone",
            ko: "버킷 {name}, 비공개, 관리자만 변경 가능"
        };
    }
    let besides = harmless(&bucket.besides.join(", "));
    text! {
        en: "bucket {name}, private, changed by administrators and by: {besides}",
        ko: "버킷 {name}, 비공개, 관리자와 다음 역할만 변경 가능: {besides}"
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

/// Whether nobody else relies on the bucket. One that was lost is made anew.
fn is_own(facts: &Facts, answers: &Answers) -> bool {
    let has_our_name = facts.place(answers).bucket == bucket_name(&facts.account, answers);
    match &facts.bucket {
        BucketFacts::Free => true,
        bucket => has_our_name && !(answers.billing.bucket.is_some() && bucket.is_set_up_by_others()),
    }
}

/// A bucket that was there before may have writers that are not known here. It is closed to them only where a person is
/// there to agree, and stays closed after that.
fn may_be_closed(facts: &Facts, answers: &Answers) -> bool {
    answers.attended || as_closed(facts).is_closed()
}

fn closes(statement: &Statement) -> bool {
    statement.sid.as_deref() == Some(NOBODY_TAMPERS)
}

/// A bucket that is closed to all but root could be opened to the administrator only by root.
fn open_to_others() -> Text {
    text! {
        en: "No administrator is known yet, so whoever has rights on S3 can replace or delete the bills. Run dayone again once there is one: then the bucket is closed.",
        ko: "아직 관리자를 알 수 없어 S3 권한이 있으면 누구나 보고서를 바꾸거나 지울 수 있습니다. 관리자가 생긴 뒤 dayone을 다시 실행하면 버킷을 닫습니다."
    }
}

fn others_are_shut_out(bucket: &str, trusted: &BTreeSet<String>) -> Text {
    let trusted = harmless(&trusted.iter().map(String::as_str).collect::<Vec<_>>().join(", "));
    text! {
        en: "The bucket {bucket} was there before. From then on it refuses everybody but AWS services and {trusted}: writing and deleting objects, and changing its policy or weakening its settings. Who may read it, still may.",
        ko: "버킷 {bucket}은(는) 전부터 있던 것입니다. 적용하면 AWS 서비스와 {trusted} 외에는 객체 쓰기와 삭제, 정책 변경, 설정 약화가 모두 거부됩니다. 읽을 수 있던 사람은 계속 읽습니다."
    }
}

/// Classic reports go only to buckets in Regions that their API knows. Where one goes already, AWS has taken it.
fn is_sent_to(place: &Place, facts: &Facts, answers: &Answers) -> bool {
    let goes_there = facts.stays_in(answers).is_some_and(|stays_in| stays_in.region == place.region);
    answers.billing.kind == ReportKind::Cur2
        || goes_there
        || AwsRegion::values().contains(&place.region.as_str())
}

fn find_another(place: &Place) -> PersonTask {
    let (bucket, region) = (harmless(&place.bucket), harmless(&place.region));
    PersonTask {
        what: text! {
            en: "The bucket {bucket} is in {region}, and AWS sends no classic report to that Region.",
            ko: "버킷 {bucket}은(는) {region} 리전에 있는데, AWS는 이 리전으로 기존 방식의 보고서를 보내지 않습니다."
        },
        how: vec![text! {
            en: "Name a bucket in another one: billing.bucket in the answers file.",
            ko: "응답 파일의 billing.bucket에 다른 리전의 버킷을 적으세요."
        }],
        seen: Seen::Elsewhere,
    }
}

fn mend(bucket: &str, obstacle: &Obstacle) -> PersonTask {
    PersonTask {
        what: obstacle.what(bucket),
        how: vec![obstacle.how("billing.bucket")],
        seen: Seen::Elsewhere,
    }
}

fn policy(
    facts: &Facts,
    bucket: &str,
    trusted: &BTreeSet<String>,
    answers: &Answers,
) -> Result<Document, PolicyError> {
    let template = match answers.billing.kind {
        ReportKind::Classic => include_str!("report-bucket.json"),
        ReportKind::Cur2 => include_str!("export-bucket.json"),
    };
    let words =
        [("PARTITION", facts.partition.as_str()), ("ACCOUNT", facts.account.as_str()), ("BUCKET", bucket)];
    let mut policy = Document::parse(&filled_in(template, &words))?;
    name_principals(&mut policy, "ADMINISTRATORS", trusted);
    Ok(policy)
}

/// Reports stay; those of earlier days are earlier versions of the same files.
fn retention(answers: &Answers) -> Retention {
    Retention { prefix: format!("{}/", answers.billing.prefix), expire_after_days: None }
}

/// The service writes; root reads, whatever happens; and who may change a closed bucket could never let anybody in
/// again without its policy.
fn must_let(facts: &Facts, bucket: &str, trusted: &BTreeSet<String>, answers: &Answers) -> Vec<MustLet> {
    let Facts { partition, account, .. } = facts;
    let arn = format!("arn:{partition}:s3:::{bucket}");
    let object = format!("{arn}/{}/report.parquet", answers.billing.prefix);
    let may = |who: &String, action, resource: &String| MustLet {
        who: who.clone(),
        action,
        resource: resource.clone(),
        context: Vec::new(),
    };
    let mut must = of_service(facts, &arn, &object, answers);
    must.push(may(&administrators::root(partition, account), "s3:GetObject", &object));
    must.extend(
        trusted
            .iter()
            .flat_map(|who| [may(who, "s3:GetObject", &object), may(who, "s3:PutBucketPolicy", &arn)]),
    );
    must
}

fn of_service(facts: &Facts, arn: &str, object: &str, answers: &Answers) -> Vec<MustLet> {
    let Facts { partition, account, .. } = facts;
    let (who, source, actions) = match answers.billing.kind {
        ReportKind::Classic => (
            "billingreports.amazonaws.com",
            // The service sends these words, with the asterisk.
            format!("arn:{partition}:cur:{REGION}:{account}:definition/*"),
            vec![("s3:GetBucketAcl", arn), ("s3:GetBucketPolicy", arn), ("s3:PutObject", object)],
        ),
        ReportKind::Cur2 => (
            "bcm-data-exports.amazonaws.com",
            format!("arn:{partition}:bcm-data-exports:{REGION}:{account}:export/{}", answers.billing.report),
            vec![("s3:PutObject", object)],
        ),
    };
    let needs = |(action, resource): (&'static str, &str)| MustLet {
        who: who.into(),
        action,
        resource: resource.to_owned(),
        context: vec![("aws:SourceArn", source.clone()), ("aws:SourceAccount", account.clone())],
    };
    actions.into_iter().map(needs).collect()
}
