//! The plan as tables of cases, a file for each step, and what holds of every account.

mod activity_monitoring;
mod always;
mod any_account;
mod change;
mod groups;
mod individual_users;
mod key_rotation;
mod least_privilege;
mod roles_not_keys;
mod root_alarm;
mod unused_credentials;
mod whole;

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::credential_report::{Key, LastUse};
use crate::iam_practices::{
    Alarm, Analyzer, Attached, Group, IamPractices, Inline, Policy, Rights, Role, Rule, Run, Subscription,
    SupportRole, Topic, Wildcard, support_access,
};
use crate::plan_cases::{
    self, ACCOUNT, Cases, accepting, answers, assert_not_assessed, owned, person, says, states, step_of,
    unseen,
};
use crate::policy::Document;
use crate::practice::State;

const DAY: i64 = 86_400;
/// The account that manages the organization.
const MANAGEMENT: &str = "999988887777";
/// 2026-11-24, at midnight.
const NOW: i64 = 1_795_478_400;
const ADMINISTRATOR_ACCESS: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const OWN: &str = "arn:aws:iam::111122223333:policy/Own";
/// The AWS profile of this computer.
const PROFILE: &str = "dayone-admin";
const READS: &str = r#"{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#;
const WRITES: &str = r#"{"Statement":{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}}"#;

/// A table of cases against the plan of one step, which start from this account.
fn cases(step: StepId, start: fn() -> Facts) -> Cases<IamPractices> {
    Cases { step, start, answers, holds_together }
}

fn planned(facts: &Facts, answers: &Answers, step: StepId) -> StepPlan<Change> {
    step_of(plan(facts, answers), step)
}

/// What holds of every step, however it stands.
fn holds_together(planned: &StepPlan<Change>) {
    plan_cases::holds_together(planned);
    let state = planned.state;
    assert_ne!(state, State::NotApplicable, "{planned:?}");
    // What is accepted goes on telling what that is, and what was not seen tells that it is accepted.
    let may_have_notes = !matches!(state, State::InPlace | State::Blocked) || !planned.unseen.is_empty();
    assert!(planned.notes.is_empty() || may_have_notes, "{planned:?}");
    let may_be_offered = matches!(state, State::NeedsPerson | State::InPlace);
    assert!(planned.offer.is_none() || may_be_offered, "{planned:?}");
    assert_eq!(planned.awaited.is_some(), state == State::Waiting, "{planned:?}");
}

/// One administrator, who uses one key, and everything that the practice asks for.
fn perfect() -> Facts {
    Facts {
        account: ACCOUNT.into(),
        partition: "aws".into(),
        region: "eu-north-1".into(),
        now: NOW,
        run: Run { users: vec!["alice".into()], access_keys: vec!["AKIAALICE".into()] },
        report: Ok(report(vec![root_used(200), alice()])),
        looked_up: Ok(BTreeMap::new()),
        kept: BTreeMap::new(),
        switched: Ok(BTreeSet::new()),
        rights: Ok(rights(vec![in_groups("alice", &["Administrators"])])),
        management_account: Ok(Some(MANAGEMENT.into())),
        analyzer: Ok(Analyzer::Working("own".into())),
        security_contact: Ok(true),
        other_contacts: Ok([true; 2]),
        trail: Ok(Some("day-one".into())),
        public_access_blocked: Ok(true),
        support: Ok(SupportRole::Ready("Helpdesk".into())),
        root_alarm: Vec::new(),
    }
}

/// An account of which only root is there, used an hour ago.
fn fresh() -> Facts {
    Facts {
        run: Run::default(),
        report: Ok(report(vec![Row { created: ago(0), ..root_used(0) }])),
        rights: Ok(Rights::default()),
        analyzer: Ok(Analyzer::Missing),
        security_contact: Ok(false),
        other_contacts: Ok([false; 2]),
        trail: Ok(None),
        public_access_blocked: Ok(false),
        support: Ok(SupportRole::Missing),
        ..perfect()
    }
}

fn unattended() -> Answers {
    Answers { attended: false, ..answers() }
}

fn ago(days: i64) -> Option<i64> {
    Some(NOW - days * DAY)
}

/// Made ten hours and five minutes ago.
fn report(rows: Vec<Row>) -> CredentialReport {
    CredentialReport { generated: Some(NOW - 36_300), rows, unreadable: 0 }
}

fn row(user: &str, keys: Vec<Key>) -> Row {
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/{user}");
    Row { user: user.into(), arn, created: ago(300), keys, ..Row::default() }
}

fn root_used(days: i64) -> Row {
    Row {
        user: "<root_account>".into(),
        arn: format!("arn:aws:iam::{ACCOUNT}:root"),
        created: ago(300),
        password_last_used: ago(days),
        ..Row::default()
    }
}

