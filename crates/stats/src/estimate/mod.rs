//! How good answers are expected to be before their outcomes arrive, with a sampling error, and whether to believe it.
//!
//! A calibrator or an error model is fitted on labelled reference rows and frozen with the version; records of live
//! predictions are sums, and merge. Estimates follow changes of the inputs and are blind to a changed relation between
//! inputs and outcome: once outcomes arrive, [`judge_trust`] says whether the estimate held.

mod binary;
mod boosted;
mod calibrator;
mod isotonic;
mod judge;
mod multiclass;
mod platt;
mod regression;
mod sampling;
mod trust;

pub use binary::{BinaryEstimate, ExpectedBin, estimated_roc_auc};
pub use boosted::{Boosted, Tree};
pub use calibrator::{Calibrator, MulticlassCalibrator};
pub use isotonic::Isotonic;
pub use judge::{EstimateFinding, judge_estimate};
pub use multiclass::{ExpectedClass, MulticlassEstimate};
pub use platt::Platt;
pub use regression::{ErrorModel, RegressionEstimate};
pub use sampling::{BinarySampling, MulticlassSampling, RegressionSampling, SamplingError};
pub use trust::{BAND, Better, Comparison, FEWEST_LABELLED, Trust, TrustFinding, judge_trust, may_support_rollback};
