//! What is denied to everybody, and what is counted.

use super::*;

#[tokio::test(start_paused = true)]
async fn denied_permissions_are_refused_in_the_words_of_each_service() {
    let setup = Setup::new().await;
    let alice = setup.administrator().await;
    setup.account.deny(&["iam:List*", "s3:ListAllMyBuckets", "cloudtrail:DescribeTrails", "cur:*"]);
    for identity in [&setup.root, &alice] {
        for (service, expected) in [
            ("sts", OK),
            ("iam", "AccessDenied"),
            ("s3", "AccessDenied"),
            ("cloudtrail", "AccessDeniedException"),
            ("cur", "AccessDeniedException"),
        ] {
            assert_eq!(read(identity, service).await, expected, "{service}");
        }
        assert_eq!(code(identity.iam().get_account_summary().send().await), OK);
    }
    setup.account.deny(&[]);
    for (service, _) in UNKNOWN_KEY {
        assert_eq!(read(&setup.root, service).await, OK, "{service}");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_are_under_way_together_are_one_round_trip() {
    let setup = Setup::new().await;
    setup.account.round_trip(Duration::from_millis(100));
    setup.account.forget_passed();
    let began = tokio::time::Instant::now();
    let (iam, s3, cur) = tokio::join!(read(&setup.root, "iam"), read(&setup.root, "s3"), async {
        (read(&setup.root, "cloudtrail").await, read(&setup.root, "cur").await)
    },);
    assert_eq!((iam.as_str(), s3.as_str()), (OK, OK));
    assert_eq!(cur, (OK.to_owned(), OK.to_owned()));
    let passed = setup.account.passed();
    assert_eq!((passed.calls, passed.round_trips), (4, 2));
    assert_eq!(began.elapsed().as_millis() / 100, 2);
    assert_eq!(read(&setup.root, "iam").await, OK);
    assert_eq!(setup.account.passed().round_trips, 3);
    setup.account.forget_passed();
    assert_eq!(setup.account.passed().calls, 0);
}
