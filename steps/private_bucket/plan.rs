//! What has to be done for a bucket to be as it should. Pure.

use crate::aws::{Reading, Unseen};
use crate::policy::{Document, Statement};
use crate::text;
use crate::text::{Text, harmless};

use super::change::BucketChange;
use super::expiry::{self, OtherRule};
use super::facts::{BucketFacts, Lock, Settings};
use super::lifecycle::Retention;
use super::policy::{Mended, MustLet, mended_policy};
use super::tags::{Tags, missing};

/// The most bytes that a bucket policy has: 20 KB. Source: S3 user guide, "Bucket policies for Amazon S3".
const LARGEST_POLICY: usize = 20 * 1_024;

/// What a bucket should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// Its Region.
    pub region: String,
    /// The account that owns it.
    pub account: String,
    /// The statements that its policy must have. Their names begin with `Dayone`, so that what an account's other trails
    /// and reports need, which has AWS's own names, is never taken for ours.
    pub policy: Document,
    /// The key that it encrypts objects with by default; none: any encryption will do.
    pub key: Option<DefaultKey>,
    /// For how many days Object Lock keeps each new object, at the least; 0: its lock is left as it is.
    pub locked_days: u32,
    /// The lifecycle rule that it must have; none: its lifecycle is left as it is.
    pub lifecycle: Option<Retention>,
    /// What its tags say it is for; none: its tags are left as they are.
    pub purpose: Option<&'static str>,
    /// What the whole policy, foreign statements included, must let through.
    pub must_let: Vec<MustLet>,
}

/// A KMS key that objects are encrypted with by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultKey {
    /// Its alias, such as `alias/dayone-trail`.
    pub alias: String,
    /// Its ARN; none: it is not made yet.
    pub arn: Option<String>,
}

/// Why a bucket cannot be brought up to what is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// Another account has the name.
    NotMine,
    /// It is in another Region.
    Elsewhere(String),
    /// It, or a setting of it, could not be read.
    Unseen(Unseen),
    /// Its policy cannot be read as one.
    UnreadablePolicy,
    /// A statement that is not ours would lock out the one named here.
    LockedOut(String),
    /// The statements named here let in everybody, who would be shut out.
    Public(Vec<String>),
    /// The access control list gives rights to those named here, who would lose them.
    Granted(Vec<String>),
    /// Lifecycle rules of others take objects sooner than is wanted.
    Expires {
        /// The bucket.
        bucket: String,
        /// The rules.
        rules: Vec<OtherRule>,
    },
    /// Its policy would have so many bytes, which is too many.
    TooLarge(usize),
}

/// What has to be done. Pure.
pub fn plan(wanted: &Wanted, facts: &BucketFacts) -> Result<Vec<BucketChange>, Obstacle> {
    match facts {
        BucketFacts::NotMine => Err(Obstacle::NotMine),
        BucketFacts::Unseen(unseen) => Err(Obstacle::Unseen(unseen.clone())),
        BucketFacts::Mine(settings) if settings.region != wanted.region => {
            Err(Obstacle::Elsewhere(settings.region.clone()))
        }
        BucketFacts::Mine(settings) => mend(wanted, settings),
        BucketFacts::Free => {
            let (bucket, region) = (wanted.name.clone(), wanted.region.clone());
            let mut changes = mend(wanted, &Settings::bare(&region))?;
            changes.insert(0, BucketChange::Create { bucket, region });
            Ok(changes)
        }
    }
}

fn mend(wanted: &Wanted, settings: &Settings) -> Result<Vec<BucketChange>, Obstacle> {
    let bucket = wanted.name.clone();
    let missing = |setting: &Reading<bool>, change: BucketChange| match setting {
        Ok(true) => Ok(None),
        Ok(false) => Ok(Some(change)),
        Err(unseen) => Err(Obstacle::Unseen(unseen.clone())),
    };
    let changes = [
        missing(&settings.public_access_blocked, BucketChange::BlockPublicAccess { bucket: bucket.clone() })?,
        missing(&settings.ownership_enforced, BucketChange::EnforceOwnership { bucket: bucket.clone() })?,
        mend_encryption(wanted, settings)?,
        missing(&settings.versioned, BucketChange::EnableVersioning { bucket })?,
        mend_lock(wanted, &settings.lock)?,
        mend_lifecycle(wanted, &settings.lifecycle)?,
        mend_tags(wanted, &settings.tags)?,
        mend_policy(wanted, &settings.policy)?,
    ];
    let changes: Vec<_> = changes.into_iter().flatten().collect();
    keep_rights_of_others(settings, &changes)?;
    nothing_goes_sooner(wanted, settings)?;
    Ok(changes)
}

