//! Drift of every feature and of the predictions, judged by effect and evidence together.

use super::counts::Counts;
use super::usually::{Changed, Usually};
use super::whole_rows::WholeRows;
use super::window::Features;
use crate::compare::Effects;
use crate::deployments::{Known, KnownVersion};
use crate::registry::VersionBaseline;
use crate::registry::expected::Expected;
use crate::registry::usual::UsualTimes;
use crate::words::{number, percent};
use contract::alerting::AlertLimits;
use contract::deployment::DeploymentSettings;
use contract::views::alerts::AlertKind;
use contract::{Task, Verdict};
use stats::bins::{Baseline, Window};
use stats::estimate::{Better, EstimateFinding, judge_estimate};
use stats::evidence::{
    DriftFinding, Measure, Verdict as Judged, judge, judge_outside, judge_rise, judge_stuck, level_of_sliding,
};
use stats::joint::{JointFinding, JointWindow, judge_joint};
use stats::usual::{At, Season, Shape, Stretch, Usual};

/// Change of how features go together that matters: as if two unrelated features had come to correlate by so much.
pub const JOINT_STRENGTH: f64 = 0.3;
/// Expected loss that matters: of accuracy, in points; of the mean absolute error, twice as a part of it.
pub const ESTIMATE_LOSS: f64 = 0.03;

/// What a window says about one feature.
#[derive(Clone, Debug)]
pub struct Finding {
    pub feature: String,
    pub distance: DriftFinding,
    pub missing: DriftFinding,
    /// `None` for numbers, and where the reference has too many categories to know what is new.
    pub unseen: Option<DriftFinding>,
    /// Numbers outside the range of the reference.
    pub outside: Option<DriftFinding>,
    /// A number that stands still, and the value that it has.
    pub stuck: Option<(f64, DriftFinding)>,
    /// A change of a part of the distribution, where it is known how much the reference's hours differ.
    pub changed: Option<Changed>,
    /// Times that are told apart: the distance is that from the reference rows of the same times.
    pub season: Option<Season>,
}

/// What a window says about the predictions.
#[derive(Clone, Debug)]
pub enum PredictionFinding {
    /// Share of a class now and in the reference (at the same times, where they are told apart), as `(k, n)`, the probability of such a
    /// difference when nothing has changed, and the level that it is held against.
    Share { class: String, now: (u64, u64), reference: (u64, u64), p: f64, level: f64 },
    /// Predicted values (regression): their means and the judged distance.
    Value { now: f64, reference: f64, finding: DriftFinding },
}

/// Everything that the windows of one version say, judged.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// Every feature that has a baseline, the furthest first.
    pub findings: Vec<Finding>,
    pub joint: Option<JointFinding>,
    pub prediction: Option<PredictionFinding>,
    /// The scores of the positive class.
    pub score: Option<DriftFinding>,
    pub estimate: Option<EstimateFinding>,
    /// Rows of which something was expected.
    pub expected: u64,
}

/// Judges the sums of a stretch of one version's windows.
pub fn judged(known: &Known, version: &KnownVersion, counts: &Counts, features: &Features) -> Judgement {
    Judgement {
        findings: findings(&known.settings, version, features),
        joint: joint_finding(&known.settings, version, &features.rows),
        prediction: prediction_finding(known, version, counts, features),
        score: score_finding(&known.settings, version, features),
        estimate: estimate_finding(&known.settings, version, &features.rows),
        expected: features.rows.expected.as_ref().map_or(0, Expected::n),
    }
}

/// Tests of a feature, at most: distance, a part of the distribution, missing values, values outside the range, a value that stands still.
/// Categories have four and some features two, which leaves room for the tests of all features together.
const TESTS: usize = 5;
/// Part of the budget that the answers have for themselves, and their tests: class or value, and score. There are few of them, and what
/// they show matters most.
const ANSWERS: f64 = 0.2;
const ANSWER_TESTS: usize = 2;

/// Level of each test at one look: the deployment's budget for a week, over all windows of a week, all features and their tests; and over
/// the looks that a window is worth which slides on and is looked at every few seconds.
pub fn alpha(settings: &DeploymentSettings, features: usize) -> f64 {
    level(settings, (1.0 - ANSWERS) / (TESTS * features.max(1)) as f64)
}

