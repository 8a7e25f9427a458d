//! What each setting of a bucket comes to.

use super::*;
use crate::private_bucket::Goes;

#[test]
fn a_free_name_gets_everything_and_the_policy_last() {
    let create = BucketChange::Create { bucket: bucket(), region: "eu-central-1".into() };
    let expected: Vec<_> = std::iter::once(create).chain(everything()).collect();
    assert_eq!(plan(&wanted(), &BucketFacts::Free), Ok(expected));
}

#[test]
fn a_bare_bucket_gets_everything_but_itself() {
    assert_eq!(plan(&wanted(), &mine(Settings::bare("eu-central-1"))), Ok(everything()));
}

#[test]
fn a_bucket_as_wanted_stays_as_it_is() {
    assert_eq!(plan(&wanted(), &mine(perfect())), Ok(vec![]));
}

#[test]
fn each_missing_setting_is_one_change() {
    let missing: [fn(&mut Settings); 7] = [
        |settings| settings.public_access_blocked = Ok(false),
        |settings| settings.ownership_enforced = Ok(false),
        |settings| settings.encrypted = Ok(false),
        |settings| settings.versioned = Ok(false),
        |settings| settings.lifecycle = Ok(None),
        |settings| settings.tags = Ok(Tags::new()),
        |settings| settings.policy = Ok(None),
    ];
    for (remove, change) in missing.into_iter().zip(everything()) {
        let mut settings = perfect();
        remove(&mut settings);
        assert_eq!(plan(&wanted(), &mine(settings)), Ok(vec![change]));
    }
}

#[test]
fn a_setting_that_cannot_be_read_is_an_obstacle_whatever_the_others_say() {
    for hide in imagined::each_hidden() {
        for mut settings in [perfect(), Settings::bare("eu-central-1")] {
            hide(&mut settings);
            assert_eq!(plan(&wanted(), &mine(settings)), Err(Obstacle::Unseen(unseen())));
        }
    }
}

#[test]
fn a_lifecycle_that_is_not_asked_for_is_neither_changed_nor_looked_at() {
    let wanted = Wanted { lifecycle: None, ..wanted() };
    for lifecycle in [Ok(None), Ok(Some(kept_for(1))), Err(unseen())] {
        let settings = Settings { lifecycle, ..perfect() };
        assert_eq!(plan(&wanted, &mine(settings)), Ok(vec![]));
    }
}

#[test]
fn tags_that_are_not_asked_for_are_neither_changed_nor_looked_at() {
    let wanted = Wanted { purpose: None, ..wanted() };
    for tags in [Ok(Tags::new()), Ok(tags(&[("team", "security")])), Err(unseen())] {
        let settings = Settings { tags, ..perfect() };
        assert_eq!(plan(&wanted, &mine(settings)), Ok(vec![]));
    }
}

#[test]
fn a_bucket_of_an_earlier_run_gets_the_tags_that_it_lacks_and_keeps_the_others() {
    type Pairs = [(&'static str, &'static str)];
    let cases: [(&Pairs, &Pairs); 4] = [
        (&[], &[("managed-by", "dayone"), ("purpose", "logs")]),
        (&[("team", "security"), ("purpose", "archive")], &[("managed-by", "dayone")]),
        (&[("managed-by", "somebody")], &[("purpose", "logs")]),
        (&[("managed-by", "somebody"), ("purpose", "archive")], &[]),
    ];
    for (found, missing) in cases {
        let settings = Settings { tags: Ok(tags(found)), ..perfect() };
        let change = BucketChange::PutTags { bucket: bucket(), tags: tags(missing) };
        let expected: Vec<_> = (!missing.is_empty()).then_some(change).into_iter().collect();
        assert_eq!(plan(&wanted(), &mine(settings)), Ok(expected), "{found:?}");
    }
}

#[test]
fn another_answer_changes_the_lifecycle() {
    for found in [kept_for(30), Retention { prefix: String::new(), ..kept_for(365) }] {
        let settings = Settings { lifecycle: Ok(Some(found)), ..perfect() };
        let change = BucketChange::PutLifecycle { bucket: bucket(), retention: kept_for(365) };
        assert_eq!(plan(&wanted(), &mine(settings)), Ok(vec![change]));
    }
}

