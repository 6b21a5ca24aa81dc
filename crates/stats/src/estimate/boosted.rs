//! Small boosted regression trees: enough to learn where errors are large, and quick enough to ask once per prediction.

use serde::{Deserialize, Serialize};

use crate::bins::linear_quantile;
use crate::rng::SplitMix64;

/// Quantile bins per column, besides the one for missing values.
const BINS: usize = 32;
/// Levels of a tree.
const DEPTH: usize = 3;
const MOST_TREES: usize = 150;
const LEARNING_RATE: f64 = 0.1;
const FEWEST_ROWS_IN_LEAF: f64 = 20.0;
/// One row in so many is held back to decide how many trees are kept.
const HELD_BACK: usize = 5;

/// A sum of regression trees over a constant (gradient boosting with squared loss, Friedman 2001; splits at histogram
/// bins). The number of trees is the one with the least squared error on rows held back, so that where nothing can be
/// learnt the constant remains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Boosted {
    /// Mean of the target.
    pub base: f64,
    pub trees: Vec<Tree>,
}

/// A tree of [`DEPTH`] levels; node `i` has the children `2i + 1` and `2i + 2`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    /// Column and threshold: values below it, and missing ones, go to the first child. `None`: all do.
    pub splits: Vec<Option<(usize, f64)>>,
    /// What each leaf adds.
    pub leaves: Vec<f64>,
}

impl Tree {
    fn leaf(&self, goes_left: impl Fn(usize, f64) -> bool) -> usize {
        let mut node = 0;
        while let Some(split) = self.splits.get(node) {
            node = 2 * node + if split.is_none_or(|(column, threshold)| goes_left(column, threshold)) { 1 } else { 2 };
        }
        node - self.splits.len()
    }

    fn apply(&self, row: &[f64]) -> f64 {
        let leaf = self.leaf(|column, threshold| row.get(column).is_none_or(|x| !x.is_finite() || *x < threshold));
        self.leaves.get(leaf).copied().unwrap_or(0.0)
    }
}

impl Boosted {
    /// Learns `target` from `columns` (each as long as the target; NaN is missing). Rows whose target is not finite are
    /// left out; the same rows and `seed` always give the same trees. `None` without rows.
    pub fn fit(columns: &[Vec<f64>], target: &[f64], seed: u64) -> Option<Self> {
        let mut rows: Vec<usize> = (0..target.len()).filter(|&row| target[row].is_finite()).collect();
        if rows.is_empty() {
            return None;
        }
        let base = rows.iter().map(|&row| target[row]).sum::<f64>() / rows.len() as f64;
        SplitMix64::new(seed).shuffle(&mut rows);
        let (held, taught) = rows.split_at(rows.len() / HELD_BACK);
        let binned: Vec<Binned> = columns.iter().map(|column| Binned::new(column, taught)).collect();
        let mut residual: Vec<f64> = target.iter().map(|t| t - base).collect();
        let squared = |residual: &[f64]| held.iter().map(|&row| residual[row].powi(2)).sum::<f64>();
        let (mut best, mut kept) = (squared(&residual), 0);
        let mut trees = Vec::new();
        while trees.len() < MOST_TREES && !held.is_empty() {
            let tree = grow(&binned, &residual, taught);
            for &row in &rows {
                let leaf = tree.leaf(|column, threshold| binned[column].is_below(row, threshold));
                residual[row] -= tree.leaves[leaf];
            }
            trees.push(tree);
            let now = squared(&residual);
            if now < best {
                (best, kept) = (now, trees.len());
            }
        }
        trees.truncate(kept);
        Some(Self { base, trees })
    }

    /// The learnt function at a row of one value per column.
    pub fn apply(&self, row: &[f64]) -> f64 {
        self.base + self.trees.iter().map(|tree| tree.apply(row)).sum::<f64>()
    }
}

/// A column cut at quantiles; bin 0 holds the missing values.
struct Binned {
    edges: Vec<f64>,
    bins: Vec<u8>,
}

impl Binned {
    fn new(column: &[f64], taught: &[usize]) -> Self {
        let value = |row: usize| column.get(row).copied().filter(|x| x.is_finite());
        let mut sorted: Vec<f64> = taught.iter().filter_map(|&row| value(row)).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        // The lowest edge lies below every number: what is under it is missing.
        let mut edges = vec![f64::MIN];
        edges.extend((1..BINS).filter_map(|i| linear_quantile(&sorted, i as f64 / BINS as f64)));
        edges.dedup();
        let bin = |row| value(row).map_or(0, |x| edges.partition_point(|edge| *edge <= x)) as u8;
        Self { bins: (0..column.len()).map(bin).collect(), edges }
    }

