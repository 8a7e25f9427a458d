//! The way between a client and the practice account: how long it takes, when it breaks, and what has passed on it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::wire::Call;

/// A connection that breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// At which call that changes something, counted from 0.
    pub at_mutating_call: usize,
    /// Whether AWS has heard of the call by then.
    pub when: FaultTime,
    /// Whether it stays broken, as after a kill, or one call is hit.
    pub lasting: bool,
}

/// When a connection breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultTime {
    /// Before the call had its effect.
    Before,
    /// After it: only the answer is lost.
    After,
}

/// What has passed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Passed {
    /// All calls.
    pub calls: usize,
    /// The longest chain of calls of which each began when another had ended: calls that are under way together count
    /// once. To be counted so, they have to take time; see `PracticeAccount::round_trip`.
    pub round_trips: usize,
}

/// The way to one account.
#[derive(Default)]
pub(crate) struct Traffic(Mutex<State>);

#[derive(Default)]
struct State {
    fault: Option<Fault>,
    mutating: Vec<String>,
    round_trip: Duration,
    passed: Passed,
}

impl Traffic {
    /// A call sets out. Gives how many before it had ended, one after the other, and how long the way is.
    pub fn depart(&self) -> (usize, Duration) {
        let mut state = self.state();
        state.passed.calls += 1;
        (state.passed.round_trips, state.round_trip)
    }

    /// A call is back that set out after so many.
    pub fn arrive(&self, before: usize) {
        let mut state = self.state();
        state.passed.round_trips = state.passed.round_trips.max(before + 1);
    }

    /// Counts a call, and says when its connection breaks, if it does.
    pub fn count(&self, call: &Call) -> Option<FaultTime> {
        let mut state = self.state();
        let (fault, so_far) = (state.fault, state.mutating.len());
        let broken = fault.is_some_and(|fault| fault.lasting && so_far > fault.at_mutating_call);
        if call.is_read() || broken {
            return broken.then_some(FaultTime::Before);
        }
        state.mutating.push(call.name());
        fault.filter(|fault| fault.at_mutating_call == so_far).map(|fault| fault.when)
    }

    pub fn set_fault(&self, fault: Option<Fault>) {
        self.state().fault = fault;
    }

    pub fn set_round_trip(&self, round_trip: Duration) {
        self.state().round_trip = round_trip;
    }

    pub fn mutating_calls(&self) -> Vec<String> {
        self.state().mutating.clone()
    }

    pub fn passed(&self) -> Passed {
        self.state().passed
    }

    pub fn forget_passed(&self) {
        self.state().passed = Passed::default();
    }

    /// A panic in one request must not take the account away from the others.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
