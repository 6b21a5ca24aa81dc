//! A rollout that rolled itself back, or was rolled back, is something that somebody has to look at.

use super::rules::Firing;
use super::tick::raise;
use crate::rollouts::Course;
use crate::{Ctx, Outcome};
use contract::AlertId;
use contract::verdict::State;
use contract::views::alerts::AlertKind;
use serde_json::json;
use store::Tx;

/// Opens the alert in the transaction that ends the rollout.
pub async fn rolled_back_in(cx: &Ctx, tx: &mut Tx, course: &Course, reason: &str) -> Outcome<AlertId> {
    let firing = Firing {
        kind: AlertKind::RolledBack,
        subject: course.id.0.clone(),
        state: State::Watch,
        headline: format!("Version {} was rolled back", course.canary),
        sentence: format!("{reason} Version {} answers everything again.", course.stable),
        numbers: json!({"rollout": course.id, "canary": course.canary, "stable": course.stable}),
    };
    raise(cx, tx, &course.deployment, &firing).await
}
