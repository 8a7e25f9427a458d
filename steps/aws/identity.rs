//! One set of credentials, and the clients that sign with it.

use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature;
use aws_smithy_runtime::client::retries::{RetryPartition, TokenBucket};

use crate::error::AwsError;
use crate::event_history::Pace;

use super::account_host::AccountHost;
use super::caller::Caller;
use super::clock::AwsClock;
use super::failure::ForCall;
use super::watch::{NewKey, Once, Watch};

/// One set of credentials, and who AWS says they are.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Who AWS says this is.
    pub caller: Caller,
    /// Where the credentials come from.
    pub way: WayIn,
    pub(super) config: SdkConfig,
    pub(super) watch: Watch,
    pub(super) path_style: bool,
    pub(super) new_key: NewKey,
}

/// Where credentials come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayIn {
    /// An access key.
    AccessKey,
    /// `aws login`, by the browser.
    Login,
    /// CloudShell, which is signed in as the console is.
    CloudShell,
    /// Other temporary credentials.
    Temporary,
}

impl WayIn {
    pub(super) fn of(credentials: &Credentials) -> Self {
        let features = credentials.get_property::<Vec<AwsCredentialFeature>>();
        let login = |features: &Vec<AwsCredentialFeature>| {
            features.contains(&AwsCredentialFeature::CredentialsProfileLogin)
        };
        let in_cloud_shell = std::env::var("AWS_EXECUTION_ENV").is_ok_and(|name| name == "CloudShell");
        match credentials.session_token() {
            None => Self::AccessKey,
            Some(_) if features.is_some_and(login) => Self::Login,
            Some(_) if in_cloud_shell => Self::CloudShell,
            Some(_) => Self::Temporary,
        }
    }
}

/// A client of a service: counted, held back in a run that only reads, and patient with a new key.
macro_rules! client {
    ($identity:expr, $service:ident $(, $set:ident($value:expr))*) => {{
        let config = $service::config::Builder::from(&$identity.config)
            .interceptor($identity.watch.clone())
            .retry_classifier($identity.new_key)
            .retry_partition(bounded_by_attempts_alone())
            $(.$set($value))*;
        $service::Client::from_conf(config.build())
    }};
}

impl Identity {
    /// The IAM client.
    pub fn iam(&self) -> aws_sdk_iam::Client {
        client!(self, aws_sdk_iam)
    }

    /// The IAM client for calls that must not run twice: the SDK would repeat them after a lost answer. Where AWS has
    /// done nothing, because there were too many calls, they are repeated all the same.
    pub fn iam_once(&self) -> aws_sdk_iam::Client {
        client!(self, aws_sdk_iam, retry_classifier(Once(self.new_key)))
    }

    /// The STS client.
    pub fn sts(&self) -> aws_sdk_sts::Client {
        client!(self, aws_sdk_sts)
    }

    /// The S3 client of a Region. S3 does not follow a bucket to its Region by itself.
    pub fn s3(&self, region: &str) -> aws_sdk_s3::Client {
        client!(self, aws_sdk_s3, region(named(region)), force_path_style(self.path_style))
    }

    /// The client of S3's account-wide settings, in a Region. Its calls take the account number as an argument.
    pub fn s3_control(&self, region: &str) -> aws_sdk_s3control::Client {
        client!(self, aws_sdk_s3control, region(named(region)), interceptor(AccountHost))
    }

    /// The CloudTrail client of a Region. A trail is changed only in its home Region.
    pub fn cloudtrail(&self, region: &str) -> aws_sdk_cloudtrail::Client {
        client!(self, aws_sdk_cloudtrail, region(named(region)))
    }

    /// The IAM Access Analyzer client of a Region: an analyzer sees its own Region only.
    pub fn access_analyzer(&self, region: &str) -> aws_sdk_accessanalyzer::Client {
        client!(self, aws_sdk_accessanalyzer, region(named(region)))
    }

