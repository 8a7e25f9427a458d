//! Input that means no good, or means nothing: in the environment, in answers files, in the state folder, and in AWS's
//! answers. The program never panics, never passes an escape on to the terminal, ends in time, says what is wrong, and
//! changes nothing that it does not understand. A broken answer never puts a step in place.
//!
//! `DAYONE_SWEEP=all` breaks every answer of AWS in every way.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::between::{Answer, Between, Fate};
use support::machine::{APPLY, DONE, Ended, Machine, Running};
use support::served::Served;
use support::side_by_side::{everything, side_by_side, tell};

/// No look takes longer, whatever it finds.
const IN_TIME: Duration = Duration::from_secs(100);

const LOOK: [&str; 3] = ["check", "--admin-user", "alice"];
const LOOK_AS_JSON: [&str; 5] = ["check", "--admin-user", "alice", "--output", "json"];
const ONE_CHANGE: [&str; 5] = ["apply", "--yes", "--answers", "answers.toml", "--only=password-policy"];

/// What ended well, was refused, or failed with a message; a panic is none of them. Nothing that was said does harm.
fn assert_civil(ended: &Ended, place: &str) {
    assert_ended_well(ended, place);
    assert_harmless(ended, place);
}

fn assert_ended_well(ended: &Ended, place: &str) {
    let status = ended.status.unwrap_or_else(|| panic!("{place}: it was ended by a signal: {ended:?}"));
    assert!([0, 1, 2, 3, 4].contains(&status), "{place}: {status}: {ended:?}");
    assert!(!ended.stderr.contains("panicked"), "{place}: {ended:?}");
    if [1, 2, 4].contains(&status) {
        assert!(ended.told().contains("Error: "), "{place}: {ended:?}");
    }
}

fn assert_harmless(ended: &Ended, place: &str) {
    [&ended.stdout, &ended.stderr].into_iter().for_each(|text| assert_harmless_text(text, place));
}

/// Nothing that moves the cursor, hides words, or turns them around.
fn assert_harmless_text(text: &str, place: &str) {
    let harmful = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!text.contains(harmful), "{place}: {text:?}");
}

/// The steps that are in place, by a document in JSON; none where there is no document.
fn in_place(ended: &Ended, place: &str) -> BTreeSet<String> {
    if ended.stdout.is_empty() {
        return BTreeSet::new();
    }
    let document: Value =
        serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{place}: {error}: {ended:?}"));
    let practices = document["practices"].as_array().unwrap_or_else(|| panic!("{place}: {document}"));
    let steps = practices.iter().flat_map(|practice| practice["steps"].as_array().unwrap());
    let settled = steps.filter(|step| step["state"] == "in-place");
    settled.map(|step| step["id"].as_str().unwrap().to_owned()).collect()
}

/// Variables that the SDK, the terminal or the program reads. None of these values leads anywhere but to loopback.
#[test]
fn nonsense_in_the_environment_is_refused_or_does_no_harm() {
    const VARIABLES: [&str; 36] = [
        "AWS_ACCESS_KEY_ID",
        "AWS_ACCOUNT_ID",
        "AWS_ACCOUNT_ID_ENDPOINT_MODE",
        "AWS_AUTH_SCHEME_PREFERENCE",
        "AWS_CA_BUNDLE",
        "AWS_CONFIG_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_DEFAULTS_MODE",
        "AWS_DEFAULT_REGION",
        "AWS_DISABLE_REQUEST_COMPRESSION",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_IAM",
        "AWS_ENDPOINT_URL_S3",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_MAX_ATTEMPTS",
        "AWS_NEW_RETRIES_2026",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_REQUEST_CHECKSUM_CALCULATION",
        "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES",
        "AWS_RESPONSE_CHECKSUM_VALIDATION",
        "AWS_RETRY_MODE",
        "AWS_ROLE_ARN",
        "AWS_SDK_UA_APP_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_STS_REGIONAL_ENDPOINTS",
        "AWS_USE_DUALSTACK_ENDPOINT",
        "AWS_USE_FIPS_ENDPOINT",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "COLUMNS",
        "LC_ALL",
        "RUST_LOG",
        "TERM",
    ];
    const VALUES: [&[u8]; 5] = [b"", b"nonsense", b"-1", "a b\tc\u{202e}\u{1b}[31m".as_bytes(), b"\xff\xfe"];
    let served = Served::new();
    let (machine, aws) = (Machine::new(&served), Between::quiet(served.address));
    let jobs: Vec<_> = VARIABLES.into_iter().flat_map(|name| VALUES.map(|value| (name, value))).collect();
    let tried = jobs.len();
    side_by_side(jobs, |(name, value)| {
        let mut command = machine.command(&aws, &LOOK);
        command.env(name, OsStr::from_bytes(value));
        let ended = Running::start(command).ended();
        assert_civil(&ended, &format!("{name}={value:?}"));
    });
    assert!(aws.changes().is_empty());
    tell(&format!("hostile: {tried} values in the environment tried, no panic"));
}

