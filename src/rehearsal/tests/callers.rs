//! Who calls: keys that are missing, new, switched off or gone, and what another secret has signed.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_request_without_a_signature_is_refused() {
    let setup = Setup::new().await;
    let answer = setup.account.answer(request(None, "Action=ListUsers&Version=2010-05-08")).await.unwrap();
    assert_eq!(answer.status, 403);
    assert!(String::from_utf8_lossy(&answer.body).contains("<Code>MissingAuthenticationToken</Code>"));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_nobody_has_is_refused() {
    let setup = Setup::new().await;
    let nobody = Credentials::new("AKIAAAAAAAAAAAAAAAAA", "secret", None, None, "test");
    let refused = setup.connection.with_credentials(nobody, None).await.unwrap_err();
    assert!(refused.is("InvalidClientTokenId"), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn a_session_key_is_nothing_without_its_token() {
    let setup = Setup::new().await;
    let login = setup.account.root_login();
    for token in [None, Some("another".to_owned())] {
        let bare =
            Credentials::new(login.access_key_id(), login.secret_access_key(), token.clone(), None, "test");
        let refused = setup.connection.with_credentials(bare, None).await.unwrap_err();
        assert!(refused.is("InvalidClientTokenId"), "{token:?}: {refused:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_service_refuses_a_new_key_a_few_times_and_then_knows_it() {
    let setup = Setup::new().await;
    let key = setup.administrator_key().await;
    let early = setup.connection.with_credentials(key.clone(), None).await.unwrap_err();
    assert!(early.is("InvalidClientTokenId"), "{early:?}");
    setup.connection.with_new_key(key.clone()).await.unwrap();
    let alice = setup.connection.with_credentials(key, None).await.unwrap();
    for (service, refusal) in UNKNOWN_KEY.into_iter().filter(|(service, _)| *service != "sts") {
        let refusals = refusals(&alice, service).await;
        assert!(!refusals.is_empty(), "{service}");
        assert!(refusals.iter().all(|found| found == refusal), "{service}: {refusals:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_switched_off_is_refused_in_the_words_of_each_service() {
    let setup = Setup::new().await;
    let alice = setup.administrator().await;
    let request = setup.root.iam().update_access_key().user_name("alice");
    let request = request.access_key_id(&alice.caller.access_key).status(StatusType::Inactive);
    assert_eq!(code(request.send().await), OK);
    is_unknown_everywhere(&alice).await;
}

#[tokio::test(start_paused = true)]
async fn a_deleted_key_is_refused_in_the_words_of_each_service() {
    let setup = Setup::new().await;
    let alice = setup.administrator().await;
    assert_eq!(delete_key(&setup.root, &alice).await, OK);
    is_unknown_everywhere(&alice).await;
}

#[tokio::test(start_paused = true)]
async fn root_can_delete_the_key_that_it_signs_with_and_is_unknown_from_then_on() {
    let setup = Setup::new().await;
    let root = setup.connection.with_credentials(setup.account.root_access_key(), None).await.unwrap();
    assert!(root.caller.is_root());
    let request = root.iam().delete_access_key().access_key_id(&root.caller.access_key);
    assert_eq!(code(request.send().await), OK);
    is_unknown_everywhere(&root).await;
    assert_eq!(in_summary(&setup.root, SummaryKeyType::AccountAccessKeysPresent).await, Some(0));
}

#[tokio::test(start_paused = true)]
async fn a_user_without_permissions_may_only_ask_who_it_is() {
    let setup = Setup::new().await;
    let alice = setup.lone_user_with_key().await;
    for (service, expected) in [
        ("sts", OK),
        ("iam", "AccessDenied"),
        ("s3", "AccessDenied"),
        ("cloudtrail", "AccessDeniedException"),
        ("cur", "AccessDeniedException"),
        ("bcm-data-exports", "AccessDeniedException"),
    ] {
        assert_eq!(read(&alice, service).await, expected, "{service}");
    }
}

/// One read of each service, as it is asked on the wire.
const READS: [(&str, Ask<'static>); 8] = [
    ("iam", Ask { method: "POST", path: "/", region: "us-east-1", header: None, body: "Action=ListUsers" }),
    (
        "sts",
        Ask {
            method: "POST",
            path: "/",
            region: "us-east-1",
            header: None,
            body: "Action=GetCallerIdentity",
        },
    ),
    ("s3", Ask { method: "GET", path: "/", region: "us-east-1", header: None, body: "" }),
    (
        "cloudtrail",
        Ask {
            method: "POST",
            path: "/",
            region: "us-east-1",
            header: Some(("x-amz-target", "CloudTrail_20131101.DescribeTrails")),
            body: "{}",
        },
    ),
    (
        "organizations",
        Ask {
            method: "POST",
            path: "/",
            region: "us-east-1",
            header: Some(("x-amz-target", "AWSOrganizationsV20161128.DescribeOrganization")),
            body: "{}",
        },
    ),
    ("account", Ask { method: "POST", path: "/listRegions", region: "us-east-1", header: None, body: "{}" }),
    (
        "access-analyzer",
        Ask { method: "GET", path: "/analyzer", region: "us-east-1", header: None, body: "" },
    ),
    (
        "s3",
        Ask {
            method: "GET",
            path: "/v20180820/configuration/publicAccessBlock",
            region: "us-east-1",
            header: Some(("x-amz-account-id", ACCOUNT_ID)),
            body: "",
        },
    ),
];

/// The code of the refusal, or [`OK`].
fn refused(answer: &MockResponse) -> String {
    refusal_in(answer).map_or(OK.to_owned(), |(code, _)| code)
}

#[tokio::test(start_paused = true)]
async fn another_secret_is_refused_in_the_words_of_each_service() {
    let setup = Setup::new().await;
    let key = setup.account.root_access_key();
    let guessed = Credentials::new(key.access_key_id(), "guessed", None, None, "test");
    for (service, ask) in READS {
        let json = ["cloudtrail", "organizations", "account", "access-analyzer"].contains(&service);
        let expected = if json { "InvalidSignatureException" } else { "SignatureDoesNotMatch" };
        let answer = setup.ask_as(&guessed, service, ask).await;
        assert_eq!((answer.status, refused(&answer)), (403, expected.to_owned()), "{service}");
    }
    let used = setup.root.iam().get_access_key_last_used().access_key_id(key.access_key_id());
    let used = used.send().await.unwrap();
    let date = used.access_key_last_used().unwrap().last_used_date().unwrap().secs();
    assert!(date < i64::try_from(setup.now()).unwrap() - 86_400, "a guess is no use of a key");
}

#[tokio::test(start_paused = true)]
async fn the_right_secret_is_let_through_by_each_service() {
    let setup = Setup::new().await;
    let accepted = [OK, "AWSOrganizationsNotInUseException", "NoSuchPublicAccessBlockConfiguration"];
    for credentials in [setup.account.root_access_key(), setup.account.root_login()] {
        for (service, ask) in READS {
            let answer = refused(&setup.ask_as(&credentials, service, ask).await);
            assert!(accepted.contains(&answer.as_str()), "{service}: {answer}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_changed_on_the_way_is_refused() {
    let setup = Setup::new().await;
    let (service, ask) = READS[0];
    let login = setup.account.root_login();
    let mut other_body = signed(&login, service, ask);
    other_body.body = "Action=ListGroups".into();
    let mut other_region = signed(&login, service, ask);
    let header = other_region.headers["authorization"].to_str().unwrap().replace("us-east-1", "us-west-2");
    other_region.headers.insert("authorization", header.parse().unwrap());
    for request in [other_body, other_region] {
        let answer = setup.account.answer(request).await.unwrap();
        assert_eq!(refused(&answer), "SignatureDoesNotMatch");
    }
    let mut unfinished = signed(&login, service, ask);
    unfinished.headers.remove("x-amz-date");
    let answer = setup.account.answer(unfinished).await.unwrap();
    assert_eq!((answer.status, refused(&answer).as_str()), (400, "IncompleteSignature"));
}

#[tokio::test(start_paused = true)]
async fn a_new_key_of_root_needs_a_moment_too() {
    let setup = Setup::new().await;
    let made = setup.root.iam().create_access_key().send().await.unwrap();
    let key = made.access_key().unwrap();
    let key = Credentials::new(key.access_key_id(), key.secret_access_key(), None, None, "test");
    let early = setup.connection.with_credentials(key.clone(), None).await.unwrap_err();
    assert!(early.is("InvalidClientTokenId"), "{early:?}");
    let patient = setup.connection.with_new_key(key.clone()).await.unwrap();
    assert!(patient.caller.is_root());
    let root = setup.connection.with_credentials(key, None).await.unwrap();
    for (service, refusal) in UNKNOWN_KEY.into_iter().filter(|(service, _)| *service != "sts") {
        assert_eq!(read(&root, service).await, refusal, "{service}");
    }
    tokio::time::sleep(Duration::from_secs(600)).await;
    for (service, _) in UNKNOWN_KEY {
        assert_eq!(read(&root, service).await, OK, "{service}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_region_that_is_switched_off_knows_no_key() {
    let setup = Setup::new().await;
    let trails = |region: &str| setup.root.cloudtrail(region).describe_trails().send();
    assert_eq!(code(trails("af-south-1").await), "UnrecognizedClientException");
    assert_eq!(code(trails("ap-northeast-2").await), OK);
}
