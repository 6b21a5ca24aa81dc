//! Cumulative counts and times per deployment, version and arm, as the protocol's statistics extension names them. No locks
//! on the way of a request.

use crate::model::Timings;
use arc_swap::ArcSwap;
use contract::deployment::Fallback;
use contract::rollout::Arm;
use contract::{DeploymentName, Millis, ModelName, VersionNo};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// How often, and how long in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    pub count: u64,
    pub ns: u64,
}

/// The counters of one version in one arm of one deployment, since the process started.
#[derive(Clone, Debug, PartialEq)]
pub struct ServedStats {
    pub deployment: DeploymentName,
    pub model: ModelName,
    pub version: VersionNo,
    pub arm: Arm,
    /// When the last request was answered; `None` before the first.
    pub last_inference: Option<Millis>,
    /// Rows answered.
    pub inference_count: u64,
    /// Runs of the model. A run that several requests shared counts once, for the first of them.
    pub execution_count: u64,
    pub success: Counted,
    pub fail: Counted,
    pub queue: Counted,
    pub compute_input: Counted,
    pub compute_infer: Counted,
    pub compute_output: Counted,
    /// Requests that were answered from the cache, and how long that took to look up; they are in `success` too.
    pub cache_hit: Counted,
    /// Requests that were not, and how long it took to look them up and to keep their answers.
    pub cache_miss: Counted,
    /// Requests that something else answered in this one's place.
    pub fallback: u64,
    /// The same by what answered.
    pub by_fallback: [(FallbackKind, u64); 4],
}

/// What answered in the place of the assigned version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FallbackKind {
    Previous,
    Rule,
    Cache,
    Default,
}

impl FallbackKind {
    pub const ALL: [FallbackKind; 4] = [Self::Previous, Self::Rule, Self::Cache, Self::Default];

    /// The kind of a declared link.
    pub fn of(link: &Fallback) -> Self {
        match link {
            Fallback::Previous { .. } => Self::Previous,
            Fallback::Rule { .. } => Self::Rule,
            Fallback::Cache => Self::Cache,
            Fallback::Default { .. } => Self::Default,
        }
    }

    /// As on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Previous => "previous",
            Self::Rule => "rule",
            Self::Cache => "cache",
            Self::Default => "default",
        }
    }
}

#[derive(Default)]
struct Sum {
    count: AtomicU64,
    ns: AtomicU64,
}

impl Sum {
    fn add(&self, time: Duration) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.longer(time);
    }

    fn longer(&self, time: Duration) {
        self.ns.fetch_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn read(&self) -> Counted {
        Counted { count: self.count.load(Ordering::Relaxed), ns: self.ns.load(Ordering::Relaxed) }
    }
}

#[derive(Default)]
pub(super) struct Counters {
    last: AtomicI64,
    rows: AtomicU64,
    runs: AtomicU64,
    success: Sum,
    fail: Sum,
    queue: Sum,
    compute_input: Sum,
    compute_infer: Sum,
    compute_output: Sum,
    cache_hit: Sum,
    cache_miss: Sum,
    by_fallback: [AtomicU64; 4],
}

impl Counters {
    pub fn answered(&self, rows: usize, timings: Timings, total: Duration, at: Millis) {
        self.last.store(at.0, Ordering::Relaxed);
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
        self.runs.fetch_add(u64::from(timings.leads_run), Ordering::Relaxed);
        self.success.add(total);
        self.queue.add(timings.queued);
        self.compute_input.add(timings.compute_input);
        self.compute_infer.add(timings.compute);
        self.compute_output.add(timings.compute_output);
    }

    pub fn failed(&self, total: Duration, by: Option<FallbackKind>) {
        self.fail.add(total);
        if let Some(counter) = by.and_then(|by| self.by_fallback.get(by as usize)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Answered without the model, which counts as no inference.
    pub fn cache_hit(&self, lookup: Duration, total: Duration, at: Millis) {
        self.last.store(at.0, Ordering::Relaxed);
        self.success.add(total);
        self.queue.add(Duration::ZERO);
        self.cache_hit.add(lookup);
    }

    pub fn cache_miss(&self, lookup: Duration) {
        self.cache_miss.add(lookup);
    }

    /// The answer to a miss was kept, which took so long.
    pub fn cache_kept(&self, keeping: Duration) {
        self.cache_miss.longer(keeping);
    }
}

/// The counters of one deployment.
type Rows = Vec<(ModelName, VersionNo, Arm, Arc<Counters>)>;

/// All counters. Looking one up is a hash and a short walk; a new one is added by swapping the map.
#[derive(Default)]
pub(super) struct Registry {
    all: ArcSwap<HashMap<String, Rows>>,
}

impl Registry {
    pub fn of(&self, deployment: &str, model: &ModelName, version: VersionNo, arm: Arm) -> Arc<Counters> {
        let find = |all: &HashMap<String, Rows>| {
            let rows = all.get(deployment)?;
            rows.iter().find(|(m, v, a, _)| *v == version && *a == arm && m == model).map(|(.., counters)| counters.clone())
        };
        if let Some(counters) = find(&self.all.load()) {
            return counters;
        }
        let fresh = Arc::new(Counters::default());
        self.all.rcu(|all| {
            let mut all = HashMap::clone(all);
            let rows = all.entry(deployment.to_owned()).or_default();
            if !rows.iter().any(|(m, v, a, _)| *v == version && *a == arm && m == model) {
                rows.push((model.clone(), version, arm, fresh.clone()));
            }
            all
        });
        find(&self.all.load()).unwrap_or(fresh)
    }

    pub fn read(&self) -> Vec<ServedStats> {
        let all = self.all.load();
        let mut stats: Vec<ServedStats> = all
            .iter()
            .flat_map(|(deployment, rows)| {
                rows.iter().map(|(model, version, arm, counters)| ServedStats {
                    deployment: DeploymentName(deployment.clone()),
                    model: model.clone(),
                    version: *version,
                    arm: *arm,
                    last_inference: Some(Millis(counters.last.load(Ordering::Relaxed))).filter(|at| at.0 != 0),
                    inference_count: counters.rows.load(Ordering::Relaxed),
                    execution_count: counters.runs.load(Ordering::Relaxed),
                    success: counters.success.read(),
                    fail: counters.fail.read(),
                    queue: counters.queue.read(),
                    compute_input: counters.compute_input.read(),
                    compute_infer: counters.compute_infer.read(),
                    compute_output: counters.compute_output.read(),
                    cache_hit: counters.cache_hit.read(),
                    cache_miss: counters.cache_miss.read(),
                    fallback: counters.by_fallback.iter().map(|count| count.load(Ordering::Relaxed)).sum(),
                    by_fallback: FallbackKind::ALL.map(|kind| {
                        (kind, counters.by_fallback.get(kind as usize).map_or(0, |count| count.load(Ordering::Relaxed)))
                    }),
                })
            })
            .collect();
        stats.sort_by(|a, b| (&a.deployment, a.version, a.arm).cmp(&(&b.deployment, b.version, b.arm)));
        stats
    }
}
