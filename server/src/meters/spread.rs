//! A histogram that many threads add to without a lock.

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper borders in nanoseconds: from 25 µs to about 13 s, doubling.
const TIMES: [u64; 20] = doubling(25_000);
/// Upper borders in rows: from 1 to 4,096, doubling.
const ROWS: [u64; 13] = doubling(1);

const fn doubling<const N: usize>(first: u64) -> [u64; N] {
    let mut borders = [first; N];
    let mut i = 1;
    while i < N {
        borders[i] = borders[i - 1] * 2;
        i += 1;
    }
    borders
}

/// Counts by bucket, and the sum. Whole numbers: nanoseconds or rows. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Spread(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    borders: &'static [u64],
    /// How many of what is counted make one of what is shown.
    scale: f64,
    /// One more than borders: what is above the last.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

impl Spread {
    /// Of durations, shown in seconds.
    pub fn of_times() -> Self {
        Self::new(&TIMES, 1e9)
    }

    pub fn of_rows() -> Self {
        Self::new(&ROWS, 1.0)
    }

    fn new(borders: &'static [u64], scale: f64) -> Self {
        let counts = (0..=borders.len()).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Inner { borders, scale, counts, sum: AtomicU64::new(0) }))
    }

    pub fn observe_time(&self, time: Duration) {
        self.observe(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    pub fn observe(&self, value: u64) {
        let at = self.0.borders.partition_point(|border| *border < value);
        if let Some(count) = self.0.counts.get(at) {
            count.fetch_add(1, Ordering::Relaxed);
            self.0.sum.fetch_add(value, Ordering::Relaxed);
        }
    }
}

impl TypedMetric for Spread {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Spread {
    fn encode(&self, mut encoder: MetricEncoder) -> Result<(), std::fmt::Error> {
        let Inner { borders, scale, counts, sum } = &*self.0;
        let borders = borders.iter().map(|border| *border as f64 / scale).chain([f64::MAX]);
        let buckets: Vec<(f64, u64)> = borders.zip(counts.iter().map(|count| count.load(Ordering::Relaxed))).collect();
        // Added up from the buckets, so that a reader who comes in between never sees them disagree.
        let count = buckets.iter().map(|(_, count)| count).sum();
        encoder.encode_histogram::<NoLabelSet>(sum.load(Ordering::Relaxed) as f64 / scale, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;

    #[test]
    fn values_fall_at_or_below_their_border() {
        let spread = Spread::of_times();
        for us in [1, 25, 26, 50, 60_000_000] {
            spread.observe_time(Duration::from_micros(us));
        }
        let mut registry = Registry::default();
        registry.register("t", "T", spread);
        let mut text = String::new();
        encode(&mut text, &registry).expect("a string takes everything");
        for line in [
            "t_count 5",
            "t_sum 60.000102",
            "t_bucket{le=\"0.000025\"} 2",
            "t_bucket{le=\"0.00005\"} 4",
            "t_bucket{le=\"0.0001\"} 4",
            "t_bucket{le=\"13.1072\"} 4",
            "t_bucket{le=\"+Inf\"} 5",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
        assert_eq!((ROWS[0], ROWS[12]), (1, 4_096));
    }

    #[test]
    fn threads_lose_nothing() {
        let spread = Spread::of_rows();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|i| spread.observe(i % 9)));
            }
        });
        let counts: u64 = spread.0.counts.iter().map(|count| count.load(Ordering::Relaxed)).sum();
        assert_eq!(counts, 40_000);
    }
}
