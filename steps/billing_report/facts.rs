//! What is true now of the billing reports, classic or CUR 2.0, and of the bucket of the one that counts.

use std::collections::BTreeSet;

use aws_sdk_bcmdataexports::types::{
    ExecutionReference, ExecutionStatus, ExecutionStatusCode, ExportReference, ExportStatus, ExportStatusCode,
};
use aws_sdk_costandusagereport::operation::describe_report_definitions::DescribeReportDefinitionsOutput;
use aws_sdk_costandusagereport::types::ReportDefinition;
use aws_smithy_types::date_time::{DateTime, Format};
use jiff::Timestamp;

use crate::answers::{Answers, ReportKind};
use crate::aws::{ForCall, Identity, Reading, Unseen, at_once, unless};
use crate::error::{AwsError, StepError};
use crate::private_bucket::BucketFacts;
use crate::readings::Readings;
use crate::session::Session;
use crate::text;
use crate::text::{Text, harmless};
use crate::{administrators, private_bucket};

use super::budget::{self, Budget, BudgetFacts};
use super::export::Export;
use super::report::Report;

/// A report comes at least daily, so a last delivery that is more seconds old proves nothing any more. Source: CUR user
/// guide, "Creating reports".
const FRESH: i64 = 3 * 24 * 60 * 60;

/// The only Region that has the services, and the Region of a new bucket.
pub const REGION: &str = "us-east-1";

/// What is true now. Only reports of the kind that the answers ask for are read; there are none of the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The account number.
    pub account: String,
    /// The partition.
    pub partition: String,
    /// The ARNs under which bucket policies know who acts.
    pub acting: Vec<String>,
    /// The ARNs of the administrators.
    pub administrators: Reading<BTreeSet<String>>,
    /// All classic reports.
    pub reports: Reading<Vec<ReportFacts>>,
    /// All exports of Data Exports, those of other tables included.
    pub exports: Reading<Vec<ExportFacts>>,
    /// The bucket of the report that counts, or of the report to be made.
    pub bucket: BucketFacts,
    /// Our cost budget, or one of others that does what ours would. It is read only for who asks for one.
    pub budget: Reading<Option<BudgetFacts>>,
}

/// A classic report that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFacts {
    /// What it is defined to be.
    pub report: Report,
    /// AWS's word on the last delivery, such as `SUCCESS` or `ERROR_NO_BUCKET`.
    pub last_status: Option<String>,
    /// When it was last delivered.
    pub last_delivery: Option<String>,
    /// Whether that is not long ago by AWS's clock.
    pub fresh: bool,
}

/// An export that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportFacts {
    /// Its ARN, which only AWS knows: several exports may have the same name.
    pub arn: String,
    /// What it is defined to be.
    pub export: Export,
    /// How its deliveries go.
    pub delivery: Reading<Delivery>,
}

/// How the deliveries of an export go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// Nothing has been delivered yet.
    NotYet,
    /// The last delivery succeeded, at this time.
    At(String),
    /// The last delivery succeeded, at this time, which is so long ago that it proves nothing any more.
    Late(String),
    /// The last delivery failed, for this reason of AWS's.
    Failed(String),
}

/// A bucket and its Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The bucket's name.
    pub bucket: String,
    /// The bucket's Region.
    pub region: String,
}

/// The name that the bucket has where the answers do not say.
pub fn bucket_name(account: &str, answers: &Answers) -> String {
    answers.billing.bucket.clone().unwrap_or_else(|| format!("dayone-billing-{account}-{REGION}-an"))
}

/// Reads them all, the independent ones at once. In other partitions there is nothing to ask.
pub async fn observe(
    session: &Session,
    readings: &Readings<'_>,
    answers: &Answers,
) -> Result<Facts, StepError> {
    let identity = session.acting();
    let planned = bucket_name(session.account(), answers);
    let mut facts = Facts {
        account: session.account().to_owned(),
        partition: session.partition().to_owned(),
        acting: administrators::acting(&identity.caller),
        administrators: Ok(BTreeSet::new()),
        reports: Ok(Vec::new()),
        exports: Ok(Vec::new()),
        bucket: BucketFacts::Free,
        budget: Ok(None),
    };
    if facts.partition != "aws" {
        return Ok(facts);
    }
    let bucket = private_bucket::observe(identity, &planned, REGION);
    let budget = budget_asked_for(identity, answers);
    let administrators = administrators::observe(session, readings, answers);
    match answers.billing.kind {
        ReportKind::Classic => {
            (facts.reports, facts.bucket, facts.budget, facts.administrators) =
                tokio::try_join!(reports(identity), bucket, budget, administrators)?;
        }
        ReportKind::Cur2 => {
            (facts.exports, facts.bucket, facts.budget, facts.administrators) =
                tokio::try_join!(exports(identity), bucket, budget, administrators)?;
        }
    }
    if let Some(place) = facts.stays_in(answers).filter(|place| place.bucket != planned) {
        facts.bucket = private_bucket::observe(identity, &place.bucket, &place.region).await?;
    }
    Ok(facts)
}

