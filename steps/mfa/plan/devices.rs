//! How the step `admin-mfa` stands, and how MFA devices are named and told.

use crate::answers::{Answers, DeviceKind};
use crate::console;
use crate::mfa::facts::{Facts, VirtualDevice};
use crate::practice::{Offer, PersonTask, Seen, StepId, StepPlan, after};
use crate::session::{is_passkey, is_phone_number};
use crate::text;
use crate::text::{Text, harmless};

use super::Change;

/// `admin-mfa`.
pub(super) fn admin_mfa(facts: &Facts, answers: &Answers) -> StepPlan<Change> {
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
        (Some(DeviceKind::Passkey | DeviceKind::Hardware), _) if has_virtual_devices_alone(facts) => {
            return StepPlan::needs_person(step, virtual_alone());
        }
        (None, _) if answers.attended && !has_virtual_devices_alone(facts) => {
            return StepPlan::needs_person(step, choose_device());
        }
        (Some(DeviceKind::Passkey), _) => {
            return StepPlan::needs_person(step, add_passkey(user, &facts.partition));
        }
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

/// In China there are no other devices. Source: the IAM user guide of that partition.
fn has_virtual_devices_alone(facts: &Facts) -> bool {
    facts.partition == "aws-cn"
}

fn virtual_alone() -> PersonTask {
    PersonTask {
        what: text! {
            en: "AWS in China has virtual MFA devices alone: no hardware tokens, passkeys or security keys.",
            ko: "AWS 중국 리전에서는 가상 MFA 디바이스만 쓸 수 있고, 하드웨어 토큰, 패스키, 보안 키는 쓸 수 없습니다."
        },
        how: vec![text! {
            en: "device = \"virtual\" under [mfa] in the answers file, then run the same command again.",
            ko: "응답 파일의 [mfa] 아래 device = \"virtual\"로 적고 같은 명령을 다시 실행하세요."
        }],
        seen: Seen::Elsewhere,
    }
}

fn type_serial() -> PersonTask {
    PersonTask {
        what: text! { en: "Type the serial number printed on the token.", ko: "토큰에 적힌 일련번호를 입력하세요." },
        how: vec![text! {
            en: "serial = \"GAHT12345678\" under [mfa] in the answers file. Only tokens sold for AWS work: AWS knows their seeds.",
            ko: "응답 파일의 [mfa] 아래 serial = \"GAHT12345678\". AWS용으로 판매되는 토큰만 쓸 수 있습니다. AWS가 그 시드를 알고 있기 때문입니다."
        }],
        seen: Seen::ByAnswer("mfa.serial"),
    }
}

fn add_passkey(user: &str, partition: &str) -> PersonTask {
    let (user, page) = (harmless(user), console::security_credentials(partition));
    PersonTask {
        what: text! {
            en: "Add a passkey or security key to {user}. AWS lets people do this only in the console.",
            ko: "{user}에게 패스키나 보안 키를 추가하세요. 콘솔에서만 할 수 있습니다."
        },
        how: vec![
            text! {
                en: "Sign in as {user} and open {page}",
                ko: "{user} 사용자로 로그인해 {page} 페이지를 여세요."
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
pub(in crate::mfa) fn free_name(user: &str, taken: impl Fn(&str) -> bool) -> String {
    std::iter::once(user.to_owned())
        .chain((2..).map(|number| format!("{user}-{number}")))
        .find(|name| !taken(name))
        .unwrap_or_default()
}

/// What kind of device it is, with its name where it has one.
pub(in crate::mfa) fn device_in_words(serial: &str) -> Text {
    if is_passkey(serial) {
        return text! { en: "a passkey or security key", ko: "패스키 또는 보안 키" };
    }
    if is_phone_number(serial) {
        return text! { en: "a phone number, by SMS", ko: "전화번호(SMS)" };
    }
    if serial.starts_with("arn:") {
        let name = harmless(serial.rsplit('/').next().unwrap_or_default());
        return text! { en: "virtual device {name}", ko: "가상 디바이스 {name}" };
    }
    let serial = harmless(serial);
    text! { en: "hardware token {serial}", ko: "하드웨어 토큰 {serial}" }
}

/// Whether it is a virtual device, which stays in the account when it is taken away from its user.
pub(in crate::mfa) fn is_virtual(serial: &str) -> bool {
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
