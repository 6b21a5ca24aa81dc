//! What is kept: one SQL text on two engines, transactions that carry audit and jobs, and blobs. The only crate that names sqlx.
//!
//! Reads go through [`Db`], writes through [`Tx`]; both speak the portable subset that `migrations/` is written in: text ids made
//! by the program, `bigint` milliseconds, `double precision`, JSON as text, `$1` placeholders, no `now()`, no autoincrement.

mod db;
mod error;
mod value;
pub mod audit;
pub mod jobs;
pub mod sessions;
pub mod idempotency;
pub mod identity;
pub mod registry;
pub mod gates;
pub mod approvals;
pub mod testing;
pub mod blobs;
pub mod alerts;
pub mod deployments;
pub mod outcomes;
pub mod predictions;
pub mod reports;
pub mod rollouts;
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
