//! The tensors of a request back to values per feature, for monitoring.

use super::Value;
use crate::tensor::Tensor;
use contract::{Contract, Feature, FeatureKind, Layout};

/// One column of values per feature, in the contract's order. Features that the tensors do not hold have an empty column.
pub fn decode(contract: &Contract, inputs: &[(String, Tensor)]) -> Vec<Vec<Value>> {
    (0..contract.features.len()).map(|i| decode_feature(contract, inputs, i)).collect()
}

/// The column of the feature at index `i`.
pub fn decode_feature(contract: &Contract, inputs: &[(String, Tensor)], i: usize) -> Vec<Value> {
    let Some(feature) = contract.features.get(i) else { return Vec::new() };
    let find = |name: &str| inputs.iter().find(|(input, _)| input == name).map(|(_, tensor)| tensor);
    let (tensor, offset, width) = match &contract.layout {
        Layout::Columns => (find(&feature.name), 0, 1),
        Layout::Matrix { input } | Layout::Tensor { input } => (find(input), i, contract.features.len()),
    };
    let Some(tensor) = tensor else { return Vec::new() };
    let rows = tensor.data().len() / width.max(1);
    (0..rows).map(|row| value(feature, tensor, row * width + offset)).collect()
}

fn value(feature: &Feature, tensor: &Tensor, at: usize) -> Value {
    let data = tensor.data();
    match (feature.kind, data.number(at)) {
        (_, Some(number)) if number.is_nan() => Value::Missing,
        (FeatureKind::Category | FeatureKind::Text, _) => {
            data.text(at).filter(|text| !text.is_empty()).map_or(Value::Missing, Value::Text)
        }
        (_, Some(number)) => Value::Num(number),
        // A number that travels as text.
        (_, None) => match data.text(at) {
            Some(text) if text.is_empty() => Value::Missing,
            Some(text) => text.trim().parse().map_or(Value::Text(text), Value::Num),
            None => Value::Missing,
        },
    }
}
