//! The values of a request where they lie in its tensors: read, never copied. Every answered request passes here.

use super::Value;
use super::check::{ViolationKind, violation};
use crate::tensor::{Data, Tensor, number_text};
use contract::{Contract, Feature, FeatureKind, Layout};
use std::borrow::Cow;

/// One value of one feature, borrowed from its tensor.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen<'r> {
    /// Numbers, whole numbers, and booleans as 0 and 1; never NaN.
    Num(f64),
    Text(Cow<'r, str>),
    Missing,
}

impl Seen<'_> {
    /// The same value, kept.
    pub fn owned(self) -> Value {
        match self {
            Seen::Num(number) => Value::Num(number),
            Seen::Text(text) => Value::Text(text.into_owned()),
            Seen::Missing => Value::Missing,
        }
    }
}

/// The features of a request, one column each, in the contract's order.
pub struct Columns<'r> {
    columns: Vec<Column<'r>>,
}

/// The column of one feature. A feature that the tensors do not hold has none of its rows.
pub struct Column<'r> {
    pub feature: &'r Feature,
    data: Option<&'r Data>,
    offset: usize,
    width: usize,
    rows: usize,
}

impl<'r> Columns<'r> {
    pub fn new(contract: &'r Contract, inputs: &'r [(String, Tensor)]) -> Self {
        let features = contract.features.iter().enumerate();
        let columns = match &contract.layout {
            Layout::Columns => features.map(|(i, feature)| Column::new(feature, find(inputs, i, &feature.name), 0, 1)).collect(),
            // One input holds them all, and is searched once.
            Layout::Matrix { input } | Layout::Tensor { input } => {
                let (data, width) = (find(inputs, 0, input), contract.features.len());
                let rows = rows(data, width);
                features.map(|(offset, feature)| Column { feature, data, offset, width, rows }).collect()
            }
        };
        Self { columns }
    }

    pub fn get(&self, i: usize) -> Option<&Column<'r>> {
        self.columns.get(i)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Column<'r>> {
        self.columns.iter()
    }

    /// Rows in which the contract does not expect at least one value.
    pub fn broken_rows(&self) -> usize {
        let rows = self.columns.iter().map(Column::rows).max().unwrap_or(0);
        let broken = |row: usize| self.columns.iter().any(|column| row < column.rows() && column.violation(row).is_some());
        (0..rows).filter(|&row| broken(row)).count()
    }
}

/// A division for each column would be dear where they all lie in one tensor.
fn rows(data: Option<&Data>, width: usize) -> usize {
    data.map_or(0, |data| data.len() / width.max(1))
}

/// The values of an input. Checked inputs have the contract's order nearly always, so that nothing has to be searched.
fn find<'r>(inputs: &'r [(String, Tensor)], at: usize, name: &str) -> Option<&'r Data> {
    let there = inputs.get(at).filter(|(input, _)| input == name);
    there.or_else(|| inputs.iter().find(|(input, _)| input == name)).map(|(_, tensor)| tensor.data())
}

impl<'r> Column<'r> {
    /// The column of the feature at index `i`; `None` if the contract has no such feature.
    pub fn of(contract: &'r Contract, inputs: &'r [(String, Tensor)], i: usize) -> Option<Self> {
        let feature = contract.features.get(i)?;
        let (data, offset, width) = match &contract.layout {
            Layout::Columns => (find(inputs, i, &feature.name), 0, 1),
            Layout::Matrix { input } | Layout::Tensor { input } => (find(inputs, 0, input), i, contract.features.len()),
        };
        Some(Self::new(feature, data, offset, width))
    }

    fn new(feature: &'r Feature, data: Option<&'r Data>, offset: usize, width: usize) -> Self {
        Self { feature, data, offset, width, rows: rows(data, width) }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of a row; NaN where it is missing or no number.
    pub fn number(&self, row: usize) -> f64 {
        let at = row * self.width + self.offset;
        match self.data.and_then(|data| data.number(at)) {
            Some(number) => number,
            None => match self.seen(row) {
                Seen::Num(number) => number,
                Seen::Text(text) => text.trim().parse().unwrap_or(f64::NAN),
                Seen::Missing => f64::NAN,
            },
        }
    }

    /// The value of a row; missing past the end.
    pub fn seen(&self, row: usize) -> Seen<'r> {
        self.data.map_or(Seen::Missing, |data| seen(self.feature, data, row * self.width + self.offset))
    }

