//! What was approved is what is made. Somebody else changes the account while a person thinks about a plan: it is shown
//! and asked about anew. Nobody is asked anew without need, and a yes to everything covers no more than was shown.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::pin::Pin;
use std::time::Duration;

use serde_json::{Value, json};
use steps::practice::{State, StepId};
use support::actor::Actor;
use support::stage::{Played, Stage};

/// Long enough for an account to have changed.
const A_WHILE: Duration = Duration::from_secs(600);

const BUCKET: &str = "dayone-trail-111122223333-us-east-1-an";
const OF_USER: [&str; 3] =
    ["create iam:user/alice", "attach iam:user/alice", "create iam:login-profile/alice"];
const OF_GROUP: [&str; 2] =
    ["create iam:group/Administrators", "attach arn:aws:iam::aws:policy/AdministratorAccess"];

/// A person who thinks about the first plan while somebody else does something.
fn thinking(stage: &Stage, meanwhile: impl Future<Output = ()> + 'static) -> Actor {
    let mut person = Actor::attended(stage.clock.clone());
    person.meanwhile = Some(Box::pin(meanwhile));
    person.thinks = A_WHILE;
    person
}

/// Somebody who says yes to the whole plan, and is not there after that.
fn approving(stage: &Stage, thinks: Duration, meanwhile: impl Future<Output = ()> + 'static) -> Actor {
    let mut person = Actor::unattended(stage.clock.clone());
    person.agrees_to = Some("Apply all of this?");
    person.meanwhile = Some(Box::pin(meanwhile));
    person.thinks = thinks;
    person
}

/// Runs a part of the steps beforehand. Gives the seed of the device, if one was enrolled.
async fn brought_up(stage: &Stage, steps: &[StepId]) -> Option<String> {
    let person = Actor::attended(stage.clock.clone());
    stage.play(&stage.errand(json!({}), steps), person).await.finished().operator.seed
}

async fn walk(stage: &Stage, steps: &[StepId], person: Actor) -> Played<Actor> {
    let played = stage.play(&stage.errand(json!({}), steps), person).await.finished();
    assert!(played.operator.meanwhile.is_none(), "nobody has thought about anything");
    played
}

async fn approve(stage: &Stage, steps: &[StepId], person: Actor) -> Played<Actor> {
    let played = stage.play_at_once(&stage.errand(json!({}), steps), person).await.finished();
    assert!(played.operator.meanwhile.is_none(), "nobody has thought about anything");
    played
}

/// How often it was said that the account is not as it was.
fn told_of_a_change(played: &Played<Actor>) -> usize {
    let tells = |remark: &&String| remark.starts_with("The account has changed since");
    played.told.remarks.iter().filter(tells).count()
}

/// A policy of somebody else's that takes nothing away from anybody but what nobody here does.
fn theirs(sid: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Sid": sid, "Effect": "Deny", "Principal": "*", "Action": "s3:PutBucketWebsite",
        "Resource": format!("arn:aws:s3:::{BUCKET}")
    }]})
}

/// What somebody else does as soon as it is waited for.
type Deed = Pin<Box<dyn Future<Output = ()>>>;

/// Replaces the bucket's policy, as root.
async fn put_policy(stage: &Stage, sid: &'static str) -> Deed {
    let root = stage.root().await;
    Box::pin(async move {
        let put = root.s3("us-east-1").put_bucket_policy().bucket(BUCKET);
        put.policy(theirs(sid).to_string()).send().await.unwrap();
    })
}

/// The names of the statements in the bucket's policy that are not ours.
async fn foreign_statements(stage: &Stage) -> Vec<String> {
    let policy = stage.policy_of(BUCKET).await;
    let names =
        policy["Statement"].as_array().unwrap().iter().map(|statement| statement["Sid"].as_str().unwrap());
    names.filter(|name| name.starts_with("Their")).map(ToOwned::to_owned).collect()
}

/// The bucket of the trail, whose policy somebody else has replaced.
async fn with_policy_of_theirs() -> Stage {
    let stage = Stage::new();
    brought_up(&stage, &[StepId::TrailBucket]).await;
    put_policy(&stage, "TheirFirst").await.await;
    stage
}

