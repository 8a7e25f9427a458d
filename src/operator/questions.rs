//! The questions, in words, and what is done with the replies. How a line is asked for is left to the operator, so
//! that a person with a screen reader is asked the same as everybody else: whoever asks for lines asks all that the
//! engine does ([`Asks`]).

use std::future::Future;
use std::time::{SystemTime, UNIX_EPOCH};

use steps::operator::{CodePurpose, CodeRequest, Operator, OperatorError};
use steps::practice::PersonTask;
use steps::text;
use steps::text::Text;

use super::{Asks, Decision, Question, reply};
use crate::screen::{Screen, Tone};

/// A one-time code lives for so many seconds.
pub(super) const CODE_LIFE: u64 = 30;

/// One line to ask for.
#[derive(Debug, Clone)]
pub(super) struct Prompt {
    /// The question.
    pub words: String,
    /// What Enter alone means.
    pub default: Option<String>,
}

/// Whoever can ask a person for a line.
pub(super) trait AsksForLines {
    /// Where the words around the question go.
    fn screen(&self) -> &Screen;

    /// Asks for one line. Enter alone gives the default, or an empty line without one.
    async fn ask(&mut self, prompt: Prompt) -> Result<String, OperatorError>;

    /// Says what is to be known before a one-time code is typed: what went wrong, and in how many seconds the next
    /// code comes, where the present one may have been used.
    fn before_code(&mut self, trouble: Option<&Text>, next_in: Option<u64>) {
        say_before_code(self.screen(), trouble, next_in);
    }

    /// Says what is waited for, until `seen` finishes or Enter is pressed.
    async fn until_enter<F: Future>(
        &mut self,
        what: &Text,
        seen: F,
    ) -> Result<Option<F::Output>, OperatorError>;
}

impl<P: AsksForLines + Operator> Asks for P {
    async fn start(&mut self) -> Result<bool, OperatorError> {
        self.yes(&text! { en: "Start?", ko: "시작할까요?" }, true).await
    }

    async fn decide(&mut self, default: Decision, more: &[Decision]) -> Result<Decision, OperatorError> {
        let usual = [Decision::Yes, Decision::No, Decision::Explain];
        let ends = [Decision::Skip, Decision::Quit];
        let offered: Vec<Decision> = usual.into_iter().chain(more.iter().copied()).chain(ends).collect();
        let question = with_words(&text! { en: "Apply?", ko: "적용할까요?" }, &offered);
        let expected = one_of(&offered);
        let understand = |typed: &str| reply::decision(typed).filter(|decision| offered.contains(decision));
        until_understood(self, &question, Some(&default.word()), &expected, understand).await
    }

    /// Enter alone leaves things as they are.
    async fn confirm_by_typing(&mut self, what: &Text, expected: &str) -> Result<bool, OperatorError> {
        let screen = self.screen().clone();
        screen.wrapped(2, screen.say(what));
        let question = text! {
            en: "Type {expected} to confirm; Enter alone changes nothing",
            ko: "확인하려면 {expected}을(를) 입력하세요. 그냥 Enter를 누르면 바꾸지 않습니다"
        };
        let wrong = text! { en: "That is not {expected}.", ko: "{expected}이(가) 아닙니다." };
        until_understood(self, &question, None, &wrong, |typed| match reply::words(typed).as_str() {
            "" => Some(false),
            words => (words == expected || is_grouped(words, expected)).then_some(true),
        })
        .await
    }

    async fn answer(&mut self, question: &Question) -> Result<String, OperatorError> {
        let expected = text! { en: "An answer is needed here.", ko: "답을 입력해 주세요." };
        until_understood(self, &question.text, question.default.as_ref(), &expected, |typed| {
            let quits = reply::word(typed) == Some(Decision::Quit);
            Some(reply::words(typed)).filter(|words| !words.is_empty() && !quits)
        })
        .await
    }

    async fn choose(
        &mut self,
        text: &Text,
        options: &[Text],
        default: usize,
    ) -> Result<usize, OperatorError> {
        let count = options.len();
        let question = text! { en: "Number", ko: "번호" };
        let expected = text! { en: "Please type a number from 1 to {count}.", ko: "1부터 {count}까지의 번호를 입력해 주세요." };
        show_options(self.screen(), text, options);
        until_understood(self, &question, Some(&number(default)), &expected, |typed| {
            reply::choice(typed, count)
        })
        .await
    }

