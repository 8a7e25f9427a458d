//! How AWS is reached, the same for every identity of a run.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::os_shim_internal::Env;

use crate::error::{AwsCause, AwsError, StepError};

use super::caller::Caller;
use super::files::AwsFiles;
use super::identity::{Identity, WayIn};
use super::settings::{DEFAULT_REGION, Settings};
use super::watch::{Access, NewKey, Watch};
use super::{credentials, settings, trust};

/// How this program names itself to AWS. Event History has it in the user agent of each call.
const OWN_NAME: &str = "dayone";

/// How AWS is reached, the same for every identity of a run.
#[derive(Debug, Clone)]
pub struct Connection {
    base: SdkConfig,
    files: AwsFiles,
    watch: Watch,
    path_style: bool,
}

impl Connection {
    /// Reaches AWS the way the AWS CLI would, from the environment and the profile files. It fails where the
    /// certificates to trust cannot be used.
    pub async fn from_environment(
        profile: Option<&str>,
        region: Option<&str>,
        access: Access,
    ) -> Result<Self, StepError> {
        let settings = Settings::read(&Env::real(), profile, region).await;
        Self::with_settings(settings, profile, access).await
    }

    async fn with_settings(
        settings: Settings,
        profile: Option<&str>,
        access: Access,
    ) -> Result<Self, StepError> {
        let Settings { files, region, ca_bundle } = settings;
        let client = trust::http_client(ca_bundle.as_deref())?;
        let inner = credentials::provider_config(Some(region.clone()), Some(client.clone()));
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .retry_config(retries())
            .timeout_config(timeouts())
            .http_client(client)
            .profile_files(files.for_sdk())
            .credentials_provider(credentials::chain(profile, &files, &inner))
            .region(region);
        if let Ok(name) = AppName::new(OWN_NAME) {
            loader = loader.app_name(name);
        }
        if let Some(profile) = profile {
            loader = loader.profile_name(profile);
        }
        let base = loader.load().await;
        // An emulator has no names for single buckets.
        let path_style = settings::endpoint_of(&base, "S3").is_some();
        Ok(Self { base, files, watch: Watch::new(access), path_style })
    }