/// What nobody has asked for is not looked at.
async fn budget_asked_for(
    identity: &Identity,
    answers: &Answers,
) -> Result<Reading<Option<BudgetFacts>>, AwsError> {
    match Budget::wanted(answers) {
        Some(wanted) => budget::observe(identity, &wanted).await,
        None => Ok(Ok(None)),
    }
}

async fn reports(identity: &Identity) -> Result<Reading<Vec<ReportFacts>>, AwsError> {
    let pages = identity
        .cost_and_usage_report()
        .describe_report_definitions()
        .into_paginator()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await;
    let pages = identity.reading(pages.for_call("cur:DescribeReportDefinitions"))?;
    let now = identity.clock().now();
    let reports = |pages: Vec<DescribeReportDefinitionsOutput>| {
        let definitions = pages.iter().flat_map(|page| page.report_definitions());
        definitions.map(|definition| ReportFacts::found(definition, now)).collect()
    };
    Ok(pages.map(reports))
}

/// The list has no more than names, and there are few exports, so each is asked about, all at once.
async fn exports(identity: &Identity) -> Result<Reading<Vec<ExportFacts>>, AwsError> {
    let listed = match identity.reading(list_exports(identity).await)? {
        Ok(listed) => listed,
        Err(unseen) => return Ok(Err(unseen)),
    };
    let asked = listed.into_iter().map(|export| export_facts(identity.clone(), export.export_arn));
    Ok(at_once(asked).await?.into_iter().filter_map(Result::transpose).collect())
}

/// The exports by their names.
pub(super) async fn list_exports(identity: &Identity) -> Result<Vec<ExportReference>, AwsError> {
    let exports = identity
        .data_exports()
        .list_exports()
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await;
    exports.for_call("bcm-data-exports:ListExports")
}

/// `None` for an export that was deleted in between.
async fn export_facts(identity: Identity, arn: String) -> Result<Reading<Option<ExportFacts>>, AwsError> {
    let client = identity.data_exports();
    let (found, executions) =
        tokio::join!(client.get_export().export_arn(&arn).send(), executions(&identity, &arn));
    let found = found.for_call("bcm-data-exports:GetExport");
    let found = identity.reading(unless("ResourceNotFound", found))?;
    let executions = executions?;
    let found = match found {
        Ok(found) => found,
        Err(unseen) => return Ok(Err(unseen)),
    };
    let delivery = executions.map(|executions| {
        let status = found.as_ref().and_then(|found| found.export_status());
        delivery(status, &executions, identity.clock().now())
    });
    let export = found.as_ref().and_then(|found| found.export()).map(Export::found);
    Ok(Ok(export.map(|export| ExportFacts { arn, export, delivery })))
}

/// All of them, in whatever order AWS tells them; none for an export that was deleted in between.
async fn executions(identity: &Identity, arn: &str) -> Result<Reading<Vec<ExecutionReference>>, AwsError> {
    let request = identity.data_exports().list_executions().export_arn(arn).max_results(100);
    let executions = request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
    let executions = executions.for_call("bcm-data-exports:ListExecutions");
    Ok(identity.reading(unless("ResourceNotFound", executions))?.map(Option::unwrap_or_default))
}

