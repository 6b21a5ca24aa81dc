//! How the features of the reference go together, and how much that varies by chance.

use std::collections::{BTreeMap, BTreeSet};

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

/// Correlations of a window, with those of the reference between columns of one feature: that one value of it has become rarer than another is
/// how the feature is distributed, not how it goes together with others.
pub(super) fn between(columns: &[Column], window: &JointWindow, reference: &Symmetric) -> Option<Symmetric> {
    let current = window.correlations(Some(reference))?;
    Some(
        current.held(reference, |i, j| i != j && columns.get(i).zip(columns.get(j)).is_some_and(|(a, b)| a.feature == b.feature)),
    )
}

/// Columns that are chosen from, and rows that they are chosen by.
const CANDIDATES: usize = 400;
const CHOSEN_BY: usize = 2_000;

/// The columns that correlate most with one of another feature, in their order: what goes together with nothing cannot cease to.
fn closest<'a>(
    mut columns: Vec<Column>,
    features: &BTreeMap<String, Baseline>,
    rows: usize,
    cell: &impl Fn(&str, usize) -> Cell<'a>,
) -> Vec<Column> {
    columns.truncate(CANDIDATES);
    let step = rows.div_ceil(CHOSEN_BY).max(1);
    let scores = |column: &Column| -> Vec<f64> {
        let Some(baseline) = features.get(&column.feature) else { return Vec::new() };
        let scores: Vec<f64> =
            (0..rows).step_by(step).map(|row| f64::from(column.score(baseline, cell(&column.feature, row)))).collect();
        let n = scores.len().max(1) as f64;
        let mean = scores.iter().sum::<f64>() / n;
        let length = scores.iter().map(|x| (x - mean).powi(2)).sum::<f64>().sqrt();
        scores.into_iter().map(|x| if length > 0.0 { (x - mean) / length } else { 0.0 }).collect()
    };
    let scores: Vec<Vec<f64>> = columns.iter().map(scores).collect();
    let mut strongest = vec![0.0_f64; columns.len()];
    for i in 0..columns.len() {
        for j in (0..i).filter(|j| columns[*j].feature != columns[i].feature) {
            let r = scores[i].iter().zip(&scores[j]).map(|(a, b)| a * b).sum::<f64>().abs();
            strongest[i] = strongest[i].max(r);
            strongest[j] = strongest[j].max(r);
        }
    }
    let mut places: Vec<usize> = (0..columns.len()).collect();
    places.sort_by(|a, b| strongest[*b].total_cmp(&strongest[*a]).then(a.cmp(b)));
    let kept: BTreeSet<usize> = places.into_iter().take(COLUMNS_KEPT).collect();
    columns.into_iter().enumerate().filter(|(place, _)| kept.contains(place)).map(|(_, column)| column).collect()
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
    /// of the same rows). Of more than [`COLUMNS_KEPT`] columns those are kept that go together with another one most.
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
        let columns: Vec<Column> = features.iter().flat_map(|(name, baseline)| Column::of(name, baseline)).collect();
        let columns = if columns.len() > COLUMNS_KEPT { closest(columns, features, rows, &cell) } else { columns };
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
        let divergence = |yardstick: &Yardstick, window: &JointWindow| {
            yardstick.divergence(&between(&baseline.columns, window, &correlations)?)
        };
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
        let current = between(&self.columns, window, &reference).filter(|current| current.k == reference.k)?;
        Some((reference, current))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bins::NumericBaseline;
    use crate::rng::SplitMix64;

    #[test]
    fn of_many_columns_those_are_kept_that_go_together() {
        let mut rng = SplitMix64::new(3);
        let names: Vec<String> = (0..80).map(|i| format!("f{i:02}")).collect();
        let rows: Vec<Vec<f64>> = (0..600)
            .map(|_| {
                let mut row: Vec<f64> = names.iter().map(|_| rng.normal()).collect();
                row[79] = row[78] + 0.3 * rng.normal();
                row
            })
            .collect();
        let at = |name: &str| name[1..].parse::<usize>().unwrap();
        let features: BTreeMap<String, Baseline> = names
            .iter()
            .map(|name| {
                let values: Vec<f64> = rows.iter().map(|row| row[at(name)]).collect();
                (name.clone(), Baseline::Numeric(NumericBaseline::fit(&values, 50)))
            })
            .collect();
        let baseline = JointBaseline::fit_plain(&features, rows.len(), |name, row| Cell::Number(rows[row][at(name)])).unwrap();
        let kept: Vec<&str> = baseline.columns.iter().map(|column| column.feature.as_str()).collect();
        assert_eq!(kept.len(), COLUMNS_KEPT);
        assert!(kept.ends_with(&["f78", "f79"]) && kept.is_sorted(), "{kept:?}");
    }
    #[test]
    fn a_value_that_becomes_more_frequent_is_not_joint() {
        let mut rng = SplitMix64::new(5);
        let mut rows = |n: usize, shares: [f64; 2]| -> Vec<(f64, &'static str)> {
            let value = |u: f64| {
                if u < shares[0] {
                    "a"
                } else if u < shares[0] + shares[1] {
                    "b"
                } else {
                    "c"
                }
            };
            (0..n).map(|_| (rng.normal(), value(rng.uniform()))).collect()
        };
        let reference = rows(4_000, [0.55, 0.3]);
        let numbers: Vec<f64> = reference.iter().map(|row| row.0).collect();
        let features: BTreeMap<String, Baseline> = [
            ("x".to_owned(), Baseline::Numeric(NumericBaseline::fit(&numbers, 50))),
            (
                "c".to_owned(),
                Baseline::Categorical(crate::bins::CategoricalBaseline::fit(reference.iter().map(|row| Some(row.1)))),
            ),
        ]
        .into();
        let cell = |rows: &[(f64, &'static str)], name: &str, row: usize| match name {
            "x" => Cell::Number(rows[row].0),
            _ => Cell::Text(rows[row].1),
        };
        let baseline = JointBaseline::fit(&features, reference.len(), |name, row| cell(&reference, name, row)).unwrap();
        let now = rows(4_000, [0.35, 0.5]);
        let mut window = JointWindow::new(&baseline);
        (0..now.len()).for_each(|row| window.add(&baseline.scores(&features, |name| cell(&now, name, row))));
        let found = crate::joint::judge_joint(&baseline, &window, 0.15, 1e-4);
        assert_eq!(found.verdict, crate::evidence::Verdict::Ok, "{found:?}");
    }
}
