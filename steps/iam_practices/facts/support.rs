//! The role that may talk to AWS Support.

use aws_sdk_iam::types::EntityType;
use serde_json::Value;

use crate::aws::{ForCall, Identity, Reading, unless};
use crate::error::AwsError;
use crate::iam_practices::{SUPPORT_ROLE, support_access, support_trust};
use crate::text::percent_decoded;

use super::{SupportRole, seen};

pub(super) async fn support(identity: &Identity) -> Result<Reading<SupportRole>, AwsError> {
    let policy = support_access(&identity.caller.partition);
    let (holders, own) = tokio::try_join!(roles_with(identity, policy), own_support_role(identity))?;
    let first = holders.map(|roles| roles.into_iter().next());
    Ok(match (first, own) {
        (Ok(Some(role)), _) => Ok(SupportRole::Ready(role)),
        (Ok(None), Ok(own)) => Ok(own),
        (Err(unseen), _) | (_, Err(unseen)) => Err(unseen),
    })
}

/// The roles that a managed policy is attached to.
async fn roles_with(identity: &Identity, policy: String) -> Result<Reading<Vec<String>>, AwsError> {
    let request = identity.iam().list_entities_for_policy().policy_arn(policy).max_items(1000);
    let pages = request.entity_filter(EntityType::Role).into_paginator().send();
    let pages = pages.collect::<Result<Vec<_>, _>>().await;
    // Where AWS's policy is missing, nothing is known: it could not be attached either.
    let pages = seen(pages.for_call("iam:ListEntitiesForPolicy"))?;
    Ok(pages.map(|pages| {
        let roles = pages.into_iter().flat_map(|page| page.policy_roles.unwrap_or_default());
        roles.filter_map(|role| role.role_name).collect()
    }))
}

async fn own_support_role(identity: &Identity) -> Result<Reading<SupportRole>, AwsError> {
    let answer = identity.iam().get_role().role_name(SUPPORT_ROLE).send().await;
    let answer = identity.reading(unless("NoSuchEntity", answer.for_call("iam:GetRole")))?;
    let caller = &identity.caller;
    Ok(answer.map(|answer| match answer.and_then(|answer| answer.role) {
        None => SupportRole::Missing,
        Some(role) => {
            let trust = percent_decoded(role.assume_role_policy_document().unwrap_or_default());
            let trust = serde_json::from_str::<Value>(&trust).ok();
            let ours = support_trust(&caller.partition, &caller.account);
            if trust == Some(ours) { SupportRole::Bare } else { SupportRole::Namesake }
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Access, canned};
    use crate::text::percent_encoded;

    #[tokio::test]
    async fn the_role_of_our_name_is_ours_by_its_trust() {
        let ours = support_trust("aws", canned::ACCOUNT).to_string();
        let other = ours.replace("root", "user/mallory");
        for (trust, expected) in [(ours, SupportRole::Bare), (other, SupportRole::Namesake)] {
            let role = format!(
                "<Role><Path>/</Path><RoleName>dayone-support</RoleName><RoleId>AROA1</RoleId>\
                 <Arn>arn:aws:iam::111122223333:role/dayone-support</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>\
                 <AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument></Role>",
                percent_encoded(&trust)
            );
            let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
                "GetRole" => call.xml(&role),
                _ => call.xml("<IsTruncated>false</IsTruncated>"),
            });
            let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
            assert_eq!(support(&identity).await.unwrap(), Ok(expected));
        }
    }

    #[tokio::test]
    async fn any_role_with_support_access_will_do() {
        let aws = canned::Aws::answering(|call| {
            match call.operation.as_str() {
            "ListEntitiesForPolicy" => call.xml(
                "<PolicyRoles><member><RoleName>Helpdesk</RoleName><RoleId>AROA2</RoleId></member></PolicyRoles>",
            ),
            _ => call.refused(404, "NoSuchEntity"),
        }
        });
        let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        assert_eq!(support(&identity).await.unwrap(), Ok(SupportRole::Ready("Helpdesk".into())));
        let none = canned::Aws::answering(|call| match call.operation.as_str() {
            "ListEntitiesForPolicy" => call.xml("<IsTruncated>false</IsTruncated>"),
            _ => call.refused(404, "NoSuchEntity"),
        });
        let identity = none.connection(Access::ReadOnly).started_as().await.unwrap();
        assert_eq!(support(&identity).await.unwrap(), Ok(SupportRole::Missing));
        let no_policy = canned::Aws::answering(|call| call.refused(404, "NoSuchEntity"));
        let identity = no_policy.connection(Access::ReadWrite).started_as().await.unwrap();
        assert!(support(&identity).await.unwrap().is_err());
    }

    #[tokio::test]
    async fn the_roles_of_a_policy_are_read_page_by_page() {
        let page = |role: &str, rest: &str| {
            format!("<PolicyRoles><member><RoleName>{role}</RoleName></member></PolicyRoles>{rest}")
        };
        let first = page("Deploy", "<IsTruncated>true</IsTruncated><Marker>two</Marker>");
        let second = page("Audit", "<IsTruncated>false</IsTruncated>");
        let aws = canned::Aws::answering(move |call| {
            call.xml(if call.says("Marker", "two") { &second } else { &first })
        });
        let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        let roles = roles_with(&identity, support_access("aws")).await.unwrap();
        assert_eq!(roles, Ok(vec!["Deploy".to_owned(), "Audit".to_owned()]));
        assert!(aws.heard()[1].says("EntityFilter", "Role"), "{:?}", aws.heard());
    }
}
