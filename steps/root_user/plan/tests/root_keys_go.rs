//! `root-access-keys`: how the keys of root go, with a person there and with nobody, and what is sure before.

use std::collections::BTreeSet;

use super::*;
use crate::event_history::Summary;
use crate::plan_cases::Given;
use crate::practice::Seen;

/// It goes in one call and without a trial, so Enter alone leaves it.
#[test]
fn a_person_is_warned_of_others_that_sign_with_the_same_key() {
    let planned = |key: RootKey| {
        planned(&Facts { root_keys: listed(vec![key]), ..perfect() }, &stored(), StepId::RootAccessKeys)
    };
    let shared = planned(shared_root_key("AKIA1", 3));
    assert_eq!((shared.careful, shared.changes.as_slice()), (true, [delete_own("AKIA1")].as_slice()));
    assert!(shared.notes[1].en.contains("24 calls in 90 days"), "{shared:?}");
    says(shared.notes.last().unwrap(), &["AKIA1", "aws login"]);
    assert!(!planned(quiet_root_key("AKIA1")).careful);
    assert!(!planned(own_root_key("AKIA1")).careful);
}

#[test]
fn before_keys_of_root_are_deleted_there_is_another_way_back() {
    let (first, second) = ("root's password", "neither a console password nor a sign-in with MFA");
    let cases: [(&str, Given<Facts>, &[&str]); 6] = [
        ("nothing is missing", |_, _| {}, &[]),
        ("root is not put away", |_, answers| answers.root.credentials_stored = false, &[first]),
        (
            "root without a password cannot be put away",
            |facts, answers| (facts.root_password, answers.root.credentials_stored) = (Ok(false), false),
            &[],
        ),
        (
            "the administrator has an access key alone",
            |facts, _| the_user(facts).unwrap().console_password = Ok(false),
            &[second],
        ),
        (
            "an access key with MFA",
            |facts, _| {
                the_user(facts).unwrap().console_password = Ok(false);
                facts.signed_in_with_mfa = true;
            },
            &[],
        ),
        (
            "neither",
            |facts, answers| {
                the_user(facts).unwrap().console_password = Err(unseen());
                answers.root.credentials_stored = false;
            },
            &[first, second],
        ),
    ];
    for (name, given, missing) in cases {
        let (mut facts, mut answers) =
            (Facts { root_keys: listed(vec![own_root_key("AKIA1")]), ..perfect() }, stored());
        given(&mut facts, &mut answers);
        let attended = planned(&facts, &answers, StepId::RootAccessKeys);
        assert_eq!((attended.state, attended.careful), (State::ToChange, !missing.is_empty()), "{name}");
        (answers.attended, answers.root.delete_access_keys) = (false, true);
        let unattended = planned(&facts, &answers, StepId::RootAccessKeys);
        let state = if missing.is_empty() { State::ToChange } else { State::NeedsPerson };
        assert_eq!(unattended.state, state, "{name}");
        let how = unattended.person.map(|task| task.how).unwrap_or_default();
        assert_eq!(how.len(), 2 * missing.len(), "{name}: what is missing, and what to do");
        for words in missing {
            for texts in [&attended.notes, &how] {
                assert!(texts.iter().any(|text| text.en.contains(words)), "{name}: {texts:?}");
            }
        }
        holds_together(&attended);
    }
}

/// What is only switched off can be switched on again.
#[test]
fn nobody_is_warned_before_a_key_is_switched_off() {
    let facts = Facts { root_keys: listed(vec![root_key("AKIA1")]), ..perfect() };
    assert!(!planned(&facts, &answers(), StepId::RootAccessKeys).careful);
}

/// The key that signs, and what others did with it.
fn shared_root_key(id: &str, days_ago: u32) -> RootKey {
    let uses =
        Uses::Found(Summary { calls: 24, last: "2026-11-20T00:00:00Z".parse().ok(), ..Summary::default() });
    RootKey { uses, used_by_others: Some(days_ago), ..own_root_key(id) }
}

/// The key that signs, with which nobody else does.
fn quiet_root_key(id: &str) -> RootKey {
    RootKey { uses: Uses::Found(Summary::default()), ..own_root_key(id) }
}

