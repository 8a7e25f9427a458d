//! How the devices of a user are told apart, what is said before one goes, and what AWS is asked for it.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::aws::canned::{ACCOUNT, Answer, Aws, Heard};
use crate::aws::{Access, CallerKind, Unseen};
use crate::mfa::apply::apply;
use crate::operator::nobody::Nobody;
use crate::practice::Verb;

const PHONE: &str = "arn:aws:iam::111122223333:mfa/alice";
const SECOND_PHONE: &str = "arn:aws:iam::111122223333:mfa/my-phone";
const TOKEN: &str = "GAHT12345678";
const PASSKEY: &str = "arn:aws:iam::111122223333:u2f/user/alice/laptop-EXAMPLE";

fn enabled(serial: &str) -> Device {
    let since = "2026-11-20T08:00:00Z".parse().unwrap();
    Device { serial: serial.into(), standing: Standing::Enabled(Some(since)) }
}

fn left_over(serial: &str, standing: Standing) -> Device {
    Device { serial: serial.into(), standing }
}

/// Alice with these devices.
fn alice(found: Vec<Device>, mfa_required: Reading<bool>) -> Devices {
    Devices {
        user: "alice".into(),
        path: "/".into(),
        taken: Vec::new(),
        account: ACCOUNT.into(),
        partition: "aws".into(),
        found,
        mfa_required,
    }
}

fn unseen() -> Reading<bool> {
    Err(Unseen::denied("iam:ListGroupsForUser", "AccessDenied"))
}

fn caller(kind: CallerKind, temporary: bool) -> Caller {
    Caller {
        arn: String::new(),
        account: ACCOUNT.into(),
        partition: "aws".into(),
        access_key: "EXAMPLE".into(),
        mfa: None,
        kind,
        temporary,
    }
}

fn root() -> Caller {
    caller(CallerKind::Root, true)
}

fn user(name: &str, temporary: bool) -> Caller {
    caller(CallerKind::User(name.into()), temporary)
}

/// What is said before a device goes, in one line of English.
#[track_caller]
fn told(devices: &Devices, lost: &Device, caller: &Caller, session_device: Option<&str>) -> String {
    let texts = devices.before_removal(lost, caller, session_device).unwrap();
    assert!(texts.iter().all(|text| !text.en.is_empty() && !text.ko.is_empty()), "{texts:?}");
    texts.into_iter().map(|text| text.en).collect::<Vec<_>>().join(" ")
}

#[test]
fn each_kind_of_device_is_told_with_since_when() {
    let cases = [
        (enabled(PHONE), "virtual device alice, enabled 2026-11-20"),
        (enabled(TOKEN), "hardware token GAHT12345678, enabled 2026-11-20"),
        (enabled(PASSKEY), "a passkey or security key (laptop-EXAMPLE), enabled 2026-11-20"),
        (left_over(PHONE, Standing::Enabled(None)), "virtual device alice, enabled"),
        (
            left_over(PHONE, Standing::HalfMade),
            "virtual device alice, half-made: enabled for nobody, its seed is lost",
        ),
        (
            left_over(PHONE, Standing::HalfRemoved),
            "virtual device alice, half-removed: enabled for nobody any more",
        ),
    ];
    for (device, expected) in cases {
        assert_eq!(device.text().en, expected);
    }
    assert_eq!(enabled(PASSKEY).text().ko, "패스키 또는 보안 키(laptop-EXAMPLE), 2026-11-20 활성화");
    let hostile = enabled("arn:aws:iam::111122223333:u2f/user/alice/a\u{1b}[2J").text();
    assert!(!hostile.en.contains('\u{1b}') && !hostile.ko.contains('\u{1b}'));
}

#[test]
fn the_names_that_this_program_gives_are_known_again() {
    let cases = [
        ("alice", true),
        ("ALICE", true),
        ("Alice-2", true),
        ("alice-10", true),
        ("alice-1", false),
        ("alice-0", false),
        ("alice-", false),
        ("alice-+2", false),
        ("alice-2-3", false),
        ("alice-phone", false),
        ("alice2", false),
        ("ali", false),
        ("bob", false),
    ];
    for (name, expected) in cases {
        assert_eq!(is_named_after("alice", name), expected, "{name}");
    }
}

