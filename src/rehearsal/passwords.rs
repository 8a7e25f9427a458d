//! The password policy, which forgets what an update leaves out, and console passwords, which have to meet it.

use serde::{Deserialize, Serialize};
use winterbaume_core::{MockResponse, xml_escape};
use winterbaume_iam::IamStateView;

use super::callers::Caller;
use super::kept::Memory;
use super::wire::{Call, iso_again};
use super::{Services, iam, signature, tokens};

/// The account's password policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PasswordPolicy {
    pub minimum_length: u32,
    pub symbols: bool,
    pub numbers: bool,
    pub upper: bool,
    pub lower: bool,
    pub users_may_change: bool,
    pub maximum_age: Option<u32>,
    pub remembered: Option<u32>,
    pub hard_expiry: bool,
}

/// A console password. Only a digest of it is kept.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Password {
    salt: String,
    digest: String,
    /// Digests of the ones before it, the latest first.
    earlier: Vec<String>,
    pub changed: u64,
    /// Whether it has to be changed at the next sign-in.
    pub reset: bool,
    /// When it was last used.
    pub used: Option<u64>,
}

/// So many earlier passwords can be remembered at most.
const REMEMBERED: usize = 24;
/// What IAM counts as a symbol.
const SYMBOLS: &str = "!@#$%^&*()_+-=[]{}|'";

/// Answers a call about the policy.
pub(crate) fn answer(call: &Call, memory: &mut Memory) -> MockResponse {
    match call.operation.as_str() {
        "GetAccountPasswordPolicy" => get(call, memory),
        "UpdateAccountPasswordPolicy" => update(call, memory),
        "DeleteAccountPasswordPolicy" => {
            memory.password_policy = None;
            call.xml("")
        }
        _ => call.unknown(),
    }
}

fn get(call: &Call, memory: &Memory) -> MockResponse {
    let Some(policy) = &memory.password_policy else {
        return call.refuse(
            404,
            "NoSuchEntity",
            "The Password Policy with domain name 111122223333 cannot be found.",
        );
    };
    let number = |name: &str, value: Option<u32>| value.map(|value| format!("<{name}>{value}</{name}>"));
    let PasswordPolicy {
        minimum_length, symbols, numbers, upper, lower, users_may_change, hard_expiry, ..
    } = policy;
    let expires = policy.maximum_age.is_some();
    let age = number("MaxPasswordAge", policy.maximum_age).unwrap_or_default();
    let remembered = number("PasswordReusePrevention", policy.remembered).unwrap_or_default();
    call.xml(&format!(
        "<PasswordPolicy><MinimumPasswordLength>{minimum_length}</MinimumPasswordLength>\
         <RequireSymbols>{symbols}</RequireSymbols><RequireNumbers>{numbers}</RequireNumbers>\
         <RequireUppercaseCharacters>{upper}</RequireUppercaseCharacters>\
         <RequireLowercaseCharacters>{lower}</RequireLowercaseCharacters>\
         <AllowUsersToChangePassword>{users_may_change}</AllowUsersToChangePassword>\
         <ExpirePasswords>{expires}</ExpirePasswords>{age}{remembered}\
         <HardExpiry>{hard_expiry}</HardExpiry></PasswordPolicy>"
    ))
}

/// What is left out goes back to AWS's default, which is the weakest there is.
fn update(call: &Call, memory: &mut Memory) -> MockResponse {
    let number = |name: &str| call.parameter(name).map(str::parse::<u32>);
    let within = |value: Option<Result<u32, _>>, least, most| match value {
        None => Ok(None),
        Some(Ok(value)) if (least..=most).contains(&value) => Ok(Some(value)),
        Some(_) => Err(()),
    };
    let limits = (
        within(number("MinimumPasswordLength"), 6, 128),
        within(number("MaxPasswordAge"), 1, 1095),
        within(number("PasswordReusePrevention"), 1, 24),
    );
    let (Ok(length), Ok(maximum_age), Ok(remembered)) = limits else {
        return call.refuse(400, "ValidationError", "A value of the password policy is out of its range");
    };
    let flag = |name: &str| call.parameter(name) == Some("true");
    memory.password_policy = Some(PasswordPolicy {
        minimum_length: length.unwrap_or(6),
        symbols: flag("RequireSymbols"),
        numbers: flag("RequireNumbers"),
        upper: flag("RequireUppercaseCharacters"),
        lower: flag("RequireLowercaseCharacters"),
        users_may_change: flag("AllowUsersToChangePassword"),
        maximum_age,
        remembered,
        hard_expiry: flag("HardExpiry"),
    });
    call.xml("")
}

/// Answers a call about the console password of a user.
pub(crate) async fn answer_profile(
    call: &Call,
    user: Option<&str>,
    view: &IamStateView,
    services: &Services,
    memory: &mut Memory,
    now: u64,
) -> MockResponse {
    let Some(user) = user else {
        let message = "Must specify userName when calling with non-User credentials";
        return call.refuse(400, "ValidationError", message);
    };
    let creates = call.operation == "CreateLoginProfile";
    if !creates && !view.login_profiles.contains_key(user) {
        let message = format!("Login Profile for User {user} cannot be found.");
        return call.refuse(404, "NoSuchEntity", &message);
    }
    if call.operation == "GetLoginProfile" {
        return get_profile(call, user, view, memory);
    }
    let password = call.parameter("Password");
    if password.is_none() && creates {
        return call.refuse(400, "ValidationError", "Password is required");
    }
    if password.is_some_and(|password| !memory.accepts(user, password)) {
        return violation(call);
    }
    let reset = memory.must_reset(user, view);
    let answer = iam::forward(call, Some(user), view, services).await;
    if answer.status < 300 {
        if call.operation == "DeleteLoginProfile" {
            memory.passwords.remove(user);
        } else {
            let entry = memory.passwords.entry(user.to_owned()).or_default();
            entry.reset = call.parameter("PasswordResetRequired").map_or(reset, |word| word == "true");
            entry.set(password, now);
        }
    }
    answer
}

