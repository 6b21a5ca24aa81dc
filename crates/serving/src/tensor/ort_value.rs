//! Between our tensors and the runtime's values: numbers are lent without a copy, text is copied, maps become a matrix.

use super::{Data, Tensor};
use half::{bf16, f16};
use ort::session::SessionInputValue;
use ort::value::{
    DynMapValueType, DynSequenceValueType, DynValue, Shape, Tensor as OrtTensor, TensorElementType, TensorRef, ValueType,
};

/// Lends `tensor` to the runtime. `Err` says what the runtime cannot take: text that is not UTF-8 or that holds a zero byte.
pub(crate) fn to_ort<'t>(tensor: &'t Tensor) -> Result<SessionInputValue<'t>, String> {
    let shape = &tensor.shape[..];
    macro_rules! lend {
        ($values:expr) => {
            TensorRef::from_array_view((shape, $values.as_slice()))
                .map(SessionInputValue::from)
                .map_err(|error| error.to_string())
        };
    }
    match &tensor.data {
        Data::Bool(values) => lend!(values),
        Data::U8(values) => lend!(values),
        Data::U16(values) => lend!(values),
        Data::U32(values) => lend!(values),
        Data::U64(values) => lend!(values),
        Data::I8(values) => lend!(values),
        Data::I16(values) => lend!(values),
        Data::I32(values) => lend!(values),
        Data::I64(values) => lend!(values),
        Data::F16(values) => lend!(values),
        Data::Bf16(values) => lend!(values),
        Data::F32(values) => lend!(values),
        Data::F64(values) => lend!(values),
        Data::Bytes(values) => {
            let texts = values
                .iter()
                .enumerate()
                .map(|(i, value)| match std::str::from_utf8(value) {
                    Ok(text) if !text.contains('\0') => Ok(text.to_owned()),
                    Ok(_) => Err(format!("value {i} holds a zero byte, which text may not")),
                    Err(_) => Err(format!("value {i} is not UTF-8 text")),
                })
                .collect::<Result<Vec<String>, String>>()?;
            OrtTensor::from_string_array((shape, texts.as_slice()))
                .map(SessionInputValue::from)
                .map_err(|error| error.to_string())
        }
    }
}

/// Copies a value of the runtime. `classes` is the order of the columns for a sequence of maps, where it is known.
pub(crate) fn from_ort(value: DynValue, classes: &[String]) -> Result<Tensor, String> {
    match value.dtype() {
        ValueType::Tensor { ty, .. } => tensor(&value, *ty),
        ValueType::Sequence(_) => class_scores(value, classes),
        other => Err(format!("an output of type {other} cannot be served")),
    }
}

fn dims(shape: &Shape) -> Vec<usize> {
    shape.iter().map(|&dim| usize::try_from(dim).unwrap_or(0)).collect()
}

fn tensor(value: &DynValue, kind: TensorElementType) -> Result<Tensor, String> {
    macro_rules! copy {
        ($kind:ident, $number:ty) => {{
            let (shape, values) = value.try_extract_tensor::<$number>().map_err(|error| error.to_string())?;
            (dims(shape), Data::$kind(values.to_vec()))
        }};
    }
    let (shape, data) = match kind {
        TensorElementType::Bool => copy!(Bool, bool),
        TensorElementType::Uint8 => copy!(U8, u8),
        TensorElementType::Uint16 => copy!(U16, u16),
        TensorElementType::Uint32 => copy!(U32, u32),
        TensorElementType::Uint64 => copy!(U64, u64),
        TensorElementType::Int8 => copy!(I8, i8),
        TensorElementType::Int16 => copy!(I16, i16),
        TensorElementType::Int32 => copy!(I32, i32),
        TensorElementType::Int64 => copy!(I64, i64),
        TensorElementType::Float16 => copy!(F16, f16),
        TensorElementType::Bfloat16 => copy!(Bf16, bf16),
        TensorElementType::Float32 => copy!(F32, f32),
        TensorElementType::Float64 => copy!(F64, f64),
        TensorElementType::String => {
            let (shape, texts) = value.try_extract_strings().map_err(|error| error.to_string())?;
            (dims(shape), Data::Bytes(texts.into_iter().map(String::into_bytes).collect()))
        }
        other => return Err(format!("an output of {other} cannot be served")),
    };
    Tensor::new(shape, data).map_err(|error| error.to_string())
}

/// A ZipMap's output, one map from class to score a row, as a matrix `[rows, classes]`.
fn class_scores(value: DynValue, classes: &[String]) -> Result<Tensor, String> {
    let sequence = value.downcast::<DynSequenceValueType>().map_err(|error| error.to_string())?;
    let maps = sequence.try_extract_sequence::<DynMapValueType>().map_err(|error| error.to_string())?;
    let mut rows = Vec::with_capacity(maps.len());
    for map in &maps {
        let pairs = match map.dtype() {
            ValueType::Map { key: TensorElementType::String, value: TensorElementType::Float32 } => {
                map.try_extract_key_values::<String, f32>()
            }
            ValueType::Map { key: TensorElementType::Int64, value: TensorElementType::Float32 } => map
                .try_extract_key_values::<i64, f32>()
                .map(|pairs| pairs.into_iter().map(|(class, score)| (class.to_string(), score)).collect()),
            other => return Err(format!("an output that is a sequence of {other} cannot be served")),
        };
        rows.push(pairs.map_err(|error| error.to_string())?);
    }
    let order: Vec<String> = match rows.first() {
        Some(first) if !first.iter().all(|(class, _)| classes.contains(class)) || first.len() != classes.len() => {
            first.iter().map(|(class, _)| class.clone()).collect()
        }
        _ => classes.to_vec(),
    };
    let mut scores = Vec::with_capacity(rows.len() * order.len());
    for row in &rows {
        for class in &order {
            let score = row.iter().find(|(name, _)| name == class).map(|(_, score)| *score);
            scores.push(score.ok_or_else(|| format!("a row has no score for class “{class}”"))?);
        }
    }
    Tensor::new([rows.len(), order.len()], Data::F32(scores)).map_err(|error| error.to_string())
}
