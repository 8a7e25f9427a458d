//! The page to keep, and what other tools read of a check: written by the real program of the practice account, and
//! looked at in a real browser.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

#[path = "support/browser.rs"]
mod browser;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use assert_cmd::Command;
use browser::Browser;
use dayone::rehearsal::ACCOUNT_ID;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_dayone");

/// A run that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(110);

const WITH_ANSWERS: [&str; 2] = ["--answers", "answers.toml"];

/// The smallest contrast of words and what is behind them; WCAG 2.2 asks for 4.5.
const CONTRAST: &str = r"
(() => {
  const parts = colour => colour.match(/[\d.]+/g).map(Number);
  const light = colour => {
    const [r, g, b] = parts(colour).map(c => c / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (parts(colour)[3] !== 0) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const ratios = [...document.body.querySelectorAll('*')].filter(e => e.textContent.trim()).map(e => {
    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((a, b) => b - a);
    return (a + 0.05) / (b + 0.05);
  });
  return Math.min(...ratios);
})()";

#[test]
fn one_look_is_written_in_each_form_with_one_digest() {
    let machine = Machine::set_up();
    let looked = machine.ends(3, &[&["check", "--output", "json"][..], &WITH_ANSWERS].concat()).document();
    let files = ["--to", "day-one.html", "--to", "day-one.md", "--to", "day-one.json"];
    let said = machine.ends(3, &[&["report"][..], &WITH_ANSWERS, &files].concat());

    let json = machine.read("day-one.json");
    let digest: String = Sha256::digest(json.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let (html, markdown) = (machine.read("day-one.html"), machine.read("day-one.md"));
    for text in [&html, &markdown, &said.stdout] {
        assert!(text.contains(&digest), "{digest}: {text}");
    }
    for name in ["day-one.html", "day-one.md", "day-one.json"] {
        assert!(said.stdout.contains(&format!("Written: {name}")), "{}", said.stdout);
        let mode = fs::metadata(machine.path(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{name}");
    }
    assert_eq!(said.stderr, "");
    let document: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(document["schema"], "dayone-report/1");
    assert_eq!(lasting_states(&document), lasting_states(&looked));
    assert!(json.contains("\"kind\": \"root\"") && document["in_place"] == json!(false), "{json}");
    for secret in ["MARKEDSECRET", "MARKEDTOKEN", "MARKEDSEED"] {
        assert!(![&html, &markdown, &json].iter().any(|form| form.contains(secret)), "{secret}");
    }
}

/// Each step with its state.
fn states(document: &Value) -> BTreeMap<String, String> {
    let practices = document["practices"].as_array().unwrap().iter();
    let steps = practices.flat_map(|practice| practice["steps"].as_array().unwrap());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let states: BTreeMap<_, _> = steps.map(|step| (text(&step["id"]), text(&step["state"]))).collect();
    assert!(states.len() >= 17, "{states:?}");
    states
}

/// What is delivered a while later may have come between two looks.
fn lasting_states(document: &Value) -> BTreeMap<String, String> {
    states(document).into_iter().filter(|(step, _)| !step.ends_with("-delivery")).collect()
}

#[test]
fn what_was_done_stands_on_the_page_with_its_request_ids_and_so_does_what_was_cut_short() {
    let machine = Machine::set_up();
    let mut journal = OpenOptions::new().append(true).open(machine.journal()).unwrap();
    writeln!(
        journal,
        r#"{{"time":"2026-11-24T06:00:00Z","run":"r","event":"intent","step":"trail","verb":"update",
            "resource":"<script>alert(1)</script>","caller":"arn:aws:iam::{ACCOUNT_ID}:user/eve","newer":[1]}}"#
    )
    .unwrap();
    let intent = r#"{"time":"2026-11-24T06:00:01Z","run":"r","event":"intent","step":"trail","verb":"update","resource":"<script>","caller":"eve","newer":[1]}"#;
    writeln!(journal, "{intent}").unwrap();
    write!(journal, "{}", &intent[..40]).unwrap();
    drop(journal);

    machine.ends(3, &["report", "--to", "a.json", "--to", "a.html"]);
    let document: Value = serde_json::from_str(&machine.read("a.json")).unwrap();
    let changes = document["journal"]["changes"].as_array().unwrap();
    let (cut_short, done) = changes.split_last().unwrap();
    assert!(done.len() > 10);
    for change in done {
        assert_eq!(change["outcome"], "done", "{change}");
        assert!(change["request_id"].is_string() && change["began"].is_string(), "{change}");
        assert_eq!(change["caller"], format!("arn:aws:iam::{ACCOUNT_ID}:root"), "{change}");
    }
    assert_eq!((&cut_short["outcome"], &cut_short["request_id"]), (&json!("unfinished"), &Value::Null));
    // Two lines of the one that was broken in the middle, and the one that was torn.
    assert_eq!(document["journal"]["unreadable_lines"], 3);
    let html = machine.read("a.html");
    for change in done {
        assert!(html.contains(change["request_id"].as_str().unwrap()), "{change}");
    }
    assert!(html.contains("unfinished") && html.contains("&lt;script&gt;") && !html.contains("<script"));
}

#[test]
fn the_last_use_of_root_is_told_with_the_age_of_what_tells_it() {
    let machine = Machine::set_up();
    machine.ends(3, &["report", "--to", "a.json", "--to", "a.md"]);
    let document: Value = serde_json::from_str(&machine.read("a.json")).unwrap();
    let evidence = &document["evidence"]["root_retirement"];
    assert_eq!(evidence["last_use"]["not_assessed"], Value::Null);
    for time in ["report_made", "password"] {
        assert!(evidence["last_use"][time].as_str().is_some_and(|time| time.ends_with('Z')), "{evidence}");
    }
    assert!(evidence["steps"].as_array().unwrap().contains(&json!("root-access-keys")), "{evidence}");
    assert!(machine.read("a.md").contains("Last sign-in with the password: "));
}

#[test]
fn the_page_says_that_it_was_not_aws_that_answered() {
    let machine = Machine::served();
    machine.ends(3, &["report", "--to", "a.html", "--only", "mfa"]);
    let html = machine.read("a.html");
    assert!(html.contains("AWS was replaced by http://127.0.0.1:"), "{html}");
    assert!(html.contains("Not every step was asked for.") && html.contains("password-policy"), "{html}");
}

#[test]
fn looking_keeps_nothing_but_the_page() {
    let machine = Machine::served();
    machine.ends(3, &["report", "--to", "a.html"]);
    assert!(!machine.path(".local").exists());
    assert!(machine.read("a.html").contains("It tells of no change."));
}

#[test]
fn the_page_speaks_korean() {
    let machine = Machine::served();
    let said = machine.ends(3, &["report", "--language", "ko", "--to", "a.html", "--to", "a.json"]);
    assert!(said.stdout.contains("저장함: a.html") && said.stdout.contains("SHA-256"), "{}", said.stdout);
    let html = machine.read("a.html");
    assert!(html.contains("<html lang=\"ko\">") && html.contains("남은 일과 할 사람"), "{html}");
    assert!(!html.contains("What is left"), "{html}");
    assert!(machine.read("a.json").contains("\"language\": \"ko\""));
}

#[test]
fn standard_output_holds_the_page_and_nothing_else() {
    let machine = Machine::served();
    let said = machine.ends(3, &["report", "--to", "-"]);
    assert!(
        said.stdout.starts_with("<!-- dayone-report/1 -->\n\n# Account 1111-2222-3333\n"),
        "{}",
        said.stdout
    );
    assert!(
        said.stderr.contains("Signed in as the root user") && said.stderr.contains("SHA-256"),
        "{}",
        said.stderr
    );
    let said = machine.ends(3, &["report", "--to", "-", "--output", "json"]);
    assert_eq!(said.document()["schema"], "dayone-report/1");
    let digest = Sha256::digest(said.stdout.as_bytes());
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(said.stderr.contains(&digest), "{digest}: {}", said.stderr);
    assert_eq!(fs::read_dir(machine.home.path()).unwrap().count(), 1, "the served account alone");
}

#[test]
fn another_ending_is_wrong_usage() {
    let machine = Machine::unserved();
    for name in ["day-one", "day-one.pdf", "html", ".html", "day-one.html.gz"] {
        let said = machine.ends(2, &["report", "--to", name]);
        assert!(said.stderr.contains(".html, .md or .json"), "{}", said.stderr);
    }
    let said = machine.ends(2, &["report"]);
    assert!(said.stderr.contains("--to <FILE>"), "{}", said.stderr);
}

#[test]
fn nothing_is_replaced_but_an_earlier_page() {
    let machine = Machine::unserved();
    fs::write(machine.path("notes.md"), "# Notes\n").unwrap();
    fs::create_dir(machine.path("folder.json")).unwrap();
    for name in ["notes.md", "folder.json"] {
        // Nobody is signed in: it is refused before anything is asked of AWS.
        let said = machine.ends(2, &["report", "--to", "new.html", "--to", name]);
        assert!(words(&said.stderr).contains(&format!("{name} is there already")), "{}", said.stderr);
    }
    assert_eq!(machine.read("notes.md"), "# Notes\n");
    assert!(!machine.path("new.html").exists());

    let machine = Machine::served();
    fs::write(machine.path("a.html"), "").unwrap();
    machine.ends(3, &["report", "--to", "a.html"]);
    let first = machine.read("a.html");
    machine.ends(3, &["report", "--to", "a.html", "--only", "trail"]);
    assert_ne!(machine.read("a.html"), first);
    let entries = fs::read_dir(machine.home.path()).unwrap().count();
    assert_eq!(entries, 2, "the page and the served account");
}

#[test]
fn without_a_sign_in_no_page_is_written() {
    let machine = Machine::unserved();
    let said = machine.ends(1, &["report", "--to", "a.html"]);
    assert!(said.stderr.contains("not signed in"), "{}", said.stderr);
    assert!(!machine.path("a.html").exists());
}

#[test]
fn sarif_has_a_result_for_each_step_that_is_left() {
    let machine = Machine::served();
    let left = left(&machine.ends(3, &["check", "--output", "json"]).document());
    let said = machine.ends(3, &["check", "--output", "sarif"]);
    let log = said.document();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    let found: BTreeSet<_> =
        results.iter().map(|result| result["ruleId"].as_str().unwrap().to_owned()).collect();
    assert_eq!(found, left);
    for result in results {
        let rule = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][rule]["id"], result["ruleId"]);
        let location = &result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"];
        assert_eq!(*location, format!("{ACCOUNT_ID}/{}", result["ruleId"].as_str().unwrap()));
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()), "{result}");
    }
    assert!(said.stderr.contains("Stop using the root user"), "{}", said.stderr);
}

