//! The credential report: all users in one table, made at most once in four hours.

use winterbaume_core::MockResponse;
use winterbaume_iam::IamStateView;

use super::ACCOUNT_ID;
use super::devices::base64;
use super::kept::{CredentialReport, Key, Memory};
use super::wire::{Call, iso};

const LIFE: u64 = 4 * 3600;
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
        Some(report) if report.asked < 2 => call.refuse(404, "ReportInProgress", "The report is being made."),
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
    let mut rows = vec![HEADER.to_owned(), root_row(memory)];
    let mut names: Vec<_> = view.users.keys().collect();
    names.sort();
    rows.extend(names.into_iter().map(|name| user_row(name, view, memory)));
    rows.join("\n")
}

fn root_row(memory: &Memory) -> String {
    let made = iso(memory.root.first_key.made);
    let keys: Vec<_> = memory.root.keys.iter().map(|key| key_columns(Some(key), None)).collect();
    let mfa = memory.root_has_device();
    format!(
        "<root_account>,arn:aws:iam::{ACCOUNT_ID}:root,{made},not_supported,{made},not_supported,not_supported,{mfa},{},{},\
         false,N/A,false,N/A,N/A",
        keys.first().cloned().unwrap_or_else(|| key_columns(None, None)),
        keys.get(1).cloned().unwrap_or_else(|| key_columns(None, None)),
    )
}

fn user_row(name: &str, view: &IamStateView, memory: &Memory) -> String {
    let made = view.users.get(name).and_then(|user| user.create_date.clone()).unwrap_or_else(|| "N/A".into());
    let password = view.login_profiles.contains_key(name);
    let used = if password { "no_information" } else { "N/A" };
    let mfa = memory.has_device(name);
    let keys: Vec<_> = memory
        .keys
        .values()
        .filter(|key| key.user == name)
        .map(|key| key_columns(Some(&key.key), key.last_use.as_ref()))
        .collect();
    format!(
        "{name},arn:aws:iam::{ACCOUNT_ID}:user/{name},{made},{password},{used},N/A,N/A,{mfa},{},{},false,N/A,false,N/A,N/A",
        keys.first().cloned().unwrap_or_else(|| key_columns(None, None)),
        keys.get(1).cloned().unwrap_or_else(|| key_columns(None, None)),
    )
}

fn key_columns(key: Option<&Key>, last: Option<&(u64, String, String)>) -> String {
    let Some(key) = key else { return "false,N/A,N/A,N/A,N/A".into() };
    let last = last.map_or("N/A,N/A,N/A".to_owned(), |(time, service, region)| {
        format!("{},{region},{service}", iso(*time))
    });
    format!("{},{},{last}", key.active, iso(key.made))
}
