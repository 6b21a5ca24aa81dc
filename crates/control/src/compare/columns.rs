//! Which columns are features, and of what kind.

use super::options::{Chunks, Options};
use super::rows::{Column, Dictionary, Input, NONE, Rows, Wanted, number, time};
use contract::spec::FeatureKind;

/// Rows that kinds are found out from.
const SAMPLE: usize = 8_000;
/// A column of texts with more distinct ones than this, and than half of its rows, is no category.
const CATEGORIES: usize = 100;

/// The columns that are read, in this order: features, predictions, scores, label, time, chunk, id.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    /// Names with true where the feature is a number.
    pub features: Vec<(String, bool)>,
    pub prediction: Option<usize>,
    pub scores: Vec<usize>,
    pub label: Option<usize>,
    pub time: Option<usize>,
    pub chunk: Option<usize>,
    pub id: Option<usize>,
    /// All of them.
    pub names: Vec<String>,
    pub wanted: Vec<Wanted>,
}

impl Columns {
    /// From what was asked for and, for the rest, from the reference. `is_regression` says how predictions and labels are read.
    pub fn choose(options: &Options, reference: &Input, is_regression: bool, id: Option<String>) -> Result<Self, String> {
        let head = Rows::open(reference)?.names;
        let chunk = match &options.chunks {
            Chunks::Column(column) => Some(column.clone()),
            _ => None,
        };
        let named = [
            ("--prediction", options.prediction.as_ref().into_iter().collect::<Vec<_>>()),
            ("--score", options.scores.iter().collect()),
            ("--label", options.label.as_ref().into_iter().collect()),
            ("--numeric", options.numeric.iter().collect()),
            ("--categorical", options.categorical.iter().collect()),
        ];
        for (option, columns) in named {
            if let Some(absent) = columns.into_iter().find(|column| !head.contains(column)) {
                return Err(format!("{option}: {} has no column “{absent}”. It has: {}.", reference.name(), head.join(", ")));
            }
        }
        let taken: Vec<&String> = [&options.prediction, &options.label, &options.timestamp, &chunk, &id]
            .into_iter()
            .flatten()
            .chain(&options.scores)
            .chain(&options.ignore)
            .collect();
        let features: Vec<(String, bool)> = if !options.numeric.is_empty() || !options.categorical.is_empty() {
            let numeric = options.numeric.iter().map(|name| (name.clone(), true));
            numeric.chain(options.categorical.iter().map(|name| (name.clone(), false))).collect()
        } else if let Some(contract) = &options.contract {
            let of = |feature: &contract::Feature| match feature.kind {
                FeatureKind::Number | FeatureKind::Integer => Some((feature.name.clone(), true)),
                FeatureKind::Category | FeatureKind::Boolean => Some((feature.name.clone(), false)),
                FeatureKind::Text => None,
            };
            contract.features.iter().filter_map(of).filter(|f| !options.ignore.contains(&f.0) && head.contains(&f.0)).collect()
        } else {
            let open: Vec<String> = head.iter().filter(|name| !taken.contains(name)).cloned().collect();
            inferred(reference, &open)?
        };
        if features.is_empty() && options.prediction.is_none() {
            return Err(format!("{}: no column is a feature. Name them by --numeric and --categorical.", reference.name()));
        }
        let mut columns = Self {
            names: features.iter().map(|f| f.0.clone()).collect(),
            wanted: features.iter().map(|f| if f.1 { Wanted::Number } else { Wanted::Code }).collect(),
            features,
            prediction: None,
            scores: Vec::new(),
            label: None,
            time: None,
            chunk: None,
            id: None,
        };
        let outcome = if is_regression { Wanted::Number } else { Wanted::Code };
        columns.prediction = columns.add(options.prediction.clone(), outcome);
        columns.scores = options.scores.iter().filter_map(|name| columns.add(Some(name.clone()), Wanted::Number)).collect();
        columns.label = columns.add(options.label.clone(), outcome);
        columns.time = columns.add(options.timestamp.clone(), Wanted::Time);
        columns.chunk = columns.add(chunk, Wanted::Code);
        columns.id = columns.add(id, Wanted::Code);
        Ok(columns)
    }

