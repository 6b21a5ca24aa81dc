//! Sums per measure over a stretch of time: any split of the samples, in any order, on any node adds up to the same.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is measured. Shares are from 0 to 1.
pub mod measure {
    /// Share of the processor time that this process may have: of its control group's, or of the machine's.
    pub const CPU: &str = "cpu";
    /// Processors' worth of time that the process took.
    pub const PROCESS_CPU: &str = "process_cpu";
    /// Processors that it may have.
    pub const CORES: &str = "cores";
    /// Share of the memory that this process may have that is in use, by whomever.
    pub const MEMORY: &str = "memory";
    /// Bytes that are resident.
    pub const PROCESS_MEMORY: &str = "process_memory";
    /// Bytes that it may have.
    pub const MEMORY_LIMIT: &str = "memory_limit";
    /// Share of the disk under the data folder that is in use.
    pub const DISK: &str = "disk";
    pub const DISK_FREE: &str = "disk_free";
    /// Bytes a second that the process read from storage, and wrote to it.
    pub const READ: &str = "read";
    pub const WRITTEN: &str = "written";

    /// Share of the time in which a GPU ran something, and share of its memory that is in use.
    pub fn gpu(index: usize, what: &str) -> String {
        format!("gpu/{index}/{what}")
    }
    /// Of a version: rows that wait, share of the queue that they fill, sessions' worth of time in runs.
    pub fn version(what: &str, deployment: &str, version: u32) -> String {
        format!("{what}/{deployment}/{version}")
    }
    pub const QUEUE: &str = "queue";
    pub const QUEUE_SHARE: &str = "queue_share";
    pub const COMPUTE: &str = "compute";

    /// Deployment and version of a measure of a version.
    pub fn of_version<'a>(what: &str, name: &'a str) -> Option<(&'a str, u32)> {
        let (deployment, version) = name.strip_prefix(what)?.strip_prefix('/')?.rsplit_once('/')?;
        Some((deployment, version.parse().ok()?))
    }
}

/// Samples of one measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Level {
    pub n: u64,
    pub sum: f64,
    pub max: f64,
}

impl Level {
    pub fn add(&mut self, value: f64) {
        if value.is_finite() {
            self.merge(&Level { n: 1, sum: value, max: value });
        }
    }

    pub fn merge(&mut self, other: &Level) {
        if other.n > 0 {
            self.max = if self.n == 0 { other.max } else { self.max.max(other.max) };
            self.n += other.n;
            self.sum += other.sum;
        }
    }

    /// `None` without samples.
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then(|| self.sum / self.n as f64)
    }
}

/// All measures of a stretch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Levels(pub BTreeMap<String, Level>);

impl Levels {
    pub fn add(&mut self, name: &str, value: f64) {
        self.0.entry(name.to_owned()).or_default().add(value);
    }

    pub fn merge(&mut self, other: &Levels) {
        for (name, level) in &other.0 {
            self.0.entry(name.clone()).or_default().merge(level);
        }
    }

    pub fn get(&self, name: &str) -> Level {
        self.0.get(name).copied().unwrap_or_default()
    }

    pub fn mean(&self, name: &str) -> Option<f64> {
        self.get(name).mean()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_split_and_order_adds_up_to_the_same() {
        let of = |values: &[f64]| {
            let mut levels = Levels::default();
            values.iter().for_each(|value| levels.add("cpu", *value));
            levels
        };
        let whole = of(&[0.25, 0.5, 1.0, 0.125, f64::NAN]);
        let mut split = of(&[1.0, 0.125]);
        split.merge(&Levels::default());
        split.merge(&of(&[0.5, 0.25]));
        assert_eq!(whole, split);
        assert_eq!((whole.get("cpu").n, whole.mean("cpu"), whole.get("cpu").max), (4, Some(0.46875), 1.0));
        assert_eq!(whole.mean("memory"), None);
        let mut negative = of(&[-2.0]);
        negative.merge(&of(&[-3.0]));
        assert_eq!(negative.get("cpu").max, -2.0);
    }

    #[test]
    fn names_of_versions_are_read_back() {
        let name = measure::version(measure::QUEUE, "a.b-c", 12);
        assert_eq!(measure::of_version(measure::QUEUE, &name), Some(("a.b-c", 12)));
        assert_eq!(measure::of_version(measure::QUEUE, "queue_share/a/1"), None);
        assert_eq!(measure::of_version(measure::QUEUE, "cpu"), None);
    }
}
