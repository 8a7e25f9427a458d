//! `dayone events`: views, searches and downloads CloudTrail's Event History.
//!
//! What the options say becomes one question ([`Query`]), which a [`Reader`] asks of each Region. What comes is gathered
//! ([`Gathered`]), kept in a file meanwhile if it is a download ([`Download`]), and told as a table, JSON or CSV.

mod csv;
mod document;
mod download;
mod gathered;
mod period;
mod table;
mod words;

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Instant;

use serde_json::{Map, Value};
use steps::aws::Identity;
use steps::error::{AwsCause, AwsError, StepError};
use steps::event_history::{
    Attribute, Bounds, EnabledRegions, News, Query, ROOT_SIGN_IN, Reader, RecordedEvent, USER_SIGN_IN,
    enabled_regions, unlisted,
};
use steps::regions;

use crate::cli::{Events, Options, Output};
use crate::error::Failure;
use crate::exit_status;
use crate::interrupt::Interrupt;
use crate::report::human;
use crate::run::{self, Task};
use crate::screen::{Screen, Tone};

use download::{Asked, Download};
use gathered::Gathered;
use period::Period;

/// How many events are shown where nobody has said how many.
const ON_THE_SCREEN: usize = 100;

/// In which form the events are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Screen,
    Json,
    Csv,
}

/// Looks into Event History.
pub async fn run(
    events: &Events,
    options: &Options,
    file: &Map<String, Value>,
    screen: &Screen,
    interrupt: Interrupt,
) -> Result<u8, Failure> {
    let form = Form::choose(options.output, events.to.as_deref())?;
    let (since, until) = (events.since.as_deref(), events.until.as_deref());
    Period::judge(since, until).map_err(Failure::Usage)?;
    events.region.iter().try_for_each(|region| run::known_region(region))?;
    events.to.as_deref().map_or(Ok(()), download::judge)?;
    let connection = run::real_account(options, Task::Check).await?.connection;
    let signed_in = async { connection.started_as().await.map_err(StepError::from) };
    let endpoints = connection.endpoints().join(", ");
    let identity =
        run::until(&interrupt, signed_in).await.inspect_err(|_| tell_replaced(screen, &endpoints))?;
    expected_account(options, file, &identity.caller.account)?;
    // Its answer has told what time it is at AWS.
    let period = Period::choose(since, until, identity.clock().now()).map_err(Failure::Usage)?;

    let enabled = match events.all_regions {
        true => enabled_regions(&identity).await,
        false => EnabledRegions::default(),
    };
    let regions = regions_for(events, &connection.region(), &identity.caller.partition, &enabled.names);
    let regions = (regions, enabled.unlisted);
    let mut search = Search::begin(events, form, period, regions, &identity, screen)?;
    search.announce(&endpoints);
    if let Some(status) = search.read(&identity, &interrupt).await? {
        return Ok(status);
    }
    search.tell(connection.calls())
}

/// Says what is asked in the place of AWS, also where that cannot be reached.
fn tell_replaced(screen: &Screen, endpoints: &str) {
    if !endpoints.is_empty() {
        let replaced = human::replaced(endpoints);
        screen.wrapped(2, &screen.paint(Tone::Caution, screen.say(&replaced)));
    }
}

/// One look into Event History, from the question to the answer.
struct Search<'s> {
    screen: &'s Screen,
    asked: &'s Events,
    form: Form,
    account: String,
    period: Period,
    limit: Option<usize>,
    regions: Vec<String>,
    gathered: Gathered,
    download: Option<Download>,
    /// How many events an interrupted run has left.
    earlier: usize,
}

impl<'s> Search<'s> {
    fn begin(
        asked: &'s Events,
        form: Form,
        period: Period,
        (regions, unlisted): (Vec<String>, Option<AwsError>),
        identity: &Identity,
        screen: &'s Screen,
    ) -> Result<Self, Failure> {
        let account = identity.caller.account.clone();
        let question =
            Asked { account: account.clone(), regions: regions.clone(), options: words::options(asked) };
        let opened = asked.to.as_deref().map(|file| Download::open(file, &question, period)).transpose()?;
        let (download, period, regions, pages) = match opened {
            Some((download, earlier)) => (Some(download), earlier.period, earlier.regions, earlier.pages),
            None => (None, period, regions, Vec::new()),
        };
        let gathered = Gathered::new(&regions, period, pages).with_unlisted(unlisted);
        let limit = asked.limit.map(NonZeroUsize::get).or((form == Form::Screen).then_some(ON_THE_SCREEN));
        let earlier = gathered.count();
        Ok(Self { screen, asked, form, account, period, limit, regions, gathered, download, earlier })
    }

    /// Says what is looked at.
    fn announce(&self, endpoints: &str) {
        let heading = words::heading(&self.account, &self.regions, self.period);
        self.screen.wrapped(2, &self.screen.paint(Tone::Strong, self.screen.say(&heading)));
        tell_replaced(self.screen, endpoints);
        if self.earlier > 0 {
            self.screen.wrapped(2, self.screen.say(&words::goes_on(self.earlier)));
        }
    }

