//! Requests as the services of AWS are asked, and answers as they answer: each protocol has a form of its own.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::{Value, json};
use winterbaume_core::{MockRequest, MockResponse};

use super::service::{Protocol, Service, operation_at};
use super::{tokens, xml};

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
    /// The parameters of the services that are asked by a form, and the query of those that are asked by path.
    pub parameters: HashMap<String, String>,
    /// The body of a service that is asked in JSON.
    pub json: Value,
    /// The bucket and the key of S3.
    pub bucket: Option<String>,
    pub object: Option<String>,
    /// AWS's id of the request.
    pub id: String,
    /// The request, with its body as the service reads it.
    pub request: MockRequest,
    /// The body as it was sent: for S3 it may come in signed chunks.
    pub sent: Bytes,
}

impl Call {
    /// Reads a request. What cannot be read gets an answer at once.
    pub fn read(mut request: MockRequest) -> Result<Self, Box<MockResponse>> {
        let id = tokens::request_id();
        let refusal = |status, code, message| Box::new(xml_error(status, code, message, &id));
        let [key, _, region, service] = credential_scope(&request).ok_or_else(|| {
            refusal(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
        })?;
        let (path, _) = path_and_query(&request.uri);
        let service = Service::of(&service, path)
            .ok_or_else(|| refusal(404, "UnknownService", "The practice account has no such service"))?;
        let sent = request.body.clone();
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
            id,
            request,
            sent,
        };
        match service.protocol() {
            Protocol::Query => call.read_query(),
            Protocol::Json => call.read_target().map_err(Box::new)?,
            Protocol::RestJson => call.read_route().map_err(Box::new)?,
            Protocol::RestXml if service == Service::S3Control => call.read_path(),
            Protocol::RestXml => call.read_bucket(),
        }
        Ok(call)
    }

    fn read_query(&mut self) {
        let body = String::from_utf8_lossy(&self.request.body).into_owned();
        self.parameters = winterbaume_core::parse_query_string(&body);
        self.operation = self.parameters.get("Action").cloned().unwrap_or_default();
    }

    fn read_target(&mut self) -> Result<(), MockResponse> {
        let target = header(&self.request, "x-amz-target").unwrap_or_default();
        self.operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        self.read_json()
    }

    fn read_route(&mut self) -> Result<(), MockResponse> {
        self.read_path();
        self.read_json()
    }

    fn read_json(&mut self) -> Result<(), MockResponse> {
        let body: &[u8] = if self.request.body.is_empty() { b"{}" } else { &self.request.body };
        self.json = serde_json::from_slice(body)
            .map_err(|_| self.refuse(400, "SerializationException", "The body is not JSON"))?;
        Ok(())
    }

    fn read_path(&mut self) {
        let (path, query) = path_and_query(&self.request.uri);
        let operation = operation_at(self.service, &self.request.method, path);
        let parameters = words_of(query);
        self.operation = operation.to_owned();
        self.parameters = parameters;
    }