#[test]
fn an_endpoint_that_is_none_is_named_before_anything_is_asked() {
    let served = Served::new();
    let (machine, aws) = (Machine::new(&served), Between::quiet(served.address));
    for (name, value) in
        [("AWS_ENDPOINT_URL", ""), ("AWS_ENDPOINT_URL_IAM", ""), ("AWS_ENDPOINT_URL_S3", "s3")]
    {
        let mut command = machine.command(&aws, &LOOK);
        command.env(name, value);
        let told = Running::start(command).ended().with_status(Some(2)).told();
        assert!(told.contains(name) && told.contains("is set to what is no address"), "{told}");
    }
    assert!(aws.heard().is_empty());
}

#[test]
fn answers_files_that_mean_no_good_are_refused_with_their_line() {
    let served = Served::new();
    let (machine, aws) = (Machine::new(&served), Between::quiet(served.address));
    let (deep, long) = (format!("a={}", "[".repeat(100_000)), "a".repeat(100_000));
    let cases: [(Vec<u8>, &str); 16] = [
        (b"\xff\xfe\0".to_vec(), "is not UTF-8"),
        (b"[admin]\nuser = \"a\\u0000b\"\n".to_vec(), "line 2"),
        (b"[admin]\nuser = \"a\\u001b[2Jb\"\n".to_vec(), "line 2"),
        ("[admin]\nuser = \"a\u{202e}b\"\n".into(), "line 2"),
        (b"[admin]\n\"\\u001b[31m\" = 1\n".to_vec(), "line 2"),
        (deep.into_bytes(), "line 1"),
        (format!("[admin]\nuser = \"{long}\"\n").into_bytes(), "line 2"),
        (format!("[admin]\nuser = \"alice\"\n\"{long}\" = 1\n").into_bytes(), "line 3"),
        (b"[admin]\nuser = \"a\"\n[admin]\nuser = \"b\"\n".to_vec(), "line 3"),
        (b"[root]\nquiet_days = 99999999999999999999\n".to_vec(), "line 2"),
        (b"[root]\nquiet_days = nan\n".to_vec(), "line 2"),
        (b"[mfa]\ncode_command = []\n".to_vec(), "line 2"),
        (b"[mfa]\nenrol_command = [\"\"]\n".to_vec(), "line 2"),
        (b"[admin]\naccess_key_profile = \"a]\\n[b\"\n".to_vec(), "line 2"),
        (b"[trail]\nbucket = \"../../x\"\n".to_vec(), "line 2"),
        (vec![b'#'; 2_000_000], "is longer than a megabyte"),
    ];
    for (content, told) in cases {
        machine.write("hostile.toml", &content);
        let ended = machine.run(&aws, &["plan", "--answers", "hostile.toml"]).with_status(Some(2));
        let place = String::from_utf8_lossy(&content).chars().take(60).collect::<String>();
        assert!(ended.told().contains(told), "{place:?}: {}", ended.told());
        assert!(ended.stderr.len() < 150_000, "{place:?}");
        assert_civil(&ended, &place);
    }
    for odd in [".", "/dev/zero", "nowhere.toml"] {
        let ended = machine.run(&aws, &["plan", "--answers", odd]).with_status(Some(2));
        assert!(ended.told().contains("cannot be read"), "{}", ended.told());
    }
    assert!(aws.heard().is_empty(), "an answers file is judged before anything is asked");
}

