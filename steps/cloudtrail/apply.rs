//! Makes one change of the practice.

use aws_sdk_cloudtrail::types::{EventSelector, ReadWriteType};

use crate::aws::{ForCall, Identity, unless};
use crate::error::{AwsError, StepError};
use crate::operator::Operator;
use crate::session::Session;
use crate::text;
use crate::{private_bucket, wait};

use super::plan::Change;

/// Makes one change. A trail is changed only in its home Region.
pub async fn apply(
    change: &Change,
    session: &mut Session,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let identity = session.acting();
    match change {
        Change::Bucket { region, change } => private_bucket::apply(change, identity, region, operator).await,
        Change::CreateTrail { trail, region, bucket } => {
            create(identity, trail, region, bucket, operator).await
        }
        Change::UpdateTrail { trail, region } => {
            let request = identity.cloudtrail(region).update_trail().name(trail);
            let request = request.is_multi_region_trail(true).enable_log_file_validation(true);
            let sent = request.include_global_service_events(true).send().await;
            sent.for_call("cloudtrail:UpdateTrail")?;
            Ok(())
        }
        Change::RecordManagementEvents { trail, region } => {
            let all = EventSelector::builder()
                .read_write_type(ReadWriteType::All)
                .include_management_events(true)
                .build();
            let request = identity.cloudtrail(region).put_event_selectors().trail_name(trail);
            request.event_selectors(all).send().await.for_call("cloudtrail:PutEventSelectors")?;
            Ok(())
        }
        Change::StartLogging { trail, region } => {
            let sent = identity.cloudtrail(region).start_logging().name(trail).send().await;
            sent.for_call("cloudtrail:StartLogging")?;
            Ok(())
        }
    }
}

async fn create(
    identity: &Identity,
    trail: &str,
    region: &str,
    bucket: &str,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let client = identity.cloudtrail(region);
    let what = text! {
        en: "Waiting until CloudTrail sees the bucket and its policy",
        ko: "CloudTrail이 버킷과 정책을 인식하기를 기다리는 중"
    };
    wait::until_seen(operator, what, passes, async || {
        let request = client.create_trail().name(trail).s3_bucket_name(bucket);
        let request = request.is_multi_region_trail(true).enable_log_file_validation(true);
        let sent = request.include_global_service_events(true).send().await;
        unless("TrailAlreadyExists", sent.for_call("cloudtrail:CreateTrail")).map(drop)
    })
    .await
}

/// What CloudTrail answers while it does not see a policy that was put a moment ago.
fn passes(error: &AwsError) -> bool {
    ["InsufficientS3BucketPolicy", "S3BucketDoesNotExist", "Conflict"].iter().any(|code| error.is(code))
}
