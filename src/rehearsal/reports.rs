//! Cost and Usage Reports: combinations and bucket policies are judged here, definitions kept by `winterbaume`.

use serde_json::{Value, json};
use steps::private_bucket::MustLet;
use winterbaume_core::{MockRequest, MockResponse, MockService, StatefulService};

use super::kept::{Memory, delivered_daily};
use super::storage::{lets_service, region_of};
use super::wire::{Call, json_answer, timestamp};
use super::{ACCOUNT_ID, Services};

/// The Regions that the API knows. Source: CUR API reference, "ReportDefinition".
const REGIONS: [&str; 28] = [
    "af-south-1",
    "ap-east-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ca-central-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "me-central-1",
    "me-south-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];
/// How long a name and a prefix may be.
const LONGEST: usize = 256;

/// So many seconds after it was defined, the first report is there.
const FIRST_REPORT: u64 = 10;
const REPORTS_PER_ACCOUNT: usize = 10;
const PAGE: usize = 5;

/// Answers one call.
pub(crate) async fn answer(call: &Call, services: &Services, memory: &mut Memory, now: u64) -> MockResponse {
    match call.operation.as_str() {
        "PutReportDefinition" => put(call, services, memory, now).await,
        "ModifyReportDefinition" => modify(call, services, memory).await,
        "DeleteReportDefinition" => delete(call, services, memory).await,
        "DescribeReportDefinitions" => describe(call, services, memory, now).await,
        _ => call.unknown(),
    }
}

/// Delivers the first files that are due, where they may be written.
pub(crate) async fn deliver(memory: &mut Memory, now: u64, services: &Services) {
    let due: Vec<_> = memory
        .reports
        .iter()
        .filter(|(name, since)| {
            memory.is_due(**since, FIRST_REPORT, now) && memory.delivered_report(name).is_none()
        })
        .map(|(name, _)| name.clone())
        .collect();
    if due.is_empty() {
        return;
    }
    let view = services.reports.snapshot(ACCOUNT_ID, "us-east-1").await;
    for name in due {
        let Some(report) = view.reports.get(&name) else { continue };
        if trouble(services, &report.s3_bucket).await.is_some() {
            continue;
        }
        let date = timestamp(now).strftime("%Y%m%dT%H%M%SZ").to_string();
        let key = format!("{}/{name}/{name}/{name}-00001-{date}.snappy.parquet", report.s3_prefix);
        memory.put_delivered(services, &report.s3_bucket, key).await;
    }
}

async fn put(call: &Call, services: &Services, memory: &mut Memory, now: u64) -> MockResponse {
    let view = services.reports.snapshot(ACCOUNT_ID, "us-east-1").await;
    let name = field(call, "ReportName");
    if view.reports.contains_key(&name) {
        let message = format!("Report name {name} already exists");
        return call.refuse(400, "DuplicateReportNameException", &message);
    }
    if view.reports.len() >= REPORTS_PER_ACCOUNT {
        return call.refuse(
            400,
            "ReportLimitReachedException",
            "The account has the most reports there can be",
        );
    }
    if let Err(refusal) = judge(call, services, memory).await {
        return refusal;
    }
    let defined = forward(call, services).await;
    if defined.status < 300 {
        memory.reports.insert(name, now);
    }
    defined
}

/// A report that exists is given a new definition as a whole, but for what stays as it was made.
async fn modify(call: &Call, services: &Services, memory: &mut Memory) -> MockResponse {
    let view = services.reports.snapshot(ACCOUNT_ID, "us-east-1").await;
    let name = call.text("ReportName");
    let Some(found) = view.reports.get(name).filter(|_| field(call, "ReportName") == name) else {
        let message = format!("Report {name} does not exist");
        return call.refuse(400, "ValidationException", &message);
    };
    let mut elements = found.additional_schema_elements.clone();
    let mut wanted = list(call, "AdditionalSchemaElements");
    elements.sort();
    wanted.sort();
    let versioning = found.report_versioning.as_deref().unwrap_or(USUAL_VERSIONING);
    let stays = field(call, "TimeUnit") == found.time_unit
        && field_or(call, "ReportVersioning", USUAL_VERSIONING) == versioning
        && field(call, "BillingViewArn") == found.billing_view_arn.as_deref().unwrap_or_default()
        && wanted == elements;
    if !stays {
        return call.refuse(400, "ValidationException", "");
    }
    match judge(call, services, memory).await {
        Ok(()) => forward(call, services).await,
        Err(refusal) => refusal,
    }
}

async fn delete(call: &Call, services: &Services, memory: &mut Memory) -> MockResponse {
    let view = services.reports.snapshot(ACCOUNT_ID, "us-east-1").await;
    let name = call.text("ReportName");
    if !view.reports.contains_key(name) {
        let message = format!("Report {name} does not exist");
        return call.refuse(400, "ValidationException", &message);
    }
    memory.reports.remove(name);
    forward(call, services).await
}

/// What a report has that does not say.
const USUAL_VERSIONING: &str = "CREATE_NEW_REPORT";

fn field(call: &Call, name: &str) -> String {
    field_or(call, name, "")
}

fn field_or(call: &Call, name: &str, usual: &str) -> String {
    let definition = call.json.get("ReportDefinition");
    definition.and_then(|definition| definition.get(name)).and_then(Value::as_str).unwrap_or(usual).to_owned()
}

fn list(call: &Call, name: &str) -> Vec<String> {
    let values = call.json.get("ReportDefinition").and_then(|definition| definition.get(name));
    let values = values.and_then(Value::as_array).cloned().unwrap_or_default();
    values.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect()
}

/// AWS refuses odd combinations with an empty error, and a bucket it may not use with this sentence.
async fn judge(call: &Call, services: &Services, memory: &mut Memory) -> Result<(), MockResponse> {
    judge_words(call)?;
    if !combines(call) {
        return Err(call.refuse(400, "ValidationException", ""));
    }
    let bucket = field(call, "S3Bucket");
    let here = region_of(services, &bucket).await;
    let fits = here.is_some_and(|region| region == field(call, "S3Region"));
    // What was put a moment ago is not seen yet at the first try.
    if memory.unseen_policies.remove(&bucket)
        || !fits
        || !lets_service(services, &bucket, &needs(&bucket)).await
    {
        memory.changed = true;
        return Err(call.refuse(400, "ValidationException", "Failed to verify customer bucket permission."));
    }
    Ok(())
}

/// Before anything else a request is held against the model of the service.
fn judge_words(call: &Call) -> Result<(), MockResponse> {
    let is_of = |more: &str, value: &str| {
        value.len() <= LONGEST && value.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    let (name, prefix) = (field(call, "ReportName"), field(call, "S3Prefix"));
    let wrong = if name.is_empty() || !is_of("!-_.*'()", &name) {
        ("reportName", name, "regular expression pattern")
    } else if !is_of("!-_.*'()/", &prefix) {
        ("s3Prefix", prefix, "regular expression pattern")
    } else if !REGIONS.contains(&field(call, "S3Region").as_str()) {
        ("s3Region", field(call, "S3Region"), "enum value set")
    } else {
        return Ok(());
    };
    let (what, value, rule) = wrong;
    let message = format!(
        "1 validation error detected: Value '{value}' at 'reportDefinition.{what}' failed to satisfy constraint: \
         Member must satisfy {rule}"
    );
    Err(call.refuse(400, "ValidationException", &message))
}

fn combines(call: &Call) -> bool {
    let artifacts = list(call, "AdditionalArtifacts");
    let parquet = field(call, "Format") == "Parquet";
    let athena = artifacts.iter().any(|artifact| artifact == "ATHENA");
    let overwrites = field(call, "ReportVersioning") == "OVERWRITE_REPORT";
    let prefix = field(call, "S3Prefix");
    parquet == (field(call, "Compression") == "Parquet")
        && (!athena || (artifacts.len() == 1 && parquet && overwrites && !prefix.is_empty()))
        && (artifacts.is_empty() || athena || !parquet)
        && ["HOURLY", "DAILY", "MONTHLY"].contains(&field(call, "TimeUnit").as_str())
}

fn needs(bucket: &str) -> Vec<MustLet> {
    let need = |action, resource: String| MustLet {
        who: "billingreports.amazonaws.com".into(),
        action,
        resource,
        context: vec![
            ("aws:SourceArn", format!("arn:aws:cur:us-east-1:{ACCOUNT_ID}:definition/*")),
            ("aws:SourceAccount", ACCOUNT_ID.to_owned()),
        ],
    };
    let arn = format!("arn:aws:s3:::{bucket}");
    vec![
        need("s3:GetBucketAcl", arn.clone()),
        need("s3:GetBucketPolicy", arn.clone()),
        need("s3:PutObject", format!("{arn}/any/report.parquet")),
    ]
}

/// Five a page, in the order of their names, with the status of those that were delivered or should have been.
async fn describe(call: &Call, services: &Services, memory: &Memory, now: u64) -> MockResponse {
    let all = forward(call, services).await;
    let all: Value = serde_json::from_slice(&all.body).unwrap_or_default();
    let mut definitions = all.get("ReportDefinitions").and_then(Value::as_array).cloned().unwrap_or_default();
    let name = |definition: &Value| definition["ReportName"].as_str().unwrap_or_default().to_owned();
    definitions.sort_by_key(name);
    for definition in &mut definitions {
        let (name, bucket) = (name(definition), definition["S3Bucket"].as_str().unwrap_or_default());
        let is_due = memory.reports.get(&name).is_some_and(|since| memory.is_due(*since, FIRST_REPORT, now));
        let mut status = json!({});
        let first = memory.delivered_report(&name);
        if is_due {
            let trouble = trouble(services, bucket).await;
            status["lastStatus"] = json!(trouble.unwrap_or("SUCCESS"));
            let last = first.as_deref().filter(|_| trouble.is_none()).and_then(|first| anew(first, now));
            status["lastDelivery"] = json!(last.or(first));
        }
        definition["ReportStatus"] = status;
    }
    let from: usize =
        call.json.get("NextToken").and_then(Value::as_str).and_then(|token| token.parse().ok()).unwrap_or(0);
    let page: Vec<_> = definitions.iter().skip(from).take(PAGE).cloned().collect();
    let mut answer = json!({"ReportDefinitions": page});
    if definitions.len() > from + PAGE {
        answer["NextToken"] = json!((from + PAGE).to_string());
    }
    json_answer(&answer)
}

/// How a delivery is dated.
const DATE: &str = "%Y%m%dT%H%M%SZ";

/// The date of the last delivery, by that of the first.
fn anew(first: &str, now: u64) -> Option<String> {
    let first = jiff::civil::DateTime::strptime(DATE, first).ok()?;
    let first = jiff::tz::TimeZone::UTC.to_timestamp(first).ok()?.as_second();
    let last = delivered_daily(u64::try_from(first).ok()?, now);
    Some(timestamp(last).strftime(DATE).to_string())
}

/// What keeps a report out of its bucket. A report is delivered anew each day; here it is tried at each look.
async fn trouble(services: &Services, bucket: &str) -> Option<&'static str> {
    if region_of(services, bucket).await.is_none() {
        return Some("ERROR_NO_BUCKET");
    }
    let may_write = lets_service(services, bucket, &needs(bucket)).await;
    (!may_write).then_some("ERROR_PERMISSIONS")
}

impl Memory {
    /// The date of the first delivery of a report.
    fn delivered_report(&self, name: &str) -> Option<String> {
        // An export of the same name has a folder `data` in it instead.
        let marker = format!("/{name}/{name}/");
        let key = self.delivered.values().flatten().find(|key| key.contains(&marker))?;
        key.rsplit('/').next()?.split('-').next_back()?.split('.').next().map(ToOwned::to_owned)
    }
}

async fn forward(call: &Call, services: &Services) -> MockResponse {
    let request = MockRequest {
        method: "POST".into(),
        uri: "https://cur.us-east-1.amazonaws.com/".into(),
        headers: call.request.headers.clone(),
        body: call.request.body.clone(),
    };
    services.reports.handle(request).await
}
