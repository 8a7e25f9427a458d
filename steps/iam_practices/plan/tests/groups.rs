//! `permissions-through-groups`: what moves from users to groups, and what is left to a person.

use super::*;

#[test]
fn policies_move_to_groups_of_their_own() {
    let moved = vec![
        create_group("ReadOnlyAccess-users"),
        attach("ReadOnlyAccess-users", READ_ONLY),
        join("bob", "ReadOnlyAccess-users"),
        detach("bob", READ_ONLY, "ReadOnlyAccess-users"),
    ];
    cases(StepId::PermissionsThroughGroups, perfect)
        .stands("none of one's own", State::InPlace, |_, _| {})
        .changes("one", moved.clone(), |facts, _| add_user(facts, holding("bob", &[READ_ONLY])))
        .changes("unattended, with consent", moved.clone(), |facts, answers| {
            (answers.attended, answers.iam.move_to_groups) = (false, true);
            add_user(facts, holding("bob", &[READ_ONLY]));
        })
        .stands("unattended, without", State::NeedsPerson, |facts, answers| {
            answers.attended = false;
            add_user(facts, holding("bob", &[READ_ONLY]));
        })
        .changes(
            "two with the same",
            [
                moved.clone(),
                vec![
                    join("carol", "ReadOnlyAccess-users"),
                    detach("carol", READ_ONLY, "ReadOnlyAccess-users"),
                ],
            ]
            .concat(),
            |facts, _| {
                add_user(facts, holding("bob", &[READ_ONLY]));
                add_user(facts, holding("carol", &[READ_ONLY]));
            },
        )
        .changes("the group is made", moved[1..].to_vec(), |facts, _| {
            add_user(facts, holding("bob", &[READ_ONLY]));
            add_group(facts, group("ReadOnlyAccess-users", &[]));
        })
        .changes("the group has the policy", moved[2..].to_vec(), |facts, _| {
            add_user(facts, holding("bob", &[READ_ONLY]));
            add_group(facts, group("ReadOnlyAccess-users", &[READ_ONLY]));
        })
        .changes("the user is in it", moved[3..].to_vec(), |facts, _| {
            let groups = vec!["ReadOnlyAccess-users".to_owned()];
            add_user(facts, User { groups, ..holding("bob", &[READ_ONLY]) });
            add_group(facts, group("ReadOnlyAccess-users", &[READ_ONLY]));
        })
        .stands(
            "the group was made between the readings, with somebody in it",
            State::NeedsPerson,
            |facts, _| {
                add_user(facts, holding("bob", &[READ_ONLY]));
                add_user(facts, in_groups("carol", &["readonlyaccess-users"]));
            },
        )
        .changes(
            "the same, and who is in it has the policy",
            [&moved[..2], &moved[3..]].concat(),
            |facts, _| {
                let groups = vec!["ReadOnlyAccess-users".to_owned()];
                add_user(facts, User { groups, ..holding("bob", &[READ_ONLY]) });
            },
        )
        .changes(
            "the group is spelled in another case",
            vec![join("bob", "readonlyaccess-USERS"), detach("bob", READ_ONLY, "readonlyaccess-USERS")],
            |facts, _| {
                add_user(facts, holding("bob", &[READ_ONLY]));
                add_group(facts, group("readonlyaccess-USERS", &[READ_ONLY]));
            },
        )
        .stands("unreadable", State::NotAssessed, |facts, _| facts.rights = Err(unseen()));
}

