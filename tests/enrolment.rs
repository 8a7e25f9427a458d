//! Enrolling an MFA device in every way in which it can go wrong: codes that AWS does not accept, devices that were
//! abandoned, names that are taken, users that are full or have a path, tokens, passkeys and a second device.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use dayone::rehearsal::{Clock, hardware_seed};
use serde_json::{Value, json};
use steps::operator::CodePurpose::{EnrolFirst, EnrolSecond, SignIn};
use steps::practice::{State, StepId};
use support::actor::{Actor, Typed, purposes};
use support::stage::{Played, Stage, UNTIL_MFA_IS_REQUIRED};
use support::terminal::Window;
use support::{code_at, files};
use tempfile::TempDir;

const DEVICE: &str = "arn:aws:iam::111122223333:mfa/alice";
const SECOND_DEVICE: &str = "arn:aws:iam::111122223333:mfa/alice-2";
const TOKEN: &str = "GAHT12345678";

/// An account with a user alice and nothing else.
async fn with_alice() -> Stage {
    let stage = Stage::new();
    stage.user("alice").await;
    stage
}

/// The step that enrols the administrator's device, alone.
async fn enrol(stage: &Stage, person: Actor) -> Played<Actor> {
    let errand = stage.errand(json!({}), &[StepId::AdminMfa]);
    stage.play(&errand, person).await.finished()
}

fn person(stage: &Stage) -> Actor {
    Actor::attended(stage.clock.clone())
}

/// How often a call was made.
fn count(stage: &Stage, call: &str) -> usize {
    stage.account.mutating_calls().iter().filter(|made| *made == call).count()
}

