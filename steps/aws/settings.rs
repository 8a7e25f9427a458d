//! What the environment and the AWS files say of a run, as the AWS CLI would read it.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileRegionProvider, ProfileSet};
use aws_config::{Region, SdkConfig};
use aws_types::os_shim_internal::{Env, Fs};
use aws_types::service_config::ServiceConfigKey;

use super::files::{AwsFiles, expanded, home, value};

/// The Region where nothing names one.
pub(super) const DEFAULT_REGION: &str = "us-east-1";

/// The services that a run reaches, as the SDK names them where their endpoints can be replaced: `AWS_ENDPOINT_URL_IAM`,
/// or `iam` in the `services` section of a profile.
const SERVICES: [&str; 18] = [
    "IAM",
    "STS",
    "S3",
    "S3 Control",
    "CloudTrail",
    "Cost and Usage Report Service",
    "BCM Data Exports",
    "Budgets",
    "FreeTier",
    "Account",
    "Organizations",
    "AccessAnalyzer",
    "KMS",
    "SNS",
    "EventBridge",
    "Signin",
    "SSO",
    "SSO OIDC",
];

/// What the environment and the AWS files say.
#[derive(Debug)]
pub(super) struct Settings {
    pub files: AwsFiles,
    pub region: Region,
    /// The certificates to trust in the place of the system's.
    pub ca_bundle: Option<PathBuf>,
}

impl Settings {
    /// Reads them for a profile, and none is the environment's. A Region that was asked for goes over all others.
    pub async fn read(env: &Env, profile: Option<&str>, region: Option<&str>) -> Self {
        let files = AwsFiles::of(env);
        let name = profile.map(|profile| Cow::Owned(profile.to_owned()));
        let profiles = aws_config::profile::load(&Fs::real(), env, &files.for_sdk(), name).await.ok();
        let ca_bundle = value(env, "AWS_CA_BUNDLE").or_else(|| setting(profiles.as_ref()?, "ca_bundle"));
        let mut region = region.map(ToOwned::to_owned).or_else(|| region_of_environment(env));
        if region.is_none() {
            region = region_of_profile(&files, profile).await;
        }
        Self {
            files,
            region: Region::new(region.unwrap_or_else(|| DEFAULT_REGION.to_owned())),
            ca_bundle: ca_bundle.map(|path| expanded(Path::new(&path), &home(env))),
        }
    }
}

fn setting(profiles: &ProfileSet, name: &str) -> Option<String> {
    profiles.get(name).filter(|value| !value.is_empty()).map(ToOwned::to_owned)
}

fn region_of_environment(env: &Env) -> Option<String> {
    ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(|variable| value(env, variable))
}

/// The profile's own Region, or that of the profile whose credentials it takes.
async fn region_of_profile(files: &AwsFiles, profile: Option<&str>) -> Option<String> {
    let mut provider = ProfileFileRegionProvider::builder().profile_files(files.for_sdk());
    if let Some(profile) = profile {
        provider = provider.profile_name(profile);
    }
    let region = RegionProviderChain::first_try(provider.build()).region().await?;
    Some(region.to_string()).filter(|region| !region.is_empty())
}

/// The endpoints that replace AWS's own: the one of every service by itself, and those of single services with the
/// service's name before them.
pub(super) fn endpoints(config: &SdkConfig) -> Vec<String> {
    let everywhere = config.endpoint_url().map(ToOwned::to_owned);
    let single = SERVICES.iter().filter_map(|service| {
        let endpoint = endpoint_of(config, service)?;
        (Some(&endpoint) != everywhere.as_ref()).then(|| format!("{service}: {endpoint}"))
    });
    everywhere.iter().cloned().chain(single).collect()
}

/// The endpoint that replaces AWS's own for a service.
pub(super) fn endpoint_of(config: &SdkConfig, service: &str) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id(service)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    let of_service = config.service_config().and_then(|settings| settings.load_config(key));
    of_service.filter(|url| !url.is_empty()).or_else(|| config.endpoint_url().map(ToOwned::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The settings of a profile, where the config file says this.
    async fn read(
        config: &str,
        variables: &[(&str, &str)],
        profile: Option<&str>,
        region: Option<&str>,
    ) -> Settings {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        std::fs::write(&path, config).unwrap();
        let (path, nowhere) = (path.display().to_string(), folder.path().join("none").display().to_string());
        let mut all =
            vec![("AWS_CONFIG_FILE", path.as_str()), ("AWS_SHARED_CREDENTIALS_FILE", nowhere.as_str())];
        all.extend_from_slice(variables);
        Settings::read(&Env::from_slice(&all), profile, region).await
    }

    const PROFILES: &str = "[profile seoul]\nregion = ap-northeast-2\nca_bundle = /etc/seoul.pem\n\
        [profile role]\nsource_profile = seoul\nrole_arn = arn:aws:iam::111122223333:role/x\n\
        [profile empty]\nregion =\n";

    #[tokio::test]
    async fn the_region_comes_from_the_first_that_names_one() {
        type Case<'c> = (&'c [(&'c str, &'c str)], &'c str, Option<&'c str>, &'c str);
        let cases: [Case<'_>; 8] = [
            (&[("AWS_REGION", "eu-west-1")], "seoul", Some("us-west-2"), "us-west-2"),
            (&[("AWS_REGION", "eu-west-1")], "seoul", None, "eu-west-1"),
            (&[("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "eu-west-2")], "seoul", None, "eu-west-2"),
            (&[("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "")], "seoul", None, "ap-northeast-2"),
            (&[], "seoul", None, "ap-northeast-2"),
            (&[], "role", None, "ap-northeast-2"),
            (&[], "empty", None, DEFAULT_REGION),
            (&[], "nobody", None, DEFAULT_REGION),
        ];
        for (variables, profile, asked, expected) in cases {
            let settings = read(PROFILES, variables, Some(profile), asked).await;
            assert_eq!(settings.region.as_ref(), expected, "{variables:?} {profile} {asked:?}");
        }
    }

    #[tokio::test]
    async fn the_environment_names_the_certificates_before_the_profile() {
        let bundle = async |variables: &[(&str, &str)], profile: &str| {
            read(PROFILES, variables, Some(profile), None).await.ca_bundle
        };
        assert_eq!(bundle(&[], "seoul").await, Some("/etc/seoul.pem".into()));
        assert_eq!(bundle(&[("AWS_CA_BUNDLE", "")], "seoul").await, Some("/etc/seoul.pem".into()));
        assert_eq!(bundle(&[("AWS_CA_BUNDLE", "/etc/all.pem")], "seoul").await, Some("/etc/all.pem".into()));
        assert_eq!(bundle(&[], "empty").await, None);
    }
}
