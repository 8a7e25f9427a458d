//! A KMS key of the account's own, found by its alias.
//!
//! It is symmetric, its key material is replaced each year where AWS can do that, and its policy lets through what it is
//! there for. A key that is there already under the alias is brought up to this; what others have set in its policy
//! stays. No key is ever switched off or scheduled for deletion here: what it has encrypted could never be read again.

mod making;

use aws_sdk_kms::types::{
    KeyManagerType, KeyMetadata, KeySpec, KeyState, KeyUsageType, MultiRegionKeyType, OriginType,
};
use serde::Serialize;

use crate::aws::{ForCall, Identity, Reading, Unseen, unless};
use crate::error::{AwsError, StepError};
use crate::operator::Operator;
use crate::policy::Document;
use crate::practice::Verb;
use crate::private_bucket::{Mended, MustLet, Obstacle, mended_policy};
use crate::text;
use crate::text::{Text, counted, harmless};
use crate::{meanwhile, wait};

pub use making::{LeftOver, left_over};

/// The most bytes that a key policy has. Source: KMS developer guide, "Resource quotas".
const LARGEST_POLICY: usize = 32 * 1_024;

/// What a key should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its alias, such as `alias/dayone-trail`.
    pub alias: String,
    /// Its Region.
    pub region: String,
    /// What it is for. By this a key is known again whose alias was never made.
    pub description: String,
    /// The statements that its policy must have. Their names begin with `Dayone`.
    pub policy: Document,
    /// What the whole policy, foreign statements included, must let through.
    pub must_let: Vec<MustLet>,
}

/// A key that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFacts {
    /// Its ARN.
    pub arn: String,
    /// Whether it can be used.
    pub fitness: Fitness,
    /// Whether its key material is replaced each year, or cannot be: AWS replaces only what it has made itself, and that
    /// of a replica with that of its primary key.
    pub rotates: Reading<bool>,
    /// Its policy.
    pub policy: Reading<Option<String>>,
}

/// Whether a key can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fitness {
    /// It can.
    Fits,
    /// It is in this state of AWS's, such as `Disabled` or `PendingDeletion`.
    Off(String),
    /// It is AWS's own, or not one that encrypts and decrypts symmetrically.
    Unfit,
}

/// What can be changed about a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum KeyChange {
    /// Creates it, and gives it its alias.
    Create {
        /// The alias.
        alias: String,
        /// The Region.
        region: String,
        /// What it is for.
        description: String,
        /// Its policy.
        policy: Document,
        /// Whether a run was cut short while it made one, which may not be shown yet.
        begun: bool,
    },
    /// Gives its alias to the key that a run was cut short with.
    Name {
        /// The alias.
        alias: String,
        /// The Region.
        region: String,
        /// The key's id.
        key: String,
    },
    /// Has its key material replaced each year.
    EnableRotation {
        /// The alias.
        alias: String,
    },
    /// Sets its policy: ours, and the foreign statements that were there.
    PutPolicy {
        /// The alias.
        alias: String,
        /// The whole policy.
        policy: Document,
        /// The one that it was made of, and takes the place of.
        replaces: Option<Document>,
        /// How many statements of others stay in it.
        foreign_statements: usize,
    },
}

/// Why a key cannot be brought up to what is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyObstacle {
    /// It, or a setting of it, could not be read.
    Unseen(Unseen),
    /// It cannot be used.
    Fitness(Fitness),
    /// Its policy stands in the way.
    Policy(Obstacle),
}

/// Reads how the key with this alias stands; none where there is none.
pub async fn observe(
    identity: &Identity,
    region: &str,
    alias: &str,
) -> Result<Reading<Option<KeyFacts>>, AwsError> {
    let described = match identity.reading(describe(identity, region, alias).await)? {
        Ok(Some(described)) => described,
        Ok(None) => return Ok(Ok(None)),
        Err(unseen) => return Ok(Err(unseen)),
    };
    let (arn, fitness) = (described.arn().unwrap_or_default().to_owned(), fitness(&described));
    if fitness != Fitness::Fits {
        return Ok(Ok(Some(KeyFacts { arn, fitness, rotates: Ok(false), policy: Ok(None) })));
    }
    let (rotates, policy) =
        tokio::join!(rotates(identity, region, &described), policy_of(identity, region, &arn));
    Ok(Ok(Some(KeyFacts { arn, fitness, rotates: rotates?, policy: identity.reading(policy)? })))
}

