//! What the bucket policy says: what the services document, what protects the reports, and what others have put there.

use super::*;

#[test]
fn the_bucket_policy_is_what_the_service_documents_and_what_protects_it() {
    let policy = planned_policy(&fresh(), &Answers::default());
    let documented = Document::parse(DOCUMENTED).unwrap();
    assert_eq!(policy.version, documented.version);
    assert!(policy.includes(&documented), "{}", policy.to_json());
    let more: Vec<_> = policy
        .statement
        .iter()
        .filter(|statement| !documented.statement.iter().any(|known| known.says_the_same(statement)))
        .filter_map(|statement| statement.sid.as_deref())
        .collect();
    assert_eq!(more, ["DayoneDenyInsecureTransport", "DayoneNobodyTampers"]);
    assert_eq!(policy.statement.len(), documented.statement.len() + 2);
}

#[test]
fn the_documented_policy_alone_lacks_only_what_protects_it() {
    let facts = Facts { bucket: mine(REGION, Some(DOCUMENTED)), ..fresh() };
    let changes = step(&facts, &Answers::default(), StepId::ReportBucket).changes;
    let [Change::Bucket { change: BucketChange::PutPolicy { policy, foreign_statements, .. }, .. }] =
        &changes[..]
    else {
        panic!("one policy is expected, not {changes:?}")
    };
    assert_eq!(*foreign_statements, 0);
    assert!(policy.same_meaning(&planned_policy(&fresh(), &Answers::default())));
}

#[test]
fn the_service_writes_only_for_this_account() {
    let policy = planned_policy(&fresh(), &Answers::default());
    let ours = vec![SOURCE_ARN, SOURCE_ACCOUNT];
    let one_report = ("aws:SourceArn", "arn:aws:cur:us-east-1:111122223333:definition/day-one");
    let other_arn = ("aws:SourceArn", "arn:aws:cur:us-east-1:444455556666:definition/*");
    let other_account = ("aws:SourceAccount", "444455556666");
    let other_service = Principal::Service("bcm-data-exports.amazonaws.com");
    let cases = [
        (SERVICE, "s3:GetBucketAcl", bucket_arn(), ours.clone(), Decision::Allowed),
        (SERVICE, "s3:GetBucketPolicy", bucket_arn(), ours.clone(), Decision::Allowed),
        (SERVICE, "s3:PutObject", report_file(), ours.clone(), Decision::Allowed),
        // The service sends the asterisk, and the policy means the asterisk.
        (SERVICE, "s3:PutObject", report_file(), vec![one_report, SOURCE_ACCOUNT], Decision::NotMentioned),
        (SERVICE, "s3:PutObject", report_file(), vec![other_arn, SOURCE_ACCOUNT], Decision::NotMentioned),
        (SERVICE, "s3:PutObject", report_file(), vec![SOURCE_ARN, other_account], Decision::NotMentioned),
        (SERVICE, "s3:PutObject", report_file(), vec![SOURCE_ARN], Decision::NotMentioned),
        (SERVICE, "s3:PutObject", report_file(), vec![SOURCE_ACCOUNT], Decision::NotMentioned),
        (SERVICE, "s3:GetObject", report_file(), ours.clone(), Decision::NotMentioned),
        (SERVICE, "s3:DeleteObject", report_file(), ours.clone(), Decision::NotMentioned),
        (SERVICE, "s3:PutBucketPolicy", bucket_arn(), ours.clone(), Decision::NotMentioned),
        (other_service, "s3:PutObject", report_file(), ours, Decision::NotMentioned),
    ];
    for (principal, action, resource, context, expected) in cases {
        let decision = decide(&policy, principal, action, &resource, &context);
        assert_eq!(decision, expected, "{principal:?} {action} {resource} {context:?}");
    }
}

#[test]
fn the_bucket_policy_lets_data_exports_write_for_this_account_and_no_more() {
    let policies = [planned_policy(&fresh(), &cur2()), Document::parse(DOCUMENTED_FOR_EXPORTS).unwrap()];
    let service = Principal::Service("bcm-data-exports.amazonaws.com");
    let ours = ("aws:SourceArn", "arn:aws:bcm-data-exports:us-east-1:111122223333:export/day-one-1");
    let other_arn = ("aws:SourceArn", "arn:aws:bcm-data-exports:us-east-1:444455556666:export/day-one-1");
    let other_account = ("aws:SourceAccount", "444455556666");
    let cases = [
        (service, "s3:PutObject", vec![ours, SOURCE_ACCOUNT], Decision::Allowed),
        (service, "s3:PutObject", vec![other_arn, SOURCE_ACCOUNT], Decision::NotMentioned),
        (service, "s3:PutObject", vec![ours, other_account], Decision::NotMentioned),
        (service, "s3:PutObject", vec![ours], Decision::NotMentioned),
        (service, "s3:GetObject", vec![ours, SOURCE_ACCOUNT], Decision::NotMentioned),
        (SERVICE, "s3:PutObject", vec![ours, SOURCE_ACCOUNT], Decision::NotMentioned),
    ];
    for policy in &policies {
        for (principal, action, context, expected) in &cases {
            let decision = decide(policy, *principal, action, &report_file(), context);
            assert_eq!(decision, *expected, "{principal:?} {action} {context:?} by {}", policy.to_json());
        }
    }
}

