//! The changes in words.

use super::*;
use crate::plan_cases::assert_told;
use crate::practice::{Change as _, Verb};

#[test]
fn each_change_says_what_it_does_to_what() {
    let policy = set_policy(true, strict_policy());
    let table = [
        (policy, Verb::Update, "iam:account-password-policy", "32"),
        (create_group("Ops"), Verb::Create, "iam:group/Ops", "Ops"),
        (give_full_rights("Ops"), Verb::Attach, FULL_RIGHTS, "Ops"),
        (create_user("alice"), Verb::Create, "iam:user/alice", "alice"),
        (add_to_group("alice", "Ops"), Verb::Attach, "iam:user/alice", "Ops"),
        (create_password("alice", 14), Verb::Create, "iam:login-profile/alice", "alice"),
        (delete_stranded("AKIA1"), Verb::Delete, "iam:access-key/AKIA1", "AKIA1"),
        (create_key("alice", "admin"), Verb::Create, CUT_SHORT, "admin"),
        (start_session(), Verb::Start, "sts:session/alice", "alice"),
        (deactivate("AKIA1"), Verb::Disable, "iam:root-access-key/AKIA1", "AKIA1"),
        (reactivate("AKIA1"), Verb::Enable, "iam:root-access-key/AKIA1", "AKIA1"),
        (delete("AKIA1"), Verb::Delete, "iam:root-access-key/AKIA1", "AKIA1"),
        (delete_own("AKIA1"), Verb::Delete, "iam:root-access-key/AKIA1", "AKIA1"),
    ];
    for (change, verb, resource, word) in table {
        assert_told(&change, verb, resource, word);
    }
}

#[test]
fn each_change_says_how_weighty_it_is() {
    let table = [
        (set_policy(true, strict_policy()), vec![]),
        (create_group("Ops"), vec![]),
        (give_full_rights("Ops"), vec![]),
        (create_user("alice"), vec![]),
        (add_to_group("alice", "Ops"), vec![]),
        (create_password("alice", 14), vec!["optional"]),
        (delete_stranded("AKIA1"), vec!["left over"]),
        (create_key("alice", "admin"), vec![]),
        (start_session(), vec!["of this run"]),
        (deactivate("AKIA1"), vec!["by root"]),
        (reactivate("AKIA1"), vec!["by root"]),
        (delete("AKIA1"), vec!["irreversible", "by root"]),
        (delete_own("AKIA1"), vec!["irreversible", "by root"]),
    ];
    for (change, expected) in table {
        let weighs = [
            ("optional", change.is_optional()),
            ("irreversible", change.is_irreversible()),
            ("left over", change.is_leftover()),
            ("by root", change.is_by_root()),
            ("of this run", change.is_of_this_run()),
        ];
        let said: Vec<_> = weighs.into_iter().filter(|(_, holds)| *holds).map(|(word, _)| word).collect();
        assert_eq!(said, expected, "{change:?}");
    }
}
