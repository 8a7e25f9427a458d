//! What is true now of the Cost and Usage Reports and of the bucket of the one that counts.

use aws_sdk_costandusagereport::operation::describe_report_definitions::DescribeReportDefinitionsOutput;
use aws_sdk_costandusagereport::types::{ReportDefinition, SchemaElement};

use crate::answers::Answers;
use crate::aws::{ForCall, Identity, Reading, reading};
use crate::error::{AwsError, StepError};
use crate::private_bucket;
use crate::private_bucket::BucketFacts;
use crate::session::Session;

use super::plan::Report;

/// The only Region that has the service, and the Region of its bucket.
pub const REGION: &str = "us-east-1";

/// What is true now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The account number.
    pub account: String,
    /// The partition.
    pub partition: String,
    /// All reports.
    pub reports: Reading<Vec<ReportFacts>>,
    /// The bucket of the report that counts, or of the report to be made.
    pub bucket: BucketFacts,
}

/// A report that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFacts {
    /// What it is defined to be.
    pub report: Report,
    /// AWS's word on the last delivery, such as `SUCCESS` or `ERROR_NO_BUCKET`.
    pub last_status: Option<String>,
    /// When it was last delivered.
    pub last_delivery: Option<String>,
}

/// The name that the bucket has where the answers do not say.
pub fn bucket_name(account: &str, answers: &Answers) -> String {
    answers.billing.bucket.clone().unwrap_or_else(|| format!("dayone-billing-{account}-{REGION}-an"))
}

/// Reads them all, the independent ones at once.
pub async fn observe(session: &Session, answers: &Answers) -> Result<Facts, StepError> {
    let identity = session.acting();
    let planned = bucket_name(session.account(), answers);
    let (reports, bucket) =
        tokio::try_join!(reports(identity), private_bucket::observe(identity, &planned, REGION))?;
    let mut facts = Facts {
        account: session.account().to_owned(),
        partition: session.partition().to_owned(),
        reports,
        bucket,
    };
    if let Some(found) = facts.report(answers).filter(|found| found.report.bucket != planned) {
        facts.bucket =
            private_bucket::observe(identity, &found.report.bucket.clone(), &found.report.region.clone())
                .await?;
    }
    Ok(facts)
}

async fn reports(identity: &Identity) -> Result<Reading<Vec<ReportFacts>>, AwsError> {
    let pages = identity
        .cost_and_usage_report()
        .describe_report_definitions()
        .into_paginator()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await;
    let pages = reading(pages.for_call("cur:DescribeReportDefinitions"))?;
    let reports = |pages: Vec<DescribeReportDefinitionsOutput>| {
        pages.iter().flat_map(|page| page.report_definitions()).map(ReportFacts::from).collect()
    };
    Ok(pages.map(reports))
}

impl From<&ReportDefinition> for ReportFacts {
    fn from(definition: &ReportDefinition) -> Self {
        let status = definition.report_status();
        Self {
            report: Report {
                name: definition.report_name().to_owned(),
                bucket: definition.s3_bucket().to_owned(),
                region: definition.s3_region().as_str().to_owned(),
                prefix: definition.s3_prefix().to_owned(),
                time_unit: definition.time_unit().as_str().to_owned(),
                format: definition.format().as_str().to_owned(),
                compression: definition.compression().as_str().to_owned(),
                resources: definition.additional_schema_elements().contains(&SchemaElement::Resources),
                artifacts: definition
                    .additional_artifacts()
                    .iter()
                    .map(|artifact| artifact.as_str().to_owned())
                    .collect(),
                versioning: definition.report_versioning().map(|versioning| versioning.as_str().to_owned()),
                refresh_closed: definition.refresh_closed_reports() == Some(true),
            },
            last_status: status.and_then(|status| status.last_status()).map(|word| word.as_str().to_owned()),
            last_delivery: status.and_then(|status| status.last_delivery()).map(ToOwned::to_owned),
        }
    }
}

impl Facts {
    /// The report that counts: ours by name, or else one that divides time as finely and names resources.
    pub fn report(&self, answers: &Answers) -> Option<&ReportFacts> {
        let reports = self.reports.as_deref().unwrap_or_default();
        let named = |found: &&ReportFacts| found.report.name == answers.billing.report;
        let wanted = Report::wanted(&self.account, answers);
        let as_good = |found: &&ReportFacts| {
            found.report.resources
                && found.report.time_unit == wanted.time_unit
                && found.report.format == wanted.format
        };
        reports.iter().find(named).or_else(|| reports.iter().find(as_good))
    }
}
