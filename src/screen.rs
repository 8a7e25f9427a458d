//! The only module that prints. It decides once where words go, in which language, and whether in colour, so that
//! nothing else in the program has to know what kind of terminal there is, or whether there is one.

use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use console::{Style, Term};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use steps::text;
use steps::text::{Language, Text};

/// Longer lines are hard to read, however wide the window is.
const WIDEST: usize = 80;

/// Turns to the terminal's second page, which has no scroll-back, and empties it.
const TURN_TO_SECOND_PAGE: &str = "\x1b[?1049h\x1b[H\x1b[J";

/// Goes to the top of the page and erases everything below.
const EMPTY_PAGE: &str = "\x1b[H\x1b[J";

/// Goes to the line above.
const ONE_LINE_UP: &str = "\x1b[A";

/// Erases everything from the cursor on.
const ERASE_BELOW: &str = "\x1b[J";

/// Empties the second page, for terminals that have only one, and turns back: what was there before is there again.
const TURN_BACK: &str = "\x1b[H\x1b[J\x1b[?1049l";

/// The columns before the words beside a spinner.
const BEFORE_WORDS: usize = 6;

/// The columns for words beside a bar, in a window of 80.
pub const BESIDE_BAR: usize = 61;

/// Whether the terminal shows its second page. There is one terminal for the whole process, and the second Ctrl-C
/// has to know it too.
static SECOND_PAGE: AtomicBool = AtomicBool::new(false);

/// How the person wants to be talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Symbols, a spinner, a QR code.
    Rich,
    /// Lines that are read out well: words in place of symbols, nothing is redrawn.
    Plain,
}

impl Mode {
    /// Plain when asked for by option or by `ACCESSIBLE`, and on a terminal that cannot redraw.
    pub fn choose(plain: bool, environment: impl Fn(&str) -> Option<String>) -> Self {
        let accessible =
            environment("ACCESSIBLE").is_some_and(|value| !["", "0", "false"].contains(&value.as_str()));
        let dumb = environment("TERM").is_some_and(|terminal| terminal == "dumb");
        if plain || accessible || dumb { Self::Plain } else { Self::Rich }
    }
}

/// The option `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ColorChoice {
    /// In colour on a terminal that has colours, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// In colour wherever it goes.
    Always,
    /// Never in colour.
    Never,
}

impl ColorChoice {
    /// Whether there is colour. Nothing else decides it: the `console` crate takes even an empty `NO_COLOR` for set.
    pub fn decide(self, terminal: bool, environment: impl Fn(&str) -> Option<String>) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                let unwanted = environment("NO_COLOR").is_some_and(|value| !value.is_empty());
                let dumb = environment("TERM").is_some_and(|name| name == "dumb");
                terminal && !unwanted && !dumb
            }
        }
    }
}

/// What a [`Screen`] is made from.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// The language of the run.
    pub language: Language,
    /// How the person wants to be talked to.
    pub mode: Mode,
    /// The option `--color`.
    pub color: ColorChoice,
    /// Whether standard output is kept for one document, and talk goes to standard error.
    pub json: bool,
}

/// What a word means, beside what it says. The meaning is never in the colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It is well.
    Good,
    /// It needs attention.
    Caution,
    /// It failed, or takes something away.
    Bad,
    /// It is of less weight.
    Faint,
    /// It is of more weight.
    Strong,
}

/// A handle to what the person sees. Copies of it show the same screen.
#[derive(Debug, Clone)]
pub struct Screen(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    language: Language,
    mode: Mode,
    /// Whether standard error, where prompts and spinners are, can be redrawn.
    animates: bool,
    talk: Talk,
    /// Where words go while somebody is asked: the plan has to stand where its question does.
    talk_with_a_person: Talk,
    with_a_person: AtomicBool,
    /// Where secrets go: a terminal, and never a file. None where there is no terminal.
    private: Option<Channel>,
    /// The terminal itself, where standard error is something else.
    terminal: Option<File>,
    broken: AtomicBool,
    /// Why the document of the run could not be written.
    lost: Mutex<Option<std::io::Error>>,
    spinner: Mutex<Option<ProgressBar>>,
    /// What was written, where a test looks on.
    kept: Mutex<Vec<u8>>,
}

