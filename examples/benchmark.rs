//! Measures how fast `dayone` is, and prints the table of docs/performance.md in Markdown. Run it by
//! `cargo run --release --example benchmark`.
//!
//! The release binary runs as a child against the practice account, which is served on a loopback port and has each call
//! take a set time. The reads of `check` are measured as AWS CLI commands too, where there is an `aws`.

#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use dayone::rehearsal::{self, Clock, ConsoleAction, PracticeAccount};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// What each call takes in the second of two series. In the first one it takes no time.
const ROUND_TRIP: Duration = Duration::from_millis(50);
/// So many users there are beside the administrator in the account that is set up. At most: AWS's quota is 5,000 users.
const CROWDS: [usize; 3] = [10, 500, 4999];
/// So often each command runs; the one in the middle counts.
const RUNS: usize = 3;
/// So often the program is started to tell its version.
const STARTS: usize = 50;
/// So often the memory of a child is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

const COMMANDS: [&str; 3] = ["check", "plan", "apply"];

/// What `plan` and `apply` are told.
const ANSWERS: &str = r#"[admin]
user = "alice"

[root]
credentials_stored = true

[billing]
console_access_activated = true

[iam]
security_contact_email = "security@example.com"
security_contact_phone = "+82 2 555 0100"
"#;

fn main() -> io::Result<()> {
    let bench = Bench::prepare()?;
    println!("| account | command | calls | dependent round trips | at 0 ms | at 50 ms | peak memory |");
    println!("| --- | --- | ---: | ---: | ---: | ---: | ---: |");
    let mut accounts = vec![bench.measure_all("fresh", || bench.new_account())?];
    let served = bench.account_that_is_set_up()?;
    for users in CROWDS {
        bench.grow(&served, users)?;
        accounts.push(bench.measure_all(&format!("{users} users"), || Ok(served.clone()))?);
        if users == CROWDS[0] {
            bench.measure_by_hand(&format!("{users} users"), &served)?;
        }
    }
    judge(&accounts, bench.start()?, size_of(&bench.program)?);
    let least = size_of(&build(["--example", "clients_alone"], "examples/clients_alone")?)?;
    println!("- of these, a program that does nothing but send the same calls: {least:.1} MB");
    Ok(())
}

/// The account is served, and the program is built.
struct Bench {
    runtime: Runtime,
    program: PathBuf,
    folder: TempDir,
}

/// A practice account, and where it is served.
#[derive(Clone)]
struct Served {
    account: PracticeAccount,
    address: SocketAddr,
}

/// What a run took.
struct Measured {
    calls: usize,
    round_trips: usize,
    wall: Duration,
    /// In KiB; none where the system does not tell.
    peak: Option<u32>,
}

/// The same command where calls take no time, and where they do.
struct Pair {
    near: Measured,
    far: Measured,
}

impl Bench {
    fn prepare() -> io::Result<Self> {
        let bench = Self {
            runtime: Runtime::new()?,
            program: build(["--bin", "dayone"], "dayone")?,
            folder: tempfile::tempdir()?,
        };
        std::fs::write(bench.answers(), ANSWERS)?;
        Ok(bench)
    }

    fn answers(&self) -> PathBuf {
        self.folder.path().join("answers.toml")
    }

    /// In which nothing was done yet.
    fn new_account(&self) -> io::Result<Served> {
        let clock: Clock = Arc::new(SystemTime::now);
        let account = PracticeAccount::in_memory(clock).map_err(io::Error::other)?;
        let listener = self.runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        self.runtime.spawn(rehearsal::serve(account.clone(), listener, std::future::pending()));
        Ok(Served { account, address })
    }

    /// In which nothing is left that `apply` can do by itself.
    fn account_that_is_set_up(&self) -> io::Result<Served> {
        let served = self.new_account()?;
        self.dayone("apply", &served)?;
        self.runtime.block_on(served.account.console(ConsoleAction::RootMfa));
        Ok(served)
    }

    /// Has the account grow. After a first check there is a credential report that knows everybody.
    fn grow(&self, served: &Served, users: usize) -> io::Result<()> {
        self.runtime.block_on(served.account.seed_users(users));
        served.account.round_trip(Duration::ZERO);
        self.dayone("check", served).map(drop)
    }

