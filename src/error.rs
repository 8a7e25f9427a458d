//! Why a run ended without reaching its end: each kind has its exit status.

use std::path::PathBuf;

use steps::aws::ProfileTrouble;
use steps::error::{AwsCause, StepError};
use steps::operator::OperatorError;
use steps::practice::StepId;
use steps::text;
use steps::text::Text;

use crate::exit_status;

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// An option, or what it names, does not hold up.
    #[error("{}", .0.en)]
    Usage(Text),
    /// An answers file does not hold up.
    #[error("{file}:{line}: {}", .what.en)]
    Answers {
        /// The file.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong, and what was expected.
        what: Text,
    },
    /// The AWS profile to sign in with leads nowhere.
    #[error(transparent)]
    Profile(#[from] ProfileTrouble),
    /// A step failed.
    #[error(transparent)]
    Step(#[from] StepError),
    /// A step failed after changes had been made.
    #[error("{error}")]
    After {
        /// What failed.
        #[source]
        error: StepError,
        /// The step of the last change that was made.
        last_applied: StepId,
    },
    /// A change failed after a call of it had its effect, or may have.
    #[error("{error}")]
    Midway {
        /// What failed.
        #[source]
        error: StepError,
    },
    /// Another run works on the same account.
    #[error("another run holds {}", text::shown(path))]
    Busy {
        /// The lock.
        path: PathBuf,
        /// Who holds it, as it says itself.
        holder: String,
    },
    /// The account is not the one that was asked for.
    #[error("signed in to {found}, expected {expected}")]
    WrongAccount {
        /// Which one was asked for.
        expected: String,
        /// Which one is signed in to.
        found: String,
    },
    /// The practice account could not be used.
    #[error("{}", .0.en)]
    Rehearsal(Text),
}

impl Failure {
    /// The exit status.
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Answers { .. } | Self::Profile(_) => exit_status::WRONG_USAGE,
            Self::Step(error) | Self::After { error, .. } | Self::Midway { error } => match error {
                StepError::Operator(OperatorError::NobodyToAsk { .. }) => exit_status::NOBODY_TO_ASK,
                StepError::Operator(error) => status_of_stop(error).unwrap_or(exit_status::FAILED),
                _ => exit_status::FAILED,
            },
            Self::Busy { .. } | Self::WrongAccount { .. } | Self::Rehearsal(_) => exit_status::FAILED,
        }
    }

    /// The same, with how far the run had got. An interruption stays one, and so does the wish to stop.
    pub fn after(self, last_applied: Option<StepId>) -> Self {
        match (self, last_applied) {
            (Self::Step(error), Some(last_applied)) if !is_stop(&error) => {
                Self::After { error, last_applied }
            }
            (other, _) => other,
        }
    }

    /// The same of a change that has failed in the middle. An interruption stays one, and so does the wish to stop: there is
    /// nothing to explain.
    pub fn midway(self) -> Self {
        match self {
            Self::Step(error) if !is_stop(&error) => Self::Midway { error },
            other => other,
        }
    }

    /// Whether there is no sign-in, or one that has expired: the operator gets the page with the ways in.
    pub fn is_missing_sign_in(&self) -> Option<&StepError> {
        match self {
            Self::Step(step @ StepError::Aws(error))
                if matches!(error.cause, AwsCause::NotSignedIn | AwsCause::SignInExpired) =>
            {
                Some(step)
            }
            _ => None,
        }
    }

    /// What happened, and what to do next.
    pub fn text(&self) -> (Text, Option<Text>) {
        match self {
            Self::Usage(what) | Self::Rehearsal(what) => (what.clone(), None),
            Self::Profile(ProfileTrouble { what, next }) => (what.clone(), Some(next.clone())),
            Self::Answers { file, line, what } => {
                let (en, ko) = (&what.en, &what.ko);
                let file = text::harmless(file);
                let place = text! { en: "{file}, line {line}: {en}", ko: "{file} {line}번째 줄: {ko}" };
                (place, Some(nothing_changed()))
            }
            Self::Step(error) | Self::After { error, .. } | Self::Midway { error } => {
                (error.text(), error.hint())
            }
            Self::Busy { path, holder } => {
                let (path, holder) = (text::shown(path), text::harmless(holder));
                let what = text! {
                    en: "Another run of dayone is at work on this account ({holder}).",
                    ko: "이 계정에서 다른 dayone이 실행 중입니다({in_korean}).",
                    in_korean = in_korean(&holder)
                };
                let next = text! {
                    en: "Wait until it has ended. The lock is {path} and goes away with that run.",
                    ko: "그 실행이 끝날 때까지 기다리세요. 잠금 파일은 {path}이며 그 실행과 함께 풀립니다."
                };
                (what, Some(next))
            }
            Self::WrongAccount { expected, found } => {
                let (expected, found) = (text::harmless(expected), text::harmless(found));
                let what = text! {
                    en: "You are signed in to account {found}, and the answers are for account {expected}.",
                    ko: "계정 {found}에 로그인되어 있지만 응답은 계정 {expected}용입니다."
                };
                (what, Some(nothing_changed()))
            }
        }
    }
}