    /// Reads all there is; the exit status when it was interrupted.
    async fn read(&mut self, identity: &Identity, interrupt: &Interrupt) -> Result<Option<u8>, Failure> {
        let bounds = Bounds { events: self.limit, ..Bounds::default() };
        let mut reader = Reader::start(identity, &self.question(), self.gathered.positions(), bounds);
        let (begin, (all, _)) = (Instant::now(), self.gathered.parts());
        let bar = self.screen.bar(all);
        loop {
            let (_, done) = self.gathered.parts();
            bar.show(done, self.screen.say(&self.gathered.words(begin.elapsed())));
            let news = tokio::select! {
                news = reader.next() => news,
                () = interrupt.wait() => {
                    drop(bar);
                    return Ok(Some(self.interrupted()));
                }
            };
            match news {
                Some(news) => self.take(news)?,
                None => return Ok(None),
            }
        }
    }

    fn take(&mut self, news: News) -> Result<(), Failure> {
        match &news {
            News::Page(page) => {
                if let Some(download) = &mut self.download {
                    download.keep(page)?;
                }
            }
            News::Unread { error, .. } => {
                if matches!(error.cause, AwsCause::NotSignedIn | AwsCause::SignInExpired) {
                    self.tell_what_is_kept();
                    return Err(StepError::from(error.clone()).into());
                }
            }
        }
        self.gathered.take(news);
        Ok(())
    }

    fn interrupted(&self) -> u8 {
        let words = words::paused(self.download.as_ref().map(Download::part));
        self.screen.error("", 0, "");
        self.screen.error("  ", 2, self.screen.say(&words));
        exit_status::INTERRUPTED
    }

    fn tell_what_is_kept(&self) {
        if let Some(download) = &self.download {
            self.screen.error("", 0, self.screen.say(&words::not_finished(download.part())));
        }
    }

    fn question(&self) -> Query {
        let asked = self.asked;
        let service = asked.service.as_deref().map(event_source);
        let criteria = [
            (Attribute::Username, asked.user.as_ref()),
            (Attribute::AccessKeyId, asked.access_key.as_ref()),
            (Attribute::EventName, asked.event.as_ref()),
            (Attribute::EventSource, service.as_ref()),
            (Attribute::ResourceName, asked.resource.as_ref()),
        ];
        let criteria = criteria.into_iter().filter_map(|(attribute, value)| Some((attribute, value?)));
        let query = criteria
            .fold(Query::between(self.period.start, self.period.end), |query, (attribute, value)| {
                query.with(attribute, value)
            });
        if asked.root { query.of_root() } else { query }
    }

    /// Says what was found, and where it could not be looked.
    fn tell(mut self, calls: u32) -> Result<u8, Failure> {
        if let Some(error) = self.gathered.nothing_read() {
            let error = StepError::from(error.clone());
            self.download.as_ref().map(Download::abandon).transpose()?;
            return Err(error.into());
        }
        if self.download.is_some() && self.gathered.is_worth_another_run() {
            self.tell_unread();
            self.tell_what_is_kept();
            return Ok(exit_status::LEFT);
        }
        let events = self.gathered.take_events(self.limit);
        self.print(&events, calls)?;
        self.sum_up(&events);
        self.tell_unread();
        // What is left is a Region that could not be read, or may be missing.
        Ok(if self.gathered.is_complete() { exit_status::IN_PLACE } else { exit_status::LEFT })
    }

    fn print(&self, events: &[RecordedEvent], calls: u32) -> Result<(), Failure> {
        let document = match self.form {
            Form::Screen if events.is_empty() => return Ok(()),
            Form::Screen => {
                self.screen.blank();
                table::print(self.screen, events, self.regions.len() > 1);
                self.screen.blank();
                return Ok(());
            }
            Form::Json => self.json(events, calls) + "\n",
            Form::Csv => csv::rows(events),
        };
        match &self.download {
            Some(download) => download.finish(&document)?,
            None => self.screen.document_as_it_is(&document),
        }
        Ok(())
    }

    fn json(&self, events: &[RecordedEvent], calls: u32) -> String {
        let question = (self.asked, self.period, self.limit);
        document::json(&self.account, question, &self.gathered, events, calls)
    }

    fn sum_up(&self, events: &[RecordedEvent]) {
        let refused = events.iter().filter(|event| event.refused.is_some()).count();
        let mut lines = vec![words::found(events.len(), refused)];
        if let Some(file) = &self.asked.to {
            lines.push(words::written(file));
        }
        if let Some(limit) = self.limit.filter(|_| self.gathered.is_cut()) {
            lines.push(words::cut(limit));
        }
        lines.extend(self.gathered.begins_later().map(words::too_old));
        if self.asked.region.is_empty() && !self.asked.all_regions {
            lines.push(words::other_regions());
        }
        lines.push(words::what_is_missing());
        for line in lines {
            self.screen.wrapped(2, self.screen.say(&line));
        }
    }

    fn tell_unread(&self) {
        if let Some(error) = self.gathered.unlisted() {
            self.screen.error("  ! ", 4, self.screen.say(&unlisted(error)));
        }
        for (region, error) in self.gathered.unread() {
            self.screen.error("  ! ", 4, self.screen.say(&words::unread(region, error)));
        }
    }
}

