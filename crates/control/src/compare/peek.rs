//! A first look at the current rows: how large and how long a chunk is, so that the reference can be cut alike.

use super::options::{Chunks, Options};
use super::rows::{Dictionary, Input, Rows, Wanted, time};
use contract::{Millis, time as unit};

/// Rows that are looked at.
const SAMPLE: usize = 20_000;
/// Rows in which a column of times is looked for.
const FEW: usize = 200;

/// What a chunk is like, where that is known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Typical {
    pub rows: Option<usize>,
    /// Milliseconds.
    pub length: Option<i64>,
}

impl Typical {
    /// From the options, or else from the first rows.
    pub fn of(options: &Options, current: &Input) -> Result<Self, String> {
        let column = match &options.chunks {
            Chunks::Period(length) => return Ok(Self { rows: None, length: Some(*length) }),
            Chunks::Files => return Ok(Self::default()),
            Chunks::Size(_) => None,
            Chunks::Column(column) => Some(column.clone()),
        };
        let rows = Rows::open(current)?;
        let timestamp = options.timestamp.clone().filter(|name| rows.names.contains(name));
        let mut names = Vec::new();
        let mut wanted = Vec::new();
        let as_time = if options.timestamp_is_a_guess { Wanted::TimeIfAny } else { Wanted::Time };
        for (name, kind) in [(column, Wanted::Code), (timestamp, as_time)] {
            if let Some(name) = name {
                names.push(name);
                wanted.push(kind);
            }
        }
        if names.is_empty() {
            return Ok(Self { rows: size(options), length: None });
        }
        let mut dictionaries: Vec<Dictionary> = names.iter().map(|_| Dictionary::default()).collect();
        let sample = rows.first(&names, &wanted, &mut dictionaries, SAMPLE)?;
        let chunks = match size(options) {
            Some(size) => sample.rows as f64 / size as f64,
            // The last one is seldom complete.
            None => (dictionaries[0].len() as f64 - 0.5).max(0.5),
        };
        let times: Vec<Millis> = sample.times(names.len() - 1).iter().copied().flatten().collect();
        let span = times.iter().max().zip(times.iter().min()).map(|(last, first)| last.0 - first.0);
        Ok(Self {
            rows: Some(size(options).unwrap_or((sample.rows as f64 / chunks) as usize).max(1)),
            length: span.filter(|span| *span > 0).map(|span| round((span as f64 / chunks) as i64)),
        })
    }
}

fn size(options: &Options) -> Option<usize> {
    if let Chunks::Size(size) = options.chunks { usize::try_from(size).ok() } else { None }
}

/// An hour, a day or a week, where it is about that.
fn round(length: i64) -> i64 {
    let near = |unit: &i64| (length as f64 / *unit as f64).ln().abs() < 0.4;
    [unit::HOUR, unit::DAY, 7 * unit::DAY].into_iter().find(near).unwrap_or(length.max(1))
}

/// What the time of a row is called, in so many words or as the end of them.
const NAMES: [&str; 8] = ["timestamp", "time", "datetime", "ts", "at", "date", "day", "hour"];
/// And what is the time of something else.
const OTHERS: [&str; 12] =
    ["birth", "dob", "born", "signup", "joined", "expir", "valid", "due", "hire", "opened", "since", "registered"];

/// Whether a column of times is that of the rows: it is called so, or its times hardly ever go back.
pub fn is_of_rows(name: &str, texts: &[Option<Millis>]) -> bool {
    let times: Vec<Millis> = texts.iter().copied().flatten().collect();
    let back = times.windows(2).filter(|pair| pair[0] > pair[1]).count();
    if back * 50 <= times.len() {
        return true;
    }
    is_called_so(name)
}

/// Whether a name says that it is the time of a row.
pub fn is_called_so(name: &str) -> bool {
    let name = name.to_lowercase();
    let last = name.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    NAMES.contains(&last) && !is_of_something_else(&name)
}

/// Whether a name says that it is the time of something else, such as a birth.
pub fn is_of_something_else(name: &str) -> bool {
    let name = name.to_lowercase();
    OTHERS.iter().any(|other| name.contains(other))
}

