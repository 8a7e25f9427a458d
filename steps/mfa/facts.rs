//! What is true now of the MFA devices, of the policy that requires them, and of whom it would stop.

use std::collections::BTreeSet;

use aws_sdk_iam::types::{AssignmentStatusType, StatusType, SummaryKeyType};

use crate::answers::Answers;
use crate::aws::{CallerKind, ForCall, Identity, Reading, Unseen, reading, unless};
use crate::error::{AwsError, StepError};
use crate::session::Session;

use super::{POLICY_NAME, policy_document};

/// Up to so many users are looked up one by one; for more, the credential report is asked.
const SINGLE_LOOK_UPS: usize = 20;

/// What is true now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The account number.
    pub account: String,
    /// The partition.
    pub partition: String,
    /// The administrator as AWS spells it, with the serial numbers of the devices; none where there is no such user.
    pub admin: Reading<Option<(String, Vec<String>)>>,
    /// All virtual devices of the account.
    pub virtual_devices: Reading<Vec<VirtualDevice>>,
    /// Whether root has MFA.
    pub root_mfa: Reading<bool>,
    /// The policy that requires MFA.
    pub policy: Reading<Option<RequirePolicy>>,
    /// The administrators' group as AWS spells it, and its users; none where there is no such group.
    pub group: Reading<Option<(String, Vec<Member>)>>,
    /// Whether the policy is attached to that group.
    pub attached: Reading<bool>,
    /// The run itself.
    pub run: RunMfa,
    /// The users without any MFA device.
    pub users_without_mfa: Reading<Vec<String>>,
    /// All users, in lower case: names are unique without regard to case.
    pub user_names: BTreeSet<String>,
}

/// A virtual MFA device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualDevice {
    /// The serial number, which is an ARN.
    pub serial: String,
    /// The ARN of its owner; none for one that was made and never enabled.
    pub owner: Option<String>,
}

/// The policy that requires MFA, as it is in the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirePolicy {
    /// Whether it says what ours says.
    pub same: bool,
    /// The version that has to go before there is room for another: AWS keeps five.
    pub oldest_spare: Option<String>,
}

/// A user of the group that the policy is attached to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The name.
    pub name: String,
    /// Whether the user has a device.
    pub mfa: bool,
    /// The user's active access keys.
    pub active_keys: Vec<String>,
}

/// The run itself, which must not lock itself out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunMfa {
    /// It acts as root or as a role, which the policy does not touch, or its credentials carry MFA.
    Safe,
    /// It has signed in as the administrator by access key alone.
    AdministratorByKey,
    /// It acts as another user, by access key alone.
    OtherUserByKey(String),
}

impl VirtualDevice {
    /// The name, as the last part of the serial number.
    pub fn name(&self) -> &str {
        self.serial.rsplit('/').next().unwrap_or_default()
    }
}

/// Reads them all, the independent ones at once.
pub async fn observe(session: &Session, answers: &Answers) -> Result<Facts, StepError> {
    let identity = session.acting();
    let (admin, virtual_devices, root_mfa, policy, (group, attached), users) = tokio::try_join!(
        admin(identity, answers.admin.user.as_deref()),
        virtual_devices(identity),
        root_mfa(identity),
        policy(session, identity),
        group(session, identity, &answers.admin.group),
        users(identity),
    )?;
    let users_without_mfa = match (&users, &virtual_devices) {
        (Ok(users), Ok(devices)) => without_mfa(identity, users, devices).await?,
        (Err(unseen), _) | (_, Err(unseen)) => Err(unseen.clone()),
    };
    Ok(Facts {
        account: session.account().to_owned(),
        partition: session.partition().to_owned(),
        admin,
        virtual_devices,
        root_mfa,
        policy,
        group,
        attached,
        run: run_mfa(session, answers),
        users_without_mfa,
        user_names: users.unwrap_or_default().iter().map(|user| user.to_ascii_lowercase()).collect(),
    })
}

fn run_mfa(session: &Session, answers: &Answers) -> RunMfa {
    let caller = session.administrator_caller().unwrap_or(&session.started.caller);
    match &caller.kind {
        // `aws login` carries the MFA of the console sign-in, and says nothing about it.
        CallerKind::User(_) if caller.mfa == Some(true) || caller.temporary => RunMfa::Safe,
        CallerKind::User(_) if answers.admin.user.as_deref().is_some_and(|user| caller.is_user(user)) => {
            RunMfa::AdministratorByKey
        }
        CallerKind::User(name) => RunMfa::OtherUserByKey(name.clone()),
        CallerKind::Root | CallerKind::Role(_) | CallerKind::Federated => RunMfa::Safe,
    }
}

