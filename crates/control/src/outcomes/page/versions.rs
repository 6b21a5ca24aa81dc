//! What outcomes say of each version, and of the stable one as the page's answer. Judged are the minutes whose outcomes are known for the most
//! part, as the alerts judge them: what is known early is seldom like what is known late.

use super::{FEWEST, coverage, in_buckets, sum};
use crate::monitoring::read::Ops;
use crate::outcomes::quality::Quality;
use crate::outcomes::watch::KnownUntil;
use crate::outcomes::worse::Worse;
use crate::words::{count, counted, listed, number, percent};
use contract::time::{MINUTE, span_words};
use contract::verdict::State;
use contract::views::parts::{Answer, Estimate, Point};
use contract::views::quality::VersionQuality;
use contract::{Millis, Task, VersionNo};
use store::outcomes::QualityRow;

pub fn one(
    task: Task,
    (version, offline): (VersionNo, Option<f64>),
    rows: &[QualityRow],
    windows: &[Ops],
    (bucket, starts): (i64, &[Millis]),
    known: KnownUntil,
    worse: impl Fn(&Quality) -> Vec<Worse>,
) -> VersionQuality {
    let mine = || rows.iter().filter(move |row| row.version == i64::from(version.0));
    let total = sum(task, mine());
    let old = known.until.map_or(Quality::new(task), |until| sum(task, mine().filter(|row| row.start < until.0)));
    let answered: u64 = windows.iter().filter(|ops| ops.version == version).map(|ops| ops.operations.counts.rows).sum();
    let by_bucket = in_buckets(task, mine(), bucket);
    let is_judged = old.n() >= FEWEST;
    let (state, sentence) = match total.primary() {
        Some(_) if total.n() >= FEWEST && !is_judged => (State::Unknown, too_early(known, old.n())),
        _ => against(task, old.primary().filter(|_| is_judged).or(total.primary()), offline),
    };
    let shown = if is_judged { &old } else { &total };
    let others = if is_judged { worse(&old) } else { Vec::new() };
    let (state, sentence) = beside(others, state, sentence);
    VersionQuality {
        version,
        estimate: shown.primary(),
        offline,
        coverage: coverage(total.n(), answered),
        others: shown.others(),
        state,
        sentence,
        over_time: starts
            .iter()
            .map(|at| Point { at: *at, value: by_bucket.get(at).and_then(Quality::primary).map(|estimate| estimate.value) })
            .collect(),
    }
}

/// What is worse besides the primary measure, as the alert about quality says it.
fn beside(worse: Vec<Worse>, state: State, sentence: String) -> (State, String) {
    if worse.is_empty() {
        return (state, sentence);
    }
    let written = |is_rate: bool, x: f64| if is_rate { percent(x) } else { number(x) };
    let one = |one: &Worse| {
        format!("{} {} (was {})", one.measure, written(one.is_rate, one.value), written(one.is_rate, one.reference))
    };
    let all: Vec<String> = worse.iter().map(one).collect();
    (State::Bad, format!("{sentence} Worse: {}.", listed(&all)))
}

fn too_early(known: KnownUntil, old: u64) -> String {
    let delay = span_words(known.delay.max(MINUTE));
    let few = if known.until.is_some() { format!(": {} of older predictions", counted(old, "outcome")) } else { String::new() };
    format!(
        "Too early to judge{few}. Nine of ten outcomes come within {delay}, and those that come first are seldom like the rest."
    )
}

fn written(task: Task, x: f64) -> String {
    if task == Task::Regression { number(x) } else { percent(x) }
}

/// The realised value against the held-back one.
fn against(task: Task, estimate: Option<Estimate>, offline: Option<f64>) -> (State, String) {
    let Some(estimate) = estimate.filter(|estimate| estimate.n >= FEWEST) else {
        let known = estimate.map_or(0, |estimate| estimate.n);
        return (State::Unknown, format!("{} known; {FEWEST} are needed.", counted(known, "outcome")));
    };
    let (lower, upper) = (estimate.lower.unwrap_or(estimate.value), estimate.upper.unwrap_or(estimate.value));
    let interval = format!("{} to {}", written(task, lower), written(task, upper));
    let Some(offline) = offline else { return (State::Ok, format!("Between {interval}, 95% sure.")) };
    let before = written(task, offline);
    let (worse, better) =
        if task == Task::Regression { (lower > offline, upper < offline) } else { (upper < offline, lower > offline) };
    match (worse, better) {
        (true, _) => (State::Watch, format!("Worse than the {before} on held-back data: {interval}, 95% sure.")),
        (_, true) => (State::Ok, format!("Better than the {before} on held-back data: {interval}, 95% sure.")),
        _ => (State::Ok, format!("As on held-back data ({before}): {interval}, 95% sure.")),
    }
}

pub fn answer(task: Task, stable: Option<VersionNo>, versions: &[VersionQuality], all: &Quality, answered: u64) -> Answer {
    let known = format!(
        "Outcomes of {} of {} predictions are known ({}).",
        count(all.n()),
        count(answered),
        percent(coverage(all.n(), answered))
    );
    let Some(version) = versions.iter().find(|version| Some(version.version) == stable) else {
        return Answer { state: State::Unknown, headline: "Serves nothing yet".into(), sentence: known, link: None };
    };
    match version.estimate.filter(|estimate| estimate.n >= FEWEST) {
        None => Answer {
            state: State::Unknown,
            headline: "Not enough outcomes to judge quality".into(),
            sentence: format!("{} {known}", version.sentence),
            link: None,
        },
        Some(_) if version.state == State::Unknown => Answer {
            state: State::Unknown,
            headline: "Most outcomes are still to come".into(),
            sentence: format!("{} {known}", version.sentence),
            link: None,
        },
        Some(estimate) => Answer {
            state: version.state,
            headline: format!(
                "Version {} is {} {}",
                version.version,
                if task == Task::Regression { "off by" } else { "right in" },
                match task {
                    Task::Regression => format!("{} on average", number(estimate.value)),
                    _ => format!("{} of known cases", percent(estimate.value)),
                }
            ),
            sentence: format!("{} {known}", version.sentence),
            link: None,
        },
    }
}
