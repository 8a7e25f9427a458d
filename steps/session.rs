//! The identities of a run.
//!
//! A run can hold two: the one it was started with, often root, and the administrator that it made. Practice 1 ends
//! when the run acts as the administrator. Once MFA is required, the administrator's access key alone is refused, and
//! the run needs an MFA session: until it has one, the administrator is *locked* and the run reads as whom it was
//! started with.

use aws_credential_types::Credentials;

use crate::aws::{Caller, CallerKind, Connection, ForCall, Identity, reading, unless};
use crate::error::{AwsError, StepError};
use crate::operator::{CodePurpose, CodeRequest, Operator};
use crate::text;

/// The identities of a run, and how AWS is reached.
#[derive(Debug)]
pub struct Session {
    /// How AWS is reached.
    pub connection: Connection,
    /// Who the run was started as.
    pub started: Identity,
    /// The administrator, as far as the run has got.
    pub administrator: Administrator,
    /// One-time codes that AWS has seen in this run. A code is accepted once.
    pub used_codes: Vec<String>,
    /// The run deleted the access key that it was started with: from here on it has only the administrator.
    pub started_key_deleted: bool,
}

/// How far the run has got in acting as the administrator.
#[derive(Debug, Clone)]
pub enum Administrator {
    /// No credentials of the administrator are known.
    Unknown,
    /// The administrator has signed in, but AWS refuses what needs MFA.
    Locked(Identity),
    /// The administrator has signed in and done what only an administrator can.
    Proven(Identity),
}

impl Session {
    /// Opens a session as whom the environment says.
    pub async fn open(connection: Connection) -> Result<Self, StepError> {
        let started = connection.started_as().await?;
        Ok(Self {
            connection,
            started,
            administrator: Administrator::Unknown,
            used_codes: Vec::new(),
            started_key_deleted: false,
        })
    }

    /// Who the administrator may be, where nobody has said so: the IAM user that is signed in, or the one user of the
    /// administrators' group.
    pub async fn suggest_administrator(&self, group: &str) -> Result<Option<String>, StepError> {
        if let CallerKind::User(name) = &self.started.caller.kind {
            return Ok(Some(name.clone()));
        }
        let answer = self.started.iam().get_group().group_name(group).send().await.for_call("iam:GetGroup");
        let users = match reading(unless("NoSuchEntity", answer))? {
            Ok(Some(group)) => group.users,
            Ok(None) | Err(_) => return Ok(None),
        };
        Ok(<[_; 1]>::try_from(users).ok().map(|[user]| user.user_name))
    }

    /// The account's alias, where there is one and it can be read.
    pub async fn alias(&self) -> Result<Option<String>, StepError> {
        let answer =
            self.started.iam().list_account_aliases().send().await.for_call("iam:ListAccountAliases");
        Ok(reading(answer)?.ok().and_then(|answer| answer.account_aliases.into_iter().next()))
    }

    /// Whether the run was started as the administrator, whom AWS refuses what needs MFA.
    pub fn is_started_locked(&self) -> bool {
        match &self.administrator {
            Administrator::Locked(identity) => identity.caller.arn == self.started.caller.arn,
            Administrator::Unknown | Administrator::Proven(_) => false,
        }
    }

    /// Who acts: the administrator where it is proven, else who the run was started as.
    pub fn acting(&self) -> &Identity {
        match &self.administrator {
            Administrator::Proven(identity) => identity,
            Administrator::Locked(_) | Administrator::Unknown => &self.started,
        }
    }

    /// The root user's own credentials, for the few things that only root can do.
    pub fn root(&self) -> Option<&Identity> {
        (self.started.caller.is_root() && !self.started_key_deleted).then_some(&self.started)
    }

    /// The account number.
    pub fn account(&self) -> &str {
        &self.started.caller.account
    }

    /// The partition, such as `aws`.
    pub fn partition(&self) -> &str {
        &self.started.caller.partition
    }

    /// The administrator's caller, where the run has signed in as the administrator.
    pub fn administrator_caller(&self) -> Option<&Caller> {
        match &self.administrator {
            Administrator::Proven(identity) | Administrator::Locked(identity) => Some(&identity.caller),
            Administrator::Unknown => None,
        }
    }

