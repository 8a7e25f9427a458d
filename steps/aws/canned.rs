//! An AWS that answers as a test says, and remembers what it was asked. Nothing leaves the process.

use std::fmt::{Debug, Formatter};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::date_time::{DateTime, Format};
use jiff::Timestamp;

use super::{Access, AwsFiles, Connection};

/// The account of [`Aws`].
pub(crate) const ACCOUNT: &str = "111122223333";

/// An access key of which a test says itself who has it.
pub(crate) const STRANGER: &str = "AKIASTRANGER";

/// An AWS that answers as a test says.
pub(crate) struct Aws {
    client: SharedHttpClient,
    heard: Arc<Mutex<Vec<Heard>>>,
}

/// A request, as far as tests look at it.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    /// The operation's name; for S3 and other services of REST, the method and the path.
    pub operation: String,
    /// The body of IAM, STS and the JSON services.
    pub body: String,
    scope: Vec<String>,
    signed: String,
    expects_owner: bool,
}

/// An answer. None: the connection breaks.
pub(crate) type Answer = Option<(u16, String)>;

impl Aws {
    /// `GetCallerIdentity` is answered by itself, but for [`STRANGER`]: a user without a path, named kim.
    pub(crate) fn answering(answer: impl Fn(&Heard) -> Answer + Send + Sync + 'static) -> Self {
        Self::dated(None, answer)
    }

    /// The same with a clock that is so many seconds ahead of this computer's, by which all answers are dated.
    pub(crate) fn with_clock(ahead: i64, answer: impl Fn(&Heard) -> Answer + Send + Sync + 'static) -> Self {
        Self::dated(Some(ahead), answer)
    }

    fn dated(ahead: Option<i64>, answer: impl Fn(&Heard) -> Answer + Send + Sync + 'static) -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let connector = SharedHttpConnector::new(Canned { answer, heard: heard.clone(), ahead });
        Self { client: http_client_fn(move |_, _| connector.clone()), heard }
    }

    /// What it was asked, in order.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// It, as the SDK's HTTP client.
    pub(crate) fn client(&self) -> SharedHttpClient {
        self.client.clone()
    }

    /// A connection to it with an access key, and without AWS files.
    pub(crate) fn connection(&self, access: Access) -> Connection {
        let nowhere = Path::new("/nonexistent/dayone");
        let files = AwsFiles { credentials: nowhere.join("credentials"), config: nowhere.join("config") };
        let login = Credentials::new("AKIAEXAMPLE", "secret", None, None, "test");
        Connection::through(self.client(), login, files, access)
    }
}

impl Heard {
    fn of(request: &HttpRequest) -> Self {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        let target = request.headers().get("x-amz-target").and_then(|target| target.rsplit('.').next());
        let action = body.strip_prefix("Action=").and_then(|rest| rest.split('&').next());
        let operation = target
            .or(action)
            .map_or_else(|| format!("{} {}", request.method(), request.uri()), ToOwned::to_owned);
        let authorization = request.headers().get("authorization").unwrap_or_default();
        let scope = authorization.split("Credential=").nth(1).and_then(|rest| rest.split(',').next());
        let scope = scope.unwrap_or_default().split('/').map(ToOwned::to_owned).collect();
        let signed = request.headers().get("x-amz-date").unwrap_or_default().to_owned();
        let expects_owner = request.headers().get("x-amz-expected-bucket-owner").is_some();
        Self { operation, body, scope, signed, expects_owner }
    }

    /// The id of the key that signed.
    pub(crate) fn key(&self) -> &str {
        self.scope.first().map_or("", String::as_str)
    }

    /// The Region that the signature is for.
    pub(crate) fn region(&self) -> &str {
        self.scope.get(2).map_or("", String::as_str)
    }

    /// The service that the signature is for.
    pub(crate) fn service(&self) -> &str {
        self.scope.get(3).map_or("", String::as_str)
    }

    /// When it was signed, in seconds since 1970.
    pub(crate) fn signed_at(&self) -> i64 {
        let date = self.signed.replace('Z', "+0000");
        Timestamp::strptime("%Y%m%dT%H%M%S%z", date).unwrap().as_second()
    }

    /// Whether it names the account that has to own the bucket.
    pub(crate) fn expects_owner(&self) -> bool {
        self.expects_owner
    }

    /// Whether the body carries this parameter, as IAM and STS write them.
    pub(crate) fn says(&self, name: &str, value: &str) -> bool {
        self.body.split('&').any(|pair| pair == format!("{name}={value}"))
    }

    /// A refusal in the form of the service.
    pub(crate) fn refused(&self, status: u16, code: &str) -> Answer {
        if ["iam", "sts", "sns", "s3"].contains(&self.service()) {
            let error = format!("<Error><Code>{code}</Code><Message>no: {code}</Message></Error>");
            // S3 alone answers with the bare error.
            let wrapped = format!("<ErrorResponse>{error}</ErrorResponse>");
            return Some((status, if self.service() == "s3" { error } else { wrapped }));
        }
        Some((status, format!("{{\"__type\": \"{code}\", \"message\": \"no: {code}\"}}")))
    }

    /// What IAM, STS or SNS answers.
    pub(crate) fn xml(&self, result: &str) -> Answer {
        let operation = &self.operation;
        let result = format!("<{operation}Result>{result}</{operation}Result>");
        Some((200, format!("<{operation}Response>{result}</{operation}Response>")))
    }
}

struct Canned<F> {
    answer: F,
    heard: Arc<Mutex<Vec<Heard>>>,
    ahead: Option<i64>,
}

impl<F: Fn(&Heard) -> Answer + Send + Sync> HttpConnector for Canned<F> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let heard = Heard::of(&request);
        let number = {
            let mut all = self.heard.lock().unwrap();
            all.push(heard.clone());
            all.len()
        };
        let is_kim = heard.operation == "GetCallerIdentity" && heard.key() != STRANGER;
        let answer = if is_kim { caller(&heard) } else { (self.answer)(&heard) };
        let Some((status, body)) = answer else {
            return HttpConnectorFuture::ready(Err(ConnectorError::io("the connection broke".into())));
        };
        let mut response = HttpResponse::new(status.try_into().unwrap(), body.into());
        response.headers_mut().insert("x-amzn-requestid", format!("request-{number}"));
        if let Some(ahead) = self.ahead {
            let date = DateTime::from_secs(DateTime::from(SystemTime::now()).secs() + ahead);
            response.headers_mut().insert("date", date.fmt(Format::HttpDate).unwrap());
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}

impl<F> Debug for Canned<F> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str("Canned")
    }
}

fn caller(heard: &Heard) -> Answer {
    heard.xml(&format!(
        "<Arn>arn:aws:iam::{ACCOUNT}:user/kim</Arn><UserId>AIDAEXAMPLE</UserId><Account>{ACCOUNT}</Account>"
    ))
}
