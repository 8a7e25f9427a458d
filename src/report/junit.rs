//! A look as JUnit XML, for tools that gather test results: a suite for each practice, a case for each step.
//!
//! Only what is in place passes. What could not be read is an error, and what somebody decided or AWS takes its time
//! for is skipped, with the reason: neither looks like a pass.

use steps::practice::{PracticeId, State};
use steps::text::Language;

use super::look::Look;
use super::markup::Markup;
use super::words;
use crate::event::StepReport;

/// The whole look as JUnit XML.
pub fn document(look: &Look, language: Language) -> String {
    let mut xml = Markup::beginning("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let all: Vec<_> = look.steps.iter().collect();
    let name = format!("dayone check {}", look.who.account);
    suite(&mut xml, "testsuites", &name, &all, |xml| {
        for practice in PracticeId::ALL {
            let steps: Vec<_> = all.iter().copied().filter(|step| step.step.practice() == practice).collect();
            if !steps.is_empty() {
                suite(xml, "testsuite", practice.name(), &steps, |xml| {
                    steps.iter().for_each(|report| case(xml, report, language));
                });
            }
        }
    });
    xml.finish()
}

fn suite(
    xml: &mut Markup,
    element: &'static str,
    name: &str,
    steps: &[&StepReport],
    cases: impl FnOnce(&mut Markup),
) {
    let count =
        |outcome: Outcome| steps.iter().filter(|step| outcome_of(step.state) == outcome).count().to_string();
    let attributes: [(&'static str, &str); 5] = [
        ("name", name),
        ("tests", &steps.len().to_string()),
        ("failures", &count(Outcome::Failure)),
        ("errors", &count(Outcome::Error)),
        ("skipped", &count(Outcome::Skipped)),
    ];
    xml.element(element, &attributes, cases);
}

fn case(xml: &mut Markup, report: &StepReport, language: Language) {
    let (name, class) = (report.step.name(), report.step.practice().name());
    let state = words::state(report.state);
    let (state, about) = (state.in_language(language), words::in_a_line(report, language));
    xml.element("testcase", &[("name", name), ("classname", class), ("time", "0")], |xml| {
        match outcome_of(report.state) {
            Outcome::Pass => xml.words("system-out", &[], &about),
            Outcome::Failure => xml.words("failure", &[("type", state), ("message", state)], &about),
            Outcome::Error => xml.words("error", &[("type", state), ("message", state)], &about),
            Outcome::Skipped => xml.empty("skipped", &[("message", &format!("{state}: {about}"))]),
        }
    });
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Pass,
    Failure,
    Error,
    Skipped,
}

fn outcome_of(state: State) -> Outcome {
    match state {
        State::InPlace => Outcome::Pass,
        State::ToChange | State::NeedsPerson | State::Blocked => Outcome::Failure,
        State::NotAssessed => Outcome::Error,
        State::Waiting | State::NotApplicable | State::Accepted => Outcome::Skipped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::look::tests::{HOSTILE, look, look_with};
    use crate::report::markup::tests::elements;

    #[test]
    fn only_what_is_in_place_passes() {
        let xml = document(&look(), Language::En);
        let expected = "<testsuites name=\"dayone check 111122223333\" tests=\"10\" failures=\"3\" errors=\"1\" \
            skipped=\"3\"><testsuite name=\"root-user\" tests=\"4\" failures=\"2\" errors=\"0\" skipped=\"0\">\
            <testcase name=\"password-policy\" classname=\"root-user\" time=\"0\">\
            <system-out>at least 14 characters</system-out>\n</testcase>\n\
            <testcase name=\"admin-group\" classname=\"root-user\" time=\"0\">\
            <failure type=\"to-change\" message=\"to-change\">";
        let begins = xml.split_once("?>\n").map(|(_, rest)| rest).unwrap_or_default();
        assert!(begins.starts_with(expected), "{xml}");
        assert!(xml.contains("<error type=\"not-assessed\" message=\"not-assessed\">AWS refused"));
        assert!(xml.contains("<skipped message=\"accepted: Administrators\"/>"), "{xml}");
        assert!(xml.contains("<skipped message=\"waiting: The first log file comes soon.\"/>"), "{xml}");
    }

    #[test]
    fn there_is_a_suite_for_each_practice_that_was_looked_at() {
        let seen = elements(&document(&look(), Language::Ko));
        let count = |name: &str| seen.iter().filter(|element| *element == name).count();
        assert_eq!((count("testsuites"), count("testsuite"), count("testcase")), (1, 4, 10));
        assert_eq!((count("failure"), count("error"), count("skipped"), count("system-out")), (3, 1, 3, 3));
    }

    #[test]
    fn hostile_names_do_not_change_the_structure() {
        let expected = elements(&document(&look(), Language::En));
        for hostile in HOSTILE.into_iter().chain([&*"x".repeat(10_000)]) {
            assert_eq!(elements(&document(&look_with(hostile), Language::En)), expected, "{hostile}");
        }
    }
}
