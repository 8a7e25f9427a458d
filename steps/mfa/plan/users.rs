//! How the step `users-mfa` stands: everybody else, and what the answers' people need to come in.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::answers::{Answers, PersonAnswer};
use crate::aws::Unseen;
use crate::mfa::facts::{Facts, PeopleGroup, arn_of_policy};
use crate::mfa::{ENROLMENT_POLICY_NAME, POLICY_NAME};
use crate::moment::minute;
use crate::practice::{PersonTask, Seen, State, StepId, StepPlan, after};
use crate::text;
use crate::text::{NAMES, Text, shortened};

use super::Change;
use super::require::require_mfa;

/// `users-mfa`.
pub(super) fn users_mfa(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::UsersMfa;
    let without = match &facts.users_without_mfa {
        Ok(without) => without,
        Err(unseen) => return StepPlan::not_assessed(step, unseen),
    };
    if facts.user_names.is_empty() {
        return StepPlan::blocked(step, after(StepId::AdminUser));
    }
    let changes = match welcome(facts, answers) {
        Ok(changes) => changes,
        Err(unseen) => return StepPlan::not_assessed(step, &unseen),
    };
    let groupless = groupless(facts, answers);
    if !changes.is_empty() {
        let plan = StepPlan::to_change(step, changes, Text::default());
        return if groupless.is_empty() { plan } else { plan.with_note(in_no_group(&groupless)) };
    }
    if !groupless.is_empty() {
        return StepPlan::needs_person(step, give_them_groups(&groupless));
    }
    let (people, machines) = who_signs_in(without, &facts.machines_without_mfa, answers);
    if people.is_empty() {
        return StepPlan::in_place(step, everybody_is_settled(facts, &machines));
    }
    let plan = StepPlan::needs_person(step, everybody_enrols(&people));
    let plan = if people.len() > NAMES { plan.with_names(&people) } else { plan };
    let of_machines = (!machines.is_empty()).then(|| nobody_signs_in(&machines));
    of_machines.into_iter().chain(by_report(facts)).fold(plan, StepPlan::with_note)
}

/// That everybody who signs in has MFA, who does not sign in, and on whose word.
fn everybody_is_settled(facts: &Facts, machines: &[String]) -> Text {
    let mut found = everybody_has(facts.user_names.len().saturating_sub(machines.len()));
    let of_machines = (!machines.is_empty()).then(|| nobody_signs_in(machines));
    for more in of_machines.into_iter().chain(by_report(facts)) {
        found = Text { en: format!("{}; {}", found.en, more.en), ko: format!("{}. {}", found.ko, more.ko) };
    }
    found
}

/// That somebody was not looked up, and how old the word is that stands for it.
fn by_report(facts: &Facts) -> Option<Text> {
    let made = minute(Timestamp::from_second(facts.reported?).ok()?);
    Some(text! {
        en: "not everybody was looked up: users without a virtual device are as of the credential report of {made}",
        ko: "모두를 하나씩 확인하지는 않음: 가상 디바이스가 없는 사용자는 {made}에 만들어진 자격 증명 보고서 기준"
    })
}

/// Whom the step waits for, and who is a machine. Whom the answers name is a person, with or without a password yet.
fn who_signs_in(without: &[String], machines: &[String], answers: &Answers) -> (Vec<String>, Vec<String>) {
    let is_person = |user: &&String| {
        let mut people = answers.people.iter().map(|person| &person.user).chain(&answers.admin.user);
        people.any(|name| name.eq_ignore_ascii_case(user))
    };
    let (people, machines): (Vec<_>, Vec<_>) = machines.iter().partition(is_person);
    (without.iter().chain(people).cloned().collect(), machines.into_iter().cloned().collect())
}

fn everybody_has(users: usize) -> Text {
    text! {
        en: "every user who can sign in to the console has MFA ({users})",
        ko: "콘솔에 로그인할 수 있는 모든 사용자에게 MFA가 있습니다({users}명)"
    }
}

fn nobody_signs_in(machines: &[String]) -> Text {
    let names = shortened(machines);
    text! {
        en: "no console password, so nobody signs in as: {names}; protect their keys by the policy dayone-require-mfa, or give the machine a role",
        ko: "콘솔 암호가 없어 아무도 로그인하지 않는 사용자: {names}. 이들의 키는 dayone-require-mfa 정책이나 역할로 보호하세요"
    }
}

/// What is missing for the answers' people to come in: a user each, groups that require MFA or at least let them enrol a
/// device, a one-time password. Whoever has no group could not enrol, and is left.
fn welcome(facts: &Facts, answers: &Answers) -> Result<Vec<Change>, Unseen> {
    let groups = facts.people_groups.as_ref().map_err(Clone::clone)?;
    let people = facts.people.as_ref().map_err(Clone::clone)?;
    let mut changes: Vec<_> = groups_that_let_enrol(groups, facts, answers)?;
    for person in &answers.people {
        let found = people.get(&person.user.to_ascii_lowercase());
        if found.is_none() && person.groups.is_empty() {
            continue;
        }
        let user = found.map_or(&person.user, |found| &found.name).clone();
        if found.is_none() {
            changes.push(Change::CreateUser { user: user.clone() });
        }
        let lacks = |group: &&String| !is_in(&user, group, facts, answers);
        let add = |group: &String| Change::AddToGroup { user: user.clone(), group: group.clone() };
        changes.extend(person.groups.iter().filter(lacks).map(add));
        let wants_password = found.is_none_or(|found| found.console_password == Ok(false));
        let may_have_it = !waits_for_policy(person, groups, facts, answers);
        if wants_password && may_have_it && (answers.attended || person.console_password_file.is_some()) {
            let file = person.console_password_file.clone();
            changes.push(Change::CreateConsolePassword { user, file });
        }
    }
    Ok(changes)
}

