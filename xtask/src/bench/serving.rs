//! One run: builds, starts each server in turn, in every round, and measures its cells.

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::cells::{self, BUSY, Cell, Load, Model, Workload};
use super::contestants::{self, Line, Program};
use super::load::{self, How};
use super::page::{Origin, page};
use super::process::{Process, used};
use super::python;
use super::results::{Measured, Results};
use super::slipway::{self, Site};
use crate::build::{self, Built};
use crate::demo;
use crate::paths::Paths;
use crate::progress;
use crate::server::Server;
use crate::setup::{self, Purpose, onnxruntime};

#[derive(Clone, Debug, Default, clap::Args)]
pub struct Options {
    /// A few minutes: workload (a) alone, with 1 and 32 connections
    #[arg(long)]
    quick: bool,
    /// Only these lines: echo, floor, slipway, slipway-unrecorded, slipway-cached, slipway-one-by-one, fastapi, bentoml,
    /// bentoml-batched, mlserver
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Only these workloads
    #[arg(long, value_enum)]
    workload: Vec<Workload>,
    /// How long each cell is measured [default: 3]
    #[arg(long)]
    seconds: Option<f64>,
    /// How often everything is measured [default: 3; 2 with --quick]
    #[arg(long)]
    rounds: Option<usize>,
    /// Write docs/benchmarks/serving.md
    #[arg(long)]
    write: bool,
    /// Run what the last build left
    #[arg(long)]
    no_build: bool,
}

impl Options {
    fn lines(&self) -> Result<Vec<Line>> {
        if let Some(unknown) = self.only.iter().find(|name| !Line::ALL.iter().any(|line| line.key() == *name)) {
            bail!("there is no line “{unknown}”; there are {}", Line::ALL.map(Line::key).join(", "));
        }
        Ok(Line::ALL.into_iter().filter(|line| self.only.is_empty() || self.only.iter().any(|name| name == line.key())).collect())
    }

    fn workloads(&self) -> Vec<Workload> {
        match (self.workload.is_empty(), self.quick) {
            (false, _) => self.workload.clone(),
            (true, true) => vec![Workload::A],
            (true, false) => Workload::ALL.to_vec(),
        }
    }
}

/// Something that is running and can be measured.
enum Running {
    Slipway(Server),
    Other(Process),
}

impl Running {
    fn id(&self) -> u32 {
        match self {
            Running::Slipway(server) => server.id(),
            Running::Other(process) => process.id(),
        }
    }

    fn address(&self) -> std::net::SocketAddr {
        match self {
            Running::Slipway(server) => server.address(),
            Running::Other(process) => process.address,
        }
    }
}

/// What a run has at hand.
struct Bench<'p> {
    paths: &'p Paths,
    options: &'p Options,
    lines: Vec<Line>,
    workloads: Vec<Workload>,
    seconds: f64,
    built: Built,
    site: Site,
    folder: PathBuf,
    results: Results,
}

pub fn main(paths: &Paths, options: &Options) -> Result<ExitCode> {
    let lines = options.lines()?;
    setup::ensure(paths, Purpose::Demo)?;
    let built = build(paths, options.no_build)?;
    let mut results = Results::default();
    for (name, of) in [
        ("fastapi", &[Program::FastApi][..]),
        ("bentoml", &[Program::BentoMl, Program::BentoMlBatched]),
        ("mlserver", &[Program::MlServer]),
    ] {
        let wanted: Vec<Line> = lines.iter().copied().filter(|line| of.contains(&line.program())).collect();
        if !wanted.is_empty()
            && let Err(error) = python::ensure(paths, name)
        {
            wanted.iter().for_each(|line| drop(results.missing.insert(*line, format!("could not be installed: {error:#}"))));
        }
    }
    let place = demo::temporary_place("bench")?;
    let folder = place.data.join("others");
    std::fs::create_dir_all(&folder)?;
    let site = Site::make(paths, &built, place)?;
    let rounds = options.rounds.unwrap_or(if options.quick { 2 } else { 3 });
    let (seconds, workloads) = (options.seconds.unwrap_or(3.0), options.workloads());
    let mut bench = Bench { paths, options, lines, workloads, seconds, built, site, folder, results };
    for round in 0..rounds {
        println!("Round {} of {rounds}", round + 1);
        bench.round(round)?;
    }
    let text = page(&bench.results, &origin(paths, &bench, rounds));
    println!("\n{text}");
    if options.write {
        let file = paths.root.join("docs/benchmarks/serving.md");
        std::fs::create_dir_all(file.parent().context("a file in a folder")?)?;
        std::fs::write(&file, text)?;
        println!("written: {}", file.display());
    }
    std::fs::remove_dir_all(&bench.site.place.data)?;
    Ok(ExitCode::SUCCESS)
}

