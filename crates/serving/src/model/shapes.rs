//! Whose mistake a failed run is. A file that leaves dimensions open may still take only some sizes of them, which nobody knows
//! before the run: sizes that have never worked are the caller's mistake, sizes that have are not.

use crate::tensor::Tensor;

/// The sizes that one session is known to take.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    /// Inputs with an open dimension: name, and whether one behind the first is open (or all of them, undeclared).
    open: Vec<(String, bool)>,
    /// What came behind the first dimension in the last run that ended well, for each input that is open there.
    worked: Vec<Vec<usize>>,
}

impl Shapes {
    /// From the declared shapes; -1 is open, and no dimension at all is a scalar or undeclared.
    pub fn new<'d>(declared: impl IntoIterator<Item = (&'d str, &'d [i64])>) -> Self {
        let open = declared.into_iter().filter(|(_, dims)| dims.is_empty() || dims.contains(&-1));
        Self {
            open: open.map(|(name, dims)| (name.to_owned(), dims.is_empty() || dims[1..].contains(&-1))).collect(),
            worked: Vec::new(),
        }
    }

    /// A run with these inputs ended well.
    pub fn worked(&mut self, inputs: &[(String, Tensor)]) {
        let mut at = 0;
        for (name, inner) in &self.open {
            let Some(tensor) = inner.then(|| find(inputs, name)).flatten() else { continue };
            let sizes = behind(tensor);
            match self.worked.get_mut(at) {
                Some(known) if known == sizes => {}
                Some(known) => sizes.clone_into(known),
                None => self.worked.push(sizes.to_vec()),
            }
            at += 1;
        }
    }

    /// The input whose sizes a failed run may be put down to: it holds nothing, or its sizes behind the first are new.
    pub fn suspect<'i>(&self, inputs: &'i [(String, Tensor)]) -> Option<&'i (String, Tensor)> {
        let mut known = self.worked.iter();
        for (name, inner) in &self.open {
            let Some(input) = inputs.iter().find(|(input, _)| input == name) else { continue };
            let new = *inner && known.next().is_none_or(|known| known != behind(&input.1));
            if new || input.1.data().is_empty() {
                return Some(input);
            }
        }
        None
    }
}

fn find<'i>(inputs: &'i [(String, Tensor)], name: &str) -> Option<&'i Tensor> {
    inputs.iter().find(|(input, _)| input == name).map(|(_, tensor)| tensor)
}

fn behind(tensor: &Tensor) -> &[usize] {
    tensor.shape().get(1..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::Data;

    fn inputs(shape: &[usize]) -> Vec<(String, Tensor)> {
        let n = shape.iter().product();
        vec![("x".into(), Tensor::new(shape, Data::F32(vec![0.0; n])).expect("shape"))]
    }

    #[test]
    fn new_sizes_and_nothing_at_all_are_the_callers() {
        for (declared, before, now, suspected) in [
            (&[-1, -1][..], None, &[1, 2][..], true),
            (&[-1, -1], Some([4, 3]), &[1, 2], true),
            (&[-1, -1], Some([4, 3]), &[9, 3], false),
            (&[-1, 3], None, &[9, 3], false),
            (&[-1, 3], Some([4, 3]), &[0, 3], true),
            (&[2, 3], None, &[2, 3], false),
            (&[], Some([4, 3]), &[4, 2], true),
            (&[], Some([4, 3]), &[4, 3], false),
        ] {
            let mut shapes = Shapes::new([("x", declared)]);
            if let Some(before) = before {
                shapes.worked(&inputs(&before));
            }
            assert_eq!(shapes.suspect(&inputs(now)).is_some(), suspected, "{declared:?} {before:?} {now:?}");
        }
    }

    #[test]
    fn each_input_is_looked_at_by_itself() {
        let pair = |x: &[usize], y: &[usize]| vec![inputs(x).remove(0), ("y".to_owned(), inputs(y).remove(0).1)];
        let mut shapes = Shapes::new([("x", &[-1, -1][..]), ("y", &[-1, -1])]);
        shapes.worked(&pair(&[1, 3], &[1, 5]));
        assert_eq!(shapes.suspect(&pair(&[1, 3], &[1, 4])).map(|(name, _)| name.as_str()), Some("y"));
        assert_eq!(shapes.suspect(&pair(&[2, 3], &[2, 5])), None);
    }
}
