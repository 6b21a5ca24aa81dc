//! Who does what in an incident: one commander, and others.

use super::{held, noted};
use crate::audit::entry;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::live::Topic;
use contract::role::Act;
use contract::views::incidents::{IncidentRole, IncidentState};
use contract::{IncidentId, Problem, UserId};
use serde_json::json;
use store::incidents::PersonRow;

/// Gives a person a role. A new commander takes over: whoever led before goes on among those who do.
pub async fn assign(cx: &Ctx, who: &Actor, id: &IncidentId, person: &UserId, role: IncidentRole) -> Outcome<()> {
    who.must(Act::HandleIncident)?;
    let doing = "Asking somebody in";
    let user = cx.store.db.user(person.as_str()).await.or_problem(doing)?;
    let name = match user {
        Some(user) => user.name,
        None if person.as_str() == who.id => who.name.clone(),
        None => return Err(Problem::field("person", format!("There is no person “{person}”."))),
    };
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let row = held(&mut tx, id).await?;
    if row.state == IncidentState::Resolved.word() {
        return Err(Problem::conflict("The incident is resolved."));
    }
    if role == IncidentRole::Commander {
        tx.incident_commander_steps_back(id.as_str()).await.or_problem(doing)?;
    }
    tx.incident_person_put(&PersonRow {
        incident: id.0.clone(),
        person: person.0.clone(),
        name: name.clone(),
        role: role.word().into(),
        since: cx.now().0,
    })
    .await
    .or_problem(doing)?;
    let text = match role {
        IncidentRole::Commander => format!("{name} leads"),
        IncidentRole::Operations => format!("{name} works on it"),
        IncidentRole::Communications => format!("{name} tells those who are affected"),
        IncidentRole::Observer => format!("{name} watches"),
    };
    tx.incident_note(&noted(cx, who, id.as_str(), "joined", text.clone())).await.or_problem(doing)?;
    let detail = json!({"deployment": row.deployment, "person": person, "role": role});
    let summary = format!("Incident {} of {}: {text}", row.number, row.deployment);
    tx.audit(entry(cx, who, "incident.assigned", ("incident", id.as_str()), summary, detail)).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    cx.announce(Topic::Incident { incident: id.clone(), deployment: row.deployment.into() });
    Ok(())
}

/// A person is no longer in it.
pub async fn leave(cx: &Ctx, who: &Actor, id: &IncidentId, person: &UserId) -> Outcome<()> {
    who.must(Act::HandleIncident)?;
    let doing = "Taking somebody out";
    let people = cx.store.db.incident_people(id).await.or_problem(doing)?;
    let name = people.into_iter().find(|row| row.person == person.as_str()).map(|row| row.name);
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let row = held(&mut tx, id).await?;
    let (true, Some(name)) = (tx.incident_person_remove(id.as_str(), person.as_str()).await.or_problem(doing)?, name) else {
        return Err(Problem::not_found(format!("“{person}” is not in this incident.")));
    };
    let text = format!("{name} has left");
    tx.incident_note(&noted(cx, who, id.as_str(), "left", text.clone())).await.or_problem(doing)?;
    let summary = format!("Incident {} of {}: {text}", row.number, row.deployment);
    let detail = json!({"deployment": row.deployment, "person": person});
    tx.audit(entry(cx, who, "incident.left", ("incident", id.as_str()), summary, detail)).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    cx.announce(Topic::Incident { incident: id.clone(), deployment: row.deployment.into() });
    Ok(())
}
