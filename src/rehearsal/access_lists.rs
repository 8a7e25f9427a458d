//! S3's access control lists of buckets: who has rights beside the owner. In a new bucket they are off.

use winterbaume_core::{MockResponse, StatefulService};
use winterbaume_s3::views::BucketStateView;

use super::storage::forward;
use super::wire::Call;
use super::{ACCOUNT_ID, Services};

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
    let list = String::from_utf8_lossy(&call.request.body).into_owned();
    if is_off(&found) {
        return call.refuse(400, "AccessControlListNotSupported", "The bucket does not allow ACLs");
    }
    if !list.contains("<AccessControlList>") {
        return call.unknown();
    }
    let blocked = found.public_access_block.is_some_and(|block| block.block_public_acls);
    if blocked && list.contains("/groups/global/") {
        return call.refuse(403, "AccessDenied", "Access Denied");
    }
    forward(call, services).await
}

/// Whether a call would switch the lists off of a bucket whose list gives rights to others.
pub(crate) async fn would_take_rights(call: &Call, bucket: &str, services: &Services) -> bool {
    let list = bucket_of(services, bucket).await.and_then(|bucket| bucket.acl);
    String::from_utf8_lossy(&call.request.body).contains(ENFORCED)
        && list.is_some_and(|list| gives_rights_to_others(&list))
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
    let mut grantees = list.split("<Grantee").skip(1).filter_map(|rest| rest.split("</Grantee>").next());
    let owner = format!("<ID>{ACCOUNT_ID}</ID>");
    grantees.any(|grantee| !grantee.contains(&owner))
}
