//! The server: HTTP at the edge, assembled from the floors below.

pub mod api;
mod aside;
pub mod background;
pub mod cli;
pub mod config;
pub mod edge;
pub mod json;
pub mod meters;
pub mod oip;
pub mod predict;
pub mod router;
pub mod server;
pub mod shared;
pub mod web;

pub use config::{Config, Settings};
pub use server::Server;
