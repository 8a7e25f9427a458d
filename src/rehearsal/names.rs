//! The names that IAM takes, and the policy documents: what does not hold up is refused before anything is done.

use steps::policy::Document;
use winterbaume_core::{MockResponse, xml_escape};

use super::wire::Call;

/// How long a name may be, by the parameter that gives it: for what is made, and for what is meant.
const LENGTHS: [(&str, usize); 6] = [
    ("UserName", 128),
    ("NewUserName", 64),
    ("GroupName", 128),
    ("NewGroupName", 128),
    ("PolicyName", 128),
    ("VirtualMFADeviceName", 226),
];
const LONGEST_NEW_USER: usize = 64;
const LONGEST_PATH: usize = 512;
/// What has to be given.
const REQUIRED: [(&str, &str); 6] = [
    ("CreateUser", "UserName"),
    ("DeleteUser", "UserName"),
    ("UpdateUser", "UserName"),
    ("CreateGroup", "GroupName"),
    ("GetGroup", "GroupName"),
    ("UpdateLoginProfile", "UserName"),
];

/// Judges the names of a call.
pub(crate) fn judge(call: &Call) -> Result<(), MockResponse> {
    for (operation, parameter) in REQUIRED {
        if call.operation == operation && call.parameter(parameter).is_none() {
            return Err(invalid(call, parameter, "", "Member must not be null"));
        }
    }
    for (parameter, most) in LENGTHS {
        let most = if call.operation == "CreateUser" { LONGEST_NEW_USER.min(most) } else { most };
        if let Some(name) = call.parameter(parameter) {
            judge_name(call, parameter, name, most)?;
        }
    }
    match call.parameter("Path") {
        Some(path) if !is_path(path) => {
            Err(invalid(call, "Path", path, "The path begins and ends with a slash"))
        }
        _ => Ok(()),
    }
}

fn judge_name(call: &Call, parameter: &str, name: &str, most: usize) -> Result<(), MockResponse> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if !name.chars().all(allowed) {
        let pattern = "Member must satisfy regular expression pattern: [\\w+=,.@-]+";
        return Err(invalid(call, parameter, name, pattern));
    }
    if name.len() > most {
        let rule = format!("Member must have length less than or equal to {most}");
        return Err(invalid(call, parameter, name, &rule));
    }
    Ok(())
}

fn is_path(path: &str) -> bool {
    let allowed = |c: char| ('\u{21}'..='\u{7e}').contains(&c);
    path.starts_with('/')
        && path.ends_with('/')
        && !path.contains("//")
        && path.len() <= LONGEST_PATH
        && path.chars().all(allowed)
}

fn invalid(call: &Call, parameter: &str, value: &str, rule: &str) -> MockResponse {
    let value = xml_escape(value);
    let message = format!(
        "1 validation error detected: Value '{value}' at '{parameter}' failed to satisfy constraint: {rule}"
    );
    call.refuse(400, "ValidationError", &message)
}

/// The most characters that a document has, white space aside, by the call that brings it.
const DOCUMENTS: [(&str, usize); 4] = [
    ("CreatePolicy", 6144),
    ("CreatePolicyVersion", 6144),
    ("PutGroupPolicy", 5120),
    ("PutUserPolicy", 2048),
];

/// Judges the policy document of a call.
pub(crate) fn judge_document(call: &Call) -> Result<(), MockResponse> {
    let Some((_, most)) = DOCUMENTS.into_iter().find(|(operation, _)| call.operation == *operation) else {
        return Ok(());
    };
    let text = call.parameter("PolicyDocument").unwrap_or_default();
    let malformed = |message: &str| Err(call.refuse(400, "MalformedPolicyDocument", message));
    let Ok(document) = Document::parse(text) else {
        return malformed("Syntax errors in policy.");
    };
    let names_somebody = document
        .statement
        .iter()
        .any(|statement| statement.principal.is_some() || statement.not_principal.is_some());
    if names_somebody {
        return malformed("Policy document should not specify a principal.");
    }
    if text.chars().filter(|c| !c.is_whitespace()).count() > most {
        let message = format!("Maximum policy size of {most} bytes exceeded");
        return Err(call.refuse(409, "LimitExceeded", &message));
    }
    Ok(())
}
