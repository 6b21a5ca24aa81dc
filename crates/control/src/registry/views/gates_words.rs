//! The newest gate runs of a model, by version.

use crate::gates;
use crate::{Ctx, IntoProblem, Outcome};
use contract::ModelName;
use contract::views::models::GatesWord;
use std::collections::BTreeMap;

/// A run in a word, with the metrics it found on held-back rows.
pub type Found = (GatesWord, BTreeMap<String, f64>);

/// By model and version; a version without a run is not in it.
pub async fn of(cx: &Ctx, model: Option<&ModelName>) -> Outcome<BTreeMap<(String, i64), Found>> {
    let runs = cx.store.db.latest_gate_runs(model).await.or_problem("Reading the gates")?;
    runs.into_iter().map(|run| Ok(((run.model.clone(), run.version), gates::words(Some(&run), cx.now())?))).collect()
}

/// What is said of a version without a run.
pub fn none(cx: &Ctx) -> Outcome<Found> {
    gates::words(None, cx.now())
}
