//! What is true now of the trails, of the one that counts, and of its bucket.

use std::collections::BTreeSet;

use aws_sdk_cloudtrail::types::{EventSelector, ReadWriteType, Trail};

use crate::answers::Answers;
use crate::aws::{ForCall, Identity, Reading, Unseen, at_once, unless};
use crate::encryption_key::KeyFacts;
use crate::error::{AwsError, StepError};
use crate::private_bucket::BucketFacts;
use crate::readings::Readings;
use crate::session::Session;
use crate::{administrators, encryption_key, private_bucket, regions};

use super::{bucket, key};

/// What is true now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The account number.
    pub account: String,
    /// The partition.
    pub partition: String,
    /// The Region of the trail to be made.
    pub region: String,
    /// The ARNs under which bucket policies know who acts.
    pub acting: Vec<String>,
    /// The trail that is the best there is: ours, or one that can be adopted.
    pub trail: Reading<Option<TrailFacts>>,
    /// How many trails deliver from this Region. Only the first copy of management events is free.
    pub trails: usize,
    /// The ARNs of the administrators.
    pub administrators: Reading<BTreeSet<String>>,
    /// The bucket of the trail that counts, or of the trail to be made.
    pub bucket: BucketFacts,
    /// The key of our alias in the bucket's Region. It is read only for who asks for it.
    pub key: Reading<Option<KeyFacts>>,
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
    /// The ARN of the KMS key that its files are encrypted with; none: S3's own keys.
    pub key: Option<String>,
    /// Whether it covers all Regions.
    pub multi_region: bool,
    /// Whether its files can be validated.
    pub validated: bool,
    /// Whether it records the services that have no Region, such as IAM.
    pub global_services: bool,
    /// Whether another account owns it, which is often the organization's management account.
    pub of_another_account: bool,
    /// Whether it is the organization's. In the management account it is this account's own as well.
    pub of_organization: bool,
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
pub async fn observe(
    session: &Session,
    readings: &Readings<'_>,
    answers: &Answers,
) -> Result<Facts, StepError> {
    let identity = session.acting();
    let region = answers.trail.region.clone().unwrap_or_else(|| session.connection.region());
    let planned = bucket_name(session.account(), &region, answers);
    let (trails, administrators, bucket) = tokio::try_join!(
        readings.trails(&region),
        administrators::observe(session, readings, answers),
        private_bucket::observe(identity, &planned, &region),
    )?;
    let (trails, trail) = match trails {
        Ok(trails) => (trails.len(), Ok(best(identity, trails.clone(), session.account(), answers).await?)),
        Err(unseen) => (0, Err(unseen.clone())),
    };
    let mut facts = Facts {
        account: session.account().to_owned(),
        partition: session.partition().to_owned(),
        region,
        acting: administrators::acting(&identity.caller),
        trail,
        trails,
        administrators,
        bucket,
        key: Ok(None),
    };
    let elsewhere = match facts.trail() {
        Ok(Some(trail)) if !trail.of_another_account && trail.goes_to(answers) != planned => {
            Some((trail.goes_to(answers).to_owned(), trail.home_region.clone()))
        }
        _ => None,
    };
    if let Some((bucket, region)) = elsewhere {
        facts.bucket = private_bucket::observe(identity, &bucket, &region).await?;
    }
    observe_options(identity, &mut facts, answers).await?;
    Ok(facts)
}

/// What nobody has asked for is not looked at.
async fn observe_options(identity: &Identity, facts: &mut Facts, answers: &Answers) -> Result<(), AwsError> {
    let trail = facts.trail().ok().flatten();
    let name = trail.map_or_else(
        || bucket_name(&facts.account, &facts.region, answers),
        |trail| trail.goes_to(answers).to_owned(),
    );
    let region = bucket::region(facts, trail);
    if answers.trail.kms {
        facts.key = encryption_key::observe(identity, &region, key::ALIAS).await?;
    }
    if let (true, BucketFacts::Mine(settings)) = (answers.trail.object_lock_days > 0, &mut facts.bucket) {
        settings.lock = private_bucket::observe_lock(identity, &name, &settings.region).await?;
    }
    Ok(())
}

impl Facts {
    /// The trail that counts. One of another account counts only as it is, since nothing can be added to it from here:
    /// where it misses Regions, or its files cannot be validated, this account needs a trail of its own all the same.
    pub fn trail(&self) -> Result<Option<&TrailFacts>, &Unseen> {
        let trail = self.trail.as_ref()?;
        Ok(trail.as_ref().filter(|trail| !trail.of_another_account || trail.covers_all()))
    }

