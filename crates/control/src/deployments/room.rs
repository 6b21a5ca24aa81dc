//! Room for models: when those in memory take more than they may, the deployments that nobody has asked for the longest time give
//! theirs back, and are loaded again when somebody asks.

use super::reload::reload_one;
use crate::{Ctx, Outcome};
use contract::time::{MINUTE, SECOND};
use contract::{DeploymentName, Millis, Problem, ProblemKind};
use serving::{Route, Router};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Whoever was asked or loaded within this time stays.
const IN_USE: i64 = MINUTE;
/// The same where another one has to be loaded at once: whoever was asked within this time is being asked.
const BEING_ASKED: i64 = 2 * SECOND;
/// How long a request waits at most for a deployment that is loaded because of it.
const WAKING: Duration = Duration::from_secs(30);
/// When to come back where there is no room, seconds.
const RETRY: u64 = 2;

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
fn to_sleep(mut all: Vec<Resident>, limit: u64, now: Millis, in_use: i64) -> Vec<DeploymentName> {
    let mut taken: u64 = all.iter().map(|one| one.bytes).sum();
    all.retain(|one| !one.in_rollout && now - one.used >= in_use);
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

/// What is loaded at the start, one deployment after the other, the most important first.
pub struct Shelf {
    limit: Option<u64>,
    taken: u64,
    /// One did not fit: those that were asked even longer ago do not take its place.
    full: bool,
}

impl Shelf {
    pub fn new(limit: Option<u64>) -> Shelf {
        Shelf { limit, taken: 0, full: false }
    }

    pub fn is_bounded(&self) -> bool {
        self.limit.is_some()
    }

    /// Whether loading one of at least so many bytes is worth trying.
    pub fn may_fit(&self, least: u64) -> bool {
        !self.full && self.fits(least)
    }

    fn fits(&self, bytes: u64) -> bool {
        self.limit.is_none_or(|limit| self.taken.saturating_add(bytes) <= limit)
    }

    /// It is there, whether or not there was room.
    pub fn holds(&mut self, bytes: u64) {
        self.taken = self.taken.saturating_add(bytes);
    }

    /// There is no room for it. One that would have none alone keeps nobody else out.
    pub fn leaves_out(&mut self, bytes: u64) {
        self.full |= self.limit.is_some_and(|limit| bytes <= limit);
    }

    /// Whether one that has just been loaded stays.
    pub fn takes(&mut self, bytes: u64) -> bool {
        let fits = self.fits(bytes);
        if fits {
            self.holds(bytes);
        } else {
            self.leaves_out(bytes);
        }
        fits
    }
}

/// The reconciler: lets go what has to go. Without a limit nothing does.
pub async fn make_room(cx: &Ctx) -> Outcome<Vec<DeploymentName>> {
    let (Some(limit), Ok(router)) = (cx.model_memory, cx.router()) else { return Ok(Vec::new()) };
    let names = to_sleep(residents(router), limit, cx.now(), IN_USE);
    for name in &names {
        put_to_sleep(cx, name).await?;
        tracing::info!(deployment = %name, limit, "its models are unloaded to make room; they come back with the next request");
    }
    Ok(names)
}

/// What is in memory.
fn residents(router: &Router) -> Vec<Resident> {
    let mut asked: BTreeMap<DeploymentName, Millis> = BTreeMap::new();
    for stats in router.stats() {
        if let Some(at) = stats.last_inference {
            let last = asked.entry(stats.deployment).or_insert(at);
            *last = (*last).max(at);
        }
    }
    let snapshot = router.snapshot();
    let resident = |route: &Arc<Route>| Resident {
        bytes: route.memory_bytes(),
        used: asked.get(&route.name).copied().unwrap_or(route.loaded).max(route.loaded),
        in_rollout: route.canary.is_some() || route.shadow.is_some(),
        name: route.name.clone(),
    };
    snapshot.routes.values().map(resident).collect()
}

/// Gives the memory of a deployment back. Requests that are on their way finish on what they have.
pub async fn put_to_sleep(cx: &Ctx, name: &DeploymentName) -> Outcome<()> {
    let router = cx.router()?;
    // A load that has just begun goes first.
    let turn = cx.waking.turn(name);
    let _turn = turn.lock().await;
    router.set_asleep(name.as_str());
    Ok(())
}

/// Who is being loaded because somebody asked: one turn per deployment, and the room that is spoken for.
#[derive(Default)]
pub struct Waking {
    turns: Mutex<HashMap<DeploymentName, Arc<tokio::sync::Mutex<()>>>>,
    spoken_for: Mutex<HashMap<DeploymentName, u64>>,
}

impl Waking {
    fn turn(&self, name: &DeploymentName) -> Arc<tokio::sync::Mutex<()>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner).entry(name.clone()).or_default().clone()
    }

    fn speak_for(&self) -> MutexGuard<'_, HashMap<DeploymentName, u64>> {
        self.spoken_for.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Room that is spoken for until the deployment is loaded, or its load has failed.
