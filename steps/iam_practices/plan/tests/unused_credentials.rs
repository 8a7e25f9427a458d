//! `unused-credentials`: what nobody uses is switched off first, and deleted long after.

use super::*;
use crate::plan_cases::Given;
use crate::practice::Change as _;

#[test]
fn what_is_unused_is_switched_off_before_it_is_deleted() {
    cases(StepId::UnusedCredentials, perfect)
        .stands("used", State::InPlace, |_, _| {})
        .changes("a key, 45 days", vec![deactivate("bob", "AKIA1")], |facts, _| {
            add_keys(facts, "bob", vec![key("AKIA1", 300, Some(45))]);
        })
        .stands("a key, 44 days", State::InPlace, |facts, _| {
            add_keys(facts, "bob", vec![key("AKIA1", 300, Some(44))]);
        })
        .changes("a key that was never used", vec![deactivate("bob", "AKIA1")], |facts, _| {
            add_keys(facts, "bob", vec![key("AKIA1", 45, None)]);
        })
        .stands("a new key that was never used", State::InPlace, |facts, _| {
            add_keys(facts, "bob", vec![key("AKIA1", 44, None)]);
        })
        .changes("one of two", vec![deactivate("bob", "AKIA2")], |facts, _| {
            add_keys(facts, "bob", vec![key("AKIA1", 300, Some(1)), key("AKIA2", 300, Some(100))]);
        })
        .changes("off and on", vec![deactivate("bob", "AKIA1")], |facts, _| {
            add_keys(facts, "bob", vec![key("AKIA1", 300, Some(100)), off(key("AKIA2", 300, None))]);
        })
        .stands("switched off since the report", State::InPlace, |facts, _| {
            add_keys(facts, "bob", vec![key("AKIA1", 300, Some(100))]);
            let off = vec![off(key("AKIA1", 300, Some(100)))];
            facts.looked_up.as_mut().unwrap().insert("bob".into(), off);
        })
        .stands("used since the report", State::InPlace, |facts, _| {
            add_keys(facts, "bob", vec![key("AKIA1", 300, Some(100))]);
            let used = vec![key("AKIA1", 300, Some(0))];
            facts.looked_up.as_mut().unwrap().insert("bob".into(), used);
        })
        .stands("not looked up", State::NeedsPerson, |facts, _| {
            add_row(facts, row("bob", without_ids(&[key("AKIA1", 300, Some(100))])));
        })
        .stands("looking up was refused", State::NeedsPerson, |facts, _| {
            add_row(facts, row("bob", without_ids(&[key("AKIA1", 300, Some(100))])));
            facts.looked_up = Err(unseen());
        })
        .stands("a password", State::NeedsPerson, |facts, _| add_row(facts, with_password("bob", Some(45))))
        .stands("a password that was never used", State::NeedsPerson, |facts, _| {
            add_row(facts, with_password("bob", None));
        })
        .stands("a password that was changed lately", State::InPlace, |facts, _| {
            add_row(facts, Row { password_last_changed: ago(10), ..with_password("bob", None) });
        })
        .stands("a password that was changed lately, and used long ago", State::NeedsPerson, |facts, _| {
            add_row(facts, Row { password_last_changed: ago(0), ..with_password("bob", Some(45)) });
        })
        .stands("a password that was changed long ago, and used lately", State::InPlace, |facts, _| {
            add_row(facts, Row { password_last_changed: ago(100), ..with_password("bob", Some(44)) });
        })
        .stands("a password of a new user", State::InPlace, |facts, _| {
            add_row(facts, Row { created: ago(10), ..with_password("bob", None) });
        })
        .stands("a user of unknown age", State::NeedsPerson, |facts, _| {
            add_row(facts, Row { created: None, ..with_password("bob", None) });
        })
        .changes("a password and a key", vec![deactivate("bob", "AKIA1")], |facts, _| {
            add_keys(facts, "bob", vec![key("AKIA1", 300, Some(100))]);
            add_row(facts, with_password("carol", None));
        })
        .stands("unattended", State::NeedsPerson, |facts, answers| {
            answers.attended = false;
            add_keys(facts, "bob", vec![key("AKIA1", 300, Some(100))]);
        })
        .changes("unattended, with consent", vec![deactivate("bob", "AKIA1")], |facts, answers| {
            (answers.attended, answers.iam.disable_unused) = (false, true);
            add_keys(facts, "bob", vec![key("AKIA1", 300, Some(100))]);
        })
        .stands("unreadable", State::NotAssessed, |facts, _| facts.report = Err(unseen()));
}

