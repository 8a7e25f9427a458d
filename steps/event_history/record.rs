//! One event, as a person wants to know it: when, where, what, who, from where, with MFA or not, refused or not.
//!
//! Anybody who can call AWS, even without success, writes user agents and names into Event History. What is read here
//! is made harmless and cut to a bearable length at once, and nothing in a record has to be there.

use aws_sdk_cloudtrail::types::Event;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ROOT;
use crate::text::harmless;

/// Longer texts are cut. ARNs and keys of S3 objects fit.
const LONGEST: usize = 2_048;

/// More resources than these are not kept of one event.
const MOST_RESOURCES: usize = 100;

/// An event of Event History. Its texts are harmless for a terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedEvent {
    /// When.
    pub time: Option<Timestamp>,
    /// In which Region.
    pub region: String,
    /// What was called, such as `CreateUser`.
    #[serde(rename = "event")]
    pub name: String,
    /// The service, such as `iam.amazonaws.com`.
    pub service: String,
    /// Who: a user, a role with its session, `root`, or an AWS service.
    pub who: String,
    /// What kind of identity that is.
    pub kind: IdentityKind,
    /// The name by which Event History looks it up; for a role, the session's.
    pub user: Option<String>,
    /// The id of the access key that signed.
    pub access_key: Option<String>,
    /// From where: an address, or an AWS service.
    pub address: Option<String>,
    /// With which program.
    pub user_agent: Option<String>,
    /// Whether with MFA; none where AWS does not tell, as with long-term access keys.
    pub mfa: Option<bool>,
    /// Why AWS refused; none when it did not.
    pub refused: Option<Refusal>,
    /// Whether it only read.
    pub read_only: Option<bool>,
    /// What it was about.
    pub resources: Vec<Resource>,
    /// The id of the event.
    pub id: String,
    /// The id of the access key that it changed, such as one that was switched off. Documents and tables have it among the
    /// resources, where AWS lists it.
    #[serde(skip)]
    pub changed_key: Option<String>,
}

/// The kinds of identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IdentityKind {
    /// The root user.
    Root,
    /// An IAM user.
    User,
    /// A role.
    Role,
    /// Somebody who signed in elsewhere, as by SAML or IAM Identity Center.
    Federated,
    /// An AWS service.
    Service,
    /// Another account.
    Account,
    /// The record does not say.
    Unknown,
}

/// Why AWS refused a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// AWS's error code; a failed sign-in has none.
    pub code: Option<String>,
    /// AWS's words.
    pub message: Option<String>,
}

/// Something that an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Its type, such as `AWS::IAM::User`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its name or ARN.
    pub name: String,
}

impl RecordedEvent {
    /// Reads what AWS gave. `region` is where it was asked for.
    pub fn read(event: &Event, region: &str) -> Self {
        let record = event.cloud_trail_event().and_then(|record| serde_json::from_str::<Value>(record).ok());
        let record = Record(record.unwrap_or_default());
        let known = |given: Option<&str>, pointer| given.and_then(told).or_else(|| record.text(pointer));
        let kind = record.kind();
        let user = known(event.username(), "/userIdentity/userName");
        Self {
            time: time(event, &record),
            region: record.text("/awsRegion").unwrap_or_else(|| region.to_owned()),
            name: known(event.event_name(), "/eventName").unwrap_or_default(),
            service: known(event.event_source(), "/eventSource").unwrap_or_default(),
            who: record.who(kind, user.as_deref()),
            kind,
            user,
            access_key: known(event.access_key_id(), "/userIdentity/accessKeyId"),
            address: record.text("/sourceIPAddress"),
            user_agent: record.text("/userAgent"),
            mfa: record.mfa(),
            refused: record.refusal(),
            read_only: event.read_only().and_then(yes_or_no).or_else(|| record.flag("/readOnly")),
            resources: resources(event, &record),
            id: known(event.event_id(), "/eventID").unwrap_or_default(),
            changed_key: record.text("/requestParameters/accessKeyId"),
        }
    }

