//! What is kept on this machine about an account: the journal, the remembered answers, and the lock.
//!
//! A journal line is on the disk before AWS hears of a change, and another one after. It is evidence: no decision rests
//! on it, and losing the folder loses no safety, because the account itself is read again each time.

use std::collections::BTreeSet;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use steps::error::StepError;
use steps::practice::{StepId, Verb};

use crate::error::Failure;
use crate::event::{ChangeReport, FailureReport};

/// The folder of one account. Only a run that may write opens it, and only one at a time.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    run: String,
    told: Told,
    /// Held until the run ends, however it ends.
    lock: File,
}

#[derive(Serialize)]
struct Line<'l> {
    time: String,
    run: &'l str,
    event: &'static str,
    step: StepId,
    verb: Verb,
    resource: &'l str,
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<&'l str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'l str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Journal {
    /// Opens the folder, or says who has it open.
    pub fn open(folder: &Path) -> Result<Self, Failure> {
        make_folder(folder)?;
        let lock = lock(&folder.join("lock"))?;
        let path = folder.join("journal.jsonl");
        let mut file =
            private().append(true).read(true).open(&path).map_err(|error| StepError::file(&path, error))?;
        end_torn_line(&mut file).map_err(|error| StepError::file(&path, error))?;
        let told = Told::read(&path).map_err(|error| StepError::file(&path, error))?;
        let run = format!("{}-{}", now(), std::process::id());
        Ok(Self { file, path, run, told, lock })
    }

    /// The resources of changes that were begun before this run, and of which no line says what came.
    pub fn unfinished(&self) -> BTreeSet<String> {
        self.told.unfinished.clone()
    }

    /// The resources that a run switched off, and none has switched on again or deleted.
    pub fn switched_off(&self) -> BTreeSet<String> {
        self.told.switched_off.clone()
    }

    /// Says what AWS is about to hear of. It is on the disk when this returns.
    pub fn intent(&mut self, change: &ChangeReport, caller: &str) -> Result<(), StepError> {
        self.write("intent", change, Some(caller), None, None)
    }

    /// Says that AWS has made a change.
    pub fn done(&mut self, change: &ChangeReport, request_id: Option<&str>) -> Result<(), StepError> {
        self.write("done", change, None, request_id, None)
    }

    /// Says that a change failed, or that AWS's answer was lost and nobody knows.
    pub fn failed(&mut self, change: &ChangeReport, failure: &FailureReport) -> Result<(), StepError> {
        let words = failure.detail.clone().unwrap_or_else(|| failure.text.en.clone());
        let event = if failure.unanswered { "unanswered" } else { "failed" };
        self.write(event, change, None, failure.request_id.as_deref(), Some(words))
    }

    fn write(
        &mut self,
        event: &'static str,
        change: &ChangeReport,
        caller: Option<&str>,
        request_id: Option<&str>,
        error: Option<String>,
    ) -> Result<(), StepError> {
        let (step, verb, resource) = (change.step, change.verb, change.resource.as_str());
        let line =
            Line { time: now(), run: &self.run, event, step, verb, resource, caller, request_id, error };
        let mut bytes = serde_json::to_vec(&line)
            .map_err(|error| StepError::file(&self.path, std::io::Error::other(error)))?;
        bytes.push(b'\n');
        self.told.hear_of_switch(event, verb, resource);
        self.file
            .write_all(&bytes)
            .and_then(|()| self.file.sync_data())
            .map_err(|error| StepError::file(&self.path, error))
    }
}

impl Drop for Journal {
    /// At once, and not when the last copy of the file is closed: a command that is being started holds one.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}

/// What the lines of earlier runs, and of this one, tell about the account. A line that cannot be understood says
/// nothing.
#[derive(Debug, Default)]
struct Told {
    unfinished: BTreeSet<String>,
    switched_off: BTreeSet<String>,
}

impl Told {
    fn read(path: &Path) -> std::io::Result<Self> {
        let mut told = Self::default();
        for line in BufReader::new(File::open(path)?).split(b'\n') {
            let Ok(line) = serde_json::from_slice::<Value>(&line?) else { continue };
            let (Some(event), Some(resource)) = (line["event"].as_str(), line["resource"].as_str()) else {
                continue;
            };
            match event {
                "intent" | "unanswered" => told.unfinished.insert(resource.to_owned()),
                _ => told.unfinished.remove(resource),
            };
            if let Ok(verb) = Verb::deserialize(&line["verb"]) {
                told.hear_of_switch(event, verb, resource);
            }
        }
        Ok(told)
    }

