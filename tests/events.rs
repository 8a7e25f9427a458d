//! `dayone events`, the real program: against a practice account that is served on this machine, and against a stand-in
//! for AWS that answers what the practice account never would.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use assert_cmd::Command;
use dayone::rehearsal::{ACCOUNT_ID, Clock, PracticeAccount};
use jiff::Timestamp;
use serde_json::{Value, json};
use steps::aws::{Access, Connection};
use support::between::{Between, Fate};
use support::terminal::{CONTROL_C, Window};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A run that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(100);

/// The users that were made, and nothing that anybody has read.
const CREATED: [&str; 5] = ["events", "--event", "CreateUser", "--region", "us-east-1"];

const ROOT_CALLS: &str = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
    <GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:root</Arn><UserId>111122223333</UserId>\
    <Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";

#[test]
fn the_newest_events_are_shown_in_a_table_that_fits() {
    let (machine, served) = (Machine::new(), Served::with_users(120));
    let said = machine.ends(&served, 0, &CREATED);
    let rows: Vec<_> = said.stdout.lines().filter(|line| line.contains("iam:CreateUser")).collect();
    assert_eq!(rows.len(), 100, "{}", said.stdout);
    assert!(rows.iter().all(|row| row.contains("root")), "{}", said.stdout);
    let wide = said.stdout.lines().find(|line| textwrap::core::display_width(line) > 80);
    assert_eq!(wide, None);
    let told = words(&said.stdout);
    for sentence in [
        "Event History of account 111122223333 in us-east-1,",
        "AWS is replaced by http://127.0.0.1:",
        "100 events, none refused.",
        "Only the newest 100 are here; there are older ones.",
        "Data events, such as reads of S3 objects, are never in it, and the last 15 minutes or so may be missing.",
    ] {
        assert!(told.contains(sentence), "{sentence:?} is not in {told}");
    }
    assert_eq!(said.stderr, "");
}

#[test]
fn every_event_is_in_the_json_once_and_calls_keep_their_distance() {
    let (machine, served) = (Machine::new(), Served::with_users(120));
    let begin = Instant::now();
    let said = machine.ends(&served, 0, &[&CREATED[..], &["--output", "json"]].concat());
    assert!(begin.elapsed() >= Duration::from_millis(1_200), "three pages, 600 ms apart");
    let document = said.document();
    let keys = json!([document["schema"], document["account"], document["complete"], document["limited"]]);
    assert_eq!(keys, json!(["dayone-events/1", ACCOUNT_ID, true, false]));
    let since = &document["query"]["since"];
    assert_eq!(
        document["regions"],
        json!([{"region": "us-east-1", "since": since, "read": true, "found": 120, "reason": null}])
    );
    assert_eq!(document["regions_unlisted"], Value::Null);
    assert_eq!(document["api_calls"], 4, "three pages, and who is signed in");
    let events = document["events"].as_array().unwrap();
    assert_eq!((events.len(), ids(&document).len()), (120, 120));
    let times: Vec<_> = events.iter().map(|event| event["time"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|newer, older| newer >= older), "{times:?}");
    for event in events {
        let what = json!([event["event"], event["service"], event["region"], event["who"], event["refused"]]);
        assert_eq!(what, json!(["CreateUser", "iam.amazonaws.com", "us-east-1", "root", null]));
    }
    assert!(words(&said.stderr).contains("120 events, none refused."), "{}", said.stderr);
}

#[test]
fn a_search_finds_what_fits_every_filter() {
    let (machine, served) = (Machine::new(), Served::with_users(3));
    let key = served.login[0].1.clone();
    let cases: [(&[&str], usize); 7] = [
        (&["--user", "root", "--event", "CreateUser"], 3),
        (&["--user", "alice"], 0),
        (&["--access-key", &key, "--event", "CreateUser", "--service", "iam"], 3),
        (&["--access-key", &key, "--event", "CreateUser", "--service", "s3"], 0),
        (&["--root", "--event", "CreateUser", "--since", "1h"], 3),
        (&["--event", "DeleteUser"], 0),
        (&["--limit", "2"], 2),
    ];
    for (filters, expected) in cases {
        let said = machine.ends(&served, 0, &[&["events", "--output", "json"][..], filters].concat());
        let document = said.document();
        assert_eq!(document["events"].as_array().unwrap().len(), expected, "{filters:?}");
        assert_eq!(document["limited"], filters[0] == "--limit");
        let nothing = said.stderr.contains("No events were found.");
        assert_eq!(nothing, expected == 0, "{filters:?}: {}", said.stderr);
    }
}

