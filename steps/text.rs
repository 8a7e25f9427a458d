//! Every message exists in English and in Korean, or it does not compile.
//!
//! A [`Text`] is made by the [`text!`](crate::text!) macro, which takes both languages and formats both from the
//! same arguments. Which of the two is shown is decided in one place only, in the wizard's `language` module.

use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Serialize;

/// A message in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Text {
    /// The English message.
    pub en: String,
    /// The Korean message.
    pub ko: String,
}

/// A language that `dayone` speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Korean.
    Ko,
}

impl Text {
    /// The message in one language.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Ko => &self.ko,
        }
    }

    /// The same words in both languages: for names, ARNs and numbers, which are not translated.
    pub fn verbatim(words: impl Into<String>) -> Self {
        let words = words.into();
        Self { en: words.clone(), ko: words }
    }
}

/// Makes a [`Text`](crate::text::Text) from an English and a Korean format string. Both may capture variables in
/// scope, and arguments after the strings are given to both.
#[macro_export]
macro_rules! text {
    (en: $en:literal, ko: $ko:literal $(, $name:ident = $value:expr)* $(,)?) => {{
        $(let $name = &$value;)*
        $crate::text::Text { en: ::std::format!($en), ko: ::std::format!($ko) }
    }};
}

/// Text that came from AWS or from a file, made harmless for a terminal: control characters, which could move the
/// cursor or hide words, and direction overrides, which could reorder them, become `\u{fffd}`.
pub fn harmless(outside: &str) -> String {
    outside.chars().map(|c| if is_harmful(c) { '\u{fffd}' } else { c }).collect()
}

/// A path, as it may be shown.
pub fn shown(path: &Path) -> String {
    harmless(&path.display().to_string())
}

fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// So many names of a list are shown.
pub const NAMES: usize = 10;

/// The names, or the first ten of them, as they may be shown.
pub fn shortened(names: &[String]) -> String {
    let mut shown: Vec<_> = names.iter().take(NAMES).map(|name| harmless(name)).collect();
    if names.len() > NAMES {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}

/// How many there are of something, as English has it: "1 day", "2 days".
pub fn counted(count: impl std::fmt::Display, one: &str) -> String {
    let count = count.to_string();
    let ending = if count == "1" { "" } else { "s" };
    format!("{count} {one}{ending}")
}

/// Everything but the letters, digits and signs that RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Percent-encodes everything that is not unreserved in RFC 3986.
pub fn percent_encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Undoes percent-encoding. What is not an encoded byte stays as it is.
pub fn percent_decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_are_formatted_from_the_same_arguments() {
        let group = "Administrators";
        let text = text! { en: "group {group}, {members} members", ko: "그룹 {group}, 구성원 {members}명", members = 3 };
        assert_eq!(text.in_language(Language::En), "group Administrators, 3 members");
        assert_eq!(text.in_language(Language::Ko), "그룹 Administrators, 구성원 3명");
    }

    #[test]
    fn one_is_no_plural() {
        let days = [0, 1, 2, 11].map(|days| counted(days, "day"));
        assert_eq!(days, ["0 days", "1 day", "2 days", "11 days"]);
    }

    #[test]
    fn percent_encoding_goes_there_and_back() {
        for words in ["alice", "a+b=c,d@e", "김", "100%", "%zz"] {
            assert_eq!(percent_decoded(&percent_encoded(words)), words);
        }
        assert_eq!(percent_encoded("a-b.c_d~e f/\u{7f}김"), "a-b.c_d~e%20f%2F%7F%EA%B9%80");
        for (encoded, words) in
            [("a%2", "a%2"), ("%+1", "%+1"), ("%", "%"), ("%2fb%2F", "/b/"), ("%ff", "\u{fffd}")]
        {
            assert_eq!(percent_decoded(encoded), words);
        }
    }

    #[test]
    fn escapes_from_outside_do_not_reach_the_terminal() {
        assert_eq!(harmless("a\u{1b}[2Jb\u{202e}c\n"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}");
        assert_eq!(harmless("김철수"), "김철수");
        assert_eq!(shown(Path::new("/tmp/a\u{1b}[2J")), "/tmp/a\u{fffd}[2J");
    }
}