/// The same for the tests of the answers.
fn answers_alpha(settings: &DeploymentSettings) -> f64 {
    level(settings, ANSWERS / ANSWER_TESTS as f64)
}

fn level(settings: &DeploymentSettings, part: f64) -> f64 {
    let windows = 7.0 * 86_400.0 / settings.drift_window_s as f64;
    level_of_sliding(settings.alert_budget_per_week / windows * part).min(0.01)
}

/// The rises that matter, each with the one that is enough where the reference has nearly none of it: as in comparing files, unless
/// somebody has chosen another limit.
fn rises(settings: &DeploymentSettings) -> [(f64, Option<f64>); 3] {
    let (limits, otherwise) = (settings.alert_limits, AlertLimits::default());
    let effects = Effects::new(settings.drift_threshold);
    [
        (limits.missing_rise, otherwise.missing_rise, effects.missing),
        (limits.unseen_rise, otherwise.unseen_rise, effects.new),
        (limits.out_of_range_rise, otherwise.out_of_range_rise, effects.new),
    ]
    .map(|(chosen, otherwise, floor)| (chosen, (chosen == otherwise).then_some(floor)))
}

/// How the features go together now, against the reference; `None` where the baseline does not know.
pub fn joint_finding(settings: &DeploymentSettings, version: &KnownVersion, rows: &WholeRows) -> Option<JointFinding> {
    let baseline = version.baseline.as_ref()?;
    let joint = baseline.joint.as_ref()?;
    let empty = JointWindow::new(joint);
    let window = rows.joint.as_ref().unwrap_or(&empty);
    // One test beside those of the features, for which their number leaves room.
    Some(judge_joint(joint, window, JOINT_STRENGTH, alpha(settings, baseline.features.len())))
}

/// How good the answers are expected to be, against the labelled rows of the reference; `None` where nothing is estimated.
pub fn estimate_finding(settings: &DeploymentSettings, version: &KnownVersion, rows: &WholeRows) -> Option<EstimateFinding> {
    let baseline = version.baseline.as_ref()?;
    let estimator = baseline.estimator.as_ref()?;
    let reference = estimator.reference()?;
    let expected = rows.expected.as_ref();
    let (loss, better) = match version.contract.task {
        Task::Regression => (2.0 * ESTIMATE_LOSS * reference, Better::Lower),
        _ => (ESTIMATE_LOSS, Better::Higher),
    };
    let sizes = (expected.map_or(0, Expected::n), estimator.rows);
    let judged = (loss, alpha(settings, baseline.features.len()));
    Some(judge_estimate(expected.and_then(Expected::primary), reference, estimator.sampling(), sizes, judged, better))
}

/// How the reference varies in time, where that is known of stretches no longer than the window: days that are alike say nothing of
/// nights.
fn usual<'b>(settings: &DeploymentSettings, baseline: &'b VersionBaseline) -> Option<&'b UsualTimes> {
    let window = i64::try_from(settings.drift_window_s).unwrap_or(i64::MAX).saturating_mul(1_000);
    baseline.usual.as_ref().filter(|usual| usual.span <= window)
}

/// Every feature that has a baseline, the furthest first.
pub fn findings(settings: &DeploymentSettings, version: &KnownVersion, features: &Features) -> Vec<Finding> {
    let Some(baseline) = &version.baseline else { return Vec::new() };
    let alpha = alpha(settings, baseline.features.len());
    let times = features.times.list();
    let usual = usual(settings, baseline);
    let mut found: Vec<Finding> = baseline
        .features
        .iter()
        .map(|(name, reference)| {
            let empty = Window::new(reference);
            let window = features.by_name.get(name).unwrap_or(&empty);
            let of = usual.and_then(|all| Some((all, all.features.get(name)?)));
            let usually = of.map(|(all, of)| Usually { all, of, times: &times });
            one(name, reference, window, usually, settings, alpha)
        })
        .collect();
    // Drift first, then what is near its limit; what cannot be judged last, however far it seems to be.
    let rank = |finding: &Finding| {
        let judged = match finding.verdict() {
            Verdict::Fail => 2,
            Verdict::Pass => 1,
            Verdict::Insufficient => 0,
        };
        (judged, finding.distance.distance / finding.distance.threshold.max(1e-12))
    };
    found.sort_by(|a, b| rank(b).0.cmp(&rank(a).0).then(rank(b).1.total_cmp(&rank(a).1)).then(a.feature.cmp(&b.feature)));
    found
}

