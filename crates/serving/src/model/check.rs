//! Whether a request's tensors are what a model declares. Messages name the input, what was expected and what came.

use super::job::Named;
use crate::tensor::{Data, Tensor};
use contract::TensorSpec;

/// What is wrong with a request's inputs: the caller's to mend.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadInput {
    /// The input or the feature that is wrong.
    pub field: String,
    pub message: String,
}

impl BadInput {
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// Checks names, types, shapes and that all batched inputs have the same number of rows; puts the inputs into the declared order.
///
/// `unranked` names inputs whose shape is not declared and so is not checked.
pub fn check(specs: &[TensorSpec], unranked: &[String], inputs: Named) -> Result<Named, BadInput> {
    // The usual case, everything there and in order, moves nothing.
    let ordered = inputs.len() == specs.len() && inputs.iter().zip(specs).all(|((name, _), spec)| *name == spec.name);
    let inputs = if ordered { inputs } else { order(specs, inputs)? };
    let mut rows: Option<(&str, usize)> = None;
    for ((name, tensor), spec) in inputs.iter().zip(specs) {
        fits(spec, tensor, unranked.contains(name))?;
        if spec.shape.first() == Some(&-1) {
            match rows {
                Some((first, n)) if n != tensor.rows() => {
                    return Err(BadInput::new(
                        name.as_str(),
                        format!(
                            "input “{name}” has {} rows, but input “{first}” has {n}: all inputs of a request have the same number",
                            tensor.rows()
                        ),
                    ));
                }
                _ => rows = Some((name, tensor.rows())),
            }
        }
    }
    Ok(inputs)
}

fn order(specs: &[TensorSpec], inputs: Named) -> Result<Named, BadInput> {
    let mut slots: Vec<Option<Tensor>> = specs.iter().map(|_| None).collect();
    for (name, tensor) in inputs {
        let Some(at) = specs.iter().position(|spec| spec.name == name) else {
            return Err(BadInput::new(name.as_str(), format!("there is no input “{name}”; expected {}", names(specs))));
        };
        if slots[at].replace(tensor).is_some() {
            return Err(BadInput::new(name.as_str(), format!("input “{name}” is there twice")));
        }
    }
    specs
        .iter()
        .zip(slots)
        .map(|(spec, slot)| match slot {
            Some(tensor) => Ok((spec.name.clone(), tensor)),
            None => Err(BadInput::new(
                spec.name.as_str(),
                format!("input “{}” is missing: expected {} of shape {}", spec.name, spec.datatype, shape(&spec.shape)),
            )),
        })
        .collect()
}

fn fits(spec: &TensorSpec, tensor: &Tensor, unranked: bool) -> Result<(), BadInput> {
    let name = &spec.name;
    if tensor.datatype() != spec.datatype {
        return Err(BadInput::new(
            name.as_str(),
            format!("input “{name}”: expected {}, got {}", spec.datatype, tensor.datatype()),
        ));
    }
    let same = tensor.shape().len() == spec.shape.len()
        && tensor.shape().iter().zip(&spec.shape).all(|(&got, &declared)| declared < 0 || usize::try_from(declared) == Ok(got));
    if !same && !unranked {
        return Err(BadInput::new(
            name.as_str(),
            format!("input “{name}”: expected shape {} (-1: any), got {:?}", shape(&spec.shape), tensor.shape()),
        ));
    }
    Ok(())
}

/// The smallest whole numbers: dividing them by -1 overflows, at which the processor stops the whole program.
///
/// For models that divide whole numbers. What such a model computes on the way is beyond this check.
pub(super) fn overflowing(inputs: &Named) -> Result<(), BadInput> {
    for (name, tensor) in inputs {
        let smallest = match tensor.data() {
            Data::I64(values) if values.contains(&i64::MIN) => i64::MIN,
            Data::I32(values) if values.contains(&i32::MIN) => i64::from(i32::MIN),
            _ => continue,
        };
        return Err(BadInput::new(name.as_str(), format!("input “{name}” holds {smallest}, which cannot be divided safely")));
    }
    Ok(())
}

fn shape(dims: &[i64]) -> String {
    format!("{dims:?}")
}

/// The declared names for a message, ten at most.
fn names(specs: &[TensorSpec]) -> String {
    let shown: Vec<String> = specs.iter().take(10).map(|spec| format!("“{}”", spec.name)).collect();
    let more = if specs.len() > 10 { format!(" and {} more", specs.len() - 10) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::DataType;

    fn specs() -> Vec<TensorSpec> {
        vec![
            TensorSpec { name: "age".into(), datatype: DataType::Fp32, shape: vec![-1, 1] },
            TensorSpec { name: "plan".into(), datatype: DataType::Bytes, shape: vec![-1, 1] },
        ]
    }

    fn age(rows: usize) -> (String, Tensor) {
        ("age".into(), Tensor::new([rows, 1], Data::F32(vec![1.0; rows])).expect("shape"))
    }

    fn plan(rows: usize) -> (String, Tensor) {
        ("plan".into(), Tensor::new([rows, 1], Data::Bytes(vec![b"gold".to_vec(); rows])).expect("shape"))
    }

    #[test]
    fn inputs_come_in_any_order() {
        let checked = check(&specs(), &[], vec![plan(2), age(2)]).expect("both are there");
        assert_eq!(checked, vec![age(2), plan(2)]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let double = ("age".to_owned(), Tensor::new([1, 1], Data::F64(vec![1.0])).expect("shape"));
        let flat = ("age".to_owned(), Tensor::vector(Data::F32(vec![1.0])));
        let wide = ("age".to_owned(), Tensor::new([1, 2], Data::F32(vec![1.0, 2.0])).expect("shape"));
        let cases: Vec<(Named, &str, &str)> = vec![
            (vec![age(1)], "plan", "input “plan” is missing: expected BYTES of shape [-1, 1]"),
            (vec![age(1), plan(1), ("sex".into(), age(1).1)], "sex", "there is no input “sex”; expected “age”, “plan”"),
            (vec![age(1), age(1), plan(1)], "age", "input “age” is there twice"),
            (vec![double, plan(1)], "age", "input “age”: expected FP32, got FP64"),
            (vec![flat, plan(1)], "age", "input “age”: expected shape [-1, 1] (-1: any), got [1]"),
            (vec![wide, plan(1)], "age", "input “age”: expected shape [-1, 1] (-1: any), got [1, 2]"),
            (
                vec![age(2), plan(3)],
                "plan",
                "input “plan” has 3 rows, but input “age” has 2: all inputs of a request have the same number",
            ),
        ];
        for (inputs, field, message) in cases {
            assert_eq!(check(&specs(), &[], inputs), Err(BadInput::new(field, message)));
        }
    }

    #[test]
    fn an_undeclared_shape_is_not_checked() {
        let specs = [TensorSpec { name: "x".into(), datatype: DataType::Fp32, shape: vec![] }];
        let x = ("x".to_owned(), Tensor::vector(Data::F32(vec![1.0, 2.0])));
        assert!(check(&specs, &["x".into()], vec![x.clone()]).is_ok());
        assert!(check(&specs, &[], vec![x]).is_err(), "an empty shape is a scalar");
    }
}