/// Of a key that cannot rotate it is not asked whether it does: some answer with an error.
async fn rotates(identity: &Identity, region: &str, key: &KeyMetadata) -> Result<Reading<bool>, AwsError> {
    if !can_rotate(key) {
        return Ok(Ok(true));
    }
    let status = identity.kms(region).get_key_rotation_status().set_key_id(key.arn.clone()).send().await;
    let status = identity.reading(status.for_call("kms:GetKeyRotationStatus"))?;
    Ok(status.map(|status| status.key_rotation_enabled()))
}

fn can_rotate(key: &KeyMetadata) -> bool {
    let regions = key.multi_region_configuration().and_then(|regions| regions.multi_region_key_type());
    key.origin() == Some(&OriginType::AwsKms) && regions != Some(&MultiRegionKeyType::Replica)
}

async fn policy_of(identity: &Identity, region: &str, key: &str) -> Result<Option<String>, AwsError> {
    let answer = identity.kms(region).get_key_policy().key_id(key).policy_name("default").send().await;
    Ok(answer.for_call("kms:GetKeyPolicy")?.policy)
}

async fn describe(identity: &Identity, region: &str, key: &str) -> Result<Option<KeyMetadata>, AwsError> {
    let answer = identity.kms(region).describe_key().key_id(key).send().await;
    Ok(unless("NotFound", answer.for_call("kms:DescribeKey"))?.and_then(|answer| answer.key_metadata))
}

fn fitness(key: &KeyMetadata) -> Fitness {
    let is_own = key.key_manager() == Some(&KeyManagerType::Customer);
    let encrypts = key.key_usage() == Some(&KeyUsageType::EncryptDecrypt);
    if !is_own || !encrypts || key.key_spec() != Some(&KeySpec::SymmetricDefault) {
        return Fitness::Unfit;
    }
    match key.key_state() {
        Some(KeyState::Enabled) => Fitness::Fits,
        state => Fitness::Off(state.map_or("Disabled", KeyState::as_str).to_owned()),
    }
}

/// What has to be done. Pure.
pub fn plan(
    wanted: &Wanted,
    facts: &Reading<Option<KeyFacts>>,
    left_over: &LeftOver,
) -> Result<Vec<KeyChange>, KeyObstacle> {
    match facts {
        Err(unseen) => Err(KeyObstacle::Unseen(unseen.clone())),
        Ok(Some(key)) if key.fitness != Fitness::Fits => Err(KeyObstacle::Fitness(key.fitness.clone())),
        Ok(Some(key)) => mend(wanted, key),
        Ok(None) => {
            let rotation = KeyChange::EnableRotation { alias: wanted.alias.clone() };
            Ok(vec![make_or_name(wanted, left_over), rotation])
        }
    }
}

fn make_or_name(wanted: &Wanted, left_over: &LeftOver) -> KeyChange {
    let (alias, region) = (wanted.alias.clone(), wanted.region.clone());
    match left_over {
        LeftOver::Key(key) => KeyChange::Name { alias, region, key: key.clone() },
        LeftOver::Nothing | LeftOver::Unseen => KeyChange::Create {
            alias,
            region,
            description: wanted.description.clone(),
            policy: wanted.policy.clone(),
            begun: *left_over == LeftOver::Unseen,
        },
    }
}

fn mend(wanted: &Wanted, key: &KeyFacts) -> Result<Vec<KeyChange>, KeyObstacle> {
    let alias = || wanted.alias.clone();
    let rotates = key.rotates.as_ref().map_err(|unseen| KeyObstacle::Unseen(unseen.clone()))?;
    let mended = match mended_policy(&wanted.policy, &wanted.must_let, &key.policy) {
        Ok(mended) => mended,
        Err(Obstacle::Unseen(unseen)) => return Err(KeyObstacle::Unseen(unseen)),
        Err(obstacle) => return Err(KeyObstacle::Policy(obstacle)),
    };
    let bytes = mended.as_ref().map_or(0, |mended| mended.policy.to_json().len());
    if bytes > LARGEST_POLICY {
        return Err(KeyObstacle::Policy(Obstacle::TooLarge(bytes)));
    }
    let put = |Mended { policy, replaces, foreign_statements }| KeyChange::PutPolicy {
        alias: alias(),
        policy,
        replaces,
        foreign_statements,
    };
    let changes = [(!rotates).then(|| KeyChange::EnableRotation { alias: alias() }), mended.map(put)];
    Ok(changes.into_iter().flatten().collect())
}

