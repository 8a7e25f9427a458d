//! What the bucket policy says beside whom it lets in: what CloudTrail may write, and that nothing else is opened.

use super::*;

#[test]
fn cloudtrail_writes_only_for_this_trail_and_only_its_own_files() {
    let policy = planned_policy(&fresh(), &Answers::default());
    let (ours, other_trail) = (("aws:SourceArn", TRAIL), ("aws:SourceArn", OTHER_TRAIL));
    let private = ("s3:x-amz-acl", "private");
    let foreign_key = format!("arn:aws:s3:::{BUCKET}/AWSLogs/444455556666/file.json.gz");
    let outside = format!("arn:aws:s3:::{BUCKET}/file.json.gz");
    let other_service = Principal::Service("config.amazonaws.com");
    let cases = [
        (CLOUDTRAIL, "s3:PutObject", log_file(), vec![ours, OWNER_ACL], Decision::Allowed),
        (CLOUDTRAIL, "s3:GetBucketAcl", bucket_arn(), vec![ours], Decision::Allowed),
        (CLOUDTRAIL, "s3:PutObject", log_file(), vec![ours], Decision::NotMentioned),
        (CLOUDTRAIL, "s3:PutObject", log_file(), vec![ours, private], Decision::NotMentioned),
        (CLOUDTRAIL, "s3:PutObject", log_file(), vec![OWNER_ACL], Decision::NotMentioned),
        (CLOUDTRAIL, "s3:PutObject", log_file(), vec![other_trail, OWNER_ACL], Decision::NotMentioned),
        (CLOUDTRAIL, "s3:PutObject", foreign_key, vec![ours, OWNER_ACL], Decision::NotMentioned),
        (CLOUDTRAIL, "s3:PutObject", outside, vec![ours, OWNER_ACL], Decision::NotMentioned),
        (CLOUDTRAIL, "s3:GetBucketAcl", bucket_arn(), vec![], Decision::NotMentioned),
        (CLOUDTRAIL, "s3:GetBucketAcl", bucket_arn(), vec![other_trail], Decision::NotMentioned),
        (CLOUDTRAIL, "s3:GetObject", log_file(), vec![ours], Decision::NotMentioned),
        (CLOUDTRAIL, "s3:DeleteObject", log_file(), vec![ours, OWNER_ACL], Decision::NotMentioned),
        (other_service, "s3:PutObject", log_file(), vec![ours, OWNER_ACL], Decision::NotMentioned),
    ];
    for (principal, action, resource, context, expected) in cases {
        let decision = decide(&policy, principal, action, &resource, &context);
        assert_eq!(decision, expected, "{principal:?} {action} {resource} {context:?}");
    }
}

#[test]
fn nothing_goes_over_an_insecure_connection() {
    let policy = policy_with_reader();
    let principals = [Principal::Aws(ALICE), Principal::Aws(ROOT), Principal::Aws(AUDITOR), CLOUDTRAIL];
    let carried = [("aws:SourceArn", TRAIL), OWNER_ACL];
    imagined::assert_refuses_insecure(&policy, &principals, [&bucket_arn(), &log_file()], &carried);
}

#[test]
fn statements_of_others_stay_in_the_policy() {
    let mut facts = perfect();
    settings_of(&mut facts).policy = Ok(Some(PARTNER_LISTS.into()));
    let policy = planned_policy(&facts, &Answers::default());
    assert!(policy.includes(&Document::parse(PARTNER_LISTS).unwrap()));
    assert!(policy.includes(&planned_policy(&fresh(), &Answers::default())));
}

/// AWS's guide gives these names to the statements of every trail, so a bucket that several accounts share has them.
#[test]
fn another_trail_that_shares_the_bucket_goes_on_writing() {
    let shared = format!(
        r#"{{"Version":"2012-10-17","Statement":[
            {{"Sid":"AWSCloudTrailAclCheck20150319","Effect":"Allow","Principal":{{"Service":"cloudtrail.amazonaws.com"}},
              "Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::{BUCKET}",
              "Condition":{{"StringEquals":{{"aws:SourceArn":["{TRAIL}","{OTHER_TRAIL}"]}}}}}},
            {{"Sid":"AWSCloudTrailWrite20150319","Effect":"Allow","Principal":{{"Service":"cloudtrail.amazonaws.com"}},
              "Action":"s3:PutObject","Resource":["arn:aws:s3:::{BUCKET}/AWSLogs/{ACCOUNT}/*",
                                                 "arn:aws:s3:::{BUCKET}/AWSLogs/444455556666/*"],
              "Condition":{{"StringEquals":{{"s3:x-amz-acl":"bucket-owner-full-control",
                                           "aws:SourceArn":["{TRAIL}","{OTHER_TRAIL}"]}}}}}}]}}"#
    );
    let mut facts = perfect();
    settings_of(&mut facts).policy = Ok(Some(shared));
    let policy = planned_policy(&facts, &Answers::default());
    let key = format!("arn:aws:s3:::{BUCKET}/AWSLogs/444455556666/file.json.gz");
    let writes =
        decide(&policy, CLOUDTRAIL, "s3:PutObject", &key, &[("aws:SourceArn", OTHER_TRAIL), OWNER_ACL]);
    assert_eq!(writes, Decision::Allowed);
}

