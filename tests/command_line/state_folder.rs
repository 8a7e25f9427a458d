//! What is left on the disk, and two runs at once.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use dayone::rehearsal::ACCOUNT_ID;
use serde_json::{Value, json};

use crate::contract::{changes, states};
use crate::machine::{DRY_RUN, Machine, Served, UNATTENDED, everything_below, journal, words};

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

/// A run that is killed while it writes an AWS file leaves the one that was to take its place.
#[test]
fn what_a_killed_run_has_left_beside_the_aws_files_is_removed_by_a_run_that_may_write() {
    let machine = Machine::with_a_name();
    let folder = machine.path(".local/state/dayone/rehearsal/aws");
    fs::create_dir_all(&folder).unwrap();
    let [left, alike] = [".dayone-unfinished-a1B2c3D4e5F6", ".dayone-unfinished-notes"];
    for name in [left, alike] {
        fs::write(folder.join(name), "[dayone-admin]\naws_secret_access_key = secret\n").unwrap();
    }
    machine.ends(3, &DRY_RUN);
    assert!(folder.join(left).exists(), "a look changes nothing");
    let one_step = [&UNATTENDED[..], &["--only", "password-policy"]].concat();
    let said = words(&machine.ends(0, &one_step).stdout);
    assert!(said.contains("A run that was killed had left") && said.contains("It is removed."), "{said}");
    assert!(!folder.join(left).exists() && folder.join(alike).exists());
    let said = words(&machine.ends(0, &one_step).stdout);
    assert!(!said.contains("was killed"), "{said}");
}

/// Is at work on an account, as another run is.
fn hold(lock: &Path) -> File {
    fs::create_dir_all(lock.parent().unwrap()).unwrap();
    let mut file = File::create(lock).unwrap();
    file.lock().unwrap();
    file.write_all(b"process 4242, since 2026-11-24T06:00:00Z\n").unwrap();
    file
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
