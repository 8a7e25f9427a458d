//! A look as SARIF 2.1.0, for tools that gather findings: a rule for each step, and a result for each step that is not
//! settled.

use serde_json::{Value, json};
use steps::moment::iso;
use steps::practice::{State, StepId};
use steps::text::Language;

use super::look::Look;
use super::{markdown, words};
use crate::event::StepReport;

/// The whole look as SARIF.
pub fn document(look: &Look, language: Language) -> String {
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run(look, language)],
    });
    // Only maps with odd keys can fail, and there are none.
    serde_json::to_string_pretty(&log).unwrap_or_default()
}

fn run(look: &Look, language: Language) -> Value {
    let unsettled = look.steps.iter().filter(|report| !report.state.is_settled());
    let results: Vec<_> = unsettled.map(|report| result(look, report, language)).collect();
    json!({
        "tool": {"driver": {
            "name": "dayone",
            "version": env!("CARGO_PKG_VERSION"),
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "language": match language { Language::En => "en", Language::Ko => "ko" },
            "rules": StepId::all().map(|step| rule(step, language)).collect::<Vec<_>>(),
        }},
        // With the account, so that what is gathered of several accounts does not replace one another.
        "automationDetails": {"id": format!("dayone/{}/", look.who.account)},
        "invocations": [{
            "executionSuccessful": true,
            "startTimeUtc": iso(look.began),
            "endTimeUtc": iso(look.ended),
        }],
        "columnKind": "unicodeCodePoints",
        "results": results,
    })
}

fn rule(step: StepId, language: Language) -> Value {
    let practice = step.practice();
    let why = markdown::first_paragraph(step.guide(language)).unwrap_or_default();
    let why = markdown::without_label(&why);
    let title = practice.title();
    let tags: Vec<_> = std::iter::once("security").chain(step.controls().iter().copied()).collect();
    json!({
        "id": step,
        "shortDescription": {"text": format!("{}: {step}", title.in_language(language))},
        "fullDescription": {"text": markdown::plain(why)},
        "help": {"text": markdown::plain(why), "markdown": why},
        "defaultConfiguration": {"level": "warning"},
        "properties": {"practice": practice, "tags": tags},
    })
}

fn result(look: &Look, report: &StepReport, language: Language) -> Value {
    let step = report.step;
    let place = format!("{}/{step}", look.who.account);
    let state = words::state(report.state);
    let message = format!("{}: {}", state.in_language(language), words::in_a_line(report, language));
    json!({
        "ruleId": step,
        "ruleIndex": StepId::all().position(|each| each == step),
        "level": level(report.state),
        "message": {"text": message},
        "locations": [{
            // There is no file; but code scanning takes no result without one.
            "physicalLocation": {"artifactLocation": {"uri": &place}, "region": {"startLine": 1}},
            "logicalLocations": [{"name": step, "fullyQualifiedName": &place, "kind": "resource"}],
        }],
        "partialFingerprints": {"accountAndStep/v1": &place},
        "properties": {"state": report.state},
    })
}

/// What `dayone` can do after a yes is a warning; what nobody but a person can do weighs more.
fn level(state: State) -> &'static str {
    match state {
        State::NeedsPerson => "error",
        State::ToChange => "warning",
        State::Waiting | State::Blocked | State::NotAssessed => "note",
        State::InPlace | State::NotApplicable | State::Accepted => "none",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::look::tests::{HOSTILE, look, look_with};

    fn parsed(look: &Look, language: Language) -> Value {
        serde_json::from_str(&document(look, language)).unwrap()
    }

    #[test]
    fn there_is_a_rule_for_each_step_with_help() {
        let log = parsed(&look(), Language::En);
        let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(rules.len(), StepId::all().count());
        for (rule, step) in rules.iter().zip(StepId::all()) {
            assert_eq!(rule["id"], step.name());
            let help = rule["help"]["text"].as_str().unwrap();
            assert!(help.len() > 40 && !help.contains("**") && !help.contains('`'), "{help}");
            assert!(rule["properties"]["tags"].as_array().unwrap().len() > 1, "{rule}");
        }
        let korean = parsed(&look(), Language::Ko);
        assert_ne!(korean["runs"][0]["tool"]["driver"]["rules"], log["runs"][0]["tool"]["driver"]["rules"]);
    }

    #[test]
    fn what_is_not_settled_is_a_result_and_nothing_else_is() {
        let log = parsed(&look(), Language::En);
        let results = log["runs"][0]["results"].as_array().unwrap();
        let found: Vec<_> = results
            .iter()
            .map(|result| (result["ruleId"].as_str().unwrap(), result["level"].as_str().unwrap()))
            .collect();
        let expected = [
            ("admin-group", "warning"),
            ("admin-sign-in", "error"),
            ("require-mfa", "note"),
            ("log-delivery", "note"),
            ("report", "note"),
        ];
        assert_eq!(found, expected);
        for result in results {
            let rule = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][rule]["id"], result["ruleId"]);
            let place = format!("111122223333/{}", result["ruleId"].as_str().unwrap());
            let location = &result["locations"][0];
            assert_eq!(location["logicalLocations"][0]["fullyQualifiedName"], place.as_str());
            assert_eq!(location["physicalLocation"]["artifactLocation"]["uri"], place.as_str());
        }
        let refused = results.last().unwrap()["message"]["text"].as_str().unwrap();
        assert!(refused.starts_with("not-assessed: ") && refused.contains("cur:DescribeReportDefinitions"));
    }

    #[test]
    fn hostile_names_are_words() {
        for hostile in HOSTILE {
            let log = parsed(&look_with(hostile), Language::En).to_string();
            assert!(!log.contains(['\u{202e}', '\u{1b}']), "{log}");
        }
    }
}
