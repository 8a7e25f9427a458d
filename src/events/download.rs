//! A download that survives an interruption.
//!
//! While it runs, what has been read is in `FILE.part`: a line that says what was asked, and then a line for each page,
//! with how far its Region has been read. The same command goes on from there. `FILE` itself appears in one step, when
//! all is read, and takes the place of an earlier download alone.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use steps::error::StepError;
use steps::event_history::Page;
use steps::text;
use steps::text::{Text, harmless, shown};

use super::period::Period;
use super::words::ALL_REGIONS;
use super::{csv, document};
use crate::error::Failure;
use crate::journal;

/// The version of the file.
const SCHEMA: &str = "dayone-events-part/1";

/// How every such file begins, so that somebody else's file of that name is told from one that was cut off.
const BEGINNING: &[u8] = b"{\"schema\":\"dayone-events-part/1\"";

/// What was asked, which has to be asked again to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// In which account.
    pub account: String,
    /// In which Regions.
    pub regions: Vec<String>,
    /// The options of the command, as they were typed.
    pub options: Vec<String>,
}

/// What an earlier run has left.
#[derive(Debug)]
pub struct Earlier {
    /// The period of the download: it stays what it was when the download began.
    pub period: Period,
    /// Where to look: also where the interrupted run has looked.
    pub regions: Vec<String>,
    /// The pages that were read.
    pub pages: Vec<Page>,
}

impl Asked {
    /// Which Regions an account has, and whether AWS lists them, may be another thing the next time.
    fn is_same_question(&self, other: &Self) -> bool {
        let all_regions = self.options.iter().any(|option| option == ALL_REGIONS);
        self.account == other.account
            && self.options == other.options
            && (all_regions || self.regions == other.regions)
    }
}

impl Earlier {
    fn go_on(head: Head, pages: Vec<Page>, asked: &Asked) -> Self {
        let read = pages.iter().map(|page| &page.region);
        let mut regions: Vec<String> = Vec::new();
        for region in asked.regions.iter().chain(&head.asked.regions).chain(read) {
            if !regions.contains(region) {
                regions.push(region.clone());
            }
        }
        Self { period: head.period, regions, pages }
    }
}

/// A download under way. No other run can have it open.
#[derive(Debug)]
pub struct Download {
    file: PathBuf,
    part: PathBuf,
    handle: File,
}

impl Drop for Download {
    /// At once, and not when the last copy of the file is closed: a program that is being started holds one.
    fn drop(&mut self) {
        let _ = self.handle.unlock();
    }
}

#[derive(Serialize, Deserialize)]
struct Head {
    schema: String,
    asked: Asked,
    period: Period,
}

impl Download {
    /// Begins a download, or takes up the one that was interrupted.
    pub fn open(file: &Path, asked: &Asked, period: Period) -> Result<(Self, Earlier), Failure> {
        judge(file)?;
        let part = part_of(file);
        let open = journal::private().read(true).write(true).open(&part);
        let mut handle = open.map_err(|error| StepError::file(&part, error))?;
        lock(&handle, &part)?;
        let mut bytes = Vec::new();
        handle.read_to_end(&mut bytes).map_err(|error| StepError::file(&part, error))?;
        let mut download = Self { file: file.to_owned(), part, handle };
        let earlier = match Left::read(&bytes) {
            Left::Nothing => download.begin(asked, period)?,
            Left::Foreign => return Err(download.refuse_foreign()),
            Left::Pages { head, .. } if !head.asked.is_same_question(asked) => {
                return Err(download.refuse_another(&head.asked));
            }
            Left::Pages { head, pages, length } => {
                download.cut_to(length)?;
                Earlier::go_on(head, pages, asked)
            }
        };
        Ok((download, earlier))
    }

    /// Where the pages are kept meanwhile.
    pub fn part(&self) -> &Path {
        &self.part
    }

    /// Keeps a page. It is on the disk when this returns.
    pub fn keep(&mut self, page: &Page) -> Result<(), StepError> {
        self.write_line(page)
    }

    /// Puts the finished document into its place; what was kept meanwhile goes.
    pub fn finish(&self, document: &str) -> Result<(), Failure> {
        judge(&self.file)?;
        journal::replace_file(&self.file, document.as_bytes())?;
        Ok(self.abandon()?)
    }

