//! Made-up users in numbers, for who measures how a run grows with them: people in teams, who sign in to the console
//! with a device, and every tenth a machine, which has an access key instead.

use std::collections::HashMap;

use winterbaume_iam::IamStateView;
use winterbaume_iam::views::{AttachedPolicyView, GroupView, LoginProfileView, UserView};

use super::ACCOUNT_ID;
use super::devices::Device;
use super::kept::{Key, Known, Memory, UserKey};
use super::passwords::Password;
use super::tokens;
use super::wire::iso;

const TEAM: usize = 100;
const DAY: u64 = 86_400;
/// So many days ago they were all made.
const MADE_DAYS_AGO: u64 = 200;

/// So many of them, as IAM has them.
pub(crate) fn users(count: usize, now: u64) -> IamStateView {
    let made = made(now);
    let user = |number| (name(number), user(number, &iso(made)));
    let profile = |number| (name(number), profile(number, &iso(made)));
    IamStateView {
        users: (1..=count).map(user).collect(),
        login_profiles: (1..=count).filter(|number| !is_machine(*number)).map(profile).collect(),
        groups: teams(count, &iso(made)),
        ..IamStateView::default()
    }
}

/// Gives them what they sign in with.
pub(crate) fn equip(memory: &mut Memory, count: usize, now: u64) {
    for number in 1..=count {
        if is_machine(number) {
            let key = access_key(number, now);
            memory.keys.insert(key.key.id.clone(), key);
        } else {
            let device = device(number, now);
            memory.devices.insert(device.serial.clone(), device);
            memory.passwords.insert(name(number), Password::in_use(made(now), yesterday(now)));
        }
    }
    // The one that was made before does not know them.
    memory.credential_report = None;
}

fn name(number: usize) -> String {
    let kind = if is_machine(number) { "machine" } else { "person" };
    format!("{kind}-{number:04}")
}

fn is_machine(number: usize) -> bool {
    number.is_multiple_of(10)
}

fn made(now: u64) -> u64 {
    now.saturating_sub(MADE_DAYS_AGO * DAY)
}

fn yesterday(now: u64) -> u64 {
    now.saturating_sub(DAY)
}

fn user(number: usize, made: &str) -> UserView {
    let name = name(number);
    UserView {
        user_id: format!("AIDAMADEUP{number:010}"),
        account_id: ACCOUNT_ID.to_owned(),
        path: "/".to_owned(),
        arn: format!("arn:aws:iam::{ACCOUNT_ID}:user/{name}"),
        create_date: Some(made.to_owned()),
        tags: HashMap::new(),
        attached_policies: Vec::new(),
        inline_policies: Vec::new(),
        permissions_boundary: None,
        name,
    }
}

fn profile(number: usize, made: &str) -> LoginProfileView {
    LoginProfileView {
        user_name: name(number),
        create_date: Some(made.to_owned()),
        password_reset_required: false,
    }
}

fn teams(count: usize, made: &str) -> HashMap<String, GroupView> {
    let names: Vec<_> = (1..=count).map(name).collect();
    let numbered = (1..).zip(names.chunks(TEAM));
    numbered
        .map(|(number, members)| team(number, members, made))
        .map(|team| (team.name.clone(), team))
        .collect()
}

fn team(number: usize, members: &[String], made: &str) -> GroupView {
    let name = format!("Team-{number:02}");
    let audit = AttachedPolicyView {
        policy_name: "SecurityAudit".to_owned(),
        policy_arn: "arn:aws:iam::aws:policy/SecurityAudit".to_owned(),
    };
    GroupView {
        group_id: format!("AGPAMADEUP{number:010}"),
        account_id: ACCOUNT_ID.to_owned(),
        path: "/".to_owned(),
        arn: format!("arn:aws:iam::{ACCOUNT_ID}:group/{name}"),
        create_date: Some(made.to_owned()),
        members: members.to_vec(),
        attached_policies: vec![audit],
        inline_policies: Vec::new(),
        name,
    }
}

fn device(number: usize, now: u64) -> Device {
    let name = name(number);
    Device {
        serial: format!("arn:aws:iam::{ACCOUNT_ID}:mfa/{name}"),
        seed: tokens::seed(),
        owner: Some((name, made(now))),
        burnt: 0,
        ahead: 0,
    }
}

/// Most are a month old. Of ten machines one has a key that should have been replaced.
fn access_key(number: usize, now: u64) -> UserKey {
    let days_old = if number % 100 == 10 { 120 } else { 30 };
    let key = Key::long_term(now.saturating_sub(days_old * DAY));
    let last_use = Some((yesterday(now), "s3".to_owned(), "us-east-1".to_owned()));
    UserKey {
        user: name(number),
        key: Key { id: format!("AKIAMADEUP{number:010}"), ..key },
        known: Known { last_use, ..Known::default() },
    }
}
