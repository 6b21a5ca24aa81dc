//! The post-mortem as a Markdown file: what is known, in the order in which somebody reads it a year later.

use super::timeline::distance_words;
use super::view::view;
use crate::words::{count, counted, ms, percent};
use crate::{Actor, Ctx, Outcome};
use contract::time::span_words;
use contract::views::incidents::{EntryKind, IncidentRole, IncidentState, IncidentView};
use contract::{IncidentId, Millis};
use std::fmt::Write;

/// Name of the file, and its text.
pub async fn post_mortem(cx: &Ctx, who: &Actor, id: &IncidentId) -> Outcome<(String, String)> {
    let view = view(cx, who, id).await?;
    Ok((format!("incident-{}-{}.md", view.line.number, view.line.deployment), write(&view, &cx.site.address)))
}

/// Writes it. Nothing that people typed can end a table or begin a heading.
pub fn write(view: &IncidentView, site: &str) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = head(&mut out, view, site).and_then(|()| body(&mut out, view, site));
    out
}

fn head(out: &mut String, view: &IncidentView, site: &str) -> std::fmt::Result {
    let line = &view.line;
    writeln!(out, "# Incident {}: {}\n", line.number, inline(&line.title))?;
    let state = match line.phase {
        IncidentState::Open => "open",
        IncidentState::Mitigated => "mitigated, not resolved",
        IncidentState::Resolved => "resolved",
    };
    writeln!(out, "| | |\n| --- | --- |")?;
    let mut fact = |name: &str, value: &str| writeln!(out, "| {name} | {value} |");
    fact("Deployment", &format!("{}, model {}", cell(line.deployment.as_str()), cell(view.model.as_str())))?;
    fact("State", state)?;
    fact("Began", &moment(line.started_at))?;
    fact("Opened", &format!("{} by {}", moment(view.opened_at), cell(&view.opened_by)))?;
    fact("Mitigated", &ended(line.mitigated_at, line.started_at))?;
    fact("Resolved", &ended(line.resolved_at, line.started_at))?;
    fact("Owner", if view.owner.is_empty() { "nobody yet" } else { &view.owner })?;
    fact("Commander", if line.commander.is_empty() { "nobody" } else { &line.commander })?;
    fact("Page", &format!("{site}{}", contract::urls::incident(&line.id)))?;
    writeln!(out)
}

