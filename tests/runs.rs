//! Whole runs on the practice account: fresh, again, half done, and cut off at every call.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::time::Duration;

use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use dayone::rehearsal::{ConsoleAction, Fault, FaultTime, PracticeAccount};
use serde_json::{Value, json};
use steps::aws::{Access, Connection};
use steps::practice::{State, StepId};
use support::actor::Actor;
use support::stage::{Stage, state_of};
use support::{clock, difference, files, walk};

#[tokio::test(start_paused = true)]
async fn a_fresh_account_is_brought_up_and_a_second_run_changes_nothing() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let account = PracticeAccount::in_memory(clock.clone()).unwrap();
    let first = walk(&account, &clock, folder.path(), None, json!({})).await;
    first.result.as_ref().unwrap();
    assert_eq!(first.left(), [StepId::RootMfa, StepId::LogDelivery, StepId::ReportDelivery]);
    assert_eq!(first.handed_over.len(), 1);
    account.console(ConsoleAction::RootMfa).await;
    tokio::time::sleep(Duration::from_secs(60)).await;

    let calls = account.mutating_calls().len();
    let second = walk(&account, &clock, folder.path(), first.seed, json!({})).await;
    second.result.as_ref().unwrap();
    assert_eq!(second.left(), []);
    assert_eq!((second.changes_made, account.mutating_calls().len()), (0, calls));
    assert_eq!(not_in_place(&account).await, [ALARM_ON_ROOT], "nobody has named an address for it");
}

/// What tells of root is an option.
const ALARM_ON_ROOT: &str = "an e-mail tells of sign-ins of root";

/// What the account has not, by its own judgement.
async fn not_in_place(account: &PracticeAccount) -> Vec<&'static str> {
    let findings = account.verdict().await.into_iter();
    findings.filter(|finding| !finding.in_place).map(|finding| finding.what).collect()
}

/// How often Event History of a Region was asked.
async fn look_ups(stage: &Stage, region: &str) -> usize {
    let asked = LookupAttribute::builder().attribute_key(LookupAttributeKey::EventName);
    let asked = asked.attribute_value("LookupEvents").build().unwrap();
    let found = stage.root().await.cloudtrail(region).lookup_events().lookup_attributes(asked).send().await;
    found.unwrap().events().len()
}

/// AWS answers two look-ups a second, so the run does not ask at each of its many looks.
#[tokio::test(start_paused = true)]
async fn event_history_is_asked_once_who_uses_a_key_of_root_and_before_it_goes() {
    let stage = Stage::new();
    let person = Actor::attended(stage.clock.clone());
    let played = stage.play(&stage.errand(json!({}), &[]), person).await.finished();
    assert_eq!(played.state(StepId::RootAccessKeys), State::InPlace);
    let notes = played.told.notes(StepId::RootAccessKeys);
    assert!(notes.contains("from 198.51.100.23, aws-cli/1.27") && notes.contains("14 calls"), "{notes}");
    for region in ["us-east-1", "us-west-2"] {
        assert_eq!(look_ups(&stage, region).await, 1, "{region}");
    }
}

/// Nothing is switched off without the evidence by whom it was made, also where nobody is there to read it at once.
#[tokio::test(start_paused = true)]
async fn an_unused_key_goes_off_unattended_with_the_evidence_who_made_it() {
    let stage = Stage::new();
    stage.user("bob").await;
    let key = stage.key_of("bob").await;
    tokio::time::sleep(Duration::from_secs(46 * 86_400)).await;
    let errand = stage.errand(json!({"iam": {"disable_unused": true}}), &[StepId::UnusedCredentials]);
    let played = stage.play(&errand, Actor::unattended(stage.clock.clone())).await.finished();
    assert_eq!(played.made(), [format!("disable iam:access-key/{}", key.access_key_id())]);
    let told = played.told.notes(StepId::UnusedCredentials);
    assert!(told.contains(key.access_key_id()) && told.contains(" by root, never used"), "{told}");
}

/// A run that only looks has nobody who would wait, and asks at once where there is a person who reads the plan.
#[tokio::test(start_paused = true)]
async fn a_plan_says_who_uses_a_key_of_root() {
    let stage = Stage::new();
    let mut errand = stage.errand(json!({}), &[]);
    let only_the_keys = [StepId::AdminGroup, StepId::AdminUser, StepId::AdminSignIn];
    errand.steps = only_the_keys.to_vec();
    stage.play(&errand, Actor::attended(stage.clock.clone())).await.finished();
    (errand.steps, errand.attended) = (vec![StepId::RootAccessKeys], true);
    let reports = stage.look(&errand).await.unwrap();
    assert_eq!(state_of(&reports, StepId::RootAccessKeys), State::ToChange);
    assert!(reports[0].notes.iter().any(|note| note.en.contains("14 calls in 90 days")), "{reports:?}");
    errand.attended = false;
    stage.look(&errand).await.unwrap();
    assert_eq!(look_ups(&stage, "us-east-1").await, 1, "with nobody there it is not asked");
}

