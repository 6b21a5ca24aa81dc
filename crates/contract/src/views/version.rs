//! One version: what it is, what it expects, how it was tested, where it serves, what happened to it.

use crate::deployment::DeploymentSettings;
use crate::ids::{BlobHash, DatasetId, DeploymentName, ModelName, VersionNo};
use crate::spec::{Contract, Task};
use crate::tensor::TensorSpec;
use crate::verdict::State;
use crate::views::approvals::ApprovalLine;
use crate::views::audit::AuditLine;
use crate::views::common::{Allowed, Fact, Snippet, When};
use crate::views::gates::GatesView;
use crate::views::models::Served;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionView {
    pub model: ModelName,
    pub version: VersionNo,
    /// The page's title is the answer: `Version 3 has passed all 9 gates it needs and is better than the champion`.
    pub answer: String,
    /// One or two sentences under it.
    pub lede: String,
    pub state: State,
    pub about: About,
    /// Every version of the model, newest first, for the version switch.
    pub versions: Vec<VersionNo>,
    pub aliases: Vec<AliasLine>,
    pub serving: Vec<Served>,
    pub contract: ContractView,
    pub gates: GatesView,
    pub datasets: Vec<DatasetLine>,
    pub lineage: Vec<LineageStep>,
    pub realised: Realised,
    /// The newest approval about this version.
    pub approval: Option<ApprovalLine>,
    /// Everything that happened to it, newest first.
    pub activity: Vec<AuditLine>,
    pub may_run_gates: Allowed,
    pub may_request: Allowed,
    /// Deployments of this model for which promotion may be asked.
    pub targets: Vec<PromotionTarget>,
    /// How to ask it: one request with a row of its own reference data.
    pub snippets: Vec<Snippet>,
}

/// What was read from the file, and what was said at registration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    pub hash: BlobHash,
    /// `models:/churn/3`
    pub address: String,
    pub file_bytes: u64,
    /// `4.2 MB`
    pub file_words: String,
    pub opset: i64,
    /// `skl2onnx 1.19`; empty where the file does not say.
    pub producer: String,
    pub operators: u32,
    pub task: Task,
    pub inputs: Vec<TensorSpec>,
    pub outputs: Vec<TensorSpec>,
    pub registered_by: String,
    pub registered: When,
    pub notes: String,
    pub tags: Vec<(String, String)>,
    /// The same as lines of a list: registered, file, score, address …
    pub facts: Vec<Fact>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AliasLine {
    pub alias: String,
    pub since: When,
    pub by: String,
}

/// The data contract with words: `19 features in, one score out. Three seem to hold personal data.`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContractView {
    pub summary: String,
    /// How a record becomes tensors, one sentence.
    pub layout: String,
    pub features: Vec<FeatureLine>,
    /// The contract itself, for programs and for copying.
    pub contract: Contract,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureLine {
    pub name: String,
    /// `number`, `whole number`, `category`, `text`, `yes or no`.
    pub kind: String,
    /// `0 to 400`, `basic, gold, silver`, `97 values`, `any`.
    pub allowed: String,
    /// `no`, `yes, 4.1 %`.
    pub missing: String,
    /// `No`, `Names a person`, `Indirect`, `Sensitive`.
    pub personal: String,
    /// `guessed` while nobody has looked at it.
    pub personal_note: String,
    pub description: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetLine {
    pub id: DatasetId,
    /// `reference`, `heldback`.
    pub role: String,
    pub file_name: String,
    pub rows: u64,
    pub columns: u32,
    pub hash: BlobHash,
    pub added: When,
}

/// From the data to the customers it serves, left to right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineageStep {
    /// `Data`, `Code`, `Training run`, `Version`, `Serves`.
    pub kind: String,
    pub text: String,
    /// A hash, a commit, an id.
    pub code: String,
    pub href: Option<String>,
}

/// Where production performance is to be found, in a sentence; numbers are on the deployment's own page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Realised {
    pub sentence: String,
    pub deployment: Option<DeploymentName>,
    /// How to send true outcomes.
    pub snippets: Vec<Snippet>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PromotionTarget {
    pub deployment: DeploymentName,
    pub stable: Option<VersionNo>,
    pub settings: DeploymentSettings,
}
