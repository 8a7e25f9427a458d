//! Enrols one MFA device: the seed, the QR code, and two codes that follow one another.

use aws_sdk_iam::types::VirtualMfaDevice;
use secrecy::SecretString;

use crate::aws::{ForCall, unless};
use crate::error::{AwsCause, AwsError, StepError};
use crate::operator::{CodePurpose, Enrolment, Operator, OperatorError};
use crate::session::{self, Session, wrong_codes};
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
    let Err(error) = result else { return Ok(()) };
    if leaves_it_half_made(&error) {
        let deleted = iam.delete_virtual_mfa_device().serial_number(&serial).send().await;
        match unless("NoSuchEntity", deleted.for_call("iam:DeleteVirtualMFADevice")) {
            Ok(_) => session.connection.note_undone(),
            // Who only skips would not hear of it.
            Err(left) if matches!(error, StepError::Operator(OperatorError::Declined)) => {
                return Err(left.into());
            }
            // Why it ended is what counts. What cannot be deleted now is found by the next run.
            Err(_) => {}
        }
    }
    Err(error)
}

/// Whether a device that is not enabled may be left. Where the answer was lost, AWS may have enabled it, and where the
/// sign-in has ended nothing can be deleted. AWS deletes none that is enabled.
fn leaves_it_half_made(error: &StepError) -> bool {
    match error {
        StepError::Operator(_)
        | StepError::InTheWay { .. }
        | StepError::HalfMade { .. }
        | StepError::File { .. } => true,
        StepError::Aws(error) => matches!(error.cause, AwsCause::Refused | AwsCause::Denied),
    }
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
        let [first, second] = two_codes(session, user, trouble.take(), operator).await?;
        match enable_once(session, user, serial, [&first, &second], operator).await {
            Err(StepError::Aws(error)) if error.is("InvalidAuthenticationCode") => {
                trouble = Some(wrong_codes(&error));
            }
            result => return result,
        }
    }
}

/// Asks for two codes until AWS takes them, and brings a device back into step by them.
pub async fn resync(
    session: &mut Session,
    user: &str,
    serial: &str,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let mut trouble = None;
    loop {
        let [first, second] = two_codes(session, user, trouble.take(), operator).await?;
        let what = text! { en: "Bringing the device back into step", ko: "디바이스의 시계를 맞추는 중" };
        let resynced = session::resync(session.acting(), user, serial, [&first, &second]);
        match operator.while_waiting(what, resynced).await {
            Err(error) if error.is("InvalidAuthenticationCode") => trouble = Some(wrong_codes(&error)),
            result => return Ok(result?),
        }
    }
}

/// Two codes that follow one another.
async fn two_codes(
    session: &mut Session,
    user: &str,
    trouble: Option<Text>,
    operator: &mut impl Operator,
) -> Result<[String; 2], OperatorError> {
    let first = session.one_time_code(user, CodePurpose::EnrolFirst, trouble, operator).await?;
    let second = session.one_time_code(user, CodePurpose::EnrolSecond, None, operator).await?;
    Ok([first, second])
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
        |error| error.is("NoSuchEntity") || error.is("EntityTemporarilyUnmodifiable"),
        async || {
            let request = iam.enable_mfa_device().user_name(user).serial_number(serial);
            let request = request.authentication_code1(first).authentication_code2(second);
            request.send().await.for_call("iam:EnableMFADevice").map(drop)
        },
    )
    .await
}
