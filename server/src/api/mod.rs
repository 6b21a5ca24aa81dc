//! Slipway's own interface for programs, `/api/v1`: each room is a file, each handler a few lines over the same function of
//! `control` that the pages call.

pub mod alerts;
pub mod approvals;
pub mod audit;
pub mod channels;
pub mod datasets;
pub mod deployments;
pub mod events;
pub mod gates;
pub mod idempotency;
pub mod incidents;
pub mod list;
pub mod me;
pub mod models;
pub mod monitoring;
pub mod monitors;
pub mod nothing;
pub mod outcomes;
pub mod predict;
pub mod reports;
pub mod rollouts;
pub mod silences;
pub mod stream;
pub mod take;
pub mod tokens;
pub mod users;
pub mod versions;
