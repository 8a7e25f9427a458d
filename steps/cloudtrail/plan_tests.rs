use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::answers::Accept;
use crate::aws::{Reading, Unseen};
use crate::encryption_key::{Fitness, KeyFacts};
use crate::policy::{Decision, Document, Principal, Request};
use crate::practice::{Change as _, PracticeId};
use crate::private_bucket::{BucketFacts, Lock, Retention, Settings, Tags};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-central-1";
const BUCKET: &str = "dayone-trail-111122223333-eu-central-1-an";
const TRAIL: &str = "arn:aws:cloudtrail:eu-central-1:111122223333:trail/day-one";
const KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/ours";
const OTHER_KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/another";
const OTHER_TRAIL: &str = "arn:aws:cloudtrail:eu-central-1:444455556666:trail/day-one";
const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const CAROL: &str = "arn:aws:iam::111122223333:user/carol";
const BOB: &str = "arn:aws:iam::111122223333:user/bob";
const AUDITOR: &str = "arn:aws:iam::111122223333:role/Auditor";
const ROLES: [&str; 2] = ["arn:aws:iam::111122223333:role/Admin", "arn:aws:iam::111122223333:role/*/Admin"];
const STRANGER: &str = "arn:aws:iam::444455556666:user/eve";
const ROOT: &str = "arn:aws:iam::111122223333:root";
const CLOUDTRAIL: Principal<'static> = Principal::Service("cloudtrail.amazonaws.com");
const OWNER_ACL: (&str, &str) = ("s3:x-amz-acl", "bucket-owner-full-control");

const DENY_ALL: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Sid":"Closed","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}"#;
const PARTNER_LISTS: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Partner","Effect":"Allow",
    "Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"s3:ListBucket","Resource":"*"}]}"#;

const DENY_DECRYPTION: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Sid":"Closed","Effect":"Deny","Principal":"*","Action":"kms:Decrypt","Resource":"*"}]}"#;
const PARTNER_DECRYPTS: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Partner","Effect":"Allow",
    "Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"kms:Decrypt","Resource":"*"}]}"#;

type Given = fn(&mut Facts, &mut Answers);
type GivenTrail = fn(&mut TrailFacts);

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
    BucketFacts::Mine(Box::new(Settings {
        region: region.into(),
        public_access_blocked: Ok(true),
        ownership_enforced: Ok(true),
        granted: Ok(Vec::new()),
        encrypted: Ok(true),
        key: None,
        versioned: Ok(true),
        lock: Ok(Lock::Off),
        policy: Ok(policy.map(ToOwned::to_owned)),
        lifecycle: Ok(Some(for_a_year())),
        tags: Ok(our_tags()),
    }))
}

/// A bucket that was there before, with readers that are not known.
fn of_others(policy: Option<&str>) -> BucketFacts {
    let BucketFacts::Mine(settings) = mine("us-west-1", policy) else { unreachable!() };
    BucketFacts::Mine(Box::new(Settings { lifecycle: Ok(None), tags: Ok(Tags::new()), ..*settings }))
}

fn our_tags() -> Tags {
    let ours = [("managed-by", "dayone"), ("purpose", "cloudtrail-logs")];
    Tags::from(ours.map(|(key, value)| (key.to_owned(), value.to_owned())))
}

fn any_tags() -> impl Strategy<Value = Tags> {
    let others =
        Tags::from([("purpose".to_owned(), "archive".to_owned()), ("team".to_owned(), String::new())]);
    prop::sample::select(vec![our_tags(), others, Tags::new()])
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
    match &mut facts.bucket {
        BucketFacts::Mine(settings) => settings.as_mut(),
        other => panic!("the bucket is {other:?}"),
    }
}

fn unseen() -> Unseen {
    Unseen::denied("cloudtrail:GetSomething", "AccessDenied")
}

fn step(facts: &Facts, answers: &Answers, id: StepId) -> StepPlan<Change> {
    plan(facts, answers).into_iter().find(|step| step.step == id).unwrap()
}

fn planned_policy(facts: &Facts, answers: &Answers) -> Document {
    let changes = step(facts, answers, StepId::TrailBucket).changes;
    let policy = changes.into_iter().find_map(|change| match change {
        Change::Bucket { change: BucketChange::PutPolicy { policy, .. }, .. } => Some(policy),
        _ => None,
    });
    policy.expect("the plan puts a bucket policy")
}

