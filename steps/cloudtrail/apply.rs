//! Makes one change of the practice.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::types::{
    AdvancedEventSelector, AdvancedFieldSelector, DataResource, EventSelector, ReadWriteType,
};

use crate::aws::{ForCall, Identity, unless};
use crate::error::{AwsError, StepError};
use crate::operator::Operator;
use crate::practice::StepId;
use crate::session::Session;
use crate::text;
use crate::{encryption_key, private_bucket, wait};

use super::facts::Shortcoming;
use super::plan::Change;
use super::trails::is_of_management;

/// The most event selectors that a trail has, advanced ones aside.
const MOST_SELECTORS: usize = 5;

/// Makes one change. A trail is changed only in its home Region.
pub async fn apply(
    change: &Change,
    session: &mut Session,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let identity = session.acting();
    let at = |trail, region| Trail::at(identity, trail, region);
    match change {
        Change::Bucket { region, change } => private_bucket::apply(change, identity, region, operator).await,
        Change::Key { region, change } => encryption_key::apply(change, identity, region, operator).await,
        Change::CreateTrail { trail, region, bucket } => at(trail, region).create(bucket, operator).await,
        Change::UpdateTrail { trail, region, lacks, bucket } => {
            at(trail, region).update(lacks, bucket.as_deref(), operator).await
        }
        Change::EncryptTrail { trail, region, key } => at(trail, region).encrypt(key, operator).await,
        Change::RecordManagementEvents { trail, region } => {
            at(trail, region).record_management_events(operator).await
        }
        Change::StartLogging { trail, region } => at(trail, region).start(operator).await,
        Change::StopLogging { trail, region } => at(trail, region).stop(operator).await,
        Change::DeleteTrail { trail, region } => at(trail, region).delete(operator).await,
    }
}

/// A trail in its home Region, and who changes it there.
struct Trail<'t> {
    identity: &'t Identity,
    client: Client,
    name: &'t str,
    region: &'t str,
}

impl<'t> Trail<'t> {
    fn at(identity: &'t Identity, name: &'t str, region: &'t str) -> Self {
        Self { identity, client: identity.cloudtrail(region), name, region }
    }

    async fn create(&self, bucket: &str, operator: &mut impl Operator) -> Result<(), StepError> {
        private_bucket::require(self.identity, bucket, self.region, StepId::TrailBucket).await?;
        wait::until_seen(operator, waiting(), bucket_is_not_seen_yet, async || {
            let request = self.client.create_trail().name(self.name).s3_bucket_name(bucket);
            let request = request.is_multi_region_trail(true).enable_log_file_validation(true);
            let sent = request.include_global_service_events(true).send().await;
            unless("TrailAlreadyExists", sent.for_call("cloudtrail:CreateTrail")).map(drop)
        })
        .await
    }

    /// Only what is passed changes. CloudTrail looks at the bucket in any case, and the step before may just have made it
    /// or put its policy.
    async fn update(
        &self,
        lacks: &[Shortcoming],
        bucket: Option<&str>,
        operator: &mut impl Operator,
    ) -> Result<(), StepError> {
        if let Some(bucket) = bucket {
            private_bucket::require(self.identity, bucket, self.region, StepId::TrailBucket).await?;
        }
        let mend = |shortcoming: Shortcoming| lacks.contains(&shortcoming).then_some(true);
        wait::until_seen(operator, waiting(), bucket_is_not_seen_yet, async || {
            let request = self
                .client
                .update_trail()
                .name(self.name)
                .set_s3_bucket_name(bucket.map(ToOwned::to_owned))
                .set_is_multi_region_trail(mend(Shortcoming::OneRegion))
                .set_enable_log_file_validation(mend(Shortcoming::Unvalidated))
                .set_include_global_service_events(mend(Shortcoming::NoGlobalServices));
            request.send().await.for_call("cloudtrail:UpdateTrail").map(drop)
        })
        .await
    }

    async fn start(&self, operator: &mut impl Operator) -> Result<(), StepError> {
        once_ready(operator, async || {
            let sent = self.client.start_logging().name(self.name).send().await;
            sent.for_call("cloudtrail:StartLogging").map(drop)
        })
        .await
    }

    async fn stop(&self, operator: &mut impl Operator) -> Result<(), StepError> {
        once_ready(operator, async || {
            let sent = self.client.stop_logging().name(self.name).send().await;
            sent.for_call("cloudtrail:StopLogging").map(drop)
        })
        .await
    }

    /// One that is gone is as good as deleted.
    async fn delete(&self, operator: &mut impl Operator) -> Result<(), StepError> {
        once_ready(operator, async || {
            let sent = self.client.delete_trail().name(self.name).send().await;
            unless("TrailNotFound", sent.for_call("cloudtrail:DeleteTrail")).map(drop)
        })
        .await
    }

    /// CloudTrail looks at the key and at the bucket once more. It resolves the alias itself.
    async fn encrypt(&self, key: &str, operator: &mut impl Operator) -> Result<(), StepError> {
        let what = text! {
            en: "Waiting until CloudTrail sees the key and its policy",
            ko: "CloudTrail이 키와 정책을 인식하기를 기다리는 중"
        };
        let is_not_seen_yet = |error: &AwsError| {
            bucket_is_not_seen_yet(error)
                || ["InsufficientEncryptionPolicy", "KmsKeyNotFound", "Kms"].iter().any(|code| error.is(code))
        };
        wait::until_seen(operator, what, is_not_seen_yet, async || {
            let sent = self.client.update_trail().name(self.name).kms_key_id(key).send().await;
            sent.for_call("cloudtrail:UpdateTrail").map(drop)
        })
        .await
    }

