//! Bounded waiting for AWS to see what was just done.
//!
//! IAM and S3 spread a change over their endpoints in seconds, and services refuse meanwhile with errors that look
//! like mistakes (see the table in IAM's troubleshooting guide, "Changes that I make are not always immediately
//! visible"). Each known race has a wait that ends.

use std::time::Duration;

use crate::error::{AwsError, StepError};
use crate::operator::Operator;
use crate::text;
use crate::text::Text;

/// How long a wait may take altogether.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Tries again, slower each time, for as long as `again` says that the refusal is one that passes. The last error
/// is given back when patience ends. A pause that is asked for ends it between two attempts, and never within one: what AWS
/// was asked for has to be known.
pub async fn until_seen<T, F>(
    operator: &mut impl Operator,
    what: Text,
    again: impl Fn(&AwsError) -> bool,
    mut attempt: F,
) -> Result<T, StepError>
where
    F: AsyncFnMut() -> Result<T, AwsError>,
{
    match attempt().await {
        Err(error) if again(&error) => {}
        result => return Ok(result?),
    }
    let asked = operator.pause();
    let tries = async {
        let mut pauses = pauses();
        loop {
            match (pauses.next(), attempt().await) {
                (Some(pause), Err(error)) if again(&error) => asked.unless_asked(pause).await?,
                (_, result) => return Ok::<_, StepError>(result?),
            }
        }
    };
    operator.while_waiting(what, tries).await
}

/// Tries again for as long as IAM does not see at each endpoint what was created by that name a moment ago.
pub async fn until_iam_sees<T, F>(
    operator: &mut impl Operator,
    name: &str,
    attempt: F,
) -> Result<T, StepError>
where
    F: AsyncFnMut() -> Result<T, AwsError>,
{
    until_seen(operator, waiting_for_iam(name), not_seen_by_iam, attempt).await
}

/// Looks again, slower each time, until there is something to see, for as long as AWS may take to show everywhere what was
/// done a moment ago. None where there is nothing to see by then. A pause that is asked for ends it between two looks.
pub async fn until_shown<T, F>(
    operator: &mut impl Operator,
    what: Text,
    mut look: F,
) -> Result<Option<T>, StepError>
where
    F: AsyncFnMut() -> Result<Option<T>, AwsError>,
{
    if let Some(seen) = look().await? {
        return Ok(Some(seen));
    }
    let asked = operator.pause();
    let looks = async {
        for pause in pauses() {
            asked.unless_asked(pause).await?;
            if let Some(seen) = look().await? {
                return Ok::<_, StepError>(Some(seen));
            }
        }
        Ok(None)
    };
    operator.while_waiting(what, looks).await
}

/// What is said while IAM does not see what was created by that name.
pub fn waiting_for_iam(name: &str) -> Text {
    text! { en: "Waiting until IAM sees {name} everywhere", ko: "IAM 전체에 {name}이(가) 반영되기를 기다리는 중" }
}

/// Whether IAM does not know something that it is told of: what was created a moment ago may not be visible at the next
/// endpoint yet.
pub fn not_seen_by_iam(error: &AwsError) -> bool {
    error.is("NoSuchEntity")
}

/// Half a second, then growing by half, until [`PATIENCE`] is used up.
pub fn pauses() -> impl Iterator<Item = Duration> {
    let mut waited = Duration::ZERO;
    std::iter::successors(Some(Duration::from_millis(500)), |pause| {
        Some((*pause * 3 / 2).min(Duration::from_secs(8)))
    })
    .take_while(move |pause| {
        waited += *pause;
        waited < PATIENCE
    })
}

#[cfg(test)]
mod tests {
    use tokio::sync::watch;
    use tokio::time::Instant;

    use super::*;
    use crate::operator::{CodeRequest, Enrolment, HandOver, OperatorError, Pause};

    /// Somebody who gives nothing and may ask for a pause.
    struct Waits(Pause);

    impl Operator for Waits {
        async fn hand_over(&mut self, _: HandOver) -> Result<(), OperatorError> {
            Err(OperatorError::Declined)
        }

        async fn enrol(&mut self, _: &Enrolment) -> Result<(), OperatorError> {
            Err(OperatorError::Declined)
        }

