//! Trails, reports and exports that deliver nothing any more.

use std::time::Duration;

use serde_json::{Value, json};
use steps::practice::State::{Blocked, InPlace, NeedsPerson, ToChange, Waiting};
use steps::practice::StepId;

use crate::accounts::{PERFECT, REPORT_BUCKET, TRAIL_BUCKET, good, theirs, trails, with_report, with_trail};
use crate::plans::{
    OF_TRAILS, UP_TO_DELIVERY, adopted_bucket, assert_told, bring_up, line, plan, play_unattended,
};
use crate::support::actor::Actor;
use crate::support::stage::{Errand, Stage};

/// An account in which our trail logs, and somebody has shut CloudTrail out before the first file came.
async fn shut_out() -> (Stage, Value) {
    let stage = Stage::new();
    let errand = stage.errand(json!({}), &OF_TRAILS);
    play_unattended(&stage, &errand).await;
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
    play_unattended(&stage, &errand).await;
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

#[tokio::test(start_paused = true)]
async fn from_our_export_that_its_bucket_keeps_out() {
    let stage = Stage::new();
    let errand = stage.errand(json!({"billing": {"kind": "cur-2.0"}}), &OF_DELIVERIES);
    play_unattended(&stage, &errand).await;
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
