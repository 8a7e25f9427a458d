//! The events found so far, each once.

use std::collections::HashSet;

use super::RecordedEvent;

/// Events of several Regions. A page that had to be asked for again doubles nothing.
#[derive(Debug, Clone, Default)]
pub struct Found {
    events: Vec<RecordedEvent>,
    ids: HashSet<String>,
}

impl Found {
    /// Adds those that are new.
    pub fn add(&mut self, events: Vec<RecordedEvent>) {
        for event in events {
            // An event whose id is missing cannot be told from others, so it is kept.
            if event.id.is_empty() || self.ids.insert(event.id.clone()) {
                self.events.push(event);
            }
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.events.len()
    }

    /// The events, as they came.
    pub fn events(&self) -> &[RecordedEvent] {
        &self.events
    }

    /// The newest events, newest first. Within a Region, those of one second stay as AWS gave them.
    pub fn newest(self, limit: Option<usize>) -> Vec<RecordedEvent> {
        let mut events = self.events;
        events.sort_by(|a, b| b.time.cmp(&a.time).then_with(|| a.region.cmp(&b.region)));
        events.truncate(limit.unwrap_or(usize::MAX));
        events
    }
}
