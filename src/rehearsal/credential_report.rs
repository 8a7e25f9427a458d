//! The credential report: all users in one table, made at most once in four hours.

use std::iter;

use winterbaume_core::MockResponse;
use winterbaume_iam::IamStateView;
use winterbaume_iam::views::UserView;

use super::ACCOUNT_ID;
use super::devices::base64;
use super::kept::{CredentialReport, Key, Known, Memory};
use super::wire::{Call, iso, iso_again};

const LIFE: u64 = 4 * 3600;
/// After so many seconds a report is made, whether somebody asks for it again or not.
const MAKING: u64 = 1;
const HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
    password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
    access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
    access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
    cert_1_last_rotated,cert_2_active,cert_2_last_rotated,additional_credentials_info";

/// Answers a call about the report.
pub(crate) fn answer(call: &Call, view: &IamStateView, memory: &mut Memory, now: u64) -> MockResponse {
    match call.operation.as_str() {
        "GenerateCredentialReport" => generate(call, view, memory, now),
        _ => get(call, memory, now),
    }
}

fn generate(call: &Call, view: &IamStateView, memory: &mut Memory, now: u64) -> MockResponse {
    memory.changed = true;
    let fresh = memory.credential_report.as_ref().is_some_and(|report| now < report.generated + LIFE);
    if !fresh {
        let text = table(view, memory);
        memory.credential_report = Some(CredentialReport { generated: now, text, asked: 0 });
    }
    let asked = memory.credential_report.as_mut().map_or(0, |report| {
        report.asked += 1;
        report.asked
    });
    call.xml(if asked == 1 { "<State>STARTED</State>" } else { "<State>COMPLETE</State>" })
}

fn get(call: &Call, memory: &Memory, now: u64) -> MockResponse {
    match &memory.credential_report {
        None => {
            call.refuse(410, "ReportNotPresent", "No report exists. Call GenerateCredentialReport first.")
        }
        Some(report) if report.asked < 2 && now < report.generated + MAKING => {
            call.refuse(404, "ReportInProgress", "The report is being made.")
        }
        Some(report) if now > report.generated + LIFE => {
            call.refuse(410, "ReportExpired", "The report is older than four hours.")
        }
        Some(report) => {
            let (content, generated) = (base64(report.text.as_bytes()), iso(report.generated));
            call.xml(&format!(
                "<Content>{content}</Content><ReportFormat>text/csv</ReportFormat><GeneratedTime>{generated}</GeneratedTime>"
            ))
        }
    }
}

fn table(view: &IamStateView, memory: &Memory) -> String {
    let mut users: Vec<_> = view.users.values().collect();
    users.sort_by(|one, other| one.name.cmp(&other.name));
    let rows = users.into_iter().map(|user| user_row(user, view, memory));
    let rows =
        iter::once(HEADER.split(',').map(str::to_owned).collect()).chain([root_row(memory)]).chain(rows);
    written(rows).unwrap_or_default()
}

/// A user's name may have a comma in it. Nothing can fail, because it is written into the memory.
fn written(rows: impl Iterator<Item = Vec<String>>) -> Option<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).ok()?;
    }
    let text = String::from_utf8(writer.into_inner().ok()?).ok()?;
    Some(text.trim_end().to_owned())
}

fn root_row(memory: &Memory) -> Vec<String> {
    let (made, used) = (iso(memory.opened()), iso(memory.root.login.made));
    let password = ["not_supported".into(), used, "not_supported".into(), "not_supported".into()];
    let keys = memory.root.keys.iter().map(|key| key_columns(&key.key, Some(&key.known)));
    let named = ["<root_account>".into(), format!("arn:aws:iam::{ACCOUNT_ID}:root"), made];
    row(named, password, memory.root_has_device(), keys)
}

fn user_row(user: &UserView, view: &IamStateView, memory: &Memory) -> Vec<String> {
    let name = &user.name;
    let made = iso_again(user.create_date.as_deref()).unwrap_or_else(|| "N/A".into());
    let has_password = view.login_profiles.contains_key(name);
    let (used, changed) = password_columns(name, has_password, memory);
    let password = [has_password.to_string(), used, changed, "N/A".into()];
    let keys = memory.keys.values().filter(|key| key.user == *name);
    let keys = keys.map(|key| key_columns(&key.key, Some(&key.known)));
    row([name.clone(), user.arn.clone(), made], password, memory.has_device(name), keys)
}

/// The account is not asked for certificates, so nobody has any.
fn row(
    named: [String; 3],
    password: [String; 4],
    mfa: bool,
    keys: impl Iterator<Item = [String; 5]>,
) -> Vec<String> {
    let no_key = || ["false", "N/A", "N/A", "N/A", "N/A"].map(str::to_owned);
    let keys = keys.chain(iter::repeat_with(no_key)).take(2).flatten();
    let certificates = ["false", "N/A", "false", "N/A", "N/A"].map(str::to_owned);
    named.into_iter().chain(password).chain([mfa.to_string()]).chain(keys).chain(certificates).collect()
}

/// When a console password was last used, and when it was last changed.
fn password_columns(user: &str, has_one: bool, memory: &Memory) -> (String, String) {
    if !has_one {
        return ("N/A".to_owned(), "N/A".to_owned());
    }
    let known = memory.passwords.get(user);
    let used = known.and_then(|password| password.used).map_or("no_information".to_owned(), iso);
    (used, known.map_or("N/A".to_owned(), |password| iso(password.changed)))
}

fn key_columns(key: &Key, known: Option<&Known>) -> [String; 5] {
    let last = known.and_then(|known| known.last_use.clone());
    let [time, region, service] = last
        .map_or(["N/A", "N/A", "N/A"].map(str::to_owned), |(time, service, region)| {
            [iso(time), region, service]
        });
    [key.active.to_string(), iso(key.made), time, region, service]
}