    /// The AWS KMS client of a Region: a key encrypts in its own Region only.
    pub fn kms(&self, region: &str) -> aws_sdk_kms::Client {
        client!(self, aws_sdk_kms, region(named(region)))
    }

    /// The AWS KMS client for the call that must not run twice: the SDK would make a second key after a lost answer, and
    /// each of them is billed.
    pub fn kms_once(&self, region: &str) -> aws_sdk_kms::Client {
        client!(self, aws_sdk_kms, region(named(region)), retry_classifier(Once(self.new_key)))
    }

    /// The Amazon SNS client of a Region.
    pub fn sns(&self, region: &str) -> aws_sdk_sns::Client {
        client!(self, aws_sdk_sns, region(named(region)))
    }

    /// The Amazon EventBridge client of a Region. Events of IAM and of root's sign-in arrive in us-east-1.
    pub fn eventbridge(&self, region: &str) -> aws_sdk_eventbridge::Client {
        client!(self, aws_sdk_eventbridge, region(named(region)))
    }

    /// The distance that look-ups in Event History keep, whichever identity of the run makes them: AWS counts them for
    /// the account.
    pub fn look_ups(&self) -> &Pace {
        &self.watch.look_ups
    }

    /// What time it is at AWS. What AWS dates is as old as it is by this clock.
    pub fn clock(&self) -> &AwsClock {
        &self.watch.clock
    }

    /// The Cost and Usage Report client.
    pub fn cost_and_usage_report(&self) -> aws_sdk_costandusagereport::Client {
        client!(self, aws_sdk_costandusagereport, region(self.home()))
    }

    /// The client of AWS Billing and Cost Management Data Exports.
    pub fn data_exports(&self) -> aws_sdk_bcmdataexports::Client {
        client!(self, aws_sdk_bcmdataexports, region(self.home()))
    }

    /// The Data Exports client for the call that must not run twice: several exports may have the same name, so the SDK
    /// would make a twin after a lost answer.
    pub fn data_exports_once(&self) -> aws_sdk_bcmdataexports::Client {
        client!(self, aws_sdk_bcmdataexports, region(self.home()), retry_classifier(Once(self.new_key)))
    }

    /// The AWS Budgets client.
    pub fn budgets(&self) -> aws_sdk_budgets::Client {
        client!(self, aws_sdk_budgets, region(self.home()))
    }

    /// The AWS Free Tier client.
    pub fn freetier(&self) -> aws_sdk_freetier::Client {
        client!(self, aws_sdk_freetier, region(self.home()))
    }

    /// The AWS Account Management client: contacts, and which Regions are enabled.
    pub fn account(&self) -> aws_sdk_account::Client {
        client!(self, aws_sdk_account, region(self.home()))
    }

    /// The AWS Organizations client.
    pub fn organizations(&self) -> aws_sdk_organizations::Client {
        client!(self, aws_sdk_organizations, region(self.home()))
    }

    /// Where the services are that an account has once. In other partitions than `aws` the SDK finds the place from the
    /// run's Region.
    fn home(&self) -> Option<Region> {
        if self.caller.partition == "aws" {
            return Some(Region::from_static("us-east-1"));
        }
        self.config.region().cloned()
    }

    /// Asks AWS who this is. `mfa` is what is known of the credentials besides.
    pub(super) async fn named(mut self, mfa: Option<bool>) -> Result<Self, AwsError> {
        let answer = self.sts().get_caller_identity().send().await.for_call("sts:GetCallerIdentity")?;
        let (arn, account) = (answer.arn().unwrap_or_default(), answer.account().unwrap_or_default());
        self.caller = self.caller.named(arn, account, mfa);
        Ok(self)
    }
}

fn named(region: &str) -> Region {
    Region::new(region.to_owned())
}

