//! Who counts as the administrator: who has signed in under the name and has the rights. Until then the run goes on as
//! whom it was started with, and where only a new sign-in helps, it says so.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use dayone::event::StepReport;
use dayone::rehearsal::Clock;
use serde_json::{Value, json};
use steps::answers::LOGIN_PROFILE;
use steps::mfa::{POLICY_NAME, enrolment_policy_document, policy_document};
use steps::practice::{State, StepId};
use support::actor::Actor;
use support::files;
use support::stage::{Errand, Played, Stage, UNTIL_MFA_IS_REQUIRED, state_of};

const ADMINISTRATOR_ACCESS: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const REQUIRED: &str = "arn:aws:iam::111122223333:policy/dayone-require-mfa";

/// Longer than a sign-in in the browser lasts.
const THIRTEEN_HOURS: Duration = Duration::from_secs(13 * 3600);

/// An account with a user alice, whose access key is in the profile that runs look into.
async fn with_alice_signed_in() -> Stage {
    let stage = Stage::new();
    stage.user("alice").await;
    let key = stage.key_of("alice").await;
    let (id, secret) = (key.access_key_id(), key.secret_access_key());
    let profile = format!("[{LOGIN_PROFILE}]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
    let file = files(stage.folder()).credentials;
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, profile).unwrap();
    stage
}

/// Puts alice into the administrators' group, which has these policies.
async fn in_group(stage: &Stage, policies: &[&str]) {
    let iam = stage.root().await.iam();
    iam.create_group().group_name("Administrators").send().await.unwrap();
    for policy in policies {
        iam.attach_group_policy().group_name("Administrators").policy_arn(*policy).send().await.unwrap();
    }
    iam.add_user_to_group().group_name("Administrators").user_name("alice").send().await.unwrap();
}

async fn inline_policy(stage: &Stage, document: String) {
    let iam = stage.root().await.iam();
    let put = iam.put_user_policy().user_name("alice").policy_name("own").policy_document(document);
    put.send().await.unwrap();
}

async fn requires_mfa(stage: &Stage) {
    let iam = stage.root().await.iam();
    let create = iam.create_policy().policy_name(POLICY_NAME).policy_document(policy_document("aws"));
    create.send().await.unwrap();
}

/// How the sign-in stands as root sees it.
async fn sign_in_seen(stage: &Stage) -> StepReport {
    let errand = Errand { attended: true, ..stage.errand(json!({}), &[StepId::AdminSignIn]) };
    let reports = stage.look(&errand).await.unwrap();
    reports.into_iter().find(|report| report.step == StepId::AdminSignIn).unwrap()
}

fn journal(stage: &Stage) -> Vec<Value> {
    let text = std::fs::read_to_string(stage.folder().join("state/journal.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// By whom the change of a resource was begun.
fn caller_of(journal: &[Value], resource: &str) -> String {
    let line = journal.iter().find(|line| line["resource"] == resource && line["event"] == "intent");
    line.unwrap_or_else(|| panic!("{resource} was not changed"))["caller"].as_str().unwrap().to_owned()
}

/// A group of our name that others have is a question. With nobody there nobody is put into it, and the plan says so.
#[tokio::test(start_paused = true)]
async fn nobody_is_put_into_a_group_of_others() {
    let stage = Stage::new();
    let iam = stage.root().await.iam();
    for user in ["alice", "mallory"] {
        stage.user(user).await;
    }
    iam.create_group().group_name("Administrators").send().await.unwrap();
    iam.add_user_to_group().group_name("Administrators").user_name("mallory").send().await.unwrap();
    let errand = stage.errand(json!({}), &[StepId::AdminGroup, StepId::AdminUser]);
    let planned = stage.look(&errand).await.unwrap();
    let played = stage.play(&errand, Actor::unattended(stage.clock.clone())).await.finished();
    assert_eq!(played.made(), Vec::<String>::new());
    for (step, state) in [(StepId::AdminGroup, State::NeedsPerson), (StepId::AdminUser, State::Blocked)] {
        assert_eq!((state_of(&planned, step), played.state(step)), (state, state), "{step}");
    }
    assert!(planned.iter().all(|report| report.changes.is_empty()), "{planned:?}");
}

/// An auditor may look at everything, and is no administrator: root makes one of alice, and then alice goes on.
#[tokio::test(start_paused = true)]
async fn root_goes_on_until_who_is_signed_in_has_the_rights() {
    let stage = with_alice_signed_in().await;
    let iam = stage.root().await.iam();
    let audit = iam.attach_user_policy().user_name("alice");
    audit.policy_arn("arn:aws:iam::aws:policy/SecurityAudit").send().await.unwrap();
    assert_eq!(sign_in_seen(&stage).await.state, State::Blocked, "there is no group yet");

    let person = Actor::attended(stage.clock.clone());
    let errand = stage.errand(json!({}), &UNTIL_MFA_IS_REQUIRED);
    let played = stage.play(&errand, person).await.finished();
    assert_eq!(played.left(), []);
    let journal = journal(&stage);
    let [root, alice] = ["root", "user/alice"].map(|who| format!("arn:aws:iam::111122223333:{who}"));
    assert_eq!(caller_of(&journal, "iam:group/Administrators"), root);
    assert_eq!(caller_of(&journal, "iam:user/alice"), root);
    assert_eq!(caller_of(&journal, "iam:login-profile/alice"), alice);
    assert_eq!(caller_of(&journal, REQUIRED), alice);
}

/// Signed in is not yet let in. What is missing is said, and root's access keys wait for it.
#[tokio::test(start_paused = true)]
async fn whoever_is_refused_is_told_why() {
    let denies_all = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "No", "Effect": "Deny", "Action": "*", "Resource": "*"}
    ]});

    let denied = with_alice_signed_in().await;
    in_group(&denied, &[ADMINISTRATOR_ACCESS]).await;
    inline_policy(&denied, denies_all.to_string()).await;

    let without_device = with_alice_signed_in().await;
    requires_mfa(&without_device).await;
    in_group(&without_device, &[ADMINISTRATOR_ACCESS, REQUIRED]).await;

    for (stage, words) in [(denied, "which policy denies it"), (without_device, "Enrol one")] {
        let seen = sign_in_seen(&stage).await;
        assert_eq!(seen.state, State::NeedsPerson, "{seen:?}");
        let task = seen.person.unwrap();
        assert!(task.what.en.starts_with("alice has signed in, but AWS refuses"), "{}", task.what.en);
        assert!(task.how[0].en.contains(words), "{}", task.how[0].en);
        let errand = Errand { attended: true, ..stage.errand(json!({}), &[StepId::RootAccessKeys]) };
        let reports = stage.look(&errand).await.unwrap();
        assert_eq!(state_of(&reports, StepId::RootAccessKeys), State::Blocked);
    }
}

