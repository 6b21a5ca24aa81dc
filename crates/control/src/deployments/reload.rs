//! From the tables to what runs: at the start and after each change. A version that does not load never replaces one that runs.

use super::list::{settings_of, unknown, version_no, weight_of};
use super::load::{self, Loaded, Place};
use super::room::Shelf;
use super::{Known, KnownRollout};
use crate::rollouts::entered_of;
use crate::{Ctx, IntoProblem, Outcome};
use contract::deployment::{DeploymentSettings, Fallback};
use contract::time::SECOND;
use contract::{DeploymentName, Millis, Problem, VersionNo};
use serving::Route;
use serving::routing::PPM;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use store::deployments::DeploymentRow;
use store::rollouts::RolloutRow;

/// How long a version that could not be loaded is left alone.
const TRY_AGAIN: i64 = 30 * SECOND;

/// Brings everything that is deployed into memory, or as much as there is room for: the rest sleeps until somebody asks. One deployment
/// that fails does not keep the others from serving.
pub async fn reload(cx: &Ctx) -> Outcome<()> {
    let rows = cx.store.db.deployments().await.or_problem("Loading the deployments")?;
    if let Ok(router) = cx.router() {
        rows.iter().filter(|row| row.stable.is_some()).for_each(|row| router.set_loading(&row.name));
    }
    let names: BTreeSet<DeploymentName> = rows.iter().map(|row| row.name.as_str().into()).collect();
    let kept = cx
        .book
        .all()
        .iter()
        .filter(|(name, _)| names.contains(*name))
        .map(|(name, known)| (name.clone(), known.clone()))
        .collect();
    cx.book.replace(kept);
    let mut shelf = Shelf::new(cx.model_memory);
    for row in in_order(cx, rows).await? {
        if let Err(problem) = onto(cx, &row, &mut shelf).await {
            tracing::error!(deployment = row.name, %problem, "a deployment could not be loaded");
        }
    }
    Ok(())
}

/// Those in a rollout first, since both of their versions stay; then the most recently asked, as it is stored.
async fn in_order(cx: &Ctx, mut rows: Vec<DeploymentRow>) -> Outcome<Vec<DeploymentRow>> {
    if cx.model_memory.is_none() {
        return Ok(rows);
    }
    let doing = "Reading what was asked last";
    let asked: BTreeMap<String, i64> = cx.store.db.last_asked().await.or_problem(doing)?.into_iter().collect();
    let open: BTreeSet<String> =
        cx.store.db.rollouts_open().await.or_problem(doing)?.into_iter().map(|rollout| rollout.deployment).collect();
    let used = |row: &DeploymentRow| asked.get(&row.name).copied().unwrap_or(0).max(row.created_at);
    rows.sort_by_key(|row| (!open.contains(&row.name), Reverse(used(row))));
    Ok(rows)
}

/// Loads one deployment, if there is room for it.
async fn onto(cx: &Ctx, row: &DeploymentRow, shelf: &mut Shelf) -> Outcome<()> {
    let Ok(router) = cx.router() else { return one(cx, row, true).await };
    let name = DeploymentName::from(row.name.as_str());
    let runs = router.route(name.as_str()).is_some();
    if shelf.is_bounded() && row.stable.is_some() && !runs {
        // First without its models, to know how large their files are.
        one(cx, row, false).await?;
        let Some(known) = cx.book.get(&name) else { return Ok(()) };
        if known.rollout.is_none() && !shelf.may_fit(known.memory) {
            shelf.leaves_out(known.memory);
            tracing::info!(deployment = %name, bytes = known.memory, "there is no room for its models: they are loaded with the first request");
            router.set_asleep_with(name.as_str(), known.versions.keys().copied().collect());
            return Ok(());
        }
    }
    one(cx, row, true).await?;
    let Some(known) = cx.book.get(&name) else { return Ok(()) };
    if runs || known.rollout.is_some() {
        shelf.holds(known.memory);
    } else if !shelf.takes(known.memory) {
        tracing::info!(deployment = %name, bytes = known.memory, "there is no room for its models: they are loaded again with the first request");
        router.set_asleep(name.as_str());
    }
    Ok(())
}

