//! Makes one change of the practice.

use aws_sdk_costandusagereport::types::{
    AdditionalArtifact, AwsRegion, CompressionFormat, ReportDefinition, ReportFormat, ReportVersioning,
    SchemaElement, TimeUnit,
};

use crate::aws::{ForCall, Identity, unless};
use crate::error::{AwsError, StepError};
use crate::operator::Operator;
use crate::session::Session;
use crate::text;
use crate::{private_bucket, wait};

use super::plan::{Change, Report};

/// Makes one change.
pub async fn apply(
    change: &Change,
    session: &mut Session,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let identity = session.acting();
    match change {
        Change::Bucket { region, change } => private_bucket::apply(change, identity, region, operator).await,
        Change::PutReport { report } => put(identity, report, operator).await,
        Change::ModifyReport { report } => modify(identity, report, operator).await,
    }
}

async fn put(identity: &Identity, report: &Report, operator: &mut impl Operator) -> Result<(), StepError> {
    let client = identity.cost_and_usage_report();
    let definition = definition(report)?;
    wait::until_seen(operator, waiting(), passes, async || {
        let sent = client.put_report_definition().report_definition(definition.clone()).send().await;
        unless("DuplicateReportName", sent.for_call("cur:PutReportDefinition")).map(drop)
    })
    .await
}

async fn modify(identity: &Identity, report: &Report, operator: &mut impl Operator) -> Result<(), StepError> {
    let client = identity.cost_and_usage_report();
    let definition = definition(report)?;
    wait::until_seen(operator, waiting(), passes, async || {
        let request = client.modify_report_definition().report_name(&report.name);
        let sent = request.report_definition(definition.clone()).send().await;
        sent.for_call("cur:ModifyReportDefinition").map(drop)
    })
    .await
}

fn waiting() -> text::Text {
    text! {
        en: "Waiting until the report's service sees the bucket and its policy",
        ko: "보고서 서비스가 버킷과 정책을 인식하기를 기다리는 중"
    }
}

/// "Failed to verify customer bucket permission." is also what the service says while it does not see a policy that
/// was put a moment ago. Its other validation errors do not pass.
fn passes(error: &AwsError) -> bool {
    error.is("Validation") && error.message.contains("bucket permission")
}

fn definition(report: &Report) -> Result<ReportDefinition, AwsError> {
    let mut definition = ReportDefinition::builder()
        .report_name(&report.name)
        .time_unit(TimeUnit::from(report.time_unit.as_str()))
        .format(ReportFormat::from(report.format.as_str()))
        .compression(CompressionFormat::from(report.compression.as_str()))
        .s3_bucket(&report.bucket)
        .s3_prefix(&report.prefix)
        .s3_region(AwsRegion::from(report.region.as_str()))
        .refresh_closed_reports(report.refresh_closed)
        .set_report_versioning(report.versioning.as_deref().map(ReportVersioning::from))
        .set_additional_schema_elements(Some(Vec::new()));
    if report.resources {
        definition = definition.additional_schema_elements(SchemaElement::Resources);
    }
    for artifact in &report.artifacts {
        definition = definition.additional_artifacts(AdditionalArtifact::from(artifact.as_str()));
    }
    definition
        .build()
        .map_err(|error| AwsError::without_answer("cur:PutReportDefinition", &error.to_string()))
}
