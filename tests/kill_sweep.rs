//! The promise of a tool that sets up an account: it can be stopped at any instant and run again.
//!
//! The real program makes the whole unattended run on a practice account that this test serves. At each call that
//! changes something it is killed before the account hears of it, after, or as soon as the answer is on its way; or the
//! answer is lost, breaks off, or tells of a failure in place of what was done; or the line stays dead from there on. Then
//! it runs again to the end, and the account must be as an undisturbed run leaves it: nothing lost, nothing doubled, and no
//! secret gone without a word.
//!
//! `DAYONE_SWEEP=all` tries every point; without it a third is tried, evenly spread, and every point at which the secret of
//! a key or of a device can be lost.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;
use support::between::{Between, Call, Fate, Heard};
use support::difference;
use support::machine::{APPLY, DONE, Ended, Machine, Running, Victim};
use support::served::{Leaps, Served};
use support::side_by_side::{everything, side_by_side, tell};
use support::undisturbed::Undisturbed;

/// The calls whose answers hold a secret that AWS shows once.
const SECRETS: [&str; 2] = ["iam:CreateAccessKey", "iam:CreateVirtualMFADevice"];

/// Of the other points, one in so many is tried. It has no divisor in common with the number of cuts, so that each cut is
/// tried at some calls, and each call is cut.
const ONE_IN: usize = 3;

/// After so many seconds every service knows a new key.
const UNTIL_KNOWN: u64 = 301;

/// So many runs the administrator may need: each service has to get to know the new key first.
const RUNS_WITH_A_NEW_KEY: usize = 5;

/// How a run is cut off at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// Killed before the account hears of the call.
    KilledBefore,
    /// Killed after the call has had its effect, before the answer arrives.
    KilledAfter,
    /// Killed as soon as the answer is written: what the program still did with it is left to chance.
    KilledWithTheAnswer,
    /// The answer is lost, and all else goes well.
    AnswerLost,
    /// The answer breaks off in the middle, and all else goes well.
    HalfAnAnswer,
    /// The call has had its effect, and AWS answers that it has failed. All else goes well.
    SaidToHaveFailed,
    /// The answer is lost, and so is every call from there on.
    LineDead,
}

const CUTS: [Cut; 7] = [
    Cut::KilledBefore,
    Cut::KilledAfter,
    Cut::KilledWithTheAnswer,
    Cut::AnswerLost,
    Cut::HalfAnAnswer,
    Cut::SaidToHaveFailed,
    Cut::LineDead,
];

/// One instant to be cut off at.
#[derive(Debug, Clone)]
struct Point {
    change: usize,
    name: String,
    cut: Cut,
}

#[test]
fn cut_off_at_every_call_that_changes_something_a_further_run_converges() {
    let undisturbed = Undisturbed::by_root();
    assert!(undisturbed.changes.len() > 30, "{:?}", undisturbed.changes);
    let (all, points) = points(undisturbed);
    let tried = points.len();
    let ends = side_by_side(points, |point| {
        converges(&point, &undisturbed.account).map_err(|trouble| format!("{point:?}: {trouble}"))
    });
    let troubles: Vec<_> = ends.into_iter().filter_map(Result::err).collect();
    tell(&format!(
        "kill sweep: {} changing calls, {tried} of {all} points tried, {} converged, {} did not",
        undisturbed.changes.len(),
        tried - troubles.len(),
        troubles.len()
    ));
    assert!(troubles.is_empty(), "{}", troubles.join("\n"));
}

/// How many points there are, and those that are tried.
fn points(undisturbed: &Undisturbed) -> (usize, Vec<Point>) {
    let calls = undisturbed.changes.iter().enumerate();
    let all: Vec<_> = calls
        .flat_map(|(change, heard)| CUTS.map(|cut| Point { change, name: heard.name.clone(), cut }))
        .collect();
    let count = all.len();
    let is_tried = |(number, point): &(usize, Point)| {
        everything() || holds_secret(point) || number.is_multiple_of(ONE_IN)
    };
    (count, all.into_iter().enumerate().filter(is_tried).map(|(_, point)| point).collect())
}

fn holds_secret(point: &Point) -> bool {
    SECRETS.contains(&point.name.as_str())
}