        async fn one_time_code(&mut self, _: &CodeRequest) -> Result<String, OperatorError> {
            Err(OperatorError::Declined)
        }

        async fn enrolled(&mut self) {}

        fn pause(&self) -> Pause {
            self.0.clone()
        }

        async fn while_waiting<F: Future>(&mut self, _: Text, work: F) -> F::Output {
            work.await
        }
    }

    fn not_yet() -> AwsError {
        AwsError::without_answer("iam:GetUser", "not yet")
    }

    #[test]
    fn waiting_ends() {
        let total: Duration = pauses().sum();
        assert!(total > PATIENCE / 2 && total <= PATIENCE, "{total:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_error_is_given_back_when_patience_ends() {
        let began = Instant::now();
        let mut operator = Waits(Pause::default());
        let result = until_seen(&mut operator, Text::default(), |_| true, async || Err::<(), _>(not_yet()));
        assert!(matches!(result.await, Err(StepError::Aws(error)) if error == not_yet()));
        assert!(began.elapsed() > PATIENCE / 2 && began.elapsed() <= PATIENCE, "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn iam_is_waited_for_only_where_it_does_not_see_something_yet() {
        for (code, expected) in [("NoSuchEntity", 3), ("LimitExceeded", 1)] {
            let refused = AwsError { code: Some(code.to_owned()), ..not_yet() };
            let mut attempts = 0;
            let mut operator = Waits(Pause::default());
            let result = until_iam_sees(&mut operator, "alice", async || {
                attempts += 1;
                if attempts == 3 { Ok(()) } else { Err(refused.clone()) }
            });
            let result = result.await;
            assert_eq!((attempts, result.is_ok()), (expected, expected == 3), "{code}: {result:?}");
        }
    }

    /// How often it is looked, and what is seen, where there is something to see at this look.
    async fn looked_for(shown_at: usize, pause: Pause) -> (usize, Result<Option<usize>, StepError>) {
        let mut looks = 0;
        let mut operator = Waits(pause);
        let seen = until_shown(&mut operator, Text::default(), async || {
            looks += 1;
            Ok((looks == shown_at).then_some(looks))
        });
        let seen = seen.await;
        (looks, seen)
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_done_a_moment_ago_is_looked_for_until_it_shows() {
        for shown_at in [1, 4] {
            let (looks, seen) = looked_for(shown_at, Pause::default()).await;
            assert!(matches!(seen, Ok(Some(seen)) if seen == shown_at), "{seen:?}");
            assert_eq!(looks, shown_at);
        }
        let began = Instant::now();
        let (looks, seen) = looked_for(usize::MAX, Pause::default()).await;
        assert!(matches!(seen, Ok(None)) && looks > 10, "{looks}: {seen:?}");
        assert!(began.elapsed() > PATIENCE / 2 && began.elapsed() <= PATIENCE, "{:?}", began.elapsed());
        let (_raise, raised) = watch::channel(true);
        let (looks, seen) = looked_for(2, Pause::when(raised)).await;
        assert!(matches!(seen, Err(StepError::Operator(OperatorError::Interrupted))), "{seen:?}");
        assert_eq!(looks, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_that_fails_is_told_at_once() {
        let mut operator = Waits(Pause::default());
        let seen = until_shown(&mut operator, Text::default(), async || Err::<Option<()>, _>(not_yet()));
        assert!(matches!(seen.await, Err(StepError::Aws(error)) if error == not_yet()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_that_is_asked_for_ends_it_between_two_attempts() {
        let (raise, raised) = watch::channel(false);
        let mut operator = Waits(Pause::when(raised));
        let (began, mut attempts) = (Instant::now(), 0);
        let result = until_seen(
            &mut operator,
            Text::default(),
            |_| true,
            async || {
                attempts += 1;
                if attempts == 3 {
                    raise.send_replace(true);
                    tokio::time::sleep(Duration::from_secs(20)).await;
                }
                Err::<(), _>(not_yet())
            },
        );
        let result = result.await;
        assert!(matches!(result, Err(StepError::Operator(OperatorError::Interrupted))), "{result:?}");
        assert_eq!(attempts, 3);
        assert!(began.elapsed().as_secs() >= 20, "the third one was not left in the middle");
        assert!(began.elapsed().as_secs() < 22, "{:?}", began.elapsed());
    }
}
