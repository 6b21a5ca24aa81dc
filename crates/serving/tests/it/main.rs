//! Serving against the real ONNX Runtime and real files. Needs `ORT_DYLIB_PATH`; `cargo xtask setup` fetches the library.

mod hostile;
mod support;