/// Says what is not as it should be, where something is not.
fn converges(point: &Point, expected: &Value) -> Result<(), String> {
    let served = Served::new();
    let machine = Machine::new(&served);
    let (cut, mut heard) = run_and_cut(&served, &machine, point);
    was_cut(point, &cut, &machine)?;

    let leaps = (!holds_secret(point)).then(|| served.leaps());
    let aws = Between::open(served.address, move |call| passes(call, leaps.as_ref()));
    let further = machine.run(&aws, &APPLY);
    check(further.status == DONE, || format!("the further run ended with {further:?}"))?;
    heard.extend(aws.heard());
    is_the_same(&served, expected)?;
    no_secret_is_lost(&machine, &heard)?;
    what_is_lost_is_told(point, &further)?;
    nothing_is_left_to_change(&served, &machine)
}

fn run_and_cut(served: &Served, machine: &Machine, point: &Point) -> (Ended, Vec<Heard>) {
    let victim = Victim::default();
    let aws = Between::open(served.address, strikes(point.clone(), victim.clone(), served.leaps()));
    let running = Running::start(machine.command(&aws, &APPLY));
    victim.is(&running);
    let ended = running.ended();
    (ended, aws.heard())
}

/// A new key that each service refuses for a while takes most of the time of a run. Where the key itself is not what is cut
/// off, the account's clock leaps over that.
fn passes(call: &Call, leaps: Option<&Leaps>) -> Fate {
    match leaps.cloned() {
        Some(leaps) if call.name() == "iam:CreateAccessKey" => Fate::Altered(Box::new(move |answer| {
            leaps.by(UNTIL_KNOWN);
            Some(answer)
        })),
        _ => Fate::Pass,
    }
}

fn strikes(point: Point, victim: Victim, leaps: Leaps) -> impl Fn(&Call) -> Fate + Send + Sync + 'static {
    let dead = AtomicBool::new(false);
    move |call| {
        if dead.load(Ordering::SeqCst) {
            return Fate::Unheard;
        }
        if call.change != Some(point.change) {
            return passes(call, Some(&leaps).filter(|_| !holds_secret(&point)));
        }
        let victim = victim.clone();
        match point.cut {
            Cut::KilledBefore => {
                victim.kill();
                Fate::Unheard
            }
            Cut::KilledAfter => Fate::Altered(Box::new(move |_| {
                victim.kill();
                None
            })),
            Cut::KilledWithTheAnswer => Fate::PassThen(Box::new(move || victim.kill())),
            Cut::AnswerLost => Fate::AnswerLost,
            Cut::HalfAnAnswer => Fate::HalfAnAnswer,
            Cut::SaidToHaveFailed => {
                let failed = call.failed();
                Fate::Altered(Box::new(move |_| Some(failed)))
            }
            Cut::LineDead => {
                dead.store(true, Ordering::SeqCst);
                Fate::AnswerLost
            }
        }
    }
}

/// A program that was killed said nothing, but had written down what it was about to do. One whose line broke says so.
fn was_cut(point: &Point, ended: &Ended, machine: &Machine) -> Result<(), String> {
    let last = machine.journal().pop().unwrap_or_default();
    match point.cut {
        Cut::KilledBefore | Cut::KilledAfter => {
            check(ended.status.is_none(), || format!("it was not killed: {ended:?}"))?;
            check(last["event"] == "intent", || format!("the journal ends with {last}"))
        }
        Cut::KilledWithTheAnswer => check(ended.status.is_none(), || format!("it was not killed: {ended:?}")),
        Cut::AnswerLost | Cut::HalfAnAnswer | Cut::SaidToHaveFailed if ended.status == DONE => Ok(()),
        Cut::AnswerLost | Cut::HalfAnAnswer | Cut::SaidToHaveFailed | Cut::LineDead => {
            check(ended.status == Some(1), || format!("{ended:?}"))?;
            check(ended.says_to_run_again(), || format!("it does not say what to do: {ended:?}"))?;
            let denies = ended.told().contains("Nothing was changed");
            check(!denies, || format!("it says that nothing was changed: {ended:?}"))?;
            check(last["event"] == "unanswered", || format!("the journal ends with {last}"))
        }
    }
}

