//! What the last look at a deployment saw, kept for the next one: sums over a sliding stretch of time, and how they were judged.
//!
//! A look asks for the sums beside the windows first. They only grow while a window is written, so the same sums are the same windows, and
//! nothing is read. Where they differ, windows that are over are read once and kept added up; only those that are still written to are
//! read again. A window that is changed when it was over already, by another process or after the database was away, has other sums:
//! then all of it is read anew. Nothing here is the truth, so a restart or another replica begins with an empty one.

use super::findings::{self, Judgement};
use super::sums::{Summed, sums};
use super::window::{Features, Operations, Stretch};
use super::{read, spans};
use crate::deployments::{Known, KnownVersion, version_no};
use crate::outcomes::Labels;
use crate::{Ctx, IntoProblem, Outcome};
use contract::deployment::DeploymentSettings;
use contract::inputs::TimeRange;
use contract::time::{DAY, MINUTE, SECOND};
use contract::{DeploymentName, Millis, ModelName, VersionNo};
use serde::Deserialize;
use stats::sketch::LatencySketch;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Mutex as Held;

/// Stretch over which traffic is judged.
pub const TRAFFIC: i64 = 5 * MINUTE;
/// How long after its end a window is still taken to be written to. Right or wrong, the sums are right; it is only about work.
const SETTLES: i64 = 10 * SECOND;
/// The stretch begins on a multiple of a twelfth of its length, so that it is read anew twelve times while it goes by.
const STEPS: i64 = 12;
/// How long a measure of a version's last gates is taken to be the last.
const OFFLINE: i64 = MINUTE;

/// Of all deployments, in this process.
#[derive(Default)]
pub struct Kept {
    entries: Mutex<HashMap<DeploymentName, Arc<Held<Entry>>>>,
    offline: Mutex<HashMap<(ModelName, VersionNo), (Millis, Option<f64>)>>,
    /// How often rules would have fired over what is stored, in words.
    achieved: Mutex<HashMap<DeploymentName, Achieved>>,
    /// Bytes of the windows that this process is adding to.
    open: Mutex<HashMap<DeploymentName, u64>>,
}

/// Of one deployment.
#[derive(Default)]
pub(crate) struct Entry {
    traffic: Sliding<Operations>,
    seen: Option<(Millis, Arc<Operations>)>,
    drift: Sliding<Stretch>,
    judged: Option<JudgedAt>,
    /// What its outcomes said.
    pub(crate) labels: Option<Labels>,
}

/// A sentence, with what it was made of.
struct Achieved {
    at: Millis,
    version: Option<VersionNo>,
    settings: DeploymentSettings,
    said: String,
}

struct JudgedAt {
    at: Millis,
    version: Arc<KnownVersion>,
    settings: DeploymentSettings,
    judged: Arc<Judgement>,
}

impl Kept {
    pub(crate) fn entry(&self, name: &DeploymentName) -> Arc<Held<Entry>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.entry(name.clone()).or_default().clone()
    }

    /// What the last look saw, where there was one.
    #[cfg(test)]
    pub(crate) async fn last(&self, name: &DeploymentName) -> (Option<Arc<Operations>>, Option<Arc<Judgement>>) {
        let entry = self.entry(name);
        let entry = entry.lock().await;
        (entry.seen.as_ref().map(|(_, seen)| seen.clone()), entry.judged.as_ref().map(|last| last.judged.clone()))
    }

    /// What was said within the last `fresh` milliseconds of the same version under the same settings.
    pub(crate) fn achieved(&self, known: &Known, now: Millis, fresh: i64) -> Option<String> {
        let all = self.achieved.lock().unwrap_or_else(PoisonError::into_inner);
        let last = all.get(&known.name)?;
        let same = last.version == known.stable && last.settings == known.settings;
        // Where nothing was stored, something may be now.
        (same && !last.said.is_empty() && (0..fresh).contains(&(now - last.at))).then(|| last.said.clone())
    }

    pub(crate) fn set_achieved(&self, known: &Known, at: Millis, said: String) {
        let last = Achieved { at, version: known.stable, settings: known.settings.clone(), said };
        self.achieved.lock().unwrap_or_else(PoisonError::into_inner).insert(known.name.clone(), last);
    }

    /// Forgets deployments that are gone.
    pub(crate) fn retain(&self, is_there: impl Fn(&DeploymentName) -> bool) {
        self.achieved.lock().unwrap_or_else(PoisonError::into_inner).retain(|name, _| is_there(name));
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).retain(|name, _| is_there(name));
    }

    pub(super) fn opened(&self, bytes: HashMap<DeploymentName, u64>) {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = bytes;
    }

    /// Bytes of the windows of a deployment that this process is adding to.
    pub(crate) fn open_bytes(&self, name: &DeploymentName) -> u64 {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied().unwrap_or(0)
    }
}

