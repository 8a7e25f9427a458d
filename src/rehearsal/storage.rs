//! S3: names, owners, policies and tags are judged here; buckets and what is set of them are kept by `winterbaume`.

use std::collections::BTreeSet;

use bytes::Bytes;
use steps::policy::{Decision, Document};
use steps::private_bucket::MustLet;
use winterbaume_core::{MockRequest, MockResponse, MockService, StatefulService};

use super::authorisation::policy_of;
use super::callers::Caller;
use super::kept::Memory;
use super::public_access::PublicAccessBlock;
use super::wire::{Call, header};
use super::xml::Element;
use super::{ACCOUNT_ID, Services, access_lists, xml};

/// What a new bucket has, since April 2023.
const BLOCKED: &str = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
    <IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>\
    <RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>";

const TAGS_PER_BUCKET: usize = 50;
/// The most bytes that a bucket policy has.
const LARGEST_POLICY: usize = 20 * 1_024;

/// Answers one call.
pub(crate) async fn answer(call: &Call, services: &Services, memory: &mut Memory) -> MockResponse {
    let Some(bucket) = &call.bucket else {
        return if call.operation == "ListBuckets" { forward(call, services).await } else { call.unknown() };
    };
    if call.operation == "CreateBucket" {
        return create(call, bucket, services, memory).await;
    }
    if is_of_another_account(bucket) {
        return call.refuse(403, "AccessDenied", "Access Denied");
    }
    let Some(region) = region_of(services, bucket).await else {
        let code = if call.operation == "HeadBucket" { "NotFound" } else { "NoSuchBucket" };
        return call.refuse(404, code, "The specified bucket does not exist");
    };
    if header(&call.request, "x-amz-expected-bucket-owner").is_some_and(|owner| owner != ACCOUNT_ID) {
        return call.refuse(403, "AccessDenied", "Access Denied");
    }
    if call.region != region {
        return with_region(
            call.refuse(301, "PermanentRedirect", "The bucket is in another Region"),
            &region,
        );
    }
    match call.operation.as_str() {
        "" => call.unknown(),
        "HeadBucket" => with_region(forward(call, services).await, &region),
        "PutBucketPolicy" => put_policy(call, bucket, services, memory).await,
        "DeleteBucket" => delete(call, bucket, services, memory).await,
        "GetBucketAcl" => access_lists::get(bucket, services).await,
        "PutBucketAcl" => access_lists::put(call, bucket, services).await,
        operation if SET_BY_XML.contains(&operation) => set(call, bucket, services, memory).await,
        _ => forward(call, services).await,
    }
}

/// Where a bucket is; none where it does not exist.
pub(crate) async fn region_of(services: &Services, bucket: &str) -> Option<String> {
    let view = services.s3.snapshot(ACCOUNT_ID, "us-east-1").await;
    view.buckets.get(bucket).map(|bucket| bucket.region.clone())
}

/// Whether a service may use a bucket for what it needs.
pub(crate) async fn lets_service(services: &Services, bucket: &str, needs: &[MustLet]) -> bool {
    match policy_of(services, bucket).await {
        Some(policy) => needs.iter().all(|need| need.is_let_by(&policy)),
        None => false,
    }
}

/// Whether nobody without credentials can read from a bucket.
pub(crate) fn is_closed(policy: &Document, bucket: &str) -> bool {
    let request = steps::policy::Request {
        principal: steps::policy::Principal::Anonymous,
        action: "s3:GetObject",
        resource: &format!("arn:aws:s3:::{bucket}/any"),
        context: &[("aws:SecureTransport", "true")],
    };
    policy.decide(&request) != Decision::Allowed
}

/// Puts an object into a bucket, as a service does.
pub(crate) async fn deliver(services: &Services, bucket: &str, key: &str) {
    inside(services, "PUT", &format!("{bucket}/{key}"), "practice").await;
}

/// All buckets of the account are in one place, whatever their Region.
pub(crate) async fn forward(call: &Call, services: &Services) -> MockResponse {
    forward_body(call, call.request.body.clone(), services).await
}

/// What is set of a bucket by XML, but for the access control list.
const SET_BY_XML: [&str; 7] = [
    "PutBucketEncryption",
    "PutBucketLifecycleConfiguration",
    "PutBucketOwnershipControls",
    "PutBucketTagging",
    "PutBucketVersioning",
    "PutObjectLockConfiguration",
    "PutPublicAccessBlock",
];

