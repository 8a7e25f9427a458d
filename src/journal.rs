//! What is kept on this machine about an account: the journal, the remembered answers, and the lock.
//!
//! A journal line is on the disk before AWS hears of a change, and another one after. It is evidence, and two offers
//! rest on it besides: to replace an access key, or to remove a half-made device, that a run of ours left when it was cut
//! short ([`Recalled::unfinished`]); and to switch on again what a run of ours has switched off
//! ([`Recalled::switched_off`]). By it a run is patient, too, with a KMS key that one of ours was cut short with and that
//! AWS does not show yet. Losing the folder loses these and no safety, because the account itself is read again each time.

mod files;
mod history;
mod recalled;

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use steps::aws::AwsClock;
use steps::error::StepError;
use steps::moment::iso;
use steps::practice::{StepId, Verb};

use crate::error::Failure;
use crate::event::{ChangeReport, FailureReport};

use files::regular;

pub use files::{make_folder, may_be_replaced, replace_file};
pub use history::{History, PastChange, PastOutcome};
pub use recalled::Recalled;

pub(crate) use files::private;

/// The journal's name in the folder of an account.
const NAME: &str = "journal.jsonl";

/// The folder of an account, the one of all accounts, and the one of the program.
const FOLDERS: usize = 3;

/// The folder of one account. Only a run that may write opens it, and only one at a time.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    run: String,
    recalled: Recalled,
    clock: AwsClock,
    /// Held until the run ends, however it ends.
    lock: File,
}

/// What a line tells of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum JournalEvent {
    /// AWS is about to hear of it.
    Intent,
    /// AWS made it.
    Done,
    /// It failed.
    Failed,
    /// Nobody knows what came of it.
    Unanswered,
    /// What this version does not know. It is read, and never written.
    #[serde(other)]
    Unknown,
}

