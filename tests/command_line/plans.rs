//! What a look prints, and of which steps.

use dayone::rehearsal::ACCOUNT_ID;

use crate::contract::{PRACTICES, assert_contract, changes, states};
use crate::machine::{DRY_RUN, Machine, Served, UNATTENDED, journal};

/// Without users nobody has too many rights or an old key.
const FINE_WITHOUT_USERS: [&str; 5] =
    ["permissions-through-groups", "unused-credentials", "key-rotation", "roles-not-keys", "least-privilege"];

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

/// The Region is heeded, as it is on an account of AWS.
#[test]
fn a_rehearsal_is_in_the_region_that_was_named() {
    let machine = Machine::new();
    let cases: [(&str, &[&str]); 2] =
        [("us-east-1", &[]), ("ap-northeast-2", &["--region", "ap-northeast-2"])];
    for (region, named) in cases {
        let only = ["--only", "trail-bucket", "--output", "json"];
        let document = machine.ends(3, &[&DRY_RUN[..], &only, named].concat()).document();
        let bucket = format!("dayone-trail-{ACCOUNT_ID}-{region}-an");
        let resources: Vec<_> =
            changes(&document).iter().map(|change| change["resource"].to_string()).collect();
        assert!(resources.iter().any(|resource| resource.contains(&bucket)), "{region}: {resources:?}");
    }
    let arguments = ["--region", "ap-northeast-2"];
    let served = Served::with(&machine, &arguments);
    assert!(served.variables().any(|variable| variable == ("AWS_REGION", "ap-northeast-2")));
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
