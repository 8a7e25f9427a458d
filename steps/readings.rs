//! What more than one practice reads: once in a look, however many of them ask.

use aws_sdk_cloudtrail::types::Trail;
use tokio::sync::OnceCell;

use crate::account_summary::{self, AccountSummary};
use crate::aws::{ForCall, Identity, Reading};
use crate::credential_report::{self, CredentialReport};
use crate::error::AwsError;
use crate::groups::{self, GroupReading};

/// What was read in one look at the account, by who acts in it. Each look begins with new ones, so that nothing is
/// believed that was read before a change.
#[derive(Debug)]
pub struct Readings<'l> {
    identity: &'l Identity,
    group: &'l str,
    tell_makers: bool,
    account_summary: OnceCell<Reading<AccountSummary>>,
    administrators: OnceCell<Reading<Option<GroupReading>>>,
    credential_report: OnceCell<Reading<CredentialReport>>,
    trails: OnceCell<Reading<Vec<Trail>>>,
}

impl<'l> Readings<'l> {
    /// The readings of a look that begins, with the name of the administrators' group.
    pub fn by(identity: &'l Identity, group: &'l str) -> Self {
        Self {
            identity,
            group,
            tell_makers: false,
            account_summary: OnceCell::new(),
            administrators: OnceCell::new(),
            credential_report: OnceCell::new(),
            trails: OnceCell::new(),
        }
    }

    /// Whether it is to be told who made what is asked about, which takes half a second for each.
    #[must_use]
    pub fn telling_makers(self, tell_makers: bool) -> Self {
        Self { tell_makers: self.tell_makers || tell_makers, ..self }
    }

    /// Whether it is to be told who made what is asked about.
    pub fn tell_makers(&self) -> bool {
        self.tell_makers
    }

    /// Who reads.
    pub fn identity(&self) -> &'l Identity {
        self.identity
    }

    /// The account's counts.
    pub async fn account_summary(&self) -> Result<&Reading<AccountSummary>, AwsError> {
        self.account_summary.get_or_try_init(|| account_summary::read(self.identity)).await
    }

    /// The administrators' group; none where there is no such group.
    pub async fn administrators(&self) -> Result<&Reading<Option<GroupReading>>, AwsError> {
        self.administrators.get_or_try_init(|| groups::group(self.identity, self.group)).await
    }

    /// The credential report, which may be four hours old.
    pub async fn credential_report(&self) -> Result<&Reading<CredentialReport>, AwsError> {
        self.credential_report.get_or_try_init(|| credential_report::read(self.identity)).await
    }

    /// When AWS made the credential report, in seconds since 1970; none where it was not read in this look.
    pub fn report_made(&self) -> Option<i64> {
        self.credential_report.get()?.as_ref().ok()?.generated
    }

    /// The trails that the Region of the work shows, with those of other Regions and of the organization.
    pub async fn trails(&self, region: &str) -> Result<&Reading<Vec<Trail>>, AwsError> {
        self.trails.get_or_try_init(|| trails(self.identity, region)).await
    }
}

/// With shadow trails: a trail of another Region, or of the organization, is seen from here too.
async fn trails(identity: &Identity, region: &str) -> Result<Reading<Vec<Trail>>, AwsError> {
    let answer = identity.cloudtrail(region).describe_trails().include_shadow_trails(true).send().await;
    let answer = identity.reading(answer.for_call("cloudtrail:DescribeTrails"))?;
    Ok(answer.map(|answer| answer.trail_list.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::aws::{Access, canned};

    const MFA: &str = "<SummaryMap><entry><key>AccountMFAEnabled</key><value>1</value></entry></SummaryMap>";

    #[tokio::test]
    async fn what_several_ask_for_is_read_once_and_anew_in_the_next_look() {
        let aws = canned::Aws::answering(|call| match call.operation.as_str() {
            "GetAccountSummary" => call.xml(MFA),
            _ => call.refused(404, "NoSuchEntity"),
        });
        let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        let begun = aws.heard().len();
        for look in 1..=2 {
            let readings = Readings::by(&identity, "Administrators");
            let (one, other, group, again) = tokio::join!(
                readings.account_summary(),
                readings.account_summary(),
                readings.administrators(),
                readings.administrators(),
            );
            assert_eq!(one.unwrap().as_ref().unwrap().root_mfa(), Ok(true));
            assert_eq!(other.unwrap().as_ref().unwrap().root_mfa(), Ok(true));
            assert_eq!((group.unwrap(), again.unwrap()), (&Ok(None), &Ok(None)));
            // The summary, and of the group its users and its two kinds of policies.
            assert_eq!(aws.heard().len() - begun, 4 * look);
        }
    }

    #[tokio::test]
    async fn a_read_that_failed_is_not_kept() {
        let broken = AtomicBool::new(true);
        let aws = canned::Aws::answering(move |call| {
            if broken.swap(false, Ordering::Relaxed) { call.refused(400, "Odd") } else { call.xml(MFA) }
        });
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        let readings = Readings::by(&identity, "Administrators");
        assert!(readings.account_summary().await.is_err());
        assert!(readings.account_summary().await.unwrap().is_ok());
    }
}
