//! Event History: what was called in the last 90 days, by whom, from where and with what result. It is asked a Region
//! at a time, twice a second at most, one attribute at a time.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use winterbaume_core::MockResponse;

use super::callers::Caller;
use super::kept::Memory;
use super::service::Service;
use super::wire::{Call, header, iso, json_answer, refusal_in};
use super::{ACCOUNT_ID, signature, tokens, xml};

const MOST_EVENTS: usize = 20_000;
const EVENTS_PER_PAGE: usize = 50;
const DAY: u64 = 86_400;
const KEPT_FOR: u64 = 90 * DAY;
const LOOKUPS_A_SECOND: usize = 2;
/// Where calls come from: the practice account is reached from this machine alone.
const ADDRESS: &str = "127.0.0.1";
/// Programs call themselves at length.
const LONGEST_AGENT: usize = 256;

/// A call, as Event History remembers it.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Event {
    pub id: String,
    pub time: u64,
    pub name: String,
    pub source: String,
    pub region: String,
    pub read_only: bool,
    /// The name of who called: `root`, or a user's.
    pub user: String,
    pub arn: String,
    pub principal: String,
    /// The id of the key that signed; empty where none did.
    pub key: String,
    /// Whether the session carried MFA, and when it was made; none with a long-term key.
    pub session: Option<(bool, u64)>,
    pub address: String,
    pub agent: String,
    /// The code and the words of a refusal.
    pub error: Option<(String, String)>,
    pub request: String,
    /// Type and name of what it was about.
    pub resources: Vec<(String, String)>,
    /// What the event has beside what every event has.
    pub more: Map<String, Value>,
}

impl Memory {
    /// Writes a call into Event History, refused or not.
    pub fn record(&mut self, call: &Call, caller: &Caller, answer: &MockResponse, now: u64) {
        if call.operation.is_empty() || is_about_data(call) {
            return;
        }
        let agent = header(&call.request, "user-agent").unwrap_or_default();
        let event = Event {
            name: call.operation.clone(),
            source: format!("{}.amazonaws.com", call.service.prefix()),
            region: call.service.region_of_events(&call.region).to_owned(),
            read_only: call.is_read(),
            key: call.key.clone(),
            session: self.session_of(call, caller),
            agent: agent.chars().take(LONGEST_AGENT).collect(),
            error: refusal_in(answer),
            request: call.id.clone(),
            resources: resources(call, answer),
            ..Event::by(caller, now)
        };
        self.remember(event);
    }

    /// Puts an event behind the others. The oldest goes when there are too many.
    pub fn remember(&mut self, event: Event) {
        self.events.push_back(event);
        while self.events.len() > MOST_EVENTS {
            self.events.pop_front();
        }
    }

    /// Puts made-up events among the others, by their time.
    pub fn remember_earlier(&mut self, events: impl IntoIterator<Item = Event>) {
        self.events.extend(events);
        self.events.make_contiguous().sort_by_key(|event| event.time);
        let spare = self.events.len().saturating_sub(MOST_EVENTS);
        self.events.drain(..spare);
    }

    fn session_of(&self, call: &Call, caller: &Caller) -> Option<(bool, u64)> {
        call.token.as_ref()?;
        let made = self.sessions.get(&call.key).map_or(self.root.login.made, |session| session.key.made);
        match caller {
            Caller::Root => Some((false, made)),
            Caller::User { mfa, .. } => Some((mfa.unwrap_or(false), made)),
        }
    }
}

impl Event {
    /// An event of somebody, with an id of its own.
    pub fn by(caller: &Caller, time: u64) -> Self {
        Self {
            id: tokens::request_id(),
            time,
            user: caller.name().to_owned(),
            arn: caller.arn(),
            principal: caller.id(),
            address: ADDRESS.to_owned(),
            request: tokens::request_id(),
            ..Self::default()
        }
    }
}

/// What is done with objects is not in Event History.
fn is_about_data(call: &Call) -> bool {
    call.service == Service::S3 && (call.object.is_some() || call.operation == "ListObjectsV2")
}

