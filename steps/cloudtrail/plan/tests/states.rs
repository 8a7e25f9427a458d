//! How the three steps stand, whatever trail the account has and whatever was not seen of it.

use super::*;
use crate::plan_cases::assert_blocked;

#[test]
fn a_fresh_account_gets_the_bucket_and_then_the_trail() {
    let steps = plan(&fresh(), &Answers::default());
    assert_eq!(told(&steps[0].changes), imagined::everything_told(BUCKET));
    let create =
        Change::CreateTrail { trail: "day-one".into(), region: REGION.into(), bucket: BUCKET.into() };
    assert_eq!(steps[1].changes, [create, start("day-one", REGION)]);
    assert_eq!(
        told(&steps[1].changes),
        ["Create cloudtrail:trail/day-one", "Start cloudtrail:trail/day-one"]
    );
    assert_eq!(steps[2].reason, Some(after(StepId::Trail)));
}

#[test]
fn how_the_steps_stand_before_there_is_a_trail() {
    use State::{Accepted, Blocked, InPlace, NeedsPerson, NotAssessed, ToChange};
    let cases: &[Case] = &[
        ("a fresh account", |_, _| {}, [ToChange, ToChange, Blocked]),
        (
            "no administrator yet",
            |facts, _| facts.administrators = Ok(BTreeSet::new()),
            [Blocked, Blocked, Blocked],
        ),
        ("trails not seen", |facts, _| facts.trail = Err(unseen()), [NotAssessed, NotAssessed, NotAssessed]),
        (
            "a bucket of somebody else",
            |facts, _| facts.bucket = BucketFacts::NotMine,
            [NeedsPerson, Blocked, Blocked],
        ),
        (
            "a bucket that may not be looked at",
            |facts, _| facts.bucket = BucketFacts::Unseen(unseen()),
            [NotAssessed, Blocked, Blocked],
        ),
        (
            "no bucket, by the operator's word",
            |_, answers| answers.accept.push(kept(StepId::TrailBucket)),
            [Accepted, ToChange, Blocked],
        ),
        ("a bucket made half", |facts, _| facts.bucket = mine(REGION, None), [ToChange, ToChange, Blocked]),
        ("a bucket made whole", |facts, _| facts.bucket = perfect().bucket, [InPlace, ToChange, Blocked]),
        (
            "no trail, by the operator's word",
            |_, answers| answers.accept.push(kept(StepId::Trail)),
            [ToChange, Accepted, Blocked],
        ),
    ];
    hold(|| (fresh(), Answers::default()), cases);
}

