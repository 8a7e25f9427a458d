//! A terminal of 80×24 with the real program in it: what is on the screen, what was ever written to it, and keys.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use expectrl::Session;
use expectrl::process::unix::{PtyStream, UnixProcess, WaitStatus};
use rustix::process::{Pid, Signal, kill_process};

pub const CONTROL_C: u8 = 3;
pub const END_OF_INPUT: u8 = 4;
pub const ENTER: u8 = b'\r';

const ROWS: u16 = 24;
const COLUMNS: u16 = 80;
const SCROLL_BACK: usize = 10_000;

/// A program that has nothing more to say for so long waits for an answer.
const QUIET: Duration = Duration::from_millis(300);

/// What is watched, and how to go on without waiting, take no more rows.
const WATCHED: usize = 4;

/// Longer than this no step takes, with two waits for the next one-time code in it.
const PATIENCE: Duration = Duration::from_secs(100);

pub struct Window {
    session: Session<UnixProcess, PtyStream>,
    screen: vt100::Parser,
    raw: Vec<u8>,
    home: PathBuf,
    changed: Instant,
    ended: bool,
}

impl Window {
    /// Opens the program with a home folder of its own.
    pub fn open(home: &Path, arguments: &[&str]) -> Self {
        Self::around(home, program(home, arguments))
    }

