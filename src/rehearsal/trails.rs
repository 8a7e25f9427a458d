//! CloudTrail: trails with a home Region and shadows elsewhere, which look at their bucket before they are made, which
//! do not log before they are started, and which deliver a while later, where their bucket still lets them.

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
/// So many seconds after a file, there is another one.
const NEXT_FILE: u64 = 300;
const TRAILS_PER_REGION: usize = 5;
/// The most event selectors of a trail, advanced ones aside.
const SELECTORS_PER_TRAIL: usize = 5;
/// The account that manages the organization, where there is one.
const MANAGEMENT_ACCOUNT: &str = "444455556666";
const LOG_FILES: &str = "CloudTrail";
const DIGESTS: &str = "CloudTrail-Digest";

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
    /// Whether it is the organization's, and owned by the account that manages it.
    #[serde(default)]
    pub of_organization: bool,
    pub delivered: Option<u64>,
    /// The error of S3 that the last log file could not be delivered for.
    #[serde(default)]
    pub error: Option<String>,
    /// The error of S3 that the last digest could not be delivered for.
    #[serde(default)]
    pub digest_error: Option<String>,
}

/// How an organization has set up the trail that its members see.
#[derive(Debug, Clone, Copy)]
pub struct OrganizationTrail {
    /// Whether it covers all Regions.
    pub multi_region: bool,
    /// Whether its files can be validated.
    pub validated: bool,
    /// Whether it logs.
    pub logging: bool,
    /// Whether it has event selectors of its own.
    pub selects: bool,
}

/// Answers one call.
pub(crate) async fn answer(call: &Call, services: &Services, memory: &mut Memory, now: u64) -> MockResponse {
    match call.operation.as_str() {
        "CreateTrail" => create(call, services, memory).await,
        "DescribeTrails" => describe(call, memory),
        "ListTrails" => list(memory),
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
        of_organization: false,
        delivered: None,
        error: None,
        digest_error: None,
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
    let reads_acl = need("s3:GetBucketAcl", format!("arn:aws:s3:::{bucket}"), trail, &[]);
    vec![reads_acl, writes(bucket, prefix, LOG_FILES, trail)]
}

/// What it has to be allowed to deliver into a folder of the account.
fn writes(bucket: &str, prefix: &str, folder: &str, trail: &str) -> MustLet {
    let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
    let key = format!("arn:aws:s3:::{bucket}/{prefix}AWSLogs/{ACCOUNT_ID}/{folder}/file");
    need("s3:PutObject", key, trail, &[("s3:x-amz-acl", "bucket-owner-full-control")])
}

fn need(action: &'static str, resource: String, trail: &str, more: &[(&'static str, &str)]) -> MustLet {
    MustLet {
        who: "cloudtrail.amazonaws.com".into(),
        action,
        resource,
        context: std::iter::once(("aws:SourceArn", trail))
            .chain(more.iter().copied())
            .map(|(key, value)| (key, value.to_owned()))
            .collect(),
    }
}

impl Trail {
    fn is_seen_from(&self, region: &str) -> bool {
        self.home == region || self.multi_region
    }

    /// Whether it is only the replica of a trail, in a Region or in a member of the organization.
    fn is_shadow_in(&self, region: &str) -> bool {
        self.home != region || self.of_organization
    }

    fn prefix(&self) -> &str {
        self.prefix.as_deref().unwrap_or_default()
    }
}

fn as_json(trail: &Trail) -> Value {
    json!({
        "Name": trail.name, "TrailARN": trail.arn, "HomeRegion": trail.home, "S3BucketName": trail.bucket,
        "S3KeyPrefix": trail.prefix, "KmsKeyId": trail.key, "IsMultiRegionTrail": trail.multi_region,
        "IncludeGlobalServiceEvents": trail.global, "LogFileValidationEnabled": trail.validated,
        "HasCustomEventSelectors": trail.selectors.is_some(), "HasInsightSelectors": false,
        "IsOrganizationTrail": trail.of_organization
    })
}

