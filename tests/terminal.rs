//! What a person sees: the real program in a terminal of 80×24, its QR code read off the screen as a phone does, and
//! real one-time codes typed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::SystemTime;

use rustix::process::Signal;
use support::code_at;
use support::side_by_side::{everything, tell};
use support::terminal::{CONTROL_C, END_OF_INPUT, ENTER, Window};

/// The questions of the whole walk, in the language of the test: what stands on the screen, and what is typed.
struct Words {
    language: &'static str,
    start: &'static str,
    name: &'static str,
    saved: &'static str,
    number: &'static str,
    way_in: &'static str,
    /// By `aws login`, or by an access key.
    way_in_number: &'static str,
    signing_in: &'static str,
    signed_in_again: &'static str,
    device: &'static str,
    backup: &'static str,
    email: &'static str,
    phone: &'static str,
    note_device: &'static str,
    public_access: &'static str,
    budget: &'static str,
    alarm: &'static str,
    done: &'static str,
    apply: &'static str,
    type_account: &'static str,
    first_code: &'static str,
    second_code: &'static str,
    sign_in_code: &'static str,
    watching: &'static str,
    waiting: &'static str,
    reading: &'static str,
    first_file: &'static str,
    all_in_place: &'static str,
    yes: &'static str,
    /// A part of the heading above each step.
    heading: &'static str,
}

const ENGLISH: Words = Words {
    language: "en",
    start: "Start?",
    name: "The name of your own IAM user",
    saved: "Saved?",
    number: "Number",
    way_in: "How do you sign in?",
    way_in_number: "1",
    signing_in: "Watching for the sign-in",
    signed_in_again: "Have you signed in again",
    device: "Which device will you use?",
    backup: "Enrol a second device as a backup",
    email: "Name an e-mail address",
    phone: "Name a phone number",
    note_device: "Note the MFA device in the AWS profile",
    public_access: "Have S3 block public access",
    budget: "as soon as the account costs",
    alarm: "whenever root is used",
    done: "Is it done?",
    apply: "Apply?",
    type_account: "Type 111122223333 to confirm",
    first_code: "First code of alice",
    second_code: "Second code of alice",
    sign_in_code: "One-time code of alice",
    watching: "Watching the account",
    waiting: "Waiting for the practice account",
    reading: "Reading Event History",
    first_file: "Waiting for the first log file",
    all_in_place: "Everything is in place",
    yes: "yes",
    heading: " · step ",
};

/// By an access key: a line that watches is like any other where nothing is redrawn.
/// What is read out and never redrawn need not fit into a window.
const PLAIN: Words = Words { heading: "", ..BY_KEY };

const BY_KEY: Words = Words { way_in_number: "2", ..ENGLISH };

/// With the Korean keyboard layout left on, the key y gives ㅛ.
const KOREAN: Words = Words {
    language: "ko",
    start: "시작할까요?",
    name: "본인이 쓸 IAM 사용자 이름",
    saved: "저장하셨나요?",
    number: "번호",
    way_in: "어떻게 로그인하시겠어요?",
    way_in_number: "2",
    signing_in: "로그인하기를 기다리는 중",
    signed_in_again: "디바이스로 다시 로그인하셨나요?",
    device: "어떤 디바이스를 쓰시겠어요?",
    backup: "예비로 다른 휴대폰 같은",
    email: "이메일 주소를 정하세요",
    phone: "전화번호를 정하세요",
    note_device: "mfa_serial을 적어",
    public_access: "S3 퍼블릭 액세스를 차단할까요?",
    budget: "요금이 생기면",
    alarm: "루트 사용자가 쓰일 때마다",
    done: "완료하셨나요?",
    apply: "적용할까요?",
    type_account: "확인하려면 111122223333",
    first_code: "alice의 첫 번째 코드",
    second_code: "alice의 두 번째 코드",
    sign_in_code: "alice의 일회용 코드",
    watching: "계정에 반영되기를 기다리는 중",
    waiting: "연습용 계정을 기다리는 중",
    reading: "이벤트 기록(Event History)을 읽는 중",
    first_file: "첫 로그 파일을 기다리는 중",
    all_in_place: "모두 적용되어 있습니다",
    yes: "ㅛ",
    heading: "단계 중 ",
};

