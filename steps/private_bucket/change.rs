//! What can be changed about a bucket, and how it is told.

use serde::Serialize;

use crate::policy::{Document, Statement};
use crate::practice::Verb;
use crate::text;
use crate::text::{Text, counted, harmless};

use super::lifecycle::Retention;
use super::policy::READERS_READ;
use super::tags::{Tags, in_words};

/// What can be changed about a bucket.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum BucketChange {
    /// Creates it.
    Create {
        /// Its name.
        bucket: String,
        /// Its Region.
        region: String,
    },
    /// Blocks public access.
    BlockPublicAccess {
        /// The bucket.
        bucket: String,
    },
    /// Switches access control lists off.
    EnforceOwnership {
        /// The bucket.
        bucket: String,
    },
    /// Encrypts objects by default.
    Encrypt {
        /// The bucket.
        bucket: String,
        /// Whether objects are refused that come with a key of their own (SSE-C).
        blocks_customer_keys: bool,
    },
    /// Encrypts objects with a KMS key by default.
    EncryptWithKey {
        /// The bucket.
        bucket: String,
        /// The key's alias.
        alias: String,
    },
    /// Keeps earlier versions of objects.
    EnableVersioning {
        /// The bucket.
        bucket: String,
    },
    /// Has Object Lock keep new objects, in governance mode.
    LockObjects {
        /// The bucket.
        bucket: String,
        /// For how many days.
        days: u32,
    },
    /// Sets the policy: ours, and the foreign statements that were there.
    PutPolicy {
        /// The bucket.
        bucket: String,
        /// The whole policy.
        policy: Document,
        /// The one that it was made of, and takes the place of.
        replaces: Option<Document>,
        /// How many statements of others stay in it.
        foreign_statements: usize,
    },
    /// Sets our lifecycle rule. Rules of others stay.
    PutLifecycle {
        /// The bucket.
        bucket: String,
        /// The rule.
        retention: Retention,
    },
    /// Adds tags. Those that are there stay.
    PutTags {
        /// The bucket.
        bucket: String,
        /// The tags that are added.
        tags: Tags,
    },
}

impl BucketChange {
    /// What is done.
    pub fn verb(&self) -> Verb {
        match self {
            Self::Create { .. } => Verb::Create,
            Self::BlockPublicAccess { .. } | Self::EnableVersioning { .. } | Self::LockObjects { .. } => {
                Verb::Enable
            }
            Self::EnforceOwnership { .. }
            | Self::Encrypt { .. }
            | Self::EncryptWithKey { .. }
            | Self::PutPolicy { .. }
            | Self::PutLifecycle { .. }
            | Self::PutTags { .. } => Verb::Update,
        }
    }

    /// To what.
    pub fn resource(&self) -> String {
        let part = match self {
            Self::Create { .. } => "",
            Self::BlockPublicAccess { .. } => "/public-access-block",
            Self::EnforceOwnership { .. } => "/ownership-controls",
            Self::Encrypt { .. } | Self::EncryptWithKey { .. } => "/encryption",
            Self::EnableVersioning { .. } => "/versioning",
            Self::LockObjects { .. } => "/object-lock",
            Self::PutPolicy { .. } => "/policy",
            Self::PutLifecycle { .. } => "/lifecycle",
            Self::PutTags { .. } => "/tags",
        };
        format!("s3:bucket/{}{part}", self.bucket())
    }

    /// The bucket's name.
    pub(super) fn bucket(&self) -> &str {
        match self {
            Self::Create { bucket, .. }
            | Self::BlockPublicAccess { bucket }
            | Self::EnforceOwnership { bucket }
            | Self::Encrypt { bucket, .. }
            | Self::EncryptWithKey { bucket, .. }
            | Self::EnableVersioning { bucket }
            | Self::LockObjects { bucket, .. }
            | Self::PutPolicy { bucket, .. }
            | Self::PutLifecycle { bucket, .. }
            | Self::PutTags { bucket, .. } => bucket,
        }
    }

    /// One line for the plan.
    pub fn summary(&self) -> Text {
        match self {
            Self::Create { bucket, region } => {
                text! { en: "bucket {bucket} in {region}", ko: "{region} 리전에 버킷 {bucket}" }
            }
            Self::BlockPublicAccess { .. } => {
                text! { en: "Block Public Access, all four settings", ko: "퍼블릭 액세스 차단, 네 가지 설정 모두" }
            }
            Self::EnforceOwnership { .. } => {
                text! { en: "ownership: access control lists off", ko: "소유권: 액세스 제어 목록(ACL) 끔" }
            }
            Self::Encrypt { blocks_customer_keys: false, .. } => {
                text! { en: "encryption by default (SSE-S3)", ko: "기본 암호화(SSE-S3)" }
            }
            Self::Encrypt { .. } => text! {
                en: "encryption by default (SSE-S3), customer-provided keys (SSE-C) blocked",
                ko: "기본 암호화(SSE-S3), 고객 제공 키(SSE-C) 차단"
            },
            Self::EncryptWithKey { alias, .. } => text! {
                en: "encryption by default with the KMS key {alias}, customer-provided keys (SSE-C) blocked",
                ko: "KMS 키 {alias}(으)로 기본 암호화, 고객 제공 키(SSE-C) 차단"
            },
            Self::LockObjects { days, .. } => text! {
                en: "Object Lock: each new object is kept for {days_en} (governance mode)",
                ko: "객체 잠금(Object Lock): 새 객체를 {days}일 동안 보존(거버넌스 모드)",
                days_en = counted(days, "day")
            },
            Self::EnableVersioning { .. } => {
                text! { en: "versioning, so that nothing is overwritten", ko: "버전 관리, 덮어써도 이전 버전 보존" }
            }
            Self::PutPolicy { policy, foreign_statements, .. } => policy_summary(policy, *foreign_statements),
            Self::PutLifecycle { retention, .. } => retention.summary(),
            Self::PutTags { tags, .. } => {
                let tags = in_words(tags);
                text! { en: "tags: {tags}", ko: "태그: {tags}" }
            }
        }
    }
}

fn policy_summary(policy: &Document, foreign_statements: usize) -> Text {
    let named = |sid: &str| policy.statement.iter().find(|statement| statement.sid.as_deref() == Some(sid));
    let mut summary = if named("DayoneOnlyReadersRead").is_some() {
        text! {
            en: "bucket policy: TLS only, the service writes, only administrators and named readers read",
            ko: "버킷 정책: TLS만 허용, 서비스가 쓰고 관리자와 지정한 사람만 읽음"
        }
    } else {
        text! { en: "bucket policy: TLS only, the service writes", ko: "버킷 정책: TLS만 허용, 서비스가 씀" }
    };
    let mut add = |more: Text| {
        summary.en.push_str(&more.en);
        summary.ko.push_str(&more.ko);
    };
    if let Some(readers) = named(READERS_READ).map(readers) {
        add(text! { en: "; readers: {readers}", ko: ". 읽는 사람: {readers}" });
    }
    if foreign_statements > 0 {
        add(text! {
            en: "; what was there stays ({statements})",
            ko: ". 기존 정책 명령문 {foreign_statements}개는 유지",
            statements = counted(foreign_statements, "statement")
        });
    }
    summary
}

/// Whom the statement of the readers names.
fn readers(statement: &Statement) -> String {
    let named = statement.condition.values().filter_map(|keys| keys.get("aws:PrincipalArn"));
    let arns: Vec<_> = named.flat_map(|words| &words.0).map(String::as_str).collect();
    harmless(&arns.join(", "))
}
