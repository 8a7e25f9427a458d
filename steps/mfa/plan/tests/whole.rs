//! The whole practice: new accounts and perfect ones, and what is accepted.

use super::*;
use crate::plan_cases::ACCEPTED;
use crate::practice::PracticeId;

#[test]
fn a_new_account_has_everything_to_do() {
    let plan = plan(&fresh(), &answers());
    assert_eq!(states(&plan), [State::ToChange, State::NeedsPerson, State::Blocked, State::NeedsPerson]);
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
        admin: Err(unseen()),
        virtual_devices: Err(unseen()),
        root_mfa: Err(unseen()),
        policy: Err(unseen()),
        group: Err(unseen()),
        attached: Err(unseen()),
        users_without_mfa: Err(unseen()),
        ..perfect()
    };
    plan(&facts, &answers()).iter().for_each(assert_not_assessed);
}

#[test]
fn what_is_accepted_stays_as_it_is() {
    for planned in plan(&fresh(), &accepting(PracticeId::Mfa.steps(), answers())) {
        assert_eq!(planned.state, State::Accepted, "{planned:?}");
        assert_eq!(planned.reason, Some(Text::verbatim(ACCEPTED)));
        holds_together(&planned);
    }
}

#[test]
fn only_what_is_not_in_place_needs_an_exception() {
    for planned in plan(&perfect(), &accepting(PracticeId::Mfa.steps(), answers())) {
        assert_eq!(planned.state, State::InPlace, "{planned:?}");
    }
    let one = accepting(&[StepId::RootMfa], answers());
    assert_eq!(planned(&fresh(), &one, StepId::RootMfa).state, State::Accepted);
    assert_eq!(planned(&fresh(), &one, StepId::AdminMfa).state, State::ToChange);
}
