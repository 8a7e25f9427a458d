//! Events as lines on a terminal: a table that fits its window, or sentences where lines are read out.

use steps::event_history::{RecordedEvent, Refusal};
use steps::text;
use steps::text::Text;
use textwrap::core::display_width;

use crate::screen::{Screen, Tone, padded};

/// Before each line.
const INDENT: &str = "  ";
/// Between two columns.
const GAP: &str = "  ";
/// In a window as wide as this, times have their year and seconds.
const WIDE: usize = 110;
/// So many characters may stand in one column: marks above and below a letter take no room, and could pile up.
const MARKS: usize = 4;
/// In a narrower window there is no room for a table.
const NARROWEST: usize = 50;

/// Prints the events. The Region is left out where there is only one.
pub fn print(screen: &Screen, events: &[RecordedEvent], several_regions: bool) {
    let room = screen.size().1.saturating_sub(INDENT.len());
    if screen.is_plain() || room < NARROWEST {
        for event in events {
            screen.hanging("", 4, screen.say(&sentence(event)));
        }
        return;
    }
    let columns = fitting(columns(screen, events, several_regions, room), room);
    let widths = widths(&columns, room);
    let headings = line(columns.iter().map(|column| column.heading.as_str()), &widths, str::to_owned);
    screen.line(&screen.paint(Tone::Strong, &headings));
    for (row, event) in events.iter().enumerate() {
        let cells = columns.iter().map(|column| column.cells.get(row).map_or("", String::as_str));
        let result = |words: &str| match event.refused {
            Some(_) => screen.paint(Tone::Bad, words),
            None => words.to_owned(),
        };
        screen.line(&line(cells, &widths, result));
    }
}

/// A column, with all its cells.
struct Column {
    heading: String,
    cells: Vec<String>,
    /// Narrower, it says nothing.
    least: usize,
    /// Which column goes first where there is no room for all: the one with the highest number.
    spare: u8,
}

fn columns(screen: &Screen, events: &[RecordedEvent], several_regions: bool, room: usize) -> Vec<Column> {
    let column = |heading: Text, least, spare| Column::new(screen.say(&heading), least, spare);
    let time = if room >= WIDE { "%Y-%m-%d %H:%M:%S" } else { "%m-%d %H:%M" };
    let time =
        column(text! { en: "Time (UTC)", ko: "시각(UTC)" }, 11, 0).with(events, |event| time_of(event, time));
    let region = column(text! { en: "Region", ko: "리전" }, 14, 1).with(events, |event| event.region.clone());
    let who = column(text! { en: "Who", ko: "주체" }, 7, 0).with(events, |event| event.who.clone());
    let what = column(text! { en: "Event", ko: "이벤트" }, 13, 0).with(events, what);
    let from = column(text! { en: "From", ko: "출처" }, 13, 3)
        .with(events, |event| event.address.clone().unwrap_or_default());
    let mfa = column(text! { en: "MFA", ko: "MFA" }, 6, 2).with(events, |event| mfa(screen, event));
    let result = column(text! { en: "Result", ko: "결과" }, 9, 0).with(events, |event| result(screen, event));
    let region = several_regions.then_some(region);
    [Some(time), region, Some(who), Some(what), Some(from), Some(mfa), Some(result)]
        .into_iter()
        .flatten()
        .collect()
}

fn time_of(event: &RecordedEvent, form: &str) -> String {
    event.time.map_or_else(|| "?".to_owned(), |time| time.strftime(form).to_string())
}

/// Such as `iam:CreateUser`, as permissions are written.
fn what(event: &RecordedEvent) -> String {
    match event.service.strip_suffix(".amazonaws.com").unwrap_or(&event.service) {
        "" => event.name.clone(),
        service => format!("{service}:{}", event.name),
    }
}

fn mfa(screen: &Screen, event: &RecordedEvent) -> String {
    let words = match event.mfa {
        Some(true) => text! { en: "yes", ko: "예" },
        Some(false) => text! { en: "no", ko: "아니요" },
        None => return "–".to_owned(),
    };
    screen.say(&words).to_owned()
}

/// The word stands there without colour, too.
fn result(screen: &Screen, event: &RecordedEvent) -> String {
    event.refused.as_ref().map(|refusal| screen.say(&refused(refusal)).to_owned()).unwrap_or_default()
}

fn refused(refusal: &Refusal) -> Text {
    match refusal.code.as_ref().or(refusal.message.as_ref()) {
        Some(why) => text! { en: "refused: {why}", ko: "거부: {why}" },
        None => text! { en: "refused", ko: "거부" },
    }
}

