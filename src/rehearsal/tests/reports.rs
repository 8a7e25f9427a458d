//! Cost and Usage Reports.

use super::*;

#[tokio::test(start_paused = true)]
async fn reports_are_defined_only_in_us_east_1() {
    let setup = Setup::new().await;
    let key = setup.account.root_access_key();
    for service in ["cur", "bcm-data-exports"] {
        for (region, answered) in [("us-east-1", true), ("eu-west-1", false)] {
            let scope = format!("{}/20261123/{region}/{service}/aws4_request", key.access_key_id());
            let signature = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
            let answer = setup.account.answer(request(Some(&signature), "{}")).await;
            assert_eq!(answer.is_some(), answered, "{service} in {region}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_report_needs_a_bucket_policy_for_it() {
    let setup = Setup::new().await;
    setup.bucket("bills").await;
    let refused = define(&setup.root, &report("day-one")).await.unwrap_err();
    assert!(is_about_the_bucket(&refused), "{refused:?}");
    assert_eq!(setup.put_policy("bills", &for_trail("bills", TRAIL)).await, OK);
    let refused = define(&setup.root, &report("day-one")).await.unwrap_err();
    assert!(is_about_the_bucket(&refused), "{refused:?}");
    assert_eq!(setup.put_policy("bills", &for_reports()).await, OK);
    let unseen = define(&setup.root, &report("day-one")).await.unwrap_err();
    assert!(is_about_the_bucket(&unseen), "the policy is not seen at the first try: {unseen:?}");
    define(&setup.root, &report("day-one")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_report_names_the_region_of_its_bucket() {
    let setup = Setup::new().await;
    setup.bucket_for_reports().await;
    let elsewhere = with(report("day-one"), "S3Region", json!("eu-west-1"));
    let refused = define(&setup.root, &elsewhere).await.unwrap_err();
    assert!(is_about_the_bucket(&refused), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn odd_combinations_are_refused_without_a_word() {
    let setup = Setup::new().await;
    setup.bucket_for_reports().await;
    for (field, value) in [
        ("Compression", json!("ZIP")),
        ("Format", json!("textORcsv")),
        ("ReportVersioning", json!("CREATE_NEW_REPORT")),
        ("S3Prefix", json!("")),
        ("AdditionalArtifacts", json!(["ATHENA", "REDSHIFT"])),
        ("AdditionalArtifacts", json!(["QUICKSIGHT"])),
        ("TimeUnit", json!("WEEKLY")),
    ] {
        let odd = with(report("day-one"), field, value.clone());
        let refused = define(&setup.root, &odd).await.unwrap_err();
        assert!(refused.is("Validation"), "{field}, {value}: {refused:?}");
        assert!(!is_about_the_bucket(&refused), "{field}, {value}: {refused:?}");
    }
    define(&setup.root, &report("day-one")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_report_is_defined_once() {
    let setup = Setup::new().await;
    setup.bucket_for_reports().await;
    define(&setup.root, &report("day-one")).await.unwrap();
    let refused = define(&setup.root, &report("day-one")).await.unwrap_err();
    assert!(refused.is("DuplicateReportNameException"), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn ten_reports_are_the_most_and_come_in_pages_of_five() {
    let setup = Setup::new().await;
    setup.bucket_for_reports().await;
    for number in 1..=10 {
        define(&setup.root, &report(&format!("report-{number}"))).await.unwrap();
    }
    let refused = define(&setup.root, &report("report-11")).await.unwrap_err();
    assert!(refused.is("ReportLimitReachedException"), "{refused:?}");
    let client = setup.root.cost_and_usage_report();
    let first = client.describe_report_definitions().send().await.unwrap();
    let second = client.describe_report_definitions().next_token(first.next_token().unwrap());
    let second = second.send().await.unwrap();
    assert_eq!((first.report_definitions().len(), second.report_definitions().len()), (5, 5));
    assert_eq!(second.next_token(), None);
}

#[tokio::test(start_paused = true)]
async fn a_report_is_delivered_a_while_after_it_was_defined() {
    let setup = Setup::new().await;
    setup.bucket_for_reports().await;
    define(&setup.root, &report("day-one")).await.unwrap();
    assert_eq!(setup.objects_in("bills").await, 0);
    a_minute_passes().await;
    assert_eq!(setup.objects_in("bills").await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_report_stays_as_finely_divided_as_it_was_made() {
    let setup = Setup::new().await;
    setup.bucket_for_reports().await;
    define(&setup.root, &report("day-one")).await.unwrap();
    for (field, value) in [
        ("TimeUnit", json!("DAILY")),
        ("AdditionalSchemaElements", json!([])),
        ("AdditionalSchemaElements", json!(["RESOURCES", "SPLIT_COST_ALLOCATION_DATA"])),
        ("ReportName", json!("another")),
        ("BillingViewArn", json!("arn:aws:billing::111122223333:billingview/group")),
    ] {
        let changed = with(report("day-one"), field, value.clone());
        let refused = redefine(&setup.root, "day-one", &changed).await.unwrap_err();
        assert!(refused.is("Validation"), "{field}, {value}: {refused:?}");
    }
    let csv = json!({"Format": "textORcsv", "Compression": "GZIP", "AdditionalArtifacts": []});
    let mut changed = with(report("day-one"), "ReportVersioning", json!("CREATE_NEW_REPORT"));
    changed.as_object_mut().unwrap().extend(csv.as_object().unwrap().clone());
    let refused = redefine(&setup.root, "day-one", &changed).await.unwrap_err();
    assert!(refused.is("Validation"), "{refused:?}");
    let same = with(changed, "ReportVersioning", json!("OVERWRITE_REPORT"));
    redefine(&setup.root, "day-one", &same).await.unwrap();
    assert!(redefine(&setup.root, "missing", &report("missing")).await.unwrap_err().is("Validation"));
}

#[tokio::test(start_paused = true)]
async fn a_report_that_is_not_there_is_not_deleted() {
    let setup = Setup::new().await;
    setup.bucket_for_reports().await;
    define(&setup.root, &report("day-one")).await.unwrap();
    let delete = |name: &'static str| {
        setup.root.cost_and_usage_report().delete_report_definition().report_name(name).send()
    };
    for (name, expected) in
        [("missing", "ValidationException"), ("day-one", OK), ("day-one", "ValidationException")]
    {
        assert_eq!(code(delete(name).await), expected, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_report_is_held_against_the_words_that_the_api_knows() {
    let setup = Setup::new().await;
    setup.bucket_for_reports().await;
    for (field, value) in [
        ("ReportName", json!("two words")),
        ("ReportName", json!("x".repeat(257))),
        ("S3Prefix", json!("two words")),
        ("S3Prefix", json!("x".repeat(257))),
        ("S3Region", json!("mx-central-1")),
    ] {
        let odd = with(report("day-one"), field, value.clone());
        let refused = define(&setup.root, &odd).await.unwrap_err();
        let in_words = refused.is("Validation") && refused.message.contains("validation error detected");
        assert!(in_words, "{field}, {value}: {refused:?}");
    }
    define(&setup.root, &with(report("day-one"), "S3Prefix", json!("costs/of-2026"))).await.unwrap();
}

/// AWS's word on the last delivery of the only report, and whether there is a date of one.
async fn delivery(setup: &Setup) -> (Option<String>, bool) {
    let found = setup.root.cost_and_usage_report().describe_report_definitions().send().await.unwrap();
    let status = found.report_definitions()[0].report_status().unwrap();
    let word = status.last_status().map(|word| word.as_str().to_owned());
    (word, status.last_delivery().is_some())
}

#[tokio::test(start_paused = true)]
async fn a_report_that_may_not_be_written_says_so_until_it_may() {
    let setup = Setup::new().await;
    setup.bucket_for_reports().await;
    define(&setup.root, &report("day-one")).await.unwrap();
    assert_eq!(delivery(&setup).await, (None, false));
    assert_eq!(setup.put_policy("bills", &for_trail("bills", TRAIL)).await, OK);
    a_minute_passes().await;
    assert_eq!(delivery(&setup).await, (Some("ERROR_PERMISSIONS".into()), false));
    assert_eq!(setup.objects_in("bills").await, 0);
    assert_eq!(setup.put_policy("bills", &for_reports()).await, OK);
    assert_eq!(delivery(&setup).await, (Some("SUCCESS".into()), true));
    assert_eq!(setup.put_policy("bills", &for_trail("bills", TRAIL)).await, OK);
    assert_eq!(delivery(&setup).await, (Some("ERROR_PERMISSIONS".into()), true));
}

#[tokio::test(start_paused = true)]
async fn a_report_that_has_lost_its_bucket_says_so() {
    let setup = Setup::new().await;
    setup.bucket_for_reports().await;
    define(&setup.root, &report("day-one")).await.unwrap();
    setup.root.s3("us-east-1").delete_bucket().bucket("bills").send().await.unwrap();
    a_minute_passes().await;
    assert_eq!(delivery(&setup).await, (Some("ERROR_NO_BUCKET".into()), false));
}
