//! Tallies of good and bad requests, from the sums beside the windows, since a look is every few seconds.

use super::rule::{self, LONGEST, RULES, SloLook, Tally};
use crate::alerts::round::Round;
use crate::alerts::rules::Firing;
use crate::deployments::Known;
use crate::monitoring::read::is_live;
use crate::monitoring::sums::{Sums, sums};
use crate::{Ctx, IntoProblem, Outcome};
use contract::time::{HOUR, MINUTE};
use contract::views::alerts::AlertKind;
use contract::views::slo::Objective;
use contract::{DeploymentName, Millis};
use store::alerts::AlertRow;

/// The requests of one stretch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    pub start: Millis,
    counted: Sums,
}

impl Stretch {
    pub fn tally(&self, objective: Objective) -> Tally {
        let bad = match objective {
            Objective::Availability => self.counted.failed,
            Objective::Latency => self.counted.slow,
        };
        Tally { requests: self.counted.requests, bad }
    }
}

/// Live requests by window of `span` that start in `[from, to)`.
pub(super) async fn stretches(cx: &Ctx, name: &DeploymentName, span: i64, from: Millis, to: Millis) -> Outcome<Vec<Stretch>> {
    let windows = sums(cx, name, span, from, to).await?;
    let live = windows.into_iter().filter(|one| is_live(one.arm));
    Ok(live.map(|one| Stretch { start: one.start, counted: one.sums }).collect())
}

/// What the windows of every rule are added up from: whole hours where they lie inside, minutes at the edges.
pub(super) struct Recent {
    now: Millis,
    hours: Vec<Stretch>,
    minutes: Vec<Stretch>,
}

pub(super) async fn recent(cx: &Ctx, name: &DeploymentName) -> Outcome<Recent> {
    let now = cx.now();
    let hours = stretches(cx, name, HOUR, Millis(now.0 - LONGEST).floor_to(HOUR), now + 1).await?;
    // The last hour, and the first, cut hour of each longer window.
    let mut minutes = stretches(cx, name, MINUTE, Millis(now.0 - HOUR).floor_to(MINUTE), now + 1).await?;
    for length in RULES.iter().flat_map(|rule| [rule.long, rule.short]).filter(|length| *length > HOUR) {
        let from = Millis(now.0 - length);
        // Two rules may share a window; its minutes are read once.
        if minutes.iter().any(|minute| minute.start.floor_to(HOUR) == from.floor_to(HOUR) && minute.start.0 < now.0 - HOUR) {
            continue;
        }
        minutes.extend(stretches(cx, name, MINUTE, from.floor_to(MINUTE), from.floor_to(HOUR) + HOUR).await?);
    }
    Ok(Recent { now, hours, minutes })
}

impl Recent {
    /// The requests of the last `length` milliseconds.
    pub fn last(&self, length: i64, objective: Objective) -> Tally {
        let from = Millis(self.now.0 - length).floor_to(MINUTE);
        let whole = if length > HOUR { from.floor_to(HOUR) + HOUR } else { Millis(i64::MAX) };
        let mut sum = Tally::default();
        for minute in self.minutes.iter().filter(|minute| minute.start >= from && minute.start < whole) {
            sum.add(minute.tally(objective));
        }
        for hour in self.hours.iter().filter(|hour| hour.start >= whole) {
            sum.add(hour.tally(objective));
        }
        sum
    }

    pub fn look(&self, known: &Known, objective: Objective, fires: bool) -> SloLook {
        SloLook {
            objective,
            target: target(known, objective),
            limit_ms: known.settings.p99_limit_ms,
            windows: RULES.map(|rule| (self.last(rule.long, objective), self.last(rule.short, objective))),
            fires,
        }
    }
}

/// Share of good requests that the deployment promises.
pub(super) fn target(known: &Known, objective: Objective) -> f64 {
    match objective {
        Objective::Availability => known.settings.slo_availability,
        Objective::Latency => known.settings.slo_latency,
    }
}

/// Objectives of which the alert is open.
pub(super) async fn open(cx: &Ctx, name: &DeploymentName) -> Outcome<Vec<Objective>> {
    let rows = cx.store.db.alerts_open().await.or_problem("Reading alerts")?;
    Ok(objectives(rows.iter().filter(|row| row.deployment == name.as_str())))
}

fn objectives<'a>(open: impl Iterator<Item = &'a AlertRow>) -> Vec<Objective> {
    open.filter(|row| row.kind == AlertKind::ErrorBudget.word()).filter_map(|row| Objective::parse(&row.subject)).collect()
}

/// What fires in one deployment now.
pub(in crate::alerts) async fn firing(cx: &Ctx, known: &Known, round: &Round) -> Outcome<Vec<Firing>> {
    if !round.bad.contains(known.name.as_str()) {
        // Nothing was used of any budget.
        return Ok(Vec::new());
    }
    let (recent, open) = (recent(cx, &known.name).await?, objectives(round.open_of(&known.name)));
    Ok(Objective::ALL
        .into_iter()
        .filter_map(|objective| rule::firing(&recent.look(known, objective, open.contains(&objective))))
        .collect())
}
