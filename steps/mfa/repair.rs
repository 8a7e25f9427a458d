//! A way back for who has lost a device: the devices of one user, what each of them is, and what follows when one goes.
//!
//! The changes are those of the practice, so a lost phone is replaced by the very enrolment that the first one had.

use std::collections::BTreeSet;

use aws_sdk_iam::types::MfaDevice;
use jiff::Timestamp;
use strsim::levenshtein;

use crate::aws::{Caller, ForCall, Identity, Reading, unless};
use crate::console;
use crate::error::{AwsError, StepError};
use crate::moment::day;
use crate::practice::Change as _;
use crate::session::{Session, is_passkey, shows_codes};
use crate::text;
use crate::text::{Text, harmless};

use super::facts::{self, VirtualDevice, policy_arn};
use super::plan::{Change, device_in_words, free_name};

/// The most devices that a user can have, of all kinds together. Source: IAM user guide, "IAM and AWS STS quotas".
const MOST: usize = 8;
/// So many names are offered in the place of one that nobody has.
const OFFERED: usize = 3;

/// A user, and the user's devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Devices {
    /// The name as AWS spells it.
    pub user: String,
    /// The path, `/` for most.
    pub path: String,
    /// The devices: those that are enabled, the earliest first, and then what is half-made.
    pub found: Vec<Device>,
    /// Whether the policy that requires MFA holds for the user.
    pub mfa_required: Reading<bool>,
    account: String,
    partition: String,
    /// The names that are taken: of virtual devices, they are unique in the account.
    taken: Vec<String>,
}

/// A device of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The serial number, which for all but hardware tokens is an ARN.
    pub serial: String,
    /// How it stands.
    pub standing: Standing,
}

/// How a device stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The user signs in with it, since then.
    Enabled(Option<Timestamp>),
    /// It was made, and is enabled for nobody. AWS does not show its seed again.
    HalfMade,
    /// A run was cut short that took it away from the user, so that only its name is left.
    HalfRemoved,
}

/// Reads them as who acts. `begun` are the resources of changes that were cut short. A name that nobody has is an error
/// that offers the nearest ones.
pub async fn read(session: &Session, user: &str, begun: &BTreeSet<String>) -> Result<Devices, StepError> {
    let identity = session.acting();
    let (user, path) = find(identity, user).await?;
    let (enabled, virtual_devices, mfa_required) = tokio::try_join!(
        facts::devices_of(identity, &user),
        facts::virtual_devices(identity),
        is_mfa_required(session, identity, &user),
    )?;
    let (enabled, virtual_devices) = (seen(enabled)?.unwrap_or_default(), seen(virtual_devices)?);
    Ok(Devices {
        found: told_apart(&user, enabled, &virtual_devices, begun),
        taken: virtual_devices.iter().map(|device| device.name().to_owned()).collect(),
        account: session.account().to_owned(),
        partition: session.partition().to_owned(),
        user,
        path,
        mfa_required,
    })
}

/// The user's name as AWS spells it, and the path.
async fn find(identity: &Identity, name: &str) -> Result<(String, String), StepError> {
    if let Some(found) = user_named(identity, name).await? {
        return Ok(found);
    }
    let names = seen(facts::users(identity).await?)?;
    // Names are unique without regard to case, and AWS may want the very spelling.
    let spelled = names.iter().find(|known| known.eq_ignore_ascii_case(name));
    let found = match spelled {
        Some(spelled) => user_named(identity, spelled).await?,
        None => None,
    };
    found.ok_or_else(|| no_such_user(name, &names))
}

async fn user_named(identity: &Identity, name: &str) -> Result<Option<(String, String)>, AwsError> {
    let answer = identity.iam().get_user().user_name(name).send().await;
    let user = unless("NoSuchEntity", answer.for_call("iam:GetUser"))?.and_then(|answer| answer.user);
    Ok(user.map(|user| (user.user_name, user.path)))
}

/// Whether the policy is attached to the user or to a group that the user is in.
async fn is_mfa_required(
    session: &Session,
    identity: &Identity,
    user: &str,
) -> Result<Reading<bool>, AwsError> {
    let policy = policy_arn(session.partition(), session.account());
    let (holders, groups) = tokio::try_join!(facts::holders(identity, &policy), groups_of(identity, user))?;
    Ok(match (holders, groups) {
        (Ok(holders), Ok(of_user)) => Ok(holders.users.iter().any(|holder| holder == user)
            || holders.groups.iter().any(|group| of_user.contains(group))),
        (Err(unseen), _) | (_, Err(unseen)) => Err(unseen),
    })
}

