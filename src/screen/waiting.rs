//! What is shown while something is waited for.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::channel::write_all;
use super::lines::{printable, wrap_within};
use super::{Screen, lock};

/// Goes to the line above.
const ONE_LINE_UP: &str = "\x1b[A";

/// Erases everything from the cursor on.
const ERASE_BELOW: &str = "\x1b[J";

/// The columns before the words beside a spinner.
const BEFORE_WORDS: usize = 6;

/// The columns for words beside a bar, in a window of 80.
#[cfg(test)]
pub const BESIDE_BAR: usize = 61;

/// Takes its spinner away when it is dropped.
#[derive(Debug)]
pub struct Spinner {
    screen: Screen,
    bar: Option<ProgressBar>,
}

impl Spinner {
    pub(super) fn turn(screen: &Screen, text: &str, way_out: Option<&str>) -> Self {
        screen.quiet();
        if !screen.animates() {
            screen.wrapped(2, &format!("{text} …"));
            if let Some(way_out) = way_out {
                screen.wrapped(2, way_out);
            }
            return Self { screen: screen.clone(), bar: None };
        }
        let bar = turning(&beside_spinner(text, way_out, screen.width()));
        *lock(&screen.0.spinner) = Some(bar.clone());
        Self { screen: screen.clone(), bar: Some(bar) }
    }

    /// Ends after the person has pressed Enter. The terminal has gone to the next line by itself, and what is taken
    /// away is counted from the line before.
    pub fn end_after_enter(mut self) {
        if self.bar.is_none() {
            return;
        }
        // Not through the screen, which would draw anew. A terminal that is gone shows nothing.
        let _ = write_all(std::io::stderr().lock(), ONE_LINE_UP);
        self.end();
        let _ = write_all(std::io::stderr().lock(), ERASE_BELOW);
    }

    fn end(&mut self) {
        let Some(bar) = self.bar.take() else { return };
        bar.finish_and_clear();
        let mut shown = lock(&self.screen.0.spinner);
        if shown.as_ref().is_some_and(ProgressBar::is_finished) {
            *shown = None;
        }
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.end();
    }
}

/// How far a piece of work has got. Goes away when it is dropped.
#[derive(Debug)]
pub struct Bar(Spinner);

impl Bar {
    pub(super) fn fill(screen: &Screen, length: u64) -> Self {
        screen.quiet();
        let bar = screen.animates().then(|| filling(length));
        *lock(&screen.0.spinner) = bar.clone();
        Self(Spinner { screen: screen.clone(), bar })
    }

    /// Shows how many parts are done, and what there is to say about it.
    pub fn show(&self, done: u64, words: &str) {
        if let Some(bar) = &self.0.bar {
            bar.set_position(done);
            bar.set_message(printable(words).into_owned());
        }
    }
}

fn filling(length: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("  {bar:16} {wide_msg}") {
        bar.set_style(style.progress_chars("━━┄"));
    }
    bar.tick();
    bar
}

fn turning(lines: &[String]) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    // `wide_msg` would cut off what is longer than a line.
    if let Ok(style) = ProgressStyle::with_template("    {spinner} {msg}") {
        bar.set_style(style);
    }
    bar.set_message(lines.join(&format!("\n{}", " ".repeat(BEFORE_WORDS))));
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// The words beside a spinner in lines that fit, and on lines of its own how to go on without waiting.
fn beside_spinner(text: &str, way_out: Option<&str>, width: usize) -> Vec<String> {
    let within = width.saturating_sub(BEFORE_WORDS);
    let paragraphs = std::iter::once(text).chain(way_out);
    paragraphs.flat_map(|words| wrap_within(&printable(words), within)).collect()
}

#[cfg(test)]
mod tests {
    use steps::text::Language;

    use super::*;
    use crate::screen::Mode;

    /// Whatever is waited for, and however long its words are: nothing is cut off, and the way out is never lost.
    #[test]
    fn what_is_waited_for_fits_into_the_window_with_the_way_out_below() {
        let name = "a".repeat(128);
        let waits = [
            format!("Watching for the sign-in under the profile {name} …"),
            format!("프로파일 {name}(으)로 로그인하기를 기다리는 중 …"),
            "Sign in at https://111122223333.signin.amazonaws-us-gov.com/console …".to_owned(),
            "https://111122223333.signin.aws.amazon.com/console에서 로그인하세요 …".to_owned(),
            "enable".to_owned(),
        ];
        let ways_out = ["Press Enter to go on without waiting.", "Enter를 누르면 기다리지 않고 넘어갑니다."];
        for width in [20, 40, 60, 80] {
            for (wait, way_out) in waits.iter().flat_map(|wait| ways_out.map(|way_out| (wait, way_out))) {
                let lines = beside_spinner(wait, Some(way_out), width);
                let widest = lines.iter().map(|line| textwrap::core::display_width(line)).max();
                assert!(widest.is_some_and(|widest| widest + BEFORE_WORDS <= width), "{width}: {lines:?}");
                let squeezed = |words: &str| words.split_whitespace().collect::<String>();
                assert_eq!(squeezed(&lines.concat()), squeezed(&format!("{wait}{way_out}")));
                let alone = wrap_within(way_out, width - BEFORE_WORDS);
                assert!(lines.ends_with(&alone) && lines.len() > alone.len(), "{width}: {lines:?}");
            }
        }
    }

    /// The way out is below the spinner in a real terminal, and both go away without a trace, also when Enter has moved
    /// the cursor on.
    #[test]
    fn a_spinner_of_several_lines_leaves_nothing_behind() {
        let mut terminal = vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 1000);
        terminal.process(b"before\r\n");
        for line in beside_spinner("Watching the account", Some("Press Enter"), 80) {
            terminal.process(format!("{line:80}").as_bytes());
        }
        let row = terminal.screen().rows(0, 80).nth(2);
        assert_eq!(row.as_deref().map(str::trim_end), Some("Press Enter"));
        terminal.process(b"\r\n");
        terminal.process(ONE_LINE_UP.as_bytes());
        // As indicatif takes two lines away.
        terminal.process(b"\x1b[1A\r\x1b[2K\x1b[1B\r\x1b[2K\x1b[1A");
        terminal.process(ERASE_BELOW.as_bytes());
        terminal.process(b"after");
        assert_eq!(terminal.screen().contents(), "before\nafter");
    }

    #[test]
    fn where_nothing_turns_the_way_out_is_a_line() {
        let screen = Screen::in_memory(Language::En, Mode::Rich);
        screen.spinner_with_way_out("Watching the account", "Press Enter.").end_after_enter();
        assert_eq!(screen.kept(), "  Watching the account …\n  Press Enter.\n");
        assert_eq!((screen.rows(), Screen::in_memory(Language::En, Mode::Plain).rows()), (Some(24), None));
    }
}
