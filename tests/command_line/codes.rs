//! The whole run with commands that enrol devices and print one-time codes, and where the secrets go.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use assert_cmd::Command;
use serde_json::Value;

use crate::contract::{SETTLED, assert_contract, changes, states};
use crate::machine::{Machine, PATIENCE, Said, UNATTENDED, everything_below, journal};

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
    // Who reads the note later is not told of what goes on here now.
    let note = machine.read("alice.note.txt");
    assert!(note.contains("111122223333.signin.aws") && note.contains("choose a new"), "{note}");
    assert!(!note.contains("when you go on"), "{note}");

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

/// The users, buckets and reports of the practice account. What only a look can change is left out.
fn kept_account(machine: &Machine) -> Value {
    let mut account: Value = serde_json::from_slice(&fs::read(machine.practice_account()).unwrap()).unwrap();
    assert!(account["iam"]["users"].to_string().contains("alice"));
    account.as_object_mut().unwrap().remove("memory");
    account
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
    for path in everything_below(machine.home()).into_iter().filter(|path| path.is_file()) {
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