    /// Reaches an account through this HTTP client, with nothing taken from the environment.
    pub fn through(client: SharedHttpClient, login: Credentials, files: AwsFiles, access: Access) -> Self {
        let mut base = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(DEFAULT_REGION))
            .retry_config(retries())
            .timeout_config(timeouts())
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .http_client(client)
            .credentials_provider(SharedCredentialsProvider::new(login));
        base.set_app_name(AppName::new(OWN_NAME).ok());
        let base = base.build();
        Self { base, files, watch: Watch::new(access), path_style: true }
    }

    /// The same from another Region.
    #[must_use]
    pub fn in_region(mut self, region: &str) -> Self {
        self.base = self.base.into_builder().region(Region::new(region.to_owned())).build();
        self
    }

    /// The run's Region.
    pub fn region(&self) -> String {
        self.base.region().map_or_else(|| DEFAULT_REGION.to_owned(), ToString::to_string)
    }

    /// Whether this run may change anything.
    pub fn may_write(&self) -> bool {
        self.watch.access == Access::ReadWrite
    }

    /// The endpoint that replaces AWS's own for every service, if one is set.
    pub fn endpoint(&self) -> Option<&str> {
        self.base.endpoint_url()
    }

    /// All endpoints that replace AWS's own: the one of every service by itself, and those of single services with the
    /// service's name before them, such as `S3: http://127.0.0.1:9000`. Without them being shown, a forgotten setting
    /// would send calls to an emulator in silence.
    pub fn endpoints(&self) -> Vec<String> {
        settings::endpoints(&self.base)
    }

    /// How many calls have been sent to AWS, each attempt counted.
    pub fn calls(&self) -> u32 {
        self.watch.calls()
    }

    /// The request id of AWS's last answer.
    pub fn last_request_id(&self) -> Option<String> {
        self.watch.last_request_id()
    }

    /// The operations that changed something since the last time that this was asked, in order, each with AWS's request
    /// id. A call that AWS refused changed nothing; its id is in the error.
    pub fn take_request_ids(&self) -> Vec<(String, String)> {
        self.watch.take_written()
    }

    /// Whether a call that changes something was sent since then that AWS has not refused: it had its effect, or nobody
    /// knows.
    pub fn may_have_written(&self) -> bool {
        self.watch.may_have_written()
    }

    /// What was written since then was taken back, or has changed nothing: whatever fails now leaves nothing behind.
    pub fn note_undone(&self) {
        self.watch.note_undone();
    }

    /// Where the AWS profiles are kept.
    pub fn files(&self) -> &AwsFiles {
        &self.files
    }

    /// Who the run was started as.
    pub async fn started_as(&self) -> Result<Identity, AwsError> {
        let Some(provider) = self.base.credentials_provider() else { return Err(credentials::no_source()) };
        let credentials = credentials::resolve(&provider).await?;
        self.identity(provider, &credentials, None, NewKey::No).await
    }

    /// Who these credentials are.
    pub async fn with_credentials(
        &self,
        credentials: Credentials,
        mfa: Option<bool>,
    ) -> Result<Identity, AwsError> {
        let provider = SharedCredentialsProvider::new(credentials.clone());
        self.identity(provider, &credentials, mfa, NewKey::No).await
    }

    /// Who the owner of a new access key is. Services learn of a new key one after the other, within seconds, and
    /// refuse it until then: this identity waits and tries again.
    pub async fn with_new_key(&self, credentials: Credentials) -> Result<Identity, AwsError> {
        let mut patient = self.clone();
        // With these pauses, about a minute.
        let retries = retries().with_max_backoff(Duration::from_secs(20));
        patient.base = self.base.to_builder().retry_config(retries).build();
        let provider = SharedCredentialsProvider::new(credentials.clone());
        patient.identity(provider, &credentials, None, NewKey::Yes).await
    }

    /// Who an AWS profile is. `Ok(None)` when there is no such profile, or nobody is signed in under it: it gives no
    /// credentials, or they have expired, or AWS does not know them any more. What keeps that from being known is an error:
    /// credentials that come late, a lost network, a service that is asked too often.
    pub async fn with_profile(&self, profile: &str) -> Result<Option<Identity>, AwsError> {
        if !self.files.mention(profile) {
            return Ok(None);
        }
        match self.identity_of(profile).await {
            Ok(identity) => Ok(Some(identity)),
            Err(error) if is_no_sign_in(error.cause) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn identity_of(&self, profile: &str) -> Result<Identity, AwsError> {
        let inner = credentials::provider_config(self.base.region().cloned(), self.base.http_client());
        let provider = credentials::of_profile(profile, &self.files, &inner);
        let credentials = credentials::resolve(&provider).await?;
        // The key may have been made a moment ago, by a run that was cut short.
        self.identity(provider, &credentials, None, NewKey::Perhaps).await
    }

    async fn identity(
        &self,
        provider: SharedCredentialsProvider,
        credentials: &Credentials,
        mfa: Option<bool>,
        new_key: NewKey,
    ) -> Result<Identity, AwsError> {
        credentials::examine(credentials)?;
        let unnamed = Identity {
            caller: Caller::unnamed(credentials),
            way: WayIn::of(credentials),
            config: self.base.to_builder().credentials_provider(provider).build(),
            watch: self.watch.clone(),
            path_style: self.path_style,
            new_key,
        };
        unnamed.named(mfa).await
    }
}

/// Whether the owner of credentials has to sign in, and whoever asks need not be told more than that.
fn is_no_sign_in(cause: AwsCause) -> bool {
    match cause {
        AwsCause::NotSignedIn | AwsCause::SignInExpired | AwsCause::CredentialsRefused => true,
        AwsCause::Refused
        | AwsCause::Denied
        | AwsCause::CredentialsLate
        | AwsCause::Unreachable
        | AwsCause::WouldWrite => false,
    }
}

/// With the pauses, eighteen seconds at the longest, and nine as a rule: enough where every third call fails. A network
/// that is away is told sooner, by [`Watch`].
fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(8).with_max_backoff(Duration::from_secs(3))
}

