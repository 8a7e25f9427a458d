use proptest::prelude::*;

use super::*;
use crate::plan_cases::{ALICE, BOB, says, unseen};
use crate::policy::Effect;
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

/// What is planned for a bucket where only the policy may be at fault.
fn mended(policy: &str) -> Result<Option<BucketChange>, Obstacle> {
    let settings = Settings { policy: Ok(Some(policy.to_owned())), ..perfect() };
    let mut changes = plan(&wanted(), &mine(settings))?;
    let last = changes.pop();
    assert_eq!(changes, [], "only the policy was at fault");
    Ok(last)
}

#[test]
fn a_free_name_gets_everything_and_the_policy_last() {
    let create = BucketChange::Create { bucket: bucket(), region: "eu-central-1".into() };
    let expected: Vec<_> = std::iter::once(create).chain(everything()).collect();
    assert_eq!(plan(&wanted(), &BucketFacts::Free), Ok(expected));
}

#[test]
fn a_bare_bucket_gets_everything_but_itself() {
    assert_eq!(plan(&wanted(), &mine(Settings::bare("eu-central-1"))), Ok(everything()));
}

#[test]
fn a_bucket_as_wanted_stays_as_it_is() {
    assert_eq!(plan(&wanted(), &mine(perfect())), Ok(vec![]));
}

#[test]
fn each_missing_setting_is_one_change() {
    let missing: [fn(&mut Settings); 7] = [
        |settings| settings.public_access_blocked = Ok(false),
        |settings| settings.ownership_enforced = Ok(false),
        |settings| settings.encrypted = Ok(false),
        |settings| settings.versioned = Ok(false),
        |settings| settings.lifecycle = Ok(None),
        |settings| settings.tags = Ok(Tags::new()),
        |settings| settings.policy = Ok(None),
    ];
    for (remove, change) in missing.into_iter().zip(everything()) {
        let mut settings = perfect();
        remove(&mut settings);
        assert_eq!(plan(&wanted(), &mine(settings)), Ok(vec![change]));
    }
}

#[test]
fn a_setting_that_cannot_be_read_is_an_obstacle_whatever_the_others_say() {
    for hide in imagined::each_hidden() {
        for mut settings in [perfect(), Settings::bare("eu-central-1")] {
            hide(&mut settings);
            assert_eq!(plan(&wanted(), &mine(settings)), Err(Obstacle::Unseen(unseen())));
        }
    }
}

#[test]
fn a_lifecycle_that_is_not_asked_for_is_neither_changed_nor_looked_at() {
    let wanted = Wanted { lifecycle: None, ..wanted() };
    for lifecycle in [Ok(None), Ok(Some(kept_for(1))), Err(unseen())] {
        let settings = Settings { lifecycle, ..perfect() };
        assert_eq!(plan(&wanted, &mine(settings)), Ok(vec![]));
    }
}

#[test]
fn tags_that_are_not_asked_for_are_neither_changed_nor_looked_at() {
    let wanted = Wanted { purpose: None, ..wanted() };
    for tags in [Ok(Tags::new()), Ok(tags(&[("team", "security")])), Err(unseen())] {
        let settings = Settings { tags, ..perfect() };
        assert_eq!(plan(&wanted, &mine(settings)), Ok(vec![]));
    }
}

#[test]
fn a_bucket_of_an_earlier_run_gets_the_tags_that_it_lacks_and_keeps_the_others() {
    type Pairs = [(&'static str, &'static str)];
    let cases: [(&Pairs, &Pairs); 4] = [
        (&[], &[("managed-by", "dayone"), ("purpose", "logs")]),
        (&[("team", "security"), ("purpose", "archive")], &[("managed-by", "dayone")]),
        (&[("managed-by", "somebody")], &[("purpose", "logs")]),
        (&[("managed-by", "somebody"), ("purpose", "archive")], &[]),
    ];
    for (found, missing) in cases {
        let settings = Settings { tags: Ok(tags(found)), ..perfect() };
        let change = BucketChange::PutTags { bucket: bucket(), tags: tags(missing) };
        let expected: Vec<_> = (!missing.is_empty()).then_some(change).into_iter().collect();
        assert_eq!(plan(&wanted(), &mine(settings)), Ok(expected), "{found:?}");
    }
}

