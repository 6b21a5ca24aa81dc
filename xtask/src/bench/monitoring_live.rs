//! Live watching: rows with a hundred features into windows on one core, and a thousand deployments that are looked at.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use serde_json::Value as Json;

use crate::paths::Paths;
use crate::progress;
use crate::setup::{self, Purpose};

/// The section begins with this; what a page has from here on is replaced.
const HEADING: &str = "\n## Live\n";
/// Rows a second on one core that are asked for.
const BAR: f64 = 5_000.0;

/// Measures the live part alone; `write` puts it into the page in place of the one that is there.
pub fn alone(paths: &Paths, page: &Path, write: bool) -> Result<ExitCode> {
    let section = section(paths)?;
    println!("{section}");
    if write {
        let before = std::fs::read_to_string(page).unwrap_or_else(|_| "# Monitoring, side by side\n".to_owned());
        let kept = before.split(HEADING).next().unwrap_or_default();
        std::fs::write(page, format!("{}\n{section}", kept.trim_end()))?;
        println!("written: {}", page.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Builds what is measured, measures it, and says what came out.
pub fn section(paths: &Paths) -> Result<String> {
    setup::ensure(paths, Purpose::Demo)?;
    progress::run(paths.cargo().args(["build", "--release", "--package", "benches"]))?;
    println!("▸ Rows with a hundred features, one a request");
    let single = run(paths, &["live"])?;
    println!("▸ The same, 32 a request");
    let batches = run(paths, &["live", "--batch", "32"])?;
    println!("▸ A thousand deployments");
    let fleet = run(paths, &["fleet"])?;
    text(&single, &batches, &fleet)
}

fn run(paths: &Paths, arguments: &[&str]) -> Result<Json> {
    let folder = paths.cache.join("bench-watch");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    let output = Command::new(paths.target.join("release/bench-watch"))
        .arg("--runtime")
        .arg(setup::onnxruntime::library(paths)?)
        .arg("--folder")
        .arg(&folder)
        .arg("--root")
        .arg(&paths.root)
        .args(arguments)
        .output()
        .context("bench-watch")?;
    // Some gigabytes.
    std::fs::remove_dir_all(&folder)?;
    ensure!(output.status.success(), "bench-watch: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).context("bench-watch")
}

fn number(report: &Json, name: &str) -> Result<f64> {
    report[name].as_f64().with_context(|| format!("{name} is missing in {report}"))
}

fn text(single: &Json, batches: &Json, fleet: &Json) -> Result<String> {
    let mut text = format!(
        "{HEADING}
Written by `cargo xtask bench monitoring --live --write`. Every answered request is counted into windows and logged: that work alone is
measured here, all of it, without HTTP and without the model's own computing. 80 numbers, some of them missing, and 20 categories; a real
SQLite file, flushed after every 10,000 rows (two seconds at 5,000 rows a second); the whole process bound to one core, by the clock.

| {BAR} rows a second on one core | rows a second | CPU µs a row | of it counting | |
| --- | ---: | ---: | ---: | --- |
"
    );
    for (words, report) in [("one row a request", single), ("32 rows a request", batches)] {
        let rows = number(report, "rows")?;
        let rate = rows / number(report, "wall_s")?;
        let verdict = if rate >= BAR { "reached" } else { "**not reached**" };
        text.push_str(&format!(
            "| {words} | {rate:.0} | {:.1} | {:.1} | {verdict} |\n",
            number(report, "cpu_s")? / rows * 1e6,
            number(report, "counting_cpu_s")? / rows * 1e6,
        ));
    }
    let mib = |report: &Json, name: &str| Ok::<_, anyhow::Error>(number(report, name)? / f64::from(1 << 20));
    text.push_str(&format!(
        "
What such a model keeps, all bins of it in use: a window of 10 seconds {:.0} KB, of a minute {:.0} KB, of an hour {:.0} KB. A day adds
{:.0} MB of them; with 3 hours, 3 days and 120 days of each they level off at {:.0} MB. The prediction log adds {:.0} bytes a row until
its own bound. In memory it takes {:.1} MiB: the windows that are being added to. A deployment's own numbers are on its Resources page.

## A thousand deployments

{:.0} deployments of the churn example with a day behind them (every minute of the last hour), {:.0} of them with outcomes in every minute
of a week; a file of {:.1} GB; {:.0} alerts are open, which every look writes down. CPU of all threads, and wall time, medians.

| | CPU ms | wall ms |
| --- | ---: | ---: |
",
        number(single, "window_10s_bytes")? / 1e3,
        number(single, "window_1m_bytes")? / 1e3,
        number(single, "window_1h_bytes")? / 1e3,
        number(single, "day_bytes")? / 1e6,
        number(single, "level_bytes")? / 1e6,
        number(single, "log_bytes_a_row")?,
        mib(single, "open_bytes")?,
        number(fleet, "deployments")?,
        number(fleet, "labelled")?,
        number(fleet, "file_bytes")? / 1e9,
        number(fleet, "alerts_open")?,
    ));
    for (words, name) in [
        ("first look of a process at all of them", "first_look"),
        ("a look, every 3 s, nothing new", "look"),
        ("a look after 100 of them were asked", "look_after_100_were_asked"),
        ("a look after all of them were asked", "look_after_1000_were_asked"),
        ("what the Fleet page shows of an hour", "page_of_an_hour"),
        ("what the Fleet page shows of a day", "page_of_a_day"),
    ] {
        let took = &fleet[name];
        text.push_str(&format!("| {words} | {:.0} | {:.0} |\n", number(took, "cpu_ms")?, number(took, "wall_ms")?));
    }
    text.push_str(&format!("\nWhat looks keep takes {:.0} MiB of memory.\n", mib(fleet, "looks_bytes")?));
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_section_says_whether_the_bar_was_reached() {
        let live = |wall_s: f64| {
            json!({
                "rows": 100_000, "wall_s": wall_s, "cpu_s": 10.0, "counting_cpu_s": 8.0, "window_10s_bytes": 2e5, "window_1m_bytes": 3e5,
                "window_1h_bytes": 4e5, "day_bytes": 5e8, "level_bytes": 1e9, "log_bytes_a_row": 900.0, "open_bytes": 1 << 22
            })
        };
        let took = json!({"cpu_ms": 12.0, "wall_ms": 30.0});
        let fleet = json!({
            "deployments": 1_000, "labelled": 20, "file_bytes": 3e9, "alerts_open": 0, "looks_bytes": 64 << 20, "first_look": took, "look": took,
            "look_after_100_were_asked": took, "look_after_1000_were_asked": took, "page_of_an_hour": took, "page_of_a_day": took
        });
        let text = text(&live(10.0), &live(25.0), &fleet).unwrap();
        for part in [
            "| one row a request | 10000 | 100.0 | 80.0 | reached |",
            "| 32 rows a request | 4000 | 100.0 | 80.0 | **not reached** |",
            "| a look, every 3 s, nothing new | 12 | 30 |",
            "it takes 4.0 MiB",
        ] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
        assert!(super::text(&live(10.0), &json!({}), &fleet).is_err());
    }
}
