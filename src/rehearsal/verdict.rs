//! How the practice account stands by its own judgement: a function for each practice. It knows nothing of the wizard's
//! plans. What a policy says is decided by the wizard's evaluator all the same (`steps::policy`); `tests/decisions.rs`
//! holds that against one that others wrote.

use std::collections::BTreeSet;

use steps::policy::{Decision, Document, Principal, Request};
use winterbaume_core::StatefulService;
use winterbaume_costandusagereport::CostAndUsageReportStateView;
use winterbaume_iam::IamStateView;
use winterbaume_iam::views::{AttachedPolicyView, RoleView, UserView};
use winterbaume_s3::S3StateView;

use super::authorisation::default_document;
use super::kept::{Memory, UserKey};
use super::passwords::Password;
use super::rules::Rule;
use super::trails::Trail;
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
pub(crate) async fn verdict(services: &Services, memory: &Memory, now: u64) -> Vec<Finding> {
    let account = Judged {
        iam: services.iam.snapshot(ACCOUNT_ID, "us-east-1").await,
        s3: services.s3.snapshot(ACCOUNT_ID, "us-east-1").await,
        reports: services.reports.snapshot(ACCOUNT_ID, "us-east-1").await,
        memory,
        now,
    };
    [
        account.root_user(),
        account.mfa(),
        account.cloudtrail(),
        account.billing_report(),
        account.iam_practices(),
    ]
    .concat()
}

/// A password or key that nobody used for so long is unused. CIS AWS Foundations, "credentials unused for 45 days".
const UNUSED: u64 = 45 * 86_400;
/// CIS AWS Foundations, "access keys are rotated every 90 days".
const OLD: u64 = 90 * 86_400;
/// Where sign-ins of root are recorded. CloudTrail user guide, "AWS Management Console sign-in events".
const ROOT_SIGN_IN: [&str; 3] = ["us-east-1", "us-east-2", "us-west-2"];

/// The account as it is judged.
struct Judged<'a> {
    iam: IamStateView,
    s3: S3StateView,
    reports: CostAndUsageReportStateView,
    memory: &'a Memory,
    now: u64,
}