#[tokio::test(start_paused = true)]
async fn a_user_that_is_deleted_meanwhile_is_planned_and_asked_about_anew() {
    let stage = Stage::new();
    brought_up(&stage, &[StepId::AdminGroup]).await;
    stage.user("alice").await;
    let root = stage.root().await;
    let person = thinking(&stage, async move {
        root.iam().delete_user().user_name("alice").send().await.unwrap();
    });
    let played = walk(&stage, &[StepId::AdminUser], person).await;
    assert_eq!(played.shown(StepId::AdminUser), [OF_USER[1..].to_vec(), OF_USER.to_vec()]);
    assert_eq!((played.operator.decided, told_of_a_change(&played)), (2, 1));
    assert_eq!(played.made(), OF_USER);
    assert_eq!(played.state(StepId::AdminUser), State::InPlace);
}

/// The step at hand cannot be made any more, and the one that it rests on comes again before it.
#[tokio::test(start_paused = true)]
async fn an_earlier_step_that_is_undone_meanwhile_comes_again_first() {
    let stage = Stage::new();
    brought_up(&stage, &[StepId::AdminGroup, StepId::AdminUser]).await;
    let root = stage.root().await;
    let person = thinking(&stage, async move {
        let iam = root.iam();
        let leave = iam.remove_user_from_group().group_name("Administrators").user_name("alice");
        leave.send().await.unwrap();
        iam.delete_login_profile().user_name("alice").send().await.unwrap();
        iam.delete_user().user_name("alice").send().await.unwrap();
    });
    let played = walk(&stage, &[StepId::AdminUser, StepId::AdminSignIn], person).await;
    let key = "create iam:access-key/alice";
    assert_eq!(played.shown(StepId::AdminSignIn), [[key], [key]]);
    assert_eq!((played.operator.decided, told_of_a_change(&played)), (3, 1));
    assert_eq!(played.made(), [OF_USER.as_slice(), &[key]].concat());
    assert_eq!(played.left(), []);
}

#[tokio::test(start_paused = true)]
async fn a_group_that_is_renamed_meanwhile_is_not_followed_and_made_again_first() {
    let stage = Stage::new();
    brought_up(&stage, &[StepId::AdminGroup]).await;
    let root = stage.root().await;
    let person = thinking(&stage, async move {
        let rename = root.iam().update_group().group_name("Administrators").new_group_name("Operators");
        rename.send().await.unwrap();
    });
    let played = walk(&stage, &[StepId::AdminGroup, StepId::AdminUser], person).await;
    assert_eq!(played.shown(StepId::AdminUser), [OF_USER, OF_USER]);
    assert_eq!((played.operator.decided, told_of_a_change(&played)), (3, 1));
    assert_eq!(played.made(), [OF_GROUP.as_slice(), &OF_USER].concat());
    let groups = stage.account.snapshot().await["groups"].take();
    assert_eq!(groups["Operators"]["members"], json!([]));
    assert_eq!(groups["Administrators"]["members"], json!(["alice"]));
}

/// The change looks the same in words, and the policy that was shown first would have lost a statement.
#[tokio::test(start_paused = true)]
async fn a_bucket_policy_that_is_edited_meanwhile_keeps_what_was_edited() {
    let stage = with_policy_of_theirs().await;
    let edited = put_policy(&stage, "TheirSecond").await;
    let played = walk(&stage, &[StepId::TrailBucket], thinking(&stage, edited)).await;
    assert_eq!(played.shown(StepId::TrailBucket).len(), 2);
    assert_eq!((played.operator.decided, told_of_a_change(&played)), (2, 1));
    assert_eq!((played.changes_made, played.state(StepId::TrailBucket)), (1, State::InPlace));
    assert_eq!(foreign_statements(&stage).await, ["TheirSecond"]);
}

/// The policy that requires MFA must not be attached to somebody who has no device any more.
#[tokio::test(start_paused = true)]
async fn a_device_that_is_removed_meanwhile_is_enrolled_again_before_mfa_is_required() {
    let stage = Stage::new();
    let before = [StepId::AdminGroup, StepId::AdminUser, StepId::AdminSignIn, StepId::AdminMfa];
    let seed = brought_up(&stage, &before).await;
    let root = stage.root().await;
    let person = thinking(&stage, async move {
        let (iam, serial) = (root.iam(), "arn:aws:iam::111122223333:mfa/alice");
        iam.deactivate_mfa_device().user_name("alice").serial_number(serial).send().await.unwrap();
        iam.delete_virtual_mfa_device().serial_number(serial).send().await.unwrap();
    });
    let person = person.with_seed(seed);
    let played = walk(&stage, &[StepId::AdminMfa, StepId::RequireMfa], person).await;
    let of_policy = [
        "start sts:session/alice",
        "create arn:aws:iam::111122223333:policy/dayone-require-mfa",
        "attach iam:group/Administrators",
    ];
    assert_eq!(played.shown(StepId::RequireMfa), [of_policy, of_policy]);
    assert_eq!((played.operator.decided, told_of_a_change(&played)), (3, 1));
    assert_eq!(played.made(), [["create iam:mfa/alice"].as_slice(), &of_policy].concat());
    assert_eq!(played.left(), []);
}

