//! Whether what waits is sent now, or a free session waits for more to share the run.

use super::cost::Line;

/// What waiting for the next row must win at least, seconds: below it a thread's going to sleep and waking up eats it.
const WORTH: f64 = 200e-6;
/// Part of the budget that a batch may use up; the rest is for the answer's way back.
const USABLE: f64 = 0.9;

/// What a free session sees. Times in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Rows that would run now, and the most that may.
    pub rows: usize,
    pub max_batch: usize,
    /// Since the oldest of them arrived, and since this session began to wait for more.
    pub age: f64,
    pub waited: f64,
    /// Mean time between rows, infinite when none has come yet; and since the last one came. The longer of them is expected again.
    pub gap: f64,
    pub quiet: f64,
    /// Until another session is free: 0 when one is, infinite when there is no other.
    pub other_free: f64,
    /// The deployment's latency budget; without one nothing waits.
    pub budget: Option<f64>,
    /// Until the deadline of the oldest, if it has one.
    pub deadline: Option<f64>,
}

/// Seconds to wait for more before looking again, at most; `None`: send now.
///
/// Without waiting, the next row comes after a gap g and starts when a session is free: after w = min(other_free, a·n + b) − g. With
/// waiting it runs g later together with the others, which spares it w − a·n, and costs each of the n rows g + a. Waiting pays where
/// n·(g + a) < w − a·n, which is where g is below (min(other_free, a·n + b) − 2·a·n) / (n + 1); for one session and a small, where
/// g < b / (n + 1). (BentoML's dispatcher has the same shape, with one batch in flight.) Never longer in all than b, what a run of its
/// own would cost: a guess of the gap that is wrong then costs at most as much again.
pub fn wait_for(look: Look, line: Line) -> Option<f64> {
    if !line.sure || line.per_run < WORTH || look.rows == 0 || look.rows >= look.max_batch {
        return None;
    }
    let budget = look.budget?;
    let n = look.rows as f64;
    let gap = look.gap.max(look.quiet);
    let spared = look.other_free.min(line.run(look.rows)) - 2.0 * line.per_row * n;
    let pays_below = spared / (n + 1.0);
    if spared < WORTH || gap >= pays_below {
        return None;
    }
    let next = line.run(look.rows + 1);
    let in_budget = budget * USABLE - look.age - next;
    let in_time = look.deadline.map_or(f64::INFINITY, |deadline| deadline * USABLE - next);
    let most = in_budget.min(in_time).min(line.per_run - look.waited).min(pays_below - look.quiet);
    // A wait that ends before the next row is expected only delays.
    (most > 0.0 && most + look.quiet > look.gap).then_some(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// One session, a run of 20 ms plus 1 ms a row, one row that has just come, the next in a millisecond.
    const LOOK: Look = Look {
        rows: 1,
        max_batch: 64,
        age: 0.0,
        waited: 0.0,
        gap: 0.001,
        quiet: 0.0,
        other_free: f64::INFINITY,
        budget: Some(0.1),
        deadline: None,
    };
    const LINE: Line = Line { per_run: 0.020, per_row: 0.001, sure: true };

    #[test]
    fn waits_only_where_it_pays() {
        let cases = [
            ("the next row comes soon", LOOK, LINE, Some(0.009_5)),
            ("arrivals are sparse", Look { gap: 0.030, ..LOOK }, LINE, None),
            ("none has come for a while", Look { quiet: 0.012, ..LOOK }, LINE, None),
            ("none has come for a little while", Look { quiet: 0.004, ..LOOK }, LINE, Some(0.005_5)),
            ("no row has come before", Look { gap: f64::INFINITY, ..LOOK }, LINE, None),
            ("enough are together already", Look { rows: 10, ..LOOK }, LINE, None),
            ("nine are not enough", Look { rows: 9, ..LOOK }, LINE, Some(0.001_1)),
            ("the batch is full", Look { rows: 64, gap: 0.0, ..LOOK }, LINE, None),
            ("a session is idle", Look { other_free: 0.0, ..LOOK }, LINE, None),
            ("another one is free soon", Look { other_free: 0.003, ..LOOK }, LINE, None),
            ("another one is free late", Look { other_free: 0.015, ..LOOK }, LINE, Some(0.006_5)),
            ("the oldest has no time left", Look { age: 0.080, ..LOOK }, LINE, None),
            ("the oldest has a little time left", Look { age: 0.060, ..LOOK }, LINE, Some(0.008)),
            ("its deadline is near", Look { deadline: Some(0.020), ..LOOK }, LINE, None),
            ("its deadline is nearer than the budget", Look { deadline: Some(0.030), ..LOOK }, LINE, Some(0.005)),
            ("it has waited in part", Look { waited: 0.015, ..LOOK }, LINE, Some(0.005)),
            ("it has waited as long as a run", Look { waited: 0.020, ..LOOK }, LINE, None),
            ("no budget is set", Look { budget: None, ..LOOK }, LINE, None),
            (
                "a run costs next to nothing",
                Look { gap: 1e-6, ..LOOK },
                Line { per_run: 150e-6, per_row: 1e-6, sure: true },
                None,
            ),
            ("rows cost everything", LOOK, Line { per_run: 0.0, per_row: 0.020, sure: true }, None),
            ("the parts are not told apart", LOOK, Line { sure: false, ..LINE }, None),
            ("nothing is known", LOOK, Line::default(), None),
        ];
        for (name, look, line, expected) in cases {
            let rounded = wait_for(look, line).map(|wait| (wait * 1e6).round() / 1e6);
            assert_eq!(rounded, expected, "{name}");
        }
    }

    proptest! {
        /// Whatever the state, the oldest is answered within the budget and its deadline if the run takes as long as expected.
        #[test]
        fn never_past_the_budget(
            rows in 0usize..70, age in 0.0f64..0.3, waited in 0.0f64..0.3, gap in 0.0f64..0.1, quiet in 0.0f64..0.1, other in 0.0f64..0.5,
            budget in 0.001f64..0.3, deadline in prop::option::of(0.001f64..0.3), per_run in 0.0f64..0.1, per_row in 0.0f64..0.01,
        ) {
            let look = Look { rows, max_batch: 64, age, waited, gap, quiet, other_free: other, budget: Some(budget), deadline };
            let line = Line { per_run, per_row, sure: true };
            if let Some(wait) = wait_for(look, line) {
                let done = wait + line.run(rows + 1);
                prop_assert!(wait > 0.0 && waited + wait <= per_run + 1e-9);
                prop_assert!(age + done <= budget && deadline.is_none_or(|deadline| done <= deadline));
                prop_assert!(rows < 64 && other > gap && other > quiet);
            }
        }
    }
}
