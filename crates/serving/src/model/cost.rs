//! What a run costs, learned from the runs themselves: time = a · rows + b, and how much of that is known.

use std::time::Duration;

/// What earlier runs still count when one more has come: a memory of about fifty.
const KEPT: f64 = 0.98;
/// A run that took longer than this many times what was expected counts as this many times: a stop of the machine is no news of the model.
const OUTLIER: f64 = 4.0;
/// Runs before an outlier can be told from the rule, and before anything is said at all.
const SETTLED: u64 = 8;
const ENOUGH: u64 = 4;
/// Σ(rows − mean)² from which level and slope count as told apart, and up to which it is never forgotten.
const SPREAD: f64 = 4.0;
const KEPT_SPREAD: f64 = 256.0;

/// Seconds of a run: `per_row` · rows + `per_run`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Line {
    /// b, seconds: what a run costs whatever its size.
    pub per_run: f64,
    /// a, seconds.
    pub per_row: f64,
    /// Whether runs of different sizes have told a from b. Otherwise all of it is taken for b, which promises too much to large batches:
    /// good enough to say when something is hopeless, not good enough to make anybody wait.
    pub sure: bool,
}

impl Line {
    /// Expected time of a run, seconds; 0 while nothing is known.
    pub fn run(&self, rows: usize) -> f64 {
        self.per_row * rows as f64 + self.per_run
    }

    pub fn known(&self) -> bool {
        self.per_row > 0.0 || self.per_run > 0.0
    }
}

/// Recursive least squares with forgetting (Ljung, System Identification, 1999, section 11.2), in coordinates around the mean size, where
/// level and slope do not mix: their information is (weight, spread). The level is always that of the last fifty runs. The slope is
/// forgotten only while enough is known of it, so that a day of single rows does not wipe out what the warm-up showed of large batches.
#[derive(Clone, Debug, Default)]
pub struct Cost {
    runs: u64,
    /// Remembered runs, and the mean of their rows.
    weight: f64,
    mean: f64,
    /// Remembered Σ(rows − mean)².
    spread: f64,
    /// Seconds of a run of mean size, and seconds per row. Not bounded; [`Cost::line`] is.
    level: f64,
    slope: f64,
}

impl Cost {
    /// Learns from one run.
    pub fn add(&mut self, rows: usize, time: Duration) {
        let (x, mut y) = (rows as f64, time.as_secs_f64());
        if self.runs >= SETTLED {
            y = y.min(OUTLIER * self.line().run(rows));
        }
        self.runs += 1;
        let before = KEPT * self.weight;
        self.weight = before + 1.0;
        let from_mean = x - self.mean;
        self.spread = (KEPT * self.spread).max(self.spread.min(KEPT_SPREAD)) + from_mean * from_mean * before / self.weight;
        let step = from_mean / self.weight;
        self.mean += step;
        self.level += self.slope * step;
        let from_mean = x - self.mean;
        let residual = y - (self.level + self.slope * from_mean);
        self.level += residual / self.weight;
        if self.spread > 0.0 {
            self.slope += residual * from_mean / self.spread;
        }
    }

    /// What is known, with neither part below zero.
    pub fn line(&self) -> Line {
        if self.runs < ENOUGH {
            return Line::default();
        }
        let level = self.level.max(0.0);
        if self.spread < SPREAD {
            return Line { per_run: level, per_row: 0.0, sure: false };
        }
        // The least squares under the bound: the other part alone explains what is there.
        let per_run = self.level - self.slope * self.mean;
        if self.slope < 0.0 {
            return Line { per_run: level, per_row: 0.0, sure: true };
        }
        if per_run < 0.0 {
            let through_zero = (self.spread * self.slope + self.weight * self.mean * self.level)
                / (self.spread + self.weight * self.mean * self.mean);
            return Line { per_run: 0.0, per_row: through_zero.max(0.0), sure: true };
        }
        Line { per_run, per_row: self.slope, sure: true }
    }
}

/// What stands before a request that has just arrived.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ahead {
    /// Rows and requests that wait and go first.
    pub rows: usize,
    pub requests: usize,
    pub max_batch: usize,
    /// Whether rows of several requests share a run.
    pub shared: bool,
}

