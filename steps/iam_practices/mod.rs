//! Practice 5: the practices of IAM.
//!
//! A user of one's own for everybody, rights through groups, nothing left lying about that opens the account, keys that
//! are replaced or not needed at all, no more rights than the work takes, and somebody who would notice, by an e-mail
//! whenever root is used for who asks for that. It is read in few calls, whatever the number of users, and changed only
//! where a change is safe: what is unused is switched off before it is deleted, and a group has a right before a user
//! loses it. Nothing is taken from the administrator and the identity that the run acts as, but for a key of theirs that
//! is due, which is replaced step by step with the person who owns it.

mod apply;
mod credentials;
mod facts;
mod lifetimes;
mod makers;
mod monitoring;
mod permissions;
mod plan;
mod remembered;
mod replacement;
mod rights;
mod root_alarm;
mod rotation;

use serde_json::{Value, json};

use crate::answers::Answers;
use crate::error::StepError;
use crate::operator::Operator;
use crate::practice::{Practice, PracticeId, StepPlan};
use crate::readings::Readings;
use crate::session::Session;

pub use facts::{Analyzer, Facts, Run, SupportRole};
pub use plan::Change;
pub use remembered::Remembered;
pub use rights::{Attached, Group, Inline, Policy, Reach, Rights, Role, User, Wildcard};
pub use root_alarm::{Alarm, AlarmChange, Rule, Subscription, Topic};

/// The role that may talk to AWS Support.
pub const SUPPORT_ROLE: &str = "dayone-support";

/// The analyzer that looks for access from outside the account.
pub const ANALYZER: &str = "dayone-external-access";

/// The managed policy that lets somebody talk to AWS Support, in a partition.
pub fn support_access(partition: &str) -> String {
    format!("arn:{partition}:iam::aws:policy/AWSSupportAccess")
}

/// Who may take on the support role: whoever the account allows to, with MFA.
pub fn support_trust(partition: &str, account: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"AWS": format!("arn:{partition}:iam::{account}:root")},
            "Action": "sts:AssumeRole",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        }],
    })
}

/// The practices of IAM.
#[derive(Debug)]
pub struct IamPractices;

impl Practice for IamPractices {
    const ID: PracticeId = PracticeId::IamPractices;
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
        _answers: &Answers,
        operator: &mut impl Operator,
    ) -> Result<(), StepError> {
        apply::apply(change, session, operator).await
    }
}
