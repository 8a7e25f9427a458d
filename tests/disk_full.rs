//! A disk that is full: the run stops with an error that says so before AWS hears of the next change, and goes on
//! when there is room again. The kernel plays the full disk: it lets no file of the program grow beyond a limit, or gives
//! the program a disk of one page.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::process::Stdio;

use support::between::{Between, Fate};
use support::difference;
use support::machine::{ANSWERS, APPLY, DONE, Ended, Machine, Running};
use support::served::Served;
use support::side_by_side::{everything, side_by_side, tell};
use support::undisturbed::Undisturbed;

/// So many calls more than changes that were begun: enrolling a device is two calls, a key of root goes with a call of
/// the administrator before it, and the trail is tried twice.
const CALLS_WITHIN_A_CHANGE: usize = 3;

/// Runs where no file can grow beyond so many blocks of 512 bytes. Where one would, the program is told so and not
/// killed, as on a full disk.
fn run_with(blocks: usize, machine: &Machine, aws: &Between, arguments: &[&str]) -> Ended {
    let before = format!("trap '' XFSZ; ulimit -f {blocks}");
    Running::start(machine.in_shell(&before, aws, arguments)).ended()
}

#[test]
fn a_journal_that_cannot_grow_stops_the_run_before_the_next_change() {
    let expected = &Undisturbed::by_root().account;
    let all = 0..=24;
    let count = all.clone().count();
    let limits: Vec<usize> = if everything() { all.collect() } else { vec![0, 1, 3, 8, 20] };
    let tried = limits.len();
    side_by_side(limits, |blocks| {
        let served = Served::new();
        let machine = Machine::new(&served);
        let aws = Between::quiet(served.address);
        let ended = run_with(blocks, &machine, &aws, &APPLY).with_status(Some(1));
        let told = ended.told();
        assert!(told.contains("could not be used") && told.contains("the disk is not full"), "{told}");
        assert!(told.contains(".local/state/dayone/accounts/"), "{told}");

        let begun = machine.journal().iter().filter(|line| line["event"] == "intent").count();
        let made = aws.changes().len();
        assert!(made <= begun + CALLS_WITHIN_A_CHANGE, "{made} calls, {begun} begun in the journal");
        assert!(blocks > 0 || made == 0, "{made} calls without a line in the journal");

        machine.run(&aws, &APPLY).with_status(DONE);
        assert_eq!(difference(&served.snapshot(), expected), None, "{blocks} blocks");
        let torn = machine.journal().iter().filter(|line| line.is_null()).count();
        assert!(torn <= 1, "one line at the most was cut off");
    });
    tell(&format!("full disk: {tried} of {count} sizes of the journal tried, all told and went on"));
}

/// A file that is large already finds no room for one profile more. That is found out before there is a key.
#[test]
fn credentials_that_cannot_be_written_stop_the_run_before_there_is_a_key() {
    let expected = &Undisturbed::by_root().account;
    let served = Served::new();
    let machine = Machine::new(&served);
    let before = "# mine\n".repeat(2_000);
    machine.write(".aws/credentials", &before);
    let aws = Between::quiet(served.address);
    let told = run_with(15, &machine, &aws, &APPLY).with_status(Some(1)).told();
    assert!(told.contains(".aws/credentials could not be used"), "{told}");
    assert!(told.contains("the disk is not full"), "{told}");
    let keys = aws.changes().into_iter().filter(|heard| heard.name.ends_with("AccessKey"));
    assert_eq!(keys.count(), 0, "a key was made that nobody could have kept");
    assert_eq!(machine.read(".aws/credentials"), before);

    machine.run(&aws, &APPLY).with_status(DONE);
    assert_eq!(difference(&served.snapshot(), expected), None);
    assert!(machine.read(".aws/credentials").starts_with(&before));
    for entry in std::fs::read_dir(machine.path(".aws")).unwrap() {
        let name = entry.unwrap().file_name();
        assert!(["credentials", "config"].iter().any(|file| name == *file), "{name:?} was left behind");
    }
}

/// After AWS has made the key, something stands where its secret should go. The key is taken back; where that fails too, the
/// journal does not say that nothing came of it, and the next run knows the key as ours and replaces it.
#[test]
fn a_key_that_cannot_be_kept_is_taken_back_or_replaced_by_the_next_run() {
    let expected = &Undisturbed::by_root().account;
    side_by_side(vec![true, false], |is_taken_back| {
        let served = Served::new();
        let machine = Machine::new(&served);
        let credentials = machine.path(".aws/credentials");
        let in_the_way = credentials.clone();
        let aws = Between::open(served.address, move |call| match call.name().as_str() {
            "iam:CreateAccessKey" => {
                let in_the_way = in_the_way.clone();
                Fate::Altered(Box::new(move |answer| {
                    std::fs::create_dir(&in_the_way).unwrap();
                    Some(answer)
                }))
            }
            "iam:DeleteAccessKey" if !is_taken_back => Fate::Unheard,
            _ => Fate::Pass,
        });
        let told = machine.run(&aws, &APPLY).with_status(Some(1)).told();
        assert!(told.contains(".aws/credentials could not be used"), "{told}");
        assert_eq!(told.contains("Nothing was changed after"), is_taken_back, "{told}");
        let last = machine.journal().pop().unwrap();
        let event = if is_taken_back { "failed" } else { "unanswered" };
        assert_eq!(last["event"], event, "{last}");
        assert_eq!(last["resource"], "iam:access-key/alice");

        std::fs::remove_dir(&credentials).unwrap();
        let further = machine.run(&Between::quiet(served.address), &APPLY).with_status(DONE).said();
        assert_eq!(further.contains("its secret arrived nowhere"), !is_taken_back, "{further}");
        assert_eq!(difference(&served.snapshot(), expected), None);
    });
}

