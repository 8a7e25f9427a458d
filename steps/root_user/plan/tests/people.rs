//! `admin-group` and `admin-user`.

use super::*;
use crate::practice::Seen;

// The group.

#[test]
fn the_group_is_made_or_given_its_rights() {
    cases(StepId::AdminGroup, fresh)
        .changes(
            "there is none",
            vec![create_group("Administrators"), give_full_rights("Administrators")],
            |_, _| {},
        )
        .changes("another name", vec![create_group("Ops"), give_full_rights("Ops")], |_, answers| {
            answers.admin.group = "Ops".into();
        })
        .changes("an empty one", vec![give_full_rights("Administrators")], |facts, _| {
            facts.group = Ok(Some(group(&[], &[])));
        })
        .changes("spelled in another case", vec![give_full_rights("administrators")], |facts, _| {
            facts.group = Ok(Some(Group { name: "administrators".into(), ..group(&[], &[]) }));
        })
        .changes(
            "with the administrator alone in it",
            vec![give_full_rights("Administrators")],
            |facts, answers| {
                facts.group = Ok(Some(group(&["ALICE"], &[])));
                answers.attended = false;
            },
        )
        .stands("with full rights, whoever is in it", State::InPlace, |facts, answers| {
            facts.group = Ok(Some(group(&["bob"], &[READ_ONLY, FULL_RIGHTS])));
            answers.attended = false;
        })
        .stands("unreadable", State::NotAssessed, |facts, _| facts.group = Err(unseen()));
}

#[test]
fn a_namesake_of_the_group_is_a_question() {
    let rights = || vec![give_full_rights("Administrators")];
    cases(StepId::AdminGroup, fresh)
        .changes("other policies, a person there", rights(), |facts, _| {
            facts.group = Ok(Some(group(&[], &[READ_ONLY])));
        })
        .changes("other members, a person there", rights(), |facts, _| {
            facts.group = Ok(Some(group(&["bob"], &[])));
        })
        .changes("inline policies, a person there", rights(), |facts, _| {
            facts.group = Ok(Some(Group { inline_policies: 1, ..group(&[], &[]) }));
        })
        .stands("other policies, nobody there", State::NeedsPerson, |facts, answers| {
            facts.group = Ok(Some(group(&[], &[READ_ONLY])));
            answers.attended = false;
        })
        .stands("other members, nobody there", State::NeedsPerson, |facts, answers| {
            facts.group = Ok(Some(group(&["alice", "bob"], &[])));
            answers.attended = false;
        })
        .stands("inline policies, nobody there", State::NeedsPerson, |facts, answers| {
            facts.group = Ok(Some(Group { inline_policies: 1, ..group(&[], &[]) }));
            answers.attended = false;
        })
        .stands("every member is a stranger while nobody is named", State::NeedsPerson, |facts, answers| {
            facts.group = Ok(Some(group(&["alice"], &[])));
            (answers.attended, answers.admin.user) = (false, None);
        });
}

#[test]
fn the_policy_of_the_group_is_of_the_partition() {
    for partition in ["aws", "aws-cn", "aws-us-gov"] {
        let attach = Change::AttachAdministratorAccess {
            group: "Administrators".into(),
            policy: format!("arn:{partition}:iam::aws:policy/AdministratorAccess"),
        };
        let mut facts = fresh();
        move_to(&mut facts, partition);
        let new = planned(&facts, &answers(), StepId::AdminGroup);
        assert_eq!(new.changes, [create_group("Administrators"), attach]);
        let mut facts = perfect();
        move_to(&mut facts, partition);
        assert_eq!(planned(&facts, &answers(), StepId::AdminGroup).state, State::InPlace, "{partition}");
    }
}

#[test]
fn who_would_get_full_rights_is_named() {
    let namesake = Group { inline_policies: 2, ..group(&["alice", "bob", "carol"], &[READ_ONLY]) };
    let facts = Facts { group: Ok(Some(namesake)), ..fresh() };
    let shown = planned(&facts, &answers(), StepId::AdminGroup).notes;
    let unattended = Answers { attended: false, ..answers() };
    let left = planned(&facts, &unattended, StepId::AdminGroup).person.unwrap();
    assert_eq!(shown, [left.what]);
    assert_eq!(left.seen, Seen::Elsewhere);
    says(&shown[0], &["Administrators", "3", "bob, carol"]);
    assert!(!shown[0].en.contains("alice"));
}

#[test]
fn a_namesake_without_members_is_described_too() {
    let facts = Facts { group: Ok(Some(group(&[], &[READ_ONLY]))), ..fresh() };
    let planned = planned(&facts, &answers(), StepId::AdminGroup);
    assert!(planned.notes[0].en.contains("these members: -."), "{}", planned.notes[0].en);
}

