//! By how much shares differ between stretches in truth, beyond what random rows would make them differ.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{Shape, Stretch};
use crate::evidence::normal_quantile;

/// Standard errors that an excess over chance must reach before it is taken for real, and from which it counts as certain.
const NOTICED: f64 = 0.8;
const CERTAIN: f64 = 2.5;

/// A stretch and the rows that it is compared with, which do not include it.
pub(super) struct Pair {
    pub seen: Stretch,
    pub others: Stretch,
}

/// Dispersions: the true variance of a share between stretches, over `p(1 − p)`. One per edge, cell and group, one for the
/// share of missing values and one for the share of new values.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Dispersion {
    pub edges: Vec<f64>,
    pub cells: Vec<f64>,
    pub groups: Vec<f64>,
    pub missing: f64,
    pub new: f64,
    /// Share of new values in stretches held back: rows, of rows.
    pub novelty: (u64, u64),
}

impl Dispersion {
    /// Method of moments over the pairs: `(mean of r²/chance − 1) · mean of chance/v`, where `r` is the difference of the
    /// shares, `v = p(1 − p)` and `chance = v (1/n + 1/m)`. An excess within chance counts as none; one that is certain is
    /// widened so that the normal quantile at `alpha` reaches as far as Student's, since few stretches know their own
    /// variance badly.
    pub fn of(shape: &Shape, pairs: &[Pair], alpha: f64) -> Self {
        let cells = pairs.first().map_or(0, |pair| pair.others.counts.len());
        let caution = caution(pairs.len(), alpha);
        let running = |counts: &[u64]| -> Vec<u64> {
            counts[..counts.len().saturating_sub(1)]
                .iter()
                .scan(0, |sum, count| {
                    *sum += count;
                    Some(*sum)
                })
                .collect()
        };
        let all = |counts: &[u64]| counts.to_vec();
        let edges = if shape.ordered { cells.saturating_sub(1) } else { 0 };
        let novelty = pairs.iter().map(|pair| (unique(shape, &pair.seen, &pair.others), pair.seen.n));
        let novelty = novelty.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let rate = novelty.0 as f64 / novelty.1.max(1) as f64;
        let new = Excess::of(pairs.iter().map(|p| (unique(shape, &p.seen, &p.others), p.seen.n, rate, f64::INFINITY)));
        let missing = Excess::of(pairs.iter().map(|p| {
            let m = p.others.rows() as f64;
            (p.seen.missing, p.seen.rows(), p.others.missing as f64 / m.max(1.0), m)
        }));
        Self {
            edges: each(pairs, edges, caution, running),
            cells: each(pairs, cells, caution, all),
            groups: each(pairs, shape.group_count, caution, |counts| shape.grouped(counts)),
            missing: missing.dispersion(caution),
            new: new.dispersion(caution),
            novelty,
        }
    }

    /// The larger of both, everywhere.
    pub fn max(self, other: &Self) -> Self {
        let larger = |a: Vec<f64>, b: &[f64]| a.into_iter().zip(b).map(|(a, b)| a.max(*b)).collect();
        Self {
            edges: larger(self.edges, &other.edges),
            cells: larger(self.cells, &other.cells),
            groups: larger(self.groups, &other.groups),
            missing: self.missing.max(other.missing),
            // New against the reference as a whole: only single stretches say how often.
            new: self.new,
            novelty: self.novelty,
        }
    }

    /// Raised by a factor and a constant, everywhere but for what is missing and new.
    pub fn raised(&self, factor: f64, more: f64) -> Self {
        let raise = |values: &[f64]| values.iter().map(|x| x * factor + more).collect();
        Self { edges: raise(&self.edges), cells: raise(&self.cells), groups: raise(&self.groups), ..self.clone() }
    }

    pub fn is_none(&self) -> bool {
        self.groups.iter().all(|phi| *phi == 0.0)
    }
}

