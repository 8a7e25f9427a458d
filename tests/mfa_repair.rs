//! `dayone mfa repair`, the real program in a terminal of 80×24, against a practice account that is served on this
//! machine. Codes are those of the devices at that moment; no test waits for the next one.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use dayone::rehearsal::{ACCOUNT_ID, Fault, FaultTime, PracticeAccount, hardware_seed};
use serde_json::Value;
use steps::aws::{Access, Connection, Identity};
use steps::mfa::{POLICY_NAME, policy_document};
use support::code_at;
use support::terminal::{CONTROL_C, Window};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

const TOKEN: &str = "GAHT12345678";

#[test]
fn a_lost_phone_goes_after_the_name_was_typed_and_a_new_one_is_enrolled() {
    let account = Account::new();
    let lost = account.enabled("alice", "alice");
    // Root acts, and not the profile of who has lost the phone.
    account.write_profile("dayone-admin", &account.access_key("alice"));
    let before = account.changes().len();
    let mut person = account.root_sits_down(&["alice", "--admin-user", "alice"]);
    person.answer("Number", "1");
    person.asked("Type alice to confirm");
    person.sees(&[
        "Signed in as the root user",
        "1 virtual device alice, enabled 20",
        "alice cannot sign in with it any more.",
        "Until a new one is enrolled, alice can do nothing but enrol one; and so can whoever knows the password.",
        "This takes away from alice: virtual device alice.",
    ]);
    person.answer("Type alice to confirm", "alic");
    person.asked("Type alice to confirm");
    person.sees(&["That is not alice."]);
    assert_eq!(account.changes().len(), before, "nothing was changed before the name was typed");

    person.answer("Type alice to confirm", "alice");
    person.answer("Enrol a new device now?", "");
    person.answer("Number", "1");
    let seed = person.scan("alice");
    person.types_two_codes("alice", &seed);
    let output = person.ends(0);
    assert!(words(&output).contains("MFA devices of alice virtual device alice, enabled"), "{output}");
    assert_eq!(account.serials("alice"), [serial("alice")]);
    assert_ne!(seed, lost.seed);
    assert_eq!(
        account.changes()[before..],
        [
            "iam:DeactivateMFADevice",
            "iam:DeleteVirtualMFADevice",
            "iam:CreateVirtualMFADevice",
            "iam:EnableMFADevice"
        ]
    );
    account.assert_journal(&[
        ("intent", "admin-mfa", "delete", "iam:mfa/alice/alice"),
        ("done", "admin-mfa", "delete", "iam:mfa/alice/alice"),
        ("intent", "admin-mfa", "create", "iam:mfa/alice"),
        ("done", "admin-mfa", "create", "iam:mfa/alice"),
    ]);
    let seen = person.window.scrolled_back();
    let in_groups = [&seed[..4], &seed[4..8], &seed[8..12]].join(" ");
    assert!(!seen.contains(&in_groups) && !seen.contains('█'), "the seed is still in sight: {seen}");
}

#[test]
fn an_administrator_of_whom_mfa_is_required_gives_a_code_and_removes_a_token() {
    let account = Account::new();
    let (carol, key) = account.administrator("carol");
    account.enable("alice", &Device { serial: TOKEN.into(), seed: hardware_seed(TOKEN) });
    let before = account.changes().len();
    let mut person = account.sits_down(&key, &["alice"]);
    person.answer("One-time code of carol", &carol.code());
    person.answer("Number", "1");
    person.answer("Type alice to confirm", "alice");
    person.answer("Enrol a new device now?", "no");
    let output = words(&person.ends(3));
    for said in [
        "hardware token GAHT12345678, enabled 20",
        "disabled hardware token GAHT12345678 of alice",
        "alice has to do it alone, and soon: sign in at https://111122223333.signin.aws.amazon.com/console",
        "alice has no MFA device.",
    ] {
        assert!(output.contains(said), "{said}: {output}");
    }
    assert_eq!(account.changes()[before..], ["iam:DeactivateMFADevice"]);
    let journal = account.assert_journal(&[
        ("intent", "users-mfa", "disable", "iam:mfa/alice/GAHT12345678"),
        ("done", "users-mfa", "disable", "iam:mfa/alice/GAHT12345678"),
    ]);
    assert_eq!(journal[0]["caller"], format!("arn:aws:iam::{ACCOUNT_ID}:user/carol"));
    assert!(journal[1]["request_id"].is_string());
}

