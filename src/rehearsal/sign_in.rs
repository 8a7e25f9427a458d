//! Signing in in the browser, as `aws login` does it: a password, a code where there is a device, and then temporary
//! credentials for the command line.

use std::path::Path;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use steps::text;
use steps::text::{Text, harmless};
use winterbaume_iam::IamStateView;

use super::authorisation::Rules;
use super::callers::Caller;
use super::console::{self, Done};
use super::kept::{Key, Memory};
use super::verdict::administrators;
use super::{ACCOUNT_ID, RehearsalError, kept};

/// Who signs in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignIn {
    /// The user; none: the one administrator.
    pub user: Option<String>,
    /// The code that the user's MFA device shows.
    pub code: Option<String>,
}

/// Somebody has signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The user, as the account spells the name.
    pub user: String,
    /// Whether the session carries MFA.
    pub mfa: bool,
    /// Whether the password had to be changed, and was.
    pub changed_password: bool,
    /// The credentials, for twelve hours.
    pub credentials: Credentials,
}

/// Why somebody could not sign in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInRefusal {
    /// Nobody was named, and there is not exactly one administrator.
    #[error("the account does not have exactly one administrator")]
    NobodyMeant,
    /// There is no such user.
    #[error("there is no user {0}")]
    UnknownUser(String),
    /// The user has no console password.
    #[error("user {0} has no console password")]
    NoPassword(String),
    /// The user has an MFA device, and no code was given.
    #[error("user {0} has an MFA device, whose code is missing")]
    CodeNeeded(String),
    /// A code was given, and the user has no MFA device.
    #[error("user {0} has no MFA device")]
    NoDevice(String),
    /// The code is not one that the device shows now, or it was used.
    #[error("the code of user {0} is wrong or was used")]
    WrongCode(String),
    /// The password has to be changed, and the user may not change it.
    #[error("user {0} has to change the password and may not")]
    MayNotChangePassword(String),
    /// The user may not have credentials for the command line.
    #[error("user {0} may not sign in for the command line")]
    MayNotLogIn(String),
}

/// Signs in to the account that is kept in a folder. A run that has the account open learns of it at its next call.
pub fn sign_in(folder: &Path, who: &SignIn) -> Result<SignedIn, RehearsalError> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let Some(kept) = kept::read(folder)? else { return Err(SignInRefusal::NobodyMeant.into()) };
    let (iam, mut memory) = kept.people();
    memory.see_console(folder);
    let (signed_in, done) = enter(who, &iam, &mut memory, now)?;
    console::write(folder, done)?;
    Ok(signed_in)
}

/// Lets somebody in, and says how the account learns of it.
pub(crate) fn enter(
    who: &SignIn,
    iam: &IamStateView,
    memory: &mut Memory,
    now: u64,
) -> Result<(SignedIn, Done), SignInRefusal> {
    let user = meant(who, iam)?;
    if !iam.login_profiles.contains_key(&user) {
        return Err(SignInRefusal::NoPassword(user));
    }
    let device = check_code(who, &user, memory, now)?;
    let mfa = device.is_some();
    let Some(caller) = Caller::user(&user, iam, Some(mfa)) else {
        return Err(SignInRefusal::UnknownUser(user));
    };
    let changed_password = memory.must_reset(&user, iam);
    judge(&caller, changed_password, Rules { iam, memory, denied: None })?;
    let key = Key::temporary(now);
    let credentials = key.credentials();
    let done =
        console::SignedIn { at: now, user: user.clone(), arn: caller.arn(), id: caller.id(), key, device };
    Ok((SignedIn { user, mfa, changed_password, credentials }, Done::SignIn(Box::new(done))))
}

fn meant(who: &SignIn, iam: &IamStateView) -> Result<String, SignInRefusal> {
    match &who.user {
        Some(name) => {
            let user = iam.users.keys().find(|user| user.eq_ignore_ascii_case(name));
            user.cloned().ok_or_else(|| SignInRefusal::UnknownUser(name.clone()))
        }
        None => match administrators(iam).into_iter().collect::<Vec<_>>().as_slice() {
            [one] => Ok(one.clone()),
            _ => Err(SignInRefusal::NobodyMeant),
        },
    }
}