    /// Whether the log files are to be encrypted with the key of our alias: the answers ask for a key, and the trail has
    /// none yet, or ours. The organization's trail and that of another account are not changed from here, and a bucket of
    /// another account has a Region that is not known here.
    pub fn takes_our_key(&self, answers: &Answers) -> bool {
        let is_ours = |found: &String| match &self.key {
            Ok(ours) => ours.as_ref().is_some_and(|ours| ours.arn == *found),
            Err(_) => true,
        };
        let may = |trail: &TrailFacts| {
            !trail.of_another_account && !trail.of_organization && trail.key.as_ref().is_none_or(is_ours)
        };
        let is_asked_for = answers.trail.kms && self.bucket != BucketFacts::NotMine;
        is_asked_for && self.trail().ok().flatten().is_none_or(may)
    }
}

impl TrailFacts {
    /// Whether it is the trail of the answers, which is changed to what they ask for.
    pub fn is_ours(&self, answers: &Answers) -> bool {
        self.name == answers.trail.name && !self.of_another_account && !self.of_organization
    }

    /// Whether it covers all Regions, with files that can be validated.
    pub fn covers_all(&self) -> bool {
        self.multi_region && self.validated
    }

    /// The bucket that its files are to go to: the one that the answers name, or else the one that it has. The
    /// organization's trail is not redirected from here.
    pub fn goes_to<'t>(&'t self, answers: &'t Answers) -> &'t str {
        match &answers.trail.bucket {
            Some(bucket) if !self.of_organization => bucket,
            _ => &self.bucket,
        }
    }

    /// Whether nothing is left to do about it. What another account's trail leaves out cannot be seen from every account.
    fn meets_the_bar(&self) -> bool {
        let records_all = self.global_services && self.all_management_events == Ok(true);
        self.covers_all() && self.logging == Ok(true) && (self.of_another_account || records_all)
    }
}

/// The best trail: what meets the bar before what could be brought up to it, then ours, then this account's, and of
/// several one that lacks less. So another's trail is changed only where none is good enough as it is.
async fn best(
    identity: &Identity,
    trails: Vec<Trail>,
    account: &str,
    answers: &Answers,
) -> Result<Option<TrailFacts>, AwsError> {
    let asked = trails.into_iter().map(|trail| stand(identity.clone(), trail, account.to_owned()));
    let trails = at_once(asked).await?;
    Ok(trails.into_iter().max_by_key(|trail| rank(trail, answers)))
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
async fn stand(identity: Identity, trail: Trail, account: String) -> Result<TrailFacts, AwsError> {
    let home_region = trail.home_region().unwrap_or_default();
    let arn = trail.trail_arn().unwrap_or_default();
    let client = identity.cloudtrail(home_region);
    let (status, all_management_events) = tokio::join!(
        client.get_trail_status().name(arn).send(),
        records_all_management_events(&identity, &trail)
    );
    let status = identity.reading(unless("TrailNotFound", status.for_call("cloudtrail:GetTrailStatus")))?;
    let delivery = match &status {
        Ok(Some(status)) => delivery(status),
        Ok(None) | Err(_) => Delivery::NotYet,
    };
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
        of_another_account: arn.split(':').nth(4) != Some(account.as_str()),
        of_organization: trail.is_organization_trail() == Some(true),
        logging: status.map(|status| status.is_some_and(|status| status.is_logging() == Some(true))),
        delivery,
        all_management_events: all_management_events?,
    })
}

/// A trail that has no selectors of its own records all management events, as every trail does at first.
async fn records_all_management_events(
    identity: &Identity,
    trail: &Trail,
) -> Result<Reading<bool>, AwsError> {
    if trail.has_custom_event_selectors() == Some(false) {
        return Ok(Ok(true));
    }
    let client = identity.cloudtrail(trail.home_region().unwrap_or_default());
    let selectors = client.get_event_selectors().trail_name(trail.trail_arn().unwrap_or_default());
    let selectors = identity.reading(selectors.send().await.for_call("cloudtrail:GetEventSelectors"))?;
    Ok(selectors.map(|selectors| all_management_events(&selectors)))
}

fn delivery(status: &aws_sdk_cloudtrail::operation::get_trail_status::GetTrailStatusOutput) -> Delivery {
    match (status.latest_delivery_error(), status.latest_delivery_time()) {
        (Some(error), _) if !error.is_empty() => Delivery::Failed(error.to_owned()),
        (_, Some(time)) if time.secs() > 0 => Delivery::At(time.secs()),
        _ => Delivery::NotYet,
    }
}

type Selectors = aws_sdk_cloudtrail::operation::get_event_selectors::GetEventSelectorsOutput;

