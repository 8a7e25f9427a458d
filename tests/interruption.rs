//! Ctrl-C, the request to end, and the end of input: whenever they come, the run finishes the change that is under way,
//! says so, ends with 130, and the next run goes on from there. What is only waited for is not waited for any longer.
//!
//! `DAYONE_SWEEP=all` sends both signals during every call; without it a part is tried, evenly spread. What comes at the
//! prompts is in `tests/terminal.rs`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;
use support::between::{Between, Call, Fate};
use support::difference;
use support::machine::{ANSWERS, APPLY, DONE, Ended, Machine, Running, Victim};
use support::served::Served;
use support::side_by_side::{side_by_side, spread, tell};
use support::undisturbed::Undisturbed;

/// What a shell shows for a program that Ctrl-C ended.
const INTERRUPTED: Option<i32> = Some(130);

/// A signal is heard by then.
const A_MOMENT: Duration = Duration::from_millis(200);

/// Longer than a signal may take to end a run that waits.
const AT_ONCE: Duration = Duration::from_secs(10);

/// A call that hangs for so long hangs for ever, as far as a person is concerned.
const FOR_EVER: Duration = Duration::from_secs(60);

const SIGNALS: [Signal; 2] = [Signal::INT, Signal::TERM];

/// Of the points one in so many is tried: an odd number, so that the signals take turns.
const ONE_IN: usize = 5;

/// What is said when a change has to be finished first.
const FINISHING: &str = "Finishing the change under way. Ctrl-C again stops at once.";

/// A signal that is sent once, and when that was.
#[derive(Clone, Default)]
struct Sent(Arc<OnceLock<Instant>>);

impl Sent {
    /// Sends it, and says whether this was the time.
    fn send(&self, victim: &Victim, signal: Signal) -> bool {
        let first = self.0.set(Instant::now()).is_ok();
        if first {
            victim.signal(signal);
        }
        first
    }

    fn elapsed(&self) -> Duration {
        self.0.get().unwrap_or_else(|| panic!("it was never sent")).elapsed()
    }
}

/// Runs the whole run with something in its way, and gives back what it came to.
fn disturbed(
    served: &Served,
    machine: &Machine,
    plan: impl Fn(&Victim, &Call) -> Fate + Send + Sync + 'static,
) -> (Ended, Between) {
    let victim = Victim::default();
    let struck = victim.clone();
    let aws = Between::open(served.address, move |call| plan(&struck, call));
    let running = Running::start(machine.command(&aws, &APPLY));
    victim.is(&running);
    (running.ended(), aws)
}

fn assert_paused(ended: &Ended, place: &str) {
    assert_eq!(ended.status, INTERRUPTED, "{place}: {ended:?}");
    assert!(ended.said().contains("Paused."), "{place}: {ended:?}");
}

/// The next run goes on to the end, where an undisturbed one ends.
fn assert_goes_on(served: &Served, machine: &Machine, place: &str) {
    machine.run(&Between::quiet(served.address), &APPLY).with_status(DONE);
    assert_eq!(difference(&served.snapshot(), &Undisturbed::by_root().account), None, "{place}");
}

/// While no signal was sent.
const NOT_COUNTED: usize = usize::MAX;

/// How many changes a journal says were about to be made.
fn intents(journal: &str) -> usize {
    journal.matches("\"event\":\"intent\"").count()
}

/// Sends a signal while a call is under way, once, and gives back how many changes were begun by then.
fn interrupt(victim: &Victim, signal: Signal, sent: &Sent, journal: &Path, begun: &AtomicUsize) {
    // Before it is sent: a run that ends at once is over before this thread goes on.
    let so_far = intents(&std::fs::read_to_string(journal).unwrap_or_default());
    let _ = begun.compare_exchange(NOT_COUNTED, so_far, Ordering::SeqCst, Ordering::SeqCst);
    if sent.send(victim, signal) {
        std::thread::sleep(A_MOMENT);
    }
}

/// Nothing was begun after the signal, and what was under way is finished and written down.
fn assert_nothing_more(machine: &Machine, begun: &AtomicUsize, place: &str) {
    assert_eq!(intents(&machine.read_journal()), begun.load(Ordering::SeqCst), "{place}: more was begun");
    let last = machine.journal().pop().unwrap_or_default();
    assert_ne!(last["event"], "intent", "{place}: it was not finished");
}

