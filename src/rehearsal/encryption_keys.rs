//! KMS: keys with their policies and aliases, each in its Region. Whether CloudTrail may use one is decided by its policy.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use steps::policy::{Decision, Document, Principal, Request};
use steps::private_bucket::MustLet;
use winterbaume_core::MockResponse;

use super::callers::Caller;
use super::kept::Memory;
use super::wire::{Call, json_answer};
use super::{ACCOUNT_ID, tokens};

const KEYS_PER_PAGE: usize = 100;
/// The most characters that a key policy has.
const LARGEST_POLICY: usize = 32_768;

/// The keys and their aliases.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct KeyStore {
    /// By ARN.
    keys: BTreeMap<String, EncryptionKey>,
    /// The ARN of the key behind each alias, by the alias's ARN.
    aliases: BTreeMap<String, String>,
}

/// A key.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct EncryptionKey {
    id: String,
    region: String,
    description: String,
    policy: String,
    rotates: bool,
    enabled: bool,
    /// Whether its key material comes from outside AWS.
    #[serde(default)]
    external: bool,
    made: u64,
    /// CloudTrail has not seen the policy yet.
    unseen: bool,
}

/// Answers one call.
pub(crate) fn answer(call: &Call, memory: &mut Memory, now: u64) -> MockResponse {
    let store = &mut memory.encryption_keys;
    match call.operation.as_str() {
        "CreateKey" => create(call, store, now),
        "CreateAlias" => create_alias(call, store),
        "DescribeKey" => store.described(call),
        "ListKeys" => list(call, store),
        "GetKeyPolicy" => {
            with_key(call, store, |_, key| json!({"Policy": key.policy, "PolicyName": "default"}))
        }
        "PutKeyPolicy" => put_policy(call, store),
        "GetKeyRotationStatus" => {
            with_key(call, store, |arn, key| json!({"KeyId": arn, "KeyRotationEnabled": key.rotates}))
        }
        "EnableKeyRotation" => enable_rotation(call, store),
        "ImportKeyMaterial" => import(call, store),
        "DisableKey" => with_key(call, store, |_, key| {
            key.enabled = false;
            json!({})
        }),
        _ => call.unknown(),
    }
}

fn create(call: &Call, store: &mut KeyStore, now: u64) -> MockResponse {
    let usual = ["KeySpec", "KeyUsage"].map(|name| call.text(name));
    if !["", "SYMMETRIC_DEFAULT"].contains(&usual[0]) || !["", "ENCRYPT_DECRYPT"].contains(&usual[1]) {
        return call.refuse(400, "UnsupportedOperationException", "The practice account has no such keys");
    }
    let external = match call.text("Origin") {
        "" | "AWS_KMS" => false,
        "EXTERNAL" => true,
        _ => return call.refuse(400, "CustomKeyStoreNotFoundException", "There is no such key store"),
    };
    let policy = match call.text("Policy") {
        "" => policy_of_the_account(),
        policy => policy.to_owned(),
    };
    if let Err(refusal) = judge_policy(call, &policy) {
        return refusal;
    }
    let id = tokens::request_id();
    let key = EncryptionKey {
        id: id.clone(),
        region: call.region.clone(),
        description: call.text("Description").to_owned(),
        policy,
        rotates: false,
        // Before it has its key material, it encrypts nothing.
        enabled: !external,
        external,
        made: now,
        unseen: true,
    };
    let arn = format!("arn:aws:kms:{}:{ACCOUNT_ID}:key/{id}", call.region);
    let answer = json_answer(&json!({"KeyMetadata": metadata(&arn, &key)}));
    store.keys.insert(arn, key);
    answer
}

/// What a key has whose maker does not say.
fn policy_of_the_account() -> String {
    let all = json!({"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Action": "kms:*", "Resource": "*",
                     "Principal": {"AWS": Caller::Root.arn()}});
    json!({"Version": "2012-10-17", "Statement": [all]}).to_string()
}

/// A policy has to hold up, and to leave somebody who can change it.
fn judge_policy(call: &Call, policy: &str) -> Result<(), MockResponse> {
    let malformed = |message: &str| Err(call.refuse(400, "MalformedPolicyDocumentException", message));
    if policy.len() > LARGEST_POLICY {
        return Err(call.refuse(400, "LimitExceededException", "The key policy is too long"));
    }
    let Ok(document) = Document::parse(policy) else {
        return malformed("The new key policy is not valid.");
    };
    if document.statement.iter().any(|statement| statement.principal.is_none()) {
        return malformed("Policy contains a statement with no principal.");
    }
    let root = Caller::Root.arn();
    let request =
        Request { principal: Principal::Aws(&root), action: "kms:PutKeyPolicy", resource: "*", context: &[] };
    if document.decide(&request) != Decision::Allowed {
        return malformed("The new key policy will not allow you to update the key policy in the future.");
    }
    Ok(())
}

