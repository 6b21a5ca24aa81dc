//! A tensor as it travels through the server: a shape and typed values in row-major order.

mod bytes;
mod ort_value;
mod rows;

pub use bytes::ByteError;
pub(crate) use ort_value::{from_ort, to_ort};
pub use rows::concat;

use contract::DataType;
use half::{bf16, f16};

/// The values of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    Bool(Vec<bool>),
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
    U64(Vec<u64>),
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    F16(Vec<f16>),
    Bf16(Vec<bf16>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    /// Text, or any bytes where no model reads them as text.
    Bytes(Vec<Vec<u8>>),
}

/// Runs `$body` with `$values` bound to the vector inside, whatever its type.
macro_rules! each {
    ($data:expr, $values:ident => $body:expr) => {
        match $data {
            $crate::tensor::Data::Bool($values) => $body,
            $crate::tensor::Data::U8($values) => $body,
            $crate::tensor::Data::U16($values) => $body,
            $crate::tensor::Data::U32($values) => $body,
            $crate::tensor::Data::U64($values) => $body,
            $crate::tensor::Data::I8($values) => $body,
            $crate::tensor::Data::I16($values) => $body,
            $crate::tensor::Data::I32($values) => $body,
            $crate::tensor::Data::I64($values) => $body,
            $crate::tensor::Data::F16($values) => $body,
            $crate::tensor::Data::Bf16($values) => $body,
            $crate::tensor::Data::F32($values) => $body,
            $crate::tensor::Data::F64($values) => $body,
            $crate::tensor::Data::Bytes($values) => $body,
        }
    };
}
pub(crate) use each;

impl Data {
    pub fn datatype(&self) -> DataType {
        match self {
            Data::Bool(_) => DataType::Bool,
            Data::U8(_) => DataType::Uint8,
            Data::U16(_) => DataType::Uint16,
            Data::U32(_) => DataType::Uint32,
            Data::U64(_) => DataType::Uint64,
            Data::I8(_) => DataType::Int8,
            Data::I16(_) => DataType::Int16,
            Data::I32(_) => DataType::Int32,
            Data::I64(_) => DataType::Int64,
            Data::F16(_) => DataType::Fp16,
            Data::Bf16(_) => DataType::Bf16,
            Data::F32(_) => DataType::Fp32,
            Data::F64(_) => DataType::Fp64,
            Data::Bytes(_) => DataType::Bytes,
        }
    }

    pub fn len(&self) -> usize {
        each!(self, values => values.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Element `i` as a number; `None` for text, and past the end. Whole numbers beyond 2^53 are rounded.
    pub fn number(&self, i: usize) -> Option<f64> {
        Some(match self {
            Data::Bool(values) => f64::from(u8::from(*values.get(i)?)),
            Data::U8(values) => f64::from(*values.get(i)?),
            Data::U16(values) => f64::from(*values.get(i)?),
            Data::U32(values) => f64::from(*values.get(i)?),
            Data::U64(values) => *values.get(i)? as f64,
            Data::I8(values) => f64::from(*values.get(i)?),
            Data::I16(values) => f64::from(*values.get(i)?),
            Data::I32(values) => f64::from(*values.get(i)?),
            Data::I64(values) => *values.get(i)? as f64,
            Data::F16(values) => f64::from(*values.get(i)?),
            Data::Bf16(values) => f64::from(*values.get(i)?),
            Data::F32(values) => f64::from(*values.get(i)?),
            Data::F64(values) => *values.get(i)?,
            Data::Bytes(_) => return None,
        })
    }

    /// Element `i` as text: whole numbers without a point, bytes that are not UTF-8 with replacements. `None` past the end.
    pub fn text(&self, i: usize) -> Option<String> {
        Some(match self {
            Data::Bool(values) => values.get(i)?.to_string(),
            Data::U64(values) => values.get(i)?.to_string(),
            Data::I64(values) => values.get(i)?.to_string(),
            Data::Bytes(values) => String::from_utf8_lossy(values.get(i)?).into_owned(),
            _ => number_text(self.number(i)?),
        })
    }

    /// Whether any value is not a number or is infinite.
    pub fn has_non_finite(&self) -> bool {
        match self {
            Data::F16(values) => values.iter().any(|v| !v.is_finite()),
            Data::Bf16(values) => values.iter().any(|v| !v.is_finite()),
            Data::F32(values) => values.iter().any(|v| !v.is_finite()),
            Data::F64(values) => values.iter().any(|v| !v.is_finite()),
            _ => false,
        }
    }
}

/// The number that a tensor of this type holds for `x`: the nearest that it can.
pub fn held_as(datatype: DataType, x: f64) -> f64 {
    match datatype {
        DataType::Fp32 => f64::from(x as f32),
        DataType::Fp16 => half::f16::from_f64(x).to_f64(),
        DataType::Bf16 => half::bf16::from_f64(x).to_f64(),
        _ => x,
    }
}

/// A number as people write it: `3` rather than `3.0`.
pub fn number_text(number: f64) -> String {
    if number.is_finite() && number.fract() == 0.0 && number.abs() < 1e15 {
        format!("{}", number as i64)
    } else {
        number.to_string()
    }
}

/// A shape and its values. The number of values is always the product of the shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    data: Data,
}

/// The shape and the number of values do not fit together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the shape {shape:?} asks for {expected} values, and {got} came")]
pub struct ShapeError {
    pub shape: Vec<usize>,
    /// As text, because a made-up shape can ask for more than a number holds.
    pub expected: String,
    pub got: usize,
}

/// Elements of a shape; `None` past what a `usize` holds.
pub fn elements(shape: &[usize]) -> Option<usize> {
    // A zero anywhere makes it empty, however large the others are.
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(1usize, |product, &dim| product.checked_mul(dim))
}

impl Tensor {
    pub fn new(shape: impl Into<Vec<usize>>, data: Data) -> Result<Tensor, ShapeError> {
        let shape = shape.into();
        let expected = elements(&shape);
        if expected == Some(data.len()) {
            return Ok(Tensor { shape, data });
        }
        let words = expected.map_or_else(|| "far too many".to_owned(), |n| n.to_string());
        Err(ShapeError { shape, expected: words, got: data.len() })
    }

