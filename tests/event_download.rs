//! `dayone events` downloads ten thousand events of ten Regions, once as JSON, killed and taken up again on the way, and
//! once as CSV, and the AWS CLI, which others wrote, downloads them too: each event has to be the same.
//!
//! The program keeps its pace of one look-up every 600 ms in each Region. The AWS CLI keeps none, so the clock of the
//! practice account, by which look-ups are counted, runs faster for it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

#[path = "emulators/python.rs"]
mod python;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use dayone::rehearsal::{Clock, PracticeAccount};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

const REGIONS: [&str; 10] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "eu-west-1",
    "eu-west-2",
    "eu-central-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-southeast-1",
];

/// In each Region. The newest of them are not asked for.
const SEEDED: usize = 1_010;

/// How many events there are at least, in all Regions together.
const EVENTS: usize = 10_000;

/// So many pages of 50 events there are at least.
const PAGES: usize = EVENTS / 50;

/// The program is killed when it has kept so many pages.
const KEPT: usize = 60;

/// So many times faster runs the account's clock for the AWS CLI.
const FASTER: u32 = 15;

/// A run that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(100);

#[test]
fn ten_thousand_events_are_the_same_as_the_aws_cli_downloads() {
    if python::left_out() {
        return;
    }
    let (python, account) = (python::interpreter(), Served::new());
    let begin = Instant::now();
    let kept = account.kill_a_download();
    let document = account.take_up_the_download(kept);
    let json = of_document(&document);
    let after_json = Instant::now();
    account.ends(account.dayone("events.csv"));
    let csv = of_csv(&account.rows(&python));
    let after_csv = Instant::now();
    let theirs = account.download_by_aws_cli(&python.with_file_name("aws"), &document["query"]);

    assert!(theirs.len() >= EVENTS, "{}", theirs.len());
    let about_something = theirs.values().filter(|event| !event.resources.is_empty()).count();
    assert!(about_something > EVENTS / 5, "{about_something}");
    for (ours, form) in [(&json, "JSON"), (&csv, "CSV")] {
        assert_eq!(ours.len(), theirs.len(), "{form}");
        let other = theirs.iter().find(|(id, event)| ours.get(*id) != Some(*event));
        let of_ours = other.map(|(id, _)| ours.get(id));
        assert_eq!((other, of_ours), (None, None), "{form}");
    }
    let seconds = |from: Instant, to: Instant| to.duration_since(from).as_secs_f32();
    let told = writeln!(
        std::io::stderr(),
        "{} events of {} Regions: as JSON in {:.1} s, killed at page {kept}; as CSV in {:.1} s; by the AWS CLI in {:.1} s",
        theirs.len(),
        REGIONS.len(),
        seconds(begin, after_json),
        seconds(after_json, after_csv),
        seconds(after_csv, Instant::now()),
    );
    assert!(told.is_ok());
}

/// What both clients say of an event.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    time: Timestamp,
    region: String,
    name: String,
    user: String,
    access_key: String,
    /// Types and names.
    resources: String,
}

/// Events by their ids.
type Events = BTreeMap<String, Seen>;

fn of_document(document: &Value) -> Events {
    assert_eq!(document["complete"], true);
    let events = document["events"].as_array().unwrap();
    let seen = events.iter().map(|event| {
        let seen = Seen {
            time: text(event, "time").parse().unwrap(),
            region: text(event, "region"),
            name: text(event, "event"),
            user: text(event, "user"),
            access_key: text(event, "access_key"),
            resources: resources(&event["resources"], ["type", "name"]),
        };
        (text(event, "id"), seen)
    });
    by_id(seen, events.len())
}

fn of_csv(rows: &Value) -> Events {
    let rows = rows.as_array().unwrap();
    let seen = rows.iter().map(|row| {
        let seen = Seen {
            time: text(row, "time").parse().unwrap(),
            region: text(row, "region"),
            name: text(row, "event"),
            user: text(row, "user"),
            access_key: text(row, "access_key"),
            resources: text(row, "resources"),
        };
        (text(row, "id"), seen)
    });
    by_id(seen, rows.len())
}

fn of_aws_cli(region: &str, answer: &Value) -> Events {
    let events = answer["Events"].as_array().unwrap();
    let seen = events.iter().map(|event| {
        let seen = Seen {
            time: text(event, "EventTime").parse().unwrap(),
            region: region.to_owned(),
            name: text(event, "EventName"),
            user: text(event, "Username"),
            access_key: text(event, "AccessKeyId"),
            resources: resources(&event["Resources"], ["ResourceType", "ResourceName"]),
        };
        (text(event, "EventId"), seen)
    });
    by_id(seen, events.len())
}

