//! The plan as a table of cases, and what holds of every account.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::require::LOGIN_HOURS;
use super::*;
use crate::answers::{Accept, Admin, DeviceKind, Mfa, PersonAnswer};
use crate::aws::{Reading, Unseen};
use crate::mfa::facts::{
    Holders, Member, PeopleGroup, PersonFacts, RequirePolicy, RootSignIn, RunMfa, Tried, VirtualDevice,
};
use crate::practice::{Change as _, PersonTask, PracticeId, Seen, State, StepId, Verb};
use crate::session::is_passkey;
use crate::text::Text;

const ACCOUNT: &str = "111122223333";
const POLICY: &str = "arn:aws:iam::111122223333:policy/dayone-require-mfa";
const ENROLMENT: &str = "arn:aws:iam::111122223333:policy/dayone-enrol-mfa";
const VIRTUAL: &str = "arn:aws:iam::111122223333:mfa/alice";
const PASSKEY: &str = "arn:aws:iam::111122223333:u2f/user/alice/key-EXAMPLE";
const TOKEN: &str = "GAHT12345678";
const SMS: &str = "arn:aws:iam::111122223333:sms-mfa/alice";

/// One line of a table: what is unlike the account that the table starts from, and how the step stands then.
struct Case {
    name: &'static str,
    state: State,
    changes: Vec<Change>,
    given: fn(&mut Facts, &mut Answers),
}

/// A case in which nothing is changed.
fn stands(name: &'static str, state: State, given: fn(&mut Facts, &mut Answers)) -> Case {
    Case { name, state, changes: Vec::new(), given }
}

/// A case in which there is something to change.
fn changes(name: &'static str, changes: Vec<Change>, given: fn(&mut Facts, &mut Answers)) -> Case {
    Case { name, state: State::ToChange, changes, given }
}

/// Holds each case against the plan of one step.
fn hold(step: StepId, start: fn() -> Facts, cases: impl IntoIterator<Item = Case>) {
    for Case { name, state, changes, given } in cases {
        let (mut facts, mut answers) = (start(), answers());
        given(&mut facts, &mut answers);
        let planned = planned(&facts, &answers, step);
        assert_eq!((planned.state, &planned.changes), (state, &changes), "{step}: {name}");
        holds_together(&planned);
    }
}

fn planned(facts: &Facts, answers: &Answers, step: StepId) -> StepPlan<Change> {
    plan(facts, answers).into_iter().find(|planned| planned.step == step).unwrap()
}

/// What holds of every step, however it stands.
fn holds_together(planned: &StepPlan<Change>) {
    let state = planned.state;
    let has_reason =
        matches!(state, State::Blocked | State::Accepted | State::NotAssessed | State::NotApplicable);
    assert_eq!(!planned.changes.is_empty(), state == State::ToChange, "{planned:?}");
    assert_eq!(planned.person.is_some(), state == State::NeedsPerson, "{planned:?}");
    assert_eq!(planned.found.is_some(), state == State::InPlace, "{planned:?}");
    assert_eq!(planned.reason.is_some(), has_reason, "{planned:?}");
    let names_machines = state == State::NeedsPerson && planned.step == StepId::UsersMfa;
    let tells_more = matches!(state, State::ToChange | State::Accepted | State::NotAssessed);
    assert!(planned.notes.is_empty() || tells_more || names_machines, "{planned:?}");
    let asks = |task: &PersonTask| matches!(task.seen, Seen::ByChoice(..));
    assert!(planned.person.iter().all(|task| asks(task) || !task.how.is_empty()), "{planned:?}");
    let of_person = planned.person.iter().flat_map(|task| std::iter::once(&task.what).chain(&task.how));
    for text in of_person.chain(&planned.reason).chain(&planned.found).chain(&planned.notes) {
        assert!(!text.en.is_empty() && !text.ko.is_empty(), "{planned:?}");
    }
}

/// The administrator is made and has signed in by access key. Nobody has MFA.
fn fresh() -> Facts {
    Facts {
        account: ACCOUNT.into(),
        partition: "aws".into(),
        admin: admin_with(&[]),
        virtual_devices: Ok(Vec::new()),
        root_mfa: Ok(false),
        policy: Ok(None),
        group: Ok(Some(("Administrators".into(), vec![member("alice", false, &[])]))),
        attached: Ok(false),
        run: RunMfa::AdministratorByKey,
        signed_in: true,
        users_without_mfa: Ok(owned(&["alice"])),
        machines_without_mfa: Vec::new(),
        reported: None,
        user_names: BTreeSet::from(["alice".to_owned()]),
        device_hours: None,
        tried: None,
        noted_device: None,
        root: RootSignIn::default(),
        people_groups: Ok(BTreeMap::new()),
        people: Ok(BTreeMap::from([("alice".to_owned(), known("alice", true))])),
        enrolment_policy: Ok(false),
    }
}

/// One of the answers' people who is a user.
fn known(name: &str, console_password: bool) -> PersonFacts {
    PersonFacts { name: name.into(), console_password: Ok(console_password) }
}

/// The administrator has enrolled a device.
fn enrolled() -> Facts {
    Facts {
        admin: admin_with(&[VIRTUAL]),
        virtual_devices: Ok(vec![assigned("alice", "alice")]),
        group: Ok(Some(("Administrators".into(), vec![member("alice", true, &[])]))),
        users_without_mfa: Ok(Vec::new()),
        ..fresh()
    }
}

/// The account with everything in it that the practice puts there.
fn perfect() -> Facts {
    Facts {
        root_mfa: Ok(true),
        policy: policy_that_is(true, None),
        attached: Ok(true),
        run: RunMfa::Safe,
        ..enrolled()
    }
}

/// What the wizard starts with: a person is there, and has named the administrator.
fn answers() -> Answers {
    let admin = Admin { user: Some("alice".into()), ..Admin::default() };
    let mfa = Mfa { device: Some(DeviceKind::Virtual), ..Mfa::default() };
    Answers { attended: true, admin, mfa, ..Answers::default() }
}

fn denied() -> Unseen {
    Unseen::denied("iam:GetSomething", "AccessDenied")
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().copied().map(str::to_owned).collect()
}

fn admin_with(serials: &[&str]) -> Reading<Option<(String, Vec<String>)>> {
    Ok(Some(("alice".into(), owned(serials))))
}

fn member(name: &str, mfa: bool, active_keys: &[&str]) -> Member {
    Member { name: name.into(), mfa, active_keys: owned(active_keys), machine_keys: Vec::new() }
}

/// A virtual device that was made and never enabled.
fn leftover(device: &str) -> VirtualDevice {
    VirtualDevice { serial: format!("arn:aws:iam::{ACCOUNT}:mfa/{device}"), owner: None }
}

fn assigned(device: &str, user: &str) -> VirtualDevice {
    VirtualDevice { owner: Some(format!("arn:aws:iam::{ACCOUNT}:user/{user}")), ..leftover(device) }
}

fn of_root(device: &str) -> VirtualDevice {
    VirtualDevice { owner: Some(format!("arn:aws:iam::{ACCOUNT}:root")), ..leftover(device) }
}

fn policy_that_is(same: bool, oldest_spare: Option<&str>) -> Reading<Option<RequirePolicy>> {
    let oldest_spare = oldest_spare.map(str::to_owned);
    Ok(Some(RequirePolicy { same, oldest_spare, holders: Ok(Holders::default()) }))
}

fn command() -> Option<Vec<String>> {
    Some(owned(&["program"]))
}

fn delete_leftover(device: &str) -> Change {
    Change::DeleteLeftover { serial: leftover(device).serial }
}

fn enrol(user: &str, device: &str) -> Change {
    Change::EnrolVirtualDevice { user: user.into(), device: device.into(), account: ACCOUNT.into() }
}

fn enrol_token() -> Change {
    Change::EnrolHardwareToken { user: "alice".into(), serial: TOKEN.into() }
}

fn start_session(user: &str) -> Change {
    Change::StartSession { user: user.into() }
}

fn create_policy() -> Change {
    Change::CreatePolicy { policy: POLICY.into() }
}

fn update_policy(drop_version: Option<&str>) -> Change {
    Change::UpdatePolicy { policy: POLICY.into(), drop_version: drop_version.map(str::to_owned) }
}

