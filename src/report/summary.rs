//! How the account stands at the end of a run: counts, what is left by name and why, and what to do next.

use steps::practice::{State, StepId};
use steps::text;
use steps::text::Text;

use super::words;
use crate::environment::invocation;
use crate::event::{SignInAdvice, StepReport, Summary};
use crate::screen::{Screen, Tone, padded};

/// The columns of the words before the counts.
const LABELS: usize = 15;

/// Prints the end of a run.
pub(super) fn print(screen: &Screen, summary: &Summary) {
    screen.blank();
    counts(screen, summary);
    screen.blank();
    made(screen, summary);
    if let Some(advice) = summary.sign_in.as_ref().filter(|_| needs_no_root(summary)) {
        sign_in(screen, advice);
    }
    next(screen, summary);
}

pub(super) fn counts(screen: &Screen, summary: &Summary) {
    let of = summary.steps.len();
    for state in words::STATES {
        let steps: Vec<&StepReport> = summary.steps.iter().filter(|step| step.state == state).collect();
        match (state, steps.len()) {
            (State::InPlace, count) => {
                let count = text! { en: "{count:>3} of {of}", ko: "{count:>3} / {of}" };
                screen.line(&format!(
                    "  {}{}",
                    padded(screen.say(&label(state)), LABELS),
                    screen.say(&count)
                ));
            }
            (_, 0) => {}
            (_, count) => named(screen, state, count, &steps),
        }
    }
}

/// Steps by name, each with its reason where it has one.
fn named(screen: &Screen, state: State, count: usize, steps: &[&StepReport]) {
    let head = format!("  {}{count:>3}   ", padded(screen.say(&label(state)), LABELS));
    let below = textwrap::core::display_width(&head);
    let (with_reason, bare): (Vec<&StepReport>, Vec<&StepReport>) =
        steps.iter().partition(|step| why(step).is_some());
    let bare = bare.iter().map(|step| step.step.name()).collect::<Vec<_>>().join(", ");
    let bare = (!bare.is_empty()).then_some(bare);
    let reasons =
        with_reason.iter().filter_map(|step| Some(format!("{}: {}", step.step, screen.say(why(step)?))));
    for (number, line) in bare.into_iter().chain(reasons).enumerate() {
        let head = if number == 0 { head.clone() } else { " ".repeat(below) };
        screen.hanging(&head, below + 2, &line);
    }
}

fn why(step: &StepReport) -> Option<&Text> {
    match state_of_person(step) {
        Some(what) => Some(what),
        None => step.reason.as_ref(),
    }
}

fn state_of_person(step: &StepReport) -> Option<&Text> {
    step.person.as_ref().filter(|_| step.state == State::NeedsPerson).map(|task| &task.what)
}

pub(super) fn label(state: State) -> Text {
    match state {
        State::InPlace => text! { en: "In place", ko: "적용됨" },
        State::Accepted => text! { en: "Accepted", ko: "예외로 인정" },
        State::NotApplicable => text! { en: "Not applicable", ko: "해당 없음" },
        State::ToChange => text! { en: "To change", ko: "변경 필요" },
        State::NeedsPerson => text! { en: "For a person", ko: "사람이 할 일" },
        State::Waiting => text! { en: "Waiting", ko: "대기 중" },
        State::Blocked => text! { en: "Blocked", ko: "선행 단계 필요" },
        State::NotAssessed => text! { en: "Not assessed", ko: "확인 못 함" },
    }
}

/// What the run did, in one sentence.
fn made(screen: &Screen, summary: &Summary) {
    let changes = summary.changes_made;
    let steps = summary.steps.len();
    let compared = if steps == 1 { "1 step".to_owned() } else { format!("all {steps} steps") };
    let sentence = match (changes, summary.in_place()) {
        (0, true) => text! {
            en: "Everything is in place: the account was compared with {compared}.",
            ko: "모두 적용되어 있습니다. 계정을 {steps}단계 모두와 비교했습니다."
        },
        (0, false) => text! { en: "Nothing was changed.", ko: "아무것도 바꾸지 않았습니다." },
        (1, _) => text! { en: "1 change was made.", ko: "1건을 변경했습니다." },
        _ => text! { en: "{changes} changes were made.", ko: "{changes}건을 변경했습니다." },
    };
    screen.wrapped(2, screen.say(&sentence));
}

/// Whether there is somebody to sign in as instead, whose sign-in was seen to work.
fn needs_no_root(summary: &Summary) -> bool {
    let in_place = |id| summary.steps.iter().any(|step| step.step == id && step.state == State::InPlace);
    summary.could_write && in_place(StepId::AdminUser) && in_place(StepId::AdminSignIn)
}

