//! `GetAccountAuthorizationDetails`: users, groups, roles and policies of the whole account, page by page.

use std::collections::HashMap;

use steps::text::percent_encoded;
use winterbaume_core::{MockResponse, xml_escape};
use winterbaume_iam::IamStateView;
use winterbaume_iam::views::{
    AttachedPolicyView, GroupView, InlinePolicyView, ManagedPolicyView, RoleView, UserView,
};

use super::iam::Page;
use super::wire::{Call, iso_again};

const ENTITIES_PER_PAGE: usize = 100;

/// What stands in the answer.
#[derive(Clone, Copy)]
enum Entity<'v> {
    User(&'v UserView),
    Group(&'v GroupView),
    Role(&'v RoleView),
    Policy(&'v ManagedPolicyView),
}

const HEADINGS: [&str; 4] = ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"];
const FILTERS: [&str; 5] = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"];

/// Answers the call.
pub(crate) fn answer(call: &Call, view: &IamStateView) -> MockResponse {
    let filters: Vec<_> =
        (1..=FILTERS.len()).filter_map(|number| call.parameter(&format!("Filter.member.{number}"))).collect();
    if !filters.iter().all(|filter| FILTERS.contains(filter)) {
        return call.refuse(400, "ValidationError", "A filter is User, Role, Group or a kind of policy");
    }
    let entities = entities(view, |kind| filters.is_empty() || filters.contains(&kind));
    match Page::of(call, entities.len(), ENTITIES_PER_PAGE) {
        Ok(page) => {
            let (here, groups) = (&entities[page.range()], groups_by_user(view));
            let list = |heading: &str| {
                let members = here.iter().filter(|entity| entity.heading() == heading);
                let members: String = members
                    .map(|entity| format!("<member>{}</member>", entity.detail(view, &groups)))
                    .collect();
                format!("<{heading}>{members}</{heading}>")
            };
            let lists: String = HEADINGS.into_iter().map(list).collect();
            call.xml(&format!("{lists}{}", page.end()))
        }
        Err(refusal) => refusal,
    }
}

/// Everything that is asked for, in an order that stays. Of AWS's own policies those that are attached count.
fn entities(view: &IamStateView, asked: impl Fn(&str) -> bool) -> Vec<Entity<'_>> {
    let users = sorted(&view.users).filter(|_| asked("User")).map(Entity::User);
    let groups = sorted(&view.groups).filter(|_| asked("Group")).map(Entity::Group);
    let roles = sorted(&view.roles).filter(|_| asked("Role")).map(Entity::Role);
    let policies = sorted(&view.policies).filter(|policy| {
        if policy.arn.contains(":iam::aws:") {
            asked("AWSManagedPolicy") && is_attached(policy, view)
        } else {
            asked("LocalManagedPolicy")
        }
    });
    users.chain(groups).chain(roles).chain(policies.map(Entity::Policy)).collect()
}

impl Entity<'_> {
    fn heading(self) -> &'static str {
        match self {
            Self::User(_) => "UserDetailList",
            Self::Group(_) => "GroupDetailList",
            Self::Role(_) => "RoleDetailList",
            Self::Policy(_) => "Policies",
        }
    }

    fn detail(self, view: &IamStateView, groups: &GroupsByUser<'_>) -> String {
        match self {
            Self::User(user) => user_detail(user, groups),
            Self::Group(group) => group_detail(group),
            Self::Role(role) => role_detail(role),
            Self::Policy(policy) => policy_detail(policy, view),
        }
    }
}

fn sorted<T>(entities: &HashMap<String, T>) -> impl Iterator<Item = &T> {
    let mut entities: Vec<_> = entities.iter().collect();
    entities.sort_by_key(|(name, _)| *name);
    entities.into_iter().map(|(_, entity)| entity)
}

fn attachments(view: &IamStateView) -> impl Iterator<Item = &AttachedPolicyView> {
    let users = view.users.values().flat_map(|user| &user.attached_policies);
    let groups = view.groups.values().flat_map(|group| &group.attached_policies);
    let roles = view.roles.values().flat_map(|role| &role.attached_policies);
    users.chain(groups).chain(roles)
}

fn is_attached(policy: &ManagedPolicyView, view: &IamStateView) -> bool {
    attachments(view).any(|attached| attached.policy_arn == policy.arn)
}

/// The names of the groups that users are in.
type GroupsByUser<'v> = HashMap<&'v str, Vec<&'v str>>;

fn groups_by_user(view: &IamStateView) -> GroupsByUser<'_> {
    let mut found = GroupsByUser::new();
    for group in sorted(&view.groups) {
        for member in &group.members {
            found.entry(member).or_default().push(&group.name);
        }
    }
    found
}

