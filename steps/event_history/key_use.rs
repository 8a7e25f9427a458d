//! What access keys were used for: the question before one is switched off.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use tokio::time::Instant;

use super::{
    Attribute, Bounds, DELAY, EnabledRegions, Found, News, Position, Query, Reader, RecordedEvent, earliest,
};
use crate::aws::Identity;
use crate::error::AwsError;

/// How many pages are read of a Region at the most, of fifty calls each: enough to tell who calls, and a few seconds at
/// AWS's pace.
const PAGES_OF_REGION: usize = 4;
/// So long all Regions together may take. Where others ask too, AWS answers none of them quickly.
const WITHIN: Duration = Duration::from_secs(15);

/// How this program names itself in the user agents of its calls, by the name that the SDK is given for it.
const OWN_NAME: &str = "app/dayone";

/// The characters of a program that are kept: it is text from outside.
const LONGEST_PROGRAM: usize = 40;

/// What a run has read of the uses of access keys. AWS answers two look-ups a second in each Region, so each key is
/// read once, and after that only what is new.
#[derive(Debug, Default)]
pub struct KeyUses {
    /// Earlier calls do not count. None: all that Event History has.
    from: Option<Timestamp>,
    read: Mutex<BTreeMap<String, ReadSoFar>>,
}

/// An access key to be looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedKey {
    /// Its id.
    pub id: String,
    /// When it was last used, in IAM's words. Another moment than before means that there is more to read.
    pub last_use: Option<String>,
    /// Since when this run signs with it. Calls from then on are not counted, nor are those that this program made
    /// earlier: what is left is what others do with the key. None where this run does not.
    pub signs_since: Option<Timestamp>,
}

/// The uses of an access key, as far as Event History shows them. It never shows data events, such as reads of S3
/// objects: no use seen is no proof of no use.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// How many calls there were.
    pub calls: usize,
    /// Whether there may be more of them, because not every Region was read to its end.
    pub at_least: bool,
    /// How many of them AWS refused.
    pub refused: usize,
    /// The first call.
    pub first: Option<Timestamp>,
    /// The last call.
    pub last: Option<Timestamp>,
    /// From where, the most frequent first.
    pub addresses: Vec<Counted>,
    /// With which programs, the most frequent first.
    pub user_agents: Vec<Counted>,
    /// What was called, the most frequent first.
    pub event_names: Vec<Counted>,
    /// The Regions that could not be read, or not to the end.
    pub unread: Vec<UnreadRegion>,
    /// Why the account's Regions could not be listed: then there may be some that nobody has looked at.
    pub unlisted: Option<Box<AwsError>>,
}

/// Something, and how many calls had it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// What it is.
    pub what: String,
    /// How many calls had it.
    pub calls: usize,
}

/// A Region that could not be read, or not to the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadRegion {
    /// The Region.
    pub region: String,
    /// Why.
    pub error: AwsError,
}

/// What was read of a key.
#[derive(Debug, Clone, Default)]
struct ReadSoFar {
    last_use: Option<String>,
    found: Found,
    at_least: bool,
    unread: Vec<UnreadRegion>,
    unlisted: Option<AwsError>,
    /// Until when every Region was read. None where one was not: then it is all read again.
    until: Option<Timestamp>,
}

impl KeyUses {
    /// Only what was called from then on.
    pub fn since(from: Timestamp) -> Self {
        Self { from: Some(from), ..Self::default() }
    }

    /// What was read of a key before. None where nothing was, and where the key was used since.
    pub fn known(&self, key: &AskedKey) -> Option<Summary> {
        let known = self.lock();
        known.get(&key.id).filter(|read| read.last_use == key.last_use).map(|read| read.summary(key))
    }

    /// Reads what these keys were used for, in these Regions: of a busy Region its latest calls, and of a key that was
    /// read before only what is new.
    pub async fn read(
        &self,
        identity: &Identity,
        keys: &[AskedKey],
        regions: &EnabledRegions,
    ) -> Vec<Summary> {
        let (now, end) = (identity.clock().now(), Instant::now() + WITHIN);
        let start = |key: &AskedKey| {
            let before = self.before(key, regions);
            let period = self.period(&before, now);
            KeyReading::start(identity, key, before, regions, period)
        };
        // All of them are under way while the first is waited for.
        let readings: Vec<_> = keys.iter().map(start).collect();
        let mut summaries = Vec::new();
        for (reading, key) in readings.into_iter().zip(keys) {
            let (id, read) = reading.finish(end).await;
            summaries.push(read.summary(key));
            self.lock().insert(id, read);
        }
        summaries
    }

    /// From when until when there may be something that was not read.
    fn period(&self, before: &ReadSoFar, now: Timestamp) -> (Timestamp, Timestamp) {
        let unread = before.since(now);
        (self.from.map_or(unread, |from| from.max(unread)).min(now), now)
    }

    /// What there is to go on from. Nothing where more Regions may be known now than then: of those nothing was read.
    fn before(&self, key: &AskedKey, regions: &EnabledRegions) -> ReadSoFar {
        let known = self.lock();
        let goes_on = |read: &&ReadSoFar| {
            read.until.is_some() && (read.unlisted.is_none() || regions.unlisted.is_some())
        };
        known.get(&key.id).filter(goes_on).cloned().unwrap_or_default()
    }

    /// A panic elsewhere does not make what was read untrue.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, ReadSoFar>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReadSoFar {
    /// From when on there may be something that was not read.
    fn since(&self, now: Timestamp) -> Timestamp {
        let from = self.until.and_then(|until| until.checked_sub(DELAY).ok());
        from.map_or(earliest(now), |from| from.max(earliest(now)))
    }