/// A disk of one page, which is taken already, in a room of the program's own; and then the program in the place of the
/// shell. Nobody but the program sees that disk.
const ON_A_FULL_DISK: &str = "exec unshare -rm sh -c 'mount -t tmpfs -o size=4k none vault \
    && head -c 4096 /dev/zero > vault/taken && exec \"$0\" \"$@\"' \"$0\" \"$@\"";

/// Whether this machine lets a program have a disk of its own. Some containers and some kernels do not.
fn lets_mount(machine: &Machine) -> bool {
    let trial = ON_A_FULL_DISK.replace("exec \"$0\" \"$@\"'", "exec true'");
    let mut shell = std::process::Command::new("sh");
    let tried = shell.args(["-c", &trial]).current_dir(machine.home()).output().unwrap();
    tried.status.success()
}

/// The password is not in its file, so AWS never hears of it, and nothing is left of the attempt.
#[test]
fn a_password_that_finds_no_room_is_not_set() {
    let expected = &Undisturbed::by_root().account;
    let served = Served::new();
    let answers = ANSWERS.replace("\"alice.txt\"", "\"vault/alice.txt\"");
    let machine = Machine::answering(&served, &answers);
    std::fs::create_dir(machine.path("vault")).unwrap();
    if !lets_mount(&machine) {
        tell("full disk: NOT TRIED for a password file: this machine lets no program have a disk of its own");
        return;
    }
    let aws = Between::quiet(served.address);
    let full = Running::start(machine.in_shell(ON_A_FULL_DISK, &aws, &APPLY)).ended().with_status(Some(1));
    let told = full.told();
    assert!(told.contains("vault/alice.txt could not be written"), "{told}");
    assert!(told.contains("No space left on device"), "{told}");
    let is_password = |name: &str| name == "iam:CreateLoginProfile";
    assert!(aws.changes().iter().all(|heard| !is_password(&heard.name)));
    assert!(aws.changes().iter().any(|heard| heard.name == "iam:CreateUser"), "the run got as far as that");

    machine.run(&aws, &APPLY).with_status(DONE);
    assert_eq!(difference(&served.snapshot(), expected), None);
    let kept = machine.read("vault/alice.txt");
    let set = aws.changes().into_iter().find(|heard| is_password(&heard.name)).unwrap();
    assert_eq!(set.parameter("Password").as_deref(), Some(kept.trim()));
    tell("full disk: a password file on a disk that is full tried, told, and went on");
}

/// A password that cannot be put where it should go is never set.
#[test]
fn a_password_that_cannot_be_written_is_not_set() {
    let served = Served::new();
    let answers = ANSWERS.replace("\"alice.txt\"", "\"answers.toml/alice.txt\"");
    let machine = Machine::answering(&served, &answers);
    let aws = Between::quiet(served.address);
    let told = machine.run(&aws, &APPLY).with_status(Some(1)).told();
    assert!(told.contains("alice.txt could not be written"), "{told}");
    assert!(aws.changes().iter().all(|heard| heard.name != "iam:CreateLoginProfile"));
}

/// Standard output may be a full disk too. The changes are made all the same, and that nobody can read of them, or of how
/// the account stands, is a failure.
#[test]
fn standard_output_that_is_full_is_a_failure() {
    let expected = &Undisturbed::by_root().account;
    let served = Served::new();
    let machine = Machine::new(&served);
    let aws = Between::quiet(served.address);
    let full =
        |arguments: &[&str]| Running::start(machine.in_shell("exec > /dev/full", &aws, arguments)).ended();
    let told = full(&APPLY).with_status(Some(1)).told();
    assert!(told.contains("Standard output could not be written: No space left on device"), "{told}");
    assert!(told.contains("What is in place stays in place."), "{told}");
    assert_eq!(difference(&served.snapshot(), expected), None);
    let answers = ["--answers", "answers.toml"];
    let outputs: [&[&str]; 10] = [
        &["policy"],
        &["completions", "bash"],
        &["--help"],
        &["check", "--help"],
        &["--version"],
        &["events", "--limit", "1"],
        &["plan"],
        &["check"],
        &["check", "--output", "json"],
        &["report", "--to", "day-one.html"],
    ];
    for output in outputs {
        let looks = ["plan", "check", "report"].contains(&output[0]) && output[1..] != ["--help"];
        let told =
            full(&[output, if looks { &answers[..] } else { &[] }].concat()).with_status(Some(1)).told();
        assert!(told.contains("Standard output could not be written"), "{output:?}: {told}");
    }
    assert!(machine.read("day-one.html").contains("</html>"), "the page itself is not on that disk");
}

/// A reader who has gone has read enough: what the run says of the account is its exit status.
#[test]
fn a_reader_who_has_gone_is_no_failure() {
    let served = Served::new();
    let machine = Machine::new(&served);
    let aws = Between::quiet(served.address);
    let looks: [(&[&str], Option<i32>); 4] = [
        (&["check", "--admin-user", "alice"], Some(3)),
        (&["check", "--admin-user", "alice", "--output", "json"], Some(3)),
        (&["events", "--limit", "1", "--region", "us-east-1"], Some(0)),
        (&["--help"], Some(0)),
    ];
    for (arguments, status) in looks {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = machine.command(&aws, arguments);
        let output = command.stdin(Stdio::null()).stdout(writer).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), status, "{arguments:?}: {told}");
        assert!(!told.contains("Standard output"), "{arguments:?}: {told}");
    }
}
