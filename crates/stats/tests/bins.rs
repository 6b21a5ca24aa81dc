//! Bins against rows: the same distances, the same counts for any split, no false alarms at any size.

use proptest::prelude::*;
use stats::bins::{Baseline, Cell, DEFAULT_BINS, NumericBaseline, NumericWindow, Window};
use stats::distance::{numeric_distances, numeric_distances_exact};
use stats::evidence::{Verdict, judge_numeric};
use stats::rng::SplitMix64;

fn window(baseline: &NumericBaseline, values: &[f64]) -> NumericWindow {
    let mut window = NumericWindow::new(baseline);
    values.iter().for_each(|&x| window.add(baseline, x));
    window
}

type Draw = fn(&mut SplitMix64) -> f64;

fn pareto(rng: &mut SplitMix64) -> f64 {
    (1.0 - rng.uniform()).powf(-1.0 / 1.5)
}

/// Shapes that features have: smooth, skewed, heavy-tailed, offset, discrete, with an atom, two-humped.
const SHAPES: [(&str, Draw); 9] = [
    ("normal", |r| r.normal()),
    ("offset", |r| 1e6 + r.normal()),
    ("uniform", |r| r.uniform()),
    ("exponential", |r| r.exponential()),
    ("lognormal", |r| r.normal().exp()),
    ("pareto", pareto),
    ("counts", |r| (r.exponential() * 3.0).floor()),
    ("zero or more", |r| if r.bernoulli(0.6) { 0.0 } else { r.exponential() }),
    ("two humps", |r| r.normal() + if r.bernoulli(0.3) { 8.0 } else { 0.0 }),
];

fn draw(shape: Draw, n: usize, rng: &mut SplitMix64) -> Vec<f64> {
    (0..n).map(|_| shape(rng)).collect()
}

#[test]
fn binned_distances_are_those_of_the_rows() {
    for (name, shape) in SHAPES {
        let mut rng = SplitMix64::new(3);
        let reference = draw(shape, 5000, &mut rng);
        let baseline = NumericBaseline::fit(&reference, DEFAULT_BINS);
        for (scale, shift) in [(1.0, 0.0), (1.0, 0.1), (1.0, 0.5), (1.0, -3.0), (1.3, 0.0), (0.5, 0.2), (1.0, 40.0)] {
            for n in [50, 300, 2500] {
                let origin = baseline.mean;
                let current: Vec<f64> =
                    draw(shape, n, &mut rng).into_iter().map(|x| origin + (x - origin) * scale + shift * baseline.std).collect();
                let exact = numeric_distances_exact(&reference, &current).unwrap();
                let binned = numeric_distances(&baseline, &window(&baseline, &current)).unwrap();
                let gap = (exact.wasserstein_over_std.unwrap() - binned.wasserstein_over_std.unwrap()).abs();
                assert!(gap < 0.01, "{name} x{scale} +{shift} n={n}: W {exact:?} {binned:?}");
                let ks_gap = (exact.ks - binned.ks).abs();
                let allowed = if n < 100 { 0.01 } else { 0.005 };
                assert!(ks_gap < allowed, "{name} x{scale} +{shift} n={n}: KS {exact:?} {binned:?}");
                for (a, b) in
                    [(exact.psi, binned.psi), (exact.jensen_shannon, binned.jensen_shannon), (exact.hellinger, binned.hellinger)]
                {
                    assert!((a - b).abs() < 1e-9, "{name} x{scale} +{shift} n={n}: {exact:?} {binned:?}");
                }
            }
        }
    }
}

