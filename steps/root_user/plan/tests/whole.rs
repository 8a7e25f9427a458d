//! The whole practice, of accounts at the beginning and at the end.

use super::*;
use crate::plan_cases::ACCEPTED;
use crate::practice::PracticeId;

#[test]
fn a_new_account_has_everything_to_do() {
    let expected = [
        State::ToChange,
        State::ToChange,
        State::ToChange,
        State::Blocked,
        State::NeedsPerson,
        State::InPlace,
    ];
    assert_eq!(states(&plan(&fresh(), &answers())), expected);
}

#[test]
fn a_perfect_account_has_nothing_to_do() {
    for planned in plan(&perfect(), &stored()) {
        assert_eq!(planned.state, State::InPlace, "{planned:?}");
        holds_together(&planned);
    }
}

#[test]
fn what_is_accepted_stays_as_it_is() {
    let answers = accepting(PracticeId::RootUser.steps(), answers());
    let facts = Facts { root_keys: listed(vec![root_key("AKIAROOT1")]), ..fresh() };
    for planned in plan(&facts, &answers) {
        assert_eq!(planned.state, State::Accepted, "{planned:?}");
        assert_eq!(planned.reason, Some(Text::verbatim(ACCEPTED)));
        holds_together(&planned);
    }
}

#[test]
fn only_what_is_not_in_place_needs_an_exception() {
    for planned in plan(&perfect(), &accepting(PracticeId::RootUser.steps(), stored())) {
        assert_eq!(planned.state, State::InPlace, "{planned:?}");
    }
    let one = accepting(&[StepId::AdminGroup], answers());
    assert_eq!(planned(&fresh(), &one, StepId::AdminGroup).state, State::Accepted);
    assert_eq!(planned(&fresh(), &one, StepId::PasswordPolicy).state, State::ToChange);
}
