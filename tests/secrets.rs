//! Secrets go where the answers send them, and nowhere else.
//!
//! The practice account puts a mark into every secret that it deals out. The real program makes its whole run, well and
//! badly, and then the marks, the passwords and the one-time codes are searched for in everything that it has written
//! or printed, and in the arguments and the environment of it and of the commands that it has started.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use dayone::rehearsal::PracticeAccount;
use steps::text::percent_decoded;
use support::between::{Between, Fate};
use support::machine::{ANSWERS, APPLY, DONE, Ended, Machine, Running, Victim};
use support::served::Served;
use support::side_by_side::{side_by_side, tell};

/// Writes down the arguments and the environment of a command and of the program that has started it, and then is that
/// command.
const SPY: &str = r#"
import os, sys

with open("seen.txt", "a") as seen:
    for process in (os.getpid(), os.getppid()):
        for what in ("cmdline", "environ"):
            with open(f"/proc/{process}/{what}", "rb") as found:
                print(found.read().replace(b"\0", b"\n").decode(errors="replace"), file=seen)
os.execvp("python3", ["python3"] + sys.argv[1:])
"#;

/// Where a secret is meant to be.
const PLACES: [&str; 3] = [".aws/credentials", "alice.txt", "bob.txt"];

/// A machine on which root is signed in by a profile, so that the environment holds no secret from the beginning.
fn machine(served: &Served) -> Machine {
    let answers = ANSWERS.replace("AUTHENTICATOR", "\"spy.py\", AUTHENTICATOR");
    let mut machine = Machine::answering(served, &answers);
    let login = served.root();
    let lines = login.iter().map(|(name, value)| format!("{} = {value}\n", name.to_ascii_lowercase()));
    machine.write(".aws/credentials", format!("[default]\n{}", lines.collect::<String>()));
    set_mode(&machine.path(".aws/credentials"), 0o600);
    machine.write("spy.py", SPY);
    machine.sign_in(Vec::new());
    machine
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// All that must not be found.
struct Hunt {
    words: Vec<String>,
    codes: Vec<String>,
    looked_into: usize,
}

impl Hunt {
    fn after(served: &Served, machine: &Machine) -> Self {
        let passwords = ["alice.txt", "bob.txt"].map(|file| {
            let password = fs::read_to_string(machine.path(file)).unwrap_or_default().trim().to_owned();
            assert!(password.is_empty() || password.len() >= 14, "{file}");
            password
        });
        let words = passwords.into_iter().filter(|password| !password.is_empty()).collect();
        Self { words, codes: served.codes(), looked_into: 0 }
    }

    /// As it is, or escaped for a web page, for JSON or for an address.
    fn is_in(&self, text: &str) -> bool {
        let unescaped = [unescaped_html(text), unescaped_json(text), percent_decoded(text)];
        self.is_written_in(text) || unescaped.iter().any(|text| self.is_written_in(text))
    }

    fn is_written_in(&self, text: &str) -> bool {
        let is_code = |word: &str| self.codes.iter().any(|code| code == word);
        PracticeAccount::is_secret_in(text)
            || self.words.iter().any(|word| text.contains(word))
            || text.split(|c: char| !c.is_ascii_alphanumeric()).any(is_code)
    }

    #[track_caller]
    fn finds_nothing_in(&mut self, place: &str, text: &str) {
        self.looked_into += 1;
        assert!(!self.is_in(text), "a secret is in {place}");
    }

    #[track_caller]
    fn finds_nothing_said(&mut self, ended: &Ended) {
        self.finds_nothing_in("standard output", &ended.stdout);
        self.finds_nothing_in("standard error", &ended.stderr);
    }

    /// In every file below the home folder but those that secrets are meant for.
    #[track_caller]
    fn finds_nothing_written(&mut self, machine: &Machine) {
        for file in files_below(machine.home()) {
            if !PLACES.iter().any(|place| file.ends_with(place)) {
                let content = fs::read(&file).unwrap();
                self.finds_nothing_in(&file.display().to_string(), &String::from_utf8_lossy(&content));
            }
        }
    }
}

/// Entities by name and by number become what they stand for. What is none stays as it is.
fn unescaped_html(text: &str) -> String {
    let meant = |entity: &str| match entity {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = entity.strip_prefix('#')?;
            let hexadecimal = number.strip_prefix(['x', 'X']).map(|number| u32::from_str_radix(number, 16));
            char::from_u32(hexadecimal.unwrap_or_else(|| number.parse()).ok()?)
        }
    };
    let mut parts = text.split('&');
    let mut unescaped = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(';').and_then(|(entity, rest)| Some((meant(entity)?, rest))) {
            Some((c, rest)) => {
                unescaped.push(c);
                unescaped.push_str(rest);
            }
            None => {
                unescaped.push('&');
                unescaped.push_str(part);
            }
        }
    }
    unescaped
}

