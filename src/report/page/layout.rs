//! What stands on the page, in the order in which it is read, in words of one language. HTML and Markdown are two ways
//! to write it down.

use serde_json::Value;
use steps::practice::{State, StepId, Verb};
use steps::text;
use steps::text::{Language, Text, counted};

use super::checklist;
use super::document::{Document, Step};
use super::sentences::{
    came_of_it, key_use, left_and_for_whom, meaning, password_use, readable, seal, signed_in,
};
use crate::journal::{PastChange, PastOutcome};
use crate::report::{human, summary, words};
use crate::screen::Tone;

/// The page.
#[derive(Debug)]
pub(super) struct Layout {
    pub language: Language,
    /// What the page is, with the account and the day.
    pub title: String,
    /// The same in short, above the heading.
    pub what: String,
    pub heading: String,
    /// Whether nothing is left, and how it stands in a sentence.
    pub verdict: (Tone, String),
    /// What must not be overlooked.
    pub warnings: Vec<String>,
    pub facts: Vec<Fact>,
    pub counts: Vec<Count>,
    pub sections: Vec<Section>,
    /// What the digest is of, and the digest.
    pub seal: (String, String),
}

/// A name and what there is to say of it.
#[derive(Debug)]
pub(super) struct Fact {
    pub name: String,
    pub lines: Vec<Line>,
}

/// How many steps are in a state.
#[derive(Debug)]
pub(super) struct Count {
    pub tone: Tone,
    pub label: String,
    pub count: usize,
}

/// A part of the page with a heading.
#[derive(Debug)]
pub(super) struct Section {
    pub id: &'static str,
    pub title: String,
    pub blocks: Vec<Block>,
}

#[derive(Debug)]
pub(super) enum Block {
    Heading(String),
    Paragraph(String),
    Facts(Vec<Fact>),
    Steps(Vec<StepLines>),
    Table(Table),
}

/// A step that is left, with what is to be done.
#[derive(Debug)]
pub(super) struct StepLines {
    pub step: StepId,
    pub lines: Vec<Line>,
    /// What a person does, one thing after the other.
    pub how: Vec<String>,
    pub notes: Vec<String>,
}

/// A table; the first cell of a row is its heading.
#[derive(Debug)]
pub(super) struct Table {
    pub caption: String,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Vec<Line>>>,
}

/// A line, by what it means.
#[derive(Debug)]
pub(super) enum Line {
    Words(String),
    /// A name as AWS has it.
    Name(String),
    /// A symbol and the words that it stands for, and what else there is to say.
    Marked(Tone, &'static str, String, String),
}

/// Lays out a document with the digest of its JSON form.
pub(super) fn layout(document: &Document, digest: &str) -> Layout {
    let writer = Writer { document, language: document.language };
    let mut sections = vec![
        writer.left(),
        writer.settled(),
        writer.evidence(),
        writer.changes(),
        writer.controls(),
        writer.meanings(),
    ];
    sections.extend(writer.checklist());
    Layout {
        language: writer.language,
        title: writer.title(),
        what: writer.what(),
        heading: writer.heading(),
        verdict: writer.verdict(),
        warnings: writer.warnings(),
        facts: writer.facts(),
        counts: writer.counts(),
        sections,
        seal: (writer.say(&seal()), digest.to_owned()),
    }
}

struct Writer<'d> {
    document: &'d Document,
    language: Language,
}