fn all_management_events(selectors: &Selectors) -> bool {
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
    none || advanced || selectors.event_selectors().iter().any(basic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn perfect(name: &str) -> TrailFacts {
        TrailFacts {
            name: name.into(),
            arn: format!("arn:aws:cloudtrail:us-east-1:111122223333:trail/{name}"),
            home_region: "us-east-1".into(),
            bucket: "logs".into(),
            key_prefix: None,
            key: None,
            multi_region: true,
            validated: true,
            global_services: true,
            of_another_account: false,
            of_organization: false,
            logging: Ok(true),
            delivery: Delivery::NotYet,
            all_management_events: Ok(true),
        }
    }

    /// The name of the trail that is ranked first, in whichever order they come.
    fn first(one: &TrailFacts, other: &TrailFacts) -> String {
        let answers = Answers::default();
        let best = |trails: [&TrailFacts; 2]| {
            let best = trails.into_iter().max_by_key(|trail| rank(trail, &answers));
            best.map(|trail| trail.name.clone())
        };
        assert_eq!(best([one, other]), best([other, one]));
        best([one, other]).unwrap_or_default()
    }

    #[test]
    fn a_trail_that_lacks_nothing_counts_before_ours_that_does() {
        let lacking: [fn(&mut TrailFacts); 5] = [
            |trail| trail.multi_region = false,
            |trail| trail.validated = false,
            |trail| trail.global_services = false,
            |trail| trail.logging = Ok(false),
            |trail| trail.all_management_events = Ok(false),
        ];
        for lacks in lacking {
            let mut ours = perfect("day-one");
            lacks(&mut ours);
            assert_eq!(first(&ours, &perfect("audit")), "audit", "{ours:?}");
            let mut theirs = perfect("audit");
            lacks(&mut theirs);
            assert_eq!(first(&perfect("day-one"), &theirs), "day-one", "{theirs:?}");
            assert_eq!(first(&ours, &theirs), "day-one", "neither is good enough, so ours is changed");
        }
        assert_eq!(first(&perfect("day-one"), &perfect("audit")), "day-one");
    }

    #[test]
    fn a_trail_that_logs_is_adopted_before_one_that_is_stopped() {
        let stopped = TrailFacts { logging: Ok(false), ..perfect("stopped") };
        assert_eq!(first(&stopped, &perfect("audit")), "audit");
        let of_organization =
            TrailFacts { of_another_account: true, of_organization: true, ..perfect("organization") };
        assert_eq!(first(&stopped, &of_organization), "organization");
        let stopped_too = TrailFacts { logging: Ok(false), ..of_organization };
        assert_eq!(first(&stopped, &stopped_too), "stopped", "this account's can be started");
    }

    #[test]
    fn a_trail_of_another_account_counts_only_where_it_covers_everything() {
        let facts = |trail| Facts {
            account: "111122223333".into(),
            partition: "aws".into(),
            region: "us-east-1".into(),
            acting: Vec::new(),
            trail: Ok(Some(trail)),
            trails: 1,
            administrators: Ok(BTreeSet::new()),
            bucket: BucketFacts::Free,
            key: Ok(None),
        };
        let theirs = TrailFacts { of_another_account: true, ..perfect("organization") };
        assert_eq!(facts(theirs.clone()).trail(), Ok(Some(&theirs)));
        for lacking in [
            TrailFacts { multi_region: false, ..theirs.clone() },
            TrailFacts { validated: false, ..theirs.clone() },
        ] {
            assert_eq!(facts(lacking.clone()).trail(), Ok(None), "{lacking:?}");
            let own = TrailFacts { of_another_account: false, ..lacking };
            assert_eq!(facts(own.clone()).trail(), Ok(Some(&own)));
        }
    }

    #[test]
    fn selectors_record_all_management_events_only_without_exceptions() {
        use aws_sdk_cloudtrail::types::{AdvancedEventSelector, AdvancedFieldSelector};
        let category =
            AdvancedFieldSelector::builder().field("eventCategory").equals("Management").build().unwrap();
        let only_writes = AdvancedFieldSelector::builder().field("readOnly").equals("false").build().unwrap();
        let all = AdvancedEventSelector::builder().field_selectors(category);
        let writes = all.clone().field_selectors(only_writes);
        let basic = EventSelector::builder().read_write_type(ReadWriteType::All);
        let cases = [
            (Selectors::builder().build(), true),
            (Selectors::builder().event_selectors(basic.clone().build()).build(), true),
            (
                Selectors::builder()
                    .event_selectors(basic.clone().include_management_events(false).build())
                    .build(),
                false,
            ),
            (
                Selectors::builder()
                    .event_selectors(basic.exclude_management_event_sources("kms.amazonaws.com").build())
                    .build(),
                false,
            ),
            (Selectors::builder().advanced_event_selectors(all.build().unwrap()).build(), true),
            (Selectors::builder().advanced_event_selectors(writes.build().unwrap()).build(), false),
        ];
        for (selectors, expected) in cases {
            assert_eq!(all_management_events(&selectors), expected, "{selectors:?}");
        }
    }
}
