//! A bar that counts down to the next one-time code while the person may type already.
//!
//! indicatif draws where the cursor is, and there the person types. So the bar has a place of its own on the cleared
//! screen, and each drawing goes there and back in one write.

use std::convert::Infallible;
use std::time::Duration;

use steps::text;
use steps::text::Text;

use super::questions::{CODE_LIFE, seconds_to_next_code};
use crate::screen::Screen;

/// The cells of the bar, so that words and bar fit beside a QR code.
const CELLS: usize = 12;

/// Where the bar is, counted from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bar {
    pub row: usize,
    pub column: usize,
}

/// Counts down to the next code and says that it is there. Never finishes; whoever waits for the reply drops it.
pub(super) async fn run(screen: &Screen, bar: Option<Bar>) -> Infallible {
    if let Some(bar) = bar {
        count_down(screen, bar).await;
    }
    std::future::pending().await
}

async fn count_down(screen: &Screen, bar: Bar) {
    for left in (1..seconds_to_next_code()).rev() {
        tokio::time::sleep(Duration::from_secs(1)).await;
        screen.private_at(bar.row, bar.column, screen.say(&words(left)));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let there = text! { en: "The next code is there now.", ko: "이제 다음 코드가 나왔습니다." };
    screen.private_at(bar.row, bar.column, screen.say(&there));
}

/// The bar with so many seconds left.
pub(super) fn words(seconds: u64) -> Text {
    let full = usize::try_from(seconds.min(CODE_LIFE) * CELLS as u64 / CODE_LIFE).unwrap_or(CELLS);
    let (full, empty) = ("━".repeat(full), "┄".repeat(CELLS - full));
    text! { en: "Next code {full}{empty} {seconds:>2} s", ko: "다음 코드 {full}{empty} {seconds:>2}초" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_has_one_width() {
        for seconds in 0..=CODE_LIFE {
            assert_eq!(textwrap::core::display_width(&words(seconds).en), 27);
            assert_eq!(textwrap::core::display_width(&words(seconds).ko), 27);
        }
        assert!(words(CODE_LIFE).en.contains(&"━".repeat(CELLS)));
    }
}
