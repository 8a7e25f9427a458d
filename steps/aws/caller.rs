//! Who is signed in.

use aws_credential_types::Credentials;

/// Who is signed in, by `GetCallerIdentity`, which needs no permission and cannot be denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The ARN.
    pub arn: String,
    /// The account number.
    pub account: String,
    /// The partition, such as `aws`.
    pub partition: String,
    /// What kind of principal it is.
    pub kind: CallerKind,
    /// The id of the access key that signs.
    pub access_key: String,
    /// Whether the credentials are temporary.
    pub temporary: bool,
    /// Whether the credentials carry MFA; none where AWS does not tell.
    pub mfa: Option<bool>,
}

/// The kinds of principal that need different walks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallerKind {
    /// The root user.
    Root,
    /// An IAM user, by name without path.
    User(String),
    /// An assumed role, by name.
    Role(String),
    /// A federated user.
    Federated,
}

impl Caller {
    /// What the credentials alone say, before AWS was asked.
    pub(super) fn unnamed(credentials: &Credentials) -> Self {
        Self {
            arn: String::new(),
            account: String::new(),
            partition: String::new(),
            kind: CallerKind::Federated,
            access_key: credentials.access_key_id().to_owned(),
            temporary: credentials.session_token().is_some(),
            mfa: None,
        }
    }

    /// The same, with what `GetCallerIdentity` says. `mfa` is what is known of the credentials besides.
    pub(super) fn named(self, arn: &str, account: &str, mfa: Option<bool>) -> Self {
        let kind = CallerKind::of(arn);
        let mfa = match (&kind, self.temporary) {
            (CallerKind::User(_), false) => Some(false),
            _ => mfa,
        };
        Self {
            arn: arn.to_owned(),
            account: account.to_owned(),
            partition: arn.split(':').nth(1).unwrap_or("aws").to_owned(),
            kind,
            mfa,
            ..self
        }
    }

    /// Whether this is the root user.
    pub fn is_root(&self) -> bool {
        self.kind == CallerKind::Root
    }

    /// The IAM user's name, if it is one. Names are unique without regard to case.
    pub fn is_user(&self, name: &str) -> bool {
        matches!(&self.kind, CallerKind::User(user) if user.eq_ignore_ascii_case(name))
    }
}

impl CallerKind {
    fn of(arn: &str) -> Self {
        let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
        match resource.split_once('/') {
            None if resource == "root" => Self::Root,
            Some(("user", name)) => Self::User(name.rsplit('/').next().unwrap_or(name).to_owned()),
            Some(("assumed-role", rest)) => Self::Role(rest.split('/').next().unwrap_or(rest).to_owned()),
            _ => Self::Federated,
        }
    }

    /// The word in the JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::User(_) => "user",
            Self::Role(_) => "role",
            Self::Federated => "federated",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arn_tells_who_is_here() {
        let cases = [
            ("arn:aws:iam::111122223333:root", CallerKind::Root),
            ("arn:aws:iam::111122223333:user/kim", CallerKind::User("kim".into())),
            ("arn:aws:iam::111122223333:user/team/a/kim", CallerKind::User("kim".into())),
            ("arn:aws-cn:sts::111122223333:assumed-role/Admin/session", CallerKind::Role("Admin".into())),
            ("arn:aws:sts::111122223333:federated-user/kim", CallerKind::Federated),
            ("arn:aws:iam::111122223333:user/root", CallerKind::User("root".into())),
            ("", CallerKind::Federated),
        ];
        for (arn, kind) in cases {
            assert_eq!(CallerKind::of(arn), kind, "{arn}");
        }
    }

    #[test]
    fn an_access_key_of_a_user_carries_no_mfa() {
        let arn = "arn:aws-cn:iam::111122223333:user/kim";
        let by_key = Caller::unnamed(&Credentials::new("AKIAEXAMPLE", "secret", None, None, "test"));
        let by_key = by_key.named(arn, "111122223333", None);
        assert_eq!((by_key.mfa, by_key.temporary, by_key.partition.as_str()), (Some(false), false, "aws-cn"));
        let login = Credentials::new("ASIAEXAMPLE", "secret", Some("token".into()), None, "test");
        assert_eq!(Caller::unnamed(&login).named(arn, "111122223333", Some(true)).mfa, Some(true));
        assert_eq!(Caller::unnamed(&login).named(arn, "111122223333", None).mfa, None);
    }
}
