//! What is written beside the code, held to what the code is: guides, policies, the example answers, the README.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Parser;
use dayone::answers::judge;
use dayone::cli::Cli;
use serde_json::Value;
use steps::answers::{Accept, Answers, PersonAnswer};
use steps::policy::Document;
use steps::practice::{PracticeId, StepId};
use steps::text::Language;

const LANGUAGES: [Language; 2] = [Language::En, Language::Ko];

/// What a reader sees of the README without scrolling.
const FIRST_SCREEN: usize = 30;

/// IAM user guide, "IAM and AWS STS quotas": characters of a managed policy, white space aside.
const LARGEST_MANAGED_POLICY: usize = 6_144;
/// S3 user guide, "Bucket policies": 20 KB.
const LARGEST_BUCKET_POLICY: usize = 20 * 1_024;

/// How the paragraphs of a guide's section begin.
fn paragraphs(language: Language) -> [&'static str; 4] {
    match language {
        Language::En => ["**Why.** ", "**Without it.** ", "**Cost.** ", "**Check.** "],
        Language::Ko => ["**왜 하나요.** ", "**하지 않으면.** ", "**비용.** ", "**확인.** "],
    }
}

#[test]
fn guides_have_the_steps_in_order_in_both_languages() {
    for practice in PracticeId::ALL {
        let steps: Vec<_> = practice.steps().iter().map(|step| step.name()).collect();
        for language in LANGUAGES {
            let guide = practice.guide(language);
            let title = format!("# {}", practice.title().in_language(language));
            assert_eq!(guide.lines().next(), Some(title.as_str()));
            let sections: Vec<_> = guide.lines().filter_map(|line| line.strip_prefix("## ")).collect();
            assert_eq!(sections, steps, "{} in {language:?}", practice.name());
        }
    }
}

#[test]
fn every_step_is_explained_in_four_paragraphs_in_both_languages() {
    for step in StepId::all() {
        for language in LANGUAGES {
            let section = step.guide(language);
            let found: Vec<_> = section.split("\n\n").collect();
            let place = format!("{step} in {language:?}: {section}");
            assert_eq!(found.len(), 4, "{place}");
            for (paragraph, begins) in found.iter().zip(paragraphs(language)) {
                assert!(paragraph.trim_start().starts_with(begins), "no {begins}: {place}");
            }
        }
    }
}

#[test]
fn guides_fit_a_window_of_80_columns() {
    for practice in PracticeId::ALL {
        for line in LANGUAGES.into_iter().flat_map(|language| practice.guide(language).lines()) {
            assert!(textwrap::core::display_width(line) <= 80, "{}: {line}", practice.name());
        }
    }
}

#[test]
fn policies_parse_when_filled_in_and_fit_their_size_limits() {
    let files = files_below(&root().join("steps"), "json");
    assert!(files.len() >= 5, "{files:?}");
    for file in files {
        let (name, json) = (file.display(), filled_in(&read(&file)));
        let left = placeholders(&json);
        assert!(left.is_empty(), "{name}: not filled in: {left:?}");
        let policy = Document::parse(&json).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(policy.version.as_deref(), Some("2012-10-17"), "{name}");
        assert!(policy.to_json().len() <= size_limit(&policy), "{name}");
        let names: BTreeSet<_> = policy.statement.iter().filter_map(|each| each.sid.as_deref()).collect();
        assert_eq!(names.len(), policy.statement.len(), "{name}: each statement has a name of its own");
        assert!(names.iter().all(|sid| sid.bytes().all(|c| c.is_ascii_alphanumeric())), "{name}: {names:?}");
    }
}

/// A policy that names principals is a bucket's, or may be larger still.
fn size_limit(policy: &Document) -> usize {
    let is_of_a_bucket = policy.statement.iter().any(|statement| statement.principal.is_some());
    if is_of_a_bucket { LARGEST_BUCKET_POLICY } else { LARGEST_MANAGED_POLICY }
}

/// With the longest names there can be, and twenty readers.
fn filled_in(json: &str) -> String {
    let name = |length| "n".repeat(length);
    let user = |number| format!("\"arn:aws-us-gov:iam::111122223333:user/{}{number}\"", name(62));
    let users = (10..30).map(user).collect::<Vec<_>>().join(", ");
    json.replace(
        "TRAIL_ARN",
        &format!("arn:aws-us-gov:cloudtrail:us-gov-west-1:111122223333:trail/{}", name(128)),
    )
    .replace("RULE_ARN", "arn:aws-us-gov:events:us-gov-west-1:111122223333:rule/dayone-root-use")
    .replace("TOPIC_ARN", "arn:aws-us-gov:sns:us-gov-west-1:111122223333:dayone-root-use")
    .replace("KEY_PREFIX", &format!("{}/", name(200)))
    .replace("PARTITION", "aws-us-gov")
    .replace("ACCOUNT", "111122223333")
    .replace("BUCKET", &name(63))
    .replace("\"NAMED_READERS\"", &users)
    .replace("\"READERS\"", &users)
    .replace("\"ADMINISTRATORS\"", &users)
}

