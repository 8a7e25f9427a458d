//! The people of the answers, who come in as users of groups that have a policy about MFA.

use super::*;
use crate::answers::PersonAnswer;

fn in_groups(user: &str, groups: &[&str]) -> PersonAnswer {
    PersonAnswer { groups: owned(groups), ..person(user) }
}

fn password_of(user: &str) -> Change {
    Change::CreateConsolePassword { user: user.into(), file: None }
}

fn into_group(user: &str, group: &str) -> Change {
    Change::AddToGroup { user: user.into(), group: group.into() }
}

#[test]
fn the_people_of_the_answers_come_in() {
    let new_group = || Change::CreateGroup { group: "Developers".into() };
    let attach = || Change::AttachPolicy { policy: POLICY.into(), group: "Developers".into() };
    let bob = || Change::CreateUser { user: "bob".into() };
    let everything = vec![new_group(), attach(), bob(), into_group("bob", "Developers"), password_of("bob")];
    cases(StepId::UsersMfa, perfect)
        .changes(
            "before the policy is there",
            [vec![create_policy()], everything.clone()].concat(),
            |facts, answers| {
                facts.policy = Ok(None);
                answers.people = vec![in_groups("bob", &["Developers"])];
            },
        )
        .changes("a user, a group that requires MFA, a password", everything, |_, answers| {
            answers.people = vec![in_groups("bob", &["Developers"])];
        })
        .changes(
            "nobody there to take a password",
            vec![new_group(), attach(), bob(), into_group("bob", "Developers")],
            |_, answers| {
                answers.attended = false;
                answers.people = vec![in_groups("bob", &["Developers"])];
            },
        )
        .stands("the policy cannot be read", State::NotAssessed, |facts, answers| {
            facts.policy = Err(unseen());
            answers.people = vec![in_groups("bob", &["Developers"])];
        })
        .changes(
            "among the administrators",
            vec![bob(), into_group("bob", "Administrators"), password_of("bob")],
            |_, answers| {
                answers.people = vec![in_groups("bob", &["administrators"])];
                answers.people[0].groups = owned(&["Administrators"]);
            },
        )
        .changes("a user in another case, without a password", vec![password_of("Bob")], |facts, answers| {
            facts.people = Ok(BTreeMap::from([("bob".to_owned(), known("Bob", false))]));
            answers.people = vec![person("bob")];
        })
        .changes("in no group yet", vec![into_group("bob", "Developers")], |facts, answers| {
            facts.people = Ok(BTreeMap::from([("bob".to_owned(), known("bob", true))]));
            let group = PeopleGroup { attached: true, ..people_group_of(&[]) };
            facts.people_groups = Ok(BTreeMap::from([("Developers".to_owned(), group)]));
            answers.people = vec![in_groups("bob", &["Developers"])];
        })
        .stands("people cannot be read", State::NotAssessed, |facts, answers| {
            facts.people = Err(unseen());
            answers.people = vec![person("bob")];
        });
}

#[test]
fn the_policy_goes_to_the_groups_of_the_people_too() {
    let attach = Change::AttachPolicy { policy: POLICY.into(), group: "Developers".into() };
    cases(StepId::RequireMfa, perfect).changes("a group without it", vec![attach], |facts, _| {
        facts.people_groups = Ok(BTreeMap::from([("Developers".to_owned(), people_group_of(&[]))]));
    });
}

/// Bob is to come into a group that is there, without a policy, while the administrator has no device.
fn held_up(facts: &mut Facts, answers: &mut Answers) {
    facts.admin = admin_with(&[]);
    facts.people_groups = Ok(BTreeMap::from([("Developers".to_owned(), people_group_of(&[]))]));
    answers.people = vec![in_groups("bob", &["Developers"])];
}

#[test]
fn nobody_gets_a_password_before_the_policy_can_come() {
    let bob = || vec![Change::CreateUser { user: "bob".into() }, into_group("bob", "Developers")];
    cases(StepId::UsersMfa, perfect).changes("the policy is held up", bob(), held_up).changes(
        "it comes first",
        [bob(), vec![password_of("bob")]].concat(),
        |facts, answers| {
            held_up(facts, answers);
            facts.admin = admin_with(&[VIRTUAL]);
        },
    );
}

/// Where MFA is not required, people may enrol all the same.
#[test]
fn without_requiring_mfa_the_people_may_enrol() {
    let attach = || Change::AttachPolicy { policy: ENROLMENT.into(), group: "Developers".into() };
    let there = |group: PeopleGroup| Ok(BTreeMap::from([("Developers".to_owned(), group)]));
    let everything = vec![
        create_enrolment_policy(),
        Change::CreateGroup { group: "Developers".into() },
        attach(),
        Change::CreateUser { user: "bob".into() },
        into_group("bob", "Developers"),
        password_of("bob"),
    ];
    let bob = |facts: &mut Facts, group: PeopleGroup| {
        facts.people.as_mut().unwrap().insert("bob".into(), known("bob", true));
        facts.people_groups = there(group);
    };
    let mut table: Vec<(&str, Vec<Change>, Facts)> = vec![("from nothing", everything.clone(), perfect())];
    let policy_is_there = Facts { enrolment_policy: Ok(true), ..perfect() };
    table.push(("the policy is there", everything[1..].to_vec(), policy_is_there.clone()));
    let mut group_is_there = policy_is_there;
    bob(&mut group_is_there, people_group_of(&[member("bob", false, &[])]));
    table.push(("a group without it", vec![attach()], group_is_there.clone()));
    for (attached, enrols) in [(true, false), (false, true)] {
        let group = PeopleGroup { attached, enrols, ..people_group_of(&[member("bob", false, &[])]) };
        bob(&mut group_is_there, group);
        table.push(("a group that has one", Vec::new(), group_is_there.clone()));
    }
    let mut answers = answers();
    answers.mfa.require = false;
    answers.people = vec![in_groups("bob", &["Developers"])];
    for (name, changes, facts) in table {
        assert_eq!(planned(&facts, &answers, StepId::UsersMfa).changes, changes, "{name}");
    }
    let unseen = Facts { enrolment_policy: Err(unseen()), ..perfect() };
    assert_eq!(planned(&unseen, &answers, StepId::UsersMfa).state, State::NotAssessed);
}

/// Who is in no group could not even enrol.
#[test]
fn a_person_without_a_group_is_not_made() {
    let mut answers = answers();
    answers.people = vec![person("bob")];
    let left = planned(&perfect(), &answers, StepId::UsersMfa);
    assert_eq!(left.state, State::NeedsPerson);
    holds_together(&left);
    let task = left.person.unwrap();
    says(&task.what, &["bob"]);
    says(&task.how[0], &["groups", "[[people]]"]);

    answers.people.push(in_groups("carol", &["Developers"]));
    let made = planned(&perfect(), &answers, StepId::UsersMfa);
    assert!(made.changes.contains(&Change::CreateUser { user: "carol".into() }), "{made:?}");
    assert!(!made.changes.contains(&Change::CreateUser { user: "bob".into() }), "{made:?}");
    says(&made.notes[0], &["bob"]);
}