fn body(out: &mut String, view: &IncidentView, site: &str) -> std::fmt::Result {
    writeln!(out, "## Impact\n\n{}\n", said(&view.impact, "Nobody has written it down yet."))?;
    let n = &view.numbers;
    let share =
        |part: u64| if n.requests == 0 { String::new() } else { format!(" ({})", percent(part as f64 / n.requests as f64)) };
    writeln!(out, "From the start to {}:\n", view.line.resolved_at.map_or("now".into(), moment))?;
    writeln!(out, "- {}, {} predictions a second", counted(n.requests, "request"), crate::words::number(n.per_second))?;
    writeln!(out, "- {} failed{}", count(n.failed), share(n.failed))?;
    writeln!(out, "- {} answered by a fallback{}", count(n.by_fallback), share(n.by_fallback))?;
    writeln!(out, "- {} slower than the limit{}", count(n.slow), share(n.slow))?;
    writeln!(out, "- p99 {}\n", n.p99_ms.map_or("not known".into(), ms))?;

    writeln!(out, "## Cause\n\n{}\n", said(&view.cause, "Nobody has written it down yet."))?;
    writeln!(out, "Changes of the day before, likeliest first. The order rests on closeness and kind; it proves nothing.\n")?;
    if view.suspects.is_empty() {
        writeln!(out, "None is known.\n")?;
    } else {
        writeln!(out, "| | When, UTC | Change | Who | Why suspected |\n| ---: | --- | --- | --- | --- |")?;
        for (i, suspect) in view.suspects.iter().enumerate() {
            let change = &suspect.change;
            writeln!(
                out,
                "| {} | {} | {} | {} | {} |",
                i + 1,
                moment(change.at),
                cell(&change.text),
                cell(&change.who),
                suspect.because
            )?;
        }
        writeln!(out)?;
    }

    writeln!(out, "## Alerts\n")?;
    if view.alerts.is_empty() {
        writeln!(out, "None: it was seen by people.\n")?;
    } else {
        writeln!(out, "| Alert | From, UTC | Lasted | Acknowledged | Evidence |\n| --- | --- | --- | --- | --- |")?;
        for alert in &view.alerts {
            let lasted = alert.resolved_at.map_or("fires".into(), |at| span_words(at - alert.since));
            let by = match (&alert.acknowledged_by, alert.acknowledged_at) {
                (Some(who), Some(at)) => format!("{}, after {}", cell(who), span_words(at - alert.since)),
                _ => "nobody".into(),
            };
            writeln!(
                out,
                "| {} | {} | {lasted} | {by} | {} |",
                cell(&alert.headline),
                moment(alert.since),
                cell(&alert.sentence)
            )?;
        }
        writeln!(out)?;
    }

    writeln!(out, "## People\n")?;
    if view.people.is_empty() {
        writeln!(out, "Nobody was asked in.\n")?;
    } else {
        for person in &view.people {
            writeln!(out, "- {}: {}, since {}", inline(&person.name), role(person.role), moment(person.since))?;
        }
        writeln!(out)?;
    }

    writeln!(out, "## Timeline\n\n| When, UTC | | What | Who |\n| --- | --- | --- | --- |")?;
    for entry in view.timeline.iter().rev() {
        let text =
            if entry.detail.is_empty() { cell(&entry.text) } else { format!("{}. {}", cell(&entry.text), cell(&entry.detail)) };
        let mark = match (entry.kind, entry.suspect) {
            (EntryKind::Alert, _) => "alert: ".to_owned(),
            (EntryKind::Change, Some(n)) => format!("suspect {n}: "),
            (EntryKind::Change, None) => "change: ".to_owned(),
            (EntryKind::Note, _) => "note: ".to_owned(),
            _ => String::new(),
        };
        writeln!(out, "| {} | {mark}{} | {text} | {} |", moment(entry.at), distance_words(entry.distance), cell(&entry.who))?;
    }
    let notes: Vec<_> = view.timeline.iter().rev().filter(|entry| entry.kind == EntryKind::Note).collect();
    writeln!(out, "\n## Notes\n")?;
    if notes.is_empty() {
        writeln!(out, "None.\n")?;
    }
    for note in notes {
        writeln!(out, "**{}, {}**\n\n{}\n", inline(&note.who), moment(note.at), quoted(&note.text))?;
    }
    writeln!(out, "---\n\nWritten by Slipway at {}, from {site}.", moment(view.updated_at))
}

fn role(role: IncidentRole) -> &'static str {
    role.word()
}

/// `2026-03-17 14:20:05`
fn moment(at: Millis) -> String {
    format!("{} {}", at.date(), at.hms())
}

fn ended(at: Option<Millis>, start: Millis) -> String {
    at.map_or("not yet".into(), |at| format!("{}, after {}", moment(at), span_words(at - start)))
}

fn said(text: &str, otherwise: &str) -> String {
    if text.is_empty() { format!("_{otherwise}_") } else { quoted(text) }
}

/// Text of several lines as a quotation: whatever it is made of, it stays inside.
fn quoted(text: &str) -> String {
    text.lines().map(|line| format!("> {}", angled(line)).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// Text in a table: on one line, without what ends a cell.
fn cell(text: &str) -> String {
    angled(&text.split_whitespace().collect::<Vec<_>>().join(" ")).replace('|', "\\|")
}

fn inline(text: &str) -> String {
    cell(text)
}

/// No HTML of somebody's note runs where the file is shown.
fn angled(text: &str) -> String {
    text.replace('\\', "\\\\").replace('<', "\\<")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_stays_where_it_belongs() {
        assert_eq!(cell("a | b\n# c <script>"), "a \\| b # c \\<script>");
        assert_eq!(quoted("# one\n\n| two"), "> # one\n>\n> | two");
        assert_eq!(moment(Millis(1_773_757_205_123)), "2026-03-17 14:20:05");
    }
}