#[test]
fn with_a_person_there_the_keys_of_root_go_in_stages() {
    cases(StepId::RootAccessKeys, perfect)
        .changes("one active", vec![deactivate("AKIA1")], |facts, _| {
            facts.root_keys = listed(vec![root_key("AKIA1")]);
        })
        .changes("two active", vec![deactivate("AKIA1"), deactivate("AKIA2")], |facts, _| {
            facts.root_keys = listed(vec![root_key("AKIA1"), root_key("AKIA2")]);
        })
        .changes("one inactive", vec![delete("AKIA1")], |facts, _| {
            facts.root_keys = listed(vec![inactive_root_key("AKIA1")]);
        })
        .changes("one inactive, one active", vec![deactivate("AKIA2")], |facts, _| {
            facts.root_keys = listed(vec![inactive_root_key("AKIA1"), root_key("AKIA2")]);
        })
        .changes("one that signs", vec![delete_own("AKIA1")], |facts, _| {
            facts.root_keys = listed(vec![own_root_key("AKIA1")]);
        })
        .changes("one active, one that signs", vec![deactivate("AKIA2")], |facts, _| {
            facts.root_keys = listed(vec![root_key("AKIA2"), own_root_key("AKIA1")]);
        })
        .changes("one inactive, one that signs", vec![delete("AKIA2"), delete_own("AKIA1")], |facts, _| {
            facts.root_keys = listed(vec![inactive_root_key("AKIA2"), own_root_key("AKIA1")]);
        })
        .changes("the one that signs is last", vec![delete("AKIA2"), delete_own("AKIA1")], |facts, _| {
            facts.root_keys = listed(vec![own_root_key("AKIA1"), inactive_root_key("AKIA2")]);
        })
        .changes("MFA first, to switch off", vec![start_session(), deactivate("AKIA1")], |facts, _| {
            facts.sign_in = SignIn::Locked;
            facts.root_keys = listed(vec![root_key("AKIA1")]);
        })
        .changes("MFA first, to delete", vec![start_session(), delete_own("AKIA1")], |facts, _| {
            facts.sign_in = SignIn::Locked;
            facts.root_keys = listed(vec![own_root_key("AKIA1")]);
        })
        .changes("consent given before hurries nothing", vec![deactivate("AKIA1")], |facts, answers| {
            facts.root_keys = listed(vec![root_key("AKIA1")]);
            answers.root.delete_access_keys = true;
        });
}

#[test]
fn what_is_switched_off_can_be_switched_on_again() {
    let keys = vec![root_key("AKIA1"), root_key("AKIA2"), own_root_key("AKIA3")];
    let mut facts = Facts { root_keys: listed(keys), ..perfect() };
    let first = planned(&facts, &answers(), StepId::RootAccessKeys);
    assert_eq!(first.changes, [deactivate("AKIA1"), deactivate("AKIA2")]);
    assert!(first.undo.is_empty() && first.watchable.is_none(), "{first:?}");

    first.changes.iter().for_each(|change| make(&mut facts, change));
    let ours = ["iam:root-access-key/AKIA1", "iam:root-access-key/AKIA2"].map(str::to_owned);
    let remembered = Answers { switched_off: BTreeSet::from(ours), ..stored() };
    let next = planned(&facts, &remembered, StepId::RootAccessKeys);
    assert_eq!(next.changes, [delete("AKIA1"), delete("AKIA2"), delete_own("AKIA3")]);
    assert_eq!(next.undo, [reactivate("AKIA1"), reactivate("AKIA2")]);
    assert!(next.watchable.is_some());
    assert_eq!(next.notes.len(), 4);
    assert!(next.notes[0].en.contains("undo") && next.notes[0].ko.contains("되돌리기"), "{:?}", next.notes);

    next.undo.iter().for_each(|change| make(&mut facts, change));
    assert_eq!(planned(&facts, &answers(), StepId::RootAccessKeys), first);
}

/// Somebody had a reason, and it was before us.
#[test]
fn what_somebody_else_switched_off_stays_off() {
    let facts = Facts { root_keys: listed(vec![inactive_root_key("AKIA1")]), ..perfect() };
    let planned = planned(&facts, &answers(), StepId::RootAccessKeys);
    assert_eq!(planned.changes, [delete("AKIA1")]);
    assert!(planned.undo.is_empty() && planned.watchable.is_some(), "{planned:?}");
}

