//! How the step `require-mfa` stands: the policy that refuses everything else without MFA, and what has to come before
//! it, so that nobody is locked out.

use crate::answers::Answers;
use crate::mfa::POLICY_NAME;
use crate::mfa::facts::{Facts, Holders, Member, RequirePolicy, RunMfa, Tried, policy_arn};
use crate::practice::{Offer, PersonTask, Seen, State, StepId, StepPlan, after};
use crate::session::shows_codes;
use crate::text;
use crate::text::{Text, harmless, shortened};

use super::Change;

/// How long an `aws login` lasts at the most. Source: AWS Sign-In user guide, "Login for AWS local development".
pub(super) const LOGIN_HOURS: u64 = 12;

/// `require-mfa`.
pub(super) fn require_mfa(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::RequireMfa;
    // Nothing can be seen by a sign-in that the policy stops.
    if facts.run == RunMfa::Out {
        return StepPlan::needs_person(step, sign_in_again(stopped_by_the_policy()));
    }
    if let Some(unseen) = facts.unseen() {
        return StepPlan::not_assessed(step, unseen);
    }
    let policy = facts.policy.as_ref().ok().and_then(Option::as_ref);
    let groups = groups_without(facts);
    if groups.is_empty() && holds_for_administrators(facts) && policy.is_some_and(|policy| policy.same) {
        if let Some(Tried { refused_without: true, allowed_with: false }) = facts.tried {
            return StepPlan::needs_person(step, let_nobody_in(facts));
        }
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
        None => {
            let plan = attach(facts, policy, groups);
            match needs_consent(facts, policy).filter(|_| !answers.attended) {
                Some(what) => {
                    StepPlan::needs_person(step, PersonTask { what, how: plan.notes, seen: Seen::Elsewhere })
                }
                None => plan,
            }
        }
    }
}

/// What nobody does without being asked: stopping a machine, and replacing what somebody has written.
fn needs_consent(facts: &Facts, policy: Option<&RequirePolicy>) -> Option<Text> {
    if members(facts).any(|member| !member.machine_keys.is_empty()) {
        return Some(text! {
            en: "The policy would stop access keys that look like a machine's.",
            ko: "정책이 프로그램이나 서버에서 쓰는 것 같은 액세스 키를 차단하게 됩니다."
        });
    }
    policy.filter(|policy| !policy.same).map(|_| text! {
        en: "The policy {POLICY_NAME} says something else than ours, and would be replaced. Run dayone at a terminal and decide there, or delete the policy.",
        ko: "정책 {POLICY_NAME}의 내용이 달라 새 내용으로 바뀌게 됩니다. 터미널에서 dayone을 실행해 결정하거나 정책을 삭제하세요."
    })
}

/// Tools that open MFA sessions by themselves read the device from the profile. One that names a device of the
/// administrator stays as it is.
fn note_in_profile(facts: &Facts, answers: &Answers) -> Option<Offer<Change>> {
    let profile = answers.admin.access_key_profile.clone().filter(|_| answers.attended)?;
    let (_, devices) = facts.admin.as_ref().ok()?.as_ref()?;
    if facts.noted_device.as_ref().is_some_and(|noted| devices.contains(noted)) {
        return None;
    }
    let serial = devices.iter().find(|serial| shows_codes(serial))?.clone();
    Some(Offer {
        question: text! {
            en: "Note the MFA device in the AWS profile {profile} (mfa_serial), for tools that ask for it?",
            ko: "MFA 디바이스를 묻는 도구를 위해 AWS 프로파일 {profile}에 mfa_serial을 적어 둘까요?"
        },
        key: None,
        changes: vec![Change::NoteInProfile { profile, serial }],
    })
}

/// Whether the policy is attached to the administrators' group. Attached to nobody it requires nothing of anybody.
fn holds_for_administrators(facts: &Facts) -> bool {
    matches!((&facts.group, &facts.attached), (Ok(Some(_)), Ok(true)))
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
        _ => text! {
            en: "attached; not tried in this run",
            ko: "연결됨. 이번 실행에서는 동작을 확인하지 않음"
        },
    }
}

