//! How the practice account stands by its own judgement, which shares nothing with the wizard's plans.

use std::collections::BTreeSet;

use steps::policy::{Decision, Document, Principal, Request};
use winterbaume_core::StatefulService;
use winterbaume_iam::IamStateView;
use winterbaume_iam::views::AttachedPolicyView;

use super::authorisation::default_document;
use super::kept::Memory;
use super::{ACCOUNT_ID, Services, storage};

/// One thing that a day-one account should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The practice it belongs to.
    pub practice: &'static str,
    /// What it is.
    pub what: &'static str,
    /// Whether the account has it.
    pub in_place: bool,
}

/// Judges the account.
pub(crate) async fn verdict(services: &Services, memory: &Memory) -> Vec<Finding> {
    let iam = services.iam.snapshot(ACCOUNT_ID, "us-east-1").await;
    let s3 = services.s3.snapshot(ACCOUNT_ID, "us-east-1").await;
    let reports = services.reports.snapshot(ACCOUNT_ID, "us-east-1").await;
    let admins = administrators(&iam);
    let policy = |bucket: &str| {
        s3.buckets.get(bucket).and_then(|bucket| Document::parse(bucket.policy.as_deref()?).ok())
    };
    let locked = |bucket: &str| policy(bucket).is_some_and(|policy| is_locked_down(&policy, bucket));
    let kept = |bucket: &str| policy(bucket).is_some_and(|policy| !lets_change(&policy, bucket, "stranger"));
    let good_trail = memory.trails.values().find(|trail| {
        trail.multi_region
            && trail.validated
            && trail.global
            && trail.logging_since.is_some()
            && trail.selectors.is_none()
    });
    let exported_buckets = || {
        let destinations =
            memory.exports.values().map(|export| &export.definition["DestinationConfigurations"]);
        destinations.filter_map(|destination| destination["S3Destination"]["S3Bucket"].as_str())
    };
    let finding = |practice, what, in_place| Finding { practice, what, in_place };
    vec![
        finding(
            "root-user",
            "password policy of 14 characters",
            memory.password_policy.as_ref().is_some_and(|policy| policy.minimum_length >= 14),
        ),
        finding("root-user", "an administrator in a group with full rights", !admins.is_empty()),
        finding("root-user", "no access keys of root", memory.root.keys.is_empty()),
        finding(
            "mfa",
            "every administrator has MFA",
            !admins.is_empty() && admins.iter().all(|admin| memory.has_device(admin)),
        ),
        finding("mfa", "root has MFA", memory.root_has_device()),
        finding(
            "mfa",
            "without MFA administrators are refused",
            !admins.is_empty() && admins.iter().all(|admin| is_refused_without_mfa(&iam, admin)),
        ),
        finding("cloudtrail", "a validated trail for all Regions logs", good_trail.is_some()),
        finding(
            "cloudtrail",
            "its bucket is locked down",
            good_trail.is_some_and(|trail| locked(&trail.bucket)),
        ),
        finding(
            "cloudtrail",
            "others than administrators cannot read it",
            good_trail.is_some_and(|trail| {
                policy(&trail.bucket).is_some_and(|policy| !lets_read(&policy, &trail.bucket, "stranger"))
            }),
        ),
        finding(
            "billing-report",
            "a report is defined",
            !(reports.reports.is_empty() && memory.exports.is_empty()),
        ),
        finding(
            "billing-report",
            "its bucket is locked down",
            reports.reports.values().any(|report| locked(&report.s3_bucket))
                || exported_buckets().any(locked),
        ),
        finding(
            "billing-report",
            "others than administrators cannot change the bills",
            reports.reports.values().any(|report| kept(&report.s3_bucket)) || exported_buckets().any(kept),
        ),
    ]
}

/// The users of the groups that carry full rights.
pub(crate) fn administrators(iam: &IamStateView) -> BTreeSet<String> {
    let full = |policies: &[AttachedPolicyView]| {
        policies.iter().any(|policy| policy.policy_arn.ends_with(":policy/AdministratorAccess"))
    };
    iam.groups
        .values()
        .filter(|group| full(&group.attached_policies))
        .flat_map(|group| group.members.clone())
        .collect()
}

fn is_refused_without_mfa(iam: &IamStateView, user: &str) -> bool {
    let groups = iam.groups.values().filter(|group| group.members.iter().any(|member| member == user));
    let policies = groups.flat_map(|group| &group.attached_policies);
    policies.filter_map(|policy| iam.policies.get(&policy.policy_arn)).any(|policy| {
        let request = Request {
            principal: Principal::Aws("arn:aws:iam::111122223333:user/any"),
            action: "s3:ListAllMyBuckets",
            resource: "*",
            context: &[],
        };
        Document::parse(&default_document(policy))
            .is_ok_and(|policy| policy.decide(&request) == Decision::Denied)
    })
}

fn is_locked_down(policy: &Document, bucket: &str) -> bool {
    let arn = format!("arn:aws:s3:::{bucket}/any");
    let insecure = Request {
        principal: Principal::Aws("arn:aws:iam::111122223333:root"),
        action: "s3:GetObject",
        resource: &arn,
        context: &[("aws:SecureTransport", "false"), ("aws:PrincipalArn", "arn:aws:iam::111122223333:root")],
    };
    policy.decide(&insecure) == Decision::Denied && storage::is_closed(policy, bucket)
}

fn lets_read(policy: &Document, bucket: &str, user: &str) -> bool {
    lets(policy, user, "s3:GetObject", &format!("arn:aws:s3:::{bucket}/AWSLogs/file"))
}

/// Replace or delete a file, or change who may.
fn lets_change(policy: &Document, bucket: &str, user: &str) -> bool {
    let (arn, file) = (format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/cur/file"));
    [("s3:PutObject", &file), ("s3:DeleteObject", &file), ("s3:PutBucketPolicy", &arn)]
        .into_iter()
        .any(|(action, resource)| lets(policy, user, action, resource))
}

fn lets(policy: &Document, user: &str, action: &str, resource: &str) -> bool {
    let who = format!("arn:aws:iam::{ACCOUNT_ID}:user/{user}");
    let context = [
        ("aws:SecureTransport", "true"),
        ("aws:PrincipalArn", who.as_str()),
        ("aws:PrincipalIsAWSService", "false"),
    ];
    let request = Request { principal: Principal::Aws(&who), action, resource, context: &context };
    policy.decide(&request) != Decision::Denied
}
