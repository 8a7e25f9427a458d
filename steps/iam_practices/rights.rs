//! Who may do what: all users, groups and customer managed policies, in a few pages for any number of them. Of a policy
//! document no more is kept than how far it reaches.

use std::collections::BTreeSet;

use aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput;
use aws_sdk_iam::types::{
    AttachedPolicy, EntityType, GroupDetail, ManagedPolicyDetail, PolicyDetail, UserDetail,
};

use crate::aws::{ForCall, Identity, Reading};
use crate::error::AwsError;
use crate::policy::{Document, Effect, Statement, Words};
use crate::text::percent_decoded;

/// Who may do what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rights {
    /// The users.
    pub users: Vec<User>,
    /// The groups.
    pub groups: Vec<Group>,
    /// The customer managed policies.
    pub policies: Vec<Policy>,
}

/// A user, and what is attached to it directly.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct User {
    /// The name as AWS spells it.
    pub name: String,
    /// The groups that it is in.
    pub groups: Vec<String>,
    /// The managed policies.
    pub attached: Vec<Attached>,
    /// The inline policies.
    pub inline: Vec<Inline>,
}

/// A group, and what is attached to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    /// The name as AWS spells it.
    pub name: String,
    /// The managed policies.
    pub attached: Vec<Attached>,
    /// The inline policies.
    pub inline: Vec<Inline>,
}

/// A managed policy where it is attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// The policy's name.
    pub name: String,
    /// The policy's ARN.
    pub arn: String,
}

/// An inline policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inline {
    /// The policy's name.
    pub name: String,
    /// How far it reaches.
    pub reach: Reach,
}

/// A customer managed policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The policy's name.
    pub name: String,
    /// The policy's ARN.
    pub arn: String,
    /// To how many users, groups and roles it is attached.
    pub attachments: usize,
    /// How far it reaches.
    pub reach: Reach,
}

/// The wildcards of a policy that matter; none for a policy that is bounded in these.
pub type Reach = BTreeSet<Wildcard>;

/// A wildcard that lets its holder become an administrator, or a policy that could not be looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wildcard {
    /// `*:*`: every action on every resource.
    Everything,
    /// `iam:*` on every resource: its holder can give itself the rest.
    Iam,
    /// `sts:AssumeRole` on every role.
    AssumeRole,
    /// The document could not be understood.
    Unreadable,
}

/// Reads them all, page by page.
pub async fn read(identity: &Identity) -> Result<Reading<Rights>, AwsError> {
    let mut pages = identity
        .iam()
        .get_account_authorization_details()
        .filter(EntityType::User)
        .filter(EntityType::Group)
        .filter(EntityType::LocalManagedPolicy)
        .max_items(1000)
        .into_paginator()
        .send();
    let mut rights = Rights::default();
    while let Some(page) = pages.next().await {
        match identity.reading(page.for_call("iam:GetAccountAuthorizationDetails"))? {
            Ok(page) => rights.add(&page),
            Err(unseen) => return Ok(Err(unseen)),
        }
    }
    Ok(Ok(rights))
}

impl Rights {
    fn add(&mut self, page: &GetAccountAuthorizationDetailsOutput) {
        self.users.extend(page.user_detail_list().iter().map(User::from));
        self.groups.extend(page.group_detail_list().iter().map(Group::from));
        self.policies.extend(page.policies().iter().map(Policy::from));
    }

    /// The group of this name. Names are unique without regard to case.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name.eq_ignore_ascii_case(name))
    }

    /// The users in a group.
    pub fn members(&self, group: &str) -> impl Iterator<Item = &User> {
        self.users.iter().filter(move |user| user.is_in(group))
    }
}

impl User {
    /// Whether the user is in the group.
    pub fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|name| name.eq_ignore_ascii_case(group))
    }

    /// Whether the user holds a managed policy directly.
    pub fn holds(&self, policy: &str) -> bool {
        self.attached.iter().any(|attached| attached.arn == policy)
    }
}

impl From<&UserDetail> for User {
    fn from(user: &UserDetail) -> Self {
        Self {
            name: user.user_name().unwrap_or_default().to_owned(),
            groups: user.group_list().to_vec(),
            attached: user.attached_managed_policies().iter().map(Attached::from).collect(),
            inline: user.user_policy_list().iter().map(Inline::from).collect(),
        }
    }
}