/// Words in capitals, which stand for something.
fn placeholders(json: &str) -> Vec<&str> {
    json.split(|c: char| !c.is_ascii_uppercase() && c != '_').filter(|word| word.len() >= 6).collect()
}

#[test]
fn the_example_answers_hold_up_and_so_do_those_that_are_commented_out() {
    let example = read(&root().join("docs/answers.example.toml"));
    judge("answers.example.toml", &example).unwrap();
    let commented_out = |line| match key_of(line, "# ") {
        Some(_) => line.trim_start_matches("# "),
        None => line,
    };
    let everything = example.lines().map(commented_out).collect::<Vec<_>>().join("\n");
    assert_ne!(everything, example.trim_end(), "something is commented out");
    judge("answers.example.toml", &everything).unwrap();
}

#[test]
fn the_example_answers_mention_every_key_and_no_other() {
    let example = read(&root().join("docs/answers.example.toml"));
    assert_eq!(mentioned_keys(&example), known_keys());
}

/// The keys that the program knows, such as `admin.user`; for one of several, `people.user`.
fn known_keys() -> BTreeSet<String> {
    let answers = Answers {
        people: vec![PersonAnswer { user: "bob".into(), groups: Vec::new(), console_password_file: None }],
        accept: vec![Accept { step: StepId::RootMfa, reason: "for a test".into() }],
        ..Answers::default()
    };
    let Value::Object(answers) = serde_json::to_value(answers).unwrap() else { panic!("not a table") };
    answers.iter().flat_map(|(key, value)| keys_below(key, value)).collect()
}

fn keys_below(key: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Object(table) => table.keys().map(|name| format!("{key}.{name}")).collect(),
        Value::Array(several) => several.iter().flat_map(|each| keys_below(key, each)).collect(),
        _ => vec![key.to_owned()],
    }
}

fn mentioned_keys(example: &str) -> BTreeSet<String> {
    let (mut section, mut keys) = (String::new(), BTreeSet::new());
    for line in example.lines() {
        if let Some(heading) = line.strip_prefix('[') {
            section = format!("{}.", heading.trim_matches(['[', ']']));
        } else if let Some(key) = key_of(line, "").or_else(|| key_of(line, "# ")) {
            keys.insert(format!("{section}{key}"));
        }
    }
    keys
}

/// The key of a line such as `# serial = "…"`, when the line begins like this.
fn key_of<'l>(line: &'l str, begins: &str) -> Option<&'l str> {
    let (key, _) = line.strip_prefix(begins)?.split_once(" = ")?;
    key.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_').then_some(key)
}

/// The table has a line for each step, and in each line the ids that the JSON carries, by the heading of the column.
#[test]
fn the_table_of_controls_is_that_of_the_steps() {
    let table = read(&root().join("docs/controls.md"));
    let cells = |line: &str| {
        let cells = line.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().trim_matches('`').to_owned()).collect::<Vec<_>>()
    };
    let lines: Vec<_> = table.lines().skip_while(|line| !line.starts_with("| step |")).map(cells).collect();
    let (heading, lines) = lines.split_first().unwrap();
    for step in StepId::all() {
        let line = lines.iter().find(|line| line[0] == step.name()).unwrap_or_else(|| panic!("no {step}"));
        let ids = heading.iter().zip(line).skip(1).flat_map(|(benchmark, ids)| {
            ids.split(", ").filter(|id| *id != "–").map(move |id| format!("{benchmark}:{id}"))
        });
        let expected = step.controls().iter().copied().map(str::to_owned);
        assert_eq!(ids.collect::<BTreeSet<_>>(), expected.collect::<BTreeSet<_>>(), "{step}");
    }
    let steps = lines.iter().take_while(|line| line.len() == heading.len()).count() - 1;
    assert_eq!(steps, StepId::all().count(), "a line for each step and no other");
}

#[test]
fn controls_have_the_form_that_the_documents_promise() {
    const BENCHMARKS: [&str; 7] = ["CIS-5.0", "CIS-6.0", "CIS-7.0", "FSBP", "SSB", "WA", "ISMS-P"];
    for step in StepId::all() {
        let controls: BTreeSet<_> = step.controls().iter().collect();
        assert_eq!(controls.len(), step.controls().len(), "{step}: each once");
        for control in controls {
            let (benchmark, id) = control.split_once(':').unwrap();
            assert!(BENCHMARKS.contains(&benchmark) && !id.is_empty(), "{step}: {control}");
        }
    }
}

