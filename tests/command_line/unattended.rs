//! Runs with nobody there: what they do, what they leave, and how they end.

use std::collections::BTreeMap;

use assert_cmd::Command;
use dayone::rehearsal::ACCOUNT_ID;

use crate::contract::{assert_contract, list, states, steps_of, text};
use crate::machine::{Machine, PATIENCE, PROGRAM, Said, Served, UNATTENDED, journal, words};

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
