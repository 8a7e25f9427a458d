//! Which trails there are, how each stands, and which of them counts.

use aws_sdk_cloudtrail::operation::get_event_selectors::GetEventSelectorsOutput as Selectors;
use aws_sdk_cloudtrail::operation::get_trail_status::GetTrailStatusOutput as Status;
use aws_sdk_cloudtrail::types::{
    AdvancedEventSelector, AdvancedFieldSelector, EventSelector, ReadWriteType, Trail, TrailInfo,
};
use aws_smithy_types::DateTime;

use crate::answers::Answers;
use crate::aws::{ForCall, Identity, Reading, Unseen, at_once};
use crate::error::AwsError;
use crate::event_history::enabled_regions;

use super::facts::{Delivery, ManagementEvents, TrailFacts, account_in};

/// A trail of which no file has come for so many seconds is not known to deliver.
const FRESH: i64 = 24 * 60 * 60;

/// The trails that were found.
#[derive(Debug, Clone)]
pub struct Found {
    trails: Vec<Trail>,
    /// Why those of other Regions are not among them.
    unseen_elsewhere: Option<Unseen>,
}

/// One Region shows its own trails, and as shadows those that cover it from elsewhere and those of the organization. A
/// trail of another Region alone is only in the list of all.
pub async fn find(identity: &Identity, region: &str) -> Result<Reading<Found>, AwsError> {
    let client = identity.cloudtrail(region);
    let (described, listed) = tokio::join!(
        client.describe_trails().include_shadow_trails(true).send(),
        client.list_trails().into_paginator().items().send().collect::<Result<Vec<_>, _>>(),
    );
    let here = match identity.reading(described.for_call("cloudtrail:DescribeTrails"))? {
        Ok(described) => described.trail_list.unwrap_or_default(),
        Err(unseen) => return Ok(Err(unseen)),
    };
    let (elsewhere, unseen_elsewhere) = match identity.reading(listed.for_call("cloudtrail:ListTrails"))? {
        Ok(listed) => described_at_home(identity, &here, listed).await?,
        Err(unseen) => (Vec::new(), Some(unseen)),
    };
    // Of several that are as good, the last one counts: one that is seen from here.
    let trails = elsewhere.into_iter().chain(here).collect();
    Ok(Ok(Found { trails, unseen_elsewhere }))
}

/// Those on the list that were not seen from here. Of another account's nothing more can be asked.
async fn described_at_home(
    identity: &Identity,
    here: &[Trail],
    listed: Vec<TrailInfo>,
) -> Result<(Vec<Trail>, Option<Unseen>), AwsError> {
    let is_seen = |arn: &str| here.iter().any(|trail| trail.trail_arn() == Some(arn));
    let listed = listed.into_iter().filter_map(|trail| Some((trail.trail_arn?, trail.home_region?)));
    let unseen = listed.filter(|(arn, _)| !is_seen(arn) && account_in(arn) == identity.caller.account);
    let asked = unseen.map(|(arn, region)| describe_at_home(identity.clone(), arn, region));
    let (mut trails, mut not_seen) = (Vec::new(), None);
    for described in at_once(asked).await? {
        match described {
            Ok(described) => trails.extend(described),
            Err(unseen) => not_seen = Some(unseen),
        }
    }
    Ok((trails, not_seen))
}

/// What one of them is, as its own Region shows it; none where it is not to be had there.
async fn describe_at_home(
    identity: Identity,
    arn: String,
    region: String,
) -> Result<Reading<Option<Trail>>, AwsError> {
    let request = identity.cloudtrail(&region).describe_trails().trail_name_list(&arn);
    let described = match request.send().await.for_call("cloudtrail:DescribeTrails") {
        Err(refusal) if refusal.may_be_the_region() => {
            return unknown_at_home(&identity, &region, refusal).await;
        }
        described => identity.reading(described)?,
    };
    let is_it = |trail: &Trail| trail.trail_arn() == Some(arn.as_str());
    Ok(described.map(|described| described.trail_list.unwrap_or_default().into_iter().find(is_it)))
}

/// A Region that is not enabled knows none of the account's credentials, and its trail can serve nobody: none is there.
/// Credentials that have ended are refused in the same words, and so are those of the global STS endpoint in a Region that
/// is enabled: there the trail was only not seen. So the account is asked which Regions it has.
async fn unknown_at_home(
    identity: &Identity,
    region: &str,
    refusal: AwsError,
) -> Result<Reading<Option<Trail>>, AwsError> {
    let enabled = enabled_regions(identity).await;
    match enabled.unlisted {
        None if !enabled.names.iter().any(|name| name == region) => Ok(Ok(None)),
        // A missing permission: whoever is answered so is known to AWS.
        Some(unlisted) if !unlisted.is_unseen() => identity.reading(Err(unlisted)),
        _ => Ok(Err(refusal.into())),
    }
}

