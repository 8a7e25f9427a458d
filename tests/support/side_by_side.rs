//! Work that mostly waits, done several at a time.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};

/// So many at a time for each processor, and never fewer than the second number. Each spends most of its time waiting.
const AT_A_TIME: (usize, usize) = (3, 8);

/// The places of the whole process: the tests of a file run side by side too.
static PLACES: LazyLock<Places> = LazyLock::new(|| {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let (each, least) = AT_A_TIME;
    let all = (each * processors).max(least);
    Places { all, free: Mutex::new(all), freed: Condvar::new() }
});

struct Places {
    all: usize,
    free: Mutex<usize>,
    freed: Condvar,
}

/// A place that is taken, until it is dropped.
struct Taken;

impl Places {
    fn take(&self) -> Taken {
        let none_is_free = |free: &mut usize| *free == 0;
        let mut free = self.freed.wait_while(self.count(), none_is_free).unwrap();
        *free -= 1;
        Taken
    }

    /// A test that has failed does not take its place with it.
    fn count(&self) -> MutexGuard<'_, usize> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        *PLACES.count() += 1;
        PLACES.freed.notify_one();
    }
}

/// Does all the jobs, and gives back what came of each, in their order.
pub fn side_by_side<J: Send, R: Send>(jobs: Vec<J>, work: impl Fn(J) -> R + Sync) -> Vec<R> {
    let workers = PLACES.all.min(jobs.len());
    let jobs = Mutex::new(jobs.into_iter().enumerate().collect::<VecDeque<_>>());
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let next = || jobs.lock().unwrap().pop_front();
                while let Some((number, job)) = next() {
                    let place = PLACES.take();
                    let result = work(job);
                    drop(place);
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

/// Everything, or else one in so many, evenly spread.
pub fn spread<T>(all: impl IntoIterator<Item = T>, one_in: usize) -> Vec<T> {
    all.into_iter().step_by(if everything() { 1 } else { one_in }).collect()
}

/// Says what was measured where it is seen: what a test prints is hidden when it passes.
pub fn tell(line: &str) {
    let told = writeln!(std::io::stderr(), "{line}");
    assert!(told.is_ok());
}