fn one(
    name: &str,
    reference: &Baseline,
    window: &Window,
    usually: Option<Usually<'_>>,
    settings: &DeploymentSettings,
    alpha: f64,
) -> Finding {
    let rows = window.n() + window.missing();
    let [missing_rise, unseen_rise, outside_rise] = rises(settings);
    let unseen = match (reference, window) {
        (Baseline::Categorical(known), Window::Categorical(seen)) if known.is_complete() => {
            Some(judge_rise((seen.unseen_total, seen.n), (0, known.n), unseen_rise, alpha))
        }
        _ => None,
    };
    let (outside, stuck) = match (reference, window) {
        (Baseline::Numeric(known), Window::Numeric(seen)) => {
            let stuck = judge_stuck(known, seen, settings.alert_limits.stuck_share, alpha);
            (judge_outside(known, seen, outside_rise, alpha), stuck.map(|stuck| (seen.min.unwrap_or_default(), stuck)))
        }
        _ => (None, None),
    };
    let usual = usually.and_then(|usually| usually.seen(reference, window, Effects::new(settings.drift_threshold), alpha));
    let at_times = usual.as_ref().and_then(|seen| seen.reference.as_ref());
    let against = at_times.unwrap_or(reference);
    let mut finding = Finding {
        feature: name.to_owned(),
        distance: judge(against, window, settings.drift_threshold, alpha),
        missing: judge_rise((window.missing(), rows), (against.missing(), against.n() + against.missing()), missing_rise, alpha),
        unseen,
        outside,
        stuck,
        changed: None,
        season: at_times.and(usually).and_then(|usually| usually.of.season()),
    };
    if let Some(seen) = usual {
        finding.distance = finding.distance.with_p(seen.evidence.p, alpha);
        finding.missing = finding.missing.if_also(seen.evidence.missing_p, alpha);
        let new = |part: DriftFinding| part.if_also(seen.evidence.new_p, alpha);
        (finding.unseen, finding.outside) = (finding.unseen.map(new), finding.outside.map(new));
        finding.changed = seen.changed;
    }
    finding
}

impl Finding {
    /// All that is judged, the most telling first: a number that stands still has another distribution too, and so has one beyond its range.
    pub fn parts(&self) -> impl Iterator<Item = (AlertKind, &DriftFinding)> {
        [
            (AlertKind::Stuck, self.stuck.as_ref().map(|(_, stuck)| stuck)),
            (AlertKind::Missing, Some(&self.missing)),
            (AlertKind::Unseen, self.unseen.as_ref()),
            (AlertKind::FeatureDrift, Some(&self.distance)),
            (AlertKind::OutOfRange, self.outside.as_ref()),
            (AlertKind::FeatureDrift, self.changed.as_ref().map(|changed| &changed.finding)),
        ]
        .into_iter()
        .filter_map(|(kind, part)| Some((kind, part?)))
    }

    /// Those parts that are wrong, each said once: values that stand still, or have moved as a whole, are not told of as drifted or
    /// outside the range as well, and what is told in any of these ways not as a change of a part.
    pub fn wrong(&self) -> Vec<(AlertKind, &DriftFinding)> {
        let fails = |part: Option<&DriftFinding>| part.is_some_and(|part| part.verdict == Judged::Drift);
        let stuck = fails(self.stuck.as_ref().map(|(_, stuck)| stuck));
        let moved = stuck || fails(Some(&self.distance));
        let told = moved || fails(self.outside.as_ref()) || fails(self.unseen.as_ref());
        let is_told = |kind, part: &DriftFinding| match kind {
            AlertKind::FeatureDrift if is_part(part) => !told,
            AlertKind::FeatureDrift => !stuck,
            AlertKind::OutOfRange => !moved,
            _ => true,
        };
        self.parts().filter(|(kind, part)| part.verdict == Judged::Drift && is_told(*kind, part)).collect()
    }