/// An export is healthy from the beginning, so that alone does not show that anything was delivered. The execution that
/// ended last does.
fn delivery(status: Option<&ExportStatus>, executions: &[ExecutionReference], now: Timestamp) -> Delivery {
    if let Some(status) = status.filter(|status| status.status_code() == Some(&ExportStatusCode::Unhealthy)) {
        let reason = status.status_reason().map_or("UNHEALTHY", |reason| reason.as_str());
        return Delivery::Failed(reason.to_owned());
    }
    let executions = executions.iter().filter_map(ExecutionReference::execution_status);
    let ended = executions.filter(|execution| has_failed(execution) || has_delivered(execution));
    let last = ended.max_by_key(|execution| (ended_at(execution).map(DateTime::secs), has_failed(execution)));
    let Some(last) = last else { return Delivery::NotYet };
    if has_failed(last) {
        let reason = last.status_reason().map_or("UNHEALTHY", |reason| reason.as_str());
        return Delivery::Failed(reason.to_owned());
    }
    let refreshed = status.and_then(|status| status.last_refreshed_at());
    let time = refreshed.into_iter().chain(ended_at(last)).max_by_key(|time| time.secs());
    let date = time.and_then(|time| time.fmt(Format::DateTime).ok()).unwrap_or_else(|| "?".to_owned());
    if is_fresh(&date, now) { Delivery::At(date) } else { Delivery::Late(date) }
}

fn has_delivered(execution: &ExecutionStatus) -> bool {
    execution.status_code() == Some(&ExecutionStatusCode::DeliverySuccess)
}

fn has_failed(execution: &ExecutionStatus) -> bool {
    let failures = [ExecutionStatusCode::DeliveryFailure, ExecutionStatusCode::QueryFailure];
    execution.status_code().is_some_and(|code| failures.contains(code))
}

fn ended_at(execution: &ExecutionStatus) -> Option<&DateTime> {
    execution.completed_at().or(execution.last_updated_at()).or(execution.created_at())
}

/// A time as each of the two services writes it, such as 20261124T143627Z or 20261124T143627+0900.
pub(super) fn moment(date: &str) -> Option<Timestamp> {
    let with_offset = date.strip_suffix('Z').map(|time| format!("{time}+0000"));
    let compact = Timestamp::strptime("%Y%m%dT%H%M%S%z", with_offset.as_deref().unwrap_or(date));
    compact.or_else(|_| date.parse()).ok()
}

/// What cannot be read is not known to be fresh.
fn is_fresh(date: &str, now: Timestamp) -> bool {
    moment(date).is_some_and(|time| now.as_second() - time.as_second() <= FRESH)
}

impl ReportFacts {
    fn found(definition: &ReportDefinition, now: Timestamp) -> Self {
        let status = definition.report_status();
        let last_delivery = status.and_then(|status| status.last_delivery());
        Self {
            report: Report {
                name: definition.report_name().to_owned(),
                bucket: definition.s3_bucket().to_owned(),
                region: definition.s3_region().as_str().to_owned(),
                prefix: definition.s3_prefix().to_owned(),
                time_unit: definition.time_unit().as_str().to_owned(),
                format: definition.format().as_str().to_owned(),
                compression: definition.compression().as_str().to_owned(),
                schema_elements: definition
                    .additional_schema_elements()
                    .iter()
                    .map(|element| element.as_str().to_owned())
                    .collect(),
                artifacts: definition
                    .additional_artifacts()
                    .iter()
                    .map(|artifact| artifact.as_str().to_owned())
                    .collect(),
                versioning: definition.report_versioning().map(|versioning| versioning.as_str().to_owned()),
                refresh_closed: definition.refresh_closed_reports() == Some(true),
                billing_view: definition.billing_view_arn().map(ToOwned::to_owned),
            },
            last_status: status.and_then(|status| status.last_status()).map(|word| word.as_str().to_owned()),
            last_delivery: last_delivery.map(ToOwned::to_owned),
            fresh: last_delivery.is_some_and(|date| is_fresh(date, now)),
        }
    }

    /// What it lacks to be as good as the one that is wanted, and to be where the answers say, if they do.
    pub fn lacks(&self, wanted: &Report, answers: &Answers) -> Vec<Text> {
        let failed = self.failure().map(fails);
        let elsewhere = (!may_stay_in(&self.report.bucket, answers)).then(|| goes_to(&self.report.bucket));
        self.report.lacks(wanted).into_iter().chain(failed).chain(elsewhere).collect()
    }

    /// AWS's word on why the last delivery failed, where it did.
    pub fn failure(&self) -> Option<&str> {
        self.last_status.as_deref().filter(|status| status.starts_with("ERROR"))
    }
}

