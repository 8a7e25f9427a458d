//! How each step of the practice stands, and what is to be done. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::answers::{Answers, DeviceKind};
use crate::aws::Unseen;
use crate::practice::{Offer, PersonTask, Seen, State, StepId, StepPlan, Verb, after};
use crate::session::is_passkey;
use crate::text;
use crate::text::{Text, harmless};

use super::facts::{Facts, Member, PeopleGroup, RequirePolicy, RunMfa, Tried, VirtualDevice, policy_arn};

/// How long an `aws login` lasts at the most. Source: AWS Sign-In user guide, "Login for AWS local development".
const LOGIN_HOURS: u64 = 12;

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
    /// Takes a device away from its user. A virtual one is deleted too. It can be made again after it was cut short.
    RemoveDevice {
        /// The user.
        user: String,
        /// The device's serial number.
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
    /// Writes the device's serial number into the AWS profile, as `mfa_serial`.
    NoteInProfile {
        /// The profile.
        profile: String,
        /// The serial number.
        serial: String,
    },
    /// Creates a group for the answers' people.
    CreateGroup {
        /// Its name.
        group: String,
    },
    /// Creates a user for one of the answers' people.
    CreateUser {
        /// The name.
        user: String,
    },
    /// Puts one of the answers' people into a group.
    AddToGroup {
        /// The user.
        user: String,
        /// The group.
        group: String,
    },
    /// Generates a console password for one of the answers' people, hands it over, and sets it.
    CreateConsolePassword {
        /// The user.
        user: String,
        /// Where it goes when nobody is there to read it.
        file: Option<std::path::PathBuf>,
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
        return backed_up(facts, user, devices, StepPlan::in_place(step, device_in_words(device)), answers);
    }
    let virtual_devices = match &facts.virtual_devices {
        Ok(devices) => devices,
        Err(unseen) => return StepPlan::not_assessed(step, unseen),
    };
    if !answers.attended && !can_enrol_unattended(answers) {
        return StepPlan::needs_person(step, enrol_at_a_terminal());
    }
    let changes = match (answers.mfa.device, &answers.mfa.serial) {
        (None, _) if answers.attended => return StepPlan::needs_person(step, choose_device()),
        (Some(DeviceKind::Passkey), _) => return StepPlan::needs_person(step, add_passkey(user)),
        (Some(DeviceKind::Hardware), None) => return StepPlan::needs_person(step, type_serial()),
        (Some(DeviceKind::Hardware), Some(serial)) => {
            vec![Change::EnrolHardwareToken { user: user.clone(), serial: serial.clone() }]
        }
        (Some(DeviceKind::Virtual) | None, _) => enrol_virtual(facts, user, virtual_devices),
    };
    StepPlan::to_change(step, changes, Text::default())
}

/// A lost phone locks nobody out who has a second device.
fn backed_up(
    facts: &Facts,
    user: &str,
    devices: &[String],
    mut plan: StepPlan<Change>,
    answers: &Answers,
) -> StepPlan<Change> {
    if let (true, 1, Ok(virtual_devices)) = (answers.attended, devices.len(), &facts.virtual_devices) {
        plan.offer = Some(Offer {
            question: text! {
                en: "Enrol a second device as a backup, such as another phone?",
                ko: "예비로 다른 휴대폰 같은 디바이스를 하나 더 등록할까요?"
            },
            key: None,
            changes: enrol_virtual(facts, user, virtual_devices),
        });
    }
    plan
}

fn choose_device() -> PersonTask {
    let options = vec![
        (
            text! { en: "An authenticator app on your phone, by a QR code", ko: "휴대폰의 인증 앱(QR 코드)" },
            "virtual",
        ),
        (
            text! { en: "A hardware token that shows codes, by its serial number", ko: "코드를 표시하는 하드웨어 토큰(일련번호)" },
            "hardware",
        ),
        (
            text! {
                en: "A passkey or security key, in the console; it serves aws login, and no access key",
                ko: "패스키나 보안 키(콘솔에서 등록). aws login에 쓸 수 있고 액세스 키에는 쓸 수 없음"
            },
            "passkey",
        ),
    ];
    PersonTask {
        what: text! { en: "Which device will you use?", ko: "어떤 디바이스를 쓰시겠어요?" },
        how: Vec::new(),
        seen: Seen::ByChoice("mfa.device", options),
    }
}

fn type_serial() -> PersonTask {
    PersonTask {
        what: text! { en: "The serial number printed on the token", ko: "토큰에 적힌 일련번호" },
        how: vec![text! {
            en: "serial = \"GAHT12345678\" under [mfa] in the answers file. Only tokens sold for AWS work: AWS knows their seeds.",
            ko: "응답 파일의 [mfa] 아래 serial = \"GAHT12345678\". AWS용으로 판매되는 토큰만 쓸 수 있습니다. AWS가 그 시드를 알고 있기 때문입니다."
        }],
        seen: Seen::ByAnswer("mfa.serial"),
    }
}

