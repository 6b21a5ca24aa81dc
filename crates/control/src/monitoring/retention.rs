//! How long counted history is kept, and the reconciler that forgets the rest. Windows and the prediction log, which grow with
//! traffic, are kept within bounds by the writer; this is for what grows with time.

use crate::{Ctx, IntoProblem, Outcome};
use contract::Millis;
use contract::time::DAY;

/// Days that history is kept; 0 keeps it for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Realised quality, counted from the time of the prediction.
    pub quality_days: u32,
    /// Looks at a rollout, counted from its end. The last look of each step, on which it was decided, stays.
    pub looks_days: u32,
    /// Outcomes as they were posted and the corrections of them, counted from their arrival. What was counted of them is in the quality.
    pub outcome_days: u32,
    /// Packed rows of the prediction log, megabytes; the oldest go first.
    pub log_mb: u32,
}

impl Retention {
    pub fn log_bytes(&self) -> i64 {
        i64::from(self.log_mb) << 20
    }
}

impl Default for Retention {
    /// Thirteen months, so that a month can be compared with the same month of the year before; ten to twenty million packed rows.
    fn default() -> Self {
        Self { quality_days: 400, looks_days: 400, outcome_days: 400, log_mb: 2_048 }
    }
}

/// What is older than this is forgotten at `now`; `None` where everything is kept.
fn cutoff(days: u32, now: Millis) -> Option<Millis> {
    (days > 0).then(|| Millis(now.0.saturating_sub(i64::from(days) * DAY)))
}

/// Forgets what is older than it is kept for; how many rows that were. Run again it finds nothing more to do.
pub async fn forget(cx: &Ctx) -> Outcome<u64> {
    let doing = "Forgetting old history";
    let now = cx.now();
    let mut tx = cx.store.db.begin().await.or_problem(doing)?;
    let mut gone = 0;
    if let Some(before) = cutoff(cx.retention.quality_days, now) {
        gone += tx.quality_forget(before).await.or_problem(doing)?;
    }
    if let Some(before) = cutoff(cx.retention.looks_days, now) {
        gone += tx.rollout_looks_forget(before).await.or_problem(doing)?;
    }
    if let Some(before) = cutoff(cx.retention.outcome_days, now) {
        gone += tx.outcomes_forget(before).await.or_problem(doing)?;
    }
    tx.commit().await.or_problem(doing)?;
    Ok(gone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::contexts;
    use contract::{DeploymentName, ModelName, PredictionId, RolloutId};
    use store::outcomes::{OutcomeRow, QualityRow, QualitySums};
    use store::rollouts::{LookRow, RolloutRow};

    #[test]
    fn days_become_a_moment() {
        for (days, now, before) in [
            (0, 500 * DAY, None),
            (1, 500 * DAY, Some(499 * DAY)),
            (400, 500 * DAY + 7, Some(100 * DAY + 7)),
            (400, 0, Some(-400 * DAY)),
            (u32::MAX, i64::MIN + 1, Some(i64::MIN)),
        ] {
            assert_eq!(cutoff(days, Millis(now)), before.map(Millis), "{days} days at {now}");
        }
    }

    fn rollout(id: &str, ended_at: Option<i64>) -> RolloutRow {
        let text = String::new;
        RolloutRow {
            id: id.into(),
            deployment: format!("of-{id}"),
            model: "churn".into(),
            stable: 1,
            canary: 2,
            state: "completed".into(),
            step: 1,
            plan: text(),
            reason: text(),
            steps: text(),
            marks: text(),
            looks: 0,
            approval: None,
            started_at: 0,
            started_by: text(),
            started_by_name: text(),
            updated_at: 0,
            ended_at,
        }
    }

    #[tokio::test]
    async fn old_history_goes_and_what_decided_a_step_stays() {
        for (cx, clock) in contexts().await {
            let now = cx.now().0;
            let cx = cx.with_retention(Retention { quality_days: 30, looks_days: 10, outcome_days: 20, ..Retention::default() });
            let mut tx = cx.store.db.begin().await.unwrap();
            for (id, ended_at) in [("old", Some(now - 11 * DAY)), ("new", Some(now - 9 * DAY)), ("open", None)] {
                let of = DeploymentName(format!("of-{id}"));
                tx.deployment_insert(&of, &ModelName::from("churn"), "{}", Millis(0)).await.unwrap();
                tx.rollout_insert(&rollout(id, ended_at)).await.unwrap();
                for (n, step) in [(1, 0), (2, 0), (3, 0), (4, 1), (5, 1)] {
                    let look = LookRow {
                        rollout: id.into(),
                        n,
                        at: 0,
                        step,
                        requests: 9,
                        decision: "wait".into(),
                        numbers: "{}".into(),
                    };
                    tx.rollout_look(&look).await.unwrap();
                }
            }
            for start in [now - 31 * DAY, now - 29 * DAY, now] {
                let row = QualityRow {
                    deployment: "of-new".into(),
                    version: 1,
                    arm: "stable".into(),
                    start,
                    segment: String::new(),
                    segment_value: String::new(),
                    quality: "{}".into(),
                };
                tx.quality_put(&row, &QualitySums::default()).await.unwrap();
            }
            for (id, received_at) in [("old", now - 21 * DAY), ("new", now - 19 * DAY)] {
                let (prediction_id, label) = (id.to_owned(), "no".to_owned());
                tx.outcome_put(&OutcomeRow { prediction_id, label, at: now, received_at, joined: 1 }).await.unwrap();
                tx.outcome_changed(id, &PredictionId::from(id), "yes", "no", Millis(received_at), "ada").await.unwrap();
            }
            tx.commit().await.unwrap();

            let left = async |id: &str| -> Vec<i64> {
                cx.store.db.rollout_looks(&RolloutId::from(id)).await.unwrap().iter().map(|look| look.n).collect()
            };
            let quality = async || {
                cx.store.db.quality(&DeploymentName::from("of-new"), "", Millis(0), Millis(now + 1)).await.unwrap().len()
            };
            let outcomes = async || {
                let mut tx = cx.store.db.begin().await.unwrap();
                let there = async |tx: &mut store::Tx, id: &str| tx.outcome(&PredictionId::from(id)).await.unwrap().is_some();
                (there(&mut tx, "old").await, there(&mut tx, "new").await)
            };
            let kept =
                cx.clone().with_retention(Retention { quality_days: 0, looks_days: 0, outcome_days: 0, ..Retention::default() });
            assert_eq!(forget(&kept).await.unwrap(), 0, "0 keeps everything");
            assert_eq!((forget(&cx).await.unwrap(), outcomes().await), (6, (false, true)));
            assert_eq!(
                (left("old").await, left("new").await, left("open").await),
                (vec![3, 5], vec![1, 2, 3, 4, 5], vec![1, 2, 3, 4, 5])
            );
            assert_eq!(quality().await, 2);
            assert_eq!(forget(&cx).await.unwrap(), 0, "a second round finds nothing");

            clock.advance(2 * DAY);
            assert_eq!((forget(&cx).await.unwrap(), outcomes().await), (6, (false, false)));
            assert_eq!((left("new").await, left("open").await.len(), quality().await), (vec![3, 5], 5, 1));
        }
    }
}
