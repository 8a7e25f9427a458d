//! A person at a terminal that can be redrawn: dialoguer's line prompts, one spinner, and a QR code.
//!
//! Only `Input` is used. With Ctrl-C `Password` leaves echo off, `Select` leaves the cursor hidden, and `Confirm`
//! does not hear the Hangul letters that the keys y and n give with the Korean layout on.

use std::fmt;
use std::future::Future;
use std::io;

use console::Term;
use dialoguer::Input;
use dialoguer::theme::Theme;
use secrecy::{ExposeSecret, SecretString};
use steps::operator::{CodeRequest, Enrolment, HandOver, Operator, OperatorError, Pause};
use steps::text;
use steps::text::Text;

use super::countdown::{self, Bar};
use super::questions::{self, AsksForLines, Prompt};
use super::{line_input, reply};
use crate::interrupt::Interrupt;
use crate::qr;
use crate::screen::{PrivatePage, Screen, Tone, wrap, wrap_within};

/// The columns between the QR code and the words beside it.
const GAP: usize = 2;

/// Words beside the QR code need so many columns: six groups of the seed.
const NARROWEST: usize = 29;

/// A person at a terminal.
#[derive(Debug)]
pub struct Terminal {
    screen: Screen,
    interrupt: Interrupt,
    /// What is shown until the enrolment ends.
    shown: Option<Shown>,
    /// The bar that counts down while a code is typed.
    bar: Option<Bar>,
}

/// An enrolment in sight. It is drawn again after each reply, because the reply scrolls the code off the top.
#[derive(Debug)]
struct Shown {
    page: PrivatePage,
    account: String,
    user: String,
    otpauth: SecretString,
    seed: SecretString,
}

impl Terminal {
    /// Standard input and standard error have to be a terminal.
    pub fn new(screen: Screen, interrupt: Interrupt) -> Self {
        screen.face_a_person();
        Self { screen, interrupt, shown: None, bar: None }
    }

    fn draw(&mut self, trouble: Option<&Text>, next_in: Option<u64>) {
        let Some(shown) = &self.shown else { return };
        let Drawing { lines, bar } = shown.drawn(&self.screen, trouble, next_in);
        self.bar = bar;
        shown.page.clear();
        for line in lines {
            self.screen.private_line(&line);
        }
    }
}

impl AsksForLines for Terminal {
    fn screen(&self) -> &Screen {
        &self.screen
    }

    async fn ask(&mut self, prompt: Prompt) -> Result<String, OperatorError> {
        self.screen.quiet();
        let prompt = on_one_line(&self.screen, prompt);
        let bar = self.bar.take();
        line_input::forget_typed_ahead();
        let asked = tokio::task::spawn_blocking(move || ask_now(prompt));
        let typed = tokio::select! {
            biased;
            () = self.interrupt.wait() => return Err(OperatorError::Interrupted),
            typed = asked => typed.map_err(io::Error::other)?,
            never = countdown::run(&self.screen, bar) => match never {},
        };
        understand(typed)
    }

    fn before_code(&mut self, trouble: Option<&Text>, next_in: Option<u64>) {
        if self.shown.is_some() {
            self.draw(trouble, next_in);
        } else {
            questions::say_before_code(&self.screen, trouble, next_in);
        }
    }

    async fn until_enter<F: Future>(
        &mut self,
        what: &Text,
        seen: F,
    ) -> Result<Option<F::Output>, OperatorError> {
        let what = self.screen.say(what);
        let (watching, way_out) = (text! { en: "{what} …", ko: "{what} …" }, questions::way_out());
        line_input::forget_typed_ahead();
        let spinner = self.screen.spinner_with_way_out(self.screen.say(&watching), self.screen.say(&way_out));
        let seen = line_input::until_enter(seen, &self.interrupt).await;
        if matches!(seen, Ok(None) | Err(OperatorError::Quit)) {
            spinner.end_after_enter();
        }
        seen
    }
}

impl Operator for Terminal {
    async fn hand_over(&mut self, secret: HandOver) -> Result<(), OperatorError> {
        let page = self.screen.private_page();
        for line in handed_over(&self.screen, &secret) {
            self.screen.private_line(&line);
        }
        drop(secret);
        let result = questions::saved(self).await;
        drop(page);
        result
    }