/// A person who rehearses: the window, the words, and the authenticator app.
struct Person {
    window: Window,
    words: &'static Words,
    seed: Option<String>,
    used: BTreeSet<String>,
    /// The console step that was done last in another window.
    console: Vec<&'static str>,
}

impl Person {
    fn sit_down(home: &Path, words: &'static Words, arguments: &[&str]) -> Self {
        let all = [arguments, &["--language", words.language]].concat();
        let window = Window::open(home, &all);
        Self { window, words, seed: None, used: BTreeSet::new(), console: Vec::new() }
    }

    /// Answers whatever is asked until the program ends or `stop` says so; the screen it ended with.
    fn answer_until(&mut self, stop: impl Fn(&str) -> bool) -> Option<String> {
        loop {
            let asked = self.window.next_question()?;
            if stop(&asked) {
                return Some(asked);
            }
            self.answer(&asked);
        }
    }

    fn answer(&mut self, asked: &str) {
        let words = self.words;
        let is = |question: &str| asked.contains(question);
        if is(words.apply) || is(words.done) || is(words.number) {
            let text = self.window.text();
            assert!(text.contains(words.heading), "the beginning of the step is out of sight:\n{text}");
        }
        if is(words.budget) {
            self.window.type_line("costs@example.com");
        } else if is(words.alarm) {
            self.window.type_line("security@example.com");
        } else if is(words.first_code) {
            self.scan();
            self.type_code();
        } else if is(words.second_code) || is(words.sign_in_code) {
            self.type_code();
        } else if is(words.signing_in) {
            self.window.run_beside(&["rehearse", "console", "sign-in"]);
            self.window.wait_until(|screen| !screen.contains(words.signing_in));
        } else if is(words.signed_in_again) {
            self.sign_in_again();
        } else if is(words.watching) {
            let is_enrolled = self.console.contains(&"root-mfa");
            self.at_the_console(if is_enrolled { "confirm-email" } else { "root-mfa" });
        } else if is(words.waiting) || is(words.reading) || is(words.first_file) {
            let waits = |screen: &str| {
                [words.waiting, words.reading, words.first_file]
                    .into_iter()
                    .any(|words| screen.contains(words))
            };
            self.window.wait_until(|screen| !waits(screen));
        } else if is(words.name) {
            self.window.type_line("alice");
        } else if is(words.email) {
            self.window.type_line("security@example.com");
        } else if is(words.phone) {
            self.window.type_line("+82 2 555 0100");
        } else if is(words.type_account) {
            self.window.type_line("111122223333");
        } else if is(words.number) {
            let (screen, way_in) = (self.window.text(), words.way_in);
            let at = |question: &str| screen.rfind(question);
            self.window.type_line(if at(way_in) > at(words.device) { words.way_in_number } else { "" });
        } else if is(words.saved) || is(words.start) || is(words.backup) {
            self.window.type_line("");
        } else if is(words.done) || is(words.apply) || is(words.note_device) || is(words.public_access) {
            self.window.type_line(words.yes);
        } else {
            panic!("an unexpected question: {asked}\n{}", self.window.text());
        }
    }

    /// Reads the QR code off the screen, and checks it against the seed that is shown for who cannot scan.
    fn scan(&mut self) {
        let uri = self.window.scan_qr_code();
        let seed = uri.split("secret=").nth(1).unwrap().split('&').next().unwrap().to_owned();
        let in_groups = seed.as_bytes().chunks(4).map(|four| String::from_utf8_lossy(four).into_owned());
        let shown: String = self.window.text().split_whitespace().collect();
        assert!(in_groups.clone().all(|four| shown.contains(&four)), "the seed as text");
        assert!(uri.starts_with("otpauth://totp/AWS:alice%40111122223333?"), "{uri}");
        self.seed = Some(seed);
    }