fn get_profile(call: &Call, user: &str, view: &IamStateView, memory: &Memory) -> MockResponse {
    let made = view.login_profiles.get(user).and_then(|profile| iso_again(profile.create_date.as_deref()));
    let (name, made, reset) = (xml_escape(user), made.unwrap_or_default(), memory.must_reset(user, view));
    call.xml(&format!(
        "<LoginProfile><UserName>{name}</UserName><CreateDate>{made}</CreateDate>\
         <PasswordResetRequired>{reset}</PasswordResetRequired></LoginProfile>"
    ))
}

/// `ChangePassword`: a user changes the own password, and has to know the old one.
pub(crate) fn change(
    call: &Call,
    caller: &Caller,
    view: &IamStateView,
    memory: &mut Memory,
    now: u64,
) -> MockResponse {
    let Caller::User { name, .. } = caller else {
        return call.refuse(400, "InvalidUserType", "Only IAM Users can change their own password");
    };
    if !view.login_profiles.contains_key(name) {
        let message = format!("Login Profile for User {name} cannot be found.");
        return call.refuse(404, "NoSuchEntity", &message);
    }
    let (Some(old), Some(new)) = (call.parameter("OldPassword"), call.parameter("NewPassword")) else {
        return call.refuse(400, "ValidationError", "OldPassword and NewPassword are required");
    };
    if !memory.passwords.get(name).is_some_and(|password| password.is(old)) {
        return call.refuse(403, "AccessDenied", "The old password was incorrect.");
    }
    if !memory.accepts(name, new) {
        return violation(call);
    }
    let entry = memory.passwords.entry(name.clone()).or_default();
    entry.set(Some(new), now);
    entry.reset = false;
    call.xml("")
}

fn violation(call: &Call) -> MockResponse {
    call.refuse(400, "PasswordPolicyViolation", "Password does not conform to the account password policy.")
}

impl Password {
    /// One that nobody knows, by when it was changed and used.
    pub fn in_use(changed: u64, used: u64) -> Self {
        Self { changed, used: Some(used), ..Self::default() }
    }

    fn set(&mut self, password: Option<&str>, now: u64) {
        let Some(password) = password else { return };
        if self.salt.is_empty() {
            self.salt = tokens::random(26);
        } else {
            self.earlier.insert(0, std::mem::take(&mut self.digest));
            self.earlier.truncate(REMEMBERED);
        }
        self.digest = self.digest_of(password);
        self.changed = now;
    }

    fn is(&self, password: &str) -> bool {
        !self.digest.is_empty() && self.digest == self.digest_of(password)
    }

    fn digest_of(&self, password: &str) -> String {
        signature::keyed_digest(&self.salt, password)
    }

    /// Whether it is one of the last so many.
    fn was_among(&self, last: usize, password: &str) -> bool {
        let digest = self.digest_of(password);
        std::iter::once(&self.digest).chain(&self.earlier).take(last).any(|one| *one == digest)
    }
}

impl Memory {
    /// Whether a user has to change the password at the next sign-in.
    pub fn must_reset(&self, user: &str, view: &IamStateView) -> bool {
        let said = view.login_profiles.get(user).is_some_and(|profile| profile.password_reset_required);
        self.passwords.get(user).map_or(said, |password| password.reset)
    }

    /// Whether a user may have a password: it meets the policy, and is none of those that the policy remembers.
    fn accepts(&self, user: &str, password: &str) -> bool {
        let remembered = self.password_policy.as_ref().and_then(|policy| policy.remembered).unwrap_or(0);
        let last = usize::try_from(remembered).unwrap_or(REMEMBERED);
        let again = self.passwords.get(user).is_some_and(|earlier| earlier.was_among(last, password));
        self.accepts_password(password) && !again
    }

    /// Whether a password meets the policy in force, or AWS's default where there is none: eight characters of three
    /// kinds.
    fn accepts_password(&self, password: &str) -> bool {
        let kinds = [
            password.chars().any(|c| c.is_ascii_uppercase()),
            password.chars().any(|c| c.is_ascii_lowercase()),
            password.chars().any(|c| c.is_ascii_digit()),
            password.chars().any(|c| SYMBOLS.contains(c)),
        ];
        let length = u32::try_from(password.chars().count()).unwrap_or(u32::MAX);
        if length > 128 {
            return false;
        }
        match &self.password_policy {
            None => length >= 8 && kinds.iter().filter(|kind| **kind).count() >= 3,
            Some(policy) => {
                let needed = [policy.upper, policy.lower, policy.numbers, policy.symbols];
                length >= policy.minimum_length
                    && needed.iter().zip(kinds).all(|(needed, has)| has || !needed)
            }
        }
    }
}
