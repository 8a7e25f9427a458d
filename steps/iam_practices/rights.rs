//! Who may do what: all users, groups, roles and customer managed policies, in a few pages for any number of them. Of a
//! managed policy no more is kept than how far it reaches; an inline one is kept whole, because it may have to move.

use std::collections::BTreeSet;

use aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput;
use aws_sdk_iam::types::{
    AttachedPolicy, EntityType, GroupDetail, ManagedPolicyDetail, PolicyDetail, RoleDetail, UserDetail,
};

use crate::account_summary::AccountSummary;
use crate::aws::{ForCall, Identity, Reading, Unseen};
use crate::error::AwsError;
use crate::policy::{Document, Effect, Statement};
use crate::readings::Readings;
use crate::text;
use crate::text::percent_decoded;

/// An action that no pattern covers by its letters, but only by wildcards that cover every action.
const ANY: &str = "################:################";
/// The same among the actions of IAM.
const ANY_OF_IAM: &str = "iam:################";

/// Who may do what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rights {
    /// The users.
    pub users: Vec<User>,
    /// The groups.
    pub groups: Vec<Group>,
    /// The roles.
    pub roles: Vec<Role>,
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

/// A role, and what is attached to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Role {
    /// The name.
    pub name: String,
    /// The path. Those of the roles that AWS's services make for themselves are kept from everybody else.
    pub path: String,
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
    /// The document, as JSON.
    pub document: String,
}

/// A customer managed policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The policy's name.
    pub name: String,
    /// The policy's ARN.
    pub arn: String,
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
    /// The same, on condition of MFA.
    EverythingWithMfa,
    /// `iam:*` on every resource: its holder can give itself the rest.
    Iam,
    /// `sts:AssumeRole` on every role.
    AssumeRole,
    /// The document could not be understood.
    Unreadable,
}

/// Reads them all, page by page, and holds them against the account's counts: an answer that leaves users or groups out
/// would look like an account in which nobody has any rights.
pub async fn read(readings: &Readings<'_>) -> Result<Reading<Rights>, AwsError> {
    let (details, summary) = tokio::try_join!(details(readings.identity()), readings.account_summary())?;
    Ok(details.and_then(|details| details.whole(summary)))
}

/// Users in pages of their own, at the same time as everything else: of thousands nobody waits for one page more.
async fn details(identity: &Identity) -> Result<Reading<Details>, AwsError> {
    const OTHERS: [EntityType; 3] = [EntityType::Group, EntityType::Role, EntityType::LocalManagedPolicy];
    let (mut users, mut rights) = (Users::default(), Rights::default());
    let (of_users, of_others) = tokio::try_join!(
        each_page(identity, &[EntityType::User], |page| users.add(page)),
        each_page(identity, &OTHERS, |page| rights.add_others(page)),
    )?;
    rights.users = users.found;
    Ok(of_users.and(of_others).map(|()| Details { rights, tells_users: users.told }))
}

/// Page by page, because the documents of thousands take more memory than what is kept of them.
async fn each_page(
    identity: &Identity,
    of: &[EntityType],
    mut add: impl FnMut(&GetAccountAuthorizationDetailsOutput),
) -> Result<Reading<()>, AwsError> {
    let request = identity.iam().get_account_authorization_details();
    let mut pages = request.set_filter(Some(of.to_vec())).max_items(1000).into_paginator().send();
    while let Some(page) = pages.next().await {
        match identity.reading(page.for_call("iam:GetAccountAuthorizationDetails"))? {
            Ok(page) => add(&page),
            Err(unseen) => return Ok(Err(unseen)),
        }
    }
    Ok(Ok(()))
}

/// The users that AWS has answered.
#[derive(Default)]
struct Users {
    found: Vec<User>,
    /// Whether it said anything of users, were it that there are none.
    told: bool,
}

impl Users {
    fn add(&mut self, page: &GetAccountAuthorizationDetailsOutput) {
        self.told |= page.user_detail_list.is_some();
        self.found.extend(page.user_detail_list().iter().map(User::from));
    }
}

