//! Takes policies off a user who has them through a group.
//!
//! Between the look and the yes somebody may have taken the user out of the group, or the policy off the group; and what
//! this run has given a moment ago is not shown everywhere at once. So both are looked at right before, several times where
//! that takes: who does not have the policy through the group keeps it.

use aws_sdk_iam::types::AttachedPolicy;

use crate::aws::{ForCall, Identity, unless};
use crate::error::StepError;
use crate::iam_practices::plan::name_in;
use crate::operator::Operator;
use crate::policy::Document;
use crate::text::{Text, harmless, percent_decoded};
use crate::{text, wait};

/// The largest page that IAM gives.
const PAGE: i32 = 1000;

/// Detaches a managed policy that the group has as well.
pub(super) async fn detach(
    identity: &Identity,
    [user, policy, group]: [&String; 3],
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    match membership(identity, [user, group], operator).await? {
        Some(Membership::Member) => {}
        Some(Membership::NoUser) => return Ok(()),
        None => return Err(not_a_member(user, policy, group)),
    }
    if !is_attached(identity, [group, policy], operator).await? {
        return Err(not_given(user, policy, group));
    }
    let detached = identity.iam().detach_user_policy().user_name(user).policy_arn(policy).send().await;
    unless("NoSuchEntity", detached.for_call("iam:DetachUserPolicy"))?;
    Ok(())
}

/// Deletes an inline policy of which the group has one that says the same.
pub(super) async fn delete(
    identity: &Identity,
    [user, policy, group]: [&String; 3],
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let iam = identity.iam();
    let of_user = iam.get_user_policy().user_name(user).policy_name(policy).send().await;
    let Some(of_user) = unless("NoSuchEntity", of_user.for_call("iam:GetUserPolicy"))? else {
        return Ok(());
    };
    match membership(identity, [user, group], operator).await? {
        Some(Membership::Member) => {}
        Some(Membership::NoUser) => return Ok(()),
        None => return Err(not_a_member(user, policy, group)),
    }
    let of_group = wait::until_shown(operator, wait::waiting_for_iam(group), async || {
        let asked = iam.get_group_policy().group_name(group).policy_name(policy);
        unless("NoSuchEntity", asked.send().await.for_call("iam:GetGroupPolicy"))
    })
    .await?;
    let Some(of_group) = of_group else { return Err(not_given(user, policy, group)) };
    if !say_the_same(of_user.policy_document(), of_group.policy_document()) {
        return Err(no_longer_the_same(user, policy));
    }
    let deleted = iam.delete_user_policy().user_name(user).policy_name(policy).send().await;
    unless("NoSuchEntity", deleted.for_call("iam:DeleteUserPolicy"))?;
    Ok(())
}

/// How a user stands with a group.
enum Membership {
    /// The user is in it.
    Member,
    /// The user is gone, and has nothing to lose.
    NoUser,
}

/// None where IAM does not show the user in the group.
async fn membership(
    identity: &Identity,
    [user, group]: [&String; 2],
    operator: &mut impl Operator,
) -> Result<Option<Membership>, StepError> {
    let iam = identity.iam();
    wait::until_shown(operator, wait::waiting_for_iam(user), async || {
        let request = iam.list_groups_for_user().user_name(user).max_items(PAGE);
        let groups = request.into_paginator().items().send().try_collect().await;
        let groups = unless("NoSuchEntity", groups.for_call("iam:ListGroupsForUser"))?;
        let Some(groups) = groups else { return Ok(Some(Membership::NoUser)) };
        let is_member = groups.iter().any(|found| found.group_name().eq_ignore_ascii_case(group));
        Ok(is_member.then_some(Membership::Member))
    })
    .await
}

/// Whether IAM shows the managed policy on the group.
async fn is_attached(
    identity: &Identity,
    [group, policy]: [&String; 2],
    operator: &mut impl Operator,
) -> Result<bool, StepError> {
    let iam = identity.iam();
    let seen = wait::until_shown(operator, wait::waiting_for_iam(group), async || {
        let request = iam.list_attached_group_policies().group_name(group).max_items(PAGE);
        let attached = request.into_paginator().items().send().try_collect().await;
        let attached = unless("NoSuchEntity", attached.for_call("iam:ListAttachedGroupPolicies"))?;
        let has_it = |found: &AttachedPolicy| found.policy_arn() == Some(policy.as_str());
        Ok(attached.unwrap_or_default().iter().any(has_it).then_some(()))
    });
    Ok(seen.await?.is_some())
}

