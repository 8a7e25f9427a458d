//! CloudTrail: trails with a home Region and shadows elsewhere, which look at their bucket before they are made, which
//! do not log before they are started, and which deliver a while later.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use steps::private_bucket::MustLet;
use winterbaume_core::MockResponse;

use super::kept::Memory;
use super::storage::{self, lets_service, region_of};
use super::wire::{Call, json_answer, timestamp};
use super::{ACCOUNT_ID, Services};

/// So many seconds after logging was started, the first file is there.
const FIRST_FILE: u64 = 5;
const TRAILS_PER_REGION: usize = 5;

/// A trail.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Trail {
    pub name: String,
    pub arn: String,
    pub home: String,
    pub bucket: String,
    pub prefix: Option<String>,
    pub multi_region: bool,
    pub validated: bool,
    pub global: bool,
    /// Since when it logs.
    pub logging_since: Option<u64>,
    pub selectors: Option<Value>,
    /// Whether these are advanced event selectors.
    #[serde(default)]
    pub advanced: bool,
    /// The ARN of the key that its files are encrypted with.
    #[serde(default)]
    pub key: Option<String>,
    pub delivered: Option<u64>,
}

/// Answers one call.
pub(crate) async fn answer(call: &Call, services: &Services, memory: &mut Memory, now: u64) -> MockResponse {
    match call.operation.as_str() {
        "CreateTrail" => create(call, services, memory).await,
        "DescribeTrails" => describe(call, memory),
        "GetTrailStatus" => status(call, memory),
        "GetEventSelectors" => event_selectors(call, memory),
        "PutEventSelectors" => put_event_selectors(call, memory),
        "UpdateTrail" => update(call, services, memory).await,
        "StartLogging" => {
            at_home(call, memory, |trail| trail.logging_since = trail.logging_since.or(Some(now)))
        }
        "StopLogging" => at_home(call, memory, |trail| trail.logging_since = None),
        "DeleteTrail" => delete(call, memory),
        _ => call.unknown(),
    }
}

async fn create(call: &Call, services: &Services, memory: &mut Memory) -> MockResponse {
    let text = |name: &str| call.json.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (name, bucket, prefix) = (text("Name"), text("S3BucketName"), text("S3KeyPrefix"));
    let arn = format!("arn:aws:cloudtrail:{}:{ACCOUNT_ID}:trail/{name}", call.region);
    if let Err(refusal) = may_create(call, &name, &arn, memory) {
        return refusal;
    }
    if let Err(refusal) = judge_bucket(call, &bucket, &needs(&bucket, &prefix, &arn), services, memory).await
    {
        return refusal;
    }
    let key = match judge_key(call, None, &bucket, &arn, services, memory).await {
        Ok(key) => key,
        Err(refusal) => return refusal,
    };
    let flag = |name: &str, default| call.json.get(name).and_then(Value::as_bool).unwrap_or(default);
    let multi_region = flag("IsMultiRegionTrail", false);
    let global = flag("IncludeGlobalServiceEvents", true);
    if multi_region && !global {
        return call.refuse(
            400,
            "InvalidParameterCombinationException",
            "Multi-Region trail must include global service events.",
        );
    }
    let trail = Trail {
        name,
        arn: arn.clone(),
        home: call.region.clone(),
        bucket,
        prefix: Some(prefix).filter(|prefix| !prefix.is_empty()),
        multi_region,
        validated: flag("EnableLogFileValidation", false),
        global,
        logging_since: None,
        selectors: None,
        advanced: false,
        key,
        delivered: None,
    };
    let answer = json_answer(&as_json(&trail));
    memory.trails.insert(arn, trail);
    answer
}

