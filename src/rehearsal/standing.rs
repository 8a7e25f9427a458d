//! Who could get in now: the account's own judgement, by which a test sees that nobody is ever locked out.

use super::ACCOUNT_ID;
use super::authorisation::Rules;
use super::callers::Caller;

/// Who could get into the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Whether root could, by password in the console. In an account of its own it always can.
    pub root_in_console: bool,
    /// Root's access keys that work.
    pub root_keys: Vec<String>,
    /// The users who could, and do what an administrator does.
    pub administrators: Vec<Administrator>,
}

/// A user who could get in as an administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Administrator {
    /// The user.
    pub user: String,
    /// The ways in that are open.
    pub ways: Vec<WayIn>,
}

/// A way into the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WayIn {
    /// The console password, with a code where there is a device.
    Password {
        /// Whether a code is needed.
        mfa: bool,
    },
    /// An access key.
    AccessKey {
        /// Its id.
        id: String,
        /// Whether a code is needed.
        mfa: bool,
    },
    /// A password or an access key that lets the user do no more than enrol a device first.
    AfterEnrolling,
}

impl Standing {
    /// Whether anybody could.
    pub fn somebody_can(&self) -> bool {
        self.root_in_console || !self.root_keys.is_empty() || self.an_administrator_can()
    }

    /// Whether a user could.
    pub fn an_administrator_can(&self) -> bool {
        !self.administrators.is_empty()
    }

    /// Whether this user could, and be an administrator at once.
    pub fn can(&self, user: &str) -> bool {
        let of = self.administrators.iter().filter(|administrator| administrator.user == user);
        of.flat_map(|administrator| &administrator.ways).any(|way| *way != WayIn::AfterEnrolling)
    }
}

/// What an administrator does, to judge by.
const OF_AN_ADMINISTRATOR: [&str; 5] = [
    "iam:AttachUserPolicy",
    "iam:CreateUser",
    "iam:DeactivateMFADevice",
    "s3:ListAllMyBuckets",
    "cloudtrail:StartLogging",
];

/// Judges the account.
pub(crate) fn judge(rules: Rules<'_>) -> Standing {
    let memory = rules.memory;
    let working = memory.root.keys.iter().filter(|key| key.key.active);
    let mut administrators: Vec<_> = rules
        .iam
        .users
        .keys()
        .map(|user| Administrator { user: user.clone(), ways: ways_in(user, rules) })
        .filter(|administrator| !administrator.ways.is_empty())
        .collect();
    administrators.sort_by(|one, other| one.user.cmp(&other.user));
    Standing {
        root_in_console: true,
        root_keys: working.map(|key| key.key.id.clone()).collect(),
        administrators,
    }
}

fn ways_in(user: &str, rules: Rules<'_>) -> Vec<WayIn> {
    let has_device = rules.memory.has_device(user);
    let mut ways = Vec::new();
    if let Some(way) = by_password(user, has_device, rules) {
        ways.push(way);
    }
    let keys = rules.memory.keys.values().filter(|key| key.user == user && key.key.active);
    ways.extend(keys.filter_map(|key| by_access_key(user, &key.key.id, has_device, rules)));
    ways
}

/// A sign-in carries MFA exactly when there is a device. A password that has to be changed has to be changeable.
fn by_password(user: &str, has_device: bool, rules: Rules<'_>) -> Option<WayIn> {
    rules.iam.login_profiles.get(user)?;
    let caller = Caller::user(user, rules.iam, Some(has_device))?;
    let resets = rules.memory.must_reset(user, rules.iam);
    if resets && !rules.let_do(&caller, "iam:ChangePassword", &caller.arn()) {
        return None;
    }
    if is_administrator(&caller, rules) {
        return Some(WayIn::Password { mfa: has_device });
    }
    may_enrol(user, &caller, has_device, rules).then_some(WayIn::AfterEnrolling)
}

/// By the key alone, or by a session that the key and a code open.
fn by_access_key(user: &str, id: &str, has_device: bool, rules: Rules<'_>) -> Option<WayIn> {
    let alone = Caller::user(user, rules.iam, None)?;
    if is_administrator(&alone, rules) {
        return Some(WayIn::AccessKey { id: id.to_owned(), mfa: false });
    }
    let session = Caller::user(user, rules.iam, Some(true))?;
    if has_device && is_administrator(&session, rules) {
        return Some(WayIn::AccessKey { id: id.to_owned(), mfa: true });
    }
    may_enrol(user, &alone, has_device, rules).then_some(WayIn::AfterEnrolling)
}

fn is_administrator(caller: &Caller, rules: Rules<'_>) -> bool {
    let anybody = format!("arn:aws:iam::{ACCOUNT_ID}:user/anybody");
    OF_AN_ADMINISTRATOR.into_iter().all(|action| rules.let_do(caller, action, &anybody))
}

/// Whether a device, once enrolled, would open the way.
fn may_enrol(user: &str, caller: &Caller, has_device: bool, rules: Rules<'_>) -> bool {
    let device = format!("arn:aws:iam::{ACCOUNT_ID}:mfa/{user}");
    let session = Caller::user(user, rules.iam, Some(true));
    !has_device
        && rules.let_do(caller, "iam:CreateVirtualMFADevice", &device)
        && rules.let_do(caller, "iam:EnableMFADevice", &caller.arn())
        && session.is_some_and(|session| is_administrator(&session, rules))
}
