//! When a delivery that failed is tried again, and when it is given up. Pure.

use contract::time::{HOUR, SECOND};

/// Tries before a delivery is given up: the last one about two and a half hours after the first.
pub const TRIES: i64 = 12;
/// The first wait; each one after it is twice as long, ms.
const FIRST: i64 = 5 * SECOND;
/// No wait is longer, ms.
const LONGEST: i64 = HOUR;

/// What follows a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    Delivered,
    /// Again in so many ms.
    Again(i64),
    GivenUp,
}

/// What a try came to, as far as it decides.
#[derive(Clone, Copy, Debug, Default)]
pub struct Try {
    pub delivered: bool,
    /// The receiver wants nothing more.
    pub gone: bool,
    /// When the receiver wants to be asked again, seconds.
    pub retry_after_s: Option<u64>,
}

/// `tries` counts the one that has just ended; `jitter` is from 0 to 1 and spreads waits over the second half of their length, so that
/// what failed together is not tried again together.
pub fn after(outcome: Try, tries: i64, jitter: f64) -> After {
    match outcome {
        Try { delivered: true, .. } => After::Delivered,
        Try { gone: true, .. } => After::GivenUp,
        _ if tries >= TRIES => After::GivenUp,
        Try { retry_after_s, .. } => {
            let doublings = u32::try_from(tries.max(1) - 1).unwrap_or(u32::MAX).min(20);
            let whole = (FIRST << doublings).min(LONGEST);
            let wait = whole / 2 + (whole as f64 / 2.0 * jitter.clamp(0.0, 1.0)) as i64;
            let asked = retry_after_s.map_or(0, |seconds| i64::try_from(seconds).unwrap_or(LONGEST).saturating_mul(SECOND));
            After::Again(wait.max(asked.min(LONGEST)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_are_spread_and_end() {
        let failed = Try::default();
        for (outcome, tries, jitter, expected) in [
            (Try { delivered: true, ..failed }, 1, 0.5, After::Delivered),
            (Try { delivered: true, ..failed }, TRIES, 0.5, After::Delivered),
            (failed, 1, 0.0, After::Again(2_500)),
            (failed, 1, 1.0, After::Again(5_000)),
            (failed, 2, 1.0, After::Again(10_000)),
            (failed, 3, 0.5, After::Again(15_000)),
            (failed, 11, 1.0, After::Again(HOUR)),
            (failed, TRIES, 1.0, After::GivenUp),
            (Try { gone: true, ..failed }, 1, 1.0, After::GivenUp),
            (Try { retry_after_s: Some(60), ..failed }, 1, 1.0, After::Again(60 * SECOND)),
            (Try { retry_after_s: Some(1), ..failed }, 3, 1.0, After::Again(20 * SECOND)),
            (Try { retry_after_s: Some(u64::MAX), ..failed }, 1, 1.0, After::Again(HOUR)),
        ] {
            assert_eq!(after(outcome, tries, jitter), expected, "{outcome:?} try {tries}");
        }
    }
}