fn sign_in(screen: &Screen, advice: &SignInAdvice) {
    let (user, console, profile) =
        (text::harmless(&advice.user), text::harmless(&advice.console), text::harmless(&advice.profile));
    let on_the_command_line = if advice.by_access_key {
        text! {
            en: "or   by the access key: --profile {profile}",
            ko: "또는   액세스 키로: --profile {profile}"
        }
    } else {
        text! { en: "or   aws login --profile {profile}", ko: "또는   aws login --profile {profile}" }
    };
    screen.blank();
    screen.wrapped(
        2,
        screen.say(&text! {
            en: "Root is no longer needed for daily work. Sign in from now on as {user}:",
            ko: "일상 작업에 루트 사용자는 더 이상 필요하지 않습니다. 이제부터 {user} 사용자로 로그인하세요."
        }),
    );
    screen.wrapped(2, &console);
    screen.wrapped(2, screen.say(&on_the_command_line));
}

fn next(screen: &Screen, summary: &Summary) {
    screen.blank();
    let has_changes = summary.steps.iter().any(|step| step.state == State::ToChange);
    let step_by_step = text! { en: "Go through it step by step:", ko: "단계별로 진행하기:" };
    let how_it_stands = text! { en: "See how it stands at any time:", ko: "언제든 상태 확인:" };
    let evidence = text! { en: "Keep the evidence:", ko: "증거 보관:" };
    let other_commands = text! { en: "For check, report and events:", ko: "check, report, events 써 보기:" };
    let commands: [(bool, &Text, &str); 3] = if summary.rehearsal {
        [
            (!summary.could_write && has_changes, &step_by_step, "rehearse"),
            (summary.could_write, &how_it_stands, "rehearse --dry-run"),
            (true, &other_commands, "rehearse --serve 127.0.0.1:4566"),
        ]
    } else {
        [
            (!summary.could_write && has_changes, &step_by_step, ""),
            (summary.could_write, &how_it_stands, "check"),
            (true, &evidence, "report --to day-one.html"),
        ]
    };
    // Whoever rehearses from the sources has no dayone on the path yet.
    let program = if summary.rehearsal { invocation() } else { "dayone" };
    for (_, words, rest) in commands.into_iter().filter(|(holds, ..)| *holds) {
        command(screen, words, format!("{program} {rest}").trim_end());
    }
    screen.blank();
}

fn command(screen: &Screen, words: &Text, command: &str) {
    let command = screen.paint(Tone::Strong, command);
    screen.line(&format!("  {} {command}", padded(screen.say(words), 32)));
}

#[cfg(test)]
mod tests {
    use steps::text::Language;

    use super::*;
    use crate::screen::Mode;

    #[test]
    fn every_label_fits_its_column() {
        for state in words::STATES {
            for text in [label(state), words::state(state)] {
                assert!(textwrap::core::display_width(&text.en) < LABELS, "{text:?}");
                assert!(textwrap::core::display_width(&text.ko) < LABELS, "{text:?}");
            }
        }
    }

    /// `dayone check` would look for a real account, and find none or the wrong one.
    #[test]
    fn after_a_rehearsal_the_commands_that_are_named_are_those_of_the_practice_account() {
        for language in [Language::En, Language::Ko] {
            for (could_write, state) in [(true, State::InPlace), (false, State::ToChange)] {
                let step = StepReport {
                    step: StepId::AdminGroup,
                    state,
                    changes: Vec::new(),
                    person: None,
                    reason: None,
                    found: None,
                    notes: Vec::new(),
                    names: Vec::new(),
                };
                let of = |rehearsal| {
                    let screen = Screen::in_memory(language, Mode::Rich);
                    next(
                        &screen,
                        &Summary { steps: vec![step.clone()], could_write, rehearsal, ..Summary::default() },
                    );
                    screen.kept()
                };
                let named = |page: &str| page.lines().filter(|line| !line.is_empty()).count();
                let (real, rehearsed) = (of(false), of(true));
                assert!(real.contains("dayone report --to") && !real.contains("rehearse"), "{real}");
                assert_eq!(rehearsed.matches(" rehearse").count(), named(&rehearsed), "{rehearsed}");
                assert_eq!(named(&real), named(&rehearsed));
                assert!(
                    rehearsed.lines().all(|line| textwrap::core::display_width(line) <= 80),
                    "{rehearsed}"
                );
            }
        }
    }
}
