//! What a person reads when a run cannot go on: what happened, why, and the next thing to do.

use steps::error::StepError;
use steps::operator::OperatorError;
use steps::practice::StepId;
use steps::text;
use steps::text::{Text, harmless};

use super::words;
use crate::screen::{Screen, Tone};

/// The columns of `Error:`, `Cause:` and `Hint:`.
const LABELS: usize = 7;

/// Prints what stopped the run. `last_applied` is the step of the last change that was made.
pub fn failure(screen: &Screen, error: &StepError, last_applied: Option<StepId>) {
    with_hint(screen, error, changed_so_far(error, last_applied));
}

/// Prints what stopped the run in the middle of a change, of which nobody knows what was made.
pub fn failure_midway(screen: &Screen, error: &StepError) {
    let looks = text! {
        en: "The last change may have been made, in part or as a whole. The next run looks first.",
        ko: "마지막 변경은 일부 또는 전부 적용되었을 수 있습니다. 다음 실행이 먼저 확인합니다."
    };
    with_hint(screen, error, Some(looks));
}

/// `changed` says how far the run had got.
fn with_hint(screen: &Screen, error: &StepError, changed: Option<Text>) {
    labelled(screen, Tone::Bad, &text! { en: "Error:", ko: "오류:" }, screen.say(&what(error)));
    if let Some(detail) = error.detail() {
        labelled(
            screen,
            Tone::Strong,
            &text! { en: "Cause:", ko: "원인:" },
            &in_one_line(screen.say(&detail)),
        );
    }
    for (number, line) in hints(error, changed).iter().enumerate() {
        let label = if number == 0 { hint() } else { Text::default() };
        labelled(screen, Tone::Strong, &label, screen.say(line));
    }
}

/// Prints what else kept a run from going on.
pub fn failed(screen: &Screen, what: &Text, next: Option<&Text>) {
    labelled(screen, Tone::Bad, &text! { en: "Error:", ko: "오류:" }, screen.say(what));
    if let Some(next) = next {
        labelled(screen, Tone::Strong, &hint(), screen.say(next));
    }
}

/// Prints that a change is finished before the run pauses: nobody should have to guess why it does not end at once.
pub fn finishing(screen: &Screen) {
    let text = text! {
        en: "Finishing the change under way. Ctrl-C again stops at once.",
        ko: "진행 중인 변경을 마무리하고 있습니다. Ctrl-C를 한 번 더 누르면 바로 멈춥니다."
    };
    screen.error("  ", 2, screen.say(&text));
}

/// Prints that the run pauses, after Ctrl-C or the end of input.
pub fn paused(screen: &Screen, starts_over: bool) {
    let Text { en, ko } = goes_on(starts_over);
    last_words(
        screen,
        &text! {
            en: "Paused. What is in place stays in place; {en}",
            ko: "일시 중지했습니다. 이미 적용된 것은 그대로 있습니다. {ko}"
        },
    );
}

/// Prints that the run ends here because somebody said so, with "quit" or a no to everything.
pub fn stopped(screen: &Screen, starts_over: bool) {
    let Text { en, ko } = goes_on(starts_over);
    last_words(
        screen,
        &text! {
            en: "Stopped here. What is in place stays in place; {en}",
            ko: "여기서 멈췄습니다. 이미 적용된 것은 그대로 있습니다. {ko}"
        },
    );
}

/// What to run to go on. A command that starts over would forget what is in place.
fn goes_on(starts_over: bool) -> Text {
    if starts_over {
        text! {
            en: "run the same command without --fresh and it goes on.",
            ko: "같은 명령을 --fresh 없이 실행하면 이어서 진행합니다."
        }
    } else {
        text! {
            en: "run the same command again and it goes on.",
            ko: "같은 명령을 다시 실행하면 이어서 진행합니다."
        }
    }
}

fn last_words(screen: &Screen, text: &Text) {
    screen.quiet();
    screen.error("", 0, "");
    screen.error("  ", 2, screen.say(text));
}

