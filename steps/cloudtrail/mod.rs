//! Practice 3: turn on CloudTrail.
//!
//! One trail for all Regions, with log-file validation, that is logging, into a bucket that only administrators and
//! named readers can read. A trail that is good enough already is adopted: a second one would cost money. A KMS key and
//! Object Lock are options, off unless the answers ask for them.

mod apply;
mod bucket;
mod facts;
mod key;
mod plan;
mod trails;

use crate::answers::Answers;
use crate::error::StepError;
use crate::operator::Operator;
use crate::practice::{Practice, PracticeId, StepPlan};
use crate::readings::Readings;
use crate::session::Session;

pub use facts::{Delivery, Facts, ManagementEvents, Shortcoming, TrailFacts};
pub use plan::Change;
pub(crate) use trails::{Found, find};

/// Turn on CloudTrail.
#[derive(Debug)]
pub struct Cloudtrail;

impl Practice for Cloudtrail {
    const ID: PracticeId = PracticeId::Cloudtrail;
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
