//! A body on its way in: claimed byte by byte, and given up when it stalls.

use super::memory::{Claim, Trouble};
use axum::body::{Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use std::io::{Error, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

/// Bytes a second that a body must bring over its whole course, after the first silence that it may have; and that an answer must be read
/// with.
pub(super) const SLOWEST: u64 = 8 << 10;

/// A request's body, watched.
pub struct Guarded {
    inner: Incoming,
    claim: Claim,
    patience: Duration,
    started: Instant,
    latest: Instant,
    came: u64,
    /// Set once there was something to wait for.
    until: Option<Pin<Box<Sleep>>>,
}

impl Guarded {
    pub fn new(inner: Incoming, claim: Claim, patience: Duration) -> Self {
        let now = Instant::now();
        Self { inner, claim, patience, started: now, latest: now, came: 0, until: None }
    }
}

/// When a body is given up: it has brought nothing for `patience`, or less than it must on the whole.
fn given_up(started: Instant, latest: Instant, came: u64, patience: Duration) -> Instant {
    (latest + patience).min(started + patience + Duration::from_millis(came.saturating_mul(1_000) / SLOWEST))
}

impl HttpBody for Guarded {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        match Pin::new(&mut this.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                this.came += bytes as u64;
                this.latest = Instant::now();
                if this.claim.take(bytes) {
                    Poll::Ready(Some(Ok(frame)))
                } else {
                    Poll::Ready(Some(Err(ErrorKind::OutOfMemory.into())))
                }
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(Error::other(error)))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => {
                let at = given_up(this.started, this.latest, this.came, this.patience);
                let until = this.until.get_or_insert_with(|| Box::pin(sleep_until(at)));
                if until.deadline() != at {
                    until.as_mut().reset(at);
                }
                if until.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                this.claim.note(Trouble::Stalled);
                Poll::Ready(Some(Err(ErrorKind::TimedOut.into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_and_trickling_are_given_up() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let patience = Duration::from_secs(10);
        for (latest, came, until) in [(0, 0, 10), (3, 1_000_000, 13), (9, 1, 10), (60, 80 << 10, 20), (60, 800 << 10, 70)] {
            let given_up = given_up(start, at(latest), came, patience);
            assert!(given_up.duration_since(at(until)) < Duration::from_secs(1), "{latest} {came}: {given_up:?}");
            assert!(given_up >= at(until), "{latest} {came}: {given_up:?}");
        }
    }
}