fn resync() -> Change {
    Change::ResyncDevice { user: "alice".into(), serial: VIRTUAL.into() }
}

fn create_enrolment_policy() -> Change {
    Change::CreatePolicy { policy: ENROLMENT.into() }
}

fn attach_policy(group: &str) -> Change {
    Change::AttachPolicy { policy: POLICY.into(), group: group.into() }
}

/// Both languages contain all the words.
fn says(text: &Text, words: &[&str]) {
    for (word, sentence) in words.iter().flat_map(|word| [(word, &text.en), (word, &text.ko)]) {
        assert!(sentence.contains(word), "{word} is not in: {sentence}");
    }
}

// The whole practice.

#[test]
fn a_new_account_has_everything_to_do() {
    let states: Vec<_> = plan(&fresh(), &answers()).iter().map(|planned| planned.state).collect();
    assert_eq!(states, [State::ToChange, State::NeedsPerson, State::Blocked, State::NeedsPerson]);
}

#[test]
fn a_perfect_account_has_nothing_to_do() {
    for planned in plan(&perfect(), &answers()) {
        assert_eq!(planned.state, State::InPlace, "{planned:?}");
        holds_together(&planned);
    }
}

#[test]
fn where_nothing_can_be_read_nothing_is_claimed() {
    let facts = Facts {
        admin: Err(denied()),
        virtual_devices: Err(denied()),
        root_mfa: Err(denied()),
        policy: Err(denied()),
        group: Err(denied()),
        attached: Err(denied()),
        users_without_mfa: Err(denied()),
        ..perfect()
    };
    for planned in plan(&facts, &answers()) {
        assert_eq!(planned.state, State::NotAssessed, "{planned:?}");
        says(planned.reason.as_ref().unwrap(), &["iam:GetSomething", "AccessDenied"]);
    }
}

fn accepting(steps: &[StepId]) -> Answers {
    let accept = |step: &StepId| Accept { step: *step, reason: "managed centrally".into() };
    Answers { accept: steps.iter().map(accept).collect(), ..answers() }
}

#[test]
fn what_is_accepted_stays_as_it_is() {
    for planned in plan(&fresh(), &accepting(PracticeId::Mfa.steps())) {
        assert_eq!(planned.state, State::Accepted, "{planned:?}");
        assert_eq!(planned.reason, Some(Text::verbatim("managed centrally")));
        holds_together(&planned);
    }
}

#[test]
fn only_what_is_not_in_place_needs_an_exception() {
    for planned in plan(&perfect(), &accepting(PracticeId::Mfa.steps())) {
        assert_eq!(planned.state, State::InPlace, "{planned:?}");
    }
    let one = accepting(&[StepId::RootMfa]);
    assert_eq!(planned(&fresh(), &one, StepId::RootMfa).state, State::Accepted);
    assert_eq!(planned(&fresh(), &one, StepId::AdminMfa).state, State::ToChange);
}

// The administrator's device.

#[test]
fn the_administrator_enrols_a_device() {
    let cases = [
        changes("no device", vec![enrol("alice", "alice")], |_, _| {}),
        changes("spelled in another case", vec![enrol("Alice", "Alice")], |facts, _| {
            facts.admin = Ok(Some(("Alice".into(), Vec::new())));
        }),
        changes("named, and not made yet", vec![enrol("alice", "alice")], |facts, _| facts.admin = Ok(None)),
        stands("nobody is named", State::Blocked, |facts, answers| {
            (facts.admin, answers.admin.user) = (Ok(None), None);
        }),
        stands("unreadable", State::NotAssessed, |facts, _| facts.admin = Err(denied())),
        stands("the list of devices is unreadable", State::NotAssessed, |facts, _| {
            facts.virtual_devices = Err(denied());
        }),
        stands("one device, and no list is needed", State::InPlace, |facts, _| {
            (facts.admin, facts.virtual_devices) = (admin_with(&[TOKEN]), Err(denied()));
        }),
    ];
    hold(StepId::AdminMfa, fresh, cases);
    let mut nobody = answers();
    nobody.admin.user = None;
    let planned = planned(&Facts { admin: Ok(None), ..fresh() }, &nobody, StepId::AdminMfa);
    says(&planned.reason.unwrap(), &["admin-user"]);
}

#[test]
fn with_nobody_there_commands_enrol() {
    let cases = [
        stands("no commands", State::NeedsPerson, |_, answers| answers.attended = false),
        stands("a command for codes alone", State::NeedsPerson, |_, answers| {
            answers.attended = false;
            answers.mfa.code_command = command();
        }),
        stands("a command for the seed alone", State::NeedsPerson, |_, answers| {
            answers.attended = false;
            answers.mfa.enrol_command = command();
        }),
        changes("both commands", vec![enrol("alice", "alice")], |_, answers| {
            answers.attended = false;
            (answers.mfa.enrol_command, answers.mfa.code_command) = (command(), command());
        }),
    ];
    hold(StepId::AdminMfa, fresh, cases);
    let unattended = Answers { attended: false, ..answers() };
    let task = planned(&fresh(), &unattended, StepId::AdminMfa).person.unwrap();
    assert_eq!(task.seen, Seen::Elsewhere);
    says(&task.how[0], &["enrol_command", "code_command", "[mfa]"]);
}

#[test]
fn a_hardware_token_is_enabled_by_its_serial_number() {
    let cases = [
        changes("a person there", vec![enrol_token()], |_, answers| {
            (answers.mfa.device, answers.mfa.serial) = (Some(DeviceKind::Hardware), Some(TOKEN.into()));
        }),
        changes("a serial number, but another kind", vec![enrol("alice", "alice")], |_, answers| {
            answers.mfa.serial = Some(TOKEN.into());
        }),
        stands("the kind, and the serial number is asked for", State::NeedsPerson, |_, answers| {
            answers.mfa.device = Some(DeviceKind::Hardware);
        }),
        changes("nobody there, a command for codes", vec![enrol_token()], |_, answers| {
            answers.attended = false;
            answers.mfa.code_command = command();
            (answers.mfa.device, answers.mfa.serial) = (Some(DeviceKind::Hardware), Some(TOKEN.into()));
        }),
        stands("nobody there, no serial number", State::NeedsPerson, |_, answers| {
            (answers.attended, answers.mfa.device) = (false, Some(DeviceKind::Hardware));
            (answers.mfa.enrol_command, answers.mfa.code_command) = (command(), command());
        }),
        stands("nobody there, no command for codes", State::NeedsPerson, |_, answers| {
            answers.attended = false;
            (answers.mfa.device, answers.mfa.serial) = (Some(DeviceKind::Hardware), Some(TOKEN.into()));
        }),
    ];
    hold(StepId::AdminMfa, fresh, cases);
}

#[test]
fn a_leftover_of_the_name_is_replaced_and_a_taken_name_is_left() {
    let replaced = |device: &str, name: &str| vec![delete_leftover(device), enrol("alice", name)];
    let cases = [
        changes("a leftover", replaced("alice", "alice"), |facts, _| {
            facts.virtual_devices = Ok(vec![leftover("alice")]);
        }),
        changes("a leftover in another case", replaced("ALICE", "alice"), |facts, _| {
            facts.virtual_devices = Ok(vec![leftover("ALICE")]);
        }),
        changes("a leftover under a path", replaced("team/alice", "alice"), |facts, _| {
            facts.virtual_devices = Ok(vec![leftover("team/alice")]);
        }),
        changes("a leftover of another name", vec![enrol("alice", "alice")], |facts, _| {
            facts.virtual_devices = Ok(vec![leftover("bob")]);
        }),
        changes("taken by another user", vec![enrol("alice", "alice-2")], |facts, _| {
            facts.virtual_devices = Ok(vec![assigned("alice", "bob")]);
        }),
        changes("taken in another case", vec![enrol("alice", "alice-2")], |facts, _| {
            facts.virtual_devices = Ok(vec![assigned("Alice", "bob")]);
        }),
        changes("taken by root", vec![enrol("alice", "alice-2")], |facts, _| {
            facts.virtual_devices = Ok(vec![of_root("alice")]);
        }),
        changes("two are taken", vec![enrol("alice", "alice-3")], |facts, _| {
            facts.virtual_devices = Ok(vec![assigned("alice-2", "carol"), assigned("alice", "bob")]);
        }),
        changes("taken, and a leftover of the next name", replaced("alice-2", "alice-2"), |facts, _| {
            facts.virtual_devices = Ok(vec![assigned("alice", "bob"), leftover("alice-2")]);
        }),
    ];
    hold(StepId::AdminMfa, fresh, cases);
}

