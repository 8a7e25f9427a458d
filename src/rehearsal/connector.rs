//! The practice account as the SDK's HTTP client.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use bytes::Bytes;
use winterbaume_core::{MockRequest, MockResponse};

use super::PracticeAccount;

impl HttpClient for PracticeAccount {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for PracticeAccount {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let account = self.clone();
        HttpConnectorFuture::new(async move {
            match account.travel(from_sdk(&request)).await {
                Some(response) => to_sdk(response),
                None => Err(ConnectorError::io("the connection broke".into())),
            }
        })
    }
}

fn from_sdk(request: &HttpRequest) -> MockRequest {
    let mut headers = http::HeaderMap::new();
    for (name, value) in request.headers() {
        if let (Ok(name), Ok(value)) =
            (http::HeaderName::from_bytes(name.as_bytes()), http::HeaderValue::from_str(value))
        {
            headers.append(name, value);
        }
    }
    MockRequest {
        method: request.method().to_owned(),
        uri: request.uri().to_owned(),
        headers,
        body: request.body().bytes().map(Bytes::copy_from_slice).unwrap_or_default(),
    }
}

fn to_sdk(response: MockResponse) -> Result<HttpResponse, ConnectorError> {
    let status = response.status.try_into().map_err(|_| ConnectorError::other("odd status".into(), None))?;
    let mut sdk = HttpResponse::new(status, response.body.into());
    for (name, value) in &response.headers {
        if let Ok(value) = value.to_str() {
            sdk.headers_mut().insert(name.as_str().to_owned(), value.to_owned());
        }
    }
    Ok(sdk)
}
