//! Who the administrators are, for bucket policies: groups cannot be principals there, so users are named.

use std::collections::BTreeSet;

use crate::answers::Answers;
use crate::aws::{Caller, CallerKind, ForCall, Identity, Reading, unless};
use crate::error::AwsError;
use crate::readings::Readings;
use crate::session::Session;

/// The ARNs of the users in the administrators' group, and of the administrator of the answers, who may not be in it
/// yet. None as long as there is no group and nobody has named an administrator.
pub async fn observe(
    session: &Session,
    readings: &Readings<'_>,
    answers: &Answers,
) -> Result<Reading<BTreeSet<String>>, AwsError> {
    let members = match readings.administrators().await? {
        Ok(group) => group.as_ref().map(|group| group.users.as_slice()).unwrap_or_default(),
        Err(unseen) => return Ok(Err(unseen.clone())),
    };
    let mut arns: BTreeSet<_> = members.iter().map(|user| user.arn.clone()).collect();
    if let Some(admin) = &answers.admin.user {
        let known = members.iter().any(|user| user.name.eq_ignore_ascii_case(admin));
        if !known {
            match arn_of(session, readings.identity(), admin).await? {
                Ok(arn) => arns.insert(arn),
                Err(unseen) => return Ok(Err(unseen)),
            };
        }
    }
    Ok(Ok(arns))
}

/// AWS's own word where the user exists: it may have a path, and be spelled otherwise. Else the ARN that it will have.
async fn arn_of(session: &Session, identity: &Identity, user: &str) -> Result<Reading<String>, AwsError> {
    let answer = identity.iam().get_user().user_name(user).send().await;
    let found = identity.reading(unless("NoSuchEntity", answer.for_call("iam:GetUser")))?;
    let planned = || format!("arn:{}:iam::{}:user/{user}", session.partition(), session.account());
    Ok(found.map(|found| found.and_then(|found| found.user).map_or_else(planned, |user| user.arn)))
}

/// The root user's ARN. Root is never locked out of a bucket: it is the way back.
pub fn root(partition: &str, account: &str) -> String {
    format!("arn:{partition}:iam::{account}:root")
}

/// The ARNs under which bucket policies know who acts. The sessions of a role do not tell its path, so a role is known
/// by its name under every path.
pub fn acting(caller: &Caller) -> Vec<String> {
    match &caller.kind {
        CallerKind::Role(name) => {
            let of_account = format!("arn:{}:iam::{}", caller.partition, caller.account);
            vec![format!("{of_account}:role/{name}"), format!("{of_account}:role/*/{name}")]
        }
        // Emulators name a user that is none in IAM, and such a name means nothing in a policy.
        CallerKind::User(_) if !caller.arn.contains(":iam::") => Vec::new(),
        CallerKind::Root | CallerKind::User(_) | CallerKind::Federated => vec![caller.arn.clone()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(arn: &str, kind: CallerKind) -> Caller {
        Caller {
            arn: arn.into(),
            account: "111122223333".into(),
            partition: "aws".into(),
            kind,
            access_key: "ASIAEXAMPLE".into(),
            temporary: true,
            mfa: None,
        }
    }

    #[test]
    fn a_session_of_a_role_is_known_by_the_role() {
        let session = "arn:aws:sts::111122223333:assumed-role/Admin/kim";
        let expected = ["arn:aws:iam::111122223333:role/Admin", "arn:aws:iam::111122223333:role/*/Admin"]
            .map(String::from);
        assert_eq!(acting(&caller(session, CallerKind::Role("Admin".into()))), expected);
    }

    #[test]
    fn everybody_else_is_known_by_the_arn() {
        for (arn, kind) in [
            ("arn:aws:iam::111122223333:root", CallerKind::Root),
            ("arn:aws:iam::111122223333:user/team/kim", CallerKind::User("kim".into())),
            ("arn:aws:sts::111122223333:federated-user/kim", CallerKind::Federated),
        ] {
            assert_eq!(acting(&caller(arn, kind)), [arn]);
        }
    }
}
