//! S3's access control lists of buckets: who has rights beside the owner. In a new bucket they are off.

use winterbaume_core::{MockResponse, StatefulService};
use winterbaume_s3::views::BucketStateView;

use super::storage::forward;
use super::wire::Call;
use super::xml::Element;
use super::{ACCOUNT_ID, Services, xml};

const ENFORCED: &str = "BucketOwnerEnforced";

/// The list of a bucket. Where lists are off, it names the owner alone, whatever it was before.
pub(crate) async fn get(bucket: &str, services: &Services) -> MockResponse {
    let bucket = bucket_of(services, bucket).await.filter(|bucket| !is_off(bucket));
    let list = bucket.and_then(|bucket| bucket.acl);
    MockResponse::xml(200, list.unwrap_or_else(of_the_owner))
}

/// Sets the list as a whole. The names of ready-made lists are not known here.
pub(crate) async fn put(call: &Call, bucket: &str, services: &Services) -> MockResponse {
    let Some(found) = bucket_of(services, bucket).await else { return call.unknown() };
    if is_off(&found) {
        return call.refuse(400, "AccessControlListNotSupported", "The bucket does not allow ACLs");
    }
    let list = xml::read(&call.request.body);
    let Some(list) = list.filter(|list| !list.all("AccessControlList").is_empty()) else {
        return call.unknown();
    };
    let blocked = found.public_access_block.is_some_and(|block| block.block_public_acls);
    if blocked && list.all("URI").iter().any(|group| group.text().contains("/groups/global/")) {
        return call.refuse(403, "AccessDenied", "Access Denied");
    }
    forward(call, services).await
}

/// The lists of a bucket are not switched off while they give rights to others.
pub(crate) async fn judge_ownership(
    call: &Call,
    document: &Element,
    bucket: &str,
    services: &Services,
) -> Result<(), MockResponse> {
    let list = bucket_of(services, bucket).await.and_then(|bucket| bucket.acl);
    match document.text_of("ObjectOwnership") {
        Some(ENFORCED) if list.as_deref().is_some_and(gives_rights_to_others) => {
            let message = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting";
            Err(call.refuse(400, "InvalidBucketAclWithObjectOwnership", message))
        }
        Some(ENFORCED | "BucketOwnerPreferred" | "ObjectWriter") => Ok(()),
        _ => Err(call.malformed_xml()),
    }
}

async fn bucket_of(services: &Services, bucket: &str) -> Option<BucketStateView> {
    services.s3.snapshot(ACCOUNT_ID, "us-east-1").await.buckets.remove(bucket)
}

fn is_off(bucket: &BucketStateView) -> bool {
    bucket.ownership_controls.as_deref().is_none_or(|ownership| ownership == ENFORCED)
}

fn of_the_owner() -> String {
    let owner = format!("<ID>{ACCOUNT_ID}</ID>");
    format!(
        "<AccessControlPolicy xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Owner>{owner}</Owner>\
         <AccessControlList><Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xsi:type=\"CanonicalUser\">{owner}</Grantee><Permission>FULL_CONTROL</Permission></Grant>\
         </AccessControlList></AccessControlPolicy>"
    )
}

/// Whether any of those who are named is not the owner.
fn gives_rights_to_others(list: &str) -> bool {
    let list = xml::read(list.as_bytes()).unwrap_or_default();
    list.all("Grantee").iter().any(|grantee| grantee.text_of("ID") != Some(ACCOUNT_ID))
}