    fn measure_all(&self, account: &str, prepare: impl Fn() -> io::Result<Served>) -> io::Result<Vec<Pair>> {
        let measure = |command: &str| {
            let pair = compare(&prepare, |served| self.dayone(command, served))?;
            pair.print(account, &format!("`{command}`"));
            Ok::<_, io::Error>(pair)
        };
        COMMANDS.into_iter().map(measure).collect()
    }

    /// The reads of `check`, without its judgement. That they take long is no reason to have them run three times.
    fn measure_by_hand(&self, account: &str, served: &Served) -> io::Result<()> {
        let Some(version) = version_of("aws") else {
            println!("| {account} | AWS CLI: there is no `aws` on the path | | | | | |");
            return Ok(());
        };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/by_hand.sh");
        let series = |round_trip| {
            served.account.round_trip(round_trip);
            let mut child = self.child("bash", served);
            child.arg(&script);
            // Of the many processes that the script starts, nothing is known but what they did.
            Ok::<_, io::Error>(Measured { peak: None, ..self.measure(child, served)? })
        };
        let pair = Pair { near: series(Duration::ZERO)?, far: series(ROUND_TRIP)? };
        pair.print(account, &format!("the reads of `check`, one after the other, by {version}"));
        Ok(())
    }

    fn dayone(&self, command: &str, served: &Served) -> io::Result<Measured> {
        let state = tempfile::tempdir_in(self.folder.path())?;
        let mut child = self.child(&self.program, served);
        child.arg(command).args(["--language", "en", "--output", "json", "--state-dir"]).arg(state.path());
        if command != "check" {
            child.arg("--answers").arg(self.answers());
        }
        if command == "apply" {
            child.arg("--yes");
        }
        self.measure(child, served)
    }

    /// A program that reaches the account as root, and takes nothing else from the environment.
    fn child(&self, program: impl AsRef<OsStr>, served: &Served) -> Command {
        let login = served.account.root_login();
        let nowhere = self.folder.path().join("nowhere");
        let mut child = Command::new(program);
        for (name, _) in std::env::vars_os() {
            let word = name.to_string_lossy().to_ascii_lowercase();
            if word.starts_with("aws_") || word.ends_with("_proxy") {
                child.env_remove(&name);
            }
        }
        child
            .env("AWS_ENDPOINT_URL", format!("http://{}", served.address))
            .env("AWS_ACCESS_KEY_ID", login.access_key_id())
            .env("AWS_SECRET_ACCESS_KEY", login.secret_access_key())
            .env("AWS_SESSION_TOKEN", login.session_token().unwrap_or_default())
            .env("AWS_REGION", "us-east-1")
            .env("AWS_CONFIG_FILE", &nowhere)
            .env("AWS_SHARED_CREDENTIALS_FILE", &nowhere)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        child
    }

    fn measure(&self, mut command: Command, served: &Served) -> io::Result<Measured> {
        let said = self.folder.path().join("said");
        command.stderr(File::create(&said)?);
        served.account.forget_passed();
        let began = Instant::now();
        let (status, peak) = watch(&mut command.spawn()?)?;
        let wall = began.elapsed();
        // 3: something is left to do.
        if !matches!(status.code(), Some(0 | 3)) {
            return Err(io::Error::other(format!("{status}: {}", std::fs::read_to_string(&said)?)));
        }
        let passed = served.account.passed();
        Ok(Measured { calls: passed.calls, round_trips: passed.round_trips, wall, peak })
    }

    /// How long it takes to start and to end.
    fn start(&self) -> io::Result<Duration> {
        let mut times = Vec::new();
        for _ in 0..STARTS {
            let began = Instant::now();
            Command::new(&self.program).arg("--version").stdout(Stdio::null()).status()?;
            times.push(began.elapsed());
        }
        times.sort();
        Ok(times.swap_remove(STARTS / 2))
    }
}

