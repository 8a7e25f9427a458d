//! Whom the bucket lets in: administrators, who sets it up, and named readers, each to what it is theirs to do.

use super::*;
use crate::practice::Change as _;

const READS: [&str; 7] = [
    "s3:GetObject",
    "s3:GetObjectAttributes",
    "s3:GetObjectTorrent",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionAttributes",
    "s3:GetObjectVersionForReplication",
    "s3:GetObjectVersionTorrent",
];
const LISTS: [&str; 2] = ["s3:ListBucket", "s3:ListBucketVersions"];
const TAMPERS_WITH_FILES: [&str; 13] = [
    "s3:BypassGovernanceRetention",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:PutObjectLegalHold",
    "s3:PutObjectRetention",
    "s3:PutObjectTagging",
    "s3:PutObjectVersionAcl",
    "s3:PutObjectVersionTagging",
    "s3:ReplicateDelete",
    "s3:ReplicateObject",
    "s3:UpdateObjectEncryption",
];
const TAMPERS_WITH_BUCKET: [&str; 13] = [
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketRequestPayment",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutInventoryConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
];

#[test]
fn nobody_but_administrators_reads_deletes_or_weakens() {
    let policy = policy_with_reader();
    let outsiders = [Principal::Aws(BOB), Principal::Aws(STRANGER), Principal::Anonymous];
    for principal in outsiders {
        for action in READS.iter().chain(&TAMPERS_WITH_FILES) {
            let decision = decide(&policy, principal, action, &log_file(), &[]);
            assert_eq!(decision, Decision::Denied, "{principal:?} {action}");
        }
        for action in LISTS.iter().chain(&TAMPERS_WITH_BUCKET) {
            let decision = decide(&policy, principal, action, &bucket_arn(), &[]);
            assert_eq!(decision, Decision::Denied, "{principal:?} {action}");
        }
    }
}

#[test]
fn administrators_and_root_keep_what_iam_gives_them() {
    let policy = policy_with_reader();
    for who in [ALICE, ROOT] {
        for action in READS.iter().chain(&TAMPERS_WITH_FILES) {
            let decision = decide(&policy, Principal::Aws(who), action, &log_file(), &[]);
            assert_eq!(decision, Decision::NotMentioned, "{who} {action}");
        }
        for action in LISTS.iter().chain(&TAMPERS_WITH_BUCKET) {
            let decision = decide(&policy, Principal::Aws(who), action, &bucket_arn(), &[]);
            assert_eq!(decision, Decision::NotMentioned, "{who} {action}");
        }
    }
}

#[test]
fn the_settings_stay_open_to_whoever_checks_them() {
    const CHECKS: [&str; 7] = [
        "s3:GetBucketOwnershipControls",
        "s3:GetBucketPolicy",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketTagging",
        "s3:GetBucketVersioning",
        "s3:GetEncryptionConfiguration",
        "s3:GetLifecycleConfiguration",
    ];
    let policy = policy_with_reader();
    for who in [ALICE, ROOT, AUDITOR, BOB] {
        for action in CHECKS {
            let decision = decide(&policy, Principal::Aws(who), action, &bucket_arn(), &[]);
            assert_eq!(decision, Decision::NotMentioned, "{who} {action}");
        }
    }
}

#[test]
fn a_new_administrator_is_let_in_by_one_new_policy() {
    let mut facts = perfect();
    facts.administrators = Ok(BTreeSet::from([ALICE.to_owned(), CAROL.to_owned()]));
    let changes = step(&facts, &Answers::default(), StepId::TrailBucket).changes;
    let [Change::Bucket { change: BucketChange::PutPolicy { policy, foreign_statements, .. }, .. }] =
        &changes[..]
    else {
        panic!("one policy is expected, not {changes:?}")
    };
    assert_eq!(*foreign_statements, 0);
    assert_eq!(policy.statement.len(), planned_policy(&fresh(), &Answers::default()).statement.len());
    for administrator in [ALICE, CAROL] {
        let read = decide(policy, Principal::Aws(administrator), "s3:GetObject", &log_file(), &[]);
        assert_eq!(read, Decision::NotMentioned, "{administrator}");
    }
}

