//! Who listens to a run: the lines that a person reads, the documents that a program reads, and the page to keep.

pub mod human;
pub mod json;
pub mod junit;
pub mod look;
mod markdown;
mod markup;
pub mod page;
pub mod sarif;
mod summary;
mod trouble;
mod words;

use crate::event::{Event, Listener};

/// Several listeners, each of which hears everything, in the order in which they were added.
#[derive(Default)]
pub struct Everybody<'a> {
    listeners: Vec<&'a mut dyn Listener>,
}

impl<'a> Everybody<'a> {
    /// Adds a listener.
    #[must_use]
    pub fn and(mut self, listener: &'a mut dyn Listener) -> Self {
        self.listeners.push(listener);
        self
    }
}

impl Listener for Everybody<'_> {
    fn hear(&mut self, event: &Event) {
        for listener in &mut self.listeners {
            listener.hear(event);
        }
    }
}
