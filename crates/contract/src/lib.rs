//! What crosses the wire between floors: ids, times, problems, contracts, inputs and the views that pages show. No I/O.

pub mod alerting;
pub mod deployment;
pub mod ids;
pub mod inputs;
pub mod live;
pub mod plans;
pub mod problem;
pub mod role;
pub mod rollout;
pub mod rule;
pub mod spec;
pub mod tensor;
pub mod time;
pub mod urls;
pub mod verdict;
pub mod views;

pub use ids::*;
pub use problem::{FieldError, Problem, ProblemKind};
pub use role::Role;
pub use spec::{Contract, Feature, FeatureKind, Layout, Task};
pub use tensor::{DataType, TensorSpec};
pub use time::Millis;
pub use verdict::Verdict;
