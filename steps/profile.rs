//! Writes one profile to the AWS files, or one key in the place of another.
//!
//! INI libraries lose comments when they write, so a file is never rewritten: what is new goes between the bytes that
//! are there, every other byte stays, and the new file takes the place of the old one in one step. The credentials file
//! is then readable by its owner only. Runs for several accounts share the files, and write them one after the other.

use std::cmp::Reverse;
use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_credential_types::Credentials;

use crate::aws::{AwsFiles, Section, sections};
use crate::error::StepError;
use crate::text;
use crate::text::harmless;

/// Whether a name can stand in a section heading and on a command line without quoting, and the SDK reads it.
pub fn is_profile_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.@+".contains(c))
}

/// So much room a profile takes, with the longest names and keys.
const ROOM: usize = 512;

/// So often it is tried to be alone with a file, and so far apart: whoever writes it is done at once.
const TRIES: u32 = 500;
const APART: Duration = Duration::from_millis(10);

/// Finds out whether the profile could be written and read again, before there is a secret that would be lost if it
/// cannot. Writing the file as it will be also finds out that there is room for it on the disk.
pub fn check_writable(files: &AwsFiles, profile: &str) -> Result<(), StepError> {
    let path = real_path(&files.credentials)?;
    refuse_known_profile(files, profile)?;
    refuse_unreadable(files)?;
    check_room(&path, read(&path)?)
}

/// Appends the profile. The secret is in the file, or the file is as it was.
pub fn append(files: &AwsFiles, profile: &str, credentials: &Credentials) -> Result<(), StepError> {
    let path = real_path(&files.credentials)?;
    let _alone = Alone::with(&path)?;
    refuse_known_profile(files, profile)?;
    let mut content = read(&path)?;
    let section = format!(
        "[{profile}]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        credentials.access_key_id(),
        credentials.secret_access_key()
    );
    append_section(&mut content, &section);
    replace(&path, &content, None).map_err(|error| StepError::file(&path, error))
}

/// The profiles of the credentials file that hold this access key, and can get another one.
pub fn holders(files: &AwsFiles, access_key: &str) -> Vec<String> {
    let content = fs::read(&files.credentials).unwrap_or_default();
    places_of_key(&content, access_key).into_iter().map(|place| place.profile).collect()
}

/// Finds out whether another key could take the place of this one, before there is a secret that would be lost if it
/// cannot.
pub fn check_replaceable(files: &AwsFiles, access_key: &str) -> Result<(), StepError> {
    let path = real_path(&files.credentials)?;
    refuse_unreadable(files)?;
    let content = read(&path)?;
    if places_of_key(&content, access_key).is_empty() {
        return Err(no_longer_held(&path, access_key));
    }
    check_room(&path, content)
}

/// Puts a key and its secret in the place of another in every profile that holds that one. They are all in the file, or
/// the file is as it was.
pub fn replace_key(files: &AwsFiles, access_key: &str, by: &Credentials) -> Result<(), StepError> {
    let path = real_path(&files.credentials)?;
    let _alone = Alone::with(&path)?;
    let mut content = read(&path)?;
    let places = places_of_key(&content, access_key);
    if places.is_empty() {
        return Err(no_longer_held(&path, access_key));
    }
    let words = |place: KeyPlace| [(place.id, by.access_key_id()), (place.secret, by.secret_access_key())];
    let mut words: Vec<_> = places.into_iter().flat_map(words).collect();
    // From the end, so that what comes before stays where it is.
    words.sort_by_key(|(place, _)| Reverse(place.start));
    for (place, word) in words {
        drop(content.splice(place, word.bytes()));
    }
    replace(&path, &content, None).map_err(|error| StepError::file(&path, error))
}

