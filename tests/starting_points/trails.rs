//! Trails of others.

use aws_sdk_cloudtrail::types::EventSelector;
use serde_json::{Value, json};
use steps::practice::State::{Blocked, InPlace, NeedsPerson, ToChange};
use steps::practice::StepId;

use crate::accounts::{PERFECT, SINGLE_REGION, good, statements, theirs, trails, with_trail, with_trail_in};
use crate::plans::{OF_TRAILS, adopted_bucket, assert_told, bring_up, bring_up_trail, line, plan};
use crate::support::stage::{Errand, Trail};

/// A trail of one Region is brought up to all of them: a second one would cost money.
#[tokio::test(start_paused = true)]
async fn from_a_trail_of_one_region() {
    let stage = with_trail("audit", SINGLE_REGION).await;
    bring_up_trail(&stage, &["update cloudtrail:trail/audit"]).await;
    assert_eq!(trails(&stage).await, [good("us-east-1 audit", "logs")]);
    let expected = ["AWSCloudTrailAclCheck", "AWSCloudTrailWrite", "DayoneDenyInsecureTransport"];
    assert_eq!(statements(&stage, "logs").await, expected);
}

/// What a person has to mend first holds up the trail, in the plan as in the run.
#[tokio::test(start_paused = true)]
async fn from_a_trail_of_one_region_whose_bucket_lets_everybody_in() {
    let stage = with_trail("audit", SINGLE_REGION).await;
    let mut policy = stage.policy_of("logs").await;
    let open = theirs("Allow", json!("*"), "s3:GetObject", "logs/*");
    policy["Statement"].as_array_mut().unwrap().push(open["Statement"][0].clone());
    stage.open_to_everybody("logs", policy).await;
    let expected = [line(StepId::TrailBucket, NeedsPerson, &[]), line(StepId::Trail, Blocked, &[])];
    let errand = stage.errand(json!({}), &OF_TRAILS);
    let applied = bring_up(&stage, &errand, &expected, &[NeedsPerson, Blocked]).await;
    assert_told(&applied, StepId::TrailBucket, "lets in everybody, by: Theirs");
    let alone = stage.errand(json!({}), &[StepId::Trail]);
    assert_eq!(plan(&stage, &alone).await, expected[1..]);
    let as_before = ("us-east-1 audit".to_owned(), "logs".to_owned(), [false, false, true]);
    assert_eq!(trails(&stage).await, [as_before]);
}

#[tokio::test(start_paused = true)]
async fn from_a_trail_that_was_stopped() {
    let stage = with_trail("audit", Trail { logging: false, ..PERFECT }).await;
    bring_up_trail(&stage, &["start cloudtrail:trail/audit"]).await;
    assert_eq!(trails(&stage).await, [good("us-east-1 audit", "logs")]);
}

/// Management events that change nothing are left out.
fn of_writes_alone() -> Value {
    json!([{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": true}])
}

/// What somebody has chosen to record is not for us to change.
#[tokio::test(start_paused = true)]
async fn from_a_trail_with_selectors_of_somebody_else() {
    let stage = with_trail("audit", PERFECT).await;
    stage.selectors("audit", of_writes_alone()).await;
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
    stage.selectors("day-one", of_writes_alone()).await;
    bring_up_trail(&stage, &["update cloudtrail:trail/day-one"]).await;
    assert_eq!(trails(&stage).await, [good("us-east-1 day-one", "logs")]);
}

/// Seen from here as the shadow of a trail that can be changed in its own Region only.
#[tokio::test(start_paused = true)]
async fn from_a_trail_in_another_region() {
    let half_made = Trail { multi_region: true, validated: false, logging: false };
    let stage = with_trail_in("eu-west-1", "audit", half_made).await;
    bring_up_trail(&stage, &["update cloudtrail:trail/audit", "start cloudtrail:trail/audit"]).await;
    assert_eq!(trails(&stage).await, [good("eu-west-1 audit", "logs")]);
}

/// One Region does not show the trails of another alone, and a second trail would be paid for.
#[tokio::test(start_paused = true)]
async fn from_a_trail_of_another_region_alone() {
    let stage = with_trail_in("eu-west-1", "audit", SINGLE_REGION).await;
    bring_up_trail(&stage, &["update cloudtrail:trail/audit"]).await;
    assert_eq!(trails(&stage).await, [good("eu-west-1 audit", "logs")]);
}

/// Only what is missing is told and sent.
#[tokio::test(start_paused = true)]
async fn from_a_trail_that_lacks_validation_alone() {
    let stage = with_trail("audit", Trail { validated: false, ..PERFECT }).await;
    let applied = bring_up_trail(&stage, &["update cloudtrail:trail/audit"]).await;
    let mut summaries = applied.told.made.iter().map(|change| change.summary.en.as_str());
    assert!(summaries.any(|summary| summary == "trail audit: log-file validation"));
    assert_eq!(trails(&stage).await, [good("us-east-1 audit", "logs")]);
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
    bring_up_trail(&stage, &[]).await;
    assert_eq!(trails(&stage).await, before);
}

#[tokio::test(start_paused = true)]
async fn from_five_trails_of_which_none_is_good_enough() {
    let stage = with_trail("trail-1", SINGLE_REGION).await;
    for number in 2..=5 {
        stage.trail(&format!("trail-{number}"), "us-east-1", "logs", SINGLE_REGION).await;
    }
    bring_up_trail(&stage, &["update cloudtrail:trail/trail-5"]).await;
    let trails = trails(&stage).await;
    assert_eq!(trails.len(), 5);
    assert_eq!(trails.iter().filter(|(.., is)| *is == [true; 3]).count(), 1, "{trails:?}");
}
