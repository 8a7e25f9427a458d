//! The Regions that the account has switched on: Event History is asked of each by itself.

use aws_sdk_account::types::RegionOptStatus;

use crate::aws::{ForCall, Identity};
use crate::error::AwsError;
use crate::regions;
use crate::text;
use crate::text::Text;

/// The Regions that are switched on, as far as they can be known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnabledRegions {
    /// Their names. Where AWS does not list them, those that every account of the partition can use.
    /// Source: Account Management API reference, "ListRegions".
    pub names: Vec<String>,
    /// Why AWS did not list them: then there may be more.
    pub unlisted: Option<AwsError>,
}

/// Nobody knows whether there are more Regions.
pub fn unlisted(error: &AwsError) -> Text {
    let Text { en, ko } = error.detail();
    let (en, ko) = (en.trim_end_matches('.'), ko.trim_end_matches('.'));
    text! {
        en: "The account's Regions could not be listed: {en}. Only those that every account has were looked at; a Region that was enabled since may be missing.",
        ko: "계정의 리전 목록을 읽지 못했습니다: {ko}. 모든 계정에 기본으로 활성화된 리전만 보았으므로, 따로 활성화한 리전이 빠져 있을 수 있습니다."
    }
}

/// The Regions that are switched on.
pub async fn enabled_regions(identity: &Identity) -> EnabledRegions {
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
    let unlisted = match listed {
        Ok(regions) => {
            let names: Vec<_> = regions.into_iter().filter_map(|region| region.region_name).collect();
            if !names.is_empty() {
                return EnabledRegions { names, unlisted: None };
            }
            AwsError::without_answer("account:ListRegions", "no Region is listed")
        }
        Err(error) => error,
    };
    EnabledRegions {
        names: regions::default_regions_of(&identity.caller.partition),
        unlisted: Some(unlisted),
    }
}