#[tokio::test(start_paused = true)]
async fn a_cur_2_0_export_is_made_where_the_answers_ask_for_it() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let account = PracticeAccount::in_memory(clock.clone()).unwrap();
    let cur2 = json!({"billing": {"kind": "cur-2.0"}});
    let first = walk(&account, &clock, folder.path(), None, cur2.clone()).await;
    first.result.as_ref().unwrap();
    assert_eq!(first.state(StepId::ReportDelivery), State::Waiting);
    let calls = account.mutating_calls();
    assert!(!calls.iter().any(|call| call.starts_with("cur:")), "{calls:?}");
    tokio::time::sleep(Duration::from_secs(60)).await;

    let second = walk(&account, &clock, folder.path(), first.seed, cur2).await;
    second.result.as_ref().unwrap();
    assert_eq!(second.changes_made, 0);
    assert_eq!(second.state(StepId::ReportDelivery), State::InPlace);
}

/// What the answers ask for with every option on.
fn every_option() -> Value {
    json!({
        "trail": {"kms": true, "object_lock_days": 30, "root_alarm_email": "security@example.com"},
        "billing": {"budget_amount": 100, "budget_email": "costs@example.com"},
    })
}

#[tokio::test(start_paused = true)]
async fn every_option_is_complete_once_it_is_on_and_a_second_run_changes_nothing() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let account = PracticeAccount::in_memory(clock.clone()).unwrap();
    let first = walk(&account, &clock, folder.path(), None, every_option()).await;
    first.result.as_ref().unwrap();
    let left = [StepId::RootMfa, StepId::LogDelivery, StepId::ReportDelivery, StepId::ActivityMonitoring];
    assert_eq!(first.left(), left);
    assert_eq!(first.state(StepId::ActivityMonitoring), State::NeedsPerson, "the e-mail is not confirmed");
    account.console(ConsoleAction::RootMfa).await;
    assert_eq!(not_in_place(&account).await, [ALARM_ON_ROOT]);
    account.console(ConsoleAction::ConfirmEmail).await;
    assert!(not_in_place(&account).await.is_empty(), "{:?}", not_in_place(&account).await);
    tokio::time::sleep(Duration::from_secs(60)).await;

    let calls = account.mutating_calls().len();
    let second = walk(&account, &clock, folder.path(), first.seed, every_option()).await;
    second.result.as_ref().unwrap();
    assert_eq!(second.left(), []);
    assert_eq!((second.changes_made, account.mutating_calls().len()), (0, calls));
    let is_of_key = |call: &&String| call.starts_with("kms:");
    let of_key: Vec<_> = account.mutating_calls().iter().filter(is_of_key).cloned().collect();
    assert_eq!(of_key, ["kms:CreateKey", "kms:CreateAlias", "kms:EnableKeyRotation"]);
    assert_options(&account.snapshot().await);
}

/// What the account holds once every option is on.
fn assert_options(account: &Value) {
    let key = &account["encryption_keys"][0];
    assert_eq!(key["alias"], "arn:aws:kms:us-east-1:111122223333:alias/dayone-trail");
    assert_eq!((&key["rotates"], &account["trails"][0]["encrypted"]), (&json!(true), &json!(true)));
    let bucket = &account["buckets"]["dayone-trail-111122223333-us-east-1-an"];
    let lock = bucket["lock"].as_str().unwrap();
    assert!(lock.contains("<Mode>GOVERNANCE</Mode><Days>30</Days>"), "{lock}");
    assert_eq!(bucket["encryption"], "aws:kms");
    for region in ["us-east-1", "us-east-2", "us-west-2"] {
        let topic = &account["topics"][format!("arn:aws:sns:{region}:111122223333:dayone-root-use")];
        assert_eq!(topic["emails"], json!({"security@example.com": true}), "{region}");
        let rule = &account["rules"][format!("arn:aws:events:{region}:111122223333:rule/dayone-root-use")];
        assert_eq!(rule["targets"].as_object().map(|targets| targets.len()), Some(1), "{region}");
    }
    let budget = &account["budgets"]["dayone-monthly"];
    assert_eq!(budget["definition"]["BudgetLimit"]["Amount"], "100");
    let before_credits =
        ["IncludeCredit", "IncludeRefund"].map(|kind| &budget["definition"]["CostTypes"][kind]);
    assert_eq!(before_credits, [&json!(false); 2]);
    assert_eq!(budget["notifications"].as_array().map(Vec::len), Some(3));
}