#[test]
fn what_is_half_made_is_told_from_what_is_half_removed_and_from_what_is_not_the_users() {
    let device = |name: &str, owner: Option<&str>| VirtualDevice {
        serial: format!("arn:aws:iam::{ACCOUNT}:mfa/{name}"),
        owner: owner.map(|owner| format!("arn:aws:iam::{ACCOUNT}:{owner}")),
    };
    let all = [
        device("alice", Some("user/alice")),
        device("alice-2", None),
        device("alice-3", Some("user/bob")),
        device("bob", None),
        device("my-phone", None),
        device("tablet", None),
        device("root-account-mfa-device", Some("root")),
    ];
    let begun = ["iam:mfa/alice/my-phone", "iam:mfa/bob/tablet", "iam:mfa/bob"].map(str::to_owned);
    let found = told_apart("alice", Vec::new(), &all, &BTreeSet::from(begun));
    let expected =
        [left_over(&all[1].serial, Standing::HalfMade), left_over(SECOND_PHONE, Standing::HalfRemoved)];
    assert_eq!(found, expected);
}

#[test]
fn what_was_cut_short_is_made_once_more_and_what_is_half_made_is_only_deleted() {
    let devices = alice(Vec::new(), Ok(true));
    let removal = |serial: &str, standing| devices.removal(&left_over(serial, standing));
    let remove = |serial: &str| Change::RemoveDevice { user: "alice".into(), serial: serial.into() };
    assert_eq!(removal(PHONE, Standing::Enabled(None)), remove(PHONE));
    assert_eq!(removal(SECOND_PHONE, Standing::HalfRemoved), remove(SECOND_PHONE));
    assert_eq!(removal(PHONE, Standing::HalfMade), Change::DeleteLeftover { serial: PHONE.into() });
    assert_eq!(remove(SECOND_PHONE).resource(), "iam:mfa/alice/my-phone");
    let verbs = [PHONE, PASSKEY, TOKEN].map(|serial| remove(serial).verb());
    assert_eq!(verbs, [Verb::Delete, Verb::Delete, Verb::Disable], "a token can be enabled again");
}

#[test]
fn what_follows_from_a_lost_device_is_said_first() {
    let one = |mfa_required| alice(vec![enabled(PHONE)], mfa_required);
    let several = |others: &[&str]| {
        alice(others.iter().map(|serial| enabled(serial)).chain([enabled(PHONE)]).collect(), Ok(true))
    };
    let cases = [
        (
            one(Ok(true)),
            "last device of alice. Until a new one is enrolled, alice can do nothing but enrol one",
        ),
        (one(Ok(false)), "dayone-require-mfa does not hold. Until a new one is enrolled, the password or"),
        (one(unseen()), "Whether MFA is required of alice could not be seen"),
        (several(&[PASSKEY]), "What is left shows no codes: access keys of alice get no MFA session"),
    ];
    for (devices, expected) in cases {
        let told = told(&devices, &enabled(PHONE), &root(), None);
        assert!(
            told.starts_with("alice cannot sign in with it any more.") && told.contains(expected),
            "{told}"
        );
    }
    for others in [[TOKEN].as_slice(), &[PASSKEY, TOKEN]] {
        let told = told(&several(others), &enabled(PHONE), &root(), None);
        assert_eq!(told, "alice cannot sign in with it any more.", "{others:?}");
    }
    let passkeys = alice(vec![enabled(PASSKEY), enabled("arn:aws:iam::1:u2f/user/alice/b")], Ok(true));
    assert!(!told(&passkeys, &enabled(PASSKEY), &root(), None).contains("shows no codes"));
}

#[test]
fn a_device_that_is_enabled_for_nobody_locks_nobody_out() {
    let devices = alice(vec![enabled(TOKEN), left_over(PHONE, Standing::HalfMade)], Ok(true));
    for standing in [Standing::HalfMade, Standing::HalfRemoved] {
        let told = told(&devices, &left_over(PHONE, standing), &user("alice", true), None);
        assert!(told.contains("Nobody signs in with it.") && !told.contains("last device"), "{told}");
    }
}

