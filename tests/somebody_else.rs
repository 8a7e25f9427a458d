//! Somebody else is at work on the account at the same time. What was approved is what is made, or the run stops and
//! says what is not as it was; the next run sees the account as it is now, and goes on.
//!
//! The other one comes in right before a call of the run arrives, which is the worst moment there is.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::fmt::{Debug, Formatter};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use dayone::rehearsal::{Clock, PracticeAccount};
use serde_json::{Value, json};
use steps::aws::{Access, Connection, Identity};
use steps::mfa::POLICY_NAME;
use steps::policy::Document;
use steps::practice::{State, StepId};
use support::{Ended, clock, difference, files, walk, walk_through};
use tempfile::TempDir;

/// The bucket of the trail, and the policy that somebody else gives it.
const BUCKET: &str = "dayone-trail-111122223333-us-east-1-an";
const OTHER: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"SomebodyElse","Effect":"Deny",
    "Principal":"*","Action":"s3:PutBucketWebsite","Resource":"arn:aws:s3:::dayone-trail-111122223333-us-east-1-an"}]}"#;

/// What the other one does, as root.
type Doing = Arc<dyn Fn(Identity) -> Deed + Send + Sync>;
type Deed = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The account, with somebody who does something right before an operation is first asked for.
#[derive(Clone)]
struct Meddled {
    account: PracticeAccount,
    before: &'static str,
    doing: Doing,
    done: Arc<AtomicBool>,
}

/// One connection to it.
#[derive(Debug)]
struct Line {
    meddled: Meddled,
    to_account: SharedHttpConnector,
}

impl Meddled {
    async fn hear_of(&self, operation: &str) {
        if operation != self.before || self.done.swap(true, Ordering::SeqCst) {
            return;
        }
        let (account, nowhere) = (&self.account, tempfile::tempdir().unwrap());
        let client = account.http_client();
        let other =
            Connection::through(client, account.root_login(), files(nowhere.path()), Access::ReadWrite);
        (self.doing)(other.started_as().await.unwrap()).await;
    }
}

/// The operation of IAM or of a JSON service; for S3, what of the bucket is written.
fn operation(request: &HttpRequest) -> String {
    if let Some(target) = request.headers().get("x-amz-target") {
        return target.rsplit('.').next().unwrap_or_default().to_owned();
    }
    let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
    let action = body.split('&').find_map(|pair| pair.strip_prefix("Action=")).map(ToOwned::to_owned);
    action
        .unwrap_or_else(|| format!("{} {}", request.method(), request.uri().split('?').nth(1).unwrap_or("")))
}

impl Debug for Meddled {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meddled").field("before", &self.before).finish_non_exhaustive()
    }
}

impl HttpClient for Meddled {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let to_account = self.account.http_client().http_connector(settings, components);
        SharedHttpConnector::new(Line { meddled: self.clone(), to_account })
    }
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (meddled, to_account) = (self.meddled.clone(), self.to_account.clone());
        let asked = operation(&request);
        HttpConnectorFuture::new(async move {
            meddled.hear_of(&asked).await;
            to_account.call(request).await
        })
    }
}

/// One run with somebody else in it, and what is needed for the next.
struct Scene {
    folder: TempDir,
    clock: Clock,
    account: PracticeAccount,
    ended: Ended,
}

impl Scene {
    /// Runs once, with somebody who does something right before an operation is asked for.
    async fn play<F>(before: &'static str, doing: impl Fn(Identity) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
        let account = PracticeAccount::in_memory(clock.clone()).unwrap();
        let doing: Doing = Arc::new(move |identity| Box::pin(doing(identity)) as Deed);
        let done = Arc::new(AtomicBool::new(false));
        let meddled = Meddled { account: account.clone(), before, doing, done: done.clone() };
        let login = account.root_login();
        let client = SharedHttpClient::new(meddled);
        let connection = Connection::through(client, login, files(folder.path()), Access::ReadWrite);
        let ended = Box::pin(walk_through(connection, &clock, folder.path(), None, json!({}))).await;
        assert!(done.load(Ordering::SeqCst), "{before} was never asked for");
        Self { folder, clock, account, ended }
    }

    /// What stopped the run, in AWS's words and ours.
    fn trouble(&self) -> String {
        let failure = self.ended.result.as_ref().unwrap_err();
        let (what, next) = failure.text();
        assert!(next.is_some(), "{failure:?} says nothing of what to do");
        format!("{} {failure}", what.en)
    }

