//! Which columns are features, and of what kind.

use super::options::{Chunks, Options};
use super::rows::{Dictionary, Input, NONE, Rows, Wanted, is_no_number, looks_like_a_time, number};
use contract::spec::FeatureKind;

/// Rows that kinds are found out from.
const SAMPLE: usize = 8_000;
/// A column of texts with more distinct ones than this, and than half of its rows, is no category.
const CATEGORIES: usize = 100;
/// A column with more distinct numbers than this, in all but one of a hundred rows, is one of numbers: the rest are faults.
const FEW_NUMBERS: usize = 20;
const FAULTS: f64 = 0.01;
/// Seconds, and milliseconds, since 1970 lie in these: 2001 to 2065.
const EPOCHS: [std::ops::Range<f64>; 2] = [1e9..3e9, 1e12..3e12];

/// A column that is not watched, and why.
pub type Unwatched = (String, &'static str);

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
    /// Columns of the reference that nobody spoke of and that are no features.
    pub unwatched: Vec<Unwatched>,
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
        // Without answers to compare it with, the label is watched like any other column.
        let label = options.label.as_ref().filter(|_| options.prediction.is_some() || !options.scores.is_empty()).cloned();
        let taken: Vec<&String> = [&options.prediction, &label, &options.timestamp, &chunk, &id]
            .into_iter()
            .flatten()
            .chain(&options.scores)
            .chain(&options.ignore)
            .collect();
        let mut unwatched = Vec::new();
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
            let inferred = inferred(reference, &open)?;
            unwatched = inferred.unwatched;
            inferred.features
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
            unwatched,
        };
        let outcome = if is_regression { Wanted::Number } else { Wanted::Code };
        columns.prediction = columns.add(options.prediction.clone(), outcome);
        columns.scores = options.scores.iter().filter_map(|name| columns.add(Some(name.clone()), Wanted::Number)).collect();
        columns.label = columns.add(label, outcome);
        let as_time = if options.timestamp_is_a_guess { Wanted::TimeIfAny } else { Wanted::Time };
        columns.time = columns.add(options.timestamp.clone(), as_time);
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

/// What was found out about columns.
#[derive(Default)]
struct Inferred {
    features: Vec<(String, bool)>,
    unwatched: Vec<Unwatched>,
}

const EMPTY: &str = "it has no values";
const TIMES: &str = "it holds times";

/// Features among columns, with their kind: numbers, or texts with few distinct ones. Identifiers, times, free texts and
/// columns without values are none.
fn inferred(reference: &Input, names: &[String]) -> Result<Inferred, String> {
    let wanted = vec![Wanted::Code; names.len()];
    let mut dictionaries: Vec<Dictionary> = names.iter().map(|_| Dictionary::default()).collect();
    let sample = Rows::open(reference)?.first(names, &wanted, &mut dictionaries, SAMPLE)?;
    let kind = |column: usize, name: &str| -> Result<bool, &'static str> {
        let codes = sample.codes(column);
        let dictionary = &dictionaries[column];
        let present: Vec<u32> = codes.iter().copied().filter(|code| *code != NONE).collect();
        let distinct = dictionary.len();
        let texts: Vec<&str> = (0..distinct).filter_map(|code| dictionary.name(code as u32)).collect();
        if present.is_empty() {
            return Err(EMPTY);
        }
        // By code: the number that it is; of what means that there is none, NaN.
        let numbers: Vec<Option<f64>> = texts
            .iter()
            .map(|text| match number(text.as_bytes()) {
                Some(number) => Some(number).filter(|_| !is_code(text)),
                None => is_no_number(text.as_bytes()).then_some(f64::NAN),
            })
            .collect();
        let faults = present.iter().filter(|code| numbers.get(**code as usize).is_some_and(Option::is_none)).count();
        let values: Vec<f64> = numbers.iter().copied().flatten().filter(|x| !x.is_nan()).collect();
        let is_number = faults == 0 || (values.len() > FEW_NUMBERS && faults as f64 <= FAULTS * present.len() as f64);
        if is_number {
            if values.is_empty() {
                return Err(EMPTY);
            }
            let in_rows: Vec<f64> = present
                .iter()
                .filter_map(|code| numbers.get(*code as usize).copied().flatten())
                .filter(|x| !x.is_nan())
                .collect();
            return match () {
                () if is_identifier(name, &values, in_rows.len()) => Err("it numbers the rows"),
                () if is_clock(name, &in_rows) => Err(TIMES),
                () => Ok(true),
            };
        }
        let is_free = distinct > CATEGORIES && distinct * 2 > present.len();
        let times = texts.iter().filter(|text| looks_like_a_time(text.as_bytes())).count();
        let is_time = distinct >= 5 && times as f64 >= 0.95 * distinct as f64;
        match () {
            () if is_time => Err(TIMES),
            () if is_free => Err("nearly every row has another text"),
            () => Ok(false),
        }
    };
    let mut inferred = Inferred::default();
    for (column, name) in names.iter().enumerate() {
        match kind(column, name) {
            Ok(is_number) => inferred.features.push((name.clone(), is_number)),
            Err(why) => inferred.unwatched.push((name.clone(), why)),
        }
    }
    Ok(inferred)
}

