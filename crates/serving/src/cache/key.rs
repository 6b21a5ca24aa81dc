//! What makes two requests the same: the version and the inputs, whole.

use crate::model::Named;
use crate::served::Served;
use crate::tensor::Data;
use half::{bf16, f16};
use sha2::{Digest, Sha256};

/// SHA-256: nobody finds two inputs with the same one, by chance or on purpose, so nobody gets another's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(pub(super) [u8; 32]);

/// The key of checked inputs, which are in the order that the model declares. Every NaN counts as the same one: what a missing
/// value looks like depends on the client. Zero and minus zero differ, as they may to a model.
pub fn key(served: &Served, inputs: &Named) -> Key {
    let mut hash = Sha256::new();
    let text = |hash: &mut Sha256, text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    };
    text(&mut hash, served.model.as_str());
    hash.update(served.version.0.to_le_bytes());
    for (name, tensor) in inputs {
        text(&mut hash, name);
        text(&mut hash, tensor.datatype().word());
        hash.update((tensor.shape().len() as u64).to_le_bytes());
        for dim in tensor.shape() {
            hash.update((*dim as u64).to_le_bytes());
        }
        values(&mut hash, tensor.data());
    }
    Key(hash.finalize().into())
}

/// Values per update: a hash takes longer strides better than single numbers.
const STRIDE: usize = 256;

fn values(hash: &mut Sha256, data: &Data) {
    macro_rules! numbers {
        ($values:expr, $canonical:expr) => {{
            let mut bytes = Vec::with_capacity(STRIDE * 8);
            for some in $values.chunks(STRIDE) {
                bytes.clear();
                some.iter().for_each(|value| bytes.extend_from_slice(&$canonical(*value).to_le_bytes()));
                hash.update(&bytes);
            }
        }};
    }
    match data {
        Data::Bool(values) => numbers!(values, u8::from),
        Data::U8(values) => hash.update(values),
        Data::U16(values) => numbers!(values, |v: u16| v),
        Data::U32(values) => numbers!(values, |v: u32| v),
        Data::U64(values) => numbers!(values, |v: u64| v),
        Data::I8(values) => numbers!(values, |v: i8| v),
        Data::I16(values) => numbers!(values, |v: i16| v),
        Data::I32(values) => numbers!(values, |v: i32| v),
        Data::I64(values) => numbers!(values, |v: i64| v),
        Data::F16(values) => numbers!(values, |v: f16| if v.is_nan() { f16::NAN } else { v }),
        Data::Bf16(values) => numbers!(values, |v: bf16| if v.is_nan() { bf16::NAN } else { v }),
        Data::F32(values) => numbers!(values, |v: f32| if v.is_nan() { f32::NAN } else { v }),
        Data::F64(values) => numbers!(values, |v: f64| if v.is_nan() { f64::NAN } else { v }),
        Data::Bytes(values) => {
            for value in values {
                hash.update((value.len() as u64).to_le_bytes());
                hash.update(value);
            }
        }
    }
}
