//! What has been read so far, Region by Region, and how long the rest may take.

use std::time::Duration;

use jiff::Timestamp;
use steps::error::AwsError;
use steps::event_history::{Found, News, Page, Position, RecordedEvent};
use steps::text;
use steps::text::{Text, counted};

use super::period::Period;

/// A Region is read when so many parts of it are.
const PARTS: u64 = 1_000;

/// What has been read so far.
#[derive(Debug)]
pub struct Gathered {
    found: Found,
    /// Whether events were found that are not shown.
    left_out: bool,
    regions: Vec<Region>,
    /// Why it is not known which Regions there are.
    unlisted: Option<AwsError>,
    period: Period,
}

/// How far a Region has been read.
#[derive(Debug)]
pub struct Region {
    /// Its name.
    pub name: String,
    /// How far.
    pub position: Position,
    /// Why no further.
    pub unread: Option<AwsError>,
    /// The parts that were read before this run.
    parts_before: u64,
}

impl Gathered {
    /// Nothing yet, but for the pages of an earlier run.
    pub fn new(regions: &[String], period: Period, earlier: Vec<Page>) -> Self {
        let region = |name: &String| Region {
            name: name.clone(),
            position: Position::default(),
            unread: None,
            parts_before: 0,
        };
        let regions = regions.iter().map(region).collect();
        let mut gathered = Self { found: Found::default(), left_out: false, regions, unlisted: None, period };
        earlier.into_iter().for_each(|page| gathered.add(page));
        for region in &mut gathered.regions {
            region.parts_before = parts(&region.position, period);
        }
        gathered
    }

    /// With the reason, if there is one, why these may not be all the Regions that were asked for.
    #[must_use]
    pub fn with_unlisted(self, unlisted: Option<AwsError>) -> Self {
        Self { unlisted, ..self }
    }

    /// Takes in what came next.
    pub fn take(&mut self, news: News) {
        match news {
            News::Page(page) => self.add(page),
            News::Unread { region, error } => {
                if let Some(region) = self.region(&region) {
                    region.unread = Some(error);
                }
            }
        }
    }

    fn add(&mut self, page: Page) {
        if let Some(region) = self.region(&page.region) {
            region.position = page.position;
            self.found.add(page.events);
        }
    }

    fn region(&mut self, name: &str) -> Option<&mut Region> {
        self.regions.iter_mut().find(|region| region.name == name)
    }

    /// Each Region.
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// Where to go on in each Region.
    pub fn positions(&self) -> Vec<(String, Position)> {
        self.regions.iter().map(|region| (region.name.clone(), region.position.clone())).collect()
    }

    /// How many events there are.
    pub fn count(&self) -> usize {
        self.found.count()
    }

    /// The Regions that could not be read, or not to the end.
    pub fn unread(&self) -> impl Iterator<Item = (&str, &AwsError)> {
        self.regions.iter().filter_map(|region| Some((region.name.as_str(), region.unread.as_ref()?)))
    }

    /// The reason why nothing could be read at all.
    pub fn nothing_read(&self) -> Option<&AwsError> {
        let all = self.regions.iter().all(|region| region.unread.is_some() && !region.has_begun());
        if all { self.unread().next().map(|(_, error)| error) } else { None }
    }

    /// Why these may not be all the Regions that were asked for.
    pub fn unlisted(&self) -> Option<&AwsError> {
        self.unlisted.as_ref()
    }

    /// Whether every Region was known, and read to its end.
    pub fn is_complete(&self) -> bool {
        self.unlisted.is_none() && self.unread().next().is_none()
    }

    /// From when on a Region was read, where what is older has meanwhile become too old for Event History.
    pub fn begins_later(&self) -> Option<Timestamp> {
        self.regions
            .iter()
            .map(|region| region.since(self.period))
            .max()
            .filter(|since| *since > self.period.start)
    }

    /// Whether the same command may read more a little later.
    pub fn is_worth_another_run(&self) -> bool {
        self.unread().map(|(_, error)| error).chain(self.unlisted()).any(AwsError::is_of_the_moment)
    }

    /// Gives away the events, newest first.
    pub fn take_events(&mut self, limit: Option<usize>) -> Vec<RecordedEvent> {
        self.left_out = limit.is_some_and(|limit| limit < self.count());
        std::mem::take(&mut self.found).newest(limit)
    }

    /// Whether older events were left out because of the limit.
    pub fn is_cut(&self) -> bool {
        self.left_out || self.regions.iter().any(|region| region.position.is_cut())
    }