/// “007” is a code: as a number it would lose its zeros.
fn is_code(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '+']).as_bytes();
    digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit()
}

/// Whole numbers that never come again say which row it is, not what is in it, where they rise from row to row or are called so. `distinct` is
/// in the order of first appearance.
fn is_identifier(name: &str, distinct: &[f64], rows: usize) -> bool {
    let name = name.to_lowercase();
    let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).collect();
    let is_called_so = name.is_empty()
        || words.last().is_some_and(|last| matches!(*last, "id" | "ids" | "uid" | "uuid" | "key" | "index" | "rownum"))
        || name.starts_with("unnamed");
    let rises = || distinct.windows(2).all(|pair| pair[0] < pair[1]);
    rows >= 50 && distinct.len() == rows && distinct.iter().all(|x| x.fract() == 0.0) && (is_called_so || rises())
}

/// Seconds or milliseconds since 1970 that hardly ever go back, or are called so: the time of a row is not what is in it.
fn is_clock(name: &str, rows: &[f64]) -> bool {
    let is_epoch = EPOCHS.iter().any(|epoch| rows.iter().all(|x| epoch.contains(x)));
    let back = rows.windows(2).filter(|pair| pair[0] > pair[1]).count();
    let name = name.to_lowercase();
    let is_called_so = ["time", "date", "epoch"].iter().any(|word| name.contains(word)) || name == "ts" || name.ends_with("_at");
    rows.len() >= 50 && is_epoch && (is_called_so || back * 50 <= rows.len())
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
        let unwatched: Vec<(&str, &str)> = columns.unwatched.iter().map(|(name, why)| (name.as_str(), *why)).collect();
        let expected =
            [("id", "it numbers the rows"), ("when", TIMES), ("note", "nearly every row has another text"), ("empty", EMPTY)];
        assert_eq!(unwatched, expected);
        let options = Options { numeric: vec!["wage".into()], ..Options::default() };
        assert!(Columns::choose(&options, &input, false, None).unwrap_err().contains("“wage”"));
    }
    fn features_of(text: String) -> Vec<(String, bool)> {
        let input = Input::Bytes { name: "r.csv".into(), bytes: Bytes::from(text) };
        Columns::choose(&Options::default(), &input, false, None).unwrap().features
    }

    #[test]
    fn row_numbers_are_none_however_long_the_file() {
        for rows in [300, 8_192, 8_193, 20_000] {
            let mut text = String::from(",customer_id,x\n");
            // The second are in no order.
            (0..rows).for_each(|row| text.push_str(&format!("{row},{},{}\n", row * 7_919 % 100_003, row % 83)));
            assert_eq!(features_of(text), [("x".to_owned(), true)], "{rows}");
        }
    }

    #[test]
    fn a_few_words_leave_numbers_numbers() {
        let mut text = String::from("gap,inf,fault,level,answer\n");
        for row in 0..2_000 {
            let value = f64::from(row * 31 % 977) / 10.0;
            let or = |word: &str, every: i32| if row % every == 3 { word.to_owned() } else { value.to_string() };
            let level = if row % 40 == 0 { "?" } else { ["low", "high"][row as usize % 2] };
            text.push_str(&format!(
                "{},{},{},{level},{}\n",
                or("?", 10),
                or("-inf", 50),
                or("broken", 200),
                ["NA", "yes", "no"][row as usize % 3]
            ));
        }
        let found = features_of(text);
        let found: Vec<(&str, bool)> = found.iter().map(|f| (f.0.as_str(), f.1)).collect();
        assert_eq!(found, [("gap", true), ("inf", true), ("fault", true), ("level", false), ("answer", false)]);
    }

    #[test]
    fn times_are_no_features_however_they_are_written() {
        let mut text = String::from("slashes,american,clock,seconds,created_at,version,income\n");
        for row in 0..1_000 {
            let day = 1 + row / 40;
            text.push_str(&format!(
                "2026/01/{day:02},01/{day:02}/2026,{day:02}.01.2026 10:{:02},{},{},1.{}.0,{}\n",
                row % 60,
                1_700_000_000 + row / 3 * 60,
                1_700_000_000_000_i64 + row * 7_919 % 1_000 * 60_000,
                row % 7,
                1_000_000_000 + row * 7_919 % 100_000
            ));
        }
        let found = features_of(text);
        let found: Vec<&str> = found.iter().map(|f| f.0.as_str()).collect();
        assert_eq!(found, ["version", "income"]);
    }
}
