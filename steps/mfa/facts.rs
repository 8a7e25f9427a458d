//! What is true now of the MFA devices, of the policy that requires them, and of whom it would stop.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use aws_sdk_iam::types::{AssignmentStatusType, MfaDevice, StatusType};

use crate::account_summary::AccountSummary;
use crate::answers::Answers;
use crate::aws::{Caller, CallerKind, Connection, ForCall, Identity, Reading, Unseen, at_once, unless};
use crate::error::{AwsError, StepError};
use crate::groups;
use crate::profile;
use crate::readings::Readings;
use crate::session::{Administrator, Session};

use super::{ENROLMENT_POLICY_NAME, POLICY_NAME, policy_document};

/// Up to so many users are looked up one by one; for more, the credential report tells who is worth a look.
const SINGLE_LOOK_UPS: usize = 20;
/// Up to so many of those for whom the step would be left open are looked up even then: the report may be hours old.
const CONFIRMED: usize = 100;

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

/// Reads them all, the independent ones at once.
pub async fn observe(
    session: &Session,
    readings: &Readings<'_>,
    answers: &Answers,
) -> Result<Facts, StepError> {
    let identity = session.acting();
    let (admin, root_devices, policy, administrators, everybody, of_the_people, summary) = tokio::try_join!(
        admin(identity, answers.admin.user.as_deref()),
        root_devices(session),
        policy(session, identity),
        administrators(session, readings),
        everybody(readings),
        of_the_people(session, identity, answers),
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

async fn admin(
    identity: &Identity,
    user: Option<&str>,
) -> Result<Reading<Option<(String, Vec<MfaDevice>)>>, AwsError> {
    let Some(user) = user else { return Ok(Ok(None)) };
    let devices = devices_of(identity, user).await?;
    Ok(devices.map(|devices| devices.map(|devices| (spelled(user, &devices), devices))))
}

/// The name as AWS spells it, where a device tells.
fn spelled(user: &str, devices: &[MfaDevice]) -> String {
    devices
        .first()
        .map(|device| device.user_name())
        .filter(|name| !name.is_empty())
        .unwrap_or(user)
        .to_owned()
}

fn serials(devices: Vec<MfaDevice>) -> Vec<String> {
    devices.into_iter().map(|device| device.serial_number).collect()
}

/// In hours since it was enabled.
fn oldest(devices: &[MfaDevice]) -> Option<u64> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let hours = |device: &MfaDevice| {
        let enabled = u64::try_from(device.enable_date().secs()).ok().filter(|date| *date > 0)?;
        Some(now.saturating_sub(enabled) / 3600)
    };
    devices.iter().filter_map(hours).max()
}

/// The devices of a user, of all kinds; none where there is no such user.
pub(super) async fn devices_of(
    identity: &Identity,
    user: &str,
) -> Result<Reading<Option<Vec<MfaDevice>>>, AwsError> {
    let answer = identity.iam().list_mfa_devices().user_name(user).send().await;
    let answer = identity.reading(unless("NoSuchEntity", answer.for_call("iam:ListMFADevices")))?;
    Ok(answer.map(|answer| answer.map(|answer| answer.mfa_devices)))
}

/// Only root may ask without a user name, and then it is told of its own devices.
async fn root_devices(session: &Session) -> Result<Option<Vec<String>>, AwsError> {
    let Some(root) = session.root() else { return Ok(None) };
    match root.iam().list_mfa_devices().send().await.for_call("iam:ListMFADevices") {
        Ok(answer) => Ok(Some(serials(answer.mfa_devices))),
        // What the user guide says of temporary root credentials is not consistent.
        Err(error) if error.is("ValidationError") || error.is_unseen() => Ok(None),
        Err(error) => Err(error),
    }
}

/// A read that an administrator may make, by the access key alone and in the administrator's session. Where that is
/// refused somebody else acts, who proves nothing.
async fn try_both(session: &Session) -> Result<Option<Tried>, AwsError> {
    let Some(by_key) = &session.by_key else { return Ok(None) };
    let with = async {
        match &session.administrator {
            Administrator::Proven(identity) => is_refused(identity).await,
            Administrator::Unknown | Administrator::Locked(_) | Administrator::Refused(..) => Ok(true),
        }
    };
    let (without, with) = tokio::try_join!(is_refused(by_key), with)?;
    Ok(Some(Tried { refused_without: without, allowed_with: !with }))
}

/// Whether the policy refuses this identity what it lets through with MFA.
pub async fn is_refused(identity: &Identity) -> Result<bool, AwsError> {
    let tried = identity.iam().list_groups().max_items(1).send().await.for_call("iam:ListGroups");
    Ok(identity.reading(tried)?.is_err())
}

/// What the answers' people come into, and who of them is there.
struct ThePeople {
    people_groups: Reading<BTreeMap<String, PeopleGroup>>,
    people: Reading<BTreeMap<String, PersonFacts>>,
    enrolment_policy: Reading<bool>,
}

async fn of_the_people(
    session: &Session,
    identity: &Identity,
    answers: &Answers,
) -> Result<ThePeople, AwsError> {
    let (people_groups, people, enrolment_policy) = tokio::try_join!(
        people_groups(session, identity, answers),
        people(identity, answers),
        enrolment_policy(session, identity, answers),
    )?;
    Ok(ThePeople { people_groups, people, enrolment_policy })
}

/// Whether the policy is there. Where MFA is required, that policy lets users enrol too, and where there are no people
/// nobody needs one.
async fn enrolment_policy(
    session: &Session,
    identity: &Identity,
    answers: &Answers,
) -> Result<Reading<bool>, AwsError> {
    if answers.mfa.require || answers.people.is_empty() {
        return Ok(Ok(false));
    }
    let arn = arn_of_policy(session.partition(), session.account(), ENROLMENT_POLICY_NAME);
    let versions = identity.iam().list_policy_versions().policy_arn(arn).send().await;
    let versions = identity.reading(unless("NoSuchEntity", versions.for_call("iam:ListPolicyVersions")))?;
    Ok(versions.map(|versions| versions.is_some()))
}

async fn people_groups(
    session: &Session,
    identity: &Identity,
    answers: &Answers,
) -> Result<Reading<BTreeMap<String, PeopleGroup>>, AwsError> {
    let names: BTreeSet<&String> = answers.people.iter().flat_map(|person| &person.groups).collect();
    let others = names.into_iter().filter(|name| !name.eq_ignore_ascii_case(&answers.admin.group));
    let arns = [POLICY_NAME, ENROLMENT_POLICY_NAME]
        .map(|name| arn_of_policy(session.partition(), session.account(), name));
    let here = Here::of(session);
    let asked = others.map(|name| people_group(identity.clone(), here.clone(), name.clone(), arns.clone()));
    let found: Reading<Vec<_>> = at_once(asked).await?.into_iter().collect();
    Ok(found.map(|found| found.into_iter().flatten().collect()))
}

/// A group with its name in the answers; none where there is no such group.
async fn people_group(
    identity: Identity,
    here: Here,
    name: String,
    [policy, enrolment_policy]: [String; 2],
) -> Result<Reading<Option<(String, PeopleGroup)>>, AwsError> {
    let group = match groups::group(&identity, &name).await? {
        Ok(Some(group)) => group,
        Ok(None) => return Ok(Ok(None)),
        Err(unseen) => return Ok(Err(unseen)),
    };
    let members = group.users.iter().map(|user| user.name.to_ascii_lowercase()).collect();
    let (attached, enrols) = match group.attached_policies {
        Ok(policies) => (policies.contains(&policy), policies.contains(&enrolment_policy)),
        Err(unseen) => return Ok(Err(unseen)),
    };
    let names: Vec<_> = group.users.into_iter().map(|user| user.name).collect();
    let looked_up = if attached { Ok(Vec::new()) } else { self::members(&identity, &here, &names).await? };
    Ok(looked_up.map(|looked_up| Some((name, PeopleGroup { attached, enrols, members, looked_up }))))
}

async fn people(
    identity: &Identity,
    answers: &Answers,
) -> Result<Reading<BTreeMap<String, PersonFacts>>, AwsError> {
    let asked = answers.people.iter().map(|person| person_facts(identity.clone(), person.user.clone()));
    let found: Reading<Vec<_>> = at_once(asked).await?.into_iter().collect();
    Ok(found.map(|found| found.into_iter().flatten().collect()))
}

/// A person with the name in the answers, in lower case; none where there is no such user.
async fn person_facts(
    identity: Identity,
    name: String,
) -> Result<Reading<Option<(String, PersonFacts)>>, AwsError> {
    let iam = identity.iam();
    let (user, login) = tokio::join!(
        iam.get_user().user_name(&name).send(),
        iam.get_login_profile().user_name(&name).send(),
    );
    let user = match identity.reading(unless("NoSuchEntity", user.for_call("iam:GetUser")))? {
        Ok(user) => user.and_then(|user| user.user),
        Err(unseen) => return Ok(Err(unseen)),
    };
    let login = identity.reading(unless("NoSuchEntity", login.for_call("iam:GetLoginProfile")))?;
    Ok(Ok(user.map(|user| {
        let console_password = login.map(|login| login.is_some());
        (name.to_ascii_lowercase(), PersonFacts { name: user.user_name, console_password })
    })))
}

/// All virtual devices of the account, enabled or not.
pub(super) async fn virtual_devices(identity: &Identity) -> Result<Reading<Vec<VirtualDevice>>, AwsError> {
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
    Ok(identity.reading(pages.for_call("iam:ListVirtualMFADevices"))?.map(|devices| {
        let device = |device: aws_sdk_iam::types::VirtualMfaDevice| VirtualDevice {
            serial: device.serial_number().to_owned(),
            owner: device.user().map(|user| user.arn().to_owned()).filter(|arn| !arn.is_empty()),
        };
        devices.into_iter().map(device).collect()
    }))
}

/// The ARN, in an account, of the policy that requires MFA.
pub fn policy_arn(partition: &str, account: &str) -> String {
    arn_of_policy(partition, account, POLICY_NAME)
}

/// The ARN of a policy of the account's own.
pub fn arn_of_policy(partition: &str, account: &str, name: &str) -> String {
    format!("arn:{partition}:iam::{account}:policy/{name}")
}

async fn policy(session: &Session, identity: &Identity) -> Result<Reading<Option<RequirePolicy>>, AwsError> {
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
    let spare = versions.iter().rfind(|version| !version.is_default_version());
    let same = says_the_same(document, &policy_document(session.partition()));
    Ok(Ok(Some(RequirePolicy {
        same,
        holders: if same { Ok(Holders::default()) } else { holders(identity, &arn).await? },
        oldest_spare: spare
            .filter(|_| versions.len() >= 5)
            .and_then(|v| v.version_id().map(ToOwned::to_owned)),
    })))
}

/// Whom a policy is attached to.
pub(super) async fn holders(identity: &Identity, policy: &str) -> Result<Reading<Holders>, AwsError> {
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

/// The administrators' group, with what depends on it.
struct Administrators {
    group: Reading<Option<(String, Vec<Member>)>>,
    attached: Reading<bool>,
    tried: Option<Tried>,
}

async fn administrators(session: &Session, readings: &Readings<'_>) -> Result<Administrators, AwsError> {
    let group = match readings.administrators().await? {
        Ok(Some(group)) => group,
        Ok(None) => return Ok(Administrators { group: Ok(None), attached: Ok(false), tried: None }),
        Err(unseen) => {
            let (group, attached) = (Err(unseen.clone()), Err(unseen.clone()));
            return Ok(Administrators { group, attached, tried: None });
        }
    };
    let arn = policy_arn(session.partition(), session.account());
    let attached = group.attached_policies.clone().map(|policies| policies.contains(&arn));
    let names: Vec<_> = group.users.iter().map(|user| user.name.clone()).collect();
    let here = Here::of(session);
    let (members, tried) = tokio::try_join!(members(readings.identity(), &here, &names), async {
        if attached == Ok(true) { try_both(session).await } else { Ok(None) }
    })?;
    let group = members.map(|members| Some((group.name.clone(), members)));
    Ok(Administrators { group, attached, tried })
}

/// Whom the policy would stop: all of them are looked up, because nobody is to be stopped unseen.
async fn members(
    identity: &Identity,
    here: &Here,
    names: &[String],
) -> Result<Reading<Vec<Member>>, AwsError> {
    let asked = names.iter().map(|name| member(identity.clone(), here.clone(), name.clone()));
    Ok(at_once(asked).await?.into_iter().collect())
}

async fn member(identity: Identity, here: Here, name: String) -> Result<Reading<Member>, AwsError> {
    let iam = identity.iam();
    let (devices, keys, login) = tokio::join!(
        devices_of(&identity, &name),
        iam.list_access_keys().user_name(&name).send(),
        iam.get_login_profile().user_name(&name).send(),
    );
    let keys = identity.reading(unless("NoSuchEntity", keys.for_call("iam:ListAccessKeys")))?;
    let (devices, keys) = match (devices?, keys) {
        (Ok(devices), Ok(keys)) => (devices, keys),
        (Err(unseen), _) | (_, Err(unseen)) => return Ok(Err(unseen)),
    };
    let login = identity.reading(unless("NoSuchEntity", login.for_call("iam:GetLoginProfile")))?;
    let active = |key: &aws_sdk_iam::types::AccessKeyMetadata| key.status() == Some(&StatusType::Active);
    let keys = keys.map(|keys| keys.access_key_metadata).unwrap_or_default();
    let active_keys: Vec<_> = keys.into_iter().filter(active).filter_map(|key| key.access_key_id).collect();
    let machine_keys = match login {
        Ok(None) => {
            let elsewhere: Vec<_> = active_keys.iter().filter(|key| !here.has(key)).cloned().collect();
            used_keys(&identity, &elsewhere).await?
        }
        Ok(Some(_)) | Err(_) => Vec::new(),
    };
    let mfa = devices.is_some_and(|devices| !devices.is_empty());
    Ok(Ok(Member { name, mfa, active_keys, machine_keys }))
}

/// This computer. Whoever is at it, or started the run, has the key: no machine does.
#[derive(Debug, Clone)]
struct Here {
    connection: Connection,
    started_with: String,
}

impl Here {
    fn of(session: &Session) -> Self {
        let started_with = session.started.caller.access_key.clone();
        Self { connection: session.connection.clone(), started_with }
    }

    fn has(&self, key: &str) -> bool {
        self.started_with == key || profile::mentions_key(self.connection.files(), key)
    }
}

/// The keys with which something was called.
async fn used_keys(identity: &Identity, keys: &[String]) -> Result<Vec<String>, AwsError> {
    let asked = keys.iter().map(|key| used_key(identity.clone(), key.clone()));
    Ok(at_once(asked).await?.into_iter().flatten().collect())
}

async fn used_key(identity: Identity, key: String) -> Result<Option<String>, AwsError> {
    let answer = identity.iam().get_access_key_last_used().access_key_id(&key).send().await;
    let answer = identity.reading(answer.for_call("iam:GetAccessKeyLastUsed"))?;
    let last = answer.ok().and_then(|answer| answer.access_key_last_used);
    let date = last.and_then(|last| last.last_used_date).filter(|date| date.secs() > 0);
    Ok(date.map(|_| key))
}

/// All users, all virtual devices, and the users without any device.
struct Everybody {
    users: Reading<Vec<String>>,
    virtual_devices: Reading<Vec<VirtualDevice>>,
    without_mfa: Reading<WithoutMfa>,
}

async fn everybody(readings: &Readings<'_>) -> Result<Everybody, AwsError> {
    let identity = readings.identity();
    let (users, virtual_devices) = tokio::try_join!(users(identity), virtual_devices(identity))?;
    let without_mfa = match (&users, &virtual_devices) {
        (Ok(users), Ok(devices)) => without_mfa(readings, users, devices).await?,
        (Err(unseen), _) | (_, Err(unseen)) => Err(unseen.clone()),
    };
    Ok(Everybody { users, virtual_devices, without_mfa })
}

/// The names of all users.
pub(super) async fn users(identity: &Identity) -> Result<Reading<Vec<String>>, AwsError> {
    let pages = identity
        .iam()
        .list_users()
        .max_items(1000)
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await;
    let users = identity.reading(pages.for_call("iam:ListUsers"))?;
    Ok(users.map(|users| users.into_iter().map(|user| user.user_name).collect()))
}

/// The users without any MFA device.
#[derive(Debug, Default, PartialEq, Eq)]
struct WithoutMfa {
    /// Those with a console password.
    people: Vec<String>,
    /// Those without.
    machines: Vec<String>,
    /// When the credential report was made that decided about some of the users.
    reported: Option<i64>,
}

/// Virtual devices settle most users in one call. The rest may have tokens or passkeys.
async fn without_mfa(
    readings: &Readings<'_>,
    users: &[String],
    devices: &[VirtualDevice],
) -> Result<Reading<WithoutMfa>, AwsError> {
    let owners: BTreeSet<_> = devices
        .iter()
        .filter_map(|device| device.owner.as_deref())
        .filter(|arn| arn.contains(":user/"))
        .filter_map(|arn| arn.rsplit('/').next())
        .collect();
    let open: Vec<_> = users.iter().filter(|user| !owners.contains(user.as_str())).cloned().collect();
    if open.len() > SINGLE_LOOK_UPS {
        return without_mfa_by_report(readings, open).await;
    }
    looked_up(readings.identity(), open).await
}

/// Those of the users who have no device, by a look at each.
async fn looked_up(identity: &Identity, users: Vec<String>) -> Result<Reading<WithoutMfa>, AwsError> {
    let asked = users.into_iter().map(|user| user_without_mfa(identity.clone(), user));
    let found: Reading<Vec<_>> = at_once(asked).await?.into_iter().collect();
    Ok(found.map(|found| {
        let (people, machines): (Vec<_>, Vec<_>) =
            found.into_iter().flatten().partition(|(_, signs_in)| *signs_in);
        let names = |users: Vec<(String, bool)>| users.into_iter().map(|(user, _)| user).collect();
        WithoutMfa { people: names(people), machines: names(machines), reported: None }
    }))
}

/// The user again, and whether there is a console password, where there is no device; none where there is one.
async fn user_without_mfa(
    identity: Identity,
    user: String,
) -> Result<Reading<Option<(String, bool)>>, AwsError> {
    match devices_of(&identity, &user).await? {
        Ok(Some(devices)) if devices.is_empty() => {
            let signs_in = may_sign_in(&identity, &user).await?;
            Ok(Ok(Some((user, signs_in))))
        }
        Ok(_) => Ok(Ok(None)),
        Err(unseen) => Ok(Err(unseen)),
    }
}

/// Whether the user has a console password. Where that cannot be seen, the user counts as one who has.
async fn may_sign_in(identity: &Identity, user: &str) -> Result<bool, AwsError> {
    let login = identity.iam().get_login_profile().user_name(user).send().await;
    let login = identity.reading(unless("NoSuchEntity", login.for_call("iam:GetLoginProfile")))?;
    Ok(!matches!(login, Ok(None)))
}

/// The credential report knows tokens and passkeys too, for any number of users in a few calls. It can be four hours
/// old, so a user whom it does not know counts as one without MFA and with a console password, and whoever would keep
/// the step open is looked up, as long as there are not too many.
async fn without_mfa_by_report(
    readings: &Readings<'_>,
    users: Vec<String>,
) -> Result<Reading<WithoutMfa>, AwsError> {
    let report = match readings.credential_report().await? {
        Ok(report) => report,
        Err(unseen) => return Ok(Err(unseen.clone())),
    };
    let with: BTreeSet<_> = report.users_with_mfa().into_iter().collect();
    let without_password: BTreeSet<_> =
        report.users().filter(|row| !row.password).map(|row| row.user.as_str()).collect();
    let asked = users.len();
    let open = users.into_iter().filter(|user| !with.contains(user));
    let (mut machines, people): (Vec<_>, Vec<_>) =
        open.partition(|user| without_password.contains(user.as_str()));
    if people.len() > CONFIRMED {
        return Ok(Ok(WithoutMfa { people, machines, reported: report.generated }));
    }
    let reported = report.generated.filter(|_| people.len() < asked);
    Ok(looked_up(readings.identity(), people).await?.map(|confirmed| {
        machines.extend(confirmed.machines);
        WithoutMfa { people: confirmed.people, machines, reported }
    }))
}

impl Facts {
    /// What was not seen of the policy and its group.
    pub fn unseen(&self) -> Option<&Unseen> {
        let of_group = self.group.as_ref().err().or(self.attached.as_ref().err());
        self.policy.as_ref().err().or(of_group).or(self.people_groups.as_ref().err())
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;

    use super::*;
    use crate::aws::{Access, AwsFiles, Connection, canned};
    use crate::credential_report;

    const EMPTY: &str = "<MFADevices></MFADevices><IsTruncated>false</IsTruncated>";
    const LOGIN: &str = "<LoginProfile><UserName>bob</UserName><CreateDate>2026-01-01T00:00:00Z</CreateDate>\
        </LoginProfile>";

    fn named(names: &[&str]) -> Vec<String> {
        names.iter().copied().map(str::to_owned).collect()
    }

    #[tokio::test]
    async fn who_has_no_console_password_is_a_machine() {
        let aws = canned::Aws::answering(|call| match call.operation.as_str() {
            "ListMFADevices" => call.xml(EMPTY),
            _ if call.says("UserName", "bob") => call.xml(LOGIN),
            _ if call.says("UserName", "eve") => call.refused(403, "AccessDenied"),
            _ => call.refused(404, "NoSuchEntity"),
        });
        let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        let without =
            without_mfa(&Readings::by(&identity, "Administrators"), &named(&["bob", "ci", "eve"]), &[])
                .await
                .unwrap();
        let (people, machines) = (named(&["bob", "eve"]), named(&["ci"]));
        let expected = WithoutMfa { people, machines, reported: None };
        assert_eq!(without, Ok(expected));
    }

    /// An administrator who has an access key alone is no machine, and neither is whoever runs this.
    #[tokio::test]
    async fn a_key_that_is_used_here_is_no_machine_s() {
        const USED: &str = "<AccessKeyLastUsed><LastUsedDate>2026-01-01T00:00:00Z</LastUsedDate>\
            <ServiceName>s3</ServiceName><Region>us-east-1</Region></AccessKeyLastUsed>";
        let key =
            |id: &str| format!("<member><AccessKeyId>{id}</AccessKeyId><Status>Active</Status></member>");
        let keys = ["AKIASTARTED", "AKIAKEPT", "AKIAELSEWHERE"].map(key).concat();
        let keys = format!("<AccessKeyMetadata>{keys}</AccessKeyMetadata><IsTruncated>false</IsTruncated>");
        let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
            "ListMFADevices" => call.xml(EMPTY),
            "ListAccessKeys" => call.xml(&keys),
            "GetAccessKeyLastUsed" => call.xml(USED),
            _ => call.refused(404, "NoSuchEntity"),
        });
        let folder = tempfile::tempdir().unwrap();
        let [credentials, config] = ["credentials", "config"].map(|name| folder.path().join(name));
        std::fs::write(&credentials, "[alice]\naws_access_key_id = AKIAKEPT\n").unwrap();
        let login = Credentials::new("AKIASTARTED", "secret", None, None, "test");
        let files = AwsFiles { credentials, config };
        let connection = Connection::through(aws.client(), login, files, Access::ReadOnly);
        let session = Session::open(connection).await.unwrap();
        let alice =
            member(session.acting().clone(), Here::of(&session), "alice".to_owned()).await.unwrap().unwrap();
        assert_eq!(alice.active_keys.len(), 3);
        assert_eq!(alice.machine_keys, ["AKIAELSEWHERE"]);
    }

    /// Forty users in a report that is three hours old, the even ones with a console password, and one that is newer.
    /// Since then user2 has enrolled a token, and user4 has lost its password.
    fn reporting() -> canned::Aws {
        const TOKEN: &str = "<MFADevices><member><UserName>user2</UserName><SerialNumber>GAHT12345678</SerialNumber>\
            <EnableDate>2026-01-01T00:00:00Z</EnableDate></member></MFADevices><IsTruncated>false</IsTruncated>";
        let word = |holds: bool| if holds { "true" } else { "false" };
        let user = |number: usize| {
            let (password, mfa) = (word(number.is_multiple_of(2)), word(number == 1));
            (format!("user{number}"), vec![("password_enabled", password), ("mfa_active", mfa)])
        };
        let report = aws_smithy_types::base64::encode(credential_report::table((0..40).map(user)));
        canned::Aws::answering(move |call| match call.operation.as_str() {
            "GenerateCredentialReport" => call.xml("<State>COMPLETE</State>"),
            "GetCredentialReport" => call.xml(&format!(
                "<Content>{report}</Content><GeneratedTime>2026-11-24T06:00:00Z</GeneratedTime>"
            )),
            "ListMFADevices" if call.says("UserName", "user2") => call.xml(TOKEN),
            "ListMFADevices" => call.xml(EMPTY),
            _ if call.says("UserName", "user4") => call.refused(404, "NoSuchEntity"),
            _ => call.xml(LOGIN),
        })
    }

    #[tokio::test(start_paused = true)]
    async fn of_many_users_the_report_tells_who_is_worth_a_look() {
        let aws = reporting();
        let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        let users: Vec<_> = (0..41).map(|number| format!("user{number}")).collect();
        let readings = Readings::by(&identity, "Administrators");
        let without = without_mfa(&readings, &users, &[]).await.unwrap().unwrap();
        assert_eq!((without.people.len(), without.machines.len()), (19, 20));
        assert!(without.people.contains(&"user40".to_owned()), "one that the report does not know");
        assert!(without.machines.contains(&"user4".to_owned()), "without a password by now");
        assert!(!without.people.contains(&"user2".to_owned()), "with a device by now");
        assert_eq!(without.reported, Some(1_795_500_000), "of user1 and the machines the report alone knows");
        let looked_up = aws.heard().iter().filter(|call| call.operation == "ListMFADevices").count();
        assert_eq!(looked_up, 21);
    }

    #[tokio::test(start_paused = true)]
    async fn of_too_many_the_report_alone_tells() {
        let aws = reporting();
        let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        let users: Vec<_> = (0..150).map(|number| format!("user{number}")).collect();
        let readings = Readings::by(&identity, "Administrators");
        let without = without_mfa(&readings, &users, &[]).await.unwrap().unwrap();
        assert_eq!((without.people.len(), without.machines.len()), (130, 19));
        assert!(without.reported.is_some());
        assert!(aws.heard().iter().all(|call| call.operation != "ListMFADevices"));
    }
}
