//! One incident: what is wrong, what changed before, who does what, how far it is.

use super::drive::may;
use super::list::{allowed, line};
use super::timeline::{self, Changed};
use super::unknown;
use crate::deployments::Known;
use crate::monitoring::read::{self, Ops};
use crate::monitoring::{rates, spans};
use crate::words::{count, counted, ms, percent};
use crate::{Actor, Ctx, IntoProblem, Outcome};
use contract::inputs::{IncidentAct, TimeRange};
use contract::role::Act;
use contract::rollout::Arm;
use contract::time::{DAY, HOUR, MINUTE, span_words};
use contract::verdict::State;
use contract::views::alerts::{AlertKind, AlertLine};
use contract::views::common::Allowed;
use contract::views::incidents::{
    CauseKind, ChartUnit, IncidentChart, IncidentLine, IncidentRole, IncidentState, IncidentView, Numbers, Person, Suspect,
};
use contract::views::parts::{Answer, Point, Series};
use contract::{IncidentId, Millis, Problem, UserId};
use store::incidents::PersonRow;

/// Changes are looked for this long before the start.
const BEFORE: i64 = DAY;
/// The chart begins this long before the start.
const SHOWN_BEFORE: i64 = HOUR;
const POINTS: usize = 90;
/// Changes that are read.
const CHANGES: i64 = 500;

pub async fn view(cx: &Ctx, who: &Actor, id: &IncidentId) -> Outcome<IncidentView> {
    who.must(Act::View)?;
    let doing = "Reading the incident";
    let row = cx.store.db.incident(id).await.or_problem(doing)?.ok_or_else(|| unknown(id))?;
    let alerts: Vec<AlertLine> =
        cx.store.db.incident_alerts(id).await.or_problem(doing)?.into_iter().filter_map(crate::alerts::line).collect();
    let notes = cx.store.db.incident_notes(id).await.or_problem(doing)?;
    let people: Vec<Person> = cx.store.db.incident_people(id).await.or_problem(doing)?.into_iter().filter_map(person).collect();
    let name = row.deployment.as_str().into();
    let known = cx.book.get(&name).ok_or_else(|| crate::deployments::unknown(&name))?;
    let (start, end) = (Millis(row.started_at), Millis(row.resolved_at.unwrap_or(cx.now().0)));
    let (from, to) = (Millis(start.0 - BEFORE), end + 1);
    let kept = cx.store.db.audit_concerning(&name, &known.model, from, to, CHANGES).await.or_problem(doing)?;
    let events = cx.store.db.events_concerning(&name, from, to, CHANGES).await.or_problem(doing)?;
    let changes = timeline::changes(kept, events);
    let ranked = timeline::suspects(start, &alerts, &changes);
    let firing = alerts.iter().filter(|alert| alert.resolved_at.is_none()).count() as i64;
    let (opened_at, opened_by) = (Millis(row.opened_at), row.opened_by_name.clone());
    let (impact, cause, state) = (row.impact.clone(), row.cause.clone(), row.state.clone());
    let leader = people.iter().find(|person| person.role == IncidentRole::Commander).map(|person| person.name.clone());
    let line = line(row, leader.unwrap_or_default(), alerts.len());
    // A little past the end, so that marks at the end have room.
    let shown = TimeRange { from: Millis(start.0 - SHOWN_BEFORE), to: end.max(start + 5 * MINUTE) + 1 };
    let range = spans::since_birth(shown, known.born);
    let range = TimeRange { to: range.to + (range.to - range.from) / 12, ..range };
    let (span, windows) = read::operations(cx, &name, range).await?;
    let numbers = numbers(&windows, start, end);
    let handle = allowed(who);
    let (rollback_to, may_roll_back, rollback_effect) = back(who, &known, &state);
    Ok(IncidentView {
        answer: answer(&line, &alerts, &ranked, &numbers, cx.now()),
        chart: chart(cx, &known, &line, &alerts, &changes, range, span, &windows),
        timeline: timeline::entries(start, &alerts, &changes, &ranked, notes),
        suspects: ranked.into_iter().map(|(_, suspect)| suspect).collect(),
        candidates: candidates(cx, who).await?,
        may_resolve: both(&handle, may(&state, IncidentAct::Resolve, firing)),
        may_handle: handle,
        model: known.model.clone(),
        owner: known.settings.owner_team.clone(),
        line,
        opened_at,
        opened_by,
        alerts,
        people,
        impact,
        cause,
        numbers,
        rollback_to,
        may_roll_back,
        rollback_effect,
        updated_at: cx.now(),
    })
}

