//! How AWS is reached: one [`Connection`] for the run, one [`Identity`] for each set of credentials.
//!
//! [`Connection`] is built from what the environment and the AWS files say (`settings`, `files`, `trust`,
//! `credentials`), once the profile to sign in with was judged (`profiles`), and tells who it has signed in as
//! (`caller`). [`Identity`] hands out the clients. In each of them is a `watch` that counts the calls and, in a run that
//! only reads, refuses every operation that is not on the list of reads before a request exists. What goes wrong is
//! translated once, in `failure`, with plain words from `unanswered` where AWS has said nothing; a read that gives
//! nothing becomes part of the facts in `reading`; and what time it is at AWS is known to `clock`. Timeouts are ours,
//! because the SDK has none for a whole operation.

mod account_host;
mod caller;
#[cfg(test)]
pub(crate) mod canned;
mod clock;
mod connection;
mod credentials;
mod failure;
mod files;
mod identity;
mod profiles;
mod reading;
mod reads;
mod sections;
mod settings;
mod trust;
mod unanswered;
mod watch;

pub use caller::{Caller, CallerKind};
pub use clock::AwsClock;
pub use connection::Connection;
pub use failure::ForCall;
pub use files::AwsFiles;
pub use identity::{Identity, WayIn};
pub use profiles::{ProfileTrouble, judge_profile};
pub use reading::{Reading, Unseen, UnseenCause, at_once, reading, unless};
pub use watch::Access;

pub(crate) use credentials::are_whole;
pub(crate) use sections::{Section, sections};