/// Makes one change. Each can be made again.
pub async fn apply(
    change: &KeyChange,
    identity: &Identity,
    region: &str,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let kms = identity.kms(region);
    match change {
        KeyChange::Create { alias, description, policy, begun, .. } => {
            making::create(identity, region, [alias, description], policy, *begun, operator).await
        }
        KeyChange::Name { alias, key, .. } => making::name(identity, region, [alias, key], operator).await,
        KeyChange::EnableRotation { alias } => {
            let key = arn_of(identity, region, alias, operator).await?;
            wait::until_seen(operator, waiting(alias), not_shown_yet, async || {
                let sent = kms.enable_key_rotation().key_id(&key).send().await;
                sent.for_call("kms:EnableKeyRotation").map(drop)
            })
            .await
        }
        KeyChange::PutPolicy { alias, policy, replaces, .. } => {
            let key = arn_of(identity, region, alias, operator).await?;
            wait::until_seen(operator, waiting(alias), not_shown_yet, async || {
                let now = policy_of(identity, region, &key).await?;
                match meanwhile::is_to_be_put(&whose(alias), policy, replaces.as_ref(), now.as_deref()) {
                    Ok(true) => {}
                    Ok(false) => return Ok(Ok(())),
                    Err(changed) => return Ok(Err(changed)),
                }
                let request = kms.put_key_policy().key_id(&key).policy_name("default");
                let sent = request.policy(policy.to_json()).send().await;
                sent.for_call("kms:PutKeyPolicy").map(|_| Ok(()))
            })
            .await?
        }
    }
}

fn whose(alias: &str) -> Text {
    let alias = harmless(alias);
    text! { en: "the policy of key {alias}", ko: "키 {alias}의 정책" }
}

/// The ARN of the key behind an alias, which may have been made a moment ago.
pub async fn arn_of(
    identity: &Identity,
    region: &str,
    alias: &str,
    operator: &mut impl Operator,
) -> Result<String, StepError> {
    let kms = identity.kms(region);
    wait::until_seen(operator, waiting(alias), not_shown_yet, async || {
        let answer = kms.describe_key().key_id(alias).send().await.for_call("kms:DescribeKey")?;
        let arn = answer.key_metadata.and_then(|key| key.arn);
        arn.ok_or_else(|| AwsError::without_answer("kms:DescribeKey", "the key has no ARN"))
    })
    .await
}

fn waiting(alias: &str) -> Text {
    let alias = harmless(alias);
    text! {
        en: "Waiting until KMS shows the key {alias}",
        ko: "KMS에 키 {alias}이(가) 반영되기를 기다리는 중"
    }
}

/// A new key and a new alias are shown everywhere after a moment.
fn not_shown_yet(error: &AwsError) -> bool {
    error.is("NotFound")
}

/// What the key with this alias is called in plans and in the journal.
pub fn resource(alias: &str) -> String {
    format!("kms:{alias}")
}

impl KeyChange {
    /// What is done.
    pub fn verb(&self) -> Verb {
        match self {
            Self::Create { .. } => Verb::Create,
            Self::Name { .. } => Verb::Attach,
            Self::EnableRotation { .. } => Verb::Enable,
            Self::PutPolicy { .. } => Verb::Update,
        }
    }

    /// To what.
    pub fn resource(&self) -> String {
        match self {
            Self::Create { alias, .. } | Self::Name { alias, .. } => resource(alias),
            Self::EnableRotation { alias } => format!("{}/rotation", resource(alias)),
            Self::PutPolicy { alias, .. } => format!("{}/policy", resource(alias)),
        }
    }