#[test]
fn a_key_that_came_with_its_user_is_switched_off() {
    let together = |facts: &mut Facts, seconds: i64, used: Option<i64>, password: bool| {
        let mut key = key("AKIA1", 10, used);
        key.made = key.made.map(|made| made + seconds);
        let bob = Row {
            password,
            password_last_used: ago(1),
            created: ago(10),
            ..row("bob", without_ids(&[key.clone()]))
        };
        add_row(facts, bob);
        facts.looked_up.as_mut().unwrap().insert("bob".into(), vec![key]);
    };
    for (seconds, used, password, state) in [
        (0, None, true, State::ToChange),
        (60, None, true, State::ToChange),
        (-60, None, true, State::ToChange),
        (61, None, true, State::InPlace),
        (0, Some(1), true, State::InPlace),
        (0, None, false, State::InPlace),
    ] {
        let mut facts = perfect();
        together(&mut facts, seconds, used, password);
        let planned = planned(&facts, &answers(), StepId::UnusedCredentials);
        assert_eq!(planned.state, state, "{seconds} {used:?} {password}");
    }
    // The consent in the answers is about keys that nobody has used for 45 days.
    let mut facts = perfect();
    together(&mut facts, 0, None, true);
    let mut consent = unattended();
    consent.iam.disable_unused = true;
    let left = planned(&facts, &consent, StepId::UnusedCredentials);
    assert_eq!((left.state, &left.changes), (State::NeedsPerson, &Vec::new()));
    notes(&left, &["bob", "AKIA1", "45"]);
    // The administrator's own key may be an hour old.
    let mut facts = perfect();
    let made = ago(1);
    let keys = vec![Key { made, last_use: None, ..key("AKIAALICE", 1, None) }];
    facts.report = Ok(report(vec![Row { created: made, keys: without_ids(&keys), ..alice() }]));
    facts.looked_up = Ok(BTreeMap::from([("alice".to_owned(), keys)]));
    assert_eq!(planned(&facts, &answers(), StepId::UnusedCredentials).state, State::InPlace);
}

#[test]
fn the_administrator_and_the_run_are_never_touched() {
    let stale = || vec![key("AKIA1", 300, Some(100))];
    let cases: [(&str, Given<Facts>); 4] = [
        ("the administrator", |facts, answers| {
            (facts.run, answers.admin.user) = (Run::default(), Some("BOB".into()));
        }),
        ("whom the run acts as", |facts, _| facts.run.users.push("Bob".into())),
        ("whose key signs", |facts, _| facts.run.access_keys.push("AKIA1".into())),
        ("all of them", |facts, answers| {
            answers.admin.user = Some("bob".into());
            facts.run = Run { users: vec!["bob".into()], access_keys: vec!["AKIA1".into()] };
        }),
    ];
    for (name, given) in cases {
        let (mut facts, mut answers) = (perfect(), answers());
        add_keys(&mut facts, "bob", stale());
        given(&mut facts, &mut answers);
        let found = planned(&facts, &answers, StepId::UnusedCredentials);
        assert_eq!((found.state, &found.changes), (State::NeedsPerson, &Vec::new()), "{name}");
        notes(&found, &["bob", "AKIA1"]);
        for key in facts.looked_up.as_mut().unwrap().values_mut().flatten() {
            key.active = false;
        }
        assert_eq!(planned(&facts, &answers, StepId::UnusedCredentials).state, State::InPlace, "{name}, off");
    }
}

