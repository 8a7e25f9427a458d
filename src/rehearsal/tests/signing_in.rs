//! Signing in in the browser, as `aws login` does.

use super::*;

const PASSWORD: &str = "Long-Enough-1";

impl Setup {
    async fn sign_in(&self, code: Option<String>) -> Result<SignedIn, SignInRefusal> {
        self.account.sign_in(&SignIn { user: None, code }).await
    }

    async fn last_used(&self, user: &str) -> Option<i64> {
        let found = self.root.iam().get_user().user_name(user).send().await.unwrap();
        let listed = self.root.iam().list_users().send().await.unwrap();
        let listed = listed.users().iter().find(|found| found.user_name() == user).unwrap();
        let used = found.user().unwrap().password_last_used().map(|used| used.secs());
        assert_eq!(listed.password_last_used().map(|used| used.secs()), used);
        used
    }
}

#[tokio::test(start_paused = true)]
async fn a_password_is_needed_to_sign_in_and_its_use_is_remembered() {
    let setup = Setup::new().await;
    assert_eq!(setup.sign_in(None).await.unwrap_err(), SignInRefusal::NobodyMeant);
    setup.administrator_key().await;
    assert_eq!(setup.sign_in(None).await.unwrap_err(), SignInRefusal::NoPassword("alice".into()));
    assert_eq!(setup.set_password("alice", PASSWORD).await, OK);
    assert_eq!(setup.last_used("alice").await, None);
    let signed_in = setup.sign_in(None).await.unwrap();
    assert_eq!((signed_in.user.as_str(), signed_in.mfa, signed_in.changed_password), ("alice", false, false));
    assert_eq!(setup.last_used("alice").await, Some(i64::try_from(setup.now()).unwrap()));
    ask_for_report(&setup.root).await;
    ask_for_report(&setup.root).await;
    let report = credential_report(&setup.root).await;
    let row = report.lines().find(|line| line.starts_with("alice,")).unwrap();
    assert!(!row.contains("no_information"), "{row}");
    let nobody = SignIn { user: Some("nobody".into()), code: None };
    let refused = setup.account.sign_in(&nobody).await.unwrap_err();
    assert_eq!(refused, SignInRefusal::UnknownUser("nobody".into()));
}

#[tokio::test(start_paused = true)]
async fn a_session_of_the_browser_does_what_its_user_may_for_twelve_hours() {
    let setup = Setup::new().await;
    setup.administrator_key().await;
    assert_eq!(setup.set_password("alice", PASSWORD).await, OK);
    let signed_in = setup.sign_in(None).await.unwrap();
    let alice = setup.connection.with_credentials(signed_in.credentials, None).await.unwrap();
    assert_eq!(alice.caller.arn, "arn:aws:iam::111122223333:user/alice");
    for (service, _) in UNKNOWN_KEY {
        assert_eq!(read(&alice, service).await, OK, "{service}");
    }
    assert_eq!(code(alice.sts().get_session_token().send().await), "AccessDenied");
    setup.require_mfa().await;
    assert_eq!(read(&alice, "iam").await, "AccessDenied", "it was made without MFA");
    tokio::time::sleep(Duration::from_secs(12 * 3600 + 1)).await;
    assert_eq!(read(&alice, "iam").await, "ExpiredToken");
}

