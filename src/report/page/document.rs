//! What the page holds, as data: the JSON form, of which the other forms bear the digest. Its shape is a promise, see
//! docs/report.md.

use serde::Serialize;
use sha2::{Digest, Sha256};
use steps::aws::WayIn;
use steps::moment::iso;
use steps::practice::{PracticeId, State, StepId, Verb};
use steps::text::{Language, Text};

use super::evidence::{LOG_FILES, ROOT_RETIREMENT, RootUse};
use crate::event::{ChangeReport, StepReport};
use crate::journal::{History, PastChange};
use crate::report::look::Look;
use crate::report::words::bounded;

/// The version of the shape. It grows when a field changes or goes, not when one is added.
const SCHEMA: &str = "dayone-report/1";

/// What the page holds, in one language. Texts from outside are harmless and of bounded length.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Document {
    pub schema: &'static str,
    pub made_by: String,
    pub language: Language,
    pub account: Account,
    pub look: Looked,
    pub in_place: bool,
    pub practices: Vec<Practice>,
    pub not_asked_for: Vec<StepId>,
    pub evidence: Evidence,
    pub journal: Journal,
    pub api_calls: u32,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Account {
    pub id: String,
    pub alias: Option<String>,
    pub partition: String,
    /// What replaces AWS's own endpoints.
    pub endpoint: Option<String>,
}

/// Who looked, and when.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Looked {
    pub began: String,
    pub ended: String,
    pub signed_in_as: Caller,
    pub remarks: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Caller {
    pub arn: String,
    pub kind: &'static str,
    pub temporary: bool,
    pub mfa: Option<bool>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Practice {
    pub id: PracticeId,
    pub title: String,
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Step {
    pub id: StepId,
    pub state: State,
    pub found: Option<String>,
    pub changes: Vec<Change>,
    pub person: Option<Person>,
    pub reason: Option<String>,
    pub notes: Vec<String>,
    /// Everybody whom the step waits for, where the words name only some.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    pub controls: &'static [&'static str],
}

/// A change that is not made yet.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Change {
    pub verb: Verb,
    pub resource: String,
    pub summary: String,
    pub irreversible: bool,
}

/// What a person has to do.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Person {
    pub what: String,
    pub how: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Evidence {
    pub root_retirement: RootRetirement,
    pub log_files: LogFiles,
}

/// Which steps speak for root's retirement, and when root was used last.
#[derive(Debug, Clone, Serialize)]
pub(super) struct RootRetirement {
    pub steps: &'static [StepId],
    pub last_use: RootUse,
}

/// Which steps speak for the log and its first file.
#[derive(Debug, Clone, Serialize)]
pub(super) struct LogFiles {
    pub steps: &'static [StepId],
}

/// What was done, by the journal of this machine.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Journal {
    pub changes: Vec<PastChange>,
    pub unreadable_lines: usize,
    pub unknown_lines: usize,
    pub left_out: usize,
}

impl Document {
    /// Puts together what was looked at and what was done.
    pub fn of(look: &Look, last_use: RootUse, history: &History, api_calls: u32, language: Language) -> Self {
        Self {
            schema: SCHEMA,
            made_by: concat!("dayone ", env!("CARGO_PKG_VERSION")).to_owned(),
            language,
            account: Account::of(look),
            look: Looked::of(look, language),
            in_place: !look.steps.is_empty() && look.steps.iter().all(|step| step.state.is_settled()),
            practices: practices(look, language),
            not_asked_for: StepId::all().filter(|step| look.step(*step).is_none()).collect(),
            evidence: Evidence {
                root_retirement: RootRetirement { steps: &ROOT_RETIREMENT, last_use },
                log_files: LogFiles { steps: &LOG_FILES },
            },
            journal: Journal::of(history),
            api_calls,
        }
    }

    /// The JSON form, to the last byte.
    pub fn json(&self) -> String {
        // Only maps with odd keys can fail, and there are none.
        let json = serde_json::to_string_pretty(self).unwrap_or_default();
        format!("{json}\n")
    }

    /// Every step that was looked at.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.practices.iter().flat_map(|practice| &practice.steps)
    }
}

