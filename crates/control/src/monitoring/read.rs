//! Reading windows back: the sums of a range, or of each bucket of it, per version and arm.

use super::spans;
use super::window::{Features, Operations};
use crate::deployments::version_no;
use crate::{Ctx, IntoProblem, Outcome};
use contract::inputs::TimeRange;
use contract::rollout::Arm;
use contract::{DeploymentName, Millis, VersionNo};
use std::collections::BTreeMap;
use store::windows::{FeaturesRow, OperationsRow};

/// Counts and latencies of one stored window.
#[derive(Clone, Debug)]
pub struct Ops {
    pub version: VersionNo,
    pub arm: Arm,
    pub start: Millis,
    pub operations: Operations,
}

/// Feature statistics of one stored window.
#[derive(Clone, Debug)]
pub struct Feats {
    pub version: VersionNo,
    pub arm: Arm,
    pub start: Millis,
    pub features: Features,
}

/// The last `length` milliseconds until now, this moment included.
pub fn last(cx: &Ctx, length: i64) -> TimeRange {
    let now = cx.now();
    TimeRange { from: Millis(now.0 - length), to: now + 1 }
}

pub async fn operations(cx: &Ctx, deployment: &DeploymentName, range: TimeRange) -> Outcome<(i64, Vec<Ops>)> {
    let span = spans::for_operations(range, cx.now());
    let rows =
        cx.store.db.operations(deployment, span, range.from.floor_to(span), range.to).await.or_problem("Reading windows")?;
    Ok((span, rows.into_iter().filter_map(ops).collect()))
}

/// Of one span, however long ago; nothing where its windows are no longer kept.
pub async fn operations_at(cx: &Ctx, deployment: &DeploymentName, span: i64, (from, to): (Millis, Millis)) -> Outcome<Vec<Ops>> {
    let rows = cx.store.db.operations(deployment, span, from, to).await.or_problem("Reading windows")?;
    Ok(rows.into_iter().filter_map(ops).collect())
}

/// The same for features.
pub async fn features_at(cx: &Ctx, deployment: &DeploymentName, span: i64, (from, to): (Millis, Millis)) -> Outcome<Vec<Feats>> {
    let rows = cx.store.db.features(deployment, span, from, to).await.or_problem("Reading windows")?;
    Ok(rows.into_iter().filter_map(feats).collect())
}

pub async fn features(cx: &Ctx, deployment: &DeploymentName, range: TimeRange) -> Outcome<(i64, Vec<Feats>)> {
    let span = spans::for_features(range, cx.now());
    let rows = cx.store.db.features(deployment, span, range.from.floor_to(span), range.to).await.or_problem("Reading windows")?;
    Ok((span, rows.into_iter().filter_map(feats).collect()))
}

fn feats(row: FeaturesRow) -> Option<Feats> {
    let features: Features = serde_json::from_str(&row.features).ok()?;
    let features = features.placed(row.start, row.span);
    Some(Feats { version: version_no(row.version), arm: Arm::parse(&row.arm)?, start: Millis(row.start), features })
}

fn ops(row: OperationsRow) -> Option<Ops> {
    let operations = serde_json::from_str(&row.operations)
        .inspect_err(|error| tracing::error!(row.deployment, row.start, %error, "a stored window cannot be read"))
        .ok()?;
    Some(Ops { version: version_no(row.version), arm: Arm::parse(&row.arm)?, start: Millis(row.start), operations })
}

/// Whether a window tells of a version's own live answers. A canary's requests are drawn like everybody's, so they count on when
/// it has become stable; copies and requests that asked for their version do not.
pub fn is_live(arm: Arm) -> bool {
    matches!(arm, Arm::Stable | Arm::Canary)
}

/// The sum of windows.
pub fn sum<'a>(windows: impl IntoIterator<Item = &'a Ops>) -> Operations {
    let mut total = Operations::default();
    windows.into_iter().for_each(|window| total.merge(&window.operations));
    total
}

/// Sums by bucket: one entry per start, also where nothing happened.
pub fn by_bucket<'a>(windows: impl IntoIterator<Item = &'a Ops>, bucket: i64, starts: &[Millis]) -> Vec<(Millis, Operations)> {
    let mut sums: BTreeMap<Millis, Operations> = starts.iter().map(|start| (*start, Operations::default())).collect();
    for window in windows {
        if let Some(sum) = sums.get_mut(&window.start.floor_to(bucket)) {
            sum.merge(&window.operations);
        }
    }
    sums.into_iter().collect()
}

/// Feature statistics by bucket, only of buckets that have any.
pub fn features_by_bucket<'a>(windows: impl IntoIterator<Item = &'a Feats>, bucket: i64) -> BTreeMap<Millis, Features> {
    let mut sums: BTreeMap<Millis, Features> = BTreeMap::new();
    for window in windows {
        sums.entry(window.start.floor_to(bucket)).or_default().merge(&window.features);
    }
    sums
}
