//! What chance, and the reference's own ups and downs, do to the divergence of a window.

use serde::{Deserialize, Serialize};

use crate::bins::NullTable;

/// Distribution of the divergence D when nothing has changed: that of rows drawn at random, plus the unrest by which
/// stretches of neighbouring rows (hours, days) of the reference differ in truth. Both are known by the number of rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct JointNull {
    /// Of √D.
    chance: NullTable,
    /// Rows and nats, by ascending rows; level outside, linear in ln n between.
    unrest: Vec<(u64, f64)>,
}

impl JointNull {
    /// Simulates the part of chance; `distance(positions)` gives √D of a window of the reference rows at `positions`.
    pub fn simulate(rows: usize, distance: impl FnMut(&[usize]) -> f64) -> Self {
        Self { chance: NullTable::simulate(rows, 0.0, distance), unrest: Vec::new() }
    }

    /// Learns the unrest at one number of rows, larger than those before: `held_back` are (rows, D) of stretches of the
    /// reference that were compared with all `reference` other rows.
    pub fn learn(&mut self, reference: u64, held_back: &[(u64, f64)]) {
        let rows = held_back.iter().map(|stretch| stretch.0).max().unwrap_or(0);
        let excess = self.excess(reference, held_back, |_| 0.0);
        self.unrest.push((rows, excess));
    }

    /// Raises the unrest until `clean` windows, (rows, D) against `reference` rows, fit under it; fewer than ten change
    /// nothing.
    pub fn calibrate(&mut self, reference: u64, clean: &[(u64, f64)]) {
        if clean.len() < 10 {
            return;
        }
        let more = self.excess(reference, clean, |n| self.unrest_at(n));
        if self.unrest.is_empty() {
            self.unrest.push((0, 0.0));
        }
        self.unrest.iter_mut().for_each(|level| level.1 += more);
    }

    /// What D exceeds chance and the `known` unrest by, at the median or at the 90th percentile, whichever is more, and at
    /// least 0.
    fn excess(&self, reference: u64, windows: &[(u64, f64)], known: impl Fn(u64) -> f64) -> f64 {
        let at = |share: f64| {
            let beyond = |&(n, d): &(u64, f64)| Some(d - known(n) - self.chance.quantile(1.0 - share, n, reference)?.powi(2));
            let mut excess: Vec<f64> = windows.iter().filter_map(beyond).filter(|x| x.is_finite()).collect();
            excess.sort_unstable_by(f64::total_cmp);
            excess.get((excess.len() as f64 * share) as usize).copied().unwrap_or(0.0)
        };
        at(0.5).max(at(0.9)).max(0.0)
    }

    fn unrest_at(&self, n: u64) -> f64 {
        let next = self.unrest.partition_point(|level| level.0 < n);
        let below = next.checked_sub(1).and_then(|i| self.unrest.get(i));
        match (below, self.unrest.get(next)) {
            (Some(a), Some(b)) => {
                let (a_ln, b_ln) = ((a.0.max(1) as f64).ln(), (b.0 as f64).ln());
                a.1 + (b.1 - a.1) * ((n as f64).ln() - a_ln) / (b_ln - a_ln)
            }
            (Some(only), None) | (None, Some(only)) => only.1,
            (None, None) => 0.0,
        }
    }

    /// Probability of a divergence of at least `d` in `n` rows when nothing has changed.
    pub fn p_value(&self, d: f64, n: u64, reference: u64) -> f64 {
        self.chance.p_value((d - self.unrest_at(n)).max(0.0).sqrt(), n, reference)
    }

    /// The divergence that is exceeded with probability `alpha` at `n` rows; `None` when nothing is known.
    pub fn quantile(&self, alpha: f64, n: u64, reference: u64) -> Option<f64> {
        Some(self.chance.quantile(alpha, n, reference)?.powi(2) + self.unrest_at(n))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unrest_lies_between_its_levels() {
        let null = JointNull { unrest: vec![(100, 0.4), (400, 0.1)], ..JointNull::default() };
        assert_eq!((null.unrest_at(10), null.unrest_at(100), null.unrest_at(4000)), (0.4, 0.4, 0.1));
        assert!((null.unrest_at(200) - 0.25).abs() < 1e-12);
        assert_eq!((JointNull::default().unrest_at(50), JointNull::default().p_value(1.0, 50, 50)), (0.0, 1.0));
    }
}