    /// Keeps nothing.
    pub fn abandon(&self) -> Result<(), StepError> {
        std::fs::remove_file(&self.part).map_err(|error| self.trouble(error))
    }

    fn begin(&mut self, asked: &Asked, period: Period) -> Result<Earlier, StepError> {
        self.cut_to(0)?;
        self.write_line(&Head { schema: SCHEMA.to_owned(), asked: asked.clone(), period })?;
        Ok(Earlier { period, regions: asked.regions.clone(), pages: Vec::new() })
    }

    /// What follows was torn when a run ended.
    fn cut_to(&mut self, length: u64) -> Result<(), StepError> {
        let cut = self.handle.set_len(length).and_then(|()| self.handle.seek(SeekFrom::Start(length)));
        cut.map(|_| ()).map_err(|error| self.trouble(error))
    }

    fn write_line(&mut self, line: &impl Serialize) -> Result<(), StepError> {
        let mut bytes =
            serde_json::to_vec(line).map_err(|error| self.trouble(std::io::Error::other(error)))?;
        bytes.push(b'\n');
        let written = self.handle.write_all(&bytes).and_then(|()| self.handle.sync_data());
        written.map_err(|error| self.trouble(error))
    }

    fn trouble(&self, error: std::io::Error) -> StepError {
        StepError::file(&self.part, error)
    }

    fn refuse_foreign(&self) -> Failure {
        let part = shown(&self.part);
        in_the_way(
            text! {
                en: "{part} is there, and is not a download of dayone.",
                ko: "{part} 파일이 이미 있으며 dayone이 내려받던 것이 아닙니다."
            },
            text! {
                en: "Move it away, or name another file with --to. Nothing was overwritten.",
                ko: "그 파일을 옮기거나 --to로 다른 파일을 지정하세요. 아무것도 덮어쓰지 않았습니다."
            },
        )
    }

    fn refuse_another(&self, other: &Asked) -> Failure {
        let (part, file) = (shown(&self.part), shown(&self.file));
        let account = harmless(&other.account);
        let command = harmless(&format!("dayone events {}", other.options.join(" ")));
        let command = command.trim_end();
        in_the_way(
            text! {
                en: "{part} is of another download, which was interrupted: {command} (account {account}).",
                ko: "{part} 파일은 중단된 다른 내려받기의 것입니다: {command} (계정 {account})"
            },
            text! {
                en: "Finish that one with --to {file}, name another file, or delete {part} to give it up. Nothing was overwritten.",
                ko: "--to {file}로 그 내려받기를 마치거나, 다른 파일을 지정하거나, 그만두려면 {part} 파일을 삭제하세요. 아무것도 덮어쓰지 않았습니다."
            },
        )
    }
}

/// Whether a download may go there: nothing is there, or an empty file, or an earlier download.
pub fn judge(file: &Path) -> Result<(), Failure> {
    if file.is_dir() {
        return Err(Failure::Usage(is_a_folder(file)));
    }
    let ours = [csv::BEGINNING, document::BEGINNING];
    if journal::may_be_replaced(file, &ours)? { Ok(()) } else { Err(Failure::Usage(not_ours(file))) }
}

/// What stands in a part.
enum Left {
    Nothing,
    Foreign,
    Pages { head: Head, pages: Vec<Page>, length: u64 },
}

impl Left {
    /// Reads as many whole lines as there are. A Region goes on from its last page, so a lost one is asked for again.
    fn read(bytes: &[u8]) -> Self {
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
        let Some(first) = lines.next() else { return Self::without_a_line(bytes) };
        let head = serde_json::from_slice::<Head>(first).ok().filter(|head| head.schema == SCHEMA);
        let Some(head) = head else { return Self::Foreign };
        let (mut pages, mut length) = (Vec::new(), first.len() as u64);
        for line in lines {
            let Ok(page) = serde_json::from_slice::<Page>(line) else { break };
            pages.push(page);
            length += line.len() as u64;
        }
        Self::Pages { head, pages, length }
    }

    fn without_a_line(bytes: &[u8]) -> Self {
        let is_ours = BEGINNING.starts_with(bytes) || bytes.starts_with(BEGINNING);
        if is_ours { Self::Nothing } else { Self::Foreign }
    }
}

