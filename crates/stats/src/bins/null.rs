//! How large the distance of a window gets when nothing has changed: a table made once, from the reference's own rows.

use serde::{Deserialize, Serialize};

use crate::is_positive;
use crate::rng::SplitMix64;

/// Window sizes that are simulated; between them the table interpolates in ln n, beyond them the square-root law holds.
const SIZES: [u64; 4] = [16, 64, 256, 1024];
/// Windows drawn per size.
const REPLICATES: usize = 500;
/// Fixed, so that the same rows always give the same baseline.
const SEED: u64 = 0x5117_5117;

/// Distribution of `√n · W/std` over windows of n rows drawn from the reference itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct NullTable {
    levels: Vec<Level>,
    /// Factor by which real unchanged windows (hours, days) vary more than random rows; 1 until calibrated.
    inflation: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Level {
    n: u64,
    median: f64,
    /// 90th percentile.
    p90: f64,
    /// Mean excess over the 90th percentile, one standard error up: the scale of the tail used beyond it.
    excess: f64,
    #[serde(default)]
    bend: f64,
}

/// How much faster than an exponential the tail falls, `exp(−u − bend·u²)`: as a normal variable's where the simulated
/// excess is as small as a normal one's (0.25 of the percentile, 0.29 with the standard error on top) and the skewness of
/// a mean of n rows is small too; not at all otherwise. Checked by simulation down to p = 1e-5.
fn bend(p90: f64, excess: f64, skewness: f64, n: u64) -> f64 {
    if !is_positive(p90) {
        // Nine windows in ten had no distance at all: there is no tail to bend.
        return 0.0;
    }
    let light = ((0.42 - excess / p90) / 0.08).clamp(0.0, 1.0);
    let even = ((0.2 - skewness.abs() / (n as f64).sqrt()) / 0.12).clamp(0.0, 1.0);
    0.04 * light * even
}

impl NullTable {
    /// Simulates. `distance(positions)` gives W/std of a window that consists of the reference rows at `positions`;
    /// `skewness` is that of the rows.
    pub(crate) fn simulate(rows: usize, skewness: f64, mut distance: impl FnMut(&[usize]) -> f64) -> Self {
        if rows == 0 {
            return Self::default();
        }
        let mut rng = SplitMix64::new(SEED);
        let mut positions = Vec::new();
        let levels = SIZES.map(|n| {
            let mut scaled: Vec<f64> = (0..REPLICATES)
                .map(|_| {
                    positions.clear();
                    positions.extend((0..n).map(|_| rng.below(rows as u64) as usize));
                    distance(&positions) * (n as f64).sqrt()
                })
                .collect();
            scaled.sort_unstable_by(f64::total_cmp);
            let p90 = scaled[REPLICATES * 9 / 10];
            let tail = &scaled[REPLICATES * 9 / 10..];
            let excess = tail.iter().map(|z| z - p90).sum::<f64>() / tail.len() as f64;
            // One standard error up: the table is itself a sample, and a false alarm costs more than a few rows.
            let excess = excess * (1.0 + 1.0 / (tail.len() as f64).sqrt());
            Level { n, median: scaled[REPLICATES / 2], p90, excess, bend: bend(p90, excess, skewness, n) }
        });
        Self { levels: levels.to_vec(), inflation: 1.0 }
    }

    /// Raises the null so that unchanged real windows fit under it: `distances` are `(n, W/std)` of clean windows of the
    /// past. The factor is the ratio of their scaled distances to the simulated ones, at the median or at the 90th
    /// percentile, whichever is larger, and at least 1. Fewer than ten windows change nothing.
    pub(super) fn calibrate(&mut self, reference: u64, distances: &[(u64, f64)]) {
        let ratio_to = |against: fn(&Level) -> f64, share: f64| {
            let mut ratios: Vec<f64> = distances
                .iter()
                .filter_map(|&(n, d)| Some(d * effective(n, reference)?.sqrt() / against(&self.level(n)?)))
                .filter(|ratio| ratio.is_finite())
                .collect();
            ratios.sort_unstable_by(f64::total_cmp);
            if ratios.len() < 10 { 1.0 } else { ratios[(ratios.len() as f64 * share) as usize] }
        };
        self.inflation = ratio_to(|l| l.median, 0.5).max(ratio_to(|l| l.p90, 0.9)).max(1.0);
    }

    /// Probability of a distance of at least `distance` in a window of `n` rows when nothing has changed, against a
    /// reference of `reference` rows (`1/n + 1/reference` is the variance). 1 when nothing is known.
    pub(crate) fn p_value(&self, distance: f64, n: u64, reference: u64) -> f64 {
        let (Some(level), Some(effective)) = (self.level(n), effective(n, reference)) else { return 1.0 };
        if !is_positive(distance) {
            return 1.0;
        }
        let z = distance * effective.sqrt() / self.inflation;
        if z <= level.median {
            1.0 - 0.5 * z / level.median
        } else if z <= level.p90 {
            0.5 * 0.2f64.powf((z - level.median) / (level.p90 - level.median))
        } else {
            let u = (z - level.p90) / level.excess;
            0.1 * (-u - level.bend * u * u).exp()
        }
    }

    /// The distance that chance alone exceeds with probability `alpha` at `n` rows.
    pub(crate) fn quantile(&self, alpha: f64, n: u64, reference: u64) -> Option<f64> {
        let (level, effective) = (self.level(n)?, effective(n, reference)?);
        let z = if alpha >= 0.5 {
            (1.0 - alpha) * 2.0 * level.median
        } else if alpha >= 0.1 {
            level.median + (level.p90 - level.median) * (alpha / 0.5).ln() / 0.2f64.ln()
        } else {
            let (depth, bend) = (-(alpha / 0.1).ln(), level.bend);
            let u = if bend > 0.0 { ((1.0 + 4.0 * bend * depth).sqrt() - 1.0) / (2.0 * bend) } else { depth };
            level.p90 + level.excess * u
        };
        Some(z * self.inflation / effective.sqrt())
    }

    /// Fewest rows at which a distance of `threshold` is told from chance at `alpha`; `None` when no number of rows
    /// suffices, because the reference itself is too small.
    pub(crate) fn rows_for(&self, threshold: f64, alpha: f64, reference: u64) -> Option<u64> {
        let enough = |n: u64| self.quantile(alpha, n, reference).is_some_and(|q| q <= threshold);
        let (mut low, mut high) = (1u64, 1u64 << 40);
        if !enough(high) {
            return None;
        }
        while low < high {
            let middle = low + (high - low) / 2;
            if enough(middle) { high = middle } else { low = middle + 1 }
        }
        Some(low)
    }

    fn level(&self, n: u64) -> Option<Level> {
        let (first, last) = (self.levels.first()?, self.levels.last()?);
        if n <= first.n {
            return Some(*first);
        }
        let Some(upper) = self.levels.iter().position(|l| l.n >= n) else { return Some(*last) };
        let (a, b) = (self.levels[upper - 1], self.levels[upper]);
        let t = (n as f64 / a.n as f64).ln() / (b.n as f64 / a.n as f64).ln();
        let mix = |x: f64, y: f64| x + (y - x) * t;
        Some(Level {
            n,
            median: mix(a.median, b.median),
            p90: mix(a.p90, b.p90),
            excess: mix(a.excess, b.excess),
            bend: mix(a.bend, b.bend),
        })
    }
}

/// Rows of a one-sample comparison with the same variance: `n·m / (n + m)`.
fn effective(n: u64, m: u64) -> Option<f64> {
    (n > 0 && m > 0).then(|| n as f64 * m as f64 / (n as f64 + m as f64))
}
