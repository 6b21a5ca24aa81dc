//! What the outputs mean: which holds the class or value, which the scores, what the classes are called, which one is "yes".

use super::Known;
use crate::datasets::ColumnProfile;
use contract::{DataType, Problem, Task, TensorSpec};

/// Words for the class that people wait for.
const YES: [&str; 8] = ["yes", "true", "1", "positive", "pos", "churn", "fraud", "bad"];

pub struct Answer {
    pub task: Task,
    pub label_output: Option<String>,
    pub score_output: Option<String>,
    pub classes: Vec<String>,
    pub positive: Option<String>,
}

pub fn read(
    known: &Known<'_>,
    label_column: Option<&str>,
    profiles: &[ColumnProfile],
    warnings: &mut Vec<String>,
) -> Result<Answer, Problem> {
    let truth = label_column.and_then(|column| profiles.iter().find(|profile| profile.name == column));
    let label = known.outputs.iter().find(|output| is_class(output));
    let score = known
        .outputs
        .iter()
        .find(|output| is_float(output) && width(output) > 1)
        .or_else(|| known.outputs.iter().find(|output| is_float(output)));
    let task = known
        .said
        .task
        .or_else(|| known.previous.map(|previous| previous.task))
        .unwrap_or_else(|| task(label, score, truth, known.classes.len()));
    if task == Task::Regression {
        let value = score
            .or(known.outputs.first())
            .ok_or_else(|| Problem::field("file", "The model has no output that holds a number."))?;
        if value.datatype == DataType::Bytes {
            return Err(Problem::field(
                "task",
                format!("A regression answers with numbers; the output “{}” is text.", value.name),
            ));
        }
        return Ok(Answer {
            task,
            label_output: Some(value.name.clone()),
            score_output: None,
            classes: Vec::new(),
            positive: None,
        });
    }
    if label.is_none() && score.is_none() {
        return Err(Problem::field("file", "No output holds classes or scores: there is nothing to serve."));
    }
    let classes = classes(known, task, score, truth);
    if let Some(strange) =
        truth.and_then(|truth| truth.frequent.iter().find(|(value, _)| !classes.is_empty() && !classes.contains(value)))
    {
        warnings.push(format!(
            "The label “{}” in the reference data is none of the model's classes: {}. Accuracy cannot be judged like this.",
            strange.0,
            classes.join(", ")
        ));
    }
    Ok(Answer {
        task,
        label_output: label.map(|output| output.name.clone()),
        score_output: score.map(|output| output.name.clone()),
        positive: positive(known, task, &classes)?,
        classes,
    })
}

fn task(label: Option<&TensorSpec>, score: Option<&TensorSpec>, truth: Option<&ColumnProfile>, classes: usize) -> Task {
    let distinct = truth.map(|truth| truth.distinct);
    let by_count = |n: usize| if n == 2 { Task::Binary } else { Task::Multiclass };
    if classes > 0 {
        return by_count(classes);
    }
    match (label, score.map(width)) {
        (_, Some(n)) if n > 1 => by_count(n),
        (Some(_), _) => distinct.map_or(Task::Binary, |n| by_count(usize::try_from(n).unwrap_or(usize::MAX))),
        // One number a row: a score if the truth has two values between 0 and 1, or is words; a value otherwise.
        (None, _) => match truth {
            Some(t) if t.distinct == 2 && (!t.numeric || (t.min >= Some(0.0) && t.max <= Some(1.0))) => Task::Binary,
            _ => Task::Regression,
        },
    }
}

/// As the file names them, or the version before, or the truth; numbers from 0 otherwise.
fn classes(known: &Known<'_>, task: Task, score: Option<&TensorSpec>, truth: Option<&ColumnProfile>) -> Vec<String> {
    let expected = match score.map(width) {
        Some(n) if n > 1 => Some(n),
        _ if task == Task::Binary => Some(2),
        _ => None,
    };
    let fits = |n: usize| n > 1 && expected.is_none_or(|expected| expected == n);
    if fits(known.classes.len()) {
        return known.classes.to_vec();
    }
    if let Some(previous) = known.previous.filter(|previous| fits(previous.classes.len())) {
        return previous.classes.clone();
    }
    if let Some(truth) = truth.filter(|truth| {
        fits(usize::try_from(truth.distinct).unwrap_or(usize::MAX)) && truth.frequent.len() as u64 == truth.distinct
    }) {
        let mut names: Vec<String> = truth.frequent.iter().map(|(name, _)| name.clone()).collect();
        names.sort_by(|a, b| match (a.parse::<f64>(), b.parse::<f64>()) {
            (Ok(a), Ok(b)) => a.total_cmp(&b),
            _ => a.cmp(b),
        });
        return names;
    }
    (0..expected.unwrap_or(0)).map(|n| n.to_string()).collect()
}

fn positive(known: &Known<'_>, task: Task, classes: &[String]) -> Result<Option<String>, Problem> {
    if let Some(said) = known.said.positive.as_ref().filter(|said| !said.trim().is_empty()) {
        if !classes.contains(said) {
            return Err(Problem::field("positive", format!("“{said}” is none of the model's classes: {}.", classes.join(", "))));
        }
        return Ok(Some(said.clone()));
    }
    if task != Task::Binary {
        return Ok(None);
    }
    let before = known.previous.and_then(|previous| previous.positive.clone()).filter(|before| classes.contains(before));
    let usual = || classes.iter().find(|class| YES.contains(&class.to_lowercase().as_str())).cloned();
    Ok(before.or_else(usual).or_else(|| classes.get(1).cloned()))
}

fn is_class(output: &TensorSpec) -> bool {
    matches!(
        output.datatype,
        DataType::Bytes
            | DataType::Bool
            | DataType::Int64
            | DataType::Int32
            | DataType::Int16
            | DataType::Int8
            | DataType::Uint8
            | DataType::Uint32
            | DataType::Uint64
    ) && width(output) <= 1
}

fn is_float(output: &TensorSpec) -> bool {
    matches!(output.datatype, DataType::Fp16 | DataType::Bf16 | DataType::Fp32 | DataType::Fp64)
}

/// Values per row; 1 where it is not declared.
fn width(output: &TensorSpec) -> usize {
    output.shape.get(1..).unwrap_or_default().iter().map(|dim| usize::try_from(*dim).unwrap_or(1)).product()
}
