//! One-time codes: one opens an MFA session, and two that follow one another bring a device back into step whose clock
//! has drifted.

use aws_credential_types::Credentials;

use crate::aws::{ForCall, Identity};
use crate::error::{AwsError, StepError};
use crate::operator::{CodePurpose, CodeRequest, Operator, OperatorError};
use crate::text;
use crate::text::{Text, harmless};

use super::{NoSession, Session};

/// After so many codes that AWS did not take, the device's clock may have drifted.
const BEFORE_RESYNC: usize = 2;
/// Clocks that differ by so many seconds show different codes most of the time. AWS takes the next one and the last.
const CLOCK_IS_OFF: i64 = 20;

/// What came of a code.
enum Tried {
    /// It was accepted, and was that of the device with this serial number.
    Opened(Credentials, String),
    /// AWS did not take it.
    WrongCode(AwsError),
    /// AWS knows none of the devices as the user's.
    WrongDevice(AwsError),
}

impl Session {
    /// Asks for codes until AWS gives a session for one.
    pub(super) async fn session_token(
        &mut self,
        identity: &Identity,
        user: &str,
        mut devices: Vec<String>,
        operator: &mut impl Operator,
    ) -> Result<Result<Credentials, NoSession>, StepError> {
        let (mut trouble, mut refused) = (None, 0);
        loop {
            if refused == BEFORE_RESYNC && self.connection.may_write() {
                refused = 0;
                trouble = self.bring_into_step(identity, user, &devices, operator).await?;
            }
            let code = self.one_time_code(user, CodePurpose::SignIn, trouble.take(), operator).await?;
            let tried = try_code(identity, &devices, &code);
            match operator.while_waiting(waiting_for_session(), tried).await? {
                Tried::Opened(credentials, serial) => {
                    self.session_device = Some(serial);
                    return Ok(Ok(credentials));
                }
                Tried::WrongCode(error) => {
                    refused += 1;
                    trouble = Some(wrong_code(&error));
                }
                Tried::WrongDevice(error) => {
                    // Somebody may have replaced it meanwhile.
                    devices = match code_devices(identity, user).await? {
                        Ok(devices) => devices,
                        Err(reason) => return Ok(Err(reason)),
                    };
                    trouble = Some(wrong_device(&error));
                }
            }
        }
    }

    /// Asks for one code that AWS has not seen.
    pub(crate) async fn one_time_code(
        &mut self,
        user: &str,
        purpose: CodePurpose,
        trouble: Option<Text>,
        operator: &mut impl Operator,
    ) -> Result<String, OperatorError> {
        let used = self.used_codes.clone();
        let request = CodeRequest { user: user.to_owned(), purpose, used, trouble };
        let code = operator.one_time_code(&request).await?;
        self.used_codes.push(code.clone());
        Ok(code)
    }

