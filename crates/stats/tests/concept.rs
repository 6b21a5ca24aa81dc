//! The detectors against River's (`fixtures/make_concept.py`), to the index.

use serde_json::Value;
use stats::concept::{Adwin, Ddm, DdmState, Direction, PageHinkley};

fn streams() -> Vec<Value> {
    let fixtures: Value = serde_json::from_str(include_str!("../fixtures/concept.json")).unwrap();
    fixtures["streams"].as_array().unwrap().clone()
}

fn values(stream: &Value) -> Vec<f64> {
    if let Some(values) = stream["values"].as_array() {
        return values.iter().map(|v| v.as_f64().unwrap()).collect();
    }
    let bits = |digit: char| {
        let nibble = digit.to_digit(16).unwrap();
        (0..4).rev().map(move |bit| f64::from(nibble >> bit & 1))
    };
    let values: Vec<f64> = stream["errors"].as_str().unwrap().chars().flat_map(bits).collect();
    assert_eq!(values.len() as u64, stream["n"].as_u64().unwrap());
    values
}

fn indices(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as usize).collect()
}

fn found(values: &[f64], mut changed: impl FnMut(f64) -> bool) -> Vec<usize> {
    values.iter().enumerate().filter(|(_, v)| changed(**v)).map(|(i, _)| i).collect()
}

#[test]
fn the_same_changes_at_the_same_outcomes() {
    for stream in streams() {
        let name = stream["name"].as_str().unwrap();
        let values = values(&stream);
        let mut adwin = Adwin::default();
        assert_eq!(found(&values, |v| adwin.update(v).is_some()), indices(&stream["adwin"]), "ADWIN, {name}");
        assert_eq!(adwin.width(), stream["adwin_width"].as_u64().unwrap(), "{name}");
        assert!((adwin.mean().unwrap() - stream["adwin_mean"].as_f64().unwrap()).abs() < 1e-9, "{name}");
        let mut page = PageHinkley::default();
        let changes = found(&values, |v| page.update(v).is_some());
        assert_eq!(changes, indices(&stream["page_hinkley"]), "Page-Hinkley, {name}");
        if stream["ddm"].is_null() {
            continue;
        }
        for (mut ddm, key) in [(Ddm::default(), "ddm"), (Ddm::new(200, 2.0, 3.0), "ddm_200")] {
            let drifts = found(&values, |v| ddm.update(v == 1.0) == DdmState::Drift);
            assert_eq!(drifts, indices(&stream[key]), "{key}, {name}");
        }
        let mut ddm = Ddm::default();
        let warnings = found(&values, |v| ddm.update(v == 1.0) == DdmState::Warning).len();
        assert_eq!(warnings as u64, stream["ddm_warnings"].as_u64().unwrap(), "{name}");
    }
}

#[test]
fn the_direction_is_told_and_a_steady_stream_is_left_alone() {
    for stream in streams() {
        let values = values(&stream);
        let mut adwin = Adwin::default();
        let directions: Vec<Direction> = values.iter().filter_map(|v| adwin.update(*v)).collect();
        match stream["name"].as_str().unwrap() {
            "steady 15 %" => assert_eq!(directions, []),
            "30 % to 10 % at 5000" => assert!(directions.iter().all(|d| *d == Direction::Down) && !directions.is_empty()),
            name => assert!(directions.contains(&Direction::Up) && !directions.contains(&Direction::Down), "{name}"),
        }
    }
}

#[test]
fn a_stored_detector_goes_on_where_it_was() {
    let stream = &streams()[0];
    let values = values(stream);
    let (before, after) = values.split_at(6100);
    let (mut adwin, mut page, mut ddm) = (Adwin::default(), PageHinkley::default(), Ddm::default());
    for v in before {
        adwin.update(*v);
        page.update(*v);
        ddm.update(*v == 1.0);
    }
    let json = serde_json::to_string(&(&adwin, &page, &ddm)).unwrap();
    assert!(json.len() < 8000, "{}", json.len());
    let (mut adwin2, mut page2, mut ddm2): (Adwin, PageHinkley, Ddm) = serde_json::from_str(&json).unwrap();
    for v in after {
        assert_eq!(adwin.update(*v), adwin2.update(*v));
        assert_eq!(page.update(*v), page2.update(*v));
        assert_eq!(ddm.update(*v == 1.0), ddm2.update(*v == 1.0));
    }
}

#[test]
fn nonsense_is_left_out() {
    let mut adwin = Adwin::new(0.002, 0, 0, 0, 0);
    for _ in 0..100 {
        assert_eq!(adwin.update(f64::NAN), None);
        assert_eq!(adwin.update(1.0), None);
    }
    assert_eq!((adwin.width(), adwin.mean()), (100, Some(1.0)));
    assert_eq!(PageHinkley::default().update(f64::INFINITY), None);
    assert_eq!(Adwin::default().mean(), None);
}
