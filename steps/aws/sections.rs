//! The sections of an AWS file, by their headings, with their places in the file.
//!
//! The SDK's parser gives no places, gives up on the whole file at the first odd line, and passes over names that only
//! the AWS CLI reads, such as `[profile "alice"]`. Who looks for a profile, so as not to make a second one, needs to
//! see those too.

use std::ops::Range;

/// A section.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Section {
    /// The name between the brackets, without the word `profile` and without quotes.
    pub name: String,
    /// Whether the word `profile` stands before the name.
    pub is_profile: bool,
    /// Where the lines after the heading are, in bytes.
    pub lines: Range<usize>,
}

/// The sections of a file, in order. The bytes need not be UTF-8.
pub(crate) fn sections(content: &[u8]) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut begin = 0;
    for line in content.split_inclusive(|byte| *byte == b'\n') {
        let end = begin + line.len();
        if let Some((name, is_profile)) = heading(line) {
            sections.push(Section { name, is_profile, lines: end..end });
        } else if let Some(section) = sections.last_mut() {
            section.lines.end = end;
        }
        begin = end;
    }
    sections
}

/// What stands after the closing bracket is a comment. An indented bracket goes on with the value before it.
fn heading(line: &[u8]) -> Option<(String, bool)> {
    let line = String::from_utf8_lossy(line);
    let (name, _comment) = line.strip_prefix('[')?.split_once(']')?;
    match name.trim().split_once(char::is_whitespace) {
        Some(("profile", name)) => Some((unquoted(name.trim()).to_owned(), true)),
        _ => Some((name.trim().to_owned(), false)),
    }
}

fn unquoted(name: &str) -> &str {
    ['"', '\''].into_iter().find_map(|quote| name.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_read_as_the_aws_cli_reads_them() {
        let cases = [
            ("[alice]", Some(("alice", false))),
            ("[alice] # her key", Some(("alice", false))),
            ("[ alice ];x]", Some(("alice", false))),
            ("[profile alice]\r\n", Some(("alice", true))),
            ("[ profile\talice ]", Some(("alice", true))),
            ("[profile \"name with space\"]", Some(("name with space", true))),
            ("[profile 'alice']", Some(("alice", true))),
            ("[sso-session alice]", Some(("sso-session alice", false))),
            (" [alice]", None),
            ("# [alice]", None),
            ("[alice", None),
        ];
        for (line, expected) in cases {
            let found = heading(line.as_bytes());
            assert_eq!(found.as_ref().map(|(name, is)| (name.as_str(), *is)), expected, "{line}");
        }
    }

    #[test]
    fn each_section_has_its_place() {
        let content = b"# mine\n[one]\na = 1\n\xff\n[profile two]\n[three]\nb = 2";
        let found = sections(content);
        let places: Vec<_> =
            found.iter().map(|section| (section.name.as_str(), &content[section.lines.clone()])).collect();
        let expected: [(&str, &[u8]); 3] = [("one", b"a = 1\n\xff\n"), ("two", b""), ("three", b"b = 2")];
        assert_eq!(places, expected);
        assert!(sections(b"").is_empty());
    }
}
