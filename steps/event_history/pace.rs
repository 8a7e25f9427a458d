//! The distance between calls. AWS answers two look-ups a second for each account and Region, and counts those of the
//! console and of everybody else in the account too.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// From one call to the next in the same Region.
const DISTANCE: Duration = Duration::from_millis(600);

/// When each Region may be asked next. Copies of it keep the distance together.
#[derive(Debug, Clone, Default)]
pub struct Pace(Arc<Mutex<HashMap<String, Instant>>>);

impl Pace {
    /// Waits until it is the caller's turn, and returns when that is.
    pub async fn turn(&self, region: &str) -> Instant {
        let turn = self.reserve(region);
        tokio::time::sleep_until(turn).await;
        Instant::now()
    }

    /// Tells that a call begun at `turn` has been answered. One that took long was throttled and sent again by the SDK: it counts
    /// from now.
    pub fn answered(&self, region: &str, turn: Instant) {
        if turn.elapsed() > DISTANCE {
            self.reserve(region);
        }
    }

    fn reserve(&self, region: &str) -> Instant {
        let now = Instant::now();
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = next.get(region).map_or(now, |next| now.max(*next));
        next.insert(region.to_owned(), turn + DISTANCE);
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn calls_in_a_region_keep_their_distance() {
        let (pace, start) = (Pace::default(), Instant::now());
        let mut turns = Vec::new();
        for _ in 0..4 {
            pace.turn("us-east-1").await;
            turns.push(start.elapsed().as_millis());
        }
        assert_eq!(turns, [0, 600, 1200, 1800]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waited_long_enough_need_not_wait_again() {
        let pace = Pace::default();
        pace.turn("us-east-1").await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        let start = Instant::now();
        pace.turn("us-east-1").await;
        pace.turn("us-east-1").await;
        assert_eq!(start.elapsed().as_millis(), 600, "the time before is not saved up");
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_was_sent_again_counts_from_its_end() {
        for (took, waited) in [(200, 400), (900, 600)] {
            let pace = Pace::default();
            let turn = pace.turn("us-east-1").await;
            tokio::time::sleep(Duration::from_millis(took)).await;
            pace.answered("us-east-1", turn);
            let start = Instant::now();
            pace.turn("us-east-1").await;
            assert_eq!(start.elapsed().as_millis(), waited, "{took}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn copies_share_a_region_and_regions_do_not_wait_for_each_other() {
        let (pace, start) = (Pace::default(), Instant::now());
        let other = pace.clone();
        tokio::join!(pace.turn("us-east-1"), other.turn("us-west-2"));
        assert_eq!(start.elapsed().as_millis(), 0);
        tokio::join!(pace.turn("us-east-1"), other.turn("us-east-1"));
        assert_eq!(start.elapsed().as_millis(), 1200);
    }
}
