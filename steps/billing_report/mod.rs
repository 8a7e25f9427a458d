//! Practice 4: turn on billing reports.
//!
//! A Cost and Usage Report, classic or CUR 2.0, into a bucket of its own, and the root-only switch that lets other people
//! than root open the billing pages of the console. The reports' services are in us-east-1 alone, and so is a new bucket.
//! A cost budget comes with the report, for who names somebody to be told.

mod apply;
mod bucket;
mod budget;
mod differences;
mod export;
mod facts;
mod plan;
mod report;

use crate::answers::Answers;
use crate::error::StepError;
use crate::operator::Operator;
use crate::practice::{Practice, PracticeId, StepPlan};
use crate::readings::Readings;
use crate::session::Session;

pub use budget::{Alert, Budget, BudgetFacts};
pub use export::Export;
pub use facts::{Delivery, ExportFacts, Facts, ReportFacts};
pub use plan::Change;
pub use report::Report;

/// Turn on billing reports.
#[derive(Debug)]
pub struct BillingReport;

impl Practice for BillingReport {
    const ID: PracticeId = PracticeId::BillingReport;
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
