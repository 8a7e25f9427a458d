//! Buckets as tests make them up: one that lacks nothing, what a change makes of one, and any at all.

use proptest::prelude::*;

use super::{BucketChange, BucketFacts, Lock, Retention, Settings, Tags};
use crate::plan_cases::{decide, maybe_unseen, unseen};
use crate::policy::{Decision, Document, Principal};

/// A policy that keeps everybody out.
pub(crate) const DENY_ALL: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Sid":"Closed","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}"#;
/// A policy that somebody has put for another account.
pub(crate) const PARTNER_LISTS: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Partner","Effect":"Allow",
    "Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"s3:ListBucket","Resource":"*"}]}"#;

/// A bucket that lacks nothing but perhaps the policy.
pub(crate) fn whole(region: &str, policy: Option<&str>, lifecycle: Retention, purpose: &str) -> Settings {
    Settings {
        public_access_blocked: Ok(true),
        ownership_enforced: Ok(true),
        encrypted: Ok(true),
        versioned: Ok(true),
        policy: Ok(policy.map(ToOwned::to_owned)),
        lifecycle: Ok(Some(lifecycle)),
        tags: Ok(our_tags(purpose)),
        ..Settings::bare(region)
    }
}

pub(crate) fn our_tags(purpose: &str) -> Tags {
    let ours = [("managed-by", "dayone"), ("purpose", purpose)];
    Tags::from(ours.map(|(key, value)| (key.to_owned(), value.to_owned())))
}

pub(crate) fn settings_of(bucket: &mut BucketFacts) -> &mut Settings {
    match bucket {
        BucketFacts::Mine(settings) => settings.as_mut(),
        other => panic!("the bucket is {other:?}"),
    }
}

/// Everything that is done about a new bucket, in order, each as its verb and its resource.
pub(crate) fn everything_told(bucket: &str) -> [String; 8] {
    [
        format!("Create s3:bucket/{bucket}"),
        format!("Enable s3:bucket/{bucket}/public-access-block"),
        format!("Update s3:bucket/{bucket}/ownership-controls"),
        format!("Update s3:bucket/{bucket}/encryption"),
        format!("Enable s3:bucket/{bucket}/versioning"),
        format!("Update s3:bucket/{bucket}/lifecycle"),
        format!("Update s3:bucket/{bucket}/tags"),
        format!("Update s3:bucket/{bucket}/policy"),
    ]
}

/// The bucket as it is once a change was made; `key` is the one that it is encrypted with, if a change asks for that.
pub(crate) fn make(bucket: &mut BucketFacts, change: &BucketChange, key: Option<&str>) {
    if let BucketChange::Create { region, .. } = change {
        assert_eq!(*bucket, BucketFacts::Free, "{change:?}");
        *bucket = BucketFacts::Mine(Box::new(Settings::bare(region)));
    }
    let BucketFacts::Mine(settings) = bucket else { panic!("{change:?} before there is a bucket") };
    match change {
        BucketChange::Create { .. } => {}
        BucketChange::BlockPublicAccess { .. } => settings.public_access_blocked = Ok(true),
        BucketChange::EnforceOwnership { .. } => settings.ownership_enforced = Ok(true),
        BucketChange::Encrypt { .. } => settings.encrypted = Ok(true),
        BucketChange::EncryptWithKey { .. } => {
            assert!(key.is_some(), "{change:?} before there is a key");
            (settings.encrypted, settings.key) = (Ok(true), key.map(ToOwned::to_owned));
        }
        BucketChange::EnableVersioning { .. } => settings.versioned = Ok(true),
        BucketChange::LockObjects { days, .. } => settings.lock = Ok(Lock::Governance(*days)),
        BucketChange::PutLifecycle { retention, .. } => settings.lifecycle = Ok(Some(retention.clone())),
        BucketChange::PutTags { tags, .. } => settings.tags.as_mut().unwrap().extend(tags.clone()),
        BucketChange::PutPolicy { policy, .. } => settings.policy = Ok(Some(policy.to_json())),
    }
}

