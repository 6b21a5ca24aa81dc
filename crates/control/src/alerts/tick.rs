//! The reconciler of alerts: every few seconds it asks what fires, opens what is new, and resolves what has been quiet for three
//! looks. One open alert per deployment, kind and subject.

use super::round::Round;
use super::rules::Firing;
use super::{look, outbox};
use crate::audit::entry;
use crate::deployments::Known;
use crate::monitoring::change_before;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::alerting::AlertEvent;
use contract::live::Topic;
use contract::verdict::State;
use contract::views::alerts::AlertKind;
use contract::{AlertId, DeploymentName, urls};
use serde_json::json;
use store::Tx;
use store::alerts::AlertRow;

/// Looks in a row without the condition after which an alert is resolved.
const CLEAR_LOOKS: i64 = 3;

/// Looks at every deployment once.
pub async fn tick(cx: &Ctx) -> Outcome<()> {
    let book = cx.book.all();
    let round = Round::read(cx).await?;
    for known in book.values().filter(|known| known.stable.is_some()) {
        if let Err(problem) = one(cx, known, &round).await {
            tracing::error!(deployment = %known.name, %problem, "alerts could not be judged");
        }
    }
    cx.kept.retain(|name| book.contains_key(name));
    Ok(())
}

async fn one(cx: &Ctx, known: &Known, round: &Round) -> Outcome<()> {
    let doing = "Judging alerts";
    let firing = look::firing(cx, known, round).await?;
    if firing.is_empty() && !round.open_of(&known.name).any(is_watched) {
        return Ok(());
    }
    let mut announced = Vec::new();
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let open = tx.alerts_open_of(known.name.as_str()).await.or_problem(doing)?;
    for fires in &firing {
        match open.iter().find(|row| row.kind == fires.kind.word() && row.subject == fires.subject) {
            None => announced.push(raise(cx, &mut tx, &known.name, fires).await?),
            Some(row) => {
                let row = AlertRow {
                    severity: severity(fires.state).into(),
                    headline: fires.headline.clone(),
                    sentence: fires.sentence.clone(),
                    numbers: fires.numbers.to_string(),
                    // The worst feature of a group may be another by now.
                    url: address(&known.name, fires),
                    seen_at: cx.now().0,
                    clear_looks: 0,
                    ..row.clone()
                };
                tx.alert_update(&row).await.or_problem(doing)?;
                outbox::call_in(cx, &mut tx, &row).await?;
            }
        }
    }
    let quiet = open.iter().filter(|row| {
        is_watched(row) && !firing.iter().any(|fires| row.kind == fires.kind.word() && row.subject == fires.subject)
    });
    for row in quiet {
        let clear_looks = row.clear_looks + 1;
        let resolved = clear_looks >= CLEAR_LOOKS;
        let row = &AlertRow { clear_looks, resolved_at: resolved.then_some(cx.now().0), ..row.clone() };
        tx.alert_update(row).await.or_problem(doing)?;
        if resolved {
            outbox::tell_in(cx, &mut tx, row, AlertEvent::Resolved).await?;
            let summary = format!("Resolved: {}", row.headline);
            tx.audit(entry(
                cx,
                &Actor::system(),
                "alert.resolved",
                ("alert", row.id.clone()),
                summary,
                json!({"deployment": row.deployment, "kind": row.kind}),
            ))
            .await
            .or_problem(doing)?;
            announced.push(AlertId::from(row.id.as_str()));
        }
    }
    tx.commit().await.or_problem(doing)?;
    announced.into_iter().for_each(|alert| cx.announce(Topic::Alert { alert, deployment: known.name.clone() }));
    Ok(())
}

/// Whether the condition is looked at again and again; what happened once stays until somebody has seen it.
fn is_watched(row: &AlertRow) -> bool {
    AlertKind::parse(&row.kind).is_some_and(|kind| kind != AlertKind::RolledBack)
}

/// Opens an alert inside the caller's transaction.
pub async fn raise(cx: &Ctx, tx: &mut Tx, deployment: &DeploymentName, fires: &Firing) -> Outcome<AlertId> {
    let doing = "Raising an alert";
    let id = AlertId(cx.new_id());
    let row = AlertRow {
        id: id.0.clone(),
        deployment: deployment.0.clone(),
        kind: fires.kind.word().into(),
        subject: fires.subject.clone(),
        severity: severity(fires.state).into(),
        headline: fires.headline.clone(),
        sentence: fires.sentence.clone(),
        numbers: fires.numbers.to_string(),
        changed_before: change_before(cx, tx, deployment).await?.map(|change| json!(change).to_string()),
        url: address(deployment, fires),
        since: cx.now().0,
        seen_at: cx.now().0,
        clear_looks: 0,
        resolved_at: None,
        acknowledged_by: None,
        acknowledged_at: None,
        note: String::new(),
    };
    tx.alert_insert(&row).await.or_problem(doing)?;
    crate::incidents::on_alert(cx, tx, &row).await?;
    let detail = json!({"deployment": deployment, "kind": fires.kind, "subject": fires.subject, "numbers": fires.numbers});
    tx.audit(entry(
        cx,
        &Actor::system(),
        "alert.raised",
        ("alert", id.as_str()),
        format!("{deployment}: {}", fires.headline),
        detail,
    ))
    .await
    .or_problem(doing)?;
    outbox::call_in(cx, tx, &row).await?;
    Ok(id)
}

fn severity(state: State) -> &'static str {
    if state == State::Bad { "bad" } else { "watch" }
}

/// The page that shows it.
pub(super) fn address(deployment: &DeploymentName, fires: &Firing) -> String {
    match fires.kind {
        AlertKind::FeatureDrift | AlertKind::Missing | AlertKind::Unseen => {
            urls::drift_feature(deployment, fires.numbers["feature"].as_str().unwrap_or(&fires.subject))
        }
        AlertKind::PredictionDrift | AlertKind::JointDrift => urls::deployment(deployment, "drift"),
        AlertKind::Quality | AlertKind::Estimate | AlertKind::ConceptDrift => urls::deployment(deployment, "quality"),
        AlertKind::Resources => urls::deployment(deployment, "resources"),
        AlertKind::Stale => urls::deployment(deployment, ""),
        AlertKind::Errors | AlertKind::Latency | AlertKind::Degraded | AlertKind::RecordingDrops | AlertKind::ErrorBudget => {
            urls::deployment(deployment, "latency")
        }
        AlertKind::Unloadable => urls::deployment(deployment, ""),
        AlertKind::RolledBack | AlertKind::TrafficSplit => urls::rollout(&fires.subject.as_str().into()),
    }
}
