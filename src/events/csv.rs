//! Events as rows for a spreadsheet, by RFC 4180.
//!
//! Whoever calls AWS chooses names and user agents. A cell that a spreadsheet would take for a formula gets an
//! apostrophe before it.

use csv::{Error, Terminator, WriterBuilder};
use steps::event_history::{RecordedEvent, Resource};

/// How the rows of a download begin.
pub const BEGINNING: &str =
    "time,region,event,service,who,kind,user,access_key,address,user_agent,mfa,refused,";

const HEADINGS: [&str; 17] = [
    "time",
    "region",
    "event",
    "service",
    "who",
    "kind",
    "user",
    "access_key",
    "address",
    "user_agent",
    "mfa",
    "refused",
    "error_code",
    "error_message",
    "read_only",
    "resources",
    "id",
];

/// The headings and a row for each event.
pub fn rows(events: &[RecordedEvent]) -> String {
    // Rows of one length can always be written into memory.
    String::from_utf8(written(events).unwrap_or_default()).unwrap_or_default()
}

fn written(events: &[RecordedEvent]) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let mut rows = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(&mut bytes);
    rows.write_record(HEADINGS)?;
    for event in events {
        rows.write_record(cells(event).map(disarmed))?;
    }
    rows.flush()?;
    drop(rows);
    Ok(bytes)
}

fn cells(event: &RecordedEvent) -> [String; 17] {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let flag = |value: Option<bool>| value.map(|flag| flag.to_string()).unwrap_or_default();
    let refusal = event.refused.clone();
    let (code, message) = refusal.map(|refusal| (refusal.code, refusal.message)).unwrap_or_default();
    [
        event.time.map(|time| time.to_string()).unwrap_or_default(),
        event.region.clone(),
        event.name.clone(),
        event.service.clone(),
        event.who.clone(),
        event.kind.name().to_owned(),
        text(&event.user),
        text(&event.access_key),
        text(&event.address),
        text(&event.user_agent),
        flag(event.mfa),
        event.refused.is_some().to_string(),
        text(&code),
        text(&message),
        flag(event.read_only),
        event.resources.iter().map(resource).collect::<Vec<_>>().join("; "),
        event.id.clone(),
    ]
}

fn resource(resource: &Resource) -> String {
    format!("{} {}", resource.kind, resource.name).trim_start().to_owned()
}

fn disarmed(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use steps::event_history::{IdentityKind, Refusal};

    use super::*;

    fn event() -> RecordedEvent {
        RecordedEvent {
            time: Some("2026-11-20T08:15:30Z".parse().unwrap()),
            region: "us-east-1".into(),
            name: "DeleteUser".into(),
            service: "iam.amazonaws.com".into(),
            who: "Admin/kim".into(),
            kind: IdentityKind::Role,
            user: Some("kim".into()),
            access_key: None,
            address: Some("198.51.100.23".into()),
            user_agent: Some("=HYPERLINK(\"http://example.com\",\"x\")".into()),
            mfa: Some(true),
            refused: Some(Refusal {
                code: Some("AccessDenied".into()),
                message: Some("no, \"never\"".into()),
            }),
            read_only: Some(false),
            resources: vec![
                Resource { kind: "AWS::IAM::User".into(), name: "bob".into() },
                Resource { kind: String::new(), name: "AIDAEXAMPLE".into() },
            ],
            id: "1f2e".into(),
            changed_key: None,
        }
    }

    #[test]
    fn a_row_has_every_field_and_no_formula() {
        let rows = rows(&[event()]);
        let mut lines = rows.split("\r\n");
        assert_eq!(lines.next().unwrap().split(',').count(), 17);
        assert_eq!(
            lines.next().unwrap(),
            "2026-11-20T08:15:30Z,us-east-1,DeleteUser,iam.amazonaws.com,Admin/kim,role,kim,,198.51.100.23,\
             \"'=HYPERLINK(\"\"http://example.com\"\",\"\"x\"\")\",true,true,AccessDenied,\"no, \"\"never\"\"\",false,\
             AWS::IAM::User bob; AIDAEXAMPLE,1f2e"
        );
        assert_eq!((lines.next(), lines.next()), (Some(""), None), "the last row has an end, too");
    }

    #[test]
    fn cells_are_quoted_where_they_must_be_and_formulas_are_disarmed() {
        let cases = [
            ("plain", "plain"),
            ("", ""),
            ("김, 철수", "\"김, 철수\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            ("say \"so\"", "\"say \"\"so\"\"\""),
            ("=1+1", "'=1+1"),
            ("+49", "'+49"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("=a,b", "\"'=a,b\""),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            ("a=b", "a=b"),
            (" # a;b", " # a;b"),
        ];
        for (text, expected) in cases {
            let rows = rows(&[RecordedEvent { region: text.into(), ..event() }]);
            let (_, row) = rows.split_once("\r\n").unwrap();
            let beginning = format!("2026-11-20T08:15:30Z,{expected},DeleteUser,");
            assert!(row.starts_with(&beginning), "{text:?}: {row}");
        }
    }
}