fn may_create(call: &Call, name: &str, arn: &str, memory: &Memory) -> Result<(), MockResponse> {
    if let Some(rule) = broken_rule(name) {
        return Err(call.refuse(400, "InvalidTrailNameException", rule));
    }
    if memory.trails.contains_key(arn) {
        let message = format!("Trail {name} already exists for customer: {ACCOUNT_ID}");
        return Err(call.refuse(400, "TrailAlreadyExistsException", &message));
    }
    let here = memory.trails.values().filter(|trail| trail.is_seen_from(&call.region)).count();
    if here >= TRAILS_PER_REGION {
        let message = format!("User already has {here} trails in {}", call.region);
        return Err(call.refuse(400, "MaximumNumberOfTrailsExceededException", &message));
    }
    Ok(())
}

/// The rule that a trail's name breaks. Source: CloudTrail user guide, "Naming requirements".
fn broken_rule(name: &str) -> Option<&'static str> {
    let joins = |c: char| "._-".contains(c);
    let letters: Vec<char> = name.chars().collect();
    if !(3..=128).contains(&letters.len()) {
        Some("Trail name must be from 3 to 128 characters long.")
    } else if !letters.iter().all(|c| c.is_ascii_alphanumeric() || joins(*c)) {
        Some("Trail name can only contain letters, numbers, periods, hyphens and underscores.")
    } else if name.starts_with(joins) || name.ends_with(joins) {
        Some("Trail name must start and end with a letter or a number.")
    } else if letters.windows(2).any(|pair| pair.iter().all(|c| joins(*c))) {
        Some("Trail name must not have adjacent periods, hyphens or underscores.")
    } else if name.parse::<std::net::Ipv4Addr>().is_ok() {
        Some("Trail name must not be in IP address format.")
    } else {
        None
    }
}

async fn judge_bucket(
    call: &Call,
    bucket: &str,
    needs: &[MustLet],
    services: &Services,
    memory: &mut Memory,
) -> Result<(), MockResponse> {
    if region_of(services, bucket).await.is_none() {
        let message = format!("S3 bucket {bucket} does not exist!");
        return Err(call.refuse(400, "S3BucketDoesNotExistException", &message));
    }
    // What was put a moment ago is not seen yet at the first try.
    if memory.unseen_policies.remove(bucket) || !lets_service(services, bucket, needs).await {
        memory.changed = true;
        let message = format!("Incorrect S3 bucket policy is detected for bucket: {bucket}");
        return Err(call.refuse(400, "InsufficientS3BucketPolicyException", &message));
    }
    Ok(())
}

/// The key that the files are to be encrypted with from now on, which is looked at whenever it, or the bucket, changes.
async fn judge_key(
    call: &Call,
    so_far: Option<&str>,
    bucket: &str,
    trail: &str,
    services: &Services,
    memory: &mut Memory,
) -> Result<Option<String>, MockResponse> {
    let given = call.json.get("KmsKeyId").and_then(Value::as_str).or(so_far);
    let Some(given) = given.filter(|given| !given.is_empty()) else { return Ok(None) };
    let region = region_of(services, bucket).await.unwrap_or_default();
    let key = memory.encryption_keys.resolve(given, &call.region);
    let Some(key) = key.filter(|key| memory.encryption_keys.has(key, &region)) else {
        let message = format!("KMS key {given} does not exist in the Region of bucket {bucket}");
        return Err(call.refuse(400, "KmsKeyNotFoundException", &message));
    };
    if !memory.encryption_keys.is_enabled(&key) {
        let message = format!("KMS key {key} is not enabled");
        return Err(call.refuse(400, "KmsException", &message));
    }
    if !memory.encryption_keys.lets_encrypt(&key, trail) {
        memory.changed = true;
        let message = format!("Insufficient permissions to access S3 bucket {bucket} or KMS key {key}.");
        return Err(call.refuse(400, "InsufficientEncryptionPolicyException", &message));
    }
    Ok(Some(key))
}

