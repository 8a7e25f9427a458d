//! What can be changed, and how each change is told.

use serde::Serialize;

use crate::practice::Verb;
use crate::text;
use crate::text::{Text, harmless};

use super::devices::device_in_words;
use crate::mfa::ENROLMENT_POLICY_NAME;

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
    /// Brings a device back into step whose clock has drifted, by two codes.
    ResyncDevice {
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
            Self::UpdatePolicy { .. } | Self::NoteInProfile { .. } | Self::ResyncDevice { .. } => {
                Verb::Update
            }
            Self::AttachPolicy { .. } | Self::AddToGroup { .. } => Verb::Attach,
        }
    }

    fn is_leftover(&self) -> bool {
        matches!(self, Self::DeleteLeftover { .. })
    }

    fn is_of_this_run(&self) -> bool {
        matches!(self, Self::StartSession { .. })
    }

    fn resource(&self) -> String {
        match self {
            Self::DeleteLeftover { serial }
            | Self::EnrolHardwareToken { serial, .. }
            | Self::ResyncDevice { serial, .. } => {
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
            Self::ResyncDevice { user, serial } => {
                let device = device_in_words(serial);
                let (en, ko) = (device.en, device.ko);
                text! {
                    en: "{en} of {user}, whose clock has drifted: type two codes",
                    ko: "시계가 어긋난 {user}의 {ko}: 코드 두 개 입력"
                }
            }
            Self::StartSession { user } => {
                text! { en: "an MFA session of {user} for this run", ko: "이번 실행에 쓸 {user}의 MFA 세션" }
            }
            Self::CreatePolicy { policy } if is_enrolment(policy) => text! {
                en: "policy dayone-enrol-mfa: lets users enrol MFA devices, and requires nothing",
                ko: "정책 dayone-enrol-mfa: MFA 디바이스 등록만 허용하고 아무것도 요구하지 않음"
            },
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
            Self::AttachPolicy { policy, group } => {
                let name = policy.rsplit('/').next().unwrap_or_default();
                text! { en: "{name} to group {group}", ko: "그룹 {group}에 {name}" }
            }
        }
    }
}

/// Whether it is the policy that lets users enrol and requires nothing.
pub(in crate::mfa) fn is_enrolment(policy: &str) -> bool {
    policy.rsplit('/').next() == Some(ENROLMENT_POLICY_NAME)
}
