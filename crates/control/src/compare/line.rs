//! What a comparison says: one object per chunk.

use super::feature::Distances;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// One chunk.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// From 0.
    pub chunk: u64,
    /// The value of the chunk column, where chunks are made by one; else the file, where there is a chunk per file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Of the period, or the first and the last time in the chunk; RFC 3339.
    pub start: Option<String>,
    pub end: Option<String>,
    pub rows: u64,
    pub features: Vec<FeatureLine>,
    pub prediction: Option<PredictionLine>,
    pub quality: Option<QualityLine>,
    pub joint: Option<JointLine>,
    pub alerts: Vec<Alert>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FeatureLine {
    pub feature: String,
    pub kind: &'static str,
    pub missing_rate: Option<f64>,
    /// Of categories that the reference never had; `None` for numbers.
    pub unseen_rate: Option<f64>,
    /// Of numbers outside the range of the reference; `None` for categories.
    pub out_of_range_rate: Option<f64>,
    pub distances: Option<DistancesLine>,
    pub verdict: &'static str,
    /// Probability of values as different as these when nothing has changed.
    pub p: f64,
    /// Rows from which a distance of the threshold can be told from chance; `None` if none suffice.
    pub detectable_at_rows: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PredictionLine {
    /// Share of each predicted class; `None` for a model that predicts a number.
    pub share: Option<BTreeMap<String, f64>>,
    /// Of the predictions.
    pub distances: Option<DistancesLine>,
    /// Of the scores, where they are named.
    pub score_distances: Option<DistancesLine>,
    pub verdict: &'static str,
    pub p: f64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct QualityLine {
    pub realised: BTreeMap<&'static str, f64>,
    /// Share of the rows whose outcome is known.
    pub coverage: f64,
    pub estimated: BTreeMap<&'static str, f64>,
    /// Standard error of each estimate by sampling.
    pub estimate_error: BTreeMap<&'static str, f64>,
    /// Whether outcomes agree with the estimate; `None` where there are too few of them.
    pub estimate_trusted: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JointLine {
    /// Strength of the change, 0 to 1: as if two unrelated features had come to correlate by so much.
    pub score: f64,
    pub p: f64,
    pub verdict: &'static str,
    pub detectable_at_rows: Option<u64>,
    /// The pairs that changed most.
    pub pairs: Vec<stats::joint::PairShift>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Page,
    Warn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    FeatureDrift,
    Missing,
    Unseen,
    PredictionDrift,
    JointDrift,
    Quality,
    ConceptDrift,
    Estimate,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alert {
    pub kind: Kind,
    /// `None` where the alert is about all of them, or about the answers.
    pub feature: Option<String>,
    pub severity: Severity,
    /// Start of the first chunk of this run of alerts; its number where there are no times.
    pub since: String,
    pub reason: String,
}

/// Distances as one flat object; what does not exist is `null`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DistancesLine(pub Distances);

impl Serialize for DistancesLine {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Categorical {
            chi_square: Option<f64>,
            chi_square_dof: Option<u64>,
            chi_square_p: Option<f64>,
            psi: f64,
            jensen_shannon: f64,
            hellinger: f64,
            l_infinity: f64,
            total_variation: f64,
        }
        match &self.0 {
            Distances::Numeric(d) => d.serialize(to),
            Distances::Categorical(d) => Categorical {
                chi_square: d.chi_square.map(|c| c.statistic),
                chi_square_dof: d.chi_square.map(|c| c.dof),
                chi_square_p: d.chi_square.map(|c| c.p),
                psi: d.psi,
                jensen_shannon: d.jensen_shannon,
                hellinger: d.hellinger,
                l_infinity: d.l_infinity,
                total_variation: d.total_variation,
            }
            .serialize(to),
        }
    }
}
