//! Event History is asked through the SDK's own client; what answers is a stand-in for AWS that notes what it was
//! asked, and when.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::*;
use crate::aws::{Access, AwsFiles, Connection, Identity};
use crate::error::AwsError;

const ROOT_CALLS: &str = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
    <GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:root</Arn><UserId>111122223333</UserId>\
    <Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";

/// The newest event of the stand-in is of this second; each further one is a second older. What is older than 90 days
/// is not asked for, so it is of today.
static NEWEST: LazyLock<i64> = LazyLock::new(|| Timestamp::now().as_second());

/// Answers a look-up: from the call and the earlier calls to that Region.
type Answers = dyn Fn(&Call, &[Call]) -> (u16, Value) + Send + Sync;

/// A stand-in for AWS.
#[derive(Clone)]
struct Aws {
    answers: Arc<Answers>,
    calls: Arc<Mutex<Vec<Call>>>,
}

/// A look-up as it arrived.
#[derive(Debug, Clone)]
struct Call {
    region: String,
    at: Instant,
    body: Value,
}

impl Aws {
    fn new(answers: impl Fn(&Call, &[Call]) -> (u16, Value) + Send + Sync + 'static) -> Self {
        Self { answers: Arc::new(answers), calls: Arc::default() }
    }

    /// So many events in every Region, `PER_PAGE` at a time.
    fn with_events(count: usize) -> Self {
        Self::new(move |call, _| (200, page(call, count)))
    }

    async fn identity(&self) -> Identity {
        let login = Credentials::new("AKIAEXAMPLE", "secret", None, None, "test");
        let files = AwsFiles { credentials: "none".into(), config: "none".into() };
        let client = SharedHttpClient::new(self.clone());
        Connection::through(client, login, files, Access::ReadOnly).started_as().await.unwrap()
    }

    fn calls_to(&self, region: &str) -> Vec<Call> {
        self.calls.lock().unwrap().iter().filter(|call| call.region == region).cloned().collect()
    }

    fn answer(&self, request: &HttpRequest) -> (u16, String) {
        let scope = request.headers().get("authorization").unwrap().split("Credential=").nth(1).unwrap();
        let scope: Vec<_> = scope.split('/').collect();
        if scope[3] == "sts" {
            return (200, ROOT_CALLS.to_owned());
        }
        let body = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let call = Call { region: scope[2].to_owned(), at: Instant::now(), body };
        let earlier = self.calls_to(&call.region);
        self.calls.lock().unwrap().push(call.clone());
        let (status, answer) = (self.answers)(&call, &earlier);
        (status, answer.to_string())
    }
}

impl std::fmt::Debug for Aws {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Aws").finish_non_exhaustive()
    }
}

impl HttpClient for Aws {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Aws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (status, body) = self.answer(&request);
        HttpConnectorFuture::new(
            async move { Ok(HttpResponse::new(status.try_into().unwrap(), body.into())) },
        )
    }
}

/// One page of `count` events, from where the token says, none newer than the end that was asked for.
fn page(call: &Call, count: usize) -> Value {
    let end = call.body["EndTime"].as_i64().unwrap();
    let newest = usize::try_from((*NEWEST - end).max(0)).unwrap();
    let from = call.body["NextToken"].as_str().map_or(newest, |token| token.parse().unwrap());
    let until = (from + 50).min(count);
    let events: Vec<_> = (from..until)
        .map(|n| {
            let time = *NEWEST - i64::try_from(n).unwrap();
            json!({"EventId": format!("{}-{n}", call.region), "EventTime": time, "EventName": "CreateUser"})
        })
        .collect();
    let mut answer = json!({"Events": events});
    if until < count {
        answer["NextToken"] = json!(until.to_string());
    }
    answer
}