#[tokio::test(start_paused = true)]
async fn who_has_a_device_is_asked_for_its_code() {
    let setup = Setup::new().await;
    setup.administrator_key().await;
    assert_eq!(setup.set_password("alice", PASSWORD).await, OK);
    let early = setup.sign_in(Some("123456".into())).await.unwrap_err();
    assert_eq!(early, SignInRefusal::NoDevice("alice".into()));
    let device = setup.enabled_device("alice").await;
    setup.require_mfa().await;
    assert_eq!(setup.sign_in(None).await.unwrap_err(), SignInRefusal::CodeNeeded("alice".into()));
    let burnt = setup.sign_in(Some(setup.code_at(&device, 0))).await.unwrap_err();
    assert_eq!(burnt, SignInRefusal::WrongCode("alice".into()));
    windows_pass(1).await;
    let signed_in = setup.sign_in(Some(setup.code_at(&device, 0))).await.unwrap();
    assert!(signed_in.mfa);
    let alice = setup.connection.with_credentials(signed_in.credentials, None).await.unwrap();
    assert_eq!(read(&alice, "iam").await, OK);
    let again = setup.sign_in(Some(setup.code_at(&device, 0))).await.unwrap_err();
    assert_eq!(again, SignInRefusal::WrongCode("alice".into()));
}

#[tokio::test(start_paused = true)]
async fn a_password_that_has_to_be_changed_is_changed_where_the_user_may() {
    let setup = Setup::new().await;
    let iam = setup.root.iam();
    setup.user("bob").await;
    let made = iam.create_login_profile().user_name("bob").password(PASSWORD).password_reset_required(true);
    assert_eq!(code(made.send().await), OK);
    let bob = SignIn { user: Some("BOB".into()), code: None };
    let refused = setup.account.sign_in(&bob).await.unwrap_err();
    assert_eq!(refused, SignInRefusal::MayNotChangePassword("bob".into()));
    let own = "arn:aws:iam::aws:policy/IAMUserChangePassword";
    assert_eq!(code(iam.attach_user_policy().user_name("bob").policy_arn(own).send().await), OK);
    let refused = setup.account.sign_in(&bob).await.unwrap_err();
    assert_eq!(refused, SignInRefusal::MayNotLogIn("bob".into()));
    let attach = iam.attach_user_policy().user_name("bob").policy_arn(ADMINISTRATOR_ACCESS);
    assert_eq!(code(attach.send().await), OK);
    assert!(setup.account.sign_in(&bob).await.unwrap().changed_password);
    let found = iam.get_login_profile().user_name("bob").send().await.unwrap();
    assert!(!found.login_profile().unwrap().password_reset_required());
    assert!(!setup.account.sign_in(&bob).await.unwrap().changed_password);
}

#[tokio::test]
async fn an_open_account_learns_of_a_sign_in_from_another_window() {
    let folder = tempfile::tempdir().unwrap();
    let nobody = sign_in(&place(folder.path()), &SignIn::default()).unwrap_err();
    assert!(matches!(nobody, RehearsalError::SignIn(SignInRefusal::NobodyMeant)), "{nobody:?}");

    let account = PracticeAccount::open(&place(folder.path())).unwrap();
    let connection = connection(&account, folder.path());
    let root = connection.started_as().await.unwrap();
    let iam = root.iam();
    assert_eq!(code(iam.create_user().user_name("alice").send().await), OK);
    let set = iam.create_login_profile().user_name("alice").password(PASSWORD);
    assert_eq!(code(set.send().await), OK);
    let attach = iam.attach_user_policy().user_name("alice").policy_arn(ADMINISTRATOR_ACCESS);
    assert_eq!(code(attach.send().await), OK);

    let who = SignIn { user: Some("alice".into()), code: None };
    let signed_in = sign_in(&place(folder.path()), &who).unwrap();
    let alice = connection.with_credentials(signed_in.credentials, None).await.unwrap();
    assert_eq!(read(&alice, "iam").await, OK);
    let found = iam.get_user().user_name("alice").send().await.unwrap();
    assert!(found.user().unwrap().password_last_used().is_some());

    // Once more, and with another run that opens the account afresh.
    let second = sign_in(&place(folder.path()), &who).unwrap();
    assert_eq!(read(&alice, "iam").await, OK);
    let again = PracticeAccount::open(&place(folder.path())).unwrap();
    let again = super::connection(&again, folder.path());
    let alice = again.with_credentials(second.credentials, None).await.unwrap();
    assert_eq!(read(&alice, "iam").await, OK);
}
