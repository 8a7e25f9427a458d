//! Ctrl-C, the request to end, and the end of input: whenever they come, the run finishes the change that is under way,
//! says that it pauses, ends with 130, and the next run goes on from there.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use support::between::{Between, Call, Fate};
use support::difference;
use support::machine::{APPLY, DONE, Ended, Machine, Running, Victim};
use support::served::Served;
use support::side_by_side::{everything, side_by_side, tell};
use support::terminal::Window;
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

fn assert_paused(ended: &Ended) {
    assert_eq!(ended.status, INTERRUPTED, "{ended:?}");
    assert!(ended.said().contains("Paused."), "{ended:?}");
}

/// What AWS is doing already is finished and written down; nothing after it is begun.
#[test]
fn a_signal_during_a_change_lets_that_change_end_and_nothing_more() {
    let Undisturbed { account, changes } = Undisturbed::by_root();
    let step = if everything() { 1 } else { 4 };
    let points: Vec<_> =
        (0..changes.len()).step_by(step).flat_map(|change| SIGNALS.map(|signal| (change, signal))).collect();
    let tried = points.len();
    side_by_side(points, |(change, signal)| {
        let served = Served::new();
        let machine = Machine::new(&served);
        let begun = Arc::new(AtomicUsize::new(0));
        let (told, journal) = (begun.clone(), machine.journal_file());
        let (ended, _) = disturbed(&served, &machine, move |victim, call| {
            if call.change == Some(change) {
                victim.signal(signal);
                std::thread::sleep(A_MOMENT);
                told.store(intents(&std::fs::read_to_string(&journal).unwrap()), Ordering::SeqCst);
            }
            Fate::Pass
        });
        assert_paused(&ended);
        let journal = machine.read_journal();
        assert_eq!(intents(&journal), begun.load(Ordering::SeqCst), "change {change}: more was begun");
        let last = machine.journal().pop().unwrap();
        assert_ne!(last["event"], "intent", "change {change}: it was not finished");

        machine.run(&Between::quiet(served.address), &APPLY).with_status(DONE);
        assert_eq!(difference(&served.snapshot(), account), None, "change {change}");
    });
    tell(&format!("interruption: {tried} signals during changes tried, {tried} paused and went on"));
}

/// How many changes a journal says were about to be made.
fn intents(journal: &str) -> usize {
    journal.matches("\"event\":\"intent\"").count()
}

/// A look at the account is not waited for.
#[test]
fn a_signal_during_a_look_ends_the_run_at_once() {
    side_by_side(SIGNALS.to_vec(), |signal| {
        let served = Served::new();
        let machine = Machine::new(&served);
        let began = Instant::now();
        let (ended, aws) = disturbed(&served, &machine, move |victim, call| {
            if call.name() != "iam:GetAccountPasswordPolicy" {
                return Fate::Pass;
            }
            victim.signal(signal);
            std::thread::sleep(FOR_EVER);
            Fate::Unheard
        });
        assert_paused(&ended);
        assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
        assert!(aws.changes().is_empty());
    });
}

/// The second signal is for a change that hangs. Nobody knows what AWS made of it, and the next run finds out.
#[test]
fn the_second_signal_ends_a_change_that_hangs() {
    let account = &Undisturbed::by_root().account;
    side_by_side(vec!["iam:CreateUser", "iam:CreateAccessKey", "iam:EnableMFADevice"], |hangs| {
        let served = Served::new();
        let machine = Machine::new(&served);
        let began = Instant::now();
        let (ended, _) = disturbed(&served, &machine, move |victim, call| {
            if call.name() != hangs {
                return Fate::Pass;
            }
            let victim = victim.clone();
            Fate::Altered(Box::new(move |_| {
                for signal in SIGNALS {
                    victim.signal(signal);
                    std::thread::sleep(A_MOMENT);
                }
                std::thread::sleep(FOR_EVER);
                None
            }))
        });
        assert_eq!(ended.status, INTERRUPTED, "{ended:?}");
        assert!(began.elapsed() < AT_ONCE * 2, "{:?}", began.elapsed());
        assert_eq!(machine.journal().last().unwrap()["event"], "intent");
        machine.run(&Between::quiet(served.address), &APPLY).with_status(DONE);
        assert_eq!(difference(&served.snapshot(), account), None, "{hangs}");
    });
}

/// The request to end at a prompt leaves the terminal as it was, as Ctrl-C does.
#[test]
fn a_request_to_end_at_a_prompt_is_a_pause() {
    let home = tempfile::tempdir().unwrap();
    for question in ["Start?", "The name of your own IAM user", "Apply?"] {
        let arguments = ["rehearse", "--language", "en"];
        let mut window = Window::open(home.path(), &arguments);
        loop {
            let asked = window.next_question().unwrap();
            if asked.contains(question) {
                break;
            }
            window.type_line(if asked.contains("name of your own") { "alice" } else { "yes" });
        }
        window.signal(Signal::TERM);
        let (status, output) = window.ended();
        assert_eq!(status, 130, "at {question}\n{output}");
        assert!(output.contains("Paused"), "at {question}\n{output}");
        assert!(window.is_as_it_was(), "at {question}");
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