#[test]
fn ones_own_last_device_stays_where_mfa_may_be_required() {
    for (mfa_required, stays) in [(Ok(true), true), (unseen(), true), (Ok(false), false)] {
        let devices = alice(vec![enabled(PHONE), left_over(SECOND_PHONE, Standing::HalfMade)], mfa_required);
        let refusal = |caller: &Caller| devices.before_removal(&enabled(PHONE), caller, None).err();
        let own = refusal(&user("ALICE", true));
        assert_eq!(own.is_some(), stays, "{own:?}");
        let way = |text: &Text| text.en.contains("as root") && text.ko.contains("dayone mfa repair alice");
        assert!(own.iter().all(way), "{own:?}");
        assert_eq!(refusal(&user("bob", true)), None);
        assert_eq!(refusal(&root()), None, "root is the way back");
    }
    let two = alice(vec![enabled(PHONE), enabled(TOKEN)], Ok(true));
    assert!(two.before_removal(&enabled(PHONE), &user("alice", true), None).is_ok());
}

#[test]
fn the_device_of_the_present_session_is_named_as_such() {
    let devices = alice(vec![enabled(PHONE), enabled(TOKEN)], Ok(true));
    let told = |caller: &Caller, device| told(&devices, &enabled(PHONE), caller, device);
    let alice = user("alice", true);
    assert!(told(&alice, Some(PHONE)).contains("You have signed in to this very session with it."));
    assert!(told(&alice, None).contains("You may have signed in to this very session with it."));
    for (caller, device) in [
        (alice, Some(TOKEN)),
        (user("alice", false), None),
        (user("bob", true), Some("arn:aws:iam::111122223333:mfa/bob")),
        (root(), None),
    ] {
        assert!(!told(&caller, device).contains("this very session"), "{caller:?}");
    }
}

