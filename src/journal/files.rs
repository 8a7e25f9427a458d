//! Files and folders of this program: made for their owner alone, and read with care.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{BufRead, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use steps::error::StepError;

/// The longest line that is read back. Ours are a few hundred bytes.
const LONGEST_LINE: u64 = 64 * 1024;

/// Readable and writable by its owner only, from the first byte.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).mode(0o600);
    options
}

/// Makes a folder that only its owner can enter.
pub fn make_folder(folder: &Path) -> Result<(), StepError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| StepError::file(folder, error))
}

/// Puts a file in the place of another in one step, readable by its owner only.
pub fn replace_file(path: &Path, content: &[u8]) -> Result<(), StepError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    make_folder(folder)?;
    let write = || -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(content)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| StepError::file(path, error))
}

/// Whether a file of ours may be put there: nothing is there, or an empty file, or one that begins as ours do.
pub fn may_be_replaced(path: &Path, ours: &[&str]) -> Result<bool, StepError> {
    let metadata = match std::fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(StepError::file(path, error)),
    };
    if !metadata.is_file() || metadata.len() == 0 {
        return Ok(metadata.is_file());
    }
    let longest = ours.iter().map(|ours| ours.len()).max().unwrap_or_default();
    let mut beginning = Vec::new();
    let read = File::open(path).and_then(|file| file.take(longest as u64).read_to_end(&mut beginning));
    read.map_err(|error| StepError::file(path, error))?;
    Ok(ours.iter().any(|ours| beginning.starts_with(ours.as_bytes())))
}

/// To open what is no file, such as a pipe that nobody writes to, may take for ever.
pub(super) fn open_to_read(path: &Path) -> std::io::Result<File> {
    if std::fs::metadata(path)?.is_file() { File::open(path) } else { Err(not_a_file()) }
}

/// Whatever else stands under the name keeps nothing, or never ends.
pub(super) fn regular(file: File) -> std::io::Result<File> {
    if file.metadata()?.is_file() { Ok(file) } else { Err(not_a_file()) }
}

fn not_a_file() -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is not a regular file")
}

/// The next line, or as much of it as a line of ours can be long.
pub(super) fn next_line(journal: &mut impl BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let read = journal.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
    if read > 0 && !line.ends_with(b"\n") {
        journal.skip_until(b'\n')?;
    }
    Ok((read > 0).then_some(line))
}