impl Writer<'_> {
    fn say(&self, text: &Text) -> String {
        text.in_language(self.language).to_owned()
    }

    fn words(&self, text: &Text) -> Line {
        Line::Words(self.say(text))
    }

    fn paragraph(&self, text: &Text) -> Block {
        Block::Paragraph(self.say(text))
    }

    fn fact(&self, name: &Text, lines: Vec<Line>) -> Fact {
        Fact { name: self.say(name), lines }
    }

    fn title(&self) -> String {
        let account = &self.document.account.id;
        let day = self.document.look.ended.get(..10).unwrap_or_default();
        self.say(&text! {
            en: "dayone report · account {account} · {day}",
            ko: "dayone 보고서 · 계정 {account} · {day}"
        })
    }

    fn what(&self) -> String {
        let day = self.document.look.ended.get(..10).unwrap_or_default();
        self.say(&text! { en: "dayone report · {day}", ko: "dayone 보고서 · {day}" })
    }

    fn heading(&self) -> String {
        let account = human::grouped(&self.document.account.id);
        match &self.document.account.alias {
            Some(alias) => {
                self.say(&text! { en: "Account {account} · {alias}", ko: "계정 {account} · {alias}" })
            }
            None => self.say(&text! { en: "Account {account}", ko: "계정 {account}" }),
        }
    }

    fn verdict(&self) -> (Tone, String) {
        let all = self.document.steps().count();
        let left = self.document.steps().filter(|step| !step.state.is_settled()).count();
        match (all, left) {
            (0, _) => (
                Tone::Caution,
                self.say(&text! { en: "No step was looked at.", ko: "확인한 단계가 없습니다." }),
            ),
            (_, 0) => {
                let steps_are =
                    if all == 1 { "the step is".to_owned() } else { format!("all {all} steps are") };
                let words = text! {
                    en: "Nothing is left: {steps_are} in place, accepted or not applicable.",
                    ko: "남은 것이 없습니다. {all}단계 모두 적용되었거나, 예외로 인정되었거나, 해당하지 않습니다."
                };
                (Tone::Good, self.say(&words))
            }
            _ => {
                let (steps, are) = (counted(all, "step"), if left == 1 { "is" } else { "are" });
                let words = text! { en: "{left} of {steps} {are} left.", ko: "{all}단계 중 {left}단계가 남아 있습니다." };
                (Tone::Caution, self.say(&words))
            }
        }
    }

    fn warnings(&self) -> Vec<String> {
        let endpoint = self.document.account.endpoint.iter().map(|endpoint| {
            self.say(&text! {
                en: "AWS was replaced by {endpoint}: this page tells of what answered there.",
                ko: "AWS 대신 {endpoint}을(를) 사용했습니다. 이 페이지는 그곳에서 답한 내용입니다."
            })
        });
        let some = !self.document.not_asked_for.is_empty();
        let names = self.document.not_asked_for.iter().map(|step| step.name()).collect::<Vec<_>>().join(", ");
        let partial = some.then(|| {
            self.say(&text! {
                en: "Not every step was asked for. Not looked at: {names}.",
                ko: "일부 단계만 확인했습니다. 확인하지 않은 단계: {names}."
            })
        });
        endpoint.chain(self.document.look.remarks.iter().cloned()).chain(partial).collect()
    }

    fn facts(&self) -> Vec<Fact> {
        let caller = &self.document.look.signed_in_as;
        let (began, ended) = (readable(&self.document.look.began), readable(&self.document.look.ended));
        let calls = self.document.api_calls;
        vec![
            self.fact(
                &text! { en: "When it was looked at", ko: "확인 시각" },
                vec![
                    Line::Words(format!("{ended} UTC")),
                    self.words(&text! {
                        en: "begun {began} UTC, {calls} calls to AWS, none of them a change",
                        ko: "{began} UTC 시작, AWS 호출 {calls}회, 변경 없음"
                    }),
                ],
            ),
            self.fact(
                &text! { en: "Who looked", ko: "확인한 주체" },
                vec![Line::Name(caller.arn.clone()), self.words(&signed_in(caller.temporary, caller.mfa))],
            ),
            self.fact(
                &text! { en: "Written by", ko: "작성한 프로그램" },
                vec![Line::Words(self.document.made_by.clone())],
            ),
        ]
    }

    fn counts(&self) -> Vec<Count> {
        let count = |state: State| {
            let count = self.steps_in(state).count();
            let label = self.say(&summary::label(state));
            (count > 0).then_some(Count { tone: words::symbol(state).0, label, count })
        };
        words::STATES.into_iter().filter_map(count).collect()
    }

    fn steps_in(&self, state: State) -> impl Iterator<Item = &Step> {
        self.document.steps().filter(move |step| step.state == state)
    }

    fn left(&self) -> Section {
        let mut blocks = Vec::new();
        for (state, about) in left_and_for_whom() {
            let steps: Vec<_> = self.steps_in(state).map(|step| self.step_lines(step)).collect();
            if !steps.is_empty() {
                blocks.push(Block::Heading(self.say(&summary::label(state))));
                blocks.push(self.paragraph(&about));
                blocks.push(Block::Steps(steps));
            }
        }
        if blocks.is_empty() {
            blocks.push(self.paragraph(&text! { en: "Nothing is left.", ko: "남은 것이 없습니다." }));
        }
        let title = self.say(&text! { en: "What is left, and for whom", ko: "남은 일과 할 사람" });
        Section { id: "left", title, blocks }
    }

    /// For where root has credentials to put away, and that was asked for.
    fn checklist(&self) -> Option<Section> {
        let has_credentials =
            |step: &Step| step.id == StepId::RootCredentials && step.state != State::NotApplicable;
        let wanted = self.document.steps().any(has_credentials);
        wanted.then(|| checklist::section(self.language, &self.document.account.id))
    }

    fn step_lines(&self, step: &Step) -> StepLines {
        let mut lines = Vec::new();
        for change in &step.changes {
            let (tone, sign) = words::sign(change.verb);
            let planned = self.say(&words::planned(change.verb));
            lines.push(Line::Marked(tone, sign, planned, change.summary.clone()));
        }
        lines.extend(step.person.iter().map(|person| Line::Words(person.what.clone())));
        lines.extend(step.reason.iter().map(|reason| Line::Words(reason.clone())));
        let how = step.person.iter().flat_map(|person| person.how.clone()).collect();
        let notes = step.notes.iter().cloned().chain(self.all_of(&step.names)).collect();
        StepLines { step: step.id, lines, how, notes }
    }

    /// The names that the words leave out.
    fn all_of(&self, names: &[String]) -> Option<String> {
        let (count, listed) = (names.len(), names.join(", "));
        let all = text! { en: "All of them ({count}): {listed}", ko: "전체({count}): {listed}" };
        (count > 0).then(|| self.say(&all))
    }

    fn settled(&self) -> Section {
        let mut blocks = Vec::new();
        for (state, column) in [
            (State::InPlace, text! { en: "What was found", ko: "확인한 내용" }),
            (
                State::Accepted,
                text! { en: "The operator's reason, from the answers", ko: "운영자가 응답에 적은 이유" },
            ),
            (State::NotApplicable, text! { en: "Why", ko: "이유" }),
        ] {
            let rows: Vec<_> = self.steps_in(state).map(|step| self.settled_row(step)).collect();
            if !rows.is_empty() {
                let columns = vec![self.say(&text! { en: "Step", ko: "단계" }), self.say(&column)];
                blocks.push(Block::Table(Table { caption: self.say(&summary::label(state)), columns, rows }));
            }
        }
        if blocks.is_empty() {
            blocks.push(self.paragraph(&text! { en: "Nothing yet.", ko: "아직 없습니다." }));
        }
        Section {
            id: "in-place",
            title: self.say(&text! { en: "What is in place", ko: "적용된 것" }),
            blocks,
        }
    }

    fn settled_row(&self, step: &Step) -> Vec<Vec<Line>> {
        let about = step.found.iter().chain(&step.reason).chain(&step.notes);
        vec![vec![Line::Name(step.id.name().into())], about.map(|words| Line::Words(words.clone())).collect()]
    }

    fn evidence(&self) -> Section {
        let mut root = self.facts_of(self.document.evidence.root_retirement.steps);
        root.push(self.last_use());
        root.extend(self.retired_keys());
        let blocks = vec![
            Block::Heading(self.say(&text! { en: "Root's retirement", ko: "루트 사용자 사용 중지" })),
            Block::Facts(root),
            Block::Heading(self.say(&text! { en: "The log and its first file", ko: "로그와 첫 로그 파일" })),
            Block::Facts(self.facts_of(self.document.evidence.log_files.steps)),
        ];
        Section { id: "evidence", title: self.say(&text! { en: "Evidence", ko: "증거" }), blocks }
    }

    /// How some steps stand; what was not asked for is said to be so.
    fn facts_of(&self, steps: &[StepId]) -> Vec<Fact> {
        let fact = |id: &StepId| {
            let step = self.document.steps().find(|step| step.id == *id);
            let lines = step.map_or_else(
                || vec![self.words(&text! { en: "not looked at", ko: "확인하지 않음" })],
                |step| self.standing(step),
            );
            Fact { name: id.name().to_owned(), lines }
        };
        steps.iter().map(fact).collect()
    }

    fn standing(&self, step: &Step) -> Vec<Line> {
        let person = step.person.as_ref().map(|person| &person.what);
        let about = step.found.iter().chain(person).chain(&step.reason);
        std::iter::once(self.state(step.state)).chain(about.map(|words| Line::Words(words.clone()))).collect()
    }

    fn state(&self, state: State) -> Line {
        let (tone, symbol) = words::symbol(state);
        Line::Marked(tone, symbol, self.say(&words::state(state)), String::new())
    }

    fn last_use(&self) -> Fact {
        let last = &self.document.evidence.root_retirement.last_use;
        let name = text! { en: "Last use of root", ko: "루트의 마지막 사용" };
        if let Some(trouble) = &last.not_assessed {
            return self.fact(&name, vec![Line::Words(trouble.clone())]);
        }
        let made = last.report_made.as_deref().map_or_else(|| "?".to_owned(), readable);
        let basis = text! {
            en: "By the credential report that AWS made {made} UTC, which can be four hours behind.",
            ko: "AWS가 {made} UTC에 만든 자격 증명 보고서 기준이며 최대 4시간 늦을 수 있습니다."
        };
        let mut lines = vec![self.words(&basis), self.words(&password_use(last.password.as_deref()))];
        lines.extend(last.access_keys.iter().map(|key| self.words(&key_use(key))));
        if last.access_keys.is_empty() {
            lines.push(self.words(&text! {
                en: "No use of an access key that root had then is on record.",
                ko: "당시 루트에 있던 액세스 키의 사용 기록이 없습니다."
            }));
        }
        self.fact(&name, lines)
    }

    /// What the journal has of root's access keys.
    fn retired_keys(&self) -> Option<Fact> {
        let changes = &self.document.journal.changes;
        let of_root = |change: &&PastChange| change.step == StepId::RootAccessKeys.name();
        let retired: Vec<_> = changes.iter().filter(of_root).collect();
        let lines: Vec<_> = retired.iter().flat_map(|change| self.retired_key(change)).collect();
        let name = text! { en: "Done to its access keys", ko: "액세스 키에 한 일" };
        (!lines.is_empty()).then(|| self.fact(&name, lines))
    }

    fn retired_key(&self, change: &PastChange) -> Vec<Line> {
        let when = readable(change.ended.as_ref().or(change.began.as_ref()).map_or("", String::as_str));
        let what = self.verb(change);
        let (tone, symbol, ..) = came_of_it(change.outcome);
        vec![
            Line::Marked(tone, symbol, what, format!("{when} UTC")),
            Line::Name(change.resource.clone()),
            Line::Words(self.request(change)),
        ]
    }

    fn request(&self, change: &PastChange) -> String {
        match &change.request_id {
            Some(id) => self.say(&text! { en: "Request id {id}", ko: "요청 ID {id}" }),
            None => self.say(&text! { en: "No request id", ko: "요청 ID 없음" }),
        }
    }

    fn changes(&self) -> Section {
        let journal = &self.document.journal;
        let mut blocks = vec![self.paragraph(&text! {
            en: "From the journal on the machine that wrote this page. It knows what dayone did from there, and nothing else; CloudTrail has the same request ids.",
            ko: "이 페이지를 만든 컴퓨터의 기록입니다. 그곳에서 dayone이 한 일만 담겨 있으며, 같은 요청 ID를 CloudTrail에서 찾을 수 있습니다."
        })];
        if journal.changes.is_empty() {
            blocks
                .push(self.paragraph(&text! { en: "It tells of no change.", ko: "기록된 변경이 없습니다." }));
        } else {
            blocks.push(Block::Table(self.changes_table()));
        }
        blocks.extend(self.gaps().into_iter().map(Block::Paragraph));
        let title = self.say(&text! { en: "What was changed", ko: "변경한 내용" });
        Section { id: "changes", title, blocks }
    }

    fn changes_table(&self) -> Table {
        let columns = [
            text! { en: "When (UTC)", ko: "시각(UTC)" },
            text! { en: "Change", ko: "변경" },
            text! { en: "By", ko: "실행 주체" },
            text! { en: "What came of it", ko: "결과" },
        ];
        Table {
            caption: self.say(&text! { en: "Changes, the earliest first", ko: "변경 목록(오래된 것부터)" }),
            columns: columns.iter().map(|column| self.say(column)).collect(),
            rows: self.document.journal.changes.iter().map(|change| self.change_row(change)).collect(),
        }
    }

    fn change_row(&self, change: &PastChange) -> Vec<Vec<Line>> {
        let when = change.began.as_ref().or(change.ended.as_ref()).map_or("?", String::as_str);
        let (tone, symbol, outcome, more) = came_of_it(change.outcome);
        let mut result = vec![Line::Marked(tone, symbol, self.say(&outcome), self.say(&more))];
        result.extend(change.error.iter().map(|error| Line::Words(error.clone())));
        if change.outcome != PastOutcome::Unfinished {
            result.push(Line::Words(self.request(change)));
        }
        let step = &change.step;
        let what = self.verb(change);
        let by = change.caller.as_ref().map_or_else(
            || self.words(&text! { en: "not recorded", ko: "기록 없음" }),
            |caller| Line::Name(caller.clone()),
        );
        let change = vec![Line::Words(format!("{what} · {step}")), Line::Name(change.resource.clone())];
        vec![vec![Line::Words(readable(when))], change, vec![by], result]
    }

    /// What was done, or was to be done. A verb of a newer version stays as it is.
    fn verb(&self, change: &PastChange) -> String {
        match serde_json::from_value::<Verb>(Value::String(change.verb.clone())) {
            Ok(verb) if change.outcome == PastOutcome::Done => self.say(&words::done(verb)),
            Ok(verb) => self.say(&words::planned(verb)),
            Err(_) => change.verb.clone(),
        }
    }

    /// What the journal holds and the page does not.
    fn gaps(&self) -> Vec<String> {
        let journal = &self.document.journal;
        let (torn, newer, earlier) = (journal.unreadable_lines, journal.unknown_lines, journal.left_out);
        [
            (torn, text! { en: "Lines of the journal that could not be read: {torn}.", ko: "읽을 수 없는 기록: {torn}줄." }),
            (newer, text! { en: "Lines of a newer version of dayone: {newer}.", ko: "더 새로운 dayone의 기록: {newer}줄." }),
            (earlier, text! { en: "Earlier changes, which only the journal has: {earlier}.", ko: "기록에만 있는 더 이전의 변경: {earlier}건." }),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(_, words)| self.say(&words))
        .collect()
    }

    fn controls(&self) -> Section {
        let columns = [
            text! { en: "Step", ko: "단계" },
            text! { en: "How it stands", ko: "상태" },
            text! { en: "Controls", ko: "통제 항목" },
        ];
        let row = |step: &Step| {
            let controls = step.controls.iter().map(|control| Line::Name((*control).to_owned())).collect();
            vec![vec![Line::Name(step.id.name().into())], vec![self.state(step.state)], controls]
        };
        let table = Table {
            caption: self.say(&text! {
                en: "Steps and the controls that they speak for",
                ko: "단계와 관련 통제 항목"
            }),
            columns: columns.iter().map(|column| self.say(column)).collect(),
            rows: self.document.steps().map(row).collect(),
        };
        let about = text! {
            en: "The ids that benchmarks give to what a step puts in place. A step can cover a part of a control: read the control before you tick it off.",
            ko: "각 단계가 다루는 내용에 벤치마크가 붙인 번호입니다. 통제 항목의 일부만 다룰 수도 있으므로 항목을 읽고 판단하세요."
        };
        let mut blocks = vec![self.paragraph(&about)];
        blocks.extend(self.benchmarks().map(Block::Facts));
        blocks.push(Block::Table(table));
        Section { id: "controls", title: self.say(&text! { en: "Controls", ko: "통제 항목" }), blocks }
    }

    /// The benchmarks whose ids stand on the page, by name.
    fn benchmarks(&self) -> Option<Vec<Fact>> {
        const NAMES: [(&str, &str); 5] = [
            ("CIS-", "CIS AWS Foundations Benchmark"),
            ("FSBP", "AWS Foundational Security Best Practices"),
            ("SSB", "AWS Startup Security Baseline"),
            ("WA", "AWS Well-Architected Framework"),
            ("ISMS-P", "KISA ISMS-P"),
        ];
        let named = |prefix: &str| {
            self.document.steps().any(|step| step.controls.iter().any(|control| control.starts_with(prefix)))
        };
        let fact = |(prefix, name): (&str, &str)| Fact {
            name: prefix.trim_end_matches('-').to_owned(),
            lines: vec![Line::Words(name.to_owned())],
        };
        let facts: Vec<_> = NAMES.into_iter().filter(|(prefix, _)| named(prefix)).map(fact).collect();
        (!facts.is_empty()).then_some(facts)
    }

    fn meanings(&self) -> Section {
        let fact = |state: State| {
            let name = self.say(&words::state(state));
            Fact { name, lines: vec![self.words(&meaning(state))] }
        };
        let facts = words::STATES.into_iter().map(fact).collect();
        let title = self.say(&text! { en: "What the words mean", ko: "용어의 뜻" });
        Section { id: "words", title, blocks: vec![Block::Facts(facts)] }
    }
}

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
