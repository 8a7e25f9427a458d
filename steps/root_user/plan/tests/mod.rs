//! The plan as tables of cases, and what holds of every account.

mod always;
mod change;
mod password_policy;
mod people;
mod root_credentials;
mod root_keys;
mod root_keys_go;
mod sign_in;
mod unlisted_regions;
mod who_looks;
mod whole;

use super::*;
use crate::answers::{Root, SignInWay};
use crate::aws::Reading;
use crate::plan_cases::{
    self, ACCOUNT, Cases, accepting, answers, assert_not_assessed, owned, says, states, step_of, unseen,
};
use crate::practice::{State, StepId};
use crate::root_user::RootUser;
use crate::root_user::facts::{
    Group, LastUse, PasswordPolicy, PasswordUse, ReportedKeys, RootKey, RootKeys, SignIn, User, UserKey, Uses,
};
use crate::text::Text;

const FULL_RIGHTS: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
/// When a key was made, unless something else is said.
const MADE: &str = "2026-01-02T03:04:05Z";
/// When the console password was used.
const SIGNED_IN: &str = "2026-11-20T03:04:05Z";
/// What the journal holds of a run that was cut short while it made an access key for alice.
const CUT_SHORT: &str = "iam:access-key/alice";
/// The earliest time at which AWS can have heard of that.
const CUT_SHORT_AT: &str = "2026-01-02T02:59:05Z";

/// A table of cases against the plan of one step, which start from this account.
fn cases(step: StepId, start: fn() -> Facts) -> Cases<RootUser> {
    Cases { step, start, answers, holds_together }
}

fn planned(facts: &Facts, answers: &Answers, step: StepId) -> StepPlan<Change> {
    step_of(plan(facts, answers), step)
}

/// What holds of every step, however it stands.
fn holds_together(planned: &StepPlan<Change>) {
    plan_cases::holds_together(planned);
    let state = planned.state;
    let tells = !matches!(state, State::InPlace | State::Waiting | State::NotApplicable);
    assert!(planned.notes.is_empty() || tells, "{planned:?}");
    assert!(planned.watchable.is_some() || planned.undo.is_empty(), "{planned:?}");
    assert_eq!(planned.awaited.is_some(), state == State::Waiting, "{planned:?}");
}

/// A new account, looked at by root, who has no access keys.
fn fresh() -> Facts {
    Facts {
        account: ACCOUNT.into(),
        partition: "aws".into(),
        as_root: true,
        password_policy: Ok(None),
        group: Ok(None),
        user: Some(Ok(None)),
        sign_in: SignIn::No,
        signed_in_with_mfa: false,
        profile_exists: false,
        root_keys: Ok(RootKeys::Listed(Vec::new())),
        reported_root_keys: None,
        root_password: Ok(true),
        root_certificates: Ok(false),
    }
}

/// The same account with everything in it that the practice puts there.
fn perfect() -> Facts {
    Facts {
        password_policy: Ok(Some(strict_policy())),
        group: Ok(Some(group(&["alice"], &[FULL_RIGHTS]))),
        user: Some(Ok(Some(user("alice")))),
        sign_in: SignIn::Proven,
        ..fresh()
    }
}

/// The administrator is made and has not signed in.
fn not_signed_in() -> Facts {
    Facts { sign_in: SignIn::No, ..perfect() }
}

/// The answers of somebody who has put root's credentials away.
fn stored() -> Answers {
    Answers { root: Root { credentials_stored: true, ..Root::default() }, ..answers() }
}

/// Stricter than the bar wherever a policy can be.
fn strict_policy() -> PasswordPolicy {
    PasswordPolicy {
        minimum_password_length: 32,
        require_symbols: true,
        require_numbers: true,
        require_uppercase_characters: true,
        require_lowercase_characters: true,
        allow_users_to_change_password: true,
        max_password_age: Some(90),
        password_reuse_prevention: Some(24),
        hard_expiry: Some(true),
    }
}

