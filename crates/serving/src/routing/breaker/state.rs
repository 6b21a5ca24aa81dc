//! When a version that fails is left alone, and when it is asked again. Pure: the time comes in with each call.
//!
//! Closed: everything goes to the version. Open: nothing does. Half-open: one request at a time does, to see. An open breaker
//! becomes half-open after a backoff, which doubles with each probe that fails.

use std::time::Duration;

/// When to open, and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Failures in a row.
    pub in_a_row: u32,
    /// Or this share of the requests of the last [`WINDOW`] …
    pub share: f64,
    /// … if there were at least as many.
    pub fewest: u32,
    pub first_backoff: Duration,
    pub longest_backoff: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            in_a_row: 5,
            share: 0.5,
            fewest: 20,
            first_backoff: Duration::from_secs(1),
            longest_backoff: Duration::from_secs(60),
        }
    }
}

/// Seconds over which a share is taken.
pub const WINDOW: usize = 10;

/// What a breaker says to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    Through,
    /// Through, alone, to see whether the version answers again.
    Probe,
    /// Not now. Worth another try after so long.
    Refused {
        after: Duration,
    },
}

/// What became of a request that was let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Answered,
    /// The version failed: it crashed, took too long, or answered with something that is no number.
    Failed,
    /// It says nothing about the version: bad input, overload, a deadline, a caller who left.
    Nothing,
}

/// How a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Closed,
    Open { until: Duration },
    HalfOpen,
}

/// All times are since one moment of the caller's choice.
#[derive(Clone, Debug)]
pub struct State {
    limits: Limits,
    standing: Standing,
    backoff: Duration,
    in_a_row: u32,
    /// Answered and failed requests of each of the last seconds, by the second modulo their number.
    seconds: [Second; WINDOW],
}

#[derive(Clone, Copy, Debug, Default)]
struct Second {
    at: u64,
    answered: u32,
    failed: u32,
}

impl State {
    pub fn new(limits: Limits) -> State {
        State {
            limits,
            standing: Standing::Closed,
            backoff: limits.first_backoff,
            in_a_row: 0,
            seconds: [Second::default(); WINDOW],
        }
    }

    pub fn standing(&self) -> Standing {
        self.standing
    }

    pub fn admit(&mut self, now: Duration) -> Admission {
        match self.standing {
            Standing::Closed => Admission::Through,
            Standing::Open { until } if now < until => Admission::Refused { after: until - now },
            Standing::Open { .. } => {
                self.standing = Standing::HalfOpen;
                Admission::Probe
            }
            // The probe is on its way.
            Standing::HalfOpen => Admission::Refused { after: self.limits.first_backoff },
        }
    }

    /// Whether this changed how it stands.
    pub fn settle(&mut self, now: Duration, probe: bool, ended: Ended) -> bool {
        let before = self.standing;
        match (self.standing, probe, ended) {
            // What was let through before it opened decides nothing any more.
            (Standing::Open { .. }, ..) | (Standing::HalfOpen, false, _) => {}
            (Standing::HalfOpen, true, Ended::Answered) => *self = State::new(self.limits),
            (Standing::HalfOpen, true, Ended::Failed) => {
                self.backoff = (self.backoff * 2).min(self.limits.longest_backoff);
                self.standing = Standing::Open { until: now + self.backoff };
            }
            // The next request is the probe.
            (Standing::HalfOpen, true, Ended::Nothing) => self.standing = Standing::Open { until: now },
            (Standing::Closed, _, Ended::Nothing) => {}
            (Standing::Closed, ..) => self.count(now, ended),
        }
        before != self.standing
    }

