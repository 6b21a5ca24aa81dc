//! What people do with an incident: mitigate, reopen, resolve, roll the deployment back. Each asks for a reason and is kept.

use super::{held, noted, unknown};
use crate::audit::entry;
use crate::deployments;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::inputs::{DriveIncident, IncidentAct};
use contract::live::Topic;
use contract::role::Act;
use contract::views::incidents::IncidentState;
use contract::{DeploymentName, IncidentId, Problem};
use serde_json::json;
use store::incidents::IncidentRow;

/// Longest reason.
const REASON: usize = 2_000;

pub async fn drive(cx: &Ctx, who: &Actor, id: &IncidentId, input: DriveIncident) -> Outcome<()> {
    who.must(if input.act == IncidentAct::RollBack { Act::StopRollout } else { Act::HandleIncident })?;
    let reason = input.reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON {
        return Err(Problem::field("reason", "Say why, in at most 2,000 characters: it is kept in the audit log."));
    }
    let doing = "Changing the incident";
    if input.act == IncidentAct::RollBack {
        let row = cx.store.db.incident(id).await.or_problem(doing)?.ok_or_else(|| unknown(id))?;
        may(&row.state, input.act, 0)?;
        // A transaction of its own, with its own entries: the versions are swapped whatever becomes of the note.
        deployments::roll_back(cx, who, &DeploymentName::from(row.deployment.as_str()), None, reason).await?;
    }
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let row = held(&mut tx, id).await?;
    let firing = tx.incident_firing(id.as_str()).await.or_problem(doing)?;
    may(&row.state, input.act, firing)?;
    let at = cx.now().0;
    let (kind, action, did) = match input.act {
        IncidentAct::Mitigate => ("mitigated", "incident.mitigated", "Mitigated"),
        IncidentAct::Reopen => ("reopened", "incident.reopened", "Opened again"),
        IncidentAct::Resolve => ("resolved", "incident.resolved", "Resolved"),
        IncidentAct::RollBack => ("rolled_back", "incident.rolled_back", "Rolled back"),
    };
    let (number, deployment) = (row.number, row.deployment.clone());
    let row = match input.act {
        IncidentAct::Mitigate => IncidentRow { state: IncidentState::Mitigated.word().into(), mitigated_at: Some(at), ..row },
        IncidentAct::Reopen => {
            IncidentRow { state: IncidentState::Open.word().into(), mitigated_at: None, resolved_at: None, ..row }
        }
        IncidentAct::Resolve => IncidentRow {
            state: IncidentState::Resolved.word().into(),
            mitigated_at: row.mitigated_at.or(Some(at)),
            resolved_at: Some(at),
            ..row
        },
        IncidentAct::RollBack => row,
    };
    match tx.incident_update(&IncidentRow { updated_at: at, ..row }).await {
        // Only opening again can meet another open one.
        Err(store::Error::Conflict(_)) => {
            return Err(Problem::conflict(format!("{deployment} has another incident that is not resolved.")));
        }
        other => other.or_problem(doing)?,
    }
    tx.incident_note(&noted(cx, who, id.as_str(), kind, format!("{did}: {reason}"))).await.or_problem(doing)?;
    let summary = format!("{did} incident {number} of {deployment}: {reason}");
    let detail = json!({"deployment": deployment, "reason": reason, "alerts_firing": firing});
    tx.audit(entry(cx, who, action, ("incident", id.as_str()), summary, detail)).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    cx.announce(Topic::Incident { incident: id.clone(), deployment: deployment.into() });
    Ok(())
}

/// Whether the act is possible in this state, with so many alerts that still fire. The problem is the sentence beside the button.
pub(super) fn may(state: &str, act: IncidentAct, firing: i64) -> Result<(), Problem> {
    use IncidentAct::*;
    let why = match (act, IncidentState::parse(state)) {
        (Mitigate, Some(IncidentState::Open)) | (RollBack, Some(IncidentState::Open | IncidentState::Mitigated)) => return Ok(()),
        (Reopen, Some(IncidentState::Mitigated | IncidentState::Resolved)) => return Ok(()),
        (Resolve, Some(IncidentState::Open | IncidentState::Mitigated)) if firing == 0 => return Ok(()),
        (Resolve, Some(IncidentState::Open | IncidentState::Mitigated)) => {
            format!(
                "Resolve waits for {} that still fire{}.",
                crate::words::counted(firing.unsigned_abs(), "alert"),
                if firing == 1 { "s" } else { "" }
            )
        }
        (Mitigate, Some(IncidentState::Mitigated)) => "It is mitigated already.".into(),
        (Reopen, Some(IncidentState::Open)) => "It is open.".into(),
        _ => "The incident is resolved.".into(),
    };
    Err(Problem::conflict(why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use IncidentAct::*;

    #[test]
    fn what_may_be_done_when() {
        for (state, act, firing, allowed) in [
            ("open", Mitigate, 3, true),
            ("open", Resolve, 0, true),
            ("open", Resolve, 1, false),
            ("open", Reopen, 0, false),
            ("open", RollBack, 5, true),
            ("mitigated", Mitigate, 0, false),
            ("mitigated", Reopen, 0, true),
            ("mitigated", Resolve, 0, true),
            ("mitigated", Resolve, 2, false),
            ("resolved", Mitigate, 0, false),
            ("resolved", Resolve, 0, false),
            ("resolved", Reopen, 0, true),
            ("resolved", RollBack, 0, false),
        ] {
            assert_eq!(may(state, act, firing).is_ok(), allowed, "{state} {act:?} {firing}");
        }
        assert_eq!(may("open", Resolve, 1).unwrap_err().detail, "Resolve waits for 1 alert that still fires.");
        assert_eq!(may("open", Resolve, 2).unwrap_err().detail, "Resolve waits for 2 alerts that still fire.");
    }
}
