//! A run as one JSON document for programs. Its shape is a promise, see the documentation of the command line.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;
use steps::moment::iso;
use steps::practice::{PracticeId, State, StepId, Verb};
use steps::text::{Language, Text};

use crate::event::{ChangeReport, Event, Listener, Outcome, SignedIn, StepReport};

/// The version of the shape. It grows when a field changes or goes, not when one is added.
const SCHEMA: &str = "dayone/1";

/// The listener that collects the document.
#[derive(Debug)]
pub struct Json {
    language: Language,
    applies: bool,
    signed_in: Option<SignedIn>,
    /// When the account was looked at last.
    looked_at: Option<Timestamp>,
    /// When AWS made the credential report that the look rested on.
    report_made: Option<Timestamp>,
    /// Each step as it was last seen. One that the run did not reach is as it was before the walk.
    steps: HashMap<StepId, StepReport>,
    made: Vec<(ChangeReport, MadeOutcome)>,
    /// Whether the run got to its end. Until then nobody knows how what is left stands.
    at_the_end: bool,
}

impl Json {
    /// Texts are in `language`. In a run that applies, each change says what came of it.
    pub fn new(language: Language, applies: bool) -> Self {
        Self {
            language,
            applies,
            signed_in: None,
            looked_at: None,
            report_made: None,
            steps: HashMap::new(),
            made: Vec::new(),
            at_the_end: false,
        }
    }

    /// The whole run as JSON.
    pub fn document(&self, api_calls: u32) -> String {
        let document = Document {
            schema: SCHEMA,
            account: self.signed_in.as_ref().map(Account::of),
            looked_at: self.looked_at.map(iso),
            report_made: self.report_made.map(iso),
            in_place: self.in_place(),
            practices: PracticeId::ALL.into_iter().filter_map(|id| self.practice(id)).collect(),
            api_calls,
        };
        // Only maps with odd keys can fail, and there are none.
        serde_json::to_string_pretty(&document).unwrap_or_default()
    }

    fn in_place(&self) -> bool {
        let settled = self.steps.values().all(|step| step.state.is_settled());
        self.at_the_end && settled && !self.steps.is_empty()
    }

    /// A practice that was looked at.
    fn practice(&self, id: PracticeId) -> Option<Practice<'_>> {
        let steps: Vec<_> = id
            .steps()
            .iter()
            .filter_map(|step| self.steps.get(step))
            .map(|report| self.step(report))
            .collect();
        (!steps.is_empty()).then_some(Practice { id, steps })
    }

    fn step<'a>(&'a self, report: &'a StepReport) -> Step<'a> {
        let say = |text: &'a Text| text.in_language(self.language);
        Step {
            id: report.step,
            state: report.state,
            found: report.found.as_ref().map(say),
            changes: self.changes(report),
            person: report.person.as_ref().map(|task| say(&task.what)),
            how: report.person.iter().flat_map(|task| &task.how).map(say).collect(),
            reason: report.reason.as_ref().map(say),
            notes: report.notes.iter().map(say).collect(),
            names: Some(report.names.as_slice()).filter(|names| !names.is_empty()),
            controls: report.step.controls(),
        }
    }

    /// What was done in this run, then what is still planned.
    fn changes<'a>(&'a self, report: &'a StepReport) -> Vec<Change<'a>> {
        let made = self.made.iter().filter(|(change, _)| change.step == report.step);
        let planned = report.changes.iter().filter(|planned| !self.was_made(planned));
        made.map(|(change, outcome)| self.change(change, Some(*outcome)))
            .chain(planned.map(|change| self.change(change, self.applies.then_some(MadeOutcome::NotReached))))
            .collect()
    }

    fn was_made(&self, planned: &ChangeReport) -> bool {
        self.made.iter().any(|(change, _)| change == planned)
    }

    fn change<'a>(&self, change: &'a ChangeReport, outcome: Option<MadeOutcome>) -> Change<'a> {
        let summary = change.summary.in_language(self.language);
        Change { verb: change.verb, resource: &change.resource, summary, outcome }
    }

    fn finished(&mut self, change: &ChangeReport, outcome: MadeOutcome) {
        // A change that was tried again counts once, with what came of it last.
        self.made.retain(|(made, _)| made != change);
        self.made.push((change.clone(), outcome));
    }

    fn look(&mut self, report: &StepReport) {
        self.steps.insert(report.step, report.clone());
    }
}

