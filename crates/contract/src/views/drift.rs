//! The drift page of a deployment: which feature moved, how far, since when, with which evidence.

use super::deployment::Head;
use super::parts::{Answer, Change, Point, Series};
use crate::time::Millis;
use crate::verdict::{State, Verdict};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriftView {
    pub head: Head,
    pub answer: Answer,
    /// Distance from which drift counts, where the evidence suffices.
    pub threshold: f64,
    /// Length of one column of the heat map, milliseconds.
    pub span: i64,
    /// Starts of the columns, oldest first.
    pub windows: Vec<Millis>,
    /// Worst first.
    pub features: Vec<FeatureRow>,
    /// The one that the address names, or the worst.
    pub selected: Option<SelectedFeature>,
    pub prediction: PredictionDrift,
    /// How the features go together; `None` where the baseline does not know.
    #[serde(default)]
    pub joint: Option<JointDrift>,
    /// How many false alarms are accepted, and how often the rules about drift would have fired over what is stored; empty where nothing
    /// is stored.
    #[serde(default)]
    pub budget: String,
    pub changes: Vec<Change>,
}

/// How features go together now, apart from how each is distributed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JointDrift {
    pub state: State,
    /// The finding with its evidence.
    pub sentence: String,
    /// As if two unrelated features had come to correlate by so much, 0 to 1.
    pub strength: f64,
    pub threshold: f64,
    pub rows: u64,
    /// The pairs that changed most, first the largest.
    pub pairs: Vec<PairLine>,
    /// Which rows are counted.
    pub method: String,
}

/// Correlation of two columns (a feature, or `plan = gold`) in the reference and now, −1 to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairLine {
    pub first: String,
    pub second: String,
    pub reference: f64,
    pub current: f64,
}

/// Where a drift comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attribution {
    /// The minute with which it began, as the windows around it tell.
    pub since: Option<Millis>,
    /// Since when, which values, which group: finished sentences.
    pub sentences: Vec<String>,
    /// Rows of the log that show it, newest first.
    pub rows: Vec<ExampleRow>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExampleRow {
    pub id: String,
    pub at: Millis,
    /// Of the feature; `–` where it is missing.
    pub value: String,
    pub label: String,
    pub score: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureRow {
    pub feature: String,
    pub url: String,
    /// `Wasserstein / std` or `Jensen-Shannon`.
    pub measure: String,
    /// Over the deployment's drift window, until now.
    pub now: Cell,
    /// One per window, in the order of `windows`.
    pub cells: Vec<Cell>,
    /// What is wrong with it now, in a few words: `Missing more often`; empty where nothing is.
    #[serde(default)]
    pub wrong: String,
    /// Its share in what the model's inputs do for its quality, 0 to 1; `None` where that was not measured.
    #[serde(default)]
    pub importance: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    pub distance: Option<f64>,
    pub verdict: Verdict,
    pub rows: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SelectedFeature {
    pub feature: String,
    pub description: String,
    pub state: State,
    pub measure: String,
    /// The finding as a sentence.
    pub headline: String,
    /// The evidence: distance, threshold, rows, how rare that is when nothing has changed.
    pub evidence: String,
    /// Since when it has been above the threshold without a break.
    pub since: Option<Millis>,
    pub distance: Vec<Point>,
    pub missing: Rate,
    /// `None` for numbers.
    pub unseen: Option<Rate>,
    /// Numbers outside the range of the training data; `None` for categories.
    #[serde(default)]
    pub out_of_range: Option<Rate>,
    /// Whether it stands still, as a sentence; empty for categories, and where too few rows can tell.
    #[serde(default)]
    pub stuck: String,
    /// Every distance of its values from the training data, over the same rows.
    #[serde(default)]
    pub distances: Vec<DistanceLine>,
    pub bins: Vec<BinShare>,
    pub reference_rows: u64,
    pub current_rows: u64,
    /// `median 2,640, 6.3% missing`.
    pub reference_words: String,
    pub current_words: String,
    /// Rows from which the threshold could be told from chance.
    pub detectable_at_rows: Option<u64>,
    #[serde(default)]
    pub importance: Option<f64>,
    /// Only where it has drifted.
    #[serde(default)]
    pub attribution: Option<Attribution>,
}

/// One distance, between the values now and those of the training data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DistanceLine {
    /// A word for scripts: `psi`.
    pub distance: String,
    /// `Population stability index`.
    pub name: String,
    pub value: f64,
    /// Its unit and where it is usual to look: `0 to 1`.
    pub scale: String,
}

/// A rate in the reference and now.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    pub reference: f64,
    pub current: Option<f64>,
    pub verdict: Verdict,
}

/// One bin of both distributions; shares of the non-missing values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BinShare {
    /// `500 to 1,000` or a category.
    pub label: String,
    /// Edges for numbers; open at the ends.
    pub from: Option<f64>,
    pub to: Option<f64>,
    pub reference: f64,
    pub current: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PredictionDrift {
    /// `Share of “yes”`, `Mean prediction`.
    pub title: String,
    pub reference: Option<f64>,
    pub current: Option<f64>,
    pub state: State,
    /// The finding with its evidence.
    pub sentence: String,
    pub over_time: Vec<Series>,
}
