//! MFA devices: seeds that are shown once, and codes that are checked in earnest.

use serde::{Deserialize, Serialize};
use winterbaume_core::{MockResponse, xml_escape};
use winterbaume_iam::IamStateView;

use super::iam::Page;
use super::kept::Memory;
use super::wire::{Call, iso, iso_again};
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
    /// By how many windows its clock was off when it was last brought back into step.
    #[serde(default)]
    pub ahead: i64,
}

const DEVICES_PER_USER: usize = 8;
const DEVICES_PER_PAGE: usize = 100;
/// By so many windows a clock may be off, and be brought back into step.
const FARTHEST: i64 = 120;
const WRONG_CODE: &str = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
const WRONG_DEVICE: &str = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA \
                            serial number is valid and associated with this user.";

/// The seed of a hardware token of the practice account, by its serial number, which begins with `GAHT`. On AWS the
/// vendor of the token has given the seed to AWS.
pub fn hardware_seed(serial: &str) -> String {
    let letters = serial.bytes().map(|byte| char::from(b'A' + byte % 26));
    format!("{}HARDWARE", letters.take(24).collect::<String>())
}

/// Answers a call about devices. `user` is spelled as the account spells it; none means root.
pub(crate) fn answer(
    call: &Call,
    user: Option<&str>,
    view: &IamStateView,
    memory: &mut Memory,
    now: u64,
) -> MockResponse {
    match call.operation.as_str() {
        "CreateVirtualMFADevice" => create(call, memory),
        "EnableMFADevice" => enable(call, user, memory, now),
        "ResyncMFADevice" => resync(call, user, memory, now),
        "GetMFADevice" => get(call, user, memory),
        "ListMFADevices" => list(call, user, memory),
        "ListVirtualMFADevices" => list_virtual(call, view, memory),
        "DeactivateMFADevice" => deactivate(call, user, memory),
        "DeleteVirtualMFADevice" => delete(call, memory),
        _ => call.unknown(),
    }
}

impl Memory {
    /// Accepts a code once.
    pub fn use_code(&mut self, serial: &str, user: &str, code: &str, now: u64) -> Result<(), &'static str> {
        let device = self.devices.get_mut(serial).ok_or(WRONG_DEVICE)?;
        if !device.is_of(Some(user)) {
            return Err(WRONG_DEVICE);
        }
        let near = device.window(now);
        let found = (near.saturating_sub(1)..=near + 1).find(|window| device.shows(*window, code));
        device.burnt = found.ok_or(WRONG_CODE)?;
        self.changed = true;
        Ok(())
    }

    /// The devices of a user.
    pub fn devices_of(&self, user: &str) -> impl Iterator<Item = &Device> {
        self.devices.values().filter(move |device| device.is_of(Some(user)))
    }

    /// Whether a user has a device.
    pub fn has_device(&self, user: &str) -> bool {
        self.devices_of(user).next().is_some()
    }

    /// Whether root has one.
    pub fn root_has_device(&self) -> bool {
        self.console.contains(&ConsoleAction::RootMfa)
    }

    /// The device that root has added in the console: its serial number, and since when it is enabled.
    fn root_device(&self) -> Option<(String, u64)> {
        let serial = format!("arn:aws:iam::{ACCOUNT_ID}:mfa/root-account-mfa-device");
        let since = self.root_mfa_since.unwrap_or(self.root.login.made);
        self.root_has_device().then_some((serial, since))
    }
}

/// Base64 as the wire has it.
pub(crate) fn base64(bytes: &[u8]) -> String {
    aws_smithy_types::base64::encode(bytes)
}

fn create(call: &Call, memory: &mut Memory) -> MockResponse {
    let Some(name) = call.parameter("VirtualMFADeviceName") else {
        return call.refuse(400, "ValidationError", "VirtualMFADeviceName is required");
    };
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
    memory.devices.insert(serial.clone(), Device::new(serial, seed));
    answer
}