#[test]
fn the_device_that_is_there_is_named() {
    let strange = "arn:aws:iam::111122223333:mfa/a\u{1b}b";
    for (serial, en) in [
        (VIRTUAL, "virtual device alice"),
        (PASSKEY, "a passkey or security key"),
        (TOKEN, "hardware token GAHT12345678"),
        (SMS, "a phone number, by SMS"),
        (strange, "virtual device a\u{fffd}b"),
    ] {
        let facts = Facts { admin: admin_with(&[serial]), ..fresh() };
        let found = planned(&facts, &answers(), StepId::AdminMfa).found.unwrap();
        assert_eq!(found.en, en);
        let name = en.rsplit(' ').next().unwrap();
        assert_eq!(found.ko.contains(name), serial != PASSKEY, "{serial}: {}", found.ko);
    }
}

// Root's device.

#[test]
fn root_mfa_is_read_and_never_made() {
    let cases = [
        stands("without", State::NeedsPerson, |_, _| {}),
        stands("with", State::InPlace, |facts, _| facts.root_mfa = Ok(true)),
        stands("with, of a kind that cannot be told", State::InPlace, |facts, _| {
            (facts.root_mfa, facts.virtual_devices) = (Ok(true), Err(denied()));
        }),
        stands("unreadable", State::NotAssessed, |facts, _| facts.root_mfa = Err(denied())),
        stands("unreadable, though a device is listed", State::NotAssessed, |facts, _| {
            (facts.root_mfa, facts.virtual_devices) = (Err(denied()), Ok(vec![of_root("root")]));
        }),
    ];
    hold(StepId::RootMfa, fresh, cases);
}

#[test]
fn the_kind_of_the_device_of_root_follows_from_the_list() {
    let found = |virtual_devices| {
        let facts = Facts { root_mfa: Ok(true), virtual_devices, ..fresh() };
        planned(&facts, &answers(), StepId::RootMfa).found.unwrap().en
    };
    assert!(found(Ok(vec![assigned("a", "root"), of_root("b")])).starts_with("root has a virtual device; "));
    let other = "root has a passkey, a security key or a hardware token";
    assert_eq!(found(Ok(vec![assigned("a", "root"), leftover("root-account-mfa-device")])), other);
    assert_eq!(found(Err(denied())), "root has MFA; of which kind cannot be told");
}

#[test]
fn a_person_adds_mfa_to_root_in_the_console() {
    let task = planned(&fresh(), &answers(), StepId::RootMfa).person.unwrap();
    assert_eq!(task.seen, Seen::InAccount);
    says(&task.how[0], &["https://console.aws.amazon.com/iam/home#/security_credentials"]);
    says(&task.how[3], &["35"]);
    for partition in ["aws-cn", "aws-us-gov"] {
        let facts = Facts { partition: partition.into(), ..fresh() };
        assert_eq!(planned(&facts, &answers(), StepId::RootMfa).state, State::NotApplicable);
    }
}

// The policy.

#[test]
fn the_policy_is_made_and_attached() {
    let session = || start_session("alice");
    let attach = || attach_policy("Administrators");
    let cases = [
        changes("under an MFA session", vec![session(), create_policy(), attach()], |_, _| {}),
        changes("by a run that is safe", vec![create_policy(), attach()], |facts, _| {
            facts.run = RunMfa::Safe;
        }),
        changes(
            "to the group as AWS spells it, by the administrator as AWS spells it",
            vec![start_session("Alice"), create_policy(), attach_policy("administrators")],
            |facts, _| {
                facts.admin = Ok(Some(("Alice".into(), owned(&[VIRTUAL]))));
                facts.group = Ok(Some(("administrators".into(), Vec::new())));
            },
        ),
        changes("it is made and not attached", vec![session(), attach()], |facts, _| {
            facts.policy = policy_that_is(true, None);
        }),
        changes("it differs", vec![session(), update_policy(None), attach()], |facts, _| {
            facts.policy = policy_that_is(false, None);
        }),
        changes("it differs, and is attached", vec![session(), update_policy(None)], |facts, _| {
            (facts.policy, facts.attached) = (policy_that_is(false, None), Ok(true));
        }),
        changes(
            "it differs, and has five versions",
            vec![session(), update_policy(Some("v2"))],
            |facts, _| {
                (facts.policy, facts.attached) = (policy_that_is(false, Some("v2")), Ok(true));
            },
        ),
        changes("attached, and gone since", vec![session(), create_policy()], |facts, _| {
            facts.attached = Ok(true);
        }),
        stands("attached, and the same", State::InPlace, |facts, _| {
            (facts.policy, facts.attached) = (policy_that_is(true, None), Ok(true));
        }),
    ];
    hold(StepId::RequireMfa, enrolled, cases);
}

#[test]
fn the_policy_is_of_the_account_and_the_partition() {
    let facts = Facts { partition: "aws-cn".into(), run: RunMfa::Safe, ..enrolled() };
    let policy = "arn:aws-cn:iam::111122223333:policy/dayone-require-mfa".to_owned();
    let planned = planned(&facts, &answers(), StepId::RequireMfa);
    let group = "Administrators".to_owned();
    let expected = [Change::CreatePolicy { policy: policy.clone() }, Change::AttachPolicy { policy, group }];
    assert_eq!(planned.changes, expected);
}

#[test]
fn what_was_not_seen_of_the_policy_is_not_assessed() {
    let cases = [
        stands("the policy", State::NotAssessed, |facts, _| facts.policy = Err(denied())),
        stands("the group", State::NotAssessed, |facts, _| facts.group = Err(denied())),
        stands("the attachment", State::NotAssessed, |facts, _| facts.attached = Err(denied())),
        stands("even where it is not wanted", State::NotAssessed, |facts, answers| {
            facts.policy = Err(denied());
            answers.mfa.require = false;
        }),
        stands("what it does not rest on", State::InPlace, |facts, _| {
            (facts.admin, facts.virtual_devices) = (Err(denied()), Err(denied()));
            (facts.root_mfa, facts.users_without_mfa) = (Err(denied()), Err(denied()));
        }),
    ];
    hold(StepId::RequireMfa, perfect, cases);
}

#[test]
fn the_answers_may_say_that_no_policy_is_wanted() {
    let cases = [
        stands("none", State::Accepted, |_, answers| answers.mfa.require = false),
        stands("without a device", State::Accepted, |facts, answers| {
            facts.admin = admin_with(&[]);
            answers.mfa.require = false;
        }),
        stands("another one is attached", State::Accepted, |facts, answers| {
            (facts.policy, facts.attached) = (policy_that_is(false, None), Ok(true));
            answers.mfa.require = false;
        }),
        stands("it is in place all the same", State::InPlace, |facts, answers| {
            (facts.policy, facts.attached) = (policy_that_is(true, None), Ok(true));
            answers.mfa.require = false;
        }),
    ];
    hold(StepId::RequireMfa, enrolled, cases);
    let mfa = Mfa { require: false, ..Mfa::default() };
    let planned = planned(&enrolled(), &Answers { mfa, ..answers() }, StepId::RequireMfa);
    says(&planned.reason.unwrap(), &["mfa.require = false"]);
}

#[test]
fn the_policy_waits_for_the_administrators_device() {
    let cases = [
        stands("no device", State::Blocked, |facts, _| facts.admin = admin_with(&[])),
        stands("no administrator", State::Blocked, |facts, _| facts.admin = Ok(None)),
        stands("nothing known of the administrator", State::Blocked, |facts, _| facts.admin = Err(denied())),
        stands("no group", State::Blocked, |facts, _| facts.group = Ok(None)),
    ];
    hold(StepId::RequireMfa, enrolled, cases);
    says(&planned(&fresh(), &answers(), StepId::RequireMfa).reason.unwrap(), &["admin-mfa"]);
}

