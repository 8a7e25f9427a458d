//! Ids, secrets and session tokens, and the service that deals out sessions. Secrets carry marks, so that a test can
//! search for them in everything that the program writes.

use rand::Rng;
use rand::rngs::OsRng;
use winterbaume_core::MockResponse;

use super::ACCOUNT_ID;
use super::callers::Caller;
use super::kept::{Key, Memory, SessionKey};
use super::wire::{Call, iso};

/// Stands in every secret access key.
pub(crate) const SECRET_MARK: &str = "MARKEDSECRET";
/// Stands in every session token.
pub(crate) const TOKEN_MARK: &str = "MARKEDTOKEN";
/// Every seed begins with it.
pub(crate) const SEED_MARK: &str = "MARKEDSEED";

/// So many seconds a session lasts.
pub(crate) const SESSION: u64 = 43_200;

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Random base32 text.
pub(crate) fn random(length: usize) -> String {
    let letter = |_| char::from(LETTERS[OsRng.gen_range(0..LETTERS.len())]);
    (0..length).map(letter).collect()
}

/// A request id.
pub(crate) fn request_id() -> String {
    let mut id = format!("{:032x}", OsRng.r#gen::<u128>());
    for place in [20, 16, 12, 8] {
        id.insert(place, '-');
    }
    id
}

/// The seed of a virtual device, as 64 letters of base32.
pub(crate) fn seed() -> String {
    format!("{SEED_MARK}{}", random(64 - SEED_MARK.len()))
}

impl Key {
    /// A key that stays until it is deleted.
    pub fn long_term(now: u64) -> Self {
        Self {
            id: format!("AKIA{}", random(16)),
            secret: format!("{SECRET_MARK}{}", random(40 - SECRET_MARK.len())),
            token: None,
            active: true,
            made: now,
        }
    }

    /// A key that ends by itself.
    pub fn temporary(now: u64) -> Self {
        let token = format!("{TOKEN_MARK}{}", random(80));
        Self { id: format!("ASIA{}", random(16)), token: Some(token), ..Self::long_term(now) }
    }

    /// As the SDK takes it.
    pub fn credentials(&self) -> aws_credential_types::Credentials {
        aws_credential_types::Credentials::new(&self.id, &self.secret, self.token.clone(), None, "rehearsal")
    }
}

/// Answers STS.
pub(crate) fn answer(call: &Call, caller: &Caller, memory: &mut Memory, now: u64) -> MockResponse {
    match call.operation.as_str() {
        "GetCallerIdentity" => {
            let (arn, id) = (caller.arn(), caller.id());
            call.xml(&format!("<Arn>{arn}</Arn><UserId>{id}</UserId><Account>{ACCOUNT_ID}</Account>"))
        }
        "GetSessionToken" => session_token(call, caller, memory, now),
        _ => call.unknown(),
    }
}

fn session_token(call: &Call, caller: &Caller, memory: &mut Memory, now: u64) -> MockResponse {
    let Caller::User { name, long_term: true, .. } = caller else {
        return call.deny("Cannot call GetSessionToken with session credentials");
    };
    let seconds = call.parameter("DurationSeconds").map_or(Ok(SESSION), str::parse::<u64>);
    let Ok(seconds @ 900..=129_600) = seconds else {
        return call.refuse(400, "ValidationError", "DurationSeconds is from 900 to 129600");
    };
    let mfa = match (call.parameter("SerialNumber"), call.parameter("TokenCode")) {
        (None, None) => false,
        (Some(serial), Some(code)) => match memory.use_code(serial, name, code, now) {
            Ok(()) => true,
            Err(message) => return call.deny(message),
        },
        _ => return call.refuse(400, "ValidationError", "SerialNumber and TokenCode belong together"),
    };
    let key = Key::temporary(now);
    let (id, secret, token) = (&key.id, &key.secret, key.token.as_deref().unwrap_or_default());
    let expiration = iso(now + seconds);
    let answer = call.xml(&format!(
        "<Credentials><AccessKeyId>{id}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>\
         <SessionToken>{token}</SessionToken><Expiration>{expiration}</Expiration></Credentials>"
    ));
    let session = SessionKey { user: name.clone(), mfa, ends: now + seconds, key: key.clone(), login: false };
    memory.sessions.insert(key.id, session);
    memory.changed = true;
    answer
}