    /// One line for the plan. What it costs comes with it.
    pub fn summary(&self) -> Text {
        match self {
            Self::Create { alias, region, .. } => text! {
                en: "KMS key {alias} in {region}: about $1 a month, and $0.03 for 10,000 calls",
                ko: "{region} 리전의 KMS 키 {alias}: 월 약 $1, 호출 10,000회에 $0.03"
            },
            Self::Name { alias, region, key } => {
                let key = harmless(key);
                text! {
                    en: "alias {alias} to the KMS key {key} in {region}, which a run that was cut short has made: about $1 a month, and $0.03 for 10,000 calls",
                    ko: "중단된 실행이 만든 {region} 리전의 KMS 키 {key}에 별칭 {alias}: 월 약 $1, 호출 10,000회에 $0.03"
                }
            }
            Self::EnableRotation { alias } => text! {
                en: "rotation of {alias} each year, for $1 a month more after the first and the second time",
                ko: "{alias}의 연간 교체(첫 번째와 두 번째 교체 뒤 월 $1씩 추가)"
            },
            Self::PutPolicy { foreign_statements: 0, .. } => text! {
                en: "key policy: CloudTrail encrypts, administrators and named readers decrypt",
                ko: "키 정책: CloudTrail이 암호화하고 관리자와 지정한 사람이 복호화"
            },
            Self::PutPolicy { foreign_statements, .. } => text! {
                en: "key policy: CloudTrail encrypts, administrators and named readers decrypt; what was there stays ({statements})",
                ko: "키 정책: CloudTrail이 암호화하고 관리자와 지정한 사람이 복호화. 기존 문 {foreign_statements}개는 유지",
                statements = counted(foreign_statements, "statement")
            },
        }
    }
}

