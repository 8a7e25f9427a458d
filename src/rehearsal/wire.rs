//! Requests as the services of AWS are asked, and answers as they answer: each protocol has a form of its own.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::{Value, json};
use winterbaume_core::{MockRequest, MockResponse};

/// A service of the practice account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Iam,
    Sts,
    S3,
    CloudTrail,
    Reports,
    Exports,
}

/// One request, read as far as every service needs it.
#[derive(Debug)]
pub(crate) struct Call {
    pub service: Service,
    pub region: String,
    pub operation: String,
    /// The id of the key that signed.
    pub key: String,
    /// The session token.
    pub token: Option<String>,
    /// The parameters of IAM and STS, and the query of S3.
    pub parameters: HashMap<String, String>,
    /// The body of CloudTrail, the reports and the exports.
    pub json: Value,
    /// The bucket and the key of S3.
    pub bucket: Option<String>,
    pub object: Option<String>,
    pub request: MockRequest,
}

impl Call {
    /// Reads a request. What cannot be read gets an answer at once.
    pub fn read(mut request: MockRequest) -> Result<Self, Box<MockResponse>> {
        let unsigned = || {
            Box::new(xml_error(403, "MissingAuthenticationToken", "Request is missing Authentication Token"))
        };
        let scope = credential_scope(&request).ok_or_else(unsigned)?;
        let [key, _, region, service] = scope;
        let service = Service::of(&service).ok_or_else(|| {
            Box::new(xml_error(404, "UnknownService", "The practice account has no such service"))
        })?;
        decode_chunks(&mut request);
        let token = header(&request, "x-amz-security-token");
        let mut call = Self {
            service,
            region,
            operation: String::new(),
            key,
            token,
            parameters: HashMap::new(),
            json: Value::Null,
            bucket: None,
            object: None,
            request,
        };
        match service {
            Service::Iam | Service::Sts => call.read_query(),
            Service::CloudTrail | Service::Reports | Service::Exports => {
                call.read_json().map_err(Box::new)?;
            }
            Service::S3 => call.read_path(),
        }
        Ok(call)
    }

    fn read_query(&mut self) {
        let body = String::from_utf8_lossy(&self.request.body).into_owned();
        self.parameters = winterbaume_core::parse_query_string(&body);
        self.operation = self.parameters.get("Action").cloned().unwrap_or_default();
    }

    fn read_json(&mut self) -> Result<(), MockResponse> {
        let target = header(&self.request, "x-amz-target").unwrap_or_default();
        self.operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body: &[u8] = if self.request.body.is_empty() { b"{}" } else { &self.request.body };
        self.json = serde_json::from_slice(body)
            .map_err(|_| self.refuse(400, "SerializationException", "The body is not JSON"))?;
        Ok(())
    }

    fn read_path(&mut self) {
        let uri = self.request.uri.clone();
        let after_host = uri.split_once("://").map_or(uri.as_str(), |(_, rest)| rest);
        let path = if after_host.starts_with('/') {
            after_host
        } else {
            after_host.find('/').map_or("/", |start| &after_host[start..])
        };
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        self.parameters = words_of(query);
        let path = steps::text::percent_decoded(path.trim_start_matches('/'));
        let (bucket, object) = path.split_once('/').unwrap_or((&path, ""));
        self.bucket = Some(bucket.to_owned()).filter(|bucket| !bucket.is_empty());
        self.object = Some(object.to_owned()).filter(|object| !object.is_empty());
        self.operation = self.s3_operation().to_owned();
    }

