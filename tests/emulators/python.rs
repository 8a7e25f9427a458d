//! The Python that the emulators, their helpers and the AWS CLI run in: a virtual environment below cargo's target folder, made once.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const NEEDED: &str = "The tests against emulators need Python 3.10 or later with venv and pip, and pip's package index; \
                      DAYONE_WITHOUT_EMULATORS=1 leaves them out.";

const REQUIREMENTS: &str = include_str!("requirements.txt");

/// Says so where it is seen: what a test prints is hidden when it passes.
pub fn left_out() -> bool {
    let left_out = std::env::var_os("DAYONE_WITHOUT_EMULATORS").is_some_and(|value| value == "1");
    if left_out {
        let told =
            writeln!(std::io::stderr(), "A test that needs Python is left out: DAYONE_WITHOUT_EMULATORS=1");
        assert!(told.is_ok());
    }
    left_out
}

/// The interpreter, with all that the tests need installed.
pub fn interpreter() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("emulators");
    fs::create_dir_all(&folder).unwrap();
    // Tests run side by side, as threads or as processes: the first one installs, the others wait here.
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let environment = folder.join("python");
    let stamp = folder.join("installed");
    let installed = format!("{}\n{REQUIREMENTS}", version());
    if fs::read_to_string(&stamp).ok().as_ref() != Some(&installed) {
        install(&environment, &stamp);
        fs::write(&stamp, &installed).unwrap();
    }
    environment.join("bin/python")
}

/// The path of a helper beside this file.
pub fn helper(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/emulators").join(name)
}

fn version() -> String {
    let ask = "import sys; assert sys.version_info >= (3, 10), sys.version; print(sys.version)";
    succeed(Command::new("python3").args(["-c", ask]))
}

/// From nothing: what an interrupted installation left is not built upon.
fn install(environment: &Path, stamp: &Path) {
    let _ = fs::remove_file(stamp);
    let _ = fs::remove_dir_all(environment);
    succeed(Command::new("python3").args(["-m", "venv"]).arg(environment));
    let pip =
        ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--requirement"];
    succeed(Command::new(environment.join("bin/python")).args(pip).arg(helper("requirements.txt")));
}

fn succeed(command: &mut Command) -> String {
    let told = match command.output() {
        Ok(output) if output.status.success() => return String::from_utf8_lossy(&output.stdout).into_owned(),
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    panic!("{NEEDED}\n{command:?}: {told}")
}
