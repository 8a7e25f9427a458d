//! A run in lines that a person reads, one thing at a time.
//!
//! A walk explains a step before it asks; a list (`plan`, `check`) has a line for each step and its changes below it.

use steps::aws::WayIn;
use steps::practice::{PracticeId, Seen, State, StepId};
use steps::text;
use steps::text::{Text, counted};

pub use super::trouble::{failed, failure, failure_midway, paused, sign_in_help, stopped};

use super::{markdown, summary, trouble, words};
use crate::event::{ChangeReport, Event, Listener, Outcome, SignedIn, StepReport};
use crate::screen::{Screen, Spinner, Tone, padded, wrap};

/// The most rows that a question takes: in words, and where they are many, the place to type below.
const QUESTION: usize = 2;

/// The rows of the ways to sign in, with the question that they answer and the empty lines around.
const WAYS_TO_SIGN_IN: usize = 9;

/// The listener that a person reads.
#[derive(Debug)]
pub struct Human {
    screen: Screen,
    manner: Manner,
    /// Whether AWS's request ids are told.
    verbose: bool,
    /// Whether a list tells a person how, too.
    directs: bool,
    /// Whether nobody is there who would want to know how long it takes.
    unattended: bool,
    /// Whether the same command would not go on, but start over.
    starts_over: bool,
    /// The practice whose heading was printed last.
    practice: Option<PracticeId>,
    /// The step that was shown last, for the question that comes again after an explanation.
    asked_about: Option<StepReport>,
    /// Whether the reason of that step was told with it: an explanation tells it where it was not.
    reason_told: bool,
    /// Turns while AWS makes a change.
    spinner: Option<Spinner>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    Walk,
    List,
}

impl Human {
    /// For a run that goes from step to step, with somebody who decides.
    pub fn walking(screen: Screen) -> Self {
        Self::new(screen, Manner::Walk)
    }

    /// For a run that only looks.
    pub fn listing(screen: Screen) -> Self {
        Self::new(screen, Manner::List)
    }

    /// Says more: AWS's request id after each change.
    #[must_use]
    pub fn verbose(mut self, verbose: bool) -> Self {
        self.verbose = verbose;
        self
    }

    /// Tells in a list, too, how a person does what is left to one, as a plan does and a verdict does not.
    #[must_use]
    pub fn with_directions(mut self, directs: bool) -> Self {
        self.directs = directs;
        self
    }

    /// Leaves out what is for somebody who is about to sit through it.
    #[must_use]
    pub fn unattended(mut self, unattended: bool) -> Self {
        self.unattended = unattended;
        self
    }

    /// Tells how to go on where the same command would start over.
    #[must_use]
    pub fn starting_over(mut self, starts_over: bool) -> Self {
        self.starts_over = starts_over;
        self
    }

    fn new(screen: Screen, manner: Manner) -> Self {
        Self {
            screen,
            manner,
            verbose: false,
            directs: false,
            unattended: false,
            starts_over: false,
            practice: None,
            asked_about: None,
            reason_told: false,
            spinner: None,
        }
    }