/// Whoever has left the topic is asked again, and not waited for.
#[tokio::test(start_paused = true)]
async fn an_address_that_has_unsubscribed_is_asked_again() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let account = PracticeAccount::in_memory(clock.clone()).unwrap();
    let first = walk(&account, &clock, folder.path(), None, every_option()).await;
    first.result.as_ref().unwrap();
    account.console(ConsoleAction::ConfirmEmail).await;
    let client = account.http_client();
    let root = Connection::through(client, account.root_login(), files(folder.path()), Access::ReadWrite);
    let sns = root.started_as().await.unwrap().sns("us-west-2");
    let topic = "arn:aws:sns:us-west-2:111122223333:dayone-root-use";
    let told = sns.list_subscriptions_by_topic().topic_arn(topic).send().await.unwrap();
    let subscription = told.subscriptions()[0].subscription_arn().unwrap();
    sns.unsubscribe().subscription_arn(subscription).send().await.unwrap();

    let calls = account.mutating_calls().len();
    let second = walk(&account, &clock, folder.path(), first.seed, every_option()).await;
    second.result.as_ref().unwrap();
    assert_eq!(account.mutating_calls()[calls..], ["sns:Subscribe"]);
    assert_eq!(second.state(StepId::ActivityMonitoring), State::NeedsPerson, "the e-mail is not confirmed");
    account.console(ConsoleAction::ConfirmEmail).await;
    let third = walk(&account, &clock, folder.path(), second.seed, every_option()).await;
    assert_eq!(third.state(StepId::ActivityMonitoring), State::InPlace);
}

#[tokio::test(start_paused = true)]
async fn a_trail_that_was_made_before_gets_the_options_too() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let account = PracticeAccount::in_memory(clock.clone()).unwrap();
    let first = walk(&account, &clock, folder.path(), None, json!({})).await;
    first.result.as_ref().unwrap();
    let second = walk(&account, &clock, folder.path(), first.seed, every_option()).await;
    second.result.as_ref().unwrap();
    account.console(ConsoleAction::ConfirmEmail).await;
    assert_options(&account.snapshot().await);
    let third = walk(&account, &clock, folder.path(), second.seed, every_option()).await;
    assert_eq!(third.changes_made, 0);
    let fourth = walk(&account, &clock, folder.path(), third.seed, json!({})).await;
    assert_eq!(fourth.changes_made, 0, "what nobody asks for any more stays");
}

#[tokio::test(start_paused = true)]
async fn an_option_that_is_off_is_not_even_looked_at() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let account = PracticeAccount::in_memory(clock.clone()).unwrap();
    account.deny(&["kms:*", "sns:*", "events:*", "budgets:*", "s3:*ObjectLock*"]);
    let ended = walk(&account, &clock, folder.path(), None, json!({})).await;
    ended.result.as_ref().unwrap();
    assert_eq!(ended.left(), [StepId::RootMfa, StepId::LogDelivery, StepId::ReportDelivery]);
}

fn is_of_an_option(call: &str) -> bool {
    ["kms:", "sns:", "events:", "budgets:"].iter().any(|service| call.starts_with(service))
        || ["s3:PutObjectLockConfiguration", "cloudtrail:UpdateTrail"].contains(&call)
}

/// A key without its alias, a topic without its rule, a budget of which nobody knows: a further run finds them.
#[tokio::test(start_paused = true)]
async fn cut_off_at_every_call_of_an_option_a_further_run_converges() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let account = PracticeAccount::in_memory(clock.clone()).unwrap();
    walk(&account, &clock, folder.path(), None, every_option()).await.result.unwrap();
    let (expected, calls) = (account.snapshot().await, account.mutating_calls());
    // What is done in one Region of the alarm is done in the next in the same way, so the first and the last are enough.
    let is_first_or_last =
        |at: usize| !(calls[..at].contains(&calls[at]) && calls[at + 1..].contains(&calls[at]));
    let places: Vec<_> =
        (0..).zip(&calls).filter(|(at, call)| is_of_an_option(call) && is_first_or_last(*at)).collect();
    assert!(places.len() >= 9, "{places:?}");
    for (at_mutating_call, call) in places {
        for when in [FaultTime::Before, FaultTime::After] {
            let place = format!("{call}, {when:?}");
            let (folder, clock) = (tempfile::tempdir().unwrap(), support::clock());
            let account = PracticeAccount::in_memory(clock.clone()).unwrap();
            account.set_fault(Some(Fault { at_mutating_call, when, lasting: true }));
            let cut = walk(&account, &clock, folder.path(), None, every_option()).await;
            assert!(cut.result.is_err(), "{place}");
            account.set_fault(None);
            let again = walk(&account, &clock, folder.path(), cut.seed, every_option()).await;
            again.result.as_ref().unwrap_or_else(|error| panic!("{place}: {error}"));
            assert_eq!(difference(&account.snapshot().await, &expected), None, "{place}");
            let third = walk(&account, &clock, folder.path(), again.seed, every_option()).await;
            assert_eq!(third.changes_made, 0, "{place}");
        }
    }
}