fn told(changes: &[Change]) -> Vec<String> {
    changes.iter().map(|change| format!("{:?} {}", change.verb(), change.resource())).collect()
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

fn encrypt(trail: &str, region: &str) -> Change {
    let key = format!("arn:aws:kms:{REGION}:{ACCOUNT}:alias/dayone-trail");
    Change::EncryptTrail { trail: trail.into(), region: region.into(), key }
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

/// An account where the log files are encrypted with our key.
fn encrypted() -> Facts {
    let mut facts = Facts { key: Ok(Some(our_key())), ..perfect() };
    settings_of(&mut facts).key = Some(KEY.into());
    trail_of(&mut facts).key = Some(KEY.into());
    facts
}

#[test]
fn a_key_is_made_before_the_bucket_and_the_trail_that_use_it() {
    let steps = plan(&fresh(), &with_kms());
    let expected = [
        "Create kms:alias/dayone-trail".to_owned(),
        "Enable kms:alias/dayone-trail/rotation".to_owned(),
        format!("Create s3:bucket/{BUCKET}"),
    ];
    assert_eq!(told(&steps[0].changes)[..3], expected);
    assert!(
        steps[0].changes.iter().any(|change| matches!(
            change,
            Change::Bucket { change: BucketChange::EncryptWithKey { .. }, .. }
        ))
    );
    let create =
        Change::CreateTrail { trail: "day-one".into(), region: REGION.into(), bucket: BUCKET.into() };
    let expected = [create, encrypt("day-one", REGION), start("day-one", REGION)];
    assert_eq!(steps[1].changes, expected, "no file is ever delivered without the key");
}

#[test]
fn a_trail_that_logs_already_gets_the_key_too_and_another_key_will_do() {
    let steps = plan(&perfect(), &with_kms());
    assert_eq!(steps[1].changes, [encrypt(TRAIL, REGION)]);
    assert!(told(&steps[0].changes).contains(&"Create kms:alias/dayone-trail".to_owned()));
    let in_place = |facts: &Facts, answers: &Answers| {
        plan(facts, answers).iter().all(|step| step.state == State::InPlace)
    };
    assert!(in_place(&encrypted(), &with_kms()));
    assert!(in_place(&encrypted(), &Answers::default()), "a key that nobody asks for stays");
    let mut with_another = perfect();
    trail_of(&mut with_another).key = Some(OTHER_KEY.into());
    assert!(in_place(&with_another, &with_kms()));
    let found = step(&encrypted(), &with_kms(), StepId::Trail).found.unwrap();
    assert!(found.en.contains("KMS") && found.ko.contains("KMS"), "{found:?}");
}

#[test]
fn the_key_is_in_the_region_of_the_bucket() {
    let steps = plan(&adopted(), &with_kms());
    let Some(Change::Key { region, .. }) = steps[0].changes.first() else { panic!("{:?}", steps[0].changes) };
    assert_eq!(region, "us-west-1");
    let Some(Change::EncryptTrail { region, key, .. }) = steps[1].changes.last() else {
        panic!("{:?}", steps[1].changes)
    };
    let expected = "arn:aws:kms:us-west-1:111122223333:alias/dayone-trail";
    assert_eq!((region.as_str(), key.as_str()), ("us-west-2", expected));
    let of_bucket = |change: &Change| {
        matches!(change, Change::Bucket { change: BucketChange::EncryptWithKey { .. }, .. })
    };
    assert!(!steps[0].changes.iter().any(of_bucket), "whoever else writes there may not use the key");
}

#[test]
fn how_the_steps_stand_with_a_key_that_is_not_right() {
    use State::{Accepted, Blocked, InPlace, NeedsPerson, NotApplicable, NotAssessed, ToChange};
    fn key_of(facts: &mut Facts) -> &mut KeyFacts {
        facts.key.as_mut().unwrap().as_mut().unwrap()
    }
    let cases: &[(&str, Given, [State; 3])] = &[
        ("all in place", |_, _| {}, [InPlace, InPlace, InPlace]),
        ("the key not seen", |facts, _| facts.key = Err(unseen()), [NotAssessed, InPlace, InPlace]),
        ("still", |facts, _| key_of(facts).rotates = Ok(false), [ToChange, InPlace, InPlace]),
        ("a bare policy", |facts, _| key_of(facts).policy = Ok(None), [ToChange, InPlace, InPlace]),
        (
            "a new reader",
            |_, answers| answers.trail.readers.push(AUDITOR.into()),
            [ToChange, InPlace, InPlace],
        ),
        (
            "a statement that locks out",
            |facts, _| key_of(facts).policy = Ok(Some(DENY_DECRYPTION.into())),
            [NeedsPerson, InPlace, InPlace],
        ),
        ("switched off", |facts, _| key_of(facts).fitness = switched_off(), [NeedsPerson, InPlace, InPlace]),
        (
            "switched off, and the trail without it",
            |facts, _| {
                key_of(facts).fitness = switched_off();
                trail_of(facts).key = None;
            },
            [NeedsPerson, Blocked, InPlace],
        ),
        (
            "no key, and the bucket stays as it is by the operator's word",
            |facts, answers| {
                (facts.key, trail_of(facts).key) = (Ok(None), None);
                answers.accept.push(kept(StepId::TrailBucket));
            },
            [Accepted, Blocked, InPlace],
        ),
        (
            "another account keeps the logs",
            |facts, _| {
                facts.bucket = BucketFacts::NotMine;
                (facts.key, trail_of(facts).key) = (Ok(None), None);
            },
            [NotApplicable, InPlace, InPlace],
        ),
    ];
    for (name, given, expected) in cases {
        let (mut facts, mut answers) = (encrypted(), with_kms());
        given(&mut facts, &mut answers);
        let steps = plan(&facts, &answers);
        assert_hold_together(&steps);
        assert_eq!(steps.iter().map(|step| step.state).collect::<Vec<_>>(), expected, "{name}");
    }
}

#[test]
fn the_organization_s_trail_gets_no_key_of_ours() {
    let mut facts = perfect();
    trail_of(&mut facts).of_organization = true;
    let trail = step(&facts, &with_kms(), StepId::Trail);
    assert_eq!(trail.state, State::InPlace);
    assert!(trail.found.unwrap().en.contains("without a KMS key"));
    assert_eq!(step(&facts, &with_kms(), StepId::TrailBucket).state, State::InPlace);
}

/// Who may do what with the key, by its policy alone. Principals of the account need IAM's word besides, where it is
/// the account that is let in.
#[test]
fn only_cloudtrail_encrypts_for_this_trail_and_only_readers_of_other_accounts_who_are_named_decrypt() {
    let policy = Document::parse(&our_key().policy.unwrap().unwrap()).unwrap();
    let of = |action: &str, trail: &str, context: Option<&str>| {
        let context: Vec<_> = std::iter::once(("aws:SourceArn", trail))
            .chain(context.map(|trail| ("kms:EncryptionContext:aws:cloudtrail:arn", trail)))
            .collect();
        decide(&policy, CLOUDTRAIL, action, KEY, &context)
    };
    assert_eq!(of("kms:GenerateDataKey", TRAIL, Some(TRAIL)), Decision::Allowed);
    assert_eq!(of("kms:GenerateDataKey", OTHER_TRAIL, Some(OTHER_TRAIL)), Decision::NotMentioned);
    assert_eq!(of("kms:GenerateDataKey", TRAIL, None), Decision::NotMentioned);
    for action in ["kms:Decrypt", "kms:DescribeKey"] {
        assert_eq!(of(action, TRAIL, None), Decision::Allowed, "{action}");
        assert_eq!(of(action, OTHER_TRAIL, None), Decision::NotMentioned, "{action}");
    }
    assert_eq!(of("kms:ScheduleKeyDeletion", TRAIL, Some(TRAIL)), Decision::NotMentioned);
    let by = |who: &str, action: &str| {
        decide(&policy, Principal::Aws(who), action, KEY, &[("aws:PrincipalArn", who)])
    };
    assert_eq!(
        (by(ROOT, "kms:PutKeyPolicy"), by(ALICE, "kms:Decrypt")),
        (Decision::Allowed, Decision::Allowed)
    );
    assert_eq!(by(STRANGER, "kms:Decrypt"), Decision::NotMentioned);
}

#[test]
fn a_lock_is_put_on_our_own_bucket_and_its_consequences_are_told() {
    let mut answers = Answers::default();
    answers.trail.object_lock_days = 90;
    for facts in [fresh(), perfect()] {
        let bucket = step(&facts, &answers, StepId::TrailBucket);
        let locks = |change: &Change| {
            matches!(change, Change::Bucket { change: BucketChange::LockObjects { days: 90, .. }, .. })
        };
        assert!(bucket.changes.iter().any(locks), "{:?}", bucket.changes);
        let told = |note: &Text| {
            [&note.en, &note.ko].iter().all(|words| words.contains("s3:BypassGovernanceRetention"))
        };
        assert!(bucket.notes.iter().any(told), "{:?}", bucket.notes);
    }
    let mut locked = perfect();
    settings_of(&mut locked).lock = Ok(Lock::Governance(90));
    assert_eq!(step(&locked, &answers, StepId::TrailBucket).state, State::InPlace);
    settings_of(&mut locked).lock = Err(unseen());
    assert_eq!(step(&locked, &answers, StepId::TrailBucket).state, State::NotAssessed);
    assert_eq!(step(&locked, &Answers::default(), StepId::TrailBucket).state, State::InPlace);
    let locks = told(&step(&adopted(), &answers, StepId::TrailBucket).changes);
    assert!(!locks.iter().any(|change| change.ends_with("/object-lock")), "others rely on it: {locks:?}");
}

#[test]
fn a_fresh_account_gets_the_bucket_and_then_the_trail() {
    let steps = plan(&fresh(), &Answers::default());
    let expected = [
        format!("Create s3:bucket/{BUCKET}"),
        format!("Enable s3:bucket/{BUCKET}/public-access-block"),
        format!("Update s3:bucket/{BUCKET}/ownership-controls"),
        format!("Update s3:bucket/{BUCKET}/encryption"),
        format!("Enable s3:bucket/{BUCKET}/versioning"),
        format!("Update s3:bucket/{BUCKET}/lifecycle"),
        format!("Update s3:bucket/{BUCKET}/tags"),
        format!("Update s3:bucket/{BUCKET}/policy"),
    ];
    assert_eq!(told(&steps[0].changes), expected);
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
    let cases: &[(&str, Given, [State; 3])] = &[
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
    for (name, given, expected) in cases {
        assert_states(name, fresh(), *given, *expected);
    }
}

#[test]
fn how_the_steps_stand_with_a_trail_of_this_account() {
    use State::{Accepted, Blocked, InPlace, NeedsPerson, NotApplicable, NotAssessed, ToChange, Waiting};
    let cases: &[(&str, Given, [State; 3])] = &[
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
    for (name, given, expected) in cases {
        assert_states(name, perfect(), *given, *expected);
    }
}

#[test]
fn how_the_steps_stand_with_a_trail_of_another_account() {
    use State::{Blocked, InPlace, NeedsPerson, NotApplicable, NotAssessed, ToChange, Waiting};
    let cases: &[(&str, Given, [State; 3])] = &[
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
            [NotApplicable, InPlace, InPlace],
        ),
    ];
    for (name, given, expected) in cases {
        let mut facts = Facts { bucket: BucketFacts::Free, ..perfect() };
        trail_of(&mut facts).of_another_account = true;
        assert_states(name, facts, *given, *expected);
    }
}

#[test]
fn the_organization_s_own_trail_is_left_to_a_person() {
    use State::{Blocked, InPlace, NeedsPerson, Waiting};
    let cases: &[(&str, Given, [State; 3])] = &[
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
    for (name, given, expected) in cases {
        let mut facts = perfect();
        trail_of(&mut facts).of_organization = true;
        assert_states(name, facts, *given, *expected);
    }
}

#[test]
fn a_trail_moves_to_the_bucket_that_the_answers_name() {
    let mut answers = Answers::default();
    answers.trail.bucket = Some("my-logs".into());
    let facts = Facts { bucket: BucketFacts::Free, ..adopted() };
    let steps = plan(&facts, &answers);
    assert_eq!(told(&steps[0].changes)[0], "Create s3:bucket/my-logs");
    let moved = Change::UpdateTrail {
        trail: "arn:aws:cloudtrail:us-west-2:111122223333:trail/audit".into(),
        region: "us-west-2".into(),
        lacks: Vec::new(),
        bucket: Some("my-logs".into()),
    };
    let summary = moved.summary();
    assert!(summary.en.contains("my-logs") && summary.ko.contains("my-logs"), "{summary:?}");
    assert_eq!(steps[1].changes, [moved]);
    // What its files begin with stays, and so does who may write them.
    let key = "arn:aws:s3:::my-logs/central/AWSLogs/111122223333/file.json.gz";
    let trail = ("aws:SourceArn", "arn:aws:cloudtrail:us-west-2:111122223333:trail/audit");
    let policy = planned_policy(&facts, &answers);
    assert_eq!(decide(&policy, CLOUDTRAIL, "s3:PutObject", key, &[trail, OWNER_ACL]), Decision::Allowed);
}

fn kept(step: StepId) -> Accept {
    Accept { step, reason: "It stays.".into() }
}

fn assert_states(name: &str, mut facts: Facts, given: Given, expected: [State; 3]) {
    let mut answers = Answers::default();
    given(&mut facts, &mut answers);
    let steps = plan(&facts, &answers);
    assert_hold_together(&steps);
    let states: Vec<_> = steps.iter().map(|step| step.state).collect();
    assert_eq!(states, expected, "{name}");
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
    for (name, given) in cases {
        let (mut facts, mut answers) = (fresh(), Answers::default());
        given(&mut facts, &mut answers);
        let trail = step(&facts, &answers, StepId::Trail);
        assert_eq!((trail.state, trail.changes), (State::Blocked, vec![]), "{name}");
    }
}

#[test]
fn each_shortcoming_of_a_trail_is_exactly_one_change() {
    use Shortcoming::{NoGlobalServices, OneRegion, Unvalidated};
    let cases: &[(&str, GivenTrail, Vec<Change>)] = &[
        ("none", |_| {}, vec![]),
        ("single-Region", |trail| trail.multi_region = false, vec![update(TRAIL, REGION, &[OneRegion])]),
        ("unvalidated", |trail| trail.validated = false, vec![update(TRAIL, REGION, &[Unvalidated])]),
        (
            "without global services",
            |trail| trail.global_services = false,
            vec![update(TRAIL, REGION, &[NoGlobalServices])],
        ),
        (
            "custom selectors",
            |trail| trail.management_events = Ok(ManagementEvents::Part),
            vec![record(TRAIL, REGION)],
        ),
        (
            "data events alone",
            |trail| trail.management_events = Ok(ManagementEvents::Nothing),
            vec![record(TRAIL, REGION)],
        ),
        ("stopped", |trail| trail.logging = Ok(false), vec![start(TRAIL, REGION)]),
        (
            "all of them",
            |trail| {
                (trail.multi_region, trail.validated, trail.global_services) = (false, false, false);
                (trail.management_events, trail.logging) = (Ok(ManagementEvents::Part), Ok(false));
            },
            vec![
                update(TRAIL, REGION, &[OneRegion, Unvalidated, NoGlobalServices]),
                record(TRAIL, REGION),
                start(TRAIL, REGION),
            ],
        ),
    ];
    for (name, given, expected) in cases {
        let mut facts = perfect();
        given(trail_of(&mut facts));
        assert_eq!(step(&facts, &Answers::default(), StepId::Trail).changes, *expected, "{name}");
    }
}

#[test]
fn an_adopted_trail_is_changed_where_it_is_at_home() {
    let mut facts = adopted();
    trail_of(&mut facts).multi_region = false;
    trail_of(&mut facts).logging = Ok(false);
    let steps = plan(&facts, &Answers::default());
    let (arn, home) = ("arn:aws:cloudtrail:us-west-2:111122223333:trail/audit", "us-west-2");
    assert_eq!(steps[1].changes, [update(arn, home, &[Shortcoming::OneRegion]), start(arn, home)]);
    let told = told(&steps[1].changes);
    assert!(told.iter().all(|change| change.ends_with(" cloudtrail:trail/audit")), "{told:?}");
    let [Change::Bucket { region, change: BucketChange::PutPolicy { bucket, .. } }] = &steps[0].changes[..]
    else {
        panic!("one policy is expected, not {:?}", steps[0].changes)
    };
    assert_eq!((region.as_str(), bucket.as_str()), ("us-west-1", "audit-logs"));
}

#[test]
fn what_others_have_a_trail_record_is_left_to_a_person() {
    let mut facts = adopted();
    trail_of(&mut facts).management_events = Ok(ManagementEvents::Part);
    trail_of(&mut facts).multi_region = false;
    let trail = step(&facts, &Answers::default(), StepId::Trail);
    assert_eq!((trail.state, trail.changes), (State::NeedsPerson, vec![]));
    let task = trail.person.unwrap();
    assert!(task.what.en.contains("audit") && task.what.ko.contains("audit"), "{task:?}");

    // Who is there is asked, and Enter alone changes nothing.
    let trail = step(&facts, &attended(), StepId::Trail);
    let (arn, home) = ("arn:aws:cloudtrail:us-west-2:111122223333:trail/audit", "us-west-2");
    assert_eq!(trail.changes, [update(arn, home, &[Shortcoming::OneRegion]), record(arn, home)]);
    let [note] = &trail.notes[..] else { panic!("one note is expected, not {:?}", trail.notes) };
    assert!(note.en.contains("audit") && note.en.contains("data events") && note.ko.contains("audit"));
    assert!(trail.careful);
    // What ours leaves out needs no such question.
    let mut ours = perfect();
    trail_of(&mut ours).management_events = Ok(ManagementEvents::Part);
    assert!(!step(&ours, &attended(), StepId::Trail).careful);
}

#[test]
fn a_summary_names_what_the_trail_lacks_and_nothing_else() {
    use Shortcoming::{NoGlobalServices, OneRegion, Unvalidated};
    let all = [
        (OneRegion, "all Regions", "모든 리전"),
        (Unvalidated, "log-file validation", "로그 파일 검증"),
        (NoGlobalServices, "global services", "글로벌 서비스"),
    ];
    for (lacks, en, ko) in all {
        let summary = update(TRAIL, REGION, &[lacks]).summary();
        assert_eq!(summary.en, format!("trail day-one: {en}"));
        assert_eq!(summary.ko, format!("추적 day-one: {ko}"));
    }
    let summary = update(TRAIL, REGION, &all.map(|(lacks, ..)| lacks)).summary();
    assert_eq!(summary.en, "trail day-one: all Regions, log-file validation, global services");
}

#[test]
fn what_further_copies_cost_is_told_and_which_trails_make_them() {
    let tells = |text: &Text| [&text.en, &text.ko].iter().all(|words| words.contains("$2"));
    let names = |text: &Text| {
        [&text.en, &text.ko].iter().all(|words| words.contains("day-one (eu-central-1)")) && tells(text)
    };
    // Of an adopted trail: why there is no other.
    let adopted_alone = step(&adopted(), &Answers::default(), StepId::Trail);
    assert!(adopted_alone.found.as_ref().is_some_and(&tells), "{adopted_alone:?}");
    let mut facts = perfect();
    let ours_alone = step(&facts, &Answers::default(), StepId::Trail);
    assert!(ours_alone.notes.is_empty() && !ours_alone.found.as_ref().is_some_and(&tells), "{ours_alone:?}");

    facts.recording.push(OTHER_TRAIL.into());
    let two = step(&facts, &Answers::default(), StepId::Trail);
    assert!(two.found.as_ref().is_some_and(&names) && two.notes.is_empty(), "{two:?}");
    trail_of(&mut facts).validated = false;
    let two = step(&facts, &Answers::default(), StepId::Trail);
    assert!(matches!(&two.notes[..], [note] if names(note)), "{two:?}");

    // One that another account has for this Region alone does not count, and ours is paid for.
    let theirs = TrailFacts { multi_region: false, of_another_account: true, ..our_trail() };
    let recording = vec![OTHER_TRAIL.to_owned()];
    let facts = Facts { trail: Ok(Some(theirs)), recording, bucket: perfect().bucket, ..fresh() };
    let ours = step(&facts, &Answers::default(), StepId::Trail);
    assert_eq!(told(&ours.changes)[0], "Create cloudtrail:trail/day-one");
    assert!(matches!(&ours.notes[..], [note] if names(note)), "{ours:?}");
}

/// Our trail, which has never delivered, into our bucket, which a statement of somebody else's closes to CloudTrail.
fn shut_out() -> Facts {
    let mut facts = perfect();
    settings_of(&mut facts).policy = Ok(Some(DENY_ALL.into()));
    let trail = trail_of(&mut facts);
    (trail.delivery, trail.has_delivered) = (Delivery::Failed("AccessDenied".into()), false);
    facts
}

#[test]
fn a_trail_that_can_never_deliver_is_stopped_where_nobody_is_there() {
    let mut facts = shut_out();
    let steps = plan(&facts, &Answers::default());
    assert_hold_together(&steps);
    let states: Vec<_> = steps.iter().map(|step| step.state).collect();
    assert_eq!(states, [State::NeedsPerson, State::ToChange, State::Blocked]);
    let stop = Change::StopLogging { trail: TRAIL.into(), region: REGION.into() };
    assert_eq!(steps[1].changes, std::slice::from_ref(&stop));
    assert!(stop.stands_alone() && !stop.is_irreversible(), "the bucket is left to a person");
    let [note] = &steps[1].notes[..] else { panic!("one note is expected, not {:?}", steps[1].notes) };
    for words in [&note.en, &note.ko] {
        assert!(["day-one", BUCKET, "AccessDenied"].iter().all(|word| words.contains(word)), "{words}");
    }
    // Stopped, it is not started again before the bucket is mended.
    make(&mut facts, &stop);
    let trail = step(&facts, &Answers::default(), StepId::Trail);
    assert_eq!((trail.state, trail.offer), (State::NeedsPerson, None));
    assert!(trail.person.unwrap().how.iter().any(|how| how.en.contains("delete-trail --name arn:")));
    settings_of(&mut facts).policy = Ok(None);
    let trail = step(&facts, &Answers::default(), StepId::Trail);
    assert_eq!(trail.changes, [start(TRAIL, REGION)], "its bucket is mended by the step before");
}

#[test]
fn a_trail_that_can_never_deliver_may_be_deleted_by_who_is_there() {
    let mut facts = shut_out();
    for logging in [true, false] {
        trail_of(&mut facts).logging = Ok(logging);
        let trail = step(&facts, &attended(), StepId::Trail);
        assert_eq!((trail.state, trail.changes), (State::NeedsPerson, vec![]));
        let offer = trail.offer.unwrap();
        let delete = Change::DeleteTrail { trail: TRAIL.into(), region: REGION.into() };
        assert_eq!(offer.changes, std::slice::from_ref(&delete));
        assert!(delete.is_irreversible() && offer.key.is_none());
        for words in [&offer.question.en, &offer.question.ko] {
            assert!(words.contains("day-one") && words.contains("30"), "{words}");
        }
    }
}

#[test]
fn what_may_yet_deliver_is_neither_stopped_nor_deleted() {
    let cases: &[(&str, Given)] = &[
        ("it has delivered before", |facts, _| trail_of(facts).has_delivered = true),
        ("nothing has failed yet", |facts, _| trail_of(facts).delivery = Delivery::NotYet),
        ("the plan mends the bucket", |facts, _| settings_of(facts).policy = Ok(None)),
        ("the bucket is as it should be", |facts, _| facts.bucket = perfect().bucket),
        ("the bucket was not seen", |facts, _| settings_of(facts).policy = Err(unseen())),
        ("whoever acts may not change the bucket", |facts, _| {
            (facts.bucket, facts.acting) = (perfect().bucket, vec![BOB.into()]);
            facts.administrators.as_mut().unwrap().insert(CAROL.into());
        }),
        ("a trail of another name", |_, answers| answers.trail.name = "audit".into()),
        ("a bucket of another name", |facts, _| trail_of(facts).bucket = "audit-logs".into()),
        ("the organization's", |facts, _| trail_of(facts).of_organization = true),
        ("the operator's word for the bucket", |_, answers| {
            answers.accept.push(kept(StepId::TrailBucket));
        }),
    ];
    for attended in [false, true] {
        for (name, given) in cases {
            let (mut facts, mut answers) = (shut_out(), Answers { attended, ..Answers::default() });
            given(&mut facts, &mut answers);
            let trail = step(&facts, &answers, StepId::Trail);
            assert_eq!((trail.offer, trail.changes), (None, vec![]), "{name}, attended: {attended}");
        }
    }
}

#[test]
fn a_bucket_that_was_there_before_keeps_its_readers_where_nobody_is_there_to_ask() {
    let policy = planned_policy(&adopted(), &Answers::default());
    let key = "arn:aws:s3:::audit-logs/central/AWSLogs/111122223333/file.json.gz";
    for (who, action) in [(BOB, "s3:GetObject"), (BOB, "s3:PutObject"), (AUDITOR, "s3:GetObject")] {
        let decision = decide(&policy, Principal::Aws(who), action, key, &[]);
        assert_eq!(decision, Decision::NotMentioned, "{who} {action}");
    }
    let bucket = step(&adopted(), &Answers::default(), StepId::TrailBucket);
    assert_eq!(told(&bucket.changes), ["Update s3:bucket/audit-logs/policy"], "its objects stay too");
    assert!(bucket.notes.is_empty(), "{:?}", bucket.notes);

    let facts = Facts { bucket: of_others(Some(&policy.to_json())), ..adopted() };
    let found = step(&facts, &Answers::default(), StepId::TrailBucket).found.unwrap();
    assert!(found.en.contains("adopted") && found.ko.contains("그대로 사용"), "{found:?}");
}

#[test]
fn a_person_is_told_whom_a_bucket_that_was_there_before_will_refuse() {
    let bucket = step(&adopted(), &attended(), StepId::TrailBucket);
    let [note] = &bucket.notes[..] else { panic!("one note is expected, not {:?}", bucket.notes) };
    for words in [&note.en, &note.ko] {
        assert!([ALICE, ROOT, "readers"].iter().all(|word| words.contains(word)), "{words}");
    }
    let policy = planned_policy(&adopted(), &attended());
    let key = "arn:aws:s3:::audit-logs/central/AWSLogs/111122223333/file.json.gz";
    assert_eq!(decide(&policy, Principal::Aws(BOB), "s3:GetObject", key, &[]), Decision::Denied);
    // Once a person has agreed, it stays closed, and new administrators are let in.
    let mut facts = Facts { bucket: of_others(Some(&policy.to_json())), ..adopted() };
    assert_eq!(step(&facts, &Answers::default(), StepId::TrailBucket).state, State::InPlace);
    facts.administrators = Ok(BTreeSet::from([ALICE.to_owned(), CAROL.to_owned()]));
    let policy = planned_policy(&facts, &Answers::default());
    assert_eq!(decide(&policy, Principal::Aws(CAROL), "s3:GetObject", key, &[]), Decision::NotMentioned);
    assert_eq!(decide(&policy, Principal::Aws(BOB), "s3:GetObject", key, &[]), Decision::Denied);
}

/// The answers may name a bucket that others have set up for something else.
#[test]
fn a_bucket_that_the_answers_name_is_closed_only_where_it_is_ours_alone() {
    let mut answers = Answers::default();
    answers.trail.bucket = Some("my-logs".into());
    let partner = PARTNER_LISTS.to_owned();
    let cases = [
        (Ok(None), Ok(None), true),
        (Ok(None), Ok(Some(for_a_year())), true),
        (Ok(Some(partner.clone())), Ok(Some(for_a_year())), true),
        (Ok(Some(partner)), Ok(None), false),
    ];
    for (policy, lifecycle, ours) in cases {
        let mut facts = Facts { bucket: mine(REGION, None), ..fresh() };
        let settings = settings_of(&mut facts);
        (settings.policy, settings.lifecycle, settings.tags) = (policy, lifecycle, Ok(Tags::new()));
        let policy = planned_policy(&facts, &answers);
        let file = "arn:aws:s3:::my-logs/AWSLogs/111122223333/file.json.gz";
        let is_closed = decide(&policy, Principal::Aws(BOB), "s3:GetObject", file, &[]) == Decision::Denied;
        assert_eq!(is_closed, ours, "{:?}", facts.bucket);
        let lifecycle = "Update s3:bucket/my-logs/lifecycle".to_owned();
        let changes = told(&step(&facts, &answers, StepId::TrailBucket).changes);
        assert!(ours || !changes.contains(&lifecycle), "{changes:?}");
        assert_eq!(changes.contains(&"Update s3:bucket/my-logs/tags".to_owned()), ours, "{changes:?}");
    }
}

#[test]
fn whoever_sets_the_bucket_up_is_let_in() {
    let facts = Facts { acting: ROLES.map(String::from).to_vec(), ..fresh() };
    let policy = planned_policy(&facts, &Answers::default());
    for role in ["arn:aws:iam::111122223333:role/Admin", "arn:aws:iam::111122223333:role/sso/eu/Admin"] {
        for action in READS.iter().chain(&TAMPERS_WITH_FILES) {
            let decision = decide(&policy, Principal::Aws(role), action, &log_file(), &[]);
            assert_eq!(decision, Decision::NotMentioned, "{role} {action}");
        }
    }
    let other = "arn:aws:iam::111122223333:role/NotAdmin";
    assert_eq!(decide(&policy, Principal::Aws(other), "s3:GetObject", &log_file(), &[]), Decision::Denied);
    // The role goes on being let in when somebody else looks, or when another policy has to be put.
    for acting in [ROLES.map(String::from).to_vec(), vec![ALICE.to_owned()], vec![ROOT.to_owned()]] {
        let mut facts = Facts { acting, bucket: mine(REGION, Some(&policy.to_json())), ..fresh() };
        assert_eq!(step(&facts, &Answers::default(), StepId::TrailBucket).state, State::InPlace);
        facts.administrators = Ok(BTreeSet::from([ALICE.to_owned(), CAROL.to_owned()]));
        let policy = planned_policy(&facts, &Answers::default());
        let decision = decide(&policy, Principal::Aws(ROLES[0]), "s3:GetObject", &log_file(), &[]);
        assert_eq!(decision, Decision::NotMentioned);
    }
}

#[test]
fn roles_that_are_let_in_besides_are_named_to_whoever_looks() {
    let by_role = Facts { acting: ROLES.map(String::from).to_vec(), ..fresh() };
    let policy = planned_policy(&by_role, &Answers::default());
    let found = |acting: Vec<String>, readers: &[&str]| {
        let mut answers = Answers::default();
        answers.trail.readers.extend(readers.iter().map(|reader| (*reader).to_owned()));
        let policy = planned_policy(&by_role, &answers);
        let facts = Facts { acting, bucket: mine(REGION, Some(&policy.to_json())), ..fresh() };
        step(&facts, &answers, StepId::TrailBucket).found.unwrap()
    };
    for acting in [ALICE, ROOT, BOB] {
        let found = found(vec![acting.to_owned()], &[]);
        assert!(found.en.ends_with(&format!("let in besides: {}", ROLES[0])), "{found:?}");
        assert!(found.ko.ends_with(&format!("그 밖에 허용된 역할: {}", ROLES[0])), "{found:?}");
    }
    for readers in [&[][..], &[AUDITOR][..]] {
        let found = found(ROLES.map(String::from).to_vec(), readers);
        assert!(!found.en.contains("besides") && !found.ko.contains("그 밖에"), "{found:?}");
    }
    // A pattern of its own is named too: it lets in more than one role.
    let wide = policy.to_json().replace(ROLES[0], "arn:aws:iam::111122223333:role/Ops*");
    let facts = Facts { bucket: mine(REGION, Some(&wide)), ..fresh() };
    let found = step(&facts, &Answers::default(), StepId::TrailBucket).found.unwrap();
    assert!(found.en.contains("role/Ops*") && found.en.contains(ROLES[1]), "{found:?}");
}

#[test]
fn a_role_of_another_account_is_not_let_in_for_ever() {
    let by_role = Facts { acting: ROLES.map(String::from).to_vec(), ..fresh() };
    let policy = planned_policy(&by_role, &Answers::default()).to_json();
    let foreign = "arn:aws:iam::444455556666:role/Admin";
    let facts = Facts { bucket: mine(REGION, Some(&policy.replace(ROLES[0], foreign))), ..fresh() };
    let policy = planned_policy(&facts, &Answers::default());
    let decision = decide(&policy, Principal::Aws(foreign), "s3:DeleteObject", &log_file(), &[]);
    assert_eq!(decision, Decision::Denied);
}

#[test]
fn who_may_not_change_the_bucket_is_told_who_may() {
    for acting in [CAROL, BOB, AUDITOR] {
        let mut facts = Facts { acting: vec![acting.into()], ..perfect() };
        facts.administrators = Ok(BTreeSet::from([ALICE.to_owned(), CAROL.to_owned()]));
        let bucket = step(&facts, &Answers::default(), StepId::TrailBucket);
        assert_eq!((bucket.state, bucket.changes), (State::NeedsPerson, vec![]), "{acting}");
        let task = bucket.person.unwrap();
        for words in [&task.how[0].en, &task.how[0].ko] {
            assert!(words.contains(BUCKET) && words.contains("DayoneNobodyTampers"), "{words}");
        }
        for acting in [ALICE, ROOT] {
            facts.acting = vec![acting.into()];
            assert_eq!(step(&facts, &Answers::default(), StepId::TrailBucket).state, State::ToChange);
        }
    }
}

#[test]
fn who_only_looks_is_not_let_in() {
    for acting in [BOB, AUDITOR] {
        let facts = Facts { acting: vec![acting.into()], ..perfect() };
        assert_eq!(step(&facts, &Answers::default(), StepId::TrailBucket).state, State::InPlace, "{acting}");
    }
}

#[test]
fn a_statement_that_would_shut_out_whoever_acts_is_left_to_a_person() {
    let deny_role = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Principal":"*","Action":"s3:GetObject",
            "Resource":"arn:aws:s3:::{BUCKET}/*","Condition":{{"ArnLike":{{"aws:PrincipalArn":"{}"}}}}}}]}}"#,
        ROLES[0]
    );
    let facts = Facts { bucket: mine(REGION, Some(&deny_role)), ..fresh() };
    assert_eq!(step(&facts, &Answers::default(), StepId::TrailBucket).state, State::ToChange);
    let facts = Facts { acting: ROLES.map(String::from).to_vec(), ..facts };
    let task = step(&facts, &Answers::default(), StepId::TrailBucket).person.unwrap();
    assert!(task.how[0].en.contains(ROLES[0]), "{task:?}");
}

