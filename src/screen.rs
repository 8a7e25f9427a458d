//! The only module that prints. It decides once where words go, in which language, and whether in colour, so that
//! nothing else in the program has to know what kind of terminal there is, or whether there is one.

mod channel;
mod choice;
mod lines;
mod page;
mod waiting;

use std::fs::File;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use console::{Style, Term};
use indicatif::ProgressBar;
use steps::text;
use steps::text::{Language, Text};

use channel::{Channel, Talk, controlling_terminal, private, write_all};
use lines::printable;

pub use choice::{ColorChoice, Mode};
pub use lines::{padded, wrap, wrap_within};
pub use page::PrivatePage;
#[cfg(test)]
pub(crate) use waiting::BESIDE_BAR;
pub use waiting::{Bar, Spinner};

pub(crate) use page::leave_private_page;

/// Longer lines are hard to read, however wide the window is.
const WIDEST: usize = 80;

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
    pub document: bool,
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
    /// Why standard output could not be written.
    lost: Mutex<Option<std::io::Error>>,
    spinner: Mutex<Option<ProgressBar>>,
    /// What was written, where a test looks on.
    kept: Mutex<Vec<u8>>,
}

impl Screen {
    /// Finds out what the terminal is like, and decides.
    pub fn new(settings: Settings) -> Self {
        let variable = |name: &str| std::env::var(name).ok();
        let through = |channel: Channel| {
            let colors = settings.color.decide(channel.is_terminal(), variable);
            Talk { channel, colors }
        };
        let talk = through(if settings.document { Channel::Error } else { Channel::Output });
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
        PrivatePage::turn_to(self)
    }

    /// Prints the one document of the run on standard output.
    pub fn document(&self, document: &str) {
        self.document_as_it_is(&format!("{}\n", document.trim_end()));
    }

    /// Shows what is waited for, until the guard is dropped: a spinner where one can turn, else lines.
    #[must_use = "the spinner ends when the guard is dropped"]
    pub fn spinner(&self, text: &str) -> Spinner {
        Spinner::turn(self, text, None)
    }

    /// The same, and below it how to go on without waiting.
    #[must_use = "the spinner ends when the guard is dropped"]
    pub fn spinner_with_way_out(&self, text: &str, way_out: &str) -> Spinner {
        Spinner::turn(self, text, Some(way_out))
    }

    /// Prints a document on standard output whose line ends are part of it.
    pub fn document_as_it_is(&self, document: &str) {
        self.write(self.unless_in_memory(Channel::Output), document);
    }

    /// Why standard output could not be written, as on a full disk. A reader who has gone has read enough.
    pub fn lost_output(&self) -> Option<Text> {
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
        Bar::fill(self, length)
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
        if channel == Channel::Output && self.0.broken.load(Ordering::Relaxed) {
            return;
        }
        let bar = lock(&self.0.spinner).clone();
        let written = match bar {
            Some(bar) => bar.suspend(|| self.write_now(channel, words)),
            None => self.write_now(channel, words),
        };
        // Where standard error cannot be written, nobody can be told.
        if let Err(error) = written
            && channel == Channel::Output
        {
            self.lose_output(error);
        }
    }

    /// Whoever read us has gone, or there is no room. The run goes on: what is under way at AWS must be finished properly.
    fn lose_output(&self, error: std::io::Error) {
        self.0.broken.store(true, Ordering::Relaxed);
        *lock(&self.0.lost) = Some(error).filter(|error| error.kind() != ErrorKind::BrokenPipe);
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

/// A panic elsewhere must not take the screen away from whoever reports it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_screen_has_words_for_symbols_and_for_the_spinner() {
        let screen = Screen::in_memory(Language::En, Mode::Plain);
        let mark = screen.mark(Tone::Good, "✓", &steps::text! { en: "done", ko: "완료" });
        screen.line(&format!("{mark} group"));
        drop(screen.spinner("the new key"));
        assert_eq!(screen.kept(), "done: group\n  the new key …\n");
    }
}