/// Forms of writing that are odd and right.
#[test]
fn answers_files_that_are_only_odd_are_taken() {
    let served = Served::new();
    let (machine, aws) = (Machine::new(&served), Between::quiet(served.address));
    for content in
        ["\u{feff}[admin]\nuser = \"alice\"\n", "[admin]\r\nuser = 'alice'\r\n", "admin.user = \"alice\"", ""]
    {
        machine.write("odd.toml", content);
        let ended = machine.run(&aws, &["plan", "--answers", "odd.toml"]).with_status(Some(3));
        assert_civil(&ended, content);
    }
}

/// Journals that were torn, cut, edited, or written by a version that is not there yet. They are evidence: no decision
/// rests on them.
#[test]
fn a_journal_in_any_state_holds_nothing_up() {
    let line = "{\"time\":\"2026-11-24T06:00:00Z\",\"run\":\"r\",\"event\":\"intent\",\"step\":\"admin-group\",\
                \"verb\":\"create\",\"resource\":\"iam:group/x\"}\n";
    let journals: [(&str, Vec<u8>); 9] = [
        ("torn", line.as_bytes()[..50].to_vec()),
        ("empty", Vec::new()),
        ("without bytes", vec![0; 5_000]),
        ("one huge line", vec![b'x'; 3_000_000]),
        ("newer", b"{\"schema\":9,\"event\":\"sealed\",\"by\":[1,{\"a\":2}]}\n".repeat(3)),
        ("other JSON", b"[]\nnull\n7\n\"text\"\n".to_vec()),
        ("deep", [b"[".repeat(200_000), b"\n".to_vec()].concat()),
        ("edited", line.replace("iam:group/x", "\\u001b[2J\\u202e\u{202e}").into_bytes()),
        ("long", line.repeat(20_000).into_bytes()),
    ];
    side_by_side(journals.into_iter().collect(), |(kind, content)| {
        let served = Served::new();
        let (machine, aws) = (Machine::new(&served), Between::quiet(served.address));
        fs::create_dir_all(machine.account_folder()).unwrap();
        fs::write(machine.journal_file(), &content).unwrap();
        let report =
            machine.run(&aws, &["report", "--to", "-", "--admin-user", "alice"]).with_status(Some(3));
        assert_harmless(&report, kind);
        let ended = machine.run(&aws, &ONE_CHANGE).with_status(Some(0));
        assert_civil(&ended, kind);
        let kept = fs::read(machine.journal_file()).unwrap();
        assert!(kept.starts_with(&content), "{kind}: what was there is still there");
        let written = machine.journal().into_iter().rev().take(2).map(|line| line["event"].clone());
        assert_eq!(written.collect::<Vec<_>>(), ["done", "intent"], "{kind}: each on a line of its own");
    });
}

/// What an earlier run was told, in any state, is as good as forgotten.
#[test]
fn remembered_answers_in_any_state_hold_nothing_up() {
    let served = Served::new();
    let (machine, aws) = (Machine::new(&served), Between::quiet(served.address));
    fs::create_dir_all(machine.account_folder()).unwrap();
    let remembered = machine.account_folder().join("answers.json");
    let contents: [&[u8]; 6] = [
        b"",
        b"{",
        &b"[".repeat(100_000),
        b"{\"admin\":{\"user\":\"\\u001b[2J\"}}",
        b"{\"mfa\":{\"require\":false},\"accept\":[{\"step\":\"trail\",\"reason\":\"x\"}]}",
        b"\xff\0",
    ];
    for content in contents {
        fs::write(&remembered, content).unwrap();
        let ended = machine.run(&aws, &["plan", "--answers", "answers.toml", "--output", "json"]);
        assert_civil(&ended, "answers.json");
        let document: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert!(!document.to_string().contains("\"accepted\""), "an exception lives on: {document}");
    }
}

