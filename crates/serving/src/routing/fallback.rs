//! Answers that no model gave, as the tensors that its callers expect: what a rule or a declared default says.

use crate::interpret::Label;
use crate::model::Named;
use crate::tensor::{Data, Tensor};
use contract::{Contract, DataType, TensorSpec};

/// What is said about one row, with the score of its class where there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Stated {
    pub label: Label,
    pub score: Option<f64>,
}

/// Outputs that say `label` for each of `rows` rows, with `score` for it (1 by default) where the contract has scores.
pub fn fixed(contract: &Contract, label: &str, score: Option<f64>, rows: usize) -> Result<Named, String> {
    stated(contract, &vec![Stated { label: Label::Class(label.to_owned()), score }; rows])
}

/// Outputs that say what is stated, one row each.
///
/// Outputs that are neither label nor score are left out: there is nothing true to put in them.
pub fn stated(contract: &Contract, rows: &[Stated]) -> Result<Named, String> {
    let mut outputs = Vec::new();
    let find = |name: &Option<String>| name.as_ref().and_then(|name| contract.outputs.iter().find(|spec| spec.name == *name));
    if let Some(spec) = find(&contract.label_output) {
        outputs.push((spec.name.clone(), labels(contract, spec, rows)?));
    }
    if let Some(spec) = find(&contract.score_output).filter(|_| !contract.classes.is_empty()) {
        outputs.push((spec.name.clone(), scores(contract, spec, rows)?));
    }
    if outputs.is_empty() {
        return Err("the contract names no output for an answer".into());
    }
    Ok(outputs)
}

fn labels(contract: &Contract, spec: &TensorSpec, rows: &[Stated]) -> Result<Tensor, String> {
    let number = |row: &Stated| match &row.label {
        Label::Value(value) => Ok(*value),
        Label::Class(class) => {
            let index = || contract.classes.iter().position(|known| known == class).map(|i| i as f64);
            let parsed = class.trim().parse::<f64>().ok().filter(|number| number.is_finite()).or_else(index);
            parsed.ok_or_else(|| format!("“{class}” is no number, as output “{}” needs", spec.name))
        }
    };
    let numbers = || rows.iter().map(number);
    let data = match spec.datatype {
        DataType::Bytes => Data::Bytes(rows.iter().map(|row| row.label.text().into_bytes()).collect()),
        DataType::Int64 => Data::I64(numbers().map(|n| n.map(|n| n.round() as i64)).collect::<Result<_, _>>()?),
        DataType::Int32 => Data::I32(numbers().map(|n| n.map(|n| n.round() as i32)).collect::<Result<_, _>>()?),
        DataType::Fp32 => Data::F32(numbers().map(|n| n.map(|n| n as f32)).collect::<Result<_, _>>()?),
        DataType::Fp64 => Data::F64(numbers().collect::<Result<_, _>>()?),
        DataType::Bool => Data::Bool(numbers().map(|n| n.map(|n| n != 0.0)).collect::<Result<_, _>>()?),
        other => return Err(format!("output “{}” of {other} cannot hold such an answer", spec.name)),
    };
    shaped(spec, rows.len(), 1, data)
}

fn scores(contract: &Contract, spec: &TensorSpec, rows: &[Stated]) -> Result<Tensor, String> {
    let classes = contract.classes.len();
    let single = classes == 2 && (spec.shape.len() < 2 || spec.shape.get(1) == Some(&1));
    let width = if single { 1 } else { classes };
    let mut all = Vec::with_capacity(rows.len() * width);
    for row in rows {
        let label = row.label.text();
        let at = contract
            .classes
            .iter()
            .position(|class| *class == label)
            .ok_or_else(|| format!("“{label}” is none of the classes"))?;
        let score = row.score.unwrap_or(1.0);
        if single {
            all.push(if contract.positive_index().unwrap_or(1) == at { score } else { 1.0 - score });
        } else {
            let others = (1.0 - score) / (classes.max(2) - 1) as f64;
            all.extend((0..classes).map(|i| if i == at { score } else { others }));
        }
    }
    let data = match spec.datatype {
        DataType::Fp32 => Data::F32(all.into_iter().map(|score| score as f32).collect()),
        DataType::Fp64 => Data::F64(all),
        other => return Err(format!("output “{}” of {other} cannot hold scores", spec.name)),
    };
    shaped(spec, rows.len(), width, data)
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

    #[test]
    fn each_row_says_its_own() {
        let said = |label: &str, score| Stated { label: Label::Class(label.into()), score };
        let outputs = stated(&columns(), &[said("no", Some(0.75)), said("yes", None)]).expect("it fits");
        let answers: Vec<_> = interpret(&columns(), &outputs)
            .expect("it fits")
            .into_iter()
            .map(|answer| (answer.label.text(), answer.score))
            .collect();
        assert_eq!(answers, [("no".to_owned(), Some(0.25)), ("yes".to_owned(), Some(1.0))]);
        let contract = Contract { task: contract::Task::Regression, classes: Vec::new(), score_output: None, ..columns() };
        let mut numbers = contract.clone();
        numbers.outputs[0].datatype = DataType::Fp32;
        let outputs = stated(&numbers, &[Stated { label: Label::Value(2.5), score: None }]).expect("it fits");
        assert_eq!(outputs[0].1.data(), &Data::F32(vec![2.5]));
    }
}