    /// The change of a part of the distribution, where that is what is told first.
    pub fn told_change(&self) -> Option<&Changed> {
        let (_, first) = self.wrong().into_iter().next()?;
        self.changed.as_ref().filter(|_| is_part(first))
    }

    /// One of the parts as the beginning of a sentence.
    pub fn words(&self, part: &DriftFinding) -> String {
        match &self.changed {
            Some(changed) if is_part(part) => changed.words.clone(),
            _ => {
                let at = self.season.filter(|_| !part.measure.is_share()).map(|season| format!(" at {}", same_times(season)));
                format!("{}{}", distance_words(part.measure, part.distance), at.unwrap_or_default())
            }
        }
    }

    /// Drift in any part is drift; enough rows for the distance are enough.
    pub fn verdict(&self) -> Verdict {
        if self.parts().any(|(_, part)| part.verdict == Judged::Drift) { Verdict::Fail } else { verdict(&self.distance) }
    }
}

/// What the p-value of a finding takes into account.
pub fn by_chance(finding: &Finding) -> &'static str {
    // A change of a part is only judged where it is known how the reference varies in time.
    if finding.changed.is_some() { "As much as the training data vary in time," } else { BY_CHANCE }
}

pub const BY_CHANCE: &str = "By chance alone";

/// Which rows of the reference a distance is from.
fn same_times(season: Season) -> &'static str {
    match season {
        Season::HourOfDay => "the same hours of the day",
        Season::HourOfDayType => "the same hours of working or weekend days",
        Season::DayOfWeek => "the same days of the week",
        Season::HourOfWeek => "the same hours of the week",
    }
}

/// Whether a finding is of a part of the distribution.
pub fn is_part(part: &DriftFinding) -> bool {
    matches!(part.measure, Measure::KolmogorovSmirnov | Measure::ShareChange)
}

/// The verdict in the product's words.
pub fn verdict(finding: &DriftFinding) -> Verdict {
    match finding.verdict {
        Judged::Ok => Verdict::Pass,
        Judged::Drift => Verdict::Fail,
        Judged::Insufficient => Verdict::Insufficient,
    }
}

/// What a distance is called.
pub fn measure_name(measure: Measure) -> &'static str {
    match measure {
        Measure::WassersteinOverStd => "Wasserstein distance over the standard deviation",
        Measure::JensenShannon => "Jensen-Shannon distance",
        Measure::ShareChanged => "Share of changed values",
        Measure::ShareRise => "Rise",
        Measure::KolmogorovSmirnov => "Kolmogorov-Smirnov distance",
        Measure::ShareChange => "Change of a share",
    }
}

/// A distance as the beginning of a sentence: `1.79 standard deviations away from the training data (Wasserstein)`.
pub fn distance_words(measure: Measure, distance: f64) -> String {
    match measure {
        Measure::WassersteinOverStd => {
            format!("{} standard deviations away from the training data (Wasserstein)", number(distance))
        }
        Measure::JensenShannon => format!("{} away from the training data (Jensen-Shannon)", number(distance)),
        Measure::ShareChanged => format!("{} of the values are other than the one in the training data", percent(distance)),
        Measure::ShareRise => format!("{} more than in the training data", percent(distance)),
        Measure::KolmogorovSmirnov => format!("{} away from the training data (Kolmogorov-Smirnov)", number(distance)),
        Measure::ShareChange => format!("{} of the rows have moved", percent(distance)),
    }
}

