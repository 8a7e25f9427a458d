//! How the step `require-mfa` stands: the policy that refuses everything else without MFA, and what has to come before
//! it, so that nobody is locked out.

use crate::answers::Answers;
use crate::mfa::facts::{Facts, Member, RequirePolicy, RunMfa, Tried, policy_arn};
use crate::practice::{Offer, PersonTask, Seen, State, StepId, StepPlan, after};
use crate::session::is_passkey;
use crate::text;
use crate::text::{Text, harmless};

use super::Change;

/// How long an `aws login` lasts at the most. Source: AWS Sign-In user guide, "Login for AWS local development".
pub(super) const LOGIN_HOURS: u64 = 12;

/// `require-mfa`.
pub(super) fn require_mfa(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::RequireMfa;
    if let Some(unseen) = facts.unseen() {
        return StepPlan::not_assessed(step, unseen);
    }
    let policy = facts.policy.as_ref().ok().and_then(Option::as_ref);
    let groups = groups_without(facts);
    if groups.is_empty() && policy.is_some_and(|policy| policy.same) {
        let offer = note_in_profile(facts, answers);
        return StepPlan { offer, ..StepPlan::in_place(step, in_force(facts.tried)) };
    }
    if !answers.mfa.require {
        let reason = text! { en: "The answers say mfa.require = false.", ko: "응답에 mfa.require = false로 되어 있습니다." };
        return StepPlan {
            reason: Some(reason),
            state: State::Accepted,
            ..StepPlan::blocked(step, Text::default())
        };
    }
    match obstacle(facts) {
        Some(obstacle) => obstacle,
        None => match attach(facts, policy, groups) {
            plan if plan.careful && !answers.attended => machines_first(plan),
            plan => plan,
        },
    }
}

/// Tools that open MFA sessions by themselves read the device from the profile.
fn note_in_profile(facts: &Facts, answers: &Answers) -> Option<Offer<Change>> {
    let profile = answers.admin.access_key_profile.clone().filter(|_| answers.attended)?;
    let (_, devices) = facts.admin.as_ref().ok()?.as_ref()?;
    let serial = devices.iter().find(|serial| !is_passkey(serial))?.clone();
    Some(Offer {
        question: text! {
            en: "Note the MFA device in the AWS profile {profile} (mfa_serial), for tools that ask for it?",
            ko: "MFA 디바이스를 묻는 도구를 위해 AWS 프로파일 {profile}에 mfa_serial을 적어 둘까요?"
        },
        key: None,
        changes: vec![Change::NoteInProfile { profile, serial }],
    })
}

/// The groups that the policy is still to be attached to: the administrators', and those of the people that are there.
fn groups_without(facts: &Facts) -> Vec<String> {
    let administrators = match (&facts.group, &facts.attached) {
        (Ok(Some((group, _))), Ok(false)) => Some(group.clone()),
        _ => None,
    };
    let people = facts.people_groups.iter().flatten().filter(|(_, group)| !group.attached);
    administrators.into_iter().chain(people.map(|(name, _)| name.clone())).collect()
}

fn in_force(tried: Option<Tried>) -> Text {
    match tried {
        Some(Tried { refused_without: true, allowed_with: true }) => text! {
            en: "tried just now: without MFA refused, with MFA allowed",
            ko: "방금 확인함: MFA 없이는 거부, MFA로는 허용"
        },
        Some(Tried { refused_without: false, .. }) => text! {
            en: "attached; AWS does not refuse the access key alone yet, which takes a moment",
            ko: "연결됨. AWS에 반영되기까지 잠시 걸려 아직 액세스 키만으로도 됩니다"
        },
        _ => {
            text! { en: "without MFA, everything else is refused", ko: "MFA 없이는 다른 모든 작업이 거부됩니다" }
        }
    }
}

/// What has to come first, so that nobody is locked out.
fn obstacle(facts: &Facts) -> Option<StepPlan<Change>> {
    let step = StepId::RequireMfa;
    let Ok(Some((_, devices))) = &facts.admin else {
        return Some(StepPlan::blocked(step, after(StepId::AdminMfa)));
    };
    if !matches!(&facts.group, Ok(Some(_))) {
        return Some(StepPlan::blocked(step, after(StepId::AdminGroup)));
    }
    if devices.is_empty() {
        return Some(StepPlan::blocked(step, after(StepId::AdminMfa)));
    }
    // A sign-in lasts twelve hours at the most, and since there is a device it asks for it.
    if facts.run == RunMfa::AdministratorByLogin && facts.device_hours.is_none_or(|hours| hours < LOGIN_HOURS)
    {
        return Some(StepPlan::needs_person(step, sign_in_again()));
    }
    if facts.run == RunMfa::AdministratorByKey && devices.iter().all(|serial| is_passkey(serial)) {
        return Some(StepPlan::needs_person(step, passkey_needs_login()));
    }
    match (&facts.run, &facts.group) {
        (RunMfa::OtherUser(caller), Ok(Some((_, members))))
            if members
                .iter()
                .chain(of_the_people(facts))
                .any(|member| member.name.eq_ignore_ascii_case(caller)) =>
        {
            let caller = harmless(caller);
            Some(StepPlan::blocked(
                step,
                text! {
                    en: "This run is signed in as {caller}, without MFA as far as can be told, and the policy would stop it.",
                    ko: "이번 실행은 {caller}(으)로 로그인되어 있고 MFA를 쓴 흔적이 없어, 정책이 이번 실행을 막게 됩니다."
                },
            ))
        }
        _ => None,
    }
}