    /// Asks for two codes that follow one another, from which AWS learns how far off the device's clock is. Gives what
    /// went wrong, if something did.
    async fn bring_into_step(
        &mut self,
        identity: &Identity,
        user: &str,
        devices: &[String],
        operator: &mut impl Operator,
    ) -> Result<Option<Text>, StepError> {
        let trouble = Some(may_have_drifted());
        let first = self.one_time_code(user, CodePurpose::EnrolFirst, trouble, operator).await?;
        let second = self.one_time_code(user, CodePurpose::EnrolSecond, None, operator).await?;
        let mut refused = None;
        for serial in devices {
            match resync(identity, user, serial, [&first, &second]).await {
                Ok(()) => return Ok(None),
                Err(error) if error.is("InvalidAuthenticationCode") || error.is_unseen() => {
                    refused = Some(wrong_codes(&error));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(refused)
    }
}

/// A person with two devices reads the code off either.
async fn try_code(identity: &Identity, devices: &[String], code: &str) -> Result<Tried, StepError> {
    let (mut wrong_code, mut wrong_device) = (None, None);
    for serial in devices {
        let call = identity.sts().get_session_token().serial_number(serial).token_code(code).send();
        match call.await.for_call("sts:GetSessionToken") {
            Ok(answer) => return Ok(Tried::Opened(temporary(answer.credentials())?, serial.clone())),
            Err(error) if is_about_the_device(&error) => wrong_device = Some(error),
            Err(error) if is_about_the_code(&error) => wrong_code = Some(error),
            Err(error) => return Err(error.into()),
        }
    }
    let nothing = || AwsError::without_answer("sts:GetSessionToken", "there is no device to ask for");
    Ok(match wrong_code {
        Some(error) => Tried::WrongCode(error),
        None => Tried::WrongDevice(wrong_device.unwrap_or_else(nothing)),
    })
}

/// The code is the same for both: only AWS's words tell them apart.
fn is_about_the_device(error: &AwsError) -> bool {
    error.is("AccessDenied") && error.message.contains("unable to validate MFA code")
}

fn is_about_the_code(error: &AwsError) -> bool {
    error.is("AccessDenied") && error.message.contains("MultiFactorAuthentication failed")
}

/// The devices that show codes, or why none does. Passkeys and security keys show none, and to phone numbers AWS sends
/// codes for the console alone.
pub(super) async fn code_devices(
    identity: &Identity,
    user: &str,
) -> Result<Result<Vec<String>, NoSession>, AwsError> {
    let devices =
        identity.iam().list_mfa_devices().user_name(user).send().await.for_call("iam:ListMFADevices")?;
    let devices = devices.mfa_devices;
    if devices.is_empty() {
        return Ok(Err(NoSession::no_device(&identity.caller)));
    }
    let serials = devices.into_iter().map(|device| device.serial_number);
    let show_codes: Vec<_> = serials.filter(|serial| shows_codes(serial)).collect();
    Ok(if show_codes.is_empty() {
        Err(NoSession::NoCodes(identity.caller.arn.clone()))
    } else {
        Ok(show_codes)
    })
}

/// Whether a device shows codes that open an MFA session, by its serial number.
pub fn shows_codes(serial: &str) -> bool {
    !is_passkey(serial) && !is_phone_number(serial)
}

/// Whether a device is a passkey or a security key, by its serial number.
pub fn is_passkey(serial: &str) -> bool {
    serial.contains(":u2f/")
}

/// Whether a device is a phone number that AWS sends codes to, by its serial number.
pub fn is_phone_number(serial: &str) -> bool {
    serial.contains(":sms-mfa/")
}

/// Tells AWS two codes that follow one another, so that it takes the clock of the device from them.
pub(crate) async fn resync(
    identity: &Identity,
    user: &str,
    serial: &str,
    [first, second]: [&str; 2],
) -> Result<(), AwsError> {
    let request = identity.iam_once().resync_mfa_device().user_name(user).serial_number(serial);
    let request = request.authentication_code1(first).authentication_code2(second);
    request.send().await.for_call("iam:ResyncMFADevice").map(drop)
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

pub(super) fn waiting_for_session() -> Text {
    text! { en: "Signing in with the one-time code", ko: "일회용 코드로 로그인하는 중" }
}

fn wrong_code(error: &AwsError) -> Text {
    let (words, clock) = (harmless(&error.message), clock_is_off(error));
    let (en, ko) = (clock.en, clock.ko);
    text! {
        en: "AWS did not accept the code: {words} Wait for the next code and type that one.{en}",
        ko: "AWS가 코드를 받아들이지 않았습니다: {words} 다음 코드를 기다렸다가 입력하세요.{ko}"
    }
}

fn wrong_device(error: &AwsError) -> Text {
    let words = harmless(&error.message);
    text! {
        en: "AWS does not know the device as yours: {words} The devices were read anew. Type the code of one that is enrolled now.",
        ko: "AWS가 본인의 디바이스로 인식하지 못합니다: {words} 디바이스 목록을 다시 읽었습니다. 지금 등록된 디바이스의 코드를 입력하세요."
    }
}

fn may_have_drifted() -> Text {
    text! {
        en: "AWS has refused two codes of this device, so its clock may have drifted. Type two codes that follow one another, the earlier one first: AWS takes its clock from them.",
        ko: "이 디바이스의 코드가 두 번 거부되어 시계가 어긋났을 수 있습니다. 연속된 두 코드를 먼저 나온 것부터 입력하면 AWS가 시계를 맞춥니다."
    }
}

/// Why two codes that should follow one another were not taken.
pub(crate) fn wrong_codes(error: &AwsError) -> Text {
    let clock = clock_is_off(error);
    let (en, ko) = (clock.en, clock.ko);
    text! {
        en: "AWS did not accept the codes. They must follow one another with none skipped, the earlier one first, and the phone's clock must be right.{en}",
        ko: "AWS가 코드를 받아들이지 않았습니다. 건너뛰지 않고 연속된 두 코드를 먼저 나온 것부터 입력해야 하며, 휴대폰 시계가 맞아야 합니다.{ko}"
    }
}

/// A remark about the clock, where it is off: a phone's may be as wrong as this computer's.
fn clock_is_off(error: &AwsError) -> Text {
    match error.clock_skew {
        Some(skew) if skew.abs() > CLOCK_IS_OFF => {
            let (seconds, way) = (skew.abs(), ahead_or_behind(skew));
            let (en, ko) = (way.en, way.ko);
            text! {
                en: " This computer's clock is {seconds} seconds {en} AWS's; if the phone's is too, switch on automatic time there.",
                ko: " 이 컴퓨터의 시계가 AWS보다 {seconds}초 {ko}. 휴대폰도 그렇다면 자동 시간 설정을 켜세요."
            }
        }
        _ => Text::default(),
    }
}

fn ahead_or_behind(skew: i64) -> Text {
    if skew > 0 {
        text! { en: "ahead of", ko: "빠릅니다" }
    } else {
        text! { en: "behind", ko: "느립니다" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_ahead_or_behind() {
        let told = |clock_skew: Option<i64>| {
            let refused = AwsError::without_answer("iam:EnableMFADevice", "no");
            wrong_codes(&AwsError { clock_skew, ..refused })
        };
        let (ahead, behind) = (told(Some(95)), told(Some(-95)));
        assert!(ahead.en.contains("clock is 95 seconds ahead of AWS's;"), "{}", ahead.en);
        assert!(ahead.ko.contains("AWS보다 95초 빠릅니다."), "{}", ahead.ko);
        assert!(behind.en.contains("clock is 95 seconds behind AWS's;"), "{}", behind.en);
        assert!(behind.ko.contains("AWS보다 95초 느립니다."), "{}", behind.ko);
        for little in [None, Some(0), Some(-20)] {
            assert!(!told(little).en.contains("clock is"), "{little:?}");
        }
    }
}