/// Rows that would be new if there were only the others: beyond all of their bins, or of categories that they do not have.
fn unique(shape: &Shape, seen: &Stretch, others: &Stretch) -> u64 {
    let range = if shape.ordered {
        let first = others.counts.iter().position(|count| *count > 0).unwrap_or(0);
        let last = others.counts.iter().rposition(|count| *count > 0).unwrap_or(0);
        first..=last
    } else {
        1..=0
    };
    let new = seen.counts.iter().zip(&others.counts).enumerate();
    new.filter(|(cell, (_, other))| **other == 0 && !range.contains(cell)).map(|(_, (count, _))| count).sum()
}

/// Dispersions of `count` shares, none below that of all of them together.
fn each(pairs: &[Pair], count: usize, caution: f64, of: impl Fn(&[u64]) -> Vec<u64>) -> Vec<f64> {
    let both: Vec<(Vec<u64>, u64, Vec<u64>, f64)> =
        pairs.iter().map(|p| (of(&p.seen.counts), p.seen.n, of(&p.others.counts), p.others.n as f64)).collect();
    let own: Vec<Excess> = (0..count)
        .map(|j| Excess::of(both.iter().map(|(seen, n, others, m)| (seen[j], *n, others[j] as f64 / m.max(1.0), *m))))
        .collect();
    let total: f64 = own.iter().map(|x| x.weight).sum();
    let mean = |of: fn(&Excess) -> f64| own.iter().map(|x| of(x) * x.weight).sum::<f64>() / total.max(1e-300);
    let together =
        Excess { ratio: mean(|x| x.ratio), scale: mean(|x| x.scale), weight: total, pairs: own.first().map_or(0.0, |x| x.pairs) };
    let floor = together.dispersion(caution) * 0.5;
    own.iter().map(|x| x.dispersion(caution).max(floor)).collect()
}

/// How far one share strays.
struct Excess {
    /// Mean of r² over its expectation by chance: 1 when there is nothing but chance.
    ratio: f64,
    /// Mean of `1/n + 1/m`.
    scale: f64,
    /// Mean of `p(1 − p)`.
    weight: f64,
    pairs: f64,
}

impl Excess {
    /// From `(rows with it, rows, expected share, rows that the expectation is from)`.
    fn of(pairs: impl Iterator<Item = (u64, u64, f64, f64)>) -> Self {
        let (mut ratio, mut scale, mut weight, mut used) = (0.0, 0.0, 0.0, 0.0);
        for (k, n, p, m) in pairs.filter(|pair| pair.1 > 0 && pair.3 > 0.0) {
            let n = n as f64;
            let variance = (p * (1.0 - p)).max(0.5 / m).max(1e-12);
            let spread = 1.0 / n + 1.0 / m;
            ratio += (k as f64 / n - p).powi(2) / (variance * spread);
            scale += spread;
            weight += p * (1.0 - p);
            used += 1.0;
        }
        let mean = |sum: f64| if used > 0.0 { sum / used } else { 0.0 };
        Self { ratio: mean(ratio), scale: mean(scale), weight: mean(weight), pairs: used }
    }

    fn dispersion(&self, caution: f64) -> f64 {
        let errors = (self.ratio - 1.0) / (2.0 / self.pairs.max(1.0)).sqrt();
        if self.pairs < 4.0 || errors < NOTICED {
            0.0
        } else {
            (self.ratio - 1.0) * self.scale * if errors >= CERTAIN { caution } else { 1.0 }
        }
    }
}

/// Square of Student's quantile over the normal one.
fn caution(pairs: usize, alpha: f64) -> f64 {
    let alpha = alpha.clamp(1e-9, 0.1);
    let normal = normal_quantile(1.0 - alpha);
    let freedom = (pairs.max(5) - 1) as f64;
    StudentsT::new(0.0, 1.0, freedom).map_or(1.0, |t| (t.inverse_cdf(1.0 - alpha) / normal).powi(2)).max(1.0)
}
