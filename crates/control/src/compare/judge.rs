//! What is worth an alert: an effect worth naming, and evidence that neither chance nor the model's own ups and downs explain.

use super::line::{Kind, Severity};
use stats::usual::Evidence;

/// Part of the alert budget that is spent, so that what the null does not know about has room too.
const SPENT: f64 = 0.35;
/// Chance of a false alarm of one chunk, over everything that is tested in it, however long the chunk is.
const MOST_PER_CHUNK: f64 = 0.002;
/// Chunks of unknown length are taken for hours.
const HOURS_A_WEEK: f64 = 168.0;
/// Parts of a test's level that go to the chunk alone, and to each merged stretch.
const ALONE: f64 = 0.5;
const MERGED: f64 = 0.1;
/// How many times less evidence keeps an alert going than raises it.
const LENIENCE: f64 = 30.0;
/// The chunk itself must look like this before what it is merged with counts: what is over is no alert.
pub const STILL: f64 = 0.01;
/// And errors that a detector has seen rise, before they are told of: as likely as this at most when nothing has changed.
pub const STILL_WRONG: f64 = 1e-3;
/// How many chunks are merged, with the one that is judged.
pub const LENGTHS: [usize; 5] = [2, 3, 4, 6, 8];

/// Levels of the tests of one chunk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    /// Of one test, altogether.
    pub each: f64,
    /// The chunk alone has too few rows to be judged.
    pub only_merged: bool,
}

impl Levels {
    /// `per_week` false alarms a week, chunks of `length` milliseconds, so many tests each.
    pub fn new(per_week: f64, length: Option<i64>, tests: usize) -> Self {
        let chunks = length.map_or(HOURS_A_WEEK, |ms| 7.0 * 86_400_000.0 / ms.max(1) as f64);
        let chunk = (SPENT * per_week / chunks).min(MOST_PER_CHUNK * per_week.max(1.0)).min(0.05);
        Self { each: chunk / tests.max(1) as f64, only_merged: false }
    }

    /// Level of the chunk alone.
    pub fn alone(&self, is_running: bool) -> f64 {
        if self.only_merged {
            return 0.0;
        }
        if is_running { (ALONE * self.each * LENIENCE).min(1e-3) } else { ALONE * self.each }
    }

    /// Level of how features go together: its null is learnt from stretches alone, so it has to show more.
    pub fn joint(&self, is_running: bool) -> f64 {
        self.alone(is_running) / 3.0
    }

    /// Level of one merged stretch.
    pub fn merged(&self) -> f64 {
        MERGED * self.each
    }
}

/// Sizes of effects, all scaled with the declared threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effects {
    /// Declared: Wasserstein over standard deviation, and Jensen-Shannon.
    pub threshold: f64,
    /// Least difference of the distribution functions, and of a share, that is named at all.
    pub shift: f64,
    pub share: f64,
    /// And of a category that is rare, where the change is half of its share at least: one of fifty rows that are fraud may all cease to be.
    pub rare: f64,
    /// Least rise of missing values and of new ones; and from where they are worth a page.
    pub missing: f64,
    pub new: f64,
    pub missing_page: f64,
    pub new_page: f64,
}

impl Effects {
    pub fn new(threshold: f64) -> Self {
        let scale = threshold / 0.15;
        Self {
            threshold,
            shift: 0.03 * scale,
            share: 0.02 * scale,
            rare: 0.004 * scale,
            missing: 0.004 * scale,
            new: 0.002 * scale,
            missing_page: 0.05 * scale,
            new_page: 0.02 * scale,
        }
    }
}

/// A finding that is worth an alert.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    pub kind: Kind,
    pub severity: Severity,
    pub p: f64,
    /// Chunks that were taken together to see it; 1: the chunk alone.
    pub chunks: usize,
    /// Told by values outside the range of the reference.
    pub is_outside: bool,
}

/// Evidence of a chunk alone and merged with those before it: `(chunks, evidence)`, the chunk alone first.
pub type Views<'a> = &'a [(usize, Evidence)];

/// Which of a feature's alerts are running.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Running {
    pub values: bool,
    pub missing: bool,
    pub new: bool,
}

/// Judges one feature. `distance` is that of the chunk, measured as the threshold is declared. New values are an alert of their
/// own; numbers outside the range of the reference are drift like any other. `share` says how much of the reference a category has.
pub fn feature(
    views: Views<'_>,
    distance: f64,
    levels: Levels,
    effects: Effects,
    running: Running,
    (kind, is_numeric): (Kind, bool),
    share: impl Fn(usize) -> f64,
) -> Vec<Found> {
    let page = |is: bool| if is { Severity::Page } else { Severity::Warn };
    let mut found = Vec::new();
    let values = |e: &Evidence| {
        let (cell, change) = e.cell.map_or((0, 0.0), |(cell, change)| (cell, change.abs()));
        let share = share(cell);
        let is_rare = !is_numeric && change >= effects.rare && change >= 0.5 * share.min(1.0 - share);
        (e.p, e.shift >= effects.shift || change >= effects.share || is_rare)
    };
    if let Some((p, chunks, _)) = first(views, levels, running.values, values) {
        found.push(Found { kind, severity: page(distance >= effects.threshold), p, chunks, is_outside: false });
    }
    let missing = |e: &Evidence| (e.missing_p, e.missing_rise >= effects.missing);
    if let Some((p, chunks, e)) = first(views, levels, running.missing, missing) {
        let severity = page(e.missing_rise >= effects.missing_page);
        found.push(Found { kind: Kind::Missing, severity, p, chunks, is_outside: false });
    }
    let new = |e: &Evidence| (e.new_p, e.new_rise >= effects.new);
    if let Some((p, chunks, e)) = first(views, levels, running.new, new) {
        let severity = page(e.new_rise >= effects.new_page);
        if !is_numeric {
            found.push(Found { kind: Kind::Unseen, severity, p, chunks, is_outside: false });
        } else if !found.iter().any(|f| f.kind == kind) {
            found.push(Found { kind, severity, p, chunks, is_outside: true });
        }
    }
    found
}

