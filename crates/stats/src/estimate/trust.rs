//! Whether an estimate may be believed, and what it may be used for.

use serde::{Deserialize, Serialize};

/// Labelled rows from which an estimate is compared with the truth.
pub const FEWEST_LABELLED: u64 = 50;
/// Standard errors that an estimate may be off, as NannyML's band.
pub const BAND: f64 = 3.0;

/// Which way a measure is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    Higher,
    Lower,
}

/// An estimate and the truth **over the same rows**: those whose outcome has arrived. (Rows with an outcome are seldom
/// like the others; an estimate over all rows would be blamed for that.)
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    pub estimated: f64,
    pub realised: f64,
    /// Of the difference at these rows: [`super::SamplingError::between`].
    pub standard_error: f64,
    /// Rows with an outcome.
    pub labelled: u64,
}

/// What the labels say about the estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// The last labels agree with it.
    Trusted,
    /// The last labels disagree beyond the band: the relation between inputs and outcome has changed, or the calibration
    /// was wrong.
    Untrusted,
    /// Too few labels so far.
    Insufficient,
}

/// The verdict with the numbers it was made on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TrustFinding {
    pub trust: Trust,
    /// Realised minus estimated, in the unit of the measure; 0 without a comparison.
    pub gap: f64,
    /// Largest gap that is put down to chance.
    pub band: f64,
    /// The truth is worse than the estimate: the dangerous way to be wrong.
    pub is_optimistic: bool,
    pub labelled: u64,
}

/// Judges one comparison. The estimate is *untrusted* when realised and estimated lie apart by more than
/// `max(BAND · standard error, tolerance)`, in either direction; `tolerance` (unit of the measure, 0 for none) is what
/// nobody would mind. With fewer than [`FEWEST_LABELLED`] labelled rows, or a number that is none, nothing was learnt and
/// the `previous` verdict stays: an estimate that was found wrong is not believed again only because labels stopped.
pub fn judge_trust(comparison: Option<Comparison>, tolerance: f64, better: Better, previous: Trust) -> TrustFinding {
    let usable = |c: &Comparison| {
        c.labelled >= FEWEST_LABELLED && [c.estimated, c.realised, c.standard_error].iter().all(|x| x.is_finite())
    };
    let Some(c) = comparison.filter(usable) else {
        let labelled = comparison.map_or(0, |c| c.labelled);
        return TrustFinding { trust: previous, gap: 0.0, band: tolerance.max(0.0), is_optimistic: false, labelled };
    };
    let gap = c.realised - c.estimated;
    let band = (BAND * c.standard_error).max(tolerance);
    let trust = if gap.abs() > band { Trust::Untrusted } else { Trust::Trusted };
    let is_worse = match better {
        Better::Higher => gap < 0.0,
        Better::Lower => gap > 0.0,
    };
    TrustFinding { trust, gap, band, is_optimistic: trust == Trust::Untrusted && is_worse, labelled: c.labelled }
}

/// Whether an estimated loss may be named among the reasons of a rollback: only beside another reason, and only while the
/// estimate is trusted. Never alone, because an estimate is a conclusion from the inputs, and inputs also change when the
/// model is not to blame.
pub fn may_support_rollback(trust: Trust, is_worse: bool, other_reasons: usize) -> bool {
    trust == Trust::Trusted && is_worse && other_reasons > 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use Better::{Higher, Lower};
    use Trust::{Insufficient, Trusted, Untrusted};

    #[test]
    fn table_of_cases() {
        let c =
            |estimated, realised, standard_error, labelled| Some(Comparison { estimated, realised, standard_error, labelled });
        let cases = [
            ("agrees", c(0.84, 0.83, 0.01, 500), 0.0, Higher, Insufficient, Trusted, false),
            ("at the edge of the band", c(0.5, 0.75, 0.0625, 500), 0.25, Higher, Trusted, Trusted, false),
            ("weather after the change", c(0.84, 0.27, 0.02, 900), 0.0, Higher, Trusted, Untrusted, true),
            ("better than estimated", c(0.70, 0.90, 0.02, 900), 0.0, Higher, Trusted, Untrusted, false),
            ("larger error than estimated", c(800.0, 1200.0, 20.0, 900), 0.0, Lower, Trusted, Untrusted, true),
            ("smaller error than estimated", c(849.0, 700.0, 20.0, 900), 0.0, Lower, Trusted, Untrusted, false),
            ("beyond the band but nobody minds", c(0.900, 0.890, 0.001, 90_000), 0.02, Higher, Trusted, Trusted, false),
            ("agrees again", c(0.84, 0.84, 0.01, 500), 0.0, Higher, Untrusted, Trusted, false),
            ("too few labels, never judged", c(0.84, 0.10, 0.01, 49), 0.0, Higher, Insufficient, Insufficient, false),
            ("too few labels, was wrong", c(0.84, 0.84, 0.01, 49), 0.0, Higher, Untrusted, Untrusted, false),
            ("too few labels, was right", c(0.84, 0.10, 0.01, 49), 0.0, Higher, Trusted, Trusted, false),
            ("no labels", None, 0.0, Higher, Untrusted, Untrusted, false),
            ("no number", c(0.84, f64::NAN, 0.01, 500), 0.0, Higher, Insufficient, Insufficient, false),
            ("no spread known", c(0.84, 0.2, f64::INFINITY, 500), 0.0, Higher, Insufficient, Insufficient, false),
        ];
        for (name, comparison, tolerance, better, previous, trust, is_optimistic) in cases {
            let finding = judge_trust(comparison, tolerance, better, previous);
            assert_eq!((finding.trust, finding.is_optimistic), (trust, is_optimistic), "{name}: {finding:?}");
        }
    }

    #[test]
    fn never_the_only_reason_to_roll_back() {
        for (trust, is_worse, others, expected) in [
            (Trusted, true, 0, false),
            (Trusted, true, 1, true),
            (Trusted, false, 1, false),
            (Untrusted, true, 1, false),
            (Insufficient, true, 2, false),
        ] {
            assert_eq!(may_support_rollback(trust, is_worse, others), expected, "{trust:?} {is_worse} {others}");
        }
    }
}
