//! Two runs at once. On one machine a lock keeps them apart, and says who holds it. On two machines nothing can: there
//! what the other has made is adopted, and nothing is doubled.
//!
//! `DAYONE_SWEEP=all` lets the second machine come in between at every change of the first.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use support::between::{Between, Call, Fate};
use support::difference;
use support::machine::{APPLY, DONE, Ended, Machine, Running};
use support::served::Served;
use support::side_by_side::{side_by_side, spread, tell};
use support::undisturbed::Undisturbed;

/// A run that is held up longer than this was forgotten.
const PATIENCE: Duration = Duration::from_secs(200);

/// Of the meetings one in so many is tried: an odd number, so that the halts take turns.
const ONE_IN: usize = 5;

/// So many runs on each machine, after the two that met.
const FURTHER_RUNS: usize = 3;

/// Where the first run stops, and lets the second one pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Halt {
    BeforeTheEffect,
    AfterIt,
}

/// Holds a run up at one change. The test is told when it is there, and says when it may go on.
struct Barrier {
    is_there: Receiver<()>,
    go_on: Sender<()>,
}

impl Barrier {
    fn at(change: usize, halt: Halt) -> (Self, impl Fn(&Call) -> Fate + Send + Sync + 'static) {
        let ((arrived, is_there), (go_on, may_go_on)) = (channel(), channel::<()>());
        let may_go_on = Arc::new(Mutex::new(may_go_on));
        let plan = move |call: &Call| {
            if call.change != Some(change) {
                return Fate::Pass;
            }
            let (arrived, may_go_on) = (arrived.clone(), may_go_on.clone());
            let wait = move || {
                arrived.send(()).unwrap();
                // Who never says so lets it go on, and the test fails for another reason.
                let _ = may_go_on.lock().unwrap().recv_timeout(PATIENCE);
            };
            match halt {
                Halt::BeforeTheEffect => {
                    wait();
                    Fate::Pass
                }
                Halt::AfterIt => Fate::Altered(Box::new(move |answer| {
                    wait();
                    Some(answer)
                })),
            }
        };
        (Self { is_there, go_on }, plan)
    }

    fn wait(&self) {
        self.is_there.recv_timeout(PATIENCE).unwrap();
    }

    fn open(&self) {
        self.go_on.send(()).unwrap();
    }
}

#[test]
fn on_one_machine_the_second_run_is_told_who_is_at_work() {
    let account = &Undisturbed::by_root().account;
    let served = Served::new();
    let machine = Machine::new(&served);
    let (barrier, plan) = Barrier::at(3, Halt::BeforeTheEffect);
    let aws = Between::open(served.address, plan);
    let first = Running::start(machine.command(&aws, &APPLY));
    let holder = format!("process {}, since 20", first.id());
    barrier.wait();

    let second = Between::quiet(served.address);
    let told = machine.run(&second, &APPLY).with_status(Some(1)).told();
    assert!(told.contains("Another run of dayone is at work on this account"), "{told}");
    assert!(told.contains(&holder) && told.contains("Wait until it has ended"), "{holder}: {told}");
    for look in ["plan", "check"] {
        machine.run(&second, &[look, "--answers", "answers.toml"]).with_status(Some(3));
    }
    assert!(second.changes().is_empty(), "{:?}", second.changes());

    barrier.open();
    assert_eq!(first.ended().status, DONE);
    assert_eq!(difference(&served.snapshot(), account), None);
    machine.run(&second, &APPLY).with_status(DONE);
    assert!(second.changes().is_empty(), "the lock went away with the run that held it");
}

/// A run that was killed holds nothing any more.
#[test]
fn a_lock_does_not_outlive_its_run() {
    let served = Served::new();
    let machine = Machine::new(&served);
    let (barrier, plan) = Barrier::at(3, Halt::AfterIt);
    let aws = Between::open(served.address, plan);
    let first = Running::start(machine.command(&aws, &APPLY));
    barrier.wait();
    let victim = support::machine::Victim::default();
    victim.is(&first);
    victim.kill();
    barrier.open();
    assert_eq!(first.ended().status, None);
    machine.run(&Between::quiet(served.address), &APPLY).with_status(DONE);
}

/// The first run stops at a change, the second makes everything from another machine, and the first goes on.
#[test]
fn on_two_machines_nothing_is_doubled() {
    let Undisturbed { account, changes, .. } = Undisturbed::by_root();
    let halts = [Halt::BeforeTheEffect, Halt::AfterIt];
    let all = (0..changes.len()).flat_map(|change| halts.map(|halt| (change, halt)));
    let (points, count) = (spread(all, ONE_IN), changes.len() * halts.len());
    let tried = points.len();
    side_by_side(points, |(change, halt)| {
        let place = format!("change {change}, {halt:?}");
        let served = Served::new();
        // One password manager shows both of them the codes of the one device.
        let (here, there) = (Machine::new(&served), Machine::new(&served));
        let (barrier, plan) = Barrier::at(change, halt);
        let aws = Between::open(served.address, plan);
        let first = Running::start(here.command(&aws, &APPLY));
        barrier.wait();
        let quiet = Between::quiet(served.address);
        there.run(&quiet, &APPLY).with_status(DONE);
        barrier.open();
        assert_done_or_told(&first.ended(), &place);

        let both = || [&here, &there].into_iter().all(|machine| machine.run(&quiet, &APPLY).status == DONE);
        assert!((0..FURTHER_RUNS).any(|_| both()), "{place}: they do not get to the end");
        let calls = quiet.changes().len();
        assert!(both() && quiet.changes().len() == calls, "{place}: something is still to change");
        assert_eq!(difference(&with_keys(&served.snapshot(), 1), account), None, "{place}");
    });
    tell(&format!(
        "two at once: {tried} of {count} meetings of two machines tried, all converged, nothing doubled"
    ));
}

/// What the other has made a moment ago may be in the way. Then the run stops, and says to run again.
fn assert_done_or_told(ended: &Ended, place: &str) {
    let stopped = ended.status == Some(1) && ended.says_to_run_again();
    assert!(ended.status == DONE || stopped, "{place}: {ended:?}");
}

/// Each machine needs an access key of its own, because a secret does not travel: two are the most there may be, and
/// all else is there once.
fn with_keys(account: &Value, keys: usize) -> Value {
    let mut account = account.clone();
    let alice = &mut account["users"]["alice"]["keys"];
    let found = alice.as_array().unwrap().len();
    assert!((1..=2).contains(&found), "{found} keys");
    *alice = json!(vec![true; keys]);
    account
}
