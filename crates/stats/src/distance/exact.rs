//! Distances from the rows themselves: exact, for reports over files and as the yardstick of the binned ones.

use std::collections::BTreeMap;

use super::{CategoricalDistances, NumericDistances, hellinger, jensen_shannon, population_stability_index, shares_of};
use crate::bins::linear_quantile;

/// Finite values, ascending.
fn sorted(values: &[f64]) -> Vec<f64> {
    let mut result: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
    result.sort_unstable_by(f64::total_cmp);
    result
}

/// Walks the merged samples and hands over `(gap to the next value, F − G just right of this value)`.
fn walk(a: &[f64], b: &[f64], mut visit: impl FnMut(f64, f64)) {
    let (n, m) = (a.len() as f64, b.len() as f64);
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        let x = match (a.get(i), b.get(j)) {
            (Some(&x), Some(&y)) => x.min(y),
            (Some(&x), None) | (None, Some(&x)) => x,
            (None, None) => return,
        };
        while a.get(i).is_some_and(|v| *v <= x) {
            i += 1;
        }
        while b.get(j).is_some_and(|v| *v <= x) {
            j += 1;
        }
        let next = match (a.get(i), b.get(j)) {
            (Some(&y), Some(&z)) => y.min(z),
            (Some(&y), None) | (None, Some(&y)) => y,
            (None, None) => x,
        };
        visit(next - x, i as f64 / n - j as f64 / m);
    }
}

/// Wasserstein-1 distance `∫ |F − G|` between two samples, in their unit, as `scipy.stats.wasserstein_distance`.
/// Non-finite values are left out; `None` when either sample is empty.
pub fn wasserstein_1(reference: &[f64], current: &[f64]) -> Option<f64> {
    let (a, b) = (sorted(reference), sorted(current));
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let mut cost = 0.0;
    walk(&a, &b, |gap, difference| cost += gap * difference.abs());
    Some(cost)
}

/// Two-sample Kolmogorov-Smirnov statistic `max |F − G|`. Non-finite values are left out; `None` when either sample is
/// empty.
pub fn ks_statistic(reference: &[f64], current: &[f64]) -> Option<f64> {
    let (a, b) = (sorted(reference), sorted(current));
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let mut largest = 0.0f64;
    walk(&a, &b, |_, difference| largest = largest.max(difference.abs()));
    Some(largest)
}

/// The nine deciles of the finite values (linear quantiles), coinciding ones once; empty without values.
pub fn decile_edges(reference: &[f64]) -> Vec<f64> {
    let sorted = sorted(reference);
    let mut edges: Vec<f64> = (1..10).filter_map(|i| linear_quantile(&sorted, f64::from(i) / 10.0)).collect();
    edges.dedup();
    edges
}

/// Counts of the finite values over bins closed on the left, the outer two open.
pub fn histogram(values: &[f64], edges: &[f64]) -> Vec<u64> {
    let mut counts = vec![0; edges.len() + 1];
    for &x in values.iter().filter(|x| x.is_finite()) {
        counts[edges.partition_point(|edge| *edge <= x)] += 1;
    }
    counts
}

/// A reference sample made ready for many comparisons.
#[derive(Debug, Clone, PartialEq)]
pub struct ExactReference {
    sorted: Vec<f64>,
    edges: Vec<f64>,
    std: f64,
}

impl ExactReference {
    /// Sorts the finite values.
    pub fn new(values: &[f64]) -> Self {
        let sorted = sorted(values);
        let n = sorted.len() as f64;
        let mean = sorted.iter().sum::<f64>() / n;
        let std = (sorted.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
        Self { edges: decile_edges(&sorted), sorted, std }
    }

    /// All distances of a sample from the reference; `None` when either has no finite value.
    pub fn distances(&self, current: &[f64]) -> Option<NumericDistances> {
        let (a, b) = (&self.sorted, sorted(current));
        if a.is_empty() || b.is_empty() {
            return None;
        }
        let (mut wasserstein, mut ks) = (0.0, 0.0f64);
        walk(a, &b, |gap, difference| {
            wasserstein += gap * difference.abs();
            ks = ks.max(difference.abs());
        });
        let constant = a.first() == a.last();
        let (p, q) = (shares_of(&histogram(a, &self.edges))?, shares_of(&histogram(&b, &self.edges))?);
        Some(NumericDistances {
            wasserstein,
            wasserstein_over_std: (!constant).then(|| wasserstein / self.std),
            ks,
            psi: population_stability_index(&p, &q),
            jensen_shannon: jensen_shannon(&p, &q),
            hellinger: hellinger(&p, &q),
        })
    }
}

/// All distances of two samples of a numeric feature; `None` when either has no finite value.
pub fn numeric_distances_exact(reference: &[f64], current: &[f64]) -> Option<NumericDistances> {
    ExactReference::new(reference).distances(current)
}

/// All distances of two samples of a categorical feature; missing values are left out, `None` when either has no
/// value.
pub fn categorical_distances_exact<'a>(
    reference: impl IntoIterator<Item = Option<&'a str>>,
    current: impl IntoIterator<Item = Option<&'a str>>,
) -> Option<CategoricalDistances> {
    let mut table: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for name in reference.into_iter().flatten() {
        table.entry(name).or_default().0 += 1;
    }
    for name in current.into_iter().flatten() {
        table.entry(name).or_default().1 += 1;
    }
    let (a, b): (Vec<u64>, Vec<u64>) = table.into_values().unzip();
    CategoricalDistances::from_counts(&a, &b)
}
