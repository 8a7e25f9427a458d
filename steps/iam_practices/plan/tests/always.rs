//! What holds of every account.

use super::any_account::{any_answers, any_facts};
use super::*;
use crate::plan_cases::{
    assert_hold_together, assert_nothing_is_left_to_change, assert_unseen_is_not_in_place,
};
use crate::practice::Change as _;

/// Holds a property against random accounts and answers.
fn always(property: impl Fn(&Facts, &Answers)) {
    plan_cases::always(any_facts(), any_answers(), property);
}

#[test]
fn every_plan_has_the_steps_in_order_and_holds_together() {
    always(|facts, answers| {
        let plan = plan(facts, answers);
        assert_hold_together::<IamPractices>(&plan);
        plan.iter().for_each(holds_together);
    });
}

#[test]
fn what_was_not_seen_is_never_in_place() {
    always(|facts, answers| {
        assert_unseen_is_not_in_place::<IamPractices>(facts, answers, rests_on_unseen);
    });
}

/// The operator's word does not make a pass of it either.
#[test]
fn what_was_not_seen_is_never_settled() {
    always(|facts, answers| {
        for planned in plan(facts, answers) {
            let unseen = rests_on_unseen(planned.step, facts, answers);
            assert!(!unseen || !planned.state.is_settled(), "{planned:?}");
        }
    });
}

fn rests_on_unseen(step: StepId, facts: &Facts, answers: &Answers) -> bool {
    match step {
        StepId::IndividualUsers => facts.rights.is_err() || facts.report.is_err(),
        StepId::PermissionsThroughGroups | StepId::LeastPrivilege => facts.rights.is_err(),
        StepId::UnusedCredentials | StepId::KeyRotation | StepId::RolesNotKeys => facts.report.is_err(),
        _ => {
            facts.report.is_err()
                || facts.analyzer.is_err()
                || facts.support.is_err()
                || facts.public_access_blocked.is_err()
                || facts.security_contact.is_err()
                || facts.other_contacts.is_err()
                || facts.trail.is_err()
                || (answers.trail.root_alarm_email.is_some() && hides_alarm(facts))
        }
    }
}

fn hides_alarm(facts: &Facts) -> bool {
    facts.root_alarm.iter().any(|alarm| alarm.topic.is_err() || alarm.rule.is_err())
}

#[test]
fn only_what_was_looked_at_and_is_nobody_of_ours_is_touched() {
    always(|facts, answers| {
        let ours = |user: &str| {
            let mut ours = facts.run.users.iter().chain(&answers.admin.user);
            ours.any(|name| name.eq_ignore_ascii_case(user))
        };
        let looked_up = |user: &str, id: &str| {
            let keys = facts.looked_up.as_ref().ok().and_then(|found| found.get(user)).cloned();
            keys.into_iter().flatten().find(|key| key.id.as_deref() == Some(id)).unwrap()
        };
        // What is done about a key of one's own has a test of its own.
        let steps = plan(facts, answers).into_iter().filter(|planned| planned.step != StepId::KeyRotation);
        let changes: Vec<_> = steps.flat_map(|planned| planned.changes).collect();
        for change in &changes {
            match change {
                Change::DeactivateKey { user, access_key } => {
                    assert!(!ours(user) && !facts.run.access_keys.contains(access_key), "{change:?}");
                    assert!(looked_up(user, access_key).active, "{change:?}");
                    assert!(answers.attended || answers.iam.disable_unused, "{change:?}");
                }
                Change::DeleteKey { user, access_key } => {
                    assert!(!ours(user) && !facts.run.access_keys.contains(access_key), "{change:?}");
                    assert!(!looked_up(user, access_key).active && answers.attended, "{change:?}");
                    assert!(!facts.switched.as_ref().unwrap().contains(access_key), "{change:?}");
                    let is_off = |change: &Change| matches!(change, Change::DeactivateKey { .. });
                    assert!(!changes.iter().any(is_off), "switching off comes first: {changes:?}");
                }
                Change::DetachUserPolicy { user, .. } => {
                    assert!(!ours(user), "{change:?}");
                    assert!(answers.attended || answers.iam.move_to_groups, "{change:?}");
                }
                Change::DeleteUserPolicy { user, .. } => {
                    assert!(!ours(user) && answers.iam.move_to_groups, "{change:?}");
                }
                Change::BlockPublicAccess { .. } => {
                    assert_eq!(answers.iam.block_public_s3, Some(true), "{change:?}");
                }
                _ => {}
            }
        }
    });
}

