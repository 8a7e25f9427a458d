//! Serves the practice account on a loopback port, so that the AWS CLI and the real program can talk to it.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::io::Errno;
use tokio::net::{TcpListener, TcpStream};
use winterbaume_core::MockRequest;

use super::{PracticeAccount, RehearsalError};

/// No request of AWS that the practice account knows is larger.
const LARGEST_BODY: usize = 8 * 1024 * 1024;
/// A shortage of descriptors or of memory passes when other connections end.
const SHORTAGE: Duration = Duration::from_millis(100);

/// Serves until `stop` finishes. A connection that cannot be accepted is no reason to end.
pub async fn serve(
    account: PracticeAccount,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) -> Result<(), RehearsalError> {
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return Ok(()),
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    tokio::spawn(converse(account.clone(), stream));
                }
                Err(error) if is_of_the_listener(&error) => return Err(RehearsalError::Serving(error)),
                Err(_) => tokio::time::sleep(SHORTAGE).await,
            }
        }
    }
}

/// Whether nothing can be accepted any more. All else is of one connection, or passes.
fn is_of_the_listener(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::BADF | Errno::FAULT | Errno::INVAL | Errno::NOTSOCK))
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
) -> Result<Response<Full<Bytes>>, io::Error> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, LARGEST_BODY).collect().await;
    let Ok(body) = body else { return Ok(too_large()) };
    let host = parts.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let request = MockRequest {
        method: parts.method.to_string(),
        uri: format!("http://{host}{path}"),
        headers: parts.headers,
        body: body.to_bytes(),
    };
    match account.travel(request).await {
        None => Err(io::ErrorKind::ConnectionReset.into()),
        Some(answer) => {
            let mut response = Response::builder().status(answer.status);
            if let Some(headers) = response.headers_mut() {
                headers.extend(answer.headers);
            }
            Ok(response.body(Full::new(answer.body)).unwrap_or_default())
        }
    }
}

fn too_large() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_one_connection_or_passes_does_not_end_the_service() {
        for passes in
            [Errno::CONNABORTED, Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM, Errno::PROTO]
        {
            assert!(!is_of_the_listener(&passes.into()), "{passes}");
        }
        for stays in [Errno::BADF, Errno::INVAL, Errno::NOTSOCK] {
            assert!(is_of_the_listener(&stays.into()), "{stays}");
        }
        assert!(!is_of_the_listener(&io::ErrorKind::ConnectionReset.into()));
    }
}
