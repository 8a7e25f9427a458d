//! MFA devices: the administrator's, root's, and all virtual ones.

use std::time::SystemTime;

use aws_sdk_iam::types::{AssignmentStatusType, MfaDevice};

use crate::aws::{ForCall, Identity, Reading, unless};
use crate::error::AwsError;
use crate::session::Session;

use super::VirtualDevice;

pub(super) async fn admin(
    identity: &Identity,
    user: Option<&str>,
) -> Result<Reading<Option<(String, Vec<MfaDevice>)>>, AwsError> {
    let Some(user) = user else { return Ok(Ok(None)) };
    let devices = devices_of(identity, user).await?;
    Ok(devices.map(|devices| devices.map(|devices| (spelled(user, &devices), devices))))
}

/// The name as AWS spells it, where a device tells.
fn spelled(user: &str, devices: &[MfaDevice]) -> String {
    devices
        .first()
        .map(|device| device.user_name())
        .filter(|name| !name.is_empty())
        .unwrap_or(user)
        .to_owned()
}

pub(super) fn serials(devices: Vec<MfaDevice>) -> Vec<String> {
    devices.into_iter().map(|device| device.serial_number).collect()
}

/// In hours since it was enabled.
pub(super) fn oldest(devices: &[MfaDevice]) -> Option<u64> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let hours = |device: &MfaDevice| {
        let enabled = u64::try_from(device.enable_date().secs()).ok().filter(|date| *date > 0)?;
        Some(now.saturating_sub(enabled) / 3600)
    };
    devices.iter().filter_map(hours).max()
}

/// The devices of a user, of all kinds; none where there is no such user.
pub(in crate::mfa) async fn devices_of(
    identity: &Identity,
    user: &str,
) -> Result<Reading<Option<Vec<MfaDevice>>>, AwsError> {
    let answer = identity.iam().list_mfa_devices().user_name(user).send().await;
    let answer = identity.reading(unless("NoSuchEntity", answer.for_call("iam:ListMFADevices")))?;
    Ok(answer.map(|answer| answer.map(|answer| answer.mfa_devices)))
}

/// Only root may ask without a user name, and then it is told of its own devices.
pub(super) async fn root_devices(session: &Session) -> Result<Option<Vec<String>>, AwsError> {
    let Some(root) = session.root() else { return Ok(None) };
    match root.iam().list_mfa_devices().send().await.for_call("iam:ListMFADevices") {
        Ok(answer) => Ok(Some(serials(answer.mfa_devices))),
        // What the user guide says of temporary root credentials is not consistent.
        Err(error) if error.is("ValidationError") || error.is_unseen() => Ok(None),
        Err(error) => Err(error),
    }
}

/// All virtual devices of the account, enabled or not.
pub(in crate::mfa) async fn virtual_devices(
    identity: &Identity,
) -> Result<Reading<Vec<VirtualDevice>>, AwsError> {
    let pages = identity
        .iam()
        .list_virtual_mfa_devices()
        .assignment_status(AssignmentStatusType::Any)
        .max_items(1000)
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await;
    Ok(identity.reading(pages.for_call("iam:ListVirtualMFADevices"))?.map(|devices| {
        let device = |device: aws_sdk_iam::types::VirtualMfaDevice| VirtualDevice {
            serial: device.serial_number().to_owned(),
            owner: device.user().map(|user| user.arn().to_owned()).filter(|arn| !arn.is_empty()),
        };
        devices.into_iter().map(device).collect()
    }))
}
