//! Where the time of answers goes, in numbers and in sentences.

use super::runs::Runs;
use super::window::Operations;
use crate::words::{count, counted, fine_ms, percent};
use contract::views::latency::{Batches, Parts, Quantiles};
use stats::sketch::LatencySketch;

/// Requests from which p99 means something, and p99.9.
pub const FEWEST: u64 = 100;
const FEWEST_P999: u64 = 1_000;

pub fn quantiles(sketch: &LatencySketch) -> Quantiles {
    Quantiles {
        n: sketch.count(),
        mean_ms: sketch.mean(),
        p50_ms: sketch.quantile(0.5),
        p95_ms: sketch.quantile(0.95),
        p99_ms: sketch.quantile(0.99),
        p999_ms: sketch.quantile(0.999).filter(|_| sketch.count() >= FEWEST_P999),
        max_ms: sketch.max(),
    }
}

pub fn parts(ops: &Operations) -> Parts {
    Parts {
        wait: quantiles(&ops.wait),
        queue: quantiles(&ops.queue),
        compute: quantiles(&ops.compute),
        rest: quantiles(&ops.rest),
        overhead: quantiles(&ops.overhead),
    }
}

/// The means of the four parts, in their order; `None` where no run answered anything.
pub fn means(ops: &Operations) -> Option<[f64; 4]> {
    Some([ops.wait.mean()?, ops.queue.mean()?, ops.compute.mean()?, ops.rest.mean()?])
}

const PHRASES: [&str; 4] =
    ["reading and decoding the request", "waiting in the queue", "ONNX Runtime", "checks, conversions, hand-overs and encoding"];

/// Which part is the largest, and the share of each.
pub fn parts_words(means: Option<[f64; 4]>) -> (String, String) {
    let Some(means) = means.filter(|means| means.iter().sum::<f64>() > 0.0) else {
        return ("The model ran for no request in this time".into(), String::new());
    };
    let whole: f64 = means.iter().sum();
    let largest = (0..4).max_by(|a, b| means[*a].total_cmp(&means[*b])).unwrap_or(2);
    let how = if means[largest] > whole / 2.0 { "Most of the time" } else { "The largest part" };
    let title = format!("{how} goes to {}: {} of {} on average", PHRASES[largest], fine_ms(means[largest]), fine_ms(whole));
    let [wait, queue, compute, rest] = means.map(|mean| percent(mean / whole));
    let sentence = format!(
        "{compute} in ONNX Runtime, {queue} waiting in the queue, {wait} reading and decoding the request, {rest} in checks, \
         conversions, hand-overs and encoding. These are means: they add up, percentiles do not."
    );
    (title, sentence)
}

/// What Slipway adds to ONNX Runtime.
pub fn overhead_words(parts: &Parts) -> String {
    let (Some(p50), Some(p99), Some(raw50), Some(raw99)) =
        (parts.overhead.p50_ms, parts.overhead.p99_ms, parts.compute.p50_ms, parts.compute.p99_ms)
    else {
        return "The model ran for no request in this time, so there is nothing to compare.".into();
    };
    if parts.overhead.n < FEWEST {
        return format!(
            "Slipway adds {} at the median to what ONNX Runtime itself needs ({}). {}; from {FEWEST} on, p99 means something.",
            fine_ms(p50),
            fine_ms(raw50),
            counted(parts.overhead.n, "request")
        );
    }
    format!(
        "Slipway adds {} at the median to what ONNX Runtime itself needs ({}), and {} at p99 ({}).",
        fine_ms(p50),
        fine_ms(raw50),
        fine_ms(p99),
        fine_ms(raw99)
    )
}

pub fn batches(runs: &Runs) -> Vec<Batches> {
    runs.steps().into_iter().map(|(fewest_rows, most_rows, runs)| Batches { fewest_rows, most_rows, runs }).collect()
}

