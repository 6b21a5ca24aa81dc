//! Room for models: when those in memory take more than they may, the deployments that nobody has asked for the longest time give
//! theirs back, and are loaded again when somebody asks.

use super::reload::reload_one;
use crate::{Ctx, Outcome};
use contract::time::MINUTE;
use contract::{DeploymentName, Millis};
use std::collections::BTreeMap;

/// Whoever was asked or loaded within this time stays.
const IN_USE: i64 = MINUTE;

/// One deployment in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Resident {
    name: DeploymentName,
    bytes: u64,
    /// Last request, or when it was loaded.
    used: Millis,
    /// Both versions of a rollout stay, so that going back is a swap.
    in_rollout: bool,
}

/// Which of `all` give their memory back, so that the rest takes no more than `limit`: the least recently used first.
fn to_sleep(mut all: Vec<Resident>, limit: u64, now: Millis) -> Vec<DeploymentName> {
    let mut taken: u64 = all.iter().map(|one| one.bytes).sum();
    all.retain(|one| !one.in_rollout && now - one.used >= IN_USE);
    all.sort_by(|a, b| (a.used, &a.name).cmp(&(b.used, &b.name)));
    let mut names = Vec::new();
    for one in all {
        if taken <= limit {
            break;
        }
        taken -= one.bytes;
        names.push(one.name);
    }
    names
}

/// The reconciler: lets go what has to go. Without a limit nothing does.
pub async fn make_room(cx: &Ctx) -> Outcome<Vec<DeploymentName>> {
    let (Some(limit), Ok(router)) = (cx.model_memory, cx.router()) else { return Ok(Vec::new()) };
    let mut asked: BTreeMap<DeploymentName, Millis> = BTreeMap::new();
    for stats in router.stats() {
        if let Some(at) = stats.last_inference {
            let last = asked.entry(stats.deployment).or_insert(at);
            *last = (*last).max(at);
        }
    }
    let snapshot = router.snapshot();
    let residents = snapshot.routes.values().map(|route| Resident {
        bytes: route.memory_bytes(),
        used: asked.get(&route.name).copied().unwrap_or(route.loaded).max(route.loaded),
        in_rollout: route.canary.is_some() || route.shadow.is_some(),
        name: route.name.clone(),
    });
    let names = to_sleep(residents.collect(), limit, cx.now());
    for name in &names {
        // A load that has just begun goes first.
        let _turn = cx.waking.lock().await;
        router.set_asleep(name.as_str());
        tracing::info!(deployment = %name, limit, "its models are unloaded to make room; they come back with the next request");
    }
    Ok(names)
}

/// Loads a deployment that is asleep; whoever asks at the same time waits for the same load.
pub async fn wake(cx: &Ctx, name: &DeploymentName) -> Outcome<()> {
    let router = cx.router()?;
    let _turn = cx.waking.lock().await;
    if router.is_asleep(name.as_str()) {
        reload_one(cx, name).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testbed::beds;
    use contract::time::{HOUR, SECOND};

    #[test]
    fn the_least_recently_used_go_first_and_what_is_in_use_stays() {
        let now = Millis(10 * HOUR);
        let of = |name: &str, bytes: u64, idle: i64, in_rollout: bool| Resident {
            name: name.into(),
            bytes,
            used: Millis(now.0 - idle),
            in_rollout,
        };
        let all = || {
            vec![
                of("a", 40, 3 * HOUR, false),
                of("b", 30, 2 * HOUR, false),
                of("c", 20, 5 * HOUR, true),
                of("d", 10, 30 * SECOND, false),
            ]
        };
        let cases: [(u64, &[&str]); 6] =
            [(1_000, &[]), (100, &[]), (99, &["a"]), (60, &["a"]), (59, &["a", "b"]), (0, &["a", "b"])];
        for (limit, expected) in cases {
            let names = to_sleep(all(), limit, now);
            assert_eq!(names.iter().map(DeploymentName::as_str).collect::<Vec<_>>(), expected, "limit {limit}");
        }
    }

    #[tokio::test]
    async fn what_sleeps_wakes_up_with_the_next_request() {
        for mut bed in beds().await {
            let version = bed.register("v3").await;
            let name = bed.deploy(version).await;
            let rows = bed.rows(&name, "live.csv");
            bed.send(&name, &rows[..3]).await;
            let cx = bed.cx.clone().with_model_memory(Some(1));
            assert!(make_room(&cx).await.unwrap().is_empty(), "it was asked just now");
            bed.clock.advance(2 * MINUTE);
            assert!(make_room(&bed.cx).await.unwrap().is_empty(), "there is no limit");
            // One request is on its way while its deployment goes.
            let router = cx.router().unwrap().clone();
            let on_its_way = router.route(name.as_str()).expect("it is loaded");
            assert!(on_its_way.memory_bytes() > 0);
            assert_eq!(make_room(&cx).await.unwrap(), [name.clone()]);
            assert!(router.is_asleep(name.as_str()) && router.route(name.as_str()).is_none());
            assert!(on_its_way.stable.evaluate(&rows[..1]).await.is_ok());
            let (one, two) = tokio::join!(wake(&cx, &name), wake(&cx, &name));
            assert!(one.is_ok() && two.is_ok() && !router.is_asleep(name.as_str()));
            assert_eq!(bed.send(&name, &rows[..3]).await.len(), 3);
            assert!(make_room(&cx).await.unwrap().is_empty(), "it has just been loaded");
            bed.flush().await;
        }
    }
}
