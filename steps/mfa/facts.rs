//! What is true now of the MFA devices, of the policy that requires them, and of whom it would stop.

mod devices;
mod everybody;
mod members;
mod people;
mod policy;

use std::collections::{BTreeMap, BTreeSet};

use crate::account_summary::AccountSummary;
use crate::answers::Answers;
use crate::aws::{Caller, CallerKind, Reading, Unseen};
use crate::error::StepError;
use crate::profile;
use crate::readings::Readings;
use crate::session::Session;

use devices::{oldest, serials};
use everybody::Everybody;
use members::Administrators;
use people::ThePeople;

pub(super) use devices::{devices_of, virtual_devices};
pub(super) use everybody::users;
pub(super) use policy::holders;
pub use policy::{arn_of_policy, is_refused, policy_arn};

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
    /// Whether the run has signed in as the administrator, who is one.
    pub signed_in: bool,
    /// The users with a console password and without any MFA device.
    pub users_without_mfa: Reading<Vec<String>>,
    /// The users with neither: nobody signs in to the console as them, so they are machines, or not ready yet.
    pub machines_without_mfa: Vec<String>,
    /// When the credential report was made, in seconds since 1970, where it decided about users that nobody looked up.
    pub reported: Option<i64>,
    /// All users, in lower case: names are unique without regard to case.
    pub user_names: BTreeSet<String>,
    /// How many hours ago the administrator's oldest device was enabled; none where there is no device.
    pub device_hours: Option<u64>,
    /// What AWS did just now with and without MFA, where the run has both.
    pub tried: Option<Tried>,
    /// The device that the AWS profile of the administrator's access key names, for tools that ask for it.
    pub noted_device: Option<String>,
    /// What is known of root's sign-in.
    pub root: RootSignIn,
    /// The groups of the answers' people, by the name in the answers.
    pub people_groups: Reading<BTreeMap<String, PeopleGroup>>,
    /// Whether the policy is there that lets users enrol and requires nothing, where the answers want it.
    pub enrolment_policy: Reading<bool>,
    /// The answers' people that are users already, by the name in the answers in lower case.
    pub people: Reading<BTreeMap<String, PersonFacts>>,
}

/// What AWS did with a call that an administrator may make, without MFA and with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tried {
    /// By the access key alone it was refused.
    pub refused_without: bool,
    /// In the MFA session it was allowed.
    pub allowed_with: bool,
}

/// What is known of root's sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RootSignIn {
    /// Root has no password: an organization manages root centrally.
    pub managed_centrally: bool,
    /// The serial numbers of root's devices, which AWS shows to root alone.
    pub devices: Option<Vec<String>>,
}

/// A group of the answers' people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeopleGroup {
    /// Whether the policy is attached to it.
    pub attached: bool,
    /// Whether the policy is attached to it that lets users enrol and requires nothing.
    pub enrols: bool,
    /// Its users' names, in lower case.
    pub members: BTreeSet<String>,
    /// Its users, looked up where the policy is still to be attached.
    pub looked_up: Vec<Member>,
}

/// One of the answers' people who is a user already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonFacts {
    /// The name as AWS spells it.
    pub name: String,
    /// Whether there is a console password.
    pub console_password: Reading<bool>,
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
    /// Whom it is attached to. Looked up where it says something else than ours, and so may be replaced.
    pub holders: Reading<Holders>,
}

/// The names of whom a policy is attached to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holders {
    /// Users.
    pub users: Vec<String>,
    /// Groups.
    pub groups: Vec<String>,
    /// Roles.
    pub roles: Vec<String>,
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
    /// Those of the keys that look like a machine's: the user has no console password, a service was called by them, and
    /// neither this run nor an AWS profile here has them.
    pub machine_keys: Vec<String>,
}

/// The run itself, which must not lock itself out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunMfa {
    /// It acts as root or as a role, which the policy does not touch, or its credentials carry MFA.
    Safe,
    /// It has signed in as the administrator by access key alone.
    AdministratorByKey,
    /// It has signed in as the administrator by `aws login`, which carries the MFA of the console sign-in if there was
    /// any, and says nothing about it.
    AdministratorByLogin,
    /// It acts as another user, without MFA as far as can be told.
    OtherUser(String),
    /// The policy stops the administrator's sign-in, and there is nobody else to act as.
    Out,
}