    fn read_bucket(&mut self) {
        let (path, query) = path_and_query(&self.request.uri);
        let (path, parameters) =
            (steps::text::percent_decoded(path.trim_start_matches('/')), words_of(query));
        self.parameters = parameters;
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
            (Service::S3, "DeleteBucketTagging") => "PutBucketTagging",
            (Service::S3, "GetObjectLockConfiguration") => "GetBucketObjectLockConfiguration",
            (Service::S3, "PutObjectLockConfiguration") => "PutBucketObjectLockConfiguration",
            (Service::Budgets, operation) if operation.starts_with("Describe") => "ViewBudget",
            (Service::Budgets, _) => "ModifyBudget",
            (Service::S3Control, "DeleteAccountPublicAccessBlock") => "PutAccountPublicAccessBlock",
            (_, operation) => operation,
        };
        format!("{}:{operation}", self.service.prefix())
    }

    /// The service and the operation.
    pub fn name(&self) -> String {
        format!("{}:{}", self.service.prefix(), self.operation)
    }

    /// A parameter of a service that is asked by a form.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A text in the body of a service that is asked in JSON; empty where there is none.
    pub fn text(&self, name: &str) -> &str {
        self.json.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// An answer of a service that is asked by a form.
    pub fn xml(&self, result: &str) -> MockResponse {
        let operation = winterbaume_core::xml_escape(&self.operation);
        let namespace = match self.service {
            Service::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
            Service::Sns => "http://sns.amazonaws.com/doc/2010-03-31/",
            _ => "https://iam.amazonaws.com/doc/2010-05-08/",
        };
        let id = &self.id;
        MockResponse::xml(
            200,
            format!(
                "<{operation}Response xmlns=\"{namespace}\"><{operation}Result>{result}</{operation}Result>\
             <ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{operation}Response>"
            ),
        )
    }

    /// A refusal, in the form of the service.
    pub fn refuse(&self, status: u16, code: &str, message: &str) -> MockResponse {
        match self.service.protocol() {
            Protocol::Query => xml_error(status, code, message, &self.id),
            Protocol::RestXml if self.service == Service::S3Control => {
                xml_error(status, code, message, &self.id)
            }
            Protocol::RestXml => self.s3_error(status, code, message),
            Protocol::Json | Protocol::RestJson => json_error(status, code, message),
        }
    }

    /// A refusal of who may not. The JSON services say it with a suffix, and SNS in its own word.
    pub fn deny(&self, message: &str) -> MockResponse {
        match self.service.protocol() {
            Protocol::Query if self.service == Service::Sns => {
                self.refuse(403, "AuthorizationError", message)
            }
            Protocol::Json => self.refuse(400, "AccessDeniedException", message),
            Protocol::RestJson => self.refuse(403, "AccessDeniedException", message),
            Protocol::Query | Protocol::RestXml => self.refuse(403, "AccessDenied", message),
        }
    }

    /// A body in XML that does not hold up.
    pub fn malformed_xml(&self) -> MockResponse {
        let message =
            "The XML you provided was not well-formed or did not validate against our published schema";
        self.refuse(400, "MalformedXML", message)
    }

    /// An operation that the practice account does not have.
    pub fn unknown(&self) -> MockResponse {
        let code = match self.service.protocol() {
            Protocol::Query => "InvalidAction",
            Protocol::Json | Protocol::RestJson => "UnknownOperationException",
            Protocol::RestXml => "NotImplemented",
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

/// The path and the query of an address, as they were sent.
pub(crate) fn path_and_query(uri: &str) -> (&str, &str) {
    let after_scheme = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let begins = if after_scheme.starts_with('/') { Some(0) } else { after_scheme.find(['/', '?']) };
    let path = begins.map_or("", |begins| &after_scheme[begins..]);
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    (if path.is_empty() { "/" } else { path }, query)
}

/// A header as text.
pub(crate) fn header(request: &MockRequest, name: &str) -> Option<String> {
    request.headers.get(name).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned)
}

/// A piece of a body that comes in chunks.
pub(crate) struct Chunk<'b> {
    pub signature: Option<&'b str>,
    pub bytes: &'b [u8],
}

/// The chunks of a body: `size;chunk-signature=…`, the bytes, and so on. The last one is empty.
pub(crate) fn chunks(body: &[u8]) -> Vec<Chunk<'_>> {
    let (mut chunks, mut rest) = (Vec::new(), body);
    while let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") {
        let head = std::str::from_utf8(&rest[..end]).unwrap_or_default();
        let mut fields = head.split(';').map(str::trim);
        let size = fields.next().and_then(|size| usize::from_str_radix(size, 16).ok());
        let signature = fields.find_map(|field| field.strip_prefix("chunk-signature="));
        let until = size.and_then(|size| size.checked_add(end + 2));
        let Some(bytes) = until.and_then(|until| rest.get(end + 2..until)) else { break };
        chunks.push(Chunk { signature, bytes });
        if bytes.is_empty() {
            break;
        }
        rest = rest.get(end + 4 + bytes.len()..).unwrap_or_default();
    }
    chunks
}

/// The code and the words of a refusal, as they stand in an answer; none in an answer that is no refusal.
pub(crate) fn refusal_in(answer: &MockResponse) -> Option<(String, String)> {
    if answer.status < 300 {
        return None;
    }
    if let Ok(json) = serde_json::from_slice::<Value>(&answer.body) {
        let word = |names: [&str; 2]| {
            names.iter().find_map(|name| json.get(*name)?.as_str()).unwrap_or_default().to_owned()
        };
        return Some((word(["__type", "code"]), word(["message", "Message"])));
    }
    let document = xml::read(&answer.body);
    let element = |name: &str| document.as_ref()?.text_of(name).map(ToOwned::to_owned);
    // An answer to HEAD has no body to read.
    let by_status = match answer.status {
        403 => "AccessDenied",
        404 => "NotFound",
        _ => "PermanentRedirect",
    };
    let code = element("Code").unwrap_or_else(|| by_status.to_owned());
    Some((code, element("Message").unwrap_or_default()))
}

/// An answer of a service that is asked in JSON.
pub(crate) fn json_answer(value: &Value) -> MockResponse {
    MockResponse::json(200, value.to_string())
}

/// Seconds since 1970 as IAM writes them.
pub(crate) fn iso(seconds: u64) -> String {
    timestamp(seconds).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A time that somebody else has written, as IAM writes it; none for what is no time.
pub(crate) fn iso_again(written: Option<&str>) -> Option<String> {
    let time: jiff::Timestamp = written?.parse().ok()?;
    Some(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
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

/// What can be read, set and removed of a bucket, by the word in the query.
const SUBRESOURCES: [(&str, [&str; 3]); 10] = [
    ("acl", ["GetBucketAcl", "PutBucketAcl", ""]),
    ("policy", ["GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy"]),
    ("versioning", ["GetBucketVersioning", "PutBucketVersioning", ""]),
    ("object-lock", ["GetObjectLockConfiguration", "PutObjectLockConfiguration", ""]),
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

fn decode_chunks(request: &mut MockRequest) {
    let streamed = |name| {
        header(request, name)
            .is_some_and(|value| value.contains("STREAMING") || value.contains("aws-chunked"))
    };
    if streamed("x-amz-content-sha256") || streamed("content-encoding") {
        let decoded: Vec<u8> = chunks(&request.body).iter().flat_map(|chunk| chunk.bytes).copied().collect();
        request.body = decoded.into();
    }
}

fn xml_error(status: u16, code: &str, message: &str, id: &str) -> MockResponse {
    let (code, message) = (winterbaume_core::xml_escape(code), winterbaume_core::xml_escape(message));
    MockResponse::xml(
        status,
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>{id}</RequestId></ErrorResponse>"
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