#[test]
fn a_statement_that_keeps_administrators_or_root_from_the_policy_is_left_to_a_person() {
    for who in [ALICE, ROOT] {
        let deny = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Principal":"*","Action":"s3:PutBucketPolicy",
                "Resource":"arn:aws:s3:::{BUCKET}","Condition":{{"ArnEquals":{{"aws:PrincipalArn":"{who}"}}}}}}]}}"#
        );
        let facts = Facts { bucket: mine(REGION, Some(&deny)), ..fresh() };
        let bucket = step(&facts, &Answers::default(), StepId::TrailBucket);
        let task = bucket.person.unwrap();
        assert!(task.what.en.contains(who), "{task:?}");
    }
}

#[test]
fn whoever_sets_the_bucket_up_is_let_in() {
    let facts = Facts { acting: ROLES.map(String::from).to_vec(), ..fresh() };
    let policy = planned_policy(&facts, &Answers::default());
    for role in ["arn:aws:iam::111122223333:role/Admin", "arn:aws:iam::111122223333:role/sso/eu/Admin"] {
        for action in READS.iter().chain(&TAMPERS_WITH_FILES) {
            let decision = decide(&policy, Principal::Aws(role), action, &log_file(), &[]);
            assert_eq!(decision, Decision::NotMentioned, "{role} {action}");
        }
    }
    let other = "arn:aws:iam::111122223333:role/NotAdmin";
    assert_eq!(decide(&policy, Principal::Aws(other), "s3:GetObject", &log_file(), &[]), Decision::Denied);
    // The role goes on being let in when somebody else looks, or when another policy has to be put.
    for acting in [ROLES.map(String::from).to_vec(), vec![ALICE.to_owned()], vec![ROOT.to_owned()]] {
        let mut facts = Facts { acting, bucket: mine(REGION, Some(&policy.to_json())), ..fresh() };
        assert_eq!(step(&facts, &Answers::default(), StepId::TrailBucket).state, State::InPlace);
        facts.administrators = Ok(BTreeSet::from([ALICE.to_owned(), CAROL.to_owned()]));
        let policy = planned_policy(&facts, &Answers::default());
        let decision = decide(&policy, Principal::Aws(ROLES[0]), "s3:GetObject", &log_file(), &[]);
        assert_eq!(decision, Decision::NotMentioned);
    }
}

#[test]
fn roles_that_are_let_in_besides_are_named_to_whoever_looks() {
    let by_role = Facts { acting: ROLES.map(String::from).to_vec(), ..fresh() };
    let policy = planned_policy(&by_role, &Answers::default());
    let found = |acting: Vec<String>, readers: &[&str]| {
        let mut answers = Answers::default();
        answers.trail.readers.extend(readers.iter().map(|reader| (*reader).to_owned()));
        let policy = planned_policy(&by_role, &answers);
        let facts = Facts { acting, bucket: mine(REGION, Some(&policy.to_json())), ..fresh() };
        step(&facts, &answers, StepId::TrailBucket).found.unwrap()
    };
    for acting in [ALICE, ROOT, BOB] {
        let found = found(vec![acting.to_owned()], &[]);
        assert!(found.en.ends_with(&format!("let in besides: {}", ROLES[0])), "{found:?}");
        assert!(found.ko.ends_with(&format!("그 밖에 허용된 역할: {}", ROLES[0])), "{found:?}");
    }
    for readers in [&[][..], &[AUDITOR][..]] {
        let found = found(ROLES.map(String::from).to_vec(), readers);
        assert!(!found.en.contains("besides") && !found.ko.contains("그 밖에"), "{found:?}");
    }
    // A pattern of its own is named too: it lets in more than one role.
    let wide = policy.to_json().replace(ROLES[0], "arn:aws:iam::111122223333:role/Ops*");
    let facts = Facts { bucket: mine(REGION, Some(&wide)), ..fresh() };
    let found = step(&facts, &Answers::default(), StepId::TrailBucket).found.unwrap();
    assert!(found.en.contains("role/Ops*") && found.en.contains(ROLES[1]), "{found:?}");
}

