//! Who may do what: all users, groups, roles and customer managed policies, in a few pages for any number of them. Of a
//! managed policy no more is kept than how far it reaches; an inline one is kept whole, because it may have to move.
//!
//! There are many spellings of "every": how far a policy reaches is told by what it lets of a resource whose name nobody
//! has written into it.

use std::collections::BTreeSet;

use aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput;
use aws_sdk_iam::types::{
    AttachedPolicy, EntityType, GroupDetail, ManagedPolicyDetail, PolicyDetail, RoleDetail, UserDetail,
};

use crate::account_summary::AccountSummary;
use crate::aws::{ForCall, Identity, Reading, Unseen};
use crate::error::AwsError;
use crate::policy::{Document, Effect, Principals, Statement, Words, glob};
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
    /// The trust policy, as JSON: who may take on the role.
    pub trust: String,
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
    /// `iam:*` on every resource, under a condition, which bounds it in ways that are not looked into.
    IamOnCondition,
    /// `sts:AssumeRole` on every role, under a condition.
    AssumeRoleOnCondition,
    /// The document could not be understood.
    Unreadable,
}

impl Wildcard {
    /// Whether a condition bounds it, so that a person decides whether it is enough.
    pub fn is_on_condition(self) -> bool {
        matches!(self, Self::IamOnCondition | Self::AssumeRoleOnCondition)
    }
}

/// Whose policies they are.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'o> {
    /// The partition.
    pub partition: &'o str,
    /// The account number.
    pub account: &'o str,
}

/// Reads them all, page by page, and holds them against the account's counts: an answer that leaves users, groups, roles or
/// policies out would look like an account in which nobody has any rights.
pub async fn read(readings: &Readings<'_>) -> Result<Reading<Rights>, AwsError> {
    let (details, summary) = tokio::try_join!(details(readings.identity()), readings.account_summary())?;
    Ok(details.and_then(|details| details.whole(summary)))
}

/// Users in pages of their own, at the same time as everything else: of thousands nobody waits for one page more.
async fn details(identity: &Identity) -> Result<Reading<Details>, AwsError> {
    const OTHERS: [EntityType; 3] = [EntityType::Group, EntityType::Role, EntityType::LocalManagedPolicy];
    let owner = Owner { partition: &identity.caller.partition, account: &identity.caller.account };
    let (mut users, mut others) = (Users::default(), Others::default());
    let (of_users, of_others) = tokio::try_join!(
        each_page(identity, &[EntityType::User], |page| users.add(page, owner)),
        each_page(identity, &OTHERS, |page| others.add(page, owner)),
    )?;
    let rights = Rights { users: users.found, ..others.found };
    let (tells_users, tells_others) = (users.told, others.told);
    Ok(of_users.and(of_others).map(|()| Details { rights, tells_users, tells_others }))
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
    fn add(&mut self, page: &GetAccountAuthorizationDetailsOutput, owner: Owner<'_>) {
        self.told |= page.user_detail_list.is_some();
        self.found.extend(page.user_detail_list().iter().map(|user| User::read(user, owner)));
    }
}

/// The groups, roles and policies that AWS has answered.
#[derive(Default)]
struct Others {
    found: Rights,
    /// Whether it said anything of roles and of policies, were it that there are none.
    told: bool,
}

impl Others {
    fn add(&mut self, page: &GetAccountAuthorizationDetailsOutput, owner: Owner<'_>) {
        self.told |= page.role_detail_list.is_some() && page.policies.is_some();
        let found = &mut self.found;
        found.groups.extend(page.group_detail_list().iter().map(|group| Group::read(group, owner)));
        found.roles.extend(page.role_detail_list().iter().map(|role| Role::read(role, owner)));
        found.policies.extend(page.policies().iter().map(|policy| Policy::read(policy, owner)));
    }
}

/// What AWS has answered.
struct Details {
    rights: Rights,
    tells_users: bool,
    tells_others: bool,
}

impl Details {
    /// The rights, unless some are missing. Where the counts are not known, at least the lists have to be there.
    fn whole(self, summary: &Reading<AccountSummary>) -> Reading<Rights> {
        let counts = summary.as_ref().ok().and_then(AccountSummary::users_and_groups);
        let found = (self.rights.users.len(), self.rights.groups.len());
        if !is_whole(found, counts, self.tells_users) {
            return Err(incomplete(found, counts));
        }
        let counts = summary.as_ref().ok().and_then(AccountSummary::roles_and_policies);
        let found = (self.rights.roles.len(), self.rights.policies.len());
        if !is_whole(found, counts, self.tells_others) {
            return Err(without_others(found, counts));
        }
        Ok(self.rights)
    }
}

fn is_whole(found: (usize, usize), counts: Option<(usize, usize)>, told: bool) -> bool {
    counts.map_or(told, |counts| found.0 >= counts.0 && found.1 >= counts.1)
}