async fn groups_of(identity: &Identity, user: &str) -> Result<Reading<Vec<String>>, AwsError> {
    let request = identity.iam().list_groups_for_user().user_name(user).max_items(1000);
    let groups = request.into_paginator().items().send().try_collect().await;
    let groups = identity.reading(unless("NoSuchEntity", groups.for_call("iam:ListGroupsForUser")))?;
    Ok(groups.map(|groups| groups.unwrap_or_default().into_iter().map(|group| group.group_name).collect()))
}

/// Who may not see the devices has no business with them.
fn seen<T>(reading: Reading<T>) -> Result<T, StepError> {
    reading.map_err(|unseen| StepError::InTheWay {
        what: unseen.text(),
        next: text! {
            en: "Sign in as an administrator or as root, then run the same command again.",
            ko: "관리자나 루트 사용자로 로그인한 뒤 같은 명령을 다시 실행하세요."
        },
    })
}

fn no_such_user(name: &str, names: &[String]) -> StepError {
    let (shown, nearest) = (harmless(name), nearest(name, names).join(", "));
    let what = text! {
        en: "There is no IAM user {shown} in this account.",
        ko: "이 계정에 IAM 사용자 {shown}이(가) 없습니다."
    };
    let next = if name.eq_ignore_ascii_case("root") {
        text! {
            en: "Root's own devices are for root alone: sign in to the console as root and open Security credentials. If root's device is lost, choose Troubleshoot MFA where AWS asks for the code.",
            ko: "루트 사용자의 디바이스는 루트만 바꿀 수 있습니다. 콘솔에 루트 사용자로 로그인해 보안 자격 증명을 여세요. 루트의 디바이스를 잃어버렸다면 코드를 묻는 화면에서 MFA 문제 해결을 선택하세요."
        }
    } else if nearest.is_empty() {
        text! { en: "There are no IAM users yet: run dayone.", ko: "아직 IAM 사용자가 없습니다. dayone을 실행하세요." }
    } else {
        text! { en: "The nearest names are: {nearest}.", ko: "가장 비슷한 이름: {nearest}" }
    };
    StepError::InTheWay { what, next }
}

fn nearest(name: &str, names: &[String]) -> Vec<String> {
    let name = name.to_lowercase();
    let mut known: Vec<_> =
        names.iter().map(|known| (levenshtein(&name, &known.to_lowercase()), known)).collect();
    known.sort();
    known.into_iter().take(OFFERED).map(|(_, known)| harmless(known)).collect()
}

/// What is the user's: what AWS lists for the user, what bears a name that this program gives to the user's devices, and
/// what a run that was cut short took away.
fn told_apart(
    user: &str,
    enabled: Vec<MfaDevice>,
    virtual_devices: &[VirtualDevice],
    begun: &BTreeSet<String>,
) -> Vec<Device> {
    let mut found: Vec<_> = enabled.into_iter().map(Device::enabled).collect();
    found.sort_by_key(|device| match device.standing {
        Standing::Enabled(since) => since,
        Standing::HalfMade | Standing::HalfRemoved => None,
    });
    let free = virtual_devices.iter().filter(|device| device.owner.is_none());
    found.extend(free.filter_map(|device| {
        let removal = Change::RemoveDevice { user: user.to_owned(), serial: device.serial.clone() };
        let standing = if begun.contains(&removal.resource()) {
            Standing::HalfRemoved
        } else if is_named_after(user, device.name()) {
            Standing::HalfMade
        } else {
            return None;
        };
        Some(Device { serial: device.serial.clone(), standing })
    }));
    found
}

/// Whether this program gives a device of the user this name: USER, USER-2, USER-3 and so on.
fn is_named_after(user: &str, name: &str) -> bool {
    let (user, name) = (user.to_ascii_lowercase(), name.to_ascii_lowercase());
    let is_number = |number: &str| {
        number.bytes().all(|c| c.is_ascii_digit()) && number.parse::<u32>().is_ok_and(|number| number > 1)
    };
    match name.strip_prefix(user.as_str()) {
        Some("") => true,
        Some(rest) => rest.strip_prefix('-').is_some_and(is_number),
        None => false,
    }
}

