//! Where the AWS profiles are kept.

use std::path::{Path, PathBuf};
use std::task::{Context, Poll, Waker};

use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_types::os_shim_internal::{Env, Fs};

use crate::text::{harmless, shown};

use super::failure::innermost;
use super::sections::sections;

/// Where the AWS profiles are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsFiles {
    /// Usually `~/.aws/credentials`.
    pub credentials: PathBuf,
    /// Usually `~/.aws/config`.
    pub config: PathBuf,
}

impl AwsFiles {
    /// The files that the AWS CLI would use.
    pub fn from_environment() -> Self {
        Self::of(&Env::real())
    }

    pub(super) fn of(env: &Env) -> Self {
        let home = home(env);
        let file = |variable: &str, name: &str| match value(env, variable) {
            Some(path) => expanded(Path::new(&path), &home),
            None => home.join(".aws").join(name),
        };
        Self {
            credentials: file("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
            config: file("AWS_CONFIG_FILE", "config"),
        }
    }

    /// Whether one of the files has a section for this profile.
    pub fn mention(&self, profile: &str) -> bool {
        [&self.credentials, &self.config].into_iter().any(|file| {
            std::fs::read(file)
                .is_ok_and(|content| sections(&content).iter().any(|section| section.name == profile))
        })
    }

    /// Why the SDK cannot read the files, where it cannot: a profile in them would be of no use.
    pub(crate) fn trouble(&self) -> Option<String> {
        // Of a file that is not UTF-8 the SDK reads nothing, and does not say so.
        let odd = [&self.config, &self.credentials]
            .into_iter()
            .find(|file| std::fs::read(file).is_ok_and(|content| std::str::from_utf8(&content).is_err()));
        if let Some(file) = odd {
            return Some(format!("{} is not UTF-8", shown(file)));
        }
        let (fs, env, files) = (Fs::real(), Env::real(), self.for_sdk());
        let read = at_once(aws_config::profile::load(&fs, &env, &files, None))?;
        read.err().map(|error| harmless(&innermost(&error)))
    }

    /// Both, in the SDK's order: what the credentials file says of a profile goes over what the other says. A file that
    /// is not there is an empty one.
    pub(super) fn for_sdk(&self) -> EnvConfigFiles {
        let mut files = EnvConfigFiles::builder();
        for (kind, path) in
            [(EnvConfigFileKind::Config, &self.config), (EnvConfigFileKind::Credentials, &self.credentials)]
        {
            files = if path.exists() { files.with_file(kind, path) } else { files.with_contents(kind, "") };
        }
        files.build()
    }
}

/// The value of a variable. An empty one counts as not set, as for the AWS CLI.
pub(super) fn value(env: &Env, variable: &str) -> Option<String> {
    env.get(variable).ok().filter(|value| !value.is_empty())
}

/// The home folder.
pub(super) fn home(env: &Env) -> PathBuf {
    value(env, "HOME").map(PathBuf::from).or_else(std::env::home_dir).unwrap_or_default()
}

/// A `~` that no shell has expanded, as in a file or between quotes.
pub(super) fn expanded(path: &Path, home: &Path) -> PathBuf {
    path.strip_prefix("~").map_or_else(|_| path.to_owned(), |rest| home.join(rest))
}

/// The SDK's reader is asynchronous in form only: it never waits.
fn at_once<T>(work: impl Future<Output = T>) -> Option<T> {
    match std::pin::pin!(work).as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path, credentials: &str, config: &str) -> AwsFiles {
        let files = AwsFiles { credentials: folder.join("credentials"), config: folder.join("config") };
        std::fs::write(&files.credentials, credentials).unwrap();
        std::fs::write(&files.config, config).unwrap();
        files
    }

    #[test]
    fn the_files_are_where_the_aws_cli_looks() {
        let of = |variables: &[(&str, &str)]| {
            let mut all = vec![("HOME", "/home/kim")];
            all.extend_from_slice(variables);
            let files = AwsFiles::of(&Env::from_slice(&all));
            (files.credentials.display().to_string(), files.config.display().to_string())
        };
        let usual = ("/home/kim/.aws/credentials".to_owned(), "/home/kim/.aws/config".to_owned());
        assert_eq!(of(&[]), usual);
        assert_eq!(of(&[("AWS_CONFIG_FILE", ""), ("AWS_SHARED_CREDENTIALS_FILE", "")]), usual);
        assert_eq!(
            of(&[("AWS_SHARED_CREDENTIALS_FILE", "~/keys"), ("AWS_CONFIG_FILE", "~other/config")]),
            ("/home/kim/keys".to_owned(), "~other/config".to_owned())
        );
    }

    #[test]
    fn a_profile_is_found_under_every_heading_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let credentials = "[one] # mine\n[ two ]\n";
        let config = "[profile three]\n[profile \"name with space\"]\n[default]\n";
        let files = files(folder.path(), credentials, config);
        for profile in ["one", "two", "three", "name with space", "default"] {
            assert!(files.mention(profile), "{profile}");
        }
        for other in ["on", "one two", "profile three", ""] {
            assert!(!files.mention(other), "{other}");
        }
        std::fs::write(&files.credentials, b"[caf\xe9]\n\n[one]\n").unwrap();
        assert!(files.mention("one"));
    }

    #[test]
    fn files_that_the_sdk_cannot_read_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = files(folder.path(), "[one]\naws_access_key_id = A ; x\n", "[default\n");
        let trouble = files.trouble().unwrap();
        assert!(trouble.contains("line 1") && !trouble.contains('\n'), "{trouble}");
        files.config = folder.path().join("nowhere");
        assert_eq!(files.trouble(), None);
        std::fs::write(&files.credentials, b"[caf\xe9]\n").unwrap();
        assert!(files.trouble().unwrap().ends_with("credentials is not UTF-8"));
        files.credentials = folder.path().join("nowhere");
        assert_eq!(files.trouble(), None);
    }

    /// The AWS CLI and the SDKs agree that the credentials file wins.
    #[tokio::test]
    async fn the_credentials_file_goes_over_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let files =
            files(folder.path(), "[default]\nregion = eu-west-1\n", "[default]\nregion = us-east-1\na = b\n");
        let env = Env::from_slice(&[]);
        let profiles = aws_config::profile::load(&Fs::real(), &env, &files.for_sdk(), None).await.unwrap();
        assert_eq!((profiles.get("region"), profiles.get("a")), (Some("eu-west-1"), Some("b")));
    }
}