/// The same for one deployment.
pub async fn reload_one(cx: &Ctx, name: &DeploymentName) -> Outcome<()> {
    let row = cx.store.db.deployment(name).await.or_problem("Loading the deployment")?.ok_or_else(|| unknown(name))?;
    one(cx, &row, true).await
}

/// Whether a version would serve: loads it and lets it go again unless it runs already. The problem says why not.
pub(crate) async fn ensure_loadable(cx: &Ctx, name: &DeploymentName, version: VersionNo) -> Outcome<()> {
    let row = cx.store.db.deployment(name).await.or_problem("Loading the version")?.ok_or_else(|| unknown(name))?;
    let running = cx.router().ok().and_then(|router| router.route(name.as_str()));
    let settings = settings_of(&row)?;
    let place = Place { name, settings: &settings, stable: row.stable.map(version_no), running: running.as_deref(), load: true };
    let loaded = load::version(cx, place, version).await?;
    match &loaded.known.load_error {
        Some(why) => Err(Problem::conflict(format!("{why} {name} goes on as it is."))),
        None => Ok(()),
    }
}

/// Reads one deployment, and unless it shall only be known loads it.
async fn one(cx: &Ctx, row: &DeploymentRow, load: bool) -> Outcome<()> {
    let name = DeploymentName::from(row.name.as_str());
    let settings = settings_of(row)?;
    let open = cx.store.db.rollout_open_of(&name).await.or_problem("Loading the deployment")?;
    let (stable, previous) = (row.stable.map(version_no), row.previous.map(version_no));
    let running = cx.router().ok().and_then(|router| router.route(name.as_str()));
    let mut loaded = BTreeMap::new();
    for no in resident(&settings, stable, previous, open.as_ref()) {
        let place = Place { name: &name, settings: &settings, stable, running: running.as_deref(), load };
        match load::version(cx, place, no).await {
            Ok(version) => drop(loaded.insert(no, version)),
            Err(problem) => tracing::error!(deployment = %name, version = %no, %problem, "a version could not be read"),
        }
    }
    let rollout = match &open {
        None => None,
        Some(open) => Some(KnownRollout {
            id: open.id.as_str().into(),
            canary: version_no(open.canary),
            weight: weight_of(open),
            entered: entered_of(open)?,
        }),
    };
    if load {
        publish(cx, &name, &settings, (stable, previous), rollout.as_ref(), &loaded);
    }
    let before = cx.book.get(&name);
    let checked = loaded.iter().filter_map(|(no, version)| {
        let before = || before.as_ref()?.checked.get(no).cloned();
        Some((*no, version.checked.clone().or_else(before)?))
    });
    let route = cx.router().ok().and_then(|router| router.route(name.as_str()));
    let files = loaded.values().map(|version| version.file_bytes).sum();
    cx.book.put(Known {
        checked: checked.collect(),
        memory: route.map_or(files, |route| route.memory_bytes()),
        name,
        born: Millis(row.created_at),
        model: settings.model.clone(),
        settings,
        stable,
        previous,
        rollout,
        loaded_at: cx.now(),
        versions: loaded.into_iter().map(|(no, version)| (no, version.known)).collect(),
    });
    Ok(())
}

/// Which versions are in memory: both of a rollout, the one before, and those that fallbacks name.
fn resident(
    settings: &DeploymentSettings,
    stable: Option<VersionNo>,
    previous: Option<VersionNo>,
    open: Option<&RolloutRow>,
) -> BTreeSet<VersionNo> {
    let named = settings.fallback.iter().filter_map(|fallback| match fallback {
        Fallback::Previous { version } => *version,
        Fallback::Rule { .. } | Fallback::Cache | Fallback::Default { .. } => None,
    });
    let open = open.into_iter().flat_map(|open| [version_no(open.stable), version_no(open.canary)]);
    stable.into_iter().chain(previous).chain(open).chain(named).collect()
}