fn say_the_same(one: &str, other: &str) -> bool {
    let document = |encoded: &str| Document::parse(&percent_decoded(encoded));
    matches!((document(one), document(other)), (Ok(one), Ok(other)) if one.same_meaning(&other))
}

fn not_a_member(user: &str, policy: &str, group: &str) -> StepError {
    let (user, policy, group) = (harmless(user), name_in(policy), harmless(group));
    stays(text! {
        en: "{user} is not in the group {group} any more, so the policy {policy} stays with {user}.",
        ko: "{user}이(가) 더 이상 {group} 그룹에 없으므로 {user}의 정책 {policy}을(를) 그대로 둡니다."
    })
}

fn not_given(user: &str, policy: &str, group: &str) -> StepError {
    let (user, policy, group) = (harmless(user), name_in(policy), harmless(group));
    stays(text! {
        en: "The group {group} does not have the policy {policy} any more, so it stays with {user}.",
        ko: "{group} 그룹에 더 이상 정책 {policy}이(가) 없으므로 {user}의 것을 그대로 둡니다."
    })
}

fn no_longer_the_same(user: &str, policy: &str) -> StepError {
    let (user, policy) = (harmless(user), harmless(policy));
    stays(text! {
        en: "The inline policy {policy} of {user} no longer says what the group's does, so it stays.",
        ko: "{user}의 인라인 정책 {policy}이(가) 그룹의 정책과 달라졌으므로 그대로 둡니다."
    })
}

