//! Declared types of inputs and outputs: `ValueInfoProto`, `TypeProto`, `TensorShapeProto`.

use super::wire::{Fields, WireError};
use contract::DataType;

/// Deepest nesting of types that is read (`sequence of sequence of …`).
const MAX_TYPE_DEPTH: u32 = 8;

/// A declared type.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// `shape` is `None` where the number of dimensions is not declared.
    Tensor {
        element: Element,
        shape: Option<Vec<i64>>,
    },
    Sequence(Box<Type>),
    Map {
        key: Element,
        value: Box<Type>,
    },
    Optional(Box<Type>),
    Other,
}

/// An element type: one that the protocol has, or the number that ONNX gives it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Element {
    Known(DataType),
    Unknown(i64),
}

impl Element {
    /// From `TensorProto.DataType`.
    pub fn from_onnx(number: i64) -> Element {
        Element::Known(match number {
            1 => DataType::Fp32,
            2 => DataType::Uint8,
            3 => DataType::Int8,
            4 => DataType::Uint16,
            5 => DataType::Int16,
            6 => DataType::Int32,
            7 => DataType::Int64,
            8 => DataType::Bytes,
            9 => DataType::Bool,
            10 => DataType::Fp16,
            11 => DataType::Fp64,
            12 => DataType::Uint32,
            13 => DataType::Uint64,
            16 => DataType::Bf16,
            other => return Element::Unknown(other),
        })
    }

    pub fn words(self) -> String {
        match self {
            Element::Known(datatype) => datatype.word().to_owned(),
            Element::Unknown(0) => "an undeclared type".into(),
            Element::Unknown(14 | 15) => "complex numbers".into(),
            Element::Unknown(17..=20 | 24) => "8-bit floats".into(),
            Element::Unknown(21..=23) => "4-bit numbers".into(),
            Element::Unknown(number) => format!("ONNX type {number}"),
        }
    }
}

impl Type {
    pub fn words(&self) -> String {
        match self {
            Type::Tensor { element, .. } => format!("tensor of {}", element.words()),
            Type::Sequence(of) => match &**of {
                Type::Map { .. } => format!("sequence of {}", of.words().replacen("map", "maps", 1)),
                Type::Tensor { .. } => format!("sequence of {}", of.words().replacen("tensor", "tensors", 1)),
                _ => format!("sequence of {}", of.words()),
            },
            Type::Map { key, value } => match &**value {
                Type::Tensor { element, .. } => format!("map from {} to {}", key.words(), element.words()),
                other => format!("map from {} to {}", key.words(), other.words()),
            },
            Type::Optional(of) => format!("optional {}", of.words()),
            Type::Other => "a type that is neither tensor, sequence nor map".into(),
        }
    }

    /// Whether it is what ZipMap writes: a sequence of maps from classes (text or INT64) to FP32.
    pub fn is_class_scores(&self) -> bool {
        let Type::Sequence(of) = self else { return false };
        let Type::Map { key, value } = &**of else { return false };
        let Type::Tensor { element, .. } = &**value else { return false };
        matches!(key, Element::Known(DataType::Bytes | DataType::Int64)) && *element == Element::Known(DataType::Fp32)
    }
}

/// A named, typed input or output.
pub struct ValueInfo {
    pub name: String,
    pub kind: Type,
}

pub fn value_info(message: &[u8]) -> Result<ValueInfo, WireError> {
    let mut info = ValueInfo { name: String::new(), kind: Type::Other };
    for field in Fields::new(message) {
        match field? {
            (1, name) => info.name = name.text()?,
            (2, kind) => info.kind = type_proto(kind.bytes()?, 0)?,
            _ => {}
        }
    }
    Ok(info)
}

fn type_proto(message: &[u8], depth: u32) -> Result<Type, WireError> {
    if depth > MAX_TYPE_DEPTH {
        return Ok(Type::Other);
    }
    let mut kind = Type::Other;
    for field in Fields::new(message) {
        match field? {
            (1, tensor) => kind = tensor_type(tensor.bytes()?)?,
            (4, sequence) => kind = Type::Sequence(Box::new(inner(sequence.bytes()?, 1, depth)?)),
            (5, map) => {
                let map = map.bytes()?;
                let mut key = Element::Unknown(0);
                for field in Fields::new(map) {
                    if let (1, number) = field? {
                        key = Element::from_onnx(number.int()?);
                    }
                }
                kind = Type::Map { key, value: Box::new(inner(map, 2, depth)?) };
            }
            (9, optional) => kind = Type::Optional(Box::new(inner(optional.bytes()?, 1, depth)?)),
            _ => {}
        }
    }
    Ok(kind)
}

/// The type in field `number` of `message`.
fn inner(message: &[u8], number: u32, depth: u32) -> Result<Type, WireError> {
    let mut kind = Type::Other;
    for field in Fields::new(message) {
        let (at, value) = field?;
        if at == number {
            kind = type_proto(value.bytes()?, depth + 1)?;
        }
    }
    Ok(kind)
}

fn tensor_type(message: &[u8]) -> Result<Type, WireError> {
    let mut element = Element::Unknown(0);
    let mut shape = None;
    for field in Fields::new(message) {
        match field? {
            (1, number) => element = Element::from_onnx(number.int()?),
            (2, dims) => shape = Some(shape_proto(dims.bytes()?)?),
            _ => {}
        }
    }
    Ok(Type::Tensor { element, shape })
}

fn shape_proto(message: &[u8]) -> Result<Vec<i64>, WireError> {
    let mut shape = Vec::new();
    for field in Fields::new(message) {
        if let (1, dim) = field? {
            // A symbol, nothing at all, or a negative number: variable.
            let mut size = -1;
            for field in Fields::new(dim.bytes()?) {
                if let (1, value) = field? {
                    size = value.int()?.max(-1);
                }
            }
            shape.push(size);
            if shape.len() > 64 {
                return Err(WireError::Malformed);
            }
        }
    }
    Ok(shape)
}