impl Found {
    /// The name of the first one that covers all Regions. Whether it logs, its step tells.
    pub fn covering(&self) -> Option<String> {
        let covering = self.trails.iter().find(|trail| trail.is_multi_region_trail() == Some(true));
        covering.and_then(|trail| trail.name().map(ToOwned::to_owned))
    }

    /// The best trail, and the ARNs of all that log management events. What was not seen elsewhere covers one Region
    /// only, so it could not have counted before a trail that meets the bar, or before ours.
    pub async fn best(
        self,
        identity: &Identity,
        answers: &Answers,
    ) -> Result<(Reading<Option<TrailFacts>>, Vec<String>), AwsError> {
        let trails = at_once(self.trails.into_iter().map(|trail| stand(identity.clone(), trail))).await?;
        let recording = trails.iter().filter(|trail| trail.is_recording());
        let recording = recording.map(|trail| trail.arn.clone()).collect();
        let best = best(trails, answers);
        let counts = |trail: &TrailFacts| trail.meets_the_bar() || trail.is_ours(answers);
        let best = match self.unseen_elsewhere {
            Some(unseen) if !best.as_ref().is_some_and(counts) => Err(unseen),
            _ => Ok(best),
        };
        Ok((best, recording))
    }
}

/// The best trail: what meets the bar before what could be brought up to it, then ours, then this account's, and of
/// several one that lacks less. So another's trail is changed only where none is good enough as it is.
fn best(trails: Vec<TrailFacts>, answers: &Answers) -> Option<TrailFacts> {
    trails.into_iter().max_by_key(|trail| rank(trail, answers))
}

fn rank(trail: &TrailFacts, answers: &Answers) -> [bool; 6] {
    [
        trail.meets_the_bar(),
        trail.is_ours(answers),
        !trail.of_another_account,
        trail.multi_region,
        trail.validated,
        trail.logging == Ok(true),
    ]
}

/// How a trail stands.
async fn stand(identity: Identity, trail: Trail) -> Result<TrailFacts, AwsError> {
    let home_region = trail.home_region().unwrap_or_default();
    let arn = trail.trail_arn().unwrap_or_default();
    let of_another_account = account_in(arn) != identity.caller.account;
    let client = identity.cloudtrail(home_region);
    let now = identity.clock().now().as_second();
    let (status, management_events) = tokio::join!(
        client.get_trail_status().name(arn).send(),
        recorded_management_events(&identity, &trail, of_another_account)
    );
    let status = told_of_trail(&identity, status.for_call("cloudtrail:GetTrailStatus"), of_another_account)?;
    let told = status.as_ref().ok().and_then(Option::as_ref);
    Ok(TrailFacts {
        name: trail.name().unwrap_or_default().to_owned(),
        arn: arn.to_owned(),
        home_region: home_region.to_owned(),
        bucket: trail.s3_bucket_name().unwrap_or_default().to_owned(),
        key_prefix: trail.s3_key_prefix().filter(|prefix| !prefix.is_empty()).map(ToOwned::to_owned),
        key: trail.kms_key_id().filter(|key| !key.is_empty()).map(ToOwned::to_owned),
        multi_region: trail.is_multi_region_trail() == Some(true),
        validated: trail.log_file_validation_enabled() == Some(true),
        global_services: trail.include_global_service_events() != Some(false),
        of_another_account,
        of_organization: trail.is_organization_trail() == Some(true),
        delivery: told.map_or(Delivery::NotYet, |status| delivery(status, now)),
        has_delivered: told.is_some_and(|status| seconds(status.latest_delivery_time()).is_some()),
        logging: status.map(|status| status.is_some_and(|status| status.is_logging() == Some(true))),
        management_events: management_events?,
    })
}

/// None for a trail that has gone meanwhile. A member of an organization sees the organization's trail, but AWS may say
/// of whatever else is asked about it that there is no such trail, or that its ARN is another account's.
fn told_of_trail<T>(
    identity: &Identity,
    told: Result<T, AwsError>,
    of_another_account: bool,
) -> Result<Reading<Option<T>>, AwsError> {
    match told {
        Err(error) if of_another_account && is_not_told(&error) => {
            Ok(Err(Unseen::denied(error.operation, error.code.unwrap_or_default())))
        }
        Err(error) if is_not_told(&error) => Ok(Ok(None)),
        told => Ok(identity.reading(told)?.map(Some)),
    }
}

