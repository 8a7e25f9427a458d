//! Data Exports: exports of CUR 2.0, whose queries, buckets and changes are judged as the service judges them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use steps::private_bucket::MustLet;
use winterbaume_core::MockResponse;

use super::kept::{Memory, delivered_daily};
use super::storage::{lets_service, region_of};
use super::wire::{Call, iso, json_answer, timestamp};
use super::{ACCOUNT_ID, Services};

/// So many seconds after it was created, the first files of an export are there.
const FIRST_FILES: u64 = 10;
const EXPORTS_PER_ACCOUNT: usize = 5;
/// The table that exports are made of.
pub(crate) const TABLE: &str = "COST_AND_USAGE_REPORT";
/// The column that the table has only where it is asked for resources.
const RESOURCE_COLUMN: &str = "line_item_resource_id";
/// The other columns: those of AWS that the practice account has.
const COLUMNS: [&str; 8] = [
    "bill_payer_account_id",
    "bill_billing_period_start_date",
    "line_item_usage_account_id",
    "line_item_usage_start_date",
    "line_item_product_code",
    "line_item_usage_type",
    "line_item_unblended_cost",
    "resource_tags",
];

/// An export.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Export {
    pub definition: Value,
    pub since: u64,
    pub delivered: Option<u64>,
}

/// Answers one call.
pub(crate) async fn answer(call: &Call, services: &Services, memory: &mut Memory, now: u64) -> MockResponse {
    match call.operation.as_str() {
        "CreateExport" => create(call, services, memory, now).await,
        "UpdateExport" => update(call, services, memory).await,
        "DeleteExport" => delete(call, memory),
        "GetExport" => get(call, services, memory, now).await,
        "ListExports" => list(services, memory, now).await,
        "ListExecutions" => executions(call, services, memory, now).await,
        "GetTable" => table(call),
        _ => call.unknown(),
    }
}

/// Delivers the first files that are due, where they may be written.
pub(crate) async fn deliver(memory: &mut Memory, now: u64, services: &Services) {
    let due: Vec<_> = memory
        .exports
        .iter()
        .filter(|(_, export)| export.delivered.is_none() && memory.is_due(export.since, FIRST_FILES, now))
        .map(|(arn, _)| arn.clone())
        .collect();
    for arn in due {
        let Some(export) = memory.exports.get_mut(&arn) else { continue };
        if !may_be_written(export, services).await {
            continue;
        }
        export.delivered = Some(now);
        let destination = export.definition["DestinationConfigurations"]["S3Destination"].clone();
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (name, prefix) = (word(&export.definition["Name"]), word(&destination["S3Prefix"]));
        let month = timestamp(now).strftime("%Y-%m").to_string();
        let key = format!("{prefix}/{name}/data/BILLING_PERIOD={month}/{name}-00001.snappy.parquet");
        memory.put_delivered(services, &word(&destination["S3Bucket"]), key).await;
    }
}

async fn create(call: &Call, services: &Services, memory: &mut Memory, now: u64) -> MockResponse {
    let definition = call.json["Export"].clone();
    if memory.exports.len() >= EXPORTS_PER_ACCOUNT {
        let message = format!("Account has reached the resource limit for exports of table {TABLE}");
        return call.refuse(400, "ServiceQuotaExceededException", &message);
    }
    if let Err(message) = judge(&definition, services).await {
        return call.refuse(400, "ValidationException", &message);
    }
    let name = definition["Name"].as_str().unwrap_or_default();
    let id = super::tokens::request_id();
    let arn = format!("arn:aws:bcm-data-exports:us-east-1:{ACCOUNT_ID}:export/{name}-{id}");
    memory.exports.insert(arn.clone(), Export { definition, since: now, delivered: None });
    json_answer(&json!({"ExportArn": arn}))
}

