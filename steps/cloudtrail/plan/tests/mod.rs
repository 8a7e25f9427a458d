//! The plan as tables of cases, and what holds of every account.

mod always;
mod bucket;
mod delivery;
mod encryption;
mod policy;
mod readers;
mod states;
mod trail;

use std::collections::BTreeSet;

use super::*;
use crate::cloudtrail::Cloudtrail;
use crate::encryption_key::{Fitness, KeyFacts, LeftOver};
use crate::plan_cases::{
    self, ACCOUNT, ALICE, BOB, ROOT, STRANGER, decide, kept, says, step_of, told, unseen,
};
use crate::policy::{Decision, Document, Principal};
use crate::private_bucket::imagined::{self, DENY_ALL, PARTNER_LISTS};
use crate::private_bucket::{BucketFacts, Lock, Retention, Settings, Tags};

const REGION: &str = "eu-central-1";
/// What the tags of a bucket of ours say it is for.
const PURPOSE: &str = "cloudtrail-logs";
const BUCKET: &str = "dayone-trail-111122223333-eu-central-1-an";
const TRAIL: &str = "arn:aws:cloudtrail:eu-central-1:111122223333:trail/day-one";
const KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/ours";
const OTHER_KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/another";
const OTHER_TRAIL: &str = "arn:aws:cloudtrail:eu-central-1:444455556666:trail/day-one";
const CAROL: &str = "arn:aws:iam::111122223333:user/carol";
const AUDITOR: &str = "arn:aws:iam::111122223333:role/Auditor";
const ROLES: [&str; 2] = ["arn:aws:iam::111122223333:role/Admin", "arn:aws:iam::111122223333:role/*/Admin"];
const CLOUDTRAIL: Principal<'static> = Principal::Service("cloudtrail.amazonaws.com");
const OWNER_ACL: (&str, &str) = ("s3:x-amz-acl", "bucket-owner-full-control");

const DENY_DECRYPTION: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Sid":"Closed","Effect":"Deny","Principal":"*","Action":"kms:Decrypt","Resource":"*"}]}"#;
const PARTNER_DECRYPTS: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Partner","Effect":"Allow",
    "Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"kms:Decrypt","Resource":"*"}]}"#;

type Given = plan_cases::Given<Facts>;
type Case = plan_cases::Case<Facts, 3>;

/// An account with an administrator and nothing of this practice.
fn fresh() -> Facts {
    Facts {
        account: ACCOUNT.into(),
        partition: "aws".into(),
        region: REGION.into(),
        acting: vec![ALICE.into()],
        trail: Ok(None),
        recording: Vec::new(),
        administrators: Ok(BTreeSet::from([ALICE.to_owned()])),
        bucket: BucketFacts::Free,
        key: Ok(None),
        left_over_key: LeftOver::Nothing,
    }
}

/// An account where everything of this practice is in place.
fn perfect() -> Facts {
    let policy = planned_policy(&fresh(), &Answers::default()).to_json();
    let recording = vec![TRAIL.to_owned()];
    Facts { trail: Ok(Some(our_trail())), recording, bucket: mine(REGION, Some(&policy)), ..fresh() }
}

fn our_trail() -> TrailFacts {
    TrailFacts {
        name: "day-one".into(),
        arn: TRAIL.into(),
        home_region: REGION.into(),
        bucket: BUCKET.into(),
        key_prefix: None,
        key: None,
        multi_region: true,
        validated: true,
        global_services: true,
        of_another_account: false,
        of_organization: false,
        logging: Ok(true),
        delivery: Delivery::At(1_795_000_000),
        has_delivered: true,
        management_events: Ok(ManagementEvents::All),
    }
}

/// A trail that somebody made in another Region, into a bucket of their choice.
fn adopted() -> Facts {
    let trail = TrailFacts {
        name: "audit".into(),
        arn: "arn:aws:cloudtrail:us-west-2:111122223333:trail/audit".into(),
        home_region: "us-west-2".into(),
        bucket: "audit-logs".into(),
        key_prefix: Some("central".into()),
        ..our_trail()
    };
    let recording = vec![trail.arn.clone()];
    Facts { trail: Ok(Some(trail)), recording, bucket: of_others(None), ..fresh() }
}

/// A bucket of this account that lacks nothing but perhaps the policy.
fn mine(region: &str, policy: Option<&str>) -> BucketFacts {
    BucketFacts::Mine(Box::new(imagined::whole(region, policy, for_a_year(), PURPOSE)))
}

/// A bucket that was there before, with readers that are not known.
fn of_others(policy: Option<&str>) -> BucketFacts {
    let BucketFacts::Mine(settings) = mine("us-west-1", policy) else { unreachable!() };
    BucketFacts::Mine(Box::new(Settings { lifecycle: Ok(None), tags: Ok(Tags::new()), ..*settings }))
}

fn for_a_year() -> Retention {
    Retention { prefix: format!("AWSLogs/{ACCOUNT}/"), expire_after_days: Some(365) }
}

fn attended() -> Answers {
    Answers { attended: true, ..Answers::default() }
}

