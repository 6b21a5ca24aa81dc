//! Joint drift: what it finds, what it must leave alone, and that its records merge.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;
use stats::bins::{Baseline, CategoricalBaseline, Cell, NumericBaseline};
use stats::evidence::Verdict;
use stats::joint::{JointBaseline, JointFinding, JointWindow, judge_joint, stein_loss};
use stats::rng::SplitMix64;

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

/// Four numbers and a category. `link` is the correlation of a and b; c is a + b and a little noise `loose`; d is apart;
/// e is likely "x" where d is high, by `tilt`.
struct World {
    link: f64,
    loose: f64,
    tilt: f64,
    shift: f64,
}

const USUAL: World = World { link: 0.7, loose: 0.3, tilt: 0.3, shift: 0.0 };

type Row = ([f64; 4], &'static str);

fn rows(world: &World, n: usize, rng: &mut SplitMix64) -> Vec<Row> {
    (0..n)
        .map(|_| {
            let a = rng.normal();
            let b = world.link * a + (1.0 - world.link.powi(2)).sqrt() * rng.normal();
            // The same spread of c whatever the link and the noise, so that no single feature tells.
            let c = (a + b + world.loose * rng.normal()) / (2.0 + 2.0 * world.link + world.loose.powi(2)).sqrt();
            let d = rng.normal();
            let e = if rng.bernoulli(0.5 + world.tilt * d.signum()) { "x" } else { "y" };
            ([(a + world.shift).exp(), b, c + world.shift, d], e)
        })
        .collect()
}

fn cell(row: &Row, feature: &str) -> Cell<'static> {
    match NAMES.iter().position(|name| *name == feature) {
        Some(i) if i < 4 => Cell::Number(row.0[i]),
        _ => Cell::Text(row.1),
    }
}

fn features(rows: &[Row]) -> BTreeMap<String, Baseline> {
    let numeric = |i: usize| Baseline::Numeric(NumericBaseline::fit(&rows.iter().map(|r| r.0[i]).collect::<Vec<_>>(), 100));
    let category = Baseline::Categorical(CategoricalBaseline::fit(rows.iter().map(|r| Some(r.1))));
    (0..4).map(|i| (NAMES[i].to_owned(), numeric(i))).chain([("e".to_owned(), category)]).collect()
}

struct Fitted {
    features: BTreeMap<String, Baseline>,
    baseline: JointBaseline,
}

impl Fitted {
    fn new(rows: &[Row]) -> Self {
        let features = features(rows);
        let baseline = JointBaseline::fit(&features, rows.len(), |feature, row| cell(&rows[row], feature)).unwrap();
        Self { features, baseline }
    }

    fn window(&self, rows: &[Row]) -> JointWindow {
        let mut window = JointWindow::new(&self.baseline);
        rows.iter().for_each(|row| window.add(&self.baseline.scores(&self.features, |feature| cell(row, feature))));
        window
    }

    fn judged(&self, rows: &[Row], alpha: f64) -> JointFinding {
        judge_joint(&self.baseline, &self.window(rows), 0.2, alpha)
    }
}

#[test]
fn divergence_agrees_with_numpy() {
    let fixtures: Value = serde_json::from_str(include_str!("../fixtures/estimate.json")).unwrap();
    for case in fixtures["divergence"].as_array().unwrap() {
        let matrix = |side: &str| -> Vec<Vec<f64>> { serde_json::from_value(case[side].clone()).unwrap() };
        let (got, wanted) = (stein_loss(&matrix("reference"), &matrix("current")).unwrap(), case["divergence"].as_f64().unwrap());
        assert!((got - wanted).abs() < 1e-9 * wanted.max(1.0), "{got}, expected {wanted}");
        assert!(stein_loss(&matrix("current"), &matrix("current")).unwrap() < 1e-9);
    }
    assert_eq!((stein_loss(&[], &[]), stein_loss(&[vec![1.0]], &[])), (Some(0.0), None));
}

#[test]
fn breaks_that_no_single_feature_shows_are_found_and_named() {
    let mut rng = SplitMix64::new(1);
    let fitted = Fitted::new(&rows(&USUAL, 5000, &mut rng));
    for (name, world, pair) in [
        ("a pair came apart", World { link: 0.2, ..USUAL }, Some(["a", "b"])),
        ("a relation of three loosened", World { loose: 0.9, ..USUAL }, None),
        ("a number and a category came apart", World { tilt: -0.1, ..USUAL }, Some(["d", "e = x"])),
    ] {
        let finding = fitted.judged(&rows(&world, 500, &mut rng), 1e-4);
        assert_eq!(finding.verdict, Verdict::Drift, "{name}: {finding:?}");
        if let Some(pair) = pair {
            let named = &finding.pairs[0];
            let second = named.second.replace("= y", "= x");
            assert_eq!([named.first.as_str(), second.as_str()], pair, "{name}: {finding:?}");
        }
    }
}

