//! The memory of this process holds secrets for as long as they are on their way. `main` has it wiped as it is freed.

use rustix::process::{Resource, Rlimit, setrlimit};

/// From here on the system writes no image of the memory to a file when the process crashes, nor when one that it starts
/// does. Where the system forbids even that, the process goes on: it is a second line of defence.
pub fn keep_out_of_dumps() {
    let nothing = Rlimit { current: Some(0), maximum: Some(0) };
    let _ = setrlimit(Resource::Core, nothing);
}
