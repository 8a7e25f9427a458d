//! What a person's reply means, in either language, whichever operator it was given to.
//!
//! Both languages are always understood, whichever is shown; and with the Korean keyboard layout left on, the keys
//! y, n, e, s, q, u and w give Hangul letters, which are understood too.

use super::Decision;

/// The reply to a plan.
pub fn decision(reply: &str) -> Option<Decision> {
    word(reply).or_else(|| key(reply))
}

/// The same in a whole word: where a name is asked for, a single letter may be one.
pub fn word(reply: &str) -> Option<Decision> {
    match tidy(reply).as_str() {
        "yes" | "예" | "네" => Some(Decision::Yes),
        "no" | "아니요" | "아니오" => Some(Decision::No),
        "explain" | "?" | "설명" => Some(Decision::Explain),
        "skip" | "건너뛰기" => Some(Decision::Skip),
        "quit" | "그만" => Some(Decision::Quit),
        "undo" | "되돌리기" => Some(Decision::Undo),
        "watch" | "지켜보기" => Some(Decision::Watch),
        _ => None,
    }
}

fn key(reply: &str) -> Option<Decision> {
    match tidy(reply).as_str() {
        "y" | "ㅛ" | "ㅛㄷㄴ" => Some(Decision::Yes),
        "n" | "ㅜ" | "ㅜㅐ" => Some(Decision::No),
        "e" | "ㄷ" => Some(Decision::Explain),
        "s" | "ㄴ" => Some(Decision::Skip),
        "q" | "ㅂ" => Some(Decision::Quit),
        "u" | "ㅕ" => Some(Decision::Undo),
        "w" | "ㅈ" => Some(Decision::Watch),
        _ => None,
    }
}

/// The number of a choice among so many, counted from one; the result counts from zero.
pub fn choice(reply: &str, count: usize) -> Option<usize> {
    let number: usize = tidy(reply).trim_end_matches(['.', ')']).parse().ok()?;
    (1..=count).contains(&number).then(|| number - 1)
}

/// A one-time code: six digits, with or without spaces among them.
pub fn one_time_code(reply: &str) -> Option<String> {
    let digits: String = reply.chars().filter(|c| !c.is_whitespace()).collect();
    (digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

/// Words as they were meant: without what arrow keys and the like leave behind.
pub fn words(reply: &str) -> String {
    reply.chars().filter(|c| !c.is_control()).collect::<String>().trim().to_owned()
}

/// Whether the reply holds Ctrl-D, which a prompt that reads single keys takes for a character.
pub fn is_end_of_input(reply: &str) -> bool {
    reply.contains('\u{4}')
}

fn tidy(reply: &str) -> String {
    words(reply).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_letters_and_keys_of_both_languages_are_understood() {
        let meant = [
            (Decision::Yes, ["y", "YES", " 예 ", "네", "ㅛ"].as_slice()),
            (Decision::No, &["n", "No", "아니요", "아니오", "ㅜ"]),
            (Decision::Explain, &["e", "explain", "설명", "ㄷ"]),
            (Decision::Skip, &["s", "skip", "건너뛰기", "ㄴ"]),
            (Decision::Quit, &["q", "quit", "그만", "ㅂ"]),
            (Decision::Undo, &["u", "undo", "되돌리기", "ㅕ"]),
            (Decision::Watch, &["w", "watch", "지켜보기", "ㅈ"]),
        ];
        for (expected, replies) in meant {
            for reply in replies {
                assert_eq!(decision(reply), Some(expected), "{reply}");
            }
        }
    }

    #[test]
    fn anything_else_is_no_answer() {
        for reply in ["", "yess", "1", "yes no", "예스"] {
            assert_eq!(decision(reply), None, "{reply}");
        }
    }

    #[test]
    fn where_a_name_may_stand_only_whole_words_mean_something_else() {
        let whole =
            [("explain", Decision::Explain), ("건너뛰기", Decision::Skip), (" Quit ", Decision::Quit)];
        for (reply, expected) in whole {
            assert_eq!(word(reply), Some(expected), "{reply}");
        }
        for name in ["e", "s", "q", "n", "kim", "skipper", "ㅂ"] {
            assert_eq!(word(name), None, "{name}");
        }
    }

    #[test]
    fn choices_count_from_one() {
        assert_eq!(choice("1", 3), Some(0));
        assert_eq!(choice(" 3. ", 3), Some(2));
        assert_eq!(choice("0", 3), None);
        assert_eq!(choice("4", 3), None);
        assert_eq!(choice("", 3), None);
    }

    #[test]
    fn a_code_has_six_digits() {
        assert_eq!(one_time_code(" 123 456\n").as_deref(), Some("123456"));
        assert_eq!(one_time_code("12345"), None);
        assert_eq!(one_time_code("1234567"), None);
        assert_eq!(one_time_code("12345a"), None);
        assert_eq!(one_time_code("１２３４５６"), None);
    }

    #[test]
    fn what_keys_leave_behind_is_dropped() {
        assert_eq!(words(" ali\u{1b}ce\t\n"), "alice");
        assert!(is_end_of_input("\u{4}"));
    }
}