/// AWS's default with nothing asked for, written down as a policy.
fn lax_policy() -> PasswordPolicy {
    PasswordPolicy {
        minimum_password_length: 6,
        require_symbols: false,
        require_numbers: false,
        require_uppercase_characters: false,
        require_lowercase_characters: false,
        allow_users_to_change_password: false,
        max_password_age: None,
        password_reuse_prevention: None,
        hard_expiry: None,
    }
}

/// The lax policy raised to the bar, and no further.
fn raised_lax_policy() -> PasswordPolicy {
    PasswordPolicy {
        minimum_password_length: 14,
        require_symbols: true,
        require_numbers: true,
        require_uppercase_characters: true,
        require_lowercase_characters: true,
        allow_users_to_change_password: true,
        password_reuse_prevention: Some(24),
        ..lax_policy()
    }
}

/// Every partition has managed policies of its own.
fn move_to(facts: &mut Facts, partition: &str) {
    facts.partition = partition.into();
    if let Ok(Some(group)) = &mut facts.group {
        for policy in &mut group.policies {
            *policy = policy.replacen("arn:aws:", &format!("arn:{partition}:"), 1);
        }
    }
}

fn group(members: &[&str], policies: &[&str]) -> Group {
    Group {
        name: "Administrators".into(),
        members: owned(members),
        policies: owned(policies),
        inline_policies: 0,
    }
}

/// A user with a console password that was never used, and without access keys.
fn user(name: &str) -> User {
    User {
        name: name.into(),
        console_password: Ok(true),
        password_last_used: None,
        access_keys: Ok(Vec::new()),
    }
}

fn signed_in() -> PasswordUse {
    PasswordUse { at: SIGNED_IN.into(), days_ago: 10 }
}

/// The administrator's console password was used.
fn has_used_password(facts: &mut Facts) {
    facts.user = Some(Ok(Some(User { password_last_used: Some(signed_in()), ..user("alice") })));
}

/// The administrator has these access keys.
fn has_keys(facts: &mut Facts, keys: Vec<UserKey>) {
    facts.user = Some(Ok(Some(user_with_keys(keys))));
}

/// An access key is asked for.
fn wants_key(answers: &mut Answers) {
    answers.admin.access_key_profile = Some("admin".into());
}

/// To the person the console is enough.
fn wants_console(answers: &mut Answers) {
    answers.admin.sign_in = Some(SignInWay::Console);
}

fn user_with_keys(keys: Vec<UserKey>) -> User {
    User { access_keys: Ok(keys), ..user("alice") }
}

/// Never used, and its secret is not here.
fn stranded_key(id: &str) -> UserKey {
    UserKey { id: id.into(), active: true, made: MADE.into(), last_use: Ok(None), kept_here: false }
}

fn used_key(id: &str) -> UserKey {
    UserKey { last_use: Ok(Some(last_use(3))), ..stranded_key(id) }
}

fn kept_key(id: &str) -> UserKey {
    UserKey { kept_here: true, ..stranded_key(id) }
}

fn unread_key(id: &str) -> UserKey {
    UserKey { last_use: Err(unseen()), ..stranded_key(id) }
}

fn last_use(days_ago: u32) -> LastUse {
    let at = format!("2026-11-{:02}T03:04:05Z", 30 - days_ago.min(29));
    LastUse { at, days_ago, service: "s3".into(), region: "us-east-1".into() }
}

/// An active key of root that was never used.
fn root_key(id: &str) -> RootKey {
    RootKey {
        id: id.into(),
        active: true,
        signs_this_run: false,
        made: MADE.into(),
        last_use: Ok(None),
        uses: Uses::NotAsked,
        used_by_others: None,
    }
}

fn inactive_root_key(id: &str) -> RootKey {
    RootKey { active: false, ..root_key(id) }
}

/// The key that signs this run, and so was used today.
fn own_root_key(id: &str) -> RootKey {
    RootKey { signs_this_run: true, ..root_key_used(id, 0) }
}

fn root_key_used(id: &str, days_ago: u32) -> RootKey {
    RootKey { last_use: Ok(Some(last_use(days_ago))), ..root_key(id) }
}

/// AWS does not say when it was used.
fn unread_root_key(id: &str) -> RootKey {
    RootKey { last_use: Err(unseen()), ..root_key(id) }
}