#[test]
fn an_adopted_trail_is_named_as_such() {
    let names = |facts: &Facts| step(facts, &Answers::default(), StepId::Trail).found.unwrap();
    let ours = names(&perfect());
    assert!(ours.en.contains("day-one") && !ours.en.contains("adopted"), "{ours:?}");
    let audit = names(&adopted());
    assert!(audit.en.contains("audit") && audit.en.contains("(adopted:"), "{audit:?}");
    assert!(audit.ko.contains("audit") && audit.ko.contains("그대로 사용"), "{audit:?}");
    let mut organization = perfect();
    trail_of(&mut organization).of_another_account = true;
    trail_of(&mut organization).name = "org\u{1b}".into();
    let organization = names(&organization);
    assert!(
        organization.en.contains("org\u{fffd}") && organization.en.contains("adopted"),
        "{organization:?}"
    );
}

#[test]
fn a_person_is_told_which_trail_stands_still_and_why() {
    let mut facts = perfect();
    trail_of(&mut facts).of_another_account = true;
    trail_of(&mut facts).logging = Ok(false);
    let task = step(&facts, &Answers::default(), StepId::Trail).person.unwrap();
    assert!(task.what.en.contains("day-one") && task.what.ko.contains("day-one"), "{task:?}");
    assert_eq!(task.seen, Seen::Elsewhere);

    trail_of(&mut facts).delivery = Delivery::Failed("NoSuch\u{202e}Bucket".into());
    let task = step(&facts, &Answers::default(), StepId::LogDelivery).person.unwrap();
    assert!(task.how.iter().all(|how| !how.en.contains("delete-trail")), "it is another account's: {task:?}");
    for words in [&task.what.en, &task.what.ko] {
        let all = ["day-one", BUCKET, "NoSuch\u{fffd}Bucket"].iter().all(|word| words.contains(word));
        assert!(all, "{words}");
    }
}

