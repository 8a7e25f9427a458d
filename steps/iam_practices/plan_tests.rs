//! The plan as a table of cases, and what holds of every account.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::*;
use crate::answers::{Accept, Admin, PersonAnswer};
use crate::aws::Reading;
use crate::credential_report::{Key, LastUse};
use crate::iam_practices::{
    Alarm, Analyzer, Attached, Group, Inline, Policy, Reach, Rights, Role, Rule, Run, Subscription,
    SupportRole, Topic, Wildcard, support_access,
};
use crate::policy::Document;
use crate::practice::{Change as _, PracticeId, State};

const ACCOUNT: &str = "111122223333";
const DAY: i64 = 86_400;
/// 2026-11-24, at midnight.
const NOW: i64 = 1_795_478_400;
const ADMINISTRATOR_ACCESS: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const OWN: &str = "arn:aws:iam::111122223333:policy/Own";
/// The AWS profile of this computer.
const PROFILE: &str = "dayone-admin";
const READS: &str = r#"{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#;
const WRITES: &str = r#"{"Statement":{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}}"#;

/// What is unlike the account that a table starts from.
type Given = fn(&mut Facts, &mut Answers);

/// One line of a table: what is unlike the account that the table starts from, and how the step stands then.
struct Case {
    name: &'static str,
    state: State,
    changes: Vec<Change>,
    given: Given,
}

/// A case in which nothing is changed.
fn stands(name: &'static str, state: State, given: Given) -> Case {
    Case { name, state, changes: Vec::new(), given }
}

/// A case in which there is something to change.
fn changes(name: &'static str, changes: Vec<Change>, given: Given) -> Case {
    Case { name, state: State::ToChange, changes, given }
}

/// Holds each case against the plan of one step.
fn hold(step: StepId, cases: impl IntoIterator<Item = Case>) {
    for Case { name, state, changes, given } in cases {
        let (mut facts, mut answers) = (perfect(), answers());
        given(&mut facts, &mut answers);
        let planned = planned(&facts, &answers, step);
        assert_eq!((planned.state, &planned.changes), (state, &changes), "{step}: {name}");
        holds_together(&planned);
    }
}

fn planned(facts: &Facts, answers: &Answers, step: StepId) -> StepPlan<Change> {
    plan(facts, answers).into_iter().find(|planned| planned.step == step).unwrap()
}

