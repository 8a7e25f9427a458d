//! Why answers do not fit, in our words and in both languages.
//!
//! serde says it in English sentences, with the names of our types in them and with the value that was found, which may
//! be a secret in the wrong place. The usual sentences are taken apart here; what is not known is passed on as it is.

use steps::text;
use steps::text::{Text, harmless};
use strsim::levenshtein;

/// So many letters may be wrong in a name that is still recognised.
const SLIPS: usize = 2;

/// What one of serde's sentences says.
pub(super) fn in_our_words(sentence: &str) -> Text {
    // The last one: what was found stands before it, and may hold anything.
    let (what, expected) = sentence.rsplit_once(", expected ").unwrap_or((sentence, ""));
    match what.split_once(": ").unwrap_or((what, "")) {
        // An answer that is one of a few words.
        ("wanted string or table", _) => wrong_kind(&kind("a string")),
        ("invalid type" | "invalid value", found) if is_too_large(found, expected) => wrong_kind(&at_most()),
        ("invalid type" | "invalid value" | "invalid length", _) => wrong_kind(&kind(expected)),
        _ => match what.split_once(" `") {
            Some(("unknown field", key)) => unknown_key(quoted(key), expected),
            Some(("unknown variant", value)) => unknown_value(quoted(value), expected),
            Some(("missing field", key)) => missing_key(quoted(key)),
            _ => as_it_is(sentence),
        },
    }
}

fn quoted(rest: &str) -> &str {
    rest.strip_suffix('`').unwrap_or(rest)
}

fn unknown_key(key: &str, expected: &str) -> Text {
    let (key, names) = (harmless(key), names(expected));
    let (one_of, perhaps) = (one_of(&names), perhaps(&key, &names));
    let (en, ko, perhaps_en, perhaps_ko) = (&one_of.en, &one_of.ko, &perhaps.en, &perhaps.ko);
    text! {
        en: "There is no key `{key}` here, expected {en}.{perhaps_en}",
        ko: "`{key}`은(는) 여기에 쓸 수 없는 키입니다. {ko}여야 합니다.{perhaps_ko}"
    }
}

fn unknown_value(value: &str, expected: &str) -> Text {
    let (value, names) = (harmless(value), names(expected));
    let (one_of, perhaps) = (one_of(&names), perhaps(&value, &names));
    let (en, ko, perhaps_en, perhaps_ko) = (&one_of.en, &one_of.ko, &perhaps.en, &perhaps.ko);
    text! {
        en: "`{value}` is not possible here, expected {en}.{perhaps_en}",
        ko: "`{value}`은(는) 여기에 쓸 수 없는 값입니다. {ko}여야 합니다.{perhaps_ko}"
    }
}

fn missing_key(key: &str) -> Text {
    let key = harmless(key);
    text! {
        en: "The key `{key}` is missing, expected in each section of this kind.",
        ko: "이런 섹션마다 있어야 하는 `{key}` 키가 없습니다."
    }
}

/// The value itself is not repeated: it stands on the line that is named.
fn wrong_kind(kind: &Text) -> Text {
    let (en, ko) = (&kind.en, &kind.ko);
    text! {
        en: "This value does not fit, expected {en}.",
        ko: "값이 맞지 않습니다. {ko}이(가) 필요합니다."
    }
}

/// What the TOML parser says about a mistake in writing, or a sentence that is not known here.
fn as_it_is(sentence: &str) -> Text {
    let sentence = harmless(sentence);
    text! { en: "This cannot be read: {sentence}.", ko: "읽을 수 없는 내용입니다: {sentence}." }
}

/// Whether a whole number was found that is not negative: then there is nothing wrong with it but that it is so large.
fn is_too_large(found: &str, expected: &str) -> bool {
    let number = found.strip_prefix("integer `").filter(|_| expected == "u32");
    number.is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()))
}

fn at_most() -> Text {
    let most = u32::MAX;
    text! { en: "a whole number, {most} at the most", ko: "{most} 이하의 정수" }
}

/// What should stand there, by serde's word for it.
fn kind(word: &str) -> Text {
    match word {
        "a boolean" => text! { en: "true or false", ko: "true 또는 false" },
        "u32" | "u64" | "usize" => text! { en: "a whole number, 0 or more", ko: "0 이상의 정수" },
        "a string" | "path string" | "string or map" => {
            text! { en: "text in quotation marks", ko: "따옴표로 감싼 텍스트" }
        }
        "a sequence" => text! {
            en: "a list in brackets; sections of a list have two, such as [[people]]",
            ko: "대괄호로 묶은 목록(섹션의 목록은 [[people]]처럼 대괄호 두 개)"
        },
        word if word.starts_with("struct ") => {
            text! { en: "a section, such as [admin]", ko: "[admin] 같은 섹션" }
        }
        word => Text::verbatim(harmless(word)),
    }
}

/// The names in a list such as "one of `user`, `group`".
fn names(list: &str) -> Vec<&str> {
    list.split('`').skip(1).step_by(2).collect()
}

