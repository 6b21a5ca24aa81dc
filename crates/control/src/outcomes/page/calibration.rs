//! How far stated probabilities are from what happened.

use crate::outcomes::Quality;
use crate::words::{counted, points};
use contract::views::parts::Estimate;
use contract::views::quality::{Calibration, CalibrationBin};
use stats::evidence::wilson;
use stats::quality::{CALIBRATION_BINS, SCORE_BINS};

/// Outcomes from which it is worth drawing.
const FEWEST: u64 = 50;

/// Of two classes, from the score bins; `None` with too few outcomes that have a score.
pub fn calibration(quality: &Quality) -> Option<Calibration> {
    let binary = quality.binary().filter(|binary| binary.scored() >= FEWEST)?;
    let error = binary.calibration_error()?;
    // Rows, those in which it happened, and the sum of what was stated, per bin.
    let mut bins = [(0_u64, 0_u64, 0.0); CALIBRATION_BINS];
    for (scores, happened) in [(&binary.positive_scores, true), (&binary.negative_scores, false)] {
        for (score, rows) in scores {
            let place = usize::from(*score) * CALIBRATION_BINS / usize::from(SCORE_BINS);
            let bin = &mut bins[place.min(CALIBRATION_BINS - 1)];
            bin.0 += rows;
            bin.1 += if happened { *rows } else { 0 };
            bin.2 += (f64::from(*score) + 0.5) / f64::from(SCORE_BINS) * *rows as f64;
        }
    }
    let bins = bins.into_iter().filter_map(|(rows, happened, stated)| {
        let rate = wilson(happened, rows, 0.95)?;
        let happened = Estimate { value: rate.estimate, lower: Some(rate.lower), upper: Some(rate.upper), n: rows };
        Some(CalibrationBin { stated: stated / rows as f64, happened })
    });
    Some(Calibration {
        error,
        sentence: format!(
            "What was stated is {} points from what happened, on average over {} (expected calibration error, ten bins).",
            points(error),
            counted(binary.scored(), "outcome")
        ),
        bins: bins.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::spec::Layout;
    use contract::{Contract, Task};

    #[test]
    fn bins_hold_every_outcome_once() {
        let version = Contract {
            task: Task::Binary,
            layout: Layout::Matrix { input: "x".into() },
            features: Vec::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            label_output: None,
            score_output: None,
            classes: vec!["no".into(), "yes".into()],
            positive: Some("yes".into()),
            label_column: None,
            segments: Vec::new(),
            batched: true,
        };
        let mut quality = Quality::new(Task::Binary);
        assert_eq!(calibration(&quality), None);
        for i in 0..200 {
            let score = f64::from(i % 10) / 10.0 + 0.05;
            let happened = i / 10 < (20.0 * score) as i32;
            quality.add(&version, "no", (Some(score), &[]), if happened { "yes" } else { "no" });
        }
        let found = calibration(&quality).unwrap();
        assert_eq!((found.bins.len(), found.bins.iter().map(|bin| bin.happened.n).sum::<u64>()), (10, 200));
        assert!(found.error < 0.03, "{}", found.error);
        assert!(
            found.bins.windows(2).all(|pair| pair[0].stated < pair[1].stated && pair[0].happened.value < pair[1].happened.value)
        );
    }
}