// The administrator.

#[test]
fn the_administrator_is_made() {
    let made = || vec![create_user("alice"), add_to_group("alice", "Administrators")];
    let with_password = |length| [made(), vec![create_password("alice", length)]].concat();
    cases(StepId::AdminUser, fresh)
        .changes("a person is there for the password", with_password(14), |_, _| {})
        .changes("nobody is there for a password", made(), |_, answers| answers.attended = false)
        .changes("a file is there for the password", with_password(14), |_, answers| {
            answers.attended = false;
            answers.admin.console_password_file = Some("alice.txt".into());
        })
        .changes("a longer password is asked for", with_password(32), |facts, _| {
            facts.password_policy = Ok(Some(strict_policy()));
        })
        .changes("the policy is raised first", with_password(14), |facts, _| {
            facts.password_policy = Ok(Some(lax_policy()));
        })
        .changes("the policy is unreadable", with_password(14), |facts, _| {
            facts.password_policy = Err(unseen());
        })
        .changes("the user was named after the look at the account", with_password(14), |facts, _| {
            facts.user = None;
        })
        .changes(
            "into the group as AWS spells it",
            vec![create_user("alice"), add_to_group("alice", "administrators"), create_password("alice", 14)],
            |facts, _| {
                facts.group = Ok(Some(Group { name: "administrators".into(), ..group(&[], &[]) }));
            },
        )
        .stands("nobody is named", State::NeedsPerson, |facts, answers| {
            (facts.user, answers.admin.user) = (None, None);
        })
        .stands("unreadable", State::NotAssessed, |facts, _| facts.user = Some(Err(unseen())))
        .stands("the group is unreadable", State::NotAssessed, |facts, _| facts.group = Err(unseen()));
}

#[test]
fn an_administrator_who_exists_is_adopted() {
    cases(StepId::AdminUser, perfect)
        .stands("in the group, with a password", State::InPlace, |_, _| {})
        .stands("in the group in another case", State::InPlace, |facts, _| {
            facts.group = Ok(Some(group(&["ALICE"], &[FULL_RIGHTS])));
            facts.user = Some(Ok(Some(user("Alice"))));
        })
        .changes("not in the group", vec![add_to_group("alice", "Administrators")], |facts, _| {
            facts.group = Ok(Some(group(&["bob"], &[FULL_RIGHTS])));
        })
        .changes(
            "spelled in another case, without group and password",
            vec![add_to_group("Alice", "Administrators"), create_password("Alice", 32)],
            |facts, _| {
                facts.group = Ok(Some(group(&[], &[FULL_RIGHTS])));
                facts.user = Some(Ok(Some(User { console_password: Ok(false), ..user("Alice") })));
            },
        )
        .changes("without a password", vec![create_password("alice", 32)], |facts, _| {
            facts.user = Some(Ok(Some(User { console_password: Ok(false), ..user("alice") })));
        })
        .stands("without a password, and nobody to hand one to", State::InPlace, |facts, answers| {
            facts.user = Some(Ok(Some(User { console_password: Ok(false), ..user("alice") })));
            answers.attended = false;
        })
        .stands("an unreadable password where none would be made", State::InPlace, |facts, answers| {
            facts.user = Some(Ok(Some(User { console_password: Err(unseen()), ..user("alice") })));
            answers.attended = false;
        })
        .changes(
            "a password that may exist is never made again",
            vec![add_to_group("alice", "Administrators")],
            |facts, _| {
                facts.group = Ok(Some(group(&[], &[FULL_RIGHTS])));
                facts.user = Some(Ok(Some(User { console_password: Err(unseen()), ..user("alice") })));
            },
        );
}

/// Where a password would be made, the step rests on whether there is one.
#[test]
fn an_unreadable_password_is_not_in_place() {
    for (attended, file) in [(true, None), (false, Some("alice.txt"))] {
        let without = User { console_password: Err(unseen()), ..user("alice") };
        let facts = Facts { user: Some(Ok(Some(without))), ..perfect() };
        let mut answers = Answers { attended, ..answers() };
        answers.admin.console_password_file = file.map(Into::into);
        let planned = planned(&facts, &answers, StepId::AdminUser);
        assert_eq!(planned.state, State::NotAssessed, "{answers:?}");
    }
}

#[test]
fn a_nameless_administrator_is_asked_for() {
    let mut answers = answers();
    answers.admin.user = None;
    let planned = planned(&Facts { user: None, ..fresh() }, &answers, StepId::AdminUser);
    assert_eq!(planned.person.unwrap().seen, Seen::ByAnswer("admin.user"));
}
