//! `slipway data`: data files, without a server.

use super::Verdict;
use super::say::Say;
use anyhow::{Context, Result, anyhow};
use clap::{Args, Subcommand};
use contract::Contract;
use control::compare::{Asked, Input, Line, Severity, compare};
use control::datasets::{ColumnProfile, Kept, Table, check, parse, profile};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub enum Data {
    /// Compare data files (CSV, CSV.gz or Parquet) with a reference, chunk by chunk: distances, verdicts, quality, alerts
    Compare(Box<Compare>),
    /// What each column of a data file holds
    Profile(Profile),
    /// Whether a data file keeps a contract; exits with 1 if not
    Check(Check),
}

impl Data {
    pub fn run(self, say: &Say) -> Result<Verdict> {
        match self {
            Self::Compare(compare) => compare.run(say),
            Self::Profile(profile) => profile.run(say),
            Self::Check(check) => check.run(say),
        }
    }
}

#[derive(Args)]
pub struct Compare {
    /// What is as it should be
    reference: PathBuf,
    /// What is to be looked at, in the order of time
    #[arg(required = true)]
    current: Vec<PathBuf>,
    /// A chunk for every N rows
    #[arg(long, value_name = "N")]
    chunk_size: Option<u64>,
    /// A chunk for every value of this column
    #[arg(long, value_name = "COL")]
    chunk_column: Option<String>,
    /// A chunk for every hour, day or week (needs --timestamp). Without any of the three: a chunk for every file
    #[arg(long, value_name = "hour|day|week")]
    period: Option<String>,
    /// Column with the time of each row: RFC 3339 or epoch milliseconds
    #[arg(long, value_name = "COL")]
    timestamp: Option<String>,
    /// A version's contract (JSON), which names the features
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,
    /// Features that are numbers, with commas between them. Without a contract and without names, features are found out
    #[arg(long, value_name = "COLS")]
    numeric: Option<String>,
    /// Features that are categories
    #[arg(long, value_name = "COLS")]
    categorical: Option<String>,
    /// Columns that are no features
    #[arg(long, value_name = "COLS")]
    ignore: Option<String>,
    /// Column with the model's answer
    #[arg(long, value_name = "COL")]
    prediction: Option<String>,
    /// Column with the probability of the positive class, or one column per class with commas between them
    #[arg(long, value_name = "COL")]
    score: Option<String>,
    /// Column with the true outcome
    #[arg(long, value_name = "COL")]
    label: Option<String>,
    /// What the model predicts; otherwise found out from the labels
    #[arg(long, value_name = "binary|multiclass|regression")]
    problem: Option<String>,
    /// The class that counts as "yes"
    #[arg(long, value_name = "VALUE")]
    positive: Option<String>,
    /// Outcomes from a file of their own, with the time at which each arrived
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Column of the labels' file that it shares with the current files; otherwise a usual name, or the row's number
    #[arg(long, value_name = "COL", requires = "labels")]
    id: Option<String>,
    /// Column of the labels' file with the time of arrival; otherwise a usual name
    #[arg(long, value_name = "COL", requires = "labels")]
    arrival: Option<String>,
    /// Distances from the rows themselves
    #[arg(long)]
    exact: bool,
    /// Distances from frozen bins, as live windows have them (the default)
    #[arg(long, conflicts_with = "exact")]
    binned: bool,
    /// How many false pages there may be
    #[arg(long, value_name = "N/week", default_value = "1/week")]
    alert_budget: String,
    /// Wasserstein distance over the standard deviation (or Jensen-Shannon distance) that is worth a page
    #[arg(long, value_name = "X", default_value_t = 0.15)]
    threshold: f64,
    /// Exit with 1 if any chunk has an alert
    #[arg(long)]
    fail_on_alert: bool,
}

