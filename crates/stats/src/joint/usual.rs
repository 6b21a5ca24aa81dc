//! Joint drift where stretches of the reference are known: what is usual is what they show themselves, at their own times.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use statrs::function::gamma::gamma_ur;

use super::baseline::between;
use super::columns::Column;
use super::judge::{JointFinding, named_pairs};
use super::matrix::{Symmetric, Yardstick};
use super::{JointBaseline, JointWindow};
use crate::evidence::{NEVER, Verdict};
use crate::usual::Season;

/// Stretches from which something is learnt, and days of every time.
const FEWEST: usize = 20;
const FEWEST_OF_SEASON: usize = 2;
/// Whole days from which something is learnt about long stretches.
const FEWEST_DAYS: usize = 5;
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
    /// The same learnt from whole days, for stretches that have no time of the day: those that are longer than one.
    whole: Option<Box<Self>>,
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
            let Some((loss, found)) = Self::by(baseline, &stretches, season, FEWEST) else { continue };
            let least = best.as_ref().map(|b| b.0);
            let factor = if best.as_ref().is_some_and(|b| b.1.season.is_some()) { 0.9 } else { LEFT_OVER };
            if least.is_none_or(|least| loss < factor * least) {
                best = Some((loss, found));
            }
        }
        let mut best = best?.1;
        if best.season.is_some() {
            let days = days(&stretches);
            best.whole =
                Self::by(baseline, &days.iter().collect::<Vec<_>>(), None, FEWEST_DAYS).map(|(_, whole)| Box::new(whole));
        }
        Some(best)
    }

    /// With these times: the mean loss over its expectation by rows, and what was learnt.
    fn by(
        baseline: &JointBaseline,
        stretches: &[&(JointWindow, Option<i64>)],
        season: Option<Season>,
        fewest: usize,
    ) -> Option<(f64, Self)> {
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
                let loss = loss(&baseline.columns, window, &others)?.2;
                Some((loss / spread(window.n, others.n), loss))
            })
            .collect();
        if held_back.len() < fewest {
            return None;
        }
        let (by_rows, by_loss): (Vec<f64>, Vec<f64>) = held_back.into_iter().unzip();
        let mean = by_rows.iter().sum::<f64>() / by_rows.len() as f64;
        let smallest = stretches.iter().map(|s| s.0.n).min()?;
        Some((mean, Self { season, rows, smallest, by_rows: Tail::of(by_rows)?, by_loss: Tail::of(by_loss)?, whole: None }))
    }

    /// Judges a stretch as [`super::judge_joint`] does, except that it is *insufficient* only with much fewer rows than the
    /// stretches that this was learnt from. The p-value is the larger of two: of the loss for so many rows, and of
    /// the loss as such; so neither few rows nor very many make a difference of themselves. A stretch whose time is not known, or not to the
    /// reference, is judged without; `None` where that cannot be either.
    pub fn judge(
        &self,
        baseline: &JointBaseline,
        window: &JointWindow,
        at: Option<i64>,
        threshold: f64,
        alpha: f64,
    ) -> Option<JointFinding> {
        let time = self.season.map_or(Some(0), |season| at.map(|at| season.of(at)));
        let Some(others) = time.and_then(|time| self.rows.get(time)).filter(|others| others.n >= 3 * FEWEST_ROWS) else {
            return self.whole.as_ref()?.judge(baseline, window, None, threshold, alpha);
        };
        let fewest = (self.smallest * 3 / 4).max(FEWEST_ROWS).max(ROWS_PER_COLUMN * baseline.columns.len() as u64);
        let found = (window.n >= fewest).then(|| loss(&baseline.columns, window, others)).flatten();
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

/// The stretches of each day together. Days with less than half of the usual rows are not whole.
fn days(stretches: &[&(JointWindow, Option<i64>)]) -> Vec<(JointWindow, Option<i64>)> {
    let mut days: BTreeMap<i64, JointWindow> = BTreeMap::new();
    for (window, at) in stretches {
        let Some(at) = at else { continue };
        match days.entry(at.div_euclid(DAY)) {
            Entry::Vacant(day) => drop(day.insert(window.clone())),
            // All are over the same columns.
            Entry::Occupied(mut day) => drop(day.get_mut().merge(window)),
        }
    }
    let mut rows: Vec<u64> = days.values().map(|day| day.n).collect();
    rows.sort_unstable();
    let half = rows.get(rows.len() / 2).map_or(0, |middle| middle / 2);
    days.into_values().filter(|day| day.n >= half).map(|day| (day, None)).collect()
}

/// Correlations of the others and of the window, and the loss between them.
fn loss(columns: &[Column], window: &JointWindow, others: &JointWindow) -> Option<(Symmetric, Symmetric, f64)> {
    let reference = others.correlations(None)?;
    let current = between(columns, window, &reference)?;
    let loss = Yardstick::new(&reference)?.divergence(&current)?;
    Some((reference, current, loss))
}

fn spread(n: u64, m: u64) -> f64 {
    1.0 / n.max(1) as f64 + 1.0 / m.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bins::{Baseline, Cell, NumericBaseline};
    use crate::rng::SplitMix64;

    const HOUR: i64 = 3_600_000;

    /// Two numbers that go together by `r`.
    fn pair(rng: &mut SplitMix64, r: f64) -> [f64; 2] {
        let (x, y) = (rng.normal(), rng.normal());
        [x, r * x + (1.0 - r * r).sqrt() * y]
    }

    #[test]
    fn a_stretch_of_no_hour_is_judged_by_all_hours() {
        let mut rng = SplitMix64::new(7);
        // By day they go together, by night they do not.
        let of_hour = |hour: i64| if (8..20).contains(&(hour % 24)) { 0.9 } else { 0.1 };
        let rows: Vec<(i64, [f64; 2])> =
            (0..14 * 24).flat_map(|hour| [hour; 120]).map(|hour| (hour, pair(&mut rng, of_hour(hour)))).collect();
        let features: BTreeMap<String, Baseline> = ["x", "y"]
            .iter()
            .enumerate()
            .map(|(i, name)| {
                let values: Vec<f64> = rows.iter().map(|(_, values)| values[i]).collect();
                ((*name).to_owned(), Baseline::Numeric(NumericBaseline::fit(&values, 200)))
            })
            .collect();
        let place = |name: &str| usize::from(name == "y");
        let baseline =
            JointBaseline::fit_plain(&features, rows.len(), |name, row| Cell::Number(rows[row].1[place(name)])).unwrap();
        let window = |rows: &[(i64, [f64; 2])]| {
            let mut window = JointWindow::new(&baseline);
            rows.iter().for_each(|(_, values)| window.add(&baseline.scores(&features, |name| Cell::Number(values[place(name)]))));
            window
        };
        let stretches: Vec<(JointWindow, Option<i64>)> =
            rows.chunks(120).map(|rows| (window(rows), Some(rows[0].0 * HOUR + HOUR / 2))).collect();
        let usual = JointUsual::fit(&baseline, &stretches).unwrap();
        assert!(usual.season.is_some(), "the hours explain it");
        let mut week = |break_by: f64| -> JointWindow {
            let rows: Vec<(i64, [f64; 2])> =
                (0..7 * 24).flat_map(|hour| [hour; 120]).map(|hour| (hour, pair(&mut rng, of_hour(hour) * break_by))).collect();
            window(&rows)
        };
        for (break_by, verdict) in [(1.0, Verdict::Ok), (0.2, Verdict::Drift)] {
            let found = usual.judge(&baseline, &week(break_by), None, 0.15, 1e-4).unwrap();
            assert_eq!(found.verdict, verdict, "{break_by}: {found:?}");
        }
    }
}
