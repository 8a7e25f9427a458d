//! The password policy, which forgets what an update leaves out, and console passwords, which have to meet it.

use serde::{Deserialize, Serialize};
use winterbaume_core::MockResponse;

use super::kept::Memory;
use super::wire::Call;

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

impl Memory {
    /// Whether a password meets the policy in force, or AWS's default where there is none: eight characters of three
    /// kinds.
    pub fn accepts_password(&self, password: &str) -> bool {
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
