//! How many calls `dayone check` makes, and how many of them have to wait for one another. What that comes to in time
//! and memory is measured by `examples/benchmark.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::time::Duration;

use clap::Parser;
use dayone::cli::Cli;
use dayone::interrupt::Interrupt;
use dayone::rehearsal::{ConsoleAction, Passed, PracticeAccount};
use dayone::run::{self, Place, Task};
use dayone::screen::{Mode, Screen};
use serde_json::{Map, json};
use steps::aws::{Access, Connection};
use steps::text::Language;
use support::{clock, files, walk};

/// What the main thread of the program has.
const STACK: usize = 8 * 1024 * 1024;
const ROUND_TRIP: Duration = Duration::from_millis(50);

/// The goal, whether there is much to read or little.
const ROUND_TRIPS: usize = 5;

#[test]
fn a_fresh_account_is_checked_within_five_round_trips() {
    run_stopping_the_clock(|| async {
        let account = PracticeAccount::in_memory(clock()).unwrap();
        let passed = check(&account).await;
        assert!(passed.round_trips <= ROUND_TRIPS && passed.calls <= 35, "{passed:?}");
    });
}

#[test]
fn the_calls_do_not_grow_with_the_users() {
    run_stopping_the_clock(|| async {
        let account = finished_account().await;
        for (users, most_calls) in [(10, 60), (500, 67)] {
            account.seed_users(users).await;
            // From here on there is a credential report that knows them.
            check(&account).await;
            let passed = check(&account).await;
            assert!(passed.round_trips <= ROUND_TRIPS, "{users}: {passed:?}");
            // For five hundred users five keys that are due are looked up, and for ten users one key and one device.
            assert!(passed.calls <= most_calls, "{users}: {passed:?}");
        }
    });
}

/// An account in which nothing is left to do.
async fn finished_account() -> PracticeAccount {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let account = PracticeAccount::in_memory(clock.clone()).unwrap();
    let first = walk(&account, &clock, folder.path(), None, json!({})).await;
    first.result.unwrap();
    account.console(ConsoleAction::RootMfa).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let second = walk(&account, &clock, folder.path(), first.seed, json!({})).await;
    second.result.as_ref().unwrap();
    assert_eq!(second.left(), []);
    account
}

/// What passes in a check as root, who has said nothing before.
async fn check(account: &PracticeAccount) -> Passed {
    let folder = tempfile::tempdir().unwrap();
    let cli = Cli::parse_from(["dayone", "check"]);
    let connection = Connection::through(
        account.http_client(),
        account.root_login(),
        files(folder.path()),
        Access::ReadOnly,
    );
    let place = Place { connection, state: folder.path().to_owned(), rehearsal: false, starts_over: false };
    let screen = Screen::in_memory(Language::En, Mode::Plain);
    account.round_trip(ROUND_TRIP);
    account.forget_passed();
    let checked = run::on(place, Task::Check, &cli.options, Map::new(), &screen, Interrupt::never());
    let status = Box::pin(checked).await.unwrap();
    assert!([0, 3].contains(&status), "{status}: {}", screen.kept());
    account.round_trip(Duration::ZERO);
    account.passed()
}

/// Under a clock that leaps over every wait, and with a stack like that of the program.
fn run_stopping_the_clock<F: Future<Output = ()> + 'static>(test: impl FnOnce() -> F + Send + 'static) {
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.unwrap().block_on(test());
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(run).unwrap();
    thread.join().unwrap();
}
