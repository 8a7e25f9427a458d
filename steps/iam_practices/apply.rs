//! Makes one change of the practice.

mod security_contact;
mod user_policies;

use aws_sdk_accessanalyzer::types::Type;
use aws_sdk_iam::types::StatusType;
use aws_sdk_s3control::types::PublicAccessBlockConfiguration;

use crate::aws::{ForCall, Identity, unless};
use crate::error::StepError;
use crate::groups::GroupReading;
use crate::operator::Operator;
use crate::session::Session;
use crate::text::harmless;
use crate::{groups, text, wait};

use super::plan::Change;
use super::{replacement, root_alarm, support_trust};

/// Makes one change.
pub async fn apply(
    change: &Change,
    session: &mut Session,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let identity = session.acting();
    match change {
        Change::CreateGroup { group } => {
            groups::create(identity, group, operator, GroupReading::is_empty).await
        }
        Change::AttachGroupPolicy { group, policy } => {
            groups::attach_policy(identity, group, policy, wait::waiting_for_iam(group), operator).await
        }
        Change::AddUserToGroup { user, group } => groups::add_user(identity, user, group, operator).await,
        Change::DetachUserPolicy { user, policy, group } => {
            user_policies::detach(identity, [user, policy, group], operator).await
        }
        Change::PutGroupPolicy { group, policy, document } => {
            put_group_policy(identity, [group, policy, document], operator).await
        }
        Change::DeleteUserPolicy { user, policy, group } => {
            user_policies::delete(identity, [user, policy, group], operator).await
        }
        Change::DeactivateKey { user, access_key } => {
            switch_key(identity, user, access_key, StatusType::Inactive).await
        }
        Change::ReactivateKey { user, access_key } => {
            switch_key(identity, user, access_key, StatusType::Active).await
        }
        Change::DeleteKey { user, access_key } => delete_key(identity, user, access_key).await,
        Change::ReplaceKey { user, access_key, .. } => {
            replacement::replace(session, user, access_key, operator).await
        }
        Change::CreateAnalyzer { region, name } => create_analyzer(identity, region, name).await,
        Change::CreateSupportRole { role } => create_support_role(identity, role).await,
        Change::AttachSupportAccess { role, policy } => {
            attach_to_role(identity, role, policy, operator).await
        }
        Change::BlockPublicAccess { account, region } => block_public_access(identity, account, region).await,
        Change::SetSecurityContact { name, title, email, phone } => {
            security_contact::set(identity, [name, title, email, phone]).await
        }
        Change::RootAlarm(change) => root_alarm::apply(change, identity, operator).await,
    }
}

/// A group that was made a moment ago may not be seen everywhere yet.
async fn put_group_policy(
    identity: &Identity,
    [group, policy, document]: [&String; 3],
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let iam = identity.iam();
    wait::until_iam_sees(operator, group, async || {
        let put = iam.put_group_policy().group_name(group).policy_name(policy).policy_document(document);
        put.send().await.for_call("iam:PutGroupPolicy").map(drop)
    })
    .await
}

async fn switch_key(
    identity: &Identity,
    user: &str,
    access_key: &str,
    to: StatusType,
) -> Result<(), StepError> {
    let request = identity.iam().update_access_key().user_name(user).access_key_id(access_key);
    let sent = request.status(to).send().await;
    unless("NoSuchEntity", sent.for_call("iam:UpdateAccessKey"))?;
    Ok(())
}

/// Between the look and the yes somebody may have needed the key again.
async fn delete_key(identity: &Identity, user: &str, access_key: &str) -> Result<(), StepError> {
    let iam = identity.iam();
    let listed = iam.list_access_keys().user_name(user).send().await.for_call("iam:ListAccessKeys");
    let keys = unless("NoSuchEntity", listed)?.map(|listed| listed.access_key_metadata).unwrap_or_default();
    let key = keys.iter().find(|key| key.access_key_id() == Some(access_key));
    if key.is_some_and(|key| key.status() == Some(&StatusType::Active)) {
        return Err(switched_on_again(user, access_key));
    }
    let deleted = iam.delete_access_key().user_name(user).access_key_id(access_key).send().await;
    unless("NoSuchEntity", deleted.for_call("iam:DeleteAccessKey"))?;
    Ok(())
}

fn switched_on_again(user: &str, access_key: &str) -> StepError {
    let (user, access_key) = (harmless(user), harmless(access_key));
    StepError::InTheWay {
        what: text! {
            en: "Somebody has switched the access key {access_key} of {user} on again, so it stays.",
            ko: "누군가 {user}의 액세스 키 {access_key}를 다시 켰으므로 그대로 둡니다."
        },
        next: text! {
            en: "Find out who needs it, then run the same command again.",
            ko: "필요한 사람이 누구인지 확인한 뒤 같은 명령을 다시 실행하세요."
        },
    }
}

async fn create_analyzer(identity: &Identity, region: &str, name: &str) -> Result<(), StepError> {
    let request = identity.access_analyzer(region).create_analyzer().analyzer_name(name);
    let created = request.r#type(Type::Account).send().await;
    unless("Conflict", created.for_call("access-analyzer:CreateAnalyzer"))?;
    Ok(())
}

