//! `trail-bucket`: its name, how long it keeps the log files, and what of a bucket of others stays.

use super::*;
use crate::private_bucket::{Goes, OtherRule};

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
fn a_person_is_told_which_answer_names_another_bucket() {
    let facts = Facts { bucket: BucketFacts::NotMine, ..fresh() };
    let bucket = step(&facts, &Answers::default(), StepId::TrailBucket);
    let task = bucket.person.unwrap();
    says(&task.what, &[BUCKET]);
    says(&task.how[0], &["trail.bucket"]);
    let trail = step(&facts, &Answers::default(), StepId::Trail);
    assert_eq!(trail.reason, Some(after(StepId::TrailBucket)));
}

#[test]
fn what_was_not_seen_is_named() {
    for hide in imagined::each_hidden() {
        let mut facts = perfect();
        hide(settings_of(&mut facts));
        let bucket = step(&facts, &Answers::default(), StepId::TrailBucket);
        assert_eq!((bucket.state, bucket.reason), (State::NotAssessed, Some(unseen().reason())));
    }
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
fn log_files_that_another_rule_deletes_sooner_are_left_to_a_person() {
    let rule = OtherRule {
        id: "cleanup".into(),
        prefix: String::new(),
        objects_go: Some(Goes::After(1)),
        versions_go_after: None,
    };
    let mut facts = perfect();
    settings_of(&mut facts).other_rules.push(rule);
    let mut answers = Answers::default();
    for retention_days in [365, 0] {
        answers.trail.retention_days = retention_days;
        let bucket = step(&facts, &answers, StepId::TrailBucket);
        assert_eq!(bucket.state, State::NeedsPerson, "{retention_days}");
        assert_eq!(bucket.changes, []);
        let task = bucket.person.unwrap();
        says(&task.what, &["cleanup", BUCKET]);
        says(&task.how[0], &["delete-bucket-lifecycle", "retention_days"]);
    }
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
    says(note, &[ALICE, ROOT, "readers"]);
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