    fn say<'a>(&self, text: &'a Text) -> &'a str {
        self.screen.say(text)
    }

    /// Prints the heading of a practice above its first line. A step that is explained has a heading of its own.
    fn enter(&mut self, practice: PracticeId) {
        if self.practice.replace(practice) == Some(practice) {
            return;
        }
        let heading = format!("{}  {}", words::number(practice), self.say(&practice.title()));
        self.screen.blank();
        self.screen.line(&format!("  {}", self.screen.paint(Tone::Strong, &heading)));
    }

    fn step(&mut self, report: &StepReport) {
        let practice = report.step.practice();
        match (self.manner, report.state) {
            (Manner::List, _) => {
                self.enter(practice);
                self.listed(report);
            }
            (Manner::Walk, State::ToChange | State::NeedsPerson) => {
                self.practice = Some(practice);
                let before = self.asked_about.replace(report.clone());
                let again = before.is_some_and(|before| before.step == report.step);
                let told = again && self.reason_told;
                self.reason_told = self.explained_before_asking(report, told);
            }
            (Manner::Walk, _) => {
                self.enter(practice);
                self.passed_over(report);
            }
        }
    }

    /// A step that needs a decision or a person: why, what to know before, and what would be done. All that is needed for
    /// the answer has to be in sight when the question comes, so where the window is too small, the reason is left out,
    /// and then the empty lines. A step that comes again, with its next question, may have `told` its reason before. Gives
    /// back whether it is told now.
    fn explained_before_asking(&self, report: &StepReport, told: bool) -> bool {
        let needed = [
            self.heading(report.step),
            self.notes(2, report),
            self.changes(4, &report.changes),
            self.task(report),
        ];
        let [heading, notes, changes, task] = needed.clone();
        let why = if told { Vec::new() } else { self.why(report.step) };
        let whole = spaced(&[heading, why, notes, changes, task]);
        let asked = self.rows_of_question(report);
        let pages = [whole, spaced(&needed), needed.concat()];
        let fitting = pages.iter().position(|page| self.fits(page.len() + asked));
        match fitting.and_then(|index| pages.get(index)) {
            Some(page) => self.print(page),
            None => {
                self.print(&needed.concat());
                self.longer_than_the_window();
            }
        }
        told || fitting == Some(0)
    }

    fn longer_than_the_window(&self) {
        let longer = text! {
            en: "This is longer than the window: scroll up to see how it begins.",
            ko: "창보다 길어 앞부분이 가려졌습니다. 위로 스크롤해서 보세요."
        };
        self.screen.wrapped(2, &self.screen.paint(Tone::Caution, self.say(&longer)));
    }

    /// Where no window shows it, everything fits.
    fn fits(&self, rows: usize) -> bool {
        self.screen.rows().is_none_or(|seen| rows <= seen)
    }

    /// How many rows the question takes that follows a page, with the directions that come with it.
    fn rows_of_question(&self, report: &StepReport) -> usize {
        let Some(task) = &report.person else { return QUESTION };
        let how = self.rows_of(&task.how) + 1;
        match &task.seen {
            Seen::ByAnswer(_) => self.rows_of([&task.what]) + QUESTION,
            Seen::ByChoice(_, options) => {
                // In a rehearsal it is said besides what there is.
                self.rows_of([&task.what]) + self.rows_of(options.iter().map(|(text, _)| text)) + 4 + QUESTION
            }
            Seen::BySigningIn => how + WAYS_TO_SIGN_IN + QUESTION,
            // In a rehearsal a command is named besides.
            Seen::InAccount | Seen::ByWord(_) | Seen::BySigningInAgain => how + 2 + QUESTION,
            Seen::Elsewhere => how,
        }
    }

    /// How many rows numbered lines take.
    fn rows_of<'t>(&self, texts: impl IntoIterator<Item = &'t Text>) -> usize {
        let rows = |text: &Text| wrap("    1  ", 7, self.say(text), self.screen.width()).len();
        texts.into_iter().map(rows).sum()
    }

    fn why(&self, step: StepId) -> Vec<String> {
        let why = markdown::first_paragraph(step.guide(self.screen.language())).unwrap_or_default();
        if why.is_empty() {
            return Vec::new();
        }
        wrap("  ", 2, &markdown::inline(&self.screen, markdown::without_label(&why)), self.screen.width())
    }

    /// What a person has to do, unless the question that follows says it.
    fn task(&self, report: &StepReport) -> Vec<String> {
        match &report.person {
            Some(task) if !matches!(task.seen, Seen::ByAnswer(_) | Seen::ByChoice(..)) => {
                wrap("  ", 2, self.say(&task.what), self.screen.width())
            }
            _ => Vec::new(),
        }
    }

    fn heading(&self, step: StepId) -> Vec<String> {
        let practice = step.practice();
        let (number, title) = (words::number(practice), practice.title());
        let steps = practice.steps();
        let (of, at) = (steps.len(), steps.iter().position(|id| *id == step).map_or(0, |index| index + 1));
        let (en, ko) = (&title.en, &title.ko);
        let heading = text! {
            en: "{number} {en} · step {at} of {of} · {step}",
            ko: "{number} {ko} · {of}단계 중 {at}단계 · {step}"
        };
        vec![format!("  {}", self.screen.paint(Tone::Strong, self.say(&heading)))]
    }

    fn print(&self, lines: &[String]) {
        for line in lines {
            self.screen.line(line);
        }
    }

    /// A note that begins with spaces goes with the one before, and is set in below it.
    fn notes(&self, indent: usize, report: &StepReport) -> Vec<String> {
        let lines_of = |note: &Text| {
            let note = self.say(note);
            let words = note.trim_start();
            let margin = indent + note.len() - words.len();
            wrap(&" ".repeat(margin), margin, words, self.screen.width())
        };
        report.notes.iter().flat_map(lines_of).collect()
    }

    fn changes(&self, indent: usize, changes: &[ChangeReport]) -> Vec<String> {
        let planned: Vec<Text> = changes.iter().map(|change| words::planned(change.verb)).collect();
        let widest =
            planned.iter().map(|verb| textwrap::core::display_width(self.say(verb))).max().unwrap_or(0);
        let lines_of = |(change, verb): (&ChangeReport, &Text)| {
            let head =
                format!("{}{}{}  ", " ".repeat(indent), self.sign(change), padded(self.say(verb), widest));
            let below = textwrap::core::display_width(&head);
            wrap(&head, below, self.say(&change.summary), self.screen.width())
        };
        changes.iter().zip(&planned).flat_map(lines_of).collect()
    }

    fn sign(&self, change: &ChangeReport) -> String {
        let (tone, sign) = words::sign(change.verb);
        if self.screen.is_plain() { String::new() } else { format!("{} ", self.screen.paint(tone, sign)) }
    }

    /// A step that needs nothing now, in one line with what was found or why it waits.
    fn passed_over(&self, report: &StepReport) {
        let about = report.reason.as_ref().or(report.found.as_ref());
        let about = about.map(|text| self.say(text)).unwrap_or_default();
        let state = words::state(report.state);
        let word = match report.state {
            State::InPlace => String::new(),
            _ => format!("{}: ", self.say(&state)),
        };
        let (tone, symbol) = words::symbol(report.state);
        let in_words = text! { en: "done", ko: "완료" };
        let mark = match report.state {
            State::InPlace => format!("{} ", self.screen.mark(tone, symbol, &in_words)),
            _ if self.screen.is_plain() => String::new(),
            _ => format!("{} ", self.screen.paint(tone, symbol)),
        };
        self.screen.hanging(&format!("    {mark}{}  ", report.step), 6, &format!("{word}{about}"));
    }

    fn listed(&self, report: &StepReport) {
        let (tone, symbol) = words::symbol(report.state);
        let state = words::state(report.state);
        let state = if self.screen.is_plain() {
            format!("{}:", self.say(&state))
        } else {
            format!("{} {}", self.screen.paint(tone, symbol), padded(self.say(&state), 14))
        };
        let found = report.found.as_ref().map(|found| self.say(found)).unwrap_or_default();
        let head = format!("     {state} {}  ", padded(report.step.name(), names()));
        let columns = textwrap::core::display_width(&head) + textwrap::core::display_width(found);
        if columns <= self.screen.width() {
            self.screen.hanging(&head, 11, found);
        } else {
            // Begun in the last column, it would be torn apart.
            self.screen.line(head.trim_end());
            self.screen.wrapped(11, found);
        }
        self.print(&self.changes(11, &report.changes));
        let person = report.person.as_ref().map(|task| &task.what);
        for text in person.into_iter().chain(&report.reason) {
            self.screen.wrapped(11, self.say(text));
        }
        if self.directs {
            self.print(&self.directions(11, report));
        }
        self.print(&self.notes(11, report));
    }

    fn directions(&self, indent: usize, report: &StepReport) -> Vec<String> {
        let (margin, width) = (" ".repeat(indent), self.screen.width());
        let how = report.person.iter().flat_map(|task| &task.how);
        (1..)
            .zip(how)
            .flat_map(|(number, text)| {
                wrap(&format!("{margin}{number}  "), indent + 3, self.say(text), width)
            })
            .collect()
    }

    fn change_started(&mut self, change: &ChangeReport) {
        if self.screen.animates() {
            self.spinner = Some(self.screen.spinner(self.say(&change.summary)));
        }
    }

    fn change_finished(&mut self, change: &ChangeReport, outcome: &Outcome) {
        self.spinner = None;
        let (mark, verb) = match outcome {
            Outcome::Done { .. } => {
                let done = text! { en: "done", ko: "완료" };
                (self.screen.mark(Tone::Good, "✓", &done), words::done(change.verb))
            }
            Outcome::Failed(_) => {
                let failed = text! { en: "failed", ko: "실패" };
                (self.screen.mark(Tone::Bad, "✗", &failed), words::planned(change.verb))
            }
        };
        let head = format!("    {mark} {}  ", self.say(&verb));
        self.screen.hanging(&head, textwrap::core::display_width(&head), self.say(&change.summary));
        if let (true, Outcome::Done { request_id: Some(id) }) = (self.verbose, outcome) {
            let id = words::request_id(id);
            self.screen.wrapped(6, &self.screen.paint(Tone::Faint, self.say(&id)));
        }
    }

    /// How a step stands after its changes.
    fn verified(&self, report: &StepReport) {
        match report.state {
            State::InPlace => {
                let in_place = text! { en: "In place.", ko: "적용되었습니다." };
                self.screen.wrapped(2, &self.screen.paint(Tone::Good, self.say(&in_place)));
            }
            State::ToChange => {
                let left = text! { en: "AWS does not show it all yet. This is left:", ko: "AWS에 아직 모두 반영되지 않았습니다. 남은 것:" };
                self.screen.wrapped(2, self.say(&left));
                self.print(&self.changes(4, &report.changes));
            }
            State::NeedsPerson => {
                let what = report.person.as_ref().map(|task| self.say(&task.what)).unwrap_or_default();
                self.screen.wrapped(2, what);
            }
            _ => self.passed_over(report),
        }
    }

    /// The guide, and once more what to decide on, because the question comes next. Where it does not all fit into the
    /// window, what was shown with the step is left out: the reason, if it was, and then the notes, to which the person is
    /// sent back.
    fn explained(&self, step: StepId) {
        let asked_about = self.asked_about.as_ref().filter(|report| report.step == step);
        let notes = asked_about.map(|report| self.notes(2, report)).unwrap_or_default();
        let changes = asked_about.map(|report| self.changes(4, &report.changes)).unwrap_or_default();
        let task = asked_about.map(|report| self.task(report)).unwrap_or_default();
        let asked = asked_about.map_or(QUESTION, |report| self.rows_of_question(report));
        let guide = step.guide(self.screen.language());
        let whole = markdown::lines(&self.screen, 2, guide);
        let rest = if self.reason_told && asked_about.is_some() {
            markdown::lines(&self.screen, 2, markdown::after_first_paragraph(guide))
        } else {
            whole.clone()
        };
        let above = if notes.is_empty() { Vec::new() } else { self.notes_are_above() };
        let pages = [
            spaced(&[whole, notes.clone(), changes.clone(), task.clone()]),
            spaced(&[rest.clone(), notes, changes.clone(), task.clone()]),
            spaced(&[rest, above, changes, task]),
        ];
        let fitting = pages.iter().find(|page| self.fits(page.len() + asked));
        if let Some(page) = fitting.or(pages.last()) {
            self.print(page);
            // A question that takes one row may fit all the same.
            if !self.fits(page.len() + asked - 1) {
                self.longer_than_the_window();
            }
        }
    }

    fn notes_are_above(&self) -> Vec<String> {
        let above = text! {
            en: "What to know before you decide stands above, where the step begins.",
            ko: "결정하기 전에 알아 둘 내용은 위쪽, 단계가 시작되는 곳에 있습니다."
        };
        wrap("  ", 2, &self.screen.paint(Tone::Caution, self.say(&above)), self.screen.width())
    }

    fn signed_in(&self, who: &SignedIn) {
        self.screen.blank();
        for line in [Some(account(who)), free_plan(who), organization(who), Some(signed_in(who))]
            .into_iter()
            .flatten()
        {
            self.screen.wrapped(2, self.say(&line));
        }
        if who.rehearsal {
            let rehearsal = text! {
                en: "This is the practice account inside dayone. No AWS account is touched.",
                ko: "dayone 안의 연습용 계정입니다. 실제 AWS 계정은 건드리지 않습니다."
            };
            self.screen.wrapped(2, &self.screen.paint(Tone::Caution, self.say(&rehearsal)));
        } else if let Some(endpoint) = &who.endpoint {
            self.screen.wrapped(2, &self.screen.paint(Tone::Caution, self.say(&replaced(endpoint))));
        }
    }

    fn overview(&self, reports: &[StepReport]) {
        if self.manner == Manner::List {
            return;
        }
        self.screen.blank();
        for practice in PracticeId::ALL {
            let steps = reports.iter().filter(|report| report.step.practice() == practice);
            self.overview_line(practice, &steps.collect::<Vec<_>>());
        }
        self.screen.blank();
        if self.unattended {
            return;
        }
        for line in before_start(to_do(reports), self.starts_over) {
            self.screen.wrapped(2, self.say(&line));
        }
        self.screen.blank();
    }

    /// A practice of which no step is asked for has no line.
    fn overview_line(&self, practice: PracticeId, reports: &[&StepReport]) {
        let (steps, to_do) = (reports.len(), to_do(reports.iter().copied()));
        if steps == 0 {
            return;
        }
        let title = practice.title();
        let title = padded(self.say(&title), 30);
        let price = words::price(practice).unwrap_or_default();
        let steps_en = padded(&counted(steps, "step"), 7);
        let counts = match to_do {
            0 => text! { en: "{steps_en}   in place", ko: "{steps}단계   적용됨" },
            _ => text! { en: "{steps_en}   {to_do} to do", ko: "{steps}단계   할 일 {to_do}" },
        };
        let counts = padded(self.say(&counts), 21);
        let price = self.screen.paint(Tone::Faint, self.say(&price));
        self.screen.line(format!("  {}  {title} {counts} {price}", words::number(practice)).trim_end());
    }
}

