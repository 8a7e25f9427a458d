//! What can be changed, and how each change is told.

use serde::Serialize;

use crate::practice::Verb;
use crate::root_user::facts::PasswordPolicy;
use crate::text;
use crate::text::Text;

/// What can be changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Change {
    /// Sets the whole password policy: what is left out of the call would fall back to AWS's default.
    SetPasswordPolicy {
        /// Whether there was one before.
        replaces: bool,
        /// The merged policy.
        policy: PasswordPolicy,
    },
    /// Creates the administrators' group.
    CreateGroup {
        /// Its name.
        group: String,
    },
    /// Gives the group full rights.
    AttachAdministratorAccess {
        /// The group.
        group: String,
        /// The ARN of AWS's managed policy.
        policy: String,
    },
    /// Creates the administrator.
    CreateUser {
        /// The name.
        user: String,
    },
    /// Puts the administrator into the group.
    AddToGroup {
        /// The user.
        user: String,
        /// The group.
        group: String,
    },
    /// Generates a console password, hands it over, and sets it.
    CreateConsolePassword {
        /// The user.
        user: String,
        /// The shortest password that the account's policy accepts.
        minimum_length: i32,
    },
    /// Deletes an access key that was never used and whose secret arrived nowhere.
    DeleteStrandedKey {
        /// The user.
        user: String,
        /// The key's id.
        access_key: String,
    },
    /// Creates an access key, writes it to an AWS profile, and goes on as the administrator.
    CreateAccessKey {
        /// The user.
        user: String,
        /// The profile.
        profile: String,
    },
    /// Moves the run to an MFA session of the administrator.
    StartSession {
        /// The user.
        user: String,
    },
    /// Switches off an access key of root.
    DeactivateRootKey {
        /// The key's id.
        access_key: String,
    },
    /// Switches an access key of root on again, because something still needs it.
    ReactivateRootKey {
        /// The key's id.
        access_key: String,
    },
    /// Deletes an access key of root.
    DeleteRootKey {
        /// The key's id.
        access_key: String,
        /// Whether it signs this run, and so has to go last.
        signs_this_run: bool,
    },
}

impl crate::practice::Change for Change {
    fn verb(&self) -> Verb {
        match self {
            Self::SetPasswordPolicy { .. } => Verb::Update,
            Self::CreateGroup { .. }
            | Self::CreateUser { .. }
            | Self::CreateConsolePassword { .. }
            | Self::CreateAccessKey { .. } => Verb::Create,
            Self::AttachAdministratorAccess { .. } | Self::AddToGroup { .. } => Verb::Attach,
            Self::StartSession { .. } => Verb::Start,
            Self::DeactivateRootKey { .. } => Verb::Disable,
            Self::ReactivateRootKey { .. } => Verb::Enable,
            Self::DeleteStrandedKey { .. } | Self::DeleteRootKey { .. } => Verb::Delete,
        }
    }

    fn resource(&self) -> String {
        match self {
            Self::SetPasswordPolicy { .. } => "iam:account-password-policy".into(),
            Self::CreateGroup { group } => format!("iam:group/{group}"),
            Self::AttachAdministratorAccess { policy, .. } => policy.clone(),
            Self::CreateUser { user } | Self::AddToGroup { user, .. } => format!("iam:user/{user}"),
            Self::CreateConsolePassword { user, .. } => format!("iam:login-profile/{user}"),
            Self::CreateAccessKey { user, .. } => format!("iam:access-key/{user}"),
            Self::DeleteStrandedKey { access_key, .. } => format!("iam:access-key/{access_key}"),
            Self::StartSession { user } => format!("sts:session/{user}"),
            Self::DeactivateRootKey { access_key }
            | Self::ReactivateRootKey { access_key }
            | Self::DeleteRootKey { access_key, .. } => {
                format!("iam:root-access-key/{access_key}")
            }
        }
    }

    fn summary(&self) -> Text {
        match self {
            Self::SetPasswordPolicy { policy, .. } => {
                let length = policy.minimum_password_length;
                text! {
                    en: "password policy: at least {length} characters, of upper and lower case, digits and symbols, the last 24 remembered, no weaker than before",
                    ko: "암호 정책: {length}자 이상, 대문자·소문자·숫자·기호 필수, 최근 24개 재사용 금지, 기존보다 약해지지 않음"
                }
            }
            Self::CreateGroup { group } => text! { en: "group {group}", ko: "그룹 {group}" },
            Self::AttachAdministratorAccess { group, .. } => {
                text! { en: "AdministratorAccess to group {group}", ko: "그룹 {group}에 AdministratorAccess" }
            }
            Self::CreateUser { user } => text! { en: "user {user}", ko: "사용자 {user}" },
            Self::AddToGroup { user, group } => {
                text! { en: "user {user} to group {group}", ko: "그룹 {group}에 사용자 {user}" }
            }
            Self::CreateConsolePassword { user, .. } => text! {
                en: "one-time console password for {user}, to be changed at first sign-in",
                ko: "{user}의 일회용 콘솔 암호(첫 로그인 때 변경)"
            },
            Self::CreateAccessKey { user, profile } => text! {
                en: "access key of {user}, written to the AWS profile {profile}",
                ko: "{user}의 액세스 키, AWS 프로파일 {profile}에 기록"
            },
            Self::DeleteStrandedKey { access_key, .. } => text! {
                en: "access key {access_key}, never used, its secret kept nowhere here",
                ko: "액세스 키 {access_key}(사용된 적 없고 비밀 키가 이곳에 없음)"
            },
            Self::StartSession { user } => {
                text! { en: "an MFA session of {user} for this run", ko: "이번 실행에 쓸 {user}의 MFA 세션" }
            }
            Self::DeactivateRootKey { access_key } => text! {
                en: "root access key {access_key}, which can be switched on again",
                ko: "루트 액세스 키 {access_key}(다시 켤 수 있음)"
            },
            Self::ReactivateRootKey { access_key } => {
                text! { en: "root access key {access_key}", ko: "루트 액세스 키 {access_key}" }
            }
            Self::DeleteRootKey { access_key, .. } => text! {
                en: "root access key {access_key}, which cannot be undone",
                ko: "루트 액세스 키 {access_key}(되돌릴 수 없음)"
            },
        }
    }

    fn is_irreversible(&self) -> bool {
        matches!(self, Self::DeleteRootKey { .. })
    }

    fn is_leftover(&self) -> bool {
        matches!(self, Self::DeleteStrandedKey { .. })
    }

    fn is_optional(&self) -> bool {
        matches!(self, Self::CreateConsolePassword { .. })
    }

    fn is_of_this_run(&self) -> bool {
        matches!(self, Self::StartSession { .. })
    }

    fn is_by_root(&self) -> bool {
        matches!(
            self,
            Self::DeactivateRootKey { .. } | Self::ReactivateRootKey { .. } | Self::DeleteRootKey { .. }
        )
    }
}
