//! Outcomes from a file of their own, which arrive when they arrive.

use crate::compare::options::Options;
use crate::compare::rows::{Column, Dictionary, Input, NONE, Rows, Wanted, number};
use contract::Millis;
use std::collections::HashMap;

/// Usual names of the column that both files share, and of the one with the time of arrival.
const IDS: [&str; 8] = ["prediction_id", "id", "row_id", "request_id", "event_id", "uid", "key", "row"];
const ARRIVALS: [&str; 12] = [
    "arrived_at",
    "arrival",
    "arrives_at",
    "arrival_time",
    "label_time",
    "label_timestamp",
    "labelled_at",
    "available_at",
    "received_at",
    "at",
    "timestamp",
    "time",
];
/// The delay in seconds after the prediction, instead of a time.
const DELAYS: [&str; 2] = ["delay_s", "delay_seconds"];

/// Labels by id.
pub struct Labels {
    /// The column of the current rows that holds the id; `None`: the id is the number of the row, from 0.
    pub id_column: Option<String>,
    /// Ids by code.
    pub ids: Dictionary,
    /// By code of the id, where ids are texts, or by row.
    values: HashMap<usize, Label>,
    /// Names of the labels by code (classifiers).
    pub names: Dictionary,
}

/// One outcome. The last that arrived wins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Label {
    /// Code in the labels' dictionary, or the value.
    pub code: u32,
    pub value: f64,
    /// When it arrived; `None`: at once.
    pub arrival: Option<Arrival>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arrival {
    At(Millis),
    /// Milliseconds after the prediction.
    After(i64),
}

impl Labels {
    /// Reads the file; `current` are the names of the columns of the current rows.
    pub fn read(input: &Input, options: &Options, current: &[String], is_regression: bool) -> Result<Self, String> {
        let file = input.name();
        let head = Rows::open(input)?;
        let names = head.names.clone();
        let has = |name: &str| names.iter().any(|n| n == name);
        let known = |candidates: &[&str]| candidates.iter().find(|name| has(name)).map(|name| (*name).to_owned());
        let id = match &options.id {
            Some(id) if has(id) && !current.contains(id) && id != "row" => {
                return Err(format!("--id: the current rows have no column “{id}”. They have: {}.", current.join(", ")));
            }
            Some(id) if has(id) => id.clone(),
            Some(id) => return Err(format!("--id: {file} has no column “{id}”. It has: {}.", names.join(", "))),
            None => {
                let shared = |name: &&String| {
                    current.contains(name) && Some(*name) != options.timestamp.as_ref() && Some(*name) != options.label.as_ref()
                };
                let usual = IDS.iter().find(|name| has(name) && current.iter().any(|c| c == *name)).map(|n| (*n).to_owned());
                usual
                    .or_else(|| names.iter().find(shared).cloned())
                    .or_else(|| known(&["row"]))
                    .ok_or_else(|| format!("{file} shares no column with the current rows: name the id by --id."))?
            }
        };
        let label = match &options.label {
            Some(label) if has(label) => label.clone(),
            _ => known(&["label", "outcome", "target", "truth", "y_true", "y"])
                .or_else(|| options.label.clone())
                .filter(|label| has(label))
                .ok_or_else(|| {
                    format!("{file} has no column with the label: name it by --label. It has: {}.", names.join(", "))
                })?,
        };
        let delay = options.arrival.is_none().then(|| known(&DELAYS)).flatten();
        let arrival = match &options.arrival {
            Some(arrival) if has(arrival) => Some(arrival.clone()),
            Some(arrival) => return Err(format!("--arrival: {file} has no column “{arrival}”. It has: {}.", names.join(", "))),
            None => delay.clone().or_else(|| known(&ARRIVALS)).filter(|name| *name != id && *name != label),
        };
        let mut columns = vec![id.clone(), label];
        let mut wanted = vec![Wanted::Code, if is_regression { Wanted::Number } else { Wanted::Code }];
        if let Some(arrival) = arrival {
            columns.push(arrival);
            wanted.push(if delay.is_some() { Wanted::Number } else { Wanted::Time });
        }
        let mut dictionaries: Vec<Dictionary> = columns.iter().map(|_| Dictionary::unbounded()).collect();
        let table = head.all(&columns, &wanted, &mut dictionaries, options.limits.cells)?;
        let by_row = !current.contains(&id);
        let mut labels = Self {
            id_column: (!by_row).then_some(id),
            ids: Dictionary::default(),
            values: HashMap::new(),
            names: Dictionary::default(),
        };
        for row in 0..table.rows {
            let code = table.codes(0)[row];
            let position = if by_row {
                dictionaries[0].name(code).and_then(|text| number(text.as_bytes())).filter(|x| *x >= 0.0).map(|x| x as usize)
            } else {
                (code != NONE).then_some(code as usize)
            };
            let Some(position) = position else { continue };
            let (code, value) = match &table.columns[1] {
                Column::Numbers(values) => (NONE, values[row]),
                _ => (table.codes(1)[row], f64::NAN),
            };
            if code == NONE && value.is_nan() {
                continue;
            }
            let arrival = match table.columns.get(2) {
                Some(Column::Times(times, _)) => times[row].map(Arrival::At),
                Some(Column::Numbers(values)) => Some(Arrival::After((values[row].max(0.0) * 1000.0) as i64)),
                _ => None,
            };
            if labels.values.get(&position).is_none_or(|before| !before.is_later_than(arrival)) {
                labels.values.insert(position, Label { code, value, arrival });
            }
        }
        let mut dictionaries = dictionaries.into_iter();
        labels.ids = dictionaries.next().unwrap_or_default();
        labels.ids.closed = true;
        labels.names = dictionaries.next().unwrap_or_default();
        Ok(labels)
    }

    /// The outcome of a row: by the code of its id, or by its number.
    pub fn of(&self, position: usize) -> Option<Label> {
        self.values.get(&position).copied()
    }
}

impl Label {
    fn is_later_than(&self, arrival: Option<Arrival>) -> bool {
        match (self.arrival, arrival) {
            (Some(Arrival::At(a)), Some(Arrival::At(b))) => a > b,
            (Some(Arrival::After(a)), Some(Arrival::After(b))) => a > b,
            _ => false,
        }
    }

    /// When it arrived, for a prediction of that time.
    pub fn arrived(&self, predicted: Option<Millis>) -> Option<Millis> {
        match self.arrival? {
            Arrival::At(at) => Some(at),
            Arrival::After(ms) => predicted.map(|p| Millis(p.0 + ms)),
        }
    }
}
