//! `root-access-keys`.

use std::collections::BTreeSet;

use super::*;
use crate::answers::Root;
use crate::credential_report;
use crate::error::AwsError;
use crate::event_history::{Counted, Summary, UnreadRegion};
use crate::practice::{Seen, after};

/// What is otherwise than usual.
type Otherwise = fn(&mut Facts, &mut Answers);

#[test]
fn the_keys_of_root_are_counted_or_listed() {
    let cases = [
        stands("none by the list", State::InPlace, |facts, _| facts.root_keys = listed(Vec::new())),
        stands("none by the count", State::InPlace, |facts, _| {
            facts.root_keys = Ok(RootKeys::Counted(false));
        }),
        stands("some by the count", State::NeedsPerson, |facts, _| {
            facts.root_keys = Ok(RootKeys::Counted(true));
        }),
        stands("unreadable", State::NotAssessed, |facts, _| facts.root_keys = Err(denied())),
        stands("listed, but nobody has signed in", State::Blocked, |facts, answers| {
            facts.root_keys = listed(vec![root_key("AKIA1")]);
            facts.sign_in = SignIn::No;
            answers.root.delete_access_keys = true;
        }),
        stands("none, though nobody has signed in", State::InPlace, |facts, _| {
            facts.sign_in = SignIn::No;
        }),
        stands("managed centrally, and none left", State::InPlace, |facts, _| {
            (facts.root_password, facts.root_keys) = (Ok(false), Ok(RootKeys::Counted(false)));
        }),
        stands("in China, whatever is readable", State::NotApplicable, |facts, _| {
            move_to(facts, "aws-cn");
            facts.root_keys = Err(denied());
        }),
        stands("in China, whatever is counted", State::NotApplicable, |facts, _| {
            move_to(facts, "aws-cn");
            facts.root_keys = Ok(RootKeys::Counted(true));
        }),
    ];
    hold(StepId::RootAccessKeys, perfect, cases);
}

/// What the step waits for that would retire a key of root.
fn waits_for(given: fn(&mut Facts, &mut Answers)) -> Text {
    let mut facts = Facts { root_keys: listed(vec![own_root_key("AKIA1")]), ..perfect() };
    let mut answers = answers();
    given(&mut facts, &mut answers);
    let planned = planned(&facts, &answers, StepId::RootAccessKeys);
    assert_eq!(planned.state, State::Blocked, "{planned:?}");
    planned.reason.unwrap()
}

#[test]
fn the_keys_of_root_wait_for_a_whole_administrator() {
    let group_first = after(StepId::AdminGroup);
    assert_eq!(waits_for(|facts, _| facts.group = Ok(None)), group_first);
    assert_eq!(waits_for(|facts, _| facts.group = Err(denied())), group_first);
    assert_eq!(waits_for(|facts, _| facts.group = Ok(Some(group(&["alice"], &[READ_ONLY])))), group_first);
    // The rights of another partition are none.
    assert_eq!(waits_for(|facts, _| facts.partition = "aws-us-gov".into()), group_first);
    let user_first = after(StepId::AdminUser);
    assert_eq!(waits_for(|facts, _| facts.group = Ok(Some(group(&["bob"], &[FULL_RIGHTS])))), user_first);
    assert_eq!(waits_for(|_, answers| answers.admin.user = None), user_first);
    let sign_in_first = after(StepId::AdminSignIn);
    assert_eq!(waits_for(|facts, _| facts.sign_in = SignIn::No), sign_in_first);
    // The console proves nothing to a run, and who was there is not told to do it again.
    let by_console = waits_for(|facts, answers| {
        facts.sign_in = SignIn::No;
        has_used_password(facts);
        wants_console(answers);
    });
    says(&by_console, &["aws login"]);
    assert_ne!(by_console, sign_in_first);
    let not_yet = waits_for(|facts, answers| {
        facts.sign_in = SignIn::No;
        wants_console(answers);
    });
    assert_eq!(not_yet, sign_in_first);
    // By a key on another computer, as little as by the console.
    let by_key = waits_for(|facts, answers| {
        facts.sign_in = SignIn::No;
        has_keys(facts, vec![used_key("AKIA9")]);
        (answers.attended, answers.root.delete_access_keys) = (false, true);
    });
    assert_eq!(by_key, by_console);
}

