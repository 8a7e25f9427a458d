//! Who the administrators are, for bucket policies: groups cannot be principals there, so users are named.

use std::collections::BTreeSet;

use crate::answers::Answers;
use crate::aws::{ForCall, Identity, Reading, reading, unless};
use crate::error::AwsError;
use crate::session::Session;

/// The ARNs of the users in the administrators' group. Before there is a group, the ARN that the administrator of the
/// answers will have; none as long as nobody has named one.
pub async fn observe(
    session: &Session,
    identity: &Identity,
    answers: &Answers,
) -> Result<Reading<BTreeSet<String>>, AwsError> {
    let pages = identity
        .iam()
        .get_group()
        .group_name(&answers.admin.group)
        .max_items(1000)
        .send()
        .await
        .for_call("iam:GetGroup");
    let group = match reading(unless("NoSuchEntity", pages))? {
        Ok(group) => group,
        Err(unseen) => return Ok(Err(unseen)),
    };
    let users = group.map(|group| group.users).unwrap_or_default();
    let mut arns: BTreeSet<_> = users.iter().map(|user| user.arn().to_owned()).collect();
    if let Some(admin) = &answers.admin.user {
        let known = users.iter().any(|user| user.user_name().eq_ignore_ascii_case(admin));
        if !known {
            arns.insert(format!("arn:{}:iam::{}:user/{admin}", session.partition(), session.account()));
        }
    }
    Ok(Ok(arns))
}

/// The root user's ARN. Root is never locked out of a bucket: it is the way back.
pub fn root(partition: &str, account: &str) -> String {
    format!("arn:{partition}:iam::{account}:root")
}
