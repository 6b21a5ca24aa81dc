//! The fixed answer that a deployment may declare for when nothing else can answer, as the tensors that its callers expect.

use crate::model::Named;
use crate::tensor::{Data, Tensor};
use contract::{Contract, DataType, TensorSpec};

/// Outputs that say `label` for each of `rows` rows, with `score` for it (1 by default) where the contract has scores.
///
/// Outputs that are neither label nor score are left out: there is nothing true to put in them.
pub fn fixed(contract: &Contract, label: &str, score: Option<f64>, rows: usize) -> Result<Named, String> {
    let mut outputs = Vec::new();
    let find = |name: &Option<String>| name.as_ref().and_then(|name| contract.outputs.iter().find(|spec| spec.name == *name));
    if let Some(spec) = find(&contract.label_output) {
        outputs.push((spec.name.clone(), labels(contract, spec, label, rows)?));
    }
    if let Some(spec) = find(&contract.score_output).filter(|_| !contract.classes.is_empty()) {
        outputs.push((spec.name.clone(), scores(contract, spec, label, score.unwrap_or(1.0), rows)?));
    }
    if outputs.is_empty() {
        return Err("the contract names no output for a default answer".into());
    }
    Ok(outputs)
}

fn labels(contract: &Contract, spec: &TensorSpec, label: &str, rows: usize) -> Result<Tensor, String> {
    let index = || contract.classes.iter().position(|class| class == label).map(|i| i as f64);
    let number = || label.trim().parse::<f64>().ok().or_else(index).ok_or_else(|| format!("the default “{label}” is no number, as output “{}” needs", spec.name));
    let data = match spec.datatype {
        DataType::Bytes => Data::Bytes(vec![label.as_bytes().to_vec(); rows]),
        DataType::Int64 => Data::I64(vec![number()? as i64; rows]),
        DataType::Int32 => Data::I32(vec![number()? as i32; rows]),
        DataType::Fp32 => Data::F32(vec![number()? as f32; rows]),
        DataType::Fp64 => Data::F64(vec![number()?; rows]),
        DataType::Bool => Data::Bool(vec![number()? != 0.0; rows]),
        other => return Err(format!("output “{}” of {other} cannot hold a default", spec.name)),
    };
    shaped(spec, rows, 1, data)
}

fn scores(contract: &Contract, spec: &TensorSpec, label: &str, score: f64, rows: usize) -> Result<Tensor, String> {
    let classes = contract.classes.len();
    let at = contract.classes.iter().position(|class| class == label).ok_or_else(|| format!("the default “{label}” is none of the classes"))?;
    let single = classes == 2 && (spec.shape.len() < 2 || spec.shape.get(1) == Some(&1));
    let row: Vec<f64> = if single {
        vec![if contract.positive_index().unwrap_or(1) == at { score } else { 1.0 - score }]
    } else {
        let others = (1.0 - score) / (classes.max(2) - 1) as f64;
        (0..classes).map(|i| if i == at { score } else { others }).collect()
    };
    let width = row.len();
    let all = row.into_iter().cycle().take(rows * width);
    let data = match spec.datatype {
        DataType::Fp32 => Data::F32(all.map(|score| score as f32).collect()),
        DataType::Fp64 => Data::F64(all.collect()),
        other => return Err(format!("output “{}” of {other} cannot hold scores", spec.name)),
    };
    shaped(spec, rows, width, data)
}

fn shaped(spec: &TensorSpec, rows: usize, width: usize, data: Data) -> Result<Tensor, String> {
    let shape = if spec.shape.len() >= 2 || width > 1 { vec![rows, width] } else { vec![rows] };
    Tensor::new(shape, data).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interpret::interpret;
    use crate::records::testing::columns;

    #[test]
    fn a_default_reads_like_an_answer() {
        let outputs = fixed(&columns(), "no", Some(0.8), 2).expect("it fits");
        let answers = interpret(&columns(), &outputs).expect("it fits");
        assert_eq!(answers.len(), 2);
        assert_eq!(answers[1].label.text(), "no");
        assert!((answers[1].score.expect("a score") - 0.2).abs() < 1e-6, "the score is the positive class's");
    }

    #[test]
    fn a_default_that_no_output_can_hold_is_refused() {
        assert!(fixed(&columns(), "maybe", None, 1).is_err());
        let mut contract = columns();
        contract.outputs[0].datatype = DataType::Int64;
        let outputs = fixed(&contract, "yes", None, 1).expect("a class's index");
        assert_eq!(outputs[0].1.data(), &Data::I64(vec![1]));
    }
}
