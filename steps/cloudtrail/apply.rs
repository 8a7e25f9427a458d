//! Makes one change of the practice.

use aws_sdk_cloudtrail::types::{AdvancedEventSelector, AdvancedFieldSelector, EventSelector, ReadWriteType};

use crate::aws::{ForCall, Identity, unless};
use crate::error::{AwsError, StepError};
use crate::operator::Operator;
use crate::practice::StepId;
use crate::session::Session;
use crate::text;
use crate::{encryption_key, private_bucket, wait};

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
        Change::Key { region, change } => encryption_key::apply(change, identity, region, operator).await,
        Change::CreateTrail { trail, region, bucket } => {
            create(identity, trail, region, bucket, operator).await
        }
        Change::UpdateTrail { trail, region, bucket } => {
            update(identity, trail, region, bucket.as_deref(), operator).await
        }
        Change::EncryptTrail { trail, region, key } => encrypt(identity, trail, region, key, operator).await,
        Change::RecordManagementEvents { trail, region } => {
            record_management_events(identity, trail, region).await
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
    private_bucket::require(identity, bucket, region, StepId::TrailBucket).await?;
    let client = identity.cloudtrail(region);
    wait::until_seen(operator, waiting(), passes, async || {
        let request = client.create_trail().name(trail).s3_bucket_name(bucket);
        let request = request.is_multi_region_trail(true).enable_log_file_validation(true);
        let sent = request.include_global_service_events(true).send().await;
        unless("TrailAlreadyExists", sent.for_call("cloudtrail:CreateTrail")).map(drop)
    })
    .await
}

/// Only what is passed changes. CloudTrail looks at the bucket in any case, but only a new one is worth waiting for.
async fn update(
    identity: &Identity,
    trail: &str,
    region: &str,
    bucket: Option<&str>,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    if let Some(bucket) = bucket {
        private_bucket::require(identity, bucket, region, StepId::TrailBucket).await?;
    }
    let client = identity.cloudtrail(region);
    let passes = |error: &AwsError| bucket.is_some() && passes(error);
    wait::until_seen(operator, waiting(), passes, async || {
        let request = client.update_trail().name(trail).set_s3_bucket_name(bucket.map(ToOwned::to_owned));
        let request = request.is_multi_region_trail(true).enable_log_file_validation(true);
        let sent = request.include_global_service_events(true).send().await;
        sent.for_call("cloudtrail:UpdateTrail").map(drop)
    })
    .await
}

/// CloudTrail looks at the key and at the bucket once more. It resolves the alias itself.
async fn encrypt(
    identity: &Identity,
    trail: &str,
    region: &str,
    key: &str,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let client = identity.cloudtrail(region);
    let what = text! {
        en: "Waiting until CloudTrail sees the key and its policy",
        ko: "CloudTrail이 키와 정책을 인식하기를 기다리는 중"
    };
    let passes = |error: &AwsError| {
        passes(error)
            || ["InsufficientEncryptionPolicy", "KmsKeyNotFound", "Kms"].iter().any(|code| error.is(code))
    };
    wait::until_seen(operator, what, passes, async || {
        let sent = client.update_trail().name(trail).kms_key_id(key).send().await;
        sent.for_call("cloudtrail:UpdateTrail").map(drop)
    })
    .await
}

fn waiting() -> text::Text {
    text! {
        en: "Waiting until CloudTrail sees the bucket and its policy",
        ko: "CloudTrail이 버킷과 정책을 인식하기를 기다리는 중"
    }
}

/// What CloudTrail answers while it does not see a policy that was put a moment ago.
fn passes(error: &AwsError) -> bool {
    ["InsufficientS3BucketPolicy", "S3BucketDoesNotExist", "Conflict"].iter().any(|code| error.is(code))
}

