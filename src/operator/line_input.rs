//! Lines from standard input that need not be waited for to the end.
//!
//! A thread that blocks in a read cannot be stopped, and would take the words meant for the next prompt. So the
//! reader looks several times a second whether it is still wanted, and takes one byte at a time: no buffer of ours
//! holds what the next reader, or the next program, should get.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::{QueueSelector, tcflush};
use steps::operator::OperatorError;
use tokio::task::JoinHandle;

use super::{Decision, reply};
use crate::interrupt::Interrupt;

/// How long the reader waits between two looks, a fifth of a second.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };

/// One line, without its end. `Interrupted` at the end of input, even after half a line: what nobody finished is no
/// answer.
pub(super) async fn line(interrupt: &Interrupt) -> Result<String, OperatorError> {
    let mut reader = Reader::start();
    tokio::select! {
        biased;
        () = interrupt.wait() => Err(OperatorError::Interrupted),
        line = reader.line() => line,
    }
}

/// Waits for `seen`, or for Enter to go on without it. Who types "quit" before Enter ends the run.
pub(super) async fn until_enter<F: Future>(
    seen: F,
    interrupt: &Interrupt,
) -> Result<Option<F::Output>, OperatorError> {
    let mut reader = Reader::start();
    tokio::select! {
        biased;
        () = interrupt.wait() => Err(OperatorError::Interrupted),
        output = seen => {
            reader.stop().await;
            Ok(Some(output))
        }
        line = reader.line() => match reply::decision(&line?) {
            Some(Decision::Quit) => Err(OperatorError::Quit),
            _ => Ok(None),
        },
    }
}

/// Forgets what was typed before anybody was asked: an Enter too many would say yes to a plan that nobody has seen, and
/// that a password was saved which nobody has. What comes through a pipe was written for the questions to come and stays.
pub(super) fn forget_typed_ahead() {
    // Where there is no terminal, nothing was typed.
    let _ = tcflush(io::stdin(), QueueSelector::IFlush);
}

/// A thread that reads one line. Dropped, it is asked to end.
struct Reader {
    unwanted: Arc<AtomicBool>,
    task: JoinHandle<io::Result<Option<Vec<u8>>>>,
}

impl Reader {
    fn start() -> Self {
        let unwanted = Arc::new(AtomicBool::new(false));
        let task = tokio::task::spawn_blocking({
            let unwanted = unwanted.clone();
            move || read_line(&unwanted)
        });
        Self { unwanted, task }
    }

    async fn line(&mut self) -> Result<String, OperatorError> {
        let line = (&mut self.task).await.map_err(io::Error::other)??;
        let line = line.ok_or(OperatorError::Interrupted)?;
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    /// Ends the reader and waits until it has ended, so that the next prompt has the input for itself.
    async fn stop(&mut self) {
        self.unwanted.store(true, Ordering::Relaxed);
        // What was read, or failed, no longer matters.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.unwanted.store(true, Ordering::Relaxed);
    }
}

/// None at the end of input, and when the line is no longer wanted.
fn read_line(unwanted: &AtomicBool) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    while !unwanted.load(Ordering::Relaxed) {
        if !has_input()? {
            continue;
        }
        match read_byte()? {
            None => return Ok(None),
            Some(b'\n') => return Ok(Some(line)),
            Some(byte) => line.push(byte),
        }
    }
    Ok(None)
}

fn has_input() -> io::Result<bool> {
    let input = io::stdin();
    match poll(&mut [PollFd::new(&input, PollFlags::IN)], Some(&LOOK)) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn read_byte() -> io::Result<Option<u8>> {
    let mut byte = [0];
    loop {
        match rustix::io::read(io::stdin(), &mut byte) {
            Ok(0) => return Ok(None),
            Ok(_) => return Ok(Some(byte[0])),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