/// All of it is replaced, but the table and what it is asked for.
async fn update(call: &Call, services: &Services, memory: &mut Memory) -> MockResponse {
    let (arn, definition) = (named(call), call.json["Export"].clone());
    let Some(found) = memory.exports.get(&arn) else { return unknown_export(call) };
    if properties(&found.definition) != properties(&definition) {
        let message = "The table and its configurations cannot be changed";
        return call.refuse(400, "ValidationException", message);
    }
    if let Err(message) = judge(&definition, services).await {
        return call.refuse(400, "ValidationException", &message);
    }
    if let Some(found) = memory.exports.get_mut(&arn) {
        found.definition = definition;
    }
    json_answer(&json!({"ExportArn": arn}))
}

fn delete(call: &Call, memory: &mut Memory) -> MockResponse {
    let arn = named(call);
    match memory.exports.remove(&arn) {
        Some(_) => json_answer(&json!({"ExportArn": arn})),
        None => unknown_export(call),
    }
}

fn named(call: &Call) -> String {
    call.json["ExportArn"].as_str().unwrap_or_default().to_owned()
}

fn unknown_export(call: &Call) -> MockResponse {
    call.refuse(400, "ResourceNotFoundException", "The export does not exist")
}

async fn judge(definition: &Value, services: &Services) -> Result<(), String> {
    let is_name = |name: &str| {
        (1..=128).contains(&name.len())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "!-_.*'()".contains(c))
    };
    if !definition["Name"].as_str().is_some_and(is_name) {
        return Err("The name of the export does not hold up".into());
    }
    judge_query(definition)?;
    let destination = &definition["DestinationConfigurations"]["S3Destination"];
    let output = &destination["S3OutputConfigurations"];
    let combines = matches!(
        (output["Format"].as_str(), output["Compression"].as_str()),
        (Some("PARQUET"), Some("PARQUET")) | (Some("TEXT_OR_CSV"), Some("GZIP"))
    );
    let is_refreshed = definition["RefreshCadence"]["Frequency"] == "SYNCHRONOUS";
    if !combines || output["OutputType"] != "CUSTOM" || !is_refreshed {
        return Err("The output of the export does not hold up".into());
    }
    let bucket = destination["S3Bucket"].as_str().unwrap_or_default();
    let is_there = region_of(services, bucket).await.as_deref() == destination["S3Region"].as_str();
    if !is_there || !lets_service(services, bucket, &needs(bucket)).await {
        return Err(format!(
            "S3 bucket permission validation failed. Bucket {bucket} lacks the permissions."
        ));
    }
    Ok(())
}

/// `SELECT *` is not part of the language, and only columns that the table has as it is configured can be selected.
fn judge_query(definition: &Value) -> Result<(), String> {
    let query = definition["DataQuery"]["QueryStatement"].as_str().unwrap_or_default();
    let (columns, table) = query
        .strip_prefix("SELECT ")
        .and_then(|rest| rest.split_once(" FROM "))
        .ok_or_else(|| "The query cannot be parsed".to_owned())?;
    let properties = properties(definition);
    let has = |column: &str| columns_of(&properties).contains(&column);
    if table != TABLE || !columns.split(',').all(|column| has(column.trim())) {
        return Err(format!("The columns in the query provided are not a subset of the table {TABLE}"));
    }
    Ok(())
}

fn properties(definition: &Value) -> Value {
    definition["DataQuery"]["TableConfigurations"][TABLE].clone()
}

fn columns_of(properties: &Value) -> Vec<&'static str> {
    let of_resources = (properties["INCLUDE_RESOURCES"] == "TRUE").then_some(RESOURCE_COLUMN);
    COLUMNS.into_iter().chain(of_resources).collect()
}

fn needs(bucket: &str) -> Vec<MustLet> {
    vec![MustLet {
        who: "bcm-data-exports.amazonaws.com".into(),
        action: "s3:PutObject",
        resource: format!("arn:aws:s3:::{bucket}/any/data/file.parquet"),
        context: vec![
            ("aws:SourceArn", format!("arn:aws:bcm-data-exports:us-east-1:{ACCOUNT_ID}:export/any")),
            ("aws:SourceAccount", ACCOUNT_ID.to_owned()),
        ],
    }]
}

