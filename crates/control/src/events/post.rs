//! Somebody tells of a change. The same event again changes nothing, so that a sender may repeat itself.

use super::list::line;
use crate::audit::entry;
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::inputs::CreateEvent;
use contract::live::Topic;
use contract::role::Act;
use contract::time::MINUTE;
use contract::views::events::EventLine;
use contract::{DeploymentName, FieldError, Millis, Problem};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use store::events::EventRow;

/// How far a sender's clock may be ahead.
const AHEAD: i64 = 5 * MINUTE;

/// Keeps the event; `true` if it is new. `Conflict` if the source told something else under the same key.
pub async fn post(cx: &Ctx, who: &Actor, input: CreateEvent) -> Outcome<(EventLine, bool)> {
    who.must(Act::PostEvent)?;
    let now = cx.now();
    let at = check(&input, now)?;
    let doing = "Keeping the event";
    let concerns: Vec<DeploymentName> = input.deployments.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect();
    for name in &concerns {
        if cx.store.db.deployment(name).await.or_problem(doing)?.is_none() {
            return Err(Problem::field("deployments", format!("There is no deployment “{name}”. Leave the list empty for all.")));
        }
    }
    let (source, title) = (input.source.trim().to_owned(), input.title.trim().to_owned());
    let made = || hex::encode(Sha256::digest(json!([input.kind, title, at.0, concerns]).to_string().as_bytes()));
    let row = EventRow {
        id: cx.new_id(),
        key: input.key.as_deref().map(str::trim).filter(|key| !key.is_empty()).map_or_else(made, str::to_owned),
        source,
        kind: input.kind.word().into(),
        title,
        at: at.0,
        link: input.link.clone(),
        deployments: json!(concerns).to_string(),
        posted_by: who.id.clone(),
        posted_by_name: who.name.clone(),
        received_at: now.0,
    };
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    if !tx.event_insert(&row, &concerns).await.or_problem(doing)? {
        let kept = tx.event_by_key(&row.source, &row.key).await.or_problem(doing)?;
        return again(kept.unwrap_or_else(|| row.clone()), &row, input.at.is_some());
    }
    let summary = format!("{}: {}", row.source, row.title);
    let detail = json!({"kind": row.kind, "at": at.rfc3339(), "link": row.link, "deployments": concerns});
    tx.audit(entry(cx, who, "event.posted", ("event", row.id.clone()), summary, detail)).await.or_problem(doing)?;
    tx.commit().await.or_problem(doing)?;
    let told = if concerns.is_empty() { cx.book.all().keys().cloned().collect() } else { concerns };
    told.into_iter().for_each(|deployment| cx.announce(Topic::Deployment { deployment }));
    Ok((line(row), true))
}

/// What a source says twice must be the same; the time may be left out the second time.
fn again(kept: EventRow, row: &EventRow, timed: bool) -> Outcome<(EventLine, bool)> {
    let what = |row: &EventRow| (row.kind.clone(), row.title.clone(), row.link.clone(), row.deployments.clone());
    if what(&kept) != what(row) || (timed && kept.at != row.at) {
        return Err(Problem::conflict(format!(
            "{} has told of something else under the key “{}”: “{}” at {}.",
            row.source,
            row.key,
            kept.title,
            Millis(kept.at).rfc3339()
        )));
    }
    Ok((line(kept), false))
}

/// When it happened, if everything can be meant; otherwise every field that is wrong.
fn check(input: &CreateEvent, now: Millis) -> Outcome<Millis> {
    let mut errors = Vec::new();
    let mut must = |holds: bool, field: &str, message: String| {
        if !holds {
            errors.push(FieldError { field: field.into(), message });
        }
    };
    let length = |text: &str| text.trim().chars().count();
    must((1..=100).contains(&length(&input.source)), "source", "The source has 1 to 100 characters.".into());
    must((1..=300).contains(&length(&input.title)), "title", "The title has 1 to 300 characters.".into());
    must(input.key.as_deref().is_none_or(|key| length(key) <= 200), "key", "The key has at most 200 characters.".into());
    must(input.deployments.len() <= 200, "deployments", "An event names at most 200 deployments; none means all.".into());
    if let Some(link) = &input.link {
        let scheme = link.starts_with("https://") || link.starts_with("http://");
        let plain = !link.chars().any(|c| c.is_whitespace() || c.is_control());
        must(
            scheme && plain && link.len() <= 2_000,
            "link",
            "A link starts with https:// or http:// and has at most 2,000 characters.".into(),
        );
    }
    let at = match input.at.as_deref() {
        None => now,
        Some(text) => match Millis::parse(text) {
            Some(at) => {
                must(
                    at.0 <= now.0 + AHEAD,
                    "at",
                    format!("An event has happened already; {text} is ahead of this server's clock."),
                );
                at
            }
            None => {
                must(false, "at", format!("at must be a time as in 2026-03-17T14:20:00Z, and is “{text}”."));
                now
            }
        },
    };
    match errors.first() {
        None => Ok(at),
        Some(first) => Err(Problem { errors: errors.clone(), ..Problem::invalid(first.message.clone()) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::time::DAY;

    #[test]
    fn what_cannot_be_meant_is_named() {
        let now = Millis(20_000 * DAY);
        let good = CreateEvent { source: "etl".into(), title: "Loaded March".into(), ..CreateEvent::default() };
        assert_eq!(check(&good, now).unwrap(), now);
        let ahead = CreateEvent { at: Some((now + 4 * MINUTE).rfc3339()), ..good.clone() };
        assert_eq!(check(&ahead, now).unwrap(), now + 4 * MINUTE);
        for (bad, field) in [
            (CreateEvent { source: " ".into(), ..good.clone() }, "source"),
            (CreateEvent { title: "x".repeat(301), ..good.clone() }, "title"),
            (CreateEvent { at: Some("yesterday".into()), ..good.clone() }, "at"),
            (CreateEvent { at: Some((now + 6 * MINUTE).rfc3339()), ..good.clone() }, "at"),
            (CreateEvent { link: Some("javascript:alert(1)".into()), ..good.clone() }, "link"),
            (CreateEvent { link: Some("https://a b".into()), ..good.clone() }, "link"),
            (CreateEvent { key: Some("k".repeat(201)), ..good.clone() }, "key"),
        ] {
            assert_eq!(check(&bad, now).unwrap_err().errors[0].field, field);
        }
    }
}