impl Ahead {
    /// Work that is done first, seconds of one session: whole batches only, for the newcomer joins the last one that has room.
    fn first(&self, line: Line) -> f64 {
        let runs = if self.shared { self.rows / self.max_batch.max(1) } else { self.requests };
        let rows = if self.shared { runs * self.max_batch.max(1) } else { self.rows };
        runs as f64 * line.per_run + rows as f64 * line.per_row
    }

    /// All of the work that waits, seconds of one session.
    fn all(&self, line: Line) -> f64 {
        let runs = if self.shared { self.rows.div_ceil(self.max_batch.max(1)) } else { self.requests };
        runs as f64 * line.per_run + self.rows as f64 * line.per_row
    }

    /// Expected wait of the newcomer, seconds. `free` has one entry a session: seconds until it is free, 0 if it is.
    pub fn wait(&self, line: Line, free: impl Iterator<Item = f64> + Clone) -> f64 {
        level(self.first(line), free)
    }

    /// Expected seconds until all that waits is done.
    pub fn drain(&self, line: Line, free: impl Iterator<Item = f64> + Clone) -> f64 {
        level(self.all(line), free)
    }
}

/// How high `work` stands when it is poured over sessions that are busy until `free`: the moment by which it is done if it can be divided at will.
/// Without sessions nothing is ever done; without work it is the moment at which the first one is free.
fn level(work: f64, free: impl Iterator<Item = f64> + Clone) -> f64 {
    let mut level = f64::INFINITY;
    loop {
        let (n, sum) =
            free.clone().filter(|at| *at < level || level.is_infinite()).fold((0.0, 0.0), |(n, sum), at| (n + 1.0, sum + at));
        if n == 0.0 {
            return free.fold(f64::INFINITY, f64::min);
        }
        let next = (work + sum) / n;
        if next >= level {
            return level;
        }
        level = next;
    }
}