fn both(role: &Allowed, state: Result<(), Problem>) -> Allowed {
    match (role.ok, state) {
        (true, Err(problem)) => Allowed::no(problem.detail),
        _ => role.clone(),
    }
}

/// Where a rollback leads, whether this person may, and what it does.
fn back(who: &Actor, known: &Known, state: &str) -> (Option<contract::VersionNo>, Allowed, String) {
    let allowed = if who.role.may(Act::StopRollout) { Allowed::yes() } else { Allowed::no("Your role may not roll back.") };
    let allowed = both(&allowed, may(state, IncidentAct::RollBack, 0));
    match (&known.rollout, known.stable, known.previous) {
        (Some(rollout), Some(stable), _) => (
            Some(stable),
            allowed,
            format!(
                "The rollout of version {} ends; version {stable} answers everything from the next request on.",
                rollout.canary
            ),
        ),
        (None, Some(_), Some(previous)) => (
            Some(previous),
            allowed,
            format!("Version {previous} answers everything from the next request on; it is in memory already."),
        ),
        _ => (None, Allowed::no("There is no version before this one."), String::new()),
    }
}

async fn candidates(cx: &Ctx, who: &Actor) -> Outcome<Vec<(UserId, String)>> {
    if !who.role.may(Act::HandleIncident) {
        return Ok(Vec::new());
    }
    let users = cx.store.db.users().await.or_problem("Reading people")?;
    Ok(users.into_iter().map(|user| (UserId(user.id), user.name)).collect())
}

fn person(row: PersonRow) -> Option<Person> {
    let role = IncidentRole::parse(&row.role)?;
    Some(Person { id: row.person.into(), name: row.name, role, since: Millis(row.since) })
}

fn numbers(windows: &[Ops], start: Millis, end: Millis) -> Numbers {
    let during = windows.iter().filter(|ops| ops.arm != Arm::Shadow && ops.start.0 >= start.0 - MINUTE && ops.start <= end);
    let sum = read::sum(during);
    let seconds = ((end - start).max(MINUTE)) as f64 / 1e3;
    Numbers {
        requests: sum.counts.requests,
        failed: sum.counts.failed,
        by_fallback: sum.counts.fallback,
        slow: sum.counts.slow,
        p99_ms: sum.total.quantile(0.99),
        per_second: sum.counts.rows as f64 / seconds,
    }
}

fn answer(line: &IncidentLine, alerts: &[AlertLine], suspects: &[(usize, Suspect)], numbers: &Numbers, now: Millis) -> Answer {
    let title = line.title.trim_end_matches('.');
    let firing = alerts.iter().filter(|alert| alert.resolved_at.is_none()).count();
    let (state, headline) = match line.phase {
        IncidentState::Open => (line.severity, format!("{}: {title}", line.deployment)),
        IncidentState::Mitigated => (State::Watch, format!("{}: mitigated, after “{title}”", line.deployment)),
        IncidentState::Resolved => (State::Ok, format!("{}: resolved, after “{title}”", line.deployment)),
    };
    let until = line.resolved_at.unwrap_or(now);
    let lasted = span_words(until - line.started_at);
    let when = match line.phase {
        IncidentState::Resolved => format!("It lasted {lasted}, from {}.", line.started_at.words(now)),
        _ => format!("For {lasted}, since {}.", line.started_at.words(now)),
    };
    let suspected = suspects.first().map_or_else(
        || " No change is known in the day before.".to_owned(),
        |(_, first)| format!(" Nearest suspect: {} ({}).", first.change.text.trim_end_matches('.'), first.because),
    );
    let served = match (numbers.requests, numbers.failed) {
        (0, _) => " No requests since.".to_owned(),
        (n, 0) => format!(" No request of {} failed.", count(n)),
        (n, failed) => format!(" {} of {} failed ({}).", count(failed), counted(n, "request"), percent(failed as f64 / n as f64)),
    };
    let fires = match (line.phase, firing) {
        (IncidentState::Resolved, _) | (_, 0) => String::new(),
        (_, 1) => " One alert fires.".to_owned(),
        (_, n) => format!(" {n} alerts fire."),
    };
    Answer::new(state, headline, format!("{when}{suspected}{served}{fires}"))
}

