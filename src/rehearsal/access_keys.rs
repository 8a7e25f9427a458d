//! Access keys, of root and of users. Without a user name a call is about the caller's own.

use winterbaume_core::MockResponse;

use super::callers::Caller;
use super::kept::{Key, Known, Memory, RootKey, UserKey};
use super::wire::{Call, iso};

/// The most that a user, and root, can have.
const KEYS_PER_USER: usize = 2;

/// Answers a call about access keys. `user` is whom it is about; none means root.
pub(crate) fn answer(call: &Call, user: Option<&str>, memory: &mut Memory, now: u64) -> MockResponse {
    match call.operation.as_str() {
        "CreateAccessKey" => create(call, user, memory, now),
        "ListAccessKeys" => list(call, user, memory),
        "UpdateAccessKey" => update(call, user, memory),
        "DeleteAccessKey" => delete(call, user, memory),
        _ => call.unknown(),
    }
}

/// Whom a call is about. IAM users other than the caller have to be named.
pub(crate) fn about<'c>(call: &'c Call, caller: &'c Caller) -> Option<&'c str> {
    match (call.parameter("UserName"), caller) {
        (Some(user), _) => Some(user),
        (None, Caller::User { name, .. }) => Some(name),
        (None, Caller::Root) => None,
    }
}

fn keys_of<'m>(user: Option<&str>, memory: &'m Memory) -> Vec<&'m Key> {
    match user {
        None => memory.root.keys.iter().map(|key| &key.key).collect(),
        Some(user) => memory.keys.values().filter(|key| key.user == user).map(|key| &key.key).collect(),
    }
}

fn create(call: &Call, user: Option<&str>, memory: &mut Memory, now: u64) -> MockResponse {
    if keys_of(user, memory).len() >= KEYS_PER_USER {
        return call.refuse(409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2");
    }
    let key = Key::long_term(now);
    let (id, secret, made) = (&key.id, &key.secret, iso(now));
    let name = user.map(|user| format!("<UserName>{user}</UserName>")).unwrap_or_default();
    let answer = call.xml(&format!(
        "<AccessKey>{name}<AccessKeyId>{id}</AccessKeyId><Status>Active</Status>\
         <SecretAccessKey>{secret}</SecretAccessKey><CreateDate>{made}</CreateDate></AccessKey>"
    ));
    match user {
        None => memory.root.keys.push(RootKey { key, known: Known::default() }),
        Some(user) => {
            let made = UserKey { user: user.to_owned(), key, known: Known::default() };
            memory.keys.insert(made.key.id.clone(), made);
        }
    }
    answer
}

fn list(call: &Call, user: Option<&str>, memory: &Memory) -> MockResponse {
    let name = user.map(|user| format!("<UserName>{user}</UserName>")).unwrap_or_default();
    let member = |key: &Key| {
        let status = if key.active { "Active" } else { "Inactive" };
        let (id, made) = (&key.id, iso(key.made));
        format!(
            "<member>{name}<AccessKeyId>{id}</AccessKeyId><Status>{status}</Status><CreateDate>{made}</CreateDate></member>"
        )
    };
    let members: String = keys_of(user, memory).into_iter().map(member).collect();
    call.xml(&format!("<AccessKeyMetadata>{members}</AccessKeyMetadata><IsTruncated>false</IsTruncated>"))
}

fn update(call: &Call, user: Option<&str>, memory: &mut Memory) -> MockResponse {
    let active = match call.parameter("Status") {
        Some("Active") => true,
        Some("Inactive") => false,
        _ => return call.refuse(400, "ValidationError", "Status is Active or Inactive"),
    };
    match find(call, user, memory) {
        Some(key) => {
            key.active = active;
            call.xml("")
        }
        None => no_such_key(call),
    }
}

fn find<'m>(call: &Call, user: Option<&str>, memory: &'m mut Memory) -> Option<&'m mut Key> {
    let id = call.parameter("AccessKeyId")?;
    match user {
        None => memory.root.keys.iter_mut().map(|key| &mut key.key).find(|key| key.id == id),
        Some(user) => memory.keys.get_mut(id).filter(|key| key.user == user).map(|key| &mut key.key),
    }
}

fn delete(call: &Call, user: Option<&str>, memory: &mut Memory) -> MockResponse {
    if find(call, user, memory).is_none() {
        return no_such_key(call);
    }
    let id = call.parameter("AccessKeyId").unwrap_or_default().to_owned();
    match user {
        None => memory.root.keys.retain(|key| key.key.id != id),
        Some(_) => {
            memory.keys.remove(&id);
        }
    }
    call.xml("")
}

/// `GetAccessKeyLastUsed`, for keys of users and of root alike.
pub(crate) fn last_used(call: &Call, memory: &mut Memory) -> MockResponse {
    let id = call.parameter("AccessKeyId").unwrap_or_default();
    let Some((user, _, known)) = memory.access_key(id) else { return no_such_key(call) };
    let never = "<ServiceName>N/A</ServiceName><Region>N/A</Region>".to_owned();
    let last = known.last_use.as_ref().map_or(never, |(time, service, region)| {
        let time = iso(*time);
        format!(
            "<LastUsedDate>{time}</LastUsedDate><ServiceName>{service}</ServiceName><Region>{region}</Region>"
        )
    });
    let name = user.map(|user| format!("<UserName>{user}</UserName>")).unwrap_or_default();
    call.xml(&format!("{name}<AccessKeyLastUsed>{last}</AccessKeyLastUsed>"))
}

fn no_such_key(call: &Call) -> MockResponse {
    let id = call.parameter("AccessKeyId").unwrap_or_default();
    call.refuse(404, "NoSuchEntity", &format!("The Access Key with id {id} cannot be found."))
}
