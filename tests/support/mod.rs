//! A run on the practice account without a terminal: time is handed in, and the person reads real codes off the seed
//! that was shown.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

pub mod actor;
pub mod between;
pub mod door;
pub mod machine;
pub mod served;
pub mod side_by_side;
pub mod stage;
pub mod terminal;
pub mod undisturbed;

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use actor::Actor;
use dayone::error::Failure;
use dayone::event::{Event, Listener, StepReport};
use dayone::rehearsal::{Clock, PracticeAccount};
use serde_json::{Map, Value, json};
use steps::aws::{Access, AwsFiles, Connection};
use steps::practice::{State, StepId};

/// A clock that runs with tokio's, which a test can stop and which leaps over every wait.
pub fn clock() -> Clock {
    let begin = tokio::time::Instant::now();
    let start = SystemTime::now();
    Arc::new(move || start + begin.elapsed())
}

/// The one-time code of a seed at a time.
pub fn code_at(seed: &str, time: SystemTime) -> String {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    dayone::rehearsal::one_time_code(seed, seconds).unwrap()
}

/// What a run is told at the beginning.
pub fn answers(more: Value) -> Map<String, Value> {
    let mut answers = json!({
        "admin": {"user": "alice", "access_key_profile": "dayone-admin"},
        "root": {"delete_access_keys": true, "credentials_stored": true},
        "billing": {"console_access_activated": true},
        "iam": {
            "block_public_s3": true,
            "security_contact_email": "security@example.com",
            "security_contact_phone": "+82 2 555 0100",
        },
    });
    merge(&mut answers, more);
    match answers {
        Value::Object(answers) => answers,
        _ => unreachable!(),
    }
}

fn merge(into: &mut Value, more: Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (key, value) in more {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, more) => *into = more,
    }
}

/// Keeps nothing.
pub struct Deaf;

impl Listener for Deaf {
    fn hear(&mut self, _: &Event) {}
}

/// What came of a run.
pub struct Ended {
    pub result: Result<(), Failure>,
    pub reports: Vec<StepReport>,
    pub changes_made: usize,
    pub seed: Option<String>,
    pub handed_over: Vec<String>,
}

impl Ended {
    pub fn state(&self, step: StepId) -> State {
        self.reports.iter().find(|report| report.step == step).map(|report| report.state).unwrap()
    }

    /// The steps that are not settled.
    pub fn left(&self) -> Vec<StepId> {
        self.reports.iter().filter(|report| !report.state.is_settled()).map(|report| report.step).collect()
    }
}

pub fn files(folder: &Path) -> AwsFiles {
    AwsFiles { credentials: folder.join("aws/credentials"), config: folder.join("aws/config") }
}

/// Walks all practices once.
pub async fn walk(
    account: &PracticeAccount,
    clock: &Clock,
    folder: &Path,
    seed: Option<String>,
    more: Value,
) -> Ended {
    let connection =
        Connection::through(account.http_client(), account.root_login(), files(folder), Access::ReadWrite);
    Box::pin(walk_through(connection, clock, folder, seed, more)).await
}

pub async fn walk_through(
    connection: Connection,
    clock: &Clock,
    folder: &Path,
    seed: Option<String>,
    more: Value,
) -> Ended {
    let person = Actor::attended(clock.clone()).with_seed(seed);
    let played = stage::through(connection, folder, answers(more), &[], person).await;
    Ended {
        result: played.result,
        changes_made: played.changes_made,
        reports: played.reports,
        seed: played.operator.seed,
        handed_over: played.operator.handed_over,
    }
}

/// Where two accounts differ; none when they are equal.
pub fn difference(found: &Value, expected: &Value) -> Option<String> {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            found.keys().chain(expected.keys()).find_map(|key| {
                let of = |map: &Map<String, Value>| map.get(key).cloned().unwrap_or(Value::Null);
                difference(&of(found), &of(expected)).map(|place| format!("{key} / {place}"))
            })
        }
        _ if found == expected => None,
        _ => Some(format!("{found} instead of {expected}")),
    }
}
