//! What `dayone events` says beside the events.

use std::path::Path;

use jiff::Timestamp;
use steps::error::AwsError;
use steps::event_history::DAYS;
use steps::moment::minute;
use steps::text;
use steps::text::{Text, harmless, shown};

use super::period::Period;
use crate::cli::Events;

/// The option that means every Region of the account.
pub const ALL_REGIONS: &str = "--all-regions";

/// So many Regions are named; more are counted.
const NAMED: usize = 5;

/// What is looked at.
pub fn heading(account: &str, regions: &[String], period: Period) -> Text {
    let account = harmless(account);
    let (count, names) = (regions.len(), regions.join(", "));
    let (start, end) = period.words();
    let regions = if count > NAMED {
        text! { en: "{count} Regions", ko: "리전 {count}곳" }
    } else {
        Text::verbatim(names)
    };
    let (regions_en, regions_ko) = (regions.en, regions.ko);
    text! {
        en: "Event History of account {account} in {regions_en}, {start} to {end} (UTC)",
        ko: "계정 {account}의 이벤트 기록(Event History), {regions_ko}, {start} ~ {end}(UTC)"
    }
}

/// A download is taken up again.
pub fn goes_on(events: usize) -> Text {
    let there = match events {
        1 => "1 event is".to_owned(),
        _ => format!("{events} events are"),
    };
    text! {
        en: "Going on with the download that was interrupted: {there} there already.",
        ko: "중단된 내려받기를 이어서 합니다. 이미 받은 이벤트는 {events}건입니다."
    }
}

/// How much was found.
pub fn found(events: usize, refused: usize) -> Text {
    match (events, refused) {
        (0, _) => text! { en: "No events were found.", ko: "이벤트를 찾지 못했습니다." },
        (1, 0) => text! { en: "1 event, not refused.", ko: "이벤트 1건, 거부되지 않았습니다." },
        (1, _) => text! { en: "1 event, refused.", ko: "이벤트 1건, 거부되었습니다." },
        (_, 0) => {
            text! { en: "{events} events, none refused.", ko: "이벤트 {events}건, 거부된 것은 없습니다." }
        }
        _ => {
            text! { en: "{events} events, {refused} of them refused.", ko: "이벤트 {events}건, 그중 {refused}건이 거부되었습니다." }
        }
    }
}

/// Where it was written.
pub fn written(file: &Path) -> Text {
    let file = shown(file);
    text! { en: "Written to {file}.", ko: "{file}에 저장했습니다." }
}

/// There is more.
pub fn cut(limit: usize) -> Text {
    let newest_are = if limit == 1 { "newest is".to_owned() } else { format!("newest {limit} are") };
    text! {
        en: "Only the {newest_are} here; there are older ones. --limit NUMBER gives more.",
        ko: "가장 최근 {limit}건만 보여 줍니다. 더 오래된 것도 있으며, --limit 숫자로 더 볼 수 있습니다."
    }
}

/// There are other Regions.
pub fn other_regions() -> Text {
    text! {
        en: "Other Regions were not looked at; with --all-regions they are.",
        ko: "다른 리전은 보지 않았습니다. --all-regions를 지정하면 함께 봅니다."
    }
}

/// What nobody finds in Event History.
pub fn what_is_missing() -> Text {
    text! {
        en: "Event History has management events only. Data events, such as reads of S3 objects, are never in it, and the last 15 minutes or so may be missing.",
        ko: "이벤트 기록(Event History)에는 관리 이벤트만 있습니다. S3 객체 읽기 같은 데이터 이벤트는 나오지 않으며, 최근 15분가량의 이벤트는 아직 빠져 있을 수 있습니다."
    }
}

/// A Region that could not be read, or not to the end.
pub fn unread(region: &str, error: &AwsError) -> Text {
    let (region, Text { en, ko }) = (harmless(region), error.detail());
    text! {
        en: "{region} could not be read: {en}",
        ko: "{region} 리전을 읽지 못했습니다: {ko}"
    }
}