#[test]
fn the_device_of_the_present_session_is_named_and_ones_own_last_one_stays() {
    let account = Account::new();
    let (first, key) = account.administrator("carol");
    account.enabled("carol", "carol-2");
    let mut person = account.sits_down(&key, &["carol"]);
    person.answer("One-time code of carol", &first.code());
    person.answer("Number", "1");
    person.asked("Type carol to confirm");
    person.sees(&["You have signed in to this very session with it."]);
    person.answer("Type carol to confirm", "");
    person.answer("Number", "2");
    person.answer("Type carol to confirm", "carol");
    person.asked("Number");
    assert_eq!(account.serials("carol"), [serial("carol")]);
    let before = account.changes().len();
    person.answer("Number", "1");
    person.asked("Number");
    person.sees(&["This is your own last device", "sign in as root and run: dayone mfa repair carol"]);
    person.answer("Number", "");
    person.answer("Enrol a new device now?", "");
    let output = words(&person.ends(0));
    assert_eq!(output.matches("this very session").count(), 1, "{output}");
    assert_eq!(account.changes().len(), before);
    assert_eq!(account.serials("carol"), [serial("carol")]);
}

#[test]
fn a_full_user_with_a_path_in_another_spelling_makes_room_for_a_token() {
    let account = Account::new();
    for number in 1..=8 {
        account.enabled("bob", &if number == 1 { "bob".to_owned() } else { format!("bob-{number}") });
    }
    let mut person = account.root_sits_down(&["BOB"]);
    person.asked("Number");
    person.sees(&[
        "MFA devices of bob (path /team/)",
        "Which one is lost, or left over?",
        "1 virtual device bob, enabled",
        "8 virtual device bob-8, enabled",
        "9 None of them",
    ]);
    person.answer("Number", "");
    person.answer("Enrol a new device now?", "yes");
    person.asked("Number");
    person.sees(&["bob has 8 devices, and AWS allows no more. To enrol a new one, remove one first."]);
    person.answer("Number", "8");
    person.answer("Type bob to confirm", "bob");
    person.answer("Number", "");
    person.answer("Enrol a new device now?", "yes");
    person.answer("Number", "2");
    person.answer("The serial number printed on the token", "GAHT");
    person.answer("The serial number printed on the token", TOKEN);
    person.types_two_codes("bob", &hardware_seed(TOKEN));
    let output = words(&person.ends(0));
    assert!(output.contains("A serial number has 9 or more letters and digits"), "{output}");
    let serials = account.serials("bob");
    assert_eq!(serials.len(), 8, "{serials:?}");
    assert!(serials.contains(&TOKEN.to_owned()) && !serials.contains(&serial("bob-8")), "{serials:?}");
}

#[test]
fn what_is_half_made_goes_only_after_the_name_was_typed_in_korean_too() {
    let account = Account::new();
    account.device("alice");
    account.device("somebody-else");
    let before = account.changes().len();
    let mut person = account.root_sits_down(&["alice", "--language", "ko"]);
    person.answer("번호", "1");
    person.asked("확인하려면 alice");
    person.sees(&["등록이 끝나지 않음", "이 디바이스로 로그인하는 사람은 없습니다."]);
    person.answer("확인하려면 alice", "");
    person.asked("번호");
    assert_eq!(account.changes().len(), before, "Enter alone changes nothing");
    person.answer("번호", "1");
    person.answer("확인하려면 alice", "alice");
    person.answer("등록할까요?", "아니요");
    let output = words(&person.ends(3));
    assert!(output.contains("alice에게는 MFA 디바이스가 없습니다."), "{output}");
    assert!(!output.contains("somebody-else"), "{output}");
    assert_eq!(account.changes()[before..], ["iam:DeleteVirtualMFADevice"]);
}

