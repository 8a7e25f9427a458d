//! Bad weather: AWS refuses in haste, breaks, is slow, cuts lines, forgets new keys, and shows old pictures. Every run
//! gets to its end or says what to do, the next run goes on, and in the end the account is as in good weather.
//!
//! What goes wrong is decided by a number and by nothing else, so that each run of these tests meets the same weather.
//! `DAYONE_SWEEP=all` meets more of it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use support::between::{Answer, Between, Call, Fate};
use support::difference;
use support::machine::{APPLY, DONE, Ended, Machine};
use support::served::Served;
use support::side_by_side::{everything, side_by_side, spread, tell};
use support::undisturbed::Undisturbed;

/// So many runs may be needed. What must not run twice is tried again within a run only where AWS was in haste.
const RUNS: usize = 8;

/// A little longer than the program waits for one answer, which is 25 seconds.
const TOO_LATE: Duration = Duration::from_secs(28);

/// What each answer takes on a bad line to the other side of the world, and on one that is worse.
const FAR_AWAY: [Duration; 2] = [Duration::from_millis(300), Duration::from_millis(1_500)];

/// By so much AWS's clock is ahead of this computer's, where the clocks differ too much.
const OFF: SignedDuration = SignedDuration::from_mins(30);

/// By so much AWS lets a signature differ from its own clock.
const TOLERATED: SignedDuration = SignedDuration::from_mins(5);

/// What can go wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Throttled,
    Failed,
    Unavailable,
    Late,
    Reset,
    AnswerLost,
}

/// Hits every third call of each operation; which third, and by what, follows from the seed.
struct Weather {
    seed: u64,
    troubles: &'static [Trouble],
    asked: Mutex<HashMap<String, u64>>,
    hits: AtomicUsize,
}

impl Weather {
    fn new(seed: u64, troubles: &'static [Trouble]) -> Self {
        Self { seed, troubles, asked: Mutex::default(), hits: AtomicUsize::new(0) }
    }

    fn fate(&self, call: &Call) -> Fate {
        let name = call.name();
        let number = {
            let mut asked = self.asked.lock().unwrap();
            let number = asked.entry(name.clone()).or_default();
            *number += 1;
            *number
        };
        if !(number + dice(&(self.seed, &name)) % 3).is_multiple_of(3) {
            return Fate::Pass;
        }
        self.hits.fetch_add(1, Ordering::SeqCst);
        let kinds = u64::try_from(self.troubles.len()).unwrap();
        let kind = usize::try_from(dice(&(self.seed, &name, number)) % kinds).unwrap();
        match self.troubles[kind] {
            Trouble::Throttled => Fate::Instead(call.throttled()),
            Trouble::Failed => Fate::Instead(call.failed()),
            Trouble::Unavailable => Fate::Instead(call.unavailable()),
            Trouble::Late => {
                std::thread::sleep(Duration::from_millis(300));
                Fate::Pass
            }
            Trouble::Reset => Fate::Reset,
            Trouble::AnswerLost => Fate::AnswerLost,
        }
    }
}

/// The same number for the same question, in every run.
fn dice(question: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    question.hash(&mut hasher);
    hasher.finish()
}

fn in_good_weather() -> &'static Value {
    &Undisturbed::by_root().account
}

/// Runs until a run gets to its end. Each one that does not says what to do.
fn runs(machine: &Machine, aws: &Between) -> Vec<Ended> {
    let mut runs = Vec::new();
    while runs.len() < RUNS {
        let ended = machine.run(aws, &APPLY);
        let done = ended.status == DONE;
        assert!(done || says_what_to_do(&ended), "{ended:?}");
        runs.push(ended);
        if done {
            return runs;
        }
    }
    panic!("no run gets to its end: {:?}", runs.last());
}

fn says_what_to_do(ended: &Ended) -> bool {
    let told = ended.told();
    let next = ended.says_to_run_again() || told.to_lowercase().contains("sign in again");
    ended.status == Some(1) && told.contains("Error: ") && next
}