/// None comes twice.
fn by_id(seen: impl Iterator<Item = (String, Seen)>, count: usize) -> Events {
    let events: Events = seen.collect();
    assert_eq!(events.len(), count);
    events
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

fn resources(listed: &Value, [kind, name]: [&str; 2]) -> String {
    let listed = listed.as_array().unwrap().iter();
    let words: Vec<_> = listed.map(|one| format!("{} {}", text(one, kind), text(one, name))).collect();
    words.join("; ")
}

/// A practice account with events, served until the runtime is dropped, and a home folder for its clients.
struct Served {
    address: SocketAddr,
    login: [String; 3],
    /// Since when the account's clock runs faster.
    faster: Arc<OnceLock<Instant>>,
    /// Until when events are asked for: what the clients themselves call is later.
    until: String,
    home: TempDir,
    _runtime: Runtime,
}

impl Served {
    fn new() -> Self {
        let faster = Arc::new(OnceLock::<Instant>::new());
        let told = faster.clone();
        let clock: Clock = Arc::new(move || {
            let gained = told.get().map_or(Duration::ZERO, |since| since.elapsed() * (FASTER - 1));
            SystemTime::now() + gained
        });
        let until = Timestamp::now().checked_sub(SignedDuration::from_mins(1)).unwrap();
        let account = PracticeAccount::in_memory(clock).unwrap();
        let runtime = Runtime::new().unwrap();
        let address = runtime.block_on(async {
            for region in REGIONS {
                account.seed_events(region, SEEDED).await;
            }
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(dayone::rehearsal::serve(account.clone(), listener, std::future::pending()));
            address
        });
        let login = account.root_login();
        let token = login.session_token().unwrap();
        let login = [login.access_key_id(), login.secret_access_key(), token].map(ToOwned::to_owned);
        let home = tempfile::tempdir().unwrap();
        let until = until.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        Self { address, login, faster, until, home, _runtime: runtime }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// A client, in the home folder and a bare environment.
    fn client(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(self.home.path()).env("HOME", self.home.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs([("LANG", "en_US.UTF-8"), ("TZ", "UTC"), ("AWS_REGION", "us-east-1")]);
        command.env("AWS_ENDPOINT_URL", format!("http://{}", self.address));
        let names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
        command.envs(names.into_iter().zip(&self.login));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The program, which downloads into this file.
    fn dayone(&self, file: &str) -> Child {
        let regions = REGIONS.join(",");
        let mut command = self.client(Path::new(env!("CARGO_BIN_EXE_dayone")));
        command.args(["events", "--region", &regions, "--until", &self.until, "--to", file]);
        command.spawn().unwrap()
    }

    /// Waits until the program has ended well.
    fn ends(&self, program: Child) -> String {
        let Output { status, stdout, stderr } = program.wait_with_output().unwrap();
        let told = String::from_utf8(stderr).unwrap();
        assert!(status.success(), "{status}: {told}");
        String::from_utf8(stdout).unwrap()
    }

    /// Gives how many pages were kept.
    fn kill_a_download(&self) -> usize {
        let (mut program, begin) = (self.dayone("events.json"), Instant::now());
        while self.pages_kept() < KEPT {
            assert_eq!(program.try_wait().unwrap(), None, "it has ended");
            assert!(begin.elapsed() < PATIENCE, "{} pages", self.pages_kept());
            std::thread::sleep(Duration::from_millis(20));
        }
        program.kill().unwrap();
        program.wait().unwrap();
        let kept = self.pages_kept();
        assert!(kept < PAGES && !self.path("events.json").exists(), "{kept}");
        kept
    }

    /// Every line of the part but the first is a page.
    fn pages_kept(&self) -> usize {
        let part = fs::read(self.path("events.json.part")).unwrap_or_default();
        part.iter().filter(|byte| **byte == b'\n').count().saturating_sub(1)
    }

    fn take_up_the_download(&self, kept: usize) -> Value {
        let told = self.ends(self.dayone("events.json"));
        assert!(told.contains("Going on with the download"), "{told}");
        assert!(!self.path("events.json.part").exists());
        let document: Value = serde_json::from_slice(&fs::read(self.path("events.json")).unwrap()).unwrap();
        let calls = usize::try_from(document["api_calls"].as_u64().unwrap()).unwrap();
        // The last page of each Region may be a short one, and a look-up that AWS throttles is made again.
        let left = PAGES + REGIONS.len() - kept;
        assert!(
            (PAGES - kept..=left + 4 * REGIONS.len()).contains(&calls),
            "{calls} calls, {kept} pages kept"
        );
        document
    }

    /// The rows of the CSV, as Python's own reader finds them.
    fn rows(&self, python: &Path) -> Value {
        let script = "import csv, json, sys\n\
                      rows = csv.DictReader(open('events.csv', newline='', encoding='utf-8'))\n\
                      json.dump(list(rows), sys.stdout)";
        let mut command = self.client(python);
        serde_json::from_str(&self.ends(command.args(["-c", script]).spawn().unwrap())).unwrap()
    }

    /// What the AWS CLI finds in the period of the query, all Regions at once.
    fn download_by_aws_cli(&self, aws: &Path, query: &Value) -> Events {
        fs::create_dir(self.path(".aws")).unwrap();
        fs::write(self.path(".aws/config"), "[default]\ncli_timestamp_format = iso8601\n").unwrap();
        self.faster.set(Instant::now()).unwrap();
        let (since, until) = (text(query, "since"), text(query, "until"));
        let start = |region: &'static str| {
            let answer = self.path(region);
            let mut command = self.client(aws);
            command.args(["cloudtrail", "lookup-events", "--output", "json", "--region", region]);
            command.args(["--start-time", &since, "--end-time", &until]);
            command.envs([("AWS_RETRY_MODE", "standard"), ("AWS_MAX_ATTEMPTS", "20")]);
            // Into a file, because a pipe that nobody reads yet would stop it.
            command.stdout(File::create(&answer).unwrap());
            (region, answer, command.spawn().unwrap())
        };
        let mut events = Events::new();
        for (region, answer, client) in REGIONS.map(start) {
            self.ends(client);
            events.extend(of_aws_cli(region, &serde_json::from_slice(&fs::read(answer).unwrap()).unwrap()));
        }
        events
    }
}