#[test]
fn a_removal_that_was_cut_short_is_made_once_more() {
    let account = Account::new();
    account.enabled("alice", "my-phone");
    account.enabled("alice", "alice");
    let before = account.changes().len();
    let at_mutating_call = before + 1;
    account.practice.set_fault(Some(Fault { at_mutating_call, when: FaultTime::Before, lasting: true }));
    let mut person = account.root_sits_down(&["alice"]);
    person.asked("Number");
    let number = person.number_of("my-phone");
    person.answer("Number", &number);
    person.answer("Type alice to confirm", "alice");
    let output = words(&person.ends(1));
    assert!(output.contains("AWS did not answer iam:DeleteVirtualMFADevice."), "{output}");

    account.practice.set_fault(None);
    assert_eq!(account.serials("alice"), [serial("alice")]);
    let mut person = account.root_sits_down(&["alice"]);
    person.asked("Number");
    person.sees(&["2 virtual device my-phone, half-removed: enabled for nobody any more"]);
    person.answer("Number", "2");
    person.answer("Type alice to confirm", "alice");
    person.answer("Number", "");
    person.answer("Enrol a new device now?", "");
    person.ends(0);
    assert_eq!(account.virtual_serials(), [serial("alice")]);
    assert_eq!(account.serials("alice"), [serial("alice")]);
}

/// The device is there, and AWS takes its clock from two codes.
#[test]
fn a_device_whose_codes_are_refused_is_brought_back_into_step() {
    let account = Account::new();
    let device = account.enabled("alice", "alice");
    let before = account.changes().len();
    let mut person = account.root_sits_down(&["alice"]);
    person.asked("Number");
    person.sees(&["2 None of them", "3 None is lost, but AWS refuses the codes that one shows"]);
    person.answer("Number", "3");
    person.types_two_codes("alice", &device.seed);
    person.answer("Number", "");
    person.answer("Enrol a new device now?", "");
    let output = words(&person.ends(0));
    assert!(output.contains("AWS goes by the clock of virtual device alice now."), "{output}");
    assert_eq!(account.changes()[before..], ["iam:ResyncMFADevice"]);
    assert_eq!(account.serials("alice"), [serial("alice")]);
}

#[test]
fn skipping_an_enrolment_leaves_it_to_the_user_and_nothing_behind() {
    let account = Account::new();
    let mut person = account.root_sits_down(&["alice"]);
    person.answer("Enrol a new device now?", "");
    person.answer("Number", "1");
    person.scan("alice");
    person.answer("First code of alice", "skip");
    let output = words(&person.ends(3));
    assert!(output.contains("alice has to do it alone, and soon"), "{output}");
    assert_eq!(account.virtual_serials(), [] as [&str; 0]);
}

#[test]
fn who_is_not_there_is_told_with_the_nearest_names() {
    let account = Account::new();
    for (user, expected) in [
        ("alcie", "There is no IAM user alcie in this account. Hint: The nearest names are: alice, bob."),
        ("root", "Root's own devices are for root alone"),
    ] {
        let output = words(&account.root_sits_down(&[user]).ends(1));
        assert!(output.contains(expected) && output.contains("Nothing was changed."), "{output}");
    }
    let (status, _, told) = account.unattended(&["a/b"]);
    assert!(status == 2 && told.contains("A user name has 1 to 64 letters"), "{status} {told}");
}

