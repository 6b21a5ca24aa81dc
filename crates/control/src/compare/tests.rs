//! The comparison as a whole: agreement with SciPy, with itself however the rows are divided, and what it says of known events.

use super::line::{Kind, Line};
use super::{Asked, Input, Limits, Options, compare};
use bytes::Bytes;
use contract::Millis;
use proptest::prelude::*;
use serde_json::Value;
use stats::rng::SplitMix64;

fn input(text: &str) -> Input {
    Input::Bytes { name: "file.csv".into(), bytes: Bytes::copy_from_slice(text.as_bytes()) }
}

fn options(asked: Asked) -> Options {
    asked.options(None).expect("options that fit")
}

fn lines(options: &Options, reference: &str, current: &[&str], labels: Option<&str>) -> Result<Vec<Line>, String> {
    let mut lines = Vec::new();
    let current: Vec<Input> = current.iter().map(|text| input(text)).collect();
    compare(options, &input(reference), &current, labels.map(input).as_ref(), &mut |line| {
        lines.push(line);
        Ok(())
    })?;
    Ok(lines)
}

fn json(line: &Line) -> Value {
    serde_json::to_value(line).expect("a line is JSON")
}

/// `n` rows of a model's life, one every ten seconds from a Monday on, with what `change` does to a row.
fn life(seed: u64, start: usize, n: usize, change: impl Fn(usize, &mut Vec<String>, &mut SplitMix64)) -> String {
    let mut rng = SplitMix64::new(seed);
    let mut text = String::from("id,at,age,income,plan,score,prediction,label\n");
    for row in start..start + n {
        let at = Millis(1_767_571_200_000 + row as i64 * 10_000);
        let (age, income) = (40.0 + 12.0 * rng.normal(), 3000.0 * (0.4 * rng.normal()).exp());
        let plan = ["gold", "blue", "grey"][rng.below(3) as usize];
        let score = 1.0 / (1.0 + (-(age - 40.0) / 8.0).exp());
        let label = rng.bernoulli(score);
        let mut cells: Vec<String> = vec![
            format!("p{row}"),
            at.rfc3339(),
            format!("{age:.2}"),
            format!("{income:.2}"),
            plan.to_owned(),
            format!("{score:.4}"),
            u8::from(score >= 0.5).to_string(),
            u8::from(label).to_string(),
        ];
        change(row, &mut cells, &mut rng);
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

fn hourly() -> Options {
    options(Asked {
        period: Some("hour".into()),
        timestamp: Some("at".into()),
        ignore: Some("id".into()),
        prediction: Some("prediction".into()),
        score: Some("score".into()),
        label: Some("label".into()),
        ..Asked::default()
    })
}

const HOUR: usize = 360;

#[test]
fn exact_distances_are_those_of_scipy() {
    let (reference, current) =
        (include_str!("../../fixtures/compare/reference.csv"), include_str!("../../fixtures/compare/current.csv"));
    let expected: Vec<Value> = serde_json::from_str(include_str!("../../fixtures/compare/expected.json")).expect("JSON");
    let exact = options(Asked { chunk_size: Some(120), exact: true, ..Asked::default() });
    let binned = Options { exact: false, ..exact.clone() };
    let (exact, binned) =
        (lines(&exact, reference, &[current], None).unwrap(), lines(&binned, reference, &[current], None).unwrap());
    assert_eq!((exact.len(), binned.len(), expected.len()), (2, 2, 2));
    for ((exact, binned), expected) in exact.iter().zip(&binned).zip(&expected) {
        let (exact, binned) = (json(exact), json(binned));
        for (place, feature) in exact["features"].as_array().unwrap().iter().enumerate() {
            let name = feature["feature"].as_str().unwrap();
            for (measure, value) in expected[name].as_object().unwrap() {
                let wanted = value.as_f64().unwrap();
                let of = |line: &Value| {
                    if measure == "missing_rate" { line[measure].clone() } else { line["distances"][measure].clone() }
                };
                let found = of(feature).as_f64().unwrap();
                assert!((found - wanted).abs() <= 1e-9 * wanted.abs().max(1.0), "{name} {measure}: {found}, SciPy {wanted}");
                let found = of(&binned["features"][place]).as_f64().unwrap();
                // Ten bins and categories are counted alike; the two that look at every row are near.
                let near = match measure.as_str() {
                    "wasserstein_over_std" => 0.01,
                    "ks" => 0.005,
                    "wasserstein" => 0.01 * wanted / expected[name]["wasserstein_over_std"].as_f64().unwrap(),
                    _ => 1e-9,
                };
                assert!((found - wanted).abs() <= near, "{name} {measure}: {found} from bins, SciPy {wanted}");
            }
        }
    }
}

#[test]
fn a_quiet_day_is_quiet_and_events_are_told_in_their_hour() {
    let reference = life(1, 0, 48 * HOUR, |_, _, _| {});
    let nothing = life(2, 48 * HOUR, 24 * HOUR, |_, _, _| {});
    let found = lines(&hourly(), &reference, &[&nothing], None).unwrap();
    assert_eq!(found.len(), 24);
    assert!(found.iter().all(|line| line.alerts.is_empty()), "{:?}", found.iter().flat_map(|l| &l.alerts).collect::<Vec<_>>());
    let first = json(&found[0]);
    assert_eq!((&first["start"], &first["rows"]), (&Value::from("2026-01-07T00:00:00.000Z"), &Value::from(360)));
    assert_eq!(first["quality"]["coverage"], 1.0);
    let (realised, estimated) = (&first["quality"]["realised"]["accuracy"], &first["quality"]["estimated"]["accuracy"]);
    assert!((realised.as_f64().unwrap() - estimated.as_f64().unwrap()).abs() < 0.08, "{realised} {estimated}");
    assert!(first["quality"]["estimate_error"]["accuracy"].as_f64().unwrap() > 0.0);

    let names = ["at", "age", "income", "plan", "score", "prediction", "label"];
    let place = |name: &str| names.iter().position(|n| *n == name).map_or(0, |i| i + 1);
    let (age, income, plan, label) = (place("age"), place("income"), place("plan"), place("label"));
    type Change<'a> = Box<dyn Fn(usize, &mut Vec<String>, &mut SplitMix64) + 'a>;
    let cases: Vec<(&str, Kind, Option<&str>, Change<'_>)> = vec![
        (
            "another unit",
            Kind::FeatureDrift,
            Some("income"),
            Box::new(move |_, c, _| c[income] = format!("{}", c[income].parse::<f64>().unwrap() / 100.0)),
        ),
        ("stuck", Kind::FeatureDrift, Some("age"), Box::new(move |_, c, _| c[age] = "41.5".into())),
        (
            "gone",
            Kind::Missing,
            Some("age"),
            Box::new(move |_, c, r| {
                if r.bernoulli(0.1) {
                    c[age].clear()
                }
            }),
        ),
        ("texts", Kind::Missing, Some("income"), Box::new(move |_, c, _| c[income].push_str(" EUR"))),
        (
            "new",
            Kind::Unseen,
            Some("plan"),
            Box::new(move |_, c, r| {
                if r.bernoulli(0.05) {
                    c[plan] = "platinum".into()
                }
            }),
        ),
        (
            "mix",
            Kind::FeatureDrift,
            Some("plan"),
            Box::new(move |_, c, r| {
                if r.bernoulli(0.3) {
                    c[plan] = "gold".into()
                }
            }),
        ),
        (
            "flipped labels",
            Kind::Quality,
            None,
            Box::new(move |_, c, r| {
                if r.bernoulli(0.4) {
                    c[label] = if c[label] == "1" { "0" } else { "1" }.into()
                }
            }),
        ),
    ];
    for (name, kind, feature, change) in cases {
        let eventful = life(3, 48 * HOUR, 8 * HOUR, |row, cells, rng| {
            if (50 * HOUR..52 * HOUR).contains(&row) {
                change(row, cells, rng);
            }
        });
        let found = lines(&hourly(), &reference, &[&eventful], None).unwrap();
        for (hour, line) in found.iter().enumerate() {
            let told = line.alerts.iter().find(|a| a.kind == kind && a.feature.as_deref() == feature);
            assert_eq!(told.is_some(), (2..4).contains(&hour), "{name}, hour {hour}: {:?}", line.alerts);
            if let Some(told) = told {
                assert_eq!(told.since, "2026-01-07T02:00:00.000Z", "{name}");
            }
        }
    }
}

#[test]
fn late_labels_are_joined_by_id() {
    let reference = life(1, 0, 24 * HOUR, |_, _, _| {});
    let current = life(2, 24 * HOUR, 4 * HOUR, |_, _, _| {});
    // Every other label, in another order, one of them corrected later, one of nobody.
    let mut late = String::from("prediction_id,label,arrived_at\nnobody,1,2026-01-09T00:00:00Z\n");
    let rows: Vec<Vec<&str>> = current.lines().skip(1).map(|line| line.split(',').collect()).collect();
    for (i, cells) in rows.iter().enumerate().rev().filter(|(i, _)| i % 2 == 0) {
        let wrong = if cells[7] == "1" { "0" } else { "1" };
        if i == 0 {
            late.push_str(&format!("{},{wrong},2026-01-06T03:00:00Z\n", cells[0]));
        }
        late.push_str(&format!("{},{},2026-01-06T05:00:00Z\n", cells[0], cells[7]));
        if i == 2 {
            late.push_str(&format!("{},{wrong},2026-01-06T04:00:00Z\n", cells[0]));
        }
    }
    let late = late.replace("prediction_id", "id");
    let inline = lines(&hourly(), &reference, &[&current], None).unwrap();
    let joined = lines(&hourly(), &reference, &[&current], Some(&late)).unwrap();
    let accuracy = |line: &Line| line.quality.as_ref().and_then(|q| q.realised.get("accuracy").copied()).unwrap();
    for (hour, (inline, joined)) in inline.iter().zip(&joined).enumerate() {
        assert_eq!(joined.quality.as_ref().map(|q| q.coverage), Some(0.5));
        let right = rows[hour * HOUR..(hour + 1) * HOUR].iter().step_by(2).filter(|c| c[6] == c[7]).count();
        assert!((accuracy(joined) - right as f64 / (HOUR / 2) as f64).abs() < 1e-12);
        assert_ne!(accuracy(inline), accuracy(joined));
    }
    let lost = lines(&hourly(), &reference, &[&current], Some("a,b\n1,2\n")).unwrap_err();
    assert!(lost.contains("--id"), "{lost}");
}

#[test]
fn row_numbers_of_any_size_take_no_memory() {
    let reference = life(1, 0, 4 * HOUR, |_, _, _| {});
    let late = "row,label\n0,1\n4000000000,1\n1e300,1\n-5,1\n";
    let found = lines(&hourly(), &reference, &[&reference], Some(late)).unwrap();
    assert_eq!(found[0].quality.as_ref().map(|q| q.coverage), Some(1.0 / 360.0));
    let asked = |id: &str| {
        options(Asked {
            id: Some(id.into()),
            prediction: Some("prediction".into()),
            label: Some("label".into()),
            ..Asked::default()
        })
    };
    let why = lines(&asked("customer"), &reference, &[&reference], Some("customer,label\n0,1\n")).unwrap_err();
    assert!(why.contains("the current rows have no column “customer”"), "{why}");
}

#[test]
fn answers_may_be_written_in_two_ways_or_be_missing() {
    let say = |row: usize, cells: &mut Vec<String>, _: &mut SplitMix64| {
        cells[6] = if cells[6] == "1" { "True" } else { "False" }.into();
        if row % 5 == 0 {
            cells[7] = "NA".into();
        }
    };
    let (reference, current) = (life(1, 0, 24 * HOUR, say), life(2, 24 * HOUR, 2 * HOUR, say));
    for problem in [None, Some("binary".to_owned())] {
        let found = lines(
            &options(Asked {
                problem,
                prediction: Some("prediction".into()),
                label: Some("label".into()),
                ignore: Some("id".into()),
                ..Asked::default()
            }),
            &reference,
            &[&current],
            None,
        )
        .unwrap();
        let quality = found[0].quality.as_ref().unwrap();
        assert!((quality.coverage - 0.8).abs() < 1e-9);
        let right = current
            .lines()
            .skip(1)
            .map(|line| line.split(',').collect::<Vec<_>>())
            .filter(|cells| (cells[6] == "True") == (cells[7] == "1") && cells[7] != "NA")
            .count();
        assert!((quality.realised["accuracy"] - right as f64 / (2.0 * HOUR as f64 * 0.8)).abs() < 1e-9);
        assert_eq!(found[0].prediction.as_ref().unwrap().share.as_ref().unwrap().keys().collect::<Vec<_>>(), ["False", "True"]);
    }
}

#[test]
fn a_rare_answer_that_ceases_and_small_flips_are_seen() {
    // One answer of seventy is `1`; then none is.
    let rare = |ceases: bool| {
        move |row: usize, cells: &mut Vec<String>, _: &mut SplitMix64| {
            cells[6] = u8::from(row % 70 == 0 && !(ceases && row >= 40 * HOUR)).to_string();
        }
    };
    let (reference, current) = (life(1, 0, 40 * HOUR, rare(false)), life(2, 40 * HOUR, 10 * HOUR, rare(true)));
    let asked = Asked {
        chunk_size: Some(3_600),
        prediction: Some("prediction".into()),
        ignore: Some("id,score,label".into()),
        ..Asked::default()
    };
    let found = lines(&options(asked), &reference, &[&current], None).unwrap();
    assert!(found[0].alerts.iter().any(|alert| alert.kind == Kind::PredictionDrift), "{:?}", found[0].alerts);

    // One label of three is turned over, where one of three was wrong already, from the sixtieth chunk of a hundred rows on.
    let flip = |row: usize, cells: &mut Vec<String>, rng: &mut SplitMix64| {
        if row >= 24 * HOUR + 6_000 && rng.bernoulli(0.35) {
            cells[7] = if cells[7] == "1" { "0" } else { "1" }.into();
        }
    };
    let (reference, current) = (life(3, 0, 24 * HOUR, |_, _, _| {}), life(4, 24 * HOUR, 12_000, flip));
    let asked = Asked {
        chunk_size: Some(100),
        prediction: Some("prediction".into()),
        label: Some("label".into()),
        ignore: Some("id,score".into()),
        ..Asked::default()
    };
    let found = lines(&options(asked), &reference, &[&current], None).unwrap();
    let told: Vec<usize> =
        found.iter().filter(|line| line.alerts.iter().any(|a| a.kind == Kind::Quality)).map(|line| line.chunk as usize).collect();
    assert!(told.iter().all(|chunk| *chunk >= 60) && told.len() >= 10, "{told:?}");
}

#[test]
fn several_classes_are_answered_by_their_scores() {
    let classes = |right: f64| {
        move |row: usize, cells: &mut Vec<String>, rng: &mut SplitMix64| {
            let said = row % 3;
            let truth = if rng.bernoulli(right) { said } else { (said + 1) % 3 };
            cells[5] = ["0.8;0.1;0.1", "0.2;0.7;0.1", "0.1;0.3;0.6"][said].into();
            cells[7] = ["a", "b", "c"][truth].into();
        }
    };
    let split = |text: String| text.replace("score", "p_a,p_b,p_c").replace(';', ",");
    let (reference, current) = (split(life(1, 0, 24 * HOUR, classes(0.9))), split(life(2, 24 * HOUR, 2 * HOUR, classes(0.6))));
    let asked = Asked {
        score: Some("p_a,p_b,p_c".into()),
        label: Some("label".into()),
        ignore: Some("id,prediction".into()),
        ..Asked::default()
    };
    let found = lines(&options(asked), &reference, &[&current], None).unwrap();
    let accuracy = found[0].quality.as_ref().unwrap().realised["accuracy"];
    assert!((0.55..0.65).contains(&accuracy), "{accuracy}");
    assert!(found[0].alerts.iter().any(|alert| alert.kind == Kind::Quality));
}

#[test]
fn a_label_without_answers_is_watched_like_a_feature() {
    let flip = |_: usize, cells: &mut Vec<String>, _: &mut SplitMix64| cells[7] = "1".into();
    let (reference, current) = (life(1, 0, 24 * HOUR, |_, _, _| {}), life(2, 24 * HOUR, HOUR, flip));
    let asked = options(Asked { label: Some("label".into()), ignore: Some("id,score,prediction".into()), ..Asked::default() });
    let found = lines(&asked, &reference, &[&current], None).unwrap();
    assert!(found[0].alerts.iter().any(|alert| alert.feature.as_deref() == Some("label")), "{:?}", found[0].alerts);
}

#[test]
fn chunks_of_few_rows_are_judged_together() {
    let gone = |row: usize, cells: &mut Vec<String>, _: &mut SplitMix64| {
        if row >= 24 * HOUR + 200 {
            cells[2] = String::new();
        }
    };
    let (reference, current) = (life(1, 0, 24 * HOUR, |_, _, _| {}), life(2, 24 * HOUR, 400, gone));
    let asked = Asked { chunk_size: Some(10), ignore: Some("id,score,prediction,label".into()), ..Asked::default() };
    let found = lines(&options(asked), &reference, &[&current], None).unwrap();
    let told: Vec<bool> = found.iter().map(|line| line.alerts.iter().any(|a| a.kind == Kind::Missing)).collect();
    assert!(!told[..20].contains(&true) && told[21..].iter().all(|told| *told), "{told:?}");
}

#[test]
fn mistakes_are_named() {
    let reference = life(1, 0, 500, |_, _, _| {});
    let cases = [
        (options(Asked { numeric: Some("wage".into()), ..Asked::default() }), reference.as_str(), "“wage”"),
        (hourly(), "age,income\n1,2\n", "--timestamp"),
        (options(Asked { chunk_column: Some("part".into()), ..Asked::default() }), reference.as_str(), "--chunk-column"),
        (options(Asked::default()), "x,y\n1,2\n", "none of the features"),
        (options(Asked::default()), "age,age\n1,2\n", "“age”"),
        (options(Asked::default()), "", "empty"),
        (
            options(Asked {
                positive: Some("maybe".into()),
                label: Some("label".into()),
                score: Some("score".into()),
                ..Asked::default()
            }),
            reference.as_str(),
            "“maybe”",
        ),
    ];
    for (options, current, expected) in cases {
        let why = lines(&options, &reference, &[current], None).unwrap_err();
        assert!(why.contains(expected), "{why}");
    }
    let gone = current_without_age();
    let found = lines(&hourly(), &reference, &[&gone], None).unwrap();
    let told = found[0].alerts.iter().any(|a| a.kind == Kind::Missing && a.feature.as_deref() == Some("age"));
    assert!(told, "a column that is gone is a finding: {:?}", found[0].alerts);
}

#[test]
fn what_is_too_much_is_refused() {
    let reference = life(1, 0, 9000, |_, _, _| {});
    let few_cells = Options { limits: Limits { cells: 9_000, rows: u64::MAX }, ..hourly() };
    assert!(lines(&few_cells, &reference, &[&reference], None).unwrap_err().contains("9000 values"));
    let few_rows = Options { limits: Limits { cells: usize::MAX, rows: 5_000 }, ..hourly() };
    assert!(lines(&few_rows, &reference, &[&reference], None).unwrap_err().contains("5000 current rows"));
}

fn current_without_age() -> String {
    let whole = life(2, 48 * HOUR, 300, |_, _, _| {});
    let without = |line: &str| {
        let mut cells: Vec<&str> = line.split(',').collect();
        cells.remove(2);
        cells.join(",") + "\n"
    };
    whole.lines().map(without).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_split_and_order_of_the_rows_gives_the_same_lines(seed in any::<u64>(), cuts in prop::collection::vec(0usize..700, 0..4)) {
        let reference = life(1, 0, 600, |_, _, _| {});
        let current = life(seed, 48 * HOUR, 2 * HOUR, |row, cells, rng| {
            cells[4] = if rng.bernoulli(0.1) { format!("new{}", row % 70) } else { cells[4].clone() };
            if rng.bernoulli(0.1) {
                cells[3].clear();
            }
        });
        let whole = lines(&hourly(), &reference, &[&current], None).unwrap();
        let (head, rows) = current.split_once('\n').unwrap();
        let mut rows: Vec<&str> = rows.lines().collect();
        SplitMix64::new(seed).shuffle(&mut rows);
        let mut cuts: Vec<usize> = cuts.into_iter().chain([0, rows.len()]).map(|c| c.min(rows.len())).collect();
        cuts.sort_unstable();
        let parts: Vec<String> = cuts.windows(2).map(|w| format!("{head}\n{}\n", rows[w[0]..w[1]].join("\n"))).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let split = lines(&hourly(), &reference, &parts, None).unwrap();
        prop_assert_eq!(whole.len(), split.len());
        for (a, b) in whole.iter().zip(&split) {
            let (mut a, mut b) = (json(a), json(b));
            // Errors are read in their order; everything else does not know one.
            for line in [&mut a, &mut b] {
                line["alerts"].as_array_mut().unwrap().retain(|alert| alert["kind"] != "concept_drift");
            }
            prop_assert_eq!(a, b);
        }
    }
}