#[test]
fn how_the_steps_stand_with_a_trail_of_this_account() {
    use State::{Accepted, Blocked, InPlace, NeedsPerson, NotApplicable, NotAssessed, ToChange, Waiting};
    let cases: &[Case] = &[
        ("all in place", |_, _| {}, [InPlace, InPlace, InPlace]),
        ("no file yet", |facts, _| trail_of(facts).delivery = Delivery::NotYet, [InPlace, InPlace, Waiting]),
        (
            "a failed delivery",
            |facts, _| trail_of(facts).delivery = Delivery::Failed("AccessDenied".into()),
            [InPlace, InPlace, NeedsPerson],
        ),
        ("stopped", |facts, _| trail_of(facts).logging = Ok(false), [InPlace, ToChange, Blocked]),
        (
            "stopped after a failed delivery",
            |facts, _| {
                trail_of(facts).logging = Ok(false);
                trail_of(facts).delivery = Delivery::Failed("NoSuchBucket".into());
            },
            [InPlace, ToChange, NeedsPerson],
        ),
        (
            "status not seen",
            |facts, _| trail_of(facts).logging = Err(unseen()),
            [InPlace, NotAssessed, NotAssessed],
        ),
        (
            "selectors not seen",
            |facts, _| trail_of(facts).management_events = Err(unseen()),
            [InPlace, NotAssessed, InPlace],
        ),
        (
            "selectors not seen, and single-Region besides",
            |facts, _| {
                trail_of(facts).management_events = Err(unseen());
                trail_of(facts).multi_region = false;
            },
            [InPlace, NotAssessed, InPlace],
        ),
        (
            "administrators not seen",
            |facts, _| facts.administrators = Err(unseen()),
            [NotAssessed, InPlace, InPlace],
        ),
        (
            "no administrator",
            |facts, _| facts.administrators = Ok(BTreeSet::new()),
            [Blocked, InPlace, InPlace],
        ),
        (
            "into a bucket of another account",
            |facts, _| facts.bucket = BucketFacts::NotMine,
            [NotApplicable, InPlace, InPlace],
        ),
        (
            "into a bucket that may not be looked at",
            |facts, _| facts.bucket = BucketFacts::Unseen(unseen()),
            [NotAssessed, InPlace, InPlace],
        ),
        (
            "no file for long",
            |facts, _| trail_of(facts).delivery = Delivery::Late(1_700_000_000),
            [InPlace, InPlace, Waiting],
        ),
        (
            "into another bucket than the answers name",
            |facts, answers| {
                facts.bucket = BucketFacts::Free;
                answers.trail.bucket = Some("my-logs".into());
            },
            [ToChange, ToChange, Blocked],
        ),
        (
            "into another bucket than the answers name, which is somebody else's",
            |facts, answers| {
                facts.bucket = BucketFacts::NotMine;
                answers.trail.bucket = Some("my-logs".into());
            },
            [NeedsPerson, Blocked, Blocked],
        ),
        (
            "into another bucket than the answers name, by the operator's word",
            |_, answers| {
                answers.trail.bucket = Some("my-logs".into());
                answers.accept = vec![kept(StepId::Trail)];
            },
            [ToChange, Accepted, InPlace],
        ),
        ("its bucket is gone", |facts, _| facts.bucket = BucketFacts::Free, [ToChange, InPlace, InPlace]),
        (
            "a policy that is none",
            |facts, _| settings_of(facts).policy = Ok(Some("not a policy".into())),
            [NeedsPerson, InPlace, InPlace],
        ),
        (
            "a statement that locks out",
            |facts, _| settings_of(facts).policy = Ok(Some(DENY_ALL.into())),
            [NeedsPerson, InPlace, InPlace],
        ),
        (
            "a statement of others",
            |facts, _| settings_of(facts).policy = Ok(Some(PARTNER_LISTS.into())),
            [ToChange, InPlace, InPlace],
        ),
        (
            "no file yet, and it stays so; what is in place needs no exception",
            |facts, answers| {
                trail_of(facts).delivery = Delivery::NotYet;
                answers.accept = vec![kept(StepId::LogDelivery), kept(StepId::Trail)];
            },
            [InPlace, InPlace, Accepted],
        ),
    ];
    hold(|| (perfect(), Answers::default()), cases);
}

#[test]
fn how_the_steps_stand_with_a_trail_of_another_account() {
    use State::{Blocked, InPlace, NeedsPerson, NotApplicable, NotAssessed, ToChange, Waiting};
    let cases: &[Case] = &[
        ("it logs", |_, _| {}, [NotApplicable, InPlace, InPlace]),
        (
            "it logs, and there is no administrator yet",
            |facts, _| facts.administrators = Ok(BTreeSet::new()),
            [NotApplicable, InPlace, InPlace],
        ),
        (
            "no file yet",
            |facts, _| trail_of(facts).delivery = Delivery::NotYet,
            [NotApplicable, InPlace, Waiting],
        ),
        ("stopped", |facts, _| trail_of(facts).logging = Ok(false), [NotApplicable, NeedsPerson, Blocked]),
        (
            "a failed delivery",
            |facts, _| trail_of(facts).delivery = Delivery::Failed("AccessDenied".into()),
            [NotApplicable, InPlace, NeedsPerson],
        ),
        (
            // A member account may not be allowed to ask.
            "status not seen",
            |facts, _| trail_of(facts).logging = Err(unseen()),
            [NotApplicable, NotAssessed, NotAssessed],
        ),
        (
            "it covers one Region only",
            |facts, _| trail_of(facts).multi_region = false,
            [ToChange, ToChange, Blocked],
        ),
        (
            "its files cannot be validated",
            |facts, _| trail_of(facts).validated = false,
            [ToChange, ToChange, Blocked],
        ),
        (
            "it covers one Region only, and the bucket for ours is somebody else's",
            |facts, _| {
                trail_of(facts).multi_region = false;
                facts.bucket = BucketFacts::NotMine;
            },
            [NeedsPerson, Blocked, Blocked],
        ),
        (
            "selectors not seen",
            |facts, _| trail_of(facts).management_events = Err(unseen()),
            [NotApplicable, NotAssessed, InPlace],
        ),
        (
            "somebody has chosen what it records, and only its owner sees what",
            |facts, _| trail_of(facts).management_events = Ok(ManagementEvents::Hidden),
            [NotApplicable, NotAssessed, InPlace],
        ),
        (
            "whether somebody has chosen is not told",
            |facts, _| trail_of(facts).management_events = Ok(ManagementEvents::NotTold),
            [NotApplicable, InPlace, InPlace],
        ),
        (
            "somebody has chosen, and it does not log",
            |facts, _| {
                let trail = trail_of(facts);
                (trail.management_events, trail.logging) = (Ok(ManagementEvents::Hidden), Ok(false));
            },
            [NotApplicable, NeedsPerson, Blocked],
        ),
    ];
    let start = || {
        let mut facts = Facts { bucket: BucketFacts::Free, ..perfect() };
        trail_of(&mut facts).of_another_account = true;
        (facts, Answers::default())
    };
    hold(start, cases);
}