#[test]
fn a_key_of_one_s_own_goes_when_another_works_and_is_off_before_it_is_deleted() {
    always(|facts, answers| {
        let planned = planned(facts, answers, StepId::KeyRotation);
        for change in &planned.changes {
            let (Change::ReplaceKey { user, access_key, .. }
            | Change::DeactivateKey { user, access_key }
            | Change::DeleteKey { user, access_key }) = change
            else {
                panic!("{change:?}");
            };
            let keys = facts.looked_up.as_ref().unwrap()[user].iter();
            let (it, others): (Vec<_>, Vec<_>) = keys.partition(|key| key.id.as_ref() == Some(access_key));
            let works = others.iter().any(|key| key.active);
            assert!(answers.attended && facts.is_one_of_ours(user, answers) && it.len() == 1, "{change:?}");
            match change {
                Change::ReplaceKey { .. } => {
                    assert!(it[0].active && others.is_empty() && facts.kept.contains_key(access_key));
                }
                Change::DeactivateKey { .. } => {
                    assert!(it[0].active && works && others[0].last_use.is_some(), "{change:?}");
                    assert!(!facts.run.access_keys.contains(access_key), "{change:?}");
                }
                _ => {
                    assert!(!it[0].active && works && planned.undo == [reactivate(user, access_key)]);
                    assert!(answers.switched_off.contains(&change.resource()), "{change:?}");
                }
            }
        }
    });
}

/// What each user may do, directly or through a group.
fn held_by_user(rights: &Rights) -> BTreeMap<String, BTreeSet<String>> {
    let of = |attached: &[Attached], inline: &[Inline]| {
        let attached = attached.iter().map(|policy| policy.arn.clone());
        attached.chain(inline.iter().map(|policy| policy.document.clone())).collect::<Vec<_>>()
    };
    let of_groups = |user: &User| {
        let groups = user.groups.iter().filter_map(|name| rights.group(name));
        groups.flat_map(|group| of(&group.attached, &group.inline)).collect::<Vec<_>>()
    };
    let of_user = |user: &User| {
        let all = of(&user.attached, &user.inline).into_iter().chain(of_groups(user));
        (user.name.clone(), all.collect())
    };
    rights.users.iter().map(of_user).collect()
}

#[test]
fn moving_takes_no_right_and_gives_none_at_any_moment() {
    always(|facts, answers| {
        let Ok(before) = facts.rights.as_ref().map(held_by_user) else { return };
        let mut facts = facts.clone();
        for change in planned(&facts, answers, StepId::PermissionsThroughGroups).changes {
            make(&mut facts, &change);
            assert_eq!(held_by_user(facts.rights.as_ref().unwrap()), before, "after {change:?}");
        }
    });
}

#[test]
fn what_was_changed_is_not_to_change_again() {
    // Keys are switched off first and deleted then, and those of the two of ours are replaced before, one after
    // the other.
    always(|facts, answers| {
        assert_nothing_is_left_to_change::<IamPractices>(12, facts.clone(), answers, make)
    });
}