/// The policy holds, and MFA does not help: another policy may deny, or the session is not taken for one with MFA.
fn let_nobody_in(facts: &Facts) -> PersonTask {
    let user = facts.admin.as_ref().ok().and_then(Option::as_ref).map(|(user, _)| harmless(user));
    let (user, policy) = (user.unwrap_or_default(), policy_arn(&facts.partition, &facts.account));
    let group = facts.group.as_ref().ok().and_then(Option::as_ref).map(|(group, _)| harmless(group));
    let group = group.unwrap_or_default();
    PersonTask {
        what: text! {
            en: "Tried just now: AWS refuses {user} with MFA too. Nobody gets in as {user} any more.",
            ko: "방금 확인함: AWS가 MFA를 거친 {user}도 거부합니다. 이제 {user}(으)로는 들어올 수 없습니다."
        },
        how: vec![
            text! {
                en: "If it was attached a moment ago, wait a minute and run the same command again.",
                ko: "방금 연결했다면 1분 뒤 같은 명령을 다시 실행하세요."
            },
            text! {
                en: "See in the IAM console which other policy denies it. Until that is mended, root can take this one off: aws iam detach-group-policy --group-name {group} --policy-arn {policy}",
                ko: "IAM 콘솔에서 어떤 정책이 거부하는지 확인하세요. 그동안 루트 사용자로 이 정책을 해제할 수 있습니다: aws iam detach-group-policy --group-name {group} --policy-arn {policy}"
            },
        ],
        seen: Seen::Elsewhere,
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
        return Some(StepPlan::needs_person(step, sign_in_again(older_than_the_device())));
    }
    if let Some(keys) = keys_nobody_has_proven(facts) {
        return Some(StepPlan::blocked(step, prove_the_device(facts, &keys)));
    }
    if facts.run == RunMfa::AdministratorByKey && !devices.iter().any(|serial| shows_codes(serial)) {
        return Some(StepPlan::needs_person(step, passkey_needs_login()));
    }
    match &facts.run {
        RunMfa::OtherUser(caller)
            if members(facts).any(|member| member.name.eq_ignore_ascii_case(caller)) =>
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

/// The administrator's access keys, where somebody else acts and nobody has signed in as the administrator. In the console
/// the device is asked for with or without the policy. The keys work without it until the policy comes, and after that
/// the device is the only way in by them: so it has to be seen to work first.
fn keys_nobody_has_proven(facts: &Facts) -> Option<Vec<String>> {
    if facts.signed_in || !matches!(facts.run, RunMfa::Safe | RunMfa::OtherUser(_)) {
        return None;
    }
    let (Ok(Some((user, _))), Ok(Some((_, members)))) = (&facts.admin, &facts.group) else { return None };
    let administrator = members.iter().find(|member| member.name.eq_ignore_ascii_case(user))?;
    Some(administrator.active_keys.clone()).filter(|keys| !keys.is_empty())
}

fn prove_the_device(facts: &Facts, keys: &[String]) -> Text {
    let user = facts.admin.as_ref().ok().and_then(Option::as_ref).map(|(user, _)| harmless(user));
    let (user, keys) = (user.unwrap_or_default(), keys.join(", "));
    text! {
        en: "The access keys of {user} ({keys}) would work only with the MFA device, and nobody has signed in with it yet. Sign in as {user} first, at the step admin-sign-in.",
        ko: "{user}의 액세스 키({keys})는 MFA 디바이스가 있어야만 동작하게 되는데, 아직 그 디바이스로 로그인한 적이 없습니다. 먼저 admin-sign-in 단계에서 {user}(으)로 로그인하세요."
    }
}

fn older_than_the_device() -> Text {
    text! {
        en: "Sign in once more, now with the device: the present sign-in may be older than it, and the policy would stop it.",
        ko: "이제 디바이스로 다시 로그인하세요. 지금 로그인은 디바이스 등록 전의 것일 수 있어 정책이 막게 됩니다."
    }
}

fn stopped_by_the_policy() -> Text {
    text! {
        en: "Sign in once more, now with the device: the policy stops the present sign-in, which carries no MFA.",
        ko: "이제 디바이스로 다시 로그인하세요. 지금 로그인에는 MFA가 없어 정책이 막고 있습니다."
    }
}

/// A sign-in that carries MFA.
fn sign_in_again(what: Text) -> PersonTask {
    PersonTask {
        what,
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
    let (Ok(Some((user, _))), Ok(Some(_))) = (&facts.admin, &facts.group) else {
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
    let replaced = policy.filter(|policy| !policy.same);
    let plan = StepPlan::to_change(StepId::RequireMfa, changes, Text::default());
    let plan = replaced.map(|policy| is_replaced(policy, facts)).into_iter().fold(plan, StepPlan::with_note);
    let plan = members(facts).filter_map(stopped).fold(plan, StepPlan::with_note);
    let stops_somebody = members(facts).any(|member| !member.mfa || !member.machine_keys.is_empty());
    StepPlan { careful: replaced.is_some() || stops_somebody, ..plan }
}

/// Everybody whom the policy is about: the administrators, and the users of the people's groups that it is still to be
/// attached to.
fn members(facts: &Facts) -> impl Iterator<Item = &Member> {
    let administrators = facts.group.iter().flatten().flat_map(|(_, members)| members);
    let of_the_people = facts.people_groups.iter().flatten().flat_map(|(_, group)| &group.looked_up);
    administrators.chain(of_the_people)
}

/// Somebody has changed the policy, or an earlier version of this program has made it: nobody can tell which.
fn is_replaced(policy: &RequirePolicy, facts: &Facts) -> Text {
    let elsewhere = match &policy.holders {
        Ok(holders) => attached_elsewhere(holders, facts),
        Err(unseen) => unseen.text(),
    };
    let (en, ko) = (elsewhere.en, elsewhere.ko);
    text! {
        en: "The policy {POLICY_NAME} that is there says something else than ours. It is replaced by a new version, and AWS keeps the old one. {en}",
        ko: "이미 있는 정책 {POLICY_NAME}의 내용이 다릅니다. 새 버전으로 바꾸며 이전 버전은 AWS에 남습니다. {ko}"
    }
}

/// Whom it is attached to beside the groups that it is made for.
fn attached_elsewhere(holders: &Holders, facts: &Facts) -> Text {
    let ours = |name: &&String| {
        let administrators = facts.group.iter().flatten().map(|(group, _)| group);
        let people = facts.people_groups.iter().flatten().map(|(group, _)| group);
        administrators.chain(people).any(|group| group.eq_ignore_ascii_case(name))
    };
    let groups: Vec<_> = holders.groups.iter().filter(|name| !ours(name)).cloned().collect();
    let kinds =
        [("users", "사용자", &holders.users), ("groups", "그룹", &groups), ("roles", "역할", &holders.roles)];
    let found = kinds.iter().filter(|(.., names)| !names.is_empty());
    let (en, ko): (Vec<_>, Vec<_>) = found
        .map(|(en, ko, names)| (format!("{en} {}", shortened(names)), format!("{ko} {}", shortened(names))))
        .unzip();
    if en.is_empty() {
        return text! { en: "Nobody else has it.", ko: "다른 곳에는 연결되어 있지 않습니다." };
    }
    let (en, ko) = (en.join("; "), ko.join("; "));
    text! {
        en: "It holds for others too, who get the new version at once: {en}.",
        ko: "다른 곳에도 연결되어 있어 새 버전이 바로 적용됩니다: {ko}."
    }
}

/// Whom the policy stops, and which keys.
fn stopped(member: &Member) -> Option<Text> {
    let name = harmless(&member.name);
    let keys = member.active_keys.join(", ");
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
