//! Why no answer came, in plain words. What the SDK says of it is for who knows the SDK.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};

use crate::text;
use crate::text::{Text, harmless};

use super::failure::chain;

/// How the HTTP client names the two halves of a call, and a name that it could not look up. Its types for these are
/// out of reach here.
const CONNECTING: &str = "client error (Connect)";
const SENDING: &str = "client error (SendRequest)";
const LOOKING_UP: &str = "dns error";

/// Why no answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unanswered {
    /// The name of the server was not found.
    UnknownName,
    /// Nobody took the connection.
    NotConnected,
    /// The connection did not come about in time.
    ConnectedLate,
    /// Both ends could not agree on TLS, or the server's certificate is not one to trust.
    NotTrusted,
    /// The connection ended before the answer was there.
    Broken,
    /// The answer did not come in time.
    AnsweredLate,
    /// What came cannot be read.
    Unreadable,
    /// The call did not get as far as a connection.
    NotSent,
}

impl Unanswered {
    /// What kept the answer to a call.
    pub fn of<E>(error: &SdkError<E, HttpResponse>) -> Self {
        match error {
            SdkError::ConstructionFailure(_) => Self::NotSent,
            SdkError::TimeoutError(_) => Self::AnsweredLate,
            SdkError::DispatchFailure(failure) => {
                failure.as_connector_error().map_or(Self::NotSent, Self::of_connection)
            }
            // The answer had begun.
            SdkError::ResponseError(_) => Self::Broken,
            _ => Self::Unreadable,
        }
    }

    /// What became of a connection.
    pub fn of_connection(error: &ConnectorError) -> Self {
        let says = |words: &str| chain(error).any(|cause| cause.to_string() == words);
        let connecting = says(CONNECTING);
        if error.is_timeout() {
            return if connecting { Self::ConnectedLate } else { Self::AnsweredLate };
        }
        if chain(error).any(|cause| cause.is::<rustls::Error>()) {
            Self::NotTrusted
        } else if says(LOOKING_UP) {
            Self::UnknownName
        } else if connecting {
            Self::NotConnected
        } else if error.is_io() || error.as_other().is_some() {
            Self::Broken
        } else if says(SENDING) {
            Self::Unreadable
        } else {
            Self::NotSent
        }
    }

    /// Whether there was no connection at all. Then the network is away, or the server, and not for a moment only.
    pub fn is_unconnected(self) -> bool {
        matches!(self, Self::UnknownName | Self::NotConnected | Self::ConnectedLate | Self::NotTrusted)
    }

