//! The Open Inference Protocol, version 2, over REST, with the binary tensor data extension.

pub mod infer;
pub mod metadata;
pub mod stats;
pub mod repository;
pub mod nothing;
pub mod target;
pub mod decode;
pub mod encode;
pub mod compress;
pub mod refusal;
mod classify;
mod element;
mod flatten;
#[cfg(test)]
mod decode_tests;