impl From<&GroupDetail> for Group {
    fn from(group: &GroupDetail) -> Self {
        Self {
            name: group.group_name().unwrap_or_default().to_owned(),
            attached: group.attached_managed_policies().iter().map(Attached::from).collect(),
            inline: group.group_policy_list().iter().map(Inline::from).collect(),
        }
    }
}

impl From<&AttachedPolicy> for Attached {
    fn from(policy: &AttachedPolicy) -> Self {
        Self {
            name: policy.policy_name().unwrap_or_default().to_owned(),
            arn: policy.policy_arn().unwrap_or_default().to_owned(),
        }
    }
}

impl From<&PolicyDetail> for Inline {
    fn from(policy: &PolicyDetail) -> Self {
        Self {
            name: policy.policy_name().unwrap_or_default().to_owned(),
            reach: reach(policy.policy_document().unwrap_or_default()),
        }
    }
}

impl From<&ManagedPolicyDetail> for Policy {
    fn from(policy: &ManagedPolicyDetail) -> Self {
        let default = policy.policy_version_list().iter().find(|version| version.is_default_version());
        let document = default.and_then(|version| version.document()).unwrap_or_default();
        Self {
            name: policy.policy_name().unwrap_or_default().to_owned(),
            arn: policy.arn().unwrap_or_default().to_owned(),
            attachments: usize::try_from(policy.attachment_count().unwrap_or_default()).unwrap_or_default(),
            reach: reach(document),
        }
    }
}

/// How far a document reaches. IAM gives documents percent-encoded.
pub fn reach(document: &str) -> Reach {
    match Document::parse(&percent_decoded(document)) {
        Ok(document) => document.statement.iter().filter_map(wildcard).collect(),
        Err(_) => Reach::from([Wildcard::Unreadable]),
    }
}

/// The widest wildcard of a statement. A condition bounds all but `*:*`, which benchmarks count whatever its condition.
fn wildcard(statement: &Statement) -> Option<Wildcard> {
    let on_everything = statement.resource.0.contains("*") || !statement.not_resource.is_empty();
    if statement.effect == Effect::Deny || !on_everything {
        return None;
    }
    let bounded = !statement.condition.is_empty();
    if allows_all(statement) {
        Some(Wildcard::Everything)
    } else if bounded {
        None
    } else if allows(statement, "iam:") {
        Some(Wildcard::Iam)
    } else {
        allows(statement, "sts:assumerole").then_some(Wildcard::AssumeRole)
    }
}

/// Every action, or all but some, with those of IAM among what is left.
fn allows_all(statement: &Statement) -> bool {
    if statement.action.is_empty() {
        return allows(statement, "iam:");
    }
    statement.action.0.iter().any(|word| word == "*" || word == "*:*")
}

