//! What is summed up beside a window: requests and rows, without the sketches and bins, which are a thousand times as much to read.

use super::counts::Counts;
use super::read;
use crate::deployments::version_no;
use crate::{Ctx, IntoProblem, Outcome};
use contract::rollout::Arm;
use contract::{DeploymentName, Millis, VersionNo};
use serde::Deserialize;
use std::collections::BTreeMap;
use store::windows::Sums as Stored;

/// Sums over requests and rows, as [`Counts`] names them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Sums {
    pub requests: u64,
    pub failed: u64,
    pub fallback: u64,
    pub slow: u64,
    pub rows: u64,
    pub dropped: u64,
}

impl Sums {
    pub fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.failed += other.failed;
        self.fallback += other.fallback;
        self.slow += other.slow;
        self.rows += other.rows;
        self.dropped += other.dropped;
    }

    /// As they are stored.
    pub fn of(counts: &Counts) -> Stored {
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        Stored {
            requests: Some(number(counts.requests)),
            failed: number(counts.failed),
            fallback: number(counts.fallback),
            slow: number(counts.slow),
            rows: number(counts.rows),
            dropped: number(counts.dropped),
        }
    }

    /// `None` of a window of before they had columns.
    fn read(stored: &Stored) -> Option<Self> {
        let number = |n: i64| u64::try_from(n).unwrap_or(0);
        Some(Self {
            requests: number(stored.requests?),
            failed: number(stored.failed),
            fallback: number(stored.fallback),
            slow: number(stored.slow),
            rows: number(stored.rows),
            dropped: number(stored.dropped),
        })
    }
}

/// The sums of one stored window.
#[derive(Clone, Copy, Debug)]
pub struct Summed {
    pub version: VersionNo,
    pub arm: Arm,
    pub start: Millis,
    pub sums: Sums,
}

/// The sums of the windows of `span` that start in `[from, to)`, oldest first.
pub async fn sums(cx: &Ctx, name: &DeploymentName, span: i64, from: Millis, to: Millis) -> Outcome<Vec<Summed>> {
    let rows = cx.store.db.sums(name, span, from, to).await.or_problem("Reading windows")?;
    let all_summed = rows.iter().all(|row| row.sums.requests.is_some());
    let mut summed: Vec<Summed> = rows
        .into_iter()
        .filter_map(|row| {
            let sums = Sums::read(&row.sums)?;
            Some(Summed { version: version_no(row.version), arm: Arm::parse(&row.arm)?, start: Millis(row.start), sums })
        })
        .collect();
    if !all_summed {
        summed.extend(of_before(cx, name, span, from, to).await?);
        summed.sort_by_key(|one| one.start);
    }
    Ok(summed)
}

/// Out of the windows themselves.
async fn of_before(cx: &Ctx, name: &DeploymentName, span: i64, from: Millis, to: Millis) -> Outcome<Vec<Summed>> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Slim {
        counts: Sums,
    }
    let rows = cx.store.db.operations_unsummed(name, span, from, to).await.or_problem("Reading windows")?;
    let one = |row: store::windows::OperationsRow| {
        let Slim { counts: sums } = serde_json::from_str(&row.operations).ok()?;
        Some(Summed { version: version_no(row.version), arm: Arm::parse(&row.arm)?, start: Millis(row.start), sums })
    };
    Ok(rows.into_iter().filter_map(one).collect())
}

/// The live requests of the last `length` milliseconds, by whole windows of `span`.
pub async fn live(cx: &Ctx, name: &DeploymentName, span: i64, length: i64) -> Outcome<Sums> {
    let now = cx.now();
    let mut sum = Sums::default();
    for one in sums(cx, name, span, Millis(now.0 - length).floor_to(span), now + 1).await? {
        if read::is_live(one.arm) {
            sum.add(&one.sums);
        }
    }
    Ok(sum)
}

/// The sums of one version in a stretch of time; the copies that a shadow answered are left out.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    pub version: VersionNo,
    pub start: Millis,
    pub sums: Sums,
}

/// Of every deployment, by stretches of `bucket` milliseconds in `[from, to)`: one question to the database, however many there are.
pub async fn of_all(
    cx: &Ctx,
    span: i64,
    bucket: i64,
    from: Millis,
    to: Millis,
) -> Outcome<BTreeMap<DeploymentName, Vec<Stretch>>> {
    let from = from.floor_to(span);
    let rows = cx.store.db.sums_of_all(span, bucket, from, to).await.or_problem("Reading windows")?;
    let mut all: BTreeMap<DeploymentName, Vec<Stretch>> = BTreeMap::new();
    for row in rows {
        let (name, version) = (DeploymentName::from(row.deployment.as_str()), version_no(row.version));
        let place = all.entry(name.clone()).or_default();
        if let Some(sums) = Sums::read(&row.sums) {
            place.push(Stretch { version, start: Millis(row.start), sums });
            continue;
        }
        let start = Millis(row.start);
        let windows = sums(cx, &name, span, start.max(from), (start + bucket).min(to)).await?;
        let mut sum = Sums::default();
        windows.iter().filter(|one| one.version == version && one.arm != Arm::Shadow).for_each(|one| sum.add(&one.sums));
        place.push(Stretch { version, start, sums: sum });
    }
    Ok(all)
}
