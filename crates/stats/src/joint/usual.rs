//! Joint drift where stretches of the reference are known: what is usual is what they show themselves, at their own times.

use std::collections::BTreeSet;

use statrs::function::gamma::gamma_ur;

use super::judge::{JointFinding, named_pairs};
use super::matrix::{Symmetric, Yardstick};
use super::{JointBaseline, JointWindow};
use crate::evidence::{NEVER, Verdict};
use crate::usual::Season;

/// Stretches from which something is learnt, and days of every time.
const FEWEST: usize = 20;
const FEWEST_OF_SEASON: usize = 2;
/// In milliseconds.
const DAY: i64 = 86_400_000;
/// Correlations of fewer rows than so many per column stray much further than more rows would let expect.
const ROWS_PER_COLUMN: u64 = 4;
/// Rows of a stretch that is looked at.
const FEWEST_ROWS: u64 = 16;
/// Times explain the differences when less than this much of them is left.
const LEFT_OVER: f64 = 0.7;

/// What is usual for [`super::stein_loss`] of a stretch: learnt from the stretches of the reference, each against all others
/// (of the same time of the day or week, where that explains the differences).
#[derive(Debug, Clone, PartialEq)]
pub struct JointUsual {
    season: Option<Season>,
    /// The reference rows by time, or all of them.
    rows: Vec<JointWindow>,
    /// Rows of the smallest stretch that it was learnt from. With much fewer rows the loss grows faster than by `1/n`.
    smallest: u64,
    /// Of the loss over `1/n + 1/m`: as chance makes it.
    by_rows: Tail,
    /// Of the loss itself: as lasting differences make it.
    by_loss: Tail,
}

/// A gamma distribution by its mean and degrees of freedom.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Tail {
    mean: f64,
    freedom: f64,
}

impl Tail {
    /// With the mean and the variance of the values, and wide enough that the second largest of a hundred is nothing unusual.
    fn of(mut values: Vec<f64>) -> Option<Self> {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
        if !(mean > 0.0 && variance > 0.0) {
            return None;
        }
        values.sort_unstable_by(|a, b| b.total_cmp(a));
        let spare = values.len() / 100;
        let mut tail = Self { mean, freedom: 2.0 * mean * mean / variance };
        for _ in 0..40 {
            if tail.p(values[spare]) * n >= 0.2 * (spare + 1) as f64 {
                break;
            }
            tail = Self { mean: tail.mean * 1.05, freedom: tail.freedom * 0.95 };
        }
        Some(tail)
    }

    fn p(&self, x: f64) -> f64 {
        if x > 0.0 { gamma_ur(self.freedom / 2.0, x * self.freedom / (2.0 * self.mean)) } else { 1.0 }
    }
}

impl JointUsual {
    /// Learns from stretches of the reference in the order of time, each with the middle of its time where it is known.
    /// `None` with fewer than twenty.
    pub fn fit(baseline: &JointBaseline, stretches: &[(JointWindow, Option<i64>)]) -> Option<Self> {
        let stretches: Vec<&(JointWindow, Option<i64>)> = stretches.iter().filter(|s| s.0.n >= FEWEST_ROWS).collect();
        if stretches.len() < FEWEST {
            return None;
        }
        let all = std::iter::once(None).chain(Season::ALL.into_iter().map(Some));
        let mut best: Option<(f64, Self)> = None;
        for season in all {
            let Some((loss, found)) = Self::by(baseline, &stretches, season) else { continue };
            let least = best.as_ref().map(|b| b.0);
            let factor = if best.as_ref().is_some_and(|b| b.1.season.is_some()) { 0.9 } else { LEFT_OVER };
            if least.is_none_or(|least| loss < factor * least) {
                best = Some((loss, found));
            }
        }
        best.map(|b| b.1)
    }