impl KeyObstacle {
    /// What it is, and what to do about it.
    pub fn text(&self, alias: &str) -> Text {
        let alias = harmless(alias);
        match self {
            Self::Unseen(unseen) | Self::Policy(Obstacle::Unseen(unseen)) => unseen.text(),
            Self::Fitness(Fitness::Off(state)) => {
                let state = harmless(state);
                text! {
                    en: "The key {alias} is in the state {state}, so nothing can be encrypted with it, or read. Switch it on, or cancel its deletion, in the KMS console. dayone does neither.",
                    ko: "키 {alias}의 상태가 {state}이어서 암호화도 읽기도 할 수 없습니다. KMS 콘솔에서 활성화하거나 삭제를 취소하세요. dayone은 둘 다 하지 않습니다."
                }
            }
            Self::Fitness(Fitness::Unfit | Fitness::Fits) => text! {
                en: "The key {alias} is not a symmetric key of this account that encrypts and decrypts. Give the alias to one that is, or delete the alias, and dayone makes a key.",
                ko: "키 {alias}은(는) 이 계정의 대칭 암호화 키가 아닙니다. 별칭을 그런 키에 붙이거나 별칭을 삭제하면 dayone이 키를 만듭니다."
            },
            Self::Policy(Obstacle::LockedOut(who)) => {
                let who = harmless(who);
                text! {
                    en: "A statement in the policy of key {alias} would lock out {who}. Look at the policy in the KMS console.",
                    ko: "키 {alias} 정책의 기존 문이 {who}의 접근을 막습니다. KMS 콘솔에서 정책을 확인하세요."
                }
            }
            Self::Policy(Obstacle::TooLarge(bytes)) => text! {
                en: "With what dayone adds, the policy of key {alias} would have {bytes} bytes, and KMS takes {LARGEST_POLICY}. Remove statements that nobody needs any more in the KMS console.",
                ko: "dayone의 명령문을 더하면 키 {alias}의 정책이 {bytes}바이트가 되는데 KMS는 {LARGEST_POLICY}바이트까지만 받습니다. KMS 콘솔에서 필요 없는 명령문을 지우세요."
            },
            // The others are about buckets alone.
            Self::Policy(
                Obstacle::UnreadablePolicy
                | Obstacle::NotMine
                | Obstacle::Elsewhere(_)
                | Obstacle::Public(_)
                | Obstacle::Granted(_)
                | Obstacle::Expires { .. },
            ) => text! {
                en: "The policy of key {alias} cannot be understood, so nothing is added to it. Look at it in the KMS console.",
                ko: "키 {alias}의 정책을 해석할 수 없어 아무것도 추가하지 않습니다. KMS 콘솔에서 확인하세요."
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Access, canned};
    use crate::operator::nobody::Nobody;

    const ALIAS: &str = "alias/dayone-trail";
    const DESCRIPTION: &str = "for a test";

    fn described_as(id: &str, description: &str, state: &str) -> String {
        described_with(id, description, state, r#""Origin": "AWS_KMS""#)
    }

    fn described_with(id: &str, description: &str, state: &str, more: &str) -> String {
        format!(
            r#"{{"KeyMetadata": {{"KeyId": "{id}", "Arn": "arn:aws:kms:eu-north-1:111122223333:key/{id}",
                "KeyManager": "CUSTOMER", "KeyUsage": "ENCRYPT_DECRYPT", "KeySpec": "SYMMETRIC_DEFAULT",
                "KeyState": "{state}", "Description": "{description}", {more}}}}}"#
        )
    }

    fn policy() -> Document {
        let root = r#"{"Sid":"DayoneAccount","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},
            "Action":"kms:*","Resource":"*"}"#;
        Document::parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{root}]}}"#)).unwrap()
    }

    fn wanted() -> Wanted {
        Wanted {
            alias: ALIAS.into(),
            region: "eu-north-1".into(),
            description: DESCRIPTION.into(),
            policy: policy(),
            must_let: Vec::new(),
        }
    }

    fn perfect() -> KeyFacts {
        KeyFacts {
            arn: "arn:aws:kms:eu-north-1:111122223333:key/1".into(),
            fitness: Fitness::Fits,
            rotates: Ok(true),
            policy: Ok(Some(policy().to_json())),
        }
    }

    /// A policy of somebody else's that leaves no room for ours.
    fn large_policy() -> String {
        let name = "n".repeat(LARGEST_POLICY);
        policy().to_json().replace("DayoneAccount", &name).replace("kms:*", "kms:Decrypt")
    }

    fn told(facts: Reading<Option<KeyFacts>>) -> Result<Vec<String>, KeyObstacle> {
        told_after(facts, &LeftOver::Nothing)
    }

    fn told_after(
        facts: Reading<Option<KeyFacts>>,
        left_over: &LeftOver,
    ) -> Result<Vec<String>, KeyObstacle> {
        let changes = plan(&wanted(), &facts, left_over)?;
        Ok(changes.iter().map(|change| format!("{:?} {}", change.verb(), change.resource())).collect())
    }

    #[test]
    fn a_key_is_made_once_and_brought_up_to_what_is_wanted() {
        let create = ["Create kms:alias/dayone-trail", "Enable kms:alias/dayone-trail/rotation"];
        assert_eq!(told(Ok(None)).unwrap(), create);
        assert!(told(Ok(Some(perfect()))).unwrap().is_empty());
        let still = KeyFacts { rotates: Ok(false), ..perfect() };
        assert_eq!(told(Ok(Some(still))).unwrap(), create[1..]);
        let shut = KeyFacts { policy: Ok(None), ..perfect() };
        assert_eq!(told(Ok(Some(shut))).unwrap(), ["Update kms:alias/dayone-trail/policy"]);
    }

    #[test]
    fn a_key_that_a_run_was_cut_short_with_is_named_and_no_other_made() {
        let left_over = LeftOver::Key("2".into());
        let name = ["Attach kms:alias/dayone-trail", "Enable kms:alias/dayone-trail/rotation"];
        assert_eq!(told_after(Ok(None), &left_over).unwrap(), name);
        assert!(told_after(Ok(Some(perfect())), &left_over).unwrap().is_empty());
        for (left_over, expected) in [(LeftOver::Nothing, false), (LeftOver::Unseen, true)] {
            let changes = plan(&wanted(), &Ok(None), &left_over).unwrap();
            let Some(KeyChange::Create { begun, .. }) = changes.first() else { panic!("{changes:?}") };
            assert_eq!(*begun, expected, "{left_over:?}");
        }
    }

    #[test]
    fn a_key_that_cannot_be_used_or_seen_is_left_alone() {
        let unseen = || Unseen::denied("kms:GetSomething", "AccessDeniedException");
        let facts = [
            (Err(unseen()), "kms:GetSomething"),
            (Ok(Some(KeyFacts { rotates: Err(unseen()), ..perfect() })), "kms:GetSomething"),
            (Ok(Some(KeyFacts { policy: Err(unseen()), ..perfect() })), "kms:GetSomething"),
            (Ok(Some(KeyFacts { policy: Ok(Some("{".into())), ..perfect() })), ALIAS),
            (
                Ok(Some(KeyFacts { fitness: Fitness::Off("PendingDeletion".into()), ..perfect() })),
                "PendingDeletion",
            ),
            (Ok(Some(KeyFacts { fitness: Fitness::Unfit, ..perfect() })), ALIAS),
            (Ok(Some(KeyFacts { policy: Ok(Some(large_policy())), ..perfect() })), "32768"),
        ];
        for (facts, word) in facts {
            let text = told(facts).unwrap_err().text(ALIAS);
            assert!(text.en.contains(word) && text.ko.contains(word), "{text:?}");
        }
    }

    #[test]
    fn the_price_is_told_with_the_key() {
        for left_over in [LeftOver::Nothing, LeftOver::Key("2".into())] {
            for change in plan(&wanted(), &Ok(None), &left_over).unwrap() {
                let summary = change.summary();
                assert!(summary.en.contains("$1") && summary.ko.contains("$1"), "{summary:?}");
            }
        }
    }

    #[tokio::test]
    async fn no_key_behind_the_alias_is_none() {
        let aws = canned::Aws::answering(|call| call.refused(400, "NotFoundException"));
        let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        assert_eq!(observe(&identity, "eu-north-1", ALIAS).await.unwrap(), Ok(None));
    }

    #[tokio::test]
    async fn a_key_that_is_switched_off_is_not_asked_for_more() {
        let aws = canned::Aws::answering(|_| Some((200, described_as("1", DESCRIPTION, "PendingDeletion"))));
        let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        let found = observe(&identity, "eu-north-1", ALIAS).await.unwrap().unwrap().unwrap();
        assert_eq!(found.fitness, Fitness::Off("PendingDeletion".into()));
        assert_eq!(aws.heard().len(), 2);
    }

    /// Its key material is imported, kept in a module, or replaced with that of another key.
    #[tokio::test]
    async fn a_key_that_aws_cannot_rotate_is_not_asked_to() {
        let replica = r#""Origin": "AWS_KMS", "MultiRegionConfiguration": {"MultiRegionKeyType": "REPLICA"}"#;
        let primary = r#""Origin": "AWS_KMS", "MultiRegionConfiguration": {"MultiRegionKeyType": "PRIMARY"}"#;
        for (more, can) in [
            (r#""Origin": "AWS_KMS""#, true),
            (primary, true),
            (r#""Origin": "EXTERNAL""#, false),
            (r#""Origin": "AWS_CLOUDHSM""#, false),
            (r#""Origin": "EXTERNAL_KEY_STORE""#, false),
            (replica, false),
        ] {
            let described = described_with("1", DESCRIPTION, "Enabled", more);
            let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
                "DescribeKey" => Some((200, described.clone())),
                "GetKeyRotationStatus" => Some((200, r#"{"KeyRotationEnabled": false}"#.into())),
                _ => Some((200, serde_json::json!({"Policy": policy().to_json()}).to_string())),
            });
            let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
            let found = observe(&identity, "eu-north-1", ALIAS).await.unwrap();
            assert_eq!(told(found).unwrap().len(), usize::from(can), "{more}");
            let asked = aws.heard().iter().any(|heard| heard.operation == "GetKeyRotationStatus");
            assert_eq!(asked, can, "{more}");
        }
    }

    #[tokio::test]
    async fn a_policy_that_somebody_has_changed_meanwhile_is_not_overwritten() {
        let theirs = policy().to_json().replace("DayoneAccount", "Theirs").replace("kms:*", "kms:Decrypt");
        let put = KeyChange::PutPolicy {
            alias: ALIAS.into(),
            policy: policy(),
            replaces: None,
            foreign_statements: 0,
        };
        let cases =
            [(None, "PutKeyPolicy"), (Some(policy().to_json()), "GetKeyPolicy"), (Some(theirs), "Theirs")];
        for (now, expected) in cases {
            let now = serde_json::json!({ "Policy": now }).to_string();
            let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
                "DescribeKey" => Some((200, described_as("1", DESCRIPTION, "Enabled"))),
                "GetKeyPolicy" => Some((200, now.clone())),
                _ => Some((200, "{}".into())),
            });
            let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
            let last = || aws.heard().pop().map(|heard| heard.operation);
            match apply(&put, &identity, "eu-north-1", &mut Nobody).await {
                Ok(()) => assert_eq!(last().as_deref(), Some(expected)),
                Err(error) => {
                    let text = error.text();
                    assert!(text.en.contains(expected) && text.en.contains(ALIAS), "{text:?}");
                    assert_eq!(last().as_deref(), Some("GetKeyPolicy"));
                }
            }
        }
    }
}