/// Names the MFA device in the profile of the config file, for the AWS CLI. A file that names it already is left alone.
pub fn set_mfa_serial(files: &AwsFiles, profile: &str, serial: &str) -> Result<(), StepError> {
    let path = real_path(&files.config)?;
    refuse_odd_names(profile, serial)?;
    refuse_unreadable(files)?;
    let _alone = Alone::with(&path)?;
    let content = read(&path)?;
    match mfa_serial(&content, profile) {
        Some(found) if found == serial => return Ok(()),
        Some(found) => return Err(other_device(&path, profile, &found)),
        None => {}
    }
    let mode = fs::metadata(&path).ok().map(|file| file.permissions());
    let content = with_mfa_serial(content, profile, serial);
    replace(&path, &content, mode).map_err(|error| StepError::file(&path, error))
}

/// The MFA device that the profile names in the config file.
pub fn named_device(files: &AwsFiles, profile: &str) -> Option<String> {
    mfa_serial(&fs::read(&files.config).ok()?, profile)
}

/// Whether this access key stands in the credentials file, under whatever profile. The file need not be UTF-8.
pub fn mentions_key(files: &AwsFiles, access_key: &str) -> bool {
    let key = access_key.as_bytes();
    !key.is_empty()
        && fs::read(&files.credentials)
            .is_ok_and(|content| content.windows(key.len()).any(|bytes| bytes == key))
}

/// The credentials file, where others than its owner can read it.
pub fn exposed(files: &AwsFiles) -> Option<PathBuf> {
    others_can_read(&files.credentials).then(|| files.credentials.clone())
}

#[cfg(unix)]
fn others_can_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o044 != 0)
}

#[cfg(not(unix))]
fn others_can_read(_path: &Path) -> bool {
    false
}

/// Where a profile holds an access key.
struct KeyPlace {
    profile: String,
    id: Range<usize>,
    secret: Range<usize>,
}

/// Where the file holds this access key. Temporary credentials, which have a session token, are no such key.
fn places_of_key(content: &[u8], access_key: &str) -> Vec<KeyPlace> {
    let place = |section: Section| {
        let value = |key| value_of(content, &section.lines, key);
        let (id, secret) = (value("aws_access_key_id")?, value("aws_secret_access_key")?);
        let is_it = content[id.clone()] == *access_key.as_bytes() && value("aws_session_token").is_none();
        is_it.then_some(KeyPlace { profile: section.name, id, secret })
    };
    sections(content).into_iter().filter_map(place).collect()
}

/// Where the value of this key is in the lines of a section. Of several, the last one counts.
fn value_of(content: &[u8], lines: &Range<usize>, key: &str) -> Option<Range<usize>> {
    let (mut begin, mut found) = (lines.start, None);
    for line in content[lines.clone()].split_inclusive(|byte| *byte == b'\n') {
        if let Some(word) = value_in(line, key) {
            found = Some(begin + word.start..begin + word.end);
        }
        begin += line.len();
    }
    found
}

/// The first word of the value, where a line has this key. An indented line goes on with the value before it.
fn value_in(line: &[u8], key: &str) -> Option<Range<usize>> {
    let equals = line.iter().position(|byte| *byte == b'=')?;
    if !line[..equals].trim_ascii_end().eq_ignore_ascii_case(key.as_bytes()) {
        return None;
    }
    let after = equals + 1;
    let start = after + line[after..].iter().position(|byte| !byte.is_ascii_whitespace())?;
    let length = line[start..].iter().position(u8::is_ascii_whitespace).unwrap_or(line.len() - start);
    Some(start..start + length)
}

/// The device that the profile's sections in the config file name.
fn mfa_serial(content: &[u8], profile: &str) -> Option<String> {
    places(content, profile).into_iter().find_map(|lines| {
        let lines = String::from_utf8_lossy(&content[lines]).into_owned();
        lines.lines().find_map(|line| {
            let (key, value) = line.split_once('=')?;
            let value = value.split([' ', '\t']).find(|word| !word.is_empty());
            // An indented line goes on with the value before it, and a comment names nothing.
            key.trim_end().eq_ignore_ascii_case("mfa_serial").then(|| value.unwrap_or_default().to_owned())
        })
    })
}