/// Swaps the route. Without a loaded stable version the old route stays; without a loaded canary the stable one answers everything.
fn publish(
    cx: &Ctx,
    name: &DeploymentName,
    settings: &DeploymentSettings,
    (stable, previous): (Option<VersionNo>, Option<VersionNo>),
    rollout: Option<&KnownRollout>,
    loaded: &BTreeMap<VersionNo, Loaded>,
) {
    let Ok(router) = cx.router() else { return };
    let served = |no: Option<VersionNo>| loaded.get(&no?)?.served.clone();
    let Some(stable_served) = served(stable) else {
        if stable.is_some() {
            tracing::error!(deployment = %name, "the stable version is not loaded; what ran before goes on");
        }
        return;
    };
    let mut route = Route::new(name.clone(), settings.clone(), stable_served);
    route.previous = served(previous);
    if let Some(rollout) = rollout {
        route.salt = rollout.id.0.clone();
        let canary = served(Some(rollout.canary));
        if rollout.weight > 0.0 {
            let millionths = (rollout.weight / 100.0 * f64::from(PPM)).round().clamp(0.0, f64::from(PPM)) as u32;
            route.canary = canary.map(|canary| (canary, millionths));
        } else {
            route.shadow = canary;
        }
    }
    route.pinned =
        loaded.values().filter_map(|version| version.served.clone()).filter(|served| Some(served.version) != stable).collect();
    router.set_route(route);
}

/// Takes the canary out of the route at once, before anything is written: for what has been shown to do harm.
pub(crate) fn drop_canary(cx: &Ctx, name: &DeploymentName) {
    let Ok(router) = cx.router() else { return };
    if let Some(route) = router.route(name.as_str()) {
        let mut route = Route::clone(&route);
        if let Some((canary, _)) = route.canary.take() {
            route.pinned.push(canary);
        }
        if let Some(shadow) = route.shadow.take() {
            route.pinned.push(shadow);
        }
        router.set_route(route);
    }
}

/// Reloads what differs from the tables: changed by another process, or committed by one that died before it could load.
pub async fn sync(cx: &Ctx) -> Outcome<()> {
    let doing = "Reading the deployments";
    let open = cx.store.db.rollouts_open().await.or_problem(doing)?;
    for row in cx.store.db.deployments().await.or_problem(doing)? {
        let rollout = open.iter().find(|rollout| rollout.deployment == row.name);
        let known = cx.book.get(&row.name.as_str().into());
        if known.is_none_or(|known| !is_current(&known, &row, rollout) || may_load_now(&known, cx.now())) {
            if let Err(problem) = one(cx, &row, true).await {
                tracing::error!(deployment = row.name, %problem, "a deployment could not be loaded");
            }
        }
    }
    Ok(())
}

/// Whether a version that could not be loaded is due another try: its file may be back.
fn may_load_now(known: &Known, now: Millis) -> bool {
    known.versions.values().any(|version| version.load_error.is_some()) && now - known.loaded_at >= TRY_AGAIN
}

fn is_current(known: &Known, row: &DeploymentRow, rollout: Option<&RolloutRow>) -> bool {
    let same_rollout = match (&known.rollout, rollout) {
        (None, None) => true,
        (Some(known), Some(row)) => {
            known.id.as_str() == row.id && Some(known.entered.len()) == usize::try_from(row.step).ok().map(|step| step + 1)
        }
        _ => false,
    };
    same_rollout
        && known.stable == row.stable.map(version_no)
        && known.previous == row.previous.map(version_no)
        && settings_of(row).is_ok_and(|settings| settings == known.settings)
}