impl ExportFacts {
    /// What it lacks to be as good as the one that is wanted, and to be where the answers say, if they do.
    pub fn lacks(&self, wanted: &Export, answers: &Answers) -> Vec<Text> {
        let failed = match &self.delivery {
            Ok(Delivery::Failed(reason)) => Some(fails(reason)),
            _ => None,
        };
        let elsewhere = (!may_stay_in(&self.export.bucket, answers)).then(|| goes_to(&self.export.bucket));
        self.export.lacks(wanted).into_iter().chain(failed).chain(elsewhere).collect()
    }
}

fn fails(reason: &str) -> Text {
    let reason = harmless(reason);
    text! { en: "its last delivery failed: {reason}", ko: "마지막 전달 실패: {reason}" }
}

fn goes_to(bucket: &str) -> Text {
    let bucket = harmless(bucket);
    text! { en: "goes to {bucket}", ko: "{bucket}(으)로 전달" }
}

impl Facts {
    /// The classic report that counts: ours by name, or else one that is as good. Of several, one that was delivered.
    pub fn report(&self, answers: &Answers) -> Option<&ReportFacts> {
        let reports = self.reports.as_deref().unwrap_or_default();
        let wanted = Report::wanted(&self.account, answers);
        let as_good = || {
            let good = reports.iter().rev().filter(|found| found.lacks(&wanted, answers).is_empty());
            good.max_by_key(|found| (found.fresh, found.last_delivery.is_some()))
        };
        let named = reports.iter().find(|found| found.report.name == wanted.name);
        named.or_else(as_good)
    }

    /// The CUR 2.0 export that counts: ours by name, or else one that is as good. Of several, one that was delivered.
    pub fn export(&self, answers: &Answers) -> Option<&ExportFacts> {
        let exports = self.exports.as_deref().unwrap_or_default();
        let wanted = Export::wanted(&self.account, answers);
        let as_good = || {
            let good = exports.iter().rev().filter(|found| found.lacks(&wanted, answers).is_empty());
            good.max_by_key(|found| match found.delivery {
                Ok(Delivery::At(_)) => 2,
                Ok(Delivery::Late(_)) => 1,
                _ => 0,
            })
        };
        let named = exports.iter().find(|found| found.export.name == wanted.name);
        named.or_else(as_good)
    }

    /// What could not be seen of the reports.
    pub fn unseen(&self) -> Option<&Unseen> {
        self.reports.as_ref().err().or(self.exports.as_ref().err())
    }

    /// Where the report that counts goes and is to go on going; none where it has to move, or there is none.
    pub fn stays_in(&self, answers: &Answers) -> Option<Place> {
        let (bucket, region) = match answers.billing.kind {
            ReportKind::Classic => {
                self.report(answers).map(|found| (&found.report.bucket, &found.report.region))?
            }
            ReportKind::Cur2 => {
                self.export(answers).map(|found| (&found.export.bucket, &found.export.region))?
            }
        };
        may_stay_in(bucket, answers).then(|| Place { bucket: bucket.clone(), region: region.clone() })
    }

    /// Where the report that counts, or is to be made, is to go. A bucket that is there stays in its Region.
    pub fn place(&self, answers: &Answers) -> Place {
        let planned = || Place { bucket: bucket_name(&self.account, answers), region: REGION.to_owned() };
        let place = self.stays_in(answers).unwrap_or_else(planned);
        match &self.bucket {
            BucketFacts::Mine(settings) => Place { region: settings.region.clone(), ..place },
            _ => place,
        }
    }
}

/// Where a report goes was somebody's choice, unless the answers say otherwise.
fn may_stay_in(bucket: &str, answers: &Answers) -> bool {
    answers.billing.bucket.as_ref().is_none_or(|wanted| wanted == bucket)
}

#[cfg(test)]
mod tests {
    use aws_sdk_bcmdataexports::types::ExecutionStatusReason;
    use serde_json::json;

    use super::*;
    use crate::aws::{Access, canned};

    fn execution(code: ExecutionStatusCode, seconds: i64) -> ExecutionReference {
        let status = ExecutionStatus::builder()
            .status_code(code)
            .status_reason(ExecutionStatusReason::InsufficientPermission)
            .completed_at(DateTime::from_secs(seconds));
        ExecutionReference::builder().execution_id("id").execution_status(status.build()).build().unwrap()
    }