/// Whether the person would come in by a password alone: MFA is to be required, none of the person's groups requires it
/// yet, and the step that sees to this is held up.
fn waits_for_policy(
    person: &PersonAnswer,
    groups: &BTreeMap<String, PeopleGroup>,
    facts: &Facts,
    answers: &Answers,
) -> bool {
    let lacks_it = |group: &String| match group.eq_ignore_ascii_case(&answers.admin.group) {
        true => facts.attached != Ok(true),
        false => groups.get(group).is_some_and(|found| !found.attached),
    };
    if !answers.mfa.require || person.groups.is_empty() || !person.groups.iter().all(lacks_it) {
        return false;
    }
    let required = require_mfa(facts, answers).accept(answers).state;
    !matches!(required, State::InPlace | State::ToChange | State::Accepted)
}

/// Groups that are not there, each once, with the policy attached from the beginning: MFA is required in them, or users
/// may enrol at least. Where nothing requires MFA, no other step gives the groups that are there that right.
fn groups_that_let_enrol(
    groups: &BTreeMap<String, PeopleGroup>,
    facts: &Facts,
    answers: &Answers,
) -> Result<Vec<Change>, Unseen> {
    let is_ours = |name: &&String| !name.eq_ignore_ascii_case(&answers.admin.group);
    let wanted: BTreeSet<&String> =
        answers.people.iter().flat_map(|person| &person.groups).filter(is_ours).collect();
    let (name, is_there) = match answers.mfa.require {
        true => (POLICY_NAME, facts.policy.as_ref().map(Option::is_some)),
        false => (ENROLMENT_POLICY_NAME, facts.enrolment_policy.as_ref().copied()),
    };
    let policy = arn_of_policy(&facts.partition, &facts.account, name);
    let mut changes = Vec::new();
    for group in wanted {
        let attach = Change::AttachPolicy { policy: policy.clone(), group: group.clone() };
        match groups.get(group) {
            None => changes.extend([Change::CreateGroup { group: group.clone() }, attach]),
            Some(found) if answers.mfa.require || found.attached || found.enrols => {}
            Some(_) => changes.push(attach),
        }
    }
    if !changes.is_empty() && !is_there.map_err(Clone::clone)? {
        changes.insert(0, Change::CreatePolicy { policy });
    }
    Ok(changes)
}

/// The answers' people who are no users yet, and would be in no group. Rights come from groups, the right to enrol too.
fn groupless(facts: &Facts, answers: &Answers) -> Vec<String> {
    let Ok(people) = &facts.people else { return Vec::new() };
    let is_new = |user: &str| !people.contains_key(&user.to_ascii_lowercase());
    let groupless = answers.people.iter().filter(|person| person.groups.is_empty() && is_new(&person.user));
    groupless.map(|person| person.user.clone()).collect()
}

fn in_no_group(users: &[String]) -> Text {
    let names = shortened(users);
    text! {
        en: "Not made, because the answers name no group for them: {names}. Rights come from groups, and so does the right to enrol an MFA device.",
        ko: "응답에 그룹이 없어 만들지 않는 사용자: {names}. 권한은 그룹에서 나오며 MFA 디바이스를 등록할 권한도 마찬가지입니다."
    }
}

fn give_them_groups(users: &[String]) -> PersonTask {
    PersonTask {
        what: in_no_group(users),
        how: vec![text! {
            en: "groups = [\"Developers\"] under each of them in [[people]], with a group of your choice. A group that is not there is made.",
            ko: "[[people]]의 각 사용자에 groups = [\"Developers\"]처럼 원하는 그룹을 적으세요. 없는 그룹은 새로 만듭니다."
        }],
        seen: Seen::Elsewhere,
    }
}

fn is_in(user: &str, group: &str, facts: &Facts, answers: &Answers) -> bool {
    if group.eq_ignore_ascii_case(&answers.admin.group) {
        let administrators = facts.group.as_ref().ok().and_then(Option::as_ref);
        return administrators
            .is_some_and(|(_, members)| members.iter().any(|member| member.name.eq_ignore_ascii_case(user)));
    }
    let groups = facts.people_groups.as_ref().ok();
    groups
        .and_then(|groups| groups.get(group))
        .is_some_and(|group| group.members.contains(&user.to_ascii_lowercase()))
}

fn everybody_enrols(without: &[String]) -> PersonTask {
    let (count, names) = (without.len(), shortened(without));
    let how = vec![
        text! {
            en: "Each signs in to the console and opens Security credentials, then Assign MFA device. SMS is retired: AWS enrols no phone numbers any more.",
            ko: "각자 콘솔에 로그인해 보안 자격 증명에서 MFA 디바이스 할당을 선택합니다. SMS는 종료되어 전화번호로는 더 이상 등록할 수 없습니다."
        },
        text! {
            en: "Who may not: put the user into a group that has the policy dayone-require-mfa, which allows it.",
            ko: "권한이 없다고 나오면 dayone-require-mfa 정책이 연결된 그룹에 넣어 주세요. 이 정책이 등록을 허용합니다."
        },
    ];
    let what = text! {
        en: "Have everybody enrol an MFA device who has none ({count}): {names}",
        ko: "MFA 디바이스가 없는 사용자({count}명)가 등록하게 하세요: {names}"
    };
    PersonTask { what, how, seen: Seen::Elsewhere }
}
