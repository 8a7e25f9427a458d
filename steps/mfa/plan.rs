//! How each step of the practice stands, and what is to be done. Pure.
//!
//! Each step has a file of its own; what can be changed is in `change.rs`.

mod change;
mod devices;
mod require;
mod root;
mod users;

use crate::answers::Answers;
use crate::practice::StepPlan;

use super::facts::Facts;

pub use change::Change;
pub(super) use change::is_enrolment;
pub(super) use devices::{device_in_words, free_name, is_virtual};

/// How each step stands.
pub fn plan(facts: &Facts, answers: &Answers) -> Vec<StepPlan<Change>> {
    vec![
        devices::admin_mfa(facts, answers),
        root::root_mfa(facts),
        require::require_mfa(facts, answers),
        users::users_mfa(facts, answers),
    ]
    .into_iter()
    .map(|step| step.accept(answers))
    .collect()
}

#[cfg(test)]
mod tests;
