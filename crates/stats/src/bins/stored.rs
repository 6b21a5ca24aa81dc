//! How windows are written down. Most windows are of few rows: of two hundred bins a handful hold any, and only those are written then. What
//! was written before this, with every bin, reads as it did.

use super::{CategoricalWindow, NumericWindow, Window};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

/// Bins of a window that can be read: a damaged number must not take all memory.
const MOST_BINS: usize = 1 << 20;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    #[default]
    Numeric,
    Categorical,
}

/// Both kinds side by side, so that a window is read in one go: which kind it is need not be known before the rest.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Read {
    kind: Kind,
    counts: Vec<u64>,
    sums: Vec<f64>,
    /// Where `counts` are only those of bins that have rows: how many empty bins lie before each, …
    gaps: Option<Vec<u32>>,
    /// … and how many bins there are.
    bins: usize,
    squares: f64,
    n: u64,
    missing: u64,
    below_min: u64,
    above_max: u64,
    min: Option<f64>,
    max: Option<f64>,
    unseen_total: u64,
    unseen: BTreeMap<String, u64>,
}

#[derive(Serialize)]
struct Bins<'a> {
    counts: std::borrow::Cow<'a, [u64]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sums: Option<std::borrow::Cow<'a, [f64]>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gaps: Option<Vec<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bins: Option<usize>,
}

#[derive(Serialize)]
struct WriteNumeric<'a> {
    kind: Kind,
    #[serde(flatten)]
    bins: Bins<'a>,
    squares: f64,
    n: u64,
    missing: u64,
    below_min: u64,
    above_max: u64,
    min: Option<f64>,
    max: Option<f64>,
}

#[derive(Serialize)]
struct WriteCategorical<'a> {
    kind: Kind,
    #[serde(flatten)]
    bins: Bins<'a>,
    unseen_total: u64,
    unseen: &'a BTreeMap<String, u64>,
    n: u64,
    missing: u64,
}

fn bins<'a>(counts: &'a [u64], sums: Option<&'a [f64]>) -> Bins<'a> {
    let full = |at: &usize| counts[*at] > 0;
    let held = (0..counts.len()).filter(full).count();
    // A gap is one number more for each bin that is written.
    if held * 2 >= counts.len() || sums.is_some_and(|sums| sums.len() != counts.len()) {
        return Bins { counts: counts.into(), sums: sums.map(Into::into), gaps: None, bins: None };
    }
    let places: Vec<usize> = (0..counts.len()).filter(full).collect();
    let before = std::iter::once(0).chain(places.iter().map(|at| at + 1));
    Bins {
        counts: places.iter().map(|at| counts[*at]).collect(),
        sums: sums.map(|sums| places.iter().map(|at| sums[*at]).collect()),
        gaps: Some(places.iter().zip(before).map(|(at, before)| (at - before) as u32).collect()),
        bins: Some(counts.len()),
    }
}

/// Values at their places among `bins`; `None` if they do not fit.
fn spread<T: Copy + Default>(values: &[T], gaps: &[u32], bins: usize) -> Option<Vec<T>> {
    let mut all = vec![T::default(); bins];
    let mut next = 0_usize;
    for (value, gap) in values.iter().zip(gaps) {
        let at = next.checked_add(*gap as usize)?;
        *all.get_mut(at)? = *value;
        next = at + 1;
    }
    (values.len() == gaps.len()).then_some(all)
}

impl Read {
    fn filled(mut self) -> Option<Self> {
        let Some(gaps) = self.gaps.take() else { return Some(self) };
        if self.bins > MOST_BINS {
            return None;
        }
        self.counts = spread(&self.counts, &gaps, self.bins)?;
        if self.kind == Kind::Numeric {
            self.sums = spread(&self.sums, &gaps, self.bins)?;
        }
        Some(self)
    }

    fn numeric(self) -> NumericWindow {
        let Self { counts, sums, squares, n, missing, below_min, above_max, min, max, .. } = self;
        NumericWindow { counts, sums, squares, n, missing, below_min, above_max, min, max }
    }

    fn categorical(self) -> CategoricalWindow {
        let Self { counts, unseen_total, unseen, n, missing, .. } = self;
        CategoricalWindow { counts, unseen_total, unseen, n, missing }
    }
}

fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Read, D::Error> {
    Read::deserialize(from)?.filled().ok_or_else(|| serde::de::Error::custom("the bins of a window do not fit"))
}

impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let read = read(from)?;
        Ok(match read.kind {
            Kind::Numeric => Self::Numeric(read.numeric()),
            Kind::Categorical => Self::Categorical(read.categorical()),
        })
    }
}

impl Serialize for Window {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Numeric(w) => {
                let NumericWindow { counts, sums, squares, n, missing, below_min, above_max, min, max } = w;
                WriteNumeric {
                    kind: Kind::Numeric,
                    bins: bins(counts, Some(sums)),
                    squares: *squares,
                    n: *n,
                    missing: *missing,
                    below_min: *below_min,
                    above_max: *above_max,
                    min: *min,
                    max: *max,
                }
                .serialize(to)
            }
            Self::Categorical(w) => {
                let CategoricalWindow { counts, unseen_total, unseen, n, missing } = w;
                let bins = bins(counts, None);
                WriteCategorical { kind: Kind::Categorical, bins, unseen_total: *unseen_total, unseen, n: *n, missing: *missing }
                    .serialize(to)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bins::{Baseline, CategoricalBaseline, Cell, NumericBaseline};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(values in prop::collection::vec(prop_oneof![(-300..300i32).prop_map(|x| f64::from(x) / 100.0), Just(f64::NAN), Just(40.0)], 0..300)) {
            let reference: Vec<f64> = (0..1_000).map(|i| f64::from(i % 97) / 17.0 - 2.5).collect();
            let numbers = Baseline::Numeric(NumericBaseline::fit(&reference, 200));
            let words: Vec<String> = (0..150).map(|i| format!("c{i}")).collect();
            let categories = Baseline::Categorical(CategoricalBaseline::fit(words.iter().map(|word| Some(word.as_str()))));
            let (mut number, mut category) = (Window::new(&numbers), Window::new(&categories));
            for value in &values {
                number.add(&numbers, Cell::Number(*value)).unwrap();
                let name = format!("c{}", (value.abs() * 60.0) as u32);
                let cell = if value.is_nan() { Cell::Missing } else { Cell::Text(&name) };
                category.add(&categories, cell).unwrap();
            }
            for window in [number, category] {
                let text = serde_json::to_string(&window).unwrap();
                prop_assert_eq!(&serde_json::from_str::<Window>(&text).unwrap(), &window, "{}", text);
                // From a tree of values too, where numbers come before the kind.
                let tree: serde_json::Value = serde_json::from_str(&text).unwrap();
                prop_assert_eq!(&serde_json::from_value::<Window>(tree).unwrap(), &window);
            }
        }
    }

    #[test]
    fn few_rows_are_written_shortly_and_older_windows_are_read() {
        let reference: Vec<f64> = (0..5_000).map(|i| f64::from(i) / 50.0).collect();
        let baseline = Baseline::Numeric(NumericBaseline::fit(&reference, 200));
        let mut window = Window::new(&baseline);
        [1.0, 1.0, 50.0, 99.0].into_iter().for_each(|x| window.add(&baseline, Cell::Number(x)).unwrap());
        let text = serde_json::to_string(&window).unwrap();
        assert!(text.len() < 300, "{text}");
        let Window::Numeric(inner) = &window else { panic!("it is numeric") };
        let mut whole = serde_json::to_value(inner).unwrap();
        whole["kind"] = "numeric".into();
        assert_eq!(serde_json::from_value::<Window>(whole).unwrap(), window);
        let older = r#"{"kind":"categorical","counts":[3,0],"unseen_total":1,"unseen":{"x":1},"n":4,"missing":2}"#;
        let Window::Categorical(read) = serde_json::from_str(older).unwrap() else { panic!("it is categorical") };
        assert_eq!((read.counts, read.n, read.missing, read.unseen["x"]), (vec![3, 0], 4, 2, 1));
    }

    #[test]
    fn damaged_bins_are_refused() {
        for text in [
            r#"{"kind":"numeric","counts":[1],"sums":[0.0],"gaps":[5],"bins":5}"#,
            r#"{"kind":"numeric","counts":[1,2],"sums":[0.0,1.0],"gaps":[0],"bins":5}"#,
            r#"{"kind":"numeric","counts":[1],"sums":[],"gaps":[0],"bins":5}"#,
            r#"{"kind":"categorical","counts":[1],"gaps":[4294967295],"bins":4}"#,
            r#"{"kind":"categorical","counts":[],"gaps":[],"bins":99999999999}"#,
        ] {
            assert!(serde_json::from_str::<Window>(text).is_err(), "{text}");
        }
    }
}
