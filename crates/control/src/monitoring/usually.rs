//! One feature of a live window against what is usual at its times: the reference rows of the same hours, evidence beyond chance and
//! beyond how much hours of the reference differ, and changes that are smaller than the declared distance. Pure.

use crate::compare::{Effects, cell_name};
use crate::registry::usual::UsualTimes;
use crate::words::{number, percent};
use stats::bins::{Baseline, Window};
use stats::evidence::{DriftFinding, Measure, Verdict};
use stats::usual::{At, Evidence, Stretch, Usual};

/// A feature's (or the score's) usual course, and the windows' times.
#[derive(Clone, Copy)]
pub struct Usually<'a> {
    pub all: &'a UsualTimes,
    pub of: &'a Usual,
    pub times: &'a [At],
}

/// What a window says beside its distance.
pub struct Seen {
    /// The reference rows of the same times, where times are told apart.
    pub reference: Option<Baseline>,
    pub evidence: Evidence,
    /// A change that the evidence shows, though the distance may be short of its limit.
    pub changed: Option<Changed>,
}

/// A part of the distribution that has changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// What, as the beginning of a sentence that says over how many rows.
    pub words: String,
    pub finding: DriftFinding,
}

impl Usually<'_> {
    /// `None` without values.
    pub fn seen(&self, reference: &Baseline, window: &Window, effects: Effects, alpha: f64) -> Option<Seen> {
        let stretch = Stretch::of(window, None);
        if stretch.n == 0 || stretch.counts.len() != Stretch::of_reference(reference).counts.len() {
            return None;
        }
        let same = self.of.same_times(self.times);
        let same = same.and_then(|rows| reference.with_rows(&rows.counts, rows.missing));
        let evidence = self.of.evidence_of(&stretch, self.times);
        let changed = self.changed(same.as_ref().unwrap_or(reference), &stretch, &evidence, effects, alpha);
        Some(Seen { reference: same, evidence, changed })
    }

    /// As comparing files tells it: an effect that is worth a name, and the evidence of as many rows as the reference's hours can speak for.
    fn changed(
        &self,
        reference: &Baseline,
        stretch: &Stretch,
        evidence: &Evidence,
        effects: Effects,
        alpha: f64,
    ) -> Option<Changed> {
        let p = self.of.evidence_of(&scaled(stretch, self.all.worth(stretch.n)), self.times).p;
        let finding = |measure, distance: f64, threshold: f64| {
            let verdict = if distance >= threshold && p <= alpha { Verdict::Drift } else { Verdict::Ok };
            DriftFinding { measure, distance, threshold, p, n: stretch.n, verdict, detectable_at_rows: 0 }
        };
        let share = |k: u64, n: u64| if n == 0 { 0.0 } else { k as f64 / n as f64 };
        let (cell, change) = evidence.cell.map_or((0, 0.0), |(cell, change)| (cell, change.abs()));
        let is_numeric = matches!(reference, Baseline::Numeric(_));
        let before = share(Stretch::of_reference(reference).counts.get(cell).copied().unwrap_or(0), reference.n());
        let now = share(stretch.counts.get(cell).copied().unwrap_or(0), stretch.n);
        let is_rare = !is_numeric && change >= 0.5 * before.min(1.0 - before);
        let least = if is_rare { effects.rare } else { effects.share };
        // The whole curve says more of a number than one of two hundred bins.
        if is_numeric && (evidence.shift >= effects.shift || change < least) {
            let words = format!("{} away from the training data (Kolmogorov-Smirnov)", number(evidence.shift));
            return Some(Changed { words, finding: finding(Measure::KolmogorovSmirnov, evidence.shift, effects.shift) });
        }
        let what = match cell_name(reference, cell) {
            name if is_numeric => format!("{} are {name}, and {} of the training data", percent(now), percent(before)),
            name => format!("{} have {name}, and {} of the training data", percent(now), percent(before)),
        };
        Some(Changed { words: what, finding: finding(Measure::ShareChange, change, least) })
    }
}

