//! Where credentials come from, how long they may take, and of which characters they may be.

use std::borrow::Cow;
use std::env::VarError;
use std::path::Path;
use std::time::Duration;

use aws_config::Region;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::os_shim_internal::{Env, Fs};

use crate::error::AwsError;
use crate::text;
use crate::text::{Text, harmless, shown};

use super::failure::without_credentials;
use super::files::AwsFiles;
use super::sections::sections;

/// How long credentials may take. A `credential_process` may wait for something that nobody sees.
pub(super) const WITHIN: Duration = Duration::from_secs(20);

/// The credentials of a run. As the AWS CLI, but without the instance metadata service: nobody sets up an account from
/// an EC2 instance in it, and looking for the service on a laptop ends in a long wait and an odd message.
pub(super) fn chain(
    profile: Option<&str>,
    files: &AwsFiles,
    config: &ProviderConfig,
) -> SharedCredentialsProvider {
    let profiles = Profiles::new(profile, files, config);
    if profile.is_some() {
        return bounded(CredentialsProviderChain::first_try("Profile", profiles));
    }
    let web_identity = aws_config::web_identity_token::WebIdentityTokenCredentialsProvider::builder()
        .configure(config)
        .build();
    let container = aws_config::ecs::EcsCredentialsProvider::builder().configure(config).build();
    let chain = CredentialsProviderChain::first_try("Environment", Variables(Env::real()))
        .or_else("Profile", profiles)
        .or_else("WebIdentityToken", web_identity)
        .or_else("Container", container);
    bounded(chain)
}

/// The credentials of one profile.
pub(super) fn of_profile(
    profile: &str,
    files: &AwsFiles,
    config: &ProviderConfig,
) -> SharedCredentialsProvider {
    bounded(Profiles::new(Some(profile), files, config))
}

/// How the services are reached that give credentials: STS for a role, AWS Sign-In for a login session that has to be
/// renewed. They need the run's Region, and nothing may ask the instance metadata service for one.
pub(super) fn provider_config(region: Option<Region>, client: Option<SharedHttpClient>) -> ProviderConfig {
    let config = ProviderConfig::without_region().with_region(region);
    match client {
        Some(client) => config.with_http_client(client),
        None => config,
    }
}

/// The credentials, or why there are none.
pub(super) async fn resolve(provider: &SharedCredentialsProvider) -> Result<Credentials, AwsError> {
    provider.provide_credentials().await.map_err(|error| without_credentials(&error))
}

/// A run without a source of credentials.
pub(super) fn no_source() -> AwsError {
    without_credentials(&CredentialsError::not_loaded("no credentials were found"))
}

/// Credentials that come in time, or not at all.
pub(super) fn bounded(provider: impl ProvideCredentials + 'static) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Bounded(provider))
}

#[derive(Debug)]
struct Bounded<P>(P);

impl<P: ProvideCredentials> ProvideCredentials for Bounded<P> {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move {
            let coming = tokio::time::timeout(WITHIN, self.0.provide_credentials());
            let came = coming.await.unwrap_or_else(|_| Err(CredentialsError::provider_timed_out(WITHIN)))?;
            refuse(unfit(&came))?;
            Ok(came)
        })
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.0.fallback_on_interrupt()
    }
}

/// A part of credentials that cannot be one. The id and the token become headers, which cannot hold each character: the
/// SDK ends in a panic over them. What it is, is never told.
#[derive(Debug, thiserror::Error)]
#[error("{} holds a character that cannot be part of it", .place.en)]
pub(super) struct Unfit {
    place: Text,
}

impl Unfit {
    /// Where it is, and what is wrong with it.
    pub fn text(&self) -> Text {
        let Text { en, ko } = &self.place;
        text! {
            en: "{en} holds a character that cannot be part of it, such as a line break or a letter with an accent; set it anew",
            ko: "{ko}에 들어갈 수 없는 문자(줄바꿈이나 영문이 아닌 글자 등)가 있습니다. 다시 설정하세요"
        }
    }
}

/// Fails where a part of credentials cannot be one.
pub(super) fn examine(credentials: &Credentials) -> Result<(), AwsError> {
    refuse(unfit(credentials)).map_err(|error| without_credentials(&error))
}

/// Whether nothing is missing of an access key, and each part of it can be one.
pub(crate) fn are_whole(credentials: &Credentials) -> bool {
    let is_there = !credentials.access_key_id().is_empty() && !credentials.secret_access_key().is_empty();
    is_there && unfit(credentials).is_none()
}