/// Prints the ways to sign in. `trouble` says what is missing.
pub fn sign_in_help(screen: &Screen, trouble: &Text) {
    let error = text! { en: "You are not signed in to AWS.", ko: "AWS에 로그인되어 있지 않습니다." };
    labelled(screen, Tone::Bad, &text! { en: "Error:", ko: "오류:" }, screen.say(&error));
    let trouble = screen.say(trouble);
    if !trouble.is_empty() {
        labelled(screen, Tone::Strong, &text! { en: "Cause:", ko: "원인:" }, &in_one_line(trouble));
    }
    for (number, way) in (1..).zip(ways_in()) {
        screen.error("", 0, "");
        screen.error(&format!("  {number}  "), 5, &screen.paint(Tone::Strong, screen.say(&way.what)));
        screen.error("     ", 5, screen.say(&way.why));
    }
    screen.error("", 0, "");
    let rehearse = text! {
        en: "No account yet? Practise without one: dayone rehearse",
        ko: "아직 계정이 없나요? 계정 없이 연습할 수 있습니다: dayone rehearse"
    };
    screen.error("  ", 2, screen.say(&rehearse));
}

struct Way {
    what: Text,
    why: Text,
}

fn ways_in() -> [Way; 4] {
    [
        Way {
            what: text! { en: "aws login (recommended)", ko: "aws login(권장)" },
            why: text! {
                en: "Sign in as root in the browser that opens. No root access key ever exists, and the credentials expire by themselves. Needs AWS CLI 2.32 or later.",
                ko: "열리는 브라우저에서 루트 사용자로 로그인합니다. 루트 액세스 키를 만들 필요가 없고, 보안 인증 정보는 자동으로 만료됩니다. AWS CLI 2.32 이상이 필요합니다."
            },
        },
        Way {
            what: text! { en: "CloudShell", ko: "CloudShell" },
            why: text! {
                en: "Open CloudShell in the AWS console and run dayone there: it is signed in as you are.",
                ko: "AWS 콘솔에서 CloudShell을 열고 그 안에서 dayone을 실행하세요. 콘솔의 로그인이 그대로 쓰입니다."
            },
        },
        Way {
            what: text! { en: "dayone --profile NAME", ko: "dayone --profile 이름" },
            why: text! {
                en: "Use a profile of ~/.aws/config that is set up already, as for AWS IAM Identity Center.",
                ko: "~/.aws/config에 이미 설정된 프로파일(예: AWS IAM Identity Center)을 사용합니다."
            },
        },
        Way {
            what: text! { en: "An access key (discouraged)", ko: "액세스 키(권장하지 않음)" },
            why: text! {
                en: "It stays valid until somebody deletes it. Make none for root just for this; if one exists, dayone helps to retire it.",
                ko: "누군가 삭제할 때까지 유효합니다. 이 작업만을 위해 루트 액세스 키를 만들지 마세요. 이미 있다면 dayone이 안전하게 삭제하도록 도와드립니다."
            },
        },
    ]
}

fn labelled(screen: &Screen, tone: Tone, label: &Text, words: &str) {
    let label = screen.say(label);
    let head = crate::screen::padded(&screen.paint(tone, label), LABELS);
    screen.error(&head, LABELS, words);
}

fn hint() -> Text {
    text! { en: "Hint:", ko: "힌트:" }
}

