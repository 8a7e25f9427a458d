//! Bounded waiting for AWS to see what was just done.
//!
//! IAM and S3 spread a change over their endpoints in seconds, and services refuse meanwhile with errors that look
//! like mistakes (see the table in IAM's troubleshooting guide, "Changes that I make are not always immediately
//! visible"). Each known race has a wait that ends.

use std::time::Duration;

use crate::error::{AwsError, StepError};
use crate::operator::Operator;
use crate::text::Text;

/// How long a wait may take altogether.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Tries again, slower each time, for as long as `again` says that the refusal is one that passes. The last error
/// is given back when patience ends.
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
    let tries = async {
        let mut pauses = pauses();
        loop {
            match (pauses.next(), attempt().await) {
                (Some(pause), Err(error)) if again(&error) => tokio::time::sleep(pause).await,
                (_, result) => return result,
            }
        }
    };
    Ok(operator.while_waiting(what, tries).await?)
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
    use super::*;

    #[test]
    fn waiting_ends() {
        let total: Duration = pauses().sum();
        assert!(total > PATIENCE / 2 && total <= PATIENCE, "{total:?}");
    }
}
