//! Whether realised quality is worse than it was on held-back rows: the primary measure, and beside it those that can fall while it stands,
//! such as the recall of a rare class or the bias of values. Pure.

use super::quality::Quality;
use crate::registry::estimator::{Counts, Estimator, Learnt};
use contract::Task;
use contract::views::parts::Estimate;
use stats::evidence::{level_of_sliding, normal_quantile, normal_tail};
use stats::quality::{BinaryQuality, MulticlassQuality, RegressionQuality};

/// Part of the alert budget of a week, which is the stretch over which quality is judged, that its measures have together, and the
/// groups of the declared segments.
const PART: f64 = 0.1;
/// Outcomes of a kind from which a measure of them is judged, now and held back.
const FEWEST: u64 = 20;
/// And of a group, as its page has it.
const FEWEST_OF_GROUP: u64 = super::page::FEWEST;
/// Times the margin by which a rate among some of the rows must be worse, and a bias, in mean absolute errors: they matter less than
/// the same change of all.
const RATE: f64 = 2.0;
const BIAS: f64 = 8.0;

/// A measure that has become worse.
#[derive(Clone, Debug, PartialEq)]
pub struct Worse {
    /// As within a sentence: `recall of “yes”`.
    pub measure: String,
    pub is_rate: bool,
    pub value: f64,
    pub reference: f64,
    /// Outcomes that it is measured on.
    pub n: u64,
    /// Probability of this when it is not worse by more than the margin.
    pub p: f64,
}

/// Level of each of so many tests of a week's quality, looked at all the time; never more than one in two hundred.
pub fn level(budget_per_week: f64, tests: usize) -> f64 {
    level_of_sliding(PART * budget_per_week / tests.max(1) as f64).min(0.005)
}

/// P-value of the primary measure: how likely it is to come out so when it is worse by no more than the margin.
pub fn primary_p(task: Task, offline: f64, seen: &Estimate, reference: Option<&Estimator>, margin: f64) -> f64 {
    let held_back = reference.filter(|reference| reference.held_back);
    if task == Task::Regression {
        // The interval is the normal one of 95 %.
        let error = seen.upper.map_or(f64::INFINITY, |upper| (upper - seen.value) / normal_quantile(0.975));
        let own = match held_back.map(|reference| &reference.learnt) {
            Some(Learnt::Regression { quality, .. }) => spread(quality.absolute_sum, quality.squared_sum, quality.n),
            _ => 0.0,
        };
        // Errors have a unit: the margin is relative.
        let limit = offline * (1.0 + 2.0 * margin);
        return beyond(seen.value - limit, error * error + own);
    }
    let rows = held_back.map_or(0, |reference| reference.rows);
    let (value, variance) = rate((seen.value * seen.n as f64).round(), seen.n as f64);
    let own = if rows > 0 { offline * (1.0 - offline) / rows as f64 } else { 0.0 };
    beyond(offline - margin - value, variance + own)
}

/// Measures beside the primary one that are worse, the surest first, and how many were tested. Nothing where there were no held-back rows: about rows that a
/// model was trained on it is too good.
pub fn worse(reference: &Estimator, seen: &Quality, margin: f64, budget_per_week: f64) -> (Vec<Worse>, usize) {
    if !reference.held_back {
        return (Vec::new(), 0);
    }
    let tested = match (&reference.learnt, seen.binary(), seen.multiclass(), seen.regression()) {
        (Learnt::Binary { quality, .. }, Some(now), ..) => binary(quality, now, margin),
        (Learnt::Multiclass { quality, .. }, _, Some(now), _) => multiclass(quality, now, margin),
        (Learnt::Regression { quality, .. }, .., Some(now)) => regression(quality, now, margin),
        _ => Vec::new(),
    };
    // One more for the primary measure.
    let tests = tested.len();
    let level = level(budget_per_week, tests + 1);
    let mut found: Vec<Worse> = tested.into_iter().filter(|one| one.p <= level).collect();
    found.sort_by(|a, b| a.p.total_cmp(&b.p));
    (found, tests)
}