/// The device stays the same, so that nothing has to be scanned again, and the person is told what is usually wrong.
#[tokio::test(start_paused = true)]
async fn codes_that_aws_does_not_accept_are_asked_for_again() {
    let wrong: [(&str, [Typed; 2]); 4] = [
        ("equal", [Typed::Window(0), Typed::Again]),
        ("swapped", [Typed::Window(0), Typed::Window(-1)]),
        ("with one skipped", [Typed::Window(-2), Typed::Window(0)]),
        ("of a clock that is far ahead", [Typed::Window(9), Typed::Window(10)]),
    ];
    for (what, codes) in wrong {
        let stage = with_alice().await;
        let played = enrol(&stage, person(&stage).typing(&codes)).await;
        assert_eq!(played.state(StepId::AdminMfa), State::InPlace, "{what}");
        assert_eq!(stage.devices().await, json!([[DEVICE, "alice"]]), "{what}");
        let asked = &played.operator.asked;
        let expected = [(EnrolFirst, false), (EnrolSecond, false), (EnrolFirst, true), (EnrolSecond, false)];
        assert_eq!(purposes(asked), expected, "{what}");
        let told = asked[2].trouble.clone().unwrap();
        assert!(told.en.contains("must follow one another with none skipped"), "{what}: {}", told.en);
        assert!(told.ko.contains("연속된 두 코드"), "{what}: {}", told.ko);
        assert_eq!((asked[0].used.len(), asked[2].used.len(), asked[3].used.len()), (0, 2, 3), "{what}");
        assert_eq!(count(&stage, "iam:EnableMFADevice"), 2, "{what}");
        assert_eq!(count(&stage, "iam:CreateVirtualMFADevice"), 1, "{what}");
        assert_eq!(played.operator.enrolments, 1, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_three_wrong_pairs_the_right_one_is_taken() {
    let stage = with_alice().await;
    let wrong = [Typed::Window(0), Typed::Window(-1)].repeat(3);
    let played = enrol(&stage, person(&stage).typing(&wrong)).await;
    assert_eq!(played.state(StepId::AdminMfa), State::InPlace);
    let told: Vec<_> = played.operator.asked.iter().map(|request| request.trouble.is_some()).collect();
    assert_eq!(told, [false, false, true, false, true, false, true, false]);
    assert_eq!(count(&stage, "iam:EnableMFADevice"), 4);
    assert_eq!((count(&stage, "iam:CreateVirtualMFADevice"), played.operator.enrolments), (1, 1));
    assert_eq!(stage.devices().await, json!([[DEVICE, "alice"]]));
}

/// AWS takes each code once, and the second code of the enrolment was one.
#[tokio::test(start_paused = true)]
async fn a_code_that_was_used_before_is_asked_for_again() {
    let stage = Stage::new();
    let again = person(&stage).typing(&[Typed::Fresh, Typed::Fresh, Typed::Again]);
    let played = stage.play(&stage.errand(json!({}), &UNTIL_MFA_IS_REQUIRED), again).await.finished();
    let asked = &played.operator.asked;
    assert_eq!(purposes(asked), [(EnrolFirst, false), (EnrolSecond, false), (SignIn, false), (SignIn, true)]);
    let told = asked[3].trouble.clone().unwrap();
    assert!(told.en.contains("invalid MFA one time pass code"), "{}", told.en);
    assert_eq!(played.left(), []);
}

/// The phone's clock has drifted: two codes tell AWS by how much, and the next one is taken.
#[tokio::test(start_paused = true)]
async fn a_device_that_is_out_of_step_is_brought_back_after_two_refusals() {
    let stage = Stage::new();
    let drifted =
        [Typed::Fresh, Typed::Fresh, Typed::Window(9), Typed::Window(10), Typed::Window(1), Typed::Window(2)];
    let holder = person(&stage).typing(&drifted);
    let played = stage.play(&stage.errand(json!({}), &UNTIL_MFA_IS_REQUIRED), holder).await.finished();
    let asked = &played.operator.asked;
    let expected = [
        (EnrolFirst, false),
        (EnrolSecond, false),
        (SignIn, false),
        (SignIn, true),
        (EnrolFirst, true),
        (EnrolSecond, false),
        (SignIn, false),
    ];
    assert_eq!(purposes(asked), expected);
    let told = asked[4].trouble.clone().unwrap();
    assert!(told.en.contains("its clock may have drifted"), "{}", told.en);
    assert_eq!(count(&stage, "iam:ResyncMFADevice"), 1);
    assert_eq!(played.left(), []);
}

/// What AWS answers with another error than a wrong code ends the enrolment, and leaves no device behind.
#[tokio::test(start_paused = true)]
async fn an_enrolment_that_aws_refuses_leaves_nothing_half_made() {
    let stage = with_alice().await;
    stage.account.deny(&["iam:EnableMFADevice"]);
    let errand = stage.errand(json!({}), &[StepId::AdminMfa]);
    let played = stage.play(&errand, person(&stage)).await;
    let failure = played.result.unwrap_err().to_string();
    assert!(failure.contains("AccessDenied"), "{failure}");
    assert_eq!(stage.devices().await, json!([]));
    stage.account.deny(&[]);
    let played = enrol(&stage, person(&stage)).await;
    assert_eq!(
        (played.made(), played.state(StepId::AdminMfa)),
        (vec!["create iam:mfa/alice".into()], State::InPlace)
    );
}

/// A phone whose clock is as wrong as this computer's, which is told from the date in AWS's answer. The clock here is
/// the real one, so no code is waited for.
#[tokio::test]
async fn a_clock_that_is_off_is_told() {
    let ninety_seconds_behind: Clock = Arc::new(|| SystemTime::now() - Duration::from_secs(90));
    let stage = Stage::at(ninety_seconds_behind);
    stage.user("alice").await;
    let codes = [Typed::Window(2), Typed::Window(3), Typed::Window(-1), Typed::Window(0)];
    let played = enrol(&stage, person(&stage).typing(&codes)).await;
    assert_eq!(played.state(StepId::AdminMfa), State::InPlace);
    let told = played.operator.asked[2].trouble.clone().unwrap();
    for (words, before, after) in
        [(&told.en, "clock is ", " seconds ahead of"), (&told.ko, "시계가 AWS보다 ", "초 빠릅니다")]
    {
        let (_, rest) = words.split_once(before).unwrap_or_else(|| panic!("{words}"));
        let (seconds, _) = rest.split_once(after).unwrap_or_else(|| panic!("{words}"));
        let seconds: i64 = seconds.parse().unwrap();
        assert!((85..=100).contains(&seconds), "{words}");
    }
}

/// Letters, and the same code again, never reach AWS: the question is asked again at once.
#[test]
fn what_is_no_code_is_asked_for_again_before_aws_hears_of_it() {
    let home = tempfile::tempdir().unwrap();
    let only = "admin-group,admin-user,admin-mfa";
    let mut window = Window::open(home.path(), &["rehearse", "--admin-user", "alice", "--only", only]);
    let mut asked = window.next_question().unwrap();
    while !asked.contains("First code of alice") {
        window.type_line(if asked.contains("Apply?") { "yes" } else { "" });
        asked = window.next_question().unwrap();
    }
    let uri = window.scan_qr_code();
    let seed = uri.split("secret=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let now = SystemTime::now();
    let [first, second] = [now - Duration::from_secs(30), now].map(|time| code_at(&seed, time));
    let dialogue = [
        ("abcdef", "A code has", "First code of alice"),
        (first.as_str(), "Second code of alice", "Second code of alice"),
        (first.as_str(), "was used already", "Second code of alice"),
        (second.as_str(), "Enrol a second device", "Enrol a second device"),
    ];
    for (typed, told, question) in dialogue {
        window.type_line(typed);
        window.wait_until(|screen| screen.contains(told));
        let asked = window.next_question().unwrap();
        assert!(asked.contains(question), "{asked}\n{}", window.text());
    }
    window.type_line("");
    let (status, output) = window.ended();
    assert_eq!(status, 0, "{output}");
    assert_enrolled_at_once(&home);
}

fn assert_enrolled_at_once(home: &TempDir) {
    let kept = std::fs::read(home.path().join("state/rehearsal/account.json")).unwrap();
    let kept: Value = serde_json::from_slice(&kept).unwrap();
    assert_eq!(kept["memory"]["devices"][DEVICE]["owner"][0], "alice");
    let events = kept["memory"]["events"].as_array().unwrap();
    assert_eq!(events.iter().filter(|event| event["name"] == "EnableMFADevice").count(), 1);
}

/// Its seed is lost, and it holds the name.
#[tokio::test(start_paused = true)]
async fn a_device_that_was_abandoned_is_replaced() {
    let stage = with_alice().await;
    let (leftover, seed) = stage.leftover("alice").await;
    let played = enrol(&stage, person(&stage)).await;
    assert_eq!(played.made(), ["delete iam:mfa/alice", "create iam:mfa/alice"]);
    assert_eq!(stage.devices().await, json!([[leftover, "alice"]]));
    assert_ne!(played.operator.seed.unwrap(), seed);
}

#[tokio::test(start_paused = true)]
async fn a_device_that_was_abandoned_and_is_gone_by_now_is_not_missed() {
    let stage = with_alice().await;
    let (leftover, _) = stage.leftover("alice").await;
    let root = stage.root().await;
    let mut person = person(&stage);
    person.meanwhile = Some(Box::pin(async move {
        root.iam().delete_virtual_mfa_device().serial_number(leftover).send().await.unwrap();
    }));
    let played = enrol(&stage, person).await;
    assert!(played.operator.meanwhile.is_none());
    assert_eq!(count(&stage, "iam:DeleteVirtualMFADevice"), 2, "by somebody else, and then in vain");
    assert_eq!(played.made(), ["delete iam:mfa/alice", "create iam:mfa/alice"]);
    assert_eq!(stage.devices().await, json!([[DEVICE, "alice"]]));
}

/// AWS allows no ninth, and one is enough.
#[tokio::test(start_paused = true)]
async fn a_user_with_eight_devices_is_left_alone() {
    let stage = with_alice().await;
    for number in 1..=8 {
        stage.device(&format!("phone-{number}"), "alice").await;
    }
    let before = stage.account.mutating_calls().len();
    let mut person = person(&stage);
    person.takes_backup = true;
    let played = enrol(&stage, person).await;
    assert_eq!((played.state(StepId::AdminMfa), played.changes_made), (State::InPlace, 0));
    assert_eq!(stage.calls_since(before), [] as [&str; 0]);
}

/// Names are unique without regard to case.
#[tokio::test(start_paused = true)]
async fn a_name_that_somebody_has_in_another_case_is_not_taken() {
    let stage = with_alice().await;
    stage.user("bob").await;
    stage.device("ALICE", "bob").await;
    let played = enrol(&stage, person(&stage)).await;
    assert_eq!(played.made(), ["create iam:mfa/alice-2"]);
    let bobs = "arn:aws:iam::111122223333:mfa/ALICE";
    assert_eq!(stage.devices().await, json!([[bobs, "bob"], [SECOND_DEVICE, "alice"]]));
}

#[tokio::test(start_paused = true)]
async fn a_device_that_was_abandoned_under_the_name_in_another_case_is_replaced() {
    let stage = with_alice().await;
    stage.leftover("Alice").await;
    let played = enrol(&stage, person(&stage)).await;
    assert_eq!(played.made(), ["delete iam:mfa/Alice", "create iam:mfa/alice"]);
    assert_eq!(stage.devices().await, json!([[DEVICE, "alice"]]));
}

/// Whoever is named in another case is the same user, with the same device.
#[tokio::test(start_paused = true)]
async fn a_user_who_is_named_in_another_case_gets_one_device() {
    let stage = with_alice().await;
    let errand = stage.errand(json!({"admin": {"user": "ALICE"}}), &[StepId::AdminMfa]);
    let first = stage.play(&errand, person(&stage)).await.finished();
    assert_eq!((first.state(StepId::AdminMfa), first.changes_made), (State::InPlace, 1));
    let devices = stage.devices().await;
    assert_eq!(devices.as_array().map(Vec::len), Some(1), "{devices}");
    assert_eq!(devices[0][1], "alice", "{devices}");
    let second = stage.play(&errand, person(&stage)).await.finished();
    assert_eq!((second.state(StepId::AdminMfa), second.changes_made), (State::InPlace, 0));
    assert_eq!(stage.devices().await, devices);
}

/// With a path, the user's ARN is another than the name suggests.
#[tokio::test(start_paused = true)]
async fn a_user_with_a_path_is_an_administrator_like_any_other() {
    const WAITING: [StepId; 2] = [StepId::LogDelivery, StepId::ReportDelivery];
    let stage = Stage::new();
    let root = stage.root().await;
    root.iam().create_user().user_name("alice").path("/team/").send().await.unwrap();
    let first = stage.play(&stage.errand(json!({}), &[]), person(&stage)).await.finished();
    assert_eq!(first.left(), [StepId::RootMfa, WAITING[0], WAITING[1]]);
    assert_eq!(stage.devices().await, json!([[DEVICE, "alice"]]));
    let policy = stage.policy_of("dayone-trail-111122223333-us-east-1-an").await.to_string();
    assert!(policy.contains("arn:aws:iam::111122223333:user/team/alice"), "{policy}");
    assert!(!policy.contains(":user/alice"), "{policy}");
    let findings = stage.account.verdict().await.into_iter();
    let missing: Vec<_> = findings.filter(|found| !found.in_place).map(|found| found.what).collect();
    // Nobody has been in the console, and nobody has named an address for the alarm.
    assert_eq!(missing, ["root has MFA", "an e-mail tells of sign-ins of root"]);

    // By the access key alone, which the policy lets do no more than open a session. The last code was used.
    tokio::time::sleep(Duration::from_secs(60)).await;
    let mut as_alice = stage.errand(json!({}), &[]);
    as_alice.login = stage.profile();
    let with_device = person(&stage).with_seed(first.operator.seed);
    let second = stage.play(&as_alice, with_device).await.finished();
    assert_eq!(purposes(&second.operator.asked), [(SignIn, false)]);
    assert_eq!(second.changes_made, 0);
    assert!(second.left().iter().all(|step| *step == StepId::RootMfa || WAITING.contains(step)));
}

/// AWS has the seed of a token from its vendor: its serial number is all that is needed.
#[tokio::test(start_paused = true)]
async fn a_hardware_token_is_enrolled_by_its_serial_number() {
    let stage = Stage::new();
    let token = json!({"mfa": {"device": "hardware", "serial": TOKEN}});
    let errand = stage.errand(token, &UNTIL_MFA_IS_REQUIRED);
    let holder = person(&stage).with_seed(Some(hardware_seed(TOKEN)));
    let played = stage.play(&errand, holder).await.finished();
    assert_eq!(played.left(), []);
    assert_eq!(stage.devices().await, json!([[TOKEN, "alice"]]));
    assert!(played.made().contains(&format!("enable iam:mfa/{TOKEN}")), "{:?}", played.made());
    assert_eq!((count(&stage, "iam:CreateVirtualMFADevice"), played.operator.enrolments), (0, 0));
    let expected = [(EnrolFirst, false), (EnrolSecond, false), (SignIn, false)];
    assert_eq!(purposes(&played.operator.asked), expected);

    let holder = person(&stage).with_seed(Some(hardware_seed(TOKEN)));
    let again = stage.play(&errand, holder).await.finished();
    assert_eq!((again.changes_made, again.left()), (0, vec![]));
}

/// The codes of either device open a session.
#[tokio::test(start_paused = true)]
async fn a_second_device_is_enrolled_when_the_offer_is_accepted() {
    let stage = Stage::new();
    let mut person = person(&stage);
    person.takes_backup = true;
    let played = stage.play(&stage.errand(json!({}), &UNTIL_MFA_IS_REQUIRED), person).await.finished();
    assert_eq!(played.left(), []);
    assert_eq!(played.operator.enrolments, 2);
    assert_eq!(stage.devices().await, json!([[DEVICE, "alice"], [SECOND_DEVICE, "alice"]]));
    let made = played.made();
    let devices: Vec<_> = made.iter().filter(|change| change.contains("iam:mfa/")).collect();
    assert_eq!(devices, ["create iam:mfa/alice", "create iam:mfa/alice-2"]);
}

/// Whether somebody who said no was told how to be asked again.
fn is_told_how(played: &Played<Actor>, step: StepId) -> bool {
    played.told.remarks.iter().any(|remark| remark.contains(&format!("--only {step}")))
}

/// The last code was used, so the next sign-in waits for another.
async fn later(stage: &Stage, before: Actor) -> Actor {
    tokio::time::sleep(Duration::from_secs(60)).await;
    person(stage).with_seed(before.seed)
}

/// A walk through everything passes over what is in place, and nobody who is not there wants more.
#[tokio::test(start_paused = true)]
async fn a_second_device_is_offered_again_to_who_names_the_step() {
    let stage = Stage::new();
    let (named, everything) = (stage.errand(json!({}), &UNTIL_MFA_IS_REQUIRED), stage.errand(json!({}), &[]));
    let first = stage.play(&named, person(&stage)).await.finished();
    assert!(is_told_how(&first, StepId::AdminMfa), "{:?}", first.told.remarks);
    assert_eq!(stage.devices().await, json!([[DEVICE, "alice"]]));

    let mut willing = later(&stage, first.operator).await;
    willing.takes_backup = true;
    let second = stage.play(&everything, willing).await.finished();
    assert_eq!((second.state(StepId::AdminMfa), second.operator.enrolments), (State::InPlace, 0));
    assert!(!is_told_how(&second, StepId::AdminMfa), "{:?}", second.told.remarks);

    let mut nobody = Actor::unattended(stage.clock.clone());
    nobody.takes_backup = true;
    let third = stage.play(&named, nobody).await.finished();
    assert_eq!((third.state(StepId::AdminMfa), third.operator.enrolments), (State::InPlace, 0));

    let mut willing = later(&stage, second.operator).await;
    willing.takes_backup = true;
    let fourth = stage.play(&named, willing).await.finished();
    assert_eq!((fourth.left(), fourth.operator.enrolments), (vec![], 1));
    assert_eq!(stage.devices().await, json!([[DEVICE, "alice"], [SECOND_DEVICE, "alice"]]));
}

#[tokio::test(start_paused = true)]
async fn the_device_is_offered_to_be_noted_in_the_profile_until_it_is() {
    let stage = Stage::new();
    let errand = stage.errand(json!({}), &UNTIL_MFA_IS_REQUIRED);
    let mut person = stage.play(&errand, person(&stage)).await.finished();
    assert!(is_told_how(&person, StepId::RequireMfa), "{:?}", person.told.remarks);
    for expected in [1, 0] {
        let mut agrees = later(&stage, person.operator).await;
        agrees.agrees_to = Some("Note the MFA device");
        person = stage.play(&errand, agrees).await.finished();
        assert_eq!((person.operator.decided, person.changes_made), (expected, expected));
        let config = std::fs::read_to_string(files(stage.folder()).config).unwrap();
        assert_eq!(config.matches(&format!("mfa_serial = {DEVICE}\n")).count(), 1, "{config}");
    }
}

/// AWS lets people add passkeys in the console only, and until there is one MFA is required of nobody.
#[tokio::test(start_paused = true)]
async fn a_passkey_is_left_to_the_person() {
    let stage = Stage::new();
    let mut person = person(&stage);
    person.device = 2;
    let played = stage.play(&stage.errand(json!({}), &UNTIL_MFA_IS_REQUIRED), person).await.finished();
    assert_eq!(played.left(), [StepId::AdminMfa, StepId::RequireMfa]);
    let task = played.reports.iter().find_map(|report| report.person.as_ref()).unwrap();
    assert!(task.what.en.contains("Add a passkey or security key to alice"), "{}", task.what.en);
    assert_eq!(played.state(StepId::RequireMfa), State::Blocked);
    assert_eq!((stage.devices().await, played.operator.asked.len()), (json!([]), 0));
    assert_eq!(stage.account.snapshot().await["policies"], json!({}));
}
