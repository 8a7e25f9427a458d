//! The identities of a run.
//!
//! A run can hold two: the one it was started with, often root, and the administrator that it made. Practice 1 ends
//! when the run acts as the administrator. Once MFA is required, the administrator's access key alone is refused, and
//! the run needs an MFA session: until it has one, the administrator is *locked* and the run reads as whom it was
//! started with.

use aws_credential_types::Credentials;
use aws_sdk_iam::types::User;

use crate::account::{self, About};
use crate::aws::{Caller, CallerKind, Connection, ForCall, Identity, unless};
use crate::error::{AwsError, StepError};
use crate::iam_practices::Remembered;
use crate::operator::{CodePurpose, CodeRequest, Operator};
use crate::{text, wait};

/// The identities of a run, and how AWS is reached.
#[derive(Debug)]
pub struct Session {
    /// How AWS is reached.
    pub connection: Connection,
    /// Who the run was started as.
    pub started: Identity,
    /// What is known of the account, once that was read.
    pub about: About,
    /// The administrator, as far as the run has got.
    pub administrator: Administrator,
    /// One-time codes that AWS has seen in this run. A code is accepted once.
    pub used_codes: Vec<String>,
    /// The run deleted the access key that it was started with: from here on it has only the administrator.
    pub started_key_deleted: bool,
    /// The administrator by access key alone, kept to show what that may not do once MFA is required.
    pub by_key: Option<Identity>,
    /// The administrator has signed in since there was a device, so that the sign-in asked for it.
    pub signed_in_with_mfa: bool,
    /// The serial number of the device whose code opened the MFA session.
    pub session_device: Option<String>,
    /// What the looks of this run have found about single users and keys.
    pub remembered: Remembered,
}

/// Who the administrator may be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Suggestion {
    /// A user of the administrators' group: the only one, or the one who is signed in.
    pub administrator: Option<String>,
    /// The IAM user who is signed in, whatever rights that user has.
    pub caller: Option<String>,
}

