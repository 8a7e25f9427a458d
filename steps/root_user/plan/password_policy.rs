//! How the step `password-policy` stands.

use crate::practice::{StepId, StepPlan};
use crate::root_user::facts::{Facts, PasswordPolicy};
use crate::text;
use crate::text::Text;

use super::Change;

/// The shortest password that is accepted. CIS AWS Foundations, "minimum length of 14 or greater".
pub(super) const PASSWORD_LENGTH: i32 = 14;
/// How many earlier passwords may not come back: the most that AWS remembers.
const REMEMBERED_PASSWORDS: i32 = 24;

/// `password-policy`.
pub(super) fn password_policy(facts: &Facts) -> StepPlan<Change> {
    let step = StepId::PasswordPolicy;
    let current = match &facts.password_policy {
        Ok(current) => current,
        Err(unseen) => return StepPlan::not_assessed(step, unseen),
    };
    let wanted = raised(current.as_ref());
    if current.as_ref() == Some(&wanted) {
        let length = wanted.minimum_password_length;
        let found = text! {
            en: "at least {length} characters, of upper and lower case, digits and symbols; the last {REMEMBERED_PASSWORDS} remembered",
            ko: "{length}자 이상, 대문자·소문자·숫자·기호 필수, 최근 {REMEMBERED_PASSWORDS}개 재사용 금지"
        };
        return StepPlan::in_place(step, found);
    }
    let change = Change::SetPasswordPolicy { replaces: current.is_some(), policy: wanted };
    StepPlan::to_change(step, vec![change], Text::default())
}

/// The policy that is in force, raised to the bar where it is lower and left alone where it is higher. The four kinds of
/// characters are part of the bar. Source: Security Hub user guide, control IAM.7.
pub(in crate::root_user) fn raised(current: Option<&PasswordPolicy>) -> PasswordPolicy {
    let length = current.map_or(PASSWORD_LENGTH, |current| current.minimum_password_length);
    PasswordPolicy {
        minimum_password_length: length.max(PASSWORD_LENGTH),
        require_symbols: true,
        require_numbers: true,
        require_uppercase_characters: true,
        require_lowercase_characters: true,
        allow_users_to_change_password: true,
        max_password_age: current.and_then(|current| current.max_password_age),
        password_reuse_prevention: Some(REMEMBERED_PASSWORDS),
        hard_expiry: current.and_then(|current| current.hard_expiry),
    }
}