/// The device that shows the code, and the code's window. Who has a device is asked for its code.
fn check_code(
    who: &SignIn,
    user: &str,
    memory: &mut Memory,
    now: u64,
) -> Result<Option<(String, u64)>, SignInRefusal> {
    let serials: Vec<_> = memory.devices_of(user).map(|device| device.serial.clone()).collect();
    let name = || user.to_owned();
    let code = match (&who.code, serials.is_empty()) {
        (None, true) => return Ok(None),
        (None, false) => return Err(SignInRefusal::CodeNeeded(name())),
        (Some(_), true) => return Err(SignInRefusal::NoDevice(name())),
        (Some(code), false) => code,
    };
    let serial = serials.into_iter().find(|serial| memory.use_code(serial, user, code, now).is_ok());
    let serial = serial.ok_or_else(|| SignInRefusal::WrongCode(name()))?;
    let window = memory.devices.get(&serial).map_or(0, |device| device.burnt);
    Ok(Some((serial, window)))
}

fn judge(caller: &Caller, changes_password: bool, rules: Rules<'_>) -> Result<(), SignInRefusal> {
    let name = || caller.name().to_owned();
    if changes_password && !rules.let_do(caller, "iam:ChangePassword", &caller.arn()) {
        return Err(SignInRefusal::MayNotChangePassword(name()));
    }
    let client = format!("arn:aws:signin:us-east-1:{ACCOUNT_ID}:oauth2/public-client/localhost");
    let both = ["signin:AuthorizeOAuth2Access", "signin:CreateOAuth2Token"];
    if !both.into_iter().all(|action| rules.let_do(caller, action, &client)) {
        return Err(SignInRefusal::MayNotLogIn(name()));
    }
    Ok(())
}

impl SignInRefusal {
    /// Whether something has to be said on the command line.
    pub fn is_wrong_usage(&self) -> bool {
        matches!(self, Self::NobodyMeant | Self::CodeNeeded(_) | Self::NoDevice(_))
    }

    /// What happened, and what to do.
    pub fn text(&self) -> Text {
        match self {
            Self::NobodyMeant => text! {
                en: "The practice account does not have exactly one administrator. Name the user: --user NAME",
                ko: "연습용 계정의 관리자가 한 명이 아닙니다. 사용자를 지정하세요: --user 이름"
            },
            Self::UnknownUser(user) => text! {
                en: "The practice account has no user {user}.",
                ko: "연습용 계정에 사용자 {user}이(가) 없습니다.", user = harmless(user)
            },
            Self::NoPassword(user) => text! {
                en: "User {user} has no console password, and so cannot sign in in the browser.",
                ko: "사용자 {user}에게 콘솔 암호가 없어 브라우저에서 로그인할 수 없습니다.", user = harmless(user)
            },
            Self::CodeNeeded(user) => text! {
                en: "User {user} has an MFA device. Give the code that it shows: --code 123456",
                ko: "사용자 {user}에게 MFA 디바이스가 있습니다. 표시된 코드를 입력하세요: --code 123456",
                user = harmless(user)
            },
            Self::NoDevice(user) => text! {
                en: "User {user} has no MFA device, and so is asked for no code. Leave out --code.",
                ko: "사용자 {user}에게 MFA 디바이스가 없어 코드를 묻지 않습니다. --code를 빼세요.",
                user = harmless(user)
            },
            Self::WrongCode(user) => text! {
                en: "The code of {user} is wrong, or it was used before. Wait for the next one and give that.",
                ko: "{user}의 코드가 틀렸거나 이미 사용되었습니다. 다음 코드를 기다렸다가 입력하세요.",
                user = harmless(user)
            },
            Self::MayNotChangePassword(user) => text! {
                en: "{user} has to change the password at this sign-in, and no policy allows it, or one that requires MFA denies it.",
                ko: "{user}은(는) 이번 로그인에서 암호를 바꿔야 하지만, 허용하는 정책이 없거나 MFA를 요구하는 정책이 거부합니다.",
                user = harmless(user)
            },
            Self::MayNotLogIn(user) => text! {
                en: "{user} may not have credentials for the command line: no policy allows it, or one that requires MFA denies it.",
                ko: "{user}은(는) 명령줄용 보안 인증 정보를 받을 수 없습니다. 허용하는 정책이 없거나 MFA를 요구하는 정책이 거부합니다.",
                user = harmless(user)
            },
        }
    }
}
