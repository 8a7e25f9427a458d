//! Creates the administrators' group, unless somebody else has meanwhile.

use crate::answers::Answers;
use crate::aws::Identity;
use crate::error::StepError;
use crate::groups::{self, GroupReading};
use crate::operator::Operator;
use crate::root_user::facts;
use crate::root_user::plan::strangers;

/// It goes on only with one that gives nobody else full rights by it.
pub(super) async fn create(
    identity: &Identity,
    group: &str,
    answers: &Answers,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let may_be_ours = |found: &GroupReading| gives_nobody_else_rights(found, identity, answers);
    groups::create(identity, group, operator, may_be_ours).await
}

/// Whether full rights that are given to a group give nobody anything but the administrator.
fn gives_nobody_else_rights(group: &GroupReading, identity: &Identity, answers: &Answers) -> bool {
    facts::whole(group).is_ok_and(|group| {
        group.is_administrators(&identity.caller.partition) || strangers(&group, answers).is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Access, canned};
    use crate::operator::nobody::Nobody;
    use crate::root_user::apply::apply;
    use crate::root_user::plan::Change;
    use crate::session::Session;

    /// An AWS that answers so.
    type Answering = fn(&canned::Heard) -> canned::Answer;

    /// What comes of creating a group that is there already, of which AWS says this.
    async fn is_there_already(answer: Answering) -> Result<(), StepError> {
        let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
            "CreateGroup" => call.refused(409, "EntityAlreadyExists"),
            _ => answer(call),
        });
        let mut session = Session::open(aws.connection(Access::ReadWrite)).await.unwrap();
        let mut answers = Answers::default();
        answers.admin.user = Some("alice".into());
        let change = Change::CreateGroup { group: "Ops".into() };
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
            let made = is_there_already(answer).await;
            assert_eq!(made.is_ok(), goes_on, "{name}: {made:?}");
            let error = made.err();
            assert!(
                error.is_none_or(|error| error.text().en.contains("Somebody else has made Ops")),
                "{name}"
            );
        }
    }

    /// Whether AWS finds a name in another spelling is not documented, so a run has to bear that it does not.
    #[tokio::test(start_paused = true)]
    async fn a_name_that_is_taken_in_another_spelling_is_told() {
        let error = is_there_already(|call| call.refused(404, "NoSuchEntity")).await.unwrap_err();
        let text = error.text().en;
        assert!(text.contains("Ops") && text.contains("in this spelling"), "{error:?}");
        assert!(error.hint().unwrap().en.contains("run the same command again"), "{error:?}");
    }
}
