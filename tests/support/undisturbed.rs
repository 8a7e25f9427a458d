//! The whole unattended run with nothing in its way: what all others are compared to.

use std::sync::LazyLock;

use serde_json::Value;

use super::between::{Between, Heard};
use super::machine::{APPLY, DONE, Machine};
use super::served::{Login, Served};

/// What an undisturbed run leaves, and what it has called.
pub struct Undisturbed {
    pub account: Value,
    /// All calls, in order.
    pub heard: Vec<Heard>,
    /// Those that changed something.
    pub changes: Vec<Heard>,
}

impl Undisturbed {
    /// Signed in as root by temporary credentials. Made once for all tests of a file.
    pub fn by_root() -> &'static Self {
        static MADE: LazyLock<Undisturbed> = LazyLock::new(|| Undisturbed::signed_in(Served::root));
        &MADE
    }

    /// Signed in otherwise.
    pub fn signed_in(login: fn(&Served) -> Login) -> Self {
        let served = Served::new();
        let mut machine = Machine::new(&served);
        machine.sign_in(login(&served));
        let aws = Between::quiet(served.address);
        machine.run(&aws, &APPLY).with_status(DONE);
        Self { account: served.snapshot(), heard: aws.heard(), changes: aws.changes() }
    }
}
