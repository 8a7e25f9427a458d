//! `dayone report`: how the account stands and what was done to it, as one page to keep.
//!
//! The account is looked at as `dayone check` looks at it, and nothing is changed. From that, from the journal of this
//! machine and from what AWS knows of root's last use a document is made, whose JSON form has a digest; every form of the
//! page bears it, and so does the terminal.

mod checklist;
mod document;
mod evidence;
mod file;
mod html;
mod layout;
mod markdown;
mod sentences;

use serde_json::{Map, Value};
use steps::text;

use self::document::Document;
use self::evidence::RootUse;
use super::human::Human;
use super::look::{Look, Looking};
use super::{Everybody, summary};
use crate::cli::{Destination, Options, Output, PageFormat, Report};
use crate::error::Failure;
use crate::event::{Event, Listener, Summary};
use crate::interrupt::Interrupt;
use crate::journal::History;
use crate::run::{self, Task};
use crate::screen::Screen;

/// Looks, and keeps what was seen. The exit status is that of `check`.
pub async fn run(
    report: &Report,
    options: &Options,
    answers: Map<String, Value>,
    screen: &Screen,
    interrupt: Interrupt,
) -> Result<u8, Failure> {
    files(report).try_for_each(|(path, _)| file::judge(path))?;
    let place = run::real_account(options, Task::Report).await?;
    let (connection, state) = (place.connection.clone(), place.state.clone());
    let mut looking = Looking::begin();
    let mut briefly = Briefly(Human::listing(screen.clone()));
    let mut everybody = Everybody::default().and(&mut looking).and(&mut briefly);
    let looked =
        run::with_listener(place, Task::Report, options, answers, screen, interrupt.clone(), &mut everybody);
    let (status, session) = Box::pin(looked).await?;
    drop(everybody);
    // A look that ended well has been kept.
    let Some(look) = looking.ended() else { return Ok(status) };
    let last_use = async { Ok(RootUse::read(session.acting(), screen.language()).await) };
    let last_use = run::until(&interrupt, last_use).await?;
    let history = History::read(&state.join("accounts").join(&look.who.account))?;
    let document = Document::of(&look, last_use, &history, connection.calls(), screen.language());
    let json = document.json();
    let digest = document::digest(&json);
    keep(report, options, (&document, &json, &digest), screen)?;
    tell(report, &look, &digest, screen);
    Ok(status)
}

fn files(report: &Report) -> impl Iterator<Item = (&std::path::Path, PageFormat)> {
    report.to.iter().filter_map(|destination| match destination {
        Destination::File(path, format) => Some((path.as_path(), *format)),
        Destination::StandardOutput => None,
    })
}

/// Writes the page wherever it was asked for.
fn keep(
    report: &Report,
    options: &Options,
    (document, json, digest): (&Document, &str, &str),
    screen: &Screen,
) -> Result<(), Failure> {
    let layout = layout::layout(document, digest);
    for (path, format) in files(report) {
        match format {
            PageFormat::Html => file::put(path, &html::write(&layout))?,
            PageFormat::Markdown => file::put(path, &markdown::write(&layout))?,
            PageFormat::Json => file::put(path, json)?,
        }
    }
    if options.output == Output::Json {
        screen.document(json);
    } else if report.to.contains(&Destination::StandardOutput) {
        screen.document(&markdown::write(&layout));
    }
    Ok(())
}

/// Says how it stands in short, where the page is, and its digest.
fn tell(report: &Report, look: &Look, digest: &str, screen: &Screen) {
    screen.blank();
    summary::counts(screen, &Summary { steps: look.steps.clone(), ..Summary::default() });
    screen.blank();
    for (path, _) in files(report) {
        let path = text::shown(path);
        screen.wrapped(2, screen.say(&text! { en: "Written: {path}", ko: "저장함: {path}" }));
    }
    let about = text! { en: "SHA-256 of the JSON form, as on the page:", ko: "JSON 형식의 SHA-256(페이지에 적힌 값):" };
    screen.wrapped(2, screen.say(&about));
    screen.line(&format!("  {digest}"));
    screen.blank();
}

/// Of a look, who is signed in and what belongs to no step: the page has the rest.
struct Briefly(Human);

impl Listener for Briefly {
    fn hear(&mut self, event: &Event) {
        if matches!(event, Event::SignedIn(_) | Event::Note(_)) {
            self.0.hear(event);
        }
    }
}