/// Fails unless it all ends as in good weather, and tells how it went.
fn weathers(name: &str, expected: &Value, plan: impl Fn(&Call) -> Fate + Send + Sync + 'static) -> usize {
    let served = Served::new();
    let machine = Machine::new(&served);
    let aws = Between::open(served.address, plan);
    let runs = runs(&machine, &aws).len();
    assert_eq!(difference(&served.snapshot(), expected), None, "{name}");
    tell(&format!("weather: {name}: {} calls in {runs} runs, converged", aws.heard().len()));
    runs
}

const THROTTLED: &[Trouble] = &[Trouble::Throttled];
const REFUSALS: &[Trouble] = &[Trouble::Throttled, Trouble::Failed, Trouble::Unavailable];
const LINES: &[Trouble] = &[Trouble::Late, Trouble::Reset, Trouble::AnswerLost];
const ALL: &[Trouble] = &[
    Trouble::Throttled,
    Trouble::Failed,
    Trouble::Unavailable,
    Trouble::Late,
    Trouble::Reset,
    Trouble::AnswerLost,
];

#[test]
fn a_third_of_all_calls_goes_wrong() {
    let expected = in_good_weather();
    let seeds = if everything() { 0..6 } else { 0..1 };
    let kinds = [("throttled", THROTTLED), ("refused", REFUSALS), ("cut", LINES), ("all", ALL)];
    let jobs: Vec<_> = seeds.flat_map(|seed| kinds.map(|(name, troubles)| (name, seed, troubles))).collect();
    side_by_side(jobs, |(name, seed, troubles)| {
        let weather = Arc::new(Weather::new(seed, troubles));
        let met = weather.clone();
        let runs = weathers(&format!("{name}, seed {seed}"), expected, move |call| met.fate(call));
        assert!(runs == 1 || troubles != THROTTLED, "what AWS refused in haste took {runs} runs");
        assert!(weather.hits.load(Ordering::SeqCst) > 50, "{name}: hardly any weather");
    });
}

/// A call that is not answered in time is given up, and tried again where it may run twice: whether it was never heard, or
/// was heard at once and its answer comes when nobody waits for it any more.
#[test]
fn a_call_that_is_not_answered_in_time_is_given_up() {
    let expected = in_good_weather();
    let operations = [
        ("iam:GetGroup", 1),
        ("iam:CreateUser", 1),
        ("s3:PUT policy", 1),
        ("cloudtrail:CreateTrail", 1),
        ("iam:CreateAccessKey", 2),
        ("iam:CreateVirtualMFADevice", 2),
        ("iam:EnableMFADevice", 2),
    ];
    let all = operations.into_iter().flat_map(|operation| [false, true].map(|heard| (operation, heard)));
    side_by_side(spread(all, 3), |((name, most), heard)| {
        let met = AtomicBool::new(false);
        let how = if heard { "is answered too late" } else { "is never answered" };
        let runs = weathers(&format!("{name} {how}"), expected, move |call| {
            if call.name() != name || met.swap(true, Ordering::SeqCst) {
                return Fate::Pass;
            }
            if heard {
                return Fate::Altered(Box::new(|answer| {
                    std::thread::sleep(TOO_LATE);
                    Some(answer)
                }));
            }
            std::thread::sleep(TOO_LATE);
            Fate::Unheard
        });
        assert!(runs <= most, "{name} {how}: {runs} runs");
    });
}

/// Everything takes its time, and nothing else happens.
#[test]
fn a_line_that_is_slow_throughout_is_only_slow() {
    let time = FAR_AWAY[usize::from(everything())];
    let runs = weathers(&format!("every answer takes {time:?}"), in_good_weather(), move |_| {
        std::thread::sleep(time);
        Fate::Pass
    });
    assert_eq!(runs, 1);
}

