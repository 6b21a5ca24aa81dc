//! What every drawing keeps to, whatever it is given: classes instead of colours, real numbers, whole elements.

use super::mark::Mark;
use super::*;
use crate::words::Unit;
use contract::time::{DAY, HOUR};

fn sound(what: &str, svg: &str) {
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>"), "{what}: {svg}");
    for never in ["style=", "fill=", "stroke=", "NaN", "inf", "#0", "rgb("] {
        assert!(!svg.contains(never), "{what} holds {never}: {svg}");
    }
    let opened = svg.matches("<title").count() + svg.matches("<text").count() + svg.matches("<desc").count();
    let closed = svg.matches("</title>").count() + svg.matches("</text>").count() + svg.matches("</desc>").count();
    assert_eq!(opened, closed, "{what}");
}

fn all(what: &str, drawing: &Drawing) {
    sound(what, &drawing.wide);
    for other in drawing.narrow.iter().chain(&drawing.broad) {
        sound(what, other);
    }
}

/// Values that a page may be handed: nothing, one, a gap, all alike, very large, not a number.
fn hard() -> Vec<Vec<Option<f64>>> {
    vec![
        vec![],
        vec![Some(3.0)],
        vec![Some(1.0), None, Some(2.0)],
        vec![Some(0.0); 5],
        vec![Some(1e12), Some(-1e12)],
        vec![Some(f64::NAN), Some(1.0)],
    ]
}

#[test]
fn drawings_over_time_hold_for_any_values() {
    for values in hard() {
        let points =
            values.iter().enumerate().map(|(i, value)| (Millis(i as i64 * HOUR), value.filter(|v| v.is_finite()))).collect();
        let spec = TimeSeries {
            about: "a < b & \"c\"".into(),
            to: Millis(6 * HOUR),
            lines: vec![Line { label: "x".into(), mark: Mark::Subject, points }],
            limit: Some(Limit { value: 2.0, label: "limit".into(), worse: Worse::Either }),
            events: vec![ChartEvent { at: Millis(HOUR), label: "deploy <1>".into(), alert: true }],
            empty: "nothing yet".into(),
            ..TimeSeries::default()
        };
        let drawing = time_series(&spec);
        all(&format!("{values:?}"), &drawing);
        assert!(drawing.wide.contains("a &lt; b &amp; &quot;c&quot;") && drawing.wide.contains("deploy &lt;1&gt;"));
        sound("sparkline", &sparkline(&values, "x"));
    }
}

#[test]
fn stacked_bars_hold_for_any_values() {
    for values in hard() {
        let parts = values.iter().map(|value| value.unwrap_or(f64::NAN)).collect();
        let spec = Stack {
            unit: Unit::Milliseconds,
            names: ["a", "b", "c", "d"].map(String::from).into(),
            bars: vec![Stacked { label: "version 3 <x>".into(), parts }],
            empty: "no run".into(),
            ..Stack::default()
        };
        all(&format!("{values:?}"), &stack(&spec));
    }
    let spec = Stack {
        names: vec!["wait".into(), "run".into()],
        bars: vec![Stacked { label: "v1".into(), parts: vec![0.25, 0.75] }],
        unit: Unit::Milliseconds,
        ..Stack::default()
    };
    let drawn = stack(&spec).wide;
    assert!(drawn.contains("v1, run: 0.75 ms of 1.0 ms") && drawn.contains("class=\"f2\""), "{drawn}");
    assert_eq!(spec.key(), [("f1", "wait".to_string()), ("f2", "run".to_string())]);
    assert!(stack(&Stack { empty: "no run".into(), ..Stack::default() }).wide.contains("no run"));
}

#[test]
fn the_same_numbers_give_the_same_drawing() {
    let spec = TimeSeries {
        to: Millis(DAY),
        lines: vec![line("p99", Mark::Subject, &[])],
        empty: "no requests".into(),
        ..TimeSeries::default()
    };
    assert_eq!(time_series(&spec), time_series(&spec));
    assert!(time_series(&spec).wide.contains("no requests"));
}

#[test]
fn a_sequence_shows_how_far_it_is() {
    let mut spec = Sequence {
        unit: Unit::Points,
        planned: 4_800,
        limit: Limit { value: 0.02, label: "worse than +2.0 points".into(), worse: Worse::Higher },
        ..Sequence::default()
    };
    all("before the first request", &sequence(&spec));
    assert!(sequence(&spec).wide.contains("no requests yet"));
    spec.points = vec![
        SequencePoint { n: 100, lower: -1.0, estimate: 0.1, upper: 1.0 },
        SequencePoint { n: 2_140, lower: -0.023, estimate: 0.003, upper: 0.029 },
    ];
    let svg = sequence(&spec).wide;
    sound("two looks", &svg);
    assert!(svg.contains("2,140 now") && svg.contains("4,800") && svg.contains("class=\"plan\""));
    assert_eq!(sequence_rows(&spec, 8).last().map(|row| row[0].clone()), Some("2,140".into()));
}

#[test]
fn distributions_name_their_open_ends() {
    let spec = Histogram {
        edges: vec![f64::NEG_INFINITY, 0.0, 500.0, f64::INFINITY],
        reference: vec![0.1, 0.6, 0.3],
        current: vec![0.2, 0.5, 0.3],
        current_median: Some(250.0),
        ..Histogram::default()
    };
    assert_eq!([spec.bin(0), spec.bin(1), spec.bin(2)], ["under 0", "0 to 500", "500 and over"]);
    for svg in histogram(&spec).iter().chain(&histogram(&Histogram::default())) {
        sound("histogram", svg);
    }
    assert!(histogram(&spec)[1].contains("median 250"));
}

#[test]
fn rows_hold_for_none_and_for_bad_numbers() {
    let bar = |value| Bar { label: "x".into(), value, reference: Some(0.5), over: false };
    for values in [vec![], vec![0.0], vec![-3.0, 2.0], vec![f64::NAN]] {
        all("bars", &bars(&Bars { signed: true, bars: values.into_iter().map(bar).collect(), ..Bars::default() }));
    }
    let heat_of = |cells: Vec<Option<f64>>| Heat {
        columns: (0..cells.len() as i64).map(|i| Millis(i * DAY)).collect(),
        rows: vec![HeatRow { label: "income".into(), cells }],
        limit: 0.15,
        ..Heat::default()
    };
    for cells in [vec![], vec![None], vec![Some(0.04), Some(0.06), Some(0.12), Some(0.23), None]] {
        all("heat", &heat(&heat_of(cells)));
    }
    let svg = heat(&heat_of(vec![Some(0.04), Some(0.06), Some(0.12), Some(0.23), None])).wide;
    assert!(
        ["h0", "h1", "h2", "hx", "hn"].iter().all(|class| svg.contains(&format!("class=\"{class}\""))) && svg.contains(">.23<")
    );
    let whisker = Whisker { label: "under 25".into(), estimate: 0.4, low: 0.3, high: 0.5, reference: None, note: "n 312".into() };
    all(
        "whiskers",
        &whiskers(&Whiskers {
            rows: vec![whisker],
            limit: Some(Limit { value: 0.4, label: "at least".into(), worse: Worse::Lower }),
            ..Whiskers::default()
        }),
    );
    all("whiskers of nothing", &whiskers(&Whiskers::default()));
    sound("bullet", &bullet(f64::NAN, 0.0));
}
