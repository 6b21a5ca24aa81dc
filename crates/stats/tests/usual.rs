//! What is usual for a feature is learnt from stretches of the reference: chance, restless hours, hours of the day.

use std::collections::BTreeMap;

use stats::bins::{Baseline, CategoricalBaseline, Cell, NumericBaseline, Window};
use stats::evidence::Verdict;
use stats::joint::{JointBaseline, JointUsual, JointWindow};
use stats::rng::SplitMix64;
use stats::usual::{Evidence, Season, Shape, Stretch, Usual};

const HOUR: i64 = 3_600_000;
const ALPHA: f64 = 2e-5;

struct World {
    baseline: Baseline,
    usual: Usual,
}

impl World {
    /// Seven days of hours of `rows` rows each, of values that `draw` gives for an hour.
    fn numbers(rows: usize, draw: &mut dyn FnMut(i64) -> f64) -> Self {
        let hours: Vec<Vec<f64>> = (0..168).map(|hour| (0..rows).map(|_| draw(hour)).collect()).collect();
        let baseline = Baseline::Numeric(NumericBaseline::fit(&hours.concat(), 200));
        let stretches: Vec<Stretch> = hours.iter().enumerate().map(|(hour, v)| stretch(&baseline, v, hour as i64)).collect();
        let usual = Usual::fit(Shape::of(&baseline), Stretch::of_reference(&baseline), &stretches, ALPHA);
        Self { baseline, usual }
    }

    fn evidence(&self, values: &[f64], hour: i64) -> Evidence {
        self.usual.evidence(&[&stretch(&self.baseline, values, hour)])
    }
}

fn stretch(baseline: &Baseline, values: &[f64], hour: i64) -> Stretch {
    let mut window = Window::new(baseline);
    values.iter().for_each(|x| window.add(baseline, Cell::Number(*x)).unwrap());
    Stretch::of(&window, Some(hour * HOUR + HOUR / 2))
}

#[test]
fn chance_is_told_from_change_at_any_number_of_rows() {
    let mut rng = SplitMix64::new(1);
    let world = World::numbers(200, &mut |_| rng.normal());
    assert_eq!(world.usual.season(), None);
    let mut rng = SplitMix64::new(2);
    for rows in [20, 50, 300, 3000] {
        let rounds = if rows > 1000 { 100 } else { 400 };
        let p: Vec<f64> = (0..rounds)
            .map(|i| {
                let values: Vec<f64> = (0..rows).map(|_| rng.normal()).collect();
                world.evidence(&values, 200 + i).p
            })
            .collect();
        let below = |level: f64| p.iter().filter(|p| **p <= level).count() as f64 / rounds as f64;
        assert!(below(0.01) <= 0.03 && below(1e-4) <= 0.005, "{rows} rows: {} and {}", below(0.01), below(1e-4));
    }
    let changes: [(&str, usize, fn(f64) -> f64); 5] = [
        ("a shift", 500, |x| x + 0.5),
        ("another spread", 500, |x| x * 1.5),
        ("a part stuck", 300, |x| if x > 1.0 { 1.25 } else { x }),
        ("a sentinel", 300, |x| if x < -1.5 { -999.0 } else { x }),
        ("another unit, thirty rows", 30, |x| x * 1000.0 + 500.0),
    ];
    for (name, rows, change) in changes {
        let values: Vec<f64> = (0..rows).map(|_| change(rng.normal())).collect();
        let found = world.evidence(&values, 200);
        assert!(found.p.min(found.new_p) < 1e-6, "{name}: {found:?}");
    }
}

#[test]
fn restless_hours_are_part_of_the_null() {
    let mut rng = SplitMix64::new(3);
    let mut level = (-1, 0.0);
    // Every hour has a level of its own, a quarter of a standard deviation up and down.
    let mut draw = |hour: i64| {
        if level.0 != hour {
            level = (hour, 0.25 * rng.normal());
        }
        level.1 + rng.normal()
    };
    let world = World::numbers(400, &mut draw);
    let alarms = (200..500).filter(|hour| {
        let values: Vec<f64> = (0..400).map(|_| draw(*hour)).collect();
        world.evidence(&values, *hour).p <= 1e-4
    });
    assert!(alarms.count() <= 1, "300 usual hours");
    let values: Vec<f64> = (0..400).map(|_| draw(600) + 2.0).collect();
    assert!(world.evidence(&values, 600).p < ALPHA, "twelve times what is usual");
}

#[test]
fn hours_of_the_day_are_compared_with_themselves() {
    let mut rng = SplitMix64::new(4);
    let mut draw = |hour: i64| (hour % 24) as f64 / 6.0 + rng.normal();
    let world = World::numbers(200, &mut draw);
    assert_eq!(world.usual.season(), Some(Season::HourOfDay));
    let mut at = |hour: i64, add: f64| {
        let values: Vec<f64> = (0..200).map(|_| draw(hour) + add).collect();
        world.evidence(&values, hour + 168).p
    };
    assert!((0..72).filter(|hour| at(*hour, 0.0) <= 1e-3).count() <= 1);
    assert!((0..24).all(|hour| at(hour, 0.8) < ALPHA), "a change that is small beside the day's own");
    // Two hours together are compared with the same two.
    let two: Vec<Stretch> = [3, 4]
        .map(|hour| {
            let values: Vec<f64> = (0..200).map(|_| draw(hour)).collect();
            stretch(&world.baseline, &values, hour + 168)
        })
        .into();
    assert!(world.usual.evidence(&[&two[0], &two[1]]).p > 1e-3);
}