#[test]
fn junit_has_a_case_for_each_step_and_what_is_left_does_not_pass() {
    let machine = Machine::served();
    let looked = states(&machine.ends(3, &["check", "--output", "json"]).document());
    let said = machine.ends(3, &["check", "--output", "junit"]);
    let cases: Vec<_> = said.stdout.split("<testcase ").skip(1).collect();
    let all = looked.len();
    assert_eq!(cases.len(), all, "{}", said.stdout);
    let passed = cases.iter().filter(|case| case.contains("<system-out>")).count();
    assert_eq!(passed, looked.values().filter(|state| *state == "in-place").count(), "{}", said.stdout);
    let failed = cases.iter().filter(|case| case.contains("<failure ")).count();
    assert!(failed > 5, "{}", said.stdout);
    let root = format!("<testsuites name=\"dayone check {ACCOUNT_ID}\" tests=\"{all}\"");
    assert!(
        said.stdout.starts_with("<?xml version=\"1.0\"") && said.stdout.contains(&root),
        "{}",
        said.stdout
    );
}

fn left(document: &Value) -> BTreeSet<String> {
    let settled = ["in-place", "not-applicable", "accepted"];
    let left = states(document).into_iter().filter(|(_, state)| !settled.contains(&state.as_str()));
    left.map(|(step, _)| step).collect()
}

