//! The parsers of ours, on the corpus that is kept for the fuzzer, on each of its files cut and altered, and on made-up
//! input of all kinds.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

#[path = "../fuzz/parsers.rs"]
mod parsers;

use std::io::Write;
use std::path::{Path, PathBuf};

use dayone::answers::judge;
use dayone::error::Failure;
use dayone::event::ChangeReport;
use dayone::journal::{History, Journal, PastOutcome};
use proptest::prelude::*;
use steps::policy::{Document, Effect, Statement, Words};
use steps::practice::{StepId, Verb};
use steps::text::Text;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
}

fn files_of(parser: &str) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(corpus().join(parser)).unwrap();
    entries.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect()
}

/// Each file of the corpus as it is, cut off at every place, and with single bytes altered.
#[test]
fn the_kept_corpus_is_met_by_every_parser() {
    let mut met = 0;
    for (name, parse) in parsers::ALL {
        let files = files_of(name);
        assert!(files.len() >= 6, "{name}");
        for file in files {
            let step = file.len() / 12 + 1;
            parse(&file);
            for place in (0..file.len()).step_by(step) {
                parse(&file[..place]);
                for byte in [0, b'\n', b'"', b'[', b'9', 0xff] {
                    let mut altered = file.clone();
                    altered[place] = byte;
                    parse(&altered);
                }
            }
            met += 1 + file.len().div_ceil(step) * 7;
        }
    }
    let told = writeln!(std::io::stderr(), "corpus: {met} inputs of {} parsers met", parsers::ALL.len());
    assert!(told.is_ok() && met > 2_000, "{met}");
}

/// Each target of the fuzzer has a corpus, and the other way round.
#[test]
fn every_parser_has_a_target_and_a_corpus() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    for (name, _) in parsers::ALL {
        assert!(manifest.contains(&format!("name = \"{name}\"\npath = \"targets/{name}.rs\"")), "{name}");
        let target = std::fs::read_to_string(root.join(format!("targets/{name}.rs"))).unwrap();
        assert!(target.contains(&format!("parsers::{name}(data)")), "{name}");
    }
    assert_eq!(std::fs::read_dir(corpus()).unwrap().count(), parsers::ALL.len());
}

fn settings() -> ProptestConfig {
    ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(settings())]

    #[test]
    fn any_bytes_are_met(data in prop::collection::vec(any::<u8>(), 0..400)) {
        for (_, parse) in parsers::ALL {
            parse(&data);
        }
    }

    /// Two files of a corpus, cut and put together, are closer to what breaks a parser than noise is.
    #[test]
    fn pieces_of_the_corpus_are_met(
        parser in 0..parsers::ALL.len(),
        picks in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
        cuts in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
    ) {
        let (name, parse) = parsers::ALL[parser];
        let files = files_of(name);
        let (one, other) = (picks.0.get(&files), picks.1.get(&files));
        let (head, tail) = (cuts.0.index(one.len() + 1), cuts.1.index(other.len() + 1));
        parse(&[&one[..head], &other[tail..]].concat());
    }

    /// A mistake is told with the line that it is on, whatever stands around it.
    #[test]
    fn a_mistake_is_told_with_its_line(
        before in around(["bob", "eve"], "root-mfa"),
        mistake in mistakes(),
        after in around(["carol", "dan"], "trail"),
    ) {
        let (section, wrong) = mistake;
        let before: String = before.concat();
        let text = format!("{before}{section}\n# here\n{wrong}\n{}", after.concat());
        let expected = before.matches('\n').count() + section.matches('\n').count() + 3;
        match judge("answers.toml", &text) {
            Err(Failure::Answers { line, what, .. }) => {
                prop_assert_eq!(line, expected, "{}\n{}", text, what.en);
            }
            other => return Err(TestCaseError::fail(format!("{other:?}\n{text}"))),
        }
    }

    /// What is written is read back, with whatever was in the file before.
    #[test]
    fn a_journal_gives_back_what_was_written(
        garbage in prop::collection::vec(any::<u8>(), 0..200),
        resources in prop::collection::vec("\\PC{0,40}", 1..8),
        is_done in prop::collection::vec(any::<bool>(), 8),
    ) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("journal.jsonl"), &garbage).unwrap();
        let before = History::of(garbage.as_slice()).unwrap().changes.len();
        let mut journal = Journal::open(folder.path()).unwrap();
        for (resource, done) in resources.iter().zip(&is_done) {
            journal.intent(&change(resource), "arn:aws:iam::111122223333:root").unwrap();
            if *done {
                journal.done(&change(resource), Some("4d2f")).unwrap();
            }
        }
        let history = History::read(folder.path()).unwrap();
        let written: Vec<_> = history.changes.iter().skip(before).collect();
        prop_assert_eq!(written.len(), resources.len());
        for (change, (resource, done)) in written.into_iter().zip(resources.iter().zip(&is_done)) {
            let outcome = if *done { PastOutcome::Done } else { PastOutcome::Unfinished };
            prop_assert_eq!((&change.resource, change.outcome), (resource, outcome));
        }
        drop(journal);
        let unfinished = Journal::open(folder.path()).unwrap().recalled().unfinished.clone();
        let last = resources.iter().zip(&is_done).next_back().unwrap();
        prop_assert_eq!(unfinished.contains_key(last.0), !*last.1);
    }

    /// A policy means the same in whatever order and with whatever names its statements come.
    #[test]
    fn a_policy_means_the_same_in_any_order(statements in prop::collection::vec(statement(), 0..6)) {
        let document = Document { version: None, id: None, statement: statements.clone() };
        let reversed = statements.into_iter().rev();
        let nameless = reversed.map(|statement| Statement { sid: None, ..statement }).collect();
        let other = Document { statement: nameless, ..document.clone() };
        prop_assert!(document.same_meaning(&other) && other.same_meaning(&document));
        let again = Document::parse(&document.to_json()).unwrap();
        prop_assert_eq!(again, document);
    }
}

