//! Stands between the program and the practice account, and decides of each call whether the account hears it and
//! what becomes of the answer. It knows nothing of either but how AWS is asked and how AWS answers.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;

use super::door::Door;

/// What becomes of a call.
pub enum Fate {
    /// The account hears it, and its answer arrives.
    Pass,
    /// The account never hears of it: the connection ends.
    Unheard,
    /// The account never hears of it: the connection is reset.
    Reset,
    /// The account hears it, and its answer is lost.
    AnswerLost,
    /// The account hears it, and its answer breaks off in the middle.
    HalfAnAnswer,
    /// The account never hears of it, and this is the answer.
    Instead(Answer),
    /// The account hears it, and this makes another answer of its answer; none: the answer is lost.
    Altered(Box<dyn FnOnce(Answer) -> Option<Answer> + Send>),
    /// The account hears it, its answer arrives, and then this is done.
    PassThen(Box<dyn FnOnce() + Send>),
}

/// Between one program and one account, until it is dropped.
pub struct Between {
    door: Door,
    road: Arc<Road>,
}

struct Road {
    account: SocketAddr,
    plan: Box<dyn Fn(&Call) -> Fate + Send + Sync>,
    heard: Mutex<Vec<Heard>>,
}

/// A call that was seen.
#[derive(Debug, Clone)]
pub struct Heard {
    /// The service and the operation, such as `iam:CreateGroup`.
    pub name: String,
    /// The id of the key that signed.
    pub key: String,
    /// Its number among those that change something.
    pub change: Option<usize>,
    /// The parameters of IAM and STS, as they were sent.
    pub body: String,
    /// The status of the account's answer, where the account has heard it.
    pub status: Option<u16>,
}

/// A call on its way.
pub struct Call {
    pub service: String,
    /// The operation; for S3 the method and the part of the bucket, such as `PUT policy`.
    pub operation: String,
    pub key: String,
    /// Its number among those that change something, counted from 0.
    pub change: Option<usize>,
    pub body: Vec<u8>,
    /// The request line and the headers, without the empty line.
    head: String,
    /// Its place among all calls that were heard.
    place: usize,
}

/// An answer, of the account or made up.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Between {
    /// Stands before the account that is served at an address.
    pub fn open(account: SocketAddr, plan: impl Fn(&Call) -> Fate + Send + Sync + 'static) -> Self {
        let road = Arc::new(Road { account, plan: Box::new(plan), heard: Mutex::default() });
        let taken = road.clone();
        let door = Door::open(move |stream| {
            // A program that was killed has hung up, and a connection that breaks is what tests are after.
            let _ = taken.travel(stream);
        });
        Self { door, road }
    }

    /// Lets everything pass.
    pub fn quiet(account: SocketAddr) -> Self {
        Self::open(account, |_| Fate::Pass)
    }

    pub fn address(&self) -> SocketAddr {
        self.door.address()
    }

    /// All calls so far, in the order in which they came.
    pub fn heard(&self) -> Vec<Heard> {
        self.road.heard.lock().unwrap().clone()
    }

    /// The calls so far that change something.
    pub fn changes(&self) -> Vec<Heard> {
        self.heard().into_iter().filter(|heard| heard.change.is_some()).collect()
    }
}

impl Road {
    fn travel(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(120)))?;
        let Some(mut call) = Call::read(&mut stream)? else { return Ok(()) };
        self.note(&mut call);
        match (self.plan)(&call) {
            Fate::Pass => self.ask(&call)?.write(&mut stream),
            Fate::Unheard => Ok(()),
            Fate::Reset => Ok(rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO))?),
            Fate::AnswerLost => self.ask(&call).map(drop),
            Fate::HalfAnAnswer => self.ask(&call)?.write_half(&mut stream),
            Fate::Instead(answer) => answer.write(&mut stream),
            Fate::Altered(alter) => match alter(self.ask(&call)?) {
                Some(answer) => answer.write(&mut stream),
                None => Ok(()),
            },
            Fate::PassThen(then) => {
                let written = self.ask(&call)?.write(&mut stream);
                then();
                written
            }
        }
    }

    fn note(&self, call: &mut Call) {
        let mut heard = self.heard.lock().unwrap();
        let changes = heard.iter().filter(|heard| heard.change.is_some()).count();
        call.change = (!call.is_read()).then_some(changes);
        call.place = heard.len();
        let body = String::from_utf8_lossy(&call.body).into_owned();
        let (name, key) = (call.name(), call.key.clone());
        heard.push(Heard { name, key, change: call.change, body, status: None });
    }

    fn ask(&self, call: &Call) -> std::io::Result<Answer> {
        let mut stream = TcpStream::connect(self.account)?;
        stream.write_all(&call.to_send())?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        let answer = Answer::read(&bytes).ok_or(std::io::ErrorKind::UnexpectedEof)?;
        self.heard.lock().unwrap()[call.place].status = Some(answer.status);
        Ok(answer)
    }
}

