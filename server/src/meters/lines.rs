//! What is counted of one deployment, version and arm: names are made once, and then an answer costs a few atomic additions.

use super::spread::Spread;
use arc_swap::ArcSwap;
use contract::VersionNo;
use contract::rollout::Arm;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::{Registry, Unit};
use serving::Spent;
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Became {
    pub deployment: String,
    pub version: String,
    pub arm: String,
    pub outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByArm {
    deployment: String,
    version: String,
    arm: String,
}

type Spreads = Family<ByArm, Spread, fn() -> Spread>;

/// The handles of one deployment, version and arm.
pub struct Line {
    version: VersionNo,
    arm: Arm,
    answered: Counter,
    by_fallback: Counter,
    duration: Spread,
    queue: Spread,
    compute: Spread,
    batch: Spread,
}

impl Line {
    /// Counts an answer. Without a lock, without an allocation.
    pub fn observe(&self, spent: &Spent, by_fallback: bool) {
        if by_fallback {
            self.by_fallback.inc()
        } else {
            self.answered.inc()
        };
        self.duration.observe_time(spent.total);
        // What no run answered did not wait for one.
        if spent.batch_rows > 0 {
            self.queue.observe_time(spent.queued);
            self.compute.observe_time(spent.compute);
        }
        if spent.leads_run {
            self.batch.observe(spent.batch_rows as u64);
        }
    }
}

/// All lines, and the families that they are shown in.
pub struct Lines {
    all: ArcSwap<HashMap<String, Vec<Arc<Line>>>>,
    pub requests: Family<Became, Counter>,
    duration: Spreads,
    queue: Spreads,
    compute: Spreads,
    batch: Spreads,
}

impl Lines {
    pub fn new(registry: &mut Registry) -> Self {
        let of = |make: fn() -> Spread| Spreads::new_with_constructor(make);
        let [duration, queue, compute] = [of(Spread::of_times), of(Spread::of_times), of(Spread::of_times)];
        let lines =
            Self { all: ArcSwap::default(), requests: Family::default(), duration, queue, compute, batch: of(Spread::of_rows) };
        registry.register("requests", "Predict requests by what became of them", lines.requests.clone());
        let mut times = |name, help, family: &Spreads| registry.register_with_unit(name, help, Unit::Seconds, family.clone());
        times("request_duration", "From the request's head to its encoded answer", &lines.duration);
        times("queue_duration", "In the queue of the model, of requests that a run answered", &lines.queue);
        times("compute_duration", "In ONNX Runtime alone, of requests that a run answered", &lines.compute);
        registry.register("batch_size", "Rows of each run of the model", lines.batch.clone());
        lines
    }

    /// The handles of a deployment, version and arm; made at its first answer.
    pub fn of(&self, deployment: &str, version: VersionNo, arm: Arm) -> Arc<Line> {
        let find = |all: &HashMap<String, Vec<Arc<Line>>>| {
            all.get(deployment)?.iter().find(|line| line.version == version && line.arm == arm).cloned()
        };
        if let Some(line) = find(&self.all.load()) {
            return line;
        }
        let fresh = Arc::new(self.make(deployment, version, arm));
        self.all.rcu(|all| {
            let mut all = HashMap::clone(all);
            let lines = all.entry(deployment.to_owned()).or_default();
            if !lines.iter().any(|line| line.version == version && line.arm == arm) {
                lines.push(fresh.clone());
            }
            all
        });
        // Whoever lost the race has handles of the same metrics: nothing is counted twice or lost.
        find(&self.all.load()).unwrap_or(fresh)
    }

    fn make(&self, deployment: &str, version: VersionNo, arm: Arm) -> Line {
        let by = ByArm { deployment: deployment.to_owned(), version: version.to_string(), arm: arm.word().to_owned() };
        let became = |outcome| {
            let ByArm { deployment, version, arm } = by.clone();
            self.requests.get_or_create_owned(&Became { deployment, version, arm, outcome })
        };
        Line {
            version,
            arm,
            answered: became("answered"),
            by_fallback: became("fallback"),
            duration: self.duration.get_or_create_owned(&by),
            queue: self.queue.get_or_create_owned(&by),
            compute: self.compute.get_or_create_owned(&by),
            batch: self.batch.get_or_create_owned(&by),
        }
    }
}