    /// The next run, with nobody else about, gets to its end, and the one after it has nothing to do.
    async fn goes_on(&mut self) {
        let seed = self.ended.seed.clone();
        let again = walk(&self.account, &self.clock, self.folder.path(), seed, json!({})).await;
        again.result.as_ref().unwrap_or_else(|error| panic!("{error}"));
        let third = walk(&self.account, &self.clock, self.folder.path(), again.seed.clone(), json!({})).await;
        assert_eq!(third.changes_made, 0);
        self.ended = third;
    }
}

async fn undisturbed() -> Value {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let account = PracticeAccount::in_memory(clock.clone()).unwrap();
    walk(&account, &clock, folder.path(), None, json!({})).await.result.unwrap();
    account.snapshot().await
}

#[tokio::test(start_paused = true)]
async fn a_user_that_is_deleted_meanwhile_stops_the_run_and_is_made_again() {
    let mut scene = Scene::play("AddUserToGroup", |other| async move {
        other.iam().delete_user().user_name("alice").send().await.unwrap();
    })
    .await;
    let trouble = scene.trouble();
    assert!(trouble.contains("NoSuchEntity") && trouble.contains("alice"), "{trouble}");
    assert_eq!(scene.account.snapshot().await["groups"]["Administrators"]["members"], json!([]));
    scene.goes_on().await;
    assert_eq!(difference(&scene.account.snapshot().await, &undisturbed().await), None);
}

/// What was said yes to is a new group. Its namesake would give a stranger full rights.
#[tokio::test(start_paused = true)]
async fn a_group_with_a_stranger_that_is_made_meanwhile_gets_no_rights() {
    let scene = Scene::play("CreateGroup", |other| async move {
        let iam = other.iam();
        iam.create_user().user_name("mallory").send().await.unwrap();
        iam.create_group().group_name("Administrators").send().await.unwrap();
        iam.add_user_to_group().user_name("mallory").group_name("Administrators").send().await.unwrap();
    })
    .await;
    let trouble = scene.trouble();
    assert!(trouble.contains("Somebody else has made Administrators meanwhile"), "{trouble}");
    let account = scene.account.snapshot().await;
    let group = &account["groups"]["Administrators"];
    assert_eq!(group["members"], json!(["mallory"]));
    assert!(!group.to_string().contains("AdministratorAccess"), "{group}");
}

/// An empty one may be ours, after an answer that was lost.
#[tokio::test(start_paused = true)]
async fn a_group_and_a_user_without_credentials_that_are_made_meanwhile_are_gone_on_with() {
    for operation in ["CreateGroup", "CreateUser"] {
        let mut scene = Scene::play(operation, move |other| async move {
            let iam = other.iam();
            if operation == "CreateGroup" {
                iam.create_group().group_name("Administrators").send().await.unwrap();
            } else {
                iam.create_user().user_name("alice").send().await.unwrap();
            }
        })
        .await;
        scene.ended.result.as_ref().unwrap_or_else(|error| panic!("{error}"));
        scene.goes_on().await;
        assert_eq!(difference(&scene.account.snapshot().await, &undisturbed().await), None, "{operation}");
    }
}