/// Seconds until a run is expected to end that was expected to take `expected` and has taken `taken`. One that is late is as likely to
/// take as long again as it is late.
pub fn left(expected: f64, taken: f64) -> f64 {
    (expected - taken).abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn learned(runs: impl IntoIterator<Item = (usize, f64)>) -> Cost {
        let mut cost = Cost::default();
        for (rows, seconds) in runs {
            cost.add(rows, Duration::from_secs_f64(seconds));
        }
        cost
    }

    fn close(a: f64, b: f64, tolerance: f64) -> bool {
        (a - b).abs() <= tolerance * b.abs().max(1e-9)
    }

    #[test]
    fn a_line_is_found_once_sizes_differ() {
        let truth = |rows: usize| (rows, 0.002 + 0.000_05 * rows as f64);
        let cases: [(&str, Vec<usize>, Option<(f64, f64)>); 6] = [
            ("nothing", vec![], Some((0.0, 0.0))),
            ("three runs are no rule", vec![1, 8, 64], Some((0.0, 0.0))),
            ("one size: all of it is b", vec![1; 30], Some((0.002_05, 0.0))),
            ("two sizes", [vec![1; 5], vec![64; 5]].concat(), None),
            ("many sizes", (1..40).collect(), None),
            ("large ones were long ago", [vec![1, 64, 1, 64, 32], vec![1; 5_000]].concat(), None),
        ];
        for (name, sizes, expected) in cases {
            let line = learned(sizes.into_iter().map(truth)).line();
            let (b, a) = expected.unwrap_or((0.002, 0.000_05));
            assert!(close(line.per_run, b, 1e-3) && close(line.per_row, a, 1e-3), "{name}: {line:?}");
            assert_eq!(line.sure, expected.is_none(), "{name}");
        }
    }

    #[test]
    fn neither_part_is_negative() {
        let falling = learned((0..40).map(|i| (1 + i % 8, 0.010 - 0.001 * (i % 8) as f64))).line();
        assert!(falling.sure && falling.per_row == 0.0 && (0.005..0.008).contains(&falling.per_run), "{falling:?}");
        let steep = learned((0..40).map(|i| (1 + i % 8, 0.001 * ((1 + i % 8) * (1 + i % 8)) as f64))).line();
        assert!(steep.sure && steep.per_run == 0.0 && steep.per_row > 0.004, "{steep:?}");
    }

    #[test]
    fn a_model_that_has_become_slower_is_followed() {
        let runs = |b: f64, n: usize| (0..n).map(move |i| (1 + i % 16, b + 0.000_1 * (1 + i % 16) as f64));
        let line = learned(runs(0.001, 200).chain(runs(0.009, 600))).line();
        assert!(close(line.per_run, 0.009, 0.05), "{line:?}");
    }

    #[test]
    fn one_stop_of_the_machine_changes_little() {
        let mut cost = learned((0..100).map(|i| (1 + i % 8, 0.001)));
        cost.add(4, Duration::from_secs(30));
        assert!(cost.line().run(4) < 0.001_2, "{:?}", cost.line());
    }

    #[test]
    fn the_wait_is_what_stands_before() {
        let line = Line { per_run: 0.010, per_row: 0.001, sure: true };
        // (rows, requests, batch, shared, busy for) -> (wait, drained after), milliseconds
        let cases: [(usize, usize, usize, bool, &[f64], f64, f64); 8] = [
            (0, 0, 8, true, &[0.0, 0.0], 0.0, 0.0),
            (0, 0, 8, true, &[0.030, 0.0], 0.0, 0.0),
            (0, 0, 8, true, &[0.030, 0.020], 20.0, 20.0),
            (7, 7, 8, true, &[0.020], 20.0, 37.0),
            (8, 8, 8, true, &[0.020], 38.0, 38.0),
            (16, 2, 8, true, &[0.0, 0.0], 18.0, 18.0),
            (3, 3, 8, false, &[0.0], 33.0, 33.0),
            (8, 8, 8, true, &[0.100, 0.0], 18.0, 18.0),
        ];
        for (rows, requests, max_batch, shared, busy, wait, drain) in cases {
            let ahead = Ahead { rows, requests, max_batch, shared };
            let ms = |seconds: f64| (seconds * 1e6).round() / 1e3;
            let got = (ms(ahead.wait(line, busy.iter().copied())), ms(ahead.drain(line, busy.iter().copied())));
            assert_eq!(got, (wait, drain), "{ahead:?} {busy:?}");
        }
        assert!(close(left(0.010, 0.004), 0.006, 1e-9) && close(left(0.010, 0.030), 0.020, 1e-9));
    }

    proptest! {
        /// Whatever the runs, the line is finite and nowhere negative, and so is every wait.
        #[test]
        fn always_finite_and_never_negative(runs in prop::collection::vec((0usize..5_000, 0.0f64..100.0), 0..300), rows in 0usize..5_000, busy in prop::collection::vec(0.0f64..100.0, 1..9)) {
            let line = learned(runs).line();
            prop_assert!(line.per_run.is_finite() && line.per_run >= 0.0 && line.per_row.is_finite() && line.per_row >= 0.0, "{line:?}");
            let ahead = Ahead { rows, requests: rows, max_batch: 64, shared: true };
            let (wait, drain) = (ahead.wait(line, busy.iter().copied()), ahead.drain(line, busy.iter().copied()));
            prop_assert!(wait.is_finite() && wait >= 0.0 && drain >= wait - 1e-9 * wait.abs(), "{wait} {drain}");
        }

        /// More before it never shortens a wait, and one more session never lengthens it.
        #[test]
        fn waits_are_monotone(a in 0.0f64..1.0, b in 0.0f64..1.0, rows in 0usize..500, more in 0usize..500, busy in prop::collection::vec(0.0f64..1.0, 1..6), extra in 0.0f64..1.0) {
            let line = Line { per_run: b, per_row: a, sure: true };
            let ahead = |rows: usize| Ahead { rows, requests: rows, max_batch: 16, shared: true };
            let wait = ahead(rows).wait(line, busy.iter().copied());
            prop_assert!(ahead(rows + more).wait(line, busy.iter().copied()) >= wait - 1e-9);
            prop_assert!(ahead(rows).wait(line, busy.iter().copied().chain([extra])) <= wait + 1e-9);
        }

        /// A true line comes back out of any mixture of sizes.
        #[test]
        fn a_true_line_is_recovered(a in 1e-6f64..1e-2, b in 1e-6f64..1e-1, sizes in prop::collection::vec(1usize..65, 40..200)) {
            let line = learned(sizes.iter().map(|&n| (n, a * n as f64 + b))).line();
            if line.sure {
                for n in [1, 16, 64] {
                    prop_assert!(close(line.run(n), a * n as f64 + b, 0.02), "{line:?} for {a} {b}");
                }
            }
        }
    }
}