#[test]
fn a_person_is_told_which_answer_names_another_bucket() {
    let facts = Facts { bucket: BucketFacts::NotMine, ..fresh() };
    let bucket = step(&facts, &Answers::default(), StepId::TrailBucket);
    let task = bucket.person.unwrap();
    for words in [&task.how[0].en, &task.how[0].ko] {
        assert!(words.contains(BUCKET) && words.contains("trail.bucket"), "{words}");
    }
    let trail = step(&facts, &Answers::default(), StepId::Trail);
    assert_eq!(trail.reason, Some(after(StepId::TrailBucket)));
}

#[test]
fn what_was_not_seen_is_named() {
    let hide: [fn(&mut Settings); 7] = [
        |settings| settings.public_access_blocked = Err(unseen()),
        |settings| settings.ownership_enforced = Err(unseen()),
        |settings| settings.encrypted = Err(unseen()),
        |settings| settings.versioned = Err(unseen()),
        |settings| settings.lifecycle = Err(unseen()),
        |settings| settings.tags = Err(unseen()),
        |settings| settings.policy = Err(unseen()),
    ];
    for hide in hide {
        let mut facts = perfect();
        hide(settings_of(&mut facts));
        let bucket = step(&facts, &Answers::default(), StepId::TrailBucket);
        assert_eq!((bucket.state, bucket.reason), (State::NotAssessed, Some(unseen().reason())));
    }
}

