//! The changes in words.

use super::*;
use crate::plan_cases::assert_told;
use crate::practice::Change as _;

#[test]
fn each_change_says_what_it_does_to_what() {
    let table = [
        (create_group("G"), Verb::Create, "iam:group/G", "G"),
        (attach("G", READ_ONLY), Verb::Attach, "iam:group/G", "ReadOnlyAccess"),
        (join("bob", "G"), Verb::Attach, "iam:user/bob", "G"),
        (detach("bob", READ_ONLY, "G"), Verb::Detach, "iam:user/bob", "ReadOnlyAccess"),
        (put("G", "Uploads"), Verb::Create, "iam:group-policy/G/Uploads", "Uploads"),
        (delete_policy("bob", "Uploads", "G"), Verb::Delete, "iam:user-policy/bob/Uploads", "bob"),
        (deactivate("bob", "AKIA1"), Verb::Disable, "iam:access-key/AKIA1", "bob"),
        (reactivate("bob", "AKIA1"), Verb::Enable, "iam:access-key/AKIA1", "bob"),
        (delete("bob", "AKIA1"), Verb::Delete, "iam:access-key/AKIA1", "bob"),
        (replace("AKIA1"), Verb::Create, "iam:access-key/alice", PROFILE),
        (
            create_analyzer(),
            Verb::Create,
            "access-analyzer:eu-north-1/analyzer/dayone-external-access",
            "eu-north-1",
        ),
        (create_role(), Verb::Create, "iam:role/dayone-support", "dayone-support"),
        (attach_support(), Verb::Attach, "iam:role/dayone-support", "AWSSupportAccess"),
        (block(), Verb::Enable, "s3:account-public-access-block/111122223333", "S3"),
        (set_contact(), Verb::Create, "account:contact/security", "security@example.com"),
    ];
    for (change, verb, resource, word) in table {
        assert_told(&change, verb, resource, word);
        assert_eq!(change.is_irreversible(), matches!(change, Change::DeleteKey { .. }), "{change:?}");
    }
}