    /// With these times: the mean loss over its expectation by rows, and what was learnt.
    fn by(baseline: &JointBaseline, stretches: &[&(JointWindow, Option<i64>)], season: Option<Season>) -> Option<(f64, Self)> {
        let k = baseline.columns.len();
        let mut rows = vec![JointWindow::of_columns(k); season.map_or(1, Season::count)];
        let mut days = vec![BTreeSet::new(); rows.len()];
        let time = |at: Option<i64>| season.map_or(Some(0), |season| at.map(|at| season.of(at)));
        for (place, (window, at)) in stretches.iter().enumerate() {
            let time = time(*at)?;
            rows[time].merge(window).ok()?;
            days[time].insert(at.map_or(place as i64, |at| at.div_euclid(DAY)));
        }
        let counts: Vec<usize> = days.iter().map(BTreeSet::len).collect();
        if let Some(season) = season {
            let used = counts.iter().filter(|c| **c > 0).count();
            let thin = counts.iter().filter(|c| (1..FEWEST_OF_SEASON).contains(*c)).count();
            if used * 2 < season.count() || thin * 4 > used {
                return None;
            }
        }
        let held_back: Vec<(f64, f64)> = stretches
            .iter()
            .filter_map(|(window, at)| {
                let time = time(*at)?;
                let others = rows[time].without(window);
                (season.is_none() || counts[time] >= FEWEST_OF_SEASON).then_some(())?;
                let loss = loss(window, &others)?.2;
                Some((loss / spread(window.n, others.n), loss))
            })
            .collect();
        if held_back.len() < FEWEST {
            return None;
        }
        let (by_rows, by_loss): (Vec<f64>, Vec<f64>) = held_back.into_iter().unzip();
        let mean = by_rows.iter().sum::<f64>() / by_rows.len() as f64;
        let smallest = stretches.iter().map(|s| s.0.n).min()?;
        Some((mean, Self { season, rows, smallest, by_rows: Tail::of(by_rows)?, by_loss: Tail::of(by_loss)? }))
    }

    /// Judges a stretch as [`super::judge_joint`] does, except that it is *insufficient* only with much fewer rows than the
    /// stretches that this was learnt from. The p-value is the larger of two: of the loss for so many rows, and of
    /// the loss as such; so neither few rows nor very many make a difference of themselves. `None` where the time of the
    /// stretch is not known to the reference.
    pub fn judge(
        &self,
        baseline: &JointBaseline,
        window: &JointWindow,
        at: Option<i64>,
        threshold: f64,
        alpha: f64,
    ) -> Option<JointFinding> {
        let time = self.season.map_or(Some(0), |season| at.map(|at| season.of(at)))?;
        let others = &self.rows[time];
        if others.n < 3 * FEWEST_ROWS {
            return None;
        }
        let fewest = (self.smallest * 3 / 4).max(FEWEST_ROWS).max(ROWS_PER_COLUMN * baseline.columns.len() as u64);
        let found = (window.n >= fewest).then(|| loss(window, others)).flatten();
        let divergence = found.as_ref().map_or(0.0, |f| f.2);
        let usual = |n: u64| (self.by_rows.mean * spread(n, others.n)).max(self.by_loss.mean);
        let p = match found {
            Some(_) => self.by_rows.p(divergence / spread(window.n, others.n)).max(self.by_loss.p(divergence)),
            None => 1.0,
        };
        let excess = (divergence - usual(window.n.max(1))).max(0.0);
        let strength = (1.0 - (-excess).exp()).sqrt();
        let wanted = -(1.0 - threshold.clamp(0.0, 1.0 - 1e-12).powi(2)).ln();
        let shows = |n: u64| {
            let loss = usual(n) + wanted;
            self.by_rows.p(loss / spread(n, others.n)).max(self.by_loss.p(loss)) <= alpha
        };
        let ceiling = 1 << 40;
        let detectable_at_rows = if shows(ceiling) { crate::evidence::first_true(fewest, ceiling, shows) } else { NEVER };
        let verdict = match found {
            Some(_) if strength >= threshold && p <= alpha => Verdict::Drift,
            Some(_) => Verdict::Ok,
            None => Verdict::Insufficient,
        };
        let pairs = found.map_or(Vec::new(), |(reference, current, _)| named_pairs(&baseline.columns, &reference, &current));
        Some(JointFinding { strength, divergence, threshold, p, n: window.n, verdict, detectable_at_rows, pairs })
    }
}

/// Correlations of the others and of the window, and the loss between them.
fn loss(window: &JointWindow, others: &JointWindow) -> Option<(Symmetric, Symmetric, f64)> {
    let reference = others.correlations(None)?;
    let current = window.correlations(Some(&reference))?;
    let loss = Yardstick::new(&reference)?.divergence(&current)?;
    Some((reference, current, loss))
}

fn spread(n: u64, m: u64) -> f64 {
    1.0 / n.max(1) as f64 + 1.0 / m.max(1) as f64
}
