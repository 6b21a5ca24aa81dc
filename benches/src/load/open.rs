//! An open loop: requests are due at moments that do not ask how the server is doing, and their latency counts from then.

use crate::Plan;
use crate::client::Client;
use crate::seen::Seen;
use anyhow::Result;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc};
use tokio::task::spawn_local;

/// How long after the last one was due answers are waited for.
const DRAIN: Duration = Duration::from_secs(5);

/// SplitMix64 (Steele, Lea and Flood, 2014).
struct Random(u64);

impl Random {
    /// Uniform in (0, 1].
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((z ^ (z >> 31)) >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    /// The time to the next arrival of a Poisson process.
    fn gap(&mut self, rate: f64) -> Duration {
        Duration::from_secs_f64(-self.next().ln() / rate)
    }
}

/// Sends every due moment when it has come. A thread of its own: the runtime's timer is a millisecond coarse.
fn arrivals(rate: f64, seed: u64, start: Instant, end: Instant, due: mpsc::UnboundedSender<Instant>) {
    let mut random = Random(seed);
    let mut next = start + random.gap(rate);
    while next < end {
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
        if due.send(next).is_err() {
            return;
        }
        next += random.gap(rate);
    }
}

struct Waiting {
    due: RefCell<VecDeque<Instant>>,
    more: Notify,
    /// From when on it counts.
    start: Cell<Instant>,
    seen: RefCell<Seen>,
}

pub async fn run(plan: Rc<Plan>, rate: f64) -> Result<Seen> {
    let waiting = Rc::new(Waiting {
        due: RefCell::default(),
        more: Notify::new(),
        start: Cell::new(Instant::now()),
        seen: RefCell::default(),
    });
    let of = plan.options.connections;
    for index in 0..of {
        let (plan, waiting) = (plan.clone(), waiting.clone());
        let mut client = Client::connect(&plan, index, of).await.map_err(|failure| anyhow::anyhow!("{failure}"))?;
        spawn_local(async move {
            loop {
                let due = waiting.take().await;
                let outcome = client.exchange(&plan).await;
                if due < waiting.start.get() {
                    continue;
                }
                let mut seen = waiting.seen.borrow_mut();
                match outcome {
                    Ok(checked) => {
                        seen.answered(due);
                        if checked {
                            seen.checked();
                        }
                    }
                    Err(failure) => seen.failed(&failure),
                }
            }
        });
    }
    let begin = Instant::now();
    waiting.start.set(begin + plan.warm_up());
    let end = begin + plan.warm_up() + plan.seconds();
    let (sender, mut due) = mpsc::unbounded_channel();
    let seed = plan.options.seed;
    std::thread::spawn(move || arrivals(rate, seed, begin, end, sender));
    let mut meant = 0;
    while let Some(moment) = due.recv().await {
        meant += u64::from(moment >= waiting.start.get());
        waiting.due.borrow_mut().push_back(moment);
        waiting.more.notify_one();
    }
    let done = |seen: &Seen| seen.latencies.count() + seen.failures();
    while done(&waiting.seen.borrow()) < meant && end.elapsed() < DRAIN {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut seen = waiting.seen.take();
    let missing = meant.saturating_sub(done(&seen));
    if missing > 0 {
        seen.count(format!("not answered {} s after the end", DRAIN.as_secs()), missing);
    }
    seen.took = plan.seconds();
    Ok(seen)
}

impl Waiting {
    async fn take(&self) -> Instant {
        loop {
            if let Some(due) = self.due.borrow_mut().pop_front() {
                return due;
            }
            self.more.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_have_the_mean_and_the_spread_of_an_exponential() {
        let mut random = Random(7);
        let n = 200_000;
        let gaps: Vec<f64> = (0..n).map(|_| random.gap(1_000.0).as_secs_f64() * 1_000.0).collect();
        let mean = gaps.iter().sum::<f64>() / f64::from(n);
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / f64::from(n);
        // Five standard errors: of the mean 1/sqrt(n), of the variance sqrt(8/n).
        assert!((mean - 1.0).abs() < 5.0 / f64::from(n).sqrt() && (variance - 1.0).abs() < 5.0 * (8.0 / f64::from(n)).sqrt());
    }
}
