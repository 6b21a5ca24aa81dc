//! Whether a model is expected to have become worse, before its outcomes are known.

use serde::{Deserialize, Serialize};

use super::{Better, SamplingError};
use crate::evidence::{NEVER, Verdict, normal_quantile};
use crate::is_positive;

/// The verdict on an estimate with the numbers it was made on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EstimateFinding {
    pub estimated: f64,
    /// The realised measure of the reference.
    pub reference: f64,
    /// By how much it is expected to be worse, in the unit of the measure; below 0 when better.
    pub loss: f64,
    pub standard_error: f64,
    pub threshold: f64,
    pub verdict: Verdict,
    /// Rows from which a loss of `threshold` can be told from chance; [`NEVER`] if none suffice.
    pub detectable_at_rows: u64,
}

/// Judges an estimate over `n` rows against the measure of `reference_rows` labelled reference rows, one-sided: *drift*
/// iff it is worse by `threshold` (unit of the measure) or more **and** by more than chance explains at `alpha` (normal
/// quantile times the standard error of the difference). With fewer rows than could show `threshold`, and no such loss,
/// it is *insufficient*; without an estimate or a spread too.
pub fn judge_estimate(
    estimated: Option<f64>,
    reference: f64,
    sampling: Option<SamplingError>,
    (n, reference_rows): (u64, u64),
    (threshold, alpha): (f64, f64),
    better: Better,
) -> EstimateFinding {
    let Some((estimated, sampling)) = estimated.zip(sampling).filter(|_| n > 0 && reference_rows > 0) else {
        return EstimateFinding {
            estimated: estimated.unwrap_or(reference),
            reference,
            loss: 0.0,
            standard_error: 0.0,
            threshold,
            verdict: Verdict::Insufficient,
            detectable_at_rows: NEVER,
        };
    };
    let loss = match better {
        Better::Higher => reference - estimated,
        Better::Lower => estimated - reference,
    };
    let standard_error = sampling.between(n, reference_rows);
    let z = normal_quantile(1.0 - alpha);
    let detectable_at_rows = rows_for(sampling, reference_rows, threshold / z);
    let verdict = if loss >= threshold && loss >= z * standard_error {
        Verdict::Drift
    } else if n < detectable_at_rows {
        Verdict::Insufficient
    } else {
        Verdict::Ok
    };
    EstimateFinding { estimated, reference, loss, standard_error, threshold, verdict, detectable_at_rows }
}

/// Fewest rows at which the standard error of the difference is at most `wanted`.
fn rows_for(sampling: SamplingError, reference_rows: u64, wanted: f64) -> u64 {
    let left = wanted * wanted - sampling.at(reference_rows).powi(2);
    if is_positive(wanted) && is_positive(left) { (sampling.std.powi(2) / (sampling.share * left)).ceil() as u64 } else { NEVER }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_of_cases() {
        let share = Some(SamplingError { std: 0.4, share: 1.0 });
        let error = Some(SamplingError { std: 600.0, share: 1.0 });
        let cases = [
            ("as before", Some(0.80), 0.80, share, 5000, 0.05, Better::Higher, Verdict::Ok),
            ("clearly worse", Some(0.70), 0.80, share, 5000, 0.05, Better::Higher, Verdict::Drift),
            ("worse, but nobody minds", Some(0.77), 0.80, share, 5000, 0.05, Better::Higher, Verdict::Ok),
            ("better is no alarm", Some(0.95), 0.80, share, 5000, 0.05, Better::Higher, Verdict::Ok),
            ("too few rows to tell", Some(0.74), 0.80, share, 40, 0.05, Better::Higher, Verdict::Insufficient),
            ("few rows, overwhelming loss", Some(0.30), 0.80, share, 40, 0.05, Better::Higher, Verdict::Drift),
            ("prices: the error shrinks", Some(782.0), 849.0, error, 5000, 40.0, Better::Lower, Verdict::Ok),
            ("prices: the error grows", Some(900.0), 849.0, error, 5000, 40.0, Better::Lower, Verdict::Drift),
            ("no estimate", None, 0.80, share, 5000, 0.05, Better::Higher, Verdict::Insufficient),
            ("no spread", Some(0.1), 0.80, None, 5000, 0.05, Better::Higher, Verdict::Insufficient),
            ("no rows", Some(0.1), 0.80, share, 0, 0.05, Better::Higher, Verdict::Insufficient),
        ];
        for (name, estimated, reference, sampling, n, threshold, better, verdict) in cases {
            let finding = judge_estimate(estimated, reference, sampling, (n, 8000), (threshold, 1e-3), better);
            assert_eq!(finding.verdict, verdict, "{name}: {finding:?}");
        }
        let finding = judge_estimate(Some(0.8), 0.8, share, (100, 20), (0.05, 1e-3), Better::Higher);
        assert_eq!(finding.detectable_at_rows, NEVER, "twenty reference rows can never show it");
    }
}