/// What AWS has answered.
struct Details {
    rights: Rights,
    tells_users: bool,
}

impl Details {
    /// The rights, unless some are missing. Where the counts are not known, at least a list of users has to be there.
    fn whole(self, summary: &Reading<AccountSummary>) -> Reading<Rights> {
        let counts = summary.as_ref().ok().and_then(AccountSummary::users_and_groups);
        let found = (self.rights.users.len(), self.rights.groups.len());
        let is_whole = match counts {
            Some((users, groups)) => found.0 >= users && found.1 >= groups,
            None => self.tells_users,
        };
        if is_whole { Ok(self.rights) } else { Err(incomplete(found, counts)) }
    }
}

fn incomplete((users, groups): (usize, usize), counts: Option<(usize, usize)>) -> Unseen {
    let why = match counts {
        Some((all_users, all_groups)) => text! {
            en: "the answer has {users} of {all_users} users and {groups} of {all_groups} groups. Where some were made or deleted a moment ago, look again.",
            ko: "사용자 {all_users}명 중 {users}명, 그룹 {all_groups}개 중 {groups}개만 응답에 있습니다. 방금 만들거나 삭제한 것이 있다면 다시 확인하세요."
        },
        None => text! { en: "the answer says nothing of users.", ko: "응답에 사용자 정보가 없습니다." },
    };
    Unseen::failed("iam:GetAccountAuthorizationDetails", why)
}

