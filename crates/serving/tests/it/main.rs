//! Serving against the real ONNX Runtime and real files. Needs `ORT_DYLIB_PATH`; `cargo xtask setup` fetches the library.

mod cache;
mod examples;
mod fallback;
mod hang;
mod hostile;
mod model;
mod predict;
mod rollout;
mod spent;
mod support;
mod trial;
