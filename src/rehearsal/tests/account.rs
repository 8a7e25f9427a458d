//! The account as a whole, and the services that know it.

use super::*;

impl Setup {
    async fn ask_account(&self, operation: &str, body: &str) -> Result<Value, String> {
        let path = format!("/{operation}");
        self.json("account", Ask::post(&path, body)).await
    }
}

#[tokio::test(start_paused = true)]
async fn the_account_says_what_it_is_and_when_its_free_plan_ends() {
    let setup = Setup::new().await;
    let found = setup.ask_account("getAccountInformation", "{}").await.unwrap();
    assert_eq!((&found["AccountId"], &found["AccountState"]), (&json!(ACCOUNT_ID), &json!("ACTIVE")));
    assert!(!found["AccountName"].as_str().unwrap().is_empty());
    let plan =
        setup.json("freetier", Ask::target("AWSFreeTierService.GetAccountPlanState", "{}")).await.unwrap();
    assert_eq!((&plan["accountPlanType"], &plan["accountPlanStatus"]), (&json!("FREE"), &json!("ACTIVE")));
    let time = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second();
    let now = i64::try_from(setup.now()).unwrap();
    assert!(time(&found["AccountCreatedDate"]) < now, "{found}");
    assert!(time(&plan["accountPlanExpirationDate"]) > now, "{plan}");
}

