//! `key-rotation`: old keys are a person's to replace, and one's own are replaced step by step.

use super::*;

#[test]
fn keys_are_replaced_by_a_person() {
    cases(StepId::KeyRotation, perfect)
        .stands("a young key", State::InPlace, |_, _| {})
        .stands("90 days", State::NeedsPerson, |facts, _| {
            add_keys(facts, "bob", vec![key("AKIA1", 90, Some(1))]);
        })
        .stands("89 days", State::InPlace, |facts, _| add_keys(facts, "bob", vec![key("AKIA1", 89, Some(1))]))
        .stands("old and off", State::InPlace, |facts, _| {
            add_keys(facts, "bob", vec![off(key("AKIA1", 300, Some(1)))]);
        })
        .stands("two young ones", State::NeedsPerson, |facts, _| {
            add_keys(facts, "bob", vec![key("AKIA1", 2, Some(1)), key("AKIA2", 1, Some(1))]);
        })
        .stands("one of two is off", State::InPlace, |facts, _| {
            add_keys(facts, "bob", vec![off(key("AKIA1", 80, Some(1))), key("AKIA2", 1, Some(1))]);
        })
        .stands("replaced since the report", State::InPlace, |facts, _| {
            add_keys(facts, "bob", vec![key("AKIA1", 300, Some(1))]);
            facts.looked_up.as_mut().unwrap().insert("bob".into(), vec![key("AKIA2", 0, Some(0))]);
        })
        .stands("by the report alone", State::NeedsPerson, |facts, _| {
            add_row(facts, row("bob", without_ids(&[key("AKIA1", 300, Some(1))])));
        })
        .stands("a key of unknown age", State::NeedsPerson, |facts, _| {
            add_keys(facts, "bob", vec![Key { made: None, ..key("AKIA1", 1, Some(1)) }]);
        })
        .stands("the administrator's key is old", State::NeedsPerson, |facts, _| {
            facts.report.as_mut().unwrap().rows[1].keys[0].made = ago(91);
        })
        .stands("unreadable", State::NotAssessed, |facts, _| facts.report = Err(unseen()));
    let mut facts = perfect();
    add_keys(&mut facts, "bob", vec![key("AKIA1", 300, Some(1)), key("AKIA2", 1, Some(1))]);
    let planned = planned(&facts, &answers(), StepId::KeyRotation);
    let task = planned.person.as_ref().unwrap();
    says(&task.what, &["bob", "90"]);
    notes(&planned, &["bob", "AKIA1", "2026-01-28"]);
    assert!(planned.notes[1].en.contains("2 active access keys"), "{:?}", planned.notes);
}

#[test]
fn the_way_of_two_keys_is_told_command_by_command() {
    let mut facts = perfect();
    add_keys(&mut facts, "bob", vec![key("AKIA2", 1, Some(1)), key("AKIA1", 300, Some(1))]);
    let how =
        |facts: &Facts, answers: &Answers| planned(facts, answers, StepId::KeyRotation).person.unwrap().how;
    let of_bob = how(&facts, &answers());
    let commands = [
        "aws iam create-access-key --user-name bob",
        "aws iam get-access-key-last-used --access-key-id NEW_KEY",
        "aws iam get-access-key-last-used --access-key-id AKIA1",
        "aws iam update-access-key --user-name bob --access-key-id AKIA1 --status Inactive",
        "aws iam delete-access-key --user-name bob --access-key-id AKIA1",
    ];
    for (command, line) in commands.into_iter().zip(&of_bob[1..]) {
        says(line, &[command]);
    }
    says(&of_bob[3], &["dayone events --access-key AKIA1 --all-regions"]);
    assert_eq!(of_bob.len(), 1 + commands.len() + 1);
    // Nobody is there, and there is a key of somebody else.
    add_row(&mut facts, row("carol", without_ids(&[key("AKIA3", 300, Some(1))])));
    assert_eq!(how(&facts, &unattended()).len(), of_bob.len() + 2);
}

/// The keys of alice, whom the run acts as, as just looked up. The one with this id is in an AWS profile.
fn keys_of_alice(facts: &mut Facts, keys: Vec<Key>, kept: &str) {
    facts.report = Ok(report(vec![root_used(200), Row { keys: without_ids(&keys), ..alice() }]));
    facts.looked_up = Ok(BTreeMap::from([("alice".to_owned(), keys)]));
    facts.kept = BTreeMap::from([(kept.to_owned(), vec![PROFILE.to_owned()])]);
    facts.run.access_keys = vec!["ASIASESSION".into()];
}

