//! Where credentials come from, and how long they may take.

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

use crate::error::AwsError;

use super::failure::without_credentials;
use super::files::AwsFiles;

/// How long credentials may take. A `credential_process` may wait for something that nobody sees.
pub(super) const WITHIN: Duration = Duration::from_secs(20);

/// The credentials of a run. As the AWS CLI, but without the instance metadata service: nobody sets up an account from
/// an EC2 instance in it, and looking for the service on a laptop ends in a long wait and an odd message.
pub(super) fn chain(
    profile: Option<&str>,
    files: &AwsFiles,
    config: &ProviderConfig,
) -> SharedCredentialsProvider {
    let profiles = ProfileFileCredentialsProvider::builder().configure(config).profile_files(files.for_sdk());
    if let Some(profile) = profile {
        let profiles = profiles.profile_name(profile).build();
        return bounded(CredentialsProviderChain::first_try("Profile", profiles));
    }
    let web_identity = aws_config::web_identity_token::WebIdentityTokenCredentialsProvider::builder()
        .configure(config)
        .build();
    let container = aws_config::ecs::EcsCredentialsProvider::builder().configure(config).build();
    let chain =
        CredentialsProviderChain::first_try("Environment", EnvironmentVariableCredentialsProvider::new())
            .or_else("Profile", profiles.build())
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
    let provider = ProfileFileCredentialsProvider::builder()
        .configure(config)
        .profile_files(files.for_sdk())
        .profile_name(profile);
    bounded(provider.build())
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
            coming.await.unwrap_or_else(|_| Err(CredentialsError::provider_timed_out(WITHIN)))
        })
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.0.fallback_on_interrupt()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

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

    #[cfg(unix)]
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
