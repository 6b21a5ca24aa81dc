//! How many rows the runs of a model had.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Runs by their rows, in steps that double: 1, 2, 3 to 4, 5 to 8 … Whole numbers, so any split adds up to the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runs(BTreeMap<u32, Step>);

/// Runs of one step. Its largest number of rows is two to the power of its key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Step {
    #[serde(rename = "n")]
    runs: u64,
    #[serde(rename = "r")]
    rows: u64,
}

impl Runs {
    /// Counts one run; without rows there was none.
    pub fn add(&mut self, rows: usize) {
        if rows > 0 {
            let step = self.0.entry(rows.next_power_of_two().trailing_zeros()).or_default();
            step.runs += 1;
            step.rows += rows as u64;
        }
    }

    pub fn merge(&mut self, other: &Self) {
        for (key, theirs) in &other.0 {
            let step = self.0.entry(*key).or_default();
            step.runs += theirs.runs;
            step.rows += theirs.rows;
        }
    }

    pub fn count(&self) -> u64 {
        self.0.values().map(|step| step.runs).sum()
    }

    /// Rows a run, mean; `None` without runs.
    pub fn mean(&self) -> Option<f64> {
        let rows: u64 = self.0.values().map(|step| step.rows).sum();
        (self.count() > 0).then(|| rows as f64 / self.count() as f64)
    }

    /// Fewest and most rows of each step, with its runs: ascending, from one row to the largest run, empty steps included.
    pub fn steps(&self) -> Vec<(u64, u64, u64)> {
        let last = self.0.keys().next_back().map_or(0, |key| key + 1);
        (0..last)
            .map(|key| {
                let most = 1_u64 << key;
                (most / 2 + 1, most, self.0.get(&key).map_or(0, |step| step.runs))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_double_and_any_split_adds_up() {
        let rows = [1, 1, 2, 3, 4, 5, 8, 9, 1_000, 0];
        let of = |rows: &[usize]| {
            let mut runs = Runs::default();
            rows.iter().for_each(|rows| runs.add(*rows));
            runs
        };
        let whole = of(&rows);
        let mut split = of(&rows[6..]);
        split.merge(&of(&rows[..6]));
        assert_eq!(split, whole);
        let steps = whole.steps();
        assert_eq!(steps[..5], [(1, 1, 2), (2, 2, 1), (3, 4, 2), (5, 8, 2), (9, 16, 1)]);
        assert_eq!((steps[5], steps.last().copied()), ((17, 32, 0), Some((513, 1_024, 1))));
        assert_eq!((whole.count(), whole.mean()), (9, Some(1_033.0 / 9.0)));
        assert_eq!((Runs::default().mean(), Runs::default().steps()), (None, vec![]));
        let json = serde_json::to_string(&whole).unwrap();
        assert_eq!(serde_json::from_str::<Runs>(&json).unwrap(), whole);
    }
}