fn part_of(file: &Path) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(".part");
    name.into()
}

fn lock(handle: &File, part: &Path) -> Result<(), Failure> {
    match handle.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::Error(error)) => Err(StepError::file(part, error).into()),
        Err(TryLockError::WouldBlock) => {
            let part = shown(part);
            Err(in_the_way(
                text! {
                    en: "Another run is downloading into {part}.",
                    ko: "다른 실행이 {part}에 내려받는 중입니다."
                },
                text! {
                    en: "Wait until it has ended, or name another file with --to.",
                    ko: "그 실행이 끝날 때까지 기다리거나 --to로 다른 파일을 지정하세요."
                },
            ))
        }
    }
}

fn in_the_way(what: Text, next: Text) -> Failure {
    StepError::InTheWay { what, next }.into()
}

fn is_a_folder(file: &Path) -> Text {
    let file = shown(file);
    text! {
        en: "--to {file} is a folder. Name a file.",
        ko: "--to {file}은(는) 폴더입니다. 파일을 지정하세요."
    }
}

fn not_ours(file: &Path) -> Text {
    let file = shown(file);
    text! {
        en: "{file} is there already and is not a download of dayone, so it is left as it is. Name another file.",
        ko: "{file}이(가) 이미 있고 dayone이 내려받은 것이 아니므로 그대로 둡니다. 다른 파일 이름을 지정하세요."
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use steps::event_history::Position;

    use super::*;

    fn period() -> Period {
        Period {
            start: "2026-11-01T00:00:00Z".parse().unwrap(),
            end: "2026-11-02T00:00:00Z".parse().unwrap(),
        }
    }

    fn asked(option: &str) -> Asked {
        Asked {
            account: "111122223333".into(),
            regions: vec!["us-east-1".into()],
            options: vec![option.into()],
        }
    }

    fn page(token: &str) -> Page {
        let position = Position { token: Some(token.into()), found: 1, ..Position::default() };
        Page { region: "us-east-1".into(), position, events: Vec::new() }
    }

    /// A folder with a download of two pages that was interrupted.
    fn interrupted() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("events.json");
        let (mut download, earlier) = Download::open(&file, &asked("--user kim"), period()).unwrap();
        assert!(earlier.pages.is_empty());
        for token in ["a", "b"] {
            download.keep(&page(token)).unwrap();
        }
        (folder, file)
    }

    fn told(result: Result<(Download, Earlier), Failure>) -> (u8, String) {
        let failure = result.unwrap_err();
        let (what, next) = failure.text();
        (failure.exit_status(), format!("{} {}", what.en, next.unwrap_or_default().en))
    }

    #[test]
    fn the_same_question_goes_on_in_the_same_period() {
        let (_folder, file) = interrupted();
        let later = Period { end: "2026-11-09T00:00:00Z".parse().unwrap(), ..period() };
        let (download, earlier) = Download::open(&file, &asked("--user kim"), later).unwrap();
        assert_eq!((earlier.period, earlier.pages), (period(), vec![page("a"), page("b")]));
        assert!(!file.exists(), "not before all is there");
        download.finish("[]\n").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "[]\n");
        assert!(!part_of(&file).exists());
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_torn_line_is_asked_for_again_and_spoils_nothing() {
        let (_folder, file) = interrupted();
        let whole = std::fs::read(part_of(&file)).unwrap();
        for kept in 0..=whole.len() {
            std::fs::write(part_of(&file), &whole[..kept]).unwrap();
            let (mut download, earlier) = Download::open(&file, &asked("--user kim"), period()).unwrap();
            assert_eq!(earlier.pages, [page("a"), page("b")][..earlier.pages.len()], "{kept}");
            assert!(kept < whole.len() || earlier.pages.len() == 2);
            let before = earlier.pages.len();
            download.keep(&page("c")).unwrap();
            drop(download);
            let (_, earlier) = Download::open(&file, &asked("--user kim"), period()).unwrap();
            assert_eq!((earlier.pages.len(), earlier.pages.last()), (before + 1, Some(&page("c"))), "{kept}");
        }
    }

    #[test]
    fn another_question_is_told_and_nothing_is_overwritten() {
        let (_folder, file) = interrupted();
        let before = std::fs::read(part_of(&file)).unwrap();
        let (status, words) = told(Download::open(&file, &asked("--root"), period()));
        assert_eq!(status, 1);
        assert!(
            words.contains("dayone events --user kim") && words.contains("Nothing was overwritten"),
            "{words}"
        );
        let other_account = Asked { account: "999999999999".into(), ..asked("--user kim") };
        let (_, words) = told(Download::open(&file, &other_account, period()));
        assert!(words.contains("account 111122223333"), "{words}");
        assert_eq!(std::fs::read(part_of(&file)).unwrap(), before);
    }

    #[test]
    fn all_regions_are_those_of_now_and_those_of_the_interrupted_run() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("events.json");
        let of = |option: &str, region: &str| Asked { regions: vec![region.into()], ..asked(option) };
        let open = |asked: &Asked| Download::open(&file, asked, period());
        let (mut download, _) = open(&of(ALL_REGIONS, "us-east-1")).unwrap();
        download.keep(&page("a")).unwrap();
        drop(download);
        let (mut download, earlier) = open(&of(ALL_REGIONS, "me-south-1")).unwrap();
        assert_eq!(earlier.regions, ["me-south-1", "us-east-1"]);
        download.keep(&Page { region: "me-south-1".into(), ..page("b") }).unwrap();
        drop(download);
        let (_, earlier) = open(&of(ALL_REGIONS, "us-east-1")).unwrap();
        assert_eq!(earlier.regions, ["us-east-1", "me-south-1"]);

        std::fs::remove_file(part_of(&file)).unwrap();
        drop(open(&of("--root", "us-east-1")).unwrap());
        let (_, words) = told(open(&of("--root", "me-south-1")));
        assert!(words.contains("of another download"), "{words}");
    }

    #[test]
    fn a_file_of_somebody_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("events.csv");
        for content in ["my notes", "my notes\nof today\n", "{\"schema\":\"other/1\"}\n"] {
            std::fs::write(part_of(&file), content).unwrap();
            let (_, words) = told(Download::open(&file, &asked("--root"), period()));
            assert!(words.contains("is not a download of dayone"), "{words}");
            assert_eq!(std::fs::read_to_string(part_of(&file)).unwrap(), content);
        }
        let (status, words) = told(Download::open(folder.path(), &asked("--root"), period()));
        assert_eq!(status, 2);
        assert!(words.contains("is a folder"), "{words}");
    }

    #[test]
    fn only_an_earlier_download_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("events.csv");
        let earlier = csv::rows(&[]);
        for content in ["", earlier.as_str(), "{\n  \"schema\": \"dayone-events/1\",\n"] {
            std::fs::write(&file, content).unwrap();
            let (download, _) = Download::open(&file, &asked("--root"), period()).unwrap();
            download.finish(&earlier).unwrap();
            assert_eq!(std::fs::read_to_string(&file).unwrap(), earlier, "{content}");
        }
        for content in ["my notes\n", "time,region,event\n", "{\"schema\": \"other/1\"}\n"] {
            std::fs::write(&file, content).unwrap();
            let (status, words) = told(Download::open(&file, &asked("--root"), period()));
            assert_eq!(status, 2);
            assert!(words.contains("is not a download of dayone"), "{words}");
            assert_eq!(std::fs::read_to_string(&file).unwrap(), content);
        }
        assert!(!part_of(&file).exists());
        // Somebody puts a file there while the download goes on.
        std::fs::remove_file(&file).unwrap();
        let (download, _) = Download::open(&file, &asked("--root"), period()).unwrap();
        std::fs::write(&file, "my notes\n").unwrap();
        assert_eq!(download.finish(&earlier).unwrap_err().exit_status(), 2);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "my notes\n");
        assert!(part_of(&file).exists(), "nothing that was read is lost");
    }

    #[test]
    fn two_runs_do_not_meet_in_one_file() {
        let (_folder, file) = interrupted();
        let first = Download::open(&file, &asked("--user kim"), period()).unwrap();
        let (_, words) = told(Download::open(&file, &asked("--user kim"), period()));
        assert!(words.contains("Another run is downloading"), "{words}");
        drop(first);
        let (download, _) = Download::open(&file, &asked("--user kim"), period()).unwrap();
        download.abandon().unwrap();
        assert!(!part_of(&file).exists());
    }
}
