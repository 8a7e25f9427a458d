//! Buckets of others, and of ours that others have changed.

use serde_json::{Value, json};
use steps::aws::{Access, ForCall};
use steps::practice::State::{Blocked, InPlace, NeedsPerson, ToChange};
use steps::practice::StepId;

use crate::accounts::{PERFECT, TRAIL_BUCKET, statements, theirs, trails, with_report, with_trail};
use crate::plans::{
    NEW_TRAIL, OF_REPORTS, OF_TRAILS, adopted_bucket, assert_told, bring_up, line, new_bucket, plan,
    play_unattended,
};
use crate::support::actor::Actor;
use crate::support::stage::{Errand, Played, Stage};

const OF_BOTH: [StepId; 4] = [StepId::TrailBucket, StepId::Trail, StepId::ReportBucket, StepId::Report];

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
    let expected =
        [line(StepId::TrailBucket, ToChange, &changes[4..]), line(StepId::Trail, ToChange, &NEW_TRAIL)];
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
    play_unattended(&stage, &errand).await;
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
