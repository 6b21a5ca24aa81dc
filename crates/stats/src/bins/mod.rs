//! Frozen bins of a reference, and windows counted over them: the statistics that are kept, merged and compared.
//!
//! A [`Baseline`] is made once from the training or reference rows. A [`Window`] counts live rows over the baseline's
//! bins; two windows over the same baseline merge exactly, in any order.

mod categorical;
mod cuts;
mod finder;
mod null;
mod numeric;
mod stored;
mod transport;

pub use categorical::{CATEGORIES_KEPT, CategoricalBaseline, CategoricalWindow, UNSEEN_NAMED};
pub use cuts::linear_quantile;
pub use finder::Finder;
pub use null::NullTable;
pub use numeric::{NumericBaseline, NumericWindow};
pub(crate) use transport::kolmogorov_smirnov;

use serde::{Deserialize, Serialize};

/// Default number of bins of a numeric feature: Wasserstein over standard deviation within 0.01 of the exact value and
/// Kolmogorov-Smirnov within 0.005 from some hundred rows on, at 3 kB per window. (64 bins: 0.01 and 0.018.)
pub const DEFAULT_BINS: usize = 200;

/// Two statistics that were not counted over the same baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mismatch;

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the statistics were counted over different baselines")
    }
}

impl std::error::Error for Mismatch {}

/// One value of one row, as it arrived.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    Missing,
    Number(f64),
    Text(&'a str),
}

/// Frozen statistics of one feature of the reference rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Baseline {
    Numeric(NumericBaseline),
    Categorical(CategoricalBaseline),
}

impl Baseline {
    /// Rows that had a value.
    pub fn n(&self) -> u64 {
        match self {
            Self::Numeric(b) => b.n,
            Self::Categorical(b) => b.n,
        }
    }

    /// Rows without a value.
    pub fn missing(&self) -> u64 {
        match self {
            Self::Numeric(b) => b.missing,
            Self::Categorical(b) => b.missing,
        }
    }

    /// The same bins or categories with other rows in them, some of the reference's own: `counts` as
    /// [`crate::usual::Stretch::counts`] has them, and rows without a value. Within a bin, the rows are taken to lie as all of the
    /// reference's do; scale, range and null stay those of the whole. `None` where the counts do not fit.
    pub fn with_rows(&self, counts: &[u64], missing: u64) -> Option<Self> {
        let n = counts.iter().sum();
        match self {
            Self::Numeric(b) => (counts.len() == b.counts.len()).then(|| {
                let part =
                    |(sum, (all, some)): (&f64, (&u64, &u64))| if *all == 0 { 0.0 } else { sum / *all as f64 * *some as f64 };
                let sums = b.sums.iter().zip(b.counts.iter().zip(counts)).map(part).collect();
                Self::Numeric(NumericBaseline { counts: counts.to_vec(), sums, n, missing, ..b.clone() })
            }),
            Self::Categorical(b) => (counts.len() == b.categories.len() + 1).then(|| {
                let mut other = b.clone();
                other.categories.iter_mut().zip(counts).for_each(|(category, count)| category.1 = *count);
                (other.other, other.n, other.missing) = (counts[b.categories.len()], n, missing);
                Self::Categorical(other)
            }),
        }
    }
}

/// Statistics of one feature over a stretch of live rows, counted over the feature's [`Baseline`].
#[derive(Debug, Clone, PartialEq)]
pub enum Window {
    Numeric(NumericWindow),
    Categorical(CategoricalWindow),
}

impl Window {
    /// An empty window over the baseline.
    pub fn new(baseline: &Baseline) -> Self {
        match baseline {
            Baseline::Numeric(b) => Self::Numeric(NumericWindow::new(b)),
            Baseline::Categorical(b) => Self::Categorical(CategoricalWindow::new(b)),
        }
    }

    /// Counts one value. A text in a numeric feature is read as a number and counts as missing if it is none; a number
    /// in a categorical feature is the category of its shortest decimal form (`3`, `0.5`).
    pub fn add(&mut self, baseline: &Baseline, cell: Cell<'_>) -> Result<(), Mismatch> {
        match (self, baseline) {
            (Self::Numeric(w), Baseline::Numeric(b)) => w.add(
                b,
                match cell {
                    Cell::Missing => f64::NAN,
                    Cell::Number(x) => x,
                    Cell::Text(text) => text.trim().parse().unwrap_or(f64::NAN),
                },
            ),
            (Self::Categorical(w), Baseline::Categorical(b)) => match cell {
                Cell::Missing => w.add(b, None),
                Cell::Number(x) if x.is_nan() => w.add(b, None),
                Cell::Number(x) => w.add(b, Some(&x.to_string())),
                Cell::Text(text) => w.add(b, Some(text)),
            },
            _ => return Err(Mismatch),
        }
        Ok(())
    }

    /// Adds the rows of another window over the same baseline.
    pub fn merge(&mut self, other: &Self) -> Result<(), Mismatch> {
        match (self, other) {
            (Self::Numeric(w), Self::Numeric(o)) => w.merge(o),
            (Self::Categorical(w), Self::Categorical(o)) => w.merge(o),
            _ => Err(Mismatch),
        }
    }

    /// Rows that had a value.
    pub fn n(&self) -> u64 {
        match self {
            Self::Numeric(w) => w.n,
            Self::Categorical(w) => w.n,
        }
    }

    /// Rows without a value.
    pub fn missing(&self) -> u64 {
        match self {
            Self::Numeric(w) => w.missing,
            Self::Categorical(w) => w.missing,
        }
    }

    /// Share of rows without a value; `None` without rows.
    pub fn missing_rate(&self) -> Option<f64> {
        share(self.missing(), self.n() + self.missing())
    }

    /// Share of values that the reference never had; `None` without values and for numeric features.
    pub fn unseen_rate(&self) -> Option<f64> {
        match self {
            Self::Numeric(_) => None,
            Self::Categorical(w) => share(w.unseen_total, w.n),
        }
    }
}

/// `part / whole`, or `None` when the whole is 0.
pub(crate) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