    fn s3_operation(&self) -> &'static str {
        let method = self.request.method.as_str();
        if self.bucket.is_none() {
            return if method == "GET" { "ListBuckets" } else { "" };
        }
        if self.object.is_some() {
            return match method {
                "GET" => "GetObject",
                "HEAD" => "HeadObject",
                "PUT" => "PutObject",
                "DELETE" => "DeleteObject",
                _ => "",
            };
        }
        for (query, operations) in SUBRESOURCES {
            if self.parameters.contains_key(query) {
                return match method {
                    "GET" => operations[0],
                    "PUT" => operations[1],
                    "DELETE" => operations[2],
                    _ => "",
                };
            }
        }
        match method {
            "GET" => "ListObjectsV2",
            "HEAD" => "HeadBucket",
            "PUT" => "CreateBucket",
            "DELETE" => "DeleteBucket",
            _ => "",
        }
    }

    /// Whether nothing changes by it.
    pub fn is_read(&self) -> bool {
        ["Get", "List", "Describe", "Head", "Lookup", "Generate"]
            .iter()
            .any(|prefix| self.operation.starts_with(prefix))
    }

    /// The name that a permission has.
    pub fn action(&self) -> String {
        let operation = match (self.service, self.operation.as_str()) {
            (Service::S3, "HeadBucket" | "ListObjectsV2") => "ListBucket",
            (Service::S3, "ListBuckets") => "ListAllMyBuckets",
            (Service::S3, "HeadObject") => "GetObject",
            (Service::S3, "GetPublicAccessBlock") => "GetBucketPublicAccessBlock",
            (Service::S3, "PutPublicAccessBlock" | "DeletePublicAccessBlock") => "PutBucketPublicAccessBlock",
            (Service::S3, "GetBucketEncryption") => "GetEncryptionConfiguration",
            (Service::S3, "PutBucketEncryption" | "DeleteBucketEncryption") => "PutEncryptionConfiguration",
            (Service::S3, "GetBucketLifecycleConfiguration") => "GetLifecycleConfiguration",
            (Service::S3, "PutBucketLifecycleConfiguration" | "DeleteBucketLifecycle") => {
                "PutLifecycleConfiguration"
            }
            (_, operation) => operation,
        };
        format!("{}:{operation}", self.service.prefix())
    }

    /// The service and the operation.
    pub fn name(&self) -> String {
        format!("{}:{}", self.service.prefix(), self.operation)
    }

    /// A parameter of IAM or STS.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// An answer of IAM or STS.
    pub fn xml(&self, result: &str) -> MockResponse {
        let operation = winterbaume_core::xml_escape(&self.operation);
        let namespace = match self.service {
            Service::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
            _ => "https://iam.amazonaws.com/doc/2010-05-08/",
        };
        MockResponse::xml(
            200,
            format!(
                "<{operation}Response xmlns=\"{namespace}\"><{operation}Result>{result}</{operation}Result>\
             <ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></{operation}Response>",
                super::tokens::request_id()
            ),
        )
    }

    /// A refusal, in the form of the service.
    pub fn refuse(&self, status: u16, code: &str, message: &str) -> MockResponse {
        match self.service {
            Service::Iam | Service::Sts => xml_error(status, code, message),
            Service::CloudTrail | Service::Reports | Service::Exports => json_error(status, code, message),
            Service::S3 => self.s3_error(status, code, message),
        }
    }

    /// A refusal of who may not. The JSON services say it with a suffix.
    pub fn deny(&self, message: &str) -> MockResponse {
        match self.service {
            Service::CloudTrail | Service::Reports | Service::Exports => {
                self.refuse(400, "AccessDeniedException", message)
            }
            Service::Iam | Service::Sts | Service::S3 => self.refuse(403, "AccessDenied", message),
        }
    }

    /// An operation that the practice account does not have.
    pub fn unknown(&self) -> MockResponse {
        let code = match self.service {
            Service::Iam | Service::Sts => "InvalidAction",
            Service::CloudTrail | Service::Reports | Service::Exports => "UnknownOperationException",
            Service::S3 => "NotImplemented",
        };
        self.refuse(400, code, "The practice account does not know this operation")
    }

    fn s3_error(&self, status: u16, code: &str, message: &str) -> MockResponse {
        // An answer to HEAD has no body.
        if self.request.method == "HEAD" {
            return MockResponse { status, headers: http::HeaderMap::new(), body: Bytes::new() };
        }
        let (code, message) = (winterbaume_core::xml_escape(code), winterbaume_core::xml_escape(message));
        MockResponse::xml(
            status,
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
            ),
        )
    }
}

