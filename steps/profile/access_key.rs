//! An access key in the profiles of the credentials file: a new one, or one in the place of another.

use std::cmp::Reverse;
use std::fs;
use std::ops::Range;
use std::path::Path;

use aws_credential_types::Credentials;

use crate::aws::{AwsFiles, Section, sections};
use crate::error::StepError;
use crate::text;
use crate::text::{harmless, shown};

use super::file::{Alone, append_section, check_room, read, real_path, replace};
use super::refuse_unreadable;

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

/// Whether this access key stands in the credentials file, under whatever profile. The file need not be UTF-8.
pub fn mentions_key(files: &AwsFiles, access_key: &str) -> bool {
    let key = access_key.as_bytes();
    !key.is_empty()
        && fs::read(&files.credentials)
            .is_ok_and(|content| content.windows(key.len()).any(|bytes| bytes == key))
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

fn no_longer_held(path: &Path, access_key: &str) -> StepError {
    let (path, access_key) = (shown(path), harmless(access_key));
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

fn refuse_known_profile(files: &AwsFiles, profile: &str) -> Result<(), StepError> {
    if !files.mention(profile) {
        return Ok(());
    }
    let path = shown(&files.credentials);
    Err(StepError::InTheWay {
        what: text! { en: "There is an AWS profile {profile} already.", ko: "AWS 프로파일 {profile}이(가) 이미 있습니다." },
        next: text! {
            en: "Choose another name for the administrator's profile, or remove the old one from {path}.",
            ko: "관리자 프로파일에 다른 이름을 쓰거나 {path}에서 기존 프로파일을 지우세요."
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::tests::{files, key, mode};
    use crate::profile::{exposed, set_mfa_serial};

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
        let odd = AwsFiles { credentials: folder.path().join("\u{1b}[2J"), config: files.config };
        let hint = check_writable(&odd, "two").unwrap_err().hint().unwrap();
        assert!(hint.en.contains("\u{fffd}[2J") && !hint.ko.contains('\u{1b}'), "{hint:?}");
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
}