/// What holds of every step, however it stands.
fn holds_together(planned: &StepPlan<Change>) {
    let state = planned.state;
    let has_reason = matches!(state, State::Waiting | State::Blocked | State::Accepted | State::NotAssessed);
    assert_eq!(!planned.changes.is_empty(), state == State::ToChange, "{planned:?}");
    assert_eq!(planned.person.is_some(), state == State::NeedsPerson, "{planned:?}");
    assert_eq!(planned.found.is_some(), state == State::InPlace, "{planned:?}");
    assert_eq!(planned.reason.is_some(), has_reason, "{planned:?}");
    // What is accepted goes on telling what that is, and what was not seen tells that it is accepted.
    let may_have_notes = !matches!(state, State::InPlace | State::Blocked);
    assert!(planned.notes.is_empty() || may_have_notes, "{planned:?}");
    let may_be_offered = matches!(state, State::NeedsPerson | State::InPlace);
    assert!(planned.offer.is_none() || may_be_offered, "{planned:?}");
    assert!(planned.undo.is_empty() || state == State::ToChange, "{planned:?}");
    assert_eq!(planned.awaited.is_some(), state == State::Waiting, "{planned:?}");
    assert!(planned.person.iter().all(|task| !task.how.is_empty()), "{planned:?}");
    let of_person = planned.person.iter().flat_map(|task| std::iter::once(&task.what).chain(&task.how));
    for text in of_person.chain(&planned.reason).chain(&planned.found).chain(&planned.notes) {
        assert!(!text.en.is_empty() && !text.ko.is_empty(), "{planned:?}");
    }
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
        report: Ok(report(vec![root_used(0)])),
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

/// What the wizard starts with: a person is there, and has named the administrator.
fn answers() -> Answers {
    let admin = Admin { user: Some("alice".into()), ..Admin::default() };
    Answers { attended: true, admin, ..Answers::default() }
}

fn unattended() -> Answers {
    Answers { attended: false, ..answers() }
}

fn denied() -> Unseen {
    Unseen::denied("iam:GetSomething", "AccessDenied")
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
    let groups = groups.iter().copied().map(str::to_owned).collect();
    User { name: user.into(), groups, ..User::default() }
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
    Role { name: name.into(), path: path.into(), attached, inline: Vec::new() }
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

fn detach(user: &str, policy: &str) -> Change {
    Change::DetachUserPolicy { user: user.into(), policy: policy.into() }
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

/// Both languages contain all the words.
fn says(text: &Text, words: &[&str]) {
    for (word, sentence) in words.iter().flat_map(|word| [(word, &text.en), (word, &text.ko)]) {
        assert!(sentence.contains(word), "{word} is not in: {sentence}");
    }
}

/// Some note of a plan says all of these, in both languages.
fn notes(planned: &StepPlan<Change>, words: &[&str]) {
    let says = |note: &Text| words.iter().all(|word| note.en.contains(word) && note.ko.contains(word));
    assert!(planned.notes.iter().any(says), "{words:?} are not in {:?}", planned.notes);
}

// The whole practice.

#[test]
fn in_a_new_account_only_the_watch_is_missing() {
    let states = |answers: &Answers| plan(&fresh(), answers).iter().map(|p| p.state).collect::<Vec<_>>();
    let mut expected = [State::InPlace; 7];
    (expected[0], expected[6]) = (State::Blocked, State::ToChange);
    assert_eq!(states(&answers()), expected);
    assert_eq!(states(&unattended()), expected);
}

#[test]
fn a_perfect_account_has_nothing_to_do() {
    for planned in plan(&perfect(), &answers()).into_iter().chain(plan(&perfect(), &unattended())) {
        assert_eq!(planned.state, State::InPlace, "{planned:?}");
        holds_together(&planned);
    }
}

#[test]
fn where_nothing_can_be_read_nothing_is_claimed() {
    let facts = Facts {
        report: Err(denied()),
        rights: Err(denied()),
        analyzer: Err(denied()),
        security_contact: Err(denied()),
        public_access_blocked: Err(denied()),
        support: Err(denied()),
        ..perfect()
    };
    for planned in plan(&facts, &answers()) {
        assert_eq!(planned.state, State::NotAssessed, "{planned:?}");
        says(planned.reason.as_ref().unwrap(), &["iam:GetSomething", "AccessDenied"]);
    }
}

fn accepting(steps: &[StepId]) -> Answers {
    let accept = |step: &StepId| Accept { step: *step, reason: "we know".into() };
    Answers { accept: steps.iter().map(accept).collect(), ..answers() }
}

#[test]
fn what_is_accepted_stays_as_it_is() {
    let mut facts = fresh();
    add_keys(&mut facts, "bob", vec![key("AKIABOB", 100, None)]);
    add_user(&mut facts, holding("admin", &[ADMINISTRATOR_ACCESS]));
    for planned in plan(&facts, &accepting(PracticeId::IamPractices.steps())) {
        let expected = if planned.step == StepId::RolesNotKeys { State::InPlace } else { State::Accepted };
        assert_eq!(planned.state, expected, "{planned:?}");
        holds_together(&planned);
    }
}

#[test]
fn every_verdict_about_credentials_tells_how_old_the_report_is() {
    let steps =
        [StepId::IndividualUsers, StepId::UnusedCredentials, StepId::KeyRotation, StepId::RolesNotKeys];
    let mut wanting = perfect();
    add_keys(&mut wanting, "ci", vec![key("AKIACI", 100, Some(50)), key("AKIACI2", 50, Some(1))]);
    add_user(&mut wanting, in_groups("ci", &[]));
    for step in steps {
        let good = planned(&perfect(), &answers(), step).found.unwrap();
        assert!(good.en.contains("10 h 5 min") && good.ko.contains("10시간 5분"), "{good:?}");
        let planned = planned(&wanting, &answers(), step);
        let tells = |note: &Text| note.en.contains("10 h 5 min") && note.ko.contains("10시간 5분");
        assert!(planned.notes.iter().any(tells), "{planned:?}");
    }
    for (seconds, en, ko) in [
        (-5, "of less than a minute ago", "방금 만든 자격 증명 보고서"),
        (59, "of less than a minute ago", "방금 만든 자격 증명 보고서"),
        (60, "of 1 min ago", "1분 전 자격"),
        (3_599, "of 59 min ago", "59분 전 자격"),
        (3_600, "of 1 h 0 min ago", "1시간 0분 전 자격"),
    ] {
        let mut fresh = perfect();
        fresh.report.as_mut().unwrap().generated = Some(NOW - seconds);
        let found = planned(&fresh, &answers(), StepId::UnusedCredentials).found.unwrap();
        assert!(found.en.contains(en) && found.ko.contains(ko), "{found:?}");
    }
    wanting.report.as_mut().unwrap().generated = None;
    let unknown = planned(&wanting, &answers(), StepId::UnusedCredentials).notes;
    assert!(unknown.iter().any(|note| note.en.contains("unknown age")), "{unknown:?}");
}

#[test]
fn lines_that_cannot_be_read_are_no_pass() {
    let mut facts = perfect();
    facts.report.as_mut().unwrap().unreadable = 3;
    for step in [StepId::UnusedCredentials, StepId::KeyRotation, StepId::RolesNotKeys] {
        let planned = planned(&facts, &answers(), step);
        assert_eq!(planned.state, State::NotAssessed, "{step}");
        says(&planned.reason.unwrap(), &["3", "iam:GetCredentialReport"]);
    }
}

// Users of one's own.

#[test]
fn a_name_of_nothing_but_common_words_looks_shared() {
    for shared in
        ["admin", "Admin", "dev-team", "TEST", "test1", "ci", "ci.deploy", "shared_dev", "aws+bot", "qa2"]
    {
        assert!(looks_shared(shared), "{shared}");
    }
    for own in ["alice", "kim", "alice-admin", "dev-kim", "teamster", "a1", "7", "-", "ciara", "acme-ci"] {
        assert!(!looks_shared(own), "{own}");
    }
}

#[test]
fn users_that_look_shared_are_named() {
    hold(
        StepId::IndividualUsers,
        [
            stands("one of one's own", State::InPlace, |_, _| {}),
            stands("shared, and used", State::NeedsPerson, |facts, _| {
                add_user(facts, in_groups("admin", &[]));
                add_row(facts, with_password("admin", Some(1)));
            }),
            stands("shared, and nobody can use it", State::InPlace, |facts, _| {
                add_user(facts, in_groups("admin", &[]));
                add_keys(facts, "admin", vec![off(key("AKIA1", 10, None))]);
            }),
            stands("shared, with a key", State::NeedsPerson, |facts, _| {
                add_user(facts, in_groups("ci", &[]));
                add_keys(facts, "ci", vec![key("AKIA1", 10, None)]);
            }),
            stands("shared, and too new for the report", State::NeedsPerson, |facts, _| {
                add_user(facts, in_groups("team", &[]));
            }),
            stands("shared, and no report", State::NeedsPerson, |facts, _| {
                add_user(facts, in_groups("team", &[]));
                facts.report = Err(denied());
            }),
            stands("nothing shared, and no report", State::InPlace, |facts, _| facts.report = Err(denied())),
            stands("the administrator's name looks shared", State::NeedsPerson, |facts, _| {
                add_user(facts, in_groups("root", &["Administrators"]));
            }),
            stands("nobody can sign in as it", State::NeedsPerson, |facts, _| {
                add_user(facts, in_groups("left-over", &[]));
                add_row(facts, row("left-over", Vec::new()));
            }),
            stands("the same, and the name looks shared", State::NeedsPerson, |facts, _| {
                add_user(facts, in_groups("team", &[]));
                add_row(facts, row("team", Vec::new()));
            }),
            stands("the same, deleted since the report", State::InPlace, |facts, _| {
                add_row(facts, row("left-over", Vec::new()));
            }),
            stands("the same, made lately", State::InPlace, |facts, _| {
                add_user(facts, in_groups("left-over", &[]));
                add_row(facts, Row { created: ago(44), ..row("left-over", Vec::new()) });
            }),
            stands("a certificate opens it", State::InPlace, |facts, _| {
                add_user(facts, in_groups("soap", &[]));
                add_row(facts, Row { certificate: true, ..row("soap", Vec::new()) });
            }),
            stands("a person of the answers", State::InPlace, |facts, answers| {
                add_user(facts, in_groups("bob", &[]));
                add_row(facts, row("bob", Vec::new()));
                answers.people = vec![person("BOB")];
            }),
            stands("the administrator, who has not signed in", State::InPlace, |facts, answers| {
                add_user(facts, in_groups("kim", &["Administrators"]));
                add_row(facts, row("kim", Vec::new()));
                answers.admin.user = Some("kim".into());
            }),
            stands("nobody yet", State::Blocked, |facts, _| facts.rights = Ok(Rights::default())),
            stands("a person is missing", State::Blocked, |_, answers| answers.people = vec![person("bob")]),
            stands("a person in another case", State::InPlace, |_, answers| {
                answers.people = vec![person("ALICE")];
            }),
            stands("unreadable", State::NotAssessed, |facts, _| facts.rights = Err(denied())),
        ],
    );
}

fn person(user: &str) -> PersonAnswer {
    PersonAnswer { user: user.into(), groups: Vec::new(), console_password_file: None }
}

#[test]
fn who_is_shared_and_who_is_missing_is_said() {
    let mut facts = perfect();
    add_user(&mut facts, in_groups("dev", &[]));
    add_keys(&mut facts, "dev", vec![key("AKIA1", 10, None), off(key("AKIA2", 10, None))]);
    let found = planned(&facts, &answers(), StepId::IndividualUsers);
    says(&found.person.as_ref().unwrap().what, &["dev"]);
    notes(&found, &["dev", "2026-01-28"]);
    assert!(found.notes[0].en.contains("active keys 1"), "{:?}", found.notes);

    add_user(&mut facts, in_groups("left-over", &[]));
    add_row(&mut facts, row("left-over", Vec::new()));
    let both = planned(&facts, &answers(), StepId::IndividualUsers);
    let task = both.person.as_ref().unwrap();
    says(&task.what, &["dev", "left-over"]);
    assert!(
        task.how.iter().any(|how| how.en.contains("deletes no user") && how.ko.contains("삭제하지 않습니다"))
    );
    notes(&both, &["left-over", "2026-01-28"]);

    let people = vec![person("bob"), person("alice"), person("Carol")];
    let missing = planned(&perfect(), &Answers { people, ..answers() }, StepId::IndividualUsers);
    says(&missing.reason.unwrap(), &["bob, Carol", "users-mfa"]);
}

// Rights through groups.

#[test]
fn policies_move_to_groups_of_their_own() {
    let moved = vec![
        create_group("ReadOnlyAccess-users"),
        attach("ReadOnlyAccess-users", READ_ONLY),
        join("bob", "ReadOnlyAccess-users"),
        detach("bob", READ_ONLY),
    ];
    hold(
        StepId::PermissionsThroughGroups,
        [
            stands("none of one's own", State::InPlace, |_, _| {}),
            changes("one", moved.clone(), |facts, _| add_user(facts, holding("bob", &[READ_ONLY]))),
            changes("unattended, with consent", moved.clone(), |facts, answers| {
                (answers.attended, answers.iam.move_to_groups) = (false, true);
                add_user(facts, holding("bob", &[READ_ONLY]));
            }),
            stands("unattended, without", State::NeedsPerson, |facts, answers| {
                answers.attended = false;
                add_user(facts, holding("bob", &[READ_ONLY]));
            }),
            changes(
                "two with the same",
                [moved.clone(), vec![join("carol", "ReadOnlyAccess-users"), detach("carol", READ_ONLY)]]
                    .concat(),
                |facts, _| {
                    add_user(facts, holding("bob", &[READ_ONLY]));
                    add_user(facts, holding("carol", &[READ_ONLY]));
                },
            ),
            changes("the group is made", moved[1..].to_vec(), |facts, _| {
                add_user(facts, holding("bob", &[READ_ONLY]));
                add_group(facts, group("ReadOnlyAccess-users", &[]));
            }),
            changes("the group has the policy", moved[2..].to_vec(), |facts, _| {
                add_user(facts, holding("bob", &[READ_ONLY]));
                add_group(facts, group("ReadOnlyAccess-users", &[READ_ONLY]));
            }),
            changes("the user is in it", moved[3..].to_vec(), |facts, _| {
                let groups = vec!["ReadOnlyAccess-users".to_owned()];
                add_user(facts, User { groups, ..holding("bob", &[READ_ONLY]) });
                add_group(facts, group("ReadOnlyAccess-users", &[READ_ONLY]));
            }),
            changes(
                "the group is spelled in another case",
                vec![join("bob", "readonlyaccess-USERS"), detach("bob", READ_ONLY)],
                |facts, _| {
                    add_user(facts, holding("bob", &[READ_ONLY]));
                    add_group(facts, group("readonlyaccess-USERS", &[READ_ONLY]));
                },
            ),
            stands("unreadable", State::NotAssessed, |facts, _| facts.rights = Err(denied())),
        ],
    );
}

#[test]
fn inline_policies_move_only_where_the_answers_say_so() {
    let moved = vec![
        create_group("Uploads-users"),
        put("Uploads-users", "Uploads"),
        join("bob", "Uploads-users"),
        delete_policy("bob", "Uploads", "Uploads-users"),
    ];
    hold(
        StepId::PermissionsThroughGroups,
        [
            stands("without a word", State::NeedsPerson, |facts, _| {
                add_user(facts, with_inline("bob", "Uploads", READS));
            }),
            stands("without a word, unattended", State::NeedsPerson, |facts, answers| {
                answers.attended = false;
                add_user(facts, with_inline("bob", "Uploads", READS));
            }),
            changes("by the answers", moved.clone(), |facts, answers| {
                answers.iam.move_to_groups = true;
                add_user(facts, with_inline("bob", "Uploads", READS));
            }),
            changes("unattended, by the answers", moved.clone(), |facts, answers| {
                (answers.attended, answers.iam.move_to_groups) = (false, true);
                add_user(facts, with_inline("bob", "Uploads", READS));
            }),
            changes("cut short when the group was made", moved[1..].to_vec(), |facts, answers| {
                answers.iam.move_to_groups = true;
                add_user(facts, with_inline("bob", "Uploads", READS));
                add_group(facts, group("Uploads-users", &[]));
            }),
            changes("cut short when the group had the policy", moved[2..].to_vec(), |facts, answers| {
                answers.iam.move_to_groups = true;
                add_user(facts, with_inline("bob", "Uploads", READS));
                add_group(facts, giving("Uploads-users", "Uploads", READS));
            }),
            changes("cut short when the user was in it", moved[3..].to_vec(), |facts, answers| {
                answers.iam.move_to_groups = true;
                let groups = vec!["Uploads-users".to_owned()];
                add_user(facts, User { groups, ..with_inline("bob", "Uploads", READS) });
                add_group(facts, giving("Uploads-users", "Uploads", READS));
            }),
            changes("another user has another one of the name", moved, |facts, answers| {
                answers.iam.move_to_groups = true;
                add_user(facts, with_inline("bob", "Uploads", READS));
                add_user(facts, with_inline("carol", "Uploads", WRITES));
            }),
            stands("the group says something else", State::NeedsPerson, |facts, answers| {
                answers.iam.move_to_groups = true;
                add_user(facts, with_inline("bob", "Uploads", READS));
                add_group(facts, giving("Uploads-users", "Uploads", WRITES));
            }),
            stands("the group has a managed policy", State::NeedsPerson, |facts, answers| {
                answers.iam.move_to_groups = true;
                add_user(facts, with_inline("bob", "Uploads", READS));
                add_group(facts, group("Uploads-users", &[READ_ONLY]));
            }),
            stands("others in the group have not had it", State::NeedsPerson, |facts, answers| {
                answers.iam.move_to_groups = true;
                add_user(facts, with_inline("bob", "Uploads", READS));
                add_user(facts, in_groups("carol", &["Uploads-users"]));
                add_group(facts, group("Uploads-users", &[]));
            }),
            stands("full rights", State::NeedsPerson, |facts, answers| {
                answers.iam.move_to_groups = true;
                let inline = vec![inline("All", &[Wildcard::EverythingWithMfa])];
                add_user(facts, User { inline, ..in_groups("bob", &[]) });
            }),
            stands("one that cannot be understood", State::NeedsPerson, |facts, answers| {
                answers.iam.move_to_groups = true;
                add_user(facts, with_inline("bob", "Uploads", "{"));
            }),
            stands("of the administrator", State::NeedsPerson, |facts, answers| {
                answers.iam.move_to_groups = true;
                facts.rights.as_mut().unwrap().users[0].inline = vec![inline("Uploads", &[])];
            }),
        ],
    );
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
    hold(
        StepId::PermissionsThroughGroups,
        [
            stands("inline", State::NeedsPerson, |facts, _| {
                add_user(facts, User { inline: vec![inline("x", &[])], ..in_groups("bob", &[]) });
            }),
            stands("full rights", State::NeedsPerson, |facts, _| {
                add_user(facts, holding("bob", &[ADMINISTRATOR_ACCESS]));
            }),
            stands("the run's own user", State::NeedsPerson, |facts, _| {
                facts.rights.as_mut().unwrap().users[0].attached = vec![attached(READ_ONLY)];
            }),
            stands("the administrator", State::NeedsPerson, |facts, answers| {
                (facts.run, answers.admin.user) = (Run::default(), Some("BOB".into()));
                add_user(facts, holding("bob", &[READ_ONLY]));
            }),
            stands("the group gives something else", State::NeedsPerson, |facts, _| {
                add_user(facts, holding("bob", &[READ_ONLY]));
                add_group(facts, group("ReadOnlyAccess-users", &[READ_ONLY, OWN]));
            }),
            stands("the group has an inline policy", State::NeedsPerson, |facts, _| {
                add_user(facts, holding("bob", &[READ_ONLY]));
                let inline = vec![inline("x", &[])];
                add_group(facts, Group { inline, ..group("ReadOnlyAccess-users", &[READ_ONLY]) });
            }),
            stands("the group has others in it", State::NeedsPerson, |facts, _| {
                add_user(facts, holding("bob", &[READ_ONLY]));
                add_user(facts, in_groups("carol", &["ReadOnlyAccess-users"]));
                add_group(facts, group("ReadOnlyAccess-users", &[]));
            }),
            stands("ten groups", State::NeedsPerson, |facts, _| {
                let groups = (0..10).map(|number| format!("g{number}")).collect();
                add_user(facts, User { groups, ..holding("bob", &[READ_ONLY]) });
            }),
            stands("a name that is too long for a group", State::NeedsPerson, |facts, _| {
                let long = format!("arn:aws:iam::{ACCOUNT}:policy/{}", "n".repeat(123));
                add_user(facts, holding("bob", &[&long]));
            }),
        ],
    );
}

#[test]
fn of_two_policies_with_one_name_one_is_left() {
    let namesake = format!("arn:aws:iam::{ACCOUNT}:policy/ReadOnlyAccess");
    let mut facts = perfect();
    add_user(&mut facts, holding("bob", &[READ_ONLY, &namesake]));
    let planned = planned(&facts, &answers(), StepId::PermissionsThroughGroups);
    assert_eq!(planned.changes.last(), Some(&detach("bob", READ_ONLY)));
    assert!(!planned.changes.contains(&detach("bob", &namesake)));
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
    assert_eq!(detached.collect::<Vec<_>>(), [&detach("bob", policies[0]), &detach("bob", policies[1])]);
}

#[test]
fn many_users_are_moved_a_few_at_a_time() {
    let mut facts = perfect();
    for number in 0..50 {
        add_user(&mut facts, holding(&format!("user{number:02}"), &[READ_ONLY]));
    }
    let planned = planned(&facts, &answers(), StepId::PermissionsThroughGroups);
    assert_eq!(planned.changes.len(), 2 + 2 * 5);
    assert_eq!(planned.changes.last(), Some(&detach("user04", READ_ONLY)));
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

// What nobody uses.

#[test]
fn what_is_unused_is_switched_off_before_it_is_deleted() {
    hold(
        StepId::UnusedCredentials,
        [
            stands("used", State::InPlace, |_, _| {}),
            changes("a key, 45 days", vec![deactivate("bob", "AKIA1")], |facts, _| {
                add_keys(facts, "bob", vec![key("AKIA1", 300, Some(45))]);
            }),
            stands("a key, 44 days", State::InPlace, |facts, _| {
                add_keys(facts, "bob", vec![key("AKIA1", 300, Some(44))]);
            }),
            changes("a key that was never used", vec![deactivate("bob", "AKIA1")], |facts, _| {
                add_keys(facts, "bob", vec![key("AKIA1", 45, None)]);
            }),
            stands("a new key that was never used", State::InPlace, |facts, _| {
                add_keys(facts, "bob", vec![key("AKIA1", 44, None)]);
            }),
            changes("one of two", vec![deactivate("bob", "AKIA2")], |facts, _| {
                add_keys(facts, "bob", vec![key("AKIA1", 300, Some(1)), key("AKIA2", 300, Some(100))]);
            }),
            changes("off and on", vec![deactivate("bob", "AKIA1")], |facts, _| {
                add_keys(facts, "bob", vec![key("AKIA1", 300, Some(100)), off(key("AKIA2", 300, None))]);
            }),
            stands("switched off since the report", State::InPlace, |facts, _| {
                add_keys(facts, "bob", vec![key("AKIA1", 300, Some(100))]);
                let off = vec![off(key("AKIA1", 300, Some(100)))];
                facts.looked_up.as_mut().unwrap().insert("bob".into(), off);
            }),
            stands("used since the report", State::InPlace, |facts, _| {
                add_keys(facts, "bob", vec![key("AKIA1", 300, Some(100))]);
                let used = vec![key("AKIA1", 300, Some(0))];
                facts.looked_up.as_mut().unwrap().insert("bob".into(), used);
            }),
            stands("not looked up", State::NeedsPerson, |facts, _| {
                add_row(facts, row("bob", without_ids(&[key("AKIA1", 300, Some(100))])));
            }),
            stands("looking up was refused", State::NeedsPerson, |facts, _| {
                add_row(facts, row("bob", without_ids(&[key("AKIA1", 300, Some(100))])));
                facts.looked_up = Err(denied());
            }),
            stands("a password", State::NeedsPerson, |facts, _| {
                add_row(facts, with_password("bob", Some(45)))
            }),
            stands("a password that was never used", State::NeedsPerson, |facts, _| {
                add_row(facts, with_password("bob", None));
            }),
            stands("a password that was changed lately", State::InPlace, |facts, _| {
                add_row(facts, Row { password_last_changed: ago(10), ..with_password("bob", None) });
            }),
            stands("a password of a new user", State::InPlace, |facts, _| {
                add_row(facts, Row { created: ago(10), ..with_password("bob", None) });
            }),
            stands("a user of unknown age", State::NeedsPerson, |facts, _| {
                add_row(facts, Row { created: None, ..with_password("bob", None) });
            }),
            changes("a password and a key", vec![deactivate("bob", "AKIA1")], |facts, _| {
                add_keys(facts, "bob", vec![key("AKIA1", 300, Some(100))]);
                add_row(facts, with_password("carol", None));
            }),
            stands("unattended", State::NeedsPerson, |facts, answers| {
                answers.attended = false;
                add_keys(facts, "bob", vec![key("AKIA1", 300, Some(100))]);
            }),
            changes("unattended, with consent", vec![deactivate("bob", "AKIA1")], |facts, answers| {
                (answers.attended, answers.iam.disable_unused) = (false, true);
                add_keys(facts, "bob", vec![key("AKIA1", 300, Some(100))]);
            }),
            stands("unreadable", State::NotAssessed, |facts, _| facts.report = Err(denied())),
        ],
    );
}

#[test]
fn a_key_that_came_with_its_user_is_switched_off() {
    let together = |facts: &mut Facts, seconds: i64, used: Option<i64>, password: bool| {
        let mut key = key("AKIA1", 10, used);
        key.made = key.made.map(|made| made + seconds);
        let bob = Row {
            password,
            password_last_used: ago(1),
            created: ago(10),
            ..row("bob", without_ids(&[key.clone()]))
        };
        add_row(facts, bob);
        facts.looked_up.as_mut().unwrap().insert("bob".into(), vec![key]);
    };
    for (seconds, used, password, state) in [
        (0, None, true, State::ToChange),
        (60, None, true, State::ToChange),
        (-60, None, true, State::ToChange),
        (61, None, true, State::InPlace),
        (0, Some(1), true, State::InPlace),
        (0, None, false, State::InPlace),
    ] {
        let mut facts = perfect();
        together(&mut facts, seconds, used, password);
        let planned = planned(&facts, &answers(), StepId::UnusedCredentials);
        assert_eq!(planned.state, state, "{seconds} {used:?} {password}");
    }
    // The administrator's own key may be an hour old.
    let mut facts = perfect();
    let made = ago(1);
    let keys = vec![Key { made, last_use: None, ..key("AKIAALICE", 1, None) }];
    facts.report = Ok(report(vec![Row { created: made, keys: without_ids(&keys), ..alice() }]));
    facts.looked_up = Ok(BTreeMap::from([("alice".to_owned(), keys)]));
    assert_eq!(planned(&facts, &answers(), StepId::UnusedCredentials).state, State::InPlace);
}

#[test]
fn the_administrator_and_the_run_are_never_touched() {
    let stale = || vec![key("AKIA1", 300, Some(100))];
    let cases: [(&str, Given); 4] = [
        ("the administrator", |facts, answers| {
            (facts.run, answers.admin.user) = (Run::default(), Some("BOB".into()));
        }),
        ("whom the run acts as", |facts, _| facts.run.users.push("Bob".into())),
        ("whose key signs", |facts, _| facts.run.access_keys.push("AKIA1".into())),
        ("all of them", |facts, answers| {
            answers.admin.user = Some("bob".into());
            facts.run = Run { users: vec!["bob".into()], access_keys: vec!["AKIA1".into()] };
        }),
    ];
    for (name, given) in cases {
        let (mut facts, mut answers) = (perfect(), answers());
        add_keys(&mut facts, "bob", stale());
        given(&mut facts, &mut answers);
        let found = planned(&facts, &answers, StepId::UnusedCredentials);
        assert_eq!((found.state, &found.changes), (State::NeedsPerson, &Vec::new()), "{name}");
        notes(&found, &["bob", "AKIA1"]);
        for key in facts.looked_up.as_mut().unwrap().values_mut().flatten() {
            key.active = false;
        }
        assert_eq!(planned(&facts, &answers, StepId::UnusedCredentials).state, State::InPlace, "{name}, off");
    }
}

#[test]
fn deleting_takes_a_key_that_was_off_for_long_and_a_person() {
    let forgotten = |facts: &mut Facts| add_keys(facts, "bob", vec![off(key("AKIA1", 300, Some(90)))]);
    let cases: [(&str, State, Vec<Change>, Given); 10] = [
        ("off for long", State::ToChange, vec![delete("bob", "AKIA1")], |_, _| {}),
        ("unattended", State::NeedsPerson, vec![], |_, answers| answers.attended = false),
        ("unattended, with consent to switch off", State::NeedsPerson, vec![], |_, answers| {
            (answers.attended, answers.iam.disable_unused) = (false, true);
        }),
        ("switched in that time", State::InPlace, vec![], |facts, _| {
            facts.switched = Ok(BTreeSet::from(["AKIA1".to_owned()]));
        }),
        ("Event History cannot be read", State::InPlace, vec![], |facts, _| facts.switched = Err(denied())),
        ("used 89 days ago", State::InPlace, vec![], |facts, _| {
            let used = vec![off(key("AKIA1", 300, Some(89)))];
            facts.looked_up.as_mut().unwrap().insert("bob".into(), used);
        }),
        ("made 89 days ago", State::InPlace, vec![], |facts, _| {
            let made = vec![off(key("AKIA1", 89, None))];
            facts.looked_up.as_mut().unwrap().insert("bob".into(), made);
        }),
        ("the report is a moment old", State::InPlace, vec![], |facts, _| {
            facts.report.as_mut().unwrap().generated = Some(NOW - 60);
        }),
        ("on by the report", State::InPlace, vec![], |facts, _| {
            facts.report.as_mut().unwrap().rows[2].keys[0].active = true;
        }),
        (
            "another key is to be switched off first",
            State::ToChange,
            vec![deactivate("carol", "AKIA2")],
            |facts, _| {
                add_keys(facts, "carol", vec![key("AKIA2", 300, Some(100))]);
            },
        ),
    ];
    for (name, state, changes, given) in cases {
        let (mut facts, mut answers) = (perfect(), answers());
        forgotten(&mut facts);
        given(&mut facts, &mut answers);
        let planned = planned(&facts, &answers, StepId::UnusedCredentials);
        assert_eq!((planned.state, &planned.changes), (state, &changes), "{name}");
        holds_together(&planned);
    }
    assert!(delete("bob", "AKIA1").is_irreversible() && !deactivate("bob", "AKIA1").is_irreversible());
}

#[test]
fn the_evidence_stands_beside_each_change() {
    let mut facts = perfect();
    add_keys(&mut facts, "bob", vec![key("AKIA1", 300, Some(100))]);
    add_keys(&mut facts, "dan", vec![key("AKIA2", 100, None)]);
    add_row(&mut facts, with_password("carol", Some(60)));
    let planned = planned(&facts, &answers(), StepId::UnusedCredentials);
    assert_eq!(planned.changes, [deactivate("bob", "AKIA1"), deactivate("dan", "AKIA2")]);
    notes(&planned, &["bob", "AKIA1", "2026-01-28", "2026-08-16", "s3", "us-east-1"]);
    notes(&planned, &["dan", "AKIA2", "2026-08-16"]);
    notes(&planned, &["carol", "2026-09-25", "2026-01-28"]);
}

#[test]
fn a_long_list_is_counted_and_shortened() {
    let mut facts = perfect();
    for number in 0..5000 {
        add_row(&mut facts, with_password(&format!("user{number:04}"), None));
    }
    let planned = planned(&facts, &answers(), StepId::UnusedCredentials);
    says(&planned.person.as_ref().unwrap().what, &["5000", "user0009", "…"]);
    assert_eq!(planned.notes.len(), 20 + 2);
    notes(&planned, &["4980"]);
}

// Rotation.

#[test]
fn keys_are_replaced_by_a_person() {
    hold(
        StepId::KeyRotation,
        [
            stands("a young key", State::InPlace, |_, _| {}),
            stands("90 days", State::NeedsPerson, |facts, _| {
                add_keys(facts, "bob", vec![key("AKIA1", 90, Some(1))]);
            }),
            stands("89 days", State::InPlace, |facts, _| {
                add_keys(facts, "bob", vec![key("AKIA1", 89, Some(1))])
            }),
            stands("old and off", State::InPlace, |facts, _| {
                add_keys(facts, "bob", vec![off(key("AKIA1", 300, Some(1)))]);
            }),
            stands("two young ones", State::NeedsPerson, |facts, _| {
                add_keys(facts, "bob", vec![key("AKIA1", 2, Some(1)), key("AKIA2", 1, Some(1))]);
            }),
            stands("one of two is off", State::InPlace, |facts, _| {
                add_keys(facts, "bob", vec![off(key("AKIA1", 80, Some(1))), key("AKIA2", 1, Some(1))]);
            }),
            stands("replaced since the report", State::InPlace, |facts, _| {
                add_keys(facts, "bob", vec![key("AKIA1", 300, Some(1))]);
                facts.looked_up.as_mut().unwrap().insert("bob".into(), vec![key("AKIA2", 0, Some(0))]);
            }),
            stands("by the report alone", State::NeedsPerson, |facts, _| {
                add_row(facts, row("bob", without_ids(&[key("AKIA1", 300, Some(1))])));
            }),
            stands("a key of unknown age", State::NeedsPerson, |facts, _| {
                add_keys(facts, "bob", vec![Key { made: None, ..key("AKIA1", 1, Some(1)) }]);
            }),
            stands("the administrator's key is old", State::NeedsPerson, |facts, _| {
                facts.report.as_mut().unwrap().rows[1].keys[0].made = ago(91);
            }),
            stands("unreadable", State::NotAssessed, |facts, _| facts.report = Err(denied())),
        ],
    );
    let mut facts = perfect();
    add_keys(&mut facts, "bob", vec![key("AKIA1", 300, Some(1)), key("AKIA2", 1, Some(1))]);
    let planned = planned(&facts, &answers(), StepId::KeyRotation);
    let task = planned.person.as_ref().unwrap();
    says(&task.what, &["bob", "90"]);
    notes(&planned, &["bob", "AKIA1", "2026-01-28"]);
    assert!(planned.notes[1].en.contains("2 active access keys"), "{:?}", planned.notes);
}

#[test]
fn the_way_of_two_keys_is_told_command_by_command() {
    let mut facts = perfect();
    add_keys(&mut facts, "bob", vec![key("AKIA2", 1, Some(1)), key("AKIA1", 300, Some(1))]);
    let how =
        |facts: &Facts, answers: &Answers| planned(facts, answers, StepId::KeyRotation).person.unwrap().how;
    let of_bob = how(&facts, &answers());
    let commands = [
        "aws iam create-access-key --user-name bob",
        "aws iam get-access-key-last-used --access-key-id NEW_KEY",
        "aws iam get-access-key-last-used --access-key-id AKIA1",
        "aws iam update-access-key --user-name bob --access-key-id AKIA1 --status Inactive",
        "aws iam delete-access-key --user-name bob --access-key-id AKIA1",
    ];
    for (command, line) in commands.into_iter().zip(&of_bob[1..]) {
        says(line, &[command]);
    }
    says(&of_bob[3], &["dayone events --access-key AKIA1 --all-regions"]);
    assert_eq!(of_bob.len(), 1 + commands.len() + 1);
    // Nobody is there, and there is a key of somebody else.
    add_row(&mut facts, row("carol", without_ids(&[key("AKIA3", 300, Some(1))])));
    assert_eq!(how(&facts, &unattended()).len(), of_bob.len() + 2);
}

/// The keys of alice, whom the run acts as, as just looked up. The one with this id is in an AWS profile.
fn keys_of_alice(facts: &mut Facts, keys: Vec<Key>, kept: &str) {
    facts.report = Ok(report(vec![root_used(200), Row { keys: without_ids(&keys), ..alice() }]));
    facts.looked_up = Ok(BTreeMap::from([("alice".to_owned(), keys)]));
    facts.kept = BTreeMap::from([(kept.to_owned(), vec![PROFILE.to_owned()])]);
    facts.run.access_keys = vec!["ASIASESSION".into()];
}

/// A run of ours switched this key off.
fn switched_off(answers: &mut Answers, id: &str) {
    answers.switched_off.insert(format!("iam:access-key/{id}"));
}

#[test]
fn a_key_of_one_s_own_is_replaced_step_by_step() {
    hold(
        StepId::KeyRotation,
        [
            changes("due", vec![replace("AKIA1")], |facts, _| {
                keys_of_alice(facts, vec![key("AKIA1", 90, Some(0))], "AKIA1");
            }),
            stands("young", State::InPlace, |facts, _| {
                keys_of_alice(facts, vec![key("AKIA1", 89, Some(0))], "AKIA1");
            }),
            stands("due, and kept elsewhere", State::NeedsPerson, |facts, _| {
                keys_of_alice(facts, vec![key("AKIA1", 90, Some(0))], "AKIAOTHER");
            }),
            stands("due, with nobody there", State::NeedsPerson, |facts, answers| {
                keys_of_alice(facts, vec![key("AKIA1", 90, Some(0))], "AKIA1");
                answers.attended = false;
            }),
            stands("due, and there is no room for a second key", State::NeedsPerson, |facts, _| {
                keys_of_alice(facts, vec![key("AKIA1", 90, Some(0)), off(key("AKIA2", 80, None))], "AKIA1");
            }),
            changes("the second one works", vec![deactivate("alice", "AKIA1")], |facts, _| {
                keys_of_alice(facts, vec![key("AKIA2", 2, Some(0)), key("AKIA1", 100, Some(2))], "AKIA2");
            }),
            stands("the second one was not used", State::NeedsPerson, |facts, _| {
                keys_of_alice(facts, vec![key("AKIA1", 100, Some(3)), key("AKIA2", 2, None)], "AKIA2");
            }),
            stands("the second one was made a moment ago", State::Waiting, |facts, _| {
                keys_of_alice(facts, vec![key("AKIA1", 100, Some(0)), key("AKIA2", 0, None)], "AKIA2");
            }),
            stands("it was made a moment ago elsewhere", State::NeedsPerson, |facts, _| {
                keys_of_alice(facts, vec![key("AKIA1", 100, Some(0)), key("AKIA2", 0, None)], "AKIA1");
            }),
            stands("it was made a moment ago, with nobody there", State::NeedsPerson, |facts, answers| {
                keys_of_alice(facts, vec![key("AKIA1", 100, Some(0)), key("AKIA2", 0, None)], "AKIA2");
                answers.attended = false;
            }),
            stands("the first one is still used", State::NeedsPerson, |facts, _| {
                keys_of_alice(facts, vec![key("AKIA1", 100, Some(1)), key("AKIA2", 2, Some(0))], "AKIA2");
            }),
            stands("the first one signs", State::NeedsPerson, |facts, _| {
                keys_of_alice(facts, vec![key("AKIA1", 100, Some(2)), key("AKIA2", 2, Some(0))], "AKIA2");
                facts.run.access_keys.push("AKIA1".into());
            }),
            changes("the first one is off", vec![delete("alice", "AKIA1")], |facts, answers| {
                keys_of_alice(
                    facts,
                    vec![off(key("AKIA1", 100, Some(2))), key("AKIA2", 2, Some(0))],
                    "AKIA2",
                );
                switched_off(answers, "AKIA1");
            }),
            stands("somebody else switched it off", State::InPlace, |facts, _| {
                keys_of_alice(
                    facts,
                    vec![off(key("AKIA1", 100, Some(2))), key("AKIA2", 2, Some(0))],
                    "AKIA2",
                );
            }),
            stands("it is off, with nobody there", State::InPlace, |facts, answers| {
                keys_of_alice(
                    facts,
                    vec![off(key("AKIA1", 100, Some(2))), key("AKIA2", 2, Some(0))],
                    "AKIA2",
                );
                switched_off(answers, "AKIA1");
                answers.attended = false;
            }),
            stands("the second one is the one that is off", State::NeedsPerson, |facts, answers| {
                keys_of_alice(
                    facts,
                    vec![key("AKIA1", 100, Some(2)), off(key("AKIA2", 2, Some(0)))],
                    "AKIA1",
                );
                switched_off(answers, "AKIA2");
            }),
            stands("by the report alone", State::NeedsPerson, |facts, _| {
                keys_of_alice(facts, vec![key("AKIA1", 90, Some(0))], "AKIA1");
                facts.looked_up = Ok(BTreeMap::new());
            }),
            stands("of somebody else", State::NeedsPerson, |facts, _| {
                add_keys(facts, "bob", vec![key("AKIA1", 90, Some(0))]);
                facts.kept = BTreeMap::from([("AKIA1".to_owned(), vec![PROFILE.to_owned()])]);
            }),
        ],
    );
}

#[test]
fn before_each_step_of_a_replacement_there_is_the_evidence() {
    let mut facts = perfect();
    keys_of_alice(&mut facts, vec![key("AKIA1", 100, Some(2))], "AKIA1");
    add_keys(&mut facts, "bob", vec![key("AKIABOB", 100, Some(1))]);
    let first = planned(&facts, &answers(), StepId::KeyRotation);
    notes(&first, &["alice", "AKIA1", "2026-08-16", "s3", PROFILE]);
    notes(&first, &["bob", "AKIABOB"]);
    assert!(first.careful && first.undo.is_empty(), "Enter alone makes no key");

    keys_of_alice(&mut facts, vec![key("AKIA1", 100, Some(2)), key("AKIA2", 2, Some(0))], "AKIA2");
    let second = planned(&facts, &answers(), StepId::KeyRotation);
    notes(&second, &["AKIA1", "2026-11-22"]);
    notes(&second, &["AKIA2", "2026-11-24", PROFILE]);
    notes(&second, &["15"]);

    keys_of_alice(&mut facts, vec![key("AKIA1", 100, Some(2)), key("AKIA2", 0, None)], "AKIA2");
    add_keys(&mut facts, "bob", vec![key("AKIABOB", 100, Some(1))]);
    let not_yet = planned(&facts, &answers(), StepId::KeyRotation).reason.unwrap();
    says(&not_yet, &["alice", "bob"]);

    keys_of_alice(&mut facts, vec![off(key("AKIA1", 100, Some(2))), key("AKIA2", 2, Some(0))], "AKIA2");
    let mut answers = answers();
    switched_off(&mut answers, "AKIA1");
    let third = planned(&facts, &answers, StepId::KeyRotation);
    assert_eq!(
        (third.changes, &third.undo),
        (vec![delete("alice", "AKIA1")], &vec![reactivate("alice", "AKIA1")])
    );
    assert!(third.notes.iter().any(|note| note.en.contains("undo") && note.ko.contains("되돌리기")));
}

// Machines.

#[test]
fn a_key_that_works_for_a_machine_is_named() {
    hold(
        StepId::RolesNotKeys,
        [
            stands("the administrator's key", State::InPlace, |facts, _| {
                facts.report.as_mut().unwrap().rows[1].password = false;
            }),
            stands("no password, and works", State::NeedsPerson, |facts, _| {
                add_keys(facts, "deploy", vec![key("AKIA1", 300, Some(2))]);
            }),
            stands("of another administrator's run", State::InPlace, |facts, _| {
                add_keys(facts, "deploy", vec![key("AKIA1", 300, Some(2))]);
                facts.run.users.push("deploy".into());
            }),
            stands("with a password", State::InPlace, |facts, _| {
                add_keys(facts, "bob", vec![key("AKIA1", 300, Some(2))]);
                facts.report.as_mut().unwrap().rows[2].password = true;
            }),
            stands("no longer used", State::InPlace, |facts, _| {
                add_keys(facts, "deploy", vec![key("AKIA1", 300, Some(90))]);
            }),
            stands("never used", State::InPlace, |facts, _| {
                add_keys(facts, "deploy", vec![key("AKIA1", 300, None)]);
            }),
            stands("off", State::InPlace, |facts, _| {
                add_keys(facts, "deploy", vec![off(key("AKIA1", 300, Some(2)))]);
            }),
            stands("asks IAM alone", State::InPlace, |facts, _| {
                let mut quiet = key("AKIA1", 300, Some(2));
                quiet.last_use.as_mut().unwrap().service = Some("IAM".into());
                add_keys(facts, "kim", vec![quiet]);
            }),
            stands("asks something unknown", State::InPlace, |facts, _| {
                let mut quiet = key("AKIA1", 300, Some(2));
                quiet.last_use.as_mut().unwrap().service = None;
                add_keys(facts, "kim", vec![quiet]);
            }),
            stands("by the report alone", State::NeedsPerson, |facts, _| {
                add_row(facts, row("deploy", without_ids(&[key("AKIA1", 300, Some(2))])));
            }),
            stands("unreadable", State::NotAssessed, |facts, _| facts.report = Err(denied())),
        ],
    );
    let mut facts = perfect();
    add_keys(&mut facts, "deploy", vec![key("AKIA1", 300, Some(2))]);
    let planned = planned(&facts, &answers(), StepId::RolesNotKeys);
    let task = planned.person.as_ref().unwrap();
    says(&task.what, &["deploy"]);
    for instead in ["EC2", "Lambda", "GitHub Actions", "OIDC", "IAM Roles Anywhere", "aws login"] {
        assert!(task.how.iter().any(|how| how.en.contains(instead) && how.ko.contains(instead)), "{instead}");
    }
    notes(&planned, &["deploy", "s3", "us-east-1", "2"]);
}

// Least privilege.

#[test]
fn rights_that_reach_too_far_are_named() {
    use Wildcard::*;
    hold(
        StepId::LeastPrivilege,
        [
            stands("only the administrators", State::InPlace, |_, _| {}),
            stands("no group yet", State::InPlace, |facts, _| facts.rights = Ok(Rights::default())),
            stands("a user with AdministratorAccess", State::NeedsPerson, |facts, _| {
                add_user(facts, holding("bob", &[ADMINISTRATOR_ACCESS]));
            }),
            stands("a user with IAMFullAccess", State::NeedsPerson, |facts, _| {
                add_user(facts, holding("bob", &["arn:aws:iam::aws:policy/IAMFullAccess"]));
            }),
            stands("a user with ReadOnlyAccess", State::InPlace, |facts, _| {
                add_user(facts, holding("bob", &[READ_ONLY]));
            }),
            stands("a user with an inline policy", State::NeedsPerson, |facts, _| {
                add_user(facts, User { inline: vec![inline("x", &[AssumeRole])], ..in_groups("bob", &[]) });
            }),
            stands("a user with a narrow inline policy", State::InPlace, |facts, _| {
                add_user(facts, User { inline: vec![inline("x", &[])], ..in_groups("bob", &[]) });
            }),
            stands("another group with AdministratorAccess", State::NeedsPerson, |facts, _| {
                add_group(facts, group("Developers", &[ADMINISTRATOR_ACCESS]));
            }),
            stands("another group with an inline policy", State::NeedsPerson, |facts, _| {
                let inline = vec![inline("x", &[Everything])];
                add_group(facts, Group { inline, ..group("Developers", &[]) });
            }),
            stands("the administrators in another case", State::InPlace, |_, answers| {
                answers.admin.group = "ADMINISTRATORS".into();
            }),
            stands("other administrators", State::NeedsPerson, |_, answers| {
                answers.admin.group = "Admins".into();
            }),
            stands("a policy of one's own, attached to a user", State::NeedsPerson, |facts, _| {
                add_user(facts, holding("bob", &[OWN]));
                facts.rights.as_mut().unwrap().policies.push(own_policy(&[Iam]));
            }),
            stands("attached to the administrators", State::InPlace, |facts, _| {
                let rights = facts.rights.as_mut().unwrap();
                rights.groups[0].attached.push(attached(OWN));
                rights.policies.push(own_policy(&[Iam]));
            }),
            stands("attached to a role", State::NeedsPerson, |facts, _| {
                add_role(facts, role_holding("Deploy", "/", &[OWN]));
                facts.rights.as_mut().unwrap().policies.push(own_policy(&[Everything]));
            }),
            stands("attached to nobody", State::InPlace, |facts, _| {
                facts.rights.as_mut().unwrap().policies.push(own_policy(&[Everything]));
            }),
            stands("narrow, and attached to a role", State::InPlace, |facts, _| {
                add_role(facts, role_holding("Deploy", "/", &[OWN]));
                facts.rights.as_mut().unwrap().policies.push(own_policy(&[]));
            }),
            stands("one that cannot be understood", State::NeedsPerson, |facts, _| {
                add_user(facts, holding("bob", &[OWN]));
                facts.rights.as_mut().unwrap().policies.push(own_policy(&[Unreadable]));
            }),
            stands("a role with AdministratorAccess", State::NeedsPerson, |facts, _| {
                add_role(facts, role_holding("Deploy", "/", &[ADMINISTRATOR_ACCESS]));
            }),
            stands("a role with a wide inline policy", State::NeedsPerson, |facts, _| {
                add_role(facts, role("Deploy", "/", &[Everything]));
            }),
            stands("a role with a narrow one", State::InPlace, |facts, _| {
                add_role(facts, role("Deploy", "/", &[]));
            }),
            stands("roles of AWS's own services", State::InPlace, |facts, _| {
                facts.rights.as_mut().unwrap().roles = roles_of_aws();
            }),
            stands("a role that is only named like one", State::NeedsPerson, |facts, _| {
                add_role(facts, role_holding("AWSServiceRoleForMe", "/", &[ADMINISTRATOR_ACCESS]));
            }),
            stands("unreadable", State::NotAssessed, |facts, _| facts.rights = Err(denied())),
        ],
    );
}

fn roles_of_aws() -> Vec<Role> {
    let sso = "/aws-reserved/sso.amazonaws.com/eu-north-1/";
    vec![
        role_holding("OrganizationAccountAccessRole", "/", &[ADMINISTRATOR_ACCESS]),
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
    let found = super::plan(&perfect(), &answers()).remove(5).found.unwrap();
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

// Who would notice.

#[test]
fn what_watches_over_the_account_is_made() {
    let all = vec![create_analyzer(), create_role(), attach_support()];
    hold(
        StepId::ActivityMonitoring,
        [
            stands("all there", State::InPlace, |_, _| {}),
            changes("nothing there", all.clone(), |facts, _| *facts = fresh()),
            changes(
                "nothing there, with a contact",
                [all.clone(), vec![set_contact()]].concat(),
                |facts, answers| {
                    *facts = fresh();
                    name_contact(answers);
                },
            ),
            changes("unattended", all.clone(), |facts, answers| {
                *facts = fresh();
                answers.attended = false;
            }),
            changes(
                "unattended, with everything said",
                [all, vec![set_contact(), block()]].concat(),
                |facts, answers| {
                    *facts = fresh();
                    (answers.attended, answers.iam.block_public_s3) = (false, Some(true));
                    name_contact(answers);
                },
            ),
            changes("no analyzer", vec![create_analyzer()], |facts, _| {
                facts.analyzer = Ok(Analyzer::Missing)
            }),
            stands("an analyzer that does not work", State::NeedsPerson, |facts, _| {
                facts.analyzer = Ok(Analyzer::NotWorking("own".into()));
            }),
            changes("a bare role", vec![attach_support()], |facts, _| facts.support = Ok(SupportRole::Bare)),
            stands("somebody else's role", State::NeedsPerson, |facts, _| {
                facts.support = Ok(SupportRole::Namesake);
            }),
            stands("public access", State::NeedsPerson, |facts, _| facts.public_access_blocked = Ok(false)),
            changes("public access, with consent", vec![block()], |facts, answers| {
                (facts.public_access_blocked, answers.iam.block_public_s3) = (Ok(false), Some(true));
            }),
            stands("public access, meant", State::Accepted, |facts, answers| {
                (facts.public_access_blocked, answers.iam.block_public_s3) = (Ok(false), Some(false));
            }),
            stands("public access, meant, and blocked all the same", State::InPlace, |_, answers| {
                answers.iam.block_public_s3 = Some(false);
            }),
            stands(
                "public access, meant, and the analyzers are unreadable",
                State::NotAssessed,
                |facts, answers| {
                    (facts.public_access_blocked, answers.iam.block_public_s3) = (Ok(false), Some(false));
                    facts.analyzer = Err(denied());
                },
            ),
            stands("public access, unattended", State::NeedsPerson, |facts, answers| {
                (facts.public_access_blocked, answers.attended) = (Ok(false), false);
            }),
            stands("no contact", State::NeedsPerson, |facts, _| facts.security_contact = Ok(false)),
            changes("no contact, but one is named", vec![set_contact()], |facts, answers| {
                facts.security_contact = Ok(false);
                name_contact(answers);
            }),
            stands("no contact, and no phone number", State::NeedsPerson, |facts, answers| {
                facts.security_contact = Ok(false);
                answers.iam.security_contact_email = Some("a@b.c".into());
            }),
            stands("the analyzers are unreadable", State::NotAssessed, |facts, _| {
                facts.analyzer = Err(denied())
            }),
            stands("the contact is unreadable", State::NotAssessed, |facts, _| {
                facts.security_contact = Err(denied());
            }),
            stands("the block is unreadable", State::NotAssessed, |facts, _| {
                facts.public_access_blocked = Err(denied());
            }),
            stands("the support role is unreadable", State::NotAssessed, |facts, _| {
                facts.support = Err(denied());
            }),
            stands("the report is unreadable", State::NotAssessed, |facts, _| facts.report = Err(denied())),
            changes("one is unreadable, another missing", vec![attach_support()], |facts, _| {
                (facts.analyzer, facts.support) = (Err(denied()), Ok(SupportRole::Bare));
            }),
            stands("one is unreadable, another for a person", State::NeedsPerson, |facts, _| {
                (facts.analyzer, facts.security_contact) = (Err(denied()), Ok(false));
            }),
        ],
    );
}

#[test]
fn root_is_in_use_only_when_an_administrator_has_been_there() {
    for (used, admin_since, state) in [
        (0, Some(300), State::NeedsPerson),
        (6, Some(300), State::NeedsPerson),
        (7, Some(300), State::InPlace),
        (0, Some(0), State::InPlace),
        (0, Some(6), State::InPlace),
        (0, Some(7), State::NeedsPerson),
        (10, Some(5), State::InPlace),
        (0, None, State::InPlace),
    ] {
        let mut facts = perfect();
        let alice = Row { created: admin_since.and_then(ago), ..alice() };
        let rows = if admin_since.is_some() { vec![root_used(used), alice] } else { vec![root_used(used)] };
        facts.report = Ok(report(rows));
        let nobody_named = Answers { admin: Admin::default(), ..answers() };
        for answers in [answers(), nobody_named] {
            let planned = planned(&facts, &answers, StepId::ActivityMonitoring);
            assert_eq!(planned.state, state, "used {used} days ago, an administrator since {admin_since:?}");
            holds_together(&planned);
        }
    }
}

/// Whoever looks may be a role that has said nothing, in an account with several administrators.
#[test]
fn the_first_administrator_counts_whoever_looks() {
    let auditor = Answers { admin: Admin::default(), ..unattended() };
    let mut facts = Facts { run: Run::default(), ..perfect() };
    facts.report = Ok(report(vec![root_used(0), Row { created: ago(2), ..alice() }]));
    let state = |facts: &Facts, answers: &Answers| planned(facts, answers, StepId::ActivityMonitoring).state;
    assert_eq!(state(&facts, &auditor), State::InPlace);

    add_user(&mut facts, in_groups("kim", &["ADMINISTRATORS"]));
    add_row(&mut facts, with_password("kim", Some(1)));
    assert_eq!(state(&facts, &auditor), State::NeedsPerson, "kim has been there for 300 days");
    assert_eq!(state(&facts, &answers()), State::NeedsPerson, "and alice is not the first");

    facts.rights.as_mut().unwrap().users[1].groups.clear();
    assert_eq!(state(&facts, &auditor), State::InPlace, "kim is no administrator");
    let kim = Admin { user: Some("KIM".into()), ..Admin::default() };
    assert_eq!(state(&facts, &Answers { admin: kim, ..answers() }), State::NeedsPerson, "by the answers");

    facts.report.as_mut().unwrap().rows[2].created = None;
    facts.rights.as_mut().unwrap().users[1].groups.push("Administrators".into());
    assert_eq!(state(&facts, &auditor), State::NeedsPerson, "since an unknown time");

    facts.rights = Err(denied());
    let unseen = planned(&facts, &auditor, StepId::ActivityMonitoring);
    assert_eq!(unseen.state, State::NotAssessed, "who the administrators are was not seen");
    facts.report.as_mut().unwrap().rows[0] = root_used(7);
    assert_eq!(state(&facts, &auditor), State::InPlace, "nobody asks who, where root was not used");
}

#[test]
fn a_pass_tells_what_does_not_watch() {
    let found =
        |facts: &Facts, answers: &Answers| planned(facts, answers, StepId::ActivityMonitoring).found.unwrap();
    let bare = Facts { other_contacts: Ok([false; 2]), trail: Ok(None), ..perfect() };
    let told = found(&bare, &answers());
    for (en, ko) in [
        ("no alarm on the use of root", "루트 사용 경보 없음"),
        ("no trail covers all Regions", "모든 리전을 기록하는 추적 없음"),
        ("no contacts for billing and operations", "결제와 운영 연락처 없음"),
    ] {
        assert!(told.en.contains(en) && told.ko.contains(ko), "{told:?}");
    }
    for (contacts, missing) in
        [([false, true], "no contact for billing"), ([true, false], "no contact for operations")]
    {
        let facts = Facts { other_contacts: Ok(contacts), ..perfect() };
        assert!(found(&facts, &answers()).en.contains(missing), "{contacts:?}");
    }

    let mut asking = answers();
    ask_for_alarm(&mut asking);
    let watched = Facts { root_alarm: vec![alarm("us-east-1", Subscription::Confirmed)], ..perfect() };
    let told = found(&watched, &asking);
    says(&told, &["day-one", EMAIL]);
    assert!(
        !told.en.contains("no alarm") && told.en.contains("contacts for billing and operations"),
        "{told:?}"
    );

    let unseen = Facts { other_contacts: Err(denied()), trail: Err(denied()), ..perfect() };
    let told = found(&unseen, &answers());
    assert!(!told.en.contains("trail") && !told.en.contains("billing"), "{told:?}");
}

#[test]
fn a_use_of_root_that_is_explained_counts_no_more_and_a_later_one_does() {
    let mut facts = perfect();
    facts.report.as_mut().unwrap().rows[0] = root_used(2);
    let state_until = |day: &str| {
        let mut answers = answers();
        answers.iam.root_use_explained_until = Some(day.into());
        planned(&facts, &answers, StepId::ActivityMonitoring)
    };
    assert_eq!(state_until("2026-11-21").state, State::NeedsPerson);
    for day in ["2026-11-22", "2026-12-01"] {
        let explained = state_until(day);
        assert_eq!(explained.state, State::InPlace, "{day}");
        says(&explained.found.unwrap(), &["2026-11-22", day]);
    }
    let how = state_until("2026-11-01").person.unwrap().how.remove(0);
    says(&how, &["root_use_explained_until = \"2026-11-22\"", "dayone events --root"]);
    assert!(how.en.contains("alarm") && how.ko.contains("경보"), "{how:?}");
}

#[test]
fn the_use_of_root_is_told_with_its_way() {
    let mut facts = perfect();
    facts.report.as_mut().unwrap().rows[0].keys = vec![key("AKIAROOT", 300, Some(3))];
    let by_key = planned(&facts, &answers(), StepId::ActivityMonitoring);
    let what = by_key.person.unwrap().what;
    assert!(what.en.contains("2026-11-21") && what.en.contains("an access key"), "{what:?}");
    assert!(what.ko.contains("2026-11-21") && what.ko.contains("액세스 키"), "{what:?}");
    facts.report.as_mut().unwrap().rows[0] = root_used(2);
    let by_password = planned(&facts, &answers(), StepId::ActivityMonitoring);
    assert!(by_password.person.unwrap().what.en.contains("its password"));

    facts.report.as_mut().unwrap().rows[0].password_last_used = None;
    let never = planned(&facts, &answers(), StepId::ActivityMonitoring).found.unwrap();
    assert!(never.en.contains("root was never used") && never.en.contains("10 h 5 min"), "{never:?}");
    facts.report.as_mut().unwrap().rows.remove(0);
    facts.partition = "aws-cn".into();
    let none = planned(&facts, &answers(), StepId::ActivityMonitoring).found.unwrap();
    assert!(!none.en.contains("root"), "a partition without root: {none:?}");
}

#[test]
fn a_contact_is_asked_for_where_nothing_else_is_left() {
    let facts = Facts { security_contact: Ok(false), ..perfect() };
    let seen = |facts: &Facts, answers: &Answers| {
        planned(facts, answers, StepId::ActivityMonitoring).person.unwrap().seen
    };
    assert_eq!(seen(&facts, &answers()), Seen::ByAnswer("iam.security_contact_email"));
    let mut half = answers();
    half.iam.security_contact_email = Some("security@example.com".into());
    assert_eq!(seen(&facts, &half), Seen::ByAnswer("iam.security_contact_phone"));
    let more = Facts { support: Ok(SupportRole::Namesake), ..facts };
    assert_eq!(seen(&more, &answers()), Seen::Elsewhere);
    let what = planned(&more, &answers(), StepId::ActivityMonitoring).person.unwrap().what;
    says(&what, &["dayone-support"]);
    assert!(what.en.contains("e-mail address"), "{what:?}");
}

#[test]
fn what_stops_being_public_is_said_before() {
    let facts = Facts { public_access_blocked: Ok(false), ..perfect() };
    let mut consent = answers();
    consent.iam.block_public_s3 = Some(true);
    for answers in [answers(), unattended(), consent] {
        let planned = planned(&facts, &answers, StepId::ActivityMonitoring);
        assert!(planned.notes.iter().any(|note| note.en.contains("stop being public")), "{planned:?}");
        notes(&planned, &["block_public_s3 = false"]);
    }
}

#[test]
fn public_access_is_blocked_by_a_yes_of_its_own() {
    let facts = Facts { public_access_blocked: Ok(false), ..perfect() };
    let offered = planned(&facts, &answers(), StepId::ActivityMonitoring);
    assert_eq!(offered.offer.unwrap().changes, [block()]);
    says(&offered.person.unwrap().what, &["S3"]);
    assert_eq!(planned(&facts, &unattended(), StepId::ActivityMonitoring).offer, None);

    let facts = Facts { security_contact: Ok(false), ..facts };
    let with_contact = planned(&facts, &answers(), StepId::ActivityMonitoring);
    assert_eq!(with_contact.person.as_ref().unwrap().seen, Seen::ByAnswer("iam.security_contact_email"));
    assert_eq!(with_contact.offer.as_ref().unwrap().changes, [block()]);
    notes(&with_contact, &["block_public_s3 = true"]);
}

#[test]
fn what_stays_public_by_the_answers_is_accepted_with_the_reason() {
    let mut facts = Facts { public_access_blocked: Ok(false), ..perfect() };
    let mut meant = answers();
    meant.iam.block_public_s3 = Some(false);
    let accepted = planned(&facts, &meant, StepId::ActivityMonitoring);
    assert_eq!(accepted.state, State::Accepted);
    says(&accepted.reason.unwrap(), &["S3", "block_public_s3 = false"]);
    facts.support = Ok(SupportRole::Bare);
    notes(&planned(&facts, &meant, StepId::ActivityMonitoring), &["S3", "block_public_s3 = false"]);
}

#[test]
fn the_alarm_on_root_is_made_where_it_is_asked_for() {
    use Subscription::{Confirmed, Missing, Unconfirmed};
    hold(
        StepId::ActivityMonitoring,
        [
            stands("off, whatever is there", State::InPlace, |facts, _| {
                facts.root_alarm = vec![no_alarm("us-east-1")];
            }),
            changes("nothing there", alarm_changes("us-east-1"), |facts, answers| {
                facts.root_alarm = vec![no_alarm("us-east-1")];
                ask_for_alarm(answers);
            }),
            changes("one of two Regions", alarm_changes("eu-north-1"), |facts, answers| {
                facts.root_alarm = vec![no_alarm("eu-north-1"), alarm("us-east-1", Unconfirmed)];
                ask_for_alarm(answers);
            }),
            changes(
                "the address was forgotten",
                vec![alarm_changes("us-east-1").remove(1)],
                |facts, answers| {
                    facts.root_alarm = vec![alarm("us-east-1", Missing)];
                    ask_for_alarm(answers);
                },
            ),
            stands("not confirmed yet", State::NeedsPerson, |facts, answers| {
                facts.root_alarm = vec![alarm("us-east-1", Unconfirmed)];
                ask_for_alarm(answers);
            }),
            stands("all there", State::InPlace, |facts, answers| {
                facts.root_alarm = vec![alarm("eu-north-1", Confirmed), alarm("us-east-1", Confirmed)];
                ask_for_alarm(answers);
            }),
            stands("the topic is unreadable", State::NotAssessed, |facts, answers| {
                let alarm = alarm("us-east-1", Confirmed);
                facts.root_alarm = vec![Alarm { topic: Err(denied()), ..alarm }];
                ask_for_alarm(answers);
            }),
            stands("the rule is unreadable", State::NotAssessed, |facts, answers| {
                let alarm = alarm("us-east-1", Confirmed);
                facts.root_alarm = vec![Alarm { rule: Err(denied()), ..alarm }];
                ask_for_alarm(answers);
            }),
            stands("the policy of the topic is none", State::NeedsPerson, |facts, answers| {
                let topic = Topic { policy: Some("{".into()), subscription: Confirmed };
                facts.root_alarm = vec![Alarm { topic: Ok(Some(topic)), ..alarm("us-east-1", Confirmed) }];
                ask_for_alarm(answers);
            }),
        ],
    );
}

#[test]
fn an_address_that_is_to_be_confirmed_is_waited_for_when_nothing_else_is_left() {
    let mut asking = answers();
    ask_for_alarm(&mut asking);
    let root_alarm = vec![alarm("us-east-1", Subscription::Unconfirmed)];
    let facts = Facts { root_alarm, ..perfect() };
    let task = |facts: &Facts| planned(facts, &asking, StepId::ActivityMonitoring).person.unwrap();
    let confirm = task(&facts);
    assert_eq!(confirm.seen, Seen::InAccount);
    says(&confirm.what, &[EMAIL]);
    says(&confirm.how[0], &["us-east-1", "Confirm subscription"]);
    let contact = task(&Facts { security_contact: Ok(false), ..facts.clone() });
    assert_eq!(contact.seen, Seen::ByAnswer("iam.security_contact_email"));
    let role = task(&Facts { support: Ok(SupportRole::Namesake), ..facts });
    assert_eq!(role.seen, Seen::Elsewhere);
    says(&role.what, &[EMAIL, "dayone-support"]);
}

#[test]
fn the_reach_of_the_alarm_is_told_with_its_price() {
    let mut asking = answers();
    ask_for_alarm(&mut asking);
    let root_alarm = ["us-east-1", "us-east-2", "us-west-2"].map(no_alarm).to_vec();
    let facts = Facts { root_alarm, ..perfect() };
    let planned = planned(&facts, &asking, StepId::ActivityMonitoring);
    notes(&planned, &["us-east-1, us-east-2, us-west-2", "3", "1,000"]);
    assert!(planned.notes.iter().any(|note| note.en.contains("free") && note.ko.contains("무료")));
    says(&planned.changes[1].summary(), &[EMAIL]);
}

#[test]
fn the_alarm_is_offered_to_a_person_once_the_step_is_in_place() {
    let offer = |facts: &Facts, answers: &Answers| planned(facts, answers, StepId::ActivityMonitoring).offer;
    let offered = offer(&perfect(), &answers()).unwrap();
    assert_eq!((offered.key, offered.changes), (Some("trail.root_alarm_email"), vec![]));
    assert_eq!(offer(&perfect(), &unattended()), None);
    assert_eq!(offer(&fresh(), &answers()), None);
    let without_root = Facts { partition: "aws-cn".into(), ..perfect() };
    assert_eq!(offer(&without_root, &answers()), None);
    let mut asking = answers();
    ask_for_alarm(&mut asking);
    assert_eq!(offer(&perfect(), &asking), None);
}

// The changes in words.

#[test]
fn each_change_says_what_it_does_to_what() {
    let table = [
        (create_group("G"), Verb::Create, "iam:group/G", "G"),
        (attach("G", READ_ONLY), Verb::Attach, "iam:group/G", "ReadOnlyAccess"),
        (join("bob", "G"), Verb::Attach, "iam:user/bob", "G"),
        (detach("bob", READ_ONLY), Verb::Detach, "iam:user/bob", "ReadOnlyAccess"),
        (put("G", "Uploads"), Verb::Create, "iam:group-policy/G/Uploads", "Uploads"),
        (delete_policy("bob", "Uploads", "G"), Verb::Delete, "iam:user-policy/bob/Uploads", "bob"),
        (deactivate("bob", "AKIA1"), Verb::Disable, "iam:access-key/AKIA1", "bob"),
        (reactivate("bob", "AKIA1"), Verb::Enable, "iam:access-key/AKIA1", "bob"),
        (delete("bob", "AKIA1"), Verb::Delete, "iam:access-key/AKIA1", "bob"),
        (replace("AKIA1"), Verb::Create, "iam:access-key/alice", PROFILE),
        (
            create_analyzer(),
            Verb::Create,
            "access-analyzer:eu-north-1/analyzer/dayone-external-access",
            "eu-north-1",
        ),
        (create_role(), Verb::Create, "iam:role/dayone-support", "dayone-support"),
        (attach_support(), Verb::Attach, "iam:role/dayone-support", "AWSSupportAccess"),
        (block(), Verb::Enable, "s3:account-public-access-block/111122223333", "S3"),
        (set_contact(), Verb::Create, "account:contact/security", "security@example.com"),
    ];
    for (change, verb, resource, word) in table {
        assert_eq!((change.verb(), change.resource().as_str()), (verb, resource), "{change:?}");
        says(&change.summary(), &[word]);
        assert_eq!(change.is_irreversible(), matches!(change, Change::DeleteKey { .. }), "{change:?}");
    }
}

#[test]
fn who_made_what_is_in_question_stands_beside_it() {
    for (maker, en, ko) in [
        (None, "2026-09-25,", "2026-09-25,"),
        (Some(Maker::Somebody("Ops/kim\u{1b}".into())), "2026-09-25 by Ops/kim", "2026-09-25(Ops/kim"),
        (Some(Maker::NotOnRecord), "by whom is not on record", "만든 사람 기록 없음"),
        (Some(Maker::NotSeen), "by whom could not be read", "만든 사람 확인 못 함"),
    ] {
        let mut facts = perfect();
        add_keys(&mut facts, "bob", vec![Key { made_by: maker.clone(), ..key("AKIA1", 60, None) }]);
        let made_by = || maker.clone();
        add_user(&mut facts, in_groups("team", &[]));
        add_row(&mut facts, Row { made_by: made_by(), created: ago(60), ..with_password("team", None) });
        for step in [StepId::UnusedCredentials, StepId::IndividualUsers] {
            let planned = planned(&facts, &answers(), step);
            let told =
                |note: &Text| note.en.contains(en) && note.ko.contains(ko) && !note.en.contains('\u{1b}');
            assert!(planned.notes.iter().any(told), "{step} {maker:?}: {:?}", planned.notes);
        }
    }
}

#[test]
fn why_passwords_are_left_is_said() {
    let mut facts = perfect();
    add_row(&mut facts, with_password("bob", None));
    let task = planned(&facts, &answers(), StepId::UnusedCredentials).person.unwrap();
    assert!(
        task.how
            .iter()
            .any(|how| how.en.contains("leaves passwords to you") && how.ko.contains("암호는 직접"))
    );
    let mut keys = perfect();
    add_keys(&mut keys, "bob", vec![key("AKIA1", 300, None)]);
    let task = planned(&keys, &unattended(), StepId::UnusedCredentials).person.unwrap();
    assert!(!task.how.iter().any(|how| how.en.contains("leaves passwords to you")));
}

#[test]
fn escapes_in_names_do_not_reach_the_terminal() {
    let mut facts = perfect();
    let strange = "b\u{1b}[2Job";
    add_user(
        &mut facts,
        User { inline: vec![inline("x\u{1b}", &[Wildcard::Iam])], ..holding(strange, &[READ_ONLY]) },
    );
    add_keys(&mut facts, strange, vec![key("AKIA\u{1b}", 300, Some(100)), key("AKIA2", 300, Some(1))]);
    add_row(&mut facts, with_password(strange, None));
    facts.analyzer = Ok(Analyzer::NotWorking(strange.into()));
    for planned in plan(&facts, &unattended()) {
        let of_person = planned.person.iter().flat_map(|task| std::iter::once(&task.what).chain(&task.how));
        for text in of_person.chain(&planned.notes).chain(&planned.found).chain(&planned.reason) {
            assert!(!text.en.contains('\u{1b}') && !text.ko.contains('\u{1b}'), "{text:?}");
        }
    }
}

// What holds of every account.

/// Holds a property against random accounts and answers.
fn always(property: impl Fn(&Facts, &Answers)) {
    let config = ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() };
    let outcome = TestRunner::new(config).run(&(any_facts(), any_answers()), |(facts, answers)| {
        property(&facts, &answers);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[test]
fn every_plan_has_the_steps_in_order_and_holds_together() {
    always(|facts, answers| {
        let plan = plan(facts, answers);
        let steps: Vec<_> = plan.iter().map(|planned| planned.step).collect();
        assert_eq!(steps, PracticeId::IamPractices.steps());
        plan.iter().for_each(holds_together);
    });
}

#[test]
fn what_was_not_seen_is_never_in_place() {
    always(|facts, answers| {
        for planned in plan(facts, answers) {
            let unseen = match planned.step {
                StepId::IndividualUsers | StepId::PermissionsThroughGroups | StepId::LeastPrivilege => {
                    facts.rights.is_err()
                }
                StepId::UnusedCredentials | StepId::KeyRotation | StepId::RolesNotKeys => {
                    facts.report.is_err()
                }
                _ => {
                    facts.report.is_err()
                        || facts.analyzer.is_err()
                        || facts.support.is_err()
                        || facts.public_access_blocked.is_err()
                        || facts.security_contact.is_err()
                        || (answers.trail.root_alarm_email.is_some() && hides_alarm(facts))
                }
            };
            assert!(!unseen || planned.state != State::InPlace, "{planned:?}");
        }
    });
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
            make(&change, &mut facts);
            assert_eq!(held_by_user(facts.rights.as_ref().unwrap()), before, "after {change:?}");
        }
    });
}

#[test]
fn what_was_changed_is_not_to_change_again() {
    always(|facts, answers| {
        let answers = Answers { accept: Vec::new(), ..answers.clone() };
        let mut facts = facts.clone();
        // Keys are switched off first and deleted then, and those of the two of ours are replaced before, one after the
        // other.
        for _ in 0..12 {
            let changes = plan(&facts, &answers).into_iter().flat_map(|planned| planned.changes);
            changes.for_each(|change| make(&change, &mut facts));
        }
        for planned in plan(&facts, &answers) {
            assert_ne!(planned.state, State::ToChange, "{planned:?}");
        }
    });
}

/// What an account looks like after a change.
fn make(change: &Change, facts: &mut Facts) {
    match change {
        Change::CreateGroup { group: name } => add_group(facts, group(name, &[])),
        Change::AttachGroupPolicy { group, policy } => {
            let rights = facts.rights.as_mut().unwrap();
            let group = rights.groups.iter_mut().find(|found| found.name == *group).unwrap();
            group.attached.push(attached(policy));
        }
        Change::AddUserToGroup { user, group } => user_of(facts, user).groups.push(group.clone()),
        Change::DetachUserPolicy { user, policy } => {
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

fn any_facts() -> impl Strategy<Value = Facts> {
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
    );
    let of_rights = maybe_unseen(any_rights());
    let alarms = (any_alarm("eu-north-1"), any_alarm("us-east-1"));
    (of_credentials, of_account, of_rights, alarms).prop_map(
        |(of_credentials, of_account, rights, alarms)| {
            let (people, looking_up, switched, run, root, age, kept) = of_credentials;
            let kept = kept.into_iter().map(|id| (id.to_owned(), vec![PROFILE.to_owned()])).collect();
            let (analyzer, security_contact, public_access_blocked, support) = of_account;
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

fn maybe_unseen<T: std::fmt::Debug>(seen: impl Strategy<Value = T>) -> impl Strategy<Value = Reading<T>> {
    prop::option::weighted(0.9, seen).prop_map(|seen| seen.ok_or_else(denied))
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
    let owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect::<Vec<_>>();
    (users, keys).prop_map(move |(users, keys)| Run { users: owned(users), access_keys: owned(keys) })
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
            Role { name: "Deploy".into(), path: path.into(), attached, inline }
        };
        let roles = roles.into_iter().map(role).collect();
        Rights { policies: vec![Policy { reach, ..own_policy(&[]) }], users, groups, roles }
    })
}

fn any_answers() -> impl Strategy<Value = Answers> {
    let steps = prop::sample::subsequence(PracticeId::IamPractices.steps(), 0..=7);
    let accept = prop_oneof![3 => Just(Vec::<StepId>::new()), 1 => steps];
    let off = prop::sample::subsequence(vec!["AKIAalice0", "AKIAalice1", "AKIAbob0"], 0..=3);
    (any::<[bool; 6]>(), prop::option::of(any::<bool>()), accept, off).prop_map(
        |(flags, block_public_s3, accept, off)| {
            let [attended, named, move_to_groups, disable_unused, contact, alarm] = flags;
            let mut answers = accepting(&accept);
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