/// The change is the same, and it gives more to somebody than was said.
#[tokio::test(start_paused = true)]
async fn whoever_joins_the_group_meanwhile_is_warned_of_before_it_gets_full_rights() {
    let stage = Stage::new();
    let root = stage.root().await;
    root.iam().create_group().group_name("Administrators").send().await.unwrap();
    for user in ["bob", "mallory"] {
        stage.user(user).await;
    }
    let iam = root.iam();
    let join =
        |user: &'static str| iam.add_user_to_group().group_name("Administrators").user_name(user).send();
    join("bob").await.unwrap();
    let joins = join("mallory");
    let person = thinking(&stage, async move {
        joins.await.unwrap();
    });
    let played = walk(&stage, &[StepId::AdminGroup], person).await;
    assert_eq!((played.operator.decided, told_of_a_change(&played)), (2, 1));
    let warned: Vec<_> = played.told.steps.iter().filter(|report| report.state == State::ToChange).collect();
    let names =
        |name: &str| warned.iter().map(|report| report.notes[0].en.contains(name)).collect::<Vec<_>>();
    assert_eq!((names("bob"), names("mallory")), (vec![true, true], vec![false, true]));
}

/// Only a yes of its own makes an offer, and only the offer that was made.
#[tokio::test(start_paused = true)]
async fn an_offer_that_somebody_else_has_settled_meanwhile_is_not_made() {
    let (stage, step) = (Stage::new(), StepId::ActivityMonitoring);
    let elsewhere = stage.elsewhere();
    let mut person = thinking(&stage, async move {
        let somebody = Actor::unattended(elsewhere.clock.clone());
        let played = elsewhere.play(&elsewhere.errand(json!({}), &[step]), somebody).await.finished();
        assert_eq!(played.made(), ["enable s3:account-public-access-block/111122223333"]);
    });
    person.agrees_to = Some("Have S3 block public access");
    let errand = stage.errand(json!({"iam": {"block_public_s3": null}}), &[step]);
    let played = stage.play(&errand, person).await.finished();
    assert_eq!((played.operator.decided, told_of_a_change(&played)), (1, 1));
    assert!(!played.made().iter().any(|made| made.starts_with("enable s3:")), "{:?}", played.made());
}

