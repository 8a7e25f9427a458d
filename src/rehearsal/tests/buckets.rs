//! Buckets and their policies.

use steps::policy::Document;
use steps::private_bucket::{Obstacle, Wanted};

use super::*;

const LOG_DELIVERY: &str = "<Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
    xsi:type=\"Group\"><URI>http://acs.amazonaws.com/groups/s3/LogDelivery</URI></Grantee>\
    <Permission>WRITE</Permission></Grant>";
const EVERYBODY: &str = "<Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
    xsi:type=\"Group\"><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee>\
    <Permission>READ</Permission></Grant>";

impl Setup {
    /// Sets a part of a bucket by its XML.
    async fn set(&self, bucket: &str, part: &str, xml: &str) -> String {
        let path = format!("/{bucket}?{part}");
        let answer = self.ask("s3", Ask { method: "PUT", ..Ask::post(&path, xml) }).await;
        refusal_in(&answer).map_or_else(|| OK.to_owned(), |(code, _)| code)
    }

    async fn own(&self, bucket: &str, ownership: &str) -> String {
        let rule = format!("<Rule><ObjectOwnership>{ownership}</ObjectOwnership></Rule>");
        self.set(bucket, "ownershipControls", &format!("<OwnershipControls>{rule}</OwnershipControls>")).await
    }

    /// Gives rights by the access control list of a bucket, besides those of the owner.
    async fn grant(&self, bucket: &str, grants: &str) -> String {
        let owner = format!("<ID>{ACCOUNT_ID}</ID>");
        let list = format!(
            "<AccessControlPolicy><Owner>{owner}</Owner><AccessControlList><Grant><Grantee \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\">{owner}</Grantee>\
             <Permission>FULL_CONTROL</Permission></Grant>{grants}</AccessControlList></AccessControlPolicy>"
        );
        self.set(bucket, "acl", &list).await
    }

    /// What would have to be done for a bucket to be as a trail's should, by what is seen of it.
    async fn planned(&self, bucket: &str) -> Result<usize, Obstacle> {
        let wanted = Wanted {
            name: bucket.into(),
            region: "us-east-1".into(),
            account: ACCOUNT_ID.into(),
            policy: Document::parse(&for_trail(bucket, TRAIL).to_string()).unwrap(),
            key: None,
            locked_days: 0,
            lifecycle: None,
            purpose: None,
            must_let: Vec::new(),
        };
        let found = private_bucket::observe(&self.root, bucket, "us-east-1").await.unwrap();
        private_bucket::plan(&wanted, &found).map(|changes| changes.len())
    }

    /// Sets the tags of a bucket.
    async fn tag(&self, bucket: &str, tags: &[(&str, &str)]) -> String {
        let tag = |(key, value): &(&str, &str)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
        let tags = tags.iter().map(tag).collect::<String>();
        let (path, body) =
            (format!("/{bucket}?tagging"), format!("<Tagging><TagSet>{tags}</TagSet></Tagging>"));
        let answer = self.ask("s3", Ask { method: "PUT", ..Ask::post(&path, &body) }).await;
        refusal_in(&answer).map_or_else(|| OK.to_owned(), |(code, _)| code)
    }

