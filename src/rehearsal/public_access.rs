//! What S3 takes for public, and what the account blocks of it for all of its buckets.

use serde::{Deserialize, Serialize};
use steps::policy::{Document, Effect, Principals, Statement, Words};
use winterbaume_core::MockResponse;

use super::ACCOUNT_ID;
use super::kept::Memory;
use super::wire::{Call, header};

/// What is blocked for all buckets of the account.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct AccountBlock {
    block_public_acls: bool,
    ignore_public_acls: bool,
    block_public_policy: bool,
    restrict_public_buckets: bool,
}

/// Answers a call about the account as a whole.
pub(crate) fn answer(call: &Call, memory: &mut Memory) -> MockResponse {
    if header(&call.request, "x-amz-account-id").as_deref() != Some(ACCOUNT_ID) {
        return call.refuse(403, "AccessDenied", "Access Denied");
    }
    match call.operation.as_str() {
        "GetAccountPublicAccessBlock" => get(call, memory),
        "PutAccountPublicAccessBlock" => put(call, memory),
        "DeleteAccountPublicAccessBlock" => {
            memory.public_access = None;
            empty(204)
        }
        _ => call.unknown(),
    }
}

fn get(call: &Call, memory: &Memory) -> MockResponse {
    let Some(block) = memory.public_access else {
        return call.refuse(
            404,
            "NoSuchPublicAccessBlockConfiguration",
            "The public access block configuration was not found",
        );
    };
    let AccountBlock { block_public_acls, ignore_public_acls, block_public_policy, restrict_public_buckets } =
        block;
    MockResponse::xml(
        200,
        format!(
            "<PublicAccessBlockConfiguration xmlns=\"http://awss3control.amazonaws.com/doc/2018-08-20/\">\
             <BlockPublicAcls>{block_public_acls}</BlockPublicAcls>\
             <IgnorePublicAcls>{ignore_public_acls}</IgnorePublicAcls>\
             <BlockPublicPolicy>{block_public_policy}</BlockPublicPolicy>\
             <RestrictPublicBuckets>{restrict_public_buckets}</RestrictPublicBuckets>\
             </PublicAccessBlockConfiguration>"
        ),
    )
}

/// What is left out is switched off.
fn put(call: &Call, memory: &mut Memory) -> MockResponse {
    let body = String::from_utf8_lossy(&call.request.body).into_owned();
    if !body.contains("PublicAccessBlockConfiguration") {
        return call.refuse(
            400,
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema",
        );
    }
    let on = |name: &str| {
        let value = body.split_once(&format!("<{name}>")).and_then(|(_, rest)| rest.split('<').next());
        value.is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
    };
    memory.public_access = Some(AccountBlock {
        block_public_acls: on("BlockPublicAcls"),
        ignore_public_acls: on("IgnorePublicAcls"),
        block_public_policy: on("BlockPublicPolicy"),
        restrict_public_buckets: on("RestrictPublicBuckets"),
    });
    empty(200)
}

fn empty(status: u16) -> MockResponse {
    MockResponse { status, headers: http::HeaderMap::new(), body: bytes::Bytes::new() }
}

/// The condition keys by which a statement for everybody is still not public, if their values are fixed.
/// Source: S3 user guide, "The meaning of 'public'".
const NARROWING: [&str; 12] = [
    "aws:PrincipalArn",
    "aws:PrincipalAccount",
    "aws:PrincipalOrgID",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceIp",
    "aws:SourceOrgID",
    "aws:SourceOwner",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "s3:DataAccessPointAccount",
    "s3:DataAccessPointArn",
];
/// The operators that let through only what they name.
const POSITIVE: [&str; 6] =
    ["ArnEquals", "ArnLike", "IpAddress", "StringEquals", "StringEqualsIgnoreCase", "StringLike"];

/// Whether a statement lets in more than a fixed set of callers.
pub(crate) fn is_public(policy: &Document) -> bool {
    policy.statement.iter().any(|statement| {
        let everybody = match &statement.principal {
            Some(Principals::Everybody(_)) => true,
            Some(Principals::ByKind(kinds)) => kinds.values().any(|words| words.0.contains("*")),
            None => statement.not_principal.is_some(),
        };
        statement.effect == Effect::Allow && everybody && !is_narrowed(statement)
    })
}

fn is_narrowed(statement: &Statement) -> bool {
    let positive = statement.condition.iter().filter(|(operator, _)| POSITIVE.contains(&operator.as_str()));
    positive.flat_map(|(_, keys)| keys).any(|(key, values)| {
        NARROWING.iter().any(|known| known.eq_ignore_ascii_case(key)) && are_fixed(key, values)
    })
}

/// Whether no value has a wildcard or a variable, and no range of addresses is the better part of the internet.
fn are_fixed(key: &str, values: &Words) -> bool {
    let wide = |value: &String| {
        let bits = value.split_once('/').and_then(|(_, bits)| bits.parse::<u8>().ok());
        key.eq_ignore_ascii_case("aws:SourceIp") && bits.is_some_and(|bits| bits < 8)
    };
    let open = |value: &String| value.contains(['*', '?']) || value.contains("${") || wide(value);
    !values.is_empty() && !values.0.iter().any(open)
}
