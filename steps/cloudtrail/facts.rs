//! What is true now of the trails, of the one that counts, and of its bucket.

use std::collections::BTreeSet;

use aws_sdk_cloudtrail::types::{EventSelector, ReadWriteType, Trail};

use crate::answers::Answers;
use crate::aws::{ForCall, Identity, Reading, reading, unless};
use crate::error::{AwsError, StepError};
use crate::private_bucket::BucketFacts;
use crate::session::Session;
use crate::{administrators, private_bucket, regions};

/// What is true now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The account number.
    pub account: String,
    /// The partition.
    pub partition: String,
    /// The Region of the trail to be made.
    pub region: String,
    /// The trail that counts: ours, or one that can be adopted.
    pub trail: Reading<Option<TrailFacts>>,
    /// How many trails deliver from this Region. Only the first copy of management events is free.
    pub trails: usize,
    /// The ARNs of the administrators.
    pub administrators: Reading<BTreeSet<String>>,
    /// The bucket of the trail that counts, or of the trail to be made.
    pub bucket: BucketFacts,
}

/// A trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailFacts {
    /// The name.
    pub name: String,
    /// The ARN.
    pub arn: String,
    /// Where it was made, and where alone it can be changed.
    pub home_region: String,
    /// Where its files go.
    pub bucket: String,
    /// What their keys begin with.
    pub key_prefix: Option<String>,
    /// Whether it covers all Regions.
    pub multi_region: bool,
    /// Whether its files can be validated.
    pub validated: bool,
    /// Whether it records the services that have no Region, such as IAM.
    pub global_services: bool,
    /// Whether the organization, or another account, owns it.
    pub of_another_account: bool,
    /// Whether it is logging.
    pub logging: Reading<bool>,
    /// How its deliveries go.
    pub delivery: Delivery,
    /// Whether it records all management events.
    pub all_management_events: Reading<bool>,
}

/// How the deliveries of a trail go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// No file has been delivered yet.
    NotYet,
    /// The last file was delivered, in seconds since 1970.
    At(i64),
    /// The last attempt failed, with this error of S3.
    Failed(String),
}

/// The name that the bucket has where the answers do not say: it follows from the account and the Region, so that a
/// lost answer leads to "exists, and is ours", and it is in a namespace that nobody else can take names from.
pub fn bucket_name(account: &str, region: &str, answers: &Answers) -> String {
    answers.trail.bucket.clone().unwrap_or_else(|| {
        let namespace = if regions::has_account_regional_namespace(region) { "-an" } else { "" };
        format!("dayone-trail-{account}-{region}{namespace}")
    })
}

/// Reads them all, the independent ones at once.
pub async fn observe(session: &Session, answers: &Answers) -> Result<Facts, StepError> {
    let identity = session.acting();
    let region = answers.trail.region.clone().unwrap_or_else(|| session.connection.region());
    let planned = bucket_name(session.account(), &region, answers);
    let (trails, administrators, bucket) = tokio::try_join!(
        describe(identity, &region),
        administrators::observe(session, identity, answers),
        private_bucket::observe(identity, &planned, &region),
    )?;
    let (trails, trail) = match trails {
        Ok(trails) => (trails.len(), best(identity, &trails, session.account(), answers).await?),
        Err(unseen) => (0, Err(unseen)),
    };
    let bucket = match &trail {
        Ok(Some(trail)) if trail.bucket != planned && !trail.of_another_account => {
            private_bucket::observe(identity, &trail.bucket, &trail.home_region).await?
        }
        _ => bucket,
    };
    Ok(Facts {
        account: session.account().to_owned(),
        partition: session.partition().to_owned(),
        region,
        trail,
        trails,
        administrators,
        bucket,
    })
}