fn with_mfa_serial(mut content: Vec<u8>, profile: &str, serial: &str) -> Vec<u8> {
    let end = if content.windows(2).any(|pair| pair == b"\r\n") { "\r\n" } else { "\n" };
    let line = format!("mfa_serial = {serial}{end}");
    match places(&content, profile).into_iter().next() {
        Some(lines) => {
            // A heading that ends the file may lack its end of line.
            let whole = content[..lines.start].ends_with(b"\n");
            let line = if whole { line } else { format!("{end}{line}") };
            drop(content.splice(lines.start..lines.start, line.into_bytes()));
        }
        None => {
            let heading =
                if profile == "default" { profile.to_owned() } else { format!("profile {profile}") };
            append_section(&mut content, &format!("[{heading}]{end}{line}"));
        }
    }
    content
}

/// Where the lines of the profile are in the config file.
fn places(content: &[u8], profile: &str) -> Vec<std::ops::Range<usize>> {
    let is_it = |is_profile: bool, name: &str| name == profile && (is_profile || name == "default");
    let sections = sections(content).into_iter();
    sections.filter(|section| is_it(section.is_profile, &section.name)).map(|section| section.lines).collect()
}

/// Puts a section at the end, apart from what is before it.
fn append_section(content: &mut Vec<u8>, section: &str) {
    if !content.is_empty() && !content.ends_with(b"\n") {
        content.push(b'\n');
    }
    if !content.is_empty() {
        content.push(b'\n');
    }
    content.extend_from_slice(section.as_bytes());
}

/// What holds a bracket or a line break would become something else in the file than it is.
fn refuse_odd_names(profile: &str, serial: &str) -> Result<(), StepError> {
    let is_serial = !serial.is_empty() && serial.chars().all(|c| c.is_ascii_graphic() && !"#;".contains(c));
    if is_profile_name(profile) && is_serial {
        return Ok(());
    }
    let (profile, serial) = (harmless(profile), harmless(serial));
    Err(StepError::InTheWay {
        what: text! {
            en: "The MFA device {serial} cannot be named in the AWS profile {profile}: one of the names holds characters that do not fit into the file.",
            ko: "MFA 디바이스 {serial}을(를) AWS 프로파일 {profile}에 적을 수 없습니다. 이름에 파일에 맞지 않는 문자가 있습니다."
        },
        next: text! {
            en: "Give the device to the AWS CLI by hand, with --serial-number.",
            ko: "AWS CLI에서 --serial-number로 디바이스를 직접 지정하세요."
        },
    })
}

fn no_longer_held(path: &Path, access_key: &str) -> StepError {
    let (path, access_key) = (harmless(&path.display().to_string()), harmless(access_key));
    StepError::InTheWay {
        what: text! {
            en: "No AWS profile in {path} holds the access key {access_key} any more.",
            ko: "{path}의 AWS 프로파일에 액세스 키 {access_key}이(가) 더 이상 없습니다."
        },
        next: text! {
            en: "Somebody has changed the file. Run the same command again.",
            ko: "누군가 파일을 바꿨습니다. 같은 명령을 다시 실행하세요."
        },
    }
}

fn other_device(path: &Path, profile: &str, found: &str) -> StepError {
    let (path, found) = (harmless(&path.display().to_string()), harmless(found));
    StepError::InTheWay {
        what: text! {
            en: "The AWS profile {profile} in {path} names another MFA device: {found}.",
            ko: "{path}의 AWS 프로파일 {profile}에 다른 MFA 디바이스가 지정되어 있습니다: {found}."
        },
        next: text! {
            en: "If that device is gone, remove the line mfa_serial from the profile, then run the same command again.",
            ko: "그 디바이스가 없어졌다면 프로파일에서 mfa_serial 줄을 지운 뒤 같은 명령을 다시 실행하세요."
        },
    }
}