    /// A one-dimensional tensor.
    pub fn vector(data: Data) -> Tensor {
        Tensor { shape: vec![data.len()], data }
    }

    /// Text, one value a row.
    pub fn strings<S: AsRef<str>>(values: impl IntoIterator<Item = S>) -> Tensor {
        Tensor::vector(Data::Bytes(values.into_iter().map(|text| text.as_ref().as_bytes().to_vec()).collect()))
    }

    /// A tensor of `shape` filled with zeros, or with empty text.
    pub fn zeros(datatype: DataType, shape: impl Into<Vec<usize>>) -> Result<Tensor, ShapeError> {
        let shape = shape.into();
        let Some(n) = elements(&shape).filter(|&n| n <= 1 << 28) else {
            return Err(ShapeError { shape, expected: "far too many".into(), got: 0 });
        };
        let data = match datatype {
            DataType::Bool => Data::Bool(vec![false; n]),
            DataType::Uint8 => Data::U8(vec![0; n]),
            DataType::Uint16 => Data::U16(vec![0; n]),
            DataType::Uint32 => Data::U32(vec![0; n]),
            DataType::Uint64 => Data::U64(vec![0; n]),
            DataType::Int8 => Data::I8(vec![0; n]),
            DataType::Int16 => Data::I16(vec![0; n]),
            DataType::Int32 => Data::I32(vec![0; n]),
            DataType::Int64 => Data::I64(vec![0; n]),
            DataType::Fp16 => Data::F16(vec![f16::ZERO; n]),
            DataType::Bf16 => Data::Bf16(vec![bf16::ZERO; n]),
            DataType::Fp32 => Data::F32(vec![0.0; n]),
            DataType::Fp64 => Data::F64(vec![0.0; n]),
            DataType::Bytes => Data::Bytes(vec![Vec::new(); n]),
        };
        Ok(Tensor { shape, data })
    }

    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    pub fn data(&self) -> &Data {
        &self.data
    }

    pub fn into_parts(self) -> (Vec<usize>, Data) {
        (self.shape, self.data)
    }

    pub fn datatype(&self) -> DataType {
        self.data.datatype()
    }

    /// The first dimension; 1 for a scalar.
    pub fn rows(&self) -> usize {
        self.shape.first().copied().unwrap_or(1)
    }

    /// Values in one row.
    pub fn row_len(&self) -> usize {
        self.shape.get(1..).map_or(1, |rest| elements(rest).unwrap_or(0))
    }

    /// Memory that the values take, bytes.
    pub fn memory(&self) -> usize {
        match &self.data {
            Data::Bytes(values) => values.iter().map(|value| value.len() + size_of::<Vec<u8>>()).sum(),
            data => data.len() * data.datatype().size().unwrap_or(1),
        }
    }
}