    /// The tags of a bucket, each as `key=value`, or the code of the refusal.
    async fn tags(&self, bucket: &str) -> String {
        match self.root.s3("us-east-1").get_bucket_tagging().bucket(bucket).send().await {
            Ok(found) => {
                let tags = found.tag_set().iter().map(|tag| format!("{}={}", tag.key(), tag.value()));
                tags.collect::<Vec<_>>().join(" ")
            }
            refusal => code(refusal),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_account_regional_namespace_has_names_of_its_own() {
    let setup = Setup::new().await;
    for (bucket, in_namespace, expected) in [
        ("logs-111122223333-us-east-1-an", false, "InvalidBucketName"),
        ("logs-111122223333-eu-west-1-an", true, "InvalidBucketName"),
        ("logs-444455556666-us-east-1-an", true, "InvalidBucketName"),
        ("logs-111122223333-us-east-1", true, "InvalidBucketName"),
        ("logs-111122223333-us-east-1-an", true, OK),
    ] {
        let mut request = setup.root.s3("us-east-1").create_bucket().bucket(bucket);
        if in_namespace {
            request = request.bucket_namespace("account-regional".into());
        }
        assert_eq!(code(request.send().await), expected, "{bucket}, {in_namespace}");
    }
}

#[tokio::test(start_paused = true)]
async fn reserved_bucket_names_are_refused() {
    let setup = Setup::new().await;
    for bucket in ["amzn-s3-demo-logs", "sthree-logs", "xn--logs"] {
        let refused = create_bucket(&setup.root, "us-east-1", bucket, None).await;
        assert_eq!(refused, "InvalidBucketName", "{bucket}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_bucket_names_its_region_everywhere_but_in_us_east_1() {
    let setup = Setup::new().await;
    for (endpoint, location, expected) in [
        ("us-east-1", Some("us-east-1"), "InvalidLocationConstraint"),
        ("us-east-1", None, OK),
        ("eu-west-1", None, "IllegalLocationConstraintException"),
        ("eu-west-1", Some("us-west-2"), "IllegalLocationConstraintException"),
        ("eu-west-1", Some("eu-west-1"), OK),
    ] {
        let bucket = format!("logs-{endpoint}");
        let answer = create_bucket(&setup.root, endpoint, &bucket, location).await;
        assert_eq!(answer, expected, "{endpoint}, {location:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_bucket_is_made_once() {
    let setup = Setup::new().await;
    for expected in [OK, "BucketAlreadyOwnedByYou"] {
        assert_eq!(create_bucket(&setup.root, "us-east-1", "logs", None).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_bucket_blocks_public_access() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    let found = setup.root.s3("us-east-1").get_public_access_block().bucket("logs").send().await.unwrap();
    let found = found.public_access_block_configuration().unwrap();
    assert_eq!((found.block_public_acls(), found.ignore_public_acls()), (Some(true), Some(true)));
    assert_eq!((found.block_public_policy(), found.restrict_public_buckets()), (Some(true), Some(true)));
}

#[tokio::test(start_paused = true)]
async fn tags_are_set_as_a_whole() {
    let setup = Setup::new().await;
    assert_eq!(setup.tags("logs").await, "NoSuchBucket");
    setup.bucket("logs").await;
    assert_eq!(setup.tags("logs").await, "NoSuchTagSet");
    assert_eq!(setup.tag("logs", &[("team", "security"), ("purpose", "archive")]).await, OK);
    assert_eq!(setup.tags("logs").await, "purpose=archive team=security");
    assert_eq!(setup.tag("logs", &[("team", "operations")]).await, OK);
    assert_eq!(setup.tags("logs").await, "team=operations");
    let s3 = setup.root.s3("us-east-1");
    assert_eq!(code(s3.delete_bucket_tagging().bucket("logs").send().await), OK);
    assert_eq!(setup.tags("logs").await, "NoSuchTagSet");
}

#[tokio::test(start_paused = true)]
async fn tags_that_aws_does_not_take_are_refused() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    let (longest_key, longest_value) = ("k".repeat(128), "v".repeat(256));
    let (key, value) = ("k".repeat(129), "v".repeat(257));
    for (tags, expected) in [
        (vec![(longest_key.as_str(), longest_value.as_str())], OK),
        (vec![(key.as_str(), "v")], "InvalidTag"),
        (vec![("k", value.as_str())], "InvalidTag"),
        (vec![("", "v")], "InvalidTag"),
        (vec![("k", "v"), ("k", "w")], "InvalidTag"),
        (vec![("aws:k", "v")], "InvalidTag"),
    ] {
        assert_eq!(setup.tag("logs", &tags).await, expected, "{tags:?}");
    }
    assert_eq!(setup.tags("logs").await, format!("{longest_key}={longest_value}"));
    let keys: Vec<_> = (0..51).map(|number| format!("key-{number}")).collect();
    let tags: Vec<_> = keys.iter().map(|key| (key.as_str(), "v")).collect();
    assert_eq!(setup.tag("logs", &tags).await, "BadRequest");
    assert_eq!(setup.tag("logs", &tags[..50]).await, OK);
}

#[tokio::test(start_paused = true)]
async fn another_region_s_endpoint_only_says_where_a_bucket_is() {
    let setup = Setup::new().await;
    assert_eq!(create_bucket(&setup.root, "eu-west-1", "logs", Some("eu-west-1")).await, OK);
    let s3 = setup.root.s3("us-east-1");
    let answer = s3.head_bucket().bucket("logs").send().await;
    let response = answer.as_ref().err().and_then(|error| error.raw_response());
    let region = response.and_then(|response| response.headers().get("x-amz-bucket-region"));
    assert_eq!(region, Some("eu-west-1"));
    assert_eq!(code(answer), "HTTP 301");
    assert_eq!(code(s3.get_bucket_policy().bucket("logs").send().await), "PermanentRedirect");
    assert_eq!(code(setup.root.s3("eu-west-1").head_bucket().bucket("logs").send().await), OK);
}

#[tokio::test(start_paused = true)]
async fn a_bucket_of_another_owner_is_out_of_reach() {
    let setup = Setup::new().await;
    let s3 = setup.root.s3("us-east-1");
    assert_eq!(create_bucket(&setup.root, "us-east-1", "taken-logs", None).await, "BucketAlreadyExists");
    assert_eq!(code(s3.head_bucket().bucket("taken-logs").send().await), "HTTP 403");
    assert_eq!(code(s3.get_bucket_policy().bucket("taken-logs").send().await), "AccessDenied");
    assert_eq!(setup.put_policy("taken-logs", &for_trail("taken-logs", TRAIL)).await, "AccessDenied");
}

#[tokio::test(start_paused = true)]
async fn a_bucket_has_to_be_of_the_owner_that_is_expected() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    let s3 = setup.root.s3("us-east-1");
    for (owner, expected) in [("444455556666", "HTTP 403"), (ACCOUNT_ID, OK)] {
        let head = s3.head_bucket().bucket("logs").expected_bucket_owner(owner);
        assert_eq!(code(head.send().await), expected, "{owner}");
    }
    let write = s3.put_bucket_policy().bucket("logs").expected_bucket_owner("444455556666");
    let write = write.policy(for_trail("logs", TRAIL).to_string());
    assert_eq!(code(write.send().await), "AccessDenied");
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_is_not_there_is_not_found() {
    let setup = Setup::new().await;
    let s3 = setup.root.s3("us-east-1");
    assert_eq!(code(s3.head_bucket().bucket("logs").send().await), "NotFound");
    assert_eq!(code(s3.get_bucket_policy().bucket("logs").send().await), "NoSuchBucket");
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_may_not_be_looked_at_is_told_from_one_of_another_account() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    let observe = async |identity: &Identity, name: &str| {
        private_bucket::observe(identity, name, "us-east-1").await.unwrap()
    };
    assert!(matches!(observe(&setup.root, "logs").await, BucketFacts::Mine(_)));
    assert_eq!(observe(&setup.root, "taken-logs").await, BucketFacts::NotMine);
    assert_eq!(observe(&setup.root, "free-logs").await, BucketFacts::Free);
    let policy = json!({"Version": "2012-10-17", "Statement": [denial("s3:ListBucket")]});
    assert_eq!(setup.put_policy("logs", &policy).await, OK);
    // Whose listing is refused still sees the bucket, if the policy may be read.
    assert!(matches!(observe(&setup.root, "logs").await, BucketFacts::Mine(_)));
    let nobody = setup.lone_user_with_key().await;
    for name in ["logs", "taken-logs", "logs-111122223333-us-east-1-an"] {
        let facts = observe(&nobody, name).await;
        let BucketFacts::Unseen(unseen) = &facts else { panic!("{name}: {facts:?}") };
        assert_eq!(
            (unseen.operation, unseen.code.as_str()),
            ("s3:GetBucketPolicy", "AccessDenied"),
            "{name}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn of_a_bucket_whose_policy_cannot_tell_the_list_is_what_was_not_seen() {
    let setup = Setup::new().await;
    let alice = setup.lone_user_with_key().await;
    let iam = setup.root.iam();
    let policy = json!({"Version": "2012-10-17",
                        "Statement": [{"Effect": "Allow", "Action": "s3:GetBucketPolicy", "Resource": "*"}]});
    let put = iam.put_user_policy().user_name("alice").policy_name("policies");
    put.policy_document(policy.to_string()).send().await.unwrap();
    let facts = private_bucket::observe(&alice, "logs-111122223333-us-east-1-an", "us-east-1").await.unwrap();
    let BucketFacts::Unseen(unseen) = &facts else { panic!("{facts:?}") };
    assert_eq!(unseen.operation, "s3:ListBucket");
}

/// An answer to HEAD has no body that says so, and S3 learns of a new key later than IAM does.
#[tokio::test(start_paused = true)]
async fn a_bucket_is_seen_with_a_key_that_s3_does_not_know_yet() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    let key = setup.administrator_key().await;
    let alice = setup.connection.with_new_key(key).await.unwrap();
    let facts = private_bucket::observe(&alice, "logs", "us-east-1").await.unwrap();
    assert!(matches!(facts, BucketFacts::Mine(_)), "{facts:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_no_policy_of_the_bucket_is_malformed() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    let nobody = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs/*"});
    for policy in [
        json!("no policy"),
        json!({"Statement": [{"Effect": "Perhaps"}]}),
        json!({"Version": "2012-10-17", "Statement": [nobody]}),
        for_trail("another", TRAIL),
    ] {
        assert_eq!(setup.put_policy("logs", &policy).await, "MalformedPolicy", "{policy}");
    }
    let found = setup.root.s3("us-east-1").get_bucket_policy().bucket("logs").send().await;
    assert_eq!(code(found), "NoSuchBucketPolicy");
}

#[tokio::test(start_paused = true)]
async fn a_public_policy_is_blocked() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    for principal in [json!("*"), json!({"AWS": "*"})] {
        let statement = json!({"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject",
                               "Resource": "arn:aws:s3:::logs/*"});
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
        assert_eq!(setup.put_policy("logs", &policy).await, "AccessDenied", "{policy}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_locks_everybody_out_is_refused() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    let policy = json!({"Version": "2012-10-17", "Statement": [denial("s3:*")]});
    let request = setup.root.s3("us-east-1").put_bucket_policy().bucket("logs").policy(policy.to_string());
    let refused = request.send().await.for_call("s3:PutBucketPolicy").unwrap_err();
    assert!(refused.is("MalformedPolicy") && refused.message.contains("in the future"), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn what_a_bucket_policy_denies_is_denied_to_root_too_until_root_mends_it() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    let policy = json!({"Version": "2012-10-17", "Statement": [denial("s3:ListBucket")]});
    assert_eq!(setup.put_policy("logs", &policy).await, OK);
    let s3 = setup.root.s3("us-east-1");
    assert_eq!(code(s3.list_objects_v2().bucket("logs").send().await), "AccessDenied");
    assert_eq!(code(s3.delete_bucket_policy().bucket("logs").send().await), OK);
    assert_eq!(code(s3.list_objects_v2().bucket("logs").send().await), OK);
}

#[tokio::test(start_paused = true)]
async fn bucket_names_begin_and_end_with_a_letter_or_a_number_and_are_no_address() {
    let setup = Setup::new().await;
    for bucket in ["-logs", "logs-", ".logs", "logs.", "lo..gs", "Logs", "lo_gs", "192.168.5.4", "ab"] {
        let refused = create_bucket(&setup.root, "us-east-1", bucket, None).await;
        assert_eq!(refused, "InvalidBucketName", "{bucket}");
    }
    for bucket in ["192.168.5", "0logs.9", "a-b"] {
        assert_eq!(create_bucket(&setup.root, "us-east-1", bucket, None).await, OK, "{bucket}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_for_everybody_is_public_unless_a_fixed_value_narrows_it() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    let organization = json!({"aws:PrincipalOrgID": "o-a1b2c3d4e5"});
    for (condition, expected) in [
        (json!({"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:111122223333:trail/*"}}), "AccessDenied"),
        (json!({"ArnLike": {"aws:SourceArn": TRAIL}}), OK),
        (json!({"StringLike": {"aws:SourceAccount": "1111*"}}), "AccessDenied"),
        (json!({"StringEquals": {"aws:SourceAccount": "${aws:PrincipalAccount}"}}), "AccessDenied"),
        (json!({"StringEquals": {"aws:SourceAccount": "111122223333"}}), OK),
        (json!({"StringEqualsIfExists": {"aws:SourceAccount": "111122223333"}}), "AccessDenied"),
        (json!({"StringNotEquals": {"aws:SourceAccount": "111122223333"}}), "AccessDenied"),
        (json!({"Bool": {"aws:SecureTransport": "true"}}), "AccessDenied"),
        (json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}), "AccessDenied"),
        (json!({"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}), OK),
        (json!({"StringEquals": organization}), OK),
    ] {
        let statement = json!({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                               "Resource": "arn:aws:s3:::logs/*", "Condition": condition});
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
        assert_eq!(setup.put_policy("logs", &policy).await, expected, "{policy}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_blocked_for_all_buckets_is_set_as_a_whole() {
    let setup = Setup::new().await;
    let path = "/v20180820/configuration/publicAccessBlock";
    let ask = |method: &'static str, body: &'static str| Ask {
        method,
        header: Some(("x-amz-account-id", ACCOUNT_ID)),
        ..Ask::post(path, body)
    };
    let refused = setup.ask("s3", ask("GET", "")).await;
    assert_eq!(refused.status, 404);
    assert_eq!(refusal_in(&refused).unwrap().0, "NoSuchPublicAccessBlockConfiguration");
    let all = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
               <IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>\
               </PublicAccessBlockConfiguration>";
    assert_eq!(setup.ask("s3", ask("PUT", all)).await.status, 200);
    let found = setup.ask("s3", ask("GET", "")).await;
    let found = String::from_utf8_lossy(&found.body).into_owned();
    assert!(found.contains("<BlockPublicPolicy>true</BlockPublicPolicy>"), "{found}");
    assert!(found.contains("<RestrictPublicBuckets>false</RestrictPublicBuckets>"), "{found}");
    let other = Ask { header: Some(("x-amz-account-id", "444455556666")), ..ask("GET", "") };
    assert_eq!(refusal_in(&setup.ask("s3", other).await).unwrap().0, "AccessDenied");
    let unclear = all.replacen("true", "yes", 1);
    let refused = setup.ask("s3", Ask { body: &unclear, ..ask("PUT", "") }).await;
    assert_eq!(refusal_in(&refused).unwrap().0, "MalformedXML");
    assert_eq!(setup.ask("s3", ask("GET", "")).await.status, 200);
    assert_eq!(setup.ask("s3", ask("DELETE", "")).await.status, 204);
    assert_eq!(setup.ask("s3", ask("GET", "")).await.status, 404);
}

/// Each client writes XML in a way of its own.
#[tokio::test(start_paused = true)]
async fn how_a_client_writes_its_xml_decides_nothing() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    let versioning = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<VersioningConfiguration \
        xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n  <Status id=\"1\">Enabled</Status >\n\
        </VersioningConfiguration>\n";
    assert_eq!(setup.set("logs", "versioning", versioning).await, OK);
    let s3 = setup.root.s3("us-east-1");
    let found = s3.get_bucket_versioning().bucket("logs").send().await.unwrap();
    assert_eq!(found.status().map(|status| status.as_str()), Some("Enabled"));

    let block = "<s3:PublicAccessBlockConfiguration xmlns:s3=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n\t\
        <s3:BlockPublicPolicy\n>true</s3:BlockPublicPolicy>\n</s3:PublicAccessBlockConfiguration>";
    assert_eq!(setup.set("logs", "publicAccessBlock", block).await, OK);
    let found = s3.get_public_access_block().bucket("logs").send().await.unwrap();
    let found = found.public_access_block_configuration().unwrap();
    assert_eq!((found.block_public_policy(), found.block_public_acls()), (Some(true), Some(false)));

    assert_eq!(setup.own("logs", "BucketOwnerPreferred").await, OK);
    assert_eq!(setup.grant("logs", LOG_DELIVERY).await, OK);
    let enforced = "<OwnershipControls><Rule>\n<ObjectOwnership xmlns=\"\">BucketOwnerEnforced</ObjectOwnership>\n\
        </Rule></OwnershipControls>";
    assert_eq!(setup.set("logs", "ownershipControls", enforced).await, "InvalidBucketAclWithObjectOwnership");
}

#[tokio::test(start_paused = true)]
async fn xml_that_does_not_hold_up_is_refused_and_sets_nothing() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    let block = |value: &str| {
        let value = format!("<BlockPublicPolicy>{value}</BlockPublicPolicy>");
        format!("<PublicAccessBlockConfiguration>{value}</PublicAccessBlockConfiguration>")
    };
    for (part, xml) in [
        ("versioning", "<VersioningConfiguration><Status>Enabled</Status>".to_owned()),
        (
            "versioning",
            "<VersioningConfiguration><Status> Enabled </Status></VersioningConfiguration>".to_owned(),
        ),
        ("versioning", "<VersioningConfiguration/>".to_owned()),
        ("versioning", String::new()),
        ("ownershipControls", "<ObjectOwnership>Mine</ObjectOwnership>".to_owned()),
        ("publicAccessBlock", block("yes")),
        ("publicAccessBlock", block("false").replace("Configuration", "")),
        ("lifecycle", "<LifecycleConfiguration>".to_owned()),
    ] {
        assert_eq!(setup.set("logs", part, &xml).await, "MalformedXML", "{part}: {xml}");
    }
    let s3 = setup.root.s3("us-east-1");
    let found = s3.get_bucket_versioning().bucket("logs").send().await.unwrap();
    assert_eq!(found.status(), None);
    let found = s3.get_public_access_block().bucket("logs").send().await.unwrap();
    let found = found.public_access_block_configuration().and_then(|block| block.block_public_policy());
    assert_eq!(found, Some(true));
}

#[tokio::test(start_paused = true)]
async fn access_control_lists_are_off_in_a_new_bucket_and_are_not_switched_off_over_the_rights_of_others() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    assert_eq!(setup.grant("logs", LOG_DELIVERY).await, "AccessControlListNotSupported");
    assert_eq!(setup.own("logs", "BucketOwnerPreferred").await, OK);
    assert_eq!(setup.planned("logs").await, Ok(3), "ownership, versioning and the policy");
    assert_eq!(setup.grant("logs", EVERYBODY).await, "AccessDenied");
    assert_eq!(setup.grant("logs", LOG_DELIVERY).await, OK);
    assert_eq!(setup.planned("logs").await, Err(Obstacle::Granted(vec!["LogDelivery".into()])));
    assert_eq!(setup.own("logs", "BucketOwnerEnforced").await, "InvalidBucketAclWithObjectOwnership");
    assert_eq!(setup.grant("logs", "").await, OK);
    assert_eq!(setup.own("logs", "BucketOwnerEnforced").await, OK);
    assert_eq!(setup.planned("logs").await, Ok(2));
}

#[tokio::test(start_paused = true)]
async fn a_public_policy_is_let_in_only_where_nothing_blocks_it_and_is_left_to_a_person() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    let statement = json!({"Sid": "Website", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                           "Resource": "arn:aws:s3:::logs/*"});
    let open = json!({"Version": "2012-10-17", "Statement": [statement]});
    assert_eq!(setup.put_policy("logs", &open).await, "AccessDenied");
    let s3 = setup.root.s3("us-east-1");
    assert_eq!(code(s3.delete_public_access_block().bucket("logs").send().await), OK);
    assert_eq!(setup.put_policy("logs", &open).await, OK);
    assert_eq!(setup.planned("logs").await, Err(Obstacle::Public(vec!["Website".into()])));
    let block = "<PublicAccessBlockConfiguration><BlockPublicPolicy>true</BlockPublicPolicy>\
        </PublicAccessBlockConfiguration>";
    assert_eq!(setup.set("logs", "publicAccessBlock", block).await, OK);
    assert_eq!(setup.put_policy("logs", &open).await, "AccessDenied");
}

#[tokio::test(start_paused = true)]
async fn a_policy_has_no_more_than_20_kilobytes() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    let with_name = |length: usize| {
        let mut policy = for_trail("logs", TRAIL);
        policy["Id"] = json!("n".repeat(length));
        policy
    };
    let room = 20 * 1_024 - with_name(0).to_string().len();
    assert_eq!(setup.put_policy("logs", &with_name(room + 1)).await, "PolicyTooLarge");
    assert_eq!(setup.put_policy("logs", &with_name(room)).await, OK);
}

#[tokio::test(start_paused = true)]
async fn the_name_of_a_bucket_that_was_deleted_is_not_free_at_once() {
    let setup = Setup::new().await;
    setup.bucket("logs").await;
    let deleted = setup.root.s3("us-east-1").delete_bucket().bucket("logs").send().await;
    assert_eq!(code(deleted), OK);
    for expected in ["OperationAborted", OK, "BucketAlreadyOwnedByYou"] {
        assert_eq!(create_bucket(&setup.root, "us-east-1", "logs", None).await, expected);
    }
}
