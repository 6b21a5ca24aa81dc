//! What the outcomes of the last week say of a version, as the alerts ask for it every few seconds: worked out again when there are
//! others, or a minute has gone by.

use super::concept::{Shift, concept};
use super::quality::Quality;
use super::{look_at_trust, offline, primary_key};
use crate::deployments::{Known, KnownVersion, version_no};
use crate::{Ctx, IntoProblem, Outcome};
use contract::deployment::ConceptDetector;
use contract::time::{DAY, MINUTE};
use contract::views::parts::Estimate;
use contract::{DeploymentName, Millis, VersionNo};
use stats::estimate::TrustFinding;
use std::sync::Arc;
use store::outcomes::QualitySums;

/// Stretch over which realised quality is judged, by the time of the prediction.
pub const REACH: i64 = 7 * DAY;

/// What they say.
#[derive(Clone)]
pub struct Labels {
    seen: Seen,
    version: Arc<KnownVersion>,
    /// Whether the estimate held; `None` where nothing is estimated.
    pub trust: Option<TrustFinding>,
    /// Errors that have grown, as the deployment's detector sees it.
    pub shift: Option<Shift>,
    /// On held-back data, and realised.
    pub quality: Option<(f64, Estimate)>,
}

/// By what it is seen that there are other outcomes.
#[derive(Clone, Copy, PartialEq)]
struct Seen {
    /// Of the week, corrections included; without any the minute does not matter.
    sums: Option<(QualitySums, Millis)>,
    detector: ConceptDetector,
}

/// The labels of the stable version. `are_there`: whether the deployment has ever had an outcome.
pub async fn labels(cx: &Ctx, known: &Known, stable: &Arc<KnownVersion>, are_there: bool) -> Outcome<Labels> {
    let entry = cx.kept.entry(&known.name);
    let mut entry = entry.lock().await;
    let now = cx.now();
    let sums = match are_there {
        true => Some((sums(cx, &known.name, stable.version, Millis(now.0 - REACH), now + 1).await?, now.floor_to(MINUTE))),
        false => None,
    };
    let seen = Seen { sums, detector: known.settings.concept_detector };
    if let Some(last) = entry.labels.as_ref().filter(|last| last.seen == seen && Arc::ptr_eq(&last.version, stable)) {
        return Ok(last.clone());
    }
    let trust = look_at_trust(cx, &known.name, stable).await?;
    let shift = concept(cx, &known.name, stable.version).await?.worse(seen.detector);
    let quality = if are_there { quality(cx, known, stable).await? } else { None };
    let labels = Labels { seen, version: stable.clone(), trust, shift, quality };
    entry.labels = Some(labels.clone());
    Ok(labels)
}

/// Outcomes of all versions, of predictions made in `[from, to)`.
pub async fn outcomes_counted(cx: &Ctx, name: &DeploymentName, from: Millis, to: Millis) -> Outcome<u64> {
    let mut counted = 0;
    for row in cx.store.db.quality_sums(name, from, to).await.or_problem("Reading quality")? {
        counted += match row.unsummed {
            0 => row.sums.n,
            _ => sums(cx, name, version_no(row.version), from, to).await?.n,
        };
    }
    Ok(u64::try_from(counted).unwrap_or(0))
}

/// The sums of a version's quality over the windows that start in `[from, to)`.
pub async fn sums(cx: &Ctx, name: &DeploymentName, version: VersionNo, from: Millis, to: Millis) -> Outcome<QualitySums> {
    let doing = "Reading quality";
    let all = cx.store.db.quality_sums(name, from, to).await.or_problem(doing)?;
    match all.into_iter().find(|row| row.version == i64::from(version.0)) {
        None => Ok(QualitySums::default()),
        Some(row) if row.unsummed == 0 => Ok(row.sums),
        // Of before there were sums.
        Some(_) => {
            let rows = cx.store.db.quality(name, "", from, to).await.or_problem(doing)?;
            let mine = rows.iter().filter(|row| row.version == i64::from(version.0));
            let parts = mine.filter_map(|row| serde_json::from_str::<Quality>(&row.quality).ok()).map(|quality| quality.sums());
            Ok(parts.fold(QualitySums::default(), |sum, part| QualitySums {
                n: sum.n + part.n,
                good: sum.good + part.good,
                squares: sum.squares + part.squares,
            }))
        }
    }
}

async fn quality(cx: &Ctx, known: &Known, stable: &KnownVersion) -> Outcome<Option<(f64, Estimate)>> {
    let task = stable.contract.task;
    let Some(offline) = offline(cx, &known.model, stable.version, primary_key(task)).await? else { return Ok(None) };
    let now = cx.now();
    let delays = cx.store.db.outcome_delays(&known.name, Millis(now.0 - REACH), now + 1).await.or_problem("Reading quality")?;
    let mut delays: Vec<i64> = delays.into_iter().map(|(delay,)| delay).collect();
    let until = mature_until(now, &mut delays);
    let sums = sums(cx, &known.name, stable.version, Millis(until.0 - REACH), until).await?;
    Ok(Quality::primary_of(task, &sums).map(|realised| (offline, realised)))
}

/// Start of the first minute whose outcomes are not known for the most part: what is known early is seldom like what is known late, and is
/// no reason to wake anybody. A minute is known when it and nine of ten delays have passed.
fn mature_until(now: Millis, delays: &mut [i64]) -> Millis {
    delays.sort_unstable();
    let nine_of_ten = delays.get(delays.len() * 9 / 10).or(delays.last()).copied().unwrap_or(0).max(0);
    Millis(now.0 - nine_of_ten - MINUTE + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_is_judged_when_it_and_nine_of_ten_delays_have_passed() {
        let now = Millis(100 * MINUTE);
        let in_time = |delays: &[i64], start: i64| Millis(start) < mature_until(now, &mut delays.to_vec());
        for (delays, last) in [
            (&[][..], 99 * MINUTE),
            (&[0, 0, 0], 99 * MINUTE),
            (&[-5_000, -5_000], 99 * MINUTE),
            (&[MINUTE, MINUTE, MINUTE], 98 * MINUTE),
            (&[3 * MINUTE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 99 * MINUTE),
            (&[3 * MINUTE, 3 * MINUTE, 0, 0, 0, 0, 0, 0, 0, 0], 96 * MINUTE),
        ] {
            assert!(in_time(delays, last) && !in_time(delays, last + MINUTE), "{delays:?}");
        }
    }
}
