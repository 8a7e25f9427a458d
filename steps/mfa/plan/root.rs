//! How the step `root-mfa` stands.

use crate::console;
use crate::mfa::facts::{Facts, VirtualDevice};
use crate::practice::{PersonTask, Seen, StepId, StepPlan};
use crate::text;
use crate::text::Text;

use super::Change;
use super::devices::device_in_words;

/// `root-mfa`.
pub(super) fn root_mfa(facts: &Facts) -> StepPlan<Change> {
    let step = StepId::RootMfa;
    match &facts.root_mfa {
        Ok(false) if facts.partition == "aws-cn" || facts.partition == "aws-us-gov" => {
            StepPlan::not_applicable(step, no_root_console())
        }
        Ok(false) if facts.root.managed_centrally => StepPlan::not_applicable(step, managed_centrally()),
        Err(unseen) => StepPlan::not_assessed(step, unseen),
        Ok(true) => StepPlan::in_place(step, root_device(facts)),
        Ok(false) => StepPlan::needs_person(step, add_mfa_to_root(&facts.partition)),
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

fn add_mfa_to_root(partition: &str) -> PersonTask {
    let page = console::security_credentials(partition);
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
