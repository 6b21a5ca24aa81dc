//! How an act is written down.

use crate::{Actor, Ctx};
use serde_json::Value as Json;
use store::audit::Entry;

/// An entry about `object` (its kind and id) by `who`, now. `summary` is a finished sentence, `detail` the numbers it was done on.
pub fn entry(
    cx: &Ctx,
    who: &Actor,
    action: &'static str,
    object: (&'static str, impl Into<String>),
    summary: impl Into<String>,
    detail: Json,
) -> Entry {
    Entry {
        at: cx.now(),
        actor: who.id.clone(),
        actor_name: who.name.clone(),
        action,
        object_kind: object.0,
        object_id: object.1.into(),
        summary: summary.into(),
        detail,
    }
}