/// By its ARN a trail is described wherever it is seen, by its name only at home.
fn describe(call: &Call, memory: &Memory) -> MockResponse {
    let region = call.region.as_str();
    let shadows = call.json.get("includeShadowTrails").and_then(Value::as_bool).unwrap_or(true);
    let named = call.json.get("trailNameList").and_then(Value::as_array).cloned().unwrap_or_default();
    let is_named = |trail: &Trail| {
        named.iter().any(|name| *name == trail.arn || (*name == trail.name && !trail.is_shadow_in(region)))
    };
    let seen = |trail: &&Trail| {
        trail.is_seen_from(region)
            && (shadows || !trail.is_shadow_in(region))
            && (named.is_empty() || is_named(trail))
    };
    let trails: Vec<_> = memory.trails.values().filter(seen).map(as_json).collect();
    json_answer(&json!({"trailList": trails}))
}

/// Wherever it is asked, the trails of all Regions.
fn list(memory: &Memory) -> MockResponse {
    let info = |trail: &Trail| json!({"TrailARN": trail.arn, "Name": trail.name, "HomeRegion": trail.home});
    json_answer(&json!({"Trails": memory.trails.values().map(info).collect::<Vec<_>>()}))
}

/// The trail that a call names, by ARN or, at home, by name.
fn find<'m>(call: &Call, memory: &'m Memory) -> Option<&'m Trail> {
    let named =
        ["Name", "TrailName"].into_iter().find_map(|key| call.json.get(key).and_then(Value::as_str))?;
    let at_home = |trail: &&Trail| trail.name == named && !trail.is_shadow_in(&call.region);
    memory
        .trails
        .get(named)
        .filter(|trail| trail.is_seen_from(&call.region))
        .or_else(|| memory.trails.values().find(at_home))
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
    let errors = [("LatestDeliveryError", &trail.error), ("LatestDigestDeliveryError", &trail.digest_error)];
    for (key, error) in errors {
        if let Some(error) = error {
            answer[key] = json!(error);
        }
    }
    json_answer(&answer)
}

fn event_selectors(call: &Call, memory: &Memory) -> MockResponse {
    let Some(trail) = find(call, memory) else { return unknown_trail(call) };
    if trail.of_organization {
        return of_another_account(call);
    }
    let all = json!([{"ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": [],
                      "ExcludeManagementEventSources": []}]);
    let kind = if trail.advanced { "AdvancedEventSelectors" } else { "EventSelectors" };
    json_answer(&json!({"TrailARN": trail.arn, kind: trail.selectors.clone().unwrap_or(all)}))
}

/// A member sees the organization's trail and how it goes, and nothing else of it.
fn of_another_account(call: &Call) -> MockResponse {
    let message =
        format!("AccountID in ARN is wrong, you can only access resources with AccountID {ACCOUNT_ID}.");
    call.refuse(400, "CloudTrailARNInvalidException", &message)
}

/// Only the home Region takes a change, and only from the account that owns the trail.
fn takes_changes(call: &Call, trail: &Trail) -> Result<(), MockResponse> {
    if trail.of_organization {
        return Err(of_another_account(call));
    }
    if trail.home != call.region {
        let message = format!("Trail {} home region is {}", trail.name, trail.home);
        return Err(call.refuse(400, "InvalidHomeRegionException", &message));
    }
    Ok(())
}

