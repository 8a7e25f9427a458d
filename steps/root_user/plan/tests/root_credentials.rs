//! `root-credentials`.

use super::*;
use crate::practice::Seen;

#[test]
fn the_credentials_of_root_are_put_away_by_word() {
    cases(StepId::RootCredentials, fresh)
        .stands("not said", State::NeedsPerson, |_, _| {})
        .stands("said", State::InPlace, |_, answers| answers.root.credentials_stored = true)
        .stands("nobody knows whether there is a password", State::NeedsPerson, |facts, _| {
            facts.root_password = Err(unseen());
        })
        .stands("no password, so nothing to put away", State::NotApplicable, |facts, _| {
            facts.root_password = Ok(false);
        })
        .stands("no password, whatever is said", State::NotApplicable, |facts, answers| {
            facts.root_password = Ok(false);
            answers.root.credentials_stored = true;
        })
        .stands("in China", State::NotApplicable, |facts, _| move_to(facts, "aws-cn"))
        .stands("in GovCloud", State::NotApplicable, |facts, _| move_to(facts, "aws-us-gov"));
    let planned = planned(&fresh(), &answers(), StepId::RootCredentials);
    assert_eq!(planned.person.unwrap().seen, Seen::ByWord("root.credentials_stored"));
}

/// Later, somebody would have to sign in as root once more for it.
#[test]
fn the_billing_pages_are_opened_while_root_is_still_signed_in() {
    let how = |answers: &Answers| planned(&fresh(), answers, StepId::RootCredentials).person.unwrap().how;
    says(how(&answers()).last().unwrap(), &["billing-access"]);
    let mut opened = answers();
    opened.billing.console_access_activated = true;
    assert_eq!(how(&opened).len(), how(&answers()).len() - 1);
}

#[test]
fn why_there_is_nothing_to_put_away_is_said() {
    let reason = |partition: &str, root_password| {
        let mut facts = Facts { root_password: Ok(root_password), ..fresh() };
        move_to(&mut facts, partition);
        planned(&facts, &answers(), StepId::RootCredentials).reason.unwrap()
    };
    let managed = reason("aws", false);
    assert!(managed.en.contains("organization") && managed.ko.contains("조직"), "{managed:?}");
    says(&reason("aws-us-gov", false), &["GovCloud"]);
    let china = reason("aws-cn", true);
    assert!(china.en.contains("China") && china.ko.contains("중국"), "{china:?}");
    let mut facts = fresh();
    move_to(&mut facts, "aws-cn");
    assert_eq!(planned(&facts, &answers(), StepId::RootAccessKeys).reason, Some(china));
}
