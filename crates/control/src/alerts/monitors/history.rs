//! What is stored of a deployment, read once for a back-test, and the rules over it: the same pure functions that fire live.

use crate::alerts::look::{self, QUALITY, TRAFFIC};
use crate::alerts::rules::Firing;
use crate::deployments::{self, Known, KnownVersion, version_no};
use crate::monitoring::read;
use crate::monitoring::spans;
use crate::monitoring::window::{Features, Operations};
use crate::outcomes::{Quality, primary_key};
use crate::registry;
use crate::{Ctx, IntoProblem, Outcome};
use contract::time::{DAY, HOUR, MINUTE, SECOND};
use contract::{Millis, VersionNo};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How far back is looked, ms.
pub const LENGTH: i64 = 30 * DAY;
/// How far back is looked by the minute; before that by the hour.
pub const FINE: i64 = DAY;
/// How often realised quality is looked at.
const QUALITY_STEP: i64 = 6 * HOUR;

/// What a rule is judged on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    Traffic,
    Drift,
    Quality,
}

/// One look at the past: the moment until which was judged, and what fired.
#[derive(Clone, Debug)]
pub struct Look {
    pub at: Millis,
    pub firing: Vec<Firing>,
}

/// Stored windows of both grains, oldest first, merged by start and version.
#[derive(Clone, Debug, Default)]
pub struct History {
    minutes: BTreeMap<(Millis, VersionNo), Stored>,
    hours: BTreeMap<(Millis, VersionNo), Stored>,
    quality: BTreeMap<(Millis, VersionNo), Quality>,
    versions: BTreeMap<VersionNo, Arc<KnownVersion>>,
    offline: BTreeMap<VersionNo, f64>,
    now: Millis,
    from: Millis,
}

#[derive(Clone, Debug, Default)]
struct Stored {
    operations: Operations,
    features: Features,
}

impl History {
    /// Reads what rules over `over` are judged on.
    pub async fn read(cx: &Ctx, known: &Known, over: Over) -> Outcome<History> {
        let now = cx.now();
        let from = Millis((now.0 - LENGTH).max(known.born.0)).floor_to(HOUR);
        let mut history = History { now, from, ..History::default() };
        if over == Over::Quality {
            history.read_quality(cx, known).await?;
        } else {
            let fine = Millis((now.0 - FINE).max(from.0)).floor_to(HOUR);
            history.hours = windows(cx, known, HOUR, from, over).await?;
            if over == Over::Traffic || known.settings.drift_window_s < (HOUR / SECOND) as u64 {
                history.minutes = windows(cx, known, MINUTE, fine, over).await?;
            }
        }
        history.read_versions(cx, known, over).await?;
        Ok(history)
    }

    /// Windows of whole hours of the last `length` milliseconds, for the rules about drift.
    pub async fn hours(cx: &Ctx, known: &Known, length: i64) -> Outcome<History> {
        let now = cx.now();
        let from = Millis((now.0 - length).max(known.born.0)).floor_to(HOUR);
        let hours = windows(cx, known, HOUR, from, Over::Drift).await?;
        let mut history = History { now, from, hours, ..History::default() };
        history.read_versions(cx, known, Over::Drift).await?;
        Ok(history)
    }

    async fn read_quality(&mut self, cx: &Ctx, known: &Known) -> Outcome<()> {
        let (from, to) = (Millis(self.from.0 - QUALITY), self.now + 1);
        let rows = cx.store.db.quality(&known.name, "", from, to).await.or_problem("Reading quality")?;
        for row in rows {
            let Ok(quality) = serde_json::from_str::<Quality>(&row.quality) else { continue };
            let key = (Millis(row.start).floor_to(HOUR), version_no(row.version));
            match self.quality.get_mut(&key) {
                Some(sum) => sum.merge(&quality),
                None => drop(self.quality.insert(key, quality)),
            }
        }
        Ok(())
    }

    /// The versions that there is something of, with their baselines: also those that are no longer loaded.
    async fn read_versions(&mut self, cx: &Ctx, known: &Known, over: Over) -> Outcome<()> {
        let stored = self.hours.keys().chain(self.minutes.keys()).map(|(_, version)| *version);
        let seen: Vec<VersionNo> = stored.chain(self.quality.keys().map(|(_, version)| *version)).chain(known.stable).collect();
        for no in seen {
            if self.versions.contains_key(&no) {
                continue;
            }
            let version = match known.versions.get(&no) {
                Some(version) => version.clone(),
                None => {
                    let version = registry::version(cx, &known.model, no).await?;
                    let baseline = registry::baseline(cx, &version).await?.map(Arc::new);
                    Arc::new(KnownVersion {
                        version: no,
                        contract: Arc::new(version.contract),
                        baseline,
                        registered_at: version.registered_at,
                        trained_at: deployments::trained_at(&version.lineage, version.registered_at),
                        load_error: None,
                    })
                }
            };
            if over == Over::Quality
                && let Some(offline) = crate::outcomes::offline(cx, &known.model, no, primary_key(version.contract.task)).await?
            {
                self.offline.insert(no, offline);
            }
            self.versions.insert(no, version);
        }
        Ok(())
    }