    async fn enrol(&mut self, enrolment: &Enrolment) -> Result<(), OperatorError> {
        self.shown = Some(Shown {
            page: self.screen.private_page(),
            account: enrolment.account.clone(),
            user: enrolment.user.clone(),
            otpauth: enrolment.otpauth.clone(),
            seed: enrolment.seed.clone(),
        });
        self.draw(None, None);
        Ok(())
    }

    async fn one_time_code(&mut self, request: &CodeRequest) -> Result<String, OperatorError> {
        questions::one_time_code(self, request).await
    }

    async fn enrolled(&mut self) {
        self.shown = None;
    }

    fn pause(&self) -> Pause {
        self.interrupt.pause()
    }

    async fn while_waiting<F: Future>(&mut self, what: Text, work: F) -> F::Output {
        let _spinner = self.screen.spinner(self.screen.say(&what));
        work.await
    }
}

/// An enrolment in lines, from the top of the screen.
struct Drawing {
    lines: Vec<String>,
    bar: Option<Bar>,
}

/// What a drawing has to fit into.
#[derive(Clone, Copy)]
struct Window {
    rows: usize,
    columns: usize,
    /// How many columns words may take.
    width: usize,
    colors: bool,
}

impl Window {
    fn of(screen: &Screen) -> Self {
        let (rows, columns) = screen.size();
        Self { rows, columns, width: columns.min(screen.width()), colors: screen.has_colors() }
    }
}

impl Shown {
    /// The code with the words, where there is room for it, else the words alone.
    fn drawn(&self, screen: &Screen, trouble: Option<&Text>, next_in: Option<u64>) -> Drawing {
        let window = Window::of(screen);
        let words = |width: usize, is_pictured: bool| {
            let mut words = self.words(screen, trouble, width, is_pictured);
            words.extend(next_in.map(|seconds| screen.say(&countdown::words(seconds)).to_owned()));
            words
        };
        let beside = |width: usize| words(width, true);
        let (lines, bar) = pictured(self.otpauth.expose_secret(), window, &beside).unwrap_or_else(|| {
            let words = words(window.width, false);
            let bar = Bar { row: words.len(), column: 1 };
            (words, bar)
        });
        // Where the words are too many, the screen has scrolled and nobody knows where the bar is.
        let bar = next_in.and((lines.len() < window.rows).then_some(bar));
        Drawing { lines, bar }
    }

    fn words(&self, screen: &Screen, trouble: Option<&Text>, width: usize, is_pictured: bool) -> Vec<String> {
        let Self { account, user, .. } = self;
        let seed = SecretString::from(in_groups_of_four(self.seed.expose_secret()));
        let title = text! { en: "MFA device of {user}", ko: "{user}의 MFA 디바이스" };
        let account = text! { en: "Account {account}", ko: "계정 {account}" };
        let scan_it = text! {
            en: "Scan it, then type two codes that follow one another.",
            ko: "스캔한 뒤, 이어서 나오는 코드 두 개를 차례로 입력하세요."
        };
        let by_hand = text! {
            en: "Cannot scan? Type this key into the app:",
            ko: "스캔할 수 없으면 앱에 이 키를 입력하세요."
        };
        let too_small = text! {
            en: "The window is too small for the QR code. Make it larger and press Enter, or type this key into the app:",
            ko: "창이 작아 QR 코드를 보여 드릴 수 없습니다. 창을 키우고 Enter를 누르거나, 앱에 이 키를 입력하세요."
        };
        let then_type = text! {
            en: "Then type two codes that follow one another.",
            ko: "그런 다음 이어서 나오는 코드 두 개를 차례로 입력하세요."
        };
        let (above, key, below) = if is_pictured {
            (vec![screen.say(&scan_it), ""], screen.say(&by_hand), Vec::new())
        } else {
            (Vec::new(), screen.say(&too_small), vec![screen.say(&then_type), ""])
        };
        let paragraphs = [vec![screen.say(&account), ""], above, vec![key, seed.expose_secret(), ""], below];
        let paragraphs = paragraphs.into_iter().flatten().flat_map(|words| wrap_within(words, width));
        let trouble = trouble.map(|text| in_tone(screen, Tone::Caution, screen.say(text), width));
        let further = trouble.into_iter().flat_map(|lines| lines.into_iter().chain([String::new()]));
        in_tone(screen, Tone::Strong, screen.say(&title), width)
            .into_iter()
            .chain(paragraphs)
            .chain(further)
            .collect()
    }
}

