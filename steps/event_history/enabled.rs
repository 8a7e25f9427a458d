//! The Regions that the account has switched on: Event History is asked of each by itself.

use aws_sdk_account::types::RegionOptStatus;

use crate::aws::{ForCall, Identity};
use crate::regions;

/// The Regions that are switched on. Where AWS does not tell, those that every account of the partition can use.
/// Source: Account Management API reference, "ListRegions".
pub async fn enabled_regions(identity: &Identity) -> Vec<String> {
    let listed = identity
        .account()
        .list_regions()
        .region_opt_status_contains(RegionOptStatus::Enabled)
        .region_opt_status_contains(RegionOptStatus::EnabledByDefault)
        .max_results(50)
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .for_call("account:ListRegions");
    let names: Vec<_> = listed.into_iter().flatten().filter_map(|region| region.region_name).collect();
    if names.is_empty() { regions::default_regions_of(&identity.caller.partition) } else { names }
}
