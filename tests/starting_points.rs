//! Accounts as others have left them, trails, buckets and reports half made or made otherwise: for each the plan, what is
//! applied, and that nothing is left to plan after it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::time::Duration;

use aws_sdk_cloudtrail::types::EventSelector;
use dayone::rehearsal::OrganizationTrail;
use serde_json::{Value, json};
use steps::aws::{Access, ForCall};
use steps::practice::State::{Blocked, InPlace, NeedsPerson, NotApplicable, ToChange, Waiting};
use steps::practice::{State, StepId};
use support::actor::Actor;
use support::stage::{Errand, Played, Stage, Trail, change};

const OF_TRAILS: [StepId; 2] = [StepId::TrailBucket, StepId::Trail];
const UP_TO_DELIVERY: [StepId; 3] = [StepId::TrailBucket, StepId::Trail, StepId::LogDelivery];
const OF_REPORTS: [StepId; 2] = [StepId::ReportBucket, StepId::Report];
const OF_BOTH: [StepId; 4] = [StepId::TrailBucket, StepId::Trail, StepId::ReportBucket, StepId::Report];

const TRAIL_BUCKET: &str = "dayone-trail-111122223333-us-east-1-an";
const REPORT_BUCKET: &str = "dayone-billing-111122223333-us-east-1-an";
const PERFECT: Trail = Trail { multi_region: true, validated: true, logging: true };
const SINGLE_REGION: Trail = Trail { multi_region: false, validated: false, logging: true };
/// It can be judged by nobody but its owner what such a trail leaves out.
const OF_ORGANIZATION: OrganizationTrail =
    OrganizationTrail { multi_region: true, validated: true, logging: true, selects: true };

/// How a step stands, and what would be changed.
type Line = (StepId, State, Vec<String>);

fn line(step: StepId, state: State, changes: &[&str]) -> Line {
    (step, state, changes.iter().map(|change| (*change).to_owned()).collect())
}

/// A bucket that is made from nothing.
fn new_bucket(step: StepId, bucket: &str) -> Line {
    let parts = [
        ("create", ""),
        ("enable", "/public-access-block"),
        ("update", "/ownership-controls"),
        ("update", "/encryption"),
        ("enable", "/versioning"),
        ("update", "/lifecycle"),
        ("update", "/tags"),
        ("update", "/policy"),
    ];
    let change = |(verb, part): (&str, &str)| format!("{verb} s3:bucket/{bucket}{part}");
    (step, ToChange, parts.into_iter().map(change).collect())
}

/// A bucket of others, whose lifecycle and tags are theirs.
fn adopted_bucket(step: StepId, bucket: &str) -> Line {
    let changes = ["enable", "update"].into_iter().zip(["versioning", "policy"]);
    (step, ToChange, changes.map(|(verb, part)| format!("{verb} s3:bucket/{bucket}/{part}")).collect())
}

async fn plan(stage: &Stage, errand: &Errand) -> Vec<Line> {
    let reports = stage.look(errand).await.unwrap_or_else(|failure| panic!("{failure}"));
    reports
        .iter()
        .map(|report| (report.step, report.state, report.changes.iter().map(change).collect()))
        .collect()
}

/// The plan is as expected, exactly that is applied, and then nothing is left to plan or to apply.
async fn bring_up(stage: &Stage, errand: &Errand, expected: &[Line], after: &[State]) -> Played<Actor> {
    assert_eq!(plan(stage, errand).await, expected);
    let operator = || match errand.attended {
        true => Actor::attended(stage.clock.clone()),
        false => Actor::unattended(stage.clock.clone()),
    };
    let applied = stage.play(errand, operator()).await.finished();
    let planned: Vec<_> = expected.iter().flat_map(|(.., changes)| changes.clone()).collect();
    assert_eq!(applied.made(), planned);

    let expected: Vec<_> = expected.iter().map(|(step, ..)| *step).zip(after.iter().copied()).collect();
    let second = plan(stage, errand).await;
    let stands: Vec<_> = second.iter().map(|(step, state, _)| (*step, *state)).collect();
    assert_eq!(stands, expected);
    assert!(second.iter().all(|(.., changes)| changes.is_empty()), "{second:?}");
    let calls = stage.account.mutating_calls();
    assert_eq!(stage.play(errand, operator()).await.finished().changes_made, 0);
    assert_eq!(stage.account.mutating_calls(), calls);
    applied
}

/// The policy that CloudTrail needs of a bucket, as its own documentation has it, for any trail of the account.
fn for_trails(bucket: &str) -> Value {
    let (arn, service) = (format!("arn:aws:s3:::{bucket}"), json!({"Service": "cloudtrail.amazonaws.com"}));
    let any = json!({"aws:SourceArn": "arn:aws:cloudtrail:*:111122223333:trail/*"});
    let own_acl = json!({"s3:x-amz-acl": "bucket-owner-full-control"});
    json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "AWSCloudTrailAclCheck", "Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl",
         "Resource": arn, "Condition": {"ArnLike": any}},
        {"Sid": "AWSCloudTrailWrite", "Effect": "Allow", "Principal": service, "Action": "s3:PutObject",
         "Resource": format!("{arn}/AWSLogs/111122223333/*"),
         "Condition": {"ArnLike": any, "StringEquals": own_acl}}
    ]})
}

/// The policy that reports need of a bucket.
fn for_reports(bucket: &str) -> Value {
    let (arn, service) =
        (format!("arn:aws:s3:::{bucket}"), json!({"Service": "billingreports.amazonaws.com"}));
    let own = json!({"StringEquals": {
        "aws:SourceArn": "arn:aws:cur:us-east-1:111122223333:definition/*", "aws:SourceAccount": "111122223333"
    }});
    json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "Checks", "Effect": "Allow", "Principal": service,
         "Action": ["s3:GetBucketAcl", "s3:GetBucketPolicy"], "Resource": arn, "Condition": own},
        {"Sid": "Writes", "Effect": "Allow", "Principal": service, "Action": "s3:PutObject",
         "Resource": format!("{arn}/*"), "Condition": own}
    ]})
}

