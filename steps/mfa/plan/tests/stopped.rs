//! `require-mfa`: whom the policy would stop, and that nobody is locked out by accident.

use super::*;

#[test]
fn a_run_does_not_lock_itself_out() {
    cases(StepId::RequireMfa, enrolled)
        .stands("another member, by access key", State::Blocked, |facts, _| {
            let members = vec![member("alice", true, &[]), member("Kim", true, &[])];
            facts.group = Ok(Some(("Administrators".into(), members)));
            facts.run = RunMfa::OtherUser("kim".into());
        })
        .changes(
            "another user, who is no member",
            vec![create_policy(), attach_policy("Administrators")],
            |facts, _| facts.run = RunMfa::OtherUser("kim".into()),
        );
    let run = RunMfa::OtherUser("alice".into());
    let planned = planned(&Facts { run, ..enrolled() }, &answers(), StepId::RequireMfa);
    says(&planned.reason.unwrap(), &["alice"]);
}

/// A person may decide so, but not by Enter alone; with nobody there it is left.
#[test]
fn a_key_that_looks_like_a_machine_s_is_not_stopped_by_accident() {
    let ci = member("ci", false, &["AKIACI1", "AKIACI2"]);
    let members = vec![member("alice", true, &[]), Member { machine_keys: owned(&["AKIACI2"]), ..ci }];
    let facts = Facts { group: Ok(Some(("Administrators".into(), members))), ..enrolled() };
    let decided = planned(&facts, &answers(), StepId::RequireMfa);
    assert_eq!((decided.state, decided.careful), (State::ToChange, true));
    says(&decided.notes[0], &["ci", "AKIACI2"]);
    assert!(!decided.notes[0].en.contains("AKIACI1"), "{}", decided.notes[0].en);

    let left = planned(&facts, &Answers { attended: false, ..answers() }, StepId::RequireMfa);
    assert_eq!(left.state, State::NeedsPerson);
    says(&left.person.unwrap().how[0], &["ci", "AKIACI2"]);
    assert!(!planned(&enrolled(), &answers(), StepId::RequireMfa).careful);
}

#[test]
fn whom_and_what_the_policy_stops_is_named() {
    let members = vec![
        member("alice", true, &[]),
        member("bob", true, &["AKIABOB1", "AKIABOB2"]),
        member("carol", false, &[]),
        member("d\u{1b}ave", false, &["AKIADAVE"]),
    ];
    let facts = Facts { group: Ok(Some(("Administrators".into(), members))), ..enrolled() };
    let notes = planned(&facts, &answers(), StepId::RequireMfa).notes;
    let [bob, carol, dave] = notes.as_slice() else { panic!("{notes:?}") };
    says(bob, &["bob", "AKIABOB1, AKIABOB2", "MFA"]);
    says(carol, &["carol", "MFA"]);
    says(dave, &["d\u{fffd}ave", "AKIADAVE", "MFA"]);
    assert!(bob.en.contains("only in an MFA session"));
    assert!(carol.en.contains("nothing but enrol a device"));
    assert!(dave.en.contains("will be stopped") && dave.en.contains("give it a role first"));
}

/// Somebody may have written it for others too, who would get ours without having been asked.
#[test]
fn a_policy_that_says_something_else_is_not_replaced_by_accident() {
    let facts = |holders| Facts {
        policy: Ok(Some(RequirePolicy { same: false, oldest_spare: None, holders })),
        attached: Ok(true),
        ..enrolled()
    };
    let elsewhere = Holders {
        users: owned(&["frank"]),
        groups: owned(&["administrators", "Ops"]),
        roles: owned(&["Deploy"]),
    };
    let cases = [
        (Ok(elsewhere), ["frank", "Ops", "Deploy"]),
        (Ok(Holders { groups: owned(&["Administrators"]), ..Holders::default() }), ["dayone-require-mfa"; 3]),
        (Err(unseen()), [unseen().operation; 3]),
    ];
    for (holders, words) in cases {
        let facts = facts(holders);
        let decided = planned(&facts, &answers(), StepId::RequireMfa);
        assert_eq!((decided.state, decided.careful), (State::ToChange, true));
        assert_eq!(decided.changes, [start_session("alice"), update_policy(None)]);
        says(&decided.notes[0], &words);
        assert!(!decided.notes[0].en.contains("dministrators"), "that is what it is for");
        let left = planned(&facts, &Answers { attended: false, ..answers() }, StepId::RequireMfa);
        assert_eq!((left.state, &left.changes), (State::NeedsPerson, &Vec::new()));
        holds_together(&left);
        says(&left.person.unwrap().how[0], &words);
    }
}