#[test]
fn nothing_changed_raises_no_alarm_at_any_size() {
    let windows = 600;
    let alpha = 0.01;
    for (name, shape) in SHAPES {
        for n in [30, 100, 300, 1000, 5000] {
            let mut rng = SplitMix64::new(n as u64 * 7 + 1);
            let mut alarms = 0;
            let mut significant = 0;
            // Several references: the false alarms of one are not independent.
            for _ in 0..6 {
                let reference = draw(shape, 5000, &mut rng);
                let baseline = NumericBaseline::fit(&reference, DEFAULT_BINS);
                for _ in 0..windows / 6 {
                    let finding = judge_numeric(&baseline, &window(&baseline, &draw(shape, n, &mut rng)), 0.15, alpha);
                    alarms += u32::from(finding.verdict == Verdict::Drift);
                    significant += u32::from(finding.p <= alpha);
                }
            }
            // Two percent: the nominal one plus three standard errors of this simulation.
            assert!(alarms <= 13, "{name} n={n}: {alarms} of {windows} unchanged windows alarm");
            let infinite_variance = name == "pareto";
            assert!(infinite_variance || significant <= 13, "{name} n={n}: {significant} of {windows} significant");
        }
    }
}

#[test]
fn small_p_values_are_as_rare_as_they_say() {
    // Alert budgets over many features and windows ask for one in ten thousand, far beyond what the table simulates.
    let windows = 20_000;
    for (name, shape) in SHAPES.into_iter().filter(|(name, _)| !["offset", "counts", "two humps"].contains(name)) {
        for n in [30, 100] {
            let mut hits = [0u32; 3];
            for seed in 0..5 {
                let mut rng = SplitMix64::new(seed);
                let baseline = NumericBaseline::fit(&draw(shape, 5000, &mut rng), DEFAULT_BINS);
                for _ in 0..windows / 5 {
                    let mut window = NumericWindow::new(&baseline);
                    (0..n).for_each(|_| window.add(&baseline, shape(&mut rng)));
                    let p = judge_numeric(&baseline, &window, 0.15, 1e-3).p;
                    [1e-2, 1e-3, 1e-4].iter().zip(&mut hits).for_each(|(alpha, hit)| *hit += u32::from(p <= *alpha));
                }
            }
            // Nominal 200, 20 and 2: within a factor of 1.5, 2 and 4 (small counts).
            assert!(hits[0] <= 300 && hits[1] <= 40 && hits[2] <= 8, "{name} n={n}: {hits:?} of {windows}");
        }
    }
}

#[test]
fn a_real_change_is_found_once_there_are_rows_for_it() {
    for (name, shape) in SHAPES {
        let mut rng = SplitMix64::new(11);
        let reference = draw(shape, 5000, &mut rng);
        let baseline = NumericBaseline::fit(&reference, DEFAULT_BINS);
        let shifted = |n: usize, by: f64, rng: &mut SplitMix64| -> NumericWindow {
            let values: Vec<f64> = draw(shape, n, rng).iter().map(|x| x + by * baseline.std).collect();
            window(&baseline, &values)
        };
        let found = (0..50)
            .filter(|_| {
                let finding = judge_numeric(&baseline, &shifted(1500, 0.3, &mut rng), 0.15, 0.001);
                finding.verdict == Verdict::Drift
            })
            .count();
        assert!(found >= 49, "{name}: a shift of 0.3 std found in {found} of 50 windows");
        // An overwhelming change is seen in few rows; an unchanged small window is not called fine.
        assert_eq!(judge_numeric(&baseline, &shifted(40, 3.0, &mut rng), 0.15, 1e-4).verdict, Verdict::Drift, "{name}");
        let quiet = judge_numeric(&baseline, &shifted(40, 0.0, &mut rng), 0.15, 1e-4);
        assert_eq!(quiet.verdict, Verdict::Insufficient, "{name}");
        assert!(quiet.detectable_at_rows > 150, "{name}: {}", quiet.detectable_at_rows);
    }
}

#[test]
fn detectable_rows_for_a_normal_feature_are_the_published_ones() {
    // A table of 1 % false alarms needs 250 to 430 rows at 0.15 and 550 to 1,000 at 0.1 for a large reference.
    let mut rng = SplitMix64::new(2);
    let baseline = NumericBaseline::fit(&draw(|r| r.normal(), 20_000, &mut rng), DEFAULT_BINS);
    let empty = NumericWindow::new(&baseline);
    let rows = |threshold: f64| judge_numeric(&baseline, &empty, threshold, 0.01).detectable_at_rows;
    assert!((230..=430).contains(&rows(0.15)), "{}", rows(0.15));
    assert!((520..=1000).contains(&rows(0.1)), "{}", rows(0.1));
    assert!(rows(0.001) == stats::evidence::NEVER);
}

