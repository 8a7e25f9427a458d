//! Who calls, by the key that signs: keys that are new, switched off or gone are refused, each service in its words.

use winterbaume_core::MockResponse;

use super::ACCOUNT_ID;
use super::kept::{Key, Memory};
use super::wire::{Call, Service};

/// How often each service refuses a new key before it knows it.
const REFUSALS_OF_A_NEW_KEY: u8 = 2;

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Caller {
    Root,
    User {
        name: String,
        /// Whether the session carries MFA; none with a long-term key.
        mfa: Option<bool>,
        long_term: bool,
    },
}

impl Caller {
    /// The ARN. Users of the practice account have no paths in it.
    pub fn arn(&self) -> String {
        match self {
            Self::Root => format!("arn:aws:iam::{ACCOUNT_ID}:root"),
            Self::User { name, .. } => format!("arn:aws:iam::{ACCOUNT_ID}:user/{name}"),
        }
    }

    /// The unique id.
    pub fn id(&self) -> String {
        match self {
            Self::Root => ACCOUNT_ID.to_owned(),
            Self::User { name, .. } => format!("AIDA{}", name.to_ascii_uppercase()),
        }
    }

    /// The name, as Event History has it.
    pub fn name(&self) -> &str {
        match self {
            Self::Root => "root",
            Self::User { name, .. } => name,
        }
    }
}

/// Finds out who calls.
pub(crate) fn identify(call: &Call, memory: &mut Memory, now: u64) -> Result<Caller, MockResponse> {
    let token = call.token.as_deref();
    let fits = |key: &Key| key.id == call.key && key.token.as_deref() == token && key.active;
    if fits(&memory.root.login) || memory.root.keys.iter().any(fits) {
        return Ok(Caller::Root);
    }
    if let Some(session) = memory.sessions.get(&call.key) {
        if session.key.token.as_deref() != token {
            return Err(unknown_key(call));
        }
        if session.ends < now {
            return Err(expired(call));
        }
        // Without MFA in the request for it, a session has no rights in IAM at all.
        if !session.mfa && call.service == Service::Iam {
            return Err(unknown_key(call));
        }
        return Ok(Caller::User { name: session.user.clone(), mfa: Some(session.mfa), long_term: false });
    }
    by_access_key(call, memory, now)
}

fn by_access_key(call: &Call, memory: &mut Memory, now: u64) -> Result<Caller, MockResponse> {
    let Some(found) = memory.keys.get_mut(&call.key) else { return Err(unknown_key(call)) };
    if !found.key.active || call.token.is_some() {
        return Err(unknown_key(call));
    }
    let service = call.service.prefix().to_owned();
    let refused = found.refused.entry(service.clone()).or_default();
    memory.changed = true;
    if *refused < REFUSALS_OF_A_NEW_KEY {
        *refused += 1;
        return Err(unknown_key(call));
    }
    found.last_use = Some((now, service, call.region.clone()));
    Ok(Caller::User { name: found.user.clone(), mfa: None, long_term: true })
}

fn unknown_key(call: &Call) -> MockResponse {
    let message = "The security token included in the request is invalid.";
    match call.service {
        Service::Iam | Service::Sts => call.refuse(403, "InvalidClientTokenId", message),
        Service::CloudTrail | Service::Reports | Service::Exports => {
            call.refuse(400, "UnrecognizedClientException", message)
        }
        Service::S3 => call.refuse(
            403,
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
        ),
    }
}

fn expired(call: &Call) -> MockResponse {
    let code = match call.service {
        Service::CloudTrail | Service::Reports | Service::Exports => "ExpiredTokenException",
        Service::Iam | Service::Sts | Service::S3 => "ExpiredToken",
    };
    call.refuse(403, code, "The security token included in the request is expired")
}
