//! The changes in words.

use super::*;
use crate::plan_cases::assert_told;
use crate::practice::{Change as _, Verb};

#[test]
fn each_change_says_what_it_does_to_what() {
    let table = [
        (enrol("alice", "alice-2"), Verb::Create, "iam:mfa/alice-2", "alice"),
        (enrol_token(), Verb::Enable, "iam:mfa/GAHT12345678", TOKEN),
        (start_session("alice"), Verb::Start, "sts:session/alice", "alice"),
        (create_policy(), Verb::Create, POLICY, "dayone-require-mfa"),
        (update_policy(None), Verb::Update, POLICY, "dayone-require-mfa"),
        (attach_policy("Ops"), Verb::Attach, "iam:group/Ops", "Ops"),
        (resync(), Verb::Update, "iam:mfa/alice", "alice"),
        (create_enrolment_policy(), Verb::Create, ENROLMENT, "dayone-enrol-mfa"),
    ];
    for (change, verb, resource, word) in table {
        assert_told(&change, verb, resource, word);
        assert!(!change.is_irreversible(), "{change:?}");
    }
    let leftover = delete_leftover("alice");
    assert_eq!(leftover.verb(), Verb::Delete);
    assert!(leftover.resource().ends_with("mfa/alice"), "{}", leftover.resource());
    says(&leftover.summary(), &["alice"]);
    assert!(!leftover.is_irreversible());
}
