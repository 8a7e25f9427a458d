//! Sessions, with and without MFA, and the policy that requires it.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_code_is_taken_once() {
    let setup = Setup::new().await;
    let alice = setup.administrator().await;
    let device = setup.enabled_device("alice").await;
    let used = with_code(&alice, &device.serial, &setup.code_at(&device, 0)).await.unwrap_err();
    assert!(used.is("AccessDenied") && used.message.contains("invalid MFA one time pass code"), "{used:?}");
    windows_pass(1).await;
    let fresh = setup.code_at(&device, 0);
    with_code(&alice, &device.serial, &fresh).await.unwrap();
    let again = with_code(&alice, &device.serial, &fresh).await.unwrap_err();
    assert!(
        again.is("AccessDenied") && again.message.contains("invalid MFA one time pass code"),
        "{again:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_code_opens_a_session_only_with_a_device_of_the_caller() {
    let setup = Setup::new().await;
    let alice = setup.administrator().await;
    setup.user("bob").await;
    let bobs = setup.enabled_device("bob").await;
    windows_pass(1).await;
    let code = setup.code_at(&bobs, 0);
    for serial in [bobs.serial.as_str(), "arn:aws:iam::111122223333:mfa/missing"] {
        let refused = with_code(&alice, serial, &code).await.unwrap_err();
        assert!(refused.is("AccessDenied"), "{serial}: {refused:?}");
        assert!(refused.message.contains("unable to validate MFA code"), "{serial}: {refused:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_serial_number_without_a_code_opens_no_session() {
    let setup = Setup::new().await;
    let alice = setup.administrator().await;
    let device = setup.enabled_device("alice").await;
    let request = alice.sts().get_session_token().serial_number(&device.serial);
    assert_eq!(code(request.send().await), "ValidationError");
}

#[tokio::test(start_paused = true)]
async fn session_credentials_get_no_session() {
    let setup = Setup::new().await;
    let alice = setup.administrator().await;
    let session = setup.session_without_mfa(&alice).await;
    for identity in [&session, &setup.root] {
        assert_eq!(code(identity.sts().get_session_token().send().await), "AccessDenied");
    }
}

#[tokio::test(start_paused = true)]
async fn iam_does_not_know_a_session_without_mfa_and_other_services_do() {
    let setup = Setup::new().await;
    let alice = setup.administrator().await;
    let session = setup.session_without_mfa(&alice).await;
    assert_eq!(read(&session, "iam").await, "InvalidClientTokenId");
    for service in ["sts", "s3", "cloudtrail", "cur"] {
        assert_eq!(read(&session, service).await, OK, "{service}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_after_twelve_hours() {
    let setup = Setup::new().await;
    let alice = setup.administrator().await;
    let session = setup.mfa_session(&alice).await;
    assert_eq!(read(&session, "iam").await, OK);
    tokio::time::sleep(Duration::from_secs(12 * 3600 + 1)).await;
    for (service, expected) in
        [("iam", "ExpiredToken"), ("s3", "ExpiredToken"), ("cur", "ExpiredTokenException")]
    {
        assert_eq!(read(&session, service).await, expected, "{service}");
    }
}

#[tokio::test(start_paused = true)]
async fn required_mfa_refuses_what_carries_none() {
    let setup = Setup::new().await;
    let alice = setup.administrator().await;
    let session = setup.session_without_mfa(&alice).await;
    setup.require_mfa().await;
    for (service, expected) in [
        ("iam", "AccessDenied"),
        ("s3", "AccessDenied"),
        ("cloudtrail", "AccessDeniedException"),
        ("cur", "AccessDeniedException"),
    ] {
        assert_eq!(read(&alice, service).await, expected, "{service}");
    }
    assert_eq!(read(&session, "s3").await, "AccessDenied");
}

#[tokio::test(start_paused = true)]
async fn required_mfa_lets_an_mfa_session_through() {
    let setup = Setup::new().await;
    let alice = setup.administrator().await;
    setup.require_mfa().await;
    let session = setup.mfa_session(&alice).await;
    for (service, _) in UNKNOWN_KEY {
        assert_eq!(read(&session, service).await, OK, "{service}");
    }
}

#[tokio::test(start_paused = true)]
async fn required_mfa_lets_the_reads_that_enrolment_needs_through() {
    let setup = Setup::new().await;
    let alice = setup.administrator().await;
    setup.require_mfa().await;
    let iam = alice.iam();
    assert_eq!(code(iam.get_user().user_name("alice").send().await), OK);
    assert_eq!(code(iam.list_mfa_devices().user_name("alice").send().await), OK);
    assert_eq!(code(iam.list_virtual_mfa_devices().send().await), OK);
    assert_eq!(code(iam.list_access_keys().user_name("alice").send().await), "AccessDenied");
}

#[tokio::test(start_paused = true)]
async fn required_mfa_is_only_for_members_of_the_group() {
    let setup = Setup::new().await;
    setup.administrator_key().await;
    setup.user("bob").await;
    let attach = setup.root.iam().attach_user_policy().user_name("bob").policy_arn(ADMINISTRATOR_ACCESS);
    assert_eq!(code(attach.send().await), OK);
    setup.require_mfa().await;
    let key = setup.key_of("bob").await;
    let bob = setup.signed_in(key).await;
    assert_eq!(read(&bob, "iam").await, OK);
    assert_eq!(read(&setup.root, "iam").await, OK);
}

#[tokio::test(start_paused = true)]
async fn a_session_lasts_as_long_as_was_asked_for() {
    let setup = Setup::new().await;
    let alice = setup.administrator().await;
    for (seconds, expected) in [(899, "ValidationError"), (129_601, "ValidationError"), (900, OK)] {
        let asked = alice.sts().get_session_token().duration_seconds(seconds);
        assert_eq!(code(asked.send().await), expected, "{seconds}");
    }
    let made = alice.sts().get_session_token().duration_seconds(900).send().await.unwrap();
    let made = made.credentials().unwrap();
    let short = session(made.access_key_id(), made.secret_access_key(), made.session_token());
    let short = setup.connection.with_credentials(short, Some(false)).await.unwrap();
    assert_eq!(read(&short, "s3").await, OK);
    tokio::time::sleep(Duration::from_secs(901)).await;
    assert_eq!(read(&short, "s3").await, "ExpiredToken");
}
