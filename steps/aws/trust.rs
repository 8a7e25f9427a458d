//! How AWS is reached on the wire: one HTTP client for the whole run, and whose certificates it trusts.
//!
//! Left alone, each client of the SDK opens connections of its own, and a run makes many clients: with one HTTP client
//! under all of them a connection is used again. `AWS_CA_BUNDLE` takes the place of the system's certificates, as for
//! the AWS CLI. Certificates are judged here, because the SDK judges them at the first call, by a panic.

use std::path::Path;
use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{HttpClient, SharedHttpClient, http_client_fn};
use aws_smithy_types::base64;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::error::StepError;
use crate::text;
use crate::text::{Text, harmless};

/// A connection that rests longer may be dead without anybody having said so, and a call that must not run twice would
/// be lost on it.
const RESTS: Duration = Duration::from_secs(20);

/// The HTTP client of a run. Proxies are the environment's.
pub(super) fn http_client(ca_bundle: Option<&Path>) -> Result<SharedHttpClient, StepError> {
    let trusted = match ca_bundle {
        Some(path) => trusting(path)?,
        None => TlsContext::default(),
    };
    Ok(client(trusted, ProxyConfig::from_env()))
}

/// Reaches loopback without TLS, past all proxies, and nobody by TLS.
#[cfg(test)]
pub(super) fn client_that_trusts_nobody() -> SharedHttpClient {
    let nobody = TlsContext::builder().with_trust_store(TrustStore::empty()).build();
    client(nobody.unwrap(), ProxyConfig::disabled())
}

fn client(trusted: TlsContext, proxy: ProxyConfig) -> SharedHttpClient {
    let client = Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder()
            .pool_idle_timeout(RESTS)
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .tls_context(trusted.clone());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.set_proxy_config(Some(proxy.clone()));
        connector.build()
    });
    // Given out as it is, it would read all certificates anew for each client of the SDK that is made.
    http_client_fn(move |settings, components| client.http_connector(settings, components))
}

/// Trusts the certificates of a file, and no others.
fn trusting(path: &Path) -> Result<TlsContext, StepError> {
    let content = std::fs::read(path).map_err(|error| unusable(path, &Text::verbatim(error.to_string())))?;
    let certificates = certificates(&content).map_err(|why| unusable(path, &why))?;
    let store =
        certificates.iter().fold(TrustStore::empty(), |store, one| store.with_pem_certificate(pem(one)));
    let context = TlsContext::builder().with_trust_store(store).build();
    context.map_err(|error| unusable(path, &Text::verbatim(error.to_string())))
}

/// The certificates of a file that can be used. Bundles of companies may hold some that cannot, of an old make; they
/// are left out, as long as there are others.
fn certificates(content: &[u8]) -> Result<Vec<CertificateDer<'static>>, Text> {
    let found: Result<Vec<CertificateDer<'static>>, _> = CertificateDer::pem_slice_iter(content).collect();
    let mut found = found.map_err(|_| {
        text! { en: "it is not well-formed PEM", ko: "PEM 형식이 올바르지 않습니다" }
    })?;
    found.retain(|certificate| RootCertStore::empty().add(certificate.clone()).is_ok());
    if found.is_empty() {
        return Err(text! { en: "it holds no usable certificate", ko: "사용할 수 있는 인증서가 없습니다" });
    }
    Ok(found)
}

fn pem(certificate: &CertificateDer<'_>) -> String {
    let content = base64::encode(certificate);
    format!("-----BEGIN CERTIFICATE-----\n{content}\n-----END CERTIFICATE-----\n")
}