fn alice() -> Row {
    Row { password: true, password_last_used: ago(1), ..row("alice", vec![key("AKIAALICE", 30, Some(1))]) }
}

/// A user who signs in by password.
fn with_password(user: &str, used: Option<i64>) -> Row {
    Row { password: true, password_last_used: used.and_then(ago), ..row(user, Vec::new()) }
}

/// An active key, as a single look-up gives it.
fn key(id: &str, made: i64, used: Option<i64>) -> Key {
    let last_use = used.and_then(ago).map(|at| LastUse {
        at,
        region: Some("us-east-1".into()),
        service: Some("s3".into()),
    });
    Key { id: Some(id.into()), active: true, made: ago(made), last_use, made_by: None }
}

fn off(key: Key) -> Key {
    Key { active: false, ..key }
}

/// The keys as the report has them.
fn without_ids(keys: &[Key]) -> Vec<Key> {
    keys.iter().cloned().map(|key| Key { id: None, ..key }).collect()
}

/// Adds a user with these keys, both to the report and to what was looked up.
fn add_keys(facts: &mut Facts, user: &str, keys: Vec<Key>) {
    add_row(facts, row(user, without_ids(&keys)));
    facts.looked_up.as_mut().unwrap().insert(user.into(), keys);
}

fn add_row(facts: &mut Facts, row: Row) {
    facts.report.as_mut().unwrap().rows.push(row);
}

fn attached(arn: &str) -> Attached {
    Attached { name: arn.rsplit('/').next().unwrap().into(), arn: arn.into() }
}

fn in_groups(user: &str, groups: &[&str]) -> User {
    User { name: user.into(), groups: owned(groups), ..User::default() }
}

fn holding(user: &str, policies: &[&str]) -> User {
    User { attached: policies.iter().copied().map(attached).collect(), ..in_groups(user, &[]) }
}

fn group(name: &str, policies: &[&str]) -> Group {
    Group {
        name: name.into(),
        attached: policies.iter().copied().map(attached).collect(),
        inline: Vec::new(),
    }
}

fn inline(name: &str, wildcards: &[Wildcard]) -> Inline {
    let reach = wildcards.iter().copied().collect();
    Inline { name: name.into(), reach, document: READS.into() }
}

/// A user with this inline policy, which says this.
fn with_inline(user: &str, policy: &str, document: &str) -> User {
    let inline = vec![Inline { document: document.into(), ..inline(policy, &[]) }];
    User { inline, ..in_groups(user, &[]) }
}

/// A group with this inline policy, which says this.
fn giving(name: &str, policy: &str, document: &str) -> Group {
    let inline = vec![Inline { document: document.into(), ..inline(policy, &[]) }];
    Group { inline, ..group(name, &[]) }
}

/// A role with an inline policy that reaches so far.
fn role(name: &str, path: &str, wildcards: &[Wildcard]) -> Role {
    Role { inline: vec![inline("x", wildcards)], ..role_holding(name, path, &[]) }
}

/// A role with these managed policies.
fn role_holding(name: &str, path: &str, policies: &[&str]) -> Role {
    let attached = policies.iter().copied().map(attached).collect();
    Role { name: name.into(), path: path.into(), attached, ..Role::default() }
}

/// The role of an organization, which this account may take on.
fn role_for(account: &str) -> Role {
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",
            "Principal":{{"AWS":"arn:aws:iam::{account}:root"}},"Action":"sts:AssumeRole"}}]}}"#
    );
    Role { trust, ..role_holding("OrganizationAccountAccessRole", "/", &[ADMINISTRATOR_ACCESS]) }
}

/// The administrators' group, and these users.
fn rights(users: Vec<User>) -> Rights {
    let groups = vec![group("Administrators", &[ADMINISTRATOR_ACCESS])];
    Rights { users, groups, ..Rights::default() }
}

fn add_user(facts: &mut Facts, user: User) {
    facts.rights.as_mut().unwrap().users.push(user);
}

fn add_group(facts: &mut Facts, group: Group) {
    facts.rights.as_mut().unwrap().groups.push(group);
}

fn add_role(facts: &mut Facts, role: Role) {
    facts.rights.as_mut().unwrap().roles.push(role);
}

fn own_policy(wildcards: &[Wildcard]) -> Policy {
    Policy { name: "Own".into(), arn: OWN.into(), reach: wildcards.iter().copied().collect() }
}

fn create_group(group: &str) -> Change {
    Change::CreateGroup { group: group.into() }
}

fn attach(group: &str, policy: &str) -> Change {
    Change::AttachGroupPolicy { group: group.into(), policy: policy.into() }
}

fn join(user: &str, group: &str) -> Change {
    Change::AddUserToGroup { user: user.into(), group: group.into() }
}