    fn hear_of_switch(&mut self, event: &str, verb: Verb, resource: &str) {
        match (event, verb) {
            ("done", Verb::Disable) => {
                self.switched_off.insert(resource.to_owned());
            }
            ("done", Verb::Enable | Verb::Delete) => {
                self.switched_off.remove(resource);
            }
            _ => {}
        }
    }
}

/// A line that a full disk or a power failure cut off gets its end, so that the next one stands by itself.
fn end_torn_line(file: &mut File) -> std::io::Result<()> {
    let length = file.metadata()?.len();
    if length == 0 {
        return Ok(());
    }
    file.seek(std::io::SeekFrom::Start(length - 1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    if last == *b"\n" { Ok(()) } else { file.write_all(b"\n") }
}

fn lock(path: &Path) -> Result<File, Failure> {
    let mut file =
        private().read(true).write(true).open(path).map_err(|error| StepError::file(path, error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Who holds it is a courtesy; that it is held is known.
            let _ = file.read_to_string(&mut holder);
            return Err(Failure::Busy { path: path.to_owned(), holder: holder.trim().to_owned() });
        }
        Err(TryLockError::Error(error)) => return Err(StepError::file(path, error).into()),
    }
    let holder = format!("process {}, since {}\n", std::process::id(), now());
    file.set_len(0)
        .and_then(|()| file.write_all(holder.as_bytes()))
        .map_err(|error| StepError::file(path, error))?;
    Ok(file)
}

/// Readable and writable by its owner only, from the first byte.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).mode(0o600);
    options
}

/// Makes a folder that only its owner can enter.
pub fn make_folder(folder: &Path) -> Result<(), StepError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| StepError::file(folder, error))
}

/// Puts a file in the place of another in one step, readable by its owner only.
pub fn replace_file(path: &Path, content: &[u8]) -> Result<(), StepError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    make_folder(folder)?;
    let write = || -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(content)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| StepError::file(path, error))
}

fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use steps::text::Text;

    fn change() -> ChangeReport {
        ChangeReport {
            step: StepId::AdminGroup,
            verb: Verb::Create,
            resource: "iam:group/Administrators".into(),
            summary: Text::default(),
            irreversible: false,
        }
    }

    #[test]
    fn a_torn_line_does_not_spoil_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        std::fs::write(&path, "{\"time\":\"20").unwrap();
        let mut journal = Journal::open(folder.path()).unwrap();
        journal.intent(&change(), "arn").unwrap();
        journal.done(&change(), Some("4d2f")).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        let done: serde_json::Value = serde_json::from_str(lines[2]).unwrap();
        assert_eq!((done["event"].as_str(), done["request_id"].as_str()), (Some("done"), Some("4d2f")));
    }

    #[test]
    fn what_was_begun_and_never_ended_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path()).unwrap();
        journal.intent(&change(), "arn").unwrap();
        journal.done(&change(), None).unwrap();
        let begun = ChangeReport { resource: "iam:access-key/alice".into(), ..change() };
        journal.intent(&begun, "arn").unwrap();
        assert_eq!(journal.unfinished(), BTreeSet::new());
        drop(journal);
        let journal = Journal::open(folder.path()).unwrap();
        assert_eq!(journal.unfinished(), BTreeSet::from(["iam:access-key/alice".to_owned()]));
    }

    #[test]
    fn what_was_switched_off_is_remembered_until_it_is_switched_on_again() {
        let folder = tempfile::tempdir().unwrap();
        let key = "iam:root-access-key/AKIA".to_owned();
        let switch = |verb| ChangeReport { verb, resource: key.clone(), ..change() };
        let mut journal = Journal::open(folder.path()).unwrap();
        journal.done(&switch(Verb::Disable), None).unwrap();
        assert_eq!(journal.switched_off(), BTreeSet::from([key.clone()]));
        drop(journal);
        let mut journal = Journal::open(folder.path()).unwrap();
        assert_eq!(journal.switched_off(), BTreeSet::from([key.clone()]));
        journal.done(&switch(Verb::Enable), None).unwrap();
        assert_eq!(journal.switched_off(), BTreeSet::new());
    }

    #[test]
    fn two_runs_cannot_meet() {
        let folder = tempfile::tempdir().unwrap();
        let first = Journal::open(folder.path()).unwrap();
        match Journal::open(folder.path()) {
            Err(Failure::Busy { holder, .. }) => {
                assert!(holder.contains(&std::process::id().to_string()), "{holder}");
            }
            other => panic!("{other:?}"),
        }
        drop(first);
        assert!(Journal::open(folder.path()).is_ok());
    }

    #[test]
    fn only_the_owner_can_read() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("accounts/1");
        let _journal = Journal::open(&folder).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&folder.join("journal.jsonl")), 0o600);
        assert_eq!(mode(&folder.join("lock")), 0o600);
    }
}
