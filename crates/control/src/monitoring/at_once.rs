//! Where short records are counted: on the thread that answered, each thread in a part of its own. The writer collects the parts at each
//! flush.

use super::pending::Pending;
use crate::deployments::Book;
use serving::{KeepAtOnce, Record};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Values of a record that are counted while its caller waits for the thread, about ten microseconds of work; longer ones go to the writer.
const VALUES: usize = 256;
/// Memory of records that may be held between two flushes, all parts together, bytes. What comes beyond goes to the writer, whose channel is
/// bounded and says what it drops.
const HELD: usize = 256 << 20;

/// One part for each processor: two threads share one only where there are more threads than that.
pub struct Parts {
    book: Arc<Book>,
    parts: Vec<Mutex<Pending>>,
}

static THREADS: AtomicUsize = AtomicUsize::new(0);
thread_local! {
    static OWN: usize = THREADS.fetch_add(1, Ordering::Relaxed);
}

impl Parts {
    pub fn new(book: Arc<Book>) -> Self {
        let n = std::thread::available_parallelism().map_or(1, usize::from);
        Self { book, parts: (0..n).map(|_| Mutex::new(Pending::one_of(n))).collect() }
    }

    /// What was counted since the last call, part by part; each goes on with an empty one.
    pub fn collect(&self) -> Vec<Pending> {
        self.parts.iter().map(|part| lock(part).hand_over()).filter(|part| !part.is_empty()).collect()
    }
}

fn lock(part: &Mutex<Pending>) -> MutexGuard<'_, Pending> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

impl KeepAtOnce for Parts {
    fn keep(&self, record: Record) -> Result<(), Box<Record>> {
        let values = record.rows * record.served.contract.features.len();
        let own = OWN.with(|own| *own) % self.parts.len().max(1);
        match self.parts.get(own) {
            Some(part) if values <= VALUES => {
                let mut part = lock(part);
                if part.held() > HELD / self.parts.len() {
                    return Err(Box::new(record));
                }
                part.take(&self.book, record);
                Ok(())
            }
            _ => Err(Box::new(record)),
        }
    }
}