/// `winterbaume` looks for some elements letter by letter, so it gets the document without what is the client's own.
async fn set(call: &Call, bucket: &str, services: &Services, memory: &Memory) -> MockResponse {
    let Some(document) = xml::read(&call.request.body) else { return call.malformed_xml() };
    let judged = match call.operation.as_str() {
        "PutBucketEncryption" => judge_encryption(call, &document, memory),
        "PutBucketOwnershipControls" => {
            access_lists::judge_ownership(call, &document, bucket, services).await
        }
        "PutBucketTagging" => judge_tags(call, &document),
        "PutBucketVersioning" => judge_versioning(call, &document, bucket, services).await,
        "PutObjectLockConfiguration" => judge_lock(call, &document, bucket, services).await,
        "PutPublicAccessBlock" => judge_block(call, &document, bucket, services).await,
        _ => Ok(()),
    };
    match judged {
        Ok(()) => forward_body(call, document.plain().into(), services).await,
        Err(refusal) => refusal,
    }
}

/// Names that begin so belong to somebody else.
fn is_of_another_account(bucket: &str) -> bool {
    bucket.starts_with("taken-")
}

/// The name of a bucket that was deleted a moment ago is not free at the first try.
async fn create(call: &Call, bucket: &str, services: &Services, memory: &mut Memory) -> MockResponse {
    if let Err(refusal) = judge_name(call, bucket) {
        return refusal;
    }
    if memory.deleted_buckets.remove(bucket) {
        return call.refuse(
            409,
            "OperationAborted",
            "A conflicting conditional operation is currently in progress against this resource.",
        );
    }
    if is_of_another_account(bucket) {
        return call.refuse(409, "BucketAlreadyExists", "The requested bucket name is not available.");
    }
    if region_of(services, bucket).await.is_some() {
        return call.refuse(
            409,
            "BucketAlreadyOwnedByYou",
            "The bucket that you tried to create already exists, and you own it.",
        );
    }
    if let Err(refusal) = judge_location(call) {
        return refusal;
    }
    let created = forward(call, services).await;
    if created.status < 300 {
        inside(services, "PUT", &format!("{bucket}?publicAccessBlock"), BLOCKED).await;
        set_region(services, bucket, &call.region).await;
    }
    created
}

/// A bucket names its Region everywhere but in us-east-1.
fn judge_location(call: &Call) -> Result<(), MockResponse> {
    let document = match xml::read(&call.request.body) {
        None if !call.request.body.is_empty() => return Err(call.malformed_xml()),
        document => document.unwrap_or_default(),
    };
    match (call.region.as_str(), document.text_of("LocationConstraint")) {
        ("us-east-1", None) => Ok(()),
        ("us-east-1", Some(_)) => {
            let message = "The specified location-constraint is not valid";
            Err(call.refuse(400, "InvalidLocationConstraint", message))
        }
        (region, Some(location)) if region == location => Ok(()),
        _ => {
            let message = "The location constraint is incompatible for the region specific endpoint this request was \
                           sent to.";
            Err(call.refuse(400, "IllegalLocationConstraintException", message))
        }
    }
}

async fn delete(call: &Call, bucket: &str, services: &Services, memory: &mut Memory) -> MockResponse {
    let deleted = forward(call, services).await;
    if deleted.status < 300 {
        memory.deleted_buckets.insert(bucket.to_owned());
    }
    deleted
}

/// `winterbaume` keeps all buckets of the account in one place; where each is, is part of the bucket.
async fn set_region(services: &Services, bucket: &str, region: &str) {
    let mut view = services.s3.snapshot(ACCOUNT_ID, "us-east-1").await;
    if let Some(found) = view.buckets.get_mut(bucket) {
        found.region = region.to_owned();
        let _ = services.s3.restore(ACCOUNT_ID, "us-east-1", view).await;
    }
}

