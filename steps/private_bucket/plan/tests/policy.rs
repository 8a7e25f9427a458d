//! The policy: what of it is ours, what stays of others, and what stands in the way.

use super::*;

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