#[test]
fn another_answer_changes_the_lifecycle() {
    for found in [kept_for(30), Retention { prefix: String::new(), ..kept_for(365) }] {
        let settings = Settings { lifecycle: Ok(Some(found)), ..perfect() };
        let change = BucketChange::PutLifecycle { bucket: bucket(), retention: kept_for(365) };
        assert_eq!(plan(&wanted(), &mine(settings)), Ok(vec![change]));
    }
}

/// A bucket that is to be encrypted with a key, and locked for 30 days.
fn with_options(arn: Option<&str>) -> Wanted {
    let key = DefaultKey { alias: "alias/dayone-trail".into(), arn: arn.map(ToOwned::to_owned) };
    Wanted { key: Some(key), locked_days: 30, ..wanted() }
}

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

#[test]
fn a_bucket_that_cannot_be_looked_at_is_not_assessed() {
    assert_eq!(plan(&wanted(), &BucketFacts::Unseen(unseen())), Err(Obstacle::Unseen(unseen())));
}

#[test]
fn only_a_policy_without_our_lifecycle_shows_that_others_have_set_a_bucket_up() {
    let of_others = Settings { lifecycle: Ok(None), ..perfect() };
    assert!(mine(of_others.clone()).is_set_up_by_others());
    for ours in [perfect(), Settings::bare("eu-central-1"), Settings { policy: Ok(None), ..of_others }] {
        assert!(!mine(ours).is_set_up_by_others());
    }
    assert!(!BucketFacts::Free.is_set_up_by_others());
}

#[test]
fn a_bucket_of_somebody_else_or_of_another_region_is_left_alone() {
    assert_eq!(plan(&wanted(), &BucketFacts::NotMine), Err(Obstacle::NotMine));
    for settings in [perfect(), Settings::bare("")] {
        let elsewhere = mine(Settings { region: "eu-west-1".into(), ..settings });
        assert_eq!(plan(&wanted(), &elsewhere), Err(Obstacle::Elsewhere("eu-west-1".into())));
    }
}

#[test]
fn a_policy_that_says_all_of_ours_stays_however_it_is_written() {
    let complete: [&[&str]; 4] = [
        &[WRITES, TLS_ONLY, READERS],
        &[READERS, WRITES, TLS_ONLY],
        &[NAMELESS_WRITES, TLS_ONLY, READERS],
        &[PARTNER_LISTS, WRITES, TLS_ONLY, READERS, NAMELESS_DENY_BOB],
    ];
    for statements in complete {
        assert_eq!(mended(&policy_of(statements)), Ok(None), "{statements:?}");
    }
}

#[test]
fn statements_of_others_stay_behind_ours() {
    let cases: &[(&[&str], &[&str])] = &[
        (&[], &[]),
        (&[PARTNER_LISTS], &[PARTNER_LISTS]),
        (&[WRITES, PARTNER_LISTS, READERS], &[PARTNER_LISTS]),
        (&[NAMELESS_DENY_BOB, TLS_ONLY, PARTNER_LISTS], &[NAMELESS_DENY_BOB, PARTNER_LISTS]),
        // It says what ours says, so it is ours by another name.
        (&[NAMELESS_WRITES, PARTNER_LISTS], &[PARTNER_LISTS]),
    ];
    for (found, foreign) in cases {
        let mut expected = vec![WRITES, TLS_ONLY, READERS];
        expected.extend_from_slice(foreign);
        let found = policy_of(found);
        let expected = put_policy(Some(&found), &expected, foreign.len());
        assert_eq!(mended(&found), Ok(Some(expected)), "{found}");
    }
}

