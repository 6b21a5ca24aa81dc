//! What the tests of all rooms share: a context on each engine with a clock that stands still, and people of every role.

use crate::{Actor, Ctx, TestClock};
use contract::{Millis, Role};
use std::sync::Arc;
use store::{Blobs, Store};

/// A fresh context on each engine at hand, with its clock.
pub async fn contexts() -> Vec<(Ctx, Arc<TestClock>)> {
    let mut all = Vec::new();
    for db in store::testing::databases().await {
        let folder = std::env::temp_dir().join(format!("slipway-blobs-{}", uuid::Uuid::now_v7().simple()));
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
