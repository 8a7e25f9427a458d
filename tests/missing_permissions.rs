//! Looking at an account with each permission missing in turn: a look never fails, never says in place of what it could
//! not see, and names the permission. It is taken by a user who has what `dayone policy` prints and nothing else.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use aws_credential_types::Credentials;
use dayone::event::StepReport;
use dayone::rehearsal::ConsoleAction;
use serde_json::{Value, json};
use steps::permissions;
use steps::policy::Document;
use steps::practice::State;
use steps::practice::StepId::{
    self, ActivityMonitoring, AdminGroup, AdminMfa, AdminSignIn, AdminUser, IndividualUsers, KeyRotation,
    LeastPrivilege, LogDelivery, PasswordPolicy, PermissionsThroughGroups, Report, ReportBucket,
    ReportDelivery, RequireMfa, RolesNotKeys, RootAccessKeys, RootMfa, Trail, TrailBucket, UnusedCredentials,
    UsersMfa,
};
use support::actor::Actor;
use support::stage::{Errand, Stage, state_of};

const BUCKETS: &[StepId] = &[TrailBucket, ReportBucket];
const REPORTS: &[StepId] = &[ReportBucket, Report, ReportDelivery];
const TRAILS: &[StepId] = &[TrailBucket, Trail, LogDelivery];
/// Who would notice something is told with what records it.
const TRAILS_AND_WATCHING: &[StepId] = &[TrailBucket, Trail, LogDelivery, ActivityMonitoring];
const RIGHTS: &[StepId] = &[IndividualUsers, PermissionsThroughGroups, LeastPrivilege];
const CREDENTIALS: &[StepId] =
    &[IndividualUsers, UnusedCredentials, KeyRotation, RolesNotKeys, ActivityMonitoring];
const ROOT: &[StepId] = &[RootAccessKeys, RootMfa];
const WATCHING: &[StepId] = &[ActivityMonitoring];
const NOTHING: &[StepId] = &[];

/// What rests on each read: the steps in an account in which everything is done, and those in a fresh one.
const RESTS: [(&str, &[StepId], &[StepId]); 57] = [
    ("access-analyzer:ListAnalyzers", WATCHING, WATCHING),
    // Only told beside the name of the account.
    ("account:GetAccountInformation", NOTHING, NOTHING),
    ("account:GetAlternateContact", WATCHING, WATCHING),
    // Only where Event History is asked about root's keys, which root does.
    ("account:ListRegions", NOTHING, NOTHING),
    ("bcm-data-exports:GetExport", REPORTS, NOTHING),
    ("bcm-data-exports:ListExecutions", &[ReportDelivery], NOTHING),
    ("bcm-data-exports:ListExports", REPORTS, REPORTS),
    ("budgets:ViewBudget", &[Report], NOTHING),
    ("cloudtrail:DescribeTrails", TRAILS_AND_WATCHING, TRAILS_AND_WATCHING),
    ("cloudtrail:GetEventSelectors", &[Trail], NOTHING),
    ("cloudtrail:GetTrailStatus", &[Trail, LogDelivery], NOTHING),
    // A trail that is good enough needs no other; without one, there may be one in another Region.
    ("cloudtrail:ListTrails", NOTHING, TRAILS),
    // Only where a key has been off for long.
    ("cloudtrail:LookupEvents", NOTHING, NOTHING),
    ("cur:DescribeReportDefinitions", REPORTS, REPORTS),
    ("events:DescribeRule", WATCHING, WATCHING),
    ("events:ListTargetsByRule", WATCHING, NOTHING),
    ("freetier:GetAccountPlanState", NOTHING, NOTHING),
    ("iam:GenerateCredentialReport", CREDENTIALS, CREDENTIALS),
    // Only told beside other keys, and looked at where one is old.
    ("iam:GetAccessKeyLastUsed", &[AdminSignIn], NOTHING),
    ("iam:GetAccountAuthorizationDetails", RIGHTS, RIGHTS),
    ("iam:GetAccountPasswordPolicy", &[PasswordPolicy], &[PasswordPolicy]),
    ("iam:GetAccountSummary", ROOT, ROOT),
    ("iam:GetCredentialReport", CREDENTIALS, CREDENTIALS),
    (
        "iam:GetGroup",
        &[AdminGroup, AdminUser, RequireMfa, TrailBucket, ReportBucket],
        &[AdminGroup, AdminUser, RequireMfa, TrailBucket, ReportBucket],
    ),
    ("iam:GetLoginProfile", &[AdminUser], NOTHING),
    ("iam:GetPolicyVersion", &[RequireMfa], NOTHING),
    // Only where no role may talk to AWS Support yet.
    ("iam:GetRole", NOTHING, WATCHING),
    ("iam:GetUser", &[AdminUser, AdminSignIn], &[AdminUser, AdminSignIn, TrailBucket, ReportBucket]),
    ("iam:ListAccessKeys", &[AdminSignIn, RequireMfa], NOTHING),
    ("iam:ListAccountAliases", NOTHING, NOTHING),
    ("iam:ListAttachedGroupPolicies", &[AdminGroup, AdminUser, RequireMfa], NOTHING),
    ("iam:ListEntitiesForPolicy", WATCHING, WATCHING),
    ("iam:ListGroupPolicies", &[AdminGroup, AdminUser], NOTHING),
    // Only where the run has a session with MFA, and compares.
    ("iam:ListGroups", NOTHING, NOTHING),
    ("iam:ListMFADevices", &[AdminMfa, RequireMfa, UsersMfa], &[AdminMfa, UsersMfa]),
    ("iam:ListPolicyVersions", &[RequireMfa], &[RequireMfa]),
    ("iam:ListUsers", &[UsersMfa], &[UsersMfa]),
    ("iam:ListVirtualMFADevices", &[UsersMfa], &[AdminMfa, UsersMfa]),
    ("kms:DescribeKey", &[TrailBucket], &[TrailBucket]),
    ("kms:GetKeyPolicy", &[TrailBucket], NOTHING),
    ("kms:GetKeyRotationStatus", &[TrailBucket], NOTHING),
    ("organizations:DescribeOrganization", NOTHING, NOTHING),
    ("s3:GetAccountPublicAccessBlock", WATCHING, WATCHING),
    // Only where access control lists are on, which they are in no new bucket.
    ("s3:GetBucketAcl", NOTHING, NOTHING),
    ("s3:GetBucketObjectLockConfiguration", &[TrailBucket], NOTHING),
    ("s3:GetBucketOwnershipControls", BUCKETS, NOTHING),
    ("s3:GetBucketPolicy", BUCKETS, NOTHING),
    ("s3:GetBucketPublicAccessBlock", BUCKETS, NOTHING),
    ("s3:GetBucketTagging", BUCKETS, NOTHING),
    ("s3:GetBucketVersioning", BUCKETS, NOTHING),
    ("s3:GetEncryptionConfiguration", BUCKETS, NOTHING),
    ("s3:GetLifecycleConfiguration", BUCKETS, NOTHING),
    // Only for a bucket whose name any account could have.
    ("s3:ListAllMyBuckets", NOTHING, NOTHING),
    // A bucket that is there is found by its policy too.
    ("s3:ListBucket", NOTHING, BUCKETS),
    ("sns:GetTopicAttributes", WATCHING, WATCHING),
    ("sns:ListSubscriptionsByTopic", WATCHING, NOTHING),
    // Nobody can be denied it.
    ("sts:GetCallerIdentity", NOTHING, NOTHING),
];

