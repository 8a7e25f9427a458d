//! The words for states and verbs, the same on every page.

use steps::moment::minute;
use steps::practice::{PracticeId, State, Verb};
use steps::text;
use steps::text::{Language, Text, harmless};

use crate::event::{ChangeReport, Looked, StepReport};
use crate::screen::Tone;

/// How many characters of a text from outside a document keeps.
const LONGEST: usize = 2_000;

/// The sign of a change in a plan.
pub(super) fn sign(verb: Verb) -> (Tone, &'static str) {
    match verb {
        Verb::Create | Verb::Attach | Verb::Enable => (Tone::Good, "+"),
        Verb::Update | Verb::Disable => (Tone::Caution, "~"),
        Verb::Detach | Verb::Delete => (Tone::Bad, "-"),
        Verb::Start => (Tone::Good, ">"),
    }
}

/// What a change will do.
pub(super) fn planned(verb: Verb) -> Text {
    verb.in_words()
}

/// What a change has done.
pub(super) fn done(verb: Verb) -> Text {
    match verb {
        Verb::Create => text! { en: "created", ko: "생성함" },
        Verb::Update => text! { en: "updated", ko: "수정함" },
        Verb::Attach => text! { en: "attached", ko: "연결함" },
        Verb::Detach => text! { en: "detached", ko: "연결 해제함" },
        Verb::Enable => text! { en: "enabled", ko: "활성화함" },
        Verb::Disable => text! { en: "disabled", ko: "비활성화함" },
        Verb::Delete => text! { en: "deleted", ko: "삭제함" },
        Verb::Start => text! { en: "started", ko: "시작함" },
    }
}

/// The states in the order in which they are counted.
pub(super) const STATES: [State; 8] = [
    State::InPlace,
    State::Accepted,
    State::NotApplicable,
    State::ToChange,
    State::NeedsPerson,
    State::Waiting,
    State::Blocked,
    State::NotAssessed,
];

/// How a step stands. In English the very words of the JSON.
pub(super) fn state(state: State) -> Text {
    match state {
        State::InPlace => text! { en: "in-place", ko: "적용됨" },
        State::ToChange => text! { en: "to-change", ko: "변경 필요" },
        State::NeedsPerson => text! { en: "needs-person", ko: "사람이 할 일" },
        State::Waiting => text! { en: "waiting", ko: "대기 중" },
        State::Blocked => text! { en: "blocked", ko: "선행 단계 필요" },
        State::NotAssessed => text! { en: "not-assessed", ko: "확인 못 함" },
        State::NotApplicable => text! { en: "not-applicable", ko: "해당 없음" },
        State::Accepted => text! { en: "accepted", ko: "예외로 인정" },
    }
}

/// The symbol of a state. It never stands without the word or what it means.
pub(super) fn symbol(state: State) -> (Tone, &'static str) {
    match state {
        State::InPlace => (Tone::Good, "✓"),
        State::ToChange => (Tone::Caution, "+"),
        State::NeedsPerson => (Tone::Caution, "!"),
        State::Waiting | State::Blocked => (Tone::Faint, "…"),
        State::NotAssessed => (Tone::Bad, "?"),
        State::NotApplicable | State::Accepted => (Tone::Faint, "–"),
    }
}

/// What AWS's support asks for.
pub(super) fn request_id(id: &str) -> Text {
    let id = text::harmless(id);
    text! { en: "Request id {id}", ko: "요청 ID {id}" }
}

/// When the account was looked at, and how old that is of which nothing newer can be had.
pub(super) fn looked(looked: &Looked) -> Text {
    let at = minute(looked.at);
    match looked.report_made.map(minute) {
        Some(made) => text! {
            en: "As of {at}; passwords and keys by the credential report of {made}.",
            ko: "{at} 기준입니다. 암호와 키는 {made}에 만든 자격 증명 보고서로 확인했습니다."
        },
        None => text! { en: "As of {at}.", ko: "{at} 기준입니다." },
    }
}

/// The number of a practice on the screen.
pub(super) fn number(practice: PracticeId) -> usize {
    PracticeId::ALL.iter().position(|id| *id == practice).map_or(0, |index| index + 1)
}

/// What a practice costs, where AWS asks for money.
pub(super) fn price(practice: PracticeId) -> Option<Text> {
    match practice {
        PracticeId::Cloudtrail => Some(text! { en: "first copy is free", ko: "첫 번째 사본은 무료" }),
        PracticeId::BillingReport => Some(text! { en: "about $0.02 a month", ko: "월 약 $0.02" }),
        _ => None,
    }
}

/// Text from outside as a document keeps it: harmless, and no longer than anybody reads.
pub(super) fn bounded(text: &str) -> String {
    let mut bounded: String = harmless(text).chars().take(LONGEST + 1).collect();
    if let Some((end, _)) = bounded.char_indices().nth(LONGEST) {
        bounded.truncate(end);
        bounded.push('…');
    }
    bounded
}

/// What there is to say of a step, on one line: the changes, what a person does, why, what was found, what to know.
pub(super) fn in_a_line(report: &StepReport, language: Language) -> String {
    let say = |text: &Text| bounded(text.in_language(language));
    let change = |change: &ChangeReport| format!("{} {}", say(&planned(change.verb)), say(&change.summary));
    let changes = report.changes.iter().map(change).collect::<Vec<_>>().join("; ");
    let person = report.person.iter().flat_map(|task| std::iter::once(&task.what).chain(&task.how));
    let more = person.chain(&report.reason).chain(&report.found).chain(&report.notes).map(say);
    let parts = std::iter::once(changes).chain(more).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::report::look::tests::{HOSTILE, look};

    #[test]
    fn text_from_outside_is_kept_short_and_harmless() {
        assert_eq!(bounded("김철수"), "김철수");
        assert_eq!(bounded(&"x".repeat(LONGEST)), "x".repeat(LONGEST));
        let long = bounded(&"김".repeat(10_000));
        assert_eq!((long.chars().count(), long.chars().last()), (LONGEST + 1, Some('…')));
        assert!(HOSTILE.iter().all(|name| !bounded(name).contains(['\n', '\u{1b}', '\u{202e}', '\0'])));
    }

    #[test]
    fn when_it_was_looked_is_told_with_the_age_of_the_report() {
        let time = |second| Timestamp::from_second(second).unwrap();
        let told = looked(&Looked { at: time(1_795_500_000), report_made: Some(time(1_795_490_000)) });
        for language in [&told.en, &told.ko] {
            assert!(
                language.contains("2026-11-24 06:00 UTC") && language.contains("2026-11-24 03:13 UTC"),
                "{told:?}"
            );
        }
        let alone = looked(&Looked { at: time(1_795_500_000), report_made: None });
        assert!(alone.en.contains("2026-11-24 06:00 UTC") && !alone.en.contains("report"), "{alone:?}");
    }

    #[test]
    fn a_step_is_told_on_one_line() {
        let look = look();
        let lines: Vec<_> = look.steps.iter().map(|report| in_a_line(report, Language::En)).collect();
        assert_eq!(lines[0], "at least 14 characters");
        assert_eq!(lines[1], "create group Administrators Administrators is new.");
        assert_eq!(lines[2], "Sign in as Administrators. In another window: aws login");
        assert!(lines.iter().all(|line| !line.is_empty()), "{lines:?}");
    }
}