#[test]
fn a_constant_reference_is_judged_by_what_differs() {
    let baseline = NumericBaseline::fit(&[5.0; 2000], DEFAULT_BINS);
    assert!(baseline.is_constant);
    let same = judge_numeric(&baseline, &window(&baseline, &[5.0; 500]), 0.15, 1e-3);
    assert_eq!((same.verdict, same.distance), (Verdict::Ok, 0.0));
    let mut values = vec![5.0; 400];
    values.extend([5.000_000_1; 100]);
    let changed = judge_numeric(&baseline, &window(&baseline, &values), 0.15, 1e-3);
    assert_eq!((changed.verdict, changed.distance), (Verdict::Drift, 0.2));
    assert_eq!(numeric_distances(&baseline, &window(&baseline, &values)).unwrap().wasserstein_over_std, None);
}

#[test]
fn a_reference_at_the_edge_of_what_doubles_hold_is_stored_and_judged() {
    for values in [[1e-200, 2e-200, 3e-200, 1e-200], [-1e300, 1e300, 0.0, 5.0], [1e-310, 0.0, 1e-310, 0.0]] {
        let baseline = NumericBaseline::fit(&values, DEFAULT_BINS);
        let stored: NumericBaseline = serde_json::from_str(&serde_json::to_string(&baseline).unwrap()).unwrap();
        let finding = judge_numeric(&stored, &window(&stored, &[1.0; 40]), 0.15, 1e-3);
        assert!(finding.distance.is_finite() && (0.0..=1.0).contains(&finding.p), "{values:?}: {finding:?}");
        serde_json::from_str::<NumericWindow>(&serde_json::to_string(&window(&stored, &values)).unwrap()).unwrap();
    }
}

#[test]
fn a_reference_without_rows_judges_nothing() {
    let baseline = NumericBaseline::fit(&[f64::NAN, f64::INFINITY], DEFAULT_BINS);
    assert_eq!((baseline.n, baseline.missing), (0, 2));
    let finding = judge_numeric(&baseline, &window(&baseline, &[1.0; 100]), 0.15, 0.01);
    assert_eq!(finding.verdict, Verdict::Insufficient);
}

