//! Elements of tensors as JSON: how each type is read and written. (As bytes, a tensor knows itself.)

use super::flatten::{Token, flatten};
use contract::DataType;
use serving::tensor::Data;
use std::io::Write;
use std::str::FromStr;

/// Reads `data` (valid JSON text) as elements of `datatype`; also the lengths of its nested arrays.
pub fn from_json(datatype: DataType, text: &str, expected: usize) -> Result<(Data, Vec<usize>), String> {
    // The shape is the caller's word: reserve no more than the text can hold (an element and its comma are two bytes).
    let room = expected.min(text.len() / 2 + 1);
    macro_rules! gather {
        ($variant:ident, $type:ty, $parse:expr) => {{
            let mut values: Vec<$type> = Vec::with_capacity(room);
            let dims = flatten(text, |token| {
                values.push($parse(token)?);
                Ok(())
            })?;
            Ok((Data::$variant(values), dims))
        }};
    }
    match datatype {
        DataType::Bool => gather!(Bool, bool, boolean),
        DataType::Uint8 => gather!(U8, u8, integer::<u8>),
        DataType::Uint16 => gather!(U16, u16, integer::<u16>),
        DataType::Uint32 => gather!(U32, u32, integer::<u32>),
        DataType::Uint64 => gather!(U64, u64, integer::<u64>),
        DataType::Int8 => gather!(I8, i8, integer::<i8>),
        DataType::Int16 => gather!(I16, i16, integer::<i16>),
        DataType::Int32 => gather!(I32, i32, integer::<i32>),
        DataType::Int64 => gather!(I64, i64, integer::<i64>),
        DataType::Fp32 => gather!(F32, f32, float32),
        DataType::Fp64 => gather!(F64, f64, float64),
        DataType::Bytes => gather!(Bytes, Vec<u8>, string),
        DataType::Fp16 | DataType::Bf16 => Err(format!("{datatype} cannot be sent as JSON; use the binary data format")),
    }
}

fn boolean(token: Token<'_>) -> Result<bool, String> {
    match token {
        Token::Bool(value) => Ok(value),
        Token::Number("1") => Ok(true),
        Token::Number("0") => Ok(false),
        other => Err(format!("{other} is not a BOOL")),
    }
}

/// A whole number, also when it is written `2.0` or `1e3`; never rounded.
fn integer<T: FromStr + TryFrom<i64>>(token: Token<'_>) -> Result<T, String> {
    let Token::Number(text) = token else {
        return Err(format!("{token} is not a whole number"));
    };
    if let Ok(value) = text.parse() {
        return Ok(value);
    }
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match text.parse::<f64>() {
        Ok(float) if float.fract() == 0.0 && float.abs() <= EXACT && text.contains(['.', 'e', 'E']) => {
            T::try_from(float as i64).map_err(|_| format!("{token} is out of range"))
        }
        Ok(float) if float.fract() == 0.0 => Err(format!("{token} is out of range")),
        _ => Err(format!("{token} is not a whole number")),
    }
}

macro_rules! float {
    ($name:ident, $type:ty, $word:literal) => {
        /// A number; `null` is NaN, as numpy and serde_json write it.
        fn $name(token: Token<'_>) -> Result<$type, String> {
            match token {
                Token::Number(text) => match text.parse::<$type>() {
                    Ok(value) if value.is_finite() => Ok(value),
                    _ => Err(format!("{token} does not fit {}", $word)),
                },
                Token::Null => Ok(<$type>::NAN),
                other => Err(format!("{other} is not a number")),
            }
        }
    };
}
float!(float32, f32, "FP32");
float!(float64, f64, "FP64");

fn string(token: Token<'_>) -> Result<Vec<u8>, String> {
    match token {
        Token::Text(quoted) => match quoted.get(1..quoted.len().saturating_sub(1)) {
            Some(plain) if !plain.contains('\\') => Ok(plain.as_bytes().to_vec()),
            _ => serde_json::from_str::<String>(quoted)
                .map(String::into_bytes)
                .map_err(|_| "a text has an escape that is not valid".into()),
        },
        other => Err(format!("{other} is not a text")),
    }
}

