//! The administrator's access key: made, kept in a profile of the AWS files, and seen to work.

use std::time::Duration;

use aws_credential_types::Credentials;

use crate::aws::{ForCall, Identity, unless};
use crate::error::StepError;
use crate::operator::Operator;
use crate::session::{Administrator, Session};
use crate::text;
use crate::{new_access_key, profile, wait};

/// Deletes one that an interrupted run has left, and of which nobody has the secret.
pub(super) async fn delete_stranded(
    identity: &Identity,
    user: &str,
    access_key: &str,
) -> Result<(), StepError> {
    let deleted = identity.iam().delete_access_key().user_name(user).access_key_id(access_key).send().await;
    unless("NoSuchEntity", deleted.for_call("iam:DeleteAccessKey"))?;
    Ok(())
}

/// Makes one, keeps it in the profile, and signs in with it.
pub(super) async fn create(
    session: &mut Session,
    user: &str,
    profile: &str,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let files = session.connection.files().clone();
    profile::check_writable(&files, profile)?;
    let iam = session.acting().iam_once();
    let created = wait::until_iam_sees(operator, user, async || {
        iam.create_access_key().user_name(user).send().await.for_call("iam:CreateAccessKey")
    })
    .await?;
    let append = |key: &Credentials| profile::append(&files, profile, key);
    let credentials = new_access_key::kept_or_deleted(session, user, created.access_key(), append).await?;
    sign_in_with(session, user, credentials, operator).await
}

/// Waits until IAM lets the new key do what only an administrator can, twice in a row. Where MFA is required already, the
/// key alone never will, and a code is asked for later.
async fn sign_in_with(
    session: &mut Session,
    user: &str,
    credentials: Credentials,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let what = text! {
        en: "Waiting until AWS accepts the new access key",
        ko: "AWS가 새 액세스 키를 인식하기를 기다리는 중"
    };
    let iam = session.acting().iam();
    let devices = wait::until_iam_sees(operator, user, async || {
        iam.list_mfa_devices().user_name(user).send().await.for_call("iam:ListMFADevices")
    });
    let needs_code = !devices.await?.mfa_devices().is_empty();
    let asked = operator.pause();
    let proof = async {
        let identity = session.connection.with_new_key(credentials).await?;
        let mut proven = 0;
        for pause in wait::pauses() {
            session.become_administrator(identity.clone(), user).await?;
            match session.administrator {
                Administrator::Proven(_) if proven == 1 => return Ok::<_, StepError>(()),
                Administrator::Proven(_) => proven = 1,
                _ if needs_code && pause > Duration::from_secs(4) => return Ok(()),
                _ => proven = 0,
            }
            // The key is kept, and the next run can wait for it too.
            if asked.unless_asked(pause).await.is_err() {
                return Ok(());
            }
        }
        Ok(())
    };
    operator.while_waiting(what, proof).await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::aws::{Access, AwsFiles, Connection, canned};
    use crate::operator::nobody::Nobody;

    /// What comes of a new key of which AWS says this, and what AWS is asked for it.
    async fn new_key(answer: &'static str) -> (StepError, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let aws = canned::Aws::answering(move |call| call.xml(answer));
        let files =
            AwsFiles { credentials: folder.path().join("credentials"), config: folder.path().join("config") };
        let login = Credentials::new("AKIAEXAMPLE", "secret", None, None, "test");
        let connection = Connection::through(aws.client(), login, files.clone(), Access::ReadWrite);
        let mut session = Session::open(connection).await.unwrap();
        let error = create(&mut session, "alice", "dayone-admin", &mut Nobody).await.unwrap_err();
        assert!(!files.credentials.exists(), "something is written: {answer}");
        (error, aws.heard().into_iter().skip(1).map(|heard| heard.operation).collect())
    }

    #[tokio::test]
    async fn half_a_key_is_written_nowhere_and_removed() {
        let both = &["CreateAccessKey", "DeleteAccessKey"][..];
        let cases = [
            ("", &both[..1]),
            (
                "<AccessKey><AccessKeyId></AccessKeyId><SecretAccessKey>MARKED</SecretAccessKey></AccessKey>",
                &both[..1],
            ),
            ("<AccessKey><AccessKeyId>AKIANEW</AccessKeyId></AccessKey>", both),
            (
                "<AccessKey><AccessKeyId>AKIANEW</AccessKeyId><SecretAccessKey></SecretAccessKey></AccessKey>",
                both,
            ),
            (
                "<AccessKey><AccessKeyId>AKIA\u{e9}</AccessKeyId><SecretAccessKey>MARKED</SecretAccessKey>\
                 </AccessKey>",
                both,
            ),
        ];
        for (answer, expected) in cases {
            let (error, asked) = new_key(answer).await;
            assert_eq!(asked, expected, "{answer}");
            assert!(matches!(error, StepError::HalfMade { .. }) && error.is_unanswered(), "{error:?}");
            assert!(error.hint().unwrap().en.contains("has to be removed"), "{error:?}");
            assert!(!format!("{error:?}").contains("MARKED"), "{error:?}");
        }
    }

    const ALICE: &str = "<Path>/</Path><UserName>alice</UserName><UserId>AIDAEXAMPLE</UserId>\
         <Arn>arn:aws:iam::111122223333:user/alice</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>";

    /// IAM tells at one endpoint of a user that the next one does not know yet.
    #[tokio::test(start_paused = true)]
    async fn a_user_whose_devices_are_not_seen_yet_is_waited_for() {
        let refused = AtomicBool::new(false);
        let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
            "ListMFADevices" if !refused.swap(true, Ordering::Relaxed) => call.refused(404, "NoSuchEntity"),
            "ListMFADevices" => call.xml("<MFADevices></MFADevices>"),
            "GetGroup" => call.xml(&format!(
                "<Group><GroupName>Administrators</GroupName></Group><Users><member>{ALICE}</member></Users>"
            )),
            "ListAttachedGroupPolicies" => call.xml(
                "<AttachedPolicies><member><PolicyArn>arn:aws:iam::aws:policy/AdministratorAccess</PolicyArn>\
                 </member></AttachedPolicies>",
            ),
            "GetUser" => call.xml(&format!("<User>{ALICE}</User>")),
            _ => call.xml(""),
        });
        let mut session = Session::open(aws.connection(Access::ReadWrite)).await.unwrap();
        let key = Credentials::new("AKIANEW", "secret", None, None, "test");
        sign_in_with(&mut session, "alice", key, &mut Nobody).await.unwrap();
        let asked = |operation| aws.heard().iter().filter(|heard| heard.operation == operation).count();
        assert_eq!((asked("ListMFADevices"), asked("GetAccountSummary")), (2, 2));
        assert!(matches!(session.administrator, Administrator::Proven(_)));
    }
}
