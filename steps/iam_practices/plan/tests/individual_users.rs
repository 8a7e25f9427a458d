//! `individual-users`: which users look shared, which nobody can use, and who is missing.

use super::*;

#[test]
fn a_name_of_nothing_but_common_words_looks_shared() {
    for shared in
        ["admin", "Admin", "dev-team", "TEST", "test1", "ci", "ci.deploy", "shared_dev", "aws+bot", "qa2"]
    {
        assert!(looks_shared(shared), "{shared}");
    }
    for own in ["alice", "kim", "alice-admin", "dev-kim", "teamster", "a1", "7", "-", "ciara", "acme-ci"] {
        assert!(!looks_shared(own), "{own}");
    }
}

#[test]
fn users_that_look_shared_are_named() {
    cases(StepId::IndividualUsers, perfect)
        .stands("one of one's own", State::InPlace, |_, _| {})
        .stands("shared, and used", State::NeedsPerson, |facts, _| {
            add_user(facts, in_groups("admin", &[]));
            add_row(facts, with_password("admin", Some(1)));
        })
        .stands("shared, and nobody can use it", State::InPlace, |facts, _| {
            add_user(facts, in_groups("admin", &[]));
            add_keys(facts, "admin", vec![off(key("AKIA1", 10, None))]);
        })
        .stands("shared, with a key", State::NeedsPerson, |facts, _| {
            add_user(facts, in_groups("ci", &[]));
            add_keys(facts, "ci", vec![key("AKIA1", 10, None)]);
        })
        .stands("shared, and too new for the report", State::NeedsPerson, |facts, _| {
            add_user(facts, in_groups("team", &[]));
        })
        .stands("shared, and no report", State::NeedsPerson, |facts, _| {
            add_user(facts, in_groups("team", &[]));
            facts.report = Err(unseen());
        })
        .stands("nothing shared, and no report", State::NotAssessed, |facts, _| facts.report = Err(unseen()))
        .stands("the administrator's name looks shared", State::NeedsPerson, |facts, _| {
            add_user(facts, in_groups("root", &["Administrators"]));
        })
        .stands("nobody can sign in as it", State::NeedsPerson, |facts, _| {
            add_user(facts, in_groups("left-over", &[]));
            add_row(facts, row("left-over", Vec::new()));
        })
        .stands("the same, and the name looks shared", State::NeedsPerson, |facts, _| {
            add_user(facts, in_groups("team", &[]));
            add_row(facts, row("team", Vec::new()));
        })
        .stands("the same, deleted since the report", State::InPlace, |facts, _| {
            add_row(facts, row("left-over", Vec::new()));
        })
        .stands("the same, made lately", State::InPlace, |facts, _| {
            add_user(facts, in_groups("left-over", &[]));
            add_row(facts, Row { created: ago(44), ..row("left-over", Vec::new()) });
        })
        .stands("a certificate opens it", State::InPlace, |facts, _| {
            add_user(facts, in_groups("soap", &[]));
            add_row(facts, Row { certificate: true, ..row("soap", Vec::new()) });
        })
        .stands("a person of the answers", State::InPlace, |facts, answers| {
            add_user(facts, in_groups("bob", &[]));
            add_row(facts, row("bob", Vec::new()));
            answers.people = vec![person("BOB")];
        })
        .stands("the administrator, who has not signed in", State::InPlace, |facts, answers| {
            add_user(facts, in_groups("kim", &["Administrators"]));
            add_row(facts, row("kim", Vec::new()));
            answers.admin.user = Some("kim".into());
        })
        .stands("nobody yet", State::Blocked, |facts, _| facts.rights = Ok(Rights::default()))
        .stands("a person is missing", State::Blocked, |_, answers| answers.people = vec![person("bob")])
        .stands("a person in another case", State::InPlace, |_, answers| {
            answers.people = vec![person("ALICE")];
        })
        .stands("unreadable", State::NotAssessed, |facts, _| facts.rights = Err(unseen()));
}

#[test]
fn who_is_shared_and_who_is_missing_is_said() {
    let mut facts = perfect();
    add_user(&mut facts, in_groups("dev", &[]));
    add_keys(&mut facts, "dev", vec![key("AKIA1", 10, None), off(key("AKIA2", 10, None))]);
    let found = planned(&facts, &answers(), StepId::IndividualUsers);
    says(&found.person.as_ref().unwrap().what, &["dev"]);
    notes(&found, &["dev", "2026-01-28"]);
    assert!(found.notes[0].en.contains("active keys 1"), "{:?}", found.notes);

    add_user(&mut facts, in_groups("left-over", &[]));
    add_row(&mut facts, row("left-over", Vec::new()));
    let both = planned(&facts, &answers(), StepId::IndividualUsers);
    let task = both.person.as_ref().unwrap();
    says(&task.what, &["dev", "left-over"]);
    assert!(
        task.how.iter().any(|how| how.en.contains("deletes no user") && how.ko.contains("삭제하지 않습니다"))
    );
    notes(&both, &["left-over", "2026-01-28"]);

    let people = vec![person("bob"), person("alice"), person("Carol")];
    let missing = planned(&perfect(), &Answers { people, ..answers() }, StepId::IndividualUsers);
    says(&missing.reason.unwrap(), &["bob, Carol", "users-mfa"]);
}