/// A statement of somebody else about a bucket.
fn theirs(effect: &str, principal: Value, action: &str, resource: &str) -> Value {
    let statement = json!({"Sid": "Theirs", "Effect": effect, "Principal": principal, "Action": action,
                           "Resource": format!("arn:aws:s3:::{resource}")});
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

/// The names of the statements in a bucket's policy.
async fn statements(stage: &Stage, bucket: &str) -> Vec<String> {
    let policy = stage.policy_of(bucket).await;
    let names = policy["Statement"].as_array().unwrap().iter();
    let mut names: Vec<_> = names.map(|statement| statement["Sid"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// Each trail of the account: its ARN without what is the same for all, and its bucket, and whether it covers all
/// Regions, validates its files and logs.
async fn trails(stage: &Stage) -> Vec<(String, String, [bool; 3])> {
    let snapshot = stage.account.snapshot().await;
    let found = snapshot["trails"].as_array().unwrap().iter();
    let trail = |trail: &Value| {
        let word = |key: &str| trail[key].as_str().unwrap().to_owned();
        let arn = word("arn").replace("arn:aws:cloudtrail:", "").replace(":111122223333:trail/", " ");
        (arn, word("bucket"), ["all", "validated", "logging"].map(|key| trail[key] == true))
    };
    found.map(trail).collect()
}

fn good(arn: &str, bucket: &str) -> (String, String, [bool; 3]) {
    (arn.to_owned(), bucket.to_owned(), [true; 3])
}

/// An account with a trail of somebody else's in us-east-1, into a bucket of theirs.
async fn with_trail(name: &str, is: Trail) -> Stage {
    let stage = Stage::new();
    stage.bucket("logs", "us-east-1", Some(for_trails("logs"))).await;
    stage.trail(name, "us-east-1", "logs", is).await;
    stage
}

/// An account with a report into a bucket of somebody else's.
async fn with_report(name: &str, other: Value) -> Stage {
    let stage = Stage::new();
    stage.bucket("bills", "us-east-1", Some(for_reports("bills"))).await;
    stage.report(name, "bills", other).await;
    stage
}

#[tokio::test(start_paused = true)]
async fn from_nothing() {
    let stage = Stage::new();
    let steps = [
        OF_TRAILS[0],
        OF_TRAILS[1],
        StepId::LogDelivery,
        OF_REPORTS[0],
        OF_REPORTS[1],
        StepId::ReportDelivery,
    ];
    let expected = [
        new_bucket(StepId::TrailBucket, TRAIL_BUCKET),
        line(StepId::Trail, ToChange, &["create cloudtrail:trail/day-one", "start cloudtrail:trail/day-one"]),
        line(StepId::LogDelivery, Blocked, &[]),
        new_bucket(StepId::ReportBucket, REPORT_BUCKET),
        line(StepId::Report, ToChange, &["create cur:definition/day-one"]),
        line(StepId::ReportDelivery, Blocked, &[]),
    ];
    let after = [InPlace, InPlace, Waiting, InPlace, InPlace, Waiting];
    bring_up(&stage, &stage.errand(json!({}), &steps), &expected, &after).await;
    assert_eq!(trails(&stage).await, [good("us-east-1 day-one", TRAIL_BUCKET)]);
}

/// A trail of one Region is brought up to all of them: a second one would cost money.
#[tokio::test(start_paused = true)]
async fn from_a_trail_of_one_region() {
    let stage = with_trail("audit", SINGLE_REGION).await;
    let expected = [
        adopted_bucket(StepId::TrailBucket, "logs"),
        line(StepId::Trail, ToChange, &["update cloudtrail:trail/audit"]),
    ];
    bring_up(&stage, &stage.errand(json!({}), &OF_TRAILS), &expected, &[InPlace, InPlace]).await;
    assert_eq!(trails(&stage).await, [good("us-east-1 audit", "logs")]);
    let expected = ["AWSCloudTrailAclCheck", "AWSCloudTrailWrite", "DayoneDenyInsecureTransport"];
    assert_eq!(statements(&stage, "logs").await, expected);
}

#[tokio::test(start_paused = true)]
async fn from_a_trail_that_was_stopped() {
    let stage = with_trail("audit", Trail { logging: false, ..PERFECT }).await;
    let expected = [
        adopted_bucket(StepId::TrailBucket, "logs"),
        line(StepId::Trail, ToChange, &["start cloudtrail:trail/audit"]),
    ];
    bring_up(&stage, &stage.errand(json!({}), &OF_TRAILS), &expected, &[InPlace, InPlace]).await;
    assert_eq!(trails(&stage).await, [good("us-east-1 audit", "logs")]);
}

/// What somebody has chosen to record is not for us to change.
#[tokio::test(start_paused = true)]
async fn from_a_trail_with_selectors_of_somebody_else() {
    let stage = with_trail("audit", PERFECT).await;
    let writes = json!([{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": true}]);
    stage.selectors("audit", writes).await;
    let expected = [adopted_bucket(StepId::TrailBucket, "logs"), line(StepId::Trail, NeedsPerson, &[])];
    let errand = stage.errand(json!({}), &OF_TRAILS);
    let applied = bring_up(&stage, &errand, &expected, &[InPlace, NeedsPerson]).await;
    let task = applied.reports.iter().find_map(|report| report.person.as_ref()).unwrap();
    assert!(task.what.en.contains("audit leaves out management events"), "{}", task.what.en);
    let calls = stage.account.mutating_calls();
    assert_eq!(calls.iter().filter(|call| *call == "cloudtrail:PutEventSelectors").count(), 1, "theirs");
    assert_eq!(trails(&stage).await.len(), 1);
}

/// Who is there is asked, and has all management events recorded. Five selectors are the most that a trail has.
#[tokio::test(start_paused = true)]
async fn from_a_trail_with_five_selectors_of_data_that_a_person_completes() {
    let stage = with_trail("audit", PERFECT).await;
    let of_data = |(kind, bucket): (&str, &str)| {
        let objects = json!([{"Type": "AWS::S3::Object", "Values": [format!("arn:aws:s3:::{bucket}/")]}]);
        json!({"ReadWriteType": kind, "IncludeManagementEvents": false, "DataResources": objects})
    };
    let data = [("WriteOnly", "a"), ("WriteOnly", "b"), ("ReadOnly", "c"), ("All", "d"), ("WriteOnly", "e")];
    stage.selectors("audit", data.map(of_data).into_iter().collect()).await;
    let expected = [
        adopted_bucket(StepId::TrailBucket, "logs"),
        line(StepId::Trail, ToChange, &["update cloudtrail:trail/audit"]),
    ];
    let errand = Errand { attended: true, ..stage.errand(json!({}), &OF_TRAILS) };
    let applied = bring_up(&stage, &errand, &expected, &[InPlace, InPlace]).await;
    let told = applied.told.notes(StepId::Trail);
    assert!(told.contains("Somebody has chosen that the trail audit leaves out"), "{told}");

    let recorded = stage.recorded_by("audit").await;
    let resources = recorded.event_selectors().iter().flat_map(|selector| selector.data_resources());
    let mut values: Vec<_> = resources.flat_map(|resource| resource.values()).collect();
    values.sort();
    let expected = ["a", "b", "c", "d", "e"].map(|bucket| format!("arn:aws:s3:::{bucket}/"));
    assert_eq!(values, expected.iter().collect::<Vec<_>>());
    let of_management = |selector: &&EventSelector| selector.include_management_events() == Some(true);
    assert_eq!(recorded.event_selectors().iter().filter(of_management).count(), 1);
}

/// The trail of the answers is ours to change.
#[tokio::test(start_paused = true)]
async fn from_our_own_trail_with_selectors() {
    let stage = with_trail("day-one", PERFECT).await;
    let writes = json!([{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": true}]);
    stage.selectors("day-one", writes).await;
    let expected = [
        adopted_bucket(StepId::TrailBucket, "logs"),
        line(StepId::Trail, ToChange, &["update cloudtrail:trail/day-one"]),
    ];
    bring_up(&stage, &stage.errand(json!({}), &OF_TRAILS), &expected, &[InPlace, InPlace]).await;
    assert_eq!(trails(&stage).await, [good("us-east-1 day-one", "logs")]);
}

/// Seen from here as the shadow of a trail that can be changed in its own Region only.
#[tokio::test(start_paused = true)]
async fn from_a_trail_in_another_region() {
    let stage = Stage::new();
    stage.bucket("logs", "eu-west-1", Some(for_trails("logs"))).await;
    let half_made = Trail { multi_region: true, validated: false, logging: false };
    stage.trail("audit", "eu-west-1", "logs", half_made).await;
    let expected = [
        adopted_bucket(StepId::TrailBucket, "logs"),
        line(StepId::Trail, ToChange, &["update cloudtrail:trail/audit", "start cloudtrail:trail/audit"]),
    ];
    bring_up(&stage, &stage.errand(json!({}), &OF_TRAILS), &expected, &[InPlace, InPlace]).await;
    assert_eq!(trails(&stage).await, [good("eu-west-1 audit", "logs")]);
}

/// One Region does not show the trails of another alone, and a second trail would be paid for.
#[tokio::test(start_paused = true)]
async fn from_a_trail_of_another_region_alone() {
    let stage = Stage::new();
    stage.bucket("logs", "eu-west-1", Some(for_trails("logs"))).await;
    stage.trail("audit", "eu-west-1", "logs", SINGLE_REGION).await;
    let expected = [
        adopted_bucket(StepId::TrailBucket, "logs"),
        line(StepId::Trail, ToChange, &["update cloudtrail:trail/audit"]),
    ];
    bring_up(&stage, &stage.errand(json!({}), &OF_TRAILS), &expected, &[InPlace, InPlace]).await;
    assert_eq!(trails(&stage).await, [good("eu-west-1 audit", "logs")]);
}

/// Only what is missing is told and sent.
#[tokio::test(start_paused = true)]
async fn from_a_trail_that_lacks_validation_alone() {
    let stage = with_trail("audit", Trail { validated: false, ..PERFECT }).await;
    let expected = [
        adopted_bucket(StepId::TrailBucket, "logs"),
        line(StepId::Trail, ToChange, &["update cloudtrail:trail/audit"]),
    ];
    let errand = stage.errand(json!({}), &OF_TRAILS);
    let applied = bring_up(&stage, &errand, &expected, &[InPlace, InPlace]).await;
    let mut summaries = applied.told.made.iter().map(|change| change.summary.en.as_str());
    assert!(summaries.any(|summary| summary == "trail audit: log-file validation"));
    assert_eq!(trails(&stage).await, [good("us-east-1 audit", "logs")]);
}

/// The organization's trail is the first copy. Its selectors are told to nobody but its owner, and are not asked for.
#[tokio::test(start_paused = true)]
async fn from_an_organization_s_trail() {
    let stage = Stage::new();
    stage.account.seed_organization_trail("organization", OF_ORGANIZATION).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let expected = [
        line(StepId::TrailBucket, NotApplicable, &[]),
        line(StepId::Trail, InPlace, &[]),
        line(StepId::LogDelivery, InPlace, &[]),
    ];
    let errand = stage.errand(json!({}), &UP_TO_DELIVERY);
    bring_up(&stage, &errand, &expected, &[NotApplicable, InPlace, InPlace]).await;
    assert_eq!(trails(&stage).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn from_an_organization_s_trail_that_was_stopped() {
    let stage = Stage::new();
    let stopped = OrganizationTrail { logging: false, ..OF_ORGANIZATION };
    stage.account.seed_organization_trail("organization", stopped).await;
    let expected = [line(StepId::TrailBucket, NotApplicable, &[]), line(StepId::Trail, NeedsPerson, &[])];
    let errand = stage.errand(json!({}), &OF_TRAILS);
    let applied = bring_up(&stage, &errand, &expected, &[NotApplicable, NeedsPerson]).await;
    assert_told(&applied, StepId::Trail, "Ask who owns it");
    assert_eq!(stage.account.mutating_calls(), Vec::<String>::new());
}

/// What does not cover all Regions is not enough, and the trail that is made besides costs something.
#[tokio::test(start_paused = true)]
async fn from_an_organization_s_trail_of_one_region() {
    let stage = Stage::new();
    let of_one_region = OrganizationTrail { multi_region: false, ..OF_ORGANIZATION };
    stage.account.seed_organization_trail("organization", of_one_region).await;
    let expected = [
        new_bucket(StepId::TrailBucket, TRAIL_BUCKET),
        line(StepId::Trail, ToChange, &["create cloudtrail:trail/day-one", "start cloudtrail:trail/day-one"]),
    ];
    let errand = stage.errand(json!({}), &OF_TRAILS);
    let applied = bring_up(&stage, &errand, &expected, &[InPlace, InPlace]).await;
    let told = applied.told.notes(StepId::Trail);
    assert!(told.contains("organization (us-east-1)") && told.contains("$2 per 100,000"), "{told}");
    assert_eq!(trails(&stage).await[0], good("us-east-1 day-one", TRAIL_BUCKET));
}

/// There is no room for a sixth, and the one that is good enough counts; the others are nobody's business.
#[tokio::test(start_paused = true)]
async fn from_five_trails_of_which_one_is_good_enough() {
    let stage = with_trail("trail-3", PERFECT).await;
    for number in [1, 2, 4, 5] {
        stage.trail(&format!("trail-{number}"), "us-east-1", "logs", SINGLE_REGION).await;
    }
    let before = trails(&stage).await;
    assert_eq!(before.len(), 5);
    let expected = [adopted_bucket(StepId::TrailBucket, "logs"), line(StepId::Trail, InPlace, &[])];
    bring_up(&stage, &stage.errand(json!({}), &OF_TRAILS), &expected, &[InPlace, InPlace]).await;
    assert_eq!(trails(&stage).await, before);
}

#[tokio::test(start_paused = true)]
async fn from_five_trails_of_which_none_is_good_enough() {
    let stage = with_trail("trail-1", SINGLE_REGION).await;
    for number in 2..=5 {
        stage.trail(&format!("trail-{number}"), "us-east-1", "logs", SINGLE_REGION).await;
    }
    let expected = [
        adopted_bucket(StepId::TrailBucket, "logs"),
        line(StepId::Trail, ToChange, &["update cloudtrail:trail/trail-5"]),
    ];
    bring_up(&stage, &stage.errand(json!({}), &OF_TRAILS), &expected, &[InPlace, InPlace]).await;
    let trails = trails(&stage).await;
    assert_eq!(trails.len(), 5);
    assert_eq!(trails.iter().filter(|(.., is)| *is == [true; 3]).count(), 1, "{trails:?}");
}

/// A person who is there may have the bucket closed to everybody else, and is told who that is.
#[tokio::test(start_paused = true)]
async fn from_a_bucket_of_others_that_a_person_has_closed() {
    let stage = with_trail("audit", PERFECT).await;
    let expected = [adopted_bucket(StepId::TrailBucket, "logs"), line(StepId::Trail, InPlace, &[])];
    let errand = Errand { attended: true, ..stage.errand(json!({}), &OF_TRAILS) };
    let applied = bring_up(&stage, &errand, &expected, &[InPlace, InPlace]).await;
    let told = applied.told.notes(StepId::TrailBucket);
    assert!(told.contains("The bucket logs was there before"), "{told}");
    let expected = [
        "AWSCloudTrailAclCheck",
        "AWSCloudTrailWrite",
        "DayoneDenyInsecureTransport",
        "DayoneNobodyTampers",
        "DayoneOnlyReadersRead",
    ];
    assert_eq!(statements(&stage, "logs").await, expected);

    // What a person has closed stays closed with nobody there.
    let unattended = plan(&stage, &stage.errand(json!({}), &OF_TRAILS)).await;
    assert!(unattended.iter().all(|(_, state, _)| *state == InPlace), "{unattended:?}");
}

/// What others have set in the policy of a bucket with our name stays.
#[tokio::test(start_paused = true)]
async fn from_a_bucket_of_our_name_with_another_policy() {
    let stage = Stage::new();
    let root = json!({"AWS": "arn:aws:iam::111122223333:root"});
    let other = theirs("Allow", root, "s3:ListBucket", TRAIL_BUCKET);
    stage.bucket(TRAIL_BUCKET, "us-east-1", Some(other)).await;
    let (_, _, changes) = new_bucket(StepId::TrailBucket, TRAIL_BUCKET);
    let changes: Vec<_> = changes.iter().map(String::as_str).collect();
    let expected = [
        line(StepId::TrailBucket, ToChange, &changes[4..]),
        line(StepId::Trail, ToChange, &["create cloudtrail:trail/day-one", "start cloudtrail:trail/day-one"]),
    ];
    bring_up(&stage, &stage.errand(json!({}), &OF_TRAILS), &expected, &[InPlace, InPlace]).await;
    let expected = [
        "DayoneCloudTrailChecksAcl",
        "DayoneCloudTrailWrites",
        "DayoneDenyInsecureTransport",
        "DayoneNobodyTampers",
        "DayoneOnlyReadersRead",
        "Theirs",
    ];
    assert_eq!(statements(&stage, TRAIL_BUCKET).await, expected);
}

/// A bucket that an earlier run has made may have tags of others and none of ours.
#[tokio::test(start_paused = true)]
async fn from_a_bucket_of_ours_with_tags_of_others() {
    let stage = Stage::new();
    let errand = stage.errand(json!({}), &OF_TRAILS);
    stage.play(&errand, Actor::unattended(stage.clock.clone())).await.finished();
    let ours = json!({"managed-by": "dayone", "purpose": "cloudtrail-logs"});
    assert_eq!(stage.tags_of(TRAIL_BUCKET).await, ours);
    stage.tags(TRAIL_BUCKET, &[("purpose", "archive"), ("team", "security")]).await;
    let tags = format!("update s3:bucket/{TRAIL_BUCKET}/tags");
    let expected = [line(StepId::TrailBucket, ToChange, &[tags.as_str()]), line(StepId::Trail, InPlace, &[])];
    bring_up(&stage, &errand, &expected, &[InPlace, InPlace]).await;
    let expected = json!({"managed-by": "dayone", "purpose": "archive", "team": "security"});
    assert_eq!(stage.tags_of(TRAIL_BUCKET).await, expected);
}

/// A denial of others that would keep CloudTrail out is for a person to judge.
#[tokio::test(start_paused = true)]
async fn from_a_bucket_of_our_name_that_shuts_cloudtrail_out() {
    let stage = Stage::new();
    let denial = theirs("Deny", json!("*"), "s3:PutObject", &format!("{TRAIL_BUCKET}/*"));
    stage.bucket(TRAIL_BUCKET, "us-east-1", Some(denial)).await;
    let expected = [line(StepId::TrailBucket, NeedsPerson, &[]), line(StepId::Trail, Blocked, &[])];
    let errand = stage.errand(json!({}), &OF_TRAILS);
    let applied = bring_up(&stage, &errand, &expected, &[NeedsPerson, Blocked]).await;
    assert_told(&applied, StepId::TrailBucket, "would lock out cloudtrail.amazonaws.com");
    assert_eq!(statements(&stage, TRAIL_BUCKET).await, ["Theirs"]);
    assert_eq!(trails(&stage).await, []);
}

/// An account in which our trail logs, and somebody has shut CloudTrail out before the first file came.
async fn shut_out() -> (Stage, Value) {
    let stage = Stage::new();
    let errand = stage.errand(json!({}), &OF_TRAILS);
    stage.play(&errand, Actor::unattended(stage.clock.clone())).await.finished();
    let before = stage.policy_of(TRAIL_BUCKET).await;
    let mut policy = before.clone();
    let denial = theirs("Deny", json!("*"), "s3:PutObject", &format!("{TRAIL_BUCKET}/*"));
    policy["Statement"].as_array_mut().unwrap().push(denial["Statement"][0].clone());
    stage.put_policy(TRAIL_BUCKET, &policy).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    (stage, before)
}

/// AWS bills what a trail tries for nothing. With nobody there it is stopped, and started again once the bucket is mended.
#[tokio::test(start_paused = true)]
async fn from_a_trail_of_ours_that_can_deliver_nothing() {
    let (stage, before) = shut_out().await;
    let expected = [
        line(StepId::TrailBucket, NeedsPerson, &[]),
        line(StepId::Trail, ToChange, &["disable cloudtrail:trail/day-one"]),
        line(StepId::LogDelivery, Blocked, &[]),
    ];
    let errand = stage.errand(json!({}), &UP_TO_DELIVERY);
    let after = [NeedsPerson, NeedsPerson, Blocked];
    let applied = bring_up(&stage, &errand, &expected, &after).await;
    let told = applied.told.notes(StepId::Trail);
    assert!(told.contains("has never delivered a file") && told.contains("AccessDenied"), "{told}");
    assert_told(&applied, StepId::Trail, "aws cloudtrail delete-trail --name arn:aws:cloudtrail:us-east-1:");
    let stopped = ("us-east-1 day-one".to_owned(), TRAIL_BUCKET.to_owned(), [true, true, false]);
    assert_eq!(trails(&stage).await, [stopped]);

    stage.put_policy(TRAIL_BUCKET, &before).await;
    stage.play(&errand, Actor::unattended(stage.clock.clone())).await.finished();
    assert_eq!(trails(&stage).await, [good("us-east-1 day-one", TRAIL_BUCKET)]);
    tokio::time::sleep(Duration::from_secs(60)).await;
    let mended = plan(&stage, &errand).await;
    assert!(mended.iter().all(|(_, state, _)| *state == InPlace), "{mended:?}");
}

/// Who is there may have it deleted, and makes it again once the bucket is mended.
#[tokio::test(start_paused = true)]
async fn from_a_trail_of_ours_that_can_deliver_nothing_and_a_person() {
    let (stage, before) = shut_out().await;
    let errand = Errand { attended: true, ..stage.errand(json!({}), &UP_TO_DELIVERY) };
    let calls = stage.account.mutating_calls().len();
    let kept = stage.play(&errand, Actor::attended(stage.clock.clone())).await.finished();
    assert_eq!((kept.changes_made, stage.calls_since(calls)), (0, vec![]), "it is not deleted unasked");

    let person = || {
        let mut person = Actor::attended(stage.clock.clone());
        person.deletes_trail = true;
        person
    };
    let deleted = stage.play(&errand, person()).await.finished();
    assert_eq!(deleted.made(), ["delete cloudtrail:trail/day-one"]);
    let expected = [NeedsPerson, Blocked, Blocked];
    assert_eq!(UP_TO_DELIVERY.map(|step| deleted.state(step)), expected);
    assert_eq!(trails(&stage).await, []);

    stage.put_policy(TRAIL_BUCKET, &before).await;
    stage.play(&errand, person()).await.finished();
    assert_eq!(trails(&stage).await, [good("us-east-1 day-one", TRAIL_BUCKET)]);
}

/// A trail that was started again, or moved, has to prove once more that it delivers.
#[tokio::test(start_paused = true)]
async fn from_a_trail_that_delivered_before_it_was_stopped() {
    let stage = with_trail("audit", PERFECT).await;
    let errand = stage.errand(json!({}), &UP_TO_DELIVERY);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(plan(&stage, &errand).await[2], line(StepId::LogDelivery, InPlace, &[]));
    stage.root().await.cloudtrail("us-east-1").stop_logging().name("audit").send().await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let expected = [
        adopted_bucket(StepId::TrailBucket, "logs"),
        line(StepId::Trail, ToChange, &["start cloudtrail:trail/audit"]),
        line(StepId::LogDelivery, Blocked, &[]),
    ];
    bring_up(&stage, &errand, &expected, &[InPlace, InPlace, Waiting]).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(plan(&stage, &errand).await[2], line(StepId::LogDelivery, InPlace, &[]));
}

#[tokio::test(start_paused = true)]
async fn from_buckets_of_another_owner() {
    let stage = Stage::new();
    let taken = json!({"trail": {"bucket": "taken-logs"}, "billing": {"bucket": "taken-bills"}});
    let applied = left_to_a_person(&stage, taken).await;
    for step in [StepId::TrailBucket, StepId::ReportBucket] {
        assert_told(&applied, step, "belongs to another account");
    }
}

#[tokio::test(start_paused = true)]
async fn from_buckets_in_another_region() {
    let stage = Stage::new();
    stage.bucket("logs", "eu-west-1", None).await;
    stage.bucket("bills", "mx-central-1", None).await;
    let elsewhere = json!({"trail": {"bucket": "logs"}, "billing": {"bucket": "bills"}});
    let applied = left_to_a_person(&stage, elsewhere).await;
    assert_told(&applied, StepId::TrailBucket, "is in eu-west-1, another Region than asked for");
    assert_told(&applied, StepId::ReportBucket, "is in mx-central-1, and AWS sends no classic report");
}

/// AWS sends reports to many Regions, and a bucket that is named stays in its own.
#[tokio::test(start_paused = true)]
async fn from_a_bucket_in_another_region_that_reports_are_sent_to() {
    let stage = Stage::new();
    stage.bucket("bills", "ap-northeast-2", None).await;
    let (_, _, changes) = new_bucket(StepId::ReportBucket, "bills");
    let missing = ["lifecycle", "tags", "versioning", "policy"];
    let changes: Vec<_> = changes
        .iter()
        .map(String::as_str)
        .filter(|change| missing.iter().any(|part| change.ends_with(*part)))
        .collect();
    let expected = [
        line(StepId::ReportBucket, ToChange, &changes),
        line(StepId::Report, ToChange, &["create cur:definition/day-one"]),
    ];
    let errand = stage.errand(json!({"billing": {"bucket": "bills"}}), &OF_REPORTS);
    bring_up(&stage, &errand, &expected, &[InPlace, InPlace]).await;
    let snapshot = stage.account.snapshot().await;
    let report = &snapshot["reports"]["day-one"];
    assert_eq!((&report["s3_bucket"], &report["s3_region"]), (&json!("bills"), &json!("ap-northeast-2")));
}

/// Others with rights on S3 go on reading the bills, and no longer replace or delete them.
#[tokio::test(start_paused = true)]
async fn from_a_report_s_bucket_of_others_that_a_person_has_closed() {
    let stage = with_report("day-one", json!({})).await;
    let expected = [adopted_bucket(StepId::ReportBucket, "bills"), line(StepId::Report, InPlace, &[])];
    let errand = Errand { attended: true, ..stage.errand(json!({}), &OF_REPORTS) };
    let applied = bring_up(&stage, &errand, &expected, &[InPlace, InPlace]).await;
    let told = applied.told.notes(StepId::ReportBucket);
    assert!(told.contains("The bucket bills was there before"), "{told}");
    // What theirs said word for word is said by ours.
    let expected = [
        "DayoneDenyInsecureTransport",
        "DayoneNobodyTampers",
        "DayoneReportsCheckBucket",
        "DayoneReportsWrite",
    ];
    assert_eq!(statements(&stage, "bills").await, expected);
    let unattended = plan(&stage, &stage.errand(json!({}), &OF_REPORTS)).await;
    assert!(unattended.iter().all(|(_, state, _)| *state == InPlace), "{unattended:?}");

    stage.user("bob").await;
    let all = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let iam = stage.root().await.iam();
    iam.put_user_policy().user_name("bob").policy_name("all").policy_document(all).send().await.unwrap();
    let bob = stage.connection(stage.key_of("bob").await, Access::ReadWrite).started_as().await.unwrap();
    let s3 = bob.s3("us-east-1");
    assert!(s3.list_objects_v2().bucket("bills").send().await.is_ok());
    let refused = [
        s3.put_object().bucket("bills").key("cur/bill").send().await.for_call("s3:PutObject").err(),
        s3.delete_object().bucket("bills").key("cur/bill").send().await.for_call("s3:DeleteObject").err(),
        s3.delete_bucket_policy().bucket("bills").send().await.for_call("s3:DeleteBucketPolicy").err(),
    ];
    for error in refused {
        assert!(error.as_ref().is_some_and(|error| error.is("AccessDenied")), "{error:?}");
    }
}

/// They would be shut out, or S3 would stop the run in the middle.
#[tokio::test(start_paused = true)]
async fn from_buckets_that_let_in_others_than_a_policy_can_name() {
    let stage = Stage::new();
    for bucket in ["logs", "bills"] {
        stage.bucket(bucket, "us-east-1", None).await;
    }
    stage.open_to_everybody("logs", theirs("Allow", json!("*"), "s3:GetObject", "logs/*")).await;
    stage.open_to_log_delivery("bills").await;
    let theirs = json!({"trail": {"bucket": "logs"}, "billing": {"bucket": "bills"}});
    let before = stage.account.snapshot().await;
    let applied = left_to_a_person(&stage, theirs).await;
    assert_told(&applied, StepId::TrailBucket, "lets in everybody, by: Theirs");
    assert_told(&applied, StepId::ReportBucket, "gives rights to: LogDelivery");
    assert_eq!(stage.account.snapshot().await["buckets"], before["buckets"]);
}

/// Neither bucket can be used, so nothing is made.
async fn left_to_a_person(stage: &Stage, answers: Value) -> Played<Actor> {
    let expected = [
        line(StepId::TrailBucket, NeedsPerson, &[]),
        line(StepId::Trail, Blocked, &[]),
        line(StepId::ReportBucket, NeedsPerson, &[]),
        line(StepId::Report, Blocked, &[]),
    ];
    let after = [NeedsPerson, Blocked, NeedsPerson, Blocked];
    bring_up(stage, &stage.errand(answers, &OF_BOTH), &expected, &after).await
}

/// A person is told this about a step.
fn assert_told(played: &Played<Actor>, step: StepId, words: &str) {
    let report = played.reports.iter().find(|report| report.step == step).unwrap();
    let how = &report.person.as_ref().unwrap().how;
    assert!(how.iter().any(|text| text.en.contains(words)), "{how:?}");
}

/// AWS lets the prefix and the refresh of closed months be changed.
#[tokio::test(start_paused = true)]
async fn from_our_report_with_fields_that_can_be_changed() {
    let stage = with_report("day-one", json!({"S3Prefix": "old", "RefreshClosedReports": false})).await;
    let expected = [
        adopted_bucket(StepId::ReportBucket, "bills"),
        line(StepId::Report, ToChange, &["update cur:definition/day-one"]),
    ];
    bring_up(&stage, &stage.errand(json!({}), &OF_REPORTS), &expected, &[InPlace, InPlace]).await;
    assert_eq!(reports(&stage).await, [("day-one".to_owned(), "cur".to_owned(), true)]);
}

/// AWS takes a report only as a whole, and refuses one that lacks what it was made with.
#[tokio::test(start_paused = true)]
async fn from_our_report_with_more_schema_elements_than_asked_for() {
    let elements = json!(["RESOURCES", "SPLIT_COST_ALLOCATION_DATA"]);
    let stage =
        with_report("day-one", json!({"S3Prefix": "old", "AdditionalSchemaElements": elements})).await;
    let expected = [
        adopted_bucket(StepId::ReportBucket, "bills"),
        line(StepId::Report, ToChange, &["update cur:definition/day-one"]),
    ];
    let errand = stage.errand(json!({}), &OF_REPORTS);
    let applied = bring_up(&stage, &errand, &expected, &[InPlace, InPlace]).await;
    let summary = &applied.told.made.last().unwrap().summary.en;
    assert_eq!(summary, "Cost and Usage Report day-one: prefix old → cur");
    let snapshot = stage.account.snapshot().await;
    assert_eq!(snapshot["reports"]["day-one"]["additional_schema_elements"], elements);
}

/// AWS lets no time unit be changed.
#[tokio::test(start_paused = true)]
async fn from_our_report_with_a_field_that_cannot_be_changed() {
    let stage = with_report("day-one", json!({"TimeUnit": "DAILY"})).await;
    let expected = [adopted_bucket(StepId::ReportBucket, "bills"), line(StepId::Report, NeedsPerson, &[])];
    let errand = stage.errand(json!({}), &OF_REPORTS);
    let applied = bring_up(&stage, &errand, &expected, &[InPlace, NeedsPerson]).await;
    assert_told(&applied, StepId::Report, "Name another report");
    let task = applied.reports.iter().find_map(|report| report.person.as_ref()).unwrap();
    assert!(task.what.en.contains("time unit DAILY → HOURLY"), "{}", task.what.en);
    assert_eq!(reports(&stage).await.len(), 1);
}

const OF_DELIVERIES: [StepId; 3] = [StepId::ReportBucket, StepId::Report, StepId::ReportDelivery];

/// A policy of the account that lets no service in.
fn of_the_account_alone(bucket: &str) -> Value {
    theirs("Allow", json!({"AWS": "arn:aws:iam::111122223333:root"}), "s3:ListBucket", bucket)
}

/// What a look tells a person to do about a delivery that fails.
async fn trouble(stage: &Stage, errand: &Errand) -> String {
    let reports = stage.look(errand).await.unwrap_or_else(|failure| panic!("{failure}"));
    let delivery = reports.iter().find(|report| report.step == StepId::ReportDelivery).unwrap();
    let task = delivery.person.as_ref().unwrap();
    format!("{} {}", task.what.en, task.how[0].en)
}

/// The bucket is mended, and the next delivery arrives.
#[tokio::test(start_paused = true)]
async fn from_our_report_that_its_bucket_keeps_out() {
    let stage = with_report("day-one", json!({})).await;
    stage.put_policy("bills", &of_the_account_alone("bills")).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let errand = stage.errand(json!({}), &OF_DELIVERIES);
    let trouble = trouble(&stage, &errand).await;
    for words in ["ERROR_PERMISSIONS", "bills", "billingreports.amazonaws.com"] {
        assert!(trouble.contains(words), "{trouble}");
    }
    let expected = [
        adopted_bucket(StepId::ReportBucket, "bills"),
        line(StepId::Report, InPlace, &[]),
        line(StepId::ReportDelivery, NeedsPerson, &[]),
    ];
    bring_up(&stage, &errand, &expected, &[InPlace, InPlace, InPlace]).await;
}

/// What others have defined is no report for us as long as it does not arrive.
#[tokio::test(start_paused = true)]
async fn from_a_report_of_others_that_has_lost_its_bucket() {
    let stage = with_report("theirs", json!({})).await;
    stage.root().await.s3("us-east-1").delete_bucket().bucket("bills").send().await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let expected = [
        new_bucket(StepId::ReportBucket, REPORT_BUCKET),
        line(StepId::Report, ToChange, &["create cur:definition/day-one"]),
    ];
    let errand = stage.errand(json!({}), &OF_REPORTS);
    let applied = bring_up(&stage, &errand, &expected, &[InPlace, InPlace]).await;
    let told = applied.told.notes(StepId::Report);
    assert!(told.contains("theirs (its last delivery failed: ERROR_NO_BUCKET)"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn from_a_report_of_others_without_what_athena_needs() {
    let stage = with_report("theirs", json!({"AdditionalArtifacts": []})).await;
    let expected = [
        new_bucket(StepId::ReportBucket, REPORT_BUCKET),
        line(StepId::Report, ToChange, &["create cur:definition/day-one"]),
    ];
    let errand = stage.errand(json!({}), &OF_REPORTS);
    let applied = bring_up(&stage, &errand, &expected, &[InPlace, InPlace]).await;
    let told = applied.told.notes(StepId::Report);
    assert!(told.contains("theirs (artifacts (none) → ATHENA)"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn from_our_export_that_its_bucket_keeps_out() {
    let stage = Stage::new();
    let errand = stage.errand(json!({"billing": {"kind": "cur-2.0"}}), &OF_DELIVERIES);
    stage.play(&errand, Actor::unattended(stage.clock.clone())).await.finished();
    stage.put_policy(REPORT_BUCKET, &of_the_account_alone(REPORT_BUCKET)).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let trouble = trouble(&stage, &errand).await;
    for words in ["INSUFFICIENT_PERMISSION", REPORT_BUCKET, "bcm-data-exports.amazonaws.com"] {
        assert!(trouble.contains(words), "{trouble}");
    }
    let policy = format!("update s3:bucket/{REPORT_BUCKET}/policy");
    let expected = [
        line(StepId::ReportBucket, ToChange, &[policy.as_str()]),
        line(StepId::Report, InPlace, &[]),
        line(StepId::ReportDelivery, NeedsPerson, &[]),
    ];
    bring_up(&stage, &errand, &expected, &[InPlace, InPlace, InPlace]).await;
}

const COSTS: &str = "costs@example.com";

fn with_a_budget_of_100() -> Value {
    json!({"billing": {"budget_amount": 100, "budget_email": COSTS}})
}

/// A budget of others will do only where it tells the same one, of all costs, and as early.
#[tokio::test(start_paused = true)]
async fn from_budgets_of_others() {
    let credits = json!({"CostTypes": {"IncludeCredit": true}});
    let of_a_tag = json!({"CostFilters": {"TagKeyValue": ["user:team$web"]}});
    for (amount, email, other, is_adopted) in [
        ("100", COSTS, json!({}), true),
        ("20", COSTS, json!({}), true),
        ("1000000", COSTS, json!({}), false),
        ("20", "team@example.com", json!({}), false),
        ("20", COSTS, credits, false),
        ("20", COSTS, of_a_tag, false),
    ] {
        let stage = Stage::new();
        stage.budget("team", amount, email, other.clone()).await;
        let planned = plan(&stage, &stage.errand(with_a_budget_of_100(), &OF_REPORTS)).await;
        let (_, _, changes) = &planned[1];
        let makes = changes.iter().any(|change| change == "create budgets:budget/dayone-monthly");
        assert_eq!(makes, !is_adopted, "{amount}, {email}, {other}: {changes:?}");
    }
}

/// One of an earlier version, which takes credits off.
#[tokio::test(start_paused = true)]
async fn from_our_budget_that_takes_credits_off() {
    let stage = Stage::new();
    let takes_off = json!({"CostTypes": {"IncludeCredit": true, "IncludeRefund": true}});
    stage.budget("dayone-monthly", "100", COSTS, takes_off).await;
    let expected = [
        new_bucket(StepId::ReportBucket, REPORT_BUCKET),
        line(
            StepId::Report,
            ToChange,
            &["create cur:definition/day-one", "update budgets:budget/dayone-monthly"],
        ),
    ];
    let errand = stage.errand(with_a_budget_of_100(), &OF_REPORTS);
    bring_up(&stage, &errand, &expected, &[InPlace, InPlace]).await;
    let snapshot = stage.account.snapshot().await;
    let types = &snapshot["budgets"]["dayone-monthly"]["definition"]["CostTypes"];
    assert_eq!((&types["IncludeCredit"], &types["IncludeTax"]), (&json!(false), &json!(true)));
}

#[tokio::test(start_paused = true)]
async fn from_a_report_of_others_that_is_as_good() {
    let stage = with_report("theirs", json!({})).await;
    let expected = [adopted_bucket(StepId::ReportBucket, "bills"), line(StepId::Report, InPlace, &[])];
    bring_up(&stage, &stage.errand(json!({}), &OF_REPORTS), &expected, &[InPlace, InPlace]).await;
    assert_eq!(reports(&stage).await, [("theirs".to_owned(), "cur".to_owned(), true)]);
}

/// There is no room for an eleventh.
#[tokio::test(start_paused = true)]
async fn from_ten_reports_of_which_none_is_as_good() {
    let stage = ten_reports("DAILY").await;
    let expected = [new_bucket(StepId::ReportBucket, REPORT_BUCKET), line(StepId::Report, NeedsPerson, &[])];
    let errand = stage.errand(json!({}), &OF_REPORTS);
    let applied = bring_up(&stage, &errand, &expected, &[InPlace, NeedsPerson]).await;
    assert_told(&applied, StepId::Report, "Delete one that nobody reads");
    assert_eq!(reports(&stage).await.len(), 10);
}

/// One of ten is enough, on whichever page of the list it stands.
#[tokio::test(start_paused = true)]
async fn from_ten_reports_of_which_one_is_as_good() {
    let stage = ten_reports("HOURLY").await;
    let expected = [adopted_bucket(StepId::ReportBucket, "bills"), line(StepId::Report, InPlace, &[])];
    bring_up(&stage, &stage.errand(json!({}), &OF_REPORTS), &expected, &[InPlace, InPlace]).await;
    assert_eq!(reports(&stage).await.len(), 10);
}

/// Ten reports, daily all but the eighth, which divides time like this.
async fn ten_reports(of_the_eighth: &str) -> Stage {
    let stage = with_report("report-0", json!({"TimeUnit": "DAILY"})).await;
    for number in 1..10 {
        let unit = if number == 7 { of_the_eighth } else { "DAILY" };
        stage.report(&format!("report-{number}"), "bills", json!({"TimeUnit": unit})).await;
    }
    stage
}

/// Each report: its name, its prefix, and whether closed months are refreshed.
async fn reports(stage: &Stage) -> Vec<(String, String, bool)> {
    let snapshot = stage.account.snapshot().await;
    let word = |report: &Value, key: &str| report[key].as_str().unwrap().to_owned();
    let report = |report: &Value| {
        let refreshed = report["refresh_closed_reports"] == true;
        (word(report, "report_name"), word(report, "s3_prefix"), refreshed)
    };
    snapshot["reports"].as_object().unwrap().values().map(report).collect()
}