#[test]
fn shifts_of_single_features_are_not_its_business() {
    let mut rng = SplitMix64::new(2);
    let fitted = Fitted::new(&rows(&USUAL, 5000, &mut rng));
    let finding = fitted.judged(&rows(&World { shift: 0.5, ..USUAL }, 2000, &mut rng), 1e-4);
    assert_eq!(finding.verdict, Verdict::Ok, "{finding:?}");
}

#[test]
fn nothing_changed_raises_no_alarm_at_any_size() {
    let mut rng = SplitMix64::new(3);
    let (mut significant, mut alarms, mut windows) = (0, 0, 0);
    for _ in 0..3 {
        let fitted = Fitted::new(&rows(&USUAL, 3000, &mut rng));
        for n in [20, 40, 100, 300, 1500] {
            for _ in 0..40 {
                let finding = fitted.judged(&rows(&USUAL, n, &mut rng), 0.01);
                significant += u32::from(finding.p <= 0.01);
                alarms += u32::from(finding.verdict == Verdict::Drift);
                windows += 1;
            }
        }
    }
    assert!(significant <= 14 && alarms <= 14, "{alarms} alarms, {significant} of {windows} significant");
}

#[test]
fn few_rows_are_said_to_be_few() {
    let mut rng = SplitMix64::new(4);
    let fitted = Fitted::new(&rows(&USUAL, 5000, &mut rng));
    let finding = fitted.judged(&rows(&USUAL, 40, &mut rng), 1e-4);
    assert_eq!(finding.verdict, Verdict::Insufficient);
    assert!((100..5000).contains(&finding.detectable_at_rows), "{finding:?}");
    let enough = rows(&USUAL, finding.detectable_at_rows as usize, &mut rng);
    assert_eq!(fitted.judged(&enough, 1e-4).verdict, Verdict::Ok);
    let none = fitted.judged(&[], 1e-4);
    assert_eq!((none.verdict, none.p, none.strength), (Verdict::Insufficient, 1.0, 0.0));
    assert!(JointBaseline::fit(&fitted.features, 99, |_, _| Cell::Missing).is_none());
}

#[test]
fn hours_that_differ_in_the_reference_raise_the_null() {
    let mut rng = SplitMix64::new(5);
    let days = |rng: &mut SplitMix64| -> Vec<Row> {
        let day = |i: usize| World { link: if i.is_multiple_of(2) { 0.85 } else { 0.45 }, ..USUAL };
        (0..20).flat_map(|i| rows(&day(i), 200, rng)).collect()
    };
    let uneven = Fitted::new(&days(&mut rng));
    let mut mixed = days(&mut rng);
    rng.shuffle(&mut mixed);
    let even = Fitted::new(&mixed);
    let one_day = rows(&World { link: 0.45, ..USUAL }, 200, &mut rng);
    let (p_uneven, p_even) = (uneven.judged(&one_day, 1e-3).p, even.judged(&one_day, 1e-3).p);
    assert!(p_uneven > 0.1 && p_even < 0.02, "{p_uneven} in order of time, {p_even} mixed");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_split_in_any_order_counts_the_same(
        scores in prop::collection::vec(prop::collection::vec(-20_000i32..20_000, 4), 0..150),
        order in any::<u64>(),
        cut in 0usize..150,
    ) {
        let counted = |rows: &[Vec<i32>]| {
            let mut window = JointWindow { n: 0, sums: vec![0; 4], products: vec![0; 10] };
            rows.iter().for_each(|row| window.add(row));
            window
        };
        let whole = counted(&scores);
        let mut shuffled = scores.clone();
        SplitMix64::new(order).shuffle(&mut shuffled);
        let (a, b) = shuffled.split_at(cut.min(scores.len()));
        let mut merged = counted(b);
        merged.merge(&counted(a)).unwrap();
        prop_assert_eq!(&merged, &whole);
        let stored: JointWindow = serde_json::from_str(&serde_json::to_string(&whole).unwrap()).unwrap();
        prop_assert_eq!(stored, whole);
        prop_assert!(merged.merge(&JointWindow::default()).is_err());
    }
}
