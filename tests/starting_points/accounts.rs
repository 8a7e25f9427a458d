//! Accounts in which others have made something, and what is there after a run.

use serde_json::{Value, json};

use crate::support::stage::{Stage, Trail};

pub const TRAIL_BUCKET: &str = "dayone-trail-111122223333-us-east-1-an";
pub const REPORT_BUCKET: &str = "dayone-billing-111122223333-us-east-1-an";

pub const PERFECT: Trail = Trail { multi_region: true, validated: true, logging: true };
pub const SINGLE_REGION: Trail = Trail { multi_region: false, validated: false, logging: true };

/// An account with a trail of somebody else's in us-east-1, into a bucket of theirs.
pub async fn with_trail(name: &str, is: Trail) -> Stage {
    with_trail_in("us-east-1", name, is).await
}

/// The same in another Region.
pub async fn with_trail_in(region: &str, name: &str, is: Trail) -> Stage {
    let stage = Stage::new();
    stage.bucket("logs", region, Some(for_trails("logs"))).await;
    stage.trail(name, region, "logs", is).await;
    stage
}

/// An account with a report into a bucket of somebody else's.
pub async fn with_report(name: &str, other: Value) -> Stage {
    let stage = Stage::new();
    stage.bucket("bills", "us-east-1", Some(for_reports("bills"))).await;
    stage.report(name, "bills", other).await;
    stage
}

/// The policy that CloudTrail needs of a bucket, as its own documentation has it, for any trail of the account.
fn for_trails(bucket: &str) -> Value {
    let (arn, service) = (format!("arn:aws:s3:::{bucket}"), json!({"Service": "cloudtrail.amazonaws.com"}));
    let any = json!({"aws:SourceArn": "arn:aws:cloudtrail:*:111122223333:trail/*"});
    let own_acl = json!({"s3:x-amz-acl": "bucket-owner-full-control"});
    json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "AWSCloudTrailAclCheck", "Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl",
         "Resource": arn, "Condition": {"ArnLike": any}},
        {"Sid": "AWSCloudTrailWrite", "Effect": "Allow", "Principal": service, "Action": "s3:PutObject",
         "Resource": format!("{arn}/AWSLogs/111122223333/*"),
         "Condition": {"ArnLike": any, "StringEquals": own_acl}}
    ]})
}

/// The policy that reports need of a bucket.
fn for_reports(bucket: &str) -> Value {
    let (arn, service) =
        (format!("arn:aws:s3:::{bucket}"), json!({"Service": "billingreports.amazonaws.com"}));
    let own = json!({"StringEquals": {
        "aws:SourceArn": "arn:aws:cur:us-east-1:111122223333:definition/*", "aws:SourceAccount": "111122223333"
    }});
    json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "Checks", "Effect": "Allow", "Principal": service,
         "Action": ["s3:GetBucketAcl", "s3:GetBucketPolicy"], "Resource": arn, "Condition": own},
        {"Sid": "Writes", "Effect": "Allow", "Principal": service, "Action": "s3:PutObject",
         "Resource": format!("{arn}/*"), "Condition": own}
    ]})
}

/// A statement of somebody else about a bucket.
pub fn theirs(effect: &str, principal: Value, action: &str, resource: &str) -> Value {
    let statement = json!({"Sid": "Theirs", "Effect": effect, "Principal": principal, "Action": action,
                           "Resource": format!("arn:aws:s3:::{resource}")});
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

/// The names of the statements in a bucket's policy.
pub async fn statements(stage: &Stage, bucket: &str) -> Vec<String> {
    let policy = stage.policy_of(bucket).await;
    let names = policy["Statement"].as_array().unwrap().iter();
    let mut names: Vec<_> = names.map(|statement| statement["Sid"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// Each trail of the account: its ARN without what is the same for all, and its bucket, and whether it covers all
/// Regions, validates its files and logs.
pub async fn trails(stage: &Stage) -> Vec<(String, String, [bool; 3])> {
    let snapshot = stage.account.snapshot().await;
    let found = snapshot["trails"].as_array().unwrap().iter();
    let trail = |trail: &Value| {
        let word = |key: &str| trail[key].as_str().unwrap().to_owned();
        let arn = word("arn").replace("arn:aws:cloudtrail:", "").replace(":111122223333:trail/", " ");
        (arn, word("bucket"), ["all", "validated", "logging"].map(|key| trail[key] == true))
    };
    found.map(trail).collect()
}

pub fn good(arn: &str, bucket: &str) -> (String, String, [bool; 3]) {
    (arn.to_owned(), bucket.to_owned(), [true; 3])
}

/// Each report: its name, its prefix, and whether closed months are refreshed.
pub async fn reports(stage: &Stage) -> Vec<(String, String, bool)> {
    let snapshot = stage.account.snapshot().await;
    let word = |report: &Value, key: &str| report[key].as_str().unwrap().to_owned();
    let report = |report: &Value| {
        let refreshed = report["refresh_closed_reports"] == true;
        (word(report, "report_name"), word(report, "s3_prefix"), refreshed)
    };
    snapshot["reports"].as_object().unwrap().values().map(report).collect()
}
