//! How long outcomes are waited for before a minute is judged by them.

use contract::Millis;
use contract::time::{DAY, MINUTE};
use serde::{Deserialize, Serialize};

/// What is remembered is of four weeks, or of ten times itself where that is longer, and of as long before.
const PERIOD: i64 = 28 * DAY;

/// The delay that nine of ten outcomes stay under: the longest of late. Whenever traffic begins anew, the delays that are seen first are
/// those that are short; that is no reason to become impatient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Patience {
    /// Milliseconds, of the present period and of the one before.
    delay: i64,
    before: i64,
    /// When the present period began.
    since: Millis,
}

impl Patience {
    /// With the delays of the outcomes that came last, in milliseconds.
    pub fn learn(&mut self, delays: &mut [i64], now: Millis) {
        delays.sort_unstable();
        let Some(seen) = delays.get(delays.len() * 9 / 10).map(|delay| (*delay).max(0)) else { return };
        if now - self.since >= PERIOD.max(self.longest().saturating_mul(10)) {
            *self = Self { delay: seen, before: self.delay, since: now };
        }
        self.delay = self.delay.max(seen);
    }

    /// Milliseconds.
    pub fn longest(self) -> i64 {
        self.delay.max(self.before)
    }

    /// Start of the first minute whose outcomes are not known for the most part: a minute is known when it and the delay have passed.
    /// `first` is the time of the first predictions whose outcome is known. `None` while less than twice the delay has passed since:
    /// so long, delays look shorter than they are, because the long ones are still to come.
    pub fn until(self, first: Option<Millis>, now: Millis) -> Option<Millis> {
        let delay = self.longest();
        (now - first? >= delay.saturating_mul(2)).then(|| Millis(now.0 - delay - MINUTE + 1))
    }

    /// Whether enough has been learnt since `before` to be written down.
    pub fn is_news(self, before: Self) -> bool {
        self.delay > before.delay || self.since != before.since
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(100 * DAY);

    fn patient(delays: &[i64]) -> Patience {
        let mut patience = Patience::default();
        patience.learn(&mut delays.to_vec(), NOW);
        patience
    }

    #[test]
    fn a_minute_is_judged_when_it_and_nine_of_ten_delays_have_passed() {
        for (delays, age) in [
            (&[][..], 1),
            (&[0, 0, 0], 1),
            (&[-5_000, -5_000], 1),
            (&[MINUTE, MINUTE, MINUTE], 2),
            (&[3 * MINUTE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 1),
            (&[3 * MINUTE, 3 * MINUTE, 0, 0, 0, 0, 0, 0, 0, 0], 4),
        ] {
            let until = patient(delays).until(Some(Millis(0)), NOW).unwrap();
            let in_time = |age: i64| Millis(NOW.0 - age * MINUTE) < until;
            assert!(in_time(age) && !in_time(age - 1), "{delays:?}");
        }
    }

    #[test]
    fn nothing_is_judged_while_long_delays_are_still_to_come() {
        let patience = patient(&[10 * DAY]);
        for (first, is_judged) in [(None, false), (Some(11), false), (Some(19), false), (Some(20), true)] {
            let first = first.map(|days| Millis(NOW.0 - days * DAY));
            assert_eq!(patience.until(first, NOW).is_some(), is_judged, "{first:?}");
        }
    }

    #[test]
    fn short_delays_are_believed_when_they_last() {
        let mut patience = patient(&[30 * DAY]);
        let mut waits = |days: i64| {
            let now = Millis(NOW.0 + days * DAY);
            patience.learn(&mut [DAY], now);
            (now - patience.until(Some(Millis(0)), now).unwrap()) / DAY
        };
        assert_eq!((waits(1), waits(299), waits(300), waits(599), waits(600)), (30, 30, 30, 30, 1));
    }
}
