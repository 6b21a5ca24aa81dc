//! Alerts, changes, notes and acts in one line of time, each with its distance from the start; and what may have caused it. Pure.

use super::causes::{self, Symptom};
use contract::time::span_words;
use contract::verdict::State;
use contract::views::alerts::{AlertKind, AlertLine};
use contract::views::events::EventKind;
use contract::views::incidents::{CauseKind, EntryKind, Suspect, TimelineEntry};
use contract::views::parts::Change;
use contract::{Millis, urls};
use store::audit::Kept;
use store::events::EventRow;
use store::incidents::NoteRow;

/// A change, and what kind of cause it may be.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    pub change: Change,
    pub kind: Option<CauseKind>,
}

/// Entries of the log and events from outside, oldest first.
pub fn changes(kept: Vec<Kept>, events: Vec<EventRow>) -> Vec<Changed> {
    let logged = kept.into_iter().filter_map(|entry| {
        let kind = causes::of_entry(&entry.action, &serde_json::from_str(&entry.detail).unwrap_or_default())?;
        let url = match entry.object_kind.as_str() {
            "rollout" => Some(urls::rollout(&entry.object_id.as_str().into())),
            "approval" => Some(urls::approval(&entry.object_id.as_str().into())),
            _ => None,
        };
        Some(Changed { change: Change { at: Millis(entry.at), text: entry.summary, who: entry.actor_name, url }, kind })
    });
    let told = events.into_iter().map(|event| Changed {
        kind: Some(match EventKind::parse(&event.kind).unwrap_or_default() {
            EventKind::DataRun => CauseKind::DataRun,
            EventKind::Training => CauseKind::Training,
            EventKind::Schema => CauseKind::Schema,
            EventKind::Traffic => CauseKind::Traffic,
            EventKind::Deploy | EventKind::Config | EventKind::Other => CauseKind::Outside,
        }),
        change: Change {
            at: Millis(event.at),
            text: format!("{}: {}", event.source, event.title),
            who: event.posted_by_name,
            url: event.link,
        },
    });
    let mut all: Vec<Changed> = logged.chain(told).collect();
    all.sort_by_key(|changed| changed.change.at);
    all
}

/// What may have caused it, likeliest first, with its place among the changes.
pub fn suspects(start: Millis, alerts: &[AlertLine], changes: &[Changed]) -> Vec<(usize, Suspect)> {
    let symptoms: Vec<Symptom> = alerts.iter().map(|alert| Symptom::of(alert.kind.word())).collect();
    let moments: Vec<_> = changes.iter().map(|changed| (changed.change.at, changed.kind)).collect();
    let from = if alerts.is_empty() { "start" } else { "first alert" };
    causes::rank(start, &symptoms, &moments)
        .into_iter()
        .filter_map(|(i, score)| {
            let Changed { change, kind } = changes[i].clone();
            let kind = kind?;
            let because = format!("{}, {} before the {from}", kind.words(), span_words(start - change.at));
            Some((i, Suspect { change, kind, score, because }))
        })
        .collect()
}

/// Everything, newest first.
pub fn entries(
    start: Millis,
    alerts: &[AlertLine],
    changes: &[Changed],
    suspects: &[(usize, Suspect)],
    notes: Vec<NoteRow>,
) -> Vec<TimelineEntry> {
    let mut all = Vec::new();
    for alert in alerts {
        all.push(TimelineEntry {
            state: Some(alert.state),
            detail: alert.sentence.clone(),
            url: Some(alert.url.clone()),
            alert: Some(alert.kind),
            ..bare(start, alert.since, EntryKind::Alert, format!("Alert: {}", alert.headline))
        });
        if let Some(at) = alert.resolved_at {
            all.push(TimelineEntry {
                state: Some(State::Ok),
                alert: Some(alert.kind),
                ..bare(start, at, EntryKind::Cleared, format!("Ended: {}", alert.headline))
            });
        }
        if let (Some(who), Some(at)) = (&alert.acknowledged_by, alert.acknowledged_at) {
            all.push(TimelineEntry {
                who: who.clone(),
                ..bare(start, at, EntryKind::Act, format!("Acknowledged: {}", alert.headline))
            });
        }
    }
    for (i, Changed { change, .. }) in changes.iter().enumerate() {
        all.push(TimelineEntry {
            who: change.who.clone(),
            url: change.url.clone(),
            suspect: suspects.iter().position(|(of, _)| *of == i).map(|place| place + 1),
            ..bare(start, change.at, EntryKind::Change, change.text.clone())
        });
    }
    for note in notes {
        let kind = if note.kind == "note" { EntryKind::Note } else { EntryKind::Act };
        all.push(TimelineEntry { who: note.author_name, ..bare(start, Millis(note.at), kind, note.text) });
    }
    // Of what happened at one moment, what caused comes before what followed: changes, alerts, then acts.
    let order = |kind| match kind {
        EntryKind::Change => 0,
        EntryKind::Alert => 1,
        EntryKind::Cleared => 2,
        EntryKind::Act => 3,
        EntryKind::Note => 4,
    };
    all.sort_by_key(|entry| (std::cmp::Reverse(entry.at), std::cmp::Reverse(order(entry.kind))));
    all
}

fn bare(start: Millis, at: Millis, kind: EntryKind, text: String) -> TimelineEntry {
    TimelineEntry {
        at,
        kind,
        state: None,
        text,
        detail: String::new(),
        who: String::new(),
        url: None,
        distance: at - start,
        suspect: None,
        alert: None::<AlertKind>,
    }
}

/// `13 min before the start`, `at the start`, `2 h after the start`.
pub fn distance_words(distance: i64) -> String {
    match distance {
        0 => "at the start".into(),
        d if d < 0 => format!("{} before the start", span_words(-d)),
        d => format!("{} after the start", span_words(d)),
    }
}