fn listed(keys: Vec<RootKey>) -> Reading<RootKeys> {
    Ok(RootKeys::Listed(keys))
}

fn set_policy(replaces: bool, policy: PasswordPolicy) -> Change {
    Change::SetPasswordPolicy { replaces, policy }
}

fn create_group(group: &str) -> Change {
    Change::CreateGroup { group: group.into() }
}

fn give_full_rights(group: &str) -> Change {
    Change::AttachAdministratorAccess { group: group.into(), policy: FULL_RIGHTS.into() }
}

fn create_user(user: &str) -> Change {
    Change::CreateUser { user: user.into() }
}

fn add_to_group(user: &str, group: &str) -> Change {
    Change::AddToGroup { user: user.into(), group: group.into() }
}

fn create_password(user: &str, minimum_length: i32) -> Change {
    Change::CreateConsolePassword { user: user.into(), minimum_length }
}

fn delete_stranded(access_key: &str) -> Change {
    Change::DeleteStrandedKey { user: "alice".into(), access_key: access_key.into() }
}

fn create_key(user: &str, profile: &str) -> Change {
    Change::CreateAccessKey { user: user.into(), profile: profile.into() }
}

fn start_session() -> Change {
    Change::StartSession { user: "alice".into() }
}

fn deactivate(access_key: &str) -> Change {
    Change::DeactivateRootKey { access_key: access_key.into() }
}

fn reactivate(access_key: &str) -> Change {
    Change::ReactivateRootKey { access_key: access_key.into() }
}

fn delete(access_key: &str) -> Change {
    Change::DeleteRootKey { access_key: access_key.into(), signs_this_run: false }
}

fn delete_own(access_key: &str) -> Change {
    Change::DeleteRootKey { access_key: access_key.into(), signs_this_run: true }
}

/// What an account looks like after a change.
fn make(facts: &mut Facts, change: &Change) {
    match change {
        Change::SetPasswordPolicy { policy, .. } => facts.password_policy = Ok(Some(policy.clone())),
        Change::CreateGroup { group: name } => {
            facts.group = Ok(Some(Group { name: name.clone(), ..group(&[], &[]) }));
        }
        Change::AttachAdministratorAccess { policy, .. } => {
            facts.group.as_mut().unwrap().as_mut().unwrap().policies.push(policy.clone());
        }
        Change::CreateUser { user: name } => {
            facts.user = Some(Ok(Some(User { console_password: Ok(false), ..user(name) })));
        }
        Change::AddToGroup { user, .. } => {
            facts.group.as_mut().unwrap().as_mut().unwrap().members.push(user.clone());
        }
        Change::CreateConsolePassword { .. } => the_user(facts).unwrap().console_password = Ok(true),
        Change::DeleteStrandedKey { access_key, .. } => {
            let keys = the_user(facts).unwrap().access_keys.as_mut().unwrap();
            keys.retain(|key| key.id != *access_key);
        }
        Change::CreateAccessKey { .. } => {
            (facts.sign_in, facts.profile_exists) = (SignIn::Proven, true);
        }
        Change::StartSession { .. } => {
            (facts.sign_in, facts.signed_in_with_mfa) = (SignIn::Proven, true);
        }
        Change::DeactivateRootKey { access_key } => root_key_of(facts, access_key).active = false,
        Change::ReactivateRootKey { access_key } => root_key_of(facts, access_key).active = true,
        Change::DeleteRootKey { access_key, .. } => root_keys(facts).retain(|key| key.id != *access_key),
    }
}

fn the_user(facts: &mut Facts) -> Option<&mut User> {
    facts.user.as_mut()?.as_mut().ok()?.as_mut()
}

fn root_key_of<'f>(facts: &'f mut Facts, access_key: &str) -> &'f mut RootKey {
    root_keys(facts).iter_mut().find(|key| key.id == access_key).unwrap()
}

fn root_keys(facts: &mut Facts) -> &mut Vec<RootKey> {
    match &mut facts.root_keys {
        Ok(RootKeys::Listed(keys)) => keys,
        other => panic!("no keys of root were listed: {other:?}"),
    }
}