impl Call {
    /// Reads one request; none where there is none.
    fn read(stream: &mut TcpStream) -> std::io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            if read_more(stream, &mut bytes)? == 0 {
                return Ok(None);
            }
        };
        let body = bytes.split_off(end + 4);
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut call = Self {
            service: String::new(),
            operation: String::new(),
            key: String::new(),
            change: None,
            body,
            head,
            place: 0,
        };
        let length = call.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        while call.body.len() < length {
            if read_more(stream, &mut call.body)? == 0 {
                return Ok(None);
            }
        }
        call.understand();
        Ok(Some(call))
    }

    /// Key and service stand in the signature; where the operation stands depends on the service.
    fn understand(&mut self) {
        let scope = self.header("authorization").unwrap_or_default();
        let scope = scope.split("Credential=").nth(1).unwrap_or_default();
        let mut parts = scope.split([',', ' ']).next().unwrap_or_default().split('/');
        self.key = parts.next().unwrap_or_default().to_owned();
        self.service = parts.nth(2).unwrap_or_default().to_owned();
        let (method, path) = self.request_line();
        self.operation = match (self.header("x-amz-target"), self.service.as_str()) {
            (Some(target), _) => target.rsplit('.').next().unwrap_or_default().to_owned(),
            (None, "iam" | "sts") => self.parameter("Action").unwrap_or_default(),
            (None, "s3") => {
                let part = path.split_once('?').map_or("", |(_, query)| query);
                let part = part.split(['&', '=']).next().unwrap_or_default();
                format!("{method} {part}").trim().to_owned()
            }
            (None, _) => {
                path.split('?').next().unwrap_or_default().rsplit('/').next().unwrap_or("").to_owned()
            }
        };
    }

    fn request_line(&self) -> (String, String) {
        let line = self.head.lines().next().unwrap_or_default();
        let mut words = line.split(' ').map(ToOwned::to_owned);
        (words.next().unwrap_or_default(), words.next().unwrap_or_default())
    }

    /// A header of the request.
    pub fn header(&self, name: &str) -> Option<String> {
        let fields = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        let mut found = fields.filter(|(field, _)| field.trim().eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.trim().to_owned())
    }

    /// A parameter of IAM or STS.
    pub fn parameter(&self, name: &str) -> Option<String> {
        parameter(&String::from_utf8_lossy(&self.body), name)
    }

    /// The service and the operation.
    pub fn name(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }

    /// What is asked, whoever asks and whenever: two calls that are equal in this get the same answer from an account
    /// that has not changed.
    pub fn question(&self) -> String {
        let (method, path) = self.request_line();
        format!("{} {method} {path} {} {}", self.name(), self.key, String::from_utf8_lossy(&self.body))
    }

    fn is_read(&self) -> bool {
        let (method, _) = self.request_line();
        if self.service == "s3" {
            return method == "GET" || method == "HEAD";
        }
        let operation = self.operation.to_ascii_lowercase();
        let asks = |prefix: &&str| operation.starts_with(*prefix);
        method == "GET" || ["get", "list", "describe", "head", "lookup", "generate"].iter().any(asks)
    }

    /// The request as it came, on a connection that ends with the answer. What is signed stays as it is.
    fn to_send(&self) -> Vec<u8> {
        let kept = |line: &&str| !line.to_ascii_lowercase().starts_with("connection:");
        let lines: Vec<_> = self.head.split("\r\n").filter(kept).collect();
        let mut bytes = format!("{}\r\nconnection: close\r\n\r\n", lines.join("\r\n")).into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Whether it goes to S3 Control, which signs as S3 and refuses otherwise.
    fn is_account_wide(&self) -> bool {
        self.request_line().1.starts_with("/v20180820/")
    }

    /// A refusal, in the wire format of the service.
    pub fn refused(&self, status: u16, code: &str, message: &str) -> Answer {
        let (kind, body) = match self.service.as_str() {
            _ if self.is_account_wide() => (
                "text/xml",
                format!(
                    "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
                ),
            ),
            "iam" | "sts" => (
                "text/xml",
                format!(
                    "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>\
                     </Error><RequestId>between</RequestId></ErrorResponse>"
                ),
            ),
            "s3" if self.request_line().0 == "HEAD" => ("application/xml", String::new()),
            "s3" => (
                "application/xml",
                format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code>\
                     <Message>{message}</Message></Error>"
                ),
            ),
            _ => ("application/x-amz-json-1.1", json!({"__type": code, "message": message}).to_string()),
        };
        let mut headers = vec![("content-type".to_owned(), kind.to_owned())];
        for name in ["x-amzn-requestid", "x-amz-request-id"] {
            headers.push((name.to_owned(), "between".to_owned()));
        }
        if kind.ends_with("json-1.1") {
            headers.push(("x-amzn-errortype".to_owned(), code.to_owned()));
        }
        Answer { status, headers, body: body.into_bytes() }
    }

    /// "Not so fast", as each service says it.
    pub fn throttled(&self) -> Answer {
        match self.service.as_str() {
            "iam" | "sts" => self.refused(400, "Throttling", "Rate exceeded"),
            "s3" => self.refused(503, "SlowDown", "Please reduce your request rate."),
            _ => self.refused(400, "ThrottlingException", "Rate exceeded"),
        }
    }

    /// "Something broke here", as each service says it.
    pub fn failed(&self) -> Answer {
        match self.service.as_str() {
            "iam" | "sts" => self.refused(500, "ServiceFailure", "We could not process the request."),
            "s3" => self.refused(500, "InternalError", "We encountered an internal error. Please try again."),
            _ => self.refused(500, "InternalFailure", "We could not process the request."),
        }
    }

    /// "Nobody is here at the moment", as each service says it.
    pub fn unavailable(&self) -> Answer {
        self.refused(503, "ServiceUnavailable", "Service is unable to handle the request.")
    }

    /// "These credentials have ended", as each service says it.
    pub fn expired(&self) -> Answer {
        let message = "The security token included in the request is expired";
        match self.service.as_str() {
            "iam" | "sts" => self.refused(403, "ExpiredToken", message),
            "s3" => self.refused(400, "ExpiredToken", message),
            _ => self.refused(400, "ExpiredTokenException", message),
        }
    }

    /// "I do not know this key", as each service says it.
    pub fn unknown_key(&self) -> Answer {
        let message = "The security token included in the request is invalid.";
        match self.service.as_str() {
            "iam" | "sts" => self.refused(403, "InvalidClientTokenId", message),
            "s3" => self.refused(403, "InvalidAccessKeyId", message),
            _ => self.refused(400, "UnrecognizedClientException", message),
        }
    }

    /// "The clocks differ", as each service says it.
    pub fn skewed(&self) -> Answer {
        let message = "Signature expired: 20261124T080000Z is now earlier than 20261124T083000Z";
        match self.service.as_str() {
            "iam" | "sts" => self.refused(403, "SignatureDoesNotMatch", message),
            "s3" => self.refused(403, "RequestTimeTooSkewed", message),
            _ => self.refused(403, "InvalidSignatureException", message),
        }
    }
}