/// The key that signs was not switched off, so there is nothing to take back.
#[test]
fn the_key_that_signs_has_no_trial() {
    let facts = Facts { root_keys: listed(vec![own_root_key("AKIA1")]), ..perfect() };
    let planned = planned(&facts, &stored(), StepId::RootAccessKeys);
    assert!(planned.undo.is_empty() && planned.watchable.is_none(), "{planned:?}");
    assert_eq!(planned.notes.len(), 1);
}

#[test]
fn with_nobody_there_the_keys_of_root_go_in_one_go() {
    let cases = [
        (vec![root_key("AKIA1")], vec![deactivate("AKIA1"), delete("AKIA1")]),
        (vec![inactive_root_key("AKIA1")], vec![delete("AKIA1")]),
        (vec![own_root_key("AKIA1")], vec![delete_own("AKIA1")]),
        (
            vec![inactive_root_key("AKIA1"), root_key("AKIA2")],
            vec![deactivate("AKIA2"), delete("AKIA2"), delete("AKIA1")],
        ),
        (
            vec![own_root_key("AKIA1"), root_key("AKIA2")],
            vec![deactivate("AKIA2"), delete("AKIA2"), delete_own("AKIA1")],
        ),
        (vec![inactive_root_key("AKIA2"), own_root_key("AKIA1")], vec![delete("AKIA2"), delete_own("AKIA1")]),
    ];
    for (keys, expected) in cases {
        let planned = unattended(0, keys.clone());
        assert_eq!(planned.changes, expected, "{keys:?}");
        assert!(planned.undo.is_empty() && planned.watchable.is_none(), "{planned:?}");
        assert_eq!(planned.notes.len(), keys.len(), "{planned:?}");
        holds_together(&planned);
    }
}

#[test]
fn with_nobody_there_the_keys_of_root_need_consent() {
    cases(StepId::RootAccessKeys, perfect)
        .stands("no consent", State::NeedsPerson, |facts, answers| {
            facts.root_keys = listed(vec![root_key("AKIA1")]);
            answers.attended = false;
        })
        .changes("consent", vec![deactivate("AKIA1"), delete("AKIA1")], |facts, answers| {
            facts.root_keys = listed(vec![root_key("AKIA1")]);
            answers.root.credentials_stored = true;
            (answers.attended, answers.root.delete_access_keys) = (false, true);
        })
        .changes(
            "consent, and MFA first where it is needed",
            vec![start_session(), deactivate("AKIA2"), delete("AKIA2"), delete_own("AKIA1")],
            |facts, answers| {
                facts.sign_in = SignIn::Locked;
                facts.root_keys = listed(vec![root_key("AKIA2"), own_root_key("AKIA1")]);
                the_user(facts).unwrap().console_password = Ok(false);
                answers.root.credentials_stored = true;
                (answers.attended, answers.root.delete_access_keys) = (false, true);
            },
        )
        .stands("consent alone proves no sign-in", State::Blocked, |facts, answers| {
            facts.root_keys = listed(vec![root_key("AKIA1")]);
            facts.sign_in = SignIn::No;
            (answers.attended, answers.root.delete_access_keys) = (false, true);
        });
    let facts = Facts { root_keys: listed(vec![root_key("AKIA1"), root_key("AKIA2")]), ..perfect() };
    let unattended = Answers { attended: false, ..answers() };
    let task = planned(&facts, &unattended, StepId::RootAccessKeys).person.unwrap();
    assert_eq!(task.seen, Seen::Elsewhere);
    says(&task.what, &["2"]);
    says(&task.how[0], &["delete_access_keys = true"]);
}

/// With consent given, and nobody there: what becomes of these keys.
fn unattended(quiet_days: u32, keys: Vec<RootKey>) -> StepPlan<Change> {
    let root = Root { credentials_stored: true, delete_access_keys: true, quiet_days };
    let answers = Answers { attended: false, root, ..answers() };
    planned(&Facts { root_keys: listed(keys), ..perfect() }, &answers, StepId::RootAccessKeys)
}

fn not_read_to_the_end(id: &str) -> RootKey {
    let uses = Uses::Found(Summary { at_least: true, ..Summary::default() });
    RootKey { uses, ..own_root_key(id) }
}

