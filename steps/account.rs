//! What is worth knowing of an account before anything is done to it: its name, its age, its plan, its organization.
//!
//! Nothing rests on it, so what cannot be read is left out.

use std::time::Duration;

use aws_sdk_freetier::types::AccountPlanType;

use crate::aws::{ForCall, Identity};
use crate::moment::day;

/// The first screen waits no longer for what nothing rests on.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is known of an account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct About {
    /// The alias, which stands in the sign-in address.
    pub alias: Option<String>,
    /// The day on which the account was opened, as `2026-11-24`.
    pub opened: Option<String>,
    /// On the Free plan: the day on which AWS closes the account by itself.
    pub closes: Option<String>,
    /// The organization that the account belongs to.
    pub organization: Option<Organization>,
}

/// The organization that an account belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: String,
    /// Whether this account is the one that manages it.
    pub managed_here: bool,
}

/// Reads it all at once.
pub async fn about(identity: &Identity) -> About {
    let (alias, opened, closes, organization) = tokio::join!(
        soon(alias(identity)),
        soon(opened(identity)),
        soon(closes(identity)),
        soon(organization(identity)),
    );
    About { alias, opened, closes, organization }
}

/// What comes late is left out too.
async fn soon<T>(read: impl Future<Output = Option<T>>) -> Option<T> {
    tokio::time::timeout(PATIENCE, read).await.ok().flatten()
}

async fn alias(identity: &Identity) -> Option<String> {
    let answer = identity.iam().list_account_aliases().send().await.for_call("iam:ListAccountAliases");
    answer.ok()?.account_aliases.into_iter().next()
}

async fn opened(identity: &Identity) -> Option<String> {
    let answer = identity.account().get_account_information().send().await;
    let answer = answer.for_call("account:GetAccountInformation").ok()?;
    Some(day(answer.account_created_date()?.secs()))
}

/// The Free plan ends after six months, or when its credits are used up. Source: Billing user guide, "Choosing an AWS
/// Free Tier plan". Only the `aws` partition has plans.
async fn closes(identity: &Identity) -> Option<String> {
    if identity.caller.partition != "aws" {
        return None;
    }
    let answer = identity.freetier().get_account_plan_state().send().await;
    let plan = answer.for_call("freetier:GetAccountPlanState").ok()?;
    let is_free = *plan.account_plan_type() == AccountPlanType::Free;
    Some(day(plan.account_plan_expiration_date().filter(|_| is_free)?.secs()))
}

async fn organization(identity: &Identity) -> Option<Organization> {
    let answer = identity.organizations().describe_organization().send().await;
    let organization = answer.for_call("organizations:DescribeOrganization").ok()?.organization?;
    let managed_here = organization.master_account_id() == Some(&identity.caller.account);
    Some(Organization { id: organization.id?, managed_here })
}