impl Heard {
    /// A parameter of IAM or STS.
    pub fn parameter(&self, name: &str) -> Option<String> {
        parameter(&self.body, name)
    }
}

/// A parameter in the body of a query.
fn parameter(body: &str, name: &str) -> Option<String> {
    let mut pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    Some(steps::text::percent_decoded(&value.replace('+', " ")))
}

fn read_more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> std::io::Result<usize> {
    let mut buffer = [0; 16 * 1024];
    let read = stream.read(&mut buffer)?;
    bytes.extend_from_slice(&buffer[..read]);
    Ok(read)
}

impl Answer {
    fn read(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let field = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.trim().to_owned(), value.trim().to_owned()))
        };
        Some(Self { status, headers: lines.filter_map(field).collect(), body: bytes[end + 4..].to_vec() })
    }

    fn write(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        stream.write_all(self.head().as_bytes())?;
        stream.write_all(&self.body)
    }

    /// The head as if all of it came, and half of the body; half of the head, where there is no body.
    fn write_half(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        let head = self.head();
        if self.body.is_empty() {
            return stream.write_all(&head.as_bytes()[..head.len() / 2]);
        }
        stream.write_all(head.as_bytes())?;
        stream.write_all(&self.body[..self.body.len() / 2])
    }

    fn head(&self) -> String {
        let ours = |name: &str| ["content-length", "connection", "transfer-encoding"].contains(&name);
        let mut head = format!("HTTP/1.1 {} as\r\n", self.status);
        for (name, value) in self.headers.iter().filter(|(name, _)| !ours(&name.to_ascii_lowercase())) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\nconnection: close\r\n\r\n", self.body.len()));
        head
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(field, _)| field.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.as_str())
    }

    /// The same with another value of a header.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(field, _)| !field.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with another body.
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }
}
