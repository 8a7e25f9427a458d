//! The console, and what is kept.

use futures_util::FutureExt;

use super::*;

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

#[tokio::test]
async fn what_was_made_is_there_when_the_account_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let root = open(folder.path()).await;
    assert_eq!(code(root.iam().create_group().group_name("Administrators").send().await), OK);
    assert_eq!(create_bucket(&root, "eu-west-1", "logs", Some("eu-west-1")).await, OK);

    let again = open(folder.path()).await;
    assert_eq!(again.caller, root.caller);
    assert_eq!(code(again.iam().get_group().group_name("Administrators").send().await), OK);
    assert_eq!(code(again.s3("eu-west-1").head_bucket().bucket("logs").send().await), OK);
}

/// A task that has worked for long without a wait is to let others have their turn, which an account cannot do when it
/// is opened.
#[tokio::test]
async fn an_account_can_be_opened_by_a_task_whose_turn_is_over() {
    while tokio::task::coop::consume_budget().now_or_never().is_some() {}
    PracticeAccount::in_memory(clock()).unwrap();
}

#[tokio::test]
async fn a_fresh_start_forgets_what_was_made() {
    let folder = tempfile::tempdir().unwrap();
    let root = open(folder.path()).await;
    assert_eq!(code(root.iam().create_group().group_name("Administrators").send().await), OK);
    console(&place(folder.path()), ConsoleAction::RootMfa).unwrap();

    forget(&place(folder.path())).unwrap();
    let fresh = open(folder.path()).await;
    let group = fresh.iam().get_group().group_name("Administrators").send().await;
    assert_eq!(code(group), "NoSuchEntity");
    assert_eq!(in_summary(&fresh, SummaryKeyType::AccountMfaEnabled).await, Some(0));
}

#[tokio::test]
async fn an_open_account_sees_what_is_done_in_the_console_of_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let root = open(folder.path()).await;
    assert_eq!(in_summary(&root, SummaryKeyType::AccountMfaEnabled).await, Some(0));
    console(&place(folder.path()), ConsoleAction::RootMfa).unwrap();
    assert_eq!(in_summary(&root, SummaryKeyType::AccountMfaEnabled).await, Some(1));
}

#[tokio::test]
async fn only_the_owner_can_read_what_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let root = open(folder.path()).await;
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
    let root = open(folder.path()).await;
    assert_eq!(code(root.iam().create_group().group_name("Administrators").send().await), OK);
    for file in files_in(&place(folder.path())) {
        std::fs::write(file, "{").unwrap();
    }
    let opened = PracticeAccount::open(&place(folder.path()));
    assert!(matches!(opened, Err(RehearsalError::Unreadable { .. })), "{opened:?}");
}

#[tokio::test]
async fn what_an_earlier_version_has_kept_is_understood() {
    let folder = tempfile::tempdir().unwrap();
    let root = open(folder.path()).await;
    assert_eq!(code(root.iam().create_user().user_name("alice").send().await), OK);
    let set = root.iam().create_login_profile().user_name("alice").password("Long-Enough-1");
    assert_eq!(code(set.send().await), OK);
    let made = root.iam().create_access_key().user_name("alice").send().await.unwrap();
    let key = made.access_key().unwrap().access_key_id().to_owned();
    make_older(&place(folder.path()));

    let account = PracticeAccount::open(&place(folder.path())).unwrap();
    let root = connection(&account, folder.path()).started_as().await.unwrap();
    assert_eq!(code(root.iam().get_user().user_name("alice").send().await), OK);
    assert_eq!(in_summary(&root, SummaryKeyType::AccountMfaEnabled).await, Some(1));
    let keys = root.iam().list_access_keys().user_name("alice").send().await.unwrap();
    assert_eq!(keys.access_key_metadata()[0].access_key_id(), Some(key.as_str()));
    assert_eq!(root.iam().list_access_keys().send().await.unwrap().access_key_metadata().len(), 1);
    let signed_in = account.sign_in(&SignIn { user: Some("alice".into()), code: None }).await;
    assert!(matches!(signed_in, Err(SignInRefusal::MayNotLogIn(_))), "{signed_in:?}");
}

/// Takes out of what is kept all that the first version did not know, and acts in the console.
fn make_older(folder: &Path) {
    let path = folder.join("account.json");
    let mut kept: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let memory = kept["memory"].as_object_mut().unwrap();
    for new in [
        "passwords",
        "console_seen",
        "root_mfa_since",
        "opened",
        "contacts",
        "analyzers",
        "public_access",
        "encryption_keys",
        "topics",
        "rules",
        "budgets",
    ] {
        assert!(memory.remove(new).is_some(), "{new}");
    }
    let event = json!({"id": "1", "time": 1, "name": "CreateUser", "source": "iam.amazonaws.com",
                       "user": "root", "key": "ASIA", "region": "us-east-1"});
    memory["events"] = json!([event]);
    let root_key = memory["root"]["keys"][0].as_object_mut().unwrap();
    for new in ["refused", "last_use"] {
        assert!(root_key.remove(new).is_some(), "{new}");
    }
    std::fs::write(&path, kept.to_string()).unwrap();
    console(folder, ConsoleAction::RootMfa).unwrap();
    console(folder, ConsoleAction::BillingAccess).unwrap();
}

#[tokio::test]
async fn a_look_keeps_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let looking = PracticeAccount::open_for_a_look(&place(folder.path())).unwrap();
    let root = connection(&looking, folder.path()).started_as().await.unwrap();
    assert_eq!(code(root.iam().create_group().group_name("Readers").send().await), OK);
    assert!(!place(folder.path()).exists());
}