/// What AWS is doing already is finished and written down; nothing after it is begun.
#[test]
fn a_signal_during_a_change_lets_that_change_end_and_nothing_more() {
    let changes = &Undisturbed::by_root().changes;
    let all = (0..changes.len()).flat_map(|change| SIGNALS.map(|signal| (change, signal)));
    let (points, count) = (spread(all, ONE_IN), changes.len() * SIGNALS.len());
    let tried = points.len();
    side_by_side(points, |(change, signal)| {
        let place = format!("{signal:?} at change {change}, {}", changes[change].name);
        let served = Served::new();
        let machine = Machine::new(&served);
        let (sent, begun) = (Sent::default(), Arc::new(AtomicUsize::new(NOT_COUNTED)));
        let (told, journal) = (begun.clone(), machine.journal_file());
        let (ended, _) = disturbed(&served, &machine, move |victim, call| {
            if call.change == Some(change) {
                interrupt(victim, signal, &sent, &journal, &told);
            }
            Fate::Pass
        });
        assert_paused(&ended, &place);
        assert!(ended.told().contains(FINISHING), "{place}: {ended:?}");
        assert_nothing_more(&machine, &begun, &place);
        assert_goes_on(&served, &machine, &place);
    });
    tell(&format!("interruption: {tried} of {count} signals during changes tried, all paused and went on"));
}

/// The operations that are only looked at, each once, and whether it is first asked for before anything is changed.
fn reads() -> Vec<(&'static str, bool)> {
    let heard = &Undisturbed::by_root().heard;
    let first_change = heard.iter().position(|heard| heard.change.is_some()).unwrap();
    let mut known = BTreeSet::new();
    let reads = heard.iter().enumerate().filter(|(_, heard)| heard.change.is_none());
    reads
        .filter(|(_, heard)| known.insert(heard.name.as_str()))
        .map(|(place, heard)| (heard.name.as_str(), place < first_change))
        .collect()
}

/// A look at the account is not waited for. One that belongs to a change ends with it.
#[test]
fn a_signal_during_a_look_ends_the_run_at_once() {
    let reads = reads();
    assert!(reads.len() > 20, "{reads:?}");
    let count = reads.len() * SIGNALS.len();
    let all = reads.into_iter().flat_map(|read| SIGNALS.map(|signal| (read, signal)));
    let points = spread(all, ONE_IN);
    let tried = points.len();
    side_by_side(points, |((name, is_before_any_change), signal)| {
        let place = format!("{signal:?} during {name}");
        let served = Served::new();
        let machine = Machine::new(&served);
        let (sent, begun) = (Sent::default(), Arc::new(AtomicUsize::new(NOT_COUNTED)));
        let (told, since, journal) = (begun.clone(), sent.clone(), machine.journal_file());
        let (ended, aws) = disturbed(&served, &machine, move |victim, call| {
            if call.name() != name {
                return Fate::Pass;
            }
            interrupt(victim, signal, &since, &journal, &told);
            if is_before_any_change {
                std::thread::sleep(FOR_EVER);
                return Fate::Unheard;
            }
            Fate::Pass
        });
        let took = sent.elapsed();
        assert_paused(&ended, &place);
        assert_nothing_more(&machine, &begun, &place);
        let longest = if is_before_any_change { AT_ONCE } else { AT_ONCE * 2 };
        assert!(took < longest, "{place}: {took:?}");
        assert_eq!(aws.changes().is_empty(), is_before_any_change, "{place}");
        assert_goes_on(&served, &machine, &place);
    });
    tell(&format!("interruption: {tried} of {count} signals during looks tried, all paused and went on"));
}

/// The second signal is for a change that hangs. Nobody knows what AWS made of it, and the next run finds out.
#[test]
fn the_second_signal_ends_a_change_that_hangs() {
    side_by_side(vec!["iam:CreateUser", "iam:CreateAccessKey", "iam:EnableMFADevice"], |hangs| {
        let served = Served::new();
        let machine = Machine::new(&served);
        let sent = Sent::default();
        let since = sent.clone();
        let (ended, _) = disturbed(&served, &machine, move |victim, call| {
            if call.name() != hangs {
                return Fate::Pass;
            }
            let (victim, since) = (victim.clone(), since.clone());
            Fate::Altered(Box::new(move |_| {
                since.send(&victim, SIGNALS[0]);
                std::thread::sleep(A_MOMENT);
                victim.signal(SIGNALS[1]);
                std::thread::sleep(FOR_EVER);
                None
            }))
        });
        let took = sent.elapsed();
        assert_eq!(ended.status, INTERRUPTED, "{ended:?}");
        assert!(ended.told().contains(FINISHING), "{hangs}: {ended:?}");
        assert!(took < AT_ONCE, "{hangs}: {took:?}");
        assert_eq!(machine.journal().last().unwrap()["event"], "intent");
        assert_goes_on(&served, &machine, hangs);
    });
}

