//! The tests themselves: each takes what it needs and gives finished lines.

mod accuracy;
mod contract;
mod extreme;
mod fairness;
mod leakage;
mod load;
mod missing;
mod segments;

pub use accuracy::{champion, history, rule};
pub use contract::fits;
pub use extreme::extreme;
pub use fairness::fairness;
pub use leakage::leakage;
pub use load::load;
pub use missing::missing;
pub use segments::{segments, worst};

use super::policy::Judged;
use ::contract::views::common::Table;
use ::contract::views::gates::GateLine;

/// A line under construction: a name and a verdict, and words where there are some.
pub struct Line(GateLine);

impl Line {
    pub fn new(key: &str, name: &str, sub: impl Into<String>, judged: Judged) -> Self {
        Self(GateLine {
            key: key.into(),
            name: name.into(),
            sub: sub.into(),
            verdict: judged.verdict,
            close: judged.close,
            required: true,
            value: "–".into(),
            interval: String::new(),
            needed: String::new(),
            evidence: String::new(),
            detail: None,
        })
    }
    /// Advice only.
    pub fn advice(mut self) -> Self {
        self.0.required = false;
        self
    }
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.0.value = value.into();
        self
    }
    pub fn interval(mut self, interval: impl Into<String>) -> Self {
        self.0.interval = interval.into();
        self
    }
    pub fn needed(mut self, needed: impl Into<String>) -> Self {
        self.0.needed = needed.into();
        self
    }
    pub fn evidence(mut self, evidence: impl Into<String>) -> Self {
        self.0.evidence = evidence.into();
        self
    }
    pub fn detail(mut self, detail: Table) -> Self {
        self.0.detail = (!detail.rows.is_empty()).then_some(detail);
        self
    }
    pub fn done(self) -> GateLine {
        self.0
    }
}
