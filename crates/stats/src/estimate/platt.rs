//! Two numbers that straighten a score.

use serde::{Deserialize, Serialize};

use crate::is_positive;

/// Scores are kept this far from 0 and 1 before their log odds are taken.
const EDGE: f64 = 1e-6;
/// The log odds there.
const FARTHEST: f64 = 13.815_509_557_963_773;
/// Newton steps; convergence is quadratic, ten are usual.
const STEPS: usize = 100;

/// `p = 1 / (1 + exp(−(slope · ln(s/(1−s)) + intercept)))`: Platt's sigmoid (1999) on the log odds of the score, so that
/// slope 1 and intercept 0 leave it as it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Platt {
    pub slope: f64,
    pub intercept: f64,
}

impl Platt {
    /// Most likely slope and intercept by Newton's method, for Platt's softened targets `(n₁+1)/(n₁+2)` and `1/(n₀+2)`,
    /// which keep them finite where the classes part perfectly. Slices have the same length; rows whose score is no
    /// probability are left out. `None` when either class is empty, or all scores are the same.
    pub fn fit(scores: &[f64], truth: &[bool]) -> Option<Self> {
        let rows: Vec<(f64, bool)> =
            scores.iter().zip(truth).filter(|(s, _)| (0.0..=1.0).contains(*s)).map(|(&s, &t)| (log_odds(s), t)).collect();
        let positives = rows.iter().filter(|row| row.1).count() as f64;
        let negatives = rows.len() as f64 - positives;
        if positives == 0.0 || negatives == 0.0 {
            return None;
        }
        let target = |truth: bool| if truth { (positives + 1.0) / (positives + 2.0) } else { 1.0 / (negatives + 2.0) };
        let loss = |fit: Self| -> f64 {
            // ln(1 + e^x) − t·x, without overflow.
            let of = |x: f64, t: f64| x.max(0.0) + (-x.abs()).exp().ln_1p() - t * x;
            rows.iter().map(|&(x, t)| of(fit.slope * x + fit.intercept, target(t))).sum()
        };
        let mut fit = Self { slope: 0.0, intercept: (positives / negatives).ln() };
        let mut current = loss(fit);
        for _ in 0..STEPS {
            let (mut g, mut h) = ([0.0; 2], [0.0; 3]);
            for &(x, t) in &rows {
                let p = sigmoid(fit.slope * x + fit.intercept);
                let (gap, weight) = (p - target(t), p * (1.0 - p));
                g = [g[0] + gap * x, g[1] + gap];
                h = [h[0] + weight * x * x, h[1] + weight * x, h[2] + weight];
            }
            let determinant = h[0] * h[2] - h[1] * h[1];
            if !is_positive(determinant) {
                return None;
            }
            let step = [(h[2] * g[0] - h[1] * g[1]) / determinant, (h[0] * g[1] - h[1] * g[0]) / determinant];
            let part_of = |i: i32| {
                let part = 0.5f64.powi(i);
                Self { slope: fit.slope - part * step[0], intercept: fit.intercept - part * step[1] }
            };
            // A part so small that it changes nothing is the last to be tried, and need not be.
            let parts = (0..40).map(part_of).take_while(|next| *next != fit);
            let halved = parts.map(|next| (next, loss(next))).find(|(_, after)| *after < current);
            let Some((next, after)) = halved else { break };
            (fit, current) = (next, after);
        }
        Some(fit)
    }

    /// The probability at a score, strictly between 0 and 1.
    pub fn apply(self, score: f64) -> f64 {
        sigmoid(self.slope * log_odds(score) + self.intercept)
    }

    /// The same from the log odds of a score, which are kept as far from the ends.
    pub(super) fn apply_to(self, log_odds: f64) -> f64 {
        sigmoid(self.slope * log_odds.clamp(-FARTHEST, FARTHEST) + self.intercept)
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn log_odds(score: f64) -> f64 {
    let s = score.clamp(EDGE, 1.0 - EDGE);
    (s / (1.0 - s)).ln()
}