#[test]
fn a_single_statement_without_a_list_stays_too() {
    let found = format!(r#"{{"Statement":{PARTNER_LISTS}}}"#);
    let expected = put_policy(Some(&found), &[WRITES, TLS_ONLY, READERS, PARTNER_LISTS], 1);
    assert_eq!(mended(&found), Ok(Some(expected)));
}

#[test]
fn an_earlier_form_of_our_statement_is_replaced() {
    let earlier: [&[&str]; 2] = [
        &[EARLIER_WRITES, TLS_ONLY, READERS],
        // All of ours is there, and the earlier form, which lets more through, as well.
        &[NAMELESS_WRITES, EARLIER_WRITES, TLS_ONLY, READERS],
    ];
    for found in earlier {
        let found = policy_of(found);
        let expected = put_policy(Some(&found), &[WRITES, TLS_ONLY, READERS], 0);
        assert_eq!(mended(&found), Ok(Some(expected)), "{found}");
    }
}

/// AWS's guide gives the same name to the statements of all trails, so the bucket may be shared with others.
#[test]
fn a_statement_that_lets_the_service_through_already_stays_and_ours_is_left_out() {
    let found = policy_of(&[EVERY_TRAIL_WRITES, PARTNER_LISTS]);
    let expected = put_policy(Some(&found), &[TLS_ONLY, READERS, EVERY_TRAIL_WRITES, PARTNER_LISTS], 2);
    assert_eq!(mended(&found), Ok(Some(expected)));
    assert_eq!(mended(&policy_of(&[EVERY_TRAIL_WRITES, TLS_ONLY, READERS])), Ok(None));
    assert_eq!(mended(&policy_of(&[EVERY_TRAIL_WRITES, WRITES, TLS_ONLY, READERS])), Ok(None));
}

/// With the last reader goes the statement that lets readers read: nobody else has it.
#[test]
fn who_is_not_named_as_a_reader_any_more_does_not_read_any_more() {
    let found = policy_of(&[WRITES, TLS_ONLY, READERS, PARTNER_READS, PARTNER_LISTS]);
    let expected = put_policy(Some(&found), &[WRITES, TLS_ONLY, READERS, PARTNER_LISTS], 1);
    assert_eq!(mended(&found), Ok(Some(expected)));
}

/// S3 refuses a public policy once public access is blocked, which comes first, and cuts off whom it lets in.
#[test]
fn a_bucket_that_is_open_to_everybody_is_left_to_a_person() {
    let whole: &[&str] = &[WRITES, TLS_ONLY, READERS, EVERYBODY_READS];
    let partly: &[&str] = &[EVERYBODY_READS, PARTNER_LISTS];
    let facts = |blocked, statements: &[&str]| {
        let policy = Ok(Some(policy_of(statements)));
        mine(Settings { public_access_blocked: Ok(blocked), policy, ..perfect() })
    };
    let open = Err(Obstacle::Public(vec!["Website".into()]));
    for (blocked, statements) in [(false, whole), (false, partly), (true, partly)] {
        assert_eq!(plan(&wanted(), &facts(blocked, statements)), open, "{blocked} {statements:?}");
    }
    assert_eq!(plan(&wanted(), &facts(true, whole)), Ok(vec![]), "it lets in nobody any more");
    let narrow = EVERYBODY_READS
        .replace("Website\"", "Partner\",\"Condition\":{\"StringEquals\":{\"aws:SourceVpc\":\"vpc-1\"}}");
    let changes = plan(&wanted(), &facts(false, &[WRITES, TLS_ONLY, READERS, &narrow]));
    assert_eq!(changes, Ok(vec![BucketChange::BlockPublicAccess { bucket: bucket() }]));
}

#[test]
fn rights_by_an_access_control_list_are_left_to_a_person() {
    let with = |granted, ownership_enforced| {
        mine(Settings { granted, ownership_enforced: Ok(ownership_enforced), ..perfect() })
    };
    let others = || vec!["LogDelivery".to_owned()];
    assert_eq!(plan(&wanted(), &with(Ok(others()), false)), Err(Obstacle::Granted(others())));
    assert_eq!(plan(&wanted(), &with(Err(unseen()), false)), Err(Obstacle::Unseen(unseen())));
    let enforce = BucketChange::EnforceOwnership { bucket: bucket() };
    assert_eq!(plan(&wanted(), &with(Ok(Vec::new()), false)), Ok(vec![enforce]));
    assert_eq!(plan(&wanted(), &with(Ok(others()), true)), Ok(vec![]), "the list counts no more");
}

#[test]
fn a_policy_that_would_be_too_large_is_left_to_a_person() {
    let large = |bytes: usize| {
        let name = "n".repeat(bytes);
        format!(
            r#"{{"Sid":"{name}","Effect":"Deny","Principal":"*","Action":"s3:PutBucketWebsite",
            "Resource":"arn:aws:s3:::logs"}}"#
        )
    };
    let expected = |statement: &str| document(&[WRITES, TLS_ONLY, READERS, statement]).to_json().len();
    let fits = large(LARGEST_POLICY - expected(&large(1)) + 1);
    assert_eq!(expected(&fits), LARGEST_POLICY);
    assert!(matches!(mended(&policy_of(&[&fits])), Ok(Some(BucketChange::PutPolicy { .. }))));
    let too_large = large(LARGEST_POLICY - expected(&large(1)) + 2);
    assert_eq!(mended(&policy_of(&[&too_large])), Err(Obstacle::TooLarge(LARGEST_POLICY + 1)));
    let whole = policy_of(&[WRITES, TLS_ONLY, READERS, &too_large]);
    assert_eq!(mended(&whole), Ok(None), "nothing is put");
}

