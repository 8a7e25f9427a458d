//! The parts of `dayone`; `main` puts them together.

pub mod event;
pub mod interrupt;
pub mod language;
pub mod operator;
pub mod qr;
pub mod report;
pub mod screen;
