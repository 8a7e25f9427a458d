//! The cost budget that comes with the report.

use super::*;
use crate::billing_report::BudgetFacts;
use crate::practice::Change as _;

#[test]
fn a_budget_is_made_and_kept_in_the_same_breath_as_the_report() {
    let create = |amount| Change::CreateBudget { budget: budget_of(amount) };
    let report = || Change::PutReport { report: Report::wanted(ACCOUNT, &Answers::default()) };
    let with = |budget: Option<BudgetFacts>, facts: Facts| Facts { budget: Ok(budget), ..facts };
    let theirs = BudgetFacts { name: "team".into(), ..budget_of(5).as_made() };
    let full = Facts { reports: Ok(vec![monthly("theirs"); 10]), bucket: perfect().bucket, ..fresh() };
    let update = Change::UpdateBudget { budget: budget_of(100) };
    for (name, facts, expected) in [
        ("a fresh account", fresh(), vec![report(), create(100)]),
        ("a report without a budget", perfect(), vec![create(100)]),
        ("no room for a report", full, vec![create(100)]),
        ("everything", with(Some(budget_of(100).as_made()), perfect()), vec![]),
        ("another amount", with(Some(budget_of(0).as_made()), perfect()), vec![update]),
        ("a budget of others", with(Some(theirs), perfect()), vec![]),
    ] {
        let planned = step(&facts, &with_budget_of(100), StepId::Report);
        let state = if expected.is_empty() { State::InPlace } else { State::ToChange };
        assert_eq!((planned.state, &planned.changes), (state, &expected), "{name}");
    }
    assert_eq!(told(&[create(0)]), ["Create budgets:budget/dayone-monthly"]);
    assert!(create(0).is_optional() && !report().is_optional());
    assert_eq!(step(&perfect(), &Answers::default(), StepId::Report).changes, [], "off unless asked for");
}

#[test]
fn the_report_is_in_place_only_with_its_budget() {
    let hidden = Facts { budget: Err(unseen()), ..perfect() };
    let planned = step(&hidden, &with_budget_of(0), StepId::Report);
    assert_eq!((planned.state, planned.reason), (State::NotAssessed, Some(unseen().reason())));
    let fresh = step(&Facts { budget: Err(unseen()), ..fresh() }, &with_budget_of(0), StepId::Report);
    assert_eq!((fresh.changes.len(), fresh.notes), (1, vec![unseen().text()]));
    let made = Facts { budget: Ok(Some(budget_of(0).as_made())), ..perfect() };
    let found = step(&made, &with_budget_of(0), StepId::Report).found.unwrap();
    says(&found, &["day-one", "costs@example.com"]);
    let full = Facts { reports: Ok(vec![monthly("theirs"); 10]), bucket: perfect().bucket, ..made };
    let planned = step(&full, &with_budget_of(0), StepId::Report);
    assert_eq!(planned.state, State::NeedsPerson, "a budget is no report");
}

#[test]
fn a_budget_is_offered_to_a_person_once_the_report_is_there() {
    let attended = |answers: Answers| Answers { attended: true, ..answers };
    let offer = |facts: &Facts, answers: &Answers| step(facts, answers, StepId::Report).offer;
    let offered = offer(&perfect(), &attended(Answers::default())).unwrap();
    assert_eq!((offered.key, offered.changes), (Some("billing.budget_email"), vec![]));
    assert!(offered.question.en.contains("free") && offered.question.ko.contains("무료"));
    assert_eq!(offer(&perfect(), &Answers::default()), None);
    assert_eq!(offer(&fresh(), &attended(Answers::default())), None);
    assert_eq!(offer(&perfect(), &attended(with_budget_of(0))), None);
}
