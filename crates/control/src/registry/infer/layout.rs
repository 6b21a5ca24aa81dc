//! How records become tensors, as far as the inputs' shapes tell.

use contract::{DataType, Layout, TensorSpec};

/// One value per row and input: columns. One matrix of numbers: a matrix. Anything else: an opaque tensor.
pub fn choose(inputs: &[TensorSpec]) -> Layout {
    match inputs {
        [only] if only.shape.len() == 2 && only.shape[1] != 1 && is_number(only.datatype) => {
            Layout::Matrix { input: only.name.clone() }
        }
        inputs if inputs.iter().all(is_scalar_per_row) => Layout::Columns,
        inputs => Layout::Tensor { input: inputs.first().map(|input| input.name.clone()).unwrap_or_default() },
    }
}

/// Values per row of a matrix or tensor, where the file declares it.
pub fn width(layout: &Layout, inputs: &[TensorSpec]) -> Option<usize> {
    let (Layout::Matrix { input } | Layout::Tensor { input }) = layout else { return None };
    let spec = inputs.iter().find(|spec| spec.name == *input)?;
    // The first dimension is the batch, except where a file has a fixed one other than 1: then rows cannot be told apart.
    spec.shape.get(1..)?.iter().try_fold(1usize, |product, dim| {
        usize::try_from(*dim).ok().filter(|dim| *dim > 0).and_then(|dim| product.checked_mul(dim))
    })
}

fn is_scalar_per_row(spec: &TensorSpec) -> bool {
    match spec.shape.as_slice() {
        [_] => true,
        [_, one] => *one == 1,
        _ => false,
    }
}

fn is_number(datatype: DataType) -> bool {
    !matches!(datatype, DataType::Bytes | DataType::Bool)
}