/// Whatever the step waits for, it says which keys there are.
#[test]
fn keys_of_root_that_are_left_are_described() {
    let keys = || vec![inactive_root_key("AKIA1"), root_key_used("AKIA2", 3), own_root_key("AKIA3")];
    let notes = |given: fn(&mut Facts, &mut Answers), state: State| {
        let (mut facts, mut answers) = (Facts { root_keys: listed(keys()), ..perfect() }, stored());
        given(&mut facts, &mut answers);
        let planned = planned(&facts, &answers, StepId::RootAccessKeys);
        assert_eq!(planned.state, state, "{planned:?}");
        holds_together(&planned);
        planned.notes
    };
    let left: [(Otherwise, State); 4] = [
        (|facts, _| facts.sign_in = SignIn::No, State::Blocked),
        (|_, answers| answers.attended = false, State::NeedsPerson),
        (
            |_, answers| {
                (answers.attended, answers.root.delete_access_keys, answers.root.quiet_days) =
                    (false, true, 30);
            },
            State::NeedsPerson,
        ),
        (
            |_, answers| {
                answers.root.credentials_stored = false;
                (answers.attended, answers.root.delete_access_keys) = (false, true);
            },
            State::NeedsPerson,
        ),
    ];
    for (given, state) in left {
        let notes = notes(given, state);
        assert_eq!(notes.len(), 4, "each key, and that one of them is inactive: {notes:?}");
        says(&notes[0], &["AKIA1", "2026-01-02"]);
        assert!(notes[0].en.contains("inactive") && notes[0].ko.contains("비활성"), "{notes:?}");
        says(&notes[1], &["AKIA2", "3", "s3", "us-east-1"]);
        says(&notes[2], &["AKIA3"]);
        assert!(notes[3].en.contains("inactive") && notes[3].ko.contains("비활성"), "{notes:?}");
    }
}

#[test]
fn of_keys_that_cannot_be_listed_the_credential_report_tells() {
    let used = credential_report::LastUse {
        at: 1_795_000_000,
        region: Some("us-east-1".into()),
        service: Some("s3\u{1b}[2J".into()),
    };
    let made = Some(1_700_000_000);
    let keys = vec![
        credential_report::Key { active: true, made, last_use: Some(used), ..Default::default() },
        credential_report::Key { made, ..Default::default() },
    ];
    let notes = |keys: Vec<credential_report::Key>| {
        let reported_root_keys = Some(ReportedKeys { generated: Some(1_795_100_000), keys });
        let root_keys = Ok(RootKeys::Counted(true));
        let facts = Facts { as_root: false, root_keys, reported_root_keys, ..perfect() };
        planned(&facts, &answers(), StepId::RootAccessKeys).notes
    };
    let told = notes(keys);
    assert_eq!(
        told[0].en,
        "By the credential report of 2026-11-19: active, made 2023-11-14, last used on 2026-11-18 by \
         s3\u{fffd}[2J, us-east-1; inactive, made 2023-11-14, never used, as far as AWS tells."
    );
    assert!(told[0].ko.contains("2026-11-19") && !told[0].ko.contains('\u{1b}'), "{told:?}");
    let told = notes(Vec::new());
    assert!(told[0].en.contains("2026-11-19 shows none yet"), "{told:?}");
}