/// CloudTrail takes only all selectors at once, so what the trail records besides is read and put again.
async fn record_management_events(identity: &Identity, trail: &str, region: &str) -> Result<(), StepError> {
    let client = identity.cloudtrail(region);
    let found = client.get_event_selectors().trail_name(trail).send().await;
    let found = found.for_call("cloudtrail:GetEventSelectors")?;
    let request = client.put_event_selectors().trail_name(trail);
    let request = if found.advanced_event_selectors().is_empty() {
        request.set_event_selectors(Some(with_management_events(found.event_selectors())))
    } else {
        let selectors = with_management_events_advanced(found.advanced_event_selectors())?;
        request.set_advanced_event_selectors(Some(selectors))
    };
    request.send().await.for_call("cloudtrail:PutEventSelectors")?;
    Ok(())
}

/// A trail records what any of its selectors matches, so those that select data events stay as they are, and one that
/// selects all management events takes the place of those that select some.
fn with_management_events(found: &[EventSelector]) -> Vec<EventSelector> {
    let all =
        EventSelector::builder().read_write_type(ReadWriteType::All).include_management_events(true).build();
    let of_data = found.iter().filter(|selector| !selector.data_resources().is_empty()).cloned();
    of_data.chain(std::iter::once(all)).collect()
}

fn with_management_events_advanced(
    found: &[AdvancedEventSelector],
) -> Result<Vec<AdvancedEventSelector>, AwsError> {
    let others = found.iter().filter(|selector| !selects_management_events(selector)).cloned();
    Ok(others.chain(std::iter::once(all_management_events()?)).collect())
}

fn selects_management_events(selector: &AdvancedEventSelector) -> bool {
    selector.field_selectors().iter().any(|field| {
        field.field() == "eventCategory" && field.equals().iter().any(|category| category == "Management")
    })
}

fn all_management_events() -> Result<AdvancedEventSelector, AwsError> {
    let category = AdvancedFieldSelector::builder().field("eventCategory").equals("Management").build();
    let selector = category.and_then(|category| {
        AdvancedEventSelector::builder().name("All management events").field_selectors(category).build()
    });
    selector.map_err(|error| AwsError::without_answer("cloudtrail:PutEventSelectors", &error.to_string()))
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudtrail::types::DataResource;

    use super::*;

    fn of_data(bucket: &str) -> EventSelector {
        let objects =
            DataResource::builder().r#type("AWS::S3::Object").values(format!("arn:aws:s3:::{bucket}/"));
        EventSelector::builder()
            .read_write_type(ReadWriteType::WriteOnly)
            .include_management_events(false)
            .data_resources(objects.build())
            .build()
    }

    fn advanced(category: &str, more: &[(&str, &str)]) -> AdvancedEventSelector {
        let mut selector = AdvancedEventSelector::builder();
        for (field, value) in [("eventCategory", category)].iter().chain(more) {
            let field = AdvancedFieldSelector::builder().field(*field).equals(*value).build().unwrap();
            selector = selector.field_selectors(field);
        }
        selector.build().unwrap()
    }

    #[test]
    fn data_events_go_on_being_recorded() {
        let writes = EventSelector::builder().read_write_type(ReadWriteType::WriteOnly).build();
        let put = with_management_events(&[of_data("one"), writes, of_data("two")]);
        assert_eq!(put.len(), 3, "{put:?}");
        assert!(put.contains(&of_data("one")) && put.contains(&of_data("two")), "{put:?}");
        let all = put.last().unwrap();
        assert_eq!(all.read_write_type(), Some(&ReadWriteType::All));
        assert_eq!(all.include_management_events(), Some(true));
        assert!(all.exclude_management_event_sources().is_empty() && all.data_resources().is_empty());
    }

    #[test]
    fn advanced_selectors_of_other_events_go_on_too() {
        let data = advanced("Data", &[("resources.type", "AWS::S3::Object")]);
        let network = advanced("NetworkActivity", &[("eventSource", "s3.amazonaws.com")]);
        let writes = advanced("Management", &[("readOnly", "false")]);
        let put = with_management_events_advanced(&[data.clone(), writes, network.clone()]).unwrap();
        assert_eq!(put, [data, network, all_management_events().unwrap()]);
    }
}