/// Whom a public statement or an access control list lets in may rely on it, and nobody here knows who that is. S3 would
/// refuse the changes anyway, in the middle: a policy once public access is blocked, and the end of lists that give
/// others rights.
fn keep_rights_of_others(settings: &Settings, changes: &[BucketChange]) -> Result<(), Obstacle> {
    let found = || Document::parse(settings.policy.as_ref().ok()?.as_deref()?).ok();
    for change in changes {
        match change {
            BucketChange::BlockPublicAccess { .. } => found().as_ref().map_or(Ok(()), let_in_nobody)?,
            BucketChange::PutPolicy { policy, .. } => let_in_nobody(policy)?,
            BucketChange::EnforceOwnership { .. } => match &settings.granted {
                Ok(others) if others.is_empty() => {}
                Ok(others) => return Err(Obstacle::Granted(others.clone())),
                Err(unseen) => return Err(Obstacle::Unseen(unseen.clone())),
            },
            _ => {}
        }
    }
    Ok(())
}

fn let_in_nobody(policy: &Document) -> Result<(), Obstacle> {
    let public: Vec<_> = policy.public_statements().map(Statement::name).collect();
    if public.is_empty() { Ok(()) } else { Err(Obstacle::Public(public)) }
}

fn mend_encryption(wanted: &Wanted, settings: &Settings) -> Result<Option<BucketChange>, Obstacle> {
    let bucket = wanted.name.clone();
    match (&settings.encrypted, &wanted.key) {
        (Err(unseen), _) => Err(Obstacle::Unseen(unseen.clone())),
        (Ok(encrypted), None) => {
            let blocks_customer_keys = wanted.is_ours_alone();
            Ok((!encrypted).then_some(BucketChange::Encrypt { bucket, blocks_customer_keys }))
        }
        (Ok(true), Some(key)) if key.arn.is_some() && key.arn == settings.key => Ok(None),
        (Ok(_), Some(key)) => Ok(Some(BucketChange::EncryptWithKey { bucket, alias: key.alias.clone() })),
    }
}

/// A lock that is stricter than asked for stays: it was somebody's choice.
fn mend_lock(wanted: &Wanted, found: &Reading<Lock>) -> Result<Option<BucketChange>, Obstacle> {
    let (bucket, days) = (wanted.name.clone(), wanted.locked_days);
    match found {
        _ if days == 0 => Ok(None),
        Err(unseen) => Err(Obstacle::Unseen(unseen.clone())),
        Ok(Lock::Compliance) => Ok(None),
        Ok(Lock::Governance(found)) if *found >= days => Ok(None),
        Ok(Lock::Governance(_) | Lock::Off) => Ok(Some(BucketChange::LockObjects { bucket, days })),
    }
}

fn mend_lifecycle(
    wanted: &Wanted,
    found: &Reading<Option<Retention>>,
) -> Result<Option<BucketChange>, Obstacle> {
    let Some(retention) = &wanted.lifecycle else { return Ok(None) };
    match found {
        Err(unseen) => Err(Obstacle::Unseen(unseen.clone())),
        Ok(found) if found.as_ref() == Some(retention) => Ok(None),
        Ok(_) => {
            Ok(Some(BucketChange::PutLifecycle { bucket: wanted.name.clone(), retention: retention.clone() }))
        }
    }
}

/// Whoever has set such a rule may rely on it, so it stays until a person has decided.
fn nothing_goes_sooner(wanted: &Wanted, settings: &Settings) -> Result<(), Obstacle> {
    let Some(retention) = &wanted.lifecycle else { return Ok(()) };
    let rules: Vec<_> = settings.other_rules.iter().filter_map(|rule| rule.sooner_than(retention)).collect();
    if rules.is_empty() { Ok(()) } else { Err(Obstacle::Expires { bucket: wanted.name.clone(), rules }) }
}

fn mend_tags(wanted: &Wanted, found: &Reading<Tags>) -> Result<Option<BucketChange>, Obstacle> {
    let Some(purpose) = wanted.purpose else { return Ok(None) };
    let found = found.as_ref().map_err(|unseen| Obstacle::Unseen(unseen.clone()))?;
    let (bucket, tags) = (wanted.name.clone(), missing(purpose, found));
    Ok((!tags.is_empty()).then_some(BucketChange::PutTags { bucket, tags }))
}

fn mend_policy(wanted: &Wanted, found: &Reading<Option<String>>) -> Result<Option<BucketChange>, Obstacle> {
    let mended = mended_policy(&wanted.policy, &wanted.must_let, found)?;
    let Some(Mended { policy, replaces, foreign_statements }) = mended else { return Ok(None) };
    let bytes = policy.to_json().len();
    if bytes > LARGEST_POLICY {
        return Err(Obstacle::TooLarge(bytes));
    }
    let bucket = wanted.name.clone();
    Ok(Some(BucketChange::PutPolicy { bucket, policy, replaces, foreign_statements }))
}

