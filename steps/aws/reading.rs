//! Reads that give nothing, as part of the facts: a plan says what it could not see, and why.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::error::{AwsCause, AwsError};
use crate::text;
use crate::text::{Text, harmless};

use super::identity::Identity;
use super::watch::Access;

/// What a read gave, or why it gave nothing.
pub type Reading<T> = Result<T, Unseen>;

/// A read that gave nothing. Part of the facts, so that a plan can say so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// The operation, as the permission that it needs.
    pub operation: &'static str,
    /// AWS's error code; empty where there was no answer.
    pub code: String,
    /// Why.
    pub why: UnseenCause,
}

/// Why a read gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnseenCause {
    /// The permission is missing, or the service does not know the operation.
    Denied,
    /// The service is not activated in the account yet.
    NotActivated,
    /// Anything else, in the words of who reported it.
    Failed(Text),
}

impl Unseen {
    /// A read for which the permission is missing.
    pub fn denied(operation: &'static str, code: impl Into<String>) -> Self {
        Self { operation, code: code.into(), why: UnseenCause::Denied }
    }

    /// A read that failed.
    pub fn failed(operation: &'static str, why: Text) -> Self {
        Self { operation, code: String::new(), why: UnseenCause::Failed(why) }
    }

    /// What was not seen, and why.
    pub fn text(&self) -> Text {
        let Text { en, ko } = self.reason();
        text! { en: "Not assessed: {en}", ko: "확인하지 못함: {ko}" }
    }

    /// Why it was not seen, for where it is said already that it was not.
    pub fn reason(&self) -> Text {
        let (operation, code) = (self.operation, harmless(&self.code));
        match &self.why {
            UnseenCause::Denied => text! {
                en: "AWS refused the read {operation} ({code}).",
                ko: "AWS가 {operation} 읽기를 거부했습니다({code})."
            },
            UnseenCause::NotActivated => text! {
                en: "AWS has not activated the service of {operation} in this account yet ({code}). In a new account that can take up to 24 hours.",
                ko: "AWS가 이 계정에서 {operation}의 서비스를 아직 활성화하지 않았습니다({code}). 새 계정에서는 최대 24시간이 걸릴 수 있습니다."
            },
            UnseenCause::Failed(why) => {
                let (en, ko) = (harmless(&why.en), harmless(&why.ko));
                text! {
                    en: "{operation} failed: {en}",
                    ko: "{operation} 읽기에 실패했습니다: {ko}"
                }
            }
        }
    }
}

impl From<AwsError> for Unseen {
    fn from(error: AwsError) -> Self {
        let why = if error.is_unseen() {
            UnseenCause::Denied
        } else if error.is_not_activated() {
            UnseenCause::NotActivated
        } else {
            UnseenCause::Failed(failure(&error))
        };
        let code = error.code.unwrap_or_default();
        Self { operation: error.operation, code, why }
    }
}

fn failure(error: &AwsError) -> Text {
    let Text { en, ko } = error.detail();
    match error.cause {
        AwsCause::Unreachable => {
            text! { en: "AWS did not answer: {en}.", ko: "AWS가 응답하지 않았습니다: {ko}." }
        }
        _ => Text { en, ko },
    }
}

impl Identity {
    /// What a read gave. In a run that only looks, whatever concerns this one read alone becomes part of the facts, so
    /// that a slow service leaves one step unassessed and not the whole run. A run that changes things stops where
    /// [`reading`] stops, because a change must not rest on what was not seen.
    pub fn reading<T>(&self, result: Result<T, AwsError>) -> Result<Reading<T>, AwsError> {
        match (result, self.watch.access) {
            (Err(error), Access::ReadOnly) if error.concerns_one_read() => Ok(Err(error.into())),
            (result, _) => reading(result),
        }
    }
}

/// A missing permission, and a service that is not activated yet, become part of the facts; every other failure stays
/// a failure.
pub fn reading<T>(result: Result<T, AwsError>) -> Result<Reading<T>, AwsError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(error) if error.is_unseen() || error.is_not_activated() => Ok(Err(error.into())),
        Err(error) => Err(error),
    }
}

/// `None` for one error code that means "there is none", such as `NoSuchEntity`.
pub fn unless<T>(code: &str, result: Result<T, AwsError>) -> Result<Option<T>, AwsError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is(code) => Ok(None),
        Err(error) => Err(error),
    }
}

/// So many questions are under way together: IAM throttles who asks faster.
const AT_ONCE: usize = 10;