/// How an export stands.
struct Standing {
    /// When it was found last that it is due and cannot be written where it goes.
    failed: Option<u64>,
    since: u64,
    delivered: Option<u64>,
}

/// An export is refreshed anew each day; here it is tried at each look.
async fn standing(export: &Export, services: &Services, memory: &Memory, now: u64) -> Standing {
    let is_due = memory.is_due(export.since, FIRST_FILES, now);
    let fails = is_due && !may_be_written(export, services).await;
    let last = |first| if fails { first } else { delivered_daily(first, now) };
    Standing { failed: fails.then_some(now), since: export.since, delivered: export.delivered.map(last) }
}

async fn may_be_written(export: &Export, services: &Services) -> bool {
    let destination = &export.definition["DestinationConfigurations"]["S3Destination"];
    let bucket = destination["S3Bucket"].as_str().unwrap_or_default();
    lets_service(services, bucket, &needs(bucket)).await
}

impl Standing {
    /// An export is healthy from the beginning.
    fn status(&self) -> Value {
        let mut status = json!({"StatusCode": "HEALTHY", "CreatedAt": iso(self.since)});
        if let Some(delivered) = self.delivered {
            status["LastRefreshedAt"] = json!(iso(delivered));
        }
        if self.failed.is_some() {
            status["StatusCode"] = json!("UNHEALTHY");
            status["StatusReason"] = json!("INSUFFICIENT_PERMISSION");
        }
        status
    }

    /// The executions so far, the newest first.
    fn executions(&self) -> Vec<Value> {
        let begun = iso(self.since);
        let done = self.delivered.map(|delivered| {
            json!({"StatusCode": "DELIVERY_SUCCESS", "CreatedAt": begun, "CompletedAt": iso(delivered)})
        });
        let failed = self.failed.map(|failed| {
            json!({"StatusCode": "DELIVERY_FAILURE", "StatusReason": "INSUFFICIENT_PERMISSION",
                   "CreatedAt": begun, "CompletedAt": iso(failed)})
        });
        let ended: Vec<_> = failed.into_iter().chain(done).collect();
        if ended.is_empty() { vec![json!({"StatusCode": "QUERY_QUEUED", "CreatedAt": begun})] } else { ended }
    }
}

async fn get(call: &Call, services: &Services, memory: &Memory, now: u64) -> MockResponse {
    let arn = named(call);
    let Some(found) = memory.exports.get(&arn) else { return unknown_export(call) };
    let mut definition = found.definition.clone();
    definition["ExportArn"] = json!(arn);
    let status = standing(found, services, memory, now).await.status();
    json_answer(&json!({"Export": definition, "ExportStatus": status}))
}

async fn list(services: &Services, memory: &Memory, now: u64) -> MockResponse {
    let mut exports = Vec::new();
    for (arn, export) in &memory.exports {
        let status = standing(export, services, memory, now).await.status();
        let name = &export.definition["Name"];
        exports.push(json!({"ExportArn": arn, "ExportName": name, "ExportStatus": status}));
    }
    json_answer(&json!({"Exports": exports}))
}

async fn executions(call: &Call, services: &Services, memory: &Memory, now: u64) -> MockResponse {
    let Some(found) = memory.exports.get(&named(call)) else { return unknown_export(call) };
    let statuses = standing(found, services, memory, now).await.executions();
    let numbered = (1..).zip(statuses).map(|(number, status): (u32, Value)| {
        let id = number.to_string();
        json!({"ExecutionId": id, "ExecutionStatus": status})
    });
    json_answer(&json!({"Executions": numbered.collect::<Vec<_>>()}))
}

fn table(call: &Call) -> MockResponse {
    if call.json["TableName"] != TABLE {
        return call.refuse(400, "ValidationException", "There is no such table");
    }
    let properties = &call.json["TableProperties"];
    let column = |name: &str| json!({"Name": name, "Type": "string", "Description": ""});
    let schema: Vec<_> = columns_of(properties).into_iter().map(column).collect();
    json_answer(&json!({"TableName": TABLE, "TableProperties": properties, "Schema": schema}))
}