fn trail_of(facts: &mut Facts) -> &mut TrailFacts {
    facts.trail.as_mut().unwrap().as_mut().unwrap()
}

fn settings_of(facts: &mut Facts) -> &mut Settings {
    imagined::settings_of(&mut facts.bucket)
}

fn step(facts: &Facts, answers: &Answers, id: StepId) -> StepPlan<Change> {
    step_of(plan(facts, answers), id)
}

fn planned_policy(facts: &Facts, answers: &Answers) -> Document {
    let changes = step(facts, answers, StepId::TrailBucket).changes;
    let policy = changes.into_iter().find_map(|change| match change {
        Change::Bucket { change: BucketChange::PutPolicy { policy, .. }, .. } => Some(policy),
        _ => None,
    });
    policy.expect("the plan puts a bucket policy")
}

fn update(trail: &str, region: &str, lacks: &[Shortcoming]) -> Change {
    Change::UpdateTrail { trail: trail.into(), region: region.into(), lacks: lacks.into(), bucket: None }
}

fn record(trail: &str, region: &str) -> Change {
    Change::RecordManagementEvents { trail: trail.into(), region: region.into() }
}

fn start(trail: &str, region: &str) -> Change {
    Change::StartLogging { trail: trail.into(), region: region.into() }
}

/// The key as it is once it was made.
fn our_key() -> KeyFacts {
    let changes = step(&fresh(), &with_kms(), StepId::TrailBucket).changes;
    let policy = changes.into_iter().find_map(|change| match change {
        Change::Key { change: KeyChange::Create { policy, .. }, .. } => Some(policy.to_json()),
        _ => None,
    });
    assert!(policy.is_some(), "the plan makes a key");
    KeyFacts { arn: KEY.into(), fitness: Fitness::Fits, rotates: Ok(true), policy: Ok(policy) }
}

fn switched_off() -> Fitness {
    Fitness::Off("PendingDeletion".into())
}

fn with_kms() -> Answers {
    let mut answers = Answers::default();
    answers.trail.kms = true;
    answers
}

fn policy_with_reader() -> Document {
    let mut answers = Answers::default();
    answers.trail.readers.push(AUDITOR.into());
    planned_policy(&fresh(), &answers)
}

fn bucket_arn() -> String {
    format!("arn:aws:s3:::{BUCKET}")
}

fn log_file() -> String {
    format!("arn:aws:s3:::{BUCKET}/AWSLogs/{ACCOUNT}/CloudTrail/eu-central-1/file.json.gz")
}

/// Holds each case of a table against the plan.
fn hold(start: impl Fn() -> (Facts, Answers), cases: &[Case]) {
    plan_cases::hold::<Cloudtrail, 3>(start, cases);
}

/// The account as it is once a change was made.
fn make(facts: &mut Facts, change: &Change) {
    match change {
        Change::Bucket { change, .. } => {
            let key = facts.key.as_ref().ok().and_then(|key| Some(key.as_ref()?.arn.as_str()));
            imagined::make(&mut facts.bucket, change, key);
        }
        Change::Key { change, .. } => make_key(facts, change),
        Change::EncryptTrail { .. } => trail_of(facts).key = Some(KEY.to_owned()),
        Change::CreateTrail { trail, region, bucket } => {
            facts.trail = Ok(Some(TrailFacts {
                name: trail.clone(),
                arn: format!("arn:{}:cloudtrail:{region}:{}:trail/{trail}", facts.partition, facts.account),
                home_region: region.clone(),
                bucket: bucket.clone(),
                logging: Ok(false),
                delivery: Delivery::NotYet,
                has_delivered: false,
                ..our_trail()
            }));
        }
        Change::UpdateTrail { lacks, bucket, .. } => {
            let trail = trail_of(facts);
            for shortcoming in lacks {
                match shortcoming {
                    Shortcoming::OneRegion => trail.multi_region = true,
                    Shortcoming::Unvalidated => trail.validated = true,
                    Shortcoming::NoGlobalServices => trail.global_services = true,
                }
            }
            trail.bucket = bucket.clone().unwrap_or_else(|| trail.bucket.clone());
        }
        Change::RecordManagementEvents { .. } => {
            trail_of(facts).management_events = Ok(ManagementEvents::All);
        }
        Change::StartLogging { .. } => trail_of(facts).logging = Ok(true),
        Change::StopLogging { .. } => trail_of(facts).logging = Ok(false),
        Change::DeleteTrail { .. } => facts.trail = Ok(None),
    }
}

fn make_key(facts: &mut Facts, change: &KeyChange) {
    let key = facts.key.as_mut().unwrap();
    match change {
        KeyChange::Create { policy, .. } => {
            *key = Some(KeyFacts { rotates: Ok(false), policy: Ok(Some(policy.to_json())), ..our_key() });
        }
        KeyChange::Name { .. } => *key = Some(KeyFacts { rotates: Ok(false), ..our_key() }),
        KeyChange::EnableRotation { .. } => key.as_mut().unwrap().rotates = Ok(true),
        KeyChange::PutPolicy { policy, .. } => key.as_mut().unwrap().policy = Ok(Some(policy.to_json())),
    }
}
