//! ADWIN: a window that forgets its past as soon as its two ends differ.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::Direction;

/// ADWIN2 (Bifet and Gavaldà, "Learning from time-changing data with adaptive windowing", SDM 2007), as River codes it:
/// an exponential histogram of the window, checked every `clock` values; a split into an old part of n₀ and a new part of
/// n₁ values is a change when their means differ by more than
/// `√(2 r σ² δ') + ⅔ δ' r`, `δ' = ln(2 ln(width)/δ)`, `r = 1/(n₀ − s + 1) + 1/(n₁ − s + 1)`, s the shortest part allowed.
/// (`− s + 1` is River's own, and so is that the whole window is dropped at the value after a change, not its old part
/// alone.) Memory is `O(max_buckets · ln n)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Adwin {
    delta: f64,
    clock: u64,
    max_buckets: usize,
    shortest: u64,
    grace: u64,
    /// Row `i` holds buckets of 2^i values each, the oldest first.
    rows: Vec<VecDeque<Bucket>>,
    width: u64,
    total: f64,
    /// Sum of the squared distances from the window's mean.
    squares: f64,
    seen: u64,
    /// A change was told: the next value begins a new window.
    changed: bool,
}

/// Sum, and sum of the squared distances from the mean, of 2^row values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Bucket {
    total: f64,
    squares: f64,
}

impl Default for Adwin {
    /// River's defaults: delta 0.002, a check every 32 values, 5 buckets a row, parts of at least 5, none before 10.
    fn default() -> Self {
        Self::new(0.002, 32, 5, 5, 10)
    }
}

impl Adwin {
    /// `delta` is the confidence of one check; a smaller one alarms later and less. Zeros count as ones.
    pub fn new(delta: f64, clock: u64, max_buckets: usize, shortest: u64, grace: u64) -> Self {
        Self {
            delta,
            clock: clock.max(1),
            max_buckets: max_buckets.max(1),
            shortest: shortest.max(1),
            grace,
            rows: vec![VecDeque::new()],
            width: 0,
            total: 0.0,
            squares: 0.0,
            seen: 0,
            changed: false,
        }
    }

    /// Takes the next value; says so if the mean has changed, and begins anew with the value after. A value that is not
    /// finite is left out.
    pub fn update(&mut self, value: f64) -> Option<Direction> {
        if !value.is_finite() {
            return None;
        }
        if self.changed {
            *self = Self::new(self.delta, self.clock, self.max_buckets, self.shortest, self.grace);
        }
        self.insert(value);
        self.seen += 1;
        if !self.seen.is_multiple_of(self.clock) || self.width <= self.grace {
            return None;
        }
        let mut change = None;
        while let Some(direction) = self.cut() {
            change = change.or(Some(direction));
            self.forget_oldest();
        }
        self.changed = change.is_some();
        change
    }

    /// Values that are remembered.
    pub fn width(&self) -> u64 {
        self.width
    }

    /// Mean of the values that are remembered; `None` before the first.
    pub fn mean(&self) -> Option<f64> {
        (self.width > 0).then(|| self.total / self.width as f64)
    }

    fn insert(&mut self, value: f64) {
        if self.width > 0 {
            let n = self.width as f64;
            self.squares += n * (value - self.total / n).powi(2) / (n + 1.0);
        }
        self.width += 1;
        self.total += value;
        self.rows[0].push_back(Bucket { total: value, squares: 0.0 });
        let mut row = 0;
        while self.rows[row].len() > self.max_buckets {
            let (Some(a), Some(b)) = (self.rows[row].pop_front(), self.rows[row].pop_front()) else { break };
            let n = size(row);
            let between = n * n * ((a.total - b.total) / n).powi(2) / (2.0 * n);
            let merged = Bucket { total: a.total + b.total, squares: a.squares + b.squares + between };
            row += 1;
            if row == self.rows.len() {
                self.rows.push(VecDeque::new());
            }
            self.rows[row].push_back(merged);
        }
    }

    /// The direction of a change at some split, looked for from the oldest end.
    fn cut(&self) -> Option<Direction> {
        let (mut old_n, mut old_total) = (0.0, 0.0);
        let width = self.width as f64;
        let shortest = self.shortest as f64;
        let variance = self.squares / width;
        let confidence = (2.0 * width.ln() / self.delta).ln();
        for row in (0..self.rows.len()).rev() {
            for bucket in &self.rows[row] {
                old_n += size(row);
                old_total += bucket.total;
                let new_n = width - old_n;
                if new_n < shortest {
                    return None;
                }
                if old_n < shortest {
                    continue;
                }
                let difference = (self.total - old_total) / new_n - old_total / old_n;
                let r = 1.0 / (old_n - shortest + 1.0) + 1.0 / (new_n - shortest + 1.0);
                let epsilon = (2.0 * r * variance * confidence).sqrt() + 2.0 / 3.0 * confidence * r;
                if difference.abs() > epsilon {
                    return Some(if difference > 0.0 { Direction::Up } else { Direction::Down });
                }
            }
        }
        None
    }

    fn forget_oldest(&mut self) {
        let last = self.rows.len() - 1;
        let Some(bucket) = self.rows[last].pop_front() else { return };
        let n = size(last);
        self.width -= 1 << last;
        self.total -= bucket.total;
        let rest = self.width as f64;
        let apart = if rest > 0.0 { bucket.total / n - self.total / rest } else { 0.0 };
        self.squares = (self.squares - bucket.squares - n * rest * apart * apart / (n + rest)).max(0.0);
        if self.rows[last].is_empty() && last > 0 {
            self.rows.pop();
        }
    }
}

/// Values in a bucket of this row.
fn size(row: usize) -> f64 {
    (1u64 << row) as f64
}
