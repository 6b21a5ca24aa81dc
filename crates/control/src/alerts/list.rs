//! The alerts that fire, and those of the last month.

use super::message::{chart, sure};
use super::runbook::runbook;
use super::silences;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::role::Act;
use contract::time::DAY;
use contract::verdict::State;
use contract::views::alerts::{AlertKind, AlertLine, AlertsView};
use contract::views::parts::{Answer, Link};
use contract::{DeploymentName, Millis};
use store::alerts::AlertRow;

pub async fn list(cx: &Ctx, who: &Actor) -> Outcome<AlertsView> {
    who.must(Act::View)?;
    let doing = "Listing alerts";
    let now = cx.now();
    let open = lines(cx, None).await?;
    let resolved = cx.store.db.alerts_resolved(Millis(now.0 - 30 * DAY), 200).await.or_problem(doing)?;
    Ok(AlertsView {
        answer: answer(&open, resolved.len()),
        open,
        resolved: resolved.into_iter().filter_map(line).collect(),
        silences: silences::list(cx, who).await?,
        deployments: cx.book.all().keys().cloned().collect(),
        channels: cx.store.db.channels().await.or_problem(doing)?.iter().filter(|channel| channel.enabled == 1).count(),
        may_acknowledge: who.role.may(Act::AcknowledgeAlert),
        updated_at: now,
    })
}

/// The open alerts of one deployment or of all, with the silence that covers each.
pub(super) async fn lines(cx: &Ctx, deployment: Option<&DeploymentName>) -> Outcome<Vec<AlertLine>> {
    let doing = "Listing alerts";
    let now = cx.now();
    let silences = cx.store.db.silences(now).await.or_problem(doing)?;
    let rows = cx.store.db.alerts_open().await.or_problem(doing)?;
    let rows = rows.into_iter().filter(|row| deployment.is_none_or(|name| row.deployment == name.as_str()));
    Ok(rows
        .filter_map(|row| {
            let silenced = silences::covering(&silences, &row, now).map(|silence| silences::line(silence.clone(), now));
            let runbook_url = cx.book.get(&row.deployment.as_str().into()).map(|known| known.settings.runbook_url.clone());
            Some(AlertLine { silenced, runbook_url: runbook_url.unwrap_or_default(), ..line(row)? })
        })
        .collect())
}

/// How many alerts are open that nobody has acknowledged or silenced.
pub async fn firing(cx: &Ctx) -> Outcome<u32> {
    let doing = "Counting alerts";
    let open = cx.store.db.alerts_open().await.or_problem(doing)?;
    let silences = cx.store.db.silences(cx.now()).await.or_problem(doing)?;
    let unseen =
        open.iter().filter(|row| row.acknowledged_by.is_none() && silences::covering(&silences, row, cx.now()).is_none()).count();
    Ok(u32::try_from(unseen).unwrap_or(u32::MAX))
}

pub(crate) fn line(row: AlertRow) -> Option<AlertLine> {
    // Rules about drift say it in their own sentence already.
    let sure = if row.sentence.contains("By chance alone") { String::new() } else { sure(&row.numbers) };
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
        sure,
        runbook: runbook(&row.kind).into(),
        runbook_url: String::new(),
        silenced: None,
        note: row.note,
        url: chart(&row.url, Millis(row.since)),
    })
}

fn answer(open: &[AlertLine], resolved: usize) -> Answer {
    let unseen: Vec<&AlertLine> = open.iter().filter(|line| line.acknowledged_by.is_none() && line.silenced.is_none()).collect();
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
                "{}, and somebody has seen {}",
                if n == 1 { "One alert fires".into() } else { format!("{n} alerts fire") },
                if n == 1 { "it" } else { "each" }
            ),
            sentence: "They resolve by themselves when their condition no longer holds.".into(),
            link: None,
        },
        (Some(first), _) => Answer {
            state: unseen.iter().map(|line| line.state).min().unwrap_or(State::Watch),
            headline: match unseen.len() {
                1 => "One alert needs somebody".into(),
                n => format!("{n} alerts need somebody"),
            },
            sentence: format!("{}: {}", first.deployment, first.headline),
            link: Some(Link { text: "Look at it".into(), url: first.url.clone() }),
        },
    }
}