    fn is_below(&self, row: usize, threshold: f64) -> bool {
        usize::from(self.bins[row]) <= self.edges.partition_point(|edge| *edge < threshold)
    }
}

/// Grows one tree on the residuals of the rows.
fn grow(columns: &[Binned], residual: &[f64], rows: &[usize]) -> Tree {
    let mut tree = Tree { splits: Vec::new(), leaves: Vec::new() };
    let mut level = vec![rows.to_vec()];
    for _ in 0..DEPTH {
        let mut next = Vec::with_capacity(level.len() * 2);
        for rows in level {
            let split = best_split(columns, residual, &rows);
            let (left, right): (Vec<usize>, Vec<usize>) = match split {
                Some((column, threshold)) => rows.into_iter().partition(|&row| columns[column].is_below(row, threshold)),
                None => (rows, Vec::new()),
            };
            tree.splits.push(split);
            next.extend([left, right]);
        }
        level = next;
    }
    let mean = |rows: &Vec<usize>| rows.iter().map(|&row| residual[row]).sum::<f64>() / rows.len().max(1) as f64;
    tree.leaves = level.iter().map(|rows| LEARNING_RATE * mean(rows)).collect();
    tree
}

/// The split that lowers the squared error most, if any does with enough rows on either side.
fn best_split(columns: &[Binned], residual: &[f64], rows: &[usize]) -> Option<(usize, f64)> {
    let total: f64 = rows.iter().map(|&row| residual[row]).sum();
    let n = rows.len() as f64;
    let mut best = (total * total / n.max(1.0) + 1e-12, None);
    for (index, column) in columns.iter().enumerate() {
        let mut sums = [(0.0, 0.0); BINS + 1];
        for &row in rows {
            let bin = &mut sums[usize::from(column.bins[row])];
            *bin = (bin.0 + 1.0, bin.1 + residual[row]);
        }
        let (mut count, mut sum) = (0.0, 0.0);
        for (edge, bin) in column.edges.iter().zip(&sums) {
            count += bin.0;
            sum += bin.1;
            if count < FEWEST_ROWS_IN_LEAF || n - count < FEWEST_ROWS_IN_LEAF {
                continue;
            }
            let gain = sum * sum / count + (total - sum) * (total - sum) / (n - count);
            if gain > best.0 {
                best = (gain, Some((index, *edge)));
            }
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(n: usize, seed: u64) -> (Vec<Vec<f64>>, Vec<f64>) {
        let mut rng = SplitMix64::new(seed);
        let mut columns = vec![Vec::new(); 3];
        let target = (0..n)
            .map(|_| {
                let (x, noise, is_missing) = (rng.uniform() * 10.0, rng.normal(), rng.bernoulli(0.1));
                columns[0].push(if is_missing { f64::NAN } else { x });
                columns[1].push(noise);
                columns[2].push(7.0);
                let level = if is_missing {
                    9.0
                } else if x > 7.0 {
                    5.0
                } else {
                    1.0
                };
                level + rng.normal() * 0.5
            })
            .collect();
        (columns, target)
    }

    #[test]
    fn steps_and_missing_values_are_learnt_the_same_every_time() {
        let (columns, target) = rows(3000, 1);
        let model = Boosted::fit(&columns, &target, 4).unwrap();
        for (row, level) in [([2.0, 0.0, 7.0], 1.0), ([9.0, 0.3, 7.0], 5.0), ([f64::NAN, 0.0, 7.0], 9.0)] {
            assert!((model.apply(&row) - level).abs() < 0.3, "{row:?}: {}", model.apply(&row));
        }
        assert_eq!(Boosted::fit(&columns, &target, 4).unwrap(), model);
        let stored: Boosted = serde_json::from_str(&serde_json::to_string(&model).unwrap()).unwrap();
        assert!((stored.apply(&[f64::NAN, 0.0, 7.0]) - model.apply(&[f64::NAN, 0.0, 7.0])).abs() < 1e-12);
    }

    #[test]
    fn where_nothing_can_be_learnt_the_mean_remains() {
        let (columns, _) = rows(400, 1);
        let mut rng = SplitMix64::new(3);
        let noise: Vec<f64> = (0..400).map(|_| rng.normal()).collect();
        let model = Boosted::fit(&columns, &noise, 4).unwrap();
        assert!((0..400).all(|row| model.apply(&[columns[0][row], columns[1][row], 7.0]).abs() < 0.4));
        assert_eq!(Boosted::fit(&columns, &[f64::NAN; 400], 4), None);
        assert_eq!(Boosted::fit(&[], &[2.0, 4.0], 4).unwrap().apply(&[]), 3.0);
    }
}
