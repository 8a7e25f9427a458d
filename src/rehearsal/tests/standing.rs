//! Who could get in, by the account's own judgement.

use std::sync::Mutex;

use super::*;

impl Setup {
    /// The ways in that Alice has.
    async fn ways_of_alice(&self) -> Vec<WayIn> {
        let standing = self.account.who_can_get_in().await;
        let alice = standing.administrators.iter().find(|administrator| administrator.user == "alice");
        alice.map(|alice| alice.ways.clone()).unwrap_or_default()
    }
}

#[tokio::test(start_paused = true)]
async fn root_gets_in_by_console_and_by_the_keys_that_work() {
    let setup = Setup::new().await;
    let key = setup.account.root_access_key();
    let standing = setup.account.who_can_get_in().await;
    assert!(standing.root_in_console && standing.somebody_can() && !standing.an_administrator_can());
    assert_eq!(standing.root_keys, [key.access_key_id()]);
    let off = setup.root.iam().update_access_key().access_key_id(key.access_key_id());
    assert_eq!(code(off.status(StatusType::Inactive).send().await), OK);
    assert_eq!(setup.account.who_can_get_in().await.root_keys, [] as [&str; 0]);
}

#[tokio::test(start_paused = true)]
async fn an_administrator_gets_in_as_the_policies_let_it() {
    let setup = Setup::new().await;
    let key = setup.administrator_key().await;
    let id = key.access_key_id().to_owned();
    assert_eq!(setup.ways_of_alice().await, [WayIn::AccessKey { id: id.clone(), mfa: false }]);
    assert_eq!(setup.set_password("alice", "Long-Enough-1").await, OK);
    let both = [WayIn::Password { mfa: false }, WayIn::AccessKey { id: id.clone(), mfa: false }];
    assert_eq!(setup.ways_of_alice().await, both);

    setup.require_mfa().await;
    assert_eq!(setup.ways_of_alice().await, [WayIn::AfterEnrolling, WayIn::AfterEnrolling]);
    assert!(!setup.account.who_can_get_in().await.can("alice"));
    setup.enabled_device("alice").await;
    let both = [WayIn::Password { mfa: true }, WayIn::AccessKey { id: id.clone(), mfa: true }];
    assert_eq!(setup.ways_of_alice().await, both);
    assert!(setup.account.who_can_get_in().await.can("alice"));

    let off = setup.root.iam().update_access_key().user_name("alice").access_key_id(&id);
    assert_eq!(code(off.status(StatusType::Inactive).send().await), OK);
    assert_eq!(code(setup.root.iam().delete_login_profile().user_name("alice").send().await), OK);
    assert_eq!(setup.ways_of_alice().await, []);
}

#[tokio::test(start_paused = true)]
async fn who_may_only_read_is_no_administrator() {
    let setup = Setup::new().await;
    setup.user("alice").await;
    setup.key_of("alice").await;
    let reads = "arn:aws:iam::aws:policy/SecurityAudit";
    assert_eq!(
        code(setup.root.iam().attach_user_policy().user_name("alice").policy_arn(reads).send().await),
        OK
    );
    assert_eq!(setup.ways_of_alice().await, []);
    let all = setup.root.iam().attach_user_policy().user_name("alice").policy_arn(ADMINISTRATOR_ACCESS);
    assert_eq!(code(all.send().await), OK);
    assert_eq!(setup.ways_of_alice().await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_witness_is_told_after_each_call_that_changes_something() {
    let setup = Setup::new().await;
    let seen = Arc::new(Mutex::new(Vec::<Standing>::new()));
    let notes = seen.clone();
    setup.account.set_witness(Some(Arc::new(move |standing: &Standing| {
        notes.lock().unwrap().push(standing.clone());
    })));
    setup.administrator_key().await;
    assert_eq!(read(&setup.root, "iam").await, OK);
    assert_eq!(seen.lock().unwrap().len(), setup.account.mutating_calls().len());
    assert!(seen.lock().unwrap().last().unwrap().can("alice"));
    assert!(!seen.lock().unwrap().first().unwrap().an_administrator_can());
    setup.account.set_witness(None);
    setup.user("bob").await;
    assert_eq!(seen.lock().unwrap().len() + 1, setup.account.mutating_calls().len());
}
