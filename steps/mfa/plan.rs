//! How each step of the practice stands, and what is to be done. Pure.

use serde::Serialize;

use crate::answers::{Answers, DeviceKind};
use crate::practice::{PersonTask, Seen, State, StepId, StepPlan, Verb};
use crate::root_user::after;
use crate::session::is_passkey;
use crate::text;
use crate::text::{Text, harmless};

use super::facts::{Facts, Member, RequirePolicy, RunMfa, VirtualDevice, policy_arn};

/// What can be changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Change {
    /// Deletes a virtual device that was made and never enabled: its seed is lost, and it holds the name.
    DeleteLeftover {
        /// The device's serial number.
        serial: String,
    },
    /// Creates a virtual device, shows its QR code, and enables it with two codes. One change, because the seed
    /// cannot outlive it.
    EnrolVirtualDevice {
        /// The user.
        user: String,
        /// The device's name.
        device: String,
        /// The account number.
        account: String,
    },
    /// Enables a hardware token with two codes.
    EnrolHardwareToken {
        /// The user.
        user: String,
        /// The serial number printed on it.
        serial: String,
    },
    /// Moves the run to an MFA session of the administrator.
    StartSession {
        /// The user.
        user: String,
    },
    /// Creates the policy.
    CreatePolicy {
        /// Its ARN.
        policy: String,
    },
    /// Brings the policy up to date by a new version.
    UpdatePolicy {
        /// Its ARN.
        policy: String,
        /// The old version that makes room.
        drop_version: Option<String>,
    },
    /// Attaches the policy to the group.
    AttachPolicy {
        /// Its ARN.
        policy: String,
        /// The group.
        group: String,
    },
}

/// How each step stands.
pub fn plan(facts: &Facts, answers: &Answers) -> Vec<StepPlan<Change>> {
    vec![admin_mfa(facts, answers), root_mfa(facts), require_mfa(facts, answers), users_mfa(facts, answers)]
        .into_iter()
        .map(|step| step.accept(answers))
        .collect()
}

fn admin_mfa(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::AdminMfa;
    let (user, devices) = match (&facts.admin, &answers.admin.user) {
        (Err(unseen), _) => return StepPlan::not_assessed(step, unseen),
        (Ok(Some((user, devices))), _) => (user, devices.as_slice()),
        (Ok(None), Some(user)) => (user, [].as_slice()),
        (Ok(None), None) => return StepPlan::blocked(step, after(StepId::AdminUser)),
    };
    if let Some(device) = devices.first() {
        return StepPlan::in_place(step, device_in_words(device));
    }
    let virtual_devices = match &facts.virtual_devices {
        Ok(devices) => devices,
        Err(unseen) => return StepPlan::not_assessed(step, unseen),
    };
    if !answers.attended && !can_enrol_unattended(answers) {
        return StepPlan::needs_person(step, enrol_at_a_terminal());
    }
    let changes = match (answers.mfa.device, &answers.mfa.serial) {
        (DeviceKind::Hardware, Some(serial)) => {
            vec![Change::EnrolHardwareToken { user: user.clone(), serial: serial.clone() }]
        }
        _ => enrol_virtual(facts, user, virtual_devices),
    };
    StepPlan::to_change(step, changes, Text::default())
}

fn can_enrol_unattended(answers: &Answers) -> bool {
    let codes = answers.mfa.code_command.is_some();
    match answers.mfa.device {
        DeviceKind::Virtual => codes && answers.mfa.enrol_command.is_some(),
        DeviceKind::Hardware => codes && answers.mfa.serial.is_some(),
    }
}

