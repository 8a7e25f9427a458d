//! The policy that requires MFA: what it says, whom it is attached to, and what it does.

use aws_sdk_iam::types::PolicyVersion;

use crate::aws::{ForCall, Identity, Reading, UnseenCause, unless};
use crate::error::AwsError;
use crate::mfa::{POLICY_NAME, policy_document};
use crate::session::{Administrator, Session};

use super::{Holders, RequirePolicy, Tried};

/// So many versions of a policy AWS keeps.
const MOST_VERSIONS: usize = 5;

/// The ARN, in an account, of the policy that requires MFA.
pub fn policy_arn(partition: &str, account: &str) -> String {
    arn_of_policy(partition, account, POLICY_NAME)
}

/// The ARN of a policy of the account's own.
pub fn arn_of_policy(partition: &str, account: &str, name: &str) -> String {
    format!("arn:{partition}:iam::{account}:policy/{name}")
}

pub(super) async fn policy(
    session: &Session,
    identity: &Identity,
) -> Result<Reading<Option<RequirePolicy>>, AwsError> {
    let iam = identity.iam();
    let arn = policy_arn(session.partition(), session.account());
    let versions = iam.list_policy_versions().policy_arn(&arn).send().await;
    let versions =
        match identity.reading(unless("NoSuchEntity", versions.for_call("iam:ListPolicyVersions")))? {
            Ok(Some(versions)) => versions,
            Ok(None) => return Ok(Ok(None)),
            Err(unseen) => return Ok(Err(unseen)),
        };
    let versions = versions.versions();
    let default = versions.iter().find(|version| version.is_default_version());
    let Some(default) = default.and_then(|version| version.version_id()) else { return Ok(Ok(None)) };
    let document = iam.get_policy_version().policy_arn(&arn).version_id(default).send().await;
    let document = match identity.reading(document.for_call("iam:GetPolicyVersion"))? {
        Ok(document) => document,
        Err(unseen) => return Ok(Err(unseen)),
    };
    let document = document.policy_version().and_then(|version| version.document()).unwrap_or_default();
    let same = says_the_same(document, &policy_document(session.partition()));
    Ok(Ok(Some(RequirePolicy {
        same,
        holders: if same { Ok(Holders::default()) } else { holders(identity, &arn).await? },
        oldest_spare: oldest_spare(versions),
    })))
}

/// The version that has to go before there is room for another: the oldest of those that are not in force. AWS numbers them
/// as they are made, from v1 on, and promises no order in its list.
fn oldest_spare(versions: &[PolicyVersion]) -> Option<String> {
    let numbered = |version: &PolicyVersion| {
        let id = version.version_id()?;
        Some((id.strip_prefix('v')?.parse::<u64>().ok()?, id.to_owned()))
    };
    let spare = versions.iter().filter(|version| !version.is_default_version());
    let oldest = spare.filter_map(numbered).min();
    oldest.filter(|_| versions.len() >= MOST_VERSIONS).map(|(_, id)| id)
}

/// Whom a policy is attached to.
pub(in crate::mfa) async fn holders(identity: &Identity, policy: &str) -> Result<Reading<Holders>, AwsError> {
    let request = identity.iam().list_entities_for_policy().policy_arn(policy).max_items(1000);
    let pages = request.into_paginator().send().try_collect().await;
    let pages = identity.reading(unless("NoSuchEntity", pages.for_call("iam:ListEntitiesForPolicy")))?;
    Ok(pages.map(|pages| {
        let mut holders = Holders::default();
        for page in pages.unwrap_or_default() {
            let (users, groups) = (page.policy_users.into_iter(), page.policy_groups.into_iter());
            holders.users.extend(users.flatten().filter_map(|user| user.user_name));
            holders.groups.extend(groups.flatten().filter_map(|group| group.group_name));
            holders.roles.extend(page.policy_roles.into_iter().flatten().filter_map(|role| role.role_name));
        }
        holders
    }))
}