/// How many rows a run has.
pub fn batches_words(runs: &Runs) -> String {
    let (Some(mean), Some((fewest, most, _))) = (runs.mean(), runs.steps().last().copied()) else {
        return "The model did not run in this time.".into();
    };
    let n = runs.count();
    let single = runs.steps().first().map_or(0, |first| first.2);
    if single == n {
        return format!("Each of {} had one row: no requests piled up.", counted(n, "run"));
    }
    let largest = if fewest == most { counted(most, "row") } else { format!("{} to {} rows", count(fewest), count(most)) };
    format!(
        "{} of {} had one row; the largest had {largest}. The mean is {mean:.1} rows.",
        percent(single as f64 / n as f64),
        counted(n, "run")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serving::Spent;
    use std::time::Duration;

    #[test]
    fn the_largest_part_is_named() {
        for (means, title) in [
            (None, "The model ran for no request in this time"),
            (Some([0.0; 4]), "The model ran for no request in this time"),
            (Some([0.05, 0.01, 0.23, 0.1]), "Most of the time goes to ONNX Runtime: 0.23 ms of 0.39 ms on average"),
            (Some([0.1, 12.0, 1.0, 0.1]), "Most of the time goes to waiting in the queue: 12 ms of 13 ms on average"),
            (
                Some([0.3, 0.0, 0.3, 0.4]),
                "The largest part goes to checks, conversions, hand-overs and encoding: 0.40 ms of 1.0 ms on average",
            ),
        ] {
            assert_eq!(parts_words(means).0, title, "{means:?}");
        }
        let (_, sentence) = parts_words(Some([0.1, 0.0, 0.6, 0.3]));
        assert!(sentence.starts_with("60.0% in ONNX Runtime, 0.0% waiting in the queue, 10.0% reading"), "{sentence}");
    }

    #[test]
    fn what_is_added_is_said_with_what_it_is_added_to() {
        let of = |n: u64, p50, p99| Quantiles { n, p50_ms: Some(p50), p99_ms: Some(p99), ..Quantiles::default() };
        let parts = |n| Parts { overhead: of(n, 0.21, 1.34), compute: of(n, 0.034, 47.0), ..Parts::default() };
        assert_eq!(
            overhead_words(&parts(100)),
            "Slipway adds 0.21 ms at the median to what ONNX Runtime itself needs (0.034 ms), and 1.3 ms at p99 (47 ms)."
        );
        assert!(overhead_words(&parts(99)).ends_with("99 requests; from 100 on, p99 means something."));
        assert!(overhead_words(&Parts::default()).contains("nothing to compare"));
    }

    #[test]
    fn batches_are_said() {
        let of = |rows: &[usize]| {
            let mut runs = Runs::default();
            rows.iter().for_each(|rows| runs.add(*rows));
            batches_words(&runs)
        };
        assert_eq!(of(&[]), "The model did not run in this time.");
        assert_eq!(of(&[1, 1]), "Each of 2 runs had one row: no requests piled up.");
        assert_eq!(of(&[1, 1, 1, 2]), "75.0% of 4 runs had one row; the largest had 2 rows. The mean is 1.2 rows.");
        assert_eq!(of(&[20, 20]), "0.0% of 2 runs had one row; the largest had 17 to 32 rows. The mean is 20.0 rows.");
    }

    fn spent() -> impl Strategy<Value = Spent> {
        let us = || 1_u64..200_000;
        (us(), us(), us(), us(), 0_usize..3).prop_map(|(wait, queued, compute, rest, batch_rows)| {
            let [wait, queued, compute, rest] = [wait, queued, compute, rest].map(Duration::from_micros);
            Spent { total: wait + queued + compute + rest, wait, queued, compute, batch_rows, leads_run: batch_rows == 1 }
        })
    }

    proptest! {
        /// The page's numbers against exact ones, however the requests were split into windows.
        #[test]
        fn numbers_are_the_exact_ones_within_the_error(all in prop::collection::vec(spent(), 1..400), cut in 0.0f64..1.0) {
            let sum = |of: &[Spent]| {
                let mut ops = Operations::default();
                of.iter().for_each(|spent| ops.add_times(spent));
                ops
            };
            let cut = (cut * all.len() as f64) as usize;
            let mut ops = sum(&all[cut..]);
            ops.merge(&sum(&all[..cut]));
            prop_assert_eq!(&ops, &sum(&all));
            let stored = serde_json::to_string(&ops).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Operations>(&stored).unwrap(), &ops);

            let ran: Vec<Spent> = all.iter().copied().filter(|spent| spent.batch_rows > 0).collect();
            let found = parts(&ops);
            let checks: [(&[Spent], fn(&Spent) -> Duration, Quantiles); 6] = [
                (&all, |s| s.total, quantiles(&ops.total)),
                (&ran, |s| s.wait, found.wait),
                (&ran, |s| s.queued, found.queue),
                (&ran, |s| s.compute, found.compute),
                (&ran, |s| s.rest(), found.rest),
                (&ran, |s| s.total - s.compute, found.overhead),
            ];
            for (of, value, found) in checks {
                let mut exact: Vec<f64> = of.iter().map(|spent| value(spent).as_secs_f64() * 1e3).collect();
                exact.sort_unstable_by(f64::total_cmp);
                prop_assert_eq!(found.n, exact.len() as u64);
                for (q, found) in [(0.5, found.p50_ms), (0.95, found.p95_ms), (0.99, found.p99_ms), (1.0, found.max_ms)] {
                    let Some(last) = exact.len().checked_sub(1) else { prop_assert_eq!(found, None); continue };
                    let exact = exact[(q * last as f64) as usize];
                    let found = found.unwrap();
                    prop_assert!((found - exact).abs() <= exact * (stats::sketch::ERROR + 1e-6) + 1e-6, "{} for {}", found, exact);
                }
                prop_assert_eq!(found.p999_ms, None, "too few for it");
            }
            if let (Some(means), Some(compute), Some(overhead)) = (means(&ops), ops.compute.mean(), ops.overhead.mean()) {
                prop_assert!((means.iter().sum::<f64>() - compute - overhead).abs() < 1e-6, "the parts add up");
            }
            prop_assert_eq!(ops.runs.count(), ran.iter().filter(|spent| spent.leads_run).count() as u64);
        }
    }

    /// Rows that were written before the time was split in four.
    #[test]
    fn older_windows_decode() {
        let old = r#"{"counts":{"requests":2,"failed":0,"fallback":0,"slow":0,"rows":2,"violations":0,"dropped":0,"runs":2.0,"run_rows":2,"values":{"n":0,"mean":0.0,"m2":0.0}},"total":{"b":{"-34":2},"z":0,"n":2,"s":1000000,"m":500000},"queue":{"z":2,"n":2,"s":0,"m":0},"compute":{"b":{"-80":2},"z":0,"n":2,"s":400000,"m":200000}}"#;
        let mut ops: Operations = serde_json::from_str(old).unwrap();
        assert_eq!((ops.total.count(), ops.compute.count(), ops.rest.count(), ops.runs.count()), (2, 2, 0, 0));
        assert_eq!((means(&ops), parts(&ops).overhead), (None, Quantiles::default()));
        let spent =
            Spent { total: Duration::from_millis(3), compute: Duration::from_millis(1), batch_rows: 1, ..Spent::default() };
        ops.add_times(&spent);
        assert_eq!((ops.total.count(), parts(&ops).overhead.n), (3, 1));
    }
}
