//! What each page shows, complete: pages fetch one view and draw it. Views carry facts and finished sentences, never colours.

pub mod common;
pub mod shell;
pub mod people;
pub mod inbox;
pub mod models;
pub mod version;
pub mod gates;
pub mod approvals;
pub mod audit;
pub mod alerts;
pub mod deployment;
pub mod drift;
pub mod fleet;
pub mod latency;
pub mod parts;
pub mod quality;
pub mod report;
pub mod rollouts;
