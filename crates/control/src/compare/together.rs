//! How the features of a row go together, from the bins that they fell into anyway.

use super::blocks::Blocks;
use super::feature::Feature;
use super::rows::{Batch, Column, Dictionary, NONE};
use stats::bins::{Baseline, Cell};
use stats::joint::{Column as Joined, JointBaseline, JointFinding, JointUsual, JointWindow, Scale, judge_joint};
use std::collections::BTreeMap;

/// Rows of the reference that the null is learnt from, evenly chosen.
const TAUGHT: usize = 20_000;

/// The frozen joint statistics, and for every joint column where its scores come from.
pub struct Together {
    pub baseline: JointBaseline,
    usual: Option<JointUsual>,
    /// Position of the feature, and how its values are scored.
    sources: Vec<(usize, Source)>,
    /// Features that are scored at all.
    pub used: Vec<bool>,
}

/// Scores in the unit of the joint record.
enum Source {
    /// By bin.
    Bins(Vec<i32>),
    /// One value against all others.
    Value { text: String, yes: i32, no: i32 },
}

impl Together {
    /// Freezes the reference. `None` with too few rows or features.
    pub fn fit(features: &[Feature], table: &Batch, blocks: &Blocks, dictionaries: &[Dictionary]) -> Option<Self> {
        let baselines: BTreeMap<String, Baseline> =
            features.iter().map(|feature| (feature.name.clone(), feature.baseline.clone())).collect();
        let position: BTreeMap<&str, usize> = features.iter().enumerate().map(|(i, f)| (f.name.as_str(), i)).collect();
        let step = table.rows.div_ceil(TAUGHT).max(1);
        let rows: Vec<usize> = blocks.ordered().step_by(step).collect();
        let cell = |name: &str, row: usize| {
            let Some(&column) = position.get(name) else { return Cell::Missing };
            match &table.columns[column] {
                Column::Numbers(values) if values[rows[row]].is_nan() => Cell::Missing,
                Column::Numbers(values) => Cell::Number(values[rows[row]]),
                _ => dictionaries[column].name(table.codes(column)[rows[row]]).map_or(Cell::Missing, Cell::Text),
            }
        };
        let baseline = JointBaseline::fit_plain(&baselines, rows.len(), cell)?;
        let source = |column: &Joined| {
            let source = match &column.scale {
                Scale::Rank { scores } => Source::Bins(scores.clone()),
                Scale::Is { value, yes, no } => Source::Value { text: value.clone(), yes: *yes, no: *no },
            };
            Some((*position.get(column.feature.as_str())?, source))
        };
        let sources: Vec<(usize, Source)> = baseline.columns.iter().filter_map(source).collect();
        let mut used = vec![false; features.len()];
        sources.iter().for_each(|(feature, _)| used[*feature] = true);
        let mut together = Self { baseline, usual: None, sources, used };
        let stretches: Vec<(JointWindow, Option<i64>)> = (0..blocks.len())
            .map(|block| (together.of_block(features, table, blocks, block, dictionaries), blocks.at(block)))
            .collect();
        together.usual = JointUsual::fit(&together.baseline, &stretches);
        if together.usual.is_none() {
            together.baseline = JointBaseline::fit(&baselines, rows.len(), cell)?;
        }
        Some(together)
    }

    /// The joint statistics of a stretch of the reference.
    fn of_block(
        &self,
        features: &[Feature],
        table: &Batch,
        blocks: &Blocks,
        block: usize,
        dictionaries: &[Dictionary],
    ) -> JointWindow {
        let rows: Vec<usize> = blocks.rows(block).collect();
        let columns: Vec<Vec<i32>> = self
            .sources
            .iter()
            .map(|(feature, source)| match (source, &features[*feature].baseline, &table.columns[*feature]) {
                (Source::Bins(scores), Baseline::Numeric(b), Column::Numbers(values)) => {
                    let score = |row: &usize| if values[*row].is_nan() { 0 } else { scores[b.bin(values[*row])] };
                    rows.iter().map(score).collect()
                }
                (Source::Value { text, yes, no }, ..) => {
                    let codes = table.codes(*feature);
                    let wanted = dictionaries[*feature].get(text);
                    rows.iter().map(|row| value_score(codes[*row], wanted, *yes, *no)).collect()
                }
                _ => vec![0; rows.len()],
            })
            .collect();
        let mut window = JointWindow::new(&self.baseline);
        window.add_columns(&columns);
        window
    }

    /// Judges a window: by the stretches of the reference where there are enough, else by its rows.
    pub fn judge(&self, window: &JointWindow, at: Option<i64>, threshold: f64, alpha: f64) -> JointFinding {
        let by_stretches = self.usual.as_ref().and_then(|usual| usual.judge(&self.baseline, window, at, threshold, alpha));
        by_stretches.unwrap_or_else(|| judge_joint(&self.baseline, window, threshold, alpha))
    }

    /// Adds rows to a window. `bins` holds the bins of numeric features, one past the last for a missing value; `codes` those
    /// of the others.
    pub fn add(
        &self,
        window: &mut JointWindow,
        bins: &[Vec<u16>],
        batch: &Batch,
        rows: std::ops::Range<usize>,
        dictionaries: &[Dictionary],
    ) {
        let columns: Vec<Vec<i32>> = self
            .sources
            .iter()
            .map(|(feature, source)| match source {
                Source::Bins(scores) => {
                    bins[*feature].iter().map(|bin| scores.get(usize::from(*bin)).copied().unwrap_or(0)).collect()
                }
                Source::Value { text, yes, no } => {
                    let wanted = dictionaries[*feature].get(text);
                    batch.codes(*feature)[rows.clone()].iter().map(|code| value_score(*code, wanted, *yes, *no)).collect()
                }
            })
            .collect();
        window.add_columns(&columns);
    }
}

fn value_score(code: u32, wanted: Option<u32>, yes: i32, no: i32) -> i32 {
    // `NONE` is no code of a text. Without branches: which value comes next cannot be foretold.
    let score = if code == wanted.unwrap_or(NONE) { yes } else { no };
    if code == NONE { 0 } else { score }
}