#[test]
fn the_first_step_that_is_missing_is_named() {
    let facts = Facts { administrators: Ok(BTreeSet::new()), ..fresh() };
    let reasons: Vec<_> = plan(&facts, &Answers::default()).into_iter().map(|step| step.reason).collect();
    let expected = [StepId::AdminUser, StepId::TrailBucket, StepId::Trail];
    assert_eq!(reasons, expected.map(|step| Some(after(step))));
}

#[test]
fn log_files_go_after_as_many_days_as_answered_and_0_keeps_them() {
    for (retention_days, expected) in [(365, Some(365)), (30, Some(30)), (1, Some(1)), (0, None)] {
        let mut answers = Answers::default();
        answers.trail.retention_days = retention_days;
        let changes = step(&fresh(), &answers, StepId::TrailBucket).changes;
        let days: Vec<_> = changes
            .iter()
            .filter_map(|change| match change {
                Change::Bucket { change: BucketChange::PutLifecycle { retention, .. }, .. } => {
                    Some(retention.expire_after_days)
                }
                _ => None,
            })
            .collect();
        assert_eq!(days, [expected]);
    }
}

#[test]
fn another_answer_for_how_long_log_files_stay_is_applied() {
    let mut answers = Answers::default();
    answers.trail.retention_days = 30;
    let retention = Retention { expire_after_days: Some(30), ..for_a_year() };
    let change = BucketChange::PutLifecycle { bucket: BUCKET.into(), retention };
    let expected = [Change::Bucket { region: REGION.into(), change }];
    assert_eq!(step(&perfect(), &answers, StepId::TrailBucket).changes, expected);
    // The objects of others in an adopted bucket stay, whatever the answer is.
    let policy = planned_policy(&adopted(), &answers).to_json();
    let facts = Facts { bucket: of_others(Some(&policy)), ..adopted() };
    assert_eq!(step(&facts, &answers, StepId::TrailBucket).changes, []);
}

#[test]
fn the_bucket_is_named_after_the_account_and_the_region() {
    let named = |region: &str| bucket_name(ACCOUNT, region, &Answers::default());
    assert_eq!(named(REGION), BUCKET);
    // These Regions lack the account's own namespace.
    assert_eq!(named("me-central-1"), "dayone-trail-111122223333-me-central-1");
    assert_eq!(named("me-south-1"), "dayone-trail-111122223333-me-south-1");

    let mut answers = Answers::default();
    answers.trail.name = "audit".into();
    answers.trail.bucket = Some("my-logs".into());
    let steps = plan(&fresh(), &answers);
    assert_eq!(told(&steps[0].changes)[0], "Create s3:bucket/my-logs");
    let create =
        Change::CreateTrail { trail: "audit".into(), region: REGION.into(), bucket: "my-logs".into() };
    assert_eq!(steps[1].changes[0], create);
}

#[test]
fn a_bucket_that_was_lost_is_made_again_under_the_name_that_the_trail_has() {
    let facts = Facts { bucket: BucketFacts::Free, ..adopted() };
    let changes = step(&facts, &Answers::default(), StepId::TrailBucket).changes;
    let create = BucketChange::Create { bucket: "audit-logs".into(), region: "us-west-2".into() };
    assert_eq!(changes[0], Change::Bucket { region: "us-west-2".into(), change: create });
}

#[test]
fn a_new_administrator_is_let_in_by_one_new_policy() {
    let mut facts = perfect();
    facts.administrators = Ok(BTreeSet::from([ALICE.to_owned(), CAROL.to_owned()]));
    let changes = step(&facts, &Answers::default(), StepId::TrailBucket).changes;
    let [Change::Bucket { change: BucketChange::PutPolicy { policy, foreign_statements, .. }, .. }] =
        &changes[..]
    else {
        panic!("one policy is expected, not {changes:?}")
    };
    assert_eq!(*foreign_statements, 0);
    assert_eq!(policy.statement.len(), planned_policy(&fresh(), &Answers::default()).statement.len());
    for administrator in [ALICE, CAROL] {
        let read = decide(policy, Principal::Aws(administrator), "s3:GetObject", &log_file(), &[]);
        assert_eq!(read, Decision::NotMentioned, "{administrator}");
    }
}

#[test]
fn statements_of_others_stay_in_the_policy() {
    let mut facts = perfect();
    settings_of(&mut facts).policy = Ok(Some(PARTNER_LISTS.into()));
    let policy = planned_policy(&facts, &Answers::default());
    assert!(policy.includes(&Document::parse(PARTNER_LISTS).unwrap()));
    assert!(policy.includes(&planned_policy(&fresh(), &Answers::default())));
}

/// AWS's guide gives these names to the statements of every trail, so a bucket that several accounts share has them.
#[test]
fn another_trail_that_shares_the_bucket_goes_on_writing() {
    let shared = format!(
        r#"{{"Version":"2012-10-17","Statement":[
            {{"Sid":"AWSCloudTrailAclCheck20150319","Effect":"Allow","Principal":{{"Service":"cloudtrail.amazonaws.com"}},
              "Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::{BUCKET}",
              "Condition":{{"StringEquals":{{"aws:SourceArn":["{TRAIL}","{OTHER_TRAIL}"]}}}}}},
            {{"Sid":"AWSCloudTrailWrite20150319","Effect":"Allow","Principal":{{"Service":"cloudtrail.amazonaws.com"}},
              "Action":"s3:PutObject","Resource":["arn:aws:s3:::{BUCKET}/AWSLogs/{ACCOUNT}/*",
                                                 "arn:aws:s3:::{BUCKET}/AWSLogs/444455556666/*"],
              "Condition":{{"StringEquals":{{"s3:x-amz-acl":"bucket-owner-full-control",
                                           "aws:SourceArn":["{TRAIL}","{OTHER_TRAIL}"]}}}}}}]}}"#
    );
    let mut facts = perfect();
    settings_of(&mut facts).policy = Ok(Some(shared));
    let policy = planned_policy(&facts, &Answers::default());
    let key = format!("arn:aws:s3:::{BUCKET}/AWSLogs/444455556666/file.json.gz");
    let writes =
        decide(&policy, CLOUDTRAIL, "s3:PutObject", &key, &[("aws:SourceArn", OTHER_TRAIL), OWNER_ACL]);
    assert_eq!(writes, Decision::Allowed);
}

fn bucket_arn() -> String {
    format!("arn:aws:s3:::{BUCKET}")
}

fn log_file() -> String {
    format!("arn:aws:s3:::{BUCKET}/AWSLogs/{ACCOUNT}/CloudTrail/eu-central-1/file.json.gz")
}

/// What a policy says to a request over TLS, unless the context says otherwise.
fn decide(
    policy: &Document,
    principal: Principal<'_>,
    action: &str,
    resource: &str,
    more: &[(&str, &str)],
) -> Decision {
    let mut context = more.to_vec();
    context.push(("aws:SecureTransport", "true"));
    match principal {
        Principal::Aws(arn) => {
            context.extend([("aws:PrincipalArn", arn), ("aws:PrincipalIsAWSService", "false")]);
        }
        Principal::Service(_) => context.push(("aws:PrincipalIsAWSService", "true")),
        Principal::Anonymous => {}
    }
    policy.decide(&Request { principal, action, resource, context: &context })
}

fn policy_with_reader() -> Document {
    let mut answers = Answers::default();
    answers.trail.readers.push(AUDITOR.into());
    planned_policy(&fresh(), &answers)
}

