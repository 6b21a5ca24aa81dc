//! How the features of the reference go together, and how much that varies by chance.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::columns::{Column, Scale};
use super::matrix::{Symmetric, Yardstick};
use super::null::JointNull;
use super::window::JointWindow;
use crate::bins::{Baseline, Cell};

/// Columns at most: 1,176 products per row.
pub const COLUMNS_KEPT: usize = 48;
/// Reference rows from which a baseline is made.
const FEWEST_ROWS: usize = 100;
/// Into how many blocks of neighbouring rows the reference is cut, each held back in turn: short stretches first.
const BLOCKS: [usize; 4] = [80, 40, 20, 10];
/// Blocks of fewer rows are not looked at.
const FEWEST_IN_BLOCK: usize = 16;

/// Frozen joint statistics of the reference rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JointBaseline {
    pub columns: Vec<Column>,
    /// The reference rows, summed.
    pub reference: JointWindow,
    /// What is usual for [`super::stein_loss`] of a window.
    pub(super) null: JointNull,
}

impl JointBaseline {
    /// Gives the values of a feature's columns other names, as [`crate::bins::CategoricalBaseline::rename`] does.
    pub fn rename(&mut self, feature: &str, name: impl Fn(&str) -> String) {
        for column in self.columns.iter_mut().filter(|column| column.feature == feature) {
            if let Scale::Is { value, .. } = &mut column.scale {
                *value = name(value);
            }
        }
    }

    /// Freezes `rows` reference rows; `cell(feature, row)` gives a value. Features are those of `features` (the baselines
    /// of the same rows), by name, until [`COLUMNS_KEPT`] columns are full.
    ///
    /// The null distribution is simulated at 16 to 1,024 rows from rows drawn at random, and then raised until 80, 40, 20
    /// and 10 blocks of neighbouring rows, each held back and compared with all others, fit under it at their own number of
    /// rows: keep the rows in the order of time, where they have one. `None` with fewer than a hundred rows or two columns.
    pub fn fit<'a>(features: &BTreeMap<String, Baseline>, rows: usize, cell: impl Fn(&str, usize) -> Cell<'a>) -> Option<Self> {
        Self::fit_with(features, rows, cell, true)
    }

    /// The same without the null distribution, for whoever learns what is usual otherwise ([`super::JointUsual`]): by this one
    /// alone nothing is ever unusual.
    pub fn fit_plain<'a>(
        features: &BTreeMap<String, Baseline>,
        rows: usize,
        cell: impl Fn(&str, usize) -> Cell<'a>,
    ) -> Option<Self> {
        Self::fit_with(features, rows, cell, false)
    }

    fn fit_with<'a>(
        features: &BTreeMap<String, Baseline>,
        rows: usize,
        cell: impl Fn(&str, usize) -> Cell<'a>,
        with_null: bool,
    ) -> Option<Self> {
        let mut columns: Vec<Column> = features.iter().flat_map(|(name, baseline)| Column::of(name, baseline)).collect();
        columns.truncate(COLUMNS_KEPT);
        if rows < FEWEST_ROWS || columns.len() < 2 {
            return None;
        }
        let mut baseline = Self { reference: JointWindow::of_columns(columns.len()), columns, null: JointNull::default() };
        let by_column: Vec<Vec<i32>> = baseline
            .columns
            .iter()
            .map(|column| match features.get(&column.feature) {
                Some(of) => (0..rows).map(|row| column.score(of, cell(&column.feature, row))).collect(),
                None => vec![0; rows],
            })
            .collect();
        if !with_null {
            baseline.reference.add_columns(&by_column);
            return Some(baseline);
        }
        let scores: Vec<Vec<i32>> = (0..rows).map(|row| by_column.iter().map(|column| column[row]).collect()).collect();
        let counted = |rows: &mut dyn Iterator<Item = usize>| {
            let mut window = JointWindow::new(&baseline);
            rows.for_each(|row| window.add(&scores[row]));
            window
        };
        let whole = counted(&mut (0..rows));
        let correlations = whole.correlations(None)?;
        let yardstick = Yardstick::new(&correlations)?;
        let divergence =
            |yardstick: &Yardstick, window: &JointWindow| yardstick.divergence(&window.correlations(Some(&correlations))?);
        let mut null = JointNull::simulate(rows, |positions| {
            divergence(&yardstick, &counted(&mut positions.iter().copied())).map_or(0.0, f64::sqrt)
        });
        for blocks in BLOCKS.into_iter().filter(|blocks| rows / blocks >= FEWEST_IN_BLOCK) {
            let held_back: Vec<(u64, f64)> = (0..blocks)
                .filter_map(|block| {
                    let part = counted(&mut (block * rows / blocks..(block + 1) * rows / blocks));
                    let others = Yardstick::new(&whole.without(&part).correlations(None)?)?;
                    Some((part.n, divergence(&others, &part)?))
                })
                .collect();
            null.learn((rows - rows / blocks) as u64, &held_back);
        }
        baseline.reference = whole;
        baseline.null = null;
        Some(baseline)
    }

    /// The scores of one row, for [`JointWindow::add`]: one per column, in units of 2^-12. `features` are the baselines
    /// that this one was fitted over. A feature that is missing counts as its mean.
    pub fn scores<'a>(&self, features: &BTreeMap<String, Baseline>, cell: impl Fn(&str) -> Cell<'a>) -> Vec<i32> {
        let score =
            |column: &Column| features.get(&column.feature).map_or(0, |baseline| column.score(baseline, cell(&column.feature)));
        self.columns.iter().map(score).collect()
    }

    /// Raises the null distribution so that past windows in which nothing was wrong fit under it; ten at least.
    pub fn calibrate(&mut self, clean: &[JointWindow]) {
        let divergences: Vec<(u64, f64)> = clean.iter().filter_map(|w| Some((w.n, self.divergence(w)?))).collect();
        self.null.calibrate(self.reference.n, &divergences);
    }

    /// [`super::stein_loss`] of the window's correlations against the reference's, in nats per row; `None` with fewer than
    /// two rows or when they do not fit.
    pub fn divergence(&self, window: &JointWindow) -> Option<f64> {
        let (reference, current) = self.both(window)?;
        Yardstick::new(&reference)?.divergence(&current)
    }

    /// Correlations of the reference and of the window.
    pub(super) fn both(&self, window: &JointWindow) -> Option<(Symmetric, Symmetric)> {
        let reference = self.reference.correlations(None)?;
        let current = window.correlations(Some(&reference)).filter(|current| current.k == reference.k)?;
        Some((reference, current))
    }
}
