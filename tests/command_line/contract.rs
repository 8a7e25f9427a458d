//! What the JSON promises to whoever reads it.

use dayone::rehearsal::ACCOUNT_ID;
use serde_json::{Value, json};

/// The practices and steps that the JSON promises, by id and in order.
pub const PRACTICES: [(&str, &[&str]); 5] = [
    (
        "root-user",
        &[
            "password-policy",
            "admin-group",
            "admin-user",
            "admin-sign-in",
            "root-credentials",
            "root-access-keys",
        ],
    ),
    ("mfa", &["admin-mfa", "root-mfa", "require-mfa", "users-mfa"]),
    ("cloudtrail", &["trail-bucket", "trail", "log-delivery"]),
    ("billing-report", &["billing-access", "report-bucket", "report", "report-delivery"]),
    (
        "iam-practices",
        &[
            "individual-users",
            "permissions-through-groups",
            "unused-credentials",
            "key-rotation",
            "roles-not-keys",
            "least-privilege",
            "activity-monitoring",
        ],
    ),
];
pub const SETTLED: [&str; 3] = ["in-place", "not-applicable", "accepted"];
const EXPLAINED: [&str; 5] = ["waiting", "blocked", "not-assessed", "not-applicable", "accepted"];
const STATES: [&str; 8] = [
    "in-place",
    "to-change",
    "needs-person",
    "waiting",
    "blocked",
    "not-assessed",
    "not-applicable",
    "accepted",
];
const VERBS: [&str; 8] = ["create", "update", "attach", "detach", "enable", "disable", "delete", "start"];
const OUTCOMES: [&str; 3] = ["done", "failed", "not-reached"];

/// What anybody may rely on who reads the JSON of a whole run.
#[track_caller]
pub fn assert_contract(document: &Value, applies: bool) {
    assert_eq!(document["schema"], "dayone/1");
    let root = json!({"arn": format!("arn:aws:iam::{ACCOUNT_ID}:root"), "kind": "root", "mfa": null});
    let account = json!({"id": ACCOUNT_ID, "alias": null, "partition": "aws", "signed_in_as": root});
    assert_eq!(document["account"], account);
    assert!(document["api_calls"].as_u64().is_some_and(|calls| calls > 0), "{document}");
    let in_place = states(document).iter().all(|(_, state)| SETTLED.contains(state));
    assert_eq!(document["in_place"], in_place);

    let practices = list(&document["practices"]).iter();
    let found: Vec<_> = practices.map(|practice| (text(&practice["id"]), ids(practice))).collect();
    let promised: Vec<_> = PRACTICES.iter().map(|(practice, steps)| (*practice, steps.to_vec())).collect();
    assert_eq!(found, promised);
    steps_of(document).for_each(|step| assert_step(step, applies));
}

fn ids(practice: &Value) -> Vec<&str> {
    list(&practice["steps"]).iter().map(|step| text(&step["id"])).collect()
}

#[track_caller]
fn assert_step(step: &Value, applies: bool) {
    let (state, changes) = (text(&step["state"]), list(&step["changes"]));
    assert!(STATES.contains(&state), "{step}");
    assert!(state != "to-change" || !changes.is_empty(), "{step}");
    assert_eq!(step["person"].is_string(), state == "needs-person", "{step}");
    assert_eq!(step["reason"].is_string(), EXPLAINED.contains(&state), "{step}");
    let controls = list(&step["controls"]);
    assert!(!controls.is_empty() && controls.iter().all(|control| text(control).contains(':')), "{step}");
    changes.iter().for_each(|change| assert_change(change, applies));
}

#[track_caller]
fn assert_change(change: &Value, applies: bool) {
    assert!(VERBS.contains(&text(&change["verb"])), "{change}");
    assert!(!text(&change["resource"]).is_empty() && !text(&change["summary"]).is_empty(), "{change}");
    match change.get("outcome") {
        Some(outcome) => assert!(applies && OUTCOMES.contains(&text(outcome)), "{change}"),
        None => assert!(!applies, "{change}"),
    }
}

pub fn steps_of(document: &Value) -> impl Iterator<Item = &Value> {
    list(&document["practices"]).iter().flat_map(|practice| list(&practice["steps"]))
}

/// Each step with its state.
pub fn states(document: &Value) -> Vec<(&str, &str)> {
    steps_of(document).map(|step| (text(&step["id"]), text(&step["state"]))).collect()
}

pub fn changes(document: &Value) -> Vec<&Value> {
    steps_of(document).flat_map(|step| list(&step["changes"])).collect()
}

#[track_caller]
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}

#[track_caller]
pub fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("not a list: {value}"))
}
