//! A machine with a home folder of its own, on which the real program runs unattended, and may be struck down.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use dayone::rehearsal::ACCOUNT_ID;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use super::between::Between;
use super::served::{Login, Served};

/// A run that takes longer hangs. The longest waits twice for AWS to see a change.
const PATIENCE: Duration = Duration::from_secs(300);

/// The whole unattended run.
pub const APPLY: [&str; 4] = ["apply", "--answers", "answers.toml", "--yes"];

/// What a run ends with that has done all it can: a device of bob is for bob to enrol, and root's for root.
pub const DONE: Option<i32> = Some(3);

/// Answers that leave out nothing that can be done unattended.
pub const ANSWERS: &str = r#"
[admin]
user = "alice"
console_password_file = "alice.txt"
access_key_profile = "dayone-admin"

[root]
delete_access_keys = true
credentials_stored = true

[mfa]
enrol_command = ["python3", AUTHENTICATOR, "enrol"]
code_command = ["python3", AUTHENTICATOR, "code"]

[billing]
console_access_activated = true

[iam]
block_public_s3 = true
security_contact_email = "security@example.com"
security_contact_phone = "+82 2 555 0100"

[[people]]
user = "bob"
groups = ["Developers"]
console_password_file = "bob.txt"
"#;

/// Passes what the program says on to the authenticator app of the test, and gives back what that shows.
const AUTHENTICATOR: &str = r#"
import socket, sys

said = sys.stdin.readline().strip() if sys.argv[1] == "enrol" else "code"
with socket.create_connection(("127.0.0.1", PORT)) as app:
    app.sendall(said.encode() + b"\n")
    shown = app.makefile().readline().strip()
if not shown:
    sys.exit("no device is enrolled")
print(shown)
"#;

/// A machine with a home folder of its own.
pub struct Machine {
    home: TempDir,
    login: Login,
}

/// What a run has come to.
#[derive(Debug)]
pub struct Ended {
    /// None where a signal has ended it.
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// A run that is under way.
pub struct Running {
    child: Arc<Mutex<Child>>,
    stdout: JoinHandle<String>,
    stderr: JoinHandle<String>,
}

/// A run that somebody else is to strike, who may be there before it.
#[derive(Clone, Default)]
pub struct Victim(Arc<OnceLock<Arc<Mutex<Child>>>>);

impl Machine {
    /// With the usual answers, signed in as root by temporary credentials.
    pub fn new(served: &Served) -> Self {
        Self::answering(served, ANSWERS)
    }

    /// The same with other answers, in which `AUTHENTICATOR` stands for the command of the authenticator app.
    pub fn answering(served: &Served, answers: &str) -> Self {
        let machine = Self { home: tempfile::tempdir().unwrap(), login: served.root() };
        let script = machine.path("authenticator.py");
        let port = served.authenticator().port().to_string();
        machine.write("authenticator.py", AUTHENTICATOR.replace("PORT", &port));
        machine.write("answers.toml", answers.replace("AUTHENTICATOR", &format!("{script:?}")));
        machine
    }

    /// From now on signed in otherwise. Without anything, only by what the files say.
    pub fn sign_in(&mut self, login: Login) {
        self.login = login;
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        let path = self.path(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// What is kept about the account.
    pub fn account_folder(&self) -> PathBuf {
        self.path(".local/state/dayone/accounts").join(ACCOUNT_ID)
    }

    pub fn journal_file(&self) -> PathBuf {
        self.account_folder().join("journal.jsonl")
    }

    /// The journal as text; empty where there is none.
    pub fn read_journal(&self) -> String {
        let journal = std::fs::read(self.journal_file()).unwrap_or_default();
        String::from_utf8_lossy(&journal).into_owned()
    }

    /// The lines of the journal, each as it can be read; null where it cannot.
    pub fn journal(&self) -> Vec<Value> {
        self.read_journal().lines().map(|line| serde_json::from_str(line).unwrap_or_default()).collect()
    }

    /// The id of the access key in the administrator's profile.
    pub fn access_key(&self) -> Option<String> {
        let profiles = std::fs::read_to_string(self.path(".aws/credentials")).ok()?;
        let (_, profile) = profiles.split_once("[dayone-admin]")?;
        let key = profile.lines().find_map(|line| line.strip_prefix("aws_access_key_id = "))?;
        Some(key.trim().to_owned())
    }

    /// The program, ready to start.
    pub fn command(&self, aws: &Between, arguments: &[&str]) -> Command {
        self.around(Command::new(env!("CARGO_BIN_EXE_dayone")), aws, arguments)
    }

    /// The program, to be started by a shell that does something before.
    pub fn in_shell(&self, before: &str, aws: &Between, arguments: &[&str]) -> Command {
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("{before}; exec \"$0\" \"$@\"")).arg(env!("CARGO_BIN_EXE_dayone"));
        self.around(shell, aws, arguments)
    }

    fn around(&self, mut command: Command, aws: &Between, arguments: &[&str]) -> Command {
        command.args(arguments).env_clear().current_dir(self.home());
        command.env("HOME", self.home()).env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("LANG", "en_US.UTF-8").env("AWS_REGION", "us-east-1");
        command.env("AWS_ENDPOINT_URL", format!("http://{}", aws.address()));
        command.envs(self.login.iter().map(|(name, value)| (*name, value)));
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, aws: &Between, arguments: &[&str]) -> Ended {
        Running::start(self.command(aws, arguments)).ended()
    }
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        Self { child: Arc::new(Mutex::new(child)), stdout: gathered(stdout), stderr: gathered(stderr) }
    }