/// The live requests of the last minutes: their counts and how long they took in all. What was seen within the last `fresh` milliseconds
/// may be told again.
pub async fn traffic(cx: &Ctx, known: &Known, fresh: i64) -> Outcome<Arc<Operations>> {
    let entry = cx.kept.entry(&known.name);
    let mut entry = entry.lock().await;
    let now = cx.now();
    if let Some((at, seen)) = entry.seen.as_ref().filter(|(at, _)| fresh > 0 && now - *at <= fresh) {
        tracing::trace!(deployment = %known.name, %at, "seen just now");
        return Ok(seen.clone());
    }
    let changed = entry.traffic.look(cx, &known.name, None, TRAFFIC).await?;
    let seen = match (changed, &entry.seen) {
        (None, Some((_, seen))) => seen.clone(),
        (changed, _) => Arc::new(changed.unwrap_or_default()),
    };
    entry.seen = Some((now, seen.clone()));
    Ok(seen)
}

/// What the stable version's windows say over the deployment's drift window.
pub async fn judged(cx: &Ctx, known: &Known, stable: &Arc<KnownVersion>, fresh: i64) -> Outcome<Arc<Judgement>> {
    let entry = cx.kept.entry(&known.name);
    let mut entry = entry.lock().await;
    let now = cx.now();
    let same = |last: &JudgedAt| Arc::ptr_eq(&last.version, stable) && last.settings == known.settings;
    if entry.judged.as_ref().is_none_or(|last| !same(last)) {
        entry.drift = Sliding::default();
        entry.judged = None;
    }
    if let Some(last) = entry.judged.as_ref().filter(|last| fresh > 0 && now - last.at <= fresh) {
        return Ok(last.judged.clone());
    }
    let window = i64::try_from(known.settings.drift_window_s).unwrap_or(DAY / SECOND).saturating_mul(SECOND);
    let changed = entry.drift.look(cx, &known.name, Some(stable.version), window).await?;
    let judged = match (changed, &entry.judged) {
        (None, Some(last)) => last.judged.clone(),
        (changed, _) => {
            let Stretch { operations, features } = changed.unwrap_or_default();
            Arc::new(findings::judged(known, stable, &operations.counts, &features))
        }
    };
    entry.judged = Some(JudgedAt { at: now, version: stable.clone(), settings: known.settings.clone(), judged: judged.clone() });
    Ok(judged)
}

/// The primary measure of a version on held-back data, as its gates measured it last, or a minute ago.
pub async fn offline(cx: &Ctx, model: &ModelName, version: &KnownVersion) -> Outcome<Option<f64>> {
    let (key, now) = ((model.clone(), version.version), cx.now());
    let all = || cx.kept.offline.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, value)) = all().get(&key).filter(|(at, _)| now - *at < OFFLINE && now >= *at) {
        return Ok(*value);
    }
    let measure = crate::outcomes::primary_key(version.contract.task);
    let value = crate::outcomes::offline(cx, model, version.version, measure).await?;
    all().insert(key, (now, value));
    Ok(value)
}

/// What can be added up out of stored windows.
trait Summable: Default + Clone {
    fn read(cx: &Ctx, of: &Place<'_>, from: Millis, to: Millis) -> impl Future<Output = Outcome<Self>> + Send;
    fn add(&mut self, other: &Self);
}

/// Whose windows.
struct Place<'a> {
    name: &'a DeploymentName,
    /// One version's, or those of all.
    version: Option<VersionNo>,
    span: i64,
}

impl Summable for Operations {
    /// Without the sketches of the parts of a request, which nobody asks for here.
    async fn read(cx: &Ctx, of: &Place<'_>, from: Millis, to: Millis) -> Outcome<Self> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Slim {
            counts: super::Counts,
            total: LatencySketch,
        }
        let rows = cx.store.db.operations(of.name, of.span, from, to).await.or_problem("Reading windows")?;
        let mut sum = Self::default();
        for row in rows {
            let wanted = contract::rollout::Arm::parse(&row.arm).is_some_and(read::is_live)
                && of.version.is_none_or(|version| version == version_no(row.version));
            if !wanted {
                continue;
            }
            match serde_json::from_str::<Slim>(&row.operations) {
                Ok(slim) => {
                    sum.counts.add(&slim.counts);
                    sum.total.merge(&slim.total);
                }
                Err(error) => tracing::error!(row.deployment, row.start, %error, "a stored window cannot be read"),
            }
        }
        Ok(sum)
    }

    fn add(&mut self, other: &Self) {
        self.merge(other);
    }
}