/// Whoever looks has neither a device nor a console password. Where the second cannot be seen, it is a user who has yet
/// to enrol a device.
const TAKEN_FOR_A_PERSON: (&str, StepId) = ("iam:GetLoginProfile", UsersMfa);

#[test]
fn every_permission_of_the_printed_policy_is_on_the_list() {
    let policy = Document::parse(permissions::CHECK).unwrap();
    let printed: BTreeSet<_> =
        policy.statement.iter().flat_map(|statement| statement.action.0.iter().map(String::as_str)).collect();
    let listed: BTreeSet<_> = RESTS.iter().map(|(action, ..)| *action).collect();
    assert_eq!(listed, printed);
}

/// An account, and a user of it who has what `dayone policy` prints and works from another machine.
struct Auditor {
    machine: Stage,
    login: Credentials,
}

impl Auditor {
    async fn of(stage: &Stage) -> Self {
        let iam = stage.root().await.iam();
        iam.create_group().group_name("Auditors").send().await.unwrap();
        let policy = iam.put_group_policy().group_name("Auditors").policy_name("dayone-check");
        policy.policy_document(permissions::CHECK).send().await.unwrap();
        stage.user("auditor").await;
        iam.add_user_to_group().group_name("Auditors").user_name("auditor").send().await.unwrap();
        Self { machine: stage.elsewhere(), login: stage.key_of("auditor").await }
    }

    /// How the steps stand while these permissions are denied, where reports of this kind are asked for.
    async fn look(&self, kind: &str, denied: &[&str]) -> Vec<StepReport> {
        let mut answers = with_every_option(kind);
        answers["admin"] = json!({"console_password_file": "alice.txt"});
        let errand = Errand { login: self.login.clone(), ..self.machine.errand(answers, &[]) };
        self.machine.account.deny(denied);
        let looked = self.machine.look(&errand).await;
        self.machine.account.deny(&[]);
        looked.unwrap_or_else(|failure| panic!("without {denied:?}: {failure}"))
    }

    /// Without a permission, the steps that rest on it say what was not seen, and every other stands as it does with it.
    async fn assert_rests(&self, action: &str, steps: &[StepId], with: &[StepReport]) {
        for report in self.look(kind_of(action), &[action]).await {
            let (place, before) = (format!("without {action}: {report:?}"), state_of(with, report.step));
            if (action, report.step) == TAKEN_FOR_A_PERSON {
                assert_eq!((report.state, before), (State::NeedsPerson, State::InPlace), "{place}");
            } else if steps.contains(&report.step) {
                assert!(says_what_is_missing(&report, action), "{place}");
            } else {
                let held_up = report.state == State::Blocked && before != State::InPlace;
                assert!(report.state == before || held_up, "{place} instead of {before:?}");
            }
        }
    }
}

