//! What the tests of all rooms share: a context on each engine with a clock that stands still, and people of every role.

use crate::{Actor, Ctx, TestClock};
use contract::{Millis, Role};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use store::{Blobs, Store};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A fresh context on each engine at hand, with its clock.
pub async fn contexts() -> Vec<(Ctx, Arc<TestClock>)> {
    let mut all = Vec::new();
    for db in store::testing::databases().await {
        let folder =
            std::env::temp_dir().join(format!("slipway-blobs-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
        let blobs = Blobs::open(&format!("file:{}", folder.display())).expect("a temporary folder for blobs");
        let clock = TestClock::at(Millis::parse("2026-03-17T14:20:00Z").expect("a time"));
        all.push((Ctx::new(Store { db, blobs }, clock.clone()), clock));
    }
    all
}

/// A person of the role, who needs not be registered.
pub fn person(id: &str, role: Role) -> Actor {
    Actor { id: id.into(), name: id.into(), role }
}

/// The same, with the ONNX Runtime that `ORT_DYLIB_PATH` names. Without it a test fails: it is not skipped.
#[expect(clippy::disallowed_methods, reason = "tests take the runtime's place from the environment")]
pub async fn contexts_with_runtime() -> Vec<(Ctx, Arc<TestClock>)> {
    let path =
        std::env::var_os("ORT_DYLIB_PATH").expect("ORT_DYLIB_PATH must name libonnxruntime: run `cargo xtask setup`, or set it");
    let runtime = serving::Runtime::start(std::path::Path::new(&path)).expect("ONNX Runtime starts");
    contexts().await.into_iter().map(|(cx, clock)| (cx.with_runtime(runtime.clone()), clock)).collect()
}

/// A file of `examples/`.
pub fn example(path: &str) -> bytes::Bytes {
    let path = format!("{}/../../examples/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}")).into()
}