impl Listener for Human {
    fn hear(&mut self, event: &Event) {
        match event {
            Event::SignedIn(who) => self.signed_in(who),
            Event::Looked(looked) if self.manner == Manner::List => {
                self.screen.wrapped(2, &self.screen.paint(Tone::Faint, self.say(&words::looked(looked))));
            }
            Event::Looked(_) => {}
            Event::Overview(reports) => self.overview(reports),
            // Headings come with the first step that has something to show.
            Event::PracticeStarted(_) => {}
            Event::Step(report) => self.step(report),
            Event::Explained(step) => self.explained(*step),
            Event::ChangeStarted(change) => self.change_started(change),
            Event::Finishing => trouble::finishing(&self.screen),
            Event::ChangeFinished(change, outcome) => self.change_finished(change, outcome),
            Event::Verified(report) => self.verified(report),
            Event::StepLeft(_) => {
                let left = text! { en: "Left for another time.", ko: "다음으로 미룹니다." };
                self.screen.wrapped(2, &self.screen.paint(Tone::Faint, self.say(&left)));
            }
            Event::Note(text) => self.screen.wrapped(2, self.say(text)),
            Event::Finished(finished) => summary::print(&self.screen, finished),
        }
    }
}

/// Something else is asked than AWS: a forgotten setting would send calls to an emulator in silence.
pub fn replaced(endpoint: &str) -> Text {
    let endpoint = steps::text::harmless(endpoint);
    text! { en: "AWS is replaced by {endpoint}.", ko: "AWS 대신 {endpoint}을(를) 사용합니다." }
}