/// Exports are looked at only where the answers ask for them, and classic reports where they do not.
fn kind_of(action: &str) -> &'static str {
    if action.starts_with("bcm-data-exports:") { "cur-2.0" } else { "cur" }
}

/// What an option rests on is read only where the answers have it on.
fn with_every_option(kind: &str) -> Value {
    json!({
        "billing": {"kind": kind, "budget_email": "costs@example.com"},
        "trail": {"kms": true, "object_lock_days": 30, "root_alarm_email": "security@example.com"},
    })
}

/// An account in which everything is done: classic reports and exports, and event selectors that say what holds anyway.
async fn finished_account() -> Stage {
    let stage = Stage::new();
    let mut seed = None;
    for kind in ["cur", "cur-2.0"] {
        let errand = stage.errand(with_every_option(kind), &[]);
        let person = Actor::attended(stage.clock.clone()).with_seed(seed);
        seed = stage.play(&errand, person).await.finished().operator.seed;
    }
    stage.account.console(ConsoleAction::RootMfa).await;
    stage.account.console(ConsoleAction::ConfirmEmail).await;
    let all = json!([{"ReadWriteType": "All", "IncludeManagementEvents": true}]);
    stage.selectors("day-one", all).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    stage
}

#[tokio::test(start_paused = true)]
async fn in_a_finished_account_nothing_is_in_place_that_was_not_seen() {
    let auditor = Auditor::of(&finished_account().await).await;
    for kind in ["cur", "cur-2.0"] {
        let with = auditor.look(kind, &[]).await;
        for report in &with {
            assert_eq!(report.state, State::InPlace, "{kind}: {report:?}");
        }
        for (action, steps, _) in RESTS.iter().filter(|(action, ..)| kind_of(action) == kind) {
            auditor.assert_rests(action, steps, &with).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn in_a_fresh_account_nothing_is_in_place_that_was_not_seen() {
    let auditor = Auditor::of(&Stage::new()).await;
    for kind in ["cur", "cur-2.0"] {
        let with = auditor.look(kind, &[]).await;
        for report in &with {
            assert_ne!(report.state, State::NotAssessed, "{kind}: {report:?}");
        }
        for (action, _, steps) in RESTS.iter().filter(|(action, ..)| kind_of(action) == kind) {
            auditor.assert_rests(action, steps, &with).await;
        }
    }
}

/// With nobody to go on as, all that root does not do itself is done with what is printed: nothing is refused, and nothing
/// is left that `dayone` could do.
#[tokio::test(start_paused = true)]
async fn the_printed_policy_of_apply_is_enough() {
    for kind in ["cur", "cur-2.0"] {
        let stage = Stage::new();
        let login = robot(&stage).await;
        let mut answers = with_every_option(kind);
        answers["admin"] = json!({"access_key_profile": null, "console_password_file": "alice.txt"});
        answers["iam"] = json!({"move_to_groups": true, "disable_unused": true});
        let errand = Errand { login, ..stage.errand(answers, &[]) };
        let played = stage.play(&errand, Actor::unattended(stage.clock.clone())).await.finished();
        for report in &played.reports {
            let is_left = [State::ToChange, State::NotAssessed].contains(&report.state);
            assert!(!is_left, "{kind}: {report:?}");
        }
        assert!(played.changes_made > 40, "{kind}: {:?}", played.made());
    }
}

/// A user in a group that has what `dayone policy --apply` prints, and nothing else.
async fn robot(stage: &Stage) -> Credentials {
    let iam = stage.root().await.iam();
    iam.create_group().group_name("Robots").send().await.unwrap();
    let policy = iam.create_policy().policy_name("dayone-apply").policy_document(permissions::apply("aws"));
    let made = policy.send().await.unwrap();
    let arn = made.policy().and_then(|policy| policy.arn()).unwrap();
    iam.attach_group_policy().group_name("Robots").policy_arn(arn).send().await.unwrap();
    stage.user("robot").await;
    iam.add_user_to_group().group_name("Robots").user_name("robot").send().await.unwrap();
    stage.key_of("robot").await
}

/// Of a step that has several parts, those that were seen may be left to do; then a note says what was not seen.
fn says_what_is_missing(report: &StepReport, action: &str) -> bool {
    let names = |words: &str| words.contains(&format!("the read {action} "));
    let in_reason = report.reason.as_ref().is_some_and(|reason| names(&reason.en));
    let in_notes = report.notes.iter().any(|note| names(&note.en));
    match report.state {
        State::NotAssessed => in_reason,
        State::ToChange | State::NeedsPerson => in_notes && report.step == ActivityMonitoring,
        _ => false,
    }
}