    fn summary(&self, key: &AskedKey) -> Summary {
        let counts = |event: &&RecordedEvent| key.signs_since.is_none_or(|since| is_of_others(event, since));
        let events = self.found.events().iter().filter(counts);
        Summary {
            at_least: self.at_least,
            unread: self.unread.clone(),
            unlisted: self.unlisted.clone().map(Box::new),
            ..Summary::of(events)
        }
    }
}

/// Whether somebody else made the call with a key that this run signs with since then.
fn is_of_others(event: &RecordedEvent, since: Timestamp) -> bool {
    let by_us = event.user_agent.as_deref().is_some_and(|agent| agent.contains(OWN_NAME));
    !by_us && event.time.is_none_or(|time| time < since)
}

/// The reading of one key, which is under way.
struct KeyReading {
    id: String,
    read: ReadSoFar,
    reader: Reader,
    /// The Regions of which the end has not come.
    left: BTreeSet<String>,
    began: Timestamp,
}

impl KeyReading {
    fn start(
        identity: &Identity,
        key: &AskedKey,
        before: ReadSoFar,
        regions: &EnabledRegions,
        (since, now): (Timestamp, Timestamp),
    ) -> Self {
        let query = Query::between(since, now).with(Attribute::AccessKeyId, &key.id);
        let bounds = Bounds { pages: Some(PAGES_OF_REGION), ..Bounds::default() };
        let beginnings = regions.names.iter().map(|region| (region.clone(), Position::default()));
        let unlisted = regions.unlisted.clone();
        Self {
            id: key.id.clone(),
            read: ReadSoFar { last_use: key.last_use.clone(), unlisted, until: None, ..before },
            reader: Reader::start(identity, &query, beginnings, bounds),
            left: regions.names.iter().cloned().collect(),
            began: now,
        }
    }

    /// What was read when it has ended, or when time is up.
    async fn finish(mut self, end: Instant) -> (String, ReadSoFar) {
        while let Ok(Some(news)) = tokio::time::timeout_at(end, self.reader.next()).await {
            self.take(news);
        }
        let Self { id, mut read, left, began, .. } = self;
        read.at_least |= !left.is_empty();
        read.until = (left.is_empty() && read.unread.is_empty()).then_some(began);
        (id, read)
    }

    fn take(&mut self, news: News) {
        match news {
            News::Page(page) => {
                if page.position.ended {
                    self.left.remove(&page.region);
                    self.read.at_least |= page.position.is_cut();
                }
                self.read.found.add(page.events);
            }
            News::Unread { region, error } => {
                self.left.remove(&region);
                self.read.unread.push(UnreadRegion { region, error });
            }
        }
    }
}

impl Summary {
    /// The summary of events.
    fn of<'e>(events: impl Iterator<Item = &'e RecordedEvent> + Clone) -> Self {
        let each = || events.clone();
        let times = || each().filter_map(|event| event.time);
        Self {
            calls: each().count(),
            at_least: false,
            refused: each().filter(|event| event.refused.is_some()).count(),
            first: times().min(),
            last: times().max(),
            addresses: counted(each().filter_map(|event| event.address.as_deref())),
            user_agents: counted(each().filter_map(|event| event.user_agent.as_deref()).map(program)),
            event_names: counted(each().map(|event| event.name.as_str())),
            unread: Vec::new(),
            unlisted: None,
        }
    }
}

/// The program of a user agent, without the platform and the libraries that are named after it. Behind the mark of AWS's
/// partners come the partner's name and only then the program.
fn program(user_agent: &str) -> &str {
    let named = user_agent.trim_start_matches('[');
    let words = match named.split(' ').next() {
        Some(first) if first.starts_with("APN/") => 3,
        Some(first) if first.contains('/') => 1,
        // Such as "AWS Internal", or the name of a service.
        _ => usize::MAX,
    };
    let ends = named.match_indices(' ').map(|(at, _)| at).nth(words - 1).unwrap_or(named.len());
    let longest = named.char_indices().map(|(at, _)| at).nth(LONGEST_PROGRAM).unwrap_or(named.len());
    named[..ends.min(longest)].trim_end_matches(',')
}

fn counted<'e>(values: impl Iterator<Item = &'e str>) -> Vec<Counted> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    let mut counted: Vec<_> =
        counts.into_iter().map(|(what, calls)| Counted { what: what.to_owned(), calls }).collect();
    // Stable: those that are equally frequent stay in the order of the alphabet.
    counted.sort_by_key(|counted| Reverse(counted.calls));
    counted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_told_without_its_platform() {
        let agents = [
            ("aws-cli/1.27.100 Python/3.9.16 Linux/5.10 botocore/1.29.100", "aws-cli/1.27.100"),
            (
                "APN/1.0 HashiCorp/1.0 Terraform/1.5.0 (+https://www.terraform.io)",
                "APN/1.0 HashiCorp/1.0 Terraform/1.5.0",
            ),
            ("[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12]", "S3Console/0.4"),
            ("AWS Internal", "AWS Internal"),
            ("cloudtrail.amazonaws.com", "cloudtrail.amazonaws.com"),
            ("", ""),
        ];
        for (agent, expected) in agents {
            assert_eq!(program(agent), expected);
        }
        assert_eq!(program(&"김/".repeat(100)).chars().count(), LONGEST_PROGRAM);
    }
}