    /// Types the code that the app shows, once it shows one that was not used.
    fn type_code(&mut self) {
        let code = self.fresh_code();
        self.window.type_line(&code);
    }

    fn fresh_code(&mut self) -> String {
        let seed = self.seed.clone().unwrap();
        loop {
            let code = code_at(&seed, SystemTime::now());
            if self.used.insert(code.clone()) {
                return code;
            }
            self.window.look_for_a_while();
        }
    }

    /// In the browser, with a code that was not used.
    fn sign_in_again(&mut self) {
        let code = self.fresh_code();
        self.window.run_beside(&["rehearse", "console", "sign-in", "--code", &code]);
        self.window.type_line(self.words.yes);
    }

    /// A question, by the step that it belongs to and the letters in it.
    fn question(&self, asked: &str) -> String {
        let raw = self.window.raw();
        let told = console::strip_ansi_codes(&raw);
        let heading = told.rsplit_once("· step ").map_or("", |(_, rest)| rest);
        let step = heading.lines().next().and_then(|line| line.rsplit_once("· "));
        let letters = |c: char| if c.is_alphabetic() { c } else { ' ' };
        let words: String = asked.chars().map(letters).collect();
        let words: Vec<_> = words.split_whitespace().collect();
        format!("{}: {}", step.map_or("", |(_, step)| step.trim()), words.join(" "))
    }

    /// The program has ended as it should, and the terminal is as it was.
    fn has_paused(&mut self, place: &str) {
        let (status, output) = self.window.ended();
        assert_eq!(status, 130, "{place}\n{output}");
        assert!(output.contains("Paused"), "{place}\n{output}");
        assert!(self.window.is_as_it_was(), "{place}");
    }

    /// The same person, who has the same app and has done the same in the console.
    fn sit_down_again(self, home: &Path, arguments: &[&str]) -> Self {
        let Self { words, seed, used, console, .. } = self;
        Self { seed, used, console, ..Self::sit_down(home, words, arguments) }
    }

    fn at_the_console(&mut self, what: &'static str) {
        if !self.console.contains(&what) {
            self.window.run_beside(&["rehearse", "console", what]);
            self.console.push(what);
        }
        let watching = self.words.watching;
        self.window.wait_until(|screen| !screen.contains(watching));
    }
}

/// From the first screen to the last, and again: nothing is left but what AWS has not delivered yet.
fn the_whole_wizard(words: &'static Words) {
    let home = tempfile::tempdir().unwrap();
    let mut person = Person::sit_down(home.path(), words, &["rehearse"]);
    assert_eq!(person.answer_until(|_| false), None);
    let (status, output) = person.window.ended();
    assert!(person.seed.is_some(), "a device was enrolled");
    assert_eq!(status, 0, "{output}");
    assert!(!output.contains("MARKEDSECRET"), "a secret key was shown");
    let (seed, used) = (person.seed, person.used);

    let mut again = Person::sit_down(home.path(), words, &["rehearse"]);
    (again.seed, again.used) = (seed, used);
    assert_eq!(again.answer_until(|_| false), None);
    let (status, output) = again.window.ended();
    assert_eq!(status, 0, "{output}");
    assert!(output.contains(words.all_in_place), "{output}");
}

#[test]
fn the_whole_wizard_in_english() {
    the_whole_wizard(&ENGLISH);
}

#[test]
fn the_whole_wizard_in_korean() {
    the_whole_wizard(&KOREAN);
}

/// How a person leaves a question: by keys, or by a signal from elsewhere.
#[derive(Debug, Clone, Copy)]
enum WayOut {
    ControlC,
    /// Ctrl-D, and Enter where that is taken for a letter.
    EndOfInput,
    /// The request to end, as `kill` and a machine that shuts down send it.
    Terminate,
}

