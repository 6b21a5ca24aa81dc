//! DDM: an error rate that has left the lowest level it ever held.

use serde::{Deserialize, Serialize};

/// Drift Detection Method (Gama, Medas, Castillo and Rodrigues, SBIA 2004), as River codes it. With p the error rate since
/// the last change and `s = √(p(1 − p)/n)`, the lowest `p + s` is kept as `p₀ + s₀`; `p + s > p₀ + 2 s₀` warns and
/// `p + s > p₀ + 3 s₀` is drift. Sees rises only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ddm {
    warm_start: u64,
    warning: f64,
    drift: f64,
    n: u64,
    rate: f64,
    /// Rate and standard deviation where their sum was lowest.
    lowest: Option<(f64, f64)>,
}

/// What the last outcome said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DdmState {
    Steady,
    Warning,
    Drift,
}

impl Default for Ddm {
    /// River's defaults: a warm start of 30, warning at 2 and drift at 3 standard deviations. At error rates under 15 %
    /// that warm start gives false alarms within the first 60 outcomes: use `Ddm::new(200, 2.0, 3.0)`.
    fn default() -> Self {
        Self::new(30, 2.0, 3.0)
    }
}

impl Ddm {
    /// No verdict within the first `warm_start` outcomes.
    pub fn new(warm_start: u64, warning: f64, drift: f64) -> Self {
        Self { warm_start, warning, drift, n: 0, rate: 0.0, lowest: None }
    }

    /// Takes the next outcome; starts anew after drift.
    pub fn update(&mut self, wrong: bool) -> DdmState {
        self.n += 1;
        self.rate += (f64::from(u8::from(wrong)) - self.rate) / self.n as f64;
        if self.n <= self.warm_start {
            return DdmState::Steady;
        }
        let deviation = (self.rate * (1.0 - self.rate) / self.n as f64).max(0.0).sqrt();
        let level = self.rate + deviation;
        let (rate, spread) = match self.lowest {
            Some((p, s)) if level > p + s => (p, s),
            _ => (self.rate, deviation),
        };
        self.lowest = Some((rate, spread));
        if level > rate + self.drift * spread {
            *self = Self::new(self.warm_start, self.warning, self.drift);
            DdmState::Drift
        } else if level > rate + self.warning * spread {
            DdmState::Warning
        } else {
            DdmState::Steady
        }
    }
}