async fn create_support_role(identity: &Identity, role: &str) -> Result<(), StepError> {
    let caller = &identity.caller;
    let created = identity
        .iam()
        .create_role()
        .role_name(role)
        .description("Talks to AWS Support. Made by dayone.")
        .assume_role_policy_document(support_trust(&caller.partition, &caller.account).to_string())
        .send()
        .await;
    unless("EntityAlreadyExists", created.for_call("iam:CreateRole"))?;
    Ok(())
}

async fn attach_to_role(
    identity: &Identity,
    role: &str,
    policy: &str,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let iam = identity.iam();
    wait::until_iam_sees(operator, role, async || {
        let attached = iam.attach_role_policy().role_name(role).policy_arn(policy).send().await;
        attached.for_call("iam:AttachRolePolicy").map(drop)
    })
    .await
}

async fn block_public_access(identity: &Identity, account: &str, region: &str) -> Result<(), StepError> {
    let everything = PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .ignore_public_acls(true)
        .block_public_policy(true)
        .restrict_public_buckets(true)
        .build();
    let request = identity.s3_control(region).put_public_access_block().account_id(account);
    let sent = request.public_access_block_configuration(everything).send().await;
    sent.for_call("s3:PutAccountPublicAccessBlock")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Access, canned};
    use crate::operator::nobody::Nobody;
    use crate::text::percent_encoded;

    /// What is asked of AWS to delete a key that has this status by then, and what comes of it.
    async fn delete_a_key_that_is(status: &'static str) -> (Vec<String>, Result<(), StepError>) {
        let aws = canned::Aws::answering(move |call| {
            match call.operation.as_str() {
            "ListAccessKeys" => call.xml(&format!(
                "<AccessKeyMetadata><member><AccessKeyId>AKIA1</AccessKeyId><Status>{status}</Status></member>\
                 </AccessKeyMetadata>"
            )),
            _ => call.xml(""),
        }
        });
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        let result = delete_key(&identity, "bob", "AKIA1").await;
        (aws.heard().into_iter().skip(1).map(|call| call.operation).collect(), result)
    }

    #[tokio::test]
    async fn a_key_that_was_switched_on_again_stays() {
        let (asked, result) = delete_a_key_that_is("Inactive").await;
        assert_eq!((asked, result.is_ok()), (vec!["ListAccessKeys".into(), "DeleteAccessKey".into()], true));
        let (asked, result) = delete_a_key_that_is("Active").await;
        assert_eq!(asked, ["ListAccessKeys"]);
        assert!(matches!(result, Err(StepError::InTheWay { .. })), "{result:?}");
    }

    /// What comes of making a group of whose namesake AWS says this.
    async fn a_group_that_is_there(users: &'static str, policies: &'static str) -> Result<(), StepError> {
        let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
            "CreateGroup" => call.refused(409, "EntityAlreadyExists"),
            "GetGroup" => call
                .xml(&format!("<Group><GroupName>Uploads-users</GroupName></Group><Users>{users}</Users>")),
            "ListAttachedGroupPolicies" => {
                call.xml(&format!("<AttachedPolicies>{policies}</AttachedPolicies>"))
            }
            _ => call.xml(""),
        });
        let mut session = Session::open(aws.connection(Access::ReadWrite)).await.unwrap();
        let change = Change::CreateGroup { group: "Uploads-users".into() };
        apply(&change, &mut session, &mut Nobody).await
    }

    /// What the group gets, everybody in it gets; and who joins it gets what it gives.
    #[tokio::test(start_paused = true)]
    async fn only_an_empty_group_that_is_there_already_is_gone_on_with() {
        const MALLORY: &str = "<member><UserName>mallory</UserName><Arn>a</Arn></member>";
        const POLICY: &str = "<member><PolicyName>p</PolicyName><PolicyArn>p</PolicyArn></member>";
        a_group_that_is_there("", "").await.unwrap();
        for (users, policies) in [(MALLORY, ""), ("", POLICY)] {
            let error = a_group_that_is_there(users, policies).await.unwrap_err();
            assert!(error.text().en.contains("Somebody else has made Uploads-users"), "{error:?}");
        }
    }

    #[tokio::test]
    async fn what_is_there_already_is_done() {
        let aws = canned::Aws::answering(|call| match call.service() {
            "access-analyzer" => call.refused(409, "ConflictException"),
            _ if call.operation == "CreateRole" => call.refused(409, "EntityAlreadyExists"),
            _ => call.refused(404, "NoSuchEntity"),
        });
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        create_analyzer(&identity, "eu-north-1", "dayone-external-access").await.unwrap();
        create_support_role(&identity, "dayone-support").await.unwrap();
        switch_key(&identity, "bob", "AKIA1", StatusType::Inactive).await.unwrap();
        delete_key(&identity, "bob", "AKIA1").await.unwrap();
        let role = &aws.heard()[2];
        let trust = percent_encoded(&support_trust("aws", canned::ACCOUNT).to_string());
        assert!(role.says("AssumeRolePolicyDocument", &trust), "{role:?}");
    }
}