#[test]
fn without_a_terminal_a_person_is_missing_and_a_look_is_possible() {
    let account = Account::new();
    account.enabled("alice", "alice");
    account.device("alice-2");
    let before = account.changes();
    let (status, output, told) = account.unattended(&["alice"]);
    assert_eq!((status, output.as_str()), (4, ""), "{told}");
    for said in ["asks a person before it changes anything", "Run it at a terminal", "Nothing was changed."] {
        assert!(told.contains(said), "{said}: {told}");
    }
    let (status, output, told) = account.unattended(&["alice", "--dry-run"]);
    assert_eq!((status, told.as_str()), (0, ""), "{output}");
    assert!(output.contains("virtual device alice, enabled 20"), "{output}");
    assert!(output.contains("virtual device alice-2, half-made: enabled for nobody"), "{output}");
    let (status, output, _) = account.unattended(&["bob", "--dry-run", "--language", "ko"]);
    assert!(status == 3 && output.contains("bob에게는 MFA 디바이스가 없습니다."), "{status} {output}");
    let (status, _, told) = account.unattended(&["alice", "--output", "json"]);
    assert!(status == 2 && told.contains("--output text alone"), "{status} {told}");
    assert_eq!(account.changes(), before);
    assert!(!account.home.path().join("state").exists(), "looking keeps nothing");
}

#[test]
fn a_pause_is_a_pause_and_meanwhile_nobody_else_repairs() {
    let account = Account::new();
    account.enabled("alice", "alice");
    let before = account.changes();
    let mut person = account.root_sits_down(&["alice"]);
    person.answer("Number", "1");
    person.asked("Type alice to confirm");
    let output = words(&account.root_sits_down(&["alice"]).ends(1));
    assert!(output.contains("Another run of dayone is at work on this account"), "{output}");
    person.window.press(&[CONTROL_C]);
    person.ends(130);
    assert!(person.window.is_as_it_was());
    assert_eq!(account.changes(), before);
    account.assert_journal(&[]);
}

/// A practice account in which MFA is required of the administrators, served until it is dropped. Alice is one of them,
/// and Bob, who has a path, is not.
struct Account {
    practice: PracticeAccount,
    root: Identity,
    address: SocketAddr,
    home: TempDir,
    runtime: Runtime,
}

/// An MFA device, and what a person has of it.
struct Device {
    serial: String,
    seed: String,
}

/// Who sits at the terminal.
struct Person {
    window: Window,
}

impl Account {
    fn new() -> Self {
        let (runtime, home) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
        let practice = PracticeAccount::in_memory(Arc::new(SystemTime::now)).unwrap();
        let connection = connection(&practice, practice.root_login(), home.path());
        let (root, address) = runtime.block_on(async {
            let root = connection.started_as().await.unwrap();
            Box::pin(set_up(&root)).await;
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(dayone::rehearsal::serve(practice.clone(), listener, std::future::pending()));
            (root, address)
        });
        Self { practice, root, address, home, runtime }
    }

    /// An administrator with a device, whose code of this moment is unused, and an access key that all services know.
    fn administrator(&self, user: &str) -> (Device, Credentials) {
        let iam = self.root.iam();
        self.runtime.block_on(async {
            iam.create_user().user_name(user).send().await.unwrap();
            let add = iam.add_user_to_group().group_name("Administrators").user_name(user);
            add.send().await.unwrap();
        });
        (self.enabled(user, user), self.access_key(user))
    }

    /// Each service refuses a new key a few times.
    fn access_key(&self, user: &str) -> Credentials {
        self.runtime.block_on(async {
            let made = self.root.iam().create_access_key().user_name(user).send().await.unwrap();
            let key = made.access_key().unwrap();
            let key = Credentials::new(key.access_key_id(), key.secret_access_key(), None, None, "test");
            let connection = connection(&self.practice, key.clone(), self.home.path());
            let mut known = connection.started_as().await;
            for _ in 0..4 {
                if known.is_err() {
                    known = connection.started_as().await;
                }
            }
            let iam = known.unwrap().iam();
            for _ in 0..4 {
                drop(iam.list_groups().send().await);
            }
            key
        })
    }