impl Rights {
    fn add_others(&mut self, page: &GetAccountAuthorizationDetailsOutput) {
        self.groups.extend(page.group_detail_list().iter().map(Group::from));
        self.roles.extend(page.role_detail_list().iter().map(Role::from));
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

impl From<&RoleDetail> for Role {
    fn from(role: &RoleDetail) -> Self {
        Self {
            name: role.role_name().unwrap_or_default().to_owned(),
            path: role.path().unwrap_or_default().to_owned(),
            attached: role.attached_managed_policies().iter().map(Attached::from).collect(),
            inline: role.role_policy_list().iter().map(Inline::from).collect(),
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
        let document = percent_decoded(policy.policy_document().unwrap_or_default());
        let name = policy.policy_name().unwrap_or_default().to_owned();
        Self { name, reach: reach(&document), document }
    }
}

impl From<&ManagedPolicyDetail> for Policy {
    fn from(policy: &ManagedPolicyDetail) -> Self {
        let default = policy.policy_version_list().iter().find(|version| version.is_default_version());
        let document = default.and_then(|version| version.document()).unwrap_or_default();
        Self {
            name: policy.policy_name().unwrap_or_default().to_owned(),
            arn: policy.arn().unwrap_or_default().to_owned(),
            reach: reach(&percent_decoded(document)),
        }
    }
}

/// How far a document reaches. IAM gives documents percent-encoded, and they are decoded before.
pub fn reach(document: &str) -> Reach {
    match Document::parse(document) {
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
        Some(if asks_for_mfa(statement) { Wildcard::EverythingWithMfa } else { Wildcard::Everything })
    } else if bounded {
        None
    } else if statement.covers_action(ANY_OF_IAM) {
        Some(Wildcard::Iam)
    } else {
        statement.covers_action("sts:AssumeRole").then_some(Wildcard::AssumeRole)
    }
}

/// Whether a condition holds only with MFA. One with `IfExists` holds for access keys, which say nothing of it.
fn asks_for_mfa(statement: &Statement) -> bool {
    let is_about = |name: &str, key: &str| name.eq_ignore_ascii_case(key);
    statement.condition.iter().any(|(operator, keys)| {
        keys.iter().any(|(key, values)| match operator.as_str() {
            "Bool" => {
                let is_true = values.0.iter().all(|value| value.eq_ignore_ascii_case("true"));
                is_about(key, "aws:MultiFactorAuthPresent") && is_true
            }
            "NumericLessThan" | "NumericLessThanEquals" => is_about(key, "aws:MultiFactorAuthAge"),
            _ => false,
        })
    })
}

/// Every action, or all but some, with those of IAM among what is left.
fn allows_all(statement: &Statement) -> bool {
    statement.covers_action(if statement.action.is_empty() { ANY_OF_IAM } else { ANY })
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
        let cases: [(&str, &[Wildcard]); 31] = [
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
            (r#"{"Effect": "Allow", "Action": "i?m:*", "Resource": "*"}"#, &[Iam]),
            (r#"{"Effect": "Allow", "Action": "*m:*", "Resource": "*"}"#, &[Iam]),
            (r#"{"Effect": "Allow", "Action": "iam:?*", "Resource": "*"}"#, &[Iam]),
            (r#"{"Effect": "Allow", "Action": "**", "Resource": "*"}"#, &[Everything]),
            (r#"{"Effect": "Allow", "NotAction": ["I?M:*", "s?s:A*"], "Resource": "*"}"#, &[]),
            (r#"{"Effect": "Allow", "Action": "s?s:*Role", "Resource": "*"}"#, &[AssumeRole]),
            // Some actions of IAM, as of every other service, are not all of them.
            (r#"{"Effect": "Allow", "Action": "*:Get*", "Resource": "*"}"#, &[]),
            (r#"{"Effect": "Allow", "Action": "s?s:*WithSAML", "Resource": "*"}"#, &[]),
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
                    "Condition": {"Bool": {"AWS:multifactorauthpresent": "true"}}}"#,
                &[EverythingWithMfa],
            ),
            (
                r#"{"Effect": "Allow", "Action": "*", "Resource": "*",
                    "Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}}"#,
                &[EverythingWithMfa],
            ),
            (
                r#"{"Effect": "Allow", "Action": "*", "Resource": "*",
                    "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}}"#,
                &[Everything],
            ),
            (
                r#"{"Effect": "Allow", "Action": "*", "Resource": "*",
                    "Condition": {"Bool": {"aws:SecureTransport": "true", "aws:MultiFactorAuthPresent": "false"}}}"#,
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
        let detail = PolicyDetail::builder().policy_name("in").policy_document(encoded).build();
        let expected = Inline {
            name: "in".into(),
            reach: Reach::from([Wildcard::Everything]),
            document: document.into(),
        };
        assert_eq!(Inline::from(&detail), expected);
        for strange in ["", "{", "{}", r#"{"Statement": [{"Effect": "Maybe"}]}"#] {
            assert_eq!(reach(strange), Reach::from([Wildcard::Unreadable]), "{strange}");
        }
    }

    const EVERYTHING: &str = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    const ATTACHED: &str = "<AttachedManagedPolicies><member><PolicyName>Own</PolicyName>\
        <PolicyArn>arn:own</PolicyArn></member></AttachedManagedPolicies>";

    /// An AWS with a user, a group, a role and a policy, on two pages, that counts so many users.
    fn aws(users: usize) -> canned::Aws {
        let document = crate::text::percent_encoded(EVERYTHING);
        let inline = format!(
            "<member><PolicyName>in</PolicyName><PolicyDocument>{document}</PolicyDocument></member>"
        );
        const BEGINNING: &str =
            "<UserDetailList></UserDetailList><IsTruncated>true</IsTruncated><Marker>two</Marker>";
        let users_of_page_two = format!(
            "<UserDetailList><member><UserName>bob</UserName><GroupList><member>Devs</member></GroupList>{ATTACHED}\
             <UserPolicyList>{inline}</UserPolicyList></member></UserDetailList><IsTruncated>false</IsTruncated>"
        );
        let others = format!(
            "<GroupDetailList><member><GroupName>Devs</GroupName>{ATTACHED}</member></GroupDetailList><RoleDetailList>\
             <member><RoleName>Deploy</RoleName><Path>/ci/</Path>{ATTACHED}<RolePolicyList>{inline}</RolePolicyList>\
             </member></RoleDetailList><Policies><member><PolicyName>Own</PolicyName><Arn>arn:own</Arn>\
             <PolicyVersionList><member><Document>%7B%7D</Document><IsDefaultVersion>false</IsDefaultVersion></member>\
             <member><Document>{document}</Document><IsDefaultVersion>true</IsDefaultVersion></member>\
             </PolicyVersionList></member></Policies><IsTruncated>false</IsTruncated>"
        );
        canned::Aws::answering(move |call| match call.operation.as_str() {
            "GetAccountSummary" => call.xml(&counts(users, 1)),
            _ if !call.says("Filter.member.1", "User") => call.xml(&others),
            _ if call.says("Marker", "two") => call.xml(&users_of_page_two),
            _ => call.xml(BEGINNING),
        })
    }

    fn counts(users: usize, groups: usize) -> String {
        let entry = |(key, count)| format!("<entry><key>{key}</key><value>{count}</value></entry>");
        format!("<SummaryMap>{}{}</SummaryMap>", entry(("Users", users)), entry(("Groups", groups)))
    }

    #[tokio::test]
    async fn users_groups_roles_and_policies_are_read_page_by_page() {
        let aws = aws(1);
        let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        let own = || vec![Attached { name: "Own".into(), arn: "arn:own".into() }];
        let everything = || Reach::from([Wildcard::Everything]);
        let inline = || vec![Inline { name: "in".into(), reach: everything(), document: EVERYTHING.into() }];
        let expected = Rights {
            users: vec![User {
                name: "bob".into(),
                groups: vec!["Devs".into()],
                attached: own(),
                inline: inline(),
            }],
            groups: vec![Group { name: "Devs".into(), attached: own(), inline: Vec::new() }],
            roles: vec![Role {
                name: "Deploy".into(),
                path: "/ci/".into(),
                attached: own(),
                inline: inline(),
            }],
            policies: vec![Policy { name: "Own".into(), arn: "arn:own".into(), reach: everything() }],
        };
        let rights = read(&Readings::by(&identity, "Administrators")).await.unwrap().unwrap();
        assert_eq!(rights, expected);
        assert_eq!(rights.members("DEVS").count(), 1);
        let asked = aws.heard().into_iter().filter(|call| call.operation.starts_with("GetAccountAuth"));
        let asked: Vec<_> = asked.collect();
        assert_eq!(asked.len(), 3);
        assert!(asked.iter().all(|call| call.says("MaxItems", "1000")), "{asked:?}");
        assert!(asked.iter().any(|call| call.body.contains("=Role")), "{asked:?}");
    }

    /// AWS answers everything with what it has not got.
    #[tokio::test]
    async fn an_answer_that_leaves_users_or_groups_out_is_none() {
        let nothing = "<UserDetailList></UserDetailList><IsTruncated>false</IsTruncated>";
        for (summary, details, missing) in [
            (counts(3, 1), "", Some("0 of 3 users and 0 of 1 groups")),
            (counts(0, 2), nothing, Some("0 of 0 users and 0 of 2 groups")),
            (counts(0, 0), nothing, None),
            (counts(0, 0), "", None),
            (String::new(), "", Some("says nothing of users")),
            (String::new(), nothing, None),
        ] {
            let answer = summary.clone();
            let aws = canned::Aws::answering(move |call| match call.operation.as_str() {
                "GetAccountSummary" => call.xml(&answer),
                _ => call.xml(details),
            });
            let identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
            let found = read(&Readings::by(&identity, "Administrators")).await.unwrap();
            match missing {
                None => assert_eq!(found, Ok(Rights::default()), "{summary} {details}"),
                Some(words) => assert!(found.unwrap_err().text().en.contains(words), "{summary} {details}"),
            }
        }
        let short = aws(2);
        let identity = short.connection(Access::ReadOnly).started_as().await.unwrap();
        let found = read(&Readings::by(&identity, "Administrators")).await.unwrap().unwrap_err();
        assert!(found.text().en.contains("1 of 2 users"), "{}", found.text().en);
    }
}