fn detach(user: &str, policy: &str, group: &str) -> Change {
    Change::DetachUserPolicy { user: user.into(), policy: policy.into(), group: group.into() }
}

fn put(group: &str, policy: &str) -> Change {
    Change::PutGroupPolicy { group: group.into(), policy: policy.into(), document: READS.into() }
}

fn delete_policy(user: &str, policy: &str, group: &str) -> Change {
    Change::DeleteUserPolicy { user: user.into(), policy: policy.into(), group: group.into() }
}

fn deactivate(user: &str, id: &str) -> Change {
    Change::DeactivateKey { user: user.into(), access_key: id.into() }
}

fn delete(user: &str, id: &str) -> Change {
    Change::DeleteKey { user: user.into(), access_key: id.into() }
}

fn reactivate(user: &str, id: &str) -> Change {
    Change::ReactivateKey { user: user.into(), access_key: id.into() }
}

/// Of alice, in the profile of this computer.
fn replace(id: &str) -> Change {
    Change::ReplaceKey { user: "alice".into(), access_key: id.into(), profiles: vec![PROFILE.into()] }
}

fn create_analyzer() -> Change {
    Change::CreateAnalyzer { region: "eu-north-1".into(), name: "dayone-external-access".into() }
}

fn create_role() -> Change {
    Change::CreateSupportRole { role: "dayone-support".into() }
}

fn attach_support() -> Change {
    Change::AttachSupportAccess { role: "dayone-support".into(), policy: support_access("aws") }
}

fn block() -> Change {
    Change::BlockPublicAccess { account: ACCOUNT.into(), region: "eu-north-1".into() }
}

fn set_contact() -> Change {
    Change::SetSecurityContact {
        name: "Security".into(),
        title: "Security contact".into(),
        email: "security@example.com".into(),
        phone: "+82 2 555 0100".into(),
    }
}

const EMAIL: &str = "security@example.com";

/// The alarm in a Region, of which nothing is there.
fn no_alarm(region: &str) -> Alarm {
    Alarm {
        region: region.into(),
        topic_arn: format!("arn:aws:sns:{region}:{ACCOUNT}:dayone-root-use"),
        rule_arn: format!("arn:aws:events:{region}:{ACCOUNT}:rule/dayone-root-use"),
        topic: Ok(None),
        rule: Ok(None),
    }
}

/// The alarm with everything there, but perhaps not confirmed.
fn alarm(region: &str, subscription: Subscription) -> Alarm {
    let created = alarm_changes(region).into_iter().find_map(|change| match change {
        Change::RootAlarm(AlarmChange::CreateTopic { policy, .. }) => Some(policy.to_json()),
        _ => None,
    });
    assert!(created.is_some(), "the topic is made with a policy");
    let topic = Topic { policy: created, subscription };
    Alarm { topic: Ok(Some(topic)), rule: Ok(Some(Rule { listens: true, sends: true })), ..no_alarm(region) }
}

/// What makes the alarm in a Region.
fn alarm_changes(region: &str) -> Vec<Change> {
    let Alarm { topic_arn, rule_arn, .. } = no_alarm(region);
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"DayoneRootUseAlarm","Effect":"Allow",
            "Principal":{{"Service":"events.amazonaws.com"}},"Action":"sns:Publish","Resource":"{topic_arn}",
            "Condition":{{"ArnEquals":{{"aws:SourceArn":"{rule_arn}"}}}}}}]}}"#
    );
    let policy = Document::parse(&policy).unwrap();
    let (topic, rule) = (|| topic_arn.clone(), || rule_arn.clone());
    let changes = [
        AlarmChange::CreateTopic { topic: topic(), policy },
        AlarmChange::Subscribe { topic: topic(), email: EMAIL.into() },
        AlarmChange::PutRule { rule: rule() },
        AlarmChange::PutTarget { rule: rule(), topic: topic() },
    ];
    changes.into_iter().map(Change::RootAlarm).collect()
}

fn ask_for_alarm(answers: &mut Answers) {
    answers.trail.root_alarm_email = Some(EMAIL.into());
}

fn name_contact(answers: &mut Answers) {
    answers.iam.security_contact_email = Some("security@example.com".into());
    answers.iam.security_contact_phone = Some("+82 2 555 0100".into());
}

/// Some note of a plan says all of these, in both languages.
fn notes(planned: &StepPlan<Change>, words: &[&str]) {
    let says = |note: &Text| words.iter().all(|word| note.en.contains(word) && note.ko.contains(word));
    assert!(planned.notes.iter().any(says), "{words:?} are not in {:?}", planned.notes);
}

/// A run of ours switched this key off.
fn switched_off(answers: &mut Answers, id: &str) {
    answers.switched_off.insert(format!("iam:access-key/{id}"));
}