/// Where words go, and whether in colour.
#[derive(Debug, Clone, Copy)]
struct Talk {
    channel: Channel,
    colors: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Channel {
    Output,
    Error,
    Terminal,
    Memory,
}

impl Screen {
    /// Finds out what the terminal is like, and decides.
    pub fn new(settings: Settings) -> Self {
        let variable = |name: &str| std::env::var(name).ok();
        let through = |channel: Channel| {
            let colors = settings.color.decide(channel.is_terminal(), variable);
            Talk { channel, colors }
        };
        let talk = through(if settings.json { Channel::Error } else { Channel::Output });
        let error = through(Channel::Error);
        let error_is_terminal = Channel::Error.is_terminal();
        let only_error = error_is_terminal && !talk.channel.is_terminal();
        let terminal = if error_is_terminal { None } else { controlling_terminal() };
        console::set_colors_enabled(talk.colors);
        console::set_colors_enabled_stderr(error.colors);
        Self(Arc::new(Inner {
            animates: settings.mode == Mode::Rich && error_is_terminal,
            talk_with_a_person: if only_error { error } else { talk },
            private: private(terminal.is_some()),
            terminal,
            ..Inner::new(settings.language, settings.mode, talk)
        }))
    }

    /// A screen that only keeps what is written to it; see [`Screen::kept`].
    pub fn in_memory(language: Language, mode: Mode) -> Self {
        let talk = Talk { channel: Channel::Memory, colors: false };
        Self(Arc::new(Inner::new(language, mode, talk)))
    }

    /// What was written to a screen made by [`Screen::in_memory`].
    pub fn kept(&self) -> String {
        String::from_utf8_lossy(&lock(&self.0.kept)).into_owned()
    }

    /// The language of the run.
    pub fn language(&self) -> Language {
        self.0.language
    }

    /// Whether lines are meant to be read out: no symbols, nothing redrawn.
    pub fn is_plain(&self) -> bool {
        self.0.mode == Mode::Plain
    }

    /// Whether colours are on.
    pub fn has_colors(&self) -> bool {
        self.talk().colors
    }

    /// From here on somebody is asked. Questions are on standard error, so where standard output was sent to a file
    /// and standard error was not, everything that leads to a question goes there too.
    pub fn face_a_person(&self) {
        self.0.with_a_person.store(true, Ordering::Relaxed);
    }

    /// Whether there is a terminal that a secret can be shown on.
    pub fn can_show_secrets(&self) -> bool {
        self.0.private.is_some()
    }

    /// Whether a spinner can turn.
    pub fn animates(&self) -> bool {
        self.0.animates
    }

    /// Rows and columns of the window.
    pub fn size(&self) -> (usize, usize) {
        let window = if self.is_in_memory() { None } else { Term::stderr().size_checked() };
        let (rows, columns) = window.unwrap_or((24, 80));
        (rows.into(), columns.into())
    }

    /// How many rows of what is printed are seen at once; none where no window shows it, or where it is read out.
    pub fn rows(&self) -> Option<usize> {
        let is_seen = self.is_in_memory() || self.talk().channel.is_terminal();
        (is_seen && !self.is_plain()).then(|| self.size().0)
    }

    /// How many columns a line of text may take.
    pub fn width(&self) -> usize {
        self.size().1.clamp(20, WIDEST)
    }