/// The sign-in ends in the middle: root's, or the administrator's session. The run says how to sign in, and goes on.
#[test]
fn a_sign_in_that_ends_in_the_middle_is_told_and_the_next_run_goes_on() {
    let expected = in_good_weather();
    // Until something was changed, it is told on a page of its own.
    let all = 1..Undisturbed::by_root().changes.len();
    let (points, count) = (spread(all.clone(), 6), all.len());
    let tried = points.len();
    side_by_side(points, |change| {
        let served = Served::new();
        let machine = Machine::new(&served);
        let ended: Mutex<Option<String>> = Mutex::default();
        let aws = Between::open(served.address, move |call| {
            let mut ended = ended.lock().unwrap();
            if call.change == Some(change) {
                *ended = Some(call.key.clone());
            }
            if ended.as_deref() == Some(call.key.as_str()) {
                Fate::Instead(call.expired())
            } else {
                Fate::Pass
            }
        });
        let told = machine.run(&aws, &APPLY).with_status(Some(1)).told();
        assert!(told.contains("Your sign-in to AWS has expired."), "change {change}: {told}");
        assert!(told.contains("aws login") && told.contains("run the same command again"), "{told}");
        machine.run(&Between::quiet(served.address), &APPLY).with_status(DONE);
        assert_eq!(difference(&served.snapshot(), expected), None, "change {change}");
    });
    tell(&format!("weather: the sign-in ended at {tried} of {count} changes, all told and went on"));
}

/// Services learn of a new key one after the other: refused here for ten seconds, accepted there at once.
#[test]
fn a_new_key_is_refused_here_and_accepted_there() {
    let expected = in_good_weather();
    let jobs: [(&[&str], u64); 4] =
        [(&["iam"], 10), (&["sts"], 6), (&["s3", "cloudtrail", "cur"], 10), (&["iam", "s3"], 6)];
    side_by_side(jobs.to_vec(), |(services, seconds)| {
        let made: Arc<Mutex<Option<(String, Instant)>>> = Arc::default();
        weathers(&format!("a new key is refused by {services:?}"), expected, move |call| {
            if call.name() == "iam:CreateAccessKey" {
                let made = made.clone();
                return Fate::Altered(Box::new(move |answer| {
                    *made.lock().unwrap() = new_key(&answer).map(|key| (key, Instant::now()));
                    Some(answer)
                }));
            }
            let is_new = |(key, since): &(String, Instant)| {
                *key == call.key && since.elapsed() < Duration::from_secs(seconds)
            };
            let is_concerned = services.iter().any(|service| *service == call.service);
            if is_concerned && made.lock().unwrap().as_ref().is_some_and(is_new) {
                Fate::Instead(call.unknown_key())
            } else {
                Fate::Pass
            }
        });
    });
}

fn new_key(answer: &Answer) -> Option<String> {
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    let (_, rest) = text.split_once("<AccessKeyId>")?;
    rest.split('<').next().map(ToOwned::to_owned)
}

/// What was made a moment ago is not there yet, as far as the next endpoint knows.
#[test]
fn what_was_just_made_is_not_seen_at_once() {
    let expected = in_good_weather();
    let asked: Mutex<HashMap<String, usize>> = Mutex::default();
    let runs = weathers("what was just made is not seen", expected, move |call| {
        let code = match call.name().as_str() {
            "iam:AttachGroupPolicy"
            | "iam:AddUserToGroup"
            | "iam:CreateLoginProfile"
            | "iam:CreateAccessKey"
            | "iam:EnableMFADevice" => "NoSuchEntity",
            name if name.starts_with("s3:PUT ") => "NoSuchBucket",
            _ => return Fate::Pass,
        };
        let mut asked = asked.lock().unwrap();
        // Whoever asks: the administrator repeats what root was told already.
        let times = asked.entry(call.question().replace(&call.key, "")).or_default();
        *times += 1;
        if *times <= 2 { Fate::Instead(call.refused(404, code, "It is not known here.")) } else { Fate::Pass }
    });
    assert_eq!(runs, 1, "all of this is waited for within one run");
}

