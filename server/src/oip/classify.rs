//! The `classification` output parameter: the top classes as texts `value:index[:label]` instead of the scores.

use serving::tensor::{Data, Tensor};

/// The `top` largest elements of each row; ties go to the lower index. `labels` are used if there is one per class.
///
/// A tensor `[n, classes]` becomes BYTES `[n, top]`, a tensor `[classes]` becomes `[top]`.
pub fn classify(tensor: &Tensor, top: usize, labels: &[String]) -> Result<Tensor, String> {
    let (rows, classes) = match tensor.shape() {
        [classes] => (1, *classes),
        [rows, classes @ ..] if !classes.is_empty() => (*rows, classes.iter().product()),
        _ => return Err("classification needs at least one dimension".into()),
    };
    let top = top.min(classes);
    let mut texts: Vec<Vec<u8>> = Vec::with_capacity(rows.saturating_mul(top));
    macro_rules! rank {
        ($values:expr) => {{
            for row in $values.chunks(classes.max(1)).take(rows) {
                let mut order: Vec<usize> = (0..row.len()).collect();
                // What is no number goes last, in the order of the classes: sorting needs a total order.
                let is_nan = |at: usize| row[at].partial_cmp(&row[at]).is_none();
                order.sort_by(|&a, &b| row[b].partial_cmp(&row[a]).unwrap_or_else(|| is_nan(a).cmp(&is_nan(b))));
                texts.extend(order.into_iter().take(top).map(|index| line(&row[index].to_string(), index, classes, labels)));
            }
        }};
    }
    match tensor.data() {
        Data::U8(values) => rank!(values),
        Data::U16(values) => rank!(values),
        Data::U32(values) => rank!(values),
        Data::U64(values) => rank!(values),
        Data::I8(values) => rank!(values),
        Data::I16(values) => rank!(values),
        Data::I32(values) => rank!(values),
        Data::I64(values) => rank!(values),
        Data::F16(values) => rank!(values),
        Data::Bf16(values) => rank!(values),
        Data::F32(values) => rank!(values),
        Data::F64(values) => rank!(values),
        Data::Bool(_) | Data::Bytes(_) => return Err(format!("{} has no order to classify by", tensor.datatype())),
    }
    let shape = if tensor.shape().len() == 1 { vec![top] } else { vec![rows, top] };
    Tensor::new(shape, Data::Bytes(texts)).map_err(|e| e.to_string())
}

fn line(value: &str, index: usize, classes: usize, labels: &[String]) -> Vec<u8> {
    match labels.get(index).filter(|_| labels.len() == classes) {
        Some(label) => format!("{value}:{index}:{label}"),
        None => format!("{value}:{index}"),
    }
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_classes_of_each_row() {
        let scores = Tensor::new([2, 3], Data::F32(vec![0.1, 0.7, 0.2, 0.5, 0.25, 0.25])).unwrap();
        let labels = ["a", "b", "c"].map(String::from);
        for (top, labels, expected) in [
            (2, &labels[..], vec!["0.7:1:b", "0.2:2:c", "0.5:0:a", "0.25:1:b"]),
            (1, &[][..], vec!["0.7:1", "0.5:0"]),
            (9, &labels[..2], vec!["0.7:1", "0.2:2", "0.1:0", "0.5:0", "0.25:1", "0.25:2"]),
        ] {
            let classes = classify(&scores, top, labels).unwrap();
            assert_eq!(classes.shape(), [2, top.min(3)]);
            assert_eq!(classes.data(), Tensor::strings(expected).data());
        }
        let strange: Vec<f32> = (0..60).map(|i| if i % 3 == 1 { f32::NAN } else { (i * 37 % 60) as f32 }).collect();
        let ranked = classify(&Tensor::new([1, 60], Data::F32(strange)).unwrap(), 60, &[]).unwrap();
        let Data::Bytes(lines) = ranked.data() else { panic!("texts") };
        let numbers: Vec<f32> =
            lines.iter().map(|line| String::from_utf8_lossy(line).split(':').next().unwrap().parse().unwrap()).collect();
        assert!(numbers[..40].is_sorted_by(|a, b| a >= b) && numbers[40..].iter().all(|x| x.is_nan()), "{numbers:?}");
        assert!(classify(&Tensor::strings(["x"]), 1, &[]).is_err());
    }
}