fn add_passkey(user: &str) -> PersonTask {
    let user = harmless(user);
    PersonTask {
        what: text! {
            en: "Add a passkey or security key to {user}. AWS lets people do this only in the console.",
            ko: "{user}에게 패스키나 보안 키를 추가하세요. 콘솔에서만 할 수 있습니다."
        },
        how: vec![
            text! {
                en: "Sign in as {user} and open https://console.aws.amazon.com/iam/home#/security_credentials",
                ko: "{user} 사용자로 로그인해 https://console.aws.amazon.com/iam/home#/security_credentials 페이지를 여세요."
            },
            text! { en: "Assign MFA device, then Passkey or security key.", ko: "MFA 디바이스 할당에서 패스키 또는 보안 키를 선택하세요." },
        ],
        seen: Seen::InAccount,
    }
}

fn can_enrol_unattended(answers: &Answers) -> bool {
    let codes = answers.mfa.code_command.is_some();
    match answers.mfa.device {
        Some(DeviceKind::Virtual) | None => codes && answers.mfa.enrol_command.is_some(),
        Some(DeviceKind::Hardware) => codes && answers.mfa.serial.is_some(),
        Some(DeviceKind::Passkey) => false,
    }
}

fn enrol_virtual(facts: &Facts, user: &str, devices: &[VirtualDevice]) -> Vec<Change> {
    let named = |name: &str| devices.iter().find(|device| device.name().eq_ignore_ascii_case(name));
    let device = free_name(user, |name| named(name).is_some_and(|device| device.owner.is_some()));
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

/// The first of USER, USER-2, USER-3 and so on that is not taken.
pub(super) fn free_name(user: &str, taken: impl Fn(&str) -> bool) -> String {
    std::iter::once(user.to_owned())
        .chain((2..).map(|number| format!("{user}-{number}")))
        .find(|name| !taken(name))
        .unwrap_or_default()
}

/// What kind of device it is, with its name where it has one.
pub(super) fn device_in_words(serial: &str) -> Text {
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

/// Whether it is a virtual device, which stays in the account when it is taken away from its user.
pub(super) fn is_virtual(serial: &str) -> bool {
    serial.contains(":mfa/")
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
        Ok(false) if facts.partition == "aws-cn" || facts.partition == "aws-us-gov" => {
            StepPlan::not_applicable(step, no_root_console())
        }
        Ok(false) if facts.root.managed_centrally => StepPlan::not_applicable(step, managed_centrally()),
        Err(unseen) => StepPlan::not_assessed(step, unseen),
        Ok(true) => StepPlan::in_place(step, root_device(facts)),
        Ok(false) => StepPlan::needs_person(step, add_mfa_to_root()),
    }
}

fn no_root_console() -> Text {
    text! {
        en: "No root user signs in to the console in this partition.",
        ko: "이 파티션에서는 루트 사용자가 콘솔에 로그인하지 않습니다."
    }
}

fn managed_centrally() -> Text {
    text! {
        en: "Root has no password here, so there is nothing to protect by MFA: the organization manages root centrally.",
        ko: "이 계정의 루트에는 암호가 없어 MFA로 보호할 것이 없습니다. 조직에서 루트를 중앙 관리합니다."
    }
}

/// AWS lists all of root's devices to root alone. Others see virtual ones; if none is there, it is a token or a
/// passkey, and beside a virtual one there may be others.
fn root_device(facts: &Facts) -> Text {
    if let Some(devices) = facts.root.devices.as_ref().filter(|devices| !devices.is_empty()) {
        let (en, ko): (Vec<_>, Vec<_>) =
            devices.iter().map(|serial| device_in_words(serial)).map(|text| (text.en, text.ko)).unzip();
        let (en, ko) = (en.join(", "), ko.join(", "));
        return text! { en: "root has: {en}", ko: "루트의 MFA: {ko}" };
    }
    let Ok(devices) = &facts.virtual_devices else {
        return text! { en: "root has MFA; of which kind cannot be told", ko: "루트에 MFA가 있습니다. 종류는 알 수 없습니다" };
    };
    let is_root = |device: &VirtualDevice| device.owner.as_deref().is_some_and(|arn| arn.ends_with(":root"));
    if devices.iter().any(is_root) {
        text! {
            en: "root has a virtual device; whether there is a hardware one too, AWS tells root alone",
            ko: "루트에 가상 디바이스가 있습니다. 하드웨어 디바이스도 있는지는 루트만 볼 수 있습니다"
        }
    } else {
        text! { en: "root has a passkey, a security key or a hardware token", ko: "루트에 패스키, 보안 키 또는 하드웨어 토큰이 있습니다" }
    }
}

fn add_mfa_to_root() -> PersonTask {
    let page = "https://console.aws.amazon.com/iam/home#/security_credentials";
    PersonTask {
        what: text! {
            en: "Add MFA to root. AWS lets only root do this, and only in the console.",
            ko: "루트 사용자에 MFA를 추가하세요. AWS에서는 루트만, 콘솔에서만 할 수 있습니다."
        },
        how: vec![
            text! { en: "Sign in as root and open {page}", ko: "루트 사용자로 로그인해 {page} 페이지를 여세요." },
            text! { en: "Multi-factor authentication (MFA), then Assign MFA device.", ko: "다중 인증(MFA)에서 MFA 디바이스 할당을 선택하세요." },
            text! { en: "Choose a passkey if you can, an authenticator app otherwise.", ko: "가능하면 패스키를, 아니면 인증 앱을 선택하세요." },
            text! { en: "AWS asks for it within 35 days of root's first sign-in, and lets nobody pass after that.", ko: "AWS는 루트의 첫 로그인 뒤 35일 안에 등록하도록 요구하며, 그 뒤에는 등록해야 로그인할 수 있습니다." },
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

fn users_mfa(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
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

impl crate::practice::Change for Change {
    fn verb(&self) -> Verb {
        match self {
            // A token can be enabled again.
            Self::RemoveDevice { serial, .. } if !serial.starts_with("arn:") => Verb::Disable,
            Self::DeleteLeftover { .. } | Self::RemoveDevice { .. } => Verb::Delete,
            Self::EnrolVirtualDevice { .. }
            | Self::CreatePolicy { .. }
            | Self::CreateGroup { .. }
            | Self::CreateUser { .. }
            | Self::CreateConsolePassword { .. } => Verb::Create,
            Self::EnrolHardwareToken { .. } => Verb::Enable,
            Self::StartSession { .. } => Verb::Start,
            Self::UpdatePolicy { .. } | Self::NoteInProfile { .. } => Verb::Update,
            Self::AttachPolicy { .. } | Self::AddToGroup { .. } => Verb::Attach,
        }
    }

    fn is_leftover(&self) -> bool {
        matches!(self, Self::DeleteLeftover { .. })
    }

    fn resource(&self) -> String {
        match self {
            Self::DeleteLeftover { serial } | Self::EnrolHardwareToken { serial, .. } => {
                format!("iam:mfa/{}", serial.rsplit('/').next().unwrap_or(serial))
            }
            Self::EnrolVirtualDevice { device, .. } => format!("iam:mfa/{device}"),
            Self::RemoveDevice { user, serial } => {
                format!("iam:mfa/{user}/{}", serial.rsplit('/').next().unwrap_or(serial))
            }
            Self::StartSession { user } => format!("sts:session/{user}"),
            Self::CreatePolicy { policy } | Self::UpdatePolicy { policy, .. } => policy.clone(),
            Self::AttachPolicy { group, .. } | Self::CreateGroup { group } => format!("iam:group/{group}"),
            Self::NoteInProfile { profile, .. } => format!("aws-profile/{profile}"),
            Self::CreateUser { user } | Self::AddToGroup { user, .. } => format!("iam:user/{user}"),
            Self::CreateConsolePassword { user, .. } => format!("iam:login-profile/{user}"),
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
            Self::RemoveDevice { user, serial } => {
                let device = device_in_words(serial);
                let (en, ko) = (device.en, device.ko);
                text! { en: "{en} of {user}", ko: "{user}의 {ko}" }
            }
            Self::StartSession { user } => {
                text! { en: "an MFA session of {user} for this run", ko: "이번 실행에 쓸 {user}의 MFA 세션" }
            }
            Self::CreatePolicy { .. } => text! {
                en: "policy dayone-require-mfa: refuses everything but enrolment without MFA",
                ko: "정책 dayone-require-mfa: MFA 없이는 등록 외의 모든 작업 거부"
            },
            Self::UpdatePolicy { .. } => text! {
                en: "policy dayone-require-mfa, by a new version",
                ko: "정책 dayone-require-mfa를 새 버전으로"
            },
            Self::NoteInProfile { profile, .. } => {
                text! { en: "mfa_serial in the AWS profile {profile}", ko: "AWS 프로파일 {profile}의 mfa_serial" }
            }
            Self::CreateGroup { group } => text! { en: "group {group}", ko: "그룹 {group}" },
            Self::CreateUser { user } => text! { en: "user {user}", ko: "사용자 {user}" },
            Self::AddToGroup { user, group } => {
                text! { en: "user {user} to group {group}", ko: "그룹 {group}에 사용자 {user}" }
            }
            Self::CreateConsolePassword { user, .. } => text! {
                en: "one-time console password for {user}, with what to do next",
                ko: "{user}의 일회용 콘솔 암호와 다음에 할 일"
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