/// Asks about several things, as many at once as AWS likes, and gives the answers in the order of the questions.
pub async fn at_once<F, T>(questions: impl IntoIterator<Item = F>) -> Result<Vec<T>, AwsError>
where
    F: Future<Output = Result<T, AwsError>> + Send + 'static,
    T: Send + 'static,
{
    let (mut asked, turns) = (JoinSet::new(), Arc::new(Semaphore::new(AT_ONCE)));
    for (place, question) in questions.into_iter().enumerate() {
        let turns = turns.clone();
        asked.spawn(async move {
            // Turns never come to an end, so each question gets one.
            let _turn = turns.acquire().await;
            (place, question.await)
        });
    }
    let mut answers = asked.join_all().await;
    answers.sort_by_key(|(place, _)| *place);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;
    use crate::aws::{ForCall, canned};

    /// What a read of the trails gives in a run, where AWS answers with this status and code.
    async fn trails(access: Access, status: u16, code: &'static str) -> Result<Reading<()>, AwsError> {
        let aws = canned::Aws::answering(move |call| match status {
            0 => None,
            _ => call.refused(status, code),
        });
        let identity = aws.connection(access).started_as().await.unwrap();
        let answer = identity.cloudtrail("us-east-1").describe_trails().send().await;
        identity.reading(answer.for_call("cloudtrail:DescribeTrails").map(drop))
    }

    #[tokio::test(start_paused = true)]
    async fn in_a_looking_run_one_failed_read_is_a_fact() {
        let cases = [
            (
                400,
                "AccessDeniedException",
                "refused the read cloudtrail:DescribeTrails (AccessDeniedException)",
            ),
            (400, "OptInRequired", "not activated the service of cloudtrail:DescribeTrails"),
            (400, "SubscriptionRequiredException", "can take up to 24 hours"),
            (400, "ThrottlingException", "failed: ThrottlingException: no: ThrottlingException"),
            (400, "UnrecognizedClientException", "failed: UnrecognizedClientException"),
            (500, "InternalFailure", "failed: InternalFailure"),
            (0, "", "failed: AWS did not answer: the connection broke before the answer was there"),
        ];
        for (status, code, words) in cases {
            let unseen = trails(Access::ReadOnly, status, code).await.unwrap().unwrap_err();
            let text = unseen.text();
            assert!(text.en.starts_with("Not assessed: ") && text.en.contains(words), "{}", text.en);
            assert!(text.ko.starts_with("확인하지 못함: "), "{}", text.ko);
            assert_eq!(format!("Not assessed: {}", unseen.reason().en), text.en);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_ended_sign_in_ends_every_run() {
        for access in [Access::ReadOnly, Access::ReadWrite] {
            let error = trails(access, 400, "ExpiredTokenException").await.unwrap_err();
            assert_eq!(error.cause, AwsCause::SignInExpired);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_that_changes_things_stops_at_what_it_cannot_see() {
        for (status, code) in [(400, "ThrottlingException"), (500, "InternalFailure"), (0, "")] {
            assert!(trails(Access::ReadWrite, status, code).await.is_err(), "{code}");
        }
        for (code, why) in [
            ("AccessDeniedException", UnseenCause::Denied),
            ("SubscriptionRequiredException", UnseenCause::NotActivated),
        ] {
            let unseen = trails(Access::ReadWrite, 400, code).await.unwrap().unwrap_err();
            assert_eq!(unseen.why, why);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_are_asked_at_once_and_the_answers_keep_their_order() {
        let question = |number: u64| async move {
            tokio::time::sleep(Duration::from_secs(100 - number)).await;
            Ok(number)
        };
        let began = Instant::now();
        let answers = at_once((1..=10).map(question)).await.unwrap();
        let expected: Vec<u64> = (1..=10).collect();
        assert_eq!((answers, began.elapsed().as_secs()), (expected, 99));
        let began = Instant::now();
        assert_eq!(at_once((0..=10).map(question)).await.unwrap().len(), 11);
        // The last one waited for the first that was done.
        assert_eq!(began.elapsed().as_secs(), 91 + 90);
    }

    #[tokio::test]
    async fn one_question_that_fails_is_the_answer_to_all() {
        let question = |number: u64| async move {
            if number == 2 { Err(AwsError::without_answer("iam:GetUser", "no")) } else { Ok(number) }
        };
        assert_eq!(at_once((1..=3).map(question)).await.unwrap_err().operation, "iam:GetUser");
    }

    #[test]
    fn escapes_in_what_aws_says_do_not_reach_the_terminal() {
        let unseen = Unseen::failed("iam:ListUsers", Text::verbatim("a\u{1b}[2Jb"));
        assert!(!unseen.text().en.contains('\u{1b}'));
        assert!(!Unseen::denied("iam:ListUsers", "a\u{1b}").text().ko.contains('\u{1b}'));
    }
}
