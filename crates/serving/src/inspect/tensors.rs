//! Stored tensors (`TensorProto`): the data must be in the file, and as long as the shape says.

use super::wire::{self, Fields, Wire};
use super::{Reason, Rejected, model::broken};

/// What a stored tensor declares and holds.
#[derive(Default)]
struct Stored<'a> {
    name: String,
    dims: Vec<i64>,
    data_type: i64,
    /// Bytes of `raw_data`, if that field is there.
    raw: Option<u64>,
    /// Elements in the typed fields.
    typed: u64,
    external: bool,
    location: Option<String>,
    entries: Vec<&'a [u8]>,
}

/// Checks one stored tensor and returns how many elements it has.
pub fn check(message: &[u8]) -> Result<u64, Rejected> {
    let stored = read(message).map_err(broken)?;
    let name = if stored.name.is_empty() {
        "a stored tensor".to_owned()
    } else {
        format!("The stored tensor “{}”", short(&stored.name))
    };
    if stored.external {
        let path = stored.location.as_deref().map_or_else(|| "another file".to_owned(), |path| format!("“{}”", short(path)));
        return Err(Rejected::new(
            Reason::ExternalData,
            format!(
                "{name} keeps its data outside of the file, in {path}. Save the model as one file (onnx.save_model with save_as_external_data=False)."
            ),
        ));
    }
    let bad =
        |what: String| Err(Rejected::new(Reason::BadTensor, format!("{name} {what}. The file is damaged, or was made to be.")));
    let mut elements = 1u64;
    for &dim in &stored.dims {
        let Ok(dim) = u64::try_from(dim) else { return bad(format!("declares a dimension of {dim}")) };
        match elements.checked_mul(dim) {
            Some(product) => elements = product,
            None => return bad(format!("declares the shape {:?}, more elements than a number can hold", stored.dims)),
        }
    }
    let has = match stored.raw {
        Some(bytes) => {
            let Some(bits) = bits(stored.data_type) else {
                // A type that we do not know: at least one bit an element.
                return if elements > bytes.saturating_mul(8) {
                    bad(format!("declares {elements} elements and holds {bytes} bytes"))
                } else {
                    Ok(elements)
                };
            };
            let Some(wanted) = elements.checked_mul(bits).map(|bits| bits.div_ceil(8)) else {
                return bad(format!("declares {elements} elements and holds {bytes} bytes"));
            };
            if wanted != bytes {
                return bad(format!("declares {elements} elements, which take {wanted} bytes, and holds {bytes} bytes"));
            }
            return Ok(elements);
        }
        // Two 4-bit numbers share an int32, a complex number takes two floats.
        None => match stored.data_type {
            21..=23 => stored.typed.saturating_mul(2).min(elements.max(stored.typed)),
            14 | 15 => stored.typed / 2,
            _ => stored.typed,
        },
    };
    if has != elements {
        return bad(format!("declares {elements} elements and holds {has}"));
    }
    Ok(elements)
}

fn read(message: &[u8]) -> Result<Stored<'_>, wire::WireError> {
    let mut stored = Stored::default();
    for field in Fields::new(message) {
        match field? {
            (1, dims) => {
                stored.dims.extend(wire::ints(dims)?);
                if stored.dims.len() > 64 {
                    return Err(wire::WireError::Malformed);
                }
            }
            (2, number) => stored.data_type = number.int()?,
            (4, floats) => stored.typed += wire::count(floats, Some(4)),
            (5, ints) | (7, ints) | (11, ints) => stored.typed += wire::count(ints, None),
            (6, Wire::Bytes(_)) => stored.typed += 1,
            (8, name) => stored.name = name.text()?,
            (9, raw) => stored.raw = Some(raw.bytes()?.len() as u64),
            (10, doubles) => stored.typed += wire::count(doubles, Some(8)),
            (13, entry) => {
                stored.external = true;
                stored.entries.push(entry.bytes()?);
            }
            (14, location) => stored.external |= location.int()? == 1,
            _ => {}
        }
    }
    for entry in std::mem::take(&mut stored.entries) {
        let (mut key, mut value) = (&b""[..], String::new());
        for field in Fields::new(entry) {
            match field? {
                (1, text) => key = text.bytes()?,
                (2, text) => value = text.text()?,
                _ => {}
            }
        }
        if key == b"location" {
            stored.location = Some(value);
        }
    }
    Ok(stored)
}

/// Bits of one element in `raw_data`, by `TensorProto.DataType`.
fn bits(data_type: i64) -> Option<u64> {
    Some(match data_type {
        2 | 3 | 9 | 17..=20 | 24 => 8,
        4 | 5 | 10 | 16 => 16,
        1 | 6 | 12 => 32,
        7 | 11 | 13 | 14 => 64,
        15 => 128,
        21..=23 => 4,
        _ => return None,
    })
}

/// A name from the file, cut to what fits into a sentence.
pub fn short(name: &str) -> String {
    let mut cut: String = name.chars().take(80).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if name.chars().count() > 80 {
        cut.push('…');
    }
    cut
}
