//! Changes and obstacles in words.

use super::*;

#[test]
fn changes_say_what_they_do_and_to_what() {
    let create = BucketChange::Create { bucket: bucket(), region: "eu-central-1".into() };
    let told: Vec<_> = std::iter::once(create)
        .chain(everything())
        .map(|change| format!("{:?} {}", change.verb(), change.resource()))
        .collect();
    assert_eq!(told, imagined::everything_told("logs"));
}

#[test]
fn summaries_name_what_the_operator_decides_about() {
    let create = BucketChange::Create { bucket: bucket(), region: "eu-central-1".into() };
    let lifecycle = |expire_after_days| BucketChange::PutLifecycle {
        bucket: bucket(),
        retention: Retention { expire_after_days, ..kept_for(365) },
    };
    let tagged = BucketChange::PutTags { bucket: bucket(), tags: our_tags() };
    let cases = [
        (create, "logs in eu-central-1", "eu-central-1 리전에 버킷 logs"),
        (lifecycle(Some(30)), "after 30 days", "30일"),
        (lifecycle(None), "objects stay", "객체는 유지"),
        (tagged, "managed-by = dayone, purpose = logs", "태그: managed-by = dayone, purpose = logs"),
        (BucketChange::Encrypt { bucket: bucket(), blocks_customer_keys: true }, "SSE-C", "SSE-C"),
        (put_policy(None, &[WRITES, TLS_ONLY, READERS], 0), "readers", "관리자"),
        (put_policy(None, &[WRITES, PARTNER_LISTS, NAMELESS_DENY_BOB], 2), "stay", "유지"),
        (put_policy(None, &[WRITES, PARTNER_READS], 0), PARTNER, PARTNER),
    ];
    for (change, en, ko) in cases {
        let summary = change.summary();
        assert!(summary.en.contains(en) && summary.ko.contains(ko), "{summary:?}");
    }
}

#[test]
fn a_policy_summary_promises_no_more_than_the_policy_holds() {
    let open = put_policy(None, &[WRITES, TLS_ONLY], 0).summary();
    assert!(!open.en.contains("readers") && !open.ko.contains("관리자"), "{open:?}");
    assert!(!open.en.contains("stay") && !open.ko.contains("유지"), "{open:?}");
    let kept = put_policy(None, &[WRITES, PARTNER_LISTS, NAMELESS_DENY_BOB], 2).summary();
    assert!(kept.en.contains('2') && kept.ko.contains('2'), "{kept:?}");
    let encrypted = BucketChange::Encrypt { bucket: bucket(), blocks_customer_keys: false }.summary();
    assert!(!encrypted.en.contains("SSE-C") && !encrypted.ko.contains("SSE-C"), "{encrypted:?}");
}

#[test]
fn an_obstacle_says_which_bucket_and_which_answer_helps() {
    let obstacles = [
        Obstacle::NotMine,
        Obstacle::Elsewhere("eu-west-1".into()),
        Obstacle::UnreadablePolicy,
        Obstacle::LockedOut(ALICE.into()),
        Obstacle::Public(vec!["Open".into()]),
        Obstacle::Granted(vec!["LogDelivery".into()]),
        Obstacle::TooLarge(20_481),
    ];
    for obstacle in obstacles {
        let (what, how) = (obstacle.what("lo\u{1b}gs"), obstacle.how("trail.bucket"));
        for (what, how) in [(&what.en, &how.en), (&what.ko, &how.ko)] {
            assert!(what.contains("lo\u{fffd}gs") && how.contains("trail.bucket"), "{what} {how}");
        }
    }
    for (obstacle, word) in [
        (Obstacle::Elsewhere("eu-west-1".into()), "eu-west-1"),
        (Obstacle::LockedOut(ALICE.into()), ALICE),
        (Obstacle::Public(vec!["One".into(), "Other\u{1b}".into()]), "One, Other\u{fffd}"),
        (Obstacle::Granted(vec!["LogDelivery".into()]), "LogDelivery"),
        (Obstacle::TooLarge(20_481), "20481"),
    ] {
        let what = obstacle.what("logs");
        assert!(what.en.contains(word) && what.ko.contains(word), "{what:?}");
    }
    says(&Obstacle::Unseen(unseen()).what("logs"), &[unseen().operation]);
}