impl Wanted {
    /// Whether nobody else relies on the bucket: only such a one gets a lifecycle.
    fn is_ours_alone(&self) -> bool {
        self.lifecycle.is_some()
    }
}

impl Obstacle {
    /// What it is.
    pub fn what(&self, bucket: &str) -> Text {
        let bucket = harmless(bucket);
        match self {
            Self::NotMine => text! {
                en: "The bucket {bucket} belongs to another account.",
                ko: "버킷 {bucket}은(는) 다른 계정의 것입니다."
            },
            Self::Elsewhere(region) => {
                let region = harmless(region);
                text! {
                    en: "The bucket {bucket} is in {region}, another Region than asked for.",
                    ko: "버킷 {bucket}은(는) 지정한 리전이 아닌 {region}에 있습니다."
                }
            }
            Self::Unseen(unseen) => unseen.text(),
            Self::LockedOut(who) => {
                let who = harmless(who);
                text! {
                    en: "A statement in the policy of bucket {bucket} would lock out {who}.",
                    ko: "버킷 {bucket} 정책에 있던 명령문이 {who}의 접근을 막습니다."
                }
            }
            Self::Public(statements) => {
                let statements = harmless(&statements.join(", "));
                text! {
                    en: "The policy of bucket {bucket} lets in everybody, by: {statements}.",
                    ko: "버킷 {bucket} 정책에 누구나 접근하게 하는 명령문이 있습니다: {statements}."
                }
            }
            Self::Granted(others) => {
                let others = harmless(&others.join(", "));
                text! {
                    en: "The access control list of bucket {bucket} gives rights to: {others}.",
                    ko: "버킷 {bucket}의 액세스 제어 목록(ACL)이 다음 대상에 권한을 줍니다: {others}."
                }
            }
            Self::Expires { rules, .. } => expiry::what(&bucket, rules),
            Self::TooLarge(bytes) => text! {
                en: "With what dayone adds, the policy of bucket {bucket} would have {bytes} bytes, and S3 takes {LARGEST_POLICY}.",
                ko: "dayone의 명령문을 더하면 버킷 {bucket}의 정책이 {bytes}바이트가 되는데 S3는 {LARGEST_POLICY}바이트까지만 받습니다."
            },
            Self::UnreadablePolicy => text! {
                en: "The policy of bucket {bucket} cannot be understood, so nothing is added to it.",
                ko: "버킷 {bucket}의 정책을 해석할 수 없어 아무것도 추가하지 않습니다."
            },
        }
    }

    /// What to do about it. `key` is the answer that names the bucket.
    pub fn how(&self, key: &str) -> Text {
        match self {
            Self::NotMine | Self::Unseen(_) => text! {
                en: "Name another one: {key} in the answers file.",
                ko: "응답 파일의 {key}에 다른 이름을 적으세요."
            },
            Self::Elsewhere(_) => text! {
                en: "Name another bucket or Region ({key}).",
                ko: "다른 버킷이나 리전을 지정하세요({key})."
            },
            Self::LockedOut(_) | Self::UnreadablePolicy => text! {
                en: "Look at the policy, or name another bucket ({key}).",
                ko: "정책을 확인하거나 다른 버킷을 지정하세요({key})."
            },
            Self::Public(_) => text! {
                en: "Blocking public access would shut them out, and S3 takes no policy with such a statement then. Narrow it or remove it, or name another bucket ({key}).",
                ko: "퍼블릭 액세스를 차단하면 그 접근이 끊기고, S3는 그런 명령문이 든 정책을 받지 않습니다. 명령문을 좁히거나 지우거나 다른 버킷을 지정하세요({key})."
            },
            Self::Granted(_) => text! {
                en: "They would lose them, because dayone switches such lists off. Give them the rights in the bucket policy and make the list private (S3 user guide, \"Prerequisites for disabling ACLs\"), or name another bucket ({key}).",
                ko: "dayone이 ACL을 끄면 그 권한이 사라집니다. 권한을 버킷 정책으로 옮기고 ACL을 비공개로 되돌리거나(S3 사용 설명서의 ACL 비활성화 사전 조건), 다른 버킷을 지정하세요({key})."
            },
            Self::Expires { bucket, rules } => expiry::how(bucket, rules, key),
            Self::TooLarge(_) => text! {
                en: "Remove statements that nobody needs any more, or name another bucket ({key}).",
                ko: "필요 없는 명령문을 지우거나 다른 버킷을 지정하세요({key})."
            },
        }
    }
}

#[cfg(test)]
mod tests;
