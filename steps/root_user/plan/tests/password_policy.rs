//! `password-policy`.

use super::*;

#[test]
fn the_password_policy_is_raised_and_never_lowered() {
    let bar = PasswordPolicy {
        minimum_password_length: 14,
        max_password_age: None,
        hard_expiry: None,
        ..strict_policy()
    };
    let shorter = PasswordPolicy { minimum_password_length: 14, ..strict_policy() };
    cases(StepId::PasswordPolicy, fresh)
        .changes("the default of AWS is in force", vec![set_policy(false, bar)], |_, _| {})
        .changes("nothing is asked for", vec![set_policy(true, raised_lax_policy())], |facts, _| {
            facts.password_policy = Ok(Some(lax_policy()));
        })
        .changes("only the length falls short", vec![set_policy(true, shorter)], |facts, _| {
            let policy = PasswordPolicy { minimum_password_length: 13, ..strict_policy() };
            facts.password_policy = Ok(Some(policy));
        })
        .changes("too few are remembered", vec![set_policy(true, strict_policy())], |facts, _| {
            let policy = PasswordPolicy { password_reuse_prevention: Some(5), ..strict_policy() };
            facts.password_policy = Ok(Some(policy));
        })
        .changes("none are remembered", vec![set_policy(true, strict_policy())], |facts, _| {
            let policy = PasswordPolicy { password_reuse_prevention: None, ..strict_policy() };
            facts.password_policy = Ok(Some(policy));
        })
        .changes("nobody may change a password", vec![set_policy(true, strict_policy())], |facts, _| {
            let policy = PasswordPolicy { allow_users_to_change_password: false, ..strict_policy() };
            facts.password_policy = Ok(Some(policy));
        })
        .stands("a stricter one stays", State::InPlace, |facts, _| {
            facts.password_policy = Ok(Some(strict_policy()));
        })
        .stands("the bar", State::InPlace, |facts, _| {
            facts.password_policy = Ok(Some(raised_lax_policy()));
        })
        .stands("unreadable", State::NotAssessed, |facts, _| facts.password_policy = Err(unseen()));
}

/// FSBP IAM.7 fails for each kind of characters that is not asked for.
#[test]
fn every_kind_of_characters_is_asked_for() {
    let lacking: [fn(&mut PasswordPolicy); 4] = [
        |policy| policy.require_symbols = false,
        |policy| policy.require_numbers = false,
        |policy| policy.require_uppercase_characters = false,
        |policy| policy.require_lowercase_characters = false,
    ];
    for lacks in lacking {
        let mut policy = strict_policy();
        lacks(&mut policy);
        let facts = Facts { password_policy: Ok(Some(policy.clone())), ..fresh() };
        let planned = planned(&facts, &answers(), StepId::PasswordPolicy);
        assert_eq!(planned.changes, [set_policy(true, strict_policy())], "{policy:?}");
    }
    let facts = Facts { password_policy: Ok(Some(raised_lax_policy())), ..fresh() };
    let found = planned(&facts, &answers(), StepId::PasswordPolicy).found.unwrap();
    says(&found, &["14", "24"]);
    assert!(found.en.contains("upper and lower case, digits and symbols"), "{found:?}");
}

/// AWS gives 0 where a limit is off, and refuses 0 when it is written back.
#[test]
fn limits_that_are_off_are_not_written_back_as_zero() {
    let found = aws_sdk_iam::types::PasswordPolicy::builder()
        .minimum_password_length(20)
        .require_symbols(true)
        .max_password_age(0)
        .password_reuse_prevention(0)
        .build();
    let facts = Facts { password_policy: Ok(Some(found.into())), ..fresh() };
    let wanted = PasswordPolicy { minimum_password_length: 20, ..raised_lax_policy() };
    let planned = planned(&facts, &answers(), StepId::PasswordPolicy);
    assert_eq!(planned.changes, [set_policy(true, wanted)]);
}

#[test]
fn a_policy_without_a_length_has_the_length_of_the_default() {
    let found = aws_sdk_iam::types::PasswordPolicy::builder().build();
    assert_eq!(PasswordPolicy::from(found), lax_policy());
}