    /// A device that was made and not enabled.
    fn device(&self, name: &str) -> Device {
        let request = self.root.iam().create_virtual_mfa_device().virtual_mfa_device_name(name);
        let made = self.runtime.block_on(request.send()).unwrap();
        let made = made.virtual_mfa_device().unwrap();
        let seed = made.base32_string_seed().unwrap().as_ref().to_vec();
        Device { serial: made.serial_number().to_owned(), seed: String::from_utf8(seed).unwrap() }
    }

    fn enabled(&self, user: &str, name: &str) -> Device {
        let device = self.device(name);
        self.enable(user, &device);
        device
    }

    /// With codes of a while ago, so that the one of this moment is unused.
    fn enable(&self, user: &str, device: &Device) {
        let request = self.root.iam().enable_mfa_device().user_name(user).serial_number(&device.serial);
        let [first, second] = two_codes(&device.seed, 60);
        let request = request.authentication_code1(first).authentication_code2(second);
        self.runtime.block_on(request.send()).unwrap();
    }

    /// The serial numbers of a user's devices.
    fn serials(&self, user: &str) -> Vec<String> {
        let request = self.root.iam().list_mfa_devices().user_name(user);
        let found = self.runtime.block_on(request.send()).unwrap();
        found.mfa_devices().iter().map(|device| device.serial_number().to_owned()).collect()
    }

    /// The serial numbers of all virtual devices.
    fn virtual_serials(&self) -> Vec<String> {
        let found = self.runtime.block_on(self.root.iam().list_virtual_mfa_devices().send()).unwrap();
        found.virtual_mfa_devices().iter().map(|device| device.serial_number().to_owned()).collect()
    }

    /// What changed something.
    fn changes(&self) -> Vec<String> {
        self.practice.mutating_calls()
    }

    fn root_sits_down(&self, arguments: &[&str]) -> Person {
        self.sits_down(&self.practice.root_login(), arguments)
    }

    fn sits_down(&self, who: &Credentials, arguments: &[&str]) -> Person {
        let arguments = [&["mfa", "repair"][..], arguments].concat();
        Person { window: Window::signed_in(self.home.path(), &arguments, self.variables(who)) }
    }

    /// Status, standard output and standard error of a run by root with nobody there, without line breaks.
    fn unattended(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dayone"));
        command.env_clear().env("HOME", self.home.path()).envs(self.variables(&self.practice.root_login()));
        command
            .args(["mfa", "repair"])
            .args(arguments)
            .arg("--state-dir")
            .arg(self.home.path().join("state"));
        let output = command.stdin(Stdio::null()).output().unwrap();
        let text = |bytes: Vec<u8>| words(&String::from_utf8(bytes).unwrap());
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    fn variables(&self, who: &Credentials) -> Vec<(&'static str, String)> {
        let token = who.session_token().map(|token| ("AWS_SESSION_TOKEN", token.to_owned()));
        let variables = [
            ("AWS_ENDPOINT_URL", format!("http://{}", self.address)),
            ("AWS_ACCESS_KEY_ID", who.access_key_id().to_owned()),
            ("AWS_SECRET_ACCESS_KEY", who.secret_access_key().to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
        ];
        variables.into_iter().chain(token).collect()
    }

    /// An AWS profile of the person at the terminal.
    fn write_profile(&self, name: &str, key: &Credentials) {
        let (id, secret) = (key.access_key_id(), key.secret_access_key());
        let profile = format!("[{name}]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
        let folder = self.home.path().join(".aws");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("credentials"), profile).unwrap();
    }

    fn journal(&self) -> PathBuf {
        self.home.path().join("state/accounts").join(ACCOUNT_ID).join("journal.jsonl")
    }

    /// Holds event, step, verb and resource of each line against what is expected, and gives the lines.
    #[track_caller]
    fn assert_journal(&self, expected: &[(&str, &str, &str, &str)]) -> Vec<Value> {
        let text = std::fs::read_to_string(self.journal()).unwrap();
        assert!(!PracticeAccount::is_secret_in(&text), "{text}");
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let field = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
        let found: Vec<_> = lines
            .iter()
            .map(|line| ["event", "step", "verb", "resource"].map(|name| field(line, name)))
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(event, step, verb, resource)| [*event, *step, *verb, *resource].map(str::to_owned))
            .collect();
        assert_eq!(found, expected);
        lines
    }
}

/// The groups, the users and the policy.
async fn set_up(root: &Identity) {
    let iam = root.iam();
    iam.create_group().group_name("Administrators").send().await.unwrap();
    let policy = iam.create_policy().policy_name(POLICY_NAME).policy_document(policy_document("aws"));
    let policy = policy.send().await.unwrap();
    let required = policy.policy().and_then(|policy| policy.arn()).unwrap();
    for policy in ["arn:aws:iam::aws:policy/AdministratorAccess", required] {
        let attach = iam.attach_group_policy().group_name("Administrators").policy_arn(policy);
        attach.send().await.unwrap();
    }
    iam.create_user().user_name("alice").send().await.unwrap();
    iam.create_user().user_name("bob").path("/team/").send().await.unwrap();
    iam.add_user_to_group().group_name("Administrators").user_name("alice").send().await.unwrap();
}

fn connection(practice: &PracticeAccount, login: Credentials, home: &Path) -> Connection {
    Connection::through(practice.http_client(), login, support::files(home), Access::ReadWrite)
}

fn serial(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT_ID}:mfa/{name}")
}

