//! The Open Inference Protocol, version 2, over REST, with the binary tensor data extension.

mod classify;
pub mod compress;
pub mod decode;
#[cfg(test)]
mod decode_tests;
mod element;
pub mod encode;
mod flatten;
pub mod infer;
pub mod metadata;
pub mod nothing;
pub mod refusal;
pub mod repository;
pub mod stats;
pub mod target;