#[test]
fn inline_policies_move_only_where_the_answers_say_so() {
    let moved = vec![
        create_group("Uploads-users"),
        put("Uploads-users", "Uploads"),
        join("bob", "Uploads-users"),
        delete_policy("bob", "Uploads", "Uploads-users"),
    ];
    cases(StepId::PermissionsThroughGroups, perfect)
        .stands("without a word", State::NeedsPerson, |facts, _| {
            add_user(facts, with_inline("bob", "Uploads", READS));
        })
        .stands("without a word, unattended", State::NeedsPerson, |facts, answers| {
            answers.attended = false;
            add_user(facts, with_inline("bob", "Uploads", READS));
        })
        .changes("by the answers", moved.clone(), |facts, answers| {
            answers.iam.move_to_groups = true;
            add_user(facts, with_inline("bob", "Uploads", READS));
        })
        .changes("unattended, by the answers", moved.clone(), |facts, answers| {
            (answers.attended, answers.iam.move_to_groups) = (false, true);
            add_user(facts, with_inline("bob", "Uploads", READS));
        })
        .changes("cut short when the group was made", moved[1..].to_vec(), |facts, answers| {
            answers.iam.move_to_groups = true;
            add_user(facts, with_inline("bob", "Uploads", READS));
            add_group(facts, group("Uploads-users", &[]));
        })
        .changes("cut short when the group had the policy", moved[2..].to_vec(), |facts, answers| {
            answers.iam.move_to_groups = true;
            add_user(facts, with_inline("bob", "Uploads", READS));
            add_group(facts, giving("Uploads-users", "Uploads", READS));
        })
        .changes("cut short when the user was in it", moved[3..].to_vec(), |facts, answers| {
            answers.iam.move_to_groups = true;
            let groups = vec!["Uploads-users".to_owned()];
            add_user(facts, User { groups, ..with_inline("bob", "Uploads", READS) });
            add_group(facts, giving("Uploads-users", "Uploads", READS));
        })
        .changes("another user has another one of the name", moved, |facts, answers| {
            answers.iam.move_to_groups = true;
            add_user(facts, with_inline("bob", "Uploads", READS));
            add_user(facts, with_inline("carol", "Uploads", WRITES));
        })
        .stands("the group says something else", State::NeedsPerson, |facts, answers| {
            answers.iam.move_to_groups = true;
            add_user(facts, with_inline("bob", "Uploads", READS));
            add_group(facts, giving("Uploads-users", "Uploads", WRITES));
        })
        .stands("the group has a managed policy", State::NeedsPerson, |facts, answers| {
            answers.iam.move_to_groups = true;
            add_user(facts, with_inline("bob", "Uploads", READS));
            add_group(facts, group("Uploads-users", &[READ_ONLY]));
        })
        .stands("others in the group have not had it", State::NeedsPerson, |facts, answers| {
            answers.iam.move_to_groups = true;
            add_user(facts, with_inline("bob", "Uploads", READS));
            add_user(facts, in_groups("carol", &["Uploads-users"]));
            add_group(facts, group("Uploads-users", &[]));
        })
        .stands("full rights", State::NeedsPerson, |facts, answers| {
            answers.iam.move_to_groups = true;
            let inline = vec![inline("All", &[Wildcard::EverythingWithMfa])];
            add_user(facts, User { inline, ..in_groups("bob", &[]) });
        })
        .stands("one that cannot be understood", State::NeedsPerson, |facts, answers| {
            answers.iam.move_to_groups = true;
            add_user(facts, with_inline("bob", "Uploads", "{"));
        })
        .stands("of the administrator", State::NeedsPerson, |facts, answers| {
            answers.iam.move_to_groups = true;
            facts.rights.as_mut().unwrap().users[0].inline = vec![inline("Uploads", &[])];
        });
}

#[test]
fn what_an_inline_policy_waits_for_is_said() {
    let mut facts = perfect();
    add_user(
        &mut facts,
        User { attached: vec![attached(READ_ONLY)], ..with_inline("bob", "Uploads", READS) },
    );
    let attended = planned(&facts, &answers(), StepId::PermissionsThroughGroups);
    assert!(!attended.changes.iter().any(|change| matches!(change, Change::DeleteUserPolicy { .. })));
    notes(&attended, &["bob", "Uploads", "move_to_groups = true"]);
    let task = planned(&facts, &unattended(), StepId::PermissionsThroughGroups).person.unwrap();
    assert!(task.how.iter().any(|how| how.en.contains("Inline policies") && how.ko.contains("인라인 정책")));
}

#[test]
fn what_would_change_somebodys_rights_is_left() {
    cases(StepId::PermissionsThroughGroups, perfect)
        .stands("inline", State::NeedsPerson, |facts, _| {
            add_user(facts, User { inline: vec![inline("x", &[])], ..in_groups("bob", &[]) });
        })
        .stands("full rights", State::NeedsPerson, |facts, _| {
            add_user(facts, holding("bob", &[ADMINISTRATOR_ACCESS]));
        })
        .stands("the run's own user", State::NeedsPerson, |facts, _| {
            facts.rights.as_mut().unwrap().users[0].attached = vec![attached(READ_ONLY)];
        })
        .stands("the administrator", State::NeedsPerson, |facts, answers| {
            (facts.run, answers.admin.user) = (Run::default(), Some("BOB".into()));
            add_user(facts, holding("bob", &[READ_ONLY]));
        })
        .stands("the group gives something else", State::NeedsPerson, |facts, _| {
            add_user(facts, holding("bob", &[READ_ONLY]));
            add_group(facts, group("ReadOnlyAccess-users", &[READ_ONLY, OWN]));
        })
        .stands("the group has an inline policy", State::NeedsPerson, |facts, _| {
            add_user(facts, holding("bob", &[READ_ONLY]));
            let inline = vec![inline("x", &[])];
            add_group(facts, Group { inline, ..group("ReadOnlyAccess-users", &[READ_ONLY]) });
        })
        .stands("the group has others in it", State::NeedsPerson, |facts, _| {
            add_user(facts, holding("bob", &[READ_ONLY]));
            add_user(facts, in_groups("carol", &["ReadOnlyAccess-users"]));
            add_group(facts, group("ReadOnlyAccess-users", &[]));
        })
        .stands("ten groups", State::NeedsPerson, |facts, _| {
            let groups = (0..10).map(|number| format!("g{number}")).collect();
            add_user(facts, User { groups, ..holding("bob", &[READ_ONLY]) });
        })
        .stands("a name that is too long for a group", State::NeedsPerson, |facts, _| {
            let long = format!("arn:aws:iam::{ACCOUNT}:policy/{}", "n".repeat(123));
            add_user(facts, holding("bob", &[&long]));
        });
}