/// The server and everything under `benches/`, as they are meant to run.
fn build(paths: &Paths, no_build: bool) -> Result<Built> {
    if !no_build {
        progress::step("Building the load generator and the floors (release)", || {
            progress::run(paths.cargo().args(["build", "--release", "--package", "benches"]))
        })?;
    }
    build::server_alone(paths, !no_build)
}

impl Bench<'_> {
    fn round(&mut self, round: usize) -> Result<()> {
        for &workload in &self.workloads {
            if workload != Workload::D {
                let library = onnxruntime::library(self.paths)?;
                let raw = load::raw(self.paths, &library, workload.case(), Duration::from_secs_f64(self.seconds.min(1.0)))?;
                self.results.raw.entry(workload).or_default().push(raw);
            }
        }
        let mut programs: Vec<Program> = self.lines.iter().map(|line| line.program()).collect();
        programs.dedup();
        for program in programs {
            if program == Program::Slipway {
                let workloads = self.workloads.clone();
                self.program(program, None, &workloads, round)?;
                continue;
            }
            for model in Model::ALL {
                let workloads: Vec<Workload> = self.workloads.iter().copied().filter(|w| w.model() == model).collect();
                self.program(program, Some(model), &workloads, round)?;
            }
        }
        Ok(())
    }

    /// Starts a program and measures all its lines. One that does not start is noted and does not stop the others.
    fn program(&mut self, program: Program, model: Option<Model>, workloads: &[Workload], round: usize) -> Result<()> {
        let mine = |line: &Line| line.program() == program && !self.results.missing.contains_key(line);
        let lines: Vec<(Line, Vec<Cell>)> =
            self.lines.iter().copied().filter(mine).map(|line| (line, cells::of(line, workloads, self.options.quick))).collect();
        if lines.iter().all(|(_, cells)| cells.is_empty()) {
            return Ok(());
        }
        let running = match model {
            None => Running::Slipway(self.site.start(self.paths, &self.built)?),
            Some(model) => match contestants::start(self.paths, program, model, &self.folder) {
                Ok(process) => Running::Other(process),
                Err(error) => {
                    lines
                        .iter()
                        .for_each(|(line, _)| drop(self.results.missing.insert(*line, format!("does not start: {error:#}"))));
                    return Ok(());
                }
            },
        };
        for (line, cells) in lines {
            for cell in cells {
                self.cell(&running, line, cell, round)?;
            }
            self.look_for_cache(&running, line)?;
        }
        Ok(())
    }

    fn cell(&mut self, running: &Running, line: Line, cell: Cell, round: usize) -> Result<()> {
        let busy = self.results.rounds(line, cell.workload, cell.form, Load::Closed(BUSY)).get(round);
        let how =
            How { seconds: self.seconds, capacity: busy.map(|measured| measured.report.per_second), seed: round as u64 + 1 };
        let dropped_before = dropped(running)?;
        let before = used(running.id());
        let report = load::run(self.paths, line, cell, running.address(), how)?;
        // Work that was put off belongs to the requests that caused it, not to the next cell.
        std::thread::sleep(Duration::from_millis(if line.program() == Program::Slipway { 500 } else { 100 }));
        let after = used(running.id());
        let warmed = if cell.load == Load::Burst { 1.0 } else { 1.0 + 0.5 / self.seconds };
        let measured = Measured {
            cpu_us: (after.cpu - before.cpu).as_secs_f64() * 1e6 / (report.answered.max(1) as f64 * warmed),
            memory: after.memory,
            dropped: dropped(running)? - dropped_before,
            report,
        };
        println!(
            "  {:<28} {} {:<6} {:<22} {:>8.0}/s  p99 {:>8.2} ms  {:>6.1} µs  {} failed",
            line.key(),
            format!("{:?}", cell.workload).to_lowercase(),
            cell.form.word(),
            cell.load.title(),
            measured.report.per_second,
            measured.report.p99_ms,
            measured.cpu_us,
            measured.report.failed()
        );
        self.results.cells.entry((cell, line)).or_default().push(measured);
        Ok(())
    }

    /// Numbers of a cache that never answered would be another line's numbers.
    fn look_for_cache(&mut self, running: &Running, line: Line) -> Result<()> {
        if let (Running::Slipway(server), Line::SlipwayCached) = (running, line)
            && self.results.cells.keys().any(|(_, measured)| *measured == line)
            && slipway::cache_hits(&server.url(), &line.deployment(Model::Trees))? == 0
        {
            self.results.cells.retain(|(_, measured), _| *measured != line);
            self.results.missing.insert(line, "no cache: this server does not know the setting".to_owned());
        }
        Ok(())
    }
}

