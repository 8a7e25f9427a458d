//! What of a report is otherwise than it is to be, field by field, and which of it AWS lets be changed.

use crate::text;
use crate::text::{Text, harmless};

/// The fields that differ, each as it is and as it is to be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Differences {
    /// Those that AWS lets be changed.
    pub changeable: Vec<Text>,
    /// Those that stay as they were made.
    pub fixed: Vec<Text>,
}

impl Differences {
    /// Those that are there, of all fields that there may be.
    pub fn of(
        changeable: impl IntoIterator<Item = Option<Text>>,
        fixed: impl IntoIterator<Item = Option<Text>>,
    ) -> Self {
        Self {
            changeable: changeable.into_iter().flatten().collect(),
            fixed: fixed.into_iter().flatten().collect(),
        }
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.changeable.is_empty() && self.fixed.is_empty()
    }
}

/// A field that differs, such as `prefix costs → cur`; none where it does not.
pub fn field(name: Text, found: &str, wanted: &str) -> Option<Text> {
    if found == wanted {
        return None;
    }
    let (from, to) = (or_none(found), or_none(wanted));
    Some(Text {
        en: format!("{} {} → {}", name.en, from.en, to.en),
        ko: format!("{} {} → {}", name.ko, from.ko, to.ko),
    })
}

fn or_none(value: &str) -> Text {
    if value.is_empty() {
        text! { en: "(none)", ko: "(없음)" }
    } else {
        Text::verbatim(harmless(value))
    }
}

/// Words as one value.
pub fn joined<'w>(words: impl IntoIterator<Item = &'w String>) -> String {
    words.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Several texts as one.
pub fn listed(texts: &[Text]) -> Text {
    let all = |of: fn(&Text) -> &str| texts.iter().map(of).collect::<Vec<_>>().join(", ");
    Text { en: all(|text| &text.en), ko: all(|text| &text.ko) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_differs_is_told_as_it_is_and_as_it_is_to_be() {
        let prefix = || text! { en: "prefix", ko: "접두사" };
        assert_eq!(field(prefix(), "cur", "cur"), None);
        let told = field(prefix(), "co\u{1b}sts", "cur").unwrap();
        assert_eq!(told, text! { en: "prefix co\u{fffd}sts → cur", ko: "접두사 co\u{fffd}sts → cur" });
        let lost = field(prefix(), "", "cur").unwrap();
        assert_eq!(lost, text! { en: "prefix (none) → cur", ko: "접두사 (없음) → cur" });
        let both = listed(&[told, lost]);
        assert_eq!(both.en, "prefix co\u{fffd}sts → cur, prefix (none) → cur");
    }

    #[test]
    fn only_fields_that_differ_are_kept() {
        let text = || Text::verbatim("x");
        let found = Differences::of([None, Some(text())], [None]);
        assert_eq!((found.changeable.len(), found.fixed.len(), found.is_empty()), (1, 0, false));
        assert!(Differences::of([None], [None]).is_empty());
    }
}
