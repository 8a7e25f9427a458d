//! What the account blocks of public access for all of its buckets.

use serde::{Deserialize, Serialize};
use winterbaume_core::MockResponse;

use super::ACCOUNT_ID;
use super::kept::Memory;
use super::wire::{Call, header};
use super::xml;
use super::xml::Element;

/// What is blocked, for a bucket or for all buckets of the account.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct PublicAccessBlock {
    block_public_acls: bool,
    ignore_public_acls: bool,
    block_public_policy: bool,
    restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// What is left out is switched off. None where a word is neither yes nor no.
    pub fn read(document: &Element) -> Option<Self> {
        if document.name != "PublicAccessBlockConfiguration" {
            return None;
        }
        let on = |name: &str| match document.text_of(name) {
            Some("true" | "TRUE") => Some(true),
            None | Some("false" | "FALSE") => Some(false),
            Some(_) => None,
        };
        Some(Self {
            block_public_acls: on("BlockPublicAcls")?,
            ignore_public_acls: on("IgnorePublicAcls")?,
            block_public_policy: on("BlockPublicPolicy")?,
            restrict_public_buckets: on("RestrictPublicBuckets")?,
        })
    }

    /// Whether nothing gets public in any way.
    pub fn blocks_everything(&self) -> bool {
        let Self { block_public_acls, ignore_public_acls, block_public_policy, restrict_public_buckets } =
            *self;
        block_public_acls && ignore_public_acls && block_public_policy && restrict_public_buckets
    }

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
    let PublicAccessBlock {
        block_public_acls,
        ignore_public_acls,
        block_public_policy,
        restrict_public_buckets,
    } = block;
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

fn put(call: &Call, memory: &mut Memory) -> MockResponse {
    let document = xml::read(&call.request.body);
    let Some(block) = document.as_ref().and_then(PublicAccessBlock::read) else {
        return call.malformed_xml();
    };
    memory.public_access = Some(block);
    empty(200)
}

fn empty(status: u16) -> MockResponse {
    MockResponse { status, headers: http::HeaderMap::new(), body: bytes::Bytes::new() }
}
