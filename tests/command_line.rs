//! The real program, driven the way a script drives it: exit statuses, what stands on which stream, and what is left on
//! the disk. It talks to the practice account only, so nothing leaves the machine.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};
use std::time::Duration;

use assert_cmd::Command;
use clap::CommandFactory;
use dayone::cli::Cli;
use dayone::rehearsal::ACCOUNT_ID;
use expectrl::process::unix::WaitStatus;
use expectrl::{Eof, Expect, Session};
use serde_json::{Value, json};
use steps::policy::Document;
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_dayone");

/// A run that takes longer hangs. The longest waits for three windows of one-time codes.
const PATIENCE: Duration = Duration::from_secs(110);

const DRY_RUN: [&str; 4] = ["rehearse", "--dry-run", "--admin-user", "alice"];
const UNATTENDED: [&str; 4] = ["rehearse", "--answers", "answers.toml", "--yes"];

/// The practices and steps that the JSON promises, by id and in order.
const PRACTICES: [(&str, &[&str]); 5] = [
    (
        "root-user",
        &[
            "password-policy",
            "admin-group",
            "admin-user",
            "admin-sign-in",
            "root-credentials",
            "root-access-keys",
        ],
    ),
    ("mfa", &["admin-mfa", "root-mfa", "require-mfa", "users-mfa"]),
    ("cloudtrail", &["trail-bucket", "trail", "log-delivery"]),
    ("billing-report", &["billing-access", "report-bucket", "report", "report-delivery"]),
    (
        "iam-practices",
        &[
            "individual-users",
            "permissions-through-groups",
            "unused-credentials",
            "key-rotation",
            "roles-not-keys",
            "least-privilege",
            "activity-monitoring",
        ],
    ),
];
/// Without users nobody has too many rights or an old key.
const FINE_WITHOUT_USERS: [&str; 5] =
    ["permissions-through-groups", "unused-credentials", "key-rotation", "roles-not-keys", "least-privilege"];
const SETTLED: [&str; 3] = ["in-place", "not-applicable", "accepted"];
const EXPLAINED: [&str; 5] = ["waiting", "blocked", "not-assessed", "not-applicable", "accepted"];
const STATES: [&str; 8] = [
    "in-place",
    "to-change",
    "needs-person",
    "waiting",
    "blocked",
    "not-assessed",
    "not-applicable",
    "accepted",
];
const VERBS: [&str; 8] = ["create", "update", "attach", "detach", "enable", "disable", "delete", "start"];
const OUTCOMES: [&str; 3] = ["done", "failed", "not-reached"];

/// An authenticator app for scripts: it takes an `otpauth://` address and shows the code of the moment (RFC 6238). It
/// notes each code that it shows, so that the test can search for them.
const AUTHENTICATOR: &str = r#"
import hashlib, hmac, os, struct, sys, time
from base64 import b32decode
from urllib.parse import parse_qs, urlsplit

FOLDER = os.path.dirname(os.path.abspath(__file__))
ADDRESS = os.path.join(FOLDER, "otpauth.txt")
CODES = os.path.join(FOLDER, "codes.txt")


def code_at(seed, seconds):
    key = b32decode(seed + "=" * (-len(seed) % 8))
    digest = hmac.new(key, struct.pack(">Q", seconds // 30), hashlib.sha1).digest()
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start:start + 4])[0] & 0x7FFFFFFF
    return "%06d" % (number % 1000000)


if sys.argv[1] == "enrol":
    with open(ADDRESS, "w") as file:
        file.write(sys.stdin.read().strip())
else:
    with open(ADDRESS) as file:
        seed = parse_qs(urlsplit(file.read()).query)["secret"][0]
    code = code_at(seed, int(time.time()))
    with open(CODES, "a") as file:
        print(code, file=file)
    print(code)
"#;

#[test]
fn what_the_command_line_does_not_know_is_wrong_usage() {
    let machine = Machine::new();
    let cases: [&[&str]; 9] = [
        &["--frobnicate"],
        &["plan", "--frobnicate"],
        &["frobnicate"],
        &["rehearse", "console"],
        &["rehearse", "--serve", "127.0.0.1:0", "--yes"],
        &["completions", "tcsh"],
        &["plan", "--only", "trial"],
        &["plan", "--language", "fr"],
        &["plan", "--output", "yaml"],
    ];
    for arguments in cases {
        let said = machine.ends(2, arguments);
        assert_eq!(said.stdout, "", "{arguments:?}");
        assert!(said.stderr.contains("--help"), "{arguments:?}: {}", said.stderr);
    }
}