#[test]
fn a_role_of_another_account_is_not_let_in_for_ever() {
    let by_role = Facts { acting: ROLES.map(String::from).to_vec(), ..fresh() };
    let policy = planned_policy(&by_role, &Answers::default()).to_json();
    let foreign = "arn:aws:iam::444455556666:role/Admin";
    let facts = Facts { bucket: mine(REGION, Some(&policy.replace(ROLES[0], foreign))), ..fresh() };
    let policy = planned_policy(&facts, &Answers::default());
    let decision = decide(&policy, Principal::Aws(foreign), "s3:DeleteObject", &log_file(), &[]);
    assert_eq!(decision, Decision::Denied);
}

#[test]
fn who_may_not_change_the_bucket_is_told_who_may() {
    for acting in [CAROL, BOB, AUDITOR] {
        let mut facts = Facts { acting: vec![acting.into()], ..perfect() };
        facts.administrators = Ok(BTreeSet::from([ALICE.to_owned(), CAROL.to_owned()]));
        let bucket = step(&facts, &Answers::default(), StepId::TrailBucket);
        assert_eq!((bucket.state, bucket.changes), (State::NeedsPerson, vec![]), "{acting}");
        let task = bucket.person.unwrap();
        says(&task.how[0], &[BUCKET, "DayoneNobodyTampers"]);
        for acting in [ALICE, ROOT] {
            facts.acting = vec![acting.into()];
            assert_eq!(step(&facts, &Answers::default(), StepId::TrailBucket).state, State::ToChange);
        }
    }
}

#[test]
fn who_only_looks_is_not_let_in() {
    for acting in [BOB, AUDITOR] {
        let facts = Facts { acting: vec![acting.into()], ..perfect() };
        assert_eq!(step(&facts, &Answers::default(), StepId::TrailBucket).state, State::InPlace, "{acting}");
    }
}

#[test]
fn a_statement_that_would_shut_out_whoever_acts_is_left_to_a_person() {
    let deny_role = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Principal":"*","Action":"s3:GetObject",
            "Resource":"arn:aws:s3:::{BUCKET}/*","Condition":{{"ArnLike":{{"aws:PrincipalArn":"{}"}}}}}}]}}"#,
        ROLES[0]
    );
    let facts = Facts { bucket: mine(REGION, Some(&deny_role)), ..fresh() };
    assert_eq!(step(&facts, &Answers::default(), StepId::TrailBucket).state, State::ToChange);
    let facts = Facts { acting: ROLES.map(String::from).to_vec(), ..facts };
    let task = step(&facts, &Answers::default(), StepId::TrailBucket).person.unwrap();
    assert!(task.what.en.contains(ROLES[0]), "{task:?}");
}

#[test]
fn a_named_reader_reads_and_no_more() {
    let policy = policy_with_reader();
    let lets = ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:ListBucketVersions"];
    for action in READS.iter().chain(&LISTS) {
        let resource = if LISTS.contains(action) { bucket_arn() } else { log_file() };
        let decision = decide(&policy, Principal::Aws(AUDITOR), action, &resource, &[]);
        let expected = if lets.contains(action) { Decision::Allowed } else { Decision::NotMentioned };
        assert_eq!(decision, expected, "{action}");
    }
    for action in TAMPERS_WITH_FILES {
        let decision = decide(&policy, Principal::Aws(AUDITOR), action, &log_file(), &[]);
        assert_eq!(decision, Decision::Denied, "{action}");
    }
    for action in TAMPERS_WITH_BUCKET {
        let decision = decide(&policy, Principal::Aws(AUDITOR), action, &bucket_arn(), &[]);
        assert_eq!(decision, Decision::Denied, "{action}");
    }
    let unnamed = planned_policy(&fresh(), &Answers::default());
    let decision = decide(&unnamed, Principal::Aws(AUDITOR), "s3:GetObject", &log_file(), &[]);
    assert_eq!(decision, Decision::Denied);
}