const WAYS_OUT: [WayOut; 3] = [WayOut::ControlC, WayOut::EndOfInput, WayOut::Terminate];

/// Of the questions one in so many is left, by each way in turn.
const ONE_IN: usize = 4;

impl WayOut {
    fn take(self, window: &mut Window) {
        match self {
            Self::ControlC => window.press(&[CONTROL_C]),
            Self::EndOfInput => window.press(&[END_OF_INPUT, ENTER]),
            Self::Terminate => window.signal(Signal::TERM),
        }
    }
}

/// The whole wizard, with somebody who leaves at question after question, and sits down again: the program ends with 130,
/// says how to go on, leaves the terminal as it was, and the next run goes on until there is nothing left to ask.
///
/// `DAYONE_SWEEP=all` leaves each question in each of the ways.
#[test]
fn a_pause_at_each_question_is_a_pause() {
    let home = tempfile::tempdir().unwrap();
    let mut person = Person::sit_down(home.path(), &ENGLISH, &["rehearse"]);
    // Each question with its place in the order in which they came, and how often it was left.
    let mut known: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    while let Some(asked) = person.window.next_question() {
        let (question, count) = (person.question(&asked), known.len());
        let (number, left) = known.entry(question.clone()).or_insert((count, 0));
        let ways = if everything() { WAYS_OUT.len() } else { usize::from(number.is_multiple_of(ONE_IN)) };
        if *left == ways {
            person.answer(&asked);
            continue;
        }
        let way = WAYS_OUT[(*number / ONE_IN + *left) % WAYS_OUT.len()];
        *left += 1;
        way.take(&mut person.window);
        person.has_paused(&format!("{way:?} at {question}"));
        person = person.sit_down_again(home.path(), &["rehearse"]);
    }
    let (status, output) = person.window.ended();
    assert_eq!(status, 0, "{output}");
    assert!(known.len() > 20, "{known:#?}");
    let (tried, count) = (known.values().map(|(_, left)| left).sum::<usize>(), known.len() * WAYS_OUT.len());
    tell(&format!(
        "prompts: {} questions, {tried} of {count} ways to leave one tried, all paused and went on",
        known.len()
    ));
}

/// Who says quit has stopped, and was not interrupted.
#[test]
fn quitting_ends_the_run_where_it_is() {
    let home = tempfile::tempdir().unwrap();
    let mut person = Person::sit_down(home.path(), &ENGLISH, &["rehearse"]);
    person.answer_until(|asked| asked.contains(ENGLISH.apply)).unwrap();
    person.window.type_line("quit");
    let (status, output) = person.window.ended();
    assert_eq!(status, 3, "{output}");
    assert!(output.contains("Stopped here.") && !output.contains("Paused"), "{output}");
}

/// At the code of an enrolment, too: the half-made device is removed, and the run has stopped.
#[test]
fn quitting_at_a_code_ends_the_run() {
    let home = tempfile::tempdir().unwrap();
    let mut person = Person::sit_down(home.path(), &ENGLISH, &["rehearse"]);
    person.answer_until(|asked| asked.contains(ENGLISH.first_code)).unwrap();
    person.window.type_line("quit");
    let (status, output) = person.window.ended();
    assert_eq!(status, 3, "{output}");
    assert!(output.contains("Stopped here.") && !output.contains("Paused"), "{output}");
    assert!(person.window.is_as_it_was());
    let kept = std::fs::read_to_string(home.path().join("state/rehearsal/account.json")).unwrap();
    assert!(!kept.contains("mfa/alice"), "the half-made device is still there");
}

