//! What a run leaves behind that is cut off while it makes an access key, a device or a KMS key: the next run leaves exactly
//! one of each, says of a lost secret that it is lost, and takes nothing for its own that it has no record of.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use dayone::rehearsal::{Fault, FaultTime, WayIn};
use serde_json::json;
use steps::practice::{State, StepId};
use support::actor::{Actor, Typed};
use support::stage::{Errand, Played, Stage};

const DEVICE: &str = "arn:aws:iam::111122223333:mfa/alice";

/// Root's own keys are out of it.
const STEPS: [StepId; 4] = [StepId::AdminGroup, StepId::AdminUser, StepId::AdminSignIn, StepId::AdminMfa];

const LOST: &str = "its secret arrived nowhere";
const KEPT_ELSEWHERE: &str = "whose secret is not kept here";

/// The calls that make an access key and a device.
const MAKING: [&str; 3] = ["iam:CreateAccessKey", "iam:CreateVirtualMFADevice", "iam:EnableMFADevice"];

fn errand(stage: &Stage) -> Errand {
    stage.errand(json!({}), &STEPS)
}

async fn run(stage: &Stage, seed: Option<String>) -> Played<Actor> {
    stage.play(&errand(stage), Actor::attended(stage.clock.clone()).with_seed(seed)).await
}

/// The places of these calls in an undisturbed run.
async fn places() -> Vec<(&'static str, usize)> {
    let stage = Stage::new();
    run(&stage, None).await.finished();
    let calls = stage.account.mutating_calls();
    let place = |call: &&'static str| {
        let place = calls.iter().position(|made| made == call);
        (*call, place.unwrap_or_else(|| panic!("{call} is not in {calls:?}")))
    };
    MAKING.iter().map(place).collect()
}

/// An account in which a run was cut off at a call, and the run.
async fn cut_off(fault: Fault) -> (Stage, Played<Actor>) {
    let stage = Stage::new();
    stage.account.set_fault(Some(fault));
    let cut = run(&stage, None).await;
    assert!(cut.result.is_err(), "{fault:?}");
    stage.account.set_fault(None);
    (stage, cut)
}

fn every_fault(at_mutating_call: usize) -> Vec<Fault> {
    let times = [FaultTime::Before, FaultTime::After];
    let fault = |when| [true, false].map(|lasting| Fault { at_mutating_call, when, lasting });
    times.into_iter().flat_map(fault).collect()
}

/// The one key in the account is the one whose secret is in the profile.
async fn assert_the_key_is_kept(stage: &Stage, place: &str) {
    assert_eq!(stage.keys_of("alice").await, json!([true]), "{place}");
    let standing = stage.account.who_can_get_in().await;
    let alice = standing.administrators.iter().find(|administrator| administrator.user == "alice").unwrap();
    let key = WayIn::AccessKey { id: stage.profile().access_key_id().to_owned(), mfa: false };
    assert!(alice.ways.contains(&key), "{place}: {alice:?}");
}

#[tokio::test(start_paused = true)]
async fn cut_off_in_the_making_the_next_run_leaves_one_key_and_one_device() {
    for (call, at_mutating_call) in places().await {
        for fault in every_fault(at_mutating_call) {
            let place = format!("{call}, {fault:?}");
            let (stage, cut) = cut_off(fault).await;
            let before = stage.account.mutating_calls().len();
            let again = run(&stage, cut.operator.seed).await;
            assert!(again.result.is_ok(), "{place}: {:?}", again.result);
            assert_eq!(again.left(), [], "{place}");
            assert_the_key_is_kept(&stage, &place).await;
            assert_eq!(stage.devices().await, json!([[DEVICE, "alice"]]), "{place}");

            let told = again.told.notes(StepId::AdminSignIn);
            let stranded = call == "iam:CreateAccessKey" && fault.when == FaultTime::After;
            assert_eq!(told.contains(LOST) && told.contains("It is replaced."), stranded, "{place}: {told}");
            let deleted = stage.calls_since(before).iter().any(|made| made == "iam:DeleteAccessKey");
            assert_eq!(deleted, stranded, "{place}");

            let third = run(&stage, again.operator.seed).await.finished();
            assert_eq!((third.changes_made, third.left()), (0, vec![]), "{place}");
        }
    }
}

async fn run_with_kms(stage: &Stage, seed: Option<String>) -> Played<Actor> {
    let steps = [&STEPS[..], &[StepId::TrailBucket]].concat();
    let errand = stage.errand(json!({"trail": {"kms": true}}), &steps);
    stage.play(&errand, Actor::attended(stage.clock.clone()).with_seed(seed)).await
}

