//! A histogram without a lock: every answered request adds to several, on every core at once.

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counts of whole units (nanoseconds, rows) over doubling borders. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Buckets(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Upper borders as they are shown, and in units as they are compared.
    borders: Vec<(f64, u64)>,
    /// One more than there are borders.
    counts: Vec<AtomicU64>,
    /// In units.
    sum: AtomicU64,
    units: f64,
}

impl Buckets {
    /// `count` borders from `first`, doubling; a shown 1 is `units` units.
    fn new(first: f64, count: u32, units: f64) -> Self {
        let borders: Vec<(f64, u64)> = (0..count)
            .map(|i| first * f64::from(1_u32 << i))
            .map(|border| (border, (border * units).round() as u64))
            .collect();
        let counts = (0..=borders.len()).map(|_| AtomicU64::new(0)).collect();
        Buckets(Arc::new(Inner { borders, counts, sum: AtomicU64::new(0), units }))
    }

    /// Durations from 100 µs to about 13 s.
    pub fn seconds() -> Self {
        Self::new(0.000_1, 18, 1e9)
    }

    /// Rows from 1 to 4,096.
    pub fn rows() -> Self {
        Self::new(1.0, 13, 1.0)
    }

    pub fn observe(&self, units: u64) {
        let at = self.0.borders.partition_point(|(_, border)| *border < units);
        if let Some(count) = self.0.counts.get(at) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.0.sum.fetch_add(units, Ordering::Relaxed);
    }

    pub fn observe_time(&self, time: Duration) {
        self.observe(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Border and count of each bucket, the open one last.
    fn read(&self) -> Vec<(f64, u64)> {
        let borders = self.0.borders.iter().map(|(shown, _)| *shown).chain([f64::MAX]);
        borders.zip(self.0.counts.iter().map(|count| count.load(Ordering::Relaxed))).collect()
    }
}

impl EncodeMetric for Buckets {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), std::fmt::Error> {
        let buckets = self.read();
        // Added up from what is shown, so that the two agree while others count on.
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum = self.0.sum.load(Ordering::Relaxed) as f64 / self.0.units;
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

impl TypedMetric for Buckets {
    const TYPE: MetricType = MetricType::Histogram;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_border_belongs_to_its_bucket() {
        let buckets = Buckets::rows();
        for rows in [0, 1, 2, 3, 4, 4_096, 4_097] {
            buckets.observe(rows);
        }
        let counted: Vec<(f64, u64)> = buckets.read().into_iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(counted, [(1.0, 2), (2.0, 1), (4.0, 2), (4_096.0, 1), (f64::MAX, 1)]);
    }

    #[test]
    fn durations_are_shown_in_seconds() {
        let mut registry = prometheus_client::registry::Registry::default();
        let buckets = Buckets::seconds();
        registry.register("d", "A duration", buckets.clone());
        buckets.observe_time(Duration::from_micros(100));
        buckets.observe_time(Duration::from_millis(2_500));
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        for line in ["d_sum 2.5001", "d_count 2", "d_bucket{le=\"0.0001\"} 1", "d_bucket{le=\"3.2768\"} 2", "d_bucket{le=\"+Inf\"} 2"] {
            assert!(text.contains(line), "{line}: {text}");
        }
    }
}