const READS: [&str; 7] = [
    "s3:GetObject",
    "s3:GetObjectAttributes",
    "s3:GetObjectTorrent",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionAttributes",
    "s3:GetObjectVersionForReplication",
    "s3:GetObjectVersionTorrent",
];
const LISTS: [&str; 2] = ["s3:ListBucket", "s3:ListBucketVersions"];
const TAMPERS_WITH_FILES: [&str; 13] = [
    "s3:BypassGovernanceRetention",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:PutObjectLegalHold",
    "s3:PutObjectRetention",
    "s3:PutObjectTagging",
    "s3:PutObjectVersionAcl",
    "s3:PutObjectVersionTagging",
    "s3:ReplicateDelete",
    "s3:ReplicateObject",
    "s3:UpdateObjectEncryption",
];
const TAMPERS_WITH_BUCKET: [&str; 13] = [
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketRequestPayment",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutInventoryConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
];

#[test]
fn nobody_but_administrators_reads_deletes_or_weakens() {
    let policy = policy_with_reader();
    let outsiders = [Principal::Aws(BOB), Principal::Aws(STRANGER), Principal::Anonymous];
    for principal in outsiders {
        for action in READS.iter().chain(&TAMPERS_WITH_FILES) {
            let decision = decide(&policy, principal, action, &log_file(), &[]);
            assert_eq!(decision, Decision::Denied, "{principal:?} {action}");
        }
        for action in LISTS.iter().chain(&TAMPERS_WITH_BUCKET) {
            let decision = decide(&policy, principal, action, &bucket_arn(), &[]);
            assert_eq!(decision, Decision::Denied, "{principal:?} {action}");
        }
    }
}

#[test]
fn administrators_and_root_keep_what_iam_gives_them() {
    let policy = policy_with_reader();
    for who in [ALICE, ROOT] {
        for action in READS.iter().chain(&TAMPERS_WITH_FILES) {
            let decision = decide(&policy, Principal::Aws(who), action, &log_file(), &[]);
            assert_eq!(decision, Decision::NotMentioned, "{who} {action}");
        }
        for action in LISTS.iter().chain(&TAMPERS_WITH_BUCKET) {
            let decision = decide(&policy, Principal::Aws(who), action, &bucket_arn(), &[]);
            assert_eq!(decision, Decision::NotMentioned, "{who} {action}");
        }
    }
}

#[test]
fn a_named_reader_reads_and_no_more() {
    let policy = policy_with_reader();
    let lets = ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:ListBucketVersions"];
    for action in READS.iter().chain(&LISTS) {
        let resource = if LISTS.contains(action) { bucket_arn() } else { log_file() };
        let decision = decide(&policy, Principal::Aws(AUDITOR), action, &resource, &[]);
        let expected = if lets.contains(action) { Decision::Allowed } else { Decision::NotMentioned };
        assert_eq!(decision, expected, "{action}");
    }
    for action in TAMPERS_WITH_FILES {
        let decision = decide(&policy, Principal::Aws(AUDITOR), action, &log_file(), &[]);
        assert_eq!(decision, Decision::Denied, "{action}");
    }
    for action in TAMPERS_WITH_BUCKET {
        let decision = decide(&policy, Principal::Aws(AUDITOR), action, &bucket_arn(), &[]);
        assert_eq!(decision, Decision::Denied, "{action}");
    }
    let unnamed = planned_policy(&fresh(), &Answers::default());
    let decision = decide(&unnamed, Principal::Aws(AUDITOR), "s3:GetObject", &log_file(), &[]);
    assert_eq!(decision, Decision::Denied);
}

/// A bucket of another account is read only with a word from both sides, and one of the own account by IAM's or the
/// bucket's. What the bucket says does not count as public.
#[test]
fn a_named_reader_of_another_account_is_let_in_and_nobody_else_of_it() {
    let foreign = "arn:aws:iam::444455556666:role/Auditor";
    let mut answers = Answers::default();
    answers.trail.readers = vec![foreign.into(), AUDITOR.into()];
    for (facts, closed) in [(fresh(), true), (adopted(), false)] {
        let policy = planned_policy(&facts, &answers);
        let key = match closed {
            true => log_file(),
            false => "arn:aws:s3:::audit-logs/central/AWSLogs/111122223333/file.json.gz".to_owned(),
        };
        for reader in [foreign, AUDITOR] {
            let reads = decide(&policy, Principal::Aws(reader), "s3:GetObject", &key, &[]);
            assert_eq!(reads, Decision::Allowed, "{reader}");
            let writes = decide(&policy, Principal::Aws(reader), "s3:PutObject", &key, &[]);
            assert_ne!(writes, Decision::Allowed, "{reader}");
        }
        let expected = if closed { Decision::Denied } else { Decision::NotMentioned };
        for stranger in [Principal::Aws(STRANGER), Principal::Anonymous] {
            assert_eq!(decide(&policy, stranger, "s3:GetObject", &key, &[]), expected, "{stranger:?}");
        }
        assert_eq!(policy.public_statements().count(), 0, "{policy:?}");
        let says_so = |words: &str| words.contains(foreign);
        let summaries = step(&facts, &answers, StepId::TrailBucket).changes;
        let told = |change: &Change| says_so(&change.summary().en) && says_so(&change.summary().ko);
        assert!(summaries.iter().any(told), "{summaries:?}");
    }
    let nobody = planned_policy(&fresh(), &Answers::default());
    let names = |statement: &crate::policy::Statement| statement.name() == "DayoneReadersRead";
    assert!(!nobody.statement.iter().any(names), "{nobody:?}");
}

#[test]
fn a_reader_who_is_not_named_any_more_is_let_in_no_more() {
    let mut facts = perfect();
    settings_of(&mut facts).policy = Ok(Some(policy_with_reader().to_json()));
    let policy = planned_policy(&facts, &Answers::default());
    let reads = decide(&policy, Principal::Aws(AUDITOR), "s3:GetObject", &log_file(), &[]);
    assert_eq!(reads, Decision::Denied);
    assert!(policy.same_meaning(&planned_policy(&fresh(), &Answers::default())), "{policy:?}");
}

#[test]
fn a_statement_that_keeps_a_named_reader_out_is_left_to_a_person() {
    let deny = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Principal":{{"AWS":"{AUDITOR}"}},
            "Action":"s3:GetObject","Resource":"arn:aws:s3:::{BUCKET}/*"}}]}}"#
    );
    let facts = Facts { bucket: mine(REGION, Some(&deny)), ..fresh() };
    assert_eq!(step(&facts, &Answers::default(), StepId::TrailBucket).state, State::ToChange);
    let mut answers = Answers::default();
    answers.trail.readers.push(AUDITOR.into());
    let task = step(&facts, &answers, StepId::TrailBucket).person.unwrap();
    assert!(task.how[0].en.contains(AUDITOR), "{task:?}");
}

#[test]
fn the_settings_stay_open_to_whoever_checks_them() {
    const CHECKS: [&str; 7] = [
        "s3:GetBucketOwnershipControls",
        "s3:GetBucketPolicy",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketTagging",
        "s3:GetBucketVersioning",
        "s3:GetEncryptionConfiguration",
        "s3:GetLifecycleConfiguration",
    ];
    let policy = policy_with_reader();
    for who in [ALICE, ROOT, AUDITOR, BOB] {
        for action in CHECKS {
            let decision = decide(&policy, Principal::Aws(who), action, &bucket_arn(), &[]);
            assert_eq!(decision, Decision::NotMentioned, "{who} {action}");
        }
    }
}

#[test]
fn a_statement_that_keeps_administrators_or_root_from_the_policy_is_left_to_a_person() {
    for who in [ALICE, ROOT] {
        let deny = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Principal":"*","Action":"s3:PutBucketPolicy",
                "Resource":"arn:aws:s3:::{BUCKET}","Condition":{{"ArnEquals":{{"aws:PrincipalArn":"{who}"}}}}}}]}}"#
        );
        let facts = Facts { bucket: mine(REGION, Some(&deny)), ..fresh() };
        let bucket = step(&facts, &Answers::default(), StepId::TrailBucket);
        let task = bucket.person.unwrap();
        assert!(task.how[0].en.contains(who), "{task:?}");
    }
}

#[test]
fn nothing_goes_over_an_insecure_connection() {
    let policy = policy_with_reader();
    let insecure = [("aws:SecureTransport", "false"), ("aws:SourceArn", TRAIL), OWNER_ACL];
    for principal in [Principal::Aws(ALICE), Principal::Aws(ROOT), Principal::Aws(AUDITOR), CLOUDTRAIL] {
        for (action, resource) in
            [("s3:GetObject", log_file()), ("s3:PutObject", log_file()), ("s3:ListBucket", bucket_arn())]
        {
            let decision = decide(&policy, principal, action, &resource, &insecure);
            assert_eq!(decision, Decision::Denied, "{principal:?} {action}");
        }
    }
}