    /// Who skips it says no.
    async fn yes(&mut self, text: &Text, default: bool) -> Result<bool, OperatorError> {
        let word = if default { yes_word() } else { no_word() };
        let expected = text! { en: "Please answer yes or no.", ko: "예 또는 아니요로 답해 주세요." };
        until_understood(self, text, Some(&word), &expected, yes_or_no).await
    }

    async fn yes_or_explain(&mut self, text: &Text, default: bool) -> Result<Option<bool>, OperatorError> {
        let offered = [Decision::Yes, Decision::No, Decision::Explain, Decision::Skip, Decision::Quit];
        let word = if default { yes_word() } else { no_word() };
        let (question, expected) = (with_words(text, &offered), one_of(&offered));
        until_understood(self, &question, Some(&word), &expected, |typed| match reply::decision(typed)? {
            Decision::Explain => Some(None),
            _ => yes_or_no(typed).map(Some),
        })
        .await
    }

    async fn choose_or_explain(
        &mut self,
        text: &Text,
        options: &[Text],
        default: usize,
    ) -> Result<Option<usize>, OperatorError> {
        let count = options.len();
        let words = [Decision::Explain, Decision::Skip, Decision::Quit];
        let question = with_words(&text! { en: "Number, or", ko: "번호 또는" }, &words);
        let Text { en, ko } = listed(&words, ", ");
        let expected = text! {
            en: "Please type a number from 1 to {count}, or one of these words: {en}.",
            ko: "1부터 {count}까지의 번호나 다음 중 하나를 입력해 주세요: {ko}."
        };
        show_options(self.screen(), text, options);
        let understand = |typed: &str| match reply::decision(typed) {
            Some(Decision::Explain) => Some(Ok(None)),
            Some(Decision::Skip) => Some(Err(OperatorError::Declined)),
            _ => reply::choice(typed, count).map(|chosen| Ok(Some(chosen))),
        };
        until_understood(self, &question, Some(&number(default)), &expected, understand).await?
    }

    async fn watch<F: Future>(&mut self, what: &Text, seen: F) -> Result<Option<F::Output>, OperatorError> {
        self.until_enter(what, seen).await
    }

    fn is_a_person(&self) -> bool {
        true
    }

    fn show_task(&mut self, task: &PersonTask) {
        show_task(self.screen(), task);
    }
}

/// The words of [`AsksForLines::before_code`] as lines.
pub(super) fn say_before_code(screen: &Screen, trouble: Option<&Text>, next_in: Option<u64>) {
    if let Some(trouble) = trouble {
        screen.wrapped(2, screen.say(trouble));
    }
    if let Some(seconds) = next_in {
        let next =
            text! { en: "The next code comes in {seconds} s.", ko: "다음 코드는 {seconds}초 뒤에 나옵니다." };
        screen.wrapped(2, screen.say(&next));
    }
}

fn yes_or_no(typed: &str) -> Option<bool> {
    match reply::decision(typed)? {
        Decision::Yes => Some(true),
        Decision::No | Decision::Skip => Some(false),
        Decision::Explain | Decision::Undo | Decision::Watch | Decision::Quit => None,
    }
}

/// Asks until the secret is saved. It is on the screen already and is not printed again.
pub(super) async fn saved(person: &mut impl Asks) -> Result<(), OperatorError> {
    let question = text! { en: "Saved?", ko: "저장하셨나요?" };
    while !person.yes(&question, true).await? {}
    Ok(())
}

/// A question, and the words that answer it.
fn with_words(question: &Text, offered: &[Decision]) -> Text {
    let (Text { en, ko }, words) = (question, listed(offered, " / "));
    text! { en: "{en} {words_en}", ko: "{ko} {words_ko}", words_en = words.en, words_ko = words.ko }
}

/// What is said to a reply that is none of the words.
fn one_of(offered: &[Decision]) -> Text {
    let Text { en, ko } = listed(offered, ", ");
    text! {
        en: "Please answer with one of these words: {en}. The first letter is enough.",
        ko: "다음 중 하나로 답해 주세요: {ko}. y, n, e처럼 영어 첫 글자도 됩니다."
    }
}

fn listed(decisions: &[Decision], between: &str) -> Text {
    let words = decisions.iter().map(|decision| decision.word());
    let (en, ko): (Vec<_>, Vec<_>) = words.map(|Text { en, ko }| (en, ko)).unzip();
    Text { en: en.join(between), ko: ko.join(between) }
}

/// Whether it is the number of an account as the console and the first screen write it: in groups of four.
fn is_grouped(words: &str, expected: &str) -> bool {
    let is_number = expected.len() == 12 && expected.bytes().all(|byte| byte.is_ascii_digit());
    is_number && words.replace(['-', ' '], "") == expected
}