impl Compare {
    fn run(self, say: &Say) -> Result<Verdict> {
        let contract = self.contract.as_deref().map(contract_of).transpose()?;
        let asked = Asked {
            chunk_size: self.chunk_size,
            chunk_column: self.chunk_column,
            period: self.period,
            timestamp: self.timestamp,
            numeric: self.numeric,
            categorical: self.categorical,
            ignore: self.ignore,
            prediction: self.prediction,
            score: self.score,
            label: self.label,
            problem: self.problem,
            positive: self.positive,
            id: self.id,
            arrival: self.arrival,
            exact: self.exact,
            binned: self.binned,
            alert_budget: Some(self.alert_budget),
            threshold: Some(self.threshold),
        };
        let options = asked.options(contract).map_err(|(option, why)| anyhow!("--{option}: {why}"))?;
        let current: Vec<Input> = self.current.into_iter().map(Input::Path).collect();
        let labels = self.labels.map(Input::Path);
        let mut out = BufWriter::new(std::io::stdout().lock());
        let (mut closed, mut alerts) = (false, 0usize);
        let mut line = |line: Line| -> Result<(), String> {
            alerts += line.alerts.len();
            let written = if say.json {
                serde_json::to_writer(&mut out, &line).map_err(std::io::Error::from).and_then(|()| out.write_all(b"\n"))
            } else {
                out.write_all(words(&line).as_bytes())
            };
            match written {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                    closed = true;
                    Err(String::new())
                }
                other => other.map_err(|error| format!("cannot write: {error}")),
            }
        };
        let done = compare(&options, &Input::Path(self.reference), &current, labels.as_ref(), &mut line);
        // Whoever reads has had enough: `slipway … | head -1` is no failure.
        if !closed {
            let unwatched = done.map_err(|why| anyhow!(why))?;
            match out.flush() {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
                other => other?,
            }
            // Nobody should take a column for quiet that is not looked at.
            for (column, why) in unwatched {
                eprintln!(
                    "Not watched: column “{column}”, since {why}. Name it by --numeric or --categorical if it is a feature."
                );
            }
        }
        Ok(if self.fail_on_alert && alerts > 0 { Verdict::No } else { Verdict::Yes })
    }
}

#[derive(Args)]
pub struct Profile {
    file: PathBuf,
}

impl Profile {
    fn run(self, say: &Say) -> Result<Verdict> {
        let columns = profile(&table(&self.file)?);
        say.answer(&columns, || columns.iter().map(column_words).collect::<Vec<_>>().join("\n"))?;
        Ok(Verdict::Yes)
    }
}

#[derive(Args)]
pub struct Check {
    file: PathBuf,
    /// A version's contract, as `GET /api/v1/models/{m}/versions/{v}/contract` gives it
    #[arg(long, value_name = "FILE")]
    contract: PathBuf,
}

impl Check {
    fn run(self, say: &Say) -> Result<Verdict> {
        let contract = contract_of(&self.contract)?;
        let kept = check(&table(&self.file)?, &contract);
        say.answer(&kept, || kept.iter().map(kept_words).collect::<Vec<_>>().join("\n"))?;
        Ok(if kept.iter().all(Kept::is_kept) { Verdict::Yes } else { Verdict::No })
    }
}

fn table(path: &Path) -> Result<Table> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse(&bytes).map_err(|why| anyhow!("{}: {why}", path.display()))
}

fn contract_of(path: &Path) -> Result<Contract> {
    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is no contract", path.display()))
}

fn column_words(column: &ColumnProfile) -> String {
    let holds = match (column.numeric, column.min.zip(column.max), column.mean) {
        (true, Some((min, max)), Some(mean)) => format!("numbers from {min} to {max}, {mean:.4} on average"),
        _ => {
            let frequent: Vec<&str> = column.frequent.iter().take(3).map(|(name, _)| name.as_str()).collect();
            format!("texts, {} distinct: {}", column.distinct, frequent.join(", "))
        }
    };
    format!("{}  {holds}; {:.1} % missing", column.name, 100.0 * column.missing_rate())
}

fn kept_words(kept: &Kept) -> String {
    if kept.absent {
        return format!("{}  is not there", kept.feature);
    }
    let unknown = format!("of unknown categories ({})", kept.unknown_names.join(", "));
    let broken = [
        (kept.missing, "missing"),
        (kept.wrong_type, "of another type"),
        (kept.below_min, "below the least"),
        (kept.above_max, "above the largest"),
        (kept.unknown, unknown.as_str()),
    ];
    let broken: Vec<String> = broken.iter().filter(|(rows, _)| *rows > 0).map(|(rows, what)| format!("{rows} {what}")).collect();
    format!("{}  {}", kept.feature, if broken.is_empty() { "ok".to_owned() } else { broken.join(", ") })
}

/// A chunk for people: one line, and one per alert.
fn words(line: &Line) -> String {
    let name = line.name.clone().or_else(|| line.start.clone()).unwrap_or_else(|| format!("chunk {}", line.chunk));
    let drifted = line.features.iter().filter(|f| f.verdict == "drift").count();
    let open = line.features.iter().filter(|f| f.verdict == "insufficient").count();
    let mut text = format!("{name}  {} rows", line.rows);
    match (drifted, open) {
        (0, 0) => text.push_str("  ok"),
        (0, open) => text.push_str(&format!("  ok, {open} of {} features with too few rows to be sure", line.features.len())),
        (drifted, _) => text.push_str(&format!("  {drifted} of {} features drift", line.features.len())),
    }
    text.push('\n');
    for alert in &line.alerts {
        let severity = if alert.severity == Severity::Page { "page" } else { "warn" };
        let feature = alert.feature.as_ref().map(|f| format!("{f}: ")).unwrap_or_default();
        text.push_str(&format!("  {severity}  {feature}{} (since {})\n", alert.reason, alert.since));
    }
    text
}