    /// All values, kept.
    pub fn values(&self) -> impl Iterator<Item = Value> {
        (0..self.rows()).map(|row| self.seen(row).owned())
    }

    fn violation(&self, row: usize) -> Option<ViolationKind> {
        violation(self.feature, &self.seen(row))
    }
}

/// Element `at`, as the feature reads it.
pub(super) fn seen<'r>(feature: &Feature, data: &'r Data, at: usize) -> Seen<'r> {
    let is_text = matches!(feature.kind, FeatureKind::Category | FeatureKind::Text);
    match data.number(at) {
        Some(number) if number.is_nan() => Seen::Missing,
        Some(_) if is_text => data.text(at).filter(|text| !text.is_empty()).map_or(Seen::Missing, |text| Seen::Text(text.into())),
        Some(number) => Seen::Num(number),
        None => match data {
            Data::Bytes(values) => values.get(at).map_or(Seen::Missing, |bytes| read(is_text, String::from_utf8_lossy(bytes))),
            _ => Seen::Missing,
        },
    }
}

/// Text, or a number that travels as text.
fn read(is_text: bool, text: Cow<'_, str>) -> Seen<'_> {
    if text.is_empty() {
        return Seen::Missing;
    }
    match text.trim().parse() {
        Ok(number) if !is_text => Seen::Num(number),
        _ => Seen::Text(text),
    }
}

impl Seen<'_> {
    /// As people write it; empty if it is missing.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Seen::Num(number) => number_text(*number).into(),
            Seen::Text(text) => Cow::Borrowed(text),
            Seen::Missing => Cow::Borrowed(""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{columns, matrix, picture};
    use super::super::{encode, violations};
    use super::*;
    use crate::records::decode;
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![Just(Value::Missing), (-5.0f64..200.0).prop_map(|x| Value::Num(x.round())),]
    }

    proptest! {
        /// What is counted without a copy is what the copies say.
        #[test]
        fn broken_rows_are_the_rows_of_the_violations(rows in prop::collection::vec((value(), 0i64..5, "gold|silver|bronze|", any::<bool>()), 1..6)) {
            let contract = columns();
            let rows: Vec<Vec<Value>> = rows
                .into_iter()
                .map(|(age, visits, plan, member)| {
                    let plan = if plan.is_empty() { Value::Missing } else { Value::Text(plan) };
                    vec![age, Value::Num(visits as f64), plan, Value::Num(f64::from(u8::from(member)))]
                })
                .collect();
            let named = encode(&contract, &rows).expect("they fit");
            let broken: std::collections::BTreeSet<usize> = violations(&contract, &decode(&contract, &named)).iter().map(|one| one.row).collect();
            prop_assert_eq!(Columns::new(&contract, &named).broken_rows(), broken.len());
        }
    }

    #[test]
    fn inputs_in_another_order_are_found_by_name() {
        let contract = columns();
        let row = vec![Value::Num(41.0), Value::Num(2.0), Value::Text("gold".into()), Value::Num(1.0)];
        let mut named = encode(&contract, std::slice::from_ref(&row)).expect("it fits");
        named.reverse();
        let seen: Vec<Value> = Columns::new(&contract, &named).iter().map(|column| column.seen(0).owned()).collect();
        assert_eq!(seen, row);
        named.retain(|(name, _)| name != "plan");
        let without = Columns::new(&contract, &named);
        assert_eq!(without.iter().map(Column::rows).collect::<Vec<_>>(), [1, 1, 0, 1]);
    }

    #[test]
    fn a_matrix_is_read_by_place_and_a_picture_has_no_columns() {
        let contract = matrix();
        let rows = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]].map(|row| row.map(Value::Num).to_vec());
        let named = encode(&contract, &rows).expect("they fit");
        let read = Columns::new(&contract, &named);
        assert_eq!(
            read.get(1).map(|column| (column.seen(0), column.seen(1), column.seen(2))),
            Some((Seen::Num(2.0), Seen::Num(5.0), Seen::Missing))
        );
        assert_eq!(Columns::new(&picture(), &named).iter().count(), 0);
    }
}