/// The same distribution over fewer rows. Running sums are rounded, so that many small counts stay what they are together.
fn scaled(stretch: &Stretch, rows: u64) -> Stretch {
    if rows >= stretch.n {
        return stretch.clone();
    }
    let part = |count: u64| (count as f64 * rows as f64 / stretch.n as f64).round() as u64;
    let (mut all, mut told) = (0, 0);
    let counts = stretch.counts.iter().map(|count| {
        all += count;
        let now = part(all) - told;
        told += now;
        now
    });
    Stretch { counts: counts.collect(), n: part(stretch.n), missing: part(stretch.missing), at: stretch.at }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::time::HOUR;
    use stats::bins::{CategoricalBaseline, Cell};
    use stats::rng::SplitMix64;
    use stats::usual::{Season, Shape};
    use std::collections::BTreeMap;

    const HOURS: i64 = 14 * 24;
    const ROWS: usize = 150;

    /// Rows of an hour of a feature of three values, whose shares differ from hour to hour.
    fn hour(rng: &mut SplitMix64, rows: usize, rare: f64) -> Vec<&'static str> {
        let rare = rare * (0.25 * rng.normal()).exp();
        let name = |x: f64| {
            if x < rare {
                "rare"
            } else if x < 0.6 + 0.4 * rare {
                "some"
            } else {
                "most"
            }
        };
        (0..rows).map(|_| name(rng.uniform())).collect()
    }

    fn counted(baseline: &Baseline, rows: &[&str]) -> Window {
        let mut window = Window::new(baseline);
        rows.iter().for_each(|row| window.add(baseline, Cell::Text(row)).unwrap());
        window
    }

    /// Learnt from two weeks, by the hour or not.
    fn world(rng: &mut SplitMix64, by_hour: bool) -> (Baseline, UsualTimes) {
        let hours: Vec<Vec<&str>> = (0..HOURS).map(|_| hour(rng, ROWS, 0.1)).collect();
        let all = hours.iter().flatten().map(|row| Some(*row));
        let baseline = Baseline::Categorical(CategoricalBaseline::fit(all));
        let of = |(i, rows): (usize, &Vec<&str>)| Stretch::of(&counted(&baseline, rows), Some(i as i64 * HOUR));
        let stretches: Vec<Stretch> = if by_hour { hours.iter().enumerate().map(of).collect() } else { Vec::new() };
        let usual = Usual::fit_by(&[Season::HourOfDay], Shape::of(&baseline), Stretch::of_reference(&baseline), &stretches, 1e-5);
        let unknown = (2.0 / HOURS as f64).sqrt() / ROWS as f64;
        let features = BTreeMap::from([("plan".to_owned(), usual)]);
        (baseline, UsualTimes { column: "at".into(), span: HOUR, features, label: None, score: None, unknown })
    }

    #[test]
    fn restless_hours_are_quiet_and_a_small_change_is_told() {
        let mut rng = SplitMix64::new(11);
        let (baseline, all) = world(&mut rng, true);
        let (_, chance) = world(&mut rng, false);
        let told = |all: &UsualTimes, rows: &[&str]| {
            let times = [(Some(HOURS * HOUR), rows.len() as u64)];
            let usually = Usually { all, of: &all.features["plan"], times: &times };
            let seen = usually.seen(&baseline, &counted(&baseline, rows), Effects::new(0.15), 1e-3).unwrap();
            seen.changed.filter(|changed| changed.finding.verdict == Verdict::Drift)
        };
        let clean: Vec<Vec<&str>> = (0..300).map(|_| hour(&mut rng, 1_000, 0.1)).collect();
        let alarms = |all: &UsualTimes| clean.iter().filter(|rows| told(all, rows).is_some()).count();
        assert!(alarms(&all) <= 1, "{} of 300 hours", alarms(&all));
        assert!(alarms(&chance) > 15, "by chance alone {} of 300 hours", alarms(&chance));
        let changed = told(&all, &hour(&mut SplitMix64::new(1), 1_000, 0.25)).expect("a rare value has become frequent");
        assert!(changed.words.contains("have “rare”, and 10."), "{}", changed.words);
        assert!(changed.finding.measure == Measure::ShareChange && changed.finding.distance > 0.1, "{changed:?}");
    }

    #[test]
    fn fewer_rows_have_the_same_distribution() {
        let all = Stretch { counts: vec![1; 600], n: 600, missing: 60, at: None };
        let few = scaled(&all, 313);
        assert_eq!((few.n, few.counts.iter().sum::<u64>(), few.missing), (313, 313, 31));
        let running = |stretch: &Stretch, end: usize| stretch.counts[..end].iter().sum::<u64>() as f64 / stretch.n as f64;
        assert!((0..=600).all(|end| (running(&all, end) - running(&few, end)).abs() <= 0.5 / 313.0 + 1e-9));
        assert_eq!(scaled(&all, 600), all);
    }
}