/// Parts of a page from top to bottom, with an empty line around each.
fn spaced(parts: &[Vec<String>]) -> Vec<String> {
    let parts = parts.iter().filter(|part| !part.is_empty());
    let begins = parts.flat_map(|part| std::iter::once(String::new()).chain(part.iter().cloned()));
    begins.chain([String::new()]).collect()
}

/// The columns that the longest name of a step takes.
fn names() -> usize {
    StepId::all().map(|step| step.name().len()).max().unwrap_or_default()
}

fn account(who: &SignedIn) -> Text {
    let account = steps::text::harmless(&grouped(&who.account));
    let mut line = match &who.about.alias {
        Some(alias) => {
            let alias = steps::text::harmless(alias);
            text! { en: "Account {account}, alias {alias}", ko: "계정 {account}, 별칭 {alias}" }
        }
        None => text! { en: "Account {account}, no alias", ko: "계정 {account}, 별칭 없음" },
    };
    if let Some(day) = &who.about.opened {
        let opened = text! { en: ", opened {day}", ko: ", {day} 개설" };
        line.en.push_str(&opened.en);
        line.ko.push_str(&opened.ko);
    }
    line
}

fn free_plan(who: &SignedIn) -> Option<Text> {
    let day = who.about.closes.as_ref()?;
    Some(text! {
        en: "On the Free plan: AWS closes it by itself on {day}, or when its credits are used up.",
        ko: "무료 플랜: {day}에, 또는 그 전에 크레딧을 다 쓰면 AWS가 계정을 자동으로 닫습니다."
    })
}

