//! The bars that serving is held to: what was asked, what was measured, and whether that is enough.

use super::cells::{BUSY, Form, Load, Workload};
use super::contestants::Line;
use super::results::{Results, Spread};

/// One bar. `reached` is `None` where there are no numbers to tell.
pub struct Bar {
    pub asked: &'static str,
    pub measured: String,
    pub reached: Option<bool>,
}

const BUSY_JSON: (Workload, Form, Load) = (Workload::A, Form::Json, Load::Closed(BUSY));
const BUSY_BINARY: (Workload, Form, Load) = (Workload::A, Form::Binary, Load::Closed(BUSY));
const HALF_JSON: (Workload, Form, Load) = (Workload::A, Form::Json, Load::Poisson(50));
const BURST: (Workload, Form, Load) = (Workload::A, Form::Json, Load::Burst);
const COMPETITORS: [Line; 4] = [Line::FastApi, Line::BentoMl, Line::BentoMlBatched, Line::MlServer];

pub fn bars(results: &Results) -> Vec<Bar> {
    let at_least = |asked, ratio: Option<Spread>, bar: f64| Bar {
        asked,
        measured: ratio.map_or_else(|| "not measured".to_owned(), |r| format!("{:.2} ({:.2} to {:.2})", r.median, r.min, r.max)),
        reached: ratio.map(|r| r.median >= bar),
    };
    let ratio = |other| results.ratio(Line::Slipway, other, BUSY_JSON);
    let slowest = |a: Option<Spread>, b: Option<Spread>| match (a, b) {
        (Some(a), Some(b)) => Some(if a.median < b.median { a } else { b }),
        (a, b) => a.or(b),
    };
    vec![
        at_least("32 connections, 1 row, JSON: at least 0.9 of the floor", ratio(Line::Floor), 0.9),
        at_least("… at least 7 times FastAPI", ratio(Line::FastApi), 7.0),
        at_least(
            "… at least 25 times BentoML (the better of two)",
            slowest(ratio(Line::BentoMl), ratio(Line::BentoMlBatched)),
            25.0,
        ),
        at_least("… at least 25 times MLServer", ratio(Line::MlServer), 25.0),
        at_least(
            "binary at least as fast as JSON",
            results.ratio_across(Line::Slipway, BUSY_BINARY, Line::Slipway, BUSY_JSON),
            1.0,
        ),
        at_least("recording and windows on: at least 0.95 of off", ratio(Line::SlipwayUnrecorded), 0.95),
        half_load(results),
        best_competitor(results),
        burst(results),
        batching(results),
    ]
}

fn half_load(results: &Results) -> Bar {
    let (ours, floor) = (results.p99(Line::Slipway, HALF_JSON), results.p99(Line::Floor, HALF_JSON));
    Bar {
        asked: "p99 under Poisson arrivals at 50 %: at most 1 ms above the floor's",
        measured: match (ours, floor) {
            (Some(ours), Some(floor)) => format!("{:.2} ms, the floor {:.2} ms", ours.median, floor.median),
            _ => "not measured".to_owned(),
        },
        reached: ours.zip(floor).map(|(ours, floor)| ours.median <= floor.median + 1.0),
    }
}

fn best_competitor(results: &Results) -> Bar {
    let ours = results.p99(Line::Slipway, HALF_JSON);
    let best = COMPETITORS.iter().filter_map(|line| Some((*line, results.p99(*line, HALF_JSON)?.median)));
    let best = best.min_by(|a, b| a.1.total_cmp(&b.1));
    Bar {
        asked: "… less than a quarter of the best competitor's",
        measured: match (ours, best) {
            (Some(ours), Some((line, best))) => format!("{:.2} ms, {} {best:.2} ms", ours.median, line.title()),
            _ => "not measured".to_owned(),
        },
        reached: ours.zip(best).map(|(ours, (_, best))| ours.median < best / 4.0),
    }
}

fn burst(results: &Results) -> Bar {
    let rounds = results.rounds(Line::Slipway, BURST.0, BURST.1, BURST.2);
    let failed: u64 = rounds.iter().map(|measured| measured.report.failed()).sum();
    let answered: u64 = rounds.iter().map(|measured| measured.report.answered).sum();
    let p99 = results.p99(Line::Slipway, BURST);
    let memory = results.of(Line::Slipway, BURST, |measured| measured.memory as f64 / f64::from(1 << 20));
    Bar {
        asked: "100,000 requests over 1,000 connections: none fails",
        measured: match (p99, memory) {
            (Some(p99), Some(memory)) => {
                format!(
                    "{failed} of {} failed, p99 {:.0} ms, memory {:.0} MiB at most",
                    answered + failed,
                    p99.median,
                    memory.max
                )
            }
            _ => "not measured".to_owned(),
        },
        reached: (!rounds.is_empty()).then_some(failed == 0),
    }
}

/// One by one may not be slower in the tail: throughput is compared where p99 with batches is the lower of the two.
fn batching(results: &Results) -> Bar {
    let at = (Workload::E, Form::Binary, Load::Closed(1_000));
    let ratio = results.ratio(Line::Slipway, Line::SlipwayOneByOne, at);
    let (with, without) = (results.p99(Line::Slipway, at), results.p99(Line::SlipwayOneByOne, at));
    Bar {
        asked: "batches of a larger network: at least 2 times one by one, p99 no worse",
        measured: match (ratio, with, without) {
            (Some(ratio), Some(with), Some(without)) => {
                format!(
                    "{:.2} ({:.2} to {:.2}); p99 {:.0} ms, one by one {:.0} ms",
                    ratio.median, ratio.min, ratio.max, with.median, without.median
                )
            }
            _ => "not measured".to_owned(),
        },
        reached: ratio
            .zip(with)
            .zip(without)
            .map(|((ratio, with), without)| ratio.median >= 2.0 && with.median <= without.median),
    }
}
