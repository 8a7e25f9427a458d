//! From when to when: dates, times, and how long ago.
//!
//! AWS dates events by its own clock, so what time it is now counts by that: by this computer's, which may be hours off,
//! the latest events could be missed. What holds up by no clock is told before AWS is asked.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use steps::event_history::{DAYS, earliest, oldest};
use steps::moment::day;
use steps::text;
use steps::text::{Text, harmless};

const BEGIN_OF_DAY: &str = "T00:00:00Z";
const END_OF_DAY: &str = "T23:59:59Z";

/// From when to when, both included, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// From when.
    pub start: Timestamp,
    /// Until when.
    pub end: Timestamp,
}

impl Period {
    /// Tells what holds up by no clock: words that are not understood, and how long ago is too long. Whether a date is
    /// later than now depends on what time it is at AWS, which nobody knows yet.
    pub fn judge(since: Option<&str>, until: Option<&str>) -> Result<(), Text> {
        let here = Timestamp::now();
        for (option, words, of_day) in [("--since", since, BEGIN_OF_DAY), ("--until", until, END_OF_DAY)] {
            if let Some(words) = words {
                moment(option, words, of_day, here)?;
            }
        }
        let is_by_the_clock = |words: &str| ago(words, here).is_none();
        if since.into_iter().chain(until).any(is_by_the_clock) {
            return Ok(());
        }
        Self::choose(since, until, here).map(drop)
    }

    /// The period that the options say; by default all that Event History has. What time it is now is AWS's to say.
    pub fn choose(since: Option<&str>, until: Option<&str>, now: Timestamp) -> Result<Self, Text> {
        let now = whole_seconds(now);
        let start = since.map(|words| begin(words, now)).transpose()?.unwrap_or(Timestamp::MIN);
        let end = until.map(|words| end(words, now)).transpose()?.unwrap_or(now);
        let start = start.max(earliest(now));
        if start < end { Ok(Self { start, end }) } else { Err(upside_down()) }
    }

    /// As a person reads it.
    pub fn words(&self) -> (String, String) {
        let words = |time: Timestamp| time.strftime("%Y-%m-%d %H:%M").to_string();
        (words(self.start), words(self.end))
    }
}

fn begin(words: &str, now: Timestamp) -> Result<Timestamp, Text> {
    let start = moment("--since", words, BEGIN_OF_DAY, now)?;
    // The first day that Event History still has a part of may be named, too.
    let ends = date(words, END_OF_DAY).unwrap_or(start);
    if start > now {
        return Err(later_than_now("--since", words));
    }
    if ends < oldest(now) { Err(too_early("--since", words, now)) } else { Ok(start) }
}

fn end(words: &str, now: Timestamp) -> Result<Timestamp, Text> {
    let end = moment("--until", words, END_OF_DAY, now)?;
    // Today has not ended yet, and may be named.
    let begins = date(words, BEGIN_OF_DAY).unwrap_or(end);
    if begins > now {
        return Err(later_than_now("--until", words));
    }
    if end <= earliest(now) { Err(too_early("--until", words, now)) } else { Ok(end.min(now)) }
}

fn moment(option: &str, words: &str, of_day: &str, now: Timestamp) -> Result<Timestamp, Text> {
    let moment = ago(words, now).or_else(|| date(words, of_day)).or_else(|| words.parse().ok());
    moment.map(whole_seconds).ok_or_else(|| not_understood(option, words))
}

/// Such as `90d`, `12h` and `30m`.
fn ago(words: &str, now: Timestamp) -> Option<Timestamp> {
    let units = [('d', 86_400), ('h', 3_600), ('m', 60)];
    let (number, seconds) =
        units.into_iter().find_map(|(unit, seconds)| Some((words.strip_suffix(unit)?, seconds)))?;
    if number.is_empty() || !number.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let number: i64 = number.parse().unwrap_or(i64::MAX);
    let passed = SignedDuration::from_secs(number.saturating_mul(seconds));
    Some(now.checked_sub(passed).unwrap_or(Timestamp::MIN))
}

/// Such as `2026-11-01`.
fn date(words: &str, of_day: &str) -> Option<Timestamp> {
    if words.len() == "2026-11-01".len() { format!("{words}{of_day}").parse().ok() } else { None }
}

fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

fn not_understood(option: &str, words: &str) -> Text {
    let words = harmless(words);
    text! {
        en: "{option} {words} is not understood. Write a date such as 2026-11-01, a time such as 2026-11-01T09:00:00Z, or how long ago: 90d, 12h.",
        ko: "{option} {words}을(를) 해석할 수 없습니다. 2026-11-01 같은 날짜, 2026-11-01T09:00:00Z 같은 시각, 또는 90d나 12h처럼 얼마나 전인지를 적으세요."
    }
}

