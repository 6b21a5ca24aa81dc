//! The tensors of a request back to values per feature, kept.

use super::{Column, Columns, Value};
use crate::tensor::Tensor;
use contract::Contract;

/// One column of values per feature, in the contract's order. Features that the tensors do not hold have an empty column.
pub fn decode(contract: &Contract, inputs: &[(String, Tensor)]) -> Vec<Vec<Value>> {
    Columns::new(contract, inputs).iter().map(|column| column.values().collect()).collect()
}

/// The column of the feature at index `i`.
pub fn decode_feature(contract: &Contract, inputs: &[(String, Tensor)], i: usize) -> Vec<Value> {
    Column::of(contract, inputs, i).map_or_else(Vec::new, |column| column.values().collect())
}
