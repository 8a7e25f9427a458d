use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::*;
use crate::aws::{Access, canned};
use crate::operator::nobody::Nobody;

const TRAIL: &str = "arn:aws:cloudtrail:us-east-1:111122223333:trail/day-one";
const REGION: &str = "us-east-1";

/// An AWS that refuses the first two writes with this code.
fn not_ready(code: &'static str) -> canned::Aws {
    let writes = AtomicUsize::new(0);
    canned::Aws::answering(move |call| {
        if call.operation == "GetEventSelectors" {
            return Some((200, json!({"EventSelectors": []}).to_string()));
        }
        match writes.fetch_add(1, Ordering::Relaxed) {
            0 | 1 => call.refused(400, code),
            _ => Some((200, "{}".into())),
        }
    })
}

/// The body of the last request.
fn last_body(aws: &canned::Aws) -> Value {
    serde_json::from_str(&aws.heard().last().unwrap().body).unwrap()
}

/// The step before may have put the policy, or made the bucket, a moment ago, whether or not the trail moves.
#[tokio::test(start_paused = true)]
async fn an_update_waits_until_cloudtrail_sees_the_bucket() {
    for code in ["InsufficientS3BucketPolicyException", "S3BucketDoesNotExistException", "ConflictException"]
    {
        let aws = not_ready(code);
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        let lacks = [Shortcoming::Unvalidated];
        Trail::at(&identity, TRAIL, REGION).update(&lacks, None, &mut Nobody).await.unwrap();
        assert_eq!(last_body(&aws), json!({"Name": TRAIL, "EnableLogFileValidation": true}), "{code}");
        assert_eq!(aws.heard().len(), 1 + 3, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_trail_that_is_not_ready_is_waited_for() {
    const CONFLICT: &str = "ConflictException";
    let operations = ["StartLogging", "StopLogging", "DeleteTrail", "PutEventSelectors"];
    for operation in operations {
        let aws = not_ready(CONFLICT);
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        let (trail, operator) = (Trail::at(&identity, TRAIL, REGION), &mut Nobody);
        let applied = match operation {
            "StartLogging" => trail.start(operator).await,
            "StopLogging" => trail.stop(operator).await,
            "DeleteTrail" => trail.delete(operator).await,
            _ => trail.record_management_events(operator).await,
        };
        applied.unwrap_or_else(|error| panic!("{operation}: {error}"));
        let writes = aws.heard().iter().filter(|call| call.operation == operation).count();
        assert_eq!(writes, 3, "{operation}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_trail_that_has_gone_is_deleted_and_another_refusal_is_none_that_passes() {
    for (code, deleted) in [("TrailNotFoundException", true), ("InvalidHomeRegionException", false)] {
        let aws = canned::Aws::answering(move |call| call.refused(400, code));
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        let applied = Trail::at(&identity, TRAIL, REGION).delete(&mut Nobody).await;
        assert_eq!(applied.is_ok(), deleted, "{code}");
        assert_eq!(aws.heard().len(), 2, "{code}");
    }
}

fn of_data(bucket: &str) -> EventSelector {
    of_kind(ReadWriteType::WriteOnly, &[bucket])
}

fn of_kind(kind: ReadWriteType, buckets: &[&str]) -> EventSelector {
    let objects = buckets.iter().map(|bucket| format!("arn:aws:s3:::{bucket}/")).collect();
    let objects = DataResource::builder().r#type("AWS::S3::Object").set_values(Some(objects));
    EventSelector::builder()
        .read_write_type(kind)
        .include_management_events(false)
        .data_resources(objects.build())
        .build()
}

fn advanced(category: &str, more: &[(&str, &str)]) -> AdvancedEventSelector {
    let mut selector = AdvancedEventSelector::builder();
    for (field, value) in [("eventCategory", category)].iter().chain(more) {
        let field = AdvancedFieldSelector::builder().field(*field).equals(*value).build().unwrap();
        selector = selector.field_selectors(field);
    }
    selector.build().unwrap()
}

#[test]
fn data_events_go_on_being_recorded() {
    let writes = EventSelector::builder().read_write_type(ReadWriteType::WriteOnly).build();
    let put = with_management_events(&[of_data("one"), writes, of_data("two")]);
    assert_eq!(put.len(), 3, "{put:?}");
    assert!(put.contains(&of_data("one")) && put.contains(&of_data("two")), "{put:?}");
    let all = put.last().unwrap();
    assert_eq!(all.read_write_type(), Some(&ReadWriteType::All));
    assert_eq!(all.include_management_events(), Some(true));
    assert!(all.exclude_management_event_sources().is_empty() && all.data_resources().is_empty());
}

/// AWS takes five selectors.
#[test]
fn where_there_is_no_room_selectors_of_the_same_calls_are_joined() {
    let (reads, writes) = (ReadWriteType::ReadOnly, ReadWriteType::WriteOnly);
    let four = ["one", "two", "three", "four"].map(of_data);
    assert_eq!(with_management_events(&four)[..4], four, "there is room");
    let functions = DataResource::builder().r#type("AWS::Lambda::Function").values("arn:aws:lambda");
    let mut of_function = of_data("one");
    of_function.data_resources = Some(vec![functions.build()]);
    let mut of_all_calls = of_kind(ReadWriteType::All, &["four"]);
    of_all_calls.read_write_type = None;
    let five = [
        of_kind(writes.clone(), &["one", "two"]),
        of_kind(reads.clone(), &["one"]),
        of_function,
        of_kind(writes, &["three"]),
        of_all_calls,
    ];
    let put = with_management_events(&five);
    assert_eq!(put.len(), 4, "{put:?}");
    assert_eq!(put[0], of_kind(ReadWriteType::All, &["four"]));
    assert_eq!(put[1], of_kind(reads, &["one"]));
    let values = put[2].data_resources().iter().flat_map(|resource| resource.values());
    let values: Vec<_> = values.map(String::as_str).collect();
    let expected = ["arn:aws:lambda", "arn:aws:s3:::one/", "arn:aws:s3:::three/", "arn:aws:s3:::two/"];
    assert_eq!(values, expected);
    assert_eq!(put[2].include_management_events(), Some(false));
    assert_eq!(put[3].include_management_events(), Some(true));
}

#[test]
fn advanced_selectors_of_other_events_go_on_too() {
    let data = advanced("Data", &[("resources.type", "AWS::S3::Object")]);
    let network = advanced("NetworkActivity", &[("eventSource", "s3.amazonaws.com")]);
    let writes = advanced("Management", &[("readOnly", "false")]);
    let put = with_management_events_advanced(&[data.clone(), writes, network.clone()]).unwrap();
    assert_eq!(put, [data, network, all_management_events().unwrap()]);
}
