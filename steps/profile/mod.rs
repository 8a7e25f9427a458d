//! Writes one profile to the AWS files, or one key or session in the place of another.
//!
//! INI libraries lose comments when they write, so a file is never rewritten: what is new goes between the bytes that
//! are there, every other byte stays, and the new file takes the place of the old one in one step. The credentials file
//! is then readable by its owner only. Runs for several accounts share the files, and write them one after the other.

mod access_key;
mod file;
mod leftovers;
mod mfa_device;
mod session;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::aws::AwsFiles;
use crate::error::StepError;
use crate::text;
use crate::text::Text;

pub use access_key::{append, check_replaceable, check_writable, holders, mentions_key, replace_key};
pub use leftovers::{Leftover, remove_leftovers};
pub use mfa_device::{named_device, set_mfa_serial};
pub use session::{replace_session, takes_session};

/// Whether a name can stand in a section heading and on a command line without quoting, and the SDK reads it.
pub fn is_profile_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.@+".contains(c))
}

/// What [`is_profile_name`] expects.
pub fn profile_name() -> Text {
    text! {
        en: "A profile name has 1 to 64 letters, digits and + . @ _ -",
        ko: "프로파일 이름은 1~64자의 영문자, 숫자, + . @ _ -로 씁니다."
    }
}

/// The credentials file, where others than its owner can read it.
pub fn exposed(files: &AwsFiles) -> Option<PathBuf> {
    others_can_read(&files.credentials).then(|| files.credentials.clone())
}

fn others_can_read(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o044 != 0)
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

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;

    use super::*;

    pub(super) fn files(folder: &Path) -> AwsFiles {
        AwsFiles { credentials: folder.join("aws/credentials"), config: folder.join("aws/config") }
    }

    pub(super) fn key() -> Credentials {
        Credentials::new("AKIAEXAMPLE", "secret", None, None, "test")
    }

    pub(super) fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn names_that_would_break_out_of_the_heading_are_none() {
        assert!(is_profile_name("dayone-admin") && !is_profile_name("a]\n[b") && !is_profile_name(""));
        // The SDK passes over a profile of this name.
        assert!(!is_profile_name("a=b"));
        let Text { en, ko } = profile_name();
        for sign in "_-.@+".chars() {
            assert!(is_profile_name(&sign.to_string()) && en.contains(sign) && ko.contains(sign), "{sign}");
        }
        assert!(!en.contains('=') && !ko.contains('='), "{en} {ko}");
    }
}
