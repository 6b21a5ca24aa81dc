//! Quality on held-back data, as it was measured before a version went live.

use crate::{Ctx, Outcome};
use contract::{ModelName, VersionNo};

/// A measure of the version's last gate run; `None` if it had no held-back data.
pub async fn offline(cx: &Ctx, model: &ModelName, version: VersionNo, measure: &str) -> Outcome<Option<f64>> {
    let metrics = crate::gates::heldback_metrics(cx, model, version).await?;
    Ok(metrics.and_then(|metrics| metrics.metrics.get(measure).copied()))
}