fn judge_name(call: &Call, bucket: &str) -> Result<(), MockResponse> {
    let invalid = |message: &str| Err(call.refuse(400, "InvalidBucketName", message));
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let reserved = ["xn--", "sthree-", "amzn-s3-demo-"].iter().any(|prefix| bucket.starts_with(prefix))
        || ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"]
            .iter()
            .any(|suffix| bucket.ends_with(suffix));
    let ends = |c: char| c == '-' || c == '.';
    if !(3..=63).contains(&bucket.len())
        || !bucket.chars().all(letters)
        || bucket.starts_with(ends)
        || bucket.ends_with(ends)
        || bucket.contains("..")
        || bucket.parse::<std::net::Ipv4Addr>().is_ok()
        || reserved
    {
        return invalid("The specified bucket is not valid.");
    }
    let regional = header(&call.request, "x-amz-bucket-namespace").as_deref() == Some("account-regional");
    let suffix = format!("-{ACCOUNT_ID}-{}-an", call.region);
    match (regional, bucket.ends_with("-an")) {
        (false, true) => invalid("A name that ends with -an is for the account-regional namespace."),
        (true, _) if !bucket.ends_with(&suffix) => {
            invalid("A name in the account-regional namespace ends with the account, the Region and -an.")
        }
        _ => Ok(()),
    }
}

async fn put_policy(call: &Call, bucket: &str, services: &Services, memory: &mut Memory) -> MockResponse {
    let text = String::from_utf8_lossy(&call.request.body).into_owned();
    if text.len() > LARGEST_POLICY {
        let message = "Policy exceeds the maximum allowed document size.";
        return call.refuse(400, "PolicyTooLarge", message);
    }
    let Ok(policy) = Document::parse(&text) else {
        return call.refuse(
            400,
            "MalformedPolicy",
            "Policies must be valid JSON and the first byte must be '{'",
        );
    };
    let arn = format!("arn:aws:s3:::{bucket}");
    let inside_bucket = |resource: &String| *resource == arn || resource.starts_with(&format!("{arn}/"));
    let statements = &policy.statement;
    if statements.iter().any(|statement| statement.principal.is_none() && statement.not_principal.is_none()) {
        return call.refuse(400, "MalformedPolicy", "Missing required field Principal");
    }
    if !statements.iter().all(|statement| statement.resource.0.iter().all(inside_bucket)) {
        return call.refuse(400, "MalformedPolicy", "Policy has invalid resource");
    }
    if is_public(&policy) && blocks_policies(bucket, services, memory).await {
        return call.refuse(
            403,
            "AccessDenied",
            "public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
        );
    }
    if locks_out(&policy, &arn) {
        return call.refuse(
            400,
            "MalformedPolicy",
            "The new bucket policy will not allow you to update bucket policies in the future.",
        );
    }
    let put = forward(call, services).await;
    if put.status < 300 {
        memory.unseen_policies.insert(bucket.to_owned());
    }
    put
}

fn locks_out(policy: &Document, bucket_arn: &str) -> bool {
    let mends = MustLet {
        who: Caller::Root.arn(),
        action: "s3:PutBucketPolicy",
        resource: bucket_arn.to_owned(),
        context: Vec::new(),
    };
    !mends.is_let_by(policy)
}

fn is_public(policy: &Document) -> bool {
    policy.public_statements().next().is_some()
}

/// Whether public policies are blocked for a bucket, or for all of the account.
async fn blocks_policies(bucket: &str, services: &Services, memory: &Memory) -> bool {
    let view = services.s3.snapshot(ACCOUNT_ID, "us-east-1").await;
    let of_bucket = view.buckets.get(bucket).and_then(|bucket| bucket.public_access_block.as_ref());
    of_bucket.is_some_and(|block| block.block_public_policy)
        || memory.public_access.is_some_and(|block| block.blocks_policies())
}

async fn judge_block(
    call: &Call,
    document: &Element,
    bucket: &str,
    services: &Services,
) -> Result<(), MockResponse> {
    let Some(block) = PublicAccessBlock::read(document) else { return Err(call.malformed_xml()) };
    let is_public = policy_of(services, bucket).await.is_some_and(|policy| is_public(&policy));
    if is_public && !block.blocks_policies() {
        return Err(call.refuse(403, "AccessDenied", "The bucket has a public policy"));
    }
    Ok(())
}

