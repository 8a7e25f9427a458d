//! Accounts and answers at random.

use proptest::prelude::*;

use super::*;
use crate::iam_practices::Reach;
use crate::plan_cases::{any_accepted, maybe_unseen};
use crate::practice::PracticeId;

pub(super) fn any_facts() -> impl Strategy<Value = Facts> {
    let names = ["alice", "bob", "carol", "ci"];
    let people = names.map(any_credentials);
    let of_credentials = (
        maybe_unseen(people),
        maybe_unseen(Just(())),
        maybe_unseen(prop::sample::subsequence(vec!["AKIAalice0", "AKIAbob0", "AKIAcarol1"], 0..=3)),
        any_run(),
        0i64..400,
        0i64..3600,
        prop::sample::subsequence(vec!["AKIAalice0", "AKIAbob0", "AKIAbob1"], 0..=3),
    );
    let of_account = (
        maybe_unseen(any_analyzer()),
        maybe_unseen(any::<bool>()),
        maybe_unseen(any::<bool>()),
        maybe_unseen(any_support()),
        maybe_unseen(any::<[bool; 2]>()),
        maybe_unseen(prop::option::of(Just("day-one".to_owned()))),
    );
    let of_rights = maybe_unseen(any_rights());
    let alarms = (any_alarm("eu-north-1"), any_alarm("us-east-1"));
    (of_credentials, of_account, of_rights, alarms).prop_map(
        |(of_credentials, of_account, rights, alarms)| {
            let (people, looking_up, switched, run, root, age, kept) = of_credentials;
            let kept = kept.into_iter().map(|id| (id.to_owned(), vec![PROFILE.to_owned()])).collect();
            let (analyzer, security_contact, public_access_blocked, support, other_contacts, trail) =
                of_account;
            let people = people.map(|people| people.into_iter().flatten().collect::<Vec<_>>());
            let looked_up = people.iter().flatten().filter(|(_, looked_up)| *looked_up);
            let looked_up = looked_up.map(|(row, _)| (row.user.clone(), row.keys.clone())).collect();
            let rows = people.map(|people| {
                let rows = people.into_iter().map(|(row, _)| Row { keys: without_ids(&row.keys), ..row });
                CredentialReport {
                    generated: Some(NOW - age),
                    rows: std::iter::once(root_used(root)).chain(rows).collect(),
                    unreadable: 0,
                }
            });
            Facts {
                run,
                report: rows,
                looked_up: looking_up.map(|()| looked_up),
                kept,
                switched: switched.map(|ids| ids.into_iter().map(str::to_owned).collect()),
                rights,
                analyzer,
                security_contact,
                other_contacts,
                trail,
                public_access_blocked,
                support,
                root_alarm: vec![alarms.0, alarms.1],
                ..perfect()
            }
        },
    )
}

fn any_alarm(region: &'static str) -> impl Strategy<Value = Alarm> {
    let ours = alarm(region, Subscription::Missing).topic.unwrap().unwrap().policy;
    let subscriptions = vec![Subscription::Missing, Subscription::Unconfirmed, Subscription::Confirmed];
    let topic = (prop::sample::select(vec![None, ours]), prop::sample::select(subscriptions));
    let topic = topic.prop_map(|(policy, subscription)| Topic { policy, subscription });
    let rule = (any::<bool>(), any::<bool>()).prop_map(|(listens, sends)| Rule { listens, sends });
    (maybe_unseen(prop::option::of(topic)), maybe_unseen(prop::option::of(rule)))
        .prop_map(move |(topic, rule)| Alarm { topic, rule, ..no_alarm(region) })
}

/// A user's line with ids, and whether the user was looked up; none for a user who is not there.
fn any_credentials(user: &'static str) -> impl Strategy<Value = Option<(Row, bool)>> {
    let some_days = || prop::option::of(0i64..400);
    let keys = prop::collection::vec((any::<bool>(), 0i64..400, some_days()), 0..=2);
    let person = (any::<bool>(), some_days(), some_days(), keys, any::<bool>());
    let person = person.prop_map(move |(password, created, used, keys, looked_up)| {
        let keys = (0..).zip(keys).map(|(number, (active, made, used))| Key {
            active,
            ..key(&format!("AKIA{user}{number}"), made, used)
        });
        let created = created.and_then(ago);
        let password_last_used = used.and_then(ago);
        (Row { password, created, password_last_used, ..row(user, keys.collect()) }, looked_up)
    });
    prop::option::weighted(0.8, person)
}