fn refuse(unfit: Option<Unfit>) -> Result<(), CredentialsError> {
    unfit.map_or(Ok(()), |unfit| Err(CredentialsError::invalid_configuration(unfit)))
}

fn unfit(credentials: &Credentials) -> Option<Unfit> {
    let place = if is_unfit(credentials.access_key_id()) {
        text! { en: "The access key id that was given", ko: "받은 액세스 키 ID" }
    } else if is_unfit(credentials.secret_access_key()) {
        text! { en: "The secret access key that was given", ko: "받은 비밀 액세스 키" }
    } else if credentials.session_token().is_some_and(is_unfit) {
        text! { en: "The session token that was given", ko: "받은 세션 토큰" }
    } else {
        return None;
    };
    Some(Unfit { place })
}

fn is_unfit(part: &str) -> bool {
    !part.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// The credentials of the environment, which the SDK reads for itself.
#[derive(Debug)]
struct Variables(Env);

impl Variables {
    /// The SDK would repeat a value that is not UTF-8 in its error.
    fn unfit(&self) -> Option<Unfit> {
        let is_set = |name: &str| self.0.get(name) != Err(VarError::NotPresent);
        let secret = ["AWS_SECRET_ACCESS_KEY", "SECRET_ACCESS_KEY"].into_iter().find(|name| is_set(name))?;
        let parts =
            is_set("AWS_ACCESS_KEY_ID").then_some(["AWS_ACCESS_KEY_ID", secret, "AWS_SESSION_TOKEN"])?;
        let name = parts.into_iter().find(|name| match self.0.get(name) {
            // Around a token, the SDK takes no notice of spaces and line breaks.
            Ok(token) if *name == "AWS_SESSION_TOKEN" => is_unfit(token.trim()),
            Ok(value) => is_unfit(&value),
            Err(VarError::NotUnicode(_)) => true,
            Err(VarError::NotPresent) => false,
        })?;
        Some(Unfit { place: text! { en: "The environment variable {name}", ko: "환경 변수 {name}" } })
    }
}

impl ProvideCredentials for Variables {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move {
            refuse(self.unfit())?;
            EnvironmentVariableCredentialsProvider::new().provide_credentials().await
        })
    }
}

/// The credentials of one profile, and none is the environment's.
#[derive(Debug)]
struct Profiles {
    provider: ProfileFileCredentialsProvider,
    profile: Option<String>,
    files: AwsFiles,
}

impl Profiles {
    fn new(profile: Option<&str>, files: &AwsFiles, config: &ProviderConfig) -> Self {
        let mut provider =
            ProfileFileCredentialsProvider::builder().configure(config).profile_files(files.for_sdk());
        if let Some(profile) = profile {
            provider = provider.profile_name(profile);
        }
        let (provider, profile) = (provider.build(), profile.map(ToOwned::to_owned));
        Self { provider, profile, files: files.clone() }
    }

    /// Of a role, the keys of the profile count that it is taken with: they sign before anybody else sees them.
    async fn unfit(&self) -> Option<Unfit> {
        const PARTS: [&str; 3] = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"];
        let (fs, env, selected) = (Fs::real(), Env::real(), self.profile.clone().map(Cow::Owned));
        let profiles = aws_config::profile::load(&fs, &env, &self.files.for_sdk(), selected).await.ok()?;
        let (mut name, mut seen) = (profiles.selected_profile().to_owned(), Vec::new());
        loop {
            let profile = profiles.get_profile(&name)?;
            let is_unfit = |part: &&str| profile.get(part).is_some_and(is_unfit);
            if let Some(part) = PARTS.into_iter().find(is_unfit) {
                return Some(self.unfit_part(&name, part));
            }
            let source = profile.get("source_profile")?.to_owned();
            seen.push(std::mem::replace(&mut name, source));
            if seen.contains(&name) {
                return None;
            }
        }
    }

    fn unfit_part(&self, name: &str, part: &str) -> Unfit {
        let files = [&self.files.credentials, &self.files.config];
        let file = files.into_iter().find(|file| sets(file, name, part)).unwrap_or(&self.files.config);
        let (file, name) = (shown(file), harmless(name));
        Unfit {
            place: text! {
                en: "{part} of the AWS profile {name} in {file}",
                ko: "{file}에 있는 AWS 프로파일 {name}의 {part}"
            },
        }
    }
}

impl ProvideCredentials for Profiles {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move {
            refuse(self.unfit().await)?;
            self.provider.provide_credentials().await
        })
    }
}

