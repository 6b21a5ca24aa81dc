//! What is kept: one SQL text on two engines, transactions that carry audit and jobs, and blobs. The only crate that names sqlx.
//!
//! Reads go through [`Db`], writes through [`Tx`]; both speak the portable subset that `migrations/` is written in: text ids made
//! by the program, `bigint` milliseconds, `double precision`, JSON as text, `$1` placeholders, no `now()`, no autoincrement.

pub mod alert_channels;
pub mod alert_deliveries;
pub mod alert_silences;
pub mod alerts;
pub mod approvals;
pub mod audit;
pub mod blobs;
mod db;
pub mod deployments;
mod error;
pub mod events;
pub mod gates;
pub mod idempotency;
pub mod identity;
pub mod incidents;
pub mod jobs;
pub mod outcomes;
pub mod pages;
pub mod predictions;
pub mod registry;
pub mod reports;
pub mod resources;
pub mod rollouts;
pub mod sessions;
pub mod testing;
mod value;
pub mod watch;
pub mod windows;

pub use blobs::Blobs;
pub use db::{Db, Row, Tx};
pub use error::{Error, Result};
pub use value::Value;

/// Everything that is kept: tables and blobs.
#[derive(Clone, Debug)]
pub struct Store {
    pub db: Db,
    pub blobs: Blobs,
}
