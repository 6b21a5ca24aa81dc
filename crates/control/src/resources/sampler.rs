//! The reconciler that samples: every ten seconds one look, added to the open minute and hour, written whole. A round that fails
//! is made up for by the next; what is older than it is kept for goes.

use super::gpu::Gpus;
use super::sample::{self, Look, between};
use super::window::Levels;
use crate::{Ctx, IntoProblem, Outcome, blocking};
use contract::Millis;
use contract::time::{DAY, HOUR, MINUTE};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::resources::ResourceRow;
use tokio::time::{MissedTickBehavior, interval};

/// Time between two samples.
const EVERY: Duration = Duration::from_secs(10);
/// Spans of the windows, and how long they are kept: as those of requests.
pub const KEPT: [(i64, i64); 2] = [(MINUTE, 3 * DAY), (HOUR, 120 * DAY)];
/// Samples between two rounds of forgetting.
const FORGET_EVERY: u64 = 360;

pub struct Sampler {
    cx: Ctx,
    /// The folder whose disk is watched.
    folder: PathBuf,
    node: String,
    /// Names the rows of this process.
    writer: String,
    gpus: Option<Arc<Gpus>>,
    last: Option<Look>,
    /// The open window of each span: its start and sums.
    open: [(Millis, Levels); 2],
    samples: u64,
}

impl Sampler {
    pub fn new(cx: Ctx, folder: PathBuf) -> Self {
        let node = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned();
        Self {
            writer: cx.new_id(),
            node: if node.is_empty() { "this machine".into() } else { node },
            gpus: Gpus::find().map(Arc::new),
            last: None,
            open: Default::default(),
            samples: 0,
            cx,
            folder,
        }
    }

    /// Samples until `finished` is done.
    pub async fn run(mut self, finished: impl Future<Output = ()>) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tokio::pin!(finished);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = &mut finished => return,
            }
            if let Err(problem) = self.sample().await {
                tracing::warn!(%problem, "resources were not sampled");
            }
        }
    }

    /// One look; from the second on there is something to write.
    pub async fn sample(&mut self) -> Outcome<()> {
        let (now, folder, gpus) = (self.cx.now(), self.folder.clone(), self.gpus.clone());
        let mut look = blocking(move || sample::machine(now, &folder, gpus.as_deref())).await?;
        if let Ok(router) = self.cx.router() {
            look.versions = sample::versions(router);
        }
        let Some(before) = self.last.replace(look.clone()) else { return Ok(()) };
        self.add(now, &between(&before, &look)).await
    }

    /// Adds what was measured up to `now` to the open windows and writes them.
    pub(super) async fn add(&mut self, now: Millis, levels: &Levels) -> Outcome<()> {
        let doing = "Writing what is used";
        let mut tx = self.cx.store.db.begin().await.or_problem(doing)?;
        for ((span, _), (start, open)) in KEPT.iter().zip(&mut self.open) {
            let begins = now.floor_to(*span);
            if *start != begins {
                (*start, *open) = (begins, Levels::default());
            }
            open.merge(levels);
            let stats = serde_json::to_string(open).unwrap_or_else(|_| "{}".into());
            let (node, writer) = (self.node.clone(), self.writer.clone());
            tx.resources_replace(&ResourceRow { node, start: start.0, span: *span, writer, stats }).await.or_problem(doing)?;
        }
        if self.samples.is_multiple_of(FORGET_EVERY) {
            for (span, kept) in KEPT {
                tx.resources_forget(span, Millis(now.0 - kept)).await.or_problem(doing)?;
            }
        }
        tx.commit().await.or_problem(doing)?;
        self.samples += 1;
        Ok(())
    }
}