fn is_the_same(served: &Served, expected: &Value) -> Result<(), String> {
    match difference(&served.snapshot(), expected) {
        None => Ok(()),
        Some(difference) => Err(format!("the account differs: {difference}")),
    }
}

/// What counts in the account is what the files hold.
fn no_secret_is_lost(machine: &Machine, heard: &[Heard]) -> Result<(), String> {
    for user in ["alice", "bob"] {
        let sets = |heard: &&Heard| {
            heard.name == "iam:CreateLoginProfile"
                && heard.status == Some(200)
                && heard.parameter("UserName").as_deref() == Some(user)
        };
        let set = heard.iter().rev().find(sets).and_then(|heard| heard.parameter("Password"));
        let kept = machine.read(&format!("{user}.txt"));
        check(set.as_deref() == Some(kept.trim()), || format!("the password of {user} is another one"))?;
    }
    check(machine.access_key().is_some(), || "the access key is in no profile".to_owned())
}

/// What a run before has lost, the next one names.
fn what_is_lost_is_told(point: &Point, further: &Ended) -> Result<(), String> {
    use Cut::{AnswerLost, HalfAnAnswer, KilledAfter, KilledBefore, LineDead, SaidToHaveFailed};
    let lost = matches!(point.cut, KilledAfter | AnswerLost | HalfAnAnswer | SaidToHaveFailed | LineDead);
    let words = match (point.name.as_str(), point.cut) {
        // The first password of a name is the one that was cut off; the file of it is kept.
        ("iam:CreateLoginProfile", KilledBefore) => "There was a password in",
        ("iam:CreateAccessKey", _) if lost => "its secret arrived nowhere",
        ("iam:CreateVirtualMFADevice", _) if lost => "whose seed is lost",
        ("iam:EnableMFADevice", KilledBefore) => "whose seed is lost",
        _ => return Ok(()),
    };
    check(further.said().contains(words), || format!("{words:?} is not said: {further:?}"))
}

/// A third run has nothing to do, and signs in by the key that is kept.
fn nothing_is_left_to_change(served: &Served, machine: &Machine) -> Result<(), String> {
    let aws = Between::quiet(served.address);
    let third = machine.run(&aws, &APPLY);
    check(third.status == DONE, || format!("the third run ended with {third:?}"))?;
    check(aws.changes().is_empty(), || format!("the third run changed {:?}", aws.changes()))?;
    let key = machine.access_key().unwrap_or_default();
    check(aws.heard().iter().any(|heard| heard.key == key), || "the key that is kept was not used".to_owned())
}

fn check(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// Started by root's own access key, a run deletes the key that signs it. Cut off there, the same command cannot go on
/// with that key, says so, and the administrator goes on.
#[test]
fn a_run_that_is_cut_where_it_deletes_its_own_key_goes_on_as_the_administrator() {
    let undisturbed = Undisturbed::signed_in(Served::root_by_key);
    let deletes = |heard: &Heard| heard.name == "iam:DeleteAccessKey";
    let change = undisturbed.changes.iter().position(deletes).unwrap();
    let points = [Cut::KilledBefore, Cut::KilledAfter, Cut::KilledWithTheAnswer, Cut::LineDead];
    let points = points.map(|cut| Point { change, name: "iam:DeleteAccessKey".to_owned(), cut });
    let ends = side_by_side(points.to_vec(), |point| {
        let served = Served::new();
        let mut machine = Machine::new(&served);
        machine.sign_in(served.root_by_key());
        run_and_cut(&served, &machine, &point);
        let aws = Between::quiet(served.address);
        let same_again = machine.run(&aws, &APPLY);
        if point.cut != Cut::KilledBefore {
            let same_again = same_again.with_status(Some(1));
            assert!(same_again.told().contains("sign in again"), "{point:?}: {}", same_again.told());
            machine.sign_in(vec![("AWS_PROFILE", "dayone-admin".to_owned())]);
            let ends = (0..RUNS_WITH_A_NEW_KEY).any(|_| machine.run(&aws, &APPLY).status == DONE);
            assert!(ends, "{point:?}: the administrator does not get to the end");
        }
        difference(&served.snapshot(), &undisturbed.account).map(|place| format!("{point:?}: {place}"))
    });
    assert_eq!(ends.into_iter().flatten().collect::<Vec<_>>(), [""; 0]);
}