impl Listener for Json {
    fn hear(&mut self, event: &Event) {
        match event {
            Event::SignedIn(who) => self.signed_in = Some(who.clone()),
            Event::Looked(looked) => {
                self.looked_at = Some(looked.at);
                self.report_made = looked.report_made;
            }
            Event::Step(report) | Event::Verified(report) => {
                self.looked_at = Some(Timestamp::now());
                self.look(report);
            }
            Event::Overview(reports) => reports.iter().for_each(|report| self.look(report)),
            Event::ChangeFinished(change, Outcome::Done { .. }) => self.finished(change, MadeOutcome::Done),
            Event::ChangeFinished(change, Outcome::Failed(_)) => self.finished(change, MadeOutcome::Failed),
            Event::Finished(summary) => {
                summary.steps.iter().for_each(|report| self.look(report));
                self.at_the_end = true;
            }
            Event::PracticeStarted(_)
            | Event::Explained(_)
            | Event::ChangeStarted(_)
            | Event::Finishing
            | Event::StepLeft(_)
            | Event::Note(_) => {}
        }
    }
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
enum MadeOutcome {
    Done,
    Failed,
    NotReached,
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    account: Option<Account<'a>>,
    looked_at: Option<String>,
    report_made: Option<String>,
    in_place: bool,
    practices: Vec<Practice<'a>>,
    api_calls: u32,
}

#[derive(Serialize)]
struct Account<'a> {
    id: &'a str,
    alias: Option<&'a str>,
    partition: &'a str,
    signed_in_as: Caller<'a>,
}

#[derive(Serialize)]
struct Caller<'a> {
    arn: &'a str,
    kind: &'a str,
    mfa: Option<bool>,
}

#[derive(Serialize)]
struct Practice<'a> {
    id: PracticeId,
    steps: Vec<Step<'a>>,
}

#[derive(Serialize)]
struct Step<'a> {
    id: StepId,
    state: State,
    found: Option<&'a str>,
    changes: Vec<Change<'a>>,
    person: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    how: Vec<&'a str>,
    reason: Option<&'a str>,
    notes: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    names: Option<&'a [String]>,
    controls: &'a [&'a str],
}

#[derive(Serialize)]
struct Change<'a> {
    verb: Verb,
    resource: &'a str,
    summary: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<MadeOutcome>,
}