#[test]
fn a_download_is_whole_private_and_leaves_nothing_beside_it() {
    let (machine, served) = (Machine::new(), Served::with_users(60));
    let download = [&CREATED[..], &["--to", "events.csv"]].concat();
    let said = machine.ends(&served, 0, &download);
    assert!(
        words(&said.stdout).contains("60 events, none refused. Written to events.csv."),
        "{}",
        said.stdout
    );
    let text = std::fs::read_to_string(machine.path("events.csv")).unwrap();
    assert!(text.starts_with("time,region,event,service,who,kind,"), "{text}");
    assert_eq!(text.split("\r\n").count(), 1 + 60 + 1, "a heading, the rows, and an end of the last");
    assert_eq!(mode(&machine.path("events.csv")), 0o600);
    assert!(!machine.path("events.csv.part").exists());

    let again = machine.ends(&served, 0, &download);
    assert!(!again.stdout.contains("Going on"), "{}", again.stdout);
    assert_eq!(std::fs::read_to_string(machine.path("events.csv")).unwrap(), text);

    std::fs::write(machine.path("notes.csv"), "mine\n").unwrap();
    let refused = machine.ends(&served, 2, &[&CREATED[..], &["--to", "notes.csv"]].concat());
    assert!(refused.told().contains("notes.csv is there already"), "{}", refused.stderr);
    assert_eq!(std::fs::read_to_string(machine.path("notes.csv")).unwrap(), "mine\n");

    let printed = machine.ends(&served, 0, &[&CREATED[..], &["--output", "csv"]].concat());
    assert_eq!(printed.stdout, text);
}

#[test]
fn a_download_that_is_interrupted_goes_on() {
    let (machine, served) = (Machine::new(), Served::with_users(400));
    machine.sign_in_by_profile(&served);
    let download = [&CREATED[..], &["--to", "events.json"]].concat();
    let mut window = Window::open(machine.home.path(), &[&download[..], &["--language", "en"]].concat());
    window.wait_until(|screen| screen.contains("0 of 1 Region, 5"));
    window.press(&[CONTROL_C]);
    let (status, output) = window.ended();
    assert_eq!(status, 130, "{output}");
    let told = words(&output);
    assert!(told.contains("What was read is kept in events.json.part; run the same command again"), "{told}");
    assert!(window.is_as_it_was());
    let (file, part) = (machine.path("events.json"), machine.path("events.json.part"));
    assert!(!file.exists() && mode(&part) == 0o600);

    let kept = std::fs::read(&part).unwrap();
    let other = machine.ends(&served, 1, &["events", "--root", "--to", "events.json"]);
    assert!(other.told().contains("dayone events --event CreateUser --region us-east-1"), "{}", other.stderr);
    assert!(other.told().contains("Nothing was overwritten."), "{}", other.stderr);
    assert_eq!(std::fs::read(&part).unwrap(), kept);

    // AWS counts the look-ups of the last second, and those of the first run are none of the second's.
    std::thread::sleep(Duration::from_secs(1));
    let said = machine.ends(&served, 0, &download);
    assert!(said.stdout.contains("Going on with the download"), "{}", said.stdout);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(
        text.starts_with("{\n  \"schema\": \"dayone-events/"),
        "by this the next one knows what it replaces"
    );
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((document["events"].as_array().unwrap().len(), ids(&document).len()), (400, 400));
    let calls = document["api_calls"].as_u64().unwrap();
    assert!(calls <= 8, "{calls} calls: seven pages at most, and who is signed in");
    assert!(!part.exists());
}