/// The code with the words: of the whole address where that fits, else of the address without the issuer.
fn pictured(
    otpauth: &str,
    window: Window,
    words: &impl Fn(usize) -> Vec<String>,
) -> Option<(Vec<String>, Bar)> {
    [otpauth, without_issuer(otpauth)].into_iter().find_map(|address| with_code(address, window, words))
}

/// The issuer comes last in the address. Apps that do not find it there take it from the label, which begins with it.
fn without_issuer(otpauth: &str) -> &str {
    otpauth.rsplit_once("&issuer=").map_or(otpauth, |(address, _)| address)
}

/// The code with the words beside it where there is room, or under it. None where it does not fit.
fn with_code(
    address: &str,
    window: Window,
    words: &impl Fn(usize) -> Vec<String>,
) -> Option<(Vec<String>, Bar)> {
    let Window { rows, columns, width, colors } = window;
    let code = qr::lines(address, columns, rows.saturating_sub(1), colors)?;
    let beside = width.saturating_sub(code.width + GAP);
    if beside >= NARROWEST {
        let words = words(beside);
        let bar = Bar { row: words.len(), column: code.width + GAP + 1 };
        return Some((side_by_side(&code, &words), bar));
    }
    let words = words(width);
    if code.rows.len() + words.len() >= rows {
        return None;
    }
    let lines: Vec<String> = code.rows.into_iter().chain(words).collect();
    let bar = Bar { row: lines.len(), column: 1 };
    Some((lines, bar))
}

/// Words in lines, each of which has the tone for itself: between two of them stands a row of the code.
fn in_tone(screen: &Screen, tone: Tone, words: &str, width: usize) -> Vec<String> {
    wrap_within(words, width).iter().map(|line| screen.paint(tone, line)).collect()
}

fn side_by_side(code: &qr::Lines, words: &[String]) -> Vec<String> {
    let blank = " ".repeat(code.width);
    (0..code.rows.len().max(words.len()))
        .map(|row| {
            let left = code.rows.get(row).map_or(blank.as_str(), String::as_str);
            let right = words.get(row).map_or("", String::as_str);
            format!("{left}{}{right}", " ".repeat(GAP))
        })
        .collect()
}

/// A seed as people type it.
pub(super) fn in_groups_of_four(seed: &str) -> String {
    let characters: Vec<char> = seed.chars().collect();
    characters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
}

/// What is handed over, in lines. The secret stands alone, so that a double click takes it whole.
pub(super) fn handed_over(screen: &Screen, secret: &HandOver) -> Vec<String> {
    let width = screen.width();
    let title = in_tone(screen, Tone::Strong, screen.say(&secret.title), width.saturating_sub(2));
    let mut lines = vec![String::new()];
    lines.extend(title.iter().map(|line| format!("  {line}")));
    lines.push(String::new());
    lines.extend(wrap("  ", 2, screen.say(&secret.advice), width));
    lines.extend([String::new(), format!("    {}", secret.secret.expose_secret()), String::new()]);
    lines
}

/// A prompt that fits on one line. dialoguer clears one line after the reply, so longer questions are printed first.
fn on_one_line(screen: &Screen, prompt: Prompt) -> Prompt {
    let taken = textwrap::core::display_width(&prompt.words)
        + prompt.default.as_deref().map_or(0, textwrap::core::display_width);
    if taken + 20 <= screen.width().max(60) {
        return prompt;
    }
    screen.wrapped(2, prompt.words.trim());
    Prompt { words: "  >".to_owned(), ..prompt }
}

fn ask_now(prompt: Prompt) -> dialoguer::Result<String> {
    let input = Input::<String>::with_theme(&Quiet).with_prompt(prompt.words).allow_empty(true);
    let input = match prompt.default {
        Some(default) => input.default(default),
        None => input,
    };
    input.interact_on(&Term::stderr())
}

fn understand(typed: dialoguer::Result<String>) -> Result<String, OperatorError> {
    match typed {
        Ok(typed) if reply::is_end_of_input(&typed) => Err(OperatorError::Interrupted),
        Ok(typed) => Ok(typed),
        Err(dialoguer::Error::IO(error)) => Err(match error.kind() {
            io::ErrorKind::Interrupted | io::ErrorKind::UnexpectedEof => OperatorError::Interrupted,
            _ => OperatorError::Terminal(error),
        }),
    }
}