/// The SHA-256 of a JSON form, in hexadecimal digits.
pub(super) fn digest(json: &str) -> String {
    Sha256::digest(json.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Account {
    fn of(look: &Look) -> Self {
        Self {
            id: bounded(&look.who.account),
            alias: look.who.about.alias.as_deref().map(bounded),
            partition: bounded(&look.who.partition),
            endpoint: look.who.endpoint.as_deref().map(bounded),
        }
    }
}

impl Looked {
    fn of(look: &Look, language: Language) -> Self {
        let who = &look.who;
        Self {
            began: iso(look.began),
            ended: iso(look.ended),
            signed_in_as: Caller {
                arn: bounded(&who.arn),
                kind: who.kind,
                temporary: who.way != WayIn::AccessKey,
                mfa: who.mfa,
            },
            remarks: said(&look.remarks, language),
        }
    }
}

fn said(texts: &[Text], language: Language) -> Vec<String> {
    texts.iter().map(|text| bounded(text.in_language(language))).collect()
}

fn practices(look: &Look, language: Language) -> Vec<Practice> {
    let practice = |id: PracticeId| {
        let steps = look.steps.iter().filter(|report| report.step.practice() == id);
        let steps: Vec<_> = steps.map(|report| Step::of(report, language)).collect();
        let title = id.title().in_language(language).to_owned();
        (!steps.is_empty()).then_some(Practice { id, title, steps })
    };
    PracticeId::ALL.into_iter().filter_map(practice).collect()
}

impl Step {
    fn of(report: &StepReport, language: Language) -> Self {
        let say = |text: &Text| bounded(text.in_language(language));
        Self {
            id: report.step,
            state: report.state,
            found: report.found.as_ref().map(say),
            changes: report.changes.iter().map(|change| Change::of(change, language)).collect(),
            person: report
                .person
                .as_ref()
                .map(|task| Person { what: say(&task.what), how: said(&task.how, language) }),
            reason: report.reason.as_ref().map(say),
            notes: said(&report.notes, language),
            names: report.names.iter().map(|name| bounded(name)).collect(),
            controls: report.step.controls(),
        }
    }
}

impl Change {
    fn of(change: &ChangeReport, language: Language) -> Self {
        Self {
            verb: change.verb,
            resource: bounded(&change.resource),
            summary: bounded(change.summary.in_language(language)),
            irreversible: change.irreversible,
        }
    }
}

impl Journal {
    fn of(history: &History) -> Self {
        Self {
            changes: history.changes.iter().map(kept).collect(),
            unreadable_lines: history.unreadable,
            unknown_lines: history.unknown,
            left_out: history.left_out,
        }
    }
}

/// A line of the journal is text from a file, whoever has written it.
fn kept(change: &PastChange) -> PastChange {
    let text = |text: &Option<String>| text.as_deref().map(bounded);
    PastChange {
        began: text(&change.began),
        ended: text(&change.ended),
        run: bounded(&change.run),
        step: bounded(&change.step),
        verb: bounded(&change.verb),
        resource: bounded(&change.resource),
        caller: text(&change.caller),
        outcome: change.outcome,
        request_id: text(&change.request_id),
        error: text(&change.error),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::journal::PastOutcome;
    use crate::report::look::tests::{look, look_with, report};
    use crate::report::page::evidence::KeyUse;

    pub(in crate::report::page) fn history_with(name: &str) -> History {
        let change = |verb: &str, step: &str, outcome: PastOutcome| PastChange {
            began: Some("2026-11-24T06:00:00Z".into()),
            ended: (outcome != PastOutcome::Unfinished).then(|| "2026-11-24T06:00:01Z".into()),
            run: "2026-11-24T05:59:00Z-77".into(),
            step: step.into(),
            verb: verb.into(),
            resource: format!("iam:group/{name}"),
            caller: Some("arn:aws:iam::111122223333:root".into()),
            outcome,
            request_id: (outcome == PastOutcome::Done).then(|| "4d2f0000-aaaa".into()),
            error: (outcome == PastOutcome::Failed).then(|| format!("AccessDenied: {name}")),
        };
        History {
            changes: [
                change("create", "admin-group", PastOutcome::Done),
                change("delete", "root-access-keys", PastOutcome::Done),
                change("attach", "admin-group", PastOutcome::Failed),
                change("seal", name, PastOutcome::Unfinished),
            ]
            .into(),
            unreadable: 1,
            unknown: 2,
            left_out: 3,
        }
    }

    pub(in crate::report::page) fn last_use_with(name: &str) -> RootUse {
        RootUse {
            report_made: Some("2026-11-24T05:30:00Z".into()),
            password: Some("2026-11-23T09:00:00Z".into()),
            access_keys: vec![KeyUse {
                time: "2026-11-20T10:00:00Z".into(),
                service: Some(bounded(name)),
                region: Some("us-east-1".into()),
            }],
            not_assessed: None,
        }
    }

    /// A document with a step in every state and a change with every outcome, where every name from outside is this one.
    pub(in crate::report::page) fn document_with(name: &str, language: Language) -> Document {
        let mut look = look_with(name);
        look.who.about.alias = Some(name.to_owned());
        look.who.endpoint = Some(format!("http://{name}"));
        look.remarks = vec![Text::verbatim(name)];
        Document::of(&look, last_use_with(name), &history_with(name), 41, language)
    }

    /// The same, with how it stands that root's credentials are put away.
    pub(in crate::report::page) fn document_with_root_credentials(
        state: State,
        language: Language,
    ) -> Document {
        let mut look = look();
        look.steps.push(report(StepId::RootCredentials, state));
        Document::of(&look, RootUse::default(), &History::default(), 41, language)
    }

    #[test]
    fn the_shape_is_as_promised() {
        let document =
            Document::of(&look(), RootUse::default(), &history_with("Administrators"), 41, Language::En);
        let json: Value = serde_json::from_str(&document.json()).unwrap();
        assert_eq!(json["schema"], "dayone-report/1");
        let account = json!({"id": "111122223333", "alias": "acme", "partition": "aws", "endpoint": null});
        assert_eq!(json["account"], account);
        let caller = json!({"arn": "arn:aws:iam::111122223333:user/alice", "kind": "user", "temporary": true,
            "mfa": true});
        assert_eq!(json["look"]["signed_in_as"], caller);
        assert_eq!(json["look"]["ended"], iso(look().ended));
        assert_eq!((&json["in_place"], &json["api_calls"]), (&json!(false), &json!(41)));
        let step = json!({"id": "admin-group", "state": "to-change", "found": null,
            "changes": [{"verb": "create", "resource": "iam:group/Administrators",
                "summary": "group Administrators", "irreversible": false}],
            "person": null, "reason": null, "notes": ["Administrators is new."],
            "controls": StepId::AdminGroup.controls()});
        assert_eq!(json["practices"][0]["steps"][1], step);
        let change = json!({"began": "2026-11-24T06:00:00Z", "ended": "2026-11-24T06:00:01Z",
            "run": "2026-11-24T05:59:00Z-77", "step": "admin-group", "verb": "create",
            "resource": "iam:group/Administrators", "caller": "arn:aws:iam::111122223333:root",
            "outcome": "done", "request_id": "4d2f0000-aaaa", "error": null});
        assert_eq!(json["journal"]["changes"][0], change);
        assert_eq!(json["journal"]["changes"][3]["outcome"], "unfinished");
        assert_eq!(json["not_asked_for"].as_array().map(Vec::len), Some(StepId::all().count() - 10));
    }

    #[test]
    fn the_digest_is_of_every_byte() {
        // FIPS 180-4, the example "abc".
        assert_eq!(digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let json = document_with("a", Language::En).json();
        assert!(json.ends_with("}\n") && !json.ends_with("\n\n"));
        assert_ne!(digest(&json), digest(json.trim_end()));
        assert_ne!(digest(&json), digest(&document_with("b", Language::En).json()));
    }

    #[test]
    fn a_look_at_nothing_is_not_in_place() {
        let nothing = Look { steps: Vec::new(), ..look() };
        let document = Document::of(&nothing, RootUse::default(), &History::default(), 1, Language::En);
        assert!(!document.in_place && document.practices.is_empty());
        assert_eq!(document.not_asked_for.len(), StepId::all().count());
    }

    #[test]
    fn huge_names_are_cut_short() {
        let json = document_with(&"x".repeat(10_000), Language::Ko).json();
        assert!(!json.contains(&"x".repeat(2_001)) && json.contains(&"x".repeat(1_900)));
    }
}