/// Whether a file sets this of a profile.
fn sets(file: &Path, profile: &str, part: &str) -> bool {
    let content = std::fs::read(file).unwrap_or_default();
    let sections = sections(&content).into_iter().filter(|section| section.name == profile);
    let mut lines = sections.flat_map(|section| content[section.lines].split(|byte| *byte == b'\n'));
    lines.any(|line| String::from_utf8_lossy(line).to_ascii_lowercase().starts_with(part))
}

#[cfg(test)]
mod tests {
    use aws_credential_types::credential_fn::provide_credentials_fn;
    use aws_credential_types::provider;

    use super::*;
    use crate::aws::{Access, canned};
    use crate::error::AwsCause;

    fn files(folder: &Path, config: &str) -> AwsFiles {
        let files = AwsFiles { credentials: folder.join("credentials"), config: folder.join("config") };
        std::fs::write(&files.config, config).unwrap();
        files
    }

    #[tokio::test(start_paused = true)]
    async fn credentials_that_do_not_come_are_not_waited_for() {
        let silent = bounded(provide_credentials_fn(std::future::pending::<provider::Result>));
        let began = tokio::time::Instant::now();
        let error = resolve(&silent).await.unwrap_err();
        assert_eq!((error.cause, began.elapsed().as_secs()), (AwsCause::CredentialsLate, 20));
        assert!(error.message.contains("20 seconds"), "{}", error.message);
        assert!(error.hint().en.contains("credential_process") && error.hint().ko.contains("aws login"));
    }

    /// The same bound holds where the SDK asks again in the middle of a run.
    #[tokio::test(start_paused = true)]
    async fn a_call_does_not_wait_for_them_either() {
        let aws = canned::Aws::answering(|call| call.xml(""));
        let mut identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
        let silent = bounded(provide_credentials_fn(std::future::pending::<provider::Result>));
        identity.config = identity.config.to_builder().credentials_provider(silent).build();
        let answer = identity.iam().get_account_summary().send().await;
        let error = crate::aws::ForCall::for_call(answer, "iam:GetAccountSummary").unwrap_err();
        assert_eq!(error.cause, AwsCause::CredentialsLate);
    }

    /// A role of a profile is asked for in the Region of the run.
    #[tokio::test]
    async fn a_role_is_asked_for_in_the_region_of_the_run() {
        let folder = tempfile::tempdir().unwrap();
        let config = "[profile keys]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = secret\n\
            [profile role]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = keys\n";
        let files = files(folder.path(), config);
        let aws = canned::Aws::answering(|call| {
            call.xml(
                "<Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>\
                 <SessionToken>token</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>",
            )
        });
        let region = Some(Region::from_static("ap-northeast-2"));
        let provider_config = provider_config(region, Some(aws.client()));
        for provider in
            [chain(Some("role"), &files, &provider_config), of_profile("role", &files, &provider_config)]
        {
            let credentials = resolve(&provider).await.unwrap();
            assert_eq!(credentials.access_key_id(), "ASIAEXAMPLE");
        }
        let heard = aws.heard();
        assert_eq!(heard.len(), 2);
        for call in heard {
            assert_eq!((call.operation.as_str(), call.key()), ("AssumeRole", "AKIAEXAMPLE"));
            assert_eq!((call.service(), call.region()), ("sts", "ap-northeast-2"));
        }
    }

    #[tokio::test]
    async fn what_a_program_says_is_cut_to_its_first_line() {
        let folder = tempfile::tempdir().unwrap();
        let program = "echo >&2; echo the vault is locked >&2; echo AKIAEXAMPLE >&2; exit 3";
        let files = files(folder.path(), &format!("[profile vault]\ncredential_process = {program}\n"));
        let provider = of_profile("vault", &files, &provider_config(None, None));
        let error = resolve(&provider).await.unwrap_err();
        assert!(error.message.ends_with("the vault is locked"), "{}", error.message);
        assert!(!error.message.contains("AKIAEXAMPLE"), "{}", error.message);
    }

    #[track_caller]
    fn assert_unfit(error: &AwsError, places: [&str; 2]) {
        assert_eq!(error.cause, AwsCause::NotSignedIn, "{error:?}");
        let detail = error.detail();
        for place in places {
            assert!(detail.en.contains(place) && detail.ko.contains(place), "{detail:?}");
        }
        assert!(detail.en.contains("such as a line break") && detail.ko.contains("줄바꿈"), "{detail:?}");
        assert!(!format!("{error:?}").contains("MARKED"), "{error:?}");
    }