/// Why there is no MFA session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoSession {
    /// No credentials of the administrator are known.
    NotSignedIn,
    /// The user with this ARN has no device that shows codes.
    NoDevice(String),
    /// The user with this ARN signed in without MFA, by `aws login`. Only a new sign-in can carry it.
    SignInAgain(String),
    /// AWS refuses the user with this ARN what an administrator may do, even with MFA.
    Refused(String),
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
            about: About::default(),
            administrator: Administrator::Unknown,
            used_codes: Vec::new(),
            started_key_deleted: false,
            by_key: None,
            signed_in_with_mfa: false,
            session_device: None,
            remembered: Remembered::default(),
        })
    }

    /// Reads at once what a run begins with: what is known of the account, and who the administrator may be. Where
    /// somebody has said who it is, no group is given, and nobody is suggested.
    pub async fn introduce(&mut self, group: Option<&str>) -> Result<Suggestion, StepError> {
        let suggested = async {
            match group {
                Some(group) => self.suggest_administrator(group).await,
                None => Ok(Suggestion::default()),
            }
        };
        let (about, suggested) = tokio::join!(account::about(&self.started), suggested);
        self.about = about;
        suggested
    }

    async fn suggest_administrator(&self, group: &str) -> Result<Suggestion, StepError> {
        let caller = match &self.started.caller.kind {
            CallerKind::User(name) => Some(name.clone()),
            _ => None,
        };
        let answer = self.started.iam().get_group().group_name(group).send().await.for_call("iam:GetGroup");
        let users = match self.started.reading(unless("NoSuchEntity", answer))? {
            Ok(Some(group)) => group.users,
            Ok(None) | Err(_) => Vec::new(),
        };
        let is_caller = |user: &&User| self.started.caller.is_user(user.user_name());
        let administrator = match users.as_slice() {
            [only] => Some(only),
            several => several.iter().find(is_caller),
        };
        Ok(Suggestion { administrator: administrator.map(|user| user.user_name().to_owned()), caller })
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

    /// Reads the administrator's sign-in anew, after the person has signed in once more with the device. True when the
    /// administrator is signed in.
    pub async fn renew_sign_in(&mut self, user: &str, profile: &str) -> Result<bool, StepError> {
        let identity = if self.started.caller.is_user(user) {
            Some(self.connection.started_as().await?)
        } else {
            self.connection.with_profile(profile).await.unwrap_or_default()
        };
        match identity {
            Some(identity) if self.is_the_administrator(&identity, user) && self.is_news(&identity) => {
                self.administrator = proven(identity).await?;
                self.signed_in_with_mfa = true;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Another sign-in comes with other credentials. The converse is not true: they are also renewed by themselves.
    fn is_news(&self, identity: &Identity) -> bool {
        self.administrator_caller().is_none_or(|known| known.access_key != identity.caller.access_key)
    }

    /// Asks AWS once more whether the administrator may act: what was true before a policy changed may not be now.
    pub async fn prove_again(&mut self) -> Result<(), StepError> {
        if let Administrator::Proven(identity) = &self.administrator {
            self.administrator = proven(identity.clone()).await?;
        }
        Ok(())
    }

    /// Goes on under an MFA session: asks for a code that AWS has not seen, and proves that the session works. Without
    /// one, everything stays as it was.
    pub async fn unlock(&mut self, operator: &mut impl Operator) -> Result<Result<(), NoSession>, StepError> {
        let identity = match &self.administrator {
            Administrator::Unknown => return Ok(Err(NoSession::NotSignedIn)),
            Administrator::Proven(identity) if identity.caller.temporary => return Ok(Ok(())),
            Administrator::Locked(identity) if identity.caller.temporary => {
                return Ok(Err(NoSession::SignInAgain(identity.caller.arn.clone())));
            }
            Administrator::Locked(identity) | Administrator::Proven(identity) => identity.clone(),
        };
        let CallerKind::User(user) = identity.caller.kind.clone() else {
            return Ok(Err(NoSession::NoDevice(identity.caller.arn)));
        };
        let devices = code_devices(&identity, &user).await?;
        if devices.is_empty() {
            return Ok(Err(NoSession::NoDevice(identity.caller.arn)));
        }
        let credentials = self.session_token(&identity, &user, &devices, operator).await?;
        let unlocked = self.connection.with_credentials(credentials, Some(true)).await?;
        self.by_key = Some(identity);
        self.go_on_as(unlocked, operator).await
    }

    /// What was granted a moment ago may take a while to be seen, so a refusal is asked again within bounds.
    async fn go_on_as(
        &mut self,
        identity: Identity,
        operator: &mut impl Operator,
    ) -> Result<Result<(), NoSession>, StepError> {
        let arn = identity.caller.arn.clone();
        let proof = async {
            for pause in wait::pauses() {
                if let Administrator::Proven(identity) = proven(identity.clone()).await? {
                    return Ok::<_, StepError>(Some(identity));
                }
                tokio::time::sleep(pause).await;
            }
            Ok(None)
        };
        Ok(match operator.while_waiting(waiting_for_session(), proof).await? {
            Some(identity) => {
                self.administrator = Administrator::Proven(identity);
                Ok(())
            }
            None => Err(NoSession::Refused(arn)),
        })
    }

    async fn session_token(
        &mut self,
        identity: &Identity,
        user: &str,
        devices: &[String],
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
            let tried = try_code(identity, devices, &code);
            match operator.while_waiting(waiting_for_session(), tried).await {
                Ok((credentials, serial)) => {
                    self.session_device = Some(serial);
                    return Ok(credentials);
                }
                Err(StepError::Aws(error)) if error.is("AccessDenied") => trouble = Some(wrong_code(&error)),
                Err(error) => return Err(error),
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

/// A person with two devices reads the code off either: the one whose code it was is given back too. The last refusal
/// is given back.
async fn try_code(
    identity: &Identity,
    devices: &[String],
    code: &str,
) -> Result<(Credentials, String), StepError> {
    let mut refused = None;
    for serial in devices {
        let call = identity.sts().get_session_token().serial_number(serial).token_code(code).send();
        match call.await.for_call("sts:GetSessionToken") {
            Ok(answer) => return Ok((temporary(answer.credentials())?, serial.clone())),
            Err(error) if error.is("AccessDenied") => refused = Some(error),
            Err(error) => return Err(error.into()),
        }
    }
    Err(refused
        .unwrap_or_else(|| AwsError::without_answer("sts:GetSessionToken", "there is no device to ask for"))
        .into())
}

/// The devices that show codes. Passkeys and security keys do not: `GetSessionToken` cannot use them.
async fn code_devices(identity: &Identity, user: &str) -> Result<Vec<String>, StepError> {
    let devices =
        identity.iam().list_mfa_devices().user_name(user).send().await.for_call("iam:ListMFADevices")?;
    let serials = devices.mfa_devices().iter().map(|device| device.serial_number().to_owned());
    Ok(serials.filter(|serial| !is_passkey(serial)).collect())
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

impl From<NoSession> for StepError {
    fn from(reason: NoSession) -> Self {
        let (what, next) = match reason {
            NoSession::NotSignedIn => (
                text! { en: "The administrator has not signed in yet.", ko: "관리자가 아직 로그인하지 않았습니다." },
                text! { en: "Run dayone again and sign in at the step admin-sign-in.", ko: "dayone을 다시 실행해 admin-sign-in 단계에서 로그인하세요." },
            ),
            NoSession::NoDevice(arn) => no_device(&text::harmless(&arn)),
            NoSession::SignInAgain(arn) => signed_in_without_mfa(&text::harmless(&arn)),
            NoSession::Refused(arn) => refused_with_mfa(&text::harmless(&arn)),
        };
        Self::InTheWay { what, next }
    }
}

fn no_device(arn: &str) -> (text::Text, text::Text) {
    (
        text! {
            en: "{arn} has no MFA device that shows codes, so it cannot get an MFA session.",
            ko: "{arn}에는 코드를 표시하는 MFA 디바이스가 없어 MFA 세션을 받을 수 없습니다."
        },
        text! {
            en: "Sign in with: aws login   It carries MFA for passkeys too. Then run the same command again.",
            ko: "aws login으로 로그인하세요. 패스키를 사용해도 MFA가 적용됩니다. 그런 다음 같은 명령을 다시 실행하세요."
        },
    )
}

fn signed_in_without_mfa(arn: &str) -> (text::Text, text::Text) {
    (
        text! {
            en: "{arn} signed in without MFA, and AWS refuses what needs it.",
            ko: "{arn}이(가) MFA 없이 로그인해 AWS가 MFA가 필요한 작업을 거부합니다."
        },
        text! {
            en: "Sign in again with aws login, which now asks for the device, and run the same command again. Root can sign in all the same.",
            ko: "aws login으로 다시 로그인하면 이제 디바이스를 묻습니다. 그런 다음 같은 명령을 다시 실행하세요. 루트 로그인은 그대로 할 수 있습니다."
        },
    )
}

fn refused_with_mfa(arn: &str) -> (text::Text, text::Text) {
    (
        text! {
            en: "AWS refuses {arn} what an administrator may do, even with MFA.",
            ko: "MFA를 거쳤는데도 AWS가 {arn}의 관리자 작업을 거부합니다."
        },
        text! {
            en: "See that the user is in the administrators' group and that no other policy denies it. Root is the way back: sign in as root and run dayone again.",
            ko: "사용자가 관리자 그룹에 있는지, 다른 정책이 거부하지 않는지 확인하세요. 루트로 로그인해 dayone을 다시 실행하면 되돌릴 수 있습니다."
        },
    )
}