async fn admin(
    identity: &Identity,
    user: Option<&str>,
) -> Result<Reading<Option<(String, Vec<String>)>>, AwsError> {
    let Some(user) = user else { return Ok(Ok(None)) };
    let devices = devices_of(identity, user).await?;
    Ok(devices.map(|devices| devices.map(|devices| (user.to_owned(), devices))))
}

async fn devices_of(identity: &Identity, user: &str) -> Result<Reading<Option<Vec<String>>>, AwsError> {
    let answer = identity.iam().list_mfa_devices().user_name(user).send().await;
    let answer = reading(unless("NoSuchEntity", answer.for_call("iam:ListMFADevices")))?;
    Ok(answer.map(|answer| {
        let serials = |answer: aws_sdk_iam::operation::list_mfa_devices::ListMfaDevicesOutput| {
            answer.mfa_devices().iter().map(|device| device.serial_number().to_owned()).collect()
        };
        answer.map(serials)
    }))
}

async fn virtual_devices(identity: &Identity) -> Result<Reading<Vec<VirtualDevice>>, AwsError> {
    let pages = identity
        .iam()
        .list_virtual_mfa_devices()
        .assignment_status(AssignmentStatusType::Any)
        .max_items(1000)
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await;
    Ok(reading(pages.for_call("iam:ListVirtualMFADevices"))?.map(|devices| {
        let device = |device: aws_sdk_iam::types::VirtualMfaDevice| VirtualDevice {
            serial: device.serial_number().to_owned(),
            owner: device.user().map(|user| user.arn().to_owned()).filter(|arn| !arn.is_empty()),
        };
        devices.into_iter().map(device).collect()
    }))
}

/// The one thing about root that an administrator can see at once.
async fn root_mfa(identity: &Identity) -> Result<Reading<bool>, AwsError> {
    let summary = identity.iam().get_account_summary().send().await.for_call("iam:GetAccountSummary");
    Ok(reading(summary)?.map(|summary| {
        let enabled = SummaryKeyType::AccountMfaEnabled;
        summary.summary_map().and_then(|map| map.get(&enabled)).is_some_and(|enabled| *enabled > 0)
    }))
}

/// The policy's ARN in an account.
pub fn policy_arn(partition: &str, account: &str) -> String {
    format!("arn:{partition}:iam::{account}:policy/{POLICY_NAME}")
}