/// The shortest stretch that shows it: `p`, how many chunks it has, and its evidence.
fn first<'a>(
    views: Views<'a>,
    levels: Levels,
    is_running: bool,
    look: impl Fn(&Evidence) -> (f64, bool),
) -> Option<(f64, usize, &'a Evidence)> {
    let (_, alone) = views.first()?;
    let (own, _) = look(alone);
    views.iter().find_map(|(chunks, evidence)| {
        let (p, is_large) = look(evidence);
        let level = if *chunks == 1 { levels.alone(is_running) } else { levels.merged() };
        (is_large && p <= level && level > 0.0 && (*chunks == 1 || own <= STILL)).then_some((p, *chunks, evidence))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Evidence =
        Evidence { p: 0.5, shift: 0.02, cell: Some((3, 0.01)), missing_p: 1.0, missing_rise: 0.0, new_p: 1.0, new_rise: 0.0 };

    #[test]
    fn the_budget_is_a_ceiling_and_divided() {
        let hourly = Levels::new(1.0, Some(3_600_000), 40);
        assert!((hourly.each - 0.002 / 40.0).abs() < 1e-12);
        assert_eq!(Levels::new(1.0, None, 40), hourly, "unknown lengths are hours");
        assert!(Levels::new(0.1, Some(3_600_000), 40).each < hourly.each / 5.0);
        assert!(Levels::new(7.0, Some(3_600_000), 40).each > hourly.each);
        assert!(Levels::new(1e9, Some(7 * 86_400_000), 1).each <= 0.05);
    }

    #[test]
    fn table_of_cases() {
        let levels = Levels { each: 1e-5, only_merged: false };
        let effects = Effects::new(0.15);
        let (idle, going) = (Running::default(), Running { values: true, missing: true, new: true });
        let drifted = Evidence { p: 1e-7, shift: 0.2, ..NOTHING };
        let tiny = Evidence { p: 1e-12, shift: 0.01, ..NOTHING };
        let weak = Evidence { p: 1e-3, shift: 0.1, ..NOTHING };
        let borderline = Evidence { p: 1e-4, shift: 0.1, ..NOTHING };
        let gaps = Evidence { missing_p: 1e-9, missing_rise: 0.03, ..NOTHING };
        let many_gaps = Evidence { missing_p: 1e-9, missing_rise: 0.3, ..NOTHING };
        let new = Evidence { new_p: 1e-9, new_rise: 0.02, ..NOTHING };
        use Kind::{FeatureDrift, Missing, Unseen};
        use Severity::{Page, Warn};
        type Case = (&'static str, Vec<(usize, Evidence)>, f64, Running, Vec<(Kind, Severity, usize)>);
        let cases: [Case; 12] = [
            ("nothing", vec![(1, NOTHING)], 0.3, idle, vec![]),
            ("drift", vec![(1, drifted)], 0.3, idle, vec![(FeatureDrift, Page, 1)]),
            ("drift under the threshold", vec![(1, drifted)], 0.1, idle, vec![(FeatureDrift, Warn, 1)]),
            ("evidence of nothing that matters", vec![(1, tiny)], 0.01, idle, vec![]),
            ("too little evidence", vec![(1, borderline)], 0.3, idle, vec![]),
            ("enough to go on", vec![(1, borderline)], 0.3, going, vec![(FeatureDrift, Page, 1)]),
            ("not enough to go on", vec![(1, weak)], 0.3, going, vec![]),
            ("seen together", vec![(1, weak), (2, weak), (4, drifted)], 0.1, idle, vec![(FeatureDrift, Warn, 4)]),
            ("together, but over", vec![(1, NOTHING), (2, drifted), (4, drifted)], 0.1, idle, vec![]),
            ("missing values", vec![(1, gaps)], 0.0, idle, vec![(Missing, Warn, 1)]),
            ("many missing values", vec![(1, many_gaps)], 0.0, idle, vec![(Missing, Page, 1)]),
            ("new values", vec![(1, new)], 0.0, idle, vec![(Unseen, Page, 1)]),
        ];
        for (name, views, distance, running, expected) in cases {
            let found = feature(&views, distance, levels, effects, running, (FeatureDrift, false), |_| 0.3);
            let found: Vec<_> = found.iter().map(|f| (f.kind, f.severity, f.chunks)).collect();
            assert_eq!(found, expected, "{name}");
        }
        let outside = feature(&[(1, new)], 0.1, levels, effects, idle, (FeatureDrift, true), |_| 0.3);
        assert!(matches!(outside[..], [Found { kind: FeatureDrift, severity: Page, is_outside: true, .. }]), "{outside:?}");
        let both = Evidence { new_p: 1e-9, new_rise: 0.02, ..drifted };
        assert_eq!(feature(&[(1, both)], 0.3, levels, effects, idle, (FeatureDrift, true), |_| 0.3).len(), 1);
        let rare = Evidence { p: 1e-12, shift: 0.0, cell: Some((1, -0.008)), ..NOTHING };
        for (share, is_numeric, told) in [(0.01, false, 1), (0.1, false, 0), (0.01, true, 0)] {
            let found = feature(&[(1, rare)], 0.0, levels, effects, idle, (FeatureDrift, is_numeric), |_| share);
            assert_eq!(found.len(), told, "{share} {is_numeric}");
        }
    }
}
