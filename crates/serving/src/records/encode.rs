//! Rows of values to the tensors that a model declares.

use super::Value;
use crate::model::{BadInput, Named};
use crate::tensor::{Data, Tensor, number_text};
use contract::{Contract, DataType, Layout, TensorSpec};
use half::{bf16, f16};

/// The tensors for `rows`, each in the contract's order of features.
///
/// A missing value is NaN where the tensor holds floats and empty text where it holds text; whole numbers and booleans
/// have no way to be missing, which is an error that names the feature.
pub fn encode(contract: &Contract, rows: &[Vec<Value>]) -> Result<Named, BadInput> {
    match &contract.layout {
        Layout::Columns => columns(contract, rows),
        Layout::Matrix { input } => matrix(contract, input, rows),
        Layout::Tensor { input } => tensor(contract, input, rows),
    }
}

fn spec<'c>(contract: &'c Contract, input: &str) -> Result<&'c TensorSpec, BadInput> {
    let found = contract.inputs.iter().find(|spec| spec.name == input);
    found.ok_or_else(|| BadInput::new(input, format!("the contract names the input “{input}”, which the model does not have")))
}

fn columns(contract: &Contract, rows: &[Vec<Value>]) -> Result<Named, BadInput> {
    let mut named = Vec::with_capacity(contract.inputs.len());
    for spec in &contract.inputs {
        let at = contract.features.iter().position(|feature| feature.name == spec.name);
        let at = at.ok_or_else(|| {
            BadInput::new(spec.name.as_str(), format!("the contract has no feature for the input “{}”", spec.name))
        })?;
        let data = data(spec.datatype, rows.iter().map(|row| (spec.name.as_str(), row.get(at).unwrap_or(&Value::Missing))))?;
        let shape = if spec.shape.len() == 1 { vec![rows.len()] } else { vec![rows.len(), 1] };
        named.push((spec.name.clone(), whole(&spec.name, shape, data)?));
    }
    Ok(named)
}

fn matrix(contract: &Contract, input: &str, rows: &[Vec<Value>]) -> Result<Named, BadInput> {
    let spec = spec(contract, input)?;
    let values = rows.iter().flat_map(|row| {
        contract.features.iter().enumerate().map(|(i, feature)| (feature.name.as_str(), row.get(i).unwrap_or(&Value::Missing)))
    });
    let data = data(spec.datatype, values)?;
    Ok(vec![(input.to_owned(), whole(input, vec![rows.len(), contract.features.len()], data)?)])
}

fn tensor(contract: &Contract, input: &str, rows: &[Vec<Value>]) -> Result<Named, BadInput> {
    let spec = spec(contract, input)?;
    let data = data(spec.datatype, rows.iter().flatten().map(|value| (input, value)))?;
    let row_len = rows.first().map_or(0, Vec::len);
    if let Some(other) = rows.iter().find(|row| row.len() != row_len) {
        return Err(BadInput::new(input, format!("input “{input}”: one record has {row_len} values, another {}", other.len())));
    }
    // Behind the first dimension: as declared, and one variable dimension follows from the number of values.
    let inner = if contract.batched { spec.shape.get(1..).unwrap_or_default() } else { &spec.shape[..] };
    let known: usize = inner.iter().filter_map(|&dim| usize::try_from(dim).ok()).product();
    let mut shape: Vec<usize> = if contract.batched { vec![rows.len()] } else { Vec::new() };
    for &dim in inner {
        shape.push(usize::try_from(dim).unwrap_or_else(|_| row_len.checked_div(known).unwrap_or(0)));
    }
    Ok(vec![(input.to_owned(), whole(input, shape, data)?)])
}

fn whole(input: &str, shape: Vec<usize>, data: Data) -> Result<Tensor, BadInput> {
    Tensor::new(shape, data).map_err(|error| BadInput::new(input, format!("input “{input}”: {error}")))
}

/// Typed values; the name beside each is for the message.
fn data<'v>(datatype: DataType, values: impl Iterator<Item = (&'v str, &'v Value)>) -> Result<Data, BadInput> {
    macro_rules! whole_numbers {
        ($kind:ident, $number:ty) => {
            Data::$kind(
                values
                    .map(|(name, value)| {
                        whole_number(name, value).and_then(|n| <$number>::try_from(n).map_err(|_| range(name, n, datatype)))
                    })
                    .collect::<Result<_, _>>()?,
            )
        };
    }
    Ok(match datatype {
        DataType::Fp32 => Data::F32(values.map(|(name, value)| number(name, value).map(|n| n as f32)).collect::<Result<_, _>>()?),
        DataType::Fp64 => Data::F64(values.map(|(name, value)| number(name, value)).collect::<Result<_, _>>()?),
        DataType::Fp16 => {
            Data::F16(values.map(|(name, value)| number(name, value).map(f16::from_f64)).collect::<Result<_, _>>()?)
        }
        DataType::Bf16 => {
            Data::Bf16(values.map(|(name, value)| number(name, value).map(bf16::from_f64)).collect::<Result<_, _>>()?)
        }
        DataType::Uint8 => whole_numbers!(U8, u8),
        DataType::Uint16 => whole_numbers!(U16, u16),
        DataType::Uint32 => whole_numbers!(U32, u32),
        DataType::Uint64 => whole_numbers!(U64, u64),
        DataType::Int8 => whole_numbers!(I8, i8),
        DataType::Int16 => whole_numbers!(I16, i16),
        DataType::Int32 => whole_numbers!(I32, i32),
        DataType::Int64 => whole_numbers!(I64, i64),
        DataType::Bool => Data::Bool(values.map(|(name, value)| boolean(name, value)).collect::<Result<_, _>>()?),
        DataType::Bytes => Data::Bytes(
            values
                .map(|(_, value)| match value {
                    Value::Text(text) => text.as_bytes().to_vec(),
                    Value::Num(number) => number_text(*number).into_bytes(),
                    Value::Missing => Vec::new(),
                })
                .collect(),
        ),
    })
}

