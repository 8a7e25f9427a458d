//! Practice 2: require MFA.
//!
//! The administrator's own device first, then root's (which only a person can add, in the console), then the policy
//! that refuses everything else without MFA, and then everybody. The run itself is under an MFA session before the
//! policy is attached: otherwise it would lock itself out.

mod apply;
mod enrolment;
mod facts;
mod plan;
pub mod repair;

use crate::answers::Answers;
use crate::error::StepError;
use crate::operator::Operator;
use crate::practice::{Practice, PracticeId, StepPlan};
use crate::readings::Readings;
use crate::session::Session;

pub use facts::{Facts, Member, RequirePolicy, RunMfa, VirtualDevice};
pub use plan::Change;

/// The name of the policy that refuses everything else without MFA.
pub const POLICY_NAME: &str = "dayone-require-mfa";

/// The name of the policy that lets users enrol a device and requires nothing: for the people's groups, where the
/// answers do not want MFA to be required.
pub const ENROLMENT_POLICY_NAME: &str = "dayone-enrol-mfa";

/// The document of the policy that requires MFA, for a partition. It is AWS's own "self-manage credentials" example, with the first sign-in
/// change of password possible (without `iam:ChangePassword` a new user could neither change the password nor enrol),
/// and with the paths of user names covered.
pub fn policy_document(partition: &str) -> String {
    include_str!("require-mfa.json").replace("PARTITION", partition)
}

/// The document of the policy that lets users enrol, for a partition. It says what the policy that requires MFA allows.
pub fn enrolment_policy_document(partition: &str) -> String {
    include_str!("enrol-mfa.json").replace("PARTITION", partition)
}

/// Require MFA.
#[derive(Debug)]
pub struct Mfa;

impl Practice for Mfa {
    const ID: PracticeId = PracticeId::Mfa;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Document;

    #[test]
    fn both_policies_let_users_enrol_and_one_of_them_requires_it() {
        for partition in ["aws", "aws-cn"] {
            let required = Document::parse(&policy_document(partition)).unwrap();
            let enrolment = Document::parse(&enrolment_policy_document(partition)).unwrap();
            assert!(required.includes(&enrolment) && !enrolment.includes(&required));
            assert_eq!(required.statement.len(), enrolment.statement.len() + 1);
            let json = enrolment.to_json();
            assert!(!json.contains("Deny") && json.contains(&format!("arn:{partition}:iam::")), "{json}");
        }
    }
}
