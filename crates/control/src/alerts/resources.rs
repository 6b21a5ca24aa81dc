//! When something runs out: 80 % is worth a look, 95 % is bad. Pure, with a table of cases, and the reading of what it needs.

use super::rules::Firing;
use crate::resources::read::{self, Used};
use crate::resources::window::{Level, Levels, measure};
use crate::words::{number, percent};
use crate::{Ctx, Outcome};
use contract::DeploymentName;
use contract::time::{MINUTE, span_words};
use contract::verdict::State;
use contract::views::alerts::AlertKind;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use store::alerts::AlertRow;

/// Share of a limit from which somebody should look, and from which it is bad.
pub const WATCH: f64 = 0.80;
pub const BAD: f64 = 0.95;
/// What fires goes on until it is this far below, so that it does not flap.
const HOLD: f64 = 0.05;
/// Stretch over which the mean is judged.
const OVER: i64 = 5 * MINUTE;
/// Samples from which it is, of one node: four of the five minutes, so that a start or a burst is none.
const FEWEST: u64 = 24;

/// How a mean share over some samples stands. `before`: how it stands already, if it fires.
pub fn judge(share: f64, samples: u64, before: Option<State>) -> State {
    if samples < FEWEST || !share.is_finite() {
        return State::Unknown;
    }
    let bad = BAD - if before == Some(State::Bad) { HOLD } else { 0.0 };
    let watch = WATCH - if before.is_some() { HOLD } else { 0.0 };
    match share {
        share if share >= bad => State::Bad,
        share if share >= watch => State::Watch,
        _ => State::Ok,
    }
}

/// How a measure of a node stands. A full processor hurts nobody by itself: what is slow or fails because of it has rules of its own.
pub fn stands(name: &str, share: f64, samples: u64, before: Option<State>) -> State {
    match judge(share, samples, before) {
        State::Bad if name == measure::CPU => State::Watch,
        state => state,
    }
}

/// What has a limit on a node: the measure, its subject in alerts and its name in sentences.
pub fn limited(levels: &Levels) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = [(measure::CPU, "Processor"), (measure::MEMORY, "Memory"), (measure::DISK, "Disk")]
        .into_iter()
        .map(|(name, words)| (name.to_owned(), words.to_owned()))
        .collect();
    let gpus = levels.0.keys().filter_map(|name| name.strip_prefix("gpu/")?.strip_suffix("/memory"));
    all.extend(gpus.map(|index| (format!("gpu/{index}/memory"), format!("Memory of GPU {index}"))));
    all
}

/// One thing that is short.
fn one(subject: String, name: &str, place: &str, level: Level, state: State, more: &str) -> Option<Firing> {
    let share = level.mean().filter(|_| matches!(state, State::Bad | State::Watch))?;
    Some(Firing {
        kind: AlertKind::Resources,
        headline: format!("{name} is at {}", percent(share)),
        sentence: format!(
            "{place}, mean of the last {}; {} is worth a look, {} is bad.{more}",
            span_words(OVER),
            percent(WATCH),
            percent(BAD)
        ),
        numbers: json!({"subject": subject, "share": share, "samples": level.n, "watch": WATCH, "bad": BAD}),
        subject,
        state,
    })
}

/// The sums of the last minutes, by node.
pub async fn recent(cx: &Ctx) -> Outcome<BTreeMap<String, Levels>> {
    let mut nodes: BTreeMap<String, Levels> = BTreeMap::new();
    for Used { node, levels, .. } in read::used(cx, MINUTE, crate::monitoring::last(cx, OVER)).await? {
        nodes.entry(node).or_default().merge(&levels);
    }
    Ok(nodes)
}

/// What fires, by the deployment that carries it: its own full queues, and what is short on a node if it uses the most there.
#[derive(Default)]
pub struct Short(HashMap<DeploymentName, Vec<Firing>>);

impl Short {
    /// What fires in one deployment.
    pub(super) fn of(&self, name: &DeploymentName) -> Vec<Firing> {
        self.0.get(name).cloned().unwrap_or_default()
    }
}