/// Groups of the declared segments whose primary measure is worse than that of their own held-back rows, the surest first.
pub fn worse_groups(reference: &Estimator, seen: &[Group], margin: f64, budget_per_week: f64) -> Vec<Worse> {
    if !reference.held_back {
        return Vec::new();
    }
    let tested: Vec<Worse> = seen
        .iter()
        .filter_map(|group| {
            let held = reference.groups.iter().find(|held| held.feature == group.feature && held.value == group.value)?;
            let name = format!("{} of {} = {}", primary_word(&held.quality), group.feature, group.value);
            primary(name, &Quality::of_counts(&held.quality), &group.quality, RATE * margin)
        })
        .collect();
    let level = level(budget_per_week, tested.len());
    let mut found: Vec<Worse> = tested.into_iter().filter(|one| one.p <= level).collect();
    found.sort_by(|a, b| a.p.total_cmp(&b.p));
    found
}

/// Realised quality of one group.
#[derive(Clone, Debug)]
pub struct Group {
    pub feature: String,
    pub value: String,
    pub quality: Quality,
}

fn primary_word(counts: &Counts) -> &'static str {
    if matches!(counts, Counts::Regression(_)) { "mean absolute error" } else { "accuracy" }
}

/// The primary measure of the same kind of rows; `None` with too few of either.
fn primary(measure: String, before: &Quality, now: &Quality, margin: f64) -> Option<Worse> {
    match (before.regression(), now.regression()) {
        (Some(was), Some(is)) if was.n >= FEWEST_OF_GROUP && is.n >= FEWEST_OF_GROUP => {
            let (reference, value) = (was.mae()?, is.mae()?);
            let variance = spread(was.absolute_sum, was.squared_sum, was.n) + spread(is.absolute_sum, is.squared_sum, is.n);
            let p = beyond(value - reference * (1.0 + 2.0 * margin), variance);
            Some(Worse { measure, is_rate: false, value, reference, n: is.n, p })
        }
        (None, None) if before.n() >= FEWEST_OF_GROUP && now.n() >= FEWEST_OF_GROUP => {
            let right = |of: &Quality| Some((of.n() - of.wrong()?, of.n()));
            part(measure, right(before)?, right(now)?, margin)
        }
        _ => None,
    }
}

fn binary(before: &BinaryQuality, now: &BinaryQuality, margin: f64) -> Vec<Worse> {
    let recall = |of: &BinaryQuality| (of.true_positive, of.true_positive + of.false_negative);
    let specificity = |of: &BinaryQuality| (of.true_negative, of.true_negative + of.false_positive);
    let precision = |of: &BinaryQuality| (of.true_positive, of.true_positive + of.false_positive);
    let rates = [
        ("recall", recall(before), recall(now)),
        ("recall of the other class", specificity(before), specificity(now)),
        ("precision", precision(before), precision(now)),
    ];
    let mut tested: Vec<Worse> =
        rates.into_iter().filter_map(|(name, before, now)| part(name.into(), before, now, RATE * margin)).collect();
    if let (Some(was), Some(is)) = (before.roc_auc_interval(0.95), now.roc_auc_interval(0.95)) {
        let few = now.positive_rate().unwrap_or(0.0) * now.n() as f64;
        if few.min(now.n() as f64 - few) >= FEWEST as f64 {
            let variance = was.standard_error.powi(2) + is.standard_error.powi(2);
            let p = beyond(was.estimate - margin - is.estimate, variance);
            let (value, reference) = (is.estimate, was.estimate);
            tested.push(Worse { measure: "ROC AUC".into(), is_rate: false, value, reference, n: now.scored(), p });
        }
    }
    tested
}