#[test]
fn what_does_not_hold_up_is_wrong_usage_before_aws_is_asked() {
    let machine = Machine::new();
    let cases: [(&[&str], &str); 12] = [
        (&["events", "--since", "yesterday"], "--since yesterday is not understood"),
        (&["events", "--until", "2999-01"], "--until 2999-01 is not understood"),
        (&["events", "--since", "91d"], "Event History goes back 90 days"),
        (&["events", "--since", "2d", "--until", "3d"], "--since must be before --until"),
        (&["events", "--region", "us-east-1,us-east-9"], "There is no Region us-east-9."),
        (&["events", "--to", "events"], "--output json or --output csv"),
        (&["events", "--root", "--user", "kim"], "cannot be used with"),
        (&["events", "--region", "us-east-1", "--all-regions"], "cannot be used with"),
        (&["events", "--limit", "0"], "'--limit <NUMBER>': expected a whole number, 1 or more"),
        (&["events", "--user", ""], "--user"),
        (&["plan", "--output", "csv"], "Only dayone events has rows"),
        (&["policy", "--output", "csv"], "Only dayone events has rows"),
    ];
    for (arguments, told) in cases {
        let said = machine.ends(&Nowhere, 2, arguments);
        assert!(said.told().contains(told), "{arguments:?}: {}", said.stderr);
        assert_eq!(said.stdout, "");
    }
    let said = machine.ends(&Nowhere, 1, &["events"]);
    assert!(said.told().contains("You are not signed in to AWS."), "{}", said.stderr);
}

#[test]
fn korean_reaches_the_table_and_what_is_said_beside_it() {
    let (machine, served) = (Machine::new(), Served::with_users(1));
    let said = machine.ends(&served, 0, &[&CREATED[..], &["--language", "ko"]].concat());
    let told = words(&said.stdout);
    for sentence in
        ["이벤트 기록(Event History)", "시각(UTC)", "주체", "이벤트 1건", "데이터 이벤트는 나오지 않으며"]
    {
        assert!(told.contains(sentence), "{sentence} is not in {told}");
    }
}

/// Answers of AWS that a person has to be told about: refused calls, failed sign-ins, words that would harm a terminal
/// or a spreadsheet, and Regions that cannot be read.
fn awkward(region: &str, _: &Value) -> (u16, Value) {
    let event = |id: &str, name: &str, record: Value| {
        let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() - 60;
        json!({"EventId": id, "EventName": name, "EventTime": time, "Username": "root", "ReadOnly": "false",
               "EventSource": "signin.amazonaws.com", "CloudTrailEvent": record.to_string()})
    };
    match region {
        "us-west-2" => (400, json!({"__type": "AccessDeniedException", "message": "not in this Region"})),
        "us-east-1" => {
            let failed = json!({"userIdentity": {"type": "Root"}, "sourceIPAddress": "203.0.113.9",
                "userAgent": "=cmd()\u{1b}[2J", "errorMessage": "Failed authentication",
                "additionalEventData": {"MFAUsed": "No"}, "responseElements": {"ConsoleLogin": "Failure"}});
            let namesake = json!({"userIdentity": {"type": "IAMUser", "userName": "root"}});
            (200, json!({"Events": [event("1", "ConsoleLogin", failed), event("2", "GetUser", namesake)]}))
        }
        _ => (200, json!({"Events": [{"EventId": "3", "Username": "root", "CloudTrailEvent": "{"}]})),
    }
}