impl Devices {
    /// Whose devices they are.
    pub fn heading(&self) -> Text {
        let (user, path) = (self.name(), harmless(&self.path));
        if self.path.trim_matches('/').is_empty() {
            return text! { en: "MFA devices of {user}", ko: "{user}의 MFA 디바이스" };
        }
        text! { en: "MFA devices of {user} (path {path})", ko: "{user}의 MFA 디바이스(경로 {path})" }
    }

    /// That there are none.
    pub fn none(&self) -> Text {
        let user = self.name();
        text! { en: "{user} has no MFA device.", ko: "{user}에게는 MFA 디바이스가 없습니다." }
    }

    /// Those that the user signs in with.
    pub fn enabled(&self) -> impl Iterator<Item = &Device> {
        self.found.iter().filter(|device| matches!(device.standing, Standing::Enabled(_)))
    }

    /// Those whose codes AWS may refuse because their clock has drifted.
    pub fn show_codes(&self) -> impl Iterator<Item = &Device> {
        self.enabled().filter(|device| shows_codes(&device.serial))
    }

    /// The change that brings a device back into step.
    pub fn resync(&self, device: &Device) -> Change {
        Change::ResyncDevice { user: self.user.clone(), serial: device.serial.clone() }
    }

    /// That a device was brought back into step.
    pub fn in_step(&self, device: &Device) -> Text {
        let what = device.what();
        let (en, ko) = (what.en, what.ko);
        text! {
            en: "AWS goes by the clock of {en} now. Codes that were typed are used: the next one counts.",
            ko: "이제 AWS가 {ko}의 시계를 기준으로 합니다. 입력한 코드는 이미 사용되었으니 다음 코드를 쓰세요."
        }
    }

    /// Whether the device is still there.
    pub fn has(&self, device: &Device) -> bool {
        self.found.iter().any(|found| found.serial == device.serial)
    }

    /// Whether AWS allows no further device.
    pub fn is_full(&self) -> bool {
        self.enabled().count() >= MOST
    }

    /// That AWS allows no further device.
    pub fn full(&self) -> Text {
        let user = self.name();
        text! {
            en: "{user} has {MOST} devices, and AWS allows no more. To enrol a new one, remove one first.",
            ko: "{user}에게 디바이스가 {MOST}개 있어 AWS에서 더 등록할 수 없습니다. 새로 등록하려면 먼저 하나를 제거하세요."
        }
    }

    /// What follows when a device goes, for who is about to remove it; or why it stays. `session_device` is the serial
    /// number of the one that opened the session of `caller`, where that is known.
    pub fn before_removal(
        &self,
        lost: &Device,
        caller: &Caller,
        session_device: Option<&str>,
    ) -> Result<Vec<Text>, Text> {
        match lost.standing {
            Standing::HalfMade => return Ok(vec![enabled_for_nobody()]),
            Standing::HalfRemoved => return Ok(vec![only_the_name_is_left()]),
            Standing::Enabled(_) => {}
        }
        let left: Vec<_> = self.enabled().filter(|device| device.serial != lost.serial).collect();
        let own = caller.is_user(&self.user);
        if own && left.is_empty() && self.mfa_required != Ok(false) {
            return Err(self.own_last_device());
        }
        let used = if own { of_this_session(lost, caller, session_device) } else { None };
        let texts = [Some(self.cannot_sign_in()), used, self.what_is_left(lost, &left)];
        Ok(texts.into_iter().flatten().collect())
    }

    fn own_last_device(&self) -> Text {
        let user = self.name();
        text! {
            en: "This is your own last device, and without one AWS may refuse you everything but enrolling anew. Enrol another one first and then remove this one; or sign in as root and run: dayone mfa repair {user}",
            ko: "본인의 마지막 디바이스입니다. 디바이스가 없으면 새로 등록하는 것 말고는 AWS가 모두 거부할 수 있습니다. 먼저 다른 디바이스를 등록한 뒤 제거하세요. 또는 루트 사용자로 로그인해 실행하세요: dayone mfa repair {user}"
        }
    }

    fn cannot_sign_in(&self) -> Text {
        let user = self.name();
        text! {
            en: "{user} cannot sign in with it any more.",
            ko: "{user}은(는) 더 이상 이 디바이스로 로그인할 수 없습니다."
        }
    }