fn enable(call: &Call, user: Option<&str>, memory: &mut Memory, now: u64) -> MockResponse {
    let (Some(user), Some(serial)) = (call.parameter("UserName").and(user), call.parameter("SerialNumber"))
    else {
        return call.refuse(400, "ValidationError", "UserName and SerialNumber are required");
    };
    if memory.devices_of(user).count() >= DEVICES_PER_USER {
        return call.refuse(409, "LimitExceeded", "Cannot exceed quota for MFADevicesPerUser: 8");
    }
    if serial.starts_with("GAHT") && !memory.devices.contains_key(serial) {
        let device = Device::new(serial.to_owned(), hardware_seed(serial));
        memory.devices.insert(serial.to_owned(), device);
    }
    let Some(device) = memory.devices.get_mut(serial) else { return no_such_device(call) };
    if device.owner.is_some() {
        return call.refuse(409, "EntityAlreadyExists", "MFA device is already in use.");
    }
    match device.consecutive(codes(call), now) {
        Some(second) => {
            device.burnt = second;
            device.owner = Some((user.to_owned(), now));
            call.xml("")
        }
        None => wrong_codes(call),
    }
}

/// A device whose clock has drifted is brought back into step by two codes that follow one another.
fn resync(call: &Call, user: Option<&str>, memory: &mut Memory, now: u64) -> MockResponse {
    let (Some(user), Some(serial)) = (call.parameter("UserName").and(user), call.parameter("SerialNumber"))
    else {
        return call.refuse(400, "ValidationError", "UserName and SerialNumber are required");
    };
    let device = memory.devices.get_mut(serial).filter(|device| device.is_of(Some(user)));
    let Some(device) = device else { return no_such_device(call) };
    match device.drifted(codes(call), now) {
        Some((ahead, second)) => {
            device.ahead = ahead;
            device.burnt = second;
            call.xml("")
        }
        None => wrong_codes(call),
    }
}

fn codes(call: &Call) -> [Option<&str>; 2] {
    [call.parameter("AuthenticationCode1"), call.parameter("AuthenticationCode2")]
}

fn wrong_codes(call: &Call) -> MockResponse {
    call.refuse(403, "InvalidAuthenticationCode", "Authentication code for device is not valid.")
}

fn no_such_device(call: &Call) -> MockResponse {
    call.refuse(404, "NoSuchEntity", "VirtualMFADevice with serial number does not exist.")
}

impl Device {
    fn new(serial: String, seed: String) -> Self {
        Self { serial, seed, owner: None, burnt: 0, ahead: 0 }
    }

    fn is_of(&self, user: Option<&str>) -> bool {
        self.owner.as_ref().is_some_and(|(owner, _)| Some(owner.as_str()) == user)
    }

    /// The window that the device itself is in.
    fn window(&self, now: u64) -> u64 {
        totp::window(now).saturating_add_signed(self.ahead)
    }

    fn shows(&self, window: u64, code: &str) -> bool {
        window > self.burnt && totp::code(&self.seed, window).as_deref() == Some(code)
    }

    /// The second window, if the codes are of two that follow one another, near now, and unused.
    fn consecutive(&self, codes: [Option<&str>; 2], now: u64) -> Option<u64> {
        let [Some(first), Some(second)] = codes else { return None };
        let near = self.window(now);
        (near.saturating_sub(4)..=near)
            .find(|window| self.shows(*window, first) && self.shows(window + 1, second))
            .map(|window| window + 1)
    }

    /// By how many windows the device's clock is off, and the second window.
    fn drifted(&self, codes: [Option<&str>; 2], now: u64) -> Option<(i64, u64)> {
        let [Some(first), Some(second)] = codes else { return None };
        (-FARTHEST..=FARTHEST).find_map(|ahead| {
            let window = totp::window(now).saturating_add_signed(ahead);
            let follows = self.shows(window, first) && self.shows(window + 1, second);
            follows.then_some((ahead, window + 1))
        })
    }
}

/// One device, of a user or of the caller. What AWS tells of it beyond that is for security keys, which are not to be
/// had here.
fn get(call: &Call, user: Option<&str>, memory: &Memory) -> MockResponse {
    let Some(serial) = call.parameter("SerialNumber") else {
        return call.refuse(400, "ValidationError", "SerialNumber is required");
    };
    let found = memory.devices.get(serial).filter(|device| device.is_of(user));
    let Some((device, (owner, since))) = found.and_then(|device| Some((device, device.owner.as_ref()?)))
    else {
        return no_such_device(call);
    };
    let (serial, owner, since) = (xml_escape(&device.serial), xml_escape(owner), iso(*since));
    call.xml(&format!(
        "<UserName>{owner}</UserName><SerialNumber>{serial}</SerialNumber><EnableDate>{since}</EnableDate>"
    ))
}

