//! The MFA device that a profile of the config file names, for the AWS CLI.

use std::fs;
use std::path::Path;

use crate::aws::{AwsFiles, sections};
use crate::error::StepError;
use crate::text;
use crate::text::{harmless, shown};

use super::file::{Alone, append_section, read, real_path, replace};
use super::{is_profile_name, refuse_unreadable};

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

fn other_device(path: &Path, profile: &str, found: &str) -> StepError {
    let (path, found) = (shown(path), harmless(found));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::tests::{files, mode};

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
}