/// `GetSessionToken` takes a code, and a passkey shows none.
#[test]
fn a_passkey_alone_needs_aws_login() {
    let all = || vec![start_session("alice"), create_policy(), attach_policy("Administrators")];
    let cases = [
        stands("by access key", State::NeedsPerson, |facts, _| facts.admin = admin_with(&[PASSKEY])),
        stands("two of them", State::NeedsPerson, |facts, _| facts.admin = admin_with(&[PASSKEY, PASSKEY])),
        changes("beside an authenticator app", all(), |facts, _| {
            facts.admin = admin_with(&[PASSKEY, VIRTUAL]);
        }),
        changes("a hardware token shows codes", all(), |facts, _| facts.admin = admin_with(&[TOKEN])),
        changes("by aws login", all().split_off(1), |facts, _| {
            (facts.admin, facts.run) = (admin_with(&[PASSKEY]), RunMfa::Safe);
        }),
    ];
    hold(StepId::RequireMfa, enrolled, cases);
    let facts = Facts { admin: admin_with(&[PASSKEY]), ..enrolled() };
    let task = planned(&facts, &answers(), StepId::RequireMfa).person.unwrap();
    assert_eq!(task.seen, Seen::Elsewhere);
    says(&task.what, &["aws login"]);
}

#[test]
fn a_run_does_not_lock_itself_out() {
    let cases = [
        stands("another member, by access key", State::Blocked, |facts, _| {
            let members = vec![member("alice", true, &[]), member("Kim", true, &[])];
            facts.group = Ok(Some(("Administrators".into(), members)));
            facts.run = RunMfa::OtherUser("kim".into());
        }),
        changes(
            "another user, who is no member",
            vec![create_policy(), attach_policy("Administrators")],
            |facts, _| facts.run = RunMfa::OtherUser("kim".into()),
        ),
    ];
    hold(StepId::RequireMfa, enrolled, cases);
    let run = RunMfa::OtherUser("alice".into());
    let planned = planned(&Facts { run, ..enrolled() }, &answers(), StepId::RequireMfa);
    says(&planned.reason.unwrap(), &["alice"]);
}

/// A person may decide so, but not by Enter alone; with nobody there it is left.
#[test]
fn a_key_that_looks_like_a_machine_s_is_not_stopped_by_accident() {
    let ci = member("ci", false, &["AKIACI1", "AKIACI2"]);
    let members = vec![member("alice", true, &[]), Member { machine_keys: owned(&["AKIACI2"]), ..ci }];
    let facts = Facts { group: Ok(Some(("Administrators".into(), members))), ..enrolled() };
    let decided = planned(&facts, &answers(), StepId::RequireMfa);
    assert_eq!((decided.state, decided.careful), (State::ToChange, true));
    says(&decided.notes[0], &["ci", "AKIACI2"]);
    assert!(!decided.notes[0].en.contains("AKIACI1"), "{}", decided.notes[0].en);

    let left = planned(&facts, &Answers { attended: false, ..answers() }, StepId::RequireMfa);
    assert_eq!(left.state, State::NeedsPerson);
    says(&left.person.unwrap().how[0], &["ci", "AKIACI2"]);
    assert!(!planned(&enrolled(), &answers(), StepId::RequireMfa).careful);
}

#[test]
fn whom_and_what_the_policy_stops_is_named() {
    let members = vec![
        member("alice", true, &[]),
        member("bob", true, &["AKIABOB1", "AKIABOB2"]),
        member("carol", false, &[]),
        member("d\u{1b}ave", false, &["AKIADAVE"]),
    ];
    let facts = Facts { group: Ok(Some(("Administrators".into(), members))), ..enrolled() };
    let notes = planned(&facts, &answers(), StepId::RequireMfa).notes;
    let [bob, carol, dave] = notes.as_slice() else { panic!("{notes:?}") };
    says(bob, &["bob", "AKIABOB1, AKIABOB2", "MFA"]);
    says(carol, &["carol", "MFA"]);
    says(dave, &["d\u{fffd}ave", "AKIADAVE", "MFA"]);
    assert!(bob.en.contains("only in an MFA session"));
    assert!(carol.en.contains("nothing but enrol a device"));
    assert!(dave.en.contains("will be stopped") && dave.en.contains("give it a role first"));
}

/// Somebody may have written it for others too, who would get ours without having been asked.
#[test]
fn a_policy_that_says_something_else_is_not_replaced_by_accident() {
    let facts = |holders| Facts {
        policy: Ok(Some(RequirePolicy { same: false, oldest_spare: None, holders })),
        attached: Ok(true),
        ..enrolled()
    };
    let elsewhere = Holders {
        users: owned(&["frank"]),
        groups: owned(&["administrators", "Ops"]),
        roles: owned(&["Deploy"]),
    };
    let cases = [
        (Ok(elsewhere), ["frank", "Ops", "Deploy"]),
        (Ok(Holders { groups: owned(&["Administrators"]), ..Holders::default() }), ["dayone-require-mfa"; 3]),
        (Err(denied()), ["iam:GetSomething"; 3]),
    ];
    for (holders, words) in cases {
        let facts = facts(holders);
        let decided = planned(&facts, &answers(), StepId::RequireMfa);
        assert_eq!((decided.state, decided.careful), (State::ToChange, true));
        assert_eq!(decided.changes, [start_session("alice"), update_policy(None)]);
        says(&decided.notes[0], &words);
        assert!(!decided.notes[0].en.contains("dministrators"), "that is what it is for");
        let left = planned(&facts, &Answers { attended: false, ..answers() }, StepId::RequireMfa);
        assert_eq!((left.state, &left.changes), (State::NeedsPerson, &Vec::new()));
        holds_together(&left);
        says(&left.person.unwrap().how[0], &words);
    }
}

/// In the console the device is asked for anyway. The keys are what the policy closes.
#[test]
fn keys_of_the_administrator_are_not_closed_before_the_device_was_seen_to_work() {
    let cases = [
        stands("nobody has signed in", State::Blocked, |facts, _| facts.signed_in = false),
        stands("nor where another user acts", State::Blocked, |facts, _| {
            (facts.signed_in, facts.run) = (false, RunMfa::OtherUser("dave".into()));
        }),
        changes("the administrator has", vec![create_policy(), attach_policy("Administrators")], |_, _| {}),
        changes("no key", vec![create_policy(), attach_policy("Administrators")], |facts, _| {
            facts.signed_in = false;
            facts.group = Ok(Some(("Administrators".into(), vec![member("alice", true, &[])])));
        }),
        changes(
            "a key of somebody else",
            vec![create_policy(), attach_policy("Administrators")],
            |facts, _| {
                facts.signed_in = false;
                let members = vec![member("alice", true, &[]), member("bob", true, &["AKIABOB"])];
                facts.group = Ok(Some(("Administrators".into(), members)));
            },
        ),
    ];
    let start = || Facts {
        group: Ok(Some(("Administrators".into(), vec![member("alice", true, &["AKIAALICE"])]))),
        run: RunMfa::Safe,
        ..enrolled()
    };
    hold(StepId::RequireMfa, start, cases);
    let blocked = planned(&Facts { signed_in: false, ..start() }, &answers(), StepId::RequireMfa);
    says(&blocked.reason.unwrap(), &["alice", "AKIAALICE", "admin-sign-in"]);
}

/// Whoever is stopped by it, a person decides about, and not by Enter alone.
#[test]
fn whoever_would_be_stopped_makes_the_step_careful() {
    let careful = |members: Vec<Member>| {
        let facts = Facts { group: Ok(Some(("Administrators".into(), members))), ..enrolled() };
        planned(&facts, &answers(), StepId::RequireMfa).careful
    };
    assert!(!careful(vec![member("alice", true, &["AKIAALICE"])]), "a key goes on in a session");
    assert!(careful(vec![member("alice", true, &[]), member("bob", false, &[])]));
    let mut of_the_people = enrolled();
    let group = people_group_of(&[member("carol", false, &[])]);
    of_the_people.people_groups = Ok(BTreeMap::from([("Developers".to_owned(), group)]));
    let plan = planned(&of_the_people, &answers(), StepId::RequireMfa);
    assert!(plan.careful);
    says(&plan.notes[0], &["carol"]);
}

