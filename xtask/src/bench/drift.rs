//! The drift benchmark: labelled events on real data, scored for Slipway and for what it is compared to. The streams, the events and the
//! scores are Python, under `benches/drift`, because the contestants are; this builds Slipway, prepares the environment and keeps the page.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Result, ensure};
use sha2::{Digest, Sha256};

use super::python::{self, Environment};
use crate::build;
use crate::paths::Paths;
use crate::progress;
use crate::setup::{self, Purpose};

const FOLDER: &str = "benches/drift";
const PAGE: &str = "docs/benchmarks/drift.md";
/// Contestants from PyPI, by their names there.
const COMPARED: [&str; 4] = ["evidently", "nannyml", "scipy", "lightgbm"];

#[derive(Clone, Debug, Default, clap::Args)]
pub struct Options {
    /// A few minutes: one set instead of all
    #[arg(long)]
    quick: bool,
    /// Only these sets: heldout (the default), design, or names as census, credit, diamonds, stops, flights, churn, bikes
    #[arg(long, value_name = "NAME")]
    set: Vec<String>,
    /// Only these contestants: slipway, evidently, nannyml, fixed
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Tell what was missed and what was false, for sets that rules may be designed on
    #[arg(long)]
    details: bool,
    /// Score this program instead of building one
    #[arg(long, value_name = "PATH")]
    program: Option<PathBuf>,
    /// Write docs/benchmarks/drift.md; only a run of everything that is held out may
    #[arg(long, conflicts_with_all = ["quick", "set", "only"])]
    write: bool,
}

impl Options {
    fn wants_slipway(&self) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == "slipway")
    }

    /// What `main.py` is told.
    fn arguments(&self, cache: &Path, program: Option<&Path>, page: &Path) -> Vec<std::ffi::OsString> {
        let mut arguments = vec!["main.py".into(), "--cache".into(), cache.into(), "--page".into(), page.into()];
        let mut say = |flag: &str, value: &std::ffi::OsStr| arguments.extend([flag.into(), value.to_owned()]);
        self.set.iter().for_each(|name| say("--set", name.as_ref()));
        self.only.iter().for_each(|name| say("--only", name.as_ref()));
        if let Some(program) = program {
            say("--program", program.as_ref());
        }
        arguments.extend(
            [("--quick", self.quick), ("--details", self.details)].iter().filter(|(_, on)| *on).map(|(flag, _)| (*flag).into()),
        );
        arguments
    }
}

