//! Into which groups a prediction falls: one per segment feature of the contract.

use crate::deployments::KnownVersion;
use serde_json::Value as Json;
use stats::bins::{Baseline, NumericBaseline};

/// Group of rows without a value.
pub const NOT_GIVEN: &str = "not given";
/// Group of values that the reference did not have.
const OTHER: &str = "other";
/// Groups by which a category is reported; rarer ones go together.
const GROUPS: usize = 20;

/// `(feature, group)` per segment feature. Numbers fall into thirds of the reference.
pub fn of(version: &KnownVersion, record: &Json) -> Vec<(String, String)> {
    let group = |feature: &String| {
        let baseline = version.baseline.as_ref().and_then(|baseline| baseline.features.get(feature));
        let group = match &record[feature.as_str()] {
            Json::Null => NOT_GIVEN.to_owned(),
            Json::Number(number) => match baseline {
                Some(Baseline::Numeric(baseline)) => third(baseline, number.as_f64().unwrap_or(f64::NAN)),
                _ => category(baseline, &number.to_string()),
            },
            Json::String(text) => category(baseline, text),
            other => category(baseline, &other.to_string()),
        };
        (feature.clone(), group)
    };
    version.contract.segments.iter().map(group).collect()
}

fn category(baseline: Option<&Baseline>, value: &str) -> String {
    match baseline {
        Some(Baseline::Categorical(known)) if known.index(value).is_none_or(|position| position >= GROUPS) => OTHER.to_owned(),
        _ => value.chars().take(60).collect(),
    }
}

/// Edges at the thirds of the reference's rows, as far as its bins tell.
fn thirds(baseline: &NumericBaseline) -> Option<(f64, f64)> {
    let edge = |share: f64| {
        let mut below = 0;
        baseline.edges.iter().zip(&baseline.counts).find_map(|(edge, count)| {
            below += count;
            (below as f64 >= share * baseline.n as f64).then_some(*edge)
        })
    };
    let (low, high) = (edge(1.0 / 3.0)?, edge(2.0 / 3.0)?);
    (low < high).then_some((low, high))
}

fn third(baseline: &NumericBaseline, x: f64) -> String {
    let Some((low, high)) = thirds(baseline) else { return "all".to_owned() };
    let words = |x: f64| crate::words::number(x);
    if x < low {
        format!("under {}", words(low))
    } else if x < high {
        format!("{} to {}", words(low), words(high))
    } else {
        format!("{} and over", words(high))
    }
}