fn is_not_told(error: &AwsError) -> bool {
    ["TrailNotFound", "CloudTrailARNInvalid"].iter().any(|code| error.is(code))
}

/// A trail that has no selectors of its own records all management events, as every trail does at first. Those of another
/// account's trail are not asked for: AWS would refuse.
async fn recorded_management_events(
    identity: &Identity,
    trail: &Trail,
    of_another_account: bool,
) -> Result<Reading<ManagementEvents>, AwsError> {
    match trail.has_custom_event_selectors() {
        Some(false) => return Ok(Ok(ManagementEvents::All)),
        Some(true) if of_another_account => return Ok(Ok(ManagementEvents::Hidden)),
        None if of_another_account => return Ok(Ok(ManagementEvents::NotTold)),
        _ => {}
    }
    let client = identity.cloudtrail(trail.home_region().unwrap_or_default());
    let selectors = client.get_event_selectors().trail_name(trail.trail_arn().unwrap_or_default());
    let selectors = selectors.send().await.for_call("cloudtrail:GetEventSelectors");
    let selectors = told_of_trail(identity, selectors, of_another_account)?;
    Ok(selectors.map(|selectors| {
        selectors.map_or(ManagementEvents::Nothing, |selectors| management_events(&selectors))
    }))
}

/// Only a file that came after logging was started last, and not long ago, proves that the trail works. Where nothing is
/// done there are no log files, while digests go on.
fn delivery(status: &Status, now: i64) -> Delivery {
    let said = |error: Option<&str>| error.filter(|error| !error.is_empty()).map(ToOwned::to_owned);
    let of_digest = || said(status.latest_digest_delivery_error()).map(|error| format!("digest: {error}"));
    if let Some(error) = said(status.latest_delivery_error()).or_else(of_digest) {
        return Delivery::Failed(error);
    }
    let started = seconds(status.start_logging_time());
    let file = seconds(status.latest_delivery_time()).filter(|file| Some(*file) >= started);
    let Some(file) = file else { return Delivery::NotYet };
    let last = seconds(status.latest_digest_delivery_time()).map_or(file, |digest| digest.max(file));
    if now - last > FRESH { Delivery::Late(file) } else { Delivery::At(file) }
}

/// A time, in seconds since 1970; none where AWS gives none.
fn seconds(time: Option<&DateTime>) -> Option<i64> {
    time.map(DateTime::secs).filter(|seconds| *seconds > 0)
}

/// A trail records what any of its selectors matches, so one that records the reads and one that records the writes are as
/// good as one that records both. Source: CloudTrail API reference, "PutEventSelectors".
fn management_events(selectors: &Selectors) -> ManagementEvents {
    let (basic, advanced) = (selectors.event_selectors(), selectors.advanced_event_selectors());
    let records_all_of = |kind: &ReadWriteType| {
        basic.iter().any(|selector| records(selector, kind))
            || advanced.iter().any(|selector| records_by_fields(selector, kind))
    };
    let none_of_its_own = basic.is_empty() && advanced.is_empty();
    let some = |selector: &EventSelector| selector.include_management_events() != Some(false);
    if none_of_its_own || [ReadWriteType::ReadOnly, ReadWriteType::WriteOnly].iter().all(records_all_of) {
        ManagementEvents::All
    } else if basic.iter().any(some) || advanced.iter().any(is_of_management) {
        ManagementEvents::Part
    } else {
        ManagementEvents::Nothing
    }
}

/// Whether a selector records all management events of this kind: reads, or writes.
fn records(selector: &EventSelector, kind: &ReadWriteType) -> bool {
    selector.include_management_events() != Some(false)
        && selector.read_write_type().is_none_or(|chosen| *chosen == ReadWriteType::All || chosen == kind)
        && selector.exclude_management_event_sources().is_empty()
}

/// The same of an advanced selector, which has no more than the category and, perhaps, the kind.
fn records_by_fields(selector: &AdvancedEventSelector, kind: &ReadWriteType) -> bool {
    let read_only = if *kind == ReadWriteType::ReadOnly { "true" } else { "false" };
    let leaves_it_in = |field: &AdvancedFieldSelector| match field.field() {
        "eventCategory" => true,
        "readOnly" => field.equals().iter().any(|value| value == read_only),
        _ => false,
    };
    is_of_management(selector) && selector.field_selectors().iter().all(leaves_it_in)
}

/// Whether an advanced selector selects management events.
pub(super) fn is_of_management(selector: &AdvancedEventSelector) -> bool {
    selector.field_selectors().iter().any(|field| {
        field.field() == "eventCategory" && field.equals().iter().any(|category| category == "Management")
    })
}

#[cfg(test)]
#[path = "trails_tests.rs"]
mod tests;
