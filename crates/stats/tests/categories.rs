//! Verdicts on categorical features and on shares.

use stats::bins::{CategoricalBaseline, CategoricalWindow};
use stats::evidence::{DriftFinding, NEVER, Verdict, judge_categorical, judge_share};
use stats::rng::SplitMix64;

/// Draws categories `c0`, `c1`, … with the given weights.
fn draw(weights: &[f64], n: usize, rng: &mut SplitMix64) -> Vec<String> {
    let total: f64 = weights.iter().sum();
    (0..n)
        .map(|_| {
            let mut at = rng.uniform() * total;
            let found = weights.iter().position(|w| {
                at -= w;
                at < 0.0
            });
            format!("c{}", found.unwrap_or(0))
        })
        .collect()
}

fn baseline(values: &[String]) -> CategoricalBaseline {
    CategoricalBaseline::fit(values.iter().map(|v| Some(v.as_str())))
}

fn judged(baseline: &CategoricalBaseline, values: &[String], alpha: f64) -> DriftFinding {
    let mut window = CategoricalWindow::new(baseline);
    values.iter().for_each(|v| window.add(baseline, Some(v)));
    judge_categorical(baseline, &window, 0.15, alpha)
}

#[test]
fn nothing_changed_raises_no_alarm_at_any_size() {
    let zipf: Vec<f64> = (1..=60).map(|i| 1.0 / f64::from(i)).collect();
    let mixes: [(&str, &[f64]); 4] =
        [("flag", &[0.88, 0.12]), ("rare", &[0.99, 0.008, 0.002]), ("even", &[1.0; 8]), ("many", &zipf)];
    for (name, weights) in mixes {
        for n in [30, 100, 400, 3000] {
            let mut rng = SplitMix64::new(n as u64);
            let (mut alarms, mut significant) = (0, 0);
            for _ in 0..5 {
                let baseline = baseline(&draw(weights, 4000, &mut rng));
                for _ in 0..100 {
                    let finding = judged(&baseline, &draw(weights, n, &mut rng), 0.01);
                    alarms += u32::from(finding.verdict == Verdict::Drift);
                    significant += u32::from(finding.p <= 0.01);
                }
            }
            assert!(significant <= 13 && alarms <= 13, "{name} n={n}: {alarms} alarms, {significant} of 500 significant");
        }
    }
}

#[test]
fn changes_of_mix_new_and_renamed_values_are_found() {
    let mut rng = SplitMix64::new(8);
    let weights = [0.5, 0.3, 0.15, 0.05];
    let baseline = baseline(&draw(&weights, 5000, &mut rng));
    let verdict = |values: &[String]| judged(&baseline, values, 1e-4).verdict;
    assert_eq!(verdict(&draw(&weights, 1000, &mut rng)), Verdict::Ok);
    assert_eq!(verdict(&draw(&weights, 40, &mut rng)), Verdict::Insufficient);
    assert_eq!(verdict(&draw(&[0.2, 0.3, 0.15, 0.35], 300, &mut rng)), Verdict::Drift);
    assert_eq!(verdict(&draw(&[0.45, 0.28, 0.15, 0.05, 0.07], 600, &mut rng)), Verdict::Drift);
    let renamed: Vec<String> = draw(&weights, 60, &mut rng).iter().map(|v| v.to_uppercase()).collect();
    assert_eq!(verdict(&renamed), Verdict::Drift);
    // One new value in 900 rows is no alarm (a one-sample chi-square would say p = 0).
    let mut one_new = draw(&weights, 899, &mut rng);
    one_new.push("typo".to_owned());
    let finding = judged(&baseline, &one_new, 0.01);
    assert!(finding.verdict == Verdict::Ok && finding.p > 0.01, "{finding:?}");
}

#[test]
fn a_flag_that_rises_from_12_to_45_percent_is_seen_within_50_requests() {
    let mut rng = SplitMix64::new(1);
    let baseline = baseline(&draw(&[0.88, 0.12], 5000, &mut rng));
    let found =
        (0..200).filter(|_| judged(&baseline, &draw(&[0.55, 0.45], 50, &mut rng), 1e-4).verdict == Verdict::Drift).count();
    assert!(found >= 185, "{found} of 200");
}

#[test]
fn constant_and_empty_references() {
    let constant = CategoricalBaseline::fit([Some("a"); 1000]);
    assert!(constant.is_constant());
    let of = |name: &str, n: usize| vec![name.to_owned(); n];
    assert_eq!(judged(&constant, &of("a", 400), 0.01).verdict, Verdict::Ok);
    assert_eq!(judged(&constant, &of("b", 400), 0.01).verdict, Verdict::Drift);
    assert_eq!(judged(&constant, &[], 0.01).verdict, Verdict::Insufficient);
    let empty = CategoricalBaseline::fit([None, None]);
    let finding = judged(&empty, &of("a", 400), 0.01);
    assert_eq!((finding.verdict, finding.detectable_at_rows), (Verdict::Insufficient, NEVER));
}

#[test]
fn only_a_rise_of_missing_values_is_drift() {
    let verdict = |k, n| judge_share(k, n, 50, 5000, 0.05, 1e-4).verdict;
    assert_eq!(verdict(100, 500), Verdict::Drift);
    assert_eq!(verdict(0, 5000), Verdict::Ok);
    assert_eq!(verdict(60, 5000), Verdict::Ok);
    assert_eq!(verdict(2, 30), Verdict::Insufficient);
    assert_eq!(verdict(30, 30), Verdict::Drift);
    assert_eq!(verdict(0, 0), Verdict::Insufficient);
    assert_eq!(judge_share(5, 100, 0, 0, 0.05, 0.01).detectable_at_rows, NEVER);
}