/// A profile in a file that cannot be read as a whole would be of no use.
fn refuse_unreadable(files: &AwsFiles) -> Result<(), StepError> {
    let Some(trouble) = files.trouble() else { return Ok(()) };
    Err(StepError::InTheWay {
        what: text! {
            en: "The AWS files cannot be read: {trouble}.",
            ko: "AWS 파일을 읽을 수 없습니다: {trouble}."
        },
        next: text! {
            en: "Correct that line, then run the same command again. The AWS CLI cannot read the file either.",
            ko: "그 줄을 고친 뒤 같은 명령을 다시 실행하세요. AWS CLI도 이 파일을 읽지 못합니다."
        },
    })
}

fn refuse_known_profile(files: &AwsFiles, profile: &str) -> Result<(), StepError> {
    if !files.mention(profile) {
        return Ok(());
    }
    let path = files.credentials.display();
    Err(StepError::InTheWay {
        what: text! { en: "There is an AWS profile {profile} already.", ko: "AWS 프로파일 {profile}이(가) 이미 있습니다." },
        next: text! {
            en: "Choose another name for the administrator's profile, or remove the old one from {path}.",
            ko: "관리자 프로파일에 다른 이름을 쓰거나 {path}에서 기존 프로파일을 지우세요."
        },
    })
}

/// Writing the file as it will be finds out that there is room for it on the disk.
fn check_room(path: &Path, mut content: Vec<u8>) -> Result<(), StepError> {
    content.extend_from_slice(&[b'#'; ROOM]);
    let mut trial = beside(path)?;
    let written = trial.write_all(&content).and_then(|()| trial.as_file().sync_all());
    written.map_err(|error| StepError::file(path, error))
}

/// A file that is a symbolic link, as dot-file collections make it, stays one. A device such as `/dev/null`, which keeps
/// others from finding any profile, must not give its place to a file.
fn real_path(path: &Path) -> Result<PathBuf, StepError> {
    let real = if path.is_symlink() { fs::canonicalize(path) } else { Ok(path.to_owned()) };
    let real = real.map_err(|error| StepError::file(path, error))?;
    if real.exists() && !real.is_file() {
        let odd = std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is not a regular file");
        return Err(StepError::file(path, odd));
    }
    Ok(real)
}

fn read(path: &Path) -> Result<Vec<u8>, StepError> {
    match fs::read(path) {
        Ok(content) => Ok(content),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(StepError::file(path, error)),
    }
}

/// Nobody else of us writes into the folder of a file while this is there. The lock of a run is one account's, and what a
/// run for another account has just written must not be lost by what this one has read before: it may be a secret that
/// AWS shows once.
struct Alone(Option<File>);

impl Alone {
    /// Waits until nobody else is there. Not every file system can lock a folder; then it is as if nobody were.
    fn with(path: &Path) -> Result<Self, StepError> {
        let folder = folder_of(path);
        make_folder(folder).map_err(|error| StepError::file(folder, error))?;
        let folder = File::open(folder).ok();
        for _ in 0..TRIES {
            match folder.as_ref().map(File::try_lock) {
                Some(Err(TryLockError::WouldBlock)) => std::thread::sleep(APART),
                _ => break,
            }
        }
        Ok(Self(folder))
    }
}

