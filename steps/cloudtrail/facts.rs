//! What is true now of the trails, of the one that counts, and of its bucket.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::answers::Answers;
use crate::aws::{Identity, Reading, Unseen};
use crate::encryption_key::{KeyFacts, LeftOver};
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
    /// The ARNs of the trails that log management events. Only the first copy is free.
    pub recording: Vec<String>,
    /// The ARNs of the administrators.
    pub administrators: Reading<BTreeSet<String>>,
    /// The bucket of the trail that counts, or of the trail to be made.
    pub bucket: BucketFacts,
    /// The key of our alias in the bucket's Region. It is read only for who asks for it.
    pub key: Reading<Option<KeyFacts>>,
    /// What a run has left that was cut short while it made that key. It is looked for where there is no key, and the
    /// journal tells of such a run.
    pub left_over_key: LeftOver,
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
    /// Whether AWS shows that a file of it has ever arrived.
    pub has_delivered: bool,
    /// What it records of the management events.
    pub management_events: Reading<ManagementEvents>,
}

/// What a trail records of the management events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManagementEvents {
    /// All of them.
    All,
    /// Some, as somebody has chosen.
    Part,
    /// None, but data events.
    Nothing,
    /// Some or all, as somebody has chosen: AWS tells nobody but the account that owns the trail.
    Hidden,
    /// Whether somebody has chosen is not told, nor what: AWS tells that to the account that owns the trail.
    NotTold,
}

/// What a trail of this account may lack, each set by a flag of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Shortcoming {
    /// It covers one Region only.
    OneRegion,
    /// Its files cannot be validated.
    Unvalidated,
    /// It leaves out the services that have no Region.
    NoGlobalServices,
}

