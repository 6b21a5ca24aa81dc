//! The verdict on how features go together: an effect worth naming, and evidence that it is not chance.

use serde::{Deserialize, Serialize};

use super::columns::Column;
use super::matrix::Symmetric;
use super::{JointBaseline, JointWindow};
use crate::evidence::{NEVER, Verdict};

/// Windows with fewer rows are never judged: the null distribution is not known below.
const FEWEST_ROWS: u64 = 16;
/// Pairs that are named.
const PAIRS: usize = 3;

/// Two columns and how they went together in the reference and go in the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairShift {
    pub first: String,
    pub second: String,
    /// Correlation of the normal scores, −1 to 1.
    pub reference: f64,
    pub current: f64,
}

/// The verdict with the numbers it was made on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JointFinding {
    /// The size of the change, 0 to 1: `√(1 − exp(−D))`, where D is the divergence beyond what is usual at this many rows. It is as if two unrelated features had come to correlate by so much.
    pub strength: f64,
    /// [`super::stein_loss`], in nats per row, the usual included.
    pub divergence: f64,
    pub threshold: f64,
    /// Probability of a divergence at least this large when nothing has changed.
    pub p: f64,
    pub n: u64,
    pub verdict: Verdict,
    /// Rows from which a strength of the threshold can be told from chance; [`NEVER`] if none suffice.
    pub detectable_at_rows: u64,
    /// The pairs that changed most, first the largest (difference of Fisher's z).
    pub pairs: Vec<PairShift>,
}

/// Judges how the features of a window go together, apart from how each is distributed. *Drift* iff the strength reaches
/// `threshold` **and** its p-value is at most `alpha`; otherwise a window with fewer rows than could show the threshold is
/// *insufficient*, and so is one of fewer than 16 rows or over another baseline.
pub fn judge_joint(baseline: &JointBaseline, window: &JointWindow, threshold: f64, alpha: f64) -> JointFinding {
    let (m, n) = (baseline.reference.n, window.n);
    let usual = |n: u64| baseline.null.quantile(0.5, n, m).unwrap_or(f64::INFINITY);
    let wanted = -(1.0 - threshold.clamp(0.0, 1.0 - 1e-12).powi(2)).ln();
    let shows = |n: u64| baseline.null.quantile(alpha, n, m).is_some_and(|d| d <= usual(n) + wanted);
    let ceiling = 1 << 40;
    let detectable_at_rows = if shows(ceiling) { crate::evidence::first_true(FEWEST_ROWS, ceiling, shows) } else { NEVER };
    let divergence = baseline.divergence(window).filter(|_| n >= FEWEST_ROWS);
    let d = divergence.unwrap_or(0.0);
    let strength = (1.0 - (-(d - usual(n)).max(0.0)).exp()).max(0.0).sqrt();
    let p = divergence.map_or(1.0, |d| baseline.null.p_value(d, n, m));
    let verdict = match divergence {
        Some(_) if strength >= threshold && p <= alpha => Verdict::Drift,
        Some(_) if n >= detectable_at_rows => Verdict::Ok,
        _ => Verdict::Insufficient,
    };
    let pairs = pairs(baseline, window);
    JointFinding { strength, divergence: d, threshold, p, n, verdict, detectable_at_rows, pairs }
}

fn pairs(baseline: &JointBaseline, window: &JointWindow) -> Vec<PairShift> {
    let Some((reference, current)) = baseline.both(window) else { return Vec::new() };
    named_pairs(&baseline.columns, &reference, &current)
}

/// The pairs of columns of different features that changed most.
pub(super) fn named_pairs(columns: &[Column], reference: &Symmetric, current: &Symmetric) -> Vec<PairShift> {
    let z = |r: f64| r.clamp(-0.999, 0.999).atanh();
    let mut shifts: Vec<(f64, usize, usize)> = (0..reference.k)
        .flat_map(|i| (0..i).map(move |j| (i, j)))
        .filter(|&(i, j)| columns[i].feature != columns[j].feature)
        .map(|(i, j)| ((z(current.at(i, j)) - z(reference.at(i, j))).abs(), j, i))
        .collect();
    shifts.sort_by(|a, b| b.0.total_cmp(&a.0));
    let named = |&(_, i, j): &(f64, usize, usize)| PairShift {
        first: columns[i].name(),
        second: columns[j].name(),
        reference: reference.at(i, j),
        current: current.at(i, j),
    };
    shifts.iter().take(PAIRS).map(named).collect()
}
