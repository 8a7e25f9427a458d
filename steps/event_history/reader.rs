//! Reads the events of several Regions side by side, page by page, from wherever each of them was left.

use std::time::Duration;

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::operation::lookup_events::LookupEventsOutput;
use aws_sdk_cloudtrail::types::LookupAttribute;
use aws_smithy_types::DateTime;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{Found, Pace, Query, RecordedEvent, earliest, oldest};
use crate::aws::{AwsClock, ForCall, Identity};
use crate::error::AwsError;

/// The most that AWS gives at once.
const PER_PAGE: i32 = 50;

/// Pages that nobody has taken yet. More are not asked for meanwhile.
const PAGES_AHEAD: usize = 32;

/// Seconds to wait when AWS says, after the SDK's own attempts, that the calls of this account are too many: somebody
/// else looks up events too.
const PATIENCE: [u64; 5] = [2, 4, 8, 16, 30];

/// Reads until it is dropped, or until every Region has been read.
#[derive(Debug)]
pub struct Reader {
    news: mpsc::Receiver<News>,
    /// Ends the reading when it is dropped.
    _regions: JoinSet<()>,
}

/// What came of one call.
#[derive(Debug)]
pub enum News {
    /// A page.
    Page(Page),
    /// A Region that cannot be read, or no further.
    Unread {
        /// The Region.
        region: String,
        /// Why.
        error: AwsError,
    },
}

/// The events of one page, newest first, and how far the Region has been read with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The Region.
    pub region: String,
    /// Where to go on.
    pub position: Position,
    /// The events.
    pub events: Vec<RecordedEvent>,
}

/// How far a Region has been read. The default is the beginning: the newest event.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Position {
    /// AWS's token for the next page.
    pub token: Option<String>,
    /// The beginning of the period that the token belongs to; none: the query's. A later one where events have meanwhile
    /// become too old for Event History.
    pub start: Option<Timestamp>,
    /// The end of the period that the token belongs to; none: the query's.
    pub end: Option<Timestamp>,
    /// The time of the oldest event that AWS has given.
    pub oldest: Option<Timestamp>,
    /// How many events were found.
    pub found: usize,
    /// Whether there is nothing more to ask for.
    pub ended: bool,
}

/// When a Region is left before its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bounds {
    /// After so many events.
    pub events: Option<usize>,
    /// After so many pages, whatever is on them.
    pub pages: Option<usize>,
}

impl Bounds {
    fn are_reached(self, events: usize, pages: usize) -> bool {
        self.events.is_some_and(|most| events >= most) || self.pages.is_some_and(|most| pages >= most)
    }
}

impl Position {
    /// Whether it ended at a bound, with older events left.
    pub fn is_cut(&self) -> bool {
        self.ended && self.token.is_some()
    }
}

impl Reader {
    /// Begins to read, in each Region from its position, and leaves it at the bounds.
    pub fn start(
        identity: &Identity,
        query: &Query,
        regions: impl IntoIterator<Item = (String, Position)>,
        bounds: Bounds,
    ) -> Self {
        let (sender, news) = mpsc::channel(PAGES_AHEAD);
        let mut readings = JoinSet::new();
        for (region, position) in regions {
            let reading = Reading { position, ..Reading::new(identity, &region, query.clone(), bounds) };
            readings.spawn(reading.go(sender.clone()));
        }
        Self { news, _regions: readings }
    }

    /// What came next, from whichever Region; none when all have been read. Nothing is lost by not waiting to the end.
    pub async fn next(&mut self) -> Option<News> {
        self.news.recv().await
    }
}

/// The events of one Region, as far as they were read.
#[derive(Debug)]
pub(crate) struct LookedUp {
    /// The events, newest first.
    pub events: Vec<RecordedEvent>,
    /// Whether older ones are left.
    pub is_cut: bool,
}

/// Looks up in one Region, and no more than so many pages. The caller waits for it, as long as a [`Reader`] would.
pub(crate) async fn look_up(
    identity: &Identity,
    region: &str,
    query: Query,
    pages: usize,
) -> Result<LookedUp, AwsError> {
    let bounds = Bounds { pages: Some(pages), ..Bounds::default() };
    let (mut reading, mut found) = (Reading::new(identity, region, query, bounds), Found::default());
    while !reading.position.ended {
        found.add(reading.page().await?.events);
    }
    Ok(LookedUp { events: found.newest(None), is_cut: reading.position.is_cut() })
}

/// The reading of one Region.
struct Reading {
    client: Client,
    pace: Pace,
    clock: AwsClock,
    region: String,
    query: Query,
    position: Position,
    bounds: Bounds,
    /// How many pages were read.
    pages: usize,
}

