//! The plan for a bucket as tables of cases, and what holds of every bucket.

mod always;
mod options;
mod policy;
mod settings;
mod words;

use super::*;
use crate::plan_cases::{ALICE, BOB, says, unseen};
use crate::private_bucket::imagined;

const SERVICE: &str = "cloudtrail.amazonaws.com";
const TRAIL: &str = "arn:aws:cloudtrail:eu-central-1:111122223333:trail/day-one";
const OBJECT: &str = "arn:aws:s3:::logs/file";
const KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/1";

// The statements that the bucket of these tests must have.
const WRITES: &str = r#"{"Sid":"DayoneServiceWrites","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},
    "Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/*","Condition":{"StringEquals":
    {"aws:SourceArn":"arn:aws:cloudtrail:eu-central-1:111122223333:trail/day-one"}}}"#;
const TLS_ONLY: &str = r#"{"Sid":"DayoneDenyInsecureTransport","Effect":"Deny","Principal":"*","Action":"s3:*",
    "Resource":["arn:aws:s3:::logs","arn:aws:s3:::logs/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#;
const READERS: &str = r#"{"Sid":"DayoneOnlyReadersRead","Effect":"Deny","Principal":"*","Action":"s3:GetObject",
    "Resource":"arn:aws:s3:::logs/*","Condition":{
    "ArnNotLikeIfExists":{"aws:PrincipalArn":["arn:aws:iam::111122223333:user/alice"]},
    "BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}}"#;

// Forms of the first one that were put earlier, or by others.
const EARLIER_WRITES: &str = r#"{"Sid":"DayoneServiceWrites","Effect":"Allow",
    "Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/*"}"#;
const NAMELESS_WRITES: &str = r#"{"Effect":"Allow","Principal":{"Service":["cloudtrail.amazonaws.com"]},
    "Action":["s3:PutObject"],"Resource":["arn:aws:s3:::logs/*"],"Condition":{"StringEquals":
    {"aws:SourceArn":["arn:aws:cloudtrail:eu-central-1:111122223333:trail/day-one"]}}}"#;

// Statements of others.
const EVERY_TRAIL_WRITES: &str = r#"{"Sid":"AWSCloudTrailWrite20150319","Effect":"Allow",
    "Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:*","Resource":"arn:aws:s3:::logs/*",
    "Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:cloudtrail:*:*:trail/*"}}}"#;
const PARTNER_LISTS: &str = r#"{"Sid":"Partner","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},
    "Action":"s3:ListBucket","Resource":"arn:aws:s3:::logs"}"#;
const NAMELESS_DENY_BOB: &str = r#"{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::111122223333:user/bob"},
    "Action":"s3:*","Resource":"arn:aws:s3:::logs/*"}"#;
const DENY_ALICE: &str = r#"{"Sid":"NotAlice","Effect":"Deny","Principal":{"AWS":"arn:aws:iam::111122223333:user/alice"},
    "Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*"}"#;

const PARTNER: &str = "arn:aws:iam::444455556666:role/Auditor";
/// Ours, for readers whom the answers do not name any more.
const PARTNER_READS: &str = r#"{"Sid":"DayoneReadersRead","Effect":"Allow","Principal":"*","Action":"s3:GetObject",
    "Resource":"arn:aws:s3:::logs/*","Condition":{"StringEquals":
    {"aws:PrincipalArn":"arn:aws:iam::444455556666:role/Auditor"}}}"#;
const EVERYBODY_READS: &str = r#"{"Sid":"Website","Effect":"Allow","Principal":"*","Action":"s3:GetObject",
    "Resource":"arn:aws:s3:::logs/public/*"}"#;

const STATEMENTS: [&str; 9] = [
    WRITES,
    EARLIER_WRITES,
    NAMELESS_WRITES,
    TLS_ONLY,
    READERS,
    EVERY_TRAIL_WRITES,
    PARTNER_LISTS,
    NAMELESS_DENY_BOB,
    DENY_ALICE,
];

fn wanted() -> Wanted {
    Wanted {
        name: "logs".into(),
        region: "eu-central-1".into(),
        account: "111122223333".into(),
        policy: document(&[WRITES, TLS_ONLY, READERS]),
        key: None,
        locked_days: 0,
        lifecycle: Some(kept_for(365)),
        purpose: Some("logs"),
        must_let: vec![service_writes(), reads(ALICE)],
    }
}

fn kept_for(days: u32) -> Retention {
    Retention { prefix: "AWSLogs/".into(), expire_after_days: Some(days) }
}

fn tags(tags: &[(&str, &str)]) -> Tags {
    tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn our_tags() -> Tags {
    imagined::our_tags("logs")
}

fn service_writes() -> MustLet {
    let context = vec![("aws:SourceArn", TRAIL.to_owned())];
    MustLet { who: SERVICE.into(), action: "s3:PutObject", resource: OBJECT.into(), context }
}

fn reads(who: &str) -> MustLet {
    MustLet { who: who.into(), action: "s3:GetObject", resource: OBJECT.into(), context: Vec::new() }
}

fn policy_of(statements: &[&str]) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))
}

fn document(statements: &[&str]) -> Document {
    Document::parse(&policy_of(statements)).unwrap()
}

fn perfect() -> Settings {
    imagined::whole("eu-central-1", Some(&policy_of(&[WRITES, TLS_ONLY, READERS])), kept_for(365), "logs")
}

fn mine(settings: Settings) -> BucketFacts {
    BucketFacts::Mine(Box::new(settings))
}

fn bucket() -> String {
    "logs".into()
}

/// The policy that is put in the place of the one that was found.
fn put_policy(found: Option<&str>, statements: &[&str], foreign_statements: usize) -> BucketChange {
    let replaces = found.map(|found| Document::parse(found).unwrap());
    BucketChange::PutPolicy { bucket: bucket(), policy: document(statements), replaces, foreign_statements }
}

/// Everything that a bucket can lack, in the order in which it is made good.
fn everything() -> Vec<BucketChange> {
    vec![
        BucketChange::BlockPublicAccess { bucket: bucket() },
        BucketChange::EnforceOwnership { bucket: bucket() },
        BucketChange::Encrypt { bucket: bucket(), blocks_customer_keys: true },
        BucketChange::EnableVersioning { bucket: bucket() },
        BucketChange::PutLifecycle { bucket: bucket(), retention: kept_for(365) },
        BucketChange::PutTags { bucket: bucket(), tags: our_tags() },
        put_policy(None, &[WRITES, TLS_ONLY, READERS], 0),
    ]
}

/// A bucket that is to be encrypted with a key, and locked for 30 days.
fn with_options(arn: Option<&str>) -> Wanted {
    let key = DefaultKey { alias: "alias/dayone-trail".into(), arn: arn.map(ToOwned::to_owned) };
    Wanted { key: Some(key), locked_days: 30, ..wanted() }
}

/// What is planned for a bucket where only the policy may be at fault.
fn mended(policy: &str) -> Result<Option<BucketChange>, Obstacle> {
    let settings = Settings { policy: Ok(Some(policy.to_owned())), ..perfect() };
    let mut changes = plan(&wanted(), &mine(settings))?;
    let last = changes.pop();
    assert_eq!(changes, [], "only the policy was at fault");
    Ok(last)
}
