use super::*;
use crate::report::page::document::tests::{document_with, document_with_root_credentials};

fn of(language: Language) -> Layout {
    layout(&document_with("Administrators", language), "00ff")
}

fn section<'l>(layout: &'l Layout, id: &str) -> &'l Section {
    layout.sections.iter().find(|section| section.id == id).unwrap()
}

/// Everything that a section says.
fn said(section: &Section) -> String {
    format!("{:?}", section.blocks)
}

#[test]
fn what_is_left_is_grouped_by_who_does_it() {
    let layout = of(Language::En);
    let left = section(&layout, "left");
    let headings: Vec<_> = left
        .blocks
        .iter()
        .filter_map(|block| match block {
            Block::Heading(words) => Some(words.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(headings, ["For a person", "To change", "Waiting", "Blocked", "Not assessed"]);
    let said = said(left);
    for words in
        ["\"create\", \"group Administrators\"", "aws login", "cur:DescribeReportDefinitions (AccessDenied)"]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn whose_reason_it_is_is_said() {
    let layout = of(Language::En);
    let said = said(section(&layout, "in-place"));
    assert!(said.contains("The operator's reason") && said.contains("at least 14 characters"), "{said}");
}

#[test]
fn the_evidence_names_the_last_use_and_what_was_done_to_the_keys() {
    let layout = of(Language::En);
    let said = said(section(&layout, "evidence"));
    for words in [
        "root has no access keys",
        "Last sign-in with the password: 2026-11-23 09:00:00 UTC.",
        "2026-11-20 10:00:00 UTC, Administrators, us-east-1",
        "AWS made 2026-11-24 05:30:00 UTC",
        "\"deleted\", \"2026-11-24 06:00:01 UTC\"",
        "Request id 4d2f0000-aaaa",
        "log-delivery",
        "The first log file comes soon.",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn the_changes_say_who_when_and_what_came_of_it() {
    let layout = of(Language::En);
    let said = said(section(&layout, "changes"));
    for words in [
        "created · admin-group",
        "2026-11-24 06:00:00",
        "attach · admin-group",
        "AccessDenied: Administrators",
        "seal · Administrators",
        "\"unfinished\", \"No end was written",
        "could not be read: 1.",
        "newer version of dayone: 2.",
        "only the journal has: 3.",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn every_step_has_its_controls_and_every_benchmark_its_name() {
    let layout = of(Language::En);
    let said = said(section(&layout, "controls"));
    for report in &document_with("x", Language::En).practices {
        for step in &report.steps {
            assert!(step.controls.iter().all(|control| said.contains(control)), "{}: {said}", step.id);
            for control in step.controls {
                let known = ["CIS-", "FSBP:", "SSB:", "WA:", "ISMS-P"];
                assert!(known.iter().any(|prefix| control.starts_with(prefix)), "{control} has no name");
            }
        }
    }
    assert!(said.contains("CIS AWS Foundations Benchmark"), "{said}");
}

#[test]
fn what_must_not_be_overlooked_stands_at_the_top() {
    let layout = of(Language::Ko);
    let warnings = layout.warnings.join("\n");
    assert!(warnings.contains("http://Administrators") && warnings.contains("report-bucket"), "{warnings}");
    assert_eq!(layout.verdict, (Tone::Caution, "10단계 중 5단계가 남아 있습니다.".to_owned()));
    let counts: usize = layout.counts.iter().map(|count| count.count).sum();
    assert_eq!((counts, layout.counts.len()), (10, 8));
}

#[test]
fn both_languages_have_the_same_parts() {
    let shape = |layout: &Layout| {
        let sections = layout.sections.iter();
        sections.map(|section| (section.id, section.blocks.len())).collect::<Vec<_>>()
    };
    let (english, korean) = (of(Language::En), of(Language::Ko));
    assert_eq!(shape(&english), shape(&korean));
    for (english, korean) in english.sections.iter().zip(&korean.sections) {
        assert_ne!(english.title, korean.title);
    }
}

/// Whoever has the program has the checklist, for an account in which there is something to put away.
#[test]
fn the_checklist_comes_last_where_root_has_credentials() {
    for language in [Language::En, Language::Ko] {
        let has_it =
            [State::NeedsPerson, State::InPlace, State::Accepted, State::NotApplicable].map(|state| {
                let layout = layout(&document_with_root_credentials(state, language), "00ff");
                layout.sections.last().is_some_and(|section| section.id == "checklist")
            });
        assert_eq!(has_it, [true, true, true, false]);
        assert!(
            of(language).sections.iter().all(|section| section.id != "checklist"),
            "it was not looked at"
        );
    }
}
