//! How far stated probabilities are from what happens.

use std::collections::BTreeMap;

use super::{SCORE_BINS, ratio};

/// Bins of equal width that the calibration error is summed over.
pub const CALIBRATION_BINS: usize = 10;

/// Expected calibration error: over ten bins of equal width of the stated probability, closed on the left, the mean gap
/// `|stated − happened|` weighted by rows (Naeini, Cooper and Hauskrecht 2015). 0 to 1.
///
/// `happened` and `stated` (0..=1) have the same length; what one has too many is left out, and rows whose probability is
/// none. For several classes give whether the predicted class was right and the probability of the predicted class (the
/// top-label error of Guo et al. 2017). `None` without rows.
pub fn calibration_error(happened: &[bool], stated: &[f64]) -> Option<f64> {
    let mut bins = Bins::default();
    for (&happened, &stated) in happened.iter().zip(stated).filter(|(_, p)| (0.0..=1.0).contains(*p)) {
        bins.add((stated * CALIBRATION_BINS as f64) as usize, stated, 1.0, happened);
    }
    bins.error()
}

/// The same from histograms over [`SCORE_BINS`] of the rows where it happened and where it did not.
pub(super) fn from_scores(happened: &BTreeMap<u16, u64>, not: &BTreeMap<u16, u64>) -> Option<f64> {
    let mut bins = Bins::default();
    for (scores, happened) in [(happened, true), (not, false)] {
        for (&bin, &rows) in scores {
            let stated = (f64::from(bin) + 0.5) / f64::from(SCORE_BINS);
            bins.add(usize::from(bin) * CALIBRATION_BINS / usize::from(SCORE_BINS), stated, rows as f64, happened);
        }
    }
    bins.error()
}

/// Per bin: rows, the sum of what was stated, and how often it happened.
#[derive(Default)]
struct Bins([(f64, f64, f64); CALIBRATION_BINS]);

impl Bins {
    fn add(&mut self, bin: usize, stated: f64, rows: f64, happened: bool) {
        let bin = &mut self.0[bin.min(CALIBRATION_BINS - 1)];
        bin.0 += rows;
        bin.1 += stated * rows;
        bin.2 += if happened { rows } else { 0.0 };
    }

    fn error(&self) -> Option<f64> {
        ratio(self.0.iter().map(|bin| (bin.1 - bin.2).abs()).sum(), self.0.iter().map(|bin| bin.0).sum())
    }
}