/// For a moment after a change, reads are answered as they were before it.
#[test]
fn old_pictures_are_shown_after_a_change() {
    let expected = in_good_weather();
    let pictures: Arc<Mutex<HashMap<String, Answer>>> = Arc::default();
    let changed: Arc<Mutex<Option<Instant>>> = Arc::default();
    weathers("old pictures are shown", expected, move |call| {
        let (pictures, changed) = (pictures.clone(), changed.clone());
        if call.change.is_some() {
            return Fate::Altered(Box::new(move |answer| {
                *changed.lock().unwrap() = Some(Instant::now());
                Some(answer)
            }));
        }
        if call.service == "sts" {
            return Fate::Pass;
        }
        let recent = |since: &Instant| since.elapsed() < Duration::from_millis(1_500);
        let is_recent = changed.lock().unwrap().as_ref().is_some_and(recent);
        let question = call.question();
        let old = pictures.lock().unwrap().get(&question).cloned();
        match old.filter(|_| is_recent) {
            Some(old) => Fate::Instead(old),
            None => Fate::Altered(Box::new(move |answer| {
                pictures.lock().unwrap().insert(question, answer.clone());
                Some(answer)
            })),
        }
    });
}

/// What AWS says at a time of its own.
fn dated(answer: Answer, time: Timestamp) -> Answer {
    answer.with_header("date", &time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

/// When a call was signed, by what it says.
fn signed_at(call: &Call) -> Option<Timestamp> {
    let date = call.header("x-amz-date")?.replace('Z', "+0000");
    Timestamp::strptime("%Y%m%dT%H%M%S%z", date).ok()
}

/// AWS's clock is half an hour ahead. It refuses what was signed by another clock, and dates all that it says.
fn by_another_clock(call: &Call) -> Fate {
    let now = Timestamp::now().checked_add(OFF).unwrap();
    let differs = |signed: Timestamp| now.duration_since(signed).abs() > TOLERATED;
    if signed_at(call).is_none_or(differs) {
        return Fate::Instead(dated(call.skewed(), now));
    }
    Fate::Altered(Box::new(move |answer| Some(dated(answer, now))))
}

/// The SDK reads AWS's time off a refusal and signs again by that, which is enough for a look. What must not run twice is
/// not signed again: there the run may stop, with AWS's words, which hold both times, and with what to do.
#[test]
fn a_clock_that_is_off_does_no_harm_or_is_told() {
    let served = Served::new();
    let machine = Machine::new(&served);
    let aws = Between::open(served.address, by_another_clock);
    let look = machine.run(&aws, &["plan", "--answers", "answers.toml"]).with_status(Some(3));
    assert!(!look.said().contains("SignatureDoesNotMatch"), "{}", look.said());
    assert!(aws.heard().iter().any(|heard| heard.status.is_none()), "nothing was refused");

    let ended = machine.run(&aws, &APPLY);
    // The journal is compared with what AWS dates, so it goes by AWS's clock: by this one, all of it is yet to come.
    let (here, journal) = (Timestamp::now(), machine.journal());
    let time = |line: &Value| line["time"].as_str().unwrap().parse::<Timestamp>().unwrap();
    assert!(!journal.is_empty() && journal.iter().all(|line| time(line) > here), "{here}: {journal:?}");
    let came_of_it = if ended.status == DONE {
        "done"
    } else {
        let told = ended.told();
        assert_eq!(ended.status, Some(1), "{ended:?}");
        assert!(told.contains("clock is") || told.contains("is now earlier than"), "{told}");
        assert!(says_what_to_do(&ended), "{told}");
        "told"
    };
    machine.run(&Between::quiet(served.address), &APPLY).with_status(DONE);
    assert_eq!(difference(&served.snapshot(), in_good_weather()), None);
    tell(&format!("weather: AWS's clock is half an hour ahead: looked, {came_of_it}, converged"));
}

#[test]
fn a_clock_that_is_a_little_off_does_no_harm() {
    let runs = weathers("AWS's clock is four minutes ahead", in_good_weather(), |_| {
        Fate::Altered(Box::new(|answer| {
            let minutes_ahead = Timestamp::now().checked_add(SignedDuration::from_secs(240)).unwrap();
            Some(dated(answer, minutes_ahead))
        }))
    });
    assert_eq!(runs, 1);
}