fn enrol_virtual(facts: &Facts, user: &str, devices: &[VirtualDevice]) -> Vec<Change> {
    let named = |name: &str| devices.iter().find(|device| device.name().eq_ignore_ascii_case(name));
    let taken = |name: &str| named(name).is_some_and(|device| device.owner.is_some());
    let device = std::iter::once(user.to_owned())
        .chain((2..).map(|number| format!("{user}-{number}")))
        .find(|name| !taken(name))
        .unwrap_or_default();
    let mut changes = Vec::new();
    if let Some(leftover) = named(&device) {
        changes.push(Change::DeleteLeftover { serial: leftover.serial.clone() });
    }
    changes.push(Change::EnrolVirtualDevice {
        user: user.to_owned(),
        device,
        account: facts.account.clone(),
    });
    changes
}

fn device_in_words(serial: &str) -> Text {
    if is_passkey(serial) {
        return text! { en: "a passkey or security key", ko: "패스키 또는 보안 키" };
    }
    if serial.starts_with("arn:") {
        let name = harmless(serial.rsplit('/').next().unwrap_or_default());
        return text! { en: "virtual device {name}", ko: "가상 디바이스 {name}" };
    }
    let serial = harmless(serial);
    text! { en: "hardware token {serial}", ko: "하드웨어 토큰 {serial}" }
}

fn enrol_at_a_terminal() -> PersonTask {
    PersonTask {
        what: text! { en: "Enrol the administrator's MFA device.", ko: "관리자의 MFA 디바이스를 등록하세요." },
        how: vec![text! {
            en: "Run dayone at a terminal and scan the QR code; or give enrol_command and code_command under [mfa].",
            ko: "터미널에서 dayone을 실행해 QR 코드를 스캔하거나, [mfa] 아래 enrol_command와 code_command를 지정하세요."
        }],
        seen: Seen::Elsewhere,
    }
}

fn root_mfa(facts: &Facts) -> StepPlan<Change> {
    let step = StepId::RootMfa;
    match &facts.root_mfa {
        Err(unseen) => StepPlan::not_assessed(step, unseen),
        Ok(true) => StepPlan::in_place(step, root_device(facts)),
        Ok(false) => StepPlan::needs_person(step, add_mfa_to_root(&facts.partition)),
    }
}

/// A virtual device of root is listed; if none is, it is a token or a passkey, which AWS shows to root only.
fn root_device(facts: &Facts) -> Text {
    let Ok(devices) = &facts.virtual_devices else {
        return text! { en: "root has MFA; of which kind cannot be told", ko: "루트에 MFA가 있습니다. 종류는 알 수 없습니다" };
    };
    let is_root = |device: &VirtualDevice| device.owner.as_deref().is_some_and(|arn| arn.ends_with(":root"));
    if devices.iter().any(is_root) {
        text! { en: "root has a virtual device", ko: "루트에 가상 디바이스가 있습니다" }
    } else {
        text! { en: "root has a passkey, a security key or a hardware token", ko: "루트에 패스키, 보안 키 또는 하드웨어 토큰이 있습니다" }
    }
}

fn add_mfa_to_root(partition: &str) -> PersonTask {
    let page = match partition {
        "aws-cn" => "https://console.amazonaws.cn/iam/home#/security_credentials",
        _ => "https://console.aws.amazon.com/iam/home#/security_credentials",
    };
    PersonTask {
        what: text! {
            en: "Add MFA to root. AWS lets only root do this, and only in the console.",
            ko: "루트 사용자에 MFA를 추가하세요. AWS에서는 루트만, 콘솔에서만 할 수 있습니다."
        },
        how: vec![
            text! { en: "Sign in as root and open {page}", ko: "루트로 로그인해 {page} 페이지를 여세요." },
            text! { en: "Multi-factor authentication (MFA), then Assign MFA device.", ko: "다중 인증(MFA)에서 MFA 디바이스 할당을 선택하세요." },
            text! { en: "Choose a passkey if you can, an authenticator app otherwise.", ko: "가능하면 패스키를, 아니면 인증 앱을 선택하세요." },
        ],
        seen: Seen::InAccount,
    }
}

