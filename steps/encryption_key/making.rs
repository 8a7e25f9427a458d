//! Making a key, and making it once.
//!
//! KMS has no names for keys and no token that makes a repeated call harmless, and each key is billed. So the call is never
//! repeated blindly, and a key that was made before its alias could be is looked for first, by its description. KMS shows a
//! new key within seconds, and in some cases only after minutes: where the journal tells of a run that was cut short in the
//! making, it is looked several times before another is made. Source: KMS developer guide, "AWS KMS eventual consistency".

use aws_sdk_kms::types::KeyMetadata;

use crate::aws::{ForCall, Identity, at_once, reading, unless};
use crate::error::{AwsError, StepError};
use crate::operator::Operator;
use crate::policy::Document;
use crate::text::{Text, harmless};
use crate::{text, wait};

use super::{Fitness, describe, fitness, not_shown_yet, waiting};

/// So many keys are looked at together, for one of ours whose alias was never made.
const AT_ONCE: usize = 10;

/// What a run has left behind that was cut short while it made the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftOver {
    /// Nothing: no run was, as far as the journal tells.
    Nothing,
    /// Perhaps a key, which is not shown yet.
    Unseen,
    /// The key with this id. It has no alias.
    Key(String),
}

/// What there is of a run that was cut short while it made a key with this description. Who may not list keys sees none.
pub async fn left_over(identity: &Identity, region: &str, description: &str) -> Result<LeftOver, AwsError> {
    let found = identity.reading(made_before(identity, region, description).await)?;
    Ok(found.ok().flatten().map_or(LeftOver::Unseen, LeftOver::Key))
}

/// Makes the key, unless it was made before, and gives it its alias. `begun`: a run was cut short while it made one.
pub(super) async fn create(
    identity: &Identity,
    region: &str,
    [alias, description]: [&str; 2],
    policy: &Document,
    begun: bool,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let found = if begun {
        let what = looking(alias);
        wait::until_shown(operator, what, async || made_before(identity, region, description).await).await?
    } else {
        made_before(identity, region, description).await?
    };
    let key = match found {
        Some(key) => key,
        None => {
            let request = identity.kms_once(region).create_key().description(description);
            let made = request.policy(policy.to_json()).send().await.for_call("kms:CreateKey")?;
            let made = made.key_metadata.map(|key| key.key_id);
            made.ok_or_else(|| AwsError::without_answer("kms:CreateKey", "the new key has no id"))?
        }
    };
    name(identity, region, [alias, &key], operator).await
}

/// Gives a key its alias.
pub(super) async fn name(
    identity: &Identity,
    region: &str,
    [alias, key]: [&str; 2],
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let kms = identity.kms(region);
    wait::until_seen(operator, waiting(alias), not_shown_yet, async || {
        let sent = kms.create_alias().alias_name(alias).target_key_id(key).send().await;
        unless("AlreadyExists", sent.for_call("kms:CreateAlias")).map(drop)
    })
    .await
}

fn looking(alias: &str) -> Text {
    let alias = harmless(alias);
    text! {
        en: "Looking for the key {alias}, which a run that was cut short may have made",
        ko: "중단된 실행이 만들었을 수 있는 키 {alias}을(를) 찾는 중"
    }
}

async fn made_before(
    identity: &Identity,
    region: &str,
    description: &str,
) -> Result<Option<String>, AwsError> {
    let keys =
        identity.kms(region).list_keys().into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
    let keys = keys.for_call("kms:ListKeys")?;
    let keys: Vec<_> = keys.into_iter().filter_map(|key| key.key_id).collect();
    let is_ours = |key: &KeyMetadata| key.description() == Some(description) && fitness(key) == Fitness::Fits;
    for some in keys.chunks(AT_ONCE) {
        let asked = some.iter().map(|key| described(identity.clone(), region.to_owned(), key.clone()));
        if let Some(key) = at_once(asked).await?.into_iter().flatten().find(is_ours) {
            return Ok(Some(key.key_id));
        }
    }
    Ok(None)
}

