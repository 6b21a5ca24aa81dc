//! Latency of single predictions, and a thousand at once.

use super::Line;
use crate::gates::policy::{self, P99_MS, SIMULTANEOUS};
use crate::words;
use ::contract::views::common::Table;
use ::contract::views::gates::GateLine;
use serving::records::encode;
use serving::{Priority, Served, Value};
use std::sync::Arc;
use std::time::Instant;

/// Single predictions in a row that are timed, per round.
const TIMED: usize = 200;
/// The best round counts: a busy machine is not the model's fault.
const ROUNDS: usize = 3;

/// Through the same queue and batching that live requests go through.
pub async fn load(served: &Arc<Served>, records: &[Vec<Value>]) -> Vec<GateLine> {
    let name = "Latency and load";
    let mut inputs = Vec::new();
    for record in records.iter().take(SIMULTANEOUS) {
        let named = encode(&served.contract, std::slice::from_ref(record)).and_then(|named| served.onnx.check(named));
        inputs.extend(named.ok().map(Arc::new));
    }
    if inputs.is_empty() {
        return vec![Line::new("latency", name, "No row could be asked about", policy::Judged::INSUFFICIENT).done()];
    }
    let mut best: Option<Vec<f64>> = None;
    for _ in 0..ROUNDS {
        let mut times = Vec::with_capacity(TIMED);
        for n in 0..TIMED {
            let started = Instant::now();
            if served.onnx.infer(inputs[n % inputs.len()].clone(), Priority::Live, None).await.is_ok() {
                times.push(started.elapsed().as_secs_f64() * 1_000.0);
            }
        }
        times.sort_by(f64::total_cmp);
        if best.as_ref().is_none_or(|best| quantile(&times, 0.99) < quantile(best, 0.99)) {
            best = Some(times);
        }
        if best.as_ref().is_some_and(|best| quantile(best, 0.99) <= 0.8 * P99_MS) {
            break;
        }
    }
    let times = best.unwrap_or_default();
    let started = Instant::now();
    let all = (0..SIMULTANEOUS).map(|n| served.onnx.infer(inputs[n % inputs.len()].clone(), Priority::Live, None));
    let answers = futures::future::join_all(all).await;
    let took = started.elapsed();
    let good = answers.iter().filter(|answer| answer.is_ok()).count() as u64;
    let first_error = answers
        .iter()
        .find_map(|answer| answer.as_ref().err())
        .map(|error| format!(" The first error: {error}."))
        .unwrap_or_default();

    let p99 = quantile(&times, 0.99);
    let mut table = Table::new("Single predictions, one after the other", &["Quantile", "#Milliseconds"]);
    table.rows = [("half", 0.5), ("95%", 0.95), ("99%", 0.99)]
        .map(|(name, q)| vec![name.to_owned(), format!("{:.2}", quantile(&times, q))])
        .into();
    let latency = Line::new(
        "latency",
        "Latency",
        "99th percentile of single predictions",
        if times.is_empty() { policy::Judged::INSUFFICIENT } else { policy::at_most(p99, P99_MS) },
    )
    .value(words::ms(p99))
    .needed(format!("≤ {}", words::ms(P99_MS)))
    .evidence(format!(
        "{} in a row on this machine, in the runtime that serves; the best of up to {ROUNDS} rounds.",
        words::counted(times.len() as u64, "prediction")
    ))
    .detail(table)
    .done();
    let n = SIMULTANEOUS as u64;
    let load = Line::new("load", "Load", format!("{} predictions asked for at once", words::count(n)), policy::all(good, n))
        .value(format!("{} of {}", words::count(good), words::count(n)))
        .needed("all")
        .evidence(format!("All of them were answered within {}.{first_error}", words::ms(took.as_secs_f64() * 1_000.0)))
        .done();
    vec![latency, load]
}

/// Of ascending numbers; infinite without any.
fn quantile(ascending: &[f64], q: f64) -> f64 {
    let at = ((ascending.len() as f64 * q).ceil() as usize).clamp(1, ascending.len().max(1)) - 1;
    ascending.get(at).copied().unwrap_or(f64::INFINITY)
}