fn resources(call: &Call, answer: &MockResponse) -> Vec<(String, String)> {
    let of = |kind: &str, name: Option<&str>| {
        name.filter(|name| !name.is_empty()).map(|name| (kind.to_owned(), name.to_owned()))
    };
    let made = made_key(call, answer);
    let trail = [call.text("Name"), call.text("TrailName")].into_iter().find(|name| !name.is_empty());
    let found = [
        of("AWS::IAM::User", call.parameter("UserName")),
        of("AWS::IAM::Group", call.parameter("GroupName")),
        of("AWS::IAM::Policy", call.parameter("PolicyArn")),
        of("AWS::IAM::AccessKey", call.parameter("AccessKeyId").or(made.as_deref())),
        of("AWS::S3::Bucket", call.bucket.as_deref()),
        of("AWS::CloudTrail::Trail", trail.filter(|_| call.service == Service::CloudTrail)),
    ];
    found.into_iter().flatten().collect()
}

/// The id of the access key that a call has made.
fn made_key(call: &Call, answer: &MockResponse) -> Option<String> {
    if call.operation != "CreateAccessKey" {
        return None;
    }
    xml::read(&answer.body)?.text_of("AccessKeyId").map(ToOwned::to_owned)
}

/// What root's first access key was used for before: a script lists the buckets every few days. Also its last use.
pub(crate) fn history_of_a_script(key: &str, now: u64) -> (VecDeque<Event>, Option<(u64, String, String)>) {
    const CALLS: u64 = 14;
    const LAST_DAYS_AGO: u64 = 3;
    const EVERY_DAYS: u64 = 6;
    let call = |number: u64| Event {
        name: "ListBuckets".into(),
        source: "s3.amazonaws.com".into(),
        region: "us-east-1".into(),
        read_only: true,
        key: key.to_owned(),
        address: "198.51.100.23".into(),
        agent: "aws-cli/1.27.41 Python/3.8.10 Linux/5.4.0-1029-aws botocore/1.29.41".into(),
        ..Event::by(&Caller::Root, now.saturating_sub((LAST_DAYS_AGO + number * EVERY_DAYS) * DAY))
    };
    let history: VecDeque<_> = (0..CALLS).rev().map(call).collect();
    let last = history.back().map(|event| (event.time, "s3".to_owned(), event.region.clone()));
    (history, last)
}

/// Made-up events of a Region, evenly over the time that Event History reaches back. Those that change something are
/// about an instance and its subnet, and some of them were refused.
pub(crate) fn made_up(region: &str, count: usize, now: u64) -> Vec<Event> {
    const CALLS: &[(&str, &str, bool)] = &[
        ("ListBuckets", "s3.amazonaws.com", true),
        ("DescribeInstances", "ec2.amazonaws.com", true),
        ("GetCallerIdentity", "sts.amazonaws.com", true),
        ("RunInstances", "ec2.amazonaws.com", false),
    ];
    const USERS: &[&str] = &["ann", "ben", "cat"];
    let every = (KEPT_FOR - DAY) / u64::try_from(count.max(1)).unwrap_or(u64::MAX);
    let event = |(number, (call, user)): (u64, (&(&str, &str, bool), &&str))| {
        let (name, source, read_only) = *call;
        let caller = Caller::User {
            name: (*user).to_owned(),
            arn: format!("arn:aws:iam::{ACCOUNT_ID}:user/{user}"),
            id: format!("AIDA{}", user.to_ascii_uppercase()),
            mfa: None,
            long_term: true,
        };
        Event {
            name: name.into(),
            source: source.into(),
            region: region.to_owned(),
            read_only,
            key: format!("AKIAMADEUP{}", user.to_ascii_uppercase()),
            address: "203.0.113.7".into(),
            agent: "aws-cli/2.32.0".into(),
            error: (!read_only && number.is_multiple_of(3)).then(refused_instance),
            resources: if read_only { Vec::new() } else { instance(number) },
            ..Event::by(&caller, now.saturating_sub(1 + number * every))
        }
    };
    let callers = CALLS.iter().cycle().zip(USERS.iter().cycle());
    (0..).zip(callers).take(count).map(event).collect()
}

fn instance(number: u64) -> Vec<(String, String)> {
    let resource = |kind: &str, name: String| (format!("AWS::EC2::{kind}"), name);
    vec![
        resource("Instance", format!("i-{number:017x}")),
        resource("Subnet", format!("subnet-{:017x}", number % 3)),
    ]
}

