//! The real program, driven the way a script drives it: exit statuses, what stands on which stream, and what is left on
//! the disk. It talks to the practice account only, so nothing leaves the machine.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod codes;
mod contract;
mod help;
mod language_and_colour;
mod machine;
mod plans;
mod state_folder;
mod unattended;
mod usage;