fn unusable(path: &Path, why: &Text) -> StepError {
    let path = text::shown(path);
    let (en, ko) = (harmless(&why.en), harmless(&why.ko));
    StepError::InTheWay {
        what: text! {
            en: "The CA bundle {path} cannot be used: {en}.",
            ko: "CA 번들 {path}을(를) 사용할 수 없습니다: {ko}."
        },
        next: text! {
            en: "AWS_CA_BUNDLE, or ca_bundle in the AWS profile, names it. Name a file with the certificates to trust, in PEM, or remove the setting.",
            ko: "AWS_CA_BUNDLE이나 AWS 프로파일의 ca_bundle에 지정된 파일입니다. 신뢰할 인증서가 PEM 형식으로 담긴 파일을 지정하거나 설정을 지우세요."
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aws_config::retry::RetryConfig;
    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::ServerConfig;
    use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
    use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

    use super::*;

    /// A certificate for localhost, made for this test, with its key; and another of the same kind.
    const CERTIFICATE: &str = "\
        -----BEGIN CERTIFICATE-----\n\
        MIIBSTCB8aADAgECAgEBMAoGCCqGSM49BAMCMBoxGDAWBgNVBAMMD2RheW9uZSB0\n\
        ZXN0IG9uZTAgFw0wMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowGjEYMBYG\n\
        A1UEAwwPZGF5b25lIHRlc3Qgb25lMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n\
        ou04ECVMwUEkz9LASPOX8WEtcuTyBoq4SU1Yb88kY3zogIurK7D8l2/sYLDaCXHK\n\
        D5/dUL11RY0bxATA0O43WqMmMCQwFAYDVR0RBA0wC4IJbG9jYWxob3N0MAwGA1Ud\n\
        EwEB/wQCMAAwCgYIKoZIzj0EAwIDRwAwRAIgLBOKFrfFKeEkPOe7lcoGQbXofZDK\n\
        ZQO9VQx/iLhLyhkCIA1YTuscXHnIJwNWYQZOKdsSy5hSTmCPHglCTtpK3wE1\n\
        -----END CERTIFICATE-----\n";
    const KEY: &str = "\
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgw+KUenaPY2RAi7PraWszdmiuHquvJ/kiGGP37gCZ\
        3a6hRANCAASi7TgQJUzBQSTP0sBI85fxYS1y5PIGirhJTVhvzyRjfOiAi6srsPyXb+xgsNoJccoPn91QvXVFjRvE\
        BMDQ7jda";
    const OTHER_CERTIFICATE: &str = "\
        -----BEGIN CERTIFICATE-----\n\
        MIIBSjCB8aADAgECAgECMAoGCCqGSM49BAMCMBoxGDAWBgNVBAMMD2RheW9uZSB0\n\
        ZXN0IHR3bzAgFw0wMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowGjEYMBYG\n\
        A1UEAwwPZGF5b25lIHRlc3QgdHdvMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n\
        bsWNo898RUX2BHWQBVoy7tJxUO+pMC2C9D+6PigeSKxi3ujNyrx43RVKX1k3oZMM\n\
        bAVJNEbnqmZzSH35IJS6o6MmMCQwFAYDVR0RBA0wC4IJbG9jYWxob3N0MAwGA1Ud\n\
        EwEB/wQCMAAwCgYIKoZIzj0EAwIDSAAwRQIgIxnIM5L9gTc1lwRb+708YZarWW6k\n\
        1CxboSkxZ3MK+NcCIQCf55FBLjAqdvoRlsqOKIS7V71ST/XEyUfx4KlQlbTpcA==\n\
        -----END CERTIFICATE-----\n";

    /// Answers one call of STS on loopback, as a server with [`CERTIFICATE`]. Gives the port.
    async fn server() -> u16 {
        let certificate = CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(base64::decode(KEY).unwrap()));
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let mut heard = Vec::new();
            while !heard.windows(17).any(|words| words == b"GetCallerIdentity") {
                if stream.read_buf(&mut heard).await.unwrap() == 0 {
                    return;
                }
            }
            let body = "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account>\
                        </GetCallerIdentityResult></GetCallerIdentityResponse>";
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
            let _ = stream.shutdown().await;
        });
        port
    }

    /// The account number that the server gives to who trusts these certificates.
    async fn account(bundle: &str) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bundle.pem");
        std::fs::write(&path, bundle).unwrap();
        let client = client(trusting(&path).unwrap(), ProxyConfig::disabled());
        let credentials = Credentials::new("AKIAEXAMPLE", "secret", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .endpoint_url(format!("https://localhost:{}", server().await))
            .retry_config(RetryConfig::disabled())
            .http_client(client)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        let answer = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await;
        answer.ok().and_then(|answer| answer.account)
    }

    #[tokio::test]
    async fn only_who_the_bundle_names_is_trusted() {
        let both = format!("# ours\n{OTHER_CERTIFICATE}\n{CERTIFICATE}");
        assert_eq!(account(&both).await.as_deref(), Some("111122223333"));
        assert_eq!(account(CERTIFICATE).await.as_deref(), Some("111122223333"));
        assert_eq!(account(OTHER_CERTIFICATE).await, None);
    }

    #[test]
    fn a_bundle_that_cannot_be_used_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bundle.pem");
        let told = |error: StepError| (error.text().en, error.hint().map(|hint| hint.en).unwrap_or_default());
        let (what, next) = told(trusting(&path).unwrap_err());
        assert!(what.contains("bundle.pem") && next.contains("AWS_CA_BUNDLE"), "{what} {next}");
        let junk = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let cut = CERTIFICATE.split_at(300).0;
        for content in
            ["", "words", junk, cut, "-----BEGIN CERTIFICATE-----\n***\n-----END CERTIFICATE-----\n"]
        {
            std::fs::write(&path, content).unwrap();
            let (what, _) = told(trusting(&path).unwrap_err());
            assert!(what.starts_with("The CA bundle ") && what.contains("bundle.pem"), "{what}");
        }
        std::fs::write(&path, format!("{junk}{CERTIFICATE}")).unwrap();
        assert!(trusting(&path).is_ok());
    }
}
