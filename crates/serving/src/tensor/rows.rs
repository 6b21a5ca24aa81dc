//! Putting rows of several tensors together along the first dimension, and taking them apart again.

use super::{Data, Tensor, each};
use std::ops::Range;

impl Tensor {
    /// Rows `range` of the first dimension, clipped to what is there. A scalar has no rows and comes back whole.
    pub fn slice(&self, range: Range<usize>) -> Tensor {
        let Some((&rows, rest)) = self.shape.split_first() else { return self.clone() };
        let (start, end) = (range.start.min(rows), range.end.min(rows).max(range.start.min(rows)));
        let len = self.row_len();
        let mut shape = vec![end - start];
        shape.extend_from_slice(rest);
        let at = start * len..end * len;
        Tensor { shape, data: slice_data(&self.data, at) }
    }

    /// Whether rows of both can stand in one tensor: the same type and the same shape behind the first dimension.
    pub fn fits(&self, other: &Tensor) -> bool {
        self.datatype() == other.datatype()
            && !self.shape.is_empty()
            && self.shape.len() == other.shape.len()
            && self.shape.get(1..) == other.shape.get(1..)
    }
}

fn slice_data(data: &Data, at: Range<usize>) -> Data {
    macro_rules! cut {
        ($($kind:ident),+) => {
            match data {
                $(Data::$kind(values) => Data::$kind(values.get(at).unwrap_or_default().to_vec()),)+
            }
        };
    }
    cut!(Bool, U8, U16, U32, U64, I8, I16, I32, I64, F16, Bf16, F32, F64, Bytes)
}

/// The rows of all `parts`, one after the other. `None` if there are none or they do not fit together.
pub fn concat(parts: &[&Tensor]) -> Option<Tensor> {
    let first = *parts.first()?;
    if parts.len() == 1 {
        return Some(first.clone());
    }
    if !parts.iter().all(|part| first.fits(part)) {
        return None;
    }
    let rows = parts.iter().map(|part| part.rows()).sum();
    let mut data = first.data.clone();
    let more: usize = parts[1..].iter().map(|part| part.data.len()).sum();
    each!(&mut data, values => values.reserve_exact(more));
    for part in &parts[1..] {
        append(&mut data, &part.data);
    }
    let mut shape = first.shape.clone();
    shape[0] = rows;
    Some(Tensor { shape, data })
}

/// `more` after `data`; both are of one type, which [`concat`] has made sure of.
fn append(data: &mut Data, more: &Data) {
    macro_rules! extend {
        ($($kind:ident),+) => {
            match (data, more) {
                $((Data::$kind(values), Data::$kind(more)) => values.extend_from_slice(more),)+
                _ => {}
            }
        };
    }
    extend!(Bool, U8, U16, U32, U64, I8, I16, I32, I64, F16, Bf16, F32, F64, Bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: usize, columns: usize, from: f32) -> Tensor {
        Tensor::new([rows, columns], Data::F32((0..rows * columns).map(|i| from + i as f32).collect())).expect("shape")
    }

    #[test]
    fn what_is_put_together_comes_apart_again() {
        let (a, b) = (matrix(2, 3, 0.0), matrix(1, 3, 100.0));
        let both = concat(&[&a, &b]).expect("they fit");
        assert_eq!(both.shape(), [3, 3]);
        assert_eq!(both.slice(0..2), a);
        assert_eq!(both.slice(2..3), b);
        assert_eq!(both.slice(2..9), b, "clipped");
        assert_eq!(both.slice(7..9).shape(), [0, 3]);
    }

    #[test]
    fn what_does_not_fit_is_not_put_together() {
        let text = Tensor::strings(["a"]);
        assert_eq!(concat(&[&matrix(1, 3, 0.0), &matrix(1, 4, 0.0)]), None);
        assert_eq!(concat(&[&text, &Tensor::vector(Data::I64(vec![1]))]), None);
        assert_eq!(concat(&[]), None);
        assert_eq!(concat(&[&text, &text]).map(|t| t.rows()), Some(2));
        let scalar = Tensor::new([], Data::I64(vec![1])).expect("a scalar has one value");
        assert_eq!(concat(&[&scalar, &scalar]), None, "scalars have no rows");
    }
}
