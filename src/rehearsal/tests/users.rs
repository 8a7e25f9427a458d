//! Users, groups, keys and passwords, and the reports about them.

use steps::credential_report::CredentialReport;

use super::*;

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
async fn a_name_with_a_comma_is_one_cell_of_the_credential_report() {
    let setup = Setup::new().await;
    setup.user("alice,example").await;
    ask_for_report(&setup.root).await;
    ask_for_report(&setup.root).await;
    let report = CredentialReport::parse(&credential_report(&setup.root).await, None);
    let users: Vec<_> = report.users().map(|row| row.user.as_str()).collect();
    assert_eq!(users, ["alice,example"]);
    assert!(report.root().is_some());
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

#[tokio::test(start_paused = true)]
async fn made_up_users_have_what_users_have() {
    let setup = Setup::new().await;
    let iam = setup.root.iam();
    for count in [12, 120] {
        setup.account.seed_users(count).await;
        let listed = iam.list_users().max_items(1000).send().await.unwrap();
        assert_eq!(listed.users().len(), count);
    }
    let devices = iam.list_mfa_devices().user_name("person-0012").send().await.unwrap();
    let keys = iam.list_access_keys().user_name("machine-0110").send().await.unwrap();
    assert_eq!((devices.mfa_devices().len(), keys.access_key_metadata().len()), (1, 1));
    let team = iam.get_group().group_name("Team-02").send().await.unwrap();
    assert_eq!(team.users().len(), 20);
    let details = iam.get_account_authorization_details().max_items(1000).send().await.unwrap();
    let member = details.user_detail_list().iter().find(|user| user.user_name() == Some("person-0101"));
    assert_eq!(member.unwrap().group_list(), ["Team-02"]);
    ask_for_report(&setup.root).await;
    ask_for_report(&setup.root).await;
    // The heading, and root.
    assert_eq!(credential_report(&setup.root).await.lines().count(), 1 + 1 + 120);
}

// Names and paths.

#[tokio::test(start_paused = true)]
async fn names_that_do_not_hold_up_are_refused() {
    let setup = Setup::new().await;
    let iam = setup.root.iam();
    let (long, longer) = ("a".repeat(64), "a".repeat(65));
    for (name, expected) in
        [("a b", "ValidationError"), ("a/b", "ValidationError"), ("\u{e9}", "ValidationError")]
    {
        assert_eq!(code(iam.create_user().user_name(name).send().await), expected, "{name}");
        assert_eq!(code(iam.create_group().group_name(name).send().await), expected, "{name}");
        let device = iam.create_virtual_mfa_device().virtual_mfa_device_name(name);
        assert_eq!(code(device.send().await), expected, "{name}");
    }
    assert_eq!(code(iam.create_user().user_name(&longer).send().await), "ValidationError");
    assert_eq!(code(iam.create_user().user_name(&long).send().await), OK);
    assert_eq!(code(iam.create_group().group_name("a".repeat(129)).send().await), "ValidationError");
    assert_eq!(code(iam.create_group().group_name("a".repeat(128)).send().await), OK);
    assert_eq!(code(iam.create_user().user_name("w+=,.@-_1").send().await), OK);
    for path in ["team", "/team", "/te am/", "//"] {
        assert_eq!(
            code(iam.create_user().user_name("x").path(path).send().await),
            "ValidationError",
            "{path}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_path_is_part_of_the_arn_everywhere() {
    let setup = Setup::new().await;
    let arn = "arn:aws:iam::111122223333:user/team/a/carol";
    let iam = setup.root.iam();
    let made = iam.create_user().user_name("carol").path("/team/a/").send().await.unwrap();
    assert_eq!(made.user().unwrap().arn(), arn);
    let device = setup.enabled_device("carol").await;
    let key = setup.key_of("carol").await;
    let carol = setup.signed_in(key).await;
    assert_eq!(carol.caller.arn, arn);

    let found = iam.list_virtual_mfa_devices().send().await.unwrap();
    let [shown] = found.virtual_mfa_devices() else { panic!("{found:?}") };
    assert_eq!((shown.serial_number(), shown.user().unwrap().arn()), (device.serial.as_str(), arn));
    ask_for_report(&setup.root).await;
    ask_for_report(&setup.root).await;
    assert!(credential_report(&setup.root).await.contains(&format!("\ncarol,{arn},")));

    assert_eq!(code(carol.iam().get_user().send().await), "AccessDenied");
    for (resource, expected) in [
        ("arn:aws:iam::*:user/carol", "AccessDenied"),
        ("arn:aws:iam::*:user/${aws:username}", "AccessDenied"),
        ("arn:aws:iam::*:user/*/${aws:username}", OK),
    ] {
        let statement = json!({"Effect": "Allow", "Action": "iam:GetUser", "Resource": resource});
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        let put = iam.put_user_policy().user_name("carol").policy_name("own").policy_document(policy);
        assert_eq!(code(put.send().await), OK);
        assert_eq!(code(carol.iam().get_user().send().await), expected, "{resource}");
    }
    assert_eq!(code(carol.iam().get_user().user_name("alice").send().await), "AccessDenied");
}

#[tokio::test(start_paused = true)]
async fn what_belongs_to_a_user_goes_with_a_new_name() {
    let setup = Setup::new().await;
    let key = setup.administrator_key().await;
    let alice = setup.signed_in(key).await;
    setup.user("bob").await;
    let rename =
        |name: &'static str| setup.root.iam().update_user().user_name("alice").new_user_name(name).send();
    assert_eq!(code(rename("BOB").await), "EntityAlreadyExists");
    assert_eq!(setup.set_password("alice", OLD).await, OK);
    assert_eq!(code(rename("alicia").await), OK);
    assert_eq!(read(&alice, "iam").await, OK);
    assert_eq!(code(setup.root.iam().get_login_profile().user_name("alicia").send().await), OK);
    let keys = setup.root.iam().list_access_keys().user_name("alicia").send().await.unwrap();
    assert_eq!(keys.access_key_metadata().len(), 1);
    assert_eq!(code(setup.root.iam().get_user().user_name("alice").send().await), "NoSuchEntity");
}

#[tokio::test(start_paused = true)]
async fn users_come_in_pages() {
    let setup = Setup::new().await;
    for name in ["c", "a", "b"] {
        setup.user(name).await;
    }
    let iam = setup.root.iam();
    let names = |found: &aws_sdk_iam::operation::list_users::ListUsersOutput| {
        found.users().iter().map(|user| user.user_name().to_owned()).collect::<Vec<_>>()
    };
    let first = iam.list_users().max_items(2).send().await.unwrap();
    assert_eq!((names(&first), first.is_truncated()), (vec!["a".to_owned(), "b".to_owned()], true));
    let rest = iam.list_users().max_items(2).marker(first.marker().unwrap()).send().await.unwrap();
    assert_eq!((names(&rest), rest.is_truncated()), (vec!["c".to_owned()], false));
    assert_eq!(code(iam.list_users().max_items(0).send().await), "ValidationError");
    assert_eq!(code(iam.list_users().marker("nowhere").send().await), "ValidationError");
}

// Policies.

#[tokio::test(start_paused = true)]
async fn a_document_that_is_no_policy_is_malformed() {
    let setup = Setup::new().await;
    setup.user("alice").await;
    let iam = setup.root.iam();
    assert_eq!(code(iam.create_group().group_name("Readers").send().await), OK);
    let statement = |more: Value| {
        let mut statement = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"});
        statement.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
    };
    let good = statement(json!({}));
    for bad in ["no policy".to_owned(), "{}".to_owned(), statement(json!({"Principal": "*"}))] {
        let expected = "MalformedPolicyDocument";
        let made = iam.create_policy().policy_name("p").policy_document(&bad).send().await;
        assert_eq!(code(made), expected, "{bad}");
        let put = iam.put_group_policy().group_name("Readers").policy_name("p").policy_document(&bad);
        assert_eq!(code(put.send().await), expected, "{bad}");
        let put = iam.put_user_policy().user_name("alice").policy_name("p").policy_document(&bad);
        assert_eq!(code(put.send().await), expected, "{bad}");
    }
    let made = iam.create_policy().policy_name("p").policy_document(&good).send().await.unwrap();
    let arn = made.policy().and_then(|policy| policy.arn()).unwrap();
    let version = iam.create_policy_version().policy_arn(arn).policy_document("{");
    assert_eq!(code(version.send().await), "MalformedPolicyDocument");
    let actions: Vec<_> = (0..200).map(|number| format!("s3:GetObject{number}")).collect();
    let large = statement(json!({"Action": actions}));
    let put = iam.put_user_policy().user_name("alice").policy_name("p").policy_document(large);
    assert_eq!(code(put.send().await), "LimitExceeded");
}

#[tokio::test(start_paused = true)]
async fn a_right_to_one_role_is_none_to_another() {
    let setup = Setup::new().await;
    let alice = setup.lone_user_with_key().await;
    let statement = json!({"Effect": "Allow", "Action": ["iam:CreateRole", "iam:AttachRolePolicy"],
                           "Resource": "arn:aws:iam::*:role/support"});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let put = setup.root.iam().put_user_policy().user_name("alice").policy_name("role");
    assert_eq!(code(put.policy_document(policy).send().await), OK);
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                       "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT_ID}:root")}}]});
    for (role, expected) in [("support", OK), ("other", "AccessDenied")] {
        let create = alice.iam().create_role().role_name(role).assume_role_policy_document(trust.to_string());
        assert_eq!(code(create.send().await), expected, "{role}");
        let attach = alice.iam().attach_role_policy().role_name(role);
        let attach = attach.policy_arn("arn:aws:iam::aws:policy/AWSSupportAccess");
        assert_eq!(code(attach.send().await), expected, "{role}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_condition_on_the_policy_that_is_attached_is_seen() {
    let setup = Setup::new().await;
    let alice = setup.lone_user_with_key().await;
    let iam = setup.root.iam();
    assert_eq!(code(iam.create_group().group_name("Readers").send().await), OK);
    let only = json!({"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/SecurityAudit"}});
    let statement = json!({"Effect": "Allow", "Action": "iam:AttachGroupPolicy",
                           "Resource": "arn:aws:iam::*:group/*", "Condition": only});
    let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let put = iam.put_user_policy().user_name("alice").policy_name("attach").policy_document(policy);
    assert_eq!(code(put.send().await), OK);
    for (policy, expected) in
        [(ADMINISTRATOR_ACCESS, "AccessDenied"), ("arn:aws:iam::aws:policy/SecurityAudit", OK)]
    {
        let attach = alice.iam().attach_group_policy().group_name("Readers").policy_arn(policy);
        assert_eq!(code(attach.send().await), expected, "{policy}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_whole_of_iam_is_shown_in_one_call() {
    let setup = Setup::new().await;
    setup.administrator_key().await;
    setup.require_mfa().await;
    let iam = setup.root.iam();
    let all = iam.get_account_authorization_details().send().await.unwrap();
    let [alice] = all.user_detail_list() else { panic!("{all:?}") };
    assert_eq!((alice.user_name(), alice.group_list()), (Some("alice"), &["Administrators".to_owned()][..]));
    let [group] = all.group_detail_list() else { panic!("{all:?}") };
    let attached = group.attached_managed_policies().iter().filter_map(|policy| policy.policy_name());
    assert_eq!(attached.collect::<Vec<_>>(), ["AdministratorAccess", POLICY_NAME]);
    let policies: Vec<_> = all.policies().iter().filter_map(|policy| policy.policy_name()).collect();
    assert_eq!(policies, [POLICY_NAME, "AdministratorAccess"]);
    let own =
        iam.get_account_authorization_details().filter("LocalManagedPolicy".into()).send().await.unwrap();
    assert_eq!((own.user_detail_list().len(), own.policies().len()), (0, 1));
    let version = own.policies()[0].policy_version_list().first().unwrap();
    assert!(version.document().unwrap().contains("%22Version%22"), "documents are encoded");

    let first = iam.get_account_authorization_details().max_items(3).send().await.unwrap();
    assert_eq!((first.user_detail_list().len(), first.group_detail_list().len()), (1, 1));
    assert_eq!((first.policies().len(), first.is_truncated()), (1, true));
    let rest = iam.get_account_authorization_details().marker(first.marker().unwrap()).send().await.unwrap();
    assert_eq!((rest.user_detail_list().len(), rest.policies().len(), rest.is_truncated()), (0, 1, false));
}

// Changing a password.

const OLD: &str = "Long-Enough-1";
const NEW: &str = "Long-Enough-2";

impl Setup {
    async fn change_password(&self, user: &Identity, old: &str, new: &str) -> String {
        code(user.iam().change_password().old_password(old).new_password(new).send().await)
    }

    async fn let_users_change_passwords(&self) {
        let policy = self.root.iam().update_account_password_policy().minimum_password_length(13);
        let policy = policy.require_numbers(true).password_reuse_prevention(2);
        assert_eq!(code(policy.allow_users_to_change_password(true).send().await), OK);
    }
}

#[tokio::test(start_paused = true)]
async fn who_changes_a_password_has_to_know_it() {
    let setup = Setup::new().await;
    let alice = setup.lone_user_with_key().await;
    assert_eq!(setup.change_password(&alice, OLD, NEW).await, "AccessDenied");
    setup.let_users_change_passwords().await;
    assert_eq!(setup.change_password(&alice, OLD, NEW).await, "NoSuchEntity");
    assert_eq!(setup.set_password("alice", OLD).await, OK);
    let guessed = alice.iam().change_password().old_password("Guessed-1234").new_password(NEW).send().await;
    let guessed = guessed.for_call("iam:ChangePassword").unwrap_err();
    assert!(guessed.is("AccessDenied") && guessed.message.contains("incorrect"), "{guessed:?}");
    assert_eq!(setup.change_password(&alice, OLD, "short").await, "PasswordPolicyViolation");
    assert_eq!(setup.change_password(&alice, OLD, OLD).await, "PasswordPolicyViolation");
    assert_eq!(setup.change_password(&alice, OLD, NEW).await, OK);
    assert_eq!(setup.change_password(&alice, OLD, "Long-Enough-3").await, "AccessDenied");
    assert_eq!(setup.change_password(&alice, NEW, OLD).await, "PasswordPolicyViolation");
    assert_eq!(setup.change_password(&alice, NEW, "Long-Enough-3").await, OK);
    assert_eq!(setup.change_password(&alice, "Long-Enough-3", OLD).await, OK);
    assert_eq!(setup.change_password(&setup.root, OLD, NEW).await, "InvalidUserType");
}

#[tokio::test(start_paused = true)]
async fn an_administrator_sets_a_password_under_the_policy() {
    let setup = Setup::new().await;
    setup.user("alice").await;
    setup.let_users_change_passwords().await;
    let set = |password: &'static str| {
        setup.root.iam().update_login_profile().user_name("alice").password(password).send()
    };
    assert_eq!(code(set(NEW).await), "NoSuchEntity");
    assert_eq!(setup.set_password("alice", OLD).await, OK);
    assert_eq!(code(set("Long-Enough").await), "PasswordPolicyViolation");
    assert_eq!(code(set(OLD).await), "PasswordPolicyViolation");
    assert_eq!(code(set(NEW).await), OK);
    let reset = setup.root.iam().update_login_profile().user_name("alice").password_reset_required(true);
    assert_eq!(code(reset.send().await), OK);
    let found = setup.root.iam().get_login_profile().user_name("alice").send().await.unwrap();
    assert!(found.login_profile().unwrap().password_reset_required());
}

#[tokio::test(start_paused = true)]
async fn only_a_digest_of_a_password_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let root = open(folder.path()).await;
    assert_eq!(code(root.iam().create_user().user_name("alice").send().await), OK);
    let set = root.iam().create_login_profile().user_name("alice").password(OLD);
    assert_eq!(code(set.send().await), OK);
    for file in files_in(&place(folder.path())) {
        assert!(!std::fs::read_to_string(&file).unwrap().contains(OLD), "{file:?}");
    }
}