#[test]
fn an_answers_file_that_does_not_hold_up_is_told_with_file_line_and_what_was_expected() {
    let cases = [
        (
            "language = \"en\"\n[admin]\nuser = \"alice\"\nusr = \"bob\"\n",
            4,
            "expected one of `user`, `group`",
        ),
        ("colour = \"red\"\n", 1, "expected one of `language`, `account`"),
        ("[admin\n", 1, "expected `]`"),
        ("[admin]\nuser = \"al ice\"\n", 2, "1 to 64 letters, digits"),
        ("[mfa]\n\ndevice = \"phone\"\n", 3, "expected one of `virtual`, `hardware`, `passkey`"),
        ("[trail]\nregion = \"us-east-9\"\n", 2, "us-east-1, us-east-2"),
        ("account = \"1111\"\n", 1, "twelve digits"),
        ("[[people]]\nuser = \"bob\"\n[[people]]\nuser = \"b/b\"\n", 4, "1 to 64 letters, digits"),
        ("[iam]\nsecurity_contact_email = \"nobody\"\n", 2, "An e-mail address is expected"),
    ];
    let commands: [&[&str]; 3] = [&["plan"], &["apply", "--yes"], &["rehearse", "--fresh", "--yes"]];
    let machine = Machine::new();
    for (answers, line, expected) in cases {
        machine.write("answers.toml", answers);
        for command in commands {
            let said = machine.ends(2, &[command, &["--answers", "answers.toml"]].concat());
            let told = said.told();
            assert!(told.contains(&format!("answers.toml, line {line}:")), "{told}");
            assert!(told.contains(expected) && told.contains("Nothing was changed."), "{told}");
            assert_eq!(said.stdout, "");
        }
    }
    assert!(!machine.path(".local").exists());
}

#[test]
fn an_answers_file_that_is_not_there_is_wrong_usage() {
    let machine = Machine::new();
    let said = machine.ends(2, &["plan", "--answers", "nowhere.toml"]);
    assert!(said.told().contains("The answers file nowhere.toml cannot be read"), "{}", said.stderr);
}

#[test]
fn a_region_that_does_not_exist_is_wrong_usage_and_similar_ones_are_offered() {
    let machine = Machine::new();
    for said in [
        machine.ends(2, &["plan", "--region", "us-east-9"]),
        machine.ends_with([("AWS_REGION", "us-east-9")], 2, &["check"]),
        machine.ends(2, &[&DRY_RUN[..], &["--region", "us-east-9"]].concat()),
    ] {
        let told = said.told();
        assert!(told.contains("There is no Region us-east-9.") && told.contains("us-east-1"), "{told}");
        assert_eq!(said.stdout, "");
    }
}

#[test]
fn without_credentials_the_ways_to_sign_in_are_shown() {
    let machine = Machine::new();
    let commands: [&[&str]; 5] =
        [&[], &["plan"], &["check"], &["--dry-run"], &["apply", "--yes", "--admin-user", "alice"]];
    for command in commands {
        let said = machine.ends(1, command);
        let told = said.told();
        for way in
            ["not signed in", "aws login", "CloudShell", "--profile NAME", "access key", "dayone rehearse"]
        {
            assert!(told.contains(way), "{command:?} does not name {way}: {told}");
        }
        assert_eq!(said.stdout, "");
    }
    let korean = machine.ends(1, &["plan", "--language", "ko"]).told();
    assert!(korean.contains("AWS에 로그인되어 있지 않습니다.") && korean.contains("aws login"), "{korean}");
}

#[test]
fn the_policies_stand_alone_on_standard_output() {
    let machine = Machine::new();
    let (here, in_govcloud) = (steps::permissions::apply("aws"), steps::permissions::apply("aws-us-gov"));
    let cases: [(&[&str], &str); 4] = [
        (&["policy"], steps::permissions::CHECK),
        (&["policy", "--apply"], &here),
        (&["policy", "--apply", "--partition", "aws-us-gov"], &in_govcloud),
        (&["policy", "--output", "json", "--language", "ko"], steps::permissions::CHECK),
    ];
    for (arguments, expected) in cases {
        let said = machine.ends(0, arguments);
        let (printed, expected) =
            (Document::parse(&said.stdout).unwrap(), Document::parse(expected).unwrap());
        assert_eq!(printed, expected, "{arguments:?}");
        assert_eq!(said.stderr, "");
    }
}

#[test]
fn completions_know_every_command() {
    let machine = Machine::new();
    for (shell, begins) in
        [("bash", "_dayone() {"), ("zsh", "#compdef dayone"), ("fish", "# Print an optspec")]
    {
        let said = machine.ends(0, &["completions", shell]);
        assert!(said.stdout.starts_with(begins), "{shell}: {}", said.stdout);
        for name in every_command().iter().flatten().map(String::as_str).chain(["state-dir"]) {
            assert!(said.stdout.contains(name), "{shell} does not know {name}");
        }
        assert_eq!(said.stderr, "");
    }
}

#[test]
fn every_command_has_a_help_page() {
    let machine = Machine::new();
    for path in every_command() {
        let words: Vec<_> = path.iter().map(String::as_str).collect();
        let usage = format!("Usage: {}", [vec!["dayone"], words.clone()].concat().join(" "));
        for help in ["--help", "-h"] {
            let said = machine.ends(0, &[words.as_slice(), &[help]].concat());
            assert!(said.stdout.contains(&usage), "{help} has no {usage}: {}", said.stdout);
            assert_eq!(said.stderr, "");
        }
    }
}