/// In the console the device is asked for anyway. The keys are what the policy closes.
#[test]
fn keys_of_the_administrator_are_not_closed_before_the_device_was_seen_to_work() {
    let start = || Facts {
        group: Ok(Some(("Administrators".into(), vec![member("alice", true, &["AKIAALICE"])]))),
        run: RunMfa::Safe,
        ..enrolled()
    };
    cases(StepId::RequireMfa, start)
        .stands("nobody has signed in", State::Blocked, |facts, _| facts.signed_in = false)
        .stands("nor where another user acts", State::Blocked, |facts, _| {
            (facts.signed_in, facts.run) = (false, RunMfa::OtherUser("dave".into()));
        })
        .changes("the administrator has", vec![create_policy(), attach_policy("Administrators")], |_, _| {})
        .changes("no key", vec![create_policy(), attach_policy("Administrators")], |facts, _| {
            facts.signed_in = false;
            facts.group = Ok(Some(("Administrators".into(), vec![member("alice", true, &[])])));
        })
        .changes(
            "a key of somebody else",
            vec![create_policy(), attach_policy("Administrators")],
            |facts, _| {
                facts.signed_in = false;
                let members = vec![member("alice", true, &[]), member("bob", true, &["AKIABOB"])];
                facts.group = Ok(Some(("Administrators".into(), members)));
            },
        );
    let blocked = planned(&Facts { signed_in: false, ..start() }, &answers(), StepId::RequireMfa);
    says(&blocked.reason.unwrap(), &["alice", "AKIAALICE", "admin-sign-in"]);
}

/// Whoever is stopped by it, a person decides about, and not by Enter alone.
#[test]
fn whoever_would_be_stopped_makes_the_step_careful() {
    let careful = |members: Vec<Member>| {
        let facts = Facts { group: Ok(Some(("Administrators".into(), members))), ..enrolled() };
        planned(&facts, &answers(), StepId::RequireMfa).careful
    };
    assert!(!careful(vec![member("alice", true, &["AKIAALICE"])]), "a key goes on in a session");
    assert!(careful(vec![member("alice", true, &[]), member("bob", false, &[])]));
    let mut of_the_people = enrolled();
    let group = people_group_of(&[member("carol", false, &[])]);
    of_the_people.people_groups = Ok(BTreeMap::from([("Developers".to_owned(), group)]));
    let plan = planned(&of_the_people, &answers(), StepId::RequireMfa);
    assert!(plan.careful);
    says(&plan.notes[0], &["carol"]);
}

/// Who runs it and how much is done: how the step stands in the account with nothing done, with the device enrolled, with
/// access keys of the administrator besides, and with everything done.
#[test]
fn who_runs_it_decides_what_is_left_of_the_policy() {
    use State::{Blocked, InPlace, NeedsPerson, ToChange};
    let another = |name: &str| RunMfa::OtherUser(name.to_owned());
    let table = [
        ("root alone", RunMfa::Safe, false, [Blocked, ToChange, Blocked, InPlace]),
        ("root, the administrator besides", RunMfa::Safe, true, [Blocked, ToChange, ToChange, InPlace]),
        ("by key", RunMfa::AdministratorByKey, true, [Blocked, ToChange, ToChange, InPlace]),
        ("by aws login", RunMfa::AdministratorByLogin, true, [Blocked, NeedsPerson, NeedsPerson, InPlace]),
        ("another administrator", another("bob"), false, [Blocked, Blocked, Blocked, InPlace]),
        ("another user", another("dave"), false, [Blocked, ToChange, Blocked, InPlace]),
        ("stopped by the policy", RunMfa::Out, true, [NeedsPerson; 4]),
    ];
    for (caller, run, signed_in, expected) in table {
        for (given, expected) in
            [nothing_done(), device_enrolled(), keys_besides(), perfect()].into_iter().zip(expected)
        {
            let facts = Facts { run: run.clone(), signed_in, ..given.clone() };
            let planned = planned(&facts, &answers(), StepId::RequireMfa);
            assert_eq!(planned.state, expected, "{caller}: {planned:?}");
            holds_together(&planned);
            let opens = planned.changes.first() == Some(&start_session("alice"));
            assert_eq!(opens, run == RunMfa::AdministratorByKey && expected == ToChange, "{caller}");
            for step in [StepId::AdminMfa, StepId::RootMfa, StepId::UsersMfa] {
                let of_caller = self::planned(&facts, &answers(), step).state;
                assert_eq!(of_caller, self::planned(&given, &answers(), step).state, "{caller}: {step}");
            }
        }
    }
}

fn nothing_done() -> Facts {
    with_another_administrator(fresh())
}

fn device_enrolled() -> Facts {
    with_another_administrator(enrolled())
}

fn keys_besides() -> Facts {
    let mut facts = device_enrolled();
    let members = vec![member("alice", true, &["AKIAALICE"]), member("bob", true, &[])];
    facts.group = Ok(Some(("Administrators".into(), members)));
    facts
}

fn with_another_administrator(mut facts: Facts) -> Facts {
    if let Ok(Some((_, members))) = &mut facts.group {
        members.push(member("bob", true, &[]));
    }
    facts
}
