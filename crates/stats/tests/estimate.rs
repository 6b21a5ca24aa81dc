//! Estimated quality: agreement with NannyML and scikit-learn, merging, and what estimates can and cannot see.

use proptest::prelude::*;
use serde_json::Value;
use stats::estimate::{Better, MulticlassSampling, SamplingError};
use stats::estimate::{
    BinaryEstimate, BinarySampling, Calibrator, Comparison, ErrorModel, MulticlassCalibrator, MulticlassEstimate, Platt,
    RegressionEstimate, RegressionSampling, Trust, estimated_roc_auc, judge_trust,
};
use stats::quality::{BinaryQuality, MulticlassQuality, bias, brier_score_multiclass, calibration_error, roc_auc_one_vs_rest};
use stats::rng::SplitMix64;

fn fixtures() -> Value {
    serde_json::from_str(include_str!("../fixtures/estimate.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn matrix(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

fn truths(value: &Value) -> Vec<bool> {
    numbers(value).iter().map(|t| *t == 1.0).collect()
}

#[track_caller]
fn within(got: Option<f64>, expected: &Value, tolerance: f64, what: &str) {
    let (got, wanted) = (got.unwrap(), expected.as_f64().unwrap());
    assert!((got - wanted).abs() <= tolerance, "{what}: {got}, expected {wanted}");
}

fn largest(probabilities: &[f64]) -> usize {
    (0..probabilities.len()).fold(0, |best, i| if probabilities[i] > probabilities[best] { i } else { best })
}

#[test]
fn two_class_estimates_agree_with_nannyml() {
    for case in fixtures()["binary"].as_array().unwrap() {
        let (scores, truth, current) = (numbers(&case["reference"]), truths(&case["truth"]), numbers(&case["current"]));
        let curve = Calibrator::isotonic(&scores, &truth);
        let p: Vec<f64> = current.iter().map(|s| curve.apply(*s)).collect();
        for (got, wanted) in p.iter().zip(numbers(&case["calibrated"])) {
            assert!((got - wanted).abs() < 1e-9, "calibrated {got}, expected {wanted}");
        }
        let platt = Platt::fit(&scores, &truth).unwrap();
        within(Some(platt.slope), &case["slope"], 1e-7, "slope");
        within(Some(platt.intercept), &case["intercept"], 1e-7, "intercept");

        let mut parts = [BinaryEstimate::default(), BinaryEstimate::default()];
        current.iter().enumerate().for_each(|(i, s)| parts[i % 2].add(&curve, *s, *s >= 0.5));
        let [mut estimate, other] = parts;
        estimate.merge(&other);
        within(estimate.accuracy(), &case["accuracy"], 1e-6, "accuracy");
        within(estimate.precision(), &case["precision"], 1e-6, "precision");
        within(estimate.recall(), &case["recall"], 1e-6, "recall");
        within(estimate.f1(), &case["f1"], 1e-6, "f1");
        within(estimate.roc_auc(), &case["roc_auc"], 1e-4, "area from bins");
        within(estimated_roc_auc(&current, &p), &case["roc_auc"], 1e-6, "area from rows");

        let mut quality = BinaryQuality::default();
        scores.iter().zip(&truth).for_each(|(s, t)| quality.add(*t, *s >= 0.5, Some(*s)));
        let (sampling, n) = (BinarySampling::of(&quality), current.len() as u64);
        let at = |error: Option<SamplingError>| error.map(|e| e.at(n));
        let errors = &case["errors"];
        within(at(sampling.accuracy), &errors["accuracy"], 1e-9, "error of the accuracy");
        within(at(sampling.precision), &errors["precision"], 1e-9, "error of the precision");
        within(at(sampling.recall), &errors["recall"], 1e-9, "error of the recall");
        within(at(sampling.f1), &errors["f1"], 1e-9, "error of f1");
        within(at(sampling.roc_auc), &errors["roc_auc"], 2e-4, "error of the area");
        within(calibration_error(&truth, &scores), &case["calibration_error"], 1e-9, "calibration error");
        within(quality.calibration_error(), &case["calibration_error"], 5e-4, "calibration error from bins");
    }
    assert_eq!((BinaryEstimate::default().accuracy(), BinaryEstimate::default().roc_auc()), (None, None));
    assert_eq!((calibration_error(&[], &[]), BinaryQuality::default().calibration_error()), (None, None));
    assert_eq!(BinarySampling::of(&BinaryQuality::default()), BinarySampling::default());
}

#[test]
fn estimates_of_several_classes_agree_with_nannyml() {
    let case = fixtures()["multiclass"].clone();
    let classes: Vec<String> = case["classes"].as_array().unwrap().iter().map(|c| c.as_str().unwrap().to_owned()).collect();
    let (reference, current) = (matrix(&case["reference"]), matrix(&case["current"]));
    let truth: Vec<usize> = numbers(&case["truth"]).iter().map(|t| *t as usize).collect();
    let calibrator = MulticlassCalibrator::fit_by(&classes, &reference, &truth, Calibrator::isotonic);
    let mut parts = [MulticlassEstimate::default(), MulticlassEstimate::default()];
    current.iter().enumerate().for_each(|(i, row)| parts[i % 2].add(&calibrator, row, largest(row)));
    let [mut estimate, other] = parts;
    estimate.merge(&other);
    within(estimate.accuracy(), &case["accuracy"], 1e-6, "accuracy");
    within(estimate.macro_precision(), &case["precision"], 1e-6, "precision");
    within(estimate.macro_recall(), &case["recall"], 1e-6, "recall");
    within(estimate.macro_f1(), &case["f1"], 1e-6, "f1");
    within(estimate.roc_auc(), &case["roc_auc"], 1e-4, "area");

    let mut quality = MulticlassQuality::default();
    let (mut right, mut confidence) = (Vec::new(), Vec::new());
    for (row, t) in reference.iter().zip(&truth) {
        let predicted = largest(row);
        quality.add(&classes[*t], &classes[predicted], Some(row[*t]));
        quality.add_confidence(predicted == *t, row[predicted]);
        quality.add_scores(&classes[*t], classes.iter().map(String::as_ref).zip(row.iter().copied()));
        right.push(predicted == *t);
        confidence.push(row[predicted]);
    }
    let (sampling, n) = (MulticlassSampling::of(&quality), current.len() as u64);
    let at = |error: Option<SamplingError>| error.map(|e| e.at(n));
    within(at(sampling.accuracy), &case["errors"]["accuracy"], 1e-9, "error of the accuracy");
    within(at(sampling.macro_precision), &case["errors"]["precision"], 1e-9, "error of the precision");
    within(at(sampling.macro_recall), &case["errors"]["recall"], 1e-9, "error of the recall");
    within(at(sampling.macro_f1), &case["errors"]["f1"], 1e-9, "error of f1");

    let realised = &case["realised"];
    within(roc_auc_one_vs_rest(&truth, &reference), &realised["roc_auc"], 1e-5, "area, scores rounded");
    within(brier_score_multiclass(&truth, &reference), &realised["brier"], 1e-9, "brier");
    within(quality.roc_auc(), &realised["roc_auc"], 5e-4, "area from bins");
    within(quality.brier(), &realised["brier"], 1e-8, "brier from sums");
    within(quality.macro_precision(), &realised["precision"], 1e-9, "precision");
    within(quality.macro_recall(), &realised["recall"], 1e-9, "recall");
    within(calibration_error(&right, &confidence), &realised["calibration_error"], 1e-9, "calibration error");
    within(quality.calibration_error(), &realised["calibration_error"], 5e-4, "calibration error from bins");
    assert_eq!((MulticlassEstimate::default().accuracy(), roc_auc_one_vs_rest(&[], &[])), (None, None));
}

#[test]
fn sampling_errors_of_numbers_agree_with_nannyml() {
    let case = fixtures()["regression"].clone();
    let (truth, predicted) = (numbers(&case["truth"]), numbers(&case["predicted"]));
    let errors: Vec<f64> = truth.iter().zip(&predicted).map(|(t, p)| p - t).collect();
    let (sampling, n) = (RegressionSampling::of(&errors), case["n"].as_u64().unwrap());
    within(sampling.mae.map(|e| e.at(n)), &case["mae"], 1e-9, "mae");
    within(sampling.rmse.map(|e| e.at(n)), &case["rmse"], 1e-9, "rmse");
    within(bias(&truth, &predicted), &case["bias"], 1e-9, "bias");
    assert_eq!(RegressionSampling::of(&[]), RegressionSampling::default());
}

/// Rows of a model that scores `sigmoid(x)` while the outcome follows `sigmoid(slope · x)`.
fn live(n: usize, shift: f64, slope: f64, rng: &mut SplitMix64) -> (Vec<f64>, Vec<bool>) {
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    (0..n)
        .map(|_| {
            let x = rng.normal() + shift;
            (sigmoid(x), rng.bernoulli(sigmoid(slope * x)))
        })
        .unzip()
}

#[test]
fn an_estimate_follows_the_inputs_and_is_found_out_when_the_relation_changes() {
    let mut rng = SplitMix64::new(3);
    let (scores, truth) = live(8000, 0.0, 2.0, &mut rng);
    let curve = Calibrator::fit(&scores, &truth, 1);
    let counted = |scores: &[f64], truth: &[bool]| {
        let (mut estimate, mut quality) = (BinaryEstimate::default(), BinaryQuality::default());
        for (s, t) in scores.iter().zip(truth) {
            estimate.add(&curve, *s, *s >= 0.5);
            quality.add(*t, *s >= 0.5, Some(*s));
        }
        (estimate, quality)
    };
    let sampling = BinarySampling::of(&counted(&scores, &truth).1).accuracy.unwrap();
    for (name, shift, slope, trust) in [
        ("unchanged", 0.0, 2.0, Trust::Trusted),
        ("other inputs", 1.0, 2.0, Trust::Trusted),
        ("another relation", 0.0, -1.0, Trust::Untrusted),
    ] {
        let (scores, truth) = live(3000, shift, slope, &mut rng);
        let (estimate, quality) = counted(&scores, &truth);
        let comparison = Comparison {
            estimated: estimate.accuracy().unwrap(),
            realised: quality.accuracy().unwrap(),
            standard_error: sampling.between(3000, 8000),
            labelled: 3000,
        };
        let finding = judge_trust(Some(comparison), 0.0, Better::Higher, Trust::Insufficient);
        assert_eq!(finding.trust, trust, "{name}: {comparison:?}");
    }
}

#[test]
fn expected_errors_follow_the_rows_that_are_hard() {
    let mut rng = SplitMix64::new(9);
    let mut rows = |n: usize, share_hard: f64| -> (Vec<Vec<f64>>, Vec<f64>) {
        let (mut columns, mut errors) = (vec![Vec::new(); 2], Vec::new());
        for _ in 0..n {
            let hard = rng.bernoulli(share_hard);
            columns[0].push(rng.uniform() + if hard { 1.0 } else { 0.0 });
            columns[1].push(rng.normal());
            errors.push(rng.normal() * if hard { 20.0 } else { 5.0 });
        }
        (columns, errors)
    };
    let (columns, errors) = rows(4000, 0.2);
    let model = ErrorModel::fit(&columns, &errors, 5).unwrap();
    let (columns, errors) = rows(2000, 0.8);
    let mut parts = [RegressionEstimate::default(), RegressionEstimate::default()];
    (0..2000).for_each(|i| parts[i % 2].add(&model, &[columns[0][i], columns[1][i]]));
    let [mut estimate, other] = parts;
    estimate.merge(&other);
    let mae = errors.iter().map(|e| e.abs()).sum::<f64>() / 2000.0;
    let rmse = (errors.iter().map(|e| e * e).sum::<f64>() / 2000.0).sqrt();
    assert!((estimate.mae().unwrap() / mae - 1.0).abs() < 0.08, "{:?} against {mae}", estimate.mae());
    assert!((estimate.rmse().unwrap() / rmse - 1.0).abs() < 0.08, "{:?} against {rmse}", estimate.rmse());
    assert_eq!((RegressionEstimate::default().mae(), ErrorModel::fit(&[], &[], 1)), (None, None));
}

proptest! {
    #[test]
    fn any_split_in_any_order_counts_the_same(
        rows in prop::collection::vec((0.0f64..=1.0, 0.0f64..=1.0, any::<bool>()), 0..200),
        order in any::<u64>(),
        cut in 0usize..200,
    ) {
        let curve = Calibrator::Platt(Platt { slope: 1.3, intercept: -0.2 });
        let classes = MulticlassCalibrator {
            classes: ["a", "b"].map(|name| (name.to_owned(), curve.clone())).to_vec(),
        };
        let counted = |rows: &[(f64, f64, bool)]| {
            let mut all = (BinaryEstimate::default(), MulticlassEstimate::default());
            for (s, other, predicted) in rows {
                all.0.add(&curve, *s, *predicted);
                all.1.add(&classes, &[*s, *other], usize::from(*predicted));
            }
            all
        };
        let whole = counted(&rows);
        let mut shuffled = rows.clone();
        SplitMix64::new(order).shuffle(&mut shuffled);
        let (a, b) = shuffled.split_at(cut.min(rows.len()));
        let (mut merged, rest) = (counted(b), counted(a));
        merged.0.merge(&rest.0);
        merged.1.merge(&rest.1);
        prop_assert_eq!(&merged, &whole);
        let stored: (BinaryEstimate, MulticlassEstimate) =
            serde_json::from_str(&serde_json::to_string(&whole).unwrap()).unwrap();
        prop_assert_eq!(stored, whole);
    }
}

#[test]
fn many_at_once_are_counted_as_one_by_one() {
    let mut rng = stats::rng::SplitMix64::new(11);
    let calibrator = stats::estimate::Calibrator::platt(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]);
    let answers: Vec<(f64, bool)> =
        (0..3000).map(|i| (if i % 50 == 0 { f64::NAN } else { rng.uniform() * 1.02 }, rng.bernoulli(0.4))).collect();
    let (mut one, mut all) = (stats::estimate::BinaryEstimate::default(), stats::estimate::BinaryEstimate::default());
    answers.iter().for_each(|(score, predicted)| one.add(&calibrator, *score, *predicted));
    answers.chunks(700).for_each(|part| all.add_all(&calibrator, part.iter().copied()));
    assert_eq!(one, all);
    all.add_all(&calibrator, std::iter::empty());
    assert_eq!(one, all);
}

#[test]
fn outcomes_count_the_same_one_by_one_and_at_once() {
    let mut rng = SplitMix64::new(8);
    let outcomes: Vec<(bool, bool, Option<f64>)> = (0..5_000)
        .map(|i| {
            let score = (rng.uniform() * 1.2 - 0.1).min(if i < 2_000 { 0.4 } else { 2.0 });
            (rng.bernoulli(0.3), score > 0.5, (i % 7 != 0).then_some(score))
        })
        .collect();
    let (mut one_by_one, mut at_once) = (BinaryQuality::default(), BinaryQuality::default());
    outcomes.iter().for_each(|(truth, predicted, score)| one_by_one.add(*truth, *predicted, *score));
    outcomes.chunks(1_100).for_each(|part| at_once.add_all(part.iter().copied()));
    at_once.add_all(std::iter::empty());
    assert_eq!(one_by_one, at_once);
}
