//! What is kept on this machine about an account: the journal, the remembered answers, and the lock.
//!
//! A journal line is on the disk before AWS hears of a change, and another one after. It is evidence, and two offers
//! rest on it besides: to replace an access key, or to remove a half-made device, that a run of ours left when it was cut
//! short ([`Journal::unfinished`]); and to switch on again what a run of ours has switched off
//! ([`Journal::switched_off`]). Losing the folder loses these offers and no safety, because the account itself is read
//! again each time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use steps::error::StepError;
use steps::practice::{StepId, Verb};

use crate::error::Failure;
use crate::event::{ChangeReport, FailureReport};

/// The journal's name in the folder of an account.
const NAME: &str = "journal.jsonl";

/// The folder of an account, the one of all accounts, and the one of the program.
const FOLDERS: usize = 3;

/// The longest line that is read back. Ours are a few hundred bytes.
const LONGEST_LINE: u64 = 64 * 1024;
/// How many changes are kept of a journal that is read back: the latest.
const KEPT: usize = 5_000;
/// One run works on an account at a time, so the end of a change follows its beginning closely.
const LOOK_BACK: usize = 16;

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
        let told = Told::read(&path).map_err(|error| StepError::file(&path, error))?;
        let run = format!("{}-{}", now(), std::process::id());
        Ok(Self { file, path, run, told, lock })
    }

    /// What earlier runs left behind.
    pub fn told(&self) -> &Told {
        &self.told
    }

    /// Says what AWS is about to hear of. It is on the disk when this returns.
    pub fn intent(&mut self, change: &ChangeReport, caller: &str) -> Result<(), StepError> {
        self.write("intent", change, Some(caller), None, None)
    }

    /// Says that AWS has made a change.
    pub fn done(&mut self, change: &ChangeReport, request_id: Option<&str>) -> Result<(), StepError> {
        self.write("done", change, None, request_id, None)
    }

    /// Says that a change failed, or that nobody knows what was made of it.
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
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// The resources of changes that were begun, and of which no line says what came, with the earliest time at which AWS
    /// can have heard of it.
    pub unfinished: BTreeMap<String, String>,
    /// The resources that a run switched off, and none has switched on again or deleted.
    pub switched_off: BTreeSet<String>,
}

/// By how much this computer's clock may be ahead of AWS's.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

impl Told {
    /// Reads it from the folder of an account, also while a run writes there. Without a journal nothing is told.
    pub fn in_folder(folder: &Path) -> Result<Self, StepError> {
        let path = folder.join(NAME);
        if !path.exists() {
            return Ok(Self::default());
        }
        Self::read(&path).map_err(|error| StepError::file(&path, error))
    }

