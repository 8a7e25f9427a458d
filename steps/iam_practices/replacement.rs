//! Puts a second access key in the place of the first.
//!
//! The secret goes into the AWS profiles that hold the first key before anything else is done with it, so that a run that
//! is cut short has left it where it belongs or has left a key that nobody can use. The first key works as before.

use aws_credential_types::Credentials;

use crate::aws::{ForCall, Identity};
use crate::error::StepError;
use crate::new_access_key::kept_or_deleted;
use crate::operator::Operator;
use crate::session::{Administrator, Session};
use crate::text::harmless;
use crate::{profile, text};

/// Makes the second key of a user, writes it, and proves that it works.
pub async fn replace(
    session: &mut Session,
    user: &str,
    access_key: &str,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let files = session.connection.files().clone();
    profile::check_replaceable(&files, access_key)?;
    let iam = session.acting().iam_once();
    let created = iam.create_access_key().user_name(user).send().await.for_call("iam:CreateAccessKey")?;
    let put = |second: &Credentials| profile::replace_key(&files, access_key, second);
    let second = kept_or_deleted(session, user, created.access_key(), put).await?;
    let identity = proven(session, user, second, operator).await?;
    sign_with(session, access_key, &identity);
    Ok(())
}

/// AWS knows the owner of the new key. It may do no more where MFA is required, and neither may the old one.
async fn proven(
    session: &Session,
    user: &str,
    second: Credentials,
    operator: &mut impl Operator,
) -> Result<Identity, StepError> {
    let what = text! {
        en: "Waiting until AWS accepts the new access key",
        ko: "AWS가 새 액세스 키를 인식하기를 기다리는 중"
    };
    let identity = operator.while_waiting(what, session.connection.with_new_key(second)).await?;
    if identity.caller.account == session.account() && identity.caller.is_user(user) {
        return Ok(identity);
    }
    let (arn, user) = (harmless(&identity.caller.arn), harmless(user));
    Err(StepError::InTheWay {
        what: text! {
            en: "AWS takes the new access key for one of {arn}, and not of {user}.",
            ko: "AWS가 새 액세스 키를 {user}가 아닌 {arn}의 키로 봅니다."
        },
        next: text! {
            en: "The old key still works. Look at both in the IAM console.",
            ko: "기존 키는 그대로 동작합니다. IAM 콘솔에서 두 키를 확인하세요."
        },
    })
}

