//! What the journal tells about the account that the account does not show by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use steps::error::StepError;
use steps::moment::iso;
use steps::practice::Verb;

use super::files::{next_line, open_to_read};
use super::{JournalEvent, NAME};

/// By how much a time in the journal may be ahead of AWS's clock: a difference of minutes is none that is put right.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// What the lines of earlier runs, and of this one, tell about the account. A line that cannot be understood says
/// nothing.
#[derive(Debug, Clone, Default)]
pub struct Recalled {
    /// The resources of changes that were begun, and of which no line says what came, with the earliest time at which AWS
    /// can have heard of it.
    pub unfinished: BTreeMap<String, String>,
    /// The resources that a run switched off, and none has switched on again or deleted.
    pub switched_off: BTreeSet<String>,
}

impl Recalled {
    /// Reads it from the folder of an account, also while a run writes there. Without a journal nothing is recalled.
    pub fn in_folder(folder: &Path) -> Result<Self, StepError> {
        let path = folder.join(NAME);
        if !path.exists() {
            return Ok(Self::default());
        }
        Self::read(&path).map_err(|error| StepError::file(&path, error))
    }

    pub(super) fn read(path: &Path) -> std::io::Result<Self> {
        let mut recalled = Self::default();
        let mut journal = BufReader::new(open_to_read(path)?);
        while let Some(line) = next_line(&mut journal)? {
            let Ok(line) = serde_json::from_slice::<Value>(&line) else { continue };
            let (Ok(event), Some(resource)) =
                (JournalEvent::deserialize(&line["event"]), line["resource"].as_str())
            else {
                continue;
            };
            match event {
                JournalEvent::Intent => recalled.unfinished.insert(resource.to_owned(), since(&line["time"])),
                JournalEvent::Unanswered => None,
                JournalEvent::Done | JournalEvent::Failed | JournalEvent::Unknown => {
                    recalled.unfinished.remove(resource)
                }
            };
            if let Ok(verb) = Verb::deserialize(&line["verb"]) {
                recalled.hear_of_switch(event, verb, resource);
            }
        }
        Ok(recalled)
    }

    pub(super) fn hear_of_switch(&mut self, event: JournalEvent, verb: Verb, resource: &str) {
        match (event, verb) {
            (JournalEvent::Done, Verb::Disable) => {
                self.switched_off.insert(resource.to_owned());
            }
            (JournalEvent::Done, Verb::Enable | Verb::Delete) => {
                self.switched_off.remove(resource);
            }
            _ => {}
        }
    }
}

/// A time that cannot be read is later than everything, so that nothing counts as ours by it.
fn since(time: &Value) -> String {
    let time = time.as_str().and_then(|time| time.parse::<Timestamp>().ok());
    let earlier = time.and_then(|time| time.checked_sub(CLOCK_SKEW).ok());
    earlier.map_or_else(|| "9999".to_owned(), iso)
}
