//! What the practice account holds, as far as two accounts that were set up the same way hold the same.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use winterbaume_core::StatefulService;
use winterbaume_iam::IamStateView;
use winterbaume_iam::views::{AttachedPolicyView, GroupView, InlinePolicyView, RoleView, UserView};

use super::authorisation::default_document;
use super::kept::Memory;
use super::{ACCOUNT_ID, Services, xml};

/// What the account holds, without ids, times and secrets.
pub(crate) async fn snapshot(services: &Services, memory: &Memory) -> Value {
    let iam = services.iam.snapshot(ACCOUNT_ID, "us-east-1").await;
    let s3 = services.s3.snapshot(ACCOUNT_ID, "us-east-1").await;
    let reports = services.reports.snapshot(ACCOUNT_ID, "us-east-1").await;
    let identities = identities(&iam, memory);
    let own = |arn: &&String| !arn.contains(":iam::aws:");
    let policy = |arn: &String| (arn.clone(), json!(iam.policies.get(arn).map(default_document)));
    let versions =
        |arn: &String| (arn.clone(), json!(iam.policies.get(arn).map(|policy| policy.versions.len())));
    let analyzers: BTreeSet<_> = memory
        .analyzers
        .values()
        .map(|analyzer| (&analyzer.region, &analyzer.name, &analyzer.kind))
        .collect();
    let device = |device: &super::devices::Device| {
        json!([device.serial, device.owner.as_ref().map(|(owner, _)| owner)])
    };
    let trail = |trail: &super::trails::Trail| {
        json!({"arn": trail.arn, "bucket": trail.bucket, "all": trail.multi_region, "validated": trail.validated,
               "logging": trail.logging_since.is_some(), "encrypted": trail.key.is_some(),
               "prefix": trail.prefix, "global": trail.global, "selectors": trail.selectors})
    };
    let bucket = |(name, bucket): (&String, &winterbaume_s3::views::BucketStateView)| {
        (
            name.clone(),
            json!({
                "region": bucket.region, "policy": bucket.policy, "versioning": bucket.versioning_status,
                "blocked": bucket.public_access_block, "ownership": bucket.ownership_controls.as_deref().unwrap_or("BucketOwnerEnforced"),
                "encryption": encryption(bucket.encryption_configuration.as_deref()),
                "lifecycle": bucket.lifecycle_configuration, "lock": bucket.object_lock_configuration,
                "tags": bucket.tags
            }),
        )
    };
    json!({
        "users": identities["users"],
        "groups": identities["groups"],
        "roles": identities["roles"],
        "policies": iam.policies.keys().filter(own).map(policy).collect::<serde_json::Map<_, _>>(),
        "policy_versions": iam.policies.keys().filter(own).map(versions).collect::<serde_json::Map<_, _>>(),
        "devices": memory.devices.values().map(device).collect::<Vec<_>>(),
        "password_policy": memory.password_policy,
        "root": {"keys": memory.root.keys.len(), "mfa": memory.root_has_device()},
        "trails": memory.trails.values().map(trail).collect::<Vec<_>>(),
        "buckets": s3.buckets.iter().map(bucket).collect::<serde_json::Map<_, _>>(),
        "reports": reports.reports,
        "exports": memory.exports.values().map(|export| &export.definition).collect::<Vec<_>>(),
        "encryption_keys": memory.encryption_keys.snapshot(),
        "topics": memory.topics_snapshot(),
        "rules": memory.rules,
        "budgets": memory.budgets,
        "analyzers": analyzers,
        "contacts": memory.contacts,
        "public_access": memory.public_access,
    })
}

/// What IAM holds, but for passwords and keys.
fn identities(iam: &IamStateView, memory: &Memory) -> Value {
    let user = |(name, user): (&String, &UserView)| {
        let keys = memory.keys.values().filter(|key| &key.user == name).map(|key| key.key.active);
        (
            name.clone(),
            json!({"password": iam.login_profiles.contains_key(name), "keys": keys.collect::<Vec<_>>(),
                   "policies": attached(&user.attached_policies), "inline": inline(&user.inline_policies)}),
        )
    };
    let group = |(name, group): (&String, &GroupView)| {
        (
            name.clone(),
            json!({"members": group.members, "policies": attached(&group.attached_policies),
                   "inline": inline(&group.inline_policies)}),
        )
    };
    let role = |(name, role): (&String, &RoleView)| {
        (
            name.clone(),
            json!({"trusts": role.assume_role_policy_document, "policies": attached(&role.attached_policies),
                   "inline": inline(&role.inline_policies)}),
        )
    };
    json!({
        "users": iam.users.iter().map(user).collect::<serde_json::Map<_, _>>(),
        "groups": iam.groups.iter().map(group).collect::<serde_json::Map<_, _>>(),
        "roles": iam.roles.iter().map(role).collect::<serde_json::Map<_, _>>(),
    })
}

/// The managed policies of a user, a group or a role.
fn attached(policies: &[AttachedPolicyView]) -> BTreeSet<&String> {
    policies.iter().map(|policy| &policy.policy_arn).collect()
}

/// The policies that a user, a group or a role has for itself.
fn inline(policies: &[InlinePolicyView]) -> BTreeMap<&String, &String> {
    policies.iter().map(|policy| (&policy.policy_name, &policy.policy_document)).collect()
}

/// How a bucket encrypts by default. Which key it is has a random id.
fn encryption(configuration: Option<&str>) -> String {
    let Some(configuration) = configuration else { return "AES256".to_owned() };
    let configuration = xml::read(configuration.as_bytes()).unwrap_or_default();
    configuration.text_of("SSEAlgorithm").unwrap_or("none").to_owned()
}