impl Drop for Alone {
    /// At once, and not when the last copy of the folder is closed: a command that is being started holds one.
    fn drop(&mut self) {
        let _ = self.0.as_ref().map(File::unlock);
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A temporary file in the same folder. It has mode 0600 from its first byte.
fn beside(path: &Path) -> Result<tempfile::NamedTempFile, StepError> {
    let folder = folder_of(path);
    make_folder(folder)
        .and_then(|()| tempfile::NamedTempFile::new_in(folder))
        .map_err(|error| StepError::file(folder, error))
}

fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Without a mode of the old file to keep, only its owner can read the new one.
fn replace(path: &Path, content: &[u8], mode: Option<fs::Permissions>) -> std::io::Result<()> {
    let mut file = beside(path).map_err(|error| std::io::Error::other(error.to_string()))?;
    file.write_all(content)?;
    if let Some(mode) = mode {
        file.as_file().set_permissions(mode)?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    keep_name(path);
    Ok(())
}

/// The name has to outlast a power failure too, and so has the folder that may have been made for it: the secret is
/// nowhere else. Not every file system can promise that of a folder.
fn keep_name(path: &Path) {
    for folder in folder_of(path).ancestors().take(2) {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> AwsFiles {
        AwsFiles { credentials: folder.join("aws/credentials"), config: folder.join("aws/config") }
    }

    fn key() -> Credentials {
        Credentials::new("AKIAEXAMPLE", "secret", None, None, "test")
    }

    #[test]
    fn every_other_byte_stays() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        append(&files, "one", &key()).unwrap();
        let before = b"# mine\n[default]\naws_access_key_id=A ; \xff\n\n[odd".to_vec();
        fs::write(&files.credentials, &before).unwrap();
        append(&files, "two", &key()).unwrap();
        let after = fs::read(&files.credentials).unwrap();
        assert!(after.starts_with(&before));
        assert!(
            after.ends_with(b"\n\n[two]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = secret\n")
        );
        assert!(mentions_key(&files, "AKIAEXAMPLE"));
        assert!(!mentions_key(&files, "AKIAOTHER") && !mentions_key(&files, ""));
    }

    /// Each for an account of its own.
    #[test]
    fn what_several_write_at_once_is_all_there() {
        let folder = tempfile::tempdir().unwrap();
        let (files, profiles) = (files(folder.path()), ["a", "b", "c", "d", "e", "f", "g", "h"]);
        std::thread::scope(|scope| {
            for profile in profiles {
                let files = &files;
                scope.spawn(move || append(files, profile, &key()).unwrap());
            }
        });
        for profile in profiles {
            assert!(files.mention(profile), "{profile}");
        }
        assert_eq!(fs::read_dir(folder.path().join("aws")).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn a_profile_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        append(&files, "one", &key()).unwrap();
        assert!(append(&files, "one", &key()).is_err());
        assert!(check_writable(&files, "one").is_err());
        assert!(check_writable(&files, "two").is_ok());
        fs::write(&files.config, "[profile \"two\"] # of the AWS CLI\n").unwrap();
        assert!(check_writable(&files, "two").is_err() && check_writable(&files, "three").is_ok());
    }

    #[test]
    fn a_device_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let odd = folder.path().join("folder");
        fs::create_dir(&odd).unwrap();
        for path in [Path::new("/dev/null"), &odd] {
            let files = AwsFiles { credentials: path.to_owned(), config: path.to_owned() };
            assert!(check_writable(&files, "one").is_err(), "{}", path.display());
            assert!(append(&files, "one", &key()).is_err(), "{}", path.display());
            assert!(set_mfa_serial(&files, "one", "GAHT12345678").is_err(), "{}", path.display());
        }
        assert!(!Path::new("/dev/null").is_file() && fs::read_dir(&odd).unwrap().next().is_none());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_nobody_could_read_afterwards_gets_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        append(&files, "one", &key()).unwrap();
        fs::write(&files.config, "[default\nregion = us-east-1\n").unwrap();
        let error = check_writable(&files, "two").unwrap_err();
        assert!(error.text().en.contains("line 1"), "{}", error.text().en);
        assert!(set_mfa_serial(&files, "one", "GAHT12345678").is_err());
    }

    #[cfg(unix)]
    fn mode(path: &Path) -> u32 {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        assert_eq!(exposed(&files), None);
        append(&files, "one", &key()).unwrap();
        assert_eq!((mode(&files.credentials), exposed(&files)), (0o600, None));
        fs::set_permissions(&files.credentials, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(exposed(&files).as_ref(), Some(&files.credentials));
        append(&files, "two", &key()).unwrap();
        assert_eq!((mode(&files.credentials), exposed(&files)), (0o600, None));
    }

    /// The credentials file after another key has taken the place of AKIAOLD, where it was this before.
    fn replaced(before: &[u8]) -> Result<Vec<u8>, StepError> {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        fs::create_dir(folder.path().join("aws")).unwrap();
        fs::write(&files.credentials, before).unwrap();
        assert_eq!(check_replaceable(&files, "AKIAOLD").is_ok(), !holders(&files, "AKIAOLD").is_empty());
        replace_key(&files, "AKIAOLD", &key()).map(|()| fs::read(&files.credentials).unwrap())
    }

    #[test]
    fn another_key_takes_the_place_of_one_and_every_other_byte_stays() {
        let cases: [(&str, &str); 5] = [
            (
                "# mine\n[kim] # me\naws_access_key_id = AKIAOLD\nregion = x\naws_secret_access_key = old/+ # s\n[lee]\n",
                "# mine\n[kim] # me\naws_access_key_id = AKIAEXAMPLE\nregion = x\naws_secret_access_key = secret # s\n[lee]\n",
            ),
            (
                "[a]\r\nAWS_ACCESS_KEY_ID=AKIAOLD\r\naws_secret_access_key=o",
                "[a]\r\nAWS_ACCESS_KEY_ID=AKIAEXAMPLE\r\naws_secret_access_key=secret",
            ),
            // The secret may come first, and the key may be in several profiles.
            (
                "[a]\naws_secret_access_key = o\naws_access_key_id = AKIAOLD\n[b]\naws_access_key_id=AKIAOLD\naws_secret_access_key=o\n",
                "[a]\naws_secret_access_key = secret\naws_access_key_id = AKIAEXAMPLE\n[b]\naws_access_key_id=AKIAEXAMPLE\naws_secret_access_key=secret\n",
            ),
            // The key of another profile stays.
            (
                "[a]\naws_access_key_id = AKIAOLDER\naws_secret_access_key = o\n[b]\naws_access_key_id = AKIAOLD\naws_secret_access_key = o\n",
                "[a]\naws_access_key_id = AKIAOLDER\naws_secret_access_key = o\n[b]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = secret\n",
            ),
            // An indented line belongs to the one before it.
            (
                "[a]\ns3 =\n  aws_access_key_id = x\naws_access_key_id = AKIAOLD\naws_secret_access_key = o\n",
                "[a]\ns3 =\n  aws_access_key_id = x\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = secret\n",
            ),
        ];
        for (before, after) in cases {
            assert_eq!(replaced(before.as_bytes()).unwrap(), after.as_bytes(), "{before}");
        }
    }

    #[test]
    fn what_is_no_whole_key_gets_no_other() {
        for before in [
            "",
            "[a]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = o\n",
            "[a]\naws_access_key_id = AKIAOLD\n",
            "[a]\naws_access_key_id = AKIAOLD\naws_secret_access_key = o\naws_session_token = t\n",
            "# aws_access_key_id = AKIAOLD\n",
        ] {
            let error = replaced(before.as_bytes()).unwrap_err();
            assert!(error.text().en.contains("AKIAOLD"), "{before}: {}", error.text().en);
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_a_key_that_was_put_in_the_place_of_another() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        append(&files, "one", &key()).unwrap();
        fs::set_permissions(&files.credentials, fs::Permissions::from_mode(0o644)).unwrap();
        let other = Credentials::new("AKIANEW", "other", None, None, "test");
        replace_key(&files, "AKIAEXAMPLE", &other).unwrap();
        assert_eq!((mode(&files.credentials), holders(&files, "AKIANEW")), (0o600, vec!["one".to_owned()]));
        assert!(holders(&files, "AKIAEXAMPLE").is_empty());
        assert_eq!(fs::read_dir(files.credentials.parent().unwrap()).unwrap().count(), 1);
    }

    const SERIAL: &str = "arn:aws:iam::111122223333:mfa/alice";

    /// The config file after the device was named in it, where it was this before.
    fn named(before: &str, profile: &str) -> Result<String, StepError> {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        fs::create_dir(folder.path().join("aws")).unwrap();
        fs::write(&files.config, before).unwrap();
        set_mfa_serial(&files, profile, SERIAL).map(|()| fs::read_to_string(&files.config).unwrap())
    }

    #[test]
    fn the_device_is_named_in_the_profile_and_every_other_byte_stays() {
        let line = format!("mfa_serial = {SERIAL}");
        let cases = [
            (
                "# mine\n[profile kim] # me\nregion = us-east-1\n[profile lee]\n",
                format!("# mine\n[profile kim] # me\n{line}\nregion = us-east-1\n[profile lee]\n"),
            ),
            ("[profile kim]", format!("[profile kim]\n{line}\n")),
            ("[profile kim]\r\na = b\r\n", format!("[profile kim]\r\n{line}\r\na = b\r\n")),
            ("", format!("[profile kim]\n{line}\n")),
            ("[profile lee]\na = b", format!("[profile lee]\na = b\n\n[profile kim]\n{line}\n")),
            // Neither of these is the profile, and an indented key belongs to another.
            ("[sso-session kim]\na = b\n", format!("[sso-session kim]\na = b\n\n[profile kim]\n{line}\n")),
            (
                "[profile kim]\ns3 =\n  mfa_serial = x\n",
                format!("[profile kim]\n{line}\ns3 =\n  mfa_serial = x\n"),
            ),
        ];
        for (before, after) in cases {
            assert_eq!(named(before, "kim").unwrap(), after, "{before}");
        }
        assert_eq!(named("[default]\n", "default").unwrap(), format!("[default]\n{line}\n"));
        assert_eq!(named("", "default").unwrap(), format!("[default]\n{line}\n"));
    }

    #[test]
    fn a_device_that_is_named_already_is_left_alone() {
        let same = format!("[profile kim]\nregion = us-east-1\nMFA_serial={SERIAL} # mine\n");
        assert_eq!(named(&same, "kim").unwrap(), same);
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        assert_eq!(named_device(&files, "kim"), None, "there is no file yet");
        set_mfa_serial(&files, "kim", SERIAL).unwrap();
        assert_eq!(named_device(&files, "kim").as_deref(), Some(SERIAL));
        assert_eq!(named_device(&files, "lee"), None);
        let other = named("[profile kim]\nmfa_serial = arn:aws:iam::111122223333:mfa/old\n", "kim");
        let error = other.unwrap_err();
        assert!(error.text().en.contains("mfa/old"), "{}", error.text().en);
    }

    #[test]
    fn names_that_would_become_something_else_in_the_file_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        for (profile, serial) in [("a]\n[b", SERIAL), ("kim", "x\nregion = y"), ("kim", ""), ("kim", "a #b")]
        {
            assert!(set_mfa_serial(&files, profile, serial).is_err(), "{profile} {serial}");
        }
        assert!(!files.config.exists());
    }

    #[cfg(unix)]
    #[test]
    fn the_config_file_keeps_its_mode() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        set_mfa_serial(&files, "kim", SERIAL).unwrap();
        assert_eq!(mode(&files.config), 0o600);
        fs::set_permissions(&files.config, fs::Permissions::from_mode(0o644)).unwrap();
        set_mfa_serial(&files, "lee", SERIAL).unwrap();
        assert_eq!(mode(&files.config), 0o644);
    }

    #[test]
    fn names_that_would_break_out_of_the_heading_are_none() {
        assert!(is_profile_name("dayone-admin") && !is_profile_name("a]\n[b") && !is_profile_name(""));
        // The SDK passes over a profile of this name.
        assert!(!is_profile_name("a=b"));
    }
}