/// How the deliveries of a trail go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// No file has been delivered since logging was started.
    NotYet,
    /// The last file was delivered, in seconds since 1970.
    At(i64),
    /// The last file was delivered, in seconds since 1970, so long ago that it proves nothing any more.
    Late(i64),
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
    let (trail, recording) = match trails {
        Ok(found) => found.clone().best(identity, answers).await?,
        Err(unseen) => (Err(unseen.clone()), Vec::new()),
    };
    let mut facts = Facts {
        account: session.account().to_owned(),
        partition: session.partition().to_owned(),
        region,
        acting: administrators::acting(&identity.caller),
        trail,
        recording,
        administrators,
        bucket,
        key: Ok(None),
        left_over_key: LeftOver::Nothing,
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
        let was_begun = answers.unfinished.contains_key(&encryption_key::resource(key::ALIAS));
        if was_begun && matches!(facts.key, Ok(None)) {
            facts.left_over_key = encryption_key::left_over(identity, &region, key::DESCRIPTION).await?;
        }
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

    /// The other trails that log management events beside the one that counts, or beside the one to be made: each as its
    /// name and its Region.
    pub fn further_copies(&self) -> Vec<String> {
        let counts = self.trail().ok().flatten().map(|trail| trail.arn.as_str());
        let further = self.recording.iter().filter(|arn| Some(arn.as_str()) != counts);
        further.map(|arn| format!("{} ({})", name_in(arn), regions::of_arn(arn))).collect()
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

    /// What it lacks of what a flag sets.
    pub fn shortcomings(&self) -> Vec<Shortcoming> {
        let flags = [
            (self.multi_region, Shortcoming::OneRegion),
            (self.validated, Shortcoming::Unvalidated),
            (self.global_services, Shortcoming::NoGlobalServices),
        ];
        flags.into_iter().filter(|(is_set, _)| !is_set).map(|(_, shortcoming)| shortcoming).collect()
    }

    /// The bucket that its files are to go to: the one that the answers name, or else the one that it has. The
    /// organization's trail is not redirected from here.
    pub fn goes_to<'t>(&'t self, answers: &'t Answers) -> &'t str {
        match &answers.trail.bucket {
            Some(bucket) if !self.of_organization => bucket,
            _ => &self.bucket,
        }
    }

    /// Whether nothing is left to do about it from here. What another account's trail leaves out cannot be seen, and no
    /// trail is changed or made for what is not known.
    pub fn meets_the_bar(&self) -> bool {
        let records_all = self.global_services && self.management_events == Ok(ManagementEvents::All);
        self.covers_all() && self.logging == Ok(true) && (self.of_another_account || records_all)
    }

    /// Whether AWS counts a copy of management events for it. Another account's trail is there for little else.
    pub fn is_recording(&self) -> bool {
        self.logging == Ok(true) && self.management_events != Ok(ManagementEvents::Nothing)
    }
}

/// The name in a trail's ARN; a name alone is one.
pub(super) fn name_in(trail: &str) -> &str {
    trail.rsplit('/').next().unwrap_or(trail)
}

/// The account that owns a trail, by the trail's ARN.
pub(super) fn account_in(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Access, canned};
    use crate::cloudtrail::plan;

    const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
    const EVE: &str = "arn:aws:iam::111122223333:user/eve";
    const OURS: &str = "arn:aws:cloudtrail:us-east-1:111122223333:trail/day-one";
    const THEIRS: &str = "arn:aws:cloudtrail:eu-west-1:444455556666:trail/organization";

    fn perfect(arn: &str) -> TrailFacts {
        TrailFacts {
            name: name_in(arn).into(),
            arn: arn.into(),
            home_region: regions::of_arn(arn).into(),
            bucket: "logs".into(),
            key_prefix: None,
            key: None,
            multi_region: true,
            validated: true,
            global_services: true,
            of_another_account: account_in(arn) != "111122223333",
            of_organization: false,
            logging: Ok(true),
            delivery: Delivery::NotYet,
            has_delivered: false,
            management_events: Ok(ManagementEvents::All),
        }
    }

    fn facts(trail: TrailFacts, recording: &[&str]) -> Facts {
        Facts {
            account: "111122223333".into(),
            partition: "aws".into(),
            region: "us-east-1".into(),
            acting: Vec::new(),
            trail: Ok(Some(trail)),
            recording: recording.iter().map(|arn| (*arn).to_owned()).collect(),
            administrators: Ok(BTreeSet::new()),
            bucket: BucketFacts::Free,
            key: Ok(None),
            left_over_key: LeftOver::Nothing,
        }
    }

    #[test]
    fn a_trail_of_another_account_counts_only_where_it_covers_everything() {
        let theirs = perfect(THEIRS);
        assert_eq!(facts(theirs.clone(), &[]).trail(), Ok(Some(&theirs)));
        for lacking in [
            TrailFacts { multi_region: false, ..theirs.clone() },
            TrailFacts { validated: false, ..theirs.clone() },
        ] {
            assert_eq!(facts(lacking.clone(), &[]).trail(), Ok(None), "{lacking:?}");
            let own = TrailFacts { of_another_account: false, ..lacking };
            assert_eq!(facts(own.clone(), &[]).trail(), Ok(Some(&own)));
        }
    }

    #[test]
    fn every_other_trail_that_logs_management_events_is_a_further_copy() {
        let theirs = ["organization (eu-west-1)".to_owned()];
        assert_eq!(facts(perfect(OURS), &[OURS]).further_copies(), Vec::<String>::new());
        assert_eq!(facts(perfect(OURS), &[OURS, THEIRS]).further_copies(), theirs);
        // One that does not count is beside the one that is made in its place.
        let of_one_region = TrailFacts { multi_region: false, ..perfect(THEIRS) };
        assert_eq!(facts(of_one_region, &[THEIRS]).further_copies(), theirs);
    }

    #[test]
    fn a_trail_that_logs_is_a_copy_unless_it_is_known_to_record_nothing_of_it() {
        use ManagementEvents::{All, Hidden, NotTold, Nothing, Part};
        let cases = [(All, true), (Part, true), (Hidden, true), (NotTold, true), (Nothing, false)];
        for (events, expected) in cases {
            let trail = TrailFacts { management_events: Ok(events), ..perfect(OURS) };
            assert_eq!(trail.is_recording(), expected, "{events:?}");
            assert!(!TrailFacts { logging: Ok(false), ..trail }.is_recording());
        }
    }

    /// An AWS that shows nothing but a group of the administrators' name, which eve is in and which has this policy.
    fn with_eve_in_the_group(policy: &str) -> canned::Aws {
        let date = "<CreateDate>2026-01-01T00:00:00Z</CreateDate>";
        let group = format!(
            "<Group><Path>/</Path><GroupName>Administrators</GroupName><GroupId>1</GroupId><Arn>a</Arn>{date}\
             </Group><IsTruncated>false</IsTruncated><Users><member><Path>/</Path><UserName>eve</UserName>\
             <UserId>1</UserId><Arn>{EVE}</Arn>{date}</member></Users>"
        );
        let attached = format!(
            "<AttachedPolicies><member><PolicyName>p</PolicyName>\
             <PolicyArn>arn:aws:iam::aws:policy/{policy}</PolicyArn></member></AttachedPolicies>"
        );
        canned::Aws::answering(move |call| match call.operation.as_str() {
            "GetGroup" => call.xml(&group),
            "ListAttachedGroupPolicies" => call.xml(&attached),
            "ListGroupPolicies" => call.xml(""),
            "GetUser" => call.refused(404, "NoSuchEntity"),
            _ => call.refused(403, "AccessDenied"),
        })
    }

    /// Neither the bucket nor the key is opened to whoever is in a group that nobody has agreed to.
    #[tokio::test(start_paused = true)]
    async fn users_of_the_group_are_let_in_only_where_it_has_full_rights() {
        for (policy, eve_is_let_in) in [("ReadOnlyAccess", false), ("AdministratorAccess", true)] {
            let aws = with_eve_in_the_group(policy);
            let session = Session::open(aws.connection(Access::ReadOnly)).await.unwrap();
            let readings = Readings::by(session.acting(), "Administrators");
            let mut answers = Answers::default();
            answers.admin.user = Some("alice".into());
            answers.trail.region = Some("us-east-1".into());
            answers.trail.kms = true;
            let found = Box::pin(observe(&session, &readings, &answers)).await.unwrap();
            let expected: &[&str] = if eve_is_let_in { &[ALICE, EVE] } else { &[ALICE] };
            let administrators = found.administrators.clone().unwrap();
            assert_eq!(administrators.into_iter().collect::<Vec<_>>(), expected, "{policy}");

            let fresh = Facts { trail: Ok(None), bucket: BucketFacts::Free, key: Ok(None), ..found };
            let bucket = plan::plan(&fresh, &answers).swap_remove(0);
            let changes = bucket.changes.iter().map(|change| format!("{change:?}"));
            let policies: Vec<_> = changes.filter(|change| change.contains(ALICE)).collect();
            assert_eq!(policies.len(), 2, "{policy}: that of the key and that of the bucket: {policies:?}");
            assert!(policies.iter().all(|put| put.contains(EVE) == eve_is_let_in), "{policy}: {policies:?}");
        }
    }
}