    /// Whether it was the root user, as far as the record tells.
    pub fn is_root(&self) -> bool {
        match self.kind {
            IdentityKind::Root => true,
            IdentityKind::Unknown => self.user.as_deref() == Some(ROOT),
            _ => false,
        }
    }
}

impl IdentityKind {
    /// The word in the JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::User => "user",
            Self::Role => "role",
            Self::Federated => "federated",
            Self::Service => "service",
            Self::Account => "account",
            Self::Unknown => "unknown",
        }
    }
}

/// CloudTrail's own record of an event. Null when there is none, or it is not JSON.
struct Record(Value);

impl Record {
    fn text(&self, pointer: &str) -> Option<String> {
        self.0.pointer(pointer).and_then(Value::as_str).and_then(told)
    }

    fn flag(&self, pointer: &str) -> Option<bool> {
        match self.0.pointer(pointer)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(word) => yes_or_no(word),
            _ => None,
        }
    }

    fn kind(&self) -> IdentityKind {
        match self.text("/userIdentity/type").as_deref() {
            Some("Root") => IdentityKind::Root,
            Some("IAMUser") => IdentityKind::User,
            Some("AssumedRole" | "Role") => IdentityKind::Role,
            Some("FederatedUser" | "SAMLUser" | "WebIdentityUser" | "IdentityCenterUser" | "Directory") => {
                IdentityKind::Federated
            }
            Some("AWSService") => IdentityKind::Service,
            Some("AWSAccount") => IdentityKind::Account,
            _ => IdentityKind::Unknown,
        }
    }

    fn who(&self, kind: IdentityKind, user: Option<&str>) -> String {
        let arn = self.text("/userIdentity/arn");
        let found = match kind {
            IdentityKind::Root => Some(ROOT.to_owned()),
            IdentityKind::User | IdentityKind::Federated => self.text("/userIdentity/userName"),
            IdentityKind::Role => arn
                .as_deref()
                .and_then(|arn| arn.split_once(":assumed-role/"))
                .map(|(_, role)| role.to_owned()),
            IdentityKind::Service => self.text("/userIdentity/invokedBy"),
            IdentityKind::Account => self.text("/userIdentity/accountId"),
            IdentityKind::Unknown => None,
        };
        found
            .or_else(|| user.map(ToOwned::to_owned))
            .or(arn)
            .or_else(|| self.text("/userIdentity/principalId"))
            .or_else(|| self.text("/userIdentity/invokedBy"))
            .unwrap_or_default()
    }

    /// A sign-in tells it in a field of its own; a call, in the session that signed it.
    fn mfa(&self) -> Option<bool> {
        self.flag("/additionalEventData/MFAUsed")
            .or_else(|| self.flag("/userIdentity/sessionContext/attributes/mfaAuthenticated"))
    }

    fn refusal(&self) -> Option<Refusal> {
        let (code, message) = (self.text("/errorCode"), self.text("/errorMessage"));
        let failed = self.text("/responseElements/ConsoleLogin").is_some_and(|result| result == "Failure");
        (code.is_some() || message.is_some() || failed).then_some(Refusal { code, message })
    }
}

fn time(event: &Event, record: &Record) -> Option<Timestamp> {
    let given = event.event_time().and_then(|time| Timestamp::from_second(time.secs()).ok());
    given.or_else(|| record.text("/eventTime")?.parse().ok())
}

fn resources(event: &Event, record: &Record) -> Vec<Resource> {
    let resource = |kind: Option<&str>, name: Option<&str>| {
        Some(Resource { kind: kind.and_then(told).unwrap_or_default(), name: name.and_then(told)? })
    };
    let given = event.resources().iter();
    let given: Vec<_> = given
        .filter_map(|given| resource(given.resource_type(), given.resource_name()))
        .take(MOST_RESOURCES)
        .collect();
    if !given.is_empty() {
        return given;
    }
    let listed = record.0.pointer("/resources").and_then(Value::as_array).map(Vec::as_slice);
    let text = |listed: &Value, key: &str| listed.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
    let listed = listed.unwrap_or_default().iter();
    listed
        .filter_map(|listed| resource(text(listed, "type").as_deref(), text(listed, "ARN").as_deref()))
        .take(MOST_RESOURCES)
        .collect()
}