/// The policy would stop a sign-in that was made before there was a device.
fn sign_in_again() -> PersonTask {
    PersonTask {
        what: text! {
            en: "Sign in once more, now with the device: the present sign-in may be older than it, and the policy would stop it.",
            ko: "이제 디바이스로 다시 로그인하세요. 지금 로그인은 디바이스 등록 전의 것일 수 있어 정책이 막게 됩니다."
        },
        how: vec![
            text! { en: "In another window: aws login, with the same profile as before.", ko: "다른 창에서: 이전과 같은 프로파일로 aws login" },
            text! { en: "In the browser sign out first, if it does not ask for the device.", ko: "디바이스를 묻지 않으면 브라우저에서 먼저 로그아웃하세요." },
        ],
        seen: Seen::BySigningInAgain,
    }
}

fn passkey_needs_login() -> PersonTask {
    PersonTask {
        what: text! {
            en: "A passkey cannot open an MFA session for an access key. Sign in with aws login, which carries it.",
            ko: "패스키로는 액세스 키의 MFA 세션을 열 수 없습니다. 패스키가 적용되는 aws login으로 로그인하세요."
        },
        how: vec![
            text! { en: "aws login, then run the same command again.", ko: "aws login 후 같은 명령을 다시 실행하세요." },
        ],
        seen: Seen::Elsewhere,
    }
}

fn attach(facts: &Facts, policy: Option<&RequirePolicy>, groups: Vec<String>) -> StepPlan<Change> {
    let (Ok(Some((user, _))), Ok(Some((_, members)))) = (&facts.admin, &facts.group) else {
        return StepPlan::blocked(StepId::RequireMfa, after(StepId::AdminMfa));
    };
    let arn = policy_arn(&facts.partition, &facts.account);
    let mut changes = Vec::new();
    if facts.run == RunMfa::AdministratorByKey {
        changes.push(Change::StartSession { user: user.clone() });
    }
    match policy {
        None => changes.push(Change::CreatePolicy { policy: arn.clone() }),
        Some(policy) if !policy.same => changes
            .push(Change::UpdatePolicy { policy: arn.clone(), drop_version: policy.oldest_spare.clone() }),
        Some(_) => {}
    }
    let attach = |group| Change::AttachPolicy { policy: arn.clone(), group };
    changes.extend(groups.into_iter().map(attach));
    let plan = StepPlan::to_change(StepId::RequireMfa, changes, Text::default());
    let members: Vec<_> = members.iter().chain(of_the_people(facts)).collect();
    let plan = members.iter().filter_map(|member| stopped(member)).fold(plan, StepPlan::with_note);
    StepPlan { careful: members.iter().any(|member| !member.machine_keys.is_empty()), ..plan }
}

/// The users of the people's groups that the policy is still to be attached to.
fn of_the_people(facts: &Facts) -> impl Iterator<Item = &Member> {
    facts.people_groups.iter().flatten().flat_map(|(_, group)| &group.looked_up)
}

/// With nobody there, no machine is stopped.
fn machines_first(plan: StepPlan<Change>) -> StepPlan<Change> {
    let person = PersonTask {
        what: text! {
            en: "The policy would stop access keys that look like a machine's.",
            ko: "정책이 프로그램이나 서버에서 쓰는 것 같은 액세스 키를 차단하게 됩니다."
        },
        how: plan.notes,
        seen: Seen::Elsewhere,
    };
    StepPlan::needs_person(StepId::RequireMfa, person)
}

/// Whom the policy stops, and which keys.
fn stopped(member: &Member) -> Option<Text> {
    let name = harmless(&member.name);
    let keys = member.active_keys.join(", ");
    if !member.known {
        return Some(text! { en: "{name} was not looked up.", ko: "{name}은(는) 조회하지 않았습니다." });
    }
    if !member.machine_keys.is_empty() {
        let keys = member.machine_keys.join(", ");
        return Some(text! {
            en: "The access keys {keys} of {name} look like a machine's: they are used, and {name} has no console password. The policy stops them. Give the machine a role first.",
            ko: "{name}의 액세스 키 {keys}은(는) 프로그램이나 서버에서 쓰는 것 같습니다. 사용 기록이 있고 {name}에게 콘솔 암호가 없습니다. 정책이 이 키를 차단하므로 먼저 역할을 주세요."
        });
    }
    match (member.mfa, keys.is_empty()) {
        (false, true) => Some(text! {
            en: "{name} has no MFA and will be able to do nothing but enrol a device.",
            ko: "{name}에게는 MFA가 없어 디바이스 등록 외에는 아무것도 할 수 없게 됩니다."
        }),
        (false, false) => Some(text! {
            en: "{name} has no MFA and will be stopped, and with it the access keys {keys}. If a machine uses them, give it a role first.",
            ko: "{name}에게는 MFA가 없어 차단되며 액세스 키 {keys}도 함께 차단됩니다. 프로그램이나 서버에서 쓰는 키라면 먼저 역할을 주세요."
        }),
        (true, false) => Some(text! {
            en: "The access keys of {name} ({keys}) will work only in an MFA session.",
            ko: "{name}의 액세스 키({keys})는 MFA 세션에서만 동작하게 됩니다."
        }),
        (true, true) => None,
    }
}