fn refused_instance() -> (String, String) {
    let code = "Client.UnauthorizedOperation";
    (code.to_owned(), "You are not authorized to perform this operation.".to_owned())
}

/// Answers `LookupEvents`. `time` is counted from 1970, as finely as the clock has it.
pub(crate) fn lookup(call: &Call, memory: &mut Memory, time: Duration) -> MockResponse {
    let now = time.as_secs();
    let found = pace(call, memory, time).and_then(|()| Question::of(call, now)).and_then(|question| {
        question.page(call, memory, now).map(|(page, next)| {
            let mut answer = json!({"Events": page});
            if let Some(next) = next {
                answer["NextToken"] = json!(next);
            }
            json_answer(&answer)
        })
    });
    found.unwrap_or_else(|refusal| refusal)
}

fn pace(call: &Call, memory: &mut Memory, time: Duration) -> Result<(), MockResponse> {
    let recent = memory.lookups.entry(call.region.clone()).or_default();
    recent.retain(|earlier| time.abs_diff(*earlier) < Duration::from_secs(1));
    if recent.len() >= LOOKUPS_A_SECOND {
        return Err(call.refuse(400, "ThrottlingException", "Rate exceeded"));
    }
    recent.push_back(time);
    Ok(())
}

/// What is looked up.
struct Question {
    attribute: Option<(String, String)>,
    from: Option<u64>,
    until: Option<u64>,
    most: usize,
    /// The id of the last event of the page before.
    after: Option<String>,
    /// Tells this question from every other.
    mark: String,
}

impl Question {
    fn of(call: &Call, now: u64) -> Result<Self, MockResponse> {
        let mark = mark(call);
        let question = Self {
            attribute: attribute(call)?,
            from: seconds(call, "StartTime"),
            until: seconds(call, "EndTime"),
            most: most(call)?,
            after: after(call, &mark)?,
            mark,
        };
        match question.out_of_time(now) {
            Some(message) => Err(call.refuse(400, "InvalidTimeRangeException", message)),
            None => Ok(question),
        }
    }

    /// What is wrong with the times, if anything is.
    fn out_of_time(&self, now: u64) -> Option<&'static str> {
        let oldest = now.saturating_sub(KEPT_FOR);
        if [self.from, self.until].into_iter().flatten().any(|time| time < oldest) {
            return Some("The time range reaches back further than 90 days.");
        }
        let reversed = self.from.zip(self.until).is_some_and(|(from, until)| from > until);
        reversed.then_some("The start time has to be before the end time.")
    }

    /// One page, the newest first, and how the next one is asked for.
    fn page(
        &self,
        call: &Call,
        memory: &Memory,
        now: u64,
    ) -> Result<(Vec<Value>, Option<String>), MockResponse> {
        let mut found = memory.events.iter().rev().filter(|event| self.is_about(event, &call.region, now));
        if let Some(after) = &self.after
            && !found.any(|event| event.id == *after)
        {
            return Err(invalid_token(call));
        }
        let page: Vec<_> = found.by_ref().take(self.most).collect();
        let last = page.last().filter(|_| found.next().is_some());
        let next = last.map(|event| format!("{}.{}", event.id, self.mark));
        Ok((page.into_iter().map(in_list).collect(), next))
    }

    fn is_about(&self, event: &Event, region: &str, now: u64) -> bool {
        event.region == region
            && event.time + KEPT_FOR > now
            && self.from.is_none_or(|from| event.time >= from)
            && self.until.is_none_or(|until| event.time <= until)
            && self.attribute.as_ref().is_none_or(|(key, value)| event.has(key, value))
    }
}

impl Event {
    fn has(&self, key: &str, value: &str) -> bool {
        match key {
            "EventId" => self.id == value,
            "EventName" => self.name == value,
            "ReadOnly" => self.read_only.to_string() == value,
            "Username" => self.user == value,
            "EventSource" => self.source == value,
            "AccessKeyId" => self.key == value,
            "ResourceType" => self.resources.iter().any(|(kind, _)| kind == value),
            _ => self.resources.iter().any(|(_, name)| name == value),
        }
    }
}

const ATTRIBUTES: [&str; 8] = [
    "EventId",
    "EventName",
    "ReadOnly",
    "Username",
    "EventSource",
    "AccessKeyId",
    "ResourceType",
    "ResourceName",
];