/// Who has chosen an access key and then says no, or stops at the plan, is asked again how to sign in.
#[test]
fn an_access_key_that_was_chosen_can_be_left_again() {
    let home = tempfile::tempdir().unwrap();
    for reply in ["no", "quit"] {
        let mut person = Person::sit_down(home.path(), &BY_KEY, &["rehearse"]);
        let is_key = |text: &str| text.contains("access key of alice, written to the AWS profile");
        loop {
            let asked = person.window.next_question().unwrap();
            if asked.contains(ENGLISH.apply) && is_key(&person.window.text()) {
                break;
            }
            assert!(!is_key(&person.window.text()), "{asked}");
            person.answer(&asked);
        }
        person.window.type_line(reply);
        if reply == "no" {
            person.window.next_question().unwrap();
            person.window.press(&[CONTROL_C]);
        }
        let (status, output) = person.window.ended();
        assert_eq!(status, if reply == "no" { 130 } else { 3 }, "{output}");
        let kept =
            std::fs::read_to_string(home.path().join("state/rehearsal/accounts/111122223333/answers.json"));
        let kept = kept.unwrap();
        assert!(kept.contains("alice") && !kept.contains("access_key_profile"), "after {reply}: {kept}");
    }
    let mut again = Person::sit_down(home.path(), &BY_KEY, &["rehearse"]);
    again.answer_until(|asked| asked.contains(ENGLISH.number)).unwrap();
    let text = again.window.text();
    assert!(text.contains(ENGLISH.way_in) && text.contains("admin-sign-in"), "{text}");
    again.window.press(&[CONTROL_C]);
    assert_eq!(again.window.ended().0, 130);
}

/// Who sees in the plan that a name was mistyped says no, and is asked for it again.
#[test]
fn a_name_that_was_mistyped_is_asked_for_again() {
    const ARGUMENTS: [&str; 3] = ["rehearse", "--only", "admin-group,admin-user"];
    let home = tempfile::tempdir().unwrap();
    let mut person = Person::sit_down(home.path(), &ENGLISH, &ARGUMENTS);
    person.answer_until(|asked| asked.contains(ENGLISH.name)).unwrap();
    person.window.type_line("alcie");
    assert!(person.window.next_question().unwrap().contains(ENGLISH.apply));
    assert!(person.window.text().contains("user alcie"), "{}", person.window.text());
    person.window.type_line("no");
    assert_eq!(person.window.ended().0, 3);

    let mut again = Person::sit_down(home.path(), &ENGLISH, &ARGUMENTS);
    again.answer_until(|asked| asked.contains(ENGLISH.name)).unwrap();
    assert!(!again.window.text().contains("alcie"), "{}", again.window.text());
    again.window.type_line("skip");
    let (status, output) = again.window.ended();
    assert_eq!(status, 3, "{output}");
    assert!(!output.contains("user skip"), "{output}");
}

/// A profile of that name is somebody else's: another name is asked for, and that question has a way out too.
#[test]
fn a_profile_that_is_taken_can_be_left_at_that() {
    let home = tempfile::tempdir().unwrap();
    let files = home.path().join("state/rehearsal/aws");
    std::fs::create_dir_all(&files).unwrap();
    std::fs::write(files.join("config"), "[profile dayone-admin]\nregion = us-east-1\n").unwrap();
    let mut person = Person::sit_down(home.path(), &BY_KEY, &["rehearse"]);
    person.answer_until(|asked| asked.contains("is taken")).unwrap();
    assert!(person.window.text().contains("The AWS profile dayone-admin is taken"));
    person.window.type_line("-");
    person.window.next_question().unwrap();
    assert!(person.window.scrolled_back().contains("Left for another time."));
    person.window.press(&[CONTROL_C]);
    assert_eq!(person.window.ended().0, 130);
    let kept =
        std::fs::read_to_string(home.path().join("state/rehearsal/accounts/111122223333/answers.json"));
    assert!(!kept.unwrap().contains("access_key_profile"));
}

/// Enter goes on without what is watched, and the spinner with its way out leaves the screen.
#[test]
fn enter_goes_on_without_what_is_watched() {
    let home = tempfile::tempdir().unwrap();
    let mut person = Person::sit_down(home.path(), &ENGLISH, &["rehearse"]);
    person.answer_until(|asked| asked.contains(ENGLISH.signing_in)).unwrap();
    person.window.type_line("");
    person.window.next_question().unwrap();
    let seen = person.window.scrolled_back();
    assert!(seen.contains("Left for another time."), "{seen}");
    assert!(!seen.contains(ENGLISH.signing_in) && !seen.contains("Press Enter"), "{seen}");
    person.window.press(&[CONTROL_C]);
    assert_eq!(person.window.ended().0, 130);
}

