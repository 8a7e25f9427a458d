//! The practices, in the order in which they are walked:
//!
//! 1. [`root_user`]: stop using the root user.
//! 2. [`mfa`]: require MFA for everybody, and for API access.
//! 3. [`cloudtrail`]: log every API call to a bucket that nobody can quietly change.
//! 4. [`billing_report`]: have the bill explained, line by line.
//! 5. [`iam_practices`]: leave nothing about that opens the account, and no more rights than the work takes.
//!
//! This crate knows AWS and rules, and no terminal: what a practice needs from a person goes through
//! [`operator::Operator`]. To read a practice, begin with its `mod.rs`, then `facts.rs`, `plan.rs`, `apply.rs`.

pub mod account;
pub mod account_summary;
pub mod administrators;
pub mod answers;
pub mod aws;
pub mod billing_report;
pub mod closed_bucket;
pub mod cloudtrail;
pub mod console;
pub mod console_password;
pub mod controls;
pub mod credential_report;
pub mod encryption_key;
pub mod error;
pub mod event_history;
pub mod groups;
pub mod iam_practices;
pub mod judgement;
pub mod meanwhile;
pub mod mfa;
pub mod moment;
pub mod new_access_key;
pub mod operator;
pub mod permissions;
#[cfg(test)]
mod plan_cases;
pub mod policy;
pub mod practice;
pub mod private_bucket;
pub mod profile;
pub mod readings;
pub mod regions;
pub mod root_user;
pub mod session;
pub mod text;
pub mod users;
pub mod wait;