/// The SDK has a budget of retries for all clients of a process, so that a fleet in trouble does not make it worse. This is
/// one run of one person: what holds it back is the number of attempts, and a call in the end of a long run gets as many
/// as one in its beginning.
fn bounded_by_attempts_alone() -> RetryPartition {
    RetryPartition::custom("dayone").token_bucket(TokenBucket::unlimited()).build()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::aws::{Access, canned};

    /// How often a key is asked for when the first call is refused so, and whether it is made then. A status of 0: the
    /// answer is lost.
    async fn keys_asked_for(new_key: NewKey, status: u16, code: &'static str) -> (usize, bool) {
        let refused = AtomicBool::new(false);
        let aws = canned::Aws::answering(move |call| {
            if refused.swap(true, Ordering::Relaxed) {
                return Some((200, r#"{"KeyMetadata": {"KeyId": "1"}}"#.to_owned()));
            }
            if status == 0 { None } else { call.refused(status, code) }
        });
        let mut identity = aws.connection(Access::ReadWrite).started_as().await.unwrap();
        identity.new_key = new_key;
        let made = identity.kms_once("eu-central-1").create_key().send().await;
        (aws.heard().len() - 1, made.is_ok())
    }

    #[tokio::test(start_paused = true)]
    async fn what_must_not_run_twice_is_tried_again_only_where_aws_did_nothing() {
        for (status, code) in [(400, "ThrottlingException"), (503, "SlowDown"), (429, "WhoKnows")] {
            assert_eq!(keys_asked_for(NewKey::No, status, code).await, (2, true), "{status} {code}");
        }
        for (status, code) in [
            (500, "KMSInternalException"),
            (503, "ServiceUnavailable"),
            (400, "AccessDeniedException"),
            (400, "UnrecognizedClientException"),
            (0, "the answer is lost"),
        ] {
            assert_eq!(keys_asked_for(NewKey::No, status, code).await, (1, false), "{status} {code}");
        }
        for new_key in [NewKey::Perhaps, NewKey::Yes] {
            assert_eq!(keys_asked_for(new_key, 400, "UnrecognizedClientException").await, (2, true));
            assert_eq!(keys_asked_for(new_key, 500, "KMSInternalException").await, (1, false));
        }
    }

    /// The clients differ in their Region only, and each of them is watched.
    #[tokio::test]
    async fn each_client_asks_in_its_region() {
        let aws = canned::Aws::answering(|call| call.refused(403, "AccessDenied"));
        let connection = aws.connection(Access::ReadOnly);
        let identity = connection.started_as().await.unwrap();
        let counted = connection.calls();
        let _ = identity.account().list_regions().send().await;
        let _ = identity.freetier().get_account_plan_state().send().await;
        let _ = identity.organizations().describe_organization().send().await;
        let _ = identity.budgets().describe_budgets().account_id("111122223333").send().await;
        let _ = identity.data_exports().list_exports().send().await;
        let _ = identity.cost_and_usage_report().describe_report_definitions().send().await;
        let _ = identity
            .s3_control("eu-west-1")
            .get_public_access_block()
            .account_id("111122223333")
            .send()
            .await;
        let _ = identity.access_analyzer("eu-west-1").list_analyzers().send().await;
        let _ = identity.kms("eu-west-1").list_keys().send().await;
        let _ = identity.sns("eu-west-1").list_subscriptions_by_topic().topic_arn("arn").send().await;
        let _ = identity.eventbridge("eu-west-1").list_targets_by_rule().rule("root").send().await;
        let _ = identity.cloudtrail("eu-west-1").list_trails().send().await;
        let heard = aws.heard();
        let places: Vec<_> = heard.iter().skip(1).map(|call| (call.service(), call.region())).collect();
        assert_eq!(
            places,
            [
                ("account", "us-east-1"),
                ("freetier", "us-east-1"),
                ("organizations", "us-east-1"),
                ("budgets", "us-east-1"),
                ("bcm-data-exports", "us-east-1"),
                ("cur", "us-east-1"),
                ("s3", "eu-west-1"),
                ("access-analyzer", "eu-west-1"),
                ("kms", "eu-west-1"),
                ("sns", "eu-west-1"),
                ("events", "eu-west-1"),
                ("cloudtrail", "eu-west-1"),
            ]
        );
        assert_eq!(connection.calls() - counted, 12);
    }
}