#[tokio::test(start_paused = true)]
async fn the_account_is_in_no_organization() {
    let setup = Setup::new().await;
    let ask = Ask::target("AWSOrganizationsV20161128.DescribeOrganization", "{}");
    assert_eq!(setup.json("organizations", ask).await.unwrap_err(), "AWSOrganizationsNotInUseException");
    let other = setup.ask_account("getAccountInformation", r#"{"AccountId": "444455556666"}"#).await;
    assert_eq!(other.unwrap_err(), "AccessDeniedException");
}

#[tokio::test(start_paused = true)]
async fn seventeen_regions_are_switched_on() {
    let setup = Setup::new().await;
    let names = |found: &Value| {
        let regions = found["Regions"].as_array().unwrap().iter();
        regions.map(|region| region["RegionName"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = setup.ask_account("listRegions", "{}").await.unwrap();
    assert_eq!(names(&all).len(), steps::regions::COMMERCIAL.len());
    let on = r#"{"RegionOptStatusContains": ["ENABLED", "ENABLED_BY_DEFAULT"]}"#;
    let on = names(&setup.ask_account("listRegions", on).await.unwrap());
    assert_eq!(on.len(), 17);
    assert!(on.contains(&"ap-northeast-2".to_owned()) && !on.contains(&"af-south-1".to_owned()), "{on:?}");

    let first = setup.ask_account("listRegions", r#"{"MaxResults": 20}"#).await.unwrap();
    let rest = json!({"MaxResults": 20, "NextToken": first["NextToken"]}).to_string();
    let rest = setup.ask_account("listRegions", &rest).await.unwrap();
    assert_eq!([names(&first), names(&rest)].concat(), names(&all));
    assert_eq!(rest.get("NextToken"), None);
    for odd in [r#"{"MaxResults": 51}"#, r#"{"NextToken": "nowhere"}"#] {
        assert_eq!(setup.ask_account("listRegions", odd).await.unwrap_err(), "ValidationException", "{odd}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_alternate_contact_is_there_once_it_is_put() {
    let setup = Setup::new().await;
    let owner = setup.ask_account("getContactInformation", "{}").await.unwrap();
    assert!(!owner["ContactInformation"]["FullName"].as_str().unwrap().is_empty());
    let kind = r#"{"AlternateContactType": "SECURITY"}"#;
    let missing = setup.ask_account("getAlternateContact", kind).await;
    assert_eq!(missing.unwrap_err(), "ResourceNotFoundException");
    let contact = json!({"AlternateContactType": "SECURITY", "EmailAddress": "security@example.com",
                         "Name": "Ann", "Title": "Security", "PhoneNumber": "+12065550123"});
    for (field, value) in
        [("EmailAddress", json!("nobody")), ("Name", json!(" ")), ("AlternateContactType", json!("X"))]
    {
        let odd = with(contact.clone(), field, value).to_string();
        assert_eq!(
            setup.ask_account("putAlternateContact", &odd).await.unwrap_err(),
            "ValidationException",
            "{odd}"
        );
    }
    setup.ask_account("putAlternateContact", &contact.to_string()).await.unwrap();
    let found = setup.ask_account("getAlternateContact", kind).await.unwrap();
    assert_eq!(found["AlternateContact"], contact);
    let other = setup.ask_account("getAlternateContact", r#"{"AlternateContactType": "BILLING"}"#).await;
    assert_eq!(other.unwrap_err(), "ResourceNotFoundException");
}

#[tokio::test(start_paused = true)]
async fn each_region_has_its_own_analyzers() {
    let setup = Setup::new().await;
    let create = |body: &'static str, region: &'static str| Ask {
        method: "PUT",
        region,
        ..Ask::post("/analyzer", body)
    };
    let external = r#"{"analyzerName": "external", "type": "ACCOUNT"}"#;
    let made = setup.json("access-analyzer", create(external, "us-east-1")).await.unwrap();
    assert_eq!(made["arn"], "arn:aws:access-analyzer:us-east-1:111122223333:analyzer/external");
    for (body, expected) in [
        (external, "ConflictException"),
        (r#"{"analyzerName": "another", "type": "ACCOUNT"}"#, "ServiceQuotaExceededException"),
        (r#"{"analyzerName": "1", "type": "ACCOUNT"}"#, "ValidationException"),
        (r#"{"analyzerName": "all", "type": "ORGANIZATION"}"#, "ValidationException"),
    ] {
        let refused = setup.json("access-analyzer", create(body, "us-east-1")).await;
        assert_eq!(refused.unwrap_err(), expected, "{body}");
    }
    for (region, path, expected) in [
        ("us-east-1", "/analyzer", 1),
        ("us-east-1", "/analyzer?type=ACCOUNT", 1),
        ("us-east-1", "/analyzer?type=ACCOUNT_UNUSED_ACCESS", 0),
        ("eu-west-1", "/analyzer", 0),
    ] {
        let list = Ask { method: "GET", region, ..Ask::post(path, "") };
        let found = setup.json("access-analyzer", list).await.unwrap();
        assert_eq!(found["analyzers"].as_array().unwrap().len(), expected, "{region}{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_may_not_is_refused_by_these_services_too() {
    let setup = Setup::new().await;
    let key = setup.lone_key().await;
    let refused = |answer: &MockResponse| (answer.status, refusal_in(answer).unwrap().0);
    let answer = setup.ask_as(&key, "account", Ask::post("/getAccountInformation", "{}")).await;
    assert_eq!(refused(&answer), (403, "AccessDeniedException".to_owned()));
    let plan = Ask::target("AWSFreeTierService.GetAccountPlanState", "{}");
    let answer = setup.ask_as(&key, "freetier", plan).await;
    assert_eq!(refused(&answer), (400, "AccessDeniedException".to_owned()));
    let block = Ask {
        method: "GET",
        header: Some(("x-amz-account-id", ACCOUNT_ID)),
        ..Ask::post("/v20180820/configuration/publicAccessBlock", "")
    };
    let answer = setup.ask_as(&key, "s3", block).await;
    assert_eq!(refused(&answer), (403, "AccessDenied".to_owned()));
}

impl Setup {
    /// A key that every service knows, of a user who may nothing.
    async fn lone_key(&self) -> Credentials {
        self.user("bob").await;
        let key = self.key_of("bob").await;
        tokio::time::sleep(Duration::from_secs(600)).await;
        key
    }
}
