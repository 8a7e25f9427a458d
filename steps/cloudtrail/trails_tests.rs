use serde_json::{Value, json};

use super::*;
use crate::aws::{Access, canned};
use crate::error::AwsCause;

const AUDIT: &str = "arn:aws:cloudtrail:us-east-1:111122223333:trail/audit";
/// In a Region that has to be enabled.
const ELSEWHERE: &str = "arn:aws:cloudtrail:me-south-1:111122223333:trail/audit";
const ORGANIZATION_S: &str = "arn:aws:cloudtrail:us-east-1:444455556666:trail/organization";
const NOW: i64 = 1_800_000_000;
const HOUR: i64 = 60 * 60;

fn perfect(name: &str) -> TrailFacts {
    TrailFacts {
        name: name.into(),
        arn: format!("arn:aws:cloudtrail:us-east-1:111122223333:trail/{name}"),
        home_region: "us-east-1".into(),
        bucket: "logs".into(),
        key_prefix: None,
        key: None,
        multi_region: true,
        validated: true,
        global_services: true,
        of_another_account: false,
        of_organization: false,
        logging: Ok(true),
        delivery: Delivery::NotYet,
        has_delivered: false,
        management_events: Ok(ManagementEvents::All),
    }
}

/// The name of the trail that is ranked first, in whichever order they come.
fn first(one: &TrailFacts, other: &TrailFacts) -> String {
    let answers = Answers::default();
    let first = |trails: [&TrailFacts; 2]| {
        best(trails.into_iter().cloned().collect(), &answers).map(|trail| trail.name)
    };
    assert_eq!(first([one, other]), first([other, one]));
    first([one, other]).unwrap_or_default()
}

#[test]
fn a_trail_that_lacks_nothing_counts_before_ours_that_does() {
    let lacking: [fn(&mut TrailFacts); 5] = [
        |trail| trail.multi_region = false,
        |trail| trail.validated = false,
        |trail| trail.global_services = false,
        |trail| trail.logging = Ok(false),
        |trail| trail.management_events = Ok(ManagementEvents::Part),
    ];
    for lacks in lacking {
        let mut ours = perfect("day-one");
        lacks(&mut ours);
        assert_eq!(first(&ours, &perfect("audit")), "audit", "{ours:?}");
        let mut theirs = perfect("audit");
        lacks(&mut theirs);
        assert_eq!(first(&perfect("day-one"), &theirs), "day-one", "{theirs:?}");
        assert_eq!(first(&ours, &theirs), "day-one", "neither is good enough, so ours is changed");
    }
    assert_eq!(first(&perfect("day-one"), &perfect("audit")), "day-one");
}

#[test]
fn a_trail_that_logs_is_adopted_before_one_that_is_stopped() {
    let stopped = TrailFacts { logging: Ok(false), ..perfect("stopped") };
    assert_eq!(first(&stopped, &perfect("audit")), "audit");
    let of_organization =
        TrailFacts { of_another_account: true, of_organization: true, ..perfect("organization") };
    assert_eq!(first(&stopped, &of_organization), "organization");
    let stopped_too = TrailFacts { logging: Ok(false), ..of_organization };
    assert_eq!(first(&stopped, &stopped_too), "stopped", "this account's can be started");
}

