//! IAM Access Analyzer: each Region has its own analyzers.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use winterbaume_core::MockResponse;

use super::ACCOUNT_ID;
use super::kept::Memory;
use super::wire::{Call, iso};

/// An analyzer.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Analyzer {
    pub name: String,
    pub arn: String,
    pub region: String,
    pub kind: String,
    pub made: u64,
}

/// The kinds that an account without an organization can have.
const KINDS: [&str; 3] = ["ACCOUNT", "ACCOUNT_UNUSED_ACCESS", "ACCOUNT_INTERNAL_ACCESS"];
const KINDS_OF_AN_ORGANIZATION: [&str; 3] =
    ["ORGANIZATION", "ORGANIZATION_UNUSED_ACCESS", "ORGANIZATION_INTERNAL_ACCESS"];

/// Answers a call.
pub(crate) fn answer(call: &Call, memory: &mut Memory, now: u64) -> MockResponse {
    match call.operation.as_str() {
        "ListAnalyzers" => list(call, memory),
        "CreateAnalyzer" => create(call, memory, now),
        _ => call.unknown(),
    }
}

fn list(call: &Call, memory: &Memory) -> MockResponse {
    let kind = call.parameter("type");
    if kind.is_some_and(|kind| !KINDS.contains(&kind) && !KINDS_OF_AN_ORGANIZATION.contains(&kind)) {
        return call.refuse(400, "ValidationException", "There is no such type of analyzer");
    }
    let here = memory.analyzers.values().filter(|analyzer| analyzer.region == call.region);
    let fits = |analyzer: &&Analyzer| kind.is_none_or(|kind| analyzer.kind == kind);
    let analyzers: Vec<_> = here.filter(fits).map(summary).collect();
    MockResponse::rest_json(200, json!({"analyzers": analyzers}).to_string())
}

fn summary(analyzer: &Analyzer) -> Value {
    json!({
        "arn": analyzer.arn, "name": analyzer.name, "type": analyzer.kind, "status": "ACTIVE",
        "createdAt": iso(analyzer.made), "tags": {}
    })
}

fn create(call: &Call, memory: &mut Memory, now: u64) -> MockResponse {
    let (name, kind) = (call.text("analyzerName"), call.text("type"));
    if let Err(refusal) = may_create(call, name, kind, memory) {
        return refusal;
    }
    let arn = format!("arn:aws:access-analyzer:{}:{ACCOUNT_ID}:analyzer/{name}", call.region);
    let analyzer = Analyzer {
        name: name.to_owned(),
        arn: arn.clone(),
        region: call.region.clone(),
        kind: kind.to_owned(),
        made: now,
    };
    memory.analyzers.insert(arn.clone(), analyzer);
    MockResponse::rest_json(200, json!({"arn": arn}).to_string())
}

/// One of external access is all that an account has in a Region.
fn may_create(call: &Call, name: &str, kind: &str, memory: &Memory) -> Result<(), MockResponse> {
    let mut letters = name.chars();
    let begins = letters.next().is_some_and(|c| c.is_ascii_alphabetic());
    if !begins || name.len() > 255 || !letters.all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c)) {
        return Err(call.refuse(400, "ValidationException", "The name of the analyzer does not hold up"));
    }
    if !KINDS.contains(&kind) {
        let message = "The type is one of those that an account without an organization can have";
        return Err(call.refuse(400, "ValidationException", message));
    }
    let mut here = memory.analyzers.values().filter(|analyzer| analyzer.region == call.region);
    if here.clone().any(|analyzer| analyzer.name == name) {
        return Err(call.refuse(409, "ConflictException", "An analyzer with this name already exists"));
    }
    if kind == "ACCOUNT" && here.any(|analyzer| analyzer.kind == kind) {
        let message = "The account has the most analyzers of this type that there can be in a Region";
        return Err(call.refuse(402, "ServiceQuotaExceededException", message));
    }
    Ok(())
}