fn stays(what: Text) -> StepError {
    StepError::InTheWay {
        what,
        next: text! {
            en: "Find out who changed it, then run the same command again.",
            ko: "누가 바꾸었는지 확인한 뒤 같은 명령을 다시 실행하세요."
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::time::Instant;

    use super::*;
    use crate::aws::{Access, canned};
    use crate::operator::nobody::Nobody;
    use crate::text::percent_encoded;

    const READS: &str = r#"{"Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#;
    const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    const GROUP: &str = "Uploads-users";

    type Names = &'static [&'static str];

    /// What is asked of AWS, one call after the other.
    fn operations(aws: &canned::Aws) -> Vec<String> {
        aws.heard().into_iter().skip(1).map(|call| call.operation).collect()
    }

    fn in_groups(call: &canned::Heard, groups: &[&str]) -> canned::Answer {
        let groups = groups.iter().map(|group| format!("<member><GroupName>{group}</GroupName></member>"));
        call.xml(&format!("<Groups>{}</Groups>", groups.collect::<String>()))
    }

    fn attached(call: &canned::Heard, policies: &[&str]) -> canned::Answer {
        let member =
            |arn: &&str| format!("<member><PolicyName>p</PolicyName><PolicyArn>{arn}</PolicyArn></member>");
        let policies: String = policies.iter().map(member).collect();
        call.xml(&format!("<AttachedPolicies>{policies}</AttachedPolicies>"))
    }

    /// What comes of detaching a policy, and what is asked for it, where the user is in these groups by then, and the group
    /// has these policies.
    async fn detach_from(groups: Names, policies: Names) -> (Vec<String>, Result<(), StepError>) {
        let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
            "ListGroupsForUser" => in_groups(call, groups),
            "ListAttachedGroupPolicies" => attached(call, policies),
            _ => call.xml(""),
        });
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        let names = ["bob", READ_ONLY, GROUP].map(str::to_owned);
        let result = detach(&identity, names.each_ref(), &mut Nobody).await;
        (operations(&aws), result)
    }

    fn says(result: Result<(), StepError>, words: &[&str]) {
        let error = result.unwrap_err();
        assert!(matches!(error, StepError::InTheWay { .. }), "{error:?}");
        let text = error.text();
        assert!(words.iter().all(|word| text.en.contains(word) && text.ko.contains(word)), "{text:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_managed_policy_goes_only_where_the_group_gives_it_to_the_user() {
        let (asked, result) = detach_from(&["Others", "uploads-USERS"], &["arn:other", READ_ONLY]).await;
        assert!(result.is_ok(), "{result:?}");
        assert_eq!(asked, ["ListGroupsForUser", "ListAttachedGroupPolicies", "DetachUserPolicy"]);
        let cases: [(Names, Names, &str); 3] = [
            (&["Others"], &[READ_ONLY], "is not in the group Uploads-users"),
            (&[GROUP], &["arn:other"], "group Uploads-users does not have the policy ReadOnlyAccess"),
            (&[], &[], "is not in the group Uploads-users"),
        ];
        for (groups, policies, words) in cases {
            let (asked, result) = detach_from(groups, policies).await;
            assert!(!asked.contains(&"DetachUserPolicy".to_owned()), "{asked:?}");
            assert!(result.as_ref().unwrap_err().text().en.contains(words), "{result:?}");
            says(result, &["bob", GROUP, "ReadOnlyAccess"]);
        }
    }

    /// The user was put into the group, and the group was given the policy, right before.
    #[tokio::test(start_paused = true)]
    async fn what_was_given_a_moment_ago_is_waited_for() {
        let (of_user, of_group) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let is_seen = |looks: &AtomicUsize| looks.fetch_add(1, Ordering::Relaxed) >= 2;
        let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
            "ListGroupsForUser" if is_seen(&of_user) => in_groups(call, &[GROUP]),
            "ListGroupsForUser" => in_groups(call, &[]),
            "ListAttachedGroupPolicies" if is_seen(&of_group) => attached(call, &[READ_ONLY]),
            "ListAttachedGroupPolicies" => call.refused(404, "NoSuchEntity"),
            _ => call.xml(""),
        });
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        let (names, began) = (["bob", READ_ONLY, GROUP].map(str::to_owned), Instant::now());
        detach(&identity, names.each_ref(), &mut Nobody).await.unwrap();
        assert_eq!(operations(&aws).last().map(String::as_str), Some("DetachUserPolicy"));
        assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn who_is_gone_has_nothing_to_lose() {
        let aws = canned::Aws::answering(|call| call.refused(404, "NoSuchEntity"));
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        let names = ["bob", READ_ONLY, GROUP].map(str::to_owned);
        detach(&identity, names.each_ref(), &mut Nobody).await.unwrap();
        delete(&identity, names.each_ref(), &mut Nobody).await.unwrap();
        assert_eq!(operations(&aws), ["ListGroupsForUser", "GetUserPolicy"]);
    }

    /// What comes of deleting an inline policy, and what is asked for it, where the user is in these groups by then, and the
    /// group's policy of the name says this.
    async fn delete_from(groups: Names, document: Option<&str>) -> (Vec<String>, Result<(), StepError>) {
        let policy = |holder: &str, document: &str| {
            let document = percent_encoded(document);
            format!("{holder}<PolicyName>Uploads</PolicyName><PolicyDocument>{document}</PolicyDocument>")
        };
        let of_user = policy("<UserName>bob</UserName>", READS);
        let of_group = document.map(|document| policy("<GroupName>Uploads-users</GroupName>", document));
        let aws = canned::Aws::answering(move |call| match (call.operation.as_str(), &of_group) {
            ("GetUserPolicy", _) => call.xml(&of_user),
            ("ListGroupsForUser", _) => in_groups(call, groups),
            ("GetGroupPolicy", Some(of_group)) => call.xml(of_group),
            ("GetGroupPolicy", None) => call.refused(404, "NoSuchEntity"),
            _ => call.xml(""),
        });
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        let names = ["bob", "Uploads", GROUP].map(str::to_owned);
        let result = delete(&identity, names.each_ref(), &mut Nobody).await;
        (operations(&aws), result)
    }

    #[tokio::test(start_paused = true)]
    async fn an_inline_policy_goes_only_where_the_group_gives_it_to_the_user() {
        let spelled_otherwise = READS.replace("\"s3:Get*\"", "[\"s3:Get*\"]");
        let (asked, result) = delete_from(&[GROUP], Some(&spelled_otherwise)).await;
        assert_eq!(asked, ["GetUserPolicy", "ListGroupsForUser", "GetGroupPolicy", "DeleteUserPolicy"]);
        assert!(result.is_ok(), "{result:?}");
        for other in [READS.replace("Get", "Put"), "{}".to_owned()] {
            let (asked, result) = delete_from(&[GROUP], Some(&other)).await;
            assert_eq!(asked, ["GetUserPolicy", "ListGroupsForUser", "GetGroupPolicy"]);
            says(result, &["bob", "Uploads"]);
        }
        let cases: [(Names, Option<&str>, &str); 2] = [
            (&["Others"], Some(READS), "is not in the group Uploads-users"),
            (&[GROUP], None, "group Uploads-users does not have the policy Uploads"),
        ];
        for (groups, document, words) in cases {
            let (asked, result) = delete_from(groups, document).await;
            assert!(!asked.contains(&"DeleteUserPolicy".to_owned()), "{asked:?}");
            assert!(result.as_ref().unwrap_err().text().en.contains(words), "{result:?}");
            says(result, &["bob", GROUP, "Uploads"]);
        }
    }
}
