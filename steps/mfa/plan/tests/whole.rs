//! The whole practice: new accounts and perfect ones, and what is accepted.

use super::*;
use crate::practice::PracticeId;

#[test]
fn a_new_account_has_everything_to_do() {
    let states: Vec<_> = plan(&fresh(), &answers()).iter().map(|planned| planned.state).collect();
    assert_eq!(states, [State::ToChange, State::NeedsPerson, State::Blocked, State::NeedsPerson]);
}

#[test]
fn a_perfect_account_has_nothing_to_do() {
    for planned in plan(&perfect(), &answers()) {
        assert_eq!(planned.state, State::InPlace, "{planned:?}");
        holds_together(&planned);
    }
}

#[test]
fn where_nothing_can_be_read_nothing_is_claimed() {
    let facts = Facts {
        admin: Err(denied()),
        virtual_devices: Err(denied()),
        root_mfa: Err(denied()),
        policy: Err(denied()),
        group: Err(denied()),
        attached: Err(denied()),
        users_without_mfa: Err(denied()),
        ..perfect()
    };
    for planned in plan(&facts, &answers()) {
        assert_eq!(planned.state, State::NotAssessed, "{planned:?}");
        says(planned.reason.as_ref().unwrap(), &["iam:GetSomething", "AccessDenied"]);
    }
}

#[test]
fn what_is_accepted_stays_as_it_is() {
    for planned in plan(&fresh(), &accepting(PracticeId::Mfa.steps())) {
        assert_eq!(planned.state, State::Accepted, "{planned:?}");
        assert_eq!(planned.reason, Some(Text::verbatim("managed centrally")));
        holds_together(&planned);
    }
}

#[test]
fn only_what_is_not_in_place_needs_an_exception() {
    for planned in plan(&perfect(), &accepting(PracticeId::Mfa.steps())) {
        assert_eq!(planned.state, State::InPlace, "{planned:?}");
    }
    let one = accepting(&[StepId::RootMfa]);
    assert_eq!(planned(&fresh(), &one, StepId::RootMfa).state, State::Accepted);
    assert_eq!(planned(&fresh(), &one, StepId::AdminMfa).state, State::ToChange);
}
