//! What watches over the account as a whole: the analyzer of access from outside, the contacts, and the block of public
//! access to S3.

use aws_sdk_accessanalyzer::types::{AnalyzerStatus, AnalyzerSummary, Type};
use aws_sdk_account::types::AlternateContactType;

use crate::aws::{ForCall, Identity, Reading, unless};
use crate::error::AwsError;

use super::{Analyzer, seen};

/// The partition whose accounts have no contacts of their own. Source: GovCloud user guide, "AWS Account Management".
pub(super) const WITHOUT_CONTACTS: &str = "aws-us-gov";

pub(super) async fn analyzer(identity: &Identity, region: &str) -> Result<Reading<Analyzer>, AwsError> {
    let analyzers = identity
        .access_analyzer(region)
        .list_analyzers()
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await;
    Ok(seen(analyzers.for_call("access-analyzer:ListAnalyzers"))?.map(|analyzers| best(&analyzers)))
}

/// Analyzers of unused access, which cost money, are another kind.
fn best(analyzers: &[AnalyzerSummary]) -> Analyzer {
    let of_access_from_outside =
        |analyzer: &&AnalyzerSummary| matches!(analyzer.r#type(), Type::Account | Type::Organization);
    let works = |analyzer: &&AnalyzerSummary| {
        matches!(analyzer.status(), AnalyzerStatus::Active | AnalyzerStatus::Creating)
    };
    let analyzers: Vec<_> = analyzers.iter().filter(of_access_from_outside).collect();
    match (analyzers.iter().copied().find(works), analyzers.first()) {
        (Some(analyzer), _) => Analyzer::Working(analyzer.name().to_owned()),
        (None, Some(analyzer)) => Analyzer::NotWorking(analyzer.name().to_owned()),
        (None, None) => Analyzer::Missing,
    }
}

/// The account that manages the organization; none where this one is in no organization.
pub(super) async fn management(identity: &Identity) -> Result<Reading<Option<String>>, AwsError> {
    let answer = identity.organizations().describe_organization().send().await;
    let answer = answer.for_call("organizations:DescribeOrganization");
    let answer = seen(unless("AWSOrganizationsNotInUse", answer))?;
    Ok(answer.map(|answer| answer.and_then(|answer| answer.organization?.master_account_id)))
}

/// Whether there is a contact for security notices, and whether there are those for billing and operations. GovCloud has
/// no contacts of its own: they are those of the standard account that belongs to it.
pub(super) async fn contacts(identity: &Identity) -> Result<(Reading<bool>, Reading<[bool; 2]>), AwsError> {
    if identity.caller.partition == WITHOUT_CONTACTS {
        return Ok((Ok(false), Ok([false; 2])));
    }
    let (security, billing, operations) = tokio::try_join!(
        contact(identity, AlternateContactType::Security),
        contact(identity, AlternateContactType::Billing),
        contact(identity, AlternateContactType::Operations),
    )?;
    Ok((security, billing.and_then(|billing| Ok([billing, operations?]))))
}

async fn contact(identity: &Identity, kind: AlternateContactType) -> Result<Reading<bool>, AwsError> {
    let answer = identity.account().get_alternate_contact().alternate_contact_type(kind).send().await;
    let answer = seen(unless("ResourceNotFound", answer.for_call("account:GetAlternateContact")))?;
    Ok(answer.map(|answer| answer.is_some_and(|answer| answer.alternate_contact().is_some())))
}

pub(super) async fn public_access_blocked(
    identity: &Identity,
    region: &str,
) -> Result<Reading<bool>, AwsError> {
    let account = &identity.caller.account;
    let answer = identity.s3_control(region).get_public_access_block().account_id(account).send().await;
    let answer = answer.for_call("s3:GetAccountPublicAccessBlock");
    let answer = seen(unless("NoSuchPublicAccessBlockConfiguration", answer))?;
    Ok(answer.map(|answer| {
        let configuration = answer.and_then(|answer| answer.public_access_block_configuration);
        configuration.is_some_and(|block| {
            [
                block.block_public_acls(),
                block.ignore_public_acls(),
                block.block_public_policy(),
                block.restrict_public_buckets(),
            ]
            .iter()
            .all(|on| *on == Some(true))
        })
    }))
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;

    use super::*;
    use crate::aws::{Access, canned};

    #[test]
    fn only_an_analyzer_of_access_from_outside_counts_and_one_that_works_before_others() {
        let analyzer = |name: &str, kind, status| {
            AnalyzerSummary::builder()
                .arn(name)
                .name(name)
                .r#type(kind)
                .status(status)
                .created_at(DateTime::from_secs(1))
                .build()
                .unwrap()
        };
        let unused = analyzer("unused", Type::AccountUnusedAccess, AnalyzerStatus::Active);
        let failed = analyzer("failed", Type::Account, AnalyzerStatus::Failed);
        let organization = analyzer("organization", Type::Organization, AnalyzerStatus::Creating);
        assert_eq!(best(&[]), Analyzer::Missing);
        assert_eq!(best(std::slice::from_ref(&unused)), Analyzer::Missing);
        assert_eq!(best(&[unused.clone(), failed.clone()]), Analyzer::NotWorking("failed".into()));
        assert_eq!(best(&[failed, unused, organization]), Analyzer::Working("organization".into()));
    }

    #[tokio::test]
    async fn without_a_contact_there_is_none() {
        let contact = r#"{"AlternateContact": {"Name": "Security", "EmailAddress": "a@b.c"}}"#.to_owned();
        let none = r#"{"__type": "ResourceNotFoundException", "message": "none"}"#.to_owned();
        for (answer, expected) in [((200, contact), true), ((404, none), false)] {
            let aws = canned::Aws::answering(move |_| Some(answer.clone()));
            let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
            let (security, others) = contacts(&identity).await.unwrap();
            assert_eq!((security, others), (Ok(expected), Ok([expected; 2])));
            assert_eq!(aws.heard().len(), 1 + 3);
        }
    }

    #[tokio::test]
    async fn who_manages_the_organization_is_told_where_there_is_one() {
        let managed = r#"{"Organization": {"Id": "o-1", "MasterAccountId": "999988887777"}}"#.to_owned();
        let none = r#"{"__type": "AWSOrganizationsNotInUseException", "Message": "none"}"#.to_owned();
        let denied = r#"{"__type": "AccessDeniedException", "Message": "no"}"#.to_owned();
        for (answer, expected) in [
            ((200, managed), Some(Some("999988887777".to_owned()))),
            ((400, none), Some(None)),
            ((400, denied), None),
        ] {
            let aws = canned::Aws::answering(move |_| Some(answer.clone()));
            let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
            assert_eq!(management(&identity).await.unwrap().ok(), expected);
        }
    }

    #[tokio::test]
    async fn public_access_is_blocked_when_all_of_it_is() {
        let block = |acls: bool| {
            let body = format!(
                "<PublicAccessBlockConfiguration><BlockPublicAcls>{acls}</BlockPublicAcls>\
                 <IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>\
                 <RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>"
            );
            (200, body)
        };
        let error = |code: &str| format!("<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>");
        for (answer, expected) in [
            (block(true), Some(true)),
            (block(false), Some(false)),
            ((404, error("NoSuchPublicAccessBlockConfiguration")), Some(false)),
            ((403, error("AccessDenied")), None),
        ] {
            let aws = canned::Aws::answering(move |_| Some(answer.clone()));
            let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
            let blocked = public_access_blocked(&identity, "eu-north-1").await.unwrap();
            assert_eq!(blocked.ok(), expected);
        }
    }
}
