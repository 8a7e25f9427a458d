//! Who the administrators are, for bucket policies: groups cannot be principals there, so users are named.

use std::collections::BTreeSet;

use crate::answers::Answers;
use crate::aws::{Caller, CallerKind, ForCall, Identity, Reading, unless};
use crate::error::AwsError;
use crate::groups::{GroupReading, GroupUser};
use crate::readings::Readings;
use crate::root_user::administrator_access;
use crate::session::Session;

/// The ARNs of the users in the administrators' group, where it carries full rights, and of the administrator of the
/// answers, who may not be in it yet. None as long as there is no such group and nobody has named an administrator.
pub async fn observe(
    session: &Session,
    readings: &Readings<'_>,
    answers: &Answers,
) -> Result<Reading<BTreeSet<String>>, AwsError> {
    let admin = answers.admin.user.as_deref();
    let found = match readings.administrators().await? {
        Ok(Some(group)) => administrators_in(group, session.partition(), admin),
        Ok(None) => Ok(Vec::new()),
        Err(unseen) => Err(unseen.clone()),
    };
    let users = match found {
        Ok(users) => users,
        Err(unseen) => return Ok(Err(unseen)),
    };
    let mut arns: BTreeSet<_> = users.iter().map(|user| user.arn.clone()).collect();
    if let Some(admin) = admin {
        let known = users.iter().any(|user| user.name.eq_ignore_ascii_case(admin));
        if !known {
            match arn_of(session, readings.identity(), admin).await? {
                Ok(arn) => arns.insert(arn),
                Err(unseen) => return Ok(Err(unseen)),
            };
        }
    }
    Ok(Ok(arns))
}

/// The administrators among the users of the group: all of them where it carries full rights, and else the one of the
/// answers alone, since nobody has agreed to the others. Where its policies cannot be seen, the others may be either.
fn administrators_in<'g>(
    group: &'g GroupReading,
    partition: &str,
    admin: Option<&str>,
) -> Reading<Vec<&'g GroupUser>> {
    let is_admin = |user: &GroupUser| admin.is_some_and(|admin| user.name.eq_ignore_ascii_case(admin));
    let named: Vec<_> = group.users.iter().filter(|user| is_admin(user)).collect();
    if named.len() == group.users.len() {
        return Ok(named);
    }
    let policies = group.attached_policies.as_ref().map_err(Clone::clone)?;
    let has_full_rights = policies.contains(&administrator_access(partition));
    Ok(if has_full_rights { group.users.iter().collect() } else { named })
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
    use crate::aws::Unseen;

    /// A group of these users with these policies.
    fn group(users: &[&str], attached_policies: Reading<Vec<String>>) -> GroupReading {
        let user = |name: &&str| GroupUser {
            name: (*name).to_owned(),
            arn: format!("arn:aws:iam::111122223333:user/{name}"),
            path: "/".into(),
        };
        GroupReading {
            name: "Administrators".into(),
            arn: "arn:aws:iam::111122223333:group/Administrators".into(),
            users: users.iter().map(user).collect(),
            attached_policies,
            inline_policies: Ok(Vec::new()),
        }
    }

    /// The names of those who count in it, in an account of this partition.
    fn counting(group: &GroupReading, partition: &str, admin: Option<&str>) -> Reading<Vec<String>> {
        let found = administrators_in(group, partition, admin)?;
        Ok(found.into_iter().map(|user| user.name.clone()).collect())
    }

    #[test]
    fn users_of_a_group_without_full_rights_are_no_administrators() {
        let full = administrator_access("aws");
        let cases: [(&str, Vec<String>, &str, &[&str]); 4] = [
            ("full rights", vec![full.clone()], "aws", &["Alice", "eve"]),
            ("no policy", Vec::new(), "aws", &["Alice"]),
            ("another policy", vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".into()], "aws", &["Alice"]),
            ("full rights elsewhere", vec![full], "aws-cn", &["Alice"]),
        ];
        for (name, policies, partition, expected) in cases {
            let group = group(&["Alice", "eve"], Ok(policies));
            let with_alice = counting(&group, partition, Some("alice")).unwrap();
            assert_eq!(with_alice, expected, "{name}");
            let unnamed = counting(&group, partition, None).unwrap();
            assert_eq!(unnamed.contains(&"eve".to_owned()), name == "full rights", "{name}");
            assert_eq!(unnamed.is_empty(), name != "full rights", "{name}");
        }
    }

    /// The administrator is one by the answers, whatever the group carries; of anybody else only the policies can tell.
    #[test]
    fn where_the_policies_cannot_be_seen_nobody_else_is_taken_for_anything() {
        let unseen = Unseen::denied("iam:ListAttachedGroupPolicies", "AccessDenied");
        let alone = group(&["alice"], Err(unseen.clone()));
        assert_eq!(counting(&alone, "aws", Some("alice")), Ok(vec!["alice".to_owned()]));
        assert_eq!(counting(&alone, "aws", None), Err(unseen.clone()));
        let with_eve = group(&["alice", "eve"], Err(unseen.clone()));
        assert_eq!(counting(&with_eve, "aws", Some("alice")), Err(unseen.clone()));
        let empty = group(&[], Err(unseen));
        assert_eq!(counting(&empty, "aws", Some("alice")), Ok(Vec::new()));
    }

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