#[test]
fn a_key_of_one_s_own_is_replaced_step_by_step() {
    cases(StepId::KeyRotation, perfect)
        .changes("due", vec![replace("AKIA1")], |facts, _| {
            keys_of_alice(facts, vec![key("AKIA1", 90, Some(0))], "AKIA1");
        })
        .stands("young", State::InPlace, |facts, _| {
            keys_of_alice(facts, vec![key("AKIA1", 89, Some(0))], "AKIA1");
        })
        .stands("due, and kept elsewhere", State::NeedsPerson, |facts, _| {
            keys_of_alice(facts, vec![key("AKIA1", 90, Some(0))], "AKIAOTHER");
        })
        .stands("due, with nobody there", State::NeedsPerson, |facts, answers| {
            keys_of_alice(facts, vec![key("AKIA1", 90, Some(0))], "AKIA1");
            answers.attended = false;
        })
        .stands("due, and there is no room for a second key", State::NeedsPerson, |facts, _| {
            keys_of_alice(facts, vec![key("AKIA1", 90, Some(0)), off(key("AKIA2", 80, None))], "AKIA1");
        })
        .changes("the second one works", vec![deactivate("alice", "AKIA1")], |facts, _| {
            keys_of_alice(facts, vec![key("AKIA2", 2, Some(0)), key("AKIA1", 100, Some(2))], "AKIA2");
        })
        .stands("the second one was not used", State::NeedsPerson, |facts, _| {
            keys_of_alice(facts, vec![key("AKIA1", 100, Some(3)), key("AKIA2", 2, None)], "AKIA2");
        })
        .stands("the second one was made a moment ago", State::Waiting, |facts, _| {
            keys_of_alice(facts, vec![key("AKIA1", 100, Some(0)), key("AKIA2", 0, None)], "AKIA2");
        })
        .stands("it was made a moment ago elsewhere", State::NeedsPerson, |facts, _| {
            keys_of_alice(facts, vec![key("AKIA1", 100, Some(0)), key("AKIA2", 0, None)], "AKIA1");
        })
        .stands("it was made a moment ago, with nobody there", State::NeedsPerson, |facts, answers| {
            keys_of_alice(facts, vec![key("AKIA1", 100, Some(0)), key("AKIA2", 0, None)], "AKIA2");
            answers.attended = false;
        })
        .stands("the first one is still used", State::NeedsPerson, |facts, _| {
            keys_of_alice(facts, vec![key("AKIA1", 100, Some(1)), key("AKIA2", 2, Some(0))], "AKIA2");
        })
        .stands("the first one signs", State::NeedsPerson, |facts, _| {
            keys_of_alice(facts, vec![key("AKIA1", 100, Some(2)), key("AKIA2", 2, Some(0))], "AKIA2");
            facts.run.access_keys.push("AKIA1".into());
        })
        .changes("the first one is off", vec![delete("alice", "AKIA1")], |facts, answers| {
            keys_of_alice(facts, vec![off(key("AKIA1", 100, Some(2))), key("AKIA2", 2, Some(0))], "AKIA2");
            switched_off(answers, "AKIA1");
        })
        .stands("somebody else switched it off", State::InPlace, |facts, _| {
            keys_of_alice(facts, vec![off(key("AKIA1", 100, Some(2))), key("AKIA2", 2, Some(0))], "AKIA2");
        })
        .stands("it is off, with nobody there", State::InPlace, |facts, answers| {
            keys_of_alice(facts, vec![off(key("AKIA1", 100, Some(2))), key("AKIA2", 2, Some(0))], "AKIA2");
            switched_off(answers, "AKIA1");
            answers.attended = false;
        })
        .stands("the second one is the one that is off", State::NeedsPerson, |facts, answers| {
            keys_of_alice(facts, vec![key("AKIA1", 100, Some(2)), off(key("AKIA2", 2, Some(0)))], "AKIA1");
            switched_off(answers, "AKIA2");
        })
        .stands("by the report alone", State::NeedsPerson, |facts, _| {
            keys_of_alice(facts, vec![key("AKIA1", 90, Some(0))], "AKIA1");
            facts.looked_up = Ok(BTreeMap::new());
        })
        .stands("of somebody else", State::NeedsPerson, |facts, _| {
            add_keys(facts, "bob", vec![key("AKIA1", 90, Some(0))]);
            facts.kept = BTreeMap::from([("AKIA1".to_owned(), vec![PROFILE.to_owned()])]);
        });
}

#[test]
fn before_each_step_of_a_replacement_there_is_the_evidence() {
    let mut facts = perfect();
    keys_of_alice(&mut facts, vec![key("AKIA1", 100, Some(2))], "AKIA1");
    add_keys(&mut facts, "bob", vec![key("AKIABOB", 100, Some(1))]);
    let first = planned(&facts, &answers(), StepId::KeyRotation);
    notes(&first, &["alice", "AKIA1", "2026-08-16", "s3", PROFILE]);
    notes(&first, &["bob", "AKIABOB"]);
    assert!(first.careful && first.undo.is_empty(), "Enter alone makes no key");

    keys_of_alice(&mut facts, vec![key("AKIA1", 100, Some(2)), key("AKIA2", 2, Some(0))], "AKIA2");
    let second = planned(&facts, &answers(), StepId::KeyRotation);
    notes(&second, &["AKIA1", "2026-11-22"]);
    notes(&second, &["AKIA2", "2026-11-24", PROFILE]);
    notes(&second, &["15"]);

    keys_of_alice(&mut facts, vec![key("AKIA1", 100, Some(2)), key("AKIA2", 0, None)], "AKIA2");
    add_keys(&mut facts, "bob", vec![key("AKIABOB", 100, Some(1))]);
    let not_yet = planned(&facts, &answers(), StepId::KeyRotation).reason.unwrap();
    says(&not_yet, &["alice", "bob"]);

    keys_of_alice(&mut facts, vec![off(key("AKIA1", 100, Some(2))), key("AKIA2", 2, Some(0))], "AKIA2");
    let mut answers = answers();
    switched_off(&mut answers, "AKIA1");
    let third = planned(&facts, &answers, StepId::KeyRotation);
    assert_eq!(
        (third.changes, &third.undo),
        (vec![delete("alice", "AKIA1")], &vec![reactivate("alice", "AKIA1")])
    );
    assert!(third.notes.iter().any(|note| note.en.contains("undo") && note.ko.contains("되돌리기")));
}
