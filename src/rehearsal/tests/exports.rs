//! Exports of Data Exports.

use super::*;

impl Setup {
    /// The bucket `bills`, with a policy for exports.
    async fn bucket_for_exports(&self) {
        self.bucket("bills").await;
        assert_eq!(self.put_policy("bills", &for_exports()).await, OK);
    }

    async fn arns_of_exports(&self) -> Vec<String> {
        let listed = self.root.data_exports().list_exports().send().await.unwrap();
        listed.exports().iter().map(|export| export.export_arn().to_owned()).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn an_export_needs_a_bucket_policy_for_it() {
    let setup = Setup::new().await;
    setup.bucket("bills").await;
    for policy in [None, Some(for_reports())] {
        if let Some(policy) = policy {
            assert_eq!(setup.put_policy("bills", &policy).await, OK);
        }
        let refused = create_export(&setup.root, &export("day-one")).await.unwrap_err();
        assert!(is_about_the_bucket(&refused), "{refused:?}");
    }
    assert_eq!(setup.put_policy("bills", &for_exports()).await, OK);
    create_export(&setup.root, &export("day-one")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_export_selects_only_what_its_table_has() {
    let setup = Setup::new().await;
    setup.bucket_for_exports().await;
    for query in [
        "SELECT * FROM COST_AND_USAGE_REPORT",
        "SELECT line_item_usage_type, nothing_like_it FROM COST_AND_USAGE_REPORT",
        "SELECT line_item_usage_type FROM ANOTHER_TABLE",
        "line_item_usage_type",
    ] {
        let mut odd = export("day-one");
        odd["DataQuery"]["QueryStatement"] = json!(query);
        let refused = create_export(&setup.root, &odd).await.unwrap_err();
        assert!(refused.is("Validation") && !is_about_the_bucket(&refused), "{query}: {refused:?}");
    }
    let mut of_resources = export("day-one");
    of_resources["DataQuery"]["QueryStatement"] =
        json!("SELECT line_item_resource_id FROM COST_AND_USAGE_REPORT");
    assert!(create_export(&setup.root, &of_resources).await.unwrap_err().is("Validation"));
    of_resources["DataQuery"]["TableConfigurations"]["COST_AND_USAGE_REPORT"]["INCLUDE_RESOURCES"] =
        json!("TRUE");
    create_export(&setup.root, &of_resources).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn exports_may_have_the_same_name_and_five_are_the_most() {
    let setup = Setup::new().await;
    setup.bucket_for_exports().await;
    for _ in 0..5 {
        create_export(&setup.root, &export("day-one")).await.unwrap();
    }
    let refused = create_export(&setup.root, &export("day-one")).await.unwrap_err();
    assert!(refused.is("ServiceQuotaExceeded"), "{refused:?}");
    assert_eq!(setup.arns_of_exports().await.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn an_export_keeps_what_its_table_was_asked_for() {
    let setup = Setup::new().await;
    setup.bucket_for_exports().await;
    create_export(&setup.root, &export("day-one")).await.unwrap();
    let arns = setup.arns_of_exports().await;
    let mut daily = export("day-one");
    daily["DataQuery"]["TableConfigurations"]["COST_AND_USAGE_REPORT"]["TIME_GRANULARITY"] = json!("DAILY");
    assert!(update_export(&setup.root, &arns[0], &daily).await.unwrap_err().is("Validation"));
    let mut moved = export("day-one");
    moved["DestinationConfigurations"]["S3Destination"]["S3Prefix"] = json!("moved");
    update_export(&setup.root, &arns[0], &moved).await.unwrap();
    assert!(update_export(&setup.root, "another", &moved).await.unwrap_err().is("ResourceNotFound"));
    let found = setup.root.data_exports().get_export().export_arn(&arns[0]).send().await.unwrap();
    let places = found.export().and_then(|export| export.destination_configurations());
    let place = places.and_then(|places| places.s3_destination()).unwrap();
    assert_eq!((place.s3_prefix(), place.s3_bucket()), ("moved", "bills"));
}

#[tokio::test(start_paused = true)]
async fn an_export_is_delivered_a_while_after_it_was_created() {
    let setup = Setup::new().await;
    setup.bucket_for_exports().await;
    create_export(&setup.root, &export("day-one")).await.unwrap();
    assert_eq!(setup.objects_in("bills").await, 0);
    a_minute_passes().await;
    assert_eq!(setup.objects_in("bills").await, 1);
}

#[tokio::test(start_paused = true)]
async fn an_export_that_is_deleted_is_gone() {
    let setup = Setup::new().await;
    setup.bucket_for_exports().await;
    create_export(&setup.root, &export("day-one")).await.unwrap();
    let arns = setup.arns_of_exports().await;
    for expected in [OK, "ResourceNotFoundException"] {
        let delete = setup.root.data_exports().delete_export().export_arn(&arns[0]);
        assert_eq!(code(delete.send().await), expected);
    }
    assert!(setup.arns_of_exports().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_export_that_may_not_be_written_is_unhealthy_until_it_may() {
    let setup = Setup::new().await;
    setup.bucket_for_exports().await;
    create_export(&setup.root, &export("day-one")).await.unwrap();
    assert_eq!(setup.put_policy("bills", &for_reports()).await, OK);
    assert_eq!(health(&setup).await, ["HEALTHY", "", "QUERY_QUEUED"], "it is not due yet");
    a_minute_passes().await;
    let reason = "INSUFFICIENT_PERMISSION";
    assert_eq!(health(&setup).await, ["UNHEALTHY", reason, "DELIVERY_FAILURE"]);
    assert_eq!(setup.objects_in("bills").await, 0);
    assert_eq!(setup.put_policy("bills", &for_exports()).await, OK);
    assert_eq!(health(&setup).await, ["HEALTHY", "", "DELIVERY_SUCCESS"]);
    assert_eq!(setup.objects_in("bills").await, 1);
}

/// An export reads a table and is a report: each takes a right of its own.
#[tokio::test(start_paused = true)]
async fn an_export_takes_a_right_to_its_table_and_one_to_reports() {
    let setup = Setup::new().await;
    setup.bucket_for_exports().await;
    let alice = setup.lone_user_with_key().await;
    let mut statements = Vec::new();
    for (action, resource, is_enough) in [
        ("bcm-data-exports:CreateExport", "arn:aws:bcm-data-exports:us-east-1:*:export/*", false),
        ("bcm-data-exports:CreateExport", "arn:aws:bcm-data-exports:us-east-1:*:table/*", false),
        ("cur:PutReportDefinition", "arn:aws:cur:us-east-1:*:definition/*", false),
        ("cur:PutReportDefinition", "arn:aws:cur:us-east-1:*:/putReportDefinition", true),
    ] {
        statements.push(json!({"Effect": "Allow", "Action": action, "Resource": resource}));
        let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        let put = setup.root.iam().put_user_policy().user_name("alice").policy_name("exports");
        put.policy_document(policy).send().await.unwrap();
        match create_export(&alice, &export("day-one")).await {
            Ok(()) => assert!(is_enough, "{resource}"),
            Err(refused) => assert!(!is_enough && refused.is("AccessDenied"), "{resource}: {refused:?}"),
        }
    }
    assert_eq!(setup.arns_of_exports().await.len(), 1);
}

/// How the only export stands, why, and how its last execution went.
async fn health(setup: &Setup) -> [String; 3] {
    let arns = setup.arns_of_exports().await;
    let client = setup.root.data_exports();
    let found = client.get_export().export_arn(&arns[0]).send().await.unwrap();
    let executions = client.list_executions().export_arn(&arns[0]).send().await.unwrap();
    let status = found.export_status().unwrap();
    let last = executions.executions()[0].execution_status().unwrap();
    let words = [
        status.status_code().map(|code| code.as_str()),
        status.status_reason().map(|reason| reason.as_str()),
        last.status_code().map(|code| code.as_str()),
    ];
    words.map(|word| word.unwrap_or_default().to_owned())
}

/// The body is written out: its type is known to `steps` alone.
async fn create_export(identity: &Identity, export: &Value) -> Result<(), AwsError> {
    let body = json!({"Export": export}).to_string();
    let request = identity.data_exports().create_export().customize();
    let request = request.mutate_request(move |request| *request.body_mut() = SdkBody::from(body.as_str()));
    request.send().await.for_call("bcm-data-exports:CreateExport").map(drop)
}

/// Gives an export another definition.
async fn update_export(identity: &Identity, arn: &str, export: &Value) -> Result<(), AwsError> {
    let body = json!({"ExportArn": arn, "Export": export}).to_string();
    let request = identity.data_exports().update_export().customize();
    let request = request.mutate_request(move |request| *request.body_mut() = SdkBody::from(body.as_str()));
    request.send().await.for_call("bcm-data-exports:UpdateExport").map(drop)
}

/// An export that AWS takes.
fn export(name: &str) -> Value {
    let query = "SELECT line_item_usage_type, line_item_unblended_cost FROM COST_AND_USAGE_REPORT";
    let output = json!({"OutputType": "CUSTOM", "Format": "PARQUET", "Compression": "PARQUET",
                        "Overwrite": "OVERWRITE_REPORT"});
    let destination = json!({"S3Bucket": "bills", "S3Prefix": "cur", "S3Region": "us-east-1",
                             "S3OutputConfigurations": output});
    json!({
        "Name": name, "RefreshCadence": {"Frequency": "SYNCHRONOUS"},
        "DataQuery": {
            "QueryStatement": query,
            "TableConfigurations": {"COST_AND_USAGE_REPORT": {"TIME_GRANULARITY": "HOURLY"}}
        },
        "DestinationConfigurations": {"S3Destination": destination}
    })
}

/// The policy that exports need of the bucket `bills`.
fn for_exports() -> Value {
    let source = format!("arn:aws:bcm-data-exports:us-east-1:{ACCOUNT_ID}:export/*");
    let service = json!({"Service": "bcm-data-exports.amazonaws.com"});
    let own =
        json!({"ArnLike": {"aws:SourceArn": source}, "StringEquals": {"aws:SourceAccount": ACCOUNT_ID}});
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject",
         "Resource": "arn:aws:s3:::bills/*", "Condition": own}
    ]})
}