/// From here on the run signs with the new key wherever it signed with the old one, so that switching that off does not
/// take the run with it. A session with MFA goes on as it is.
fn sign_with(session: &mut Session, old: &str, new: &Identity) {
    let administrator = match &mut session.administrator {
        Administrator::Proven(identity)
        | Administrator::Locked(identity)
        | Administrator::Refused(identity, _) => Some(identity),
        Administrator::Unknown => None,
    };
    let all = [Some(&mut session.started), administrator, session.by_key.as_mut()];
    for identity in all.into_iter().flatten().filter(|identity| identity.caller.access_key == old) {
        *identity = new.clone();
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::aws::{Access, AwsFiles, Connection, canned};
    use crate::operator::nobody::Nobody;

    const OLD: &str = "[kim]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = secret\n";

    /// An AWS that makes the key AKIANEW for whoever asks.
    fn aws() -> canned::Aws {
        canned::Aws::answering(|call| match call.operation.as_str() {
            "CreateAccessKey" => call.xml(
                "<AccessKey><UserName>kim</UserName><AccessKeyId>AKIANEW</AccessKeyId><Status>Active</Status>\
                 <SecretAccessKey>newsecret</SecretAccessKey></AccessKey>",
            ),
            "DeleteAccessKey" => call.xml(""),
            _ => call.refused(403, "AccessDenied"),
        })
    }

    /// A run of kim, who signs with the key in these files.
    async fn run(aws: &canned::Aws, files: AwsFiles) -> Session {
        let login = Credentials::new("AKIAEXAMPLE", "secret", None, None, "test");
        Session::open(Connection::through(aws.client(), login, files, Access::ReadWrite)).await.unwrap()
    }

    fn files(folder: &Path) -> AwsFiles {
        let files = AwsFiles { credentials: folder.join("credentials"), config: folder.join("config") };
        std::fs::write(&files.credentials, OLD).unwrap();
        files
    }

    fn asked(aws: &canned::Aws) -> Vec<(String, String)> {
        aws.heard().iter().map(|call| (call.operation.clone(), call.key().to_owned())).collect()
    }

    #[tokio::test]
    async fn the_second_key_takes_the_place_of_the_first_and_signs_from_then_on() {
        let (folder, aws) = (tempfile::tempdir().unwrap(), aws());
        let files = files(folder.path());
        let mut session = run(&aws, files.clone()).await;
        session.administrator = Administrator::Proven(session.started.clone());
        replace(&mut session, "kim", "AKIAEXAMPLE", &mut Nobody).await.unwrap();
        let written = std::fs::read_to_string(&files.credentials).unwrap();
        assert_eq!(written, "[kim]\naws_access_key_id = AKIANEW\naws_secret_access_key = newsecret\n");
        let calls = [
            ("GetCallerIdentity", "AKIAEXAMPLE"),
            ("CreateAccessKey", "AKIAEXAMPLE"),
            ("GetCallerIdentity", "AKIANEW"),
        ];
        assert_eq!(asked(&aws), calls.map(|(call, key)| (call.to_owned(), key.to_owned())));
        for identity in [&session.started, session.acting()] {
            assert_eq!(identity.caller.access_key, "AKIANEW");
        }
    }

    #[tokio::test]
    async fn a_session_with_mfa_goes_on() {
        let (folder, aws) = (tempfile::tempdir().unwrap(), aws());
        let mut session = run(&aws, files(folder.path())).await;
        let mfa = Credentials::new("ASIAMFA", "secret", Some("token".into()), None, "test");
        let mfa = session.connection.with_credentials(mfa, Some(true)).await.unwrap();
        (session.administrator, session.by_key) = (Administrator::Proven(mfa), Some(session.started.clone()));
        replace(&mut session, "kim", "AKIAEXAMPLE", &mut Nobody).await.unwrap();
        assert_eq!(session.acting().caller.access_key, "ASIAMFA");
        assert_eq!(session.started.caller.access_key, "AKIANEW");
        assert_eq!(session.by_key.unwrap().caller.access_key, "AKIANEW");
    }

    #[tokio::test]
    async fn without_a_place_for_its_secret_no_key_is_made() {
        let (folder, aws) = (tempfile::tempdir().unwrap(), aws());
        let mut session = run(&aws, files(folder.path())).await;
        let error = replace(&mut session, "kim", "AKIAOTHER", &mut Nobody).await.unwrap_err();
        assert!(error.text().en.contains("AKIAOTHER"), "{}", error.text().en);
        assert_eq!(asked(&aws).len(), 1, "who is signed in, and no more");
    }

    /// Somebody changes the file between the look at it and the answer of AWS.
    #[tokio::test]
    async fn a_key_whose_secret_cannot_be_written_is_deleted_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        let changed = files.credentials.clone();
        let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
            "CreateAccessKey" => {
                std::fs::write(&changed, "[lee]\n").unwrap();
                call.xml(
                    "<AccessKey><UserName>kim</UserName><AccessKeyId>AKIANEW</AccessKeyId><Status>Active</Status>\
                     <SecretAccessKey>newsecret</SecretAccessKey></AccessKey>",
                )
            }
            _ => call.xml(""),
        });
        let mut session = run(&aws, files.clone()).await;
        replace(&mut session, "kim", "AKIAEXAMPLE", &mut Nobody).await.unwrap_err();
        let last = aws.heard().pop().unwrap();
        assert_eq!(last.operation, "DeleteAccessKey");
        assert!(last.says("AccessKeyId", "AKIANEW"), "{last:?}");
        assert_eq!(std::fs::read_to_string(&files.credentials).unwrap(), "[lee]\n");
        assert_eq!(session.started.caller.access_key, "AKIAEXAMPLE");
    }

    /// In the place of a key that works there would be one that never will.
    #[tokio::test]
    async fn half_a_key_takes_no_other_s_place_and_is_deleted() {
        for (answer, is_deleted) in [
            ("", false),
            ("<AccessKey><AccessKeyId>AKIANEW</AccessKeyId></AccessKey>", true),
            (
                "<AccessKey><AccessKeyId>AKIANEW</AccessKeyId><SecretAccessKey>MARK\u{e9}</SecretAccessKey>\
                 </AccessKey>",
                true,
            ),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let files = files(folder.path());
            let aws = canned::Aws::answering(move |call| call.xml(answer));
            let mut session = run(&aws, files.clone()).await;
            let error = replace(&mut session, "kim", "AKIAEXAMPLE", &mut Nobody).await.unwrap_err();
            assert!(error.is_unanswered() && !format!("{error:?}").contains("MARK"), "{error:?}");
            assert_eq!(std::fs::read_to_string(&files.credentials).unwrap(), OLD, "{answer}");
            let last = aws.heard().pop().unwrap();
            assert_eq!(last.says("AccessKeyId", "AKIANEW"), is_deleted, "{answer}: {last:?}");
            assert_eq!(session.connection.may_have_written(), !is_deleted, "{answer}");
        }
    }

    #[tokio::test]
    async fn a_key_that_aws_takes_for_another_s_is_told() {
        let (folder, aws) = (tempfile::tempdir().unwrap(), aws());
        let mut session = run(&aws, files(folder.path())).await;
        // AWS answers every key by the name of kim.
        let error = replace(&mut session, "alice", "AKIAEXAMPLE", &mut Nobody).await.unwrap_err();
        assert!(error.text().en.contains("user/kim") && error.text().ko.contains("alice"), "{error:?}");
        assert_eq!(session.started.caller.access_key, "AKIAEXAMPLE");
    }
}