#[test]
fn selectors_record_all_management_events_only_without_exceptions() {
    let selector = |fields: &[(&str, &str)]| {
        let field = |(field, value): &(&str, &str)| {
            AdvancedFieldSelector::builder().field(*field).equals(*value).build().unwrap()
        };
        let fields = fields.iter().map(field).collect();
        AdvancedEventSelector::builder().set_field_selectors(Some(fields)).build().unwrap()
    };
    let advanced =
        |fields: &[(&str, &str)]| Selectors::builder().advanced_event_selectors(selector(fields)).build();
    let of_management =
        |more: (&'static str, &'static str)| selector(&[("eventCategory", "Management"), more]);
    let both = |one: AdvancedEventSelector, other: AdvancedEventSelector| {
        Selectors::builder().advanced_event_selectors(one).advanced_event_selectors(other).build()
    };
    let (only_reads, only_writes) = (("readOnly", "true"), ("readOnly", "false"));
    let basic = EventSelector::builder().read_write_type(ReadWriteType::All);
    let writes = EventSelector::builder().read_write_type(ReadWriteType::WriteOnly).build();
    let reads = EventSelector::builder().read_write_type(ReadWriteType::ReadOnly).build();
    let reads_of_data =
        basic.clone().read_write_type(ReadWriteType::ReadOnly).include_management_events(false).build();
    let no_keys = basic.clone().exclude_management_event_sources("kms.amazonaws.com").build();
    let of_data = basic.clone().include_management_events(false).build();
    let of_basic = |selector: &EventSelector| Selectors::builder().event_selectors(selector.clone());
    let all = basic.build();
    let cases = [
        (Selectors::builder().build(), ManagementEvents::All),
        (of_basic(&all).build(), ManagementEvents::All),
        (of_basic(&of_data).event_selectors(all.clone()).build(), ManagementEvents::All),
        (of_basic(&writes).event_selectors(reads.clone()).build(), ManagementEvents::All),
        (of_basic(&writes).build(), ManagementEvents::Part),
        (of_basic(&reads).build(), ManagementEvents::Part),
        (of_basic(&writes).event_selectors(writes.clone()).build(), ManagementEvents::Part),
        (of_basic(&writes).event_selectors(reads_of_data).build(), ManagementEvents::Part),
        (of_basic(&no_keys).event_selectors(writes.clone()).build(), ManagementEvents::Part),
        (of_basic(&no_keys).build(), ManagementEvents::Part),
        (of_basic(&of_data).build(), ManagementEvents::Nothing),
        (advanced(&[("eventCategory", "Management")]), ManagementEvents::All),
        (advanced(&[("eventCategory", "Management"), ("readOnly", "false")]), ManagementEvents::Part),
        (both(of_management(only_reads), of_management(only_writes)), ManagementEvents::All),
        (both(of_management(only_writes), of_management(only_writes)), ManagementEvents::Part),
        (
            both(of_management(only_reads), of_management(("eventSource", "iam.amazonaws.com"))),
            ManagementEvents::Part,
        ),
        (advanced(&[("eventCategory", "Data")]), ManagementEvents::Nothing),
    ];
    for (selectors, expected) in cases {
        assert_eq!(management_events(&selectors), expected, "{selectors:?}");
    }
}

#[test]
fn only_a_fresh_file_of_this_logging_proves_that_a_trail_delivers() {
    let at = |ago: i64| DateTime::from_secs(NOW - ago);
    let logging = || Status::builder().is_logging(true).start_logging_time(at(30 * HOUR));
    let cases = [
        (Status::builder(), Delivery::NotYet),
        (Status::builder().latest_delivery_time(DateTime::from_secs(0)), Delivery::NotYet),
        (logging(), Delivery::NotYet),
        (logging().latest_delivery_time(at(31 * HOUR)), Delivery::NotYet),
        (logging().latest_delivery_time(at(HOUR)), Delivery::At(NOW - HOUR)),
        (logging().latest_delivery_time(at(24 * HOUR)), Delivery::At(NOW - 24 * HOUR)),
        (logging().latest_delivery_time(at(25 * HOUR)), Delivery::Late(NOW - 25 * HOUR)),
        // Nothing was done in the account, so there was no file to deliver.
        (
            logging().latest_delivery_time(at(25 * HOUR)).latest_digest_delivery_time(at(HOUR)),
            Delivery::At(NOW - 25 * HOUR),
        ),
        (logging().latest_digest_delivery_time(at(HOUR)), Delivery::NotYet),
        // Not every answer tells since when a trail logs.
        (Status::builder().latest_delivery_time(at(HOUR)), Delivery::At(NOW - HOUR)),
        (logging().latest_delivery_error(""), Delivery::NotYet),
        (
            logging().latest_delivery_time(at(HOUR)).latest_delivery_error("AccessDenied"),
            Delivery::Failed("AccessDenied".into()),
        ),
        (
            logging().latest_delivery_time(at(HOUR)).latest_digest_delivery_error("AccessDenied"),
            Delivery::Failed("digest: AccessDenied".into()),
        ),
    ];
    for (status, expected) in cases {
        let status = status.build();
        assert_eq!(delivery(&status, NOW), expected, "{status:?}");
    }
}