fn attribute(call: &Call) -> Result<Option<(String, String)>, MockResponse> {
    let attributes = call.json.get("LookupAttributes").and_then(Value::as_array).cloned().unwrap_or_default();
    let word =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    match attributes.as_slice() {
        [] => Ok(None),
        [one] if ATTRIBUTES.contains(&word(one, "AttributeKey").as_str()) => {
            Ok(Some((word(one, "AttributeKey"), word(one, "AttributeValue"))))
        }
        _ => Err(call.refuse(
            400,
            "InvalidLookupAttributesException",
            "One lookup attribute can be given, and it has to be one of the known ones.",
        )),
    }
}

fn seconds(call: &Call, name: &str) -> Option<u64> {
    let value = call.json.get(name)?;
    value.as_u64().or_else(|| value.as_f64().map(|seconds| seconds.max(0.0) as u64))
}

fn most(call: &Call) -> Result<usize, MockResponse> {
    let Some(value) = call.json.get("MaxResults").filter(|value| !value.is_null()) else {
        return Ok(EVENTS_PER_PAGE);
    };
    value
        .as_u64()
        .and_then(|most| usize::try_from(most).ok())
        .filter(|most| (1..=EVENTS_PER_PAGE).contains(most))
        .ok_or_else(|| call.refuse(400, "InvalidMaxResultsException", "MaxResults is from 1 to 50."))
}

/// A token belongs to the question that it was given for.
fn after(call: &Call, mark: &str) -> Result<Option<String>, MockResponse> {
    match call.text("NextToken") {
        "" => Ok(None),
        token => match token.split_once('.') {
            Some((id, its_mark)) if its_mark == mark => Ok(Some(id.to_owned())),
            _ => Err(invalid_token(call)),
        },
    }
}

fn mark(call: &Call) -> String {
    let mut question = call.json.clone();
    if let Some(question) = question.as_object_mut() {
        question.remove("NextToken");
    }
    signature::keyed_digest(&call.region, &question.to_string())
}

fn invalid_token(call: &Call) -> MockResponse {
    call.refuse(400, "InvalidNextTokenException", "The token is not one of this question.")
}

fn in_list(event: &Event) -> Value {
    let resource = |(kind, name): &(String, String)| json!({"ResourceType": kind, "ResourceName": name});
    let resources: Vec<_> = event.resources.iter().map(resource).collect();
    let mut listed = json!({
        "EventId": event.id, "EventName": event.name, "ReadOnly": event.read_only.to_string(),
        "EventTime": event.time, "EventSource": event.source, "Username": event.user, "Resources": resources,
        "CloudTrailEvent": Value::Object(whole(event)).to_string()
    });
    if !event.key.is_empty() {
        listed["AccessKeyId"] = json!(event.key);
    }
    listed
}

/// The event as a trail would deliver it.
fn whole(event: &Event) -> Map<String, Value> {
    let whole = json!({
        "eventVersion": "1.11", "userIdentity": identity(event), "eventTime": iso(event.time),
        "eventSource": event.source, "eventName": event.name, "awsRegion": event.region,
        "sourceIPAddress": event.address, "userAgent": event.agent, "requestParameters": null,
        "responseElements": null, "requestID": event.request, "eventID": event.id, "readOnly": event.read_only,
        "eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": ACCOUNT_ID,
        "eventCategory": "Management"
    });
    let mut whole = whole.as_object().cloned().unwrap_or_default();
    if let Some((code, words)) = &event.error {
        whole.insert("errorCode".to_owned(), json!(code));
        whole.insert("errorMessage".to_owned(), json!(words));
    }
    whole.extend(event.more.clone());
    whole
}

fn identity(event: &Event) -> Value {
    let root = event.arn.ends_with(":root");
    let mut identity = json!({
        "type": if root { "Root" } else { "IAMUser" }, "principalId": event.principal, "arn": event.arn,
        "accountId": ACCOUNT_ID
    });
    if !root {
        identity["userName"] = json!(event.user);
    }
    if !event.key.is_empty() {
        identity["accessKeyId"] = json!(event.key);
    }
    if let Some((mfa, made)) = event.session {
        let attributes = json!({"creationDate": iso(made), "mfaAuthenticated": mfa.to_string()});
        identity["sessionContext"] = json!({"attributes": attributes});
    }
    identity
}