fn show_options(screen: &Screen, text: &Text, options: &[Text]) {
    screen.wrapped(2, screen.say(text));
    screen.blank();
    numbered(screen, options);
}

/// What Enter alone means, as it is numbered.
fn number(default: usize) -> Text {
    Text::verbatim((default + 1).to_string())
}

/// One six-digit code that AWS has not seen yet.
pub(super) async fn one_time_code(
    person: &mut impl AsksForLines,
    request: &CodeRequest,
) -> Result<String, OperatorError> {
    let mut trouble = request.trouble.clone();
    loop {
        person.before_code(trouble.as_ref(), next_in(request));
        let words = format!("  {}", person.screen().say(&code_question(request)));
        let typed = person.ask(Prompt { words, default: None }).await?;
        match judge(&typed, request) {
            Ok(code) => return Ok(code),
            Err(OperatorError::Failed(text)) => trouble = Some(text),
            Err(error) => return Err(error),
        }
    }
}

/// How to go on while something is watched.
pub(super) fn way_out() -> Text {
    text! { en: "Press Enter to go on without waiting.", ko: "Enter를 누르면 기다리지 않고 넘어갑니다." }
}

/// Numbered lines, as of a task or of a choice.
fn numbered(screen: &Screen, lines: &[Text]) {
    for (number, line) in (1..).zip(lines) {
        screen.hanging(&format!("    {number}  "), 7, screen.say(line));
    }
    screen.blank();
}

/// How a person's task is done. What it is has been said with the step.
fn show_task(screen: &Screen, task: &PersonTask) {
    if !task.how.is_empty() {
        numbered(screen, &task.how);
    }
}

impl Decision {
    /// The word that means it.
    fn word(self) -> Text {
        match self {
            Self::Yes => yes_word(),
            Self::No => no_word(),
            Self::Explain => text! { en: "explain", ko: "설명" },
            Self::Skip => text! { en: "skip", ko: "건너뛰기" },
            Self::Undo => text! { en: "undo", ko: "되돌리기" },
            Self::Watch => text! { en: "watch", ko: "지켜보기" },
            Self::Quit => text! { en: "quit", ko: "그만" },
        }
    }
}

fn yes_word() -> Text {
    text! { en: "yes", ko: "예" }
}

fn no_word() -> Text {
    text! { en: "no", ko: "아니요" }
}

/// Asks, and asks again after saying what was expected, until the reply is understood. Whatever the question is, the run
/// can be ended at it.
async fn until_understood<T>(
    person: &mut impl AsksForLines,
    question: &Text,
    default: Option<&Text>,
    expected: &Text,
    understand: impl Fn(&str) -> Option<T>,
) -> Result<T, OperatorError> {
    let screen = person.screen().clone();
    let prompt = Prompt {
        words: format!("  {}", screen.say(question)),
        default: default.map(|default| screen.say(default).to_owned()),
    };
    loop {
        let typed = person.ask(prompt.clone()).await?;
        if let Some(understood) = understand(&typed) {
            return Ok(understood);
        }
        if reply::decision(&typed) == Some(Decision::Quit) {
            return Err(OperatorError::Quit);
        }
        screen.wrapped(2, &screen.paint(Tone::Caution, screen.say(expected)));
    }
}

fn code_question(request: &CodeRequest) -> Text {
    let user = steps::text::harmless(&request.user);
    match request.purpose {
        CodePurpose::EnrolFirst => {
            text! { en: "First code of {user}, or skip:", ko: "{user}의 첫 번째 코드(또는 건너뛰기):" }
        }
        CodePurpose::EnrolSecond => {
            text! { en: "Second code of {user}, or skip:", ko: "{user}의 두 번째 코드(또는 건너뛰기):" }
        }
        CodePurpose::SignIn => {
            text! { en: "One-time code of {user}, or skip:", ko: "{user}의 일회용 코드(또는 건너뛰기):" }
        }
    }
}

/// `Failed` says what to type instead.
fn judge(typed: &str, request: &CodeRequest) -> Result<String, OperatorError> {
    match reply::decision(typed) {
        Some(Decision::Skip) => return Err(OperatorError::Declined),
        Some(Decision::Quit) => return Err(OperatorError::Quit),
        _ => {}
    }
    let code = reply::one_time_code(typed).ok_or_else(|| {
        OperatorError::Failed(text! {
            en: "A code has six digits. Type the one that the device shows now.",
            ko: "코드는 여섯 자리 숫자입니다. 디바이스에 지금 보이는 코드를 입력하세요."
        })
    })?;
    if request.used.contains(&code) {
        return Err(OperatorError::Failed(text! {
            en: "This code was used already, and AWS takes each one once. Wait until the device shows the next.",
            ko: "이미 사용한 코드입니다. AWS는 코드를 한 번만 받습니다. 디바이스에 다음 코드가 나올 때까지 기다리세요."
        }));
    }
    Ok(code)
}

