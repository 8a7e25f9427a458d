//! Parses the command line, runs, and ends with the exit status. Nothing else in the program ends the process.

use std::alloc::System;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;
use dayone::cli::Cli;
use dayone::exit_status;
use dayone::interrupt::{Interrupt, tidy_up_after_panic};
use dayone::memory;
use zeroizing_alloc::ZeroAlloc;

/// All memory is wiped as it is freed. A secret passes through more hands than ours: those of the HTTP client, of its
/// parsers and of the SDK, which keep it in buffers of their own.
#[global_allocator]
static MEMORY: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    memory::keep_out_of_dumps();
    tidy_up_after_panic(end_without_unwinding);
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => return answered(&answer),
    };
    // The run goes on in this thread. Signals are heard in a worker's, also while the disk holds the run up.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let Ok(runtime) = runtime else { return ExitCode::from(exit_status::FAILED) };
    let status = runtime.block_on(async {
        let interrupt = Interrupt::listen(end_now).unwrap_or_else(|_| Interrupt::never());
        dayone::run::run(cli, interrupt).await
    });
    // A thread may still wait in a prompt that a signal cut short, and would keep the process.
    runtime.shutdown_background();
    ExitCode::from(status)
}

/// Prints help, the version, or what is wrong with the command line. A reader who has gone has read enough.
fn answered(answer: &clap::Error) -> ExitCode {
    match answer.print() {
        Err(error) if !answer.use_stderr() && error.kind() != ErrorKind::BrokenPipe => {
            // Where that cannot be written either, nobody can be told.
            let _ = writeln!(std::io::stderr(), "error: Standard output could not be written: {error}.");
            ExitCode::from(exit_status::FAILED)
        }
        _ => ExitCode::from(u8::try_from(answer.exit_code()).unwrap_or(exit_status::FAILED)),
    }
}

/// The second Ctrl-C: whatever is under way ends here. Running again goes on.
#[expect(clippy::exit, reason = "main alone ends the process")]
fn end_now() {
    std::process::exit(exit_status::INTERRUPTED.into());
}

/// A panic, where it does not unwind, ends in an abort, and a dump of the memory would hold its secrets.
#[expect(clippy::exit, reason = "main alone ends the process")]
fn end_without_unwinding() {
    if cfg!(panic = "abort") {
        std::process::exit(exit_status::FAILED.into());
    }
}