    pub fn id(&self) -> u32 {
        self.child.lock().unwrap().id()
    }

    /// Waits until it ends by itself or is struck.
    pub fn ended(self) -> Ended {
        let since = Instant::now();
        let status = loop {
            if let Some(status) = self.child.lock().unwrap().try_wait().unwrap() {
                break status;
            }
            if since.elapsed() > PATIENCE {
                // Without its end, what it has said would be waited for in vain.
                let _ = self.child.lock().unwrap().kill();
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let (stdout, stderr) = (self.stdout.join().unwrap(), self.stderr.join().unwrap());
        assert!(since.elapsed() < PATIENCE, "it does not end\n{stdout}\n{stderr}");
        Ended { status: status.code(), stdout, stderr }
    }
}

fn gathered(mut from: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // A program that was killed says no more.
        let _ = from.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

impl Victim {
    /// It is this one.
    pub fn is(&self, running: &Running) {
        let _ = self.0.set(running.child.clone());
    }

    /// Kills it, and returns when it is dead.
    pub fn kill(&self) {
        let mut child = self.0.wait().lock().unwrap();
        // It may have ended by itself.
        let _ = child.kill();
        let _ = child.wait();
    }

    pub fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(self.id().try_into().unwrap()).unwrap();
        kill_process(id, signal).unwrap();
    }

    /// All that it has in its memory and could have changed.
    pub fn memory(&self) -> Vec<u8> {
        let process = PathBuf::from(format!("/proc/{}", self.id()));
        let memory = File::open(process.join("mem")).unwrap();
        let mut found = Vec::new();
        for line in std::fs::read_to_string(process.join("maps")).unwrap().lines() {
            let (range, rest) = line.split_once(' ').unwrap();
            let (start, end) = range.split_once('-').unwrap();
            let [start, end] = [start, end].map(|address| u64::from_str_radix(address, 16).unwrap());
            let mut part = vec![0; usize::try_from(end - start).unwrap()];
            // A part may have gone since, and what the kernel lends cannot be read like this.
            if rest.starts_with("rw") && memory.read_exact_at(&mut part, start).is_ok() {
                found.extend(part);
            }
        }
        found
    }

    /// What the system lets it write of its memory when it crashes, in bytes.
    pub fn core_dump_limit(&self) -> String {
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", self.id())).unwrap();
        let line = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        line.split_whitespace().nth(4).unwrap().to_owned()
    }

    fn id(&self) -> u32 {
        self.0.wait().lock().unwrap().id()
    }
}

impl Ended {
    /// Everything that it has said, without the line breaks, which are where the width of the window puts them.
    pub fn said(&self) -> String {
        words(&format!("{}\n{}", self.stdout, self.stderr))
    }

    /// What it has said of what went wrong.
    pub fn told(&self) -> String {
        words(&self.stderr)
    }

    /// Whether it says that the same command goes on.
    pub fn says_to_run_again(&self) -> bool {
        self.told().to_lowercase().contains("run the same command again")
    }

    /// Fails unless it ended so.
    #[track_caller]
    pub fn with_status(self, status: Option<i32>) -> Self {
        assert_eq!(self.status, status, "{}\n{}", self.stdout, self.stderr);
        self
    }
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
