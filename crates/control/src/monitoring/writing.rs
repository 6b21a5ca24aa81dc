//! Whether what is answered can be written, as this process knows it without a database: since when not, and what that has cost.

use contract::{DeploymentName, Millis};
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How long it is told after it is over.
const TOLD: i64 = 10 * contract::time::MINUTE;

/// A stretch in which nothing could be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outage {
    pub since: Millis,
    /// `None` while it lasts.
    pub until: Option<Millis>,
    /// Rows of the prediction log that were given up.
    pub lost: u64,
    /// Whose answers waited; known when it is over.
    pub of: BTreeSet<DeploymentName>,
}

#[derive(Default)]
struct Inner {
    last: Option<Outage>,
    lost: u64,
}

#[derive(Default)]
pub struct Writing(Mutex<Inner>);

impl Writing {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing could be written just now, and so many rows of the log were given up.
    pub(super) fn failed(&self, now: Millis, lost: u64) {
        let mut inner = self.inner();
        inner.lost += lost;
        match inner.last.as_mut().filter(|outage| outage.until.is_none()) {
            Some(outage) => outage.lost += lost,
            None => inner.last = Some(Outage { since: now, lost, ..Outage::default() }),
        }
    }

    /// Everything has been written, also what waited of these.
    pub(super) fn succeeded(&self, now: Millis, of: impl FnOnce() -> BTreeSet<DeploymentName>) {
        if let Some(outage) = self.inner().last.as_mut().filter(|outage| outage.until.is_none()) {
            (outage.until, outage.of) = (Some(now), of());
        }
    }

    /// Since when nothing could be written; `None` where it can.
    pub fn failing_since(&self) -> Option<Millis> {
        self.inner().last.as_ref().filter(|outage| outage.until.is_none()).map(|outage| outage.since)
    }

    /// Rows of the prediction log that were given up since the process started.
    pub fn lost(&self) -> u64 {
        self.inner().lost
    }

    /// What there is to tell about a deployment: an outage that goes on, or has ended not long ago.
    pub(crate) fn told(&self, name: &DeploymentName, now: Millis) -> Option<Outage> {
        let inner = self.inner();
        let about = |outage: &&Outage| outage.until.is_none_or(|until| now - until < TOLD && outage.of.contains(name));
        inner.last.as_ref().filter(about).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_begins_once_and_is_told_for_a_while() {
        let (writing, name) = (Writing::default(), DeploymentName::from("churn"));
        let of = || BTreeSet::from([name.clone()]);
        writing.succeeded(Millis(1), of);
        assert_eq!((writing.failing_since(), writing.told(&name, Millis(2))), (None, None));
        writing.failed(Millis(10), 0);
        writing.failed(Millis(20), 7);
        assert_eq!((writing.failing_since(), writing.lost()), (Some(Millis(10)), 7));
        writing.succeeded(Millis(30), of);
        assert_eq!(writing.failing_since(), None);
        let told = writing.told(&name, Millis(40)).expect("it is told");
        assert_eq!((told.since, told.until, told.lost), (Millis(10), Some(Millis(30)), 7));
        assert_eq!(writing.told(&"other".into(), Millis(40)), None);
        assert_eq!(writing.told(&name, Millis(30 + TOLD)), None);
        writing.failed(Millis(50), 1);
        assert_eq!((writing.told(&name, Millis(50)).map(|told| told.lost), writing.lost()), (Some(1), 8));
    }
}