#[test]
fn the_organization_s_own_trail_is_left_to_a_person() {
    use State::{Blocked, InPlace, NeedsPerson, Waiting};
    let cases: &[Case] = &[
        ("all in place", |_, _| {}, [InPlace, InPlace, InPlace]),
        (
            "the answers name another bucket",
            |_, answers| answers.trail.bucket = Some("my-logs".into()),
            [InPlace, InPlace, InPlace],
        ),
        ("no file yet", |facts, _| trail_of(facts).delivery = Delivery::NotYet, [InPlace, InPlace, Waiting]),
        ("stopped", |facts, _| trail_of(facts).logging = Ok(false), [InPlace, NeedsPerson, Blocked]),
        ("single-Region", |facts, _| trail_of(facts).multi_region = false, [InPlace, NeedsPerson, InPlace]),
        (
            "custom selectors",
            |facts, _| trail_of(facts).management_events = Ok(ManagementEvents::Part),
            [InPlace, NeedsPerson, InPlace],
        ),
        ("a bare bucket", |facts, _| facts.bucket = of_others(None), [NeedsPerson, InPlace, InPlace]),
        ("its bucket is gone", |facts, _| facts.bucket = BucketFacts::Free, [NeedsPerson, InPlace, InPlace]),
        (
            "a reader",
            |_, answers| answers.trail.readers.push(AUDITOR.into()),
            [NeedsPerson, InPlace, InPlace],
        ),
    ];
    let start = || {
        let mut facts = perfect();
        trail_of(&mut facts).of_organization = true;
        (facts, Answers::default())
    };
    hold(start, cases);
}

#[test]
fn a_trail_of_another_account_that_covers_one_region_only_is_not_enough() {
    let mut facts = Facts { bucket: BucketFacts::Free, ..perfect() };
    trail_of(&mut facts).of_another_account = true;
    trail_of(&mut facts).multi_region = false;
    assert_ne!(step(&facts, &Answers::default(), StepId::Trail).state, State::InPlace);
}

#[test]
fn no_trail_is_made_before_its_bucket_can_be_prepared() {
    let cases: &[(&str, Given)] = &[
        ("administrators not seen", |facts, _| facts.administrators = Err(unseen())),
        ("the bucket is in another Region", |facts, _| facts.bucket = mine("eu-west-1", None)),
        ("a policy that is none", |facts, _| facts.bucket = mine(REGION, Some("not a policy"))),
        ("a statement that locks out", |facts, _| facts.bucket = mine(REGION, Some(DENY_ALL))),
        ("a setting not seen", |facts, _| {
            facts.bucket = mine(REGION, None);
            settings_of(facts).policy = Err(unseen());
        }),
    ];
    assert_blocked::<Cloudtrail>(StepId::Trail, fresh, cases);
}

#[test]
fn the_first_step_that_is_missing_is_named() {
    let facts = Facts { administrators: Ok(BTreeSet::new()), ..fresh() };
    let reasons: Vec<_> = plan(&facts, &Answers::default()).into_iter().map(|step| step.reason).collect();
    let expected = [StepId::AdminUser, StepId::TrailBucket, StepId::Trail];
    assert_eq!(reasons, expected.map(|step| Some(after(step))));
}
