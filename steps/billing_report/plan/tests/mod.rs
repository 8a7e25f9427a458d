//! The plan as tables of cases, and what holds of every account.

mod adoption;
mod always;
mod bucket;
mod budget;
mod differences;
mod export;
mod policy;
mod report;
mod states;

use std::collections::BTreeSet;

use super::*;
use crate::billing_report::BillingReport;
use crate::billing_report::facts::REGION;
use crate::plan_cases::{
    self, ACCOUNT, ALICE, BOB, ROOT, STRANGER, decide, kept, says, step_of, told, unseen,
};
use crate::policy::{Decision, Document, Principal};
use crate::private_bucket::imagined::{self, DENY_ALL, PARTNER_LISTS};
use crate::private_bucket::{BucketFacts, Retention, Settings, Tags};

/// What the tags of a bucket of ours say it is for.
const PURPOSE: &str = "billing-report";
const BUCKET: &str = "dayone-billing-111122223333-us-east-1-an";
const SERVICE: Principal<'static> = Principal::Service("billingreports.amazonaws.com");
const SOURCE_ARN: (&str, &str) = ("aws:SourceArn", "arn:aws:cur:us-east-1:111122223333:definition/*");
const SOURCE_ACCOUNT: (&str, &str) = ("aws:SourceAccount", ACCOUNT);

/// What the user guide of the Cost and Usage Report asks of the bucket policy.
const DOCUMENTED: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Principal":{"Service":"billingreports.amazonaws.com"},
     "Action":["s3:GetBucketAcl","s3:GetBucketPolicy"],
     "Resource":"arn:aws:s3:::dayone-billing-111122223333-us-east-1-an",
     "Condition":{"StringEquals":{"aws:SourceArn":"arn:aws:cur:us-east-1:111122223333:definition/*",
                                  "aws:SourceAccount":"111122223333"}}},
    {"Effect":"Allow","Principal":{"Service":"billingreports.amazonaws.com"},
     "Action":"s3:PutObject","Resource":"arn:aws:s3:::dayone-billing-111122223333-us-east-1-an/*",
     "Condition":{"StringEquals":{"aws:SourceArn":"arn:aws:cur:us-east-1:111122223333:definition/*",
                                  "aws:SourceAccount":"111122223333"}}}]}"#;
/// What the user guide of Data Exports asks of the bucket policy.
const DOCUMENTED_FOR_EXPORTS: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Sid":"EnableAWSDataExportsToWriteToS3","Effect":"Allow","Principal":{"Service":["bcm-data-exports.amazonaws.com"]},
     "Action":["s3:PutObject"],"Resource":"arn:aws:s3:::dayone-billing-111122223333-us-east-1-an/*",
     "Condition":{"StringLike":{"aws:SourceArn":["arn:aws:bcm-data-exports:us-east-1:111122223333:export/*"],
                                "aws:SourceAccount":"111122223333"}}}]}"#;

type Given = plan_cases::Given<Facts>;
type GivenReport = fn(&mut ReportFacts);
type Case = plan_cases::Case<Facts, 4>;

/// An account with nothing of this practice.
fn fresh() -> Facts {
    Facts {
        account: ACCOUNT.into(),
        partition: "aws".into(),
        acting: vec![ALICE.into()],
        administrators: Ok(BTreeSet::from([ALICE.into()])),
        reports: Ok(Vec::new()),
        exports: Ok(Vec::new()),
        bucket: BucketFacts::Free,
        budget: Ok(None),
    }
}

/// An account where everything of this practice is in place that AWS shows.
fn perfect() -> Facts {
    let policy = planned_policy(&fresh(), &Answers::default()).to_json();
    Facts { reports: Ok(vec![our_report()]), bucket: mine(REGION, Some(&policy)), ..fresh() }
}

fn our_report() -> ReportFacts {
    ReportFacts {
        report: Report::wanted(ACCOUNT, &Answers::default()),
        last_status: Some("SUCCESS".into()),
        last_delivery: Some("20261103T040506Z".into()),
        fresh: true,
    }
}

