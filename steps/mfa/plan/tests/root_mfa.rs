//! `root-mfa`: root's device, which only a person can add.

use super::*;

#[test]
fn root_mfa_is_read_and_never_made() {
    cases(StepId::RootMfa, fresh)
        .stands("without", State::NeedsPerson, |_, _| {})
        .stands("with", State::InPlace, |facts, _| facts.root_mfa = Ok(true))
        .stands("with, of a kind that cannot be told", State::InPlace, |facts, _| {
            (facts.root_mfa, facts.virtual_devices) = (Ok(true), Err(unseen()));
        })
        .stands("unreadable", State::NotAssessed, |facts, _| facts.root_mfa = Err(unseen()))
        .stands("unreadable, though a device is listed", State::NotAssessed, |facts, _| {
            (facts.root_mfa, facts.virtual_devices) = (Err(unseen()), Ok(vec![of_root("root")]));
        });
}

#[test]
fn the_kind_of_the_device_of_root_follows_from_the_list() {
    let found = |virtual_devices| {
        let facts = Facts { root_mfa: Ok(true), virtual_devices, ..fresh() };
        planned(&facts, &answers(), StepId::RootMfa).found.unwrap().en
    };
    assert!(found(Ok(vec![assigned("a", "root"), of_root("b")])).starts_with("root has a virtual device; "));
    let other = "root has a passkey, a security key or a hardware token";
    assert_eq!(found(Ok(vec![assigned("a", "root"), leftover("root-account-mfa-device")])), other);
    assert_eq!(found(Err(unseen())), "root has MFA; of which kind cannot be told");
}

#[test]
fn a_person_adds_mfa_to_root_in_the_console() {
    let task = planned(&fresh(), &answers(), StepId::RootMfa).person.unwrap();
    assert_eq!(task.seen, Seen::InAccount);
    says(&task.how[0], &["https://console.aws.amazon.com/iam/home#/security_credentials"]);
    says(&task.how[3], &["35"]);
    for partition in ["aws-cn", "aws-us-gov"] {
        let facts = Facts { partition: partition.into(), ..fresh() };
        assert_eq!(planned(&facts, &answers(), StepId::RootMfa).state, State::NotApplicable);
    }
}

#[test]
fn root_without_a_password_needs_no_device() {
    let managed = RootSignIn { managed_centrally: true, devices: None };
    let facts = Facts { root: managed, ..fresh() };
    assert_eq!(planned(&facts, &answers(), StepId::RootMfa).state, State::NotApplicable);
    let devices = Some(owned(&["arn:aws:iam::111122223333:mfa/root-phone", TOKEN]));
    let listed =
        Facts { root_mfa: Ok(true), root: RootSignIn { managed_centrally: false, devices }, ..fresh() };
    says(&planned(&listed, &answers(), StepId::RootMfa).found.unwrap(), &["root-phone", TOKEN]);
}