/// Who runs it and how much is done: how the step stands in the account with nothing done, with the device enrolled, with
/// access keys of the administrator besides, and with everything done.
#[test]
fn who_runs_it_decides_what_is_left_of_the_policy() {
    use State::{Blocked, InPlace, NeedsPerson, ToChange};
    let another = |name: &str| RunMfa::OtherUser(name.to_owned());
    let table = [
        ("root alone", RunMfa::Safe, false, [Blocked, ToChange, Blocked, InPlace]),
        ("root, the administrator besides", RunMfa::Safe, true, [Blocked, ToChange, ToChange, InPlace]),
        ("by key", RunMfa::AdministratorByKey, true, [Blocked, ToChange, ToChange, InPlace]),
        ("by aws login", RunMfa::AdministratorByLogin, true, [Blocked, NeedsPerson, NeedsPerson, InPlace]),
        ("another administrator", another("bob"), false, [Blocked, Blocked, Blocked, InPlace]),
        ("another user", another("dave"), false, [Blocked, ToChange, Blocked, InPlace]),
        ("stopped by the policy", RunMfa::Out, true, [NeedsPerson; 4]),
    ];
    for (caller, run, signed_in, expected) in table {
        for (given, expected) in
            [nothing_done(), device_enrolled(), keys_besides(), perfect()].into_iter().zip(expected)
        {
            let facts = Facts { run: run.clone(), signed_in, ..given.clone() };
            let planned = planned(&facts, &answers(), StepId::RequireMfa);
            assert_eq!(planned.state, expected, "{caller}: {planned:?}");
            holds_together(&planned);
            let opens = planned.changes.first() == Some(&start_session("alice"));
            assert_eq!(opens, run == RunMfa::AdministratorByKey && expected == ToChange, "{caller}");
            for step in [StepId::AdminMfa, StepId::RootMfa, StepId::UsersMfa] {
                let of_caller = self::planned(&facts, &answers(), step).state;
                assert_eq!(of_caller, self::planned(&given, &answers(), step).state, "{caller}: {step}");
            }
        }
    }
}

fn nothing_done() -> Facts {
    with_another_administrator(fresh())
}

fn device_enrolled() -> Facts {
    with_another_administrator(enrolled())
}

fn keys_besides() -> Facts {
    let mut facts = device_enrolled();
    let members = vec![member("alice", true, &["AKIAALICE"]), member("bob", true, &[])];
    facts.group = Ok(Some(("Administrators".into(), members)));
    facts
}

fn with_another_administrator(mut facts: Facts) -> Facts {
    if let Ok(Some((_, members))) = &mut facts.group {
        members.push(member("bob", true, &[]));
    }
    facts
}

#[test]
fn whoever_the_policy_stops_signs_in_again() {
    let facts = Facts { run: RunMfa::Out, policy: Err(denied()), group: Err(denied()), ..perfect() };
    let task = planned(&facts, &answers(), StepId::RequireMfa).person.unwrap();
    assert_eq!(task.seen, Seen::BySigningInAgain);
    says(&task.what, &["MFA"]);
}

// Everybody.

fn person(user: &str) -> PersonAnswer {
    PersonAnswer { user: user.into(), groups: Vec::new(), console_password_file: None }
}

#[test]
fn everybody_enrols() {
    let cases = [
        stands("everybody has", State::InPlace, |_, _| {}),
        stands("a person of the answers has, in another case", State::InPlace, |_, answers| {
            answers.people = vec![person("ALICE")];
        }),
        stands("somebody has not", State::NeedsPerson, |facts, _| {
            facts.users_without_mfa = Ok(owned(&["bob"]));
        }),
        stands("a machine has not", State::InPlace, |facts, _| {
            facts.machines_without_mfa = owned(&["ci"]);
        }),
        stands(
            "a person of the answers has neither a password nor MFA",
            State::NeedsPerson,
            |facts, answers| {
                facts.people.as_mut().unwrap().insert("bob".into(), known("bob", false));
                facts.machines_without_mfa = owned(&["bob"]);
                (answers.attended, answers.people) = (false, vec![person("BOB")]);
            },
        ),
        stands("nobody is there at all", State::Blocked, |facts, _| facts.user_names = BTreeSet::new()),
        stands("nobody is there, and somebody is missing", State::Blocked, |facts, answers| {
            facts.user_names = BTreeSet::new();
            answers.people = vec![person("bob")];
        }),
        stands("unreadable", State::NotAssessed, |facts, _| facts.users_without_mfa = Err(denied())),
        stands("unreadable, with no names", State::NotAssessed, |facts, _| {
            (facts.users_without_mfa, facts.user_names) = (Err(denied()), BTreeSet::new());
        }),
    ];
    hold(StepId::UsersMfa, perfect, cases);
}

#[test]
fn users_are_counted() {
    let user_names = ["alice", "bob", "carol"].map(str::to_owned);
    let facts = Facts { user_names: BTreeSet::from(user_names), ..perfect() };
    says(&planned(&facts, &answers(), StepId::UsersMfa).found.unwrap(), &["3"]);
    let nobody = Facts { user_names: BTreeSet::new(), ..facts };
    says(&planned(&nobody, &answers(), StepId::UsersMfa).reason.unwrap(), &["admin-user"]);
}

/// What a person is told when these users have no MFA.
fn left_to_enrol(without: &[&str]) -> PersonTask {
    let facts = Facts { users_without_mfa: Ok(owned(without)), ..perfect() };
    planned(&facts, &answers(), StepId::UsersMfa).person.unwrap()
}

#[test]
fn who_has_no_mfa_is_named_with_what_to_do() {
    let without = left_to_enrol(&["bob", "ev\u{1b}e"]);
    assert_eq!((without.how.len(), &without.seen), (3, &Seen::Elsewhere));
    says(&without.how[0], &["2", "bob, ev\u{fffd}e"]);
    says(&without.how[1], &["SMS"]);
    says(&without.how[2], &["dayone-require-mfa"]);
}

#[test]
fn machines_are_named_and_keep_nothing_open() {
    let user_names = ["alice", "ci", "deploy"].map(str::to_owned);
    let machines_without_mfa = owned(&["ci", "deploy"]);
    let facts = Facts { user_names: BTreeSet::from(user_names), machines_without_mfa, ..perfect() };
    let found = planned(&facts, &answers(), StepId::UsersMfa).found.unwrap();
    says(&found, &["1", "ci, deploy", "dayone-require-mfa"]);

    let facts = Facts { users_without_mfa: Ok(owned(&["bob"])), ..facts };
    let left = planned(&facts, &answers(), StepId::UsersMfa);
    says(&left.person.unwrap().how[0], &["1", "bob"]);
    says(&left.notes[0], &["ci, deploy"]);
}

fn in_groups(user: &str, groups: &[&str]) -> PersonAnswer {
    PersonAnswer { groups: owned(groups), ..person(user) }
}

fn password_of(user: &str) -> Change {
    Change::CreateConsolePassword { user: user.into(), file: None }
}

fn into_group(user: &str, group: &str) -> Change {
    Change::AddToGroup { user: user.into(), group: group.into() }
}

