//! Reading what is used back, per node.

use super::window::Levels;
use crate::{Ctx, IntoProblem, Outcome};
use contract::Millis;
use contract::inputs::TimeRange;
use contract::time::{DAY, HOUR, MINUTE};

/// What one node used in one window.
#[derive(Clone, Debug)]
pub struct Used {
    pub node: String,
    pub start: Millis,
    pub levels: Levels,
}

/// Span of the windows that a range is read in.
pub fn span(range: TimeRange, now: Millis) -> i64 {
    if range.to - range.from <= DAY + MINUTE && now - range.from <= 3 * DAY { MINUTE } else { HOUR }
}

/// Windows that start in the range, oldest first; several of a node where several processes ran on it.
pub async fn used(cx: &Ctx, span: i64, range: TimeRange) -> Outcome<Vec<Used>> {
    let rows = cx.store.db.resources(span, range.from.floor_to(span), range.to).await.or_problem("Reading what is used")?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let levels = serde_json::from_str(&row.stats)
                .inspect_err(|error| tracing::error!(row.node, row.start, %error, "a stored window cannot be read"))
                .ok()?;
            Some(Used { node: row.node, start: Millis(row.start), levels })
        })
        .collect())
}
