//! A machine on which the program runs, and what it says there.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};
use std::time::Duration;

use assert_cmd::Command;
use dayone::rehearsal::ACCOUNT_ID;
use serde_json::Value;
use tempfile::TempDir;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_dayone");

/// A run that takes longer hangs. The longest waits for three windows of one-time codes.
pub const PATIENCE: Duration = Duration::from_secs(110);

pub const DRY_RUN: [&str; 4] = ["rehearse", "--dry-run", "--admin-user", "alice"];
pub const UNATTENDED: [&str; 4] = ["rehearse", "--answers", "answers.toml", "--yes"];

/// A machine on which nothing is set up: an empty home folder and a bare environment.
pub struct Machine {
    home: TempDir,
}

/// What a run has printed.
pub struct Said {
    pub stdout: String,
    pub stderr: String,
}

/// The practice account, served to other runs until it is dropped.
pub struct Served {
    child: Child,
    variables: Vec<(String, String)>,
}

impl Machine {
    pub fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    /// With an answers file that says no more than has to be said.
    pub fn with_a_name() -> Self {
        let machine = Self::new();
        machine.write("answers.toml", "[admin]\nuser = \"alice\"\n");
        machine
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn write(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// What is kept about the practice account as about any other.
    pub fn account_folder(&self) -> PathBuf {
        self.path(".local/state/dayone/rehearsal/accounts").join(ACCOUNT_ID)
    }

    /// The practice account itself.
    pub fn practice_account(&self) -> PathBuf {
        self.path(".local/state/dayone/rehearsal/account.json")
    }

    /// Every file that is kept, with its content.
    pub fn contents(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let files = everything_below(&self.path(".local")).into_iter().filter(|path| path.is_file());
        files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    }

    pub fn command(&self, arguments: &[&str]) -> std::process::Command {
        self.start(PROGRAM, arguments)
    }

    pub fn start(&self, program: &str, arguments: &[&str]) -> std::process::Command {
        let environment: [(&str, OsString); 3] = [
            ("HOME", self.home.path().into()),
            ("PATH", std::env::var_os("PATH").unwrap_or_default()),
            ("LANG", "en_US.UTF-8".into()),
        ];
        let mut command = std::process::Command::new(program);
        command.env_clear().envs(environment).current_dir(self.home.path()).args(arguments);
        command
    }

    /// Runs the program, which must end with this status. Nobody is at its standard input.
    #[track_caller]
    pub fn ends(&self, status: i32, arguments: &[&str]) -> Said {
        self.ends_with([], status, arguments)
    }

    /// The same with more in the environment.
    #[track_caller]
    pub fn ends_with<'v>(
        &self,
        variables: impl IntoIterator<Item = (&'v str, &'v str)>,
        status: i32,
        arguments: &[&str],
    ) -> Said {
        let mut command = Command::from_std(self.command(arguments));
        command.envs(variables).timeout(PATIENCE);
        Said::of(command.assert().code(status).get_output())
    }
}

impl Said {
    pub fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// Standard error without its line breaks, which are where the width of the window puts them.
    pub fn told(&self) -> String {
        words(&self.stderr)
    }

    /// Standard output, which must be one JSON document and nothing else.
    #[track_caller]
    pub fn document(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

impl Served {
    pub fn by(machine: &Machine) -> Self {
        Self::with(machine, &[])
    }

    pub fn with(machine: &Machine, more: &[&str]) -> Self {
        let arguments = ["rehearse", "--serve", "127.0.0.1:0", "--state-dir", "served"];
        let mut command = machine.command(&[&arguments[..], more].concat());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let exports = lines.map_while(|line| line.strip_prefix("export ").map(str::to_owned));
        let variables: Vec<_> = exports
            .filter_map(|export| {
                export.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()))
            })
            .collect();
        let served = Self { child, variables };
        assert!(served.variables().any(|(name, _)| name == "AWS_ENDPOINT_URL"));
        served
    }

    pub fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub fn everything_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(everything_below(&path));
        }
        found.push(path);
    }
    found
}

pub fn journal(machine: &Machine) -> Vec<Value> {
    let text = fs::read_to_string(machine.account_folder().join("journal.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