#[test]
fn the_people_of_the_answers_come_in() {
    let new_group = || Change::CreateGroup { group: "Developers".into() };
    let attach = || Change::AttachPolicy { policy: POLICY.into(), group: "Developers".into() };
    let bob = || Change::CreateUser { user: "bob".into() };
    let everything = vec![new_group(), attach(), bob(), into_group("bob", "Developers"), password_of("bob")];
    let cases = [
        changes(
            "before the policy is there",
            [vec![create_policy()], everything.clone()].concat(),
            |facts, answers| {
                facts.policy = Ok(None);
                answers.people = vec![in_groups("bob", &["Developers"])];
            },
        ),
        changes("a user, a group that requires MFA, a password", everything, |_, answers| {
            answers.people = vec![in_groups("bob", &["Developers"])];
        }),
        changes(
            "nobody there to take a password",
            vec![new_group(), attach(), bob(), into_group("bob", "Developers")],
            |_, answers| {
                answers.attended = false;
                answers.people = vec![in_groups("bob", &["Developers"])];
            },
        ),
        stands("the policy cannot be read", State::NotAssessed, |facts, answers| {
            facts.policy = Err(denied());
            answers.people = vec![in_groups("bob", &["Developers"])];
        }),
        changes(
            "among the administrators",
            vec![bob(), into_group("bob", "Administrators"), password_of("bob")],
            |_, answers| {
                answers.people = vec![in_groups("bob", &["administrators"])];
                answers.people[0].groups = owned(&["Administrators"]);
            },
        ),
        changes("a user in another case, without a password", vec![password_of("Bob")], |facts, answers| {
            facts.people = Ok(BTreeMap::from([("bob".to_owned(), known("Bob", false))]));
            answers.people = vec![person("bob")];
        }),
        changes("in no group yet", vec![into_group("bob", "Developers")], |facts, answers| {
            facts.people = Ok(BTreeMap::from([("bob".to_owned(), known("bob", true))]));
            let group = PeopleGroup { attached: true, ..people_group_of(&[]) };
            facts.people_groups = Ok(BTreeMap::from([("Developers".to_owned(), group)]));
            answers.people = vec![in_groups("bob", &["Developers"])];
        }),
        stands("people cannot be read", State::NotAssessed, |facts, answers| {
            facts.people = Err(denied());
            answers.people = vec![person("bob")];
        }),
    ];
    hold(StepId::UsersMfa, perfect, cases);
}

#[test]
fn the_policy_goes_to_the_groups_of_the_people_too() {
    let attach = Change::AttachPolicy { policy: POLICY.into(), group: "Developers".into() };
    let cases = [changes("a group without it", vec![attach], |facts, _| {
        facts.people_groups = Ok(BTreeMap::from([("Developers".to_owned(), people_group_of(&[]))]));
    })];
    hold(StepId::RequireMfa, perfect, cases);
}

/// Where MFA is not required, people may enrol all the same.
#[test]
fn without_requiring_mfa_the_people_may_enrol() {
    let attach = || Change::AttachPolicy { policy: ENROLMENT.into(), group: "Developers".into() };
    let there = |group: PeopleGroup| Ok(BTreeMap::from([("Developers".to_owned(), group)]));
    let everything = vec![
        create_enrolment_policy(),
        Change::CreateGroup { group: "Developers".into() },
        attach(),
        Change::CreateUser { user: "bob".into() },
        into_group("bob", "Developers"),
        password_of("bob"),
    ];
    let bob = |facts: &mut Facts, group: PeopleGroup| {
        facts.people.as_mut().unwrap().insert("bob".into(), known("bob", true));
        facts.people_groups = there(group);
    };
    let mut table: Vec<(&str, Vec<Change>, Facts)> = vec![("from nothing", everything.clone(), perfect())];
    let policy_is_there = Facts { enrolment_policy: Ok(true), ..perfect() };
    table.push(("the policy is there", everything[1..].to_vec(), policy_is_there.clone()));
    let mut group_is_there = policy_is_there;
    bob(&mut group_is_there, people_group_of(&[member("bob", false, &[])]));
    table.push(("a group without it", vec![attach()], group_is_there.clone()));
    for (attached, enrols) in [(true, false), (false, true)] {
        let group = PeopleGroup { attached, enrols, ..people_group_of(&[member("bob", false, &[])]) };
        bob(&mut group_is_there, group);
        table.push(("a group that has one", Vec::new(), group_is_there.clone()));
    }
    let mut answers = answers();
    answers.mfa.require = false;
    answers.people = vec![in_groups("bob", &["Developers"])];
    for (name, changes, facts) in table {
        assert_eq!(planned(&facts, &answers, StepId::UsersMfa).changes, changes, "{name}");
    }
    let unseen = Facts { enrolment_policy: Err(denied()), ..perfect() };
    assert_eq!(planned(&unseen, &answers, StepId::UsersMfa).state, State::NotAssessed);
}

/// Who is in no group could not even enrol.
#[test]
fn a_person_without_a_group_is_not_made() {
    let mut answers = answers();
    answers.people = vec![person("bob")];
    let left = planned(&perfect(), &answers, StepId::UsersMfa);
    assert_eq!(left.state, State::NeedsPerson);
    holds_together(&left);
    let task = left.person.unwrap();
    says(&task.what, &["bob"]);
    says(&task.how[0], &["groups", "[[people]]"]);

    answers.people.push(in_groups("carol", &["Developers"]));
    let made = planned(&perfect(), &answers, StepId::UsersMfa);
    assert!(made.changes.contains(&Change::CreateUser { user: "carol".into() }), "{made:?}");
    assert!(!made.changes.contains(&Change::CreateUser { user: "bob".into() }), "{made:?}");
    says(&made.notes[0], &["bob"]);
}

#[test]
fn what_the_credential_report_says_is_said_to_be_its_word() {
    let facts = Facts { reported: Some(1_795_500_000), ..perfect() };
    let found = planned(&facts, &answers(), StepId::UsersMfa).found.unwrap();
    says(&found, &["2026-11-24 06:00 UTC"]);
    let facts = Facts { users_without_mfa: Ok(owned(&["bob"])), ..facts };
    says(&planned(&facts, &answers(), StepId::UsersMfa).notes[0], &["2026-11-24 06:00 UTC"]);
}

#[test]
fn each_partition_has_its_devices_and_its_console() {
    let task = |partition: &str, device| {
        let mut answers = answers();
        answers.mfa.device = device;
        let facts = Facts { partition: partition.into(), ..fresh() };
        planned(&facts, &answers, StepId::AdminMfa)
    };
    let passkey = |partition: &str| task(partition, Some(DeviceKind::Passkey)).person.unwrap();
    for (partition, host) in
        [("aws", "console.aws.amazon.com"), ("aws-us-gov", "console.amazonaws-us-gov.com")]
    {
        let page = format!("https://{host}/iam/home#/security_credentials");
        says(&passkey(partition).how[0], &[page.as_str()]);
    }
    says(&passkey("aws-cn").how[0], &["virtual"]);
    assert_eq!(task("aws-cn", Some(DeviceKind::Hardware)).state, State::NeedsPerson);
    assert_eq!(task("aws-cn", None).changes, [enrol("alice", "alice")], "there is nothing to choose");
}

#[test]
fn a_login_older_than_the_device_signs_in_again() {
    let cases = [
        stands("the device is new", State::NeedsPerson, |facts, _| facts.device_hours = Some(0)),
        stands("its age is not known", State::NeedsPerson, |facts, _| facts.device_hours = None),
    ];
    let start =
        || Facts { run: RunMfa::AdministratorByLogin, attached: Ok(false), policy: Ok(None), ..perfect() };
    hold(StepId::RequireMfa, start, cases);
    let old = Facts { device_hours: Some(12), ..start() };
    assert_eq!(planned(&old, &answers(), StepId::RequireMfa).state, State::ToChange);
    let task = planned(&start(), &answers(), StepId::RequireMfa).person.unwrap();
    assert_eq!(task.seen, Seen::BySigningInAgain);
}

#[test]
fn a_person_chooses_the_device_and_is_offered_a_second() {
    let cases = [
        stands("nothing said", State::NeedsPerson, |_, answers| answers.mfa.device = None),
        stands("a passkey is added in the console", State::NeedsPerson, |_, answers| {
            answers.mfa.device = Some(DeviceKind::Passkey);
        }),
    ];
    for Case { name, state, given, .. } in cases {
        let (mut facts, mut answers) = (fresh(), answers());
        given(&mut facts, &mut answers);
        assert_eq!(planned(&facts, &answers, StepId::AdminMfa).state, state, "{name}");
    }
    let offer = planned(&enrolled(), &answers(), StepId::AdminMfa).offer.unwrap();
    assert_eq!(offer.changes, [enrol("alice", "alice-2")]);
    let two = Facts { admin: admin_with(&[VIRTUAL, TOKEN]), ..enrolled() };
    assert_eq!(planned(&two, &answers(), StepId::AdminMfa).offer, None);
    let unattended = Answers { attended: false, ..answers() };
    assert_eq!(planned(&enrolled(), &unattended, StepId::AdminMfa).offer, None);
}

