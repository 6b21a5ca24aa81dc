//! What a deployment has been answering over time: shares of classes, or the mean predicted value.

use super::findings::watched_class;
use super::read::{self, Ops};
use super::spans;
use super::window::Operations;
use crate::deployments::{Known, KnownVersion};
use contract::inputs::TimeRange;
use contract::rollout::Arm;
use contract::views::parts::{Point, Series};
use contract::{Task, VersionNo};
use std::collections::BTreeSet;

/// Points of a line.
const POINTS: usize = 60;
/// Classes that are drawn where there are many.
const CLASSES: usize = 6;
/// Predictions from which a point is drawn: a share of five rows says nothing.
const FEWEST: u64 = 10;

/// The chart's title and its lines: one per version for two classes or values, one per class otherwise.
pub fn over_time(known: &Known, stable: &KnownVersion, range: TimeRange, span: i64, windows: &[Ops]) -> (String, Vec<Series>) {
    let class = watched_class(stable);
    let regression = stable.contract.task == Task::Regression;
    let versions: BTreeSet<VersionNo> = windows.iter().map(|ops| ops.version).collect();
    if regression || class.is_some() {
        let title = class.as_ref().map_or_else(|| "Mean prediction".to_owned(), |class| format!("Share of “{class}”"));
        let value = |ops: &Operations| match &class {
            Some(class) => {
                (ops.counts.labelled() >= FEWEST).then(|| ops.counts.label(class) as f64 / ops.counts.labelled() as f64)
            }
            None => (ops.counts.values.n >= FEWEST).then_some(ops.counts.values.mean),
        };
        let lines = versions.into_iter().rev().map(|version| {
            let arm = known.arm_of(version).map(|(arm, _)| arm);
            let name = if arm == Some(Arm::Canary) { format!("version {version}, canary") } else { format!("version {version}") };
            Series { name, points: points(range, span, windows.iter().filter(move |ops| ops.version == version), value) }
        });
        return (title, lines.filter(|line| line.points.iter().any(|point| point.value.is_some())).collect());
    }
    let live = || windows.iter().filter(|ops| ops.arm != Arm::Shadow);
    let total = read::sum(live()).counts;
    let mut classes: Vec<(&String, &u64)> = total.labels.iter().collect();
    classes.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let lines = classes.into_iter().take(CLASSES).map(|(class, _)| Series {
        name: class.clone(),
        points: points(range, span, live(), |ops| {
            (ops.counts.labelled() >= FEWEST).then(|| ops.counts.label(class) as f64 / ops.counts.labelled() as f64)
        }),
    });
    ("Share of each class".into(), lines.collect())
}

fn points<'a>(
    range: TimeRange,
    span: i64,
    windows: impl Iterator<Item = &'a Ops>,
    value: impl Fn(&Operations) -> Option<f64>,
) -> Vec<Point> {
    let (bucket, starts) = spans::buckets(range, span, POINTS);
    read::by_bucket(windows, bucket, &starts).iter().map(|(at, ops)| Point { at: *at, value: value(ops) }).collect()
}
