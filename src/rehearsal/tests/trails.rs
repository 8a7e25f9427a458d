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