#[test]
fn sarif_and_junit_are_refused_elsewhere() {
    let machine = Machine::unserved();
    let commands: [&[&str]; 5] =
        [&[], &["plan"], &["apply", "--yes"], &["report", "--to", "a.html"], &["rehearse", "--dry-run"]];
    for command in commands {
        for output in ["sarif", "junit"] {
            let said = machine.ends(2, &[command, &["--output", output]].concat());
            assert!(words(&said.stderr).contains("for dayone check alone"), "{command:?}: {}", said.stderr);
            assert_eq!(said.stdout, "");
        }
    }
    assert_eq!(fs::read_dir(machine.home.path()).unwrap().count(), 0);
}

#[test]
fn every_field_of_the_json_is_documented_in_both_languages() {
    let machine = Machine::set_up();
    machine.ends(3, &["report", "--to", "a.json"]);
    let document: Value = serde_json::from_str(&machine.read("a.json")).unwrap();
    let mut names = BTreeSet::new();
    field_names(&document, &mut names);
    assert!(names.len() > 40, "{names:?}");
    for file in ["docs/report.md", "docs/ko/report.md"] {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        let missing: Vec<_> = names.iter().filter(|name| !text.contains(&format!("`{name}`"))).collect();
        assert!(missing.is_empty(), "{file} lacks {missing:?}");
    }
}

fn field_names(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            names.insert(name.clone());
            field_names(value, names);
        }),
        Value::Array(values) => values.iter().for_each(|value| field_names(value, names)),
        _ => {}
    }
}

#[test]
fn the_page_is_looked_at_in_a_real_browser() {
    let Some(mut browser) = Browser::start() else {
        let said =
            b"\nLEFT OUT: there is no /usr/bin/chromium, so nobody has looked at the page in a browser.\n";
        std::io::stderr().write_all(said).unwrap();
        return;
    };
    let machine = Machine::set_up();
    for language in ["en", "ko"] {
        let name = format!("{language}.html");
        machine.ends(3, &["report", "--language", language, "--to", &name]);
        let page = machine.path(&name);
        let mut behind = BTreeSet::new();
        for (width, scheme) in [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")] {
            browser.open(&page, width, scheme);
            behind.insert(assert_looks_well(&mut browser, &page, width));
            let picture = browser.picture();
            assert_eq!(width_of(&picture), width, "{language}");
            keep(&format!("{language}-{width}-{scheme}.png"), &picture);
        }
        assert_eq!(behind.len(), 2, "light and dark: {behind:?}");
        let paper = browser.paper();
        assert!(paper.starts_with(b"%PDF-") && paper.len() > 10_000);
        keep(&format!("{language}.pdf"), &paper);
    }
}