/// A bucket of another account is read only with a word from both sides, and one of the own account by IAM's or the
/// bucket's. What the bucket says does not count as public.
#[test]
fn a_named_reader_of_another_account_is_let_in_and_nobody_else_of_it() {
    let foreign = "arn:aws:iam::444455556666:role/Auditor";
    let mut answers = Answers::default();
    answers.trail.readers = vec![foreign.into(), AUDITOR.into()];
    for (facts, closed) in [(fresh(), true), (adopted(), false)] {
        let policy = planned_policy(&facts, &answers);
        let key = match closed {
            true => log_file(),
            false => "arn:aws:s3:::audit-logs/central/AWSLogs/111122223333/file.json.gz".to_owned(),
        };
        for reader in [foreign, AUDITOR] {
            let reads = decide(&policy, Principal::Aws(reader), "s3:GetObject", &key, &[]);
            assert_eq!(reads, Decision::Allowed, "{reader}");
            let writes = decide(&policy, Principal::Aws(reader), "s3:PutObject", &key, &[]);
            assert_ne!(writes, Decision::Allowed, "{reader}");
        }
        let expected = if closed { Decision::Denied } else { Decision::NotMentioned };
        for stranger in [Principal::Aws(STRANGER), Principal::Anonymous] {
            assert_eq!(decide(&policy, stranger, "s3:GetObject", &key, &[]), expected, "{stranger:?}");
        }
        assert_eq!(policy.public_statements().count(), 0, "{policy:?}");
        let says_so = |words: &str| words.contains(foreign);
        let summaries = step(&facts, &answers, StepId::TrailBucket).changes;
        let told = |change: &Change| says_so(&change.summary().en) && says_so(&change.summary().ko);
        assert!(summaries.iter().any(told), "{summaries:?}");
    }
    let nobody = planned_policy(&fresh(), &Answers::default());
    let names = |statement: &crate::policy::Statement| statement.name() == "DayoneReadersRead";
    assert!(!nobody.statement.iter().any(names), "{nobody:?}");
}

#[test]
fn a_reader_who_is_not_named_any_more_is_let_in_no_more() {
    let mut facts = perfect();
    settings_of(&mut facts).policy = Ok(Some(policy_with_reader().to_json()));
    let policy = planned_policy(&facts, &Answers::default());
    let reads = decide(&policy, Principal::Aws(AUDITOR), "s3:GetObject", &log_file(), &[]);
    assert_eq!(reads, Decision::Denied);
    assert!(policy.same_meaning(&planned_policy(&fresh(), &Answers::default())), "{policy:?}");
}

#[test]
fn a_statement_that_keeps_a_named_reader_out_is_left_to_a_person() {
    let deny = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Principal":{{"AWS":"{AUDITOR}"}},
            "Action":"s3:GetObject","Resource":"arn:aws:s3:::{BUCKET}/*"}}]}}"#
    );
    let facts = Facts { bucket: mine(REGION, Some(&deny)), ..fresh() };
    assert_eq!(step(&facts, &Answers::default(), StepId::TrailBucket).state, State::ToChange);
    let mut answers = Answers::default();
    answers.trail.readers.push(AUDITOR.into());
    let task = step(&facts, &answers, StepId::TrailBucket).person.unwrap();
    assert!(task.what.en.contains(AUDITOR), "{task:?}");
}
