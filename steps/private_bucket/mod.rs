//! The locked-down bucket that the trail and the report both need.
//!
//! Public access blocked, owned by the account, encrypted, versioned, reachable only over TLS, readable only for those
//! who need it; where it is asked for, encrypted with a key of the account's own and locked against deletion. A bucket
//! that is there already is brought up to this; what others have set in its policy, its lifecycle and its tags stays.
//! What is ours in the first two has a name that begins with `Dayone` or is `dayone`, and no other is replaced.

mod apply;
mod change;
mod expiry;
mod facts;
#[cfg(test)]
pub(crate) mod imagined;
mod lifecycle;
mod locate;
mod plan;
mod policy;
mod tags;

pub use apply::apply;
pub use change::BucketChange;
pub use expiry::{Goes, OtherRule};
pub use facts::{BucketFacts, Lock, Settings, observe, observe_lock};
pub use lifecycle::Retention;
pub use locate::require;
pub use plan::{DefaultKey, Obstacle, Wanted, plan};
pub use policy::{Mended, MustLet, READERS_READ, filled_in, mended_policy, name_principals};
pub use tags::Tags;
