//! A run on the practice account without a terminal: time is handed in, and the person is a script that reads real
//! codes off the seed it was shown.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

pub mod terminal;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use dayone::answers::Collected;
use dayone::engine::Engine;
use dayone::error::Failure;
use dayone::event::{Event, Listener, StepReport};
use dayone::interrupt::Interrupt;
use dayone::journal::Journal;
use dayone::operator::{Asks, Decision, Question};
use dayone::rehearsal::{Clock, PracticeAccount};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};
use steps::aws::{Access, AwsFiles, Connection};
use steps::billing_report::BillingReport;
use steps::cloudtrail::Cloudtrail;
use steps::iam_practices::IamPractices;
use steps::mfa::Mfa;
use steps::operator::{CodeRequest, Enrolment, HandOver, Operator, OperatorError};
use steps::practice::{PersonTask, State, StepId};
use steps::root_user::RootUser;
use steps::session::Session;
use steps::text::Text;

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
        "iam": {"security_contact_email": "security@example.com", "security_contact_phone": "+82 2 555 0100"},
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

/// A person who says yes to everything, and has an authenticator app.
pub struct Person {
    pub clock: Clock,
    pub seed: Option<String>,
    pub handed_over: Vec<String>,
    pub says: fn(StepId) -> Decision,
    pub at: Option<StepId>,
    pub typed: String,
}

impl Person {
    pub fn new(clock: Clock, seed: Option<String>) -> Self {
        Self { clock, seed, handed_over: Vec::new(), says: |_| Decision::Yes, at: None, typed: "yes".into() }
    }
}

impl Operator for Person {
    async fn hand_over(&mut self, secret: HandOver) -> Result<(), OperatorError> {
        self.handed_over.push(secret.secret.expose_secret().to_owned());
        Ok(())
    }

    async fn enrol(&mut self, enrolment: &Enrolment) -> Result<(), OperatorError> {
        self.seed = Some(enrolment.seed.expose_secret().to_owned());
        Ok(())
    }

    async fn one_time_code(&mut self, request: &CodeRequest) -> Result<String, OperatorError> {
        let seed = self.seed.clone().ok_or(OperatorError::Declined)?;
        loop {
            let code = code_at(&seed, (self.clock)());
            if !request.used.contains(&code) {
                return Ok(code);
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    async fn enrolled(&mut self) {}

    async fn while_waiting<F: Future>(&mut self, _: Text, work: F) -> F::Output {
        work.await
    }
}

impl Asks for Person {
    async fn start(&mut self) -> Result<bool, OperatorError> {
        Ok(true)
    }

    async fn decide(&mut self, _: Decision, _: &[Decision]) -> Result<Decision, OperatorError> {
        Ok(Decision::Yes)
    }

    async fn confirm_by_typing(&mut self, _: &Text, _: &str) -> Result<bool, OperatorError> {
        Ok(true)
    }

    /// What may be left open is left open.
    async fn answer(&mut self, question: &Question) -> Result<String, OperatorError> {
        let default = question.default.clone();
        default.ok_or_else(|| OperatorError::NobodyToAsk { key: question.key.to_owned() })
    }

    async fn choose(&mut self, _: &Text, _: &[Text], default: usize) -> Result<usize, OperatorError> {
        Ok(default)
    }

    async fn yes(&mut self, _: &Text, default: bool) -> Result<bool, OperatorError> {
        Ok(default)
    }

    async fn watch<F: Future>(&mut self, _: &Text, _: F) -> Result<Option<F::Output>, OperatorError> {
        Ok(None)
    }

    fn is_a_person(&self) -> bool {
        true
    }

    fn show_task(&mut self, _: &PersonTask) {}
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
    let session = match Box::pin(Session::open(connection)).await {
        Ok(session) => session,
        Err(error) => {
            return Ended {
                result: Err(error.into()),
                reports: Vec::new(),
                changes_made: 0,
                seed,
                handed_over: Vec::new(),
            };
        }
    };
    let mut collected = Collected::from_sources(Map::new(), Map::new(), answers(more)).unwrap();
    collected.answers.attended = true;
    let journal = Journal::open(&folder.join("state")).unwrap();
    collected.answers.unfinished = journal.unfinished();
    let mut engine = Engine {
        session,
        collected,
        operator: Person::new(clock.clone(), seed),
        listener: &mut Deaf,
        interrupt: Interrupt::never(),
        selects: &|_| true,
        memory: None,
        journal: Some(journal),
        rehearsal: true,
        suggested_admin: None,
        reports: Vec::new(),
        changes_made: 0,
        last_applied: None,
    };
    let result = practices(&mut engine).await;
    Ended {
        result,
        changes_made: engine.changes_made,
        reports: engine.reports,
        seed: engine.operator.seed,
        handed_over: engine.operator.handed_over,
    }
}

async fn practices(engine: &mut Engine<'_, Person>) -> Result<(), Failure> {
    engine.session.find_administrator("alice", Some("dayone-admin")).await?;
    Box::pin(engine.walk::<RootUser>()).await?;
    Box::pin(engine.walk::<Mfa>()).await?;
    Box::pin(engine.walk::<Cloudtrail>()).await?;
    Box::pin(engine.walk::<BillingReport>()).await?;
    Box::pin(engine.walk::<IamPractices>()).await
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