    fn read(path: &Path) -> std::io::Result<Self> {
        let mut told = Self::default();
        let mut journal = BufReader::new(open_to_read(path)?);
        while let Some(line) = next_line(&mut journal)? {
            let Ok(line) = serde_json::from_slice::<Value>(&line) else { continue };
            let (Some(event), Some(resource)) = (line["event"].as_str(), line["resource"].as_str()) else {
                continue;
            };
            match event {
                "intent" => told.unfinished.insert(resource.to_owned(), since(&line["time"])),
                "unanswered" => None,
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

/// What the journal of an account says, as far as it can be read, for the report: no decision rests on these entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// The changes, the earliest first.
    pub changes: VecDeque<PastChange>,
    /// How many lines could not be read: torn, too long, or not ours.
    pub unreadable: usize,
    /// How many lines tell of what this version does not know.
    pub unknown: usize,
    /// How many earlier changes there are, too many to keep.
    pub left_out: usize,
}

/// A change that was about to be made once. Its words are as they stand in the file: nobody has judged them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PastChange {
    /// When AWS was about to hear of it; none when that line is lost.
    pub began: Option<String>,
    /// When it was known what came of it.
    pub ended: Option<String>,
    /// The run that made it.
    pub run: String,
    /// The step, by name.
    pub step: String,
    /// What was done, as the verb of a change.
    pub verb: String,
    /// To what.
    pub resource: String,
    /// The ARN of who did it.
    pub caller: Option<String>,
    /// What came of it.
    pub outcome: PastOutcome,
    /// AWS's request id.
    pub request_id: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
}

/// What came of a change, as the journal has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PastOutcome {
    /// AWS made it.
    Done,
    /// It failed.
    Failed,
    /// AWS's answer was lost or said nothing, or a part was made before something failed: nobody knows.
    Unanswered,
    /// Nothing was written of its end: the run was cut short, or is under way.
    Unfinished,
}

impl History {
    /// Reads the journal in the folder of an account, also while a run writes to it. Without a journal there is no
    /// history.
    pub fn read(folder: &Path) -> Result<Self, StepError> {
        let path = folder.join(NAME);
        match open_to_read(&path) {
            Ok(file) => Self::of(BufReader::new(file)).map_err(|error| StepError::file(&path, error)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(StepError::file(&path, error)),
        }
    }

    /// Reads a journal.
    pub fn of(mut journal: impl BufRead) -> std::io::Result<Self> {
        let mut history = Self::default();
        while let Some(line) = next_line(&mut journal)? {
            history.take(&line);
        }
        Ok(history)
    }

    /// Fields that this version does not know are passed over.
    fn take(&mut self, line: &[u8]) {
        if line.trim_ascii().is_empty() {
            return;
        }
        let Ok(Value::Object(line)) = serde_json::from_slice(line) else {
            self.unreadable += 1;
            return;
        };
        let outcome = match line.get("event").and_then(Value::as_str) {
            Some("intent") => PastOutcome::Unfinished,
            Some("done") => PastOutcome::Done,
            Some("failed") => PastOutcome::Failed,
            Some("unanswered") => PastOutcome::Unanswered,
            Some(_) => {
                self.unknown += 1;
                return;
            }
            None => {
                self.unreadable += 1;
                return;
            }
        };
        match PastChange::of(&line, outcome) {
            Some(change) => self.follow(change),
            None => self.unreadable += 1,
        }
    }

    /// The end of a change completes its beginning. Where that is lost, the end stands for itself.
    fn follow(&mut self, change: PastChange) {
        let mut recent = self.changes.iter_mut().rev().take(LOOK_BACK);
        let ends = change.outcome != PastOutcome::Unfinished;
        match recent.find(|begun| ends && begun.is_begun(&change)) {
            Some(begun) => {
                begun.ended = change.ended;
                begun.outcome = change.outcome;
                begun.request_id = change.request_id;
                begun.error = change.error;
            }
            None => self.keep(change),
        }
    }

    fn keep(&mut self, change: PastChange) {
        self.changes.push_back(change);
        if self.changes.len() > KEPT {
            self.changes.pop_front();
            self.left_out += 1;
        }
    }
}

impl PastChange {
    fn of(line: &Map<String, Value>, outcome: PastOutcome) -> Option<Self> {
        let text = |key: &str| line.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
        let begins = outcome == PastOutcome::Unfinished;
        Some(Self {
            began: text("time").filter(|_| begins),
            ended: text("time").filter(|_| !begins),
            run: text("run").unwrap_or_default(),
            step: text("step")?,
            verb: text("verb")?,
            resource: text("resource")?,
            caller: text("caller"),
            outcome,
            request_id: text("request_id"),
            error: text("error"),
        })
    }

