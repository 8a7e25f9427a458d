//! An emulator of AWS that others wrote, as a server on loopback that lives as long as its test, and the program and an
//! independent client run against it.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::python;

/// The account that ministack is told to be.
const ACCOUNT: &str = "111122223333";

/// Its root user's access key. Ministack is told this one too.
const ROOT_KEY: [&str; 2] = ["AKIAIOSFODNN7EXAMPLE", "not-a-secret-of-anybody"];

/// Longer than any run of a test takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running emulator, with a home folder of its own for those who use it.
pub struct Emulator {
    server: Child,
    folder: tempfile::TempDir,
    python: PathBuf,
    endpoint: String,
    authority: Option<PathBuf>,
    /// The number of the emulated account.
    pub account: &'static str,
}

/// Whether ministack checks signatures and evaluates policies. Where it does, it is reached over TLS, because the
/// bucket policies refuse everything else.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Enforces {
    Nothing,
    SignaturesAndPolicies,
}

/// Whose credentials a client finds in its environment.
pub struct Login(Vec<(&'static str, String)>);

/// What came of a run of the program.
pub struct Run {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    /// The requests that the emulator got of it.
    pub calls: Vec<Value>,
}

impl Emulator {
    /// An account of ministack, with nothing in it and root's credentials to begin with.
    pub fn ministack(enforces: Enforces) -> Self {
        let (python, folder) = (python::interpreter(), tempfile::tempdir().unwrap());
        let enforced = enforces == Enforces::SignaturesAndPolicies;
        let mut settings = vec![
            ("AUTH", enforced.to_string()),
            ("MINISTACK_ACCOUNT_ID", ACCOUNT.into()),
            ("AWS_ACCESS_KEY_ID", ROOT_KEY[0].into()),
            ("AWS_SECRET_ACCESS_KEY", ROOT_KEY[1].into()),
            ("BIND_HOST", "127.0.0.1".into()),
            // It would listen on a port of its own, the same one in each test.
            ("IOT_MTLS_ENABLED", "0".into()),
        ];
        let authority = enforced.then(|| folder.path().join("authority.pem"));
        if enforced {
            settings.extend(over_tls(&python, folder.path()));
        }
        let (server, port) = start(&python, folder.path(), |port, command| {
            command.arg("ministack").env("GATEWAY_PORT", port.to_string()).envs(settings.iter().cloned());
        });
        let scheme = if enforced { "https" } else { "http" };
        let endpoint = format!("{scheme}://127.0.0.1:{port}");
        Self { server, folder, python, endpoint, authority, account: ACCOUNT }
    }

    /// An account of moto, which has no root user, no one-time codes and no Cost and Usage Reports.
    pub fn moto() -> Self {
        let (python, folder) = (python::interpreter(), tempfile::tempdir().unwrap());
        let (server, port) = start(&python, folder.path(), |port, command| {
            command.args(["moto", "-H", "127.0.0.1", "-p"]).arg(port.to_string());
            // Otherwise it has none of AWS's own policies.
            command.env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true");
        });
        let endpoint = format!("http://127.0.0.1:{port}");
        Self { server, folder, python, endpoint, authority: None, account: "123456789012" }
    }

    /// Runs the program to its end.
    pub fn dayone(&self, login: &Login, arguments: &[&str]) -> Run {
        let before = self.calls().len();
        let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_dayone"))
            .args(arguments)
            .env_clear()
            .envs(self.environment(login))
            .current_dir(self.folder.path())
            .timeout(PATIENCE)
            .output()
            .unwrap();
        Run {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            calls: self.calls().split_off(before),
        }
    }

    /// Runs a Python helper, with an AWS client that is not the program's, and gives what it printed.
    pub fn helper(&self, login: &Login, name: &str, arguments: &[&str]) -> Value {
        let mut command = Command::new(&self.python);
        command.arg(python::helper(name)).args(arguments).env_clear().envs(self.environment(login));
        serde_json::from_str(&run_helper(&mut command)).unwrap()
    }

    /// Runs a shell script, which finds the AWS CLI on its path.
    pub fn shell(&self, login: &Login, name: &str, arguments: &[&str]) {
        let programs = self.python.parent().unwrap().display();
        let path = format!("{programs}:{}", std::env::var("PATH").unwrap());
        let mut command = Command::new("sh");
        command.arg(python::helper(name)).args(arguments).env_clear().envs(self.environment(login));
        command.env("PATH", path).env("TMPDIR", self.folder.path()).current_dir(self.folder.path());
        run_helper(&mut command);
    }

    /// Where a file of the test is. Answers files, and what they name, lie here.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where the AWS profiles are.
    pub fn credentials(&self) -> PathBuf {
        self.file("home/.aws/credentials")
    }

    /// Everything that the program keeps about the account between runs.
    pub fn kept(&self) -> String {
        let folder = self.file("home/.local/state/dayone/accounts").join(self.account);
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap()).collect()
    }

    /// The Python that runs the helpers.
    pub fn python(&self) -> &Path {
        &self.python
    }

    fn environment(&self, login: &Login) -> Vec<(&'static str, String)> {
        let mut environment = vec![
            ("PATH", std::env::var("PATH").unwrap()),
            ("HOME", self.file("home").display().to_string()),
            ("LC_ALL", "C".into()),
            ("AWS_ENDPOINT_URL", self.endpoint.clone()),
            ("AWS_REGION", "us-east-1".into()),
            ("AWS_DEFAULT_REGION", "us-east-1".into()),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
        ];
        if let Some(authority) = &self.authority {
            for variable in ["AWS_CA_BUNDLE", "SSL_CERT_FILE"] {
                environment.push((variable, authority.display().to_string()));
            }
        }
        environment.extend(login.0.iter().cloned());
        environment
    }

    /// The requests of the program so far.
    fn calls(&self) -> Vec<Value> {
        let record = fs::read_to_string(self.file("record.jsonl")).unwrap();
        let calls = record.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        calls.filter(|call| call["by_dayone"] == true).collect()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Login {
    /// The root user's access key.
    pub fn root() -> Self {
        Self::key(ROOT_KEY[0], ROOT_KEY[1])
    }

    /// An access key.
    pub fn key(id: &str, secret: &str) -> Self {
        Self(vec![("AWS_ACCESS_KEY_ID", id.into()), ("AWS_SECRET_ACCESS_KEY", secret.into())])
    }

    /// An access key on a machine that has no AWS profiles.
    pub fn key_elsewhere(id: &str, secret: &str) -> Self {
        let mut login = Self::key(id, secret);
        login.0.push(("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".into()));
        login
    }

    /// An AWS profile.
    pub fn profile(name: &str) -> Self {
        Self(vec![("AWS_PROFILE", name.into())])
    }
}

impl Run {
    /// The one JSON document on standard output.
    pub fn document(&self) -> Value {
        let parsed = serde_json::from_str(&self.stdout);
        parsed.unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.stdout, self.stderr))
    }

    /// The requests that change something.
    pub fn writes(&self) -> Vec<&str> {
        let writes = self.calls.iter().filter(|call| call["reads"] == false);
        writes.map(|call| call["operation"].as_str().unwrap()).collect()
    }
}

/// Makes a certificate, and has ministack show it.
fn over_tls(python: &Path, folder: &Path) -> [(&'static str, String); 3] {
    run_helper(Command::new(python).arg(python::helper("certificate.py")).arg(folder));
    let file = |name: &str| folder.join(name).display().to_string();
    [
        ("USE_SSL", "1".into()),
        ("MINISTACK_SSL_CERT", file("server.pem")),
        ("MINISTACK_SSL_KEY", file("server.key")),
    ]
}

/// Starts an emulator on a free port. Between finding the port and listening on it somebody else may take it.
fn start(python: &Path, folder: &Path, configure: impl Fn(u16, &mut Command)) -> (Child, u16) {
    fs::create_dir(folder.join("home")).unwrap();
    let log = folder.join("emulator.log");
    for _ in 0..3 {
        let port = free_port();
        let mut command = Command::new(python);
        command.arg(python::helper("record.py")).arg(folder.join("record.jsonl"));
        command.env_clear().env("PATH", std::env::var("PATH").unwrap());
        command.env("HOME", folder).env("TMPDIR", folder).current_dir(folder);
        configure(port, &mut command);
        let output = File::create(&log).unwrap();
        command.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output);
        let mut server = command.spawn().unwrap();
        if listens(&mut server, port) {
            return (server, port);
        }
    }
    panic!("The emulator does not start:\n{}", fs::read_to_string(log).unwrap())
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// Waits until the server listens. False when it ended instead.
fn listens(server: &mut Child, port: u16) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE && server.try_wait().unwrap().is_none() {
        // On loopback a client that finds nobody may be connected to itself.
        let stream = TcpStream::connect(("127.0.0.1", port));
        if stream.is_ok_and(|stream| stream.local_addr().unwrap() != stream.peer_addr().unwrap()) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let _ = server.kill();
    let _ = server.wait();
    false
}

fn run_helper(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {told}");
    String::from_utf8(output.stdout).unwrap()
}
