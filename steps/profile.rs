//! Appends one profile to the AWS credentials file.
//!
//! INI libraries lose comments when they write, so the file is never rewritten: the new section goes to its end, every
//! other byte stays, and the new file takes the place of the old one in one step, readable by its owner only.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use aws_credential_types::Credentials;

use crate::aws::AwsFiles;
use crate::error::StepError;
use crate::text;

/// Whether a name can stand in a section heading and on a command line without quoting.
pub fn is_profile_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.@+=".contains(c))
}

/// Finds out whether the profile could be written, before there is a secret that would be lost if it cannot.
pub fn check_writable(files: &AwsFiles, profile: &str) -> Result<(), StepError> {
    let path = real_path(&files.credentials)?;
    refuse_known_profile(files, profile)?;
    read(&path)?;
    beside(&path)?;
    Ok(())
}

/// Appends the profile. The secret is in the file, or the file is as it was.
pub fn append(files: &AwsFiles, profile: &str, credentials: &Credentials) -> Result<(), StepError> {
    let path = real_path(&files.credentials)?;
    refuse_known_profile(files, profile)?;
    let mut content = read(&path)?;
    if !content.is_empty() && !content.ends_with(b"\n") {
        content.push(b'\n');
    }
    if !content.is_empty() {
        content.push(b'\n');
    }
    let section = format!(
        "[{profile}]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        credentials.access_key_id(),
        credentials.secret_access_key()
    );
    content.extend_from_slice(section.as_bytes());
    replace(&path, &content).map_err(|error| StepError::file(&path, error))
}

/// Whether this access key stands in the credentials file, under whatever profile.
pub fn mentions_key(files: &AwsFiles, access_key: &str) -> bool {
    fs::read_to_string(&files.credentials).is_ok_and(|text| text.contains(access_key))
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

/// A file that is a symbolic link, as dot-file collections make it, stays one.
fn real_path(path: &Path) -> Result<PathBuf, StepError> {
    if path.is_symlink() {
        return fs::canonicalize(path).map_err(|error| StepError::file(path, error));
    }
    Ok(path.to_owned())
}

fn read(path: &Path) -> Result<Vec<u8>, StepError> {
    match fs::read(path) {
        Ok(content) => Ok(content),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(StepError::file(path, error)),
    }
}

/// A temporary file in the same folder. It has mode 0600 from its first byte.
fn beside(path: &Path) -> Result<tempfile::NamedTempFile, StepError> {
    let folder = path.parent().unwrap_or(Path::new("."));
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

fn replace(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut file = beside(path).map_err(|error| std::io::Error::other(error.to_string()))?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
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
        let before = "# mine\n[default]\naws_access_key_id=A ; x\n\n[odd".to_owned();
        fs::write(&files.credentials, &before).unwrap();
        append(&files, "two", &key()).unwrap();
        let after = fs::read_to_string(&files.credentials).unwrap();
        assert!(after.starts_with(&before), "{after}");
        assert!(
            after.ends_with("\n\n[two]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = secret\n")
        );
        assert!(mentions_key(&files, "AKIAEXAMPLE"));
    }

    #[test]
    fn a_profile_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        append(&files, "one", &key()).unwrap();
        assert!(append(&files, "one", &key()).is_err());
        assert!(check_writable(&files, "one").is_err());
        assert!(check_writable(&files, "two").is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        append(&files, "one", &key()).unwrap();
        let mode = fs::metadata(&files.credentials).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn names_that_would_break_out_of_the_heading_are_none() {
        assert!(is_profile_name("dayone-admin") && !is_profile_name("a]\n[b") && !is_profile_name(""));
    }
}