/// The answers of somebody who has put root's credentials away.
fn stored() -> Answers {
    Answers { root: Root { credentials_stored: true, ..Root::default() }, ..answers() }
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
    let cases: [(&str, Otherwise, &[&str]); 6] = [
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
                the_user(facts).unwrap().console_password = Err(denied());
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

fn to_be_asked(id: &str) -> RootKey {
    RootKey { uses: Uses::ToBeAsked, ..root_key(id) }
}

#[test]
fn before_a_key_of_root_goes_it_is_asked_who_uses_it() {
    let cases = [
        stands("of one", State::Waiting, |facts, _| facts.root_keys = listed(vec![to_be_asked("AKIA1")])),
        stands("of one of two", State::Waiting, |facts, _| {
            facts.root_keys = listed(vec![to_be_asked("AKIA1"), own_root_key("AKIA2")]);
        }),
        stands("before the keys go that are off", State::Waiting, |facts, _| {
            facts.root_keys = listed(vec![RootKey { active: false, ..to_be_asked("AKIA1") }]);
        }),
        stands("when the administrator has signed in", State::Blocked, |facts, _| {
            facts.sign_in = SignIn::No;
            facts.root_keys = listed(vec![to_be_asked("AKIA1")]);
        }),
        changes("once", vec![deactivate("AKIA1")], |facts, _| {
            let uses = Uses::Found(Summary::default());
            facts.root_keys = listed(vec![RootKey { uses, ..root_key("AKIA1") }]);
        }),
    ];
    hold(StepId::RootAccessKeys, perfect, cases);
    let facts = Facts { root_keys: listed(vec![to_be_asked("AKIA1")]), ..perfect() };
    let planned = planned(&facts, &answers(), StepId::RootAccessKeys);
    says(&planned.reason.unwrap(), &["Event History"]);
    says(&planned.awaited.unwrap(), &["Event History"]);
}

#[test]
fn what_event_history_has_of_a_key_is_told() {
    let counted = |what: &str, calls| Counted { what: what.into(), calls };
    let used = Summary {
        calls: 14,
        refused: 2,
        addresses: vec![counted("198.51.100.23", 14)],
        user_agents: vec![counted("aws-cli/1.27", 14)],
        event_names: vec![counted("ListBuckets", 12), counted("GetUser", 1), counted("ListUsers", 1)],
        ..Summary::default()
    };
    let error = AwsError::without_answer("cloudtrail:LookupEvents", "no");
    let unread = vec![UnreadRegion { region: "me-south-1".into(), error }];
    let table = [
        (used.clone(), "(14 calls in 90 days, 2 refused: ListBuckets, GetUser, …)", "호출 14건, 거부 2건"),
        (
            Summary { at_least: true, ..used },
            "(at least 14 calls in 90 days, 2 of these refused",
            "호출 최소 14건",
        ),
        (Summary::default(), "no calls in Event History", "호출 없음"),
        (Summary { at_least: true, ..Summary::default() }, "that could be read in time", "제때 읽은"),
        (Summary { unread, ..Summary::default() }, "1 Region could not be read", "읽지 못한 리전 1개"),
    ];
    for (uses, en, ko) in table {
        let key = RootKey { uses: Uses::Found(uses), ..root_key("AKIA1") };
        let facts = Facts { root_keys: listed(vec![key]), ..perfect() };
        let notes = planned(&facts, &answers(), StepId::RootAccessKeys).notes;
        assert_eq!(notes.len(), 3, "the key, who used it, and what silence means: {notes:?}");
        assert!(notes[1].en.contains(en) && notes[1].ko.contains(ko), "{:?}", notes[1]);
    }
}

#[test]
fn who_cannot_list_the_keys_of_root_is_sent_where_they_are() {
    let counted = |as_root| {
        let facts = Facts { as_root, root_keys: Ok(RootKeys::Counted(true)), ..perfect() };
        planned(&facts, &answers(), StepId::RootAccessKeys).person.unwrap()
    };
    let (another, root) = (counted(false), counted(true));
    assert_eq!((&another.seen, &root.seen), (&Seen::Elsewhere, &Seen::Elsewhere));
    says(&another.how[0], &["aws login --profile root", "--only admin-sign-in,root-access-keys"]);
    // Root is there already, and to sign in once more would show no more.
    says(&root.how[0], &["https://console.aws.amazon.com/iam/home#/security_credentials"]);
    assert!(!root.how[0].en.contains("aws login"), "{}", root.how[0].en);
}

/// In GovCloud root cannot sign in but by its key, and without a password it cannot at all.
#[test]
fn who_cannot_sign_in_as_root_is_told_who_can_delete_the_keys() {
    let how = |partition: &str, root_password, as_root| {
        let root_keys = Ok(RootKeys::Counted(true));
        let mut facts = Facts { as_root, root_keys, root_password: Ok(root_password), ..perfect() };
        move_to(&mut facts, partition);
        planned(&facts, &answers(), StepId::RootAccessKeys).person.unwrap().how
    };
    for as_root in [false, true] {
        let of_govcloud = how("aws-us-gov", true, as_root);
        says(&of_govcloud[0], &["GovCloud", "--only admin-sign-in,root-access-keys", "AWS Support"]);
        let managed = how("aws", false, as_root);
        says(&managed[0], &["sts:AssumeRoot"]);
        let policy = "arn:aws:iam::aws:policy/root-task/IAMDeleteRootUserCredentials";
        says(&managed[1], &["--target-principal 111122223333", policy]);
        says(&managed[2], &["aws iam delete-access-key"]);
        let mut all = of_govcloud.iter().chain(&managed);
        assert!(all.all(|how| !how.en.contains("aws login --profile") && !how.en.contains("https:")));
    }
}

#[test]
fn with_a_person_there_the_keys_of_root_go_in_stages() {
    let cases = [
        changes("one active", vec![deactivate("AKIA1")], |facts, _| {
            facts.root_keys = listed(vec![root_key("AKIA1")]);
        }),
        changes("two active", vec![deactivate("AKIA1"), deactivate("AKIA2")], |facts, _| {
            facts.root_keys = listed(vec![root_key("AKIA1"), root_key("AKIA2")]);
        }),
        changes("one inactive", vec![delete("AKIA1")], |facts, _| {
            facts.root_keys = listed(vec![inactive_root_key("AKIA1")]);
        }),
        changes("one inactive, one active", vec![deactivate("AKIA2")], |facts, _| {
            facts.root_keys = listed(vec![inactive_root_key("AKIA1"), root_key("AKIA2")]);
        }),
        changes("one that signs", vec![delete_own("AKIA1")], |facts, _| {
            facts.root_keys = listed(vec![own_root_key("AKIA1")]);
        }),
        changes("one active, one that signs", vec![deactivate("AKIA2")], |facts, _| {
            facts.root_keys = listed(vec![root_key("AKIA2"), own_root_key("AKIA1")]);
        }),
        changes("one inactive, one that signs", vec![delete("AKIA2"), delete_own("AKIA1")], |facts, _| {
            facts.root_keys = listed(vec![inactive_root_key("AKIA2"), own_root_key("AKIA1")]);
        }),
        changes("the one that signs is last", vec![delete("AKIA2"), delete_own("AKIA1")], |facts, _| {
            facts.root_keys = listed(vec![own_root_key("AKIA1"), inactive_root_key("AKIA2")]);
        }),
        changes("MFA first, to switch off", vec![start_session(), deactivate("AKIA1")], |facts, _| {
            facts.sign_in = SignIn::Locked;
            facts.root_keys = listed(vec![root_key("AKIA1")]);
        }),
        changes("MFA first, to delete", vec![start_session(), delete_own("AKIA1")], |facts, _| {
            facts.sign_in = SignIn::Locked;
            facts.root_keys = listed(vec![own_root_key("AKIA1")]);
        }),
        changes("consent given before hurries nothing", vec![deactivate("AKIA1")], |facts, answers| {
            facts.root_keys = listed(vec![root_key("AKIA1")]);
            answers.root.delete_access_keys = true;
        }),
    ];
    hold(StepId::RootAccessKeys, perfect, cases);
}

#[test]
fn what_is_switched_off_can_be_switched_on_again() {
    let keys = vec![root_key("AKIA1"), root_key("AKIA2"), own_root_key("AKIA3")];
    let mut facts = Facts { root_keys: listed(keys), ..perfect() };
    let first = planned(&facts, &answers(), StepId::RootAccessKeys);
    assert_eq!(first.changes, [deactivate("AKIA1"), deactivate("AKIA2")]);
    assert!(first.undo.is_empty() && first.watchable.is_none(), "{first:?}");

    first.changes.iter().for_each(|change| make(change, &mut facts));
    let ours = ["iam:root-access-key/AKIA1", "iam:root-access-key/AKIA2"].map(str::to_owned);
    let remembered = Answers { switched_off: BTreeSet::from(ours), ..stored() };
    let next = planned(&facts, &remembered, StepId::RootAccessKeys);
    assert_eq!(next.changes, [delete("AKIA1"), delete("AKIA2"), delete_own("AKIA3")]);
    assert_eq!(next.undo, [reactivate("AKIA1"), reactivate("AKIA2")]);
    assert!(next.watchable.is_some());
    assert_eq!(next.notes.len(), 4);
    assert!(next.notes[0].en.contains("undo") && next.notes[0].ko.contains("되돌리기"), "{:?}", next.notes);

    next.undo.iter().for_each(|change| make(change, &mut facts));
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
    let cases = [
        stands("no consent", State::NeedsPerson, |facts, answers| {
            facts.root_keys = listed(vec![root_key("AKIA1")]);
            answers.attended = false;
        }),
        changes("consent", vec![deactivate("AKIA1"), delete("AKIA1")], |facts, answers| {
            facts.root_keys = listed(vec![root_key("AKIA1")]);
            answers.root.credentials_stored = true;
            (answers.attended, answers.root.delete_access_keys) = (false, true);
        }),
        changes(
            "consent, and MFA first where it is needed",
            vec![start_session(), deactivate("AKIA2"), delete("AKIA2"), delete_own("AKIA1")],
            |facts, answers| {
                facts.sign_in = SignIn::Locked;
                facts.root_keys = listed(vec![root_key("AKIA2"), own_root_key("AKIA1")]);
                the_user(facts).unwrap().console_password = Ok(false);
                answers.root.credentials_stored = true;
                (answers.attended, answers.root.delete_access_keys) = (false, true);
            },
        ),
        stands("consent alone proves no sign-in", State::Blocked, |facts, answers| {
            facts.root_keys = listed(vec![root_key("AKIA1")]);
            facts.sign_in = SignIn::No;
            (answers.attended, answers.root.delete_access_keys) = (false, true);
        }),
    ];
    hold(StepId::RootAccessKeys, perfect, cases);
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
        "AKIA3  active  made 2026-01-02  last used 0 days ago by s3, us-east-1 (signs this run, so it goes last)",
    ];
    assert_eq!(notes, expected);
    for (note, id) in planned.notes.iter().zip(["AKIA2", "AKIA1", "AKIA3"]) {
        assert!(note.ko.starts_with(id) && !note.ko.contains('\u{1b}'), "{}", note.ko);
    }
}