#[test]
fn a_state_folder_that_cannot_be_used_is_told_before_anything_is_changed() {
    let served = Served::new();
    let (machine, aws) = (Machine::new(&served), Between::quiet(served.address));
    symlink("/nowhere/at/all", machine.path("dangling")).unwrap();
    symlink(machine.path("one"), machine.path("other")).unwrap();
    symlink(machine.path("other"), machine.path("one")).unwrap();
    // Nobody can make a folder there, not even who may do everything.
    for folder in ["answers.toml/below-a-file", "/proc/dayone", "dangling", "one"] {
        let told = machine.run(&aws, &state(folder)).with_status(Some(1)).told();
        assert!(told.contains("could not be used"), "{folder}: {told}");
        assert!(told.contains("Nothing was changed."), "{folder}: {told}");
    }
    for odd in ["journal.jsonl", "lock", "answers.json"] {
        let folder = format!("odd-{odd}");
        fs::create_dir_all(machine.path(&folder).join("accounts/111122223333").join(odd)).unwrap();
        let told = machine.run(&aws, &state(&folder)).with_status(Some(1)).told();
        assert!(told.contains(odd) && told.contains("Nothing was changed."), "{odd}: {told}");
    }
    let pipe = machine.path("pipe/accounts/111122223333");
    fs::create_dir_all(&pipe).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(pipe.join("journal.jsonl")).status().unwrap().success());
    let began = Instant::now();
    for task in [&ONE_CHANGE[..], &LOOK, &["report", "--to", "-", "--admin-user", "alice"]] {
        let arguments = [task, &["--state-dir", "pipe"]].concat();
        let told = machine.run(&aws, &arguments).with_status(Some(1)).told();
        assert!(told.contains("journal.jsonl") && told.contains("not a regular file"), "{told}");
    }
    assert!(began.elapsed() < IN_TIME);
    assert!(aws.changes().is_empty(), "{:?}", aws.changes());
}

fn state(folder: &str) -> Vec<&str> {
    [&ONE_CHANGE[..], &["--state-dir", folder]].concat()
}

/// A link to a folder is a folder.
#[test]
fn a_state_folder_may_be_a_symbolic_link_and_home_may_be_missing() {
    let served = Served::new();
    let (machine, aws) = (Machine::new(&served), Between::quiet(served.address));
    fs::create_dir(machine.path("real")).unwrap();
    symlink(machine.path("real"), machine.path("link")).unwrap();
    machine.run(&aws, &state("link")).with_status(Some(0));
    assert!(machine.path("real/accounts/111122223333/journal.jsonl").is_file());

    let mut command = machine.command(&aws, &[&LOOK[..], &["--state-dir", "real"]].concat());
    command.env_remove("HOME").env("AWS_CONFIG_FILE", "none").env("AWS_SHARED_CREDENTIALS_FILE", "none");
    let ended = Running::start(command).ended().with_status(Some(3));
    assert_civil(&ended, "without HOME");
}