/// With shadow trails: a trail of another Region, or of the organization, is seen from here too.
async fn describe(identity: &Identity, region: &str) -> Result<Reading<Vec<Trail>>, AwsError> {
    let answer = identity.cloudtrail(region).describe_trails().include_shadow_trails(true).send().await;
    Ok(reading(answer.for_call("cloudtrail:DescribeTrails"))?
        .map(|answer| answer.trail_list.unwrap_or_default()))
}

/// The trail that counts: what meets the bar before what nearly does, and ours before another's.
async fn best(
    identity: &Identity,
    trails: &[Trail],
    account: &str,
    answers: &Answers,
) -> Result<Reading<Option<TrailFacts>>, AwsError> {
    let rank = |trail: &&Trail| {
        let own = trail.trail_arn().and_then(|arn| arn.split(':').nth(4)) == Some(account);
        (
            trail.is_multi_region_trail() == Some(true),
            trail.log_file_validation_enabled() == Some(true),
            trail.name() == Some(&answers.trail.name),
            own,
        )
    };
    let Some(trail) = trails.iter().max_by_key(rank) else { return Ok(Ok(None)) };
    let home_region = trail.home_region().unwrap_or_default();
    let arn = trail.trail_arn().unwrap_or_default();
    let client = identity.cloudtrail(home_region);
    let (status, selectors) = tokio::join!(
        client.get_trail_status().name(arn).send(),
        client.get_event_selectors().trail_name(arn).send(),
    );
    let status = reading(unless("TrailNotFound", status.for_call("cloudtrail:GetTrailStatus")))?;
    let selectors = reading(selectors.for_call("cloudtrail:GetEventSelectors"))?;
    let delivery = match &status {
        Ok(Some(status)) => delivery(status),
        Ok(None) | Err(_) => Delivery::NotYet,
    };
    Ok(Ok(Some(TrailFacts {
        name: trail.name().unwrap_or_default().to_owned(),
        arn: arn.to_owned(),
        home_region: home_region.to_owned(),
        bucket: trail.s3_bucket_name().unwrap_or_default().to_owned(),
        key_prefix: trail.s3_key_prefix().filter(|prefix| !prefix.is_empty()).map(ToOwned::to_owned),
        multi_region: trail.is_multi_region_trail() == Some(true),
        validated: trail.log_file_validation_enabled() == Some(true),
        global_services: trail.include_global_service_events() != Some(false),
        of_another_account: trail.is_organization_trail() == Some(true)
            || arn.split(':').nth(4) != Some(account),
        logging: status.map(|status| status.is_some_and(|status| status.is_logging() == Some(true))),
        delivery,
        all_management_events: all_management_events(selectors),
    })))
}

fn delivery(status: &aws_sdk_cloudtrail::operation::get_trail_status::GetTrailStatusOutput) -> Delivery {
    match (status.latest_delivery_error(), status.latest_delivery_time()) {
        (Some(error), _) if !error.is_empty() => Delivery::Failed(error.to_owned()),
        (_, Some(time)) if time.secs() > 0 => Delivery::At(time.secs()),
        _ => Delivery::NotYet,
    }
}

type Selectors = aws_sdk_cloudtrail::operation::get_event_selectors::GetEventSelectorsOutput;

fn all_management_events(selectors: Reading<Selectors>) -> Reading<bool> {
    let selectors = selectors?;
    let basic = |selector: &EventSelector| {
        selector.include_management_events() != Some(false)
            && selector.read_write_type().is_none_or(|kind| *kind == ReadWriteType::All)
            && selector.exclude_management_event_sources().is_empty()
    };
    let none = selectors.event_selectors().is_empty() && selectors.advanced_event_selectors().is_empty();
    let advanced = selectors.advanced_event_selectors().iter().any(|selector| {
        let fields = selector.field_selectors();
        fields.len() == 1
            && fields
                .iter()
                .any(|field| field.field() == "eventCategory" && field.equals() == ["Management".to_owned()])
    });
    Ok(none || advanced || selectors.event_selectors().iter().any(basic))
}