/// The explanation, and below it what is asked about: nothing of it has scrolled away.
#[test]
fn an_explanation_leaves_what_is_asked_about_in_sight() {
    let home = tempfile::tempdir().unwrap();
    let mut person = Person::sit_down(home.path(), &ENGLISH, &["rehearse"]);
    person.answer_until(|asked| asked.contains(ENGLISH.apply)).unwrap();
    person.window.type_line("explain");
    let asked = person.window.next_question().unwrap();
    assert!(asked.contains(ENGLISH.apply), "{asked}");
    let text = person.window.text();
    let places: Vec<_> =
        ["Without it.", "Cost.", "Check.", "~ update  ", "Apply?"].map(|part| text.rfind(part)).to_vec();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}\n{text}");
    person.window.press(&[CONTROL_C]);
    assert_eq!(person.window.ended().0, 130);
}

/// A password is shown on a page of its own, which leaves no trace whether it is left by an answer or by Ctrl-C.
#[test]
fn a_password_leaves_the_screen_and_what_was_there_comes_back() {
    let home = tempfile::tempdir().unwrap();
    for goes_on in [false, true] {
        let mut person = Person::sit_down(home.path(), &ENGLISH, &["rehearse"]);
        person.answer_until(|asked| asked.contains(ENGLISH.saved)).unwrap();
        let page = person.window.text();
        assert!(person.window.is_on_second_page() && page.contains("Console password of alice"), "{page}");
        let is_password = |line: &&str| line.len() >= 24 && !line.contains([' ', '/']);
        let password = page.lines().map(str::trim).find(is_password);
        let password = password.unwrap_or_else(|| panic!("no password in {page}")).to_owned();
        if goes_on {
            person.window.type_line("");
            person.window.next_question().unwrap();
        }
        person.window.press(&[CONTROL_C]);
        assert_eq!(person.window.ended().0, 130);
        assert!(person.window.is_as_it_was());
        let seen = person.window.scrolled_back();
        assert!(seen.contains("admin-user") && seen.contains(ENGLISH.start), "{seen}");
        assert!(!seen.contains("Console password of alice") && !seen.contains(&password), "{seen}");
    }
}

/// An Enter too many answers no question that was not asked yet: here it would say that a password was saved which nobody
/// has seen.
#[test]
fn what_is_typed_ahead_answers_nothing() {
    let home = tempfile::tempdir().unwrap();
    let mut person = Person::sit_down(home.path(), &ENGLISH, &["rehearse"]);
    let asked = person.answer_until(|asked| asked.contains(ENGLISH.name)).unwrap();
    person.answer(&asked);
    assert!(person.window.next_question().unwrap().contains(ENGLISH.apply));
    person.window.press(&[b'y', ENTER, ENTER, ENTER]);
    person.window.wait_until(|screen| screen.contains(ENGLISH.saved));
    assert!(person.window.next_question().unwrap().contains(ENGLISH.saved));
    assert!(person.window.is_on_second_page(), "{}", person.window.text());
    person.window.press(&[CONTROL_C]);
    assert_eq!(person.window.ended().0, 130);
}

/// With standard output sent to a file, what leads to a question is where the question is.
#[test]
fn the_plan_stands_where_its_question_does() {
    let home = tempfile::tempdir().unwrap();
    let mut window = Window::with_output_to(
        "plan.log",
        home.path(),
        &["rehearse", "--admin-user", "alice", "--language", "en"],
    );
    assert!(window.next_question().unwrap().contains(ENGLISH.start));
    let text = window.text();
    assert!(text.contains("Stop using the root user") && text.contains("to do"), "{text}");
    window.press(&[CONTROL_C]);
    assert_eq!(window.ended().0, 130);
    assert_eq!(std::fs::read_to_string(home.path().join("plan.log")).unwrap(), "");
}

