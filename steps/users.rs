//! What more than one practice does to an IAM user.

use crate::aws::{ForCall, Identity, unless};
use crate::error::{AwsError, StepError};
use crate::operator::Operator;
use crate::{meanwhile, wait};

/// Creates a user. One of that name that is there all of a sudden may be ours, after an answer that was lost. It goes on
/// only with one as whom nobody can sign in: what was said yes to was a new user.
pub async fn create(identity: &Identity, user: &str, operator: &mut impl Operator) -> Result<(), StepError> {
    let iam = identity.iam();
    let created = iam.create_user().user_name(user).send().await;
    if unless("EntityAlreadyExists", created.for_call("iam:CreateUser"))?.is_some() {
        return Ok(());
    }
    wait::until_iam_sees(operator, user, async || {
        iam.get_user().user_name(user).send().await.for_call("iam:GetUser").map(drop)
    })
    .await
    .map_err(|error| meanwhile::in_other_letters(error, user))?;
    if is_nobody_s(identity, user).await? { Ok(()) } else { Err(meanwhile::made(user)) }
}

/// Whether the user is seen to have neither a password nor an access key.
async fn is_nobody_s(identity: &Identity, user: &str) -> Result<bool, AwsError> {
    let iam = identity.iam();
    let (login, keys) = tokio::join!(
        iam.get_login_profile().user_name(user).send(),
        iam.list_access_keys().user_name(user).send()
    );
    let login = identity.reading(unless("NoSuchEntity", login.for_call("iam:GetLoginProfile")))?;
    let keys = identity.reading(keys.for_call("iam:ListAccessKeys"))?;
    Ok(matches!(login, Ok(None)) && keys.is_ok_and(|keys| keys.access_key_metadata().is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Access, canned};
    use crate::operator::nobody::Nobody;

    /// An AWS that answers so.
    type Answering = fn(&canned::Heard) -> canned::Answer;

    /// What comes of creating a user that is there already, of whom AWS says this.
    async fn is_there_already(answer: Answering) -> Result<(), StepError> {
        let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
            "CreateUser" => call.refused(409, "EntityAlreadyExists"),
            _ => answer(call),
        });
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        create(&identity, "alice", &mut Nobody).await
    }

    const PASSWORD: &str = "<LoginProfile><UserName>alice</UserName>\
        <CreateDate>2026-01-01T00:00:00Z</CreateDate></LoginProfile>";
    const KEY: &str = "<AccessKeyMetadata><member><UserName>alice</UserName>\
        <AccessKeyId>AKIATHEIRS</AccessKeyId><Status>Active</Status></member></AccessKeyMetadata>";

    fn alice(call: &canned::Heard) -> canned::Answer {
        match call.operation.as_str() {
            "GetUser" => call.xml(
                "<User><Path>/</Path><UserName>alice</UserName><UserId>1</UserId><Arn>a</Arn>\
                 <CreateDate>2026-01-01T00:00:00Z</CreateDate></User>",
            ),
            "GetLoginProfile" => call.refused(404, "NoSuchEntity"),
            _ => call.xml("<AccessKeyMetadata></AccessKeyMetadata>"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_user_that_is_there_already_is_looked_at_before_it_gets_rights() {
        let cases: [(&str, Answering, bool); 4] = [
            ("new", alice, true),
            (
                "with a password",
                |call| match call.operation.as_str() {
                    "GetLoginProfile" => call.xml(PASSWORD),
                    _ => alice(call),
                },
                false,
            ),
            (
                "with an access key",
                |call| match call.operation.as_str() {
                    "ListAccessKeys" => call.xml(KEY),
                    _ => alice(call),
                },
                false,
            ),
            (
                "not seen whole",
                |call| match call.operation.as_str() {
                    "ListAccessKeys" => call.refused(403, "AccessDenied"),
                    _ => alice(call),
                },
                false,
            ),
        ];
        for (name, answer, goes_on) in cases {
            let made = is_there_already(answer).await;
            assert_eq!(made.is_ok(), goes_on, "{name}: {made:?}");
            let error = made.err();
            assert!(
                error.is_none_or(|error| error.text().en.contains("Somebody else has made alice")),
                "{name}"
            );
        }
    }

    /// Whether AWS finds a name in another spelling is not documented, so a run has to bear that it does not.
    #[tokio::test(start_paused = true)]
    async fn a_name_that_is_taken_in_another_spelling_is_told() {
        let error = is_there_already(|call| call.refused(404, "NoSuchEntity")).await.unwrap_err();
        let text = error.text().en;
        assert!(text.contains("alice") && text.contains("in this spelling"), "{error:?}");
        assert!(error.hint().unwrap().en.contains("run the same command again"), "{error:?}");
    }
}