/// What could not be read any more, because reading took long or was taken up late.
pub fn too_old(since: Timestamp) -> Text {
    let since = minute(since);
    text! {
        en: "Events before {since} are left out: Event History goes back {DAYS} days, and they have become older.",
        ko: "{since} 이전의 이벤트는 빠져 있습니다. 이벤트 기록(Event History)은 {DAYS}일 전까지만 있는데, 그사이에 더 오래되었습니다."
    }
}

/// Ctrl-C, and how to go on.
pub fn paused(part: Option<&Path>) -> Text {
    let Some(part) = part.map(shown) else {
        return text! {
            en: "Paused. Nothing was kept. A download, with --to FILE, goes on where it was interrupted.",
            ko: "멈췄습니다. 읽은 내용은 보관하지 않았습니다. --to 파일로 내려받으면 멈춘 곳에서 이어집니다."
        };
    };
    text! {
        en: "Paused. What was read is kept in {part}; run the same command again and it goes on.",
        ko: "멈췄습니다. 읽은 내용은 {part}에 보관되어 있습니다. 같은 명령을 다시 실행하면 이어서 진행합니다."
    }
}

/// A download that could not be finished, and how to go on.
pub fn not_finished(part: &Path) -> Text {
    let part = shown(part);
    text! {
        en: "The download is not finished. What was read is kept in {part}; run the same command again and it goes on.",
        ko: "내려받기가 끝나지 않았습니다. 읽은 내용은 {part}에 보관되어 있습니다. 같은 명령을 다시 실행하면 이어서 진행합니다."
    }
}

/// Neither `--output` nor the file's name says in which form to write.
pub fn which_form(file: &Path) -> Text {
    let file = shown(file);
    text! {
        en: "In which form is {file} to be? Add --output json or --output csv, or name a file that ends with .json or .csv.",
        ko: "{file}을(를) 어떤 형식으로 저장할까요? --output json이나 --output csv를 지정하거나, .json 또는 .csv로 끝나는 파일을 지정하세요."
    }
}

/// The options that make up the question, as they were typed.
pub fn options(events: &Events) -> Vec<String> {
    let limit = events.limit.map(|limit| limit.to_string());
    let regions = (!events.region.is_empty()).then(|| events.region.join(","));
    let valued = [
        ("--user", events.user.as_ref()),
        ("--access-key", events.access_key.as_ref()),
        ("--event", events.event.as_ref()),
        ("--service", events.service.as_ref()),
        ("--resource", events.resource.as_ref()),
        ("--since", events.since.as_ref()),
        ("--until", events.until.as_ref()),
        ("--region", regions.as_ref()),
        ("--limit", limit.as_ref()),
    ];
    let valued = valued.into_iter().filter_map(|(option, value)| Some(format!("{option} {}", value?)));
    let flags = [("--root", events.root), (ALL_REGIONS, events.all_regions)];
    let flags = flags.into_iter().filter(|(_, set)| *set).map(|(option, _)| option.to_owned());
    valued.chain(flags).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    #[test]
    fn the_question_is_told_as_it_was_typed() {
        let line = "--user kim --event CreateUser --since 90d --region us-east-1,eu-west-1 --limit 7";
        let words = ["dayone", "events", "--to", "x.json"].into_iter().chain(line.split(' '));
        match Cli::try_parse_from(words).unwrap().command {
            Some(Command::Events(events)) => assert_eq!(options(&events).join(" "), line),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn many_regions_are_counted() {
        let period = Period {
            start: "2026-11-01T00:00:00Z".parse().unwrap(),
            end: "2026-11-02T12:30:00Z".parse().unwrap(),
        };
        let few = heading("111122223333", &["us-east-1".to_owned(), "eu-west-1".to_owned()], period);
        assert_eq!(
            few.en,
            "Event History of account 111122223333 in us-east-1, eu-west-1, 2026-11-01 00:00 to 2026-11-02 12:30 (UTC)"
        );
        let many = heading("111122223333", &steps::regions::default_regions(), period);
        assert!(many.en.contains("in 17 Regions,") && many.ko.contains("리전 17곳"), "{many:?}");
    }
}
