//! Answers that are kept for inputs that come again: bounded in bytes, one cache per deployment, gone with its stable version.
//!
//! What is older than its time to live is not given any more as long as the model answers, but stays as long as there is
//! room: it is what [`contract::deployment::Fallback::Cache`] answers with.

mod key;
mod shard;

pub use key::{Key, key};

use crate::model::Named;
use contract::deployment::CacheSettings;
use shard::Shard;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Most shards, each with a lock of its own.
const SHARDS: usize = 16;
/// A shard has room for this many bytes at least, so that a small cache does not refuse what would fit into it.
const SHARD_BYTES: usize = 1 << 20;

/// A kept answer.
#[derive(Clone, Debug)]
pub struct Kept {
    pub outputs: Arc<Named>,
    /// Since the model gave it.
    pub age: Duration,
}

pub struct Cache {
    ttl: Duration,
    shards: Vec<Mutex<Shard>>,
}

impl Cache {
    pub fn new(settings: CacheSettings) -> Cache {
        let bytes = usize::try_from(settings.max_bytes).unwrap_or(usize::MAX);
        let shards = (bytes / SHARD_BYTES).clamp(1, SHARDS);
        Cache {
            ttl: Duration::from_millis(settings.ttl_ms),
            shards: (0..shards).map(|_| Mutex::new(Shard::new(bytes / shards))).collect(),
        }
    }

    /// An answer that may be given instead of asking the model.
    pub fn fresh(&self, key: &Key, now: Instant) -> Option<Kept> {
        self.shard(key).get(key, now).filter(|kept| kept.age < self.ttl)
    }

    /// The last answer that is kept, however old.
    pub fn any(&self, key: &Key, now: Instant) -> Option<Kept> {
        self.shard(key).get(key, now)
    }

    /// Keeps an answer, unless it alone is larger than a shard.
    pub fn keep(&self, key: Key, outputs: Arc<Named>, now: Instant) {
        self.shard(&key).put(key, outputs, now);
    }

    /// Kept answers, and the bytes that they take.
    pub fn size(&self) -> (usize, usize) {
        self.shards
            .iter()
            .map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).size())
            .fold((0, 0), |sum, size| (sum.0 + size.0, sum.1 + size.1))
    }

    fn shard(&self, key: &Key) -> std::sync::MutexGuard<'_, Shard> {
        let at = usize::from(key.0[0]) % self.shards.len();
        self.shards[at].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").field("ttl", &self.ttl).field("shards", &self.shards.len()).finish_non_exhaustive()
    }
}
