//! Serves the practice account on a loopback port, so that the AWS CLI and the real program can talk to it.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use winterbaume_core::MockRequest;

use super::{PracticeAccount, RehearsalError};

/// No request of AWS that the practice account knows is larger.
const LARGEST_BODY: usize = 8 * 1024 * 1024;

/// Serves until `stop` finishes.
pub async fn serve(
    account: PracticeAccount,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) -> Result<(), RehearsalError> {
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return Ok(()),
            accepted = listener.accept() => {
                let (stream, _) = accepted.map_err(RehearsalError::Serving)?;
                tokio::spawn(converse(account.clone(), stream));
            }
        }
    }
}

/// One connection. What goes wrong on it is of no interest to the others.
async fn converse(account: PracticeAccount, stream: TcpStream) {
    let answers = service_fn(move |request| answer(account.clone(), request));
    let _ = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), answers)
        .await;
}

/// An error ends the connection, which is how one breaks.
async fn answer(
    account: PracticeAccount,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, std::io::Error> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, LARGEST_BODY).collect().await;
    let Ok(body) = body else { return Ok(plain(413).unwrap_or_default()) };
    let host = parts.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let request = MockRequest {
        method: parts.method.to_string(),
        uri: format!("http://{host}{path}"),
        headers: parts.headers,
        body: body.to_bytes(),
    };
    match account.travel(request).await {
        None => Err(std::io::ErrorKind::ConnectionReset.into()),
        Some(answer) => {
            let mut response = Response::builder().status(answer.status);
            if let Some(headers) = response.headers_mut() {
                headers.extend(answer.headers);
            }
            Ok(response.body(Full::new(answer.body)).unwrap_or_default())
        }
    }
}

fn plain(status: u16) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::builder().status(status).body(Full::default()).unwrap_or_default())
}
