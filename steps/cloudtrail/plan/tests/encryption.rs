//! The KMS key of the log files, for who asks for one.

use super::*;

fn encrypt(trail: &str, region: &str) -> Change {
    let key = format!("arn:aws:kms:{REGION}:{ACCOUNT}:alias/dayone-trail");
    Change::EncryptTrail { trail: trail.into(), region: region.into(), key }
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
fn a_key_that_a_run_was_cut_short_with_is_used_and_named_in_the_plan() {
    let facts = Facts { left_over_key: LeftOver::Key("1234-abcd".into()), ..fresh() };
    let steps = plan(&facts, &with_kms());
    assert_eq!(told(&steps[0].changes)[0], "Attach kms:alias/dayone-trail");
    let summary = crate::practice::Change::summary(&steps[0].changes[0]);
    assert!(summary.en.contains("1234-abcd") && summary.en.contains("cut short"), "{summary:?}");
    assert!(summary.ko.contains("1234-abcd") && summary.ko.contains("중단된 실행"), "{summary:?}");
    let trail = plan(&fresh(), &with_kms()).swap_remove(1);
    assert_eq!(steps[1].changes, trail.changes, "the trail gets the key as it would get a new one");
    assert_eq!(steps[1].changes.len(), 3);
}

#[test]
fn that_a_key_may_be_on_its_way_is_said_before_another_is_made() {
    let says_so = |left_over_key| {
        let facts = Facts { left_over_key, ..fresh() };
        let bucket = step(&facts, &with_kms(), StepId::TrailBucket);
        assert_eq!(told(&bucket.changes)[0], "Create kms:alias/dayone-trail");
        bucket.notes.iter().any(|note| note.en.contains("cut short") && note.ko.contains("최대 2분"))
    };
    assert!(says_so(LeftOver::Unseen) && !says_so(LeftOver::Nothing));
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
    let cases: &[Case] = &[
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
    hold(|| (encrypted(), with_kms()), cases);
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
