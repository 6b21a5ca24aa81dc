//! Drift of every feature and of the predictions, judged by effect and evidence together.

use super::counts::Counts;
use super::whole_rows::WholeRows;
use super::window::Features;
use crate::compare::Effects;
use crate::deployments::{Known, KnownVersion};
use crate::registry::expected::Expected;
use crate::words::{number, percent};
use contract::alerting::AlertLimits;
use contract::deployment::DeploymentSettings;
use contract::views::alerts::AlertKind;
use contract::{Task, Verdict};
use stats::bins::{Baseline, Window};
use stats::estimate::{Better, EstimateFinding, judge_estimate};
use stats::evidence::{
    DriftFinding, Measure, Tail, Verdict as Judged, fisher_exact, judge, judge_outside, judge_rise, judge_stuck, level_of_sliding,
};
use stats::joint::{JointFinding, JointWindow, judge_joint};

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
}

/// What a window says about the predictions.
#[derive(Clone, Debug)]
pub enum PredictionFinding {
    /// Share of a class now and in the reference, as `(k, n)`, and the probability of such a difference by chance.
    Share { class: String, now: (u64, u64), reference: (u64, u64), p: f64 },
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
        estimate: estimate_finding(&known.settings, version, &features.rows),
        expected: features.rows.expected.as_ref().map_or(0, Expected::n),
    }
}

/// Tests of a feature, at most: distance, missing values, values outside the range, a value that stands still. Categories have three
/// and some features two, which leaves room for the few tests of all features and of the answers.
const TESTS: usize = 4;

/// Level of each test at one look: the deployment's budget for a week, over all windows of a week, all features and their tests; and over
/// the looks that a window is worth which slides on and is looked at every few seconds.
pub fn alpha(settings: &DeploymentSettings, features: usize) -> f64 {
    let windows = 7.0 * 86_400.0 / settings.drift_window_s as f64;
    let each = settings.alert_budget_per_week / windows / (TESTS * features.max(1)) as f64;
    level_of_sliding(each).min(0.01)
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

/// Every feature that has a baseline, the furthest first.
pub fn findings(settings: &DeploymentSettings, version: &KnownVersion, features: &Features) -> Vec<Finding> {
    let Some(baseline) = &version.baseline else { return Vec::new() };
    let alpha = alpha(settings, baseline.features.len());
    let mut found: Vec<Finding> = baseline
        .features
        .iter()
        .map(|(name, reference)| {
            let empty = Window::new(reference);
            let window = features.by_name.get(name).unwrap_or(&empty);
            one(name, reference, window, settings, alpha)
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

fn one(name: &str, reference: &Baseline, window: &Window, settings: &DeploymentSettings, alpha: f64) -> Finding {
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
    Finding {
        feature: name.to_owned(),
        distance: judge(reference, window, settings.drift_threshold, alpha),
        missing: judge_rise(
            (window.missing(), rows),
            (reference.missing(), reference.n() + reference.missing()),
            missing_rise,
            alpha,
        ),
        unseen,
        outside,
        stuck,
    }
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
        ]
        .into_iter()
        .filter_map(|(kind, part)| Some((kind, part?)))
    }

    /// Those parts that are wrong, each said once: values that stand still, or have moved as a whole, are not told of as drifted or
    /// outside the range as well.
    pub fn wrong(&self) -> Vec<(AlertKind, &DriftFinding)> {
        let fails = |part: Option<&DriftFinding>| part.is_some_and(|part| part.verdict == Judged::Drift);
        let stuck = fails(self.stuck.as_ref().map(|(_, stuck)| stuck));
        let moved = stuck || fails(Some(&self.distance));
        let is_told = |kind| match kind {
            AlertKind::FeatureDrift => !stuck,
            AlertKind::OutOfRange => !moved,
            _ => true,
        };
        self.parts().filter(|(kind, part)| part.verdict == Judged::Drift && is_told(*kind)).collect()
    }

    /// Drift in any part is drift; enough rows for the distance are enough.
    pub fn verdict(&self) -> Verdict {
        if self.parts().any(|(_, part)| part.verdict == Judged::Drift) { Verdict::Fail } else { verdict(&self.distance) }
    }
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
    match (version.contract.task, reference) {
        (Task::Regression, Baseline::Numeric(values)) => {
            let empty = Window::new(reference);
            let window = features.label.as_ref().unwrap_or(&empty);
            let finding = judge(reference, window, known.settings.drift_threshold, alpha(&known.settings, 1));
            Some(PredictionFinding::Value { now: counts.values.mean, reference: values.mean, finding })
        }
        (_, Baseline::Categorical(classes)) => {
            let n = counts.labelled();
            let of = |class: &str| {
                let in_reference = classes.index(class).map_or(0, |i| classes.categories[i].1);
                let k = counts.label(class);
                let p = (2.0
                    * fisher_exact(k, n, in_reference, classes.n, Tail::Greater).min(fisher_exact(
                        k,
                        n,
                        in_reference,
                        classes.n,
                        Tail::Less,
                    )))
                .min(1.0);
                PredictionFinding::Share { class: class.to_owned(), now: (k, n), reference: (in_reference, classes.n), p }
            };
            match watched_class(version) {
                Some(class) => Some(of(&class)),
                // With several classes, the one whose share has moved furthest.
                None => version.contract.classes.iter().map(|class| of(class)).max_by(|a, b| moved(a).total_cmp(&moved(b))),
            }
        }
        _ => None,
    }
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
        let each = 1.0 / 168.0 / 400.0;
        assert!((alpha(&hourly, 100) - level_of_sliding(each)).abs() < 1e-15 && alpha(&hourly, 100) < each / 15.0);
        let generous = DeploymentSettings { alert_budget_per_week: 1e9, ..hourly };
        assert!(alpha(&generous, 1) <= 0.01);
    }
}