#[test]
fn clean_periods_widen_the_null() {
    let mut rng = SplitMix64::new(9);
    let baseline = NumericBaseline::fit(&draw(|r| r.normal(), 5000, &mut rng), DEFAULT_BINS);
    // Real days have a mean of their own: more variation than random rows.
    let day = |rng: &mut SplitMix64| {
        let offset = 0.15 * rng.normal();
        window(&baseline, &(0..1000).map(|_| rng.normal() + offset).collect::<Vec<_>>())
    };
    let clean: Vec<NumericWindow> = (0..30).map(|_| day(&mut rng)).collect();
    let mut calibrated = baseline.clone();
    calibrated.calibrate(&clean);
    let later: Vec<NumericWindow> = (0..200).map(|_| day(&mut rng)).collect();
    let alarms = |b: &NumericBaseline| later.iter().filter(|w| judge_numeric(b, w, 0.15, 0.01).verdict == Verdict::Drift).count();
    assert!(alarms(&baseline) > 20, "{}", alarms(&baseline));
    assert!(alarms(&calibrated) <= 8, "{}", alarms(&calibrated));
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        5 => -100.0f64..100.0,
        2 => (-3i32..3).prop_map(f64::from),
        1 => Just(f64::NAN),
        1 => prop_oneof![Just(f64::INFINITY), Just(1e200), Just(-1e5)],
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_split_in_any_order_counts_the_same(
        reference in prop::collection::vec(value(), 1..200),
        values in prop::collection::vec(value(), 0..300),
        seed in any::<u64>(),
        cuts in prop::collection::vec(0usize..300, 0..5),
    ) {
        let baseline = NumericBaseline::fit(&reference, DEFAULT_BINS);
        let whole = window(&baseline, &values);
        let mut shuffled = values.clone();
        SplitMix64::new(seed).shuffle(&mut shuffled);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(values.len())).collect();
        cuts.extend([0, values.len()]);
        cuts.sort_unstable();
        let mut merged = NumericWindow::new(&baseline);
        for pair in cuts.windows(2).rev() {
            merged.merge(&window(&baseline, &shuffled[pair[0]..pair[1]])).unwrap();
        }
        prop_assert_eq!(&merged.counts, &whole.counts);
        prop_assert_eq!((merged.n, merged.missing, merged.min, merged.max), (whole.n, whole.missing, whole.min, whole.max));
        prop_assert_eq!((merged.below_min, merged.above_max), (whole.below_min, whole.above_max));
        let ordinary = values.iter().all(|x| !x.is_finite() || (x - baseline.mean).abs() < 1e4 * baseline.std);
        if ordinary {
            // Sums are whole numbers in floating point: the same to the bit.
            prop_assert_eq!(&merged, &whole);
            let stored: NumericWindow = serde_json::from_str(&serde_json::to_string(&whole).unwrap()).unwrap();
            prop_assert_eq!(&stored.sums, &whole.sums);
        } else {
            for (a, b) in merged.sums.iter().zip(&whole.sums) {
                prop_assert!((a - b).abs() <= 1e-12 * a.abs().max(b.abs()));
            }
        }
    }

    #[test]
    fn a_stored_baseline_bins_alike(
        reference in prop::collection::vec(value().prop_filter("of ordinary size", |x| x.abs() < 1e9), 1..200),
        probe in prop::collection::vec(value(), 1..50),
    ) {
        let baseline = NumericBaseline::fit(&reference, DEFAULT_BINS);
        let json = serde_json::to_string(&Baseline::Numeric(baseline.clone())).unwrap();
        let Baseline::Numeric(stored) = serde_json::from_str(&json).unwrap() else { panic!("kind changed") };
        for x in reference.iter().chain(&probe) {
            prop_assert_eq!(baseline.bin(*x), stored.bin(*x));
        }
        prop_assert_eq!(baseline.counts, stored.counts);
    }

    #[test]
    fn moments_come_back(values in prop::collection::vec(-50.0f64..1000.0, 2..200)) {
        let baseline = NumericBaseline::fit(&values, DEFAULT_BINS);
        let w = window(&baseline, &values);
        prop_assert!((w.mean(&baseline).unwrap() - baseline.mean).abs() < 1e-6 * baseline.std.max(1e-9));
        prop_assert!((w.std(&baseline).unwrap() - baseline.std).abs() < 1e-5 * baseline.std.max(1e-9));
        if let Some(distances) = numeric_distances(&baseline, &w) {
            prop_assert!(distances.ks < 1e-9 && distances.psi == 0.0 && distances.wasserstein < 1e-6 * baseline.std.max(1e-9));
        }
    }
}

#[test]
fn a_window_takes_what_arrives() {
    let age = Baseline::Numeric(NumericBaseline::fit(&[20.0, 30.0, 40.0], DEFAULT_BINS));
    let mut window = Window::new(&age);
    for cell in [Cell::Number(25.0), Cell::Text(" 30 "), Cell::Text("old"), Cell::Missing, Cell::Number(99.0)] {
        window.add(&age, cell).unwrap();
    }
    assert_eq!((window.n(), window.missing()), (3, 2));
    let plan = Baseline::Categorical(stats::bins::CategoricalBaseline::fit([Some("1"), Some("2")]));
    let mut plans = Window::new(&plan);
    plans.add(&plan, Cell::Number(1.0)).unwrap();
    plans.add(&plan, Cell::Text("gold")).unwrap();
    assert_eq!(plans.unseen_rate(), Some(0.5));
    assert!(window.merge(&plans).is_err() && window.add(&plan, Cell::Missing).is_err());
}
