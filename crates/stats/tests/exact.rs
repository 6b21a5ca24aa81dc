//! The numbers of NumPy, SciPy and scikit-learn (`fixtures/make.py`), to 1e-9.

use serde_json::Value;
use stats::bins::{CategoricalBaseline, CategoricalWindow};
use stats::distance::{
    CategoricalDistances, categorical_distances, categorical_distances_exact, ks_p_asymptotic, ks_p_exact, ks_p_value,
    ks_statistic, numeric_distances_exact, wasserstein_1,
};
use stats::evidence::{Tail, binomial_test, clopper_pearson, fisher_exact, wilson};
use stats::quality::{
    BinaryQuality, MulticlassQuality, RegressionQuality, auc_interval_delong, brier_score, brier_score_multiclass, log_loss,
    log_loss_multiclass, mae, mcnemar_exact, r2, rmse, roc_auc, roc_auc_one_vs_rest,
};

fn fixtures() -> Value {
    serde_json::from_str(include_str!("../fixtures/exact.json")).unwrap()
}

fn cases(name: &str) -> Vec<Value> {
    fixtures()[name].as_array().unwrap().clone()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no count"))
}

fn names(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn near(got: f64, expected: &Value, what: &str) {
    within(got, expected, 1e-9, what);
}

#[track_caller]
fn within(got: f64, expected: &Value, tolerance: f64, what: &str) {
    let wanted = number(expected);
    assert!((got - wanted).abs() <= tolerance * wanted.abs().max(1.0), "{what}: {got}, expected {wanted}");
}

/// Small probabilities have to agree in their digits, not only in being small.
#[track_caller]
fn near_p(got: f64, expected: &Value, what: &str) {
    near(got, expected, what);
    let wanted = number(expected);
    assert!(wanted < 1e-250 || (got / wanted - 1.0).abs() < 1e-6, "{what}: {got}, expected {wanted}");
}

#[test]
fn numeric_distances_agree() {
    for case in cases("numeric") {
        let name = case["name"].as_str().unwrap();
        let (reference, current) = (numbers(&case["reference"]), numbers(&case["current"]));
        let d = numeric_distances_exact(&reference, &current).unwrap();
        near(d.wasserstein, &case["wasserstein"], name);
        near(d.wasserstein_over_std.unwrap(), &case["wasserstein_over_std"], name);
        near(d.ks, &case["ks"], name);
        near(d.psi, &case["psi"], name);
        near(d.jensen_shannon, &case["jensen_shannon"], name);
        near(d.hellinger, &case["hellinger"], name);
        assert_eq!((wasserstein_1(&reference, &current), ks_statistic(&reference, &current)), (Some(d.wasserstein), Some(d.ks)));
        let (n, m) = (reference.len() as u64, current.len() as u64);
        near_p(ks_p_exact(d.ks, n, m), &case["ks_p_exact"], name);
        near_p(ks_p_asymptotic(d.ks, n, m), &case["ks_p_asymptotic"], name);
        near_p(ks_p_value(d.ks, n, m), &case["ks_p_exact"], name);
        // Missing values change nothing.
        let holes: Vec<f64> = current.iter().flat_map(|x| [*x, f64::NAN]).collect();
        assert_eq!(numeric_distances_exact(&reference, &holes), Some(d));
    }
    assert_eq!(numeric_distances_exact(&[], &[1.0]), None);
    assert_eq!(wasserstein_1(&[1.0], &[f64::NAN]), None);
    assert_eq!(numeric_distances_exact(&[2.0, 2.0], &[3.0]).unwrap().wasserstein_over_std, None);
}

#[test]
fn categorical_distances_agree_from_rows_counts_and_windows() {
    for case in cases("categorical") {
        let name = case["name"].as_str().unwrap();
        let counts = |side: &str| case[side].as_array().unwrap().iter().map(count).collect::<Vec<u64>>();
        let (a, b) = (counts("reference"), counts("current"));
        let rows = |counts: &[u64]| -> Vec<String> {
            counts.iter().enumerate().flat_map(|(i, &c)| std::iter::repeat_n(format!("c{i}"), c as usize)).collect()
        };
        let (reference, current) = (rows(&a), rows(&b));
        let reference = || reference.iter().map(|s| Some(s.as_str()));
        let current = || current.iter().map(|s| Some(s.as_str()));
        let baseline = CategoricalBaseline::fit(reference());
        let mut window = CategoricalWindow::new(&baseline);
        current().chain([None]).for_each(|value| window.add(&baseline, value));
        for d in [
            CategoricalDistances::from_counts(&a, &b),
            categorical_distances_exact(reference(), current()),
            categorical_distances(&baseline, &window),
        ] {
            let d = d.unwrap();
            let test = d.chi_square.unwrap();
            near(test.statistic, &case["statistic"], name);
            assert_eq!(test.dof, count(&case["dof"]), "{name}");
            near_p(test.p, &case["p"], name);
            near(d.psi, &case["psi"], name);
            near(d.jensen_shannon, &case["jensen_shannon"], name);
            near(d.hellinger, &case["hellinger"], name);
            near(d.l_infinity, &case["l_infinity"], name);
            near(d.total_variation, &case["total_variation"], name);
        }
    }
    assert_eq!(CategoricalDistances::from_counts(&[0, 0], &[1, 2]), None);
}

#[test]
fn tests_and_intervals_of_rates_agree() {
    for case in cases("binomial") {
        let (k, n, rate) = (count(&case["k"]), count(&case["n"]), number(&case["rate"]));
        let what = format!("{k} of {n} at {rate}");
        near_p(binomial_test(k, n, rate, Tail::Greater), &case["greater"], &what);
        near_p(binomial_test(k, n, rate, Tail::Less), &case["less"], &what);
        near_p(binomial_test(k, n, rate, Tail::TwoSided), &case["two_sided"], &what);
        let (w, e) = (wilson(k, n, 0.95).unwrap(), clopper_pearson(k, n, 0.95).unwrap());
        near(w.lower, &case["wilson"][0], &what);
        near(w.upper, &case["wilson"][1], &what);
        near(e.lower, &case["exact"][0], &what);
        near(e.upper, &case["exact"][1], &what);
    }
    for case in cases("fisher") {
        let [k1, n1, k2, n2] = ["k1", "n1", "k2", "n2"].map(|key| count(&case[key]));
        let what = format!("{k1}/{n1} against {k2}/{n2}");
        near_p(fisher_exact(k1, n1, k2, n2, Tail::Greater), &case["greater"], &what);
        near_p(fisher_exact(k1, n1, k2, n2, Tail::Less), &case["less"], &what);
        near_p(fisher_exact(k1, n1, k2, n2, Tail::TwoSided), &case["two_sided"], &what);
    }
    for case in cases("mcnemar") {
        let (first, second) = (count(&case["first"]), count(&case["second"]));
        near_p(mcnemar_exact(first, second, Tail::TwoSided), &case["two_sided"], "mcnemar");
        near_p(mcnemar_exact(first, second, Tail::Less), &case["less"], "mcnemar");
    }
}

#[test]
fn two_class_quality_agrees() {
    for case in cases("binary") {
        let truth: Vec<bool> = numbers(&case["truth"]).iter().map(|t| *t == 1.0).collect();
        let scores = numbers(&case["scores"]);
        near(roc_auc(&truth, &scores).unwrap(), &case["roc_auc"], "area");
        near(log_loss(&truth, &scores).unwrap(), &case["log_loss"], "loss");
        near(brier_score(&truth, &scores).unwrap(), &case["brier"], "brier");
        let delong = auc_interval_delong(&truth, &scores, 0.95).unwrap();
        near(delong.estimate, &case["roc_auc"], "delong");
        near(delong.standard_error, &case["delong_standard_error"], "delong");

        let mut parts = [BinaryQuality::default(), BinaryQuality::default(), BinaryQuality::default()];
        for (i, (&t, &s)) in truth.iter().zip(&scores).enumerate() {
            parts[i % 3].add(t, s >= 0.5, Some(s));
        }
        let mut whole = BinaryQuality::default();
        parts.iter().rev().for_each(|part| whole.merge(part));
        near(whole.accuracy().unwrap(), &case["accuracy"], "accuracy");
        near(whole.precision().unwrap(), &case["precision"], "precision");
        near(whole.recall().unwrap(), &case["recall"], "recall");
        near(whole.f1().unwrap(), &case["f1"], "f1");
        within(whole.log_loss().unwrap(), &case["log_loss"], 1e-9, "loss from sums");
        within(whole.brier().unwrap(), &case["brier"], 1e-9, "brier from sums");
        within(whole.roc_auc().unwrap(), &case["roc_auc"], 1e-3, "area from bins");
        let interval = whole.roc_auc_interval(0.95).unwrap();
        let ratio = interval.standard_error / delong.standard_error;
        assert!((0.97..1.03).contains(&ratio), "interval from bins against rows: {ratio}");
    }
    let empty = BinaryQuality::default();
    assert_eq!((empty.accuracy(), empty.f1(), empty.roc_auc(), empty.log_loss()), (None, None, None, None));
}

#[test]
fn quality_of_several_classes_agrees() {
    let case = fixtures()["multiclass"].clone();
    let (truth, predicted) = (names(&case["truth"]), names(&case["predicted"]));
    let index: Vec<usize> = numbers(&case["truth_index"]).iter().map(|i| *i as usize).collect();
    let probabilities: Vec<Vec<f64>> = case["probabilities"].as_array().unwrap().iter().map(numbers).collect();
    near(log_loss_multiclass(&index, &probabilities).unwrap(), &case["log_loss"], "loss");
    let mut parts = [MulticlassQuality::default(), MulticlassQuality::default()];
    for i in 0..truth.len() {
        parts[i % 2].add(&truth[i], &predicted[i], Some(probabilities[i][index[i]]));
        // Named by their place.
        let places: Vec<String> = (0..probabilities[i].len()).map(|class| class.to_string()).collect();
        let scores = places.iter().map(String::as_str).zip(probabilities[i].iter().copied());
        parts[i % 2].add_scores(&index[i].to_string(), scores);
    }
    let [mut whole, other] = parts;
    whole.merge(&other);
    near(whole.accuracy().unwrap(), &case["accuracy"], "accuracy");
    near(whole.macro_f1().unwrap(), &case["macro_f1"], "macro f1");
    near(whole.weighted_f1().unwrap(), &case["weighted_f1"], "weighted f1");
    within(whole.log_loss().unwrap(), &case["log_loss"], 1e-9, "loss from sums");
    // A class that nothing belongs to has no area, and so has the mean.
    assert_eq!((whole.roc_auc(), roc_auc_one_vs_rest(&index, &probabilities)), (None, None));
    let brier = brier_score_multiclass(&index, &probabilities).unwrap();
    assert!((whole.brier().unwrap() - brier).abs() < 1e-8, "{:?} and {brier}", whole.brier());
    for (i, class) in whole.classes().iter().enumerate() {
        assert_eq!(class.support, count(&case["support"][i]));
        near(class.precision.unwrap_or(0.0), &case["precision"][i], &class.class);
        near(class.recall.unwrap_or(0.0), &case["recall"][i], &class.class);
        near(class.f1.unwrap_or(0.0), &case["f1"][i], &class.class);
    }
    assert_eq!(MulticlassQuality::default().macro_f1(), None);
}

#[test]
fn quality_of_numbers_agrees() {
    for case in cases("regression") {
        let (truth, predicted) = (numbers(&case["truth"]), numbers(&case["predicted"]));
        near(mae(&truth, &predicted).unwrap(), &case["mae"], "mae");
        near(rmse(&truth, &predicted).unwrap(), &case["rmse"], "rmse");
        near(r2(&truth, &predicted).unwrap(), &case["r2"], "r2");
        let mut parts = [RegressionQuality::default(), RegressionQuality::default()];
        for (i, (t, p)) in truth.iter().zip(&predicted).enumerate() {
            parts[usize::from(i % 7 == 0)].add(*t, *p);
        }
        let [mut whole, other] = parts;
        whole.merge(&other);
        whole.add(f64::NAN, 1.0);
        assert_eq!(whole.n, truth.len() as u64);
        near(whole.mae().unwrap(), &case["mae"], "mae");
        near(whole.rmse().unwrap(), &case["rmse"], "rmse");
        near(whole.bias().unwrap(), &case["bias"], "bias");
        near(whole.r2().unwrap(), &case["r2"], "r2");
    }
    assert_eq!((RegressionQuality::default().mae(), r2(&[1.0, 1.0], &[1.0, 2.0])), (None, None));
}
