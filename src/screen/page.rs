//! A page for secrets, which leaves nothing behind in the terminal.

use std::sync::atomic::{AtomicBool, Ordering};

use super::Screen;
use super::channel::{Channel, write_all};

/// Turns to the terminal's second page, which has no scroll-back, and empties it.
const TURN_TO_SECOND_PAGE: &str = "\x1b[?1049h\x1b[H\x1b[J";

/// Goes to the top of the page and erases everything below.
const EMPTY_PAGE: &str = "\x1b[H\x1b[J";

/// Empties the second page, for terminals that have only one, and turns back: what was there before is there again.
const TURN_BACK: &str = "\x1b[H\x1b[J\x1b[?1049l";

/// Whether the terminal shows its second page. There is one terminal for the whole process, and the second Ctrl-C
/// has to know it too.
static SECOND_PAGE: AtomicBool = AtomicBool::new(false);

/// A page for secrets. Dropped, it is left, and what was on the screen before is there again.
#[derive(Debug)]
pub struct PrivatePage {
    screen: Screen,
}

impl PrivatePage {
    pub(super) fn turn_to(screen: &Screen) -> Self {
        screen.quiet();
        if screen.animates() && !SECOND_PAGE.swap(true, Ordering::Relaxed) {
            screen.write(Channel::Error, TURN_TO_SECOND_PAGE);
        }
        Self { screen: screen.clone() }
    }

    /// Empties the page.
    pub fn clear(&self) {
        if self.screen.animates() {
            self.screen.write(Channel::Error, EMPTY_PAGE);
        }
    }
}

impl Drop for PrivatePage {
    fn drop(&mut self) {
        self.screen.quiet();
        leave_private_page();
    }
}

/// Leaves the page for secrets where it is shown: for a process that ends without dropping anything.
pub(crate) fn leave_private_page() {
    if SECOND_PAGE.swap(false, Ordering::Relaxed) {
        // A terminal that is gone has nothing in sight.
        let _ = write_all(std::io::stderr().lock(), TURN_BACK);
    }
}

#[cfg(test)]
mod tests {
    use steps::text::Language;

    use super::*;
    use crate::screen::Mode;

    #[test]
    fn a_page_for_secrets_leaves_nothing_behind() {
        let mut terminal = vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 1000);
        terminal.process(b"before\r\n");
        terminal.process(TURN_TO_SECOND_PAGE.as_bytes());
        terminal.process("a secret\r\n".repeat(60).as_bytes());
        assert!(terminal.screen().alternate_screen());
        terminal.process(TURN_BACK.as_bytes());
        terminal.process(b"after");
        assert!(!terminal.screen().alternate_screen());
        assert_eq!(terminal.screen().contents(), "before\nafter");
        assert_eq!(terminal.screen().scrollback_len(), 0);
    }

    #[test]
    fn a_screen_without_pages_stays_as_it_is() {
        let screen = Screen::in_memory(Language::En, Mode::Rich);
        let page = screen.private_page();
        page.clear();
        screen.private_line("x");
        drop(page);
        assert_eq!(screen.kept(), "x\n");
    }
}