/// What an account looks like after a change.
fn make(facts: &mut Facts, change: &Change) {
    match change {
        Change::CreateGroup { group: name } => add_group(facts, group(name, &[])),
        Change::AttachGroupPolicy { group, policy } => {
            let rights = facts.rights.as_mut().unwrap();
            let group = rights.groups.iter_mut().find(|found| found.name == *group).unwrap();
            group.attached.push(attached(policy));
        }
        Change::AddUserToGroup { user, group } => user_of(facts, user).groups.push(group.clone()),
        Change::DetachUserPolicy { user, policy, .. } => {
            user_of(facts, user).attached.retain(|attached| attached.arn != *policy);
        }
        Change::PutGroupPolicy { group, policy, document } => {
            let rights = facts.rights.as_mut().unwrap();
            let group = rights.groups.iter_mut().find(|found| found.name == *group).unwrap();
            group.inline.push(Inline { document: document.clone(), ..inline(policy, &[]) });
        }
        Change::DeleteUserPolicy { user, policy, .. } => {
            user_of(facts, user).inline.retain(|inline| inline.name != *policy);
        }
        Change::DeactivateKey { user, access_key } => {
            keys_of(facts, user).iter_mut().filter(|key| key.id.as_ref() == Some(access_key)).for_each(
                |key| {
                    key.active = false;
                },
            );
            if let Ok(switched) = &mut facts.switched {
                switched.insert(access_key.clone());
            }
        }
        Change::ReactivateKey { .. } => unreachable!("it is only offered: {change:?}"),
        Change::DeleteKey { user, access_key } => {
            keys_of(facts, user).retain(|key| key.id.as_ref() != Some(access_key));
        }
        Change::ReplaceKey { user, access_key, profiles } => {
            let second = format!("AKIANEW{user}");
            keys_of(facts, user).push(key(&second, 0, Some(0)));
            facts.kept.remove(access_key);
            facts.kept.insert(second, profiles.clone());
        }
        Change::CreateAnalyzer { name, .. } => facts.analyzer = Ok(Analyzer::Working(name.clone())),
        Change::CreateSupportRole { .. } => facts.support = Ok(SupportRole::Bare),
        Change::AttachSupportAccess { role, .. } => facts.support = Ok(SupportRole::Ready(role.clone())),
        Change::BlockPublicAccess { .. } => facts.public_access_blocked = Ok(true),
        Change::SetSecurityContact { .. } => facts.security_contact = Ok(true),
        Change::RootAlarm(change) => make_alarm(change, &mut facts.root_alarm),
    }
}

fn make_alarm(change: &AlarmChange, alarms: &mut [Alarm]) {
    let (AlarmChange::CreateTopic { topic: arn, .. }
    | AlarmChange::PutTopicPolicy { topic: arn, .. }
    | AlarmChange::Subscribe { topic: arn, .. }
    | AlarmChange::PutRule { rule: arn }
    | AlarmChange::PutTarget { rule: arn, .. }) = change;
    let alarm = alarms.iter_mut().find(|alarm| alarm.topic_arn == *arn || alarm.rule_arn == *arn).unwrap();
    let (topic, rule) = (alarm.topic.as_mut().unwrap(), alarm.rule.as_mut().unwrap());
    match change {
        AlarmChange::CreateTopic { policy, .. } => {
            *topic = Some(Topic { policy: Some(policy.to_json()), subscription: Subscription::Missing });
        }
        AlarmChange::PutTopicPolicy { policy, .. } => {
            topic.as_mut().unwrap().policy = Some(policy.to_json());
        }
        AlarmChange::Subscribe { .. } => {
            topic.as_mut().unwrap().subscription = Subscription::Unconfirmed;
        }
        AlarmChange::PutRule { .. } => {
            let sends = rule.is_some_and(|rule| rule.sends);
            *rule = Some(Rule { listens: true, sends });
        }
        AlarmChange::PutTarget { .. } => rule.as_mut().unwrap().sends = true,
    }
}

fn user_of<'f>(facts: &'f mut Facts, user: &str) -> &'f mut User {
    facts.rights.as_mut().unwrap().users.iter_mut().find(|found| found.name == user).unwrap()
}

fn keys_of<'f>(facts: &'f mut Facts, user: &str) -> &'f mut Vec<Key> {
    facts.looked_up.as_mut().unwrap().get_mut(user).unwrap()
}