impl Reading {
    /// From the beginning.
    fn new(identity: &Identity, region: &str, query: Query, bounds: Bounds) -> Self {
        Self {
            client: identity.cloudtrail(region),
            pace: identity.look_ups().clone(),
            clock: identity.clock().clone(),
            region: region.to_owned(),
            query,
            position: Position::default(),
            bounds,
            pages: 0,
        }
    }

    async fn go(mut self, sender: mpsc::Sender<News>) {
        while !self.position.ended {
            let (news, over) = match self.page().await {
                Ok(page) => (News::Page(page), false),
                Err(error) => (News::Unread { region: self.region.clone(), error }, true),
            };
            if sender.send(news).await.is_err() || over {
                return;
            }
        }
    }

    /// The next page, asked for again while a refusal is one that passes.
    async fn page(&mut self) -> Result<Page, AwsError> {
        let (mut patience, mut begins_later) = (PATIENCE.into_iter(), false);
        loop {
            if self.has_passed() {
                return Ok(self.nothing_left());
            }
            let turn = self.pace.turn(&self.region).await;
            let answer = self.ask().await;
            self.pace.answered(&self.region, turn);
            match answer {
                Ok(answer) => return Ok(self.take(answer)),
                Err(error) if error.is("InvalidNextToken") && self.position.token.is_some() => {
                    self.go_on_without_token();
                }
                Err(error) if error.is("InvalidTimeRange") && !begins_later => {
                    begins_later = true;
                    self.go_on_without_token();
                    self.begin_no_earlier_than(earliest(now_at_aws(&error)));
                }
                Err(error) if error.is("Throttling") => match patience.next() {
                    Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                    None => return Err(error),
                },
                Err(error) => return Err(error),
            }
        }
    }

    async fn ask(&self) -> Result<LookupEventsOutput, AwsError> {
        let mut call = self
            .client
            .lookup_events()
            .start_time(seconds(self.start()))
            .end_time(seconds(self.end()))
            .max_results(PER_PAGE)
            .set_next_token(self.position.token.clone());
        if let Some((attribute, value)) = self.query.asked_of_aws() {
            let attribute =
                LookupAttribute::builder().attribute_key(attribute.into()).attribute_value(value).build();
            let attribute = attribute
                .map_err(|error| AwsError::without_answer("cloudtrail:LookupEvents", &error.to_string()))?;
            call = call.lookup_attributes(attribute);
        }
        call.send().await.for_call("cloudtrail:LookupEvents")
    }

    fn take(&mut self, answer: LookupEventsOutput) -> Page {
        let events: Vec<_> =
            answer.events().iter().map(|event| RecordedEvent::read(event, &self.region)).collect();
        let oldest = events.iter().filter_map(|event| event.time).min();
        let events: Vec<_> = events.into_iter().filter(|event| self.query.lets_through(event)).collect();
        self.pages += 1;
        let position = &mut self.position;
        // A token that comes again would lead round in a circle.
        let token = answer.next_token.filter(|token| position.token.as_ref() != Some(token));
        position.found += events.len();
        position.oldest = oldest.or(position.oldest);
        position.ended = token.is_none() || self.bounds.are_reached(position.found, self.pages);
        position.token = token;
        Page { region: self.region.clone(), position: position.clone(), events }
    }

    /// A token does not live for ever. From the oldest event on, the rest can be asked for anew; events of that very
    /// second come twice.
    fn go_on_without_token(&mut self) {
        self.position.token = None;
        self.position.end = self.position.oldest.or(self.position.end);
    }

    /// Whether all that is left to ask for has become too old. With a token the period has to stay what it was.
    fn has_passed(&mut self) -> bool {
        let now = self.clock.now();
        if self.position.token.is_none() && self.start() < oldest(now) {
            self.begin_no_earlier_than(earliest(now));
        }
        self.position.token.is_none() && self.start() > self.end()
    }

    fn nothing_left(&mut self) -> Page {
        self.position.ended = true;
        Page { region: self.region.clone(), position: self.position.clone(), events: Vec::new() }
    }

    fn begin_no_earlier_than(&mut self, earliest: Timestamp) {
        if self.start() < earliest {
            self.position.start = Some(earliest);
        }
    }

    fn start(&self) -> Timestamp {
        self.position.start.unwrap_or(self.query.start)
    }

    fn end(&self) -> Timestamp {
        self.position.end.unwrap_or(self.query.end)
    }
}

/// By the date of AWS's answer, because AWS goes by its own clock.
fn now_at_aws(error: &AwsError) -> Timestamp {
    let (now, ahead) = (Timestamp::now(), SignedDuration::from_secs(error.clock_skew.unwrap_or_default()));
    now.checked_sub(ahead).unwrap_or(now)
}

fn seconds(time: Timestamp) -> DateTime {
    DateTime::from_secs(time.as_second())
}