/// Only a key's own ARN is certain to mean the same to whoever writes into the bucket.
fn judge_encryption(call: &Call, document: &Element, memory: &Memory) -> Result<(), MockResponse> {
    let is_there = match (document.text_of("SSEAlgorithm"), document.text_of("KMSMasterKeyID")) {
        (Some("aws:kms"), Some(key)) => memory.encryption_keys.has(key, &call.region),
        (_, key) => key.is_none(),
    };
    if is_there {
        return Ok(());
    }
    Err(call.refuse(400, "KMS.NotFoundException", "There is no such key in the Region of the bucket"))
}

/// Source: S3 user guide, "Using cost allocation S3 bucket tags". The tags that AWS itself sets never come about here.
fn judge_tags(call: &Call, document: &Element) -> Result<(), MockResponse> {
    let invalid = |message: &str| Err(call.refuse(400, "InvalidTag", message));
    let mut keys = BTreeSet::new();
    for tag in document.all("Tag") {
        let (Some(key), Some(value)) = (tag.text_of("Key"), tag.text_of("Value")) else {
            return Err(call.malformed_xml());
        };
        if !(1..=128).contains(&key.chars().count()) || value.chars().count() > 256 {
            return invalid("The key or the value of a tag is too short or too long");
        }
        if key.starts_with("aws:") {
            return invalid("Tags that begin with aws: are set by AWS alone");
        }
        if !keys.insert(key) {
            return invalid("Two tags have the same key");
        }
    }
    if keys.len() > TAGS_PER_BUCKET {
        return Err(call.refuse(400, "BadRequest", "A bucket has no more than 50 tags"));
    }
    Ok(())
}

/// A lock needs versions, and keeps each object for days or for years.
async fn judge_lock(
    call: &Call,
    document: &Element,
    bucket: &str,
    services: &Services,
) -> Result<(), MockResponse> {
    let view = services.s3.snapshot(ACCOUNT_ID, "us-east-1").await;
    let is_versioned =
        view.buckets.get(bucket).is_some_and(|bucket| bucket.versioning_status.as_deref() == Some("Enabled"));
    if !is_versioned {
        let message = "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration";
        return Err(call.refuse(409, "InvalidBucketState", message));
    }
    let period =
        |name| document.text_of(name).and_then(|period| period.parse::<u32>().ok()).unwrap_or_default();
    let holds_up = match document.text_of("Mode") {
        Some("GOVERNANCE" | "COMPLIANCE") => (period("Days") > 0) != (period("Years") > 0),
        Some(_) => false,
        None => document.all("DefaultRetention").is_empty(),
    };
    if document.text_of("ObjectLockEnabled") != Some("Enabled") || !holds_up {
        return Err(call.malformed_xml());
    }
    Ok(())
}

/// What is locked needs its versions.
async fn judge_versioning(
    call: &Call,
    document: &Element,
    bucket: &str,
    services: &Services,
) -> Result<(), MockResponse> {
    let view = services.s3.snapshot(ACCOUNT_ID, "us-east-1").await;
    let is_locked = view.buckets.get(bucket).is_some_and(|bucket| bucket.object_lock_configuration.is_some());
    match document.text_of("Status") {
        Some("Enabled") => Ok(()),
        Some("Suspended") if is_locked => {
            let message =
                "An Object Lock configuration is present on this bucket, so versioning stays switched on.";
            Err(call.refuse(409, "InvalidBucketState", message))
        }
        Some("Suspended") => Ok(()),
        _ => Err(call.malformed_xml()),
    }
}

async fn inside(services: &Services, method: &str, path: &str, body: &str) {
    let request = MockRequest {
        method: method.into(),
        uri: format!("https://s3.us-east-1.amazonaws.com/{path}"),
        headers: http::HeaderMap::new(),
        body: body.to_owned().into(),
    };
    services.s3.handle(request).await;
}

async fn forward_body(call: &Call, body: Bytes, services: &Services) -> MockResponse {
    let mut headers = call.request.headers.clone();
    headers.remove("authorization");
    let uri = &call.request.uri;
    let rest = uri.split_once("://").map_or(uri.as_str(), |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |start| &rest[start..]);
    let request = MockRequest {
        method: call.request.method.clone(),
        uri: format!("https://s3.us-east-1.amazonaws.com{path}"),
        headers,
        body,
    };
    services.s3.handle(request).await
}

fn with_region(mut response: MockResponse, region: &str) -> MockResponse {
    if let Ok(value) = region.parse() {
        response.headers.insert("x-amz-bucket-region", value);
    }
    response
}