    /// How many parts there are to read, and how many of them are.
    pub fn parts(&self) -> (u64, u64) {
        let all = PARTS * self.regions.len() as u64;
        (all, self.regions.iter().map(|region| region.parts(self.period)).sum())
    }

    /// How far it has got, and about how long it may take, after so much time.
    pub fn words(&self, elapsed: Duration) -> Text {
        let (all, found) = (self.regions.len(), self.count());
        let done = self.regions.iter().filter(|region| region.is_done()).count();
        let left = self.time_left(elapsed).map(about).unwrap_or_default();
        let (left_en, left_ko) = (left.en, left.ko);
        let (regions, events) = (counted(all, "Region"), counted(found, "event"));
        text! {
            en: "{done} of {regions}, {events}{left_en}",
            ko: "리전 {all}곳 중 {done}곳, 이벤트 {found}건{left_ko}"
        }
    }

    /// The slowest Region decides, and each is taken to go on as it did: events lie about as thick before as after.
    fn time_left(&self, elapsed: Duration) -> Option<Duration> {
        let of_region = |region: &Region| {
            let (before, now) = (region.parts_before, region.parts(self.period));
            let gained = u32::try_from(now.saturating_sub(before)).ok().filter(|gained| *gained > 0)?;
            let left = u32::try_from(PARTS.saturating_sub(now)).ok()?;
            Some(elapsed.saturating_mul(left) / gained)
        };
        self.regions.iter().filter(|region| !region.is_done()).filter_map(of_region).max()
    }
}

impl Region {
    fn is_done(&self) -> bool {
        self.position.ended || self.unread.is_some()
    }

    /// From when on it is read.
    pub fn since(&self, period: Period) -> Timestamp {
        self.position.start.unwrap_or(period.start)
    }

    fn has_begun(&self) -> bool {
        self.position != Position::default()
    }

    fn parts(&self, period: Period) -> u64 {
        if self.unread.is_some() { PARTS } else { parts(&self.position, period) }
    }
}

/// Events come newest first, so the time of the oldest says how much of the period has been read.
fn parts(position: &Position, period: Period) -> u64 {
    if position.ended {
        return PARTS;
    }
    let Some(oldest) = position.oldest else { return 0 };
    let whole = period.end.duration_since(period.start).as_secs().max(1);
    let read = period.end.duration_since(oldest).as_secs().clamp(0, whole);
    let parts = i128::from(read) * i128::from(PARTS) / i128::from(whole);
    u64::try_from(parts).unwrap_or(PARTS)
}

fn about(left: Duration) -> Text {
    let minutes = (left.as_secs() + 30) / 60;
    if minutes == 0 {
        return text! { en: ", less than a minute left", ko: ", 1분 안에 끝남" };
    }
    text! { en: ", about {minutes} min left", ko: ", 약 {minutes}분 남음" }
}

#[cfg(test)]
mod tests {
    use steps::error::AwsCause;

    use super::*;
    use crate::screen::BESIDE_BAR;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn page(region: &str, oldest: i64, ended: bool) -> Page {
        let position = Position { oldest: Some(at(oldest)), ended, ..Position::default() };
        Page { region: region.into(), position, events: Vec::new() }
    }

    fn two_regions(earlier: Vec<Page>) -> Gathered {
        let regions = ["us-east-1".to_owned(), "eu-west-1".to_owned()];
        Gathered::new(&regions, Period { start: at(1_000), end: at(2_000) }, earlier)
    }

    fn unread(region: &str, cause: AwsCause, code: Option<&str>) -> News {
        let error = AwsError {
            cause,
            code: code.map(ToOwned::to_owned),
            ..AwsError::without_answer("cloudtrail:LookupEvents", "so")
        };
        News::Unread { region: region.into(), error }
    }

    #[test]
    fn how_long_it_takes_follows_from_the_time_that_was_reached() {
        let mut gathered = two_regions(Vec::new());
        assert_eq!(gathered.parts(), (2_000, 0));
        assert_eq!(gathered.words(Duration::from_secs(60)).en, "0 of 2 Regions, 0 events");
        gathered.take(News::Page(page("us-east-1", 1_750, false)));
        gathered.take(News::Page(page("eu-west-1", 1_100, false)));
        assert_eq!(gathered.parts(), (2_000, 250 + 900));
        // A quarter of the slower one in a minute: three more.
        assert_eq!(gathered.words(Duration::from_secs(60)).en, "0 of 2 Regions, 0 events, about 3 min left");
        gathered.take(News::Page(page("us-east-1", 1_000, true)));
        let words = gathered.words(Duration::from_secs(60));
        assert_eq!(words.en, "1 of 2 Regions, 0 events, less than a minute left");
        assert_eq!(words.ko, "리전 2곳 중 1곳, 이벤트 0건, 1분 안에 끝남");
        gathered.take(unread("eu-west-1", AwsCause::Denied, None));
        assert_eq!(gathered.parts(), (2_000, 2_000));
    }