/// Each hides one setting that is looked at in a bucket of ours alone.
pub(crate) fn each_hidden() -> [fn(&mut Settings); 7] {
    [
        |settings| settings.public_access_blocked = Err(unseen()),
        |settings| settings.ownership_enforced = Err(unseen()),
        |settings| settings.encrypted = Err(unseen()),
        |settings| settings.versioned = Err(unseen()),
        |settings| settings.lifecycle = Err(unseen()),
        |settings| settings.tags = Err(unseen()),
        |settings| settings.policy = Err(unseen()),
    ]
}

/// Whether something was not seen that is looked at. The lifecycle and the tags of a bucket that has not our name are
/// not: they are not touched either.
pub(crate) fn hides_something(bucket: &BucketFacts, has_our_name: bool) -> bool {
    let settings = match bucket {
        BucketFacts::Mine(settings) => settings.as_ref(),
        bucket => return matches!(bucket, BucketFacts::Unseen(_)),
    };
    let Settings { public_access_blocked, ownership_enforced, encrypted, versioned, .. } = settings;
    [public_access_blocked, ownership_enforced, encrypted, versioned].iter().any(|setting| setting.is_err())
        || settings.policy.is_err()
        || (has_our_name && (settings.lifecycle.is_err() || settings.tags.is_err()))
}

/// Without TLS nobody of these gets to the bucket or to an object in it, whatever else the request carries.
#[track_caller]
pub(crate) fn assert_refuses_insecure(
    policy: &Document,
    principals: &[Principal<'_>],
    [bucket, object]: [&str; 2],
    carried: &[(&str, &str)],
) {
    let mut insecure = vec![("aws:SecureTransport", "false")];
    insecure.extend_from_slice(carried);
    for principal in principals {
        for (action, resource) in
            [("s3:GetObject", object), ("s3:PutObject", object), ("s3:ListBucket", bucket)]
        {
            let decision = decide(policy, *principal, action, resource, &insecure);
            assert_eq!(decision, Decision::Denied, "{principal:?} {action}");
        }
    }
}

/// AWS's own names are those of every trail's and report's statements, so under them a statement cannot be told to be
/// ours.
#[track_caller]
pub(crate) fn assert_named_as_ours(policy: &Document) {
    for statement in &policy.statement {
        assert!(statement.sid.as_deref().is_some_and(|sid| sid.starts_with("Dayone")), "{statement:?}");
    }
}

/// Any bucket, those of ours with any of these settings.
pub(crate) fn any_bucket(settings: impl Strategy<Value = Settings>) -> impl Strategy<Value = BucketFacts> {
    prop_oneof![
        2 => Just(BucketFacts::Free),
        1 => Just(BucketFacts::NotMine),
        1 => Just(BucketFacts::Unseen(unseen())),
        8 => settings.prop_map(|settings| BucketFacts::Mine(Box::new(settings))),
    ]
}

/// Any settings, each of them now and then not seen, without a key and a lock.
pub(crate) fn any_settings(
    region: impl Strategy<Value = &'static str>,
    policy: impl Strategy<Value = Option<String>>,
    lifecycle: impl Strategy<Value = Option<Retention>>,
    tags: impl Strategy<Value = Tags>,
) -> impl Strategy<Value = Settings> {
    let flag = || maybe_unseen(prop::bool::weighted(0.7));
    let flags = (flag(), flag(), flag(), flag());
    (region, flags, maybe_unseen(policy), maybe_unseen(lifecycle), maybe_unseen(tags)).prop_map(
        |(region, flags, policy, lifecycle, tags)| Settings {
            public_access_blocked: flags.0,
            ownership_enforced: flags.1,
            encrypted: flags.2,
            versioned: flags.3,
            policy,
            lifecycle,
            tags,
            ..Settings::bare(region)
        },
    )
}

/// Our tags, those of others, or none.
pub(crate) fn any_tags(purpose: &'static str) -> impl Strategy<Value = Tags> {
    let others =
        Tags::from([("purpose".to_owned(), "archive".to_owned()), ("team".to_owned(), String::new())]);
    prop::sample::select(vec![our_tags(purpose), others, Tags::new()])
}