/// Two codes that follow one another, the second of which a device showed so many seconds ago.
fn two_codes(seed: &str, seconds_ago: u64) -> [String; 2] {
    let now = SystemTime::now();
    [30, 0].map(|before| code_at(seed, now - Duration::from_secs(seconds_ago + before)))
}

impl Device {
    /// The code that it shows now.
    fn code(&self) -> String {
        code_at(&self.seed, SystemTime::now())
    }
}

impl Person {
    /// Waits for the next question, which must be this one.
    #[track_caller]
    fn asked(&mut self, expected: &str) {
        let question = self.window.next_question();
        let is_asked = question.as_ref().is_some_and(|question| question.contains(expected));
        assert!(is_asked, "{expected:?} was not asked, but {question:?}\n{}", self.window.text());
    }

    #[track_caller]
    fn answer(&mut self, question: &str, line: &str) {
        self.asked(question);
        self.window.type_line(line);
    }

    /// All of this stands on the screen at once.
    #[track_caller]
    fn sees(&self, expected: &[&str]) {
        let text = self.window.text();
        let seen = words(&text);
        for words in expected {
            assert!(seen.contains(words), "{words:?} is not on the screen\n{text}");
        }
    }

    /// Under which number something is offered.
    #[track_caller]
    fn number_of(&self, what: &str) -> String {
        let text = self.window.text();
        let line = text.lines().find(|line| line.contains(what));
        line.and_then(|line| line.split_whitespace().next()).unwrap().to_owned()
    }

    /// The seed, as a phone reads it off the screen.
    #[track_caller]
    fn scan(&mut self, user: &str) -> String {
        self.asked(&format!("First code of {user}"));
        let uri = self.window.scan_qr_code();
        assert!(uri.starts_with(&format!("otpauth://totp/AWS:{user}%40{ACCOUNT_ID}?")), "{uri}");
        uri.split("secret=").nth(1).unwrap().split('&').next().unwrap().to_owned()
    }

    /// Those of the last window and of this one follow one another.
    #[track_caller]
    fn types_two_codes(&mut self, user: &str, seed: &str) {
        let [first, second] = two_codes(seed, 0);
        self.answer(&format!("First code of {user}"), &first);
        self.answer(&format!("Second code of {user}"), &second);
    }

    /// The program ends with this status; all that it has written.
    #[track_caller]
    fn ends(&mut self, status: i32) -> String {
        let (found, output) = self.window.ended();
        assert_eq!(found, status, "{output}");
        output
    }
}

/// Without the line breaks, which are where the width of the window puts them.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