fn without_others((roles, policies): (usize, usize), counts: Option<(usize, usize)>) -> Unseen {
    let why = match counts {
        Some((all_roles, all_policies)) => text! {
            en: "the answer has {roles} of {all_roles} roles and {policies} of {all_policies} customer managed policies. Where some were made or deleted a moment ago, look again.",
            ko: "역할 {all_roles}개 중 {roles}개, 고객 관리형 정책 {all_policies}개 중 {policies}개만 응답에 있습니다. 방금 만들거나 삭제한 것이 있다면 다시 확인하세요."
        },
        None => text! {
            en: "the answer says nothing of roles or of policies.",
            ko: "응답에 역할이나 정책 정보가 없습니다."
        },
    };
    Unseen::failed("iam:GetAccountAuthorizationDetails", why)
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

impl Role {
    /// Whether it has the name of a role by which an organization's management account works in its members. Anybody can
    /// name a role like this.
    pub fn is_named_for_an_organization(&self) -> bool {
        ["OrganizationAccountAccessRole", "AWSControlTowerExecution"].contains(&self.name.as_str())
    }

    /// Whether this account alone may take on the role. A trust policy names no resource, unlike every other.
    pub fn is_for_account_alone(&self, account: &str) -> bool {
        let Ok(trust) = serde_json::from_str::<Document>(&self.trust) else { return false };
        let mut allows =
            trust.statement.iter().filter(|statement| statement.effect == Effect::Allow).peekable();
        let is_of_account = |word: &String| word == account || word.split(':').nth(4) == Some(account);
        allows.peek().is_some()
            && allows.all(|statement| match &statement.principal {
                Some(Principals::ByKind(kinds)) => {
                    kinds.iter().all(|(kind, words)| kind == "AWS" && words.0.iter().all(is_of_account))
                }
                _ => false,
            })
    }
}

impl User {
    fn read(user: &UserDetail, owner: Owner<'_>) -> Self {
        Self {
            name: user.user_name().unwrap_or_default().to_owned(),
            groups: user.group_list().to_vec(),
            attached: user.attached_managed_policies().iter().map(Attached::from).collect(),
            inline: user.user_policy_list().iter().map(|policy| Inline::read(policy, owner)).collect(),
        }
    }
}

impl Group {
    fn read(group: &GroupDetail, owner: Owner<'_>) -> Self {
        Self {
            name: group.group_name().unwrap_or_default().to_owned(),
            attached: group.attached_managed_policies().iter().map(Attached::from).collect(),
            inline: group.group_policy_list().iter().map(|policy| Inline::read(policy, owner)).collect(),
        }
    }
}

impl Role {
    fn read(role: &RoleDetail, owner: Owner<'_>) -> Self {
        Self {
            name: role.role_name().unwrap_or_default().to_owned(),
            path: role.path().unwrap_or_default().to_owned(),
            trust: percent_decoded(role.assume_role_policy_document().unwrap_or_default()),
            attached: role.attached_managed_policies().iter().map(Attached::from).collect(),
            inline: role.role_policy_list().iter().map(|policy| Inline::read(policy, owner)).collect(),
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

impl Inline {
    fn read(policy: &PolicyDetail, owner: Owner<'_>) -> Self {
        let document = percent_decoded(policy.policy_document().unwrap_or_default());
        let name = policy.policy_name().unwrap_or_default().to_owned();
        Self { name, reach: reach(&document, owner), document }
    }
}

impl Policy {
    fn read(policy: &ManagedPolicyDetail, owner: Owner<'_>) -> Self {
        let default = policy.policy_version_list().iter().find(|version| version.is_default_version());
        let document = default.and_then(|version| version.document()).unwrap_or_default();
        Self {
            name: policy.policy_name().unwrap_or_default().to_owned(),
            arn: policy.arn().unwrap_or_default().to_owned(),
            reach: reach(&percent_decoded(document), owner),
        }
    }
}

/// How far a document reaches. IAM gives documents percent-encoded, and they are decoded before.
pub fn reach(document: &str, owner: Owner<'_>) -> Reach {
    match Document::parse(document) {
        Ok(document) => {
            document.statement.iter().filter_map(|statement| wildcard(statement, owner)).collect()
        }
        Err(_) => Reach::from([Wildcard::Unreadable]),
    }
}

/// The widest wildcard of a statement. A condition bounds all but `*:*`, which benchmarks count whatever its condition.
fn wildcard(statement: &Statement, owner: Owner<'_>) -> Option<Wildcard> {
    if statement.effect == Effect::Deny {
        return None;
    }
    let on_condition = !statement.condition.is_empty();
    if allows_all(statement) && is_on_everything(statement, owner) {
        Some(if asks_for_mfa(statement) { Wildcard::EverythingWithMfa } else { Wildcard::Everything })
    } else if statement.covers_action(ANY_OF_IAM) && is_on_all_of_a_kind(statement, owner) {
        Some(if on_condition { Wildcard::IamOnCondition } else { Wildcard::Iam })
    } else if statement.covers_action("sts:AssumeRole") && is_on(statement, &probe(owner, "role")) {
        Some(if on_condition { Wildcard::AssumeRoleOnCondition } else { Wildcard::AssumeRole })
    } else {
        None
    }
}

/// A resource of IAM whose name no policy was written for.
fn probe(owner: Owner<'_>, kind: &str) -> String {
    let Owner { partition, account } = owner;
    format!("arn:{partition}:iam::{account}:{kind}/{PROBE}")
}

const PROBE: &str = "dayone-probe-of-any-name";

/// Whether it is about every resource, of IAM and elsewhere.
fn is_on_everything(statement: &Statement, owner: Owner<'_>) -> bool {
    let elsewhere = format!("arn:{}:s3:::{PROBE}", owner.partition);
    is_on(statement, &elsewhere) && is_on_all_of_a_kind(statement, owner)
}

/// Whether it is about all users, all roles or all policies: each of them is enough for whoever may do all of IAM with it.
fn is_on_all_of_a_kind(statement: &Statement, owner: Owner<'_>) -> bool {
    ["user", "role", "policy"].iter().any(|kind| is_on(statement, &probe(owner, kind)))
}

/// Whether it is about a resource.
fn is_on(statement: &Statement, resource: &str) -> bool {
    let names = |words: &Words| words.0.iter().any(|word| glob(word, resource));
    if statement.resource.is_empty() { !names(&statement.not_resource) } else { names(&statement.resource) }
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
#[path = "rights_tests.rs"]
mod tests;