/// What CloudTrail has to be allowed by the bucket's policy.
fn needs(bucket: &str, prefix: &str, trail: &str) -> Vec<MustLet> {
    let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    let need = |action, resource: String, more: &[(&'static str, &str)]| MustLet {
        who: "cloudtrail.amazonaws.com".into(),
        action,
        resource,
        context: std::iter::once(("aws:SourceArn", trail))
            .chain(more.iter().copied())
            .map(|(key, value)| (key, value.to_owned()))
            .collect(),
    };
    let key = format!("arn:aws:s3:::{bucket}/{prefix}AWSLogs/{ACCOUNT_ID}/CloudTrail/file");
    vec![
        need("s3:GetBucketAcl", format!("arn:aws:s3:::{bucket}"), &[]),
        need("s3:PutObject", key, &[("s3:x-amz-acl", "bucket-owner-full-control")]),
    ]
}

impl Trail {
    fn is_seen_from(&self, region: &str) -> bool {
        self.home == region || self.multi_region
    }
}

fn as_json(trail: &Trail) -> Value {
    json!({
        "Name": trail.name, "TrailARN": trail.arn, "HomeRegion": trail.home, "S3BucketName": trail.bucket,
        "S3KeyPrefix": trail.prefix, "KmsKeyId": trail.key, "IsMultiRegionTrail": trail.multi_region,
        "IncludeGlobalServiceEvents": trail.global, "LogFileValidationEnabled": trail.validated,
        "HasCustomEventSelectors": trail.selectors.is_some(), "HasInsightSelectors": false,
        "IsOrganizationTrail": false
    })
}

fn describe(call: &Call, memory: &Memory) -> MockResponse {
    let shadows = call.json.get("includeShadowTrails").and_then(Value::as_bool).unwrap_or(true);
    let seen = |trail: &&Trail| trail.home == call.region || (shadows && trail.multi_region);
    let trails: Vec<_> = memory.trails.values().filter(seen).map(as_json).collect();
    json_answer(&json!({"trailList": trails}))
}

/// The trail that a call names, by ARN or, at home, by name.
fn find<'m>(call: &Call, memory: &'m Memory) -> Option<&'m Trail> {
    let named =
        ["Name", "TrailName"].into_iter().find_map(|key| call.json.get(key).and_then(Value::as_str))?;
    memory
        .trails
        .get(named)
        .filter(|trail| trail.is_seen_from(&call.region))
        .or_else(|| memory.trails.values().find(|trail| trail.name == named && trail.home == call.region))
}

fn unknown_trail(call: &Call) -> MockResponse {
    call.refuse(400, "TrailNotFoundException", "Unknown trail for the user")
}

fn status(call: &Call, memory: &Memory) -> MockResponse {
    let Some(trail) = find(call, memory) else { return unknown_trail(call) };
    let mut answer = json!({"IsLogging": trail.logging_since.is_some()});
    if let Some(delivered) = trail.delivered {
        answer["LatestDeliveryTime"] = json!(delivered);
    }
    if let Some(since) = trail.logging_since {
        answer["StartLoggingTime"] = json!(since);
    }
    json_answer(&answer)
}

fn event_selectors(call: &Call, memory: &Memory) -> MockResponse {
    let Some(trail) = find(call, memory) else { return unknown_trail(call) };
    let all = json!([{"ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": [],
                      "ExcludeManagementEventSources": []}]);
    let kind = if trail.advanced { "AdvancedEventSelectors" } else { "EventSelectors" };
    json_answer(&json!({"TrailARN": trail.arn, kind: trail.selectors.clone().unwrap_or(all)}))
}

/// Only the home Region takes a change.
fn at_home(call: &Call, memory: &mut Memory, change: impl FnOnce(&mut Trail)) -> MockResponse {
    let Some(arn) = find(call, memory).map(|trail| trail.arn.clone()) else { return unknown_trail(call) };
    let Some(trail) = memory.trails.get_mut(&arn) else { return unknown_trail(call) };
    if trail.home != call.region {
        let message = format!("Trail {} home region is {}", trail.name, trail.home);
        return call.refuse(400, "InvalidHomeRegionException", &message);
    }
    change(trail);
    json_answer(&as_json(trail))
}

