//! What runs, in memory: per deployment its settings, versions with contract and baseline, and the open rollout. Read by every
//! answered request's record and by every reconciler; replaced whole when something changes.

use super::golden::Checked;
use crate::registry::VersionBaseline;
use arc_swap::ArcSwap;
use contract::deployment::DeploymentSettings;
use contract::rollout::Arm;
use contract::{Contract, DeploymentName, Millis, ModelName, RolloutId, VersionNo};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One deployment as it runs.
#[derive(Clone, Debug)]
pub struct Known {
    pub name: DeploymentName,
    /// When it was made.
    pub born: Millis,
    pub model: ModelName,
    pub settings: DeploymentSettings,
    pub stable: Option<VersionNo>,
    pub previous: Option<VersionNo>,
    pub rollout: Option<KnownRollout>,
    /// When its versions were read and loaded.
    pub loaded_at: Millis,
    /// Stable, previous, canary, and those that fallbacks name.
    pub versions: BTreeMap<VersionNo, Arc<KnownVersion>>,
    /// What the golden check of each said when it was loaded.
    pub checked: BTreeMap<VersionNo, Checked>,
    /// Memory that all of them take together, bytes: as measured when they were last loaded, or their files.
    pub memory: u64,
}

/// The open rollout.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownRollout {
    pub id: RolloutId,
    pub canary: VersionNo,
    /// Percent of requests for the canary now.
    pub weight: f64,
    /// When each step was entered, so that a late record counts in its own step.
    pub entered: Vec<Millis>,
}

impl KnownRollout {
    /// The step that a moment falls into; `None` before the first.
    pub fn step_at(&self, at: Millis) -> Option<usize> {
        self.entered.partition_point(|entered| *entered <= at).checked_sub(1)
    }
}

/// One version that a deployment uses or may use at once.
#[derive(Debug)]
pub struct KnownVersion {
    pub version: VersionNo,
    pub contract: Arc<Contract>,
    /// `None` without reference data: then there is no drift to judge.
    pub baseline: Option<Arc<VersionBaseline>>,
    pub registered_at: Millis,
    /// When it was trained, as its lineage says; when it was registered, where it does not.
    pub trained_at: Millis,
    /// Why it could not be loaded for serving.
    pub load_error: Option<String>,
}

impl Known {
    pub fn stable_version(&self) -> Option<&Arc<KnownVersion>> {
        self.versions.get(&self.stable?)
    }

    /// The arm of a version, and its percent of requests now.
    pub fn arm_of(&self, version: VersionNo) -> Option<(Arm, f64)> {
        let weight = self.rollout.as_ref().map_or(0.0, |rollout| rollout.weight);
        match &self.rollout {
            Some(rollout) if rollout.canary == version => Some((if weight > 0.0 { Arm::Canary } else { Arm::Shadow }, weight)),
            _ if self.stable == Some(version) => Some((Arm::Stable, 100.0 - weight)),
            _ => None,
        }
    }
}

/// All deployments as they run.
#[derive(Debug, Default)]
pub struct Book(ArcSwap<BTreeMap<DeploymentName, Arc<Known>>>);

impl Book {
    pub fn all(&self) -> Arc<BTreeMap<DeploymentName, Arc<Known>>> {
        self.0.load_full()
    }

    pub fn get(&self, name: &DeploymentName) -> Option<Arc<Known>> {
        self.0.load().get(name).cloned()
    }

    pub(super) fn replace(&self, all: BTreeMap<DeploymentName, Arc<Known>>) {
        self.0.store(Arc::new(all));
    }

    pub(super) fn put(&self, known: Known) {
        let known = Arc::new(known);
        self.0.rcu(|all| {
            let mut all = BTreeMap::clone(all);
            all.insert(known.name.clone(), known.clone());
            all
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_record_counts_in_its_own_step() {
        let rollout = KnownRollout { id: "r".into(), canary: VersionNo(2), weight: 5.0, entered: vec![Millis(100), Millis(200)] };
        for (at, step) in [(99, None), (100, Some(0)), (199, Some(0)), (200, Some(1)), (999, Some(1))] {
            assert_eq!(rollout.step_at(Millis(at)), step, "{at}");
        }
    }
}