/// The only column that holds the times of the rows in both files, if nobody has named one.
pub fn timestamp(options: &Options, reference: &Input, current: &Input) -> Result<Option<String>, String> {
    let (rows, names) = (Rows::open(reference)?, Rows::open(current)?.names);
    let taken = |name: &String| {
        [&options.prediction, &options.label, &options.id].into_iter().flatten().any(|n| n == name)
            || [&options.scores, &options.numeric, &options.categorical, &options.ignore].iter().any(|list| list.contains(name))
            || options.chunks == Chunks::Column(name.clone())
    };
    let shared: Vec<String> = rows.names.iter().filter(|name| names.contains(name) && !taken(name)).cloned().collect();
    let mut dictionaries: Vec<Dictionary> = shared.iter().map(|_| Dictionary::default()).collect();
    let sample = rows.first(&shared, &vec![Wanted::Code; shared.len()], &mut dictionaries, FEW)?;
    let is_time = |column: usize| {
        let dictionary = &dictionaries[column];
        let texts = (0..dictionary.len().min(FEW)).filter_map(|code| dictionary.name(code as u32));
        dictionary.len() > 0 && texts.into_iter().all(|t| t.len() >= 10 && t.contains('-') && time(t.as_bytes()).is_some())
    };
    let found: Vec<(usize, &String)> = shared.iter().enumerate().filter(|(column, _)| is_time(*column)).collect();
    let [(column, name)] = found[..] else { return Ok(None) };
    let moment = |code: &u32| dictionaries[column].name(*code).and_then(|text| time(text.as_bytes()));
    let times: Vec<Option<Millis>> = sample.codes(column).iter().map(moment).collect();
    Ok(is_of_rows(name, &times).then(|| name.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn file(rows: usize) -> Input {
        let mut text = String::from("at,part,x\n");
        for row in 0..rows {
            text.push_str(&format!("{},{},{row}\n", Millis(row as i64 * 36_000).rfc3339(), row / 100));
        }
        Input::Bytes { name: "c.csv".into(), bytes: Bytes::from(text) }
    }

    #[test]
    fn a_chunk_is_measured_on_the_first_rows() {
        let by_part = Options { chunks: Chunks::Column("part".into()), timestamp: Some("at".into()), ..Options::default() };
        let typical = Typical::of(&by_part, &file(1000)).unwrap();
        assert!(typical.length == Some(unit::HOUR) && typical.rows.is_some_and(|rows| (95..110).contains(&rows)), "{typical:?}");
        let by_size = Options { chunks: Chunks::Size(50), ..Options::default() };
        assert_eq!(Typical::of(&by_size, &file(1000)).unwrap(), Typical { rows: Some(50), length: None });
        let hourly = Options { chunks: Chunks::Period(unit::HOUR), ..Options::default() };
        assert_eq!(Typical::of(&hourly, &file(10)).unwrap().length, Some(unit::HOUR));
    }

    #[test]
    fn the_only_column_of_times_is_found() {
        assert_eq!(timestamp(&Options::default(), &file(50), &file(50)), Ok(Some("at".into())));
        let ignored = Options { ignore: vec!["at".into()], ..Options::default() };
        assert_eq!(timestamp(&ignored, &file(50), &file(50)), Ok(None));
    }

    #[test]
    fn a_birthday_is_not_the_time_of_a_row() {
        let file = |name: &str| {
            let mut text = format!("{name},x\n");
            (0..300).for_each(|row| text.push_str(&format!("19{:02}-0{}-1{},{row}\n", 40 + row * 37 % 60, 1 + row % 9, row % 9)));
            Input::Bytes { name: "c.csv".into(), bytes: Bytes::from(text) }
        };
        let found = |name: &str| timestamp(&Options::default(), &file(name), &file(name)).unwrap();
        assert_eq!((found("date_of_birth"), found("birth_date"), found("policy")), (None, None, None));
        assert_eq!(found("event_time"), Some("event_time".into()), "called so, though not in order");
    }
}
