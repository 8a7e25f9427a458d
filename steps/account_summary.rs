//! What an administrator can see at once about the root user, and how many users and groups there are, in one call that no
//! report delays.
//!
//! Source: IAM API reference, "GetAccountSummary".

use std::collections::HashMap;

use aws_sdk_iam::types::SummaryKeyType;

use crate::aws::{ForCall, Identity, Reading, Unseen};
use crate::error::AwsError;

/// The name of the read.
const OPERATION: &str = "iam:GetAccountSummary";

/// The account's counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountSummary(HashMap<SummaryKeyType, i32>);

impl AccountSummary {
    /// Whether root has an MFA device of any kind.
    pub fn root_mfa(&self) -> Reading<bool> {
        self.flag(SummaryKeyType::AccountMfaEnabled)
    }

    /// Whether root has access keys.
    pub fn root_access_keys(&self) -> Reading<bool> {
        self.flag(SummaryKeyType::AccountAccessKeysPresent)
    }

    /// Whether root has signing certificates, which sign calls as access keys do.
    pub fn root_certificates(&self) -> Reading<bool> {
        self.flag(SummaryKeyType::AccountSigningCertificatesPresent)
    }

    /// Whether root has a password. Where an organization manages root centrally, it has none. Older endpoints do not
    /// tell, and then it has.
    pub fn root_password(&self) -> bool {
        self.flag(SummaryKeyType::from("AccountPasswordPresent")).unwrap_or(true)
    }

    /// How many users and groups there are; none where AWS does not say.
    pub fn users_and_groups(&self) -> Option<(usize, usize)> {
        Some((self.count(SummaryKeyType::Users)?, self.count(SummaryKeyType::Groups)?))
    }

    /// How many roles and customer managed policies there are; none where AWS does not say.
    pub fn roles_and_policies(&self) -> Option<(usize, usize)> {
        Some((self.count(SummaryKeyType::Roles)?, self.count(SummaryKeyType::Policies)?))
    }

    fn count(&self, key: SummaryKeyType) -> Option<usize> {
        self.0.get(&key).and_then(|count| usize::try_from(*count).ok())
    }

    /// What AWS does not say is not known: it is not a no.
    fn flag(&self, key: SummaryKeyType) -> Reading<bool> {
        let value =
            self.0.get(&key).ok_or_else(|| Unseen::denied(OPERATION, format!("no {}", key.as_str())))?;
        Ok(*value > 0)
    }
}

/// Reads it.
pub async fn read(identity: &Identity) -> Result<Reading<AccountSummary>, AwsError> {
    let answer = identity.iam().get_account_summary().send().await.for_call(OPERATION);
    Ok(identity.reading(answer)?.map(|answer| AccountSummary(answer.summary_map.unwrap_or_default())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_not_a_no() {
        let summary = AccountSummary(HashMap::from([(SummaryKeyType::AccountMfaEnabled, 1)]));
        assert_eq!(summary.root_mfa(), Ok(true));
        assert!(summary.root_access_keys().is_err() && summary.root_certificates().is_err());
        assert!(summary.root_password());
        let managed = AccountSummary(HashMap::from([(SummaryKeyType::from("AccountPasswordPresent"), 0)]));
        assert!(!managed.root_password());
        assert_eq!((managed.users_and_groups(), managed.roles_and_policies()), (None, None));
        let counts = [(SummaryKeyType::Users, 3), (SummaryKeyType::Groups, 2)];
        assert_eq!(AccountSummary(HashMap::from(counts)).users_and_groups(), Some((3, 2)));
        let counts = [(SummaryKeyType::Roles, 7), (SummaryKeyType::Policies, 0)];
        assert_eq!(AccountSummary(HashMap::from(counts)).roles_and_policies(), Some((7, 0)));
    }
}
