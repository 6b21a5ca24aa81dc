//! Data as the model's tensors hold them: a file says 9.7, and a tensor of 32 bits 9.699999809. Live rows are counted as they are held, so
//! that the reference must be too: else a value that lies on the edge of a bin is in it for one and beside it for the other.

use crate::datasets::{Column, Table, Values};
use contract::{Contract, DataType, FeatureKind, Layout};
use serving::tensor::held_as;

/// The table with every number of a feature as its tensor holds it.
pub(super) fn held(contract: &Contract, table: &Table) -> Table {
    let column = |column: &Column| match (&column.values, datatype(contract, &column.name)) {
        (Values::Numbers(values), Some(datatype)) => Column {
            name: column.name.clone(),
            values: Values::Numbers(values.iter().map(|value| held_as(datatype, *value)).collect()),
        },
        _ => column.clone(),
    };
    Table { columns: table.columns.iter().map(column).collect(), rows: table.rows }
}

/// Of the tensor that a feature of numbers travels in.
fn datatype(contract: &Contract, name: &str) -> Option<DataType> {
    let feature = contract.feature(name)?;
    if !matches!(feature.kind, FeatureKind::Number | FeatureKind::Integer) {
        return None;
    }
    let input = match &contract.layout {
        Layout::Columns => contract.inputs.iter().find(|input| input.name == name),
        Layout::Matrix { input } | Layout::Tensor { input } => contract.inputs.iter().find(|spec| spec.name == *input),
    };
    Some(input?.datatype)
}
