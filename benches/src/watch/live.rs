//! Rows with a hundred features, as fast as they go into windows and the prediction log on one core.

use super::place::{Place, Source};
use super::used::{Took, measured, memory, one_core};
use anyhow::{Context, Result};
use contract::inputs::RegisterVersion;
use serde_json::{Value as Json, json};
use serving::{Record, Value};
use std::time::Duration;

/// Inputs of `benches/models/wide.onnx`.
const NUMBERS: usize = 80;
const CATEGORIES: usize = 20;
/// Rows a second that are taken to arrive: a flush is every two seconds.
const RATE: usize = 5_000;
const FLUSH_S: usize = 2;

#[derive(clap::Args)]
pub struct Options {
    /// Rows that are written and measured
    #[arg(long, default_value_t = 100_000)]
    rows: usize,
    /// Rows of a request
    #[arg(long, default_value_t = 1)]
    batch: usize,
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// In [0, 1).
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Numbers like sums of evenly spread ones, some of a hundred missing; categories of which the first are the most frequent.
fn row(random: &mut Random) -> Vec<Value> {
    let mut row = Vec::with_capacity(NUMBERS + CATEGORIES);
    for i in 0..NUMBERS {
        let value = (0..4).map(|_| random.share()).sum::<f64>() - 2.0;
        row.push(if i % 4 == 0 && random.share() < 0.02 { Value::Missing } else { Value::Num(value * (i + 1) as f64) });
    }
    for _ in 0..CATEGORIES {
        let i = (random.share() * random.share() * 10.0) as u8;
        row.push(Value::Text(char::from(b'a' + i).to_string()));
    }
    row
}

fn table(random: &mut Random, rows: usize) -> Vec<u8> {
    let mut text = String::new();
    (0..NUMBERS).for_each(|i| text.push_str(&format!("n{i:02},")));
    (0..CATEGORIES).for_each(|i| text.push_str(&format!("c{i:02},")));
    text.push_str("label\n");
    for _ in 0..rows {
        for value in row(random) {
            match value {
                Value::Num(x) => text.push_str(&format!("{x:.6},")),
                Value::Text(name) => text.push_str(&format!("{name},")),
                Value::Missing => text.push(','),
            }
        }
        text.push_str(if random.share() < 0.5 { "1\n" } else { "0\n" });
    }
    text.into_bytes()
}

pub async fn run(place: &Place, options: &Options) -> Result<Json> {
    let mut bench = place.open().await?;
    let mut random = Random(26);
    let source = Source {
        model: "wide",
        onnx: place.read("benches/models/wide.onnx")?,
        reference: table(&mut random, 5_000),
        heldback: table(&mut random, 1_000),
        meta: RegisterVersion { label_column: Some("label".into()), ..RegisterVersion::default() },
    };
    let name = bench.deploy(source).await?;
    let known = bench.cx.book.get(&name).context("it runs")?;
    let baseline = known.stable_version().and_then(|version| version.baseline.clone()).context("it has a baseline")?;
    anyhow::ensure!(baseline.features.len() == NUMBERS + CATEGORIES, "{} features are watched", baseline.features.len());

    // Some requests first, so that nothing that is measured happens for the first time.
    let mut warm = Vec::new();
    for _ in 0..200 {
        warm.push(bench.ask(&name, &[row(&mut random)]).await?);
    }
    bench.write(warm).await?;
    let mut records: Vec<Record> = Vec::new();
    for _ in 0..options.rows.div_ceil(options.batch) {
        let rows: Vec<Vec<Value>> = (0..options.batch).map(|_| row(&mut random)).collect();
        records.push(bench.ask(&name, &rows).await?);
    }
    let rows = records.iter().map(|record| record.rows).sum::<usize>();
    let (stored, held) = (place.stored(), memory());

    one_core()?;
    let mut counting = Took { wall: Duration::ZERO, cpu: Duration::ZERO };
    let mut writing = counting;
    let add = |sum: &mut Took, took: Took| (sum.wall, sum.cpu) = (sum.wall + took.wall, sum.cpu + took.cpu);
    let of_a_flush = (RATE * FLUSH_S / options.batch).max(1);
    let mut flushes = 0;
    let mut from = records.into_iter();
    loop {
        let mut taken: Vec<Record> = from.by_ref().take(of_a_flush).collect();
        if taken.is_empty() {
            break;
        }
        let now = bench.cx.now();
        let length = taken.len() as i64;
        for (i, record) in taken.iter_mut().enumerate() {
            record.at = now + i as i64 * 1_000 * FLUSH_S as i64 / length;
        }
        bench.clock.advance(1_000 * FLUSH_S as i64);
        add(&mut counting, measured(async { bench.writer.take(&mut taken) }).await.0);
        let (took, written) = measured(bench.writer.flush()).await;
        written.map_err(|problem| anyhow::anyhow!("{problem}"))?;
        add(&mut writing, took);
        flushes += 1;
    }
    let (who, range) = (control::Actor::system(), control::monitoring::last(&bench.cx, 3_600_000));
    let latency =
        control::monitoring::latency(&bench.cx, &who, &name, range).await.map_err(|problem| anyhow::anyhow!("{problem}"))?;
    let drift =
        control::monitoring::drift(&bench.cx, &who, &name, range, None).await.map_err(|problem| anyhow::anyhow!("{problem}"))?;
    let db = &bench.cx.store.db;
    let kept = db.windows_kept(&name).await?;
    let size = |span: i64| kept.iter().find(|row| row.span == span).map_or(0.0, |row| row.bytes as f64 / row.windows as f64);
    let (fine, minute, hour) = (size(10_000), size(60_000), size(3_600_000));
    let (packed, packed_bytes) = db.pages_size(&name).await?;
    let watching =
        control::resources::view(&bench.cx, &who, Some(&name), range).await.map_err(|problem| anyhow::anyhow!("{problem}"))?;
    Ok(json!({
        "window_10s_bytes": fine,
        "window_1m_bytes": minute,
        "window_1h_bytes": hour,
        "day_bytes": fine * 8_640.0 + minute * 1_440.0 + hour * 24.0,
        "level_bytes": fine * 1_080.0 + minute * 4_320.0 + hour * 2_880.0,
        "log_bytes_a_row": packed_bytes as f64 / packed.max(1) as f64,
        "open_bytes": watching.watching.map_or(0, |watching| watching.memory_bytes),
        "features": drift.features.len(),
        "rows": rows,
        "requests_counted": latency.totals.requests,
        "batch": options.batch,
        "flushes": flushes,
        "wall_s": (counting.wall + writing.wall).as_secs_f64(),
        "cpu_s": (counting.cpu + writing.cpu).as_secs_f64(),
        "counting_cpu_s": counting.cpu.as_secs_f64(),
        "writing_cpu_s": writing.cpu.as_secs_f64(),
        "file_grew_bytes": place.stored().saturating_sub(stored),
        "records_bytes": held,
    }))
}