#[test]
fn a_new_device_gets_a_name_that_nothing_has() {
    let named = |taken: &[&str]| {
        let taken = taken.iter().map(|name| (*name).to_owned()).collect();
        match (Devices { taken, ..alice(Vec::new(), Ok(true)) }).new_virtual() {
            Change::EnrolVirtualDevice { user, device, account } => {
                assert_eq!((user.as_str(), account.as_str()), ("alice", ACCOUNT));
                device
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(named(&["bob"]), "alice");
    assert_eq!(named(&["Alice"]), "alice-2");
    assert_eq!(named(&["alice-2", "ALICE", "alice-4"]), "alice-3");
}

/// A passkey has no clock, and what is half-made has nobody's.
#[test]
fn only_an_enabled_device_that_shows_codes_can_be_out_of_step() {
    let found =
        vec![enabled(PASSKEY), enabled(TOKEN), enabled(PHONE), left_over(SECOND_PHONE, Standing::HalfMade)];
    let devices = alice(found, Ok(true));
    let serials: Vec<_> = devices.show_codes().map(|device| device.serial.as_str()).collect();
    assert_eq!(serials, [TOKEN, PHONE]);
    let change = devices.resync(&enabled(TOKEN));
    assert_eq!((change.verb(), change.resource().as_str()), (Verb::Update, "iam:mfa/GAHT12345678"));
    let words = devices.in_step(&enabled(TOKEN));
    assert!(words.en.contains(TOKEN) && words.ko.contains(TOKEN), "{words:?}");
}

#[test]
fn eight_devices_are_full_whatever_is_half_made() {
    let serials = (1..=8).map(|number| format!("GAHT1234567{number}"));
    let mut found: Vec<_> = serials.map(|serial| enabled(&serial)).collect();
    assert!(alice(found.clone(), Ok(true)).is_full());
    found[7] = left_over(PHONE, Standing::HalfMade);
    assert!(!alice(found, Ok(true)).is_full());
}

#[test]
fn what_the_user_does_alone_depends_on_what_is_allowed() {
    let alone = |found, mfa_required| alice(found, mfa_required).alone().en;
    let required = alone(Vec::new(), Ok(true));
    assert!(required.contains("https://111122223333.signin.aws.amazon.com/console"), "{required}");
    assert!(required.contains("Until then AWS refuses everything else."), "{required}");
    for mfa_required in [Ok(false), unseen()] {
        let words = alone(Vec::new(), mfa_required);
        assert!(words.contains("put alice into a group that has the policy"), "{words}");
    }
    assert!(alone(vec![enabled(PHONE)], Ok(true)).contains("at any time"));
}

#[test]
fn who_is_not_there_is_told_with_the_nearest_names() {
    let hint = |name: &str, names: &[&str]| {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let error = no_such_user(name, &names);
        assert!(error.text().en.contains(&format!("no IAM user {name} ")), "{error:?}");
        error.hint().unwrap().en
    };
    let names = ["zoe", "bob", "ALICE", "alina", "carol"];
    assert_eq!(hint("alcie", &names), "The nearest names are: ALICE, alina, zoe.");
    assert_eq!(hint("bbo", &["bob"]), "The nearest names are: bob.");
    assert!(hint("alice", &[]).contains("run dayone"));
    assert!(hint("Root", &names).contains("Root's own devices"));
}

/// Alice, spelled with a capital and with a path, in the group Administrators.
fn account(call: &Heard) -> Answer {
    let user = |name: &str, path: &str| {
        format!(
            "<Path>{path}</Path><UserName>{name}</UserName><UserId>AIDAEXAMPLE</UserId>\
             <Arn>arn:aws:iam::{ACCOUNT}:user{path}{name}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>"
        )
    };
    let alice = user("Alice", "/team/");
    let device =
        |serial: &str, rest: &str| format!("<member><SerialNumber>{serial}</SerialNumber>{rest}</member>");
    let since = |day| format!("<UserName>Alice</UserName><EnableDate>2026-11-{day}T00:00:00Z</EnableDate>");
    let end = "<IsTruncated>false</IsTruncated>";
    match call.operation.as_str() {
        "GetUser" if call.says("UserName", "Alice") => call.xml(&format!("<User>{alice}</User>")),
        "GetUser" => call.refused(404, "NoSuchEntity"),
        "ListUsers" => {
            let bob = user("bob", "/");
            call.xml(&format!("<Users><member>{bob}</member><member>{alice}</member></Users>{end}"))
        }
        "ListMFADevices" => {
            assert!(call.says("UserName", "Alice"), "{call:?}");
            let (passkey, token) = (device(PASSKEY, &since(22)), device(TOKEN, &since(21)));
            call.xml(&format!("<MFADevices>{passkey}{token}</MFADevices>{end}"))
        }
        "ListVirtualMFADevices" => {
            let bobs = device(&PHONE.replace("alice", "bob"), &format!("<User>{}</User>", user("bob", "/")));
            let half_made = device(PHONE, "");
            call.xml(&format!("<VirtualMFADevices>{bobs}{half_made}</VirtualMFADevices>{end}"))
        }
        "ListEntitiesForPolicy" => {
            assert!(call.body.contains("policy%2Fdayone-require-mfa"), "{call:?}");
            let group = "<member><GroupName>Administrators</GroupName><GroupId>AGPA</GroupId></member>";
            call.xml(&format!("<PolicyGroups>{group}</PolicyGroups>{end}"))
        }
        "ListGroupsForUser" => {
            let group = "<GroupName>Administrators</GroupName><GroupId>AGPA</GroupId><Path>/</Path>";
            let rest = "<Arn>arn</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>";
            call.xml(&format!("<Groups><member>{group}{rest}</member></Groups>{end}"))
        }
        other => panic!("{other} was not expected"),
    }
}

async fn read_from(
    answer: impl Fn(&Heard) -> Answer + Send + Sync + 'static,
    user: &str,
) -> Result<Devices, StepError> {
    let aws = Aws::answering(answer);
    let session = Session::open(aws.connection(Access::ReadWrite)).await.unwrap();
    read(&session, user, &BTreeSet::new()).await
}

#[tokio::test]
async fn a_user_is_found_in_another_spelling_with_path_and_devices() {
    let devices = read_from(account, "aLICE").await.unwrap();
    assert_eq!((devices.user.as_str(), devices.path.as_str()), ("Alice", "/team/"));
    assert_eq!(devices.heading().en, "MFA devices of Alice (path /team/)");
    let words: Vec<_> = devices.found.iter().map(|device| device.text().en).collect();
    assert_eq!(
        words,
        [
            "hardware token GAHT12345678, enabled 2026-11-21",
            "a passkey or security key (laptop-EXAMPLE), enabled 2026-11-22",
            "virtual device alice, half-made: enabled for nobody, its seed is lost",
        ]
    );
    assert_eq!(devices.mfa_required, Ok(true));
    assert_eq!(devices.enabled().count(), 2);
}

/// Whether MFA is required of Alice, where AWS answers one call otherwise.
async fn required(operation: &'static str, answer: fn(&Heard) -> Answer) -> Reading<bool> {
    let answers = move |call: &Heard| {
        if call.operation == operation { answer(call) } else { account(call) }
    };
    read_from(answers, "Alice").await.unwrap().mfa_required
}

#[tokio::test]
async fn mfa_is_required_by_a_group_or_directly_and_may_be_unseen() {
    let none = |call: &Heard| call.xml("<Groups></Groups><IsTruncated>false</IsTruncated>");
    assert_eq!(required("ListGroupsForUser", none).await, Ok(false));
    let no_policy = |call: &Heard| call.refused(404, "NoSuchEntity");
    assert_eq!(required("ListEntitiesForPolicy", no_policy).await, Ok(false));
    let directly = |call: &Heard| {
        let user = "<member><UserName>Alice</UserName><UserId>AIDA</UserId></member>";
        call.xml(&format!("<PolicyUsers>{user}</PolicyUsers><IsTruncated>false</IsTruncated>"))
    };
    assert_eq!(required("ListEntitiesForPolicy", directly).await, Ok(true));
    let denied = |call: &Heard| call.refused(403, "AccessDenied");
    assert!(required("ListGroupsForUser", denied).await.is_err());
}

#[tokio::test]
async fn who_may_not_see_the_devices_is_told_so() {
    for operation in ["GetUser", "ListMFADevices", "ListVirtualMFADevices"] {
        let answers = move |call: &Heard| {
            if call.operation == operation { call.refused(403, "AccessDenied") } else { account(call) }
        };
        let error = read_from(answers, "Alice").await.unwrap_err();
        assert!(error.text().en.contains(&format!("iam:{operation}")), "{error:?}");
        assert!(error.hint().unwrap().en.contains("Sign in as an administrator or as root"), "{error:?}");
    }
    let error = read_from(account, "alcie").await.unwrap_err();
    assert_eq!(error.hint().unwrap().en, "The nearest names are: Alice, bob.");
}

/// What came of a removal, and what AWS was asked for it.
async fn remove(
    serial: &str,
    answer: impl Fn(&Heard) -> Answer + Send + Sync + 'static,
) -> (Result<(), StepError>, Vec<String>) {
    let aws = Aws::answering(answer);
    let mut session = Session::open(aws.connection(Access::ReadWrite)).await.unwrap();
    let change = Change::RemoveDevice { user: "alice".into(), serial: serial.into() };
    let result = apply(&change, &mut session, &crate::answers::Answers::default(), &mut Nobody).await;
    (result, aws.heard().into_iter().skip(1).map(|heard| heard.operation).collect())
}

#[tokio::test]
async fn a_virtual_device_is_deactivated_and_then_deleted_and_the_others_are_deactivated() {
    let both = ["DeactivateMFADevice", "DeleteVirtualMFADevice"];
    for (serial, expected) in [(PHONE, &both[..]), (TOKEN, &both[..1]), (PASSKEY, &both[..1])] {
        let (result, heard) = remove(serial, |call| call.xml("")).await;
        assert!(result.is_ok(), "{result:?}");
        assert_eq!(heard, expected, "{serial}");
    }
}

#[tokio::test]
async fn a_removal_can_be_made_again() {
    let (result, heard) = remove(PHONE, |call| call.refused(404, "NoSuchEntity")).await;
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(heard.len(), 2);
    let (result, heard) = remove(PHONE, |call| call.refused(403, "AccessDenied")).await;
    assert!(result.is_err());
    assert_eq!(heard, ["DeactivateMFADevice"], "what is still enabled is not deleted");
}

#[tokio::test(start_paused = true)]
async fn a_device_that_is_not_free_at_once_is_waited_for_and_one_that_is_somebody_elses_is_not() {
    let refused = AtomicBool::new(false);
    let (result, heard) = remove(PHONE, move |call| match call.operation.as_str() {
        "DeleteVirtualMFADevice" if !refused.swap(true, Ordering::Relaxed) => {
            call.refused(409, "DeleteConflict")
        }
        _ => call.xml(""),
    })
    .await;
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(heard.len(), 3);
    let (result, heard) = remove(PHONE, |call| match call.operation.as_str() {
        "DeactivateMFADevice" => call.refused(404, "NoSuchEntity"),
        _ => call.refused(409, "DeleteConflict"),
    })
    .await;
    assert!(matches!(&result, Err(StepError::Aws(error)) if error.is("DeleteConflict")), "{result:?}");
    assert_eq!(heard.len(), 2);
}
