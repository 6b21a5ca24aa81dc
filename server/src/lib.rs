//! The server: HTTP at the edge, assembled from the floors below.

pub mod router;
pub mod background;
pub mod server;
pub mod config;
pub mod shared;
pub mod predict;
pub mod meters;
pub mod web;
pub mod api;
pub mod oip;
pub mod cli;

pub use config::{Config, Settings};
pub use server::Server;