    /// Whether this is the beginning, still without an end, of the other.
    fn is_begun(&self, end: &Self) -> bool {
        self.outcome == PastOutcome::Unfinished
            && (&self.run, &self.step, &self.verb, &self.resource)
                == (&end.run, &end.step, &end.verb, &end.resource)
    }
}

/// To open what is no file, such as a pipe that nobody writes to, may take for ever.
fn open_to_read(path: &Path) -> std::io::Result<File> {
    if std::fs::metadata(path)?.is_file() { File::open(path) } else { Err(not_a_file()) }
}

/// Whatever else stands under the name keeps nothing, or never ends.
fn regular(file: File) -> std::io::Result<File> {
    if file.metadata()?.is_file() { Ok(file) } else { Err(not_a_file()) }
}

fn not_a_file() -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is not a regular file")
}

/// The next line, or as much of it as a line of ours can be long.
fn next_line(journal: &mut impl BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let read = journal.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
    if read > 0 && !line.ends_with(b"\n") {
        journal.skip_until(b'\n')?;
    }
    Ok((read > 0).then_some(line))
}

/// A time that cannot be read is later than everything, so that nothing counts as ours by it.
fn since(time: &Value) -> String {
    let time = time.as_str().and_then(|time| time.parse::<Timestamp>().ok());
    let earlier = time.and_then(|time| time.checked_sub(CLOCK_SKEW).ok());
    earlier.map_or_else(|| "9999".to_owned(), written)
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
    written(Timestamp::now())
}

fn written(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
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

    fn history(journal: &[u8]) -> History {
        History::of(journal).unwrap()
    }

    fn line(event: &str, resource: &str, more: &str) -> String {
        format!(
            "{{\"time\":\"2026-11-24T06:00:00Z\",\"run\":\"r\",\"event\":\"{event}\",\"step\":\"admin-group\",\
             \"verb\":\"create\",\"resource\":\"{resource}\"{more}}}\n"
        )
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
    fn lines_that_cannot_be_read_are_counted_and_the_others_are_read() {
        let (intent, done) = (line("intent", "a", ""), line("done", "a", ""));
        let torn = &intent.as_bytes()[..intent.len() / 2];
        let lines: [&[u8]; 12] = [
            torn,
            b"\n",
            intent.as_bytes(),
            b"[]\n",
            b"null\n",
            b"  \r\n",
            b"{\"event\":7}\n",
            b"{\"event\":\"done\",\"step\":{}}\n",
            b"{\"event\":\"intent\",\"step\":\"\xff\"}\n",
            b"\0\0\0\0\n",
            done.as_bytes(),
            torn,
        ];
        let history = history(&lines.concat());
        assert_eq!(history.changes.len(), 1);
        assert_eq!(history.changes[0].outcome, PastOutcome::Done);
        assert_eq!((history.unreadable, history.unknown), (8, 0));
    }

    #[test]
    fn a_line_of_a_newer_version_is_read_as_far_as_it_is_known() {
        let newer = line("intent", "a", ",\"shape\":{\"of\":[1,2]},\"caller\":\"arn\"");
        let sealed = line("sealed", "a", "");
        let history = history(format!("{newer}{sealed}").as_bytes());
        assert_eq!(history.changes[0].caller.as_deref(), Some("arn"));
        assert_eq!((history.changes.len(), history.unknown, history.unreadable), (1, 1, 0));
    }

    #[test]
    fn an_end_without_its_beginning_stands_for_itself() {
        let lost = line("done", "a", ",\"request_id\":\"4d2f\"");
        let history = history(format!("{}{lost}", line("intent", "b", "")).as_bytes());
        let [other, end] = [0, 1].map(|index| &history.changes[index]);
        assert_eq!(other.outcome, PastOutcome::Unfinished);
        assert_eq!((end.outcome, end.began.as_deref()), (PastOutcome::Done, None));
        assert_eq!(end.request_id.as_deref(), Some("4d2f"));
    }

    #[test]
    fn what_is_huge_costs_a_line_and_no_memory() {
        let huge = "x".repeat(300_000);
        let large = "y".repeat(10_000);
        let text = format!("{}{}", line("intent", &huge, ""), line("intent", &large, ""));
        let history_of_two = history(text.as_bytes());
        assert_eq!((history_of_two.unreadable, history_of_two.changes.len()), (1, 1));
        assert_eq!(history_of_two.changes[0].resource, large);

        let many: String = (0..KEPT + 7).map(|number| line("intent", &format!("r{number}"), "")).collect();
        let history = history(many.as_bytes());
        assert_eq!((history.changes.len(), history.left_out), (KEPT, 7));
        assert_eq!(history.changes[0].resource, "r7");
    }

    #[test]
    fn what_was_begun_and_never_ended_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::open(folder.path()).unwrap();
        journal.intent(&change(), "arn").unwrap();
        journal.done(&change(), None).unwrap();
        let begun = ChangeReport { resource: "iam:access-key/alice".into(), ..change() };
        journal.intent(&begun, "arn").unwrap();
        assert!(journal.told().unfinished.is_empty());
        drop(journal);
        let told = Told::in_folder(folder.path()).unwrap();
        assert_eq!(told.unfinished.keys().collect::<Vec<_>>(), ["iam:access-key/alice"]);
        assert!(told.unfinished["iam:access-key/alice"] < now(), "some minutes earlier");
    }

    #[test]
    fn what_was_switched_off_is_remembered_until_it_is_switched_on_again() {
        let folder = tempfile::tempdir().unwrap();
        let key = "iam:root-access-key/AKIA".to_owned();
        let switch = |verb| ChangeReport { verb, resource: key.clone(), ..change() };
        let mut journal = Journal::open(folder.path()).unwrap();
        journal.done(&switch(Verb::Disable), None).unwrap();
        assert_eq!(journal.told().switched_off.clone(), BTreeSet::from([key.clone()]));
        drop(journal);
        let mut journal = Journal::open(folder.path()).unwrap();
        assert_eq!(journal.told().switched_off.clone(), BTreeSet::from([key.clone()]));
        journal.done(&switch(Verb::Enable), None).unwrap();
        assert_eq!(journal.told().switched_off.clone(), BTreeSet::new());
    }

    #[test]
    fn what_is_no_file_is_no_journal() {
        let folder = tempfile::tempdir().unwrap();
        for odd in ["/dev/zero", "/dev/null", "/"] {
            let path = folder.path().join(NAME);
            std::os::unix::fs::symlink(odd, &path).unwrap();
            assert!(Journal::open(folder.path()).is_err(), "{odd}");
            assert!(History::read(folder.path()).is_err(), "{odd}");
            assert!(Told::in_folder(folder.path()).is_err(), "{odd}");
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