fn at_home(call: &Call, memory: &mut Memory, change: impl FnOnce(&mut Trail)) -> MockResponse {
    let Some(arn) = find(call, memory).map(|trail| trail.arn.clone()) else { return unknown_trail(call) };
    let Some(trail) = memory.trails.get_mut(&arn) else { return unknown_trail(call) };
    if let Err(refusal) = takes_changes(call, trail) {
        return refusal;
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
    if !advanced && selectors.as_array().is_some_and(|selectors| selectors.len() > SELECTORS_PER_TRAIL) {
        let message = "The number of event selectors is not valid: a trail can have up to 5";
        return call.refuse(400, "InvalidEventSelectorsException", message);
    }
    at_home(call, memory, |trail| (trail.selectors, trail.advanced) = (Some(selectors), advanced))
}

/// Only what is passed changes. The bucket is looked at in any case, and the key where it or the bucket is new. What was
/// delivered before tells nothing of another bucket.
async fn update(call: &Call, services: &Services, memory: &mut Memory) -> MockResponse {
    let Some(found) = find(call, memory).cloned() else { return unknown_trail(call) };
    if let Err(refusal) = takes_changes(call, &found) {
        return refusal;
    }
    let flag = |name: &str| call.json.get(name).and_then(Value::as_bool);
    let given = call.json.get("S3BucketName").and_then(Value::as_str);
    let bucket = given.unwrap_or(&found.bucket).to_owned();
    let needs = needs(&bucket, found.prefix(), &found.arn);
    if let Err(refusal) = judge_bucket(call, &bucket, &needs, services, memory).await {
        return refusal;
    }
    let mut key = found.key.clone();
    if given.is_some() || call.json.get("KmsKeyId").is_some() {
        key = match judge_key(call, key.as_deref(), &bucket, &found.arn, services, memory).await {
            Ok(key) => key,
            Err(refusal) => return refusal,
        };
    }
    at_home(call, memory, |trail| {
        if trail.bucket != bucket {
            (trail.delivered, trail.error, trail.digest_error) = (None, None, None);
        }
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

/// The error of S3 that a delivery into a folder ends with; none: it arrives. The organization's files are delivered
/// elsewhere.
async fn delivery_error(trail: &Trail, folder: &str, services: &Services) -> Option<String> {
    if trail.of_organization {
        return None;
    }
    if region_of(services, &trail.bucket).await.is_none() {
        return Some("NoSuchBucket".to_owned());
    }
    let writes = writes(&trail.bucket, trail.prefix(), folder, &trail.arn);
    let is_let = lets_service(services, &trail.bucket, &[writes]).await;
    (!is_let).then(|| "AccessDenied".to_owned())
}

impl Memory {
    /// Delivers what is due: log files, and the first files of reports.
    pub async fn deliver(&mut self, now: u64, services: &Services) {
        let due = self.trails.values().filter(|trail| self.expects_file(trail, now));
        let due: Vec<_> = due.cloned().collect();
        for trail in due {
            self.deliver_log_file(&trail, now, services).await;
        }
        super::reports::deliver(self, now, services).await;
        super::exports::deliver(self, now, services).await;
    }

    /// What came before logging was started last is of an earlier time.
    fn expects_file(&self, trail: &Trail, now: u64) -> bool {
        let Some(since) = trail.logging_since else { return false };
        match trail.delivered.filter(|delivered| *delivered >= since) {
            Some(delivered) => now >= delivered + NEXT_FILE,
            None => self.is_due(since, FIRST_FILE, now),
        }
    }

    async fn deliver_log_file(&mut self, trail: &Trail, now: u64, services: &Services) {
        let error = delivery_error(trail, LOG_FILES, services).await;
        let digest_error =
            if trail.validated { delivery_error(trail, DIGESTS, services).await } else { None };
        let arrives = error.is_none();
        self.changed |= arrives || (&error, &digest_error) != (&trail.error, &trail.digest_error);
        if let Some(kept) = self.trails.get_mut(&trail.arn) {
            (kept.error, kept.digest_error) = (error, digest_error);
            kept.delivered = if arrives { Some(now) } else { kept.delivered };
        }
        if !arrives || trail.of_organization {
            return;
        }
        let (bucket, home) = (&trail.bucket, &trail.home);
        let prefix = trail.prefix.as_ref().map(|prefix| format!("{prefix}/")).unwrap_or_default();
        let day = timestamp(now).strftime("%Y/%m/%d").to_string();
        let key = format!(
            "{prefix}AWSLogs/{ACCOUNT_ID}/{LOG_FILES}/{home}/{day}/{ACCOUNT_ID}_CloudTrail_{home}.json.gz"
        );
        self.put_delivered(services, bucket, key).await;
    }

    /// Has the organization that the account belongs to own a trail, which is at home in us-east-1.
    pub fn seed_organization_trail(&mut self, name: &str, is: OrganizationTrail, now: u64) {
        let home = "us-east-1";
        let arn = format!("arn:aws:cloudtrail:{home}:{MANAGEMENT_ACCOUNT}:trail/{name}");
        let trail = Trail {
            name: name.to_owned(),
            arn: arn.clone(),
            home: home.to_owned(),
            bucket: "the-organization-s-logs".to_owned(),
            prefix: None,
            multi_region: is.multi_region,
            validated: is.validated,
            global: true,
            logging_since: is.logging.then_some(now),
            selectors: is.selects.then(|| json!([])),
            advanced: false,
            key: None,
            of_organization: true,
            delivered: None,
            error: None,
            digest_error: None,
        };
        self.trails.insert(arn, trail);
    }

    /// Puts an object that a service delivers, and remembers it for later runs.
    pub async fn put_delivered(&mut self, services: &Services, bucket: &str, key: String) {
        storage::deliver(services, bucket, &key).await;
        self.delivered.entry(bucket.to_owned()).or_default().insert(key);
        self.changed = true;
    }
}
