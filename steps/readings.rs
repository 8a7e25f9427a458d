//! What more than one practice reads: once in a look, however many of them ask.

use tokio::sync::{OnceCell, watch};

use crate::account_summary::{self, AccountSummary};
use crate::aws::{Identity, Reading};
use crate::cloudtrail::{self, Found};
use crate::credential_report::{self, CredentialReport};
use crate::error::AwsError;
use crate::groups::{self, GroupReading};
use crate::practice::StepId;
use crate::text::Text;

/// What was read in one look at the account, by who acts in it. Each look begins with new ones, so that nothing is
/// believed that was read before a change.
#[derive(Debug)]
pub struct Readings<'l> {
    identity: &'l Identity,
    group: &'l str,
    /// The step at which somebody waits for what takes a while to read.
    waited_for_at: Option<StepId>,
    tell_makers: bool,
    /// What takes so long that whoever waits for the look is told.
    long: watch::Sender<Option<Text>>,
    account_summary: OnceCell<Reading<AccountSummary>>,
    administrators: OnceCell<Reading<Option<GroupReading>>>,
    credential_report: OnceCell<Reading<CredentialReport>>,
    trails: OnceCell<Reading<Found>>,
}

impl<'l> Readings<'l> {
    /// The readings of a look that begins, with the name of the administrators' group.
    pub fn by(identity: &'l Identity, group: &'l str) -> Self {
        Self {
            identity,
            group,
            waited_for_at: None,
            tell_makers: false,
            long: watch::Sender::new(None),
            account_summary: OnceCell::new(),
            administrators: OnceCell::new(),
            credential_report: OnceCell::new(),
            trails: OnceCell::new(),
        }
    }

    /// The same for a look that somebody waits for at this step: what takes a while is read, too, and anew.
    #[must_use]
    pub fn waited_for_at(self, step: StepId) -> Self {
        Self { waited_for_at: Some(step), ..self }
    }

    /// Whether somebody waits at this step for what takes a while to read.
    pub fn are_waited_for_at(&self, step: StepId) -> bool {
        self.waited_for_at == Some(step)
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

    /// Tells whoever waits for the look what takes long in it.
    pub fn announce(&self, what: Text) {
        self.long.send_replace(Some(what));
    }

    /// Finishes when something is announced that takes long.
    pub async fn announced(&self) -> Text {
        let mut long = self.long.subscribe();
        loop {
            let announced = long.borrow_and_update().clone();
            if let Some(what) = announced {
                return what;
            }
            if long.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
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

    /// The trails of the account, as the Region of the work shows them.
    pub(crate) async fn trails(&self, region: &str) -> Result<&Reading<Found>, AwsError> {
        self.trails.get_or_try_init(|| cloudtrail::find(self.identity, region)).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

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

    #[tokio::test(start_paused = true)]
    async fn what_takes_long_is_told_to_who_waits_and_to_who_comes_later() {
        let aws = canned::Aws::answering(|call| call.refused(400, "Odd"));
        let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        let readings = Readings::by(&identity, "Administrators");
        let soon = tokio::time::timeout(Duration::from_secs(60), readings.announced());
        assert!(soon.await.is_err(), "nothing takes long");
        let what = Text::verbatim("who made the keys");
        let (told, ()) = tokio::join!(readings.announced(), async { readings.announce(what.clone()) });
        assert_eq!((&told, &readings.announced().await), (&what, &what));
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
