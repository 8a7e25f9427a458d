//! Who calls, by the key that signs: keys that are new, switched off or gone are refused, each service in its words,
//! and so is what another secret has signed.

use winterbaume_core::MockResponse;
use winterbaume_iam::IamStateView;

use super::kept::{Key, Memory, SessionKey};
use super::service::{Protocol, Service};
use super::wire::Call;
use super::{ACCOUNT_ID, account, signature};

/// How often each service refuses a new key before it knows it.
const REFUSALS_OF_A_NEW_KEY: u8 = 2;
/// After so many seconds a key is known everywhere.
const NEW_FOR: u64 = 300;

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Caller {
    Root,
    User {
        name: String,
        arn: String,
        id: String,
        /// Whether the session carries MFA; none with a long-term key.
        mfa: Option<bool>,
        long_term: bool,
    },
}

/// A call that got no further than its key.
pub(crate) struct Stopped {
    pub answer: MockResponse,
    /// Whose key it is, where AWS knows that.
    pub owner: Option<Caller>,
}

impl Caller {
    /// A user of the account, under a session or with a long-term key.
    pub fn user(name: &str, iam: &IamStateView, mfa: Option<bool>) -> Option<Self> {
        let user = iam.users.get(name)?;
        Some(Self::User {
            name: user.name.clone(),
            arn: user.arn.clone(),
            id: user.user_id.clone(),
            mfa,
            long_term: mfa.is_none(),
        })
    }

    /// The ARN.
    pub fn arn(&self) -> String {
        match self {
            Self::Root => format!("arn:aws:iam::{ACCOUNT_ID}:root"),
            Self::User { arn, .. } => arn.clone(),
        }
    }

    /// The unique id.
    pub fn id(&self) -> String {
        match self {
            Self::Root => ACCOUNT_ID.to_owned(),
            Self::User { id, .. } => id.clone(),
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
pub(crate) fn identify(
    call: &Call,
    iam: &IamStateView,
    memory: &mut Memory,
    now: u64,
) -> Result<Caller, Box<Stopped>> {
    // A Region that is switched off does not know the account's keys.
    if call.service.is_regional() && !account::is_enabled(&call.region) {
        return Err(stopped(unknown_key(call), None));
    }
    if call.key == memory.root.login.id {
        return by_login(call, &memory.root.login);
    }
    match memory.sessions.get(&call.key) {
        Some(session) => by_session(call, session, iam, now),
        None => by_access_key(call, iam, memory, now),
    }
}

fn by_login(call: &Call, login: &Key) -> Result<Caller, Box<Stopped>> {
    if call.token != login.token {
        return Err(stopped(unknown_key(call), None));
    }
    signature::verify(call, &login.secret).map_err(|answer| stopped(answer, None))?;
    Ok(Caller::Root)
}

fn by_session(
    call: &Call,
    session: &SessionKey,
    iam: &IamStateView,
    now: u64,
) -> Result<Caller, Box<Stopped>> {
    let caller = Caller::user(&session.user, iam, Some(session.mfa));
    let Some(caller) = caller.filter(|_| call.token == session.key.token) else {
        return Err(stopped(unknown_key(call), None));
    };
    if session.ends < now {
        return Err(stopped(expired(call), Some(caller)));
    }
    signature::verify(call, &session.key.secret).map_err(|answer| stopped(answer, None))?;
    // Made by GetSessionToken without MFA, a session has no rights in IAM at all.
    if !session.mfa && !session.login && call.service == Service::Iam {
        return Err(stopped(unknown_key(call), None));
    }
    Ok(caller)
}

fn by_access_key(
    call: &Call,
    iam: &IamStateView,
    memory: &mut Memory,
    now: u64,
) -> Result<Caller, Box<Stopped>> {
    let unknown = |owner| stopped(unknown_key(call), owner);
    let Some((owner, key, known)) = memory.access_key(&call.key) else { return Err(unknown(None)) };
    let owner = owner.map_or(Some(Caller::Root), |user| Caller::user(&user, iam, None));
    let Some(caller) = owner.filter(|_| call.token.is_none()) else { return Err(unknown(None)) };
    if !key.active {
        return Err(unknown(Some(caller)));
    }
    let service = call.service.prefix().to_owned();
    let refused = known.refused.entry(service.clone()).or_default();
    if now < key.made + NEW_FOR && *refused < REFUSALS_OF_A_NEW_KEY {
        *refused += 1;
        memory.changed = true;
        return Err(unknown(None));
    }
    signature::verify(call, &key.secret).map_err(|answer| stopped(answer, None))?;
    known.last_use = Some((now, service, call.region.clone()));
    memory.changed = true;
    Ok(caller)
}

fn stopped(answer: MockResponse, owner: Option<Caller>) -> Box<Stopped> {
    Box::new(Stopped { answer, owner })
}

fn unknown_key(call: &Call) -> MockResponse {
    let message = "The security token included in the request is invalid.";
    match call.service.protocol() {
        Protocol::Query => call.refuse(403, "InvalidClientTokenId", message),
        Protocol::Json => call.refuse(400, "UnrecognizedClientException", message),
        Protocol::RestJson => call.refuse(403, "UnrecognizedClientException", message),
        Protocol::RestXml => call.refuse(
            403,
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
        ),
    }
}

fn expired(call: &Call) -> MockResponse {
    let code = match call.service.protocol() {
        Protocol::Json | Protocol::RestJson => "ExpiredTokenException",
        Protocol::Query | Protocol::RestXml => "ExpiredToken",
    };
    call.refuse(403, code, "The security token included in the request is expired")
}