/// The same in words, for who listens.
fn sentence(event: &RecordedEvent) -> Text {
    let time = time_of(event, "%Y-%m-%d %H:%M:%S");
    let (region, who, what) = (&event.region, &event.who, what(event));
    let mut text = text! {
        en: "{time} UTC, {region}: {who}, {what}",
        ko: "{time} UTC, {region}: {who}, {what}"
    };
    let address = event.address.as_ref().map(|address| text! { en: "from {address}", ko: "출처 {address}" });
    let mfa = event.mfa.map(|mfa| match mfa {
        true => text! { en: "with MFA", ko: "MFA 사용" },
        false => text! { en: "without MFA", ko: "MFA 없음" },
    });
    for more in [address, mfa, event.refused.as_ref().map(refused)].into_iter().flatten() {
        text.en = format!("{}, {}", text.en, more.en);
        text.ko = format!("{}, {}", text.ko, more.ko);
    }
    text
}

/// The columns for which there is room, if each takes no more than it must.
fn fitting(mut columns: Vec<Column>, room: usize) -> Vec<Column> {
    loop {
        let least: Vec<_> = columns.iter().map(Column::narrowest).collect();
        let spare = columns.iter().map(|column| column.spare).max().unwrap_or_default();
        if total(&least) <= room || spare == 0 {
            return columns;
        }
        columns.retain(|column| column.spare != spare);
    }
}

/// As wide as what stands in them, and then narrower, first where there is most to spare, until all of them fit.
fn widths(columns: &[Column], room: usize) -> Vec<usize> {
    let least: Vec<_> = columns.iter().map(Column::narrowest).collect();
    let mut widths: Vec<_> = columns.iter().map(Column::widest).collect();
    while total(&widths) > room {
        let most = widths.iter_mut().zip(&least).max_by_key(|(width, least)| width.saturating_sub(**least));
        match most {
            Some((width, least)) if *width > *least => *width -= 1,
            _ => break,
        }
    }
    widths
}

fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1)
}

impl Column {
    fn new(heading: &str, least: usize, spare: u8) -> Self {
        Self { heading: heading.to_owned(), cells: Vec::new(), least, spare }
    }

    fn with(self, events: &[RecordedEvent], cell: impl Fn(&RecordedEvent) -> String) -> Self {
        Self { cells: events.iter().map(cell).collect(), ..self }
    }

    /// No cell needs more than this to be shown whole.
    fn widest(&self) -> usize {
        let cells = self.cells.iter().map(|cell| display_width(cell));
        cells.chain([display_width(&self.heading)]).max().unwrap_or_default()
    }

    fn narrowest(&self) -> usize {
        self.least.min(self.widest())
    }
}

/// One line of the table; the last cell is painted.
fn line<'c>(
    cells: impl ExactSizeIterator<Item = &'c str>,
    widths: &[usize],
    paint: impl Fn(&str) -> String,
) -> String {
    let last = cells.len().saturating_sub(1);
    let cells = cells.zip(widths).enumerate().map(|(at, (cell, width))| {
        let cell = shortened(cell, *width);
        if at == last && !cell.is_empty() { paint(&cell) } else { padded(&cell, *width) }
    });
    format!("{INDENT}{}", cells.collect::<Vec<_>>().join(GAP)).trim_end().to_owned()
}

/// Characters are counted one by one, as terminals do that join none of them.
fn shortened(words: &str, width: usize) -> String {
    let most = width.saturating_mul(MARKS);
    if display_width(words) <= width && words.chars().count() <= most {
        return words.to_owned();
    }
    let (mut beginning, mut room) = (String::new(), width.saturating_sub(1));
    for c in words.chars().take(most) {
        let taken = display_width(c.encode_utf8(&mut [0; 4]));
        if taken > room {
            break;
        }
        room -= taken;
        beginning.push(c);
    }
    beginning + "…"
}

#[cfg(test)]
mod tests {
    use steps::event_history::IdentityKind;
    use steps::text::Language;

    use super::*;
    use crate::screen::Mode;

    fn event(who: &str, refused: Option<&str>) -> RecordedEvent {
        RecordedEvent {
            time: Some("2026-11-20T08:15:30Z".parse().unwrap()),
            region: "ap-southeast-2".into(),
            name: "CreateVirtualMFADevice".into(),
            service: "iam.amazonaws.com".into(),
            who: who.into(),
            kind: IdentityKind::User,
            user: Some(who.into()),
            access_key: None,
            address: Some("2001:db8:1234:5678:9abc:def0:1234:5678".into()),
            user_agent: None,
            mfa: Some(true),
            refused: refused.map(|code| Refusal { code: Some(code.into()), message: None }),
            read_only: Some(false),
            resources: Vec::new(),
            id: "1".into(),
            changed_key: None,
        }
    }

