//! An IAM group: its users and its policies, all pages of them, and what more than one practice does to it.

use crate::aws::{ForCall, Identity, Reading, unless};
use crate::error::{AwsError, StepError};
use crate::operator::Operator;
use crate::text::Text;
use crate::{meanwhile, wait};

/// The largest page that IAM gives.
const PAGE: i32 = 1000;

/// An IAM group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupReading {
    /// The name as AWS spells it: names are unique without regard to case.
    pub name: String,
    /// The ARN.
    pub arn: String,
    /// Its users.
    pub users: Vec<GroupUser>,
    /// The ARNs of its managed policies.
    pub attached_policies: Reading<Vec<String>>,
    /// The names of its inline policies.
    pub inline_policies: Reading<Vec<String>>,
}

/// A user of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupUser {
    /// The name.
    pub name: String,
    /// The ARN.
    pub arn: String,
    /// The path, `/` for most.
    pub path: String,
}

impl GroupReading {
    /// Whether the user is in it.
    pub fn has(&self, user: &str) -> bool {
        self.users.iter().any(|member| member.name.eq_ignore_ascii_case(user))
    }

    /// Whether nobody is in it, and it gives nobody anything.
    pub fn is_empty(&self) -> bool {
        let none = |policies: &Reading<Vec<String>>| policies.as_ref().is_ok_and(Vec::is_empty);
        self.users.is_empty() && none(&self.attached_policies) && none(&self.inline_policies)
    }
}

/// Reads a group: its users, its attached policies and its inline policies at once, each to the last page. None where
/// there is no such group. Where only the policies cannot be seen, the rest of the group still is.
pub async fn group(identity: &Identity, name: &str) -> Result<Reading<Option<GroupReading>>, AwsError> {
    let (users, attached_policies, inline_policies) =
        tokio::try_join!(users(identity, name), attached(identity, name), inline(identity, name))?;
    Ok(users.map(|group| {
        group.map(|(name, arn, users)| GroupReading { name, arn, users, attached_policies, inline_policies })
    }))
}

/// Creates a group. One of that name that is there all of a sudden may be ours, after an answer that was lost. It goes on
/// only with one that may be: what was said yes to was a new group.
pub async fn create(
    identity: &Identity,
    name: &str,
    operator: &mut impl Operator,
    may_be_ours: impl FnOnce(&GroupReading) -> bool,
) -> Result<(), StepError> {
    let iam = identity.iam();
    let created = iam.create_group().group_name(name).send().await;
    if unless("EntityAlreadyExists", created.for_call("iam:CreateGroup"))?.is_some() {
        return Ok(());
    }
    wait::until_iam_sees(operator, name, async || {
        iam.get_group().group_name(name).send().await.for_call("iam:GetGroup").map(drop)
    })
    .await
    .map_err(|error| meanwhile::in_other_letters(error, name))?;
    let found = group(identity, name).await?.ok().flatten();
    if found.is_some_and(|found| may_be_ours(&found)) { Ok(()) } else { Err(meanwhile::made(name)) }
}

/// Gives a group a managed policy. Where one of the two was created a moment ago, IAM may not see it yet: `what` says
/// what is waited for.
pub async fn attach_policy(
    identity: &Identity,
    group: &str,
    policy: &str,
    what: Text,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let iam = identity.iam();
    wait::until_seen(operator, what, wait::not_seen_by_iam, async || {
        let attached = iam.attach_group_policy().group_name(group).policy_arn(policy).send().await;
        attached.for_call("iam:AttachGroupPolicy").map(drop)
    })
    .await
}

/// Puts a user into a group.
pub async fn add_user(
    identity: &Identity,
    user: &str,
    group: &str,
    operator: &mut impl Operator,
) -> Result<(), StepError> {
    let iam = identity.iam();
    wait::until_iam_sees(operator, user, async || {
        let added = iam.add_user_to_group().user_name(user).group_name(group).send().await;
        added.for_call("iam:AddUserToGroup").map(drop)
    })
    .await
}

type NameArnUsers = (String, String, Vec<GroupUser>);

async fn users(identity: &Identity, name: &str) -> Result<Reading<Option<NameArnUsers>>, AwsError> {
    let request = identity.iam().get_group().group_name(name).max_items(PAGE);
    let pages = request.into_paginator().send().try_collect().await.for_call("iam:GetGroup");
    Ok(identity.reading(unless("NoSuchEntity", pages))?.map(|pages| {
        let mut pages = pages?;
        // Each page names the group.
        let group = pages.first_mut().and_then(|page| page.group.take());
        let (spelled, arn) =
            group.map_or((name.to_owned(), String::new()), |group| (group.group_name, group.arn));
        let users = pages.into_iter().flat_map(|page| page.users).map(|user| GroupUser {
            name: user.user_name,
            arn: user.arn,
            path: user.path,
        });
        Some((spelled, arn, users.collect()))
    }))
}

async fn attached(identity: &Identity, name: &str) -> Result<Reading<Vec<String>>, AwsError> {
    let request = identity.iam().list_attached_group_policies().group_name(name).max_items(PAGE);
    let policies = request.into_paginator().items().send().try_collect().await;
    let policies = unless("NoSuchEntity", policies.for_call("iam:ListAttachedGroupPolicies"));
    Ok(identity.reading(policies)?.map(|policies| {
        policies.unwrap_or_default().into_iter().filter_map(|policy| policy.policy_arn).collect()
    }))
}