    /// A text in the language of the run.
    pub fn say<'a>(&self, text: &'a Text) -> &'a str {
        text.in_language(self.0.language)
    }

    /// The symbol where symbols are shown, and the words where they are read out.
    pub fn mark(&self, tone: Tone, symbol: &str, words: &Text) -> String {
        if self.is_plain() { format!("{}:", self.say(words)) } else { self.paint(tone, symbol) }
    }

    /// Words with a tone. Without colours, the words as they are.
    pub fn paint(&self, tone: Tone, words: &str) -> String {
        let style = Style::new().force_styling(self.has_colors());
        let style = match tone {
            Tone::Good => style.green(),
            Tone::Caution => style.yellow(),
            Tone::Bad => style.red(),
            Tone::Faint => style.dim(),
            Tone::Strong => style.bold(),
        };
        style.apply_to(words).to_string()
    }

    /// Prints one line.
    pub fn line(&self, line: &str) {
        self.write(self.talk().channel, &format!("{}\n", printable(line)));
    }

    /// Prints an empty line.
    pub fn blank(&self) {
        self.line("");
    }

    /// Prints text that is broken into lines at the width of the window, each indented by so many columns.
    pub fn wrapped(&self, indent: usize, text: &str) {
        self.hanging(&" ".repeat(indent), indent, text);
    }

    /// Prints `head` and then text, whose further lines are indented by so many columns.
    pub fn hanging(&self, head: &str, indent: usize, text: &str) {
        for line in wrap(head, indent, text, self.width()) {
            self.line(&line);
        }
    }

    /// Prints `head` and then text on standard error, for what went wrong.
    pub fn error(&self, head: &str, indent: usize, text: &str) {
        let channel = self.unless_in_memory(Channel::Error);
        for line in wrap(head, indent, text, self.width()) {
            self.write(channel, &format!("{}\n", printable(&line)));
        }
    }

    /// Prints words after which the person types, on the same line.
    pub fn prompt(&self, words: &str) {
        self.quiet();
        self.write(self.talk().channel, &printable(words));
    }

    /// Prints one line on the terminal itself, for a secret. See [`Screen::can_show_secrets`].
    pub fn private_line(&self, line: &str) {
        if let Some(channel) = self.0.private {
            self.write(channel, &format!("{}\n", printable(line)));
        }
    }

    /// Prints words at a place of the window, counted from one, and returns to where the person types.
    pub fn private_at(&self, row: usize, column: usize, words: &str) {
        if self.0.animates {
            let words = printable(words);
            self.write(Channel::Error, &format!("\x1b7\x1b[{row};{column}H{words}\x1b[K\x1b8"));
        }
    }

    /// Turns to a page for secrets until the guard is dropped. What is shown there never scrolls back, and what was
    /// on the screen comes back. A plain screen has no pages.
    #[must_use = "the page is left when the guard is dropped"]
    pub fn private_page(&self) -> PrivatePage {
        self.quiet();
        if self.0.animates && !SECOND_PAGE.swap(true, Ordering::Relaxed) {
            self.write(Channel::Error, TURN_TO_SECOND_PAGE);
        }
        PrivatePage { screen: self.clone() }
    }

    /// Prints the one document of the run on standard output.
    pub fn document(&self, document: &str) {
        self.document_as_it_is(&format!("{}\n", document.trim_end()));
    }

    /// Shows what is waited for, until the guard is dropped: a spinner where one can turn, else lines.
    #[must_use = "the spinner ends when the guard is dropped"]
    pub fn spinner(&self, text: &str) -> Spinner {
        self.wait_for(text, None)
    }

    /// The same, and below it how to go on without waiting.
    #[must_use = "the spinner ends when the guard is dropped"]
    pub fn spinner_with_way_out(&self, text: &str, way_out: &str) -> Spinner {
        self.wait_for(text, Some(way_out))
    }

    fn wait_for(&self, text: &str, way_out: Option<&str>) -> Spinner {
        self.quiet();
        if !self.0.animates {
            self.wrapped(2, &format!("{text} …"));
            if let Some(way_out) = way_out {
                self.wrapped(2, way_out);
            }
            return Spinner { screen: self.clone(), bar: None };
        }
        let bar = turning(&beside_spinner(text, way_out, self.width()));
        *lock(&self.0.spinner) = Some(bar.clone());
        Spinner { screen: self.clone(), bar: Some(bar) }
    }

    /// Prints a document on standard output whose line ends are part of it.
    pub fn document_as_it_is(&self, document: &str) {
        let channel = self.unless_in_memory(Channel::Output);
        if let Err(error) = self.try_to_write(channel, document) {
            *lock(&self.0.lost) = Some(error).filter(|error| error.kind() != ErrorKind::BrokenPipe);
        }
    }

    /// Why the document could not be written, as on a full disk. A reader who has gone has read enough.
    pub fn lost_document(&self) -> Option<Text> {
        let error = lock(&self.0.lost).take()?;
        Some(text! {
            en: "Standard output could not be written: {error}.",
            ko: "표준 출력에 쓸 수 없습니다: {error}."
        })
    }

    /// Shows how far a longer piece of work has got, in `length` parts, until the guard is dropped. Where nothing can be
    /// redrawn, nothing is shown.
    #[must_use = "the bar ends when the guard is dropped"]
    pub fn bar(&self, length: u64) -> Bar {
        self.quiet();
        let bar = self.0.animates.then(|| filling(length));
        *lock(&self.0.spinner) = bar.clone();
        Bar(Spinner { screen: self.clone(), bar })
    }

    /// Takes the spinner away, as before a prompt.
    pub fn quiet(&self) {
        if let Some(bar) = lock(&self.0.spinner).take() {
            bar.finish_and_clear();
        }
    }

    fn talk(&self) -> Talk {
        let with_a_person = self.0.with_a_person.load(Ordering::Relaxed);
        if with_a_person { self.0.talk_with_a_person } else { self.0.talk }
    }

    fn is_in_memory(&self) -> bool {
        self.0.talk.channel == Channel::Memory
    }

    fn unless_in_memory(&self, channel: Channel) -> Channel {
        if self.is_in_memory() { Channel::Memory } else { channel }
    }

    fn write(&self, channel: Channel, words: &str) {
        // Nobody can be told where nothing can be written.
        let _ = self.try_to_write(channel, words);
    }

    fn try_to_write(&self, channel: Channel, words: &str) -> std::io::Result<()> {
        if channel == Channel::Output && self.0.broken.load(Ordering::Relaxed) {
            return Ok(());
        }
        let bar = lock(&self.0.spinner).clone();
        let written = match bar {
            Some(bar) => bar.suspend(|| self.write_now(channel, words)),
            None => self.write_now(channel, words),
        };
        // Whoever read us has gone. The run goes on: what is under way at AWS must be finished properly.
        if written.is_err() && channel == Channel::Output {
            self.0.broken.store(true, Ordering::Relaxed);
        }
        written
    }

    fn write_now(&self, channel: Channel, words: &str) -> std::io::Result<()> {
        match channel {
            Channel::Output => write_all(std::io::stdout().lock(), words),
            Channel::Error => write_all(std::io::stderr().lock(), words),
            Channel::Terminal => self.0.terminal.as_ref().map_or(Ok(()), |file| write_all(file, words)),
            Channel::Memory => write_all(&mut *lock(&self.0.kept), words),
        }
    }
}

