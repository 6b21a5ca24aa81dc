//! What the cells of a feature are to one another.

use serde::{Deserialize, Serialize};

use crate::bins::Baseline;

/// Categories with a smaller share are taken together where all are compared at once.
const FEWEST_SHARE: f64 = 0.01;
/// Groups of categories at most.
const MOST_GROUPS: usize = 30;

/// How the cells of a feature are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// Cells follow one another on a line: bins of numbers.
    pub ordered: bool,
    /// Cells that the reference has no rows in because of what they mean: values outside its range, or new categories.
    pub new: Vec<usize>,
    /// Which group of cells each cell belongs to: between the deciles, or one per frequent category.
    pub groups: Vec<usize>,
    pub group_count: usize,
}

impl Shape {
    /// Of a feature's baseline.
    pub fn of(baseline: &Baseline) -> Self {
        match baseline {
            Baseline::Numeric(b) => {
                let group = |cell: usize| b.deciles.partition_point(|&edge| edge < cell);
                let cells = b.counts.len();
                let new = if cells > 1 { vec![0, cells - 1] } else { Vec::new() };
                Self { ordered: true, new, groups: (0..cells).map(group).collect(), group_count: b.deciles.len() + 1 }
            }
            Baseline::Categorical(b) => {
                let kept = b.categories.len();
                let frequent =
                    b.categories.iter().take_while(|c| c.1 as f64 >= FEWEST_SHARE * b.n as f64).count().min(MOST_GROUPS);
                let new = if b.is_complete() { vec![kept] } else { Vec::new() };
                Self {
                    ordered: false,
                    new,
                    groups: (0..=kept).map(|cell| cell.min(frequent)).collect(),
                    group_count: frequent + 1,
                }
            }
        }
    }

    /// Rows per group.
    pub(super) fn grouped(&self, counts: &[u64]) -> Vec<u64> {
        let mut sums = vec![0; self.group_count];
        counts.iter().zip(&self.groups).for_each(|(count, group)| sums[*group] += count);
        sums
    }

    /// Rows in cells that are new.
    pub(super) fn novel(&self, counts: &[u64]) -> u64 {
        self.new.iter().filter_map(|cell| counts.get(*cell)).sum()
    }
}
