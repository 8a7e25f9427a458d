//! Creates the administrators' group and the administrator, unless somebody else has meanwhile.

use crate::answers::Answers;
use crate::aws::{ForCall, Identity, unless};
use crate::error::StepError;
use crate::operator::Operator;
use crate::root_user::facts::{self, Group, User};
use crate::root_user::plan::strangers;
use crate::session::Session;
use crate::text;
use crate::text::harmless;
use crate::{groups, wait};

/// A group of that name that is there all of a sudden may be ours, after an answer that was lost. It goes on only with
/// one that gives nobody else full rights by it: what was said yes to was a new group.
pub(super) async fn create_group(
    identity: &Identity,
    group: &str,
    answers: &Answers,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    if groups::create(identity, group).await? {
        return Ok(());
    }
    let iam = identity.iam();
    wait::until_iam_sees(operator, group, async || {
        iam.get_group().group_name(group).send().await.for_call("iam:GetGroup").map(drop)
    })
    .await
    .map_err(|error| in_other_letters(error, group))?;
    let found = groups::group(identity, group).await?;
    let found = found.ok().flatten().and_then(|found| facts::whole(&found).ok());
    let is_new = |found: &Group| {
        found.is_administrators(&identity.caller.partition) || strangers(found, answers).is_none()
    };
    if found.is_some_and(|found| is_new(&found)) { Ok(()) } else { Err(came_in_between(group)) }
}

/// The same of a user: nobody can be signed in as one that has neither a password nor an access key.
pub(super) async fn create_user(
    session: &Session,
    user: &str,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let identity = session.acting();
    let iam = identity.iam();
    let created = iam.create_user().user_name(user).send().await;
    if unless("EntityAlreadyExists", created.for_call("iam:CreateUser"))?.is_some() {
        return Ok(());
    }
    wait::until_iam_sees(operator, user, async || {
        iam.get_user().user_name(user).send().await.for_call("iam:GetUser").map(drop)
    })
    .await
    .map_err(|error| in_other_letters(error, user))?;
    let found = facts::user_named(session, identity, user).await?.ok().flatten();
    let is_new = |found: &User| {
        found.console_password == Ok(false) && found.access_keys.as_ref().is_ok_and(Vec::is_empty)
    };
    if found.is_some_and(|found| is_new(&found)) { Ok(()) } else { Err(came_in_between(user)) }
}

/// Names are unique without regard to case, and AWS may want the very spelling to find one.
fn in_other_letters(error: StepError, name: &str) -> StepError {
    if !matches!(&error, StepError::Aws(error) if wait::not_seen_by_iam(error)) {
        return error;
    }
    let name = harmless(name);
    StepError::InTheWay {
        what: text! {
            en: "AWS has the name {name} already, and does not find it in this spelling.",
            ko: "AWS에 이미 {name}이라는 이름이 있지만 이 철자로는 찾지 못합니다."
        },
        next: text! {
            en: "Names are unique without regard to case. Give it as the IAM console shows it, by --admin-user or --admin-group, then run the same command again.",
            ko: "이름은 대소문자를 구별하지 않고 하나뿐이어야 합니다. IAM 콘솔에 나온 철자대로 --admin-user나 --admin-group에 적은 뒤 같은 명령을 다시 실행하세요."
        },
    }
}

/// Somebody else was quicker, and what is there now is not what was said yes to.
fn came_in_between(name: &str) -> StepError {
    let name = harmless(name);
    StepError::InTheWay {
        what: text! {
            en: "Somebody else has made {name} meanwhile, so it gets no rights unseen.",
            ko: "그사이 다른 누군가가 {name}을(를) 만들었으므로 확인 없이 권한을 주지 않습니다."
        },
        next: text! {
            en: "Look who that was, then run the same command again: it shows what is there now, and asks.",
            ko: "누가 만들었는지 확인한 뒤 같은 명령을 다시 실행하세요. 지금 있는 것을 보여 주고 묻습니다."
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Access, canned};
    use crate::operator::nobody::Nobody;
    use crate::root_user::apply::apply;
    use crate::root_user::plan::Change;

    /// An AWS that answers so.
    type Answering = fn(&canned::Heard) -> canned::Answer;

    /// What comes of creating a group or a user that is there already, of which AWS says this.
    async fn is_there_already(
        change: Change,
        answer: fn(&canned::Heard) -> canned::Answer,
    ) -> Result<(), StepError> {
        let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
            "CreateGroup" | "CreateUser" => call.refused(409, "EntityAlreadyExists"),
            _ => answer(call),
        });
        let mut session = Session::open(aws.connection(Access::ReadWrite)).await.unwrap();
        let mut answers = Answers::default();
        answers.admin.user = Some("alice".into());
        apply(&change, &mut session, &answers, &mut Nobody).await
    }

    /// A group with this member, where it has one, and this policy.
    fn group_of(call: &canned::Heard, member: &str, policy: &str) -> canned::Answer {
        let date = "<CreateDate>2026-01-01T00:00:00Z</CreateDate>";
        let member = if member.is_empty() {
            String::new()
        } else {
            format!(
                "<member><Path>/</Path><UserName>{member}</UserName><UserId>1</UserId><Arn>a</Arn>{date}</member>"
            )
        };
        call.xml(&match call.operation.as_str() {
            "GetGroup" => format!(
                "<Group><Path>/</Path><GroupName>Ops</GroupName><GroupId>1</GroupId><Arn>a</Arn>{date}</Group>\
                 <IsTruncated>false</IsTruncated><Users>{member}</Users>"
            ),
            "ListAttachedGroupPolicies" if !policy.is_empty() => format!(
                "<AttachedPolicies><member><PolicyName>p</PolicyName>\
                 <PolicyArn>arn:aws:iam::aws:policy/{policy}</PolicyArn></member></AttachedPolicies>"
            ),
            _ => String::new(),
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_group_that_is_there_already_is_looked_at_before_it_gets_rights() {
        let cases: [(&str, Answering, bool); 6] = [
            ("empty", |call| group_of(call, "", ""), true),
            ("with the administrator alone", |call| group_of(call, "ALICE", ""), true),
            ("with a stranger", |call| group_of(call, "mallory", ""), false),
            ("with a policy of its own", |call| group_of(call, "", "ReadOnlyAccess"), false),
            ("with full rights already", |call| group_of(call, "mallory", "AdministratorAccess"), true),
            (
                "not seen whole",
                |call| match call.operation.as_str() {
                    "ListGroupPolicies" => call.refused(403, "AccessDenied"),
                    _ => group_of(call, "", ""),
                },
                false,
            ),
        ];
        for (name, answer, goes_on) in cases {
            let made = is_there_already(Change::CreateGroup { group: "Ops".into() }, answer).await;
            assert_eq!(made.is_ok(), goes_on, "{name}: {made:?}");
            let error = made.err();
            assert!(
                error.is_none_or(|error| error.text().en.contains("Somebody else has made Ops")),
                "{name}"
            );
        }
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
            let made = is_there_already(Change::CreateUser { user: "alice".into() }, answer).await;
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
        let group = Change::CreateGroup { group: "Ops".into() };
        for (change, name) in [(group, "Ops"), (Change::CreateUser { user: "alice".into() }, "alice")] {
            let error = is_there_already(change, |call| call.refused(404, "NoSuchEntity")).await.unwrap_err();
            assert!(
                error.text().en.contains(name) && error.text().en.contains("in this spelling"),
                "{error:?}"
            );
            assert!(error.hint().unwrap().en.contains("run the same command again"), "{error:?}");
        }
    }
}