fn dropped(running: &Running) -> Result<u64> {
    match running {
        Running::Slipway(server) => slipway::dropped(&server.url()),
        Running::Other(_) => Ok(0),
    }
}

/// Where, with what and when it was measured.
fn origin(paths: &Paths, bench: &Bench<'_>, rounds: usize) -> Origin {
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).current_dir(&paths.root).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned()).filter(|text| output.status.success() && !text.is_empty())
    };
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu =
        cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':')).map_or("unknown", |(_, name)| name.trim());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let others = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let versions = ["fastapi", "uvicorn", "bentoml", "mlserver"].map(|name| {
        let environment = if name == "uvicorn" { "fastapi" } else { name };
        format!("{name} {}", python::pinned(paths, environment, name).unwrap_or_else(|| "?".to_owned()))
    });
    let commit = said("git", &["rev-parse", "--short", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    let changed = said("git", &["status", "--porcelain", "--untracked-files=no"]).is_some();
    Origin {
        facts: vec![
            ("date", said("date", &["-u", "+%Y-%m-%d %H:%M UTC"]).unwrap_or_else(|| "unknown".to_owned())),
            ("machine", format!("{cpu}, {cores} cores for server and load generator together")),
            (
                "load average at the end, with whatever else the machine did",
                others.split(' ').take(3).collect::<Vec<_>>().join(" "),
            ),
            ("commit", format!("{commit}{}", if changed { ", with changes" } else { "" })),
            ("versions", format!("ONNX Runtime {} everywhere; {}", onnxruntime::VERSION, versions.join(", "))),
            (
                "answers compared with the right one",
                bench.results.cells.values().flatten().map(|m| m.report.checked).sum::<u64>().to_string(),
            ),
            ("rounds", format!("{rounds} of {} s a cell, after half a second of warming up", bench.seconds)),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_chosen_by_name() {
        let only = |names: &[&str]| Options { only: names.iter().map(|name| (*name).to_owned()).collect(), ..Options::default() };
        assert_eq!(only(&[]).lines().unwrap().len(), Line::ALL.len());
        assert_eq!(only(&["floor", "slipway"]).lines().unwrap(), [Line::Floor, Line::Slipway]);
        assert!(only(&["triton"]).lines().unwrap_err().to_string().contains("mlserver"));
    }
}