/// Looks at all nodes; `open` are the alerts that are open.
pub(super) async fn short(cx: &Ctx, open: &[AlertRow]) -> Outcome<Short> {
    let nodes = recent(cx).await?;
    let open: Vec<_> = open.iter().filter(|row| row.kind == AlertKind::Resources.word()).collect();
    let state = |severity: &str| if severity == "bad" { State::Bad } else { State::Watch };
    let mut fires: HashMap<DeploymentName, Vec<Firing>> = HashMap::new();
    for (node, levels) in &nodes {
        for (name, words) in limited(levels) {
            let subject = format!("{name}@{node}");
            let level = levels.get(&name);
            let Some(share) = level.mean() else { continue };
            let before = open.iter().find(|row| row.subject == subject);
            let stands = stands(&name, share, level.n, before.map(|row| state(&row.severity)));
            let Some(fire) = one(subject, &words, &format!("On {node}"), level, stands, "") else { continue };
            // A node has no owner: whoever uses the most of it carries the alert, and goes on carrying it.
            let (busiest, takes) = most(cx, levels);
            let carries = before.map(|row| row.deployment.as_str().into()).or(busiest.clone());
            if let Some(carries) = carries {
                let sentence = match busiest.zip(takes) {
                    Some((name, share)) => {
                        format!("{} {name} takes {} of the compute time there.", fire.sentence, percent(share))
                    }
                    None => fire.sentence,
                };
                fires.entry(carries).or_default().push(Firing { sentence, ..fire });
            }
        }
    }
    let mut all = Levels::default();
    nodes.values().for_each(|levels| all.merge(levels));
    for (name, level) in &all.0 {
        let Some((deployment, version)) = measure::of_version(measure::QUEUE_SHARE, name) else { continue };
        let Some(share) = level.mean() else { continue };
        let subject = format!("queue of version {version}");
        let before = open.iter().find(|row| row.subject == subject && row.deployment == deployment);
        let rows = all.mean(&measure::version(measure::QUEUE, deployment, version)).unwrap_or_default();
        let more = format!(" {} rows wait for a run; past the queue requests are refused.", number(rows));
        let place = format!("Version {version} on all nodes");
        let stands = judge(share, level.n, before.map(|row| state(&row.severity)));
        if let Some(fire) = one(subject, "The queue", &place, *level, stands, &more) {
            fires.entry(deployment.into()).or_default().push(fire);
        }
    }
    Ok(Short(fires))
}

/// The deployment that takes the most compute time on a node, and its share; where nothing ran, the first that serves.
fn most(cx: &Ctx, levels: &Levels) -> (Option<DeploymentName>, Option<f64>) {
    let mut seconds: BTreeMap<&str, f64> = BTreeMap::new();
    for (name, level) in &levels.0 {
        if let Some((deployment, _)) = measure::of_version(measure::COMPUTE, name) {
            *seconds.entry(deployment).or_default() += level.sum;
        }
    }
    let total: f64 = seconds.values().sum();
    let book = cx.book.all();
    let served = |name: &str| book.get(&DeploymentName::from(name)).is_some_and(|known| known.stable.is_some());
    let busiest = seconds.iter().filter(|(name, sum)| **sum > 0.0 && served(name)).max_by(|a, b| a.1.total_cmp(b.1));
    match busiest {
        Some((name, sum)) => (Some(DeploymentName::from(*name)), Some(sum / total)),
        None => (book.values().find(|known| known.stable.is_some()).map(|known| known.name.clone()), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eighty_is_worth_a_look_and_ninety_five_is_bad_with_hysteresis() {
        use State::*;
        for (share, samples, before, state) in [
            (0.79, 30, None, Ok),
            (0.80, 30, None, Watch),
            (0.949, 30, None, Watch),
            (0.95, 30, None, Bad),
            (1.0, 30, None, Bad),
            // Once it fires it holds five points longer.
            (0.76, 30, Some(Watch), Watch),
            (0.749, 30, Some(Watch), Ok),
            (0.91, 30, Some(Bad), Bad),
            (0.89, 30, Some(Bad), Watch),
            (0.94, 30, Some(Watch), Watch),
            (0.74, 30, Some(Bad), Ok),
            // Too few samples say nothing, whatever they say.
            (1.0, 23, None, Unknown),
            (f64::NAN, 30, None, Unknown),
        ] {
            assert_eq!(judge(share, samples, before), state, "{share} of {samples}, {before:?}");
        }
        assert_eq!((stands(measure::CPU, 1.0, 30, None), stands(measure::DISK, 1.0, 30, None)), (Watch, Bad));
        assert_eq!(stands(measure::CPU, 0.5, 30, None), Ok);
    }
}
