//! The edge: from connections to the router, with a bound on whatever a caller can make this process hold: connections, the time that a
//! request may take to come in and an answer to go out, and the bytes of all bodies together.

mod body;
mod memory;
mod patient;

pub use memory::{Claim, Memory};

use crate::oip::infer;
use crate::oip::refusal::Refusal;
use crate::shared::Shared;
use crate::web::refused::Refused;
use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use body::Guarded;
use contract::Problem;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use memory::Trouble;
use patient::Patient;
use std::convert::Infallible;
use std::io::{Error, ErrorKind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tower::ServiceExt;

/// Bytes that the head of a request may have.
const HEAD: usize = 64 << 10;
/// Connections past the bound that are told so at one time; those past that are closed without a word.
const TOLD: usize = 64;
/// How long being told so may take.
const TELLING: Duration = Duration::from_millis(500);
/// Pause after the system could not accept a connection: usually there are no file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// What callers may make this process hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub connections: usize,
    /// Bytes of one body that a handler may keep, and of all bodies together.
    pub body: usize,
    pub body_memory: usize,
    /// The first request's head must be whole within it; so long may a body bring nothing, and an answer find no reader.
    pub patience: Duration,
    /// From an answer to the whole head of the next request on the same connection.
    pub idle: Duration,
}

/// What the connections of one server share; one count is all that a request pays for it.
struct Common {
    shared: Shared,
    router: Router,
    limits: Limits,
    memory: Arc<Memory>,
    closing: watch::Receiver<bool>,
}

/// Answers until `stop` is done; then lets nobody in and returns when every request that was let in has its answer.
pub async fn serve(listener: TcpListener, shared: Shared, router: Router, limits: Limits, stop: impl Future<Output = ()>) {
    let (close, closing) = watch::channel(false);
    let common = Arc::new(Common { shared, router, limits, memory: Arc::new(Memory::new(limits.body_memory)), closing });
    let (places, telling) = (Arc::new(Semaphore::new(limits.connections)), Arc::new(Semaphore::new(TOLD)));
    let mut open = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(_) = open.join_next(), if !open.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%error, "a connection keeps its small packets back");
                    }
                    if let Ok(place) = places.clone().try_acquire_owned() {
                        open.spawn(connection(stream, common.clone(), place));
                    } else if let Ok(place) = telling.clone().try_acquire_owned() {
                        open.spawn(turn_away(stream, place));
                    }
                }
                Err(error) if of_the_caller(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "no connection can be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    // An error means that no connection is open.
    let _ = close.send(true);
    while open.join_next().await.is_some() {}
}

/// The caller was gone before it was let in.
fn of_the_caller(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset)
}

async fn connection(stream: TcpStream, common: Arc<Common>, _place: OwnedSemaphorePermit) {
    let Limits { patience, idle, .. } = common.limits;
    let mut closing = common.closing.clone();
    let asked = Arc::new(AtomicBool::new(false));
    let service = service_fn({
        let asked = asked.clone();
        move |request: hyper::Request<Incoming>| {
            asked.store(true, Ordering::Relaxed);
            answer(request, common.clone())
        }
    });
    let io = TokioIo::new(Patient::new(stream, patience));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(idle).max_buf_size(HEAD);
    let mut talk = pin!(http.serve_connection(io, service));
    let mut first = pin!(tokio::time::sleep(patience));
    let (mut waiting, mut told) = (true, false);
    loop {
        tokio::select! {
            biased;
            ended = &mut talk => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended badly");
                }
                return;
            }
            () = &mut first, if waiting => {
                waiting = false;
                if !asked.load(Ordering::Relaxed) {
                    tracing::debug!("a connection is closed: its first request did not come in time");
                    return;
                }
            }
            _ = closing.wait_for(|closing| *closing), if !told => {
                told = true;
                talk.as_mut().graceful_shutdown();
            }
        }
    }
}

/// Says that there is no place, to whoever listens for a moment.
async fn turn_away(mut stream: TcpStream, _place: OwnedSemaphorePermit) {
    let words = b"{\"error\":\"too many connections; try again in 1 s\"}";
    let head = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        words.len()
    );
    let telling = async {
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(words).await?;
        stream.shutdown().await?;
        // What was sent is read, because closing over unread bytes takes the answer away from the caller.
        let mut unread = [0; 4_096];
        while stream.read(&mut unread).await? > 0 {}
        Ok::<(), Error>(())
    };
    // Whatever goes wrong with it: the caller is gone.
    let _ = tokio::time::timeout(TELLING, telling).await;
}

/// One request: its body is watched on the way in, and what was wrong with that is the answer, whatever the handler made of it.
async fn answer(request: hyper::Request<Incoming>, common: Arc<Common>) -> Result<Response, Infallible> {
    if request.body().is_end_stream() {
        return common.router.clone().oneshot(request.map(Body::new)).await;
    }
    let claim = Claim::new(common.memory.clone(), common.limits.body);
    let protocol = request.uri().path().starts_with("/v2");
    let request = request.map(|body| Guarded::new(body, claim.clone(), common.limits.patience));
    let response = if let Some(name) = infer::direct(request.uri(), request.method()) {
        let name = name.to_owned();
        let (head, body) = request.into_parts();
        Ok(infer::infer_directly(&common.shared, name, &head.headers, &claim, body).await)
    } else {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(claim.clone());
        common.router.clone().oneshot(request).await
    };
    match claim.trouble() {
        None => response,
        Some(trouble) => Ok(refuse(trouble, protocol)),
    }
}

fn refuse(trouble: Trouble, protocol: bool) -> Response {
    let mut response = match (trouble, protocol) {
        (Trouble::Full, true) => {
            Refusal::later("too many bytes of other requests are being read; try again in 1 s", 1).into_response()
        }
        (Trouble::Full, false) => {
            Refused(Problem::later("Too many bytes of other requests are being read; try again in 1 s.", 1)).into_response()
        }
        (Trouble::Stalled, true) => Refusal::new(408, "the body came too slowly and was not waited for").into_response(),
        (Trouble::Stalled, false) => {
            let mut response = Refused(Problem::invalid("The body came too slowly and was not waited for.")).into_response();
            *response.status_mut() = axum::http::StatusCode::REQUEST_TIMEOUT;
            response
        }
    };
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