#[test]
fn cloudtrail_writes_only_for_this_trail_and_only_its_own_files() {
    let policy = planned_policy(&fresh(), &Answers::default());
    let (ours, other_trail) = (("aws:SourceArn", TRAIL), ("aws:SourceArn", OTHER_TRAIL));
    let private = ("s3:x-amz-acl", "private");
    let foreign_key = format!("arn:aws:s3:::{BUCKET}/AWSLogs/444455556666/file.json.gz");
    let outside = format!("arn:aws:s3:::{BUCKET}/file.json.gz");
    let other_service = Principal::Service("config.amazonaws.com");
    let cases = [
        (CLOUDTRAIL, "s3:PutObject", log_file(), vec![ours, OWNER_ACL], Decision::Allowed),
        (CLOUDTRAIL, "s3:GetBucketAcl", bucket_arn(), vec![ours], Decision::Allowed),
        (CLOUDTRAIL, "s3:PutObject", log_file(), vec![ours], Decision::NotMentioned),
        (CLOUDTRAIL, "s3:PutObject", log_file(), vec![ours, private], Decision::NotMentioned),
        (CLOUDTRAIL, "s3:PutObject", log_file(), vec![OWNER_ACL], Decision::NotMentioned),
        (CLOUDTRAIL, "s3:PutObject", log_file(), vec![other_trail, OWNER_ACL], Decision::NotMentioned),
        (CLOUDTRAIL, "s3:PutObject", foreign_key, vec![ours, OWNER_ACL], Decision::NotMentioned),
        (CLOUDTRAIL, "s3:PutObject", outside, vec![ours, OWNER_ACL], Decision::NotMentioned),
        (CLOUDTRAIL, "s3:GetBucketAcl", bucket_arn(), vec![], Decision::NotMentioned),
        (CLOUDTRAIL, "s3:GetBucketAcl", bucket_arn(), vec![other_trail], Decision::NotMentioned),
        (CLOUDTRAIL, "s3:GetObject", log_file(), vec![ours], Decision::NotMentioned),
        (CLOUDTRAIL, "s3:DeleteObject", log_file(), vec![ours, OWNER_ACL], Decision::NotMentioned),
        (other_service, "s3:PutObject", log_file(), vec![ours, OWNER_ACL], Decision::NotMentioned),
    ];
    for (principal, action, resource, context, expected) in cases {
        let decision = decide(&policy, principal, action, &resource, &context);
        assert_eq!(decision, expected, "{principal:?} {action} {resource} {context:?}");
    }
}

#[test]
fn the_policy_follows_an_adopted_trail_and_takes_nothing_from_others() {
    let policy = planned_policy(&adopted(), &Answers::default());
    let audit = "arn:aws:cloudtrail:us-west-2:111122223333:trail/audit";
    let key = "arn:aws:s3:::audit-logs/central/AWSLogs/111122223333/file.json.gz";
    let write = |key: &str, trail: &str| {
        decide(&policy, CLOUDTRAIL, "s3:PutObject", key, &[("aws:SourceArn", trail), OWNER_ACL])
    };
    assert_eq!(write(key, audit), Decision::Allowed);
    assert_eq!(write(key, TRAIL), Decision::NotMentioned);
    assert_eq!(write(key, &audit.replace("us-west-2", REGION)), Decision::NotMentioned);
    let without_prefix = "arn:aws:s3:::audit-logs/AWSLogs/111122223333/file.json.gz";
    assert_eq!(write(without_prefix, audit), Decision::NotMentioned);
}

#[test]
fn every_arn_has_the_partition() {
    let china = Facts {
        partition: "aws-cn".into(),
        region: "cn-north-1".into(),
        administrators: Ok(BTreeSet::from(["arn:aws-cn:iam::111122223333:user/alice".to_owned()])),
        acting: vec!["arn:aws-cn:iam::111122223333:user/alice".into()],
        ..fresh()
    };
    let policy = planned_policy(&china, &Answers::default());
    let json = policy.to_json();
    assert!(!json.contains("arn:aws:"), "{json}");
    let bucket = bucket_name(ACCOUNT, "cn-north-1", &Answers::default());
    let key = format!("arn:aws-cn:s3:::{bucket}/AWSLogs/{ACCOUNT}/file.json.gz");
    let trail = ("aws:SourceArn", "arn:aws-cn:cloudtrail:cn-north-1:111122223333:trail/day-one");
    assert_eq!(decide(&policy, CLOUDTRAIL, "s3:PutObject", &key, &[trail, OWNER_ACL]), Decision::Allowed);
    for who in ["arn:aws-cn:iam::111122223333:user/alice", "arn:aws-cn:iam::111122223333:root"] {
        let read = decide(&policy, Principal::Aws(who), "s3:GetObject", &key, &[]);
        assert_eq!(read, Decision::NotMentioned, "{who}");
    }
}

#[test]
fn no_blank_of_the_policy_is_left_open() {
    const S3_LIMIT: usize = 20 * 1024;
    for facts in [fresh(), adopted()] {
        let json = planned_policy(&facts, &attended()).to_json();
        for blank in
            ["PARTITION", "ACCOUNT", "BUCKET", "TRAIL_ARN", "KEY_PREFIX", "READERS", "ADMINISTRATORS"]
        {
            assert!(!json.contains(blank), "{blank} in {json}");
        }
        assert!(json.len() < S3_LIMIT, "{}", json.len());
    }
}

/// Names of trails and prefixes may hold capital letters, and so may spell the blanks of the policy.
#[test]
fn a_name_that_looks_like_a_blank_of_the_policy_stays_as_it_is() {
    let mut answers = Answers::default();
    answers.trail.name = "ACCOUNT-BUCKET".into();
    let policy = planned_policy(&fresh(), &answers);
    let trail = ("aws:SourceArn", "arn:aws:cloudtrail:eu-central-1:111122223333:trail/ACCOUNT-BUCKET");
    let writes = decide(&policy, CLOUDTRAIL, "s3:PutObject", &log_file(), &[trail, OWNER_ACL]);
    assert_eq!(writes, Decision::Allowed);

    let mut facts = Facts { bucket: BucketFacts::Free, ..adopted() };
    trail_of(&mut facts).key_prefix = Some("PARTITION".into());
    let policy = planned_policy(&facts, &Answers::default());
    let trail = ("aws:SourceArn", "arn:aws:cloudtrail:us-west-2:111122223333:trail/audit");
    let key = "arn:aws:s3:::audit-logs/PARTITION/AWSLogs/111122223333/file.json.gz";
    assert_eq!(decide(&policy, CLOUDTRAIL, "s3:PutObject", key, &[trail, OWNER_ACL]), Decision::Allowed);
}

/// AWS's own names are those of every trail's statements, so under them a statement cannot be told to be ours.
#[test]
fn every_statement_of_ours_is_named_as_ours() {
    for statement in planned_policy(&fresh(), &Answers::default()).statement {
        assert!(statement.sid.as_deref().is_some_and(|sid| sid.starts_with("Dayone")), "{statement:?}");
    }
}

