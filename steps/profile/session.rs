//! The session of a sign-in, in a profile of the credentials file. The next sign-in puts its session in the place of it.

use std::ops::Range;

use aws_credential_types::Credentials;

use crate::aws::{AwsFiles, sections};
use crate::error::StepError;

use super::file::{Alone, append_section, read, real_path, replace};
use super::refuse_unreadable;

/// What a session consists of.
const PARTS: [&str; 3] = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"];

/// Whether a session may go into the profile: it is new, or holds an earlier session, which has this mark below its heading.
/// What anybody else has written is left alone. Asked before there is a session, which would be lost if it may not.
pub fn takes_session(files: &AwsFiles, profile: &str, mark: &str) -> Result<bool, StepError> {
    let path = real_path(&files.credentials)?;
    refuse_unreadable(files)?;
    Ok(places(&read(&path)?, profile, mark).is_some())
}

/// Puts a session into the profile, in the place of an earlier one. False where the profile takes none: then the file is as
/// it was.
pub fn replace_session(
    files: &AwsFiles,
    profile: &str,
    mark: &str,
    session: &Credentials,
) -> Result<bool, StepError> {
    let path = real_path(&files.credentials)?;
    let _alone = Alone::with(&path)?;
    let mut content = read(&path)?;
    let Some(places) = places(&content, profile, mark) else { return Ok(false) };
    let lines = lines(mark, session);
    if places.is_empty() {
        append_section(&mut content, &format!("[{profile}]\n{lines}"));
    }
    // From the end, so that what comes before stays where it is.
    for (number, place) in places.into_iter().enumerate().rev() {
        let mut section = if number == 0 { lines.clone().into_bytes() } else { Vec::new() };
        section.extend(without_session(&content[place.clone()], mark));
        drop(content.splice(place, section));
    }
    replace(&path, &content, None).map_err(|error| StepError::file(&path, error))?;
    Ok(true)
}

/// Where the lines of the profile are. None where one of its sections has no mark.
fn places(content: &[u8], profile: &str, mark: &str) -> Option<Vec<Range<usize>>> {
    let is_marked = |lines: &Range<usize>| {
        let first = content[lines.clone()].split(|byte| *byte == b'\n').next();
        first.is_some_and(|line| line.trim_ascii() == mark.as_bytes())
    };
    let places = sections(content).into_iter().filter(|section| section.name == profile);
    places.map(|section| Some(section.lines).filter(is_marked)).collect()
}

fn lines(mark: &str, session: &Credentials) -> String {
    let token = session.session_token().unwrap_or_default();
    let values = [session.access_key_id(), session.secret_access_key(), token];
    let lines = PARTS.iter().zip(values).map(|(part, value)| format!("{part} = {value}\n"));
    lines.fold(format!("{mark}\n"), |lines, line| lines + &line)
}

/// What else stands in a section, such as a Region that somebody has added.
fn without_session(lines: &[u8], mark: &str) -> Vec<u8> {
    let is_other = |line: &&[u8]| {
        let name = line.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii_end();
        line.trim_ascii() != mark.as_bytes()
            && !PARTS.iter().any(|part| name.eq_ignore_ascii_case(part.as_bytes()))
    };
    let lines = lines.split_inclusive(|byte| *byte == b'\n');
    lines.filter(is_other).flatten().copied().collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::profile::tests::{files, key, mode};

    const MARK: &str = "# From: a sign-in";
    const NEW: &str = "# From: a sign-in\naws_access_key_id = ASIANEW\naws_secret_access_key = secret\n\
                       aws_session_token = token\n";
    const OLD: &str = "# From: a sign-in\naws_access_key_id = ASIAOLD\naws_secret_access_key = old\n\
                       aws_session_token = old\n";

    fn session() -> Credentials {
        Credentials::new("ASIANEW", "secret", Some("token".to_owned()), None, "test")
    }

    /// The credentials file after kim has signed in, where it was this before. None where the profile takes no session.
    fn signed_in(before: &str) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        fs::create_dir(folder.path().join("aws")).unwrap();
        fs::write(&files.credentials, before).unwrap();
        let takes = takes_session(&files, "kim", MARK).unwrap();
        assert_eq!(replace_session(&files, "kim", MARK, &session()).unwrap(), takes, "{before}");
        let after = fs::read_to_string(&files.credentials).unwrap();
        assert!(takes || after == before, "{after}");
        takes.then_some(after)
    }

    #[test]
    fn a_session_takes_the_place_of_an_earlier_one_and_every_other_byte_stays() {
        let cases = [
            (String::new(), format!("[kim]\n{NEW}")),
            ("# mine\n[lee]\nregion = x\n".to_owned(), format!("# mine\n[lee]\nregion = x\n\n[kim]\n{NEW}")),
            (
                format!("[kim] # me\n{OLD}region = x\n\n# mine\n[lee]\na = b"),
                format!("[kim] # me\n{NEW}region = x\n\n# mine\n[lee]\na = b"),
            ),
            (format!("[ kim ]\n{OLD}"), format!("[ kim ]\n{NEW}")),
            // An indented bracket goes on with the value before it.
            (
                format!("[lee]\na = b\n  [kim]\n\n[kim]\n{OLD}a = b\n  [lee]\n"),
                format!("[lee]\na = b\n  [kim]\n\n[kim]\n{NEW}a = b\n  [lee]\n"),
            ),
            // Of twins, the last would hold.
            (
                format!("[kim]\n{OLD}\n[lee]\n[kim]\n{OLD}a = b\n"),
                format!("[kim]\n{NEW}\n[lee]\n[kim]\na = b\n"),
            ),
        ];
        for (before, after) in cases {
            assert_eq!(signed_in(&before), Some(after), "{before}");
        }
    }

    #[test]
    fn what_no_sign_in_has_written_is_left_alone() {
        for before in [
            "[kim]".to_owned(),
            "[kim] # mine\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = secret\n".to_owned(),
            format!("[ kim ]\nregion = x\n{OLD}"),
            format!("[kim]\n{OLD}[kim]\naws_access_key_id = AKIAEXAMPLE\n"),
        ] {
            assert_eq!(signed_in(&before), None, "{before}");
        }
    }

    /// Somebody may sign in while a run writes its access key.
    #[test]
    fn what_several_write_at_once_is_all_there() {
        let folder = tempfile::tempdir().unwrap();
        let (files, people) = (files(folder.path()), ["a", "b", "c", "d", "e", "f", "g", "h"]);
        std::thread::scope(|scope| {
            for person in people {
                let files = &files;
                scope.spawn(move || {
                    assert!(replace_session(files, person, MARK, &session()).unwrap());
                    crate::profile::append(files, &format!("{person}-key"), &key()).unwrap();
                });
            }
        });
        for person in people {
            assert!(files.mention(person) && files.mention(&format!("{person}-key")), "{person}");
        }
    }

    #[test]
    fn only_the_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path());
        assert!(replace_session(&files, "kim", MARK, &session()).unwrap());
        assert_eq!(mode(&files.credentials), 0o600);
    }
}
