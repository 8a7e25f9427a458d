//! How each step of the practice stands, and what is to be done. Pure.
//!
//! Each step, or two that belong together, has a file of its own; what can be changed is in `change.rs`.

mod change;
mod last_use;
mod password_policy;
mod people;
mod root_credentials;
mod root_keys;
mod sign_in;

use crate::answers::Answers;
use crate::practice::StepPlan;

use super::facts::Facts;

pub use change::Change;
pub(super) use password_policy::raised;
pub(super) use people::strangers;

/// How each step stands.
pub fn plan(facts: &Facts, answers: &Answers) -> Vec<StepPlan<Change>> {
    vec![
        password_policy::password_policy(facts),
        people::admin_group(facts, answers),
        people::admin_user(facts, answers),
        sign_in::admin_sign_in(facts, answers),
        root_credentials::root_credentials(facts, answers),
        root_keys::root_access_keys(facts, answers),
    ]
    .into_iter()
    .map(|step| step.accept(answers))
    .collect()
}

#[cfg(test)]
mod tests;