impl Inner {
    /// A screen that is not redrawn, and on which everything goes one way.
    fn new(language: Language, mode: Mode, talk: Talk) -> Self {
        Self {
            language,
            mode,
            animates: false,
            talk,
            talk_with_a_person: talk,
            with_a_person: AtomicBool::new(false),
            private: Some(talk.channel),
            terminal: None,
            broken: AtomicBool::new(false),
            lost: Mutex::new(None),
            spinner: Mutex::new(None),
            kept: Mutex::new(Vec::new()),
        }
    }
}

impl Channel {
    fn is_terminal(self) -> bool {
        match self {
            Self::Output => std::io::stdout().is_terminal(),
            Self::Error => std::io::stderr().is_terminal(),
            Self::Terminal => true,
            Self::Memory => false,
        }
    }
}

/// Where secrets go. Standard error may have been sent to a file while the person sits at the terminal all the same.
fn private(has_terminal: bool) -> Option<Channel> {
    if Channel::Error.is_terminal() {
        Some(Channel::Error)
    } else if has_terminal {
        Some(Channel::Terminal)
    } else {
        Some(Channel::Output).filter(|channel| channel.is_terminal())
    }
}

fn controlling_terminal() -> Option<File> {
    OpenOptions::new().write(true).open("/dev/tty").ok()
}