/// Lines that hold up by themselves, wherever they stand in an answers file: of these people and this step.
fn around([one, other]: [&str; 2], step: &str) -> impl Strategy<Value = Vec<String>> {
    let lines = vec![
        "\n".to_owned(),
        "# user = \"a b\"\n".to_owned(),
        "# [admin]\n".to_owned(),
        "   \t\n".to_owned(),
        format!("[[people]]\nuser = \"{one}\"\ngroups = [\n  \"Developers\",\n]\n"),
        format!("[[people]]\n# user = \"b/b\"\nuser = '{other}'\n"),
        format!("[[accept]]\nstep = \"{step}\"\nreason = \"user = \\\"a b\\\"\"\n"),
    ];
    let count = lines.len();
    prop::sample::subsequence(lines, 0..=count).prop_shuffle()
}

/// A section, and a line in it that does not hold up.
fn mistakes() -> impl Strategy<Value = (&'static str, &'static str)> {
    prop::sample::select(vec![
        ("[admin]", "user = \"al ice\""),
        ("[admin]", "usr = \"alice\""),
        ("[admin]\nuser = \"alice\"", "group = \"a/b\""),
        ("[trail]\nname = \"day-one\"", "region = \"us-east-9\""),
        ("[trail]", "retention_days = -1"),
        ("[trail]", "retention_days = 36501"),
        ("[trail]", "retention_days = 99999999999999999999"),
        ("[mfa]\nrequire = true", "device = \"phone\""),
        ("[root]", "quiet_days = \"few\""),
        ("[billing]\nprefix = \"cur\"", "time_unit = \"YEARLY\""),
        ("[ 'admin' ]", "\"user\" = \"al ice\""),
        ("[iam]", "security_contact_email = \"\"\"\n[trail]\"\"\""),
        ("[trail]", "readers = [\n  \"Auditor\",\n]"),
    ])
}

fn change(resource: &str) -> ChangeReport {
    ChangeReport {
        step: StepId::AdminGroup,
        verb: Verb::Create,
        resource: resource.to_owned(),
        summary: Text::default(),
        irreversible: false,
    }
}

fn statement() -> impl Strategy<Value = Statement> {
    let words = || prop::collection::btree_set("[a-z:*?]{1,12}", 1..4).prop_map(Words);
    let effect = prop::sample::select(vec![Effect::Allow, Effect::Deny]);
    (prop::option::of("[A-Za-z]{1,8}"), effect, words(), words(), any::<bool>()).prop_map(
        |(sid, effect, actions, resources, negated)| {
            let (action, not_action) =
                if negated { (Words::default(), actions) } else { (actions, Words::default()) };
            Statement {
                sid,
                effect,
                principal: None,
                not_principal: None,
                action,
                not_action,
                resource: resources,
                not_resource: Words::default(),
                condition: Default::default(),
            }
        },
    )
}