fn multiclass(before: &MulticlassQuality, now: &MulticlassQuality, margin: f64) -> Vec<Worse> {
    let recall = |of: &MulticlassQuality, class: &str| {
        let row = of.confusion.get(class);
        let right = row.and_then(|row| row.get(class)).copied().unwrap_or(0);
        (right, row.map_or(0, |row| row.values().sum()))
    };
    let classes = before.confusion.keys();
    let of = |class: &String| part(format!("recall of “{class}”"), recall(before, class), recall(now, class), RATE * margin);
    classes.filter_map(of).collect()
}

fn regression(before: &RegressionQuality, now: &RegressionQuality, margin: f64) -> Vec<Worse> {
    let (Some(was), Some(is), Some(mae)) = (before.bias(), now.bias(), before.mae()) else { return Vec::new() };
    if before.n < FEWEST || now.n < FEWEST {
        return Vec::new();
    }
    let variance = spread(before.error_sum, before.squared_sum, before.n) + spread(now.error_sum, now.squared_sum, now.n);
    let p = beyond((is - was).abs() - BIAS * margin * mae, variance);
    vec![Worse { measure: "mean error".into(), is_rate: false, value: is, reference: was, n: now.n, p: (2.0 * p).min(1.0) }]
}

/// A rate `(k, n)` before and now; `None` with too few rows of either.
fn part(measure: String, before: (u64, u64), now: (u64, u64), margin: f64) -> Option<Worse> {
    if before.1 < FEWEST || now.1 < FEWEST {
        return None;
    }
    let ((was, own), (is, variance)) = (rate(before.0 as f64, before.1 as f64), rate(now.0 as f64, now.1 as f64));
    let share = |(k, n): (u64, u64)| k as f64 / n as f64;
    let p = beyond(was - margin - is, own + variance);
    Some(Worse { measure, is_rate: true, value: share(now), reference: share(before), n: now.1, p })
}

/// A rate and its variance, with one more success and one more failure (Agresti and Caffo 2000), so that neither is ever 0.
fn rate(k: f64, n: f64) -> (f64, f64) {
    let p = (k + 1.0) / (n + 2.0);
    (p, p * (1.0 - p) / (n + 2.0))
}

/// Variance of a mean from the sum and the sum of squares.
fn spread(sum: f64, squares: f64, n: u64) -> f64 {
    if n < 2 {
        return f64::INFINITY;
    }
    let rows = n as f64;
    (squares / rows - (sum / rows).powi(2)).max(0.0) / (rows - 1.0)
}

