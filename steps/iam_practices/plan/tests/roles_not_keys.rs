//! `roles-not-keys`: whose key works for a machine.

use super::*;

#[test]
fn a_key_that_works_for_a_machine_is_named() {
    cases(StepId::RolesNotKeys, perfect)
        .stands("the administrator's key", State::InPlace, |facts, _| {
            facts.report.as_mut().unwrap().rows[1].password = false;
        })
        .stands("no password, and works", State::NeedsPerson, |facts, _| {
            add_keys(facts, "deploy", vec![key("AKIA1", 300, Some(2))]);
        })
        .stands("of another administrator's run", State::InPlace, |facts, _| {
            add_keys(facts, "deploy", vec![key("AKIA1", 300, Some(2))]);
            facts.run.users.push("deploy".into());
        })
        .stands("with a password", State::InPlace, |facts, _| {
            add_keys(facts, "bob", vec![key("AKIA1", 300, Some(2))]);
            facts.report.as_mut().unwrap().rows[2].password = true;
        })
        .stands("no longer used", State::InPlace, |facts, _| {
            add_keys(facts, "deploy", vec![key("AKIA1", 300, Some(90))]);
        })
        .stands("never used", State::InPlace, |facts, _| {
            add_keys(facts, "deploy", vec![key("AKIA1", 300, None)]);
        })
        .stands("off", State::InPlace, |facts, _| {
            add_keys(facts, "deploy", vec![off(key("AKIA1", 300, Some(2)))]);
        })
        .stands("asks IAM alone", State::InPlace, |facts, _| {
            let mut quiet = key("AKIA1", 300, Some(2));
            quiet.last_use.as_mut().unwrap().service = Some("IAM".into());
            add_keys(facts, "kim", vec![quiet]);
        })
        .stands("asks something unknown", State::InPlace, |facts, _| {
            let mut quiet = key("AKIA1", 300, Some(2));
            quiet.last_use.as_mut().unwrap().service = None;
            add_keys(facts, "kim", vec![quiet]);
        })
        .stands("by the report alone", State::NeedsPerson, |facts, _| {
            add_row(facts, row("deploy", without_ids(&[key("AKIA1", 300, Some(2))])));
        })
        .stands("unreadable", State::NotAssessed, |facts, _| facts.report = Err(unseen()));
    let mut facts = perfect();
    add_keys(&mut facts, "deploy", vec![key("AKIA1", 300, Some(2))]);
    let planned = planned(&facts, &answers(), StepId::RolesNotKeys);
    let task = planned.person.as_ref().unwrap();
    says(&task.what, &["deploy"]);
    for instead in ["EC2", "Lambda", "GitHub Actions", "OIDC", "IAM Roles Anywhere", "aws login"] {
        assert!(task.how.iter().any(|how| how.en.contains(instead) && how.ko.contains(instead)), "{instead}");
    }
    notes(&planned, &["deploy", "s3", "us-east-1", "2"]);
    let found = super::planned(&perfect(), &answers(), StepId::RolesNotKeys).found.unwrap();
    assert!(found.en.contains("EC2 instances were not looked at"), "{found:?}");
    assert!(found.ko.contains("EC2 인스턴스는 확인하지 않음"), "{found:?}");
}
