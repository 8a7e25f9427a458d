//! Sets the password policy, unless somebody else has changed it meanwhile.

use crate::aws::{ForCall, Identity, unless};
use crate::error::StepError;
use crate::meanwhile;
use crate::root_user::facts::PasswordPolicy;
use crate::root_user::plan::raised;
use crate::text;
use crate::text::Text;

/// What was merged from the policy that was seen is merged once more, from the one that is in force now: only where
/// nothing else comes of it is nothing of somebody else's lost.
pub(super) async fn set(identity: &Identity, policy: &PasswordPolicy) -> Result<(), StepError> {
    let iam = identity.iam();
    let now = iam.get_account_password_policy().send().await.for_call("iam:GetAccountPasswordPolicy");
    let now = unless("NoSuchEntity", now)?.and_then(|now| now.password_policy).map(PasswordPolicy::from);
    if now.as_ref() == Some(policy) {
        return Ok(());
    }
    let merged = raised(now.as_ref());
    if merged != *policy {
        let whose = text! { en: "the password policy", ko: "암호 정책" };
        return Err(meanwhile::changed(&whose, &differing(policy, &merged)));
    }
    iam.update_account_password_policy()
        .minimum_password_length(policy.minimum_password_length)
        .require_symbols(policy.require_symbols)
        .require_numbers(policy.require_numbers)
        .require_uppercase_characters(policy.require_uppercase_characters)
        .require_lowercase_characters(policy.require_lowercase_characters)
        .allow_users_to_change_password(policy.allow_users_to_change_password)
        .set_max_password_age(policy.max_password_age)
        .set_password_reuse_prevention(policy.password_reuse_prevention)
        .set_hard_expiry(policy.hard_expiry)
        .send()
        .await
        .for_call("iam:UpdateAccountPasswordPolicy")?;
    Ok(())
}

/// The settings in which two policies differ, by the names that the console has for them.
fn differing(one: &PasswordPolicy, other: &PasswordPolicy) -> Text {
    let classes = |policy: &PasswordPolicy| {
        [
            policy.require_symbols,
            policy.require_numbers,
            policy.require_uppercase_characters,
            policy.require_lowercase_characters,
        ]
    };
    let settings = [
        (
            one.minimum_password_length != other.minimum_password_length,
            text! { en: "minimum length", ko: "최소 길이" },
        ),
        (classes(one) != classes(other), text! { en: "required characters", ko: "필수 문자" }),
        (
            (one.max_password_age, one.hard_expiry) != (other.max_password_age, other.hard_expiry),
            text! { en: "expiration", ko: "만료" },
        ),
    ];
    let differ = settings.into_iter().filter(|(differs, _)| *differs).map(|(_, name)| (name.en, name.ko));
    let (en, ko): (Vec<_>, Vec<_>) = differ.unzip();
    Text { en: en.join(", "), ko: ko.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Access, canned};

    /// What comes of the policy that was planned where none was in force, now that this one is, and what AWS is asked.
    async fn set_where_now(now: Option<&str>) -> (Result<(), StepError>, Vec<String>) {
        let now = now.map(|now| {
            format!(
                "<PasswordPolicy><RequireSymbols>true</RequireSymbols><RequireNumbers>true</RequireNumbers>\
                 <RequireUppercaseCharacters>true</RequireUppercaseCharacters>\
                 <RequireLowercaseCharacters>true</RequireLowercaseCharacters>\
                 <AllowUsersToChangePassword>true</AllowUsersToChangePassword>{now}</PasswordPolicy>"
            )
        });
        let aws = canned::Aws::answering(move |call| match (call.operation.as_str(), &now) {
            ("GetAccountPasswordPolicy", None) => call.refused(404, "NoSuchEntity"),
            ("GetAccountPasswordPolicy", Some(now)) => call.xml(now),
            _ => call.xml(""),
        });
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        let result = set(&identity, &raised(None)).await;
        (result, aws.heard().into_iter().skip(1).map(|heard| heard.operation).collect())
    }

    #[tokio::test]
    async fn a_password_policy_that_somebody_has_changed_meanwhile_is_not_overwritten() {
        let (get, update) = ("GetAccountPasswordPolicy", "UpdateAccountPasswordPolicy");
        let weaker = "<MinimumPasswordLength>8</MinimumPasswordLength>";
        for now in [None, Some(weaker)] {
            let (result, asked) = set_where_now(now).await;
            assert!(result.is_ok() && asked == [get, update], "{now:?}: {result:?} {asked:?}");
        }
        let stronger = "<MinimumPasswordLength>20</MinimumPasswordLength>";
        let expiring = "<MinimumPasswordLength>14</MinimumPasswordLength><MaxPasswordAge>90</MaxPasswordAge>";
        for (now, named) in [(stronger, "minimum length"), (expiring, "expiration")] {
            let (result, asked) = set_where_now(Some(now)).await;
            let error = result.unwrap_err();
            assert!(error.text().en.ends_with(&format!("looked at: {named}.")), "{error:?}");
            assert!(error.hint().unwrap().en.contains("run the same command again"), "{error:?}");
            assert_eq!(asked, [get]);
        }
        let there = "<MinimumPasswordLength>14</MinimumPasswordLength>\
            <PasswordReusePrevention>24</PasswordReusePrevention>";
        let (result, asked) = set_where_now(Some(there)).await;
        assert!(result.is_ok() && asked == [get], "it is there already: {result:?} {asked:?}");
    }
}
