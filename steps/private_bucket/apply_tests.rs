use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::facts::{Lock, default_key, lock};
use super::*;
use crate::aws::Access;
use crate::aws::canned::{Answer, Aws, Heard};
use crate::operator::nobody::Nobody;

const KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/1";

const OURS: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"DayoneOurs","Effect":"Deny","Principal":"*",
    "Action":"s3:*","Resource":"arn:aws:s3:::logs/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}"#;
const THEIRS: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Partner","Effect":"Allow",
    "Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"s3:ListBucket","Resource":"arn:aws:s3:::logs"}]}"#;

/// What came of a change of the bucket `logs`, and what AWS was asked for it: methods, and parts of the bucket.
async fn made(
    change: &BucketChange,
    answer: impl Fn(&Heard) -> Answer + Send + Sync + 'static,
) -> (Result<(), StepError>, Vec<String>) {
    let aws = Aws::answering(answer);
    let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
    let result = apply(change, &identity, "eu-central-1", &mut Nobody).await;
    let asked = |heard: Heard| {
        let (method, address) = heard.operation.split_once(' ').unwrap_or_default();
        format!("{method} {}", address.split('?').nth(1).unwrap_or_default())
    };
    (result, aws.heard().into_iter().skip(1).map(asked).collect())
}

fn nothing() -> Answer {
    Some((200, String::new()))
}

fn create() -> BucketChange {
    BucketChange::Create { bucket: "logs".into(), region: "eu-central-1".into() }
}

fn put_policy(replaces: Option<&str>) -> BucketChange {
    BucketChange::PutPolicy {
        bucket: "logs".into(),
        policy: Document::parse(OURS).unwrap(),
        replaces: replaces.map(|policy| Document::parse(policy).unwrap()),
        foreign_statements: 0,
    }
}