impl<'a> Account<'a> {
    fn of(who: &'a SignedIn) -> Self {
        Self {
            id: &who.account,
            alias: who.about.alias.as_deref(),
            partition: &who.partition,
            signed_in_as: Caller { arn: &who.arn, kind: who.kind, mfa: who.mfa },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use steps::account::About;
    use steps::aws::WayIn;

    use super::*;
    use crate::event::{FailureReport, Looked, Summary};

    fn change(resource: &str) -> ChangeReport {
        let summary = Text { en: format!("group {resource}"), ko: format!("그룹 {resource}") };
        let (step, verb) = (StepId::AdminGroup, Verb::Create);
        ChangeReport { step, verb, resource: resource.into(), summary, irreversible: false }
    }

    fn report(state: State, changes: Vec<ChangeReport>) -> StepReport {
        let step = StepId::AdminGroup;
        StepReport {
            step,
            state,
            changes,
            person: None,
            reason: None,
            found: None,
            notes: Vec::new(),
            names: Vec::new(),
        }
    }

    fn parsed(json: &Json) -> Value {
        serde_json::from_str(&json.document(17)).expect("JSON")
    }

    #[test]
    fn the_shape_is_as_promised() {
        let mut json = Json::new(Language::Ko, false);
        json.hear(&Event::SignedIn(SignedIn {
            account: "111122223333".into(),
            about: About::default(),
            partition: "aws".into(),
            arn: "arn:aws:iam::111122223333:root".into(),
            kind: "root",
            way: WayIn::Temporary,
            mfa: None,
            endpoint: None,
            rehearsal: false,
        }));
        let notes = vec![Text { en: "a note".into(), ko: "알림".into() }];
        json.hear(&Event::Step(StepReport { notes, ..report(State::ToChange, vec![change("a")]) }));
        let time = |second| Timestamp::from_second(second).ok();
        let (at, report_made) = (time(1_795_500_000).expect("a time"), time(1_795_490_000));
        json.hear(&Event::Looked(Looked { at, report_made }));
        let expected = json!({
            "schema": "dayone/1",
            "account": {"id": "111122223333", "alias": null, "partition": "aws", "signed_in_as":
                {"arn": "arn:aws:iam::111122223333:root", "kind": "root", "mfa": null}},
            "looked_at": iso(at), "report_made": report_made.map(iso), "in_place": false,
            "practices": [{"id": "root-user", "steps": [{"id": "admin-group", "state": "to-change", "found": null,
                "changes": [{"verb": "create", "resource": "a", "summary": "그룹 a"}],
                "person": null, "reason": null, "notes": ["알림"], "controls": StepId::AdminGroup.controls()}]}],
            "api_calls": 17
        });
        assert_eq!(parsed(&json), expected);
    }

    #[test]
    fn what_was_done_stays_listed_with_its_outcome() {
        let mut json = Json::new(Language::En, true);
        json.hear(&Event::Step(report(State::ToChange, vec![change("a"), change("b"), change("c")])));
        json.hear(&Event::ChangeFinished(change("a"), Outcome::Done { request_id: None }));
        let failure =
            FailureReport { text: Text::default(), detail: None, request_id: None, unanswered: false };
        json.hear(&Event::ChangeFinished(change("b"), Outcome::Failed(failure)));
        let document = parsed(&json);
        let changes = document["practices"][0]["steps"][0]["changes"].as_array().expect("changes");
        let outcomes: Vec<_> = changes.iter().map(|change| change["outcome"].as_str()).collect();
        assert_eq!(outcomes, [Some("done"), Some("failed"), Some("not-reached")]);
        json.hear(&Event::Verified(report(State::InPlace, Vec::new())));
        assert_eq!(parsed(&json)["practices"][0]["steps"][0]["changes"].as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn what_only_a_person_can_do_and_what_was_accepted_have_their_words() {
        let mut json = Json::new(Language::En, false);
        let about = |step, state| StepReport { step, ..report(state, Vec::new()) };
        let what = Text { en: "Replace the keys of bob".into(), ko: "bob의 키를 교체하세요".into() };
        let how =
            vec![Text { en: "Make the second key".into(), ko: "두 번째 키를 만드세요".into() }];
        let task = steps::practice::PersonTask { what, how, seen: steps::practice::Seen::Elsewhere };
        let for_a_person = about(StepId::KeyRotation, State::NeedsPerson);
        let names = vec!["bob".to_owned()];
        json.hear(&Event::Step(StepReport { person: Some(task), names, ..for_a_person }));
        let accepted = about(StepId::ActivityMonitoring, State::Accepted);
        let reason = Some(Text::verbatim("we know"));
        let notes = vec![Text::verbatim("no contact")];
        json.hear(&Event::Step(StepReport { reason, notes, ..accepted }));
        let expected = json!([{"id": "iam-practices", "steps": [
            {"id": "key-rotation", "state": "needs-person", "found": null, "changes": [],
             "person": "Replace the keys of bob", "how": ["Make the second key"], "reason": null, "notes": [],
             "names": ["bob"],
             "controls": StepId::KeyRotation.controls()},
            {"id": "activity-monitoring", "state": "accepted", "found": null, "changes": [], "person": null,
             "reason": "we know", "notes": ["no contact"],
             "controls": StepId::ActivityMonitoring.controls()}]}]);
        assert_eq!(parsed(&json)["practices"], expected);
    }

    #[test]
    fn what_was_found_stands_there_with_the_time_of_the_look() {
        let mut json = Json::new(Language::Ko, false);
        assert_eq!(
            (&parsed(&json)["looked_at"], &parsed(&json)["report_made"]),
            (&Value::Null, &Value::Null)
        );
        let found = Some(Text { en: "group a".into(), ko: "그룹 a".into() });
        json.hear(&Event::Verified(StepReport { found, ..report(State::InPlace, Vec::new()) }));
        let document = parsed(&json);
        assert_eq!(document["practices"][0]["steps"][0]["found"], "그룹 a");
        let looked_at = document["looked_at"].as_str().expect("a time");
        assert!(looked_at.parse::<Timestamp>().is_ok() && looked_at.ends_with('Z'), "{looked_at}");
    }

    #[test]
    fn nothing_looked_at_is_not_in_place() {
        let mut json = Json::new(Language::En, false);
        assert_eq!(parsed(&json)["in_place"], json!(false));
        json.hear(&Event::Finished(Summary::default()));
        assert_eq!(parsed(&json)["in_place"], json!(false));
    }

    #[test]
    fn a_run_that_did_not_get_to_its_end_is_not_in_place_and_names_what_it_did_not_reach() {
        let bucket = ChangeReport { step: StepId::TrailBucket, ..change("bucket") };
        let later = StepReport { step: StepId::TrailBucket, ..report(State::ToChange, vec![bucket]) };
        let reached = report(State::InPlace, Vec::new());
        let mut json = Json::new(Language::En, true);
        json.hear(&Event::Overview(vec![report(State::ToChange, vec![change("a")]), later.clone()]));
        json.hear(&Event::Step(reached.clone()));
        let document = parsed(&json);
        assert_eq!(document["in_place"], json!(false));
        assert_eq!(document["practices"][0]["steps"][0]["state"], json!("in-place"));
        let left = &document["practices"][1]["steps"][0];
        assert_eq!((&left["id"], &left["state"]), (&json!("trail-bucket"), &json!("to-change")));
        assert_eq!(left["changes"][0]["outcome"], json!("not-reached"));

        let mut failed_first = Json::new(Language::En, true);
        failed_first.hear(&Event::Step(reached.clone()));
        assert_eq!(parsed(&failed_first)["in_place"], json!(false));
        failed_first.hear(&Event::Finished(Summary { steps: vec![reached], ..Summary::default() }));
        assert_eq!(parsed(&failed_first)["in_place"], json!(true));
    }
}
