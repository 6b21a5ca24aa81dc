//! The reconciler of alerts: every few seconds it asks what fires, opens what is new, and resolves what has been quiet for as long as
//! its window asks. One open alert per deployment, kind and subject; what comes back soon is the alert that it was.

use super::grouped::{self, Group, Patience};
use super::lasting::{is_over, is_same, lasting, window_of};
use super::look::{self, Looked};
use super::outbox;
use super::round::Round;
use super::rules::Firing;
use crate::audit::entry;
use crate::deployments::Known;
use crate::monitoring::change_before;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::alerting::AlertEvent;
use contract::live::Topic;
use contract::verdict::State;
use contract::views::alerts::AlertKind;
use contract::{AlertId, DeploymentName, Millis, urls};
use serde_json::json;
use store::Tx;
use store::alerts::AlertRow;

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
    let Looked { features, mut firing, held } = look::looked(cx, known, round).await?;
    if firing.is_empty() && features.is_empty() && !round.open_of(&known.name).any(is_watched) {
        return Ok(());
    }
    let mut announced = Vec::new();
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let open = tx.alerts_open_of(known.name.as_str()).await.or_problem(doing)?;
    let groups: Vec<Group> = open.iter().filter_map(Group::of).collect();
    let lasts = lasting(AlertKind::FeatureDrift, &known.settings);
    let patience = Patience { together: window_of(&known.settings), forgets: lasts.quiet + lasts.cool_down };
    firing.extend(grouped::features(&features, &groups, cx.now(), patience));
    for fires in &firing {
        match open.iter().find(|row| is_of(row, fires.kind, &fires.subject)) {
            None => match ended(cx, &mut tx, known, fires, &open).await? {
                Some(row) => announced.push(reopen(cx, &mut tx, row, fires).await?),
                None => announced.push(raise(cx, &mut tx, &known.name, fires).await?),
            },
            Some(row) => {
                let mut row = told_anew(cx, row.clone(), fires);
                row.numbers = still_told(cx, &row, &held);
                tx.alert_update(&row).await.or_problem(doing)?;
                outbox::call_in(cx, &mut tx, &row).await?;
            }
        }
    }
    let quiet = open.iter().filter(|row| is_watched(row) && !firing.iter().any(|fires| is_of(row, fires.kind, &fires.subject)));
    for row in quiet {
        if held.iter().any(|(kind, subject)| is_held(row, *kind, subject)) {
            let row = AlertRow { clear_looks: 0, seen_at: cx.now().0, numbers: still_told(cx, row, &held), ..row.clone() };
            tx.alert_update(&row).await.or_problem(doing)?;
        } else if look_quiet(cx, &mut tx, known, row).await? {
            announced.push(AlertId::from(row.id.as_str()));
        }
    }
    tx.commit().await.or_problem(doing)?;
    announced.into_iter().for_each(|alert| cx.announce(Topic::Alert { alert, deployment: known.name.clone() }));
    Ok(())
}

/// One more look without its condition; whether the alert is over with it.
async fn look_quiet(cx: &Ctx, tx: &mut Tx, known: &Known, row: &AlertRow) -> Outcome<bool> {
    let doing = "Judging alerts";
    let Some(kind) = AlertKind::parse(&row.kind) else { return Ok(false) };
    let (now, lasting) = (cx.now(), lasting(kind, &known.settings));
    let clear_looks = row.clear_looks + 1;
    let over = is_over(lasting, clear_looks, now.0 - row.seen_at);
    let row = &AlertRow { clear_looks, resolved_at: over.then_some(now.0), ..row.clone() };
    tx.alert_update(row).await.or_problem(doing)?;
    if over {
        // Whoever was called hears of the end once it can no longer come back as the same alert: on and off is told once.
        outbox::tell_at(cx, tx, row, AlertEvent::Resolved, now + lasting.cool_down).await?;
        let summary = format!("Resolved: {}", row.headline);
        audited(cx, tx, "alert.resolved", row, summary).await?;
    }
    Ok(over)
}