    /// Every look that there is something to judge at, oldest first, by the settings of `known`. Computes for a while.
    pub fn looks(&self, known: &Known, over: Over) -> Vec<Look> {
        match over {
            Over::Quality => self.quality_looks(known),
            Over::Traffic => {
                let fine = self.fine_from();
                let mut looks = self.window_looks(known, over, HOUR, HOUR, (self.from, fine));
                looks.extend(self.window_looks(known, over, MINUTE, TRAFFIC, (fine, self.end(MINUTE))));
                looks
            }
            Over::Drift => {
                let window = i64::try_from(known.settings.drift_window_s).unwrap_or(DAY / SECOND) * SECOND;
                if window >= HOUR || self.minutes.is_empty() {
                    return self.window_looks(
                        &evidence_for(known, HOUR),
                        over,
                        HOUR,
                        window.max(HOUR),
                        (self.from, self.end(HOUR)),
                    );
                }
                let fine = self.fine_from();
                let mut looks = self.window_looks(&evidence_for(known, HOUR), over, HOUR, HOUR, (self.from, fine));
                looks.extend(self.window_looks(known, over, MINUTE, window.max(MINUTE), (fine, self.end(MINUTE))));
                looks
            }
        }
    }

    /// From where on there are minutes.
    fn fine_from(&self) -> Millis {
        self.minutes.keys().next().map_or(self.end(HOUR), |(start, _)| start.floor_to(HOUR))
    }

    /// End of the stored window of `span` ms that is still being filled.
    fn end(&self, span: i64) -> Millis {
        self.now.floor_to(span) + span
    }

    /// Looks whose stretch of `window` ms ends after `from` and not after `to`, at the ends of stored windows of `span` ms.
    fn window_looks(&self, known: &Known, over: Over, span: i64, window: i64, (from, to): (Millis, Millis)) -> Vec<Look> {
        let stored = if span == HOUR { &self.hours } else { &self.minutes };
        // At most 24 steps within a window: what is longer changes slowly.
        let step = (window / 24 / span).max(1) * span;
        let mut looks = Vec::new();
        let mut at = from.floor_to(span) + step;
        while at <= to {
            let begin = Millis(at.0 - window).floor_to(span);
            let mut by_version: BTreeMap<VersionNo, Stored> = BTreeMap::new();
            for ((_, version), part) in stored.range((begin, VersionNo(0))..(at, VersionNo(0))) {
                let sum = by_version.entry(*version).or_default();
                sum.operations.merge(&part.operations);
                sum.features.merge(&part.features);
            }
            if let Some(firing) = self.judge(known, over, &by_version) {
                looks.push(Look { at, firing });
            }
            at = at + step;
        }
        looks
    }

    /// What fires over the sums of one stretch; `None` where nothing was asked.
    fn judge(&self, known: &Known, over: Over, by_version: &BTreeMap<VersionNo, Stored>) -> Option<Vec<Firing>> {
        if over == Over::Traffic {
            let mut sum = Operations::default();
            by_version.values().for_each(|part| sum.merge(&part.operations));
            return (sum.counts.requests > 0).then(|| look::traffic_of(known, &sum));
        }
        // The version that answered most of it stands for what was stable then.
        let (no, sum) = by_version.iter().max_by_key(|(_, part)| part.operations.counts.requests)?;
        let version = self.versions.get(no)?;
        (sum.operations.counts.requests > 0).then(|| look::drift_of(known, version, &sum.operations.counts, &sum.features))
    }

    fn quality_looks(&self, known: &Known) -> Vec<Look> {
        let mut looks = Vec::new();
        let mut at = self.from.floor_to(QUALITY_STEP) + QUALITY_STEP;
        while at <= self.now.floor_to(QUALITY_STEP) + QUALITY_STEP {
            let begin = Millis(at.0 - QUALITY);
            let mut by_version: BTreeMap<VersionNo, Quality> = BTreeMap::new();
            for ((_, version), part) in self.quality.range((begin, VersionNo(0))..(at, VersionNo(0))) {
                match by_version.get_mut(version) {
                    Some(sum) => sum.merge(part),
                    None => drop(by_version.insert(*version, part.clone())),
                }
            }
            if let Some((no, sum)) = by_version.iter().max_by_key(|(_, quality)| quality.n())
                && let (Some(version), Some(offline)) = (self.versions.get(no), self.offline.get(no))
            {
                let firing = look::quality_of(known, version, *offline, sum).into_iter().collect();
                looks.push(Look { at, firing });
            }
            at = at + QUALITY_STEP;
        }
        looks
    }

    pub fn range(&self) -> (Millis, Millis) {
        (self.from, self.now)
    }
}

/// The same deployment where its budget of false alarms is divided over windows of at least `span` ms, as they are looked at.
fn evidence_for(known: &Known, span: i64) -> Known {
    let mut known = known.clone();
    known.settings.drift_window_s = known.settings.drift_window_s.max((span / SECOND) as u64);
    known
}

async fn windows(cx: &Ctx, known: &Known, span: i64, from: Millis, over: Over) -> Outcome<BTreeMap<(Millis, VersionNo), Stored>> {
    debug_assert!(spans::KEPT.iter().any(|(kept, _)| *kept == span));
    let mut stored: BTreeMap<(Millis, VersionNo), Stored> = BTreeMap::new();
    let to = cx.now() + 1;
    for ops in read::operations_at(cx, &known.name, span, (from, to)).await?.into_iter().filter(|ops| read::is_live(ops.arm)) {
        stored.entry((ops.start, ops.version)).or_default().operations.merge(&ops.operations);
    }
    if over == Over::Drift {
        for feats in
            read::features_at(cx, &known.name, span, (from, to)).await?.into_iter().filter(|feats| read::is_live(feats.arm))
        {
            stored.entry((feats.start, feats.version)).or_default().features.merge(&feats.features);
        }
    }
    Ok(stored)
}
