//! One watched column: its frozen baseline, what is usual for it, and counting the rows of a chunk.

use super::blocks::Blocks;
use super::rows::{Dictionary, NONE, is_strange};
use stats::bins::{
    Baseline, CategoricalBaseline, CategoricalWindow, DEFAULT_BINS, Finder, NumericBaseline, NumericWindow, Window,
};
use stats::distance::{CategoricalDistances, ExactReference, NumericDistances, categorical_distances, numeric_distances};
use stats::evidence::judge;
use stats::usual::{Shape, Stretch, Usual};

/// A distance of the threshold is told from chance when chance makes one as large in one chunk of a hundred.
const TOLD: f64 = 0.01;

/// Values of a column.
#[derive(Clone, Copy)]
pub enum Values<'a> {
    Numbers(&'a [f64]),
    Codes(&'a [u32], &'a Dictionary),
}

impl Values<'_> {
    /// The values of these rows only.
    pub fn slice(&self, rows: std::ops::Range<usize>) -> Self {
        match self {
            Self::Numbers(values) => Self::Numbers(&values[rows]),
            Self::Codes(codes, dictionary) => Self::Codes(&codes[rows], dictionary),
        }
    }
}

/// What is known about a column from the reference.
pub struct Feature {
    pub name: String,
    pub baseline: Baseline,
    pub usual: Usual,
    finder: Option<Finder>,
    /// Rows from which a distance of the threshold can be told from chance; `None` if none suffice.
    pub detectable: Option<u64>,
    exact: Option<Exact>,
}

/// The reference rows themselves, for exact distances.
enum Exact {
    Numbers(ExactReference),
    /// Rows by code.
    Codes(Vec<u64>),
}

/// A chunk's rows of one column, counted.
#[derive(Clone, Debug)]
pub enum Count {
    Numbers {
        window: NumericWindow,
        strange: u64,
        kept: Option<Vec<f64>>,
    },
    /// Rows by code of the dictionary.
    Codes {
        rows: Vec<u64>,
        missing: u64,
    },
}

impl Count {
    /// Values that are no numbers, where numbers are expected.
    pub fn strange(&self) -> u64 {
        if let Self::Numbers { strange, .. } = self { *strange } else { 0 }
    }
}

/// Distances of a chunk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distances {
    Numeric(NumericDistances),
    Categorical(CategoricalDistances),
}

impl Feature {
    /// Freezes the reference rows. `alpha` is the level that evidence will be held against.
    pub fn fit(name: &str, values: Values<'_>, blocks: &Blocks, alpha: f64, threshold: f64, exact: bool) -> Self {
        let baseline = match values {
            Values::Numbers(values) => Baseline::Numeric(NumericBaseline::fit(values, DEFAULT_BINS)),
            Values::Codes(codes, dictionary) => {
                Baseline::Categorical(CategoricalBaseline::fit(codes.iter().map(|code| dictionary.name(*code))))
            }
        };
        let finder = match &baseline {
            Baseline::Numeric(b) => Some(Finder::new(b)),
            Baseline::Categorical(_) => None,
        };
        let reference = Stretch::of_reference(&baseline);
        let shape = Shape::of(&baseline);
        let usual = Usual::fit(shape.clone(), reference.clone(), &[], alpha);
        let mut feature = Self { name: name.to_owned(), baseline, usual, finder, detectable: None, exact: None };
        let windows: Vec<Window> = (0..blocks.len()).map(|block| feature.window_of(values, blocks.rows(block))).collect();
        let stretches: Vec<Stretch> =
            windows.iter().enumerate().map(|(block, window)| Stretch::of(window, blocks.at(block))).collect();
        feature.usual = Usual::fit(shape, reference, &stretches, alpha);
        if let Baseline::Numeric(b) = &mut feature.baseline {
            let clean: Vec<NumericWindow> =
                windows.into_iter().filter_map(|w| if let Window::Numeric(w) = w { Some(w) } else { None }).collect();
            // Where the time of the day explains the ups and downs, they are no part of the null.
            if !b.is_constant && feature.usual.season().is_none() {
                b.calibrate(&clean);
            }
        }
        feature.detectable = judge(&feature.baseline, &Window::new(&feature.baseline), threshold, TOLD).detectable();
        if exact {
            feature.exact = Some(match values {
                Values::Numbers(values) => Exact::Numbers(ExactReference::new(values)),
                Values::Codes(codes, dictionary) => {
                    let mut rows = vec![0; dictionary.len()];
                    codes.iter().filter(|code| **code != NONE).for_each(|code| rows[*code as usize] += 1);
                    Exact::Codes(rows)
                }
            });
        }
        feature
    }

    fn window_of(&self, values: Values<'_>, rows: impl Iterator<Item = usize>) -> Window {
        let mut count = self.empty();
        match values {
            Values::Numbers(values) => {
                let some: Vec<f64> = rows.map(|row| values[row]).collect();
                self.count(&mut count, Values::Numbers(&some), None);
                self.window(&count, &Dictionary::default())
            }
            Values::Codes(codes, dictionary) => {
                let some: Vec<u32> = rows.map(|row| codes[row]).collect();
                self.count(&mut count, Values::Codes(&some, dictionary), None);
                self.window(&count, dictionary)
            }
        }
    }

    /// Every category of the reference is known by name, so that what is new can be told.
    pub fn knows_all(&self) -> bool {
        if let Baseline::Categorical(categories) = &self.baseline { categories.is_complete() } else { false }
    }

