//! How a moment is written, for people and in documents. All of it is UTC.

use jiff::Timestamp;

/// The day of a moment in seconds since 1970, as 2026-11-24.
pub fn day(seconds: impl Into<Option<i64>>) -> String {
    let moment = seconds.into().and_then(|seconds| Timestamp::from_second(seconds).ok());
    moment.map_or_else(|| "?".to_owned(), |moment| moment.strftime("%Y-%m-%d").to_string())
}

/// As 2026-11-24 06:00 UTC.
pub fn minute(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// As 2026-11-24 06:00:00, where UTC stands beside it.
pub fn second(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// As programs read it: 2026-11-24T06:00:00Z.
pub fn iso(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_in_four_ways() {
        let moment: Timestamp = "2026-11-24T06:07:08.9Z".parse().unwrap();
        assert_eq!(day(moment.as_second()), "2026-11-24");
        assert_eq!(minute(moment), "2026-11-24 06:07 UTC");
        assert_eq!(second(moment), "2026-11-24 06:07:08");
        assert_eq!(iso(moment), "2026-11-24T06:07:08Z");
    }

    #[test]
    fn what_is_not_known_has_no_day() {
        assert_eq!((day(None::<i64>), day(i64::MAX)), ("?".to_owned(), "?".to_owned()));
    }
}