#[test]
fn a_prefix_adds_nothing_to_the_policy_but_itself() {
    let principals = |prefix: &str| {
        let mut facts = Facts { bucket: BucketFacts::Free, ..adopted() };
        trail_of(&mut facts).key_prefix = Some(prefix.to_owned());
        let policy = planned_policy(&facts, &Answers::default());
        policy.statement.into_iter().map(|statement| statement.principal).collect::<Vec<_>>()
    };
    assert_eq!(principals(r#"","Principal":"*","Sid":"Open"#), principals("central"));
}

#[test]
fn summaries_name_the_trail() {
    let create =
        Change::CreateTrail { trail: "day-one".into(), region: REGION.into(), bucket: BUCKET.into() };
    let (trail, region) = (|| TRAIL.to_owned(), || REGION.to_owned());
    let changes = [
        create,
        update(TRAIL, REGION, &[Shortcoming::OneRegion]),
        record(TRAIL, REGION),
        start(TRAIL, REGION),
        Change::StopLogging { trail: trail(), region: region() },
        Change::DeleteTrail { trail: trail(), region: region() },
    ];
    for change in changes {
        let summary = change.summary();
        for words in [&summary.en, &summary.ko] {
            assert!(words.contains("day-one") && !words.contains("arn:"), "{words}");
        }
    }
}

/// What holds for every plan, whatever the facts are.
fn assert_hold_together(steps: &[StepPlan<Change>]) {
    let ids: Vec<_> = steps.iter().map(|step| step.step).collect();
    assert_eq!(ids, PracticeId::Cloudtrail.steps());
    for step in steps {
        let state = step.state;
        let explains_itself = matches!(state, State::InPlace | State::ToChange | State::NeedsPerson);
        assert_eq!(state == State::ToChange, !step.changes.is_empty(), "{step:?}");
        assert_eq!(state == State::NeedsPerson, step.person.is_some(), "{step:?}");
        assert_eq!(state == State::InPlace, step.found.is_some(), "{step:?}");
        assert_eq!(!explains_itself, step.reason.is_some(), "{step:?}");
        let person = step.person.iter().flat_map(|task| std::iter::once(&task.what).chain(&task.how));
        let summaries: Vec<_> = step.changes.iter().map(|change| change.summary()).collect();
        let offered = step.offer.iter().map(|offer| &offer.question);
        let texts = step.reason.iter().chain(&step.found).chain(person).chain(&summaries).chain(offered);
        for text in texts {
            assert!(!text.en.is_empty() && !text.ko.is_empty(), "{step:?}");
        }
    }
}

/// The account as it is once a change was made.
fn make(facts: &mut Facts, change: &Change) {
    match change {
        Change::Bucket { region, change } => {
            let key = facts.key.as_ref().ok().and_then(|key| Some(key.as_ref()?.arn.clone()));
            make_bucket(&mut facts.bucket, region, change, key);
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
        KeyChange::EnableRotation { .. } => key.as_mut().unwrap().rotates = Ok(true),
        KeyChange::PutPolicy { policy, .. } => key.as_mut().unwrap().policy = Ok(Some(policy.to_json())),
    }
}

fn make_bucket(bucket: &mut BucketFacts, region: &str, change: &BucketChange, key: Option<String>) {
    if matches!(change, BucketChange::Create { .. }) {
        *bucket = mine(region, None);
    }
    let BucketFacts::Mine(settings) = bucket else { panic!("{change:?} before there is a bucket") };
    if matches!(change, BucketChange::Create { .. }) {
        (settings.lifecycle, settings.tags) = (Ok(None), Ok(Tags::new()));
    }
    match change {
        BucketChange::Create { .. } => {}
        BucketChange::BlockPublicAccess { .. } => settings.public_access_blocked = Ok(true),
        BucketChange::EnforceOwnership { .. } => settings.ownership_enforced = Ok(true),
        BucketChange::Encrypt { .. } => settings.encrypted = Ok(true),
        BucketChange::EncryptWithKey { .. } => {
            assert!(key.is_some(), "{change:?} before there is a key");
            (settings.encrypted, settings.key) = (Ok(true), key);
        }
        BucketChange::EnableVersioning { .. } => settings.versioned = Ok(true),
        BucketChange::LockObjects { days, .. } => settings.lock = Ok(Lock::Governance(*days)),
        BucketChange::PutLifecycle { retention, .. } => settings.lifecycle = Ok(Some(retention.clone())),
        BucketChange::PutTags { tags, .. } => settings.tags.as_mut().unwrap().extend(tags.clone()),
        BucketChange::PutPolicy { policy, .. } => settings.policy = Ok(Some(policy.to_json())),
    }
}

fn maybe_unseen<T: Clone + std::fmt::Debug>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Reading<T>> {
    prop_oneof![9 => value.prop_map(Ok::<T, Unseen>), 1 => Just(Err::<T, Unseen>(unseen()))]
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![2 => Just("day-one".to_owned()), 2 => "[A-Za-z0-9._-]{3,20}", 1 => "\\PC{0,12}"]
}

fn any_delivery() -> impl Strategy<Value = Delivery> {
    prop_oneof![
        Just(Delivery::NotYet),
        any::<i64>().prop_map(Delivery::At),
        any::<i64>().prop_map(Delivery::Late),
        "\\PC{1,20}".prop_map(Delivery::Failed),
    ]
}

fn any_events() -> impl Strategy<Value = ManagementEvents> {
    use ManagementEvents::{All, NotTold, Nothing, Part};
    prop::sample::select(vec![All, Part, Nothing, NotTold])
}

fn any_trail() -> impl Strategy<Value = TrailFacts> {
    let region = prop::sample::select(vec![REGION, "us-west-2"]);
    let names = (any_name(), region, any_name(), prop::option::of(any_name()));
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), prop::bool::weighted(0.2));
    let key = prop::option::of(prop::sample::select(vec![KEY, OTHER_KEY]));
    let status = (maybe_unseen(any::<bool>()), any_delivery(), any::<bool>(), maybe_unseen(any_events()));
    (names, flags, status, key).prop_map(|((name, home_region, bucket, key_prefix), flags, status, key)| {
        TrailFacts {
            arn: format!("arn:aws:cloudtrail:{home_region}:{ACCOUNT}:trail/{name}"),
            name,
            home_region: home_region.into(),
            bucket,
            key_prefix,
            key: key.map(ToOwned::to_owned),
            multi_region: flags.0,
            validated: flags.1,
            global_services: flags.2,
            of_another_account: flags.3,
            of_organization: flags.4,
            logging: status.0,
            delivery: status.1,
            has_delivered: status.2,
            management_events: status.3,
        }
    })
}

fn any_settings() -> impl Strategy<Value = Settings> {
    let flag = || maybe_unseen(prop::bool::weighted(0.7));
    let flags = (flag(), flag(), flag(), flag());
    let ours = planned_policy(&fresh(), &Answers::default()).to_json();
    let by_role = Facts { acting: ROLES.map(String::from).to_vec(), ..fresh() };
    let by_role = planned_policy(&by_role, &Answers::default()).to_json();
    let policies =
        [ours.as_str(), by_role.as_str(), PARTNER_LISTS, DENY_ALL, "not a policy"].map(ToOwned::to_owned);
    let policy = maybe_unseen(prop::option::of(prop::sample::select(policies.to_vec())));
    let lifecycle = maybe_unseen(prop::option::of(Just(for_a_year())));
    let region = prop::sample::select(vec![REGION, "us-west-2"]);
    let key = prop::option::of(prop::sample::select(vec![KEY, OTHER_KEY]));
    let lock =
        prop::sample::select(vec![Lock::Off, Lock::Governance(1), Lock::Governance(90), Lock::Compliance]);
    let own = (lifecycle, maybe_unseen(any_tags()));
    (region, flags, policy, own, key, lock).prop_map(|(region, flags, policy, own, key, lock)| {
        let (lifecycle, tags) = own;
        Settings {
            region: region.into(),
            public_access_blocked: flags.0,
            ownership_enforced: flags.1,
            granted: Ok(Vec::new()),
            encrypted: flags.2,
            key: key.map(ToOwned::to_owned),
            versioned: flags.3,
            lock: Ok(lock),
            policy,
            lifecycle,
            tags,
        }
    })
}

fn any_key() -> impl Strategy<Value = KeyFacts> {
    let fitness = prop_oneof![8 => Just(Fitness::Fits), 1 => Just(Fitness::Unfit), 1 => Just(switched_off())];
    let ours = our_key().policy.unwrap().unwrap();
    let policies = [ours.as_str(), PARTNER_DECRYPTS, DENY_ALL, DENY_DECRYPTION, "not a policy"];
    let policies = policies.map(ToOwned::to_owned).to_vec();
    let policy = maybe_unseen(prop::sample::select(policies).prop_map(Some));
    (fitness, maybe_unseen(any::<bool>()), policy).prop_map(|(fitness, rotates, policy)| KeyFacts {
        fitness,
        rotates,
        policy,
        ..our_key()
    })
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let trail = maybe_unseen(prop::option::of(any_trail()));
    let administrators = maybe_unseen(prop::sample::subsequence(vec![ALICE, CAROL], 0..=2));
    let bucket = prop_oneof![
        2 => Just(BucketFacts::Free),
        1 => Just(BucketFacts::NotMine),
        1 => Just(BucketFacts::Unseen(unseen())),
        8 => any_settings().prop_map(|settings| BucketFacts::Mine(Box::new(settings))),
    ];
    let acting = prop::sample::select(vec![vec![ALICE], vec![ROOT], vec![BOB], ROLES.to_vec()]);
    let key = maybe_unseen(prop::option::of(any_key()));
    let recording = prop::sample::subsequence(vec![TRAIL, OTHER_TRAIL], 0..=2);
    let found = (trail, recording);
    (found, administrators, bucket, acting, key).prop_map(|(found, administrators, bucket, acting, key)| {
        let (trail, recording) = found;
        Facts {
            trail,
            recording: recording.into_iter().map(ToOwned::to_owned).collect(),
            key,
            administrators: administrators.map(|arns| arns.into_iter().map(ToOwned::to_owned).collect()),
            bucket,
            acting: acting.into_iter().map(ToOwned::to_owned).collect(),
            ..fresh()
        }
    })
}

fn any_answers() -> impl Strategy<Value = Answers> {
    let accepted = prop::option::of(prop::sample::select(PracticeId::Cloudtrail.steps().to_vec()));
    let readers = prop::sample::subsequence(vec![AUDITOR, BOB], 0..=2);
    let bucket = prop::option::weighted(0.2, Just("my-logs".to_owned()));
    let options = (any::<bool>(), prop::sample::select(vec![0, 30]));
    let answered = (any::<u32>(), readers, accepted, bucket, prop::bool::weighted(0.3), options);
    answered.prop_map(|(retention_days, readers, accepted, bucket, attended, (kms, locked))| {
        let mut answers = Answers { attended, ..Answers::default() };
        (answers.trail.kms, answers.trail.object_lock_days) = (kms, locked);
        answers.trail.retention_days = retention_days;
        answers.trail.bucket = bucket;
        answers.trail.readers.extend(readers.into_iter().map(ToOwned::to_owned));
        answers.accept.extend(accepted.map(kept));
        answers
    })
}

/// Whether what the step rests on was not seen. What another account's trail leaves out is not asked for.
fn rests_on_unseen(step: StepId, facts: &Facts, answers: &Answers) -> bool {
    let Ok(trail) = facts.trail() else { return true };
    let of_ours = trail.filter(|trail| !trail.of_another_account);
    match step {
        StepId::TrailBucket => {
            let hides_key = facts.takes_our_key(answers) && hides_something_of_key(facts);
            facts.administrators.is_err() || hides_something(facts, answers) || hides_key
        }
        StepId::Trail => {
            trail.is_some_and(|trail| trail.logging.is_err())
                || of_ours.is_some_and(|trail| trail.management_events.is_err())
        }
        _ => trail.is_some_and(|trail| trail.logging.is_err()),
    }
}

/// Of a key that cannot be used, no more is looked at.
fn hides_something_of_key(facts: &Facts) -> bool {
    match &facts.key {
        Err(_) => true,
        Ok(None) => false,
        Ok(Some(key)) => key.fitness == Fitness::Fits && (key.rotates.is_err() || key.policy.is_err()),
    }
}

/// The lifecycle and the tags of a bucket that has not our name are not looked at: they are not touched either.
fn hides_something(facts: &Facts, answers: &Answers) -> bool {
    let settings = match &facts.bucket {
        BucketFacts::Mine(settings) => settings.as_ref(),
        bucket => return matches!(bucket, BucketFacts::Unseen(_)),
    };
    let Settings { public_access_blocked, ownership_enforced, encrypted, versioned, .. } = settings;
    let trail = facts.trail().ok().flatten();
    let has_our_name = trail.is_none_or(|trail| {
        [&facts.region, &trail.home_region]
            .into_iter()
            .any(|region| bucket_name(ACCOUNT, region, answers) == trail.goes_to(answers))
    });
    [public_access_blocked, ownership_enforced, encrypted, versioned].iter().any(|setting| setting.is_err())
        || settings.policy.is_err()
        || (has_our_name && (settings.lifecycle.is_err() || settings.tags.is_err()))
}

proptest! {
    #[test]
    fn every_plan_holds_together(facts in any_facts(), answers in any_answers()) {
        assert_hold_together(&plan(&facts, &answers));
    }

    #[test]
    fn what_was_not_seen_is_never_in_place(facts in any_facts(), answers in any_answers()) {
        for step in plan(&facts, &answers) {
            let unseen = rests_on_unseen(step.step, &facts, &answers);
            prop_assert!(!unseen || step.state != State::InPlace, "{step:?}");
        }
    }

    #[test]
    fn a_plan_that_was_carried_out_leaves_nothing_to_change(
        facts in any_facts(),
        answers in any_answers(),
    ) {
        let changes: Vec<_> = plan(&facts, &answers).into_iter().flat_map(|step| step.changes).collect();
        let mut after = facts;
        changes.iter().for_each(|change| make(&mut after, change));
        for step in plan(&after, &answers) {
            prop_assert!(step.changes.is_empty(), "{} after {:?}", step.step, changes);
        }
    }
}