/// What must hold at every width and in every colour. Gives the colour that is behind it all.
#[track_caller]
fn assert_looks_well(browser: &mut Browser, page: &Path, width: u32) -> String {
    assert_eq!(browser.requests(), [format!("\"file://{}\"", page.display())]);
    assert_eq!(browser.complaints(), [] as [String; 0]);
    let needed = browser.value("document.documentElement.scrollWidth").as_u64().unwrap();
    assert!(needed <= u64::from(width), "{needed} of {width} columns of pixels: it scrolls sideways");
    let cut_off = browser.value(
        "[...document.querySelectorAll('main *, header *')].filter(e => e.scrollWidth > e.clientWidth + 1 && \
         getComputedStyle(e).display !== 'inline' && !e.closest('thead')).length",
    );
    assert_eq!(cut_off, 0, "words reach out of their boxes");
    let contrast = browser.value(CONTRAST).as_f64().unwrap();
    assert!(contrast >= 4.5, "{contrast}");
    let roles = browser.roles();
    let count = |role: &str| roles.iter().filter(|found| *found == role).count();
    assert!(count("table") >= 3 && count("columnheader") >= 2 * count("table"), "{roles:?}");
    assert!(count("rowheader") > 17 && count("cell") > count("rowheader"), "{roles:?}");
    let scripts =
        browser.value("document.scripts.length + document.querySelectorAll('[onclick], link, img').length");
    assert_eq!(scripts, 0);
    browser.value("getComputedStyle(document.body).backgroundColor").to_string()
}

/// By the header of a PNG file.
fn width_of(picture: &[u8]) -> u32 {
    assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n"));
    u32::from_be_bytes(picture[16..20].try_into().unwrap())
}

/// What the browser showed is kept beside what was built, for a person who wants to look too.
fn keep(name: &str, content: &[u8]) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(name), content).unwrap();
}

/// A machine with an empty home folder, and the practice account in the place of AWS where it is served.
struct Machine {
    served: Option<Served>,
    home: TempDir,
}

/// The practice account, served until it is dropped.
struct Served {
    child: Child,
    variables: Vec<(String, String)>,
}

/// What a run has printed.
struct Said {
    stdout: String,
    stderr: String,
}

impl Machine {
    /// With nobody signed in.
    fn unserved() -> Self {
        Self { served: None, home: tempfile::tempdir().unwrap() }
    }

    /// Signed in as the root user of a new account.
    fn served() -> Self {
        let mut machine = Self::unserved();
        machine.served = Some(Served::by(&machine));
        machine
    }

    /// The same after a first unattended run.
    fn set_up() -> Self {
        let machine = Self::served();
        fs::write(machine.path("answers.toml"), "[admin]\nuser = \"alice\"\n").unwrap();
        machine.ends(3, &[&["apply", "--yes"][..], &WITH_ANSWERS].concat());
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn journal(&self) -> PathBuf {
        self.path(".local/state/dayone/accounts").join(ACCOUNT_ID).join("journal.jsonl")
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = std::process::Command::new(PROGRAM);
        command.env_clear().env("HOME", self.home.path()).env("LANG", "en_US.UTF-8");
        if let Some(served) = &self.served {
            command.envs(served.variables.iter().map(|(name, value)| (name, value)));
        }
        command.current_dir(self.home.path()).args(arguments);
        command
    }

    /// Runs the program, which must end with this status.
    #[track_caller]
    fn ends(&self, status: i32, arguments: &[&str]) -> Said {
        let mut command = Command::from_std(self.command(arguments));
        let assert = command.timeout(PATIENCE).assert().code(status);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let output = assert.get_output();
        Said { stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }
}

impl Said {
    /// Standard output, which must be one JSON document and nothing else.
    #[track_caller]
    fn document(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

impl Served {
    fn by(machine: &Machine) -> Self {
        let arguments = ["rehearse", "--serve", "127.0.0.1:0", "--state-dir", "served"];
        let mut command = machine.command(&arguments);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let exports = lines.map_while(|line| line.strip_prefix("export ").map(str::to_owned));
        let variables: Vec<_> = exports
            .filter_map(|export| {
                export.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()))
            })
            .collect();
        assert!(variables.iter().any(|(name, _)| name == "AWS_ENDPOINT_URL"), "{variables:?}");
        Self { child, variables }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Without the line breaks, which are where the width of the window puts them.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