/// Probability of an excess at least so large where there is none, one-sided.
fn beyond(excess: f64, variance: f64) -> f64 {
    if !variance.is_finite() {
        return 1.0;
    }
    normal_tail(excess / variance.max(1e-300).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::estimator::GroupQuality;
    use stats::rng::SplitMix64;

    const MARGIN: f64 = 0.03;

    /// Outcomes of a rare class: `(share, recall, false alarms)` of `n` rows.
    fn rare(rng: &mut SplitMix64, n: usize, recall: f64) -> BinaryQuality {
        let mut quality = BinaryQuality::default();
        for _ in 0..n {
            let truth = rng.bernoulli(0.04);
            let said = if truth { rng.bernoulli(recall) } else { rng.bernoulli(0.01) };
            let score = f64::midpoint(if said { 0.8 } else { 0.2 }, rng.uniform());
            quality.add(truth, said, Some(score));
        }
        quality
    }

    fn told(tested: Vec<Worse>) -> Vec<String> {
        let level = level(1.0, tested.len() + 1);
        tested.into_iter().filter(|one| one.p <= level).map(|one| one.measure).collect()
    }

    #[test]
    fn a_rare_class_that_is_no_longer_found_is_worse_though_accuracy_stands() {
        let mut rng = SplitMix64::new(3);
        let before = rare(&mut rng, 5_000, 0.8);
        let now = rare(&mut rng, 3_000, 0.3);
        assert!(before.accuracy().unwrap() - now.accuracy().unwrap() < MARGIN);
        assert_eq!(told(binary(&before, &now, MARGIN)).first().map(String::as_str), Some("recall"));
    }

    #[test]
    fn what_is_no_worse_is_seldom_called_so() {
        let mut rng = SplitMix64::new(4);
        let alarms = (0..400).filter(|_| {
            let (before, now) = (rare(&mut rng, 2_000, 0.8), rare(&mut rng, 1_000, 0.8));
            !told(binary(&before, &now, MARGIN)).is_empty()
        });
        assert!(alarms.count() <= 4);
    }

    #[test]
    fn primary_measures_ask_for_evidence_beyond_the_margin() {
        let seen = |value: f64, n: u64| Estimate { value, lower: Some(value - 1.0), upper: Some(value + 5.0), n };
        let p = |task, offline, seen: Estimate| primary_p(task, offline, &seen, None, MARGIN);
        assert!(p(Task::Binary, 0.9, seen(0.8, 500)) < 1e-4);
        assert!(p(Task::Binary, 0.9, seen(0.86, 500)) > 0.1 && p(Task::Binary, 0.9, seen(0.95, 500)) > 0.99);
        assert!(p(Task::Regression, 100.0, seen(120.0, 500)) < 1e-4 && p(Task::Regression, 100.0, seen(106.0, 500)) > 0.4);
    }

    #[test]
    fn values_that_are_all_too_high_are_worse_though_errors_are_as_large() {
        let mut rng = SplitMix64::new(5);
        let mut of = |bias: f64| {
            let mut quality = RegressionQuality::default();
            (0..800).for_each(|_| quality.add(0.0, bias + rng.normal() * if bias == 0.0 { 1.0 } else { 0.7 }));
            quality
        };
        let (before, same, high) = (of(0.0), of(0.0), of(0.7));
        assert_eq!(told(regression(&before, &same, MARGIN)), Vec::<String>::new());
        assert_eq!(told(regression(&before, &high, MARGIN)), ["mean error"]);
    }

    #[test]
    fn one_group_may_be_worse_while_all_are_as_good() {
        let of = |wrong: u64| Quality::counted(400 - wrong, wrong);
        let held = |value: &str| GroupQuality {
            feature: "plan".into(),
            value: value.into(),
            quality: Counts::Binary(BinaryQuality { true_negative: 380, false_negative: 20, ..BinaryQuality::default() }),
        };
        let learnt = Learnt::Binary {
            calibrator: stats::estimate::Calibrator::fit(&[0.1, 0.9], &[false, true], 1),
            quality: BinaryQuality::default(),
            sampling: stats::estimate::BinarySampling::of(&BinaryQuality::default()),
        };
        let reference = Estimator { rows: 800, held_back: true, learnt, groups: vec![held("gold"), held("none")] };
        let seen = |gold: u64| -> Vec<Group> {
            [("gold", gold), ("none", 22)]
                .map(|(value, wrong)| Group { feature: "plan".into(), value: value.into(), quality: of(wrong) })
                .into()
        };
        let found = worse_groups(&reference, &seen(120), MARGIN, 1.0);
        assert_eq!(found.iter().map(|one| one.measure.as_str()).collect::<Vec<_>>(), ["accuracy of plan = gold"]);
        assert_eq!(worse_groups(&reference, &seen(28), MARGIN, 1.0), []);
        let from_training = Estimator { held_back: false, ..reference };
        assert_eq!(worse_groups(&from_training, &seen(120), MARGIN, 1.0), [], "too good to compare with");
    }

    #[test]
    fn each_class_has_its_recall() {
        let of = |wrong: u64| {
            let mut quality = MulticlassQuality::default();
            for (class, rows) in [("a", 900), ("b", 80)] {
                (0..rows).for_each(|i| quality.add(class, if class == "b" && i < wrong { "a" } else { class }, None));
            }
            quality
        };
        assert_eq!(told(multiclass(&of(4), &of(50), MARGIN)), ["recall of “b”"]);
        assert_eq!(told(multiclass(&of(4), &of(8), MARGIN)), Vec::<String>::new());
    }
}
