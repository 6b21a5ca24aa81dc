//! Sums and products of live rows: all that joint drift needs.

use serde::{Deserialize, Serialize};

use super::JointBaseline;
use super::matrix::Symmetric;
use crate::bins::Mismatch;

/// A window whose feature varies less than this (variance of the score; 1 in the reference) says nothing about how the
/// feature goes together with others.
const FEWEST_VARIANCE: f64 = 1e-3;

/// Rows whose products are added up in floating point, exactly, as long as scores stay under [`LARGEST`]: 2^8 · 2^44 < 2^53.
const TOGETHER: usize = 256;
const LARGEST: u32 = 1 << 22;

/// Sum of the products, in lanes that the processor adds side by side.
fn dot(x: &[f64; TOGETHER], y: &[f64; TOGETHER]) -> f64 {
    let mut lanes = [0.0; 8];
    for (x, y) in x.as_chunks::<8>().0.iter().zip(y.as_chunks::<8>().0) {
        lanes.iter_mut().zip(x.iter().zip(y)).for_each(|(lane, (x, y))| *lane += x * y);
    }
    lanes.iter().sum()
}

/// Sums over live rows of the columns of a [`JointBaseline`]: integers, so merging is exact, in any order and for any
/// split. `k (k + 3) / 2` numbers for `k` columns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JointWindow {
    pub n: u64,
    /// Per column, in units of 2^-12.
    pub sums: Vec<i64>,
    /// Per pair of columns `i ≥ j`, at `i (i + 1) / 2 + j`, in units of 2^-24.
    pub products: Vec<i64>,
}

impl JointWindow {
    /// An empty window over the baseline.
    pub fn new(baseline: &JointBaseline) -> Self {
        Self::of_columns(baseline.columns.len())
    }

    pub(super) fn of_columns(k: usize) -> Self {
        Self { n: 0, sums: vec![0; k], products: vec![0; k * (k + 1) / 2] }
    }

    /// Counts one row of [`JointBaseline::scores`]; one of another length is left out.
    pub fn add(&mut self, scores: &[i32]) {
        if scores.len() != self.sums.len() {
            return;
        }
        self.n += 1;
        let mut products = self.products.iter_mut();
        for (i, &x) in scores.iter().enumerate() {
            self.sums[i] += i64::from(x);
            for (&y, product) in scores[..=i].iter().zip(products.by_ref()) {
                *product += i64::from(x) * i64::from(y);
            }
        }
    }

    /// Counts rows by their columns, which are equally long: the same as [`Self::add`] of each row, some times quicker. Other numbers
    /// of columns are left out.
    pub fn add_columns(&mut self, columns: &[Vec<i32>]) {
        let rows = columns.first().map_or(0, Vec::len);
        if columns.len() != self.sums.len() || columns.iter().any(|column| column.len() != rows) {
            return;
        }
        let mut scores = vec![[0.0; TOGETHER]; columns.len()];
        for start in (0..rows).step_by(TOGETHER) {
            let few = TOGETHER.min(rows - start);
            let mut largest = 0;
            for (scores, column) in scores.iter_mut().zip(columns) {
                // What is left of the last block counts as 0, which adds nothing.
                scores[few..].fill(0.0);
                for (score, x) in scores.iter_mut().zip(&column[start..start + few]) {
                    *score = f64::from(*x);
                    largest |= x.unsigned_abs();
                }
            }
            if largest >= LARGEST {
                let mut row = vec![0; columns.len()];
                for at in start..start + few {
                    row.iter_mut().zip(columns).for_each(|(score, column)| *score = column[at]);
                    self.add(&row);
                }
                continue;
            }
            self.n += few as u64;
            let mut products = self.products.iter_mut();
            for (i, x) in scores.iter().enumerate() {
                self.sums[i] += dot(x, &[1.0; TOGETHER]) as i64;
                for (y, product) in scores[..=i].iter().zip(products.by_ref()) {
                    *product += dot(x, y) as i64;
                }
            }
        }
    }

    /// Adds the rows of another window over the same baseline.
    pub fn merge(&mut self, other: &Self) -> Result<(), Mismatch> {
        if self.sums.len() != other.sums.len() || self.products.len() != other.products.len() {
            return Err(Mismatch);
        }
        self.n += other.n;
        self.sums.iter_mut().zip(&other.sums).for_each(|(a, b)| *a += b);
        self.products.iter_mut().zip(&other.products).for_each(|(a, b)| *a += b);
        Ok(())
    }

    /// The rows of `self` that are not among those of `part`, which was merged into it.
    pub(super) fn without(&self, part: &Self) -> Self {
        let less = |a: &[i64], b: &[i64]| a.iter().zip(b).map(|(a, b)| a - b).collect();
        Self { n: self.n - part.n, sums: less(&self.sums, &part.sums), products: less(&self.products, &part.products) }
    }

    /// Correlations about the window's own means and spreads, so that a shift or a stretch of single features cancels.
    /// Where a column does not vary, its correlations are those of `otherwise`. `None` with fewer than two rows.
    pub(super) fn correlations(&self, otherwise: Option<&Symmetric>) -> Option<Symmetric> {
        let k = self.sums.len();
        if self.n < 2 || self.products.len() != k * (k + 1) / 2 {
            return None;
        }
        let n = self.n as f64;
        let scale = super::columns::UNIT;
        let mean: Vec<f64> = self.sums.iter().map(|sum| *sum as f64 * scale / n).collect();
        let covariance = |i: usize, j: usize| {
            let (i, j) = (i.max(j), i.min(j));
            self.products[i * (i + 1) / 2 + j] as f64 * scale * scale / n - mean[i] * mean[j]
        };
        let variance: Vec<f64> = (0..k).map(|i| covariance(i, i)).collect();
        let entry = |at: usize| {
            let (i, j) = (at / k, at % k);
            if i == j {
                1.0
            } else if variance[i] < FEWEST_VARIANCE || variance[j] < FEWEST_VARIANCE {
                otherwise.map_or(0.0, |o| o.at(i, j))
            } else {
                (covariance(i, j) / (variance[i] * variance[j]).sqrt()).clamp(-1.0, 1.0)
            }
        };
        Some(Symmetric { k, values: (0..k * k).map(entry).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn columns_count_as_their_rows(rows in prop::collection::vec(prop::array::uniform3(prop_oneof![20 => -40_000i32..40_000, 1 => -(1i32 << 24)..1 << 24]), 0..700)) {
            let (mut by_row, mut by_column) = (JointWindow::of_columns(3), JointWindow::of_columns(3));
            rows.iter().for_each(|row| by_row.add(row));
            let columns: Vec<Vec<i32>> = (0..3).map(|i| rows.iter().map(|row| row[i]).collect()).collect();
            by_column.add_columns(&columns);
            prop_assert_eq!(by_row, by_column);
        }
    }
}
