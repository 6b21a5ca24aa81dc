//! What one row contributes: every feature on one common scale.

use serde::{Deserialize, Serialize};

use crate::bins::{Baseline, CategoricalBaseline, Cell, NumericBaseline};
use crate::evidence::normal_quantile;

/// Scores are whole multiples of 2^-12, so that sums and sums of products are integers.
pub(super) const UNIT: f64 = 1.0 / 4096.0;
/// Indicators of a categorical feature: of its most frequent values.
const INDICATORS: usize = 3;
/// A value gets an indicator when between this share of the rows and its complement have it.
const FEWEST_SHARE: f64 = 0.05;

/// A column of the joint record, frozen with the version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    pub feature: String,
    pub scale: Scale,
}

/// How a value becomes a number of mean 0 and variance about 1 in the reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Scale {
    /// Normal score of the value's bin: the standard normal quantile of the middle rank of the bin, in units of 2^-12.
    /// Ranks make the record indifferent to outliers and to the shape of the feature.
    Rank { scores: Vec<i32> },
    /// Whether the value is this one: the standardised indicator when it is and when it is not, in units of 2^-12.
    Is { value: String, yes: i32, no: i32 },
}

impl Column {
    /// The columns of a feature: one of a numeric feature, up to three of a categorical one, none of a constant one.
    pub(super) fn of(feature: &str, baseline: &Baseline) -> Vec<Self> {
        let scales = match baseline {
            Baseline::Numeric(b) if b.n == 0 || b.is_constant => Vec::new(),
            Baseline::Numeric(b) => vec![Scale::Rank { scores: ranks(b) }],
            Baseline::Categorical(b) => indicators(b),
        };
        scales.into_iter().map(|scale| Self { feature: feature.to_owned(), scale }).collect()
    }

    /// The score of a value, in units of 2^-12; 0, the mean, for a missing one.
    pub(super) fn score(&self, baseline: &Baseline, cell: Cell<'_>) -> i32 {
        match (&self.scale, baseline) {
            (Scale::Rank { scores }, Baseline::Numeric(b)) => {
                let x = match cell {
                    Cell::Number(x) => x,
                    Cell::Text(text) => text.trim().parse().unwrap_or(f64::NAN),
                    Cell::Missing => f64::NAN,
                };
                if x.is_finite() { scores.get(b.bin(x)).copied().unwrap_or(0) } else { 0 }
            }
            (Scale::Is { value, yes, no }, Baseline::Categorical(_)) => match cell {
                Cell::Missing => 0,
                Cell::Number(x) if x.is_nan() => 0,
                Cell::Number(x) => {
                    if x.to_string() == *value {
                        *yes
                    } else {
                        *no
                    }
                }
                Cell::Text(text) => {
                    if text == value {
                        *yes
                    } else {
                        *no
                    }
                }
            },
            _ => 0,
        }
    }

    /// The name of the column for people.
    pub fn name(&self) -> String {
        match &self.scale {
            Scale::Rank { .. } => self.feature.clone(),
            Scale::Is { value, .. } => format!("{} = {value}", self.feature),
        }
    }
}

fn ranks(baseline: &NumericBaseline) -> Vec<i32> {
    let n = baseline.n as f64;
    let mut below = 0u64;
    let middle = |count: &u64| {
        let rank = (below as f64 + *count as f64 / 2.0).clamp(0.5, n - 0.5);
        below += count;
        (normal_quantile(rank / n) / UNIT).round() as i32
    };
    baseline.counts.iter().map(middle).collect()
}

fn indicators(baseline: &CategoricalBaseline) -> Vec<Scale> {
    let n = baseline.n.max(1) as f64;
    // The last value follows from the others.
    let kinds = baseline.categories.len() + usize::from(!baseline.is_complete());
    let scale = |(value, count): &(String, u64)| {
        let share = *count as f64 / n;
        let std = (share * (1.0 - share)).sqrt();
        let whole = |x: f64| (x / std / UNIT).round() as i32;
        (FEWEST_SHARE..=1.0 - FEWEST_SHARE).contains(&share).then(|| Scale::Is {
            value: value.clone(),
            yes: whole(1.0 - share),
            no: whole(-share),
        })
    };
    baseline.categories.iter().take(INDICATORS.min(kinds.saturating_sub(1))).filter_map(scale).collect()
}