    /// It in words. `why` is the innermost cause in the words of who noticed it.
    pub fn words(self, why: &str) -> Text {
        let why = harmless(why);
        match self {
            Self::UnknownName => text! {
                en: "the name of the server was not found: {why}",
                ko: "서버 이름을 찾지 못했습니다: {why}"
            },
            Self::NotConnected => text! {
                en: "no connection could be made: {why}",
                ko: "연결하지 못했습니다: {why}"
            },
            Self::ConnectedLate => text! {
                en: "no connection came about in time",
                ko: "제시간에 연결되지 않았습니다"
            },
            Self::NotTrusted => text! {
                en: "no secure connection could be made: {why}",
                ko: "보안 연결을 맺지 못했습니다: {why}"
            },
            Self::Broken => text! {
                en: "the connection broke before the answer was there: {why}",
                ko: "응답을 받기 전에 연결이 끊겼습니다: {why}"
            },
            Self::AnsweredLate => text! {
                en: "the answer did not come in time",
                ko: "응답이 제시간에 오지 않았습니다"
            },
            // It is not repeated: what holds a secret, when it can be read, may hold it now too.
            Self::Unreadable => text! {
                en: "what came cannot be read; it may be a page of a proxy, or of the network's own sign-in",
                ko: "받은 내용을 해석할 수 없습니다. 프록시나 네트워크 로그인 페이지일 수 있습니다"
            },
            Self::NotSent => text! {
                en: "the call could not be sent: {why}",
                ko: "호출을 보내지 못했습니다: {why}"
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aws_config::retry::RetryConfig;
    use aws_config::timeout::TimeoutConfig;
    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::aws::{ForCall, trust};
    use crate::error::{AwsCause, AwsError};

    /// The first byte of a connection by TLS.
    const TLS: u8 = 0x16;

    /// What comes of a call to this endpoint.
    async fn call(endpoint: &str) -> AwsError {
        call_by(trust::client_that_trusts_nobody(), endpoint).await
    }

    async fn call_by(client: SharedHttpClient, endpoint: &str) -> AwsError {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .operation_attempt_timeout(Duration::from_secs(20))
            .build();
        let login = Credentials::new("AKIAEXAMPLE", "secret", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .endpoint_url(endpoint)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .http_client(client)
            .credentials_provider(SharedCredentialsProvider::new(login))
            .build();
        let answer = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await;
        answer.for_call("sts:GetCallerIdentity").unwrap_err()
    }

    /// The endpoint of somebody who hears one call, says this, and hangs up.
    async fn saying(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            hear(&mut stream).await;
            stream.write_all(answer.as_bytes()).await.unwrap();
            let _ = stream.shutdown().await;
            // To close before the other end does could break what was just said.
            let _ = stream.read_to_end(&mut Vec::new()).await;
        });
        format!("http://{address}")
    }

    async fn hear(stream: &mut TcpStream) {
        let mut heard = Vec::with_capacity(16 * 1024);
        let is_whole = |heard: &[u8]| {
            heard.first() == Some(&TLS) || heard.windows(17).any(|words| words == b"GetCallerIdentity")
        };
        while !is_whole(&heard) && stream.read_buf(&mut heard).await.unwrap() > 0 {}
    }

    #[track_caller]
    fn assert_told(error: &AwsError, en: &str, ko: &str) {
        assert_eq!(error.cause, AwsCause::Unreachable, "{error:?}");
        let detail = error.detail();
        assert!(detail.en.contains(en) && detail.ko.contains(ko), "{detail:?}");
        for jargon in ["dispatch", "unhandled", "io error", "client error", "service error", "other"] {
            assert!(!detail.en.contains(jargon) && !detail.ko.contains(jargon), "{detail:?}");
        }
    }

    #[tokio::test]
    async fn a_server_that_nobody_knows_or_reaches_is_told() {
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let error = call(&format!("http://{closed}")).await;
        assert_told(&error, "no connection could be made: ", "연결하지 못했습니다: ");
        // No part of a name is longer than 63 letters, so nobody in the network is asked for this one.
        let error = call(&format!("http://{}.invalid", "x".repeat(64))).await;
        assert_told(&error, "the name of the server was not found: ", "서버 이름을 찾지 못했습니다: ");
    }

    #[tokio::test]
    async fn a_server_that_is_not_to_be_trusted_is_told() {
        let endpoint = saying("This is no TLS.").await.replace("http:", "https:");
        let error = call(&endpoint).await;
        assert_told(&error, "no secure connection could be made: ", "보안 연결을 맺지 못했습니다: ");
    }

    #[tokio::test]
    async fn a_connection_that_breaks_is_told() {
        let half = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n<GetCallerIdentity";
        for answer in ["", half] {
            let error = call(&saying(answer).await).await;
            assert_told(&error, "the connection broke before", "연결이 끊겼습니다");
        }
    }

    #[derive(Debug)]
    struct Silent;

    impl HttpConnector for Silent {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            HttpConnectorFuture::new(std::future::pending())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_does_not_come_is_told() {
        let silent = http_client_fn(|_, _| SharedHttpConnector::new(Silent));
        let error = call_by(silent, "http://127.0.0.1").await;
        assert_told(&error, "the answer did not come in time", "응답이 제시간에 오지 않았습니다");
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_told_and_not_repeated() {
        let answers = [
            "SECRET\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 19\r\n\r\n<html>SECRET</html>",
            "HTTP/1.1 403 Forbidden\r\ncontent-length: 19\r\n\r\n<html>SECRET</html>",
            "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 19\r\n\r\n<html>SECRET</html>",
        ];
        for answer in answers {
            let error = call(&saying(answer).await).await;
            assert_told(&error, "what came cannot be read", "받은 내용을 해석할 수 없습니다");
            assert!(!format!("{error:?}").contains("SECRET"), "{error:?}");
        }
        let bare = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n";
        let bare = call(&saying(bare).await).await;
        assert_eq!(
            (bare.cause, bare.detail().en.as_str()),
            (AwsCause::Denied, "HTTP 403: AWS gives no reason")
        );
    }

    #[test]
    fn a_slow_connection_is_told_from_a_slow_answer() {
        #[derive(Debug, thiserror::Error)]
        #[error("client error ({0})")]
        struct OfClient(&'static str);
        let late = |half| Unanswered::of_connection(&ConnectorError::timeout(OfClient(half).into()));
        assert_eq!(late("Connect"), Unanswered::ConnectedLate);
        assert_eq!(late("SendRequest"), Unanswered::AnsweredLate);
        assert!(late("Connect").is_unconnected() && !late("SendRequest").is_unconnected());
    }
}
