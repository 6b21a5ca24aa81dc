//! A connection whose other end reads: a write that finds no reader for too long ends it.

use super::body::SLOWEST;
use std::future::Future;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

pub struct Patient<S> {
    inner: S,
    patience: Duration,
    /// What is left of it: waiting uses it up, and each byte that is taken gives a little back.
    left: Duration,
    /// Set while a write waits: since when, and until when.
    waits: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl<S> Patient<S> {
    pub fn new(inner: S, patience: Duration) -> Self {
        Self { inner, patience, left: patience, waits: None }
    }

    /// A reader that takes a byte now and then is as slow as one that takes none: on the whole it must take [`SLOWEST`] bytes a second of
    /// the time that writes wait for it. Time in which there is nothing to write does not count.
    fn wrote(&mut self, cx: &mut Context<'_>, wrote: Poll<Result<usize>>) -> Poll<Result<usize>> {
        match &wrote {
            Poll::Ready(Ok(bytes)) => {
                if let Some((since, _)) = self.waits.take() {
                    self.left = self.left.saturating_sub(since.elapsed());
                }
                if self.left < self.patience {
                    let back = Duration::from_millis((*bytes as u64).saturating_mul(1_000) / SLOWEST);
                    self.left = self.left.saturating_add(back).min(self.patience);
                }
                wrote
            }
            Poll::Ready(Err(_)) => wrote,
            Poll::Pending => {
                let left = self.left;
                let (_, until) = self.waits.get_or_insert_with(|| (Instant::now(), Box::pin(sleep(left))));
                match until.as_mut().poll(cx) {
                    Poll::Pending => Poll::Pending,
                    Poll::Ready(()) => Poll::Ready(Err(Error::new(ErrorKind::TimedOut, "nobody reads the answer"))),
                }
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let wrote = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.wrote(cx, wrote)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, parts: &[IoSlice<'_>]) -> Poll<Result<usize>> {
        let wrote = Pin::new(&mut self.inner).poll_write_vectored(cx, parts);
        self.wrote(cx, wrote)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    /// Writes `bytes` to one who takes `at_once` of them every `every`; whether all were taken.
    async fn written(bytes: usize, at_once: usize, every: Duration) -> Result<()> {
        let (near, mut far) = duplex(256);
        let reader = tokio::spawn(async move {
            let mut some = vec![0; at_once];
            while far.read(&mut some).await.is_ok_and(|n| n > 0) {
                tokio::time::sleep(every).await;
            }
        });
        let mut writer = Patient::new(near, Duration::from_millis(400));
        let written = writer.write_all(&vec![7; bytes]).await;
        drop(writer);
        reader.abort();
        written
    }

    #[tokio::test]
    async fn whoever_reads_is_waited_for_and_whoever_trickles_is_not() {
        assert!(written(16 << 10, 256, Duration::from_millis(8)).await.is_ok(), "32 KiB a second");
        let started = Instant::now();
        let slow = written(16 << 10, 1, Duration::from_millis(50)).await.expect_err("a byte now and then");
        assert_eq!(slow.kind(), ErrorKind::TimedOut);
        assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    }
}