/// Whether it covers an action, or all actions that begin like this where it ends with a colon.
fn allows(statement: &Statement, action: &str) -> bool {
    let covers = |words: &Words| {
        words.0.iter().map(|word| word.to_ascii_lowercase()).any(|word| match word.strip_suffix('*') {
            Some(beginning) => action.starts_with(beginning) || beginning == "*:",
            None => word == action,
        })
    };
    if statement.action.is_empty() { !covers(&statement.not_action) } else { covers(&statement.action) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Access, canned};

    fn reach_of(statement: &str) -> Vec<Wildcard> {
        reach(&format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#)).into_iter().collect()
    }

    #[test]
    fn the_wildcards_that_matter_are_found() {
        use Wildcard::*;
        let cases: [(&str, &[Wildcard]); 20] = [
            (r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#, &[Everything]),
            (r#"{"Effect": "Allow", "Action": ["s3:Get*", "*:*"], "Resource": ["a", "*"]}"#, &[Everything]),
            (r#"{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::x"}"#, &[Everything]),
            (r#"{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}"#, &[Everything]),
            (r#"{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}"#, &[AssumeRole]),
            (r#"{"Effect": "Allow", "NotAction": ["IAM:*", "sts:*"], "Resource": "*"}"#, &[]),
            (r#"{"Effect": "Allow", "NotAction": "*", "Resource": "*"}"#, &[]),
            (r#"{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::x"}"#, &[]),
            (r#"{"Effect": "Deny", "Action": "*", "Resource": "*"}"#, &[]),
            (r#"{"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}"#, &[]),
            (r#"{"Effect": "Allow", "Action": "IAM:*", "Resource": "*"}"#, &[Iam]),
            (r#"{"Effect": "Allow", "Action": "i*", "Resource": "*"}"#, &[Iam]),
            (r#"{"Effect": "Allow", "Action": "iam:Get*", "Resource": "*"}"#, &[]),
            (r#"{"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::*:user/x"}"#, &[]),
            (r#"{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}"#, &[AssumeRole]),
            (r#"{"Effect": "Allow", "Action": "sts:Assume*", "Resource": "*"}"#, &[AssumeRole]),
            (r#"{"Effect": "Allow", "Action": "sts:AssumeRoleWithSAML", "Resource": "*"}"#, &[]),
            (r#"{"Effect": "Allow", "Action": "sts:*", "Resource": "arn:aws:iam::1:role/x"}"#, &[]),
            (
                r#"{"Effect": "Allow", "Action": "sts:*", "Resource": "*",
                    "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}"#,
                &[],
            ),
            (
                r#"{"Effect": "Allow", "Action": "*", "Resource": "*",
                    "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}"#,
                &[Everything],
            ),
        ];
        for (statement, expected) in cases {
            assert_eq!(reach_of(statement), expected, "{statement}");
        }
    }

    #[test]
    fn documents_come_percent_encoded_and_what_cannot_be_understood_is_said_to_be_so() {
        let document =
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        let encoded = crate::text::percent_encoded(document);
        assert_eq!(reach(&encoded), Reach::from([Wildcard::Everything]));
        for strange in ["", "%7B", "{}", r#"{"Statement": [{"Effect": "Maybe"}]}"#] {
            assert_eq!(reach(strange), Reach::from([Wildcard::Unreadable]), "{strange}");
        }
    }

    #[tokio::test]
    async fn users_groups_and_policies_are_read_page_by_page() {
        const EVERYTHING: &str = "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22%2A%22%2C\
            %22Resource%22%3A%22%2A%22%7D%7D";
        let attached = "<AttachedManagedPolicies><member><PolicyName>Own</PolicyName>\
            <PolicyArn>arn:own</PolicyArn></member></AttachedManagedPolicies>";
        let first = format!(
            "<UserDetailList><member><UserName>bob</UserName><GroupList><member>Devs</member></GroupList>{attached}\
             <UserPolicyList><member><PolicyName>in</PolicyName><PolicyDocument>{EVERYTHING}</PolicyDocument></member>\
             </UserPolicyList></member></UserDetailList><IsTruncated>true</IsTruncated><Marker>two</Marker>"
        );
        let second = format!(
            "<GroupDetailList><member><GroupName>Devs</GroupName>{attached}</member></GroupDetailList><Policies><member>\
             <PolicyName>Own</PolicyName><Arn>arn:own</Arn><AttachmentCount>2</AttachmentCount><PolicyVersionList>\
             <member><Document>%7B%7D</Document><IsDefaultVersion>false</IsDefaultVersion></member>\
             <member><Document>{EVERYTHING}</Document><IsDefaultVersion>true</IsDefaultVersion></member>\
             </PolicyVersionList></member></Policies><IsTruncated>false</IsTruncated>"
        );
        let aws = canned::Aws::answering(move |call| {
            call.xml(if call.says("Marker", "two") { &second } else { &first })
        });
        let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        let everything = Reach::from([Wildcard::Everything]);
        let own = || vec![Attached { name: "Own".into(), arn: "arn:own".into() }];
        let expected = Rights {
            users: vec![User {
                name: "bob".into(),
                groups: vec!["Devs".into()],
                attached: own(),
                inline: vec![Inline { name: "in".into(), reach: everything.clone() }],
            }],
            groups: vec![Group { name: "Devs".into(), attached: own(), inline: Vec::new() }],
            policies: vec![Policy {
                name: "Own".into(),
                arn: "arn:own".into(),
                attachments: 2,
                reach: everything,
            }],
        };
        let rights = read(&identity).await.unwrap().unwrap();
        assert_eq!(rights, expected);
        assert_eq!(rights.members("DEVS").count(), 1);
        assert!(aws.heard()[1].says("MaxItems", "1000"), "{:?}", aws.heard());
        assert_eq!(aws.heard().len(), 3);
    }
}