impl VirtualDevice {
    /// The name, as the last part of the serial number.
    pub fn name(&self) -> &str {
        self.serial.rsplit('/').next().unwrap_or_default()
    }
}

impl Facts {
    /// What was not seen of the policy and its group.
    pub fn unseen(&self) -> Option<&Unseen> {
        let of_group = self.group.as_ref().err().or(self.attached.as_ref().err());
        self.policy.as_ref().err().or(of_group).or(self.people_groups.as_ref().err())
    }
}

/// Reads them all, the independent ones at once.
pub async fn observe(
    session: &Session,
    readings: &Readings<'_>,
    answers: &Answers,
) -> Result<Facts, StepError> {
    let identity = session.acting();
    let (admin, root_devices, policy, administrators, everybody, of_the_people, summary) = tokio::try_join!(
        devices::admin(identity, answers.admin.user.as_deref()),
        devices::root_devices(session),
        policy::policy(session, identity),
        members::administrators(session, readings),
        everybody::everybody(readings),
        people::of_the_people(session, identity, answers),
        readings.account_summary(),
    )?;
    let Administrators { group, attached, tried } = administrators;
    let Everybody { users, virtual_devices, without_mfa } = everybody;
    let ThePeople { people_groups, people, enrolment_policy } = of_the_people;
    let (users_without_mfa, machines_without_mfa, reported) = match without_mfa {
        Ok(without) => (Ok(without.people), without.machines, without.reported),
        Err(unseen) => (Err(unseen), Vec::new(), None),
    };
    Ok(Facts {
        account: session.account().to_owned(),
        partition: session.partition().to_owned(),
        device_hours: admin.as_ref().ok().and_then(Option::as_ref).and_then(|(_, devices)| oldest(devices)),
        admin: admin.map(|admin| admin.map(|(user, devices)| (user, serials(devices)))),
        virtual_devices,
        root_mfa: summary.as_ref().map_err(Clone::clone).and_then(AccountSummary::root_mfa),
        root: RootSignIn {
            managed_centrally: summary.as_ref().is_ok_and(|summary| !summary.root_password()),
            devices: root_devices,
        },
        policy,
        group,
        attached,
        run: run_mfa(session, answers),
        signed_in: session.administrator_caller().is_some(),
        noted_device: noted_device(session, answers),
        users_without_mfa,
        machines_without_mfa,
        reported,
        tried,
        people_groups,
        people,
        enrolment_policy,
        user_names: users.unwrap_or_default().iter().map(|user| user.to_ascii_lowercase()).collect(),
    })
}

fn noted_device(session: &Session, answers: &Answers) -> Option<String> {
    let profile = answers.admin.access_key_profile.as_deref()?;
    profile::named_device(session.connection.files(), profile)
}

fn run_mfa(session: &Session, answers: &Answers) -> RunMfa {
    if session.is_out() {
        return RunMfa::Out;
    }
    let caller = session.administrator_caller().unwrap_or(&session.started.caller);
    match &caller.kind {
        CallerKind::User(_) if caller.mfa == Some(true) => RunMfa::Safe,
        CallerKind::User(_) if caller.temporary && session.signed_in_with_mfa => RunMfa::Safe,
        CallerKind::User(name) => match (is_the_administrator(caller, answers), caller.temporary) {
            (true, true) => RunMfa::AdministratorByLogin,
            (true, false) => RunMfa::AdministratorByKey,
            (false, _) => RunMfa::OtherUser(name.clone()),
        },
        CallerKind::Root | CallerKind::Role(_) | CallerKind::Federated => RunMfa::Safe,
    }
}

fn is_the_administrator(caller: &Caller, answers: &Answers) -> bool {
    answers.admin.user.as_deref().is_some_and(|user| caller.is_user(user))
}
