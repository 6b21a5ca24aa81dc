//! Long work of one request, beside the threads that answer the others: what takes a giant body apart would hold one of them for as long
//! as hundreds of small requests take.

use std::sync::LazyLock;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Semaphore;

/// Bytes from which taking apart, or putting together, is long work. Shorter work is done where it is: handing it over costs more.
pub const LARGE: usize = 256 << 10;
/// The same of a packed body, which may become a thousand times as long.
pub const LARGE_PACKED: usize = 4 << 10;

/// Giant bodies that are in work at once: half of the processors are left to everybody else.
static PLACES: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(1, |all| (all.get() / 2).max(1))));

/// Does the work: on this very thread where it is short, else when it has a place, with another thread going on in this one's stead.
pub async fn aside<T>(large: bool, work: impl FnOnce() -> T) -> T {
    if !large {
        return work();
    }
    // Never closed; without a place the work is done all the same.
    let _place = PLACES.acquire().await.ok();
    if Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread { tokio::task::block_in_place(work) } else { work() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn others_are_answered_meanwhile() {
        let started = Instant::now();
        let giants: Vec<_> =
            (0..2).map(|_| tokio::spawn(aside(true, || std::thread::sleep(Duration::from_millis(500))))).collect();
        tokio::time::sleep(Duration::from_millis(20)).await;
        for _ in 0..20 {
            tokio::spawn(async {}).await.expect("no panic");
        }
        assert!(started.elapsed() < Duration::from_millis(300), "{:?}", started.elapsed());
        for giant in giants {
            giant.await.expect("no panic");
        }
        assert!(started.elapsed() >= Duration::from_millis(500));
        assert_eq!(aside(false, || 7).await, 7);
    }
}