fn later_than_now(option: &str, words: &str) -> Text {
    let words = harmless(words);
    text! {
        en: "{option} {words} is later than now.",
        ko: "{option} {words}은(는) 지금보다 나중입니다."
    }
}

fn too_early(option: &str, words: &str, now: Timestamp) -> Text {
    let (words, first) = (harmless(words), day(oldest(now).as_second()));
    text! {
        en: "{option} {words} is too early. Event History goes back {DAYS} days: {first} is the first day there is.",
        ko: "{option} {words}은(는) 너무 이릅니다. 이벤트 기록(Event History)은 {DAYS}일 전까지 있으며 첫날은 {first}입니다."
    }
}

fn upside_down() -> Text {
    text! {
        en: "--since must be before --until.",
        ko: "--since는 --until보다 앞이어야 합니다."
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    fn choose(since: Option<&str>, until: Option<&str>) -> Result<Period, Text> {
        Period::choose(since, until, at("2026-11-24T12:30:15.75Z"))
    }

    #[test]
    fn dates_times_and_how_long_ago_are_understood() {
        let cases = [
            (Some("2026-11-01"), Some("2026-11-03"), "2026-11-01T00:00:00Z", "2026-11-03T23:59:59Z"),
            (Some("12h"), None, "2026-11-24T00:30:15Z", "2026-11-24T12:30:15Z"),
            (Some("30m"), Some("5m"), "2026-11-24T12:00:15Z", "2026-11-24T12:25:15Z"),
            (
                Some("2026-11-01T09:00:00+09:00"),
                Some("2026-11-02T00:00:00.9Z"),
                "2026-11-01T00:00:00Z",
                "2026-11-02T00:00:00Z",
            ),
            (Some("2026-11-24"), Some("2026-11-24"), "2026-11-24T00:00:00Z", "2026-11-24T12:30:15Z"),
            (Some("7d"), Some("2026-11-20"), "2026-11-17T12:30:15Z", "2026-11-20T23:59:59Z"),
        ];
        for (since, until, start, end) in cases {
            assert_eq!(
                choose(since, until),
                Ok(Period { start: at(start), end: at(end) }),
                "{since:?} {until:?}"
            );
        }
    }

    #[test]
    fn all_that_there_is_begins_an_hour_within_what_aws_takes() {
        let all = Period { start: at("2026-08-26T13:30:15Z"), end: at("2026-11-24T12:30:15Z") };
        for since in [None, Some("90d"), Some("2026-08-26")] {
            assert_eq!(choose(since, None), Ok(all), "{since:?}");
        }
    }

    #[test]
    fn only_what_holds_up_by_no_clock_is_told_before_aws_is_asked() {
        for (since, until, told) in [
            (Some("yesterday"), None, "--since yesterday is not understood"),
            (Some("2026-11-01"), Some("soon"), "--until soon is not understood"),
            (Some("91d"), None, "goes back 90 days"),
            (None, Some("90d"), "too early"),
            (Some("2d"), Some("3d"), "before --until"),
        ] {
            let text = Period::judge(since, until).unwrap_err();
            assert!(text.en.contains(told), "{since:?} {until:?}: {}", text.en);
        }
        for (since, until) in [
            (None, None),
            (Some("7d"), Some("12h")),
            (Some("2999-01-01"), None),
            (Some("2001-01-01T00:00:00Z"), None),
            (Some("1h"), Some("2001-01-01")),
        ] {
            assert_eq!(Period::judge(since, until), Ok(()), "{since:?} {until:?}");
        }
    }

    #[test]
    fn what_cannot_be_is_told() {
        let cases = [
            (Some("yesterday"), None, "is not understood"),
            (Some("12"), None, "is not understood"),
            (Some("-3d"), None, "is not understood"),
            (Some("d"), None, "is not understood"),
            (Some("2026-13-01"), None, "is not understood"),
            (Some("2026-11-01T09:00:00"), None, "is not understood"),
            (None, Some("김"), "is not understood"),
            (Some("2026-11-25"), None, "later than now"),
            (None, Some("2026-11-25"), "later than now"),
            (None, Some("2026-11-24T12:30:16Z"), "later than now"),
            (Some("91d"), None, "2026-08-26 is the first day"),
            (Some("99999999999999999999d"), None, "too early"),
            (Some("2026-08-25"), None, "too early"),
            (None, Some("2026-08-25"), "too early"),
            (None, Some("90d"), "too early"),
            (Some("2h"), Some("3h"), "before --until"),
            (Some("0h"), None, "before --until"),
        ];
        for (since, until, told) in cases {
            let text = choose(since, until).unwrap_err();
            assert!(text.en.contains(told), "{since:?} {until:?}: {}", text.en);
        }
    }
}
