//! What each of our parsers must hold to, whatever it is given. The fuzz targets call these, and so do the tests of the
//! kept corpus: what once broke a parser is tried again in each test run, without a fuzzer.

use std::fs;
use std::path::Path;

use aws_credential_types::Credentials;
use aws_sdk_cloudtrail::types::Event;
use dayone::answers::judge;
use dayone::error::Failure;
use dayone::journal::History;
use steps::aws::AwsFiles;
use steps::credential_report::CredentialReport;
use steps::event_history::RecordedEvent;
use steps::policy::{Document, Principal, Request};
use steps::profile;

/// Takes any bytes, and panics where a promise is broken.
pub type Parser = fn(&[u8]);

/// The parsers, by the names of their targets and of their folders in the corpus.
pub const ALL: [(&str, Parser); 6] = [
    ("answers", answers),
    ("journal", journal),
    ("policy", policy),
    ("credential_report", credential_report),
    ("event_record", event_record),
    ("profiles", profiles),
];

/// An answers file holds up, or is refused with a line that is in it and with words that harm no terminal.
pub fn answers(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match judge("answers.toml", text) {
        Ok(()) => {}
        Err(Failure::Answers { line, what, .. }) => {
            assert!((1..=text.matches('\n').count() + 1).contains(&line), "line {line}");
            assert!(!what.en.is_empty() && !what.ko.is_empty());
            assert_harmless(&what.en);
            assert_harmless(&what.ko);
        }
        Err(other) => panic!("{other:?}"),
    }
}

/// A journal is read as far as it can be, and a line that is added stands by itself.
pub fn journal(data: &[u8]) {
    let before = read(data);
    let lines = data.split(|byte| *byte == b'\n').count();
    assert!(before.changes.len() + before.left_out + before.unreadable + before.unknown <= lines);
    let line = br#"{"time":"t","run":"r","event":"intent","step":"s","verb":"v","resource":"the one that is added"}"#;
    let after = read(&[data, b"\n", line, b"\n"].concat());
    assert_eq!(after.changes.back().map(|change| change.resource.as_str()), Some("the one that is added"));
    assert_eq!(after.unknown, before.unknown);
}

fn read(data: &[u8]) -> History {
    History::of(data).unwrap_or_else(|error| panic!("{error}"))
}

/// A policy is refused, or says the same when it has been written and read again.
pub fn policy(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(document) = Document::parse(text) else { return };
    let again = Document::parse(&document.to_json()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(again, document);
    assert!(again.same_meaning(&document) && document.includes(&document));
    let who = "arn:aws:iam::111122223333:user/alice";
    for principal in
        [Principal::Aws(who), Principal::Service("cloudtrail.amazonaws.com"), Principal::Anonymous]
    {
        let context =
            [("aws:SecureTransport", "false"), ("aws:PrincipalArn", who), ("aws:username", "alice")];
        let request = Request {
            principal,
            action: "s3:GetObject",
            resource: "arn:aws:s3:::bucket/key",
            context: &context,
        };
        assert_eq!(document.decide(&request), again.decide(&request));
    }
}

/// Nobody is in a credential report who is not in its text, whatever is quoted there.
pub fn credential_report(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    let unquoted = text.replace('"', "");
    for user in CredentialReport::parse(&text, None).users_with_mfa() {
        assert!(unquoted.contains(&user.replace('"', "")), "{user}");
    }
}

/// Whatever stands in a record of CloudTrail, what is kept of it is harmless, short, and can be written as JSON.
pub fn event_record(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    let event = Event::builder().cloud_trail_event(text.as_str()).username(text.as_str()).build();
    let read = RecordedEvent::read(&event, "us-east-1");
    let texts = [Some(&read.name), Some(&read.service), Some(&read.who), read.user.as_ref()];
    let more = [read.access_key.as_ref(), read.address.as_ref(), read.user_agent.as_ref()];
    for text in texts.into_iter().chain(more).flatten() {
        assert_harmless(text);
        assert!(text.chars().count() <= 2_049, "{}", text.len());
    }
    let json = serde_json::to_string(&read).unwrap_or_else(|error| panic!("{error}"));
    let again: RecordedEvent = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(again, read);
}

/// A profile that is added to an AWS file is found in it, and every other byte stays.
pub fn profiles(data: &[u8]) {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let files =
        AwsFiles { credentials: folder.path().join("credentials"), config: folder.path().join("config") };
    for file in [&files.credentials, &files.config] {
        fs::write(file, data).unwrap_or_else(|error| panic!("{error}"));
    }
    let key = Credentials::new("AKIAEXAMPLE", "secret", None, None, "fuzz");
    if profile::check_writable(&files, "dayone-fuzz").is_ok() {
        assert!(profile::append(&files, "dayone-fuzz", &key).is_ok());
        assert!(files.mention("dayone-fuzz") && profile::mentions_key(&files, "AKIAEXAMPLE"));
        assert!(profile::append(&files, "dayone-fuzz", &key).is_err(), "it was overwritten");
        assert!(content(&files.credentials).starts_with(data));
    } else {
        assert_eq!(content(&files.credentials), data);
    }
    if profile::set_mfa_serial(&files, "dayone-fuzz", "GAHT12345678").is_ok() {
        assert!(has_everything(&content(&files.config), data));
        let named = content(&files.config);
        let _ = profile::set_mfa_serial(&files, "dayone-fuzz", "GAHT12345678");
        assert_eq!(content(&files.config), named, "named once is enough");
    } else {
        assert_eq!(content(&files.config), data);
    }
}

fn content(file: &Path) -> Vec<u8> {
    fs::read(file).unwrap_or_else(|error| panic!("{error}"))
}

/// Whether something was put in at one place, and nothing was taken away.
fn has_everything(after: &[u8], before: &[u8]) -> bool {
    let same = before.iter().zip(after).take_while(|(one, other)| one == other).count();
    after.len() >= before.len() && after.ends_with(&before[same..])
}

fn assert_harmless(text: &str) {
    let harmful = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!text.contains(harmful), "{text:?}");
}
