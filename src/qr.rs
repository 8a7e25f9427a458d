//! A QR code as lines of half blocks, black on white whatever the theme of the terminal.
//!
//! Both colours are always set, because a code drawn in the terminal's own colours cannot be scanned on a dark theme.
//! The crate's own renderer knows no colours and leaves the last half row dark, so the code is drawn here.

use std::ops::RangeInclusive;

use qrcode::{Color, EcLevel, QrCode};

/// The light border around the code, in modules. The standard asks for four, and scanners get by with two: only so
/// does the code of a name of more than ten letters fit into a window of 80×24.
const MARGINS: RangeInclusive<usize> = 2..=4;

/// Black on white of the 256-colour palette, which no theme redefines.
const BLACK_ON_WHITE: &str = "\x1b[38;5;16;48;5;231m";
const RESET: &str = "\x1b[0m";

/// A QR code, ready to be printed.
#[derive(Clone)]
pub struct Lines {
    /// One string for each row of the terminal, each with its colours set and reset.
    pub rows: Vec<String>,
    /// How many columns each row takes.
    pub width: usize,
}

/// Draws `content`, with the widest margin that fits into `columns` and `rows`. None when none does, when colours are
/// off, or when it is too long for any QR code.
pub fn lines(content: &str, columns: usize, rows: usize, colors: bool) -> Option<Lines> {
    if !colors {
        return None;
    }
    let code = QrCode::with_error_correction_level(content, EcLevel::L).ok()?;
    let (size, modules) = (code.width(), code.to_colors());
    let fits = |margin: &usize| {
        let width = size + 2 * margin;
        width <= columns && width.div_ceil(2) <= rows
    };
    let margin = MARGINS.rev().find(fits)?;
    Some(Picture { size, modules, margin }.lines())
}

struct Picture {
    size: usize,
    modules: Vec<Color>,
    margin: usize,
}

impl Picture {
    fn lines(&self) -> Lines {
        let width = self.size + 2 * self.margin;
        let rows = (0..width).step_by(2).map(|upper| self.row(upper, width)).collect();
        Lines { rows, width }
    }

    /// Two rows of modules in one row of characters.
    fn row(&self, upper: usize, width: usize) -> String {
        let blocks: String = (0..width).map(|x| self.block(x, upper)).collect();
        format!("{BLACK_ON_WHITE}{blocks}{RESET}")
    }

    fn block(&self, x: usize, upper: usize) -> char {
        match (self.is_dark(x, upper), self.is_dark(x, upper + 1)) {
            (false, false) => ' ',
            (true, false) => '▀',
            (false, true) => '▄',
            (true, true) => '█',
        }
    }

    /// Everything outside the code is light: the margin, and the half row below an odd number of rows.
    fn is_dark(&self, x: usize, y: usize) -> bool {
        let (x, y) = (x.checked_sub(self.margin), y.checked_sub(self.margin));
        let (Some(x), Some(y)) = (x, y) else { return false };
        x < self.size && y < self.size && self.modules.get(y * self.size + x) == Some(&Color::Dark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An address as the practice gives it, with a seed as long as AWS's.
    fn otpauth(user: &str) -> String {
        let user = steps::text::percent_encoded(user);
        let seed = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".repeat(2);
        format!("otpauth://totp/AWS:{user}%40111122223333?secret={seed}&issuer=AWS")
    }

    #[test]
    fn a_typical_code_leaves_a_line_for_the_prompt() {
        for user in ["alice", "administrator", "jane.alexander@example.com"] {
            let drawn = lines(&otpauth(user), 80, 23, true).expect("fits");
            assert_eq!((drawn.width, drawn.rows.len()), (45, 23), "{user}");
        }
    }

    #[test]
    fn the_margin_is_as_wide_as_the_window_lets_it_be() {
        for (rows, width) in [(23, 45), (24, 47), (25, 49), (60, 49)] {
            let drawn = lines(&otpauth("administrator"), 80, rows, true).expect("fits");
            assert_eq!(drawn.width, width, "{rows} rows");
        }
    }

    #[test]
    fn no_picture_without_colours_or_room() {
        assert!(lines(&otpauth("alice"), 80, 23, false).is_none());
        assert!(lines(&otpauth("alice"), 80, 20, true).is_none());
        assert!(lines(&otpauth("alice"), 40, 23, true).is_none());
        assert!(lines(&otpauth(&"a".repeat(64)), 80, 23, true).is_none());
    }

    #[test]
    fn the_code_can_be_read_off_the_screen() {
        // Of a long name, the address without the issuer.
        let long = otpauth(&"u".repeat(44));
        let short = long.strip_suffix("&issuer=AWS").expect("the issuer is last").to_owned();
        let whole = ["alice", "administrator", "jane.alexander@example.com"].map(otpauth);
        for address in whole.into_iter().chain([short]) {
            let drawn = lines(&address, 80, 23, true).expect("fits");
            assert_eq!(read_off_a_dark_screen(&drawn), address);
        }
    }

    fn read_off_a_dark_screen(drawn: &Lines) -> String {
        let mut terminal = vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 0);
        terminal.process(drawn.rows.join("\r\n").as_bytes());
        let (width, height) = (80 * 4, 24 * 2 * 4);
        // Four pixels a module, as a phone would see more than one.
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
            brightness(terminal.screen(), x / 4, y / 4)
        });
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1);
        grids[0].decode().expect("decodes").1
    }

    /// How bright a half cell is. Cells without our background count as dark, as on a dark theme.
    fn brightness(screen: &vt100::Screen, x: usize, y: usize) -> u8 {
        let (row, column) = (u16::try_from(y / 2).unwrap(), u16::try_from(x).unwrap());
        let Some(cell) = screen.cell(row, column) else { return 0 };
        if cell.bgcolor() != vt100::Color::Idx(231) {
            return 0;
        }
        let dark = match cell.contents() {
            "█" => true,
            "▀" => y.is_multiple_of(2),
            "▄" => !y.is_multiple_of(2),
            _ => false,
        };
        if dark { 0 } else { 255 }
    }
}