/// A page for secrets. Dropped, it is left, and what was on the screen before is there again.
#[derive(Debug)]
pub struct PrivatePage {
    screen: Screen,
}

impl PrivatePage {
    /// Empties the page.
    pub fn clear(&self) {
        if self.screen.animates() {
            self.screen.write(Channel::Error, EMPTY_PAGE);
        }
    }
}

impl Drop for PrivatePage {
    fn drop(&mut self) {
        self.screen.quiet();
        leave_private_page();
    }
}

/// Leaves the page for secrets where it is shown: for a process that ends without dropping anything.
pub(crate) fn leave_private_page() {
    if SECOND_PAGE.swap(false, Ordering::Relaxed) {
        // A terminal that is gone has nothing in sight.
        let _ = write_all(std::io::stderr().lock(), TURN_BACK);
    }
}

/// Takes its spinner away when it is dropped.
#[derive(Debug)]
pub struct Spinner {
    screen: Screen,
    bar: Option<ProgressBar>,
}

impl Spinner {
    /// Ends after the person has pressed Enter. The terminal has gone to the next line by itself, and what is taken
    /// away is counted from the line before.
    pub fn end_after_enter(mut self) {
        if self.bar.is_none() {
            return;
        }
        // Not through the screen, which would draw anew. A terminal that is gone shows nothing.
        let _ = write_all(std::io::stderr().lock(), ONE_LINE_UP);
        self.end();
        let _ = write_all(std::io::stderr().lock(), ERASE_BELOW);
    }

    fn end(&mut self) {
        let Some(bar) = self.bar.take() else { return };
        bar.finish_and_clear();
        let mut shown = lock(&self.screen.0.spinner);
        if shown.as_ref().is_some_and(ProgressBar::is_finished) {
            *shown = None;
        }
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.end();
    }
}

/// How far a piece of work has got. Goes away when it is dropped.
#[derive(Debug)]
pub struct Bar(Spinner);

impl Bar {
    /// Shows how many parts are done, and what there is to say about it.
    pub fn show(&self, done: u64, words: &str) {
        if let Some(bar) = &self.0.bar {
            bar.set_position(done);
            bar.set_message(printable(words).into_owned());
        }
    }
}

fn filling(length: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("  {bar:16} {wide_msg}") {
        bar.set_style(style.progress_chars("━━┄"));
    }
    bar.tick();
    bar
}

fn turning(lines: &[String]) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    // `wide_msg` would cut off what is longer than a line.
    if let Ok(style) = ProgressStyle::with_template("    {spinner} {msg}") {
        bar.set_style(style);
    }
    bar.set_message(lines.join(&format!("\n{}", " ".repeat(BEFORE_WORDS))));
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// The words beside a spinner in lines that fit, and on lines of its own how to go on without waiting.
fn beside_spinner(text: &str, way_out: Option<&str>, width: usize) -> Vec<String> {
    let within = width.saturating_sub(BEFORE_WORDS);
    let paragraphs = std::iter::once(text).chain(way_out);
    paragraphs.flat_map(|words| wrap_within(&printable(words), within)).collect()
}

fn write_all(mut to: impl Write, words: &str) -> std::io::Result<()> {
    to.write_all(words.as_bytes())?;
    to.flush()
}

/// A panic elsewhere must not take the screen away from whoever reports it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Breaks text into lines. A Hangul syllable takes two columns; colours take none. A path or an address that is longer
/// than a line stays whole, so that it can be copied.
pub fn wrap(head: &str, indent: usize, text: &str, width: usize) -> Vec<String> {
    if text.is_empty() {
        return vec![head.trim_end().to_owned()];
    }
    let further = " ".repeat(indent);
    let options = lines_of(width).initial_indent(head).subsequent_indent(&further).break_words(false);
    trimmed(textwrap::wrap(text, options))
}