/// A key that the caller may not look at is not ours.
async fn described(identity: Identity, region: String, key: String) -> Result<Option<KeyMetadata>, AwsError> {
    Ok(reading(describe(&identity, &region, &key).await)?.ok().flatten())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::time::Instant;

    use super::*;
    use crate::aws::{Access, canned};
    use crate::operator::nobody::Nobody;

    const ALIAS: &str = "alias/dayone-trail";
    const REGION: &str = "eu-north-1";
    const DESCRIPTION: &str = "for a test";

    fn described_as(id: &str, description: &str) -> String {
        format!(
            r#"{{"KeyMetadata": {{"KeyId": "{id}", "KeyManager": "CUSTOMER", "KeyUsage": "ENCRYPT_DECRYPT",
                "KeySpec": "SYMMETRIC_DEFAULT", "KeyState": "Enabled", "Description": "{description}"}}}}"#
        )
    }

    /// A run that was cut off between the key and its alias has left the second of these.
    fn with_three_keys(call: &canned::Heard) -> canned::Answer {
        match call.operation.as_str() {
            "ListKeys" => Some((200, r#"{"Keys": [{"KeyId": "1"}, {"KeyId": "2"}, {"KeyId": "3"}]}"#.into())),
            _ if call.body.contains("\"1\"") => call.refused(400, "AccessDeniedException"),
            _ if call.body.contains("\"2\"") => Some((200, described_as("2", DESCRIPTION))),
            _ => Some((200, described_as("3", "somebody else's"))),
        }
    }

    #[tokio::test]
    async fn a_key_of_ours_without_an_alias_is_found_again() {
        let aws = canned::Aws::answering(with_three_keys);
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        let found = left_over(&identity, REGION, DESCRIPTION).await.unwrap();
        assert_eq!(found, LeftOver::Key("2".into()));
        assert_eq!(left_over(&identity, REGION, "another").await.unwrap(), LeftOver::Unseen);
        let denied = canned::Aws::answering(|call| call.refused(400, "AccessDeniedException"));
        let identity = denied.connection(Access::ReadWrite).started_as().await.unwrap();
        assert_eq!(left_over(&identity, REGION, DESCRIPTION).await.unwrap(), LeftOver::Unseen);
    }

    /// What the making of a key comes to where KMS lists our key of before from this look on.
    struct Made {
        looks: usize,
        /// The calls that make a key or an alias.
        made: Vec<String>,
        /// The key that the alias is given to.
        named: String,
        seconds: u64,
    }

    async fn make(begun: bool, shown_at: usize) -> Made {
        let looks = AtomicUsize::new(0);
        let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
            "ListKeys" if looks.fetch_add(1, Ordering::Relaxed) + 1 < shown_at => {
                Some((200, r#"{"Keys": [{"KeyId": "3"}]}"#.into()))
            }
            "CreateKey" => Some((200, described_as("new", DESCRIPTION))),
            "CreateAlias" => Some((200, "{}".into())),
            _ => with_three_keys(call),
        });
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        let policy = Document::parse(r#"{"Version":"2012-10-17","Statement":[]}"#).unwrap();
        let began = Instant::now();
        create(&identity, REGION, [ALIAS, DESCRIPTION], &policy, begun, &mut Nobody).await.unwrap();
        let (seconds, heard) = (began.elapsed().as_secs(), aws.heard());
        let made = heard.iter().filter(|call| call.operation.starts_with("Create"));
        let alias: serde_json::Value = serde_json::from_str(&heard.last().unwrap().body).unwrap();
        Made {
            looks: heard.iter().filter(|call| call.operation == "ListKeys").count(),
            made: made.map(|call| call.operation.clone()).collect(),
            named: alias["TargetKeyId"].as_str().unwrap_or_default().to_owned(),
            seconds,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_that_was_made_before_only_gets_its_alias() {
        for begun in [false, true] {
            let Made { looks, made, named, .. } = make(begun, 1).await;
            assert_eq!((looks, made), (1, vec!["CreateAlias".to_owned()]), "{begun}");
            assert_eq!(named, "2", "{begun}");
        }
    }

    /// KMS does not show at once what it has made.
    #[tokio::test(start_paused = true)]
    async fn after_a_run_that_was_cut_short_it_is_looked_several_times_before_another_key_is_made() {
        let late = make(true, 4).await;
        assert_eq!((late.looks, late.made), (4, vec!["CreateAlias".to_owned()]));
        assert_eq!(late.named, "2");
        let never = make(true, usize::MAX).await;
        assert_eq!(never.made, ["CreateKey", "CreateAlias"]);
        assert_eq!(never.named, "new");
        let patience = wait::PATIENCE.as_secs();
        assert!(never.looks > 10 && (patience / 2..=patience).contains(&never.seconds), "{}", never.seconds);
    }

    #[tokio::test(start_paused = true)]
    async fn without_such_a_run_nobody_waits() {
        let first = make(false, usize::MAX).await;
        assert_eq!((first.looks, first.seconds), (1, 0));
        assert_eq!(first.made, ["CreateKey", "CreateAlias"]);
        assert_eq!(first.named, "new");
    }
}