#[test]
fn what_was_tried_is_told() {
    let tried = |refused_without, allowed_with| Facts {
        tried: Some(Tried { refused_without, allowed_with }),
        ..perfect()
    };
    let found = |facts: &Facts| planned(facts, &answers(), StepId::RequireMfa).found.unwrap();
    assert!(found(&tried(true, true)).en.contains("without MFA refused, with MFA allowed"));
    assert!(found(&tried(false, true)).en.contains("does not refuse the access key alone yet"));
    assert_eq!(found(&perfect()).en, "attached; not tried in this run");

    let out = planned(&tried(true, false), &answers(), StepId::RequireMfa);
    assert_eq!(out.state, State::NeedsPerson);
    holds_together(&out);
    let task = out.person.unwrap();
    assert!(task.what.en.contains("refuses alice with MFA too"), "{}", task.what.en);
    says(&task.how[1], &["aws iam detach-group-policy --group-name Administrators", POLICY]);
}

#[test]
fn root_without_a_password_needs_no_device() {
    let managed = RootSignIn { managed_centrally: true, devices: None };
    let facts = Facts { root: managed, ..fresh() };
    assert_eq!(planned(&facts, &answers(), StepId::RootMfa).state, State::NotApplicable);
    let devices = Some(owned(&["arn:aws:iam::111122223333:mfa/root-phone", TOKEN]));
    let listed =
        Facts { root_mfa: Ok(true), root: RootSignIn { managed_centrally: false, devices }, ..fresh() };
    says(&planned(&listed, &answers(), StepId::RootMfa).found.unwrap(), &["root-phone", TOKEN]);
}

