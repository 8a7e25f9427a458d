//! What time it is by AWS's clock.
//!
//! AWS dates keys and their uses by its own clock, and their age decides what is switched off and what is deleted. This
//! computer's clock may be weeks ahead and nothing stops such a run: the SDK signs again by the date of AWS's refusal. By
//! such a clock, a key that was used this morning would look like one that nobody needs any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

use crate::error::is_far_off;

/// What is known of AWS's clock. Copies know the same.
#[derive(Debug, Clone, Default)]
pub struct AwsClock {
    /// By so many seconds this computer's clock was ahead of AWS's at the last answer that had a date.
    ahead: Arc<AtomicI64>,
}

impl AwsClock {
    /// What time it is at AWS, as far as that is known.
    pub fn now(&self) -> Timestamp {
        self.at_aws(Timestamp::now())
    }

    /// What time it was at AWS when it was this time here. A difference of minutes is none that matters.
    pub fn at_aws(&self, here: Timestamp) -> Timestamp {
        let ahead = self.ahead.load(Ordering::Relaxed);
        if !is_far_off(ahead) {
            return here;
        }
        here.checked_sub(SignedDuration::from_secs(ahead)).unwrap_or(here)
    }

    pub(super) fn hear(&self, ahead: i64) {
        self.ahead.store(ahead, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Access, canned};

    #[test]
    fn only_a_clock_that_is_far_off_is_put_right() {
        let here: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        for (ahead, expected) in [
            (0, "2026-11-24T12:00:00Z"),
            (300, "2026-11-24T12:00:00Z"),
            (-300, "2026-11-24T12:00:00Z"),
            (301, "2026-11-24T11:54:59Z"),
            (60 * 86_400, "2026-09-25T12:00:00Z"),
            (-86_400, "2026-11-25T12:00:00Z"),
            (i64::MAX, "2026-11-24T12:00:00Z"),
        ] {
            let clock = AwsClock::default();
            clock.hear(ahead);
            assert_eq!(clock.at_aws(here).to_string(), expected, "{ahead}");
        }
    }

    /// So many seconds this computer's clock is ahead of what is taken for AWS's.
    fn ahead(clock: &AwsClock) -> i64 {
        Timestamp::now().as_second() - clock.now().as_second()
    }

    #[tokio::test(start_paused = true)]
    async fn aws_tells_its_time_with_every_answer_but_a_refusal() {
        for (by_aws, expected) in [(-3_600, 3_600), (86_400, -86_400), (60, 0)] {
            let aws = canned::Aws::with_clock(by_aws, |call| call.refused(403, "AccessDenied"));
            let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
            assert!(ahead(identity.clock()).abs_diff(expected) <= 2, "{by_aws}");
            let copy = identity.clone();
            // Whoever refuses, with whatever date, need not be AWS.
            identity.clock().hear(0);
            identity.iam().list_users().send().await.unwrap_err();
            assert_eq!(ahead(copy.clock()), 0, "{by_aws}");
        }
        let undated = canned::Aws::answering(|_| None);
        let identity = undated.connection(Access::ReadOnly).started_as().await.unwrap();
        assert_eq!(ahead(identity.clock()), 0);
    }
}
