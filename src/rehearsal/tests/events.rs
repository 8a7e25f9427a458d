//! Event History: all calls, refused ones too, a page and a Region at a time.

use std::collections::BTreeSet;

use super::*;

impl Setup {
    /// What is found in a Region. A second passes before, so that nothing is asked too fast.
    async fn look_up(&self, region: &str, question: &Value) -> Result<Value, String> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.look_up_at_once(region, question).await
    }

    async fn look_up_at_once(&self, region: &str, question: &Value) -> Result<Value, String> {
        let body = question.to_string();
        let ask = Ask { region, ..Ask::target("CloudTrail_20131101.LookupEvents", &body) };
        self.json("cloudtrail", ask).await
    }

    async fn events(&self, region: &str, question: Value) -> Vec<Value> {
        self.look_up(region, &question).await.unwrap()["Events"].as_array().unwrap().clone()
    }
}

fn by(key: &str, value: &str) -> Value {
    json!({"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]})
}

/// The event as a trail would deliver it.
fn whole(event: &Value) -> Value {
    serde_json::from_str(event["CloudTrailEvent"].as_str().unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_script_has_used_root_s_first_key() {
    let setup = Setup::new().await;
    let key = setup.account.root_access_key();
    let opened = setup.now();
    let found = setup.events("us-east-1", by("AccessKeyId", key.access_key_id())).await;
    assert_eq!(found.len(), 14);
    for event in &found {
        assert_eq!((&event["EventName"], &event["Username"]), (&json!("ListBuckets"), &json!("root")));
        let whole = whole(event);
        assert_eq!(whole["sourceIPAddress"], "198.51.100.23");
        assert!(whole["userAgent"].as_str().unwrap().starts_with("aws-cli/1.27."), "{whole}");
        assert_eq!(whole["userIdentity"]["type"], "Root");
    }
    let times: Vec<_> = found.iter().map(|event| event["EventTime"].as_u64().unwrap()).collect();
    assert!(times.is_sorted_by(|newer, older| newer > older), "the newest first: {times:?}");
    assert_eq!(times[0], opened - 3 * 86_400);

    let used = setup.root.iam().get_access_key_last_used().access_key_id(key.access_key_id());
    let used = used.send().await.unwrap();
    let used = used.access_key_last_used().unwrap();
    assert_eq!((used.service_name(), used.region()), ("s3", "us-east-1"));
    assert_eq!(used.last_used_date().unwrap().secs(), i64::try_from(times[0]).unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_call_is_remembered_with_all_that_is_known_of_it() {
    let setup = Setup::new().await;
    let alice = setup.administrator().await;
    let session = setup.mfa_session(&alice).await;
    assert_eq!(code(session.iam().create_group().group_name("Readers").send().await), OK);
    let found = setup.events("us-east-1", by("EventName", "CreateGroup")).await;
    let newest = &found[0];
    assert_eq!((&newest["Username"], &newest["ReadOnly"]), (&json!("alice"), &json!("false")));
    assert_eq!(newest["EventSource"], "iam.amazonaws.com");
    assert_eq!(newest["AccessKeyId"], session.caller.access_key.as_str());
    assert_eq!(newest["Resources"][0], json!({"ResourceType": "AWS::IAM::Group", "ResourceName": "Readers"}));
    let whole = whole(newest);
    assert_eq!(whole["eventID"], newest["EventId"]);
    assert_eq!((&whole["awsRegion"], &whole["readOnly"]), (&json!("us-east-1"), &json!(false)));
    let who = &whole["userIdentity"];
    assert_eq!((&who["type"], &who["arn"]), (&json!("IAMUser"), &json!(session.caller.arn)));
    assert_eq!(who["sessionContext"]["attributes"]["mfaAuthenticated"], "true");
    assert!(whole["userAgent"].as_str().unwrap().contains("aws-sdk-rust"), "{whole}");
    assert_eq!(whole.get("errorCode"), None);
    assert!(!whole["requestID"].as_str().unwrap().is_empty());
    assert!(!PracticeAccount::is_secret_in(&json!(found).to_string()));
}

#[tokio::test(start_paused = true)]
async fn who_made_a_key_is_found_by_the_id_of_the_key() {
    let setup = Setup::new().await;
    setup.user("bob").await;
    let key = setup.key_of("bob").await;
    let found = setup.events("us-east-1", by("ResourceName", key.access_key_id())).await;
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0]["EventName"], &found[0]["Username"]), (&json!("CreateAccessKey"), &json!("root")));
    let text = found[0].to_string();
    assert!(!text.contains(key.secret_access_key()), "{text}");
}

#[tokio::test(start_paused = true)]
async fn refused_calls_are_remembered_with_their_reason() {
    let setup = Setup::new().await;
    let alice = setup.lone_user_with_key().await;
    assert_eq!(read(&alice, "iam").await, "AccessDenied");
    assert_eq!(code(setup.root.iam().get_user().user_name("nobody").send().await), "NoSuchEntity");
    for (name, user, expected) in
        [("ListUsers", "alice", "AccessDenied"), ("GetUser", "root", "NoSuchEntity")]
    {
        let found = setup.events("us-east-1", by("EventName", name)).await;
        let newest = whole(&found[0]);
        assert_eq!((&newest["errorCode"], &found[0]["Username"]), (&json!(expected), &json!(user)), "{name}");
        assert!(!newest["errorMessage"].as_str().unwrap().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_switched_off_leaves_its_refused_calls_behind() {
    let setup = Setup::new().await;
    let alice = setup.administrator().await;
    let key = &alice.caller.access_key;
    let before = setup.events("us-east-1", by("AccessKeyId", key)).await.len();
    let request = setup.root.iam().update_access_key().user_name("alice").access_key_id(key);
    assert_eq!(code(request.status(StatusType::Inactive).send().await), OK);
    assert_eq!(read(&alice, "iam").await, "InvalidClientTokenId");
    let found = setup.events("us-east-1", by("AccessKeyId", key)).await;
    assert_eq!(found.len(), before + 1);
    assert_eq!(whole(&found[0])["errorCode"], "InvalidClientTokenId");

    let nobody = Credentials::new("AKIAAAAAAAAAAAAAAAAA", "secret", None, None, "test");
    let ask = Ask::post("/", "Action=ListUsers");
    assert_eq!(setup.ask_as(&nobody, "iam", ask).await.status, 403);
    assert_eq!(setup.events("us-east-1", by("AccessKeyId", "AKIAAAAAAAAAAAAAAAAA")).await.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn global_services_are_in_us_east_1_and_the_others_in_their_region() {
    let setup = Setup::new().await;
    assert_eq!(code(setup.root.cloudtrail("eu-west-1").describe_trails().send().await), OK);
    assert_eq!(read(&setup.root, "iam").await, OK);
    for (region, name, expected) in [
        ("eu-west-1", "DescribeTrails", 1),
        ("us-east-1", "DescribeTrails", 0),
        ("us-east-1", "ListUsers", 1),
        ("eu-west-1", "ListUsers", 0),
        ("us-east-1", "GetCallerIdentity", 1),
    ] {
        assert_eq!(setup.events(region, by("EventName", name)).await.len(), expected, "{region} {name}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_done_with_objects_is_not_in_it() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    assert_eq!(setup.objects_in("logs").await, 0);
    let source = by("EventSource", "s3.amazonaws.com");
    let found = setup.events("us-east-1", source).await;
    let names: BTreeSet<_> = found.iter().map(|event| event["EventName"].as_str().unwrap()).collect();
    assert_eq!(names, BTreeSet::from(["CreateBucket", "ListBuckets"]));
}

#[tokio::test(start_paused = true)]
async fn pages_follow_one_another_and_a_token_belongs_to_its_question() {
    let setup = Setup::new().await;
    setup.account.seed_events("eu-west-1", 120).await;
    let mut question = by("Username", "ann");
    question["MaxResults"] = json!(15);
    let (mut ids, mut sizes) = (BTreeSet::new(), Vec::new());
    let mut token = Value::Null;
    loop {
        let mut asked = question.clone();
        if token.is_string() {
            asked["NextToken"] = token.clone();
        }
        let page = setup.look_up("eu-west-1", &asked).await.unwrap();
        let events = page["Events"].as_array().unwrap();
        sizes.push(events.len());
        ids.extend(events.iter().map(|event| event["EventId"].as_str().unwrap().to_owned()));
        // What is called meanwhile moves no page.
        assert_eq!(code(setup.root.cloudtrail("eu-west-1").describe_trails().send().await), OK);
        match page.get("NextToken") {
            Some(next) => token = next.clone(),
            None => break,
        }
    }
    assert_eq!((sizes, ids.len()), (vec![15, 15, 10], 40));
    for (field, value) in [("MaxResults", json!(16)), ("StartTime", json!(1))] {
        let mut other = with(question.clone(), field, value);
        other["NextToken"] = token.clone();
        let refused = setup.look_up("eu-west-1", &other).await;
        assert_eq!(refused.unwrap_err(), "InvalidNextTokenException", "{field}");
    }
    question["NextToken"] = token;
    let elsewhere = setup.look_up("us-east-1", &question).await;
    assert_eq!(elsewhere.unwrap_err(), "InvalidNextTokenException");
}

#[tokio::test(start_paused = true)]
async fn fifty_events_are_the_most_of_a_page() {
    let setup = Setup::new().await;
    setup.account.seed_events("eu-west-1", 60).await;
    assert_eq!(setup.events("eu-west-1", json!({})).await.len(), 50);
    for most in [0, 51] {
        let refused = setup.look_up("eu-west-1", &json!({"MaxResults": most})).await;
        assert_eq!(refused.unwrap_err(), "InvalidMaxResultsException", "{most}");
    }
}

#[tokio::test(start_paused = true)]
async fn events_are_found_between_two_times_for_ninety_days() {
    let setup = Setup::new().await;
    setup.account.seed_events("eu-west-1", 89).await;
    let now = setup.now();
    let days_ago = |days: u64| now - days * 86_400;
    let between = json!({"StartTime": days_ago(20), "EndTime": days_ago(10)});
    let found = setup.events("eu-west-1", between).await;
    assert!((9..=11).contains(&found.len()), "{}", found.len());
    let inside =
        |event: &Value| (days_ago(20)..=days_ago(10)).contains(&event["EventTime"].as_u64().unwrap());
    assert!(found.iter().all(inside));
    let reversed = json!({"StartTime": days_ago(10), "EndTime": days_ago(20)});
    let refused = setup.look_up("eu-west-1", &reversed).await;
    assert_eq!(refused.unwrap_err(), "InvalidTimeRangeException");
    for (field, at) in [("StartTime", days_ago(91)), ("EndTime", days_ago(91)), ("StartTime", 0)] {
        let refused = setup.look_up("eu-west-1", &json!({field: at})).await;
        assert_eq!(refused.unwrap_err(), "InvalidTimeRangeException", "{field} {at}");
    }
    setup.look_up("eu-west-1", &json!({"StartTime": days_ago(89)})).await.unwrap();
    tokio::time::sleep(Duration::from_secs(91 * 86_400)).await;
    assert_eq!(setup.events("eu-west-1", json!({})).await.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn one_attribute_can_be_asked_for() {
    let setup = Setup::new().await;
    let attribute = |key: &str| json!({"AttributeKey": key, "AttributeValue": "x"});
    for attributes in [json!([attribute("Colour")]), json!([attribute("EventName"), attribute("Username")])] {
        let refused = setup.look_up("us-east-1", &json!({"LookupAttributes": attributes})).await;
        assert_eq!(refused.unwrap_err(), "InvalidLookupAttributesException", "{attributes}");
    }
    assert_eq!(code(setup.root.iam().create_group().group_name("Readers").send().await), OK);
    let made = setup.events("us-east-1", by("ResourceName", "Readers")).await;
    assert_eq!(made.len(), 1);
    let id = made[0]["EventId"].as_str().unwrap();
    assert_eq!(setup.events("us-east-1", by("EventId", id)).await, made);
    for (kind, expected) in [("AWS::IAM::Group", 1), ("AWS::IAM::Role", 0)] {
        assert_eq!(setup.events("us-east-1", by("ResourceType", kind)).await.len(), expected, "{kind}");
    }
    for event in setup.events("us-east-1", by("ReadOnly", "false")).await {
        assert_eq!(event["ReadOnly"], "false");
    }
}

#[tokio::test(start_paused = true)]
async fn a_region_is_asked_twice_a_second_at_most() {
    let setup = Setup::new().await;
    setup.look_up("us-east-1", &json!({})).await.unwrap();
    setup.look_up_at_once("us-east-1", &json!({})).await.unwrap();
    let third = setup.look_up_at_once("us-east-1", &json!({})).await;
    assert_eq!(third.unwrap_err(), "ThrottlingException");
    setup.look_up_at_once("eu-west-1", &json!({})).await.unwrap();
    tokio::time::sleep(Duration::from_millis(900)).await;
    assert!(setup.look_up_at_once("us-east-1", &json!({})).await.is_err());
    tokio::time::sleep(Duration::from_millis(200)).await;
    setup.look_up_at_once("us-east-1", &json!({})).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn no_more_than_so_many_events_are_kept() {
    let setup = Setup::new().await;
    setup.account.seed_events("eu-west-1", 21_000).await;
    assert_eq!(read(&setup.root, "iam").await, OK);
    assert_eq!(setup.account.0.memory.lock().await.events.len(), 20_000);
    assert_eq!(setup.events("us-east-1", by("EventName", "ListUsers")).await.len(), 1);
}
