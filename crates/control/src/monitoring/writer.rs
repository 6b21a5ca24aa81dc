//! The one background loop that writes what was answered: windows, the counts of rollouts, the prediction log.

use super::accumulators::{Accumulators, Batch};
use super::at_once::Parts;
use super::pending::{Key, Pending};
use super::spans::{FINE, KEPT};
use super::unpack::{pack_old, unpack_awaited};
use crate::{Ctx, IntoProblem, Outcome};
use contract::Millis;
use contract::deployment::Recording;
use contract::live::Topic;
use contract::rollout::Arm;
use serving::{Record, Records, Waiting};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// Longest time that an answered request stays unwritten.
const FLUSH: Duration = Duration::from_secs(2);
/// How long records gather before they are taken: waking up for each one would cost more than counting it.
const GATHER: Duration = Duration::from_millis(5);
/// Records that are taken at once.
const AT_ONCE: usize = 1_024;
/// Records that are counted before the thread is lent to requests again.
const STRETCH: usize = 64;
/// Rows of the prediction log that have a database row each; older ones are packed into pages.
pub const LOG_CAP: i64 = 500_000;
/// Flushes between two prunings of what is too old.
const PRUNE_EVERY: u32 = 60;
/// Rows that may wait for a database that does not answer; past it the oldest go.
const WAITING: usize = 100_000;
/// Windows that one transaction writes after one that failed: a try that fails again has not made thousands of them ready.
const AFTER_FAILURE: usize = 256;
/// Bytes of windows that may wait for a database that does not answer.
const WINDOWS: usize = 128 << 20;

/// Takes in records, adds them up, writes them every two seconds.
pub struct Writer {
    cx: Ctx,
    pending: Pending,
    parts: Arc<Parts>,
    accumulators: Accumulators,
    flushes: u32,
    dropped: u64,
    /// Rows of the log and bytes of windows that may wait.
    may_wait: (usize, usize),
}

impl Writer {
    pub fn new(cx: Ctx) -> Self {
        let process = cx.new_id();
        let parts = Arc::new(Parts::new(cx.book.clone()));
        let accumulators = Accumulators::new(process);
        Self { cx, pending: Pending::default(), parts, accumulators, flushes: 0, dropped: 0, may_wait: (WAITING, WINDOWS) }
    }

    /// With other bounds, which a test reaches.
    #[cfg(test)]
    pub fn may_wait(&mut self, rows: usize, bytes: usize) {
        self.may_wait = (rows, bytes);
    }

    /// Short records are counted where they are answered, from now on.
    pub fn keep_at_once(&self) {
        if let Ok(router) = self.cx.router() {
            router.recorder().keep_at_once(self.parts.clone());
        }
    }

    /// Runs until `stop` is done or no more records can come; writes what is left before it returns.
    pub async fn run(mut self, mut records: Records, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        self.keep_at_once();
        let mut taken = Vec::with_capacity(AT_ONCE);
        let mut due = Instant::now() + FLUSH;
        let mut behind = false;
        loop {
            let more = tokio::select! {
                () = &mut stop => false,
                more = self.gather(&mut records, &mut taken, due, behind) => more,
            };
            behind = taken.len() >= AT_ONCE;
            if !more {
                while let Some(record) = records.try_recv() {
                    taken.push(record);
                }
            }
            while !taken.is_empty() {
                self.take_some(&mut taken, STRETCH);
                tokio::task::yield_now().await;
            }
            // Where nothing can be written, each caller that waits is no reason to try anew.
            let waited_for = !self.pending.durable.is_empty() && self.cx.writing.failing_since().is_none();
            if Instant::now() >= due || waited_for || !more {
                self.note_drops(self.cx.router().map_or(0, |router| router.recorder().dropped()));
                if let Err(problem) = self.flush().await {
                    tracing::error!(%problem, "windows were not written; they are kept and tried again");
                }
                due = Instant::now() + FLUSH;
            }
            if !more {
                return;
            }
        }
    }

    /// Waits for records, or until `due`. `false` if no more can come.
    async fn gather(&self, records: &mut Records, taken: &mut Vec<Record>, due: Instant, behind: bool) -> bool {
        // Whoever asked for a durable answer waits for this loop.
        let waited_for = || self.cx.book.all().values().any(|known| known.settings.recording == Recording::Durable);
        if !behind && !waited_for() {
            sleep(GATHER).await;
        }
        tokio::select! {
            n = records.recv_many(taken, AT_ONCE) => n > 0,
            () = sleep_until(due) => true,
        }
    }

    /// Counts records; nothing is written yet.
    pub fn take(&mut self, records: &mut Vec<Record>) {
        self.take_some(records, usize::MAX);
    }