/// What can be read, set and removed of a bucket, by the word in the query.
const SUBRESOURCES: [(&str, [&str; 3]); 8] = [
    ("policy", ["GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"]),
    ("versioning", ["GetBucketVersioning", "PutBucketVersioning", ""]),
    ("publicAccessBlock", ["GetPublicAccessBlock", "PutPublicAccessBlock", "DeletePublicAccessBlock"]),
    (
        "ownershipControls",
        ["GetBucketOwnershipControls", "PutBucketOwnershipControls", "DeleteBucketOwnershipControls"],
    ),
    ("encryption", ["GetBucketEncryption", "PutBucketEncryption", "DeleteBucketEncryption"]),
    (
        "lifecycle",
        ["GetBucketLifecycleConfiguration", "PutBucketLifecycleConfiguration", "DeleteBucketLifecycle"],
    ),
    ("tagging", ["GetBucketTagging", "PutBucketTagging", "DeleteBucketTagging"]),
    ("location", ["GetBucketLocation", "", ""]),
];

impl Service {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "iam" => Self::Iam,
            "sts" => Self::Sts,
            "s3" => Self::S3,
            "cloudtrail" => Self::CloudTrail,
            "cur" => Self::Reports,
            "bcm-data-exports" => Self::Exports,
            _ => return None,
        })
    }

    /// What its permissions begin with.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Iam => "iam",
            Self::Sts => "sts",
            Self::S3 => "s3",
            Self::CloudTrail => "cloudtrail",
            Self::Reports => "cur",
            Self::Exports => "bcm-data-exports",
        }
    }
}

/// A query, in which a word may stand without a value.
fn words_of(query: &str) -> HashMap<String, String> {
    let pair = |part: &str| {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        (steps::text::percent_decoded(key), steps::text::percent_decoded(value))
    };
    query.split('&').filter(|part| !part.is_empty()).map(pair).collect()
}

/// Key, date, Region and service of the signature.
fn credential_scope(request: &MockRequest) -> Option<[String; 4]> {
    let authorization = header(request, "authorization")?;
    let scope = authorization.split("Credential=").nth(1)?.split([',', ' ']).next()?;
    let mut parts = scope.split('/').map(ToOwned::to_owned);
    Some([parts.next()?, parts.next()?, parts.next()?, parts.next()?])
}

/// A header as text.
pub(crate) fn header(request: &MockRequest, name: &str) -> Option<String> {
    request.headers.get(name).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned)
}

/// Bodies of S3 may come in signed chunks: `size;chunk-signature=…`, the bytes, and so on.
fn decode_chunks(request: &mut MockRequest) {
    let streamed = |name| {
        header(request, name)
            .is_some_and(|value| value.contains("STREAMING") || value.contains("aws-chunked"))
    };
    if !streamed("x-amz-content-sha256") && !streamed("content-encoding") {
        return;
    }
    let mut decoded = Vec::new();
    let mut rest: &[u8] = &request.body;
    while let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let size = String::from_utf8_lossy(&rest[..end]);
        let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16).unwrap_or(0);
        let Some(chunk) = rest.get(end + 2..end + 2 + size).filter(|_| size > 0) else { break };
        decoded.extend_from_slice(chunk);
        rest = rest.get(end + 4 + size..).unwrap_or_default();
    }
    request.body = decoded.into();
}

fn xml_error(status: u16, code: &str, message: &str) -> MockResponse {
    let (code, message) = (winterbaume_core::xml_escape(code), winterbaume_core::xml_escape(message));
    MockResponse::xml(
        status,
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>{}</RequestId></ErrorResponse>",
            super::tokens::request_id()
        ),
    )
}

fn json_error(status: u16, code: &str, message: &str) -> MockResponse {
    let mut response = MockResponse::json(status, json!({"__type": code, "message": message}).to_string());
    if let Ok(value) = code.parse() {
        response.headers.insert("x-amzn-errortype", value);
    }
    response
}

/// An answer of CloudTrail, the reports or the exports.
pub(crate) fn json_answer(value: &Value) -> MockResponse {
    MockResponse::json(200, value.to_string())
}

/// Seconds since 1970 as IAM writes them.
pub(crate) fn iso(seconds: u64) -> String {
    timestamp(seconds).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Seconds since 1970 as HTTP writes them.
pub(crate) fn http_date(seconds: u64) -> String {
    timestamp(seconds).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Seconds since 1970 as a point in time.
pub(crate) fn timestamp(seconds: u64) -> jiff::Timestamp {
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
        .unwrap_or_default()
}