fn number(name: &str, value: &Value) -> Result<f64, BadInput> {
    match value {
        Value::Num(number) => Ok(*number),
        Value::Missing => Ok(f64::NAN),
        // Categories that are numbers: the model was trained on them as such.
        Value::Text(text) => text
            .trim()
            .parse()
            .map_err(|_| BadInput::new(name, format!("field “{name}”: expected a number, got the text “{text}”"))),
    }
}

fn whole_number(name: &str, value: &Value) -> Result<i64, BadInput> {
    match value {
        Value::Num(number) if number.fract() == 0.0 && number.abs() < 9.2e18 => Ok(*number as i64),
        Value::Num(number) => Err(BadInput::new(name, format!("field “{name}”: expected a whole number, got {number}"))),
        Value::Text(text) => text
            .trim()
            .parse()
            .map_err(|_| BadInput::new(name, format!("field “{name}”: expected a whole number, got the text “{text}”"))),
        Value::Missing => Err(BadInput::new(name, format!("field “{name}” is missing, and the model cannot do without it"))),
    }
}

fn boolean(name: &str, value: &Value) -> Result<bool, BadInput> {
    match value {
        Value::Num(number) => Ok(*number != 0.0),
        Value::Text(text) if matches!(text.as_str(), "true" | "True" | "1") => Ok(true),
        Value::Text(text) if matches!(text.as_str(), "false" | "False" | "0") => Ok(false),
        Value::Text(text) => Err(BadInput::new(name, format!("field “{name}”: expected true or false, got the text “{text}”"))),
        Value::Missing => Err(BadInput::new(name, format!("field “{name}” is missing, and the model cannot do without it"))),
    }
}

fn range(name: &str, number: i64, datatype: DataType) -> BadInput {
    BadInput::new(name, format!("field “{name}”: {number} does not fit into {datatype}"))
}

#[cfg(test)]
mod tests {
    use super::super::decode;
    use super::super::testing::{columns, matrix, picture};
    use super::*;

    fn row(age: Value, plan: &str) -> Vec<Value> {
        vec![age, Value::Num(3.0), Value::Text(plan.into()), Value::Num(1.0)]
    }

    #[test]
    fn rows_become_tensors_and_back() {
        let contract = columns();
        let rows = vec![row(Value::Num(41.0), "gold"), row(Value::Missing, "silver")];
        let named = encode(&contract, &rows).expect("they fit");
        let shapes: Vec<_> =
            named.iter().map(|(name, tensor)| (name.as_str(), tensor.datatype(), tensor.shape().to_vec())).collect();
        assert_eq!(
            shapes,
            [
                ("age", DataType::Fp32, vec![2, 1]),
                ("visits", DataType::Int64, vec![2, 1]),
                ("plan", DataType::Bytes, vec![2]),
                ("member", DataType::Bool, vec![2, 1]),
            ]
        );
        let columns = decode(&contract, &named);
        for (i, row) in rows.iter().enumerate() {
            let back: Vec<Value> = columns.iter().map(|column| column[i].clone()).collect();
            assert_eq!(&back, row);
        }
    }

    #[test]
    fn a_matrix_is_row_major() {
        let rows: Vec<Vec<Value>> = vec![[1.0, 2.0, 3.0].map(Value::Num).to_vec(), [4.0, 5.0, 6.0].map(Value::Num).to_vec()];
        let named = encode(&matrix(), &rows).expect("they fit");
        assert_eq!(named[0].1, Tensor::new([2, 3], Data::F32(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])).expect("shape"));
        assert_eq!(decode(&matrix(), &named)[1], [2.0, 5.0].map(Value::Num));
    }

    #[test]
    fn a_picture_has_its_declared_shape() {
        let named = encode(&picture(), &[[1.0, 2.0, 3.0, 4.0].map(Value::Num).to_vec()]).expect("it fits");
        assert_eq!(named[0].1.shape(), [1, 2, 2]);
        assert!(encode(&picture(), &[[1.0, 2.0, 3.0].map(Value::Num).to_vec()]).is_err(), "a point is missing");
    }

    #[test]
    fn what_a_tensor_cannot_hold_names_the_feature() {
        let mut rows = vec![row(Value::Num(1.0), "gold")];
        rows[0][1] = Value::Missing;
        assert_eq!(encode(&columns(), &rows).map_err(|bad| bad.field), Err("visits".into()));
        rows[0][1] = Value::Num(0.5);
        assert!(encode(&columns(), &rows).is_err());
    }
}