/// Builds a release binary from these sources, in the folder in which this program was built.
fn build(what: [&str; 2], file: &str) -> io::Result<PathBuf> {
    let own = std::env::current_exe()?;
    // target/release/examples/benchmark
    let target = own.ancestors().nth(3).ok_or_else(|| io::Error::other("not in cargo's target folder"))?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--release"])
        .args(what)
        .arg("--target-dir")
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()?;
    if built.success() {
        Ok(target.join("release").join(file))
    } else {
        Err(io::Error::other(format!("cargo build: {built}")))
    }
}

/// Waits for the end of a child, and gives the most memory that it had in between.
fn watch(child: &mut Child) -> io::Result<(ExitStatus, Option<u32>)> {
    let mut peak = None;
    loop {
        peak = peak.max(peak_of(child.id()));
        if let Some(status) = child.try_wait()? {
            return Ok((status, peak));
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// The most memory that a process has had so far, as Linux keeps it.
fn peak_of(process: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.trim().strip_suffix("kB")?.trim().parse().ok()
}

fn version_of(program: &str) -> Option<String> {
    let answer = Command::new(program).arg("--version").output().ok()?;
    let words = String::from_utf8_lossy(&answer.stdout).into_owned();
    let version = words.split_whitespace().next()?;
    answer.status.success().then(|| version.to_owned())
}

/// Measures on an account that is prepared for each run, at both distances.
fn compare(
    prepare: impl Fn() -> io::Result<Served>,
    measure: impl Fn(&Served) -> io::Result<Measured>,
) -> io::Result<Pair> {
    let series = |round_trip| {
        let mut runs = Vec::new();
        for _ in 0..RUNS {
            let served = prepare()?;
            served.account.round_trip(round_trip);
            runs.push(measure(&served)?);
        }
        runs.sort_by_key(|run| run.wall);
        Ok::<_, io::Error>(runs.swap_remove(RUNS / 2))
    };
    Ok(Pair { near: series(Duration::ZERO)?, far: series(ROUND_TRIP)? })
}

impl Pair {
    /// Calls that take no time cannot be told to wait for one another, so round trips are those of the others.
    fn print(&self, account: &str, command: &str) {
        let Measured { calls, round_trips, wall, .. } = &self.far;
        let near = self.near.wall.as_millis();
        let peak = self.peak().map_or("–".to_owned(), |peak| format!("{:.1} MB", megabytes(peak)));
        let far = wall.as_millis();
        println!("| {account} | {command} | {calls} | {round_trips} | {near} ms | {far} ms | {peak} |");
    }

    fn peak(&self) -> Option<u32> {
        self.near.peak.max(self.far.peak)
    }
}

/// How it all stands beside what was aimed at.
fn judge(accounts: &[Vec<Pair>], start: Duration, size: f64) {
    let checks: Vec<_> = accounts.iter().filter_map(|pairs| pairs.first()).collect();
    println!();
    if let [fresh, few, .., many] = checks.as_slice() {
        let growth = many.far.wall.as_secs_f64() / few.far.wall.as_secs_f64();
        goal("dependent round trips of `check` on a fresh account", count(fresh.far.round_trips), 5.0, "");
        goal(
            "`check` with the most users at 50 ms, beside that with the fewest",
            growth,
            2.0,
            " times as long",
        );
    }
    if let Some(peak) = accounts.iter().flatten().filter_map(Pair::peak).max() {
        goal("peak memory", megabytes(peak), 40.0, " MB");
    }
    goal("start and end of `dayone --version`", start.as_secs_f64() * 1000.0, 5.0, " ms");
    goal("size of the binary", size, 8.0, " MB");
}

/// In MB, of a file.
fn size_of(file: &Path) -> io::Result<f64> {
    Ok(std::fs::metadata(file)?.len() as f64 / 1_000_000.0)
}

fn goal(what: &str, measured: f64, most: f64, unit: &str) {
    let word = if measured <= most { "met" } else { "missed" };
    println!("- {what}: {measured:.1}{unit} (goal: at most {most}, {word})");
}

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}

fn megabytes(kibibytes: u32) -> f64 {
    f64::from(kibibytes) * 1.024 / 1000.0
}
