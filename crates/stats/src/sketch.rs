//! Latency quantiles in a few hundred bytes that merge exactly.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Relative error of every quantile.
pub const ERROR: f64 = 0.01;
/// Latencies up to this many milliseconds (a nanosecond) count as zero.
const ZERO_MS: f64 = 1e-6;
/// Latencies beyond this many milliseconds (about 31 years) count as this much.
const LONGEST_MS: f64 = 1e12;

/// A DDSketch (Masson, Rim and Lee, “DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees”,
/// PVLDB 12(12), 2019) for latencies in milliseconds: buckets whose borders grow by `γ = (1 + α)/(1 − α)`, `α` = [`ERROR`].
/// A bucket answers with `2γ^i/(γ + 1)`, which is within `α` of everything in it, so any quantile is within 1 % of the
/// value of that rank. Two sketches merge by adding bucket counts, so any split over replicas, in any order, gives the
/// same sketch to the bit. Nothing is collapsed: at most some 2,000 buckets; usual traffic uses under a hundred.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LatencySketch {
    /// Counts by bucket: bucket `i` holds `(γ^(i−1), γ^i]`.
    #[serde(rename = "b", default, skip_serializing_if = "BTreeMap::is_empty")]
    buckets: BTreeMap<i32, u64>,
    #[serde(rename = "z", default)]
    zeros: u64,
    #[serde(rename = "n")]
    count: u64,
    /// Whole nanoseconds: integers add up the same in any order.
    #[serde(rename = "s")]
    sum_ns: u64,
    #[serde(rename = "m")]
    max_ns: u64,
}

impl LatencySketch {
    /// Counts one latency in milliseconds. Negative and non-finite values are no latencies and are left out.
    pub fn record(&mut self, ms: f64) {
        if !ms.is_finite() || ms < 0.0 {
            return;
        }
        let ms = ms.min(LONGEST_MS);
        if ms <= ZERO_MS {
            self.zeros += 1;
        } else {
            *self.buckets.entry(bucket(ms)).or_default() += 1;
        }
        let nanoseconds = (ms * 1e6).round() as u64;
        self.count += 1;
        self.sum_ns = self.sum_ns.saturating_add(nanoseconds);
        self.max_ns = self.max_ns.max(nanoseconds);
    }

    /// Adds everything that another sketch has counted.
    pub fn merge(&mut self, other: &Self) {
        for (&bucket, &count) in &other.buckets {
            *self.buckets.entry(bucket).or_default() += count;
        }
        self.zeros += other.zeros;
        self.count += other.count;
        self.sum_ns = self.sum_ns.saturating_add(other.sum_ns);
        self.max_ns = self.max_ns.max(other.max_ns);
    }

    /// The latency, in milliseconds, that a share `q` of the requests does not exceed (the value of rank
    /// `⌊q (n − 1)⌋`), within 1 %. `None` without requests.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        if self.count == 0 {
            return None;
        }
        let rank = (q.clamp(0.0, 1.0) * (self.count - 1) as f64) as u64;
        let mut below = self.zeros;
        if rank < below {
            return Some(0.0);
        }
        for (&bucket, &count) in &self.buckets {
            below += count;
            if rank < below {
                return Some(middle(bucket).min(self.max_ns as f64 / 1e6));
            }
        }
        self.max()
    }

    /// Requests that took longer than `ms` milliseconds; those within 1 % of it may count on either side. Compare
    /// arms by this count (a rate) rather than by their p99: rates have exact sequential tests.
    pub fn count_above(&self, ms: f64) -> u64 {
        if ms.is_nan() || ms <= ZERO_MS {
            return self.count - if ms >= 0.0 { self.zeros } else { 0 };
        }
        self.buckets.range(bucket(ms.min(LONGEST_MS)) + 1..).map(|(_, count)| count).sum()
    }

    /// Requests counted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Sum of the latencies in milliseconds, from whole nanoseconds.
    pub fn sum(&self) -> f64 {
        self.sum_ns as f64 / 1e6
    }

    /// Mean latency in milliseconds; `None` without requests.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum() / self.count as f64)
    }

    /// The longest latency in milliseconds, to the nanosecond; `None` without requests.
    pub fn max(&self) -> Option<f64> {
        (self.count > 0).then_some(self.max_ns as f64 / 1e6)
    }

    /// Upper borders in milliseconds and counts of the non-empty buckets, ascending, zeros first: for histograms.
    pub fn buckets(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        let zeros = (self.zeros > 0).then_some((ZERO_MS, self.zeros));
        zeros.into_iter().chain(self.buckets.iter().map(|(&i, &count)| ((f64::from(i) * log_gamma()).exp(), count)))
    }
}