impl Judged<'_> {
    fn root_user(&self) -> Vec<Finding> {
        let policy = self.memory.password_policy.as_ref();
        findings(
            "root-user",
            [
                (
                    "password policy of 14 characters",
                    policy.is_some_and(|policy| policy.minimum_length >= 14),
                ),
                ("an administrator in a group with full rights", !administrators(&self.iam).is_empty()),
                ("no access keys of root", self.memory.root.keys.is_empty()),
            ],
        )
    }

    fn mfa(&self) -> Vec<Finding> {
        let admins = administrators(&self.iam);
        let have_mfa = admins.iter().all(|admin| self.memory.has_device(admin));
        let are_refused = admins.iter().all(|admin| is_refused_without_mfa(&self.iam, admin));
        findings(
            "mfa",
            [
                ("every administrator has MFA", !admins.is_empty() && have_mfa),
                ("root has MFA", self.memory.root_has_device()),
                ("without MFA administrators are refused", !admins.is_empty() && are_refused),
            ],
        )
    }

    fn cloudtrail(&self) -> Vec<Finding> {
        let trail = self.memory.trails.values().find(|trail| records_everything(trail));
        let bucket = |holds: fn(&Document, &str) -> bool| {
            trail.is_some_and(|trail| self.is_of_bucket(&trail.bucket, holds))
        };
        findings(
            "cloudtrail",
            [
                ("a validated trail for all Regions logs", trail.is_some()),
                ("its bucket is locked down", bucket(is_locked_down)),
                ("others than administrators cannot read it", bucket(keeps_from_reading)),
            ],
        )
    }

    fn billing_report(&self) -> Vec<Finding> {
        let buckets = self.buckets_of_bills();
        let a_bucket = |holds: fn(&Document, &str) -> bool| {
            buckets.iter().any(|bucket| self.is_of_bucket(bucket, holds))
        };
        findings(
            "billing-report",
            [
                ("a report is defined", !buckets.is_empty()),
                ("its bucket is locked down", a_bucket(is_locked_down)),
                ("others than administrators cannot change the bills", a_bucket(keeps_from_changing)),
            ],
        )
    }

    fn iam_practices(&self) -> Vec<Finding> {
        let memory = self.memory;
        let is_old = |key: &UserKey| self.is_longer_ago(key.key.made, OLD);
        let looks_for_outsiders = memory.analyzers.values().any(|analyzer| analyzer.kind == "ACCOUNT");
        let is_blocked = memory.public_access.is_some_and(|block| block.blocks_everything());
        findings(
            "iam-practices",
            [
                ("users have their permissions through groups", self.permissions_come_through_groups()),
                ("no password or access key of a user is unused", !self.is_something_unused()),
                ("no access key of a user is old", !self.active_keys().any(is_old)),
                ("a role for AWS Support", self.has_support_role()),
                ("an analyzer of access from outside", looks_for_outsiders),
                ("a contact for security notices", memory.contacts.contains_key("SECURITY")),
                ("S3 blocks public access in the whole account", is_blocked),
                ("an e-mail tells of sign-ins of root", self.tells_of_root()),
            ],
        )
    }

    /// Whether a bucket has a policy, and something holds of it.
    fn is_of_bucket(&self, bucket: &str, holds: fn(&Document, &str) -> bool) -> bool {
        let policy = self.s3.buckets.get(bucket).and_then(|bucket| bucket.policy.as_deref());
        policy.and_then(|policy| Document::parse(policy).ok()).is_some_and(|policy| holds(&policy, bucket))
    }

    /// The buckets of reports and of exports.
    fn buckets_of_bills(&self) -> Vec<&str> {
        let of_reports = self.reports.reports.values().map(|report| report.s3_bucket.as_str());
        let destinations =
            self.memory.exports.values().map(|export| &export.definition["DestinationConfigurations"]);
        let of_exports = destinations.filter_map(|found| found["S3Destination"]["S3Bucket"].as_str());
        of_reports.chain(of_exports).collect()
    }

    fn permissions_come_through_groups(&self) -> bool {
        let has_own =
            |user: &UserView| !(user.attached_policies.is_empty() && user.inline_policies.is_empty());
        !self.iam.users.is_empty() && !self.iam.users.values().any(has_own)
    }

    fn is_something_unused(&self) -> bool {
        let key = |key: &UserKey| key.known.last_use.as_ref().map_or(key.key.made, |(time, ..)| *time);
        let passwords = self.iam.login_profiles.keys().filter_map(|user| self.memory.passwords.get(user));
        let password = |password: &Password| password.used.unwrap_or_default().max(password.changed);
        let mut last_uses = self.active_keys().map(key).chain(passwords.map(password));
        last_uses.any(|last| self.is_longer_ago(last, UNUSED))
    }

    fn active_keys(&self) -> impl Iterator<Item = &UserKey> {
        self.memory.keys.values().filter(|key| key.key.active)
    }

    fn is_longer_ago(&self, time: u64, seconds: u64) -> bool {
        self.now >= time + seconds
    }

    fn has_support_role(&self) -> bool {
        let lets = |role: &RoleView| {
            let mut policies = role.attached_policies.iter();
            policies.any(|policy| policy.policy_arn == "arn:aws:iam::aws:policy/AWSSupportAccess")
        };
        self.iam.roles.values().any(lets)
    }

    /// Whether a rule hears of root wherever it signs in, and somebody who has said yes to it gets its e-mails.
    fn tells_of_root(&self) -> bool {
        let tells = |rule: &str, found: &Rule| {
            found.hears_root() && found.targets().any(|topic| self.memory.mails(topic, rule))
        };
        ROOT_SIGN_IN.into_iter().all(|region| {
            let mut rules = self.memory.rules.iter();
            rules.any(|(arn, rule)| arn.split(':').nth(3) == Some(region) && tells(arn, rule))
        })
    }
}

fn findings<const N: usize>(practice: &'static str, findings: [(&'static str, bool); N]) -> Vec<Finding> {
    findings.into_iter().map(|(what, in_place)| Finding { practice, what, in_place }).collect()
}

fn records_everything(trail: &Trail) -> bool {
    let is_whole = trail.multi_region && trail.validated && trail.global && trail.selectors.is_none();
    is_whole && trail.logging_since.is_some()
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

fn keeps_from_reading(policy: &Document, bucket: &str) -> bool {
    denies_stranger(policy, "s3:GetObject", &format!("arn:aws:s3:::{bucket}/AWSLogs/file"))
}

/// From replacing or deleting a file, and from changing who may.
fn keeps_from_changing(policy: &Document, bucket: &str) -> bool {
    let (arn, file) = (format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/cur/file"));
    [("s3:PutObject", &file), ("s3:DeleteObject", &file), ("s3:PutBucketPolicy", &arn)]
        .into_iter()
        .all(|(action, resource)| denies_stranger(policy, action, resource))
}

/// A user who is no administrator.
fn denies_stranger(policy: &Document, action: &str, resource: &str) -> bool {
    let who = format!("arn:aws:iam::{ACCOUNT_ID}:user/stranger");
    let context = [
        ("aws:SecureTransport", "true"),
        ("aws:PrincipalArn", who.as_str()),
        ("aws:PrincipalIsAWSService", "false"),
    ];
    let request = Request { principal: Principal::Aws(&who), action, resource, context: &context };
    policy.decide(&request) == Decision::Denied
}
