//! What crosses the wire between floors: ids, times, problems, contracts, inputs and the views that pages show. No I/O.

pub mod ids;
pub mod time;
pub mod problem;
pub mod role;
pub mod tensor;
pub mod spec;
pub mod rule;
pub mod deployment;
pub mod rollout;
pub mod plans;
pub mod verdict;
pub mod live;
pub mod urls;
pub mod inputs;
pub mod views;

pub use ids::*;
pub use problem::{FieldError, Problem, ProblemKind};
pub use role::Role;
pub use spec::{Contract, Feature, FeatureKind, Layout, Task};
pub use tensor::{DataType, TensorSpec};
pub use time::Millis;
pub use verdict::Verdict;
