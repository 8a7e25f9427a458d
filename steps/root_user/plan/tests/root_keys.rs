//! `root-access-keys`: how the step stands, what it waits for, and what is told of each key.

use super::*;
use crate::credential_report;
use crate::error::AwsError;
use crate::event_history::{Counted, Summary, UnreadRegion};
use crate::plan_cases::Given;
use crate::practice::{Seen, after};

#[test]
fn the_keys_of_root_are_counted_or_listed() {
    cases(StepId::RootAccessKeys, perfect)
        .stands("none by the list", State::InPlace, |facts, _| facts.root_keys = listed(Vec::new()))
        .stands("none by the count", State::InPlace, |facts, _| {
            facts.root_keys = Ok(RootKeys::Counted(false));
        })
        .stands("some by the count", State::NeedsPerson, |facts, _| {
            facts.root_keys = Ok(RootKeys::Counted(true));
        })
        .stands("unreadable", State::NotAssessed, |facts, _| facts.root_keys = Err(unseen()))
        .stands("listed, but nobody has signed in", State::Blocked, |facts, answers| {
            facts.root_keys = listed(vec![root_key("AKIA1")]);
            facts.sign_in = SignIn::No;
            answers.root.delete_access_keys = true;
        })
        .stands("none, though nobody has signed in", State::InPlace, |facts, _| {
            facts.sign_in = SignIn::No;
        })
        .stands("managed centrally, and none left", State::InPlace, |facts, _| {
            (facts.root_password, facts.root_keys) = (Ok(false), Ok(RootKeys::Counted(false)));
        })
        .stands("in China, whatever is readable", State::NotApplicable, |facts, _| {
            move_to(facts, "aws-cn");
            facts.root_keys = Err(unseen());
        })
        .stands("in China, whatever is counted", State::NotApplicable, |facts, _| {
            move_to(facts, "aws-cn");
            facts.root_keys = Ok(RootKeys::Counted(true));
        });
}

#[test]
fn a_signing_certificate_of_root_is_not_passed_in_silence() {
    cases(StepId::RootAccessKeys, perfect)
        .stands("without keys", State::NeedsPerson, |facts, _| facts.root_certificates = Ok(true))
        .stands("without keys by the count", State::NeedsPerson, |facts, _| {
            (facts.root_keys, facts.root_certificates) = (Ok(RootKeys::Counted(false)), Ok(true));
        })
        .stands("not told", State::InPlace, |facts, _| facts.root_certificates = Err(unseen()));
    let facts = |root_certificates| Facts { root_certificates, ..perfect() };
    let task = planned(&facts(Ok(true)), &answers(), StepId::RootAccessKeys).person.unwrap();
    says(&task.what, &["X.509"]);
    says(&task.how[0], &["https://console.aws.amazon.com/iam/home#/security_credentials"]);
    let found = planned(&facts(Err(unseen())), &answers(), StepId::RootAccessKeys).found.unwrap();
    says(&found, &["X.509"]);
    let beside_a_key = Facts { root_keys: Ok(RootKeys::Counted(true)), ..facts(Ok(true)) };
    let notes = planned(&beside_a_key, &answers(), StepId::RootAccessKeys).notes;
    says(notes.last().unwrap(), &["X.509"]);
}

/// What the step waits for that would retire a key of root.
fn waits_for(given: Given<Facts>) -> Text {
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
    assert_eq!(waits_for(|facts, _| facts.group = Err(unseen())), group_first);
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
    let notes = |given: Given<Facts>, state: State| {
        let (mut facts, mut answers) = (Facts { root_keys: listed(keys()), ..perfect() }, stored());
        given(&mut facts, &mut answers);
        let planned = planned(&facts, &answers, StepId::RootAccessKeys);
        assert_eq!(planned.state, state, "{planned:?}");
        holds_together(&planned);
        planned.notes
    };
    let left: [(Given<Facts>, State); 4] = [
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

fn to_be_asked(id: &str) -> RootKey {
    RootKey { uses: Uses::ToBeAsked, ..root_key(id) }
}

#[test]
fn before_a_key_of_root_goes_it_is_asked_who_uses_it() {
    cases(StepId::RootAccessKeys, perfect)
        .stands("of one", State::Waiting, |facts, _| facts.root_keys = listed(vec![to_be_asked("AKIA1")]))
        .stands("of one of two", State::Waiting, |facts, _| {
            facts.root_keys = listed(vec![to_be_asked("AKIA1"), own_root_key("AKIA2")]);
        })
        .stands("before the keys go that are off", State::Waiting, |facts, _| {
            facts.root_keys = listed(vec![RootKey { active: false, ..to_be_asked("AKIA1") }]);
        })
        .stands("when the administrator has signed in", State::Blocked, |facts, _| {
            facts.sign_in = SignIn::No;
            facts.root_keys = listed(vec![to_be_asked("AKIA1")]);
        })
        .changes("once", vec![deactivate("AKIA1")], |facts, _| {
            let uses = Uses::Found(Summary::default());
            facts.root_keys = listed(vec![RootKey { uses, ..root_key("AKIA1") }]);
        });
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
