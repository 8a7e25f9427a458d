//! What the options use: keys of KMS, locks of buckets, topics, rules, and budgets.

use steps::encryption_key;
use steps::encryption_key::{Fitness, LeftOver};
use steps::policy::Document;

use super::*;

const NO_POLICY_OF_KEY: &str = "InsufficientEncryptionPolicyException";

/// The policy that CloudTrail needs of a key, for one trail.
fn for_trail_s_key(trail: &str) -> Value {
    let service = json!({"Service": "cloudtrail.amazonaws.com"});
    let source = json!({"aws:SourceArn": trail});
    let of_trails =
        json!({"kms:EncryptionContext:aws:cloudtrail:arn": "arn:aws:cloudtrail:*:111122223333:trail/*"});
    json!({"Version": "2012-10-17", "Statement": [
        for_account(),
        {"Effect": "Allow", "Principal": service, "Action": "kms:GenerateDataKey*", "Resource": "*",
         "Condition": {"StringEquals": source, "StringLike": of_trails}},
        {"Effect": "Allow", "Principal": service, "Action": ["kms:DescribeKey", "kms:Decrypt"], "Resource": "*",
         "Condition": {"StringEquals": source}}
    ]})
}

fn for_account() -> Value {
    json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*",
           "Resource": "*"})
}