struct Place<'c>(&'c Ctx, &'c DeploymentName);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.waking.speak_for().remove(self.1);
    }
}

/// Room for one that is woken: the least recently used go, also those that were asked within the last minute, but none that is being asked.
/// One that is larger than the limit by itself is loaded when nothing else is there.
fn take_place<'c>(cx: &'c Ctx, name: &'c DeploymentName) -> Outcome<Place<'c>> {
    let router = cx.router()?;
    let mut spoken_for = cx.waking.speak_for();
    if let Some(limit) = cx.model_memory {
        let needed = cx.book.get(name).map_or(0, |known| known.memory);
        let coming: u64 = spoken_for.values().sum::<u64>().saturating_add(needed);
        let all = residents(router);
        let going = to_sleep(all.clone(), limit.saturating_sub(coming), cx.now(), BEING_ASKED);
        let stays: Vec<&Resident> = all.iter().filter(|one| !going.contains(&one.name)).collect();
        let taken: u64 = stays.iter().map(|one| one.bytes).sum();
        if taken.saturating_add(coming) > limit && !(stays.is_empty() && spoken_for.is_empty()) {
            return Err(Problem::later(
                format!("There is no room in memory for “{name}” now: everything else that is loaded is being asked."),
                RETRY,
            ));
        }
        for one in going {
            tracing::info!(deployment = %one, limit, woken = %name, "its models are unloaded: another one is asked");
            router.set_asleep(one.as_str());
        }
        spoken_for.insert(name.clone(), needed);
    }
    drop(spoken_for);
    Ok(Place(cx, name))
}

/// Loads a deployment that is asleep; whoever asks for it at the same time waits for the same load. Others are loaded beside it.
pub async fn wake(cx: &Ctx, name: &DeploymentName) -> Outcome<()> {
    let router = cx.router()?;
    let turn = cx.waking.turn(name);
    let _turn = turn.lock().await;
    if router.is_asleep(name.as_str()) {
        let _place = take_place(cx, name)?;
        reload_one(cx, name).await?;
    }
    Ok(())
}