/// IAM does not see what was just made, for ever: that is not waited for any longer, and the refused change has failed.
#[test]
fn a_signal_ends_a_wait_for_aws_between_two_attempts() {
    side_by_side(SIGNALS.to_vec(), |signal| {
        let place = format!("{signal:?}");
        let served = Served::new();
        let machine = Machine::new(&served);
        let (sent, asked) = (Sent::default(), AtomicUsize::new(0));
        let since = sent.clone();
        let (ended, _) = disturbed(&served, &machine, move |victim, call| {
            if call.name() != "iam:AddUserToGroup" {
                return Fate::Pass;
            }
            if asked.fetch_add(1, Ordering::SeqCst) == 2 {
                since.send(victim, signal);
            }
            Fate::Instead(call.refused(404, "NoSuchEntity", "It is not known here."))
        });
        let took = sent.elapsed();
        assert_paused(&ended, &place);
        assert!(took < AT_ONCE, "{place}: {took:?}");
        assert_eq!(machine.journal().last().unwrap()["event"], "failed", "{place}");
        assert_goes_on(&served, &machine, &place);
    });
}

/// A command of the answers file may wait for somebody who is not there. It ends with the run, and the device that was being
/// enrolled is taken away again.
#[test]
fn a_signal_ends_a_command_that_hangs() {
    const CODE: &str = "\"python3\", AUTHENTICATOR, \"code\"";
    const HANGS: &str = "\"sh\", \"-c\", \"echo $$ > hangs; exec sleep 1000\"";
    side_by_side(SIGNALS.to_vec(), |signal| {
        let place = format!("{signal:?}");
        let served = Served::new();
        let machine = Machine::answering(&served, &ANSWERS.replace(CODE, HANGS));
        let (victim, aws) = (Victim::default(), Between::quiet(served.address));
        let running = Running::start(machine.command(&aws, &APPLY));
        victim.is(&running);
        let command = written(&machine.path("hangs"));
        let sent = Sent::default();
        sent.send(&victim, signal);
        let ended = running.ended();
        let took = sent.elapsed();
        assert_paused(&ended, &place);
        assert!(took < AT_ONCE, "{place}: {took:?}");
        // Of a process that has ended nothing is left, or a name without arguments.
        let arguments = std::fs::read(format!("/proc/{command}/cmdline")).unwrap_or_default();
        assert!(arguments.is_empty(), "{place}: the command goes on");
        assert_eq!(served.snapshot()["devices"], json!([]), "{place}");

        let code = CODE.replace("AUTHENTICATOR", &format!("{:?}", machine.path("authenticator.py")));
        machine.write("answers.toml", machine.read("answers.toml").replace(HANGS, &code));
        assert_goes_on(&served, &machine, &place);
    });
}

/// The line in a file that somebody is about to write.
fn written(file: &Path) -> String {
    let began = Instant::now();
    loop {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        if let Some(line) = text.strip_suffix('\n') {
            return line.to_owned();
        }
        assert!(began.elapsed() < FOR_EVER, "{} is not written", file.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Lines come through a pipe that ends before the next answer.
#[test]
fn an_end_of_input_at_each_question_is_a_pause() {
    let home = tempfile::tempdir().unwrap();
    let lines = ["yes", "yes", "yes", "alice"];
    for answered in 0..=lines.len() {
        let mut child = Command::new(env!("CARGO_BIN_EXE_dayone"))
            .args(["rehearse", "--plain", "--fresh", "--language", "en", "--state-dir", "state"])
            .env_clear()
            .env("HOME", home.path())
            .current_dir(home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        for line in &lines[..answered] {
            input.write_all(format!("{line}\n").as_bytes()).unwrap();
        }
        drop(input);
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), INTERRUPTED, "after {answered} answers\n{text}");
        assert!(text.contains("Paused."), "after {answered} answers\n{text}");
    }
}
