//! The keys that were switched on or off, by Event History.

use std::collections::BTreeSet;

use aws_sdk_cloudtrail::operation::lookup_events::LookupEventsOutput;
use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};
use serde_json::Value;

use crate::aws::{ForCall, Identity, Reading, Unseen};
use crate::error::AwsError;
use crate::text::Text;
use crate::{regions, text};

/// Event History is read for so many pages, of 50 events each.
const EVENT_PAGES: usize = 4;

/// The keys, of these, that Event History has being switched. IAM's events are in one Region of the partition.
pub(super) async fn switched(
    identity: &Identity,
    forgotten: &BTreeSet<String>,
) -> Result<Reading<BTreeSet<String>>, AwsError> {
    const CALL: &str = "cloudtrail:LookupEvents";
    if forgotten.is_empty() {
        return Ok(Ok(BTreeSet::new()));
    }
    let region = regions::of_global_services(&identity.caller.partition);
    let wanted = LookupAttribute::builder()
        .attribute_key(LookupAttributeKey::EventName)
        .attribute_value("UpdateAccessKey")
        .build()
        .map_err(|error| AwsError::without_answer(CALL, &error.to_string()))?;
    let mut pages =
        identity.cloudtrail(region).lookup_events().lookup_attributes(wanted).into_paginator().send();
    let mut switched = BTreeSet::new();
    for _ in 0..EVENT_PAGES {
        identity.look_ups().turn(region).await;
        let Some(page) = pages.next().await else { break };
        let page = match identity.reading(page.for_call("cloudtrail:LookupEvents"))? {
            Ok(page) => page,
            Err(unseen) => return Ok(Err(unseen)),
        };
        match keys_in(&page) {
            Some(keys) => switched.extend(keys.into_iter().filter(|key| forgotten.contains(key))),
            None => return Ok(Err(Unseen::failed(CALL, unclear()))),
        }
        if page.next_token().is_none_or(str::is_empty) {
            return Ok(Ok(switched));
        }
    }
    Ok(Err(Unseen::failed(CALL, too_many())))
}

fn unclear() -> Text {
    text! { en: "an event does not tell its key.", ko: "어느 키인지 알 수 없는 이벤트가 있습니다." }
}

fn too_many() -> Text {
    text! { en: "there are too many events.", ko: "이벤트가 너무 많습니다." }
}

/// None where an event does not tell its key.
fn keys_in(page: &LookupEventsOutput) -> Option<Vec<String>> {
    page.events().iter().map(key_in).collect()
}

fn key_in(event: &Event) -> Option<String> {
    let event: Value = serde_json::from_str(event.cloud_trail_event()?).ok()?;
    // A call that was refused has no parameters, and switched nothing.
    if event.get("errorCode").is_some() {
        return Some(String::new());
    }
    event.get("requestParameters")?.get("accessKeyId")?.as_str().map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Access, canned};

    fn event(words: &str) -> Event {
        Event::builder().cloud_trail_event(words).build()
    }

    #[test]
    fn an_event_tells_which_key_was_switched() {
        let switched = event(r#"{"requestParameters": {"accessKeyId": "AKIA1", "status": "Inactive"}}"#);
        let refused = event(r#"{"errorCode": "AccessDenied", "requestParameters": null}"#);
        let page = |events: Vec<Event>| LookupEventsOutput::builder().set_events(Some(events)).build();
        let keys = keys_in(&page(vec![switched.clone(), refused])).unwrap();
        assert_eq!(keys, ["AKIA1", ""]);
        for unclear in [event("{}"), event("not JSON"), Event::builder().build()] {
            assert_eq!(keys_in(&page(vec![switched.clone(), unclear])), None);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_switched_key_is_found_in_event_history() {
        let event =
            r#"{"Events": [{"CloudTrailEvent": "{\"requestParameters\": {\"accessKeyId\": \"AKIA1\"}}"}]}"#;
        let endless = r#"{"Events": [], "NextToken": "more"}"#;
        let keys = BTreeSet::from(["AKIA1".to_owned(), "AKIA2".to_owned()]);
        for (answer, expected) in
            [(event, Some(vec!["AKIA1"])), (r#"{"Events": [{}]}"#, None), (endless, None)]
        {
            let aws = canned::Aws::answering(move |_| Some((200, answer.into())));
            let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
            let found = switched(&identity, &keys).await.unwrap();
            let found = found.ok().map(|found| found.into_iter().collect::<Vec<_>>());
            assert_eq!(
                found,
                expected.map(|keys| keys.into_iter().map(str::to_owned).collect::<Vec<_>>()),
                "{answer}"
            );
            assert!(aws.heard().len() <= 1 + EVENT_PAGES, "{answer}");
        }
    }
}
