//! The sentences of the page, apart from where they stand.

use jiff::Timestamp;
use steps::moment::second;
use steps::practice::State;
use steps::text;
use steps::text::Text;

use super::evidence::KeyUse;
use crate::journal::PastOutcome;
use crate::screen::Tone;

/// What can be left, and for whom.
pub(super) fn left_and_for_whom() -> [(State, Text); 5] {
    [
        (
            State::NeedsPerson,
            text! { en: "AWS or prudence leaves these to a person.", ko: "사람이 직접 해야 하는 일입니다." },
        ),
        (
            State::ToChange,
            text! {
                en: "dayone makes these changes after a yes: run dayone, or dayone apply.",
                ko: "승인하면 dayone이 변경합니다. dayone이나 dayone apply를 실행하세요."
            },
        ),
        (
            State::Waiting,
            text! { en: "Asked of AWS, which has not shown it yet. Look again later.", ko: "AWS에 요청했지만 아직 반영되지 않았습니다. 나중에 다시 확인하세요." },
        ),
        (State::Blocked, text! { en: "An earlier step comes first.", ko: "앞 단계를 먼저 마쳐야 합니다." }),
        (
            State::NotAssessed,
            text! {
                en: "A read was refused, so nothing is known. dayone policy prints the permissions that a look needs.",
                ko: "읽기가 거부되어 알 수 없습니다. 필요한 권한은 dayone policy로 볼 수 있습니다."
            },
        ),
    ]
}

/// How somebody has signed in.
pub(super) fn signed_in(temporary: bool, mfa: Option<bool>) -> Text {
    let how = if temporary {
        text! { en: "temporary credentials", ko: "임시 보안 인증 정보" }
    } else {
        text! { en: "an access key", ko: "액세스 키" }
    };
    let (en, ko) = (&how.en, &how.ko);
    match mfa {
        Some(true) => text! { en: "by {en}, with MFA", ko: "{ko}, MFA 사용" },
        Some(false) => text! { en: "by {en}, without MFA", ko: "{ko}, MFA 없음" },
        None => {
            text! { en: "by {en}; AWS does not tell whether with MFA", ko: "{ko}. MFA 사용 여부는 AWS가 알려 주지 않음" }
        }
    }
}

/// When root has signed in with the password.
pub(super) fn password_use(time: Option<&str>) -> Text {
    match time.map(readable) {
        Some(time) => {
            text! { en: "Last sign-in with the password: {time} UTC.", ko: "암호로 마지막 로그인: {time} UTC." }
        }
        None => {
            text! { en: "No sign-in with the password is on record.", ko: "암호로 로그인한 기록이 없습니다." }
        }
    }
}

/// When an access key of root was used.
pub(super) fn key_use(key: &KeyUse) -> Text {
    let (time, service) = (readable(&key.time), key.service.as_deref().unwrap_or("?"));
    let region = key.region.as_deref().unwrap_or("?");
    text! {
        en: "Last use of an access key that root had then: {time} UTC, {service}, {region}.",
        ko: "당시 루트에 있던 액세스 키의 마지막 사용: {time} UTC, {service}, {region}."
    }
}

/// What came of a change: how it is marked, the word, and what else to say.
pub(super) fn came_of_it(outcome: PastOutcome) -> (Tone, &'static str, Text, Text) {
    match outcome {
        PastOutcome::Done => (Tone::Good, "✓", text! { en: "done", ko: "완료" }, Text::default()),
        PastOutcome::Failed => (Tone::Bad, "✗", text! { en: "failed", ko: "실패" }, Text::default()),
        PastOutcome::Unanswered => {
            let more = text! {
                en: "AWS's answer was lost, or only a part was made: the account tells.",
                ko: "AWS의 응답을 받지 못했거나 일부만 적용되었으므로 계정을 봐야 알 수 있습니다."
            };
            (Tone::Caution, "?", text! { en: "unanswered", ko: "응답 없음" }, more)
        }
        PastOutcome::Unfinished => {
            let more = text! {
                en: "No end was written, so only the account tells.",
                ko: "결과가 기록되지 않아 계정을 봐야 알 수 있습니다."
            };
            (Tone::Caution, "?", text! { en: "unfinished", ko: "끝나지 않음" }, more)
        }
    }
}

/// What the word for a state means.
pub(super) fn meaning(state: State) -> Text {
    match state {
        State::InPlace => {
            text! { en: "The account is as the step wants it.", ko: "계정이 단계가 요구하는 상태입니다." }
        }
        State::Accepted => text! {
            en: "It is not in place, and the operator has said why it stays so.",
            ko: "적용되지 않았지만, 운영자가 이유를 밝히고 그대로 두기로 했습니다."
        },
        State::NotApplicable => {
            text! { en: "The step has no meaning in this account.", ko: "이 계정에는 해당하지 않습니다." }
        }
        State::ToChange => {
            text! { en: "dayone can change it, after a yes.", ko: "승인하면 dayone이 바꿀 수 있습니다." }
        }
        State::NeedsPerson => {
            text! { en: "Only a person can go on from here.", ko: "사람만 이어서 할 수 있습니다." }
        }
        State::Waiting => {
            text! { en: "Asked of AWS, and not visible yet.", ko: "AWS에 요청했고 아직 반영되지 않았습니다." }
        }
        State::Blocked => {
            text! { en: "An earlier step has to come first.", ko: "앞 단계를 먼저 마쳐야 합니다." }
        }
        State::NotAssessed => text! {
            en: "A read was denied or failed, so nothing is known. It is no pass.",
            ko: "읽기가 거부되거나 실패해 알 수 없습니다. 통과가 아닙니다."
        },
    }
}

/// What the digest is of, and how to match it.
pub(super) fn seal() -> Text {
    text! {
        en: "SHA-256 of the JSON form of this report. The terminal showed the same digest; a file that the same run wrote with --to FILE.json has it too.",
        ko: "이 보고서의 JSON 형식에 대한 SHA-256입니다. 터미널에 표시된 값과 같으며, 같은 실행에서 --to 파일.json으로 만든 파일의 값과도 같습니다."
    }
}

/// A time for people. What is no time stays as it is.
pub(super) fn readable(time: &str) -> String {
    time.parse::<Timestamp>().map_or_else(|_| time.to_owned(), second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_time_stays_as_it_is() {
        assert_eq!(readable("2026-11-24T06:00:00Z"), "2026-11-24 06:00:00");
        assert_eq!(readable("soon"), "soon");
    }
}