/// A report that is worth nothing to us: too coarse, and under another name.
fn monthly(name: &str) -> ReportFacts {
    let report = Report { name: name.into(), time_unit: "MONTHLY".into(), ..our_report().report };
    ReportFacts { report, ..our_report() }
}

/// A bucket of this account that lacks nothing but perhaps the policy.
fn mine(region: &str, policy: Option<&str>) -> BucketFacts {
    BucketFacts::Mine(Box::new(imagined::whole(region, policy, for_ever(), PURPOSE)))
}

fn for_ever() -> Retention {
    Retention { prefix: "cur/".into(), expire_after_days: None }
}

/// Answers that ask for a CUR 2.0 export.
fn cur2() -> Answers {
    let mut answers = Answers::default();
    answers.billing.kind = ReportKind::Cur2;
    answers
}

/// An account where the export is in place.
fn exporting() -> Facts {
    let policy = planned_policy(&fresh(), &cur2()).to_json();
    Facts { exports: Ok(vec![our_export()]), bucket: mine(REGION, Some(&policy)), ..fresh() }
}

fn our_export() -> ExportFacts {
    ExportFacts {
        arn: "arn:aws:bcm-data-exports:us-east-1:111122223333:export/day-one-1".into(),
        export: Export::wanted(ACCOUNT, &cur2()),
        delivery: Ok(Delivery::At("2026-11-24T00:00:00Z".into())),
    }
}

fn export_of(facts: &mut Facts) -> &mut ExportFacts {
    facts.exports.as_mut().unwrap().first_mut().unwrap()
}

/// Has a report tell what containers cost, which dayone does not ask for.
fn split_costs(found: &mut ReportFacts) {
    found.report.schema_elements.insert("SPLIT_COST_ALLOCATION_DATA".into());
}

fn report_of(facts: &mut Facts) -> &mut ReportFacts {
    facts.reports.as_mut().unwrap().first_mut().unwrap()
}

fn settings_of(facts: &mut Facts) -> &mut Settings {
    imagined::settings_of(&mut facts.bucket)
}

/// Answers that ask for a budget.
fn with_budget_of(amount: u32) -> Answers {
    let mut answers = Answers::default();
    (answers.billing.budget_amount, answers.billing.budget_email) =
        (amount, Some("costs@example.com".into()));
    answers
}

fn budget_of(amount: u32) -> Budget {
    Budget { amount, email: "costs@example.com".into() }
}

fn activated() -> Answers {
    let mut answers = Answers::default();
    answers.billing.console_access_activated = true;
    answers
}

fn step(facts: &Facts, answers: &Answers, id: StepId) -> StepPlan<Change> {
    step_of(plan(facts, answers), id)
}

fn planned_policy(facts: &Facts, answers: &Answers) -> Document {
    let changes = step(facts, answers, StepId::ReportBucket).changes;
    let policy = changes.into_iter().find_map(|change| match change {
        Change::Bucket { change: BucketChange::PutPolicy { policy, .. }, .. } => Some(policy),
        _ => None,
    });
    policy.expect("the plan puts a bucket policy")
}

/// The report as the only change makes it, and what of it is told to change.
fn modified(changes: &[Change]) -> (&Report, Vec<&str>) {
    match changes {
        [Change::ModifyReport { report, changes }] => {
            (report, changes.iter().map(|change| change.en.as_str()).collect())
        }
        other => panic!("one report to modify is expected, not {other:?}"),
    }
}

fn bucket_arn() -> String {
    format!("arn:aws:s3:::{BUCKET}")
}

fn report_file() -> String {
    format!("arn:aws:s3:::{BUCKET}/cur/day-one/day-one/part-00001.snappy.parquet")
}

/// Holds each case of a table against the plan.
fn hold(start: impl Fn() -> (Facts, Answers), cases: &[Case]) {
    plan_cases::hold::<BillingReport, 4>(start, cases);
}