fn one_of(names: &[&str]) -> Text {
    let list = |between: &str| {
        let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        quoted.join(between)
    };
    match names.len() {
        1 => Text::verbatim(list("")),
        2 => Text { en: list(" or "), ko: format!("{} 중 하나", list(", ")) },
        _ => text! { en: "one of {list}", ko: "{list} 중 하나", list = list(", ") },
    }
}

/// The name that was probably meant, as a sentence to add.
fn perhaps(given: &str, names: &[&str]) -> Text {
    let given = given.to_lowercase();
    match names.iter().map(|name| (levenshtein(&given, name), *name)).min() {
        Some((count, name)) if count <= SLIPS && count * 2 < name.len() => {
            text! { en: " Is `{name}` meant?", ko: " `{name}`을(를) 쓰려고 하셨나요?" }
        }
        _ => Text::default(),
    }
}

#[cfg(test)]
mod tests {
    use steps::answers::Answers;

    use super::*;

    fn trouble(file: &str) -> Text {
        in_our_words(toml::from_str::<Answers>(file).expect_err("a mistake").message())
    }

    #[test]
    fn an_unknown_key_is_told_with_those_that_are_known_and_the_nearest() {
        let trouble = trouble("[admin]\nusr = \"alice\"\n");
        let known = "`user`, `group`, `console_password_file`, `access_key_profile`, `sign_in`";
        let expected = format!("There is no key `usr` here, expected one of {known}. Is `user` meant?");
        assert_eq!(trouble.en, expected);
        assert!(trouble.ko.contains(known) && trouble.ko.contains("`user`을(를)"), "{}", trouble.ko);
        assert!(!trouble.ko.contains("expected"), "{}", trouble.ko);
    }

    #[test]
    fn a_name_that_is_like_none_is_not_guessed() {
        let colour = trouble("[admin]\nfavourite_colour = \"red\"\n");
        assert!(colour.en.ends_with("`sign_in`."), "{}", colour.en);
        assert_eq!(trouble("language = \"fr\"\n").en, "`fr` is not possible here, expected `en` or `ko`.");
    }

    #[test]
    fn a_wrong_value_is_told_with_the_possible_ones() {
        let device = trouble("[mfa]\ndevice = \"Virtuel\"\n").en;
        let expected = "`Virtuel` is not possible here, expected one of `virtual`, `hardware`, `passkey`. Is `virtual` meant?";
        assert_eq!(device, expected);
        let step = trouble("[[accept]]\nstep = \"root-mfa2\"\nreason = \"x\"\n").en;
        assert!(step.contains("expected one of `password-policy`, "), "{step}");
        assert!(step.ends_with("Is `root-mfa` meant?"), "{step}");
    }

    #[test]
    fn the_wrong_kind_of_value_is_told_without_the_value() {
        let cases = [
            ("[mfa]\nrequire = \"hush\"\n", "true or false"),
            ("[admin]\nuser = 5\n", "text in quotation marks"),
            ("[admin]\nconsole_password_file = true\n", "text in quotation marks"),
            ("[mfa]\ndevice = 5\n", "text in quotation marks"),
            ("[root]\nquiet_days = \"hush\"\n", "a whole number, 0 or more"),
            ("[root]\nquiet_days = 1.5\n", "a whole number, 0 or more"),
            ("[trail]\nretention_days = -1\n", "a whole number, 0 or more"),
            ("[root]\nquiet_days = 4294967296\n", "a whole number, 4294967295 at the most"),
            ("[billing]\nbudget_amount = 99999999999999999999\n", "a whole number, 4294967295 at the most"),
            ("[billing]\nbudget_amount = -99999999999999999999\n", "a whole number, 0 or more"),
            ("[mfa]\ncode_command = \"hush\"\n", "a list in brackets"),
            ("[people]\nuser = \"hush\"\n", "a list in brackets"),
            ("admin = \"hush\"\n", "a section, such as [admin]"),
        ];
        for (file, expected) in cases {
            let trouble = trouble(file);
            let sentence = format!("This value does not fit, expected {expected}");
            assert!(trouble.en.starts_with(&sentence), "{file}: {}", trouble.en);
            assert!(trouble.ko.starts_with("값이 맞지 않습니다."), "{file}: {}", trouble.ko);
            assert!(!trouble.en.contains("hush") && !trouble.ko.contains("hush"), "{trouble:?}");
        }
        let odd = trouble("[mfa]\nrequire = \"hush, expected a sequence\"\n");
        assert_eq!(odd.en, "This value does not fit, expected true or false.");
    }

    #[test]
    fn a_missing_key_is_named() {
        let trouble = trouble("[[accept]]\nstep = \"root-mfa\"\n");
        assert_eq!(trouble.en, "The key `reason` is missing, expected in each section of this kind.");
        assert!(trouble.ko.contains("`reason`"), "{}", trouble.ko);
    }

    #[test]
    fn a_mistake_in_writing_is_passed_on() {
        let trouble = trouble("[admin\n");
        assert!(trouble.en.starts_with("This cannot be read: ") && trouble.en.contains("expected `]`"));
        assert!(trouble.ko.starts_with("읽을 수 없는 내용입니다: "), "{}", trouble.ko);
    }
}