/// A yes at once costs no further call, and a late one to an account that is as it was no further question.
#[tokio::test(start_paused = true)]
async fn without_a_change_nobody_is_asked_twice() {
    let mut calls = Vec::new();
    for thinks in [Duration::ZERO, Duration::from_secs(4), A_WHILE] {
        let stage = Stage::new();
        let mut person = thinking(&stage, async {});
        person.thinks = thinks;
        stage.account.forget_passed();
        let played = walk(&stage, &[StepId::AdminGroup], person).await;
        assert_eq!((played.operator.decided, told_of_a_change(&played)), (1, 0), "{thinks:?}");
        assert_eq!(played.made(), OF_GROUP, "{thinks:?}");
        calls.push(stage.account.passed().calls);
    }
    assert!(calls[0] == calls[1] && calls[1] < calls[2], "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn a_whole_plan_that_is_old_is_shown_and_asked_about_anew() {
    let stage = with_policy_of_theirs().await;
    let edited = put_policy(&stage, "TheirSecond").await;
    let person = approving(&stage, A_WHILE, edited);
    let played = approve(&stage, &[StepId::TrailBucket, StepId::Trail], person).await;
    assert_eq!((played.operator.decided, told_of_a_change(&played)), (2, 1));
    assert_eq!(played.state(StepId::TrailBucket), State::InPlace);
    assert_eq!(played.state(StepId::Trail), State::InPlace);
    assert_eq!(foreign_statements(&stage).await, ["TheirSecond"]);
}

#[tokio::test(start_paused = true)]
async fn a_whole_plan_that_still_stands_is_asked_about_once() {
    let stage = with_policy_of_theirs().await;
    let played = approve(&stage, &[StepId::TrailBucket], approving(&stage, A_WHILE, async {})).await;
    assert_eq!((played.operator.decided, told_of_a_change(&played)), (1, 0));
    assert_eq!(played.state(StepId::TrailBucket), State::InPlace);
}

/// The account changes between the yes and the step's turn. What was approved of the rest is made.
#[tokio::test(start_paused = true)]
async fn a_step_that_is_not_as_approved_is_left_and_named() {
    let stage = with_policy_of_theirs().await;
    let edited = put_policy(&stage, "TheirSecond").await;
    let person = approving(&stage, Duration::ZERO, edited);
    let played = approve(&stage, &[StepId::TrailBucket, StepId::ReportBucket], person).await;
    assert_eq!((played.operator.decided, told_of_a_change(&played)), (1, 1));
    let told =
        played.told.remarks.iter().find(|remark| remark.contains("since you approved the plan")).unwrap();
    assert!(told.contains("trail-bucket") && told.contains("(new: ") && told.contains("again"), "{told}");
    assert_eq!(played.left(), [StepId::TrailBucket]);
    assert_eq!(played.state(StepId::TrailBucket), State::ToChange);
    assert!(
        !played.made().is_empty() && played.told.made.iter().all(|made| made.step == StepId::ReportBucket)
    );
    assert_eq!(foreign_statements(&stage).await, ["TheirSecond"]);
}

/// A user of that name whom somebody else has made is not the one that was to be made.
#[tokio::test(start_paused = true)]
async fn a_user_that_appears_after_the_yes_gets_no_full_rights() {
    let stage = Stage::new();
    let root = stage.root().await;
    let person = approving(&stage, Duration::ZERO, async move {
        root.iam().create_user().user_name("alice").send().await.unwrap();
    });
    let steps = [StepId::AdminGroup, StepId::AdminUser, StepId::AdminSignIn];
    let played = approve(&stage, &steps, person).await;
    assert_eq!(played.made(), OF_GROUP);
    assert_eq!(played.state(StepId::AdminUser), State::ToChange);
    assert_eq!(played.state(StepId::AdminSignIn), State::Blocked);
    assert_eq!(stage.account.snapshot().await["groups"]["Administrators"]["members"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_key_of_root_that_appears_after_the_yes_is_not_deleted_unseen() {
    let stage = Stage::new();
    brought_up(&stage, &[StepId::AdminGroup, StepId::AdminUser, StepId::AdminSignIn]).await;
    let root = stage.root().await;
    let person = approving(&stage, Duration::ZERO, async move {
        root.iam().create_access_key().send().await.unwrap();
    });
    let played = approve(&stage, &[StepId::RootAccessKeys], person).await;
    assert_eq!(played.shown(StepId::RootAccessKeys).iter().map(Vec::len).collect::<Vec<_>>(), [2, 4]);
    assert_eq!((played.changes_made, told_of_a_change(&played)), (0, 1));
    assert_eq!(stage.account.snapshot().await["root"]["keys"], 2);
}

/// A user and a group for the people, and all steps. The commands are never run: who stands in for them has the codes.
fn everything() -> Value {
    json!({
        "admin": {"console_password_file": "alice.txt"},
        "mfa": {"enrol_command": ["app"], "code_command": ["app"]},
        "people": [{"user": "bob", "groups": ["Developers"]}],
    })
}

/// On a new account most steps rest on earlier ones: what follows from them was approved with them. The policy that
/// requires MFA is not there when the plan is shown, and so is part of it for the group of the people; in the end an
/// earlier step has made it.
#[tokio::test(start_paused = true)]
async fn what_follows_from_the_run_s_own_changes_is_made_after_one_yes() {
    let (asked, unasked) = (Stage::new(), Stage::new());
    for stage in [&asked, &unasked] {
        stage.user("carol").await;
    }
    let person = approving(&asked, A_WHILE, async {});
    let once = asked.play_at_once(&asked.errand(everything(), &[]), person).await.finished();
    let nobody = Actor::unattended(unasked.clock.clone());
    let never = unasked.play(&unasked.errand(everything(), &[]), nobody).await.finished();
    assert_eq!((once.operator.decided, told_of_a_change(&once)), (1, 0), "{:?}", once.told.remarks);
    assert_eq!(once.shown(StepId::UsersMfa).iter().map(Vec::len).collect::<Vec<_>>(), [5, 4]);
    let without_ids = |made: Vec<String>| -> Vec<String> {
        made.into_iter().map(|made| made.split("/AKIA").next().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(without_ids(once.made()), without_ids(never.made()));
    assert_eq!(once.left(), never.left());
}