/// Whoever writes there may do so with keys of their own.
#[test]
fn only_a_bucket_of_ours_alone_refuses_keys_that_come_with_objects() {
    for (lifecycle, ours) in [(Some(kept_for(365)), true), (None, false)] {
        let wanted = Wanted { lifecycle, ..wanted() };
        let settings = Settings { encrypted: Ok(false), ..perfect() };
        let change = BucketChange::Encrypt { bucket: bucket(), blocks_customer_keys: ours };
        assert_eq!(plan(&wanted, &mine(settings)), Ok(vec![change]));
    }
}

#[test]
fn a_new_bucket_gets_no_policy_that_locks_somebody_out() {
    let wanted = Wanted { must_let: vec![reads(BOB)], ..wanted() };
    assert_eq!(plan(&wanted, &BucketFacts::Free), Err(Obstacle::LockedOut(BOB.into())));
}

#[test]
fn a_policy_that_cannot_be_understood_is_not_touched() {
    let unknown_element = policy_of(&[&PARTNER_LISTS.replace("Effect", "Efect")]);
    for policy in ["", "not a policy", "{}", "[]", unknown_element.as_str()] {
        assert_eq!(mended(policy), Err(Obstacle::UnreadablePolicy), "{policy}");
    }
}

#[test]
fn a_statement_that_would_lock_somebody_out_is_an_obstacle() {
    let deny_all = r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::logs/*"}"#;
    let only_kms = r#"{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/*",
        "Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}}"#;
    // Where a request comes from is not known here, so the statement counts as one that applies.
    let only_the_office = r#"{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*",
        "Condition":{"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}"#;
    for (statement, who) in
        [(deny_all, SERVICE), (only_kms, SERVICE), (DENY_ALICE, ALICE), (only_the_office, ALICE)]
    {
        let found = policy_of(&[TLS_ONLY, statement]);
        assert_eq!(mended(&found), Err(Obstacle::LockedOut(who.into())), "{statement}");
    }
}

#[test]
fn a_statement_locks_out_just_the_same_where_all_of_ours_is_there() {
    let found = policy_of(&[WRITES, TLS_ONLY, READERS, DENY_ALICE]);
    assert_eq!(mended(&found), Err(Obstacle::LockedOut(ALICE.into())));
}

#[test]
fn a_service_needs_a_statement_and_a_user_of_the_account_only_the_lack_of_a_denial() {
    let other_trail = MustLet { context: vec![("aws:SourceArn", "arn:other".into())], ..service_writes() };
    let no_trail = MustLet { context: Vec::new(), ..service_writes() };
    let cases: &[(&[&str], MustLet, bool)] = &[
        (&[], service_writes(), false),
        (&[], reads(ALICE), true),
        (&[WRITES], service_writes(), true),
        (&[WRITES], other_trail, false),
        (&[WRITES], no_trail, false),
        (&[WRITES, TLS_ONLY, READERS], service_writes(), true),
        (&[WRITES, TLS_ONLY, READERS], reads(ALICE), true),
        (&[WRITES, TLS_ONLY, READERS], reads(BOB), false),
        // The readers' statement leaves services alone, but lets none read either.
        (&[READERS], reads(SERVICE), false),
        (&[DENY_ALICE], reads(ALICE), false),
        (&[NAMELESS_DENY_BOB], reads(ALICE), true),
    ];
    for (statements, must_let, expected) in cases {
        assert_eq!(must_let.is_let_by(&document(statements)), *expected, "{must_let:?} by {statements:?}");
    }
}

#[test]
fn changes_say_what_they_do_and_to_what() {
    let create = BucketChange::Create { bucket: bucket(), region: "eu-central-1".into() };
    let told: Vec<_> = std::iter::once(create)
        .chain(everything())
        .map(|change| format!("{:?} {}", change.verb(), change.resource()))
        .collect();
    assert_eq!(told, imagined::everything_told("logs"));
}

#[test]
fn summaries_name_what_the_operator_decides_about() {
    let create = BucketChange::Create { bucket: bucket(), region: "eu-central-1".into() };
    let lifecycle = |expire_after_days| BucketChange::PutLifecycle {
        bucket: bucket(),
        retention: Retention { expire_after_days, ..kept_for(365) },
    };
    let tagged = BucketChange::PutTags { bucket: bucket(), tags: our_tags() };
    let cases = [
        (create, "logs in eu-central-1", "eu-central-1 리전에 버킷 logs"),
        (lifecycle(Some(30)), "after 30 days", "30일"),
        (lifecycle(None), "objects stay", "객체는 유지"),
        (tagged, "managed-by = dayone, purpose = logs", "태그: managed-by = dayone, purpose = logs"),
        (BucketChange::Encrypt { bucket: bucket(), blocks_customer_keys: true }, "SSE-C", "SSE-C"),
        (put_policy(None, &[WRITES, TLS_ONLY, READERS], 0), "readers", "관리자"),
        (put_policy(None, &[WRITES, PARTNER_LISTS, NAMELESS_DENY_BOB], 2), "stay", "유지"),
        (put_policy(None, &[WRITES, PARTNER_READS], 0), PARTNER, PARTNER),
    ];
    for (change, en, ko) in cases {
        let summary = change.summary();
        assert!(summary.en.contains(en) && summary.ko.contains(ko), "{summary:?}");
    }
}

#[test]
fn a_policy_summary_promises_no_more_than_the_policy_holds() {
    let open = put_policy(None, &[WRITES, TLS_ONLY], 0).summary();
    assert!(!open.en.contains("readers") && !open.ko.contains("관리자"), "{open:?}");
    assert!(!open.en.contains("stay") && !open.ko.contains("유지"), "{open:?}");
    let kept = put_policy(None, &[WRITES, PARTNER_LISTS, NAMELESS_DENY_BOB], 2).summary();
    assert!(kept.en.contains('2') && kept.ko.contains('2'), "{kept:?}");
    let encrypted = BucketChange::Encrypt { bucket: bucket(), blocks_customer_keys: false }.summary();
    assert!(!encrypted.en.contains("SSE-C") && !encrypted.ko.contains("SSE-C"), "{encrypted:?}");
}

#[test]
fn an_obstacle_says_which_bucket_and_which_answer_helps() {
    let obstacles = [
        Obstacle::NotMine,
        Obstacle::Elsewhere("eu-west-1".into()),
        Obstacle::UnreadablePolicy,
        Obstacle::LockedOut(ALICE.into()),
        Obstacle::Public(vec!["Open".into()]),
        Obstacle::Granted(vec!["LogDelivery".into()]),
        Obstacle::TooLarge(20_481),
    ];
    for obstacle in obstacles {
        let (what, how) = (obstacle.what("lo\u{1b}gs"), obstacle.how("trail.bucket"));
        for (what, how) in [(&what.en, &how.en), (&what.ko, &how.ko)] {
            assert!(what.contains("lo\u{fffd}gs") && how.contains("trail.bucket"), "{what} {how}");
        }
    }
    for (obstacle, word) in [
        (Obstacle::Elsewhere("eu-west-1".into()), "eu-west-1"),
        (Obstacle::LockedOut(ALICE.into()), ALICE),
        (Obstacle::Public(vec!["One".into(), "Other\u{1b}".into()]), "One, Other\u{fffd}"),
        (Obstacle::Granted(vec!["LogDelivery".into()]), "LogDelivery"),
        (Obstacle::TooLarge(20_481), "20481"),
    ] {
        let what = obstacle.what("logs");
        assert!(what.en.contains(word) && what.ko.contains(word), "{what:?}");
    }
    says(&Obstacle::Unseen(unseen()).what("logs"), &[unseen().operation]);
}

/// The bucket as it is once the changes were made.
fn made(mut facts: BucketFacts, changes: &[BucketChange]) -> BucketFacts {
    changes.iter().for_each(|change| imagined::make(&mut facts, change, Some(KEY)));
    facts
}

fn any_policy() -> impl Strategy<Value = Option<String>> {
    let statements = prop::sample::subsequence(STATEMENTS.to_vec(), 0..=STATEMENTS.len()).prop_shuffle();
    prop_oneof![
        1 => Just(None::<String>),
        8 => statements.prop_map(|statements| Some(policy_of(&statements))),
        1 => "\\PC{0,40}".prop_map(Some),
    ]
}

fn any_tags() -> impl Strategy<Value = Tags> {
    let found =
        [("managed-by", "dayone"), ("managed-by", "somebody"), ("purpose", "logs"), ("team", "security")];
    prop::sample::subsequence(found.to_vec(), 0..=found.len()).prop_map(|found| tags(&found))
}

fn any_settings() -> impl Strategy<Value = Settings> {
    let region = prop_oneof![9 => Just("eu-central-1"), 1 => Just("eu-west-1")];
    let lifecycle = prop_oneof![Just(None), Just(Some(kept_for(365))), Just(Some(kept_for(30)))];
    imagined::any_settings(region, any_policy(), lifecycle, any_tags())
}

fn any_facts() -> impl Strategy<Value = BucketFacts> {
    imagined::any_bucket(any_settings())
}

proptest! {
    #[test]
    fn what_was_carried_out_is_not_planned_again(facts in any_facts()) {
        if let Ok(changes) = plan(&wanted(), &facts) {
            let after = made(facts, &changes);
            prop_assert_eq!(plan(&wanted(), &after), Ok(vec![]));
        }
    }

    #[test]
    fn options_that_were_carried_out_are_not_planned_again(facts in any_facts()) {
        if let Ok(changes) = plan(&with_options(None), &facts) {
            let after = made(facts, &changes);
            prop_assert_eq!(plan(&with_options(Some(KEY)), &after), Ok(vec![]));
        }
    }

    #[test]
    fn what_is_not_seen_never_counts_as_good(settings in any_settings()) {
        let bucket = mine(settings);
        let hidden = imagined::hides_something(&bucket, true);
        let planned = plan(&wanted(), &bucket);
        prop_assert!(!hidden || planned.is_err(), "{planned:?}");
    }

    #[test]
    fn a_policy_that_is_put_holds_ours_and_what_was_there_and_locks_nobody_out(
        statements in prop::sample::subsequence(STATEMENTS.to_vec(), 0..=STATEMENTS.len()).prop_shuffle(),
    ) {
        let Ok(Some(BucketChange::PutPolicy { policy, .. })) = mended(&policy_of(&statements)) else {
            return Ok(());
        };
        let wanted = wanted();
        let others_let_the_service_write = statements.contains(&EVERY_TRAIL_WRITES);
        for ours in &wanted.policy.statement {
            let is_there = policy.statement.iter().any(|statement| statement.says_the_same(ours));
            let is_spare = others_let_the_service_write && ours.effect == Effect::Allow;
            prop_assert!(is_there || is_spare, "{ours:?}");
        }
        for must_let in &wanted.must_let {
            prop_assert!(must_let.is_let_by(&policy), "{must_let:?}");
        }
        for found in statements.into_iter().filter(|statement| *statement != EARLIER_WRITES) {
            prop_assert!(policy.includes(&document(&[found])), "{found} is lost");
        }
    }

    #[test]
    fn words_that_are_no_policy_are_an_obstacle(policy in ".{0,80}") {
        let settings = Settings { policy: Ok(Some(policy)), ..perfect() };
        let planned = plan(&wanted(), &mine(settings));
        prop_assert_eq!(planned, Err(Obstacle::UnreadablePolicy));
    }
}
