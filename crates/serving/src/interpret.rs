//! A model's outputs as answers: a class or a value per row, with its scores. Holds exporters' quirks in one place.

use crate::tensor::{Data, Tensor, number_text};
use contract::{Contract, Task};

/// What a model says about one row.
#[derive(Clone, Debug, PartialEq)]
pub enum Label {
    Class(String),
    /// Regression.
    Value(f64),
}

impl Label {
    /// The class, or the value as people write it.
    pub fn text(&self) -> String {
        match self {
            Label::Class(class) => class.clone(),
            Label::Value(value) => number_text(*value),
        }
    }

    /// The value of a regression.
    pub fn value(&self) -> Option<f64> {
        match self {
            Label::Value(value) => Some(*value),
            Label::Class(_) => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct RowAnswer {
    pub label: Label,
    /// Score of the positive class where the contract names one, else of the predicted class. `None` without scores.
    pub score: Option<f64>,
    /// One per class, in the contract's order; empty without scores.
    pub scores: Vec<f64>,
    /// Every number in it is finite. An answer that is not is a failure of the model.
    pub valid: bool,
}

/// One answer per row. `Err` says what about the outputs does not fit the contract.
///
/// Labels may be `[n]` or `[n, 1]`, text or whole numbers, or missing (then the largest score decides); scores may be
/// `[n, classes]`, or `[n]` or `[n, 1]` with the score of the positive class alone.
pub fn interpret(contract: &Contract, outputs: &[(String, Tensor)]) -> Result<Vec<RowAnswer>, String> {
    let find = |name: &Option<String>| {
        name.as_ref().and_then(|name| outputs.iter().find(|(output, _)| output == name)).map(|(_, tensor)| tensor)
    };
    let (label, score) = (find(&contract.label_output), find(&contract.score_output));
    if contract.task == Task::Regression {
        let values = label.or(score).ok_or("the outputs do not hold the one that the contract names")?;
        return values_of(values);
    }
    match (label, score) {
        (_, Some(score)) => classes(contract, label, score),
        (Some(label), None) => Ok((0..label.data().len())
            .map(|row| RowAnswer {
                label: Label::Class(class_name(contract, label.data(), row)),
                score: None,
                scores: Vec::new(),
                valid: finite(label.data().number(row)),
            })
            .collect()),
        (None, None) => Err("the outputs hold neither the label nor the scores that the contract names".into()),
    }
}

/// Whether all answers are finite: a cheap look at the tensors that the contract names.
pub fn is_finite(contract: &Contract, outputs: &[(String, Tensor)]) -> bool {
    let named = [&contract.label_output, &contract.score_output];
    !outputs
        .iter()
        .any(|(name, tensor)| named.iter().any(|named| named.as_deref() == Some(name)) && tensor.data().has_non_finite())
}

fn finite(number: Option<f64>) -> bool {
    number.is_none_or(f64::is_finite)
}

fn values_of(values: &Tensor) -> Result<Vec<RowAnswer>, String> {
    let width = values.row_len().max(1);
    (0..values.data().len() / width)
        .map(|row| {
            let value = values.data().number(row * width).ok_or("the predicted value is text")?;
            Ok(RowAnswer { label: Label::Value(value), score: None, scores: Vec::new(), valid: value.is_finite() })
        })
        .collect()
}

fn classes(contract: &Contract, label: Option<&Tensor>, score: &Tensor) -> Result<Vec<RowAnswer>, String> {
    let data = score.data();
    // `[n]` holds one score a row, as `[n, 1]` does; a scalar is one row.
    let rows = if score.shape().is_empty() { 1 } else { score.rows() };
    let width = data.len().checked_div(rows).unwrap_or(1);
    if let Some(label) = label
        && label.data().len() != rows
    {
        return Err(format!("there are {} labels for {rows} rows of scores", label.data().len()));
    }
    if width > 1 && !contract.classes.is_empty() && width != contract.classes.len() {
        return Err(format!("there are {width} scores a row for {} classes", contract.classes.len()));
    }
    (0..rows)
        .map(|row| {
            let mut scores = Vec::with_capacity(width.max(2));
            for column in 0..width {
                scores.push(data.number(row * width + column).ok_or("the scores are text")?);
            }
            if width == 1 && contract.classes.len() == 2 {
                let one = scores[0];
                // The single score belongs to the positive class, by default the second.
                scores = if contract.positive_index() == Some(0) { vec![one, 1.0 - one] } else { vec![1.0 - one, one] };
            }
            let best = best(&scores);
            let label = label.map_or_else(|| nth_class(contract, best), |label| class_name(contract, label.data(), row));
            let predicted = contract.classes.iter().position(|class| *class == label).unwrap_or(best);
            let index = contract.positive_index().unwrap_or(predicted);
            let valid = scores.iter().all(|score| score.is_finite());
            Ok(RowAnswer { label: Label::Class(label), score: scores.get(index).copied(), scores, valid })
        })
        .collect()
}

/// Index of the largest score, the first of equal ones.
fn best(scores: &[f64]) -> usize {
    let mut best = 0;
    for (i, score) in scores.iter().enumerate() {
        if *score > scores[best] || scores[best].is_nan() {
            best = i;
        }
    }
    best
}

fn nth_class(contract: &Contract, i: usize) -> String {
    contract.classes.get(i).cloned().unwrap_or_else(|| i.to_string())
}

/// The class in row `row`: as it is where the contract knows it, else a whole number is taken as an index into the classes.
fn class_name(contract: &Contract, labels: &Data, row: usize) -> String {
    let text = labels.text(row).unwrap_or_default();
    if contract.classes.is_empty() || contract.classes.contains(&text) {
        return text;
    }
    match labels {
        Data::Bytes(_) => text,
        _ => text.parse::<usize>().ok().and_then(|i| contract.classes.get(i).cloned()).unwrap_or(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::testing::columns;

    fn outputs(label: Option<Tensor>, scores: Option<Tensor>) -> Vec<(String, Tensor)> {
        label.map(|t| ("label".to_owned(), t)).into_iter().chain(scores.map(|t| ("scores".to_owned(), t))).collect()
    }

    fn scores(shape: &[usize], values: &[f32]) -> Tensor {
        Tensor::new(shape, Data::F32(values.to_vec())).expect("shape")
    }

    fn answers(contract: &Contract, label: Option<Tensor>, scores: Option<Tensor>) -> Vec<(String, Option<f64>, bool)> {
        let answers = interpret(contract, &outputs(label, scores)).expect("it fits");
        answers.into_iter().map(|a| (a.label.text(), a.score.map(|s| (s * 1e3).round() / 1e3), a.valid)).collect()
    }

    #[test]
    fn exporters_quirks() {
        let contract = columns();
        let expected = vec![("no".to_owned(), Some(0.25), true), ("yes".to_owned(), Some(0.75), true)];
        let matrix = scores(&[2, 2], &[0.75, 0.25, 0.25, 0.75]);
        let text = Tensor::strings(["no", "yes"]);
        let tall = Tensor::new([2, 1], Data::Bytes(vec![b"no".to_vec(), b"yes".to_vec()])).expect("shape");
        let index = Tensor::vector(Data::I64(vec![0, 1]));
        for label in [Some(text), Some(tall), Some(index), None] {
            assert_eq!(answers(&contract, label, Some(matrix.clone())), expected);
        }
        for positive_alone in [scores(&[2], &[0.25, 0.75]), scores(&[2, 1], &[0.25, 0.75])] {
            assert_eq!(answers(&contract, None, Some(positive_alone)), expected);
        }
    }

    #[test]
    fn without_a_positive_class_the_score_is_the_predicted_ones() {
        let contract =
            Contract { positive: None, task: Task::Multiclass, classes: ["a", "b", "c"].map(Into::into).into(), ..columns() };
        assert_eq!(answers(&contract, None, Some(scores(&[1, 3], &[0.1, 0.7, 0.2]))), [("b".to_owned(), Some(0.7), true)]);
        let digits = Contract { classes: Vec::new(), ..contract };
        assert_eq!(answers(&digits, None, Some(scores(&[1, 3], &[0.1, 0.2, 0.7]))), [("2".to_owned(), Some(0.7), true)]);
    }

    #[test]
    fn a_regression_is_a_value() {
        let contract = Contract { task: Task::Regression, classes: Vec::new(), positive: None, score_output: None, ..columns() };
        let answers = interpret(&contract, &outputs(Some(scores(&[2, 1], &[1.5, f32::NAN])), None)).expect("it fits");
        assert_eq!(answers[0], RowAnswer { label: Label::Value(1.5), score: None, scores: vec![], valid: true });
        assert!(!answers[1].valid);
        assert_eq!(
            interpret(&contract, &outputs(Some(scores(&[], &[7.0])), None)).map(|a| a.len()),
            Ok(1),
            "a scalar is one row"
        );
    }

    #[test]
    fn not_a_number_is_not_an_answer() {
        let nan = scores(&[1, 2], &[f32::NAN, f32::NAN]);
        assert!(!answers(&columns(), None, Some(nan.clone()))[0].2);
        assert!(!is_finite(&columns(), &outputs(None, Some(nan))));
        assert!(is_finite(&columns(), &outputs(Some(Tensor::strings(["no"])), Some(scores(&[1, 2], &[1.0, 0.0])))));
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let three = scores(&[1, 3], &[0.1, 0.2, 0.7]);
        assert_eq!(interpret(&columns(), &outputs(None, Some(three))), Err("there are 3 scores a row for 2 classes".into()));
        assert!(interpret(&columns(), &outputs(Some(Tensor::strings(["a", "b"])), Some(scores(&[1, 2], &[0.0, 1.0])))).is_err());
        assert!(interpret(&columns(), &[]).is_err());
    }
}
