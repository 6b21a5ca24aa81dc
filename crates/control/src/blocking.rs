//! Work that computes or blocks, off the async threads.

use crate::Outcome;
use contract::Problem;

/// Runs `work` on a thread that may block. A panic in it is our fault, and said to be.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Outcome<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "a computation panicked");
        Problem::internal("A computation failed. Nothing was changed.")
    })
}