/// Some causes of the SDK have several lines. Where these break, as where they were made harmless, is no part of what
/// they say.
fn in_one_line(cause: &str) -> String {
    let is_break = |c: char| c.is_whitespace() || c == char::REPLACEMENT_CHARACTER;
    harmless(&cause.split(is_break).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
}

fn what(error: &StepError) -> Text {
    match error {
        StepError::Operator(OperatorError::NobodyToAsk { key }) if key == "--yes" => text! {
            en: "dayone asks before it changes anything, and here nobody can be asked.",
            ko: "dayone은 바꾸기 전에 먼저 묻는데, 여기에는 물어볼 사람이 없습니다."
        },
        StepError::Operator(OperatorError::NobodyToAsk { key }) if key == "dayone mfa repair" => text! {
            en: "dayone mfa repair asks a person before it changes anything, and here nobody can be asked.",
            ko: "dayone mfa repair는 바꾸기 전에 먼저 사람에게 묻는데, 여기에는 물어볼 사람이 없습니다."
        },
        StepError::Operator(OperatorError::NobodyToAsk { key }) => text! {
            en: "An answer is needed for {key}, and nobody can be asked.",
            ko: "{key}에 대한 답이 필요하지만 물어볼 사람이 없습니다."
        },
        StepError::Operator(OperatorError::Terminal(_)) => {
            text! { en: "The terminal could not be used.", ko: "터미널을 사용할 수 없습니다." }
        }
        error => error.text(),
    }
}

fn hints(error: &StepError, changed: Option<Text>) -> Vec<Text> {
    let hint = match error {
        StepError::Operator(OperatorError::NobodyToAsk { key }) => Some(where_to_answer(key)),
        error => error.hint(),
    };
    let request = error.request_id().map(words::request_id);
    hint.into_iter().chain(changed).chain(request).collect()
}

/// The option or the line of the answers file that gives the answer.
fn where_to_answer(key: &str) -> Text {
    match (key, key.split_once('.')) {
        ("--yes", _) => text! {
            en: "To go on unasked, with the answers of a file: dayone apply --answers FILE --yes (in a rehearsal: dayone rehearse --answers FILE --yes). Or run dayone at a terminal.",
            ko: "묻지 않고 파일의 답대로 진행하려면: dayone apply --answers 파일 --yes (연습이면 dayone rehearse --answers 파일 --yes). 또는 터미널에서 dayone을 실행하세요."
        },
        ("dayone mfa repair", _) => text! {
            en: "Run it at a terminal, best with the owner of the device beside you. To look and change nothing: dayone mfa repair USER --dry-run",
            ko: "터미널에서, 가능하면 디바이스 주인과 함께 실행하세요. 바꾸지 않고 보기만 하려면: dayone mfa repair 사용자 --dry-run"
        },
        ("admin.console_password_file" | "mfa.enrol_command", Some((table, name))) => text! {
            en: "A secret is shown at a terminal only: run dayone there. Or put {name} = … into the answers file under [{table}], and run: dayone apply --answers FILE --yes",
            ko: "비밀 정보는 터미널에만 표시합니다. 터미널에서 dayone을 실행하세요. 또는 응답 파일의 [{table}] 아래에 {name} = …을 적고 실행하세요: dayone apply --answers 파일 --yes"
        },
        ("admin.user", _) => text! {
            en: "Give --admin-user NAME, or put this into the answers file under [admin]: user = \"NAME\"",
            ko: "--admin-user 이름을 지정하거나, 응답 파일의 [admin] 아래에 적으세요: user = \"이름\""
        },
        (_, Some((table, name))) => text! {
            en: "Put it into the answers file under [{table}]: {name} = …   Or run dayone at a terminal.",
            ko: "응답 파일의 [{table}] 아래에 적으세요: {name} = …   또는 터미널에서 dayone을 실행하세요."
        },
        (option, None) => text! {
            en: "Give {option}, or run dayone at a terminal.",
            ko: "{option}을(를) 지정하거나 터미널에서 dayone을 실행하세요."
        },
    }
}

/// Nothing is said after a lost answer: nobody knows whether AWS made the change.
fn changed_so_far(error: &StepError, last_applied: Option<StepId>) -> Option<Text> {
    match last_applied {
        _ if error.is_unanswered() => None,
        Some(step) => Some(text! {
            en: "Nothing was changed after \"{step}\".",
            ko: "\"{step}\" 이후로는 아무것도 바뀌지 않았습니다."
        }),
        None => Some(text! { en: "Nothing was changed.", ko: "아무것도 바꾸지 않았습니다." }),
    }
}