    fn take_some(&mut self, records: &mut Vec<Record>, most: usize) {
        for record in records.drain(..most.min(records.len())) {
            self.pending.take(&self.cx.book, record);
        }
    }

    /// Drops are counted for all deployments together; they are shown at the one that had the most records just now.
    fn note_drops(&mut self, total: u64) {
        let new = total.saturating_sub(self.dropped);
        self.dropped = total;
        if new == 0 {
            return;
        }
        let busiest = self.pending.busiest();
        let fallback = || {
            let book = self.cx.book.all();
            let known = book.values().find(|known| known.stable.is_some())?;
            Some(Key {
                deployment: known.name.clone(),
                version: known.stable?,
                arm: Arm::Stable,
                start: self.cx.now().floor_to(FINE),
            })
        };
        if let Some(key) = busiest.or_else(fallback) {
            self.pending.dropped(key, new);
        }
    }

    /// Writes everything that has changed in one transaction. On failure nothing is lost: sums stay, the log waits.
    pub async fn flush(&mut self) -> Outcome<()> {
        self.flushes = self.flushes.wrapping_add(1);
        if self.flushes.is_multiple_of(PRUNE_EVERY) {
            // What is too old does no harm for another while: what is new is written all the same.
            if let Err(problem) = self.prune().await {
                tracing::error!(%problem, "old windows were not forgotten");
            }
        }
        let parts = self.parts.collect();
        if self.pending.is_empty() && parts.is_empty() && !self.accumulators.is_dirty() {
            return crate::outcomes::join_waiting(&self.cx).await;
        }
        let mut touched = self.pending.touched();
        self.accumulators.absorb(&mut self.pending);
        for mut part in parts {
            touched.extend(part.touched());
            self.accumulators.absorb(&mut part);
            self.pending.adopt(part);
        }
        let most = if self.cx.writing.failing_since().is_some() { AFTER_FAILURE } else { usize::MAX };
        let waiting = self.accumulators.waiting();
        loop {
            let batch = self.accumulators.rows(most);
            if let Err(error) = self.write(&batch).await {
                self.keep_waiting();
                return Err(error).or_problem("Writing windows");
            }
            self.pending.forget_log();
            let book = self.cx.book.all();
            self.accumulators.written(batch, self.cx.now(), |part| {
                book.values().any(|known| known.rollout.as_ref().is_some_and(|r| r.id == part.rollout))
            });
            if !self.accumulators.is_dirty() {
                break;
            }
        }
        self.pending.durable.drain(..).for_each(Waiting::committed);
        self.cx.writing.succeeded(self.cx.now(), || waiting);
        self.cx.kept.opened(self.accumulators.memory());
        for deployment in touched {
            self.cx.announce(Topic::Metrics { deployment });
        }
        crate::outcomes::join_waiting(&self.cx).await
    }

    /// One transaction: windows, the counts of rollouts, and the log as far as it still waits.
    async fn write(&mut self, batch: &Batch) -> store::Result<()> {
        let pages = self.pending.close_pages(|| self.cx.new_id()).to_vec();
        let now = self.cx.now();
        let mut tx = self.cx.store.db.begin().await?;
        for row in &batch.windows {
            tx.window_replace(row).await?;
        }
        for row in &batch.parts {
            tx.rollout_counts_replace(row).await?;
        }
        tx.predictions_append(&self.pending.log).await?;
        for page in pages {
            unpack_awaited(&mut tx, &page, now).await?;
            tx.page_append(page).await?;
        }
        tx.commit().await
    }

    /// Nothing could be written. What waits is bounded, and what of it is given up is counted and told.
    fn keep_waiting(&mut self) {
        self.pending.durable.retain(|waiting| !waiting.has_gone());
        let lost = self.pending.give_up_log(self.may_wait.0);
        let windows = self.accumulators.give_up(self.may_wait.1);
        self.cx.writing.failed(self.cx.now(), lost);
        if lost > 0 || windows > 0 {
            tracing::error!(
                lost,
                windows,
                "rows of the prediction log and short windows were given up: too much waits to be written"
            );
        }
    }

    /// Forgets what is older than it is kept for.
    async fn prune(&self) -> Outcome<()> {
        let doing = "Forgetting old windows";
        let now = self.cx.now();
        let mut tx = self.cx.store.db.begin().await.or_problem(doing)?;
        for (span, kept) in KEPT {
            tx.windows_forget(span, Millis(now.0 - kept)).await.or_problem(doing)?;
        }
        tx.pages_prune(self.cx.retention.log_bytes()).await.or_problem(doing)?;
        tx.commit().await.or_problem(doing)?;
        pack_old(&self.cx, LOG_CAP).await
    }
}