/// A text as it may be kept and shown; none when nothing is said.
fn told(outside: &str) -> Option<String> {
    if outside.is_empty() {
        return None;
    }
    let beginning: String = outside.chars().take(LONGEST).collect();
    let mut text = harmless(&beginning);
    if beginning.len() < outside.len() {
        text.push('…');
    }
    Some(text)
}

fn yes_or_no(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "true" | "yes" => Some(true),
        "false" | "no" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;
    use serde_json::json;

    use super::*;

    fn read(record: &Value) -> RecordedEvent {
        RecordedEvent::read(&Event::builder().cloud_trail_event(record.to_string()).build(), "eu-west-1")
    }

    #[test]
    fn a_whole_record_is_read() {
        let record = json!({
            "eventTime": "2026-11-20T08:15:30Z", "awsRegion": "us-east-1", "eventName": "DeleteUser",
            "eventSource": "iam.amazonaws.com", "sourceIPAddress": "198.51.100.23", "userAgent": "aws-cli/2.33",
            "errorCode": "AccessDenied", "errorMessage": "not authorized", "readOnly": false,
            "requestParameters": {"accessKeyId": "AKIAEXAMPLE", "status": "Inactive"},
            "userIdentity": {
                "type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/Admin/kim",
                "accessKeyId": "ASIAEXAMPLE",
                "sessionContext": {"attributes": {"mfaAuthenticated": "true"}}
            }
        });
        let resource = aws_sdk_cloudtrail::types::Resource::builder()
            .resource_type("AWS::IAM::User")
            .resource_name("bob")
            .build();
        let event = Event::builder()
            .event_id("id-1")
            .event_time(DateTime::from_secs(1_795_162_530))
            .username("kim")
            .resources(resource)
            .cloud_trail_event(record.to_string())
            .build();
        let read = RecordedEvent::read(&event, "eu-west-1");
        let expected = RecordedEvent {
            time: Some("2026-11-20T08:15:30Z".parse().unwrap()),
            region: "us-east-1".into(),
            name: "DeleteUser".into(),
            service: "iam.amazonaws.com".into(),
            who: "Admin/kim".into(),
            kind: IdentityKind::Role,
            user: Some("kim".into()),
            access_key: Some("ASIAEXAMPLE".into()),
            address: Some("198.51.100.23".into()),
            user_agent: Some("aws-cli/2.33".into()),
            mfa: Some(true),
            refused: Some(Refusal {
                code: Some("AccessDenied".into()),
                message: Some("not authorized".into()),
            }),
            read_only: Some(false),
            resources: vec![Resource { kind: "AWS::IAM::User".into(), name: "bob".into() }],
            id: "id-1".into(),
            changed_key: Some("AKIAEXAMPLE".into()),
        };
        assert_eq!(read, expected);
    }

    #[test]
    fn who_it_was_is_told_for_every_kind_of_identity() {
        let cases = [
            (json!({"type": "Root", "arn": "arn:aws:iam::111122223333:root"}), IdentityKind::Root, "root"),
            (json!({"type": "IAMUser", "userName": "kim"}), IdentityKind::User, "kim"),
            (
                json!({"type": "IAMUser", "arn": "arn:aws:iam::1:user/kim"}),
                IdentityKind::User,
                "arn:aws:iam::1:user/kim",
            ),
            (
                json!({"type": "AssumedRole", "arn": "arn:aws:sts::1:assumed-role/Ops/i-0abc"}),
                IdentityKind::Role,
                "Ops/i-0abc",
            ),
            (
                json!({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}),
                IdentityKind::Service,
                "ec2.amazonaws.com",
            ),
            (
                json!({"type": "AWSAccount", "accountId": "444455556666"}),
                IdentityKind::Account,
                "444455556666",
            ),
            (
                json!({"type": "SAMLUser", "userName": "kim@example.com"}),
                IdentityKind::Federated,
                "kim@example.com",
            ),
            (json!({"type": "Unheard", "principalId": "AIDAEXAMPLE"}), IdentityKind::Unknown, "AIDAEXAMPLE"),
            (json!({}), IdentityKind::Unknown, ""),
        ];
        for (identity, kind, who) in cases {
            let event = read(&json!({"userIdentity": identity}));
            assert_eq!((event.kind, event.who.as_str()), (kind, who), "{identity}");
        }
    }

    #[test]
    fn a_sign_in_tells_of_mfa_and_of_failure_in_its_own_way() {
        let sign_in = json!({
            "eventName": "ConsoleLogin", "userIdentity": {"type": "Root"}, "errorMessage": "Failed authentication",
            "additionalEventData": {"MFAUsed": "No"}, "responseElements": {"ConsoleLogin": "Failure"}
        });
        let event = read(&sign_in);
        assert_eq!((event.mfa, event.who.as_str()), (Some(false), "root"));
        assert_eq!(
            event.refused,
            Some(Refusal { code: None, message: Some("Failed authentication".into()) })
        );
        let bare = read(&json!({"responseElements": {"ConsoleLogin": "Failure"}}));
        assert_eq!(bare.refused, Some(Refusal { code: None, message: None }));
        let well = read(
            &json!({"additionalEventData": {"MFAUsed": "Yes"}, "responseElements": {"ConsoleLogin": "Success"}}),
        );
        assert_eq!((well.mfa, well.refused), (Some(true), None));
    }

    #[test]
    fn an_iam_user_who_is_called_root_is_not_root() {
        let event = |record: Value| {
            let event = Event::builder().username("root").cloud_trail_event(record.to_string()).build();
            RecordedEvent::read(&event, "us-east-1")
        };
        assert!(event(json!({"userIdentity": {"type": "Root"}})).is_root());
        assert!(!event(json!({"userIdentity": {"type": "IAMUser", "userName": "root"}})).is_root());
        assert!(event(json!({})).is_root(), "where the record does not say, the name counts");
    }

    #[test]
    fn whatever_a_record_is_it_is_read() {
        let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        for record in
            ["", "null", "[]", "7", "{", "\"text\"", "{\"userIdentity\": 3}", "\u{0}", nested.as_str()]
        {
            let event = Event::builder().event_name("CreateUser").cloud_trail_event(record).build();
            let read = RecordedEvent::read(&event, "us-east-1");
            assert_eq!(
                (read.name.as_str(), read.region.as_str()),
                ("CreateUser", "us-east-1"),
                "{record:.20}"
            );
            assert_eq!(
                (read.time, read.refused, read.kind),
                (None, None, IdentityKind::Unknown),
                "{record:.20}"
            );
        }
        let odd = json!({
            "eventName": 7, "readOnly": "perhaps", "errorCode": ["x"], "awsRegion": null, "resources": {"ARN": "x"},
            "userIdentity": {"type": ["Root"], "sessionContext": {"attributes": {"mfaAuthenticated": 1}}}
        });
        let read = read(&odd);
        assert_eq!((read.name.as_str(), read.read_only, read.mfa), ("", None, None));
        assert_eq!((read.region.as_str(), read.resources.len()), ("eu-west-1", 0));
    }

    #[test]
    fn what_could_harm_a_terminal_or_fill_it_is_taken_away() {
        let event =
            read(&json!({"userAgent": "a\u{1b}]0;x\u{7}\r\nb\u{202e}", "errorMessage": "e".repeat(100_000)}));
        let agent = event.user_agent.unwrap();
        assert!(!agent.contains(char::is_control) && !agent.contains('\u{202e}'), "{agent:?}");
        let message = event.refused.unwrap().message.unwrap();
        assert_eq!(message.chars().count(), LONGEST + 1);
        assert!(message.ends_with("e…"));
        let many: Vec<_> = (0..5_000).map(|n| json!({"ARN": format!("arn:{n}"), "type": "T"})).collect();
        let resources = read(&json!({"resources": many})).resources;
        assert_eq!((resources.len(), resources[0].name.as_str()), (MOST_RESOURCES, "arn:0"));
    }
}
