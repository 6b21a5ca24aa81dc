//! ONNX Runtime as Prometheus reads it: sessions, memory, what waits; and how many replicas the load needs.

use super::{ByDeployment, ByVersion};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use serving::{Router, Served};
use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Share of the time that sessions should be busy: past it queues grow fast.
const TARGET: f64 = 0.7;
/// Work that waits should be done within this many seconds.
const CATCH_UP: f64 = 10.0;
/// Shorter stretches say little of the load: scrapes that come faster see the same number.
const STRETCH: Duration = Duration::from_secs(10);

type Number = Gauge<f64, AtomicU64>;

/// What is in memory.
pub struct Runtime {
    sessions: Family<ByVersion, Gauge>,
    memory: Family<ByVersion, Gauge>,
    waiting: Family<ByVersion, Gauge>,
    replicas: Family<ByDeployment, Number>,
    seen: Mutex<Seen>,
}

/// Time in runs at the last look, by deployment and version.
struct Seen {
    at: Instant,
    busy: HashMap<ByVersion, Duration>,
}

impl Runtime {
    pub fn new(registry: &mut Registry) -> Self {
        let runtime = Self {
            sessions: Family::default(),
            memory: Family::default(),
            waiting: Family::default(),
            replicas: Family::default(),
            seen: Mutex::new(Seen { at: Instant::now(), busy: HashMap::new() }),
        };
        registry.register("onnxruntime_sessions", "Sessions of ONNX Runtime in memory", runtime.sessions.clone());
        let help = "What a version takes in memory, as measured when it was loaded";
        registry.register_with_unit("onnxruntime_model_memory", help, Unit::Bytes, runtime.memory.clone());
        registry.register("queue_rows", "Rows that wait for a run", runtime.waiting.clone());
        let help = "Replicas that the load of this one needs, as a fraction: sum over the replicas and round up";
        registry.register("desired_replicas", help, runtime.replicas.clone());
        runtime
    }

    /// Reads what is in memory now; what has been unloaded is gone.
    pub fn refresh(&self, router: &Router) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = seen.at.elapsed();
        let due = elapsed >= STRETCH;
        self.sessions.clear();
        self.memory.clear();
        self.waiting.clear();
        let mut busy = HashMap::new();
        for (name, route) in &router.snapshot().routes {
            let mut needed = 0.0_f64;
            for (served, _) in route.versions() {
                let by = ByVersion { deployment: name.clone(), version: served.version.to_string() };
                let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
                self.sessions.get_or_create(&by).set(number(served.onnx.sessions() as u64));
                self.memory.get_or_create(&by).set(number(served.onnx.memory_bytes()));
                self.waiting.get_or_create(&by).set(number(served.onnx.waiting_rows() as u64));
                let now = time_in_runs(served);
                let worked = now.saturating_sub(seen.busy.get(&by).copied().unwrap_or_default());
                needed = needed.max(replicas(worked, elapsed, waiting(served), served.onnx.sessions()));
                busy.insert(by, now);
            }
            let gauge = self.replicas.get_or_create(&ByDeployment { deployment: name.clone() });
            if due {
                gauge.set(needed);
            }
        }
        if due {
            *seen = Seen { at: Instant::now(), busy };
        }
    }
}

fn time_in_runs(served: &Served) -> Duration {
    served.onnx.batch_stats().iter().map(|stats| stats.compute_input + stats.compute + stats.compute_output).sum()
}

/// The time that what waits will take.
fn waiting(served: &Served) -> Duration {
    let stats = served.onnx.batch_stats();
    let rows: u64 = stats.iter().map(|stats| (stats.rows as u64).saturating_mul(stats.runs)).fold(0, u64::saturating_add);
    let per_row = time_in_runs(served).as_secs_f64() / rows.max(1) as f64;
    Duration::try_from_secs_f64(per_row * served.onnx.waiting_rows() as f64).unwrap_or_default()
}

/// Replicas that keep their sessions busy for [`TARGET`] of the time with this work, and catch up with what waits. The
/// arithmetic of Kubernetes' horizontal autoscaler: the load over the target, before rounding. 0 without sessions.
fn replicas(worked: Duration, elapsed: Duration, waiting: Duration, sessions: usize) -> f64 {
    if sessions == 0 || elapsed.is_zero() {
        return 0.0;
    }
    let busy = worked.as_secs_f64() / elapsed.as_secs_f64() + waiting.as_secs_f64() / CATCH_UP;
    busy / sessions as f64 / TARGET
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_follow_the_load() {
        let s = Duration::from_secs;
        for (worked, elapsed, waiting, sessions, needed) in [
            (s(0), s(10), s(0), 2, 0.0),
            (s(7), s(10), s(0), 1, 1.0),
            (s(7), s(10), s(0), 2, 0.5),
            (s(10), s(10), s(4), 1, 2.0),
            (s(5), s(0), s(1), 1, 0.0),
            (s(5), s(10), s(1), 0, 0.0),
        ] {
            let found = replicas(worked, elapsed, waiting, sessions);
            assert!((found - needed).abs() < 1e-9, "{found} for {needed}");
        }
    }
}