    fn what_is_left(&self, lost: &Device, left: &[&Device]) -> Option<Text> {
        if left.is_empty() {
            return Some(self.nothing_is_left());
        }
        let no_codes = shows_codes(&lost.serial) && !left.iter().any(|device| shows_codes(&device.serial));
        let user = self.name();
        no_codes.then(|| {
            text! {
                en: "What is left shows no codes: access keys of {user} get no MFA session until a device that shows codes is enrolled.",
                ko: "남는 디바이스는 코드를 표시하지 않습니다. 코드를 표시하는 디바이스를 등록할 때까지 {user}의 액세스 키로 MFA 세션을 받을 수 없습니다."
            }
        })
    }

    fn nothing_is_left(&self) -> Text {
        let user = self.name();
        match &self.mfa_required {
            Ok(true) => text! {
                en: "It is the last device of {user}. Until a new one is enrolled, {user} can do nothing but enrol one; and so can whoever knows the password.",
                ko: "{user}의 마지막 디바이스입니다. 새 디바이스를 등록할 때까지 {user}은(는) 디바이스 등록만 할 수 있습니다. 암호를 아는 사람이라면 누구나 등록할 수 있습니다."
            },
            Ok(false) => text! {
                en: "It is the last device of {user}, for whom dayone-require-mfa does not hold. Until a new one is enrolled, the password or an access key alone is enough.",
                ko: "{user}의 마지막 디바이스이고, {user}에게는 dayone-require-mfa 정책이 적용되지 않습니다. 새 디바이스를 등록할 때까지 암호나 액세스 키만으로 로그인할 수 있습니다."
            },
            Err(_) => text! {
                en: "It is the last device of {user}. Whether MFA is required of {user} could not be seen; if it is not, the password or an access key alone is enough until a new one is enrolled.",
                ko: "{user}의 마지막 디바이스입니다. {user}에게 MFA가 필수인지는 확인하지 못했습니다. 필수가 아니라면 새 디바이스를 등록할 때까지 암호나 액세스 키만으로 로그인할 수 있습니다."
            },
        }
    }

    /// What a person confirms.
    pub fn what_goes(&self, device: &Device) -> Text {
        let (user, what) = (self.name(), device.what());
        let (en, ko) = (what.en, what.ko);
        match device.standing {
            Standing::Enabled(_) => {
                text! { en: "This takes away from {user}: {en}.", ko: "{user}에게서 제거합니다: {ko}." }
            }
            Standing::HalfMade | Standing::HalfRemoved => {
                text! { en: "This deletes: {en}.", ko: "삭제합니다: {ko}." }
            }
        }
    }

    /// The change that removes a device.
    pub fn removal(&self, device: &Device) -> Change {
        let serial = device.serial.clone();
        match device.standing {
            Standing::Enabled(_) | Standing::HalfRemoved => {
                Change::RemoveDevice { user: self.user.clone(), serial }
            }
            Standing::HalfMade => Change::DeleteLeftover { serial },
        }
    }

    /// The change that enrols a virtual device, under a name that nothing has: what is half-made goes only when a person
    /// says so.
    pub fn new_virtual(&self) -> Change {
        let is_taken = |name: &str| self.taken.iter().any(|taken| taken.eq_ignore_ascii_case(name));
        Change::EnrolVirtualDevice {
            user: self.user.clone(),
            device: free_name(&self.user, is_taken),
            account: self.account.clone(),
        }
    }

    /// The change that enrols a hardware token.
    pub fn new_token(&self, serial: &str) -> Change {
        Change::EnrolHardwareToken { user: self.user.clone(), serial: serial.to_owned() }
    }

