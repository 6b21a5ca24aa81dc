//! Comparing data files: CPU seconds and memory of Slipway beside NannyML and Evidently, over the same million rows.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::monitoring_live;
use super::process::used;
use super::python;
use crate::build;
use crate::paths::Paths;
use crate::progress;
use crate::setup::{self, Purpose};

/// Environment of the competitors, and the folder with what they run.
const NAME: &str = "monitoring";
const PAGE: &str = "docs/benchmarks/monitoring.md";
/// Rows of a chunk.
const CHUNK: &str = "50000";
/// Rows of the million and of the wide table, which has a hundred features.
const ROWS: f64 = 1e6;
const WIDE_ROWS: f64 = 1e5;

#[derive(Clone, Debug, Default, clap::Args)]
pub struct Options {
    /// Rounds; in each, all of them run once
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Measure this program instead of building one
    #[arg(long, value_name = "PATH")]
    program: Option<PathBuf>,
    /// Write docs/benchmarks/monitoring.md
    #[arg(long, conflicts_with = "program")]
    write: bool,
    /// Only what live watching costs
    #[arg(long, conflicts_with = "program")]
    live: bool,
}

/// What a run took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Taken {
    wall: Duration,
    cpu: Duration,
    memory: u64,
}

/// Whom the numbers are of.
const LINES: [&str; 4] = ["Slipway", "NannyML", "Evidently", "Slipway, 100 features"];

