//! The plan as tables of cases, a file for each step, and what holds of every account.

mod admin_mfa;
mod always;
mod change;
mod people;
mod require_mfa;
mod root_mfa;
mod stopped;
mod users_mfa;
mod whole;

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::answers::{DeviceKind, Mfa};
use crate::aws::Reading;
use crate::mfa::facts::{
    Holders, Member, PeopleGroup, PersonFacts, RequirePolicy, RootSignIn, RunMfa, VirtualDevice,
};
use crate::plan_cases::{
    self, ACCOUNT, Cases, accepting, assert_not_assessed, owned, person, says, states, step_of, unseen,
};
use crate::practice::{Seen, State, StepId};
use crate::text::Text;

const POLICY: &str = "arn:aws:iam::111122223333:policy/dayone-require-mfa";
const ENROLMENT: &str = "arn:aws:iam::111122223333:policy/dayone-enrol-mfa";
const VIRTUAL: &str = "arn:aws:iam::111122223333:mfa/alice";
const PASSKEY: &str = "arn:aws:iam::111122223333:u2f/user/alice/key-EXAMPLE";
const TOKEN: &str = "GAHT12345678";
const SMS: &str = "arn:aws:iam::111122223333:sms-mfa/alice";

/// A table of cases against the plan of one step, which start from this account.
fn cases(step: StepId, start: fn() -> Facts) -> Cases<crate::mfa::Mfa> {
    Cases { step, start, answers, holds_together }
}

fn planned(facts: &Facts, answers: &Answers, step: StepId) -> StepPlan<Change> {
    step_of(plan(facts, answers), step)
}

/// What holds of every step, however it stands.
fn holds_together(planned: &StepPlan<Change>) {
    plan_cases::holds_together(planned);
    let state = planned.state;
    assert_ne!(state, State::Waiting, "{planned:?}");
    let names_machines = state == State::NeedsPerson && planned.step == StepId::UsersMfa;
    let tells_more = matches!(state, State::ToChange | State::Accepted | State::NotAssessed);
    assert!(planned.notes.is_empty() || tells_more || names_machines, "{planned:?}");
}

/// The administrator is made and has signed in by access key. Nobody has MFA.
fn fresh() -> Facts {
    Facts {
        account: ACCOUNT.into(),
        partition: "aws".into(),
        admin: admin_with(&[]),
        virtual_devices: Ok(Vec::new()),
        root_mfa: Ok(false),
        policy: Ok(None),
        group: Ok(Some(("Administrators".into(), vec![member("alice", false, &[])]))),
        attached: Ok(false),
        run: RunMfa::AdministratorByKey,
        signed_in: true,
        users_without_mfa: Ok(owned(&["alice"])),
        machines_without_mfa: Vec::new(),
        reported: None,
        user_names: BTreeSet::from(["alice".to_owned()]),
        device_hours: None,
        tried: None,
        noted_device: None,
        root: RootSignIn::default(),
        people_groups: Ok(BTreeMap::new()),
        people: Ok(BTreeMap::from([("alice".to_owned(), known("alice", true))])),
        enrolment_policy: Ok(false),
    }
}

/// One of the answers' people who is a user.
fn known(name: &str, console_password: bool) -> PersonFacts {
    PersonFacts { name: name.into(), console_password: Ok(console_password) }
}

/// The administrator has enrolled a device.
fn enrolled() -> Facts {
    Facts {
        admin: admin_with(&[VIRTUAL]),
        virtual_devices: Ok(vec![assigned("alice", "alice")]),
        group: Ok(Some(("Administrators".into(), vec![member("alice", true, &[])]))),
        users_without_mfa: Ok(Vec::new()),
        ..fresh()
    }
}

/// The account with everything in it that the practice puts there.
fn perfect() -> Facts {
    Facts {
        root_mfa: Ok(true),
        policy: policy_that_is(true, None),
        attached: Ok(true),
        run: RunMfa::Safe,
        ..enrolled()
    }
}

/// What the wizard starts with, and that the device is an authenticator app.
fn answers() -> Answers {
    let mfa = Mfa { device: Some(DeviceKind::Virtual), ..Mfa::default() };
    Answers { mfa, ..plan_cases::answers() }
}

fn admin_with(serials: &[&str]) -> Reading<Option<(String, Vec<String>)>> {
    Ok(Some(("alice".into(), owned(serials))))
}

fn member(name: &str, mfa: bool, active_keys: &[&str]) -> Member {
    Member { name: name.into(), mfa, active_keys: owned(active_keys), machine_keys: Vec::new() }
}

/// A virtual device that was made and never enabled.
fn leftover(device: &str) -> VirtualDevice {
    VirtualDevice { serial: format!("arn:aws:iam::{ACCOUNT}:mfa/{device}"), owner: None }
}

fn assigned(device: &str, user: &str) -> VirtualDevice {
    VirtualDevice { owner: Some(format!("arn:aws:iam::{ACCOUNT}:user/{user}")), ..leftover(device) }
}

fn of_root(device: &str) -> VirtualDevice {
    VirtualDevice { owner: Some(format!("arn:aws:iam::{ACCOUNT}:root")), ..leftover(device) }
}

fn policy_that_is(same: bool, oldest_spare: Option<&str>) -> Reading<Option<RequirePolicy>> {
    let oldest_spare = oldest_spare.map(str::to_owned);
    Ok(Some(RequirePolicy { same, oldest_spare, holders: Ok(Holders::default()) }))
}

fn command() -> Option<Vec<String>> {
    Some(owned(&["program"]))
}

fn delete_leftover(device: &str) -> Change {
    Change::DeleteLeftover { serial: leftover(device).serial }
}

fn enrol(user: &str, device: &str) -> Change {
    Change::EnrolVirtualDevice { user: user.into(), device: device.into(), account: ACCOUNT.into() }
}

fn enrol_token() -> Change {
    Change::EnrolHardwareToken { user: "alice".into(), serial: TOKEN.into() }
}

fn start_session(user: &str) -> Change {
    Change::StartSession { user: user.into() }
}

fn create_policy() -> Change {
    Change::CreatePolicy { policy: POLICY.into() }
}

fn update_policy(drop_version: Option<&str>) -> Change {
    Change::UpdatePolicy { policy: POLICY.into(), drop_version: drop_version.map(str::to_owned) }
}

fn resync() -> Change {
    Change::ResyncDevice { user: "alice".into(), serial: VIRTUAL.into() }
}

fn create_enrolment_policy() -> Change {
    Change::CreatePolicy { policy: ENROLMENT.into() }
}

fn attach_policy(group: &str) -> Change {
    Change::AttachPolicy { policy: POLICY.into(), group: group.into() }
}

/// A group that has no policy.
fn people_group_of(members: &[Member]) -> PeopleGroup {
    PeopleGroup {
        attached: false,
        enrols: false,
        members: members.iter().map(|member| member.name.to_ascii_lowercase()).collect(),
        looked_up: members.to_vec(),
    }
}