#[test]
fn a_key_of_root_that_is_still_used_is_left() {
    let states = [
        (30, vec![root_key_used("AKIA1", 29)], State::NeedsPerson),
        (30, vec![root_key_used("AKIA1", 30)], State::ToChange),
        (30, vec![root_key("AKIA1")], State::ToChange),
        // IAM's last use is this run, so Event History decides.
        (30, vec![own_root_key("AKIA1")], State::NeedsPerson),
        (30, vec![quiet_root_key("AKIA1")], State::ToChange),
        (30, vec![shared_root_key("AKIA1", 29)], State::NeedsPerson),
        (30, vec![shared_root_key("AKIA1", 30)], State::ToChange),
        (0, vec![shared_root_key("AKIA1", 0)], State::ToChange),
        (30, vec![not_read_to_the_end("AKIA1")], State::NeedsPerson),
        (30, vec![root_key("AKIA1"), root_key_used("AKIA2", 0)], State::NeedsPerson),
        (30, vec![root_key_used("AKIA1", 0), own_root_key("AKIA2")], State::NeedsPerson),
        (0, vec![root_key_used("AKIA1", 0)], State::ToChange),
        (1, vec![root_key_used("AKIA1", 0)], State::NeedsPerson),
        // Nobody knows, so it counts as used.
        (30, vec![unread_root_key("AKIA1")], State::NeedsPerson),
        (30, vec![root_key("AKIA1"), unread_root_key("AKIA2")], State::NeedsPerson),
        (0, vec![unread_root_key("AKIA1")], State::ToChange),
    ];
    for (quiet_days, keys, state) in states {
        let planned = unattended(quiet_days, keys.clone());
        assert_eq!(planned.state, state, "{quiet_days} {keys:?}");
        holds_together(&planned);
    }
    let task = unattended(30, vec![root_key("AKIA1"), root_key_used("AKIA2", 3)]).person.unwrap();
    assert_eq!(task.seen, Seen::Elsewhere);
    says(&task.what, &["AKIA2", "3", "s3", "us-east-1"]);
    let shared = unattended(30, vec![shared_root_key("AKIA1", 3)]);
    assert!(shared.person.unwrap().what.en.starts_with("Something still uses"), "{:?}", shared.notes);
    assert!(shared.notes[1].en.contains("24 calls in 90 days"), "{:?}", shared.notes);
    let unsure = unattended(30, vec![not_read_to_the_end("AKIA1")]).person.unwrap();
    assert!(unsure.what.en.starts_with("It is not known whether"), "{unsure:?}");
    let task = unattended(30, vec![unread_root_key("AKIA1")]).person.unwrap();
    assert!(task.what.en.contains("last use not known"), "{}", task.what.en);
}

/// Who is there sees the last use, and decides.
#[test]
fn a_person_decides_of_a_key_that_is_still_used() {
    let root = Root { quiet_days: 30, ..Root::default() };
    let answers = Answers { root, ..answers() };
    let use_of_strange = LastUse { service: "s3\u{1b}[2J".into(), ..last_use(3) };
    let strange = RootKey { last_use: Ok(Some(use_of_strange)), ..root_key("AKIA1") };
    let keys = vec![inactive_root_key("AKIA2"), strange, own_root_key("AKIA3")];
    let planned = planned(&Facts { root_keys: listed(keys), ..perfect() }, &answers, StepId::RootAccessKeys);
    assert_eq!(planned.state, State::ToChange);
    let notes: Vec<_> = planned.notes.iter().map(|note| note.en.as_str()).collect();
    let expected = [
        "AKIA2  inactive  made 2026-01-02  never used, as far as AWS tells",
        "AKIA1  active  made 2026-01-02  last used 3 days ago by s3\u{fffd}[2J, us-east-1",
        "AKIA3  active  made 2026-01-02  last used less than a day ago by s3, us-east-1 (signs this run, so it goes last)",
    ];
    assert_eq!(notes, expected);
    for (note, id) in planned.notes.iter().zip(["AKIA2", "AKIA1", "AKIA3"]) {
        assert!(note.ko.starts_with(id) && !note.ko.contains('\u{1b}'), "{}", note.ko);
    }
}