fn log_gamma() -> f64 {
    ((1.0 + ERROR) / (1.0 - ERROR)).ln()
}

fn bucket(ms: f64) -> i32 {
    (ms.ln() / log_gamma()).ceil() as i32
}

/// The value with the least relative error for everything in the bucket.
fn middle(bucket: i32) -> f64 {
    let gamma = (1.0 + ERROR) / (1.0 - ERROR);
    2.0 * (f64::from(bucket) * log_gamma()).exp() / (gamma + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sketch(values: &[f64]) -> LatencySketch {
        let mut sketch = LatencySketch::default();
        values.iter().for_each(|&x| sketch.record(x));
        sketch
    }

    fn latency() -> impl Strategy<Value = f64> {
        prop_oneof![1e-3f64..1.0, 1.0f64..100.0, 100.0f64..1e5, Just(0.0)]
    }

    proptest! {
        #[test]
        fn quantiles_are_within_one_percent(mut values in prop::collection::vec(latency(), 1..500), q in 0.0f64..=1.0) {
            let sketch = sketch(&values);
            values.sort_unstable_by(f64::total_cmp);
            let exact = values[(q * (values.len() - 1) as f64) as usize];
            let found = sketch.quantile(q).unwrap();
            prop_assert!((found - exact).abs() <= exact * 0.010_001 + 1e-6, "{found} for {exact}");
            prop_assert!((sketch.sum() - values.iter().sum::<f64>()).abs() <= 1e-6 * values.len() as f64);
            let above = sketch.count_above(50.0) as usize;
            let strictly = |limit: f64| values.iter().filter(|x| **x > limit).count();
            prop_assert!((strictly(51.01)..=strictly(48.99)).contains(&above));
        }

        #[test]
        fn any_split_is_the_same_sketch(
            a in prop::collection::vec(latency(), 0..200),
            b in prop::collection::vec(latency(), 0..200),
        ) {
            let whole = sketch(&[b.clone(), a.clone()].concat());
            let mut merged = sketch(&a);
            merged.merge(&sketch(&b));
            prop_assert_eq!(&merged, &whole);
            let json = serde_json::to_string(&whole).unwrap();
            prop_assert_eq!(serde_json::from_str::<LatencySketch>(&json).unwrap(), whole);
        }
    }

    #[test]
    fn nothing_and_nonsense() {
        let sketch = sketch(&[f64::NAN, -1.0, f64::INFINITY]);
        assert_eq!((sketch.count(), sketch.quantile(0.5), sketch.max(), sketch.mean()), (0, None, None, None));
    }

    #[test]
    fn a_realistic_hour_is_small() {
        let mut rng = crate::rng::SplitMix64::new(1);
        let sketch = sketch(&(0..100_000).map(|_| (rng.normal() * 0.5 + 1.0).exp()).collect::<Vec<_>>());
        let json = serde_json::to_string(&sketch).unwrap();
        assert!(json.len() < 3500, "{}", json.len());
        assert_eq!(sketch.buckets().map(|b| b.1).sum::<u64>(), 100_000);
    }
}
