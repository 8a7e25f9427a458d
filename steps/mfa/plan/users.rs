//! How the step `users-mfa` stands: everybody else, and what the answers' people need to come in.

use std::collections::{BTreeMap, BTreeSet};

use crate::answers::Answers;
use crate::aws::Unseen;
use crate::mfa::facts::{Facts, PeopleGroup, policy_arn};
use crate::practice::{PersonTask, Seen, StepId, StepPlan, after};
use crate::text;
use crate::text::{Text, harmless};

use super::Change;

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
    if !changes.is_empty() {
        return StepPlan::to_change(step, changes, Text::default());
    }
    let (people, machines) = who_signs_in(without, &facts.machines_without_mfa, answers);
    match (people.is_empty(), machines.is_empty()) {
        (true, true) => StepPlan::in_place(step, everybody_has(facts.user_names.len())),
        (true, false) => {
            let users = facts.user_names.len().saturating_sub(machines.len());
            let (found, machines) = (everybody_has(users), nobody_signs_in(&machines));
            let (en, ko, and_en, and_ko) = (found.en, found.ko, machines.en, machines.ko);
            StepPlan::in_place(step, text! { en: "{en}; {and_en}", ko: "{ko}. {and_ko}" })
        }
        (false, true) => StepPlan::needs_person(step, everybody_enrols(&people)),
        (false, false) => {
            StepPlan::needs_person(step, everybody_enrols(&people)).with_note(nobody_signs_in(&machines))
        }
    }
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
        en: "no console password, so nobody signs in as: {names}; the policy dayone-require-mfa or a role covers their keys",
        ko: "콘솔 암호가 없어 아무도 로그인하지 않는 사용자: {names}. 이들의 키는 dayone-require-mfa 정책이나 역할로 보호하세요"
    }
}

/// What is missing for the answers' people to come in: a user each, groups that require MFA, a one-time password.
fn welcome(facts: &Facts, answers: &Answers) -> Result<Vec<Change>, Unseen> {
    let groups = facts.people_groups.as_ref().map_err(Clone::clone)?;
    let people = facts.people.as_ref().map_err(Clone::clone)?;
    let mut changes: Vec<_> = new_groups(groups, facts, answers);
    for person in &answers.people {
        let found = people.get(&person.user.to_ascii_lowercase());
        let user = found.map_or(&person.user, |found| &found.name).clone();
        if found.is_none() {
            changes.push(Change::CreateUser { user: user.clone() });
        }
        let lacks = |group: &&String| !is_in(&user, group, facts, answers);
        let add = |group: &String| Change::AddToGroup { user: user.clone(), group: group.clone() };
        changes.extend(person.groups.iter().filter(lacks).map(add));
        let wants_password = found.is_none_or(|found| found.console_password == Ok(false));
        if wants_password && (answers.attended || person.console_password_file.is_some()) {
            let file = person.console_password_file.clone();
            changes.push(Change::CreateConsolePassword { user, file });
        }
    }
    Ok(changes)
}

/// Groups that are not there, each once, with the policy attached from the beginning.
fn new_groups(groups: &BTreeMap<String, PeopleGroup>, facts: &Facts, answers: &Answers) -> Vec<Change> {
    let wanted: BTreeSet<&String> = answers.people.iter().flat_map(|person| &person.groups).collect();
    let missing = wanted
        .into_iter()
        .filter(|name| !name.eq_ignore_ascii_case(&answers.admin.group) && !groups.contains_key(*name));
    let has_policy = answers.mfa.require && matches!(facts.policy, Ok(Some(_)));
    let policy = policy_arn(&facts.partition, &facts.account);
    let changes = missing.flat_map(|group| {
        let attach = Change::AttachPolicy { policy: policy.clone(), group: group.clone() };
        [Some(Change::CreateGroup { group: group.clone() }), has_policy.then_some(attach)]
    });
    changes.flatten().collect()
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
        text! { en: "Without MFA ({count}): {names}", ko: "MFA 없음({count}명): {names}" },
        text! {
            en: "Each signs in to the console and opens Security credentials, then Assign MFA device. SMS is retired: AWS enrols no phone numbers any more.",
            ko: "각자 콘솔에 로그인해 보안 자격 증명에서 MFA 디바이스 할당을 선택합니다. SMS는 종료되어 전화번호로는 더 이상 등록할 수 없습니다."
        },
        text! {
            en: "Who may not: put the user into a group that has the policy dayone-require-mfa, which allows it.",
            ko: "권한이 없다고 나오면 dayone-require-mfa 정책이 연결된 그룹에 넣어 주세요. 이 정책이 등록을 허용합니다."
        },
    ];
    let what = text! { en: "Have every user enrol an MFA device.", ko: "모든 사용자가 MFA 디바이스를 등록하게 하세요." };
    PersonTask { what, how, seen: Seen::Elsewhere }
}

/// The names, or the first ten of them.
pub(crate) fn shortened(names: &[String]) -> String {
    const SHOWN: usize = 10;
    let mut shown: Vec<_> = names.iter().take(SHOWN).map(|name| harmless(name)).collect();
    if names.len() > SHOWN {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}