/// Breaks text into lines that no word leaves, as beside a picture: a longer word is broken.
pub fn wrap_within(text: &str, width: usize) -> Vec<String> {
    trimmed(textwrap::wrap(text, lines_of(width)))
}

fn lines_of<'o>(width: usize) -> textwrap::Options<'o> {
    textwrap::Options::new(width).word_splitter(textwrap::WordSplitter::NoHyphenation)
}

fn trimmed(lines: Vec<Cow<'_, str>>) -> Vec<String> {
    lines.into_iter().map(|line| line.trim_end().to_owned()).collect()
}

/// Pads words with spaces to so many columns.
pub fn padded(words: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(textwrap::core::display_width(words));
    format!("{words}{}", " ".repeat(missing))
}

/// Replaces control characters, but for the colour changes that [`Screen::paint`] adds.
fn printable(line: &str) -> Cow<'_, str> {
    if !line.contains(char::is_control) {
        return Cow::Borrowed(line);
    }
    let mut clean = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(next) = rest.chars().next() {
        let color = color_change(rest);
        let taken = if color.is_empty() { next.len_utf8() } else { color.len() };
        match color {
            "" if next.is_control() => clean.push(char::REPLACEMENT_CHARACTER),
            _ => clean.push_str(&rest[..taken]),
        }
        rest = &rest[taken..];
    }
    Cow::Owned(clean)
}

