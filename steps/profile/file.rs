//! How an AWS file is read and written: as a whole, in one step, by one of us at a time.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::StepError;

/// So much room a profile takes, with the longest names and keys.
const ROOM: usize = 512;

/// What the names of our temporary files begin with, and how many letters and digits follow that are made up. Nobody else
/// gives such a name, so that a file that was left behind is known to be ours.
const UNFINISHED: &str = ".dayone-unfinished-";
const MADE_UP: usize = 12;

/// So often it is tried to be alone with a file, and so far apart: whoever writes it is done at once.
const TRIES: u32 = 500;
const APART: Duration = Duration::from_millis(10);

/// Writing the file as it will be finds out that there is room for it on the disk.
pub(super) fn check_room(path: &Path, mut content: Vec<u8>) -> Result<(), StepError> {
    let _alone = Alone::with(path)?;
    content.extend_from_slice(&[b'#'; ROOM]);
    let mut trial = beside(path)?;
    let written = trial.write_all(&content).and_then(|()| trial.as_file().sync_all());
    written.map_err(|error| StepError::file(path, error))
}

/// Puts a section at the end, apart from what is before it.
pub(super) fn append_section(content: &mut Vec<u8>, section: &str) {
    if !content.is_empty() && !content.ends_with(b"\n") {
        content.push(b'\n');
    }
    if !content.is_empty() {
        content.push(b'\n');
    }
    content.extend_from_slice(section.as_bytes());
}

/// A file that is a symbolic link, as dot-file collections make it, stays one. A device such as `/dev/null`, which keeps
/// others from finding any profile, must not give its place to a file.
pub(super) fn real_path(path: &Path) -> Result<PathBuf, StepError> {
    let real = if path.is_symlink() { fs::canonicalize(path) } else { Ok(path.to_owned()) };
    let real = real.map_err(|error| StepError::file(path, error))?;
    if real.exists() && !real.is_file() {
        let odd = std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is not a regular file");
        return Err(StepError::file(path, odd));
    }
    Ok(real)
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, StepError> {
    match fs::read(path) {
        Ok(content) => Ok(content),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(StepError::file(path, error)),
    }
}

/// Nobody else of us writes into the folder of a file while this is there. The lock of a run is one account's, and what a
/// run for another account has just written must not be lost by what this one has read before: it may be a secret that
/// AWS shows once. A temporary file of ours lives only as long as one of these.
pub(super) struct Alone(Option<File>);

impl Alone {
    /// Waits until nobody else is there. Not every file system can lock a folder; then it is as if nobody were.
    pub(super) fn with(path: &Path) -> Result<Self, StepError> {
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

    /// If nobody else is there at this moment. Where the file system cannot tell, somebody may be.
    pub(super) fn at_once(path: &Path) -> Option<Self> {
        let folder = File::open(folder_of(path)).ok()?;
        folder.try_lock().is_ok().then(|| Self(Some(folder)))
    }
}

impl Drop for Alone {
    /// At once, and not when the last copy of the folder is closed: a command that is being started holds one.
    fn drop(&mut self) {
        let _ = self.0.as_ref().map(File::unlock);
    }
}

pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A temporary file in the same folder. It has mode 0600 from its first byte.
pub(super) fn beside(path: &Path) -> Result<tempfile::NamedTempFile, StepError> {
    let folder = folder_of(path);
    make_folder(folder)
        .and_then(|()| tempfile::Builder::new().prefix(UNFINISHED).rand_bytes(MADE_UP).tempfile_in(folder))
        .map_err(|error| StepError::file(folder, error))
}

/// Whether only [`beside`] gives such a name.
pub(super) fn is_unfinished(name: &OsStr) -> bool {
    let made_up = name.to_str().and_then(|name| name.strip_prefix(UNFINISHED));
    made_up.is_some_and(|letters| {
        letters.len() == MADE_UP && letters.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

fn make_folder(folder: &Path) -> std::io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Without a mode of the old file to keep, only its owner can read the new one.
pub(super) fn replace(path: &Path, content: &[u8], mode: Option<fs::Permissions>) -> std::io::Result<()> {
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
    use crate::aws::AwsFiles;
    use crate::profile::tests::key;
    use crate::profile::{append, check_writable, set_mfa_serial};

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
}