/// The predictions against those for the reference rows; `None` where the version has no baseline of them.
pub fn prediction_finding(
    known: &Known,
    version: &KnownVersion,
    counts: &Counts,
    features: &Features,
) -> Option<PredictionFinding> {
    let reference = version.baseline.as_ref()?.label.as_ref()?;
    let level = answers_alpha(&known.settings);
    let usual = version.baseline.as_ref().and_then(|baseline| usual(&known.settings, baseline));
    let usual = usual.and_then(|usual| usual.label.as_ref());
    let times = features.times.list();
    match (version.contract.task, reference) {
        (Task::Regression, Baseline::Numeric(_)) => {
            let empty = Window::new(reference);
            let window = features.label.as_ref().unwrap_or(&empty);
            let (finding, mean) = course(reference, window, usual, &times, known.settings.drift_threshold, level);
            Some(PredictionFinding::Value { now: counts.values.mean, reference: mean, finding })
        }
        (_, Baseline::Categorical(classes)) => {
            let chance;
            let usual = match usual {
                Some(usual) => usual,
                None => {
                    chance = Usual::fit(Shape::of(reference), Stretch::of_reference(reference), &[], level);
                    &chance
                }
            };
            let n = counts.labelled();
            let of = |class: &str, tests: usize| {
                let k = counts.label(class);
                // A class that the model never answered in the reference has no share there.
                let (p, before) = usual.share(classes.index(class).unwrap_or(usize::MAX), (k, n), &times);
                let p = (p * tests as f64).min(1.0);
                PredictionFinding::Share { class: class.to_owned(), now: (k, n), reference: before, p, level }
            };
            match watched_class(version) {
                Some(class) => Some(of(&class, 1)),
                // With several classes, the one whose share has moved furthest.
                None => {
                    let all = &version.contract.classes;
                    all.iter().map(|class| of(class, all.len())).max_by(|a, b| moved(a).total_cmp(&moved(b)))
                }
            }
        }
        _ => None,
    }
}

/// The scores against those for the reference rows; `None` where there is no baseline of them.
pub fn score_finding(settings: &DeploymentSettings, version: &KnownVersion, features: &Features) -> Option<DriftFinding> {
    let baseline = version.baseline.as_ref()?;
    let reference = baseline.score.as_ref()?;
    let window = features.score.as_ref()?;
    let usual = usual(settings, baseline).and_then(|usual| usual.score.as_ref());
    Some(course(reference, window, usual, &features.times.list(), settings.drift_threshold, answers_alpha(settings)).0)
}

/// Distance of answers from those for the reference at the same times, and the mean of the latter.
fn course(
    reference: &Baseline,
    window: &Window,
    usual: Option<&Usual>,
    times: &[At],
    threshold: f64,
    alpha: f64,
) -> (DriftFinding, f64) {
    let same = usual.and_then(|usual| usual.same_times(times));
    let same = same.and_then(|rows| reference.with_rows(&rows.counts, rows.missing));
    let finding = judge(same.as_ref().unwrap_or(reference), window, threshold, alpha);
    let finding = match usual {
        Some(usual) if finding.n > 0 => finding.with_p(usual.evidence_of(&Stretch::of(window, None), times).p, alpha),
        _ => finding,
    };
    let mean = if let Baseline::Numeric(values) = same.as_ref().unwrap_or(reference) { values.mean_of_rows() } else { 0.0 };
    (finding, mean)
}

/// The class that stands for a model with two.
pub fn watched_class(version: &KnownVersion) -> Option<String> {
    let contract = &version.contract;
    contract.positive.clone().or_else(|| if contract.classes.len() == 2 { contract.classes.get(1).cloned() } else { None })
}

fn moved(finding: &PredictionFinding) -> f64 {
    let share = |(k, n): (u64, u64)| if n == 0 { 0.0 } else { k as f64 / n as f64 };
    match finding {
        PredictionFinding::Share { now, reference, .. } => (share(*now) - share(*reference)).abs(),
        PredictionFinding::Value { .. } => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_divided_over_everything_that_is_tested() {
        let hourly = DeploymentSettings::new("m".into());
        let each = 0.8 / 168.0 / 500.0;
        assert!((alpha(&hourly, 100) - level_of_sliding(each)).abs() < 1e-15 && alpha(&hourly, 100) < each / 15.0);
        assert!((answers_alpha(&hourly) - level_of_sliding(0.1 / 168.0)).abs() < 1e-15);
        let generous = DeploymentSettings { alert_budget_per_week: 1e9, ..hourly };
        assert!(alpha(&generous, 1) <= 0.01);
    }
}
