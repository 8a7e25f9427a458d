//! Trails.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_trail_needs_a_bucket() {
    let setup = Setup::new().await;
    assert_eq!(create_trail(&setup.root, "day-one").await, "S3BucketDoesNotExistException");
}

#[tokio::test(start_paused = true)]
async fn a_trail_needs_a_bucket_policy() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    for _ in 0..3 {
        assert_eq!(create_trail(&setup.root, "day-one").await, NO_POLICY_FOR_TRAIL);
    }
}

#[tokio::test(start_paused = true)]
async fn a_bucket_policy_for_another_trail_is_not_enough() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    let another = TRAIL.replace("day-one", "another");
    assert_eq!(setup.put_policy("logs", &for_trail("logs", &another)).await, OK);
    for _ in 0..3 {
        assert_eq!(create_trail(&setup.root, "day-one").await, NO_POLICY_FOR_TRAIL);
    }
    assert_eq!(create_trail(&setup.root, "another").await, OK);
}

#[tokio::test(start_paused = true)]
async fn a_bucket_policy_is_not_seen_at_the_first_try() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    assert_eq!(setup.put_policy("logs", &for_trail("logs", TRAIL)).await, OK);
    for expected in [NO_POLICY_FOR_TRAIL, OK, "TrailAlreadyExistsException"] {
        assert_eq!(create_trail(&setup.root, "day-one").await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn five_trails_are_the_most() {
    let setup = Setup::new().await;
    setup.bucket_for_trails().await;
    for number in 1..=5 {
        assert_eq!(create_trail(&setup.root, &format!("trail-{number}")).await, OK, "{number}");
    }
    assert_eq!(create_trail(&setup.root, "trail-6").await, "MaximumNumberOfTrailsExceededException");
}

#[tokio::test(start_paused = true)]
async fn a_trail_of_all_regions_includes_global_services() {
    let setup = Setup::new().await;
    setup.bucket_for_trails().await;
    let request = setup.root.cloudtrail("us-east-1").create_trail().name("day-one").s3_bucket_name("logs");
    let request = request.is_multi_region_trail(true).include_global_service_events(false);
    assert_eq!(code(request.send().await), "InvalidParameterCombinationException");
}

#[tokio::test(start_paused = true)]
async fn a_trail_is_changed_only_in_its_home_region() {
    let setup = Setup::new().await;
    setup.bucket_for_trails().await;
    assert_eq!(create_trail(&setup.root, "day-one").await, OK);
    let elsewhere = setup.root.cloudtrail("eu-west-1");
    for (trail, expected) in [(TRAIL, "InvalidHomeRegionException"), ("day-one", "TrailNotFoundException")] {
        assert_eq!(code(elsewhere.start_logging().name(trail).send().await), expected);
        assert_eq!(code(elsewhere.delete_trail().name(trail).send().await), expected);
    }
    let home = setup.root.cloudtrail("us-east-1");
    assert_eq!(code(home.start_logging().name("day-one").send().await), OK);
}

#[tokio::test(start_paused = true)]
async fn a_trail_of_all_regions_has_shadows_in_the_others() {
    let setup = Setup::new().await;
    setup.bucket_for_trails().await;
    assert_eq!(create_trail(&setup.root, "day-one").await, OK);
    for (shadows, expected) in [(true, 1), (false, 0)] {
        let elsewhere = setup.root.cloudtrail("eu-west-1").describe_trails().include_shadow_trails(shadows);
        assert_eq!(elsewhere.send().await.unwrap().trail_list().len(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_trail_moves_only_to_a_bucket_that_it_may_use() {
    let setup = Setup::new().await;
    setup.bucket_for_trails().await;
    assert_eq!(create_trail(&setup.root, "day-one").await, OK);
    let cloudtrail = setup.root.cloudtrail("us-east-1");
    let moved =
        async |bucket: &str| code(cloudtrail.update_trail().name(TRAIL).s3_bucket_name(bucket).send().await);
    assert_eq!(moved("bills").await, "S3BucketDoesNotExistException");
    setup.bucket("bills").await;
    assert_eq!(setup.put_policy("bills", &for_trail("bills", TRAIL)).await, OK);
    for expected in [NO_POLICY_FOR_TRAIL, OK] {
        assert_eq!(moved("bills").await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_trail_logs_and_delivers_only_once_it_is_started() {
    let setup = Setup::new().await;
    setup.bucket_for_trails().await;
    assert_eq!(create_trail(&setup.root, "day-one").await, OK);
    a_minute_passes().await;
    assert_eq!(setup.logging_and_delivered().await, (false, false));
    assert_eq!(setup.objects_in("logs").await, 0);

    let start = setup.root.cloudtrail("us-east-1").start_logging().name("day-one");
    assert_eq!(code(start.send().await), OK);
    assert_eq!(setup.logging_and_delivered().await, (true, false));
    a_minute_passes().await;
    assert_eq!(setup.logging_and_delivered().await, (true, true));
    assert_eq!(setup.objects_in("logs").await, 1);
}

#[tokio::test(start_paused = true)]
async fn trail_names_that_do_not_hold_up_are_refused() {
    let setup = Setup::new().await;
    setup.bucket_for_trails().await;
    let long = "a".repeat(129);
    for name in ["ab", long.as_str(), "day one", "-day", "day.", "day--one", "day._one", "192.168.5.4"] {
        assert_eq!(create_trail(&setup.root, name).await, "InvalidTrailNameException", "{name}");
    }
    assert_eq!(create_trail(&setup.root, "Day_1.one-2").await, OK);
}

/// What CloudTrail says of the trail `day-one`: since when it logs, when it delivered last, and the errors of its log files
/// and its digests.
#[derive(Debug, PartialEq, Eq)]
struct Going {
    since: Option<i64>,
    delivered: Option<i64>,
    error: Option<String>,
    digest_error: Option<String>,
}

impl Setup {
    async fn going(&self) -> Going {
        let status = self.root.cloudtrail("us-east-1").get_trail_status().name("day-one").send().await;
        let status = status.unwrap();
        Going {
            since: status.start_logging_time().map(|time| time.secs()),
            delivered: status.latest_delivery_time().map(|time| time.secs()),
            error: status.latest_delivery_error().map(ToOwned::to_owned),
            digest_error: status.latest_digest_delivery_error().map(ToOwned::to_owned),
        }
    }

    /// The trail `day-one`, validated and started.
    async fn started_trail(&self) {
        self.bucket_for_trails().await;
        let cloudtrail = self.root.cloudtrail("us-east-1");
        let create = cloudtrail.create_trail().name("day-one").s3_bucket_name("logs");
        assert_eq!(code(create.enable_log_file_validation(true).send().await), OK);
        assert_eq!(code(cloudtrail.start_logging().name("day-one").send().await), OK);
    }

    /// What CloudTrail needs of the bucket `logs`, but this.
    async fn deny_in_logs(&self, action: &str, folder: &str) {
        let mut policy = for_trail("logs", TRAIL);
        let resource = format!("arn:aws:s3:::logs/AWSLogs/{ACCOUNT_ID}/{folder}/*");
        let denial = json!({"Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource});
        policy["Statement"].as_array_mut().unwrap().push(denial);
        assert_eq!(self.put_policy("logs", &policy).await, OK);
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_is_updated_the_bucket_is_looked_at_once_more() {
    let setup = Setup::new().await;
    setup.started_trail().await;
    let update = async || {
        let update = setup.root.cloudtrail("us-east-1").update_trail().name(TRAIL);
        code(update.is_multi_region_trail(true).send().await)
    };
    assert_eq!(update().await, OK);
    setup.deny_in_logs("s3:PutObject", "CloudTrail").await;
    for _ in 0..3 {
        assert_eq!(update().await, NO_POLICY_FOR_TRAIL);
    }
    assert_eq!(setup.put_policy("logs", &for_trail("logs", TRAIL)).await, OK);
    for expected in [NO_POLICY_FOR_TRAIL, OK] {
        assert_eq!(update().await, expected, "it is not seen at the first try");
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_arrives_only_where_the_policy_lets_it() {
    let setup = Setup::new().await;
    setup.started_trail().await;
    setup.deny_in_logs("s3:PutObject", "CloudTrail").await;
    a_minute_passes().await;
    let going = setup.going().await;
    assert_eq!((going.delivered, going.error.as_deref()), (None, Some("AccessDenied")));
    assert_eq!((going.digest_error, setup.objects_in("logs").await), (None, 0));

    assert_eq!(setup.put_policy("logs", &for_trail("logs", TRAIL)).await, OK);
    let going = setup.going().await;
    assert!(going.delivered.is_some() && going.error.is_none(), "{going:?}");
    assert_eq!(setup.objects_in("logs").await, 1);

    // What was let before is judged again with the next file.
    setup.deny_in_logs("s3:PutObject", "CloudTrail-Digest").await;
    tokio::time::sleep(Duration::from_secs(300)).await;
    let going = setup.going().await;
    assert_eq!((going.error, going.digest_error.as_deref()), (None, Some("AccessDenied")));
}

#[tokio::test(start_paused = true)]
async fn nothing_arrives_in_a_bucket_that_is_gone() {
    let setup = Setup::new().await;
    setup.started_trail().await;
    assert_eq!(code(setup.root.s3("us-east-1").delete_bucket().bucket("logs").send().await), OK);
    a_minute_passes().await;
    let going = setup.going().await;
    assert_eq!((going.delivered, going.error.as_deref()), (None, Some("NoSuchBucket")));
}

#[tokio::test(start_paused = true)]
async fn a_trail_that_was_started_again_has_yet_to_deliver() {
    let setup = Setup::new().await;
    setup.started_trail().await;
    a_minute_passes().await;
    let before = setup.going().await;
    assert!(before.delivered >= before.since, "{before:?}");
    let cloudtrail = setup.root.cloudtrail("us-east-1");
    assert_eq!(code(cloudtrail.stop_logging().name("day-one").send().await), OK);
    a_minute_passes().await;
    assert_eq!(code(cloudtrail.start_logging().name("day-one").send().await), OK);
    let again = setup.going().await;
    assert_eq!(again.delivered, before.delivered, "the last one is still the last");
    assert!(again.delivered < again.since, "{again:?}");
    a_minute_passes().await;
    let later = setup.going().await;
    assert!(later.delivered > later.since, "{later:?}");
}

#[tokio::test(start_paused = true)]
async fn a_trail_that_moved_delivers_into_its_new_bucket() {
    let setup = Setup::new().await;
    setup.started_trail().await;
    a_minute_passes().await;
    assert!(setup.going().await.delivered.is_some());
    setup.bucket("bills").await;
    assert_eq!(setup.put_policy("bills", &for_trail("bills", TRAIL)).await, OK);
    let update = || setup.root.cloudtrail("us-east-1").update_trail().name(TRAIL).s3_bucket_name("bills");
    for expected in [NO_POLICY_FOR_TRAIL, OK] {
        assert_eq!(code(update().send().await), expected);
    }
    assert_eq!(setup.objects_in("bills").await, 1, "what is due comes with the next call");
    assert!(setup.going().await.delivered.is_some());
}

#[tokio::test(start_paused = true)]
async fn trails_of_one_region_are_listed_everywhere_and_described_at_home() {
    let setup = Setup::new().await;
    setup.bucket_for_trails().await;
    let create = setup.root.cloudtrail("us-east-1").create_trail().name("day-one").s3_bucket_name("logs");
    assert_eq!(code(create.send().await), OK);
    for (region, expected) in [("us-east-1", 1), ("eu-west-1", 0)] {
        let cloudtrail = setup.root.cloudtrail(region);
        let listed = cloudtrail.list_trails().send().await.unwrap();
        let home = listed.trails().iter().map(|trail| (trail.trail_arn(), trail.home_region()));
        assert_eq!(home.collect::<Vec<_>>(), [(Some(TRAIL), Some("us-east-1"))]);
        for name in [None, Some(TRAIL), Some("day-one")] {
            let describe =
                cloudtrail.describe_trails().set_trail_name_list(name.map(|name| vec![name.into()]));
            let described = describe.send().await.unwrap();
            assert_eq!(described.trail_list().len(), expected, "{region}, {name:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_trail_has_five_event_selectors_at_the_most() {
    use aws_sdk_cloudtrail::types::{EventSelector, ReadWriteType};
    let setup = Setup::new().await;
    setup.started_trail().await;
    for (count, expected) in [(5, OK), (6, "InvalidEventSelectorsException")] {
        let selectors = vec![EventSelector::builder().read_write_type(ReadWriteType::All).build(); count];
        let put = setup.root.cloudtrail("us-east-1").put_event_selectors().trail_name(TRAIL);
        assert_eq!(code(put.set_event_selectors(Some(selectors)).send().await), expected, "{count}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_member_sees_the_organization_s_trail_and_can_neither_change_it_nor_see_what_it_selects() {
    const THEIRS: &str = "arn:aws:cloudtrail:us-east-1:444455556666:trail/organization";
    const WRONG_ARN: &str = "CloudTrailARNInvalidException";
    let setup = Setup::new().await;
    let is = OrganizationTrail { multi_region: true, validated: true, logging: true, selects: true };
    setup.account.seed_organization_trail("organization", is).await;
    for region in ["us-east-1", "eu-west-1"] {
        let cloudtrail = setup.root.cloudtrail(region);
        for (shadows, expected) in [(true, 1), (false, 0)] {
            let described = cloudtrail.describe_trails().include_shadow_trails(shadows).send().await.unwrap();
            let of_organization = described.trail_list().iter();
            let of_organization =
                of_organization.filter(|trail| trail.is_organization_trail() == Some(true)).count();
            assert_eq!(of_organization, expected, "{region}, {shadows}");
        }
        a_minute_passes().await;
        let status = cloudtrail.get_trail_status().name(THEIRS).send().await.unwrap();
        assert!(status.is_logging() == Some(true) && status.latest_delivery_time().is_some());
        let by_name = cloudtrail.get_trail_status().name("organization").send().await;
        assert_eq!(code(by_name), "TrailNotFoundException");
        assert_eq!(code(cloudtrail.get_event_selectors().trail_name(THEIRS).send().await), WRONG_ARN);
        let update = cloudtrail.update_trail().name(THEIRS).is_multi_region_trail(true);
        assert_eq!(code(update.send().await), WRONG_ARN);
        assert_eq!(code(cloudtrail.start_logging().name(THEIRS).send().await), WRONG_ARN);
        assert_eq!(code(cloudtrail.stop_logging().name(THEIRS).send().await), WRONG_ARN);
        assert_eq!(code(cloudtrail.delete_trail().name(THEIRS).send().await), WRONG_ARN);
    }
}
