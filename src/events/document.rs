//! Events as one JSON document for programs. Its shape is a promise, see the guide to `dayone events`.

use serde::Serialize;
use steps::event_history::RecordedEvent;

use super::gathered::{self, Gathered};
use super::period::Period;
use crate::cli::Events;

/// The version of the shape. It grows when a field changes or goes, not when one is added.
const SCHEMA: &str = "dayone-events/1";

/// How the document of a download begins.
pub const BEGINNING: &str = "{\n  \"schema\": \"dayone-events/";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    account: &'a str,
    query: Query<'a>,
    regions: Vec<Region<'a>>,
    /// Why the account's Regions could not be listed.
    regions_unlisted: Option<String>,
    /// Every Region that was asked for was read to the end of the period, or to the limit.
    complete: bool,
    /// Older events were left out because of the limit.
    limited: bool,
    events: &'a [RecordedEvent],
    api_calls: u32,
}

#[derive(Serialize)]
struct Query<'a> {
    since: String,
    until: String,
    user: Option<&'a str>,
    access_key: Option<&'a str>,
    event: Option<&'a str>,
    service: Option<String>,
    resource: Option<&'a str>,
    root: bool,
    limit: Option<usize>,
}

#[derive(Serialize)]
struct Region<'a> {
    region: &'a str,
    since: String,
    read: bool,
    found: usize,
    reason: Option<String>,
}

/// The whole answer as JSON.
pub fn json(
    account: &str,
    (asked, period, limit): (&Events, Period, Option<usize>),
    gathered: &Gathered,
    events: &[RecordedEvent],
    api_calls: u32,
) -> String {
    let document = Document {
        schema: SCHEMA,
        account,
        query: Query {
            since: period.start.to_string(),
            until: period.end.to_string(),
            user: asked.user.as_deref(),
            access_key: asked.access_key.as_deref(),
            event: asked.event.as_deref(),
            service: asked.service.as_deref().map(super::event_source),
            resource: asked.resource.as_deref(),
            root: asked.root,
            limit,
        },
        regions: gathered.regions().iter().map(|state| region(state, period)).collect(),
        regions_unlisted: gathered.unlisted().map(|error| error.detail().en),
        complete: gathered.is_complete(),
        limited: gathered.is_cut(),
        events,
        api_calls,
    };
    // Only maps with odd keys can fail, and there are none.
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

fn region(state: &gathered::Region, period: Period) -> Region<'_> {
    Region {
        region: state.name.as_str(),
        since: state.since(period).to_string(),
        read: state.unread.is_none(),
        found: state.position.found,
        reason: state.unread.as_ref().map(|error| error.detail().en),
    }
}