fn organization(who: &SignedIn) -> Option<Text> {
    let organization = who.about.organization.as_ref()?;
    let id = steps::text::harmless(&organization.id);
    Some(if organization.managed_here {
        text! { en: "It manages the organization {id}.", ko: "조직 {id}의 관리 계정입니다." }
    } else {
        text! { en: "It belongs to the organization {id}.", ko: "조직 {id}의 멤버 계정입니다." }
    })
}

/// An account number as AWS's console writes it.
pub(super) fn grouped(account: &str) -> String {
    match (account.get(..4), account.get(4..8), account.get(8..)) {
        (Some(a), Some(b), Some(c)) if account.len() == 12 => format!("{a}-{b}-{c}"),
        _ => account.to_owned(),
    }
}

fn signed_in(who: &SignedIn) -> Text {
    let who_is_it = match who.kind {
        "root" => text! { en: "the root user", ko: "루트 사용자" },
        _ => Text::verbatim(steps::text::harmless(&who.arn)),
    };
    let how = match (who.way, who.mfa) {
        (WayIn::Login, _) => Text::verbatim("aws login"),
        (WayIn::CloudShell, _) => Text::verbatim("CloudShell"),
        (WayIn::Temporary, Some(true)) => {
            text! { en: "temporary credentials with MFA", ko: "MFA를 거친 임시 보안 인증 정보" }
        }
        (WayIn::Temporary, _) => text! { en: "temporary credentials", ko: "임시 보안 인증 정보" },
        (WayIn::AccessKey, _) => text! { en: "an access key", ko: "액세스 키" },
    };
    let (who_en, who_ko, how_en, how_ko) = (&who_is_it.en, &who_is_it.ko, &how.en, &how.ko);
    text! { en: "Signed in as {who_en}, by {how_en}", ko: "로그인: {who_ko}({how_ko})" }
}

