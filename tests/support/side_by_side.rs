//! Work that mostly waits, done several at a time.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::Mutex;

/// So many at a time. Each spends most of its time waiting.
const AT_A_TIME: usize = 8;

/// Does all the jobs, and gives back what came of each, in their order.
pub fn side_by_side<J: Send, R: Send>(jobs: Vec<J>, work: impl Fn(J) -> R + Sync) -> Vec<R> {
    let jobs = Mutex::new(jobs.into_iter().enumerate().collect::<VecDeque<_>>());
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                let next = || jobs.lock().unwrap().pop_front();
                while let Some((number, job)) = next() {
                    let result = work(job);
                    results.lock().unwrap().push((number, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap();
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Whether everything is to be tried, and not only a part of it: `DAYONE_SWEEP=all`.
pub fn everything() -> bool {
    std::env::var_os("DAYONE_SWEEP").is_some_and(|value| value == "all")
}

/// Says what was measured where it is seen: what a test prints is hidden when it passes.
pub fn tell(line: &str) {
    let told = writeln!(std::io::stderr(), "{line}");
    assert!(told.is_ok());
}
