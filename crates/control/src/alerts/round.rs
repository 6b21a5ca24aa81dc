//! What is asked once for a look at all deployments, however many there are.

use super::resources::Short;
use super::{resources, stale};
use crate::{Ctx, IntoProblem, Outcome};
use contract::time::HOUR;
use contract::{DeploymentName, Millis};
use std::collections::{BTreeSet, HashMap, HashSet};
use store::alerts::AlertRow;

pub struct Round {
    /// Alerts that are open.
    pub open: Vec<AlertRow>,
    /// What is short on a node, and how full queues are.
    pub short: Short,
    /// Deployments whose rollout is open.
    pub rollouts: BTreeSet<DeploymentName>,
    /// Deployments of which a request failed or was slow within the longest window of an objective.
    pub bad: HashSet<String>,
    last: stale::Last,
}

impl Round {
    pub async fn read(cx: &Ctx) -> Outcome<Round> {
        let doing = "Judging alerts";
        let db = &cx.store.db;
        let since = Millis(cx.now().0 - super::slo::LONGEST).floor_to(HOUR);
        let open = db.alerts_open().await.or_problem(doing)?;
        Ok(Round {
            short: resources::short(cx, &open).await?,
            open,
            rollouts: db.rollouts_open().await.or_problem(doing)?.into_iter().map(|row| row.deployment.into()).collect(),
            bad: db.deployments_with_bad(HOUR, since).await.or_problem(doing)?.into_iter().map(|(name,)| name).collect(),
            last: stale::Last {
                labels: db.labels_last().await.or_problem(doing)?.into_iter().collect::<HashMap<_, _>>(),
                events: stale::events(db.events_last().await.or_problem(doing)?),
            },
        })
    }

    /// Whether an outcome has ever come.
    pub fn has_labels(&self, name: &DeploymentName) -> bool {
        self.last.labels.contains_key(name.as_str())
    }

    /// When each thing last happened.
    pub fn last(&self) -> &stale::Last {
        &self.last
    }

    /// Open alerts of one deployment.
    pub fn open_of(&self, name: &DeploymentName) -> impl Iterator<Item = &AlertRow> {
        self.open.iter().filter(move |row| row.deployment == name.as_str())
    }
}
