//! How long an alert lasts: what keeps it open, when it is over, and for how long what comes back is still the same alert. Pure,
//! with a table of cases.

use contract::deployment::DeploymentSettings;
use contract::time::{DAY, HOUR, MINUTE, SECOND};
use contract::views::alerts::AlertKind;

/// Looks in a row without the condition after which an alert may be over.
const CLEAR_LOOKS: i64 = 3;
/// Part of its limit below which a distance has to fall before its alert may be over: one that sways about its limit is one alert.
pub const RELEASE: f64 = 0.8;
/// Evidence is gone where chance would show as much more often than this. Raising an alert asks for far more.
const GONE: f64 = 1e-3;
/// Windows of fewer rows prove nothing.
const FEWEST: u64 = 16;
/// Part of the drift window without the condition after which an alert about drift is over: the window has moved on by one of the
/// steps in which it is read.
const QUIET_PART: i64 = 12;
/// Part of a rule's window within which what fires again is the alert that ended, and how long that is at least and at most.
const COOL_PART: i64 = 4;
const COOL: (i64, i64) = (MINUTE, HOUR);

/// How patient a rule is, ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lasting {
    /// How long its condition must not have held.
    pub quiet: i64,
    /// How long after its end the same alert opens again, instead of another.
    pub cool_down: i64,
}

/// The window over which drift is judged, ms.
pub fn window_of(settings: &DeploymentSettings) -> i64 {
    i64::try_from(settings.drift_window_s).unwrap_or(i64::MAX / SECOND).saturating_mul(SECOND)
}

/// By the window over which the kind is judged.
pub fn lasting(kind: AlertKind, settings: &DeploymentSettings) -> Lasting {
    let drift = window_of(settings);
    let (window, quiet) = match kind {
        AlertKind::FeatureDrift
        | AlertKind::Missing
        | AlertKind::Unseen
        | AlertKind::OutOfRange
        | AlertKind::Stuck
        | AlertKind::PredictionDrift
        | AlertKind::JointDrift
        | AlertKind::Estimate => (drift, drift / QUIET_PART),
        // Judged over a week, and some of it anew only every quarter of an hour.
        AlertKind::Quality => (DAY, HOUR),
        // Requests are over as soon as they are over.
        _ => (super::look::TRAFFIC, 0),
    };
    Lasting { quiet, cool_down: (window / COOL_PART).clamp(COOL.0, COOL.1) }
}

/// Whether an alert is over that has been quiet for so many looks and so long.
pub fn is_over(lasting: Lasting, looks: i64, quiet: i64) -> bool {
    looks >= CLEAR_LOOKS && quiet >= lasting.quiet
}

/// Whether what ended so long ago is what fires again.
pub fn is_same(lasting: Lasting, ended: i64) -> bool {
    ended < lasting.cool_down
}

/// Whether a distance still keeps its alert open, though it would not raise one.
pub fn still(distance: f64, threshold: f64, p: f64, rows: u64) -> bool {
    rows >= FEWEST && distance >= RELEASE * threshold && p <= GONE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_as_patient_as_its_window_is_long() {
        let of = |window_s| DeploymentSettings { drift_window_s: window_s, ..DeploymentSettings::new("m".into()) };
        for (kind, window_s, quiet, cool_down) in [
            (AlertKind::FeatureDrift, 3_600, 5 * MINUTE, 15 * MINUTE),
            (AlertKind::JointDrift, 3_600, 5 * MINUTE, 15 * MINUTE),
            (AlertKind::Missing, 120, 10 * SECOND, MINUTE),
            (AlertKind::Estimate, 86_400, 2 * HOUR, HOUR),
            (AlertKind::Quality, 3_600, HOUR, HOUR),
            (AlertKind::Errors, 86_400, 0, 75 * SECOND),
            (AlertKind::Latency, 120, 0, 75 * SECOND),
        ] {
            assert_eq!(lasting(kind, &of(window_s)), Lasting { quiet, cool_down }, "{kind:?} over {window_s} s");
        }
    }

    #[test]
    fn it_is_over_after_three_looks_and_some_time() {
        let (drift, traffic) = (Lasting { quiet: 1_000, cool_down: 5_000 }, Lasting { quiet: 0, cool_down: 5_000 });
        for (lasting, looks, quiet, over) in [
            (drift, 3, 999, false),
            (drift, 2, 9_000, false),
            (drift, 3, 1_000, true),
            (traffic, 3, 0, true),
            (traffic, 2, 99, false),
        ] {
            assert_eq!(is_over(lasting, looks, quiet), over, "{lasting:?} {looks} {quiet}");
        }
        assert!(is_same(drift, 4_999) && !is_same(drift, 5_000));
    }

    #[test]
    fn what_sways_about_its_limit_stays_open() {
        for (distance, p, rows, stays) in [
            (0.16, 1e-9, 500, true),
            (0.12, 1e-9, 500, true),
            (0.119, 1e-9, 500, false),
            (0.14, 1e-3, 500, true),
            (0.14, 2e-3, 500, false),
            (0.90, 1e-9, 15, false),
        ] {
            assert_eq!(still(distance, 0.15, p, rows), stays, "{distance} p {p} over {rows}");
        }
    }
}