#[test]
fn new_categories_are_held_against_those_that_come_anyway() {
    let mut rng = SplitMix64::new(5);
    // One value in a hundred is one of ten thousand rare names: new ones come all the time.
    let mut draw = || if rng.bernoulli(0.01) { format!("rare{}", rng.below(10_000)) } else { format!("c{}", rng.below(5)) };
    let hours: Vec<Vec<String>> = (0..40).map(|_| (0..100).map(|_| draw()).collect()).collect();
    let baseline = Baseline::Categorical(CategoricalBaseline::fit(hours.iter().flatten().map(|v| Some(v.as_str()))));
    let count = |values: &[String]| {
        let mut window = Window::new(&baseline);
        values.iter().for_each(|v| window.add(&baseline, Cell::Text(v)).unwrap());
        Stretch::of(&window, None)
    };
    let stretches: Vec<Stretch> = hours.iter().map(|v| count(v)).collect();
    let usual = Usual::fit(Shape::of(&baseline), Stretch::of_reference(&baseline), &stretches, ALPHA);
    let clean: Vec<String> = (0..500).map(|_| draw()).collect();
    assert!(usual.evidence(&[&count(&clean)]).new_p > 1e-3);
    let changed: Vec<String> = (0..500).map(|i| if i % 12 == 0 { "platinum".into() } else { draw() }).collect();
    let found = usual.evidence(&[&count(&changed)]);
    assert!(found.new_p < 1e-6 && (0.05..0.1).contains(&found.new_rise), "{found:?}");
}

#[test]
fn without_stretches_only_chance_is_known_and_nothing_says_nothing() {
    let baseline = Baseline::Numeric(NumericBaseline::fit(&(0..500).map(f64::from).collect::<Vec<_>>(), 200));
    let usual = Usual::fit(Shape::of(&baseline), Stretch::of_reference(&baseline), &[], ALPHA);
    let empty = Stretch::of(&Window::new(&baseline), None);
    let found = usual.evidence(&[&empty]);
    assert_eq!((found.p, found.missing_p, found.new_p), (1.0, 1.0, 1.0));
    assert!(usual.evidence(&[&stretch(&baseline, &[250.0; 60], 0)]).p < 1e-9);
}

#[test]
fn joint_drift_knows_the_hour() {
    // By night two features go together, by day they do not.
    let mut rng = SplitMix64::new(6);
    let mut row = |hour: i64, broken: bool| {
        let x = rng.normal();
        let together = if hour % 24 < 8 && !broken { 0.9 } else { 0.0 };
        (x, together * x + (1.0f64 - together * together).sqrt() * rng.normal(), rng.normal())
    };
    let hours: Vec<Vec<(f64, f64, f64)>> = (0..168).map(|hour| (0..300).map(|_| row(hour, false)).collect()).collect();
    let all: Vec<(f64, f64, f64)> = hours.concat();
    let column =
        |of: fn(&(f64, f64, f64)) -> f64| Baseline::Numeric(NumericBaseline::fit(&all.iter().map(of).collect::<Vec<_>>(), 200));
    let features: BTreeMap<String, Baseline> =
        [("a".into(), column(|r| r.0)), ("b".into(), column(|r| r.1)), ("c".into(), column(|r| r.2))].into();
    let value = |row: &(f64, f64, f64), name: &str| {
        Cell::Number(match name {
            "a" => row.0,
            "b" => row.1,
            _ => row.2,
        })
    };
    let baseline = JointBaseline::fit_plain(&features, all.len(), |name, at| value(&all[at], name)).unwrap();
    let window = |rows: &[(f64, f64, f64)]| {
        let mut window = JointWindow::new(&baseline);
        rows.iter().for_each(|row| window.add(&baseline.scores(&features, |name| value(row, name))));
        window
    };
    let stretches: Vec<(JointWindow, Option<i64>)> =
        hours.iter().enumerate().map(|(hour, rows)| (window(rows), Some(hour as i64 * HOUR))).collect();
    let usual = JointUsual::fit(&baseline, &stretches).unwrap();
    let mut judged = |hour: i64, rows: usize, broken: bool| {
        let rows: Vec<_> = (0..rows).map(|_| row(hour, broken)).collect();
        usual.judge(&baseline, &window(&rows), Some(hour * HOUR), 0.15, 1e-5).unwrap()
    };
    for hour in 168..216 {
        assert_eq!(judged(hour, 300, false).verdict, Verdict::Ok, "hour {hour}");
    }
    assert_eq!(judged(170, 2000, false).verdict, Verdict::Ok, "many rows are no drift");
    assert_eq!(judged(170, 30, true).verdict, Verdict::Insufficient);
    let broken = judged(170, 300, true);
    assert!(broken.verdict == Verdict::Drift && broken.strength > 0.7, "{broken:?}");
    assert_eq!((broken.pairs[0].first.as_str(), broken.pairs[0].second.as_str()), ("a", "b"));
    assert_eq!(JointUsual::fit(&baseline, &stretches[..10]), None);
}
