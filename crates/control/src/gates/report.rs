//! What a run found, as it is kept.

use super::measure::{Estimate, Metric};
use contract::views::approvals::FlipLine;
use contract::views::gates::{GateLine, InputWeight, SegmentTable};
use contract::{Verdict, VersionNo};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything a run found. Kept as JSON; evidence of approvals is made from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub policy: String,
    pub champion: Option<VersionNo>,
    /// Held-back rows that were judged.
    pub rows: u64,
    pub gates: Vec<GateLine>,
    pub segments: Option<SegmentTable>,
    pub inputs: Vec<InputWeight>,
    /// Empty without a champion.
    pub flips: Vec<FlipLine>,
    pub compare: Compare,
    /// `accuracy`, `roc_auc`, `mae` … of this version on the held-back rows.
    pub metrics: BTreeMap<String, f64>,
}

/// The candidate beside the champion and the simple rule, on the same rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compare {
    pub metric: Metric,
    pub candidate: Option<Estimate>,
    pub champion: Option<Estimate>,
    pub rule: Option<Estimate>,
    pub rule_words: String,
    /// Where the rule comes from, and what it says.
    #[serde(default)]
    pub rule_origin: String,
    /// Positive where the candidate is better.
    pub over_champion: Option<Estimate>,
    pub over_rule: Option<Estimate>,
    pub seed: u64,
}

impl Report {
    /// Required gates that did not pass.
    pub fn held_up_by(&self) -> Vec<&GateLine> {
        self.gates.iter().filter(|gate| gate.required && gate.verdict != Verdict::Pass).collect()
    }

    pub fn passed(&self) -> bool {
        self.held_up_by().is_empty()
    }

    /// `9 of 9 needed gates passed, one of them close to its limit. Advice: 1 failed.`
    pub fn summary(&self) -> String {
        let needed: Vec<&GateLine> = self.gates.iter().filter(|gate| gate.required).collect();
        let passed = needed.iter().filter(|gate| gate.verdict == Verdict::Pass).count();
        let close = needed.iter().filter(|gate| gate.close).count();
        let undecided = needed.iter().filter(|gate| gate.verdict == Verdict::Insufficient).count();
        let mut text = format!("{passed} of {} needed gates passed", needed.len());
        match close {
            0 => {}
            1 => text.push_str(", one of them close to its limit"),
            n => text.push_str(&format!(", {n} of them close to their limits")),
        }
        match undecided {
            0 => {}
            1 => text.push_str("; one had not enough data"),
            n => text.push_str(&format!("; {n} had not enough data")),
        }
        let advice: Vec<&str> = self
            .gates
            .iter()
            .filter(|gate| !gate.required && gate.verdict == Verdict::Fail)
            .map(|gate| gate.name.as_str())
            .collect();
        text.push('.');
        if !advice.is_empty() {
            text.push_str(&format!(" Worth a look: {}.", advice.join(", ").to_lowercase()));
        }
        text
    }
}