#[test]
fn the_help_pages_say_what_the_options_and_the_exit_statuses_are() {
    let machine = Machine::new();
    for command in ["plan", "apply", "check", "rehearse"] {
        let help = machine.ends(0, &[command, "--help"]).stdout;
        for option in [
            "--answers",
            "--profile",
            "--region",
            "--language",
            "--state-dir",
            "--output",
            "--color",
            "--only",
            "--skip",
        ] {
            assert!(help.contains(&format!("{option} <")), "{command} --help has no {option}: {help}");
        }
        assert!(help.contains("-v, --verbose"), "{help}");
    }
    let help = words(&machine.ends(0, &["--help"]).stdout);
    for status in ["0 all in place", "1 a failure", "2 wrong usage", "3 something", "4 an answer", "130 int"]
    {
        assert!(help.contains(status), "{help}");
    }
    let version = machine.ends(0, &["--version"]).stdout;
    assert_eq!(version, concat!("dayone ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn a_dry_run_prints_one_document_and_changes_nothing() {
    let machine = Machine::new();
    let said = machine.ends(3, &[&DRY_RUN[..], &["--output", "json"]].concat());
    let document = said.document();
    assert_contract(&document, false);
    let open = ["to-change", "needs-person", "blocked"];
    for (step, state) in states(&document) {
        assert_eq!(open.contains(&state), !FINE_WITHOUT_USERS.contains(&step), "{step} is {state}");
    }
    assert!(said.stderr.contains("Stop using the root user"), "{}", said.stderr);
    assert!(!machine.account_folder().exists());
    assert!(!machine.practice_account().exists());
}

#[test]
fn only_and_skip_choose_the_steps_of_a_plan() {
    let machine = Machine::new();
    let cases: [(&[&str], &[&str]); 5] = [
        (&["--only", "mfa"], PRACTICES[1].1),
        (&["--only", "trail,admin-group"], &["admin-group", "trail"]),
        (
            &["--only", "root-user", "--skip", "admin-user,root-credentials"],
            &["password-policy", "admin-group", "admin-sign-in", "root-access-keys"],
        ),
        (&["--skip", "root-user,mfa", "--skip", "billing-report,iam-practices"], PRACTICES[2].1),
        (&["--only", "trail", "--skip", "cloudtrail", "--only", "report"], &["report"]),
    ];
    for (options, expected) in cases {
        let said = machine.ends(3, &[&DRY_RUN[..], &["--output", "json"], options].concat());
        let document = said.document();
        let steps: Vec<_> = states(&document).into_iter().map(|(step, _)| step).collect();
        assert_eq!(steps, expected, "{options:?}");
    }
    let said = machine.ends(3, &[&DRY_RUN[..], &["--only", "billing-access"]].concat());
    assert!(
        said.stdout.contains("billing-access") && !said.stdout.contains("admin-group"),
        "{}",
        said.stdout
    );
}

#[test]
fn a_run_that_is_asked_for_one_step_changes_no_other() {
    let machine = Machine::with_a_name();
    let only = ["--only", "password-policy", "--output", "json"];
    let document = machine.ends(0, &[&UNATTENDED[..], &only].concat()).document();
    assert_eq!(document["in_place"], true);
    assert_eq!(states(&document), [("password-policy", "in-place")]);
    let changed = journal(&machine).iter().map(|line| line["step"].clone()).collect::<Vec<_>>();
    assert_eq!(changed, ["password-policy", "password-policy"]);
}

/// A look without the file does not plan to shut out whom the file let in; a file that takes the reader away does.
#[test]
fn who_may_read_the_logs_is_remembered() {
    let machine = Machine::new();
    let readers = |readers: &str| format!("[admin]\nuser = \"alice\"\n\n[trail]\nreaders = [{readers}]\n");
    machine.write("answers.toml", &readers("\"arn:aws:iam::111122223333:role/Auditor\""));
    machine.ends(0, &[&UNATTENDED[..], &["--only", "trail-bucket"]].concat());
    let look = ["rehearse", "--dry-run", "--only", "trail-bucket", "--output", "json"];
    assert_eq!(states(&machine.ends(0, &look).document()), [("trail-bucket", "in-place")]);
    machine.write("answers.toml", &readers(""));
    let document = machine.ends(3, &[&look[..], &["--answers", "answers.toml"]].concat()).document();
    assert_eq!(states(&document), [("trail-bucket", "to-change")]);
}

#[test]
fn with_no_more_than_a_name_the_administrator_gets_no_password_and_no_key() {
    let machine = Machine::with_a_name();
    let said = machine.ends(3, &[&UNATTENDED[..], &["--fresh"]].concat());
    assert!(words(&said.stdout).contains("admin-sign-in: Sign in as alice"), "{}", said.stdout);
    assert_eq!(said.stderr, "");

    let resources: Vec<_> = journal(&machine).iter().map(|line| line["resource"].to_string()).collect();
    assert!(resources.iter().any(|resource| resource.contains("iam:user/alice")), "{resources:?}");
    let sign_in = ["login-profile", "access-key"];
    assert!(!resources.iter().any(|made| sign_in.iter().any(|way| made.contains(way))), "{resources:?}");
    assert!(!machine.path(".local/state/dayone/rehearsal/aws").exists());

    let dry_run = [&UNATTENDED[..], &["--dry-run", "--output", "json"]].concat();
    let document = machine.ends(3, &dry_run).document();
    assert_contract(&document, false);
    let states: BTreeMap<_, _> = states(&document).into_iter().collect();
    for step in ["password-policy", "admin-group", "admin-user", "trail-bucket", "trail", "report"] {
        assert_eq!(states[step], "in-place", "{step}");
    }
    for (step, state) in [
        ("admin-sign-in", "needs-person"),
        ("root-access-keys", "blocked"),
        ("admin-mfa", "needs-person"),
        ("require-mfa", "blocked"),
    ] {
        assert_eq!(states[step], state, "{step}");
    }
}

/// Takes a minute: the practice account, as AWS, takes each one-time code once.
#[test]
fn with_commands_for_codes_only_what_a_person_must_do_is_left() {
    let machine = Machine::new();
    machine.write("authenticator.py", AUTHENTICATOR);
    machine.write("answers.toml", &answers_with_commands(&machine, false));
    let said = machine.ends(3, &[&UNATTENDED[..], &["--fresh", "--output", "json"]].concat());
    let document = said.document();
    assert_contract(&document, true);
    assert_done_but_for_a_person(&document);
    assert_no_secret_elsewhere(&machine, &said);
    assert_no_code_is_written(&machine, &said);

    for action in ["root-mfa", "billing-access", "confirm-email"] {
        let said = machine.ends(0, &["rehearse", "console", action]);
        assert!(said.stdout.contains("In the practice account"), "{}", said.stdout);
    }
    machine.write("answers.toml", &answers_with_commands(&machine, true));
    // Root's keys go now.
    settled(&machine);
    let (journal_before, account_before) = (journal(&machine), kept_account(&machine));
    let document = settled(&machine).document();
    assert_contract(&document, true);
    assert_eq!(document["in_place"], true);
    assert_eq!(changes(&document), [] as [&Value; 0]);
    assert_eq!(journal(&machine), journal_before);
    assert_eq!(kept_account(&machine), account_before);
}

#[test]
fn plan_check_and_apply_print_one_document() {
    let machine = Machine::with_a_name();
    let served = Served::by(&machine);
    for command in ["plan", "check"] {
        let arguments = [command, "--answers", "answers.toml", "--output", "json"];
        let document = machine.ends_with(served.variables(), 3, &arguments).document();
        assert_contract(&document, false);
        assert!(changes(&document).len() > 10, "{document}");
    }
    assert!(!machine.path(".local").exists(), "looking writes nothing");

    let arguments = ["apply", "--answers", "answers.toml", "--yes", "--output", "json"];
    let said = machine.ends_with(served.variables(), 3, &arguments);
    let document = said.document();
    assert_contract(&document, true);
    assert!(changes(&document).iter().all(|change| change["outcome"] == "done"), "{document}");
    assert!(said.stderr.contains("changes were made."), "{}", said.stderr);
    assert!(machine.path(".local/state/dayone/accounts").join(ACCOUNT_ID).join("journal.jsonl").exists());
}

#[test]
fn an_answer_that_nobody_can_give_is_named() {
    let machine = Machine::with_a_name();
    let served = Served::by(&machine);
    let cases: [(&[&str], &[&str]); 3] = [
        (&["apply", "--answers", "answers.toml"], &["--yes"]),
        (&["--answers", "answers.toml"], &["dayone apply --answers FILE --yes", "terminal"]),
        (&["apply", "--yes"], &["admin.user", "--admin-user NAME", "[admin]: user ="]),
    ];
    for (arguments, named) in cases {
        let said = machine.ends_with(served.variables(), 4, arguments);
        let told = said.told();
        assert!(named.iter().all(|name| told.contains(name)), "{arguments:?}: {told}");
        assert!(told.contains("Nothing was changed."), "{told}");
        assert_eq!(said.stdout, "");
    }
    assert!(!machine.path(".local").exists());
}

/// Lines may be typed through a pipe, but a password is for a terminal.
#[test]
fn a_secret_goes_to_no_file_and_no_pipe() {
    // A session of its own has no terminal, not even that of the person who runs the tests.
    const ALONE: &str = "import os, sys; os.setsid(); os.execv(sys.argv[1], sys.argv[1:])";
    let machine = Machine::new();
    let arguments = ["-c", ALONE, PROGRAM, "rehearse", "--plain"];
    let mut command = Command::from_std(machine.start("python3", &arguments));
    command.write_stdin("yes\nyes\nyes\nalice\nyes\n").timeout(PATIENCE);
    let said = Said::of(command.assert().code(4).get_output());
    let told = said.told();
    assert!(told.contains("admin.console_password_file") && told.contains("at a terminal only"), "{told}");
    for text in [&said.stdout, &said.stderr] {
        assert!(!text.contains("Console password of alice"), "{text}");
    }
}

#[test]
fn a_run_that_fails_is_not_in_place_and_names_what_it_did_not_reach() {
    let machine = Machine::new();
    machine.write(
        "answers.toml",
        "[admin]\nuser = \"alice\"\naccess_key_profile = \"dayone-admin\"\n\
         [mfa]\nenrol_command = [\"false\"]\ncode_command = [\"false\"]\n",
    );
    let said = machine.ends(1, &[&UNATTENDED[..], &["--output", "json"]].concat());
    let document = said.document();
    assert_contract(&document, true);
    assert_eq!(document["in_place"], false);
    let outcomes = |id: &str| {
        let step = steps_of(&document).find(|step| step["id"] == id).unwrap();
        list(&step["changes"]).iter().map(|change| text(&change["outcome"])).collect::<Vec<_>>()
    };
    assert!(outcomes("admin-mfa").contains(&"failed"), "{document}");
    for step in ["admin-group", "admin-user"] {
        assert!(outcomes(step).iter().all(|outcome| *outcome == "done"), "{document}");
    }
    for step in ["trail-bucket", "trail", "report"] {
        let outcomes = outcomes(step);
        assert!(
            !outcomes.is_empty() && outcomes.iter().all(|outcome| *outcome == "not-reached"),
            "{document}"
        );
    }
}

#[test]
fn another_account_than_the_one_meant_is_refused_and_nothing_is_changed() {
    let machine = Machine::with_a_name();
    machine.ends(0, &[&UNATTENDED[..], &["--only", "password-policy"]].concat());
    let before = machine.contents();
    machine.write("other.toml", "account = \"999999999999\"\n[admin]\nuser = \"alice\"\n");
    let cases: [&[&str]; 3] = [
        &["rehearse", "--yes", "--answers", "other.toml"],
        &["rehearse", "--dry-run", "--answers", "other.toml"],
        &["rehearse", "--yes", "--answers", "answers.toml", "--account", "999999999999"],
    ];
    for arguments in cases {
        let said = machine.ends(1, arguments);
        let told = said.told();
        assert!(told.contains(ACCOUNT_ID) && told.contains("999999999999"), "{told}");
        assert!(told.contains("Nothing was changed."), "{told}");
        assert_eq!(said.stdout, "");
    }
    assert_eq!(machine.contents(), before);
}

#[test]
fn a_second_run_says_who_is_at_work_and_changes_nothing() {
    let machine = Machine::with_a_name();
    let other = hold(&machine.account_folder().join("lock"));
    let said = machine.ends(1, &UNATTENDED);
    assert!(said.told().contains("(process 4242, since 2026-11-24T06:00:00Z)"), "{}", said.stderr);
    assert!(!machine.account_folder().join("journal.jsonl").exists());
    assert!(!machine.practice_account().exists());
    machine.ends(3, &DRY_RUN);
    drop(other);
    machine.ends(3, &UNATTENDED);
}

#[test]
fn starting_over_does_not_take_the_account_away_from_a_run() {
    let machine = Machine::with_a_name();
    machine.ends(0, &[&UNATTENDED[..], &["--only", "password-policy"]].concat());
    let account = fs::read(machine.practice_account()).unwrap();
    let _other = hold(&machine.account_folder().join("lock"));
    let said = machine.ends(1, &[&UNATTENDED[..], &["--fresh"]].concat());
    assert!(said.told().contains("process 4242"), "{}", said.stderr);
    assert_eq!(fs::read(machine.practice_account()).unwrap(), account);
}

#[test]
fn starting_over_to_serve_forgets_the_account_too() {
    let machine = Machine::with_a_name();
    machine.ends(3, &[&UNATTENDED[..], &["--state-dir", "served"]].concat());
    let kept = |name: &str| machine.path("served/rehearsal").join(name);
    assert!(kept("account.json").exists());
    let served = Served::with(&machine, &["--fresh"]);
    assert!(!kept("account.json").exists());
    assert!(kept("accounts").join(ACCOUNT_ID).join("lock").exists());
    let document = machine
        .ends_with(served.variables(), 3, &["plan", "--admin-user", "alice", "--output", "json"])
        .document();
    assert!(changes(&document).len() > 10, "{document}");
}

#[test]
fn a_rehearsed_sign_in_is_a_profile_of_the_rehearsal() {
    let machine = Machine::new();
    machine.write("answers.toml", "[admin]\nuser = \"alice\"\nconsole_password_file = \"alice.txt\"\n");
    let sign_in = ["rehearse", "console", "sign-in"];
    machine.ends(2, &sign_in);
    machine.ends(3, &UNATTENDED);
    let cases: [(i32, &[&str]); 6] = [
        (2, &["--code", "123456"]),
        (2, &["--profile", "a]b"]),
        (1, &["--user", "nobody"]),
        (0, &[]),
        (0, &["--user", "ALICE", "--profile", "second"]),
        (0, &[]),
    ];
    for (status, more) in cases {
        machine.ends(status, &[&sign_in[..], more].concat());
    }
    machine.ends(2, &["rehearse", "console", "root-mfa", "--user", "alice"]);
    let profiles = machine.read(".local/state/dayone/rehearsal/aws/credentials");
    for heading in ["[dayone-admin]", "[second]"] {
        assert_eq!(profiles.matches(heading).count(), 1, "{heading}");
    }
    assert_eq!(profiles.matches("aws_session_token").count(), 2);
    let said = machine.ends(0, &sign_in);
    assert!(words(&said.stdout).contains("alice has signed in without MFA"), "{}", said.stdout);

    let plan = [&UNATTENDED[..], &["--dry-run", "--output", "json"]].concat();
    let document = machine.ends(3, &plan).document();
    let states: BTreeMap<_, _> = states(&document).into_iter().collect();
    assert_eq!(states["admin-sign-in"], "in-place", "the run finds the session");
}

#[test]
fn what_is_kept_is_in_the_named_folder_and_readable_by_its_owner_only() {
    let machine = Machine::with_a_name();
    machine.ends(3, &[&UNATTENDED[..], &["--state-dir", "kept/here"]].concat());
    assert!(!machine.path(".local").exists());
    let rehearsal = machine.path("kept/here/rehearsal");
    for file in ["journal.jsonl", "answers.json", "lock"] {
        assert!(rehearsal.join("accounts").join(ACCOUNT_ID).join(file).is_file(), "{file}");
    }
    assert!(rehearsal.join("account.json").is_file());
    for path in everything_below(&machine.path("kept")) {
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
    }
}

#[test]
fn the_journal_says_what_was_about_to_be_called_and_what_came_of_it() {
    let machine = Machine::with_a_name();
    machine.ends(3, &UNATTENDED);
    let lines = journal(&machine);
    assert!(lines.len() > 20, "{lines:?}");
    for pair in lines.chunks(2) {
        let [intent, done] = pair else { panic!("without an end: {pair:?}") };
        assert_eq!((&intent["event"], &done["event"]), (&json!("intent"), &json!("done")));
        for key in ["run", "step", "verb", "resource"] {
            assert!(intent[key].is_string() && intent[key] == done[key], "{key}: {pair:?}");
        }
        assert!(intent["caller"].is_string() && done["request_id"].is_string(), "{pair:?}");
    }
    let remembered: Value =
        serde_json::from_slice(&fs::read(machine.account_folder().join("answers.json")).unwrap()).unwrap();
    assert_eq!(remembered, json!({"admin": {"user": "alice"}}));
}

#[test]
fn korean_comes_from_the_environment_the_option_or_the_answers() {
    let machine = Machine::new();
    machine.write("korean.toml", "language = \"ko\"\n[admin]\nuser = \"alice\"\n");
    let with = |more: &[&'static str]| [&DRY_RUN[..], more].concat();
    let korean = [
        machine.ends_with([("LC_ALL", "ko_KR.UTF-8")], 3, &DRY_RUN),
        machine.ends_with([("LANG", "ko_KR.UTF-8")], 3, &DRY_RUN),
        machine.ends(3, &with(&["--language", "ko"])),
        machine.ends(3, &["rehearse", "--dry-run", "--answers", "korean.toml"]),
    ];
    for said in korean {
        let text = said.stdout;
        assert!(
            text.contains("루트 사용자 사용 중지") && text.contains("아무것도 바꾸지 않았습니다."),
            "{text}"
        );
        assert!(!text.contains("Stop using"), "{text}");
    }
    let english = machine.ends_with([("LC_ALL", "ko_KR.UTF-8")], 3, &with(&["--language", "en"]));
    assert!(english.stdout.contains("Stop using the root user"), "{}", english.stdout);
    assert!(!english.stdout.contains("루트"), "{}", english.stdout);
}

#[test]
fn korean_reaches_errors_and_the_texts_of_the_json() {
    let machine = Machine::new();
    let said = machine.ends(2, &["plan", "--region", "moon-1", "--language", "ko"]);
    assert!(said.told().contains("moon-1 리전은 없습니다."), "{}", said.stderr);
    let said = machine.ends(3, &[&DRY_RUN[..], &["--language", "ko", "--output", "json"]].concat());
    let document = said.document();
    assert_contract(&document, false);
    let summaries: Vec<_> = changes(&document).into_iter().map(|change| text(&change["summary"])).collect();
    assert!(summaries.contains(&"사용자 alice"), "{summaries:?}");
}

#[test]
fn a_pipe_gets_colour_only_when_it_is_asked_for() {
    let machine = Machine::new();
    let with = |more: &[&'static str]| [&DRY_RUN[..], more].concat();
    for (arguments, colour) in [
        (with(&[]), false),
        (with(&["--color", "auto"]), false),
        (with(&["--color", "never"]), false),
        (with(&["--color", "always"]), true),
    ] {
        let text = machine.ends(3, &arguments).stdout;
        assert_eq!(text.contains('\u{1b}'), colour, "{arguments:?}: {text}");
    }
    let asked_for = machine.ends_with([("NO_COLOR", "1")], 3, &with(&["--color", "always"]));
    assert!(asked_for.stdout.contains('\u{1b}'), "the option is the stronger of the two");
}

#[test]
fn a_terminal_gets_colour_unless_no_color_is_set() {
    let machine = Machine::new();
    let yellow = "\u{1b}[33m";
    assert!(shown_on_a_terminal(&machine, &[]).contains(yellow));
    assert!(shown_on_a_terminal(&machine, &[("NO_COLOR", "")]).contains(yellow), "empty is not set");
    let plain = shown_on_a_terminal(&machine, &[("NO_COLOR", "1")]);
    assert!(!plain.contains('\u{1b}') && plain.contains("Stop using the root user"), "{plain}");
}

/// A machine on which nothing is set up: an empty home folder and a bare environment.
struct Machine {
    home: TempDir,
}

/// What a run has printed.
struct Said {
    stdout: String,
    stderr: String,
}

/// The practice account, served to other runs until it is dropped.
struct Served {
    child: Child,
    variables: Vec<(String, String)>,
}

impl Machine {
    fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    /// With an answers file that says no more than has to be said.
    fn with_a_name() -> Self {
        let machine = Self::new();
        machine.write("answers.toml", "[admin]\nuser = \"alice\"\n");
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// What is kept about the practice account as about any other.
    fn account_folder(&self) -> PathBuf {
        self.path(".local/state/dayone/rehearsal/accounts").join(ACCOUNT_ID)
    }

    /// The practice account itself.
    fn practice_account(&self) -> PathBuf {
        self.path(".local/state/dayone/rehearsal/account.json")
    }

    /// Every file that is kept, with its content.
    fn contents(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let files = everything_below(&self.path(".local")).into_iter().filter(|path| path.is_file());
        files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        self.start(PROGRAM, arguments)
    }

    fn start(&self, program: &str, arguments: &[&str]) -> std::process::Command {
        let environment: [(&str, OsString); 3] = [
            ("HOME", self.home.path().into()),
            ("PATH", std::env::var_os("PATH").unwrap_or_default()),
            ("LANG", "en_US.UTF-8".into()),
        ];
        let mut command = std::process::Command::new(program);
        command.env_clear().envs(environment).current_dir(self.home.path()).args(arguments);
        command
    }

    /// Runs the program, which must end with this status. Nobody is at its standard input.
    #[track_caller]
    fn ends(&self, status: i32, arguments: &[&str]) -> Said {
        self.ends_with([], status, arguments)
    }

    /// The same with more in the environment.
    #[track_caller]
    fn ends_with<'v>(
        &self,
        variables: impl IntoIterator<Item = (&'v str, &'v str)>,
        status: i32,
        arguments: &[&str],
    ) -> Said {
        let mut command = Command::from_std(self.command(arguments));
        command.envs(variables).timeout(PATIENCE);
        Said::of(command.assert().code(status).get_output())
    }
}

impl Said {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// Standard error without its line breaks, which are where the width of the window puts them.
    fn told(&self) -> String {
        words(&self.stderr)
    }

    /// Standard output, which must be one JSON document and nothing else.
    #[track_caller]
    fn document(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

impl Served {
    fn by(machine: &Machine) -> Self {
        Self::with(machine, &[])
    }

    fn with(machine: &Machine, more: &[&str]) -> Self {
        let arguments = ["rehearse", "--serve", "127.0.0.1:0", "--state-dir", "served"];
        let mut command = machine.command(&[&arguments[..], more].concat());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let exports = lines.map_while(|line| line.strip_prefix("export ").map(str::to_owned));
        let variables: Vec<_> = exports
            .filter_map(|export| {
                export.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()))
            })
            .collect();
        let served = Self { child, variables };
        assert!(served.variables().any(|(name, _)| name == "AWS_ENDPOINT_URL"));
        served
    }

    fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words that lead to each command, such as `rehearse console`; none for the wizard.
fn every_command() -> Vec<Vec<String>> {
    below(&Cli::command())
}

fn below(command: &clap::Command) -> Vec<Vec<String>> {
    let mut paths = vec![Vec::new()];
    for command in command.get_subcommands().filter(|command| command.get_name() != "help") {
        let name = command.get_name().to_owned();
        paths.extend(below(command).into_iter().map(|path| [vec![name.clone()], path].concat()));
    }
    paths
}

fn everything_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(everything_below(&path));
        }
        found.push(path);
    }
    found
}

/// Is at work on an account, as another run is.
fn hold(lock: &Path) -> File {
    fs::create_dir_all(lock.parent().unwrap()).unwrap();
    let mut file = File::create(lock).unwrap();
    file.lock().unwrap();
    file.write_all(b"process 4242, since 2026-11-24T06:00:00Z\n").unwrap();
    file
}

fn shown_on_a_terminal(machine: &Machine, variables: &[(&str, &str)]) -> String {
    let mut command = machine.command(&DRY_RUN);
    command.env("TERM", "xterm-256color").envs(variables.iter().copied());
    let mut session = Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(PATIENCE));
    let shown = session.expect(Eof).unwrap();
    let status = session.get_process().wait().unwrap();
    assert!(matches!(status, WaitStatus::Exited(_, 3)), "{status:?}");
    String::from_utf8_lossy(shown.as_bytes()).into_owned()
}

fn journal(machine: &Machine) -> Vec<Value> {
    let text = fs::read_to_string(machine.account_folder().join("journal.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The users, buckets and reports of the practice account. What only a look can change is left out.
fn kept_account(machine: &Machine) -> Value {
    let mut account: Value = serde_json::from_slice(&fs::read(machine.practice_account()).unwrap()).unwrap();
    assert!(account["iam"]["users"].to_string().contains("alice"));
    account.as_object_mut().unwrap().remove("memory");
    account
}

fn answers_with_commands(machine: &Machine, done_by_a_person: bool) -> String {
    let script = machine.path("authenticator.py");
    format!(
        r#"
[admin]
user = "alice"
console_password_file = "alice.txt"
access_key_profile = "dayone-admin"

[root]
delete_access_keys = true
credentials_stored = {done_by_a_person}

[mfa]
enrol_command = ["python3", {script:?}, "enrol"]
code_command = ["python3", {script:?}, "code"]

[billing]
console_access_activated = {done_by_a_person}

[iam]
block_public_s3 = true
security_contact_email = "security@example.com"
security_contact_phone = "+82 2 555 0100"
"#
    )
}

/// Runs until the first log file and the first report are there, which come after a while.
fn settled(machine: &Machine) -> Said {
    for _ in 0..6 {
        let mut command =
            Command::from_std(machine.command(&[&UNATTENDED[..], &["--output", "json"]].concat()));
        let output = command.timeout(PATIENCE).output().unwrap();
        match output.status.code() {
            Some(0) => return Said::of(&output),
            Some(3) => std::thread::sleep(Duration::from_secs(2)),
            _ => panic!("{}", String::from_utf8_lossy(&output.stderr)),
        }
    }
    panic!("the first files do not come");
}

#[track_caller]
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}

#[track_caller]
fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("not a list: {value}"))
}

fn steps_of(document: &Value) -> impl Iterator<Item = &Value> {
    list(&document["practices"]).iter().flat_map(|practice| list(&practice["steps"]))
}

/// Each step with its state.
fn states(document: &Value) -> Vec<(&str, &str)> {
    steps_of(document).map(|step| (text(&step["id"]), text(&step["state"]))).collect()
}

fn changes(document: &Value) -> Vec<&Value> {
    steps_of(document).flat_map(|step| list(&step["changes"])).collect()
}

/// What anybody may rely on who reads the JSON of a whole run.
#[track_caller]
fn assert_contract(document: &Value, applies: bool) {
    assert_eq!(document["schema"], "dayone/1");
    let root = json!({"arn": format!("arn:aws:iam::{ACCOUNT_ID}:root"), "kind": "root", "mfa": null});
    let account = json!({"id": ACCOUNT_ID, "alias": null, "partition": "aws", "signed_in_as": root});
    assert_eq!(document["account"], account);
    assert!(document["api_calls"].as_u64().is_some_and(|calls| calls > 0), "{document}");
    let in_place = states(document).iter().all(|(_, state)| SETTLED.contains(state));
    assert_eq!(document["in_place"], in_place);

    let practices = list(&document["practices"]).iter();
    let found: Vec<_> = practices.map(|practice| (text(&practice["id"]), ids(practice))).collect();
    let promised: Vec<_> = PRACTICES.iter().map(|(practice, steps)| (*practice, steps.to_vec())).collect();
    assert_eq!(found, promised);
    steps_of(document).for_each(|step| assert_step(step, applies));
}

fn ids(practice: &Value) -> Vec<&str> {
    list(&practice["steps"]).iter().map(|step| text(&step["id"])).collect()
}

#[track_caller]
fn assert_step(step: &Value, applies: bool) {
    let (state, changes) = (text(&step["state"]), list(&step["changes"]));
    assert!(STATES.contains(&state), "{step}");
    assert!(state != "to-change" || !changes.is_empty(), "{step}");
    assert_eq!(step["person"].is_string(), state == "needs-person", "{step}");
    assert_eq!(step["reason"].is_string(), EXPLAINED.contains(&state), "{step}");
    let controls = list(&step["controls"]);
    assert!(!controls.is_empty() && controls.iter().all(|control| text(control).contains(':')), "{step}");
    changes.iter().for_each(|change| assert_change(change, applies));
}

#[track_caller]
fn assert_change(change: &Value, applies: bool) {
    assert!(VERBS.contains(&text(&change["verb"])), "{change}");
    assert!(!text(&change["resource"]).is_empty() && !text(&change["summary"]).is_empty(), "{change}");
    match change.get("outcome") {
        Some(outcome) => assert!(applies && OUTCOMES.contains(&text(outcome)), "{change}"),
        None => assert!(!applies, "{change}"),
    }
}

#[track_caller]
fn assert_done_but_for_a_person(document: &Value) {
    let left: BTreeMap<_, _> =
        states(document).into_iter().filter(|(_, state)| !SETTLED.contains(state)).collect();
    // Root's keys stay until somebody says that there is another way back.
    for step in ["root-credentials", "root-access-keys", "root-mfa", "billing-access"] {
        assert_eq!(left.get(step), Some(&"needs-person"), "{step}");
    }
    let others = left.iter().filter(|(_, state)| **state != "needs-person");
    for (step, state) in others {
        assert!(step.ends_with("-delivery") && *state == "waiting", "{step} is {state}");
    }
    assert_eq!(left.values().filter(|state| **state == "needs-person").count(), 4, "{left:?}");
    let changes = changes(document);
    assert!(changes.len() > 25 && changes.iter().all(|change| change["outcome"] == "done"), "{changes:?}");
}

/// Secrets are where they were sent and in the practice account itself, which plays AWS, and nowhere else.
#[track_caller]
fn assert_no_secret_elsewhere(machine: &Machine, said: &Said) {
    const MARKS: [&str; 3] = ["MARKEDSECRET", "MARKEDTOKEN", "MARKEDSEED"];
    const PLACES: [&str; 4] =
        ["rehearsal/account.json", "rehearsal/aws/credentials", "alice.txt", "otpauth.txt"];
    let password = machine.read("alice.txt");
    let password = password.trim();
    assert!(password.len() >= 14);
    let is_secret = |text: &str| text.contains(password) || MARKS.iter().any(|mark| text.contains(mark));
    assert!(!is_secret(&said.stdout), "on standard output");
    assert!(!is_secret(&said.stderr), "on standard error");
    for path in everything_below(machine.home.path()).into_iter().filter(|path| path.is_file()) {
        let expected = PLACES.iter().any(|place| path.ends_with(place));
        let found = is_secret(&String::from_utf8_lossy(&fs::read(&path).unwrap()));
        assert_eq!(found, expected, "{}", path.display());
    }
    for private in ["alice.txt", ".local/state/dayone/rehearsal/aws/credentials"] {
        let mode = fs::metadata(machine.path(private)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{private}");
    }
}

#[track_caller]
fn assert_no_code_is_written(machine: &Machine, said: &Said) {
    let codes = machine.read("codes.txt");
    assert!(codes.lines().count() >= 3, "two to enrol and one to sign in");
    let kept = |name: &str| fs::read_to_string(machine.account_folder().join(name)).unwrap();
    let written = [said.stdout.clone(), said.stderr.clone(), kept("journal.jsonl"), kept("answers.json")];
    for text in written {
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
        assert!(!words.any(|word| codes.lines().any(|code| code == word)));
    }
}
