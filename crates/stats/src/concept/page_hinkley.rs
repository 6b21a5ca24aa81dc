//! The Page-Hinkley test: a running sum of deviations that strays too far from its own extreme.

use serde::{Deserialize, Serialize};

use super::Direction;

/// Page-Hinkley test (Page 1954; Gama et al. 2014), as River codes it: both sums forget by the factor `alpha`, and
/// everything starts anew after a change. `delta` and `threshold` are in the unit of the values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageHinkley {
    fewest: u64,
    delta: f64,
    threshold: f64,
    alpha: f64,
    state: State,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct State {
    n: u64,
    mean: f64,
    rising: f64,
    lowest: Option<f64>,
    falling: f64,
    highest: Option<f64>,
}

impl Default for PageHinkley {
    /// River's defaults: 30 values at least, delta 0.005, threshold 50, alpha 0.9999.
    fn default() -> Self {
        Self::new(30, 0.005, 50.0, 1.0 - 0.0001)
    }
}

impl PageHinkley {
    /// `fewest` values before the first verdict; deviations under `delta` are tolerated.
    pub fn new(fewest: u64, delta: f64, threshold: f64, alpha: f64) -> Self {
        Self { fewest, delta, threshold, alpha, state: State::default() }
    }

    /// Takes the next value; says so if the mean has changed, and starts anew. A value that is not finite is left out.
    pub fn update(&mut self, value: f64) -> Option<Direction> {
        if !value.is_finite() {
            return None;
        }
        let s = &mut self.state;
        s.n += 1;
        s.mean += (value - s.mean) / s.n as f64;
        let deviation = value - s.mean;
        s.rising = self.alpha * s.rising + deviation - self.delta;
        s.falling = self.alpha * s.falling + deviation + self.delta;
        let lowest = s.lowest.map_or(s.rising, |x| x.min(s.rising));
        let highest = s.highest.map_or(s.falling, |x| x.max(s.falling));
        (s.lowest, s.highest) = (Some(lowest), Some(highest));
        let change = match () {
            () if s.n < self.fewest => None,
            () if s.rising - lowest > self.threshold => Some(Direction::Up),
            () if highest - s.falling > self.threshold => Some(Direction::Down),
            () => None,
        };
        if change.is_some() {
            self.state = State::default();
        }
        change
    }
}