/// A topic policy that lets one rule send.
fn for_rule(rule: &str) -> Value {
    let rule = format!("arn:aws:events:us-east-1:{ACCOUNT_ID}:rule/{rule}");
    let statement = json!({"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish",
                           "Resource": "*", "Condition": {"ArnEquals": {"aws:SourceArn": rule}}});
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

impl Setup {
    /// The ARN of a new key.
    async fn key(&self, region: &str, policy: &Value) -> String {
        let made = self.root.kms(region).create_key().policy(policy.to_string()).send().await.unwrap();
        made.key_metadata().and_then(|key| key.arn()).unwrap().to_owned()
    }

    /// What CloudTrail says to a key for the trail `day-one`.
    async fn encrypt(&self, key: &str) -> String {
        code(self.root.cloudtrail("us-east-1").update_trail().name("day-one").kms_key_id(key).send().await)
    }

    async fn trail(&self) {
        self.bucket_for_trails().await;
        assert_eq!(create_trail(&self.root, "day-one").await, OK);
    }

    async fn lock(&self, bucket: &str, rule: &str) -> String {
        let body = format!(
            "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>{rule}</ObjectLockConfiguration>"
        );
        let path = format!("/{bucket}?object-lock");
        let answer = self.ask("s3", Ask { method: "PUT", ..Ask::post(&path, &body) }).await;
        refusal_in(&answer).map_or_else(|| OK.to_owned(), |(code, _)| code)
    }

    async fn versioning(&self, bucket: &str, status: &str) -> String {
        let body = format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
        let path = format!("/{bucket}?versioning");
        let answer = self.ask("s3", Ask { method: "PUT", ..Ask::post(&path, &body) }).await;
        refusal_in(&answer).map_or_else(|| OK.to_owned(), |(code, _)| code)
    }

    async fn alarms(&self, operation: &str, body: &Value) -> Result<Value, String> {
        self.json("events", Ask::target(&format!("AWSEvents.{operation}"), &body.to_string())).await
    }

    async fn budgets(&self, operation: &str, body: &Value) -> Result<Value, String> {
        let mut body = body.clone();
        body["AccountId"] = json!(ACCOUNT_ID);
        let target = format!("AWSBudgetServiceGateway.{operation}");
        self.json("budgets", Ask::target(&target, &body.to_string())).await
    }

    async fn topic(&self) -> String {
        let made = self.root.sns("us-east-1").create_topic().name("alarm").send().await.unwrap();
        made.topic_arn().unwrap().to_owned()
    }

    async fn subscriptions(&self, topic: &str) -> Vec<(String, String)> {
        let request = self.root.sns("us-east-1").list_subscriptions_by_topic().topic_arn(topic);
        let found = request.send().await.unwrap();
        let word = |word: Option<&str>| word.unwrap_or_default().to_owned();
        let of = found.subscriptions().iter();
        of.map(|found| (word(found.endpoint()), word(found.subscription_arn()))).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_trail_takes_only_a_key_whose_policy_lets_it_encrypt() {
    let setup = Setup::new().await;
    setup.trail().await;
    let only_account = json!({"Version": "2012-10-17", "Statement": [for_account()]});
    let another = for_trail_s_key(&TRAIL.replace("day-one", "another"));
    for (policy, expected) in
        [(only_account, NO_POLICY_OF_KEY), (another, NO_POLICY_OF_KEY), (for_trail_s_key(TRAIL), OK)]
    {
        let key = setup.key("us-east-1", &policy).await;
        assert_eq!(setup.encrypt(&key).await, NO_POLICY_OF_KEY, "it is not seen at the first try");
        for _ in 0..2 {
            assert_eq!(setup.encrypt(&key).await, expected, "{policy}");
        }
    }
    let found = setup.root.cloudtrail("us-east-1").describe_trails().send().await.unwrap();
    let key = found.trail_list()[0].kms_key_id().unwrap();
    assert!(key.starts_with("arn:aws:kms:us-east-1:111122223333:key/"), "{key}");
}

/// AWS replaces only the key material that it has made itself, so that is not planned for another.
#[tokio::test(start_paused = true)]
async fn a_key_whose_material_comes_from_outside_is_not_rotated() {
    let setup = Setup::new().await;
    let ask = async |operation: &str, body: Value| {
        setup.json("kms", Ask::target(&format!("TrentService.{operation}"), &body.to_string())).await
    };
    let policy = json!({"Version": "2012-10-17", "Statement": [for_account()]});
    let new = json!({"Origin": "EXTERNAL", "Policy": policy.to_string()});
    let made = ask("CreateKey", new).await.unwrap();
    let key = json!({"KeyId": made["KeyMetadata"]["KeyId"]});
    let alias = json!({"AliasName": "alias/logs", "TargetKeyId": made["KeyMetadata"]["KeyId"]});
    ask("CreateAlias", alias).await.unwrap();
    assert_eq!(ask("EnableKeyRotation", key.clone()).await, Err("DisabledException".into()));
    assert_eq!(ask("ImportKeyMaterial", key.clone()).await, Err("ValidationException".into()));
    let mut material = key.clone();
    (material["ImportToken"], material["EncryptedKeyMaterial"]) = (json!("dG9rZW4="), json!("a2V5"));
    ask("ImportKeyMaterial", material).await.unwrap();
    assert_eq!(ask("EnableKeyRotation", key).await, Err("UnsupportedOperationException".into()));

    let wanted = encryption_key::Wanted {
        alias: "alias/logs".into(),
        region: "us-east-1".into(),
        description: String::new(),
        policy: Document::parse(&policy.to_string()).unwrap(),
        must_let: Vec::new(),
    };
    let found = encryption_key::observe(&setup.root, "us-east-1", "alias/logs").await.unwrap();
    assert!(matches!(&found, Ok(Some(key)) if key.fitness == Fitness::Fits), "{found:?}");
    assert_eq!(encryption_key::plan(&wanted, &found, &LeftOver::Nothing), Ok(Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn a_trail_takes_only_a_key_of_its_bucket_s_region_that_is_switched_on() {
    let setup = Setup::new().await;
    setup.trail().await;
    let elsewhere = setup.key("eu-west-1", &for_trail_s_key(TRAIL)).await;
    for missing in [elsewhere.as_str(), "alias/missing", "arn:aws:kms:us-east-1:111122223333:key/missing"] {
        assert_eq!(setup.encrypt(missing).await, "KmsKeyNotFoundException", "{missing}");
    }
    let key = setup.key("us-east-1", &for_trail_s_key(TRAIL)).await;
    let alias = "arn:aws:kms:us-east-1:111122223333:alias/logs";
    let kms = setup.root.kms("us-east-1");
    for expected in [OK, "AlreadyExistsException"] {
        let sent = kms.create_alias().alias_name("alias/logs").target_key_id(&key).send().await;
        assert_eq!(code(sent), expected);
    }
    assert_eq!(setup.encrypt(alias).await, NO_POLICY_OF_KEY);
    assert_eq!(setup.encrypt(alias).await, OK);
    assert_eq!(code(kms.disable_key().key_id(&key).send().await), OK);
    assert_eq!(setup.encrypt("alias/logs").await, "KmsException");
}

#[tokio::test(start_paused = true)]
async fn a_key_is_found_by_its_alias_in_its_own_region_alone() {
    let setup = Setup::new().await;
    let key = setup.key("us-east-1", &for_trail_s_key(TRAIL)).await;
    let kms = setup.root.kms("us-east-1");
    for (alias, target, expected) in [
        ("logs", key.as_str(), "InvalidAliasNameException"),
        ("alias/aws/logs", key.as_str(), "InvalidAliasNameException"),
        ("alias/logs", "missing", "NotFoundException"),
        ("alias/logs", key.as_str(), OK),
    ] {
        let sent = kms.create_alias().alias_name(alias).target_key_id(target).send().await;
        assert_eq!(code(sent), expected, "{alias}, {target}");
    }
    let found = kms.describe_key().key_id("alias/logs").send().await.unwrap();
    assert_eq!(found.key_metadata().and_then(|found| found.arn()), Some(key.as_str()));
    let elsewhere = setup.root.kms("eu-west-1");
    assert_eq!(code(elsewhere.describe_key().key_id("alias/logs").send().await), "NotFoundException");
    let by_alias = kms.enable_key_rotation().key_id("alias/logs");
    assert_eq!(code(by_alias.send().await), "NotFoundException", "it takes no alias");
    assert_eq!(code(kms.enable_key_rotation().key_id(&key).send().await), OK);
    let status = kms.get_key_rotation_status().key_id(&key).send().await.unwrap();
    assert!(status.key_rotation_enabled());
    assert_eq!(kms.list_keys().send().await.unwrap().keys().len(), 1);
    assert_eq!(elsewhere.list_keys().send().await.unwrap().keys().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_key_policy_holds_up_and_leaves_somebody_who_can_change_it() {
    let setup = Setup::new().await;
    let key = setup.key("us-east-1", &for_trail_s_key(TRAIL)).await;
    let nobody = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:*", "Resource": "*"}]});
    let without_principal = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]});
    for policy in [json!("no policy"), nobody, without_principal] {
        let kms = setup.root.kms("us-east-1");
        let put = kms.put_key_policy().key_id(&key).policy(policy.to_string()).send().await;
        assert_eq!(code(put), "MalformedPolicyDocumentException", "{policy}");
        let made = kms.create_key().policy(policy.to_string()).send().await;
        assert_eq!(code(made), "MalformedPolicyDocumentException", "{policy}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_bucket_is_encrypted_only_with_a_key_that_is_there() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    let key = setup.key("us-east-1", &for_trail_s_key(TRAIL)).await;
    let missing = key.replace("key/", "key/x");
    for (key, expected) in [
        ("alias/logs", "KMS.NotFoundException"),
        (missing.as_str(), "KMS.NotFoundException"),
        (key.as_str(), OK),
    ] {
        let body = format!(
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
             <SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>{key}</KMSMasterKeyID>\
             </ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
        );
        let ask = Ask { method: "PUT", ..Ask::post("/logs?encryption", &body) };
        let answer = setup.ask("s3", ask).await;
        let found = refusal_in(&answer).map_or_else(|| OK.to_owned(), |(code, _)| code);
        assert_eq!(found, expected, "{key}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lock_needs_versions_and_keeps_them() {
    const RULE: &str =
        "<Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>30</Days></DefaultRetention></Rule>";
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    let read = || setup.root.s3("us-east-1").get_object_lock_configuration().bucket("logs").send();
    assert_eq!(code(read().await), "ObjectLockConfigurationNotFoundError");
    assert_eq!(setup.lock("logs", RULE).await, "InvalidBucketState");
    assert_eq!(setup.versioning("logs", "Enabled").await, OK);
    for odd in [
        RULE.replace("GOVERNANCE", "PERHAPS"),
        RULE.replace("<Days>30</Days>", ""),
        RULE.replace("</Days>", "</Days><Years>1</Years>"),
        RULE.replace("30", "0"),
    ] {
        assert_eq!(setup.lock("logs", &odd).await, "MalformedXML", "{odd}");
    }
    assert_eq!(setup.lock("logs", RULE).await, OK);
    let found = read().await.unwrap();
    let rule = found.object_lock_configuration().and_then(|lock| lock.rule());
    let retention = rule.and_then(|rule| rule.default_retention());
    assert_eq!(retention.and_then(|retention| retention.days()), Some(30));
    assert_eq!(setup.versioning("logs", "Suspended").await, "InvalidBucketState");
}

#[tokio::test(start_paused = true)]
async fn a_topic_is_made_once_and_tells_nobody_who_has_not_confirmed() {
    let setup = Setup::new().await;
    let (sns, topic) = (setup.root.sns("us-east-1"), setup.topic().await);
    assert_eq!(setup.topic().await, topic);
    let other = sns.create_topic().name("alarm").attributes("Policy", for_rule("alarm").to_string());
    assert_eq!(code(other.send().await), "InvalidParameter");
    assert_eq!(code(sns.create_topic().name("no name").send().await), "InvalidParameter");
    let subscribe =
        |email: &'static str| sns.subscribe().topic_arn(&topic).protocol("email").endpoint(email).send();
    assert_eq!(code(subscribe("nobody").await), "InvalidParameter");
    for _ in 0..2 {
        let asked = subscribe("security@example.com").await.unwrap();
        assert_eq!(asked.subscription_arn(), Some("pending confirmation"));
    }
    let pending = ("security@example.com".to_owned(), "PendingConfirmation".to_owned());
    assert_eq!(setup.subscriptions(&topic).await, [pending]);
    setup.account.console(ConsoleAction::ConfirmEmail).await;
    let confirmed = setup.subscriptions(&topic).await;
    assert!(confirmed[0].1.starts_with(&format!("{topic}:")), "{confirmed:?}");
    let elsewhere = setup.root.sns("eu-west-1").get_topic_attributes().topic_arn(&topic).send().await;
    assert_eq!(code(elsewhere), "InvalidParameter");
    let missing = sns.get_topic_attributes().topic_arn(topic.replace("alarm", "missing")).send().await;
    assert_eq!(code(missing), "NotFound");
}

#[tokio::test(start_paused = true)]
async fn who_has_left_a_topic_is_deleted_and_may_be_asked_again() {
    let setup = Setup::new().await;
    let (sns, topic) = (setup.root.sns("us-east-1"), setup.topic().await);
    let ask = || sns.subscribe().topic_arn(&topic).protocol("email").endpoint("ann@example.com").send();
    ask().await.unwrap();
    setup.account.console(ConsoleAction::ConfirmEmail).await;
    let confirmed = setup.subscriptions(&topic).await[0].1.clone();
    for expected in [OK, "NotFound"] {
        assert_eq!(code(sns.unsubscribe().subscription_arn(&confirmed).send().await), expected);
    }
    assert_eq!(setup.subscriptions(&topic).await[0].1, "Deleted");
    setup.account.console(ConsoleAction::ConfirmEmail).await;
    assert_eq!(setup.subscriptions(&topic).await[0].1, "Deleted", "there is no mail to confirm");
    ask().await.unwrap();
    assert_eq!(setup.subscriptions(&topic).await[0].1, "PendingConfirmation");
}

#[tokio::test(start_paused = true)]
async fn the_policy_of_a_topic_is_put_as_a_whole() {
    let setup = Setup::new().await;
    let (sns, topic) = (setup.root.sns("us-east-1"), setup.topic().await);
    let policy = async || {
        let found = sns.get_topic_attributes().topic_arn(&topic).send().await.unwrap();
        found.attributes().and_then(|attributes| attributes.get("Policy").cloned()).unwrap()
    };
    assert!(policy().await.contains("__default_statement_ID"));
    let put = |policy: String| {
        sns.set_topic_attributes().topic_arn(&topic).attribute_name("Policy").attribute_value(policy).send()
    };
    assert_eq!(code(put("no policy".into()).await), "InvalidParameter");
    assert_eq!(code(put(for_rule("alarm").to_string()).await), OK);
    assert_eq!(policy().await, for_rule("alarm").to_string());
}

#[tokio::test(start_paused = true)]
async fn a_rule_sends_only_to_a_topic_of_its_region_that_is_there() {
    let setup = Setup::new().await;
    let topic = setup.topic().await;
    let missing = setup.alarms("DescribeRule", &json!({"Name": "alarm"})).await;
    assert_eq!(missing.unwrap_err(), "ResourceNotFoundException");
    let pattern = json!({"detail": {"userIdentity": {"type": ["Root"]}}});
    for (name, pattern, expected) in [
        ("alarm", "no pattern".to_owned(), Some("InvalidEventPatternException")),
        ("alarm", json!({"detail": "Root"}).to_string(), Some("InvalidEventPatternException")),
        ("no name", pattern.to_string(), Some("ValidationException")),
        ("alarm", pattern.to_string(), None),
    ] {
        let put = setup.alarms("PutRule", &json!({"Name": name, "EventPattern": pattern})).await;
        assert_eq!(put.err().as_deref(), expected, "{name}, {pattern}");
    }
    let elsewhere = topic.replace("us-east-1", "eu-west-1");
    let odd_template = json!({"InputPathsMap": {"a": "$.account"}, "InputTemplate": "<a> <b>"});
    for (target, failed) in [
        (json!({"Id": "1", "Arn": elsewhere}), 1),
        (json!({"Id": "1", "Arn": topic.replace("alarm", "missing")}), 1),
        (json!({"Id": "1", "Arn": topic, "InputTransformer": odd_template}), 1),
        (json!({"Id": "1", "Arn": topic}), 0),
    ] {
        let put = setup.alarms("PutTargets", &json!({"Rule": "alarm", "Targets": [target]})).await.unwrap();
        assert_eq!(put["FailedEntryCount"], failed, "{put}");
    }
    let found = setup.alarms("ListTargetsByRule", &json!({"Rule": "alarm"})).await.unwrap();
    assert_eq!(found["Targets"][0]["Arn"], json!(topic));
    let rule = setup.alarms("DescribeRule", &json!({"Name": "alarm"})).await.unwrap();
    assert_eq!((&rule["State"], &rule["EventPattern"]), (&json!("ENABLED"), &json!(pattern.to_string())));
}

#[tokio::test(start_paused = true)]
async fn a_budget_is_made_once_and_tells_whom_it_is_told_to() {
    let setup = Setup::new().await;
    let limit = json!({"Amount": "100", "Unit": "USD"});
    let budget =
        json!({"BudgetName": "monthly", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": limit});
    let terms = json!({"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 85.0,
                       "ThresholdType": "PERCENTAGE"});
    let ann = json!({"SubscriptionType": "EMAIL", "Address": "ann@example.com"});
    let create = json!({"Budget": budget, "NotificationsWithSubscribers": [
        {"Notification": terms, "Subscribers": [ann]}]});
    let odd = with(budget.clone(), "BudgetLimit", json!({"Amount": "0", "Unit": "USD"}));
    let odd = setup.budgets("CreateBudget", &json!({"Budget": odd})).await;
    assert_eq!(odd.unwrap_err(), "InvalidParameterException");
    for expected in [None, Some("DuplicateRecordException")] {
        assert_eq!(setup.budgets("CreateBudget", &create).await.err().as_deref(), expected);
    }
    let found = setup.budgets("DescribeBudget", &json!({"BudgetName": "monthly"})).await.unwrap();
    let types = &found["Budget"]["CostTypes"];
    assert_eq!(
        (&types["IncludeCredit"], &types["UseBlended"]),
        (&json!(true), &json!(false)),
        "as nobody says"
    );
    let named = |more: Value| {
        let mut body = json!({"BudgetName": "monthly"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let ben = json!({"SubscriptionType": "EMAIL", "Address": "ben@example.com"});
    let subscribe = named(json!({"Notification": terms, "Subscriber": ben}));
    for expected in [None, Some("DuplicateRecordException")] {
        assert_eq!(setup.budgets("CreateSubscriber", &subscribe).await.err().as_deref(), expected);
    }
    let asked = named(json!({"Notification": terms}));
    let told = setup.budgets("DescribeSubscribersForNotification", &asked).await.unwrap();
    assert_eq!(told["Subscribers"], json!([ann, ben]));
    let found = setup.budgets("DescribeNotificationsForBudget", &named(json!({}))).await.unwrap();
    let found = &found["Notifications"][0];
    assert_eq!((&found["Threshold"], &found["NotificationState"]), (&json!(85.0), &json!("OK")));
    assert_eq!(setup.budgets("DeleteNotification", &asked).await, Ok(json!({})));
    assert_eq!(setup.budgets("DeleteNotification", &asked).await.unwrap_err(), "NotFoundException");
    let other = json!({"AccountId": "444455556666"}).to_string();
    let other = setup.json("budgets", Ask::target("AWSBudgetServiceGateway.DescribeBudgets", &other)).await;
    assert_eq!(other.unwrap_err(), "AccessDeniedException");
}

#[tokio::test(start_paused = true)]
async fn who_may_not_is_refused_by_these_services_in_their_words() {
    let setup = Setup::new().await;
    let alice = setup.lone_user_with_key().await;
    // By then each of them knows the key.
    tokio::time::sleep(Duration::from_secs(600)).await;
    let topic = format!("arn:aws:sns:us-east-1:{ACCOUNT_ID}:alarm");
    let of_topic = alice.sns("us-east-1").get_topic_attributes().topic_arn(topic).send().await;
    assert_eq!(code(of_topic), "AuthorizationError");
    assert_eq!(code(alice.kms("us-east-1").list_keys().send().await), "AccessDeniedException");
    let of_rule = alice.eventbridge("us-east-1").describe_rule().name("alarm").send().await;
    assert_eq!(code(of_rule), "AccessDeniedException");
    let of_budgets = alice.budgets().describe_budgets().account_id(ACCOUNT_ID).send().await;
    assert_eq!(code(of_budgets), "AccessDeniedException");
}