/// Each KMS key is billed, so the one that was made is found again, before another is.
#[tokio::test(start_paused = true)]
async fn cut_off_in_the_making_of_a_kms_key_the_next_run_goes_on_with_it_and_says_so() {
    let stage = Stage::new();
    run_with_kms(&stage, None).await.finished();
    let calls = stage.account.mutating_calls();
    let at_mutating_call = calls.iter().position(|call| call == "kms:CreateKey").unwrap();
    for fault in every_fault(at_mutating_call) {
        let stage = Stage::new();
        stage.account.set_fault(Some(fault));
        let cut = run_with_kms(&stage, None).await;
        assert!(cut.result.is_err(), "{fault:?}");
        stage.account.set_fault(None);
        let before = stage.account.mutating_calls().len();
        let again = run_with_kms(&stage, cut.operator.seed).await.finished();
        assert_eq!(again.left(), [], "{fault:?}");

        let was_made = fault.when == FaultTime::After;
        let mut made = stage.calls_since(before);
        made.retain(|call| call.starts_with("kms:"));
        let expected = ["kms:CreateKey", "kms:CreateAlias", "kms:EnableKeyRotation"];
        assert_eq!(made, expected[usize::from(was_made)..], "{fault:?}");
        let keys = stage.account.snapshot().await["encryption_keys"].take();
        assert_eq!(keys.as_array().map(Vec::len), Some(1), "{fault:?}: {keys}");

        let first = again.shown(StepId::TrailBucket).swap_remove(0).swap_remove(0);
        let verb = if was_made { "attach" } else { "create" };
        assert_eq!(first, format!("{verb} kms:alias/dayone-trail"), "{fault:?}");
        let told = again.told.notes(StepId::TrailBucket);
        assert_eq!(told.contains("cut short while it made the KMS key"), !was_made, "{fault:?}: {told}");
    }
}

/// Somebody may keep the secret elsewhere: without a record that a run of ours was cut off, the key stays.
#[tokio::test(start_paused = true)]
async fn with_the_journal_lost_no_key_is_deleted_and_the_person_is_told() {
    for (call, at_mutating_call) in places().await {
        for fault in every_fault(at_mutating_call) {
            let place = format!("{call}, {fault:?}");
            let (stage, cut) = cut_off(fault).await;
            stage.lose_journal();
            let again = run(&stage, cut.operator.seed).await;
            assert!(again.result.is_ok(), "{place}: {:?}", again.result);
            assert_eq!(again.left(), [], "{place}");
            assert_eq!(stage.devices().await, json!([[DEVICE, "alice"]]), "{place}");
            let calls = stage.account.mutating_calls();
            assert!(!calls.iter().any(|made| made == "iam:DeleteAccessKey"), "{place}: {calls:?}");

            let told = again.told.notes(StepId::AdminSignIn);
            let stranded = call == "iam:CreateAccessKey" && fault.when == FaultTime::After;
            assert_eq!(told.contains(KEPT_ELSEWHERE), stranded, "{place}: {told}");
            assert!(!told.contains(LOST), "{place}: {told}");
            let keys = if stranded { json!([true, true]) } else { json!([true]) };
            assert_eq!(stage.keys_of("alice").await, keys, "{place}");

            stage.lose_journal();
            let third = run(&stage, again.operator.seed).await.finished();
            assert_eq!(third.changes_made, 0, "{place}");
        }
    }
}

/// With two keys there is no room for a third, and which of them may go is for a person to say.
#[tokio::test(start_paused = true)]
async fn two_keys_that_nobody_has_a_record_of_are_left_to_a_person() {
    let (call, first) = places().await[0];
    assert_eq!(call, "iam:CreateAccessKey");
    let fault = |at_mutating_call| Fault { at_mutating_call, when: FaultTime::After, lasting: true };
    let (stage, _) = cut_off(fault(first)).await;
    stage.lose_journal();
    let second = stage.account.mutating_calls().len();
    stage.account.set_fault(Some(fault(second)));
    assert!(run(&stage, None).await.result.is_err());
    stage.account.set_fault(None);
    stage.lose_journal();
    assert_eq!(stage.keys_of("alice").await, json!([true, true]));

    let third = run(&stage, None).await.finished();
    assert_eq!(third.state(StepId::AdminSignIn), State::NeedsPerson);
    let task = third.reports.iter().find_map(|report| report.person.as_ref()).unwrap();
    assert!(task.what.en.contains("two access keys already"), "{}", task.what.en);
    assert_eq!(stage.keys_of("alice").await, json!([true, true]));
    let calls = stage.account.mutating_calls();
    assert!(!calls.iter().any(|made| made == "iam:DeleteAccessKey"), "{calls:?}");
}

/// Skipped in the middle, the device is taken away again; if that is cut off, by the next run.
#[tokio::test(start_paused = true)]
async fn a_device_whose_removal_is_cut_off_is_removed_by_the_next_run() {
    let skips = |stage: &Stage| Actor::attended(stage.clock.clone()).typing(&[Typed::Fresh, Typed::Skip]);
    let stage = Stage::new();
    let skipped = stage.play(&errand(&stage), skips(&stage)).await.finished();
    assert_eq!(skipped.left(), [StepId::AdminMfa]);
    assert_eq!(stage.devices().await, json!([]));
    let calls = stage.account.mutating_calls();
    assert_eq!(calls.last().unwrap(), "iam:DeleteVirtualMFADevice");

    for when in [FaultTime::Before, FaultTime::After] {
        let stage = Stage::new();
        let fault = Fault { at_mutating_call: calls.len() - 1, when, lasting: true };
        stage.account.set_fault(Some(fault));
        let cut = stage.play(&errand(&stage), skips(&stage)).await;
        assert!(cut.result.is_err(), "{when:?}");
        stage.account.set_fault(None);
        let again = run(&stage, None).await.finished();
        assert_eq!(again.left(), [], "{when:?}");
        assert_eq!(stage.devices().await, json!([[DEVICE, "alice"]]), "{when:?}");
        let replaced = again.made().contains(&"delete iam:mfa/alice".to_owned());
        assert_eq!(replaced, when == FaultTime::Before, "{when:?}");
    }
}
