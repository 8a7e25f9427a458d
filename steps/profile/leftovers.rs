//! What a run that was killed has left beside the AWS files: the file that was to take the place of one of them, with an
//! access key in it.

use std::fs::{self, DirEntry};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::aws::AwsFiles;

use super::file::{Alone, beside, folder_of, is_unfinished, real_path};

/// A file that was left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// The file.
    pub path: PathBuf,
    /// Whether it is gone now.
    pub removed: bool,
}

/// Removes what was left beside the AWS files, and tells of it. What is there while another run writes may be that run's,
/// and is left to the next one.
pub fn remove_leftovers(files: &AwsFiles) -> Vec<Leftover> {
    let paths = [&files.credentials, &files.config].into_iter();
    let real = paths.filter_map(|path| real_path(path).ok());
    real.flat_map(|path| remove_beside(&path)).collect()
}

fn remove_beside(path: &Path) -> Vec<Leftover> {
    // Nearly always there is none, and then nothing in the folder is touched.
    if unfinished(folder_of(path)).next().is_none() {
        return Vec::new();
    }
    let Some(_alone) = Alone::at_once(path) else { return Vec::new() };
    let Some(owner) = our_owner(path) else { return Vec::new() };
    let removed = |path: PathBuf| Leftover { removed: fs::remove_file(&path).is_ok(), path };
    left_by(owner, folder_of(path)).into_iter().map(removed).collect()
}

/// Whose our files are there: one that was just made tells, whatever the file system makes of users.
fn our_owner(path: &Path) -> Option<u32> {
    let own = beside(path).ok()?;
    Some(own.as_file().metadata().ok()?.uid())
}

/// The files of an owner, and nothing that only points to one.
fn left_by(owner: u32, folder: &Path) -> Vec<PathBuf> {
    let is_left =
        |entry: &DirEntry| entry.metadata().is_ok_and(|found| found.is_file() && found.uid() == owner);
    unfinished(folder).filter(is_left).map(|entry| entry.path()).collect()
}

fn unfinished(folder: &Path) -> impl Iterator<Item = DirEntry> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| is_unfinished(&entry.file_name()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::append;
    use crate::profile::tests::{files, key};

    /// A file as a run leaves it that is killed while it writes.
    fn left(path: &Path) -> PathBuf {
        let (_, left) = beside(path).unwrap().keep().unwrap();
        fs::write(&left, "[one]\naws_secret_access_key = secret\n").unwrap();
        left
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_was_left_is_removed_and_what_looks_alike_stays() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = files(folder.path());
        files.config = folder.path().join("elsewhere/config");
        append(&files, "one", &key()).unwrap();
        let before = fs::read(&files.credentials).unwrap();
        let beside_credentials = files.credentials.parent().unwrap().to_owned();
        for alike in [
            ".dayone-unfinished-",
            ".dayone-unfinished-notes",
            ".dayone-unfinished-a1B2c3D4e5F",
            ".dayone-unfinished-a1B2c3D4e5F6.bak",
            ".dayone-unfinished-a1B2c3D4e5F-",
            "dayone-unfinished-a1B2c3D4e5F6",
            ".tmpa1B2c3",
        ] {
            fs::write(beside_credentials.join(alike), "mine").unwrap();
        }
        fs::create_dir(beside_credentials.join(".dayone-unfinished-aFolderOfTwo")).unwrap();
        std::os::unix::fs::symlink("credentials", beside_credentials.join(".dayone-unfinished-aLinkToAFile"))
            .unwrap();
        let others = names(&beside_credentials);

        let expected = [left(&files.credentials), left(&files.config)];
        let expected = expected.map(|path| Leftover { path, removed: true });
        assert_eq!(remove_leftovers(&files), expected);
        assert_eq!(names(&beside_credentials), others);
        assert!(names(&folder.path().join("elsewhere")).is_empty());
        assert_eq!(fs::read(&files.credentials).unwrap(), before);
        assert_eq!(remove_leftovers(&files), []);
    }

    #[test]
    fn what_a_run_that_is_writing_has_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        let left = left(&files.credentials);
        let writing = Alone::with(&files.credentials).unwrap();
        assert_eq!(remove_leftovers(&files), []);
        assert!(left.exists());
        drop(writing);
        assert_eq!(remove_leftovers(&files), [Leftover { path: left.clone(), removed: true }]);
        assert!(!left.exists());
    }

    #[test]
    fn what_somebody_else_has_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        let left = left(&files.credentials);
        let owner = our_owner(&files.credentials).unwrap();
        assert_eq!(left_by(owner, folder_of(&files.credentials)), [left]);
        assert!(left_by(owner + 1, folder_of(&files.credentials)).is_empty());
    }

    #[test]
    fn where_there_are_no_files_nothing_is_made() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(remove_leftovers(&files(folder.path())), []);
        assert!(names(folder.path()).is_empty());
    }
}
