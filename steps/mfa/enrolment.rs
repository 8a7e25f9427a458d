//! Enrols one MFA device: the seed, the QR code, and two codes that follow one another.

use aws_sdk_iam::types::VirtualMfaDevice;
use secrecy::SecretString;

use crate::aws::{ForCall, unless};
use crate::error::{AwsError, StepError};
use crate::operator::{CodePurpose, CodeRequest, Enrolment, Operator, OperatorError};
use crate::session::Session;
use crate::text;
use crate::text::{Text, percent_encoded};
use crate::wait;

/// The issuer in the label. The short form keeps the QR code small enough for a window of 80×24.
const ISSUER: &str = "AWS";

/// Creates a virtual device, shows it, and enables it. What ends before the device is enabled removes it again: its
/// seed is known to nobody, and it would hold the name.
pub async fn enrol_virtual(
    session: &mut Session,
    user: &str,
    device: &str,
    account: &str,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let iam = session.acting().iam_once();
    let created = iam.create_virtual_mfa_device().virtual_mfa_device_name(device).send().await;
    let created = created.for_call("iam:CreateVirtualMFADevice")?;
    let Some(made) = created.virtual_mfa_device() else {
        let error = AwsError::without_answer("iam:CreateVirtualMFADevice", "the answer holds no device");
        return Err(error.into());
    };
    let serial = made.serial_number().to_owned();
    let result = match enrolment(made, user, account) {
        Ok(enrolment) => show_and_enable(session, &enrolment, &serial, operator).await,
        Err(error) => Err(error.into()),
    };
    operator.enrolled().await;
    if matches!(result, Err(StepError::Operator(_))) {
        let deleted = iam.delete_virtual_mfa_device().serial_number(&serial).send().await;
        unless("NoSuchEntity", deleted.for_call("iam:DeleteVirtualMFADevice"))?;
        session.connection.note_undone();
    }
    result
}

/// The blob in the answer is the base32 text itself, not to be encoded again.
fn enrolment(device: &VirtualMfaDevice, user: &str, account: &str) -> Result<Enrolment, AwsError> {
    let seed = device.base32_string_seed().and_then(|seed| std::str::from_utf8(seed.as_ref()).ok());
    let Some(seed) = seed.filter(|seed| is_seed(seed)) else {
        return Err(AwsError::without_answer(
            "iam:CreateVirtualMFADevice",
            "the answer holds no readable seed",
        ));
    };
    let label = format!("{ISSUER}:{}%40{account}", percent_encoded(user));
    Ok(Enrolment {
        account: account.to_owned(),
        user: user.to_owned(),
        otpauth: format!("otpauth://totp/{label}?secret={}&issuer={ISSUER}", percent_encoded(seed)).into(),
        seed: SecretString::from(seed),
    })
}

/// AWS gives base32. Emulators give other letters, which an app may refuse; what is no word at all is no seed.
fn is_seed(seed: &str) -> bool {
    !seed.is_empty() && seed.bytes().all(|c| c.is_ascii_graphic())
}

async fn show_and_enable(
    session: &mut Session,
    enrolment: &Enrolment,
    serial: &str,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    operator.enrol(enrolment).await?;
    enable(session, &enrolment.user, serial, operator).await
}

/// Asks for two codes until AWS takes them. The device stays the same, so that nothing has to be scanned again.
pub async fn enable(
    session: &mut Session,
    user: &str,
    serial: &str,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let mut trouble = None;
    loop {
        let first = code(session, user, CodePurpose::EnrolFirst, trouble.take(), operator).await?;
        let second = code(session, user, CodePurpose::EnrolSecond, None, operator).await?;
        match enable_once(session, user, serial, [&first, &second], operator).await {
            Err(StepError::Aws(error)) if error.is("InvalidAuthenticationCode") => {
                trouble = Some(usual_reasons(&error));
            }
            result => return result,
        }
    }
}

async fn code(
    session: &mut Session,
    user: &str,
    purpose: CodePurpose,
    trouble: Option<Text>,
    operator: &mut impl Operator,
) -> Result<String, OperatorError> {
    let used = session.used_codes.clone();
    let code = operator.one_time_code(&CodeRequest { user: user.to_owned(), purpose, used, trouble }).await?;
    session.used_codes.push(code.clone());
    Ok(code)
}

async fn enable_once(
    session: &Session,
    user: &str,
    serial: &str,
    [first, second]: [&str; 2],
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let iam = session.acting().iam_once();
    let what = text! { en: "Enabling the device", ko: "디바이스를 활성화하는 중" };
    wait::until_seen(
        operator,
        what,
        |error| error.is("NoSuchEntity"),
        async || {
            let request = iam.enable_mfa_device().user_name(user).serial_number(serial);
            let request = request.authentication_code1(first).authentication_code2(second);
            request.send().await.for_call("iam:EnableMFADevice").map(drop)
        },
    )
    .await
}

fn usual_reasons(error: &AwsError) -> Text {
    match error.clock_skew {
        Some(skew) if skew.abs() > 20 => {
            let (seconds, way) = (skew.abs(), ahead_or_behind(skew));
            let (en, ko) = (way.en, way.ko);
            text! {
                en: "AWS did not accept the codes. This computer's clock is {seconds} seconds {en} AWS's; if the phone's is too, switch on automatic time there.",
                ko: "AWS가 코드를 받아들이지 않았습니다. 이 컴퓨터의 시계가 AWS보다 {seconds}초 {ko}. 휴대폰도 그렇다면 자동 시간 설정을 켜세요."
            }
        }
        _ => text! {
            en: "AWS did not accept the codes. They must follow one another with none skipped, the earlier one first, and the phone's clock must be right.",
            ko: "AWS가 코드를 받아들이지 않았습니다. 건너뛰지 않고 연속된 두 코드를 먼저 나온 것부터 입력해야 하며, 휴대폰 시계가 맞아야 합니다."
        },
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
            usual_reasons(&AwsError { clock_skew, ..refused })
        };
        let (ahead, behind) = (told(Some(95)), told(Some(-95)));
        assert!(ahead.en.contains("clock is 95 seconds ahead of AWS's;"), "{}", ahead.en);
        assert!(ahead.ko.contains("AWS보다 95초 빠릅니다."), "{}", ahead.ko);
        assert!(behind.en.contains("clock is 95 seconds behind AWS's;"), "{}", behind.en);
        assert!(behind.ko.contains("AWS보다 95초 느립니다."), "{}", behind.ko);
        for little in [None, Some(0), Some(-20)] {
            assert!(told(little).en.contains("follow one another"), "{little:?}");
        }
    }
}