#[test]
fn the_readme_shows_how_to_rehearse_and_how_to_test_on_its_first_screen() {
    let readme = read(&root().join("README.md"));
    let first_screen = readme.lines().take(FIRST_SCREEN).collect::<Vec<_>>().join("\n");
    let commands = code(&first_screen);
    for command in ["cargo run -- rehearse", "cargo test --workspace"] {
        assert!(commands.contains(&command), "{command} is not among {commands:?}");
    }
}

#[test]
fn the_commands_that_the_documents_show_exist() {
    let mut seen = 0;
    for file in documents() {
        let text = read(&file);
        for line in code(&text) {
            let Some(arguments) = arguments_of_the_program(line) else { continue };
            seen += 1;
            let words = ["dayone"].into_iter().chain(arguments.split_whitespace());
            // Help and the version count as errors, but are printed on standard output.
            if let Some(error) = Cli::try_parse_from(words).err().filter(clap::Error::use_stderr) {
                panic!("{}: {line}: {error}", file.display());
            }
        }
    }
    assert!(seen > 0);
}

/// What follows the program's name in a line that calls it, without a remark.
fn arguments_of_the_program(line: &str) -> Option<&str> {
    let line = line.split(" #").next().unwrap_or(line).trim();
    let arguments = line.strip_prefix("dayone").or_else(|| line.strip_prefix("cargo run --"))?;
    (arguments.is_empty() || arguments.starts_with(' ')).then_some(arguments)
}

#[test]
fn relative_links_lead_to_files_that_exist() {
    let mut seen = 0;
    for file in documents() {
        let text = read(&file);
        for target in links(&text).into_iter().filter(|target| is_relative(target)) {
            let path = target.split('#').next().unwrap_or(target);
            let folder = file.parent().unwrap();
            assert!(folder.join(path).exists(), "{} links to {target}", file.display());
            seen += 1;
        }
    }
    assert!(seen > 0);
}

fn is_relative(target: &str) -> bool {
    !target.starts_with('#') && !target.contains("://") && !target.starts_with("mailto:")
}

/// The targets of `[words](target)` and of `[words]: target`.
fn links(text: &str) -> Vec<&str> {
    let mut targets = Vec::new();
    for line in prose(text) {
        targets.extend(line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next()));
        if let Some((_, target)) = line.split_once("]: ").filter(|(words, _)| words.starts_with('[')) {
            targets.push(target.trim());
        }
    }
    targets
}

#[test]
fn no_tracked_text_names_a_folder_of_the_machine_it_was_written_on() {
    let folders = ["work", "root"].map(|folder| format!("/{folder}/"));
    let mut seen = 0;
    for file in tracked_files() {
        // What is not text, or was removed and not committed yet, names nothing.
        let Ok(text) = fs::read_to_string(&file) else { continue };
        seen += 1;
        for (number, line) in (1..).zip(text.lines()) {
            let named = folders.iter().find(|folder| line.contains(folder.as_str()));
            assert_eq!(named, None, "{}:{number}: {line}", file.display());
        }
    }
    assert!(seen > 50, "{seen}");
}

/// In a container the clone may belong to somebody else, which git refuses unless it is told that this is meant.
fn tracked_files() -> Vec<PathBuf> {
    let mut git = Command::new("git");
    git.args(["-c", "safe.directory=*", "ls-files", "-z"]).current_dir(root());
    let output = git.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).unwrap();
    names.split('\0').filter(|name| !name.is_empty()).map(|name| root().join(name)).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[track_caller]
fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The README and everything in Markdown below `docs`.
fn documents() -> Vec<PathBuf> {
    let mut files = files_below(&root().join("docs"), "md");
    files.push(root().join("README.md"));
    files
}

fn files_below(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    files
}

/// The lines of a Markdown text that are code.
fn code(text: &str) -> Vec<&str> {
    parted(text).1
}

/// The lines of a Markdown text that are not.
fn prose(text: &str) -> Vec<&str> {
    parted(text).0
}

fn parted(text: &str) -> (Vec<&str>, Vec<&str>) {
    let (mut prose, mut code, mut fenced) = (Vec::new(), Vec::new(), false);
    for line in text.lines() {
        let line = line.trim();
        match (line.starts_with("```"), fenced) {
            (true, _) => fenced = !fenced,
            (false, true) => code.push(line.strip_prefix("$ ").unwrap_or(line)),
            (false, false) => prose.push(line),
        }
    }
    (prose, code)
}