#[test]
fn a_long_list_is_counted_and_shortened() {
    let many: Vec<_> = (1..=11).map(|number| format!("user-{number}")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let eleven = left_to_enrol(&many);
    says(&eleven.how[0], &["11", "user-9, user-10, …"]);
    assert!(!eleven.how[0].en.contains("user-11"));
    let facts = Facts { users_without_mfa: Ok(owned(&many)), ..perfect() };
    assert_eq!(planned(&facts, &answers(), StepId::UsersMfa).names, many);
    assert!(!left_to_enrol(&many[..10]).how[0].en.contains('…'));
}

// The changes in words.

#[test]
fn each_change_says_what_it_does_to_what() {
    let table = [
        (enrol("alice", "alice-2"), Verb::Create, "iam:mfa/alice-2", "alice"),
        (enrol_token(), Verb::Enable, "iam:mfa/GAHT12345678", TOKEN),
        (start_session("alice"), Verb::Start, "sts:session/alice", "alice"),
        (create_policy(), Verb::Create, POLICY, "dayone-require-mfa"),
        (update_policy(None), Verb::Update, POLICY, "dayone-require-mfa"),
        (attach_policy("Ops"), Verb::Attach, "iam:group/Ops", "Ops"),
        (resync(), Verb::Update, "iam:mfa/alice", "alice"),
        (create_enrolment_policy(), Verb::Create, ENROLMENT, "dayone-enrol-mfa"),
    ];
    for (change, verb, resource, word) in table {
        assert_eq!((change.verb(), change.resource().as_str()), (verb, resource), "{change:?}");
        says(&change.summary(), &[word]);
        assert!(!change.is_irreversible(), "{change:?}");
    }
    let leftover = delete_leftover("alice");
    assert_eq!(leftover.verb(), Verb::Delete);
    assert!(leftover.resource().ends_with("mfa/alice"), "{}", leftover.resource());
    says(&leftover.summary(), &["alice"]);
    assert!(!leftover.is_irreversible());
}

// What holds of every account.

/// Holds a property against random accounts and answers.
fn always(property: impl Fn(&Facts, &Answers)) {
    let config = ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() };
    let outcome = TestRunner::new(config).run(&(any_facts(), any_answers()), |(facts, answers)| {
        property(&facts, &answers);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[test]
fn every_plan_has_the_steps_in_order_and_holds_together() {
    always(|facts, answers| {
        let plan = plan(facts, answers);
        let steps: Vec<_> = plan.iter().map(|planned| planned.step).collect();
        assert_eq!(steps, PracticeId::Mfa.steps());
        plan.iter().for_each(holds_together);
    });
}

#[test]
fn what_was_not_seen_is_never_in_place() {
    always(|facts, answers| {
        for planned in plan(facts, answers) {
            if rests_on_unseen(planned.step, facts) {
                assert!(!matches!(planned.state, State::InPlace | State::ToChange), "{planned:?}");
            }
        }
    });
}

fn rests_on_unseen(step: StepId, facts: &Facts) -> bool {
    let has_device = matches!(&facts.admin, Ok(Some((_, devices))) if !devices.is_empty());
    match step {
        StepId::AdminMfa => facts.admin.is_err() || (!has_device && facts.virtual_devices.is_err()),
        StepId::RootMfa => facts.root_mfa.is_err(),
        StepId::RequireMfa => facts.policy.is_err() || facts.group.is_err() || facts.attached.is_err(),
        StepId::UsersMfa => facts.users_without_mfa.is_err(),
        _ => false,
    }
}

#[test]
fn nobody_is_locked_out() {
    always(|facts, answers| {
        let planned = planned(facts, answers, StepId::RequireMfa);
        if planned.state != State::ToChange {
            return;
        }
        let (Ok(Some((user, devices))), Ok(Some((_, members)))) = (&facts.admin, &facts.group) else {
            panic!("neither the administrator nor the group is known: {planned:?}");
        };
        assert!(answers.mfa.require && !devices.is_empty(), "{planned:?}");
        match &facts.run {
            RunMfa::Safe => {
                assert!(!planned.changes.contains(&start_session(user)));
                assert!(facts.signed_in || keys_of(user, members).is_empty(), "{planned:?}");
            }
            RunMfa::AdministratorByKey => {
                assert_eq!(planned.changes[0], start_session(user));
                assert!(devices.iter().any(|serial| !is_passkey(serial)));
            }
            RunMfa::AdministratorByLogin => {
                assert!(facts.device_hours.is_some_and(|hours| hours >= LOGIN_HOURS))
            }
            RunMfa::OtherUser(caller) => {
                assert!(!members.iter().any(|member| member.name.eq_ignore_ascii_case(caller)));
                assert!(facts.signed_in || keys_of(user, members).is_empty(), "{planned:?}");
            }
            RunMfa::Out => panic!("nobody is there to attach it: {planned:?}"),
        }
        let replaces = planned.changes.iter().any(|change| matches!(change, Change::UpdatePolicy { .. }));
        assert!(!replaces || (answers.attended && planned.careful), "{planned:?}");
    });
}

fn keys_of(user: &str, members: &[Member]) -> Vec<String> {
    let found = members.iter().find(|member| member.name.eq_ignore_ascii_case(user));
    found.map(|member| member.active_keys.clone()).unwrap_or_default()
}

#[test]
fn nobody_is_stopped_without_a_word() {
    always(|facts, answers| {
        let planned = planned(facts, answers, StepId::RequireMfa);
        let (Ok(Some((_, members))), State::ToChange) = (&facts.group, planned.state) else { return };
        for member in members {
            let named = |note: &Text| {
                note.en.contains(&member.name) && member.active_keys.iter().all(|key| note.en.contains(key))
            };
            let is_stopped = !member.mfa || !member.active_keys.is_empty();
            assert_eq!(planned.notes.iter().any(named), is_stopped, "{member:?}");
        }
    });
}

#[test]
fn a_device_gets_a_free_name_and_replaces_only_what_nobody_owns() {
    always(|facts, answers| {
        let planned = planned(facts, answers, StepId::AdminMfa);
        let (Ok(devices), Some(Change::EnrolVirtualDevice { device: name, .. })) =
            (&facts.virtual_devices, planned.changes.last())
        else {
            return;
        };
        let deletes = |device: &VirtualDevice| {
            planned.changes.contains(&Change::DeleteLeftover { serial: device.serial.clone() })
        };
        for device in devices {
            let same_name = device.name().eq_ignore_ascii_case(name);
            assert_eq!(deletes(device), same_name, "{planned:?}");
            assert!(!same_name || device.owner.is_none(), "{planned:?}");
        }
    });
}

/// The policy waits for the device, so it takes two rounds.
#[test]
fn what_was_changed_is_not_to_change_again() {
    always(|facts, answers| {
        let answers = Answers { accept: Vec::new(), ..answers.clone() };
        let mut facts = facts.clone();
        for _ in 0..2 {
            let changes = plan(&facts, &answers).into_iter().flat_map(|planned| planned.changes);
            changes.for_each(|change| make(&change, &mut facts));
        }
        for planned in plan(&facts, &answers) {
            assert_ne!(planned.state, State::ToChange, "{planned:?}");
        }
    });
}

/// What an account looks like after a change.
fn make(change: &Change, facts: &mut Facts) {
    match change {
        Change::DeleteLeftover { serial } => {
            facts.virtual_devices.as_mut().unwrap().retain(|device| device.serial != *serial);
        }
        Change::EnrolVirtualDevice { user, device, .. } => {
            let made = assigned(device, user);
            facts.admin = Ok(Some((user.clone(), vec![made.serial.clone()])));
            facts.virtual_devices.as_mut().unwrap().push(made);
        }
        Change::EnrolHardwareToken { user, serial } => {
            facts.admin = Ok(Some((user.clone(), vec![serial.clone()])));
        }
        Change::RemoveDevice { .. } | Change::ResyncDevice { .. } => {
            panic!("no plan touches a device that is there: {change:?}")
        }
        Change::StartSession { .. } => facts.run = RunMfa::Safe,
        Change::CreatePolicy { .. } | Change::UpdatePolicy { .. } => {
            facts.policy = policy_that_is(true, None);
        }
        Change::NoteInProfile { serial, .. } => facts.noted_device = Some(serial.clone()),
        Change::AttachPolicy { group, .. } if group == "Administrators" => facts.attached = Ok(true),
        Change::AttachPolicy { group, .. } => people_group(facts, group).attached = true,
        Change::CreateGroup { group } => {
            people_group(facts, group);
        }
        Change::CreateUser { user } => {
            let key = user.to_ascii_lowercase();
            facts.people.as_mut().unwrap().insert(key, known(user, false));
        }
        Change::AddToGroup { user, group } => {
            people_group(facts, group).members.insert(user.to_ascii_lowercase());
        }
        Change::CreateConsolePassword { user, .. } => {
            let key = user.to_ascii_lowercase();
            facts.people.as_mut().unwrap().insert(key, known(user, true));
        }
    }
}

fn people_group<'f>(facts: &'f mut Facts, group: &str) -> &'f mut PeopleGroup {
    let none = people_group_of(&[]);
    facts.people_groups.as_mut().unwrap().entry(group.to_owned()).or_insert(none)
}

/// A group that has no policy.
fn people_group_of(members: &[Member]) -> PeopleGroup {
    PeopleGroup {
        attached: false,
        enrols: false,
        members: members.iter().map(|member| member.name.to_ascii_lowercase()).collect(),
        looked_up: members.to_vec(),
    }
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let of_administrator =
        (maybe_unseen(any_admin()), maybe_unseen(any_virtual_devices()), any_run(), any::<bool>());
    let of_policy = (
        maybe_unseen(prop::option::of(any_policy())),
        maybe_unseen(any_group()),
        maybe_unseen(any::<bool>()),
    );
    let machines = prop::sample::subsequence(vec!["dave", "erin"], 0..=2);
    let of_users = (maybe_unseen(any_names()), any_names(), maybe_unseen(any::<bool>()), machines);
    (of_administrator, of_policy, of_users).prop_map(|(of_administrator, of_policy, of_users)| {
        let (admin, virtual_devices, run, signed_in) = of_administrator;
        let (policy, group, attached) = of_policy;
        let (users_without_mfa, user_names, root_mfa, machines) = of_users;
        Facts {
            admin,
            virtual_devices,
            root_mfa,
            policy,
            group,
            attached,
            run,
            signed_in,
            users_without_mfa,
            machines_without_mfa: owned(&machines),
            user_names: BTreeSet::from_iter(user_names),
            ..fresh()
        }
    })
}

fn maybe_unseen<T: std::fmt::Debug>(seen: impl Strategy<Value = T>) -> impl Strategy<Value = Reading<T>> {
    prop::option::weighted(0.85, seen).prop_map(|seen| seen.ok_or_else(denied))
}

fn any_admin() -> impl Strategy<Value = Option<(String, Vec<String>)>> {
    let name = prop::sample::select(vec!["alice", "Alice"]);
    let devices = prop::sample::subsequence(vec![PASSKEY, VIRTUAL, TOKEN], 0..=3);
    let admin = (name, devices).prop_map(|(name, devices)| (name.to_owned(), owned(&devices)));
    prop::option::weighted(0.85, admin)
}

/// Names are unique without regard to case.
fn any_virtual_devices() -> impl Strategy<Value = Vec<VirtualDevice>> {
    let names = prop::sample::subsequence(vec!["Alice", "alice-2", "ALICE-3", "bob"], 0..=4);
    let owned = any::<[bool; 4]>();
    (names, owned).prop_map(|(names, owned)| {
        let device = |(name, owned)| if owned { assigned(name, "bob") } else { leftover(name) };
        names.into_iter().zip(owned).map(device).collect::<Vec<_>>()
    })
}

fn any_run() -> impl Strategy<Value = RunMfa> {
    let other = prop::sample::select(vec!["BOB", "dave"]);
    prop_oneof![
        Just(RunMfa::Safe),
        Just(RunMfa::AdministratorByKey),
        Just(RunMfa::AdministratorByLogin),
        Just(RunMfa::Out),
        other.prop_map(|name| RunMfa::OtherUser(name.to_owned())),
    ]
}

fn any_policy() -> impl Strategy<Value = RequirePolicy> {
    let spare = prop::option::of(Just("v2".to_owned()));
    (any::<bool>(), spare).prop_map(|(same, oldest_spare)| {
        let holders = Ok(Holders { users: owned(&["frank"]), ..Holders::default() });
        RequirePolicy { same, oldest_spare, holders }
    })
}

fn any_group() -> impl Strategy<Value = Option<(String, Vec<Member>)>> {
    let names = prop::sample::subsequence(vec!["alice", "bob", "carol"], 0..=3);
    let details = any::<[(bool, bool); 3]>();
    let members = (names, details).prop_map(|(names, details)| {
        let member = |(name, (mfa, has_key)): (&str, (bool, bool))| {
            let keys = [format!("AKIA-{name}")];
            Member { active_keys: keys.into_iter().filter(|_| has_key).collect(), ..member(name, mfa, &[]) }
        };
        let members: Vec<_> = names.into_iter().zip(details).map(member).collect();
        ("Administrators".to_owned(), members)
    });
    prop::option::weighted(0.85, members)
}

fn any_names() -> impl Strategy<Value = Vec<String>> {
    prop::sample::subsequence(vec!["alice", "bob", "carol"], 0..=3).prop_map(|names| owned(&names))
}

fn any_answers() -> impl Strategy<Value = Answers> {
    let steps = prop::sample::subsequence(PracticeId::Mfa.steps(), 0..=4);
    let accept = prop_oneof![3 => Just(Vec::<StepId>::new()), 1 => steps];
    let people = prop::sample::subsequence(vec!["Alice", "dave"], 0..=2);
    (any::<[bool; 3]>(), any_mfa_answers(), people, accept).prop_map(|(flags, mfa, people, accept)| {
        let [attended, named, require] = flags;
        let mut answers = accepting(&accept);
        answers.attended = attended;
        answers.admin.user = answers.admin.user.filter(|_| named);
        answers.people = people.into_iter().map(person).collect();
        answers.mfa = Mfa { require, ..mfa };
        answers
    })
}

fn any_mfa_answers() -> impl Strategy<Value = Mfa> {
    any::<[bool; 4]>().prop_map(|[hardware, serial, enrols, codes]| Mfa {
        device: Some(if hardware { DeviceKind::Hardware } else { DeviceKind::Virtual }),
        serial: serial.then(|| TOKEN.to_owned()),
        enrol_command: command().filter(|_| enrols),
        code_command: command().filter(|_| codes),
        ..Mfa::default()
    })
}