#[test]
fn a_rule_of_others_that_takes_objects_sooner_is_left_to_a_person() {
    let cleanup = |days| OtherRule {
        id: "clean\u{1b}up".into(),
        prefix: String::new(),
        objects_go: Some(Goes::After(days)),
        versions_go_after: None,
    };
    let with = |rule| mine(Settings { other_rules: vec![rule], ..perfect() });
    let obstacle = Obstacle::Expires { bucket: bucket(), rules: vec![cleanup(1)] };
    assert_eq!(plan(&wanted(), &with(cleanup(1))), Err(obstacle.clone()));
    assert_eq!(plan(&wanted(), &with(cleanup(365))), Ok(vec![]));
    let nothing_asked = Wanted { lifecycle: None, ..wanted() };
    assert_eq!(plan(&nothing_asked, &with(cleanup(1))), Ok(vec![]));

    let what = obstacle.what("logs");
    assert!(what.en.contains("clean\u{fffd}up (in the whole bucket: objects after 1 day)"), "{}", what.en);
    assert!(what.ko.contains("clean\u{fffd}up(버킷 전체: 객체는 1일 뒤)"), "{}", what.ko);
    let command = "aws s3api delete-bucket-lifecycle --bucket logs";
    says(&obstacle.how("trail.bucket"), &[command, "retention_days", "1"]);
    let of_report = obstacle.how("billing.bucket");
    says(&of_report, &[command]);
    assert!(!of_report.en.contains("retention_days"), "{}", of_report.en);
}

#[test]
fn a_bucket_that_cannot_be_looked_at_is_not_assessed() {
    assert_eq!(plan(&wanted(), &BucketFacts::Unseen(unseen())), Err(Obstacle::Unseen(unseen())));
}

#[test]
fn only_a_policy_without_our_lifecycle_shows_that_others_have_set_a_bucket_up() {
    let of_others = Settings { lifecycle: Ok(None), ..perfect() };
    assert!(mine(of_others.clone()).is_set_up_by_others());
    for ours in [perfect(), Settings::bare("eu-central-1"), Settings { policy: Ok(None), ..of_others }] {
        assert!(!mine(ours).is_set_up_by_others());
    }
    assert!(!BucketFacts::Free.is_set_up_by_others());
}

#[test]
fn a_bucket_of_somebody_else_or_of_another_region_is_left_alone() {
    assert_eq!(plan(&wanted(), &BucketFacts::NotMine), Err(Obstacle::NotMine));
    for settings in [perfect(), Settings::bare("")] {
        let elsewhere = mine(Settings { region: "eu-west-1".into(), ..settings });
        assert_eq!(plan(&wanted(), &elsewhere), Err(Obstacle::Elsewhere("eu-west-1".into())));
    }
}

#[test]
fn rights_by_an_access_control_list_are_left_to_a_person() {
    let with = |granted, ownership_enforced| {
        mine(Settings { granted, ownership_enforced: Ok(ownership_enforced), ..perfect() })
    };
    let others = || vec!["LogDelivery".to_owned()];
    assert_eq!(plan(&wanted(), &with(Ok(others()), false)), Err(Obstacle::Granted(others())));
    assert_eq!(plan(&wanted(), &with(Err(unseen()), false)), Err(Obstacle::Unseen(unseen())));
    let enforce = BucketChange::EnforceOwnership { bucket: bucket() };
    assert_eq!(plan(&wanted(), &with(Ok(Vec::new()), false)), Ok(vec![enforce]));
    assert_eq!(plan(&wanted(), &with(Ok(others()), true)), Ok(vec![]), "the list counts no more");
}

/// Whoever writes there may do so with keys of their own.
#[test]
fn only_a_bucket_of_ours_alone_refuses_keys_that_come_with_objects() {
    for (lifecycle, ours) in [(Some(kept_for(365)), true), (None, false)] {
        let wanted = Wanted { lifecycle, ..wanted() };
        let settings = Settings { encrypted: Ok(false), ..perfect() };
        let change = BucketChange::Encrypt { bucket: bucket(), blocks_customer_keys: ours };
        assert_eq!(plan(&wanted, &mine(settings)), Ok(vec![change]));
    }
}
