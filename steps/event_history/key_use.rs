//! What an access key was used for: the question before it is switched off.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::{Attribute, Found, News, Position, Query, Reader, RecordedEvent, earliest};
use crate::aws::Identity;
use crate::error::AwsError;

/// The uses of an access key, as far as Event History shows them. It never shows data events, such as reads of S3
/// objects: no use seen is no proof of no use.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// How many calls there were.
    pub calls: usize,
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

/// How many calls are read of a Region at the most: enough to tell who calls, and half a minute at AWS's pace.
const CALLS_OF_REGION: usize = 1_000;

/// The characters of a program that are kept: it is text from outside.
const LONGEST_PROGRAM: usize = 40;

/// Looks up what an access key was used for since a time, in these Regions: of a busy Region its latest calls.
pub async fn uses_of_key(
    identity: &Identity,
    access_key: &str,
    regions: &[String],
    since: Timestamp,
) -> Summary {
    let now = Timestamp::now();
    let query = Query::between(since.max(earliest(now)), now).with(Attribute::AccessKeyId, access_key);
    let beginnings = regions.iter().map(|region| (region.clone(), Position::default()));
    let mut reader = Reader::start(identity, &query, beginnings, Some(CALLS_OF_REGION));
    let (mut found, mut unread) = (Found::default(), Vec::new());
    while let Some(news) = reader.next().await {
        match news {
            News::Page(page) => found.add(page.events),
            News::Unread { region, error } => unread.push(UnreadRegion { region, error }),
        }
    }
    Summary { unread, ..Summary::of(&found.newest(None)) }
}

impl Summary {
    /// The summary of events.
    pub fn of(events: &[RecordedEvent]) -> Self {
        let times = || events.iter().filter_map(|event| event.time);
        Self {
            calls: events.len(),
            refused: events.iter().filter(|event| event.refused.is_some()).count(),
            first: times().min(),
            last: times().max(),
            addresses: counted(events.iter().filter_map(|event| event.address.as_deref())),
            user_agents: counted(events.iter().filter_map(|event| event.user_agent.as_deref()).map(program)),
            event_names: counted(events.iter().map(|event| event.name.as_str())),
            unread: Vec::new(),
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