/// What S3 answers while this is the policy.
fn holding(policy: Option<&'static str>) -> impl Fn(&Heard) -> Answer + Send + Sync + 'static {
    move |call| match (call.operation.starts_with("GET "), policy) {
        (true, Some(policy)) => Some((200, policy.to_owned())),
        (true, None) => call.refused(404, "NoSuchBucketPolicy"),
        (false, _) => nothing(),
    }
}

#[tokio::test]
async fn a_policy_is_read_again_directly_before_it_is_put() {
    for policy in [None, Some(THEIRS)] {
        let (result, asked) = made(&put_policy(policy), holding(policy)).await;
        assert!(result.is_ok(), "{result:?}");
        assert_eq!(asked, ["GET policy", "PUT policy"]);
    }
    let (result, asked) = made(&put_policy(None), holding(Some(OURS))).await;
    assert!(result.is_ok() && asked == ["GET policy"], "it is there already: {result:?} {asked:?}");
}

#[tokio::test]
async fn a_policy_that_somebody_has_changed_meanwhile_is_not_overwritten() {
    for (planned, now, named) in [(None, Some(THEIRS), "Partner"), (Some(THEIRS), None, "gone: Partner")] {
        let (result, asked) = made(&put_policy(planned), holding(now)).await;
        let Err(StepError::InTheWay { what, next }) = result else { panic!("{result:?}") };
        assert!(what.en.contains(named) && what.en.contains("bucket logs"), "{what:?}");
        assert!(what.ko.contains("Partner") && next.en.contains("run the same command again"), "{what:?}");
        assert_eq!(asked, ["GET policy"]);
    }
}

/// The name of a bucket that was deleted a moment ago is not free at once.
#[tokio::test(start_paused = true)]
async fn a_name_that_becomes_free_is_waited_for() {
    let tries = AtomicUsize::new(0);
    let (result, asked) = made(&create(), move |call| match tries.fetch_add(1, Ordering::Relaxed) {
        0..3 => call.refused(409, "OperationAborted"),
        _ => nothing(),
    })
    .await;
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(asked.len(), 4);
}

#[tokio::test]
async fn a_bucket_that_is_there_already_is_made_by_nobody_twice() {
    let (result, _) = made(&create(), |call| call.refused(409, "BucketAlreadyOwnedByYou")).await;
    assert!(result.is_ok(), "{result:?}");
    let (result, _) = made(&create(), |call| call.refused(409, "BucketAlreadyExists")).await;
    let Err(StepError::InTheWay { what, next }) = result else { panic!("{result:?}") };
    for (words, next) in [(what.en, next.en), (what.ko, next.ko)] {
        assert!(words.contains("logs") && next.contains("trail.bucket"), "{words} {next}");
    }
}

#[tokio::test]
async fn rights_that_were_given_meanwhile_are_not_taken_away() {
    let enforce = BucketChange::EnforceOwnership { bucket: "logs".into() };
    let refused = |call: &Heard| call.refused(400, "InvalidBucketAclWithObjectOwnership");
    let (result, _) = made(&enforce, refused).await;
    let Err(StepError::InTheWay { what, .. }) = result else { panic!("{result:?}") };
    assert!(what.en.contains("access control list") && what.ko.contains("logs"), "{what:?}");
}

#[test]
fn what_is_sent_as_a_lock_is_found_as_one() {
    assert_eq!(lock(Some(&lock_for(30))), Lock::Governance(30));
    assert_eq!(lock(None), Lock::Off);
    let bare = ObjectLockConfiguration::builder().object_lock_enabled(ObjectLockEnabled::Enabled).build();
    assert_eq!(lock(Some(&bare)), Lock::Off);
    let years = |mode| {
        let retention = DefaultRetention::builder().mode(mode).years(1).build();
        let rule = ObjectLockRule::builder().default_retention(retention).build();
        lock(Some(&ObjectLockConfiguration::builder().rule(rule).build()))
    };
    assert_eq!(years(ObjectLockRetentionMode::Governance), Lock::Governance(365));
    assert_eq!(years(ObjectLockRetentionMode::Compliance), Lock::Compliance);
}

fn answered(sent: ServerSideEncryptionConfiguration) -> GetBucketEncryptionOutput {
    GetBucketEncryptionOutput::builder().server_side_encryption_configuration(sent).build()
}

#[test]
fn what_is_sent_as_encryption_is_found_as_such() {
    for key in [None, Some(KEY)] {
        let sent = encryption(key, None).unwrap();
        assert_eq!(sent.rules()[0].bucket_key_enabled(), key.map(|_| true));
        assert_eq!(default_key(&answered(sent)).as_deref(), key);
    }
}

#[test]
fn what_a_bucket_refuses_it_goes_on_refusing_and_ours_refuses_keys_that_come_with_objects() {
    let words = |types: Option<BlockedEncryptionTypes>| -> Vec<String> {
        let types = types.map(|types| types.encryption_type().to_vec()).unwrap_or_default();
        types.iter().map(|word| word.as_str().to_owned()).collect()
    };
    let none: [&str; 0] = [];
    assert_eq!(words(blocked_types(None, true)), ["SSE-C"]);
    assert_eq!(words(blocked_types(None, false)), none);
    let cases: [(&[EncryptionType], &[&str], &[&str]); 3] = [
        (&[EncryptionType::SseC], &["SSE-C"], &["SSE-C"]),
        (&[EncryptionType::None], &["NONE"], &["SSE-C"]),
        (&["SSE-X".into()], &["SSE-X"], &["SSE-X", "SSE-C"]),
    ];
    for (found, adopted, ours) in cases {
        let types = BlockedEncryptionTypes::builder().set_encryption_type(Some(found.to_vec())).build();
        let found = answered(encryption(None, Some(types)).unwrap());
        assert_eq!(words(blocked_types(Some(&found), false)), adopted);
        assert_eq!(words(blocked_types(Some(&found), true)), ours);
    }
}

#[tokio::test]
async fn encryption_is_set_beside_what_the_bucket_refuses_already() {
    let encrypt =
        |blocks_customer_keys| BucketChange::Encrypt { bucket: "logs".into(), blocks_customer_keys };
    for (ours, sent) in [(true, 1), (false, 0)] {
        let aws = Aws::answering(|call| match call.operation.starts_with("GET ") {
            true => call.refused(404, "ServerSideEncryptionConfigurationNotFoundError"),
            false => nothing(),
        });
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        apply(&encrypt(ours), &identity, "eu-central-1", &mut Nobody).await.unwrap();
        let put = aws.heard().pop().unwrap();
        assert!(put.operation.starts_with("PUT ") && put.body.contains("AES256"), "{put:?}");
        assert_eq!(put.body.matches("<EncryptionType>SSE-C</EncryptionType>").count(), sent, "{put:?}");
    }
}