/// The same for one request: it waits as long as its caller does, or as long as is of use. The load goes on without those who have left,
/// so that it is there when they come back.
pub async fn wake_within(cx: &Ctx, name: &DeploymentName, within: Option<Duration>) -> Outcome<()> {
    let load = tokio::spawn({
        let (cx, name) = (cx.clone(), name.clone());
        async move { wake(&cx, &name).await }
    });
    match tokio::time::timeout(within.map_or(WAKING, |within| within.min(WAKING)), load).await {
        Ok(Ok(woken)) => woken,
        Ok(Err(error)) => {
            tracing::error!(%error, deployment = %name, "loading a deployment panicked");
            Err(Problem::internal("The deployment could not be loaded."))
        }
        Err(_) if within.is_some_and(|within| within <= WAKING) => {
            let detail = format!("the request's deadline has passed while “{name}” was being loaded");
            Err(Problem::new(ProblemKind::TooLate, detail))
        }
        Err(_) => Err(Problem::later(format!("“{name}” is still being loaded."), RETRY)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testbed::beds;
    use contract::time::HOUR;

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
            let names = to_sleep(all(), limit, now, IN_USE);
            assert_eq!(names.iter().map(DeploymentName::as_str).collect::<Vec<_>>(), expected, "limit {limit}");
        }
    }

    #[test]
    fn the_start_takes_what_fits_in_the_order_of_use() {
        // Bytes of the files, and what loading them takes; which of them stay.
        type Case = (Option<u64>, &'static [(u64, u64)], &'static [bool]);
        let cases: [Case; 6] = [
            (None, &[(10, 20), (10, 20)], &[true, true]),
            (Some(50), &[(10, 20), (10, 20), (10, 20), (1, 2)], &[true, true, false, false]),
            (Some(50), &[(10, 20), (40, 80), (10, 20)], &[true, false, false]),
            // One that is too large for an empty house keeps nobody out, whether its file says so or loading it shows it.
            (Some(50), &[(60, 90), (10, 20), (10, 20)], &[false, true, true]),
            (Some(50), &[(40, 90), (10, 20), (10, 20)], &[false, true, true]),
            (Some(0), &[(1, 1)], &[false]),
        ];
        for (limit, all, expected) in cases {
            let mut shelf = Shelf::new(limit);
            let mut stays = |(file, loaded): (u64, u64)| {
                if !shelf.may_fit(file) {
                    shelf.leaves_out(file);
                    return false;
                }
                shelf.takes(loaded)
            };
            assert_eq!(all.iter().map(|one| stays(*one)).collect::<Vec<_>>(), expected, "{limit:?} {all:?}");
        }
    }

    #[tokio::test]
    async fn the_start_loads_what_was_asked_last_and_the_rest_with_its_first_request() {
        for mut bed in beds().await {
            let version = bed.register("v3").await;
            let settings = || contract::deployment::DeploymentSettings::new("churn".into());
            let mut names = Vec::new();
            for name in ["a", "b", "c"] {
                names.push(bed.deploy_as(name, version, settings()).await);
            }
            // Asked in the order b, c, a, an hour between them.
            let rows = bed.rows(&names[0], "live.csv");
            for name in [&names[1], &names[2], &names[0]] {
                bed.clock.advance(HOUR);
                bed.send(name, &rows[..3]).await;
                bed.flush().await;
            }
            let resident = |bed: &crate::testbed::Bed| -> (Vec<String>, u64) {
                let snapshot = bed.cx.router().unwrap().snapshot();
                let mut names: Vec<String> = snapshot.routes.keys().cloned().collect();
                names.sort();
                (names, snapshot.routes.values().map(|route| route.memory_bytes()).sum())
            };
            let file = example_bytes();
            // Room for one at the very most, if it is measured to take no more than that.
            let limit = file + file / 2;
            let bed = bed.killed_and_restarted_with(Some(limit)).await;
            let router = bed.cx.router().unwrap().clone();
            let (loaded, bytes) = resident(&bed);
            assert!(router.ready() && bytes <= limit, "{bytes} of {limit}");
            let memory = |name: &&&DeploymentName| bed.cx.book.get(name).unwrap().memory;
            let by_use = [&names[0], &names[2], &names[1]];
            let first = by_use.iter().find(|name| memory(name) <= limit);
            assert_eq!(
                loaded,
                first.map(|name| name.0.clone()).into_iter().collect::<Vec<_>>(),
                "the last one asked that fits alone"
            );
            let sleeping: Vec<_> = names.iter().filter(|name| !loaded.contains(&name.0)).collect();
            assert!(sleeping.len() >= 2 && sleeping.iter().all(|name| router.is_asleep(name.as_str())));
            for name in sleeping {
                bed.clock.advance(3 * SECOND);
                wake(&bed.cx, name).await.unwrap();
                let (there, bytes) = resident(&bed);
                assert!(bytes <= limit || there.len() == 1, "{there:?} take {bytes} of {limit}");
                assert_eq!(bed.send(name, &rows[..1]).await.len(), 1);
            }

            // None of them fits, which is said, and each answers all the same.
            let mut bed = bed.killed_and_restarted_with(Some(1_000)).await;
            assert_eq!(resident(&bed), (Vec::new(), 0));
            let page = super::super::view(&bed.cx, &crate::testbed::admin(), &names[0], crate::monitoring::last(&bed.cx, HOUR))
                .await
                .unwrap();
            assert!(page.versions[0].asleep && !page.versions[0].loaded && page.versions[0].load_error.is_empty());
            assert!(page.answer.sentence.contains("more than the 1.0 KB"), "{}", page.answer.sentence);
            for name in &names {
                bed.clock.advance(3 * SECOND);
                wake(&bed.cx, name).await.unwrap();
                assert_eq!(bed.send(name, &rows[..1]).await.len(), 1);
                assert_eq!(resident(&bed).0, [name.0.clone()], "the one before has gone");
            }
            // The last one is being asked: nobody takes its place just now.
            let refused = wake(&bed.cx, &names[0]).await.unwrap_err();
            assert_eq!((refused.kind, refused.retry_after), (contract::ProblemKind::Busy, Some(RETRY)), "{refused:?}");
            bed.send(&names[2], &rows[..1]).await;
            bed.flush().await;
            // And without a limit everything is there.
            let bed = bed.killed_and_restarted_with(None).await;
            assert_eq!(resident(&bed).0, ["a", "b", "c"]);
        }
    }

    #[tokio::test]
    async fn one_that_takes_long_to_load_keeps_no_other_waiting() {
        for bed in beds().await.into_iter().take(1) {
            let version = bed.register("v3").await;
            let settings = || contract::deployment::DeploymentSettings::new("churn".into());
            let (slow, quick) =
                (bed.deploy_as("slow", version, settings()).await, bed.deploy_as("quick", version, settings()).await);
            for name in [&slow, &quick] {
                put_to_sleep(&bed.cx, name).await.unwrap();
            }
            let turn = bed.cx.waking.turn(&slow);
            let being_loaded = turn.lock().await;
            let within = std::time::Duration::from_secs(60);
            tokio::time::timeout(within, wake(&bed.cx, &quick)).await.expect("it does not wait").unwrap();
            assert!(bed.cx.router().unwrap().route("quick").is_some());
            // Whoever asks for the slow one waits no longer than it said, and the load goes on without it.
            let late = wake_within(&bed.cx, &slow, Some(std::time::Duration::from_millis(50))).await.unwrap_err();
            assert_eq!(late.kind, ProblemKind::TooLate, "{late:?}");
            drop(being_loaded);
            while bed.cx.router().unwrap().is_asleep("slow") {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        }
    }

    fn example_bytes() -> u64 {
        crate::testing::example("churn/v3.onnx").len() as u64
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
