//! How requests wait and share runs: what a deployment may set.

use std::time::Duration;

/// Lanes that a deployment may have.
const MOST_LEVELS: u8 = 16;

/// How urgent a request is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// The level in the middle.
    #[default]
    Live,
    /// 1 is the most urgent. 0, and levels that the deployment does not have, are the one in the middle, as in Triton.
    Level(u8),
    /// Gates, explanations, batch scoring: waits while live requests wait.
    Background,
}

impl Priority {
    /// A level as the protocol gives it.
    pub fn of(level: u64) -> Priority {
        u8::try_from(level).map_or(Priority::Live, Priority::Level)
    }

    /// Which of `levels` lanes, 0 first.
    pub(super) fn lane(self, levels: usize) -> usize {
        let middle = (levels.max(1) - 1) / 2;
        match self {
            Priority::Level(level) if (1..=levels).contains(&usize::from(level)) => usize::from(level) - 1,
            Priority::Live | Priority::Level(_) | Priority::Background => middle,
        }
    }
}

/// Bounds of a model's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// Rows of waiting requests that may share a run.
    pub max_batch: usize,
    /// Rows that may go before a request; past it, it is refused.
    pub queue_rows: usize,
    /// What an answer may take. A batch waits for more only within it; without one there is no waiting.
    pub latency_budget: Option<Duration>,
    /// Lanes by priority.
    pub priority_levels: u8,
}

impl Default for Tuning {
    fn default() -> Self {
        Self { max_batch: 64, queue_rows: 2_048, latency_budget: None, priority_levels: 1 }
    }
}

impl Tuning {
    pub(super) fn bounded(self) -> Self {
        Self {
            max_batch: self.max_batch.max(1),
            queue_rows: self.queue_rows.max(1),
            priority_levels: self.priority_levels.clamp(1, MOST_LEVELS),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_lanes() {
        for (priority, levels, lane) in [
            (Priority::Live, 1, 0),
            (Priority::Live, 3, 1),
            (Priority::Live, 2, 0),
            (Priority::of(0), 3, 1),
            (Priority::of(1), 3, 0),
            (Priority::of(3), 3, 2),
            (Priority::of(4), 3, 1),
            (Priority::of(u64::MAX), 3, 1),
            (Priority::of(1), 1, 0),
        ] {
            assert_eq!(priority.lane(levels), lane, "{priority:?} of {levels}");
        }
    }
}