/// Appends the elements as one flat JSON array. NaN and infinities become `null`.
pub fn to_json(data: &Data, out: &mut Vec<u8>) -> Result<(), String> {
    macro_rules! plain {
        ($values:expr) => {
            list(out, $values, |out, value| write!(out, "{value}").map_err(|e| e.to_string()))
        };
    }
    macro_rules! float {
        ($values:expr) => {
            list(out, $values, |out, value| serde_json::to_writer(out, value).map_err(|e| e.to_string()))
        };
    }
    match data {
        Data::Bool(values) => plain!(values),
        Data::U8(values) => plain!(values),
        Data::U16(values) => plain!(values),
        Data::U32(values) => plain!(values),
        Data::U64(values) => plain!(values),
        Data::I8(values) => plain!(values),
        Data::I16(values) => plain!(values),
        Data::I32(values) => plain!(values),
        Data::I64(values) => plain!(values),
        Data::F32(values) => float!(values),
        Data::F64(values) => float!(values),
        Data::Bytes(values) => list(out, values, |out, value| {
            let text = std::str::from_utf8(value)
                .map_err(|_| "it holds bytes that are not UTF-8; use the binary data format".to_owned())?;
            serde_json::to_writer(out, text).map_err(|e| e.to_string())
        }),
        Data::F16(_) | Data::Bf16(_) => Err("FP16 and BF16 cannot be sent as JSON; use the binary data format".into()),
    }
}

fn list<T>(out: &mut Vec<u8>, values: &[T], each: impl Fn(&mut Vec<u8>, &T) -> Result<(), String>) -> Result<(), String> {
    out.push(b'[');
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        each(out, value)?;
    }
    out.push(b']');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_read_as_its_type_says() {
        for (datatype, text, expected) in [
            (DataType::Bool, "[true,false,1,0]", Data::Bool(vec![true, false, true, false])),
            (DataType::Int64, "[1,-2,3.0,1e3,9223372036854775807]", Data::I64(vec![1, -2, 3, 1_000, i64::MAX])),
            (DataType::Uint64, "[18446744073709551615]", Data::U64(vec![u64::MAX])),
            (DataType::Uint8, "[[0],[255]]", Data::U8(vec![0, 255])),
            (DataType::Fp32, "[0.1,1,-2.5e-3]", Data::F32(vec![0.1, 1.0, -2.5e-3])),
            (DataType::Fp64, "[0.1]", Data::F64(vec![0.1])),
            (DataType::Bytes, r#"["a","ä\u00e4\n",""]"#, Data::Bytes(vec![b"a".to_vec(), "ää\n".into(), vec![]])),
        ] {
            assert_eq!(from_json(datatype, text, 4).map(|read| read.0), Ok(expected), "{text}");
        }
        let (Data::F32(missing), _) = from_json(DataType::Fp32, "[null]", 1).unwrap() else { panic!("not FP32") };
        assert!(missing[0].is_nan());
    }

    #[test]
    fn what_does_not_fit_is_refused_and_never_rounded() {
        for (datatype, text, part) in [
            (DataType::Int32, "[1.5]", "whole number"),
            (DataType::Uint8, "[256]", "out of range"),
            (DataType::Uint8, "[-1]", "out of range"),
            (DataType::Int64, "[9223372036854775808]", "out of range"),
            (DataType::Int64, "[null]", "whole number"),
            (DataType::Fp32, "[1e40]", "does not fit FP32"),
            (DataType::Fp32, "[\"1\"]", "not a number"),
            (DataType::Bytes, "[1]", "not a text"),
            (DataType::Bool, "[2]", "not a BOOL"),
            (DataType::Fp16, "[1]", "binary data format"),
            (DataType::Bf16, "[1]", "binary data format"),
        ] {
            let error = from_json(datatype, text, 1).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn json_is_written_shortest_and_nan_as_null() {
        for (data, expected) in [
            (Data::F32(vec![0.1, f32::NAN, 2.0]), "[0.1,null,2.0]"),
            (Data::Bytes(vec![b"a\"b".to_vec()]), r#"["a\"b"]"#),
            (Data::U64(vec![u64::MAX]), "[18446744073709551615]"),
            (Data::Bool(vec![]), "[]"),
        ] {
            let mut out = Vec::new();
            to_json(&data, &mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
        assert!(to_json(&Data::Bytes(vec![vec![0xff]]), &mut Vec::new()).unwrap_err().contains("UTF-8"));
    }
}
