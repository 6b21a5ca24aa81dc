//! The data contract of a version: what it expects, what it returns, and how records become tensors.

use crate::tensor::TensorSpec;
use serde::{Deserialize, Serialize};

/// What kind of question the model answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    Binary,
    Multiclass,
    Regression,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeatureKind {
    /// Any real number.
    Number,
    /// A whole number.
    Integer,
    /// One of a known list of words.
    Category,
    /// Free text.
    Text,
    Boolean,
}

/// Class of personal data that a feature seems to hold or was declared to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pii {
    None,
    /// Names a person: name, e-mail, telephone, account number.
    Direct,
    /// Narrows down to a person together with others: birth date, post code.
    Indirect,
    /// Special category: health, religion, ethnicity, sex.
    Sensitive,
}

/// What is done with a request that breaks the contract's range, categories or nullability. A wrong type is always refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnViolation {
    /// Served, counted, shown.
    #[default]
    Count,
    /// Refused with an error that names the feature.
    Refuse,
}

/// One column of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    pub name: String,
    pub kind: FeatureKind,
    /// Whether a missing value is expected.
    pub nullable: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub categories: Option<Vec<String>>,
    pub pii: Pii,
    /// A person has looked at the guessed PII class.
    #[serde(default)]
    pub pii_confirmed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default)]
    pub on_violation: OnViolation,
}

/// How a record's features become the model's tensors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Layout {
    /// One tensor per feature, named as the feature, `[n]` or `[n, 1]`.
    Columns,
    /// One float matrix `[n, features]`, features in the contract's order.
    Matrix { input: String },
    /// One opaque tensor (an image, say); `features` name its flattened elements if there are at most 512, else are empty.
    Tensor { input: String },
}

/// What a version expects and returns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contract {
    pub task: Task,
    pub layout: Layout,
    /// In the order in which a matrix holds them.
    pub features: Vec<Feature>,
    pub inputs: Vec<TensorSpec>,
    pub outputs: Vec<TensorSpec>,
    /// Output that holds the predicted class or value.
    pub label_output: Option<String>,
    /// Output that holds class scores, `[n, classes]` or `[n]`.
    pub score_output: Option<String>,
    /// Class names in the order of the scores; empty for regression.
    #[serde(default)]
    pub classes: Vec<String>,
    /// The class that counts as "yes".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positive: Option<String>,
    /// Name of the true-label column in datasets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_column: Option<String>,
    /// Features by whose values quality is also reported.
    #[serde(default)]
    pub segments: Vec<String>,
    /// Whether the first dimension of every input is a variable batch.
    pub batched: bool,
}

impl Contract {
    pub fn feature(&self, name: &str) -> Option<&Feature> {
        self.features.iter().find(|feature| feature.name == name)
    }

    /// Index of the positive class among the scores.
    pub fn positive_index(&self) -> Option<usize> {
        let positive = self.positive.as_ref()?;
        self.classes.iter().position(|class| class == positive)
    }

    /// Features that were declared or guessed to be personal data.
    pub fn personal(&self) -> impl Iterator<Item = &Feature> {
        self.features.iter().filter(|feature| feature.pii != Pii::None)
    }
}
