//! The story: two releases, one good and one that no test caught, then a change in the world. Told to the server only
//! through its public interfaces; what the pages show of it is what the server itself found out.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::example::Example;
use super::seed::Desk;
use super::traffic::Stream;

/// Ordinary traffic before the first release, so that there is something to compare with.
const WARM_UP: Duration = Duration::from_secs(20);
/// Between two acts, so that a person can look at the end of one before the next begins.
const BREATH: Duration = Duration::from_secs(20);
/// How long the world stays changed before it goes back to what it was, and the other way round.
const SEASON: Duration = Duration::from_secs(600);
const PATIENCE: Duration = Duration::from_secs(900);

/// 1 → 5 → 25 → 50 → 100 %, with steps of seconds instead of hours.
pub fn plan() -> Value {
    json!({
        "steps": [
            { "weight": 1.0, "seconds": 8, "min_requests": 2, "exit": "nothing_worse" },
            { "weight": 5.0, "seconds": 10, "min_requests": 15, "exit": "nothing_worse" },
            { "weight": 25.0, "seconds": 15, "min_requests": 250, "exit": "nothing_worse" },
            { "weight": 50.0, "seconds": 25, "min_requests": 1_000, "exit": "decided" },
            { "weight": 100.0, "seconds": 0, "min_requests": 0, "exit": "nothing_worse" },
        ],
        "guardrails": [
            { "metric": "error_rate", "limit": 0.02, "worse": "higher", "required": true },
            { "metric": "slow_share", "limit": 0.05, "worse": "higher", "required": true },
            { "metric": "positive_share", "limit": 0.04, "worse": "either", "required": true },
            { "metric": "wrong_share", "limit": 0.03, "worse": "higher", "required": false },
        ],
        "alpha": 0.05,
        "planned_requests": 800,
    })
}

/// One release of the story: what the engineer says when asking, and the approver when signing.
struct Release {
    version: u64,
    reason: &'static str,
    comment: &'static str,
}

const RELEASES: &[Release] = &[
    Release {
        version: 3,
        reason: "Gradient boosting finds leavers that the tree misses; better on held-back customers.",
        comment: "Better on the same customers, no group is worse off. Go.",
    },
    Release {
        version: 4,
        reason: "Adds the calls of the retention desk; accuracy goes up once more.",
        comment: "All gates passed. The new column looks strong; watch the canary.",
    },
];

/// Tells the story from wherever the server stands: what has happened in an earlier run is not told again.
pub fn tell(desk: &Desk, churn: &Example, deployment: &str, stream: &Arc<Stream>) -> Result<()> {
    let mut fresh = false;
    for release in RELEASES {
        if rollouts_of(desk, deployment, release.version)?.is_some() {
            // Told in an earlier run, which may have been stopped in the middle of it.
            wait_for_end(desk, deployment, release.version)?;
            continue;
        }
        std::thread::sleep(if fresh { BREATH } else { WARM_UP });
        fresh = true;
        say(&format!("an engineer registers version {} of {} and asks for promotion", release.version, churn.name));
        desk.version(churn, release.version)?;
        let approval = desk.ask(churn, deployment, release.version, release.reason, Some(&plan()))?;
        std::thread::sleep(Duration::from_secs(5));
        desk.approve(&approval, release.comment)?;
        say(&format!("the approver signed; version {} starts as a canary", release.version));
        let end = wait_for_end(desk, deployment, release.version)?;
        say(&format!("the rollout of version {} ended: {end}", release.version));
    }
    if fresh {
        std::thread::sleep(BREATH);
    }
    loop {
        stream.drifted.store(true, Ordering::Relaxed);
        say("a flat tariff begins: everybody calls more in the daytime (examples/README.md says what is injected)");
        std::thread::sleep(SEASON);
        stream.drifted.store(false, Ordering::Relaxed);
        say("the flat tariff ends");
        std::thread::sleep(SEASON);
    }
}

/// The rollout in which a version was or is the canary.
fn rollouts_of(desk: &Desk, deployment: &str, version: u64) -> Result<Option<Value>> {
    let list = desk.engineer.get(&format!("/api/v1/rollouts?deployment={deployment}"))?;
    let items = list["items"].as_array().context("rollouts without items")?;
    Ok(items.iter().find(|rollout| rollout["canary"].as_u64() == Some(version)).cloned())
}

fn wait_for_end(desk: &Desk, deployment: &str, version: u64) -> Result<String> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let rollout = rollouts_of(desk, deployment, version)?.with_context(|| format!("no rollout of version {version}"))?;
        // Lists carry the state as `phase` beside the colour of the line.
        let state = rollout["phase"].as_str().or_else(|| rollout["state"].as_str()).unwrap_or_default();
        if matches!(state, "completed" | "rolled_back" | "aborted") {
            return Ok(state.replace('_', " "));
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    anyhow::bail!("the rollout of version {version} did not end within {} min", PATIENCE.as_secs() / 60)
}

pub fn say(line: &str) {
    println!("  {} {line}", clock());
}

/// Hours, minutes and seconds of the day, UTC.
fn clock() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs() % 86_400;
    format!("{:02}:{:02}:{:02}", now / 3600, now / 60 % 60, now % 60)
}
