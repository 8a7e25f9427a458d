//! MFA devices: seeds that are shown once, and codes that are checked in earnest.

use serde::{Deserialize, Serialize};
use winterbaume_core::{MockResponse, xml_escape};

use super::kept::Memory;
use super::wire::{Call, iso};
use super::{ACCOUNT_ID, ConsoleAction, tokens, totp};

/// A device.
#[derive(Serialize, Deserialize)]
pub(crate) struct Device {
    pub serial: String,
    pub seed: String,
    /// The user it is enabled for, and since when.
    pub owner: Option<(String, u64)>,
    /// The last window whose code was accepted: it and earlier ones are burnt.
    pub burnt: u64,
}

const WRONG_CODE: &str = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
const WRONG_DEVICE: &str = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA \
                            serial number is valid and associated with this user.";

/// The seed of a hardware token of the practice account, by its serial number, which begins with `GAHT`. On AWS the
/// vendor of the token has given the seed to AWS.
pub fn hardware_seed(serial: &str) -> String {
    let letters = serial.bytes().map(|byte| char::from(b'A' + byte % 26));
    format!("{}HARDWARE", letters.take(24).collect::<String>())
}

/// Answers a call about devices. `user` is spelled as the account spells it.
pub(crate) fn answer(call: &Call, user: Option<&str>, memory: &mut Memory, now: u64) -> MockResponse {
    match call.operation.as_str() {
        "CreateVirtualMFADevice" => create(call, memory),
        "EnableMFADevice" => enable(call, user, memory, now),
        "ListMFADevices" => list(call, user, memory),
        "ListVirtualMFADevices" => list_virtual(call, memory),
        "DeactivateMFADevice" => deactivate(call, user, memory),
        "DeleteVirtualMFADevice" => delete(call, memory),
        _ => call.unknown(),
    }
}

fn create(call: &Call, memory: &mut Memory) -> MockResponse {
    let name = call.parameter("VirtualMFADeviceName").unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if name.is_empty() || !name.chars().all(allowed) {
        return call.refuse(400, "ValidationError", "The device name does not hold up");
    }
    let serial = format!("arn:aws:iam::{ACCOUNT_ID}:mfa/{name}");
    if memory.devices.keys().any(|taken| taken.eq_ignore_ascii_case(&serial)) {
        return call.refuse(
            409,
            "EntityAlreadyExists",
            "MFADevice entity at the same path and name already exists.",
        );
    }
    let seed = tokens::seed();
    let answer = call.xml(&format!(
        "<VirtualMFADevice><SerialNumber>{serial}</SerialNumber><Base32StringSeed>{}</Base32StringSeed>\
         <QRCodePNG>{}</QRCodePNG></VirtualMFADevice>",
        base64(seed.as_bytes()),
        base64(PICTURE)
    ));
    memory.devices.insert(serial.clone(), Device { serial, seed, owner: None, burnt: 0 });
    answer
}

fn enable(call: &Call, user: Option<&str>, memory: &mut Memory, now: u64) -> MockResponse {
    let (Some(user), Some(serial)) = (call.parameter("UserName").and(user), call.parameter("SerialNumber"))
    else {
        return call.refuse(400, "ValidationError", "UserName and SerialNumber are required");
    };
    if serial.starts_with("GAHT") && !memory.devices.contains_key(serial) {
        let seed = hardware_seed(serial);
        memory
            .devices
            .insert(serial.to_owned(), Device { serial: serial.to_owned(), seed, owner: None, burnt: 0 });
    }
    let Some(device) = memory.devices.get_mut(serial) else {
        return call.refuse(404, "NoSuchEntity", "VirtualMFADevice with serial number does not exist.");
    };
    if device.owner.is_some() {
        return call.refuse(409, "EntityAlreadyExists", "MFA device is already in use.");
    }
    let codes = [call.parameter("AuthenticationCode1"), call.parameter("AuthenticationCode2")];
    match device.consecutive(codes, now) {
        Some(second) => {
            device.burnt = second;
            device.owner = Some((user.to_owned(), now));
            call.xml("")
        }
        None => call.refuse(403, "InvalidAuthenticationCode", "Authentication code for device is not valid."),
    }
}

impl Device {
    /// The second window, if the codes are of two that follow one another, near now, and unused.
    fn consecutive(&self, codes: [Option<&str>; 2], now: u64) -> Option<u64> {
        let [Some(first), Some(second)] = codes else { return None };
        let near = totp::window(now);
        let is = |window: u64, code: &str| totp::code(&self.seed, window).as_deref() == Some(code);
        (near.saturating_sub(4)..=near)
            .find(|window| *window > self.burnt && is(*window, first) && is(window + 1, second))
            .map(|window| window + 1)
    }
}