/// Somebody who can sign in as the namesake of the administrator gets no full rights unseen.
#[tokio::test(start_paused = true)]
async fn a_user_with_a_password_that_is_made_meanwhile_gets_no_rights() {
    let scene = Scene::play("CreateUser", |other| async move {
        let iam = other.iam();
        iam.create_user().user_name("alice").send().await.unwrap();
        let password = iam.create_login_profile().user_name("alice").password("Theirs-and-not-0urs!");
        password.send().await.unwrap();
    })
    .await;
    let trouble = scene.trouble();
    assert!(trouble.contains("Somebody else has made alice meanwhile"), "{trouble}");
    assert_eq!(scene.account.snapshot().await["groups"]["Administrators"]["members"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_group_that_is_renamed_meanwhile_stops_the_run_and_is_not_followed() {
    let mut scene = Scene::play("AddUserToGroup", |other| async move {
        let rename = other.iam().update_group().group_name("Administrators").new_group_name("Operators");
        rename.send().await.unwrap();
    })
    .await;
    let trouble = scene.trouble();
    assert!(trouble.contains("NoSuchEntity") && trouble.contains("Administrators"), "{trouble}");
    scene.goes_on().await;
    let (found, expected) = (scene.account.snapshot().await, undisturbed().await);
    assert_eq!(found["groups"]["Operators"]["members"], json!([]), "nobody was put into the other group");
    assert_eq!(difference(&found["groups"]["Administrators"], &expected["groups"]["Administrators"]), None);
    assert_eq!(difference(&found["users"], &expected["users"]), None);
}

/// Gives the bucket a policy of somebody else's.
async fn put_other_policy(other: Identity) {
    let account = other.caller.account.clone();
    let put = other.s3("us-east-1").put_bucket_policy().bucket(BUCKET).expected_bucket_owner(account);
    put.policy(OTHER).send().await.unwrap();
}

/// CloudTrail does not write where it may not. The run says which bucket it is, and the next one puts its statements
/// back beside those of the other.
#[tokio::test(start_paused = true)]
async fn a_bucket_policy_that_is_replaced_meanwhile_stops_the_run_and_is_mended() {
    let mut scene = Scene::play("CreateTrail", put_other_policy).await;
    let trouble = scene.trouble();
    assert!(trouble.contains("InsufficientS3BucketPolicy") && trouble.contains(BUCKET), "{trouble}");
    scene.goes_on().await;
    assert_both_policies(&scene).await;
}

/// The policy was planned for a bucket that had none. It is read again before it is put, so that the other's is not lost.
#[tokio::test(start_paused = true)]
async fn a_bucket_policy_that_is_put_before_ours_meanwhile_is_not_overwritten() {
    let mut scene = Scene::play("PUT tagging", put_other_policy).await;
    let trouble = scene.trouble();
    assert!(trouble.contains("SomebodyElse") && trouble.contains(BUCKET), "{trouble}");
    scene.goes_on().await;
    assert_both_policies(&scene).await;
}

/// Our statements are there as in an account that nobody else was in, and beside them that of the other.
async fn assert_both_policies(scene: &Scene) {
    let (found, expected) = (scene.account.snapshot().await, undisturbed().await);
    let policy =
        |account: &Value| Document::parse(account["buckets"][BUCKET]["policy"].as_str().unwrap()).unwrap();
    let (found, expected) = (policy(&found), policy(&expected));
    assert!(found.includes(&expected), "our statements are back");
    assert!(found.includes(&Document::parse(OTHER).unwrap()), "the statement of the other stays");
    assert_eq!(found.statement.len(), expected.statement.len() + 1);
}

/// S3 puts a policy as a whole and under no condition. Of two that are put in the same moment the later one stays, which is
/// the one that was approved; one that is put any later stays beside ours, and so does one that was there at the look.
#[tokio::test(start_paused = true)]
async fn a_bucket_policy_that_is_put_in_the_same_moment_gives_way_to_what_was_approved() {
    let scene = Scene::play("PUT policy", put_other_policy).await;
    scene.ended.result.as_ref().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(difference(&scene.account.snapshot().await, &undisturbed().await), None);
}

/// The policy that requires MFA was approved while the administrator had a device. Without one it is not attached: the run
/// says so and stops, root and the administrator are free of it, and the next run enrols a device first.
#[tokio::test(start_paused = true)]
async fn a_device_that_is_removed_meanwhile_keeps_the_policy_off_and_is_enrolled_again() {
    let mut scene = Scene::play("CreatePolicy", |other| async move {
        let serial = "arn:aws:iam::111122223333:mfa/alice";
        let iam = other.iam();
        iam.deactivate_mfa_device().user_name("alice").serial_number(serial).send().await.unwrap();
        iam.delete_virtual_mfa_device().serial_number(serial).send().await.unwrap();
    })
    .await;
    let trouble = scene.trouble();
    assert!(trouble.contains("alice has no MFA device any more"), "{trouble}");
    let group = scene.account.snapshot().await["groups"]["Administrators"].take();
    assert!(!group.to_string().contains(POLICY_NAME), "{group}");
    scene.goes_on().await;
    for step in [StepId::AdminMfa, StepId::RequireMfa] {
        assert_eq!(scene.ended.state(step), State::InPlace, "{step}");
    }
    assert_eq!(difference(&scene.account.snapshot().await, &undisturbed().await), None);
}

/// A key that appears after the others were shown is not one of those that were approved: it is shown in its turn.
#[tokio::test(start_paused = true)]
async fn a_key_of_root_that_is_made_meanwhile_is_not_deleted_unseen() {
    let scene = Scene::play("DeleteAccessKey", |other| async move {
        other.iam().create_access_key().send().await.unwrap();
    })
    .await;
    scene.ended.result.as_ref().unwrap_or_else(|error| panic!("{error}"));
    let journal = std::fs::read_to_string(scene.folder.path().join("state/journal.jsonl")).unwrap();
    let deletions = journal
        .lines()
        .filter(|line| line.contains("\"event\":\"intent\"") && line.contains("\"verb\":\"delete\""));
    assert_eq!(deletions.count(), 2, "each of the two was a change of its own\n{journal}");
    assert_eq!(scene.account.snapshot().await["root"]["keys"], 0);
}