#[test]
fn root_is_looked_for_where_it_signs_in_and_an_unread_region_is_named() {
    let (machine, aws) = (Machine::new(), StandIn::new(awkward));
    let said = machine.ends(&aws, 3, &["events", "--root", "--output", "json"]);
    let document = said.document();
    assert_eq!(ids(&document), BTreeSet::from(["1".to_owned(), "3".to_owned()]), "a namesake is not root");
    assert_eq!(document["complete"], false);
    let west = document["regions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|region| region["region"] == "us-west-2")
        .unwrap();
    assert_eq!(
        (&west["read"], &west["reason"]),
        (&json!(false), &json!("AccessDeniedException: not in this Region"))
    );
    assert!(said.told().contains("! us-west-2 could not be read: AccessDeniedException"), "{}", said.stderr);
    let asked = aws.asked();
    let regions: BTreeSet<_> = asked.iter().map(|(region, _)| region.as_str()).collect();
    assert_eq!(regions, BTreeSet::from(["us-east-1", "us-east-2", "us-west-2"]));
    for (_, body) in &asked {
        assert_eq!(body["LookupAttributes"], json!([{"AttributeKey": "Username", "AttributeValue": "root"}]));
        assert_eq!(body["MaxResults"], 50);
    }
    let failed = document["events"].as_array().unwrap().iter().find(|event| event["id"] == "1").unwrap();
    let expected = json!({"code": null, "message": "Failed authentication"});
    assert_eq!((&failed["mfa"], &failed["refused"]), (&json!(false), &expected));
}

#[test]
fn words_from_outside_harm_neither_terminal_nor_spreadsheet() {
    let (machine, aws) = (Machine::new(), StandIn::new(awkward));
    let table = machine.ends(&aws, 0, &["events", "--region", "us-east-1"]).stdout;
    assert!(!table.contains('\u{1b}'), "{table:?}");
    assert!(table.contains("refused: Failed"), "{table}");
    let rows = machine.ends(&aws, 0, &["events", "--region", "us-east-1", "--output", "csv"]).stdout;
    assert!(!rows.contains('\u{1b}') && rows.contains(",'=cmd()"), "{rows:?}");
}

/// What somebody may write who wants to harm a terminal, a table or a spreadsheet.
const HOSTILE: [&str; 10] = [
    "=cmd|'/c calc'!A1",
    "+1\u{1b}[2J\u{1b}]0;title\u{7}",
    "-2\u{9b}31m",
    "@SUM(A1)\t\r\n=1",
    "\u{202e}toor\u{2066}",
    "김철수-서울-지사-관리자-김철수-서울-지사-관리자",
    "👍🏽👍🏽👩\u{200d}👩\u{200d}👧👍🏽👍🏽👍🏽👍🏽👍🏽",
    "لالالالالالالالالالالالالالالالالا",
    "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
    "\u{0}\u{feff}\u{200b}",
];

/// Events with each of these in every field.
fn hostile(_: &str, _: &Value) -> (u16, Value) {
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() - 60;
    let event = |(number, words): (usize, &&str)| {
        let record = json!({
            "userIdentity": {"type": "IAMUser", "userName": words}, "awsRegion": words, "sourceIPAddress": words,
            "userAgent": words, "errorCode": words, "errorMessage": words,
            "additionalEventData": {"MFAUsed": if number % 2 == 0 { "No" } else { "Yes" }}
        });
        json!({"EventId": format!("{words}{number}"), "EventName": words, "EventTime": time, "Username": words,
               "EventSource": words, "AccessKeyId": words, "CloudTrailEvent": record.to_string(),
               "Resources": [{"ResourceType": words, "ResourceName": words}]})
    };
    (200, json!({"Events": HOSTILE.iter().enumerate().map(event).collect::<Vec<_>>()}))
}

/// Control characters but for the ends of lines, and characters that turn the direction or cannot be seen.
fn harmful(text: &str) -> Option<char> {
    let hidden = ['\u{200b}', '\u{200d}', '\u{202e}', '\u{2066}', '\u{feff}'];
    text.chars().find(|c| (c.is_control() && !matches!(c, '\r' | '\n')) || hidden.contains(c))
}

#[test]
fn a_table_fits_and_says_all_in_both_languages_whatever_stands_in_the_events() {
    let (machine, aws) = (Machine::new(), StandIn::new(hostile));
    let languages = [
        ("en", "refused", ["yes", "no"], "10 of them refused"),
        ("ko", "거부", ["예", "아니요"], "10건이 거부"),
    ];
    for (language, refused, mfa, summed_up) in languages {
        for regions in ["us-east-1", "us-east-1,eu-west-1"] {
            let said = machine.ends(&aws, 0, &["events", "--region", regions, "--language", language]);
            assert_eq!(harmful(&said.stdout), None, "{}", said.stdout);
            let wide = said.stdout.lines().find(|line| textwrap::core::display_width(line) > 80);
            assert_eq!(wide, None);
            let rows: Vec<_> =
                said.stdout.lines().filter(|line| line.contains(&format!(" {refused}:"))).collect();
            assert_eq!(rows.len(), HOSTILE.len(), "{}", said.stdout);
            for with in mfa {
                let told = rows.iter().filter(|row| row.contains(&format!(" {with} "))).count();
                assert_eq!(told, HOSTILE.len() / 2, "{with}: {}", said.stdout);
            }
            assert!(words(&said.stdout).contains(summed_up), "{}", said.stdout);
        }
    }
}

#[test]
fn hostile_words_are_whole_in_json_and_csv_and_no_formula() {
    let (machine, aws) = (Machine::new(), StandIn::new(hostile));
    let command = ["events", "--region", "us-east-1", "--output"];
    let json = machine.ends(&aws, 0, &[&command[..], &["json"]].concat());
    assert_eq!(harmful(&json.stdout), None);
    let document = json.document();
    assert_eq!(document["events"].as_array().unwrap().len(), HOSTILE.len());
    let korean =
        document["events"].as_array().unwrap().iter().find(|event| event["who"] == HOSTILE[5]).unwrap();
    for field in ["event", "service", "region", "user", "access_key", "address", "user_agent"] {
        assert_eq!(korean[field], HOSTILE[5], "{field}");
    }
    assert_eq!(korean["refused"], json!({"code": HOSTILE[5], "message": HOSTILE[5]}));
    assert_eq!(korean["resources"], json!([{"type": HOSTILE[5], "name": HOSTILE[5]}]));

    let csv = machine.ends(&aws, 0, &[&command[..], &["csv"]].concat()).stdout;
    assert_eq!(harmful(&csv), None);
    assert_eq!(csv.lines().count(), 1 + HOSTILE.len(), "nobody breaks a line");
    for begins in ['=', '+', '-', '@'] {
        for cell in [format!(",{begins}"), format!(",\"{begins}"), format!("\n{begins}")] {
            assert!(!csv.contains(&cell), "{cell:?} is in {csv}");
        }
    }
}

#[test]
fn a_download_leaves_out_what_it_may_not_read_and_keeps_what_it_could_not() {
    let (machine, aws) = (Machine::new(), StandIn::new(awkward));
    for _ in ["nothing is there", "an earlier download is there"] {
        let command = ["events", "--region", "us-east-1,us-west-2", "--to", "denied.json"];
        let said = machine.ends(&aws, 3, &command);
        assert!(said.told().contains("us-west-2 could not be read"), "{}", said.stderr);
    }
    assert!(machine.path("denied.json").exists() && !machine.path("denied.json.part").exists());

    let unavailable = |region: &str, body: &Value| match region {
        "us-west-2" => (400, json!({"__type": "InternalFailure", "message": "later"})),
        _ => awkward(region, body),
    };
    let aws = StandIn::new(unavailable);
    let command = ["events", "--region", "us-east-1,us-west-2", "--to", "later.json"];
    let said = machine.ends(&aws, 3, &command);
    assert!(said.told().contains("The download is not finished."), "{}", said.stderr);
    assert!(!machine.path("later.json").exists() && machine.path("later.json.part").exists());

    let aws = StandIn::new(|_, _| (200, json!({"Events": [{"EventId": "9"}]})));
    machine.ends(&aws, 0, &command);
    let asked: Vec<_> = aws.asked().into_iter().map(|(region, _)| region).collect();
    assert_eq!(asked, ["us-west-2"], "the other Region was read before");
    let document: Value =
        serde_json::from_slice(&std::fs::read(machine.path("later.json")).unwrap()).unwrap();
    assert_eq!(ids(&document), BTreeSet::from(["1".to_owned(), "2".to_owned(), "9".to_owned()]));
}

/// One event in every Region, and a list of Regions that is refused.
fn unlisted(region: &str, body: &Value) -> (u16, Value) {
    match body["RegionOptStatusContains"] {
        Value::Null => (200, json!({"Events": [{"EventId": region}]})),
        _ => (403, json!({"__type": "AccessDeniedException", "message": "not for you"})),
    }
}

#[test]
fn where_the_regions_cannot_be_listed_it_is_not_complete() {
    let (machine, aws) = (Machine::new(), StandIn::new(unlisted));
    let said = machine.ends(&aws, 3, &["events", "--all-regions", "--output", "json"]);
    let document = said.document();
    assert_eq!(document["complete"], false);
    assert_eq!(document["regions_unlisted"], "AccessDeniedException: not for you");
    let regions = document["regions"].as_array().unwrap();
    assert!(regions.len() > 10 && regions.iter().all(|region| region["read"] == true), "{regions:?}");
    assert_eq!(ids(&document).len(), regions.len());
    let told = said.told();
    assert!(told.contains("The account's Regions could not be listed: AccessDeniedException"), "{told}");
    let korean = machine.ends(&aws, 3, &["events", "--all-regions", "--language", "ko"]);
    assert!(korean.told().contains("계정의 리전 목록을 읽지 못했습니다"), "{}", korean.stderr);
    let one = machine.ends(&aws, 0, &["events", "--region", "us-east-1"]);
    assert_eq!(one.stderr, "", "no list is needed");
}

#[test]
fn a_download_goes_on_in_the_regions_that_are_listed_later() {
    let unavailable = |region: &str, body: &Value| match body["RegionOptStatusContains"] {
        Value::Null => unlisted(region, body),
        _ => (400, json!({"__type": "InternalFailure", "message": "later"})),
    };
    let (machine, aws) = (Machine::new(), StandIn::new(unavailable));
    let command = ["events", "--all-regions", "--to", "all.json"];
    let said = machine.ends(&aws, 3, &command);
    assert!(said.told().contains("The download is not finished."), "{}", said.stderr);
    assert!(!machine.path("all.json").exists());

    let listed = |region: &str, body: &Value| match body["RegionOptStatusContains"] {
        Value::Null => unlisted(region, body),
        _ => (200, json!({"Regions": [{"RegionName": "us-east-1"}, {"RegionName": "me-south-1"}]})),
    };
    let aws = StandIn::new(listed);
    machine.ends(&aws, 0, &command);
    let asked = aws.asked().into_iter().filter(|(_, body)| body["StartTime"].is_number());
    let asked: Vec<_> = asked.map(|(region, _)| region).collect();
    assert_eq!(asked, ["me-south-1"], "the others were read before");
    let document: Value = serde_json::from_slice(&std::fs::read(machine.path("all.json")).unwrap()).unwrap();
    let ids = ids(&document);
    assert!(ids.contains("me-south-1") && ids.contains("eu-west-1"), "{ids:?}");
    assert_eq!((&document["complete"], &document["regions_unlisted"]), (&json!(true), &Value::Null));
}

/// By this machine's clock the users were made tomorrow, or yesterday.
#[test]
fn what_time_it_is_counts_by_the_clock_of_aws() {
    let day = Duration::from_secs(86_400);
    let clocks: [Clock; 2] =
        [Arc::new(move || SystemTime::now() + day), Arc::new(move || SystemTime::now() - day)];
    for (clock, days) in clocks.into_iter().zip([1_i64, -1]) {
        let (machine, served) = (Machine::new(), Served::at(clock, 3));
        let hour = [&CREATED[..], &["--since", "1h", "--output", "json"]].concat();
        let said = machine.ends(&served, 0, &hour);
        let document = said.document();
        assert_eq!(document["events"].as_array().unwrap().len(), 3, "{days}");
        let until: Timestamp = document["query"]["until"].as_str().unwrap().parse().unwrap();
        let ahead = until.duration_since(Timestamp::now()).as_secs();
        assert!((ahead - days * 86_400).abs() < 120, "{days}: {ahead}");
        assert!(!said.told().contains("are left out"), "all 90 days are there: {}", said.stderr);
        // What day it is, too: this one is today's at one of the two, and tomorrow's at the other.
        let today = Timestamp::now().strftime("%Y-%m-%d").to_string();
        let command = [&CREATED[..], &["--since", &today]].concat();
        let said = machine.ends(&served, if days > 0 { 0 } else { 2 }, &command);
        assert_eq!(said.told().contains("is later than now"), days < 0, "{}", said.stderr);
    }
    let served = Served::with_users(1);
    let said = Machine::new().ends(&served, 2, &["events", "--since", "2999-01-01"]);
    assert!(said.told().contains("--since 2999-01-01 is later than now."), "{}", said.stderr);
}

/// AWS's clock leaps by two hours after its first answer, as if the reading had waited so long: the whole 90 days begin
/// too early for it then.
#[test]
fn what_has_become_too_old_meanwhile_is_left_out_and_told() {
    let ahead = || SystemTime::now() + Duration::from_secs(2 * 3_600);
    let (machine, mut served) = (Machine::new(), Served::at(Arc::new(ahead), 3));
    let aws = Between::open(served.address, |call| match call.service.as_str() {
        "sts" => Fate::Altered(Box::new(|answer| {
            let now = Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            Some(answer.with_header("date", &now))
        })),
        _ => Fate::Pass,
    });
    served.address = aws.address();
    let said = machine.ends(
        &served,
        0,
        &["events", "--event", "ListBuckets", "--region", "us-east-1", "--output", "json"],
    );
    let document = said.document();
    assert_eq!(document["events"].as_array().unwrap().len(), 14, "the script of the practice account");
    assert_eq!(document["complete"], true);
    let time = |time: &Value| time.as_str().unwrap().parse::<Timestamp>().unwrap();
    let asked = time(&document["query"]["since"]);
    let later = time(&document["regions"][0]["since"]).duration_since(asked).as_secs();
    assert!((7_190..7_260).contains(&later), "{later}");
    assert!(said.told().contains("are left out: Event History goes back 90 days"), "{}", said.stderr);
}

#[test]
fn who_may_read_nothing_is_told_what_was_refused() {
    let denied = |_: &str, _: &Value| (400, json!({"__type": "AccessDeniedException", "message": "no"}));
    let (machine, aws) = (Machine::new(), StandIn::new(denied));
    let said = machine.ends(&aws, 1, &["events", "--to", "events.json"]);
    assert!(said.told().contains("AWS refused cloudtrail:LookupEvents."), "{}", said.stderr);
    assert!(!machine.path("events.json").exists() && !machine.path("events.json.part").exists());

    let said = machine.ends(&aws, 1, &["events", "--account", "999999999999"]);
    assert!(said.told().contains("999999999999"), "{}", said.stderr);
}

/// Something that runs talk to, by the variables that lead there.
trait Reached {
    fn variables(&self) -> Vec<(&'static str, String)>;
}

/// No way to AWS.
struct Nowhere;

impl Reached for Nowhere {
    fn variables(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// A practice account, served until the runtime is dropped.
struct Served {
    address: SocketAddr,
    login: Vec<(&'static str, String)>,
    _runtime: Runtime,
}

impl Served {
    /// Root has made so many users, and nothing else.
    fn with_users(count: usize) -> Self {
        Self::at(Arc::new(SystemTime::now), count)
    }

    /// The same by another clock.
    fn at(clock: Clock, count: usize) -> Self {
        let runtime = Runtime::new().unwrap();
        let account = PracticeAccount::in_memory(clock).unwrap();
        let address = runtime.block_on(async {
            make_users(&account, count).await;
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(dayone::rehearsal::serve(account.clone(), listener, std::future::pending()));
            address
        });
        let login = account.root_login();
        let login = vec![
            ("aws_access_key_id", login.access_key_id().to_owned()),
            ("aws_secret_access_key", login.secret_access_key().to_owned()),
            ("aws_session_token", login.session_token().unwrap().to_owned()),
        ];
        Self { address, login, _runtime: runtime }
    }
}

async fn make_users(account: &PracticeAccount, count: usize) {
    let files = support::files(Path::new("nowhere"));
    let connection =
        Connection::through(account.http_client(), account.root_login(), files, Access::ReadWrite);
    let root = connection.started_as().await.unwrap();
    for number in 0..count {
        root.iam().create_user().user_name(format!("user-{number}")).send().await.unwrap();
    }
}

impl Reached for Served {
    fn variables(&self) -> Vec<(&'static str, String)> {
        let [id, secret, token] = [0, 1, 2].map(|at| self.login[at].1.clone());
        vec![
            ("AWS_ENDPOINT_URL", format!("http://{}", self.address)),
            ("AWS_ACCESS_KEY_ID", id),
            ("AWS_SECRET_ACCESS_KEY", secret),
            ("AWS_SESSION_TOKEN", token),
            ("AWS_REGION", "us-east-1".to_owned()),
        ]
    }
}

/// What was asked, with the Region.
type Asked = Arc<Mutex<Vec<(String, Value)>>>;

/// A stand-in for AWS: answers look-ups as a test says, and notes them.
struct StandIn {
    address: SocketAddr,
    asked: Asked,
}

impl StandIn {
    fn new(answers: fn(&str, &Value) -> (u16, Value)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, asked) = (listener.local_addr().unwrap(), Asked::default());
        let noted = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let noted = noted.clone();
                std::thread::spawn(move || converse(stream, answers, &noted));
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<(String, Value)> {
        self.asked.lock().unwrap().clone()
    }
}

/// One request and its answer. A connection that breaks is of no interest.
fn converse(stream: TcpStream, answers: fn(&str, &Value) -> (u16, Value), noted: &Asked) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut length, mut scope) = (0, Vec::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            if line.trim_end().is_empty() { break } else { continue }
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "authorization" => {
                let credential = value.split("Credential=").nth(1)?;
                scope = credential.split('/').map(ToOwned::to_owned).collect();
            }
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (status, answer) = if scope.get(3)? == "sts" {
        (200, ROOT_CALLS.to_owned())
    } else {
        let (region, body) = (scope.get(2)?, serde_json::from_slice(&body).ok()?);
        let (status, answer) = answers(region, &body);
        noted.lock().unwrap().push((region.clone(), body));
        (status, answer.to_string())
    };
    let length = answer.len();
    let head = format!("HTTP/1.1 {status} so\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    reader.get_mut().write_all(format!("{head}{answer}").as_bytes()).ok()
}

impl Reached for StandIn {
    fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", format!("http://{}", self.address)),
            ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
        ]
    }
}

/// An empty home folder and a bare environment.
struct Machine {
    home: TempDir,
}

/// What a run has printed.
struct Said {
    stdout: String,
    stderr: String,
}

impl Machine {
    fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Signs in for runs that get no variables.
    fn sign_in_by_profile(&self, served: &Served) {
        let folder = self.path(".aws");
        std::fs::create_dir(&folder).unwrap();
        let keys: Vec<_> = served.login.iter().map(|(name, value)| format!("{name} = {value}\n")).collect();
        std::fs::write(folder.join("credentials"), format!("[default]\n{}", keys.concat())).unwrap();
        let config = format!("[default]\nregion = us-east-1\nendpoint_url = http://{}\n", served.address);
        std::fs::write(folder.join("config"), config).unwrap();
    }

    /// Runs the program, which must end with this status.
    #[track_caller]
    fn ends(&self, reached: &impl Reached, status: i32, arguments: &[&str]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dayone"));
        command.env_clear().env("HOME", self.home.path()).env("LANG", "en_US.UTF-8");
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(reached.variables()).current_dir(self.home.path()).args(arguments).timeout(PATIENCE);
        let assert = command.assert().code(status);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Said { stdout: text(&assert.get_output().stdout), stderr: text(&assert.get_output().stderr) }
    }
}

impl Said {
    /// Standard error without its line breaks.
    fn told(&self) -> String {
        words(&self.stderr)
    }

    /// Standard output, which must be one JSON document and nothing else.
    #[track_caller]
    fn document(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn ids(document: &Value) -> BTreeSet<String> {
    let events = document["events"].as_array().unwrap().iter();
    events.map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}