fn list(call: &Call, user: Option<&str>, memory: &Memory) -> MockResponse {
    let members: String = match user {
        Some(user) => memory.devices_of(user).filter_map(member).collect(),
        // Root has no user name, in the answer either.
        None => memory.root_device().map(|(serial, since)| dated(&serial, since, "")).unwrap_or_default(),
    };
    call.xml(&format!("<MFADevices>{members}</MFADevices><IsTruncated>false</IsTruncated>"))
}

fn member(device: &Device) -> Option<String> {
    let (owner, since) = device.owner.as_ref()?;
    Some(dated(&device.serial, *since, &format!("<UserName>{}</UserName>", xml_escape(owner))))
}

fn dated(serial: &str, since: u64, owner: &str) -> String {
    let (serial, since) = (xml_escape(serial), iso(since));
    format!("<member>{owner}<SerialNumber>{serial}</SerialNumber><EnableDate>{since}</EnableDate></member>")
}

fn list_virtual(call: &Call, view: &IamStateView, memory: &Memory) -> MockResponse {
    let wanted = call.parameter("AssignmentStatus").unwrap_or("Any");
    let fits = |device: &&Device| match wanted {
        "Assigned" => device.owner.is_some(),
        "Unassigned" => device.owner.is_none(),
        _ => true,
    };
    let virtual_ones = memory.devices.values().filter(|device| device.serial.starts_with("arn:"));
    let devices: Vec<_> = virtual_ones.filter(fits).collect();
    // Root's comes last.
    let root = memory.root_device().filter(|_| wanted != "Unassigned");
    match Page::of(call, devices.len() + usize::from(root.is_some()), DEVICES_PER_PAGE) {
        Ok(page) => {
            let (here, end) = (page.range(), page.end());
            let of_users = devices.iter().take(here.end).skip(here.start);
            let of_users: String = of_users.map(|device| virtual_member(device, view)).collect();
            let root = root.filter(|_| here.contains(&devices.len())).map(virtual_member_of_root);
            let root = root.unwrap_or_default();
            call.xml(&format!("<VirtualMFADevices>{of_users}{root}</VirtualMFADevices>{end}"))
        }
        Err(refusal) => refusal,
    }
}

fn virtual_member_of_root((serial, since): (String, u64)) -> String {
    let since = iso(since);
    format!(
        "<member><SerialNumber>{serial}</SerialNumber><EnableDate>{since}</EnableDate>\
         <User><UserId>{ACCOUNT_ID}</UserId><Arn>arn:aws:iam::{ACCOUNT_ID}:root</Arn></User></member>"
    )
}

fn virtual_member(device: &Device, view: &IamStateView) -> String {
    let owner = device.owner.as_ref().and_then(|(owner, since)| {
        let (user, since) = (view.users.get(owner)?, iso(*since));
        let made = iso_again(user.create_date.as_deref()).unwrap_or_default();
        Some(format!(
            "<EnableDate>{since}</EnableDate><User><Path>{}</Path><UserName>{}</UserName><UserId>{}</UserId>\
             <Arn>{}</Arn><CreateDate>{made}</CreateDate></User>",
            xml_escape(&user.path),
            xml_escape(&user.name),
            user.user_id,
            xml_escape(&user.arn)
        ))
    });
    let (serial, owner) = (xml_escape(&device.serial), owner.unwrap_or_default());
    format!("<member><SerialNumber>{serial}</SerialNumber>{owner}</member>")
}

fn deactivate(call: &Call, user: Option<&str>, memory: &mut Memory) -> MockResponse {
    let serial = call.parameter("SerialNumber").unwrap_or_default();
    if user.is_none() && memory.root_device().is_some_and(|(of_root, _)| of_root == serial) {
        memory.console.remove(&ConsoleAction::RootMfa);
        return call.xml("");
    }
    match memory.devices.get_mut(serial).filter(|device| device.is_of(user)) {
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
        None => no_such_device(call),
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