    /// Share of the reference that a cell has.
    pub fn share(&self, cell: usize) -> f64 {
        match &self.baseline {
            Baseline::Numeric(b) => b.counts.get(cell).map_or(0.0, |rows| *rows as f64 / b.n.max(1) as f64),
            Baseline::Categorical(b) => b.categories.get(cell).map_or(b.other, |c| c.1) as f64 / b.n.max(1) as f64,
        }
    }

    pub fn is_numeric(&self) -> bool {
        matches!(self.baseline, Baseline::Numeric(_))
    }

    /// Nothing counted yet.
    pub fn empty(&self) -> Count {
        match &self.baseline {
            Baseline::Numeric(b) => Count::Numbers {
                window: NumericWindow::new(b),
                strange: 0,
                kept: matches!(self.exact, Some(Exact::Numbers(_))).then(Vec::new),
            },
            Baseline::Categorical(_) => Count::Codes { rows: Vec::new(), missing: 0 },
        }
    }

    /// Counts values. `bins`, where wanted, gets the bin of every number, one past the last for a missing one.
    pub fn count(&self, count: &mut Count, values: Values<'_>, bins: Option<&mut Vec<u16>>) {
        match (count, values, &self.baseline, &self.finder) {
            (Count::Numbers { window, kept, strange }, Values::Numbers(values), Baseline::Numeric(baseline), Some(finder)) => {
                *strange += values.iter().filter(|x| is_strange(**x)).count() as u64;
                window.add_all(baseline, finder, values, bins);
                if let Some(kept) = kept {
                    kept.extend(values.iter().filter(|x| x.is_finite()));
                }
            }
            (Count::Codes { rows, missing }, Values::Codes(codes, dictionary), ..) => {
                if rows.len() < dictionary.len() {
                    rows.resize(dictionary.len(), 0);
                }
                for &code in codes {
                    match rows.get_mut(code as usize) {
                        Some(count) => *count += 1,
                        None => *missing += 1,
                    }
                }
            }
            _ => {}
        }
    }

    /// The mergeable statistics of what was counted, as live windows have them.
    pub fn window(&self, count: &Count, dictionary: &Dictionary) -> Window {
        match (count, &self.baseline) {
            (Count::Numbers { window, .. }, _) => Window::Numeric(window.clone()),
            (Count::Codes { rows, missing }, Baseline::Categorical(baseline)) => {
                let mut window = CategoricalWindow { missing: *missing, ..CategoricalWindow::new(baseline) };
                for (code, rows) in rows.iter().enumerate() {
                    window.add_many(baseline, dictionary.name(code as u32).unwrap_or_default(), *rows);
                }
                Window::Categorical(window)
            }
            (Count::Codes { .. }, baseline) => Window::new(baseline),
        }
    }

    /// Distances from the rows where the reference kept its own, from the bins otherwise. `None` without values.
    pub fn distances(&self, count: &Count, window: &Window) -> Option<Distances> {
        match (&self.exact, count, &self.baseline, window) {
            (Some(Exact::Numbers(reference)), Count::Numbers { kept: Some(kept), .. }, ..) => {
                reference.distances(kept).map(Distances::Numeric)
            }
            (Some(Exact::Codes(reference)), Count::Codes { rows, .. }, ..) => {
                let most = reference.len().max(rows.len());
                let padded = |counts: &[u64]| (0..most).map(|i| counts.get(i).copied().unwrap_or(0)).collect::<Vec<u64>>();
                // Texts that neither side has belong to no one.
                let both: Vec<(u64, u64)> = padded(reference).into_iter().zip(padded(rows)).filter(|(a, b)| a + b > 0).collect();
                let (a, b): (Vec<u64>, Vec<u64>) = both.into_iter().unzip();
                CategoricalDistances::from_counts(&a, &b).map(Distances::Categorical)
            }
            (_, _, Baseline::Numeric(b), Window::Numeric(w)) => numeric_distances(b, w).map(Distances::Numeric),
            (_, _, Baseline::Categorical(b), Window::Categorical(w)) => categorical_distances(b, w).map(Distances::Categorical),
            _ => None,
        }
    }

    /// The rank of every text of the dictionary among the categories; `None` for one that the baseline does not have.
    pub fn ranks(&self, dictionary: &Dictionary) -> Vec<Option<usize>> {
        let Baseline::Categorical(baseline) = &self.baseline else { return Vec::new() };
        (0..dictionary.len()).map(|code| baseline.index(dictionary.name(code as u32)?)).collect()
    }

    /// What a cell of the feature is called.
    pub fn cell_name(&self, cell: usize) -> String {
        cell_name(&self.baseline, cell)
    }
}

/// What a cell of a baseline is called.
pub fn cell_name(baseline: &Baseline, cell: usize) -> String {
    match baseline {
        Baseline::Numeric(b) => match (cell.checked_sub(1).and_then(|i| b.edges.get(i)), b.edges.get(cell)) {
            (Some(from), Some(to)) => format!("values from {} to {}", short(*from), short(*to)),
            (Some(from), None) => format!("values from {} on", short(*from)),
            (None, Some(to)) => format!("values under {}", short(*to)),
            (None, None) => "all values".into(),
        },
        Baseline::Categorical(b) => b.categories.get(cell).map_or("other values".into(), |c| format!("“{}”", c.0)),
    }
}

/// A number with four digits that matter.
pub fn short(x: f64) -> String {
    if x != 0.0 && !(1e-3..1e6).contains(&x.abs()) {
        return format!("{x:.3e}");
    }
    let places = if x == 0.0 { 0 } else { (3 - x.abs().log10().floor() as i32).clamp(0, 8) as usize };
    let text = format!("{x:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