/// Escapes by a backslash become what they stand for.
fn unescaped_json(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut unescaped = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.strip_prefix('u').and_then(|rest| rest.get(..4));
        let c = code.and_then(|code| char::from_u32(u32::from_str_radix(code, 16).ok()?));
        match c {
            Some(c) => {
                unescaped.push(c);
                unescaped.push_str(&part[5..]);
            }
            None => unescaped.push_str(part),
        }
    }
    unescaped
}

/// Whoever hunts has to know what to look for.
#[test]
fn the_hunt_sees_a_password_however_it_is_written() {
    let hunt =
        Hunt { words: vec!["Pa&s'w<o>r\"d+1%".to_owned()], codes: vec!["123456".to_owned()], looked_into: 0 };
    for written in [
        "x Pa&s'w<o>r\"d+1% x",
        "<td>Pa&amp;s&#39;w&lt;o&gt;r&quot;d+1%</td>",
        "<td>Pa&#38;s&#x27;w&lt;o&gt;r&#34;d+1%</td>",
        "{\"p\":\"Pa&s'w<o>r\\\"d+1%\"}",
        "{\"p\":\"Pa\\u0026s\\u0027w\\u003co\\u003er\\u0022d+1%\"}",
        "p=Pa%26s%27w%3Co%3Er%22d%2B1%25&x",
        "p=Pa%26s%27w%3co%3er%22d%2b1%25",
        "code=123456",
    ] {
        assert!(hunt.is_in(written), "{written}");
    }
    for other in ["", "Pa&s'w<o>r\"d+2%", "1234567", "&;&#;&#x;\\u12", "%2"] {
        assert!(!hunt.is_in(other), "{other}");
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn no_secret_is_in_anything_that_is_written_printed_or_handed_to_a_command() {
    let served = Served::new();
    let machine = machine(&served);
    let aws = Between::quiet(served.address);
    let answers = ["--answers", "answers.toml"];
    let runs: [(&[&str], Option<i32>); 7] = [
        (&["plan", "-v"], Some(3)),
        (&["apply", "--yes", "-v"], DONE),
        (&["apply", "--yes", "--output", "json", "-v"], DONE),
        (&["check", "--output", "json"], Some(3)),
        (&["check", "--output", "sarif"], Some(3)),
        (&["report", "--to", "day-one.html", "--to", "day-one.json"], Some(3)),
        (&["events", "--limit", "50", "--output", "json"], Some(0)),
    ];
    let said: Vec<_> = runs
        .into_iter()
        .map(|(arguments, status)| {
            let all =
                if arguments[0] == "events" { arguments.to_vec() } else { [arguments, &answers].concat() };
            machine.run(&aws, &all).with_status(status)
        })
        .collect();

    let mut hunt = Hunt::after(&served, &machine);
    assert!(hunt.words.len() == 2 && hunt.codes.len() >= 3, "there is something to hunt for");
    for place in PLACES {
        assert!(hunt.is_in(&machine.read(place)), "the hunt does not see what is in {place}");
    }
    said.iter().for_each(|ended| hunt.finds_nothing_said(ended));
    hunt.finds_nothing_written(&machine);
    let seen = machine.read("seen.txt");
    for sight in ["apply", "AWS_ENDPOINT_URL", "authenticator.py", "enrol", "code"] {
        assert!(seen.contains(sight), "the spy has not seen {sight}");
    }
    tell(&format!(
        "secret hunt: {} texts searched for marks, {} passwords and {} codes; none found",
        hunt.looked_into,
        hunt.words.len(),
        hunt.codes.len()
    ));
}

/// What was handed over is nowhere in the memory any more, while the run goes on. What signs has to stay, but memory is
/// wiped as it is freed, so that its copies do not pile up: without that there would be dozens.
#[test]
fn no_secret_that_was_handed_over_stays_in_memory() {
    const COPIES: usize = 15;
    let served = Served::new();
    let machine = machine(&served);
    let (victim, sights) = (Victim::default(), Arc::new(Mutex::new(Vec::new())));
    let (looked_at, seen) = (victim.clone(), sights.clone());
    let aws = Between::open(served.address, move |call| {
        if ["iam:CreateLoginProfile", "cloudtrail:StartLogging"].contains(&call.name().as_str()) {
            assert_eq!(looked_at.core_dump_limit(), "0");
            seen.lock().unwrap().push(looked_at.memory());
        }
        Fate::Pass
    });
    let running = Running::start(machine.command(&aws, &APPLY));
    victim.is(&running);
    running.ended().with_status(DONE);

    let sights = sights.lock().unwrap();
    let (first, last) = (sights.first().unwrap(), sights.last().unwrap());
    let passwords = ["alice.txt", "bob.txt"].map(|file| machine.read(file).trim().to_owned());
    let seed = served.seed().unwrap();
    assert!(copies(first, &passwords[0]) > 0, "what is on its way is seen");
    for secret in passwords.iter().chain([&seed]) {
        assert!(secret.len() >= 14 && copies(last, secret) == 0, "a secret stays in the memory");
    }
    let token = served.root().into_iter().find(|(name, _)| *name == "AWS_SESSION_TOKEN").unwrap().1;
    let copies = copies(last, &token);
    assert!((1..COPIES).contains(&copies), "{copies} copies of root's session token");
}

fn copies(memory: &[u8], word: &str) -> usize {
    memory.windows(word.len()).filter(|part| *part == word.as_bytes()).count()
}

/// The status and the body that come in place of those of AWS.
type Break = fn(&str) -> (u16, String);

/// AWS's answers that hold a secret, and cannot be understood or come as errors: what is said of them does not repeat
/// them.
#[test]
fn no_secret_is_in_what_is_said_of_a_broken_answer() {
    let operations = ["iam:CreateAccessKey", "iam:CreateVirtualMFADevice", "sts:GetSessionToken"];
    let breaks: [Break; 4] = [
        |body| (500, body.to_owned()),
        |body| (403, body.to_owned()),
        |body| (200, format!("{{\"x\":{body}")),
        |body| (200, body.replace("</", "<<")),
    ];
    let jobs: Vec<_> =
        operations.into_iter().flat_map(|operation| breaks.map(|broken| (operation, broken))).collect();
    side_by_side(jobs, |(operation, broken)| {
        let served = Served::new();
        let machine = machine(&served);
        let aws = Between::open(served.address, move |call| {
            if call.name() != operation {
                return Fate::Pass;
            }
            Fate::Altered(Box::new(move |mut answer| {
                let (status, body) = broken(&String::from_utf8_lossy(&answer.body));
                answer.status = status;
                Some(answer.with_body(body))
            }))
        });
        let ended = machine.run(&aws, &[&APPLY[..], &["-v"]].concat()).with_status(Some(1));
        let mut hunt = Hunt::after(&served, &machine);
        hunt.finds_nothing_said(&ended);
        hunt.finds_nothing_written(&machine);
    });
}

/// Also where everybody may do everything with what is made, by the umask.
#[test]
fn what_is_kept_is_for_its_owner_only_whatever_the_umask() {
    let served = Served::new();
    let machine = Machine::new(&served);
    let aws = Between::quiet(served.address);
    Running::start(machine.in_shell("umask 0", &aws, &APPLY)).ended().with_status(DONE);
    for file in [".aws/credentials", "alice.txt", "bob.txt"] {
        assert_eq!(mode(&machine.path(file)), 0o600, "{file}");
    }
    for folder in [".aws", ".local/state/dayone", ".local/state/dayone/accounts"] {
        assert_eq!(mode(&machine.path(folder)), 0o700, "{folder}");
    }
    let kept = files_below(&machine.account_folder());
    assert!(kept.len() >= 3, "{kept:?}");
    for file in kept {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn a_credentials_file_that_others_can_read_is_told() {
    let served = Served::new();
    let machine = machine(&served);
    let aws = Between::quiet(served.address);
    let credentials = machine.path(".aws/credentials");
    for (mode, told) in [(0o600, false), (0o640, true), (0o604, true), (0o644, true)] {
        set_mode(&credentials, mode);
        for look in [&["plan"][..], &["check", "--output", "json"]] {
            let said = machine.run(&aws, &[look, &["--answers", "answers.toml"]].concat()).said();
            let warning = format!("chmod 600 {}", credentials.display());
            assert_eq!(said.contains(&warning), told, "{mode:o} {look:?}: {said}");
        }
    }
}