/// How an answer of AWS is broken.
type Break = (&'static str, fn(&Answer) -> Answer);

const BREAKS: [Break; 9] = [
    ("nothing", |answer| answer.clone().with_body("")),
    ("an empty element", |answer| {
        let json = answer.body.starts_with(b"{");
        answer.clone().with_body(if json { "{}" } else { "<A/>" })
    }),
    ("noise", |answer| answer.clone().with_body(b"\xff\xfe\0<&;]]>{\"a\":".repeat(10))),
    ("half of it", |answer| answer.clone().with_body(&answer.body[..answer.body.len() / 2])),
    ("no values", |answer| with_values(answer, "")),
    ("escapes", |answer| with_values(answer, "\u{202e}\u{9b}2J")),
    ("a thousand times as much", thousandfold),
    ("a page of a proxy", |answer| answer.clone().with_body("<html><body>\u{1b}[31mSign in</body></html>")),
    ("a page of a proxy, as an error", |answer| Answer {
        status: 502,
        ..answer.clone().with_body("<html><body>\u{1b}[31mBad gateway</body></html>")
    }),
];

/// The same answer with other texts in its fields.
fn with_values(answer: &Answer, value: &str) -> Answer {
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    if text.starts_with('{') {
        let parsed: Value = serde_json::from_str(&text).unwrap();
        return answer.clone().with_body(with_texts(parsed, value).to_string());
    }
    let (mut altered, mut rest) = (String::new(), text.as_str());
    // The text of an element lies between the end of its own tag and the beginning of the closing one.
    while let Some((before, after)) = rest.split_once('>') {
        altered.push_str(before);
        altered.push('>');
        let (field, tag) = after.split_at(after.find('<').unwrap_or(after.len()));
        altered.push_str(if field.trim().is_empty() { field } else { value });
        rest = tag;
    }
    answer.clone().with_body(altered)
}

fn with_texts(json: Value, value: &str) -> Value {
    match json {
        Value::String(_) => Value::String(value.to_owned()),
        Value::Array(all) => all.into_iter().map(|one| with_texts(one, value)).collect(),
        Value::Object(all) => all.into_iter().map(|(key, one)| (key, with_texts(one, value))).collect(),
        other => other,
    }
}

/// Its first list, a thousand times as long.
fn thousandfold(answer: &Answer) -> Answer {
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    let Some(member) = text.split_once("<member>").and_then(|(_, rest)| rest.split_once("</member>")) else {
        return answer.clone();
    };
    let member = format!("<member>{}</member>", member.0);
    answer.clone().with_body(text.replacen(&member, &member.repeat(1_000), 1))
}

/// What people read is on standard error here. The document is for programs, and has names as AWS gives them.
#[test]
fn broken_answers_of_aws_end_in_words_and_put_nothing_in_place() {
    let served = Served::new();
    let machine = Machine::new(&served);
    machine.run(&Between::quiet(served.address), &APPLY).with_status(DONE);
    let aws = Between::quiet(served.address);
    let usual = in_place(&machine.run(&aws, &LOOK_AS_JSON), "undisturbed");
    assert!(usual.len() > 8, "{usual:?}");
    let operations: BTreeSet<_> = aws.heard().into_iter().map(|heard| heard.name).collect();
    assert!(operations.len() > 20, "{operations:?}");

    let all = operations.iter().enumerate().flat_map(|(number, operation)| {
        BREAKS.into_iter().enumerate().map(move |(kind, broken)| (number, kind, operation, broken))
    });
    // AWS lets a user have two keys, and each is looked up by itself.
    let possible = all.filter(|(_, _, operation, (kind, _))| {
        !(operation.contains("AccessKeys") && kind.starts_with("a thousand"))
    });
    let possible: Vec<_> = possible.collect();
    let count = possible.len();
    let jobs: Vec<_> = possible
        .into_iter()
        .filter(|(number, kind, ..)| everything() || number % BREAKS.len() == *kind)
        .collect();
    let tried = jobs.len();
    side_by_side(jobs, |(_, _, operation, (kind, broken))| {
        let place = format!("{operation} answers with {kind}");
        let name = operation.clone();
        let aws = Between::open(served.address, move |call| {
            if call.name() != name {
                return Fate::Pass;
            }
            Fate::Altered(Box::new(move |answer| Some(broken(&answer))))
        });
        let began = Instant::now();
        let ended = machine.run(&aws, &LOOK_AS_JSON);
        assert_ended_well(&ended, &place);
        assert_harmless_text(&ended.stderr, &place);
        let in_place = in_place(&ended, &place);
        let suddenly: Vec<_> = in_place.difference(&usual).collect();
        assert!(suddenly.is_empty(), "{place}: {suddenly:?} is in place all of a sudden");
        assert!(began.elapsed() < IN_TIME, "{place} took {:?}", began.elapsed());
        assert!(aws.changes().is_empty(), "{place}: a look changed something");
    });
    tell(&format!(
        "hostile: {tried} of {count} broken answers of {} operations tried, no panic, nothing put in place",
        operations.len()
    ));
}

/// An account number becomes part of a path, and the wrong account is not the one that was meant.
#[test]
fn an_account_that_is_another_or_none_is_refused() {
    let served = Served::new();
    let machine = Machine::new(&served);
    for (number, told) in [
        ("999999999999", "the answers are for account 111122223333"),
        ("../../../../tmp", "the answer holds no account number"),
        ("", "the answer holds no account number"),
    ] {
        let aws = Between::open(served.address, move |call| {
            if call.name() != "sts:GetCallerIdentity" {
                return Fate::Pass;
            }
            Fate::Altered(Box::new(move |answer| {
                let text = String::from_utf8_lossy(&answer.body).into_owned();
                let account = format!("<Account>{number}</Account>");
                Some(answer.with_body(text.replace("<Account>111122223333</Account>", &account)))
            }))
        });
        let arguments = [&ONE_CHANGE[..], &["--account", "111122223333"]].concat();
        let ended = machine.run(&aws, &arguments).with_status(Some(1));
        assert!(ended.told().contains(told), "{number}: {}", ended.told());
        assert!(aws.changes().is_empty(), "{number}");
    }
    assert!(!Path::new("/tmp/journal.jsonl").exists() && !machine.path(".local").exists());
}