/// IAM gives documents back percent-encoded.
fn says_the_same(found: &str, wanted: &str) -> bool {
    use crate::policy::Document;
    let found = crate::text::percent_decoded(found);
    match (Document::parse(&found), Document::parse(wanted)) {
        (Ok(found), Ok(wanted)) => found.same_meaning(&wanted),
        _ => false,
    }
}

/// A read that an administrator may make, by the access key alone and in the administrator's session. Where that is
/// refused somebody else acts, who proves nothing. None where AWS has not answered both.
pub(super) async fn try_both(session: &Session) -> Result<Option<Tried>, AwsError> {
    let Some(by_key) = &session.by_key else { return Ok(None) };
    let with = async {
        match &session.administrator {
            Administrator::Proven(identity) => is_refused(identity).await,
            Administrator::Unknown | Administrator::Locked(_) | Administrator::Refused(..) => Ok(Some(true)),
        }
    };
    let (without, with) = tokio::try_join!(is_refused(by_key), with)?;
    let tried = |(without, with): (bool, bool)| Tried { refused_without: without, allowed_with: !with };
    Ok(without.zip(with).map(tried))
}

/// Whether the policy refuses this identity what it lets through with MFA. A run that only looks goes on where AWS has
/// failed to answer, which says nothing of it.
pub async fn is_refused(identity: &Identity) -> Result<Option<bool>, AwsError> {
    let tried = identity.iam().list_groups().max_items(1).send().await.for_call("iam:ListGroups");
    Ok(match identity.reading(tried)? {
        Ok(_) => Some(false),
        Err(unseen) => (unseen.why == UnseenCause::Denied).then_some(true),
    })
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;

    use super::*;
    use crate::aws::{Access, canned};

    /// Versions with these numbers, of which this one is in force.
    fn versions(numbers: &[u64], default: u64) -> Vec<PolicyVersion> {
        let version = |number: &u64| {
            let version = PolicyVersion::builder().version_id(format!("v{number}"));
            version.is_default_version(*number == default).build()
        };
        numbers.iter().map(version).collect()
    }

    #[test]
    fn the_oldest_version_that_is_not_in_force_goes_in_whatever_order_they_are_told() {
        let cases: [(&[u64], u64, Option<&str>); 6] = [
            (&[12, 11, 10, 9, 8], 12, Some("v8")),
            (&[8, 9, 10, 11, 12], 12, Some("v8")),
            (&[10, 9, 12, 11, 100], 100, Some("v9")),
            (&[5, 1, 3, 2, 4], 1, Some("v2")),
            (&[4, 3, 2, 1], 4, None),
            (&[7], 7, None),
        ];
        for (numbers, default, oldest) in cases {
            assert_eq!(oldest_spare(&versions(numbers, default)).as_deref(), oldest, "{numbers:?}");
        }
    }

    /// What is seen of the two in a run that only looks, where AWS answers the session so.
    async fn tried(answer: fn(&canned::Heard) -> canned::Answer) -> Option<Tried> {
        let aws = canned::Aws::answering(move |call| match call.key() {
            "ASIASESSION" => answer(call),
            _ => call.refused(403, "AccessDenied"),
        });
        let mut session = Session::open(aws.connection(Access::ReadOnly)).await.unwrap();
        let of_session = Credentials::new("ASIASESSION", "secret", Some("token".into()), None, "test");
        let of_session = session.connection.with_credentials(of_session, Some(true)).await.unwrap();
        session.administrator = Administrator::Proven(of_session);
        session.by_key = Some(session.started.clone());
        try_both(&session).await.unwrap()
    }

    /// That nobody gets in any more is said only where AWS has refused it.
    #[tokio::test(start_paused = true)]
    async fn a_service_that_fails_locks_nobody_out() {
        let seen = |allowed_with| Some(Tried { refused_without: true, allowed_with });
        assert_eq!(tried(|call| call.xml("")).await, seen(true));
        assert_eq!(tried(|call| call.refused(403, "AccessDenied")).await, seen(false));
        assert_eq!(tried(|call| call.refused(500, "ServiceFailure")).await, None);
        assert_eq!(tried(|call| call.refused(400, "Throttling")).await, None);
        assert_eq!(tried(|_| None).await, None);
    }
}
