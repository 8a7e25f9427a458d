//! Reads an IAM group whole: its users and its policies, over all pages. IAM may give fewer than were asked for.

use crate::aws::{ForCall, Identity, Reading, reading, unless};
use crate::error::AwsError;

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupReading {
    /// The name as AWS spells it: names are unique without regard to case.
    pub name: String,
    /// Its users.
    pub users: Vec<GroupUser>,
    /// The ARNs of its managed policies.
    pub attached_policies: Vec<String>,
    /// The names of its inline policies.
    pub inline_policies: Vec<String>,
}

/// A user of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupUser {
    /// The name.
    pub name: String,
    /// The ARN, with the path.
    pub arn: String,
}

/// Reads a group; none where there is no such group.
pub async fn group(identity: &Identity, name: &str) -> Result<Reading<Option<GroupReading>>, AwsError> {
    let (users, attached, inline) = tokio::join!(
        users(identity, name),
        attached_policies(identity, name),
        inline_policies(identity, name),
    );
    let (spelled, users) = match reading(unless("NoSuchEntity", users))? {
        Ok(Some(users)) => users,
        Ok(None) => return Ok(Ok(None)),
        Err(unseen) => return Ok(Err(unseen)),
    };
    // A group that was deleted in between is none.
    let attached = reading(unless("NoSuchEntity", attached))?;
    let inline = reading(unless("NoSuchEntity", inline))?;
    Ok(match (attached, inline) {
        (Ok(Some(attached_policies)), Ok(Some(inline_policies))) => {
            Ok(Some(GroupReading { name: spelled, users, attached_policies, inline_policies }))
        }
        (Err(unseen), _) | (_, Err(unseen)) => Err(unseen),
        _ => Ok(None),
    })
}

async fn users(identity: &Identity, name: &str) -> Result<(String, Vec<GroupUser>), AwsError> {
    let mut pages = identity.iam().get_group().group_name(name).max_items(1000).into_paginator().send();
    let (mut spelled, mut users) = (name.to_owned(), Vec::new());
    while let Some(page) = pages.next().await {
        let page = page.for_call("iam:GetGroup")?;
        if let Some(group) = page.group() {
            spelled = group.group_name().to_owned();
        }
        let user = |user: &aws_sdk_iam::types::User| GroupUser {
            name: user.user_name().to_owned(),
            arn: user.arn().to_owned(),
        };
        users.extend(page.users().iter().map(user));
    }
    Ok((spelled, users))
}

async fn attached_policies(identity: &Identity, name: &str) -> Result<Vec<String>, AwsError> {
    let request = identity.iam().list_attached_group_policies().group_name(name).max_items(1000);
    let policies = request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
    let policies = policies.for_call("iam:ListAttachedGroupPolicies")?;
    Ok(policies.into_iter().filter_map(|policy| policy.policy_arn).collect())
}

async fn inline_policies(identity: &Identity, name: &str) -> Result<Vec<String>, AwsError> {
    let request = identity.iam().list_group_policies().group_name(name).max_items(1000);
    let policies = request.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
    policies.for_call("iam:ListGroupPolicies")
}
