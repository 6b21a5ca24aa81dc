//! A thousand deployments with a day behind them, some with a week of outcomes: what a look at all of them costs, and their page.

use super::place::{Bench, Place, Source};
use super::used::{Took, measured, memory};
use anyhow::{Result, anyhow};
use contract::inputs::{Outcome as Truth, RegisterVersion};
use contract::time::{DAY, HOUR, MINUTE};
use contract::{DeploymentName, Millis};
use control::{Actor, Ctx, alerts, deployments, monitoring, outcomes};
use serde_json::{Value as Json, json};
use serving::{Record, Value};

#[derive(clap::Args)]
pub struct Options {
    #[arg(long, default_value_t = 1_000)]
    deployments: usize,
    /// Those of them of which outcomes have come in every minute of a week
    #[arg(long, default_value_t = 20)]
    labelled: usize,
}

/// Rows of a minute.
const ROWS: usize = 60;

pub async fn run(place: &Place, options: &Options) -> Result<Json> {
    let mut bench = place.open().await?;
    let source = |model: &'static str| -> Result<Source> {
        Ok(Source {
            model,
            onnx: place.read("examples/churn/v3.onnx")?,
            reference: place.read("examples/churn/reference.csv")?,
            heldback: place.read("examples/churn/heldback.csv")?,
            meta: RegisterVersion { segments: vec!["international_plan".into()], ..RegisterVersion::default() },
        })
    };
    let plain = bench.deploy(source("plain")?).await?;
    let labelled = bench.deploy(source("labelled")?).await?;
    let rows = rows(place, &bench, &plain)?;
    let end = bench.cx.now();
    bench.clock.advance(-7 * DAY);
    while bench.cx.now() < end {
        hour(&mut bench, &plain, &labelled, &rows, end).await?;
    }
    {
        let mut tx = bench.cx.store.db.begin().await?;
        let copies = |n: usize| i64::try_from(n.saturating_sub(1)).unwrap_or(0);
        store::testing::multiply(&mut tx, plain.as_str(), copies(options.deployments - options.labelled), end).await?;
        store::testing::multiply(&mut tx, labelled.as_str(), copies(options.labelled), end).await?;
        tx.commit().await?;
    }
    // As a replica that serves nothing itself: a thousand models in memory are no part of this.
    let (before, cx) = (memory(), Ctx::new(bench.cx.store.clone(), bench.clock.clone()));
    deployments::reload(&cx).await.map_err(|problem| anyhow!("{problem}"))?;
    let read = memory();
    let mut report = json!({ "deployments": cx.book.all().len(), "labelled": options.labelled, "file_bytes": place.stored() });
    let look = async || -> Result<Took> {
        let (took, done) = measured(alerts::tick(&cx)).await;
        done.map_err(|problem| anyhow!("{problem}"))?;
        Ok(took)
    };
    put(&mut report, "first_look", look().await?);
    report["book_bytes"] = json!(read.saturating_sub(before));
    report["looks_bytes"] = json!(memory().saturating_sub(read));
    put(&mut report, "look", median(&look, 5).await?);
    // What fires is written down at every look.
    report["alerts_open"] = json!(cx.store.db.alerts_open().await?.len());
    let who = Actor::system();
    for (words, length) in [("page_of_an_hour", HOUR), ("page_of_a_day", DAY)] {
        let page = async || -> Result<Took> {
            let (took, view) = measured(monitoring::fleet(&cx, &who, monitoring::last(&cx, length))).await;
            let view = view.map_err(|problem| anyhow!("{problem}"))?;
            anyhow::ensure!(view.deployments.len() == cx.book.all().len());
            Ok(took)
        };
        put(&mut report, words, median(&page, 5).await?);
    }
    let all: Vec<DeploymentName> = cx.book.all().keys().cloned().collect();
    let mut writer = monitoring::Writer::new(cx.clone());
    for (words, share) in [("look_after_100_were_asked", 10), ("look_after_1000_were_asked", 1)] {
        let mut took = Vec::new();
        for round in 0..3 {
            bench.clock.advance(3_000);
            let mut records: Vec<Record> = Vec::new();
            for (i, name) in all.iter().enumerate().filter(|(i, _)| i % share == 0) {
                let at = (i + round * 7) % (rows.len() - 10);
                let mut record = bench.ask(&plain, &rows[at..at + 10]).await?;
                record.deployment = name.clone();
                records.push(record);
            }
            writer.take(&mut records);
            writer.flush().await.map_err(|problem| anyhow!("{problem}"))?;
            took.push(look().await?);
        }
        took.sort_by_key(|took| took.cpu);
        put(&mut report, words, took[1]);
    }
    Ok(report)
}

fn put(report: &mut Json, words: &str, took: Took) {
    report[words] = json!({ "wall_ms": took.wall_ms(), "cpu_ms": took.cpu_ms() });
}

async fn median(work: &impl AsyncFn() -> Result<Took>, times: usize) -> Result<Took> {
    let mut all = Vec::new();
    for _ in 0..times {
        all.push(work().await?);
    }
    all.sort_by_key(|took| took.cpu);
    Ok(all[times / 2])
}

fn rows(place: &Place, bench: &Bench, name: &DeploymentName) -> Result<Vec<Vec<Value>>> {
    let route = bench.cx.router().map_err(|problem| anyhow!("{problem}"))?.route(name.as_str());
    let contract = &route.ok_or_else(|| anyhow!("it is served"))?.stable.contract;
    let table = place.read("examples/churn/live.csv")?;
    Ok(control::datasets::parse(&table).map_err(|problem| anyhow!("{problem}"))?.records(contract))
}

/// An hour of both: rows in every minute of one deployment's week, two outcomes of each; of the other's last day once an hour, of its last
/// hour every minute, and of the last minutes every ten seconds.
async fn hour(
    bench: &mut Bench,
    plain: &DeploymentName,
    labelled: &DeploymentName,
    rows: &[Vec<Value>],
    end: Millis,
) -> Result<()> {
    let start = bench.cx.now();
    let mut truths = Vec::new();
    let mut records = Vec::new();
    for minute in 0..60 {
        let at = start + minute * MINUTE;
        let (day, hour, now) = (end - at <= DAY && minute == 30, end - at <= HOUR, end - at <= 5 * MINUTE);
        for name in [Some(plain).filter(|_| day || hour), Some(labelled)].into_iter().flatten() {
            let parts = if now { 6 } else { 1 };
            let many = if hour { ROWS / parts } else { 10 };
            for part in 0..parts {
                let from = (minute as usize * 131 + part * 17) % (rows.len() - many);
                let mut record = bench.ask(name, &rows[from..from + many]).await?;
                record.at = at + part as i64 * 10_000;
                if name == labelled && part == 0 {
                    truths.extend((0..2).map(|i| Truth {
                        prediction_id: record.prediction_id.row(i, many),
                        label: if (minute + i as i64) % 5 == 0 { "yes" } else { "no" }.into(),
                        value: None,
                        at: Some((record.at + 5_000).rfc3339()),
                    }));
                }
                records.push(record);
            }
        }
    }
    bench.clock.advance(HOUR);
    bench.write(records).await?;
    outcomes::post(&bench.cx, &Actor::system(), truths).await.map_err(|problem| anyhow!("{problem}"))?;
    Ok(())
}