#[test]
fn deleting_takes_a_key_that_was_off_for_long_and_a_person() {
    let forgotten = || {
        let mut facts = perfect();
        add_keys(&mut facts, "bob", vec![off(key("AKIA1", 300, Some(90)))]);
        facts
    };
    cases(StepId::UnusedCredentials, forgotten)
        .changes("off for long", vec![delete("bob", "AKIA1")], |_, _| {})
        .stands("unattended", State::NeedsPerson, |_, answers| answers.attended = false)
        .stands("unattended, with consent to switch off", State::NeedsPerson, |_, answers| {
            (answers.attended, answers.iam.disable_unused) = (false, true);
        })
        .stands("switched in that time", State::InPlace, |facts, _| {
            facts.switched = Ok(BTreeSet::from(["AKIA1".to_owned()]));
        })
        .stands("Event History cannot be read", State::InPlace, |facts, _| facts.switched = Err(unseen()))
        .stands("used 89 days ago", State::InPlace, |facts, _| {
            let used = vec![off(key("AKIA1", 300, Some(89)))];
            facts.looked_up.as_mut().unwrap().insert("bob".into(), used);
        })
        .stands("made 89 days ago", State::InPlace, |facts, _| {
            let made = vec![off(key("AKIA1", 89, None))];
            facts.looked_up.as_mut().unwrap().insert("bob".into(), made);
        })
        .stands("the report is a moment old", State::InPlace, |facts, _| {
            facts.report.as_mut().unwrap().generated = Some(NOW - 60);
        })
        .stands("on by the report", State::InPlace, |facts, _| {
            facts.report.as_mut().unwrap().rows[2].keys[0].active = true;
        })
        .changes(
            "another key is to be switched off first",
            vec![deactivate("carol", "AKIA2")],
            |facts, _| {
                add_keys(facts, "carol", vec![key("AKIA2", 300, Some(100))]);
            },
        );
    assert!(delete("bob", "AKIA1").is_irreversible() && !deactivate("bob", "AKIA1").is_irreversible());
}

#[test]
fn the_evidence_stands_beside_each_change() {
    let mut facts = perfect();
    add_keys(&mut facts, "bob", vec![key("AKIA1", 300, Some(100))]);
    add_keys(&mut facts, "dan", vec![key("AKIA2", 100, None)]);
    add_row(&mut facts, with_password("carol", Some(60)));
    let planned_of = |facts: &Facts| planned(facts, &answers(), StepId::UnusedCredentials);
    let planned = planned_of(&facts);
    assert_eq!(planned.changes, [deactivate("bob", "AKIA1"), deactivate("dan", "AKIA2")]);
    notes(&planned, &["bob", "AKIA1", "2026-01-28", "2026-08-16", "s3", "us-east-1"]);
    notes(&planned, &["dan", "AKIA2", "2026-08-16"]);
    notes(&planned, &["carol", "2026-09-25", "2026-01-28"]);

    let changed = |used| Row { password_last_changed: ago(50), ..with_password("erin", used) };
    for (used, words) in [(Some(60), ["2026-09-25", "2026-10-05"]), (None, ["2026-10-05", "2026-01-28"])] {
        let mut facts = perfect();
        add_row(&mut facts, changed(used));
        let told = planned_of(&facts);
        notes(&told, &[["erin"].as_slice(), &words].concat());
        let both = |note: &Text| note.en.contains("last changed") && note.ko.contains("마지막 변경");
        assert!(told.notes.iter().any(both), "{told:?}");
    }
}

#[test]
fn a_long_list_is_counted_and_shortened() {
    let mut facts = perfect();
    for number in 0..5000 {
        add_row(&mut facts, with_password(&format!("user{number:04}"), None));
    }
    let planned = planned(&facts, &answers(), StepId::UnusedCredentials);
    says(&planned.person.as_ref().unwrap().what, &["5000", "user0009", "…"]);
    assert_eq!(planned.notes.len(), 20 + 2);
    notes(&planned, &["4980"]);
}

#[test]
fn why_passwords_are_left_is_said() {
    let mut facts = perfect();
    add_row(&mut facts, with_password("bob", None));
    let task = planned(&facts, &answers(), StepId::UnusedCredentials).person.unwrap();
    assert!(
        task.how
            .iter()
            .any(|how| how.en.contains("leaves passwords to you") && how.ko.contains("암호는 직접"))
    );
    let mut keys = perfect();
    add_keys(&mut keys, "bob", vec![key("AKIA1", 300, None)]);
    let task = planned(&keys, &unattended(), StepId::UnusedCredentials).person.unwrap();
    assert!(!task.how.iter().any(|how| how.en.contains("leaves passwords to you")));
}