    fn count(&mut self, now: Duration, ended: Ended) {
        let at = now.as_secs();
        let second = &mut self.seconds[(at % WINDOW as u64) as usize];
        if second.at != at {
            *second = Second { at, ..Second::default() };
        }
        if ended == Ended::Answered {
            second.answered = second.answered.saturating_add(1);
            self.in_a_row = 0;
            return;
        }
        second.failed = second.failed.saturating_add(1);
        self.in_a_row += 1;
        let recent = self.seconds.iter().filter(|second| at - second.at.min(at) < WINDOW as u64);
        let (answered, failed) =
            recent.fold((0_u64, 0_u64), |sum, second| (sum.0 + u64::from(second.answered), sum.1 + u64::from(second.failed)));
        let many =
            answered + failed >= u64::from(self.limits.fewest) && failed as f64 >= self.limits.share * (answered + failed) as f64;
        if self.in_a_row >= self.limits.in_a_row || many {
            self.standing = Standing::Open { until: now + self.backoff };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Ended::{Answered, Failed, Nothing};
    use super::*;
    use proptest::prelude::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Runs requests one after the other, each `(time in ms, how it ends)`, and says of each what it was told.
    fn told(requests: &[(u64, Ended)]) -> Vec<Admission> {
        let mut state = State::new(Limits::default());
        requests
            .iter()
            .map(|(at, ended)| {
                let admission = state.admit(ms(*at));
                if let Admission::Through | Admission::Probe = admission {
                    state.settle(ms(*at), admission == Admission::Probe, *ended);
                }
                admission
            })
            .collect()
    }

    fn last(requests: &[(u64, Ended)]) -> Admission {
        *told(requests).last().expect("requests")
    }

    const FIVE: [(u64, Ended); 5] = [(0, Failed); 5];

    #[test]
    fn the_table() {
        let refused = |after| Admission::Refused { after: ms(after) };
        let after_five = |more: &[(u64, Ended)]| FIVE.iter().chain(more).copied().collect::<Vec<_>>();
        let cases: Vec<(&str, Vec<(u64, Ended)>, Admission)> = vec![
            (
                "four in a row are bad luck",
                vec![(0, Failed), (0, Failed), (0, Failed), (0, Failed), (1, Failed)],
                Admission::Through,
            ),
            ("five are not", after_five(&[(1, Answered)]), refused(999)),
            (
                "an answer between them starts anew",
                vec![(0, Failed), (0, Failed), (0, Answered), (0, Failed), (0, Failed), (0, Failed), (1, Failed)],
                Admission::Through,
            ),
            ("what is not the version's fault counts for nothing", vec![(0, Nothing); 40], Admission::Through),
            (
                "nor does it start anew",
                vec![(0, Failed), (0, Failed), (0, Failed), (0, Failed), (0, Nothing), (0, Failed), (0, Answered)],
                refused(1_000),
            ),
            ("after a second one is let through", after_five(&[(1_000, Answered)]), Admission::Probe),
            ("and if it is answered, all are", after_five(&[(1_000, Answered), (1_000, Failed)]), Admission::Through),
            (
                "with a clean slate",
                after_five(&[
                    (1_000, Answered),
                    (1_000, Failed),
                    (1_001, Failed),
                    (1_002, Failed),
                    (1_003, Failed),
                    (1_004, Failed),
                ]),
                Admission::Through,
            ),
            ("if it fails, twice as long", after_five(&[(1_000, Failed), (1_000, Failed)]), refused(2_000)),
            ("and twice again", after_five(&[(1_000, Failed), (3_000, Failed), (3_000, Failed)]), refused(4_000)),
            (
                "a probe that says nothing is followed by another",
                after_five(&[(1_000, Nothing), (1_001, Answered)]),
                Admission::Probe,
            ),
            (
                "half of twenty",
                [(0, Failed), (0, Answered)].repeat(10).into_iter().chain([(5, Failed), (6, Failed)]).collect(),
                refused(999),
            ),
            (
                "half of fewer is too little to say",
                [(0, Failed), (0, Answered)].repeat(9).into_iter().chain([(1, Failed)]).collect(),
                Admission::Through,
            ),
            ("a third of many is not half", [(0, Failed), (0, Answered), (0, Answered)].repeat(50), Admission::Through),
            (
                "seconds that have passed are forgotten",
                [(0, Failed), (0, Answered)]
                    .repeat(9)
                    .into_iter()
                    .chain([(10_000, Failed), (10_000, Failed), (10_000, Failed)])
                    .collect(),
                Admission::Through,
            ),
            (
                "nine seconds are not",
                [(0, Failed), (0, Answered)]
                    .repeat(9)
                    .into_iter()
                    .chain([(9_999, Failed), (9_999, Failed), (9_999, Failed)])
                    .collect(),
                refused(1_000),
            ),
        ];
        for (name, requests, expected) in cases {
            assert_eq!(last(&requests), expected, "{name}");
        }
    }

    #[test]
    fn the_backoff_has_a_cap() {
        let mut state = State::new(Limits::default());
        let mut now = Duration::ZERO;
        for _ in 0..5 {
            state.settle(now, false, Failed);
        }
        let mut waits = Vec::new();
        for _ in 0..9 {
            let Standing::Open { until } = state.standing() else { panic!("{state:?}") };
            waits.push((until - now).as_secs());
            now = until;
            assert_eq!(state.admit(now), Admission::Probe);
            assert!(matches!(state.admit(now), Admission::Refused { .. }), "one at a time");
            state.settle(now, true, Failed);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }

    #[test]
    fn those_who_were_on_their_way_decide_nothing() {
        let mut state = State::new(Limits::default());
        assert_eq!((0..5).map(|_| state.settle(ms(0), false, Failed)).collect::<Vec<_>>(), [false, false, false, false, true]);
        assert!(!state.settle(ms(1), false, Answered) && !state.settle(ms(1), false, Failed));
        assert_eq!(state.standing(), Standing::Open { until: ms(1_000) });
        assert_eq!(state.admit(ms(1_000)), Admission::Probe);
        assert!(!state.settle(ms(1_001), false, Answered), "late ones are no probe");
        assert_eq!(state.standing(), Standing::HalfOpen);
        assert!(state.settle(ms(1_002), true, Answered));
        assert_eq!(state.standing(), Standing::Closed);
    }

    proptest! {
        #[test]
        fn it_never_stays_shut_for_good(steps in prop::collection::vec((0u64..5_000, 0u8..4), 0..200)) {
            let mut state = State::new(Limits::default());
            let mut now = 0;
            for (wait, ended) in steps {
                now += wait;
                let admission = state.admit(ms(now));
                if !matches!(admission, Admission::Refused { .. }) {
                    state.settle(ms(now), admission == Admission::Probe, [Answered, Failed, Failed, Nothing][usize::from(ended)]);
                }
            }
            // Nothing is on its way: a minute later it lets somebody through, whatever has been.
            let refused = matches!(state.admit(ms(now + 60_000)), Admission::Refused { .. });
            prop_assert!(!refused);
        }
    }
}
