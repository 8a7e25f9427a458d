//! How the steps about the administrators stand: `admin-group` and `admin-user`.

use crate::answers::Answers;
use crate::practice::{PersonTask, Seen, StepId, StepPlan};
use crate::root_user::administrator_access;
use crate::root_user::facts::{Facts, Group, User};
use crate::text;
use crate::text::{Text, harmless};

use super::Change;
use super::password_policy::PASSWORD_LENGTH;

/// `admin-group`.
pub(super) fn admin_group(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::AdminGroup;
    let attach = |group: &str| Change::AttachAdministratorAccess {
        group: group.to_owned(),
        policy: administrator_access(&facts.partition),
    };
    match &facts.group {
        Err(unseen) => StepPlan::not_assessed(step, unseen),
        Ok(None) => {
            let group = answers.admin.group.clone();
            let changes = vec![Change::CreateGroup { group: group.clone() }, attach(&group)];
            StepPlan::to_change(step, changes, Text::default())
        }
        Ok(Some(group)) if group.is_administrators(&facts.partition) => {
            let (name, members) = (harmless(&group.name), group.members.len());
            let found =
                text! { en: "group {name}, members: {members}", ko: "그룹 {name}, 구성원 {members}명" };
            StepPlan::in_place(step, found)
        }
        Ok(Some(group)) => match strangers(group, answers) {
            None => StepPlan::to_change(step, vec![attach(&group.name)], Text::default()),
            Some(warning) if answers.attended => {
                StepPlan::to_change(step, vec![attach(&group.name)], Text::default()).with_warning(warning)
            }
            Some(warning) => StepPlan::needs_person(step, another_group(warning)),
        },
    }
}

/// What speaks against giving an existing group full rights.
pub(in crate::root_user) fn strangers(group: &Group, answers: &Answers) -> Option<Text> {
    let admin = answers.admin.user.as_deref().unwrap_or_default();
    let others: Vec<_> = group.members.iter().filter(|member| !member.eq_ignore_ascii_case(admin)).collect();
    if others.is_empty() && group.policies.is_empty() && group.inline_policies == 0 {
        return None;
    }
    let name = harmless(&group.name);
    let policies = group.policies.len() + group.inline_policies;
    let policies_en = if policies == 1 { "1 policy".to_owned() } else { format!("{policies} policies") };
    let others = names(others.into_iter().map(String::as_str));
    Some(text! {
        en: "There is a group {name} already, with {policies_en} of its own and these members: {others}. Each of them would get full rights.",
        ko: "그룹 {name}이(가) 이미 있습니다. 자체 정책이 {policies}개이고 구성원은 다음과 같습니다: {others}. 모두 전체 권한을 갖게 됩니다."
    })
}

fn another_group(warning: Text) -> PersonTask {
    PersonTask {
        what: warning,
        how: vec![text! {
            en: "Name another group: --admin-group NAME, or group under [admin] in the answers file. Or run dayone at a terminal and decide there.",
            ko: "다른 그룹 이름을 지정하세요: --admin-group 이름, 또는 응답 파일의 [admin] 아래 group. 아니면 터미널에서 dayone을 실행해 결정하세요."
        }],
        seen: Seen::Elsewhere,
    }
}

/// `admin-user`.
pub(super) fn admin_user(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::AdminUser;
    let Some(name) = &answers.admin.user else { return StepPlan::needs_person(step, name_yourself()) };
    let user = match facts.user.as_ref() {
        None => &None,
        Some(Ok(user)) => user,
        Some(Err(unseen)) => return StepPlan::not_assessed(step, unseen),
    };
    let group = match &facts.group {
        Ok(group) => group.as_ref(),
        Err(unseen) => return StepPlan::not_assessed(step, unseen),
    };
    let mut changes = Vec::new();
    let password_of = user.as_ref().map(|user| &user.console_password);
    let spelled = user.as_ref().map_or(name, |user| &user.name);
    if user.is_none() {
        changes.push(Change::CreateUser { user: name.clone() });
    }
    if !group.is_some_and(|group| group.has(name)) {
        let group = group.map_or(&answers.admin.group, |group| &group.name).clone();
        changes.push(Change::AddToGroup { user: spelled.clone(), group });
    }
    if wants_password(user.as_ref(), answers) {
        let minimum_length = minimum_length(facts);
        changes.push(Change::CreateConsolePassword { user: spelled.clone(), minimum_length });
    }
    if let (true, true, Some(Err(unseen))) = (changes.is_empty(), receives_password(answers), password_of) {
        return StepPlan::not_assessed(step, unseen);
    }
    let name = harmless(spelled);
    let found = text! { en: "user {name}", ko: "사용자 {name}" };
    let promoted = user.is_some() && changes.iter().any(|change| matches!(change, Change::AddToGroup { .. }));
    let plan = StepPlan::to_change(step, changes, found);
    if !promoted {
        return plan;
    }
    plan.with_warning(text! {
        en: "There is a user {name} already, who gets full rights by this.",
        ko: "사용자 {name}이(가) 이미 있으며, 이 변경으로 전체 권한을 갖게 됩니다."
    })
}

/// A password is made only where it can be handed over, and never for a user that has one.
fn wants_password(user: Option<&User>, answers: &Answers) -> bool {
    let has_one = user.is_some_and(|user| user.console_password != Ok(false));
    !has_one && receives_password(answers)
}

fn receives_password(answers: &Answers) -> bool {
    answers.attended || answers.admin.console_password_file.is_some()
}

fn minimum_length(facts: &Facts) -> i32 {
    match &facts.password_policy {
        Ok(Some(policy)) => policy.minimum_password_length.max(PASSWORD_LENGTH),
        _ => PASSWORD_LENGTH,
    }
}

fn name_yourself() -> PersonTask {
    PersonTask {
        what: text! {
            en: "Choose the name of your own IAM user.",
            ko: "본인이 쓸 IAM 사용자 이름을 정하세요."
        },
        how: vec![text! {
            en: "--admin-user NAME, or user under [admin] in the answers file, or answer when dayone asks.",
            ko: "--admin-user 이름, 또는 응답 파일의 [admin] 아래 user에 적거나, dayone이 물을 때 답하세요."
        }],
        seen: Seen::ByAnswer("admin.user"),
    }
}

fn names<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<_> = names.map(harmless).collect();
    if names.is_empty() { "-".to_owned() } else { names.join(", ") }
}