impl From<OperatorError> for Failure {
    fn from(error: OperatorError) -> Self {
        Self::Step(error.into())
    }
}

/// Whether somebody wished the run to end, and nothing has failed.
fn is_stop(error: &StepError) -> bool {
    matches!(error, StepError::Operator(error) if status_of_stop(error).is_some())
}

/// The exit status where somebody wished to stop: an interruption has that of every program, and after a choice something
/// is left. None where it was no wish.
fn status_of_stop(error: &OperatorError) -> Option<u8> {
    match error {
        OperatorError::Interrupted => Some(exit_status::INTERRUPTED),
        OperatorError::Declined | OperatorError::Quit => Some(exit_status::LEFT),
        OperatorError::NobodyToAsk { .. } | OperatorError::Failed(_) | OperatorError::Terminal(_) => None,
    }
}

fn nothing_changed() -> Text {
    text! { en: "Nothing was changed.", ko: "아무것도 바꾸지 않았습니다." }
}

/// The lock says in English who holds it.
fn in_korean(holder: &str) -> String {
    let parts = holder.strip_prefix("process ").and_then(|rest| rest.split_once(", since "));
    parts.map_or_else(|| holder.to_owned(), |(process, since)| format!("프로세스 {process}, {since}부터"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_stops_is_told_apart_from_who_is_interrupted() {
        let after_a_change = |error: OperatorError| Failure::from(error).after(Some(StepId::AdminGroup));
        assert_eq!(after_a_change(OperatorError::Interrupted).exit_status(), 130);
        assert_eq!(after_a_change(OperatorError::Declined).exit_status(), 3);
        assert_eq!(after_a_change(OperatorError::Quit).exit_status(), 3);
        let nobody = OperatorError::NobodyToAsk { key: "admin.user".into() };
        assert_eq!(after_a_change(nobody).exit_status(), 4);
        let failed = OperatorError::Failed(Text::default());
        assert_eq!(after_a_change(failed).exit_status(), 1);
    }

    #[test]
    fn what_failed_in_the_middle_stays_so_and_a_wish_to_stop_stays_one() {
        let midway = |error: OperatorError| Failure::from(error).midway().after(Some(StepId::AdminGroup));
        let nobody = OperatorError::NobodyToAsk { key: "mfa.code_command".into() };
        assert_eq!(midway(nobody).exit_status(), 4);
        let failed = midway(OperatorError::Failed(Text::default()));
        assert!(matches!(failed, Failure::Midway { .. }) && failed.exit_status() == 1, "{failed:?}");
        for (wish, status) in
            [(OperatorError::Interrupted, 130), (OperatorError::Declined, 3), (OperatorError::Quit, 3)]
        {
            let stopped = midway(wish);
            assert!(matches!(stopped, Failure::Step(_)) && stopped.exit_status() == status, "{stopped:?}");
        }
    }

    #[test]
    fn who_holds_the_lock_is_told_in_both_languages() {
        let holder = "process 4242, since 2026-11-24T06:00:00Z".to_owned();
        let (what, _) = Failure::Busy { path: "/state/lock".into(), holder }.text();
        assert!(what.en.contains("(process 4242, since 2026-11-24T06:00:00Z)"), "{what:?}");
        assert!(what.ko.contains("(프로세스 4242, 2026-11-24T06:00:00Z부터)"), "{what:?}");
        assert_eq!(in_korean("somebody"), "somebody");
        let (_, next) = Failure::Busy { path: "/state/\u{1b}[2J".into(), holder: String::new() }.text();
        assert!(next.is_some_and(|next| next.en.contains("/state/\u{fffd}[2J")));
    }
}
