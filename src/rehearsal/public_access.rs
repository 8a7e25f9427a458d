//! What the account blocks of public access for all of its buckets.

use serde::{Deserialize, Serialize};
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

impl AccountBlock {
    /// Whether no bucket gets a public policy.
    pub fn blocks_policies(&self) -> bool {
        self.block_public_policy
    }
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