fn described(arn: &str, more: &Value) -> Value {
    let parts: Vec<_> = arn.split([':', '/']).collect();
    let mut trail = json!({
        "TrailARN": arn, "Name": parts[6], "HomeRegion": parts[3], "S3BucketName": "logs",
        "IncludeGlobalServiceEvents": true, "IsMultiRegionTrail": true, "LogFileValidationEnabled": true,
        "HasCustomEventSelectors": false, "IsOrganizationTrail": false
    });
    for (key, value) in more.as_object().unwrap() {
        trail[key] = value.clone();
    }
    trail
}

fn listed(arn: &str) -> Value {
    let parts: Vec<_> = arn.split([':', '/']).collect();
    json!({"TrailARN": arn, "Name": parts[6], "HomeRegion": parts[3]})
}

fn answer(value: &Value) -> canned::Answer {
    Some((200, value.to_string()))
}

/// The trail that counts and those that log, as a run in us-east-1 finds them.
async fn found(aws: &canned::Aws, access: Access) -> (Reading<Option<TrailFacts>>, Vec<String>) {
    let identity = aws.connection(access).started_as().await.unwrap();
    let found = find(&identity, "us-east-1").await.unwrap().unwrap();
    found.best(&identity, &Answers::default()).await.unwrap()
}

/// An account that an organization's trail covers, whose status AWS refuses with this code.
fn member(status: Option<&'static str>) -> canned::Aws {
    member_told(status, json!(true))
}

/// The same, where AWS says this of whether the trail has selectors of its own.
fn member_told(status: Option<&'static str>, selectors: Value) -> canned::Aws {
    let more = json!({"IsOrganizationTrail": true, "HasCustomEventSelectors": selectors});
    let of_organization = described(ORGANIZATION_S, &more);
    canned::Aws::answering(move |call| match (call.operation.as_str(), status) {
        ("DescribeTrails", _) => answer(&json!({"trailList": [of_organization]})),
        ("ListTrails", _) => answer(&json!({"Trails": [listed(ORGANIZATION_S)]})),
        ("GetTrailStatus", None) => answer(&json!({"IsLogging": true})),
        ("GetTrailStatus", Some(code)) => call.refused(400, code),
        _ => call.refused(400, "CloudTrailARNInvalidException"),
    })
}

