//! The keys that were switched on or off, by Event History.

use std::collections::BTreeSet;

use crate::aws::{Identity, Reading, Unseen};
use crate::error::AwsError;
use crate::event_history::{Attribute, Query, RecordedEvent, earliest, look_up};
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
    let (region, now) = (regions::of_global_services(&identity.caller.partition), identity.clock().now());
    let query = Query::between(earliest(now), now).with(Attribute::EventName, "UpdateAccessKey");
    let looked_up = match identity.reading(look_up(identity, region, query, EVENT_PAGES).await)? {
        Ok(looked_up) => looked_up,
        Err(unseen) => return Ok(Err(unseen)),
    };
    if looked_up.is_cut {
        return Ok(Err(Unseen::failed(CALL, too_many())));
    }
    let Some(keys) = keys_in(&looked_up.events) else { return Ok(Err(Unseen::failed(CALL, unclear()))) };
    Ok(Ok(forgotten.iter().filter(|key| keys.contains(key.as_str())).cloned().collect()))
}

fn unclear() -> Text {
    text! { en: "an event does not tell its key.", ko: "어느 키인지 알 수 없는 이벤트가 있습니다." }
}

fn too_many() -> Text {
    text! { en: "there are too many events.", ko: "이벤트가 너무 많습니다." }
}

/// The keys that were switched. None where an event does not tell its key; a call that was refused has switched nothing.
fn keys_in(events: &[RecordedEvent]) -> Option<BTreeSet<&str>> {
    let done = events.iter().filter(|event| event.refused.is_none());
    done.map(|event| event.changed_key.as_deref()).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use aws_sdk_cloudtrail::types::Event;

    use super::*;
    use crate::aws::{Access, canned};

    const SWITCHED: &str =
        r#"{"Events": [{"CloudTrailEvent": "{\"requestParameters\": {\"accessKeyId\": \"AKIA1\"}}"}]}"#;

    fn event(words: &str) -> RecordedEvent {
        RecordedEvent::read(&Event::builder().cloud_trail_event(words).build(), "us-east-1")
    }

    #[test]
    fn an_event_tells_which_key_was_switched() {
        let switched = event(r#"{"requestParameters": {"accessKeyId": "AKIA1", "status": "Inactive"}}"#);
        let refused = event(r#"{"errorCode": "AccessDenied", "requestParameters": null}"#);
        assert_eq!(keys_in(&[switched.clone(), refused]), Some(BTreeSet::from(["AKIA1"])));
        for unclear in [event("{}"), event("not JSON"), event(r#"{"requestParameters": null}"#)] {
            assert_eq!(keys_in(&[switched.clone(), unclear]), None);
        }
    }

    /// The keys that are found switched where AWS answers so.
    async fn found(aws: &canned::Aws) -> Option<Vec<String>> {
        let keys = BTreeSet::from(["AKIA1".to_owned(), "AKIA2".to_owned()]);
        let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        let found = switched(&identity, &keys).await.unwrap();
        found.ok().map(|found| found.into_iter().collect())
    }

    #[tokio::test(start_paused = true)]
    async fn a_switched_key_is_found_in_event_history() {
        for (answer, expected) in [(SWITCHED, Some(vec!["AKIA1".to_owned()])), (r#"{"Events": [{}]}"#, None)]
        {
            let aws = canned::Aws::answering(move |_| Some((200, answer.into())));
            assert_eq!(found(&aws).await, expected, "{answer}");
            assert_eq!(aws.heard().len(), 2, "{answer}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn of_endless_events_a_few_pages_are_read_and_nothing_is_concluded() {
        let pages = AtomicUsize::new(0);
        let aws = canned::Aws::answering(move |_| {
            let page = pages.fetch_add(1, Ordering::Relaxed);
            Some((200, format!("{{\"Events\": [], \"NextToken\": \"{page}\"}}")))
        });
        assert_eq!((found(&aws).await, aws.heard().len()), (None, 1 + EVENT_PAGES));
    }

    /// The SDK gives up after eight attempts, while somebody else in the account looks up events too.
    #[tokio::test(start_paused = true)]
    async fn who_is_throttled_for_a_while_finds_it_all_the_same() {
        let refused = AtomicUsize::new(0);
        let aws = canned::Aws::answering(move |call| match refused.fetch_add(1, Ordering::Relaxed) {
            0..9 => call.refused(400, "ThrottlingException"),
            _ => Some((200, SWITCHED.into())),
        });
        assert_eq!(found(&aws).await, Some(vec!["AKIA1".to_owned()]));
    }
}
