//! The parts of `dayone`; [`run`] puts them together.

pub mod answers;
pub mod cli;
pub mod engine;
mod environment;
pub mod error;
pub mod event;
mod events;
pub mod exit_status;
pub mod interrupt;
pub mod journal;
pub mod language;
pub mod memory;
mod mfa_repair;
pub mod operator;
pub mod qr;
#[cfg(feature = "rehearsal")]
pub mod rehearsal;
#[cfg(feature = "rehearsal")]
mod rehearse;
pub mod report;
pub mod run;
pub mod screen;
