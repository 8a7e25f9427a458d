//! XML as clients send it: what counts is how its elements are named, where they stand and what is written in them.
//! Prefixes, attributes and the white space between elements are each client's own.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use winterbaume_core::xml_escape;

/// No document that the practice account reads is nested as deep.
const DEEPEST: usize = 16;

/// An element.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub name: String,
    text: String,
    children: Vec<Element>,
}

/// Reads a document; none for what is not well-formed.
pub(crate) fn read(document: &[u8]) -> Option<Element> {
    let mut reader = Reader::from_str(std::str::from_utf8(document).ok()?);
    reader.config_mut().expand_empty_elements = true;
    // The document itself, and in it the elements that have not ended yet.
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().ok()? {
            Event::Start(_) if open.len() > DEEPEST => return None,
            Event::Start(start) => open.push(Element::begun(&start)?),
            Event::End(_) => {
                let ended = open.pop()?;
                open.last_mut()?.children.push(ended);
            }
            Event::Text(text) => open.last_mut()?.text.push_str(&text.unescape().ok()?),
            Event::CData(text) => open.last_mut()?.text.push_str(&text.decode().ok()?),
            Event::DocType(_) => return None,
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    let document = open.pop().filter(|document| open.is_empty() && document.text.trim().is_empty())?;
    let [root]: [Element; 1] = document.children.try_into().ok()?;
    Some(root)
}

impl Element {
    fn begun(start: &BytesStart<'_>) -> Option<Self> {
        let name = String::from_utf8(start.local_name().as_ref().to_vec()).ok()?;
        Some(Self { name, ..Self::default() })
    }

    /// What is written in it, beside its elements.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The elements of a name in it, however deep.
    pub fn all(&self, name: &str) -> Vec<&Self> {
        let mut found = Vec::new();
        for child in &self.children {
            if child.name == name {
                found.push(child);
            }
            found.extend(child.all(name));
        }
        found
    }

    /// What is written in the first element of a name in it, however deep.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.all(name).into_iter().next().map(Self::text)
    }

    /// The same document without what is each client's own.
    pub fn plain(&self) -> String {
        let (name, children) = (&self.name, &self.children);
        let inside = if children.is_empty() {
            xml_escape(&self.text)
        } else {
            children.iter().map(Self::plain).collect()
        };
        format!("<{name}>{inside}</{name}>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(document: &str) -> Option<String> {
        read(document.as_bytes()).map(|root| root.plain())
    }

    #[test]
    fn documents_that_say_the_same_are_the_same() {
        let expected = Some("<Tagging><Tag><Key>a&amp;b</Key><Value></Value></Tag></Tagging>".to_owned());
        for document in [
            "<Tagging><Tag><Key>a&amp;b</Key><Value></Value></Tag></Tagging>",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n  \
             <Tag>\n    <Key>a&#38;b</Key>\n    <Value />\n  </Tag>\n</Tagging >\n",
            "<s3:Tagging xmlns:s3='x'><!-- two --><s3:Tag id='1'><s3:Key><![CDATA[a&b]]></s3:Key><s3:Value/></s3:Tag>\
             </s3:Tagging>",
        ] {
            assert_eq!(plain(document), expected, "{document}");
        }
    }

    #[test]
    fn what_is_not_well_formed_is_nothing() {
        for document in [
            "",
            "{}",
            "<Status>Enabled",
            "<Status>Enabled</Statu>",
            "<Status>Enabled</Status></Status>",
            "<Status/><Status/>",
            "<Status/>Enabled",
            "<Status>&enabled;</Status>",
            "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        ] {
            assert_eq!(plain(document), None, "{document}");
        }
        assert_eq!(read(b"<a>\xff</a>"), None);
        let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert_eq!(plain(&nested(DEEPEST)), Some(nested(DEEPEST)));
        assert_eq!(plain(&nested(DEEPEST + 1)), None);
        assert_eq!(plain(&nested(1_000_000)), None);
    }

    #[test]
    fn what_is_written_is_found_however_deep_and_white_space_in_it_counts() {
        let rules = read(b"<Rules><Rule><Mode> A </Mode></Rule><Rule><Mode>B</Mode></Rule></Rules>").unwrap();
        assert_eq!((rules.name.as_str(), rules.text_of("Mode")), ("Rules", Some(" A ")));
        assert_eq!((rules.all("Mode").len(), rules.text_of("Days")), (2, None));
    }
}
