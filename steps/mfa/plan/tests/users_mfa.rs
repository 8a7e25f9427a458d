//! `users-mfa`: who has no MFA yet, and which users are machines.

use super::*;
use crate::practice::PersonTask;

#[test]
fn everybody_enrols() {
    cases(StepId::UsersMfa, perfect)
        .stands("everybody has", State::InPlace, |_, _| {})
        .stands("a person of the answers has, in another case", State::InPlace, |_, answers| {
            answers.people = vec![person("ALICE")];
        })
        .stands("somebody has not", State::NeedsPerson, |facts, _| {
            facts.users_without_mfa = Ok(owned(&["bob"]));
        })
        .stands("a machine has not", State::InPlace, |facts, _| {
            facts.machines_without_mfa = owned(&["ci"]);
        })
        .stands(
            "a person of the answers has neither a password nor MFA",
            State::NeedsPerson,
            |facts, answers| {
                facts.people.as_mut().unwrap().insert("bob".into(), known("bob", false));
                facts.machines_without_mfa = owned(&["bob"]);
                (answers.attended, answers.people) = (false, vec![person("BOB")]);
            },
        )
        .stands("nobody is there at all", State::Blocked, |facts, _| facts.user_names = BTreeSet::new())
        .stands("nobody is there, and somebody is missing", State::Blocked, |facts, answers| {
            facts.user_names = BTreeSet::new();
            answers.people = vec![person("bob")];
        })
        .stands("unreadable", State::NotAssessed, |facts, _| facts.users_without_mfa = Err(unseen()))
        .stands("unreadable, with no names", State::NotAssessed, |facts, _| {
            (facts.users_without_mfa, facts.user_names) = (Err(unseen()), BTreeSet::new());
        });
}

#[test]
fn users_are_counted() {
    let user_names = ["alice", "bob", "carol"].map(str::to_owned);
    let facts = Facts { user_names: BTreeSet::from(user_names), ..perfect() };
    says(&planned(&facts, &answers(), StepId::UsersMfa).found.unwrap(), &["3"]);
    let nobody = Facts { user_names: BTreeSet::new(), ..facts };
    says(&planned(&nobody, &answers(), StepId::UsersMfa).reason.unwrap(), &["admin-user"]);
}

/// What a person is told when these users have no MFA.
fn left_to_enrol(without: &[&str]) -> PersonTask {
    let facts = Facts { users_without_mfa: Ok(owned(without)), ..perfect() };
    planned(&facts, &answers(), StepId::UsersMfa).person.unwrap()
}

#[test]
fn who_has_no_mfa_is_named_with_what_to_do() {
    let without = left_to_enrol(&["bob", "ev\u{1b}e"]);
    assert_eq!((without.how.len(), &without.seen), (2, &Seen::Elsewhere));
    says(&without.what, &["2", "bob, ev\u{fffd}e"]);
    says(&without.how[0], &["SMS"]);
    says(&without.how[1], &["dayone-require-mfa"]);
}

#[test]
fn machines_are_named_and_keep_nothing_open() {
    let user_names = ["alice", "ci", "deploy"].map(str::to_owned);
    let machines_without_mfa = owned(&["ci", "deploy"]);
    let facts = Facts { user_names: BTreeSet::from(user_names), machines_without_mfa, ..perfect() };
    let found = planned(&facts, &answers(), StepId::UsersMfa).found.unwrap();
    says(&found, &["1", "ci, deploy", "dayone-require-mfa"]);

    let facts = Facts { users_without_mfa: Ok(owned(&["bob"])), ..facts };
    let left = planned(&facts, &answers(), StepId::UsersMfa);
    assert!(left.names.is_empty(), "the words name everybody");
    says(&left.person.unwrap().what, &["1", "bob"]);
    says(&left.notes[0], &["ci, deploy"]);
}

#[test]
fn what_the_credential_report_says_is_said_to_be_its_word() {
    let facts = Facts { reported: Some(1_795_500_000), ..perfect() };
    let found = planned(&facts, &answers(), StepId::UsersMfa).found.unwrap();
    says(&found, &["2026-11-24 06:00 UTC"]);
    assert!(found.en.contains("not everybody was looked up"), "{}", found.en);
    let machines_without_mfa = owned(&["ci"]);
    let of_machines = planned(&Facts { machines_without_mfa, ..facts.clone() }, &answers(), StepId::UsersMfa);
    says(&of_machines.found.unwrap(), &["ci", "2026-11-24 06:00 UTC"]);
    let facts = Facts { users_without_mfa: Ok(owned(&["bob"])), ..facts };
    says(&planned(&facts, &answers(), StepId::UsersMfa).notes[0], &["2026-11-24 06:00 UTC"]);
}

#[test]
fn a_long_list_is_counted_and_shortened() {
    let many: Vec<_> = (1..=11).map(|number| format!("user-{number}")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let eleven = left_to_enrol(&many);
    says(&eleven.what, &["11", "user-9, user-10, …"]);
    assert!(!eleven.what.en.contains("user-11"));
    let facts = Facts { users_without_mfa: Ok(owned(&many)), ..perfect() };
    assert_eq!(planned(&facts, &answers(), StepId::UsersMfa).names, many);
    assert!(!left_to_enrol(&many[..10]).what.en.contains('…'));
}