pub fn main(paths: &Paths, options: &Options) -> Result<ExitCode> {
    let environment = Environment::drift(paths);
    python::ensure_all(paths, &environment)?;
    let program = program(paths, options)?;
    let cache = paths.cache.join("bench-drift");
    std::fs::create_dir_all(&cache)?;
    let tables = cache.join("tables.md");
    let python = || -> Result<Command> {
        let mut python = Command::new(environment.interpreter(paths)?);
        python.current_dir(paths.root.join(FOLDER)).env("PYTHONDONTWRITEBYTECODE", "1");
        python.envs(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"].map(|name| (name, "1")));
        Ok(python)
    };
    progress::quiet("Tests of the events and of the scoring itself", python()?.args(["-m", "unittest"]))?;
    progress::step("Scoring; the first run builds the streams and takes half an hour, most of it for the others", || {
        progress::run(python()?.args(options.arguments(&cache, program.as_deref(), &tables)))
    })?;
    if options.write {
        let tables = std::fs::read_to_string(&tables)?;
        let file = paths.root.join(PAGE);
        std::fs::write(&file, page(&facts(paths, options)?, &tables))?;
        println!("written: {}", file.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn program(paths: &Paths, options: &Options) -> Result<Option<PathBuf>> {
    if !options.wants_slipway() {
        return Ok(None);
    }
    if let Some(program) = &options.program {
        ensure!(program.is_file(), "there is no program {}", program.display());
        return Ok(Some(std::path::absolute(program)?));
    }
    setup::ensure(paths, Purpose::Demo)?;
    Ok(Some(build::server_alone(paths, true)?.program))
}

/// When, what and with which versions.
fn facts(paths: &Paths, options: &Options) -> Result<Vec<(&'static str, String)>> {
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).current_dir(&paths.root).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned()).filter(|text| output.status.success() && !text.is_empty())
    };
    let unknown = || "unknown".to_owned();
    let changed = said("git", &["status", "--porcelain", "--untracked-files=no"]).is_some();
    let commit = said("git", &["rev-parse", "--short", "HEAD"]).unwrap_or_else(unknown);
    let environment = Environment::drift(paths);
    let versions = COMPARED.map(|name| format!("{name} {}", environment.pinned(name).unwrap_or_else(unknown)));
    let program = match &options.program {
        Some(program) => format!("given, SHA-256 {}", &hex::encode(Sha256::digest(std::fs::read(program)?))[..16]),
        None => "built from this commit".to_owned(),
    };
    Ok(vec![
        ("date", said("date", &["-u", "+%Y-%m-%d %H:%M UTC"]).unwrap_or_else(unknown)),
        ("commit of the benchmark", format!("{commit}{}", if changed { ", with changes" } else { "" })),
        ("Slipway", program),
        ("versions", versions.join(", ")),
    ])
}

fn page(facts: &[(&str, String)], tables: &str) -> String {
    let facts: String = facts.iter().map(|(name, value)| format!("- {name}: {value}\n")).collect();
    format!("{}{facts}\n{}\n\n{LIMITS}", INTRODUCTION, tables.trim_end())
}

const INTRODUCTION: &str = "# Drift alarms, side by side

Written by `cargo xtask bench drift --write`. Real data sets that no rule was designed on become streams of hours: a week of reference, then
two weeks in which labelled events happen, between clean hours and hours that must not alarm. Every contestant gets the same two files, runs
with its defaults, and is scored on the hours in which it alarms. An event is *caught* if any of its hours alarms. It *shows* if its own
feature, in one of its hours, differs from the same hour's values without the event at p < 0.001, for one who knows where to look.
*Hidden* events (broken correlations, flipped labels) leave every single feature as it was. Delay counts from the first hour that shows.

";

const LIMITS: &str = "## Limits

- The data are real, the events are not: each alters one feature (or the labels, or the mix of rows) of rows drawn from the set, for three
  hours (gradual ones eight). Failures in service are often several things at once.
- Sets without times are shuffled into time, so that their clean hours differ by chance alone; a set whose hours of the day are kept has a daily
  cycle, but one day is like another. Real traffic also changes from week to week, and no set here shows how often that would alarm.
- Rows are drawn with replacement from the seven tenths of a set that the model was not trained on, for reference and hours alike.
- *Clean hours alarming* counts every hour with any alarm, the hours after an event as well.
- Labels come with their hours; late labels would move what only labels show (flipped labels) to the hour in which they arrive.
- The contestants' defaults are scored, not what an expert would set. Evidently and NannyML are libraries, whose users choose tests and
  thresholds by column; the lines below the default show some of what they could choose.
- The events, sizes and controls were chosen by Slipway's authors. The sets named `design` in `benches/drift/sets.py` were used to improve its
  rules. Of the ones on this page their designers saw sums (by kind of event, twice while the rules were written), never rows, hours or alarms; that
  is not the same as never having been looked at.
- Whoever alarms in most clean hours also *catches* what it does not see; read recall beside the clean hours of the same row.
- A week of reference at the full rate is much: 90,000 to 170,000 rows. With a short reference (5,000 rows), less can be told, above all where the hours
  of the day differ; this page does not measure it. Hours have some 200 to 2,000 rows.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_scoring_is_told() {
        let told = |options: &Options, program: Option<&str>| {
            let told = options.arguments(Path::new("/c"), program.map(Path::new), Path::new("/p"));
            told.iter().map(|argument| argument.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
        };
        let fixed = "main.py --cache /c --page /p";
        assert_eq!(told(&Options::default(), Some("/s")), format!("{fixed} --program /s"));
        let some = Options { set: vec!["churn".into()], only: vec!["fixed".into()], details: true, ..Options::default() };
        assert_eq!(told(&some, None), format!("{fixed} --set churn --only fixed --details"));
        assert!(Options::default().wants_slipway() && !some.wants_slipway());
    }

    #[test]
    fn the_page_has_facts_tables_and_limits() {
        let text = page(&[("date", "today".to_owned())], "## Bars\n\n");
        for part in ["# Drift alarms", "- date: today\n", "## Bars\n", "## Limits\n"] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
    }
}
