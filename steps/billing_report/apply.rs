//! Makes one change of the practice.

use std::collections::HashMap;

use aws_sdk_bcmdataexports::types::DataQuery;
use aws_sdk_costandusagereport::types::{
    AdditionalArtifact, AwsRegion, CompressionFormat, ReportDefinition, ReportFormat, ReportVersioning,
    SchemaElement, TimeUnit,
};

use crate::aws::{ForCall, Identity, unless};
use crate::error::{AwsError, StepError};
use crate::operator::Operator;
use crate::practice::StepId;
use crate::session::Session;
use crate::text;
use crate::{private_bucket, wait};

use super::budget;
use super::export::{Export, TABLE, explains, select};
use super::facts::list_exports;
use super::plan::Change;
use super::report::Report;

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
        Change::ModifyReport { report, .. } => modify(identity, report, operator).await,
        Change::CreateExport { export } => create_export(identity, export, operator).await,
        Change::UpdateExport { arn, export, .. } => update_export(identity, arn, export, operator).await,
        Change::CreateBudget { budget } => budget::create(identity, budget).await,
        Change::UpdateBudget { budget } => budget::update(identity, budget).await,
    }
}

async fn put(identity: &Identity, report: &Report, operator: &mut impl Operator) -> Result<(), StepError> {
    require_bucket(identity, &report.bucket, &report.region).await?;
    let client = identity.cost_and_usage_report();
    let definition = definition(report)?;
    wait::until_seen(operator, waiting(), bucket_is_not_seen_yet, async || {
        let sent = client.put_report_definition().report_definition(definition.clone()).send().await;
        unless("DuplicateReportName", sent.for_call("cur:PutReportDefinition")).map(drop)
    })
    .await
}

async fn modify(identity: &Identity, report: &Report, operator: &mut impl Operator) -> Result<(), StepError> {
    require_bucket(identity, &report.bucket, &report.region).await?;
    let client = identity.cost_and_usage_report();
    let definition = definition(report)?;
    wait::until_seen(operator, waiting(), bucket_is_not_seen_yet, async || {
        let request = client.modify_report_definition().report_name(&report.name);
        let sent = request.report_definition(definition.clone()).send().await;
        sent.for_call("cur:ModifyReportDefinition").map(drop)
    })
    .await
}

async fn require_bucket(identity: &Identity, bucket: &str, region: &str) -> Result<(), StepError> {
    private_bucket::require(identity, bucket, region, StepId::ReportBucket).await
}

fn waiting() -> text::Text {
    text! {
        en: "Waiting until the report's service sees the bucket and its policy",
        ko: "보고서 서비스가 버킷과 정책을 인식하기를 기다리는 중"
    }
}

/// "Failed to verify customer bucket permission.", or "S3 bucket permission validation failed" for an export, is also
/// what the service says while it does not see a policy that was put a moment ago. Its other validation errors do not
/// pass.
fn bucket_is_not_seen_yet(error: &AwsError) -> bool {
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
        .set_billing_view_arn(report.billing_view.clone())
        // AWS wants the list, even where it is empty.
        .set_additional_schema_elements(Some(Vec::new()));
    for element in &report.schema_elements {
        definition = definition.additional_schema_elements(SchemaElement::from(element.as_str()));
    }
    for artifact in &report.artifacts {
        definition = definition.additional_artifacts(AdditionalArtifact::from(artifact.as_str()));
    }
    definition
        .build()
        .map_err(|error| AwsError::without_answer("cur:PutReportDefinition", &error.to_string()))
}

/// Names are no keys in Data Exports, so whether the export is there is looked up before each try.
async fn create_export(
    identity: &Identity,
    export: &Export,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    require_bucket(identity, &export.bucket, &export.region).await?;
    let query = whole_table(identity, export.table_properties()).await?;
    let definition = export.definition(query, None).map_err(|error| incomplete(&error.to_string()))?;
    let client = identity.data_exports_once();
    wait::until_seen(operator, waiting(), bucket_is_not_seen_yet, async || {
        if is_there(identity, &export.name).await? {
            return Ok(());
        }
        let sent = client.create_export().export(definition.clone()).send().await;
        sent.for_call("bcm-data-exports:CreateExport").map(drop)
    })
    .await
}

async fn is_there(identity: &Identity, name: &str) -> Result<bool, AwsError> {
    let exports = list_exports(identity).await?;
    Ok(exports.iter().any(|export| export.export_name() == name))
}

/// AWS wants the whole export. Its query stays if it tells enough, and so do the table's properties, which cannot change.
async fn update_export(
    identity: &Identity,
    arn: &str,
    export: &Export,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    require_bucket(identity, &export.bucket, &export.region).await?;
    let client = identity.data_exports();
    let found = client.get_export().export_arn(arn).send().await.for_call("bcm-data-exports:GetExport")?;
    let found = found.export().ok_or_else(|| incomplete("the export has no definition"))?;
    let query = match found.data_query().filter(|query| explains(query.query_statement())) {
        Some(query) => query.clone(),
        None => whole_table(identity, properties(found.data_query(), export)).await?,
    };
    let definition = export.definition(query, found.description());
    let definition = definition.map_err(|error| incomplete(&error.to_string()))?;
    wait::until_seen(operator, waiting(), bucket_is_not_seen_yet, async || {
        let sent = client.update_export().export_arn(arn).export(definition.clone()).send().await;
        sent.for_call("bcm-data-exports:UpdateExport").map(drop)
    })
    .await
}

fn properties(found: Option<&DataQuery>, export: &Export) -> HashMap<String, String> {
    let tables = found.and_then(DataQuery::table_configurations);
    tables.and_then(|tables| tables.get(TABLE)).cloned().unwrap_or_else(|| export.table_properties())
}

/// A query for all columns that the table has with these properties, of which AWS alone has the list.
async fn whole_table(
    identity: &Identity,
    properties: HashMap<String, String>,
) -> Result<DataQuery, AwsError> {
    let request = identity.data_exports().get_table().table_name(TABLE);
    let table = request.set_table_properties(Some(properties.clone())).send().await;
    let table = table.for_call("bcm-data-exports:GetTable")?;
    let columns: Vec<_> = table.schema().iter().filter_map(|column| column.name()).collect();
    if columns.is_empty() {
        return Err(AwsError::without_answer("bcm-data-exports:GetTable", "the table has no columns"));
    }
    let query =
        DataQuery::builder().query_statement(select(&columns)).table_configurations(TABLE, properties);
    query.build().map_err(|error| incomplete(&error.to_string()))
}

fn incomplete(why: &str) -> AwsError {
    AwsError::without_answer("bcm-data-exports:GetExport", why)
}
