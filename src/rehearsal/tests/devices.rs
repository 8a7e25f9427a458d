//! MFA devices, and the codes that they show.

use super::*;

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
    let of_another = Device { serial: serial.clone(), seed: hardware_seed("GAHT87654321") };
    assert_eq!(setup.enable("alice", &of_another, (-1, 0)).await, "InvalidAuthenticationCode");
    let own = Device { seed: hardware_seed(&serial), serial };
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

#[tokio::test(start_paused = true)]
async fn eight_devices_are_the_most() {
    let setup = Setup::new().await;
    setup.user("alice").await;
    for number in 1..=8 {
        let device = setup.device(&format!("phone-{number}")).await;
        assert_eq!(setup.enable("alice", &device, (-1, 0)).await, OK, "{number}");
    }
    let ninth = setup.device("phone-9").await;
    assert_eq!(setup.enable("alice", &ninth, (-1, 0)).await, "LimitExceeded");
}

#[tokio::test(start_paused = true)]
async fn a_device_that_runs_ahead_is_brought_back_into_step() {
    let setup = Setup::new().await;
    let alice = setup.administrator().await;
    let device = setup.enabled_device("alice").await;
    let early = with_code(&alice, &device.serial, &setup.code_at(&device, 20)).await.unwrap_err();
    assert!(early.message.contains("invalid MFA one time pass code"), "{early:?}");
    for (windows, expected) in [((20, 22), "InvalidAuthenticationCode"), ((20, 21), OK)] {
        let request = setup.root.iam().resync_mfa_device().user_name("alice").serial_number(&device.serial);
        let request = request.authentication_code1(setup.code_at(&device, windows.0));
        let request = request.authentication_code2(setup.code_at(&device, windows.1));
        assert_eq!(code(request.send().await), expected, "{windows:?}");
    }
    windows_pass(2).await;
    with_code(&alice, &device.serial, &setup.code_at(&device, 20)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_device_is_shown_to_and_of_its_owner() {
    let setup = Setup::new().await;
    setup.user("alice").await;
    setup.user("bob").await;
    let device = setup.enabled_device("alice").await;
    let get = |user: &'static str| {
        setup.root.iam().get_mfa_device().serial_number(&device.serial).user_name(user).send()
    };
    let found = get("alice").await.unwrap();
    assert_eq!((found.serial_number(), found.user_name()), (device.serial.as_str(), Some("alice")));
    assert!(found.enable_date().is_some());
    assert_eq!(code(get("bob").await), "NoSuchEntity");
}

#[tokio::test(start_paused = true)]
async fn root_s_device_is_listed_for_root_and_can_be_taken_away_again() {
    let setup = Setup::new().await;
    let iam = setup.root.iam();
    assert!(iam.list_mfa_devices().send().await.unwrap().mfa_devices().is_empty());
    setup.account.console(ConsoleAction::RootMfa).await;
    let found = iam.list_mfa_devices().send().await.unwrap();
    let [device] = found.mfa_devices() else { panic!("{found:?}") };
    assert_eq!((device.serial_number(), device.user_name()), (ROOT_DEVICE, ""));
    assert_eq!(device.enable_date().secs(), i64::try_from(setup.now()).unwrap());
    assert_eq!(code(iam.deactivate_mfa_device().serial_number(ROOT_DEVICE).send().await), OK);
    assert_eq!(in_summary(&setup.root, SummaryKeyType::AccountMfaEnabled).await, Some(0));
    assert_eq!(code(iam.deactivate_mfa_device().serial_number(ROOT_DEVICE).send().await), "NoSuchEntity");
}

#[tokio::test(start_paused = true)]
async fn on_whichever_page_root_s_device_comes_last() {
    let setup = Setup::new().await;
    setup.account.seed_users(12).await;
    setup.account.console(ConsoleAction::RootMfa).await;
    for most in [5, 11, 12] {
        let request = setup.root.iam().list_virtual_mfa_devices().max_items(most);
        let listed = request.into_paginator().items().send().try_collect().await.unwrap();
        let last = listed.last().unwrap().serial_number();
        assert_eq!((listed.len(), last), (12, ROOT_DEVICE), "{most}");
    }
}

const ROOT_DEVICE: &str = "arn:aws:iam::111122223333:mfa/root-account-mfa-device";
