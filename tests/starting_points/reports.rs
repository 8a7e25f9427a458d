//! Cost and Usage Reports, ours and of others.

use std::time::Duration;

use serde_json::json;
use steps::practice::State::{InPlace, NeedsPerson, ToChange};
use steps::practice::StepId;

use crate::accounts::{REPORT_BUCKET, reports, with_report};
use crate::plans::{OF_REPORTS, adopted_bucket, assert_told, bring_up, bring_up_report, line, new_bucket};
use crate::support::stage::Stage;

/// AWS lets the prefix and the refresh of closed months be changed.
#[tokio::test(start_paused = true)]
async fn from_our_report_with_fields_that_can_be_changed() {
    let stage = with_report("day-one", json!({"S3Prefix": "old", "RefreshClosedReports": false})).await;
    bring_up_report(&stage, &["update cur:definition/day-one"]).await;
    assert_eq!(reports(&stage).await, [("day-one".to_owned(), "cur".to_owned(), true)]);
}

/// AWS takes a report only as a whole, and refuses one that lacks what it was made with.
#[tokio::test(start_paused = true)]
async fn from_our_report_with_more_schema_elements_than_asked_for() {
    let elements = json!(["RESOURCES", "SPLIT_COST_ALLOCATION_DATA"]);
    let stage =
        with_report("day-one", json!({"S3Prefix": "old", "AdditionalSchemaElements": elements})).await;
    let applied = bring_up_report(&stage, &["update cur:definition/day-one"]).await;
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

/// What others have defined is no report for us as long as it does not arrive.
#[tokio::test(start_paused = true)]
async fn from_a_report_of_others_that_has_lost_its_bucket() {
    let stage = with_report("theirs", json!({})).await;
    stage.root().await.s3("us-east-1").delete_bucket().bucket("bills").send().await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let told = told_of_a_report_besides(&stage).await;
    assert!(told.contains("theirs (its last delivery failed: ERROR_NO_BUCKET)"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn from_a_report_of_others_without_what_athena_needs() {
    let stage = with_report("theirs", json!({"AdditionalArtifacts": []})).await;
    let told = told_of_a_report_besides(&stage).await;
    assert!(told.contains("theirs (artifacts (none) → ATHENA)"), "{told}");
}

/// A report that will not do is left to others, and ours is made. What is told with that.
async fn told_of_a_report_besides(stage: &Stage) -> String {
    let expected = [
        new_bucket(StepId::ReportBucket, REPORT_BUCKET),
        line(StepId::Report, ToChange, &["create cur:definition/day-one"]),
    ];
    let errand = stage.errand(json!({}), &OF_REPORTS);
    bring_up(stage, &errand, &expected, &[InPlace, InPlace]).await.told.notes(StepId::Report)
}

#[tokio::test(start_paused = true)]
async fn from_a_report_of_others_that_is_as_good() {
    let stage = with_report("theirs", json!({})).await;
    bring_up_report(&stage, &[]).await;
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
    bring_up_report(&stage, &[]).await;
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