impl Memory {
    /// Accepts a code once.
    pub fn use_code(&mut self, serial: &str, user: &str, code: &str, now: u64) -> Result<(), &'static str> {
        let device = self.devices.get_mut(serial).ok_or(WRONG_DEVICE)?;
        if device.owner.as_ref().is_none_or(|(owner, _)| owner != user) {
            return Err(WRONG_DEVICE);
        }
        let near = totp::window(now);
        let found = (near.saturating_sub(1)..=near + 1).find(|window| {
            *window > device.burnt && totp::code(&device.seed, *window).as_deref() == Some(code)
        });
        device.burnt = found.ok_or(WRONG_CODE)?;
        self.changed = true;
        Ok(())
    }

    /// Whether a user has a device.
    pub fn has_device(&self, user: &str) -> bool {
        self.devices.values().any(|device| device.owner.as_ref().is_some_and(|(owner, _)| owner == user))
    }

    /// Whether root has one.
    pub fn root_has_device(&self) -> bool {
        self.console.contains(&ConsoleAction::RootMfa)
    }
}

fn list(call: &Call, user: Option<&str>, memory: &Memory) -> MockResponse {
    let member = |device: &Device| {
        let (owner, since) = device.owner.as_ref().filter(|(owner, _)| Some(owner.as_str()) == user)?;
        let (serial, since, owner) = (xml_escape(&device.serial), iso(*since), xml_escape(owner));
        Some(format!(
            "<member><UserName>{owner}</UserName><SerialNumber>{serial}</SerialNumber><EnableDate>{since}</EnableDate></member>"
        ))
    };
    let members: String = memory.devices.values().filter_map(member).collect();
    call.xml(&format!("<MFADevices>{members}</MFADevices><IsTruncated>false</IsTruncated>"))
}

fn list_virtual(call: &Call, memory: &Memory) -> MockResponse {
    let wanted = call.parameter("AssignmentStatus").unwrap_or("Any");
    let mut members = String::new();
    for device in memory.devices.values().filter(|device| device.serial.starts_with("arn:")) {
        let fits = match wanted {
            "Assigned" => device.owner.is_some(),
            "Unassigned" => device.owner.is_none(),
            _ => true,
        };
        if fits {
            members.push_str(&virtual_member(device));
        }
    }
    if memory.root_has_device() && wanted != "Unassigned" {
        members.push_str(&format!(
            "<member><SerialNumber>arn:aws:iam::{ACCOUNT_ID}:mfa/root-account-mfa-device</SerialNumber>\
             <User><UserId>{ACCOUNT_ID}</UserId><Arn>arn:aws:iam::{ACCOUNT_ID}:root</Arn></User></member>"
        ));
    }
    call.xml(&format!("<VirtualMFADevices>{members}</VirtualMFADevices><IsTruncated>false</IsTruncated>"))
}

fn virtual_member(device: &Device) -> String {
    let owner = device.owner.as_ref().map(|(owner, since)| {
        let (owner, since) = (xml_escape(owner), iso(*since));
        format!(
            "<EnableDate>{since}</EnableDate><User><Path>/</Path><UserName>{owner}</UserName>\
             <UserId>AIDA{}</UserId><Arn>arn:aws:iam::{ACCOUNT_ID}:user/{owner}</Arn><CreateDate>{since}</CreateDate></User>",
            owner.to_ascii_uppercase()
        )
    });
    let (serial, owner) = (xml_escape(&device.serial), owner.unwrap_or_default());
    format!("<member><SerialNumber>{serial}</SerialNumber>{owner}</member>")
}

fn deactivate(call: &Call, user: Option<&str>, memory: &mut Memory) -> MockResponse {
    let serial = call.parameter("SerialNumber").unwrap_or_default();
    match memory
        .devices
        .get_mut(serial)
        .filter(|device| device.owner.as_ref().is_some_and(|(owner, _)| Some(owner.as_str()) == user))
    {
        Some(device) => {
            device.owner = None;
            call.xml("")
        }
        None => call.refuse(404, "NoSuchEntity", "MFA Device invalid for user."),
    }
}

fn delete(call: &Call, memory: &mut Memory) -> MockResponse {
    let serial = call.parameter("SerialNumber").unwrap_or_default();
    match memory.devices.get(serial) {
        None => call.refuse(404, "NoSuchEntity", "VirtualMFADevice with serial number does not exist."),
        Some(device) if device.owner.is_some() => {
            call.refuse(409, "DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.")
        }
        Some(_) => {
            memory.devices.remove(serial);
            call.xml("")
        }
    }
}

/// The smallest picture: the seed is what counts.
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Base64 as the wire has it.
pub(crate) fn base64(bytes: &[u8]) -> String {
    aws_smithy_types::base64::encode(bytes)
}
