//! The practice account is as strict as AWS or stricter: asked through the SDK's own clients, under a clock that the
//! tests move.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sdk_iam::types::{ReportStateType, StatusType, SummaryKeyType};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};
use steps::aws::{Access, AwsFiles, Connection, ForCall, Identity};
use steps::error::AwsError;
use steps::mfa::{POLICY_NAME, policy_document};
use steps::private_bucket;
use steps::private_bucket::BucketFacts;
use tempfile::TempDir;
use winterbaume_core::MockRequest;

use super::{ACCOUNT_ID, Clock, ConsoleAction, PracticeAccount, RehearsalError, console, one_time_code};

/// What [`code`] gives for a call that AWS takes.
const OK: &str = "OK";

/// What each service answers to a key that it does not know.
const UNKNOWN_KEY: [(&str, &str); 6] = [
    ("sts", "InvalidClientTokenId"),
    ("iam", "InvalidClientTokenId"),
    ("s3", "InvalidAccessKeyId"),
    ("cloudtrail", "UnrecognizedClientException"),
    ("cur", "UnrecognizedClientException"),
    ("bcm-data-exports", "UnrecognizedClientException"),
];

const ADMINISTRATOR_ACCESS: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const TRAIL: &str = "arn:aws:cloudtrail:us-east-1:111122223333:trail/day-one";
const NO_POLICY_FOR_TRAIL: &str = "InsufficientS3BucketPolicyException";

// Who calls.

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
    ] {
        assert_eq!(read(&alice, service).await, expected, "{service}");
    }
}

// MFA devices.

#[tokio::test(start_paused = true)]
async fn a_device_is_enabled_by_two_codes_that_follow_one_another() {
    let setup = Setup::new().await;
    setup.user("alice").await;
    let device = setup.device("alice").await;
    assert_eq!(setup.enable("alice", &device, (-1, 0)).await, OK);
    let found = setup.root.iam().list_mfa_devices().user_name("alice").send().await.unwrap();
    let serials: Vec<_> = found.mfa_devices().iter().map(|device| device.serial_number()).collect();
    assert_eq!(serials, [device.serial.as_str()]);
}

#[tokio::test(start_paused = true)]
async fn equal_swapped_skipped_and_far_off_codes_enable_no_device() {
    let setup = Setup::new().await;
    setup.user("alice").await;
    let device = setup.device("alice").await;
    for windows in [(0, 0), (0, -1), (-2, 0), (-9, -8), (5, 6)] {
        let refused = setup.enable("alice", &device, windows).await;
        assert_eq!(refused, "InvalidAuthenticationCode", "{windows:?}");
    }
    let found = setup.root.iam().list_mfa_devices().user_name("alice").send().await.unwrap();
    assert!(found.mfa_devices().is_empty());
}

#[tokio::test(start_paused = true)]
async fn codes_that_enabled_a_device_do_not_enable_it_again() {
    let setup = Setup::new().await;
    setup.user("alice").await;
    let device = setup.enabled_device("alice").await;
    assert_eq!(setup.deactivate("alice", &device).await, OK);
    assert_eq!(setup.enable("alice", &device, (-1, 0)).await, "InvalidAuthenticationCode");
    windows_pass(2).await;
    assert_eq!(setup.enable("alice", &device, (-1, 0)).await, OK);
}

