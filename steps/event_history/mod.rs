//! CloudTrail's Event History: what happened in the account in the last 90 days, Region by Region, without any trail.
//!
//! AWS looks events up by one attribute at a time and answers two calls a second for each account and Region. So the
//! attribute that the fewest events share is left to AWS and the others are applied here ([`Query`]), Regions are read
//! side by side ([`Reader`]), one of them by itself where the answer is waited for (`look_up`), and calls keep their
//! distance ([`Pace`]). Data events, such as reads of S3 objects, are never in Event History: silence in it proves
//! nothing about them.

mod enabled;
mod found;
mod key_use;
mod pace;
mod reader;
mod record;

use aws_sdk_cloudtrail::types::LookupAttributeKey;
use jiff::{SignedDuration, Timestamp};

pub use enabled::{EnabledRegions, enabled_regions, unlisted};
pub use found::Found;
pub use key_use::{AskedKey, Counted, KeyUses, Summary, UnreadRegion};
pub use pace::Pace;
pub use reader::{Bounds, News, Page, Position, Reader};
pub use record::{IdentityKind, RecordedEvent, Refusal, Resource};

pub(crate) use reader::look_up;

/// How many days Event History goes back.
pub const DAYS: i64 = 90;

/// So long after a call at the latest, Event History shows it.
pub const DELAY: SignedDuration = SignedDuration::from_mins(15);

/// The Regions in which sign-ins of the root user are recorded.
/// Source: CloudTrail user guide, "AWS Management Console sign-in events".
pub const ROOT_SIGN_IN: &[&str] = &["us-east-1", "us-east-2", "us-west-2"];

/// The Regions in which sign-ins of IAM users are recorded that did not choose a Region. Same source.
pub const USER_SIGN_IN: &[&str] = &["us-east-1", "us-east-2", "eu-north-1", "ap-southeast-2"];

/// How Event History names the root user.
const ROOT: &str = "root";

/// What a beginning keeps away from the oldest time that AWS takes: so long reading may take, or AWS's clock be ahead.
const SPARED: SignedDuration = SignedDuration::from_hours(1);

/// The oldest time that Event History has. AWS refuses a look-up that begins before it.
/// Source: CloudTrail API reference, "LookupEvents", `InvalidTimeRangeException`.
pub fn oldest(now: Timestamp) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(DAYS * 24)).unwrap_or(now)
}

/// The earliest time that is asked for, in whole seconds, as AWS counts.
pub fn earliest(now: Timestamp) -> Timestamp {
    let earliest = oldest(now).checked_add(SPARED).unwrap_or(now);
    Timestamp::from_second(earliest.as_second()).unwrap_or(earliest)
}

/// What is looked for: events of a period that fit every criterion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    start: Timestamp,
    end: Timestamp,
    criteria: Vec<(Attribute, String)>,
    root_only: bool,
}

/// What events can be looked up by, the one that the fewest events share first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "AWS's own names")]
pub enum Attribute {
    EventId,
    AccessKeyId,
    ResourceName,
    Username,
    EventName,
    EventSource,
    ResourceType,
    ReadOnly,
}

impl Query {
    /// All events of a period, both ends included.
    pub fn between(start: Timestamp, end: Timestamp) -> Self {
        Self { start, end, criteria: Vec::new(), root_only: false }
    }

    /// Only those that have this value.
    #[must_use]
    pub fn with(mut self, attribute: Attribute, value: impl Into<String>) -> Self {
        self.criteria.push((attribute, value.into()));
        self
    }

    /// Only those of the root user. An IAM user may be called root, too, and is not meant.
    #[must_use]
    pub fn of_root(mut self) -> Self {
        self.root_only = true;
        self
    }

    /// The one attribute that is left to AWS.
    fn asked_of_aws(&self) -> Option<(Attribute, &str)> {
        let root = self.root_only.then_some((Attribute::Username, ROOT));
        self.criteria.iter().map(|(attribute, value)| (*attribute, value.as_str())).chain(root).min()
    }

    /// Whether an event that AWS gave fits the criteria that AWS was not asked for.
    fn lets_through(&self, event: &RecordedEvent) -> bool {
        let asked = self.asked_of_aws();
        let fits = |(attribute, value): &(Attribute, String)| {
            asked == Some((*attribute, value.as_str())) || attribute.is_of(event, value)
        };
        (!self.root_only || event.is_root()) && self.criteria.iter().all(fits)
    }
}

impl Attribute {
    /// Whether an event has this value.
    fn is_of(self, event: &RecordedEvent, value: &str) -> bool {
        match self {
            Self::EventId => event.id == value,
            Self::AccessKeyId => event.access_key.as_deref() == Some(value),
            Self::ResourceName => event.resources.iter().any(|resource| resource.name == value),
            Self::Username => event.user.as_deref() == Some(value),
            Self::EventName => event.name == value,
            Self::EventSource => event.service == value,
            Self::ResourceType => event.resources.iter().any(|resource| resource.kind == value),
            Self::ReadOnly => event.read_only.is_some_and(|read_only| read_only.to_string() == value),
        }
    }
}

impl From<Attribute> for LookupAttributeKey {
    fn from(attribute: Attribute) -> Self {
        match attribute {
            Attribute::EventId => Self::EventId,
            Attribute::AccessKeyId => Self::AccessKeyId,
            Attribute::ResourceName => Self::ResourceName,
            Attribute::Username => Self::Username,
            Attribute::EventName => Self::EventName,
            Attribute::EventSource => Self::EventSource,
            Attribute::ResourceType => Self::ResourceType,
            Attribute::ReadOnly => Self::ReadOnly,
        }
    }
}

#[cfg(test)]
mod tests;