    fn lines(language: Language, room: usize, several: bool) -> [String; 2] {
        let screen = Screen::in_memory(language, Mode::Rich);
        let events = [event("관리자-김철수-서울-지사", None), event("kim", Some("AccessDeniedException"))];
        let columns = fitting(columns(&screen, &events, several, room), room);
        let widths = widths(&columns, room);
        [0, 1]
            .map(|row| line(columns.iter().map(|column| column.cells[row].as_str()), &widths, str::to_owned))
    }

    #[test]
    fn the_table_fits_every_window_and_keeps_who_what_and_whether_refused() {
        for language in [Language::En, Language::Ko] {
            for (room, several) in
                [(50, true), (58, false), (78, true), (98, true), (118, false), (250, true)]
            {
                let lines = lines(language, room, several);
                for line in &lines {
                    assert!(display_width(line) <= room + INDENT.len(), "{room}: {line:?}");
                }
                assert!(lines[0].contains("관리자") && lines[1].contains("kim"), "{lines:?}");
                assert!(lines.iter().all(|line| line.contains("iam:Create")), "{lines:?}");
                let refused = if language == Language::En { "refused" } else { "거부" };
                assert!(lines[1].contains(refused) && !lines[0].contains(refused), "{lines:?}");
            }
        }
    }

    #[test]
    fn columns_are_left_out_where_there_is_no_room_and_whole_where_there_is() {
        let wide = &lines(Language::En, 250, true)[1];
        let whole = "2026-11-20 08:15:30  ap-southeast-2  kim                      iam:CreateVirtualMFADevice  \
                     2001:db8:1234:5678:9abc:def0:1234:5678  yes  refused: AccessDeniedException";
        assert_eq!(wide.trim_start(), whole);
        let narrow = &lines(Language::En, 70, true)[1];
        assert!(!narrow.contains("2001") && narrow.contains("ap-southeast-2"), "{narrow}");
        let least = &lines(Language::En, 50, true)[1];
        assert!(!least.contains("ap-"), "{least}");
    }

    #[test]
    fn a_cell_is_cut_where_its_column_ends_whatever_stands_in_it() {
        let piled = format!("a{}", "\u{301}".repeat(500));
        for words in [
            "김철수김철수김철수",
            "👍🏽👍🏽👍🏽👍🏽",
            "لالالالالالا",
            "☎\u{fe0f}☎\u{fe0f}☎\u{fe0f}☎\u{fe0f}☎\u{fe0f}",
            &piled,
        ] {
            for width in 1..12 {
                let cell = shortened(words, width);
                assert!(display_width(&cell) <= width, "{width}: {cell:?}");
                assert!(cell.chars().count() <= 4 * width + 1, "{width}: {cell:?}");
                assert!(cell == words || cell.ends_with('…'), "{width}: {cell:?}");
            }
        }
        assert_eq!(shortened("김철수", 6), "김철수");
        assert_eq!(shortened("김철수", 5), "김철…");
        assert_eq!(shortened("김철수", 4), "김…");
    }

    #[test]
    fn with_mfa_or_without_is_told_whole() {
        for (language, no) in [(Language::En, "no"), (Language::Ko, "아니요")] {
            let screen = Screen::in_memory(language, Mode::Rich);
            let without = RecordedEvent {
                mfa: Some(false),
                ..event("관리자-김철수-서울-지사", Some("AccessDenied"))
            };
            print(&screen, &[without], true);
            let page = screen.kept();
            assert!(page.contains(&format!(" {no} ")), "{page}");
            assert!(page.lines().all(|line| display_width(line) <= 80), "{page}");
        }
    }

    #[test]
    fn who_listens_gets_sentences() {
        let screen = Screen::in_memory(Language::En, Mode::Plain);
        print(&screen, &[event("kim", Some("AccessDenied"))], true);
        let page = screen.kept().split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(
            page,
            "2026-11-20 08:15:30 UTC, ap-southeast-2: kim, iam:CreateVirtualMFADevice, from \
             2001:db8:1234:5678:9abc:def0:1234:5678, with MFA, refused: AccessDenied"
        );
        let korean = Screen::in_memory(Language::Ko, Mode::Plain);
        print(&korean, &[RecordedEvent { time: None, ..event("kim", None) }], true);
        assert!(korean.kept().starts_with("? UTC, ap-southeast-2: kim"), "{}", korean.kept());
    }
}