/// Prompts without ornaments: the question, then what Enter means.
struct Quiet;

impl Theme for Quiet {
    fn format_input_prompt(
        &self,
        f: &mut dyn fmt::Write,
        prompt: &str,
        default: Option<&str>,
    ) -> fmt::Result {
        match default {
            Some(default) => write!(f, "{prompt} [{default}] "),
            None => write!(f, "{prompt} "),
        }
    }

    fn format_input_prompt_selection(
        &self,
        f: &mut dyn fmt::Write,
        prompt: &str,
        typed: &str,
    ) -> fmt::Result {
        write!(f, "{prompt} {typed}")
    }
}

#[cfg(test)]
mod tests {
    use steps::text::Language;

    use super::*;
    use crate::screen::Mode;

    fn widest(lines: &[String]) -> usize {
        lines.iter().map(|line| textwrap::core::display_width(line)).max().unwrap_or_default()
    }

    #[test]
    fn a_code_that_is_too_large_is_drawn_without_the_issuer() {
        let window = Window { rows: 24, columns: 80, width: 80, colors: true };
        let words = |_: usize| vec!["Scan it.".to_owned()];
        let seed = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".repeat(2);
        for (letters, whole_fits, short_fits) in [(8, true, true), (44, false, true), (64, false, false)] {
            let short = format!("otpauth://totp/AWS:{}%40111122223333?secret={seed}", "u".repeat(letters));
            let whole = format!("{short}&issuer=AWS");
            assert_eq!(without_issuer(&whole), short);
            let lines = |address: &str| with_code(address, window, &words).map(|(lines, _)| lines);
            let drawn = pictured(&whole, window, &words).map(|(lines, _)| lines);
            assert_eq!(
                (lines(&whole).is_some(), lines(&short).is_some()),
                (whole_fits, short_fits),
                "{letters}"
            );
            assert_eq!(drawn, lines(&whole).or_else(|| lines(&short)), "{letters}");
        }
        assert_eq!(without_issuer("otpauth://totp/AWS:u?secret=MARK"), "otpauth://totp/AWS:u?secret=MARK");
    }

    /// In a narrow window the words are below the code, and what does not fit with them is not drawn.
    #[test]
    fn a_code_leaves_room_for_the_words_below_it() {
        let window = Window { rows: 30, columns: 60, width: 60, colors: true };
        let address = "otpauth://totp/AWS:u%40111122223333?secret=ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let rows = qr::lines(address, 60, 29, true).unwrap().rows.len();
        for (count, fits) in [(29 - rows, true), (30 - rows, false)] {
            let words = |_: usize| vec!["word".to_owned(); count];
            assert_eq!(with_code(address, window, &words).is_some(), fits, "{count} below {rows}");
        }
    }

    /// IAM lets a user name have 64 characters.
    #[test]
    fn the_longest_user_name_fits_into_the_window() {
        let user = "u".repeat(64);
        for language in [Language::En, Language::Ko] {
            let screen = Screen::in_memory(language, Mode::Rich);
            let title = text! { en: "Console password of {user}", ko: "{user}의 콘솔 암호" };
            let secret = HandOver { title, advice: Text::default(), secret: "x".into(), file: None };
            let lines = handed_over(&screen, &secret);
            assert!(widest(&lines) <= 80 && lines.concat().contains(&user), "{lines:?}");

            let (otpauth, seed) = ("otpauth://totp/AWS:u?secret=MARK&issuer=AWS".into(), "MARK".into());
            let page = screen.private_page();
            let shown = Shown { page, account: "111122223333".into(), user: user.clone(), otpauth, seed };
            let trouble =
                text! { en: "AWS did not accept the codes.", ko: "AWS가 코드를 받아들이지 않았습니다." };
            let Drawing { lines, bar } = shown.drawn(&screen, Some(&trouble), Some(30));
            assert!(widest(&lines) <= 80, "{lines:?}");
            assert!(lines.len() < 24 && bar.is_some(), "{} lines in {language:?}", lines.len());

            let too_small = text! { en: "too small", ko: "창이 작아" };
            let tells = |is_pictured| {
                let words = shown.words(&screen, None, 40, is_pictured);
                assert!(words.iter().any(|line| line == "MARK"), "{words:?}");
                words.join(" ").contains(screen.say(&too_small))
            };
            assert!(!tells(true) && tells(false), "nobody is sent to a picture that is not there");
        }
    }
}