fn to_do<'r>(reports: impl IntoIterator<Item = &'r StepReport>) -> usize {
    reports.into_iter().filter(|report| !report.state.is_settled()).count()
}

fn before_start(to_do: usize, starts_over: bool) -> Vec<Text> {
    if to_do == 0 {
        return vec![text! {
            en: "Everything is in place. The walk looks at each step once more.",
            ko: "모두 적용되어 있습니다. 각 단계를 한 번 더 확인합니다."
        }];
    }
    let minutes = (to_do * 7).div_ceil(10).max(2);
    vec![
        text! {
            en: "About {minutes} minutes. Have your phone with an authenticator app at hand.",
            ko: "약 {minutes}분 걸립니다. 인증 앱이 있는 휴대폰을 준비하세요."
        },
        if starts_over {
            text! {
                en: "Stop whenever you like with Ctrl-C; the same command without --fresh goes on from there.",
                ko: "언제든 Ctrl-C로 멈출 수 있습니다. 같은 명령을 --fresh 없이 실행하면 이어서 진행합니다."
            }
        } else {
            text! {
                en: "Stop whenever you like with Ctrl-C; the same command goes on from there.",
                ko: "언제든 Ctrl-C로 멈출 수 있습니다. 같은 명령을 실행하면 이어서 진행합니다."
            }
        },
    ]
}

#[cfg(test)]
#[path = "human_tests.rs"]
mod tests;