fn user_detail(user: &UserView, groups: &GroupsByUser<'_>) -> String {
    let groups = groups.get(user.name.as_str()).into_iter().flatten();
    let groups: String = groups.map(|group| format!("<member>{}</member>", xml_escape(group))).collect();
    format!(
        "<Path>{}</Path><UserName>{}</UserName><UserId>{}</UserId><Arn>{}</Arn><CreateDate>{}</CreateDate>\
         <UserPolicyList>{}</UserPolicyList><GroupList>{groups}</GroupList>{}",
        xml_escape(&user.path),
        xml_escape(&user.name),
        user.user_id,
        xml_escape(&user.arn),
        made(user.create_date.as_deref()),
        inline(&user.inline_policies),
        attached(&user.attached_policies)
    )
}

fn group_detail(group: &GroupView) -> String {
    format!(
        "<Path>{}</Path><GroupName>{}</GroupName><GroupId>{}</GroupId><Arn>{}</Arn><CreateDate>{}</CreateDate>\
         <GroupPolicyList>{}</GroupPolicyList>{}",
        xml_escape(&group.path),
        xml_escape(&group.name),
        group.group_id,
        xml_escape(&group.arn),
        made(group.create_date.as_deref()),
        inline(&group.inline_policies),
        attached(&group.attached_policies)
    )
}

fn role_detail(role: &RoleView) -> String {
    format!(
        "<Path>{}</Path><RoleName>{}</RoleName><RoleId>{}</RoleId><Arn>{}</Arn><CreateDate>{}</CreateDate>\
         <AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument><InstanceProfileList></InstanceProfileList>\
         <RolePolicyList>{}</RolePolicyList>{}",
        xml_escape(&role.path),
        xml_escape(&role.name),
        role.role_id,
        xml_escape(&role.arn),
        made(role.create_date.as_deref()),
        percent_encoded(&role.assume_role_policy_document),
        inline(&role.inline_policies),
        attached(&role.attached_policies)
    )
}

fn policy_detail(policy: &ManagedPolicyView, view: &IamStateView) -> String {
    let version = |version: &winterbaume_iam::views::PolicyVersionView| {
        format!(
            "<member><Document>{}</Document><VersionId>{}</VersionId>\
             <IsDefaultVersion>{}</IsDefaultVersion><CreateDate>{}</CreateDate></member>",
            percent_encoded(&version.document),
            version.version_id,
            version.version_id == policy.default_version_id,
            made(version.create_date.as_deref())
        )
    };
    let versions: String = policy.versions.iter().map(version).collect();
    let count = attachments(view).filter(|attached| attached.policy_arn == policy.arn).count();
    format!(
        "<PolicyName>{}</PolicyName><PolicyId>{}</PolicyId><Arn>{}</Arn><Path>{}</Path>\
         <DefaultVersionId>{}</DefaultVersionId><AttachmentCount>{count}</AttachmentCount>\
         <IsAttachable>true</IsAttachable><CreateDate>{}</CreateDate><UpdateDate>{}</UpdateDate>\
         <PolicyVersionList>{versions}</PolicyVersionList>",
        xml_escape(&policy.policy_name),
        policy.policy_id,
        xml_escape(&policy.arn),
        xml_escape(&policy.path),
        policy.default_version_id,
        made(policy.create_date.as_deref()),
        made(policy.update_date.as_deref())
    )
}

/// Documents are percent-encoded.
fn inline(policies: &[InlinePolicyView]) -> String {
    let member = |policy: &InlinePolicyView| {
        format!(
            "<member><PolicyName>{}</PolicyName><PolicyDocument>{}</PolicyDocument></member>",
            xml_escape(&policy.policy_name),
            percent_encoded(&policy.policy_document)
        )
    };
    policies.iter().map(member).collect()
}

fn attached(policies: &[AttachedPolicyView]) -> String {
    let member = |policy: &AttachedPolicyView| {
        format!(
            "<member><PolicyName>{}</PolicyName><PolicyArn>{}</PolicyArn></member>",
            xml_escape(&policy.policy_name),
            xml_escape(&policy.policy_arn)
        )
    };
    let members: String = policies.iter().map(member).collect();
    format!("<AttachedManagedPolicies>{members}</AttachedManagedPolicies>")
}

/// What AWS has made itself carries a date too.
fn made(written: Option<&str>) -> String {
    iso_again(written).unwrap_or_else(|| "2015-02-06T18:39:46Z".to_owned())
}