#[test]
fn the_policy_follows_an_adopted_trail_and_takes_nothing_from_others() {
    let policy = planned_policy(&adopted(), &Answers::default());
    let audit = "arn:aws:cloudtrail:us-west-2:111122223333:trail/audit";
    let key = "arn:aws:s3:::audit-logs/central/AWSLogs/111122223333/file.json.gz";
    let write = |key: &str, trail: &str| {
        decide(&policy, CLOUDTRAIL, "s3:PutObject", key, &[("aws:SourceArn", trail), OWNER_ACL])
    };
    assert_eq!(write(key, audit), Decision::Allowed);
    assert_eq!(write(key, TRAIL), Decision::NotMentioned);
    assert_eq!(write(key, &audit.replace("us-west-2", REGION)), Decision::NotMentioned);
    let without_prefix = "arn:aws:s3:::audit-logs/AWSLogs/111122223333/file.json.gz";
    assert_eq!(write(without_prefix, audit), Decision::NotMentioned);
}

#[test]
fn every_arn_has_the_partition() {
    let china = Facts {
        partition: "aws-cn".into(),
        region: "cn-north-1".into(),
        administrators: Ok(BTreeSet::from(["arn:aws-cn:iam::111122223333:user/alice".to_owned()])),
        acting: vec!["arn:aws-cn:iam::111122223333:user/alice".into()],
        ..fresh()
    };
    let policy = planned_policy(&china, &Answers::default());
    let json = policy.to_json();
    assert!(!json.contains("arn:aws:"), "{json}");
    let bucket = bucket_name(ACCOUNT, "cn-north-1", &Answers::default());
    let key = format!("arn:aws-cn:s3:::{bucket}/AWSLogs/{ACCOUNT}/file.json.gz");
    let trail = ("aws:SourceArn", "arn:aws-cn:cloudtrail:cn-north-1:111122223333:trail/day-one");
    assert_eq!(decide(&policy, CLOUDTRAIL, "s3:PutObject", &key, &[trail, OWNER_ACL]), Decision::Allowed);
    for who in ["arn:aws-cn:iam::111122223333:user/alice", "arn:aws-cn:iam::111122223333:root"] {
        let read = decide(&policy, Principal::Aws(who), "s3:GetObject", &key, &[]);
        assert_eq!(read, Decision::NotMentioned, "{who}");
    }
}

#[test]
fn every_statement_of_ours_is_named_as_ours() {
    imagined::assert_named_as_ours(&planned_policy(&fresh(), &Answers::default()));
}

#[test]
fn no_blank_of_the_policy_is_left_open() {
    const S3_LIMIT: usize = 20 * 1024;
    for facts in [fresh(), adopted()] {
        let json = planned_policy(&facts, &attended()).to_json();
        for blank in
            ["PARTITION", "ACCOUNT", "BUCKET", "TRAIL_ARN", "KEY_PREFIX", "READERS", "ADMINISTRATORS"]
        {
            assert!(!json.contains(blank), "{blank} in {json}");
        }
        assert!(json.len() < S3_LIMIT, "{}", json.len());
    }
}

/// Names of trails and prefixes may hold capital letters, and so may spell the blanks of the policy.
#[test]
fn a_name_that_looks_like_a_blank_of_the_policy_stays_as_it_is() {
    let mut answers = Answers::default();
    answers.trail.name = "ACCOUNT-BUCKET".into();
    let policy = planned_policy(&fresh(), &answers);
    let trail = ("aws:SourceArn", "arn:aws:cloudtrail:eu-central-1:111122223333:trail/ACCOUNT-BUCKET");
    let writes = decide(&policy, CLOUDTRAIL, "s3:PutObject", &log_file(), &[trail, OWNER_ACL]);
    assert_eq!(writes, Decision::Allowed);

    let mut facts = Facts { bucket: BucketFacts::Free, ..adopted() };
    trail_of(&mut facts).key_prefix = Some("PARTITION".into());
    let policy = planned_policy(&facts, &Answers::default());
    let trail = ("aws:SourceArn", "arn:aws:cloudtrail:us-west-2:111122223333:trail/audit");
    let key = "arn:aws:s3:::audit-logs/PARTITION/AWSLogs/111122223333/file.json.gz";
    assert_eq!(decide(&policy, CLOUDTRAIL, "s3:PutObject", key, &[trail, OWNER_ACL]), Decision::Allowed);
}

#[test]
fn a_prefix_adds_nothing_to_the_policy_but_itself() {
    let principals = |prefix: &str| {
        let mut facts = Facts { bucket: BucketFacts::Free, ..adopted() };
        trail_of(&mut facts).key_prefix = Some(prefix.to_owned());
        let policy = planned_policy(&facts, &Answers::default());
        policy.statement.into_iter().map(|statement| statement.principal).collect::<Vec<_>>()
    };
    assert_eq!(principals(r#"","Principal":"*","Sid":"Open"#), principals("central"));
}
