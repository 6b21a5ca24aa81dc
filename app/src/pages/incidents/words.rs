//! How incidents are said on pages.

use contract::verdict::State;
use contract::views::incidents::{EntryKind, IncidentLine, IncidentRole, IncidentState, TimelineEntry};

/// State and word of how far an incident is.
pub fn phase(line: &IncidentLine) -> (State, &'static str) {
    match line.phase {
        IncidentState::Open => (line.severity, "Open"),
        IncidentState::Mitigated => (State::Watch, "Mitigated"),
        IncidentState::Resolved => (State::Ok, "Resolved"),
    }
}

pub fn role(role: IncidentRole) -> &'static str {
    match role {
        IncidentRole::Commander => "Commander",
        IncidentRole::Operations => "Operations",
        IncidentRole::Communications => "Communications",
        IncidentRole::Observer => "Observer",
    }
}

/// `Ada, 13 min before the start, suspect 1`
pub fn about(entry: &TimelineEntry) -> String {
    use contract::time::span_words;
    let distance = match entry.distance {
        0 => "at the start".to_string(),
        d if d < 0 => format!("{} before the start", span_words(-d)),
        d => format!("{} after the start", span_words(d)),
    };
    let suspect = entry.suspect.map(|n| format!("suspect {n}")).unwrap_or_default();
    let who = if entry.kind == EntryKind::Alert { String::new() } else { entry.who.clone() };
    [who, distance, suspect].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// The first letter as a capital.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