/// When the next code comes, where the one that is shown now may have been used.
fn next_in(request: &CodeRequest) -> Option<u64> {
    let needs_next = request.purpose == CodePurpose::EnrolSecond || !request.used.is_empty();
    needs_next.then(seconds_to_next_code)
}

/// How long the present one-time code still lives.
pub(super) fn seconds_to_next_code() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
    CODE_LIFE - now % CODE_LIFE
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use steps::operator::{Enrolment, HandOver};
    use steps::text::Language;

    use super::*;
    use crate::screen::Mode;

    /// A person whose replies are known beforehand.
    struct Scripted {
        screen: Screen,
        replies: VecDeque<&'static str>,
    }

    impl AsksForLines for Scripted {
        fn screen(&self) -> &Screen {
            &self.screen
        }

        async fn ask(&mut self, prompt: Prompt) -> Result<String, OperatorError> {
            let typed = self.replies.pop_front().ok_or(OperatorError::Interrupted)?;
            self.screen.line(&prompt.words);
            Ok(if typed.is_empty() { prompt.default.unwrap_or_default() } else { typed.to_owned() })
        }

        async fn until_enter<F: Future>(
            &mut self,
            _: &Text,
            seen: F,
        ) -> Result<Option<F::Output>, OperatorError> {
            Ok(Some(seen.await))
        }
    }

    impl Operator for Scripted {
        async fn hand_over(&mut self, _: HandOver) -> Result<(), OperatorError> {
            panic!("nothing is handed over")
        }

        async fn enrol(&mut self, _: &Enrolment) -> Result<(), OperatorError> {
            panic!("nothing is enrolled")
        }

        async fn one_time_code(&mut self, request: &CodeRequest) -> Result<String, OperatorError> {
            one_time_code(self, request).await
        }

        async fn enrolled(&mut self) {}

        async fn while_waiting<F: Future>(&mut self, _: Text, work: F) -> F::Output {
            work.await
        }
    }

    fn person(language: Language, replies: &[&'static str]) -> Scripted {
        let screen = Screen::in_memory(language, Mode::Plain);
        Scripted { screen, replies: replies.iter().copied().collect() }
    }

    fn request(used: &[&str]) -> CodeRequest {
        let used = used.iter().map(|code| (*code).to_owned()).collect();
        CodeRequest { user: "alice".into(), purpose: CodePurpose::SignIn, used, trouble: None }
    }

    #[tokio::test]
    async fn a_reply_that_is_not_understood_is_asked_for_again() {
        let mut person = person(Language::En, &["perhaps", "e"]);
        assert_eq!(person.decide(Decision::Yes, &[]).await.ok(), Some(Decision::Explain));
        assert!(person.screen.kept().contains("one of these words: yes, no, explain, skip, quit"));
    }

    #[tokio::test]
    async fn further_words_are_understood_where_they_are_offered() {
        let mut offered = person(Language::Ko, &["되돌리기"]);
        assert_eq!(offered.decide(Decision::Skip, &[Decision::Undo]).await.ok(), Some(Decision::Undo));
        let mut elsewhere = person(Language::En, &["undo", "no"]);
        assert_eq!(elsewhere.decide(Decision::Yes, &[]).await.ok(), Some(Decision::No));
    }

    #[tokio::test]
    async fn enter_means_the_default_in_both_languages() {
        for language in [Language::En, Language::Ko] {
            for default in [Decision::Yes, Decision::Skip] {
                let mut person = person(language, &[""]);
                assert_eq!(person.decide(default, &[]).await.ok(), Some(default));
            }
        }
    }

    #[tokio::test]
    async fn the_end_of_input_is_never_a_yes() {
        let result = person(Language::En, &[]).start().await;
        assert!(matches!(result, Err(OperatorError::Interrupted)));
    }

    #[tokio::test]
    async fn only_the_expected_words_confirm() {
        let what = Text::verbatim("Deletes a key.");
        let mut wrong_then_right = person(Language::En, &["1111", "111122223333"]);
        assert_eq!(wrong_then_right.confirm_by_typing(&what, "111122223333").await.ok(), Some(true));
        let mut enter = person(Language::En, &[""]);
        assert_eq!(enter.confirm_by_typing(&what, "111122223333").await.ok(), Some(false));
        let mut as_it_is_shown = person(Language::En, &["1111-2222-3334", "1111-2222-3333"]);
        let confirmed = as_it_is_shown.confirm_by_typing(&what, "111122223333").await;
        assert_eq!((confirmed.ok(), as_it_is_shown.replies.len()), (Some(true), 0));
        let mut name = person(Language::En, &["ali-ce", "alice"]);
        assert_eq!(name.confirm_by_typing(&what, "alice").await.ok(), Some(true));
        assert!(name.replies.is_empty(), "a name is typed as it is");
    }

    #[tokio::test]
    async fn a_used_code_is_refused_at_once_with_the_reason() {
        let mut person = person(Language::Ko, &["123456", "12", "654 321"]);
        let code = one_time_code(&mut person, &request(&["123456"])).await;
        assert_eq!(code.ok().as_deref(), Some("654321"));
        assert!(person.screen.kept().contains("이미 사용한 코드입니다"));
        assert!(person.screen.kept().contains("여섯 자리"));
    }

    #[tokio::test]
    async fn skipping_a_code_declines_and_quitting_ends_the_run() {
        let result = one_time_code(&mut person(Language::En, &["s"]), &request(&[])).await;
        assert!(matches!(result, Err(OperatorError::Declined)));
        for quit in ["quit", "그만", "ㅂ"] {
            let result = one_time_code(&mut person(Language::En, &[quit]), &request(&[])).await;
            assert!(matches!(result, Err(OperatorError::Quit)), "{quit}: {result:?}");
        }
    }

    /// Whatever is asked at a step, the words that go with every step are understood.
    #[tokio::test]
    async fn an_explanation_a_skip_and_an_end_are_understood_at_every_question_of_a_step() {
        let (done, which) = (Text::verbatim("Is it done?"), Text::verbatim("Which?"));
        let options = [Text::verbatim("passkey"), Text::verbatim("app")];
        for (language, explain, skip, quit) in
            [(Language::En, "explain", "skip", "quit"), (Language::Ko, "설명", "ㄴ", "그만")]
        {
            let mut asked = person(language, &["perhaps", explain, skip, quit]);
            assert_eq!(asked.yes_or_explain(&done, true).await.ok(), Some(None));
            assert_eq!(asked.yes_or_explain(&done, true).await.ok(), Some(Some(false)));
            assert!(matches!(asked.yes_or_explain(&done, true).await, Err(OperatorError::Quit)));
            let mut asked = person(language, &["3", explain, skip, quit, "", "2"]);
            assert_eq!(asked.choose_or_explain(&which, &options, 0).await.ok(), Some(None));
            let skipped = asked.choose_or_explain(&which, &options, 0).await;
            assert!(matches!(skipped, Err(OperatorError::Declined)), "{skipped:?}");
            let ended = asked.choose_or_explain(&which, &options, 0).await;
            assert!(matches!(ended, Err(OperatorError::Quit)), "{ended:?}");
            assert_eq!(asked.choose_or_explain(&which, &options, 0).await.ok(), Some(Some(0)));
            assert_eq!(asked.choose_or_explain(&which, &options, 0).await.ok(), Some(Some(1)));
            assert!(asked.screen.kept().contains(explain), "{}", asked.screen.kept());
        }
    }

    #[tokio::test]
    async fn the_run_ends_at_any_question_but_a_letter_is_a_name() {
        let question = Question { key: "admin.user", text: Text::verbatim("Name"), default: None };
        let mut asked = person(Language::En, &["q", "quit"]);
        assert_eq!(asked.answer(&question).await.ok().as_deref(), Some("q"));
        assert!(matches!(asked.answer(&question).await, Err(OperatorError::Quit)));
        let mut asked = person(Language::En, &["quit", "q", "skip"]);
        let what = Text::verbatim("Deletes a key.");
        assert!(matches!(asked.confirm_by_typing(&what, "alice").await, Err(OperatorError::Quit)));
        assert!(matches!(asked.yes(&what, true).await, Err(OperatorError::Quit)));
        assert_eq!(asked.yes(&what, true).await.ok(), Some(false));
    }

    #[tokio::test]
    async fn choices_are_numbered() {
        let options = [Text::verbatim("passkey"), Text::verbatim("app")];
        let mut person = person(Language::En, &["3", "2"]);
        assert_eq!(person.choose(&Text::verbatim("Which?"), &options, 0).await.ok(), Some(1));
        assert!(person.screen.kept().contains("    2  app"));
    }
}