/// The alert of the same thing that has just ended.
async fn ended(cx: &Ctx, tx: &mut Tx, known: &Known, fires: &Firing, open: &[AlertRow]) -> Outcome<Option<AlertRow>> {
    let (now, lasting) = (cx.now(), lasting(fires.kind, &known.settings));
    let after = Millis(now.0 - lasting.cool_down);
    let all = tx.alerts_ended(known.name.as_str(), fires.kind.word(), after).await.or_problem("Judging alerts")?;
    // Of features, whatever the alert was named after; others than those that it told of are another change.
    let fits = |row: &AlertRow| match Group::of(row) {
        None => row.subject == fires.subject,
        Some(group) => {
            let members = fires.numbers["features"].as_array().into_iter().flatten();
            let is_told = members.into_iter().filter_map(|one| one["feature"].as_str()).any(|one| group.told.contains_key(one));
            let is_free = row.subject == fires.subject || open.iter().all(|other| !is_of(other, fires.kind, &row.subject));
            is_told && is_free
        }
    };
    Ok(all.into_iter().find(|row| row.resolved_at.is_some_and(|at| is_same(lasting, now.0 - at)) && fits(row)))
}

/// Opens an alert again that has just ended: what was said of it to somebody, and who has seen it, still holds.
async fn reopen(cx: &Ctx, tx: &mut Tx, row: AlertRow, fires: &Firing) -> Outcome<AlertId> {
    let doing = "Raising an alert";
    let row = AlertRow { resolved_at: None, ..told_anew(cx, row, fires) };
    tx.alert_update(&row).await.or_problem(doing)?;
    tx.delivery_take_back(&row.id, AlertEvent::Resolved.word()).await.or_problem(doing)?;
    crate::incidents::on_alert(cx, tx, &row).await?;
    let summary = format!("{}: open again, {}", row.deployment, row.headline);
    audited(cx, tx, "alert.reopened", &row, summary).await?;
    outbox::call_in(cx, tx, &row).await?;
    Ok(row.id.as_str().into())
}

async fn audited(cx: &Ctx, tx: &mut Tx, action: &'static str, row: &AlertRow, summary: String) -> Outcome<()> {
    let detail = json!({"deployment": row.deployment, "kind": row.kind});
    let entry = entry(cx, &Actor::system(), action, ("alert", row.id.clone()), summary, detail);
    tx.audit(entry).await.or_problem("Judging alerts").map(|_| ())
}

/// The row with what is said of it now.
fn told_anew(cx: &Ctx, row: AlertRow, fires: &Firing) -> AlertRow {
    AlertRow {
        severity: severity(fires.state).into(),
        headline: fires.headline.clone(),
        sentence: fires.sentence.clone(),
        numbers: fires.numbers.to_string(),
        // The worst feature of a group may be another by now.
        url: address(&row.deployment.as_str().into(), fires),
        seen_at: cx.now().0,
        clear_looks: 0,
        ..row
    }
}

fn is_of(row: &AlertRow, kind: AlertKind, subject: &str) -> bool {
    row.kind == kind.word() && row.subject == subject
}

/// Whether what is held keeps the alert open: the thing itself, or one of the features that it has told of.
fn is_held(row: &AlertRow, kind: AlertKind, subject: &str) -> bool {
    is_of(row, kind, subject) || Group::of(row).is_some_and(|group| group.kind == kind && group.told.contains_key(subject))
}

/// The numbers of an alert about features, in which those that are held were wrong just now.
fn still_told(cx: &Ctx, row: &AlertRow, held: &[(AlertKind, String)]) -> String {
    let Some(group) = Group::of(row) else { return row.numbers.clone() };
    let mut told = group.told;
    let is_held = |feature: &str| held.iter().any(|(kind, held)| *kind == group.kind && held == feature);
    told.iter_mut().filter(|(feature, _)| is_held(feature)).for_each(|(_, at)| *at = cx.now());
    let mut numbers: serde_json::Value = serde_json::from_str(&row.numbers).unwrap_or_default();
    numbers["told"] = json!(told);
    numbers.to_string()
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
        AlertKind::FeatureDrift | AlertKind::Missing | AlertKind::Unseen | AlertKind::OutOfRange | AlertKind::Stuck => {
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
