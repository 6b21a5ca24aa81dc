//! What is still to be said of an answer when it has left the router: how long all of it took, and its record.

use super::predict::Prediction;
use super::router::Inner;
use crate::record::{Draft, Spent};
use std::sync::Arc;
use std::time::Instant;

/// Closed once, at the latest when it is dropped.
pub(super) struct Receipt {
    from: Instant,
    spent: Spent,
    kept: Option<(Arc<Inner>, Draft)>,
    open: bool,
}

impl Receipt {
    pub fn new(from: Instant, spent: Spent) -> Receipt {
        Receipt { from, spent, kept: None, open: true }
    }

    /// This record is sent when the receipt is closed, with the times of then.
    pub fn keep(&mut self, inner: Arc<Inner>, draft: Draft) {
        self.kept = Some((inner, draft));
    }

    pub fn close(&mut self) -> Spent {
        if std::mem::take(&mut self.open) {
            self.spent.total = self.from.elapsed();
        }
        if let Some((inner, mut draft)) = self.kept.take() {
            draft.spent = self.spent;
            inner.recorder.record(draft);
        }
        self.spent
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        self.close();
    }
}

impl std::fmt::Debug for Receipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receipt").field("spent", &self.spent).field("open", &self.open).finish_non_exhaustive()
    }
}

impl Prediction {
    /// The answer is encoded: sends its record, if there is to be one, and says where the time went. Dropping does the same. Later
    /// calls say the same again. A durable record was sent before the answer was given, so it lacks the time for encoding.
    pub fn close(&mut self) -> Spent {
        self.receipt.close()
    }
}