#[tokio::test(start_paused = true)]
async fn a_member_does_not_ask_what_the_organization_s_trail_selects() {
    for access in [Access::ReadOnly, Access::ReadWrite] {
        let told = [
            (json!(true), ManagementEvents::Hidden),
            (Value::Null, ManagementEvents::NotTold),
            (json!(false), ManagementEvents::All),
        ];
        for (selectors, expected) in told {
            let aws = member_told(None, selectors);
            let (trail, recording) = found(&aws, access).await;
            let trail = trail.unwrap().unwrap();
            assert!(trail.of_another_account && trail.of_organization, "{trail:?}");
            assert_eq!((trail.logging, trail.management_events), (Ok(true), Ok(expected)));
            assert_eq!(recording, [ORGANIZATION_S]);
            assert!(!aws.heard().iter().any(|call| call.operation == "GetEventSelectors"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_member_is_not_told_of_the_organization_s_trail_was_not_seen() {
    for code in ["TrailNotFoundException", "CloudTrailARNInvalidException"] {
        for access in [Access::ReadOnly, Access::ReadWrite] {
            let trail = found(&member(Some(code)), access).await.0.unwrap().unwrap();
            let unseen = trail.logging.unwrap_err();
            assert_eq!((unseen.operation, unseen.code.as_str()), ("cloudtrail:GetTrailStatus", code));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_trail_of_this_account_that_has_gone_meanwhile_does_not_log() {
    let mine = described(AUDIT, &json!({"HasCustomEventSelectors": true}));
    let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
        "DescribeTrails" => answer(&json!({"trailList": [mine]})),
        "ListTrails" => answer(&json!({"Trails": [listed(AUDIT)]})),
        _ => call.refused(400, "TrailNotFoundException"),
    });
    let (trail, recording) = found(&aws, Access::ReadWrite).await;
    let trail = trail.unwrap().unwrap();
    let expected = (Ok(false), Ok(ManagementEvents::Nothing));
    assert_eq!((trail.logging, trail.management_events), expected);
    assert!(recording.is_empty(), "{recording:?}");
}

/// An account with a trail of one other Region, in which AWS answers so.
fn with_a_trail_elsewhere(
    there: impl Fn(&canned::Heard) -> canned::Answer + Send + Sync + 'static,
) -> canned::Aws {
    canned::Aws::answering(move |call| match (call.operation.as_str(), call.region()) {
        ("DescribeTrails", "us-east-1") => answer(&json!({"trailList": []})),
        ("ListTrails", _) => answer(&json!({"Trails": [listed(ELSEWHERE), listed(ORGANIZATION_S)]})),
        ("GetTrailStatus", _) => answer(&json!({"IsLogging": true})),
        _ => there(call),
    })
}

#[tokio::test(start_paused = true)]
async fn a_trail_of_another_region_alone_is_found_there() {
    let aws = with_a_trail_elsewhere(|call| {
        assert_eq!((call.operation.as_str(), call.region()), ("DescribeTrails", "me-south-1"));
        assert!(call.body.contains(ELSEWHERE), "{}", call.body);
        answer(&json!({"trailList": [described(ELSEWHERE, &json!({"IsMultiRegionTrail": false}))]}))
    });
    let (trail, recording) = found(&aws, Access::ReadWrite).await;
    let trail = trail.unwrap().unwrap();
    assert_eq!((trail.arn.as_str(), trail.multi_region), (ELSEWHERE, false));
    assert_eq!(recording, [ELSEWHERE]);
}

/// The list of the account's Regions, or the code with which AWS refuses it.
type Regions = Result<&'static [&'static str], &'static str>;

/// An account whose trail is in a Region that refuses the credentials with this code.
fn refused_elsewhere(code: &'static str, regions: Regions) -> canned::Aws {
    with_a_trail_elsewhere(move |call| match (call.service(), regions) {
        ("cloudtrail", _) => call.refused(400, code),
        (_, Err(code)) => call.refused(403, code),
        (_, Ok(names)) => {
            let region = |name: &&str| json!({"RegionName": name, "RegionOptStatus": "ENABLED"});
            answer(&json!({"Regions": names.iter().map(region).collect::<Vec<_>>()}))
        }
    })
}

/// What comes of it: the trail that counts, or why the look cannot go on.
async fn counts_of(aws: &canned::Aws, access: Access) -> Result<Reading<Option<TrailFacts>>, AwsError> {
    let identity = aws.connection(access).started_as().await.unwrap();
    let found = find(&identity, "us-east-1").await?.unwrap();
    Ok(found.best(&identity, &Answers::default()).await?.0)
}

#[tokio::test(start_paused = true)]
async fn a_trail_of_a_region_that_is_not_enabled_is_none() {
    for access in [Access::ReadOnly, Access::ReadWrite] {
        for code in ["UnrecognizedClientException", "InvalidClientTokenId"] {
            let aws = refused_elsewhere(code, Ok(&["us-east-1", "eu-west-1"]));
            assert_eq!(found(&aws, access).await, (Ok(None), Vec::new()), "{code}");
        }
    }
}

/// The tokens of the global STS endpoint are refused in a Region that was enabled, and nobody may ask which are.
#[tokio::test(start_paused = true)]
async fn a_trail_of_a_region_that_may_be_enabled_was_not_seen() {
    let listed: [Regions; 2] = [Ok(&["us-east-1", "me-south-1"]), Err("AccessDeniedException")];
    for access in [Access::ReadOnly, Access::ReadWrite] {
        for regions in listed {
            let aws = refused_elsewhere("UnrecognizedClientException", regions);
            let unseen = counts_of(&aws, access).await.unwrap().unwrap_err();
            let expected = ("cloudtrail:DescribeTrails", "UnrecognizedClientException");
            assert_eq!((unseen.operation, unseen.code.as_str()), expected, "{regions:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_that_has_ended_does_not_look_like_a_region_that_is_not_enabled() {
    for access in [Access::ReadOnly, Access::ReadWrite] {
        let aws = refused_elsewhere("UnrecognizedClientException", Err("ExpiredTokenException"));
        let error = counts_of(&aws, access).await.unwrap_err();
        assert_eq!((error.cause, error.operation), (AwsCause::SignInExpired, "account:ListRegions"));
    }
    // A key that was switched off meanwhile is refused everywhere.
    let aws = refused_elsewhere("UnrecognizedClientException", Err("UnrecognizedClientException"));
    let unseen = counts_of(&aws, Access::ReadOnly).await.unwrap().unwrap_err();
    assert_eq!(unseen.operation, "account:ListRegions");
    let error = counts_of(&aws, Access::ReadWrite).await.unwrap_err();
    assert_eq!(error.cause, AwsCause::CredentialsRefused);
}

/// By a clock that is wrong, or a secret that is: that is no matter of the Region.
#[tokio::test(start_paused = true)]
async fn a_signature_that_is_refused_is_not_taken_for_a_region_that_is_not_enabled() {
    for code in ["SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature"] {
        let aws = refused_elsewhere(code, Ok(&["us-east-1"]));
        let unseen = counts_of(&aws, Access::ReadOnly).await.unwrap().unwrap_err();
        assert_eq!((unseen.operation, unseen.code.as_str()), ("cloudtrail:DescribeTrails", code));
        let error = counts_of(&aws, Access::ReadWrite).await.unwrap_err();
        assert_eq!((error.cause, error.is(code)), (AwsCause::CredentialsRefused, true));
        assert!(aws.heard().iter().all(|call| call.service() != "account"), "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_trail_that_may_not_be_described_at_home_was_not_seen() {
    let aws = with_a_trail_elsewhere(|call| call.refused(400, "AccessDeniedException"));
    let unseen = found(&aws, Access::ReadWrite).await.0.unwrap_err();
    assert_eq!(unseen.operation, "cloudtrail:DescribeTrails");
}

#[tokio::test(start_paused = true)]
async fn without_the_list_only_a_trail_that_needs_no_other_counts() {
    let ours = AUDIT.replace("audit", "day-one");
    let lacks = json!({"LogFileValidationEnabled": false});
    let cases = [
        (None, false),
        (Some(described(AUDIT, &json!({}))), true),
        (Some(described(AUDIT, &lacks)), false),
        (Some(described(&ours, &lacks)), true),
    ];
    for (here, expected) in cases {
        let trails = json!({"trailList": here.as_slice()});
        let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
            "DescribeTrails" => answer(&trails),
            "GetTrailStatus" => answer(&json!({"IsLogging": true})),
            _ => call.refused(400, "AccessDeniedException"),
        });
        let trail = found(&aws, Access::ReadWrite).await.0;
        match trail {
            Ok(trail) => assert!(expected && trail.is_some(), "{here:?}: {trail:?}"),
            Err(unseen) => {
                assert_eq!((unseen.operation, expected), ("cloudtrail:ListTrails", false), "{here:?}");
            }
        }
    }
}
