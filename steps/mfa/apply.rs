//! Makes one change of the practice.

use crate::aws::{ForCall, Identity, unless};
use crate::error::StepError;
use crate::operator::Operator;
use crate::session::Session;
use crate::text;
use crate::wait;

use super::plan::Change;
use super::{POLICY_NAME, enrolment, policy_document};

/// Makes one change.
pub async fn apply(
    change: &Change,
    session: &mut Session,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    match change {
        Change::DeleteLeftover { serial } => {
            let iam = session.acting().iam();
            let deleted = iam.delete_virtual_mfa_device().serial_number(serial).send().await;
            unless("NoSuchEntity", deleted.for_call("iam:DeleteVirtualMFADevice"))?;
            Ok(())
        }
        Change::EnrolVirtualDevice { user, device, account } => {
            enrolment::enrol_virtual(session, user, device, account, operator).await
        }
        Change::EnrolHardwareToken { user, serial } => {
            enrolment::enable(session, user, serial, operator).await
        }
        Change::StartSession { .. } => session.unlock(operator).await,
        Change::CreatePolicy { .. } => create_policy(session).await,
        Change::UpdatePolicy { policy, drop_version } => {
            update_policy(session, policy, drop_version.as_deref()).await
        }
        Change::AttachPolicy { policy, group } => attach(session.acting(), policy, group, operator).await,
    }
}

async fn create_policy(session: &Session) -> Result<(), StepError> {
    let iam = session.acting().iam();
    let created = iam
        .create_policy()
        .policy_name(POLICY_NAME)
        .description("Refuses everything but enrolment without MFA. Made by dayone.")
        .policy_document(policy_document(session.partition()))
        .send()
        .await;
    unless("EntityAlreadyExists", created.for_call("iam:CreatePolicy"))?;
    Ok(())
}

async fn update_policy(session: &Session, policy: &str, drop_version: Option<&str>) -> Result<(), StepError> {
    let iam = session.acting().iam();
    if let Some(version) = drop_version {
        let deleted = iam.delete_policy_version().policy_arn(policy).version_id(version).send().await;
        unless("NoSuchEntity", deleted.for_call("iam:DeletePolicyVersion"))?;
    }
    iam.create_policy_version()
        .policy_arn(policy)
        .policy_document(policy_document(session.partition()))
        .set_as_default(true)
        .send()
        .await
        .for_call("iam:CreatePolicyVersion")?;
    Ok(())
}

async fn attach(
    identity: &Identity,
    policy: &str,
    group: &str,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let iam = identity.iam();
    let what = text! { en: "Waiting until IAM sees the policy", ko: "IAM에 정책이 반영되기를 기다리는 중" };
    wait::until_seen(
        operator,
        what,
        |error| error.is("NoSuchEntity"),
        async || {
            let attached = iam.attach_group_policy().policy_arn(policy).group_name(group).send().await;
            attached.for_call("iam:AttachGroupPolicy").map(drop)
        },
    )
    .await
}
