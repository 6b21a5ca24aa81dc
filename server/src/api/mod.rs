//! Slipway's own interface for programs, `/api/v1`: each room is a file, each handler a few lines over the same function of
//! `control` that the pages call.

pub mod take;
pub mod list;
pub mod idempotency;
pub mod nothing;
pub mod me;
pub mod models;
pub mod versions;
pub mod gates;
pub mod deployments;
pub mod predict;
pub mod monitoring;
pub mod rollouts;
pub mod approvals;
pub mod outcomes;
pub mod alerts;
pub mod reports;
pub mod audit;
pub mod users;
pub mod tokens;
pub mod stream;