    /// CloudTrail takes only all selectors at once, so what the trail records besides is read and put again.
    async fn record_management_events(&self, operator: &mut impl Operator) -> Result<(), StepError> {
        let found = self.client.get_event_selectors().trail_name(self.name).send().await;
        let found = found.for_call("cloudtrail:GetEventSelectors")?;
        let (found, found_advanced) = (found.event_selectors(), found.advanced_event_selectors());
        let is_basic = found_advanced.is_empty();
        let basic = is_basic.then(|| with_management_events(found));
        let advanced = (!is_basic).then(|| with_management_events_advanced(found_advanced)).transpose()?;
        once_ready(operator, async || {
            let request = self.client.put_event_selectors().trail_name(self.name);
            let request =
                request.set_event_selectors(basic.clone()).set_advanced_event_selectors(advanced.clone());
            request.send().await.for_call("cloudtrail:PutEventSelectors").map(drop)
        })
        .await
    }
}

/// CloudTrail refuses a trail that it has not loaded yet, or that something else is being done to.
async fn once_ready<F>(operator: &mut impl Operator, attempt: F) -> Result<(), StepError>
where
    F: AsyncFnMut() -> Result<(), AwsError>,
{
    let what = text! {
        en: "Waiting until CloudTrail is ready with the trail",
        ko: "CloudTrail에서 추적이 준비되기를 기다리는 중"
    };
    wait::until_seen(operator, what, |error| error.is("Conflict"), attempt).await
}

fn waiting() -> text::Text {
    text! {
        en: "Waiting until CloudTrail sees the bucket and its policy",
        ko: "CloudTrail이 버킷과 정책을 인식하기를 기다리는 중"
    }
}

/// What CloudTrail answers while it does not see a policy that was put a moment ago.
fn bucket_is_not_seen_yet(error: &AwsError) -> bool {
    ["InsufficientS3BucketPolicy", "S3BucketDoesNotExist", "Conflict"].iter().any(|code| error.is(code))
}

/// A trail records what any of its selectors matches, so those that select data events stay as they are, and one that
/// selects all management events takes the place of those that select some.
fn with_management_events(found: &[EventSelector]) -> Vec<EventSelector> {
    let all =
        EventSelector::builder().read_write_type(ReadWriteType::All).include_management_events(true).build();
    let of_data = found.iter().filter(|selector| !selector.data_resources().is_empty()).cloned();
    let of_data: Vec<_> = of_data.collect();
    let of_data = if of_data.len() < MOST_SELECTORS { of_data } else { joined(&of_data) };
    of_data.into_iter().chain(std::iter::once(all)).collect()
}

/// Selectors that record the same kind of calls are as good as one that has the resources of all of them. There are three
/// kinds: reads, writes, and both.
fn joined(selectors: &[EventSelector]) -> Vec<EventSelector> {
    let mut by_kind = BTreeMap::<ReadWriteType, Vec<&DataResource>>::new();
    for selector in selectors {
        let kind = selector.read_write_type().cloned().unwrap_or(ReadWriteType::All);
        by_kind.entry(kind).or_default().extend(selector.data_resources());
    }
    let built = |(kind, resources): (ReadWriteType, Vec<&DataResource>)| {
        EventSelector::builder()
            .read_write_type(kind)
            .include_management_events(false)
            .set_data_resources(Some(joined_resources(&resources)))
            .build()
    };
    by_kind.into_iter().map(built).collect()
}

/// The resources of each type together.
fn joined_resources(resources: &[&DataResource]) -> Vec<DataResource> {
    let mut by_type = BTreeMap::<Option<&str>, BTreeSet<&str>>::new();
    for resource in resources {
        let values = resource.values().iter().map(String::as_str);
        by_type.entry(resource.r#type()).or_default().extend(values);
    }
    let built = |(kind, values): (Option<&str>, BTreeSet<&str>)| {
        DataResource::builder()
            .set_type(kind.map(ToOwned::to_owned))
            .set_values(Some(values.into_iter().map(ToOwned::to_owned).collect()))
            .build()
    };
    by_type.into_iter().map(built).collect()
}

fn with_management_events_advanced(
    found: &[AdvancedEventSelector],
) -> Result<Vec<AdvancedEventSelector>, AwsError> {
    let others = found.iter().filter(|selector| !is_of_management(selector)).cloned();
    Ok(others.chain(std::iter::once(all_management_events()?)).collect())
}

fn all_management_events() -> Result<AdvancedEventSelector, AwsError> {
    let category = AdvancedFieldSelector::builder().field("eventCategory").equals("Management").build();
    let selector = category.and_then(|category| {
        AdvancedEventSelector::builder().name("All management events").field_selectors(category).build()
    });
    selector.map_err(|error| AwsError::without_answer("cloudtrail:PutEventSelectors", &error.to_string()))
}

#[cfg(test)]
#[path = "apply_tests.rs"]
mod tests;