    /// The same with variables that say who is signed in, and where AWS is.
    pub fn signed_in(home: &Path, arguments: &[&str], variables: Vec<(&'static str, String)>) -> Self {
        let mut program = program(home, arguments);
        program.envs(variables);
        Self::around(home, program)
    }

    /// The same with standard output sent to a file in the home folder.
    pub fn with_output_to(file: &str, home: &Path, arguments: &[&str]) -> Self {
        let program = program(home, arguments);
        let mut shell = in_home(home, Command::new("sh"));
        shell.args(["-c", &format!("exec \"$0\" \"$@\" > {file}")]);
        shell.arg(program.get_program()).args(program.get_args());
        Self::around(home, shell)
    }

    fn around(home: &Path, command: Command) -> Self {
        let mut session = Session::spawn(command).unwrap();
        session.get_process_mut().set_window_size(COLUMNS, ROWS).unwrap();
        session.get_process_mut().set_echo(true, None).unwrap();
        Self {
            session,
            screen: vt100::Parser::new(ROWS.try_into().unwrap(), COLUMNS.try_into().unwrap(), SCROLL_BACK),
            raw: Vec::new(),
            home: home.to_owned(),
            changed: Instant::now(),
            ended: false,
        }
    }

    /// The question at which the program waits; none when it has ended.
    pub fn next_question(&mut self) -> Option<String> {
        let since = Instant::now();
        loop {
            self.read();
            if self.ended {
                return None;
            }
            if let Some(question) = self.question() {
                return Some(question);
            }
            assert!(since.elapsed() < PATIENCE, "no question came\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn question(&self) -> Option<String> {
        let rows: Vec<String> = self.screen.screen().rows(0, COLUMNS).collect();
        let spins = |row: &String| row.contains(|c| matches!(c, '\u{2800}'..='\u{28ff}'));
        if let Some(at) = rows.iter().position(spins) {
            // What is watched, and below it how to go on without waiting.
            let watched: Vec<_> = rows[at..].iter().map(|row| row.trim_end()).take(WATCHED).collect();
            return Some(watched.join("\n")).filter(|watched| watched.contains("Enter"));
        }
        let at = usize::from(self.screen.screen().cursor_position().0);
        let asked = rows.get(at).filter(|row| !row.trim().is_empty() && self.changed.elapsed() > QUIET)?;
        if asked.trim_start().starts_with('>') {
            return Some(rows[at.saturating_sub(3)..=at].join("\n"));
        }
        Some(asked.clone())
    }

    pub fn wait_until(&mut self, seen: impl Fn(&str) -> bool) {
        let since = Instant::now();
        while !seen(&self.text()) {
            assert!(since.elapsed() < PATIENCE, "it was not seen\n{}", self.text());
            self.look_for_a_while();
        }
    }

    /// Lets the program write while nothing is typed.
    pub fn look_for_a_while(&mut self) {
        std::thread::sleep(Duration::from_millis(100));
        self.read();
    }

    pub fn type_line(&mut self, line: &str) {
        self.session.write_all(format!("{line}\r").as_bytes()).unwrap();
        self.session.flush().unwrap();
        self.changed = Instant::now();
        self.look_for_a_while();
    }

    pub fn press(&mut self, keys: &[u8]) {
        self.session.write_all(keys).unwrap();
        self.session.flush().unwrap();
    }

    pub fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(self.session.get_process().pid().as_raw()).unwrap();
        kill_process(id, signal).unwrap();
    }

    /// What another window does meanwhile.
    pub fn run_beside(&self, arguments: &[&str]) {
        let output = program(&self.home, arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The exit status, and all that was ever written, without colours.
    pub fn ended(&mut self) -> (i32, String) {
        let since = Instant::now();
        while !self.ended {
            assert!(since.elapsed() < PATIENCE, "it does not end\n{}", self.text());
            self.look_for_a_while();
        }
        let status = match self.session.get_process().wait().unwrap() {
            WaitStatus::Exited(_, status) => status,
            other => panic!("{other:?}"),
        };
        (status, console::strip_ansi_codes(&self.raw()).into_owned())
    }

    /// What is on the screen now.
    pub fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// All that was written, as it was written.
    pub fn raw(&self) -> String {
        String::from_utf8_lossy(&self.raw).into_owned()
    }

    /// What a person can see who scrolls back to the beginning.
    pub fn scrolled_back(&mut self) -> String {
        let screen = self.screen.screen_mut();
        let mut rows = Vec::new();
        for above in (1..=screen.scrollback_len()).rev() {
            screen.set_scrollback(above);
            rows.extend(screen.rows(0, COLUMNS).next());
        }
        screen.set_scrollback(0);
        rows.extend(screen.rows(0, COLUMNS));
        rows.join("\n")
    }

    /// Whether the terminal shows its second page, which does not scroll back.
    pub fn is_on_second_page(&self) -> bool {
        self.screen.screen().alternate_screen()
    }

    /// Whether keys are echoed, the cursor is seen, and the first page is shown, as before the program.
    pub fn is_as_it_was(&self) -> bool {
        let echoes = self.session.get_process().get_echo().unwrap();
        echoes && !self.screen.screen().hide_cursor() && !self.is_on_second_page()
    }

    /// What a phone reads off the screen.
    pub fn scan_qr_code(&self) -> String {
        // Four pixels a module, as a phone would see more than one.
        let (width, height) = (usize::from(COLUMNS) * 4, usize::from(ROWS) * 2 * 4);
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
            brightness(self.screen.screen(), x / 4, y / 4)
        });
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1, "one QR code\n{}", self.text());
        grids[0].decode().unwrap().1
    }

    fn read(&mut self) {
        let mut buffer = [0; 8192];
        loop {
            match self.session.try_read(&mut buffer) {
                Ok(0) => return self.ended = true,
                Ok(read) => {
                    self.screen.process(&buffer[..read]);
                    self.raw.extend_from_slice(&buffer[..read]);
                    self.changed = Instant::now();
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                // A terminal that nobody writes to any more.
                Err(_) => return self.ended = true,
            }
        }
    }
}

fn program(home: &Path, arguments: &[&str]) -> Command {
    let mut command = in_home(home, Command::new(env!("CARGO_BIN_EXE_dayone")));
    command.args(arguments).arg("--state-dir").arg(home.join("state"));
    command
}

fn in_home(home: &Path, mut command: Command) -> Command {
    command.env_clear().env("HOME", home).env("TERM", "xterm-256color").env("LANG", "C.UTF-8");
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).current_dir(home);
    command
}

/// How bright a half cell is. Cells without a background of their own count as dark, as on a dark theme.
fn brightness(screen: &vt100::Screen, x: usize, y: usize) -> u8 {
    let (row, column) = (u16::try_from(y / 2).unwrap(), u16::try_from(x).unwrap());
    let Some(cell) = screen.cell(row, column) else { return 0 };
    let upper = y.is_multiple_of(2);
    let dark = match cell.contents() {
        "█" => true,
        "▀" => upper,
        "▄" => !upper,
        _ => false,
    };
    if cell.bgcolor() == vt100::Color::Idx(231) && !dark { 255 } else { 0 }
}