#[derive(Serialize)]
struct Line<'l> {
    time: String,
    run: &'l str,
    event: JournalEvent,
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
        let path = folder.join(NAME);
        let mut file = private()
            .append(true)
            .read(true)
            .open(&path)
            .and_then(regular)
            .map_err(|error| StepError::file(&path, error))?;
        end_torn_line(&mut file).map_err(|error| StepError::file(&path, error))?;
        if file.metadata().is_ok_and(|file| file.len() == 0) {
            keep_names(folder);
        }
        let recalled = Recalled::read(&path).map_err(|error| StepError::file(&path, error))?;
        let run = format!("{}-{}", now(), std::process::id());
        Ok(Self { file, path, run, recalled, clock: AwsClock::default(), lock })
    }

    /// The same, with times by AWS's clock: they are compared with what AWS dates.
    #[must_use]
    pub fn dated_by(mut self, clock: AwsClock) -> Self {
        self.clock = clock;
        self
    }

    /// What earlier runs left behind.
    pub fn recalled(&self) -> &Recalled {
        &self.recalled
    }

    /// Says what AWS is about to hear of. It is on the disk when this returns.
    pub fn intent(&mut self, change: &ChangeReport, caller: &str) -> Result<(), StepError> {
        self.write(JournalEvent::Intent, change, Some(caller), None, None)
    }

    /// Says that AWS has made a change.
    pub fn done(&mut self, change: &ChangeReport, request_id: Option<&str>) -> Result<(), StepError> {
        self.write(JournalEvent::Done, change, None, request_id, None)
    }

    /// Says that a change failed, or that nobody knows what was made of it.
    pub fn failed(&mut self, change: &ChangeReport, failure: &FailureReport) -> Result<(), StepError> {
        let words = failure.detail.clone().unwrap_or_else(|| failure.text.en.clone());
        let event = if failure.unanswered { JournalEvent::Unanswered } else { JournalEvent::Failed };
        self.write(event, change, None, failure.request_id.as_deref(), Some(words))
    }

    fn write(
        &mut self,
        event: JournalEvent,
        change: &ChangeReport,
        caller: Option<&str>,
        request_id: Option<&str>,
        error: Option<String>,
    ) -> Result<(), StepError> {
        let (step, verb, resource) = (change.step, change.verb, change.resource.as_str());
        let (time, run) = (iso(self.clock.now()), self.run.as_str());
        let line = Line { time, run, event, step, verb, resource, caller, request_id, error };
        let mut bytes = serde_json::to_vec(&line)
            .map_err(|error| StepError::file(&self.path, std::io::Error::other(error)))?;
        bytes.push(b'\n');
        self.recalled.hear_of_switch(event, verb, resource);
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

/// A new journal has to outlast a power failure by its name too, and so have the folders that were made for it. Not every
/// file system can promise that of a folder.
fn keep_names(folder: &Path) {
    for folder in folder.ancestors().take(FOLDERS) {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
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

fn now() -> String {
    iso(Timestamp::now())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use steps::text::Text;

    use super::*;

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
    fn what_was_written_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(History::read(folder.path()).unwrap(), History::default());
        let mut journal = Journal::open(folder.path()).unwrap();
        journal.intent(&change(), "arn:aws:iam::111122223333:root").unwrap();
        journal.done(&change(), Some("4d2f")).unwrap();
        journal.intent(&change(), "arn:aws:iam::111122223333:root").unwrap();
        let failure = FailureReport {
            text: Text::verbatim("AWS refused it."),
            detail: Some("AccessDenied: no".into()),
            request_id: Some("77aa".into()),
            unanswered: false,
        };
        journal.failed(&change(), &failure).unwrap();
        journal.intent(&change(), "arn:aws:iam::111122223333:root").unwrap();

        let history = History::read(folder.path()).unwrap();
        assert_eq!((history.unreadable, history.unknown, history.left_out), (0, 0, 0));
        let outcomes: Vec<_> = history.changes.iter().map(|change| change.outcome).collect();
        assert_eq!(outcomes, [PastOutcome::Done, PastOutcome::Failed, PastOutcome::Unfinished]);
        let [done, failed, unfinished] = [0, 1, 2].map(|index| &history.changes[index]);
        assert_eq!((done.step.as_str(), done.verb.as_str()), ("admin-group", "create"));
        assert_eq!(done.caller.as_deref(), Some("arn:aws:iam::111122223333:root"));
        assert!(done.began.is_some() && done.ended.is_some() && done.request_id.as_deref() == Some("4d2f"));
        assert_eq!(failed.error.as_deref(), Some("AccessDenied: no"));
        assert_eq!(failed.request_id.as_deref(), Some("77aa"));
        assert!(unfinished.began.is_some() && unfinished.ended.is_none());
    }

    #[test]
    fn what_was_begun_and_never_ended_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path()).unwrap();
        journal.intent(&change(), "arn").unwrap();
        journal.done(&change(), None).unwrap();
        let begun = ChangeReport { resource: "iam:access-key/alice".into(), ..change() };
        journal.intent(&begun, "arn").unwrap();
        assert!(journal.recalled().unfinished.is_empty());
        drop(journal);
        let recalled = Recalled::in_folder(folder.path()).unwrap();
        assert_eq!(recalled.unfinished.keys().collect::<Vec<_>>(), ["iam:access-key/alice"]);
        assert!(recalled.unfinished["iam:access-key/alice"] < now(), "some minutes earlier");
    }

    #[test]
    fn what_was_switched_off_is_remembered_until_it_is_switched_on_again() {
        let folder = tempfile::tempdir().unwrap();
        let key = "iam:root-access-key/AKIA".to_owned();
        let switch = |verb| ChangeReport { verb, resource: key.clone(), ..change() };
        let mut journal = Journal::open(folder.path()).unwrap();
        journal.done(&switch(Verb::Disable), None).unwrap();
        assert_eq!(journal.recalled().switched_off.clone(), BTreeSet::from([key.clone()]));
        drop(journal);
        let mut journal = Journal::open(folder.path()).unwrap();
        assert_eq!(journal.recalled().switched_off.clone(), BTreeSet::from([key.clone()]));
        journal.done(&switch(Verb::Enable), None).unwrap();
        assert_eq!(journal.recalled().switched_off.clone(), BTreeSet::new());
    }

    #[test]
    fn what_is_no_file_is_no_journal() {
        let folder = tempfile::tempdir().unwrap();
        for odd in ["/dev/zero", "/dev/null", "/"] {
            let path = folder.path().join(NAME);
            std::os::unix::fs::symlink(odd, &path).unwrap();
            assert!(Journal::open(folder.path()).is_err(), "{odd}");
            assert!(History::read(folder.path()).is_err(), "{odd}");
            assert!(Recalled::in_folder(folder.path()).is_err(), "{odd}");
            std::fs::remove_file(path).unwrap();
        }
        assert!(Journal::open(folder.path()).is_ok());
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
