//! What is shown while something is waited for.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::lines::printable;
use super::{Screen, lock};

/// Takes its spinner away when it is dropped.
#[derive(Debug)]
pub struct Spinner {
    screen: Screen,
    bar: Option<ProgressBar>,
}

impl Spinner {
    pub(super) fn turn(screen: &Screen, text: &str) -> Self {
        screen.quiet();
        if !screen.animates() {
            screen.wrapped(2, &format!("{text} …"));
            return Self { screen: screen.clone(), bar: None };
        }
        let bar = turning(&printable(text));
        *lock(&screen.0.spinner) = Some(bar.clone());
        Self { screen: screen.clone(), bar: Some(bar) }
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        let Some(bar) = self.bar.take() else { return };
        bar.finish_and_clear();
        let mut shown = lock(&self.screen.0.spinner);
        if shown.as_ref().is_some_and(ProgressBar::is_finished) {
            *shown = None;
        }
    }
}

/// How far a piece of work has got. Goes away when it is dropped.
#[derive(Debug)]
pub struct Bar(Spinner);

impl Bar {
    pub(super) fn fill(screen: &Screen, length: u64) -> Self {
        screen.quiet();
        let bar = screen.animates().then(|| filling(length));
        *lock(&screen.0.spinner) = bar.clone();
        Self(Spinner { screen: screen.clone(), bar })
    }

    /// Shows how many parts are done, and what there is to say about it.
    pub fn show(&self, done: u64, words: &str) {
        if let Some(bar) = &self.0.bar {
            bar.set_position(done);
            bar.set_message(printable(words).into_owned());
        }
    }
}

fn filling(length: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("  {bar:24} {wide_msg}") {
        bar.set_style(style.progress_chars("━━┄"));
    }
    bar.tick();
    bar
}

fn turning(text: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("    {spinner} {wide_msg}") {
        bar.set_style(style);
    }
    bar.set_message(text.to_owned());
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