async fn policy(session: &Session, identity: &Identity) -> Result<Reading<Option<RequirePolicy>>, AwsError> {
    let iam = identity.iam();
    let arn = policy_arn(session.partition(), session.account());
    let versions = iam.list_policy_versions().policy_arn(&arn).send().await;
    let versions = match reading(unless("NoSuchEntity", versions.for_call("iam:ListPolicyVersions")))? {
        Ok(Some(versions)) => versions,
        Ok(None) => return Ok(Ok(None)),
        Err(unseen) => return Ok(Err(unseen)),
    };
    let versions = versions.versions();
    let default = versions.iter().find(|version| version.is_default_version());
    let Some(default) = default.and_then(|version| version.version_id()) else { return Ok(Ok(None)) };
    let document = iam.get_policy_version().policy_arn(&arn).version_id(default).send().await;
    let document = match reading(document.for_call("iam:GetPolicyVersion"))? {
        Ok(document) => document,
        Err(unseen) => return Ok(Err(unseen)),
    };
    let document = document.policy_version().and_then(|version| version.document()).unwrap_or_default();
    let spare = versions.iter().rfind(|version| !version.is_default_version());
    Ok(Ok(Some(RequirePolicy {
        same: says_the_same(document, &policy_document(session.partition())),
        oldest_spare: spare
            .filter(|_| versions.len() >= 5)
            .and_then(|v| v.version_id().map(ToOwned::to_owned)),
    })))
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

type GroupAndAttachment = (Reading<Option<(String, Vec<Member>)>>, Reading<bool>);

async fn group(session: &Session, identity: &Identity, name: &str) -> Result<GroupAndAttachment, AwsError> {
    let iam = identity.iam();
    let (users, policies) = tokio::join!(
        iam.get_group().group_name(name).max_items(1000).send(),
        iam.list_attached_group_policies().group_name(name).max_items(1000).send(),
    );
    let users = match reading(unless("NoSuchEntity", users.for_call("iam:GetGroup")))? {
        Ok(Some(users)) => users,
        Ok(None) => return Ok((Ok(None), Ok(false))),
        Err(unseen) => return Ok((Err(unseen.clone()), Err(unseen))),
    };
    let arn = policy_arn(session.partition(), session.account());
    let attached = reading(unless("NoSuchEntity", policies.for_call("iam:ListAttachedGroupPolicies")))?;
    let attached = attached.map(|policies| {
        policies.is_some_and(|list| list.attached_policies().iter().any(|p| p.policy_arn() == Some(&arn)))
    });
    let spelled = users.group().map_or(name, |group| group.group_name()).to_owned();
    let names: Vec<_> = users.users().iter().map(|user| user.user_name().to_owned()).collect();
    let members = members(identity, &names).await?;
    Ok((members.map(|members| Some((spelled, members))), attached))
}

/// Whom the policy would stop. Administrators are few; past [`SINGLE_LOOK_UPS`] the rest is named without details.
async fn members(identity: &Identity, names: &[String]) -> Result<Reading<Vec<Member>>, AwsError> {
    let mut members = Vec::new();
    for name in names.iter().take(SINGLE_LOOK_UPS) {
        let iam = identity.iam();
        let (devices, keys) =
            tokio::join!(devices_of(identity, name), iam.list_access_keys().user_name(name).send());
        let keys = reading(unless("NoSuchEntity", keys.for_call("iam:ListAccessKeys")))?;
        let (devices, keys) = match (devices?, keys) {
            (Ok(devices), Ok(keys)) => (devices, keys),
            (Err(unseen), _) | (_, Err(unseen)) => return Ok(Err(unseen)),
        };
        let keys = keys.map(|keys| keys.access_key_metadata).unwrap_or_default();
        members.push(Member {
            name: name.clone(),
            mfa: devices.is_some_and(|devices| !devices.is_empty()),
            active_keys: keys
                .into_iter()
                .filter(|key| key.status() == Some(&StatusType::Active))
                .filter_map(|key| key.access_key_id)
                .collect(),
        });
    }
    let rest = names.iter().skip(SINGLE_LOOK_UPS);
    members.extend(rest.map(|name| Member { name: name.clone(), mfa: false, active_keys: Vec::new() }));
    Ok(Ok(members))
}

async fn users(identity: &Identity) -> Result<Reading<Vec<String>>, AwsError> {
    let pages = identity
        .iam()
        .list_users()
        .max_items(1000)
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await;
    let users = reading(pages.for_call("iam:ListUsers"))?;
    Ok(users.map(|users| users.into_iter().map(|user| user.user_name).collect()))
}

/// Virtual devices settle most users in one call. The rest may have tokens or passkeys.
async fn without_mfa(
    identity: &Identity,
    users: &[String],
    devices: &[VirtualDevice],
) -> Result<Reading<Vec<String>>, AwsError> {
    let owners: BTreeSet<_> = devices
        .iter()
        .filter_map(|device| device.owner.as_deref())
        .filter(|arn| arn.contains(":user/"))
        .filter_map(|arn| arn.rsplit('/').next())
        .collect();
    let open: Vec<_> = users.iter().filter(|user| !owners.contains(user.as_str())).cloned().collect();
    if open.len() > SINGLE_LOOK_UPS {
        return without_mfa_by_report(identity, open).await;
    }
    let mut without = Vec::new();
    for user in open {
        match devices_of(identity, &user).await? {
            Ok(Some(devices)) if devices.is_empty() => without.push(user),
            Ok(_) => {}
            Err(unseen) => return Ok(Err(unseen)),
        }
    }
    Ok(Ok(without))
}

/// The credential report knows tokens and passkeys too, for any number of users in a few calls. It can be four hours
/// old, so a user whom it does not know counts as one without MFA.
async fn without_mfa_by_report(
    identity: &Identity,
    users: Vec<String>,
) -> Result<Reading<Vec<String>>, AwsError> {
    let report = match crate::credential_report::read(identity).await? {
        Ok(report) => report,
        Err(unseen) => return Ok(Err(unseen)),
    };
    let with: BTreeSet<_> = report.users_with_mfa().into_iter().collect();
    Ok(Ok(users.into_iter().filter(|user| !with.contains(user)).collect()))
}

impl Facts {
    /// What was not seen of the policy and its group.
    pub fn unseen(&self) -> Option<&Unseen> {
        self.policy.as_ref().err().or(self.group.as_ref().err()).or(self.attached.as_ref().err())
    }
}