    #[test]
    fn what_an_earlier_run_has_read_does_not_count_as_fast() {
        let mut gathered = two_regions(vec![page("us-east-1", 1_500, false), page("eu-west-1", 1_000, true)]);
        assert_eq!(gathered.parts(), (2_000, 1_500));
        gathered.take(News::Page(page("us-east-1", 1_400, false)));
        assert_eq!(gathered.time_left(Duration::from_secs(60)), Some(Duration::from_secs(240)));
        let went_on: Vec<_> = gathered.positions().into_iter().map(|(_, position)| position.ended).collect();
        assert_eq!(went_on, [false, true]);
    }

    /// The longest words that there may be, of all Regions and a million events.
    #[test]
    fn the_words_fit_beside_the_bar() {
        let regions: Vec<_> = (0..40).map(|number| format!("us-east-{number}")).collect();
        let mut gathered = Gathered::new(&regions, Period { start: at(1_000), end: at(2_000) }, Vec::new());
        gathered.take(News::Page(page("us-east-1", 1_001, false)));
        for elapsed in [60, 60_000_000] {
            let words = gathered.words(Duration::from_secs(elapsed));
            for language in
                [words.en.replace("0 events", "1000000 events"), words.ko.replace("0건", "1000000건")]
            {
                assert!(textwrap::core::display_width(&language) <= BESIDE_BAR, "{language}");
            }
        }
        let one = Gathered::new(&regions[..1], Period { start: at(1_000), end: at(2_000) }, Vec::new());
        assert_eq!(one.words(Duration::ZERO).en, "0 of 1 Region, 0 events");
    }

    #[test]
    fn times_outside_the_period_do_not_break_the_bar() {
        for oldest in [-5_000, 0, 9_000_000_000] {
            let gathered = two_regions(vec![page("us-east-1", oldest, false)]);
            let (all, done) = gathered.parts();
            assert!(done <= all, "{oldest}: {done}");
        }
    }

    #[test]
    fn where_the_regions_are_not_known_it_is_not_complete() {
        let denied = AwsError::without_answer("account:ListRegions", "so");
        let moment = AwsError { cause: AwsCause::Unreachable, ..denied.clone() };
        for (unlisted, complete, again) in
            [(None, true, false), (Some(denied), false, false), (Some(moment), false, true)]
        {
            let gathered = two_regions(Vec::new()).with_unlisted(unlisted);
            assert_eq!((gathered.is_complete(), gathered.is_worth_another_run()), (complete, again));
        }
    }

    #[test]
    fn a_region_that_was_read_from_a_later_time_is_told() {
        let mut gathered = two_regions(Vec::new());
        assert_eq!(gathered.begins_later(), None);
        let mut page = page("eu-west-1", 1_500, true);
        page.position.start = Some(at(1_300));
        gathered.take(News::Page(page));
        assert_eq!(gathered.begins_later(), Some(at(1_300)));
        assert!(gathered.is_complete(), "there is no more");
    }

    #[test]
    fn a_failure_of_the_moment_is_worth_another_run_and_a_refusal_is_not() {
        let cases = [
            (AwsCause::Denied, Some("AccessDeniedException"), false),
            (AwsCause::CredentialsRefused, Some("UnrecognizedClientException"), false),
            (AwsCause::Unreachable, None, true),
            (AwsCause::Refused, Some("ThrottlingException"), true),
            (AwsCause::Refused, Some("HTTP 503"), true),
        ];
        for (cause, code, again) in cases {
            let mut gathered = two_regions(Vec::new());
            gathered.take(unread("us-east-1", cause, code));
            assert_eq!(gathered.is_worth_another_run(), again, "{code:?}");
            assert_eq!(gathered.nothing_read(), None);
            gathered.take(unread("eu-west-1", cause, code));
            assert!(gathered.nothing_read().is_some());
        }
    }
}