    fn add(&mut self, name: Option<String>, wanted: Wanted) -> Option<usize> {
        self.names.push(name?);
        self.wanted.push(wanted);
        Some(self.names.len() - 1)
    }

    /// Empty dictionaries, one per column.
    pub fn dictionaries(&self) -> Vec<Dictionary> {
        self.names.iter().map(|_| Dictionary::default()).collect()
    }
}

/// Features among columns, with their kind: numbers, or texts with few distinct ones. Identifiers, times, free texts and
/// columns without values are none.
fn inferred(reference: &Input, names: &[String]) -> Result<Vec<(String, bool)>, String> {
    let wanted = vec![Wanted::Code; names.len()];
    let mut dictionaries: Vec<Dictionary> = names.iter().map(|_| Dictionary::default()).collect();
    let sample = Rows::open(reference)?.first(names, &wanted, &mut dictionaries, SAMPLE)?;
    let kind = |(column, name): (usize, &String)| {
        let Column::Codes(codes) = &sample.columns[column] else { return None };
        let dictionary = &dictionaries[column];
        let present: Vec<u32> = codes.iter().copied().filter(|code| *code != NONE).collect();
        let distinct = dictionary.len();
        let texts: Vec<&str> = (0..distinct).filter_map(|code| dictionary.name(code as u32)).collect();
        if present.is_empty() {
            return None;
        }
        let missing = |text: &&str| super::rows::is_missing(text.as_bytes());
        let numbers: Option<Vec<f64>> =
            texts.iter().filter(|text| !missing(text)).map(|text| number(text.as_bytes()).filter(|_| !is_code(text))).collect();
        match numbers {
            Some(numbers) if numbers.is_empty() => None,
            Some(numbers) => (!is_identifier(&numbers, present.len())).then(|| (name.clone(), true)),
            None => {
                let is_free = distinct > CATEGORIES && distinct * 2 > present.len();
                let is_time = texts.iter().take(50).all(|t| t.len() >= 10 && t.contains('-') && time(t.as_bytes()).is_some());
                (!is_free && !is_time).then(|| (name.clone(), false))
            }
        }
    };
    Ok(names.iter().enumerate().filter_map(kind).collect())
}

/// “007” is a code: as a number it would lose its zeros.
fn is_code(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '+']).as_bytes();
    digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit()
}

/// Whole numbers that rise from row to row and never come again say which row it is, not what is in it. `distinct` is in the
/// order of first appearance.
fn is_identifier(distinct: &[f64], rows: usize) -> bool {
    rows >= 50 && distinct.len() == rows && distinct.iter().all(|x| x.fract() == 0.0) && distinct.windows(2).all(|w| w[0] < w[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn kinds_are_found_out() {
        let mut text = String::from("id,age,plan,zip,when,note,empty,mixed\n");
        for row in 0..300 {
            let day = 1 + row % 28;
            text.push_str(&format!(
                "{row},{},{},0{},2026-01-{day:02}T00:00:00Z,free text {row},,{}\n",
                20 + row % 50,
                ["gold", "blue"][row % 2],
                1000 + row % 7,
                if row == 7 { "x".to_owned() } else { (row % 9).to_string() }
            ));
        }
        let input = Input::Bytes { name: "r.csv".into(), bytes: Bytes::from(text) };
        let columns = Columns::choose(&Options::default(), &input, false, None).unwrap();
        let found: Vec<(&str, bool)> = columns.features.iter().map(|f| (f.0.as_str(), f.1)).collect();
        assert_eq!(found, [("age", true), ("plan", false), ("zip", false), ("mixed", false)]);
        let options = Options { numeric: vec!["wage".into()], ..Options::default() };
        assert!(Columns::choose(&options, &input, false, None).unwrap_err().contains("“wage”"));
    }
}