    /// The value of an indented line goes on with the one before it.
    #[tokio::test]
    async fn a_profile_that_holds_an_odd_character_is_refused_by_its_file_and_place() {
        let folder = tempfile::tempdir().unwrap();
        let config = "[profile id]\naws_access_key_id = AKIAMARKED\n  MARKED\naws_secret_access_key = MARKED\n\
            [profile secret]\naws_access_key_id = AKIAMARKED\naws_secret_access_key = MARK\u{e9}\n\
            [profile token]\naws_access_key_id = AKIAMARKED\naws_secret_access_key = MARKED\n\
            aws_session_token = MARKED\u{1b}[2J\n\
            [profile role]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = shared\n";
        let files = files(folder.path(), config);
        let shared = "[shared]\naws_access_key_id = AKIAMARKED\u{7f}\naws_secret_access_key = MARKED\n";
        std::fs::write(&files.credentials, shared).unwrap();
        let aws = canned::Aws::answering(|_| panic!("nothing is signed"));
        let config = provider_config(Some(Region::from_static("us-east-1")), Some(aws.client()));
        for (profile, part, file) in [
            ("id", "aws_access_key_id", &files.config),
            ("secret", "aws_secret_access_key", &files.config),
            ("token", "aws_session_token", &files.config),
            ("role", "aws_access_key_id", &files.credentials),
        ] {
            let error = resolve(&of_profile(profile, &files, &config)).await.unwrap_err();
            assert_unfit(&error, [part, &file.display().to_string()]);
        }
    }

    #[tokio::test]
    async fn a_variable_that_holds_an_odd_character_is_refused_by_its_name() {
        let cases = [
            ("AWS_ACCESS_KEY_ID", "AKIAMARKED\r"),
            ("AWS_SECRET_ACCESS_KEY", "MARKED\u{ac00}"),
            ("AWS_SESSION_TOKEN", "MARKED\u{0}MARKED"),
        ];
        for (name, value) in cases {
            let mut variables = [
                ("AWS_ACCESS_KEY_ID", "AKIAMARKED"),
                ("AWS_SECRET_ACCESS_KEY", "MARKED"),
                ("AWS_SESSION_TOKEN", " MARKED\r\n"),
            ];
            assert!(Variables(Env::from_slice(&variables)).unfit().is_none());
            for variable in variables.iter_mut().filter(|(variable, _)| *variable == name) {
                variable.1 = value;
            }
            let odd = bounded(Variables(Env::from_slice(&variables)));
            assert_unfit(&resolve(&odd).await.unwrap_err(), [name, name]);
        }
        let alone = Variables(Env::from_slice(&[("AWS_ACCESS_KEY_ID", "AKIA\u{1b}")]));
        assert!(alone.unfit().is_none(), "without a secret it is not used");
    }

    /// What is given at run time is refused before it signs.
    #[tokio::test]
    async fn credentials_that_are_given_are_examined_too() {
        let odd = Credentials::new("ASIA\u{7}", "MARKED", Some("MARKED".into()), None, "test");
        let given = odd.clone();
        let provider = bounded(provide_credentials_fn(move || std::future::ready(Ok(given.clone()))));
        let error = resolve(&provider).await.unwrap_err();
        assert!(error.detail().en.starts_with("The access key id that was given"), "{error:?}");
        let aws = canned::Aws::answering(|_| panic!("nothing is signed"));
        let connection = aws.connection(Access::ReadOnly);
        let error = connection.with_credentials(odd, Some(true)).await.unwrap_err();
        assert!(error.detail().ko.starts_with("받은 액세스 키 ID"), "{error:?}");
        assert!(aws.heard().is_empty());
        let whole = |id: &str, secret: &str| are_whole(&Credentials::new(id, secret, None, None, "test"));
        assert!(whole("AKIA1", "a+/b=") && !whole("", "a") && !whole("AKIA1", "") && !whole("AKIA1", "a\n"));
    }

    #[tokio::test]
    async fn a_profile_that_is_not_there_is_a_missing_sign_in() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path(), "[profile one]\nregion = us-east-1\n");
        for (profile, words) in [("nobody", "nobody"), ("one", "")] {
            let provider = chain(Some(profile), &files, &provider_config(None, None));
            let error = resolve(&provider).await.unwrap_err();
            assert_eq!(error.cause, AwsCause::NotSignedIn, "{profile}");
            assert!(error.message.contains(words), "{}", error.message);
        }
    }
}