    fn status(code: ExportStatusCode) -> ExportStatus {
        let status = ExportStatus::builder().status_code(code);
        status.status_reason(ExecutionStatusReason::BillOwnerChanged).build()
    }

    #[test]
    fn a_healthy_export_has_delivered_only_once_an_execution_says_so() {
        use ExecutionStatusCode::{DeliveryFailure, DeliveryInProcess, DeliverySuccess, QueryFailure};
        let healthy = status(ExportStatusCode::Healthy);
        let delivered = Delivery::At("2026-11-24T00:00:00Z".into());
        let failed = Delivery::Failed("INSUFFICIENT_PERMISSION".into());
        let (yesterday, today) = (1_795_392_000, 1_795_478_400);
        let long_ago = today - 4 * 86_400;
        let cases = [
            (vec![], Delivery::NotYet),
            (vec![execution(DeliveryInProcess, today)], Delivery::NotYet),
            (vec![execution(DeliverySuccess, today)], delivered.clone()),
            (
                vec![execution(DeliverySuccess, today), execution(DeliverySuccess, yesterday)],
                delivered.clone(),
            ),
            (
                vec![execution(DeliverySuccess, yesterday), execution(DeliverySuccess, today)],
                delivered.clone(),
            ),
            (vec![execution(DeliveryFailure, yesterday), execution(DeliverySuccess, today)], delivered),
            (vec![execution(DeliverySuccess, yesterday), execution(DeliveryFailure, today)], failed.clone()),
            (vec![execution(QueryFailure, today), execution(DeliverySuccess, yesterday)], failed.clone()),
            (vec![execution(DeliverySuccess, today), execution(DeliveryFailure, today)], failed.clone()),
            (
                vec![execution(DeliverySuccess, long_ago), execution(DeliveryInProcess, today)],
                Delivery::Late("2026-11-20T00:00:00Z".into()),
            ),
            (vec![execution(DeliveryFailure, today)], failed.clone()),
            (vec![execution(QueryFailure, today), execution(DeliveryInProcess, today)], failed),
        ];
        for (executions, expected) in cases {
            assert_eq!(delivery(Some(&healthy), &executions, now()), expected, "{executions:?}");
        }
    }

    #[test]
    fn an_unhealthy_export_fails_whatever_came_before() {
        let executions = [execution(ExecutionStatusCode::DeliverySuccess, 1_795_478_400)];
        let found = delivery(Some(&status(ExportStatusCode::Unhealthy)), &executions, now());
        assert_eq!(found, Delivery::Failed("BILL_OWNER_CHANGED".into()));
    }

    #[test]
    fn only_a_delivery_of_the_last_three_days_is_fresh() {
        let cases = [
            ("20261124T120000Z", true),
            ("20261124T210000+0900", true),
            ("20261121T120000Z", true),
            ("20261121T115959Z", false),
            ("20261121T205959+0900", false),
            ("2026-11-24T00:00:00Z", true),
            ("2026-11-03T00:00:00Z", false),
            ("3 November", false),
            ("", false),
        ];
        for (date, expected) in cases {
            assert_eq!(is_fresh(date, now()), expected, "{date}");
        }
    }

    /// The failure of today is on the second page.
    #[tokio::test(start_paused = true)]
    async fn the_executions_of_an_export_are_read_on_every_page() {
        let page = |code: &str, time: &str, next: Option<&str>| {
            let status =
                json!({"StatusCode": code, "StatusReason": "INSUFFICIENT_PERMISSION", "CompletedAt": time});
            json!({"Executions": [{"ExecutionId": "id", "ExecutionStatus": status}], "NextToken": next})
        };
        let first = page("DELIVERY_SUCCESS", "2026-11-23T00:00:00Z", Some("second"));
        let second = page("DELIVERY_FAILURE", "2026-11-24T00:00:00Z", None);
        let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
            "ListExecutions" if call.body.contains("second") => Some((200, second.to_string())),
            "ListExecutions" => Some((200, first.to_string())),
            _ => call.refused(400, "ResourceNotFoundException"),
        });
        let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        let found = executions(&identity, "arn").await.unwrap().unwrap();
        assert_eq!(delivery(None, &found, now()), Delivery::Failed("INSUFFICIENT_PERMISSION".into()));
    }

    fn now() -> Timestamp {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }
}
