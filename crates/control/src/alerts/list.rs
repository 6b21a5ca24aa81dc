//! The alerts that fire, and those of the last month.

use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::Millis;
use contract::role::Act;
use contract::time::DAY;
use contract::verdict::State;
use contract::views::alerts::{AlertKind, AlertLine, AlertsView};
use contract::views::parts::{Answer, Link};
use store::alerts::AlertRow;

pub async fn list(cx: &Ctx, who: &Actor) -> Outcome<AlertsView> {
    who.must(Act::View)?;
    let doing = "Listing alerts";
    let open: Vec<AlertLine> = cx.store.db.alerts_open().await.or_problem(doing)?.into_iter().filter_map(line).collect();
    let resolved = cx.store.db.alerts_resolved(Millis(cx.now().0 - 30 * DAY), 200).await.or_problem(doing)?;
    Ok(AlertsView {
        answer: answer(&open, resolved.len()),
        open,
        resolved: resolved.into_iter().filter_map(line).collect(),
        may_acknowledge: who.role.may(Act::AcknowledgeAlert),
        updated_at: cx.now(),
    })
}

/// How many alerts are open that nobody has acknowledged.
pub async fn firing(cx: &Ctx) -> Outcome<u32> {
    let open = cx.store.db.alerts_open().await.or_problem("Counting alerts")?;
    let unseen = open.iter().filter(|row| row.acknowledged_by.is_none()).count();
    Ok(u32::try_from(unseen).unwrap_or(u32::MAX))
}

pub(crate) fn line(row: AlertRow) -> Option<AlertLine> {
    Some(AlertLine {
        kind: AlertKind::parse(&row.kind)?,
        state: if row.severity == "bad" { State::Bad } else { State::Watch },
        changed_before: row.changed_before.and_then(|json| serde_json::from_str(&json).ok()),
        id: row.id.into(),
        deployment: row.deployment.into(),
        subject: row.subject,
        headline: row.headline,
        sentence: row.sentence,
        since: Millis(row.since),
        resolved_at: row.resolved_at.map(Millis),
        acknowledged_by: row.acknowledged_by,
        acknowledged_at: row.acknowledged_at.map(Millis),
        url: row.url,
    })
}

fn answer(open: &[AlertLine], resolved: usize) -> Answer {
    let unseen: Vec<&AlertLine> = open.iter().filter(|line| line.acknowledged_by.is_none()).collect();
    match (unseen.first(), open.len()) {
        (None, 0) => Answer {
            state: State::Ok,
            headline: "Nothing fires".into(),
            sentence: if resolved == 0 {
                "Nothing fired in the last 30 days.".into()
            } else {
                format!("{resolved} resolved in the last 30 days.")
            },
            link: None,
        },
        (None, n) => Answer {
            state: State::Watch,
            headline: format!(
                "{} fire, and somebody has seen each",
                if n == 1 { "One alert".into() } else { format!("{n} alerts") }
            ),
            sentence: "They resolve by themselves when their condition no longer holds.".into(),
            link: None,
        },
        (Some(first), n) => Answer {
            state: unseen.iter().map(|line| line.state).min().unwrap_or(State::Watch),
            headline: if n == 1 { "One alert fires".into() } else { format!("{n} alerts fire") },
            sentence: format!("{}: {}", first.deployment, first.headline),
            link: Some(Link { text: "Look at it".into(), url: first.url.clone() }),
        },
    }
}