    /// Looks whether the run, or the AWS profile, is the administrator by now. True when it is.
    pub async fn find_administrator(&mut self, user: &str, profile: Option<&str>) -> Result<bool, StepError> {
        if !matches!(self.administrator, Administrator::Unknown) {
            return Ok(true);
        }
        let identity = if self.started.caller.is_user(user) {
            Some(self.started.clone())
        } else if let Some(profile) = profile {
            self.connection.with_profile(profile).await.unwrap_or_default()
        } else {
            None
        };
        match identity {
            Some(identity) if self.is_the_administrator(&identity, user) => {
                self.administrator = proven(identity).await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Goes on as the administrator with credentials that were just made.
    pub async fn become_administrator(&mut self, identity: Identity) -> Result<(), StepError> {
        self.administrator = proven(identity).await?;
        Ok(())
    }

    /// Goes on under an MFA session: asks for a code that AWS has not seen, and proves that the session works.
    pub async fn unlock(&mut self, operator: &mut impl Operator) -> Result<(), StepError> {
        let identity = match &self.administrator {
            Administrator::Locked(identity) | Administrator::Proven(identity) => identity.clone(),
            Administrator::Unknown => return Ok(()),
        };
        if identity.caller.temporary {
            return Ok(());
        }
        let (user, serial) = code_device(&identity).await?;
        let credentials = self.session_token(&identity, &user, &serial, operator).await?;
        let unlocked = self.connection.with_credentials(credentials, Some(true)).await?;
        self.administrator = proven(unlocked).await?;
        Ok(())
    }

    async fn session_token(
        &mut self,
        identity: &Identity,
        user: &str,
        serial: &str,
        operator: &mut impl Operator,
    ) -> Result<Credentials, StepError> {
        let mut trouble = None;
        loop {
            let request = CodeRequest {
                user: user.to_owned(),
                purpose: CodePurpose::SignIn,
                used: self.used_codes.clone(),
                trouble: trouble.take(),
            };
            let code = operator.one_time_code(&request).await?;
            self.used_codes.push(code.clone());
            let call = identity.sts().get_session_token().serial_number(serial).token_code(code).send();
            match operator.while_waiting(waiting_for_session(), call).await.for_call("sts:GetSessionToken") {
                Ok(answer) => return temporary(answer.credentials()),
                Err(error) if error.is("AccessDenied") => trouble = Some(wrong_code(&error)),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn is_the_administrator(&self, identity: &Identity, user: &str) -> bool {
        identity.caller.account == self.started.caller.account && identity.caller.is_user(user)
    }
}

/// Something only an administrator can do: `GetCallerIdentity` would answer to anybody.
async fn proven(identity: Identity) -> Result<Administrator, StepError> {
    match identity.iam().get_account_summary().send().await.for_call("iam:GetAccountSummary") {
        Ok(_) => Ok(Administrator::Proven(identity)),
        Err(error) if error.is_unseen() || error.is("InvalidClientTokenId") => {
            Ok(Administrator::Locked(identity))
        }
        Err(error) => Err(error.into()),
    }
}

/// The device that shows codes. Passkeys and security keys do not: `GetSessionToken` cannot use them.
async fn code_device(identity: &Identity) -> Result<(String, String), StepError> {
    let CallerKind::User(user) = &identity.caller.kind else {
        return Err(no_code_device(&identity.caller.arn));
    };
    let devices =
        identity.iam().list_mfa_devices().user_name(user).send().await.for_call("iam:ListMFADevices")?;
    let serial =
        devices.mfa_devices().iter().map(|device| device.serial_number()).find(|serial| !is_passkey(serial));
    serial.map(|serial| (user.clone(), serial.to_owned())).ok_or_else(|| no_code_device(&identity.caller.arn))
}

/// Whether a device is a passkey or a security key, by its serial number.
pub fn is_passkey(serial: &str) -> bool {
    serial.contains(":u2f/")
}

fn temporary(credentials: Option<&aws_sdk_sts::types::Credentials>) -> Result<Credentials, StepError> {
    let credentials = credentials.ok_or_else(|| StepError::InTheWay {
        what: text! { en: "AWS answered GetSessionToken without credentials.", ko: "GetSessionToken 응답에 보안 인증 정보가 없습니다." },
        next: text! { en: "Run the same command again.", ko: "같은 명령을 다시 실행하세요." },
    })?;
    Ok(Credentials::new(
        credentials.access_key_id(),
        credentials.secret_access_key(),
        Some(credentials.session_token().to_owned()),
        None,
        "dayone",
    ))
}

fn waiting_for_session() -> text::Text {
    text! { en: "Signing in with the one-time code", ko: "일회용 코드로 로그인하는 중" }
}

fn wrong_code(error: &AwsError) -> text::Text {
    let words = text::harmless(&error.message);
    text! {
        en: "AWS did not accept the code: {words} Wait for the next code and type that one.",
        ko: "AWS가 코드를 받아들이지 않았습니다: {words} 다음 코드를 기다렸다가 입력하세요."
    }
}

fn no_code_device(arn: &str) -> StepError {
    let arn = text::harmless(arn);
    StepError::InTheWay {
        what: text! {
            en: "{arn} has no MFA device that shows codes, so it cannot get an MFA session.",
            ko: "{arn}에는 코드를 표시하는 MFA 디바이스가 없어 MFA 세션을 받을 수 없습니다."
        },
        next: text! {
            en: "Sign in with: aws login   It carries MFA for passkeys too. Then run the same command again.",
            ko: "aws login으로 로그인하세요. 패스키를 사용해도 MFA가 적용됩니다. 그런 다음 같은 명령을 다시 실행하세요."
        },
    }
}
