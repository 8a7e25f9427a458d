//! A key and a lock, for who asks for them.

use super::*;

#[test]
fn a_key_and_a_lock_are_set_where_they_are_asked_for() {
    let encrypt = BucketChange::EncryptWithKey { bucket: bucket(), alias: "alias/dayone-trail".into() };
    let lock = BucketChange::LockObjects { bucket: bucket(), days: 30 };
    for arn in [None, Some(KEY)] {
        let expected = vec![encrypt.clone(), lock.clone()];
        assert_eq!(plan(&with_options(arn), &mine(perfect())), Ok(expected), "{arn:?}");
    }
    let whole = Settings { key: Some(KEY.into()), lock: Ok(Lock::Governance(30)), ..perfect() };
    assert_eq!(plan(&with_options(Some(KEY)), &mine(whole.clone())), Ok(vec![]));
    assert_eq!(plan(&wanted(), &mine(whole)), Ok(vec![]), "what nobody asks for stays");
    let told = [&encrypt, &lock].map(|change| format!("{:?} {}", change.verb(), change.resource()));
    assert_eq!(told, ["Update s3:bucket/logs/encryption", "Enable s3:bucket/logs/object-lock"]);
}

/// The key first, so that no object is ever written without it, and the versions before the lock that needs them.
#[test]
fn a_new_bucket_is_locked_once_it_keeps_versions() {
    let changes = plan(&with_options(None), &BucketFacts::Free).unwrap();
    let place = |wanted: fn(&BucketChange) -> bool| changes.iter().position(wanted).unwrap();
    let versions = place(|change| matches!(change, BucketChange::EnableVersioning { .. }));
    let locks = place(|change| matches!(change, BucketChange::LockObjects { .. }));
    assert!(versions < locks, "{changes:?}");
    assert!(!changes.iter().any(|change| matches!(change, BucketChange::Encrypt { .. })), "{changes:?}");
}

#[test]
fn a_lock_is_never_made_shorter_or_weaker() {
    let lock = |lock| Settings { key: Some(KEY.into()), lock: Ok(lock), ..perfect() };
    let change = BucketChange::LockObjects { bucket: bucket(), days: 30 };
    for (found, expected) in [
        (Lock::Off, vec![change.clone()]),
        (Lock::Governance(29), vec![change]),
        (Lock::Governance(365), vec![]),
        (Lock::Compliance, vec![]),
    ] {
        assert_eq!(plan(&with_options(Some(KEY)), &mine(lock(found))), Ok(expected), "{found:?}");
    }
    let hidden = Settings { key: Some(KEY.into()), lock: Err(unseen()), ..perfect() };
    assert_eq!(plan(&with_options(Some(KEY)), &mine(hidden.clone())), Err(Obstacle::Unseen(unseen())));
    assert_eq!(plan(&wanted(), &mine(hidden)), Ok(vec![]));
}