async fn inline(identity: &Identity, name: &str) -> Result<Reading<Vec<String>>, AwsError> {
    let request = identity.iam().list_group_policies().group_name(name).max_items(PAGE);
    let names = request.into_paginator().items().send().try_collect().await;
    let names = unless("NoSuchEntity", names.for_call("iam:ListGroupPolicies"));
    Ok(identity.reading(names)?.map(Option::unwrap_or_default))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::canned::{ACCOUNT, Answer, Aws, Heard};
    use crate::aws::{Access, Unseen, UnseenCause};

    const DATE: &str = "2026-01-01T00:00:00Z";

    fn user(name: &str, path: &str) -> String {
        format!(
            "<member><Path>{path}</Path><UserName>{name}</UserName><UserId>AIDAEXAMPLE</UserId>\
             <Arn>arn:aws:iam::{ACCOUNT}:user{path}{name}</Arn><CreateDate>{DATE}</CreateDate></member>"
        )
    }

    /// A page of a list. The first one names the second.
    fn page(call: &Heard, list: &str, pages: [&str; 2]) -> String {
        if call.says("Marker", "second") {
            format!("<IsTruncated>false</IsTruncated><{list}>{}</{list}>", pages[1])
        } else {
            format!("<IsTruncated>true</IsTruncated><Marker>second</Marker><{list}>{}</{list}>", pages[0])
        }
    }

    fn policy(name: &str) -> String {
        format!(
            "<member><PolicyArn>arn:aws:iam::aws:policy/{name}</PolicyArn><PolicyName>{name}</PolicyName></member>"
        )
    }

    fn two_pages_of_each(call: &Heard) -> Answer {
        assert!(call.says("MaxItems", "1000") && call.says("GroupName", "administrators"), "{call:?}");
        call.xml(&match call.operation.as_str() {
            "GetGroup" => {
                let group = format!(
                    "<Group><Path>/</Path><GroupName>Administrators</GroupName><GroupId>AGPAEXAMPLE</GroupId>\
                     <Arn>arn:aws:iam::{ACCOUNT}:group/Administrators</Arn><CreateDate>{DATE}</CreateDate></Group>"
                );
                group + &page(call, "Users", [&user("alice", "/"), &user("bob", "/team/")])
            }
            "ListAttachedGroupPolicies" => {
                page(call, "AttachedPolicies", [&policy("ReadOnlyAccess"), &policy("AdministratorAccess")])
            }
            _ => page(call, "PolicyNames", ["<member>one</member>", "<member>two</member>"]),
        })
    }

    async fn read(answer: fn(&Heard) -> Answer) -> (Reading<Option<GroupReading>>, Vec<Heard>) {
        let aws = Aws::answering(answer);
        let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        (group(&identity, "administrators").await.unwrap(), aws.heard())
    }

    #[tokio::test]
    async fn every_page_is_read() {
        let (found, heard) = read(two_pages_of_each).await;
        let found = found.unwrap().unwrap();
        assert_eq!(found.name, "Administrators");
        assert_eq!(found.arn, format!("arn:aws:iam::{ACCOUNT}:group/Administrators"));
        let users: Vec<_> = found.users.iter().map(|user| (user.name.as_str(), user.path.as_str())).collect();
        assert_eq!(users, [("alice", "/"), ("bob", "/team/")]);
        assert_eq!(found.users[1].arn, format!("arn:aws:iam::{ACCOUNT}:user/team/bob"));
        assert!(found.has("BOB") && !found.has("kim"));
        let policies =
            ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/AdministratorAccess"];
        assert_eq!(found.attached_policies.unwrap(), policies);
        assert_eq!(found.inline_policies.unwrap(), ["one", "two"]);
        assert_eq!(heard.len(), 1 + 3 * 2);
    }

    #[tokio::test]
    async fn a_group_that_is_not_there_is_none() {
        let (found, _) = read(|call| call.refused(404, "NoSuchEntity")).await;
        assert_eq!(found, Ok(None));
    }

    #[tokio::test]
    async fn policies_that_cannot_be_seen_hide_nothing_else() {
        let (found, _) = read(|call| match call.operation.as_str() {
            "GetGroup" => two_pages_of_each(call),
            _ => call.refused(403, "AccessDenied"),
        })
        .await;
        let found = found.unwrap().unwrap();
        assert_eq!(found.users.len(), 2);
        assert_eq!(
            found.attached_policies,
            Err(Unseen::denied("iam:ListAttachedGroupPolicies", "AccessDenied"))
        );
        assert_eq!(found.inline_policies.unwrap_err().why, UnseenCause::Denied);
    }

    #[tokio::test]
    async fn a_group_that_may_not_be_read_is_unseen() {
        let (found, _) = read(|call| match call.operation.as_str() {
            "GetGroup" => call.refused(403, "AccessDenied"),
            _ => two_pages_of_each(call),
        })
        .await;
        assert_eq!(found, Err(Unseen::denied("iam:GetGroup", "AccessDenied")));
    }
}
