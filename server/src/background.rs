//! Everything that works without being asked, on one page: each line says how often.
//!
//! A reconciler takes no input and may be run at any time: if a round fails, the next one makes up for it. A job is a row that is
//! claimed, run and retried.

use control::{Ctx, Outcome, alerts, approvals, deployments, explain, gates, incidents, monitoring, resources, rollouts};
use serving::Records;
use std::path::PathBuf;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

/// Starts all of it. `data` is the folder whose disk is watched. The set is empty again soon after `finish` was raised, with everything written that was answered.
pub fn start(cx: &Ctx, records: Records, data: PathBuf, finish: &watch::Receiver<bool>) -> JoinSet<()> {
    let mut work = JoinSet::new();
    // On a thread of its own: it packs and writes what many requests left, milliseconds in one go, for which no request should wait.
    let writing = monitoring::Writer::new(cx.clone()).run(records, finished(finish.clone()));
    let runtime = Handle::current();
    work.spawn_blocking(move || runtime.block_on(writing));
    work.spawn(resources::Sampler::new(cx.clone(), data).run(finished(finish.clone())));
    let hands = &(cx.clone(), finish.clone());
    every(&mut work, hands, "rollouts", Duration::from_secs(1), |cx| async move { rollouts::tick(&cx).await.map(drop) });
    every(&mut work, hands, "alerts", Duration::from_secs(3), |cx| async move { alerts::tick(&cx).await.map(drop) });
    every(&mut work, hands, "incidents", Duration::from_secs(3), |cx| async move { incidents::tick(&cx).await });
    every(&mut work, hands, "escalation", Duration::from_secs(10), |cx| async move { alerts::escalate(&cx).await.map(drop) });
    every(&mut work, hands, "deliveries", Duration::from_secs(1), |cx| async move { alerts::deliver(&cx).await.map(drop) });
    every(&mut work, hands, "delivery log", Duration::from_secs(3600), |cx| async move { alerts::forget(&cx).await.map(drop) });
    every(&mut work, hands, "jobs", Duration::from_millis(500), |cx| async move { run_jobs(&cx).await });
    every(&mut work, hands, "room", Duration::from_secs(10), |cx| async move { deployments::make_room(&cx).await.map(drop) });
    every(&mut work, hands, "approvals", Duration::from_secs(60), |cx| async move { approvals::expire(&cx).await.map(drop) });
    every(&mut work, hands, "retention", Duration::from_secs(3600), |cx| async move { monitoring::forget(&cx).await.map(drop) });
    every(&mut work, hands, "sessions", Duration::from_secs(600), |cx| async move { forget_sessions(&cx).await });
    work
}

/// One kind after the other: a report that is being made would slow down what the gates measure.
async fn run_jobs(cx: &Ctx) -> Outcome<()> {
    gates::run_queued(cx).await?;
    explain::run_jobs(cx).await.map(drop)
}

async fn forget_sessions(cx: &Ctx) -> Outcome<()> {
    use control::IntoProblem;
    cx.store.db.session_delete_expired(cx.now()).await.or_problem("Forgetting sessions that have ended").map(drop)
}

/// Runs `round` again and again, one at a time, until the server stops. A failed round is logged and tried again at its time.
fn every<F>(
    work: &mut JoinSet<()>,
    (cx, finish): &(Ctx, watch::Receiver<bool>),
    name: &'static str,
    period: Duration,
    round: fn(Ctx) -> F,
) where
    F: Future<Output = Outcome<()>> + Send + 'static,
{
    let (cx, finish) = (cx.clone(), finish.clone());
    work.spawn(async move {
        let mut ticks = interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = finished(finish.clone()) => return,
            }
            if let Err(problem) = round(cx.clone()).await {
                tracing::warn!(reconciler = name, %problem, "a round failed");
            }
        }
    });
}

/// Done when the flag is up, or whoever would raise it is gone.
async fn finished(mut finish: watch::Receiver<bool>) {
    let _ = finish.wait_for(|finish| *finish).await;
}