#[expect(clippy::too_many_arguments, reason = "everything that one chart is drawn from, read once by its only caller")]
fn chart(
    cx: &Ctx,
    known: &Known,
    line: &IncidentLine,
    alerts: &[AlertLine],
    changes: &[Changed],
    range: TimeRange,
    span: i64,
    windows: &[Ops],
) -> IncidentChart {
    let (bucket, starts) = spans::buckets(range, span, POINTS);
    let live: Vec<&Ops> = windows.iter().filter(|ops| ops.arm != Arm::Shadow).collect();
    let all = read::by_bucket(live.iter().copied(), bucket, &starts);
    let over = |of: &dyn Fn(&crate::monitoring::window::Operations) -> Option<f64>| -> Vec<Point> {
        all.iter().map(|(at, ops)| Point { at: *at, value: of(ops) }).collect()
    };
    let share = |part: u64, of: u64| (of > 0).then(|| part as f64 / of as f64);
    let named = |name: &str, points| Series { name: name.into(), points };
    let first = alerts.iter().min_by_key(|alert| (alert.state, alert.since)).map(|alert| alert.kind);
    let limit_ms = known.settings.p99_limit_ms;
    let (what, unit, series, limit) = match first {
        Some(AlertKind::Latency) => {
            ("p99".to_owned(), ChartUnit::Milliseconds, vec![named("p99", over(&|ops| ops.total.quantile(0.99)))], Some(limit_ms))
        }
        Some(AlertKind::Errors | AlertKind::Degraded | AlertKind::ErrorBudget) => {
            let failed = named("failed", over(&|ops| share(ops.counts.failed, ops.counts.requests)));
            let fallback = named("by a fallback", over(&|ops| share(ops.counts.fallback, ops.counts.requests)));
            ("Share of requests".to_owned(), ChartUnit::Share, vec![failed, fallback], None)
        }
        Some(
            AlertKind::PredictionDrift
            | AlertKind::FeatureDrift
            | AlertKind::Missing
            | AlertKind::Unseen
            | AlertKind::OutOfRange
            | AlertKind::Stuck
            | AlertKind::Quality,
        ) => match known.stable_version() {
            Some(stable) => {
                let (title, series) = crate::monitoring::shares::over_time(known, stable, range, span, windows);
                let whole =
                    series.iter().flat_map(|one| &one.points).filter_map(|point| point.value).all(|v| (0.0..=1.0).contains(&v));
                (title, if whole { ChartUnit::Share } else { ChartUnit::Plain }, series, None)
            }
            None => {
                ("Requests a second".to_owned(), ChartUnit::PerSecond, vec![named("requests", rates(cx, &all, bucket))], None)
            }
        },
        _ => ("Requests a second".to_owned(), ChartUnit::PerSecond, vec![named("requests", rates(cx, &all, bucket))], None),
    };
    let worst = numbers(windows, line.started_at, range.to).p99_ms.filter(|_| unit == ChartUnit::Milliseconds);
    let title = match worst {
        Some(p99) => format!("p99 since the start is {}; the limit is {}", ms(p99), ms(limit_ms)),
        None => format!("{what} around the start at {}", line.started_at.words(cx.now())),
    };
    IncidentChart {
        title,
        sentence: "Letters mark changes, ! marks alerts, in the order of time.".into(),
        unit,
        from: starts.first().copied().unwrap_or(range.from).min(range.from),
        to: range.to,
        series,
        limit,
        // What can cause something; the timeline has the rest.
        changes: changes
            .iter()
            .filter(|changed| !matches!(changed.kind, None | Some(CauseKind::Approval | CauseKind::Alias | CauseKind::Policy)))
            .map(|changed| changed.change.clone())
            .filter(|change| change.at >= range.from)
            .collect(),
    }
}