fn any_run() -> impl Strategy<Value = Run> {
    let users = prop::sample::subsequence(vec!["alice", "Bob"], 0..=2);
    let keys = prop::sample::subsequence(vec!["AKIAbob1", "AKIAcarol0"], 0..=2);
    (users, keys).prop_map(|(users, keys)| Run { users: owned(&users), access_keys: owned(&keys) })
}

fn any_analyzer() -> impl Strategy<Value = Analyzer> {
    prop_oneof![
        Just(Analyzer::Missing),
        Just(Analyzer::Working("own".into())),
        Just(Analyzer::NotWorking("own".into())),
    ]
}

fn any_support() -> impl Strategy<Value = SupportRole> {
    prop_oneof![
        Just(SupportRole::Missing),
        Just(SupportRole::Bare),
        Just(SupportRole::Namesake),
        Just(SupportRole::Ready("Helpdesk".into())),
    ]
}

fn any_reach() -> impl Strategy<Value = Reach> {
    use Wildcard::{AssumeRole, Everything, EverythingWithMfa, Iam, Unreadable};
    let wildcards = vec![Everything, EverythingWithMfa, Iam, AssumeRole, Unreadable];
    prop::sample::subsequence(wildcards, 0..=2).prop_map(|wildcards| wildcards.into_iter().collect())
}

fn any_policies() -> impl Strategy<Value = Vec<Attached>> {
    prop::sample::subsequence(vec![ADMINISTRATOR_ACCESS, READ_ONLY, OWN], 0..=3)
        .prop_map(|arns| arns.into_iter().map(attached).collect())
}

fn any_inline() -> impl Strategy<Value = Vec<Inline>> {
    let document = prop::sample::select(vec![READS, WRITES, "{"]);
    let one = (any_reach(), document).prop_map(|(reach, document)| Inline {
        name: "Own".into(),
        reach,
        document: document.into(),
    });
    prop_oneof![3 => Just(Vec::new()), 1 => one.prop_map(|one| vec![one])]
}

fn any_rights() -> impl Strategy<Value = Rights> {
    let names = ["Administrators", "ReadOnlyAccess-users", "own-USERS"];
    let groups = names.map(|name| {
        let group = (any_policies(), any_inline());
        let group = group.prop_map(move |(attached, inline)| Group { name: name.into(), attached, inline });
        prop::option::of(group)
    });
    let users = ["alice", "bob", "carol"].map(|name| {
        let groups = prop::sample::subsequence(names.to_vec(), 0..=3);
        let user = (groups, any_policies(), any_inline());
        let user = user.prop_map(move |(groups, attached, inline)| User {
            attached,
            inline,
            ..in_groups(name, &groups)
        });
        prop::option::weighted(0.8, user)
    });
    let roles = prop::sample::subsequence(vec!["/", "/aws-reserved/sso.amazonaws.com/"], 0..=2);
    (groups, users, roles, any_policies(), any_inline(), any_reach()).prop_map(|any| {
        let (groups, users, roles, attached, inline, reach) = any;
        let groups: Vec<_> = groups.into_iter().flatten().collect();
        let is_there = |name: &String| groups.iter().any(|group| group.name == *name);
        let mut users: Vec<_> = users.into_iter().flatten().collect();
        users.iter_mut().for_each(|user| user.groups.retain(is_there));
        let role = |path: &str| {
            let (attached, inline) = (attached.clone(), inline.clone());
            Role { name: "Deploy".into(), path: path.into(), attached, inline, ..Role::default() }
        };
        let roles = roles.into_iter().map(role).collect();
        Rights { policies: vec![Policy { reach, ..own_policy(&[]) }], users, groups, roles }
    })
}

pub(super) fn any_answers() -> impl Strategy<Value = Answers> {
    let accept = any_accepted(PracticeId::IamPractices);
    let off = prop::sample::subsequence(vec!["AKIAalice0", "AKIAalice1", "AKIAbob0"], 0..=3);
    (any::<[bool; 6]>(), prop::option::of(any::<bool>()), accept, off).prop_map(
        |(flags, block_public_s3, accept, off)| {
            let [attended, named, move_to_groups, disable_unused, contact, alarm] = flags;
            let mut answers = accepting(&accept, answers());
            answers.attended = attended;
            off.into_iter().for_each(|id| switched_off(&mut answers, id));
            answers.admin.user = answers.admin.user.filter(|_| named);
            answers.iam.move_to_groups = move_to_groups;
            answers.iam.disable_unused = disable_unused;
            answers.iam.block_public_s3 = block_public_s3;
            if contact {
                name_contact(&mut answers);
            }
            if alarm {
                ask_for_alarm(&mut answers);
            }
            answers
        },
    )
}
