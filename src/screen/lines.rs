//! How words become lines: broken, padded, and without control characters.

use std::borrow::Cow;

/// Breaks text into lines. A Hangul syllable takes two columns; colours take none. A path or an address that is longer
/// than a line stays whole, so that it can be copied.
pub fn wrap(head: &str, indent: usize, text: &str, width: usize) -> Vec<String> {
    if text.is_empty() {
        return vec![head.trim_end().to_owned()];
    }
    let further = " ".repeat(indent);
    let options = lines_of(width).initial_indent(head).subsequent_indent(&further).break_words(false);
    trimmed(textwrap::wrap(text, options))
}

/// Breaks text into lines that no word leaves, as beside a picture: a longer word is broken.
pub fn wrap_within(text: &str, width: usize) -> Vec<String> {
    trimmed(textwrap::wrap(text, lines_of(width)))
}

fn lines_of<'o>(width: usize) -> textwrap::Options<'o> {
    textwrap::Options::new(width).word_splitter(textwrap::WordSplitter::NoHyphenation)
}

fn trimmed(lines: Vec<Cow<'_, str>>) -> Vec<String> {
    lines.into_iter().map(|line| line.trim_end().to_owned()).collect()
}

/// Pads words with spaces to so many columns.
pub fn padded(words: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(textwrap::core::display_width(words));
    format!("{words}{}", " ".repeat(missing))
}

/// Replaces control characters, but for the colour changes that `Screen::paint` adds.
pub(super) fn printable(line: &str) -> Cow<'_, str> {
    if !line.contains(char::is_control) {
        return Cow::Borrowed(line);
    }
    let mut clean = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(next) = rest.chars().next() {
        let color = color_change(rest);
        let taken = if color.is_empty() { next.len_utf8() } else { color.len() };
        match color {
            "" if next.is_control() => clean.push(char::REPLACEMENT_CHARACTER),
            _ => clean.push_str(&rest[..taken]),
        }
        rest = &rest[taken..];
    }
    Cow::Owned(clean)
}

/// The colour change at the start of `rest`, or nothing.
fn color_change(rest: &str) -> &str {
    let Some(parameters) = rest.strip_prefix("\x1b[") else { return "" };
    let end = parameters.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(parameters.len());
    if parameters[end..].starts_with('m') { &rest[..=2 + end] } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hangul_takes_two_columns() {
        let lines =
            wrap("  ", 2, "권한은 사람이 아니라 그룹에 줍니다. 다음 관리자는 그룹에 넣기만 하면 됩니다.", 40);
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines.iter().all(|line| textwrap::core::display_width(line) <= 40), "{lines:?}");
        assert_eq!(padded("예", 4), "예  ");
    }

    #[test]
    fn a_long_address_is_not_broken_at_its_hyphens() {
        let address = "https://console.aws.amazon.com/iam/home#/security-credentials-of-root";
        assert_eq!(wrap("", 0, address, 80), [address]);
    }

    #[test]
    fn a_word_that_is_longer_than_a_line_stays_whole_unless_nothing_may_leave_the_lines() {
        let path = format!("/home/alice/{}", "a".repeat(90));
        assert_eq!(wrap("Error: ", 7, &format!("{path} is there."), 80)[0], format!("Error: {path}"));
        let broken = wrap_within(&path, 33);
        assert!(broken.len() > 2 && broken.iter().all(|line| line.len() <= 33), "{broken:?}");
    }

    #[test]
    fn only_colour_changes_get_through() {
        assert_eq!(printable("\x1b[32mok\x1b[0m"), "\x1b[32mok\x1b[0m");
        assert_eq!(printable("a\x1b[2Jb\rc\x1b]0;x\x07"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}]0;x\u{fffd}");
        assert_eq!(printable("김\x1b"), "김\u{fffd}");
    }
}
