//! A QR code as lines of half blocks, black on white whatever the theme of the terminal.
//!
//! Both colours are always set, because a code drawn in the terminal's own colours cannot be scanned on a dark theme.
//! The crate's own renderer knows no colours and leaves the last half row dark, so the code is drawn here.

use qrcode::{Color, EcLevel, QrCode};

/// The light border, in modules, that scanners need around the code.
const MARGIN: usize = 4;

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

/// Draws `content`. None when it does not fit into `columns` and `rows`, when colours are off, or when it is too long
/// for any QR code.
pub fn lines(content: &str, columns: usize, rows: usize, colors: bool) -> Option<Lines> {
    if !colors {
        return None;
    }
    let lines = draw(content)?;
    (lines.width <= columns && lines.rows.len() <= rows).then_some(lines)
}

fn draw(content: &str) -> Option<Lines> {
    let code = QrCode::with_error_correction_level(content, EcLevel::L).ok()?;
    let picture = Picture { size: code.width(), modules: code.to_colors() };
    let width = picture.size + 2 * MARGIN;
    let rows = (0..width).step_by(2).map(|upper| picture.row(upper, width)).collect();
    Some(Lines { rows, width })
}

struct Picture {
    size: usize,
    modules: Vec<Color>,
}

impl Picture {
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
        let (Some(x), Some(y)) = (x.checked_sub(MARGIN), y.checked_sub(MARGIN)) else { return false };
        x < self.size && y < self.size && self.modules.get(y * self.size + x) == Some(&Color::Dark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OTPAUTH: &str = "otpauth://totp/AWS:alice@111122223333?secret=\
        ABCDEFGHIJKLMNOPQRSTUVWXYZ234567ABCDEFGHIJKLMNOPQRSTUVWXYZ234567&issuer=AWS";

    #[test]
    fn a_typical_code_leaves_a_line_for_the_prompt() {
        let drawn = lines(OTPAUTH, 80, 23, true).expect("fits");
        assert_eq!((drawn.width, drawn.rows.len()), (45, 23));
    }

    #[test]
    fn no_picture_without_colours_or_room() {
        assert!(lines(OTPAUTH, 80, 23, false).is_none());
        assert!(lines(OTPAUTH, 80, 22, true).is_none());
        assert!(lines(OTPAUTH, 44, 23, true).is_none());
    }

    #[test]
    fn the_code_can_be_read_off_the_screen() {
        let drawn = lines(OTPAUTH, 80, 23, true).expect("fits");
        let mut terminal = vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 0);
        terminal.process(drawn.rows.join("\r\n").as_bytes());
        let side = drawn.rows.len() * 2;
        // Four pixels a module, as a phone would see more than one.
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(side * 4, side * 4, |x, y| {
            brightness(terminal.screen(), x / 4, y / 4)
        });
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1);
        assert_eq!(grids[0].decode().expect("decodes").1, OTPAUTH);
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
