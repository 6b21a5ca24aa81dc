//! All incidents, those that are not resolved first.

use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::Millis;
use contract::role::Act;
use contract::urls;
use contract::verdict::State;
use contract::views::common::Allowed;
use contract::views::incidents::{IncidentLine, IncidentState, IncidentsView};
use contract::views::parts::{Answer, Link};
use std::collections::HashMap;
use store::incidents::IncidentRow;

/// Incidents that a list goes back to.
const MOST: i64 = 500;

pub async fn list(cx: &Ctx, who: &Actor) -> Outcome<IncidentsView> {
    who.must(Act::View)?;
    let doing = "Listing incidents";
    let rows = cx.store.db.incidents(MOST).await.or_problem(doing)?;
    let alerts: HashMap<String, i64> = cx.store.db.incident_alert_counts().await.or_problem(doing)?.into_iter().collect();
    let mut leaders: HashMap<String, String> = cx.store.db.incident_commanders().await.or_problem(doing)?.into_iter().collect();
    let incidents: Vec<IncidentLine> = rows
        .into_iter()
        .map(|row| {
            let count = alerts.get(&row.id).copied().unwrap_or(0);
            let leader = leaders.remove(&row.id).unwrap_or_default();
            line(row, leader, usize::try_from(count).unwrap_or(0))
        })
        .collect();
    Ok(IncidentsView {
        answer: answer(&incidents, cx.now()),
        deployments: cx.book.all().keys().cloned().collect(),
        may_open: allowed(who),
        incidents,
        updated_at: cx.now(),
    })
}

/// How many incidents are open or mitigated.
pub async fn open_count(cx: &Ctx) -> Outcome<u32> {
    let open = cx.store.db.incidents_open().await.or_problem("Counting incidents")?;
    Ok(u32::try_from(open.len()).unwrap_or(u32::MAX))
}

pub(super) fn allowed(who: &Actor) -> Allowed {
    if who.role.may(Act::HandleIncident) { Allowed::yes() } else { Allowed::no("Your role may not act in incidents.") }
}

pub(super) fn line(row: IncidentRow, commander: String, alerts: usize) -> IncidentLine {
    IncidentLine {
        id: row.id.into(),
        number: row.number,
        deployment: row.deployment.into(),
        title: row.title,
        phase: IncidentState::parse(&row.state).unwrap_or(IncidentState::Open),
        severity: if row.severity == "bad" { State::Bad } else { State::Watch },
        started_at: Millis(row.started_at),
        mitigated_at: row.mitigated_at.map(Millis),
        resolved_at: row.resolved_at.map(Millis),
        commander,
        alerts,
    }
}

fn answer(incidents: &[IncidentLine], now: Millis) -> Answer {
    let of = |phase| incidents.iter().filter(move |line| line.phase == phase);
    let (open, mitigated) = (of(IncidentState::Open).count(), of(IncidentState::Mitigated).count());
    match (of(IncidentState::Open).min_by_key(|line| (line.severity, line.started_at)), mitigated) {
        (Some(worst), _) => Answer {
            state: of(IncidentState::Open).map(|line| line.severity).min().unwrap_or(State::Bad),
            headline: if open == 1 {
                format!("One incident is open: {}", worst.deployment)
            } else {
                format!("{open} incidents are open")
            },
            sentence: format!("{}, since {}.", worst.title.trim_end_matches('.'), worst.started_at.words(now)),
            link: Some(Link { text: "Open it".into(), url: urls::incident(&worst.id) }),
        },
        (None, n) if n > 0 => Answer::new(
            State::Watch,
            if n == 1 {
                "One incident is mitigated and waits to be resolved".into()
            } else {
                format!("{n} incidents are mitigated and wait to be resolved")
            },
            "Nothing fires any more; why it happened is still to be said.",
        ),
        _ => Answer::new(
            State::Ok,
            "No incident is open",
            match incidents.len() {
                0 => "There has been none.".to_owned(),
                n => format!("{} resolved so far.", crate::words::counted(n as u64, "incident")),
            },
        ),
    }
}
