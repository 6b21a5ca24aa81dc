//! Whether an estimate held: what was expected of the rows whose outcome is known, against what became of them.

use super::quality::Quality;
use crate::audit::entry;
use crate::deployments::KnownVersion;
use crate::registry::estimator::Estimator;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::rollout::Arm;
use contract::time::DAY;
use contract::{DeploymentName, Millis, Task};
use serde_json::json;
use stats::estimate::{Better, Comparison, Trust, TrustFinding, judge_trust};
use store::outcomes::QualityRow;

/// Under which it is remembered.
const KIND: &str = "trust";
/// Predictions from so far back are compared, by their time.
const REACH: i64 = 7 * DAY;
/// Minutes that are read at first, and at most: this is looked at every few seconds.
const MINUTES: [i64; 2] = [60, 600];
/// Labelled rows that are compared, the newest: more would say how it was, not how it is.
const ROWS: u64 = 1_000;
/// A gap that nobody minds: in accuracy, and as a part of the mean absolute error.
const TOLERANCE: f64 = 0.01;

/// Which way the measure of a task is better.
pub fn better(task: Task) -> Better {
    if task == Task::Regression { Better::Lower } else { Better::Higher }
}

/// The newest minutes, until there are enough rows; only minutes in which something was expected of every row.
pub fn comparison(task: Task, estimator: &Estimator, newest_first: impl Iterator<Item = Quality>) -> Option<Comparison> {
    let sampling = estimator.sampling()?;
    let mut sum = Quality::new(task);
    for minute in newest_first.filter(|minute| minute.expected.as_ref().is_some_and(|expected| expected.n() == minute.n())) {
        sum.merge(&minute);
        if sum.n() >= ROWS {
            break;
        }
    }
    let labelled = sum.n();
    Some(Comparison {
        estimated: sum.expected.as_ref()?.primary()?,
        realised: sum.primary()?.value,
        standard_error: sampling.between(labelled, estimator.rows),
        labelled,
    })
}

/// The verdict on the newest labels of a version; `None` where nothing is estimated.
pub async fn trust(cx: &Ctx, deployment: &DeploymentName, version: &KnownVersion) -> Outcome<Option<TrustFinding>> {
    let Some(estimator) = version.baseline.as_ref().and_then(|baseline| baseline.estimator.as_ref()) else { return Ok(None) };
    let doing = "Comparing the estimate with outcomes";
    let task = version.contract.task;
    let from = Millis(cx.now().0 - REACH);
    let live = |row: &&QualityRow| matches!(Arm::parse(&row.arm), Some(Arm::Stable | Arm::Canary));
    let mut compared = None;
    for minutes in MINUTES {
        let rows = cx.store.db.quality_newest(deployment, version.version, from, minutes).await.or_problem(doing)?;
        let newest = rows.iter().filter(live).filter_map(|row| serde_json::from_str(&row.quality).ok());
        compared = comparison(task, estimator, newest);
        if compared.is_some_and(|compared| compared.labelled >= ROWS) || (rows.len() as i64) < minutes {
            break;
        }
    }
    let before = cx.store.db.watch_state(deployment, version.version, KIND).await.or_problem(doing)?;
    let before = before.and_then(|row| serde_json::from_str(&row.state).ok()).unwrap_or(Trust::Insufficient);
    let tolerance = TOLERANCE * if task == Task::Regression { estimator.reference().unwrap_or(0.0) } else { 1.0 };
    Ok(Some(judge_trust(compared, tolerance, better(task), before)))
}

/// The same, remembered: an estimate that was found wrong is not believed again only because labels stopped.
pub async fn look(cx: &Ctx, deployment: &DeploymentName, version: &KnownVersion) -> Outcome<Option<TrustFinding>> {
    let Some(finding) = trust(cx, deployment, version).await? else { return Ok(None) };
    let doing = "Remembering whether the estimate held";
    let known = cx.store.db.watch_state(deployment, version.version, KIND).await.or_problem(doing)?;
    let before = known.and_then(|row| serde_json::from_str(&row.state).ok()).unwrap_or(Trust::Insufficient);
    if before == finding.trust {
        return Ok(Some(finding));
    }
    let state = |trust: Trust| serde_json::to_string(&trust).unwrap_or_default();
    let no = version.version;
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    tx.watch_held(deployment, no, KIND, &state(before), cx.now()).await.or_problem(doing)?;
    tx.watch_put(deployment, no, KIND, &state(finding.trust)).await.or_problem(doing)?;
    if finding.trust == Trust::Untrusted || before == Trust::Untrusted {
        let (action, summary) = match finding.trust {
            Trust::Untrusted => ("estimate.untrusted", format!("Estimates of version {no} are not trusted: outcomes disagree")),
            _ => ("estimate.trusted", format!("Estimates of version {no} are trusted again: outcomes agree")),
        };
        // A finding, not a change: it does not belong on charts among what might have caused it.
        let of = ("estimate", format!("{deployment}/{no}"));
        tx.audit(entry(cx, &Actor::system(), action, of, summary, json!(finding))).await.or_problem(doing)?;
    }
    tx.commit().await.or_problem(doing)?;
    Ok(Some(finding))
}
