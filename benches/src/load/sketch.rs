//! Latencies in buckets that are 1/64 of their value wide: a percentile is right to 0.8 %, whatever its size.

/// Buckets for each doubling.
const FINE: u64 = 64;
const BITS: u32 = FINE.ilog2();

#[derive(Clone, Debug, Default)]
pub struct Sketch {
    buckets: Vec<u64>,
    count: u64,
    sum: u64,
    max: u64,
}

fn bucket(ns: u64) -> usize {
    let shift = ns.max(1).ilog2().saturating_sub(BITS);
    (u64::from(shift) * FINE + (ns >> shift)) as usize
}

/// The middle of a bucket.
fn value(bucket: usize) -> f64 {
    let bucket = bucket as u64;
    if bucket < 2 * FINE {
        return bucket as f64;
    }
    let shift = bucket / FINE - 1;
    let from = (bucket - shift * FINE) << shift;
    from as f64 + ((1_u64 << shift) - 1) as f64 / 2.0
}

impl Sketch {
    pub fn record(&mut self, ns: u64) {
        let at = bucket(ns);
        if at >= self.buckets.len() {
            self.buckets.resize(at + 1, 0);
        }
        self.buckets[at] += 1;
        self.count += 1;
        self.sum += ns;
        self.max = self.max.max(ns);
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    pub fn mean_ms(&self) -> f64 {
        self.sum as f64 / self.count.max(1) as f64 / 1e6
    }

    pub fn max_ms(&self) -> f64 {
        self.max as f64 / 1e6
    }

    /// The smallest latency that a share `q` of all does not exceed, milliseconds; 0 for an empty sketch.
    pub fn quantile_ms(&self, q: f64) -> f64 {
        let rank = (q * self.count as f64).ceil().max(1.0) as u64;
        let mut below = 0;
        for (at, n) in self.buckets.iter().enumerate() {
            below += n;
            if below >= rank {
                return value(at) / 1e6;
            }
        }
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_what_it_says() {
        for ns in (0..200).chain([1_000, 12_345, 999_999, 1 << 40, u64::MAX / 3]) {
            let got = value(bucket(ns));
            assert!((got - ns as f64).abs() <= ns as f64 / 100.0, "{ns}: {got}");
        }
        assert!((0..100_000_u64).all(|ns| bucket(ns + 1) == bucket(ns) || bucket(ns + 1) == bucket(ns) + 1), "without gaps");
    }

    #[test]
    fn quantiles_of_the_first_numbers() {
        let mut sketch = Sketch::default();
        (1..=1_000_u64).for_each(|ms| sketch.record(ms * 1_000_000));
        for (q, ms) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1_000.0)] {
            assert!((sketch.quantile_ms(q) / ms - 1.0).abs() < 0.01, "{q}");
        }
        assert_eq!(Sketch::default().quantile_ms(0.5), 0.0);
    }
}