pub fn main(paths: &Paths, options: &Options) -> Result<ExitCode> {
    if options.live {
        return monitoring_live::alone(paths, &paths.root.join(PAGE), options.write);
    }
    python::ensure(paths, NAME)?;
    let program = match &options.program {
        Some(program) => std::path::absolute(program)?,
        None => {
            setup::ensure(paths, Purpose::Demo)?;
            build::server_alone(paths, true)?.program
        }
    };
    let folder = paths.cache.join("bench-monitoring");
    data(paths, &folder)?;
    let mut rounds: Vec<[Taken; 4]> = Vec::new();
    for round in 1..=options.rounds.max(1) {
        println!("▸ Round {round} of {}", options.rounds.max(1));
        let mut taken = [Taken::default(); 4];
        for (place, line) in LINES.into_iter().enumerate() {
            taken[place] = measure(command(paths, &program, &folder, place)?).with_context(|| line.to_owned())?;
        }
        rounds.push(taken);
    }
    let text = page(&facts(paths), &rounds) + &monitoring_live::section(paths)?;
    println!("\n{text}");
    if options.write {
        let file = paths.root.join(PAGE);
        std::fs::write(&file, text)?;
        println!("written: {}", file.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes the tables once; they depend on a seed alone.
fn data(paths: &Paths, folder: &Path) -> Result<()> {
    let done = folder.join("complete");
    if done.is_file() {
        return Ok(());
    }
    std::fs::create_dir_all(folder)?;
    progress::quiet("Writing a million rows", python_command(paths, "data.py")?.arg(folder))?;
    std::fs::write(done, "")?;
    Ok(())
}

fn python_command(paths: &Paths, script: &str) -> Result<Command> {
    let mut python = Command::new(python::interpreter(paths, NAME)?);
    python.arg(paths.root.join("benches/competitors").join(NAME).join(script)).env("PYTHONDONTWRITEBYTECODE", "1");
    Ok(python)
}

fn command(paths: &Paths, program: &Path, folder: &Path, place: usize) -> Result<Command> {
    let slipway = |reference: &str, current: &str| {
        let mut command = Command::new(program);
        command.args(["data", "compare"]).arg(folder.join(reference)).arg(folder.join(current)).arg("--json");
        command
    };
    Ok(match place {
        0 => {
            let mut command = slipway("reference.csv", "current.csv");
            command.args(["--chunk-size", CHUNK, "--prediction", "prediction", "--score", "score", "--label", "label"]);
            command.args(["--problem", "binary"]);
            command
        }
        1 => {
            let mut command = python_command(paths, "with_nannyml.py")?;
            command.arg(folder).arg(CHUNK);
            command
        }
        2 => {
            let mut command = python_command(paths, "with_evidently.py")?;
            command.arg(folder);
            command
        }
        _ => {
            let mut command = slipway("wide.reference.csv", "wide.csv");
            command.args(["--chunk-size", "5000"]);
            command
        }
    })
}

/// Runs it to its end, watching what it uses. Its CPU time is read when it has ended and before it is gone.
fn measure(mut command: Command) -> Result<Taken> {
    let start = Instant::now();
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let mut taken = Taken::default();
    loop {
        let now = used(child.id());
        taken.memory = taken.memory.max(now.memory);
        taken.cpu = taken.cpu.max(now.cpu);
        if has_ended(child.id()) {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    taken.wall = start.elapsed();
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    Ok(taken)
}

/// Whether a child is a zombie, or gone.
fn has_ended(id: u32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{id}/stat")) else { return true };
    stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with('Z'))
}

/// When, where and with which versions.
fn facts(paths: &Paths) -> Vec<(&'static str, String)> {
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).current_dir(&paths.root).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned()).filter(|text| output.status.success() && !text.is_empty())
    };
    let unknown = || "unknown".to_owned();
    let version = |name: &str| format!("{name} {}", python::pinned(paths, NAME, name).unwrap_or_else(unknown));
    vec![
        ("date", said("date", &["-u", "+%Y-%m-%d %H:%M UTC"]).unwrap_or_else(unknown)),
        ("commit", said("git", &["rev-parse", "--short", "HEAD"]).unwrap_or_else(unknown)),
        ("processors", std::thread::available_parallelism().map_or_else(|_| unknown(), |n| n.to_string())),
        ("versions", [version("nannyml"), version("evidently"), version("pandas")].join(", ")),
    ]
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn page(facts: &[(&str, String)], rounds: &[[Taken; 4]]) -> String {
    let of = |place: usize, value: fn(&Taken) -> f64| median(rounds.iter().map(|round| value(&round[place])).collect());
    let cpu = |place| of(place, |taken| taken.cpu.as_secs_f64());
    let memory = |place| of(place, |taken| taken.memory as f64 / f64::from(1 << 20));
    let mut text = String::from(INTRODUCTION);
    for (name, value) in facts {
        writeln!(text, "- {name}: {value}").expect("a String takes all");
    }
    text.push_str("\n## Bars\n\n| asked | measured | |\n| --- | --- | --- |\n");
    let live = WIDE_ROWS / cpu(3);
    let bars = [
        ("20 times fewer CPU seconds than NannyML", format!("{:.1} times", cpu(1) / cpu(0)), cpu(1) / cpu(0) >= 20.0),
        ("30 times fewer CPU seconds than Evidently", format!("{:.1} times", cpu(2) / cpu(0)), cpu(2) / cpu(0) >= 30.0),
        ("under 100 MB for a million rows", format!("{:.0} MiB", memory(0)), memory(0) * 1.048_576 < 100.0),
        ("100 features × 5,000 rows a second on one core", format!("{live:.0} rows a CPU second"), live >= 5_000.0),
    ];
    for (asked, measured, reached) in bars {
        let verdict = if reached { "reached" } else { "**not reached**" };
        writeln!(text, "| {asked} | {measured} | {verdict} |").expect("a String takes all");
    }
    text.push_str("\n## A million rows, nine columns\n\n| | CPU s | wall s | memory MiB | rows a CPU second |\n| --- | ---: | ---: | ---: | ---: |\n");
    for (place, line) in LINES.into_iter().enumerate() {
        let rows = if place == 3 { WIDE_ROWS } else { ROWS };
        let wall = of(place, |taken| taken.wall.as_secs_f64());
        writeln!(text, "| {line} | {:.2} | {wall:.2} | {:.0} | {:.0} |", cpu(place), memory(place), rows / cpu(place))
            .expect("a String takes all");
    }
    text.push_str(LIMITS);
    text
}

const INTRODUCTION: &str = "# Monitoring, side by side

Written by `cargo xtask bench monitoring --write`. The same CSV files for all: a reference of 50,000 rows and a million rows after it, in chunks of
50,000. Each is one process from start to end, imports and reading included; all of them run once in every round, and numbers are medians of the
rounds. Slipway computes every distance, verdicts with evidence, joint drift and the estimate of performance; NannyML four distances per column
and CBPE; Evidently one report of drift and summaries without chunks and without an estimate.

";

const LIMITS: &str = "
The last line is a table of 100 numeric features × 100,000 rows in chunks of 5,000, judged one by one.

## Limits

- The rows are made up; real columns are longer texts and have more categories, which costs all of them more.
- Python's imports are part of the time, as they are for whoever runs a job; over more rows their share shrinks.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_what_was_reached() {
        let taken = |cpu, memory| Taken { wall: Duration::from_millis(cpu), cpu: Duration::from_millis(cpu), memory };
        let round = [taken(500, 20 << 20), taken(9_000, 500 << 20), taken(16_000, 600 << 20), taken(2_000, 50 << 20)];
        let text = page(&[("date", "today".to_owned())], &[round, round]);
        for part in [
            "- date: today\n",
            "| 20 times fewer CPU seconds than NannyML | 18.0 times | **not reached** |",
            "| 30 times fewer CPU seconds than Evidently | 32.0 times | reached |",
            "| 50000 rows a CPU second | reached |",
            "| Slipway | 0.50 | 0.50 | 20 | 2000000 |",
        ] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }

    #[test]
    fn what_ends_is_measured() {
        let mut command = Command::new("sh");
        command.args(["-c", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done"]);
        let taken = measure(command).expect("measured");
        assert!(taken.wall > Duration::ZERO && taken.cpu <= taken.wall * 4);
        let mut fails = Command::new("sh");
        fails.args(["-c", "echo because >&2; exit 3"]);
        assert!(format!("{:#}", measure(fails).unwrap_err()).contains("because"));
    }
}
