//! What a comparison is asked for.

use contract::{Contract, Millis, Task, time};
use serde::Deserialize;

/// How rows are divided into chunks.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Chunks {
    /// One chunk per file.
    #[default]
    Files,
    /// So many rows each; the last may have fewer.
    Size(u64),
    /// One per value of a column.
    Column(String),
    /// One per stretch of time, in milliseconds, by the timestamp.
    Period(i64),
}

/// What a comparison may hold in memory and read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Values of the reference, and of the file of labels.
    pub cells: usize,
    /// Rows of the current files, together.
    pub rows: u64,
}

impl Limits {
    /// On the machine of whoever asks: what no memory would hold.
    pub const OWN: Self = Self { cells: 1 << 30, rows: u64::MAX };
    /// For files that somebody sends: a small packed file may unpack to a very large one.
    pub const SENT: Self = Self { cells: 20_000_000, rows: 20_000_000 };
}

/// A comparison, as the command line and the API ask for it.
#[derive(Clone, Debug)]
pub struct Options {
    pub chunks: Chunks,
    pub timestamp: Option<String>,
    /// Nobody named it: it looks like the time of the rows.
    pub timestamp_is_a_guess: bool,
    pub contract: Option<Contract>,
    /// Features of either kind; both empty: found out from the reference.
    pub numeric: Vec<String>,
    pub categorical: Vec<String>,
    pub ignore: Vec<String>,
    pub prediction: Option<String>,
    /// One column, or one per class.
    pub scores: Vec<String>,
    pub label: Option<String>,
    pub problem: Option<Task>,
    /// The class that counts as "yes".
    pub positive: Option<String>,
    /// Columns of the file of labels: what it shares with the current rows, and when a label arrived.
    pub id: Option<String>,
    pub arrival: Option<String>,
    /// Distances from the rows instead of the bins.
    pub exact: bool,
    /// False pages that may be a week.
    pub alerts_per_week: f64,
    /// Wasserstein over standard deviation, and Jensen-Shannon distance, from which drift is worth a page.
    pub threshold: f64,
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            chunks: Chunks::default(),
            timestamp: None,
            timestamp_is_a_guess: false,
            contract: None,
            numeric: Vec::new(),
            categorical: Vec::new(),
            ignore: Vec::new(),
            prediction: None,
            scores: Vec::new(),
            label: None,
            problem: None,
            positive: None,
            id: None,
            arrival: None,
            exact: false,
            alerts_per_week: 1.0,
            threshold: 0.15,
            limits: Limits::OWN,
        }
    }
}

/// The options as people write them: each a text, lists with commas.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Asked {
    pub chunk_size: Option<u64>,
    pub chunk_column: Option<String>,
    pub period: Option<String>,
    pub timestamp: Option<String>,
    pub numeric: Option<String>,
    pub categorical: Option<String>,
    pub ignore: Option<String>,
    pub prediction: Option<String>,
    pub score: Option<String>,
    pub label: Option<String>,
    pub problem: Option<String>,
    pub positive: Option<String>,
    pub id: Option<String>,
    pub arrival: Option<String>,
    pub exact: bool,
    pub binned: bool,
    pub alert_budget: Option<String>,
    pub threshold: Option<f64>,
}

