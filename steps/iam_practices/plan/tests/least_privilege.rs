//! `least-privilege`: whose rights reach too far, and by which policy.

use super::*;

#[test]
fn rights_that_reach_too_far_are_named() {
    use Wildcard::*;
    cases(StepId::LeastPrivilege, perfect)
        .stands("only the administrators", State::InPlace, |_, _| {})
        .stands("no group yet", State::InPlace, |facts, _| facts.rights = Ok(Rights::default()))
        .stands("a user with AdministratorAccess", State::NeedsPerson, |facts, _| {
            add_user(facts, holding("bob", &[ADMINISTRATOR_ACCESS]));
        })
        .stands("a user with IAMFullAccess", State::NeedsPerson, |facts, _| {
            add_user(facts, holding("bob", &["arn:aws:iam::aws:policy/IAMFullAccess"]));
        })
        .stands("a user with ReadOnlyAccess", State::InPlace, |facts, _| {
            add_user(facts, holding("bob", &[READ_ONLY]));
        })
        .stands("a user with an inline policy", State::NeedsPerson, |facts, _| {
            add_user(facts, User { inline: vec![inline("x", &[AssumeRole])], ..in_groups("bob", &[]) });
        })
        .stands("a user with a narrow inline policy", State::InPlace, |facts, _| {
            add_user(facts, User { inline: vec![inline("x", &[])], ..in_groups("bob", &[]) });
        })
        .stands("another group with AdministratorAccess", State::NeedsPerson, |facts, _| {
            add_group(facts, group("Developers", &[ADMINISTRATOR_ACCESS]));
        })
        .stands("another group with an inline policy", State::NeedsPerson, |facts, _| {
            let inline = vec![inline("x", &[Everything])];
            add_group(facts, Group { inline, ..group("Developers", &[]) });
        })
        .stands("the administrators in another case", State::InPlace, |_, answers| {
            answers.admin.group = "ADMINISTRATORS".into();
        })
        .stands("other administrators", State::NeedsPerson, |_, answers| {
            answers.admin.group = "Admins".into();
        })
        .stands("a policy of one's own, attached to a user", State::NeedsPerson, |facts, _| {
            add_user(facts, holding("bob", &[OWN]));
            facts.rights.as_mut().unwrap().policies.push(own_policy(&[Iam]));
        })
        .stands("attached to the administrators", State::InPlace, |facts, _| {
            let rights = facts.rights.as_mut().unwrap();
            rights.groups[0].attached.push(attached(OWN));
            rights.policies.push(own_policy(&[Iam]));
        })
        .stands("attached to a role", State::NeedsPerson, |facts, _| {
            add_role(facts, role_holding("Deploy", "/", &[OWN]));
            facts.rights.as_mut().unwrap().policies.push(own_policy(&[Everything]));
        })
        .stands("attached to nobody", State::InPlace, |facts, _| {
            facts.rights.as_mut().unwrap().policies.push(own_policy(&[Everything]));
        })
        .stands("narrow, and attached to a role", State::InPlace, |facts, _| {
            add_role(facts, role_holding("Deploy", "/", &[OWN]));
            facts.rights.as_mut().unwrap().policies.push(own_policy(&[]));
        })
        .stands("one that cannot be understood", State::NeedsPerson, |facts, _| {
            add_user(facts, holding("bob", &[OWN]));
            facts.rights.as_mut().unwrap().policies.push(own_policy(&[Unreadable]));
        })
        .stands("a role with AdministratorAccess", State::NeedsPerson, |facts, _| {
            add_role(facts, role_holding("Deploy", "/", &[ADMINISTRATOR_ACCESS]));
        })
        .stands("a role with a wide inline policy", State::NeedsPerson, |facts, _| {
            add_role(facts, role("Deploy", "/", &[Everything]));
        })
        .stands("a role with a narrow one", State::InPlace, |facts, _| {
            add_role(facts, role("Deploy", "/", &[]));
        })
        .stands("roles of AWS's own services", State::InPlace, |facts, _| {
            facts.rights.as_mut().unwrap().roles = roles_of_aws();
        })
        .stands(
            "a role for a stranger, named like that of an organization",
            State::NeedsPerson,
            |facts, _| {
                add_role(facts, role_for("444455556666"));
            },
        )
        .stands("a role of an organization, in no organization", State::NeedsPerson, |facts, _| {
            (facts.management_account, facts.rights.as_mut().unwrap().roles) = (Ok(None), roles_of_aws());
        })
        .stands("the organization is unreadable", State::NeedsPerson, |facts, _| {
            facts.management_account = Err(unseen());
            add_role(facts, role_for(MANAGEMENT));
        })
        .stands("a policy that is attached and was not read", State::NeedsPerson, |facts, _| {
            add_role(facts, role_holding("Deploy", "/", &[OWN]));
        })
        .stands("a wildcard under a condition", State::InPlace, |facts, _| {
            add_role(facts, role("Deploy", "/", &[IamOnCondition, AssumeRoleOnCondition]));
        })
        .stands("a role that is only named like one", State::NeedsPerson, |facts, _| {
            add_role(facts, role_holding("AWSServiceRoleForMe", "/", &[ADMINISTRATOR_ACCESS]));
        })
        .stands("unreadable", State::NotAssessed, |facts, _| facts.rights = Err(unseen()));
}