#[tokio::test(start_paused = true)]
async fn a_device_in_use_is_enabled_for_nobody_else() {
    let setup = Setup::new().await;
    setup.user("alice").await;
    setup.user("bob").await;
    let device = setup.enabled_device("alice").await;
    windows_pass(2).await;
    for user in ["alice", "bob"] {
        assert_eq!(setup.enable(user, &device, (-1, 0)).await, "EntityAlreadyExists", "{user}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_is_enabled_only_for_a_user_and_a_serial_number_that_exist() {
    let setup = Setup::new().await;
    setup.user("alice").await;
    let device = setup.device("alice").await;
    assert_eq!(setup.enable("nobody", &device, (-1, 0)).await, "NoSuchEntity");
    let missing = Device { serial: device.serial.replace("alice", "missing"), ..device.clone() };
    assert_eq!(setup.enable("alice", &missing, (-1, 0)).await, "NoSuchEntity");
    assert_eq!(setup.enable("alice", &device, (-1, 0)).await, OK);
}

#[tokio::test(start_paused = true)]
async fn a_hardware_token_is_enabled_by_codes_of_its_own_seed() {
    let setup = Setup::new().await;
    setup.user("alice").await;
    let serial = "GAHT12345678".to_owned();
    let of_another = Device { serial: serial.clone(), seed: super::hardware_seed("GAHT87654321") };
    assert_eq!(setup.enable("alice", &of_another, (-1, 0)).await, "InvalidAuthenticationCode");
    let own = Device { seed: super::hardware_seed(&serial), serial };
    assert_eq!(setup.enable("alice", &own, (-1, 0)).await, OK);
}

#[tokio::test(start_paused = true)]
async fn a_device_in_use_is_not_deleted() {
    let setup = Setup::new().await;
    setup.user("alice").await;
    let device = setup.enabled_device("alice").await;
    let delete = || setup.root.iam().delete_virtual_mfa_device().serial_number(&device.serial).send();
    assert_eq!(code(delete().await), "DeleteConflict");
    assert_eq!(setup.deactivate("alice", &device).await, OK);
    assert_eq!(code(delete().await), OK);
    assert_eq!(code(delete().await), "NoSuchEntity");
}

#[tokio::test(start_paused = true)]
async fn a_device_is_deactivated_only_for_its_owner() {
    let setup = Setup::new().await;
    setup.user("alice").await;
    setup.user("bob").await;
    let device = setup.enabled_device("alice").await;
    assert_eq!(setup.deactivate("bob", &device).await, "NoSuchEntity");
}

// Sessions.

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

// The policy that requires MFA.

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

// Users, groups and keys.

#[tokio::test(start_paused = true)]
async fn two_keys_are_the_most() {
    let setup = Setup::new().await;
    setup.user("alice").await;
    let iam = setup.root.iam();
    for expected in [OK, OK, "LimitExceeded"] {
        assert_eq!(code(iam.create_access_key().user_name("alice").send().await), expected);
    }
    // Root has one from the beginning.
    for expected in [OK, "LimitExceeded"] {
        assert_eq!(code(iam.create_access_key().send().await), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn names_are_unique_without_regard_to_case() {
    let setup = Setup::new().await;
    let iam = setup.root.iam();
    for (name, expected) in [("Alice", OK), ("alice", "EntityAlreadyExists")] {
        assert_eq!(code(iam.create_user().user_name(name).send().await), expected, "{name}");
        assert_eq!(code(iam.create_group().group_name(name).send().await), expected, "{name}");
        let device = iam.create_virtual_mfa_device().virtual_mfa_device_name(name);
        assert_eq!(code(device.send().await), expected, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_is_found_without_regard_to_case_and_spelled_as_it_was_made() {
    let setup = Setup::new().await;
    setup.user("Alice").await;
    let found = setup.root.iam().get_user().user_name("ALICE").send().await.unwrap();
    assert_eq!(found.user().unwrap().user_name(), "Alice");
}

#[tokio::test(start_paused = true)]
async fn a_user_with_a_key_is_not_deleted() {
    let setup = Setup::new().await;
    let alice = setup.lone_user_with_key().await;
    assert_eq!(setup.delete_user("alice").await, "DeleteConflict");
    assert_eq!(delete_key(&setup.root, &alice).await, OK);
    assert_eq!(setup.delete_user("alice").await, OK);
}

#[tokio::test(start_paused = true)]
async fn a_user_with_a_device_is_not_deleted() {
    let setup = Setup::new().await;
    setup.user("alice").await;
    let device = setup.enabled_device("alice").await;
    assert_eq!(setup.delete_user("alice").await, "DeleteConflict");
    assert_eq!(setup.deactivate("alice", &device).await, OK);
    assert_eq!(setup.delete_user("alice").await, OK);
}

#[tokio::test(start_paused = true)]
async fn a_user_with_a_policy_is_not_deleted() {
    let setup = Setup::new().await;
    setup.user("alice").await;
    let iam = setup.root.iam();
    let attach = iam.attach_user_policy().user_name("alice").policy_arn(ADMINISTRATOR_ACCESS);
    assert_eq!(code(attach.send().await), OK);
    assert_eq!(setup.delete_user("alice").await, "DeleteConflict");
    let detach = iam.detach_user_policy().user_name("alice").policy_arn(ADMINISTRATOR_ACCESS);
    assert_eq!(code(detach.send().await), OK);
    assert_eq!(setup.delete_user("alice").await, OK);
}

#[tokio::test(start_paused = true)]
async fn a_user_in_a_group_is_not_deleted() {
    let setup = Setup::new().await;
    setup.user("alice").await;
    let iam = setup.root.iam();
    assert_eq!(code(iam.create_group().group_name("Readers").send().await), OK);
    let add = iam.add_user_to_group().user_name("alice").group_name("Readers");
    assert_eq!(code(add.send().await), OK);
    assert_eq!(setup.delete_user("alice").await, "DeleteConflict");
    let remove = iam.remove_user_from_group().user_name("alice").group_name("Readers");
    assert_eq!(code(remove.send().await), OK);
    assert_eq!(setup.delete_user("alice").await, OK);
}

#[tokio::test(start_paused = true)]
async fn a_user_with_a_console_password_is_not_deleted() {
    let setup = Setup::new().await;
    setup.user("alice").await;
    assert_eq!(setup.set_password("alice", "Long-Enough-1").await, OK);
    assert_eq!(setup.delete_user("alice").await, "DeleteConflict");
    assert_eq!(code(setup.root.iam().delete_login_profile().user_name("alice").send().await), OK);
    assert_eq!(setup.delete_user("alice").await, OK);
}

// Passwords.

#[tokio::test(start_paused = true)]
async fn the_password_policy_refuses_zero_and_what_is_out_of_range() {
    let setup = Setup::new().await;
    let iam = setup.root.iam();
    let update = || iam.update_account_password_policy();
    for request in [
        update().minimum_password_length(5),
        update().minimum_password_length(129),
        update().max_password_age(0),
        update().max_password_age(1096),
        update().password_reuse_prevention(0),
        update().password_reuse_prevention(25),
    ] {
        assert_eq!(code(request.send().await), "ValidationError");
    }
    assert_eq!(code(iam.get_account_password_policy().send().await), "NoSuchEntity");
}

#[tokio::test(start_paused = true)]
async fn the_password_policy_forgets_what_an_update_leaves_out() {
    let setup = Setup::new().await;
    let iam = setup.root.iam();
    let strong = iam.update_account_password_policy().minimum_password_length(14).require_symbols(true);
    let strong = strong.allow_users_to_change_password(true).password_reuse_prevention(24);
    assert_eq!(code(strong.send().await), OK);
    let longer = iam.update_account_password_policy().minimum_password_length(16);
    assert_eq!(code(longer.send().await), OK);
    let found = iam.get_account_password_policy().send().await.unwrap();
    let found = found.password_policy().unwrap();
    assert_eq!(found.minimum_password_length(), Some(16));
    assert_eq!((found.require_symbols(), found.allow_users_to_change_password()), (false, false));
    assert_eq!(found.password_reuse_prevention(), None);
}

#[tokio::test(start_paused = true)]
async fn without_a_password_policy_eight_characters_of_three_kinds_are_needed() {
    let setup = Setup::new().await;
    setup.user("alice").await;
    for weak in ["Short-1", "onlysmallletters", "small-and-symbols", "small1234"] {
        assert_eq!(setup.set_password("alice", weak).await, "PasswordPolicyViolation", "{weak}");
    }
    assert_eq!(setup.set_password("alice", "Long-Enough-1").await, OK);
}

#[tokio::test(start_paused = true)]
async fn a_password_has_to_meet_the_policy() {
    let setup = Setup::new().await;
    setup.user("alice").await;
    let policy = setup.root.iam().update_account_password_policy();
    let policy = policy.minimum_password_length(14).require_symbols(true).require_numbers(true);
    assert_eq!(code(policy.send().await), OK);
    for weak in ["Long-Enough-1", "LongEnough12345", "Long-Enough-Now"] {
        assert_eq!(setup.set_password("alice", weak).await, "PasswordPolicyViolation", "{weak}");
    }
    assert_eq!(setup.set_password("alice", "Long-Enough-14").await, OK);
}

#[tokio::test(start_paused = true)]
async fn a_console_password_is_not_made_over_another() {
    let setup = Setup::new().await;
    setup.user("alice").await;
    for expected in [OK, "EntityAlreadyExists"] {
        assert_eq!(setup.set_password("alice", "Long-Enough-1").await, expected);
    }
}

// Buckets.

#[tokio::test(start_paused = true)]
async fn the_account_regional_namespace_has_names_of_its_own() {
    let setup = Setup::new().await;
    for (bucket, in_namespace, expected) in [
        ("logs-111122223333-us-east-1-an", false, "InvalidBucketName"),
        ("logs-111122223333-eu-west-1-an", true, "InvalidBucketName"),
        ("logs-444455556666-us-east-1-an", true, "InvalidBucketName"),
        ("logs-111122223333-us-east-1", true, "InvalidBucketName"),
        ("logs-111122223333-us-east-1-an", true, OK),
    ] {
        let mut request = setup.root.s3("us-east-1").create_bucket().bucket(bucket);
        if in_namespace {
            request = request.bucket_namespace("account-regional".into());
        }
        assert_eq!(code(request.send().await), expected, "{bucket}, {in_namespace}");
    }
}

#[tokio::test(start_paused = true)]
async fn reserved_bucket_names_are_refused() {
    let setup = Setup::new().await;
    for bucket in ["amzn-s3-demo-logs", "sthree-logs", "xn--logs"] {
        let refused = create_bucket(&setup.root, "us-east-1", bucket, None).await;
        assert_eq!(refused, "InvalidBucketName", "{bucket}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_bucket_names_its_region_everywhere_but_in_us_east_1() {
    let setup = Setup::new().await;
    for (endpoint, location, expected) in [
        ("us-east-1", Some("us-east-1"), "InvalidLocationConstraint"),
        ("us-east-1", None, OK),
        ("eu-west-1", None, "IllegalLocationConstraintException"),
        ("eu-west-1", Some("us-west-2"), "IllegalLocationConstraintException"),
        ("eu-west-1", Some("eu-west-1"), OK),
    ] {
        let bucket = format!("logs-{endpoint}");
        let answer = create_bucket(&setup.root, endpoint, &bucket, location).await;
        assert_eq!(answer, expected, "{endpoint}, {location:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_bucket_is_made_once() {
    let setup = Setup::new().await;
    for expected in [OK, "BucketAlreadyOwnedByYou"] {
        assert_eq!(create_bucket(&setup.root, "us-east-1", "logs", None).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_bucket_blocks_public_access() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    let found = setup.root.s3("us-east-1").get_public_access_block().bucket("logs").send().await.unwrap();
    let found = found.public_access_block_configuration().unwrap();
    assert_eq!((found.block_public_acls(), found.ignore_public_acls()), (Some(true), Some(true)));
    assert_eq!((found.block_public_policy(), found.restrict_public_buckets()), (Some(true), Some(true)));
}

#[tokio::test(start_paused = true)]
async fn another_region_s_endpoint_only_says_where_a_bucket_is() {
    let setup = Setup::new().await;
    assert_eq!(create_bucket(&setup.root, "eu-west-1", "logs", Some("eu-west-1")).await, OK);
    let s3 = setup.root.s3("us-east-1");
    let answer = s3.head_bucket().bucket("logs").send().await;
    let response = answer.as_ref().err().and_then(|error| error.raw_response());
    let region = response.and_then(|response| response.headers().get("x-amz-bucket-region"));
    assert_eq!(region, Some("eu-west-1"));
    assert_eq!(code(answer), "HTTP 301");
    assert_eq!(code(s3.get_bucket_policy().bucket("logs").send().await), "PermanentRedirect");
    assert_eq!(code(setup.root.s3("eu-west-1").head_bucket().bucket("logs").send().await), OK);
}

#[tokio::test(start_paused = true)]
async fn a_bucket_of_another_owner_is_out_of_reach() {
    let setup = Setup::new().await;
    let s3 = setup.root.s3("us-east-1");
    assert_eq!(create_bucket(&setup.root, "us-east-1", "taken-logs", None).await, "BucketAlreadyExists");
    assert_eq!(code(s3.head_bucket().bucket("taken-logs").send().await), "HTTP 403");
    assert_eq!(code(s3.get_bucket_policy().bucket("taken-logs").send().await), "AccessDenied");
    assert_eq!(setup.put_policy("taken-logs", &for_trail("taken-logs", TRAIL)).await, "AccessDenied");
}

#[tokio::test(start_paused = true)]
async fn a_bucket_has_to_be_of_the_owner_that_is_expected() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    let s3 = setup.root.s3("us-east-1");
    for (owner, expected) in [("444455556666", "HTTP 403"), (ACCOUNT_ID, OK)] {
        let head = s3.head_bucket().bucket("logs").expected_bucket_owner(owner);
        assert_eq!(code(head.send().await), expected, "{owner}");
    }
    let write = s3.put_bucket_policy().bucket("logs").expected_bucket_owner("444455556666");
    let write = write.policy(for_trail("logs", TRAIL).to_string());
    assert_eq!(code(write.send().await), "AccessDenied");
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_is_not_there_is_not_found() {
    let setup = Setup::new().await;
    let s3 = setup.root.s3("us-east-1");
    assert_eq!(code(s3.head_bucket().bucket("logs").send().await), "NotFound");
    assert_eq!(code(s3.get_bucket_policy().bucket("logs").send().await), "NoSuchBucket");
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_may_not_be_looked_at_is_told_from_one_of_another_account() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    let observe = async |identity: &Identity, name: &str| {
        private_bucket::observe(identity, name, "us-east-1").await.unwrap()
    };
    assert!(matches!(observe(&setup.root, "logs").await, BucketFacts::Mine(_)));
    assert_eq!(observe(&setup.root, "taken-logs").await, BucketFacts::NotMine);
    assert_eq!(observe(&setup.root, "free-logs").await, BucketFacts::Free);
    let policy = json!({"Version": "2012-10-17", "Statement": [denial("s3:ListBucket")]});
    assert_eq!(setup.put_policy("logs", &policy).await, OK);
    let nobody = setup.lone_user_with_key().await;
    for (identity, name) in [
        (&setup.root, "logs"),
        (&nobody, "logs"),
        (&nobody, "taken-logs"),
        (&nobody, "logs-111122223333-us-east-1-an"),
    ] {
        let facts = observe(identity, name).await;
        let BucketFacts::Unseen(unseen) = &facts else { panic!("{name}: {facts:?}") };
        assert_eq!((unseen.operation, unseen.code.as_str()), ("s3:ListBucket", "AccessDenied"), "{name}");
    }
}

/// An answer to HEAD has no body that says so, and S3 learns of a new key later than IAM does.
#[tokio::test(start_paused = true)]
async fn a_bucket_is_seen_with_a_key_that_s3_does_not_know_yet() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    let key = setup.administrator_key().await;
    let alice = setup.connection.with_new_key(key).await.unwrap();
    let facts = private_bucket::observe(&alice, "logs", "us-east-1").await.unwrap();
    assert!(matches!(facts, BucketFacts::Mine(_)), "{facts:?}");
}

// Bucket policies.

#[tokio::test(start_paused = true)]
async fn what_is_no_policy_of_the_bucket_is_malformed() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    let nobody = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs/*"});
    for policy in [
        json!("no policy"),
        json!({"Statement": [{"Effect": "Perhaps"}]}),
        json!({"Version": "2012-10-17", "Statement": [nobody]}),
        for_trail("another", TRAIL),
    ] {
        assert_eq!(setup.put_policy("logs", &policy).await, "MalformedPolicy", "{policy}");
    }
    let found = setup.root.s3("us-east-1").get_bucket_policy().bucket("logs").send().await;
    assert_eq!(code(found), "NoSuchBucketPolicy");
}

#[tokio::test(start_paused = true)]
async fn a_public_policy_is_blocked() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    for principal in [json!("*"), json!({"AWS": "*"})] {
        let statement = json!({"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject",
                               "Resource": "arn:aws:s3:::logs/*"});
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
        assert_eq!(setup.put_policy("logs", &policy).await, "AccessDenied", "{policy}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_locks_everybody_out_is_refused() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    let policy = json!({"Version": "2012-10-17", "Statement": [denial("s3:*")]});
    let request = setup.root.s3("us-east-1").put_bucket_policy().bucket("logs").policy(policy.to_string());
    let refused = request.send().await.for_call("s3:PutBucketPolicy").unwrap_err();
    assert!(refused.is("MalformedPolicy") && refused.message.contains("in the future"), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn what_a_bucket_policy_denies_is_denied_to_root_too_until_root_mends_it() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    let policy = json!({"Version": "2012-10-17", "Statement": [denial("s3:ListBucket")]});
    assert_eq!(setup.put_policy("logs", &policy).await, OK);
    let s3 = setup.root.s3("us-east-1");
    assert_eq!(code(s3.list_objects_v2().bucket("logs").send().await), "AccessDenied");
    assert_eq!(code(s3.delete_bucket_policy().bucket("logs").send().await), OK);
    assert_eq!(code(s3.list_objects_v2().bucket("logs").send().await), OK);
}

// Trails.

#[tokio::test(start_paused = true)]
async fn a_trail_needs_a_bucket() {
    let setup = Setup::new().await;
    assert_eq!(create_trail(&setup.root, "day-one").await, "S3BucketDoesNotExistException");
}

#[tokio::test(start_paused = true)]
async fn a_trail_needs_a_bucket_policy() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    for _ in 0..3 {
        assert_eq!(create_trail(&setup.root, "day-one").await, NO_POLICY_FOR_TRAIL);
    }
}

#[tokio::test(start_paused = true)]
async fn a_bucket_policy_for_another_trail_is_not_enough() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    let another = TRAIL.replace("day-one", "another");
    assert_eq!(setup.put_policy("logs", &for_trail("logs", &another)).await, OK);
    for _ in 0..3 {
        assert_eq!(create_trail(&setup.root, "day-one").await, NO_POLICY_FOR_TRAIL);
    }
    assert_eq!(create_trail(&setup.root, "another").await, OK);
}

#[tokio::test(start_paused = true)]
async fn a_bucket_policy_is_not_seen_at_the_first_try() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    assert_eq!(setup.put_policy("logs", &for_trail("logs", TRAIL)).await, OK);
    for expected in [NO_POLICY_FOR_TRAIL, OK, "TrailAlreadyExistsException"] {
        assert_eq!(create_trail(&setup.root, "day-one").await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn five_trails_are_the_most() {
    let setup = Setup::new().await;
    setup.bucket_for_trails().await;
    for number in 1..=5 {
        assert_eq!(create_trail(&setup.root, &format!("trail-{number}")).await, OK, "{number}");
    }
    assert_eq!(create_trail(&setup.root, "trail-6").await, "MaximumNumberOfTrailsExceededException");
}

#[tokio::test(start_paused = true)]
async fn a_trail_of_all_regions_includes_global_services() {
    let setup = Setup::new().await;
    setup.bucket_for_trails().await;
    let request = setup.root.cloudtrail("us-east-1").create_trail().name("day-one").s3_bucket_name("logs");
    let request = request.is_multi_region_trail(true).include_global_service_events(false);
    assert_eq!(code(request.send().await), "InvalidParameterCombinationException");
}

#[tokio::test(start_paused = true)]
async fn a_trail_is_changed_only_in_its_home_region() {
    let setup = Setup::new().await;
    setup.bucket_for_trails().await;
    assert_eq!(create_trail(&setup.root, "day-one").await, OK);
    let elsewhere = setup.root.cloudtrail("eu-west-1");
    for (trail, expected) in [(TRAIL, "InvalidHomeRegionException"), ("day-one", "TrailNotFoundException")] {
        assert_eq!(code(elsewhere.start_logging().name(trail).send().await), expected);
        assert_eq!(code(elsewhere.delete_trail().name(trail).send().await), expected);
    }
    let home = setup.root.cloudtrail("us-east-1");
    assert_eq!(code(home.start_logging().name("day-one").send().await), OK);
}

#[tokio::test(start_paused = true)]
async fn a_trail_of_all_regions_has_shadows_in_the_others() {
    let setup = Setup::new().await;
    setup.bucket_for_trails().await;
    assert_eq!(create_trail(&setup.root, "day-one").await, OK);
    for (shadows, expected) in [(true, 1), (false, 0)] {
        let elsewhere = setup.root.cloudtrail("eu-west-1").describe_trails().include_shadow_trails(shadows);
        assert_eq!(elsewhere.send().await.unwrap().trail_list().len(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_trail_moves_only_to_a_bucket_that_it_may_use() {
    let setup = Setup::new().await;
    setup.bucket_for_trails().await;
    assert_eq!(create_trail(&setup.root, "day-one").await, OK);
    let cloudtrail = setup.root.cloudtrail("us-east-1");
    let moved =
        async |bucket: &str| code(cloudtrail.update_trail().name(TRAIL).s3_bucket_name(bucket).send().await);
    assert_eq!(moved("bills").await, "S3BucketDoesNotExistException");
    setup.bucket("bills").await;
    assert_eq!(setup.put_policy("bills", &for_trail("bills", TRAIL)).await, OK);
    for expected in [NO_POLICY_FOR_TRAIL, OK] {
        assert_eq!(moved("bills").await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_trail_logs_and_delivers_only_once_it_is_started() {
    let setup = Setup::new().await;
    setup.bucket_for_trails().await;
    assert_eq!(create_trail(&setup.root, "day-one").await, OK);
    a_minute_passes().await;
    assert_eq!(setup.logging_and_delivered().await, (false, false));
    assert_eq!(setup.objects_in("logs").await, 0);

    let start = setup.root.cloudtrail("us-east-1").start_logging().name("day-one");
    assert_eq!(code(start.send().await), OK);
    assert_eq!(setup.logging_and_delivered().await, (true, false));
    a_minute_passes().await;
    assert_eq!(setup.logging_and_delivered().await, (true, true));
    assert_eq!(setup.objects_in("logs").await, 1);
}

// Cost and Usage Reports.

#[tokio::test(start_paused = true)]
async fn reports_are_defined_only_in_us_east_1() {
    let setup = Setup::new().await;
    let key = setup.account.root_access_key();
    for service in ["cur", "bcm-data-exports"] {
        for (region, answered) in [("us-east-1", true), ("eu-west-1", false)] {
            let scope = format!("{}/20261123/{region}/{service}/aws4_request", key.access_key_id());
            let signature = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
            let answer = setup.account.answer(request(Some(&signature), "{}")).await;
            assert_eq!(answer.is_some(), answered, "{service} in {region}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_report_needs_a_bucket_policy_for_it() {
    let setup = Setup::new().await;
    setup.bucket("bills").await;
    let refused = define(&setup.root, &report("day-one")).await.unwrap_err();
    assert!(is_about_the_bucket(&refused), "{refused:?}");
    assert_eq!(setup.put_policy("bills", &for_trail("bills", TRAIL)).await, OK);
    let refused = define(&setup.root, &report("day-one")).await.unwrap_err();
    assert!(is_about_the_bucket(&refused), "{refused:?}");
    assert_eq!(setup.put_policy("bills", &for_reports()).await, OK);
    define(&setup.root, &report("day-one")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_report_names_the_region_of_its_bucket() {
    let setup = Setup::new().await;
    setup.bucket_for_reports().await;
    let elsewhere = with(report("day-one"), "S3Region", json!("eu-west-1"));
    let refused = define(&setup.root, &elsewhere).await.unwrap_err();
    assert!(is_about_the_bucket(&refused), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn odd_combinations_are_refused_without_a_word() {
    let setup = Setup::new().await;
    setup.bucket_for_reports().await;
    for (field, value) in [
        ("Compression", json!("ZIP")),
        ("Format", json!("textORcsv")),
        ("ReportVersioning", json!("CREATE_NEW_REPORT")),
        ("S3Prefix", json!("")),
        ("AdditionalArtifacts", json!(["ATHENA", "REDSHIFT"])),
        ("AdditionalArtifacts", json!(["QUICKSIGHT"])),
        ("TimeUnit", json!("WEEKLY")),
    ] {
        let odd = with(report("day-one"), field, value.clone());
        let refused = define(&setup.root, &odd).await.unwrap_err();
        assert!(refused.is("Validation"), "{field}, {value}: {refused:?}");
        assert!(!is_about_the_bucket(&refused), "{field}, {value}: {refused:?}");
    }
    define(&setup.root, &report("day-one")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_report_is_defined_once() {
    let setup = Setup::new().await;
    setup.bucket_for_reports().await;
    define(&setup.root, &report("day-one")).await.unwrap();
    let refused = define(&setup.root, &report("day-one")).await.unwrap_err();
    assert!(refused.is("DuplicateReportNameException"), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn ten_reports_are_the_most_and_come_in_pages_of_five() {
    let setup = Setup::new().await;
    setup.bucket_for_reports().await;
    for number in 1..=10 {
        define(&setup.root, &report(&format!("report-{number}"))).await.unwrap();
    }
    let refused = define(&setup.root, &report("report-11")).await.unwrap_err();
    assert!(refused.is("ReportLimitReachedException"), "{refused:?}");
    let client = setup.root.cost_and_usage_report();
    let first = client.describe_report_definitions().send().await.unwrap();
    let second = client.describe_report_definitions().next_token(first.next_token().unwrap());
    let second = second.send().await.unwrap();
    assert_eq!((first.report_definitions().len(), second.report_definitions().len()), (5, 5));
    assert_eq!(second.next_token(), None);
}

#[tokio::test(start_paused = true)]
async fn a_report_is_delivered_a_while_after_it_was_defined() {
    let setup = Setup::new().await;
    setup.bucket_for_reports().await;
    define(&setup.root, &report("day-one")).await.unwrap();
    assert_eq!(setup.objects_in("bills").await, 0);
    a_minute_passes().await;
    assert_eq!(setup.objects_in("bills").await, 1);
}

// Data Exports.

#[tokio::test(start_paused = true)]
async fn an_export_needs_a_bucket_policy_for_it() {
    let setup = Setup::new().await;
    setup.bucket("bills").await;
    for policy in [None, Some(for_reports())] {
        if let Some(policy) = policy {
            assert_eq!(setup.put_policy("bills", &policy).await, OK);
        }
        let refused = create_export(&setup.root, &export("day-one")).await.unwrap_err();
        assert!(is_about_the_bucket(&refused), "{refused:?}");
    }
    assert_eq!(setup.put_policy("bills", &for_exports()).await, OK);
    create_export(&setup.root, &export("day-one")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_export_selects_only_what_its_table_has() {
    let setup = Setup::new().await;
    setup.bucket_for_exports().await;
    for query in [
        "SELECT * FROM COST_AND_USAGE_REPORT",
        "SELECT line_item_usage_type, nothing_like_it FROM COST_AND_USAGE_REPORT",
        "SELECT line_item_usage_type FROM ANOTHER_TABLE",
        "line_item_usage_type",
    ] {
        let mut odd = export("day-one");
        odd["DataQuery"]["QueryStatement"] = json!(query);
        let refused = create_export(&setup.root, &odd).await.unwrap_err();
        assert!(refused.is("Validation") && !is_about_the_bucket(&refused), "{query}: {refused:?}");
    }
    let mut of_resources = export("day-one");
    of_resources["DataQuery"]["QueryStatement"] =
        json!("SELECT line_item_resource_id FROM COST_AND_USAGE_REPORT");
    assert!(create_export(&setup.root, &of_resources).await.unwrap_err().is("Validation"));
    of_resources["DataQuery"]["TableConfigurations"]["COST_AND_USAGE_REPORT"]["INCLUDE_RESOURCES"] =
        json!("TRUE");
    create_export(&setup.root, &of_resources).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn exports_may_have_the_same_name_and_five_are_the_most() {
    let setup = Setup::new().await;
    setup.bucket_for_exports().await;
    for _ in 0..5 {
        create_export(&setup.root, &export("day-one")).await.unwrap();
    }
    let refused = create_export(&setup.root, &export("day-one")).await.unwrap_err();
    assert!(refused.is("ServiceQuotaExceeded"), "{refused:?}");
    let listed = setup.root.data_exports().list_exports().send().await.unwrap();
    assert_eq!(listed.exports().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn an_export_keeps_what_its_table_was_asked_for() {
    let setup = Setup::new().await;
    setup.bucket_for_exports().await;
    create_export(&setup.root, &export("day-one")).await.unwrap();
    let listed = setup.root.data_exports().list_exports().send().await.unwrap();
    let arn = listed.exports()[0].export_arn();
    let mut daily = export("day-one");
    daily["DataQuery"]["TableConfigurations"]["COST_AND_USAGE_REPORT"]["TIME_GRANULARITY"] = json!("DAILY");
    assert!(update_export(&setup.root, arn, &daily).await.unwrap_err().is("Validation"));
    let mut moved = export("day-one");
    moved["DestinationConfigurations"]["S3Destination"]["S3Prefix"] = json!("moved");
    update_export(&setup.root, arn, &moved).await.unwrap();
    assert!(update_export(&setup.root, "another", &moved).await.unwrap_err().is("ResourceNotFound"));
}

#[tokio::test(start_paused = true)]
async fn an_export_is_delivered_a_while_after_it_was_created() {
    let setup = Setup::new().await;
    setup.bucket_for_exports().await;
    create_export(&setup.root, &export("day-one")).await.unwrap();
    assert_eq!(setup.objects_in("bills").await, 0);
    a_minute_passes().await;
    assert_eq!(setup.objects_in("bills").await, 1);
}

// The credential report.

#[tokio::test(start_paused = true)]
async fn the_credential_report_is_there_at_the_second_ask() {
    let setup = Setup::new().await;
    let iam = setup.root.iam();
    assert_eq!(code(iam.get_credential_report().send().await), "ReportNotPresent");
    assert_eq!(ask_for_report(&setup.root).await, ReportStateType::Started);
    assert_eq!(code(iam.get_credential_report().send().await), "ReportInProgress");
    assert_eq!(ask_for_report(&setup.root).await, ReportStateType::Complete);
    assert!(credential_report(&setup.root).await.contains("\n<root_account>,"));
}

#[tokio::test(start_paused = true)]
async fn the_credential_report_is_up_to_four_hours_old() {
    let setup = Setup::new().await;
    ask_for_report(&setup.root).await;
    ask_for_report(&setup.root).await;
    setup.user("late").await;
    tokio::time::sleep(Duration::from_secs(4 * 3600 - 60)).await;
    assert_eq!(ask_for_report(&setup.root).await, ReportStateType::Complete);
    assert!(!credential_report(&setup.root).await.contains("\nlate,"));
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert_eq!(code(setup.root.iam().get_credential_report().send().await), "ReportExpired");
    assert_eq!(ask_for_report(&setup.root).await, ReportStateType::Started);
    assert_eq!(ask_for_report(&setup.root).await, ReportStateType::Complete);
    assert!(credential_report(&setup.root).await.contains("\nlate,"));
}

// The console, the verdict, and what is kept.

#[tokio::test(start_paused = true)]
async fn mfa_of_root_from_the_console_shows_in_the_account() {
    let setup = Setup::new().await;
    for enabled in [false, true] {
        if enabled {
            setup.account.console(ConsoleAction::RootMfa).await;
        }
        let summary = in_summary(&setup.root, SummaryKeyType::AccountMfaEnabled).await;
        assert_eq!(summary, Some(i32::from(enabled)));
        let found = setup.root.iam().list_virtual_mfa_devices().send().await.unwrap();
        let owners = found.virtual_mfa_devices().iter().filter_map(|device| device.user());
        assert_eq!(owners.filter(|owner| owner.arn().ends_with(":root")).count(), usize::from(enabled));
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_account_has_nothing_in_place() {
    let setup = Setup::new().await;
    let findings = setup.account.verdict().await;
    assert!(!findings.is_empty());
    let in_place: Vec<_> = findings.iter().filter(|finding| finding.in_place).collect();
    assert!(in_place.is_empty(), "{in_place:?}");
}

#[tokio::test]
async fn what_was_made_is_there_when_the_account_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let root = open(folder.path(), false).await;
    assert_eq!(code(root.iam().create_group().group_name("Administrators").send().await), OK);
    assert_eq!(create_bucket(&root, "eu-west-1", "logs", Some("eu-west-1")).await, OK);

    let again = open(folder.path(), false).await;
    assert_eq!(again.caller, root.caller);
    assert_eq!(code(again.iam().get_group().group_name("Administrators").send().await), OK);
    assert_eq!(code(again.s3("eu-west-1").head_bucket().bucket("logs").send().await), OK);
}

#[tokio::test]
async fn a_fresh_start_forgets_what_was_made() {
    let folder = tempfile::tempdir().unwrap();
    let root = open(folder.path(), false).await;
    assert_eq!(code(root.iam().create_group().group_name("Administrators").send().await), OK);
    console(&place(folder.path()), ConsoleAction::RootMfa).unwrap();

    let fresh = open(folder.path(), true).await;
    let group = fresh.iam().get_group().group_name("Administrators").send().await;
    assert_eq!(code(group), "NoSuchEntity");
    assert_eq!(in_summary(&fresh, SummaryKeyType::AccountMfaEnabled).await, Some(0));
}

#[tokio::test]
async fn an_open_account_sees_what_is_done_in_the_console_of_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let root = open(folder.path(), false).await;
    assert_eq!(in_summary(&root, SummaryKeyType::AccountMfaEnabled).await, Some(0));
    console(&place(folder.path()), ConsoleAction::RootMfa).unwrap();
    assert_eq!(in_summary(&root, SummaryKeyType::AccountMfaEnabled).await, Some(1));
}

#[tokio::test]
async fn only_the_owner_can_read_what_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let root = open(folder.path(), false).await;
    assert_eq!(code(root.iam().create_group().group_name("Administrators").send().await), OK);
    console(&place(folder.path()), ConsoleAction::BillingAccess).unwrap();
    assert_eq!(mode(&place(folder.path())), 0o700);
    let files = files_in(&place(folder.path()));
    assert_eq!(files.len(), 2, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{file:?}");
    }
}

#[tokio::test]
async fn what_is_kept_and_cannot_be_understood_is_not_taken_for_a_new_account() {
    let folder = tempfile::tempdir().unwrap();
    let root = open(folder.path(), false).await;
    assert_eq!(code(root.iam().create_group().group_name("Administrators").send().await), OK);
    for file in files_in(&place(folder.path())) {
        std::fs::write(file, "{").unwrap();
    }
    let opened = PracticeAccount::open(&place(folder.path()), false);
    assert!(matches!(opened, Err(RehearsalError::Unreadable { .. })), "{opened:?}");
}

/// A new account that nothing is kept of, and root signed in to it.
struct Setup {
    account: PracticeAccount,
    clock: Clock,
    connection: Connection,
    root: Identity,
    _folder: TempDir,
}

/// An MFA device, and what a person has of it.
#[derive(Clone)]
struct Device {
    serial: String,
    seed: String,
}

impl Setup {
    async fn new() -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
        let account = PracticeAccount::in_memory(clock.clone()).unwrap();
        let connection = connection(&account, folder.path());
        let root = connection.started_as().await.unwrap();
        Self { account, clock, connection, root, _folder: folder }
    }

    async fn user(&self, name: &str) {
        self.root.iam().create_user().user_name(name).send().await.unwrap();
    }

    async fn key_of(&self, user: &str) -> Credentials {
        let made = self.root.iam().create_access_key().user_name(user).send().await.unwrap();
        let key = made.access_key().unwrap();
        Credentials::new(key.access_key_id(), key.secret_access_key(), None, None, "test")
    }

    /// The key of a new user in the group of administrators.
    async fn administrator_key(&self) -> Credentials {
        let iam = self.root.iam();
        self.user("alice").await;
        iam.create_group().group_name("Administrators").send().await.unwrap();
        let attach = iam.attach_group_policy().group_name("Administrators").policy_arn(ADMINISTRATOR_ACCESS);
        attach.send().await.unwrap();
        iam.add_user_to_group().group_name("Administrators").user_name("alice").send().await.unwrap();
        self.key_of("alice").await
    }

    /// An administrator, whose key all services know.
    async fn administrator(&self) -> Identity {
        let key = self.administrator_key().await;
        self.signed_in(key).await
    }

    /// A user in no group, whose key all services know.
    async fn lone_user_with_key(&self) -> Identity {
        self.user("alice").await;
        let key = self.key_of("alice").await;
        self.signed_in(key).await
    }

    /// The owner of a key, once all services know it. From here on a refusal is not waited out.
    async fn signed_in(&self, key: Credentials) -> Identity {
        let patient = self.connection.with_new_key(key.clone()).await.unwrap();
        for (service, unknown) in UNKNOWN_KEY {
            assert_ne!(read(&patient, service).await, unknown, "{service}");
        }
        self.connection.with_credentials(key, None).await.unwrap()
    }

    async fn device(&self, name: &str) -> Device {
        let request = self.root.iam().create_virtual_mfa_device().virtual_mfa_device_name(name);
        let made = request.send().await.unwrap();
        let made = made.virtual_mfa_device().unwrap();
        let seed = made.base32_string_seed().unwrap().as_ref().to_vec();
        Device { serial: made.serial_number().to_owned(), seed: String::from_utf8(seed).unwrap() }
    }

    /// A device of a user, whose code of this moment is used up.
    async fn enabled_device(&self, user: &str) -> Device {
        let device = self.device(user).await;
        assert_eq!(self.enable(user, &device, (-1, 0)).await, OK);
        device
    }

    /// The code that a device shows so many windows from now.
    fn code_at(&self, device: &Device, windows: i64) -> String {
        let now = (self.clock)().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        one_time_code(&device.seed, now.checked_add_signed(windows * 30).unwrap()).unwrap()
    }

    async fn enable(&self, user: &str, device: &Device, (first, second): (i64, i64)) -> String {
        let request = self.root.iam().enable_mfa_device().user_name(user).serial_number(&device.serial);
        let request = request.authentication_code1(self.code_at(device, first));
        code(request.authentication_code2(self.code_at(device, second)).send().await)
    }

    async fn deactivate(&self, user: &str, device: &Device) -> String {
        let request = self.root.iam().deactivate_mfa_device().user_name(user);
        code(request.serial_number(&device.serial).send().await)
    }

    async fn session_without_mfa(&self, user: &Identity) -> Identity {
        let made = user.sts().get_session_token().send().await.unwrap();
        let made = made.credentials().unwrap();
        let session = session(made.access_key_id(), made.secret_access_key(), made.session_token());
        self.connection.with_credentials(session, Some(false)).await.unwrap()
    }

    /// A session of the administrator, with a device that is made for it.
    async fn mfa_session(&self, alice: &Identity) -> Identity {
        let device = self.enabled_device("alice").await;
        windows_pass(1).await;
        let session = with_code(alice, &device.serial, &self.code_at(&device, 0)).await.unwrap();
        self.connection.with_credentials(session, Some(true)).await.unwrap()
    }

    /// Has the group of administrators need MFA.
    async fn require_mfa(&self) {
        let iam = self.root.iam();
        let policy = iam.create_policy().policy_name(POLICY_NAME).policy_document(policy_document("aws"));
        let policy = policy.send().await.unwrap();
        let arn = policy.policy().and_then(|policy| policy.arn()).unwrap();
        let attach = iam.attach_group_policy().group_name("Administrators").policy_arn(arn);
        attach.send().await.unwrap();
    }

    async fn delete_user(&self, user: &str) -> String {
        code(self.root.iam().delete_user().user_name(user).send().await)
    }

    async fn set_password(&self, user: &str, password: &str) -> String {
        code(self.root.iam().create_login_profile().user_name(user).password(password).send().await)
    }

    async fn bucket(&self, name: &str) {
        assert_eq!(create_bucket(&self.root, "us-east-1", name, None).await, OK);
    }

    async fn put_policy(&self, bucket: &str, policy: &Value) -> String {
        let request = self.root.s3("us-east-1").put_bucket_policy().bucket(bucket);
        code(request.policy(policy.to_string()).send().await)
    }

    /// The bucket `logs`, with a policy for any trail that CloudTrail has seen.
    async fn bucket_for_trails(&self) {
        self.bucket("logs").await;
        let any = TRAIL.replace("day-one", "*");
        assert_eq!(self.put_policy("logs", &for_trail("logs", &any)).await, OK);
        assert_eq!(create_trail(&self.root, "too-early").await, NO_POLICY_FOR_TRAIL);
    }

    /// The bucket `bills`, with a policy for reports.
    async fn bucket_for_reports(&self) {
        self.bucket("bills").await;
        assert_eq!(self.put_policy("bills", &for_reports()).await, OK);
    }

    /// The bucket `bills`, with a policy for exports.
    async fn bucket_for_exports(&self) {
        self.bucket("bills").await;
        assert_eq!(self.put_policy("bills", &for_exports()).await, OK);
    }

    async fn objects_in(&self, bucket: &str) -> usize {
        let found = self.root.s3("us-east-1").list_objects_v2().bucket(bucket).send().await.unwrap();
        found.contents().len()
    }

    /// Whether the trail logs, and whether it has delivered.
    async fn logging_and_delivered(&self) -> (bool, bool) {
        let status = self.root.cloudtrail("us-east-1").get_trail_status().name("day-one").send().await;
        let status = status.unwrap();
        (status.is_logging() == Some(true), status.latest_delivery_time().is_some())
    }
}

/// A clock that runs with tokio's, which stands still while a test works and leaps over every wait. It begins with a
/// window of one-time codes.
fn clock() -> Clock {
    let begin = tokio::time::Instant::now();
    let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds - seconds % 30);
    Arc::new(move || start + begin.elapsed())
}

async fn windows_pass(windows: u64) {
    tokio::time::sleep(Duration::from_secs(windows * 30)).await;
}

async fn a_minute_passes() {
    tokio::time::sleep(Duration::from_secs(60)).await;
}

fn connection(account: &PracticeAccount, folder: &Path) -> Connection {
    let files = AwsFiles { credentials: folder.join("credentials"), config: folder.join("config") };
    Connection::through(account.http_client(), account.root_login(), files, Access::ReadWrite)
}

/// Root of the account that is kept below a folder.
async fn open(folder: &Path, fresh: bool) -> Identity {
    let account = PracticeAccount::open(&place(folder), fresh).unwrap();
    connection(&account, folder).started_as().await.unwrap()
}

/// Where [`open`] keeps the account. The folder is not there before.
fn place(folder: &Path) -> PathBuf {
    folder.join("account")
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// What AWS answers, in a word: the code of its refusal, or [`OK`].
fn code<T>(answer: impl ForCall<T>) -> String {
    match answer.for_call("practice:Call") {
        Ok(_) => OK.to_owned(),
        Err(error) => error.code.unwrap_or(error.message),
    }
}

/// What a service answers to a read that needs permission, but at STS, which lets everybody ask.
async fn read(identity: &Identity, service: &str) -> String {
    match service {
        "sts" => code(identity.sts().get_caller_identity().send().await),
        "iam" => code(identity.iam().list_users().send().await),
        "s3" => code(identity.s3("us-east-1").list_buckets().send().await),
        "cloudtrail" => code(identity.cloudtrail("us-east-1").describe_trails().send().await),
        "cur" => code(identity.cost_and_usage_report().describe_report_definitions().send().await),
        "bcm-data-exports" => code(identity.data_exports().list_exports().send().await),
        _ => panic!("the practice account has no {service}"),
    }
}

/// What a service answers before it lets the caller through.
async fn refusals(identity: &Identity, service: &str) -> Vec<String> {
    let mut refusals = Vec::new();
    while refusals.len() < 10 {
        match read(identity, service).await {
            answer if answer == OK => return refusals,
            refusal => refusals.push(refusal),
        }
    }
    panic!("{service} never let the key through: {refusals:?}")
}

async fn is_unknown_everywhere(identity: &Identity) {
    for (service, refusal) in UNKNOWN_KEY {
        assert_eq!(read(identity, service).await, refusal, "{service}");
    }
}

/// Deletes the key that Alice signs with.
async fn delete_key(root: &Identity, alice: &Identity) -> String {
    let request = root.iam().delete_access_key().user_name("alice");
    code(request.access_key_id(&alice.caller.access_key).send().await)
}

async fn with_code(user: &Identity, serial: &str, code: &str) -> Result<Credentials, AwsError> {
    let request = user.sts().get_session_token().serial_number(serial).token_code(code);
    let made = request.send().await.for_call("sts:GetSessionToken")?;
    let made = made.credentials().unwrap();
    Ok(session(made.access_key_id(), made.secret_access_key(), made.session_token()))
}

fn session(id: &str, secret: &str, token: &str) -> Credentials {
    Credentials::new(id, secret, Some(token.to_owned()), None, "test")
}

async fn in_summary(identity: &Identity, key: SummaryKeyType) -> Option<i32> {
    let summary = identity.iam().get_account_summary().send().await.unwrap();
    summary.summary_map().and_then(|numbers| numbers.get(&key)).copied()
}

async fn ask_for_report(identity: &Identity) -> ReportStateType {
    let answer = identity.iam().generate_credential_report().send().await.unwrap();
    answer.state().cloned().unwrap()
}

async fn credential_report(identity: &Identity) -> String {
    let answer = identity.iam().get_credential_report().send().await.unwrap();
    String::from_utf8(answer.content().unwrap().as_ref().to_vec()).unwrap()
}

/// The body is written out: its type is known to `steps` alone.
async fn create_bucket(identity: &Identity, endpoint: &str, bucket: &str, location: Option<&str>) -> String {
    let request = identity.s3(endpoint).create_bucket().bucket(bucket);
    let Some(location) = location else { return code(request.send().await) };
    let body = format!(
        "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <LocationConstraint>{location}</LocationConstraint></CreateBucketConfiguration>"
    );
    let request =
        request.customize().mutate_request(move |request| *request.body_mut() = SdkBody::from(body.as_str()));
    code(request.send().await)
}

async fn create_trail(identity: &Identity, name: &str) -> String {
    let request = identity.cloudtrail("us-east-1").create_trail().name(name).s3_bucket_name("logs");
    code(request.is_multi_region_trail(true).send().await)
}

/// The body is written out: its type is known to `steps` alone.
async fn define(identity: &Identity, report: &Value) -> Result<(), AwsError> {
    let body = json!({"ReportDefinition": report}).to_string();
    let request = identity.cost_and_usage_report().put_report_definition().customize();
    let request = request.mutate_request(move |request| *request.body_mut() = SdkBody::from(body.as_str()));
    request.send().await.for_call("cur:PutReportDefinition").map(drop)
}

/// The body is written out: its type is known to `steps` alone.
async fn create_export(identity: &Identity, export: &Value) -> Result<(), AwsError> {
    let body = json!({"Export": export}).to_string();
    let request = identity.data_exports().create_export().customize();
    let request = request.mutate_request(move |request| *request.body_mut() = SdkBody::from(body.as_str()));
    request.send().await.for_call("bcm-data-exports:CreateExport").map(drop)
}

async fn update_export(identity: &Identity, arn: &str, export: &Value) -> Result<(), AwsError> {
    let body = json!({"ExportArn": arn, "Export": export}).to_string();
    let request = identity.data_exports().update_export().customize();
    let request = request.mutate_request(move |request| *request.body_mut() = SdkBody::from(body.as_str()));
    request.send().await.for_call("bcm-data-exports:UpdateExport").map(drop)
}

/// An export that AWS takes.
fn export(name: &str) -> Value {
    let output = json!({"OutputType": "CUSTOM", "Format": "PARQUET", "Compression": "PARQUET",
                        "Overwrite": "OVERWRITE_REPORT"});
    let destination = json!({"S3Bucket": "bills", "S3Prefix": "cur", "S3Region": "us-east-1", "S3OutputConfigurations": output});
    json!({
        "Name": name, "RefreshCadence": {"Frequency": "SYNCHRONOUS"},
        "DataQuery": {
            "QueryStatement": "SELECT line_item_usage_type, line_item_unblended_cost FROM COST_AND_USAGE_REPORT",
            "TableConfigurations": {"COST_AND_USAGE_REPORT": {"TIME_GRANULARITY": "HOURLY"}}
        },
        "DestinationConfigurations": {"S3Destination": destination}
    })
}

/// The policy that exports need of the bucket `bills`.
fn for_exports() -> Value {
    let source = format!("arn:aws:bcm-data-exports:us-east-1:{ACCOUNT_ID}:export/*");
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "bcm-data-exports.amazonaws.com"}, "Action": "s3:PutObject",
         "Resource": "arn:aws:s3:::bills/*",
         "Condition": {"ArnLike": {"aws:SourceArn": source}, "StringEquals": {"aws:SourceAccount": ACCOUNT_ID}}}
    ]})
}

/// Whether a report was refused because its service may not use the bucket.
fn is_about_the_bucket(refused: &AwsError) -> bool {
    refused.is("Validation") && refused.message.contains("bucket permission")
}

/// A report that AWS takes.
fn report(name: &str) -> Value {
    json!({
        "ReportName": name, "TimeUnit": "HOURLY", "Format": "Parquet", "Compression": "Parquet",
        "S3Bucket": "bills", "S3Prefix": "cur", "S3Region": "us-east-1", "RefreshClosedReports": true,
        "AdditionalSchemaElements": ["RESOURCES"], "AdditionalArtifacts": ["ATHENA"],
        "ReportVersioning": "OVERWRITE_REPORT"
    })
}

fn with(mut report: Value, field: &str, value: Value) -> Value {
    report[field] = value;
    report
}

/// The policy that CloudTrail needs of a bucket, for a trail or a pattern of trails.
fn for_trail(bucket: &str, trail: &str) -> Value {
    let (arn, service) = (format!("arn:aws:s3:::{bucket}"), json!({"Service": "cloudtrail.amazonaws.com"}));
    let own_acl = json!({"s3:x-amz-acl": "bucket-owner-full-control"});
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": arn,
         "Condition": {"ArnLike": {"aws:SourceArn": trail}}},
        {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject",
         "Resource": format!("{arn}/AWSLogs/{ACCOUNT_ID}/*"),
         "Condition": {"ArnLike": {"aws:SourceArn": trail}, "StringEquals": own_acl}}
    ]})
}

/// The policy that reports need of the bucket `bills`.
fn for_reports() -> Value {
    let service = json!({"Service": "billingreports.amazonaws.com"});
    let source = format!("arn:aws:cur:us-east-1:{ACCOUNT_ID}:definition/*");
    let own = json!({"StringEquals": {"aws:SourceArn": source, "aws:SourceAccount": ACCOUNT_ID}});
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": service, "Action": ["s3:GetBucketAcl", "s3:GetBucketPolicy"],
         "Resource": "arn:aws:s3:::bills", "Condition": own},
        {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject",
         "Resource": "arn:aws:s3:::bills/*", "Condition": own}
    ]})
}

/// A statement that denies everybody something in the bucket `logs`.
fn denial(action: &str) -> Value {
    json!({"Effect": "Deny", "Principal": "*", "Action": action,
           "Resource": ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"]})
}

/// A request as it comes in, with this signature.
fn request(signature: Option<&str>, body: &'static str) -> MockRequest {
    let mut headers = http::HeaderMap::new();
    if let Some(signature) = signature {
        headers.insert("authorization", signature.parse().unwrap());
    }
    let uri = "https://example.amazonaws.com/".into();
    MockRequest { method: "POST".into(), uri, headers, body: body.into() }
}
