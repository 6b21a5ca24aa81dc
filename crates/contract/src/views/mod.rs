//! What each page shows, complete: pages fetch one view and draw it. Views carry facts and finished sentences, never colours.

pub mod alerts;
pub mod approvals;
pub mod audit;
pub mod channels;
pub mod common;
pub mod deployment;
pub mod drift;
pub mod events;
pub mod fleet;
pub mod gates;
pub mod inbox;
pub mod incidents;
pub mod latency;
pub mod models;
pub mod monitors;
pub mod parts;
pub mod people;
pub mod quality;
pub mod report;
pub mod resources;
pub mod rollouts;
pub mod shell;
pub mod slo;
pub mod stale;
pub mod version;
