//! When a run hangs, as told by those who wait for it. Only the time in the run counts: waiting for a turn is overload, not a fault.

use super::cost::Line;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Times the deployment's latency budget that a run may take.
const BUDGETS: u32 = 10;
/// Times what a run of its size usually takes. A crowded machine makes runs a few times longer.
const USUAL: f64 = 5.0;
/// No run hangs before this, however short the usual ones are: the system may give the processor to others for as long.
pub(super) const LEAST: Duration = Duration::from_millis(250);
/// The same for a request whose deadline ends, where there is no time to be more certain.
const LEAST_AT_DEADLINE: Duration = Duration::from_millis(100);

/// What stopping a run may take, most of which is until somebody looks.
pub(super) const STOPPING: Duration = Duration::from_millis(500);
/// The longest part of what is left until a deadline that is kept for an answer in the model's place.
const RESERVE: Duration = Duration::from_millis(25);

/// When a request that waits for its turn is looked at for the first time, and how often.
pub(super) const LOOK: Duration = LEAST_AT_DEADLINE;
/// A look that comes so much too late says that the machine stood still, and nothing about the model.
pub(super) const LATE: Duration = Duration::from_millis(100);

/// What one who waits is told, before there is an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The run that holds the answer up has taken so long that it counts as a failure.
    Hangs { taken: Duration },
    /// The deadline is near.
    LastCall,
}

/// What is known of a model's runs at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    pub line: Line,
    pub budget: Option<Duration>,
    /// A run is stopped after this.
    pub limit: Duration,
}

impl Patience {
    /// How long a run of `rows` rows may take.
    pub fn run(&self, rows: usize) -> Duration {
        let budget = self.budget.map(|budget| budget.saturating_mul(BUDGETS));
        if budget.is_none() && !self.line.known() {
            return self.stopped();
        }
        self.usual(rows).max(budget.unwrap_or_default()).max(LEAST).min(self.stopped())
    }

    /// The same where a deadline ends: what is usual decides, whatever the budget would allow.
    pub fn at_deadline(&self, rows: usize) -> Duration {
        if self.line.known() { self.usual(rows).max(LEAST_AT_DEADLINE).min(self.stopped()) } else { self.run(rows) }
    }

    /// A run that is stopped has ended by then. One that is not, because its operator does not listen, hangs for certain.
    fn stopped(&self) -> Duration {
        self.limit.saturating_add(STOPPING)
    }

    fn usual(&self, rows: usize) -> Duration {
        // Where the cost of a row is not known, all of a run may be the cost of its rows.
        let rows = rows.max(1);
        let seconds = if self.line.sure { self.line.run(rows) } else { self.line.run(1) * rows as f64 };
        Duration::try_from_secs_f64(USUAL * seconds).unwrap_or(Duration::MAX)
    }
}

/// When something else has to answer so that the caller hears it in time: a quarter of the time that is left before the deadline.
pub(super) fn last_call(deadline: Instant, now: Instant) -> Instant {
    let left = deadline.saturating_duration_since(now);
    deadline.checked_sub((left / 4).min(RESERVE)).unwrap_or(deadline)
}

/// When the run that a request is part of began, and its rows; empty while it waits for its turn.
#[derive(Debug, Default)]
pub(super) struct Began(Mutex<Option<(Instant, usize)>>);

impl Began {
    pub fn set(&self, run: Option<(Instant, usize)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = run;
    }

    pub fn get(&self) -> Option<(Instant, usize)> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_hangs_by_a_clear_factor_over_what_is_usual_and_over_the_budget() {
        let line = |per_run, per_row, sure| Line { per_run, per_row, sure };
        let (unknown, small, large) = (Line::default(), line(0.000_02, 0.000_001, true), line(0.4, 0.01, true));
        // (line, budget, rows) -> (a run, at a deadline), milliseconds; a run is stopped after 30 s.
        let cases: [(Line, Option<u64>, usize, u64, u64); 9] = [
            (unknown, None, 1, 30_500, 30_500),
            (unknown, Some(50), 1, 500, 500),
            (small, None, 1, 250, 100),
            (small, Some(1), 1, 250, 100),
            (small, Some(50), 1, 500, 100),
            (small, Some(60_000), 1, 30_500, 100),
            (large, Some(50), 10, 2_500, 2_500),
            // One size only was seen: a hundred rows may take a hundred times as long.
            (line(0.02, 0.0, false), Some(50), 100, 10_000, 10_000),
            (line(0.02, 0.0, false), Some(50), 10_000, 30_500, 30_500),
        ];
        for (line, budget, rows, run, at_deadline) in cases {
            let patience = Patience { line, budget: budget.map(Duration::from_millis), limit: Duration::from_secs(30) };
            let ms = |time: Duration| time.as_secs_f64() * 1e3;
            let got = (ms(patience.run(rows)).round() as u64, ms(patience.at_deadline(rows)).round() as u64);
            assert_eq!(got, (run, at_deadline), "{patience:?} {rows}");
        }
    }

    #[test]
    fn a_part_of_the_time_is_kept_for_another_answer() {
        let now = Instant::now();
        for (left, kept) in [(0, 0), (8, 2), (100, 25), (10_000, 25)] {
            let deadline = now + Duration::from_millis(left);
            assert_eq!(deadline - last_call(deadline, now), Duration::from_millis(kept), "{left} ms");
        }
        assert_eq!(last_call(now, now + Duration::from_secs(1)), now, "it has passed");
    }
}