fn create_alias(call: &Call, store: &mut KeyStore) -> MockResponse {
    let (alias, target) = (call.text("AliasName"), call.text("TargetKeyId"));
    let letters = |c: char| c.is_ascii_alphanumeric() || "/_-".contains(c);
    let is_name = alias
        .strip_prefix("alias/")
        .is_some_and(|rest| !rest.is_empty() && !rest.starts_with("aws/") && rest.chars().all(letters));
    if !is_name {
        return call.refuse(400, "InvalidAliasNameException", "The alias does not hold up");
    }
    let Some(key) = store.named(call, target) else { return not_found(call, target) };
    let arn = alias_arn(call, alias);
    if store.aliases.contains_key(&arn) {
        let message = format!("An alias with the name {arn} already exists");
        return call.refuse(400, "AlreadyExistsException", &message);
    }
    store.aliases.insert(arn, key);
    json_answer(&json!({}))
}

fn alias_arn(call: &Call, alias: &str) -> String {
    format!("arn:aws:kms:{}:{ACCOUNT_ID}:{alias}", call.region)
}

fn not_found(call: &Call, key: &str) -> MockResponse {
    call.refuse(400, "NotFoundException", &format!("Invalid keyId {key}"))
}

fn list(call: &Call, store: &KeyStore) -> MockResponse {
    let most = call.json.get("Limit").and_then(Value::as_u64).and_then(|most| usize::try_from(most).ok());
    let most = most.unwrap_or(KEYS_PER_PAGE).clamp(1, 1_000);
    let from: usize = call.text("Marker").parse().unwrap_or_default();
    let here: Vec<_> = store.keys.iter().filter(|(_, key)| key.region == call.region).collect();
    let page = here.iter().skip(from).take(most);
    let page: Vec<_> = page.map(|(arn, key)| json!({"KeyId": key.id, "KeyArn": arn})).collect();
    let mut answer = json!({"Keys": page, "Truncated": here.len() > from + most});
    if here.len() > from + most {
        answer["NextMarker"] = json!((from + most).to_string());
    }
    json_answer(&answer)
}

fn put_policy(call: &Call, store: &mut KeyStore) -> MockResponse {
    let policy = call.text("Policy").to_owned();
    if let Err(refusal) = judge_policy(call, &policy) {
        return refusal;
    }
    with_key(call, store, |_, key| {
        (key.policy, key.unseen) = (policy, true);
        json!({})
    })
}

/// Key material from outside, which is taken for granted.
fn import(call: &Call, store: &mut KeyStore) -> MockResponse {
    let key = store.named(call, call.text("KeyId"));
    if key.and_then(|arn| store.keys.get(&arn)).is_some_and(|key| !key.external) {
        return call.refuse(400, "UnsupportedOperationException", "The key makes its material by itself.");
    }
    if ["ImportToken", "EncryptedKeyMaterial"].iter().any(|name| call.text(name).is_empty()) {
        return call.refuse(400, "ValidationException", "The key material and its token are needed.");
    }
    with_key(call, store, |_, key| {
        key.enabled = true;
        json!({})
    })
}

fn enable_rotation(call: &Call, store: &mut KeyStore) -> MockResponse {
    let key = store.named(call, call.text("KeyId")).and_then(|arn| store.keys.get(&arn));
    if key.is_some_and(|key| !key.enabled) {
        return call.refuse(400, "DisabledException", "The key is disabled.");
    }
    if key.is_some_and(|key| key.external) {
        return call.refuse(400, "UnsupportedOperationException", "The key cannot be rotated by AWS.");
    }
    with_key(call, store, |_, key| {
        key.rotates = true;
        json!({})
    })
}

/// What concerns a key by its id or ARN: these operations know no aliases.
fn with_key(
    call: &Call,
    store: &mut KeyStore,
    act: impl FnOnce(&str, &mut EncryptionKey) -> Value,
) -> MockResponse {
    let named = call.text("KeyId");
    let Some(arn) = store.named(call, named) else { return not_found(call, named) };
    match store.keys.get_mut(&arn) {
        Some(key) => json_answer(&act(&arn, key)),
        None => not_found(call, named),
    }
}