fn require_mfa(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::RequireMfa;
    if let Some(unseen) = facts.unseen() {
        return StepPlan::not_assessed(step, unseen);
    }
    let policy = facts.policy.as_ref().ok().and_then(Option::as_ref);
    let attached = facts.attached == Ok(true);
    if attached && policy.is_some_and(|policy| policy.same) {
        let found = text! { en: "without MFA, everything else is refused", ko: "MFA 없이는 다른 모든 작업이 거부됩니다" };
        return StepPlan::in_place(step, found);
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
        None => attach(facts, policy, attached),
    }
}

/// What has to come first, so that nobody is locked out.
fn obstacle(facts: &Facts) -> Option<StepPlan<Change>> {
    let step = StepId::RequireMfa;
    let Ok(Some((_, devices))) = &facts.admin else {
        return Some(StepPlan::blocked(step, after(StepId::AdminMfa)));
    };
    if devices.is_empty() || !matches!(&facts.group, Ok(Some(_))) {
        return Some(StepPlan::blocked(step, after(StepId::AdminMfa)));
    }
    if facts.run == RunMfa::AdministratorByKey && devices.iter().all(|serial| is_passkey(serial)) {
        return Some(StepPlan::needs_person(step, passkey_needs_login()));
    }
    match (&facts.run, &facts.group) {
        (RunMfa::OtherUserByKey(caller), Ok(Some((_, members))))
            if members.iter().any(|member| member.name.eq_ignore_ascii_case(caller)) =>
        {
            let caller = harmless(caller);
            Some(StepPlan::blocked(
                step,
                text! {
                    en: "This run is signed in as {caller} by access key alone, and the policy would stop it.",
                    ko: "이 실행은 {caller}의 액세스 키만으로 로그인되어 있어 정책이 이 실행을 막게 됩니다."
                },
            ))
        }
        _ => None,
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

fn attach(facts: &Facts, policy: Option<&RequirePolicy>, attached: bool) -> StepPlan<Change> {
    let (Ok(Some((user, _))), Ok(Some((group, members)))) = (&facts.admin, &facts.group) else {
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
    if !attached {
        changes.push(Change::AttachPolicy { policy: arn, group: group.clone() });
    }
    let plan = StepPlan::to_change(StepId::RequireMfa, changes, Text::default());
    members.iter().filter_map(stopped).fold(plan, StepPlan::with_note)
}

/// Whom the policy stops, and which keys.
fn stopped(member: &Member) -> Option<Text> {
    let name = harmless(&member.name);
    let keys = member.active_keys.join(", ");
    match (member.mfa, keys.is_empty()) {
        (false, true) => Some(text! {
            en: "{name} has no MFA and will be able to do nothing but enrol a device.",
            ko: "{name}에게는 MFA가 없어 디바이스 등록 외에는 아무것도 할 수 없게 됩니다."
        }),
        (false, false) => Some(text! {
            en: "{name} has no MFA and will be stopped, and with it the access keys {keys}. If a machine uses them, give it a role first.",
            ko: "{name}에게는 MFA가 없어 차단되며 액세스 키 {keys}도 함께 차단됩니다. 기계가 쓰는 키라면 먼저 역할을 주세요."
        }),
        (true, false) => Some(text! {
            en: "The access keys of {name} ({keys}) will work only in an MFA session.",
            ko: "{name}의 액세스 키({keys})는 MFA 세션에서만 동작하게 됩니다."
        }),
        (true, true) => None,
    }
}

fn users_mfa(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
    let step = StepId::UsersMfa;
    let without = match &facts.users_without_mfa {
        Ok(without) => without,
        Err(unseen) => return StepPlan::not_assessed(step, unseen),
    };
    let missing: Vec<_> = answers
        .people
        .iter()
        .map(|person| person.user.clone())
        .filter(|user| !facts.user_names.contains(&user.to_ascii_lowercase()))
        .collect();
    if facts.user_names.is_empty() {
        return StepPlan::blocked(step, after(StepId::AdminUser));
    }
    if without.is_empty() && missing.is_empty() {
        let users = facts.user_names.len();
        return StepPlan::in_place(
            step,
            text! { en: "every user has MFA ({users})", ko: "모든 사용자에게 MFA가 있습니다({users}명)" },
        );
    }
    StepPlan::needs_person(step, everybody_enrols(without, &missing))
}

fn everybody_enrols(without: &[String], missing: &[String]) -> PersonTask {
    let mut how = Vec::new();
    if !without.is_empty() {
        let (count, names) = (without.len(), shortened(without));
        how.push(text! { en: "Without MFA ({count}): {names}", ko: "MFA 없음({count}명): {names}" });
        how.push(text! {
            en: "Each signs in to the console and opens Security credentials, then Assign MFA device. SMS is retired: AWS enrols no phone numbers any more.",
            ko: "각자 콘솔에 로그인해 보안 자격 증명에서 MFA 디바이스 할당을 선택합니다. SMS는 종료되어 전화번호로는 더 이상 등록할 수 없습니다."
        });
    }
    if !missing.is_empty() {
        let names = shortened(missing);
        how.push(text! {
            en: "Named in the answers and not in the account yet: {names}. Create a user for each, through groups.",
            ko: "응답에 있지만 계정에 아직 없는 사람: {names}. 각자 사용자를 만들고 그룹으로 권한을 주세요."
        });
    }
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

impl crate::practice::Change for Change {
    fn verb(&self) -> Verb {
        match self {
            Self::DeleteLeftover { .. } => Verb::Delete,
            Self::EnrolVirtualDevice { .. } | Self::CreatePolicy { .. } => Verb::Create,
            Self::EnrolHardwareToken { .. } => Verb::Enable,
            Self::StartSession { .. } => Verb::Start,
            Self::UpdatePolicy { .. } => Verb::Update,
            Self::AttachPolicy { .. } => Verb::Attach,
        }
    }

    fn resource(&self) -> String {
        match self {
            Self::DeleteLeftover { serial } | Self::EnrolHardwareToken { serial, .. } => {
                format!("iam:mfa/{serial}")
            }
            Self::EnrolVirtualDevice { device, .. } => format!("iam:mfa/{device}"),
            Self::StartSession { user } => format!("sts:session/{user}"),
            Self::CreatePolicy { policy } | Self::UpdatePolicy { policy, .. } => policy.clone(),
            Self::AttachPolicy { group, .. } => format!("iam:group/{group}"),
        }
    }

    fn summary(&self) -> Text {
        match self {
            Self::DeleteLeftover { serial } => {
                let name = harmless(serial.rsplit('/').next().unwrap_or_default());
                text! {
                    en: "half-made MFA device {name}, whose seed is lost",
                    ko: "등록이 끝나지 않아 시드를 잃은 MFA 디바이스 {name}"
                }
            }
            Self::EnrolVirtualDevice { user, .. } => text! {
                en: "virtual MFA device of {user}: scan a QR code, type two codes",
                ko: "{user}의 가상 MFA 디바이스: QR 코드를 스캔하고 코드 두 개 입력"
            },
            Self::EnrolHardwareToken { user, serial } => text! {
                en: "hardware token {serial} of {user}: type two codes",
                ko: "{user}의 하드웨어 토큰 {serial}: 코드 두 개 입력"
            },
            Self::StartSession { user } => {
                text! { en: "an MFA session of {user} for this run", ko: "이 실행에 쓸 {user}의 MFA 세션" }
            }
            Self::CreatePolicy { .. } => text! {
                en: "policy dayone-require-mfa: refuses everything but enrolment without MFA",
                ko: "정책 dayone-require-mfa: MFA 없이는 등록 외의 모든 작업 거부"
            },
            Self::UpdatePolicy { .. } => text! {
                en: "policy dayone-require-mfa, by a new version",
                ko: "정책 dayone-require-mfa를 새 버전으로"
            },
            Self::AttachPolicy { group, .. } => text! {
                en: "dayone-require-mfa to group {group}",
                ko: "그룹 {group}에 dayone-require-mfa"
            },
        }
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
