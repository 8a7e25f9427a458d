//! Where words can go.

use std::fs::{File, OpenOptions};
use std::io::{IsTerminal, Write};

/// Where words go, and whether in colour.
#[derive(Debug, Clone, Copy)]
pub(super) struct Talk {
    pub channel: Channel,
    pub colors: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    Output,
    Error,
    Terminal,
    Memory,
}

impl Channel {
    pub(super) fn is_terminal(self) -> bool {
        match self {
            Self::Output => std::io::stdout().is_terminal(),
            Self::Error => std::io::stderr().is_terminal(),
            Self::Terminal => true,
            Self::Memory => false,
        }
    }
}

/// Where secrets go. Standard error may have been sent to a file while the person sits at the terminal all the same.
pub(super) fn private(has_terminal: bool) -> Option<Channel> {
    if Channel::Error.is_terminal() {
        Some(Channel::Error)
    } else if has_terminal {
        Some(Channel::Terminal)
    } else {
        Some(Channel::Output).filter(|channel| channel.is_terminal())
    }
}

pub(super) fn controlling_terminal() -> Option<File> {
    OpenOptions::new().write(true).open("/dev/tty").ok()
}

pub(super) fn write_all(mut to: impl Write, words: &str) -> std::io::Result<()> {
    to.write_all(words.as_bytes())?;
    to.flush()
}
