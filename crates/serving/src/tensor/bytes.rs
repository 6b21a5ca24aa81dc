//! Tensors as raw little-endian bytes, as the protocol's binary extension sends them. Text is a u32 length and the bytes.

use super::{Data, Tensor, elements};
use contract::DataType;
use half::{bf16, f16};

/// Bytes that do not hold the tensor that they should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ByteError {
    #[error("{expected} bytes were expected for shape {shape:?} of {datatype}, and {got} came")]
    Length { datatype: DataType, shape: Vec<usize>, expected: String, got: usize },
    #[error("the text values end in the middle of value {element}")]
    Cut { element: usize },
    #[error("{expected} text values were expected, and {got} came")]
    Count { expected: usize, got: usize },
}

impl Tensor {
    pub fn from_le_bytes(datatype: DataType, shape: impl Into<Vec<usize>>, bytes: &[u8]) -> Result<Tensor, ByteError> {
        let shape = shape.into();
        let Some(size) = datatype.size() else { return text(shape, bytes) };
        let expected = elements(&shape).and_then(|n| n.checked_mul(size));
        if expected != Some(bytes.len()) {
            let expected = expected.map_or_else(|| "far too many".to_owned(), |n| n.to_string());
            return Err(ByteError::Length { datatype, shape, expected, got: bytes.len() });
        }
        macro_rules! numbers {
            ($kind:ident, $number:ty) => {
                Data::$kind(
                    bytes
                        .chunks_exact(size_of::<$number>())
                        .map(|chunk| {
                            let mut one = [0; size_of::<$number>()];
                            one.copy_from_slice(chunk);
                            <$number>::from_le_bytes(one)
                        })
                        .collect(),
                )
            };
        }
        let data = match datatype {
            DataType::Bool => Data::Bool(bytes.iter().map(|&byte| byte != 0).collect()),
            DataType::Uint8 => Data::U8(bytes.to_vec()),
            DataType::Uint16 => numbers!(U16, u16),
            DataType::Uint32 => numbers!(U32, u32),
            DataType::Uint64 => numbers!(U64, u64),
            DataType::Int8 => numbers!(I8, i8),
            DataType::Int16 => numbers!(I16, i16),
            DataType::Int32 => numbers!(I32, i32),
            DataType::Int64 => numbers!(I64, i64),
            DataType::Fp16 => numbers!(F16, f16),
            DataType::Bf16 => numbers!(Bf16, bf16),
            DataType::Fp32 => numbers!(F32, f32),
            DataType::Fp64 => numbers!(F64, f64),
            DataType::Bytes => return text(shape, bytes),
        };
        Ok(Tensor { shape, data })
    }

    pub fn to_le_bytes(&self) -> Vec<u8> {
        macro_rules! numbers {
            ($values:expr) => {{
                let mut out = Vec::with_capacity(size_of_val($values.as_slice()));
                for value in $values {
                    out.extend_from_slice(&value.to_le_bytes());
                }
                out
            }};
        }
        match &self.data {
            Data::Bool(values) => values.iter().map(|&value| u8::from(value)).collect(),
            Data::U8(values) => values.clone(),
            Data::U16(values) => numbers!(values),
            Data::U32(values) => numbers!(values),
            Data::U64(values) => numbers!(values),
            Data::I8(values) => numbers!(values),
            Data::I16(values) => numbers!(values),
            Data::I32(values) => numbers!(values),
            Data::I64(values) => numbers!(values),
            Data::F16(values) => numbers!(values),
            Data::Bf16(values) => numbers!(values),
            Data::F32(values) => numbers!(values),
            Data::F64(values) => numbers!(values),
            Data::Bytes(values) => {
                let mut out = Vec::with_capacity(values.iter().map(|value| value.len() + 4).sum());
                for value in values {
                    // Bodies are far below 4 GiB; a longer value could not have come in.
                    out.extend_from_slice(&u32::try_from(value.len()).unwrap_or(u32::MAX).to_le_bytes());
                    out.extend_from_slice(value);
                }
                out
            }
        }
    }
}

fn text(shape: Vec<usize>, bytes: &[u8]) -> Result<Tensor, ByteError> {
    let expected = elements(&shape).unwrap_or(usize::MAX);
    let mut values = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let cut = ByteError::Cut { element: values.len() };
        let Some((length, after)) = rest.split_first_chunk::<4>() else { return Err(cut) };
        let length = u32::from_le_bytes(*length) as usize;
        if length > after.len() {
            return Err(cut);
        }
        if values.len() == expected {
            return Err(ByteError::Count { expected, got: expected + 1 });
        }
        let (value, after) = after.split_at(length);
        values.push(value.to_vec());
        rest = after;
    }
    if values.len() != expected {
        return Err(ByteError::Count { expected, got: values.len() });
    }
    Ok(Tensor { shape, data: Data::Bytes(values) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_type_survives_the_way_out_and_back() {
        for datatype in DataType::ALL {
            let size = datatype.size().unwrap_or(8);
            let mut bytes: Vec<u8> = (0..(6 * size) as u8).collect();
            match datatype {
                DataType::Bool => bytes = vec![0, 1, 1, 0, 1, 0],
                DataType::Bytes => bytes = (0..6u8).flat_map(|i| [4, 0, 0, 0, b'a' + i, 0xff, 0, b'z']).collect(),
                _ => {}
            }
            let tensor = Tensor::from_le_bytes(datatype, [2, 3], &bytes).unwrap_or_else(|error| panic!("{datatype}: {error}"));
            assert_eq!((tensor.datatype(), tensor.shape(), tensor.to_le_bytes()), (datatype, &[2, 3][..], bytes));
        }
    }

    #[test]
    fn wrong_lengths_are_named() {
        let error = |datatype, shape: &[usize], bytes: &[u8]| {
            Tensor::from_le_bytes(datatype, shape, bytes).expect_err("refused").to_string()
        };
        assert_eq!(error(DataType::Fp32, &[2], &[0; 7]), "8 bytes were expected for shape [2] of FP32, and 7 came");
        assert_eq!(error(DataType::Bytes, &[2], &[1, 0, 0, 0, b'a']), "2 text values were expected, and 1 came");
        assert_eq!(error(DataType::Bytes, &[1], &[9, 0, 0, 0, b'a']), "the text values end in the middle of value 0");
        assert!(error(DataType::Fp32, &[usize::MAX, 2], &[]).contains("far too many"));
        assert!(Tensor::from_le_bytes(DataType::Fp32, [0, 4], &[]).is_ok(), "an empty batch has no bytes");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64), dims in prop::collection::vec(0usize..5, 0..4), kind in 0usize..14) {
            if let Ok(tensor) = Tensor::from_le_bytes(DataType::ALL[kind], dims.clone(), &bytes) {
                prop_assert_eq!(Some(tensor.data().len()), elements(&dims));
                if DataType::ALL[kind] != DataType::Bool {
                    prop_assert_eq!(tensor.to_le_bytes(), bytes);
                }
            }
        }
    }
}