impl Form {
    /// A download is in the form that `--output` says, or else that the file's name ends with.
    fn choose(output: Output, to: Option<&Path>) -> Result<Self, Failure> {
        match (output, to) {
            (Output::Json, _) => Ok(Self::Json),
            (Output::Csv, _) => Ok(Self::Csv),
            // Sarif and JUnit were refused with the command line.
            (Output::Text | Output::Sarif | Output::Junit, None) => Ok(Self::Screen),
            (Output::Text | Output::Sarif | Output::Junit, Some(file)) => {
                let ending = file.extension().map(|ending| ending.to_ascii_lowercase());
                match ending.as_deref().and_then(std::ffi::OsStr::to_str) {
                    Some("json") => Ok(Self::Json),
                    Some("csv") => Ok(Self::Csv),
                    _ => Err(Failure::Usage(words::which_form(file))),
                }
            }
        }
    }
}

/// The name under which a service's events are recorded.
fn event_source(service: &str) -> String {
    if service.contains('.') { service.to_owned() } else { format!("{service}.amazonaws.com") }
}

/// Where to look. Events of global services and sign-ins are not recorded in the Region that one works in.
fn regions_for(events: &Events, run: &str, partition: &str, enabled: &[String]) -> Vec<String> {
    let mut regions = vec![run.to_owned()];
    if events.all_regions {
        regions.extend(enabled.iter().cloned());
    } else if !events.region.is_empty() {
        regions = events.region.clone();
    } else {
        regions.push(regions::of_global_services(partition).to_owned());
        regions.extend(sign_in_regions(events, partition).map(ToOwned::to_owned));
    }
    let mut seen = HashSet::new();
    regions.retain(|region| seen.insert(region.clone()));
    regions
}

fn sign_in_regions(events: &Events, partition: &str) -> impl Iterator<Item = &'static str> {
    let sign_ins = events.event.as_deref() == Some("ConsoleLogin");
    let root: &'static [&'static str] = if events.root || sign_ins { ROOT_SIGN_IN } else { &[] };
    let user: &'static [&'static str] = if sign_ins && !events.root { USER_SIGN_IN } else { &[] };
    let here = partition == "aws";
    root.iter().chain(user).copied().filter(move |_| here)
}

/// The account that this must be, if it was said.
fn expected_account(options: &Options, file: &Map<String, Value>, found: &str) -> Result<(), Failure> {
    let said = options.account.as_deref().or_else(|| file.get("account").and_then(Value::as_str));
    match said {
        Some(expected) if expected != found => {
            Err(Failure::WrongAccount { expected: expected.to_owned(), found: found.to_owned() })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_has_the_form_that_was_said_or_that_its_name_ends_with() {
        let form = |output, file: &str| Form::choose(output, Some(Path::new(file))).ok();
        assert_eq!(form(Output::Text, "a/events.JSON"), Some(Form::Json));
        assert_eq!(form(Output::Text, "events.csv"), Some(Form::Csv));
        assert_eq!(form(Output::Csv, "events.json"), Some(Form::Csv));
        assert_eq!(form(Output::Json, "events"), Some(Form::Json));
        assert_eq!(form(Output::Text, "events"), None);
        assert_eq!(Form::choose(Output::Text, None).ok(), Some(Form::Screen));
    }

    #[test]
    fn it_is_looked_where_the_events_are_recorded() {
        let events = Events::default;
        let root = Events { root: true, ..events() };
        let sign_ins = Events { event: Some("ConsoleLogin".into()), ..events() };
        let some = Events { region: vec!["eu-west-1".into(), "eu-west-1".into()], ..events() };
        let cases = [
            (events(), "ap-northeast-2", "aws", vec!["ap-northeast-2", "us-east-1"]),
            (events(), "us-east-1", "aws", vec!["us-east-1"]),
            (root.clone(), "us-east-1", "aws", vec!["us-east-1", "us-east-2", "us-west-2"]),
            (root, "us-gov-east-1", "aws-us-gov", vec!["us-gov-east-1", "us-gov-west-1"]),
            (
                sign_ins,
                "us-east-1",
                "aws",
                vec!["us-east-1", "us-east-2", "us-west-2", "eu-north-1", "ap-southeast-2"],
            ),
            (some, "us-east-1", "aws", vec!["eu-west-1"]),
        ];
        for (events, run, partition, expected) in cases {
            assert_eq!(regions_for(&events, run, partition, &[]), expected, "{events:?}");
        }
        let all = regions_for(
            &Events { all_regions: true, ..events() },
            "me-south-1",
            "aws",
            &regions::default_regions(),
        );
        assert_eq!((all.len(), all[0].as_str()), (18, "me-south-1"), "the Region of the run was switched on");
    }

    #[test]
    fn a_service_may_be_named_in_short() {
        assert_eq!(event_source("iam"), "iam.amazonaws.com");
        assert_eq!(event_source("signin.amazonaws.com"), "signin.amazonaws.com");
    }
}
