//! The alarm on the use of root, which `activity-monitoring` makes where it is asked for.

use super::*;
use crate::practice::Change as _;

#[test]
fn the_alarm_on_root_is_made_where_it_is_asked_for() {
    use Subscription::{Confirmed, Missing, Unconfirmed};
    cases(StepId::ActivityMonitoring, perfect)
        .stands("off, whatever is there", State::InPlace, |facts, _| {
            facts.root_alarm = vec![no_alarm("us-east-1")];
        })
        .changes("nothing there", alarm_changes("us-east-1"), |facts, answers| {
            facts.root_alarm = vec![no_alarm("us-east-1")];
            ask_for_alarm(answers);
        })
        .changes("one of two Regions", alarm_changes("eu-north-1"), |facts, answers| {
            facts.root_alarm = vec![no_alarm("eu-north-1"), alarm("us-east-1", Unconfirmed)];
            ask_for_alarm(answers);
        })
        .changes("the address was forgotten", vec![alarm_changes("us-east-1").remove(1)], |facts, answers| {
            facts.root_alarm = vec![alarm("us-east-1", Missing)];
            ask_for_alarm(answers);
        })
        .stands("not confirmed yet", State::NeedsPerson, |facts, answers| {
            facts.root_alarm = vec![alarm("us-east-1", Unconfirmed)];
            ask_for_alarm(answers);
        })
        .stands("all there", State::InPlace, |facts, answers| {
            facts.root_alarm = vec![alarm("eu-north-1", Confirmed), alarm("us-east-1", Confirmed)];
            ask_for_alarm(answers);
        })
        .stands("the topic is unreadable", State::NotAssessed, |facts, answers| {
            let alarm = alarm("us-east-1", Confirmed);
            facts.root_alarm = vec![Alarm { topic: Err(unseen()), ..alarm }];
            ask_for_alarm(answers);
        })
        .stands("the rule is unreadable", State::NotAssessed, |facts, answers| {
            let alarm = alarm("us-east-1", Confirmed);
            facts.root_alarm = vec![Alarm { rule: Err(unseen()), ..alarm }];
            ask_for_alarm(answers);
        })
        .stands("the policy of the topic is none", State::NeedsPerson, |facts, answers| {
            let topic = Topic { policy: Some("{".into()), subscription: Confirmed };
            facts.root_alarm = vec![Alarm { topic: Ok(Some(topic)), ..alarm("us-east-1", Confirmed) }];
            ask_for_alarm(answers);
        });
}

#[test]
fn an_address_that_is_to_be_confirmed_is_waited_for_when_nothing_else_is_left() {
    let mut asking = answers();
    ask_for_alarm(&mut asking);
    let root_alarm = vec![alarm("us-east-1", Subscription::Unconfirmed)];
    let facts = Facts { root_alarm, ..perfect() };
    let task = |facts: &Facts| planned(facts, &asking, StepId::ActivityMonitoring).person.unwrap();
    let confirm = task(&facts);
    assert_eq!(confirm.seen, Seen::InAccount);
    says(&confirm.what, &[EMAIL]);
    says(&confirm.how[0], &["us-east-1", "Confirm subscription"]);
    let contact = task(&Facts { security_contact: Ok(false), ..facts.clone() });
    assert_eq!(contact.seen, Seen::ByAnswer("iam.security_contact_email"));
    let role = task(&Facts { support: Ok(SupportRole::Namesake), ..facts });
    assert_eq!(role.seen, Seen::Elsewhere);
    says(&role.what, &[EMAIL, "dayone-support"]);
}

#[test]
fn the_reach_of_the_alarm_is_told_with_its_price() {
    let mut asking = answers();
    ask_for_alarm(&mut asking);
    let root_alarm = ["us-east-1", "us-east-2", "us-west-2"].map(no_alarm).to_vec();
    let facts = Facts { root_alarm, ..perfect() };
    let planned = planned(&facts, &asking, StepId::ActivityMonitoring);
    notes(&planned, &["us-east-1, us-east-2, us-west-2", "3", "1,000"]);
    assert!(planned.notes.iter().any(|note| note.en.contains("free") && note.ko.contains("무료")));
    says(&planned.changes[1].summary(), &[EMAIL]);
}

#[test]
fn the_alarm_is_offered_to_a_person_once_the_step_is_in_place() {
    let offer = |facts: &Facts, answers: &Answers| planned(facts, answers, StepId::ActivityMonitoring).offer;
    let offered = offer(&perfect(), &answers()).unwrap();
    assert_eq!((offered.key, offered.changes), (Some("trail.root_alarm_email"), vec![]));
    assert_eq!(offer(&perfect(), &unattended()), None);
    assert_eq!(offer(&fresh(), &answers()), None);
    let without_root = Facts { partition: "aws-cn".into(), ..perfect() };
    assert_eq!(offer(&without_root, &answers()), None);
    let mut asking = answers();
    ask_for_alarm(&mut asking);
    assert_eq!(offer(&perfect(), &asking), None);
}