fn refused(code: &str) -> (u16, Value) {
    (400, json!({"__type": code, "message": "so"}))
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn everything() -> Query {
    Query::between(at(*NEWEST - 100_000), at(*NEWEST))
}

/// What a whole reading gave: the events, the last position of each Region, and what was refused.
#[derive(Default)]
struct Read {
    found: Found,
    positions: Vec<(String, Position)>,
    unread: Vec<(String, String)>,
}

async fn read(aws: &Aws, query: &Query, regions: &[(&str, Position)], limit: Option<usize>) -> Read {
    let regions = regions.iter().map(|(region, position)| ((*region).to_owned(), position.clone()));
    let bounds = Bounds { events: limit, ..Bounds::default() };
    let mut reader = Reader::start(&aws.identity().await, query, regions, bounds);
    let mut read = Read::default();
    while let Some(news) = reader.next().await {
        match news {
            News::Page(page) => {
                read.found.add(page.events);
                read.positions.retain(|(region, _)| *region != page.region);
                read.positions.push((page.region, page.position));
            }
            News::Unread { region, error } => read.unread.push((region, error.code.unwrap_or_default())),
        }
    }
    read
}

fn beginning(region: &str) -> (&str, Position) {
    (region, Position::default())
}

#[tokio::test(start_paused = true)]
async fn every_page_of_every_region_is_read_once_and_calls_keep_their_distance() {
    let aws = Aws::with_events(170);
    let start = Instant::now();
    let read = read(&aws, &everything(), &[beginning("us-east-1"), beginning("eu-west-1")], None).await;
    assert!(start.elapsed() < Duration::from_millis(2_000), "Regions are read side by side");
    let events = read.found.newest(None);
    let ids: BTreeSet<_> = events.iter().map(|event| event.id.clone()).collect();
    assert_eq!((events.len(), ids.len(), read.unread.len()), (340, 340, 0));
    assert!(events.is_sorted_by(|newer, older| newer.time >= older.time));
    for region in ["us-east-1", "eu-west-1"] {
        let calls = aws.calls_to(region);
        assert_eq!(calls.len(), 4);
        for pair in calls.windows(2) {
            assert!(pair[1].at - pair[0].at >= Duration::from_millis(600), "{pair:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_attribute_goes_to_aws_and_the_others_are_applied_here() {
    let aws = Aws::new(|_, _| {
        let event = |id: &str, user: &str, name: &str| {
            json!({"EventId": id, "Username": user, "EventName": name, "AccessKeyId": "AKIAONE",
                   "EventTime": *NEWEST})
        };
        let (first, second) = (event("1", "kim", "CreateUser"), event("2", "lee", "CreateUser"));
        (200, json!({"Events": [first, second, event("3", "kim", "DeleteUser")]}))
    });
    let query = everything()
        .with(Attribute::EventName, "CreateUser")
        .with(Attribute::AccessKeyId, "AKIAONE")
        .with(Attribute::Username, "kim");
    let read = read(&aws, &query, &[beginning("us-east-1")], None).await;
    let ids: Vec<_> = read.found.newest(None).into_iter().map(|event| event.id).collect();
    assert_eq!(ids, ["1"]);
    let asked = json!({
        "LookupAttributes": [{"AttributeKey": "AccessKeyId", "AttributeValue": "AKIAONE"}],
        "StartTime": *NEWEST - 100_000, "EndTime": *NEWEST, "MaxResults": 50
    });
    assert_eq!(aws.calls_to("us-east-1")[0].body, asked);
}

#[test]
fn every_attribute_is_applied_as_aws_would() {
    let record = json!({"readOnly": true,
        "userIdentity": {"type": "IAMUser", "userName": "kim", "accessKeyId": "AKIAONE"},
        "eventID": "id", "eventName": "GetUser", "eventSource": "iam.amazonaws.com",
        "resources": [{"type": "AWS::IAM::User", "ARN": "arn:kim"}]});
    let event = aws_sdk_cloudtrail::types::Event::builder().cloud_trail_event(record.to_string()).build();
    let event = RecordedEvent::read(&event, "us-east-1");
    let cases = [
        (Attribute::EventId, "id", "other"),
        (Attribute::AccessKeyId, "AKIAONE", "AKIA"),
        (Attribute::ResourceName, "arn:kim", "kim"),
        (Attribute::Username, "kim", "Kim"),
        (Attribute::EventName, "GetUser", "ListUsers"),
        (Attribute::EventSource, "iam.amazonaws.com", "iam"),
        (Attribute::ResourceType, "AWS::IAM::User", "AWS::IAM::Role"),
        (Attribute::ReadOnly, "true", "false"),
    ];
    for (attribute, of_it, of_another) in cases {
        assert!(attribute.is_of(&event, of_it), "{attribute:?}");
        assert!(!attribute.is_of(&event, of_another), "{attribute:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn root_is_looked_up_by_name_and_its_namesakes_are_left_out() {
    let aws = Aws::new(|_, _| {
        let event = |id: &str, kind: &str| {
            let record = json!({"userIdentity": {"type": kind, "userName": "root"}}).to_string();
            json!({"EventId": id, "Username": "root", "CloudTrailEvent": record, "EventTime": *NEWEST})
        };
        (200, json!({"Events": [event("1", "Root"), event("2", "IAMUser")]}))
    });
    let read = read(&aws, &everything().of_root(), &[beginning("us-east-1")], None).await;
    let ids: Vec<_> = read.found.newest(None).into_iter().map(|event| event.id).collect();
    assert_eq!(ids, ["1"]);
    let asked = aws.calls_to("us-east-1")[0].body["LookupAttributes"].clone();
    assert_eq!(asked, json!([{"AttributeKey": "Username", "AttributeValue": "root"}]));
}

#[tokio::test(start_paused = true)]
async fn a_region_that_is_refused_does_not_stop_the_others() {
    let aws = Aws::new(|call, _| match call.region.as_str() {
        "me-south-1" => refused("UnrecognizedClientException"),
        _ => (200, page(call, 60)),
    });
    let read = read(&aws, &everything(), &[beginning("me-south-1"), beginning("us-east-1")], None).await;
    assert_eq!(read.unread, [("me-south-1".to_owned(), "UnrecognizedClientException".to_owned())]);
    assert_eq!(read.found.count(), 60);
}

#[tokio::test(start_paused = true)]
async fn too_many_calls_are_waited_out() {
    let aws =
        Aws::new(
            |call, earlier| {
                if earlier.len() < 9 { refused("ThrottlingException") } else { (200, page(call, 10)) }
            },
        );
    let got = read(&aws, &everything(), &[beginning("us-east-1")], None).await;
    assert_eq!((got.found.count(), got.unread.len()), (10, 0));

    let always = Aws::new(|_, _| refused("ThrottlingException"));
    let got = read(&always, &everything(), &[beginning("us-east-1")], None).await;
    assert_eq!(got.unread, [("us-east-1".to_owned(), "ThrottlingException".to_owned())], "it ends");
}

#[tokio::test(start_paused = true)]
async fn reading_goes_on_from_a_position() {
    let aws = Aws::with_events(120);
    let after_one_page = Position {
        token: Some("50".into()),
        oldest: Some(at(*NEWEST - 49)),
        found: 50,
        ..Position::default()
    };
    let read = read(&aws, &everything(), &[("us-east-1", after_one_page)], None).await;
    assert_eq!(read.found.count(), 70);
    let (_, position) = &read.positions[0];
    assert!(position.ended && !position.is_cut() && position.found == 120, "{position:?}");
    assert_eq!(aws.calls_to("us-east-1")[0].body["NextToken"], "50");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_has_died_is_replaced_by_the_time_that_was_reached() {
    let aws = Aws::new(|call, _| match call.body["NextToken"].as_str() {
        Some("stale") => refused("InvalidNextTokenException"),
        _ => (200, page(call, 120)),
    });
    let left =
        Position { token: Some("stale".into()), oldest: Some(at(*NEWEST - 49)), ..Position::default() };
    let read = read(&aws, &everything(), &[("us-east-1", left)], None).await;
    // The event of the second that was reached comes again, and is told from new ones by its id.
    assert_eq!(read.found.count(), 71);
    let calls = aws.calls_to("us-east-1");
    assert_eq!(calls[1].body["EndTime"], *NEWEST - 49);
    assert!(calls[1..].iter().all(|call| call.body["EndTime"] == calls[1].body["EndTime"]), "{calls:?}");
}

/// AWS, which takes no beginning that is older than Event History, whatever the token.
fn strict(count: usize) -> Aws {
    Aws::new(move |call, _| {
        let start = at(call.body["StartTime"].as_i64().unwrap());
        if start < oldest(Timestamp::now()) {
            refused("InvalidTimeRangeException")
        } else {
            (200, page(call, count))
        }
    })
}

fn days_ago(days: i64) -> Timestamp {
    at(*NEWEST - days * 86_400)
}

/// The beginnings that were asked for. An hour is spared, and reading takes seconds.
fn begins_within_what_aws_takes(call: &Call) -> bool {
    let spared = call.body["StartTime"].as_i64().unwrap() - oldest(Timestamp::now()).as_second();
    (3_590..=3_600).contains(&spared)
}

#[tokio::test(start_paused = true)]
async fn what_has_become_too_old_is_not_asked_for_and_the_rest_is() {
    let aws = strict(120);
    let old = Query::between(days_ago(92), at(*NEWEST));
    let got = read(&aws, &old, &[beginning("us-east-1")], None).await;
    assert_eq!((got.found.count(), got.unread.len()), (120, 0));
    let calls = aws.calls_to("us-east-1");
    assert_eq!(calls.len(), 3, "AWS had nothing to refuse");
    assert!(begins_within_what_aws_takes(&calls[0]), "{calls:?}");
    for call in &calls {
        assert_eq!(call.body["StartTime"], calls[0].body["StartTime"], "a token belongs to its period");
    }
    let (_, position) = &got.positions[0];
    assert_eq!(position.start.map(Timestamp::as_second), calls[0].body["StartTime"].as_i64());
}

#[tokio::test(start_paused = true)]
async fn a_period_that_aws_refuses_begins_later_and_goes_on_where_it_was_left() {
    let aws = strict(120);
    let old = Query::between(days_ago(92), at(*NEWEST));
    let left = Position { token: Some("50".into()), oldest: Some(at(*NEWEST - 49)), ..Position::default() };
    let got = read(&aws, &old, &[("us-east-1", left)], None).await;
    // The event of the second that was reached comes again.
    assert_eq!((got.found.count(), got.unread.len()), (71, 0));
    let calls = aws.calls_to("us-east-1");
    assert_eq!((&calls[0].body["NextToken"], calls.len()), (&json!("50"), 3));
    assert_eq!(
        (&calls[1].body["NextToken"], &calls[1].body["EndTime"]),
        (&json!(null), &json!(*NEWEST - 49))
    );
    assert!(calls[1..].iter().all(begins_within_what_aws_takes), "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn a_period_that_is_too_old_altogether_has_nothing_left_to_ask_for() {
    let aws = strict(120);
    let old = Query::between(days_ago(95), days_ago(92));
    let reached = Position { oldest: Some(days_ago(91)), found: 7, ..Position::default() };
    let got = read(&aws, &old, &[beginning("us-east-1"), ("eu-west-1", reached)], None).await;
    assert_eq!((got.found.count(), got.unread.len(), got.positions.len()), (0, 0, 2));
    for (region, position) in &got.positions {
        assert!(position.ended && !position.is_cut(), "{position:?}");
        assert_eq!(aws.calls_to(region).len(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_period_that_is_refused_again_is_a_failure() {
    let aws = Aws::new(|_, _| refused("InvalidTimeRangeException"));
    let got = read(&aws, &everything(), &[beginning("us-east-1")], None).await;
    assert_eq!(got.unread, [("us-east-1".to_owned(), "InvalidTimeRangeException".to_owned())]);
    assert_eq!(aws.calls_to("us-east-1").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_limit_ends_the_reading_and_the_newest_stay() {
    let aws = Aws::with_events(500);
    let read = read(&aws, &everything(), &[beginning("us-east-1"), beginning("eu-west-1")], Some(60)).await;
    assert!(read.positions.iter().all(|(_, position)| position.is_cut()), "{:?}", read.positions);
    assert_eq!(aws.calls_to("us-east-1").len(), 2);
    let newest = read.found.newest(Some(60));
    assert_eq!(newest.len(), 60);
    assert_eq!(newest.last().unwrap().time, Some(at(*NEWEST - 29)), "of both Regions");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_leads_round_in_a_circle_is_not_followed() {
    let aws = Aws::new(|call, _| {
        let mut page = page(call, 50);
        page["NextToken"] = json!("50");
        (200, page)
    });
    let read = read(&aws, &everything(), &[beginning("us-east-1")], None).await;
    assert_eq!((aws.calls_to("us-east-1").len(), read.found.count()), (2, 50));
}

#[tokio::test(start_paused = true)]
async fn the_uses_of_a_key_are_summed_up() {
    let aws = Aws::new(|call, _| {
        if call.region == "eu-west-1" {
            return refused("AccessDeniedException");
        }
        let event = |n: i64, name: &str, address: &str, error: Option<&str>| {
            let record = json!({"sourceIPAddress": address, "userAgent": "aws-cli/1.27", "errorCode": error});
            json!({"EventId": n.to_string(), "EventTime": *NEWEST - n, "EventName": name,
                   "CloudTrailEvent": record.to_string()})
        };
        let events = [
            event(1, "ListBuckets", "198.51.100.23", None),
            event(2, "GetUser", "203.0.113.9", Some("AccessDenied")),
            event(3, "ListBuckets", "198.51.100.23", None),
        ];
        (200, json!({"Events": events}))
    });
    let summary = uses(&aws, &KeyUses::default(), None).await;
    let counted = |what: &str, calls| Counted { what: what.to_owned(), calls };
    assert_eq!((summary.calls, summary.at_least, summary.refused), (3, false, 1));
    assert_eq!((summary.first, summary.last), (Some(at(*NEWEST - 3)), Some(at(*NEWEST - 1))));
    assert_eq!(summary.addresses, [counted("198.51.100.23", 2), counted("203.0.113.9", 1)]);
    assert_eq!(summary.user_agents, [counted("aws-cli/1.27", 3)]);
    assert_eq!(summary.event_names, [counted("ListBuckets", 2), counted("GetUser", 1)]);
    let unread: Vec<_> = summary.unread.iter().map(|unread| unread.region.as_str()).collect();
    assert_eq!(unread, ["eu-west-1"]);

    let body = aws.calls_to("us-east-1")[0].body.clone();
    assert_eq!(body["LookupAttributes"][0]["AttributeKey"], "AccessKeyId");
    let (start, end) = (body["StartTime"].as_i64().unwrap(), body["EndTime"].as_i64().unwrap());
    assert_eq!(end - start, DAYS * 86_400 - 3_600, "not earlier than AWS takes");
}

const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];

fn asked_key(last_use: Option<&str>) -> AskedKey {
    AskedKey { id: "AKIAEXAMPLE".into(), last_use: last_use.map(ToOwned::to_owned), signs_since: None }
}

/// Reads what the key was used for, in both Regions.
async fn uses(aws: &Aws, key_uses: &KeyUses, last_use: Option<&str>) -> Summary {
    uses_in(aws, key_uses, last_use, &enabled(&REGIONS)).await
}

async fn uses_in(aws: &Aws, key_uses: &KeyUses, last_use: Option<&str>, regions: &EnabledRegions) -> Summary {
    let keys = [asked_key(last_use)];
    key_uses.read(&aws.identity().await, &keys, regions).await.remove(0)
}

/// The Regions, as AWS lists them.
fn enabled(names: &[&str]) -> EnabledRegions {
    EnabledRegions { names: names.iter().map(|name| (*name).to_owned()).collect(), unlisted: None }
}

/// So many calls of the key in every Region, whatever period is asked for.
fn calls_of_the_key(count: usize) -> Aws {
    Aws::new(move |call, _| {
        let from = call.body["NextToken"].as_str().map_or(0, |token| token.parse().unwrap());
        let until = (from + 50).min(count);
        let event = |n| json!({"EventId": format!("{}-{n}", call.region), "EventName": "ListBuckets"});
        let mut answer = json!({"Events": (from..until).map(event).collect::<Vec<_>>()});
        if until < count {
            answer["NextToken"] = json!(until.to_string());
        }
        (200, answer)
    })
}

#[tokio::test(start_paused = true)]
async fn of_a_busy_key_so_many_pages_are_read_and_the_rest_is_not_denied() {
    for (count, calls, at_least) in [(200, 400, false), (201, 400, true), (5_000, 400, true)] {
        let aws = calls_of_the_key(count);
        let begin = Instant::now();
        let summary = uses(&aws, &KeyUses::default(), None).await;
        assert_eq!((summary.calls, summary.at_least), (calls, at_least), "{count}");
        assert_eq!(aws.calls_to("us-east-1").len(), 4, "{count}");
        assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn pages_with_little_on_them_are_bounded_too() {
    let aws = Aws::new(|_, earlier| {
        let next = (earlier.len() + 1).to_string();
        (200, json!({"Events": [], "NextToken": next}))
    });
    let summary = uses(&aws, &KeyUses::default(), None).await;
    assert_eq!((summary.calls, summary.at_least), (0, true));
    assert_eq!(aws.calls_to("eu-west-1").len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_region_that_is_throttled_is_not_waited_for_long() {
    let aws = Aws::new(|call, _| match call.region.as_str() {
        "eu-west-1" => refused("ThrottlingException"),
        _ => (200, json!({"Events": [{"EventId": "1", "EventName": "ListBuckets"}]})),
    });
    let begin = Instant::now();
    let summary = uses(&aws, &KeyUses::default(), None).await;
    assert_eq!((summary.calls, summary.at_least), (1, true));
    assert_eq!(begin.elapsed().as_secs(), 15);
}

#[tokio::test(start_paused = true)]
async fn two_keys_are_read_at_once() {
    let aws = calls_of_the_key(5_000);
    let keys = [asked_key(None), AskedKey { id: "AKIAOTHER".into(), ..asked_key(None) }];
    let begin = Instant::now();
    let read = KeyUses::default().read(&aws.identity().await, &keys, &enabled(&["us-east-1"])).await;
    assert_eq!(read.iter().map(|summary| summary.calls).collect::<Vec<_>>(), [200, 200]);
    assert_eq!(aws.calls_to("us-east-1").len(), 8);
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_was_read_of_a_key_is_kept_until_it_is_used_again() {
    let (aws, key_uses) = (calls_of_the_key(3), KeyUses::default());
    let before = Some("2026-11-18T00:00:00Z");
    assert_eq!(key_uses.known(&asked_key(before)), None);
    let read = uses(&aws, &key_uses, before).await;
    assert_eq!(key_uses.known(&asked_key(before)), Some(read));
    assert_eq!(key_uses.known(&asked_key(Some("2026-11-19T00:00:00Z"))), None);
    assert_eq!(key_uses.known(&asked_key(None)), None);
}

/// A run that is signed with the key leaves its own calls in Event History, and so did earlier ones.
#[tokio::test(start_paused = true)]
async fn of_the_key_that_signs_only_the_calls_of_others_count() {
    let aws = Aws::new(|_, _| {
        let event = |n: i64, agent: &str| {
            let record = json!({"userAgent": agent});
            json!({"EventId": n.to_string(), "EventTime": *NEWEST - n, "EventName": "ListBuckets",
                   "CloudTrailEvent": record.to_string()})
        };
        let ours = "aws-sdk-rust/1.3.14 ua/2.1 api/iam/1.133.0 os/linux lang/rust/1.95.0 app/dayone";
        (200, json!({"Events": [event(10, "aws-cli/2.32"), event(20, ours), event(30, "Boto3/1.26")]}))
    });
    let calls = async |signs_since: Option<i64>| {
        let key = AskedKey { signs_since: signs_since.map(at), ..asked_key(None) };
        let (key_uses, regions) = (KeyUses::default(), enabled(&["us-east-1"]));
        let read = key_uses.read(&aws.identity().await, std::slice::from_ref(&key), &regions).await.remove(0);
        assert_eq!(key_uses.known(&key), Some(read.clone()));
        (read.calls, read.last)
    };
    assert_eq!(calls(None).await, (3, Some(at(*NEWEST - 10))));
    assert_eq!(calls(Some(*NEWEST - 15)).await, (1, Some(at(*NEWEST - 30))));
    assert_eq!(calls(Some(*NEWEST)).await, (2, Some(at(*NEWEST - 10))));
}

#[tokio::test(start_paused = true)]
async fn who_watches_a_key_reads_only_what_is_new() {
    // A call more each time, and the earlier ones again.
    let aws = Aws::new(|_, earlier| {
        let event = |n: usize| json!({"EventId": n.to_string(), "EventName": "ListBuckets"});
        (200, json!({"Events": (0..=earlier.len()).map(event).collect::<Vec<_>>()}))
    });
    let key_uses = KeyUses::default();
    let mut calls = Vec::new();
    for _ in 0..3 {
        calls.push(uses(&aws, &key_uses, None).await.calls);
    }
    // The events of both Regions have the same ids here.
    assert_eq!(calls, [1, 2, 3]);
    let periods: Vec<_> = aws
        .calls_to("us-east-1")
        .iter()
        .map(|call| call.body["EndTime"].as_i64().unwrap() - call.body["StartTime"].as_i64().unwrap())
        .collect();
    assert_eq!(periods[0], DAYS * 86_400 - 3_600);
    assert!(periods[1..].iter().all(|period| *period < 2 * DELAY.as_secs()), "{periods:?}");
}

#[tokio::test(start_paused = true)]
async fn a_region_that_could_not_be_read_is_read_whole_the_next_time() {
    let aws = Aws::new(|call, earlier| match call.region.as_str() {
        "eu-west-1" if earlier.is_empty() => refused("AccessDeniedException"),
        _ => (200, json!({"Events": []})),
    });
    let key_uses = KeyUses::default();
    assert_eq!(uses(&aws, &key_uses, None).await.unread.len(), 1);
    assert_eq!(uses(&aws, &key_uses, None).await.unread, []);
    let again = aws.calls_to("eu-west-1")[1].body["StartTime"].as_i64().unwrap();
    assert!(again <= aws.calls_to("eu-west-1")[0].body["StartTime"].as_i64().unwrap() + 60);
}

/// What was read of the Regions that every account has goes on, until the others are known too: of those nothing was.
#[tokio::test(start_paused = true)]
async fn that_the_regions_were_not_listed_is_kept_until_they_are() {
    let error = AwsError::without_answer("account:ListRegions", "no Region is listed");
    let in_part = EnabledRegions { unlisted: Some(error.clone()), ..enabled(&["us-east-1"]) };
    let (aws, key_uses) = (calls_of_the_key(3), KeyUses::default());
    let mut whole = Vec::new();
    for (regions, unlisted) in
        [(&in_part, Some(&error)), (&in_part, Some(&error)), (&enabled(&REGIONS), None)]
    {
        let read = uses_in(&aws, &key_uses, None, regions).await;
        assert_eq!((read.unlisted.as_deref(), read.at_least), (unlisted, false));
        assert_eq!(key_uses.known(&asked_key(None)), Some(read));
        let last = aws.calls_to("us-east-1").pop().unwrap();
        let period = last.body["EndTime"].as_i64().unwrap() - last.body["StartTime"].as_i64().unwrap();
        whole.push(period == DAYS * 86_400 - 3_600);
    }
    assert_eq!(whole, [true, false, true]);
    assert_eq!(aws.calls_to("eu-west-1").len(), 1);
}