/// Names are no keys in Data Exports, so a lost answer could lead to a twin.
#[tokio::test(start_paused = true)]
async fn a_lost_answer_makes_no_second_export() {
    let cur2 = json!({"billing": {"kind": "cur-2.0"}});
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let account = PracticeAccount::in_memory(clock.clone()).unwrap();
    walk(&account, &clock, folder.path(), None, cur2.clone()).await.result.unwrap();
    let calls = account.mutating_calls();
    let creates = calls.iter().position(|call| call == "bcm-data-exports:CreateExport").unwrap();
    for lasting in [false, true] {
        let (folder, clock) = (tempfile::tempdir().unwrap(), support::clock());
        let account = PracticeAccount::in_memory(clock.clone()).unwrap();
        account.set_fault(Some(Fault { at_mutating_call: creates, when: FaultTime::After, lasting }));
        let cut = walk(&account, &clock, folder.path(), None, cur2.clone()).await;
        assert!(cut.result.is_err(), "lasting: {lasting}");
        account.set_fault(None);
        walk(&account, &clock, folder.path(), cut.seed, cur2.clone()).await.result.unwrap();
        let exports = account.snapshot().await["exports"].as_array().map(Vec::len);
        assert_eq!(exports, Some(1), "lasting: {lasting}");
    }
}

/// The account as an undisturbed run leaves it.
async fn undisturbed() -> (serde_json::Value, usize) {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let account = PracticeAccount::in_memory(clock.clone()).unwrap();
    walk(&account, &clock, folder.path(), None, json!({})).await.result.unwrap();
    (account.snapshot().await, account.mutating_calls().len())
}

/// Cut off at each call that changes something, before and after its effect, a further run ends where an undisturbed
/// one does: nothing is lost and nothing is doubled.
#[tokio::test(start_paused = true)]
async fn cut_off_at_every_call_a_further_run_converges() {
    let (expected, calls) = undisturbed().await;
    assert!(calls > 25, "{calls}");
    for at_mutating_call in 0..calls {
        for when in [FaultTime::Before, FaultTime::After] {
            let place = format!("call {at_mutating_call}, {when:?}");
            let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
            let account = PracticeAccount::in_memory(clock.clone()).unwrap();
            account.set_fault(Some(Fault { at_mutating_call, when, lasting: true }));
            let cut = walk(&account, &clock, folder.path(), None, json!({})).await;
            assert!(cut.result.is_err(), "{place}");
            account.set_fault(None);
            let again = walk(&account, &clock, folder.path(), cut.seed, json!({})).await;
            again.result.as_ref().unwrap_or_else(|error| panic!("{place}: {error}"));
            assert_eq!(difference(&account.snapshot().await, &expected), None, "{place}");
            let third = walk(&account, &clock, folder.path(), again.seed, json!({})).await;
            assert_eq!(third.changes_made, 0, "{place}");
        }
    }
}

/// One lost answer in the middle of a run is taken up within the run, or by the next.
#[tokio::test(start_paused = true)]
async fn a_lost_answer_doubles_nothing() {
    let (expected, calls) = undisturbed().await;
    for at_mutating_call in 0..calls {
        let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
        let account = PracticeAccount::in_memory(clock.clone()).unwrap();
        account.set_fault(Some(Fault { at_mutating_call, when: FaultTime::After, lasting: false }));
        let mut ended = walk(&account, &clock, folder.path(), None, json!({})).await;
        if ended.result.is_err() {
            ended = walk(&account, &clock, folder.path(), ended.seed, json!({})).await;
        }
        ended.result.unwrap_or_else(|error| panic!("call {at_mutating_call}: {error}"));
        assert_eq!(difference(&account.snapshot().await, &expected), None, "call {at_mutating_call}");
    }
}