#[test]
fn why_nothing_is_moved_is_said() {
    let mut facts = perfect();
    add_user(&mut facts, holding("bob", &[ADMINISTRATOR_ACCESS]));
    for answers in [answers(), unattended()] {
        let left = planned(&facts, &answers, StepId::PermissionsThroughGroups);
        notes(&left, &["bob", "AdministratorAccess", "Administrators"]);
    }
}

#[test]
fn of_two_policies_with_one_name_one_is_left() {
    let namesake = format!("arn:aws:iam::{ACCOUNT}:policy/ReadOnlyAccess");
    let mut facts = perfect();
    add_user(&mut facts, holding("bob", &[READ_ONLY, &namesake]));
    let planned = planned(&facts, &answers(), StepId::PermissionsThroughGroups);
    assert_eq!(planned.changes.last(), Some(&detach("bob", READ_ONLY, "ReadOnlyAccess-users")));
    assert!(!planned.changes.contains(&detach("bob", &namesake, "ReadOnlyAccess-users")));
    notes(&planned, &["bob", "ReadOnlyAccess-users"]);
}

#[test]
fn the_ninth_and_tenth_group_are_the_last() {
    let policies: Vec<_> = (0..4).map(|n| format!("arn:aws:iam::{ACCOUNT}:policy/P{n}")).collect();
    let policies: Vec<_> = policies.iter().map(String::as_str).collect();
    let groups = (0..8).map(|number| format!("g{number}")).collect();
    let mut facts = perfect();
    add_user(&mut facts, User { groups, ..holding("bob", &policies) });
    let planned = planned(&facts, &answers(), StepId::PermissionsThroughGroups);
    let detached = planned.changes.iter().filter(|change| matches!(change, Change::DetachUserPolicy { .. }));
    assert_eq!(
        detached.collect::<Vec<_>>(),
        [&detach("bob", policies[0], "P0-users"), &detach("bob", policies[1], "P1-users")]
    );
}

#[test]
fn many_users_are_moved_a_few_at_a_time() {
    let mut facts = perfect();
    for number in 0..50 {
        add_user(&mut facts, holding(&format!("user{number:02}"), &[READ_ONLY]));
    }
    let planned = planned(&facts, &answers(), StepId::PermissionsThroughGroups);
    assert_eq!(planned.changes.len(), 2 + 2 * 5);
    assert_eq!(planned.changes.last(), Some(&detach("user04", READ_ONLY, "ReadOnlyAccess-users")));
    notes(&planned, &["5", "45"]);
    assert!(!planned.notes.iter().any(|note| note.en.contains("user05")), "{planned:?}");
}

#[test]
fn the_last_users_are_moved_without_a_word_of_others() {
    let mut facts = perfect();
    for number in 0..5 {
        add_user(&mut facts, holding(&format!("user{number}"), &[READ_ONLY]));
    }
    let planned = planned(&facts, &answers(), StepId::PermissionsThroughGroups);
    assert_eq!((planned.changes.len(), planned.notes.len()), (2 + 2 * 5, 1));
}

#[test]
fn without_consent_everybody_is_named() {
    let mut facts = perfect();
    let own = User { inline: vec![inline("Uploads", &[])], ..holding("bob", &[READ_ONLY]) };
    add_user(&mut facts, own);
    let planned = planned(&facts, &unattended(), StepId::PermissionsThroughGroups);
    let task = planned.person.as_ref().unwrap();
    says(&task.what, &["bob", "1"]);
    assert!(
        task.how.iter().any(|how| how.en.contains("move_to_groups") && how.ko.contains("move_to_groups"))
    );
    notes(&planned, &["bob", "ReadOnlyAccess"]);
    notes(&planned, &["bob", "Uploads"]);
}