/// Skipping in the middle of an enrolment removes the half-made device, and the seed leaves the screen.
#[test]
fn skipping_an_enrolment_leaves_nothing_behind() {
    const SEED_BEGINS: &str = "MARK EDSE ED";
    let home = tempfile::tempdir().unwrap();
    let mut person = Person::sit_down(home.path(), &ENGLISH, &["rehearse"]);
    person.answer_until(|asked| asked.contains(ENGLISH.first_code)).unwrap();
    person.scan();
    assert!(person.window.is_on_second_page() && person.window.text().contains(SEED_BEGINS));
    person.window.type_line("skip");
    person.window.next_question().unwrap();
    assert!(!person.window.is_on_second_page());
    let seen = person.window.scrolled_back();
    assert!(!seen.contains(SEED_BEGINS) && !seen.contains('█'), "the seed is still in sight: {seen}");
    assert!(seen.contains("admin-mfa") && seen.contains(ENGLISH.start), "what was there is lost: {seen}");
    person.window.press(&[CONTROL_C]);
    assert_eq!(person.window.ended().0, 130);
    let kept = std::fs::read_to_string(home.path().join("state/rehearsal/account.json")).unwrap();
    assert!(!kept.contains("mfa/alice"), "the half-made device is still there");
}

/// Who skips at the codes of a token may have mistyped its number, which is not taken up again in silence.
#[test]
fn the_number_of_a_token_that_was_not_enabled_is_asked_for_again() {
    const NUMBER: &str = "Type the serial number printed on the token";
    const ONLY: &str = "admin-group,admin-user,admin-mfa";
    let home = tempfile::tempdir().unwrap();
    for serial in ["GAHT00000000", "GAHT12345678"] {
        let arguments = ["rehearse", "--admin-user", "alice", "--only", ONLY, "--language", "en"];
        let mut window = Window::open(home.path(), &arguments);
        let mut asked = window.next_question().unwrap();
        while !asked.contains(NUMBER) {
            assert!(!asked.contains(ENGLISH.first_code), "a number was taken up: {}", window.text());
            window.type_line(match asked.as_str() {
                choice if choice.contains(ENGLISH.number) => "2",
                plan if plan.contains(ENGLISH.apply) => "yes",
                _ => "",
            });
            asked = window.next_question().unwrap();
        }
        window.type_line(serial);
        assert!(window.next_question().unwrap().contains(ENGLISH.apply));
        assert!(window.text().contains(&format!("hardware token {serial} of alice")), "{}", window.text());
        window.type_line("yes");
        assert!(window.next_question().unwrap().contains(ENGLISH.first_code));
        window.type_line("skip");
        assert_eq!(window.ended().0, 3);
        let kept = home.path().join("state/rehearsal/accounts/111122223333/answers.json");
        assert!(!std::fs::read_to_string(kept).unwrap().contains("GAHT"));
    }
}

/// Lines that a screen reader reads: nothing is redrawn, and the seed takes the place of the picture.
#[test]
fn a_plain_walk_redraws_nothing() {
    let home = tempfile::tempdir().unwrap();
    let mut person = Person::sit_down(home.path(), &PLAIN, &["rehearse", "--plain"]);
    person.answer_until(|asked| asked.contains(ENGLISH.first_code)).unwrap();
    let raw = person.window.raw();
    let moves = |sequence: &str| {
        !sequence.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m')
    };
    assert!(!raw.split("\u{1b}[").skip(1).any(moves), "the cursor was moved: {raw:?}");
    assert!(raw.contains("MARK EDSE ED"), "the seed in groups of four");
    assert!(!person.window.is_on_second_page(), "a plain screen has no pages");
    person.window.press(&[CONTROL_C]);
    assert_eq!(person.window.ended().0, 130);
}