/// An attempt may begin with a wait for credentials, whose own end should be the one that is told.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .operation_attempt_timeout(credentials::WITHIN + Duration::from_secs(5))
        .operation_timeout(Duration::from_secs(75))
        .build()
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::time::Instant;

    use super::*;
    use crate::aws::{CallerKind, canned};

    fn settings(folder: &Path, config: &str) -> Settings {
        let files = AwsFiles { credentials: folder.join("credentials"), config: folder.join("config") };
        std::fs::write(&files.config, config).unwrap();
        Settings { files, region: Region::from_static("eu-west-1"), ca_bundle: None }
    }

    #[tokio::test(start_paused = true)]
    async fn what_fails_for_a_while_is_tried_again_and_what_fails_for_ever_is_told() {
        for (refusals, works) in [(7, true), (8, false)] {
            let refused = AtomicUsize::new(0);
            let aws = canned::Aws::answering(move |call| match refused.fetch_add(1, Ordering::Relaxed) {
                before if before >= refusals => Some((200, r#"{"Keys": []}"#.to_owned())),
                _ => call.refused(400, "ThrottlingException"),
            });
            let identity = aws.connection(Access::ReadOnly).started_as().await.unwrap();
            let began = Instant::now();
            let keys = identity.kms("eu-north-1").list_keys().send().await;
            assert_eq!((keys.is_ok(), aws.heard().len()), (works, 1 + 8));
            assert!(began.elapsed() <= Duration::from_secs(19), "{:?}", began.elapsed());
        }
    }

    #[tokio::test]
    async fn every_replaced_endpoint_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let config = "[profile lab]\nservices = lab\nendpoint_url = http://127.0.0.1:1\n\
            [services lab]\ns3 =\n  endpoint_url = http://127.0.0.1:2\n\
            iam =\n  endpoint_url = http://127.0.0.1:1\n\
            [profile plain]\nregion = us-east-1\n";
        let lab = settings(folder.path(), config);
        let lab = Connection::with_settings(lab, Some("lab"), Access::ReadOnly).await.unwrap();
        assert_eq!(lab.endpoints(), ["http://127.0.0.1:1", "S3: http://127.0.0.1:2"]);
        assert_eq!((lab.endpoint(), lab.path_style), (Some("http://127.0.0.1:1"), true));
        let plain = settings(folder.path(), config);
        let plain = Connection::with_settings(plain, Some("plain"), Access::ReadOnly).await.unwrap();
        assert!(plain.endpoints().is_empty() && !plain.path_style);
        assert_eq!(plain.region(), "eu-west-1");
    }

    #[tokio::test]
    async fn certificates_that_cannot_be_used_are_told_before_any_call() {
        let folder = tempfile::tempdir().unwrap();
        let ca_bundle = Some(folder.path().join("nowhere.pem"));
        let settings = Settings { ca_bundle, ..settings(folder.path(), "") };
        let error = Connection::with_settings(settings, None, Access::ReadOnly).await.unwrap_err();
        assert!(error.text().en.contains("nowhere.pem"), "{}", error.text().en);
    }

    #[tokio::test]
    async fn a_profile_is_who_its_credentials_are() {
        let folder = tempfile::tempdir().unwrap();
        let keys = "[profile keys]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = secret\n\
            [profile empty]\nregion = us-east-1\n";
        let files = settings(folder.path(), keys).files;
        let aws = canned::Aws::answering(|_| None);
        let connection = Connection { files, ..aws.connection(Access::ReadOnly) };
        let identity = connection.with_profile("keys").await.unwrap().unwrap();
        assert_eq!(identity.caller.kind, CallerKind::User("kim".into()));
        assert_eq!((identity.caller.access_key.as_str(), aws.heard()[0].key()), ("AKIAOTHER", "AKIAOTHER"));
        for nobody in ["empty", "nobody"] {
            assert!(connection.with_profile(nobody).await.unwrap().is_none(), "{nobody}");
        }
    }
}