/// The colour change at the start of `rest`, or nothing.
fn color_change(rest: &str) -> &str {
    let Some(parameters) = rest.strip_prefix("\x1b[") else { return "" };
    let end = parameters.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(parameters.len());
    if parameters[end..].starts_with('m') { &rest[..=2 + end] } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hangul_takes_two_columns() {
        let lines =
            wrap("  ", 2, "권한은 사람이 아니라 그룹에 줍니다. 다음 관리자는 그룹에 넣기만 하면 됩니다.", 40);
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines.iter().all(|line| textwrap::core::display_width(line) <= 40), "{lines:?}");
        assert_eq!(padded("예", 4), "예  ");
    }

    #[test]
    fn a_long_address_is_not_broken_at_its_hyphens() {
        let address = "https://console.aws.amazon.com/iam/home#/security-credentials-of-root";
        assert_eq!(wrap("", 0, address, 80), [address]);
    }

    #[test]
    fn a_word_that_is_longer_than_a_line_stays_whole_unless_nothing_may_leave_the_lines() {
        let path = format!("/home/alice/{}", "a".repeat(90));
        assert_eq!(wrap("Error: ", 7, &format!("{path} is there."), 80)[0], format!("Error: {path}"));
        let broken = wrap_within(&path, 33);
        assert!(broken.len() > 2 && broken.iter().all(|line| line.len() <= 33), "{broken:?}");
    }

    /// Whatever is waited for, and however long its words are: nothing is cut off, and the way out is never lost.
    #[test]
    fn what_is_waited_for_fits_into_the_window_with_the_way_out_below() {
        let name = "a".repeat(128);
        let waits = [
            format!("Watching for the sign-in under the profile {name} …"),
            format!("프로파일 {name}(으)로 로그인하기를 기다리는 중 …"),
            "Sign in at https://111122223333.signin.amazonaws-us-gov.com/console …".to_owned(),
            "https://111122223333.signin.aws.amazon.com/console에서 로그인하세요 …".to_owned(),
            "enable".to_owned(),
        ];
        let ways_out = ["Press Enter to go on without waiting.", "Enter를 누르면 기다리지 않고 넘어갑니다."];
        for width in [20, 40, 60, 80] {
            for (wait, way_out) in waits.iter().flat_map(|wait| ways_out.map(|way_out| (wait, way_out))) {
                let lines = beside_spinner(wait, Some(way_out), width);
                let widest = lines.iter().map(|line| textwrap::core::display_width(line)).max();
                assert!(widest.is_some_and(|widest| widest + BEFORE_WORDS <= width), "{width}: {lines:?}");
                let squeezed = |words: &str| words.split_whitespace().collect::<String>();
                assert_eq!(squeezed(&lines.concat()), squeezed(&format!("{wait}{way_out}")));
                let alone = wrap_within(way_out, width - BEFORE_WORDS);
                assert!(lines.ends_with(&alone) && lines.len() > alone.len(), "{width}: {lines:?}");
            }
        }
    }

    /// The way out is below the spinner in a real terminal, and both go away without a trace, also when Enter has moved
    /// the cursor on.
    #[test]
    fn a_spinner_of_several_lines_leaves_nothing_behind() {
        let mut terminal = vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 1000);
        terminal.process(b"before\r\n");
        for line in beside_spinner("Watching the account", Some("Press Enter"), 80) {
            terminal.process(format!("{line:80}").as_bytes());
        }
        let row = terminal.screen().rows(0, 80).nth(2);
        assert_eq!(row.as_deref().map(str::trim_end), Some("Press Enter"));
        terminal.process(b"\r\n");
        terminal.process(ONE_LINE_UP.as_bytes());
        // As indicatif takes two lines away.
        terminal.process(b"\x1b[1A\r\x1b[2K\x1b[1B\r\x1b[2K\x1b[1A");
        terminal.process(ERASE_BELOW.as_bytes());
        terminal.process(b"after");
        assert_eq!(terminal.screen().contents(), "before\nafter");
    }

    #[test]
    fn where_nothing_turns_the_way_out_is_a_line() {
        let screen = Screen::in_memory(Language::En, Mode::Rich);
        screen.spinner_with_way_out("Watching the account", "Press Enter.").end_after_enter();
        assert_eq!(screen.kept(), "  Watching the account …\n  Press Enter.\n");
        assert_eq!((screen.rows(), Screen::in_memory(Language::En, Mode::Plain).rows()), (Some(24), None));
    }

    #[test]
    fn a_page_for_secrets_leaves_nothing_behind() {
        let mut terminal = vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 1000);
        terminal.process(b"before\r\n");
        terminal.process(TURN_TO_SECOND_PAGE.as_bytes());
        terminal.process("a secret\r\n".repeat(60).as_bytes());
        assert!(terminal.screen().alternate_screen());
        terminal.process(TURN_BACK.as_bytes());
        terminal.process(b"after");
        assert!(!terminal.screen().alternate_screen());
        assert_eq!(terminal.screen().contents(), "before\nafter");
        assert_eq!(terminal.screen().scrollback_len(), 0);
    }

    #[test]
    fn a_screen_without_pages_stays_as_it_is() {
        let screen = Screen::in_memory(Language::En, Mode::Rich);
        let page = screen.private_page();
        page.clear();
        screen.private_line("x");
        drop(page);
        assert_eq!(screen.kept(), "x\n");
    }

    #[test]
    fn only_colour_changes_get_through() {
        assert_eq!(printable("\x1b[32mok\x1b[0m"), "\x1b[32mok\x1b[0m");
        assert_eq!(printable("a\x1b[2Jb\rc\x1b]0;x\x07"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}]0;x\u{fffd}");
        assert_eq!(printable("김\x1b"), "김\u{fffd}");
    }

    #[test]
    fn an_empty_no_color_counts_as_not_set() {
        let with = |value: &'static str| move |name: &str| (name == "NO_COLOR").then(|| value.to_owned());
        assert!(ColorChoice::Auto.decide(true, with("")));
        assert!(!ColorChoice::Auto.decide(true, with("1")));
        assert!(ColorChoice::Always.decide(false, with("1")));
        assert!(!ColorChoice::Auto.decide(false, with("")));
        assert!(!ColorChoice::Auto.decide(true, |name| (name == "TERM").then(|| "dumb".to_owned())));
    }

    #[test]
    fn a_plain_screen_has_words_for_symbols_and_for_the_spinner() {
        let screen = Screen::in_memory(Language::En, Mode::Plain);
        let mark = screen.mark(Tone::Good, "✓", &steps::text! { en: "done", ko: "완료" });
        screen.line(&format!("{mark} group"));
        drop(screen.spinner("the new key"));
        assert_eq!(screen.kept(), "done: group\n  the new key …\n");
    }
}
