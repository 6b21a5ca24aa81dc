//! What becomes of the answers when an input is missing in every row.

use super::Line;
use crate::gates::measure::{Estimate, Metric, estimate};
use crate::gates::policy::{self, MISSING_DROP, MISSING_TIMES, RELIANCE_DROP};
use crate::gates::subject::{Answers, Subject};
use crate::gates::weights::with;
use crate::words;
use ::contract::FeatureKind;
use ::contract::views::common::Table;
use ::contract::views::gates::GateLine;
use serving::{Served, Value};

/// Inputs beyond this are not blanked one by one.
const INPUTS: usize = 100;
const ROWS: usize = 2_000;

struct Blanked {
    feature: String,
    allowed: bool,
    /// How much worse, and how many answers were not finite; `None` if the model refused.
    worse: Option<(f64, u64)>,
}

/// Inputs that the contract lets be missing must not cost much, and every answer must stay valid; all inputs are measured, as advice.
pub fn missing(metric: Metric, served: &Served, subject: &Subject) -> Vec<GateLine> {
    let features = &served.contract.features;
    let step = subject.rows().div_ceil(ROWS).max(1);
    let rows: Vec<usize> = (0..subject.rows()).step_by(step).collect();
    let records: Vec<Vec<Value>> = rows.iter().map(|row| subject.records[*row].clone()).collect();
    let thinned = match subject.only(&served.contract, &rows) {
        Some(thinned) if !features.is_empty() && features.len() <= INPUTS => thinned,
        _ => return Vec::new(),
    };
    let measure = |records: &[Vec<Value>]| -> Option<(Option<Estimate>, u64)> {
        let answers = Answers::new(served.evaluate_blocking(records).ok()?);
        Some((estimate(metric, &thinned.truth, &answers, None), answers.invalid))
    };
    let Some((Some(whole), _)) = measure(&records) else { return Vec::new() };
    let found: Vec<Blanked> = features
        .iter()
        .enumerate()
        // Whole numbers and booleans have no way to be missing in a tensor: such a request is refused before the model sees it.
        .filter(|(_, feature)| !matches!(feature.kind, FeatureKind::Integer | FeatureKind::Boolean))
        .map(|(at, feature)| {
            let blanked: Vec<Vec<Value>> = records.iter().map(|row| with(row, at, Value::Missing)).collect();
            let worse = measure(&blanked).map(|(after, invalid)| {
                let drop = match (after, metric) {
                    (Some(after), Metric::Mae) => after.value / whole.value.max(f64::MIN_POSITIVE) - 1.0,
                    (Some(after), _) => whole.value - after.value,
                    // Without a finite answer there is no accuracy left.
                    (None, _) => f64::INFINITY,
                };
                (drop, invalid)
            });
            Blanked { feature: feature.name.clone(), allowed: feature.nullable, worse }
        })
        .collect();
    let table = || {
        let mut table = Table::new(
            "Each input blanked in every row, in turn",
            &["Input", "May be missing", "#Worse by", "#Answers not finite"],
        );
        table.rows = found
            .iter()
            .map(|b| {
                let (by, invalid) =
                    b.worse.map_or(("refused".into(), "–".into()), |(by, invalid)| (text(metric, by), words::count(invalid)));
                vec![b.feature.clone(), if b.allowed { "yes" } else { "no" }.into(), by, invalid]
            })
            .collect();
        table
    };
    let (limit, advice) = if metric == Metric::Mae { (MISSING_TIMES, MISSING_TIMES) } else { (MISSING_DROP, RELIANCE_DROP) };
    let mut lines = Vec::new();
    if found.iter().any(|b| b.allowed) {
        lines.push(
            line(
                "missing",
                "Missing inputs",
                "Largest loss when an input that may be missing is blanked",
                metric,
                limit,
                found.iter().filter(|b| b.allowed),
            )
            .detail(table())
            .done(),
        );
    }
    if !found.is_empty() {
        lines.push(
            line("reliance", "Reliance on one input", "Largest loss when any input is blanked", metric, advice, found.iter())
                .advice()
                .detail(table())
                .done(),
        );
    }
    lines
}

fn line<'a>(key: &str, name: &str, sub: &str, metric: Metric, limit: f64, found: impl Iterator<Item = &'a Blanked>) -> Line {
    let worst = found.max_by(|a, b| loss(a).total_cmp(&loss(b)));
    let judged = match worst {
        None => policy::Judged::INSUFFICIENT,
        Some(b) => policy::at_most(loss(b), limit),
    };
    let line = Line::new(key, name, format!("{sub}, {}", metric.name()), judged).needed(format!("≤ {}", text(metric, limit)));
    match worst {
        Some(b) => match b.worse {
            Some((by, 0)) => line.value(text(metric, by)).evidence(format!("The largest loss is without {}.", b.feature)),
            Some((_, invalid)) => line
                .value(format!("{} not finite", words::counted(invalid, "answer")))
                .evidence(format!("Without {} the model answers with what is not a number.", b.feature)),
            None => line.value("refused").evidence(format!("Without {} the model does not answer.", b.feature)),
        },
        None => line,
    }
}

/// An answer that is not finite, or none, is worse than any loss.
fn loss(b: &Blanked) -> f64 {
    match b.worse {
        Some((by, 0)) => by,
        _ => f64::INFINITY,
    }
}

fn text(metric: Metric, by: f64) -> String {
    match metric {
        _ if !by.is_finite() => "everything".into(),
        Metric::Auc => format!("{:.3}", by.max(0.0)),
        Metric::Accuracy => format!("{} points", words::number((by * 100.0).max(0.0))),
        Metric::Mae => format!("{:.0}% more error", by.max(0.0) * 100.0),
    }
}
