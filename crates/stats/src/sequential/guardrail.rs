//! From an interval to a verdict: only *worse* acts, and not knowing is neither good nor bad.

use serde::{Deserialize, Serialize};

use super::arms::Interval;

/// What an interval says about a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict3 {
    /// The whole interval is within the limit.
    Within,
    /// The whole interval is beyond the limit, on the worse side.
    Worse,
    /// The interval holds the limit: more rows are needed.
    Undecided,
}

/// Which side of the stable arm is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Worse {
    /// Errors, latency, cost.
    Higher,
    /// Accuracy, conversions.
    Lower,
    /// Shares that should stay as they are. Needs a two-sided interval.
    Either,
}

/// Judges a difference (canary minus stable) against the margin that is tolerated, a magnitude (its sign is ignored).
/// An interval that touches the limit from inside is within it; NaN anywhere is undecided.
pub fn judge_guardrail(interval: Interval, limit: f64, direction: Worse) -> Verdict3 {
    let limit = limit.abs();
    let Interval { lower, upper, .. } = interval;
    let (within, worse) = match direction {
        Worse::Higher => (upper <= limit, lower > limit),
        Worse::Lower => (lower >= -limit, upper < -limit),
        Worse::Either => (upper <= limit && lower >= -limit, lower > limit || upper < -limit),
    };
    match (within, worse) {
        (true, false) => Verdict3::Within,
        (false, true) => Verdict3::Worse,
        _ => Verdict3::Undecided,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases() {
        use Verdict3::{Undecided, Within, Worse as Bad};
        for (lower, upper, higher, lower_is_worse, either) in [
            (-0.005, 0.005, Within, Within, Within),
            (0.02, 0.03, Bad, Within, Bad),
            (-0.03, -0.02, Within, Bad, Bad),
            (0.005, 0.02, Undecided, Within, Undecided),
            (-0.02, 0.005, Within, Undecided, Undecided),
            (-0.02, 0.02, Undecided, Undecided, Undecided),
            (0.01, 0.01, Within, Within, Within),
            (f64::NAN, f64::NAN, Undecided, Undecided, Undecided),
        ] {
            let interval = Interval { estimate: 0.0, lower, upper };
            assert_eq!(judge_guardrail(interval, 0.01, Worse::Higher), higher, "{lower} {upper}");
            assert_eq!(judge_guardrail(interval, 0.01, Worse::Lower), lower_is_worse, "{lower} {upper}");
            assert_eq!(judge_guardrail(interval, 0.01, Worse::Either), either, "{lower} {upper}");
        }
    }
}
