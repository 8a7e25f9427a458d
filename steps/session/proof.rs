//! Whether somebody who has signed in is an administrator.
//!
//! `GetCallerIdentity` answers to anybody, and an auditor may look at everything. What only an administrator can do is
//! to write, but a proof must not change anything, and a run that only looks cannot write at all. So two things are
//! asked for at once: that AWS lets the user look, which it refuses to who lacks MFA, and that the user has the rights:
//! is in the administrators' group, which has AdministratorAccess, with no permissions boundary that takes them away.
//! Directly before something irreversible, the administrator writes as well (see the apply of practice 1).

use crate::aws::{ForCall, Identity, Reading, UnseenCause, unless};
use crate::error::{AwsError, StepError};
use crate::groups;
use crate::root_user::administrator_access;

use super::Administrator;

/// Why somebody who has signed in as the administrator is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// AWS refuses even to look, and the user has no MFA device.
    NoDevice,
    /// AWS refuses even to look, and nothing says that MFA would help.
    Denied,
    /// The user is not in the administrators' group, or the group lacks AdministratorAccess.
    NotAdministrator,
    /// A permissions boundary limits the user.
    Bounded,
}

/// Finds out. `user` is the administrator's name, `group` the administrators' group, and `witness` somebody else who may
/// be able to see the user's rights where the user cannot.
pub(super) async fn judged(
    identity: Identity,
    user: &str,
    group: &str,
    witness: Option<&Identity>,
) -> Result<Administrator, StepError> {
    let iam = identity.iam();
    let (looked, rights) =
        tokio::join!(iam.get_account_summary().send(), Box::pin(rights(&identity, user, group)));
    match looked.for_call("iam:GetAccountSummary") {
        Ok(_) => with_rights(identity, rights),
        Err(error) if is_refusal(&error) => refused(identity, user, group, witness, &error).await,
        Err(error) => Err(error.into()),
    }
}

/// Whoever may not even see the own rights is no administrator. A read that failed for another reason, which a run that
/// only looks survives, says nothing.
fn with_rights(
    identity: Identity,
    rights: Result<Reading<Rights>, AwsError>,
) -> Result<Administrator, StepError> {
    Ok(match rights {
        Ok(Ok(Rights::Full)) => Administrator::Proven(identity),
        Ok(Ok(Rights::Lacking(refusal))) => Administrator::Refused(identity, refusal),
        Ok(Err(unseen)) if unseen.why == UnseenCause::Denied => {
            Administrator::Refused(identity, Refusal::NotAdministrator)
        }
        Ok(Err(_)) => Administrator::Proven(identity),
        Err(error) if is_refusal(&error) => Administrator::Refused(identity, Refusal::Denied),
        Err(error) => return Err(error.into()),
    })
}

/// MFA is why, where the user has a device and, as far as somebody else can see, the rights. The policy that requires MFA
/// lets users list their own devices without it.
async fn refused(
    identity: Identity,
    user: &str,
    group: &str,
    witness: Option<&Identity>,
    error: &AwsError,
) -> Result<Administrator, StepError> {
    // IAM takes no call at all in a session that `GetSessionToken` gave without a code.
    if identity.caller.temporary && is_unknown_key(error) {
        return Ok(Administrator::Locked(identity));
    }
    if let Some(refusal) = lacking_by_witness(&identity, user, group, witness).await? {
        return Ok(Administrator::Refused(identity, refusal));
    }
    let devices = identity.iam().list_mfa_devices().user_name(user).send().await;
    match devices.for_call("iam:ListMFADevices") {
        Ok(devices) if devices.mfa_devices().is_empty() => {
            Ok(Administrator::Refused(identity, Refusal::NoDevice))
        }
        Ok(_) => Ok(Administrator::Locked(identity)),
        Err(error) if is_refusal(&error) => Ok(Administrator::Refused(identity, Refusal::Denied)),
        Err(error) => Err(error.into()),
    }
}

/// What the user lacks, by the word of somebody else who can see it.
async fn lacking_by_witness(
    identity: &Identity,
    user: &str,
    group: &str,
    witness: Option<&Identity>,
) -> Result<Option<Refusal>, AwsError> {
    let Some(witness) = witness.filter(|witness| witness.caller.arn != identity.caller.arn) else {
        return Ok(None);
    };
    Ok(match Box::pin(rights(witness, user, group)).await? {
        Ok(Rights::Lacking(refusal)) => Some(refusal),
        Ok(Rights::Full) | Err(_) => None,
    })
}

/// What a user may do by what is attached.
enum Rights {
    Full,
    Lacking(Refusal),
}

async fn rights(identity: &Identity, user: &str, group: &str) -> Result<Reading<Rights>, AwsError> {
    let iam = identity.iam();
    let (group, found) = tokio::join!(groups::group(identity, group), iam.get_user().user_name(user).send());
    let full = administrator_access(&identity.caller.partition);
    let is_member = match group? {
        Ok(Some(group)) => match &group.attached_policies {
            Ok(policies) => group.has(user) && policies.contains(&full),
            Err(unseen) => return Ok(Err(unseen.clone())),
        },
        Ok(None) => false,
        Err(unseen) => return Ok(Err(unseen)),
    };
    let found = match identity.reading(unless("NoSuchEntity", found.for_call("iam:GetUser")))? {
        Ok(found) => found.and_then(|found| found.user),
        Err(unseen) => return Ok(Err(unseen)),
    };
    let boundary = found.and_then(|user| user.permissions_boundary?.permissions_boundary_arn);
    Ok(Ok(match (is_member, boundary) {
        (false, _) => Rights::Lacking(Refusal::NotAdministrator),
        (true, Some(boundary)) if boundary != full => Rights::Lacking(Refusal::Bounded),
        (true, _) => Rights::Full,
    }))
}

fn is_refusal(error: &AwsError) -> bool {
    error.is_unseen() || is_unknown_key(error)
}

pub(super) fn is_unknown_key(error: &AwsError) -> bool {
    error.is("InvalidClientTokenId")
}