impl Asked {
    /// Reads them; `Err` is the option and a sentence.
    pub fn options(self, contract: Option<Contract>) -> Result<Options, (&'static str, String)> {
        let given = [self.chunk_size.is_some(), self.chunk_column.is_some(), self.period.is_some()];
        if given.iter().filter(|given| **given).count() > 1 {
            return Err(("chunk-size", "Chunks are made by size, by a column or by a period: name one of them.".into()));
        }
        if self.exact && self.binned {
            return Err(("exact", "Distances are exact or binned: name one of them.".into()));
        }
        let chunks = match (self.chunk_size, self.chunk_column, self.period) {
            (Some(0), ..) => return Err(("chunk-size", "A chunk has at least one row.".into())),
            (Some(size), ..) => Chunks::Size(size),
            (_, Some(column), _) => Chunks::Column(column),
            (.., Some(period)) => Chunks::Period(match period.as_str() {
                "hour" => time::HOUR,
                "day" => time::DAY,
                "week" => 7 * time::DAY,
                other => return Err(("period", format!("“{other}” is no period: hour, day or week."))),
            }),
            (None, None, None) => Chunks::Files,
        };
        if matches!(chunks, Chunks::Period(_)) && self.timestamp.is_none() {
            return Err(("timestamp", "Chunks by period need --timestamp: the column with the time of each row.".into()));
        }
        let problem = match self.problem.as_deref() {
            None => contract.as_ref().map(|c| c.task),
            Some("binary") => Some(Task::Binary),
            Some("multiclass") => Some(Task::Multiclass),
            Some("regression") => Some(Task::Regression),
            Some(other) => return Err(("problem", format!("“{other}” is no problem: binary, multiclass or regression."))),
        };
        let threshold = self.threshold.unwrap_or(0.15);
        if !(threshold > 0.0 && threshold.is_finite()) {
            return Err(("threshold", "A threshold is a number above 0; 0.15 unless said otherwise.".into()));
        }
        let alerts_per_week = match self.alert_budget {
            None => 1.0,
            Some(text) => budget(&text).ok_or_else(|| {
                ("alert-budget", format!("“{text}” is no alert budget. Write a number per hour, day, week or month: 1/week."))
            })?,
        };
        let positive = self.positive.or_else(|| contract.as_ref().and_then(|c| c.positive.clone()));
        let label = self.label.or_else(|| contract.as_ref().and_then(|c| c.label_column.clone()));
        Ok(Options {
            chunks,
            timestamp: self.timestamp,
            timestamp_is_a_guess: false,
            numeric: list(self.numeric),
            categorical: list(self.categorical),
            ignore: list(self.ignore),
            prediction: self.prediction,
            scores: list(self.score),
            label,
            problem,
            positive,
            id: self.id,
            arrival: self.arrival,
            exact: self.exact,
            alerts_per_week,
            threshold,
            contract,
            limits: Limits::OWN,
        })
    }
}

fn list(text: Option<String>) -> Vec<String> {
    let text = text.unwrap_or_default();
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// `1/week`, `0.5/day`, `4 / month`: per week.
fn budget(text: &str) -> Option<f64> {
    let (number, unit) = text.split_once('/')?;
    let number: f64 = number.trim().parse().ok().filter(|n: &f64| *n > 0.0 && n.is_finite())?;
    let weeks = match unit.trim() {
        "hour" => 1.0 / 168.0,
        "day" => 1.0 / 7.0,
        "week" => 1.0,
        "month" => 30.4375 / 7.0,
        "year" => 365.25 / 7.0,
        _ => return None,
    };
    Some(number / weeks)
}

/// The start of the period of this length that holds a moment. Weeks begin on Monday.
pub fn period_start(at: Millis, length: i64) -> Millis {
    // 1970-01-05 was a Monday.
    let shift = if length == 7 * time::DAY { 4 * time::DAY } else { 0 };
    Millis((at.0 - shift).div_euclid(length) * length + shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets() {
        assert_eq!((budget("1/week"), budget("2/day"), budget(" 7 / week ")), (Some(1.0), Some(14.0), Some(7.0)));
        for wrong in ["1", "0/week", "-1/day", "one/week", "1/fortnight", ""] {
            assert_eq!(budget(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn weeks_begin_on_monday() {
        // 2026-01-05 was a Monday.
        let monday = 1_767_571_200_000;
        assert_eq!(period_start(Millis(monday + 6 * time::DAY + 5), 7 * time::DAY), Millis(monday));
        assert_eq!(period_start(Millis(monday), time::HOUR), Millis(monday));
    }

    #[test]
    fn options_that_contradict_each_other_are_named() {
        let cases: [(Asked, &str); 6] = [
            (Asked { chunk_size: Some(5), period: Some("hour".into()), ..Asked::default() }, "chunk-size"),
            (Asked { period: Some("hour".into()), ..Asked::default() }, "timestamp"),
            (Asked { period: Some("year".into()), timestamp: Some("t".into()), ..Asked::default() }, "period"),
            (Asked { threshold: Some(0.0), ..Asked::default() }, "threshold"),
            (Asked { alert_budget: Some("few".into()), ..Asked::default() }, "alert-budget"),
            (Asked { exact: true, binned: true, ..Asked::default() }, "exact"),
        ];
        for (asked, option) in cases {
            assert_eq!(asked.options(None).unwrap_err().0, option);
        }
    }
}