fn metadata(arn: &str, key: &EncryptionKey) -> Value {
    json!({
        "AWSAccountId": ACCOUNT_ID, "KeyId": key.id, "Arn": arn, "CreationDate": key.made,
        "Enabled": key.enabled, "Description": key.description, "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": if key.enabled { "Enabled" } else { "Disabled" }, "KeyManager": "CUSTOMER",
        "Origin": if key.external { "EXTERNAL" } else { "AWS_KMS" },
        "KeySpec": "SYMMETRIC_DEFAULT", "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"], "MultiRegion": false
    })
}

impl KeyStore {
    /// The ARN of the key that a call names by id or ARN, in the Region of the call.
    fn named(&self, call: &Call, name: &str) -> Option<String> {
        let is_it = |(arn, key): &(&String, &EncryptionKey)| {
            key.region == call.region && (key.id == name || *arn == name)
        };
        self.keys.iter().find(is_it).map(|(arn, _)| arn.clone())
    }

    /// `DescribeKey` alone takes aliases too.
    fn described(&self, call: &Call) -> MockResponse {
        let name = call.text("KeyId");
        let alias = if name.starts_with("alias/") { alias_arn(call, name) } else { name.to_owned() };
        let arn = self.named(call, name).or_else(|| self.aliases.get(&alias).cloned());
        let key = arn.as_ref().and_then(|arn| Some((arn, self.keys.get(arn)?)));
        match key.filter(|(_, key)| key.region == call.region) {
            Some((arn, key)) => json_answer(&json!({"KeyMetadata": metadata(arn, key)})),
            None => not_found(call, name),
        }
    }

    /// The ARN of the key that another service is given: by ARN, by the ARN of an alias, or by an alias or an id in the
    /// Region of that service.
    pub fn resolve(&self, name: &str, region: &str) -> Option<String> {
        let alias = if name.starts_with("alias/") {
            format!("arn:aws:kms:{region}:{ACCOUNT_ID}:{name}")
        } else {
            name.to_owned()
        };
        let by_id = || self.keys.iter().find(|(_, key)| key.id == name && key.region == region);
        let arn = self.aliases.get(&alias).or_else(|| self.keys.get_key_value(name).map(|(arn, _)| arn));
        arn.or_else(|| by_id().map(|(arn, _)| arn)).cloned()
    }

    /// Whether there is a key with this ARN in a Region.
    pub fn has(&self, arn: &str, region: &str) -> bool {
        self.keys.get(arn).is_some_and(|key| key.region == region)
    }

    /// Whether a key is switched on.
    pub fn is_enabled(&self, arn: &str) -> bool {
        self.keys.get(arn).is_some_and(|key| key.enabled)
    }

    /// Whether CloudTrail may encrypt with a key what a trail delivers, into a bucket that may have a key of its own.
    /// What was put a moment ago is not seen yet at the first try.
    pub fn lets_encrypt(&mut self, arn: &str, trail: &str) -> bool {
        let Some(key) = self.keys.get_mut(arn) else { return false };
        let is_seen = !std::mem::take(&mut key.unseen);
        let policy = Document::parse(&key.policy);
        is_seen && policy.is_ok_and(|policy| needs(arn, trail).iter().all(|need| need.is_let_by(&policy)))
    }

    /// The keys without what is made up anew each time.
    pub fn snapshot(&self) -> Value {
        let alias_of = |arn: &String| {
            let alias = self.aliases.iter().find(|(_, target)| *target == arn);
            alias.map(|(alias, _)| alias.clone())
        };
        let key = |(arn, key): (&String, &EncryptionKey)| {
            json!({"alias": alias_of(arn), "region": key.region, "description": key.description,
                   "policy": key.policy, "rotates": key.rotates, "enabled": key.enabled})
        };
        let mut keys: Vec<_> = self.keys.iter().map(key).collect();
        keys.sort_by_key(Value::to_string);
        Value::Array(keys)
    }
}

/// What CloudTrail has to be allowed by the key's policy.
fn needs(key: &str, trail: &str) -> Vec<MustLet> {
    let need = |action, more: Option<(&'static str, &str)>| MustLet {
        who: "cloudtrail.amazonaws.com".into(),
        action,
        resource: key.to_owned(),
        context: std::iter::once(("aws:SourceArn", trail))
            .chain(more)
            .map(|(key, value)| (key, value.to_owned()))
            .collect(),
    };
    vec![
        need("kms:GenerateDataKey", Some(("kms:EncryptionContext:aws:cloudtrail:arn", trail))),
        need("kms:DescribeKey", None),
        need("kms:Decrypt", None),
    ]
}