fn put_event_selectors(call: &Call, memory: &mut Memory) -> MockResponse {
    let (basic, advanced) = (call.json.get("EventSelectors"), call.json.get("AdvancedEventSelectors"));
    let (Some(selectors), true) = (basic.or(advanced).cloned(), basic.is_none() || advanced.is_none()) else {
        let message = "EventSelectors or AdvancedEventSelectors is required, and not both";
        return call.refuse(400, "InvalidEventSelectorsException", message);
    };
    let advanced = advanced.is_some();
    at_home(call, memory, |trail| (trail.selectors, trail.advanced) = (Some(selectors), advanced))
}

/// Only what is passed changes. A new bucket and a new key are looked at as when a trail is made.
async fn update(call: &Call, services: &Services, memory: &mut Memory) -> MockResponse {
    let Some(found) = find(call, memory).cloned() else { return unknown_trail(call) };
    let flag = |name: &str| call.json.get(name).and_then(Value::as_bool);
    let given = call.json.get("S3BucketName").and_then(Value::as_str);
    let bucket = given.unwrap_or(&found.bucket).to_owned();
    if given.is_some() {
        let needs = needs(&bucket, found.prefix.as_deref().unwrap_or_default(), &found.arn);
        if let Err(refusal) = judge_bucket(call, &bucket, &needs, services, memory).await {
            return refusal;
        }
    }
    let mut key = found.key.clone();
    if given.is_some() || call.json.get("KmsKeyId").is_some() {
        key = match judge_key(call, key.as_deref(), &bucket, &found.arn, services, memory).await {
            Ok(key) => key,
            Err(refusal) => return refusal,
        };
    }
    at_home(call, memory, |trail| {
        (trail.bucket, trail.key) = (bucket, key);
        trail.multi_region = flag("IsMultiRegionTrail").unwrap_or(trail.multi_region);
        trail.validated = flag("EnableLogFileValidation").unwrap_or(trail.validated);
        trail.global = flag("IncludeGlobalServiceEvents").unwrap_or(trail.global);
    })
}

fn delete(call: &Call, memory: &mut Memory) -> MockResponse {
    let mut arn = String::new();
    let answer = at_home(call, memory, |trail| arn = trail.arn.clone());
    memory.trails.remove(&arn);
    if answer.status < 300 { json_answer(&json!({})) } else { answer }
}

impl Memory {
    /// Delivers what is due: first log files, and the first files of reports.
    pub async fn deliver(&mut self, now: u64, services: &Services) {
        let due: Vec<_> = self
            .trails
            .values()
            .filter(|trail| trail.delivered.is_none())
            .filter(|trail| trail.logging_since.is_some_and(|since| self.is_due(since, FIRST_FILE, now)))
            .map(|trail| trail.arn.clone())
            .collect();
        for arn in due {
            let Some(trail) = self.trails.get_mut(&arn) else { continue };
            trail.delivered = Some(now);
            let (bucket, home) = (trail.bucket.clone(), trail.home.clone());
            let prefix = trail.prefix.as_ref().map(|prefix| format!("{prefix}/")).unwrap_or_default();
            let day = timestamp(now).strftime("%Y/%m/%d").to_string();
            let key = format!(
                "{prefix}AWSLogs/{ACCOUNT_ID}/CloudTrail/{home}/{day}/{ACCOUNT_ID}_CloudTrail_{home}.json.gz"
            );
            self.put_delivered(services, &bucket, key).await;
        }
        super::reports::deliver(self, now, services).await;
        super::exports::deliver(self, now, services).await;
    }

    /// Puts an object that a service delivers, and remembers it for later runs.
    pub async fn put_delivered(&mut self, services: &Services, bucket: &str, key: String) {
        storage::deliver(services, bucket, &key).await;
        self.delivered.entry(bucket.to_owned()).or_default().insert(key);
        self.changed = true;
    }
}