    /// How the user enrols a device without an administrator.
    pub fn alone(&self) -> Text {
        let (user, page) = (self.name(), console::sign_in(&self.account, &self.partition));
        if self.enabled().next().is_some() {
            return text! {
                en: "{user} can add another device at any time: in the console, Security credentials, then Assign MFA device.",
                ko: "{user}은(는) 언제든 디바이스를 추가할 수 있습니다. 콘솔의 보안 자격 증명에서 MFA 디바이스 할당을 선택하면 됩니다."
            };
        }
        match &self.mfa_required {
            Ok(true) => text! {
                en: "{user} has to do it alone, and soon: sign in at {page} with the password, open Security credentials, then Assign MFA device, and sign out and in again. Until then AWS refuses everything else.",
                ko: "{user}이(가) 되도록 빨리 직접 등록해야 합니다. {page}에서 암호로 로그인해 보안 자격 증명에서 MFA 디바이스를 할당하고 다시 로그인하세요. 그전까지 AWS가 다른 작업을 모두 거부합니다."
            },
            Ok(false) | Err(_) => text! {
                en: "{user} has to do it alone, and soon: sign in at {page} with the password, open Security credentials, then Assign MFA device. If AWS does not allow it, put {user} into a group that has the policy dayone-require-mfa, which does.",
                ko: "{user}이(가) 되도록 빨리 직접 등록해야 합니다. {page}에서 암호로 로그인해 보안 자격 증명에서 MFA 디바이스를 할당하세요. 권한이 없다고 나오면 dayone-require-mfa 정책이 연결된 그룹에 {user}을(를) 넣어 주세요. 이 정책이 등록을 허용합니다."
            },
        }
    }

    fn name(&self) -> String {
        harmless(&self.user)
    }
}

impl Device {
    /// A date that AWS did not give is filled in as the beginning of 1970.
    fn enabled(device: MfaDevice) -> Self {
        let seconds = Some(device.enable_date.secs()).filter(|seconds| *seconds > 0);
        let since = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
        Self { serial: device.serial_number, standing: Standing::Enabled(since) }
    }

    /// What it is, and since when.
    pub fn text(&self) -> Text {
        let what = self.what();
        let (en, ko) = (what.en, what.ko);
        match self.standing {
            Standing::Enabled(Some(since)) => {
                let day = day(since.as_second());
                text! { en: "{en}, enabled {day}", ko: "{ko}, {day} 활성화" }
            }
            Standing::Enabled(None) => text! { en: "{en}, enabled", ko: "{ko}, 활성화됨" },
            Standing::HalfMade => text! {
                en: "{en}, half-made: enabled for nobody, its seed is lost",
                ko: "{ko}, 등록이 끝나지 않음: 누구에게도 활성화되지 않았고 시드를 잃음"
            },
            Standing::HalfRemoved => text! {
                en: "{en}, half-removed: enabled for nobody any more",
                ko: "{ko}, 제거가 끝나지 않음: 더 이상 누구에게도 활성화되지 않음"
            },
        }
    }

    /// Passkeys have names too, by which several are told apart.
    fn what(&self) -> Text {
        let words = device_in_words(&self.serial);
        if !is_passkey(&self.serial) {
            return words;
        }
        let name = harmless(self.serial.rsplit('/').next().unwrap_or_default());
        let (en, ko) = (words.en, words.ko);
        text! { en: "{en} ({name})", ko: "{ko}({name})" }
    }
}

fn enabled_for_nobody() -> Text {
    text! {
        en: "Nobody signs in with it. If somebody is enrolling it at this very moment, that enrolment fails.",
        ko: "이 디바이스로 로그인하는 사람은 없습니다. 지금 누군가 등록하는 중이라면 그 등록은 실패합니다."
    }
}

fn only_the_name_is_left() -> Text {
    text! {
        en: "It was taken away from the user by a run that was cut short. Nobody signs in with it.",
        ko: "중단된 실행이 이미 사용자에게서 제거한 디바이스입니다. 이 디바이스로 로그인하는 사람은 없습니다."
    }
}

/// Whether who removes it has signed in with it.
fn of_this_session(lost: &Device, caller: &Caller, session_device: Option<&str>) -> Option<Text> {
    match session_device {
        Some(serial) if serial == lost.serial => Some(text! {
            en: "You have signed in to this very session with it. The session goes on until it ends; the next one needs another device.",
            ko: "지금 이 세션에 로그인할 때 쓴 디바이스입니다. 세션은 끝날 때까지 유지되지만, 다음 세션에는 다른 디바이스가 필요합니다."
        }),
        None if caller.temporary => Some(text! {
            en: "You may have signed in to this very session with it. The session goes on until it ends; the next one needs another device.",
            ko: "지금 이 세션에 로그인할 때 쓴 디바이스일 수 있습니다. 세션은 끝날 때까지 유지되지만, 다음 세션에는 다른 디바이스가 필요합니다."
        }),
        Some(_) | None => None,
    }
}

#[cfg(test)]
#[path = "repair_tests.rs"]
mod tests;
