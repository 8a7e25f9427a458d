//! Accounts as others have left them, trails, buckets and reports half made or made otherwise: for each the plan, what is
//! applied, and that nothing is left to plan after it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod accounts;
mod buckets;
mod budgets;
mod deliveries;
mod organization;
mod plans;
mod reports;
#[path = "../support/mod.rs"]
mod support;
mod trails;

use serde_json::json;
use steps::practice::State::{Blocked, InPlace, ToChange, Waiting};
use steps::practice::StepId;

use accounts::{REPORT_BUCKET, TRAIL_BUCKET, good, trails};
use plans::{NEW_TRAIL, OF_REPORTS, OF_TRAILS, bring_up, line, new_bucket};
use support::stage::Stage;

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
        line(StepId::Trail, ToChange, &NEW_TRAIL),
        line(StepId::LogDelivery, Blocked, &[]),
        new_bucket(StepId::ReportBucket, REPORT_BUCKET),
        line(StepId::Report, ToChange, &["create cur:definition/day-one"]),
        line(StepId::ReportDelivery, Blocked, &[]),
    ];
    let after = [InPlace, InPlace, Waiting, InPlace, InPlace, Waiting];
    bring_up(&stage, &stage.errand(json!({}), &steps), &expected, &after).await;
    assert_eq!(trails(&stage).await, [good("us-east-1 day-one", TRAIL_BUCKET)]);
}
