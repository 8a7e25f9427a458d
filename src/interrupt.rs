//! Ctrl-C and the request to end, in one place, and what is left of the terminal when the program ends early.
//!
//! The first signal asks for a pause: whoever waits at a prompt, for a command, or between two attempts stops waiting,
//! and a change that is under way is finished, and said to be. The second is for a change that hangs: it calls what
//! `main` handed in, and `main` alone ends the process.

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use steps::operator::Pause;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::screen;

/// A handle to the one listener for signals.
#[derive(Debug, Clone)]
pub struct Interrupt {
    raised: watch::Receiver<bool>,
    /// Keeps the channel open where no listener runs.
    _sender: std::sync::Arc<watch::Sender<bool>>,
}

impl Interrupt {
    /// Starts to listen for SIGINT and SIGTERM; `second` is called when another one follows. Needs a runtime with a
    /// worker thread, so that it hears whatever holds the run up. A prompt holds nothing up: it has a thread of its own.
    pub fn listen(second: fn()) -> std::io::Result<Self> {
        let signals = Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        };
        let (interrupt, sender) = Self::new();
        tokio::spawn(obey(signals, sender, second));
        Ok(interrupt)
    }

    /// A handle that no signal reaches, for tests and for embedding.
    pub fn never() -> Self {
        Self::new().0
    }

    /// A handle that is raised by hand.
    pub(crate) fn new() -> (Self, std::sync::Arc<watch::Sender<bool>>) {
        let (sender, raised) = watch::channel(false);
        let sender = std::sync::Arc::new(sender);
        (Self { raised, _sender: sender.clone() }, sender)
    }

    /// Whether a pause was asked for.
    pub fn is_set(&self) -> bool {
        *self.raised.borrow()
    }

    /// Finishes when a pause is asked for; at once when it was asked for before.
    pub async fn wait(&self) {
        self.pause().asked().await;
    }

    /// The same for the practices, which wait for AWS and cannot see this module.
    pub fn pause(&self) -> Pause {
        Pause::when(self.raised.clone())
    }
}

/// Has a panic leave the terminal as it was found, and then call what `main` handed in. The release binary does not
/// unwind, so nobody else takes a secret off the screen.
pub fn tidy_up_after_panic(end: fn()) {
    let found = TerminalAsFound::remember();
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        screen::leave_private_page();
        found.restore();
        tell(panic);
        end();
    }));
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

async fn obey(mut signals: Signals, sender: std::sync::Arc<watch::Sender<bool>>, second: fn()) {
    let found = TerminalAsFound::remember();
    signals.next().await;
    found.restore();
    sender.send_replace(true);
    loop {
        signals.next().await;
        // Nothing is dropped any more, so nobody else takes a secret off the screen.
        screen::leave_private_page();
        found.restore();
        second();
    }
}

/// How the terminal was before any prompt. A prompt that a signal cuts short has switched echo off and cannot switch
/// it on again.
struct TerminalAsFound(Option<Termios>);

impl TerminalAsFound {
    fn remember() -> Self {
        Self(tcgetattr(std::io::stdin()).ok())
    }

    fn restore(&self) {
        let Some(modes) = &self.0 else { return };
        // A terminal that is gone needs no repair, so failures are of no interest.
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Drain, modes);
        let terminal = console::Term::stderr();
        if terminal.is_term() {
            let _ = terminal.show_cursor();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_is_woken_and_who_comes_later_does_not_wait() {
        let (interrupt, sender) = Interrupt::new();
        assert!(!interrupt.is_set());
        let waiting = tokio::spawn({
            let interrupt = interrupt.clone();
            async move { interrupt.wait().await }
        });
        sender.send_replace(true);
        assert!(waiting.await.is_ok());
        interrupt.wait().await;
        assert!(interrupt.is_set());
    }
}