/// A report of the other kind may still be written into the same bucket.
#[test]
fn the_other_kind_of_report_goes_on_being_written() {
    let classic = planned_policy(&fresh(), &Answers::default());
    let facts = Facts { bucket: mine(REGION, Some(&classic.to_json())), ..fresh() };
    let policy = planned_policy(&facts, &cur2());
    let write = |principal, source| {
        decide(&policy, principal, "s3:PutObject", &report_file(), &[source, SOURCE_ACCOUNT])
    };
    assert_eq!(write(SERVICE, SOURCE_ARN), Decision::Allowed);
    let export = ("aws:SourceArn", "arn:aws:bcm-data-exports:us-east-1:111122223333:export/day-one-1");
    let exports = Principal::Service("bcm-data-exports.amazonaws.com");
    assert_eq!(write(exports, export), Decision::Allowed);
}

#[test]
fn the_policy_that_the_console_puts_for_exports_is_enough_beside_what_protects_it() {
    let facts = Facts { bucket: mine(REGION, Some(DOCUMENTED_FOR_EXPORTS)), ..fresh() };
    let policy = planned_policy(&facts, &cur2());
    let names: Vec<_> = policy.statement.iter().filter_map(|statement| statement.sid.as_deref()).collect();
    let expected = ["DayoneDenyInsecureTransport", "DayoneNobodyTampers", "EnableAWSDataExportsToWriteToS3"];
    assert_eq!(names, expected);
}

#[test]
fn statements_of_others_stay_in_the_policy() {
    let facts = Facts { bucket: mine(REGION, Some(PARTNER_LISTS)), ..fresh() };
    let policy = planned_policy(&facts, &Answers::default());
    assert!(policy.includes(&Document::parse(PARTNER_LISTS).unwrap()));
    assert!(policy.includes(&Document::parse(DOCUMENTED).unwrap()));
}

/// In the account IAM decides where nothing is said; for everybody else that is a no.
#[test]
fn only_administrators_and_root_change_a_bill_or_its_bucket_and_others_may_still_read() {
    let tampering = [
        ("s3:PutObject", report_file()),
        ("s3:DeleteObject", report_file()),
        ("s3:DeleteObjectVersion", report_file()),
        ("s3:PutBucketPolicy", bucket_arn()),
        ("s3:DeleteBucketPolicy", bucket_arn()),
        ("s3:PutLifecycleConfiguration", bucket_arn()),
        ("s3:PutBucketVersioning", bucket_arn()),
        ("s3:DeleteBucket", bucket_arn()),
    ];
    let reading = [("s3:GetObject", report_file()), ("s3:ListBucket", bucket_arn())];
    for answers in [Answers::default(), cur2()] {
        let policy = planned_policy(&fresh(), &answers);
        for (principal, expected) in [
            (Principal::Aws(ALICE), Decision::NotMentioned),
            (Principal::Aws(ROOT), Decision::NotMentioned),
            (Principal::Aws(BOB), Decision::Denied),
            (Principal::Aws(STRANGER), Decision::Denied),
            (Principal::Anonymous, Decision::Denied),
        ] {
            for (action, resource) in &tampering {
                let decision = decide(&policy, principal, action, resource, &[]);
                assert_eq!(decision, expected, "{principal:?} {action}");
            }
            for (action, resource) in &reading {
                let decision = decide(&policy, principal, action, resource, &[]);
                assert_eq!(decision, Decision::NotMentioned, "{principal:?} {action}");
            }
        }
    }
}

#[test]
fn nothing_goes_over_an_insecure_connection() {
    let policy = planned_policy(&fresh(), &Answers::default());
    let principals = [Principal::Aws(ALICE), Principal::Aws(ROOT), SERVICE];
    let carried = [SOURCE_ARN, SOURCE_ACCOUNT];
    imagined::assert_refuses_insecure(&policy, &principals, [&bucket_arn(), &report_file()], &carried);
}

#[test]
fn every_statement_of_ours_is_named_as_ours() {
    for answers in [Answers::default(), cur2()] {
        imagined::assert_named_as_ours(&planned_policy(&fresh(), &answers));
    }
}

#[test]
fn no_blank_of_the_policy_is_left_open() {
    for answers in [Answers::default(), cur2()] {
        let json = planned_policy(&fresh(), &answers).to_json();
        for blank in ["PARTITION", "ACCOUNT", "BUCKET"] {
            assert!(!json.contains(blank), "{blank} in {json}");
        }
    }
}
