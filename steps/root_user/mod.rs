//! Practice 1: stop using the root user.
//!
//! A password policy, a group that carries the rights, a user of one's own in it, a sign-in as that user that is proven
//! to work; then root's credentials are put away and root's access keys are retired. Nobody is locked out: the keys go
//! only after the administrator has done something that only an administrator can.

mod apply;
mod facts;
mod plan;

use crate::answers::Answers;
use crate::error::StepError;
use crate::operator::Operator;
use crate::practice::{Practice, PracticeId, StepPlan};
use crate::readings::Readings;
use crate::session::Session;

pub use facts::{
    Facts, Group, LastUse, PasswordPolicy, PasswordUse, ReportedKeys, RootKey, RootKeys, SignIn, User, Uses,
};
pub use plan::Change;

/// The managed policy that gives full rights, in a partition.
pub fn administrator_access(partition: &str) -> String {
    format!("arn:{partition}:iam::aws:policy/AdministratorAccess")
}

/// Stop using the root user.
#[derive(Debug)]
pub struct RootUser;

impl Practice for RootUser {
    const ID: PracticeId = PracticeId::RootUser;
    type Facts = Facts;
    type Change = Change;

    async fn observe(
        session: &Session,
        readings: &Readings<'_>,
        answers: &Answers,
    ) -> Result<Facts, StepError> {
        facts::observe(session, readings, answers).await
    }

    fn plan(facts: &Facts, answers: &Answers) -> Vec<StepPlan<Change>> {
        plan::plan(facts, answers)
    }

    async fn apply(
        change: &Change,
        session: &mut Session,
        answers: &Answers,
        operator: &mut impl Operator,
    ) -> Result<(), StepError> {
        apply::apply(change, session, answers, operator).await
    }
}
