//! Writes HTML and XML in which nothing from outside can become markup: the names of elements and attributes are the
//! program's own, and everything else is escaped.

use steps::text::harmless;

/// Elements that stand inside a line, after which a line break would be a space.
const INLINE: [&str; 3] = ["code", "span", "strong"];

/// Names with their values, which may come from outside.
pub(super) type Attributes<'a> = &'a [(&'static str, &'a str)];

/// A document that is being written.
#[derive(Debug)]
pub(super) struct Markup(String);

impl Markup {
    /// Begins with the program's own words, such as a document type.
    pub fn beginning(declaration: &'static str) -> Self {
        Self(declaration.to_owned())
    }

    /// An element with what `content` writes.
    pub fn element(
        &mut self,
        name: &'static str,
        attributes: Attributes<'_>,
        content: impl FnOnce(&mut Self),
    ) {
        self.open(name, attributes);
        self.0.push('>');
        content(self);
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
        self.end_line_after(name);
    }

    /// An element with nothing but words.
    pub fn words(&mut self, name: &'static str, attributes: Attributes<'_>, words: &str) {
        self.element(name, attributes, |element| element.text(words));
    }

    /// An element that has no content.
    pub fn empty(&mut self, name: &'static str, attributes: Attributes<'_>) {
        self.open(name, attributes);
        self.0.push_str("/>");
        self.end_line_after(name);
    }

    /// Words, in which nothing is markup.
    pub fn text(&mut self, words: &str) {
        self.0.push_str(&escaped(words));
    }

    /// The program's own words, as they are.
    pub fn verbatim(&mut self, words: &'static str) {
        self.0.push_str(words);
    }

    /// The whole document.
    pub fn finish(self) -> String {
        self.0
    }

    fn open(&mut self, name: &'static str, attributes: Attributes<'_>) {
        self.0.push('<');
        self.0.push_str(name);
        for (attribute, value) in attributes {
            self.0.push(' ');
            self.0.push_str(attribute);
            self.0.push_str("=\"");
            self.0.push_str(&escaped(value));
            self.0.push('"');
        }
    }

    fn end_line_after(&mut self, name: &str) {
        if !INLINE.contains(&name) {
            self.0.push('\n');
        }
    }
}

/// The same words where they may stand in text and in attributes. What XML has no place for becomes `\u{fffd}`.
fn escaped(words: &str) -> String {
    let mut escaped = String::with_capacity(words.len());
    for c in harmless(words).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push(char::REPLACEMENT_CHARACTER),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::report::look::tests::HOSTILE;

    /// The names of a document's elements in the order in which they open. Stops the test where they do not nest.
    pub(in crate::report) fn elements(markup: &str) -> Vec<String> {
        const WITHOUT_END: [&str; 3] = ["!doctype", "!--", "?xml"];
        let (mut open, mut seen) = (Vec::new(), Vec::new());
        for tag in markup.split('<').skip(1) {
            let tag = tag.split_once('>').map(|(tag, _)| tag).unwrap_or_else(|| panic!("no end: {tag}"));
            let name = tag.split([' ', '/']).next().unwrap_or_default();
            if let Some(ended) = tag.strip_prefix('/') {
                assert_eq!(open.pop().as_deref(), Some(ended), "in <{tag}>");
            } else if !WITHOUT_END.contains(&name) {
                seen.push(name.to_owned());
                if !tag.ends_with('/') {
                    open.push(name.to_owned());
                }
            }
        }
        assert!(open.is_empty(), "{open:?}");
        seen
    }

    #[test]
    fn what_comes_from_outside_is_never_markup() {
        for hostile in HOSTILE {
            let mut markup = Markup::beginning("<!doctype html>\n");
            markup.element("p", &[("title", hostile)], |p| p.text(hostile));
            markup.empty("meta", &[("content", hostile)]);
            let written = markup.finish();
            assert_eq!(elements(&written), ["p", "meta"], "{written}");
            assert_eq!(written.matches('"').count(), 4, "{written}");
            assert!(!written.contains(['\'', '\0', '\u{1b}', '\u{202e}', '\u{fffe}']), "{written}");
        }
    }

    #[test]
    fn words_stay_words() {
        let mut markup = Markup::beginning("");
        markup.element("td", &[], |cell| {
            cell.words("code", &[], "a&b");
            cell.text(" <김>");
        });
        assert_eq!(markup.finish(), "<td><code>a&amp;b</code> &lt;김&gt;</td>\n");
    }
}