impl Summable for Stretch {
    /// Of one version; of its operations only the counts.
    async fn read(cx: &Ctx, of: &Place<'_>, from: Millis, to: Millis) -> Outcome<Self> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Slim {
            counts: super::Counts,
        }
        let Some(version) = of.version else { return Ok(Self::default()) };
        let rows = cx.store.db.windows_whole(of.name, version, of.span, from, to).await.or_problem("Reading windows")?;
        let mut sum = Self::default();
        for row in rows {
            match (serde_json::from_str::<Slim>(&row.operations), serde_json::from_str::<Features>(&row.features)) {
                (Ok(slim), Ok(features)) => {
                    sum.operations.counts.add(&slim.counts);
                    sum.features.merge(&features.placed(row.start, of.span));
                }
                (Err(error), _) | (_, Err(error)) => {
                    tracing::error!(deployment = %of.name, row.start, %error, "a stored window cannot be read");
                }
            }
        }
        Ok(sum)
    }

    fn add(&mut self, other: &Self) {
        self.merge(other);
    }
}

/// By what it is seen that windows have changed. While the first is the same, none has left, and the others only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sign {
    first: Option<Millis>,
    windows: usize,
    requests: u64,
    rows: u64,
    dropped: u64,
}

impl Sign {
    fn of<'a>(windows: impl Iterator<Item = &'a Summed>) -> Self {
        windows.fold(Self::default(), |sign, one| Self {
            first: sign.first.map_or(Some(one.start), |first| Some(first.min(one.start))),
            windows: sign.windows + 1,
            requests: sign.requests + one.sums.requests,
            rows: sign.rows + one.sums.rows,
            dropped: sign.dropped + one.sums.dropped,
        })
    }
}

/// A sum over the last stretch of time. `None`: nothing was seen yet.
#[derive(Default)]
struct Sliding<T>(Option<Slid<T>>);

struct Slid<T> {
    span: i64,
    from: Millis,
    /// Windows that start before this are in `over`.
    until: Millis,
    over: T,
    over_sign: Sign,
    /// Of all that the last look saw.
    sign: Sign,
}

impl<T: Summable> Sliding<T> {
    /// The sum over the last `length` milliseconds, up to a twelfth longer; `None` if it is what it was at the last look.
    async fn look(&mut self, cx: &Ctx, name: &DeploymentName, version: Option<VersionNo>, length: i64) -> Outcome<Option<T>> {
        let now = cx.now();
        let span = spans::for_features(TimeRange { from: Millis(now.0 - length), to: now + 1 }, now);
        let step = (length / STEPS / span).max(1) * span;
        let (from, to) = (Millis(now.0 - length).floor_to(step), now + 1);
        let place = Place { name, version, span };
        let mut seen = sums(cx, name, span, from, to).await?;
        seen.retain(|one| read::is_live(one.arm) && version.is_none_or(|version| version == one.version));
        let sign = Sign::of(seen.iter());
        if let Some(last) = self.0.as_mut().filter(|last| last.span == span && last.sign == sign && from >= last.from) {
            // What has left the stretch held nothing.
            last.from = from;
            return Ok(None);
        }
        let until = Millis(now.0 - SETTLES).floor_to(span).max(from);
        let before = |end: Millis| Sign::of(seen.iter().filter(|one| one.start < end));
        let mut slid = match self.0.take() {
            Some(last)
                if last.span == span && last.from == from && last.until <= until && last.over_sign == before(last.until) =>
            {
                last
            }
            _ => Slid { span, from, until: from, over: T::default(), over_sign: Sign::default(), sign },
        };
        if seen.iter().any(|one| one.start >= slid.until && one.start < until) {
            slid.over.add(&T::read(cx, &place, slid.until, until).await?);
        }
        (slid.until, slid.over_sign, slid.sign) = (until, before(until), sign);
        let mut sum = slid.over.clone();
        if seen.iter().any(|one| one.start >= until) {
            sum.add(&T::read(cx, &place, until, to).await?);
        }
        self.0 = Some(slid);
        Ok(Some(sum))
    }
}
