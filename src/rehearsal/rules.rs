//! EventBridge: rules of the default bus and their targets, each in its Region.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use winterbaume_core::MockResponse;

use super::ACCOUNT_ID;
use super::kept::Memory;
use super::wire::{Call, json_answer};

const TARGETS_PER_RULE: usize = 5;

/// A rule.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Rule {
    pattern: Value,
    state: String,
    description: String,
    /// As they were put, by id.
    targets: BTreeMap<String, Value>,
}

impl Rule {
    /// Whether it is switched on, and hears of root's sign-ins in its Region.
    pub fn hears_root(&self) -> bool {
        let names = |words: &Value, word: &str| {
            words.as_array().is_some_and(|words| words.iter().any(|found| found.as_str() == Some(word)))
        };
        self.state != "DISABLED"
            && names(&self.pattern["detail-type"], "AWS Console Sign In via CloudTrail")
            && names(&self.pattern["detail"]["userIdentity"]["type"], "Root")
    }

    /// The ARNs of what it sends to.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        self.targets.values().filter_map(|target| target["Arn"].as_str())
    }
}

/// Answers one call.
pub(crate) fn answer(call: &Call, memory: &mut Memory) -> MockResponse {
    match call.operation.as_str() {
        "PutRule" => put(call, memory),
        "DescribeRule" => describe(call, memory),
        "PutTargets" => put_targets(call, memory),
        "ListTargetsByRule" => targets(call, memory),
        _ => call.unknown(),
    }
}

fn arn(call: &Call, name: &str) -> String {
    format!("arn:aws:events:{}:{ACCOUNT_ID}:rule/{name}", call.region)
}

/// A rule that is there gets all that the call says anew, and keeps its targets.
fn put(call: &Call, memory: &mut Memory) -> MockResponse {
    let name = call.text("Name");
    let letters = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !(1..=64).contains(&name.len()) || !name.chars().all(letters) {
        return call.refuse(400, "ValidationException", "The name of the rule does not hold up");
    }
    let pattern: Option<Value> = serde_json::from_str(call.text("EventPattern")).ok();
    let Some(pattern) = pattern.filter(is_pattern) else {
        return call.refuse(400, "InvalidEventPatternException", "Event pattern is not valid.");
    };
    let state = match call.text("State") {
        "" => "ENABLED",
        state @ ("ENABLED" | "DISABLED" | "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS") => state,
        _ => return call.refuse(400, "ValidationException", "There is no such state"),
    };
    let arn = arn(call, name);
    let targets = memory.rules.get(&arn).map(|rule| rule.targets.clone()).unwrap_or_default();
    let (state, description) = (state.to_owned(), call.text("Description").to_owned());
    memory.rules.insert(arn.clone(), Rule { pattern, state, description, targets });
    json_answer(&json!({"RuleArn": arn}))
}

/// An object whose leaves are lists of what is to be matched.
fn is_pattern(pattern: &Value) -> bool {
    let Some(fields) = pattern.as_object().filter(|fields| !fields.is_empty()) else { return false };
    fields.values().all(|value| match value {
        Value::Array(values) => !values.is_empty(),
        value => is_pattern(value),
    })
}

fn unknown_rule(call: &Call, name: &str) -> MockResponse {
    let message = format!("Rule {name} does not exist on EventBus default.");
    call.refuse(400, "ResourceNotFoundException", &message)
}

fn describe(call: &Call, memory: &Memory) -> MockResponse {
    let (name, arn) = (call.text("Name"), arn(call, call.text("Name")));
    let Some(rule) = memory.rules.get(&arn) else { return unknown_rule(call, name) };
    json_answer(&json!({
        "Name": name, "Arn": arn, "EventPattern": rule.pattern.to_string(), "State": rule.state,
        "Description": rule.description, "EventBusName": "default", "CreatedBy": ACCOUNT_ID
    }))
}

/// Each target is taken or not by itself. One of SNS has to be a topic that is there, in the Region of the rule.
fn put_targets(call: &Call, memory: &mut Memory) -> MockResponse {
    let (name, arn) = (call.text("Rule"), arn(call, call.text("Rule")));
    let wanted = call.json.get("Targets").and_then(Value::as_array).cloned().unwrap_or_default();
    let topics: Vec<_> = memory.topics.keys().cloned().collect();
    let Some(rule) = memory.rules.get_mut(&arn) else { return unknown_rule(call, name) };
    let mut failed = Vec::new();
    for target in wanted {
        let word = |name: &str| target[name].as_str().unwrap_or_default().to_owned();
        let (id, to) = (word("Id"), word("Arn"));
        let is_here = to.split(':').nth(3) == Some(call.region.as_str()) && topics.contains(&to);
        if id.is_empty() || !is_here || !is_template(&target) {
            failed.push(json!({"TargetId": id, "ErrorCode": "ValidationException",
                               "ErrorMessage": "The target does not hold up"}));
        } else if rule.targets.len() >= TARGETS_PER_RULE && !rule.targets.contains_key(&id) {
            return call.refuse(400, "LimitExceededException", "The rule has the most targets there can be");
        } else {
            rule.targets.insert(id, target);
        }
    }
    json_answer(&json!({"FailedEntryCount": failed.len(), "FailedEntries": failed}))
}

/// What is sent in the place of the event is JSON, once each name in it stands for something.
fn is_template(target: &Value) -> bool {
    let Some(transformer) = target.get("InputTransformer") else { return true };
    let mut words = transformer["InputTemplate"].as_str().unwrap_or_default().to_owned();
    let paths = transformer["InputPathsMap"].as_object().cloned().unwrap_or_default();
    for (name, path) in &paths {
        if !path.as_str().is_some_and(|path| path.starts_with("$.")) {
            return false;
        }
        words = words.replace(&format!("<{name}>"), "x");
    }
    !words.contains('<') && serde_json::from_str::<Value>(&words).is_ok()
}

fn targets(call: &Call, memory: &Memory) -> MockResponse {
    let (name, arn) = (call.text("Rule"), arn(call, call.text("Rule")));
    match memory.rules.get(&arn) {
        Some(rule) => json_answer(&json!({"Targets": rule.targets.values().collect::<Vec<_>>()})),
        None => unknown_rule(call, name),
    }
}
