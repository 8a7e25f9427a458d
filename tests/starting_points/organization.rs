//! A trail that the organization has made for all its accounts.

use std::time::Duration;

use dayone::rehearsal::OrganizationTrail;
use serde_json::json;
use steps::practice::State::{InPlace, NeedsPerson, NotApplicable, NotAssessed, ToChange};
use steps::practice::StepId;

use crate::accounts::{TRAIL_BUCKET, good, trails};
use crate::plans::{NEW_TRAIL, OF_TRAILS, UP_TO_DELIVERY, assert_told, bring_up, line, new_bucket};
use crate::support::stage::Stage;

const OF_ORGANIZATION: OrganizationTrail =
    OrganizationTrail { multi_region: true, validated: true, logging: true, selects: false };

/// The organization's trail is the first copy.
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

/// What somebody has chosen is told to nobody but the owner, and is not asked for: it is neither passed nor paid for twice.
#[tokio::test(start_paused = true)]
async fn from_an_organization_s_trail_that_selects_nobody_knows_what() {
    let stage = Stage::new();
    let selects = OrganizationTrail { selects: true, ..OF_ORGANIZATION };
    stage.account.seed_organization_trail("organization", selects).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let expected = [
        line(StepId::TrailBucket, NotApplicable, &[]),
        line(StepId::Trail, NotAssessed, &[]),
        line(StepId::LogDelivery, InPlace, &[]),
    ];
    let errand = stage.errand(json!({}), &UP_TO_DELIVERY);
    bring_up(&stage, &errand, &expected, &[NotApplicable, NotAssessed, InPlace]).await;
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
    let expected = [new_bucket(StepId::TrailBucket, TRAIL_BUCKET), line(StepId::Trail, ToChange, &NEW_TRAIL)];
    let errand = stage.errand(json!({}), &OF_TRAILS);
    let applied = bring_up(&stage, &errand, &expected, &[InPlace, InPlace]).await;
    let told = applied.told.notes(StepId::Trail);
    assert!(told.contains("organization (us-east-1)") && told.contains("$2 per 100,000"), "{told}");
    assert_eq!(trails(&stage).await[0], good("us-east-1 day-one", TRAIL_BUCKET));
}
