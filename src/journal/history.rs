//! The journal read back for the report, as far as it can be read.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use steps::error::StepError;

use super::files::{next_line, open_to_read};
use super::{JournalEvent, NAME};

/// How many changes are kept of a journal that is read back: the latest.
const KEPT: usize = 5_000;
/// One run works on an account at a time, so the end of a change follows its beginning closely.
const LOOK_BACK: usize = 16;

/// What the journal of an account says, as far as it can be read, to be told: no decision rests on these entries.
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

    /// When a resource was switched off that no run has switched on again or deleted since.
    pub fn switched_off(&self, resource: &str) -> Option<Timestamp> {
        let done = |change: &&PastChange| change.outcome == PastOutcome::Done && change.resource == resource;
        let mut switches = self.changes.iter().rev().filter(done);
        let last = switches.find(|change| ["disable", "enable", "delete"].contains(&change.verb.as_str()))?;
        let when = last.ended.as_ref().filter(|_| last.verb == "disable")?;
        when.parse().ok()
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
        let event = line.get("event").and_then(|event| JournalEvent::deserialize(event).ok());
        let outcome = match event {
            Some(JournalEvent::Intent) => PastOutcome::Unfinished,
            Some(JournalEvent::Done) => PastOutcome::Done,
            Some(JournalEvent::Failed) => PastOutcome::Failed,
            Some(JournalEvent::Unanswered) => PastOutcome::Unanswered,
            Some(JournalEvent::Unknown) => {
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn when_it_was_switched_off_is_known_until_it_is_switched_on_again() {
        let resource = "iam:root-access-key/AKIA";
        let at = |minute: u8, event: &str, verb: &str| {
            format!(
                "{{\"time\":\"2026-11-24T06:{minute:02}:00Z\",\"run\":\"r\",\"event\":\"{event}\",\
                 \"step\":\"root-access-keys\",\"verb\":\"{verb}\",\"resource\":\"{resource}\"}}\n"
            )
        };
        let off = |minute| at(minute, "intent", "disable") + &at(minute + 1, "done", "disable");
        let on = |minute| at(minute, "intent", "enable") + &at(minute + 1, "done", "enable");
        let told =
            |lines: &str| history(lines.as_bytes()).switched_off(resource).map(|time| time.to_string());
        assert_eq!(told(""), None);
        assert_eq!(told(&off(1)).as_deref(), Some("2026-11-24T06:02:00Z"));
        assert_eq!(told(&[off(1), on(3)].concat()), None);
        assert_eq!(told(&[off(1), on(3), off(5)].concat()).as_deref(), Some("2026-11-24T06:06:00Z"));
        let failed = at(3, "intent", "enable") + &at(4, "failed", "enable");
        assert_eq!(told(&[off(1), failed].concat()).as_deref(), Some("2026-11-24T06:02:00Z"));
        assert_eq!(history(off(1).as_bytes()).switched_off("iam:root-access-key/OTHER"), None);
    }
}