/// A device does not make an administrator of somebody who may do nothing but enrol it. Where MFA alone is missing, a code
/// is all that is left.
#[tokio::test(start_paused = true)]
async fn who_is_locked_out_by_mfa_alone_counts_as_signed_in() {
    let stage = with_alice_signed_in().await;
    inline_policy(&stage, enrolment_policy_document("aws")).await;
    stage.device("alice", "alice").await;
    assert_eq!(sign_in_seen(&stage).await.state, State::Blocked, "alice is in no group");

    requires_mfa(&stage).await;
    in_group(&stage, &[ADMINISTRATOR_ACCESS, REQUIRED]).await;
    let seen = sign_in_seen(&stage).await;
    assert_eq!(seen.state, State::InPlace, "{seen:?}");
    assert!(seen.found.unwrap().en.contains("MFA is needed for more"));
}

/// A clock that is thirteen hours slow against this computer's, by which the age of a device is told.
fn slow_clock() -> Clock {
    let begin = tokio::time::Instant::now();
    let start = SystemTime::now() - THIRTEEN_HOURS;
    Arc::new(move || start + begin.elapsed())
}

async fn by_browser(
    stage: &Stage,
    login: aws_credential_types::Credentials,
    steps: &[StepId],
) -> Played<Actor> {
    let answers = json!({"admin": {"access_key_profile": null}});
    let person = Actor::attended(stage.clock.clone()).in_browser(stage);
    stage.play(&Errand { login, ..stage.errand(answers, steps) }, person).await
}

async fn policies_of_the_group(stage: &Stage) -> Vec<String> {
    let request = stage.root().await.iam().list_attached_group_policies().group_name("Administrators");
    let found = request.send().await.unwrap();
    found.attached_policies().iter().filter_map(|policy| policy.policy_arn().map(ToOwned::to_owned)).collect()
}

/// By the age of the device the sign-in should carry MFA. It does not: the policy is taken off again at once.
#[tokio::test(start_paused = true)]
async fn a_policy_that_stops_who_attached_it_is_taken_off_again() {
    let stage = Stage::at(slow_clock());
    let played = by_browser(&stage, stage.account.root_login(), &UNTIL_MFA_IS_REQUIRED).await;
    let (what, next) = played.result.unwrap_err().text();
    assert!(what.en.contains("taken off the group Administrators again"), "{}", what.en);
    assert!(what.ko.contains("다시 해제했습니다"), "{}", what.ko);
    assert!(next.unwrap().en.contains("Sign in again with aws login"));
    assert_eq!(policies_of_the_group(&stage).await, [ADMINISTRATOR_ACCESS]);
    assert!(stage.account.who_can_get_in().await.can("alice"));
}

/// The key that the run was started with is gone, so nobody can take it off: the administrator signs in again, and the
/// run goes on.
#[tokio::test(start_paused = true)]
async fn without_anybody_else_the_administrator_signs_in_again() {
    let stage = Stage::at(slow_clock());
    let [before, after] = [&UNTIL_MFA_IS_REQUIRED[..4], &UNTIL_MFA_IS_REQUIRED[4..]];
    let steps = [before, &[StepId::RootAccessKeys], after].concat();
    let played = by_browser(&stage, stage.account.root_access_key(), &steps).await.finished();
    assert_eq!(played.left(), []);
    assert_eq!(stage.account.snapshot().await["root"]["keys"], 0);
    let mut policies = policies_of_the_group(&stage).await;
    policies.sort();
    assert_eq!(policies, [REQUIRED, ADMINISTRATOR_ACCESS]);
    let asked = played.told.steps.iter().filter(|report| report.step == StepId::RequireMfa);
    let again = asked.filter(|report| {
        report.person.as_ref().is_some_and(|task| task.what.en.contains("stops the present sign-in"))
    });
    assert_eq!(again.count(), 1);
}