fn roles_of_aws() -> Vec<Role> {
    let sso = "/aws-reserved/sso.amazonaws.com/eu-north-1/";
    vec![
        role_for(MANAGEMENT),
        role_holding("AWSReservedSSO_Admin_0123456789abcdef", sso, &[ADMINISTRATOR_ACCESS]),
        role("AWSServiceRoleForX", "/aws-service-role/x.amazonaws.com/", &[Wildcard::Everything]),
    ]
}

#[test]
fn roles_with_full_rights_are_told_apart() {
    let mut facts = perfect();
    facts.rights.as_mut().unwrap().roles = roles_of_aws();
    add_role(&mut facts, role_holding("Deploy", "/", &[ADMINISTRATOR_ACCESS]));
    let left = planned(&facts, &answers(), StepId::LeastPrivilege);
    let what = left.person.as_ref().unwrap().what.clone();
    says(&what, &["Deploy"]);
    assert!(!what.en.contains("AWSReservedSSO_"), "{what:?}");
    notes(&left, &["Deploy", "AdministratorAccess", "*:*"]);
    let of_aws =
        ["OrganizationAccountAccessRole", "AWSReservedSSO_Admin_0123456789abcdef", "AWSServiceRoleForX"];
    notes(&left, &of_aws);

    facts.rights.as_mut().unwrap().roles = roles_of_aws();
    let found = planned(&facts, &answers(), StepId::LeastPrivilege).found.unwrap();
    says(&found, &["OrganizationAccountAccessRole", "IAM Identity Center"]);
    assert!(found.en.contains("not read: AWS's own policies"), "{found:?}");
    assert!(found.ko.contains("역할의 신뢰 정책"), "{found:?}");
}

#[test]
fn a_name_alone_makes_no_role_of_an_organization() {
    let step = StepId::LeastPrivilege;
    let mut facts = perfect();
    add_role(&mut facts, role_for("444455556666"));
    let left = planned(&facts, &answers(), step);
    let told = |note: &Text| note.en.contains("does not name the management account alone");
    assert!(left.notes.iter().any(told) && left.unseen.is_empty(), "{left:?}");
    facts.management_account = Err(unseen());
    assert_eq!(planned(&facts, &answers(), step).unseen, [unseen()]);
    assert_not_assessed(&planned(&facts, &accepting(&[step], answers()), step));
}

#[test]
fn a_wildcard_under_a_condition_is_named() {
    let mut facts = perfect();
    add_role(&mut facts, role("Deploy", "/", &[Wildcard::IamOnCondition]));
    let found = planned(&facts, &answers(), StepId::LeastPrivilege).found.unwrap();
    says(&found, &["Deploy (x)"]);
    assert!(found.en.contains("bounded by a condition") && found.ko.contains("조건으로 제한"), "{found:?}");
    add_user(&mut facts, holding("bob", &[ADMINISTRATOR_ACCESS]));
    let left = planned(&facts, &answers(), StepId::LeastPrivilege);
    notes(&left, &["Deploy (x)"]);
    assert!(!left.person.unwrap().what.en.contains("Deploy"));
}

#[test]
fn which_wide_policies_ask_for_mfa_is_told() {
    let mut facts = perfect();
    let with_mfa = vec![inline("Careful", &[Wildcard::EverythingWithMfa])];
    add_user(&mut facts, User { inline: with_mfa, ..in_groups("bob", &[]) });
    let careful = planned(&facts, &answers(), StepId::LeastPrivilege);
    notes(&careful, &["bob", "Careful", "MFA", "*:*"]);
    assert!(!careful.notes.iter().any(|note| note.en.contains("no condition")), "{careful:?}");

    add_role(&mut facts, role("Deploy", "/", &[Wildcard::AssumeRole]));
    let open = planned(&facts, &answers(), StepId::LeastPrivilege);
    let told = open.notes.iter().find(|note| note.en.contains("no condition")).unwrap();
    says(told, &["MFA", "Deploy (x)"]);
    assert!(!told.en.contains("Careful"), "{told:?}");
}

#[test]
fn each_wildcard_and_the_exception_is_told() {
    let mut facts = perfect();
    add_user(&mut facts, holding("bob", &[ADMINISTRATOR_ACCESS]));
    add_group(&mut facts, group("Developers", &["arn:aws:iam::aws:policy/IAMFullAccess"]));
    add_role(&mut facts, role_holding("Deploy", "/", &[OWN]));
    facts.rights.as_mut().unwrap().policies.push(own_policy(&[Wildcard::AssumeRole]));
    let planned = planned(&facts, &answers(), StepId::LeastPrivilege);
    says(&planned.person.as_ref().unwrap().what, &["bob", "Developers", "Deploy", "Administrators"]);
    notes(&planned, &["bob", "AdministratorAccess", "*:*"]);
    notes(&planned, &["Developers", "IAMFullAccess", "iam:*"]);
    notes(&planned, &["Deploy", "Own", "sts:AssumeRole"]);
    notes(&planned, &["Administrators", "1"]);
    let found = plan(&perfect(), &answers()).remove(5).found.unwrap();
    assert!(found.en.contains("benchmarks will flag"), "{found:?}");
    says(&found, &["Administrators"]);
}

#[test]
fn the_partition_of_the_policies_counts() {
    let mut facts = Facts { partition: "aws-cn".into(), ..perfect() };
    add_user(&mut facts, holding("bob", &["arn:aws-cn:iam::aws:policy/AdministratorAccess"]));
    assert_eq!(planned(&facts, &answers(), StepId::LeastPrivilege).state, State::NeedsPerson);
    let groups = planned(&facts, &answers(), StepId::PermissionsThroughGroups);
    assert_eq!(groups.state, State::NeedsPerson);
}
